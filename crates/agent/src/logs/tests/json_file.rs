//! `json-file`.

use berth_runtime::Stream;
use berth_testkit::eventually;
use serde_json::json;

use super::scene::{AT, Container, logged, nobody, records};

#[tokio::test]
async fn records_are_as_docker_writes_them() {
    let mut container = Container::new();
    container.write_at(AT, Stream::Stdout, b"one\n");
    container.write_at(AT + 5, Stream::Stderr, b"\t<a> & \"b\" \\ \r \xff \xc3\xa9\n");
    container.write_at(AT, Stream::Stdout, b"last");
    let following = container.follow(container.driver(nobody(), "json-file", &[]));
    container.end();
    following.await.unwrap();
    let text = std::fs::read_to_string(container.log().join("json.log")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], r#"{"log":"one\n","stream":"stdout","time":"2026-01-02T03:04:05.678Z"}"#);
    let expected = r#"{"log":"\u0009\u003ca\u003e \u0026 \"b\" \\ \r \ufffd é\n","stream":"stderr","time":"2026-01-02T03:04:05.678000005Z"}"#;
    assert_eq!(lines[1], expected);
    assert_eq!(lines[2], r#"{"log":"last\n","stream":"stdout","time":"2026-01-02T03:04:05.678Z"}"#);
    assert_eq!(records(&container.log()).len(), 3);
    assert!(container.log().join("over").exists());
}

#[tokio::test]
async fn line_is_there_soon_after_it_was_written() {
    let mut container = Container::new();
    let following = container.follow(container.driver(nobody(), "json-file", &[]));
    for number in 0..3 {
        container.write(&format!("line {number}\n"));
        let log = container.log();
        eventually("the line", async || {
            let there = log.join("json.log").exists() && logged(&log).ends_with(&format!("line {number}\n"));
            there.then_some(())
        })
        .await;
    }
    container.end();
    following.await.unwrap();
}

#[tokio::test]
async fn long_line_becomes_several_records() {
    let mut container = Container::new();
    container.write(&format!("{}\n", "x".repeat(40_000)));
    container.end();
    container.follow(container.driver(nobody(), "json-file", &[])).await.unwrap();
    let lengths: Vec<usize> = records(&container.log()).iter().map(|record| record["log"].as_str().unwrap().len()).collect();
    assert_eq!(lengths, [16_384, 16_384, 40_000 - 2 * 16_384 + 1]);
}

#[tokio::test]
async fn files_are_rotated_and_the_oldest_goes() {
    let mut container = Container::new();
    let lines: String = (0..100).map(|number| format!("line {number:03}\n")).collect();
    container.write(&lines);
    container.end();
    container.follow(container.driver(nobody(), "json-file", &[("max-size", "1k"), ("max-file", "3")])).await.unwrap();
    let log = container.log();
    let mut names: Vec<String> =
        std::fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["json.log", "json.log.1", "json.log.2", "over"]);
    let kept = logged(&log);
    assert!(lines.ends_with(&kept) && kept.len() > 200 && kept.len() < 500, "{kept}");
    assert_eq!(records(&log).last().unwrap()["stream"], json!("stdout"));
}

#[tokio::test]
async fn one_file_begins_anew_when_it_is_full() {
    let mut container = Container::new();
    container.write(&(0..100).map(|number| format!("line {number:03}\n")).collect::<String>());
    container.end();
    container.follow(container.driver(nobody(), "json-file", &[("max-size", "1k")])).await.unwrap();
    assert!(logged(&container.log()).ends_with("line 099\n"));
    assert!(std::fs::metadata(container.log().join("json.log")).unwrap().len() <= 1100);
    assert!(!container.log().join("json.log.1").exists());
}

/// Killed whenever it may be, the log has each line once.
#[tokio::test]
async fn driver_that_is_killed_anywhere_doubles_and_loses_nothing() {
    let mut container = Container::with_segments(1 << 12, 1000);
    let mut expected = String::new();
    let options = [("max-size", "4k"), ("max-file", "1000")];
    for round in 0..60 {
        let following = container.follow(container.driver(nobody(), "json-file", &options));
        for number in 0..20 {
            let line = format!("round {round} line {number}\n");
            container.write(&line);
            expected.push_str(&line);
            if number == round % 20 {
                tokio::task::yield_now().await;
            }
        }
        following.abort();
        let _ = following.await;
    }
    container.end();
    container.follow(container.driver(nobody(), "json-file", &options)).await.unwrap();
    assert_eq!(logged(&container.log()), expected);
    assert!(container.segments() <= 1, "read segments are removed");
}

/// What was written after the last note is cut off, and a file that is gone was rotated.
#[tokio::test]
async fn unnoted_records_are_written_again() {
    let mut container = Container::new();
    container.write("one\n");
    let following = container.follow(container.driver(nobody(), "json-file", &[]));
    let note = container.folder().join("log.json");
    eventually("the first line is noted", async || note.exists().then_some(())).await;
    following.abort();
    let _ = following.await;
    let path = container.log().join("json.log");
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{before}{{\"log\":\"tw")).unwrap();
    container.write("two\n");
    container.end();
    container.follow(container.driver(nobody(), "json-file", &[])).await.unwrap();
    assert_eq!(logged(&container.log()), "one\ntwo\n");
}

#[tokio::test]
async fn damaged_note_brings_lines_twice_rather_than_never() {
    let mut container = Container::new();
    container.write("one\n");
    std::fs::write(container.folder().join("log.json"), "{").unwrap();
    container.end();
    container.follow(container.driver(nobody(), "json-file", &[])).await.unwrap();
    assert_eq!(logged(&container.log()), "one\n");
}

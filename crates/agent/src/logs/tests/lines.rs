//! Lines out of chunks.

use berth_runtime::{SegmentReader, Stream};

use super::scene::{AT, Container};
use crate::logs::place::{Line, Place, Stopped};

type Owned = (u64, bool, String, bool);

fn owned(line: Line<'_>) -> Owned {
    (line.nanos - AT, line.stream == Stream::Stderr, String::from_utf8(line.text.to_vec()).unwrap(), line.is_over)
}

fn out(at: u64, text: &str, is_over: bool) -> Owned {
    (at, false, text.to_owned(), is_over)
}

fn err(at: u64, text: &str) -> Owned {
    (at, true, text.to_owned(), true)
}

#[tokio::test]
async fn streams_do_not_cut_each_others_lines() {
    let mut container = Container::new();
    container.write_at(AT, Stream::Stdout, b"one\ntw");
    container.write_at(AT + 1, Stream::Stderr, b"error\n\nhal");
    container.write_at(AT + 2, Stream::Stdout, b"o\nthree");
    let mut lines = Vec::new();
    let mut place = Place::default();
    let mut reader = SegmentReader::open(&container.folder(), place.position);
    let take = &mut |line: Line<'_>| {
        lines.push(owned(line));
        true
    };
    assert_eq!(place.read(&mut reader, 100, None, take).unwrap(), Stopped::Dry);
    assert_eq!(place.finish(take), Stopped::Dry);
    let expected = [out(0, "one", true), err(1, "error"), err(1, ""), out(2, "two", true), out(2, "three", true), err(1, "hal")];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn line_that_is_too_long_is_cut_between_characters() {
    let cases: [(&str, &[(&str, bool)]); 5] = [
        ("abcd\n", &[("abcd", true)]),
        ("abcde\n", &[("abcd", false), ("e", true)]),
        ("abcdefgh\n", &[("abcd", false), ("efgh", true)]),
        ("abcé\n", &[("abc", false), ("é", true)]),
        ("ab\u{1f600}\n", &[("ab", false), ("\u{1f600}", true)]),
    ];
    for (text, expected) in cases {
        for split in 0..text.len() {
            let mut container = Container::new();
            let (first, second) = text.as_bytes().split_at(split);
            [first, second]
                .into_iter()
                .filter(|part| !part.is_empty())
                .for_each(|part| container.write_at(AT, Stream::Stdout, part));
            let mut place = Place::default();
            let mut lines = Vec::new();
            let mut reader = SegmentReader::open(&container.folder(), place.position);
            let read = place.read(&mut reader, 4, None, &mut |line| {
                lines.push((String::from_utf8_lossy(line.text).into_owned(), line.is_over));
                true
            });
            read.unwrap();
            let lines: Vec<(&str, bool)> = lines.iter().map(|(text, is_over)| (text.as_str(), *is_over)).collect();
            assert_eq!(lines, expected, "{text:?} at {split}");
        }
    }
}

/// Reads with a taker that wants no more after every line, and writes down and reads again each place on the way.
#[tokio::test]
async fn reading_can_stop_after_any_line_and_go_on_elsewhere() {
    let mut container = Container::with_segments(40, 1000);
    let mut expected = Vec::new();
    for number in 0..50_u64 {
        let line = format!("line {number}");
        let (first, second) = line.split_at(usize::try_from(number).unwrap() % line.len());
        container.write_at(AT, Stream::Stdout, first.as_bytes());
        container.write_at(AT, Stream::Stderr, b"e\ne\n");
        container.write_at(AT, Stream::Stdout, format!("{second}\n").as_bytes());
        expected.extend(["e".to_owned(), "e".to_owned(), line]);
    }
    let mut place = Place::default();
    let mut lines = Vec::new();
    let mut places = Vec::new();
    loop {
        let mut reader = SegmentReader::open(&container.folder(), place.position);
        let mut wants = 1;
        let take = &mut |line: Line<'_>| {
            let takes = wants > 0;
            if takes {
                wants -= 1;
                lines.push(String::from_utf8(line.text.to_vec()).unwrap());
            }
            takes
        };
        let stopped = place.read(&mut reader, 100, None, take).unwrap();
        place = serde_json::from_slice(&serde_json::to_vec(&place).unwrap()).unwrap();
        places.push(place.clone());
        if stopped == Stopped::Dry {
            break;
        }
    }
    assert_eq!(lines, expected);

    // From each place to each later one there are the same lines as the first time.
    for (from, start) in places.iter().enumerate().step_by(7) {
        for (to, end) in places.iter().enumerate().skip(from).step_by(5) {
            let mut place = start.clone();
            let mut again = Vec::new();
            let mut reader = SegmentReader::open(&container.folder(), place.position);
            let read = place.read(&mut reader, 100, Some(end), &mut |line| {
                again.push(String::from_utf8(line.text.to_vec()).unwrap());
                true
            });
            read.unwrap();
            assert_eq!((&again[..], &place), (&expected[from + 1..=to], end), "from {from} to {to}");
        }
    }
}

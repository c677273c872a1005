use std::io::Write as _;

use super::*;

fn queue(container: usize, times: &[i64]) -> VecDeque<Line> {
    times.iter().map(|at| Line { at: *at, container, text: String::new() }).collect()
}

fn merged(queues: &mut [VecDeque<Line>], at_end: &[bool]) -> Vec<i64> {
    merge(queues.iter_mut().collect(), at_end).into_iter().map(|line| line.at).collect()
}

#[test]
fn lines_of_several_containers_come_in_order_of_time() {
    let mut queues = [queue(0, &[1, 4]), queue(1, &[2, 3, 5])];
    // The first queue may go on with a 4: what comes after is not certain.
    assert_eq!(merged(&mut queues, &[false, false]), [1, 2, 3, 4]);
    assert_eq!(merged(&mut queues, &[true, false]), [5]);
    assert_eq!(merged(&mut queues, &[true, true]), [0_i64; 0]);
}

/// A container's log folder with one file of lines.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, lines: &[&str]) {
        let mut file = std::fs::File::options().create(true).append(true).open(self.0.path().join("json.log")).unwrap();
        for line in lines {
            writeln!(file, r#"{{"log":"{line}\n","stream":"stdout","time":"2026-01-02T03:04:05.6Z"}}"#).unwrap();
        }
    }

    fn rotate(&self) {
        let file = |name: &str| self.0.path().join(name);
        if file("json.log.1").exists() {
            std::fs::rename(file("json.log.1"), file("json.log.2")).unwrap();
        }
        std::fs::rename(file("json.log"), file("json.log.1")).unwrap();
    }

    fn reader(&self, start: Start) -> JsonFile {
        JsonFile::new(self.0.path().to_path_buf(), start)
    }
}

fn texts(file: &mut JsonFile) -> Vec<String> {
    let mut texts = Vec::new();
    loop {
        let lines = file.read().unwrap();
        if lines.is_empty() {
            return texts;
        }
        texts.extend(lines.into_iter().map(|(_, text)| text));
    }
}

#[test]
fn files_are_read_oldest_first_and_over_a_rotation() {
    let folder = Folder::new();
    let mut file = folder.reader(Start::default());
    assert_eq!(texts(&mut file), [""; 0], "no file yet");
    folder.write(&["a"]);
    folder.rotate();
    folder.write(&["b"]);
    folder.rotate();
    folder.write(&["c"]);
    assert_eq!(texts(&mut file), ["a", "b", "c"]);
    folder.write(&["d"]);
    folder.rotate();
    folder.write(&["e"]);
    assert_eq!(texts(&mut file), ["d", "e"]);
}

#[test]
fn tail_leaves_out_all_but_the_last_lines_there_are() {
    let folder = Folder::new();
    folder.write(&["a", "b", "c"]);
    let mut file = folder.reader(Start { tail: Some(2), since: None });
    assert_eq!(texts(&mut file), ["b", "c"]);
    folder.write(&["d", "e", "f"]);
    assert_eq!(texts(&mut file), ["d", "e", "f"]);
    assert_eq!(texts(&mut folder.reader(Start { tail: Some(0), since: None })), [""; 0]);
}

#[test]
fn since_leaves_out_what_is_older() {
    let folder = Folder::new();
    folder.write(&["a"]);
    let at = 1_767_323_045_600;
    assert_eq!(texts(&mut folder.reader(Start { since: Some(at), tail: None })), ["a"]);
    assert_eq!(texts(&mut folder.reader(Start { since: Some(at + 1), tail: None })), [""; 0]);
}

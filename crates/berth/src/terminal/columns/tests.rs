use super::super::PLAIN;
use super::*;

const COLUMNS: [Column; 4] =
    [Column::words("NAME", 0), Column::numbers("CPU", 0), Column::numbers("PIDS", 2), Column::words("REVISION", 1)];

fn fitted(width: usize) -> Vec<String> {
    let row = |cells: [&str; 4]| cells.map(Cell::from);
    let rows = [row(["web", "12.5%", "3", "web:7"]), row(["a-long-name", "0.1%", "120", "long:12"])];
    fit(COLUMNS, &rows, width).iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
}

#[test]
fn numbers_end_and_words_begin_below_each_other() {
    let lines = ["NAME           CPU  PIDS  REVISION", "web          12.5%     3  web:7", "a-long-name   0.1%   120  long:12"];
    assert_eq!(fitted(80), lines);
    assert_eq!(fitted(usize::MAX), lines);
}

#[test]
fn columns_go_in_their_order_where_there_is_little_room() {
    assert_eq!(fitted(33)[0], "NAME           CPU  REVISION");
    assert_eq!(fitted(27)[0], "NAME           CPU");
    assert_eq!(fitted(18)[2], "a-long-n…   0.1%");
    assert_eq!(fitted(8), ["NAME   …", "web   1…", "a-l…  0…"]);
}

#[test]
fn nothing_is_wider_than_the_room() {
    for width in 0..40 {
        for line in fitted(width) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn what_would_move_the_cursor_is_a_question_mark() {
    let mut line = Line::new(9);
    line.push("a\u{1b}[2Jb\n", PLAIN);
    line.push("cdef", PLAIN);
    assert_eq!(line.text, "a?[2Jb?c…");
}

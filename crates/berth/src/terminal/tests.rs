use super::*;

#[test]
fn columns_line_up_and_the_last_has_no_padding() {
    let rows = [["a".into(), "first".into()], [Cell("longer".to_owned(), GOOD), "x".into()]];
    let text = anstream::adapter::strip_str(&table(["ID", "NAME"], &rows)).to_string();
    assert_eq!(text, "ID       NAME\na        first\nlonger   x\n");
}

#[test]
fn ages_have_one_unit() {
    let spans = [0, 119, 120, 7_199, 7_200, 172_799, 172_800].map(|seconds| span(Duration::from_secs(seconds)));
    assert_eq!(spans, ["0s", "119s", "2m", "119m", "2h", "47h", "2d"]);
}

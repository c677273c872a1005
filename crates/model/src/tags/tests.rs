use super::*;

#[test]
fn set_again_keeps_its_place() {
    let tags: Tags = [("a", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
    assert_eq!(tags.iter().collect::<Vec<_>>(), [("a", "3"), ("b", "2")]);
    assert_eq!(tags.get("b"), Some("2"));
}

#[test]
fn removing_all_is_the_same_as_none() {
    let tags: Tags = [("a", "1")].into_iter().collect();
    assert_eq!(tags.without(&["a", "unknown"]), Tags::default());
    assert!(tags.without(&["a"]).is_empty());
}

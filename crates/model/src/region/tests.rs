use super::*;

#[test]
fn same_name_is_the_same_region() {
    assert_eq!(Region::new("eu-west-1").unwrap(), Region::new("eu-west-1").unwrap());
    assert_eq!(Region::new("eu-west-1").unwrap().as_str(), "eu-west-1");
}

#[test]
fn regions_are_ordered_by_name_not_by_first_sight() {
    let later = Region::new("zz-first-seen").unwrap();
    let earlier = Region::new("aa-second-seen").unwrap();
    assert!(earlier < later);
}

#[test]
fn malformed_names_are_refused() {
    for name in ["", "US-EAST-1", "us east", "a/b", &"x".repeat(33)] {
        assert!(matches!(Region::new(name), Err(RegionError::Malformed(_))), "{name:?}");
    }
    assert!(Region::new(&"x".repeat(32)).is_ok());
}

#[test]
fn number_of_regions_has_an_end() {
    let table = Table::<2>::new();
    assert_eq!(table.number("one"), Ok(0));
    assert_eq!(table.number("two"), Ok(1));
    assert!(matches!(table.number("three"), Err(RegionError::TooMany { limit: 2, .. })));
    assert_eq!(table.number("one"), Ok(0), "known regions still work");
    assert_eq!(table.name(1), "two");
}

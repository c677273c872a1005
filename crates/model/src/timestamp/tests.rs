use super::*;
use proptest::prelude::*;

#[test]
fn optional_timestamp_is_no_larger() {
    assert_eq!(size_of::<Option<Timestamp>>(), 8);
}

#[test]
fn arithmetic_stops_at_the_ends_of_time() {
    let end = Timestamp::from_millis(i64::MAX);
    assert_eq!(end + Duration::MAX, end);
    let start = Timestamp::from_millis(i64::MIN);
    assert_eq!(start - Duration::MAX, start);
    assert_eq!(start.since(end), Duration::ZERO);
}

#[test]
fn clock_that_went_back_changes_nothing() {
    let earlier = Timestamp::from_millis(2_000);
    assert_eq!(Timestamp::from_millis(1_000).not_before(earlier), earlier);
}

proptest! {
    #[test]
    fn order_is_that_of_milliseconds(a in i64::MIN + 1.., b in i64::MIN + 1..) {
        prop_assert_eq!(Timestamp::from_millis(a).cmp(&Timestamp::from_millis(b)), a.cmp(&b));
        prop_assert_eq!(Timestamp::from_millis(a).as_millis(), a);
    }
}

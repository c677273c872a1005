use proptest::prelude::*;

use super::*;

fn event() -> impl Strategy<Value = (i64, u64, u32)> {
    (0..1_i64 << TIME_BITS, 0..1_u64 << BLOCK_BITS, 0..1_u32 << PLACE_BITS)
}

fn position((time, block, place): (i64, u64, u32)) -> Position {
    Position::new(Timestamp::from_millis(time), block, place)
}

proptest! {
    #[test]
    fn positions_are_ordered_as_time_block_and_place(one in event(), other in event()) {
        prop_assert_eq!(position(one).cmp(&position(other)), one.cmp(&other));
        let same_time = (one.0, other.1, other.2);
        prop_assert_eq!(position(one).cmp(&position(same_time)), one.cmp(&same_time));
    }

    #[test]
    fn bounds_are_around_their_events(event in event()) {
        let (at, time) = (position(event), Timestamp::from_millis(event.0));
        prop_assert!(Position::START <= Position::at(time) && Position::at(time) <= at);
        prop_assert!(at < Position::after_block(time, event.1) && Position::after_block(time, event.1) <= Position::after(time));
        prop_assert!(Position::after(time) <= Position::END);
        prop_assert_eq!(at.next().previous(), at);
        prop_assert_eq!(Position::of_number(at.number()), Some(at));
    }
}

#[test]
fn numbers_beyond_the_end_are_no_positions() {
    assert_eq!(Position::of_number(Position::END.number() + 1), None);
    assert_eq!(Position::END.next(), Position::END);
    assert_eq!(Position::START.previous(), Position::START);
    assert_eq!(Position::at(Timestamp::from_millis(-5)), Position::START);
}

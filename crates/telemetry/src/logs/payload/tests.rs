use super::*;

fn event(time: i64, message: &str) -> NewEvent {
    NewEvent { timestamp: Timestamp::from_millis(time), message: message.to_owned() }
}

#[test]
fn batches_that_cannot_be_ordered_or_stored_are_refused() {
    let why = |events: &[NewEvent]| pack(events).map(|packed| packed.count).unwrap_err().to_string();
    assert_eq!(why(&[]), "not a batch: there are no events");
    assert_eq!(why(&[event(2, "b"), event(1, "a")]), "not a batch: times are out of order");
    assert_eq!(why(&[event(-1, "a")]), "not a batch: a time is out of range");
    assert_eq!(why(&vec![event(1, "a"); MOST_EVENTS + 1]), "not a batch: there are too many events");
}

#[test]
fn bytes_are_text_and_26_an_event() {
    let packed = pack(&[event(1, "abc"), event(1, "\u{1f640}")]).unwrap();
    assert_eq!((packed.bytes, packed.count), (3 + 4 + 52, 2));
}

use super::*;

const HOUR: i64 = 3_600_000;
const NOW: i64 = 1_769_860_800_000;

fn events(times: &[i64]) -> Vec<api::InputLogEvent> {
    times.iter().map(|time| api::InputLogEvent { timestamp: NOW + time, message: "x".to_owned() }).collect()
}

/// The places of a refusal: too old, expired, too new.
type Places = (Option<i32>, Option<i32>, Option<i32>);

fn taken(times: &[i64], kept_days: Option<i64>) -> (usize, Option<Places>) {
    let events = events(times);
    let kept_since = kept_days.map(|days| Timestamp::from_millis(NOW - days * 24 * HOUR));
    let taken = Taken::of(&events, Timestamp::from_millis(NOW), kept_since);
    let info = taken
        .rejected()
        .map(|info| (info.too_old_log_event_end_index, info.expired_log_event_end_index, info.too_new_log_event_start_index));
    (taken.select(events).count(), info)
}

#[test]
fn events_outside_the_window_are_told_by_their_places() {
    let fortnight = 14 * 24 * HOUR;
    assert_eq!(taken(&[-fortnight, -1, 0, 2 * HOUR], None), (4, None));
    assert_eq!(taken(&[-fortnight - 1, -1, 0], None), (2, Some((Some(1), None, None))));
    assert_eq!(taken(&[0, 1, 2 * HOUR + 1, 3 * HOUR], None), (2, Some((None, None, Some(2)))));
    assert_eq!(taken(&[-fortnight - 1, -2 * 24 * HOUR, 0, 3 * HOUR], Some(1)), (1, Some((Some(1), Some(2), Some(3)))));
    assert_eq!(taken(&[-fortnight - 1], None), (0, Some((Some(1), None, None))));
    assert_eq!(taken(&[3 * HOUR], None), (0, Some((None, None, Some(0)))));
}

#[test]
fn batches_keep_their_limits() {
    let text = |bytes: usize| api::InputLogEvent { timestamp: NOW, message: "x".repeat(bytes) };
    let why = |events: &[api::InputLogEvent]| check(events).map_err(|refusal| refusal.message().to_owned());
    assert_eq!(why(&[text(1_048_550)]), Ok(()));
    assert_eq!(why(&[text(1_048_551)]), Err("Log event too large: 1048577 bytes exceeds limit of 1048576".to_owned()));
    assert_eq!(why(&[text(1_000_000), text(48_525)]), Err("Upload too large: 1048577 bytes exceeds limit of 1048576".to_owned()));
    let message = "Log events in a single PutLogEvents request must be in chronological order.";
    assert_eq!(why(&events(&[1, 0])), Err(message.to_owned()));
    assert_eq!(why(&events(&[0, 0, 1])), Ok(()));
}

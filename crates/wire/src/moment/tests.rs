use super::*;

const MOMENT: Timestamp = Timestamp(1_769_860_800_123);

#[test]
fn whole_seconds_have_no_decimals() {
    assert_eq!(to_epoch_seconds(Timestamp(1_700_000_000_000)), "1700000000");
    assert_eq!(to_epoch_seconds(Timestamp(1_700_000_000_120)), "1700000000.12");
    assert_eq!(to_epoch_seconds(Timestamp(1_700_000_000_003)), "1700000000.003");
    assert_eq!(to_epoch_seconds(Timestamp(-1)), "-0.001");
    assert_eq!(to_epoch_seconds(Timestamp(0)), "0");
}

#[test]
fn epoch_seconds_keep_their_milliseconds() {
    assert_eq!(from_epoch_seconds(1_700_000_000.123), Some(Timestamp(1_700_000_000_123)));
    assert_eq!(from_epoch_seconds(-0.001), Some(Timestamp(-1)));
    assert_eq!(from_epoch_seconds(1e300), None);
    assert_eq!(from_epoch_seconds(f64::NAN), None);
}

#[test]
fn dates_are_written_as_aws_writes_them() {
    assert_eq!(to_date_time(MOMENT), "2026-01-31T12:00:00.123Z");
    assert_eq!(to_date_time(Timestamp(1_769_860_800_000)), "2026-01-31T12:00:00Z");
    assert_eq!(to_http_date(MOMENT), "Sat, 31 Jan 2026 12:00:00 GMT");
    assert_eq!(to_compact(MOMENT), "20260131T120000Z");
}

#[test]
fn dates_read_back() {
    assert_eq!(from_date_time("2026-01-31T12:00:00.123Z"), Some(MOMENT));
    assert_eq!(from_date_time("2026-01-31T13:00:00.123456+01:00"), Some(MOMENT));
    assert_eq!(from_http_date("Sat, 31 Jan 2026 12:00:00 GMT"), Some(Timestamp(1_769_860_800_000)));
    assert_eq!(from_compact("20260131T120000Z"), Some(Timestamp(1_769_860_800_000)));
}

#[test]
fn odd_dates_are_refused() {
    for text in ["", "2026", "20260131T120000", "20261331T120000Z", "2026+131T120000Z", "20260131T1200é0Z", "20260231T120000Z"] {
        assert_eq!(from_compact(text), None, "{text}");
        assert_eq!(from_date_time(text), None, "{text}");
        assert_eq!(from_http_date(text), None, "{text}");
    }
}

#[test]
fn moments_beyond_the_calendar_show_as_its_ends() {
    assert_eq!(to_date_time(Timestamp(i64::MAX)), "9999-12-31T23:59:59.999Z");
    assert_eq!(to_date_time(Timestamp(i64::MIN)), "0000-01-01T00:00:00Z");
}

use super::*;

fn tail(groups: &[u8], streams: Streams, pattern: &str) -> Tail {
    Tail {
        region: Region::new("us-east-1").unwrap(),
        groups: groups.iter().map(|group| (id(*group), format!("g{group}"))).collect(),
        streams,
        pattern: pattern.parse().unwrap(),
        gathered: Mutex::default(),
    }
}

fn id(group: u8) -> LogGroupId {
    LogGroupId::from_bytes([group; 16])
}

fn events(texts: &[&str]) -> Vec<NewEvent> {
    texts.iter().map(|text| NewEvent { timestamp: Timestamp::EPOCH, message: (*text).to_owned() }).collect()
}

fn texts(tail: &Tail) -> Vec<String> {
    tail.look().events.into_iter().filter_map(|event| event.message).collect()
}

#[test]
fn each_sees_what_it_watches_and_nothing_twice() {
    let tails = Tails::default();
    let all = tails.open(tail(&[1, 2], Streams::All, "")).unwrap();
    let named = tails.open(tail(&[1], Streams::Named(vec!["a".to_owned()]), "ERROR")).unwrap();
    let prefixed = tails.open(tail(&[2], Streams::Prefixed(vec!["web/".to_owned()]), "")).unwrap();
    tails.show(id(1), "a", &events(&["ERROR one", "fine"]), Timestamp::EPOCH);
    tails.show(id(2), "web/1", &events(&["two"]), Timestamp::EPOCH);
    tails.show(id(3), "a", &events(&["ERROR elsewhere"]), Timestamp::EPOCH);
    assert_eq!(texts(&all), ["ERROR one", "fine", "two"]);
    assert_eq!(texts(&named), ["ERROR one"]);
    assert_eq!(texts(&prefixed), ["two"]);
    assert!(texts(&all).is_empty());
    tails.close(&all);
    tails.show(id(1), "a", &events(&["later"]), Timestamp::EPOCH);
    assert!(texts(&all).is_empty());
}

#[test]
fn many_events_are_a_sample() {
    let tails = Tails::default();
    let watching = tails.open(tail(&[1], Streams::All, "")).unwrap();
    tails.show(id(1), "a", &events(&["x"; MOST_EVENTS + 1]), Timestamp::EPOCH);
    let seen = watching.look();
    assert_eq!((seen.events.len(), seen.is_sampled), (MOST_EVENTS, true));
    let long = "x".repeat(MOST_BYTES / 2);
    tails.show(id(1), "a", &events(&[&long, &long, "x"]), Timestamp::EPOCH);
    let seen = watching.look();
    assert_eq!((seen.events.len(), seen.is_sampled), (2, true));
    assert!(!watching.look().is_sampled);
}

#[test]
fn only_so_many_watch_a_region() {
    let tails = Tails::default();
    let open: Vec<_> = (0..MOST_OPEN).map(|_| tails.open(tail(&[1], Streams::All, "")).unwrap()).collect();
    assert!(tails.open(tail(&[1], Streams::All, "")).is_none());
    let elsewhere = Tail { region: Region::new("eu-west-1").unwrap(), ..tail(&[1], Streams::All, "") };
    assert!(tails.open(elsewhere).is_some());
    tails.close(&open[3]);
    assert!(tails.open(tail(&[1], Streams::All, "")).is_some());
}

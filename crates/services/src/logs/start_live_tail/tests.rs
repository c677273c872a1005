use berth_model::Region;

use super::*;

fn unwatched() -> Tail {
    Tail {
        region: Region::new("us-east-1").unwrap(),
        groups: Vec::new(),
        streams: Streams::All,
        pattern: "".parse().unwrap(),
        gathered: Mutex::default(),
    }
}

#[tokio::test]
async fn session_begins_goes_on_and_ends_with_its_time() {
    let tails = Arc::new(Tails::default());
    let tail = tails.open(unwatched()).unwrap();
    let now = Instant::now();
    let start = Some(api::LiveTailSessionStart::default());
    let looks = tokio::time::interval(Duration::from_millis(1));
    let session =
        Session { tails: Arc::clone(&tails), tail, start, looks, ends: now + Duration::from_millis(20), is_over: false };
    let mut events = Events::new(session);
    let mut names = Vec::new();
    while let Some(event) = events.next().await {
        names.push(format!("{event:?}"));
    }
    assert_eq!(
        (&*names[0], &*names[1], &*names[names.len() - 1]),
        ("Event(\"sessionStart\")", "Event(\"sessionUpdate\")", "Event(\"SessionTimeoutException\")")
    );
    assert_eq!(names.iter().filter(|name| !name.contains("sessionUpdate")).count(), 2);
    drop(events);
    for _ in 0..15 {
        assert!(tails.open(unwatched()).is_some(), "the session has left");
    }
    assert!(tails.open(unwatched()).is_none());
}

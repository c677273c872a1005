//! `awslogs`, against a control plane's real Logs.

use std::time::{Duration, Instant};

use berth_api::logs::{CreateLogGroupRequest, DescribeLogStreamsRequest, FilterLogEventsRequest, FilteredLogEvent};
use berth_client::Client;
use berth_runtime::Stream;
use berth_testkit::eventually;
use berth_testkit::plane::{Plane, Timing};

use super::scene::{AT, Container, client};

const GROUP: &str = "/berth/test";
const OPTIONS: [(&str, &str); 3] = [("awslogs-group", GROUP), ("awslogs-region", "us-east-1"), ("awslogs-stream", "p/main/task")];

async fn plane() -> Plane {
    let plane = Plane::start(Timing::default()).await.unwrap();
    let request = CreateLogGroupRequest { log_group_name: GROUP.to_owned(), ..CreateLogGroupRequest::default() };
    client(&plane.root()).call(&request).await.unwrap();
    plane
}

/// Now, in nanoseconds: events that are too old are not taken.
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}

async fn events(root: &Client) -> Vec<FilteredLogEvent> {
    let mut events = Vec::new();
    let mut next_token = None;
    loop {
        let request =
            FilterLogEventsRequest { log_group_name: Some(GROUP.to_owned()), next_token, ..FilterLogEventsRequest::default() };
        let page = root.call(&request).await.unwrap();
        events.extend(page.events.into_iter().flatten());
        next_token = page.next_token;
        if next_token.is_none() {
            return events;
        }
    }
}

async fn messages(root: &Client) -> Vec<String> {
    events(root).await.into_iter().map(|event| event.message.unwrap_or_default()).collect()
}

#[tokio::test]
async fn lines_are_events_in_order_and_the_last_one_is_there() {
    let plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::new();
    let driver = container.driver(node, "awslogs", &OPTIONS);
    driver.prepare().await.unwrap();
    driver.prepare().await.unwrap();
    let following = container.follow(driver);
    let at = now();
    container.write_at(at, Stream::Stdout, b"one\n\n");
    container.write_at(at + 1_000_000, Stream::Stderr, b"two \xff\n");
    container.write_at(at + 2_000_000, Stream::Stdout, b"last");
    container.end();
    following.await.unwrap();
    let events = events(&root).await;
    let shown: Vec<_> = events.iter().map(|event| (event.timestamp.unwrap(), event.message.as_deref().unwrap())).collect();
    let first = i64::try_from(at / 1_000_000).unwrap();
    assert_eq!(shown, [(first, "one"), (first + 1, "two \u{fffd}"), (first + 2, "last")]);
    assert!(events.iter().all(|event| event.log_stream_name.as_deref() == Some("p/main/task")));
}

#[tokio::test]
async fn first_line_after_a_while_waits_for_nothing() {
    let plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::new();
    let driver = container.driver(node, "awslogs", &OPTIONS);
    driver.prepare().await.unwrap();
    let following = container.follow(driver);
    let mut longest = Duration::ZERO;
    for number in 1..=5_usize {
        let start = Instant::now();
        container.write_at(now(), Stream::Stdout, b"line\n");
        eventually("the line", async || (messages(&root).await.len() == number).then_some(())).await;
        longest = longest.max(start.elapsed());
    }
    println!("a line took at most {longest:?}");
    container.end();
    following.await.unwrap();
}

#[tokio::test]
async fn missing_group_fails_the_start_as_on_ecs() {
    let plane = Plane::start(Timing::default()).await.unwrap();
    let container = Container::new();
    let driver = container.driver(client(&plane.node("A")), "awslogs", &OPTIONS);
    let error = driver.prepare().await.unwrap_err().to_string();
    let start = "CannotStartContainerError: Error response from daemon: failed to create task for container: failed to initialize logging \
                 driver: failed to create Cloudwatch log stream: operation error CloudWatch Logs: CreateLogStream, https response error \
                 StatusCode: 400, RequestID: ";
    assert!(error.starts_with(start), "{error}");
    assert!(error.ends_with(", ResourceNotFoundException: The specified log group does not exist."), "{error}");
}

#[tokio::test]
async fn group_is_made_if_asked_for_and_streams_have_names_without_being_told() {
    let plane = Plane::start(Timing::default()).await.unwrap();
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let container = Container::new();
    let base = [("awslogs-group", GROUP), ("awslogs-region", "us-east-1"), ("awslogs-create-group", "true")];
    for more in [None, Some(("awslogs-stream-prefix", "p"))] {
        let options: Vec<_> = base.into_iter().chain(more).collect();
        container.driver(node.clone(), "awslogs", &options).prepare().await.unwrap();
    }
    let request = DescribeLogStreamsRequest { log_group_name: Some(GROUP.to_owned()), ..DescribeLogStreamsRequest::default() };
    let streams = root.call(&request).await.unwrap().log_streams.unwrap_or_default();
    let names: Vec<_> = streams.iter().filter_map(|stream| stream.log_stream_name.as_deref()).collect();
    assert_eq!(names, ["p/main/task", "task-0000000000"]);
}

#[tokio::test]
async fn more_than_a_batch_takes_goes_in_several() {
    let plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::new();
    let at = now();
    let expected: Vec<String> = (0..25_000).map(|number| format!("line {number}")).collect();
    container.write_at(at, Stream::Stdout, (expected.join("\n") + "\n").as_bytes());
    // The clock is set back, and lines are longer than an event may be.
    container.write_at(at - 5_000_000_000, Stream::Stdout, format!("{}\n", "é".repeat(200_000)).as_bytes());
    let driver = container.driver(node, "awslogs", &OPTIONS);
    driver.prepare().await.unwrap();
    container.end();
    container.follow(driver).await.unwrap();
    let mut found = messages(&root).await;
    let (long, lines): (Vec<String>, Vec<String>) = found.drain(..).partition(|message| message.starts_with('é'));
    assert_eq!(lines, expected);
    assert_eq!(long.concat(), "é".repeat(200_000));
    assert!(
        long.len() == 2 && long.iter().all(|piece| piece.len() <= 262_118),
        "{:?}",
        long.iter().map(String::len).collect::<Vec<_>>()
    );
}

/// The driver is killed again and again, at whatever it is doing, and so is the control plane: each line is there once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_driver_and_control_plane_lose_and_double_nothing() {
    let mut plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::with_segments(1 << 12, 1000);
    container.driver(node.clone(), "awslogs", &OPTIONS).prepare().await.unwrap();
    let mut expected = Vec::new();
    for round in 0_u64..40 {
        let following = container.follow(container.driver(node.clone(), "awslogs", &OPTIONS));
        for number in 0..50 {
            let line = format!("round {round} line {number}");
            let (first, second) = line.split_at(5);
            container.write_at(now(), Stream::Stdout, first.as_bytes());
            container.write_at(now(), Stream::Stdout, format!("{second}\n").as_bytes());
            expected.push(line);
        }
        // Somewhere between the first look at the output and the last acknowledgement.
        let until = Instant::now() + Duration::from_micros(250 * round);
        eventually("its time has come", async || (Instant::now() >= until).then_some(())).await;
        following.abort();
        let _ = following.await;
        if round % 10 == 9 {
            let following = container.follow(container.driver(node.clone(), "awslogs", &OPTIONS));
            plane = plane.restart(Timing::default(), tokio::task::yield_now()).await.unwrap();
            following.abort();
            let _ = following.await;
        }
    }
    container.end();
    container.follow(container.driver(node, "awslogs", &OPTIONS)).await.unwrap();
    assert_eq!(messages(&root).await, expected);
    assert!(container.segments() <= 1, "read segments are removed");
    drop(plane);
}

#[tokio::test]
async fn control_plane_that_is_away_is_waited_for() {
    let plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::new();
    let driver = container.driver(node, "awslogs", &OPTIONS);
    driver.prepare().await.unwrap();
    let following = container.follow(driver);
    let plane = plane.restart(Timing::default(), async {
        container.write_at(now(), Stream::Stdout, b"while it was away\n");
        container.end();
        tokio::task::yield_now().await;
    });
    let _plane = plane.await.unwrap();
    following.await.unwrap();
    assert_eq!(messages(&root).await, ["while it was away"]);
}

#[tokio::test]
async fn stream_that_was_deleted_is_made_again() {
    let plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::new();
    let driver = container.driver(node, "awslogs", &OPTIONS);
    // Not prepared: as good as deleted.
    container.write_at(now(), Stream::Stdout, b"line\n");
    container.end();
    container.follow(driver).await.unwrap();
    assert_eq!(messages(&root).await, ["line"]);
}

#[tokio::test]
async fn lines_that_are_too_old_hold_nothing_up() {
    let plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::new();
    let driver = container.driver(node, "awslogs", &OPTIONS);
    driver.prepare().await.unwrap();
    container.write_at(AT - 10_u64.pow(18), Stream::Stdout, b"of long ago\n");
    container.write_at(now(), Stream::Stdout, b"of today\n");
    container.end();
    container.follow(driver).await.unwrap();
    assert_eq!(messages(&root).await, ["of today"]);
}

#[tokio::test]
async fn folder_that_is_gone_ends_it() {
    let plane = plane().await;
    let mut container = Container::new();
    let driver = container.driver(client(&plane.node("A")), "awslogs", &OPTIONS);
    container.write_at(now(), Stream::Stdout, b"line\n");
    plane.close().await.unwrap();
    let following = container.follow(driver);
    std::fs::remove_dir_all(container.folder()).unwrap();
    container.end();
    following.await.unwrap();
}

/// The options of a driver that puts lines together.
fn multiline(option: (&'static str, &'static str)) -> Vec<(&'static str, &'static str)> {
    OPTIONS.iter().copied().chain([option]).collect()
}

#[tokio::test]
async fn lines_that_belong_together_are_one_event() {
    let plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::new();
    let options = multiline(("awslogs-datetime-format", "%Y-%m-%d"));
    let driver = container.driver(node, "awslogs", &options);
    driver.prepare().await.unwrap();
    let at = now();
    container.write_at(at, Stream::Stdout, b"of nobody\n2026-01-02 boom\n  at a\n\n");
    container.write_at(at + 1_000_000, Stream::Stderr, b"  at b\n");
    container.write_at(at + 2_000_000, Stream::Stdout, b"2026-01-03 fine\n");
    container.end();
    container.follow(driver).await.unwrap();
    let events = events(&root).await;
    let shown: Vec<_> = events.iter().map(|event| (event.timestamp.unwrap(), event.message.as_deref().unwrap())).collect();
    let first = i64::try_from(at / 1_000_000).unwrap();
    let expected = [(first, "of nobody\n"), (first, "2026-01-02 boom\n  at a\n\n  at b\n"), (first + 2, "2026-01-03 fine\n")];
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn event_whose_rest_does_not_come_is_over_after_a_while() {
    let plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::new();
    let mut options = multiline(("awslogs-multiline-pattern", "^E"));
    options.push(("awslogs-force-flush-interval-seconds", "1"));
    let driver = container.driver(node, "awslogs", &options);
    driver.prepare().await.unwrap();
    let following = container.follow(driver);
    let began = Instant::now();
    container.write_at(now(), Stream::Stdout, b"E one\nmore\n");
    eventually("the event", async || (messages(&root).await == ["E one\nmore\n"]).then_some(())).await;
    assert!(began.elapsed() >= Duration::from_millis(900));
    container.end();
    following.await.unwrap();
    assert_eq!(messages(&root).await.len(), 1);
}

#[tokio::test]
async fn event_has_an_end_also_if_nothing_begins_another() {
    let plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::new();
    let driver = container.driver(node, "awslogs", &multiline(("awslogs-multiline-pattern", "^never$")));
    driver.prepare().await.unwrap();
    let line = format!("{}\n", "x".repeat(9_999));
    container.write_at(now(), Stream::Stdout, line.repeat(200).as_bytes());
    container.end();
    container.follow(driver).await.unwrap();
    let found = messages(&root).await;
    assert_eq!(found.concat(), line.repeat(200));
    assert!(found.iter().all(|event| event.len() <= 262_118 && event.ends_with('\n')) && found.len() == 8, "{}", found.len());
}

/// As above, with lines that are put together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_driver_loses_and_doubles_no_event_of_several_lines() {
    let plane = plane().await;
    let (node, root) = (client(&plane.node("A")), client(&plane.root()));
    let mut container = Container::with_segments(1 << 12, 1000);
    let options = multiline(("awslogs-multiline-pattern", "^round"));
    container.driver(node.clone(), "awslogs", &options).prepare().await.unwrap();
    let mut expected = Vec::new();
    for round in 0_u64..30 {
        let following = container.follow(container.driver(node.clone(), "awslogs", &options));
        for number in 0..20 {
            let event = format!("round {round} line {number}\n  more\n  and more\n");
            let (first, second) = event.split_at(17);
            container.write_at(now(), Stream::Stdout, first.as_bytes());
            container.write_at(now(), Stream::Stdout, second.as_bytes());
            expected.push(event);
        }
        let until = Instant::now() + Duration::from_micros(300 * round);
        eventually("its time has come", async || (Instant::now() >= until).then_some(())).await;
        following.abort();
        let _ = following.await;
    }
    container.end();
    container.follow(container.driver(node, "awslogs", &options)).await.unwrap();
    assert_eq!(messages(&root).await, expected);
}

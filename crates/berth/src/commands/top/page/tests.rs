use super::super::seen::{Amount, Event, Node, Service, Task};
use super::*;

/// 2026-11-21T12:41:07Z.
const NOW: i64 = 1_795_264_867_000;

fn node(id: &str, is_connected: bool, cpu: (f32, i32, i32), memory: (f32, i32, i32)) -> Node {
    let amount = |(used, reserved, whole)| Amount { used, reserved, whole };
    let (cpu, memory) = (amount(cpu), amount(memory));
    Node { id: id.to_owned(), status: "ACTIVE".to_owned(), is_connected, running_tasks: 4, pending_tasks: 1, cpu, memory }
}

fn service(name: &str, counts: (i32, i32, i32, i32), rollout: &str, used: (f32, f32)) -> Service {
    let (desired_count, running_count, pending_count, failed_tasks) = counts;
    Service {
        name: name.to_owned(),
        status: "ACTIVE".to_owned(),
        desired_count,
        running_count,
        pending_count,
        rollout_state: Some(rollout.to_owned()),
        failed_tasks,
        task_definition: Some(format!("{name}:7")),
        is_settled: desired_count == running_count && rollout == "COMPLETED",
        cpu_used: used.0,
        memory_used: used.1,
    }
}

fn task(number: u8, group: &str, used: (f32, f32)) -> Task {
    Task {
        id: format!("{number:02x}").repeat(16),
        group: group.to_owned(),
        task_definition: format!("{}:7", group.split(':').next_back().unwrap()),
        node: Some("4f".repeat(16)),
        cpu_used: used.0,
        memory_used: used.1,
    }
}

fn event(seconds: i64, service: &str, text: &str) -> Event {
    Event { at: NOW - seconds * 1000, service: service.to_owned(), message: format!("(service {service}) {text}") }
}

/// A cluster with its troubles.
fn busy() -> Seen {
    Seen {
        cluster: "default".to_owned(),
        at: NOW,
        running_tasks: 8,
        pending_tasks: 2,
        nodes: vec![
            node(&"4f".repeat(16), true, (1740.0, 1850, 2048), (3000.0, 8192, 24_103)),
            node(&"9c".repeat(16), false, (0.0, 1024, 4096), (0.0, 512, 7800)),
        ],
        services: vec![
            service("api", (4, 4, 0, 0), "COMPLETED", (1500.0, 800.0)),
            service("reports", (1, 0, 0, 12), "IN_PROGRESS", (0.0, 0.0)),
            service("web", (3, 3, 0, 0), "COMPLETED", (240.0, 2100.0)),
        ],
        tasks: vec![
            task(1, "service:web", (80.0, 700.0)),
            task(2, "service:web", (80.0, 700.0)),
            task(3, "service:web", (80.0, 700.0)),
            task(4, "service:api", (375.0, 200.0)),
            task(5, "service:api", (375.0, 200.0)),
            task(6, "service:api", (375.0, 200.0)),
            task(7, "service:api", (375.0, 200.0)),
            task(8, "family:run-backup", (0.0, 100.0)),
        ],
        events: vec![
            event(
                3,
                "reports",
                "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section.",
            ),
            event(9, "reports", "has started 1 tasks: (task 0123456789abcdef0123456789abcdef)."),
            event(90_000, "web", "has reached a steady state."),
        ],
    }
}

fn empty() -> Seen {
    Seen { running_tasks: 0, pending_tasks: 0, nodes: vec![], services: vec![], tasks: vec![], events: vec![], ..busy() }
}

fn plain(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{}\n", anstream::adapter::strip_str(line).to_string().trim_end())).collect()
}

fn drawn(seen: &Seen, order: Order, width: usize, height: usize) -> String {
    plain(&page(seen, order, &Room { width, height, is_live: true, trouble: None }))
}

#[test]
fn page_without_a_limit_shows_everything() {
    assert_eq!(plain(&page(&busy(), Order::Memory, &Room::ENDLESS)), include_str!("screens/endless.txt"));
}

#[test]
fn wide_terminal_shows_all_columns() {
    assert_eq!(drawn(&busy(), Order::Cpu, 160, 40), include_str!("screens/wide.txt"));
}

#[test]
fn usual_terminal_shows_the_columns_that_matter_and_says_what_is_left_out() {
    assert_eq!(drawn(&busy(), Order::Cpu, 80, 24), include_str!("screens/usual.txt"));
}

#[test]
fn narrow_and_low_terminal_keeps_services_and_what_uses_most() {
    assert_eq!(drawn(&busy(), Order::Memory, 40, 12), include_str!("screens/narrow.txt"));
}

#[test]
fn empty_cluster_says_what_it_waits_for() {
    assert_eq!(drawn(&empty(), Order::Name, 80, 24), include_str!("screens/empty.txt"));
}

#[test]
fn trouble_stands_below_the_headline_and_moves_nothing() {
    let room = Room { width: 80, height: 24, is_live: true, trouble: Some("the control plane does not answer") };
    let lines = page(&busy(), Order::Cpu, &room);
    assert!(lines[1].contains("the control plane does not answer"), "{lines:?}");
    let without = page(&busy(), Order::Cpu, &Room { trouble: None, ..room });
    assert_eq!((lines.len(), &lines[2..]), (without.len(), &without[2..]));
}

#[test]
fn page_is_never_larger_than_its_room() {
    for seen in [busy(), empty()] {
        for width in 0..160 {
            for height in 0..45 {
                let text = drawn(&seen, Order::Cpu, width, height);
                assert!(text.lines().count() <= height, "{width} x {height}:\n{text}");
                assert!(text.lines().all(|line| line.chars().count() <= width), "{width} x {height}:\n{text}");
            }
        }
    }
}

#[test]
fn what_comes_first_follows_from_what_is_asked_for() {
    let firsts = |order| {
        let text = drawn(&busy(), order, 80, 60);
        let after = |heading: &str| text.lines().skip_while(|line| !line.starts_with(heading)).nth(1).unwrap().to_owned();
        let second_service = text.lines().skip_while(|line| !line.starts_with("SERVICE")).nth(2).unwrap().to_owned();
        let word = |line: String| line.split_whitespace().next().unwrap().to_owned();
        (word(after("TASK")), word(after("SERVICE")), word(second_service))
    };
    let expected = |task: &str, service: &str| (task.repeat(6), "reports".to_owned(), service.to_owned());
    assert_eq!(firsts(Order::Cpu), expected("04", "api"));
    assert_eq!(firsts(Order::Memory), expected("01", "web"));
    assert_eq!(firsts(Order::Name), expected("08", "api"));
}

#[test]
fn rows_are_shared_out_so_that_nothing_is_left_while_somebody_wants() {
    assert_eq!(share_out(100, [1, 3, 40, 10]), [1, 3, 40, 10]);
    assert_eq!(share_out(24, [1, 20, 20, 2]), [1, 6, 6, 2]);
    assert_eq!(share_out(10, [1, 20, 20, 2]), [1, 1, 1, 0]);
    assert_eq!(share_out(4, [1, 20, 20, 2]), [0, 1, 0, 0]);
    assert_eq!(share_out(3, [1, 20, 20, 2]), [0, 0, 0, 0]);
}

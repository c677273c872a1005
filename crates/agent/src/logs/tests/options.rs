//! What drivers take for an option.

use berth_runtime::{Output, WhenFull};

use super::scene::{Container, host, kept, nobody};
use crate::logs::Driver;

const AWSLOGS: [(&str, &str); 2] = [("awslogs-group", "g"), ("awslogs-region", "us-east-1")];

fn of(kind: &str, options: &[(&str, &str)]) -> Result<Driver, String> {
    Driver::of(&host(kind, options), &Container::new().context(nobody())).map_err(|error| error.to_string())
}

fn awslogs(options: &[(&str, &str)]) -> Result<Driver, String> {
    of("awslogs", &[&AWSLOGS, options].concat())
}

#[tokio::test]
async fn output_waits_in_as_much_as_the_mode_says() {
    let keep = |segment_bytes, segments, when_full| Output::Keep { segment_bytes, segments, when_full };
    let cases = [
        (awslogs(&[]), keep(1 << 20, 10, WhenFull::Drop)),
        (awslogs(&[("mode", "blocking")]), keep(1 << 20, 10, WhenFull::Block)),
        (awslogs(&[("mode", "non-blocking"), ("max-buffer-size", "25m")]), keep(1 << 20, 25, WhenFull::Drop)),
        (awslogs(&[("max-buffer-size", "1MiB")]), keep(128 << 10, 8, WhenFull::Drop)),
        (awslogs(&[("max-buffer-size", "1")]), keep(64 << 10, 2, WhenFull::Drop)),
        (of("json-file", &[]), keep(1 << 20, 10, WhenFull::Block)),
        (of("", &[]), keep(1 << 20, 10, WhenFull::Block)),
        (of("json-file", &[("mode", "non-blocking")]), keep(1 << 20, 10, WhenFull::Drop)),
        (of("none", &[]), Output::Discard),
    ];
    for (number, (driver, expected)) in cases.into_iter().enumerate() {
        assert_eq!(driver.unwrap().output(), expected, "case {number}");
    }
}

#[tokio::test]
async fn what_is_no_option_is_refused_by_name() {
    let daemon = "CannotCreateContainerError: Error response from daemon:";
    let cases = [
        (of("splunk", &[]), "logger: no log driver named 'splunk' is registered"),
        (of("awslogs", &AWSLOGS[..1]), "must specify a value for log opt 'awslogs-region' for awslogs log driver"),
        (of("awslogs", &AWSLOGS[1..]), "must specify a value for log opt 'awslogs-group' for awslogs log driver"),
        (awslogs(&[("awslogs-format", "json/emf")]), "unknown log opt 'awslogs-format' for awslogs log driver"),
        (
            awslogs(&[("awslogs-multiline-pattern", "x"), ("awslogs-datetime-format", "%Y")]),
            "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time for awslogs log driver",
        ),
        (
            awslogs(&[("awslogs-multiline-pattern", "(x")]),
            "awslogs could not parse awslogs-multiline-pattern \"(x\": error: unclosed group for awslogs log driver",
        ),
        (
            awslogs(&[("awslogs-datetime-format", "%Y %q")]),
            "awslogs-datetime-format has an unknown conversion '%q': %Y %q for awslogs log driver",
        ),
        (
            awslogs(&[("awslogs-create-group", "yes")]),
            "awslogs-create-group is neither true nor false: yes for awslogs log driver",
        ),
        (awslogs(&[("mode", "fast")]), "logger: invalid log mode: fast for awslogs log driver"),
        (awslogs(&[("max-buffer-size", "big")]), "max-buffer-size is no size: big for awslogs log driver"),
        (of("json-file", &[("max-file", "2")]), "max-file cannot be set without max-size for json-file log driver"),
        (of("json-file", &[("max-size", "0")]), "max-size is no size: 0 for json-file log driver"),
        (of("json-file", &[("labels", "x")]), "unknown log opt 'labels' for json-file log driver"),
    ];
    for (driver, expected) in cases {
        assert_eq!(driver.unwrap_err(), format!("{daemon} {expected}"));
    }
}

#[tokio::test]
async fn container_whose_name_leads_elsewhere_gets_no_file() {
    let container = Container::new();
    for name in ["../main", "..", "a/b", ""] {
        let context = crate::logs::Context { container: name.to_owned(), ..container.context(nobody()) };
        assert!(Driver::of(&host("json-file", &[]), &context).is_err(), "{name}");
    }
}

#[tokio::test]
async fn nothing_is_followed_where_nothing_is_kept() {
    let container = Container::new();
    let driver = container.driver(nobody(), "none", &[]);
    assert_eq!(kept(driver.output()), None);
    driver.prepare().await.unwrap();
    container.follow(driver).await.unwrap();
}

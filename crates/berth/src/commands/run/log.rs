//! Where what a container of `berth run` prints is kept.

use std::collections::BTreeMap;

use berth_api::ecs::{LogConfiguration, LogDriver};
use berth_wire::EnumShape as _;

/// The log group of all containers, where nobody says another.
const GROUP: &str = "/berth/run";
/// What the names of their log streams begin with.
const STREAMS: &str = "run";

/// A log driver with its options: awslogs where nobody says another, with a group that is made.
pub(super) fn configuration(region: &str, driver: Option<&str>, given: &[(String, String)]) -> LogConfiguration {
    let log_driver = driver.map_or(LogDriver::Awslogs, LogDriver::from_text);
    let usual = [
        ("awslogs-group", GROUP),
        ("awslogs-create-group", "true"),
        ("awslogs-region", region),
        ("awslogs-stream-prefix", STREAMS),
    ];
    let usual = usual.into_iter().filter(|_| log_driver == LogDriver::Awslogs);
    let usual = usual.map(|(option, value)| (option.to_owned(), value.to_owned()));
    let options: BTreeMap<String, String> = usual.chain(given.iter().cloned()).collect();
    LogConfiguration { log_driver, options: Some(options).filter(|options| !options.is_empty()), ..Default::default() }
}

/// Group and stream of what a container of a task printed; none with another driver.
pub(super) fn stream(log: &LogConfiguration, container: &str, task: &str) -> Option<(String, String)> {
    let option = |name: &str| log.options.as_ref().and_then(|options| options.get(name));
    let (group, prefix) = option("awslogs-group").zip(option("awslogs-stream-prefix"))?;
    (log.log_driver == LogDriver::Awslogs).then(|| (group.clone(), format!("{prefix}/{container}/{task}")))
}

/// `NAME=VALUE`.
pub(super) fn option(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("say it as NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(options: &[&str]) -> Vec<(String, String)> {
        options.iter().map(|text| option(text).unwrap()).collect()
    }

    #[test]
    fn nothing_said_is_a_stream_of_the_group_of_all() {
        let log = configuration("eu-west-1", None, &[]);
        assert_eq!(log.options.as_ref().unwrap()["awslogs-region"], "eu-west-1");
        assert_eq!(stream(&log, "web", "1"), Some(("/berth/run".to_owned(), "run/web/1".to_owned())));
    }

    #[test]
    fn options_are_for_the_driver_that_is_said() {
        let other = configuration("eu-west-1", None, &given(&["awslogs-group=/web", "mode=blocking"]));
        assert_eq!(stream(&other, "web", "1"), Some(("/web".to_owned(), "run/web/1".to_owned())));
        assert_eq!(other.options.as_ref().unwrap()["mode"], "blocking");
        let file = configuration("eu-west-1", Some("json-file"), &given(&["max-size=1m"]));
        assert_eq!((file.log_driver.as_str(), file.options.as_ref().unwrap().len()), ("json-file", 1));
        assert_eq!(stream(&file, "web", "1"), None);
        assert!(option("=1").is_err() && option("max-size").is_err());
    }
}

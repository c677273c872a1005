//! Log drivers and their options.

use berth_api::ecs::{ContainerDefinition, LogConfiguration, LogDriver};
use berth_wire::EnumShape;

use super::environment::check_secrets;
use super::rule::{Checked, all, refusal, require};

/// Drivers that a container instance can have. The model does not list `none`, agents offer it.
const DRIVERS: [&str; 9] = ["json-file", "syslog", "journald", "gelf", "fluentd", "awslogs", "splunk", "awsfirelens", "none"];

/// What `awslogs` understands.
const AWSLOGS_OPTIONS: [&str; 11] = [
    "awslogs-create-group",
    "awslogs-datetime-format",
    "awslogs-force-flush-interval-seconds",
    "awslogs-format",
    "awslogs-group",
    "awslogs-max-buffered-events",
    "awslogs-multiline-pattern",
    "awslogs-region",
    "awslogs-stream-prefix",
    "max-buffer-size",
    "mode",
];

/// The options without which a driver cannot work.
fn required(driver: &LogDriver) -> &'static [&'static str] {
    match driver {
        LogDriver::Awslogs => &["awslogs-region", "awslogs-group"],
        LogDriver::Splunk => &["splunk-url", "splunk-token"],
        _ => &[],
    }
}

/// The rules about one container's logs.
pub(super) fn check(container: &ContainerDefinition, execution_role: bool) -> Checked {
    let Some(log) = &container.log_configuration else { return Ok(()) };
    require_driver(log, &DRIVERS)?;
    let secrets = all(log.secret_options.as_ref());
    check_secrets(container, secrets, "secretOptions", execution_role)?;
    let driver = log.log_driver.as_str();
    let given = |wanted: &str| !option(log, wanted).is_empty() || secrets.iter().any(|secret| secret.name == wanted);
    let missing: Vec<&str> = required(&log.log_driver).iter().copied().filter(|wanted| !given(wanted)).collect();
    require(missing.is_empty(), || format!("Log driver {driver} requires options: {}", missing.join(", ")))?;
    if log.log_driver == LogDriver::Awslogs {
        let options = log.options.iter().flatten().map(|(key, _)| key.as_str());
        let unknown: Vec<&str> = options.filter(|key| !AWSLOGS_OPTIONS.contains(key)).collect();
        require(unknown.is_empty(), || format!("Log driver {driver} disallows options: {}", unknown.join(", ")))?;
    }
    require(matches!(option(log, "mode"), "" | "blocking" | "non-blocking"), || {
        refused_option(driver, "mode", "Must be one of [blocking,non-blocking]")
    })?;
    require(matches!(option(log, "awslogs-create-group"), "" | "true" | "false"), || {
        refused_option(driver, "awslogs-create-group", "Must be one of [true,false]")
    })
}

fn refused_option(driver: &str, option: &str, why: &str) -> String {
    format!("Log driver {driver} has an invalid value for option {option}. {why}")
}

/// Refuses a driver that is none of `known`.
pub(super) fn require_driver(log: &LogConfiguration, known: &[&str]) -> Checked {
    let driver = log.log_driver.as_str();
    if known.contains(&driver) {
        return Ok(());
    }
    Err(refusal(format!("{driver} is not a valid log driver. Must be one of [{}]", known.join(","))))
}

/// An option's value, or nothing.
pub(super) fn option<'a>(log: &'a LogConfiguration, name: &str) -> &'a str {
    log.options.as_ref().and_then(|options| options.get(name)).map(String::as_str).unwrap_or_default()
}

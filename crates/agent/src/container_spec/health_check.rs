//! Health checks: what a definition says of them. What the image says counts for nothing, as with ECS.

use std::time::Duration;

use berth_api::acs::Container;
use berth_api::acs::docker::Healthcheck;
use berth_plan::node::Checks;

use super::docker::Wanted;
use super::error::{FieldError, SpecError};

const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// ECS's figures where nothing is said.
const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(5);
const RETRIES: u32 = 3;

/// What a health check runs; nothing if the container has none.
///
/// # Errors
/// The check says neither what to run nor that there is none.
pub fn check_command(container: &Container) -> Result<Option<Vec<String>>, SpecError> {
    let command = || command(&Wanted::of(container)?);
    command().map_err(|error: FieldError| error.of(&container.name))
}

/// How a container's health is checked, if it is; nothing too where that makes no sense, which is said when the container is made.
pub fn checks(container: &Container) -> Option<Checks> {
    let wanted = Wanted::of(container).ok()?;
    command(&wanted).ok()??;
    let given = wanted.config.healthcheck.as_ref()?;
    let time = |nanos: Option<i64>| nanos.and_then(|nanos| u64::try_from(nanos).ok()).map(Duration::from_nanos);
    let said = |nanos| time(nanos).filter(|time| !time.is_zero());
    let retries = given.retries.and_then(|retries| u32::try_from(retries).ok()).filter(|retries| *retries > 0);
    Some(Checks::new(
        said(given.interval).unwrap_or(INTERVAL),
        said(given.timeout).unwrap_or(TIMEOUT),
        retries.unwrap_or(RETRIES),
        time(given.start_period).unwrap_or_default(),
    ))
}

pub(super) fn command(wanted: &Wanted<'_>) -> Result<Option<Vec<String>>, FieldError> {
    let Some(Healthcheck { test, .. }) = &wanted.config.healthcheck else { return Ok(None) };
    let words: Vec<&str> = test.iter().map(String::as_str).collect();
    let command: Vec<&str> = match words.as_slice() {
        [] | ["NONE"] => return Ok(None),
        ["CMD", command @ ..] if !command.is_empty() => command.to_vec(),
        ["CMD-SHELL", line] => SHELL.into_iter().chain([*line]).collect(),
        _ => return Err(FieldError::new("healthCheck", "it has to be CMD and a command, or CMD-SHELL and a line")),
    };
    if command.iter().any(|word| word.contains('\0')) {
        return Err(FieldError::new("healthCheck", "an argument holds a zero byte"));
    }
    Ok(Some(command.into_iter().map(str::to_owned).collect()))
}

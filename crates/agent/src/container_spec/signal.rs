//! Names of signals.

use berth_api::acs::Container;
use berth_oci::ImageConfig;

use super::docker::Wanted;
use super::error::{FieldError, SpecError};

/// On x86 and arm alike.
const NAMES: [(&str, i32); 34] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ILL", 4),
    ("TRAP", 5),
    ("ABRT", 6),
    ("IOT", 6),
    ("BUS", 7),
    ("FPE", 8),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("STKFLT", 16),
    ("CHLD", 17),
    ("CLD", 17),
    ("CONT", 18),
    ("STOP", 19),
    ("TSTP", 20),
    ("TTIN", 21),
    ("TTOU", 22),
    ("URG", 23),
    ("XCPU", 24),
    ("XFSZ", 25),
    ("VTALRM", 26),
    ("PROF", 27),
    ("WINCH", 28),
    ("IO", 29),
    ("POLL", 29),
    ("PWR", 30),
    ("SYS", 31),
];
const TERM: i32 = 15;
/// The first and last of those without a name of their own, as glibc counts them.
const REALTIME: (i32, i32) = (34, 64);

/// The signal that asks a container to stop: its own, its image's, or SIGTERM.
///
/// # Errors
/// There is no such signal.
pub fn stop_signal(container: &Container, image: &ImageConfig) -> Result<i32, SpecError> {
    let wanted = Wanted::of(container).map_err(|error| error.of(&container.name))?;
    let name = wanted.config.stop_signal.as_deref().filter(|name| !name.is_empty()).or(image.stop_signal.as_deref());
    let unknown = |name: &str| FieldError::new("stopSignal", format!("there is no signal {name}")).of(&container.name);
    name.map_or(Ok(TERM), |name| number(name).ok_or_else(|| unknown(name)))
}

fn number(name: &str) -> Option<i32> {
    if let Ok(number) = name.parse::<i32>() {
        return (1..=REALTIME.1).contains(&number).then_some(number);
    }
    let upper = name.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some((_, number)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*number);
    }
    let offset = |rest: &str| if rest.is_empty() { Some(0) } else { rest.parse::<i32>().ok() };
    let number = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(rest), _) => REALTIME.0 + offset(rest)?,
        (_, Some(rest)) => REALTIME.1 + offset(rest)?,
        _ => return None,
    };
    (REALTIME.0..=REALTIME.1).contains(&number).then_some(number)
}

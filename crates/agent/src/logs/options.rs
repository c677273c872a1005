//! What the options of log drivers say.

use std::collections::BTreeMap;

use berth_runtime::{Output, WhenFull};

use super::error::DriverError;

/// A segment has so many bytes at most: what a batch takes.
const SEGMENT: u64 = 1 << 20;
const SMALLEST_SEGMENT: u64 = 64 << 10;
/// Bytes that wait for a driver where nothing is said: Docker's figure is one megabyte, ECS's ten.
const BUFFER: u64 = 10 << 20;
/// No larger buffer is promised.
const LARGEST_BUFFER: u64 = 4 << 30;

/// The options of one driver. Each is taken once; what is left is unknown.
#[derive(Debug)]
pub(super) struct Options {
    driver: &'static str,
    left: BTreeMap<String, String>,
}

impl Options {
    pub(super) fn new(driver: &'static str, given: &BTreeMap<String, String>) -> Self {
        Self { driver, left: given.clone() }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.left.remove(name).filter(|value| !value.is_empty())
    }

    pub(super) fn require(&mut self, name: &str) -> Result<String, DriverError> {
        self.take(name).ok_or_else(|| self.wrong(format!("must specify a value for log opt '{name}'")))
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<bool, DriverError> {
        match self.take(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(self.wrong(format!("{name} is neither true nor false: {other}"))),
        }
    }

    /// A whole number of at least 1.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<u32>, DriverError> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| *number > 0);
        number.map(Some).ok_or_else(|| self.wrong(format!("{name} is no number above 0: {text}")))
    }

    /// A number of bytes, whose suffixes are powers of `base`.
    pub(super) fn size(&mut self, name: &str, base: u64) -> Result<Option<u64>, DriverError> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let size = size(&text, base).filter(|bytes| *bytes > 0);
        size.map(Some).ok_or_else(|| self.wrong(format!("{name} is no size: {text}")))
    }

    /// What waits for the driver, and what becomes of more.
    pub(super) fn output(&mut self, usual: WhenFull) -> Result<Output, DriverError> {
        let when_full = match self.take("mode").as_deref() {
            None => usual,
            Some("blocking") => WhenFull::Block,
            Some("non-blocking") => WhenFull::Drop,
            Some(other) => return Err(self.wrong(format!("logger: invalid log mode: {other}"))),
        };
        let size = self.size("max-buffer-size", 1024)?;
        if size.is_some() && when_full == WhenFull::Block {
            return Err(self.wrong("logger: max-buffer-size option is only supported with 'mode=non-blocking'".to_owned()));
        }
        let bytes = size.unwrap_or(BUFFER).clamp(2 * SMALLEST_SEGMENT, LARGEST_BUFFER);
        let segment_bytes = (bytes / 8).clamp(SMALLEST_SEGMENT, SEGMENT);
        let segments = u32::try_from(bytes.div_ceil(segment_bytes)).unwrap_or(u32::MAX);
        Ok(Output::Keep { segment_bytes, segments, when_full })
    }

    /// Everything has to be taken by now.
    pub(super) fn finish(self) -> Result<(), DriverError> {
        match self.left.into_iter().find(|(_, value)| !value.is_empty()) {
            Some((option, _)) => Err(DriverError::Option { driver: self.driver, option }),
            None => Ok(()),
        }
    }

    pub(super) fn wrong(&self, problem: String) -> DriverError {
        DriverError::Value { driver: self.driver, problem }
    }
}

/// Reads `10m`, `512kb`, `1GiB`, `4096`.
fn size(text: &str, base: u64) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let power = match suffix.trim().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(base.pow(power))
}

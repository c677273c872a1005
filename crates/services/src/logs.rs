//! CloudWatch Logs: modelled, and refused by name until there is a place for log data.

use berth_api::logs::Logs;

/// CloudWatch Logs. Every operation answers `NotImplementedException`.
#[derive(Debug)]
pub struct LogsService;

impl Logs for LogsService {}

//! `GetLogRecord`: the event that a query's `@ptr` points to, with all its fields.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use berth_api::logs::{self as api, errors};
use berth_api::{Call, Refusal};
use berth_model::LogGroup;
use berth_telemetry::insights::discovered;
use berth_telemetry::logs::Range;

use super::failure::no_group;
use super::scope::Scope;
use super::token::Pointer;
use super::{LogsService, group};

pub(super) async fn run(
    logs: &LogsService,
    call: &Call,
    input: api::GetLogRecordRequest,
) -> Result<api::GetLogRecordResponse, Refusal> {
    let scope = Scope::of(call)?;
    let invalid = || errors::invalid_parameter_exception("The specified logRecordPointer is invalid.");
    let Pointer { group, position } = Pointer::parse(&input.log_record_pointer).ok_or_else(invalid)?;
    let (name, kept_since) = {
        let view = logs.store.view();
        let found = view.range::<LogGroup>(..).find(|found| found.id == group && found.region == scope.region);
        let found = found.ok_or_else(no_group)?;
        (found.name.clone(), group::kept_since(found, scope.now))
    };
    let range = Range { from: position, to: position.next() };
    let record = logs
        .read(move |logs| {
            let mut record = None;
            logs.scan(&[(group, range)], &mut |passed| {
                if kept_since.is_none_or(|since| passed.timestamp >= since) {
                    let mut fields: BTreeMap<String, String> = discovered(passed.message).into_iter().collect();
                    fields.insert("@message".into(), passed.message.to_owned());
                    fields.insert("@timestamp".into(), passed.timestamp.as_millis().to_string());
                    fields.insert("@ingestionTime".into(), passed.ingested_at.as_millis().to_string());
                    fields.insert("@logStream".into(), passed.stream.to_string());
                    record = Some(fields);
                }
                ControlFlow::Break(())
            })?;
            Ok(record)
        })
        .await?;
    let missing = || errors::resource_not_found_exception("The specified log record does not exist.");
    let mut record = record.ok_or_else(missing)?;
    record.insert("@log".into(), format!("{}:{name}", scope.account));
    record.insert("@ptr".into(), input.log_record_pointer);
    Ok(api::GetLogRecordResponse { log_record: Some(record) })
}

//! How fast events go through `PutLogEvents` into the store, and how fast searches and queries read them again. Prints JSON.
//! `bench/run.sh --only logs`, or `cargo run --release -p berth-services --example logs_service FOLDER [BATCHES]`.
#![allow(clippy::print_stdout, reason = "it is there to print")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow};
use berth_api::logs::{self as api, Logs as _};
use berth_api::{Call, Caller, Refusal};
use berth_services::LogsService;
use berth_store::backend::Memory;
use berth_store::{Options, Store};
use berth_telemetry::logs::{self, LogStore};
use berth_wire::{Shape as _, Timestamp, protocol};

/// Callers at the same time.
const WRITERS: usize = 4;
/// Events of a batch: as many as one may have.
const EVENTS: usize = 10_000;
const GROUP: &str = "measure";

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("the folder to work in")?);
    let batches = arguments.next().map_or(Ok(100), |text| text.parse()).context("the number of batches of each writer")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(measure(folder, batches))
}

async fn measure(folder: PathBuf, batches: usize) -> Result<()> {
    let store = Store::open(Memory::default(), Options::new("measure"))?;
    let log_store = LogStore::open(&folder, logs::Options::default())?;
    let logs = Arc::new(LogsService::new(store, log_store.clone()));
    let group = api::CreateLogGroupRequest { log_group_name: GROUP.to_owned(), ..api::CreateLogGroupRequest::default() };
    logs.create_log_group(&call()?, group).await.map_err(refused)?;
    let bodies: Vec<Arc<Vec<u8>>> = (0..WRITERS).map(|writer| body(writer).map(Arc::new)).collect::<Result<_>>()?;
    let bytes: usize = bodies.iter().map(|body| body.len()).sum::<usize>() * batches;
    let began = Instant::now();
    let mut writing = tokio::task::JoinSet::new();
    for (writer, body) in bodies.into_iter().enumerate() {
        writing.spawn(write(Arc::clone(&logs), writer, body, batches));
    }
    while let Some(written) = writing.join_next().await {
        written??;
    }
    let took = began.elapsed();
    let events = WRITERS * EVENTS * batches;
    print("put", events, bytes, took);
    search(&logs).await?;
    for (name, query) in [
        ("insights: count by a regular expression", "filter @message like / (404|500) \\d+us/ | stats count(*)"),
        (
            "insights: parse and group",
            "parse @message ' * *us ' as status, micros | stats count(*), avg(micros), pct(micros, 99) by status",
        ),
    ] {
        ask(&logs, name, query).await?;
    }
    log_store.close().await?;
    Ok(())
}

fn print(what: &str, events: usize, bytes: usize, took: Duration) {
    let seconds = took.as_secs_f64();
    println!(r#"{{"what":"{what}","events":{events},"bytes":{bytes},"seconds":{seconds}}}"#);
}

fn refused(refusal: Refusal) -> anyhow::Error {
    anyhow!("{}: {}", refusal.error().code, refusal.message())
}

fn call() -> Result<Call> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let caller = Caller { arn: "arn:aws:iam::000000000000:root".into(), user_id: "root".into(), key_id: "KEY".into() };
    Ok(Call {
        request_id: "measure".into(),
        region: "us-east-1".into(),
        account: "000000000000".into(),
        host: "localhost".into(),
        caller: Arc::new(caller),
        received_at: Timestamp(i64::try_from(now)?),
        began: Instant::now(),
    })
}

/// A line as web servers write them; no two are the same.
fn line(number: usize) -> String {
    let (path, micros) = (number * 7_919 % 10_007, number * 31 % 90_000);
    let status = [200, 200, 200, 304, 404, 500].get(number % 6).copied().unwrap_or(200);
    format!("10.0.{}.{} GET /api/items/{path} {status} {micros}us request={number:016x}", number % 256, number * 17 % 256)
}

/// A request as a client sends it.
fn body(writer: usize) -> Result<Vec<u8>> {
    let at = call()?.received_at.0;
    let events = (0..EVENTS).map(|number| api::InputLogEvent { timestamp: at, message: line(writer * EVENTS + number) });
    let request = api::PutLogEventsRequest {
        log_group_name: GROUP.to_owned(),
        log_stream_name: writer.to_string(),
        log_events: events.collect(),
        ..api::PutLogEventsRequest::default()
    };
    let operation = operation("PutLogEvents")?;
    Ok(protocol::write_request(&api::SERVICE, operation, &|at, to| request.write(at, to))?.body)
}

fn operation(name: &str) -> Result<&'static berth_wire::Operation> {
    api::SERVICE.operations.iter().find(|operation| operation.name == name).context("the operation is modelled")
}

/// Reads and carries out requests, one after the other: all that a server does but HTTP and the signature.
async fn write(logs: Arc<LogsService>, writer: usize, body: Arc<Vec<u8>>, batches: usize) -> Result<()> {
    let (group, stream) = (GROUP.to_owned(), writer.to_string());
    let stream = api::CreateLogStreamRequest { log_group_name: group, log_stream_name: stream };
    logs.create_log_stream(&call()?, stream).await.map_err(refused)?;
    let operation = operation("PutLogEvents")?;
    for _ in 0..batches {
        let mut request = api::PutLogEventsRequest::default();
        protocol::read_request(&api::SERVICE, operation, &body, &mut |at, from| {
            request = api::PutLogEventsRequest::read(at, from)?;
            Ok(())
        })?;
        logs.put_log_events(&call()?, request).await.map_err(refused)?;
    }
    Ok(())
}

/// `FilterLogEvents`, page after page, for what is not there.
async fn search(logs: &LogsService) -> Result<()> {
    let (began, mut next_token) = (Instant::now(), None);
    loop {
        let request = api::FilterLogEventsRequest {
            log_group_name: Some(GROUP.to_owned()),
            filter_pattern: Some("\" 503 \"".to_owned()),
            next_token,
            ..api::FilterLogEventsRequest::default()
        };
        next_token = logs.filter_log_events(&call()?, request).await.map_err(refused)?.next_token;
        if next_token.is_none() {
            break;
        }
    }
    let took = began.elapsed();
    let (events, bytes) = ask(logs, "insights: count", "stats count(*)").await?;
    print("filter", events, bytes, took);
    Ok(())
}

/// A query over everything; answers how many events it looked at, and their bytes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "they are counts")]
async fn ask(logs: &LogsService, name: &str, query: &str) -> Result<(usize, usize)> {
    let request = api::StartQueryRequest {
        log_group_name: Some(GROUP.to_owned()),
        start_time: 0,
        end_time: call()?.received_at.0 + 1000,
        query_string: query.to_owned(),
        ..api::StartQueryRequest::default()
    };
    let began = Instant::now();
    let id = logs.start_query(&call()?, request).await.map_err(refused)?.query_id.context("an id")?;
    loop {
        let request = api::GetQueryResultsRequest { query_id: id.clone(), ..api::GetQueryResultsRequest::default() };
        let answer = logs.get_query_results(&call()?, request).await.map_err(refused)?;
        match answer.status {
            Some(api::QueryStatus::Scheduled | api::QueryStatus::Running) => tokio::time::sleep(Duration::from_millis(1)).await,
            Some(api::QueryStatus::Complete) => {
                let seen = answer.statistics.context("statistics")?;
                let count = |number: Option<f64>| number.unwrap_or_default() as usize;
                let (events, bytes) = (count(seen.records_scanned), count(seen.bytes_scanned));
                print(name, events, bytes, began.elapsed());
                return Ok((events, bytes));
            }
            other => return Err(anyhow!("the query ended as {other:?}")),
        }
    }
}

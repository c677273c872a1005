use std::sync::Arc;

use berth_api::{Caller, Refusal};
use berth_model::LogGroupId;
use berth_store::backend::Memory;
use berth_store::{Options, Store};
use berth_telemetry::logs::{self, LogStore, NewEvent};
use proptest::prelude::*;

use super::*;

const AT: i64 = 1_769_860_800_000;

/// A service with an empty stream, and the group of that.
async fn service(folder: &std::path::Path) -> (Arc<LogsService>, LogGroupId) {
    let store = Store::open(Memory::default(), Options::new("test")).unwrap();
    let log_store = LogStore::open(folder, logs::Options { segment_bytes: 3000, segment_frames: 10 }).unwrap();
    let logs = Arc::new(LogsService::new(store, log_store));
    let group = api::CreateLogGroupRequest { log_group_name: "g".to_owned(), ..api::CreateLogGroupRequest::default() };
    crate::logs::create_log_group::run(&logs, &call(), group).await.unwrap();
    let id = group::find(&logs.store.view(), Scope::of(&call()).unwrap(), &berth_model::Name::new("g")).unwrap().id;
    logs.logs.create_stream(id, "s", Timestamp::from_millis(AT)).await.unwrap();
    (logs, id)
}

fn call() -> Call {
    Call {
        request_id: "r".into(),
        region: "us-east-1".into(),
        account: "000000000000".into(),
        host: "localhost".into(),
        caller: Arc::new(Caller { arn: "arn:aws:iam::000000000000:root".into(), user_id: "0".into(), key_id: "K".into() }),
        received_at: berth_wire::Timestamp(AT),
        began: std::time::Instant::now(),
    }
}

/// A page: its texts, and its tokens.
async fn page(
    logs: &LogsService,
    size: usize,
    from_head: bool,
    token: Option<String>,
) -> Result<(Vec<String>, String, String), Refusal> {
    let request = api::GetLogEventsRequest {
        log_group_name: Some("g".to_owned()),
        log_stream_name: "s".to_owned(),
        limit: i32::try_from(size).ok(),
        start_from_head: Some(from_head),
        next_token: token,
        ..api::GetLogEventsRequest::default()
    };
    let answer = run(logs, &call(), request).await?;
    let texts = answer.events.unwrap_or_default().into_iter().filter_map(|event| event.message).collect();
    Ok((texts, answer.next_forward_token.unwrap_or_default(), answer.next_backward_token.unwrap_or_default()))
}

/// Batches of events whose times never go back, many of them equal; and sizes of pages.
fn batches() -> impl Strategy<Value = (Vec<Vec<u8>>, Vec<usize>)> {
    (proptest::collection::vec(proptest::collection::vec(0..3_u8, 1..6), 1..30), proptest::collection::vec(1..9_usize, 1..6))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn pages_read_beside_writes_neither_skip_nor_repeat((batches, sizes) in batches()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = std::env::temp_dir().join(format!("berth-pages-{}", std::process::id()));
        let (expected, forward, backward) = runtime.block_on(async {
            let (logs, group) = service(&folder).await;
            let mut at = AT;
            let mut number = 0..;
            let batches: Vec<Vec<NewEvent>> = batches.iter().map(|steps| steps.iter().zip(&mut number).map(|(step, number)| {
                at += i64::from(*step);
                NewEvent { timestamp: Timestamp::from_millis(at), message: format!("event {number}") }
            }).collect()).collect();
            let expected: Vec<String> = batches.iter().flatten().map(|event| event.message.clone()).collect();
            let writer = tokio::spawn({
                let logs = Arc::clone(&logs);
                async move {
                    for batch in batches {
                        logs.logs.append(group, "s", Timestamp::from_millis(AT), &batch, None).await.unwrap();
                    }
                }
            });
            let (mut forward, mut token) = (Vec::new(), None);
            for size in sizes.iter().cycle() {
                let is_over = writer.is_finished();
                let (texts, next, _) = page(&logs, *size, true, token).await.unwrap();
                let is_empty = texts.is_empty();
                forward.extend(texts);
                token = Some(next);
                if is_over && is_empty {
                    break;
                }
            }
            writer.await.unwrap();
            let (mut backward, mut token) = (Vec::new(), None);
            for size in sizes.iter().cycle() {
                let (texts, _, next) = page(&logs, *size, false, token.clone()).await.unwrap();
                backward.splice(0..0, texts);
                if token.replace(next.clone()) == Some(next) {
                    break;
                }
            }
            logs.logs.close().await.unwrap();
            (expected, forward, backward)
        });
        std::fs::remove_dir_all(&folder).unwrap();
        prop_assert_eq!(&forward, &expected);
        prop_assert_eq!(&backward, &expected);
    }
}

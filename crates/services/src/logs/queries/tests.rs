use berth_telemetry::logs::Options;

use super::*;

/// Queries of which none gets its turn.
fn waiting() -> Queries {
    Queries { known: Arc::default(), turns: Arc::new(Semaphore::new(0)) }
}

fn asked(id: usize, region: &str, days: i64) -> Asked {
    Asked {
        id: id.to_string(),
        region: Region::new(region).unwrap(),
        text: "fields a".to_owned(),
        groups: Vec::new(),
        at: Timestamp::from_millis(days * 86_400_000),
        caller: "arn:aws:iam::000000000000:root".to_owned(),
    }
}

fn start(queries: &Queries, logs: &LogStore, asked: Asked) -> Result<(), Refusal> {
    let query = asked.text.parse().unwrap();
    queries.start(asked, query, None, logs.clone())
}

#[tokio::test]
async fn only_so_many_wait_or_work_in_a_region() {
    let folder = std::env::temp_dir().join(format!("berth-queries-{}", std::process::id()));
    let logs = LogStore::open(&folder, Options::default()).unwrap();
    let (queries, here) = (waiting(), Region::new("us-east-1").unwrap());
    for id in 0..MOST_OPEN {
        start(&queries, &logs, asked(id, "us-east-1", 0)).unwrap();
    }
    let refused = start(&queries, &logs, asked(99, "us-east-1", 0)).unwrap_err();
    assert_eq!(refused.error().code, "LimitExceededException");
    start(&queries, &logs, asked(100, "eu-west-1", 0)).unwrap();
    assert_eq!(queries.find(here, "7").unwrap().progress().phase, Phase::Scheduled);
    assert!(queries.find(here, "7").unwrap().stop());
    assert!(!queries.find(here, "7").unwrap().stop());
    start(&queries, &logs, asked(101, "us-east-1", 0)).unwrap();
    let newest = queries.of(here);
    assert_eq!((newest.len(), newest[0].asked.id.as_str()), (MOST_OPEN + 1, "101"));
    // A week later the others are forgotten, also those that never got their turn.
    let left = queries.find(here, "8").unwrap();
    start(&queries, &logs, asked(102, "eu-west-1", 8)).unwrap();
    assert!(queries.of(here).is_empty());
    assert_eq!(left.progress().phase, Phase::Cancelled);
    std::fs::remove_dir_all(&folder).unwrap();
}

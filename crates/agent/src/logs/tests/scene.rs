//! A container that writes, and what a driver needs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use berth_api::acs::docker::{HostConfig, LogConfig};
use berth_client::Client;
use berth_runtime::output::{HEADER, MAX_BLOCK, SegmentWriter};
use berth_runtime::{Output, Stream};
use berth_testkit::aws::AwsClient;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::logs::{Context, Driver, Wakes};

/// 2026-01-02T03:04:05.678Z, in nanoseconds.
pub(super) const AT: u64 = 1_767_323_045_678_000_000;

/// A container's folder, and a shim's writer in it.
pub(super) struct Container {
    home: TempDir,
    writer: SegmentWriter,
    pub(super) ended: watch::Sender<bool>,
    pub(super) wakes: Arc<Wakes>,
}

impl Container {
    pub(super) fn new() -> Self {
        Self::with_segments(1 << 20, 1000)
    }

    pub(super) fn with_segments(segment_bytes: u64, segments: u32) -> Self {
        let home = tempfile::tempdir().unwrap();
        let output = home.path().join("container/output");
        std::fs::create_dir_all(&output).unwrap();
        let writer = SegmentWriter::new(&output, segment_bytes, segments);
        Self { home, writer, ended: watch::Sender::new(false), wakes: Wakes::start().unwrap() }
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.home.path().join("container")
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.home.path().join("logs")
    }

    /// The folder of the container's log that stays here.
    pub(super) fn log(&self) -> PathBuf {
        self.logs().join("task/main")
    }

    pub(super) fn segments(&self) -> usize {
        std::fs::read_dir(self.folder().join("output")).unwrap().count()
    }

    /// Writes at a time of its own.
    pub(super) fn write_at(&mut self, nanos: u64, stream: Stream, text: &[u8]) {
        for piece in text.chunks(MAX_BLOCK) {
            let mut block = vec![0; HEADER];
            block.extend_from_slice(piece);
            self.writer.write(&mut block, nanos, stream, true).unwrap().unwrap();
        }
    }

    pub(super) fn write(&mut self, text: &str) {
        self.write_at(AT, Stream::Stdout, text.as_bytes());
    }

    pub(super) fn end(&self) {
        self.ended.send_replace(true);
    }

    pub(super) fn context(&self, client: Client) -> Context {
        Context {
            client,
            wakes: Arc::clone(&self.wakes),
            logs: self.logs(),
            task_id: "task".to_owned(),
            container: "main".to_owned(),
            runtime_id: "task-0000000000".to_owned(),
        }
    }

    pub(super) fn driver(&self, client: Client, kind: &str, options: &[(&str, &str)]) -> Driver {
        Driver::of(&host(kind, options), &self.context(client)).unwrap()
    }

    pub(super) fn follow(&self, driver: Driver) -> JoinHandle<()> {
        driver.follow(&self.folder(), self.ended.subscribe())
    }
}

pub(super) fn host(kind: &str, options: &[(&str, &str)]) -> HostConfig {
    let config: BTreeMap<_, _> = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    HostConfig { log_config: Some(LogConfig { r#type: kind.to_owned(), config }), ..HostConfig::default() }
}

/// A client that signs as another does.
pub(super) fn client(as_who: &AwsClient) -> Client {
    let endpoint = format!("http://{}", as_who.address).parse().unwrap();
    Client::new(endpoint, &as_who.region, as_who.credentials.clone(), "test")
}

/// A client of nobody.
pub(super) fn nobody() -> Client {
    let nobody = AwsClient::new(([127, 0, 0, 1], 1).into(), "us-east-1", "KEY", "secret");
    client(&nobody)
}

pub(super) const fn kept(output: Output) -> Option<(u64, u32)> {
    match output {
        Output::Discard => None,
        Output::Keep { segment_bytes, segments, .. } => Some((segment_bytes, segments)),
    }
}

/// The records of a log, all its files, oldest first.
pub(super) fn records(log: &Path) -> Vec<serde_json::Value> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("json.log"));
    let age = |path: &PathBuf| path.extension().unwrap().to_str().unwrap().parse::<u32>().unwrap_or(0);
    files.sort_by_key(|path| std::cmp::Reverse(age(path)));
    let text: String = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What was logged, all records in one.
pub(super) fn logged(log: &Path) -> String {
    records(log).iter().map(|record| record["log"].as_str().unwrap().to_owned()).collect()
}

//! What a task's containers print, read back from where their log drivers put it, in order of time.

mod awslogs;
mod json_file;

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use berth_api::ecs::{ContainerDefinition, LogDriver, Task, TaskDefinition};
use berth_client::CallError;
use berth_wire::EnumShape as _;

use crate::connection::Connection;
use crate::tasks;
use awslogs::LogStream;
use json_file::JsonFile;

/// A log is complete if nothing came for so long after its task was over; for longer if its lines come late.
const QUIET: Duration = Duration::from_millis(300);
const LONGEST_QUIET: Duration = Duration::from_secs(5);
/// For so long a follower waits for a control plane that does not answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where to begin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Start {
    /// With lines of this moment on: milliseconds since 1970.
    pub(crate) since: Option<i64>,
    /// With so many of the last lines of each container.
    pub(crate) tail: Option<usize>,
}

/// A line of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// When it was printed: milliseconds since 1970.
    pub(crate) at: i64,
    /// The container's place among [`Tail::names`].
    pub(crate) container: usize,
    /// Without the newline.
    pub(crate) text: String,
}

/// Where a container's lines are read.
#[derive(Debug)]
enum Reader {
    Stream(Box<LogStream>),
    File(JsonFile),
}

impl Reader {
    /// Some of what was printed since the last call: (when, what). Nothing if there is no more yet.
    async fn read(&mut self) -> Result<Vec<(i64, String)>> {
        match self {
            Self::Stream(stream) => stream.read().await,
            Self::File(file) => file.read(),
        }
    }
}

#[derive(Debug)]
struct Source {
    name: String,
    reader: Reader,
    /// Read, and not yet handed out.
    ahead: VecDeque<Line>,
}

/// The lines of a task's containers.
#[derive(Debug)]
pub(crate) struct Tail {
    sources: Vec<Source>,
}

impl Tail {
    /// The containers of a task, or one of them.
    pub(crate) fn of(
        connection: &Connection,
        definition: &TaskDefinition,
        task: &Task,
        only: Option<&str>,
        start: Start,
    ) -> Result<Self> {
        let containers = definition.container_definitions.as_deref().unwrap_or_default();
        let name = |container: &ContainerDefinition| container.name.clone().unwrap_or_default();
        let mut sources = Vec::new();
        for container in containers.iter().filter(|container| only.is_none_or(|only| name(container) == only)) {
            if let Some(reader) = reader(connection, container, task, start)? {
                sources.push(Source { name: name(container), reader, ahead: VecDeque::new() });
            }
        }
        if sources.is_empty() {
            let names: Vec<String> = containers.iter().map(name).collect();
            match only {
                Some(only) if !names.iter().any(|name| name == only) => {
                    bail!("the task has no container {only}; it has {}", names.join(", "))
                }
                _ => bail!(
                    "the task's log driver keeps nothing that can be read here; its task definition needs a logConfiguration with awslogs or json-file"
                ),
            }
        }
        let mut tail = Self { sources };
        tail.learn(task);
        Ok(tail)
    }

    /// The containers' names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.name.as_str())
    }

    /// Takes over what a newer description of the task tells.
    fn learn(&mut self, task: &Task) {
        for source in &mut self.sources {
            if let Reader::Stream(stream) = &mut source.reader {
                let known = task.containers.iter().flatten().find(|known| known.name.as_ref() == Some(&source.name));
                known.into_iter().for_each(|known| stream.learn(known));
            }
        }
    }

    /// Some of what was printed since the last call, in order of time; nothing if there is no more yet.
    pub(crate) async fn read(&mut self) -> Result<Vec<Line>> {
        let mut at_end = Vec::with_capacity(self.sources.len());
        for (container, source) in self.sources.iter_mut().enumerate() {
            if source.ahead.is_empty() {
                let lines = source.reader.read().await?;
                source.ahead.extend(lines.into_iter().map(|(at, text)| Line { at, container, text }));
            }
            at_end.push(source.ahead.is_empty());
        }
        Ok(merge(self.sources.iter_mut().map(|source| &mut source.ahead).collect(), &at_end))
    }

    /// Hands out lines until the task is over and its log complete; answers the task as it ended.
    pub(crate) async fn follow(
        &mut self,
        connection: &Connection,
        cluster: &str,
        arn: &str,
        mut take: impl FnMut(&Self, Vec<Line>) -> Result<()>,
    ) -> Result<Task> {
        let (mut last_answer, mut last_news) = (Instant::now(), Instant::now());
        let (mut caught_up, mut quiet) = (false, QUIET);
        let mut was_over = false;
        loop {
            match self.step(connection, cluster, arn, &mut take).await {
                Ok((task, newest)) => {
                    last_answer = Instant::now();
                    let is_over = tasks::is_stopped(&task);
                    if newest.is_some() || is_over != was_over {
                        last_news = last_answer;
                    }
                    if let Some(at) = newest.filter(|_| caught_up) {
                        // Who is behind with one line may be with the next.
                        quiet = lag(at).clamp(QUIET, LONGEST_QUIET);
                    }
                    if is_over && last_news.elapsed() >= quiet {
                        return Ok(task);
                    }
                    (caught_up, was_over) = (true, is_over);
                }
                Err(error) if is_passing(&error) && last_answer.elapsed() < PATIENCE => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(tasks::LOOK).await;
        }
    }

    /// Looks at the task, then hands out all lines that are there; answers when the last of them was printed.
    async fn step(
        &mut self,
        connection: &Connection,
        cluster: &str,
        arn: &str,
        take: &mut impl FnMut(&Self, Vec<Line>) -> Result<()>,
    ) -> Result<(Task, Option<i64>)> {
        let task = tasks::one(&connection.client, cluster, arn).await?;
        self.learn(&task);
        let mut newest = None;
        loop {
            let lines = self.read().await?;
            if lines.is_empty() {
                return Ok((task, newest));
            }
            newest = lines.last().map(|line| line.at);
            take(self, lines)?;
        }
    }
}

/// How long ago a line was printed.
fn lag(at: i64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_millis(u64::try_from(at).unwrap_or(0)))
}

/// Whether the control plane may answer again soon.
fn is_passing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<CallError>().is_some_and(CallError::is_retryable)
}

/// The lines that are certain to be the next ones, in order: up to where a queue runs out that has more to come.
fn merge(mut queues: Vec<&mut VecDeque<Line>>, at_end: &[bool]) -> Vec<Line> {
    let mut merged = Vec::new();
    loop {
        if queues.iter().zip(at_end).any(|(queue, at_end)| queue.is_empty() && !at_end) {
            return merged;
        }
        let next = queues.iter_mut().filter(|queue| !queue.is_empty()).min_by_key(|queue| queue.front().map(|line| line.at));
        match next.and_then(|queue| queue.pop_front()) {
            Some(line) => merged.push(line),
            None => return merged,
        }
    }
}

fn reader(connection: &Connection, container: &ContainerDefinition, task: &Task, start: Start) -> Result<Option<Reader>> {
    let name = container.name.as_deref().unwrap_or_default();
    let task_id = tasks::id(tasks::arn(task));
    let driver = container.log_configuration.as_ref().map_or(LogDriver::JsonFile, |log| log.log_driver.clone());
    let options = container.log_configuration.as_ref().and_then(|log| log.options.clone()).unwrap_or_default();
    match driver {
        LogDriver::Awslogs => {
            let group = options.get("awslogs-group").cloned().unwrap_or_default();
            let region = options.get("awslogs-region").map_or_else(|| connection.client.region(), String::as_str);
            let ready_made = options.get("awslogs-stream").cloned();
            let prefixed = || options.get("awslogs-stream-prefix").map(|prefix| format!("{prefix}/{name}/{task_id}"));
            let client = connection.in_region(region)?;
            Ok(Some(Reader::Stream(Box::new(LogStream::new(client, group, ready_made.or_else(prefixed), start)))))
        }
        LogDriver::JsonFile => {
            let folder = connection.folder.join("agent/logs").join(task_id).join(name);
            Ok(Some(Reader::File(JsonFile::new(folder, start))))
        }
        driver => {
            tracing::debug!(container = name, driver = driver.as_str(), "no log to read");
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests;

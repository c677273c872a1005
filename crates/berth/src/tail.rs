//! What a task's containers print, read back from where their log drivers put it, in order of time.

mod awslogs;
mod json_file;

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow};
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
    /// Its place among [`Tail::labels`].
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
    /// The task's ARN.
    task: String,
    /// The container's name.
    name: String,
    /// What its lines are labelled with.
    label: String,
    reader: Reader,
    /// Read, and not yet handed out.
    ahead: VecDeque<Line>,
}

/// The lines of tasks' containers.
#[derive(Debug)]
pub(crate) struct Tail {
    sources: Vec<Source>,
}

impl Tail {
    /// The containers of tasks, or those of one name.
    pub(crate) fn of(
        connection: &Connection,
        tasks: &[(TaskDefinition, Task)],
        only: Option<&str>,
        start: Start,
    ) -> Result<Self> {
        let mut sources = Vec::new();
        for (definition, task) in tasks {
            for container in definition.container_definitions.iter().flatten() {
                let name = container.name.clone().unwrap_or_default();
                if only.is_some_and(|only| name != only) {
                    continue;
                }
                if let Some(reader) = reader(connection, container, task, start)? {
                    let arn = tasks::arn(task);
                    let label = if tasks.len() > 1 { format!("{}/{name}", tasks::short_id(arn)) } else { name.clone() };
                    sources.push(Source { task: arn.to_owned(), name, label, reader, ahead: VecDeque::new() });
                }
            }
        }
        if sources.is_empty() {
            return Err(nothing_to_read(tasks, only));
        }
        let mut tail = Self { sources };
        tasks.iter().for_each(|(_, task)| tail.learn(task));
        Ok(tail)
    }

    /// What lines are labelled with: containers' names, with the task where there are several.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|source| source.label.as_str())
    }

    /// Takes over what a newer description of the task tells.
    fn learn(&mut self, task: &Task) {
        for source in self.sources.iter_mut().filter(|source| source.task == tasks::arn(task)) {
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

    /// Hands out lines until all tasks are over and their logs complete; answers the tasks as they ended.
    pub(crate) async fn follow(
        &mut self,
        connection: &Connection,
        cluster: &str,
        arns: &[String],
        mut take: impl FnMut(&Self, Vec<Line>) -> Result<()>,
    ) -> Result<Vec<Task>> {
        let (mut last_answer, mut last_news) = (Instant::now(), Instant::now());
        let (mut caught_up, mut quiet) = (false, QUIET);
        let mut was_over = false;
        loop {
            match self.step(connection, cluster, arns, &mut take).await {
                Ok((tasks, newest)) => {
                    last_answer = Instant::now();
                    let is_over = tasks.iter().all(tasks::is_stopped);
                    if newest.is_some() || is_over != was_over {
                        last_news = last_answer;
                    }
                    if let Some(at) = newest.filter(|_| caught_up) {
                        // Who is behind with one line may be with the next.
                        quiet = lag(at).clamp(QUIET, LONGEST_QUIET);
                    }
                    if is_over && last_news.elapsed() >= quiet {
                        return Ok(tasks);
                    }
                    (caught_up, was_over) = (true, is_over);
                }
                Err(error) if is_passing(&error) && last_answer.elapsed() < PATIENCE => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(tasks::LOOK).await;
        }
    }

    /// Looks at the tasks, then hands out all lines that are there; answers when the last of them was printed.
    async fn step(
        &mut self,
        connection: &Connection,
        cluster: &str,
        arns: &[String],
        take: &mut impl FnMut(&Self, Vec<Line>) -> Result<()>,
    ) -> Result<(Vec<Task>, Option<i64>)> {
        let tasks = tasks::several(&connection.client, cluster, arns).await?;
        tasks.iter().for_each(|task| self.learn(task));
        let mut newest = None;
        loop {
            let lines = self.read().await?;
            if lines.is_empty() {
                return Ok((tasks, newest));
            }
            newest = lines.last().map(|line| line.at);
            take(self, lines)?;
        }
    }
}

/// Why there is no log to show.
fn nothing_to_read(tasks: &[(TaskDefinition, Task)], only: Option<&str>) -> anyhow::Error {
    let containers = tasks.iter().flat_map(|(definition, _)| definition.container_definitions.iter().flatten());
    let mut names: Vec<&str> = containers.filter_map(|container| container.name.as_deref()).collect();
    names.dedup();
    match only {
        Some(only) if !names.contains(&only) => {
            anyhow!("there is no container {only}; there are {}", names.join(", "))
        }
        _ => anyhow!(
            "the log driver keeps nothing that can be read here; the task definition needs a logConfiguration with awslogs or json-file"
        ),
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
    let overrides = task.overrides.iter().flat_map(|overrides| overrides.container_overrides.iter().flatten());
    let own =
        overrides.into_iter().find(|given| given.name == container.name).and_then(|own| own.berth_log_configuration.as_ref());
    let log = own.or(container.log_configuration.as_ref());
    let driver = log.map_or(LogDriver::JsonFile, |log| log.log_driver.clone());
    let options = log.and_then(|log| log.options.clone()).unwrap_or_default();
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

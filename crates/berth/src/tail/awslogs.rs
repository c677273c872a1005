//! Lines that the awslogs driver wrote: a stream of CloudWatch Logs.

use std::collections::VecDeque;

use anyhow::{Context as _, Result};
use berth_api::ecs::Container;
use berth_api::logs as api;
use berth_client::{CallError, Client};

use super::Start;

/// Events of one page, at most.
const MOST: usize = 10_000;

/// A log stream, read onward from where the last call ended.
#[derive(Debug)]
pub(super) struct LogStream {
    client: Client,
    group: String,
    /// Not known as long as the container has no id, if it is named after that.
    stream: Option<String>,
    start: Start,
    /// Where to go on; nothing at the start.
    token: Option<String>,
    /// Whether the container came far enough to have a stream.
    may_exist: bool,
}

impl LogStream {
    pub(super) const fn new(client: Client, group: String, stream: Option<String>, start: Start) -> Self {
        Self { client, group, stream, start, token: None, may_exist: false }
    }

    /// Takes over what is known of its container. Without a prefix, a stream has the container's name.
    pub(super) fn learn(&mut self, container: &Container) {
        self.may_exist |= container.last_status.as_deref() != Some("PENDING");
        if self.stream.is_none() {
            self.stream.clone_from(&container.runtime_id);
        }
    }

    /// The next events; none if there are no more yet, or no stream yet.
    pub(super) async fn read(&mut self) -> Result<Vec<(i64, String)>> {
        let read = match (&self.token, self.start.tail) {
            (None, Some(lines)) => self.last(lines).await,
            _ => self.next().await,
        };
        match read {
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(Vec::new()),
            read => read.with_context(|| {
                format!("reading the log stream {} of {}", self.stream.as_deref().unwrap_or_default(), self.group)
            }),
        }
    }

    async fn next(&mut self) -> Result<Vec<(i64, String)>, CallError> {
        let Some(page) = self.page(self.token.clone(), true, MOST).await? else { return Ok(Vec::new()) };
        self.token = page.next_forward_token;
        Ok(page.events.into_iter().flatten().map(line).collect())
    }

    /// The last events there are now; later ones are next.
    async fn last(&mut self, lines: usize) -> Result<Vec<(i64, String)>, CallError> {
        let mut found = VecDeque::new();
        let (mut token, mut forward) = (None, None);
        loop {
            let wanted = lines.saturating_sub(found.len()).clamp(1, MOST);
            let Some(page) = self.page(token, false, wanted).await? else { return Ok(Vec::new()) };
            forward = forward.or(page.next_forward_token);
            let events = page.events.unwrap_or_default();
            let exhausted = events.is_empty();
            events.into_iter().rev().for_each(|event| found.push_front(line(event)));
            if exhausted || found.len() >= lines {
                break;
            }
            token = page.next_backward_token;
        }
        self.token = forward;
        let surplus = found.len().saturating_sub(lines);
        Ok(found.into_iter().skip(surplus).collect())
    }

    async fn page(
        &self,
        token: Option<String>,
        forward: bool,
        most: usize,
    ) -> Result<Option<api::GetLogEventsResponse>, CallError> {
        let Some(stream) = self.stream.as_ref().filter(|_| self.may_exist) else { return Ok(None) };
        let input = api::GetLogEventsRequest {
            log_group_name: Some(self.group.clone()),
            log_stream_name: stream.clone(),
            start_time: self.start.since,
            start_from_head: Some(forward),
            limit: i32::try_from(most).ok(),
            next_token: token,
            ..Default::default()
        };
        self.client.call(&input).await.map(Some)
    }
}

fn line(event: api::OutputLogEvent) -> (i64, String) {
    (event.timestamp.unwrap_or_default(), event.message.unwrap_or_default())
}

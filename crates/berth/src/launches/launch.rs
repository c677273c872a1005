//! A launch, as far as one process or all of them know it.

use serde::{Deserialize, Serialize};

/// Who took a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    ControlPlane,
    Agent,
    Runtime,
}

impl Part {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ControlPlane => "control plane",
            Self::Agent => "agent",
            Self::Runtime => "runtime",
        }
    }
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) step: String,
    pub(crate) part: Part,
    /// The container that it was done for, if it was for one alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) container: String,
    /// Nanoseconds since 1970.
    pub(crate) began: u64,
    /// Nanoseconds.
    pub(crate) took: u64,
}

impl Span {
    pub(crate) const fn ended(&self) -> u64 {
        self.began.saturating_add(self.took)
    }
}

/// The steps of a task's way from a request to running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Launch {
    /// The task's id.
    pub(crate) task: String,
    pub(crate) spans: Vec<Span>,
}

impl Launch {
    /// Adds what another process knows of it. A step that holds others comes before them.
    pub(crate) fn join(&mut self, spans: Vec<Span>) {
        self.spans.extend(spans);
        self.spans.sort_by_key(|span| (span.began, std::cmp::Reverse(span.took)));
    }

    pub(crate) fn began(&self) -> u64 {
        self.spans.iter().map(|span| span.began).min().unwrap_or_default()
    }

    /// Nanoseconds from the first step's beginning to the last one's end.
    pub(crate) fn took(&self) -> u64 {
        self.spans.iter().map(Span::ended).max().unwrap_or_default().saturating_sub(self.began())
    }
}

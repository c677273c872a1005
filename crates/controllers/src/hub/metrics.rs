//! What agents and hub say to each other, in numbers that Prometheus reads.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::sessions::StreamKind;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Stream {
    stream: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// Why something that came in, or was to go out, was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dropped {
    /// It was no message.
    Malformed,
    /// Its type is none of the protocol's.
    UnknownType,
    /// It answers nothing that waits for an answer.
    Late,
    /// It refuses a message.
    Refused,
    /// It is about a task of another instance, or of none.
    Foreign,
    /// A task could not be put into a payload.
    Unreadable,
}

impl Dropped {
    const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownType => "unknown_type",
            Self::Late => "late",
            Self::Refused => "refused",
            Self::Foreign => "foreign",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The hub's metrics.
#[derive(Debug, Clone, Default)]
pub struct HubMetrics {
    streams: Family<Stream, Gauge>,
    received: Family<Kind, Counter>,
    sent: Family<Kind, Counter>,
    resent: Counter,
    dropped: Family<Reason, Counter>,
}

/// Counts a stream as open until it is dropped.
#[derive(Debug)]
pub(super) struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl HubMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("agent_streams", "Streams of agents that are open", metrics.streams.clone());
        registry.register("agent_messages_received", "Messages of agents, by type", metrics.received.clone());
        registry.register("agent_messages_sent", "Messages to agents, by type", metrics.sent.clone());
        registry.register("agent_payloads_resent", "Payloads sent again for want of an answer", metrics.resent.clone());
        registry.register(
            "agent_messages_dropped",
            "What was dropped between agents and hub, by reason",
            metrics.dropped.clone(),
        );
        metrics
    }

    pub(super) fn open(&self, stream: StreamKind) -> OpenStream {
        let gauge = self.streams.get_or_create_owned(&Stream { stream: stream.name() });
        gauge.inc();
        OpenStream(gauge)
    }

    /// `kind` is one of the protocol's: labels stay few.
    pub(super) fn received(&self, kind: &'static str) {
        self.received.get_or_create(&Kind { kind }).inc();
    }

    pub(super) fn sent(&self, kind: &'static str) {
        self.sent.get_or_create(&Kind { kind }).inc();
    }

    pub(super) fn resent(&self) {
        self.resent.inc();
    }

    pub(super) fn dropped(&self, what: Dropped) {
        self.dropped.get_or_create(&Reason { reason: what.reason() }).inc();
    }
}

//! Rows: events with what commands have added to them, or the results of `stats`.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use serde_json::Value as Json;

use super::value::Value;
use crate::logs::Position;

/// An event as a query sees it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What it says.
    pub message: &'a str,
    /// When it happened, in milliseconds since 1970.
    pub timestamp: i64,
    /// When it came in.
    pub ingested_at: i64,
    /// Its stream.
    pub stream: &'a Arc<str>,
    /// Its account and log group.
    pub log: &'a Arc<str>,
    /// In which of the groups that are queried it is; the query only hands it on.
    pub group: usize,
    /// Where it stands among all events; the query only hands it on.
    pub position: Position,
}

/// A field: its name, and its parts as they are looked up in JSON documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: Arc<str>,
    segments: Vec<Box<str>>,
    is_quoted: bool,
}

impl Field {
    /// The field of these parts, which may have stood in backticks.
    pub(super) fn new(segments: Vec<Box<str>>, is_quoted: bool) -> Self {
        Self { name: segments.join(".").into(), segments, is_quoted }
    }

    /// The field of a name, as it is.
    pub(super) fn named(name: &str) -> Self {
        Self::new(vec![name.into()], true)
    }

    /// Whether it is this word, in capitals or not, without backticks.
    pub(super) fn is_word(&self, word: &str) -> bool {
        !self.is_quoted && self.segments.len() == 1 && self.name.eq_ignore_ascii_case(word)
    }
}

/// An event of a row. Its message is borrowed until the row is kept.
#[derive(Debug, Clone)]
pub(super) struct RowEvent<'a> {
    message: Cow<'a, str>,
    /// The message as a JSON object, once somebody has asked for it.
    json: OnceCell<Option<Json>>,
    timestamp: i64,
    ingested_at: i64,
    stream: Arc<str>,
    log: Arc<str>,
    found: (usize, Position),
}

/// A row.
#[derive(Debug, Clone, Default)]
pub(super) struct Row<'a> {
    pub(super) event: Option<RowEvent<'a>>,
    values: Vec<(Arc<str>, Value<'static>)>,
}

impl<'a> Row<'a> {
    pub(super) fn of_event(subject: Subject<'a>) -> Self {
        let Subject { message, timestamp, ingested_at, stream, log, group, position } = subject;
        let (stream, log) = (Arc::clone(stream), Arc::clone(log));
        let (message, found) = (message.into(), (group, position));
        let event = RowEvent { message, json: OnceCell::new(), timestamp, ingested_at, stream, log, found };
        Self { event: Some(event), values: Vec::new() }
    }

    pub(super) const fn of_values(values: Vec<(Arc<str>, Value<'static>)>) -> Self {
        Self { event: None, values }
    }

    /// A row that may be kept. Its document goes: it takes more memory than its text.
    pub(super) fn into_owned(self) -> Row<'static> {
        let event = self.event.map(|event| RowEvent {
            message: Cow::Owned(event.message.into_owned()),
            json: OnceCell::new(),
            timestamp: event.timestamp,
            ingested_at: event.ingested_at,
            stream: event.stream,
            log: event.log,
            found: event.found,
        });
        Row { event, values: self.values }
    }

    pub(super) fn set(&mut self, name: &Arc<str>, value: Value<'static>) {
        self.values.push((Arc::clone(name), value));
    }

    /// When its event happened.
    pub(super) fn timestamp(&self) -> Option<i64> {
        self.event.as_ref().map(|event| event.timestamp)
    }

    /// What a field holds.
    pub(super) fn get(&self, field: &Field) -> Value<'_> {
        // The last that was set under a name is meant.
        if let Some((_, value)) = self.values.iter().rev().find(|(name, _)| *name == field.name) {
            return value.borrowed();
        }
        if let Some(value) = self.within_values(field) {
            return value;
        }
        let Some(event) = &self.event else { return Value::Missing };
        match &*field.name {
            "@message" => Value::text(&*event.message),
            "@timestamp" => Value::Time(event.timestamp),
            "@ingestionTime" => Value::Time(event.ingested_at),
            "@logStream" => Value::text(&*event.stream),
            "@log" => Value::text(&*event.log),
            _ => event.json().and_then(|json| find(json, &field.segments)).map_or(Value::Missing, Value::of_json),
        }
    }

    /// A part of a document that was set under the first part of the name.
    fn within_values(&self, field: &Field) -> Option<Value<'_>> {
        let (first, rest) = field.segments.split_first()?;
        if rest.is_empty() {
            return None;
        }
        let (_, value) = self.values.iter().rev().find(|(name, _)| **name == **first)?;
        let Value::Json(json) = value else { return None };
        find(json, rest).map(Value::of_json)
    }

    /// Bytes that a kept row takes, about.
    pub(super) fn weight(&self) -> usize {
        let values = self.values.iter().map(|(_, value)| size_of::<(Arc<str>, Value<'static>)>() + value.weight());
        let message = self.event.as_ref().map_or(0, |event| event.message.len());
        size_of::<Self>() + message + values.sum::<usize>()
    }
}

impl RowEvent<'_> {
    /// In which group it is, and where it stands.
    pub(super) const fn found(&self) -> (usize, Position) {
        self.found
    }

    /// The message as a JSON object; most that are none are told by their first letter.
    fn json(&self) -> Option<&Json> {
        let parse = || {
            Some(self.message.trim_start()).filter(|text| text.starts_with('{')).and_then(|text| serde_json::from_str(text).ok())
        };
        self.json.get_or_init(parse).as_ref()
    }
}

/// What stands under a path. A name with dots in it is found, too, where no member has its first part.
fn find<'j>(json: &'j Json, path: &[Box<str>]) -> Option<&'j Json> {
    let Some((first, rest)) = path.split_first() else { return Some(json) };
    match json {
        Json::Array(list) => find(list.get(first.parse::<usize>().ok()?)?, rest),
        Json::Object(members) => match members.get(&**first) {
            Some(member) => find(member, rest),
            None => (2..=path.len()).find_map(|count| {
                let (name, rest) = path.split_at(count);
                find(members.get(&name.join("."))?, rest)
            }),
        },
        _ => None,
    }
}

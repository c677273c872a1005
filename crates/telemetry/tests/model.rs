//! Whatever is done to a log store, and however often it is opened again, it answers as a list of events would.

#![cfg(test)]

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use berth_model::{LogGroupId, Timestamp};
use berth_telemetry::logs::{
    Event, Listing, LogStore, Most, NewEvent, Options, Order, Place, Position, Range, Search, Selection, WriteError,
};
use berth_telemetry::pattern::Pattern;
use proptest::collection::vec;
use proptest::prelude::*;

const PLENTY: Most = Most { events: 10_000, bytes: 1 << 20 };

#[derive(Debug, Clone)]
enum Step {
    Create(u8, u8),
    Append(u8, u8, Vec<i64>),
    Delete(u8, u8),
    DeleteGroup(u8),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let (group, stream) = (0..3_u8, 0..6_u8);
    prop_oneof![
        3 => (group.clone(), stream.clone()).prop_map(|(group, stream)| Step::Create(group, stream)),
        10 => (group.clone(), stream.clone(), vec(0..200_i64, 1..8)).prop_map(|(group, stream, mut times)| {
            times.sort_unstable();
            Step::Append(group, stream, times)
        }),
        1 => (group.clone(), stream).prop_map(|(group, stream)| Step::Delete(group, stream)),
        1 => group.prop_map(Step::DeleteGroup),
        1 => Just(Step::Reopen),
    ]
}

/// What a store should know: the events of each stream as (time, text), in the order of both.
#[derive(Debug, Default)]
struct Expected {
    streams: BTreeMap<(u8, String), Vec<(i64, String)>>,
    deleted: Vec<u8>,
    written: usize,
}

fn open(folder: &Path) -> LogStore {
    LogStore::open(folder, Options { segment_bytes: 1_500, segment_frames: 9 }).unwrap()
}

fn id(group: u8) -> LogGroupId {
    LogGroupId::from_bytes([group; 16])
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

impl Expected {
    /// Does a step to both; they must agree on what comes of it.
    fn take(&mut self, store: &LogStore, step: &Step) {
        match step {
            Step::Create(group, stream) => {
                let key = (*group, format!("s{stream}"));
                let made = wait(store.create_stream(id(*group), &key.1, Timestamp::from_millis(5)));
                if self.deleted.contains(group) {
                    // A deleted group comes back with another id; this one is told off, or is an empty one, but never the old.
                    if made.is_ok() {
                        self.deleted.retain(|deleted| deleted != group);
                        self.streams.insert(key, Vec::new());
                    }
                } else if let Entry::Vacant(vacant) = self.streams.entry(key) {
                    made.unwrap();
                    vacant.insert(Vec::new());
                } else {
                    assert!(matches!(made, Err(WriteError::StreamExists)), "{made:?}");
                }
            }
            Step::Append(group, stream, times) => {
                let key = (*group, format!("s{stream}"));
                let written = self.written;
                let text = |place: usize| format!("event {written:06} {place:02} {}", "x".repeat(place * 20));
                let events: Vec<_> = times.iter().enumerate().map(|(place, time)| (*time, text(place))).collect();
                let new = events
                    .iter()
                    .map(|(time, message)| NewEvent { timestamp: Timestamp::from_millis(*time), message: message.clone() });
                let new: Vec<_> = new.collect();
                let done = wait(store.append(id(*group), &key.1, Timestamp::from_millis(7), &new, None));
                match self.streams.get_mut(&key) {
                    Some(stream) => {
                        done.unwrap();
                        stream.extend(events);
                        stream.sort();
                        self.written += 1;
                    }
                    None => assert!(matches!(done, Err(WriteError::NoStream | WriteError::NoGroup)), "{done:?}"),
                }
            }
            Step::Delete(group, stream) => {
                let key = (*group, format!("s{stream}"));
                let done = wait(store.delete_stream(id(*group), &key.1));
                assert_eq!(self.streams.remove(&key).is_some(), done.is_ok(), "{done:?}");
            }
            Step::DeleteGroup(group) => {
                wait(store.delete_group(id(*group))).unwrap();
                self.streams.retain(|(of, _), _| of != group);
                self.deleted.push(*group);
            }
            Step::Reopen => {}
        }
    }

    fn check(&self, store: &LogStore) {
        for group in 0..3 {
            let of_group: Vec<_> = self.streams.iter().filter(|((of, _), _)| *of == group).collect();
            check_lists(
                store,
                group,
                &of_group.iter().map(|((_, name), events)| (name.as_str(), events.as_slice())).collect::<Vec<_>>(),
            );
            let mut all: Vec<(i64, String)> = Vec::new();
            for ((_, name), events) in &of_group {
                check_stream(store, group, name, events);
                all.extend(events.iter().cloned());
            }
            all.sort();
            let bytes: usize = all.iter().map(|(_, text)| text.len() + 26).sum();
            assert_eq!(store.bytes_of_group(id(group)), bytes as u64);
            assert_eq!(searched(store, group, "", 1_000), all);
            assert_eq!(searched(store, group, "", 3), all);
            let one: Vec<_> = all.iter().filter(|(_, text)| text.contains(" 01")).cloned().collect();
            assert_eq!(searched(store, group, "\" 01\"", 2), one);
        }
    }
}

fn plain(events: &[Event]) -> Vec<(i64, String)> {
    events.iter().map(|event| (event.timestamp.as_millis(), event.message.clone())).collect()
}

/// Reads a stream whole, and in pages from both ends.
fn check_stream(store: &LogStore, group: u8, name: &str, expected: &[(i64, String)]) {
    let read = |range, backward, most| store.read(id(group), name, range, backward, most).unwrap().unwrap();
    assert_eq!(plain(&read(Range::ALL, false, PLENTY)), expected);
    assert_eq!(plain(&read(Range::ALL, true, PLENTY)), expected);
    let few = Most { events: 4, ..PLENTY };
    let (mut forward, mut range) = (Vec::new(), Range::ALL);
    while let page = read(range, false, few)
        && let Some(last) = page.last()
    {
        range.from = last.position.next();
        forward.extend(plain(&page));
    }
    assert_eq!(forward, expected);
    let (mut backward, mut range) = (Vec::new(), Range::ALL);
    while let page = read(range, true, few)
        && let Some(first) = page.first()
    {
        range.to = first.position;
        backward.splice(0..0, plain(&page));
    }
    assert_eq!(backward, expected);
    let middle = Range { from: Position::at(Timestamp::from_millis(50)), to: Position::at(Timestamp::from_millis(120)) };
    let expected: Vec<_> = expected.iter().filter(|(time, _)| (50..120).contains(time)).cloned().collect();
    assert_eq!(plain(&read(middle, false, PLENTY)), expected);
}

fn searched(store: &LogStore, group: u8, pattern: &str, events: usize) -> Vec<(i64, String)> {
    let mut search = Search {
        group: id(group),
        streams: Selection::Prefix(String::new()),
        range: Range::ALL,
        pattern: pattern.parse::<Pattern>().unwrap(),
        most: Most { events, bytes: 1 << 20 },
        effort: 300,
    };
    let mut all = Vec::new();
    loop {
        let found = store.search(&search).unwrap().unwrap();
        assert!(found.events.len() <= events);
        all.extend(plain(&found.events));
        match found.next {
            Some(next) => search.range.from = next,
            None => return all,
        }
    }
}

fn check_lists(store: &LogStore, group: u8, streams: &[(&str, &[(i64, String)])]) {
    let mut expected: Vec<(Option<i64>, String)> =
        streams.iter().map(|(name, events)| (events.last().map(|(time, _)| *time), (*name).to_owned())).collect();
    for order in [Order::Name, Order::LastEvent] {
        match order {
            Order::Name => expected.sort_by(|one, other| one.1.cmp(&other.1)),
            Order::LastEvent => expected.sort(),
        }
        assert_eq!(listed(store, group, order, false, ""), expected, "{order:?}");
        let reversed: Vec<_> = expected.iter().rev().cloned().collect();
        assert_eq!(listed(store, group, order, true, ""), reversed, "{order:?} reversed");
    }
    let one: Vec<_> = expected.iter().filter(|(_, name)| name == "s3").cloned().collect();
    assert_eq!(listed(store, group, Order::Name, false, "s3"), one);
    assert_eq!(listed(store, group, Order::Name, true, "s3"), one);
}

fn listed(store: &LogStore, group: u8, order: Order, descending: bool, prefix: &str) -> Vec<(Option<i64>, String)> {
    let mut listing = Listing { group: id(group), prefix: prefix.to_owned(), order, descending, after: None, most: 2 };
    let mut all = Vec::new();
    loop {
        let page = store.list(&listing).unwrap();
        let Some(last) = page.last() else { return all };
        listing.after = Some(Place { last_event: last.span.map(|span| span.last), name: last.name.to_string() });
        all.extend(page.iter().map(|stream| (stream.span.map(|span| span.last.as_millis()), stream.name.to_string())));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_history_leaves_what_lists_would(steps in vec(step(), 1..120)) {
        let folder = tempfile::TempDir::new().unwrap();
        let (mut store, mut expected) = (open(folder.path()), Expected::default());
        for step in &steps {
            if matches!(step, Step::Reopen) {
                wait(store.close()).unwrap();
                expected.check(&store);
                store = open(folder.path());
                expected.check(&store);
            }
            expected.take(&store, step);
        }
        expected.check(&store);
    }
}

//! The events of many groups in one order, for whoever looks at each.

use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::sync::Arc;

use berth_model::{LogGroupId, Timestamp};

use super::walk::{Chosen, Walk};
use super::{LogError, LogStore, Position, Range};

/// An event that a scan passes.
#[derive(Debug, Clone, Copy)]
pub struct Passed<'a> {
    /// Which of the groups it is in, counted from 0.
    pub group: usize,
    /// Where it stands.
    pub position: Position,
    /// Its stream.
    pub stream: &'a Arc<str>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When it came in.
    pub ingested_at: Timestamp,
    /// What it says.
    pub message: &'a str,
}

impl LogStore {
    /// Shows the events of groups, the latest first, each group's within its range, until there are no more or `visit` has enough.
    /// Reads files.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn scan(
        &self,
        groups: &[(LogGroupId, Range)],
        visit: &mut dyn FnMut(Passed<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let walk = |(group, range): &(LogGroupId, Range)| self.walk(*group, Chosen::Prefix(String::new()), *range, true);
        let mut walks: Vec<Walk<'_>> = groups.iter().map(walk).collect::<Result<_, _>>()?;
        let mut next = BinaryHeap::new();
        for (group, walk) in walks.iter_mut().enumerate() {
            next.extend(walk.next()?.map(|seen| (seen.position, group)));
        }
        while let Some((position, group)) = next.pop() {
            let Some(walk) = walks.get_mut(group) else { continue };
            if let Some(seen) = walk.current() {
                let (stream, ingested_at) = seen.origin();
                let (timestamp, message) = (seen.timestamp, seen.message);
                if visit(Passed { group, position, stream, timestamp, ingested_at, message }).is_break() {
                    return Ok(());
                }
            }
            next.extend(walk.next()?.map(|seen| (seen.position, group)));
        }
        Ok(())
    }
}

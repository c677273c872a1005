//! Space is given back by whole segments: one whose streams are all deleted is deleted.

use std::sync::{Arc, PoisonError};

use super::LogError;
use super::index::Index;
use super::segment::{Segment, index_path};
use super::segment_index::IndexFile;
use super::stream::StreamKey;
use super::writer::Writer;

impl Writer {
    /// Deletes the segments that nobody can read any more.
    pub(crate) fn reclaim(&mut self) -> Result<(), LogError> {
        if !self.state.deleted {
            return Ok(());
        }
        // Until a checkpoint has them, the streams that a segment made and deleted are known from it alone.
        self.state.deleted = false;
        self.checkpoint()?;
        let dead = {
            let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
            let mut dead = Vec::new();
            for segment in &index.sealed {
                if is_dead(&index, segment)? {
                    dead.push(Arc::clone(segment));
                }
            }
            dead
        };
        for segment in dead {
            self.index.write().unwrap_or_else(PoisonError::into_inner).sealed.retain(|kept| kept.number != segment.number);
            segment.delete()?;
            tracing::info!(segment = segment.number, "deleted a log segment without live streams");
        }
        Ok(())
    }
}

fn is_dead(index: &Index, segment: &Segment) -> Result<bool, LogError> {
    let path = index_path(&segment.folder, segment.number);
    for stream in IndexFile::open(&path)?.streams()? {
        let key = StreamKey { group: stream.group, name: stream.name.into() };
        if index.find(&key)?.is_some_and(|live| live.number == stream.number) {
            return Ok(false);
        }
    }
    Ok(true)
}

//! A record on its way to disk for the first time, beside which the task's containers are already being made.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::error;

use super::folders::TaskFolder;
use super::record::Record;
use super::work::unblocked;
use crate::files::{self, FileError, Outlives};

/// A record on its way to disk for the first time.
#[derive(Debug)]
pub(super) struct Intake {
    written: JoinHandle<Result<(), FileError>>,
    /// Told when it is there: then the task is acknowledged.
    kept: oneshot::Sender<()>,
}

impl Intake {
    pub(super) fn of(record: &Record, folder: &TaskFolder, kept: oneshot::Sender<()>) -> Self {
        let (record, folder) = (record.clone(), folder.clone());
        let write = move || {
            files::make_folder(folder.path())?;
            record.keep(&folder, Outlives::Process)
        };
        Self { written: tokio::spawn(unblocked(write)), kept }
    }

    /// Waits until the record is there; whether it is. Nothing happens if that was known before.
    pub(super) async fn end(intake: &mut Option<Self>) -> bool {
        let Some(waiting) = intake else { return true };
        let written = (&mut waiting.written).await;
        let kept = intake.take().map(|intake| intake.kept);
        match written.map_err(|error| error.to_string()).and_then(|written| written.map_err(|error| error.to_string())) {
            Ok(()) => {
                // Nobody may be waiting any more.
                kept.map(|kept| kept.send(()));
                true
            }
            Err(error) => {
                error!(error, "a task is not taken in");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use berth_api::acs::{Container, Task};

    use super::*;

    async fn taken_in(folder: TaskFolder) -> (bool, bool) {
        let containers = vec![Container { name: "main".to_owned(), ..Container::default() }];
        let task = Task { arn: "arn:task/1".to_owned(), containers, ..Task::default() };
        let record = Record::new(task, "instance", "boot").unwrap();
        let (kept, told) = oneshot::channel();
        let mut intake = Some(Intake::of(&record, &folder, kept));
        let written = Intake::end(&mut intake).await;
        assert!(intake.is_none() && Intake::end(&mut intake).await, "it is waited for once");
        (written, told.await.is_ok())
    }

    #[tokio::test]
    async fn what_is_not_on_disk_is_not_acknowledged() {
        let temporary = tempfile::tempdir().unwrap();
        assert_eq!(taken_in(TaskFolder::of(temporary.path(), "1")).await, (true, true));
        std::fs::write(temporary.path().join("file"), b"").unwrap();
        assert_eq!(taken_in(TaskFolder::of(&temporary.path().join("file"), "1")).await, (false, false));
    }
}

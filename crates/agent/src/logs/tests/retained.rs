//! Logs of containers that are gone.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::logs::retained::{Retention, mark_over, sweep};

#[test]
fn logs_that_are_over_go_by_age_and_by_size() {
    let logs = tempfile::tempdir().unwrap();
    for (number, name) in ["old/a", "new/a", "new/b", "running/a"].into_iter().enumerate() {
        let folder = logs.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("json.log"), vec![0; 1000]).unwrap();
        if name != "running/a" {
            mark_over(&folder).unwrap();
            mark_over(&folder).unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1000 * (number as u64 + 1));
            fs::File::open(folder.join("over")).unwrap().set_modified(at).unwrap();
        }
    }
    let there = || ["old", "new/a", "new/b", "running/a"].map(|name| logs.path().join(name).exists());
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(4500);
    let retention = |age, bytes| Retention { age: Duration::from_secs(age), bytes };
    sweep(logs.path(), retention(3600, 1 << 20), now).unwrap();
    assert_eq!(there(), [true; 4]);
    sweep(logs.path(), retention(3000, 1 << 20), now).unwrap();
    assert_eq!(there(), [false, true, true, true]);
    sweep(logs.path(), retention(3000, 1500), now).unwrap();
    assert_eq!(there(), [false, false, true, true]);
    sweep(&logs.path().join("none"), retention(3000, 1500), now).unwrap();
}

//! A full disk is said clearly, ends the store in order, and is over when there is space again.

#![cfg(test)]

use std::convert::Infallible;
use std::path::Path;
use std::process::Command;

use berth_model::{Cluster, ClusterStatus, Document, Region, Tags, Timestamp};
use berth_store::backend::{BackendError, Sqlite};
use berth_store::{Failure, Options, Store, UpdateError};

const FOLDER: &str = "BERTH_DISK_FULL_TEST_FOLDER";
/// Of the file system, and of a file that is deleted to make space.
const SIZE: &str = "size=3m";
const BALLAST: usize = 1 << 20;

fn open(folder: &Path) -> Result<Store, BackendError> {
    Store::open(Sqlite::open(&folder.join("store.db"), "full")?, Options::new("full"))
}

fn cluster(number: usize, half: &str) -> Cluster {
    Cluster {
        region: Region::new("us-east-1").unwrap(),
        name: format!("{number}-{half}").into(),
        status: ClusterStatus::Active,
        settings: Vec::new(),
        configuration: Some(Document::new("x".repeat(20_000))),
        capacity_providers: Vec::new(),
        default_strategy: Vec::new(),
        service_connect_namespace: None,
        tags: Tags::default(),
        created_at: Timestamp::EPOCH,
        inactive_at: None,
    }
}

async fn write(store: &Store, number: usize) -> Result<(), UpdateError<Infallible>> {
    let halves = ["a", "b"].map(|half| cluster(number, half));
    let update = store.update(|tx| {
        halves.into_iter().for_each(|cluster| drop(tx.put(cluster)));
        Ok(())
    });
    update.await
}

/// Writes until the store fails; counts what was acknowledged.
async fn write_until_full(store: &Store, acknowledged: &mut usize) -> Failure {
    loop {
        match write(store, *acknowledged).await {
            Ok(()) => *acknowledged += 1,
            Err(UpdateError::Failed(failure)) => return failure,
            Err(other) => panic!("{other}"),
        }
    }
}

/// How many whole change sets are there.
fn written(store: &Store) -> usize {
    let rows = store.view().total::<Cluster>();
    assert!(rows.is_multiple_of(2), "half a change set is there");
    rows / 2
}

fn assert_names_the_disk(failure: &BackendError, folder: &Path) {
    let text = failure.to_string();
    assert!(matches!(failure, BackendError::DiskFull { .. }), "{text}");
    assert!(text.contains(folder.join("store.db").to_str().unwrap()) && text.contains("Make space"), "{text}");
}

/// Not a test: what runs in a mount namespace of its own, so that the file system goes away with it, however it ends.
#[test]
#[ignore = "started by the other test"]
fn in_a_small_file_system() {
    let folder = std::env::var_os(FOLDER).expect("started by the other test");
    let folder = Path::new(&folder);
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(folder).status().unwrap();
    assert!(mounted.success());
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0; BALLAST]).unwrap();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let store = open(folder).unwrap();
        let mut acknowledged = 0;
        let failure = write_until_full(&store, &mut acknowledged).await;
        assert!(acknowledged > 0);
        assert_names_the_disk(failure.cause(), folder);
        assert_names_the_disk(store.failed().await.cause(), folder);
        assert_eq!(written(&store), acknowledged, "views stay at what is durable");
        assert!(matches!(write(&store, 1_000).await, Err(UpdateError::Failed(_))), "it takes nothing more");
        assert!(store.close().await.is_err());

        // The failed store's log was let go of, so there may be space for a little more.
        match open(folder) {
            Err(refused) => assert_names_the_disk(&refused, folder),
            Ok(store) => {
                assert_eq!(written(&store), acknowledged);
                assert_names_the_disk(write_until_full(&store, &mut acknowledged).await.cause(), folder);
                assert!(store.close().await.is_err());
            }
        }

        std::fs::remove_file(ballast).unwrap();
        let store = open(folder).unwrap();
        assert_eq!(written(&store), acknowledged);
        write(&store, acknowledged).await.unwrap();
        store.close().await.unwrap();
        assert_eq!(written(&open(folder).unwrap()), acknowledged + 1);
    });
}

#[test]
fn full_disk_is_a_clear_error_and_over_when_there_is_space() {
    let folder = tempfile::TempDir::new().unwrap();
    // As another user than root, a user namespace gives the right to mount.
    let unshared = Command::new("unshare")
        .args(["--mount", "--user", "--map-root-user", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_small_file_system", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&unshared.stdout) + String::from_utf8_lossy(&unshared.stderr);
    assert!(unshared.status.success(), "{output}");
    assert!(output.contains("1 passed"), "{output}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the mount stayed in its namespace");
}

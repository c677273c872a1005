use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use super::*;
use crate::fixture::{Place, Tar, docker_archive};
use crate::{Fault, Reference, Watch};

fn open(folder: &Path) -> ContentStore {
    ContentStore::open(folder, Limits { free_bytes: 0, ..Limits::default() }).unwrap()
}

fn count(store: &ContentStore, name: &str) -> usize {
    fs::read_dir(store.folder().join(name)).unwrap().count()
}

fn put(store: &ContentStore, expected: Option<Digest>, bytes: &[u8]) -> Result<(Digest, u64), StoreError> {
    store.put_blob(&store.pins(), expected, 100, &mut &*bytes, &Watch::nobody())
}

fn name(text: &str) -> Reference {
    text.parse().unwrap()
}

#[test]
fn blobs_are_verified_before_they_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (digest, size) = put(&store, None, b"hello").unwrap();
    assert_eq!((digest, size), (Digest::of(b"hello"), 5));
    assert_eq!(store.read_document(digest).unwrap(), b"hello");
    let other = Digest::of(b"other");
    assert!(matches!(put(&store, Some(other), b"hellO"), Err(StoreError::Mismatch { .. })));
    assert!(matches!(put(&store, None, &[0; 101]), Err(StoreError::TooLarge { limit: 100 })));
    assert!(!store.has_blob(other));
    assert_eq!((count(&store, "blobs/sha256"), count(&store, "staging")), (1, 0));
    assert!(matches!(store.open_blob(other), Err(StoreError::Missing(_))));
    assert_eq!(fs::metadata(folder.path().join("blobs")).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_damaged_document_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (digest, _) = put(&store, None, b"{}").unwrap();
    fs::write(folder.path().join("blobs/sha256").join(digest.hex()), "[]").unwrap();
    assert!(matches!(store.read_document(digest), Err(StoreError::Mismatch { .. })));
}

/// Says when it is read, and goes on when told.
struct Slow<'a> {
    bytes: &'a [u8],
    begun: Option<std::sync::mpsc::Sender<()>>,
    go_on: std::sync::mpsc::Receiver<()>,
    fails: bool,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(begun) = self.begun.take() {
            begun.send(()).unwrap();
            self.go_on.recv().unwrap();
        }
        if self.fails { Err(io::ErrorKind::ConnectionReset.into()) } else { self.bytes.read(buffer) }
    }
}

#[test]
fn writers_of_one_digest_share_one_result() {
    for fails in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let digest = Digest::of(b"shared");
        let (begun, has_begun) = channel();
        let (go_on, wait) = channel();
        let reads = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                let mut slow = Slow { bytes: b"shared", begun: Some(begun), go_on: wait, fails };
                store.put_blob(&store.pins(), Some(digest), 100, &mut slow, &Watch::nobody())
            });
            has_begun.recv().unwrap();
            let second = scope.spawn(|| {
                let mut source = b"shared".as_slice();
                let mut counted = CountReads { inner: &mut source, reads: &reads };
                store.put_blob(&store.pins(), Some(digest), 100, &mut counted, &Watch::nobody())
            });
            go_on.send(()).unwrap();
            assert_eq!(first.join().unwrap().is_err(), fails);
            assert_eq!(second.join().unwrap().unwrap(), (digest, 6));
        });
        assert_eq!(reads.load(Ordering::Relaxed) > 0, fails, "the second reads only if the first failed");
    }
}

struct CountReads<'a> {
    inner: &'a mut dyn Read,
    reads: &'a AtomicUsize,
}

impl Read for CountReads<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.read(buffer)
    }
}

#[test]
fn work_that_is_called_off_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let cancelled = AtomicBool::new(true);
    let watch = Watch::new(&cancelled, &|_| {});
    let error = store.put_blob(&store.pins(), None, 100, &mut b"x".as_slice(), &watch).unwrap_err();
    assert_eq!(error.fault(), Fault::Cancelled);
    assert_eq!(count(&store, "staging"), 0);
}

#[test]
fn names_are_kept_listed_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let digest = Digest::of(b"manifest");
    let resolved = |store: &ContentStore, text: &str| store.resolve(&name(text)).unwrap().map(|stored| stored.manifest);
    assert_eq!(resolved(&store, "nginx"), None);
    store.set_reference(&name("nginx"), Digest::of(b"older"), None).unwrap();
    store.set_reference(&name("nginx"), digest, None).unwrap();
    store.set_reference(&name("quay.io/a/b:1"), digest, None).unwrap();
    drop(store);
    let store = open(folder.path());
    assert_eq!(resolved(&store, "docker.io/library/nginx:latest"), Some(digest));
    assert_eq!(resolved(&store, &format!("nginx@{digest}")), Some(digest), "by digest, from the tag");
    assert_eq!(resolved(&store, &format!("other@{digest}")), None, "of another repository");
    let names: Vec<String> = store.references().unwrap().into_iter().map(|stored| stored.name.familiar()).collect();
    assert_eq!(names, ["nginx:latest", "quay.io/a/b:1"]);
    assert!(store.remove_reference(&name("nginx")).unwrap() && !store.remove_reference(&name("nginx")).unwrap());
    fs::write(folder.path().join("refs/damaged"), "{").unwrap();
    assert_eq!(store.references().unwrap().len(), 1, "a damaged file hides no other");
}

#[test]
fn a_store_belongs_to_one_process_and_one_format() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert!(matches!(ContentStore::open(folder.path(), Limits::default()), Err(StoreError::Locked(_))));
    drop(store);
    fs::write(folder.path().join("format"), "99\n").unwrap();
    assert!(matches!(ContentStore::open(folder.path(), Limits::default()), Err(StoreError::Format { .. })));
}

#[test]
fn only_what_nothing_needs_is_collected() {
    let place = Place::new();
    let base = Tar::default().file("base", "b").bytes();
    let one = place.import(&docker_archive("one", &[base.clone(), Tar::default().file("1", "1").bytes()])).unwrap();
    let two = place.import(&docker_archive("two", &[base, Tar::default().file("2", "2").bytes()])).unwrap();
    let store = &place.store;
    let (unpacked_one, unpacked_two) =
        (store.unpack(&one, &Watch::nobody()).unwrap(), store.unpack(&two, &Watch::nobody()).unwrap());
    store.collect(&InUse::default()).unwrap();
    assert!(store.image(one.manifest).is_ok() && store.image(two.manifest).is_ok(), "names keep images");

    store.remove_reference(&name("one")).unwrap();
    drop(unpacked_two);
    let collected = store.collect(&InUse::default()).unwrap();
    assert_eq!(collected.layers, 0, "what somebody holds stays");
    drop(unpacked_one);
    let running = InUse { layers: one.layers.iter().map(|layer| layer.diff_id).collect(), manifests: HashSet::new() };
    assert_eq!(store.collect(&running).unwrap().layers, 0, "what runs stays");
    assert_eq!(store.collect(&InUse::default()).unwrap().layers, 1, "the shared layer stays");
    assert!(store.layer_folder(one.layers[0].diff_id).exists() && !store.layer_folder(one.layers[1].diff_id).exists());
    assert!(matches!(store.image(one.manifest), Err(StoreError::Missing(_))));
    assert_eq!(store.image(two.manifest).unwrap(), two);

    store.remove_reference(&name("two")).unwrap();
    let kept = InUse { manifests: HashSet::from([two.manifest]), ..InUse::default() };
    store.collect(&kept).unwrap();
    assert_eq!(store.image(two.manifest).unwrap(), two, "an image in use stays without a name");
    store.collect(&InUse::default()).unwrap();
    assert_eq!((count(store, "blobs/sha256"), count(store, "layers")), (0, 0));
    place.check();
}

#[test]
fn deletes_are_spread() {
    let place = Place::new();
    let outside = place.outside();
    let layer =
        (0..50).fold(Tar::default().symlink("out", &outside), |tar, index| tar.file(&format!("d{}/f{index}", index % 5), "x"));
    drop(place.unpack(&[layer.bytes()]).unwrap());
    let store = &place.store;
    store.remove_reference(&name("test")).unwrap();
    store.collect(&InUse::default()).unwrap();
    let mut rounds = 0;
    while store.sweep(10).unwrap() == 10 {
        rounds += 1;
    }
    assert!(rounds >= 5, "{rounds} rounds of ten");
    assert_eq!(count(store, "trash"), 0);
    place.check();
}

#[test]
fn a_start_puts_away_what_was_not_finished() {
    let place = Place::new();
    let settled = place.unpack(&[Tar::default().file("a", "a").bytes()]).unwrap().layers.remove(0);
    place.store.settle().unwrap();
    let open_layer = place.unpack(&[Tar::default().file("b", "b").bytes()]).unwrap().layers.remove(0);
    let folder = place.store.folder().to_owned();
    fs::create_dir_all(folder.join("staging/77/fs")).unwrap();
    fs::write(folder.join("staging/78"), "half a blob").unwrap();
    drop(place.store);
    drop(open(&folder));
    assert!(settled.exists() && open_layer.exists(), "the machine is still up: what was written is there");
    let note = open_layer.parent().unwrap().join("layer.json");
    let other_run = fs::read_to_string(&note).unwrap().replace("\"boot\":\"", "\"boot\":\"another-");
    fs::write(&note, other_run).unwrap();
    let store = open(&folder);
    assert!(settled.exists() && !open_layer.exists(), "after a power cut only what is on disk counts");
    assert_eq!(count(&store, "staging"), 0);
    store.sweep(usize::MAX).unwrap();
    assert_eq!(count(&store, "trash"), 0);
}

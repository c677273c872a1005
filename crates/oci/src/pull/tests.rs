//! Pulls from registries that are maps: what comes, and what must not.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::error::Fault;
use crate::fixture::{Layout, Packing, Place, Tar, configuration};
use crate::manifest::{OCI_INDEX, OCI_MANIFEST};
use crate::platform::Platform;
use crate::{InUse, Limits};

/// What a registry answers, by digest; every opening is noted.
#[derive(Default)]
struct Registry {
    blobs: HashMap<Digest, Vec<u8>>,
    opened: Mutex<Vec<(Part, Digest)>>,
    /// Is waited for before layers begin to come.
    gate: Option<Mutex<mpsc::Receiver<()>>>,
}

impl Registry {
    fn of(layout: &Layout) -> Self {
        let digest = |name: &String| format!("sha256:{}", name.rsplit_once('/').unwrap().1).parse().unwrap();
        let blobs = layout.0.iter().map(|(name, bytes)| (digest(name), bytes.clone())).collect();
        Self { blobs, ..Self::default() }
    }

    fn opened(&self, part: Part) -> Vec<Digest> {
        self.opened.lock().unwrap().iter().filter(|(of, _)| *of == part).map(|(_, digest)| *digest).collect()
    }
}

/// Nothing is asked before the first byte is read.
struct Lazy<'a>(&'a Registry, Part, Digest, Option<Cursor<Vec<u8>>>);

impl Read for Lazy<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.3.is_none() {
            self.0.opened.lock().unwrap().push((self.1, self.2));
            if let Some(gate) = self.0.gate.as_ref().filter(|_| self.1 == Part::Layer) {
                let _ = gate.lock().unwrap().recv_timeout(Duration::from_secs(10));
            }
            let bytes = self.0.blobs.get(&self.2).ok_or_else(|| io::Error::other("404 Not Found"))?;
            self.3 = Some(Cursor::new(bytes.clone()));
        }
        self.3.as_mut().unwrap().read(buffer)
    }
}

impl Remote for Registry {
    fn open(&self, part: Part, digest: Digest, _: Option<u64>) -> Box<dyn Read + Send + '_> {
        Box::new(Lazy(self, part, digest, None))
    }
}

fn digest_of(descriptor: &Value) -> Digest {
    descriptor["digest"].as_str().unwrap().parse().unwrap()
}

fn image(layout: &mut Layout, contents: &[&str]) -> Value {
    let layers: Vec<Vec<u8>> = contents.iter().map(|text| Tar::default().file(text, text).bytes()).collect();
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| Digest::of(layer)).collect();
    let packed: Vec<(Packing, Vec<u8>)> = layers.into_iter().map(|layer| (Packing::Gzip, layer)).collect();
    layout.image(&packed, &configuration(&diff_ids))
}

fn pulled(place: &Place, registry: &Registry, top: Digest) -> Result<Pulled, PullError> {
    let name = "registry.test/app:1".parse().unwrap();
    let pulled = pull(&place.store, &name, Origin { digest: top, pulled_at: 7 }, registry, &Watch::nobody());
    place.check();
    pulled
}

/// A pull that must fail: no name is given, nothing is half there, and what came can be collected.
fn refused(place: &Place, registry: &Registry, top: Digest) -> String {
    let error = pulled(place, registry, top).unwrap_err();
    assert_eq!(error.fault(), Fault::Image, "{error}");
    assert!(place.store.references().unwrap().is_empty(), "no name is given");
    place.store.collect(&InUse::default()).unwrap();
    for folder in ["blobs/sha256", "layers", "staging"] {
        assert_eq!(std::fs::read_dir(place.store.folder().join(folder)).unwrap().count(), 0, "{folder} after {error}");
    }
    error.to_string()
}

#[test]
fn an_image_is_there_with_its_name_and_origin() {
    let (place, mut layout) = (Place::new(), Layout::default());
    let top = digest_of(&image(&mut layout, &["one", "two", "three", "four"]));
    let registry = Registry::of(&layout);
    let done = pulled(&place, &registry, top).unwrap();
    assert_eq!((done.image.manifest, done.image.layers.len()), (top, 4));
    assert!(done.unpacked.layers[2].join("three").is_file(), "layers keep their order");
    let stored = place.store.resolve(&"registry.test/app:1".parse().unwrap()).unwrap().unwrap();
    assert_eq!((stored.manifest, stored.origin), (top, Some(Origin { digest: top, pulled_at: 7 })));
    assert_eq!(registry.opened(Part::Layer).len(), 4);

    // Another pull of it asks for nothing.
    pulled(&place, &Registry::default(), top).unwrap();
    // An image that shares layers fetches what is new.
    let mut second = Layout::default();
    let top = digest_of(&image(&mut second, &["one", "two", "five"]));
    let registry = Registry::of(&second);
    pulled(&place, &registry, top).unwrap();
    assert_eq!(registry.opened(Part::Layer).len(), 1);
}

#[test]
fn two_pulls_of_one_layer_fetch_it_once() {
    let (place, mut layout) = (Place::new(), Layout::default());
    let tops = [image(&mut layout, &["shared"]), image(&mut layout, &["shared", "own"])].map(|descriptor| digest_of(&descriptor));
    let (open, gate) = mpsc::channel();
    let registry = Registry { gate: Some(Mutex::new(gate)), ..Registry::of(&layout) };
    std::thread::scope(|scope| {
        let pulls = tops.map(|top| {
            let (store, registry) = (&place.store, &registry);
            let name: Reference = format!("registry.test/app@{top}").parse().unwrap();
            scope.spawn(move || pull(store, &name, Origin { digest: top, pulled_at: 0 }, registry, &Watch::nobody()))
        });
        // Both layers may come.
        open.send(()).unwrap();
        open.send(()).unwrap();
        pulls.into_iter().for_each(|pull| drop(pull.join().unwrap().unwrap()));
    });
    assert_eq!(registry.opened(Part::Layer).len(), 2, "of three that were wanted");
}

#[test]
fn the_build_for_this_machine_is_chosen_from_an_index() {
    let (place, mut layout) = (Place::new(), Layout::default());
    let here = serde_json::to_value(Platform::here()).unwrap();
    let mut own = image(&mut layout, &["here"]);
    own["platform"] = here;
    let mut other = image(&mut layout, &["elsewhere"]);
    other["platform"] = json!({"os": "linux", "architecture": "s390x"});
    let attestation = json!({"mediaType": OCI_MANIFEST, "digest": Digest::of(b"a"), "size": 1,
        "platform": {"os": "unknown", "architecture": "unknown"}});
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [attestation, other, own]});
    let top = digest_of(&layout.blob(OCI_INDEX, index.to_string().as_bytes()));
    let registry = Registry::of(&layout);
    let done = pulled(&place, &registry, top).unwrap();
    assert_eq!(done.image.manifest, digest_of(&own));
    assert_eq!(registry.opened(Part::Manifest), [top, digest_of(&own)], "other builds are left alone");
    let by_index = place.store.resolve(&format!("registry.test/app@{top}").parse().unwrap()).unwrap();
    assert_eq!(by_index.map(|stored| stored.manifest), Some(digest_of(&own)), "the index's digest means the image too");

    let strangers = json!({"schemaVersion": 2, "manifests": [attestation, other]});
    let top = digest_of(&layout.blob(OCI_INDEX, strangers.to_string().as_bytes()));
    let message = refused(&Place::new(), &Registry::of(&layout), top);
    assert!(message.contains("linux/s390x"), "{message}");
}

#[test]
fn content_that_is_not_what_was_announced_is_refused() {
    let mut layout = Layout::default();
    let top = digest_of(&image(&mut layout, &["one", "two"]));
    for digest in Registry::of(&layout).blobs.keys() {
        for damage in [&|bytes: &mut Vec<u8>| bytes[3] ^= 1, &|bytes: &mut Vec<u8>| bytes.push(0), &|bytes: &mut Vec<u8>| {
            bytes.pop();
        }] as [&dyn Fn(&mut Vec<u8>); 3]
        {
            let mut registry = Registry::of(&layout);
            damage(registry.blobs.get_mut(digest).unwrap());
            refused(&Place::new(), &registry, top);
        }
        let mut registry = Registry::of(&layout);
        registry.blobs.remove(digest);
        assert!(refused(&Place::new(), &registry, top).contains("404"), "{digest}");
    }
}

#[test]
fn manifests_that_lie_or_never_end_are_refused() {
    let limits = || Limits { free_bytes: 0, document_bytes: 4096, layers: 3, descriptors: 20, ..Limits::default() };
    let says = |layout: &Layout, top: &Value| refused(&Place::with(limits()), &Registry::of(layout), digest_of(top));
    let mut layout = Layout::default();
    let whole = image(&mut layout, &["one"]);
    let manifest: Value = serde_json::from_slice(&Registry::of(&layout).blobs[&digest_of(&whole)]).unwrap();

    let mut lie = |change: &dyn Fn(&mut Value)| {
        let mut changed = manifest.clone();
        change(&mut changed);
        let top = layout.blob(OCI_MANIFEST, changed.to_string().as_bytes());
        says(&layout, &top)
    };
    assert!(lie(&|lie| lie["layers"][0]["size"] = json!(3)).contains("larger than 3 bytes"));
    assert!(lie(&|lie| lie["layers"][0]["size"] = json!(1 << 20)).contains("bytes"));
    assert!(lie(&|lie| lie["layers"][0]["size"] = json!(u64::MAX)).contains("the size of a layer"));
    assert!(lie(&|lie| lie["config"]["size"] = json!(1 << 30)).contains("the size of a configuration"));
    assert!(lie(&|lie| lie["manifests"] = json!([])).contains("an index and a manifest at once"));
    assert!(lie(&|lie| lie["mediaType"] = json!(OCI_INDEX)).contains("which it is not"));
    assert!(lie(&|lie| lie["padding"] = json!("x".repeat(5000))).contains("larger than 4096 bytes"));
    assert!(lie(&|lie| lie["layers"] = json!([])).contains("0 layers, its configuration speaks of 1"));
    assert!(lie(&|lie| lie["layers"] = json!(vec![lie["layers"][0].clone(); 4])).contains("number of layers"));

    let mut inner = whole.clone();
    for _ in 0..7 {
        inner = layout.blob(OCI_INDEX, json!({"schemaVersion": 2, "manifests": [inner]}).to_string().as_bytes());
    }
    assert!(says(&layout, &inner).contains("depth of indexes"));
    // A document that names itself would need a digest that nobody can find; one that claims to is not what it is called.
    let circle = Digest::of(b"circle");
    let mut registry = Registry::default();
    let itself = json!({"schemaVersion": 2, "manifests": [{"mediaType": OCI_INDEX, "digest": circle, "size": 500}]});
    registry.blobs.insert(circle, itself.to_string().into_bytes());
    assert!(refused(&Place::new(), &registry, circle).contains("announced as"));
}

#[test]
fn a_failed_pull_leaves_the_name_as_it_was() {
    let (place, mut layout) = (Place::new(), Layout::default());
    let old = digest_of(&image(&mut layout, &["old"]));
    pulled(&place, &Registry::of(&layout), old).unwrap();
    let mut newer = Layout::default();
    let new = digest_of(&image(&mut newer, &["new"]));
    let mut registry = Registry::of(&newer);
    registry.blobs.retain(|digest, _| *digest == new);
    pulled(&place, &registry, new).unwrap_err();
    let name = "registry.test/app:1".parse().unwrap();
    assert_eq!(place.store.resolve(&name).unwrap().unwrap().manifest, old);
}

#[test]
fn a_pull_that_is_called_off_ends_soon() {
    struct Endless<'a>(&'a AtomicBool);
    impl Read for Endless<'_> {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            // As a stalled connection: nothing comes, and whoever reads may look around.
            self.0.store(true, Ordering::Relaxed);
            Err(io::ErrorKind::Interrupted.into())
        }
    }
    struct Stalled<'a>(&'a AtomicBool);
    impl Remote for Stalled<'_> {
        fn open(&self, _: Part, _: Digest, _: Option<u64>) -> Box<dyn Read + Send + '_> {
            Box::new(Endless(self.0))
        }
    }
    let (place, cancelled) = (Place::new(), AtomicBool::new(false));
    let origin = Origin { digest: Digest::of(b"x"), pulled_at: 0 };
    let watch = Watch::new(&cancelled, &|_| {});
    let error = pull(&place.store, &"app".parse().unwrap(), origin, &Stalled(&cancelled), &watch).unwrap_err();
    assert_eq!(error.fault(), Fault::Cancelled, "{error}");
}

#[test]
fn an_image_that_does_not_fit_is_not_begun() {
    let mut layout = Layout::default();
    let descriptor = image(&mut layout, &["one"]);
    let place = Place::with(Limits { free_bytes: u64::MAX / 2, ..Limits::default() });
    let registry = Registry::of(&layout);
    let error = pulled(&place, &registry, digest_of(&descriptor)).unwrap_err();
    assert_eq!(error.fault(), Fault::Machine);
    assert!(error.to_string().contains("bytes free"), "{error}");
    assert_eq!(registry.opened(Part::Layer), []);
}

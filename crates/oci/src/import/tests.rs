use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::fixture::{Layout, Packing, Place, Tar, configuration, docker_archive, docker_archive_with, packed};
use crate::manifest::{OCI_INDEX, OCI_MANIFEST};
use crate::{Fault, Limits};

mod hostile;

fn layer(text: &str) -> Vec<u8> {
    Tar::default().file("file", text).bytes()
}

fn import(place: &Place, archive: &[u8], name: Option<&str>) -> Result<Vec<Imported>, ImportError> {
    let name = name.map(|name| name.parse().unwrap());
    import_archive(&place.store, archive, name.as_ref(), &Watch::nobody())
}

fn names(imported: &Imported) -> Vec<String> {
    imported.references.iter().map(Reference::familiar).collect()
}

/// An image whose layer says what it is.
fn build(layout: &mut Layout, text: &str) -> Value {
    let layer = layer(text);
    let configuration = configuration(&[Digest::of(&layer)]);
    layout.image(&[(Packing::Gzip, layer)], &configuration)
}

fn with(mut descriptor: Value, key: &str, value: Value) -> Value {
    descriptor[key] = value;
    descriptor
}

fn text_of(place: &Place, imported: &Imported) -> String {
    let unpacked = place.store.unpack(&imported.image, &Watch::nobody()).unwrap();
    std::fs::read_to_string(unpacked.layers[0].join("file")).unwrap()
}

#[test]
fn what_docker_saves_is_imported() {
    let place = Place::new();
    let archive = docker_archive("app:1", &[layer("one"), layer("two")]);
    for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
        let imported = import(&place, &packed(packing, &archive), None).unwrap();
        assert_eq!(names(&imported[0]), ["app:1"], "{packing:?}");
        let image = &imported[0].image;
        assert_eq!(
            image.layers.iter().map(|layer| layer.diff_id).collect::<Vec<_>>(),
            [Digest::of(&layer("one")), Digest::of(&layer("two"))]
        );
        assert!(image.size > 2048);
        let config = &image.config;
        assert_eq!((config.entrypoint.as_slice(), config.cmd.len()), (&["/bin/app".to_owned()][..], 0));
        assert_eq!(
            (config.user.as_str(), config.working_dir.as_str(), config.stop_signal.as_deref()),
            ("65534:65534", "/work", Some("SIGINT"))
        );
        assert_eq!(
            (config.exposed_ports.as_slice(), config.volumes.as_slice()),
            (&["80/tcp".to_owned()][..], &["/data".to_owned()][..])
        );
        assert_eq!(
            (config.env.as_slice(), &config.labels),
            (&["A=b".to_owned()][..], &BTreeMap::from([("l".to_owned(), "v".to_owned())]))
        );
        assert_eq!(place.store.resolve(&"app:1".parse().unwrap()).unwrap().map(|stored| stored.manifest), Some(image.manifest));
        assert_eq!(place.store.image(image.manifest).unwrap(), *image);
        assert_eq!(text_of(&place, &imported[0]), "one");
    }
}

#[test]
fn shared_layers_of_old_archives_are_links() {
    let place = Place::new();
    let shared = layer("shared");
    let configuration = configuration(&[Digest::of(&shared)]).to_string();
    let manifest = json!([
        {"Config": "a.json", "RepoTags": ["a:1", "a:2"], "Layers": ["first/layer.tar"]},
        {"Config": "b.json", "RepoTags": null, "Layers": ["second/layer.tar"]},
    ]);
    let archive = Tar::default()
        .entry(b'0', "first/layer.tar", "", 0o644, &shared)
        .symlink("second/layer.tar", "../first/layer.tar")
        .file("a.json", &configuration)
        .file("b.json", &configuration)
        .file("repositories", "{}")
        .file("manifest.json", &manifest.to_string())
        .bytes();
    let imported = import(&place, &archive, None).unwrap();
    assert_eq!((names(&imported[0]), names(&imported[1])), (vec!["a:1".to_owned(), "a:2".to_owned()], vec![]));
    assert_eq!(imported[1].image.layers[0].diff_id, Digest::of(&shared));
}

#[test]
fn layouts_are_imported_as_archive_and_as_folder() {
    let mut layout = Layout::default();
    let named = json!({"io.containerd.image.name": "docker.io/library/app:1", "org.opencontainers.image.ref.name": "1"});
    let manifest = with(build(&mut layout, "here"), "annotations", named);
    let layout = layout.index(std::slice::from_ref(&manifest));
    let folder = tempfile::tempdir().unwrap();
    layout.write(folder.path());
    let (first, second) = (Place::new(), Place::new());
    let from_archive = import(&first, &layout.tar(), None).unwrap();
    let from_folder = import_layout(&second.store, folder.path(), Some(&"own:name".parse().unwrap()), &Watch::nobody()).unwrap();
    assert_eq!(from_archive[0].image, from_folder[0].image);
    assert_eq!(json!(from_archive[0].image.manifest), manifest["digest"], "the manifest is the image's own");
    assert_eq!(
        (names(&from_archive[0]), names(&from_folder[0])),
        (vec!["app:1".to_owned()], vec!["app:1".to_owned(), "own:name".to_owned()])
    );
    assert_eq!(text_of(&first, &from_archive[0]) + &text_of(&second, &from_folder[0]), "herehere");
}

#[test]
fn the_build_for_this_machine_is_chosen() {
    let here = Platform::here().architecture;
    let other = if here == "amd64" { "arm64" } else { "amd64" };
    let platform = |architecture: &str| json!({"os": "linux", "architecture": architecture});
    let place = Place::new();
    let mut layout = Layout::default();
    let wrong = with(build(&mut layout, "wrong"), "platform", platform(other));
    let attestation = with(build(&mut layout, "attestation"), "platform", json!({"os": "unknown", "architecture": "unknown"}));
    let right = with(build(&mut layout, "right"), "platform", platform(&here));
    // Builds that were not saved are named all the same.
    let absent =
        with(json!({"mediaType": OCI_MANIFEST, "digest": Digest::of(b"absent"), "size": 5}), "platform", platform(&here));
    let inner = json!({"schemaVersion": 2, "manifests": [wrong, attestation, absent, right]}).to_string();
    let inner = layout.blob(OCI_INDEX, inner.as_bytes());
    let outer = layout.blob(OCI_INDEX, json!({"schemaVersion": 2, "manifests": [inner]}).to_string().as_bytes());
    let imported = import(&place, &layout.index(&[outer]).tar(), Some("app")).unwrap();
    assert_eq!(text_of(&place, &imported[0]), "right");

    let mut layout = Layout::default();
    let wrong = with(build(&mut layout, "wrong"), "platform", platform(other));
    let error = import(&place, &layout.index(&[wrong]).tar(), None).unwrap_err();
    assert!(error.to_string().contains(&format!("linux/{other}")), "{error}");
    let mut configuration = configuration(&[Digest::of(&layer("x"))]);
    configuration["architecture"] = json!(other);
    let error = import(&place, &docker_archive_with("x", &[layer("x")], &configuration), None).unwrap_err();
    assert!(matches!(error, ImportError::NoPlatform { .. }), "{error}");
}

#[test]
fn an_import_reports_and_can_be_called_off() {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    let place = Place::new();
    let archive = docker_archive("app", &[vec![0; 5 << 20]]);
    let (cancelled, seen) = (AtomicBool::new(false), AtomicU64::new(0));
    let progress = |progress| {
        if let Progress::Received { bytes } = progress {
            seen.store(bytes, Ordering::Relaxed);
        }
    };
    import_archive(&place.store, archive.as_slice(), None, &Watch::new(&cancelled, &progress)).unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), archive.len() as u64);
    let cancel = |_| cancelled.store(true, Ordering::Relaxed);
    let other = docker_archive("other", &[vec![1; 5 << 20]]);
    let error = import_archive(&place.store, other.as_slice(), None, &Watch::new(&cancelled, &cancel)).unwrap_err();
    assert_eq!(error.fault(), Fault::Cancelled, "{error}");
    assert_eq!(place.store.references().unwrap().len(), 1);
}

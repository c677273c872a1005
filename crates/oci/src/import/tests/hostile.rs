//! Archives and manifests that mean harm, or are just wrong.

use super::*;

fn refused(archive: &[u8]) -> String {
    let place = Place::new();
    let error = import(&place, archive, None).unwrap_err();
    assert_eq!(error.fault(), Fault::Image, "{error}");
    assert!(place.store.references().unwrap().is_empty(), "no name was given");
    place.check();
    error.to_string()
}

fn saved(manifest: &Value) -> Vec<u8> {
    Tar::default().file("config.json", &configuration(&[]).to_string()).file("manifest.json", &manifest.to_string()).bytes()
}

#[test]
fn archives_without_an_image_are_refused() {
    assert!(refused(&Tar::default().bytes()).contains("no image"));
    assert!(refused(&Tar::default().file("hello", "x").bytes()).contains("no image"));
    assert!(refused(&Layout::default().index(&[]).tar()).contains("no image"));
    refused(b"");
    refused(b"GIF89a");
    refused(&[0x1f, 0x8b, 8, 0]);
    refused(&[0x28, 0xb5, 0x2f, 0xfd, 0]);
    refused(&docker_archive("a", &[layer("x")])[..3000]);
}

#[test]
fn names_of_files_lead_nowhere() {
    for path in ["/etc/hostname", "../../../etc/hostname", "missing", "", "loop", "out"] {
        let manifest = json!([{"Config": path, "RepoTags": ["a"], "Layers": []}]);
        let archive = Tar::default()
            .symlink("loop", "loop")
            .symlink("out", "/etc/hostname")
            .file("../x", "y")
            .file("manifest.json", &manifest.to_string());
        assert!(refused(&archive.bytes()).contains("not there"), "{path}");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut layout = Layout::default();
    let manifest = build(&mut layout, "x");
    let layout = layout.index(&[manifest]);
    layout.write(folder.path());
    let blobs = folder.path().join("blobs/sha256");
    for blob in std::fs::read_dir(&blobs).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>() {
        let elsewhere = folder.path().join("elsewhere");
        std::fs::rename(&blob, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &blob).unwrap();
        let error = import_layout(&Place::new().store, folder.path(), None, &Watch::nobody()).unwrap_err();
        assert!(!error.to_string().is_empty());
        std::fs::remove_file(&blob).unwrap();
        std::fs::rename(&elsewhere, &blob).unwrap();
    }
    assert!(import_layout(&Place::new().store, folder.path(), None, &Watch::nobody()).is_ok());
}

#[test]
fn blobs_that_are_not_what_they_are_called_are_refused() {
    let mut layout = Layout::default();
    let manifest = build(&mut layout, "x");
    let layout = layout.index(&[manifest]);
    for name in layout.0.keys().filter(|name| name.starts_with("blobs/")) {
        let mut changed = Layout(layout.0.clone());
        changed.0.get_mut(name).unwrap().push(b' ');
        assert!(refused(&changed.tar()).contains("announced as"), "{name}");
        let mut missing = Layout(layout.0.clone());
        missing.0.remove(name);
        assert!(refused(&missing.tar()).contains("not there"), "{name}");
    }
}

#[test]
fn manifests_that_disagree_are_refused() {
    let one = layer("one");
    let more = configuration(&[Digest::of(&one), Digest::of(&one)]);
    assert!(
        refused(&docker_archive_with("a", std::slice::from_ref(&one), &more)).contains("1 layers, its configuration speaks of 2")
    );
    for wrong in [
        json!([]),
        json!(null),
        json!({"rootfs": {"diff_ids": ["sha256:12"]}}),
        json!({"config": {"Env": "x"}, "rootfs": {}}),
        json!("x"),
    ] {
        refused(&docker_archive_with("a", std::slice::from_ref(&one), &wrong));
    }
    let mut layout = Layout::default();
    let manifest = build(&mut layout, "x");
    let size = with(manifest.clone(), "size", json!(7));
    assert!(refused(&Layout(layout.0.clone()).index(&[size]).tar()).contains("bytes"));
    let helm = layout.blob("application/vnd.cncf.helm.config.v1+json", b"{}");
    let chart = json!({"schemaVersion": 2, "config": helm, "layers": []}).to_string();
    let chart = layout.blob(OCI_MANIFEST, chart.as_bytes());
    assert!(refused(&layout.index(&[chart]).tar()).contains("not a container image"));
    let mut layout = Layout::default();
    let old = layout.blob(OCI_MANIFEST, br#"{"schemaVersion": 1, "name": "x", "fsLayers": []}"#);
    assert!(refused(&layout.index(&[old]).tar()).contains("schema 1"));
    assert!(
        refused(&saved(&json!([{"Config": "config.json", "RepoTags": ["Not A Name"], "Layers": []}]))).contains("Not A Name")
    );
}

#[test]
fn documents_without_end_are_refused() {
    let limits =
        || Limits { free_bytes: 0, document_bytes: 4096, descriptors: 20, layers: 10, archive_entries: 50, ..Limits::default() };
    let says = |archive: &[u8]| import(&Place::with(limits()), archive, None).unwrap_err().to_string();
    assert!(says(&saved(&json!(["x".repeat(5000)]))).contains("4096"));
    let many: Vec<Value> = (0..21).map(|_| json!({"mediaType": OCI_MANIFEST, "digest": Digest::of(b"x"), "size": 1})).collect();
    assert!(says(&Layout::default().index(&many).tar()).contains("number of manifests"));
    let layers = vec!["config.json"; 11];
    assert!(says(&saved(&json!([{"Config": "config.json", "Layers": layers}]))).contains("number of layers"));
    let entries = (0..51).fold(Tar::default(), |tar, index| tar.file(&format!("f{index}"), ""));
    assert!(says(&entries.bytes()).contains("number of files"));
    // Indexes cannot contain themselves, because their names are digests; they can only go deep.
    let mut layout = Layout::default();
    let mut inner = build(&mut layout, "x");
    for _ in 0..6 {
        inner = layout.blob(OCI_INDEX, json!({"schemaVersion": 2, "manifests": [inner]}).to_string().as_bytes());
    }
    assert!(says(&layout.index(&[inner]).tar()).contains("depth of indexes"));
    let nested = "[".repeat(100_000);
    let place = Place::new();
    assert!(import(&place, &Tar::default().file("index.json", &nested).bytes(), None).is_err());
    assert!(import(&place, &Tar::default().file("manifest.json", &nested).bytes(), None).is_err());
}

#[test]
fn a_blob_without_end_is_refused() {
    let place = Place::with(Limits { blob_bytes: 1 << 20, free_bytes: 0, ..Limits::default() });
    let zeros = packed(Packing::Gzip, &Tar::default().entry(b'0', "zeros", "", 0o644, &vec![0; 4 << 20]).bytes());
    assert!(import(&place, &zeros, None).unwrap_err().to_string().contains("larger than 1048576 bytes"));
    assert_eq!(std::fs::read_dir(place.store.folder().join("staging")).unwrap().count(), 0);
}

//! Images that tests make, good and hostile ones.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::{ContentStore, Digest, Image, ImportError, Limits, UnpackError, UnpackedImage, Watch, import_archive};

/// A tar archive in the making; nothing in it is checked.
#[derive(Default)]
pub(crate) struct Tar(Vec<u8>);

impl Tar {
    pub(crate) fn entry(mut self, kind: u8, path: &str, link: &str, mode: u32, data: &[u8]) -> Self {
        if path.len() > 100 {
            self = self.entry(b'L', "././@LongLink", "", 0, format!("{path}\0").as_bytes());
        }
        let mut header = tar::Header::new_gnu();
        let old = header.as_old_mut();
        old.linkflag = [kind];
        let short = |text: &str| text.as_bytes()[..text.len().min(100)].to_vec();
        old.name[..path.len().min(100)].copy_from_slice(&short(path));
        old.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1_000_000_000);
        header.set_size(data.len() as u64);
        header.set_cksum();
        self.raw(&header, data)
    }

    pub(crate) fn raw(mut self, header: &tar::Header, data: &[u8]) -> Self {
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(data);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let mut data = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let length = (1..10).map(|digits| rest + digits).find(|length| length.to_string().len() + rest == *length).unwrap();
            write!(data, "{length} {key}=").unwrap();
            data.extend_from_slice(value);
            data.push(b'\n');
        }
        self.entry(b'x', "pax", "", 0o644, &data)
    }

    pub(crate) fn file(self, path: &str, data: &str) -> Self {
        self.entry(b'0', path, "", 0o644, data.as_bytes())
    }

    pub(crate) fn folder(self, path: &str) -> Self {
        self.entry(b'5', path, "", 0o755, b"")
    }

    pub(crate) fn symlink(self, path: &str, to: &str) -> Self {
        self.entry(b'2', path, to, 0o777, b"")
    }

    pub(crate) fn hard_link(self, path: &str, to: &str) -> Self {
        self.entry(b'1', path, to, 0o644, b"")
    }

    pub(crate) fn bytes(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

pub(crate) fn packed(packing: Packing, bytes: &[u8]) -> Vec<u8> {
    match packing {
        Packing::Plain => bytes.to_vec(),
        Packing::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Packing::Zstd => zstd::encode_all(bytes, 1).unwrap(),
    }
}

pub(crate) fn configuration(diff_ids: &[Digest]) -> Value {
    let here = crate::Platform::here();
    json!({
        "os": "linux", "architecture": here.architecture,
        "config": {"Entrypoint": ["/bin/app"], "Cmd": null, "Env": ["A=b"], "User": "65534:65534", "WorkingDir": "/work",
            "StopSignal": "SIGINT", "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/data": {}}, "Labels": {"l": "v"}},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    })
}

/// The archive that `docker save` would write.
pub(crate) fn docker_archive(name: &str, layers: &[Vec<u8>]) -> Vec<u8> {
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| Digest::of(layer)).collect();
    docker_archive_with(name, layers, &configuration(&diff_ids))
}

pub(crate) fn docker_archive_with(name: &str, layers: &[Vec<u8>], configuration: &Value) -> Vec<u8> {
    let mut tar = Tar::default().file("config.json", &configuration.to_string());
    for (index, layer) in layers.iter().enumerate() {
        tar = tar.entry(b'0', &format!("{index}/layer.tar"), "", 0o644, layer);
    }
    let paths: Vec<String> = (0..layers.len()).map(|index| format!("{index}/layer.tar")).collect();
    let manifest = json!([{"Config": "config.json", "RepoTags": [name], "Layers": paths}]);
    tar.file("manifest.json", &manifest.to_string()).bytes()
}

/// An OCI layout: its files by name.
#[derive(Default)]
pub(crate) struct Layout(pub(crate) BTreeMap<String, Vec<u8>>);

impl Layout {
    pub(crate) fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        self.0.insert(format!("blobs/sha256/{}", digest.hex()), bytes.to_vec());
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    pub(crate) fn image(&mut self, layers: &[(Packing, Vec<u8>)], configuration: &Value) -> Value {
        let layers: Vec<Value> = layers
            .iter()
            .map(|(packing, layer)| {
                let suffix = ["", "+gzip", "+zstd"][*packing as usize];
                self.blob(&format!("application/vnd.oci.image.layer.v1.tar{suffix}"), &packed(*packing, layer))
            })
            .collect();
        let config = self.blob("application/vnd.oci.image.config.v1+json", configuration.to_string().as_bytes());
        let manifest =
            json!({"schemaVersion": 2, "mediaType": crate::manifest::OCI_MANIFEST, "config": config, "layers": layers});
        self.blob(crate::manifest::OCI_MANIFEST, manifest.to_string().as_bytes())
    }

    pub(crate) fn index(mut self, manifests: &[Value]) -> Self {
        let index = json!({"schemaVersion": 2, "manifests": manifests});
        self.0.insert("index.json".to_owned(), index.to_string().into_bytes());
        self.0.insert("oci-layout".to_owned(), br#"{"imageLayoutVersion": "1.0.0"}"#.to_vec());
        self
    }

    pub(crate) fn tar(&self) -> Vec<u8> {
        self.0.iter().fold(Tar::default(), |tar, (name, data)| tar.entry(b'0', name, "", 0o644, data)).bytes()
    }

    pub(crate) fn write(&self, folder: &Path) {
        for (name, data) in &self.0 {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, data).unwrap();
        }
    }
}

/// A store in a folder beside files that nothing may touch.
pub(crate) struct Place {
    pub(crate) store: ContentStore,
    folder: tempfile::TempDir,
    before: BTreeMap<PathBuf, String>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with(Limits { free_bytes: 0, ..Limits::default() })
    }

    pub(crate) fn with(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let outside = folder.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("secret"), "untouched").unwrap();
        fs::write(folder.path().join("neighbour"), "untouched").unwrap();
        let store = ContentStore::open(&folder.path().join("store"), limits).unwrap();
        let before = outside_of(folder.path());
        Self { store, folder, before }
    }

    pub(crate) fn outside(&self) -> String {
        self.folder.path().join("outside").to_str().unwrap().to_owned()
    }

    pub(crate) fn import(&self, archive: &[u8]) -> Result<Image, ImportError> {
        import_archive(&self.store, archive, None, &Watch::nobody()).map(|mut imported| imported.remove(0).image)
    }

    /// Imports and unpacks an image of these layers.
    pub(crate) fn unpack(&self, layers: &[Vec<u8>]) -> Result<UnpackedImage, UnpackError> {
        let image = self.import(&docker_archive("test", layers)).unwrap();
        let unpacked = self.store.unpack(&image, &Watch::nobody());
        self.check();
        unpacked
    }

    /// Unpacks a layer that must be refused; answers the message. Nothing of it is left.
    pub(crate) fn refuse(&self, layer: Tar) -> String {
        let error = self.unpack(&[layer.bytes()]).unwrap_err();
        assert_eq!(error.fault(), crate::Fault::Image, "{error}");
        assert_eq!(fs::read_dir(self.store.folder().join("layers")).unwrap().count(), 0, "no half layer is visible");
        assert_eq!(fs::read_dir(self.store.folder().join("staging")).unwrap().count(), 0, "nothing is left aside");
        error.to_string()
    }

    /// Unpacks a layer that is taken as it should be; answers its folder.
    pub(crate) fn accept(&self, layer: Tar) -> PathBuf {
        self.unpack(&[layer.bytes()]).unwrap().layers.remove(0)
    }

    /// Nothing outside the store has changed.
    pub(crate) fn check(&self) {
        assert_eq!(outside_of(self.folder.path()), self.before, "the world outside the store");
    }
}

/// Everything beside the store: names, contents, owners, modes, times, numbers of links.
fn outside_of(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("store") {
                continue;
            }
            let data = fs::symlink_metadata(&path).unwrap();
            let text = if data.is_dir() { String::new() } else { fs::read_to_string(&path).unwrap() };
            let facts = (data.mode(), data.uid(), data.gid(), data.mtime(), data.mtime_nsec(), data.ctime_nsec(), data.nlink());
            found.insert(path.clone(), format!("{facts:?} {text}"));
            if data.is_dir() {
                open.push(path);
            }
        }
    }
    found
}

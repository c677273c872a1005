//! Archives as `docker save` writes them.

use berth_oci::Digest;
use serde_json::json;

/// An image of one layer.
pub(in crate::images) struct Saved {
    pub(in crate::images) names: Vec<String>,
    pub(in crate::images) files: Vec<(String, Vec<u8>)>,
}

/// The archive of some images.
pub(in crate::images) fn saved(images: &[&Saved]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut manifest = Vec::new();
    for (place, image) in images.iter().enumerate() {
        let layer = tarred(&image.files);
        let config = json!({
            "os": "linux", "created": "2026-01-02T03:04:05Z",
            "config": { "Cmd": ["/file"] }, "rootfs": { "type": "layers", "diff_ids": [Digest::of(&layer)] },
        });
        let (config_name, layer_name) = (format!("{place}.json"), format!("{place}/layer.tar"));
        append(&mut archive, &config_name, config.to_string().as_bytes());
        append(&mut archive, &layer_name, &layer);
        manifest.push(json!({ "Config": config_name, "RepoTags": image.names, "Layers": [layer_name] }));
    }
    append(&mut archive, "manifest.json", json!(manifest).to_string().as_bytes());
    archive.into_inner().unwrap()
}

fn tarred(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    files.iter().for_each(|(name, content)| append(&mut archive, name, content));
    archive.into_inner().unwrap()
}

fn append(archive: &mut tar::Builder<Vec<u8>>, name: &str, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, name, content).unwrap();
}

//! The smallest image there is, as `docker save` writes it.

use berth_oci::Digest;
use serde_json::json;

/// An archive with one image.
pub(crate) fn archive(name: &str, stop_signal: Option<&str>) -> Vec<u8> {
    let layer = tar(&[("hello", b"hello")]);
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let configuration = json!({
        "architecture": architecture,
        "os": "linux",
        "config": { "Cmd": ["/hello"], "StopSignal": stop_signal },
        "rootfs": { "type": "layers", "diff_ids": [Digest::of(&layer).to_string()] },
    });
    let configuration = configuration.to_string();
    let manifest = json!([{ "Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"] }]).to_string();
    tar(&[("config.json", configuration.as_bytes()), ("layer.tar", &layer), ("manifest.json", manifest.as_bytes())])
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        header.set_cksum();
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

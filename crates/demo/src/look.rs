//! What this process sees of itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use anyhow::{Context as _, Result};
use serde_json::json;

pub(crate) fn run() -> Result<()> {
    let read = |path: &str| fs::read_to_string(path).with_context(|| format!("reading {path}"));
    let status = read("/proc/self/status")?;
    let lines = status.lines().filter_map(|line| line.split_once(':'));
    let status: BTreeMap<&str, &str> = lines.map(|(name, value)| (name, value.trim())).collect();
    let interfaces = fs::read_dir("/sys/class/net").context("listing interfaces")?;
    let mut interfaces: Vec<String> = interfaces.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    interfaces.sort();
    let namespace = |kind: &&str| {
        let link = fs::read_link(format!("/proc/self/ns/{kind}")).unwrap_or_default();
        ((*kind).to_owned(), link.to_string_lossy().into_owned())
    };
    let namespaces: BTreeMap<String, String> =
        ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"].iter().map(namespace).collect();
    let seen = json!({
        "pid": std::process::id(),
        "namespaces": namespaces,
        "status": status,
        "cwd": std::env::current_dir().context("asking for the working directory")?,
        "hostname": read("/proc/sys/kernel/hostname")?.trim(),
        "args": std::env::args().collect::<Vec<_>>(),
        "interfaces": interfaces,
        "machine": rustix::system::uname().machine().to_string_lossy(),
        "hosts": read("/etc/hosts").unwrap_or_default(),
        "cgroup": read("/proc/self/cgroup")?,
    });
    writeln!(std::io::stdout(), "{seen}").context("printing it")
}

//! Containers for tests: made below a folder and a cgroup of their own, and gone when the test is over, however it ends.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use berth_runtime::{
    Capability, ContainerSpec, Embedded, EmbeddedOptions, Ended, Group, Limits, Network, Output, Position, ProcessSpec, Rootfs,
    Runtime, RuntimeError, SegmentReader, Standing, Stream, WhenFull,
};
use rustix::event::{PollFd, PollFlags, poll};
use tempfile::TempDir;

/// A runtime and all that it makes.
pub struct Node {
    pub runtime: Embedded,
    pub options: EmbeddedOptions,
    pub folder: TempDir,
}

static NODES: AtomicU32 = AtomicU32::new(0);

/// What `scripts/build-static.sh berth-shim` has built, for which cargo has a folder of its own.
fn built(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_BIN_EXE_berth-shim"));
    let target = here.ancestors().nth(2).expect("cargo's folder");
    let path = target.join(format!("{}-unknown-linux-gnu/debug", std::env::consts::ARCH)).join(name);
    assert!(path.exists(), "{} is not there: run scripts/build-static.sh berth-shim", path.display());
    path
}

/// The static `berth-shim`.
pub fn shim() -> PathBuf {
    std::env::var_os("BERTH_SHIM").map_or_else(|| built("berth-shim"), PathBuf::from)
}

impl Node {
    pub fn new() -> Self {
        assert!(rustix::process::geteuid().is_root(), "containers need root");
        let folder = tempfile::Builder::new().prefix("berth-node-").tempdir_in("/var/tmp").unwrap();
        let layer = folder.path().join("layer");
        std::fs::create_dir_all(layer.join("bin")).unwrap();
        std::fs::copy(built("examples/probe"), layer.join("bin/probe")).unwrap();
        let number = NODES.fetch_add(1, Ordering::Relaxed);
        let options = EmbeddedOptions { shim: shim(), cgroup: format!("/berth/test-{}-{number}", std::process::id()) };
        let runtime = Embedded::open(options.clone()).unwrap();
        runtime.make_group(&Group { name: "task".to_owned(), cpu_millis: None, memory: None }).unwrap();
        Self { runtime, options, folder }
    }

    pub fn layer(&self) -> PathBuf {
        self.folder.path().join("layer")
    }

    pub fn container(&self, id: &str) -> PathBuf {
        self.folder.path().join(id)
    }

    /// A container that runs the probe.
    pub fn spec(&self, id: &str, arguments: &[&str]) -> ContainerSpec {
        ContainerSpec {
            id: id.to_owned(),
            group: "task".to_owned(),
            rootfs: Rootfs { layers: vec![self.layer()], read_only: false },
            process: process(arguments),
            hostname: Some("berth".to_owned()),
            network: Network::Loopback,
            binds: Vec::new(),
            shm_bytes: 64 << 20,
            privileged: false,
            limits: Limits::default(),
            id_map: None,
            output: Output::Keep { segment_bytes: 1 << 20, segments: 4, when_full: WhenFull::Block },
        }
    }

    /// Runs a container to its end.
    pub fn run(&self, spec: &ContainerSpec) -> (Ended, String, String) {
        let folder = self.container(&spec.id);
        self.runtime.create(&folder, spec).unwrap();
        self.runtime.start(&folder).unwrap();
        let ended = self.wait(&folder);
        let (out, err) = self.output(&folder);
        self.runtime.delete(&folder).unwrap();
        (ended, out, err)
    }

    pub fn wait(&self, folder: &Path) -> Ended {
        if let Some(watch) = self.runtime.watch(folder).unwrap() {
            readable(&watch);
        }
        match self.runtime.look(folder).unwrap() {
            Standing::Ended(ended) => ended,
            other => panic!("after its end the container is {other:?}"),
        }
    }

    pub fn output(&self, folder: &Path) -> (String, String) {
        let mut reader = SegmentReader::open(folder, Position::default());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        while let Some(chunk) = reader.next().unwrap() {
            if chunk.stream == Stream::Stdout { &mut out } else { &mut err }.extend(chunk.bytes);
        }
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    /// Creates and starts one that goes on until it is killed.
    pub fn start(&self, spec: &ContainerSpec) -> PathBuf {
        let folder = self.container(&spec.id);
        self.runtime.create(&folder, spec).unwrap();
        self.runtime.start(&folder).unwrap();
        folder
    }

    fn clear(&self) -> Result<(), RuntimeError> {
        for entry in std::fs::read_dir(self.folder.path()).into_iter().flatten().flatten() {
            if entry.path().join("spec.json").exists() {
                self.runtime.delete(&entry.path())?;
            }
        }
        self.runtime.remove_group("task")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let cleared = self.clear();
        // The launcher's own cgroup can go only when that is gone.
        if !std::thread::panicking() {
            cleared.unwrap();
        }
    }
}

/// A process that runs the probe.
pub fn process(arguments: &[&str]) -> ProcessSpec {
    ProcessSpec {
        args: std::iter::once("/bin/probe").chain(arguments.iter().copied()).map(str::to_owned).collect(),
        env: vec!["PATH=/bin".to_owned()],
        cwd: "/".to_owned(),
        user: String::new(),
        capabilities: Capability::default_set(),
        no_new_privileges: false,
        resource_limits: Vec::new(),
        terminal: false,
    }
}

/// Waits until a descriptor can be read.
pub fn readable(fd: &OwnedFd) {
    while poll(&mut [PollFd::new(fd, PollFlags::IN)], None).is_err() {}
}

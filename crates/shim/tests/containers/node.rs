//! Containers for tests: made below a folder and a cgroup of their own, and gone when the test is over, however it ends.
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use berth_runtime::{
    Capability, ContainerSpec, Embedded, EmbeddedOptions, Ended, ExecStdio, Group, IdMap, Limits, Network, Output, Position,
    ProcessSpec, Rootfs, Runtime, RuntimeError, SegmentReader, Standing, Stream, WhenFull,
};
use rustix::event::{PollFd, PollFlags, poll};
use tempfile::TempDir;

/// A runtime and all that it makes.
pub(crate) struct Node {
    pub(crate) runtime: Embedded,
    pub(crate) options: EmbeddedOptions,
    pub(crate) folder: TempDir,
}

/// Ids that belong to nobody.
pub(crate) const IDS: IdMap = IdMap { first: 1_900_000_000, count: 65_536 };

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
pub(crate) fn shim() -> PathBuf {
    std::env::var_os("BERTH_SHIM").map_or_else(|| built("berth-shim"), PathBuf::from)
}

impl Node {
    pub(crate) fn new() -> Self {
        assert!(rustix::process::geteuid().is_root(), "containers need root");
        let folder = tempfile::Builder::new().prefix("berth-node-").tempdir_in("/var/tmp").unwrap();
        let layer = folder.path().join("layer");
        std::fs::create_dir_all(layer.join("bin")).unwrap();
        std::fs::copy(built("examples/probe"), layer.join("bin/probe")).unwrap();
        let number = NODES.fetch_add(1, Ordering::Relaxed);
        let cgroup = format!("/berth/test-{}-{number}", std::process::id());
        let runtimes = crate::runtimes();
        let options = EmbeddedOptions { shim: shim(), cgroup, namespaces: None, runtimes };
        let runtime = Embedded::open(options.clone()).unwrap();
        runtime.make_group(&Group { name: "task".to_owned(), cpu_millis: None, memory: None }).unwrap();
        Self { runtime, options, folder }
    }

    pub(crate) fn layer(&self) -> PathBuf {
        self.folder.path().join("layer")
    }

    pub(crate) fn container(&self, id: &str) -> PathBuf {
        self.folder.path().join(id)
    }

    /// A container that runs the probe.
    pub(crate) fn spec(&self, id: &str, arguments: &[&str]) -> ContainerSpec {
        ContainerSpec {
            id: id.to_owned(),
            group: "task".to_owned(),
            rootfs: Rootfs { layers: vec![self.layer()], read_only: false, changes: None },
            process: process(arguments),
            init: false,
            open_input: false,
            processes: berth_runtime::Space::Own,
            ipc: berth_runtime::Space::Own,
            hostname: Some("berth".to_owned()),
            network: Network::Loopback,
            binds: Vec::new(),
            tmpfs: Vec::new(),
            devices: Vec::new(),
            sysctls: Default::default(),
            shm_bytes: 64 << 20,
            privileged: false,
            limits: Limits::default(),
            id_map: None,
            output: Output::Keep { segment_bytes: 1 << 20, segments: 4, when_full: WhenFull::Block },
            runtime: None,
        }
    }

    /// Runs a container to its end.
    pub(crate) fn run(&self, spec: &ContainerSpec) -> (Ended, String, String) {
        let folder = self.container(&spec.id);
        self.runtime.create(&folder, spec).unwrap();
        self.runtime.start(&folder).unwrap();
        let ended = self.wait(&folder);
        let (out, err) = self.output(&folder);
        self.runtime.delete(&folder).unwrap();
        (ended, out, err)
    }

    pub(crate) fn wait(&self, folder: &Path) -> Ended {
        if let Some(watch) = self.runtime.watch(folder).unwrap() {
            readable(&watch);
        }
        match self.runtime.look(folder).unwrap() {
            Standing::Ended(ended) => ended,
            other => panic!("after its end the container is {other:?}"),
        }
    }

    pub(crate) fn output(&self, folder: &Path) -> (String, String) {
        let mut reader = SegmentReader::open(folder, Position::default());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        while let Some(chunk) = reader.next().unwrap() {
            if chunk.stream == Stream::Stdout { &mut out } else { &mut err }.extend(chunk.bytes);
        }
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    /// Creates and starts one that goes on until it is killed.
    pub(crate) fn start(&self, spec: &ContainerSpec) -> PathBuf {
        let folder = self.container(&spec.id);
        self.runtime.create(&folder, spec).unwrap();
        self.runtime.start(&folder).unwrap();
        folder
    }

    /// Runs the probe in a running container; its code and what it wrote.
    pub(crate) fn exec(&self, folder: &Path, process: &ProcessSpec) -> Result<(i32, String, String), RuntimeError> {
        self.exec_within(folder, process, None)
    }

    pub(crate) fn stdio(&self, output: OwnedFd, error: OwnedFd) -> ExecStdio {
        ExecStdio { input: std::fs::File::open("/dev/null").unwrap().into(), output, error }
    }

    /// The same, for so long.
    pub(crate) fn exec_within(
        &self,
        folder: &Path,
        process: &ProcessSpec,
        within: Option<Duration>,
    ) -> Result<(i32, String, String), RuntimeError> {
        let (mut out, out_writer) = std::io::pipe().unwrap();
        let (mut err, err_writer) = std::io::pipe().unwrap();
        let stdio = self.stdio(out_writer.into(), err_writer.into());
        let executed = self.runtime.exec(folder, process, stdio, within)?;
        let (mut out_text, mut err_text) = (String::new(), String::new());
        out.read_to_string(&mut out_text).unwrap();
        err.read_to_string(&mut err_text).unwrap();
        let mut code = [0; 4];
        std::fs::File::from(executed.exit).read_exact(&mut code).unwrap();
        Ok((i32::from_le_bytes(code), out_text, err_text))
    }

    /// As [`Self::both`], of the specification as it is and with ids of its own.
    pub(crate) fn everywhere(&self, spec: &ContainerSpec) -> [(i32, String); 4] {
        let ([a, b], [c, d]) = (self.both(spec), self.both(&ContainerSpec { id_map: Some(IDS), ..spec.clone() }));
        [a, b, c, d]
    }

    /// What the probe writes as a container's first process, and what it writes when it is run in one made from the same.
    pub(crate) fn both(&self, spec: &ContainerSpec) -> [(i32, String); 2] {
        let (ended, first, err) = self.run(spec);
        assert_eq!(err, "", "the first process complains");
        let waiting =
            ContainerSpec { process: ProcessSpec { args: process(&["wait"]).args, ..spec.process.clone() }, ..spec.clone() };
        let folder = self.start(&waiting);
        let (code, second, err) = self.exec(&folder, &spec.process).unwrap();
        assert_eq!(err, "", "the second process complains");
        self.runtime.delete(&folder).unwrap();
        [(ended.code, first), (code, second)]
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

/// What is left of a node on this machine: processes, cgroups, mounts.
fn leaks(cgroup: &str, folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let hierarchies = mounts.lines().filter(|line| line.contains(" - cgroup")).filter_map(|line| line.split(' ').nth(4));
    for below in hierarchies.map(|mount| PathBuf::from(format!("{mount}{cgroup}"))).filter(|path| path.exists()) {
        let left =
            std::fs::read_dir(&below).unwrap().flatten().filter(|entry| entry.path().is_dir() && entry.file_name() != "shim");
        found.extend(left.map(|entry| entry.path().display().to_string()));
    }
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| std::fs::read(process.path().join(name)).unwrap_or_default();
        for name in ["cmdline", "mountinfo"] {
            if String::from_utf8_lossy(&read(name)).contains(&*folder.to_string_lossy()) {
                found.push(format!("{} has {name} with {}", process.path().display(), folder.display()));
            }
        }
    }
    found
}

impl Drop for Node {
    fn drop(&mut self) {
        let cleared = self.clear();
        let until = Instant::now() + Duration::from_secs(60);
        let mut leaks = leaks(&self.options.cgroup, self.folder.path());
        // A container of another test that is just being made may have a copy of what was mounted here, until it has its own root.
        while !leaks.is_empty() && Instant::now() < until && !std::thread::panicking() {
            std::thread::yield_now();
            leaks = self::leaks(&self.options.cgroup, self.folder.path());
        }
        self.runtime.end_launcher();
        let cgroups = berth_runtime::cgroup::Cgroups::find().unwrap();
        // A shim that has told the end of its container may still be on its way out.
        let gone = cgroups.kill(&format!("{}/shim", self.options.cgroup)).and_then(|()| cgroups.remove(&self.options.cgroup));
        if !std::thread::panicking() {
            cleared.unwrap();
            gone.unwrap();
            assert!(leaks.is_empty(), "left over: {leaks:#?}");
        }
    }
}

/// A process that runs the probe.
pub(crate) fn process(arguments: &[&str]) -> ProcessSpec {
    ProcessSpec {
        args: std::iter::once("/bin/probe").chain(arguments.iter().copied()).map(str::to_owned).collect(),
        env: vec!["PATH=/bin".to_owned()],
        cwd: "/".to_owned(),
        user: String::new(),
        capabilities: Capability::default_set(),
        no_new_privileges: false,
        resource_limits: Vec::new(),
        terminal: false,
        apparmor: None,
    }
}

/// Waits until a descriptor can be read.
pub(crate) fn readable(fd: &OwnedFd) {
    while poll(&mut [PollFd::new(fd, PollFlags::IN)], None).is_err() {}
}

/// Waits for something that takes no longer than a minute.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "it never happens that {what}");
        std::thread::yield_now();
    }
}

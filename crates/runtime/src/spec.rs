//! What a container is to be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// All that making a container needs to know. Written into its folder, where the shim reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// Names it on this machine: at most 64 of `[a-z0-9-]`.
    pub id: String,
    /// The group whose limits it shares, by [`Group::name`].
    pub group: String,
    /// What it sees as `/`.
    pub rootfs: Rootfs,
    /// Its first process.
    pub process: ProcessSpec,
    /// Whether a small init is its first process and starts it: signals are handed on, processes without a parent looked after.
    #[serde(default)]
    pub init: bool,
    /// Whether its standard input stays open, though nobody writes to it. A terminal's always does.
    #[serde(default)]
    pub open_input: bool,
    /// Whose processes it sees.
    #[serde(default)]
    pub processes: Space,
    /// Whose messages and shared memory it has.
    #[serde(default)]
    pub ipc: Space,
    /// The name of the machine that it sees; the host's if there is none.
    pub hostname: Option<String>,
    /// What it reaches.
    pub network: Network,
    /// Files and folders of the host that it sees, in the order in which they are mounted.
    pub binds: Vec<Bind>,
    /// File systems in memory that it has, mounted after the files and folders of the host.
    #[serde(default)]
    pub tmpfs: Vec<Tmpfs>,
    /// Devices of the host that it has.
    #[serde(default)]
    pub devices: Vec<Device>,
    /// Settings of the kernel in its own namespaces, by their names with dots.
    #[serde(default)]
    pub sysctls: BTreeMap<String, String>,
    /// Bytes of `/dev/shm`, where that is its own; without any there is none.
    pub shm_bytes: u64,
    /// All capabilities, all devices, no filter, nothing masked: root on the host in all but name.
    pub privileged: bool,
    /// What it may take.
    pub limits: Limits,
    /// The ids it has on the host; its own are the host's if there is no map. With one, its network namespace must belong to a user
    /// namespace that has exactly these, and what it is to own of its binds must belong to them.
    pub id_map: Option<IdMap>,
    /// What becomes of what it writes.
    pub output: Output,
    /// The OCI runtime that makes it and runs further processes in it: an absolute path. Nothing: whatever the node has chosen for such
    /// containers, and in a container's folder, Berth's own.
    #[serde(default)]
    pub runtime: Option<PathBuf>,
}

/// What a container sees as `/`: layers that are shared, and a folder of its own above them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rootfs {
    /// Folders, lowest first, at least one.
    pub layers: Vec<PathBuf>,
    /// Whether nothing can be written.
    pub read_only: bool,
    /// Where what the container changes is kept, if not in its own folder: a folder on a file system that can be an overlay's upper layer,
    /// and that no other container has. Whoever names it removes it.
    #[serde(default)]
    pub changes: Option<PathBuf>,
}

/// A process in a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessSpec {
    /// The program and its arguments; a program without `/` is looked up in the `PATH` of `env`. Without any, a container with an init
    /// does nothing but hold its namespaces, until it is killed.
    pub args: Vec<String>,
    /// `NAME=value`. `HOME` comes from the container's passwd file if it is not here.
    pub env: Vec<String>,
    /// Absolute; made if it is not there, `/` if empty.
    pub cwd: String,
    /// As Docker has it: empty for root, `name`, `uid`, `name:group`, `uid:gid`; names are those of the container's own files.
    pub user: String,
    /// What it may do if it is root: bounding set, and for root the permitted and effective ones. Ignored if privileged.
    pub capabilities: BTreeSet<Capability>,
    /// Whether running set-user-id programs gains nothing.
    pub no_new_privileges: bool,
    /// Limits; what is above this machine's own hard limit is lowered to it.
    pub resource_limits: Vec<ResourceLimit>,
    /// Whether it gets a terminal.
    pub terminal: bool,
    /// The AppArmor profile of this machine that its program runs under.
    #[serde(default)]
    pub apparmor: Option<String>,
}

/// A capability by the kernel's name without `CAP_`, in capitals: `NET_BIND_SERVICE`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Capability(pub String);

impl Capability {
    /// What Docker gives a container that asks for nothing.
    pub const DEFAULT: [&'static str; 14] = [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ];

    /// The set of [`Self::DEFAULT`].
    #[must_use]
    pub fn default_set() -> BTreeSet<Self> {
        Self::DEFAULT.iter().map(|&name| Self(name.to_owned())).collect()
    }
}

/// A limit of `setrlimit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceLimit {
    /// As Docker has it, without `RLIMIT_`: `nofile`.
    pub name: String,
    /// The soft limit.
    pub soft: u64,
    /// The hard limit.
    pub hard: u64,
}

/// Whose namespace a container is in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Space {
    /// One of its own.
    #[default]
    Own,
    /// The host's.
    Host,
    /// That of another container, which runs, by its folder. It must not end before this one.
    Of(PathBuf),
}

/// What a container reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// All that the host does: no namespace.
    Host,
    /// Itself: a namespace with a loopback interface that is up.
    Loopback,
    /// What the namespace at this path does.
    Namespace(PathBuf),
}

/// A file or folder of the host in the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// On the host.
    pub source: PathBuf,
    /// In the container, absolute; made if it is not there.
    pub target: PathBuf,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// A file that is made once the source, a folder, was filled with what the image has at the target. As long as it is not there, the
    /// source is emptied and filled when the container is made. Nothing: the source is what it is.
    #[serde(default)]
    pub fill: Option<PathBuf>,
}

/// A file system in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tmpfs {
    /// In the container, absolute; made if it is not there.
    pub target: PathBuf,
    /// As `mount` has them, the last one of a kind counts: `size=1m`, `noexec`.
    pub options: Vec<String>,
}

/// A device of the host, or all below a folder of devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// On the host.
    pub source: PathBuf,
    /// In the container, absolute.
    pub target: PathBuf,
    /// What may be done with it: letters of `rwm`, the last for making nodes of it.
    pub access: String,
}

/// What a container may take. Nothing: no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Shares of the processors against others, as cgroup v1 counts them: 2 to 262,144.
    pub cpu_shares: Option<u64>,
    /// Bytes above which it is killed.
    pub memory: Option<u64>,
    /// Bytes that it keeps when memory is short.
    pub memory_reservation: Option<u64>,
    /// Bytes of swap besides its memory. Only together with `memory`.
    #[serde(default)]
    pub swap: Option<u64>,
    /// How readily its memory is swapped, 0 to 100. Version 2 of cgroups has no such thing.
    #[serde(default)]
    pub swappiness: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
}

/// Containers that share limits: a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Names it on this machine: at most 64 of `[a-z0-9-]`.
    pub name: String,
    /// Processors, in thousandths.
    pub cpu_millis: Option<u64>,
    /// Bytes.
    pub memory: Option<u64>,
}

/// Ids in the container are these on the host: 0 is `first`, and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdMap {
    /// The host's id of the container's root, user and group alike.
    pub first: u32,
    /// How many.
    pub count: u32,
}

/// What becomes of what a container writes to its standard output and error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// Nothing.
    Discard,
    /// Kept in segments in the folder's `output`, until somebody who has read one removes it.
    Keep {
        /// A segment is full with about as many bytes.
        segment_bytes: u64,
        /// So many there are at most.
        segments: u32,
        /// What happens to more.
        when_full: WhenFull,
    },
}

/// What happens when a container writes faster than its output is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WhenFull {
    /// It waits.
    Block,
    /// What it writes is lost, and counted.
    Drop,
}

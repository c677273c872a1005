//! An installation: its folder, its id, the lock that keeps a second process out, and where it listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::lock::{self, Lock};
use crate::{confinement, files};

/// An installation's folder, held by this process until it is dropped.
#[derive(Debug)]
pub(crate) struct Installation {
    folder: PathBuf,
    /// Six hexadecimal digits that name everything this installation makes on the machine.
    pub(crate) id: String,
    /// The user and group that the control plane runs as; nothing when this process is not root.
    pub(crate) server_user: Option<(u32, u32)>,
    _lock: Lock,
}

/// What a running installation tells the other commands: `DATA/run.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) listen: SocketAddr,
    pub(crate) region: String,
    pub(crate) account_id: String,
    pub(crate) pid: u32,
    pub(crate) version: String,
}

impl Run {
    /// Where clients on this machine call. An address that stands for all of the machine's is no address to call.
    pub(crate) fn endpoint(&self) -> String {
        let ip = match self.listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        format!("http://{}", SocketAddr::new(ip, self.listen.port()))
    }
}

impl Installation {
    /// Opens the installation in `folder`, or makes it, and locks it.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        // The server's user must get through to DATA/server; what is private has a mode of its own.
        files::folder(folder, 0o711)?;
        let folder = folder.canonicalize().with_context(|| format!("resolving {}", folder.display()))?;
        let lock = take(&folder)?;
        let id = id(&folder)?;
        files::folder(&agent_folder(&folder), 0o700)?;
        let server = folder.join("server");
        let server_user = server_user(&server)?;
        files::folder(&server, 0o700)?;
        if let Some((user, group)) = server_user {
            std::os::unix::fs::chown(&server, Some(user), Some(group))
                .with_context(|| format!("giving {} to the server's user", server.display()))?;
        }
        Ok(Self { folder, id, server_user, _lock: lock })
    }

    /// The control plane's own folder.
    pub(crate) fn server(&self) -> PathBuf {
        self.folder.join("server")
    }

    /// The node's own folder.
    pub(crate) fn agent(&self) -> PathBuf {
        agent_folder(&self.folder)
    }

    /// The installation's folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Tells the other commands where this installation listens, until the answer is dropped.
    pub(crate) fn announce(&self, run: &Run) -> Result<Announcement> {
        let path = run_file(&self.folder);
        files::replace(&path, &serde_json::to_vec_pretty(run)?, 0o644, None)?;
        Ok(Announcement(path))
    }
}

/// `DATA/run.json` while the system runs.
#[derive(Debug)]
pub(crate) struct Announcement(PathBuf);

impl Drop for Announcement {
    fn drop(&mut self) {
        // A confined server does not see it any more. What is left behind counts for nothing: nobody holds the lock.
        if let Err(error) = std::fs::remove_file(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, path = %self.0.display(), "removing the run file failed");
        }
    }
}

/// The running installation in `folder`, as its run file tells.
pub(crate) fn running(folder: &Path) -> Result<Run> {
    match files::read_json(&run_file(folder))? {
        Some(run) if holder(folder)?.is_some() => Ok(run),
        _ => bail!(
            "no Berth runs in {}; start one with `berth up`, or say where with --data-dir or BERTH_DATA_DIR",
            folder.display()
        ),
    }
}

/// The node's own folder in an installation's.
pub(crate) fn agent_folder(folder: &Path) -> PathBuf {
    folder.join("agent")
}

fn run_file(folder: &Path) -> PathBuf {
    folder.join("run.json")
}

fn lock_file(folder: &Path) -> PathBuf {
    folder.join("lock")
}

/// The process that has the installation in `folder`; nothing if it does not run.
pub(crate) fn holder(folder: &Path) -> Result<Option<u32>> {
    lock::holder(&lock_file(folder))
}

/// Takes the lock of the installation in `folder`.
pub(crate) fn take(folder: &Path) -> Result<Lock> {
    match Lock::take(&lock_file(folder))? {
        Some(lock) => Ok(lock),
        None => {
            bail!("another Berth runs in {}; stop it, or give this one a folder of its own with --data-dir", folder.display())
        }
    }
}

/// Takes the lock of the node whose folder, `DATA/agent`, this is.
pub(crate) fn take_node(agent: &Path) -> Result<Lock> {
    match Lock::take(&node_lock_file(agent))? {
        Some(lock) => Ok(lock),
        None => bail!("another agent runs in {}; stop it, or give this one a folder of its own with --data-dir", agent.display()),
    }
}

/// The process that has the node whose folder, `DATA/agent`, this is; nothing if no agent runs.
pub(crate) fn node_holder(agent: &Path) -> Result<Option<u32>> {
    lock::holder(&node_lock_file(agent))
}

fn node_lock_file(agent: &Path) -> PathBuf {
    agent.join("lock")
}

/// Whether there is an installation in `folder`.
pub(crate) fn exists(folder: &Path) -> bool {
    id_file(folder).exists()
}

/// Refuses a folder without an installation.
pub(crate) fn known(folder: &Path) -> Result<()> {
    if exists(folder) {
        return Ok(());
    }
    bail!("there is no Berth in {}; start one with `berth up`, or say where with --data-dir or BERTH_DATA_DIR", folder.display())
}

fn id_file(folder: &Path) -> PathBuf {
    folder.join("installation")
}

/// The id of the installation in `folder`, made if there is none.
pub(crate) fn id(folder: &Path) -> Result<String> {
    let path = &id_file(folder);
    if path.exists() {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let id = text.trim();
        if id.len() != 6 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            bail!(
                "{} does not hold an installation id of six hexadecimal digits: it is no Berth data folder, or it is damaged",
                path.display()
            );
        }
        return Ok(id.to_owned());
    }
    let mut bytes = [0; 3];
    getrandom::fill(&mut bytes).context("asking the kernel for random bytes")?;
    let id = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    files::replace(path, format!("{id}\n").as_bytes(), 0o644, None)?;
    Ok(id)
}

/// The user and group that a control plane with this folder runs as: the folder's owner, or ids chosen now. Nothing when this
/// process is not root: then it stays who it is.
pub(crate) fn server_user(folder: &Path) -> Result<Option<(u32, u32)>> {
    if !confinement::is_root() {
        return Ok(None);
    }
    match folder.metadata() {
        Ok(metadata) if metadata.uid() != 0 => Ok(Some((metadata.uid(), metadata.gid()))),
        _ => confinement::choose_user().map(Some),
    }
}

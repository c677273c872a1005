//! The user namespace of a container whose ids are not the host's.
//!
//! It is the owner of the container's network namespace, if that was made by somebody else: otherwise the container could not use its
//! own interfaces. One without such a network gets a user namespace that is made here.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use berth_runtime::{ContainerSpec, IdMap, Network};
use rustix::process::{Pid, WaitOptions, waitpid};

use crate::failure::{Result, at, broken, failed, wrong};
use crate::system::{self, Forked};

/// A user namespace.
#[derive(Debug)]
pub(crate) struct UserNamespace {
    pub(crate) map: IdMap,
    pub(crate) descriptor: OwnedFd,
}

impl UserNamespace {
    /// The one that a container is to be in; nothing if its ids are the host's. `network`: the namespace that was made for it.
    pub(crate) fn of(spec: &ContainerSpec, network: Option<&OwnedFd>) -> Result<Option<Self>> {
        let Some(map) = spec.id_map else { return Ok(None) };
        if spec.privileged {
            return Err(wrong("a privileged container cannot have ids of its own"));
        }
        match (&spec.network, network) {
            (Network::Host, _) => Err(wrong("a container with ids of its own cannot have the host's network")),
            (_, None) => Self::with(map).map(Some),
            (_, Some(network)) => {
                check(map)?;
                let finding = "looking for the owner of the network namespace that was made for the container";
                let descriptor = system::owner_of(network).map_err(failed(finding))?;
                Ok(Some(Self { map, descriptor }))
            }
        }
    }

    /// A new one.
    pub(crate) fn with(map: IdMap) -> Result<Self> {
        check(map)?;
        Ok(Self { map, descriptor: make(map)? })
    }

    /// A path at which whoever comes of this process finds it.
    pub(crate) fn path(&self) -> String {
        path_of(&self.descriptor)
    }
}

/// A path at which whoever comes of this process finds what it has opened, in folders that they could not enter.
pub(crate) fn path_of(descriptor: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", descriptor.as_raw_fd())
}

/// The host's root is nobody in a container with ids of its own.
fn check(map: IdMap) -> Result<()> {
    let IdMap { first, count } = map;
    // The last id of all is none.
    if first == 0 || count == 0 || first.checked_add(count).is_none() {
        return Err(wrong(format!("{count} ids from {first} on cannot be a container's own")));
    }
    Ok(())
}

/// As the kernel reads it.
fn line(map: IdMap) -> String {
    format!("0 {} {}\n", map.first, map.count)
}

fn make(map: IdMap) -> Result<OwnedFd> {
    let doing = "making a user namespace";
    let (mut parent_is_done, parent) = io::pipe().map_err(failed(doing))?;
    match system::fork_into_user_namespace().map_err(failed(doing))? {
        Forked::Child => {
            // Does nothing but be there, until its parent closes its end, however that comes about.
            drop(parent);
            let _ = parent_is_done.read(&mut [0]);
            std::process::exit(0)
        }
        Forked::Parent(child) => {
            let made = give_ids(child, map);
            drop(parent);
            while matches!(waitpid(Some(child), WaitOptions::empty()), Err(rustix::io::Errno::INTR)) {}
            made
        }
    }
}

fn give_ids(child: Pid, map: IdMap) -> Result<OwnedFd> {
    let folder = Path::new("/proc").join(child.as_raw_nonzero().to_string());
    for name in ["uid_map", "gid_map"] {
        let path = folder.join(name);
        let mut file = File::options().write(true).open(&path).map_err(at("opening", &path))?;
        file.write_all(line(map).as_bytes()).map_err(at("writing", &path))?;
    }
    let path = folder.join("ns/user");
    File::open(&path).map(OwnedFd::from).map_err(at("opening", &path))
}

/// Makes sure, in a process that is about to become a container's, that it has the ids that it is to have and no others. Whoever made
/// the network namespace decided; a container never runs with more than was asked for.
pub(crate) fn verify(map: IdMap) -> Result<()> {
    let wanted = line(map);
    for path in ["/proc/self/uid_map", "/proc/self/gid_map"] {
        let found = fs::read_to_string(path).map_err(at("reading", Path::new(path)))?;
        if !found.split_whitespace().eq(wanted.split_whitespace()) {
            return Err(broken("checking the container's ids", &format!("they are {found:?}, not {wanted:?}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_hold_the_hosts_root_or_do_not_exist_are_refused() {
        for (first, count) in [(0, 65_536), (100_000, 0), (u32::MAX - 10, 65_536)] {
            assert!(check(IdMap { first, count }).is_err(), "{count} from {first}");
        }
        assert!(check(IdMap { first: 100_000, count: 65_536 }).is_ok());
    }
}

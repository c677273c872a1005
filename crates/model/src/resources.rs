//! Amounts of what a machine has.

use std::fmt;

use minicbor::{Decode, Encode};
use thin_vec::ThinVec;

use crate::{Name, PortSet, cbor};

/// An amount of each resource: what an instance has, what is taken of it, or what a task needs.
///
/// Ports run the other way round from amounts: an instance's registered ports are those it keeps for itself, its used
/// ones those its tasks hold, and a task gets a port that is in neither.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Resources {
    /// CPU units; 1,024 are one processor.
    #[n(0)]
    pub cpu: u32,
    /// Memory in MiB.
    #[n(1)]
    pub memory: u32,
    /// TCP ports of the host.
    #[n(2)]
    pub ports_tcp: PortSet,
    /// UDP ports of the host.
    #[n(3)]
    pub ports_udp: PortSet,
    /// GPUs by their ids.
    #[cbor(n(4), with = "cbor::thin")]
    pub gpus: ThinVec<Name>,
    /// Network interfaces of tasks' own.
    #[cbor(n(5), default)]
    pub interfaces: u32,
}

/// A resource that can be short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// CPU units.
    Cpu,
    /// Memory.
    Memory,
    /// A TCP port.
    PortsTcp,
    /// A UDP port.
    PortsUdp,
    /// A GPU.
    Gpu,
    /// A network interface.
    Interface,
}

impl Resource {
    /// The name placement failures give it, after `RESOURCE:`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Memory => "MEMORY",
            Self::PortsTcp | Self::PortsUdp => "PORTS",
            Self::Gpu => "GPU",
            Self::Interface => "ENI",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Resources {
    /// Both together.
    ///
    /// # Errors
    /// The first resource that overflows, or whose port or GPU both hold.
    pub fn checked_add(&self, other: &Self) -> Result<Self, Resource> {
        let mut sum = self.clone();
        sum.cpu = self.cpu.checked_add(other.cpu).ok_or(Resource::Cpu)?;
        sum.memory = self.memory.checked_add(other.memory).ok_or(Resource::Memory)?;
        sum.interfaces = self.interfaces.checked_add(other.interfaces).ok_or(Resource::Interface)?;
        add_ports(&mut sum.ports_tcp, &other.ports_tcp).ok_or(Resource::PortsTcp)?;
        add_ports(&mut sum.ports_udp, &other.ports_udp).ok_or(Resource::PortsUdp)?;
        for gpu in &other.gpus {
            if sum.gpus.contains(gpu) {
                return Err(Resource::Gpu);
            }
            sum.gpus.push(gpu.clone());
        }
        Ok(sum)
    }

    /// What is left when `other` is given back.
    ///
    /// # Errors
    /// The first resource of which `other` has more than there is.
    pub fn checked_sub(&self, other: &Self) -> Result<Self, Resource> {
        let mut rest = self.clone();
        rest.cpu = self.cpu.checked_sub(other.cpu).ok_or(Resource::Cpu)?;
        rest.memory = self.memory.checked_sub(other.memory).ok_or(Resource::Memory)?;
        rest.interfaces = self.interfaces.checked_sub(other.interfaces).ok_or(Resource::Interface)?;
        remove_ports(&mut rest.ports_tcp, &other.ports_tcp).ok_or(Resource::PortsTcp)?;
        remove_ports(&mut rest.ports_udp, &other.ports_udp).ok_or(Resource::PortsUdp)?;
        for gpu in &other.gpus {
            let at = rest.gpus.iter().position(|own| own == gpu).ok_or(Resource::Gpu)?;
            rest.gpus.remove(at);
        }
        Ok(rest)
    }

    /// Whether `want` fits on an instance that registered `self` and of which `used` is taken.
    ///
    /// # Errors
    /// The first resource that is short.
    pub fn fits(&self, used: &Self, want: &Self) -> Result<(), Resource> {
        let short = |registered: u32, used: u32, want: u32| registered.saturating_sub(used) < want;
        let taken = |kept: &PortSet, used: &PortSet, want: &PortSet| !want.is_disjoint(kept) || !want.is_disjoint(used);
        if short(self.cpu, used.cpu, want.cpu) {
            return Err(Resource::Cpu);
        }
        if short(self.memory, used.memory, want.memory) {
            return Err(Resource::Memory);
        }
        if short(self.interfaces, used.interfaces, want.interfaces) {
            return Err(Resource::Interface);
        }
        if taken(&self.ports_tcp, &used.ports_tcp, &want.ports_tcp) {
            return Err(Resource::PortsTcp);
        }
        if taken(&self.ports_udp, &used.ports_udp, &want.ports_udp) {
            return Err(Resource::PortsUdp);
        }
        if want.gpus.iter().any(|gpu| !self.gpus.contains(gpu) || used.gpus.contains(gpu)) {
            return Err(Resource::Gpu);
        }
        Ok(())
    }

    /// The GPUs of an instance that registered `self` which are not in `used`.
    pub fn free_gpus<'a>(&'a self, used: &'a Self) -> impl Iterator<Item = &'a Name> {
        self.gpus.iter().filter(|gpu| !used.gpus.contains(gpu))
    }
}

fn add_ports(to: &mut PortSet, ports: &PortSet) -> Option<()> {
    ports.iter().all(|port| to.insert(port)).then_some(())
}

fn remove_ports(from: &mut PortSet, ports: &PortSet) -> Option<()> {
    ports.iter().all(|port| from.remove(port)).then_some(())
}

#[cfg(test)]
mod tests;

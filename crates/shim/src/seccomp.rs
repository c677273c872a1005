//! Turns the profile into a program for the kernel.

use std::fs::File;
use std::io::{self, Read, Seek, Write};

use libseccomp::error::SeccompError;
use libseccomp::{ScmpAction, ScmpArch, ScmpArgCompare, ScmpCompareOp, ScmpFilterContext, ScmpSyscall};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;
use rustix::thread::CapabilitySet;

use crate::failure::{Result, broken, failed, of_library, refused};
use crate::profile;
use crate::system::{self, Forked};

/// The classic BPF instructions of a filter.
pub(crate) type Filter = Vec<u8>;

/// The filters that were made before: most containers have the same capabilities, and making a filter takes many milliseconds.
#[derive(Default)]
pub(crate) struct Filters(Vec<(CapabilitySet, Filter)>);

impl Filters {
    /// Makes one that most containers will need.
    pub(crate) fn prepare(&mut self, capabilities: CapabilitySet) -> Result<()> {
        self.0.push((capabilities, compile_aside(capabilities)?));
        Ok(())
    }

    pub(crate) fn get(&mut self, capabilities: CapabilitySet) -> Result<&Filter> {
        let index = match self.0.iter().position(|(of, _)| *of == capabilities) {
            Some(index) => index,
            None => {
                let filter = ordered(capabilities, Order::List)?;
                self.0.push((capabilities, filter));
                self.0.len() - 1
            }
        };
        Ok(&self.0[index].1)
    }
}

/// Has a process of its own make a filter. What the library leaves behind is much memory in small pieces, which each shim would have to copy as
/// it comes to use them.
fn compile_aside(capabilities: CapabilitySet) -> Result<Filter> {
    let doing = "making a system call filter";
    let (mut reader, mut writer) = io::pipe().map_err(failed(doing))?;
    if let Forked::Child = system::fork().map_err(failed(doing))? {
        let told = serde_json::to_vec(&ordered(capabilities, Order::Tree)).map(|made| writer.write_all(&made));
        std::process::exit(i32::from(!matches!(told, Ok(Ok(())))));
    }
    drop(writer);
    let mut made = Vec::new();
    reader.read_to_end(&mut made).map_err(failed(doing))?;
    serde_json::from_slice::<Result<Filter>>(&made).map_err(|error| broken(doing, &error))?
}

/// How a filter finds the number of a call: the library's levels of optimisation.
#[derive(Debug, Clone, Copy)]
enum Order {
    /// One comparison after the other. For the one container that needs it: making a tree takes twenty milliseconds more.
    List = 1,
    /// By halves. The kernel runs a filter for every call that there is when it is installed, and so it takes less than half the time.
    Tree = 2,
}

fn ordered(capabilities: CapabilitySet, order: Order) -> Result<Filter> {
    let doing = "making a system call filter";
    let library = library(capabilities, order).map_err(|error| of_library(doing, &error))?;
    let file = memfd_create("filter", MemfdFlags::CLOEXEC).map_err(refused(doing))?;
    library.export_bpf(&file).map_err(|error| of_library(doing, &error))?;
    let mut file = File::from(file);
    let mut instructions = newer(capabilities);
    file.rewind().and_then(|()| file.read_to_end(&mut instructions)).map_err(failed(doing))?;
    Ok(instructions)
}

/// The library's part.
fn library(capabilities: CapabilitySet, order: Order) -> std::result::Result<ScmpFilterContext, SeccompError> {
    let refuse = ScmpAction::Errno(Errno::PERM.raw_os_error());
    let mut filter = ScmpFilterContext::new(refuse)?;
    filter.set_ctl_optimize(order as u32)?;
    // The programs of an image may be of any architecture that this processor runs.
    for arch in compatible() {
        filter.add_arch(*arch)?;
    }
    for name in profile::ALWAYS.split_whitespace().chain(profile::HERE) {
        allow(&mut filter, name, &[])?;
    }
    for (capability, names) in profile::WITH {
        if capabilities.contains(capability) {
            for name in names {
                allow(&mut filter, name, &[])?;
            }
        }
    }
    if !capabilities.contains(CapabilitySet::SYS_ADMIN) {
        let no_namespace = ScmpArgCompare::new(0, ScmpCompareOp::MaskedEqual(profile::CLONE_NAMESPACES), 0);
        allow(&mut filter, "clone", &[no_namespace])?;
        // Its flags are in memory, out of a filter's reach. Libraries that hear that there is none take `clone`.
        if let Ok(clone3) = ScmpSyscall::from_name("clone3") {
            filter.add_rule(ScmpAction::Errno(Errno::NOSYS.raw_os_error()), clone3)?;
        }
    }
    for value in profile::PERSONALITIES {
        allow(&mut filter, "personality", &[ScmpArgCompare::new(0, ScmpCompareOp::Equal, value)])?;
    }
    allow(&mut filter, "socket", &[ScmpArgCompare::new(0, ScmpCompareOp::Less, profile::FAMILIES_BELOW)])?;
    for family in profile::FAMILIES {
        allow(&mut filter, "socket", &[ScmpArgCompare::new(0, ScmpCompareOp::Equal, family)])?;
    }
    Ok(filter)
}

fn allow(filter: &mut ScmpFilterContext, name: &str, when: &[ScmpArgCompare]) -> std::result::Result<(), SeccompError> {
    // The table is for all architectures and libraries: what this one does not know it does not filter either.
    let Ok(call) = ScmpSyscall::from_name(name) else { return Ok(()) };
    if when.is_empty() {
        filter.add_rule(ScmpAction::Allow, call)
    } else {
        filter.add_rule_conditional(ScmpAction::Allow, call, when)
    }
    .map(|_| ())
}

#[cfg(target_arch = "x86_64")]
fn compatible() -> &'static [ScmpArch] {
    &[ScmpArch::X86, ScmpArch::X32]
}

#[cfg(target_arch = "aarch64")]
fn compatible() -> &'static [ScmpArch] {
    &[ScmpArch::Arm]
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn compatible() -> &'static [ScmpArch] {
    &[]
}

/// Instructions that decide about system calls that the library may not know, before its own.
fn newer(capabilities: CapabilitySet) -> Filter {
    let mut allowed = profile::NEWER.to_vec();
    if capabilities.contains(CapabilitySet::SYS_ADMIN) {
        allowed.extend(profile::NEWER_WITH_SYS_ADMIN);
    }
    let count = allowed.len();
    let refuse = |errno: Errno| libc::SECCOMP_RET_ERRNO | errno.raw_os_error().unsigned_abs();
    // What follows the jumps: unknown, refused, allowed, and then the library's.
    let mut program = vec![
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
        jump(libc::BPF_JGT, profile::LAST_PLAIN, count + 5, 0),
        jump(libc::BPF_JGE, profile::FIRST_NEWER, 0, count + 4),
    ];
    for (index, number) in allowed.into_iter().enumerate() {
        program.push(jump(libc::BPF_JEQ, number, count - index + 2, 0));
    }
    program.push(jump(libc::BPF_JGT, profile::LAST_KNOWN, 0, 1));
    program.push(statement(libc::BPF_RET | libc::BPF_K, refuse(Errno::NOSYS)));
    program.push(statement(libc::BPF_RET | libc::BPF_K, refuse(Errno::PERM)));
    program.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    program.concat()
}

fn statement(code: u32, value: u32) -> [u8; 8] {
    instruction(code, value, 0, 0)
}

/// Compares what was loaded with a value, and passes over so many instructions if it holds, or does not.
fn jump(comparison: u32, value: u32, holds: usize, not: usize) -> [u8; 8] {
    // Both are at most the length of a short table.
    let distance = |distance: usize| u8::try_from(distance).unwrap_or(u8::MAX);
    instruction(libc::BPF_JMP | comparison | libc::BPF_K, value, distance(holds), distance(not))
}

/// As in `struct sock_filter`.
fn instruction(code: u32, value: u32, holds: u8, not: u8) -> [u8; 8] {
    let code = u16::try_from(code).unwrap_or_default().to_ne_bytes();
    let value = value.to_ne_bytes();
    [code[0], code[1], holds, not, value[0], value[1], value[2], value[3]]
}

#[cfg(test)]
mod tests;

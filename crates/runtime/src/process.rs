//! Processes that are known for sure: a number alone can have gone to another process.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};

/// A process: its number, and when it began, in the kernel's ticks since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// In the host's numbering.
    pub pid: i32,
    /// Field 22 of its `stat`.
    pub began: u64,
}

impl Mark {
    /// The process that has a number now.
    ///
    /// # Errors
    /// There is none.
    pub fn of(pid: i32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let began = began(&stat).ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat is not as expected")))?;
        Ok(Self { pid, began })
    }

    /// A descriptor of the process; nothing if it is gone. It may be dead and wait to be collected.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn open(&self) -> io::Result<Option<OwnedFd>> {
        let Some(pid) = Pid::from_raw(self.pid) else { return Ok(None) };
        let fd = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(fd) => fd,
            // The last two: only a process group or session is called so any more (before Linux 6.15), or a thread.
            Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        // After the descriptor: what the number means now is what the descriptor means, unless that has just died.
        match Self::of(self.pid) {
            Ok(now) if now == *self => Ok(Some(fd)),
            _ => Ok(None),
        }
    }

    /// Whether the process runs, and a descriptor of it.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn alive(&self) -> io::Result<Option<OwnedFd>> {
        let Some(fd) = self.open()? else { return Ok(None) };
        let ended = readable(&fd)?;
        Ok(if ended { None } else { Some(fd) })
    }
}

/// Whether a descriptor can be read at once.
fn readable(fd: &OwnedFd) -> io::Result<bool> {
    let mut fds = [PollFd::new(fd, PollFlags::IN)];
    Ok(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? > 0)
}

/// The 22nd field: the name before it may hold anything, so fields are counted after its closing parenthesis.
fn began(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(19)?.parse().ok()
}

/// Names this run of the machine.
///
/// # Errors
/// `/proc` is not there.
pub fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_name_cannot_pretend_to_be_a_start_time() {
        let stat = "7 (a) S 1 1) S 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23";
        assert_eq!(began(stat), Some(20));
    }

    #[test]
    fn this_process_is_alive_and_another_beginning_is_not() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let mark = Mark::of(pid).unwrap();
        assert!(mark.alive().unwrap().is_some());
        assert!(Mark { began: mark.began + 1, ..mark }.alive().unwrap().is_none());
    }
    #[test]
    fn a_process_whose_number_is_still_that_of_its_group_is_gone() {
        // In the background a shell's child reads nothing, unless it is told to.
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec 3<&0; cat <&3 >/dev/null &"]).process_group(0).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut shell = shell.spawn().unwrap();
        let mark = Mark::of(i32::try_from(shell.id()).unwrap()).unwrap();
        // Waiting would close it, and so end what is left of the group.
        let input = shell.stdin.take();
        shell.wait().unwrap();
        assert!(mark.open().unwrap().is_none());
        drop(input);
    }

    #[test]
    fn a_process_whose_number_went_to_a_thread_is_gone() {
        let thread = std::thread::spawn(|| {
            let own = fs::read_link("/proc/thread-self").unwrap();
            let pid = own.file_name().unwrap().to_str().unwrap().parse().unwrap();
            Mark { pid, began: 1 }.open().map(|found| found.is_none())
        });
        assert!(thread.join().unwrap().unwrap());
    }
}

//! What a shim becomes when its container runs: it takes the output, waits for the end, and writes it down. As small as can be,
//! because there is one for every container.

use std::ffi::OsString;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use berth_runtime::Folder;
use berth_runtime::cgroup::Cgroups;
use berth_runtime::folder::{Exit, VERSION, now_nanos, write_record};
use berth_runtime::output::{HEADER, MAX_BLOCK, SegmentWriter, Stream};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitOptions, pidfd_open, waitpid};

use crate::system;

/// Where a container's standard output comes in.
pub(crate) const STDOUT: i32 = 0;
/// Where its standard error does.
pub(crate) const STDERR: i32 = 1;

/// What there is to know about a running container.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) folder: PathBuf,
    pub(crate) pid: i32,
    /// Nanoseconds since 1970.
    pub(crate) started: u64,
    /// Counts what the kernel killed because memory was full.
    pub(crate) counter: Option<PathBuf>,
    /// The cgroup of a container whose other processes do not end with its first one: they are in a namespace of others.
    pub(crate) members: Option<PathBuf>,
    /// Bytes of a segment, segments, and whether the container waits when all are full; nothing if the output is not kept.
    pub(crate) output: Option<(u64, u32, bool)>,
}

impl Held {
    pub(crate) fn to_arguments(&self) -> Vec<Vec<u8>> {
        let (bytes, segments, block) = self.output.unwrap_or_default();
        let path = |path: &Option<PathBuf>| path.as_deref().unwrap_or(Path::new("")).as_os_str().as_bytes().to_vec();
        vec![
            b"berth-shim".to_vec(),
            b"hold".to_vec(),
            self.folder.as_os_str().as_bytes().to_vec(),
            self.pid.to_string().into_bytes(),
            self.started.to_string().into_bytes(),
            path(&self.counter),
            path(&self.members),
            bytes.to_string().into_bytes(),
            segments.to_string().into_bytes(),
            u8::from(block).to_string().into_bytes(),
        ]
    }

    fn of_arguments(arguments: &[OsString]) -> Option<Self> {
        let [folder, pid, started, counter, members, bytes, segments, block] = arguments else { return None };
        let number = |text: &OsString| text.to_str()?.parse::<u64>().ok();
        let path = |text: &OsString| (!text.is_empty()).then(|| PathBuf::from(text));
        let segments = u32::try_from(number(segments)?).ok()?;
        Some(Self {
            folder: PathBuf::from(OsString::from_vec(folder.as_bytes().to_vec())),
            pid: i32::try_from(number(pid)?).ok()?,
            started: number(started)?,
            counter: path(counter),
            members: path(members),
            output: (segments > 0).then_some((number(bytes)?, segments, number(block)? == 1)),
        })
    }
}

/// After the shim has become this program once more.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    let Some(held) = Held::of_arguments(arguments) else { return ExitCode::from(2) };
    // Where nothing is kept they lead nowhere, or to a terminal.
    hold(&held, Some([system::inherited(STDOUT), system::inherited(STDERR)]));
    ExitCode::SUCCESS
}

/// Waits for the end of a container, which is a child of this process, and writes it down.
pub(crate) fn hold(held: &Held, pipes: Option<[OwnedFd; 2]>) {
    // Only the container ends this process: without it nobody would know how that ended.
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT] {
        system::ignore_signal(signal, true);
    }
    let folder = Folder::new(&held.folder);
    let Some(pid) = Pid::from_raw(held.pid) else { return };
    let mut intake = Intake::new(&folder, held.output, pipes);
    let code = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(container) => {
            intake.take_until(&container);
            collect(pid)
        }
        // Without a descriptor of it the output waits for its end.
        Err(_) => collect(pid),
    };
    if let Some(members) = &held.members {
        // What cannot be killed goes with the container.
        let _ = Cgroups::kill_in(members);
    }
    intake.drain();
    let killed = held.counter.as_deref().and_then(|path| fs::read_to_string(path).ok());
    let exit = Exit {
        version: VERSION,
        code,
        out_of_memory: killed.is_some_and(|counter| Cgroups::killed(&counter) > 0),
        started_nanos: held.started,
        ended_nanos: now_nanos(),
        output_dropped: intake.dropped,
        last_segment: intake.writer.as_ref().map_or(0, SegmentWriter::number),
    };
    // If it cannot be written, as on a full disk, this process ends without: the container is lost, and says so.
    let _ = write_record(&folder.exit(), exit.to_json().as_bytes(), true);
}

/// How a child ended, as shells count it.
pub(crate) fn collect(pid: Pid) -> i32 {
    loop {
        match waitpid(Some(pid), WaitOptions::empty()) {
            Ok(Some((_, status))) => {
                let signal = status.terminating_signal().map(|signal| 128 + signal);
                if let Some(code) = status.exit_status().or(signal) {
                    return code;
                }
            }
            Ok(None) | Err(Errno::INTR) => {}
            // Not a child, which cannot be: something must be said.
            Err(_) => return 255,
        }
    }
}

/// The output of a container on its way into segments.
struct Intake {
    writer: Option<SegmentWriter>,
    /// Those that are still open.
    pipes: [Option<OwnedFd>; 2],
    block: bool,
    /// Tells when a segment was removed.
    removals: Option<OwnedFd>,
    /// Room for a header before what is read.
    buffer: Vec<u8>,
    dropped: u64,
}

const STREAMS: [Stream; 2] = [Stream::Stdout, Stream::Stderr];

impl Intake {
    fn new(folder: &Folder, output: Option<(u64, u32, bool)>, pipes: Option<[OwnedFd; 2]>) -> Self {
        let (bytes, segments, block) = output.unwrap_or_default();
        let watch = || {
            let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
            add_watch(&inotify, folder.output(), WatchFlags::DELETE)?;
            Ok::<_, Errno>(inotify)
        };
        let removals = if block { watch().ok() } else { None };
        let pipes = pipes.map(|pipes| pipes.map(Some)).unwrap_or_default();
        for pipe in pipes.iter().flatten() {
            let _ = rustix::io::ioctl_fionbio(pipe, true);
        }
        Self {
            writer: output.map(|_| SegmentWriter::new(&folder.output(), bytes, segments)),
            pipes,
            // Without a way to hear of room, output is lost rather than the container held up for ever.
            block: block && removals.is_some(),
            removals,
            buffer: Vec::new(),
            dropped: 0,
        }
    }

    /// Takes output until the container is over.
    fn take_until(&mut self, container: &OwnedFd) {
        loop {
            let full = self.block && !self.writer.as_ref().is_some_and(|writer| writer.room().unwrap_or(true));
            let mut fds = vec![PollFd::new(container, PollFlags::IN)];
            let mut which = Vec::new();
            if full {
                fds.extend(self.removals.as_ref().map(|fd| PollFd::new(fd, PollFlags::IN)));
            } else {
                for (index, pipe) in self.pipes.iter().enumerate() {
                    if let Some(pipe) = pipe {
                        fds.push(PollFd::new(pipe, PollFlags::IN));
                        which.push(index);
                    }
                }
            }
            match poll(&mut fds, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return,
            }
            let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
            if ready.first() == Some(&true) {
                return;
            }
            if full {
                self.hear_removals();
                continue;
            }
            for (index, _) in which.into_iter().zip(ready.into_iter().skip(1)).filter(|(_, ready)| *ready) {
                self.take(index, false);
            }
        }
    }

    /// Takes what is left, which is no more than pipes hold: nobody writes any more.
    fn drain(&mut self) {
        for index in 0..self.pipes.len() {
            while self.take(index, true) {}
        }
    }

    /// Takes what can be read of a pipe at once; false if that is nothing.
    fn take(&mut self, index: usize, beyond: bool) -> bool {
        let Some(pipe) = &self.pipes[index] else { return false };
        self.buffer.resize(HEADER + MAX_BLOCK, 0);
        match rustix::io::read(pipe, &mut self.buffer[HEADER..]) {
            Ok(0) => {
                self.pipes[index] = None;
                false
            }
            Ok(length) => {
                self.keep(length, STREAMS[index], beyond);
                true
            }
            Err(Errno::INTR) => true,
            Err(Errno::AGAIN) => false,
            Err(_) => {
                self.pipes[index] = None;
                false
            }
        }
    }

    fn keep(&mut self, length: usize, stream: Stream, beyond: bool) {
        let Some(writer) = &mut self.writer else { return };
        let kept = writer.write(&mut self.buffer[..HEADER + length], now_nanos(), stream, beyond);
        if !matches!(kept, Ok(Ok(()))) {
            self.dropped += length as u64;
        }
    }

    fn hear_removals(&self) {
        let mut events = [0; 4096];
        if let Some(removals) = &self.removals {
            while rustix::io::read(removals.as_fd(), &mut events).is_ok_and(|length| length > 0) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_survives_becoming_another_program() {
        let held = Held {
            folder: "/run/berth x/a".into(),
            pid: 7,
            started: 9,
            counter: Some("/sys/fs/cgroup/x".into()),
            members: Some("/sys/fs/cgroup/y".into()),
            output: Some((1 << 20, 3, true)),
        };
        let arguments: Vec<OsString> = held.to_arguments().into_iter().skip(2).map(OsString::from_vec).collect();
        assert_eq!(Held::of_arguments(&arguments), Some(held));
    }
}

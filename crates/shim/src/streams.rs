//! The standard streams of a container's first process: pipes, or a terminal.

use std::fs::{self, File};
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use berth_runtime::{ContainerSpec, Folder, Output};
use rustix::fs::{Mode, OFlags, Uid, fchown};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use crate::failure::{Result, at, broken, failed, refused};

const CONSOLE: &str = "console";

/// The streams, at both of their ends.
pub(crate) struct Streams {
    /// What the process gets: input, output, error. Nothing if it gets them from its console.
    pub(crate) given: Option<[OwnedFd; 3]>,
    /// What its output is read from.
    read: Option<[OwnedFd; 2]>,
    console: Option<Console>,
}

/// Where the library says which terminal it made.
struct Console {
    listener: UnixListener,
    path: PathBuf,
}

impl Streams {
    /// `user`: the host's number of who owns them, so that the process can open them again by their names.
    pub(crate) fn of(folder: &Folder, spec: &ContainerSpec, user: u32) -> Result<Self> {
        if spec.process.terminal {
            return Ok(Self { given: None, read: None, console: Some(Console::listen(folder)?) });
        }
        let input = if spec.open_input { endless(user)? } else { null(false)? };
        if spec.output == Output::Discard {
            return Ok(Self { given: Some([input, null(true)?, null(true)?]), read: None, console: None });
        }
        let pipe = || {
            let (reader, writer) = io::pipe().map_err(failed("making a pipe"))?;
            own(&writer, user)?;
            Ok((OwnedFd::from(reader), OwnedFd::from(writer)))
        };
        let ((out, out_writer), (err, err_writer)) = (pipe()?, pipe()?);
        Ok(Self { given: Some([input, out_writer, err_writer]), read: Some([out, err]), console: None })
    }

    /// Where the library finds the console.
    pub(crate) fn console(&self) -> Option<PathBuf> {
        self.console.as_ref().map(|console| console.path.clone())
    }

    /// What the output is read from, once the process is there; nothing if there is none to be read.
    pub(crate) fn output(self) -> Result<Option<[OwnedFd; 2]>> {
        // A terminal does not tell output and error apart. Somebody has to hold it, also when nobody wants to read it.
        self.console.map_or(Ok(self.read), |console| Ok(Some([console.terminal()?, null(false)?])))
    }
}

impl Console {
    fn listen(folder: &Folder) -> Result<Self> {
        let path = folder.path().join(CONSOLE);
        // Of an attempt that was cut off.
        let _ = fs::remove_file(&path);
        // The name of a socket is short, a path need not be.
        let parent = rustix::fs::open(folder.path(), OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
            .map_err(|errno| at("opening", folder.path())(errno.into()))?;
        let short = format!("/proc/self/fd/{}/{CONSOLE}", parent.as_raw_fd());
        Ok(Self { listener: UnixListener::bind(short).map_err(at("making", &path))?, path })
    }

    /// The terminal, from where what is written to it can be read. It was sent before the process came to be.
    fn terminal(self) -> Result<OwnedFd> {
        let doing = "taking over the container's terminal";
        self.listener.set_nonblocking(true).map_err(failed(doing))?;
        let (socket, _) = self.listener.accept().map_err(failed(doing))?;
        socket.set_nonblocking(true).map_err(failed(doing))?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut name = [0; 64];
        recvmsg(&socket, &mut [IoSliceMut::new(&mut name)], &mut control, RecvFlags::CMSG_CLOEXEC).map_err(refused(doing))?;
        let rights = |message| match message {
            RecvAncillaryMessage::ScmRights(rights) => Some(rights),
            _ => None,
        };
        let terminal = control.drain().filter_map(rights).flatten().next();
        fs::remove_file(&self.path).map_err(at("removing", &self.path))?;
        terminal.ok_or_else(|| broken(doing, &"it did not come"))
    }
}

/// An input that nobody writes to and that has no end: its reader is its writer too.
fn endless(user: u32) -> Result<OwnedFd> {
    let (reader, _) = io::pipe().map_err(failed("making a pipe"))?;
    own(&reader, user)?;
    let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
    File::options().read(true).write(true).open(path).map(OwnedFd::from).map_err(failed("opening a pipe at both ends"))
}

fn own(pipe: &impl AsFd, user: u32) -> Result<()> {
    fchown(pipe, Some(Uid::from_raw(user)), None).map_err(refused("giving a pipe to the container's user"))
}

fn null(write: bool) -> Result<OwnedFd> {
    File::options().read(!write).write(write).open("/dev/null").map(OwnedFd::from).map_err(failed("opening /dev/null"))
}

//! The socket itself: who may come in, and for how long.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};

use super::door;
use super::library::Images;
use crate::volumes::{self, Shelf};

/// A request's head has to be here by then.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const LONGEST_HEAD: usize = 16 << 10;
/// Connections at the same time.
const MOST: usize = 32;

/// Why the socket cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {}: {cause}", socket.display())]
pub struct ServeError {
    doing: &'static str,
    socket: PathBuf,
    #[source]
    cause: io::Error,
}

/// Serves the library, and the machine's shared volumes, at a socket until the shutdown. Only root and our own user may call. Whoever calls this has the folder to itself: a
/// socket that an earlier process left is removed.
///
/// # Errors
/// The socket cannot be made.
pub(crate) async fn serve(
    socket: &Path,
    images: Images,
    volumes: Shelf,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let failed = |doing| move |cause| ServeError { doing, socket: socket.to_owned(), cause };
    let listener = bind(socket).map_err(failed("listening at"))?;
    let places = Arc::new(Semaphore::new(MOST));
    let own = rustix::process::geteuid().as_raw();
    let accepting = async {
        loop {
            // Never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) if admitted(&stream, own) => {
                    let (images, volumes) = (images.clone(), volumes.clone());
                    tokio::spawn(async move {
                        connection(stream, images, volumes).await;
                        drop(place);
                    });
                }
                Ok(_) => tracing::warn!("another user tried the agent's socket"),
                Err(error) => {
                    tracing::warn!(%error, "accepting at the agent's socket");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = shutdown.wait_for(|ends| *ends) => {}
    }
    match fs::remove_file(socket) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(failed("removing")(cause)),
        _ => Ok(()),
    }
}

/// Binds by way of the folder's descriptor: a socket's own path may have 107 bytes only.
fn bind(socket: &Path) -> io::Result<UnixListener> {
    let (Some(folder), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the path of a socket"));
    };
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let folder = File::open(folder)?;
    let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
    let listener = UnixListener::bind(&short)?;
    // Who connects before this is looked at like everybody else.
    fs::set_permissions(socket, Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn admitted(stream: &UnixStream, own: u32) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == 0 || peer.uid() == own)
}

async fn connection(stream: UnixStream, images: Images, shelf: Shelf) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (images, shelf) = (images.clone(), shelf.clone());
        async move {
            let answer = match request.uri().path() {
                "/volumes" => volumes::answer(&shelf, request.method(), request.uri().query().unwrap_or_default()).await,
                _ => door::answer(&images, request).await,
            };
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(LONGEST_HEAD);
    if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection of the agent's socket broke");
    }
}

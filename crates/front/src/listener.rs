//! Connections: accepted while there is room, served until the door closes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

use crate::{Door, exchange};

/// Serves connections until `closing` turns true, then lets running requests end within the limit.
pub async fn serve(door: Arc<Door>, listener: TcpListener, mut closing: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(door.limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = closed(&mut closing) => break,
            accepted = accept(&listener, &room) => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        if let Some((stream, peer, place)) = accepted {
            let door = Arc::clone(&door);
            let closing = closing.clone();
            connections.spawn(async move {
                connection(door, stream, peer, closing).await;
                drop(place);
            });
        }
    }
    info!(connections = connections.len(), "closing");
    let drained =
        tokio::time::timeout(door.limits.closing_time, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        warn!(connections = connections.len(), "requests still ran when the closing time was over");
    }
}

/// Waits until the door closes; also if nobody is left to close it.
async fn closed(closing: &mut watch::Receiver<bool>) {
    drop(closing.wait_for(|closing| *closing).await);
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            // Out of descriptors, or a peer that left: the next accept may do. Yield, so that closing is seen.
            warn!(%error, "accepting a connection failed");
            tokio::task::yield_now().await;
            None
        }
    }
}

async fn connection(door: Arc<Door>, stream: TcpStream, peer: SocketAddr, mut closing: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, %peer, "setting TCP_NODELAY failed");
    }
    let limits = door.limits;
    let seen = closing.clone();
    let service = service_fn(move |request| {
        let (door, closing) = (Arc::clone(&door), seen.clone());
        async move { Ok::<_, Infallible>(exchange::answer(door, peer, request, closing).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes)
        .max_headers(limits.headers)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = closed(&mut closing) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, %peer, "a connection ended early");
    }
}

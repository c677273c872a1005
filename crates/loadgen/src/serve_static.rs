//! The floor: a server that reads requests and answers the same bytes, with the HTTP library and the runtime that Berth has.

use std::convert::Infallible;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::cli::ServeStatic;

/// Serves until a signal ends it.
pub(crate) fn run(server: &ServeStatic) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(serve(server))
}

#[allow(clippy::print_stdout)] // The address is what a caller waits for.
async fn serve(server: &ServeStatic) -> Result<()> {
    let listener = TcpListener::bind(server.listen).await.with_context(|| format!("listening on {}", server.listen))?;
    println!("{}", listener.local_addr().context("asking for the listening address")?);
    let body = Bytes::from(vec![b' '; server.bytes]);
    loop {
        let (stream, _) = listener.accept().await.context("accepting a connection")?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        let body = body.clone();
        let service = service_fn(move |request| answer(request, body.clone()));
        // A connection that ends early is the client's affair.
        tokio::spawn(async move { drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await) });
    }
}

async fn answer(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    // The body is read, as any server must; whether it came whole does not matter here.
    drop(request.into_body().collect().await);
    Ok(Response::new(Full::new(body)))
}

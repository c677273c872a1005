//! A pull over the socket: the answer says how far it is.

use berth_oci::Reference;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Response, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::answer::Answer;
use super::library::Images;
use super::listing::PullLine;

/// Lines that wait to be sent. When nobody takes them, those that say how far it is are left out.
const LINES: usize = 64;

/// Begins a pull and answers at once; what becomes of it follows in the answer's body. Whoever stops reading calls it off.
pub(super) fn answer(images: Images, name: Reference) -> Answer {
    let (lines, mut told) = mpsc::channel(LINES);
    let work = tokio::spawn(async move {
        let progress = |progress| {
            // One that is slow misses some.
            let _ = lines.try_send(line(&PullLine::Progress(progress)));
        };
        let outcome = outcome(&images, &name, &progress).boxed().await;
        // Nobody may be there any more.
        let _ = lines.send(line(&outcome)).await;
    });
    let called_off = CallOff(work.abort_handle());
    let body = futures_util::stream::poll_fn(move |cx| {
        let _ = &called_off;
        told.poll_recv(cx).map(|line| line.map(|line| Ok(Frame::data(line))))
    });
    let mut answer = Response::new(StreamBody::new(body).boxed());
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/x-ndjson"));
    answer
}

async fn outcome(images: &Images, name: &Reference, progress: &(dyn Fn(super::PullProgress) + Sync)) -> PullLine {
    // Held until its name was looked at.
    let _landed = match images.pull(name, progress).await {
        Ok(landed) => landed,
        Err(failure) => return PullLine::Error(failure.to_string()),
    };
    let (library, wanted) = (images.clone(), name.clone());
    match tokio::task::spawn_blocking(move || library.inspect(&wanted)).await {
        Ok(Ok(Some(image))) => PullLine::Pulled(Box::new(image.listed)),
        Ok(Ok(None)) => PullLine::Error(format!("{} was removed while it was pulled", name.familiar())),
        Ok(Err(error)) => PullLine::Error(error.to_string()),
        Err(_) => PullLine::Error("the agent is ending".to_owned()),
    }
}

struct CallOff(AbortHandle);

impl Drop for CallOff {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn line(line: &PullLine) -> Bytes {
    // Nothing in it refuses to be written.
    let mut text = serde_json::to_vec(line).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

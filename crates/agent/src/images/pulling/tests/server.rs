//! A registry that does what a test tells it, down to the bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use berth_oci::Digest;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) method: String,
    /// The server's own address.
    pub(super) host: String,
    /// With its query.
    pub(super) path: String,
    pub(super) authorization: Option<String>,
    pub(super) range: Option<String>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) ending: Ending,
}

/// How much of it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Whole,
    /// Then the connection is closed.
    CutAt(usize),
    /// Then nothing comes any more.
    StallAt(usize),
    /// Nothing comes at all.
    Silence,
    /// Without a length, again and again, until the other side has enough.
    Endless,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), ending: Ending::Whole }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(super) fn ending(self, ending: Ending) -> Self {
        Self { ending, ..self }
    }

    /// An error as registries write them.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::status(status).body(json!({"errors": [{"code": code, "message": message}]}).to_string())
    }
}

type Handler = dyn Fn(&Asked) -> Option<Reply> + Send + Sync;

/// A registry at work. What its handler does not answer is answered as a good registry would.
pub(super) struct Server {
    pub(super) address: String,
    content: Arc<Mutex<Content>>,
    pub(super) asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Default)]
struct Content {
    blobs: HashMap<String, Vec<u8>>,
    tags: HashMap<String, (String, Vec<u8>)>,
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

impl Server {
    pub(super) async fn start(handler: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (content, asked) = (Arc::new(Mutex::new(Content::default())), Arc::new(Mutex::new(Vec::new())));
        let handler: Arc<Handler> = Arc::new(handler);
        let (at_work, noted) = (Arc::clone(&content), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&handler), Arc::clone(&at_work), Arc::clone(&noted)));
            }
        });
        Self { address, content, asked }
    }

    /// An honest one.
    pub(super) async fn good() -> Self {
        Self::start(|_| None).await
    }

    /// Gives an image of these layers a tag; answers its digest.
    pub(super) fn push(&self, tag: &str, layers: &[&str]) -> Digest {
        let layers: Vec<Vec<u8>> = layers.iter().map(|text| layer(text)).collect();
        let diff_ids: Vec<Digest> = layers.iter().map(|layer| Digest::of(layer)).collect();
        let config = json!({"os": "linux", "config": {"Cmd": ["/file"]}, "rootfs": {"type": "layers", "diff_ids": diff_ids}});
        let config = self.blob(config.to_string().into_bytes());
        let described = |(digest, size): (Digest, usize), kind: &str| json!({"mediaType": format!("application/vnd.oci.image.{kind}"), "digest": digest, "size": size});
        let layers: Vec<_> = layers.into_iter().map(|layer| described(self.blob(layer), "layer.v1.tar")).collect();
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": described(config, "config.v1+json"), "layers": layers,
        });
        self.tag(tag, MANIFEST, manifest.to_string().into_bytes())
    }

    pub(super) fn tag(&self, tag: &str, kind: &str, document: Vec<u8>) -> Digest {
        let digest = Digest::of(&document);
        let mut content = self.content.lock().unwrap();
        content.tags.insert(digest.to_string(), (kind.to_owned(), document.clone()));
        content.tags.insert(tag.to_owned(), (kind.to_owned(), document));
        digest
    }

    fn blob(&self, bytes: Vec<u8>) -> (Digest, usize) {
        let (digest, size) = (Digest::of(&bytes), bytes.len());
        self.content.lock().unwrap().blobs.insert(digest.to_string(), bytes);
        (digest, size)
    }

    /// What was asked since it was asked last.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// The image's name there.
    pub(super) fn name(&self, tag: &str) -> String {
        format!("{}/team/app:{tag}", self.address)
    }
}

/// A layer of one file, larger than one read.
pub(super) fn layer(text: &str) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    let content = text.repeat(300_000 / text.len());
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, "file", content.as_bytes()).unwrap();
    archive.into_inner().unwrap()
}

/// As an honest registry has it.
fn answer(asked: &Asked, content: &Content) -> Reply {
    let path = asked.path.split('?').next().unwrap();
    let (folder, name) = path.rsplit_once('/').unwrap();
    if folder.ends_with("/manifests") {
        return match content.tags.get(name) {
            Some((kind, document)) => Reply::status(200)
                .with("Content-Type", kind)
                .with("Docker-Content-Digest", Digest::of(document).to_string())
                .body(document.clone()),
            None => Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
        };
    }
    let Some(blob) = content.blobs.get(name) else { return Reply::error(404, "BLOB_UNKNOWN", "blob unknown to registry") };
    let from = asked.range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    match from {
        Some(from) => Reply::status(206)
            .with("Content-Range", format!("bytes {from}-{}/{}", blob.len() - 1, blob.len()))
            .body(&blob[from..]),
        None => Reply::status(200).body(blob.clone()),
    }
}

async fn serve(mut stream: TcpStream, handler: Arc<Handler>, content: Arc<Mutex<Content>>, noted: Arc<Mutex<Vec<Asked>>>) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let mut words = head.split_whitespace();
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
            line.map(|line| line.split_once(':').unwrap().1.trim().to_owned())
        };
        let asked = Asked {
            method: words.next().unwrap().to_owned(),
            host: header("host").unwrap(),
            path: words.next().unwrap().to_owned(),
            authorization: header("authorization"),
            range: header("range"),
        };
        noted.lock().unwrap().push(asked.clone());
        let reply = handler(&asked).unwrap_or_else(|| answer(&asked, &content.lock().unwrap()));
        if send(&mut stream, &asked, reply).await.is_none() {
            return;
        }
    }
}

/// Nothing if the connection is not to be used again.
async fn send(stream: &mut TcpStream, asked: &Asked, reply: Reply) -> Option<()> {
    if reply.ending == Ending::Silence {
        // Until the other side has had enough.
        let _ = stream.read_u8().await;
        return None;
    }
    let mut head = format!("HTTP/1.1 {} Whatever\r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let length = if reply.ending == Ending::Endless {
        "Connection: close\r\n".to_owned()
    } else {
        format!("Content-Length: {}\r\n", reply.body.len())
    };
    stream.write_all(format!("{head}{length}\r\n").as_bytes()).await.ok()?;
    if asked.method == "HEAD" {
        return Some(());
    }
    match reply.ending {
        Ending::Silence => None,
        Ending::Whole => stream.write_all(&reply.body).await.ok(),
        Ending::CutAt(at) => {
            stream.write_all(&reply.body[..at]).await.ok()?;
            None
        }
        Ending::StallAt(at) => {
            stream.write_all(&reply.body[..at]).await.ok()?;
            // Until the other side has had enough.
            let _ = stream.read_u8().await;
            None
        }
        Ending::Endless => loop {
            stream.write_all(&reply.body).await.ok()?;
        },
    }
}

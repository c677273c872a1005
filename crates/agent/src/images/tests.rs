//! The library and its socket, with archives as `docker save` writes them.

mod archive;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use berth_oci::Limits;
use berth_testkit::eventually;
use tempfile::TempDir;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::watch;

use super::tidying::keep_tidy_after;
use super::{ImageSettings, Images, ImportProgress, LocalClient, LocalError, serve};
use crate::volumes::{Shelf, Volumes};
pub(super) use archive::{Saved, saved};

/// An agent's socket over a library of its own.
struct Agent {
    folder: TempDir,
    images: Images,
    client: LocalClient,
    shutdown: watch::Sender<bool>,
}

impl Agent {
    async fn start() -> Self {
        Self::within(tempfile::tempdir().unwrap(), "agent").await
    }

    async fn within(folder: TempDir, below: &str) -> Self {
        let home = folder.path().join(below);
        std::fs::create_dir_all(&home).unwrap();
        let limits = Limits { free_bytes: 0, ..Limits::default() };
        let images = Images::open(&home.join("images"), ImageSettings { limits, ..ImageSettings::default() }).unwrap();
        let socket = home.join("agent.sock");
        let (shutdown, ends) = watch::channel(false);
        let (served, at) = (images.clone(), socket.clone());
        let shelf = Shelf::new(Volumes::in_folder(&home.join("volumes")), tokio::sync::mpsc::channel(1).0);
        tokio::spawn(async move { serve(&at, served, shelf, ends).await.unwrap() });
        let client = LocalClient::new(&socket);
        eventually("the socket is there", async || client.list().await.ok()).await;
        Self { folder, images, client, shutdown }
    }

    async fn import(&self, image: &Saved) -> Vec<super::ImportedImage> {
        self.client.import(std::io::Cursor::new(saved(&[image])), None, |_| {}).await.unwrap()
    }

    fn tidy(&self) {
        tokio::spawn(keep_tidy_after(Duration::ZERO, self.images.clone(), self.shutdown.subscribe()));
    }
}

fn image(name: &str, content: &str) -> Saved {
    Saved { names: vec![name.to_owned()], files: vec![("file".to_owned(), content.as_bytes().to_vec())] }
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn imported_image_is_listed_and_resolved() {
    let agent = Agent::start().await;
    let mut progress = Vec::new();
    let archive = saved(&[&image("app:1", "content")]);
    let imported =
        agent.client.import(std::io::Cursor::new(archive), Some("other/app"), |step| progress.push(step)).await.unwrap();
    assert_eq!(imported[0].names, ["app:1", "other/app:latest"]);
    assert!(progress.iter().any(|step| matches!(step, ImportProgress::Received(1..))), "{progress:?}");

    let listed = agent.client.list().await.unwrap();
    assert_eq!((listed.len(), &listed[0].names, &listed[0].id), (1, &imported[0].names, &imported[0].id));
    assert_eq!((listed[0].created_at.as_deref(), listed[0].in_use_by.len()), (Some("2026-01-02T03:04:05Z"), 0));
    assert!(listed[0].imported_at > 0);

    let resolved = agent.images.resolve("docker.io/library/app:1").await.unwrap();
    assert_eq!((&resolved.image_id, resolved.config.cmd.as_slice()), (&imported[0].id, &["/file".to_owned()][..]));
    assert_eq!(resolved.manifest_digest, None);
    assert_eq!(std::fs::read_to_string(resolved.layers[0].join("file")).unwrap(), "content");
}

#[tokio::test]
async fn image_that_is_not_there_is_told_with_what_to_do() {
    let agent = Agent::start().await;
    let told = async |name: &str| agent.images.resolve(name).await.unwrap_err().to_string();
    let text = told("app:9").await;
    assert!(
        text.starts_with("CannotPullContainerError: app:9 is not on this machine") && text.contains("berth image import"),
        "{text}"
    );
    let obtained = agent.images.obtain("127.0.0.1:9/app:9", "task").await;
    let text = obtained.image.unwrap_err().to_string();
    assert!(text.contains("failed to resolve ref 127.0.0.1:9/app:9") && text.contains("berth image import"), "{text}");
    assert!(obtained.pull.is_some(), "a registry was asked");
    assert!(told("UPPER").await.starts_with("CannotPullContainerError: UPPER: invalid reference format"));
}

#[tokio::test]
async fn name_means_the_image_that_got_it_last() {
    let agent = Agent::start().await;
    agent.import(&image("app", "old")).await;
    let old = agent.images.resolve("app").await.unwrap();
    let new = agent.import(&image("app", "new")).await;
    assert_eq!(agent.images.resolve("app").await.unwrap().image_id, new[0].id);
    assert_ne!(old.image_id, new[0].id);
    assert!(old.layers[0].exists());
}

#[tokio::test]
async fn image_in_use_keeps_its_last_name_unless_forced() {
    let agent = Agent::start().await;
    agent.import(&image("app", "content")).await;
    let used = agent.images.resolve_for("app", "task-1").await.unwrap();
    assert_eq!(used.user(), Some("task-1"));
    let refused = agent.client.remove("app", false).await.unwrap_err();
    let LocalError::InUse { message, tasks } = refused else { panic!("{refused}") };
    assert_eq!(
        (message.as_str(), tasks),
        ("app:latest is used by task-1; stop them first, or force it", vec!["task-1".to_owned()])
    );
    agent.client.remove("app", true).await.unwrap();
    assert!(agent.images.resolve("app").await.is_err());
    let listed = agent.client.list().await.unwrap();
    assert_eq!((listed[0].names.len(), listed[0].in_use_by.as_slice()), (0, &["task-1".to_owned()][..]));
    drop(used);
    assert_eq!(agent.client.list().await.unwrap(), []);
    let refused = agent.client.remove("app", false).await.unwrap_err().to_string();
    assert_eq!(refused, "there is no image app:latest on this machine");
}

#[tokio::test]
async fn one_of_two_names_goes_although_the_image_is_used() {
    let agent = Agent::start().await;
    let both = Saved { names: vec!["a:1".to_owned(), "b:1".to_owned()], ..image("a:1", "content") };
    agent.import(&both).await;
    let _used = agent.images.resolve_for("a:1", "task").await.unwrap();
    agent.client.remove("a:1", false).await.unwrap();
    assert_eq!(agent.client.list().await.unwrap()[0].names, ["b:1"]);
}

#[tokio::test]
async fn disk_is_given_back_when_the_last_user_is_gone() {
    let agent = Agent::start().await;
    agent.import(&image("app", "content")).await;
    let folder = agent.images.store().folder().to_owned();
    let used = agent.images.resolve_for("app", "task").await.unwrap();
    agent.client.remove("app", true).await.unwrap();
    agent.tidy();
    let layer = used.layers[0].clone();
    eventually("the trash was looked at", async || (entries(&folder.join("trash")) == 0).then_some(())).await;
    assert!(layer.exists());
    let again = agent.images.adopt(used.manifest, "task").await.unwrap();
    assert_eq!(again.layers, used.layers);
    drop((used, again));
    agent.import(&image("other", "other")).await;
    eventually("the layer is gone", async || (!layer.exists() && entries(&folder.join("blobs/sha256")) == 3).then_some(())).await;
}

#[tokio::test]
async fn library_is_there_after_a_restart_and_images_are_adopted() {
    let agent = Agent::start().await;
    agent.import(&image("app", "content")).await;
    let used = agent.images.resolve_for("app", "task").await.unwrap();
    let (manifest, layers) = (used.manifest, used.layers.clone());
    let Agent { folder, images, client: _, shutdown } = agent;
    shutdown.send_replace(true);
    drop((used, images));
    let home = folder.path().join("agent");
    eventually("the store is closed", async || Images::open(&home.join("images"), ImageSettings::default()).ok()).await;
    let agent = Agent::within(folder, "agent").await;
    let adopted = agent.images.adopt(manifest, "task").await.unwrap();
    assert_eq!((adopted.layers.clone(), agent.images.resolve("app").await.unwrap().layers.clone()), (layers.clone(), layers));
}

#[tokio::test]
async fn archive_that_is_none_is_refused_and_leaves_nothing() {
    let agent = Agent::start().await;
    let cases: [(Vec<u8>, &str); 3] = [
        (b"hello".to_vec(), "archive"),
        (Vec::new(), "there is no image in it"),
        (saved(&[&image("app", "x")])[..1024].to_vec(), ""),
    ];
    for (archive, expected) in cases {
        let error = agent.client.import(std::io::Cursor::new(archive), None, |_| {}).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(agent.client.list().await.unwrap(), []);
    agent.tidy();
    let folder = agent.images.store().folder().to_owned();
    eventually("blobs are gone", async || (entries(&folder.join("blobs/sha256")) == 0).then_some(())).await;
}

#[tokio::test]
async fn image_that_cannot_be_unpacked_leaves_the_name_as_it_was() {
    let agent = Agent::start().await;
    agent.import(&image("app", "good")).await;
    let before = agent.client.list().await.unwrap();
    // It would take away the folder that it is in.
    let hostile = Saved { names: vec!["app".to_owned()], files: vec![(".wh..".to_owned(), Vec::new())] };
    let error = agent.client.import(std::io::Cursor::new(saved(&[&hostile])), Some("more"), |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("entry `.wh..`"), "{error}");
    assert_eq!(agent.client.list().await.unwrap(), before);
}

#[tokio::test]
async fn two_images_cannot_have_one_more_name() {
    let agent = Agent::start().await;
    let archive = saved(&[&image("a", "a"), &image("b", "b")]);
    let error = agent.client.import(std::io::Cursor::new(archive.clone()), Some("c"), |_| {}).await.unwrap_err().to_string();
    assert!(error.contains("there are 2 images in it, and one name"), "{error}");
    assert_eq!(agent.client.import(std::io::Cursor::new(archive), None, |_| {}).await.unwrap().len(), 2);
}

/// Gives what it has, and then nothing: as a sender that was stopped.
struct Stuck(std::io::Cursor<Vec<u8>>);

impl AsyncRead for Stuck {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.0).poll_read(cx, buffer);
        if buffer.filled().len() == before { Poll::Pending } else { read }
    }
}

#[tokio::test]
async fn upload_that_is_called_off_leaves_nothing() {
    let agent = Agent::start().await;
    let archive = saved(&[&Saved { files: vec![("big".to_owned(), vec![7; 4 << 20])], ..image("app", "") }]);
    let half = archive[..archive.len() / 2].to_vec();
    let (begun, mut begins) = watch::channel(false);
    let client = agent.client.clone();
    let upload = tokio::spawn(async move {
        let told = |_| {
            begun.send_replace(true);
        };
        client.import(Stuck(std::io::Cursor::new(half)), None, told).await
    });
    begins.wait_for(|begun| *begun).await.unwrap();
    upload.abort();
    assert_eq!(agent.client.list().await.unwrap(), []);
    agent.tidy();
    let folder = agent.images.store().folder().to_owned();
    let empty = async || ["blobs/sha256", "staging", "layers"].iter().all(|name| entries(&folder.join(name)) == 0).then_some(());
    eventually("nothing is left", empty).await;
}

#[tokio::test]
async fn archive_that_cannot_be_read_says_so() {
    struct Broken;
    impl AsyncRead for Broken {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
            Poll::Ready(Err(std::io::Error::other("the disk is on fire")))
        }
    }
    let agent = Agent::start().await;
    let error = agent.client.import(Broken, None, |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "reading the archive: the disk is on fire");
}

#[tokio::test]
async fn socket_may_lie_deep_and_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let deep: PathBuf = std::iter::repeat_n("a-rather-long-name-of-a-folder", 8).collect();
    let agent = Agent::within(tempfile::tempdir().unwrap(), deep.to_str().unwrap()).await;
    let socket = agent.folder.path().join(deep).join("agent.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    agent.shutdown.send_replace(true);
    eventually("the socket is gone", async || (!socket.exists()).then_some(())).await;
    let error = agent.client.list().await.unwrap_err().to_string();
    assert!(error.contains("is `berth up` or `berth agent` running?"), "{error}");
}

#[tokio::test]
async fn image_that_was_resolved_costs_a_look_into_memory() {
    let agent = Agent::start().await;
    agent.import(&image("app", "content")).await;
    agent.images.resolve("app").await.unwrap();
    let names = agent.folder.path().join("agent/images/refs");
    std::fs::rename(&names, names.with_extension("away")).unwrap();
    agent.images.resolve_for("app", "task").await.unwrap();
}

#[tokio::test]
async fn images_are_shown_and_pruned_over_the_socket() {
    let agent = Agent::start().await;
    let imported = agent.import(&image("app:1", "content")).await;
    agent.import(&image("other:1", "more")).await;
    let shown = agent.client.inspect("app:1").await.unwrap();
    assert_eq!((shown.listed.id.as_str(), shown.config.cmd.as_slice()), (imported[0].id.as_str(), &["/file".to_owned()][..]));
    assert_eq!((shown.layers.len(), shown.listed.digest), (1, None));
    assert!(agent.client.inspect("none").await.unwrap_err().to_string().contains("there is no image none:latest"));
    assert_eq!(agent.client.prune(false).await.unwrap(), [] as [String; 0], "what was imported stays unless it is asked for");
    let used = agent.images.resolve_for("app:1", "task").await.unwrap();
    assert_eq!(agent.client.prune(true).await.unwrap(), ["other:1"]);
    drop(used);
    assert_eq!(agent.client.prune(true).await.unwrap(), ["app:1"]);
    let error = agent.client.pull("127.0.0.1:9/app", |_| {}).await.unwrap_err().to_string();
    assert!(error.starts_with("pull image manifest has been retried 5 time(s)"), "{error}");
}

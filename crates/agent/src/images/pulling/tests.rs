//! Pulls from registries that are good, and from some that are not.

mod ahead;
mod hostile;
mod keeping;
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use berth_oci::Limits;
use berth_testkit::eventually;
use tempfile::TempDir;

use super::super::{ImageSettings, Images, Patience, PullBehavior, Registries, RegistrySettings};
use server::{Asked, Ending, Reply, Server};

/// A machine without images.
struct Machine {
    folder: TempDir,
    images: Images,
}

impl Machine {
    fn new() -> Self {
        Self::with(PullBehavior::Default, Registries::new())
    }

    fn with(behavior: PullBehavior, registries: Registries) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let images = Images::open(&folder.path().join("images"), settings(behavior, registries)).unwrap();
        Self { folder, images }
    }

    /// The image's digest as tasks show it, or the container's reason.
    async fn obtain(&self, image: &str) -> Result<Option<String>, String> {
        let obtained = self.images.obtain(image, "arn:aws:ecs:us-east-1:123456789012:task/default/1").await;
        let resolved = obtained.image.map_err(|error| error.to_string())?;
        assert!(resolved.layers.iter().all(|layer| layer.join("file").is_file()), "unpacked");
        Ok(resolved.manifest_digest.clone())
    }

    /// Of a pull that must fail: the reason. Nothing is half there.
    async fn refused(&self, image: &str) -> String {
        let reason = self.obtain(image).await.unwrap_err();
        assert!(reason.starts_with("CannotPullContainerError: "), "{reason}");
        assert!(self.images.list().unwrap().is_empty(), "no name is given");
        assert_eq!(std::fs::read_dir(self.folder.path().join("images/layers")).unwrap().count(), 0, "no layer is there");
        reason
    }
}

fn settings(behavior: PullBehavior, registries: Registries) -> ImageSettings {
    let patience = Patience {
        answer: Duration::from_secs(5),
        stall: Duration::from_millis(300),
        attempts: 3,
        pause: Duration::from_millis(1),
        longest_pause: Duration::from_secs(2),
        pull: Duration::from_secs(30),
    };
    let limits = Limits { free_bytes: 0, ..Limits::default() };
    ImageSettings { behavior, registries, patience, limits, ..ImageSettings::default() }
}

fn counted() -> (Arc<AtomicUsize>, impl Fn() -> usize + Send + Sync + 'static) {
    let count = Arc::new(AtomicUsize::new(0));
    let own = Arc::clone(&count);
    (count, move || own.fetch_add(1, Ordering::SeqCst))
}

fn is_blob(asked: &Asked) -> bool {
    asked.path.contains("/blobs/")
}

#[tokio::test]
async fn an_image_is_pulled_once_and_then_only_asked_for() {
    let (machine, server) = (Machine::new(), Server::good().await);
    let digest = server.push("1", &["one", "two"]);
    assert_eq!(machine.obtain(&server.name("1")).await, Ok(Some(digest.to_string())));
    assert_eq!(server.asked().iter().filter(|asked| is_blob(asked)).count(), 3);

    let again = machine.images.obtain(&server.name("1"), "task").await;
    let pull = again.pull.expect("the registry was asked");
    assert!(pull.started_at <= pull.stopped_at);
    let asked: Vec<String> = server.asked().into_iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    assert_eq!(asked, ["HEAD /v2/team/app/manifests/1"]);

    // What the tag means now is what runs now; what both have is not fetched again.
    let newer = server.push("1", &["one", "three"]);
    assert_eq!(machine.obtain(&server.name("1")).await, Ok(Some(newer.to_string())));
    assert_eq!(server.asked().iter().filter(|asked| is_blob(asked)).count(), 2);

    // A digest says it all.
    let pinned = format!("{}/team/app@{digest}", server.address);
    assert_eq!(machine.obtain(&pinned).await, Ok(Some(digest.to_string())));
    server.asked();
    assert!(machine.images.obtain(&pinned, "task").await.pull.is_none());
    assert_eq!(server.asked(), []);
}

#[tokio::test]
async fn a_cut_or_stalled_download_goes_on_where_it_was() {
    for ending in [Ending::CutAt(100_000), Ending::StallAt(100_000)] {
        let (count, next) = counted();
        let server = Server::start(move |asked| {
            let is_layer = is_blob(asked) && asked.range.is_none();
            // The first answer about the layer is the second about blobs.
            (is_layer && next() == 1).then(|| Reply::status(200).body(server::layer("one")).ending(ending))
        })
        .await;
        let digest = server.push("1", &["one"]);
        assert_eq!(Machine::new().obtain(&server.name("1")).await, Ok(Some(digest.to_string())));
        assert_eq!(count.load(Ordering::SeqCst), 2, "{ending:?}");
        let ranges: Vec<String> = server.asked().into_iter().filter_map(|asked| asked.range).collect();
        assert_eq!(ranges, ["bytes=100000-"], "{ending:?}");
    }
}

#[tokio::test]
async fn a_registry_without_ranges_sends_all_again() {
    let (_, next) = counted();
    let server = Server::start(move |asked| {
        if !is_blob(asked) || next() == 0 {
            return None;
        }
        let whole = Reply::status(200).body(server::layer("one"));
        Some(if asked.range.is_some() { whole } else { whole.ending(Ending::CutAt(70_000)) })
    })
    .await;
    let digest = server.push("1", &["one"]);
    assert_eq!(Machine::new().obtain(&server.name("1")).await, Ok(Some(digest.to_string())));
}

#[tokio::test]
async fn a_busy_registry_is_asked_again_when_it_wants() {
    for status in [429, 503] {
        let (count, next) = counted();
        let busy = move |_: &Asked| (next() == 0).then(|| Reply::status(status).with("Retry-After", "1"));
        let server = Server::start(busy).await;
        server.push("1", &["one"]);
        let begin = std::time::Instant::now();
        Machine::new().obtain(&server.name("1")).await.unwrap();
        assert!(begin.elapsed() >= Duration::from_secs(1), "{status}");
        assert!(count.load(Ordering::SeqCst) > 1);
    }
    let far = |_: &Asked| {
        let reply = Reply::error(429, "TOOMANYREQUESTS", "You have reached your pull rate limit.");
        Some(reply.with("Retry-After", "3600"))
    };
    let server = Server::start(far).await;
    let reason = Machine::new().refused(&server.name("1")).await;
    assert!(reason.contains("has been retried 1 time(s)") && reason.contains("429 Too Many Requests"), "{reason}");
}

/// A login for a registry, and the folder with its password.
fn login(registry: &str) -> (Registries, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let password_file = folder.path().join("password");
    std::fs::write(&password_file, "hunter2\n").unwrap();
    let own =
        RegistrySettings { username: Some("me".to_owned()), password_file: Some(password_file), ..RegistrySettings::default() };
    (Registries::from([(registry.to_owned(), own)]), folder)
}

/// `me:hunter2`.
const LOGIN: &str = "Basic bWU6aHVudGVyMg==";

#[tokio::test]
async fn a_token_is_fetched_with_the_login_and_shown_to_the_registry_alone() {
    let storage = Server::good().await;
    let elsewhere = storage.address.clone();
    let (_, next) = counted();
    let server = Server::start(move |asked| {
        if asked.path.starts_with("/token") {
            return Some(Reply::status(200).body(format!(r#"{{"token": "secret-{}", "expires_in": 300}}"#, next())));
        }
        // The first token is not good any more when it comes to blobs.
        let is_good = match asked.authorization.as_deref() {
            Some("Bearer secret-0") => !is_blob(asked),
            Some("Bearer secret-1") => true,
            _ => false,
        };
        if !is_good {
            let challenge =
                format!(r#"Bearer realm="http://{}/token",service="reg&x",scope="repository:team/app:pull""#, asked.host);
            return Some(Reply::status(401).with("WWW-Authenticate", challenge));
        }
        is_blob(asked).then(|| Reply::status(307).with("Location", format!("http://{elsewhere}{}?signature=x", asked.path)))
    })
    .await;
    let digest = server.push("1", &["one"]);
    storage.push("1", &["one"]);
    let (registries, _folder) = login(&server.address);
    let machine = Machine::with(PullBehavior::Default, registries);
    assert_eq!(machine.obtain(&server.name("1")).await, Ok(Some(digest.to_string())));
    let tokens: Vec<Asked> = server.asked().into_iter().filter(|asked| asked.path.starts_with("/token")).collect();
    assert_eq!(tokens.len(), 2, "one, and another when it was refused");
    assert!(tokens.iter().all(|asked| asked.authorization.as_deref() == Some(LOGIN)));
    assert_eq!(tokens[0].path, "/token?service=reg%26x&scope=repository%3Ateam%2Fapp%3Apull");
    let stored = storage.asked();
    assert!(stored.len() >= 2 && stored.iter().all(|asked| asked.authorization.is_none()), "{stored:?}");
    // What is still good is used again.
    machine.obtain(&server.name("1")).await.unwrap();
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_token_that_has_run_out_is_not_shown_again() {
    let (count, next) = counted();
    let server = Server::start(move |asked| {
        if asked.path.starts_with("/token") {
            next();
            return Some(Reply::status(200).body(r#"{"access_token": "t", "expires_in": 1}"#));
        }
        let challenge = format!(r#"Bearer realm="http://{}/token""#, asked.host);
        asked.authorization.is_none().then(|| Reply::status(401).with("WWW-Authenticate", challenge))
    })
    .await;
    server.push("1", &["one"]);
    let machine = Machine::new();
    machine.obtain(&server.name("1")).await.unwrap();
    let before = count.load(Ordering::SeqCst);
    machine.obtain(&server.name("1")).await.unwrap();
    assert!(count.load(Ordering::SeqCst) > before);
    assert!(server.asked().iter().all(|asked| asked.authorization.as_deref() != Some(LOGIN)), "nobody logged in");
}

#[tokio::test]
async fn a_login_is_shown_when_it_is_asked_for() {
    let guarded = |asked: &Asked| {
        let is_good = asked.authorization.as_deref() == Some(LOGIN);
        let challenge = || Reply::error(401, "UNAUTHORIZED", "authentication required").with("WWW-Authenticate", "Basic realm=x");
        (!is_good).then(challenge)
    };
    let server = Server::start(guarded).await;
    let digest = server.push("1", &["one"]);
    let reason = Machine::new().refused(&server.name("1")).await;
    assert!(reason.contains("pull access denied") && reason.contains("no basic auth credentials"), "{reason}");
    let (registries, folder) = login(&server.address);
    let machine = Machine::with(PullBehavior::Default, registries.clone());
    assert_eq!(machine.obtain(&server.name("1")).await, Ok(Some(digest.to_string())));
    std::fs::write(folder.path().join("password"), "wrong").unwrap();
    let reason = Machine::with(PullBehavior::Default, registries).refused(&server.name("1")).await;
    assert!(reason.contains("pull access denied") && reason.contains("authentication required"), "{reason}");
    assert!(!reason.contains("wrong") && !reason.contains("d3Jvbmc"), "{reason}");
}

#[tokio::test]
async fn mirrors_come_first_and_the_registry_itself_last() {
    let (dead, mirror, own) = (Server::start(|_| Some(Reply::status(500))).await, Server::good().await, Server::good().await);
    let (digest, newer) = (mirror.push("1", &["one"]), own.push("2", &["two"]));
    own.push("1", &["not this one"]);
    let mirrors = [&dead, &mirror].map(|server| format!("http://{}", server.address)).to_vec();
    let settings = RegistrySettings { mirrors, ..RegistrySettings::default() };
    let machine = Machine::with(PullBehavior::Default, Registries::from([(own.address.clone(), settings)]));
    assert_eq!(machine.obtain(&own.name("1")).await, Ok(Some(digest.to_string())));
    assert_eq!((dead.asked().is_empty(), own.asked().is_empty()), (false, true));
    assert_eq!(machine.obtain(&own.name("2")).await, Ok(Some(newer.to_string())), "what no mirror has");
}

#[tokio::test]
async fn what_is_not_there_or_not_an_image_is_said_in_awss_words() {
    let server = Server::good().await;
    let name = server.name("none");
    let reason = Machine::new().refused(&name).await;
    let expected = format!(
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {name}: team/app:none: \
         not found: server message: manifest_unknown: manifest unknown"
    );
    assert_eq!(reason, expected);
    let gone = "127.0.0.1:9/app:1";
    let reason = Machine::new().refused(gone).await;
    let begins = format!(
        "CannotPullContainerError: pull image manifest has been retried 3 time(s): failed to resolve ref {gone}: failed to do request: Head \"http://127.0.0.1:9/v2/app/manifests/1\": "
    );
    assert!(reason.starts_with(&begins) && reason.contains("refused"), "{reason}");
    let reason = Machine::new().refused("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:1").await;
    assert!(reason.contains("built-in registry"), "{reason}");
}

#[tokio::test]
async fn what_several_want_comes_once_even_if_the_first_goes_away() {
    let server = Server::start(|_| None).await;
    let digest = server.push("1", &["one"]);
    let machine = Arc::new(Machine::new());
    let name = server.name("1");
    let many: Vec<_> = (0..8).map(|_| machine.images.obtain(&name, "task")).collect();
    let all = futures_util::future::join_all(many).await;
    assert!(all.iter().all(|one| one.image.as_ref().unwrap().manifest_digest == Some(digest.to_string())));
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|asked| asked.method == "HEAD").count(), 1);
    assert_eq!(asked.iter().filter(|asked| is_blob(asked)).count(), 2);

    // Nothing comes for whoever was first; that one gives up, the other goes on.
    let (_, next) = counted();
    let slow =
        Server::start(move |asked| (is_blob(asked) && next() == 0).then(|| Reply::status(200).ending(Ending::Silence))).await;
    slow.push("1", &["slow"]);
    let obtain = |task: &'static str| {
        let (machine, name) = (Arc::clone(&machine), slow.name("1"));
        tokio::spawn(async move { machine.images.obtain(&name, task).await.image.is_ok() })
    };
    let first = obtain("first");
    eventually("the first waits", async || slow.asked.lock().unwrap().iter().any(is_blob).then_some(())).await;
    let second = obtain("second");
    let flights = &machine.images.shared.puller.flights;
    let both = async || flights.lock().unwrap().values().any(|flight| Arc::strong_count(flight) == 3).then_some(());
    eventually("the second waits", both).await;
    first.abort();
    assert!(second.await.unwrap());
}

#[tokio::test]
async fn a_pull_that_is_called_off_leaves_nothing() {
    let server = Server::start(|asked| is_blob(asked).then(|| Reply::status(200).ending(Ending::Silence))).await;
    server.push("1", &["one"]);
    let machine = Arc::new(Machine::new());
    let (own, name) = (Arc::clone(&machine), server.name("1"));
    let pull = tokio::spawn(async move { own.images.obtain(&name, "task").await.image.is_ok() });
    eventually("it has begun", async || server.asked.lock().unwrap().iter().any(is_blob).then_some(())).await;
    pull.abort();
    let staging = machine.folder.path().join("images/staging");
    let is_empty = async || (std::fs::read_dir(&staging).unwrap().count() == 0).then_some(());
    eventually("nothing is left aside", is_empty).await;
    assert!(machine.images.list().unwrap().is_empty());
}

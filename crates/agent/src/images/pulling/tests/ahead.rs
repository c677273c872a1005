//! Images that are pulled before tasks come.

use std::sync::atomic::AtomicBool;

use super::super::super::{CleanupSettings, pull_ahead};
use super::*;

const INSTANCE: &str = "arn:aws:ecs:us-east-1:123456789012:container-instance/default/1";

impl Machine {
    /// One that pulls what it is told to.
    fn ahead(cleanup: CleanupSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = ImageSettings { cleanup, ..settings(PullBehavior::Default, Registries::new()) };
        let images = Images::open(&folder.path().join("images"), settings).unwrap();
        tokio::spawn(pull_ahead(images.clone()));
        Self { folder, images }
    }

    fn expect(&self, images: &[&str]) {
        self.images.expect(images.iter().map(|image| (*image).to_owned()).collect(), INSTANCE);
    }

    fn names(&self) -> Vec<String> {
        self.images.list().unwrap().into_iter().flat_map(|image| image.names).collect()
    }

    async fn has(&self, image: &str) {
        eventually("the image is here", async || self.names().contains(&image.to_owned()).then_some(())).await;
    }
}

/// Images go only because the disk is full.
fn on_any_disk() -> CleanupSettings {
    CleanupSettings { disk_low: 101, minimum_age: Duration::ZERO, ..CleanupSettings::default() }
}

#[tokio::test]
async fn what_is_expected_is_pulled_and_unpacked_before_anybody_asks_for_it() {
    let (machine, server) = (Machine::ahead(on_any_disk()), Server::good().await);
    let (one, two) = (server.name("1"), server.name("2"));
    let digest = server.push("1", &["one"]);
    server.push("2", &["one", "two"]);
    machine.expect(&[&one, "no name at all", "127.0.0.1:9/app:1", &two]);
    machine.has(&one).await;
    machine.has(&two).await;
    server.asked();
    assert_eq!(machine.obtain(&one).await, Ok(Some(digest.to_string())));
    let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.method).collect();
    assert_eq!(asked, ["HEAD"], "the task has it at once");
}

#[tokio::test]
async fn what_failed_is_tried_again_when_it_is_said_again() {
    let is_down = Arc::new(AtomicBool::new(true));
    let down = Arc::clone(&is_down);
    let server = Server::start(move |_| down.load(Ordering::SeqCst).then(|| Reply::status(404))).await;
    let (machine, name) = (Machine::ahead(on_any_disk()), server.name("1"));
    server.push("1", &["one"]);
    machine.expect(&[&name]);
    eventually("it was tried", async || (!server.asked.lock().unwrap().is_empty()).then_some(())).await;
    is_down.store(false, Ordering::SeqCst);
    machine.expect(&[&name]);
    machine.has(&name).await;
}

#[tokio::test]
async fn nothing_is_pulled_ahead_onto_a_disk_that_fills_up_but_for_tasks_it_is() {
    let server = Server::good().await;
    let machine = Machine::ahead(CleanupSettings { disk_low: 0, ..CleanupSettings::default() });
    server.push("1", &["one"]);
    server.push("2", &["two"]);
    let refused = machine.images.fetch_ahead(&server.name("1"), INSTANCE).await.unwrap_err().to_string();
    assert!(refused.contains("from 0 % on"), "{refused}");
    assert_eq!((server.asked().len(), machine.names()), (0, Vec::new()));
    machine.obtain(&server.name("2")).await.unwrap();
}

#[tokio::test]
async fn what_is_expected_stays_until_it_is_not_or_the_disk_is_too_full() {
    let (machine, server) = (Machine::ahead(on_any_disk()), Server::good().await);
    let name = server.name("1");
    server.push("1", &["one"]);
    machine.expect(&[&name]);
    machine.has(&name).await;
    assert_eq!(machine.images.clean_up(u64::MAX, false).unwrap(), Vec::<String>::new());
    machine.expect(&[]);
    assert_eq!(machine.images.clean_up(u64::MAX, false).unwrap().as_slice(), std::slice::from_ref(&name));
    machine.expect(&[&name]);
    machine.has(&name).await;
    assert_eq!(machine.images.clean_up(u64::MAX, true).unwrap(), [name]);
}

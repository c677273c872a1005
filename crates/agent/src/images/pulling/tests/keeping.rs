//! When registries are asked, and what is kept.

use super::*;
use crate::images::settings::CleanupSettings;
use crate::images::tidying::keep_tidy_after;

#[tokio::test]
async fn behaviors_differ_in_what_they_ask_and_what_they_bear() {
    for (behavior, asks, runs_without) in [
        (PullBehavior::Default, true, true),
        (PullBehavior::Always, true, false),
        (PullBehavior::Once, false, true),
        (PullBehavior::PreferCached, false, true),
    ] {
        let (count, next) = counted();
        // The first pull takes four requests; then the registry is gone.
        let server = Server::start(move |_| (next() >= 4).then(|| Reply::status(500))).await;
        let digest = server.push("1", &["one"]);
        let machine = Machine::with(behavior, Registries::new());
        assert_eq!(machine.obtain(&server.name("1")).await, Ok(Some(digest.to_string())), "{behavior}");
        assert_eq!(count.load(Ordering::SeqCst), 4);
        let again = machine.obtain(&server.name("1")).await;
        assert_eq!(again.is_ok(), runs_without, "{behavior}: {again:?}");
        assert_eq!(count.load(Ordering::SeqCst) > 4, asks, "{behavior}");
    }
}

#[tokio::test]
async fn what_somebody_put_here_is_not_replaced_by_a_stranger() {
    let server = Server::good().await;
    let digest = server.push("1", &["a stranger's"]);
    for (behavior, expected) in [(PullBehavior::Default, None), (PullBehavior::Always, Some(digest.to_string()))] {
        let machine = Machine::with(behavior, Registries::new());
        let name = server.name("1");
        let image = crate::images::tests::Saved { names: vec![name.clone()], files: vec![("file".to_owned(), b"ours".to_vec())] };
        let archive = crate::images::tests::saved(&[&image]);
        let images = machine.images.clone();
        tokio::task::spawn_blocking(move || images.import(archive.as_slice(), None, &berth_oci::Watch::nobody()).unwrap())
            .await
            .unwrap();
        assert_eq!(machine.obtain(&name).await, Ok(expected), "{behavior}");
    }
}

#[tokio::test]
async fn clean_up_takes_what_nobody_uses_and_a_later_task_pulls_it_again() {
    let server = Server::good().await;
    server.push("1", &["one"]);
    server.push("2", &["two"]);
    let machine = Machine::new();
    let used = machine.images.obtain(&server.name("1"), "task").await.image.unwrap();
    machine.obtain(&server.name("2")).await.unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let names = |removed: Vec<String>| removed.iter().map(|name| name.rsplit_once(':').unwrap().1.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(machine.images.clean_up(now, false).unwrap()), [] as [String; 0], "too young");
    assert_eq!(names(machine.images.clean_up(now + 3600, false).unwrap()), ["2"]);
    machine.images.store().collect(&berth_oci::InUse::default()).unwrap();
    assert!(used.layers[0].join("file").is_file(), "what runs keeps what it has");
    assert_eq!(names(machine.images.clean_up(now + 130, true).unwrap()), [] as [String; 0], "in use, whatever the pressure");
    drop(used);
    assert_eq!(names(machine.images.clean_up(now + 130, true).unwrap()), ["1"]);
    machine.images.store().collect(&berth_oci::InUse::default()).unwrap();
    server.asked();
    machine.obtain(&server.name("1")).await.unwrap();
    assert!(server.asked().iter().any(is_blob));
}

#[tokio::test]
async fn what_nobody_uses_goes_by_itself_when_it_is_old_and_when_the_disk_is_full() {
    let soon = CleanupSettings { minimum_age: Duration::ZERO, ..CleanupSettings::default() };
    let by_age = CleanupSettings { interval: Duration::ZERO, disk_high: u8::MAX, ..soon.clone() };
    let by_pressure = CleanupSettings { disk_high: 0, disk_low: 0, ..soon };
    for cleanup in [by_age, by_pressure] {
        let server = Server::good().await;
        server.push("1", &["one"]);
        server.push("2", &["two"]);
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("images");
        let settings = ImageSettings { cleanup, ..settings(PullBehavior::Default, Registries::new()) };
        let images = Images::open(&place, settings).unwrap();
        let used = images.obtain(&server.name("1"), "task").await.image.unwrap();
        images.obtain(&server.name("2"), "task").await.image.unwrap();
        let (_running, shutdown) = tokio::sync::watch::channel(false);
        tokio::spawn(keep_tidy_after(Duration::ZERO, images.clone(), shutdown));
        let names = || images.list().unwrap().into_iter().flat_map(|image| image.names).collect::<Vec<_>>();
        eventually("one image is left", async || (names() == [server.name("1")]).then_some(())).await;
        let layers = || std::fs::read_dir(place.join("layers")).unwrap().count();
        eventually("one layer is left", async || (layers() == 1).then_some(())).await;
        assert!(used.layers[0].join("file").is_file(), "what runs keeps what it has");
    }
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_at_the_start() {
    let of = |settings: RegistrySettings| Registries::from([("registry.test".to_owned(), settings)]);
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for (registries, expected) in [
        (of(RegistrySettings { mirrors: vec!["mirror.test".to_owned()], ..RegistrySettings::default() }), "mirror.test"),
        (of(RegistrySettings { ca_file: Some("/none".into()), ..RegistrySettings::default() }), "/none"),
        (of(RegistrySettings { ca_file: Some(empty.clone()), ..RegistrySettings::default() }), "no certificate"),
        (of(RegistrySettings { username: Some("me".to_owned()), ..RegistrySettings::default() }), "go together"),
    ] {
        let error = Images::open(folder.path(), settings(PullBehavior::Default, registries)).unwrap_err().to_string();
        assert!(error.contains("registry.test") && error.contains(expected), "{error}");
    }
}

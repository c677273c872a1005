//! Registries that lie, or mean harm.

use berth_oci::Digest;
use serde_json::json;

use super::*;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What comes of a pull from a registry that does this.
async fn reason(handler: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> String {
    let server = Server::start(handler).await;
    server.push("1", &["one"]);
    Machine::new().refused(&server.name("1")).await
}

#[tokio::test]
async fn blobs_that_are_others_or_of_another_size_are_refused() {
    let other = reason(|asked| is_blob(asked).then(|| Reply::status(200).body("x".repeat(100)))).await;
    assert!(other.contains("the registry has 100 bytes"), "{other}");
    let longer = reason(|asked| {
        let reply = Reply::status(200).body(vec![7; 64 << 10]).ending(Ending::Endless);
        is_blob(asked).then_some(reply)
    })
    .await;
    assert!(longer.contains("announced as sha256:"), "{longer}");
    let gone = reason(|asked| is_blob(asked).then(|| Reply::error(404, "BLOB_UNKNOWN", "blob unknown"))).await;
    assert!(gone.contains("ref pull has been retried 1 time(s)") && gone.contains("blob unknown"), "{gone}");
    let never = reason(|asked| is_blob(asked).then(|| Reply::status(200).body(vec![0; 9]).ending(Ending::CutAt(0)))).await;
    assert!(never.contains("CannotPullContainerError"), "{never}");
}

#[tokio::test]
async fn a_download_that_always_breaks_is_given_up() {
    let breaks = |asked: &Asked| {
        let part = Reply::status(206).with("Content-Range", "bytes 0-9/10").body("0123456789");
        let layer = server::layer("one");
        match &asked.range {
            _ if !is_blob(asked) => None,
            Some(_) => Some(part),
            None if asked.path.ends_with(&Digest::of(&layer).to_string()) => {
                Some(Reply::status(200).body(layer).ending(Ending::CutAt(1000)))
            }
            None => None,
        }
    };
    let text = reason(breaks).await;
    assert!(text.contains("another part came than was asked for"), "{text}");
    let stalls = |asked: &Asked| {
        let layer = server::layer("one");
        let is_layer = asked.path.ends_with(&Digest::of(&layer).to_string());
        let part =
            asked.range.as_ref().map(|range| format!("bytes {}-9/10", range.trim_start_matches("bytes=").trim_end_matches('-')));
        let reply = Reply::status(if part.is_some() { 206 } else { 200 }).body(layer).ending(Ending::StallAt(0));
        is_layer.then(|| reply.with("Content-Range", part.unwrap_or_default()))
    };
    let text = reason(stalls).await;
    assert!(text.contains("nothing came for"), "{text}");
}

#[tokio::test]
async fn manifests_that_are_none_are_refused() {
    let page = reason(|_| Some(Reply::status(200).with("Content-Type", "text/html").body("<p>Welcome to our hotel"))).await;
    assert!(page.contains("media type `text/html`"), "{page}");
    let endless =
        |asked: &Asked| (asked.method == "GET").then(|| Reply::status(200).body(vec![b' '; 64 << 10]).ending(Ending::Endless));
    let text = reason(endless).await;
    assert!(text.contains("larger than 4194304 bytes"), "{text}");
    // No digest in the head: then the document is read, as far as that makes sense.
    let text = reason(|asked| {
        let reply = Reply::status(200).with("Content-Type", MANIFEST);
        Some(if asked.method == "HEAD" { reply } else { reply.body(vec![b' '; 64 << 10]).ending(Ending::Endless) })
    })
    .await;
    assert!(text.contains("reading the manifest"), "{text}");
    let other = reason(|asked| (asked.method == "GET").then(|| Reply::status(200).body("{}"))).await;
    assert!(other.contains("announced as"), "{other}");

    let server = Server::good().await;
    let old = json!({"schemaVersion": 1, "name": "team/app", "fsLayers": []});
    server.tag("old", MANIFEST, old.to_string().into_bytes());
    let chart = json!({"schemaVersion": 2, "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json",
        "digest": Digest::of(b"x"), "size": 1}, "layers": []});
    server.tag("chart", MANIFEST, chart.to_string().into_bytes());
    let foreign = json!({"schemaVersion": 2, "manifests": [{"mediaType": MANIFEST, "digest": Digest::of(b"x"), "size": 1,
        "platform": {"os": "windows", "architecture": "amd64"}}]});
    server.tag("foreign", "application/vnd.oci.image.index.v1+json", foreign.to_string().into_bytes());
    for (tag, expected) in [("old", "schema 1"), ("chart", "not a container image"), ("foreign", "windows/amd64")] {
        let text = Machine::new().refused(&server.name(tag)).await;
        assert!(text.contains(expected), "{tag}: {text}");
    }
}

#[tokio::test]
async fn redirections_lead_nowhere_else() {
    for (location, expected) in [
        ("", "that is no place"),
        ("ftp://127.0.0.1/x", "that is no place"),
        ("http://me:secret@127.0.0.1/x", "that is no place"),
        ("file:///etc/passwd", "that is no place"),
        ("/again", "more than 5 times"),
    ] {
        let text = reason(move |_| Some(Reply::status(302).with("Location", location))).await;
        assert!(text.contains(expected), "{location}: {text}");
    }
}

#[tokio::test]
async fn token_services_that_lie_are_not_believed() {
    let with = async |realm: &'static str, answer: Reply| {
        reason(move |asked| {
            if asked.path.starts_with("/token") {
                return Some(answer.clone());
            }
            let challenge = format!("Bearer realm=\"{}\"", realm.replace("HOST", &asked.host));
            Some(Reply::status(401).with("WWW-Authenticate", challenge))
        })
        .await
    };
    let own = "http://HOST/token";
    let ok = |body: &str| Reply::status(200).body(body);
    for (realm, answer, expected) in [
        (own, ok("{}"), "has no token"),
        (own, ok("<p>"), "not what it should be"),
        (own, ok(r#"{"token": ""}"#), "has no token"),
        (own, ok(r#"{"token": "a\nX-Evil: b"}"#), "cannot be sent"),
        (own, Reply::status(200).body(vec![b' '; 1 << 20]).ending(Ending::Endless), "too long"),
        (own, Reply::status(200).body(format!(r#"{{"token": "{}"}}"#, "x".repeat(40_000))), "has no token"),
        (
            own,
            Reply::error(401, "DENIED", "requested access to the resource is denied"),
            "requested access to the resource is denied",
        ),
        (own, Reply::status(302).with("Location", "http://127.0.0.1:9/"), "302"),
        // A token that the registry does not take either: asked once more, not for ever.
        (own, ok(r#"{"token": "never good", "expires_in": 99999999999}"#), "pull access denied"),
        ("ftp://HOST/token", ok("{}"), "must be an https URL"),
        ("http://you@HOST/token", ok("{}"), "must be an https URL"),
        ("not a url", ok("{}"), "must be an https URL"),
    ] {
        let text = with(realm, answer).await;
        assert!(text.contains(expected) || text.contains("no URL"), "{realm} {expected}: {text}");
        assert!(!text.contains("never good"), "{text}");
    }
}

use super::*;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn names_are_filled_in_as_docker_does() {
    let digest = format!("sha256:{HEX}");
    let cases = [
        ("nginx", "docker.io/library/nginx:latest", "nginx:latest"),
        ("nginx:1.27-alpine", "docker.io/library/nginx:1.27-alpine", "nginx:1.27-alpine"),
        ("user/app", "docker.io/user/app:latest", "user/app:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest", "nginx:latest"),
        ("index.docker.io/library/nginx", "docker.io/library/nginx:latest", "nginx:latest"),
        ("docker.io/library/a/b:1", "docker.io/library/a/b:1", "library/a/b:1"),
        ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
        ("localhost:5000/app:v1", "localhost:5000/app:v1", "localhost:5000/app:v1"),
        ("app:5000", "docker.io/library/app:5000", "app:5000"),
        ("quay.io/a/b/c", "quay.io/a/b/c:latest", "quay.io/a/b/c:latest"),
        ("127.0.0.1:7300/x", "127.0.0.1:7300/x:latest", "127.0.0.1:7300/x:latest"),
        ("[::1]:5000/x:2", "[::1]:5000/x:2", "[::1]:5000/x:2"),
        ("REGISTRY/x", "REGISTRY/x:latest", "REGISTRY/x:latest"),
        ("a__b/c-d---e.f_g", "docker.io/a__b/c-d---e.f_g:latest", "a__b/c-d---e.f_g:latest"),
    ];
    for (text, full, familiar) in cases {
        let reference: Reference = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(reference.to_string(), full, "{text}");
        assert_eq!(reference.familiar(), familiar, "{text}");
        assert_eq!(full.parse::<Reference>().unwrap(), reference, "a full name is itself");
    }
    let both: Reference = format!("host:80/repo:tag@{digest}").parse().unwrap();
    assert_eq!((both.registry(), both.repository(), both.tag()), ("host:80", "repo", Some("tag")));
    assert_eq!(both.digest().unwrap().to_string(), digest);
    let by_digest: Reference = format!("nginx@{digest}").parse().unwrap();
    assert_eq!(by_digest.to_string(), format!("docker.io/library/nginx@{digest}"), "a digest needs no tag");
}

#[test]
fn what_is_no_name_is_refused() {
    let long = "a".repeat(256);
    let cases = [
        "",
        "Nginx",
        "user/App",
        "a//b",
        "/a",
        "a/",
        "a:",
        ":a",
        "a:b:c",
        "a b",
        "a@b",
        "a@sha256:12",
        "a___b",
        "-a",
        "a-",
        "a..b",
        "a:-x",
        "http://a/b",
        "a/b:ä",
        "../a",
        "a/../b",
        "host:port/a",
        "[::1/a",
        "[]:80/a",
        "[::1]80/a",
        "-h.io/a",
        "h..io/a",
        "a\0b",
        HEX,
        &long,
    ];
    for text in cases {
        assert!(text.parse::<Reference>().is_err(), "{text:?}");
    }
    assert!(format!("a:{}", "t".repeat(128)).parse::<Reference>().is_ok());
    assert!(format!("a:{}", "t".repeat(129)).parse::<Reference>().is_err());
    assert!(format!("a@SHA256:{HEX}").parse::<Reference>().is_err());
    assert!(format!("a@sha256:{}", HEX.to_uppercase()).parse::<Reference>().is_err());
}

#[test]
fn refusals_say_what_is_wrong() {
    let says = |text: &str| text.parse::<Reference>().unwrap_err().to_string();
    assert!(says("Nginx").contains("must be lowercase"));
    assert!(says("a:-x").contains("`-x` is not a tag"));
    assert!(says(HEX).contains("image id"));
}

proptest::proptest! {
    #[test]
    fn what_is_read_reads_back(text in "[a-zA-Z0-9.:/@_-]{0,40}") {
        if let Ok(reference) = text.parse::<Reference>() {
            proptest::prop_assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference.clone());
            proptest::prop_assert_eq!(reference.familiar().parse::<Reference>().unwrap(), reference);
        }
    }
}

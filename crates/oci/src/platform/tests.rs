use super::*;

fn platform(text: &str) -> Platform {
    let mut parts = text.split('/').map(str::to_owned);
    Platform { os: parts.next().unwrap(), architecture: parts.next().unwrap(), variant: parts.next() }
}

#[test]
fn the_best_build_that_runs_here_is_chosen() {
    let cases: [(&str, &[&str], Option<&str>); 8] = [
        ("linux/amd64", &["linux/arm64", "linux/amd64"], Some("linux/amd64")),
        ("linux/amd64", &["linux/amd64/v3", "linux/amd64"], Some("linux/amd64")),
        ("linux/amd64/v3", &["linux/amd64", "linux/amd64/v3", "linux/amd64/v4"], Some("linux/amd64/v3")),
        ("linux/arm64/v8", &["linux/arm64"], Some("linux/arm64")),
        ("linux/arm/v7", &["linux/arm/v5", "linux/arm/v6", "linux/arm64/v8"], Some("linux/arm/v6")),
        ("linux/arm/v6", &["linux/arm/v7"], None),
        ("linux/amd64", &["windows/amd64", "unknown/unknown"], None),
        ("linux/amd64", &["linux/amd64/strange"], None),
    ];
    for (here, builds, expected) in cases {
        let chosen = builds.iter().filter_map(|build| Some((platform(here).suits(&platform(build))?, *build))).max();
        assert_eq!(chosen.map(|(_, build)| build), expected, "{here} of {builds:?}");
    }
}

//! Where a registry's images are: its mirrors, then itself.

use std::net::IpAddr;

use http::Uri;
use http::uri::{Authority, Scheme};

use super::settings::{Registries, RegistrySettings, SettingsError};

/// The registry that `docker.io` stands for.
const DOCKER_HUB: &str = "registry-1.docker.io";

/// A server that images come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    /// What its settings stand under.
    pub(super) name: String,
}

impl Place {
    /// Whether this is a URL of this very server.
    pub(super) fn is_of(&self, uri: &Uri) -> bool {
        let port = |port: Option<u16>, scheme: Option<&str>| port.or(if scheme == Some("http") { Some(80) } else { Some(443) });
        let own_port = port(self.authority.port_u16(), Some(self.scheme.as_str()));
        uri.scheme() == Some(&self.scheme)
            && uri.host().is_some_and(|host| host.eq_ignore_ascii_case(self.authority.host()))
            && port(uri.port_u16(), uri.scheme_str()) == own_port
    }

    /// Whether what goes there can be read on the way, and that is wanted so.
    pub(super) fn is_plain(&self) -> bool {
        self.scheme == Scheme::HTTP
    }
}

/// Where to look for the images of a registry, in this order.
pub(super) fn places(registry: &str, registries: &Registries) -> Result<Vec<Place>, SettingsError> {
    let settings = registries.get(registry);
    let mirrors = settings.map(|settings| settings.mirrors.as_slice()).unwrap_or_default();
    let mut places = mirrors.iter().map(|mirror| of_mirror(registry, mirror)).collect::<Result<Vec<_>, _>>()?;
    let host = if registry == "docker.io" { DOCKER_HUB } else { registry };
    let authority: Authority = host.parse().map_err(|_| SettingsError::new(registry, "it is not the name of a host"))?;
    let scheme = if is_plain(authority.host(), settings) { Scheme::HTTP } else { Scheme::HTTPS };
    places.push(Place { scheme, authority, name: registry.to_owned() });
    Ok(places)
}

fn of_mirror(registry: &str, mirror: &str) -> Result<Place, SettingsError> {
    let refused = || SettingsError::new(registry, format!("`{mirror}` is not the URL of a mirror: https://HOST[:PORT]"));
    let uri: Uri = mirror.parse().map_err(|_| refused())?;
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else { return Err(refused()) };
    if !matches!(scheme.as_str(), "http" | "https") || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(refused());
    }
    if authority.as_str().contains('@') {
        return Err(refused());
    }
    Ok(Place { scheme: scheme.clone(), authority: authority.clone(), name: authority.as_str().to_owned() })
}

fn is_plain(host: &str, settings: Option<&RegistrySettings>) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    settings.is_some_and(|settings| settings.insecure)
        || is_loopback && settings.is_none_or(|settings| settings.ca_file.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(registry: &str, registries: &Registries) -> Vec<String> {
        let places = places(registry, registries).unwrap();
        places.iter().map(|place| format!("{}://{}", place.scheme, place.authority)).collect()
    }

    #[test]
    fn registries_speak_tls_unless_they_are_here_or_said_not_to() {
        let mut registries = Registries::new();
        registries.insert("lan:5000".to_owned(), RegistrySettings { insecure: true, ..RegistrySettings::default() });
        let ca = RegistrySettings { ca_file: Some("ca.pem".into()), ..RegistrySettings::default() };
        registries.insert("localhost:5001".to_owned(), ca);
        let mirrors = vec!["https://mirror.test".to_owned(), "http://127.0.0.1:5000/".to_owned()];
        registries.insert("docker.io".to_owned(), RegistrySettings { mirrors, ..RegistrySettings::default() });
        let cases: [(&str, &[&str]); 8] = [
            ("docker.io", &["https://mirror.test", "http://127.0.0.1:5000", "https://registry-1.docker.io"]),
            ("quay.io", &["https://quay.io"]),
            ("lan:5000", &["http://lan:5000"]),
            ("localhost:5000", &["http://localhost:5000"]),
            ("localhost:5001", &["https://localhost:5001"]),
            ("127.0.0.2", &["http://127.0.0.2"]),
            ("[::1]:5000", &["http://[::1]:5000"]),
            ("127.0.0.1.evil.test", &["https://127.0.0.1.evil.test"]),
        ];
        for (registry, expected) in cases {
            assert_eq!(urls(registry, &registries), expected, "{registry}");
        }
        for mirror in ["mirror.test", "ftp://x", "https://x/path", "https://me:secret@x", ""] {
            let settings = RegistrySettings { mirrors: vec![mirror.to_owned()], ..RegistrySettings::default() };
            let wrong = Registries::from([("quay.io".to_owned(), settings)]);
            assert!(places("quay.io", &wrong).is_err(), "{mirror}");
        }
    }

    #[test]
    fn another_host_port_or_scheme_is_another_server() {
        let place = places("quay.io", &Registries::new()).unwrap().remove(0);
        for (uri, same) in [
            ("https://quay.io/v2/", true),
            ("https://QUAY.io:443/x", true),
            ("http://quay.io/v2/", false),
            ("https://quay.io:8443/", false),
            ("https://quay.io.evil.test/", false),
            ("https://evil.test/quay.io", false),
        ] {
            assert_eq!(place.is_of(&uri.parse().unwrap()), same, "{uri}");
        }
    }
}

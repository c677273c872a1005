//! Where a control plane listens.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// A control plane's address: `http://HOST:PORT`, and a path if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    authority: String,
    path: String,
}

/// An address that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text} is no endpoint: it should look like http://127.0.0.1:7300")]
pub struct EndpointError {
    text: String,
}

impl Endpoint {
    /// Host and port, as the `Host` header names them.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// What paths start with; empty or without a slash at its end.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let none = || EndpointError { text: text.to_owned() };
        let uri: Uri = text.parse().map_err(|_| none())?;
        if !matches!(uri.scheme_str(), Some("http" | "ws")) || uri.query().is_some() {
            return Err(none());
        }
        let authority = uri.authority().ok_or_else(none)?;
        if authority.as_str().contains('@') {
            return Err(none());
        }
        Ok(Self { authority: authority.to_string(), path: uri.path().trim_end_matches('/').to_owned() })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_plain_http_address() {
        let endpoint = |text: &str| text.parse::<Endpoint>().map(|endpoint| endpoint.to_string()).ok();
        assert_eq!(endpoint("http://127.0.0.1:7300").as_deref(), Some("http://127.0.0.1:7300"));
        assert_eq!(endpoint("http://berth.example/base/").as_deref(), Some("http://berth.example/base"));
        for none in ["", "7300", "/path", "https://127.0.0.1:7300", "http://user@host", "http://host/?q"] {
            assert_eq!(endpoint(none), None, "{none}");
        }
    }
}

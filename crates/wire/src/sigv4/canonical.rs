//! The canonical form of a request: the bytes that both sides sign.

use percent_encoding::{percent_decode, percent_encode};

use crate::text::RESERVED;

/// A request but for its body, as it stands on the wire.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The method, such as `POST`.
    pub method: &'a str,
    /// The path, still encoded.
    pub path: &'a str,
    /// The query string, still encoded, without the question mark; empty if there is none.
    pub query: &'a str,
    /// Names of any case, and values; one pair per header line.
    pub headers: &'a [(&'a str, &'a [u8])],
}

/// How a path enters the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathStyle {
    /// Without empty and dot segments, and encoded once more: all services but object storage.
    #[default]
    Normalised,
    /// As it is, encoded once: object storage, where `a//b` is a name. Its presigned URLs do not sign the body.
    Verbatim,
}

impl<'a> Head<'a> {
    /// The values of a header, in order; `name` in lower case.
    pub(super) fn values(&self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// A header's one value as text; `None` where it is absent, stands twice or is no UTF-8.
    pub(super) fn only(&self, name: &'a str) -> Option<&'a str> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (Some(value), None) => std::str::from_utf8(value).ok().map(str::trim),
            _ => None,
        }
    }

    /// The query's parameters, decoded.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        self.query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name.as_bytes()).collect(), percent_decode(value.as_bytes()).collect())
        })
    }
}

/// Lays a request out for signing. `signed` are the names of the signed headers: lower case, sorted. `left_out` is the
/// query parameter that holds the signature itself.
pub(super) fn request(
    head: &Head<'_>,
    signed: &[String],
    payload_hash: &str,
    style: PathStyle,
    left_out: Option<&str>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    for line in [head.method, &path(head.path, style), &query(head, left_out)] {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    for name in signed {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        header_value(head, name, &mut out);
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(signed.join(";").as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload_hash.as_bytes());
    out
}

/// A header's values, joined by commas, without space around and with single spaces inside.
fn header_value(head: &Head<'_>, name: &str, out: &mut Vec<u8>) {
    for (index, value) in head.values(name).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        for (index, word) in words.enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
}

fn path(path: &str, style: PathStyle) -> String {
    match style {
        PathStyle::Verbatim => {
            let encode = |segment: &str| encoded(&percent_decode(segment.as_bytes()).collect::<Vec<_>>());
            let path: Vec<String> = path.split('/').map(encode).collect();
            let path = path.join("/");
            if path.is_empty() { "/".to_owned() } else { path }
        }
        PathStyle::Normalised => {
            let mut segments: Vec<String> = Vec::new();
            for segment in path.split('/') {
                match segment {
                    "" | "." => {}
                    ".." => {
                        segments.pop();
                    }
                    _ => segments.push(encoded(segment.as_bytes())),
                }
            }
            let start = if path.is_empty() || path.starts_with('/') { "/" } else { "" };
            let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
            format!("{start}{}{end}", segments.join("/"))
        }
    }
}

/// The parameters encoded anew and sorted, by name and then by value.
fn query(head: &Head<'_>, left_out: Option<&str>) -> String {
    let kept = head.parameters().filter(|(name, _)| left_out.is_none_or(|left_out| name != left_out.as_bytes()));
    let mut pairs: Vec<(String, String)> = kept.map(|(name, value)| (encoded(&name), encoded(&value))).collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// Encodes all bytes but the unreserved characters.
pub(super) fn encoded(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

//! Attributes of nfnetlink messages: written by chaining, read as a list. Numbers are big-endian, as nftables has them.

const HEADER: usize = 4;
/// `NFNETLINK_V0`.
const VERSION: u8 = 0;

/// Attributes one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attributes(Vec<u8>);

impl Attributes {
    /// The mark of a kind whose value is attributes.
    pub(crate) const NESTED: u16 = 0x8000;

    pub(crate) fn bytes(mut self, kind: u16, value: &[u8]) -> Self {
        // A value is at most 64 KiB; whoever writes lists splits them.
        let length = u16::try_from(HEADER + value.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_ne_bytes());
        self.0.extend_from_slice(&kind.to_ne_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub(crate) fn text(self, kind: u16, value: &str) -> Self {
        let mut bytes = value.as_bytes().to_vec();
        bytes.push(0);
        self.bytes(kind, &bytes)
    }

    pub(crate) fn number(self, kind: u16, value: u32) -> Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    pub(crate) fn long(self, kind: u16, value: u64) -> Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    pub(crate) fn nest(self, kind: u16, inner: &Self) -> Self {
        self.bytes(kind | Self::NESTED, &inner.0)
    }

    /// The whole as the body of a message: `nfgenmsg`, then the attributes.
    pub(crate) fn body(&self, family: i32) -> Vec<u8> {
        let mut body = vec![u8::try_from(family).unwrap_or(0), VERSION, 0, 0];
        body.extend_from_slice(&self.0);
        body
    }
}

/// Kind and value of each attribute; what is damaged ends the list.
pub(crate) fn read(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while let Some(([l0, l1, k0, k1], _)) = bytes.split_first_chunk::<HEADER>() {
        let length = usize::from(u16::from_ne_bytes([*l0, *l1]));
        let Some(value) = bytes.get(HEADER..length) else { break };
        found.push((u16::from_ne_bytes([*k0, *k1]) & !(Attributes::NESTED | 0x4000), value));
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

/// The value of the first attribute of a kind.
pub(crate) fn find(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    read(bytes).into_iter().find(|(found, _)| *found == kind).map(|(_, value)| value)
}

/// A text attribute without its final zero.
pub(crate) fn text(bytes: &[u8], kind: u16) -> Option<&str> {
    let value = find(bytes, kind)?;
    std::str::from_utf8(value.strip_suffix(&[0]).unwrap_or(value)).ok()
}

/// A number attribute.
pub(crate) fn number(bytes: &[u8], kind: u16) -> Option<u32> {
    find(bytes, kind)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(values in proptest::collection::vec((0u16..0x3fff, proptest::collection::vec(any::<u8>(), 0..40)), 0..20)) {
            let written = values.iter().fold(Attributes::default(), |all, (kind, value)| all.bytes(*kind, value));
            let read: Vec<(u16, Vec<u8>)> = read(&written.0).into_iter().map(|(kind, value)| (kind, value.to_vec())).collect();
            prop_assert_eq!(read, values);
        }

        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}

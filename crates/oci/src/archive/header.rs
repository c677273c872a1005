//! The 512 bytes before each entry.

use super::sparse::Extent;

/// Everything in a tar archive comes in blocks of this size.
pub(super) const BLOCK: usize = 512;

/// One header.
pub(super) struct Header(pub(super) [u8; BLOCK]);

impl Header {
    fn field(&self, at: usize, length: usize) -> &[u8] {
        &self.0[at..at + length]
    }

    /// Whether the checksum is right, counted with or without signs as old programs did.
    pub(super) fn is_whole(&self) -> bool {
        let Some(stored) = number(self.field(148, 8)).and_then(|sum| i64::try_from(sum).ok()) else { return false };
        let bytes = || self.0.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
        let unsigned: i64 = bytes().map(i64::from).sum();
        let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
        stored == unsigned || stored == signed
    }

    pub(super) fn kind(&self) -> u8 {
        self.0[156]
    }

    pub(super) fn path(&self) -> Vec<u8> {
        let name = text(self.field(0, 100));
        // Only the POSIX formats have a prefix; GNU keeps other things there.
        let prefix: &[u8] = match (self.field(257, 6), self.field(508, 4)) {
            (b"ustar\0", b"tar\0") => text(self.field(345, 131)),
            (b"ustar\0", _) => text(self.field(345, 155)),
            _ => b"",
        };
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }

    pub(super) fn link(&self) -> Vec<u8> {
        text(self.field(157, 100)).to_vec()
    }

    pub(super) fn mode(&self) -> Option<u32> {
        number(self.field(100, 8)).map(|mode| u32::try_from(mode & 0o7777).unwrap_or_default())
    }

    pub(super) fn uid(&self) -> Option<u32> {
        id(number(self.field(108, 8))?)
    }

    pub(super) fn gid(&self) -> Option<u32> {
        id(number(self.field(116, 8))?)
    }

    pub(super) fn size(&self) -> Option<u64> {
        number(self.field(124, 12))
    }

    /// Seconds; the base-256 form may be negative.
    pub(super) fn mtime(&self) -> Option<i64> {
        let field = self.field(136, 12);
        if field[0] == 0xff {
            let (_, low) = field.split_last_chunk::<8>()?;
            return Some(i64::from_be_bytes(*low));
        }
        number(field).and_then(|seconds| i64::try_from(seconds).ok())
    }

    /// The first pieces of an old GNU sparse file.
    pub(super) fn extents(&self) -> Option<Vec<Extent>> {
        pairs(self.field(386, 96))
    }

    pub(super) fn extents_go_on(&self) -> bool {
        self.0[482] != 0
    }

    pub(super) fn real_size(&self) -> Option<u64> {
        number(self.field(483, 12))
    }
}

/// More pieces, from a block of nothing else.
pub(super) fn further_extents(block: &[u8; BLOCK]) -> Option<Vec<Extent>> {
    pairs(&block[..504])
}

fn pairs(field: &[u8]) -> Option<Vec<Extent>> {
    field
        .chunks_exact(24)
        .take_while(|pair| pair[0] != 0)
        .map(|pair| Some(Extent { at: number(&pair[..12])?, length: number(&pair[12..])? }))
        .collect()
}

/// An id that the kernel can hold; all ones would mean "leave as it is".
pub(super) fn id(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|id| *id != u32::MAX)
}

/// What stands before the first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number in octal, or in base 256 if the first bit is set. An empty field is 0.
fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        // The second bit is the sign; nothing that is read here is negative.
        if first & 0x40 != 0 {
            return None;
        }
        return rest
            .iter()
            .try_fold(u64::from(first & 0x3f), |value, byte| value.checked_mul(256).map(|value| value | u64::from(*byte)));
    }
    let digits = field.trim_ascii_start();
    let end = digits.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(digits.len());
    digits[..end].iter().try_fold(0_u64, |value, byte| match byte {
        b'0'..=b'7' => value.checked_mul(8).map(|value| value | u64::from(byte - b'0')),
        _ => None,
    })
}

//! Extended headers: what pax and GNU put before an entry whose header is too small.

use super::header::id;
use super::sparse::Declared;

/// What the extended headers of one entry say.
#[derive(Default)]
pub(super) struct Extended {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    /// GNU's names, which count more than pax's.
    pub(super) long_path: Option<Vec<u8>>,
    pub(super) long_link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) mtime: Option<(i64, u32)>,
    pub(super) attributes: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) sparse: Declared,
}

impl Extended {
    /// Reads records of the form `LENGTH KEY=VALUE\n`; the length counts the whole record.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Option<()> {
        while !bytes.is_empty() {
            let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
            let length = usize::try_from(decimal(&bytes[..space])?).ok()?;
            if length <= space + 1 || length > bytes.len() {
                return None;
            }
            let (record, rest) = bytes.split_at(length);
            let record = record[space + 1..].strip_suffix(b"\n")?;
            let equals = record.iter().position(|byte| *byte == b'=')?;
            self.record(&record[..equals], &record[equals + 1..])?;
            bytes = rest;
        }
        Some(())
    }

    fn record(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        // An empty value takes back what was said before, which can only have been a global header; those are not read.
        if value.is_empty() && !key.starts_with(b"SCHILY.xattr.") {
            return Some(());
        }
        match key {
            b"path" => self.path = Some(value.to_vec()),
            b"linkpath" => self.link = Some(value.to_vec()),
            b"size" => self.size = Some(decimal(value)?),
            b"uid" => self.uid = Some(id(decimal(value)?)?),
            b"gid" => self.gid = Some(id(decimal(value)?)?),
            b"mtime" => self.mtime = Some(time(value)?),
            _ => {
                if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    self.attributes.push((name.to_vec(), value.to_vec()));
                } else if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.record(key, value)?;
                }
            }
        }
        Some(())
    }
}

/// A number in decimal.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(text).ok()?.parse().ok()
}

/// Seconds with a fraction: `-1.5` is half a second before the last second of 1969.
fn time(text: &[u8]) -> Option<(i64, u32)> {
    let (negative, digits) = text.strip_prefix(b"-").map_or((false, text), |digits| (true, digits));
    let point = digits.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = point.map_or((digits, &b""[..]), |point| (&digits[..point], &digits[point + 1..]));
    let seconds = i64::try_from(decimal(whole)?).ok()?;
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let nanos = (0..9).fold(0, |value, at| value * 10 + u32::from(fraction.get(at).map_or(0, |digit| digit - b'0')));
    Some(match (negative, nanos) {
        (false, _) => (seconds, nanos),
        (true, 0) => (-seconds, 0),
        (true, _) => (-seconds - 1, 1_000_000_000 - nanos),
    })
}

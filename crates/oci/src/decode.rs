//! Compressed streams: which it is shows in the first bytes, whatever a media type says.

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Frames that decoders skip have one of sixteen marks; zstd:chunked and seekable archives may begin with one.
const SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];
/// The window may be 128 MiB: more would cost too much memory, and the zstd command itself refuses it unless told otherwise.
const WINDOW_LOG: u32 = 27;
const BUFFER: usize = 128 << 10;

/// Undoes gzip or zstd; other streams pass as they are.
pub(crate) fn decoder<'a>(mut source: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut first = Vec::with_capacity(4);
    source.by_ref().take(4).read_to_end(&mut first)?;
    let is_gzip = first.starts_with(&GZIP);
    let is_zstd = first == ZSTD || (first.ends_with(&SKIPPABLE) && first[0] & 0xf0 == 0x50);
    let whole = Cursor::new(first).chain(source);
    Ok(if is_gzip {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, whole)))
    } else if is_zstd {
        let mut decoder = Decoder::with_buffer(BufReader::with_capacity(BUFFER, whole))?;
        decoder.window_log_max(WINDOW_LOG)?;
        Box::new(decoder)
    } else {
        Box::new(whole)
    })
}

use super::*;

#[test]
fn message_is_framed_with_two_checksums() {
    let bytes = message(&[("a", "bc")], b"{}");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!(number(0) as usize, bytes.len());
    assert_eq!(number(4), 6 + 1);
    assert_eq!(number(8), crc32fast::hash(&bytes[..8]));
    assert_eq!(&bytes[12..19], b"\x01a\x07\x00\x02bc");
    assert_eq!(&bytes[19..21], b"{}");
    assert_eq!(number(21), crc32fast::hash(&bytes[..21]));
    assert_eq!(bytes.len(), 25);
}

#[test]
fn message_without_headers_and_payload_is_the_known_one() {
    // The empty message of the public test vectors.
    let expected = [0, 0, 0, 16, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];
    assert_eq!(message(&[], b""), expected);
}

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn varint_reads_back(number in any::<u64>(), rest in any::<u8>()) {
        let mut bytes = Vec::new();
        write_varint(&mut bytes, number);
        bytes.push(rest);
        let mut from = bytes.as_slice();
        prop_assert_eq!(read_varint(&mut from), Some(number));
        prop_assert_eq!(from, &[rest]);
    }

    #[test]
    fn any_bytes_are_a_varint_or_not(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
        let _ = read_varint(&mut bytes.as_slice());
    }
}

#[test]
fn more_than_64_bits_are_no_varint() {
    assert_eq!(read_varint(&mut [0xff; 9].iter().copied().chain([0x02]).collect::<Vec<_>>().as_slice()), None);
    assert_eq!(read_varint(&mut [0x80; 11].as_slice()), None);
    assert_eq!(read_varint(&mut [0x80].as_slice()), None);
}

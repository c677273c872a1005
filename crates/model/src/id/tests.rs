use super::*;
use proptest::prelude::*;

#[test]
fn ids_are_written_the_way_aws_writes_them() {
    let bytes = *b"\x01\x23\x45\x67\x89\xab\xcd\xef\x00\x11\x22\x33\x44\x55\x66\x77";
    assert_eq!(TaskId::from_bytes(bytes).to_string(), "0123456789abcdef0011223344556677");
    assert_eq!(ContainerId::from_bytes(bytes).to_string(), "01234567-89ab-cdef-0011-223344556677");
}

#[test]
fn other_strings_are_no_ids() {
    for text in [
        "",
        "0123456789abcdef001122334455667",
        "0123456789ABCDEF0011223344556677",
        "0123456789abcdef001122334455667g",
        "0123456789ab-cdef-0011-223344556677-",
        "01234567-89ab-cdef-0011-2233445566-7",
        "éééééééééééééééé",
    ] {
        assert!(text.parse::<TaskId>().is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn both_forms_parse_to_the_same_id(bytes: [u8; 16]) {
        let id = TaskId::from_bytes(bytes);
        prop_assert_eq!(id.to_string().parse::<TaskId>().unwrap(), id);
        prop_assert_eq!(ContainerId::from_bytes(bytes).to_string().parse::<TaskId>().unwrap(), id);
    }
}

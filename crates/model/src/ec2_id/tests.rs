use proptest::prelude::*;

use super::*;

#[test]
fn ids_are_written_the_way_ec2_writes_them() {
    let bytes = *b"\x01\x23\x45\x67\x89\xab\xcd\xef\x00\x11\x22\x33\x44\x55\x66\x77";
    assert_eq!(SubnetId::from_bytes(bytes).to_string(), "subnet-00123456789abcdef");
    assert_eq!(InterfaceId::from_bytes([0; 16]).to_string(), "eni-00000000000000000");
}

#[test]
fn other_strings_are_no_ids() {
    for text in [
        "",
        "subnet-",
        "subnet-12345678",
        "vpc-00123456789abcdef",
        "subnet-10123456789abcdef",
        "subnet-00123456789ABCDEF",
        "subnet-0+123456789abcdef",
        "subnet-00123456789abcdef0",
    ] {
        assert!(text.parse::<SubnetId>().is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn what_is_displayed_parses_to_the_same_id(bytes: [u8; 16]) {
        let id = SecurityGroupId::from_bytes(bytes);
        prop_assert_eq!(id.to_string().parse::<SecurityGroupId>().unwrap(), id);
        prop_assert_eq!(SecurityGroupId::of_bytes(id.to_bytes()), id);
    }
}

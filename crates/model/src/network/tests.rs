use super::*;

fn subnet(cidr: &str) -> Subnet {
    Subnet {
        region: Region::new("us-east-1").unwrap(),
        id: SubnetId::from_bytes([1; 16]),
        vpc: VpcId::from_bytes([2; 16]),
        zone: "us-east-1a".into(),
        cidr: cidr.parse().unwrap(),
    }
}

#[test]
fn first_four_addresses_and_the_last_are_kept() {
    let (first, last) = subnet("172.31.16.0/20").assignable().unwrap();
    assert_eq!((first.to_string(), last.to_string()), ("172.31.16.4".to_owned(), "172.31.31.254".to_owned()));
    assert_eq!(subnet("10.0.0.0/29").assignable().map(|(first, last)| u32::from(last) - u32::from(first) + 1), Some(3));
    assert_eq!(subnet("10.0.0.0/30").assignable(), None);
    assert_eq!(subnet("255.255.255.255/32").assignable(), None);
}

#[test]
fn gateway_is_the_first_host() {
    assert_eq!(subnet("172.31.16.0/20").gateway(), (Ipv4Addr::new(172, 31, 16, 1), 20));
}

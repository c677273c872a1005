use std::collections::BTreeSet;

use berth_model::{Region, VpcId};
use proptest::prelude::*;

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

/// Takes the next free address.
fn next(addresses: &mut Addresses, subnet: &Subnet) -> Option<String> {
    let address = addresses.free(subnet)?;
    addresses.take(subnet.id, address);
    Some(address.to_string())
}

#[test]
fn addresses_follow_each_other_and_the_kept_ones_are_nobodys() {
    let (mut addresses, subnet) = (Addresses::default(), subnet("10.0.0.0/28"));
    assert_eq!(addresses.available(&subnet), 11);
    let all: Vec<String> = std::iter::from_fn(|| next(&mut addresses, &subnet)).collect();
    assert_eq!((all.len(), all[0].as_str(), all[10].as_str()), (11, "10.0.0.4", "10.0.0.14"));
    assert_eq!((addresses.available(&subnet), addresses.free(&subnet)), (0, None));
}

#[test]
fn address_that_was_given_back_comes_after_those_that_were_free_before() {
    let (mut addresses, subnet) = (Addresses::default(), subnet("10.0.0.0/28"));
    assert_eq!(next(&mut addresses, &subnet).unwrap(), "10.0.0.4");
    addresses.give_back(subnet.id, Ipv4Addr::new(10, 0, 0, 4));
    let order: Vec<String> = std::iter::from_fn(|| next(&mut addresses, &subnet)).collect();
    assert_eq!((order[0].as_str(), order[9].as_str(), order[10].as_str()), ("10.0.0.5", "10.0.0.14", "10.0.0.4"));
}

#[test]
fn subnets_do_not_share_addresses() {
    let mut addresses = Addresses::default();
    let (one, two) = (subnet("10.0.0.0/28"), Subnet { id: SubnetId::from_bytes([3; 16]), ..subnet("10.0.0.0/28") });
    assert_eq!(next(&mut addresses, &one), next(&mut addresses, &two));
    assert_eq!((addresses.available(&one), addresses.available(&two)), (10, 10));
}

#[test]
fn subnet_without_room_for_a_task_has_none() {
    assert_eq!(Addresses::default().free(&subnet("10.0.0.0/30")), None);
    assert_eq!(Addresses::default().free(&subnet("255.255.255.240/28")).unwrap().to_string(), "255.255.255.244");
}

proptest! {
    /// Against a set: blocks of 64 meet subnets smaller and larger than that.
    #[test]
    fn what_is_free_is_nobodys_and_lies_within(
        prefix in 23_u8..=29,
        steps in proptest::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 0..700),
    ) {
        let subnet = subnet(&format!("10.0.0.0/{prefix}"));
        let (first, last) = subnet.assignable().unwrap();
        let (mut addresses, mut model) = (Addresses::default(), BTreeSet::new());
        let size = addresses.available(&subnet);
        for (take, which) in steps {
            if take || model.is_empty() {
                match addresses.free(&subnet) {
                    Some(address) => {
                        prop_assert!((first..=last).contains(&address) && !addresses.is_taken(subnet.id, address));
                        prop_assert!(model.insert(address), "{} was somebody's", address);
                        addresses.take(subnet.id, address);
                    }
                    None => prop_assert_eq!(u32::try_from(model.len()).unwrap(), size, "none is free while some are"),
                }
            } else {
                let address = *model.iter().nth(which.index(model.len())).unwrap();
                model.remove(&address);
                addresses.give_back(subnet.id, address);
            }
            prop_assert_eq!(addresses.available(&subnet) + u32::try_from(model.len()).unwrap(), size);
        }
    }
}

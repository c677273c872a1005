use berth_store::backend::Memory;
use berth_store::{Options, Store};

use super::*;

fn counting() -> impl FnMut() -> [u8; 16] {
    let mut next = 0_u8;
    move || {
        next += 1;
        [next; 16]
    }
}

async fn made(store: &Store, cidr: &str) -> DefaultVpc {
    let (region, cidr) = (Region::new("eu-west-1").unwrap(), cidr.parse().unwrap());
    store.update(|tx| make_default(tx, region, cidr, &mut counting())).await.unwrap()
}

#[tokio::test]
async fn region_comes_with_a_subnet_in_each_zone() {
    let store = Store::open(Memory::default(), Options::new("test")).unwrap();
    let made = made(&store, DEFAULT_CIDR).await;
    let subnets: Vec<(String, String)> =
        made.subnets.iter().map(|subnet| (subnet.zone.to_string(), subnet.cidr.to_string())).collect();
    let expected = [("eu-west-1a", "172.31.0.0/20"), ("eu-west-1b", "172.31.16.0/20"), ("eu-west-1c", "172.31.32.0/20")];
    assert_eq!(subnets, expected.map(|(zone, cidr)| (zone.to_owned(), cidr.to_owned())));
    assert_eq!((made.group.id, &*made.group.name), (made.vpc.default_group, "default"));
}

#[tokio::test]
async fn addresses_are_chosen_once() {
    let store = Store::open(Memory::default(), Options::new("test")).unwrap();
    let first = made(&store, "10.64.0.0/16").await;
    assert_eq!(made(&store, DEFAULT_CIDR).await, first);
    let elsewhere = Region::new("us-east-1").unwrap();
    assert_eq!(default(&store.view(), elsewhere), None);
}

#[test]
fn block_that_cannot_be_divided_is_refused() {
    for (cidr, fits) in
        [("172.31.0.0/16", true), ("10.0.0.0/24", true), ("10.0.0.0/15", false), ("10.0.0.0/25", false), ("10.0.0.1/16", false)]
    {
        assert_eq!(checked(cidr.parse().unwrap()).is_ok(), fits, "{cidr}");
    }
}

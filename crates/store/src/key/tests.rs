use berth_model::TaskId;
use proptest::prelude::*;

use super::*;
use crate::{ClientTokenKey, TaskDefinitionKey, TaskKey};

fn region() -> impl Strategy<Value = Region> {
    "[a-c]{1,3}".prop_map(|name| Region::new(&name).unwrap())
}

fn token() -> impl Strategy<Value = ClientTokenKey> {
    let part = || "[\0\u{1}a\u{ff}]{0,3}";
    (region(), part(), part(), part()).prop_map(|(region, operation, cluster, token)| ClientTokenKey {
        region,
        operation: operation.into(),
        cluster: cluster.into(),
        token: token.into(),
    })
}

fn revision() -> impl Strategy<Value = TaskDefinitionKey> {
    (region(), "[a-b-]{0,3}", any::<u32>()).prop_map(|(region, family, revision)| TaskDefinitionKey {
        region,
        family: family.into(),
        revision,
    })
}

proptest! {
    #[test]
    fn keys_come_back_and_bytes_sort_as_keys_do(a in token(), b in token(), c in revision(), d in revision()) {
        prop_assert_eq!(&ClientTokenKey::from_bytes(&a.to_bytes()).unwrap(), &a);
        prop_assert_eq!(&TaskDefinitionKey::from_bytes(&c.to_bytes()).unwrap(), &c);
        prop_assert_eq!(a.to_bytes().cmp(&b.to_bytes()), a.cmp(&b));
        prop_assert_eq!(c.to_bytes().cmp(&d.to_bytes()), c.cmp(&d));
    }

    #[test]
    fn other_bytes_are_no_key(bytes: Vec<u8>) {
        if let Some(key) = TaskDefinitionKey::from_bytes(&bytes) {
            prop_assert_eq!(&*key.to_bytes(), &bytes[..]);
        }
    }
}

#[test]
fn bytes_begin_with_the_region() {
    let key = TaskKey { region: Region::new("eu-west-1").unwrap(), id: TaskId::from_bytes([7; 16]) };
    assert!(key.to_bytes().starts_with(b"eu-west-1"));
    assert_eq!(TaskKey::from_bytes(&[&key.to_bytes()[..], b"x"].concat()), None, "trailing bytes");
}

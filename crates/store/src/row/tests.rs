use berth_model::{Family, Region};
use minicbor::{Decode, Encode};

use super::*;
use crate::FamilyKey;

/// A family as a later version might store it.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
struct NewerFamily {
    #[n(0)]
    region: Region,
    #[n(1)]
    name: berth_model::Name,
    #[n(2)]
    last_revision: u32,
    #[n(7)]
    colour: Option<Box<str>>,
    #[n(300)]
    limits: Vec<(u32, u32)>,
}

fn newer() -> NewerFamily {
    NewerFamily {
        region: Region::new("us-east-1").unwrap(),
        name: "web".into(),
        last_revision: 3,
        colour: Some("blue".into()),
        limits: vec![(1, 2), (3, 4)],
    }
}

fn family(last_revision: u32) -> Family {
    Family { region: Region::new("us-east-1").unwrap(), name: "web".into(), last_revision }
}

#[test]
fn fields_of_a_newer_version_survive_being_rewritten() {
    let stored = Shared::<Family>::from_cbor(&minicbor::to_vec(newer()).unwrap()).unwrap();
    assert_eq!(*stored, family(3));
    let rewritten = Shared::replacing(Some(&stored), family(4)).to_cbor().unwrap();
    let back: NewerFamily = minicbor::decode(&rewritten).unwrap();
    assert_eq!(back, NewerFamily { last_revision: 4, ..newer() });

    let again = Shared::<Family>::from_cbor(&rewritten).unwrap();
    assert_eq!(again.to_cbor().unwrap(), rewritten, "also after a restart");
}

#[test]
fn new_record_carries_nothing_unknown() {
    let row = Shared::replacing(None, family(1));
    assert_eq!(row.to_cbor().unwrap(), minicbor::to_vec(family(1)).unwrap());
    let back = Shared::<Family>::from_cbor(&row.to_cbor().unwrap()).unwrap();
    assert!(back.0.unknown.is_empty());
}

/// A state this version knows, in two versions of its record.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
struct Light<S> {
    #[n(0)]
    state: Option<S>,
}

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
enum Old {
    #[n(0)]
    Red,
}

#[derive(Debug, Clone, PartialEq, Encode, Decode)]
enum New {
    #[n(1)]
    Green,
}

impl Record for Light<Old> {
    type Key = FamilyKey;
    type Index = Infallible;

    fn key(&self) -> FamilyKey {
        FamilyKey { region: Region::new("us-east-1").unwrap(), name: "light".into() }
    }

    fn indexes(&self, _: &mut dyn FnMut(Infallible)) {}
}

#[test]
fn value_of_the_future_is_kept_until_it_is_set_again() {
    let stored = Shared::<Light<Old>>::from_cbor(&minicbor::to_vec(Light { state: Some(New::Green) }).unwrap()).unwrap();
    assert_eq!(stored.state, None, "an unknown variant reads as absent");
    let untouched = Shared::replacing(Some(&stored), Light { state: None }).to_cbor().unwrap();
    assert_eq!(minicbor::decode::<Light<New>>(&untouched).unwrap().state, Some(New::Green));
    let set = Shared::replacing(Some(&stored), Light { state: Some(Old::Red) }).to_cbor().unwrap();
    assert_eq!(minicbor::decode::<Light<Old>>(&set).unwrap().state, Some(Old::Red));
}

#[test]
fn other_bytes_are_no_record() {
    for bytes in [&b""[..], b"\x80", b"\xbf\xff", b"\xa1\x00", b"\xff\xff", b"\xa3\x00\x01\x01\x01\x02\x01"] {
        assert!(Shared::<Family>::from_cbor(bytes).is_err(), "{bytes:?}");
    }
}

use super::*;
use crate::nft::read;

const A: Ipv4Addr = Ipv4Addr::new(172, 31, 0, 4);
const B: Ipv4Addr = Ipv4Addr::new(172, 31, 0, 5);
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

fn tuple(source: Ipv4Addr, protocol: u8, port: u16) -> Attributes {
    let addresses = Attributes::default().bytes(SOURCE, &source.octets()).bytes(2, &OUTSIDE.octets());
    let ports = Attributes::default().bytes(PROTOCOL, &[protocol]).bytes(2, &[4, 0]).bytes(DESTINATION_PORT, &port.to_be_bytes());
    Attributes::default().nest(ADDRESSES, &addresses).nest(TRANSPORT, &ports)
}

/// An entry as the kernel lists it.
fn entry(original: &Attributes, reply: &Attributes) -> Vec<u8> {
    let ends = Attributes::default().nest(ORIGINAL, original).nest(REPLY, reply);
    let rest = ends.number(3, 0x18a).number(7, 30).number(ID, 77).bytes(ZONE, &9u16.to_be_bytes());
    rest.body(libc::AF_INET)
}

#[test]
fn connections_are_told_apart_by_who_sends_in_which_direction() {
    let began = entry(&tuple(A, 6, 80), &tuple(OUTSIDE, 6, 1024));
    let answered = entry(&tuple(OUTSIDE, 6, 80), &tuple(A, 6, 1024));
    let by = |direction, address| Like::From { direction, address };
    for (like, first, second) in [
        (by(ORIGINAL, A), true, false),
        (by(REPLY, A), false, true),
        (by(ORIGINAL, B), false, false),
        (by(REPLY, B), false, false),
        (by(ORIGINAL, OUTSIDE), false, true),
    ] {
        assert_eq!((like.is(&began), like.is(&answered)), (first, second), "{like:?}");
    }
}

#[test]
fn connections_of_some_addresses_are_told_from_those_of_others() {
    let began = entry(&tuple(A, 6, 80), &tuple(OUTSIDE, 6, 1024));
    let answered = entry(&tuple(OUTSIDE, 6, 80), &tuple(B, 6, 1024));
    for (addresses, first, second) in [(&[A, B][..], true, true), (&[A], true, false), (&[B], false, true), (&[], false, false)] {
        let addresses = addresses.iter().copied().collect();
        let like = Like::FromAny(&addresses);
        assert_eq!((like.is(&began), like.is(&answered)), (first, second), "{like:?}");
    }
}

#[test]
fn datagrams_to_a_port_are_told_from_others() {
    let to = |protocol, port| Like::ToUdpPort(8080).is(&entry(&tuple(A, protocol, port), &tuple(OUTSIDE, protocol, 8080)));
    assert_eq!([to(UDP, 8080), to(UDP, 8081), to(6, 8080)], [true, false, false]);
}

#[test]
fn an_entry_is_deleted_by_its_whole_tuple_zone_and_number() {
    let original = tuple(A, 6, 80);
    let request = deletion(&entry(&original, &tuple(OUTSIDE, 6, 1024))).unwrap();
    assert_eq!(request.kind, 1 << 8 | 2);
    let named = read(attributes(&request.body).unwrap());
    let kinds: Vec<u16> = named.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [ORIGINAL, ZONE, ID]);
    let whole = original.body(libc::AF_INET);
    assert_eq!((named[0].1, named[1].1, named[2].1), (&whole[4..], &[0, 9][..], &77u32.to_be_bytes()[..]));
}

#[test]
fn what_is_no_entry_is_neither_taken_for_one_nor_deleted() {
    for damaged in [&[][..], &[2, 0, 0], &[2, 0, 0, 0], &[2, 0, 0, 0, 0xff, 0xff, 1, 0x80, 1]] {
        assert!(!Like::From { direction: ORIGINAL, address: A }.is(damaged) && !Like::ToUdpPort(0).is(damaged));
        assert!(!Like::FromAny(&HashSet::from([A])).is(damaged));
        assert!(deletion(damaged).is_none());
    }
}

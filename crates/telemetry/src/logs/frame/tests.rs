use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::logs::NewEvent;

fn events() -> impl Strategy<Value = Vec<NewEvent>> {
    vec((0..1_000_000_i64, ".{0,40}"), 1..60).prop_map(|mut events| {
        events.sort_by_key(|(time, _)| *time);
        let event = |(time, message)| NewEvent { timestamp: Timestamp::from_millis(time), message };
        events.into_iter().map(event).collect()
    })
}

fn framed(events: &[NewEvent]) -> Vec<u8> {
    let packed = payload::pack(events).unwrap();
    let block = Block {
        group: LogGroupId::from_bytes([7; 16]),
        name: "stream",
        stream: 3,
        ingested_at: Timestamp::EPOCH,
        first: packed.first,
        last: packed.last,
        count: packed.count,
        bytes: packed.bytes,
        packing: packed.packing,
        length: packed.length,
        payload: &packed.payload,
        ticket: None,
    };
    let mut bytes = Vec::new();
    wrap(&mut bytes, &Frame { number: 9, record: Record::Block(block) }).unwrap();
    bytes
}

proptest! {
    #[test]
    fn block_reads_back(events in events()) {
        prop_assert_eq!(read_block(&framed(&events)), Ok(events));
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..400)) {
        let _ = read_block(&bytes);
    }

    /// A body that is not what was written, under a checksum that says it is: what an attacker could make, a disk hardly.
    #[test]
    fn any_body_under_a_right_checksum_is_answered(events in events(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = framed(&events);
        let at = HEAD + at.index(bytes.len() - HEAD);
        bytes[at] = byte;
        let checksum = crc32fast::hash(&bytes[HEAD..]);
        bytes[4..HEAD].copy_from_slice(&checksum.to_le_bytes());
        let _ = read_block(&bytes);
    }

    #[test]
    fn changed_byte_is_found_out(events in events(), at in any::<prop::sample::Index>(), change in 1..=u8::MAX) {
        let mut bytes = framed(&events);
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(read_block(&bytes).is_err());
    }

    #[test]
    fn cut_off_frame_is_found_out(events in events(), at in any::<prop::sample::Index>()) {
        let bytes = framed(&events);
        prop_assert_eq!(read_block(&bytes[..at.index(bytes.len())]), Err(FrameError::Short));
    }
}

#[test]
fn repetitive_text_is_compressed() {
    let event = |time| NewEvent { timestamp: Timestamp::from_millis(time), message: "GET /index.html 200".repeat(3) };
    let events: Vec<_> = (0..100).map(event).collect();
    assert!(framed(&events).len() < 2_000);
}

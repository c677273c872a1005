//! What the processes behind containers say to each other, and leave for each other in files.

use berth_runtime::output::{Block, HEADER, MAX_BLOCK};
use berth_runtime::protocol::{Answer, Order, Request, read_frame, write_frame};

/// Reads a request to the launcher, the first byte being how many descriptors came with it; and the rest as frames of a shim's socket.
pub fn shim_message(input: &[u8]) {
    let Some((descriptors, packet)) = input.split_first() else { return };
    if let Ok(request) = Request::decode(packet, usize::from(*descriptors)) {
        assert!(request.folder.is_absolute(), "a container is found from anywhere");
        let again = serde_json::to_vec(&request).unwrap_or_default();
        assert_eq!(Request::decode(&again, usize::from(*descriptors)).ok(), Some(request), "what is written reads back");
    }
    if let Ok(Some(answer)) = read_frame::<Answer>(&mut &packet[..]) {
        let mut frame = Vec::new();
        assert!(write_frame(&mut frame, &answer).is_ok(), "what was read can be written");
        assert_eq!(read_frame::<Answer>(&mut frame.as_slice()).ok(), Some(Some(answer)), "what is written reads back");
    }
    let _ = read_frame::<Order>(&mut &packet[..]);
}

/// Reads a segment of output, block after block: what is read was written so, and every block brings the end nearer.
pub fn output_segment(input: &[u8]) {
    let mut rest = input;
    while let Block::Output { nanos, stream, bytes } = Block::decode(rest) {
        assert!(bytes.len() <= MAX_BLOCK, "a block has a largest size");
        let mut header = [0; HEADER];
        Block::write_header(&mut header, nanos, stream, bytes);
        assert!(rest.starts_with(&header), "a header says one thing in one way");
        rest = rest.get(HEADER + bytes.len()..).unwrap_or_default();
    }
}

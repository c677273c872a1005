use proptest::prelude::*;

use super::*;

#[test]
fn a_request_reads_back() {
    let request = Request { version: VERSION, folder: "/run/berth/a".into(), what: What::Exec };
    let packet = serde_json::to_vec(&request).unwrap();
    assert_eq!(Request::decode(&packet, 5).unwrap(), request);
    assert!(matches!(Request::decode(&packet, 1), Err(RequestError::Descriptors { expected: 5, got: 1 })));
}

#[test]
fn a_relative_folder_and_a_newer_version_are_refused() {
    let relative = Request { version: VERSION, folder: "a".into(), what: What::Create };
    assert!(matches!(Request::decode(&serde_json::to_vec(&relative).unwrap(), 1), Err(RequestError::Folder(_))));
    let newer = Request { version: VERSION + 1, folder: "/a".into(), what: What::Create };
    assert!(matches!(Request::decode(&serde_json::to_vec(&newer).unwrap(), 1), Err(RequestError::Newer(_))));
}

#[test]
fn a_frame_that_is_cut_off_is_an_error_and_none_is_the_end() {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, &Order::Start).unwrap();
    assert_eq!(read_frame(&mut bytes.as_slice()).unwrap(), Some(Order::Start));
    assert!(read_frame::<Order>(&mut &bytes[..bytes.len() - 1]).is_err());
    assert!(read_frame::<Order>(&mut [].as_slice()).unwrap().is_none());
    assert!(read_frame::<Order>(&mut u32::MAX.to_le_bytes().as_slice()).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_frame::<Answer>(&mut bytes.as_slice());
        let _ = Request::decode(&bytes, 1);
    }
}

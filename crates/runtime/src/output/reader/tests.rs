use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::TempDir;

use super::super::{Full, SegmentWriter};
use super::*;

fn container() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("output");
    fs::create_dir(&output).unwrap();
    (folder, output)
}

fn write(writer: &mut SegmentWriter, text: &[u8]) -> Result<(), Full> {
    let mut block = vec![0; HEADER];
    block.extend_from_slice(text);
    writer.write(&mut block, 7, Stream::Stdout, false).unwrap()
}

fn read_all(reader: &mut SegmentReader) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| reader.next().unwrap()).map(|chunk| chunk.bytes).collect()
}

#[test]
fn what_is_written_is_read_across_segments_and_after_a_restart() {
    let (folder, output) = container();
    let mut writer = SegmentWriter::new(&output, 40, 10);
    for text in [b"one", b"two", b"six", b"ten"] {
        write(&mut writer, text).unwrap();
    }
    let mut reader = SegmentReader::open(folder.path(), Position::default());
    let first = reader.next().unwrap().unwrap();
    assert_eq!((first.bytes.as_slice(), first.stream, first.at), (b"one".as_slice(), Stream::Stdout, time_of(7)));
    let mut again = SegmentReader::open(folder.path(), first.position_after);
    assert_eq!(read_all(&mut again), [b"two", b"six", b"ten"]);
    assert_eq!(read_all(&mut reader), [b"two", b"six", b"ten"]);
}

#[test]
fn one_segment_alone_can_be_read_removed_and_filled_again() {
    let (folder, output) = container();
    let mut writer = SegmentWriter::new(&output, 1, 1);
    let mut reader = SegmentReader::open(folder.path(), Position::default());
    for round in 0..3_u8 {
        assert_eq!(write(&mut writer, &[round]), Ok(()));
        assert_eq!(write(&mut writer, b"more"), Err(Full));
        let chunk = reader.next().unwrap().unwrap();
        assert_eq!(chunk.bytes, [round]);
        reader.discard_before(chunk.position_after).unwrap();
    }
}

#[test]
fn the_end_is_known_when_the_exit_is_there_and_all_is_read() {
    let (folder, output) = container();
    let mut writer = SegmentWriter::new(&output, 100, 2);
    let mut reader = SegmentReader::open(folder.path(), Position::default());
    assert!(!reader.at_end().unwrap());
    write(&mut writer, b"last").unwrap();
    fs::write(folder.path().join("exit.json"), "").unwrap();
    assert!(!reader.at_end().unwrap());
    assert_eq!(read_all(&mut reader), [b"last"]);
    assert!(reader.at_end().unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens to a byte or the length of a segment, what comes before it is read and no more is made up.
    #[test]
    fn damage_loses_no_more_than_the_rest_of_its_segment(
        texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..30), 1..12),
        at in any::<prop::sample::Index>(),
        damage in 1..=255_u8,
        cut in any::<bool>(),
    ) {
        let (folder, output) = container();
        let mut writer = SegmentWriter::new(&output, 120, 100);
        for text in &texts {
            write(&mut writer, text).unwrap();
        }
        let path = output.join(segment_name(1));
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= damage }
        fs::write(&path, &bytes).unwrap();
        let read = read_all(&mut SegmentReader::open(folder.path(), Position::default()));
        let mut expected = texts.iter();
        for chunk in &read {
            prop_assert!(expected.any(|text| text == chunk), "read what was not written, or out of order");
        }
    }
}

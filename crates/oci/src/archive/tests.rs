use super::*;
use crate::fixture::Tar;

fn read(bytes: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>, ArchiveError> {
    let mut archive = Archive::new(bytes, &Limits::default());
    let mut entries = Vec::new();
    while let Some(entry) = archive.next_entry()? {
        let data = archive.gather()?;
        entries.push((entry, data));
    }
    Ok(entries)
}

#[test]
fn what_gnu_tar_writes_is_read() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(200));
    std::fs::create_dir(folder.path().join("d".repeat(120))).unwrap();
    std::fs::write(folder.path().join(&long), "long").unwrap();
    symlink("t".repeat(150), folder.path().join("link")).unwrap();
    let sparse = std::fs::File::create(folder.path().join("sparse")).unwrap();
    for piece in 0..40_u64 {
        std::os::unix::fs::FileExt::write_all_at(&sparse, &[7; 4096], piece << 20).unwrap();
    }
    sparse.set_len(100 << 20).unwrap();
    for format in ["v7", "oldgnu", "gnu", "ustar", "posix"] {
        let mut tar = std::process::Command::new("tar");
        tar.arg("-cS").arg(format!("--format={format}")).arg("-C").arg(folder.path());
        let whole = !matches!(format, "v7" | "ustar");
        if whole {
            tar.arg(".")
        } else {
            tar.args(["sparse"])
        };
        let entries = read(&tar.output().unwrap().stdout).unwrap_or_else(|error| panic!("{format}: {error}"));
        let find = |name: &str| entries.iter().find(|(entry, _)| entry.path == name.as_bytes());
        if whole {
            let (entry, data) = find(&format!("./{long}")).unwrap_or_else(|| panic!("{format}: long name"));
            assert_eq!((entry.kind, data.as_slice()), (Kind::File, &b"long"[..]), "{format}");
            let (entry, _) = find("./link").unwrap();
            assert_eq!((entry.kind, entry.link.len()), (Kind::Symlink, 150), "{format}");
            let (entry, data) = find("./sparse").unwrap();
            let (extents, length) = entry.sparse.as_ref().unwrap_or_else(|| panic!("{format}: no holes"));
            assert_eq!((*length, data.len()), (100 << 20, 40 * 4096), "{format}");
            assert_eq!(extents[39], Extent { at: 39 << 20, length: 4096 }, "{format}");
        }
    }
}

#[test]
fn numbers_are_read_in_all_their_forms() {
    let mut header = tar::Header::new_gnu();
    header.set_path("file").unwrap();
    header.set_mode(0o104_755);
    header.set_uid(3_000_000_000);
    header.set_gid(1);
    header.set_mtime(1 << 40);
    header.set_size(0);
    header.set_cksum();
    let (entry, _) = read(&Tar::default().raw(&header, b"").bytes()).unwrap().remove(0);
    assert_eq!((entry.mode, entry.uid, entry.gid, entry.mtime), (0o4755, 3_000_000_000, 1, 1 << 40));
    let times: [(&[u8], (i64, u32)); 4] =
        [(b"12.5", (12, 500_000_000)), (b"-1.25", (-2, 750_000_000)), (b"7", (7, 0)), (b"1.1234567899", (1, 123_456_789))];
    for (text, expected) in times {
        let (entry, _) = read(&Tar::default().pax(&[("mtime", text)]).file("a", "").bytes()).unwrap().remove(0);
        assert_eq!((entry.mtime, entry.mtime_nanos), expected, "{}", text.escape_ascii());
    }
}

#[test]
fn it_reads_what_the_tar_crate_reads() {
    let bytes = Tar::default()
        .file("a", "data")
        .folder("d/")
        .file(&"long/".repeat(60), "")
        .symlink("s", "a")
        .pax(&[("path", "größe".as_bytes()), ("uid", b"77")])
        .file("x", "y")
        .bytes();
    let ours: Vec<(Vec<u8>, u64)> =
        read(&bytes).unwrap().into_iter().map(|(entry, data)| (entry.path, data.len() as u64)).collect();
    let mut other = tar::Archive::new(bytes.as_slice());
    let theirs: Vec<(Vec<u8>, u64)> = other
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.path_bytes().into_owned(), entry.size()))
        .collect();
    assert_eq!(ours, theirs);
}

proptest::proptest! {
    #[test]
    fn changed_archives_are_read_without_panic(changes in proptest::collection::vec((0..6000_usize, proptest::num::u8::ANY), 0..8), fix in proptest::bool::ANY) {
        let mut bytes = Tar::default().pax(&[("path", b"p"), ("GNU.sparse.major", b"1")]).file("a", "1\n0\n1\n").entry(b'S', "s", "", 0, b"").bytes();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if fix {
            for block in bytes.chunks_exact_mut(512) {
                block[148..156].fill(b' ');
                let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
                block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            }
        }
        let _ = read(&bytes);
    }
}

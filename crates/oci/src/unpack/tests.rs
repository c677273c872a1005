use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{XattrFlags, lgetxattr, lsetxattr};
use rustix::process::geteuid;

use crate::fixture::{Layout, Packing, Place, Tar, configuration, packed};
use crate::{Digest, Fault, Limits, Watch};

mod hostile;

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap()
}

fn attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = [0; 256];
    lgetxattr(path, name, &mut value).ok().map(|length| value[..length].to_vec())
}

fn opaque(path: &Path) -> bool {
    let name = if geteuid().is_root() { "trusted.overlay.opaque" } else { "user.overlay.opaque" };
    attribute(path, name).as_deref() == Some(b"y")
}

fn whiteout(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_char_device() && data.rdev() == 0)
}

#[test]
fn files_keep_what_they_are() {
    let place = Place::new();
    let folder = place.accept(
        Tar::default()
            .entry(b'5', "./", "", 0o755, b"")
            .entry(b'5', "bin/", "", 0o1775, b"")
            .entry(b'0', "bin/su", "", 0o4755, b"#!")
            .entry(b'0', "bin/wall", "", 0o2711, b"#!")
            .entry(b'0', "closed", "", 0, b"secret")
            .symlink("bin/sh", "../elsewhere/sh")
            .hard_link("bin/su2", "bin/su")
            .entry(b'6', "pipe", "", 0o622, b"")
            .file("implied/deep/file", "here"),
    );
    let mode = |path: &str| fs::symlink_metadata(folder.join(path)).unwrap().mode() & 0o7777;
    let modes = [("bin", 0o1775), ("bin/su", 0o4755), ("bin/wall", 0o2711), ("closed", 0), ("pipe", 0o622), ("implied", 0o755)];
    for (path, expected) in modes {
        assert_eq!(mode(path), expected, "{path}");
    }
    for path in ["bin", "bin/su", "bin/sh", "pipe", "closed"] {
        assert_eq!(fs::symlink_metadata(folder.join(path)).unwrap().mtime(), 1_000_000_000, "time of {path}");
    }
    assert_eq!(fs::read_link(folder.join("bin/sh")).unwrap(), Path::new("../elsewhere/sh"));
    assert_eq!(fs::metadata(folder.join("bin/su2")).unwrap().ino(), fs::metadata(folder.join("bin/su")).unwrap().ino());
    assert!(fs::symlink_metadata(folder.join("pipe")).unwrap().file_type().is_fifo());
    assert_eq!(read(&folder, "implied/deep/file"), "here");
}

#[test]
fn owners_are_kept_as_far_as_allowed() {
    let place = Place::new();
    let header = |uid: u64| {
        let mut header = tar::Header::new_gnu();
        header.set_path("file").unwrap();
        header.set_mode(0o4755);
        header.set_uid(uid);
        header.set_gid(uid + 1);
        header.set_mtime(5);
        header.set_size(0);
        header.set_cksum();
        header
    };
    let image = place.unpack(&[Tar::default().raw(&header(100_000), b"").bytes()]).unwrap();
    let data = fs::metadata(image.layers[0].join("file")).unwrap();
    assert_eq!(data.mode() & 0o7777, 0o4755, "set-user-id survives the change of owner");
    if geteuid().is_root() {
        assert_eq!((data.uid(), data.gid(), image.left[0].owners), (100_000, 100_001, 0));
    } else {
        assert_eq!(data.uid(), geteuid().as_raw());
        assert!(image.left[0].owners >= 1, "what was left out is counted");
    }
}

#[test]
fn what_is_taken_away_becomes_what_overlayfs_reads() {
    let place = Place::new();
    let folder = place.accept(
        Tar::default()
            .file(".wh.gone", "")
            .file("etc/.wh.passwd", "")
            .file("opaque/.wh..wh..opq", "")
            .file("opaque/kept", "new")
            .folder("stays")
            .file("stays/inner", "mine")
            .file(".wh.stays", "")
            .file(".wh.back", "")
            .file("back/inner", "mine")
            .file(".wh.again", "")
            .folder("again")
            .file(".wh.file", "")
            .file("file", "new")
            .file(".wh..wh.plnk", ""),
    );
    assert!(whiteout(&folder.join("gone")) && whiteout(&folder.join("etc/passwd")));
    assert!(opaque(&folder.join("opaque")), "a folder that hides what is below");
    for name in ["stays", "back", "again"] {
        assert!(opaque(&folder.join(name)), "{name}: taken away below, made anew here");
    }
    assert_eq!(read(&folder, "stays/inner") + &read(&folder, "back/inner"), "minemine");
    assert_eq!(read(&folder, "file"), "new", "a file hides what is below without a whiteout");
    assert!(!folder.join(".wh.plnk").exists() && fs::symlink_metadata(folder.join(".wh..wh.plnk")).is_err());
}

#[test]
fn the_last_of_several_entries_counts() {
    let place = Place::new();
    let folder = place.accept(
        Tar::default()
            .file("a", "1")
            .file("a", "2")
            .folder("b")
            .file("b/inner", "x")
            .file("b", "now a file")
            .symlink("c", "a")
            .file("c", "no link")
            .file("d", "file")
            .folder("d")
            .file("d/inner", "y")
            .folder("e")
            .file("e/kept", "z")
            .entry(b'5', "e", "", 0o700, b"")
            .hard_link("a", "a"),
    );
    assert_eq!((read(&folder, "a"), read(&folder, "b"), read(&folder, "c")), ("2".into(), "now a file".into(), "no link".into()));
    assert_eq!((read(&folder, "d/inner"), read(&folder, "e/kept")), ("y".into(), "z".into()));
    assert_eq!(fs::metadata(folder.join("e")).unwrap().mode() & 0o7777, 0o700);
    assert!(!opaque(&folder.join("d")));
}

#[test]
fn links_within_the_layer_are_followed_within_it() {
    let place = Place::new();
    let folder = place.accept(
        Tar::default()
            .folder("usr/lib")
            .symlink("lib", "/usr/lib")
            .symlink("up", "../../../usr")
            .file("lib/libc.so", "elf")
            .file("up/lib/libm.so", "elf")
            .hard_link("lib/again.so", "lib/libc.so"),
    );
    for name in ["libc.so", "libm.so", "again.so"] {
        assert_eq!(read(&folder, &format!("usr/lib/{name}")), "elf", "{name}");
    }
    assert!(fs::symlink_metadata(folder.join("lib")).unwrap().is_symlink(), "the link itself stays");
}

#[test]
fn holes_stay_holes() {
    let place = Place::new();
    let map = b"2\n0\n3\n1048576\n4\n";
    let mut data = map.to_vec();
    data.resize(512, b'\0');
    data.extend_from_slice(b"abcwxyz");
    let records: [(&str, &[u8]); 4] = [
        ("GNU.sparse.major", b"1"),
        ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.name", b"disk"),
        ("GNU.sparse.realsize", b"9000000000"),
    ];
    let folder = place.accept(
        Tar::default()
            .pax(&records)
            .entry(b'0', "GNUSparseFile.0/disk", "", 0o644, &data)
            .pax(&[("GNU.sparse.map", b"0,1,4096,1"), ("GNU.sparse.size", b"8192")])
            .entry(b'0', "older", "", 0o644, b"ab"),
    );
    let disk = fs::metadata(folder.join("disk")).unwrap();
    assert_eq!(disk.len(), 9_000_000_000);
    assert!(disk.blocks() * 512 < 1 << 20, "it takes {} blocks", disk.blocks());
    let older = fs::read(folder.join("older")).unwrap();
    assert_eq!((older.len(), older[0], older[4095], older[4096]), (8192, b'a', 0, b'b'));
}

#[test]
fn capabilities_are_kept_and_other_attributes_are_not() {
    let place = Place::new();
    let capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let records: [(&str, &[u8]); 5] = [
        ("SCHILY.xattr.security.capability", &capability),
        ("SCHILY.xattr.trusted.overlay.opaque", b"y"),
        ("SCHILY.xattr.user.overlay.opaque", b"y"),
        ("SCHILY.xattr.security.selinux", b"system_u"),
        ("SCHILY.xattr.user.note", b"n"),
    ];
    let layer = Tar::default().pax(&records).file("ping", "elf").pax(&records[1..4]).folder("folder");
    let image = place.unpack(&[layer.bytes()]).unwrap();
    let ping = image.layers[0].join("ping");
    if geteuid().is_root() {
        assert_eq!(attribute(&ping, "security.capability").as_deref(), Some(&capability[..]));
        assert_eq!(image.left[0].attributes, 6);
    }
    for name in ["trusted.overlay.opaque", "user.overlay.opaque", "security.selinux"] {
        assert_eq!(attribute(&ping, name), None, "{name}");
        assert_eq!(attribute(&image.layers[0].join("folder"), name), None, "{name}");
    }
    let supported = lsetxattr(&ping, "user.probe", b"1", XattrFlags::empty()).is_ok();
    assert_eq!(attribute(&ping, "user.note").is_some(), supported);
}

#[test]
fn layers_are_shared_and_unpacked_once() {
    let place = Place::new();
    let base = Tar::default().file("base", "b").bytes();
    let first = place.unpack(&[base.clone(), Tar::default().file("one", "1").bytes()]).unwrap();
    let made = fs::metadata(first.layers[0].join("base")).unwrap().ino();
    let second = place.unpack(&[base, Tar::default().file("two", "2").bytes()]).unwrap();
    assert_eq!(first.layers[0], second.layers[0]);
    assert_eq!(fs::metadata(second.layers[0].join("base")).unwrap().ino(), made);
    assert_eq!(first.left[0], second.left[0], "what was left out is remembered");
}

#[test]
fn several_who_unpack_the_same_image_share_the_work() {
    let place = Place::new();
    let layers: Vec<Vec<u8>> =
        (0..6).map(|index| Tar::default().file(&format!("f{index}"), &"x".repeat(100_000)).bytes()).collect();
    let image = place.import(&crate::fixture::docker_archive("shared", &layers)).unwrap();
    std::thread::scope(|scope| {
        let work: Vec<_> =
            (0..4).map(|_| scope.spawn(|| place.store.unpack(&image, &Watch::nobody()).map(|done| done.layers))).collect();
        let folders: Vec<_> = work.into_iter().map(|work| work.join().unwrap().unwrap()).collect();
        assert!(folders.windows(2).all(|pair| pair[0] == pair[1]));
    });
    assert_eq!(fs::read_dir(place.store.folder().join("trash")).unwrap().count(), 0, "nothing was made twice");
}

#[test]
fn unpacking_that_is_called_off_leaves_nothing() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let place = Place::new();
    let layer = Tar::default().entry(b'0', "big", "", 0o644, &vec![7; 8 << 20]).bytes();
    let image = place.import(&crate::fixture::docker_archive("big", &[layer])).unwrap();
    let cancelled = AtomicBool::new(false);
    let cancel = |_| cancelled.store(true, Ordering::Relaxed);
    let error = place.store.unpack(&image, &Watch::new(&cancelled, &cancel)).unwrap_err();
    assert_eq!(error.fault(), Fault::Cancelled, "{error}");
    assert_eq!(fs::read_dir(place.store.folder().join("layers")).unwrap().count(), 0);
    assert!(place.store.unpack(&image, &Watch::nobody()).is_ok(), "it can be done again");
}

#[test]
fn a_nearly_full_disk_is_left_alone() {
    let place = Place::new();
    let image = place.import(&crate::fixture::docker_archive("a", &[Tar::default().file("a", "a").bytes()])).unwrap();
    let folder = place.store.folder().to_owned();
    drop(place.store);
    let store = crate::ContentStore::open(&folder, Limits { free_bytes: u64::MAX, ..Limits::default() }).unwrap();
    let error = store.unpack(&image, &Watch::nobody()).unwrap_err();
    assert_eq!(error.fault(), Fault::Machine);
    assert!(error.to_string().contains("berth image rm"), "{error}");
}

#[test]
fn every_packing_unpacks_the_same_without_roots_rights_too() {
    let layers = |packing| vec![(packing, Tar::default().file("dir/a", "one").entry(b'0', "su", "", 0o4755, b"x").bytes())];
    let check = move || {
        for packing in [Packing::Plain, Packing::Gzip, Packing::Zstd] {
            let place = Place::new();
            let made = layers(packing);
            let mut layout = Layout::default();
            let manifest = layout.image(&made, &configuration(&[Digest::of(&made[0].1)]));
            let image = place.import(&layout.index(&[manifest]).tar()).unwrap();
            let unpacked = place.store.unpack(&image, &Watch::nobody()).unwrap();
            assert_eq!(read(&unpacked.layers[0], "dir/a"), "one", "{packing:?}");
            place.check();
        }
    };
    check();
    if geteuid().is_root() {
        // Of this thread and those that it starts alone.
        let thread = std::thread::spawn(move || {
            use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
            let (uid, gid) = (rustix::fs::Uid::from_raw(65_534), rustix::fs::Gid::from_raw(65_534));
            set_thread_groups(&[]).unwrap();
            set_thread_res_gid(gid, gid, gid).unwrap();
            set_thread_res_uid(uid, uid, uid).unwrap();
            check();
            files_keep_what_they_are();
            owners_are_kept_as_far_as_allowed();
            what_is_taken_away_becomes_what_overlayfs_reads();
            capabilities_are_kept_and_other_attributes_are_not();
            the_last_of_several_entries_counts();
        });
        thread.join().unwrap();
    }
}

#[test]
fn frames_and_members_one_after_the_other_are_one_stream() {
    let plain = Tar::default().file("a", &"text ".repeat(50_000)).bytes();
    let (first, second) = plain.split_at(100_000);
    for packing in [Packing::Gzip, Packing::Zstd] {
        let mut both = packed(packing, first);
        if packing == Packing::Zstd {
            both.extend_from_slice(&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
        }
        both.extend(packed(packing, second));
        let mut out = Vec::new();
        std::io::Read::read_to_end(&mut crate::decode::decoder(both.as_slice()).unwrap(), &mut out).unwrap();
        assert!(out == plain, "{packing:?}");
    }
}

//! Layers that mean harm. `Place` looks at the world outside the store after each of them.

use std::fs;
use std::os::unix::fs::FileTypeExt;

use super::*;

#[test]
fn paths_that_go_up_are_refused() {
    for path in ["../neighbour", "../../outside/secret", "a/../../b", "..", "a/..", "./../x", "a/b/../../../c"] {
        let message = Place::new().refuse(Tar::default().folder("a").file(path, "owned"));
        assert!(message.contains(&format!("entry `{path}`")) && message.contains(".."), "{message}");
    }
    for path in ["../neighbour", "a/../../.."] {
        Place::new().refuse(Tar::default().folder(path));
        Place::new().refuse(Tar::default().symlink(path, "x"));
        Place::new().refuse(Tar::default().entry(b'3', path, "", 0o666, b""));
        Place::new().refuse(Tar::default().entry(b'6', path, "", 0o666, b""));
    }
}

#[test]
fn absolute_paths_begin_at_the_images_root() {
    let place = Place::new();
    let outside = place.outside();
    let folder =
        place.accept(Tar::default().file(&format!("{outside}/secret"), "owned").file("/etc/passwd", "image's").file("//x", "y"));
    assert_eq!(read(&folder, "etc/passwd"), "image's");
    assert_eq!(read(&folder, &format!("{}/secret", outside.trim_start_matches('/'))), "owned");
}

#[test]
fn symbolic_links_lead_nowhere_else() {
    let place = Place::new();
    let outside = place.outside();
    // To where there is nothing within the layer: refused. The file outside stays.
    for target in [outside.as_str(), "../../../../outside", "/etc", "/proc/self/root", "/proc/self/cwd", "loop"] {
        let message =
            Place::new().refuse(Tar::default().symlink("loop", "loop").symlink("way", target).file("way/secret", "owned"));
        assert!(message.contains("way/secret"), "{message}");
    }
    // A file in the place of a link replaces the link.
    let folder = place.accept(Tar::default().symlink("secret", &format!("{outside}/secret")).file("secret", "mine"));
    assert_eq!(read(&folder, "secret"), "mine");
    // A folder in the place of a link replaces it too, and what comes then goes into the folder.
    let folder = place.accept(Tar::default().symlink("out", &outside).folder("out").file("out/secret", "mine"));
    assert_eq!(read(&folder, "out/secret"), "mine");
    // A folder that becomes a link is not gone through any more.
    let layer = Tar::default().folder("a/b").file("a/b/one", "1").symlink("a", &outside).file("a/b/two", "owned");
    Place::new().refuse(layer);
    // Whiteouts and attributes of folders do not follow links out either.
    Place::new().refuse(Tar::default().symlink("out", &outside).file("out/.wh.secret", ""));
    Place::new().refuse(Tar::default().symlink("out", &outside).file("out/.wh..wh..opq", ""));
    let folder = place.accept(Tar::default().entry(b'5', "f", "", 0o777, b"").symlink("f", &outside));
    assert!(fs::symlink_metadata(folder.join("f")).unwrap().is_symlink());
}

#[test]
fn hard_links_stay_in_the_layer() {
    let place = Place::new();
    let outside = place.outside();
    let secret = format!("{outside}/secret");
    for target in ["../../../outside/secret", "..", "/", "", "none", &secret, "folder", "gone", "out/secret"] {
        let layer = Tar::default().folder("folder").file(".wh.gone", "").symlink("out", &outside).hard_link("link", target);
        let message = Place::new().refuse(layer);
        assert!(message.contains("entry `link`"), "{target}: {message}");
    }
    // A link to a link is the link, not what it leads to; what is written then replaces it.
    let folder = place.accept(Tar::default().symlink("s", &secret).hard_link("h", "s").file("h", "mine"));
    assert_eq!(read(&folder, "h"), "mine");
}

#[test]
fn devices_are_left_out() {
    let place = Place::new();
    let layer = Tar::default()
        .file("dev/null", "there before")
        .entry(b'3', "dev/null", "", 0o666, b"")
        .entry(b'4', "dev/sda", "", 0o666, b"")
        .entry(b'3', "whiteout", "", 0, b"");
    let image = place.unpack(&[layer.bytes()]).unwrap();
    assert_eq!(image.left[0].devices, 3);
    for name in ["dev/null", "dev/sda", "whiteout"] {
        assert!(whiteout(&image.layers[0].join(name)), "{name} is not there for the container");
    }
    let all = fs::read_dir(image.layers[0].join("dev")).unwrap();
    assert!(all.map(|entry| entry.unwrap().file_type().unwrap()).all(|kind| !kind.is_block_device()));
}

#[test]
fn whiteouts_of_more_than_a_name_are_refused() {
    for path in [".wh.", ".wh..", ".wh...", "a/.wh..", "a/.wh...", ".wh..wh..opq", ".wh.a/b", "a/.wh.b/c", ".wh..wh..opq/x"] {
        Place::new().refuse(Tar::default().folder("a").file(path, ""));
    }
}

#[test]
fn names_without_end_are_refused() {
    let long = "n".repeat(100_000);
    let place = Place::new();
    assert!(place.refuse(Tar::default().file(&long, "")).contains("limit of 4095"));
    place.refuse(Tar::default().pax(&[("path", long.as_bytes())]).file("x", ""));
    place.refuse(Tar::default().pax(&[("linkpath", long.as_bytes())]).symlink("x", ""));
    assert!(place.refuse(Tar::default().file(&"n".repeat(256), "")).contains("limit of 255"));
    assert!(place.refuse(Tar::default().file(&"d/".repeat(300), "")).contains("depth"));
    place.refuse(Tar::default().pax(&[("path", b"a\0b")]).file("x", ""));
    // A header that says it is long is not read into memory.
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().linkflag = [b'L'];
    header.set_size(1 << 33);
    header.set_cksum();
    assert!(place.refuse(Tar::default().raw(&header, b"")).contains("extended header"));
    // Nor are very many of them.
    let many = (0..200).fold(Tar::default(), |tar, _| tar.entry(b'L', "x", "", 0, &[b'n'; 8000]));
    assert!(place.refuse(many.file("x", "")).contains("extended header"));
    let folder = place.accept(Tar::default().file(&format!("{}x", "deep/".repeat(200)), "bottom"));
    assert_eq!(read(&folder, &format!("{}x", "deep/".repeat(200))), "bottom");
}

#[test]
fn entries_without_end_are_refused() {
    let place = Place::with(Limits { layer_entries: 1000, free_bytes: 0, ..Limits::default() });
    let layer = (0..1001).fold(Tar::default(), |tar, index| tar.file(&format!("f{index}"), ""));
    assert!(place.refuse(layer).contains("the number of entries is beyond the limit of 1000"));
    let same = (0..1001).fold(Tar::default(), |tar, _| tar.file("f", ""));
    assert!(place.refuse(same).contains("limit of 1000"), "the same name counts each time");
}

#[test]
fn layers_that_inflate_without_end_are_refused() {
    let zeros = Tar::default().entry(b'0', "zeros", "", 0o644, &vec![0; 8 << 20]).bytes();
    for packing in [Packing::Gzip, Packing::Zstd] {
        for limits in [
            Limits { layer_bytes: 4 << 20, free_bytes: 0, ..Limits::default() },
            Limits { ratio_floor: 1 << 20, inflation_ratio: 20, free_bytes: 0, ..Limits::default() },
        ] {
            let place = Place::with(limits);
            let mut layout = Layout::default();
            let manifest = layout.image(&[(packing, zeros.clone())], &configuration(&[Digest::of(&zeros)]));
            let image = place.import(&layout.index(&[manifest]).tar()).unwrap();
            let error = place.store.unpack(&image, &Watch::nobody()).unwrap_err();
            assert!(error.to_string().contains("inflates to"), "{error}");
            assert_eq!(fs::read_dir(place.store.folder().join("layers")).unwrap().count(), 0);
        }
    }
    // What follows the archive counts as well: a digest covers it.
    let place = Place::with(Limits { layer_bytes: 4 << 20, free_bytes: 0, ..Limits::default() });
    let mut padded = Tar::default().file("a", "a").bytes();
    padded.resize(8 << 20, 0);
    assert!(place.unpack(&[padded]).unwrap_err().to_string().contains("inflates to"));
}

#[test]
fn holes_that_lie_are_refused() {
    let place = Place::new();
    let sparse = |map: &str, length: &str| {
        let records: [(&str, &[u8]); 2] = [("GNU.sparse.map", map.as_bytes()), ("GNU.sparse.size", length.as_bytes())];
        Tar::default().pax(&records).entry(b'0', "f", "", 0o644, b"abcd")
    };
    let cases = [
        ("0,2,1,2", "100"),
        ("0,4", "3"),
        ("0,8", "100"),
        ("0,2", "100"),
        ("10,2,0,2", "100"),
        ("0,4,18446744073709551615,0", "18446744073709551615"),
        ("0,4,18446744073709551610,10", "100"),
        ("0", "100"),
        ("x", "100"),
        ("0,4", "18446744073709551615"),
        ("0,4", "9223372036854775807"),
    ];
    for (map, length) in cases {
        place.refuse(sparse(map, length));
    }
    let major: [(&str, &[u8]); 2] = [("GNU.sparse.major", b"1"), ("GNU.sparse.realsize", b"10")];
    for data in [&b""[..], b"1\n0\n4", b"99999999\n", b"-1\n", &[b'9'; 2000]] {
        place.refuse(Tar::default().pax(&major).entry(b'0', "f", "", 0o644, data));
    }
}

#[test]
fn attributes_without_end_are_refused() {
    let names: Vec<String> = (0..100).map(|index| format!("SCHILY.xattr.user.a{index}")).collect();
    let records: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"v"[..])).collect();
    assert!(Place::new().refuse(Tar::default().pax(&records).file("f", "")).contains("extended attributes"));
}

#[test]
fn a_layer_that_is_not_what_the_configuration_promises_is_refused() {
    let place = Place::new();
    let layer = Tar::default().file("a", "a").bytes();
    let configuration = configuration(&[Digest::of(b"something else")]);
    let image = place.import(&crate::fixture::docker_archive_with("lie", &[layer], &configuration)).unwrap();
    let error = place.store.unpack(&image, &Watch::nobody()).unwrap_err();
    assert!(error.to_string().contains("disagree"), "{error}");
    assert_eq!(fs::read_dir(place.store.folder().join("layers")).unwrap().count(), 0);
}

#[test]
fn damaged_archives_are_refused() {
    let place = Place::new();
    let whole = Tar::default().file("a", &"x".repeat(2000)).file("b", "y").bytes();
    for cut in [100, 511, 513, 1000, 2559, 2800] {
        let error = place.unpack(&[whole[..cut].to_vec()]).unwrap_err();
        assert_eq!(error.fault(), Fault::Image, "{cut}: {error}");
    }
    let mut wrong = whole.clone();
    wrong[0] = b'z';
    assert!(place.unpack(&[wrong]).unwrap_err().to_string().contains("damaged"));
    place.refuse(Tar::default().entry(b'V', "volume", "", 0, b""));
    place.refuse(Tar::default().pax(&[("size", b"99999999999999999999")]).file("x", ""));
    place.refuse(Tar::default().pax(&[("uid", b"4294967295")]).file("x", ""));
    place.refuse(Tar::default().entry(b'x', "pax", "", 0, b"9999 path=x\n").file("x", ""));
    place.refuse(Tar::default().file(".", "the root as a file"));
}

#[test]
fn sizes_in_extended_headers_cannot_hide_entries() {
    // Whoever took the header's size here would see the file `hidden` where this reader, as Docker's, sees data.
    let inner = Tar::default().file("hidden", "owned").bytes();
    let place = Place::new();
    let size = inner.len().to_string();
    let mut header = tar::Header::new_ustar();
    header.set_path("outer").unwrap();
    header.set_mode(0o644);
    header.set_size(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1);
    header.set_cksum();
    let folder = place.accept(Tar::default().pax(&[("size", size.as_bytes())]).raw(&header, &inner));
    assert!(!folder.join("hidden").exists());
    assert_eq!(fs::metadata(folder.join("outer")).unwrap().len(), inner.len() as u64);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_entries_change_nothing_outside(
        entries in proptest::collection::vec(
            ("[0-6]", "(\\.\\./|/|a/|b/|\\.wh\\.|\\.){0,4}[ab.]{0,2}", "(\\.\\./|/|a/|b/){0,3}[ab]{0,1}", 0..0o10000_u32),
            1..20,
        )
    ) {
        let place = Place::new();
        let layer = entries.iter().fold(Tar::default(), |tar, (kind, path, link, mode)| {
            tar.entry(kind.as_bytes()[0], path, link, *mode, if kind == "0" { b"data" } else { b"" })
        });
        // Whatever comes of it: `unpack` compares the world before and after.
        let _ = place.unpack(&[layer.bytes()]);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..3000)) {
        let place = Place::new();
        let _ = place.import(&bytes);
        let _ = place.unpack(&[bytes]);
    }
}

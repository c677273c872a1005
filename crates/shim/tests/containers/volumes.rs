//! Volumes: how they begin, and that an image cannot have them mounted elsewhere.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;

use berth_runtime::{Bind, ContainerSpec};

use crate::node::Node;

/// A folder for a volume, and what says that it was filled.
fn volume(node: &Node, name: &str, target: &str) -> Bind {
    let folder = node.folder.path().join(name);
    fs::create_dir_all(folder.join("data")).unwrap();
    Bind { source: folder.join("data"), target: target.into(), read_only: false, fill: Some(folder.join("filled")) }
}

fn with(node: &Node, binds: Vec<Bind>, arguments: &[&str]) -> ContainerSpec {
    ContainerSpec { binds, ..node.spec("a", arguments) }
}

/// `/data` of the image: a folder of somebody's.
fn furnish(node: &Node) {
    let data = node.layer().join("data");
    fs::create_dir_all(data.join("deep")).unwrap();
    fs::write(data.join("deep/file"), "from the image").unwrap();
    rustix::fs::setxattr(data.join("deep/file"), "user.note", b"kept", rustix::fs::XattrFlags::empty()).unwrap();
    symlink("/etc/shadow", data.join("link")).unwrap();
    for (path, mode) in [("", 0o750), ("deep", 0o755), ("deep/file", 0o4710)] {
        chown(data.join(path), Some(1000), Some(1001)).unwrap();
        fs::set_permissions(data.join(path), fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn a_volume_begins_with_what_the_image_has_there() {
    let node = Node::new();
    furnish(&node);
    let bind = volume(&node, "v", "/data");
    let (_, out, _) = node.run(&with(&node, vec![bind.clone()], &["cat", "/data/deep/file"]));
    assert_eq!(out, "from the image");
    let looks = |path: &str| {
        let metadata = bind.source.join(path).symlink_metadata().unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
    };
    assert_eq!(looks(""), (1000, 1001, 0o750));
    assert_eq!(looks("deep/file"), (1000, 1001, 0o4710));
    let mut note = [0; 4];
    rustix::fs::getxattr(bind.source.join("deep/file"), "user.note", &mut note).unwrap();
    assert_eq!(&note, b"kept");
    assert_eq!(fs::read_link(bind.source.join("link")).unwrap(), Path::new("/etc/shadow"), "links are copied, not followed");
}

#[test]
fn a_volume_is_filled_once_and_what_was_cut_off_is_done_again() {
    let node = Node::new();
    furnish(&node);
    let bind = volume(&node, "v", "/data");
    // Somebody was killed in the middle of it.
    fs::create_dir_all(bind.source.join("deep/half")).unwrap();
    let list = with(&node, vec![bind.clone()], &["list", "/data/deep"]);
    assert_eq!(node.run(&list).1, "file\n");
    fs::remove_file(bind.source.join("deep/file")).unwrap();
    assert_eq!(node.run(&list).1, "\n", "what is removed from a volume stays removed");
}

#[test]
fn an_image_that_has_nothing_there_leaves_a_volume_empty() {
    let node = Node::new();
    fs::write(node.layer().join("file"), "no folder").unwrap();
    let bind = volume(&node, "v", "/new/place");
    assert_eq!(node.run(&with(&node, vec![bind], &["list", "/new/place"])).1, "\n");
}

#[test]
fn links_of_an_image_lead_a_volume_nowhere_but_into_the_container() {
    let node = Node::new();
    let outside = node.folder.path().join("outside");
    fs::create_dir_all(outside.join("folder")).unwrap();
    fs::write(outside.join("folder/secret"), "of the host").unwrap();
    // What the link names is there inside as well.
    let inside = node.layer().join(outside.strip_prefix("/").unwrap());
    fs::create_dir_all(inside.join("folder")).unwrap();
    fs::write(inside.join("folder/decoy"), "of the image").unwrap();
    symlink(&outside, node.layer().join("away")).unwrap();
    symlink("../../../../../../../../../..", node.layer().join("up")).unwrap();
    for (target, names) in [("/away/folder", "decoy\n"), ("/away/made", "\n"), ("/up/made", "\n")] {
        let bind = volume(&node, &target.replace('/', "-"), target);
        let (ended, out, err) = node.run(&with(&node, vec![bind], &["list", target]));
        assert_eq!((ended.code, out.as_str(), err.as_str()), (0, names, ""), "{target}");
    }
    let names: Vec<_> = fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["folder"], "nothing was made on the host");
    assert!(!Path::new("/made").exists());
}

#[test]
fn what_is_mounted_in_a_read_only_bind_is_read_only_too_and_its_devices_do_not_open() {
    let node = Node::new();
    let shared = node.folder.path().join("shared");
    fs::create_dir_all(shared.join("inner")).unwrap();
    let inner = shared.join("inner");
    rustix::mount::mount("tmpfs", &inner, "tmpfs", rustix::mount::MountFlags::empty(), None).unwrap();
    let read_only = Bind { source: shared, target: "/shared".into(), read_only: true, fill: None };
    let (_, out, _) = node.run(&with(&node, vec![read_only.clone()], &["create", "/shared/inner/file"]));
    rustix::fs::mknodat(
        rustix::fs::CWD,
        inner.join("zero"),
        rustix::fs::FileType::CharacterDevice,
        rustix::fs::Mode::from_raw_mode(0o666),
        rustix::fs::makedev(1, 5),
    )
    .unwrap();
    let (_, opened, _) = node.run(&with(&node, vec![Bind { read_only: false, ..read_only }], &["open", "/shared/inner/zero"]));
    rustix::mount::unmount(&inner, rustix::mount::UnmountFlags::DETACH).unwrap();
    assert_eq!((out.as_str(), opened.as_str()), ("EROFS\n", "EACCES\n"));
}

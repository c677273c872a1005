use std::os::unix::fs::symlink;

use super::*;

#[test]
fn a_tree_deeper_than_any_path_is_removed_and_links_are_not_followed() {
    let outer = tempfile::tempdir().unwrap();
    let kept = outer.path().join("kept");
    fs::create_dir(&kept).unwrap();
    fs::write(kept.join("file"), "x").unwrap();
    let tree = outer.path().join("tree");
    // Deeper than PATH_MAX allows to name at once: built from the inside out.
    fs::create_dir(&tree).unwrap();
    let (mut inner, name) = (tree.join("a"), "n".repeat(200));
    fs::create_dir(&inner).unwrap();
    symlink(&kept, inner.join("link")).unwrap();
    for round in 0..60 {
        let around = tree.join(format!("b{round}"));
        fs::create_dir(&around).unwrap();
        fs::rename(&inner, around.join(&name)).unwrap();
        inner = around;
    }
    remove_tree(&tree).unwrap();
    assert!(!tree.exists());
    assert!(kept.join("file").exists());
}

#[test]
fn what_is_not_there_is_removed() {
    let outer = tempfile::tempdir().unwrap();
    remove_tree(&outer.path().join("nothing")).unwrap();
}

use std::path::Path;

use super::*;

#[test]
fn a_program_that_fails_says_why_and_one_that_is_not_there_is_named() {
    assert_eq!(run(Path::new("/bin/echo"), &["a".as_ref(), "b".as_ref()]).unwrap(), "a b");
    let error = run(Path::new("/bin/sh"), &["-c".as_ref(), "echo why >&2; exit 3".as_ref()]).unwrap_err();
    assert!(error.to_string().ends_with("why"), "{error}");
    let error = run(Path::new("/bin/false"), &[]).unwrap_err();
    assert!(error.to_string().contains("exit status: 1"), "{error}");
    let error = OciRuntimes::version(Path::new("/not/there")).unwrap_err();
    assert!(error.to_string().contains("/not/there --version"), "{error}");
}

#[test]
fn what_a_program_leaves_behind_is_not_waited_for() {
    let leaves = "sleep 600 & echo $!";
    let pid = run(Path::new("/bin/sh"), &["-c".as_ref(), leaves.as_ref()]).unwrap();
    let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn nothing_is_asked_of_a_program_that_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let container = Folder::new(folder.path());
    delete(Path::new("/bin/false"), &container, "a").unwrap();
    std::fs::create_dir_all(container.library().join("a")).unwrap();
    assert!(delete(Path::new("/bin/false"), &container, "a").is_err());
    delete(Path::new("/not/there"), &container, "a").unwrap();
}

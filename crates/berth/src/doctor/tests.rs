use super::kernel::{Facts, controllers, examine};
use super::{Finding, Verdict};

fn able() -> Facts {
    Facts {
        is_root: true,
        release: "6.1.0-18-amd64".to_owned(),
        controllers: ["cpu", "memory", "pids"].map(str::to_owned).into(),
        is_unified: true,
        has_overlay: true,
        has_seccomp: true,
        has_nftables: true,
        has_disks: true,
        user_namespaces: 100,
        files: 1_048_576,
    }
}

/// The only finding that is not good.
#[track_caller]
fn only(facts: &Facts) -> Finding {
    let mut bad: Vec<Finding> = examine(facts).into_iter().filter(|finding| finding.verdict != Verdict::Good).collect();
    assert_eq!(bad.len(), 1, "{bad:?}");
    bad.remove(0)
}

#[test]
fn able_machine_lacks_nothing() {
    assert!(examine(&able()).iter().all(|finding| finding.verdict == Verdict::Good));
}

#[test]
fn each_lack_is_found_alone_and_says_what_to_do() {
    let lacks = [
        (Facts { is_root: false, ..able() }, "user", Verdict::Lacking),
        (Facts { release: "5.10.0".to_owned(), ..able() }, "kernel", Verdict::Limited),
        (Facts { controllers: ["cpu", "pids"].map(str::to_owned).into(), ..able() }, "cgroups", Verdict::Lacking),
        (Facts { has_overlay: false, ..able() }, "overlayfs", Verdict::Lacking),
        (Facts { has_seccomp: false, ..able() }, "seccomp", Verdict::Lacking),
        (Facts { has_nftables: false, ..able() }, "nftables", Verdict::Limited),
        (Facts { has_disks: false, ..able() }, "task disks", Verdict::Limited),
        (Facts { user_namespaces: 0, ..able() }, "user namespaces", Verdict::Limited),
        (Facts { files: 1024, ..able() }, "open files", Verdict::Limited),
    ];
    for (facts, what, verdict) in lacks {
        let finding = only(&facts);
        assert_eq!((finding.what, finding.verdict), (what, verdict));
        assert!(finding.advice.is_some(), "{finding:?}");
    }
}

#[test]
fn controllers_of_both_versions_are_found() {
    let mounts = "31 23 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                  32 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                  22 1 0:21 / /proc rw - proc proc rw\n";
    let found = controllers(mounts, "pids hugetlb");
    assert!(["cpu", "memory", "pids"].iter().all(|name| found.contains(*name)), "{found:?}");
    assert!(!found.contains("proc"));
}

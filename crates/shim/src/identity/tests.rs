use super::*;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:33:34:web:/srv/web:/bin/false\n77:x:78:79::/seven:\n";
const GROUP: &str = "root:x:0:\nwheel:x:10:root,web\nweb:x:34:\nlog:x:50:web\nstaff:x:51:\n";

fn find(user: &str) -> Result<Identity> {
    Identity::of(PASSWD, GROUP, user)
}

fn identity(user: u32, group: u32, groups: &[u32], home: &str) -> Identity {
    Identity { user, group, groups: groups.to_vec(), home: home.to_owned() }
}

#[test]
fn users_are_found_as_docker_finds_them() {
    let cases = [
        ("", identity(0, 0, &[0, 10], "/root")),
        ("root", identity(0, 0, &[0, 10], "/root")),
        ("web", identity(33, 34, &[34, 10, 50], "/srv/web")),
        ("33", identity(33, 34, &[34, 10, 50], "/srv/web")),
        ("web:staff", identity(33, 51, &[51], "/srv/web")),
        ("33:9", identity(33, 9, &[9], "/srv/web")),
        ("1000", identity(1000, 0, &[0], "/")),
        ("1000:1001", identity(1000, 1001, &[1001], "/")),
        ("77", identity(78, 79, &[79], "/seven")),
        (":staff", identity(0, 51, &[51], "/root")),
    ];
    for (user, expected) in cases {
        assert_eq!(find(user).unwrap(), expected, "{user}");
    }
}

#[test]
fn who_is_not_there_is_refused_by_name() {
    for (user, part) in [("nobody", "nobody"), ("web:nogroup", "nogroup"), ("4294967295", "too large")] {
        let Err(berth_runtime::protocol::Failure::Specification { what }) = find(user) else { panic!("{user} was found") };
        assert!(what.contains(part), "{what}");
    }
}

#[test]
fn an_image_without_accounts_has_root_and_numbers() {
    assert_eq!(Identity::of("", "", "").unwrap(), identity(0, 0, &[0], "/"));
    assert_eq!(Identity::of("", "", "5:6").unwrap(), identity(5, 6, &[6], "/"));
    assert!(Identity::of("", "", "web").is_err());
}

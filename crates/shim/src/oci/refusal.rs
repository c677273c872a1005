//! What a runtime says when it cannot do what it was asked for.

use berth_runtime::protocol::Failure;

/// What is wrong with a program, as runtimes say it, in the words that are used here, and what a shell would exit with.
const OF_PROGRAMS: [(&str, &str, i32); 6] = [
    ("executable file not found in $path", "executable file not found in $PATH", 127),
    ("executable file `", "executable file not found in $PATH", 127),
    ("no such file or directory", "no such file or directory", 127),
    ("permission denied", "permission denied", 126),
    ("is a directory", "permission denied", 126),
    ("exec format error", "exec format error", 126),
];
/// That it speaks of the program, and of nothing else that it does on the way.
const ABOUT_PROGRAMS: [&str; 3] = ["exec: \"", "executable file", "open executable"];
/// The most characters of what is handed on: a worker's word has to fit a pipe.
const LONGEST: usize = 2000;

/// The failure that a runtime's message stands for. `program`: as it was asked for.
pub(super) fn of(message: &str, doing: &str, program: &str) -> Failure {
    let lower = message.to_lowercase();
    let known = OF_PROGRAMS.iter().find(|(said, ..)| lower.contains(said));
    let is_about_program = ABOUT_PROGRAMS.iter().any(|said| lower.contains(said));
    match known.filter(|_| is_about_program) {
        Some((_, problem, code)) => Failure::Program { program: program.to_owned(), problem: (*problem).to_owned(), code: *code },
        None => Failure::Shim { doing: doing.to_owned(), problem: message.chars().take(LONGEST).collect() },
    }
}

/// The last error in a log of lines of JSON; the last line as it is, if it is none.
pub(super) fn last_error(log: &str) -> Option<String> {
    let message = |line: &str| {
        let entry: serde_json::Value = serde_json::from_str(line).ok()?;
        (entry["level"] == "error" || entry["level"] == "fatal").then(|| entry["msg"].as_str().map(str::to_owned))?
    };
    let lines = || log.lines().rev().filter(|line| !line.trim().is_empty());
    lines().find_map(message).or_else(|| lines().next().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_program_is_told_apart_from_what_is_wrong_with_the_machine() {
        let cases = [
            (
                r#"runc create failed: unable to start container process: exec: "nothing": executable file not found in $PATH"#,
                127,
            ),
            (r#"unable to start container process: exec: "/bin/x": stat /bin/x: no such file or directory"#, 127),
            (r#"exec failed: unable to start container process: exec: "/bin": permission denied"#, 126),
            (r#"unable to start container process: error during container init: exec: "/bin": is a directory"#, 126),
            ("executable file `nothing` not found in $PATH: No such file or directory", 127),
            ("open executable: Permission denied", 126),
        ];
        for (message, expected) in cases {
            match of(message, "creating", "x") {
                Failure::Program { code, .. } => assert_eq!(code, expected, "{message}"),
                other => panic!("{message}: {other:?}"),
            }
        }
        for message in [
            "unable to start container process: error mounting \"/x\" to rootfs at \"/y\": no such file or directory",
            "exec failed: error starting setns process: fork/exec /proc/self/exe: no such file or directory",
            "unable to apply cgroup configuration: mkdir /sys/fs/cgroup/x: permission denied",
        ] {
            assert!(matches!(of(message, "creating", "x"), Failure::Shim { .. }), "{message}");
        }
    }

    #[test]
    fn the_last_error_of_a_log_is_what_counts() {
        let log =
            "{\"level\":\"warning\",\"msg\":\"a\"}\n{\"level\":\"error\",\"msg\":\"b\"}\n{\"level\":\"info\",\"msg\":\"c\"}\n";
        assert_eq!(last_error(log).as_deref(), Some("b"));
        assert_eq!(last_error("plain\nwords\n\n").as_deref(), Some("words"));
        assert_eq!(last_error(""), None);
    }
}

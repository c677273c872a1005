//! The only file of the images that the confinement suite runs: says what it sees and may do. Built as the shim is.
#![allow(
    unsafe_code,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::undocumented_unsafe_blocks,
    clippy::too_many_lines,
    reason = "a program for tests"
)]

use std::fs;
use std::io::{Read, Write};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["say", text] => println!("{text}"),
        ["write", text] => print!("{text}"),
        ["both"] => {
            println!("out");
            eprintln!("err");
        }
        ["env", name] => println!("{}", std::env::var(name).unwrap_or_default()),
        ["link", path] => println!("{}", fs::read_link(path).unwrap().display()),
        ["cwd"] => println!("{}", std::env::current_dir().unwrap().display()),
        ["cat", path] => print!("{}", fs::read_to_string(path).map_err(|e| e.to_string()).unwrap_or_else(|e| e)),
        ["status"] => print!("{}", fs::read_to_string("/proc/self/status").unwrap()),
        ["exit", code] => std::process::exit(code.parse().unwrap()),
        ["kill", signal] => unsafe {
            libc::raise(signal.parse().unwrap());
        },
        ["wait"] => loop {
            unsafe { libc::pause() };
        },
        ["echo"] => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).unwrap();
            print!("{text}");
        }
        ["flood", bytes] => {
            let line = [b'x'; 1023];
            let mut left: usize = bytes.parse().unwrap();
            let mut out = std::io::stdout().lock();
            while left > 0 {
                out.write_all(&line).and_then(|()| out.write_all(b"\n")).unwrap();
                left = left.saturating_sub(1024);
            }
        }
        ["pour", bytes] => {
            let chunk = vec![b'x'; bytes.parse().unwrap()];
            std::io::stdout().lock().write_all(&chunk).unwrap();
        }
        ["bomb"] => loop {
            if unsafe { libc::fork() } < 0 {
                std::thread::yield_now();
            }
        },
        ["close"] => {
            println!("closing");
            for number in 0..1024 {
                unsafe { libc::close(number) };
            }
            std::process::exit(7);
        }
        ["signal", pid, number] => {
            let sent = unsafe { libc::kill(pid.parse().unwrap(), number.parse().unwrap()) };
            println!("{}", if sent == 0 { "ok".to_owned() } else { last() });
        }
        ["trace", pid] => {
            let pid: libc::pid_t = pid.parse().unwrap();
            let traced = unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, 0, 0) };
            println!("{}", if traced == 0 { "ok".to_owned() } else { last() });
        }
        ["abstract", name] => {
            use std::os::linux::net::SocketAddrExt as _;
            let address = std::os::unix::net::SocketAddr::from_abstract_name(name).unwrap();
            println!("{}", outcome(std::os::unix::net::UnixStream::connect_addr(&address).map(|_| ())));
        }
        ["put", path, text] => println!("{}", outcome(fs::write(path, text))),
        ["calls"] => calls(),
        ["open", path] => println!("{}", outcome(fs::OpenOptions::new().read(true).open(path).map(|_| ()))),
        ["create", path] => println!("{}", outcome(fs::File::create(path).map(|_| ()))),
        ["append", path] => {
            println!("{}", outcome(fs::OpenOptions::new().append(true).open(path).and_then(|mut file| file.write_all(b"x"))))
        }
        ["raw"] => {
            let socket = unsafe { libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP) };
            println!("{}", if socket >= 0 { "ok".to_owned() } else { last() });
        }
        ["owner", path] => {
            use std::os::unix::fs::MetadataExt;
            let found = fs::symlink_metadata(path).unwrap();
            println!("{} {}", found.uid(), found.gid());
        }
        ["list", path] => {
            let mut names: Vec<String> =
                fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            println!("{}", names.join(" "));
        }
        ["mknod", path, major, minor] => {
            let device = libc::makedev(major.parse().unwrap(), minor.parse().unwrap());
            let path_c = std::ffi::CString::new(*path).unwrap();
            let made = unsafe { libc::mknod(path_c.as_ptr(), libc::S_IFCHR | 0o666, device) };
            println!("made {}", if made == 0 { "ok".to_owned() } else { last() });
            println!("open {}", outcome(fs::File::open(path).map(|_| ())));
        }
        ["nofile"] => {
            let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
            println!("{} {}", limit.rlim_cur, limit.rlim_max);
        }
        ["threads"] => {
            let sum: u32 = (0..8).map(|number| std::thread::spawn(move || number)).map(|thread| thread.join().unwrap()).sum();
            println!("{sum}");
        }
        ["become", program, rest @ ..] => {
            use std::os::unix::process::CommandExt;
            println!("{}", outcome(Err(std::process::Command::new(program).args(rest).exec())));
        }
        ["grow", bytes] => {
            let memory = vec![1_u8; bytes.parse().unwrap()];
            println!("{}", memory.iter().map(|&byte| usize::from(byte)).sum::<usize>());
        }
        ["forks", count] => {
            let mut made = 0;
            for _ in 0..count.parse::<u32>().unwrap() {
                match unsafe { libc::fork() } {
                    -1 => break,
                    0 => loop {
                        unsafe { libc::pause() };
                    },
                    _ => made += 1,
                }
            }
            println!("{made}");
        }
        ["orphan"] => {
            // A process that outlives the one that made it, and holds its output open.
            if unsafe { libc::fork() } == 0 {
                loop {
                    unsafe { libc::pause() };
                }
            }
        }
        ["brood"] => {
            // Two that have left their parent's session, one of them its parent, and it waits for ever.
            for leaves in [false, true] {
                if unsafe { libc::fork() } == 0 {
                    unsafe { libc::setsid() };
                    if !leaves || unsafe { libc::fork() } == 0 {
                        loop {
                            unsafe { libc::pause() };
                        }
                    }
                    std::process::exit(0);
                }
            }
            println!("brooding");
            loop {
                unsafe { libc::pause() };
            }
        }
        ["notch", path] => {
            fs::OpenOptions::new().create(true).append(true).open(path).and_then(|mut file| file.write_all(b"|")).unwrap();
            println!("{}", fs::metadata(path).unwrap().len());
        }
        other => {
            eprintln!("probe: what is {other:?}?");
            std::process::exit(99);
        }
    }
}

fn last() -> String {
    outcome(Err(std::io::Error::last_os_error()))
}

fn outcome(result: std::io::Result<()>) -> String {
    match result.map_err(|error| error.raw_os_error().unwrap_or(0)) {
        Ok(()) => "ok".to_owned(),
        Err(libc::EPERM) => "EPERM".to_owned(),
        Err(libc::ENOSYS) => "ENOSYS".to_owned(),
        Err(libc::EACCES) => "EACCES".to_owned(),
        Err(libc::EROFS) => "EROFS".to_owned(),
        Err(libc::ENOENT) => "ENOENT".to_owned(),
        Err(libc::ESRCH) => "ESRCH".to_owned(),
        Err(libc::ECONNREFUSED) => "ECONNREFUSED".to_owned(),
        Err(other) => format!("errno {other}"),
    }
}

/// Tries system calls with arguments that cannot do anything, and prints how each is answered.
fn calls() {
    let bad: libc::c_long = -1;
    let tries: [(&str, libc::c_long, [libc::c_long; 3]); 23] = [
        ("mount", libc::SYS_mount, [0, 0, 0]),
        ("umount2", libc::SYS_umount2, [0, 0, 0]),
        ("unshare", libc::SYS_unshare, [libc::CLONE_NEWUSER.into(), 0, 0]),
        ("setns", libc::SYS_setns, [bad, 0, 0]),
        ("keyctl", libc::SYS_keyctl, [0, 0, 0]),
        ("add_key", libc::SYS_add_key, [0, 0, 0]),
        ("request_key", libc::SYS_request_key, [0, 0, 0]),
        ("bpf", libc::SYS_bpf, [bad, 0, 0]),
        ("userfaultfd", libc::SYS_userfaultfd, [0, 0, 0]),
        ("io_uring_setup", libc::SYS_io_uring_setup, [0, 0, 0]),
        ("kexec_load", libc::SYS_kexec_load, [0, 0, 0]),
        ("reboot", libc::SYS_reboot, [0, 0, 0]),
        ("open_by_handle_at", libc::SYS_open_by_handle_at, [bad, 0, 0]),
        ("perf_event_open", libc::SYS_perf_event_open, [0, 0, 0]),
        ("clone_newuser", libc::SYS_clone, [libc::CLONE_NEWUSER.into(), 0, 0]),
        ("clone3", libc::SYS_clone3, [0, 0, 0]),
        ("vsock", libc::SYS_socket, [40, 1, 0]),
        ("alg", libc::SYS_socket, [38, 5, 0]),
        ("personality_norandomize", libc::SYS_personality, [0x4_0000, 0, 0]),
        ("personality_ask", libc::SYS_personality, [0xffff_ffff, 0, 0]),
        ("futex_wake", 454, [0, 0, 0]),
        ("open_tree_attr", 467, [bad, 0, 0]),
        ("unknown", 1000, [0, 0, 0]),
    ];
    for (name, number, [one, two, three]) in tries {
        let answer = unsafe { libc::syscall(number, one, two, three, 0, 0, 0) };
        println!("{name} {}", if answer >= 0 { "ok".to_owned() } else { last() });
    }
}

//! The only file of the images that the confinement suite runs: says what it sees and may do. Built as the shim is.
#![allow(unsafe_code, clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, reason = "a program for tests")]

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
        other => {
            eprintln!("probe: what is {other:?}?");
            std::process::exit(99);
        }
    }
}

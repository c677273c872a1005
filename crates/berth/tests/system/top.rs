//! `berth top`: the cluster at work, with a terminal of the test's own and without one.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use serde_json::{Value, json};

use crate::installation::{Installation, text};
use crate::operator_commands::Scene;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// `berth top` on a terminal that the test looks at and types on.
struct Terminal {
    /// What the program has, kept open so that its state can be asked.
    program: OwnedFd,
    keys: File,
    shown: Receiver<Vec<u8>>,
    seen: String,
    /// Where what was waited for last ends.
    at: usize,
    top: Child,
}

impl Terminal {
    /// Starts it on a terminal of a size.
    fn of(installation: &Installation, columns: u16, arguments: &[&str]) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let person = openpt(flags).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let program = ioctl_tiocgptpeer(&person, flags).unwrap();
        resize(&program, columns);
        let mut command = installation.command(&[&["top"], arguments].concat());
        command.env("TERM", "xterm").stdin(program.try_clone().unwrap()).stdout(program.try_clone().unwrap());
        let top = command.stderr(Stdio::piped()).spawn().unwrap();
        let (keys, mut screen) = (File::from(person.try_clone().unwrap()), File::from(person));
        let (sender, shown) = channel();
        // A reading cannot be given up, waiting for what was read can.
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = screen.read(&mut bytes) {
                if sender.send(bytes[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { program, keys, shown, seen: String::new(), at: 0, top }
    }

    /// Waits until a text is shown, after what was waited for before.
    fn awaits(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = self.seen[self.at..].find(text) {
                self.at += found + text.len();
                return;
            }
            let left = until.saturating_duration_since(Instant::now());
            let bytes = self.shown.recv_timeout(left).unwrap_or_else(|_| panic!("{text:?} is not shown: {:?}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    fn types(&mut self, key: u8) {
        self.keys.write_all(&[key]).unwrap();
    }

    fn signals(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.top.id()).unwrap()), signal).unwrap();
    }

    /// How it ended, after which the terminal has to be as it was.
    fn ended(mut self) -> Option<i32> {
        self.awaits("\u{1b}[?1049l");
        let code = self.top.wait().unwrap().code();
        let modes = tcgetattr(&self.program).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG), "{modes:?}");
        assert!(self.seen.contains("\u{1b}[?25h"), "the cursor is back");
        code
    }
}

fn resize(terminal: &OwnedFd, columns: u16) {
    tcsetwinsize(terminal, Winsize { ws_row: 30, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
}

/// A service of one task, which runs.
async fn scene() -> Scene {
    let mut scene = Scene::new().await;
    let root = scene.installation.client("root-key.json").await;
    let container = json!({ "name": "web", "image": "web:1", "memory": 16 });
    let definition = json!({ "family": "web", "networkMode": "host", "containerDefinitions": [container] });
    root.ecs("RegisterTaskDefinition", &definition).await.unwrap();
    root.ecs("CreateService", &json!({ "serviceName": "storefront", "taskDefinition": "web", "desiredCount": 1 })).await.unwrap();
    scene.runs_task().await;
    scene
}

#[tokio::test]
async fn top_goes_on_until_q_and_gives_the_terminal_back() {
    let scene = scene().await;
    let mut terminal = Terminal::of(&scene.installation, 120, &["--interval", "1"]);
    for part in ["\u{1b}[?1049h", "storefront", "by cpu"] {
        terminal.awaits(part);
    }
    terminal.types(b'n');
    terminal.awaits("by name");
    terminal.types(b'q');
    assert_eq!(terminal.ended(), Some(0));
}

#[tokio::test]
async fn top_gives_the_terminal_back_however_it_ends() {
    let scene = scene().await;
    let mut by_key = Terminal::of(&scene.installation, 120, &[]);
    by_key.awaits("storefront");
    by_key.types(3);
    assert_eq!(by_key.ended(), Some(130));
    let mut by_signal = Terminal::of(&scene.installation, 120, &[]);
    by_signal.awaits("storefront");
    by_signal.signals(Signal::SIGTERM);
    assert_eq!(by_signal.ended(), Some(130));
}

#[tokio::test]
async fn top_follows_the_size_of_its_terminal_and_shows_what_is_new() {
    let scene = scene().await;
    let mut terminal = Terminal::of(&scene.installation, 120, &["--interval", "3600"]);
    terminal.awaits("REVISION");
    terminal.awaits("\u{1b}[?2026l");
    resize(&terminal.program, 30);
    // It is not the terminal that the process was started from, so the kernel tells it nothing.
    terminal.signals(Signal::SIGWINCH);
    for part in ["\u{1b}[?2026h", "storefront", "\u{1b}[?2026l"] {
        terminal.awaits(part);
    }
    let narrow = terminal.seen.rsplit("\u{1b}[?2026h").next().unwrap();
    assert!(!narrow.contains("REVISION"), "{narrow:?}");
    terminal.types(b'q');
    assert_eq!(terminal.ended(), Some(0));
}

#[tokio::test]
async fn top_without_a_terminal_is_one_page_or_json() {
    let scene = scene().await;
    let node = &scene.installation;
    let page = node.succeeds(&["top"]);
    assert!(page.starts_with("default  1 node  1 service  1 task running, 0 pending  "), "{page}");
    assert!(page.contains("\nstorefront ") && !page.contains('\u{1b}'), "{page:?}");
    let told: Value = serde_json::from_str(&node.succeeds(&["top", "--json"])).unwrap();
    assert_eq!((&told["services"][0]["name"], &told["services"][0]["runningCount"]), (&json!("storefront"), &json!(1)), "{told}");
    assert_eq!(told["nodes"][0]["memory"]["reserved"], 16, "{told}");
    assert!(told["events"][0]["message"].is_string(), "{told}");
    let said = node.fails(&["top", "--cluster", "nowhere"]);
    assert!(said.contains("nowhere"), "{said}");
    let output = node.runs(&["top", "--interval", "0"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

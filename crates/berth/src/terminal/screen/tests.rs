use std::io::Read as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::*;

/// What tells panics is the whole process's, and every screen changes it.
fn alone() -> MutexGuard<'static, ()> {
    static SCREEN: Mutex<()> = Mutex::new(());
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A terminal: what its person sees and types, and what a program has.
fn terminal() -> (OwnedFd, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let person = openpt(flags).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let program = ioctl_tiocgptpeer(&person, flags).unwrap();
    (person, program)
}

/// What was written to a terminal until its other screen was left.
fn seen(person: &OwnedFd) -> String {
    let mut person = std::fs::File::from(person.try_clone().unwrap());
    let (mut seen, mut bytes) = (String::new(), [0; 4096]);
    while !seen.contains("\u{1b}[?1049l") {
        let length = person.read(&mut bytes).unwrap();
        seen.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
    }
    seen
}

fn modes(program: &OwnedFd) -> LocalModes {
    tcgetattr(program).unwrap().local_modes
}

#[test]
fn terminal_is_as_it_was_afterwards() {
    let _alone = alone();
    let (person, program) = terminal();
    let before = modes(&program);
    let screen = Screen::on(program.try_clone().unwrap(), program.try_clone().unwrap()).unwrap();
    assert!(screen.has_keys() && !modes(&program).intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG));
    screen.show(&["one".to_owned(), "two".to_owned()]).unwrap();
    drop(screen);
    assert_eq!(modes(&program), before);
    let seen = seen(&person);
    assert!(seen.starts_with("\u{1b}[?1049h") && seen.ends_with("\u{1b}[?1049l"), "{seen:?}");
    assert!(seen.replace('\r', "").contains("one\u{1b}[K\ntwo"), "{seen:?}");
}

#[test]
fn terminal_is_as_it_was_when_a_panic_is_told() {
    let _alone = alone();
    let (person, program) = terminal();
    let before = modes(&program);
    let (told, program_of_hook) = (Arc::new(AtomicBool::new(false)), program.try_clone().unwrap());
    let telling = Arc::clone(&told);
    std::panic::set_hook(Box::new(move |_| telling.store(modes(&program_of_hook) == before, Ordering::Relaxed)));
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let _screen = Screen::on(program.try_clone().unwrap(), program.try_clone().unwrap()).unwrap();
        panic!("on purpose");
    }));
    drop(std::panic::take_hook());
    assert!(outcome.is_err() && told.load(Ordering::Relaxed), "it was given back before the panic was told");
    let seen = seen(&person);
    assert_eq!(seen.matches("\u{1b}[?1049l").count(), 1, "{seen:?}");
}

#[test]
fn terminal_that_does_not_know_its_size_has_the_usual_one() {
    let _alone = alone();
    let (_person, program) = terminal();
    let screen = Screen::on(program.try_clone().unwrap(), program.try_clone().unwrap()).unwrap();
    assert_eq!(screen.size(), USUAL);
    tcsetwinsize(&program, Winsize { ws_row: 10, ws_col: 40, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    assert_eq!(screen.size(), (40, 10));
}

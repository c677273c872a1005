//! A terminal that a command has to itself for a while: its other screen, and keys as they are pressed. However the command ends, it gets
//! back what was there.

use std::io::{IsTerminal as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// The other screen, empty; no cursor; what is too wide is cut off.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J";
const LEAVE: &[u8] = b"\x1b[?7h\x1b[?25h\x1b[?1049l";
/// The size of a terminal that does not know it.
const USUAL: (usize, usize) = (80, 24);

/// A terminal's other screen. It is left when this is dropped, and before a panic is told.
#[derive(Debug)]
pub(crate) struct Screen(Arc<Held>);

#[derive(Debug)]
struct Held {
    output: OwnedFd,
    /// What keys are typed on, and how it was; none if that is no terminal.
    keys: Option<(OwnedFd, Termios)>,
    is_left: AtomicBool,
}

impl Screen {
    /// The screen of standard output, with keys from standard input.
    pub(crate) fn enter() -> Result<Self> {
        let input = std::io::stdin().as_fd().try_clone_to_owned().context("copying standard input")?;
        let output = std::io::stdout().as_fd().try_clone_to_owned().context("copying standard output")?;
        Self::on(input, output)
    }

    fn on(input: OwnedFd, output: OwnedFd) -> Result<Self> {
        let keys = if input.is_terminal() { Some(keys_as_pressed(input)?) } else { None };
        let held = Arc::new(Held { output, keys, is_left: AtomicBool::new(false) });
        let screen = Self(Arc::clone(&held));
        // A panic that is told on a screen that goes away is never read.
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            held.leave();
            tell(panic);
        }));
        screen.0.write(ENTER)?;
        Ok(screen)
    }

    /// Whether keys are typed.
    pub(crate) fn has_keys(&self) -> bool {
        self.0.keys.is_some()
    }

    /// Columns and lines.
    pub(crate) fn size(&self) -> (usize, usize) {
        match tcgetwinsize(&self.0.output) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
            _ => USUAL,
        }
    }

    /// Shows lines, at most as many as there is room for, instead of what is there: in one piece, and without an empty moment.
    pub(crate) fn show(&self, lines: &[String]) -> Result<()> {
        // Terminals that know it show the picture once it is complete; others pass it over.
        let picture = format!("\x1b[?2026h\x1b[H{}\x1b[K\x1b[J\x1b[?2026l", lines.join("\x1b[K\r\n"));
        self.0.write(picture.as_bytes())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Held {
    fn write(&self, bytes: &[u8]) -> Result<()> {
        let mut output = std::fs::File::from(self.output.try_clone().context("copying standard output")?);
        super::written(output.write_all(bytes))
    }

    fn leave(&self) {
        if self.is_left.swap(true, Ordering::Relaxed) {
            return;
        }
        // A terminal that is gone needs nothing back.
        let _ = self.write(LEAVE);
        if let Some((input, before)) = &self.keys {
            let _ = tcsetattr(input, OptionalActions::Flush, before);
        }
    }
}

/// No line is waited for, nothing is echoed, and Ctrl-C is a key; answers how it was.
fn keys_as_pressed(input: OwnedFd) -> Result<(OwnedFd, Termios)> {
    let before = tcgetattr(&input).context("asking how the terminal is set up")?;
    let mut raw = before.clone();
    raw.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
    raw.special_codes[SpecialCodeIndex::VMIN] = 1;
    raw.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(&input, OptionalActions::Now, &raw).context("setting up the terminal for keys")?;
    Ok((input, before))
}

#[cfg(test)]
mod tests;

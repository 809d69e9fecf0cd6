//! One line on a terminal's standard error that says what is being read.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use base::escape;
use unicode_width::UnicodeWidthChar;

/// A scan that is over sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(400);
/// Time between two drawings.
const PACE: Duration = Duration::from_millis(100);
/// Goes to the line's first column and empties it.
const CLEAR: &str = "\r\u{1b}[2K";

#[derive(Default)]
struct State {
    current: String,
    files: u64,
    done: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    woken: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The line and the thread that draws it.
pub(crate) struct Progress {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Progress {
    /// A line, where a person can see it: on a terminal that can redraw, outside continuous integration.
    pub(crate) fn visible() -> Option<Self> {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if dumb || std::env::var_os("CI").is_some() || !io::stderr().is_terminal() {
            return None;
        }
        let shared = Arc::new(Shared::default());
        let drawn = shared.clone();
        let thread = std::thread::Builder::new().name("progress".into()).spawn(move || draw(&drawn)).ok()?;
        Some(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// A file begins to be read.
    pub(crate) fn started(&self, path: &str) {
        let mut state = self.shared.state();
        state.files = state.files.saturating_add(1);
        state.current.clear();
        state.current.push_str(path);
    }

    /// Takes the line away and ends the thread.
    pub(crate) fn done(&self) {
        self.shared.state().done = true;
        self.shared.woken.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

/// Draws until the scan is done.
fn draw(shared: &Shared) {
    let began = Instant::now();
    let mut wait = PATIENCE;
    let mut drawn = false;
    loop {
        let (state, _) = shared
            .woken
            .wait_timeout_while(shared.state(), wait, |state| !state.done)
            .unwrap_or_else(PoisonError::into_inner);
        if state.done {
            break;
        }
        let columns = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| usize::from(width.0));
        let line = line(&state, began.elapsed(), columns);
        drop(state);
        let _ = write!(io::stderr(), "{CLEAR}{line}");
        (wait, drawn) = (PACE, true);
    }
    if drawn {
        let _ = write!(io::stderr(), "{CLEAR}");
    }
}

/// Time, count and the present file, cut to fit.
fn line(state: &State, elapsed: Duration, columns: usize) -> String {
    let seconds = elapsed.as_secs();
    let (minutes, rest) = (seconds.checked_div(60).unwrap_or_default(), seconds.checked_rem(60).unwrap_or_default());
    let files = if state.files == 1 { "file" } else { "files" };
    let text = format!(" {minutes}:{rest:02}  {} {files}  {}", state.files, escape::line(&state.current));
    let mut room = columns.saturating_sub(1);
    let fits = |letter: &char| {
        let left = room.checked_sub(letter.width().unwrap_or_default());
        room = left.unwrap_or_default();
        left.is_some()
    };
    text.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fits_and_is_harmless() {
        let state = State { current: "a\u{1b}[31m模型".into(), files: 2, done: false };
        assert_eq!(line(&state, Duration::from_secs(75), 80), " 1:15  2 files  a\\u{1b}[31m模型");
        assert_eq!(line(&state, Duration::from_secs(75), 31), " 1:15  2 files  a\\u{1b}[31m模");
    }
}

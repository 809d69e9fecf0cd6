//! The clock and the cancel flag of a scan: SIGTERM and Ctrl-C end it with a partial report, a second one ends the process.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use base::budget::Watch;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

use crate::progress::Progress;

/// What a running scan asks and tells.
pub(crate) struct ScanWatch {
    began: Instant,
    cancelled: Arc<AtomicBool>,
    progress: Option<Progress>,
}

impl ScanWatch {
    /// A watch that begins now.
    pub(crate) fn new(progress: Option<Progress>) -> io::Result<Self> {
        let cancelled = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag down and raises it, the second finds it up and exits.
            flag::register_conditional_shutdown(signal, signal.saturating_add(128), cancelled.clone())?;
            flag::register(signal, cancelled.clone())?;
        }
        Ok(Self { began: Instant::now(), cancelled, progress })
    }

    /// Takes the progress line away.
    pub(crate) fn done(&self) {
        if let Some(progress) = &self.progress {
            progress.done();
        }
    }
}

impl Watch for ScanWatch {
    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn started(&self, path: &str, _size: Option<u64>) {
        if let Some(progress) = &self.progress {
            progress.started(path);
        }
    }
}

//! Panics during a scan: they are defects that the report names, not text for a terminal.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, PoisonError},
};

/// Runs `work` with the panic hook silent on every thread. Where `work` itself panics, returns what the last panic said and where.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let said = Arc::new(Mutex::new(String::new()));
    let hook = {
        let said = said.clone();
        move |info: &panic::PanicHookInfo<'_>| {
            let message = info.payload_as_str().unwrap_or("a panic without a message");
            let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
            *said.lock().unwrap_or_else(PoisonError::into_inner) = format!("{message}{place}");
        }
    };
    let before = panic::take_hook();
    panic::set_hook(Box::new(hook));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(before);
    result.map_err(|_| std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_and_not_printed() {
        assert_eq!(quietly(|| 7), Ok(7));
        let said = quietly(|| panic!("no {}", "good")).unwrap_err();
        assert!(said.starts_with("no good (") && said.contains("panics.rs"), "{said}");
    }
}

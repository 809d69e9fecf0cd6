//! Names of functions among the data of a file that asks for functions by name: `dlsym`, `GetProcAddress`, a walk through the
//! loader's own tables.

use std::{collections::HashSet, ops::Range};

use base::{
    blob::Blob,
    budget::Meter,
    fact::Import,
    location::{Place, Unit},
    sink::Sink,
    stop::Stop,
};

/// Functions that find others by name.
const FINDERS: &[&str] = &["GetProcAddress", "LdrGetProcedureAddress", "NSLookupSymbolInImage", "dlsym", "dlvsym"];
/// Imports that every library has, whatever it does.
const OWN: &[&str] = &[
    "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable", "__cxa_finalize", "__gmon_start__", "__stack_chk_fail", "dyld_stub_binder",
];
/// Other imports up to which a library does nearly all that it does by name.
const FEW: usize = 8;
/// Bytes that are searched, and how many at a time.
const SEARCHED: u64 = 32 << 20;
const BLOCK: u64 = 1 << 20;
/// Bytes of a name.
const LENGTH: usize = 40;
/// Names that are stated.
const STATED: usize = 64;

/// Whether a file with these imports may ask for functions by name, and whether it does little else.
pub(super) fn looks_up(imported: &HashSet<String>) -> Option<bool> {
    let others = imported.iter().filter(|name| !OWN.contains(&name.as_str()));
    let few = others.count() <= FEW;
    (FINDERS.iter().any(|finder| imported.contains(*finder))).then_some(few)
}

/// States the names of functions in the data of a file, outside of the tables of its own symbols.
pub(super) fn state(
    blob: &Blob,
    own: (&HashSet<String>, &[Range<u64>]),
    origin: &str,
    meter: &Meter,
    sink: &mut Sink<'_>,
) -> Result<(), Stop> {
    let (symbols, tables) = own;
    let end = blob.len().unwrap_or(0).min(SEARCHED);
    let mut stated: HashSet<String> = HashSet::new();
    let mut start = 0_u64;
    while start < end {
        let size = BLOCK.saturating_add(LENGTH as u64).min(end.saturating_sub(start));
        meter.hold(size)?;
        let bytes = blob.bytes_at(start, usize::try_from(size).unwrap_or(0))?;
        meter.bytes(size)?;
        let mut begin = 0_usize;
        for at in memchr::memchr_iter(0, &bytes) {
            let text = printable(bytes.get(begin..at).unwrap_or_default());
            let place = start.saturating_add(at.saturating_sub(text.len()) as u64);
            begin = at.saturating_add(1);
            let Some(name) = name(text) else { continue };
            let own = symbols.contains(name) || tables.iter().any(|table| table.contains(&place));
            if own || stated.len() >= STATED || !eval::is_named("native", name) || !stated.insert(name.to_owned()) {
                continue;
            }
            let import = Import {
                module: "native".into(),
                name: name.into(),
                origin: origin.into(),
                when: "called".into(),
                ..Import::default()
            };
            sink.fact(Place::bytes(place, text.len() as u64).pointer(Unit::Symbol, name), import)?;
        }
        meter.release(size);
        start = start.saturating_add(BLOCK);
    }
    Ok(())
}

/// The printable end of what stands before a zero: code may lie in front of the first text.
fn printable(bytes: &[u8]) -> &[u8] {
    let last = bytes.get(bytes.len().saturating_sub(LENGTH.saturating_add(1))..).unwrap_or_default();
    let length = last.iter().rev().take_while(|byte| matches!(**byte, b' '..=b'~')).count();
    bytes.get(bytes.len().saturating_sub(length)..).unwrap_or_default()
}

fn name(text: &[u8]) -> Option<&str> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let fits = (4..=LENGTH).contains(&text.len()) && text.iter().all(plain);
    fits.then(|| std::str::from_utf8(text).ok()).flatten()
}

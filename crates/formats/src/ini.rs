//! INI, `.cfg`, properties and TOML: sections, keys and values, line by line. Of TOML every key is seen, inline tables included.

mod line;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Identity, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    reason::Reason,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use self::line::Line;
use crate::{
    identified::file_name,
    structured::{Scalar, Statements},
    text::encoding::{Decoder, Encoding},
};

/// INI and its relatives.
pub const FORMAT: Format = Format {
    id: "ini",
    name: "INI, properties or TOML",
    extensions: &["ini", "cfg", "conf", "properties", "toml"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Text],
    detect,
    explain: None,
    parse,
};

/// Bytes of a line.
const LINE: usize = 1 << 20;

/// Certain by name, for what is named so is read so; else by the first line that is no comment.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    let name = file_name(head).to_ascii_lowercase();
    if [".toml", ".ini", ".cfg", ".conf", ".properties"].iter().any(|extension| name.ends_with(extension)) {
        return Some(Certainty::Certain);
    }
    // A script that begins by setting a variable is no list of settings: what is named or begins like a program is run, and no
    // loader of settings takes it for some, while each assignment and each key of a dict would read as one.
    let python = (crate::python::FORMAT.detect)(head) == Some(Certainty::Certain);
    let script = [crate::identified::is_shell, crate::identified::is_batch, crate::identified::is_powershell];
    if python || script.iter().any(|is| is(head)) {
        return None;
    }
    // No text begins so, and no line of a binary file has to be looked at.
    let continues = head.first.first().is_some_and(|byte| (0x80..0xc0).contains(byte));
    let mut line = head.first.iter().take(64).take_while(|byte| **byte != b'\n');
    if continues || line.any(|byte| crate::text::is_control(*byte)) {
        return None;
    }
    let text = head.first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head.first);
    let mut lines = text.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line.trim_ascii()).ok());
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(['#', ';']))?;
    let plausible = match Line::of(first) {
        Line::Section(name) => name.chars().next().is_some_and(|letter| letter.is_alphabetic() || letter == '_'),
        Line::Member { key, equals, .. } => equals && key.len() <= 64 && !key.contains(' '),
        Line::Comment | Line::Other => false,
    };
    plausible.then_some(Certainty::Possible)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut reader = Reader::new(blob, sink.meter());
    let (encoding, mark) = Encoding::marked(reader.peek(4)?).unwrap_or((Encoding::Utf8, 0));
    let mut text = Decoder::new(reader, encoding, mark);
    let mut statements = Statements::default();
    let outcome = lines(&mut text, &mut statements, sink);
    statements.release(sink);
    let end = text.offset();
    if outcome.is_ok() {
        sink.milestone()?;
    }
    sink.claim(0..end, Claim::Read);
    outcome?;
    sink.fact(Place::bytes(0, end), Identity { key: "encoding".into(), value: encoding.name().into() })
}

/// Reads every line. A line without a key goes on with the value before it, as ConfigParser and TOML's longer values do.
fn lines(text: &mut Decoder<'_>, statements: &mut Statements, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut key = String::new();
    let mut number = 0_u32;
    loop {
        let at = text.offset();
        let Some(line) = read_line(text)? else {
            return Ok(());
        };
        number = number.saturating_add(1);
        let place = Place::bytes(at, text.offset().saturating_sub(at)).line(number, 1);
        if line.chars().any(|letter| letter.is_control() && !matches!(letter, '\t' | '\x0c' | '\u{85}')) {
            return Err(Stop::malformed(at, "a control character in a line"));
        }
        let value = match Line::of(line.trim()) {
            Line::Comment => continue,
            Line::Section(name) => {
                state_keys(statements, sink, &place, name)?;
                key.clear();
                continue;
            }
            Line::Member { key: name, value, .. } => {
                key = name.to_owned();
                state_keys(statements, sink, &place, name)?;
                value
            }
            // `__version__ = "1"` begins a module as well as a file of settings.
            Line::Other if !sink.passed() && is_import(&line) => {
                return Err(Stop::malformed(at, "a setting, not a statement"));
            }
            Line::Other if key.is_empty() => return Err(Stop::malformed(at, "expected a section or a key")),
            Line::Other => line.trim(),
        };
        for name in line::inline_keys(value) {
            state_keys(statements, sink, &place, name)?;
        }
        let bare = value.trim_matches(['"', '\'', ',', ' ']);
        statements.value(sink, &place, key.rsplit('.').next(), &Scalar::of(bare))?;
    }
}

/// Whether a line is an import statement of Python.
fn is_import(line: &str) -> bool {
    line.starts_with("import ") || line.starts_with("from ") && line.contains(" import ")
}

/// States a key, and its parts where it is dotted.
fn state_keys(statements: &mut Statements, sink: &mut Sink<'_>, place: &Place, key: &str) -> Result<(), Stop> {
    statements.key(sink, place.clone(), key)?;
    for part in key.split('.').filter(|part| *part != key) {
        statements.key(sink, place.clone(), part.trim().trim_matches(['"', '\'']))?;
    }
    Ok(())
}

/// The next line without its end; `None` at the end.
fn read_line(text: &mut Decoder<'_>) -> Result<Option<String>, Stop> {
    let mut line = String::new();
    let mut any = false;
    while let Some(letter) = text.next()? {
        any = true;
        match letter {
            '\n' => break,
            '\r' => {}
            letter if line.len() < LINE => line.push(letter),
            _ => return Err(Stop::Limit(Reason::Memory)),
        }
    }
    Ok(any.then_some(line))
}

#[cfg(test)]
mod tests;

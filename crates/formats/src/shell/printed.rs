//! What commands print, where that is known: `echo`, `printf` and the filters that payloads are decoded with.

use base::{budget::Meter, stop::Stop};
use eval::Value as Constant;

use super::words::Piece;

/// What a command prints.
pub(super) enum Printed {
    /// Text.
    Text(String),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
}

/// What the command `words` prints when it gets `input`; `None` where that is not known.
pub(super) fn by(words: &[&str], input: Option<&str>, meter: &Meter) -> Result<Option<Printed>, Stop> {
    let Some((program, rest)) = words.split_first() else { return Ok(None) };
    let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
    let flag = |flag: &str| rest.iter().any(|word| is_flag(word, flag));
    let text = |text: String| Ok(Some(Printed::Text(text)));
    match (program, input) {
        ("echo", _) => {
            let said: Vec<&str> = rest.iter().copied().skip_while(|word| matches!(*word, "-n" | "-e" | "-ne" | "-en" | "-E")).collect();
            let said = said.join(" ");
            text(if flag("e") || flag("n") && rest.contains(&"-en") { crate::jinja::escape::decoded(&said) } else { said })
        }
        ("printf", _) => text(formatted(rest)),
        ("which" | "type", _) | ("command", None) => Ok(rest.last().map(|program| Printed::Text((*program).to_owned()))),
        ("base64", Some(input)) if flag("d") || flag("D") || flag("di") || rest.contains(&"--decode") => {
            decoded("base64", "b64decode", input, meter)
        }
        ("openssl", Some(input))
            if flag("d") && rest.iter().any(|word| matches!(*word, "base64" | "-base64" | "-a")) && !rest.iter().any(|word| word.starts_with("-aes")) =>
        {
            decoded("base64", "b64decode", input, meter)
        }
        ("base32", Some(input)) if flag("d") || rest.contains(&"--decode") => decoded("base64", "b32decode", input, meter),
        ("xxd", Some(input)) if flag("r") => decoded("binascii", "unhexlify", input, meter),
        ("rev", Some(input)) => {
            let lines = input.lines().map(|line| line.chars().rev().collect::<String>());
            text(lines.collect::<Vec<_>>().join("\n"))
        }
        ("tr", Some(input)) => Ok(translated(rest, input).map(Printed::Text)),
        ("sed", Some(input)) => Ok(substituted(rest, input).map(Printed::Text)),
        ("cat" | "tee", Some(input)) => text(input.to_owned()),
        _ => Ok(None),
    }
}

/// What a script prints that is one pipeline of such commands.
pub(super) fn by_pipeline(pieces: &[Piece], meter: &Meter) -> Result<Option<String>, Stop> {
    let mut printed: Option<String> = None;
    let mut words: Vec<&str> = Vec::new();
    let mut document: Option<&str> = None;
    for piece in pieces.iter().chain([&Piece::Operator("|")]) {
        match piece {
            Piece::Word(word) => words.push(word),
            Piece::Document(text) => document = Some(text),
            Piece::Operator("|") => {
                let input = document.take().or(printed.as_deref());
                printed = match by(&words, input, meter)? {
                    Some(Printed::Text(text)) => Some(text),
                    _ => return Ok(None),
                };
                words.clear();
            }
            Piece::Operator(_) => return Ok(None),
        }
    }
    // A substitution drops the line ends behind what was printed.
    Ok(printed.map(|text| text.trim_end_matches('\n').to_owned()))
}

/// Whether a word is the short flag, alone or with others before it: `-c`, `-lc`.
pub(super) fn is_flag(word: &str, flag: &str) -> bool {
    word.strip_prefix('-').is_some_and(|flags| flags.ends_with(flag) && !flags.starts_with('-') && flags.len() <= 4)
}

fn decoded(module: &str, name: &str, input: &str, meter: &Meter) -> Result<Option<Printed>, Stop> {
    let input: String = input.split_whitespace().collect();
    let result = eval::call(&Constant::global(module, name), &[Constant::str(input)], &[], meter)?.result;
    Ok(result.as_bytes().map(|bytes| match std::str::from_utf8(bytes) {
        Ok(text) => Printed::Text(text.to_owned()),
        Err(_) => Printed::Bytes(bytes.to_vec()),
    }))
}

/// `printf format argument…`: escapes, and `%s` and `%b` filled in order.
pub(super) fn formatted(words: &[&str]) -> String {
    let words = words.strip_prefix(&["--"]).unwrap_or(words);
    let Some((format, arguments)) = words.split_first() else { return String::new() };
    let mut arguments = arguments.iter();
    let mut text = String::new();
    let format = crate::jinja::escape::decoded(format);
    loop {
        let mut filled = false;
        let mut letters = format.chars();
        while let Some(letter) = letters.next() {
            match (letter, letters.clone().next()) {
                ('%', Some('s' | 'b')) => {
                    letters.next();
                    filled = true;
                    text.push_str(&arguments.next().map(|word| crate::jinja::escape::decoded(word)).unwrap_or_default());
                }
                ('%', Some('%')) => {
                    letters.next();
                    text.push('%');
                }
                (letter, _) => text.push(letter),
            }
        }
        // The format is used again while arguments are left.
        if !filled || arguments.len() == 0 || text.len() > 1 << 20 {
            return text;
        }
    }
}

/// `tr set set`, `tr -d set`.
fn translated(words: &[&str], input: &str) -> Option<String> {
    let delete = words.iter().any(|word| is_flag(word, "d"));
    let mut sets = words.iter().filter(|word| !word.starts_with('-') || word.len() == 1);
    let (from, to) = (set(sets.next()?), sets.next().map(|word| set(word)).unwrap_or_default());
    if delete {
        return Some(input.chars().filter(|letter| !from.contains(letter)).collect());
    }
    let last = *to.last()?;
    let map = |letter: char| match from.iter().rposition(|known| *known == letter) {
        Some(at) => to.get(at).copied().unwrap_or(last),
        None => letter,
    };
    Some(input.chars().map(map).collect())
}

/// The letters of a set of `tr`: ranges and a few classes.
fn set(word: &str) -> Vec<char> {
    let word = word.replace("[:upper:]", "A-Z").replace("[:lower:]", "a-z").replace("[:digit:]", "0-9").replace("[:space:]", " \t\n");
    let letters: Vec<char> = crate::jinja::escape::decoded(&word).chars().collect();
    let mut found = Vec::new();
    let mut rest = letters.as_slice();
    while let [first, after @ ..] = rest {
        if let ['-', last, behind @ ..] = after
            && first <= last
            && u32::from(*last).saturating_sub(u32::from(*first)) < 1024
        {
            found.extend(*first..=*last);
            rest = behind;
        } else {
            found.push(*first);
            rest = after;
        }
    }
    found
}

/// `sed s/old/new/g` of plain text.
fn substituted(words: &[&str], input: &str) -> Option<String> {
    let mut text = input.to_owned();
    let mut any = false;
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        for script in word.split(';').map(str::trim) {
            let rest = script.strip_prefix('s')?;
            let between = rest.chars().next()?;
            let mut parts = rest.get(between.len_utf8()..)?.split(between);
            let (old, new) = (parts.next()?, parts.next()?);
            if old.is_empty() || old.contains(['\\', '.', '*', '[', '^', '$', '(', '+']) || new.contains(['\\', '&']) {
                return None;
            }
            text = text.replace(old, new);
            any = true;
            if text.len() > 1 << 20 {
                return None;
            }
        }
    }
    any.then_some(text)
}

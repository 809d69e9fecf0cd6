//! Scripts of sed: what their commands `e` and `s///e` start (GNU sed, "Commands Specific to GNU sed").

use super::awk::Starts;

/// Characters of one script that are looked at.
const LENGTH: usize = 1 << 14;

/// What the scripts among the words of a command start.
pub(super) fn starts(words: &[String]) -> Starts {
    let mut starts = Starts::default();
    for text in scripts(words).into_iter().filter(|text| text.len() <= LENGTH && text.contains('e')) {
        text.lines().for_each(|text| line(text, &mut starts));
    }
    starts
}

/// The words that are scripts: behind `-e`, else the first one.
fn scripts(words: &[String]) -> Vec<&str> {
    let mut found = Vec::new();
    let mut first = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if matches!(word.as_str(), "-e" | "--expression" | "-ne" | "-ie" | "-re" | "-Ee" | "-nre" | "-nEe") {
            found.extend(rest.next().map(String::as_str));
        } else if let Some(text) = word.strip_prefix("--expression=") {
            found.push(text);
        } else if matches!(word.as_str(), "-f" | "-l" | "--file") {
            rest.next();
            first = first.or(Some(""));
        } else if !word.starts_with('-') {
            first = first.or(Some(word.as_str()));
        }
    }
    found.extend(first.filter(|_| found.is_empty()));
    found
}

fn line(text: &str, starts: &mut Starts) {
    let mut rest = text;
    while !rest.is_empty() {
        rest = without_address(rest);
        let mut letters = rest.chars();
        let Some(command) = letters.next() else { return };
        let after = letters.as_str();
        match command {
            'e' => {
                let script = after.trim();
                if script.is_empty() || script.starts_with([';', '}']) {
                    starts.runs_input = true;
                } else {
                    starts.scripts.push(script.to_owned());
                }
                return;
            }
            's' | 'y' => {
                let Some((replacement, flags)) = substitution(after) else { return };
                let end = flags.find([';', '}']).unwrap_or(flags.len());
                let (own, next) = flags.split_at_checked(end).unwrap_or((flags, ""));
                if command == 's' && own.contains('e') && !own.contains('w') {
                    starts.runs_input |= replacement.contains('&') || replacement.contains("\\1") || replacement.is_empty();
                    starts.scripts.push(replacement);
                }
                rest = next;
            }
            // Text or the name of a file follows, to the end of the line.
            'a' | 'i' | 'c' | 'r' | 'w' | 'R' | 'W' | ':' | 'b' | 't' | 'T' | '#' => return,
            _ => rest = after,
        }
    }
}

/// A command without the lines that it is for, and the brackets and separators before it.
fn without_address(text: &str) -> &str {
    let plain = |letter: char| letter.is_whitespace() || letter.is_ascii_digit() || matches!(letter, '$' | ',' | '~' | '+' | '!' | '{' | '}' | ';');
    let mut rest = text.trim_start_matches(plain);
    while let Some((_, behind)) = rest.strip_prefix('/').and_then(|inner| split_at(inner, '/')) {
        rest = behind.trim_start_matches('I').trim_start_matches(plain);
    }
    rest
}

/// What `s` puts in, and what stands behind it.
fn substitution(after: &str) -> Option<(String, &str)> {
    let between = after.chars().next()?;
    let (_, rest) = split_at(after.get(between.len_utf8()..)?, between)?;
    split_at(rest, between)
}

/// The text up to a delimiter that nothing escapes, escapes of it taken away, and what follows.
fn split_at(text: &str, delimiter: char) -> Option<(String, &str)> {
    let mut taken = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == delimiter {
            return Some((taken, letters.as_str()));
        }
        if letter != '\\' {
            taken.push(letter);
            continue;
        }
        match letters.next() {
            Some(escaped) if escaped == delimiter => taken.push(escaped),
            Some(escaped) => taken.extend(['\\', escaped]),
            None => return None,
        }
    }
    None
}

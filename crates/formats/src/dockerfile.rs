//! Dockerfiles: what building and starting an image runs and fetches. Commands become one shell script with the same lines.

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Identity, Kind, Reference},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

use crate::{
    identified::{extension, file_name},
    whole::{self, Kept},
};

/// A Dockerfile or Containerfile.
pub const FORMAT: Format = Format {
    id: "dockerfile",
    name: "Dockerfile",
    extensions: &["dockerfile", "containerfile"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Reference],
    detect,
    explain: None,
    parse,
};

/// Bytes of a Dockerfile.
const LENGTH: usize = 1 << 20;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let name = file_name(head).to_ascii_lowercase();
    let first = name.split('.').next().unwrap_or_default();
    let named = matches!(first, "dockerfile" | "containerfile")
        || FORMAT.extensions.iter().any(|known| extension(head).eq_ignore_ascii_case(known));
    if !named {
        return None;
    }
    let text = std::str::from_utf8(head.first).ok().filter(|text| !text.contains('\0'))?;
    instructions(text).next().map(|_| Certainty::Certain)
}

/// One instruction: the line on which it begins, its word, and what follows, continued lines and here-documents included.
struct Instruction {
    line: usize,
    word: String,
    rest: String,
}

/// The words of Dockerfiles.
const WORDS: &[&str] = &[
    "add", "arg", "cmd", "copy", "entrypoint", "env", "expose", "from", "healthcheck", "label", "maintainer", "onbuild",
    "run", "shell", "stopsignal", "user", "volume", "workdir",
];

fn instructions(text: &str) -> impl Iterator<Item = Instruction> + '_ {
    let mut lines = text.lines().enumerate();
    std::iter::from_fn(move || {
        loop {
            let (line, first) = lines.next()?;
            let (word, rest) = first.trim_start().split_once([' ', '\t']).unwrap_or((first.trim(), ""));
            let word = word.to_ascii_lowercase();
            if !WORDS.contains(&word.as_str()) {
                continue;
            }
            let mut rest = rest.to_owned();
            while rest.trim_end().ends_with('\\') {
                let Some((_, next)) = lines.next() else { break };
                // A comment between continued lines is left out, as the builder does.
                if next.trim_start().starts_with('#') {
                    rest.truncate(rest.trim_end().len().saturating_sub(1));
                    rest.push_str("\\\n\\");
                    continue;
                }
                rest.push('\n');
                rest.push_str(next);
            }
            if let Some(end) = document(&rest) {
                for (_, next) in lines.by_ref() {
                    rest.push('\n');
                    rest.push_str(next);
                    if next.trim() == end {
                        break;
                    }
                }
            }
            return Some(Instruction { line, word, rest });
        }
    })
}

/// The delimiter of a here-document.
fn document(rest: &str) -> Option<String> {
    let (_, after) = rest.split_once("<<")?;
    let word = after.trim_start_matches('-').trim_start_matches(['\'', '"']);
    let word: String = word.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    (!word.is_empty()).then_some(word)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let bytes = whole::read(blob, sink.meter(), LENGTH)?;
    let end = bytes.len() as u64;
    sink.meter().hold(end.saturating_mul(3))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut kept = Kept::default();
    for instruction in instructions(&text) {
        sink.meter().steps(1)?;
        let line = u32::try_from(instruction.line.saturating_add(1)).unwrap_or(u32::MAX);
        let place = Place::bytes(0, end).line(line, 1);
        state(&instruction, &mut kept, place, sink)?;
    }
    if let Some(script) = kept.text() {
        sink.child(Child::window("commands.sh", Place::bytes(0, end), Blob::from_bytes(script)))?;
    }
    sink.claim(0..end, Claim::Read);
    sink.fact(Place::bytes(0, end), Identity { key: "language".into(), value: "dockerfile".into() })
}

fn state(instruction: &Instruction, kept: &mut Kept, place: Place, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let rest = instruction.rest.trim_start();
    match instruction.word.as_str() {
        "onbuild" => {
            let inner = instructions(rest).next();
            if let Some(inner) = inner.filter(|inner| inner.word != "onbuild") {
                return state(&Instruction { line: instruction.line, ..inner }, kept, place, sink);
            }
            Ok(())
        }
        "run" | "cmd" | "entrypoint" | "healthcheck" | "shell" => {
            kept.keep(instruction.line, &command(rest));
            Ok(())
        }
        "add" => {
            let words = rest.split_whitespace().map(|word| word.trim_matches(['"', ',', '[', ']']));
            for target in words.filter(|word| word.contains("://") || word.starts_with("git@")) {
                let (kind, role) = ("url".into(), "image-content".into());
                sink.fact(place.clone(), Reference { kind, target: target.into(), role })?;
            }
            Ok(())
        }
        "from" => {
            let image = rest.split_whitespace().find(|word| !word.starts_with("--")).unwrap_or_default();
            sink.fact(place, Reference { kind: "package".into(), target: image.into(), role: "base-image".into() })
        }
        _ => Ok(()),
    }
}

/// A command as a shell would read it: options and `CMD` away, a JSON array quoted word by word.
fn command(rest: &str) -> String {
    let mut rest = rest;
    while let Some((option, after)) = rest.split_once(char::is_whitespace).filter(|(word, _)| word.starts_with("--") || word.eq_ignore_ascii_case("cmd")) {
        let _ = option;
        rest = after.trim_start();
    }
    let words = rest.trim().strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    match words {
        Some(words) => array(words).unwrap_or_else(|| rest.to_owned()),
        None => rest.to_owned(),
    }
}

/// The words of a JSON array of texts, quoted for a shell.
fn array(inner: &str) -> Option<String> {
    let mut command = String::new();
    let mut letters = inner.chars();
    while let Some(open) = letters.find(|letter| !letter.is_whitespace() && *letter != ',' && *letter != '\\') {
        if open != '"' {
            return None;
        }
        command.push_str(if command.is_empty() { "'" } else { " '" });
        loop {
            match letters.next()? {
                '"' => break,
                '\\' => match letters.next()? {
                    'n' => command.push('\n'),
                    't' => command.push('\t'),
                    '\'' => command.push_str("'\\''"),
                    other => command.push(other),
                },
                '\'' => command.push_str("'\\''"),
                letter => command.push(letter),
            }
        }
        command.push('\'');
    }
    Some(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{detect as found, facts, parse as read};

    fn script(text: &str) -> String {
        let reading = read(&FORMAT, "Dockerfile", text.as_bytes(), false);
        assert!(reading.complete());
        let Some(child) = reading.children.first() else { return String::new() };
        let base::sink::ChildBody::Window(blob) = &child.body else { panic!("a window") };
        String::from_utf8(blob.bytes_at(0, 1 << 16).unwrap()).unwrap()
    }

    #[test]
    fn commands_keep_their_lines() {
        assert_eq!(script("FROM a\n# x\nRUN curl x \\\n  | sh\nCOPY a b\nCMD [\"sh\", \"-c\", \"echo 'hi'\"]\n"),
            "\n\ncurl x \\\n  | sh\n\n'sh' '-c' 'echo '\\''hi'\\'''\n");
        assert_eq!(script("FROM a\nRUN --mount=type=cache id\nHEALTHCHECK --interval=5s CMD id\nONBUILD RUN id"), "\nid\nid\nid\n");
        assert_eq!(script("FROM a\nRUN <<EOF\nid\nEOF\nRUN x"), "\n<<EOF\nid\nEOF\nx\n");
    }

    #[test]
    fn what_is_fetched_is_named() {
        let reading = read(&FORMAT, "Dockerfile", b"FROM python:3\nADD http://x.example/a /b\n", false);
        let facts = facts(&reading);
        assert!(facts.iter().any(|fact| fact.contains("http://x.example/a")), "{facts:?}");
        assert!(found(&FORMAT, "Dockerfile.gpu", b"FROM x\nRUN y").is_some());
        assert!(found(&FORMAT, "dockerfile", b"\x80\x02.").is_none() && found(&FORMAT, "a.txt", b"FROM x\nRUN y").is_none());
    }

    #[test]
    fn cut_files_end_politely() {
        let text = "FROM a\nRUN a \\\n# b\n c <<E\nd\nE\nCMD [\"a\\n\", \"b\"]\nONBUILD ONBUILD RUN x\n";
        for end in 0..text.len() {
            read(&FORMAT, "Dockerfile", &text.as_bytes()[..end], false);
        }
    }
}

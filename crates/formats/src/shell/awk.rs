//! Programs of awk: commands that they start with `system`, `| getline` and `print | "sh"`.

use super::{command::is_shell, printed::is_flag};

/// What a program of awk or sed starts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Starts {
    /// Commands that stand in it.
    pub(super) scripts: Vec<String>,
    /// Whether it runs what it reads.
    pub(super) runs_input: bool,
}

/// Characters of one program, and texts in it, that are looked at.
const LENGTH: usize = 1 << 14;
const TEXTS: usize = 128;

/// A text in quotes: where it begins and ends, quotes included, and what it says.
struct Text {
    start: usize,
    end: usize,
    says: String,
}

/// What the program among the words of a command starts.
pub(super) fn starts(words: &[String]) -> Starts {
    let mut starts = Starts::default();
    let mut words = words.iter();
    let mut variables = Vec::new();
    while let Some(word) = words.next() {
        let set = match word.strip_prefix("-v") {
            Some("") => words.next().map(String::as_str),
            set => set,
        };
        if let Some(set) = set {
            variables.extend(set.split_once('='));
        } else if is_flag(word, "F") || is_flag(word, "f") {
            words.next();
        } else if !word.starts_with('-') {
            if word.len() <= LENGTH {
                program(word, &variables, &mut starts);
            }
            break;
        }
    }
    starts
}

fn program(code: &str, variables: &[(&str, &str)], starts: &mut Starts) {
    let texts = texts(code);
    let mut inside = texts.iter().map(|text| text.start..text.end).peekable();
    let separators = code.char_indices().filter(|(at, letter)| {
        while inside.next_if(|text| text.end <= *at).is_some() {}
        matches!(letter, ';' | '{' | '\n') && inside.peek().is_none_or(|text| !text.contains(at))
    });
    let separators: Vec<usize> = separators.map(|(at, _)| at).collect();
    for text in &texts {
        let before = code.get(..text.start).unwrap_or_default().trim_end();
        let after = code.get(text.end..).unwrap_or_default();
        if read_by_getline(after) {
            starts.scripts.push(text.says.clone());
        } else if is_pipe(before) {
            let before = separators.get(..separators.partition_point(|at| *at < text.start)).unwrap_or_default();
            piped_into(before.last().copied().unwrap_or(0), text, &texts, starts);
        }
    }
    let value = |name: &str| {
        let given = variables.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned());
        given.or_else(|| assigned(code, name, &texts))
    };
    for (at, _) in code.match_indices("system").take(TEXTS) {
        let Some(argument) = code.get(at..).and_then(|rest| rest.strip_prefix("system")) else { continue };
        let Some(argument) = argument.trim_start().strip_prefix('(') else { continue };
        named(argument.trim_start(), value, starts);
    }
    for (at, _) in code.match_indices('|').take(TEXTS) {
        let (before, after) = (code.get(..at).unwrap_or_default().trim_end(), code.get(at..).unwrap_or_default());
        if read_by_getline(after) {
            let name = before.rsplit(|letter: char| !is_letter(letter)).next().unwrap_or_default();
            starts.scripts.extend(value(name).filter(|_| !name.is_empty()));
        }
    }
}

/// A name or a field that is given to a shell.
fn named(argument: &str, value: impl Fn(&str) -> Option<String>, starts: &mut Starts) {
    let name = argument.split(|letter: char| !is_letter(letter)).next().unwrap_or_default();
    starts.runs_input |= argument.starts_with('$');
    starts.scripts.extend(value(name).filter(|_| !name.is_empty()));
}

/// `print … | "command"`: the command runs; a shell runs what is printed, from where the statement begins.
fn piped_into(begins: usize, into: &Text, texts: &[Text], starts: &mut Starts) {
    let program = into.says.split_whitespace().next().unwrap_or_default();
    if !is_shell(program) || into.says.contains(" -c") {
        starts.scripts.push(into.says.clone());
        return;
    }
    let printed = texts.iter().filter(|text| text.start >= begins && text.end <= into.start);
    let printed: String = printed.map(|text| text.says.as_str()).collect();
    if printed.trim().is_empty() {
        starts.runs_input = true;
    } else {
        starts.scripts.push(printed);
    }
}

/// The text that the program assigns to a name.
fn assigned(code: &str, name: &str, texts: &[Text]) -> Option<String> {
    let is_of = |text: &&Text| {
        let before = code.get(..text.start).unwrap_or_default().trim_end().strip_suffix('=')?.trim_end();
        let before = before.strip_suffix(name)?;
        Some(!before.ends_with(is_letter))
    };
    texts.iter().find(|text| is_of(text) == Some(true)).map(|text| text.says.clone())
}

fn texts(code: &str) -> Vec<Text> {
    let mut found = Vec::new();
    let mut letters = code.char_indices();
    while let Some((start, letter)) = letters.next() {
        if letter != '"' || found.len() >= TEXTS {
            continue;
        }
        let mut says = String::new();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    found.push(Text { start, end: at.saturating_add(1), says });
                    break;
                }
                '\\' => match letters.next() {
                    Some((_, 'n')) => says.push('\n'),
                    Some((_, 't')) => says.push('\t'),
                    Some((_, letter)) => says.push(letter),
                    None => break,
                },
                letter => says.push(letter),
            }
        }
    }
    found
}

fn read_by_getline(after: &str) -> bool {
    let pipe = after.trim_start().strip_prefix('|');
    pipe.is_some_and(|rest| rest.strip_prefix('&').unwrap_or(rest).trim_start().starts_with("getline"))
}

/// Whether what stands before a text pipes into it.
fn is_pipe(before: &str) -> bool {
    let before = before.strip_suffix('&').unwrap_or(before);
    before.ends_with('|') && !before.ends_with("||")
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

//! What IPython makes of a cell: Python, and lines that it gives to something else.

/// A cell, taken apart.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Cell {
    /// The Python in it, with an empty line for each line that is none.
    pub(super) python: String,
    /// The commands in it, with an empty line for each line that is none.
    pub(super) shell: String,
    /// The line of the cell with which the other texts begin.
    pub(super) first: u32,
    /// Texts in other languages: the extension that says which, or `name/` and the name under which a file is written.
    pub(super) others: Vec<(String, String)>,
}

/// Line magics that run a command of the system.
const COMMANDS: &[&str] = &["conda", "mamba", "micromamba", "pip", "sx", "system", "uv"];
/// Line magics whose argument is Python.
const PYTHON: &[&str] = &["prun", "time", "timeit"];
/// Cell magics that give the cell to a program, and the extension of its language.
const PROGRAMS: &[(&str, &str)] = &[
    ("!", "sh"),
    ("bash", "sh"),
    ("cmd", "bat"),
    ("html", "html"),
    ("javascript", "js"),
    ("js", "js"),
    ("perl", "pl"),
    ("pypy", "py"),
    ("python2", "py"),
    ("python3", "py"),
    ("python", "py"),
    ("r", "r"),
    ("ruby", "rb"),
    ("sh", "sh"),
    ("sx", "sh"),
    ("system", "sh"),
];

/// Takes a cell apart.
pub(super) fn cell(source: &str) -> Cell {
    let mut cell = Cell::default();
    let first = source.trim_start();
    if let Some(magic) = first.strip_prefix("%%") {
        let (line, rest) = magic.split_once('\n').unwrap_or((magic, ""));
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default().to_ascii_lowercase();
        let program = if name == "script" { words.next().unwrap_or("sh").rsplit('/').next().unwrap_or("sh") } else { &name };
        let skipped = source.len().saturating_sub(first.len());
        let before = source.get(..skipped).unwrap_or_default();
        let blank = "\n".repeat(before.matches('\n').count().saturating_add(1));
        if let Some((_, extension)) = PROGRAMS.iter().find(|(known, _)| *known == program) {
            match *extension {
                "sh" => cell.shell = format!("{blank}{rest}"),
                extension => cell.others.push((extension.to_owned(), format!("{blank}{rest}"))),
            }
            return cell;
        }
        if matches!(program, "writefile" | "file") {
            let name = words.rfind(|word| !word.starts_with('-')).unwrap_or("file");
            let name = name.trim_matches(['"', '\'']).rsplit(['/', '\\']).next().unwrap_or("file");
            cell.first = u32::try_from(blank.len()).unwrap_or(u32::MAX);
            cell.others.push((format!("name/{name}"), rest.to_owned()));
            return cell;
        }
        // `%%time`, `%%capture` and magics that nobody knows: the rest is taken for Python.
        cell.python.push_str(&blank);
        cell.shell.push_str(&blank);
        lines(rest, &mut cell);
        return cell;
    }
    lines(source, &mut cell);
    cell
}

/// Line by line: `!command`, `x = !command`, `%magic`, and Python.
fn lines(source: &str, cell: &mut Cell) {
    let mut commands = std::mem::take(&mut cell.shell);
    let mut lines = source.split('\n');
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        let indentation = line.get(..line.len().saturating_sub(code.len())).unwrap_or_default();
        let Some(line_kind) = kind(code) else {
            // `file?` and `?file` ask for help.
            let help = code.starts_with('?') || code.trim_end().ends_with('?') && !code.contains(['#', '"', '\'']);
            cell.python.push_str(if help { "" } else { line });
            cell.python.push('\n');
            commands.push('\n');
            continue;
        };
        let mut text = line_kind.text();
        let mut breaks = 0_usize;
        while text.trim_end().ends_with('\\') {
            let Some(next) = lines.next() else { break };
            text.push('\n');
            text.push_str(next);
            breaks = breaks.saturating_add(1);
        }
        match line_kind {
            Kind::Command(_) | Kind::Stands(..) => {
                // A block that holds only commands still needs a statement.
                cell.python.push_str(indentation);
                cell.python.push_str("pass");
                commands.push_str(&text);
            }
            Kind::Python(_) | Kind::Imports(_) => {
                cell.python.push_str(indentation);
                cell.python.push_str(&text);
            }
            Kind::Nothing => {
                cell.python.push_str(indentation);
                cell.python.push_str("pass");
            }
        }
        cell.python.push('\n');
        if matches!(line_kind, Kind::Command(_) | Kind::Stands(..)) {
            cell.python.push_str(&"\n".repeat(breaks));
        }
        commands.push('\n');
    }
    if !commands.trim().is_empty() {
        cell.shell = commands;
    }
}

/// A line that is no plain Python.
#[derive(Clone, Copy)]
enum Kind<'a> {
    Command(&'a str),
    /// A command that stands for a magic: what is put before its argument.
    Stands(&'static str, &'a str),
    Python(&'a str),
    /// `%load_ext module` imports it.
    Imports(&'a str),
    Nothing,
}

impl Kind<'_> {
    fn text(self) -> String {
        match self {
            Self::Command(text) | Self::Python(text) => text.to_owned(),
            Self::Stands(before, text) => format!("{before}{text}"),
            Self::Imports(module) => format!("import {}", module.trim()),
            Self::Nothing => String::new(),
        }
    }
}

fn kind(code: &str) -> Option<Kind<'_>> {
    if let Some(command) = code.strip_prefix('!') {
        return Some(Kind::Command(command.trim_start_matches('!')));
    }
    if let Some(magic) = code.strip_prefix('%') {
        return Some(of_magic(magic.trim_start_matches('%')));
    }
    // `files = !ls` and `x = %system ls`
    let (name, value) = code.split_once('=')?;
    let name = name.trim();
    let plain = !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || "_,. ".contains(letter));
    let value = value.trim_start();
    match (plain, value.strip_prefix('!'), value.strip_prefix('%')) {
        (true, Some(command), _) if !command.starts_with('=') => Some(Kind::Command(command)),
        (true, None, Some(magic)) => Some(of_magic(magic)),
        _ => None,
    }
}

fn of_magic(magic: &str) -> Kind<'_> {
    let (name, rest) = magic.split_once(char::is_whitespace).unwrap_or((magic, ""));
    match name {
        "sx" | "system" => Kind::Command(rest),
        "run" => Kind::Stands("python ", rest),
        "cd" => Kind::Stands("cd ", rest),
        "env" | "set_env" if rest.contains('=') => Kind::Stands("export ", rest),
        "load_ext" if rest.trim().chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '_')) => Kind::Imports(rest),
        name if COMMANDS.contains(&name) => Kind::Command(magic),
        name if PYTHON.contains(&name) => Kind::Python(rest),
        _ => Kind::Nothing,
    }
}

//! Descriptors that a script opens and reads by number, `exec 3< <(…)` and `. /dev/fd/3`, and the output of a `coproc`.

use std::collections::HashMap;

use super::command::Command;

/// Descriptors remembered.
const COUNT: usize = 64;

/// What descriptors were opened for.
#[derive(Default)]
pub(super) struct Descriptors {
    open: HashMap<String, String>,
    /// The command that runs beside the script, whose output it reads.
    beside: Option<String>,
}

impl Descriptors {
    /// Takes note of what a command opens, and puts what was opened in the place of its number.
    pub(super) fn follow(&mut self, command: &mut Command) {
        self.coprocess(command);
        if let ([exec, number], Some(source)) = (command.words.as_slice(), command.source.as_ref().or(command.output.as_ref()))
            && exec == "exec"
            && is_number(number)
        {
            if self.open.len() < COUNT {
                self.open.insert(number.clone(), source.clone());
            }
            return;
        }
        for index in 0..command.words.len() {
            let word = command.words.get(index).map_or("", String::as_str);
            let number = word.strip_prefix("/dev/fd/").or_else(|| word.strip_prefix("/proc/self/fd/"));
            if let Some(opened) = number.and_then(|number| self.open.get(number)) {
                command.replace(index, opened);
            }
        }
        let Some(number) = command.duplicated() else { return };
        match (self.open.get(&number), &self.beside) {
            (Some(opened), _) => command.read_from(opened.clone()),
            // A number that a variable holds: that of the coprocess is in `${COPROC[0]}`.
            (None, Some(beside)) if !is_number(&number) => command.read_pipe(beside),
            _ => {}
        }
    }

    /// `coproc command`, `coproc NAME { command; }`.
    fn coprocess(&mut self, command: &mut Command) {
        if command.words.first().is_none_or(|word| word != "coproc") {
            return;
        }
        let named = command.words.get(2).is_some_and(|word| word == "{");
        command.without_first(if named { 2 } else { 1 });
        self.beside = Some(command.text().trim_start_matches("{ ").to_owned());
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

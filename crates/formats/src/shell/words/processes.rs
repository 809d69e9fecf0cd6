//! `<(…)` and `>(…)`: files that are what a script prints or reads.

use super::{Piece, Splitter};
use crate::shell::variables::Variables;

/// Pipes that `>(…)` stands for in one script: each moves what follows it.
const PIPES: usize = 64;

impl<P: Fn(&str, &mut Variables) -> Option<String>> Splitter<'_, P> {
    /// `<(…)`: a file that holds what a script prints.
    pub(super) fn process(&mut self) {
        self.end_word();
        self.at = self.at.saturating_add(2);
        let inner = self.balanced('(', ')');
        match (self.prints)(&inner, self.variables) {
            Some(text) => self.piece(Piece::Document(text)),
            None => self.piece(Piece::Word(format!("<({})", inner.trim()))),
        }
        let line = self.line();
        self.scripts.push((inner, line));
    }

    /// `>(…)`, alone or behind `>`: a pipe into a script.
    pub(super) fn pipe_into(&mut self) {
        self.end_word();
        self.at = self.at.saturating_add(2);
        let inner = self.balanced('(', ')').replace('\n', ";");
        if self.pipes >= PIPES {
            return self.piece(Piece::Word(format!(">({})", inner.trim())));
        }
        self.pipes = self.pipes.saturating_add(1);
        if let Some(Piece::Operator(">" | ">>" | "&>")) = self.pieces.last() {
            self.pieces.pop();
            self.lines.pop();
        }
        let at = self.at.min(self.letters.len());
        self.letters.splice(at..at, format!("| {inner} ").chars());
    }
}

//! Here-documents: lines up to a delimiter, given to a command.

use super::{Piece, Splitter};
use crate::shell::variables::Variables;

impl<P: Fn(&str, &mut Variables) -> Option<String>> Splitter<'_, P> {
    /// Takes the word behind `<<`.
    pub(super) fn delimiter(&mut self) {
        let mut delimiter = String::new();
        while let Some(letter) =
            self.peek(0).filter(|letter| !letter.is_whitespace() || delimiter.is_empty() && *letter != '\n')
        {
            self.at = self.at.saturating_add(1);
            if !matches!(letter, '\'' | '"' | '\\' | ' ') && (letter != '-' || !delimiter.is_empty()) {
                delimiter.push(letter);
            }
        }
        self.documents.push((delimiter, self.pieces.len()));
        self.piece(Piece::Document(String::new()));
    }

    /// Takes the lines of the documents that the line before named.
    pub(super) fn documents(&mut self) {
        for (delimiter, place) in std::mem::take(&mut self.documents) {
            let mut text = String::new();
            while self.peek(0).is_some() {
                let mut line = String::new();
                while let Some(letter) = self.take().filter(|letter| *letter != '\n') {
                    line.push(letter);
                }
                if line.trim() == delimiter {
                    break;
                }
                text.push_str(&line);
                text.push('\n');
            }
            // Where its delimiter stands, so that it belongs to that command.
            if let Some(piece) = self.pieces.get_mut(place) {
                *piece = Piece::Document(text);
            }
        }
    }
}

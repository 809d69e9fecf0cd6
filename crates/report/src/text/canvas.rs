//! The page that text is put on: the one place where it is made harmless, wrapped and coloured.

use anstyle::{AnsiColor, Style};
use base::escape;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::Page;

/// What stands out.
pub(super) const BOLD: Style = Style::new().bold();
/// What stands back.
pub(super) const DIM: Style = Style::new().dimmed();
/// Columns before the text of a field.
const LABEL: usize = 9;
/// Narrower than this no page is taken to be.
const NARROWEST: usize = 40;

/// A severity or a verdict: white or black on its colour.
pub(super) fn badge(colour: AnsiColor) -> Style {
    let letters = match colour {
        AnsiColor::Red | AnsiColor::Blue | AnsiColor::BrightBlack => AnsiColor::BrightWhite,
        _ => AnsiColor::Black,
    };
    letters.on(colour).bold()
}

/// A page that is being written.
pub(super) struct Canvas {
    page: Page,
    out: String,
}

impl Canvas {
    /// An empty page.
    pub(super) fn new(page: Page) -> Self {
        let Page { width, colour, links, brief, .. } = page;
        let page = Page { width: width.max(NARROWEST), colour, links, brief };
        Self { page, out: String::new() }
    }

    /// What was written.
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Whether only the verdict is wanted.
    pub(super) fn brief(&self) -> bool {
        self.page.brief
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A badge, a name and a remark: on one line where they fit.
    pub(super) fn heading(&mut self, badge: (Style, String), name: &str, remark: &str) {
        let indent = badge.1.width().saturating_add(1);
        self.put(badge.0, &badge.1);
        self.out.push(' ');
        let (name, remark) = (escape::line(name), escape::line(remark));
        let together = indent.saturating_add(name.width()).saturating_add(remark.width()).saturating_add(2);
        if together <= self.page.width && !remark.is_empty() {
            self.put(BOLD, &name);
            self.out.push_str("  ");
            self.put(Style::new(), &remark);
            return self.end();
        }
        self.wrapped(indent, BOLD, &name);
        if !remark.is_empty() {
            self.margin(indent);
            self.wrapped(indent, Style::new(), &remark);
        }
    }

    /// Text that begins `indent` columns from the left, each of its lines wrapped on its own.
    pub(super) fn text(&mut self, indent: usize, style: Style, text: &str) {
        self.margin(indent);
        self.wrapped(indent, style, &escape::line(text));
    }

    /// Text that begins with a word that leads somewhere: a hyperlink where the terminal has them, else only the word.
    pub(super) fn linked(&mut self, indent: usize, style: Style, word: (&str, Option<&str>), rest: &str) {
        let (label, link) = (escape::line(word.0), word.1.filter(|link| self.page.links && harmless(link)));
        let start = self.out.len().saturating_add(indent);
        self.text(indent, style, &format!("{}{rest}", word.0));
        let Some(link) = link else { return };
        // The word is looked for where it was written: behind the margin and the style.
        let found = self.out.get(start..).and_then(|written| written.find(&*label)).map(|at| start.saturating_add(at));
        if let Some(at) = found {
            let end = at.saturating_add(label.len());
            self.out.insert_str(end, "\u{1b}]8;;\u{1b}\\");
            self.out.insert_str(at, &format!("\u{1b}]8;;{link}\u{1b}\\"));
        }
    }

    /// A dim label in a column of its own and text beside it.
    pub(super) fn field(&mut self, label: &str, style: Style, text: &str) {
        self.out.push(' ');
        self.put(DIM, label);
        self.margin(LABEL.saturating_sub(1).saturating_sub(label.width()));
        self.wrapped(LABEL, style, &escape::line(text));
    }

    /// More text in the column of a field, `indent` columns further in.
    pub(super) fn more(&mut self, indent: usize, style: Style, text: &str) {
        self.text(LABEL.saturating_add(indent), style, text);
    }

    /// Harmless text from the present column on; further lines begin at `indent`.
    fn wrapped(&mut self, indent: usize, style: Style, text: &str) {
        let room = self.page.width.saturating_sub(indent).max(NARROWEST >> 1);
        for (index, line) in wrap(text, room).iter().enumerate() {
            if index > 0 {
                self.margin(indent);
            }
            self.put(style, line);
            self.end();
        }
    }

    fn margin(&mut self, columns: usize) {
        self.out.extend(std::iter::repeat_n(' ', columns));
    }

    fn put(&mut self, style: Style, text: &str) {
        if self.page.colour && style != Style::new() {
            self.out.push_str(&format!("{style}{text}{style:#}"));
        } else {
            self.out.push_str(text);
        }
    }

    fn end(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
    }
}

/// Whether an address can stand in an escape sequence as it is.
fn harmless(link: &str) -> bool {
    link.starts_with("https://") && link.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `text` in lines of at most `room` columns, broken at spaces, and inside a word only where it fits no line.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut column = 0_usize;
    for word in text.split_inclusive(' ') {
        let width = word.trim_end_matches(' ').width();
        if column > 0 && column.saturating_add(width) > room {
            lines.push(std::mem::take(&mut line));
            column = 0;
        }
        for letter in word.chars() {
            let width = letter.width().unwrap_or_default();
            if letter != ' ' && column.saturating_add(width) > room {
                lines.push(std::mem::take(&mut line));
                column = 0;
            }
            line.push(letter);
            column = column.saturating_add(width);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    for line in &mut lines {
        line.truncate(line.trim_end_matches(' ').len());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_inside_words_only_at_need() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("模型模型", 5), ["模型", "模型"]);
        assert_eq!(wrap("a  b", 9), ["a  b"]);
        assert_eq!(wrap("", 9), [""]);
    }
}

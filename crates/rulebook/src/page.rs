//! The page of a rule: front matter between `+++` lines, then five headings in order, with example blocks in the last two.

use crate::{
    error::Error,
    example::{Example, Language},
};

/// The headings that every rule has, in this order.
pub const HEADINGS: [&str; 5] = ["What it means", "Why it is dangerous", "What to do", "Fires", "Quiet"];

/// A rule's file, split.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<'a> {
    /// The front matter, and the line of its first line.
    pub front: (&'a str, usize),
    /// The sections in the order of [`HEADINGS`]: their line and text.
    pub sections: Vec<(usize, String)>,
    /// What must make the rule fire.
    pub fires: Vec<Example>,
    /// What must leave it quiet; the nearest honest look-alike among them.
    pub quiet: Vec<Example>,
}

/// The line that begins and ends front matter.
const FENCE: &str = "+++";

impl<'a> Page<'a> {
    /// Splits `text`, the content of `file`.
    ///
    /// # Errors
    /// Front matter that does not begin on the first line or does not end; a heading that is missing, unknown or out of order;
    /// an empty section; an example block without end, in an unknown language or outside the last two sections; no example.
    pub fn parse(file: &str, text: &'a str) -> Result<Self, Error> {
        let refuse = |line: usize, reason: String| Error::new(file, line, reason);
        let (front, body, body_line) = front_matter(text).map_err(|(line, reason)| refuse(line, reason.into()))?;
        let sections = sections(body, body_line).map_err(|(line, reason)| refuse(line, reason))?;
        let mut examples = Vec::new();
        for (heading, (line, text)) in HEADINGS.iter().zip(&sections) {
            if text.trim().is_empty() {
                return Err(refuse(*line, format!("the section {heading:?} is empty")));
            }
            let found = blocks(text, *line).map_err(|(line, reason)| refuse(line, reason))?;
            let wants = matches!(*heading, "Fires" | "Quiet");
            if wants && found.is_empty() {
                return Err(refuse(*line, format!("the section {heading:?} has no example")));
            }
            if let Some(example) = found.first().filter(|_| !wants) {
                return Err(refuse(example.line, format!("an example block under {heading:?}")));
            }
            examples.push(found);
        }
        let quiet = examples.pop().unwrap_or_default();
        let fires = examples.pop().unwrap_or_default();
        Ok(Self { front: (front, 2), sections, fires, quiet })
    }

    /// The text under a heading of [`HEADINGS`].
    pub fn section(&self, heading: &str) -> &str {
        let index = HEADINGS.iter().position(|known| *known == heading);
        index.and_then(|index| self.sections.get(index)).map_or("", |(_, text)| text.trim())
    }
}

type Refusal<R> = (usize, R);

/// Front matter, the body behind it, and the line on which the body begins.
fn front_matter(text: &str) -> Result<(&str, &str, usize), Refusal<&'static str>> {
    let rest = text.strip_prefix(FENCE).and_then(|rest| rest.strip_prefix('\n'));
    let rest = rest.ok_or((1, "the first line is not +++"))?;
    let mut end = 0_usize;
    for (index, line) in rest.split_inclusive('\n').enumerate() {
        let after = end.saturating_add(line.len());
        if line.trim_end() == FENCE {
            let body = rest.get(after..).unwrap_or("");
            return Ok((rest.get(..end).unwrap_or(""), body, index.saturating_add(3)));
        }
        end = after;
    }
    Err((1, "the front matter has no closing +++"))
}

/// The sections of a body whose first line is `line`. Headings inside fenced blocks are text.
fn sections(body: &str, first: usize) -> Result<Vec<(usize, String)>, Refusal<String>> {
    let mut sections: Vec<(usize, String)> = Vec::new();
    let mut fenced = false;
    let mut last = first;
    for (line, text) in (first..).zip(body.lines()) {
        last = line;
        fenced ^= text.starts_with("```");
        let heading = text.strip_prefix("## ").filter(|_| !fenced).map(str::trim);
        match (heading, sections.last_mut()) {
            (Some(heading), _) => {
                let expected = HEADINGS.get(sections.len());
                if expected != Some(&heading) {
                    let expected = expected.map_or("no further heading".to_owned(), |name| format!("## {name}"));
                    return Err((line, format!("the heading {heading:?} stands where {expected} is expected")));
                }
                sections.push((line, String::new()));
            }
            (None, Some((_, section))) => {
                section.push_str(text);
                section.push('\n');
            }
            (None, None) if text.trim().is_empty() => {}
            (None, None) => return Err((line, "text before the first heading".into())),
        }
    }
    match HEADINGS.get(sections.len()) {
        Some(missing) => Err((last, format!("the heading ## {missing} is missing"))),
        None => Ok(sections),
    }
}

/// The fenced blocks of a section whose heading is on `heading`.
fn blocks(section: &str, heading: usize) -> Result<Vec<Example>, Refusal<String>> {
    let mut examples = Vec::new();
    let mut open: Option<Example> = None;
    for (line, text) in (heading.saturating_add(1)..).zip(section.lines()) {
        open = match (open.take(), text.strip_prefix("```")) {
            (None, Some(word)) => {
                let language = Language::parse(word.trim());
                let language =
                    language.ok_or_else(|| (line, format!("unknown language of an example: {:?}", word.trim())))?;
                Some(Example { language, text: String::new(), line })
            }
            (Some(example), Some(_)) => {
                examples.push(example);
                None
            }
            (Some(mut example), None) => {
                example.text.push_str(text);
                example.text.push('\n');
                Some(example)
            }
            (None, None) => None,
        };
    }
    match open {
        Some(example) => Err((example.line, "an example block without end".into())),
        None => Ok(examples),
    }
}

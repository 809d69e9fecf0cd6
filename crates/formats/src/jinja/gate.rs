//! Conditions that look into what somebody wrote, at the clock or at chance, and the text that depends on them.

/// A condition.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    /// `content`, `markup` (looked for in content), `time` or `chance`.
    pub(super) kind: &'static str,
    /// What it looks for.
    pub(super) literal: String,
    /// The comparison as written.
    pub(super) written: String,
    /// Whether it holds where what it looks for is not there.
    pub(super) negated: bool,
}

impl Gate {
    /// Whether it looks for words, not for markup such as `</think>` or `/no_think`.
    pub(super) fn is_natural(&self) -> bool {
        self.kind != "markup" && (self.kind != "content" || self.literal.chars().filter(|letter| letter.is_alphabetic()).count() > 2)
    }
}

/// Whether what is looked for in content is markup or a control token rather than words.
pub(super) fn is_markup(literal: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || letter.is_whitespace() || "-'.,?!:;".contains(letter);
    !literal.chars().all(plain)
}

/// Whether a text stands in brackets of its own, for something else to be put in its place.
pub(super) fn is_placeholder(text: &str) -> bool {
    [('<', '>'), ('[', ']'), ('{', '}')].iter().any(|(open, close)| text.starts_with(*open) && text.ends_with(*close))
}

/// A gate that is open around the statement being walked.
#[derive(Clone, Copy)]
pub(super) struct Open {
    /// Which.
    pub(super) gate: usize,
    /// Whether this is another branch than the one that the condition guards.
    pub(super) otherwise: bool,
}

/// Keys under which a message, or a part of one, holds what somebody wrote.
pub(super) fn is_content(key: &str) -> bool {
    matches!(key, "content" | "text" | "value" | "prompt" | "completion")
}

/// Variables that hold messages.
pub(super) fn is_messages(name: &str) -> bool {
    matches!(name, "messages" | "message" | "conversation" | "conversations" | "history" | "turns" | "chat")
}

/// Variables that hold what somebody wrote.
pub(super) fn is_prompt(name: &str) -> bool {
    matches!(name, "prompt" | "query" | "question" | "instruction" | "user_input" | "user_message" | "user_prompt")
}

/// Methods that look for text in text.
pub(super) fn looks_for(method: &str) -> bool {
    matches!(method, "startswith" | "endswith" | "find" | "rfind" | "index" | "rindex" | "count" | "__contains__")
}

/// Methods and filters whose result is still what somebody wrote.
pub(super) fn keeps(name: &str) -> bool {
    !matches!(name, "length" | "count" | "wordcount" | "isdigit" | "isalpha" | "isspace" | "isupper" | "islower")
}

//! Conditions that look into what somebody wrote, at the clock or at chance, and the text that depends on them.

/// A condition.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    /// `content`, `time` or `chance`.
    pub(super) kind: &'static str,
    /// What it looks for.
    pub(super) literal: String,
    /// The comparison as written.
    pub(super) written: String,
}

impl Gate {
    /// Whether it looks for words, not for markup such as `</think>` or `/no_think`.
    pub(super) fn is_natural(&self) -> bool {
        let plain = |letter: char| letter.is_alphanumeric() || letter.is_whitespace() || "-'.,?!:;".contains(letter);
        self.kind != "content"
            || self.literal.chars().all(plain)
                && self.literal.chars().filter(|letter| letter.is_alphabetic()).count() > 2
    }
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

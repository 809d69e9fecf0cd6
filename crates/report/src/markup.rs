//! XML and HTML that are being written: the one place where text becomes markup, so that nothing from outside is ever a tag.

use base::escape;

/// A document that is being written.
#[derive(Default)]
pub(crate) struct Markup {
    out: String,
    open: Vec<&'static str>,
}

impl Markup {
    /// A document that begins with `prologue`.
    pub(crate) fn new(prologue: &'static str) -> Self {
        Self { out: prologue.into(), open: Vec::new() }
    }

    /// What was written, every element closed.
    pub(crate) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    /// Bytes written so far.
    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    /// Begins an element; attributes with an empty value are left out.
    pub(crate) fn open(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.tag(name, attributes);
        self.out.push('>');
        self.open.push(name);
    }

    /// Ends the element begun last.
    pub(crate) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    /// An element without content.
    pub(crate) fn void(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.tag(name, attributes);
        self.out.push_str("/>");
    }

    /// An element that holds text.
    pub(crate) fn element(&mut self, name: &'static str, attributes: &[(&'static str, &str)], text: &str) {
        self.open(name, attributes);
        self.text(text);
        self.close();
    }

    /// Text, harmless and visible.
    pub(crate) fn text(&mut self, text: &str) {
        escaped(text, &mut self.out);
    }

    /// Markup of our own: constants only, by its type.
    pub(crate) fn own(&mut self, markup: &'static str) {
        self.out.push_str(markup);
    }

    fn tag(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escaped(value, &mut self.out);
            self.out.push('"');
        }
    }
}

/// `text` without any character that markup gives a meaning to, or that XML 1.0 forbids (section 2.2).
fn escaped(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(letter.escape_unicode()),
            letter => out.push_str(&escape::visible(letter)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        let mut markup = Markup::new("");
        markup.open("a", &[("b", "\"><script>'"), ("c", "")]);
        markup.text("]]></a><!-- & \u{0}\u{ffff}\u{202e}");
        markup.void("d", &[]);
        let expected =
            "<a b=\"&quot;&gt;&lt;script&gt;&#39;\">]]&gt;&lt;/a&gt;&lt;!-- &amp; \\u{0}\\u{ffff}\\u{202e}<d/></a>";
        assert_eq!(markup.finish(), expected);
    }
}

//! The little Markdown of a rule's page: paragraphs, lists, code and emphasis. Links stay text.

use crate::markup::Markup;

/// Writes paragraphs and lists.
pub(super) fn blocks(text: &str, html: &mut Markup) {
    let mut paragraph = String::new();
    let mut items: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).chain([""]) {
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        match (item, items.last_mut()) {
            (Some(item), _) => {
                flush(&mut paragraph, html);
                items.push(item.into());
            }
            (None, Some(last)) if !line.is_empty() => {
                last.push(' ');
                last.push_str(line);
            }
            (None, _) => {
                list(&mut items, html);
                if line.is_empty() {
                    flush(&mut paragraph, html);
                } else {
                    paragraph.push_str(if paragraph.is_empty() { "" } else { " " });
                    paragraph.push_str(line);
                }
            }
        }
    }
}

fn flush(paragraph: &mut String, html: &mut Markup) {
    if !paragraph.is_empty() {
        html.open("p", &[]);
        inline(paragraph, html);
        html.close();
        paragraph.clear();
    }
}

fn list(items: &mut Vec<String>, html: &mut Markup) {
    if items.is_empty() {
        return;
    }
    html.open("ul", &[]);
    for item in items.drain(..) {
        html.open("li", &[]);
        inline(&item, html);
        html.close();
    }
    html.close();
}

/// Writes a line: what stands between backticks is code, between stars emphasis.
pub(super) fn inline(text: &str, html: &mut Markup) {
    let mut rest = text;
    while let Some((before, mark, inside, after)) = span(rest) {
        html.text(before);
        html.element(if mark == '`' { "code" } else { "em" }, &[], inside);
        rest = after;
    }
    html.text(rest);
}

/// The first marked span of a line: what comes before, the mark, what is inside, what comes after.
fn span(text: &str) -> Option<(&str, char, &str, &str)> {
    let mut from = 0;
    while let Some((at, mark)) = text.get(from..)?.char_indices().find(|(_, letter)| matches!(letter, '`' | '*')) {
        let (before, behind) = text.split_at_checked(from.saturating_add(at))?;
        let behind = behind.get(1..)?;
        let closed = behind.split_once(mark).filter(|(inside, _)| !inside.is_empty() && !inside.starts_with(' '));
        if let Some((inside, after)) = closed {
            return Some((before, mark, inside, after));
        }
        from = before.len().saturating_add(1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_markup_and_nothing_else_does() {
        let mut html = Markup::new("");
        blocks("one `a<b` and *two*\nthree 2 * 3\n\n- <i>;\n  more\n- [x](y)\n\nend", &mut html);
        let expected = "<p>one <code>a&lt;b</code> and <em>two</em> three 2 * 3</p>\
                        <ul><li>&lt;i&gt;; more</li><li>[x](y)</li></ul><p>end</p>";
        assert_eq!(html.finish(), expected);
    }
}

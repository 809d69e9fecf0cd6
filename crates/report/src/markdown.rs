//! Tables in GitHub's Markdown, for a comment on a pull request. What comes from outside stands in code spans: inside of them
//! nothing is a link, a mention, an image or a tag.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use base::{
    escape,
    finding::Finding,
    report::{ArtifactRecord, Report},
};

use crate::{
    Page,
    groups::{self, Group},
    whereabouts::{Whereabouts, plain},
    words::{self, counted, elide, listed, paragraphs, point, size},
};

/// Bytes after which findings are only counted: GitHub refuses comments of more than 65,536 characters.
const FULL: usize = 48_000;
/// Characters of a code span.
const LONGEST: usize = 400;
/// Places shown of a cause, and rows of what was not read.
const SHOWN: usize = 8;
const UNREAD: usize = 25;

/// Writes `report`.
pub(crate) fn write(report: &Report, _page: Page, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    let _ = writeln!(text, "## Modelward: {}\n", report.verdict.id().to_uppercase());
    let _ =
        writeln!(text, "{}: **{}** · {}\n", code(&words::target(report)), words::found(report), words::read(report));
    let groups = groups::active(report);
    if !groups.is_empty() {
        table(&groups, &mut text);
    }
    let whereabouts = Whereabouts::of(report);
    let mut left = 0_u64;
    for group in &groups {
        let before = text.len();
        self::group(group, report, &whereabouts, &mut text);
        if text.len() > FULL {
            text.truncate(before);
            left = left.saturating_add(1);
        }
    }
    if left > 0 {
        let _ = writeln!(text, "… and {} that found no room here.\n", counted(left, "more rule", "more rules"));
    }
    unread(report, &whereabouts, &mut text);
    suppressed(report, &mut text);
    let tool = &report.tool;
    let _ = writeln!(
        text,
        "<sub>modelward {}, rules {}, level {}</sub>",
        prose(&tool.version),
        prose(&tool.catalogue),
        tool.level.id()
    );
    out.write_all(text.as_bytes())
}

/// One row for each rule and severity.
fn table(groups: &[Group<'_>], text: &mut String) {
    text.push_str("| severity | finding | rule | artifacts |\n|---|---|---|---:|\n");
    for group in groups {
        let artifacts: std::collections::BTreeSet<&str> =
            group.causes.iter().flatten().map(|finding| &*finding.artifact).collect();
        let (first, count) = (group.first, artifacts.len());
        let _ = writeln!(
            text,
            "| **{}** | {} | {} | {count} |",
            first.severity,
            prose(&first.title),
            code_in_table(&first.rule)
        );
    }
    text.push('\n');
}

/// What would happen, where, why, and what to do.
fn group(group: &Group<'_>, report: &Report, whereabouts: &Whereabouts<'_>, text: &mut String) {
    let first = group.first;
    let _ = writeln!(text, "### {}: {}\n", first.severity.id().to_uppercase(), prose(&first.title));
    for cause in &group.causes {
        let Some(first) = cause.first() else { continue };
        let _ = writeln!(text, "- {}", code(&first.message));
        for finding in cause.iter().take(SHOWN) {
            let _ = writeln!(text, "  - {}", place(finding, whereabouts));
        }
        let more = cause.len().saturating_sub(SHOWN) as u64;
        if more > 0 {
            let _ = writeln!(text, "  - … and in {}", counted(more, "more artifact", "more artifacts"));
        }
        if !first.evidence.is_empty() {
            let _ = writeln!(text, "  - why: {}", code(&first.evidence));
        }
        if let Some(lowered) = &first.lowered {
            let _ = writeln!(text, "  - {} instead of {}: {}", first.severity, lowered.from, code(&lowered.reason));
        }
    }
    text.push_str("\n**What to do:**");
    for paragraph in paragraphs(&first.remedy) {
        let item = paragraph.strip_prefix("- ").or_else(|| paragraph.strip_prefix("* "));
        let line = item.map_or_else(|| format!(" {}\n\n", prose(&paragraph)), |item| format!("- {}\n", prose(item)));
        text.push_str(&line);
    }
    text.push('\n');
    let standards = listed(first.standards(), " · ");
    let link = report.rules.get(&first.rule).and_then(|rule| rule.link.as_deref()).filter(|link| safe(link));
    let rule = link.map_or_else(|| code(&first.rule), |link| format!("[{}]({link})", code(&first.rule)));
    let _ = writeln!(text, "{rule} · {}\n", prose(&standards));
}

/// File, way inside and point.
fn place(finding: &Finding, whereabouts: &Whereabouts<'_>) -> String {
    let at = &finding.location;
    let mut words = code(&plain(&whereabouts.file(&at.path)));
    if let Some(inside) = whereabouts.inside(&at.path) {
        let _ = write!(words, " → {}", code(inside));
    }
    let point = point(at);
    if !point.is_empty() {
        let _ = write!(words, ", {}", code(&point));
    }
    if finding.count > 1 {
        let _ = write!(words, ", {} times", finding.count);
    }
    words
}

fn unread(report: &Report, whereabouts: &Whereabouts<'_>, text: &mut String) {
    if report.summary.incomplete == 0 {
        return;
    }
    let count = counted(report.summary.incomplete, "artifact", "artifacts");
    let _ = writeln!(
        text,
        "<details><summary>Not fully read: {count}</summary>\n\n| artifact | reason | what exactly |\n|---|---|---|"
    );
    let row = |record: &ArtifactRecord, text: &mut String| {
        let file = plain(&whereabouts.file(&record.path));
        let inside = whereabouts.inside(&record.path).map(|inside| format!(" → {}", code_in_table(inside)));
        let size = record.size.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
        let reason = record.reason.map(|reason| format!("{reason}: {}", reason.describe())).unwrap_or_default();
        let detail = record.detail.as_deref().map(code_in_table).unwrap_or_default();
        let (file, inside) = (code_in_table(&file), inside.unwrap_or_default());
        let _ = writeln!(text, "| {file}{inside} ({}{size}) | {reason} | {detail} |", code_in_table(&record.format));
    };
    let incomplete = || report.artifacts.iter().filter(|record| !record.complete());
    incomplete().take(UNREAD).for_each(|record| row(record, text));
    let more = incomplete().count().saturating_sub(UNREAD);
    text.push_str(&if more > 0 {
        format!("\n… and {more} more\n\n</details>\n\n")
    } else {
        "\n</details>\n\n".into()
    });
}

fn suppressed(report: &Report, text: &mut String) {
    if report.summary.suppressed > 0 {
        let count = counted(report.summary.suppressed, "finding does", "findings do");
        let _ = writeln!(text, "{count} not count: suppressed, or in the baseline.\n");
    }
    for notice in &report.notices {
        let _ = writeln!(text, "Note: {}\n", code(&notice.message));
    }
}

/// Text from outside as a code span, whose fence is longer than any run of backticks in it.
fn code(text: &str) -> String {
    let shown = escape::line(&elide(text, LONGEST)).into_owned();
    if shown.trim().is_empty() {
        return "` `".into();
    }
    let longest = shown.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.saturating_add(1));
    let pad = if shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// The same inside a cell, where even a code span ends at a bar unless it is escaped, and a backslash before it would escape that.
fn code_in_table(text: &str) -> String {
    code(text).replace("\\|", "∖|").replace('|', "\\|")
}

/// Text of a rule, without meaning for Markdown.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in escape::line(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A zero-width joiner would be a hostile letter of our own; the full-width sign mentions nobody.
            '@' => out.push('＠'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => out.extend(['\\', letter]),
            letter => out.push(letter),
        }
    }
    out
}

/// Whether a link of a rule can stand in Markdown as it is.
fn safe(link: &str) -> bool {
    link.starts_with("https://") && link.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_spans_hold_what_is_in_them() {
        let spans = ["a", "a`b``c", "`x", "", "[x](http://y) <b> @z"].map(code);
        assert_eq!(spans, ["`a`", "```a`b``c```", "`` `x ``", "` `", "`[x](http://y) <b> @z`"]);
        assert_eq!(code_in_table("a|b"), "`a\\|b`");
        assert_eq!(prose("<b>*x* [y](z) @me"), "&lt;b&gt;\\*x\\* \\[y\\](z) ＠me");
    }
}

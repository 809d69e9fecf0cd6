//! Comments that accept a finding on their own line: `# modelward: ignore[rule-id] reason`. Looked for only where a user asks
//! for it, and only in files that were named or found themselves: what lies in a container was written by somebody else.

use std::collections::BTreeMap;

use base::{blob::Blob, finding::Finding, location::Location};

use crate::node::Closed;

/// Text formats whose comments begin with `#`.
const COMMENTED: [&str; 5] = ["python-source", "yaml", "shell", "toml", "ini"];
/// Bytes of the largest file that is searched.
const LARGEST: u64 = 8 << 20;
/// What such a comment begins with.
const MARK: &str = "# modelward: ignore[";

/// The reasons of the comments that accept findings of the root itself, by fingerprint.
pub(crate) fn comments(root: &str, blob: &Blob, closed: &[Closed]) -> BTreeMap<String, String> {
    let mut accepted = BTreeMap::new();
    let own = closed.first().filter(|closed| &*closed.record.path == root && !closed.findings.is_empty());
    let Some(own) = own.filter(|closed| COMMENTED.contains(&&*closed.record.format)) else { return accepted };
    let Some(len) = blob.len().filter(|len| *len <= LARGEST) else { return accepted };
    let Ok(bytes) = blob.bytes_at(0, usize::try_from(len).unwrap_or(0)) else { return accepted };
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    for finding in &own.findings {
        if let Some(reason) = reason(finding, &lines) {
            accepted.insert(finding.fingerprint.clone(), reason);
        }
    }
    accepted
}

/// The reason beside a finding: every one of its places must carry a comment.
fn reason(finding: &Finding, lines: &[&str]) -> Option<String> {
    let places = || std::iter::once(&finding.location).chain(&finding.places);
    if finding.count != places().count() as u64 {
        return None;
    }
    let told: Option<Vec<&str>> = places().map(|place| comment(place, &finding.rule, lines)).collect();
    told?.first().map(|reason| (*reason).to_owned())
}

fn comment<'t>(place: &Location, rule: &str, lines: &[&'t str]) -> Option<&'t str> {
    let line = lines.get(usize::try_from(place.line?.checked_sub(1)?).ok()?)?;
    let (_, rest) = line.split_once(MARK)?;
    let (rules, reason) = rest.split_once(']')?;
    let reason = reason.trim();
    (rules.split(',').any(|one| one.trim() == rule) && !reason.is_empty()).then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_the_rule_and_a_reason() {
        let lines = [
            "x()",
            "run() # modelward: ignore[a-rule, b-rule] our own tool",
            "run() # modelward: ignore[a-rule]",
            "run() # modelward: ignore",
        ];
        let at = |line, rule| comment(&Location { line, ..Location::default() }, rule, &lines);
        assert_eq!(at(Some(2), "b-rule"), Some("our own tool"));
        for (line, rule) in [(Some(2), "c-rule"), (Some(1), "a-rule"), (Some(3), "a-rule"), (Some(4), "a-rule")] {
            assert_eq!(at(line, rule), None);
        }
        assert_eq!([at(None, "a-rule"), at(Some(0), "a-rule"), at(Some(9), "a-rule")], [None; 3]);
    }
}

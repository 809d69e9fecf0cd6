//! The story of one finding of a saved report: what, where, why, what to do, and the lines that lead there if the file is here.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anstyle::Style;
use base::{
    escape,
    finding::{Finding, Status},
    listing::NamedListing,
    report::Report,
};
use engine::Scanner;

use super::{explained, member::Named, show};
use crate::{arguments::ExplainArguments, output, problem::Problem, report_command};

/// Letters of a fingerprint that must be given.
const SHORTEST: usize = 4;
/// Places of a finding that are told.
const PLACES: usize = 8;

/// Tells the stories that the arguments ask for.
pub(super) fn run(arguments: &ExplainArguments, file: &Path, scanner: &Scanner) -> Result<u8, Problem> {
    let report = report_command::saved(file)?;
    let look = show::Look::of(arguments);
    let mut out = String::new();
    for wanted in &arguments.targets {
        let wanted = wanted.to_string_lossy();
        for finding in find(&report, &wanted)? {
            tell(&mut out, finding, scanner, &look);
            lines(&mut out, finding, &report, arguments, scanner, &look)?;
        }
    }
    output::print(out.as_bytes()).map(|()| 0)
}

/// The findings with this fingerprint, which may be shortened to what is unambiguous.
fn find<'r>(report: &'r Report, wanted: &str) -> Result<Vec<&'r Finding>, Problem> {
    let fits = |finding: &&Finding| finding.fingerprint.starts_with(wanted) && wanted.len() >= SHORTEST;
    let found: Vec<&Finding> = report.findings.iter().filter(fits).collect();
    let Some(first) = found.first() else {
        return Err(Problem::new(format!("no finding of the report has the fingerprint {wanted}")));
    };
    if found.iter().any(|finding| finding.fingerprint != first.fingerprint) {
        return Err(Problem::new(format!(
            "several findings have a fingerprint that begins with {wanted}; give more of it"
        )));
    }
    Ok(found)
}

/// What, where, why, what to do.
fn tell(out: &mut String, finding: &Finding, scanner: &Scanner, look: &show::Look) {
    let bold = Style::new().bold();
    let heading = format!("{}: {}", finding.severity.id().to_uppercase(), escape::line(&finding.title));
    let _ = writeln!(out, "{}", look.paint(bold, &heading));
    let _ = writeln!(
        out,
        "rule {}, confidence {}, category {}, fingerprint {}\n",
        escape::line(&finding.rule),
        finding.confidence,
        escape::line(&finding.category),
        escape::line(&finding.fingerprint),
    );
    let _ = writeln!(out, "{}\n  {}\n", look.paint(bold, "What would happen"), escape::line(&finding.message));
    let _ = writeln!(out, "{}", look.paint(bold, "Where"));
    for (depth, part) in finding.artifact.split("!/").enumerate() {
        let _ = writeln!(out, "  {:indent$}{}", "", escape::line(part), indent = depth.saturating_mul(2));
    }
    for place in std::iter::once(&finding.location).chain(&finding.places).take(PLACES) {
        let pointer = place.pointer.as_deref().map(|pointer| format!(", {pointer}")).unwrap_or_default();
        let _ = writeln!(out, "  at {}{}", escape::line(&place.to_string()), escape::line(&pointer));
    }
    if finding.count > 1 {
        let _ = writeln!(out, "  {} times in all", finding.count);
    }
    let _ = writeln!(out, "\n{}", look.paint(bold, "Why"));
    let _ = writeln!(out, "  it is about {}", escape::line(&finding.subject));
    if !finding.evidence.is_empty() {
        let _ = writeln!(out, "  concluded from {}", escape::line(&finding.evidence));
    }
    if let Some(lowered) = &finding.lowered {
        let _ = writeln!(out, "  {} instead of {}: {}", finding.severity, lowered.from, escape::line(&lowered.reason));
    }
    match finding.status {
        Status::Active => {}
        Status::Suppressed => out.push_str("  it does not count: suppressed\n"),
        Status::Baseline => out.push_str("  it does not count: it is in the baseline\n"),
    }
    let lists = [&finding.cwe, &finding.owasp_ml, &finding.owasp_llm, &finding.atlas];
    let standards: Vec<_> = lists.into_iter().flatten().map(|id| escape::line(id)).collect();
    if !standards.is_empty() {
        let _ = writeln!(out, "  {}", standards.join(", "));
    }
    excerpt(out, scanner, &finding.rule);
    let _ = writeln!(out, "\n{}\n  {}\n", look.paint(bold, "What to do"), escape::line(&finding.remedy));
}

/// What the rule's page says before its examples.
fn excerpt(out: &mut String, scanner: &Scanner, rule: &str) {
    let Some(page) = scanner.catalogue().page(rule) else {
        let _ = writeln!(out, "  (this version has no rule of that name)");
        return;
    };
    let body = page.splitn(3, "+++").nth(2).unwrap_or(page);
    let prose = body.trim().lines().take_while(|line| !line.starts_with("## Fires") && !line.starts_with("## Quiet"));
    out.push('\n');
    let mut blank = true;
    for line in prose.filter(|line| !line.starts_with("# ")) {
        if line.trim().is_empty() {
            if !blank {
                out.push('\n');
            }
            blank = true;
        } else {
            for line in wrapped(&escape::line(line)) {
                let _ = writeln!(out, "  {line}");
            }
            blank = false;
        }
    }
}

/// Columns of a paragraph.
const COLUMNS: usize = 96;

/// A paragraph in lines of at most [`COLUMNS`] letters; longer words stay whole.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let room = lines.last().map_or(0, |line| line.chars().count());
        match lines.last_mut() {
            Some(line) if room == 0 || room.saturating_add(word.chars().count()) < COLUMNS => {
                if room > 0 {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The listing with only this finding's lines, if the file is here.
fn lines(
    out: &mut String,
    finding: &Finding,
    report: &Report,
    arguments: &ExplainArguments,
    scanner: &Scanner,
    look: &show::Look,
) -> Result<(), Problem> {
    let root = arguments.root.clone().unwrap_or_else(|| PathBuf::from("."));
    let Some(path) = located(&root, finding, report) else {
        let _ = writeln!(out, "The file is not here; --root says where the targets of the report lie.");
        return Ok(());
    };
    let Some(found) = explained(scanner, &path)? else { return Ok(()) };
    for named in found.listings.iter().filter(|named| named.artifact.ends_with(last(&finding.artifact))) {
        let marks: Vec<_> =
            named.marks.iter().filter(|mark| *mark.fingerprint == *finding.fingerprint).cloned().collect();
        let same = NamedListing { marks, ..named.clone() };
        if same.marks.is_empty() {
            let _ = writeln!(out, "The file is here, but this finding is not in it any more.");
        } else {
            show::listing(out, &same, look);
        }
    }
    Ok(())
}

/// Where the artifact of a finding may lie: below a target that was named, or in it. A report does not lead out of the root.
fn located(root: &Path, finding: &Finding, report: &Report) -> Option<PathBuf> {
    let inner = |path: &str| !Path::new(path).is_absolute() && !path.split('/').any(|part| part == "..");
    let artifact: &str = &finding.artifact;
    let targets = report.target.iter().filter(|target| inner(target));
    let mut candidates: Vec<PathBuf> = Vec::new();
    for target in targets {
        let at = root.join(target);
        if at.is_file() {
            let name = Path::new(target).file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if let Some(rest) = artifact.strip_prefix(name) {
                candidates.push(format!("{}{rest}", at.display()).into());
            }
        } else if inner(artifact) {
            candidates.push(at.join(artifact));
        }
    }
    if inner(artifact) {
        candidates.push(root.join(artifact));
    }
    candidates.into_iter().find(|path| Named::of(path).file.is_file())
}

/// The end of an artifact's path, from its first container on.
fn last(artifact: &str) -> &str {
    artifact.rsplit_once('/').map_or(artifact, |(_, last)| last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_between_words() {
        let text = "word ".repeat(60);
        let lines = wrapped(text.trim_end());
        assert!(lines.len() > 1 && lines.iter().all(|line| line.len() <= COLUMNS));
        assert_eq!(lines.join(" "), text.trim_end());
        assert_eq!(wrapped(&"x".repeat(200)).len(), 1);
    }
}

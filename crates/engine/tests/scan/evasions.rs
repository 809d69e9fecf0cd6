//! Files that show one view to a scanner and another to a loader: each is told for what it is, and none is clean.

use std::{collections::BTreeSet, path::Path};

use base::verdict::Verdict;

use crate::memory::scan_file;

/// `rows.tsv`: a file, the verdicts that are right, and rules of which one must fire; made by the script beside it.
fn rows(text: &str) -> impl Iterator<Item = (&str, Vec<&str>, Vec<&str>)> {
    text.lines().map(|line| {
        let [file, verdicts, rules] = *line.split('\t').collect::<Vec<_>>() else { panic!("{line}") };
        (file, verdicts.split("-or-").collect(), rules.split(',').filter(|rule| !rule.is_empty()).collect())
    })
}

#[test]
fn no_view_of_a_file_hides_the_call() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/evasions");
    let text = std::fs::read_to_string(folder.join("rows.tsv")).unwrap();
    let mut wrong = Vec::new();
    for (file, verdicts, rules) in rows(&text) {
        let report = scan_file(file, std::fs::read(folder.join(file)).unwrap());
        let verdict = match report.verdict {
            Verdict::Malicious => "malicious",
            Verdict::Suspicious => "suspicious",
            Verdict::Incomplete => "incomplete",
            Verdict::Clean => "clean",
        };
        let fired: BTreeSet<&str> = report.findings.iter().map(|finding| &*finding.rule).collect();
        let named = report.findings.iter().any(|finding| finding.message.contains("os.system"));
        let as_it_should = verdicts.contains(&verdict)
            && (verdict != "malicious" || named)
            && (rules.is_empty() || rules.iter().any(|rule| fired.contains(rule)));
        if !as_it_should {
            wrong.push(format!("{file}: {verdict}, {fired:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_has_its_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/evasions");
    let text = std::fs::read_to_string(folder.join("rows.tsv")).unwrap();
    let mut listed: Vec<_> = rows(&text).map(|(file, ..)| file.to_owned()).collect();
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut there: Vec<_> = entries.filter(|name| !matches!(name.as_str(), "make.py" | "rows.tsv")).collect();
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
}

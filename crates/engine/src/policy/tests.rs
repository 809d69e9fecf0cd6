//! Policies over one poisoned pickle.

use base::{
    budget::NoWatch,
    date::Date,
    glob::Glob,
    policy::{Baseline, Choice, Override},
    report::Report,
    verdict::Verdict,
};

use super::*;
use crate::{Scanner, Settings, Target};

fn scan(policy: Policy) -> Report {
    let pickle = testkit::pickle::assemble("PROTO 2\nGLOBAL posix system\nBINUNICODE \"id\"\nTUPLE1\nREDUCE\nSTOP");
    let body = base::artifact::Body::Blob(base::blob::Blob::from_bytes(pickle.unwrap()));
    let artifact = base::artifact::Artifact { path: base::location::ArtifactPath::root(b"x"), body };
    let scanner = Scanner::new(rules::Catalogue::builtin(), Settings { policy, ..Settings::default() });
    scanner.scan(vec![Target { name: "x".into(), artifact }], std::sync::Arc::new(NoWatch))
}

fn decision() -> Decision {
    Decision { reason: "known".into(), owner: Some("ann".into()), at: "m.toml:3".into() }
}

fn suppress(entry: Suppress) -> Policy {
    let entry = Suppress { decision: decision(), ..entry };
    Policy { suppressions: vec![entry], today: Date::parse("2026-06-01"), ..Policy::default() }
}

#[test]
fn a_policy_changes_a_severity_and_says_so() {
    let before = scan(Policy::default());
    let rule = before.findings.first().unwrap().rule.to_string();
    assert_eq!((before.verdict, &before.findings[0].lowered), (Verdict::Malicious, &None));
    let stated = Override { severity: Severity::Low, reason: Some("ours".into()), at: "m.toml:1".into() };
    let policy = Policy { severities: [(rule, stated)].into(), ..Policy::default() };
    let after = scan(policy.clone());
    assert_eq!(after.verdict, Verdict::Clean);
    let lowered = after.findings[0].lowered.as_ref().unwrap();
    assert_eq!((lowered.from, after.findings[0].severity), (Severity::Critical, Severity::Low));
    assert!(lowered.reason.contains("policy") && lowered.reason.contains("m.toml:1"), "{}", lowered.reason);
    assert_eq!(scan(Policy { strict: true, ..policy }).verdict, Verdict::Malicious);
}

#[test]
fn an_allowed_name_lowers_that_name_alone() {
    let allowed = |name: &str| Policy { allowed: [(name.to_owned(), decision())].into(), ..Policy::default() };
    let report = scan(allowed("os.system"));
    assert_eq!(report.verdict, Verdict::Clean);
    let lowered = report.findings[0].lowered.as_ref().unwrap();
    assert!(lowered.reason.contains("m.toml:3") && lowered.reason.contains("known"), "{}", lowered.reason);
    for policy in [allowed("os"), allowed("posix.system"), Policy { strict: true, ..allowed("os.system") }] {
        assert_eq!(scan(policy).verdict, Verdict::Malicious);
    }
}

#[test]
fn suppressed_findings_stay_with_reason_and_owner() {
    let plain = scan(Policy::default());
    let (finding, sum) = (&plain.findings[0], plain.artifacts[0].sha256.clone());
    let entries = [
        Suppress { rule: Some(finding.rule.to_string()), ..Suppress::default() },
        Suppress { path: Glob::parse("x").ok(), ..Suppress::default() },
        Suppress { sha256: sum, ..Suppress::default() },
        Suppress { fingerprint: Some(finding.fingerprint.clone()), ..Suppress::default() },
        Suppress { import: Some("os.system".into()), expires: Date::parse("2026-06-01"), ..Suppress::default() },
    ];
    for entry in entries {
        let report = scan(suppress(entry));
        assert_eq!((report.verdict, report.summary.suppressed), (Verdict::Clean, 1));
        let suppression = report.findings[0].suppression.as_ref().unwrap();
        let told = (&*suppression.by, &*suppression.reason, suppression.owner.as_deref());
        assert_eq!(told, ("m.toml:3", "known", Some("ann")));
        assert_eq!(report.notices, []);
    }
}

#[test]
fn what_expired_or_fits_nothing_is_told() {
    let rule = || Some("process-spawn".to_owned());
    let entry = Suppress { rule: rule(), expires: Date::parse("2026-05-31"), ..Suppress::default() };
    let report = scan(suppress(entry));
    assert_eq!((report.verdict, &*report.notices[0].id), (Verdict::Malicious, "suppression-expired"));
    for entry in [
        Suppress { rule: rule(), path: Glob::parse("y").ok(), ..Suppress::default() },
        Suppress { import: Some("posix".into()), ..Suppress::default() },
        Suppress::default(),
    ] {
        let report = scan(suppress(entry));
        assert_eq!((report.verdict, &*report.notices[0].id), (Verdict::Malicious, "suppression-unused"));
    }
}

#[test]
fn rules_are_chosen_and_a_baseline_is_known() {
    let choice = |word: &str| Some(Choice { words: [word.to_owned()].into(), at: "--select".into() });
    let verdict = |policy| scan(policy).verdict;
    assert_eq!(verdict(Policy { ignore: choice("process-spawn"), ..Policy::default() }), Verdict::Clean);
    assert_eq!(verdict(Policy { ignore: choice("code-execution"), ..Policy::default() }), Verdict::Clean);
    assert_eq!(verdict(Policy { select: choice("file-read"), ..Policy::default() }), Verdict::Clean);
    assert_eq!(verdict(Policy { select: choice("process-spawn"), ..Policy::default() }), Verdict::Malicious);
    let ignore = Policy { ignore: choice("process-spawn"), strict: true, ..Policy::default() };
    assert_eq!(verdict(ignore), Verdict::Malicious);
    let fingerprints = scan(Policy::default()).findings.into_iter().map(|finding| finding.fingerprint).collect();
    let baseline = Some(Baseline { fingerprints, at: "base.json".into() });
    let policy = Policy { baseline, ..Policy::default() };
    let report = scan(policy.clone());
    assert_eq!((report.verdict, report.findings[0].known), (Verdict::Malicious, true));
    let report = scan(Policy { new_only: true, ..policy });
    assert_eq!((report.verdict, report.findings[0].status), (Verdict::Clean, Status::Baseline));
}

#[test]
fn paths_name_the_containers_too() {
    let all: Vec<_> = containers("a/b.tar!/c.zip!/d.pkl").collect();
    assert_eq!(all, ["a/b.tar!/c.zip!/d.pkl", "a/b.tar", "a/b.tar!/c.zip"]);
}

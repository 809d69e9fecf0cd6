//! The whole scanner over any bytes: the promises that every report keeps.

use std::sync::{Arc, LazyLock};

use base::{
    artifact::{Artifact, Body},
    blob::Blob,
    budget::NoWatch,
    location::ArtifactPath,
    reason::Reason,
    report::{Outcome, Report},
    verdict::{Completeness, Verdict},
};
use engine::{Scanner, Settings, Target};
use rules::Catalogue;

use crate::limits;

static ONE: LazyLock<Scanner> = LazyLock::new(|| scanner(1));
static MANY: LazyLock<Scanner> = LazyLock::new(|| scanner(2));

fn scanner(jobs: usize) -> Scanner {
    Scanner::new(Catalogue::builtin(), Settings { limits: limits(), jobs, ..Settings::default() })
}

/// Makes the scanners and lets them build what they build once, so that no input is charged for it.
pub fn prepare() {
    check(b"text");
}

/// Scans `bytes` on one thread and on two.
pub fn check(bytes: &[u8]) {
    let report = scan(&ONE, bytes);
    holds(&report, bytes.len() as u64);
    assert!(report == scan(&MANY, bytes), "the report depends on the schedule");
}

fn scan(scanner: &Scanner, bytes: &[u8]) -> Report {
    let body = Body::Blob(Blob::from_bytes(bytes));
    let target = Target { name: "fuzz".into(), artifact: Artifact { path: ArtifactPath::root(b"fuzz"), body } };
    scanner.scan(vec![target], Arc::new(NoWatch))
}

fn holds(report: &Report, length: u64) {
    let sums = report.coverage;
    assert_eq!(sums.bytes_total, sums.analysed + sums.opaque + sums.skipped, "the coverage does not add up");
    assert!(report.artifacts.first().is_none_or(|first| first.size == Some(length)), "the root has another size");
    let whole = report.completeness == Completeness::Complete;
    assert!(report.verdict != Verdict::Clean || whole && sums.skipped == 0, "clean, but not complete");
    for record in &report.artifacts {
        assert_ne!(record.reason, Some(Reason::Internal), "{record:?}");
        assert!(!whole || record.outcome == Outcome::Complete, "complete with {record:?}");
        assert_eq!(record.outcome == Outcome::Complete, record.reason.is_none(), "{record:?}");
    }
}

//! Every limit ends a reading politely, has its name in the report, and keeps what was found.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base::{
    budget::Watch,
    limits::Limits,
    reason::Reason,
    report::Report,
    verdict::{Completeness, Verdict},
};
use engine::{Scanner, Settings};
use rules::Catalogue;
use testkit::{compress, pickle::assemble, zip::ZipWriter};

use crate::memory::{Item, Tree, scan, target};

const CALL: &str = "PROTO 2\nGLOBAL posix system\nBINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nSTOP";

fn scan_within(limits: Limits, bytes: Vec<u8>) -> Report {
    scan(vec![target("x", Item::File(bytes))], Settings { limits, ..Settings::default() })
}

fn reasons(report: &Report) -> Vec<Reason> {
    report.summary.reasons.keys().copied().collect()
}

#[test]
fn depth_is_named() {
    let mut bytes = assemble(CALL).unwrap();
    for _ in 0..5 {
        bytes = ZipWriter::new().stored("x", &bytes).finish();
    }
    let report = scan_within(Limits { depth: 3, ..Limits::default() }, bytes.clone());
    assert_eq!((report.verdict, reasons(&report)), (Verdict::Incomplete, vec![Reason::Depth]));
    assert!(report.coverage.skipped > 0);
    assert_eq!(scan_within(Limits::default(), bytes).verdict, Verdict::Malicious);
}

#[test]
fn entries_are_counted_and_what_came_before_is_kept() {
    let mut zip = ZipWriter::new().stored("a.pkl", &assemble(CALL).unwrap());
    for index in 0..20 {
        zip = zip.stored(format!("{index}.txt").as_str(), b"text");
    }
    let report = scan_within(Limits { entries: 5, ..Limits::default() }, zip.finish());
    assert_eq!((report.verdict, report.completeness), (Verdict::Malicious, Completeness::Incomplete), "{report:#?}");
    assert_eq!(reasons(&report), [Reason::Entries]);
    let sums = report.coverage;
    assert_eq!(sums.bytes_total, sums.analysed + sums.opaque + sums.skipped);
}

#[test]
fn a_bomb_is_stopped_by_its_ratio() {
    let bomb = compress::gzip(&vec![0; 4 << 20]);
    let limits = Limits { unstated_out: 1 << 20, ratio: 500, ..Limits::default() };
    let report = scan_within(limits, bomb.clone());
    assert_eq!((report.verdict, reasons(&report)), (Verdict::Incomplete, vec![Reason::Ratio]));
    let report = scan_within(Limits { bytes_out: 1 << 20, ..Limits::default() }, bomb);
    assert_eq!(reasons(&report), [Reason::BytesOut]);
}

#[test]
fn files_of_a_target_are_bounded() {
    let tree = (0..10).fold(Tree::default(), |tree, index| tree.file(&format!("{index}.txt"), "text"));
    let settings = Settings { limits: Limits { files: 4, ..Limits::default() }, ..Settings::default() };
    let report = scan(vec![target("d", Item::Folder(tree))], settings);
    assert_eq!((report.summary.artifacts, reasons(&report)), (5, vec![Reason::Entries]));
}

/// Cancels, or lets time pass, at the n-th look.
struct After(AtomicU64, u64, bool);

impl Watch for After {
    fn elapsed(&self) -> Duration {
        let looks = self.0.fetch_add(1, Ordering::Relaxed);
        Duration::from_secs(if !self.2 && looks >= self.1 { 10 } else { 0 })
    }
    fn cancelled(&self) -> bool {
        self.2 && self.0.fetch_add(1, Ordering::Relaxed) >= self.1
    }
}

#[test]
fn a_scan_that_is_ended_at_any_point_reports_what_it_has() {
    let tree =
        (0..30).fold(Tree::default(), |tree, index| tree.file(&format!("{index:02}.pkl"), assemble(CALL).unwrap()));
    for (cancel, reason) in [(true, Reason::Cancelled), (false, Reason::Time)] {
        let mut complete = 0;
        for at in 0..200 {
            let limits = Limits { timeout: Some(Duration::from_secs(5)), ..Limits::default() };
            let scanner = Scanner::new(Catalogue::builtin(), Settings { limits, ..Settings::default() });
            let watch = Arc::new(After(AtomicU64::new(0), at, cancel));
            let report = scanner.scan(vec![target("d", Item::Folder(tree.clone()))], watch);
            assert_eq!(report.summary.artifacts, 30);
            assert!(reasons(&report).iter().all(|found| *found == reason), "{:?}", reasons(&report));
            let sums = report.coverage;
            assert_eq!(sums.bytes_total, sums.analysed + sums.opaque + sums.skipped);
            complete += u64::from(report.completeness == Completeness::Complete);
            assert_eq!(report.completeness == Completeness::Complete, report.summary.incomplete == 0);
        }
        assert!(complete < 200, "the watch never ended a scan");
    }
}

/// A run that is over is soon done, however much is left: an archive of a million members, a folder of a million files.
#[test]
fn what_is_left_of_a_run_that_is_over_becomes_a_number() {
    let zip =
        (0..1500).fold(ZipWriter::new(), |zip, index| zip.stored(format!("{index}.txt").as_str(), b"text")).finish();
    let tree = (0..10_600).fold(Tree::default(), |tree, index| tree.file(&format!("{index:05}.txt"), "text"));
    let told = |report: &Report, what: &str| {
        report.artifacts.iter().any(|one| one.detail.as_deref().is_some_and(|detail| detail.contains(what)))
    };
    for (item, most, what) in [
        (Item::File(zip), 1002, " members were not opened"),
        (Item::Folder(tree), 10_001, "what follows was not looked at"),
    ] {
        // It ends at some look after the directory of the archive was read and before the last member was.
        let report = (0..4000).step_by(40).find_map(|at| {
            let scanner = Scanner::new(Catalogue::builtin(), Settings { jobs: 1, ..Settings::default() });
            let report = scanner.scan(vec![target("t", item.clone())], Arc::new(After(AtomicU64::new(0), at, true)));
            told(&report, what).then_some(report)
        });
        let report = report.unwrap();
        assert_eq!((report.verdict, reasons(&report)), (Verdict::Incomplete, vec![Reason::Cancelled]));
        assert!(report.summary.incomplete > most / 2 && report.summary.incomplete <= most, "{:?}", report.summary);
        let sums = report.coverage;
        assert_eq!(sums.bytes_total, sums.analysed + sums.opaque + sums.skipped);
    }
}

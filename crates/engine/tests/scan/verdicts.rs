//! What a new user sees: verdicts, outcomes and paths of the plainest inputs.

use base::{reason::Reason, report::Outcome, verdict::Verdict};
use engine::Settings;
use testkit::{
    compress,
    pickle::assemble,
    tar::TarWriter,
    torch::{Checkpoint, Tensor},
    zip::ZipWriter,
};

use crate::memory::{Item, Tree, scan, scan_file, target};

const CALL: &str = "GLOBAL posix system\nBINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nPOP\n";

fn checkpoint() -> Checkpoint {
    Checkpoint::new().tensor(Tensor::floats("weight", &[2, 2], &[1.0, 2.0, 3.0, 4.0]))
}

#[test]
fn an_honest_checkpoint_is_clean_and_complete() {
    let report = scan_file("model.pt", checkpoint().zip());
    assert_eq!(report.verdict, Verdict::Clean, "{:#?}", report.artifacts);
    let storage = report.artifacts.iter().find(|record| record.path.ends_with("data/0")).unwrap();
    assert_eq!((&*storage.format, storage.outcome), ("tensor-data", Outcome::Complete));
    let sums = report.coverage;
    assert_eq!(sums.skipped, 0);
    assert_eq!(sums.bytes_total, sums.analysed + sums.opaque);
    assert_eq!(sums.bytes_total, report.artifacts[0].size.unwrap());
    assert_eq!(sums.opaque, 16);
}

#[test]
fn a_poisoned_checkpoint_says_what_would_run_and_where() {
    let report = scan_file("model.pt", checkpoint().first(CALL).zip());
    assert_eq!(report.verdict, Verdict::Malicious);
    let finding = report.findings.iter().find(|finding| &*finding.rule == "process-spawn").unwrap();
    assert!(finding.message.contains("os.system") && finding.message.contains("echo hi"), "{}", finding.message);
    assert_eq!(&*finding.artifact, "model.pt!/archive/data.pkl");
    assert!(finding.location.offset > 0);
}

#[test]
fn a_payload_is_found_through_every_container() {
    let pickle = assemble(&format!("PROTO 2\n{CALL}NONE\nSTOP")).unwrap();
    let zip = ZipWriter::new().stored("inner.bin", &pickle).finish();
    let tar = TarWriter::new().file("a.zip", &zip).finish();
    let report = scan_file("model.tar.gz", compress::gzip(&tar));
    assert_eq!(report.verdict, Verdict::Malicious, "{:#?}", report.artifacts);
    assert!(report.findings[0].location.path.ends_with("a.zip!/inner.bin"), "{}", report.findings[0].location);
}

#[test]
fn junk_is_incomplete_and_nothing_is_clean_by_default() {
    let report = scan_file("x.bin", (0..=255_u8).cycle().take(1000).collect::<Vec<_>>());
    assert_eq!((report.verdict, report.artifacts[0].reason), (Verdict::Incomplete, Some(Reason::UnknownFormat)));
    assert_eq!((report.coverage.bytes_total, report.coverage.skipped), (1000, 1000));
}

#[test]
fn a_pickle_cut_short_after_its_payload_is_malicious_and_incomplete() {
    let pickle = assemble(&format!("PROTO 2\n{CALL}BINUNICODE \"never read\"\nSTOP")).unwrap();
    let report = scan_file("x.pkl", &pickle[..pickle.len() - 5]);
    assert_eq!(report.verdict, Verdict::Malicious);
    assert_eq!(report.artifacts[0].reason, Some(Reason::Truncated), "{:#?}", report.artifacts);
}

#[test]
fn an_empty_folder_is_nothing_to_scan_and_an_empty_file_is_empty() {
    let report = scan(vec![target("d", Item::Folder(Tree::default()))], Settings::default());
    assert_eq!((report.verdict, report.artifacts[0].reason), (Verdict::Incomplete, Some(Reason::NothingToScan)));
    let report = scan_file("e", Vec::new());
    assert_eq!((report.verdict, &*report.artifacts[0].format), (Verdict::Clean, "empty"));
}

#[test]
fn what_some_loader_acts_on_is_incomplete_and_prose_is_clean() {
    let tree = Tree::default().file("README.md", "# A model\n").file("run.vbs", "x = 1\n").file(".git/x", "y");
    let report = scan(vec![target("repo", Item::Folder(tree))], Settings::default());
    let told: Vec<_> = report.artifacts.iter().map(|record| (&*record.path, record.reason)).collect();
    assert_eq!(told, [(".git", None), ("README.md", None), ("run.vbs", Some(Reason::NoReader))]);
}

#[test]
fn several_targets_keep_their_names_apart() {
    let targets =
        vec![target("a", Item::File(b"text".to_vec())), target("a", Item::Folder(Tree::default().file("b", "text")))];
    let report = scan(targets, Settings::default());
    let paths: Vec<_> = report.artifacts.iter().map(|record| &*record.path).collect();
    assert_eq!(paths, ["a", "a~2/b"]);
}

//! Every reason for an incomplete report is met by a test: here, or where a process or a file system is needed.

use std::{path::Path, sync::Arc, time::Duration};

use base::{
    artifact::{Artifact, Body},
    blob::Blob,
    budget::{NoWatch, Watch},
    limits::Limits,
    location::ArtifactPath,
    reason::Reason,
    report::Report,
    source::Source,
    verdict::Completeness,
};
use engine::{Scanner, Settings, Target};
use rules::Catalogue;
use testkit::{
    compress,
    pickle::assemble,
    zip::{Member, ZipWriter},
};

use crate::memory::{Item, Tree, scan, scan_file, target};

/// What is certainly a pickle.
const ORDERED: &str = "PROTO 2\nGLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\n";

/// Where a reason is met.
enum Met {
    /// In this report.
    Here(Box<Report>),
    /// In a test of another file of the repository.
    There(&'static str, &'static str),
    /// By nothing yet: the reason is kept for readers to come.
    Reserved,
}

fn pickle() -> Vec<u8> {
    assemble("PROTO 2\nEMPTY_LIST\nBININT1 3\nAPPEND\nSTOP").unwrap()
}

fn within(limits: Limits, bytes: Vec<u8>) -> Met {
    Met::Here(Box::new(scan(vec![target("x", Item::File(bytes))], Settings { limits, ..Settings::default() })))
}

fn file(name: &str, bytes: impl Into<Vec<u8>>) -> Met {
    Met::Here(Box::new(scan_file(name, bytes)))
}

fn body(body: Body, watch: Arc<dyn Watch>, limits: Limits) -> Met {
    let scanner = Scanner::new(Catalogue::builtin(), Settings { limits, ..Settings::default() });
    let targets = vec![Target { name: "x".into(), artifact: Artifact { path: ArtifactPath::root(b"x"), body } }];
    Met::Here(Box::new(scanner.scan(targets, watch)))
}

/// Whose time is always up, or that always wants the scan to end.
struct Ended(bool);

impl Watch for Ended {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(if self.0 { 0 } else { 3600 })
    }

    fn cancelled(&self) -> bool {
        self.0
    }
}

/// A source that is not any more what it was.
struct Another(Vec<u8>);

impl Source for Another {
    fn len(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read_at(offset, into)
    }

    fn unchanged(&self) -> bool {
        false
    }
}

fn met(reason: Reason) -> Met {
    let usual = Limits::default;
    let zip_in_zip = || ZipWriter::new().stored("x", &ZipWriter::new().stored("y", &pickle()).finish()).finish();
    let bomb = || compress::gzip(&vec![0; 4 << 20]);
    let nowhere = Arc::new(NoWatch);
    match reason {
        Reason::Time => {
            let limits = Limits { timeout: Some(Duration::from_secs(5)), ..usual() };
            body(Body::Blob(Blob::from_bytes(pickle())), Arc::new(Ended(false)), limits)
        }
        Reason::Cancelled => body(Body::Blob(Blob::from_bytes(pickle())), Arc::new(Ended(true)), usual()),
        Reason::BytesOut => within(Limits { bytes_out: 1 << 20, ..usual() }, bomb()),
        Reason::Ratio => within(Limits { unstated_out: 1 << 20, ratio: 500, ..usual() }, bomb()),
        Reason::Depth => within(Limits { depth: 1, ..usual() }, zip_in_zip()),
        Reason::Entries => within(Limits { entries: 1, ..usual() }, zip_in_zip()),
        Reason::Size => Met::There("crates/cli/tests/cases/max-size.toml", "max-size"),
        Reason::Memory => {
            let deep = assemble(&format!("PROTO 2\n{}STOP", "EMPTY_LIST\nMARK\n".repeat(1000))).unwrap();
            within(Limits { memory: 1000, ..usual() }, deep)
        }
        Reason::Unreadable => body(Body::Closed(Reason::Unreadable), nowhere, usual()),
        Reason::SpecialFile => {
            Met::There("crates/cli/tests/special_files.rs", "fn pipes_sockets_and_devices_are_named_and_never_read")
        }
        Reason::Link => Met::There("crates/cli/tests/special_files.rs", "fn circles_end_and_links_out_are_named"),
        Reason::Changed => body(Body::Blob(Blob::new(Arc::new(Another(pickle())))), nowhere, usual()),
        Reason::UnsupportedMethod => {
            let mut member = Member::stored("x.pkl", &pickle());
            (member.local.method, member.central.method) = (97, 97);
            file("x.zip", ZipWriter::new().member(member).finish())
        }
        Reason::Dependency => Met::Reserved,
        Reason::UnknownFormat => file("x", [0x91_u8, 0x07, 0xfe, 0x13].repeat(100)),
        Reason::NoReader => file("x.h5", [b"\x89HDF\r\n\x1a\n".as_slice(), &[0; 200]].concat()),
        Reason::Malformed => file("x.pkl", assemble(&format!("{ORDERED}POP\nPOP\nSTOP")).unwrap()),
        Reason::Truncated => file("x.pkl", assemble(&format!("{ORDERED}EMPTY_LIST\n")).unwrap()),
        Reason::Unclaimed => {
            let honest = assemble(&format!("{ORDERED}STOP")).unwrap();
            file("x.pkl", [honest, [0x91, 0x07, 0xfe].repeat(60)].concat())
        }
        Reason::Internal => Met::There("crates/engine/src/reading.rs", "fn a_panic_in_a_reader_is_caught_and_named"),
        Reason::NothingToScan => {
            Met::Here(Box::new(scan(vec![target("d", Item::Folder(Tree::default()))], Settings::default())))
        }
    }
}

#[test]
fn each_is_met() {
    for reason in Reason::ALL {
        match met(*reason) {
            Met::Here(report) => {
                assert!(report.summary.reasons.contains_key(reason), "{reason}: {:#?}", report.artifacts);
                assert_eq!(report.completeness, Completeness::Incomplete, "{reason}");
                let json = serde_json::to_value(&report).unwrap();
                assert!(json["summary"]["reasons"][reason.id()].is_u64(), "{reason}: {json:#}");
            }
            Met::There(path, name) => {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
                assert!(std::fs::read_to_string(path).unwrap().contains(name), "{reason}");
            }
            Met::Reserved => assert_eq!(*reason, Reason::Dependency),
        }
    }
}

//! Functions that pickles make of the parts of code, as each CPython takes them: the code is written out and read to its end.

use std::path::Path;

use base::verdict::{Severity, Verdict};

use crate::memory::scan_file;

#[test]
fn code_in_parts_is_read_as_code_of_its_version() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/code");
    for version in ["2.7", "3.6", "3.8", "3.10", "3.11", "3.12", "3.13"] {
        let report = scan_file("model.pkl", std::fs::read(folder.join(format!("{version}.pkl"))).unwrap());
        // It runs when somebody calls the function: a person should look.
        assert_eq!(report.verdict, Verdict::Suspicious, "{version}");
        let made = report.findings.iter().filter(|finding| &*finding.rule == "code-made-from-parts");
        assert!(made.clone().any(|finding| finding.severity == Severity::High), "{version}");
        let read: Vec<&str> = report.artifacts.iter().map(|artifact| &*artifact.format).collect();
        assert_eq!(read, ["pickle", "marshal", "marshal", "marshal"], "{version}");
        assert!(report.artifacts.iter().all(|artifact| artifact.reason.is_none()), "{version}: {:?}", report.artifacts);
    }
}

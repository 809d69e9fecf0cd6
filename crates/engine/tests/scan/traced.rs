//! Modules that torch.fx has traced: loading runs their source, which is read as such. Honest ones are clean, twins whose source acts malicious.

use base::verdict::{Completeness, Verdict};

use crate::memory::scan_file;

macro_rules! files {
    ($($name:literal),+) => { [$(($name, include_bytes!(concat!("../../testdata/traced/", $name)) as &[u8])),+] };
}

#[test]
fn what_tracing_writes_is_clean() {
    let honest = files![
        "honest.pt",
        "honest-operators.pt",
        "honest-package.pt",
        "honest-p0.pkl",
        "honest-p2.pkl",
        "honest-p4.pkl"
    ];
    for (name, bytes) in honest {
        let report = scan_file(name, bytes);
        let told = (report.verdict, report.completeness);
        assert_eq!(told, (Verdict::Clean, Completeness::Complete), "{name}: {:#?}", report.findings);
        let read = report.artifacts.iter().any(|artifact| artifact.path.to_string().ends_with("traced-graph.py"));
        assert!(read || name.contains("package"), "{name}: {:#?}", report.artifacts);
    }
}

#[test]
fn source_that_acts_is_malicious() {
    let twins = files![
        "twin-body.pkl",
        "twin-coding.pkl",
        "twin-computed.pkl",
        "twin-default.pkl",
        "twin-globals.pkl",
        "twin-imports.pkl",
        "twin-native.pkl",
        "twin-nested.pkl",
        "twin-operator.pkl",
        "twin-package.pt",
        "twin-torch.pkl"
    ];
    for (name, bytes) in twins {
        let report = scan_file(name, bytes);
        assert_eq!(report.verdict, Verdict::Malicious, "{name}: {:#?}", report.findings);
    }
}

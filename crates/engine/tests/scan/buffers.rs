//! Bytes that a pickle puts into an object: what loads them reads them there, and the file around them is no archive.

use base::verdict::Verdict;
use testkit::pickle::assemble;

use crate::memory::scan_file;

#[test]
fn an_archive_in_a_stream_in_memory_makes_no_archive_of_the_file() {
    // Written by Keras: `testdata/buffers/make.py`.
    let report = scan_file("loss.pkl", include_bytes!("../../testdata/buffers/loss.pkl"));
    let rules: Vec<&str> = report.findings.iter().map(|finding| &*finding.rule).collect();
    assert_eq!(rules, ["nested-deserialisation"], "{:#?}", report.findings);
    let inside = report.artifacts.iter().any(|artifact| artifact.path.to_string().ends_with("load-argument.keras"));
    assert!(inside, "{:#?}", report.artifacts);
}

#[test]
fn what_a_state_holds_is_what_is_loaded() {
    let inner = assemble("PROTO 2\nGLOBAL os system\nBINUNICODE \"true\"\nTUPLE1\nREDUCE\nSTOP").unwrap();
    let bytes: String = inner.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    let made = [
        // The state of a stream in memory, which stands at its start, and behind a part that was read.
        format!("GLOBAL _io BytesIO\nEMPTY_TUPLE\nNEWOBJ\nBINBYTES b\"{bytes}\"\nBININT1 0\nNONE\nTUPLE3\nBUILD\n"),
        format!("GLOBAL _io BytesIO\nEMPTY_TUPLE\nNEWOBJ\nBINBYTES b\"N.x{bytes}\"\nBININT1 3\nNONE\nTUPLE3\nBUILD\n"),
        format!(
            "GLOBAL io BytesIO\nGLOBAL builtins bytearray\nBINBYTES b\"{bytes}\"\nTUPLE1\nREDUCE\nTUPLE1\nREDUCE\n"
        ),
    ];
    for stream in made {
        let text = format!("PROTO 4\nGLOBAL pickle load\n{stream}TUPLE1\nREDUCE\nSTOP");
        let report = scan_file("model.pkl", assemble(&text).unwrap());
        let named = report.findings.iter().any(|finding| finding.message.contains("os.system('true')"));
        assert!(report.verdict == Verdict::Malicious && named, "{stream}: {:#?}", report.findings);
    }
}

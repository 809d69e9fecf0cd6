//! Inert twins of the well-known bad models, each with what a reader is told.

use std::{fs, path::Path};

use base::verdict::{Severity, Verdict};

use crate::memory::scan_file;

/// A twin among the goldens of the pickle machine, the rule that names it, and what its message says.
const TWINS: [(&str, &str, &[&str]); 8] = [
    // The browser that opens when a picklebomb is loaded.
    ("webbrowser_open", "dangerous-callable-called", &["webbrowser.open"]),
    ("runpy_run_code", "code-evaluation", &["runpy._run_code"]),
    ("exec_argument", "code-evaluation", &["builtins.exec"]),
    ("eval_argument", "code-evaluation", &["builtins.eval"]),
    ("os_system", "process-spawn", &["os.system", "posix.system"]),
    // A shell for another machine at the start of a stream that breaks behind it.
    ("broken_after_payload", "reverse-shell", &["os.system", "posix.system", "/dev/tcp/"]),
    ("broken_after_payload", "code-before-broken-end", &[]),
    ("exec_of_base64", "code-evaluation", &["builtins.exec", "print("]),
];

#[test]
fn a_reader_is_told_what_a_bad_model_does() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pickle/testdata");
    for (name, rule, said) in TWINS {
        let text = fs::read_to_string(folder.join(name).with_extension("pickle-asm")).unwrap();
        let report = scan_file("model.bin", testkit::pickle::assemble(&text).unwrap());
        assert_eq!(report.verdict, Verdict::Malicious, "{name}");
        let told =
            report.findings.iter().filter(|finding| &*finding.rule == rule).max_by_key(|finding| finding.severity);
        let told = told.unwrap_or_else(|| panic!("{name}: no {rule}"));
        assert!(told.severity >= Severity::High, "{name}: {rule}");
        assert!(said.iter().all(|part| told.message.contains(part)), "{name}: {}", told.message);
        assert!(!told.remedy.is_empty() && told.location.offset > 0, "{name}: where, and what to do");
    }
}

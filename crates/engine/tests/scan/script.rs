//! Scripted modules: PyTorch's own interpreter runs their code, which no restriction of unpickling reaches.

use base::verdict::{Completeness, Verdict};
use testkit::zip::{Member, ZipWriter};

use crate::memory::scan_file;

macro_rules! file {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../testdata/script/", $name)) as &[u8])
    };
}

#[test]
fn a_module_that_computes_is_clean() {
    for (name, bytes) in [file!("honest.pt"), file!("honest.ptl")] {
        let report = scan_file(name, bytes);
        let told = (report.verdict, report.completeness);
        assert_eq!(told, (Verdict::Clean, Completeness::Complete), "{name}: {:#?}", report.findings);
    }
}

#[test]
fn a_module_that_touches_files_says_which_and_when() {
    for ((name, bytes), verdict, message) in [
        (
            file!("saves.pt"),
            Verdict::Suspicious,
            "Running Saves.forward calls aten::save, with texts ('/nowhere/saved.pt')",
        ),
        (
            file!("maps.pt"),
            Verdict::Suspicious,
            "Running Maps.forward calls aten::from_file, with texts ('/nowhere/secret')",
        ),
        (
            file!("reads.pt"),
            Verdict::Suspicious,
            "Running Reads.forward calls image::read_file, with texts ('/nowhere/secret')",
        ),
        (
            file!("restores.pt"),
            Verdict::Malicious,
            "Loading runs Restores.keep, which calls aten::save, with texts ('/nowhere/saved.pt')",
        ),
    ] {
        let report = scan_file(name, bytes);
        assert_eq!(report.verdict, verdict, "{name}");
        let found = report.findings.iter().find(|finding| &*finding.rule == "torch-operator-touches-files").unwrap();
        assert_eq!(&*found.message, message);
        assert!(found.location.line.is_some(), "{name}: {:?}", found.location);
    }
}

#[test]
fn the_bytecode_of_a_module_says_it_without_the_source() {
    let (name, bytes) = file!("saves.ptl");
    let report = scan_file(name, bytes);
    let inside = |member: &str| report.findings.iter().any(|finding| finding.artifact.ends_with(member));
    assert!(inside("bytecode.pkl") && inside("code/__torch__.py"), "{:#?}", report.findings);
}

#[test]
fn code_of_before_pytorch_1_4_is_read_as_such() {
    let model = br#"{"protoVersion": "6", "mainModule": {"torchscriptArena": {"key": "code/model"}}, "producerName": "pytorch"}"#;
    let code = b"op_version_set = 1\nclass M(Module):\n  def forward(self, x: Tensor) -> Tensor:\n    ops.aten.save(x, \"/nowhere/saved\")\n    return x\n";
    let zip =
        ZipWriter::new().member(Member::stored("m/model.json", model)).member(Member::stored("m/code/model", code));
    let report = scan_file("old.pt", zip.finish());
    let found: Vec<_> = report.findings.iter().map(|finding| &*finding.message).collect();
    assert_eq!(found, ["Running M.forward calls aten::save, with texts ('/nowhere/saved')"]);
}

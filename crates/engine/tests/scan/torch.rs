//! PyTorch's formats from the first byte to the verdict.

use base::{report::Report, verdict::Verdict};
use testkit::{
    pickle::assemble,
    torch::{Checkpoint, Tensor, record},
    zip::ZipWriter,
};

use crate::memory::scan_file;

const CALL: &str = "GLOBAL posix system\nBINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nPOP\n";

fn checkpoint() -> Checkpoint {
    Checkpoint::new().tensor(Tensor::floats("weight", &[2, 2], &[1.0, 2.0, 3.0, 4.0]))
}

fn with_elements(elements: u64) -> Vec<u8> {
    Checkpoint::new().tensor(Tensor { elements, ..Tensor::floats("weight", &[2, 2], &[1.0, 2.0, 3.0, 4.0]) }).zip()
}

fn rules(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| &*finding.rule).collect()
}

#[test]
fn a_storage_is_held_against_what_the_pickle_claims() {
    assert_eq!(rules(&scan_file("a.pt", with_elements(4))), [""; 0]);
    let report = scan_file("a.pt", with_elements(1 << 40));
    assert_eq!((report.verdict, rules(&report)), (Verdict::Suspicious, vec!["storage-mismatch"]));
    assert_eq!(&*report.findings[0].artifact, "a.pt!/archive/data.pkl");
    assert_eq!(rules(&scan_file("a.pt", with_elements(2))), ["storage-surplus", "tensor-out-of-bounds"]);
}

#[test]
fn a_tensor_stays_inside_its_storage() {
    let honest = Checkpoint::new().tensor(Tensor::floats("weight", &[4], &[1.0, 2.0, 3.0, 4.0])).data_pkl();
    let view = b"K\0(K\x04t(K\x01t";
    let at = honest.windows(view.len()).position(|window| window == view).unwrap();
    // Offset, size and stride: what reaches beyond four elements, and what no tensor has.
    for (change, expected) in [
        (&b"K\x01(K\x03t(K\x01t"[..], &[][..]),
        (b"K\0(K\x02t(K\x03t", &[]),
        (b"K\0(M\xff\xfft(K\0t", &[]),
        (b"K\0(K\0t(J\0\0\0\x7ft", &[]),
        (b"K\x01(K\x04t(K\x01t", &["tensor-out-of-bounds"]),
        (b"K\0(K\x05t(K\x01t", &["tensor-out-of-bounds"]),
        (b"K\0(K\x02t(K\x04t", &["tensor-out-of-bounds"]),
        (b"J\xff\xff\xff\xff(K\x04t(K\x01t", &["tensor-out-of-bounds"]),
        (b"K\0(K\x04t(J\xff\xff\xff\xfft", &["tensor-out-of-bounds"]),
    ] {
        let changed = [&honest[..at], change, &honest[at + view.len()..]].concat();
        let report = scan_file(
            "a.pt",
            Checkpoint::new().tensor(Tensor::floats("weight", &[4], &[1.0, 2.0, 3.0, 4.0])).object(changed).zip(),
        );
        assert_eq!(rules(&report), expected, "{change:?}");
    }
}

#[test]
fn a_storage_that_is_not_there_is_named() {
    let honest = checkpoint();
    let mut zip = ZipWriter::new();
    let data = record(0, "archive/data.pkl", &honest.data_pkl());
    zip = zip.member(data);
    assert_eq!(rules(&scan_file("a.pt", zip.finish())), ["storage-missing"]);
}

#[test]
fn a_key_that_climbs_is_named() {
    let tensor = Tensor::floats("weight", &[1], &[1.0]);
    let pickle = Checkpoint::new().tensor(tensor).data_pkl();
    let at = pickle.windows(6).position(|window| window == b"X\x01\0\0\x000").unwrap();
    let climbing = [&pickle[..at], b"X\x09\0\0\0../../etc", &pickle[at + 6..]].concat();
    let report = scan_file("a.pt", checkpoint().object(climbing).zip());
    assert!(rules(&report).contains(&"reference-escapes"), "{report:#?}");
}

#[test]
fn archives_one_behind_the_other_are_read_each_by_itself() {
    let harmless = [checkpoint().zip(), checkpoint().zip(), with_elements(4)].concat();
    let report = scan_file("__0_0.distcp", harmless);
    assert_eq!((report.verdict, rules(&report)), (Verdict::Clean, vec!["other-flaw"]), "{report:#?}");
    let poisoned = [checkpoint().zip(), checkpoint().first(CALL).zip(), checkpoint().zip()].concat();
    let report = scan_file("__0_0.distcp", poisoned);
    assert_eq!(report.verdict, Verdict::Malicious);
    assert!(report.findings.iter().any(|finding| finding.artifact.ends_with("!/archive/data.pkl")), "{report:#?}");
}

#[test]
fn any_of_the_five_legacy_pickles_may_carry_the_payload() {
    let honest = checkpoint().legacy();
    let report = scan_file("a.pt", honest.clone());
    assert_eq!((report.verdict, report.coverage.opaque), (Verdict::Clean, 16), "{:#?}", report.artifacts);
    let starts: Vec<usize> = (0..honest.len()).filter(|at| honest[*at..].starts_with(b"\x80\x02")).collect();
    assert_eq!(starts.len(), 5);
    let call = assemble(CALL).unwrap();
    for start in starts {
        let poisoned = [&honest[..start + 2], &call, &honest[start + 2..]].concat();
        let report = scan_file("a.pt", poisoned);
        assert_eq!(report.verdict, Verdict::Malicious, "{start}");
    }
    let mut other_magic = honest.clone();
    other_magic[5] ^= 1;
    assert_ne!(scan_file("a.pt", other_magic).verdict, Verdict::Clean);
}

#[test]
fn what_weights_only_refuses_is_stated() {
    let module = "GLOBAL torch.nn.modules.linear Linear\nPOP\n";
    let report = scan_file("a.pt", checkpoint().first(module).zip());
    assert_eq!((report.verdict, rules(&report)), (Verdict::Clean, vec!["weights-only-refuses"]));
    let finding = &report.findings[0];
    assert!(finding.message.contains("torch.nn.modules.linear.Linear"), "{}", finding.message);
}

#[test]
fn classes_of_a_torchscript_archive_are_its_own() {
    let object = "PROTO 2\nGLOBAL __torch__.net Net\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nBUILD\nSTOP";
    let data = assemble(object).unwrap();
    let archive = |constants: &str| {
        let records = Checkpoint::new().object(data.clone()).records();
        let position = records.position();
        records.member(record(position, constants, b"\x80\x02).")).finish()
    };
    assert_eq!(rules(&scan_file("a.pt", archive("archive/constants.pkl"))), ["weights-only-ignored"]);
    assert!(rules(&scan_file("a.pt", archive("archive/other.pkl"))).contains(&"unknown-class-built"));
}

#[test]
fn a_package_imports_the_modules_that_it_brings() {
    let package = |source: &str| {
        let model = b"\x80\x02cnet\nNet\n)\x81.";
        let members: [(&str, &[u8]); 4] = [
            ("p/.data/extern_modules", b"os"),
            ("p/.data/version", b"6"),
            ("p/model/model.pkl", model),
            ("p/net.py", source.as_bytes()),
        ];
        let zip = members.iter().fold(ZipWriter::new(), |zip, (name, bytes)| zip.member(record(0, name, bytes)));
        scan_file("a.pt", zip.finish())
    };
    let report = package("import os\nos.system('id')\nclass Net: pass\n");
    assert_eq!(report.verdict, Verdict::Malicious, "{report:#?}");
    assert!(report.findings.iter().any(|finding| &*finding.artifact == "a.pt!/p/net.py"));
    let report = package("import os\nclass Net:\n    def run(self):\n        os.system('id')\n");
    assert_eq!(report.verdict, Verdict::Clean, "{report:#?}");
}

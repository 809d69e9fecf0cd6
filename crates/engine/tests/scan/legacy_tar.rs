//! PyTorch's first format, a tar of pickles with raw numbers between them (`torch/serialization.py`, `legacy_load`).

use base::{
    report::Report,
    verdict::{Completeness, Verdict},
};
use testkit::{pickle::assemble, tar::TarWriter};

use crate::memory::scan_file;

const CALL: &str = "GLOBAL posix system\nBINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nPOP\n";

/// The pickles and the raw parts of the four members, so that a test may change any of them.
#[derive(Clone)]
struct Members {
    /// Pickles as assembler lines, in the order in which they are read.
    pickles: [String; 7],
    storage: Vec<u8>,
    geometry: Vec<u8>,
}

impl Members {
    /// One tensor of two rows and two columns in one storage of four floats.
    fn honest() -> Self {
        let pickles = [
            "EMPTY_DICT\n",
            "BININT1 1\n",
            "BININT 94000\nBINUNICODE \"cpu\"\nGLOBAL torch FloatStorage\nTUPLE3\n",
            "EMPTY_LIST\n",
            "BININT1 1\n",
            "BININT 95000\nBININT 94000\nGLOBAL torch FloatTensor\nTUPLE3\n",
            "GLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nBINUNICODE \"weight\"\nBINUNICODE \"95000\"\nBINPERSID\nSETITEM\n",
        ];
        let integers = |all: &[i64]| all.iter().flat_map(|one| one.to_le_bytes()).collect::<Vec<u8>>();
        let floats = [1.0_f32, 2.0, 3.0, 4.0];
        Self {
            pickles: pickles.map(str::to_owned),
            storage: [integers(&[4]), floats.iter().flat_map(|one| one.to_le_bytes()).collect()].concat(),
            geometry: integers(&[2, 2, 2, 2, 1, 0]),
        }
    }

    fn tar(&self) -> Vec<u8> {
        let [info, storages, storage, views, tensors, tensor, object] =
            self.pickles.each_ref().map(|lines| assemble(&format!("PROTO 2\n{lines}STOP")).unwrap());
        TarWriter::new()
            .file("sys_info", &info)
            .file("pickle", &object)
            .file("tensors", &[tensors, tensor, self.geometry.clone()].concat())
            .file("storages", &[storages, storage, self.storage.clone(), views].concat())
            .finish()
    }

    fn scan(&self) -> Report {
        scan_file("model.pth", self.tar())
    }
}

fn told(report: &Report) -> (Verdict, Completeness) {
    (report.verdict, report.completeness)
}

#[test]
fn an_honest_file_is_read_to_its_end() {
    let report = Members::honest().scan();
    assert_eq!(told(&report), (Verdict::Clean, Completeness::Complete), "{:#?}", report.artifacts);
    assert_eq!((report.coverage.opaque, report.coverage.skipped), (16, 0), "{:#?}", report.artifacts);
    assert!(report.findings.iter().all(|finding| &*finding.rule != "trailing-data"), "{:#?}", report.findings);
}

#[test]
fn any_of_the_pickles_may_carry_the_payload() {
    for at in 0..7 {
        let mut members = Members::honest();
        members.pickles[at].insert_str(0, CALL);
        let report = members.scan();
        assert_eq!(told(&report), (Verdict::Malicious, Completeness::Complete), "{at}: {:#?}", report.artifacts);
    }
}

#[test]
fn sizes_that_lie_end_the_reading() {
    let mut members = Members::honest();
    members.storage[..8].copy_from_slice(&i64::MAX.to_le_bytes());
    assert_eq!(told(&members.scan()), (Verdict::Incomplete, Completeness::Incomplete));
    for dimensions in [-1_i32, i32::MAX] {
        let mut members = Members::honest();
        members.geometry[..4].copy_from_slice(&dimensions.to_le_bytes());
        assert_eq!(told(&members.scan()), (Verdict::Incomplete, Completeness::Incomplete), "{dimensions}");
    }
}

#[test]
fn what_is_no_member_of_this_format_has_no_raw_numbers() {
    let mut members = Members::honest();
    members.pickles[2] = members.pickles[2].replace("torch FloatStorage", "elsewhere FloatStorage");
    assert_ne!(members.scan().verdict, Verdict::Clean);
}

/// The count of elements begins a text for an unpickler that takes one pickle after the other: `X`, 16, and so on.
#[test]
fn numbers_that_a_plain_unpickler_would_run_are_run() {
    let mut members = Members::honest();
    let call = assemble(&format!("PROTO 2\n{CALL}NONE\nSTOP")).unwrap();
    let count = u64::from_le_bytes(*b"X\x10\0\0\0\0\0\0");
    let mut storage = [&count.to_le_bytes()[..], b"thirteen more", &call].concat();
    storage.resize(8 + 4 * count as usize, 0);
    members.storage = storage;
    assert_eq!(members.scan().verdict, Verdict::Malicious);
}

#[test]
fn a_checkpoint_that_pytorch_itself_reads_is_clean() {
    // `testdata/legacy-tar/make.py` lets `torch.load` read it.
    let report = scan_file("model.pth", include_bytes!("../../testdata/legacy-tar/model.tar"));
    assert_eq!(told(&report), (Verdict::Clean, Completeness::Complete), "{:#?}", report.findings);
    assert_eq!(report.coverage.opaque, 32);
}

//! joblib's files in each of its compressions: real ones are clean, poisoned twins malicious.

use base::verdict::{Completeness, Verdict};
use testkit::{compress, pickle::assemble};

use crate::memory::scan_file;

/// Real files, made by `testdata/joblib/make.py`.
const REAL: [(&str, &[u8]); 9] = [
    ("raw.joblib", include_bytes!("../../testdata/joblib/raw.joblib")),
    ("protocol2.joblib", include_bytes!("../../testdata/joblib/protocol2.joblib")),
    ("list.joblib", include_bytes!("../../testdata/joblib/list.joblib")),
    ("zlib.joblib.z", include_bytes!("../../testdata/joblib/zlib.joblib.z")),
    ("gzip.joblib.gz", include_bytes!("../../testdata/joblib/gzip.joblib.gz")),
    ("bz2.joblib.bz2", include_bytes!("../../testdata/joblib/bz2.joblib.bz2")),
    ("xz.joblib.xz", include_bytes!("../../testdata/joblib/xz.joblib.xz")),
    ("lzma.joblib.lzma", include_bytes!("../../testdata/joblib/lzma.joblib.lzma")),
    ("lz4.joblib.lz4", include_bytes!("../../testdata/joblib/lz4.joblib.lz4")),
];

/// A dict with an array in the stream, and what runs behind it.
fn poisoned() -> Vec<u8> {
    let wrapper = "PROTO 4\nEMPTY_DICT\nMEMOIZE\nSHORT_BINUNICODE \"w\"\nSHORT_BINUNICODE \"joblib.numpy_pickle\"\n\
         SHORT_BINUNICODE \"NumpyArrayWrapper\"\nSTACK_GLOBAL\nEMPTY_TUPLE\nNEWOBJ\nEMPTY_DICT\nMARK\n\
         SHORT_BINUNICODE \"subclass\"\nGLOBAL numpy ndarray\nSHORT_BINUNICODE \"shape\"\nBININT1 2\nTUPLE1\n\
         SHORT_BINUNICODE \"order\"\nSHORT_BINUNICODE \"C\"\nSHORT_BINUNICODE \"dtype\"\nGLOBAL numpy dtype\n\
         SHORT_BINUNICODE \"f8\"\nNEWFALSE\nNEWTRUE\nTUPLE3\nREDUCE\nMARK\nBININT1 3\nSHORT_BINUNICODE \"<\"\nNONE\n\
         NONE\nNONE\nBININT -1\nBININT -1\nBININT1 0\nTUPLE\nBUILD\nSHORT_BINUNICODE \"allow_mmap\"\nNEWFALSE\n\
         SETITEMS\nBUILD\n";
    let rest = "SETITEM\nGLOBAL os system\nBINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nPOP\nSTOP";
    let numbers: Vec<u8> = [1.0_f64, 2.0].iter().flat_map(|one| one.to_le_bytes()).collect();
    [assemble(wrapper).unwrap(), numbers, assemble(rest).unwrap()].concat()
}

/// joblib's first form: `ZF`, the size in hexadecimal in 19 columns, zlib.
fn z_file(bytes: &[u8]) -> Vec<u8> {
    let size = format!("{:#x}", bytes.len());
    [format!("ZF{size:<19}").as_bytes(), &compress::zlib(bytes)].concat()
}

#[test]
fn what_joblib_writes_is_clean_and_complete() {
    for (name, bytes) in REAL {
        let report = scan_file(name, bytes);
        let told = (report.verdict, report.completeness);
        let shown = (&report.findings, &report.artifacts);
        assert_eq!(told, (Verdict::Clean, Completeness::Complete), "{name}: {shown:#?}");
    }
}

#[test]
fn poisoned_twins_name_the_call_in_every_compression() {
    let pack: [(&str, fn(&[u8]) -> Vec<u8>); 8] = [
        ("raw", <[u8]>::to_vec),
        ("zlib", compress::zlib),
        ("gzip", compress::gzip),
        ("bz2", compress::bz2),
        ("xz", compress::xz),
        ("lzma", compress::lzma_alone),
        ("lz4", compress::lz4),
        ("z-file", z_file),
    ];
    let twin = poisoned();
    for (name, pack) in pack {
        let report = scan_file("model.joblib", pack(&twin));
        let told = (report.verdict, report.completeness);
        assert_eq!(told, (Verdict::Malicious, Completeness::Complete), "{name}: {:#?}", report.artifacts);
        let named = report.findings.iter().any(|finding| finding.message.contains("os.system"));
        assert!(named, "{name}: {:#?}", report.findings);
    }
}

//! One poisoned pickle in every container and compression: found and named, or incomplete with its reason, and never clean.
//!
//! The containers under `testdata/containers` are made by its script; pairs are nested here.

use std::path::Path;

use base::{
    reason::Reason,
    report::Report,
    verdict::{Completeness, Verdict},
};
use testkit::{compress, tar::TarWriter, zip::ZipWriter};

use crate::memory::scan_file;

/// What a scan of a container has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// The call is found and named, and everything was read.
    Found,
    /// The call is found and named, but something of the container was not read.
    FoundIncomplete(Reason),
    /// Nothing is known of what lies inside, for this reason.
    Closed(Reason),
}
use Told::{Closed, Found, FoundIncomplete};

const CONTAINERS: &[(&str, Told)] = &[
    ("stored.zip", Found),
    ("deflated.zip", Found),
    ("bzip2.zip", Found),
    ("lzma.zip", Found),
    ("zip64.zip", Found),
    ("forced.zip", Found),
    ("model-1.0-py3-none-any.whl", Found),
    // Some loaders ignore the encryption bit, so that the ciphered bytes are looked at: they are no known format.
    ("crypto.zip", Closed(Reason::UnknownFormat)),
    ("aes.zip", Closed(Reason::UnsupportedMethod)),
    ("deflate64.zip", Found),
    ("v7.tar", Found),
    ("ustar.tar", Found),
    ("gnu.tar", Found),
    ("pax.tar", Found),
    ("layer.tar.gz", Found),
    ("model.pkl.gz", Found),
    ("members.pkl.gz", Found),
    ("model.zlib", Found),
    // Raw deflate has no mark of its own: only a container can say that something is deflated.
    ("model.deflate", Closed(Reason::UnknownFormat)),
    ("model.pkl.bz2", Found),
    ("model.pkl.xz", Found),
    ("model.pkl.lzma", Found),
    ("model.pkl.zst", Found),
    ("model.pkl.lz4", Found),
    ("legacy.pkl.lz4", Found),
    ("model.pkl.br", Found),
    ("model.pkl.sz", Found),
    ("model.pkl.Z", Found),
    ("model.pkl.lz", Found),
    ("model.xar", Found),
    ("newc.cpio", Found),
    ("odc.cpio", Found),
    ("model.ar", Found),
    ("model.deb", Found),
    ("model.7z", Found),
    ("copy.7z", Found),
    ("solid.7z", Found),
    ("inner.7z.zip", Found),
    ("ppmd.7z", Closed(Reason::UnsupportedMethod)),
    ("aes.7z", Closed(Reason::UnsupportedMethod)),
    ("aes-header.7z", Closed(Reason::UnsupportedMethod)),
    ("model.rar", Found),
    ("five.rar", Found),
    // How RAR and LZX pack is read by no code here.
    ("packed.rar", Closed(Reason::UnsupportedMethod)),
    ("model.cab", Found),
    ("mszip.cab", Found),
    ("lzx.cab", Closed(Reason::UnsupportedMethod)),
    ("model.iso.gz", Found),
    ("model.squashfs", Found),
];

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/containers");
    std::fs::read(folder.join(name)).unwrap()
}

fn names_the_call(report: &Report) -> bool {
    report.findings.iter().any(|finding| finding.message.contains("os.system") && finding.message.contains("echo hi"))
}

/// What a report says, as far as the table knows words for it.
fn told(report: &Report) -> Result<Told, String> {
    let reason = report.summary.reasons.keys().next().copied();
    match (report.verdict, report.completeness, reason) {
        (Verdict::Malicious, Completeness::Complete, None) if names_the_call(report) => Ok(Found),
        (Verdict::Malicious, Completeness::Incomplete, Some(reason)) if names_the_call(report) => {
            Ok(FoundIncomplete(reason))
        }
        (Verdict::Incomplete, Completeness::Incomplete, Some(reason)) => Ok(Closed(reason)),
        _ => {
            let records: Vec<_> = report
                .artifacts
                .iter()
                .map(|record| format!("{} {} {:?}", record.path, record.format, record.reason))
                .collect();
            Err(format!("{:?} {:?} {records:?} {:?}", report.verdict, report.summary.reasons, report.findings))
        }
    }
}

fn check(cases: impl Iterator<Item = (String, Vec<u8>, Told)>) {
    let mut wrong = Vec::new();
    for (name, bytes, expected) in cases {
        match told(&scan_file(&name, bytes)) {
            Ok(told) if told == expected => {}
            told => wrong.push(format!("{name}: {told:?} instead of {expected:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_call_in_any_container_is_named_or_its_absence_is() {
    check(CONTAINERS.iter().map(|(name, told)| ((*name).to_owned(), fixture(name), *told)));
}

/// Shapes that no tool at hand writes: sparse members, a skippable frame before the data, data without any mark.
#[test]
fn a_call_in_rarer_shapes_of_containers_is_named_too() {
    let pickle = testkit::pickle::assemble("PROTO 2\nGLOBAL os system\nBINUNICODE \"echo hi\"\nTUPLE1\nREDUCE\nSTOP");
    let pickle = pickle.unwrap();
    let (head, tail) = pickle.split_at(10);
    let len = pickle.len() as u64;
    // A literal of up to 60 bytes behind the length of all: the block format of snappy.
    let snappy = [&[len as u8, (pickle.len() as u8 - 1) << 2], pickle.as_slice()].concat();
    let skippable = [b"\x50\x2a\x4d\x18\x04\0\0\0abcd", fixture("model.pkl.zst").as_slice()].concat();
    let segments = [(0, head), (10, tail)];
    check(
        [
            ("gnu-sparse.tar", TarWriter::new().gnu_sparse("a.pkl", &segments, len).finish(), Found),
            ("pax-sparse.tar", TarWriter::new().pax_sparse("a.pkl", &segments, len).finish(), Found),
            ("skippable.pkl.zst", skippable, Found),
            ("model.snappy", snappy, Closed(Reason::UnknownFormat)),
        ]
        .into_iter()
        .map(|(name, bytes, told)| (name.to_owned(), bytes, told)),
    );
}

#[test]
fn every_fixture_has_its_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/containers");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut missing: Vec<_> = names.filter(|name| !CONTAINERS.iter().any(|(row, _)| row == name)).collect();
    missing.retain(|name| name != "make.py");
    assert_eq!(missing, [""; 0]);
}

#[test]
fn a_packed_member_of_nothing_is_empty() {
    let report = scan_file("a.whl", ZipWriter::new().deflated("py.typed", b"").finish());
    assert_eq!((report.verdict, report.completeness), (Verdict::Clean, Completeness::Complete), "{report:#?}");
}

/// A container that goes around another one.
type Around = (&'static str, fn(&str, &[u8]) -> Vec<u8>);

const AROUND: &[Around] = &[
    ("zip", |name, bytes| ZipWriter::new().deflated(name, bytes).finish()),
    ("tar", |name, bytes| TarWriter::new().file(name, bytes).finish()),
    ("tar.gz", |name, bytes| compress::gzip(&TarWriter::new().file(name, bytes).finish())),
    ("xz", |_, bytes| compress::xz(bytes)),
    ("lz4", |_, bytes| compress::lz4(bytes)),
];

#[test]
fn a_container_in_a_container_changes_nothing() {
    let inner = [
        "deflated.zip",
        "pax.tar",
        "layer.tar.gz",
        "solid.7z",
        "copy.7z",
        "newc.cpio",
        "model.deb",
        "aes.7z",
        "model.rar",
    ];
    let rows = || CONTAINERS.iter().filter(|(name, _)| inner.contains(name));
    check(rows().flat_map(|(name, told)| {
        AROUND.iter().map(move |(form, around)| (format!("{name}.{form}"), around(name, &fixture(name)), *told))
    }));
}

#[test]
fn three_levels_are_as_one() {
    let rows =
        CONTAINERS.iter().filter(|(name, _)| ["lzma.zip", "solid.7z", "model.pkl.zst", "model.cab"].contains(name));
    check(rows.flat_map(|(name, told)| {
        AROUND.iter().zip(AROUND.iter().cycle().skip(2)).map(move |((form, around), (outer, further))| {
            let middle = format!("{name}.{form}");
            let bytes = further(&middle, &around(name, &fixture(name)));
            (format!("{middle}.{outer}"), bytes, *told)
        })
    }));
}

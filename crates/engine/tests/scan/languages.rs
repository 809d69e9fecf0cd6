//! Programs in other languages than Python, and native code, inside models.

use base::{report::Report, verdict::Verdict};
use testkit::zip::ZipWriter;

use crate::memory::scan_file;

const FORMATS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../formats/src");

fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(format!("{FORMATS}/{path}")).unwrap()
}

fn messages(report: &Report) -> String {
    report.findings.iter().map(|finding| format!("{} {}\n", finding.rule, finding.message)).collect()
}

fn holds(report: &Report, verdict: Verdict, wanted: &str) {
    assert_eq!(report.verdict, verdict, "{}{:#?}", messages(report), report.artifacts);
    assert!(messages(report).contains(wanted), "{wanted} in\n{}", messages(report));
}

#[test]
fn lua_is_judged_as_source_as_bytecode_and_in_a_torch7_file() {
    let dump = fixture("lua/testdata/lua51.luac");
    holds(&scan_file("init.lua", fixture("lua/testdata/sample.lua")), Verdict::Suspicious, "lua:os.execute");
    holds(&scan_file("x.luac", dump.clone()), Verdict::Suspicious, "lua:os.execute");
    let length = u32::try_from(dump.len()).unwrap().to_le_bytes();
    let function = [&[8, 0, 0, 0, 1, 0, 0, 0][..], &length, &dump, &[0; 4]].concat();
    holds(&scan_file("net.t7", function), Verdict::Suspicious, "lua:os.execute");
    let honest = b"require 'nn'\nlocal net = nn.Sequential()\nnet:add(nn.Linear(10, 2))\nprint(torch.randn(3))\nfor i = 1, 3 do\n  net:forward(torch.randn(10))\nend\n";
    assert_eq!(scan_file("model.lua", honest.to_vec()).verdict, Verdict::Clean);
}

#[test]
fn r_models_are_clean_and_their_closures_and_promises_are_not_overlooked() {
    for honest in ["lm.rds", "lm-v2.rds", "frame-ascii.rds", "frame-native.rds", "workspace.rda", "compiled.rds"] {
        let report = scan_file(honest, fixture(&format!("r/testdata/{honest}")));
        assert_eq!(report.verdict, Verdict::Clean, "{honest}: {}{:#?}", messages(&report), report.artifacts);
    }
    for hidden in ["closure.rds", "closure-compiled.rds"] {
        let report = scan_file(hidden, fixture(&format!("r/testdata/{hidden}")));
        holds(&report, Verdict::Suspicious, "r:base.system");
    }
    let mut promise = b"X\n\0\0\0\x02\0\x04\x02\0\0\x02\x03\0\0\0\x04\x05\0\0\0\xfd\0\0\0\xfc\0\0\0\x06\0\0\0\x01\0\x04\0\x09\0\0\0\x06".to_vec();
    promise.extend(b"system\0\0\0\x02\0\0\0\x10\0\0\0\x01\0\x04\0\x09\0\0\0\x02id\0\0\0\xfe");
    holds(&scan_file("model.rds", promise), Verdict::Malicious, "r:base.system('id')");
}

#[test]
fn native_code_is_reported_and_read_whole() {
    let archive = |name: &str| {
        ZipWriter::new().stored("model/config.txt", b"plain").stored("model/lib.so", &fixture(name)).finish()
    };
    let plain = scan_file("model.zip", archive("native/testdata/plain.so"));
    holds(&plain, Verdict::Suspicious, "Imports execve");
    holds(&plain, Verdict::Suspicious, "ELF shared object, x86-64");
    assert!(plain.artifacts.iter().all(base::report::ArtifactRecord::complete), "{:#?}", plain.artifacts);
    let operators = scan_file("model.zip", archive("native/testdata/operators.so"));
    holds(&operators, Verdict::Suspicious, "Custom native code: ELF shared object, x86-64, operators for ONNX Runtime");
    for name in ["plain.dll", "plain.dylib", "fat.dylib"] {
        let report = scan_file(name, fixture(&format!("native/testdata/{name}")));
        holds(&report, Verdict::Suspicious, "Custom native code");
    }
}

#[test]
fn an_extension_in_a_wheel_is_no_alarm() {
    let wheel = ZipWriter::new()
        .stored("fast/__init__.py", b"from . import fast\n")
        .stored("fast/fast.cpython-311-x86_64-linux-gnu.so", &fixture("native/testdata/extension.so"))
        .stored("fast-1.0.dist-info/WHEEL", b"Wheel-Version: 1.0\nTag: cp311-cp311-linux_x86_64\n")
        .stored("fast-1.0.dist-info/RECORD", b"fast/__init__.py,,\n")
        .finish();
    let report = scan_file("fast-1.0-cp311-cp311-linux_x86_64.whl", wheel);
    assert!(!matches!(report.verdict, Verdict::Malicious | Verdict::Suspicious), "{}", messages(&report));
    assert!(messages(&report).contains("a Python extension"), "{}", messages(&report));
}

#[test]
fn the_papers_of_a_wheel_lower_nothing_in_a_model() {
    let library = fixture("native/testdata/extension.so");
    let papers = |archive: ZipWriter| {
        archive
            .stored("fast-1.0.dist-info/WHEEL", b"Wheel-Version: 1.0\nTag: cp311-cp311-linux_x86_64\n")
            .stored("fast-1.0.dist-info/RECORD", b"fast/__init__.py,,\n")
            .finish()
    };
    let checkpoint = || ZipWriter::new().stored("m/data.pkl", b"\x80\x02}q\0.").stored("m/version", b"3\n");
    for (name, archive) in [
        ("model.keras", papers(ZipWriter::new().stored("assets/op.so", &library))),
        ("model.pt", papers(checkpoint().stored("m/extra/op.so", &library))),
        ("fast-1.0-cp311-cp311-linux_x86_64.whl", papers(checkpoint().stored("m/extra/op.so", &library))),
    ] {
        holds(&scan_file(name, archive), Verdict::Suspicious, "Custom native code");
    }
}

#[test]
fn java_gadgets_run_when_they_are_read() {
    let honest = scan_file("weka.model", fixture("java/testdata/objects.ser"));
    assert_eq!(honest.verdict, Verdict::Clean, "{}{:#?}", messages(&honest), honest.artifacts);
    let name = b"org.apache.commons.collections.functors.InvokerTransformer";
    let length = u16::try_from(name.len()).unwrap().to_be_bytes();
    let gadget = [&[0xac, 0xed, 0, 5, 0x73, 0x72][..], &length, name, &[0; 8], &[2, 0, 0, 0x78, 0x70]].concat();
    holds(&scan_file("weka.model", gadget), Verdict::Malicious, "InvokerTransformer");
    holds(&scan_file("Make.class", fixture("java/testdata/calls.class")), Verdict::Suspicious, "Runtime.exec");
}

#[test]
fn webassembly_tells_what_it_asks_for() {
    holds(&scan_file("op.wasm", fixture("wasm/testdata/module.wasm")), Verdict::Suspicious, "sock_send");
}

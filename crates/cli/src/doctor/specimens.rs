//! Specimens that do nothing: made at run time, so that no other scanner stumbles over the program, and inert even if loaded.

use base::verdict::Verdict;

/// What a scan must say.
pub(super) enum Expected {
    /// This rule fires.
    Rule(&'static str),
    /// This is the verdict.
    Verdict(Verdict),
}

/// A specimen.
pub(super) struct Specimen {
    /// What it stands for.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: fn() -> Vec<u8>,
    /// What a scan must say.
    pub expected: Expected,
}

/// Every specimen.
pub(super) const SPECIMENS: &[Specimen] = &[
    Specimen { name: "process", bytes: process, expected: Expected::Rule("process-spawn") },
    Specimen { name: "code evaluation", bytes: evaluation, expected: Expected::Rule("code-evaluation") },
    Specimen { name: "unknown callable", bytes: unknown, expected: Expected::Rule("unknown-callable-called") },
    Specimen { name: "path traversal", bytes: traversal, expected: Expected::Rule("member-escapes") },
    Specimen { name: "python source", bytes: source, expected: Expected::Rule("source-starts-process") },
    Specimen { name: "cut short", bytes: cut_short, expected: Expected::Verdict(Verdict::Incomplete) },
    Specimen { name: "harmless", bytes: harmless, expected: Expected::Verdict(Verdict::Clean) },
];

/// A pickle (protocol 2) that would call `module.name(argument)`.
fn call(module: &str, name: &str, argument: &str) -> Vec<u8> {
    let size = u32::try_from(argument.len()).unwrap_or_default().to_le_bytes();
    let global = format!("c{module}\n{name}\n");
    [b"\x80\x02", global.as_bytes(), b"X", &size, argument.as_bytes(), b"\x85R."].concat()
}

fn process() -> Vec<u8> {
    call("posix", "system", "echo harmless")
}

fn evaluation() -> Vec<u8> {
    call("builtins", "eval", "1 + 1")
}

fn unknown() -> Vec<u8> {
    call("no_such_package_anywhere", "function", "harmless")
}

fn source() -> Vec<u8> {
    b"import os\n\n\ndef greet():\n    os.system('echo harmless')\n\n\ngreet()\n".to_vec()
}

fn cut_short() -> Vec<u8> {
    b"\x80\x02}q\x00X\x05\x00\x00\x00we".to_vec()
}

fn harmless() -> Vec<u8> {
    b"\x80\x02}X\x01\x00\x00\x00aK\x01s.".to_vec()
}

/// A tar archive (POSIX.1-1988) with an empty member whose name leads out of the folder.
fn traversal() -> Vec<u8> {
    let field = |text: &str, size: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(size, 0);
        bytes
    };
    let header = |sum: &str| {
        let parts = [
            field("../../harmless", 100),
            field("0000644", 8),
            field("0000000", 8),
            field("0000000", 8),
            field("00000000000", 12),
            field("00000000000", 12),
            field(sum, 8),
            field("0", 1),
            field("", 100),
            field("ustar", 6),
            field("00", 2),
            field("", 247),
        ];
        parts.concat()
    };
    let sum = header("        ").iter().fold(0_u32, |sum, byte| sum.saturating_add(u32::from(*byte)));
    [header(&format!("{sum:06o}\0 ")), vec![0; 1024]].concat()
}

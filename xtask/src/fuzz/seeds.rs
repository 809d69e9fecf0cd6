//! The first inputs of each target: every golden of the repository, and small files by recipe.

use std::{
    fs,
    path::{Path, PathBuf},
};

use testkit::{
    compress, npy,
    pickle::assemble,
    tar::TarWriter,
    torch::{Checkpoint, Tensor},
    zip::{Member, ZipWriter},
};

use crate::top;

/// What calls something, for archives to hold.
const CALL: &str = "PROTO 2\nGLOBAL posix system\nBINUNICODE \"id\"\nTUPLE1\nREDUCE\nSTOP";

/// Text of every language that has a reader.
const TEXTS: [(&str, &[u8]); 9] = [
    ("json", b"{\"a\":[1,-2.5e3,true,null,\"\\u00e9\\ud83d\\ude00\"],\"a\":{}}"),
    ("json", b"\xff\xfe{\0}\0"),
    ("yaml", b"a: &x [1, two, {b: *x}]\n---\n? !!python/name:os.system\n: |\n  text\n...\n"),
    ("yaml", b"- 'a'\n- \"b\\n\"\n- !t >-\n    c\n"),
    ("xml", b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY e \"x\">]><a b='&e;'><![CDATA[c]]><!-- d --></a>"),
    ("xml", b"<PMML xmlns=\"u\"><Header/></PMML>"),
    ("ini", b"[section]\nkey = value\n; comment\nother: %(key)s\n"),
    ("text", b"A line of text.\nAnother one.\n"),
    ("text", b"\xff\xfec\0o\0s\0\n\0s\0y\0s\0t\0e\0m\0\n\0.\0"),
];

/// Formats of the target `code`, in its order.
const CODE: [&str; 11] = [
    "elf",
    "pe",
    "mach-o",
    "lua-bytecode",
    "lua-source",
    "torch7",
    "r-data",
    "r-source",
    "java-serialization",
    "java-class",
    "wasm",
];

/// Formats of the target `stores`, in its order.
const STORES: [&str; 8] =
    ["sqlite", "gdbm", "berkeley-db", "dumb-dbm-index", "torch-mobile", "iso9660", "xar", "squashfs"];

/// Writes the seeds of every target below `fuzz`.
pub(super) fn write(fuzz: &Path) -> Result<(), String> {
    let corpus = Corpus(fuzz.join("corpus"));
    goldens(&corpus)?;
    for (format, bytes) in recipes() {
        corpus.format(format, &bytes)?;
    }
    for (format, bytes) in TEXTS {
        let language = ["json", "yaml", "xml", "ini", "text"].iter().position(|language| *language == format);
        corpus.numbered("text", language, bytes)?;
        corpus.format(format, bytes)?;
    }
    for (codec, bytes) in streams() {
        corpus.codec(codec, &bytes)?;
    }
    // Programs of the target `eval`: push, push, name, call.
    corpus.put("eval", b"\x02\x04abcd\x07\x00\x04\x01\x0b\x01")?;
    corpus.put("eval", b"\x08\x00\x10\x03\x08YWJjZA==\x0b\x01\x08\x01\x20\x09\x00\x0b\x01")
}

/// The folder of the corpora.
struct Corpus(PathBuf);

impl Corpus {
    fn put(&self, target: &str, bytes: &[u8]) -> Result<(), String> {
        let folder = self.0.join(target);
        let name = format!("seed-{:08x}-{}", compress::crc32(bytes), bytes.len());
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(&name), bytes));
        written.map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// A seed of a target whose first byte is a number.
    fn numbered(&self, target: &str, number: Option<usize>, bytes: &[u8]) -> Result<(), String> {
        match number.and_then(|number| u8::try_from(number).ok()) {
            Some(number) => self.put(target, &[&[number], bytes].concat()),
            None => Ok(()),
        }
    }

    /// A file of the format: for its own target, for the one that picks a format, and for the whole engine.
    fn format(&self, format: &str, bytes: &[u8]) -> Result<(), String> {
        self.numbered("stores", STORES.iter().position(|known| *known == format), bytes)?;
        self.numbered("code", CODE.iter().position(|known| *known == format), bytes)?;
        if super::targets()?.iter().any(|target| target == format && target != "text") {
            self.put(format, bytes)?;
        }
        self.numbered("bytecode", ["python-bytecode", "marshal"].iter().position(|known| *known == format), bytes)?;
        self.numbered("containers", formats::FORMATS.iter().position(|known| known.id == format), bytes)?;
        self.put("engine", bytes)
    }

    fn codec(&self, codec: &str, bytes: &[u8]) -> Result<(), String> {
        self.numbered("compressed", formats::CODECS.iter().position(|known| known.id == codec), bytes)?;
        self.format(codec, bytes)
    }
}

/// Every fixture below a folder `testdata`.
fn goldens(corpus: &Corpus) -> Result<(), String> {
    let mut folders = vec![top().join("crates")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.components().any(|part| part.as_os_str() == "testdata") {
                golden(corpus, &path)?;
            }
        }
    }
    Ok(())
}

fn golden(corpus: &Corpus, path: &Path) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let mut bytes = fs::read(path).map_err(|error| told(&error))?;
    if let Some(format) = code(&extension) {
        return corpus.format(format, &bytes);
    }
    if matches!(&*extension, "facts" | "py" | "md") {
        return Ok(());
    }
    if extension == "pickle-asm" {
        bytes = assemble(&String::from_utf8_lossy(&bytes)).map_err(|error| told(&error))?;
        return corpus.format("pickle", &bytes);
    }
    // `npy/testdata/x`, or `testdata/marshal/x` where one folder holds several formats.
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let outer = path.parent().and_then(Path::parent).and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let owner = if outer == "testdata" { folder } else { outer };
    let codec = match &*extension {
        "gz" => "gzip",
        "bz2" => "bzip2",
        "zst" => "zstd",
        other => other,
    };
    if owner == "compressed" { corpus.codec(codec, &bytes) } else { corpus.format(&owner, &bytes) }
}

/// The format of a fixture, by its extension: folders hold several.
fn code(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "so" | "o" => "elf",
        "dll" => "pe",
        "dylib" => "mach-o",
        "luac" => "lua-bytecode",
        "lua" => "lua-source",
        "rds" | "rda" => "r-data",
        "R" => "r-source",
        "ser" => "java-serialization",
        "class" => "java-class",
        "wasm" => "wasm",
        "sqlite" => "sqlite",
        "gdbm" => "gdbm",
        "ndbm" => "berkeley-db",
        "dir" => "dumb-dbm-index",
        "ff" => "torch-mobile",
        "xar" => "xar",
        "squashfs" => "squashfs",
        _ => return None,
    })
}

/// One small file of each container.
fn recipes() -> Vec<(&'static str, Vec<u8>)> {
    let call = assemble(CALL).unwrap_or_default();
    let checkpoint = Checkpoint::new().tensor(Tensor::floats("w", &[2], &[1.0, 2.0]));
    let zip = ZipWriter::new().stored("a.txt", b"text").deflated("b/c.pkl", &call);
    vec![
        ("zip", zip.member(Member::stored("d", b"streamed").with_descriptor()).comment(b"comment").finish()),
        ("zip", checkpoint.zip()),
        ("pickle", checkpoint.legacy()),
        (
            "tar",
            TarWriter::new()
                .pax(&[("path", "p/q")])
                .file("p", b"text")
                .gnu_long_name(&[b'n'; 120])
                .file("n", b"x")
                .finish(),
        ),
        ("tar", TarWriter::new().gnu_sparse("s", &[(512, b"data")], 4096).finish()),
        ("npy", npy::file(1, npy::header("'<f4'", &[2]).as_bytes(), &[0; 8])),
        ("npy", npy::file(2, npy::header("'|O'", &[1]).as_bytes(), &call)),
        (
            "ar",
            [
                &b"!<arch>\n"[..],
                format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", "a/", 0, 0, 0, 644, 4).as_bytes(),
                b"text",
            ]
            .concat(),
        ),
        ("cpio", cpio()),
        ("cab", include_bytes!("../../../crates/engine/testdata/containers/mszip.cab").to_vec()),
        ("rar", include_bytes!("../../../crates/engine/testdata/containers/model.rar").to_vec()),
        ("rar", include_bytes!("../../../crates/engine/testdata/containers/five.rar").to_vec()),
    ]
}

/// A cpio archive of the form `newc` with one file.
fn cpio() -> Vec<u8> {
    let entry = |name: &str, body: &[u8]| {
        let fields = [1, 0o100_644, 0, 0, 1, 0, body.len(), 0, 0, 0, 0, name.len() + 1, 0];
        let mut bytes = b"070701".to_vec();
        bytes.extend(fields.iter().flat_map(|field| format!("{field:08x}").into_bytes()));
        for part in [[name.as_bytes(), b"\0"].concat(), body.to_vec()] {
            bytes.extend(part);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    };
    [entry("a", b"text"), entry("TRAILER!!!", b"")].concat()
}

/// One stream of each codec that the test kit can write.
fn streams() -> Vec<(&'static str, Vec<u8>)> {
    let call = assemble(CALL).unwrap_or_default();
    vec![
        ("deflate", compress::deflate(&call)),
        ("zlib", compress::zlib(&call)),
        ("gzip", compress::gzip(&call)),
        ("bzip2", compress::bz2(&call)),
        ("xz", compress::xz(&call)),
        ("lzma", compress::lzma_alone(&call)),
        ("lz4", compress::lz4(&call)),
    ]
}

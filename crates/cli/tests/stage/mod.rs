//! A folder of its own for each run of the program, with files made by recipes, and what the run printed.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A folder that is the working directory of the program, and one that is its user's home.
pub(crate) struct Stage(TempDir, TempDir);

/// What a run left.
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: Option<i32>,
    output: Output,
}

impl Ran {
    /// What it left, held to what always holds: no raw control or invisible character on either stream.
    pub(crate) fn new(output: Output) -> Self {
        let ran = Self { code: output.status.code(), output };
        for text in [ran.stdout(), ran.stderr()] {
            harmless(&text);
        }
        ran
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }
}

/// Nothing in `text` but line breaks moves a cursor, turns or hides.
pub(crate) fn harmless(text: &str) {
    let hostile = text.lines().find(|line| line.chars().any(base::escape::is_hostile));
    assert_eq!(hostile, None, "{text}");
}

/// The JSON document in `text`, which must fit the schema.
pub(crate) fn valid(text: &str) -> serde_json::Value {
    let document = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let validator = jsonschema::draft202012::new(&report::schema::schema()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{text}");
    document
}

impl Stage {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap())
    }

    /// The path of `name` in it.
    pub(crate) fn path(&self, name: &[u8]) -> PathBuf {
        self.0.path().join(OsStr::from_bytes(name))
    }

    /// The home of the program's user.
    pub(crate) fn home(&self) -> &Path {
        self.1.path()
    }

    /// Writes `bytes` as `name`.
    pub(crate) fn write(&self, name: &[u8], bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Makes `name` by one recipe: `pickle` (text for the assembler), `text`, `noise` (so many bytes), `zeros` (so many, sparse),
    /// `example` (a file of `examples/`), `folder`, `link`; `keep` cuts the result.
    pub(crate) fn make(&self, name: &[u8], recipe: &toml::Table) {
        let number = |key: &str| recipe.get(key).map(|value| value.as_integer().unwrap() as usize);
        let word = |key: &str| recipe.get(key).map(|value| value.as_str().unwrap());
        if recipe.contains_key("folder") {
            return fs::create_dir_all(self.path(name)).unwrap();
        }
        if let Some(target) = word("link") {
            return std::os::unix::fs::symlink(target, self.path(name)).unwrap();
        }
        if let Some(length) = number("zeros") {
            return File::create(self.path(name)).unwrap().set_len(length as u64).unwrap();
        }
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let mut bytes = match (word("pickle"), word("text"), number("noise"), word("example")) {
            (Some(text), ..) => testkit::pickle::assemble(text).unwrap(),
            (_, Some(text), ..) => text.as_bytes().to_vec(),
            (_, _, Some(length), _) => noise(length),
            (.., Some(example)) => fs::read(examples.join(example)).unwrap(),
            _ => panic!("no recipe in {recipe:?}"),
        };
        bytes.truncate(number("keep").unwrap_or(bytes.len()));
        self.write(name, &bytes);
    }

    /// The program, ready to run here, without the settings of whoever runs the tests.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_modelward"));
        command.current_dir(self.0.path()).env("HOME", self.1.path()).stdin(Stdio::null());
        for (key, _) in std::env::vars_os() {
            let name = key.to_string_lossy().into_owned();
            if name.starts_with("MODELWARD_")
                || name.starts_with("XDG_")
                || name.starts_with("CLICOLOR")
                || name == "NO_COLOR"
            {
                command.env_remove(key);
            }
        }
        command
    }

    /// Runs it to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: &[A], variables: &BTreeMap<&str, &str>) -> Ran {
        Ran::new(self.command().args(arguments).envs(variables).output().unwrap())
    }
}

/// Bytes that fit no format, always the same: a xorshift generator.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

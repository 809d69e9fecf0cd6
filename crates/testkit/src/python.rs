//! Asking the Python of the machine, where there is one: an extra to the bytes that the tests hold as literals.

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Runs `script` with `bytes` on its standard input and gives what it prints, or `None` without a Python.
pub(crate) fn answers(script: &str, bytes: &[u8]) -> Option<String> {
    let mut python =
        Command::new("python3").args(["-I", "-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    python.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "python3 ended with {}", output.status);
    Some(String::from_utf8(output.stdout).unwrap())
}

//! What is to be scanned, as named: paths, lists of paths, patterns and standard input.

use std::{
    collections::VecDeque,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Component, Path, PathBuf},
};

use base::{
    artifact::{Artifact, Body},
    budget::Watch,
    glob::Glob,
    limits::Limits,
    reason::Reason,
};
use engine::Target;
use sources::stream::{self, Room};

use crate::{arguments::TargetArguments, problem::Problem, settings::Setup};

/// Standard input among the targets.
const STDIN: &str = "-";
/// Bytes of the largest list of paths.
const LONGEST_LIST: u64 = 256 << 20;
/// Files and folders that a pattern is held against.
const MOST: usize = 10_000_000;

/// Every path that was named, lists and patterns taken apart, in the order of their names.
///
/// # Errors
/// A list that cannot be read, a pattern that fits nothing, standard input for two things.
pub(crate) fn named(arguments: &TargetArguments) -> Result<Vec<PathBuf>, Problem> {
    let mut all = Vec::new();
    let mut inputs = 0_usize;
    for path in &arguments.paths {
        match path.as_os_str().as_bytes() {
            b"-" => {
                inputs = inputs.saturating_add(1);
                all.push(path.clone());
            }
            [b'@', file @ ..] if !path.exists() => {
                all.extend(listed(Path::new(OsStr::from_bytes(file)), arguments.null)?);
            }
            bytes if bytes.iter().any(|byte| matches!(byte, b'*' | b'?')) && fs::symlink_metadata(path).is_err() => {
                all.extend(fitting(path)?);
            }
            _ => all.push(path.clone()),
        }
    }
    for file in &arguments.files_from {
        inputs = inputs.saturating_add(usize::from(file.as_os_str() == STDIN));
        all.extend(listed(file, arguments.null)?);
    }
    if inputs > 1 {
        return Err(Problem::new("standard input can be one thing only, a target or a list"));
    }
    // One report for one set of targets, whoever listed them.
    all.sort();
    Ok(all)
}

/// The paths in a list: one a line, or each ended by a NUL byte. Empty ones are passed over.
fn listed(file: &Path, null: bool) -> Result<Vec<PathBuf>, Problem> {
    let told = |error: io::Error| Problem::new(format!("{}: the list cannot be read: {error}", file.display()));
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == STDIN {
        io::stdin().lock().take(LONGEST_LIST).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|list| list.take(LONGEST_LIST).read_to_end(&mut bytes))
    };
    let end = if null { 0 } else { b'\n' };
    if read.map_err(told)? as u64 == LONGEST_LIST {
        return Err(Problem::new(format!("{}: the list is too long", file.display())));
    }
    let trimmed = |line: &[u8]| match line {
        [rest @ .., b'\r'] if !null => rest.to_vec(),
        line => line.to_vec(),
    };
    let lines = bytes.split(|byte| *byte == end).map(trimmed).filter(|line| !line.is_empty());
    Ok(lines.map(|line| PathBuf::from(std::ffi::OsString::from_vec(line))).collect())
}

/// The files and folders that fit a pattern, sorted. Links to folders are not followed on the way.
fn fitting(pattern: &Path) -> Result<Vec<PathBuf>, Problem> {
    let refuse = |why: &str| Problem::new(format!("{}: {why}", pattern.display()));
    let text = pattern.to_str().ok_or_else(|| refuse("a pattern is UTF-8 text"))?;
    let plain = |part: &Component<'_>| !part.as_os_str().as_bytes().iter().any(|byte| matches!(byte, b'*' | b'?'));
    let start: PathBuf = pattern.components().take_while(plain).collect();
    let rest = pattern.strip_prefix(&start).ok().and_then(Path::to_str).unwrap_or(text);
    let glob = Glob::parse(rest).map_err(|why| refuse(&why))?;
    let deep = rest.contains("**");
    let parts = Path::new(rest).components().count();
    let mut found = Vec::new();
    let mut queue = VecDeque::from([(PathBuf::new(), 0_usize)]);
    let mut seen = 0_usize;
    while let Some((folder, depth)) = queue.pop_front() {
        let from = start.join(&folder);
        let from = if from.as_os_str().is_empty() { Path::new(".") } else { &from };
        for entry in fs::read_dir(from).into_iter().flatten().flatten() {
            seen = seen.saturating_add(1);
            let below = folder.join(entry.file_name());
            if below.to_str().is_some_and(|path| glob.matches(path)) {
                found.push(start.join(&below));
            } else if (deep || depth.saturating_add(1) < parts) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                queue.push_back((below, depth.saturating_add(1)));
            }
        }
        if seen > MOST {
            return Err(refuse("there are too many files below; name the folder instead"));
        }
    }
    found.sort();
    if found.is_empty() { Err(refuse("nothing fits this pattern")) } else { Ok(found) }
}

/// Opens what was named, in the order given, and tells what cannot be opened. Returns also whether there was such a one.
pub(crate) fn open(paths: &[PathBuf], setup: &Setup, watch: &dyn Watch) -> (Vec<Target>, bool) {
    open_with(paths, |path| match path.as_os_str() == STDIN {
        true => standard_input(setup, watch),
        false => sources::local::open(path),
    })
}

/// The same of files and folders alone.
pub(crate) fn open_files(paths: &[PathBuf]) -> (Vec<Target>, bool) {
    open_with(paths, sources::local::open)
}

fn open_with(paths: &[PathBuf], open: impl Fn(&Path) -> Artifact) -> (Vec<Target>, bool) {
    let mut failed = false;
    let open = |path: &PathBuf| {
        let artifact = open(path);
        if let Some(why) = unopened(path, &artifact.body) {
            Problem::new(format!("{}: {why}", path.display())).print();
            failed = true;
        }
        Target { name: name(path), artifact }
    };
    let targets = paths.iter().map(open).collect();
    (targets, failed)
}

fn standard_input(setup: &Setup, watch: &dyn Watch) -> Artifact {
    let Limits { spool_memory, spool_disk, timeout, .. } = setup.limits();
    let (folder, most) = (setup.temp_dir(), setup.merged.number("max-size"));
    let room = Room { memory: spool_memory, disk: spool_disk, folder: &folder, most };
    let ended = || match timeout {
        _ if watch.cancelled() => Some(Reason::Cancelled),
        Some(timeout) if watch.elapsed() >= timeout => Some(Reason::Time),
        _ => None,
    };
    stream::standard_input("stdin", &room, &ended)
}

/// Why a named target could not be opened, and what to do.
pub(crate) fn unopened(path: &Path, body: &Body) -> Option<String> {
    let result = match body {
        Body::Blob(_) => return None,
        Body::Folder(_) => path.read_dir().map(drop),
        Body::Closed(Reason::SpecialFile) => {
            return Some("is a pipe, socket or device, not a file; save its content to a file and scan that".into());
        }
        Body::Closed(_) => File::open(path).map(drop),
    };
    match (result, body) {
        (Err(error), _) => Some(format!("cannot be opened: {error}; check the path and its permissions")),
        (Ok(()), Body::Closed(reason)) => Some(format!("cannot be opened: {}", reason.describe().trim())),
        (Ok(()), _) => None,
    }
}

/// A target's name in reports: as named, but never an absolute path, which would tell of the machine.
pub(crate) fn name(path: &Path) -> String {
    if path.as_os_str() == STDIN {
        return "standard input".into();
    }
    let rooted = path.components().any(|part| matches!(part, Component::RootDir | Component::Prefix(_)));
    let last = path.file_name().filter(|_| rooted).map(Path::new);
    last.unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_given_but_never_absolute() {
        let names = ["models/a.pt", "/home/someone/models/a.pt", ".", "/", "-"].map(|path| name(Path::new(path)));
        assert_eq!(names, ["models/a.pt", "a.pt", ".", "/", "standard input"]);
    }
}

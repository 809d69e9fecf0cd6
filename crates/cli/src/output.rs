//! Where reports go: standard output and files.

use std::{
    fs::{self, File, Permissions},
    io::{self, BufWriter, ErrorKind, IsTerminal, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use base::report::Report;
use report::{Format, Page};

use crate::{
    arguments::{Colour, Destination},
    problem::Problem,
};

/// The widest text that reads well.
const WIDEST: usize = 110;

/// The reports that were asked for.
#[derive(Debug)]
pub(crate) struct Outputs {
    stdout: Format,
    page: Page,
    files: Vec<(Format, PathBuf)>,
}

impl Outputs {
    /// What a command line asks for: `output` and, for standard output, `format`.
    ///
    /// # Errors
    /// Two reports for standard output; a file whose folder does not exist, found before the scan and not after it.
    pub(crate) fn new(output: &[Destination], format: Option<Format>, page: Page) -> Result<Self, Problem> {
        let mut stdout = None;
        let mut files = Vec::new();
        for Destination { format, file } in output {
            match file {
                None if stdout.replace(*format).is_some() => {
                    return Err(Problem::new("--output: only one report can go to standard output"));
                }
                None => {}
                Some(path) => files.push((*format, writable(path)?)),
            }
        }
        Ok(Self { stdout: stdout.or(format).unwrap_or(Format::Text), page, files })
    }

    /// Whether one of the reports shows parts of programs.
    pub(crate) fn show_excerpts(&self) -> bool {
        let mut formats = self.files.iter().map(|(format, _)| *format).chain([self.stdout]);
        formats.any(|format| matches!(format, Format::Html | Format::Sarif))
    }

    /// Writes every report; problems with one do not keep the others back.
    pub(crate) fn write(&self, report: &Report) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (format, path) in &self.files {
            if let Err(error) = write_file(path, *format, report) {
                problems.push(Problem::new(format!("{}: the report could not be written: {error}", path.display())));
            }
        }
        let mut out = BufWriter::new(io::stdout().lock());
        let written = self.stdout.write(report, self.page, &mut out).and_then(|()| out.flush());
        problems.extend(told(written).err());
        problems
    }
}

/// Writes `bytes` to standard output.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    told(out.write_all(bytes).and_then(|()| out.flush()))
}

/// A reader that went away has read enough; anything else is told.
fn told(result: io::Result<()>) -> Result<(), Problem> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Problem::new(format!("standard output could not be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// How a report for people looks on standard output.
pub(crate) fn page(colour: Colour, brief: bool) -> Page {
    let stdout = io::stdout();
    let size = if stdout.is_terminal() { terminal_size::terminal_size_of(&stdout) } else { None };
    let width = size.map_or(Page::default().width, |(width, _)| usize::from(width.0).min(WIDEST));
    let colour = colours(colour);
    // Only a terminal knows what a link is; `dumb` ones and logs do not.
    let links = colour && stdout.is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb");
    Page { width, colour, links, brief }
}

/// Whether standard output shall have colours.
pub(crate) fn colours(wanted: Colour) -> bool {
    match wanted {
        Colour::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
        Colour::Always => true,
        Colour::Never => false,
    }
}

/// `path`, if a file can be made there: its folder exists and it is not a folder itself. Links are followed.
fn writable(path: &Path) -> Result<PathBuf, Problem> {
    let refuse = |why: &str| Problem::new(format!("--output: {}: {why}", path.display()));
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(refuse("is a folder; name a file in it")),
        Ok(_) => path.canonicalize().map_err(|error| refuse(&error.to_string())),
        Err(_) if folder(path).is_dir() && path.file_name().is_some() => Ok(path.to_owned()),
        Err(_) => Err(refuse("the folder does not exist; make it first")),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes beside `path` and renames, so that nobody sees half a report; what is not a regular file (a pipe, `/dev/null`) is written as it is.
fn write_file(path: &Path, format: Format, report: &Report) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return write_to(&File::options().write(true).open(path)?, format, report);
    }
    replace(path, |file| write_to(file, format, report))
}

/// Puts what `write` writes in the place of `path`: beside it, under a name that nobody else takes, then renamed.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let permissions = Permissions::from_mode(0o666);
    let mut builder = tempfile::Builder::new();
    let partial =
        builder.prefix(".modelward-").suffix(".partial").permissions(permissions).tempfile_in(folder(path))?;
    write(partial.as_file())?;
    partial.persist(path).map(drop).map_err(Into::into)
}

fn write_to(file: &File, format: Format, report: &Report) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    format.write(report, Page::default(), &mut out)?;
    out.flush()
}

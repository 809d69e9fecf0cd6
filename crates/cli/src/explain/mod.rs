//! `modelward explain`: the programs in a target, with the lines that findings point to, or the story of one finding.

mod document;
mod graph;
mod member;
mod show;
mod story;
mod svg;

use std::{path::Path, sync::Arc};

use base::{
    budget::NoWatch,
    limits::{Level, Limits},
};
use engine::{Explained, Policy, Scanner, Settings, Target};

use crate::{
    arguments::{ExplainArguments, ExplainFormat},
    output, panics,
    problem::Problem,
    rules_pages, targets,
};

pub(crate) use document::output as json;

/// The exit code where nothing was explained because it could not be read.
const UNREAD: u8 = 3;
/// The exit code where there is no program.
const NOTHING: u8 = 4;

/// Explains what the arguments name. Returns the exit code.
///
/// # Errors
/// Wrong use, a report that cannot be read, a defect.
pub(crate) fn run(arguments: ExplainArguments) -> Result<u8, Problem> {
    let scanner = Scanner::new(rules_pages::catalogue(arguments.rules.as_deref())?, settings(Level::Standard));
    if let Some(report) = &arguments.report {
        return story::run(&arguments, report, &scanner);
    }
    let mut all = Vec::new();
    let mut failed = false;
    for target in &arguments.targets {
        match explained(&scanner, target)? {
            Some(explained) => all.push(explained),
            None => failed = true,
        }
    }
    let printed = match (arguments.graph, arguments.format) {
        (Some(kind), _) => graph::draw(kind, &all),
        (None, ExplainFormat::Text) => show::text(&all, &arguments),
        (None, ExplainFormat::Json) => document::json(&all),
        (None, ExplainFormat::Python) => show::python(&all),
    };
    output::print(printed.as_bytes())?;
    let listed = all.iter().any(|explained| !explained.listings.is_empty());
    let unread = all.iter().any(|explained| explained.report.summary.incomplete > 0);
    Ok(match (failed, listed, unread) {
        (true, ..) => crate::USAGE,
        (_, true, _) => 0,
        (.., true) => UNREAD,
        _ => NOTHING,
    })
}

/// The settings of a scan that is only looked at.
pub(crate) fn settings(level: Level) -> Settings {
    Settings {
        limits: Limits::default(),
        level,
        jobs: 1,
        policy: Policy::default(),
        temp_dir: Some(std::env::temp_dir()),
        ..Settings::default()
    }
}

/// Explains one target; `None` where it cannot be opened, which is told.
fn explained(scanner: &Scanner, target: &Path) -> Result<Option<Explained>, Problem> {
    let member::Named { file, member } = member::Named::of(target);
    let artifact = sources::local::open(&file);
    if let Some(why) = targets::unopened(&file, &artifact.body) {
        Problem::new(format!("{}: {why}", file.display())).print();
        return Ok(None);
    }
    let wanted = member.map(|member| format!("{}{member}", artifact.path));
    let target = Target { name: targets::name(&file), artifact };
    let found = panics::quietly(|| scanner.explain(target, wanted.as_deref(), Arc::new(NoWatch)));
    let found = found.map_err(|said| Problem::new(format!("a defect ended the scan, please report it: {said}")))?;
    let missing = wanted.filter(|_| found.listings.is_empty() && found.mute.is_empty());
    if let Some(wanted) = missing {
        Problem::new(format!("there is no {wanted}; `modelward inspect` lists what is in the file")).print();
        return Ok(None);
    }
    Ok(Some(found))
}

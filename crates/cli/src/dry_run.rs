//! `--dry-run`: what a scan would read, without reading more than heads.

use std::{path::PathBuf, sync::Arc};

use base::escape;
use engine::Planned;

use crate::{output, problem::Problem, settings::Setup, targets, watch::ScanWatch};

/// Prints a line for each file that a scan would come upon.
pub(crate) fn run(paths: &[PathBuf], mut setup: Setup) -> Result<u8, Problem> {
    let (scanner, _store) = setup.scanner()?;
    let watch = ScanWatch::new(None);
    let watch = Arc::new(watch.map_err(|error| Problem::new(format!("signals cannot be caught: {error}")))?);
    let (targets, failed) = targets::open(paths, &setup, &*watch);
    let (mut files, mut bytes, mut printed) = (0_u64, 0_u64, Ok(()));
    let left_out = scanner.survey(targets, watch, &mut |planned| {
        files = files.saturating_add(1);
        bytes = bytes.saturating_add(planned.size.unwrap_or(0));
        printed = output::print(line(&planned).as_bytes());
        printed.is_ok()
    });
    printed?;
    let skipped = if left_out > 0 { format!(", {left_out} files or folders left out") } else { String::new() };
    output::print(format!("{files} files, {bytes} bytes{skipped}; nothing was read but heads\n").as_bytes())?;
    for notice in setup.notices() {
        Problem::new(notice.message.clone()).print();
    }
    Ok(if failed { 2 } else { 0 })
}

fn line(planned: &Planned) -> String {
    let size = planned.size.map_or_else(|| "-".into(), |size| size.to_string());
    let what = match planned.reason {
        Some(reason) if planned.formats.is_empty() => format!("not read: {reason}"),
        _ if planned.formats.is_empty() => "unknown".into(),
        _ => planned.formats.join(" + "),
    };
    format!("{size:>12}  {what:<24}  {}\n", escape::line(&planned.path))
}

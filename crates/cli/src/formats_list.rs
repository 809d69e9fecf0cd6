//! `modelward formats`: what can be read, and how deep.

use std::fmt::Write;

use base::format::{Depth, Format};

use crate::{output, problem::Problem};

/// Lists every format with its depth.
pub(crate) fn run() -> Result<u8, Problem> {
    let mut text = String::new();
    for depth in [Depth::Values, Depth::Structure, Depth::Identified] {
        let heading = match depth {
            Depth::Values => "Read to their values and bounds",
            Depth::Structure => "Read in their structure",
            Depth::Identified => "Recognised only: always reported as incomplete",
        };
        let mut formats: Vec<&&Format> = formats::FORMATS.iter().filter(|format| format.depth == depth).collect();
        formats.sort_by_key(|format| format.id);
        if formats.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{heading}");
        for format in formats {
            let _ = writeln!(text, "  {:<18} {}", format.id, format.name);
        }
    }
    output::print(text.as_bytes())?;
    Ok(0)
}

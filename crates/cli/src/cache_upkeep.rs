//! `modelward cache`: where results are remembered, how many, and fewer of them.

use std::{path::Path, time::SystemTime};

use cache::Store;

use crate::{arguments::CacheCommand, output, problem::Problem, settings::default_cache_dir};

/// Tells or removes what is remembered.
pub(crate) fn run(command: CacheCommand, folder: Option<&Path>) -> Result<u8, Problem> {
    let none = || Problem::new("there is no folder for a cache; name one with --cache-dir");
    let folder = folder.map(Path::to_owned).or_else(default_cache_dir).ok_or_else(none)?;
    let shown = base::escape::line(&folder.display().to_string()).into_owned();
    let (stats, verb) = match command {
        CacheCommand::Stats => (Store::stats(&folder), "holds"),
        CacheCommand::Clear => (Store::clear(&folder), "lost"),
        CacheCommand::Prune { older_than, max_size } => {
            let oldest = older_than.and_then(|age| SystemTime::now().checked_sub(age));
            (Store::prune(&folder, oldest, max_size), "lost")
        }
    };
    let stats = stats.map_err(|error| Problem::new(format!("{}: {error}", folder.display())))?;
    output::print(format!("{shown}: {verb} {} results, {} bytes\n", stats.entries, stats.bytes).as_bytes())?;
    Ok(0)
}

//! The arguments of `modelward cache`.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueHint};
use config::{duration, size};

/// The arguments of `cache`.
#[derive(Args, Clone, Debug)]
pub(crate) struct CacheArguments {
    /// What to do with the cache.
    #[command(subcommand)]
    pub command: CacheCommand,

    /// The folder of the cache [default: the user's cache folder]
    #[arg(long, value_name = "FOLDER", env = "MODELWARD_CACHE_DIR", hide_env = true, global = true, value_hint = ValueHint::DirPath)]
    pub cache_dir: Option<PathBuf>,
}

/// What to do with the cache.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Where it is and what it holds
    Stats,
    /// Remove every result
    Clear,
    /// Remove old results, or the oldest until it is small enough
    Prune {
        /// Results older than this, as 12h or 720h
        #[arg(long, value_name = "DURATION", value_parser = duration::parse, required_unless_present = "max_size")]
        older_than: Option<Duration>,
        /// The oldest, until no more than this is left, as 500MB
        #[arg(long, value_name = "SIZE", value_parser = size::parse)]
        max_size: Option<u64>,
    },
}

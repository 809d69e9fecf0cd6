//! The options that a configuration can hold too: shared by every command that scans or tells what holds.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint, builder::FalseyValueParser};
use config::{Value, duration, options::Row, size};

/// Options over the configuration.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SettingsArguments {
    /// Take settings from this file alone [default: modelward.toml or pyproject.toml here or above]
    #[arg(long, value_name = "FILE", env = "MODELWARD_CONFIG", hide_env = true, value_hint = ValueHint::FilePath,
          help_heading = "Settings")]
    pub config: Option<PathBuf>,

    /// Take settings from no file
    #[arg(long, conflicts_with = "config", help_heading = "Settings")]
    pub no_config: bool,

    /// Settings to start from: default, strict, audit, ci, or a [profile.NAME] of the configuration
    #[arg(long, value_name = "NAME", env = "MODELWARD_PROFILE", hide_env = true, help_heading = "Settings")]
    pub profile: Option<String>,

    /// How thorough to be [default: standard]
    #[arg(short, long, value_name = "LEVEL", env = "MODELWARD_LEVEL", hide_env = true)]
    pub level: Option<Thoroughness>,

    /// Exit with 1 from this severity on [default: medium]
    #[arg(long, value_name = "SEVERITY", env = "MODELWARD_FAIL_ON", hide_env = true,
          value_parser = ["critical", "high", "medium", "low", "info", "never"])]
    pub fail_on: Option<String>,

    /// Exit with 0 even if something could not be read; the report still says so
    #[arg(long, env = "MODELWARD_ALLOW_INCOMPLETE", hide_env = true, value_parser = FalseyValueParser::new())]
    pub allow_incomplete: bool,

    /// Lower no severity, allow no import, leave out no rule
    #[arg(long, env = "MODELWARD_STRICT", hide_env = true, value_parser = FalseyValueParser::new(),
          help_heading = "Findings")]
    pub strict: bool,

    /// Only findings of these rules or categories count
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Findings")]
    pub select: Vec<String>,

    /// Findings of these rules or categories do not count; they stay in the report as suppressed
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Findings")]
    pub ignore: Vec<String>,

    /// Also use the rules of this folder; one with the id of a built-in rule replaces it
    #[arg(long, value_name = "FOLDER", env = "MODELWARD_RULES", hide_env = true, value_hint = ValueHint::DirPath,
          help_heading = "Findings")]
    pub rules: Option<PathBuf>,

    /// A file of [[suppress]] entries; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Findings")]
    pub suppressions: Vec<PathBuf>,

    /// Let comments `# modelward: ignore[RULE] reason` in scanned source accept findings on their line
    ///
    /// Only for source that you trust: whoever wrote the file decides. Files inside containers are never asked.
    #[arg(long, env = "MODELWARD_INLINE_SUPPRESSIONS", hide_env = true, value_parser = FalseyValueParser::new(),
          help_heading = "Findings")]
    pub inline_suppressions: bool,

    /// Mark findings that this baseline knows
    #[arg(long, value_name = "FILE", env = "MODELWARD_BASELINE", hide_env = true, value_hint = ValueHint::FilePath,
          help_heading = "Findings")]
    pub baseline: Option<PathBuf>,

    /// Only findings that the baseline does not know count
    #[arg(long, env = "MODELWARD_NEW_ONLY", hide_env = true, value_parser = FalseyValueParser::new(),
          help_heading = "Findings")]
    pub new_only: bool,

    /// Of folders, scan only files that fit PATTERN, as *.pt or models/**; may be repeated
    #[arg(long, value_name = "PATTERN", help_heading = "Files")]
    pub include: Vec<String>,

    /// Of folders, scan no files that fit PATTERN; may be repeated
    #[arg(long, value_name = "PATTERN", help_heading = "Files")]
    pub exclude: Vec<String>,

    /// Do not read larger files, as 500MB or 2GiB; the report is then incomplete
    #[arg(long, value_name = "SIZE", env = "MODELWARD_MAX_SIZE", hide_env = true, value_parser = checked_size,
          help_heading = "Files")]
    pub max_size: Option<String>,

    /// Files read side by side [default: the number of cores]
    #[arg(short, long, value_name = "N", env = "MODELWARD_JOBS", hide_env = true,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,

    /// End the scan after this time with a partial report, as 30s, 5m or 1h [default: never]
    #[arg(long, value_name = "DURATION", env = "MODELWARD_TIMEOUT", hide_env = true, value_parser = checked_duration)]
    pub timeout: Option<String>,

    /// Where large compressed members are unpacked for a moment [default: the system's]
    #[arg(long, value_name = "FOLDER", env = "MODELWARD_TEMP_DIR", hide_env = true, value_hint = ValueHint::DirPath)]
    pub temp_dir: Option<PathBuf>,

    /// Neither use nor keep results of earlier scans
    #[arg(long, env = "MODELWARD_NO_CACHE", hide_env = true, value_parser = FalseyValueParser::new(),
          help_heading = "Cache")]
    pub no_cache: bool,

    /// Where results of earlier scans are [default: the user's cache folder]
    #[arg(long, value_name = "FOLDER", env = "MODELWARD_CACHE_DIR", hide_env = true, value_hint = ValueHint::DirPath,
          help_heading = "Cache")]
    pub cache_dir: Option<PathBuf>,
}

/// The levels as words of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Thoroughness {
    /// Structure only: what can execute
    Quick,
    /// Every byte: also hashes and embedded files
    Standard,
    /// The same as standard, until analyses of weights exist
    Thorough,
}

/// The text as it is, if it is a duration.
fn checked_duration(text: &str) -> Result<String, String> {
    duration::parse(text).map(|_| text.to_owned())
}

/// The text as it is, if it is a size.
fn checked_size(text: &str) -> Result<String, String> {
    size::parse(text).map(|_| text.to_owned())
}

impl SettingsArguments {
    /// The name of the argument that stands for a row.
    pub(crate) fn argument(row: &Row) -> String {
        row.flag.trim_start_matches('-').replace('-', "_")
    }

    /// What it says of a row.
    pub(crate) fn value(&self, key: &str) -> Option<Value> {
        let text = |text: &Option<String>| text.clone().map(Value::Text);
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| Value::Text(path.display().to_string()));
        let list = |list: &[String]| Some(Value::List(list.to_vec()));
        let level = |level: Thoroughness| level.to_possible_value().map(|word| Value::Text(word.get_name().to_owned()));
        match key {
            "profile" => text(&self.profile),
            "level" => self.level.and_then(level),
            "fail-on" => text(&self.fail_on),
            "allow-incomplete" => Some(Value::Flag(self.allow_incomplete)),
            "strict" => Some(Value::Flag(self.strict)),
            "select" => list(&self.select),
            "ignore" => list(&self.ignore),
            "include" => list(&self.include),
            "exclude" => list(&self.exclude),
            "max-size" => text(&self.max_size),
            "timeout" => text(&self.timeout),
            "jobs" => self.jobs.map(|jobs| Value::Number(u64::from(jobs))),
            "rules" => path(&self.rules),
            "temp-dir" => path(&self.temp_dir),
            "suppressions" => {
                Some(Value::List(self.suppressions.iter().map(|path| path.display().to_string()).collect()))
            }
            "inline-suppressions" => Some(Value::Flag(self.inline_suppressions)),
            "baseline" => path(&self.baseline),
            "new-only" => Some(Value::Flag(self.new_only)),
            "cache" => Some(Value::Flag(!self.no_cache)),
            "cache-dir" => path(&self.cache_dir),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_of_the_table_has_its_argument() {
        let given = SettingsArguments {
            profile: Some("x".into()),
            level: Some(Thoroughness::Quick),
            fail_on: Some("low".into()),
            max_size: Some("1".into()),
            timeout: Some("1s".into()),
            jobs: Some(1),
            rules: Some("x".into()),
            temp_dir: Some("x".into()),
            baseline: Some("x".into()),
            cache_dir: Some("x".into()),
            ..SettingsArguments::default()
        };
        for row in config::options::OPTIONS {
            assert!(given.value(row.key).is_some(), "{}", row.key);
        }
    }
}

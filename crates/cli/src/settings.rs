//! The settings that hold for a run: files, environment and options merged, held to the catalogue, and what follows from them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use base::{
    date::Date,
    limits::Limits,
    memory::Memory,
    policy::{Choice, Decision, Override, Suppress},
    report::Notice,
    verdict::Severity,
};
use cache::Store;
use clap::{ArgMatches, parser::ValueSource};
use config::{Merged, Origin, Over, baseline::Known, nearest, options::OPTIONS};
use engine::{Policy, Scanner, Selection, Settings};
use rules::Catalogue;

use crate::{arguments::SettingsArguments, problem::Problem, rules_pages, search};

/// What holds.
pub(crate) struct Setup {
    /// Every value with its origin.
    pub merged: Merged,
    folders: BTreeMap<String, PathBuf>,
    notices: Vec<Notice>,
}

impl Setup {
    /// What holds for a scan of `targets`.
    ///
    /// # Errors
    /// A configuration that is refused.
    pub(crate) fn of(
        arguments: &SettingsArguments,
        matches: &ArgMatches,
        targets: &[PathBuf],
    ) -> Result<Self, Problem> {
        let files = search::files(arguments, targets)?;
        let mut notices = Vec::new();
        if let Some(file) = files.passed_over {
            let message =
                format!("{file} lies inside what is scanned and was not used; if it is yours, say --config {file}");
            notices.push(Notice::new("configuration", message));
        }
        let over = over(arguments, matches);
        let merged = config::merge(files.layers, over).map_err(|fault| Problem::new(fault.to_string()))?;
        Ok(Self { merged, folders: files.folders, notices })
    }

    /// A path of the configuration: relative to the file that it stands in.
    fn path(&self, key: &str) -> Option<PathBuf> {
        let text = self.merged.text(key)?;
        Some(self.placed(text, &self.merged.origin(key)))
    }

    fn placed(&self, text: &str, origin: &Origin) -> PathBuf {
        match origin {
            Origin::File { file, .. } => self.folders.get(file).map_or_else(|| text.into(), |folder| folder.join(text)),
            _ => text.into(),
        }
    }

    /// The rules in force; every rule that the settings name is one of them.
    pub(crate) fn catalogue(&self) -> Result<Catalogue, Problem> {
        let catalogue = rules_pages::catalogue(self.path("rules").as_deref())?;
        let id = |word: &str, at: &str| known(&catalogue, word, at, false);
        for (rule, entry) in &self.merged.rules {
            id(rule, &entry.origin.to_string())?;
        }
        for entry in &self.merged.suppress {
            entry.rule.as_ref().map_or(Ok(()), |rule| id(rule, &entry.decision.at))?;
        }
        for key in ["select", "ignore"] {
            for word in self.merged.list(key) {
                known(&catalogue, word, &self.merged.origin(key).to_string(), true)?;
            }
        }
        Ok(catalogue)
    }

    /// The scanner and the cache that it uses, if it uses one.
    ///
    /// # Errors
    /// Anything that the settings name and that is not there or not right.
    pub(crate) fn scanner(&mut self) -> Result<(Scanner, Option<Arc<Store>>), Problem> {
        let catalogue = self.catalogue()?;
        let temp_dir = self.path("temp-dir").unwrap_or_else(std::env::temp_dir);
        if self.merged.text("temp-dir").is_some() && !temp_dir.is_dir() {
            return Err(Problem::new(format!("--temp-dir: {} is not a folder; make it first", temp_dir.display())));
        }
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let store = self.store();
        let settings = Settings {
            limits: self.limits(),
            level: self.merged.level(),
            jobs: self.merged.number("jobs").and_then(|jobs| usize::try_from(jobs).ok()).unwrap_or_else(cores),
            policy: self.policy(&catalogue)?,
            temp_dir: Some(temp_dir),
            selection: Selection {
                include: self.merged.globs("include"),
                exclude: self.merged.globs("exclude"),
                max_size: self.merged.number("max-size"),
            },
            memory: store.clone().map(|store| store as Arc<dyn Memory>),
        };
        Ok((Scanner::new(catalogue, settings), store))
    }

    /// The limits in force.
    pub(crate) fn limits(&self) -> Limits {
        self.merged.limits()
    }

    /// What is to be told of the settings.
    pub(crate) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The severity from which on a finding fails the scan.
    pub(crate) fn threshold(&self) -> Option<Severity> {
        Severity::parse(self.merged.text("fail-on").unwrap_or_default())
    }

    /// Where temporary files go.
    pub(crate) fn temp_dir(&self) -> PathBuf {
        self.path("temp-dir").unwrap_or_else(std::env::temp_dir)
    }

    /// The folder of the cache, used or not.
    pub(crate) fn cache_dir(&self) -> Option<PathBuf> {
        self.path("cache-dir").or_else(default_cache_dir)
    }

    /// The cache. A place that was asked for and does not serve is told; the usual one is done without.
    fn store(&mut self) -> Option<Arc<Store>> {
        let folder = self.merged.flag("cache").then(|| self.cache_dir()).flatten()?;
        match Store::open(&folder) {
            Ok(store) => Some(Arc::new(store)),
            Err(error) => {
                if self.merged.text("cache-dir").is_some() || error.kind() == std::io::ErrorKind::Other {
                    self.notices.push(Notice::new("cache", format!("the cache is not used: {error}")));
                }
                None
            }
        }
    }

    fn policy(&self, catalogue: &Catalogue) -> Result<Policy, Problem> {
        let merged = &self.merged;
        let choice = |key: &str| {
            let words = merged.list(key).iter().cloned().collect();
            (!merged.list(key).is_empty()).then(|| Choice { words, at: merged.origin(key).to_string() })
        };
        let severities = merged.rules.iter().map(|(rule, entry)| {
            let at = entry.origin.to_string();
            (rule.clone(), Override { severity: entry.severity, reason: entry.reason.clone(), at })
        });
        let allowed = merged.allow.iter().map(|allow| (allow.import.clone(), allow.decision.clone()));
        let mut suppressions = merged.suppress.clone();
        for file in merged.list("suppressions") {
            let path = self.placed(file, &merged.origin("suppressions"));
            let read = config::suppressions(file, &read(&path)?).map_err(|fault| Problem::new(fault.to_string()))?;
            for Suppress { rule, decision: Decision { at, .. }, .. } in &read {
                rule.as_ref().map_or(Ok(()), |rule| known(catalogue, rule, at, false))?;
            }
            suppressions.extend(read);
        }
        let baseline = self.path("baseline").map(|path| known_findings(&path)).transpose()?;
        if merged.flag("new-only") && baseline.is_none() {
            return Err(Problem::new("--new-only needs a baseline; name one with --baseline"));
        }
        let name = merged.text("baseline").unwrap_or_default();
        Ok(Policy {
            severities: severities.collect(),
            select: choice("select"),
            ignore: choice("ignore"),
            allowed: allowed.collect(),
            suppressions,
            baseline: baseline.map(|baseline| baseline.policy(name)),
            new_only: merged.flag("new-only"),
            strict: merged.flag("strict"),
            inline: merged.flag("inline-suppressions"),
            today: today(),
        })
    }
}

/// What environment and options say.
fn over(arguments: &SettingsArguments, matches: &ArgMatches) -> Vec<Over> {
    let given = OPTIONS.iter().filter_map(|row| {
        let origin = match matches.value_source(&SettingsArguments::argument(row))? {
            ValueSource::CommandLine => Origin::Option(row.flag.to_owned()),
            ValueSource::EnvVariable => Origin::Environment(row.variable.to_owned()),
            _ => return None,
        };
        Some(Over { key: row.key, value: arguments.value(row.key)?, origin })
    });
    given.collect()
}

/// Refuses a rule, or where `categories` may stand too a category, that does not exist.
fn known(catalogue: &Catalogue, word: &str, at: &str, categories: bool) -> Result<(), Problem> {
    let ids = || catalogue.rules().iter().map(|rule| &*rule.id);
    let names = || catalogue.rules().iter().map(|rule| &*rule.category).filter(|_| categories);
    if ids().chain(names()).any(|one| one == word) {
        return Ok(());
    }
    let near = nearest(word, ids().chain(names()));
    let near = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
    let what = if categories { "rule or category" } else { "rule" };
    Err(Problem::new(format!("{at}: there is no {what} {word:?}{near}")))
}

/// The findings of a baseline.
pub(crate) fn known_findings(path: &Path) -> Result<Known, Problem> {
    let name = path.display().to_string();
    Known::parse(&name, &read(path)?).map_err(|fault| Problem::new(fault.to_string()))
}

/// The text of a file that must be there.
pub(crate) fn read(path: &Path) -> Result<String, Problem> {
    fs::read_to_string(path).map_err(|error| Problem::new(format!("{}: {error}", path.display())))
}

/// Where results are remembered if nobody says otherwise.
pub(crate) fn default_cache_dir() -> Option<PathBuf> {
    search::of_the_user_in("XDG_CACHE_HOME", ".cache")
}

fn today() -> Option<Date> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Date::from_unix_days(since.as_secs().checked_div(86_400)?)
}

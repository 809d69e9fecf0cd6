//! Explaining a target: a scan that keeps the listings of what it finds fault with, or of the member that was named.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use base::{
    budget::Watch, finding::Finding, listing::NamedListing, policy::Policy, reason::Reason, report::Report, stop::Stop,
};

use crate::{
    policy::{About, Applied},
    recorder::{Recorder, Seen},
    scanner::{Scanner, Target},
};

/// Listings of one target.
const MAX_LISTINGS: usize = 64;
/// Lines of all of them; a listing that goes beyond is the last.
const MAX_LINES: usize = 400_000;

/// What explaining a target gave.
#[derive(Debug)]
pub struct Explained {
    /// The report of the scan.
    pub report: Report,
    /// The listings, in the order of the artifacts.
    pub listings: Vec<NamedListing>,
    /// Listings left out because there were too many.
    pub omitted: u64,
    /// Artifacts that have findings, or were named, and no listing, with the reason.
    pub mute: Vec<(Arc<str>, String)>,
}

impl Scanner {
    /// Scans `target` and lists the programs that findings point into; where there are none, every program. With `member`,
    /// the path of an artifact as reports write it, that artifact and what lies in it.
    pub fn explain(&self, target: Target, member: Option<&str>, watch: Arc<dyn Watch>) -> Explained {
        self.explained(vec![target], member, false, watch)
    }

    /// [`Scanner::scan`], with the listings of the programs that findings point into.
    pub fn scan_listed(&self, targets: Vec<Target>, watch: Arc<dyn Watch>) -> Explained {
        self.explained(targets, None, true, watch)
    }

    fn explained(
        &self,
        targets: Vec<Target>,
        member: Option<&str>,
        only_flagged: bool,
        watch: Arc<dyn Watch>,
    ) -> Explained {
        let explainer = Explainer { member, only_flagged, policy: self.policy(), kept: Mutex::default() };
        let report = self.scan_recorded(targets, watch, Some(&explainer));
        let mut kept = explainer.kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Roots are read side by side and children close before their parents: the report knows the order.
        let order: HashMap<&str, usize> =
            report.artifacts.iter().enumerate().map(|(at, record)| (&*record.path, at)).collect();
        let place = |path: &str| order.get(path).copied().unwrap_or(usize::MAX);
        kept.listings.sort_by_key(|(_, named)| place(&named.artifact));
        kept.mute.sort_by_key(|(path, _)| place(path));
        let chosen = kept.listings.iter().any(|(flagged, _)| *flagged);
        let wanted = kept.listings.into_iter().filter(|(flagged, _)| *flagged || !chosen);
        let listings: Vec<_> = wanted.map(|(_, listing)| listing).collect();
        Explained { report, listings, omitted: kept.omitted, mute: kept.mute }
    }
}

/// What was kept so far.
#[derive(Default)]
struct Kept {
    /// With whether it was asked for or has findings.
    listings: Vec<(bool, NamedListing)>,
    mute: Vec<(Arc<str>, String)>,
    lines: usize,
    omitted: u64,
}

struct Explainer<'e> {
    member: Option<&'e str>,
    /// Whether programs without findings are of no interest.
    only_flagged: bool,
    policy: &'e Policy,
    kept: Mutex<Kept>,
}

impl Explainer<'_> {
    /// Whether the artifact is asked for; `None` where it is not even a candidate.
    fn wanted(&self, path: &str, findings: &[Finding]) -> Option<bool> {
        match self.member {
            None => Some(!findings.is_empty()),
            Some(member) => {
                let rest = path.strip_prefix(member)?;
                (rest.is_empty() || rest.starts_with("!/") || rest.starts_with('@')).then_some(true)
            }
        }
    }
}

impl Recorder for Explainer<'_> {
    fn artifact(&self, seen: &Seen<'_>) {
        let Some(flagged) =
            self.wanted(&seen.record.path, seen.findings).filter(|flagged| *flagged || !self.only_flagged)
        else {
            return;
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = seen.formats.iter().find_map(|format| Some((format, format.explain?)));
        let (Some((format, explain)), Some(blob)) = (found, seen.blob) else {
            if flagged && kept.mute.len() < MAX_LISTINGS {
                let why = match (seen.record.complete(), &seen.record.detail) {
                    (false, Some(detail)) => format!("not fully read: {detail}"),
                    _ => format!("{} is no program that could be listed", seen.record.format),
                };
                kept.mute.push((seen.record.path.clone(), why));
            }
            return;
        };
        if kept.listings.len() >= MAX_LISTINGS || kept.lines >= MAX_LINES {
            kept.omitted = kept.omitted.saturating_add(u64::from(flagged));
            return;
        }
        // A defect in a lister must not end what the others have to say.
        let listing = catch_unwind(AssertUnwindSafe(|| explain(blob, seen.meter)));
        match listing.unwrap_or(Err(Stop::Limit(Reason::Internal))) {
            Ok(listing) => {
                let findings: Vec<_> = seen
                    .findings
                    .iter()
                    .cloned()
                    .map(|finding| Applied::new(self.policy).apply(finding, &About::default()))
                    .collect();
                kept.lines = kept.lines.saturating_add(listing.lines.len());
                let named = NamedListing::new(&seen.record.path, format.id, listing, &findings);
                kept.listings.push((flagged, named));
            }
            Err(stop) => kept.mute.push((seen.record.path.clone(), stop.to_string())),
        }
    }
}

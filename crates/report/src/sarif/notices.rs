//! `invocation.toolExecutionNotifications`: what was not read and why, results that found no room, and what is told of the scan.

use std::collections::BTreeSet;

use base::{
    location::Location as Place,
    reason::Reason,
    report::{ArtifactRecord, Report},
};

use super::{
    MOST,
    artifacts::Artifacts,
    model::{Descriptor, DescriptorReference, Message, Notification},
};
use crate::words::hint;

/// The id of the notice that results were left out.
const LEFT_OUT: &str = "results-left-out";

/// One for each artifact that is incomplete, as many as results at most.
pub(super) fn all(report: &Report, left_out: usize, artifacts: &mut Artifacts<'_>) -> Vec<Notification> {
    let incomplete = || report.artifacts.iter().filter(|record| !record.complete());
    let mut notices: Vec<Notification> = incomplete().take(MOST).map(|record| notice(record, artifacts)).collect();
    let untold = incomplete().count().saturating_sub(MOST);
    if untold > 0 {
        notices.push(left(format!("{untold} more artifacts were not fully read; the JSON report lists them all.")));
    }
    if left_out > 0 {
        notices.push(left(format!("{left_out} more findings, none worse than these; the JSON report lists them all.")));
    }
    notices.extend(report.notices.iter().map(|notice| Notification {
        descriptor: Some(DescriptorReference { id: Some(notice.id.to_string()), ..DescriptorReference::default() }),
        level: Some("note"),
        message: Some(Message::text(notice.message.replace("](", "] ("))),
        locations: Vec::new(),
    }));
    notices
}

fn left(text: String) -> Notification {
    let descriptor = DescriptorReference { id: Some(LEFT_OUT.into()), ..DescriptorReference::default() };
    Notification {
        descriptor: Some(descriptor),
        level: Some("warning"),
        message: Some(Message::text(text)),
        locations: Vec::new(),
    }
}

fn notice(record: &ArtifactRecord, artifacts: &mut Artifacts<'_>) -> Notification {
    let reason = record.reason.unwrap_or(Reason::Unclaimed);
    let at = Place { path: record.path.clone(), path_hex: record.path_hex.clone(), ..Place::default() };
    let mut text = format!("Not fully read: {}", reason.describe());
    if let Some(detail) = record.detail.as_deref().filter(|detail| *detail != reason.describe()) {
        text.push_str(&format!(" ({detail})"));
    }
    let descriptor = DescriptorReference { id: Some(reason.id().into()), ..DescriptorReference::default() };
    Notification {
        descriptor: Some(descriptor),
        level: Some(if reason == Reason::Internal { "error" } else { "warning" }),
        message: Some(Message::text(text.replace("](", "] ("))),
        locations: vec![artifacts.in_file(&at)],
    }
}

/// What the ids of the notices mean.
pub(super) fn descriptors(report: &Report) -> Vec<Descriptor> {
    const GO_ON: &str = "What was not read may hold anything. It is never counted as clean.";
    let reasons = report.summary.reasons.keys();
    let reasons = reasons.map(|reason| (reason.id(), reason.describe(), hint(*reason).unwrap_or(GO_ON)));
    let left_out = (LEFT_OUT, "this format has no room for all findings", "The JSON report lists them all.");
    let told: BTreeSet<&str> = report.notices.iter().map(|notice| &*notice.id).collect();
    let told = told.into_iter().map(|id| (id, "about the scan itself", "See the documentation of the settings."));
    let both = reasons.chain([left_out]).chain(told);
    // GitHub's validator wants of these what it wants of rules (GH2012).
    let descriptor = |(id, text, help): (&str, &str, &str)| Descriptor {
        id: Some(id.into()),
        short_description: Some(Message::text(text)),
        full_description: Some(Message::text(text)),
        help: Some(Message::text(help)),
        ..Descriptor::default()
    };
    both.map(descriptor).collect()
}

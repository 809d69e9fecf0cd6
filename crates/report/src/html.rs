//! One self-contained page: no network, nothing inline but our own style and script, which a strict policy names by their hashes.
//! Everything is there without the script; it only searches, filters and folds.

mod findings;
mod listing;
mod policy;
mod prose;
mod summary;
mod tree;

use std::io::{self, Write};

use base::report::Report;

use self::policy::policy;
use crate::{Page, markup::Markup, whereabouts::Whereabouts, words};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Writes `report`.
pub(crate) fn write(report: &Report, _page: Page, out: &mut dyn Write) -> io::Result<()> {
    let mut html = Markup::new("<!doctype html>\n");
    html.open("html", &[("lang", "en")]);
    head(report, &mut html);
    html.open("body", &[]);
    summary::banner(report, &mut html);
    let whereabouts = Whereabouts::of(report);
    html.open("div", &[("class", "columns")]);
    tree::write(report, &whereabouts, &mut html);
    html.open("main", &[]);
    findings::write(report, &whereabouts, &report.excerpts, &mut html);
    listing::write(&report.excerpts, &mut html);
    summary::unread(report, &mut html);
    summary::notices(report, &mut html);
    summary::checks(report, &mut html);
    html.close();
    html.close();
    summary::footer(report, &mut html);
    html.open("script", &[]);
    html.own(SCRIPT);
    html.close();
    out.write_all(html.finish().as_bytes())?;
    out.write_all(b"\n")
}

fn head(report: &Report, html: &mut Markup) {
    html.open("head", &[]);
    html.void("meta", &[("charset", "utf-8")]);
    html.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy(STYLE, SCRIPT))]);
    html.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
    html.void("meta", &[("name", "referrer"), ("content", "no-referrer")]);
    html.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    let title = format!("{} {} – Modelward", report.verdict.id().to_uppercase(), words::target(report));
    html.element("title", &[], &title);
    html.open("style", &[]);
    html.own(STYLE);
    html.close();
    html.close();
}

#[cfg(test)]
mod tests;

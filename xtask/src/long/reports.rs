//! The HTML report in a browser: of real scans and of hostile names. Nothing may open a dialog, offend the policy, write on the
//! console or ask for anything; the pictures in `target/reports` are for people to look at.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::browser::Browser;
use crate::top;

/// Makes the pages, opens each, and takes pictures.
pub(super) fn run() -> Result<(), String> {
    let folder = top().join("target/reports");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let folder = folder.canonicalize().map_err(|error| error.to_string())?;
    // The tests of the writers know the names, and write a page of each.
    let words = ["test", "-q", "-p", "modelward-report", "pages_for_a_browser"];
    super::run_in_top(Command::new("cargo").args(words).env("MODELWARD_PAGES", &folder), "cargo", &words)?;
    let scan = format!("html={}", folder.join("examples.html").display());
    let words =
        ["run", "-q", "-p", "modelward", "--", "--quiet", "--fail-on", "never", "--allow-incomplete", "-o", &scan];
    let targets = ["examples/poisoned", "examples/harmless"];
    super::run_in_top(Command::new("cargo").args(words).args(targets), "cargo", &words)?;
    let mut pages: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(|error| error.to_string())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "html"))
        .collect();
    pages.sort();
    if pages.len() < 30 {
        return Err(format!("only {} pages were made", pages.len()));
    }
    let mut browser = Browser::start(&folder)?;
    let mut wrong = Vec::new();
    for page in &pages {
        let told = page_of(&mut browser, page)?;
        wrong.extend(told.into_iter().map(|what| format!("{}: {what}", page.display())));
    }
    println!("{} pages opened, {} things went wrong; pictures in {}", pages.len(), wrong.len(), folder.display());
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// Opens a page, uses it, takes its picture; what went wrong.
fn page_of(browser: &mut Browser, page: &Path) -> Result<Vec<String>, String> {
    browser.open(page)?;
    let count = "document.querySelectorAll('.cause:not([hidden])').length";
    let all = browser.evaluate(count)?;
    let nothing = browser.evaluate(&format!("{}; {count}", search("no such thing anywhere")))?;
    let again = browser.evaluate(&format!("{}; {count}", search("")))?;
    let mut wrong = browser.trouble()?;
    if (nothing != 0 && all != 0) || again != all {
        wrong.push(format!("the search shows {nothing} and {again} of {all}"));
    }
    // Only what we put there: whatever a name wanted to be is text.
    let elements = browser.evaluate(
        "document.querySelectorAll('script,iframe,object,embed,img,link,base,form,a[href]:not([href^=\"#\"])').length",
    )?;
    if elements != 2 {
        wrong.push(format!("{elements} elements that act instead of our script and our form"));
    }
    let shots = [("light", 1280, false), ("dark", 1280, true), ("narrow", 420, false)];
    let only = page.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("name-"));
    for (name, width, dark) in shots.iter().take(if only { 1 } else { 3 }) {
        browser.picture(*width, *dark, &page.with_extension(format!("{name}.png")))?;
    }
    Ok(wrong)
}

fn search(text: &str) -> String {
    format!("search.value = {text:?}; search.dispatchEvent(new Event('input', {{bubbles: true}}))")
}

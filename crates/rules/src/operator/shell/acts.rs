//! What single commands of a script are for: tunnels, persistence, secrets, damage.

use super::{pipelines, plain, program_and_rest};

/// A command as its program and its words.
type Command<'t> = (&'t str, Vec<&'t str>);

/// The commands of a text.
fn commands(text: &str) -> Vec<Command<'_>> {
    let all = pipelines(text).flatten();
    all.filter_map(|command| program_and_rest(&command).map(|(program, rest)| (program, rest.to_vec()))).collect()
}

fn any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// Whether a command opens a way into this machine, or through it.
pub(in crate::operator) fn opens_tunnel(text: &str) -> bool {
    let text = plain(&text.to_lowercase());
    commands(&text).into_iter().any(|(program, rest)| {
        let has = |word: &str| rest.contains(&word);
        match program {
            "ssh" | "plink" | "plink.exe" => forwards(&rest),
            "autossh" | "sshuttle" | "frpc" | "frps" | "iodine" | "iodined" | "dnscat" | "dnscat2" | "ptunnel"
            | "pwncat" | "pwncat-cs" | "tmate" | "rcat" | "gost" | "revsocks" | "reverse-ssh" => true,
            "chisel" => has("client") || has("server"),
            "ngrok" => has("tcp") || has("start"),
            "bore" | "bore-cli" => has("local"),
            "tailscale" => has("--ssh") || has("funnel"),
            "cloudflared" => rest.iter().any(|word| any(word, &["ssh://", "tcp://", "rdp://"])) || has("access"),
            "socat" => {
                rest.iter().any(|word| word.contains("-listen:"))
                    || rest.iter().filter(|word| any(word, &["tcp", "openssl:", "udp"])).count() > 1
            }
            _ => program.starts_with("ligolo") || program.starts_with("chisel_"),
        }
    })
}

/// `ssh -R`, `-D` and their clusters; the text is in lower case, so `-L` and `-l` cannot be told apart and are neither.
fn forwards(rest: &[&str]) -> bool {
    rest.iter().zip(rest.iter().skip(1)).any(|(flag, value)| {
        let flags = flag.strip_prefix('-').filter(|flags| !flags.starts_with('-') && flags.len() <= 6);
        let back = flags.is_some_and(|flags| flags.ends_with('r')) && value.contains(':')
            || flags.is_some_and(|flags| flags.ends_with('r') && flags.len() == 1)
                && value.chars().all(|letter| letter.is_ascii_digit());
        let socks = flags.is_some_and(|flags| flags.ends_with('d'))
            && value.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok());
        back || socks
    }) || rest.iter().any(|word| word.starts_with("-r") && word.matches(':').count() >= 2)
}

/// Whether a command shows a local page to the world.
pub(in crate::operator) fn shares_port(text: &str) -> bool {
    let text = plain(&text.to_lowercase());
    commands(&text).into_iter().any(|(program, rest)| {
        let has = |word: &str| rest.contains(&word);
        match program {
            "ngrok" => has("http"),
            "cloudflared" => has("tunnel"),
            "localtunnel" | "lt" => rest.iter().any(|word| word.starts_with("--port") || *word == "-p"),
            "npx" => has("localtunnel") || has("lt"),
            _ => false,
        }
    })
}

/// Places under which nothing is kept that was installed.
const PASSING: &[&str] = &["/tmp/", "/dev/shm/", "/var/tmp/"];
/// Files that a shell reads when it starts.
const STARTUP: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    "/etc/profile",
    "/etc/bash.bashrc",
    "/etc/zsh",
    ".config/fish/config.fish",
    ".kshrc",
    ".login",
    ".cshrc",
    ".xinitrc",
    ".xprofile",
    ".bash_aliases",
];
/// Places that something else reads and runs.
const PLACES: &[&str] = &[
    "/etc/cron",
    "/var/spool/cron",
    "/etc/systemd",
    ".config/systemd",
    "/lib/systemd/system",
    "/etc/init.d",
    "/etc/rc.local",
    "launchagents",
    "launchdaemons",
    "sitecustomize",
    "usercustomize",
    "ld.so.preload",
    ".config/autostart",
    "currentversion\\run",
    "programs\\startup",
    ".git/hooks",
    "profile_default/startup",
    "authorized_keys",
    "core_pattern",
    ".ssh/rc",
    "/etc/update-motd.d",
    "/etc/pam.d",
    ".vimrc",
    ".config/pip/pip.conf",
    "/etc/pip.conf",
];

/// Whether a list plants something that starts again by itself.
pub(in crate::operator) fn plants_itself(text: &str) -> bool {
    let text = plain(&text.to_lowercase());
    let computed =
        text.contains('>') && text.contains(".pth") && any(&text, &["getsitepackages", "getusersite", "purelib"]);
    computed || writes(&text) || sets(&text) || commands(&text).iter().any(|(program, rest)| schedules(program, rest))
}

/// Files that a list writes: behind `>`, and the last word of a program that copies.
fn targets(text: &str) -> Vec<&str> {
    let redirected = text.split('>').skip(1).filter_map(|rest| rest.split_whitespace().next());
    let copied = commands(text).into_iter().filter_map(|(program, rest)| match program {
        "cp" | "mv" | "install" | "ln" | "rsync" => rest.last().copied(),
        "tee" | "dd" | "sed" => rest.iter().rev().find(|word| !word.starts_with('-')).copied(),
        _ => None,
    });
    let copied: Vec<&str> = copied.collect();
    redirected.chain(copied).collect()
}

fn writes(text: &str) -> bool {
    text.split(['\n', ';', '&']).any(writes_to)
}

fn writes_to(text: &str) -> bool {
    targets(text).into_iter().any(|target| {
        let target = target.trim_matches(['"', '\'']);
        if STARTUP.iter().any(|known| target.contains(known)) {
            return !is_setting(text);
        }
        let path = target.ends_with(".pth") && any(target, &["site-packages", "dist-packages", "getsite", "purelib"]);
        let sudo = target.contains("/etc/sudoers");
        let hosts = target.ends_with("/etc/hosts")
            && any(text, &["huggingface.co", "pypi.org", "github.com", "pythonhosted.org"]);
        PLACES.iter().any(|known| target.contains(known)) || path || sudo || hosts
    })
}

/// Whether what is written to a startup file only sets paths and environments, as installers do.
fn is_setting(text: &str) -> bool {
    let said = text.split_once("echo ").map_or(text, |(_, said)| said);
    let said = said.trim_start_matches(['\'', '"']);
    let plain = [
        "export ",
        "source ",
        ". ",
        "conda activate",
        "alias ",
        "cd ",
        "umask ",
        "set ",
        "ulimit ",
        "ps1=",
        "path=",
        "eval $(",
        "#",
        "micromamba activate",
        "ln -s /opt/",
        "ln -s /usr/",
        "…",
    ];
    let harm = any(
        text,
        &[
            "ld_preload",
            "prompt_command",
            "bash_env",
            "curl ",
            "wget ",
            "base64",
            "/dev/tcp",
            "| sh",
            "|sh",
            "| bash",
            "python -c",
            "python3 -c",
            "alias sudo",
            "alias ssh",
        ],
    );
    plain.iter().any(|start| said.starts_with(start)) && !harm && !any(text, PASSING)
}

/// Variables that name something which is loaded or run.
fn sets(text: &str) -> bool {
    let value = |name: &str| {
        let (_, after) = text.split_once(name)?;
        Some(after.trim_start_matches(['"', '\'']).split([' ', '\n']).next().unwrap_or_default())
    };
    let libraries = [
        "libtcmalloc",
        "libjemalloc",
        "libgomp",
        "libiomp",
        "libstdc++",
        "libmimalloc",
        "libgl",
        "libcuda",
        "libmkl",
        "libasan",
        "libnccl",
        "libcublas",
        "libc10",
        "libgfortran",
        "libffi",
        "libpython",
    ];
    let preload = ["ld_preload=", "ld_audit=", "dyld_insert_libraries="].iter().filter_map(|name| value(name));
    let runs =
        ["prompt_command=", "bash_env=", "pythonstartup=", "pythonbreakpoint="].iter().filter_map(|name| value(name));
    let passing = |value: &str| any(value, PASSING) || any(value, &["curl", "wget", "$(", "|", "/dev/tcp"]);
    preload.into_iter().any(|value| {
        !value.is_empty() && !value.starts_with('$') && !any(value, &libraries) && !value.starts_with("/usr/")
    }) || runs.into_iter().any(passing)
}

/// Whether a command has something started later, or gives itself more rights than it was given.
fn schedules(program: &str, rest: &[&str]) -> bool {
    let has = |word: &str| rest.contains(&word);
    let reads_only = rest.iter().all(|word| {
        matches!(*word, "-l" | "-e" | "-u") || word.starts_with('$') || word.chars().all(char::is_alphanumeric)
    });
    let passing = rest.iter().any(|word| any(word, PASSING));
    match program {
        "crontab" => !(reads_only && (has("-l") || has("-e"))) && !rest.is_empty() && !has("-l"),
        "at" => rest.iter().any(|word| {
            matches!(*word, "now" | "midnight" | "noon" | "teatime" | "tomorrow" | "-f") || word.contains(':')
        }),
        "batch" => rest.is_empty(),
        "systemd-run" | "ssh-copy-id" | "insmod" => true,
        "systemctl" => (has("enable") || has("link")) && (has("--user") || rest.iter().any(|word| word.contains('/'))),
        "update-rc.d" | "chkconfig" => has("defaults") || has("on") || has("--add"),
        "launchctl" => has("load") || has("submit") || has("bootstrap") || has("enable"),
        "schtasks" | "schtasks.exe" => has("/create"),
        "reg" | "reg.exe" => {
            has("add") && rest.iter().any(|word| word.contains("currentversion") && word.contains("run"))
        }
        "sc" | "sc.exe" => has("create"),
        "register-scheduledtask" | "new-service" => true,
        "git" => {
            has("config")
                && (rest.iter().any(|word| {
                    any(word, &["core.hookspath", "core.sshcommand", "core.fsmonitor", "core.pager", "core.editor"])
                }) && passing
                    || rest.iter().any(|word| word.starts_with("alias."))
                        && rest.iter().any(|word| word.starts_with('!') && any(word, PASSING)))
        }
        "alias" => {
            let names = ["sudo=", "su=", "ssh=", "passwd=", "doas=", "login="];
            passing
                || rest.iter().any(|word| {
                    names.iter().any(|name| word.starts_with(name) && !word.ends_with(name.trim_end_matches('=')))
                })
        }
        "trap" => {
            passing
                && (has("debug") || has("exit") || has("err"))
                && rest.first().is_some_and(|word| any(word, PASSING))
        }
        "chmod" => {
            rest.first().is_some_and(|mode| mode.contains("+s") || mode.len() == 4 && mode.starts_with(['2', '4', '6']))
                && rest.len() > 1
        }
        "setcap" => {
            rest.iter().any(|word| any(word, &["cap_setuid", "cap_sys_admin", "cap_dac_override", "cap_sys_ptrace"]))
        }
        "useradd" | "adduser" => has("-o") && rest.windows(2).any(|pair| matches!(pair, ["-u", "0"])),
        "pip" | "pip3" => has("config") && has("set") && rest.iter().any(|word| word.starts_with("http://")),
        "npm" | "yarn" => has("config") && has("set") && rest.iter().any(|word| word.starts_with("http://")),
        _ => false,
    }
}

/// Files of secrets that programs read, whose contents are not for others.
const SECRETS: &[&str] = &[
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "id_dsa",
    ".aws/credentials",
    "/etc/shadow",
    ".netrc",
    ".git-credentials",
    ".docker/config.json",
    ".kube/config",
    "login data",
    "login\\ data",
    "cookies.sqlite",
    "logins.json",
    "wallet.dat",
    ".gnupg",
    "application_default_credentials.json",
    "/proc/self/environ",
    "huggingface/token",
    ".pypirc",
    ".config/gh/hosts.yml",
    "credentials.db",
];

/// Whether a command reads a file of secrets, or asks the cloud for the machine's own.
pub(in crate::operator) fn reads_credentials(text: &str) -> bool {
    let text = plain(&text.to_lowercase());
    let metadata = any(
        &text,
        &["169.254.169.254", "metadata.google.internal", "fd00:ec2::254", "100.100.100.200", "169.254.170.2"],
    ) && any(&text, &["security-credentials", "/token", "identity", "user-data", "169.254.170.2"]);
    let read = commands(&text).into_iter().any(|(program, rest)| {
        let reads = [
            "awk", "base64", "cat", "cp", "curl", "cut", "dd", "grep", "gzip", "head", "less", "more", "mv", "openssl",
            "rsync", "scp", "sed", "strings", "tail", "tar", "unshadow", "xxd", "zip", "7z", "find", "tac", "nl", "od",
        ];
        let last = rest.len().saturating_sub(1);
        let copies = matches!(program, "cp" | "mv" | "scp" | "rsync");
        let written = rest.iter().position(|word| word.starts_with('>')).unwrap_or(rest.len());
        reads.contains(&program)
            && rest.iter().take(written).enumerate().any(|(index, word)| {
                let secret = SECRETS.iter().any(|known| word.contains(known))
                    && ![".pub", ".example", ".template", ".sample"].iter().any(|end| word.ends_with(end));
                let folder = word.trim_end_matches(['/', '*']).ends_with("/.ssh")
                    || word.trim_end_matches('/').ends_with("/.aws");
                (secret || folder && !copies) && !(copies && index == last)
            })
    });
    let browser =
        any(&text, &["/login data", "/cookies.sqlite"]) && any(&text, &["cat ", "cp ", "strings ", "sqlite3 ", "tar "]);
    metadata || read || browser
}

/// Variables that hold a secret, and to whom an honest script shows it.
const TOKENS: &[(&str, &[&str])] = &[
    ("$anthropic_api_key", &["anthropic.com"]),
    ("$aws_secret_access_key", &["amazonaws.com"]),
    ("$aws_session_token", &["amazonaws.com"]),
    ("$azure_client_secret", &["microsoftonline.com", "azure.com"]),
    ("$github_token", &["github.com", "githubusercontent.com"]),
    ("$gh_token", &["github.com", "githubusercontent.com"]),
    ("$hf_token", &["huggingface.co", "hf.co", "hf.space"]),
    ("$hugging_face_hub_token", &["huggingface.co", "hf.co"]),
    ("$openai_api_key", &["openai.com", "azure.com"]),
    ("$wandb_api_key", &["wandb.ai"]),
];
/// Programs that print secrets or the whole environment.
const PRINTS: &[&str] = &[
    "env",
    "printenv",
    "export -p",
    "export",
    "set",
    "declare -x",
    "declare -p",
    "history",
    "gpg --export-secret",
    "aws configure get",
    "security find-generic-password",
    "security find-internet-password",
    "kubectl get secret",
    "gcloud auth print",
    "compgen -v",
    "cmdkey",
    "secret-tool",
];
/// Programs that send what they get.
const SENDS: &[&str] =
    &["curl", "wget", "nc", "ncat", "netcat", "socat", "scp", "ftp", "telnet", "openssl", "http", "sendmail", "mail"];

/// Whether a secret in a variable, or what prints secrets, goes to a foreign address.
pub(in crate::operator) fn sends_secrets(text: &str) -> bool {
    let text = plain(&text.to_lowercase()).replace("${", "$");
    let piped = pipelines(&text).any(|commands| {
        let shown: Vec<String> = commands.iter().map(|words| words.join(" ")).collect();
        let at = shown.iter().position(|command| {
            PRINTS.iter().any(|known| command == known || known.contains(' ') && command.starts_with(known))
                || command.starts_with("find ") && any(command, &[".pem", "id_rsa"])
        });
        let sends =
            |command: &&Vec<&str>| program_and_rest(command).is_some_and(|(program, _)| SENDS.contains(&program));
        at.is_some_and(|at| commands.iter().skip(at.saturating_add(1)).any(|command| sends(&command)))
    });
    let found = commands(&text).into_iter().any(|(program, rest)| {
        let words = rest.join(" ");
        if program == "find" && any(&words, &["-exec curl", "-exec wget", "-exec nc", "-exec scp"]) {
            return any(&words, &[".pem", "id_rsa", ".ssh", ".aws", ".env", "*.key"]);
        }
        SENDS.contains(&program)
            && TOKENS.iter().any(|(token, owners)| {
                let shown = rest.iter().zip(std::iter::once(&"").chain(rest.iter())).any(|(word, before)| {
                    word.contains(token)
                        && !matches!(
                            *before,
                            "-h" | "--header" | "-u" | "bearer" | "token" | "x-api-key:" | "authorization:"
                        )
                        && !word.contains("bearer")
                });
                let foreign = rest.iter().any(|word| {
                    word.contains("://")
                        && !any(word, owners)
                        && !any(word, &["localhost", "127.0.0.1", "://$", "0.0.0.0"])
                });
                shown && foreign
            })
    });
    // Files of keys that are sent by `/dev/tcp`, or packed in a folder that is copied away.
    let folder = any(&text, &["/.aws", "/.ssh", "/.gnupg", "/.kube"])
        && commands(&text).into_iter().any(|(program, rest)| {
            matches!(program, "rsync" | "scp" | "rclone")
                && rest.last().is_some_and(|word| word.contains(':'))
                && rest.iter().rev().skip(1).any(|word| any(word, &["/.aws", "/.ssh", "/.gnupg", "/.kube"]))
        });
    let raw = text.contains("/dev/tcp/") && SECRETS.iter().any(|known| text.contains(known));
    let environ = text.contains("/environ") && commands(&text).iter().any(|(program, _)| SENDS.contains(program));
    let addresses = text.matches("://").count();
    let own = text.matches("://169.254.").count().saturating_add(text.matches("://metadata.google").count());
    let metadata = own > 0 && addresses > own && any(&text, &["security-credentials", "/token"]);
    metadata || piped || found || folder || raw || environ
}

/// Whether a command destroys what is not its own.
pub(in crate::operator) fn destroys(text: &str) -> bool {
    let text = plain(&text.to_lowercase());
    let everything = |word: &&str| {
        matches!(
            *word,
            "/" | "/*"
                | "~"
                | "~/"
                | "~/*"
                | "$home"
                | "$home/"
                | "$home/*"
                | "/home"
                | "/etc"
                | "/usr"
                | "/var"
                | "/root"
                | "/boot"
                | "/home/*"
                | "c:\\"
                | "c:\\*"
        )
    };
    let device = |word: &str| {
        ["/dev/sd", "/dev/nvme", "/dev/vd", "/dev/hd", "/dev/xvd", "/dev/mmcblk", "\\\\.\\physicaldrive"]
            .iter()
            .any(|known| word.contains(known))
    };
    let bomb: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let found = commands(&text).into_iter().any(|(program, rest)| {
        let has = |word: &str| rest.contains(&word);
        let recursive = rest.iter().any(|word| {
            word.starts_with('-') && !word.starts_with("--") && word.contains('r') || *word == "--recursive"
        });
        match program {
            "rm" => recursive && (rest.iter().any(everything) || has("--no-preserve-root")),
            "find" => rest.first().is_some_and(everything) && has("-delete") && (!has("-name") || has("/")),
            "shred" | "wipefs" => rest.iter().any(|word| everything(&word) || device(word)),
            "dd" => rest.iter().any(|word| word.starts_with("of=") && device(word)),
            "chmod" | "chown" => recursive && rest.iter().any(|word| matches!(*word, "/" | "/*")),
            "format" | "format.com" => has("c:"),
            "vssadmin" => has("delete") && has("shadows"),
            program => program.starts_with("mkfs") && rest.iter().any(|word| device(word)),
        }
    });
    let overwritten = targets(&text).into_iter().any(device);
    found
        || overwritten
        || any(&bomb, &[":(){:|:&};:", ":;;{:|:&;};:"])
        || bomb.contains("/proc/sysrq-trigger") && bomb.contains("echoc")
}

/// Whether a command mines for someone else.
pub(in crate::operator) fn mines(text: &str) -> bool {
    let text = plain(&text.to_lowercase());
    let programs = [
        "xmrig",
        "xmr-stak",
        "minerd",
        "cpuminer",
        "ethminer",
        "nbminer",
        "t-rex",
        "lolminer",
        "cgminer",
        "phoenixminer",
    ];
    any(&text, &["stratum+tcp://", "stratum+ssl://", "stratum+tls://"])
        || commands(&text).iter().any(|(program, _)| programs.contains(program))
}

/// Whether a command takes away what protects a machine, or hides what was done.
pub(in crate::operator) fn weakens(text: &str) -> bool {
    let text = plain(&text.to_lowercase());
    commands(&text).into_iter().any(|(program, rest)| {
        let has = |word: &str| rest.contains(&word);
        let root =
            rest.iter().any(|word| word.starts_with("/:/") || word.starts_with("-v/:/") || word.contains("source=/,"));
        match program {
            "setenforce" => has("0"),
            "iptables" | "nft" => has("-f") || has("flush"),
            "ufw" => has("disable"),
            "docker" | "podman" | "nerdctl" => root && has("run"),
            "history" => has("-c"),
            "unset" => has("histfile"),
            "chattr" => has("+i") && rest.iter().any(|word| any(word, PASSING)),
            "set-mppreference" | "add-mppreference" => true,
            "netsh" => rest.contains(&"advfirewall") && has("off"),
            _ => false,
        }
    }) || text.contains("histfile=/dev/null")
        || text.contains("set-mppreference")
}

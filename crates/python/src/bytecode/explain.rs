//! Bytecode as readable pseudo-Python: expressions rebuilt from the stack, functions and classes below the line that makes them.

mod expression;
mod statement;

use std::collections::HashMap;

use base::{
    blob::Blob,
    budget::Meter,
    fact::Str,
    listing::{Line, Listing},
    location::{Place, Unit},
    stop::Stop,
};

use super::{
    code::Code,
    guess, header,
    instruction::Instruction,
    marshal::{self, Stream},
    opcode::Op,
    version::Version,
};

/// Nesting of functions that is shown.
const MAX_DEPTH: usize = 32;
/// Characters of one expression.
const MAX_TEXT: usize = 2_000;

/// The program in a `.pyc`.
///
/// # Errors
/// A [`Stop`] when the file is broken, or when the budget ends.
pub fn explain_pyc(blob: &Blob, meter: &Meter) -> Result<Listing, Stop> {
    let blob = super::whole(blob, meter)?;
    let Some((version, length)) = header(blob.memory().unwrap_or_default()) else {
        return Err(Stop::malformed(0, "the magic number of a Python version that is read"));
    };
    let start = usize::try_from(length).unwrap_or(0);
    let stream = marshal::read(&blob, start, version.layout(), meter);
    list(&stream, version, meter)
}

/// The program in a marshal stream, as the newest version reads it that fits.
///
/// # Errors
/// A [`Stop`] when no version reads the stream, or when the budget ends.
pub fn explain_marshal(blob: &Blob, meter: &Meter) -> Result<Listing, Stop> {
    let blob = super::whole(blob, meter)?;
    let found = guess::versions(&blob, meter)?;
    let version = found.distinct.first().copied().unwrap_or(Version::V3_11);
    list(&found.stream, version, meter)
}

fn list(stream: &Stream, version: Version, meter: &Meter) -> Result<Listing, Stop> {
    let mut lister = Lister {
        codes: &stream.codes,
        version,
        meter,
        listing: Listing::new("python"),
        shown: vec![false; stream.codes.len()],
    };
    let mut result = Ok(());
    if let Some(top) = stream.top {
        result = lister.top(top);
    }
    // Code that nothing makes a function of is shown behind the rest.
    for index in (0..stream.codes.len()).rev() {
        if result.is_ok() && lister.shown.get(index) == Some(&false) {
            result = lister.top(index);
        }
    }
    lister.listing.broken = result.err().or_else(|| stream.broken.clone());
    Ok(lister.listing)
}

/// The listing so far.
struct Lister<'t> {
    codes: &'t [Code],
    version: Version,
    meter: &'t Meter,
    listing: Listing,
    /// Code objects that were shown.
    shown: Vec<bool>,
}

/// An expression on the stack.
#[derive(Clone, Default)]
struct Text {
    text: String,
    /// How tightly it binds: false where it needs parentheses to be a part of something.
    atom: bool,
    /// Lines that it needs.
    uses: Vec<u32>,
    /// A code object that it is.
    code: Option<usize>,
    /// NULL beside a callable.
    null: bool,
}

/// One code object that is being written.
struct Page<'t> {
    code: &'t Code,
    depth: usize,
    stack: Vec<Text>,
    /// Lines that last bound a name.
    bound: HashMap<Str, u32>,
    /// Stacks of jumps ahead.
    saved: HashMap<u32, Vec<Text>>,
    /// Where the bodies of conditions and loops end.
    blocks: Vec<u32>,
    /// Names of keyword arguments of the next call.
    keywords: Vec<Str>,
    /// Where the statement began.
    start: u32,
}

impl Text {
    fn atom(text: impl Into<String>) -> Self {
        Self { text: text.into(), atom: true, ..Self::default() }
    }

    /// As a part of something that binds more tightly.
    fn part(&self) -> String {
        if self.atom { self.text.clone() } else { format!("({})", self.text) }
    }
}

impl<'t> Lister<'t> {
    /// A code object that stands for itself: a module without `def`, anything else with it.
    fn top(&mut self, index: usize) -> Result<(), Stop> {
        let codes = self.codes;
        let Some(code) = codes.get(index) else { return Ok(()) };
        if code.is_function() {
            let line = format!("def {}({}):", plain(&code.name), parameters(code));
            self.push(code, (0, 0), 0, line, Vec::new());
            return self.code(index, 1, HashMap::new());
        }
        self.code(index, 0, HashMap::new())
    }

    fn code(&mut self, index: usize, depth: usize, bound: HashMap<Str, u32>) -> Result<(), Stop> {
        let codes = self.codes;
        let (Some(code), Some(shown)) = (codes.get(index), self.shown.get_mut(index)) else { return Ok(()) };
        if *shown || depth > MAX_DEPTH {
            return Ok(());
        }
        *shown = true;
        let before = self.listing.lines.len();
        let mut page = Page {
            code,
            depth,
            stack: Vec::new(),
            bound,
            saved: HashMap::new(),
            blocks: Vec::new(),
            keywords: Vec::new(),
            start: 0,
        };
        let decoded = code.decoded(self.version);
        let mut dead = false;
        for instruction in &decoded.instructions {
            self.meter.steps(1)?;
            page.blocks.retain(|until| *until > instruction.at);
            match page.saved.remove(&instruction.at) {
                Some(saved) if dead || saved.len() == page.stack.len().saturating_add(1) => page.stack = saved,
                Some(saved) if saved.len() == page.stack.len() => page.choose(&saved),
                None if dead => page.stack.clear(),
                _ => {}
            }
            if page.stack.is_empty() {
                page.start = instruction.at;
            }
            if instruction.joins && decoded.handlers.iter().any(|handler| handler.target == instruction.at) {
                self.line(&mut page, instruction, "# when something is raised:".into(), Vec::new());
            }
            self.instruction(&mut page, instruction)?;
            dead = instruction.ends();
            // What ends a loop or a branch is no part of the statement behind it.
            if dead || matches!(instruction.op, Op::PopBlock | Op::EndFor | Op::PopIter) {
                page.start = instruction.next;
            }
        }
        if self.listing.lines.len() == before {
            self.push(code, (0, 0), depth, "pass".into(), Vec::new());
        }
        Ok(())
    }

    /// A statement of the page.
    fn line(&mut self, page: &mut Page<'t>, instruction: &Instruction, text: String, uses: Vec<u32>) -> Option<u32> {
        let depth = page.depth.saturating_add(page.blocks.len());
        let range = (page.start.min(instruction.at), instruction.next);
        page.start = instruction.next;
        self.push(page.code, range, depth, text, uses)
    }

    fn push(&mut self, code: &Code, range: (u32, u32), depth: usize, text: String, mut uses: Vec<u32>) -> Option<u32> {
        let (start, end) = range;
        let (line, column) = code.line(self.version, start);
        let place = Place::bytes(code.code_at.saturating_add(u64::from(start)), u64::from(end.saturating_sub(start)))
            .line(line, column)
            .pointer(Unit::Instruction, format!("{}+{start}", code.qualname));
        let text = format!("{}{}", "    ".repeat(depth.min(2 * MAX_DEPTH)), base::expr::shorten(&text, MAX_TEXT).0);
        uses.sort_unstable();
        uses.dedup();
        self.listing.push(Line { text, place, uses })
    }
}

/// A name as it can be written: what compilers call `<lambda>` is no name.
fn plain(name: &str) -> String {
    name.chars().map(|letter| if letter.is_alphanumeric() || letter == '_' { letter } else { '_' }).collect()
}

/// The parameters of a `def`.
fn parameters(code: &Code) -> String {
    let names = code.parameters();
    let (args, kwargs) = code.takes();
    let positional = code.positional().len();
    let mut shown: Vec<String> = Vec::new();
    let extra = names.len().saturating_sub(usize::from(kwargs)).saturating_sub(usize::from(args));
    for (index, name) in names.iter().enumerate() {
        let only = usize::try_from(code.numbers.positional_only).unwrap_or(0);
        if index == positional && index < extra && !args {
            shown.push("*".into());
        }
        if index >= extra {
            let star = if args && index == extra { "*" } else { "**" };
            shown.push(format!("{star}{}", plain(name)));
        } else {
            shown.push(plain(name));
        }
        if only > 0 && index.saturating_add(1) == only {
            shown.push("/".into());
        }
    }
    shown.join(", ")
}

impl Page<'_> {
    fn pop(&mut self) -> Text {
        self.stack.pop().unwrap_or_else(|| Text::atom("…"))
    }

    fn take(&mut self, count: u32) -> Vec<Text> {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(self.stack.len());
        self.stack.split_off(self.stack.len().saturating_sub(count))
    }

    fn push(&mut self, text: Text) {
        if self.stack.len() < 1 << 12 {
            self.stack.push(Text { text: base::expr::shorten(&text.text, MAX_TEXT).0.to_string(), ..text });
        }
    }

    fn save(&mut self, target: u32) {
        if self.stack.len() <= 64 && self.saved.len() <= 1 << 10 {
            let stack = self.stack.clone();
            self.saved.entry(target).or_insert(stack);
        }
    }

    /// Two ways lead here with one value each.
    fn choose(&mut self, saved: &[Text]) {
        let (Some(here), Some(there)) = (self.stack.last_mut(), saved.last()) else { return };
        if here.text != there.text {
            let uses = [here.uses.clone(), there.uses.clone()].concat();
            *here = Text { text: format!("{} or {}", there.part(), here.part()), uses, ..Text::default() };
        }
    }
}

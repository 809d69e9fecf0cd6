//! What the three formats share: symbols, sections and the account of every byte.

use std::{collections::HashSet, ops::Range};

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    fact::{Flaw, Identity, Import, Opaque, Reference},
    location::{Place, Unit},
    sink::{Child, Sink},
    stop::Stop,
};

use super::{
    kernel::{self, Target},
    names,
    symbols::{self, Host},
};
use crate::{padding, pieces::Pieces, sweep::Fields};

/// Symbols of one table.
pub(super) const SYMBOLS: u64 = 1 << 20;
/// Bytes of one table, or of the texts beside it.
const TABLE: u64 = 64 << 20;
/// Bytes of a symbol's name.
const NAME: usize = 4096;
/// Bytes of a section whose randomness is measured.
const MEASURED: usize = 1 << 20;
/// Bytes in which the mark of a packer is sought.
const MARKED: usize = 4096;
/// Bytes below which randomness says nothing.
const FEW: usize = 2048;
/// Bits a byte above which no processor's code lies.
const RANDOM: f64 = 7.2;

/// Ranges of code, and tables of texts, that are remembered.
const RANGES: usize = 256;

/// A section or segment.
pub(super) struct Section<'n> {
    pub(super) name: &'n str,
    pub(super) range: Range<u64>,
    pub(super) executable: bool,
    pub(super) writable: bool,
}

/// A library or program that is being read.
pub(super) struct Image<'i, 's> {
    pub(super) blob: &'i Blob,
    pub(super) sink: &'i mut Sink<'s>,
    pub(super) meter: Meter,
    pub(super) len: u64,
    pub(super) big: bool,
    pieces: Pieces,
    hosts: Vec<Host>,
    imported: HashSet<String>,
    /// Where code lies, and whose kernel it may call.
    code: Vec<Range<u64>>,
    pub(super) target: Option<Target>,
    /// Tables of texts that hold the names of its own symbols.
    tables: Vec<Range<u64>>,
    /// What a truncated or lying image leaves out; told at the end.
    missing: Option<Stop>,
    held: u64,
}

impl<'i, 's> Image<'i, 's> {
    pub(super) fn new(blob: &'i Blob, sink: &'i mut Sink<'s>, big: bool) -> Self {
        let (meter, len) = (sink.meter().clone(), blob.len().unwrap_or(0));
        Self {
            blob,
            sink,
            meter,
            len,
            big,
            pieces: Pieces::default(),
            hosts: Vec::new(),
            imported: HashSet::new(),
            code: Vec::new(),
            target: None,
            tables: Vec::new(),
            missing: None,
            held: 0,
        }
    }

    /// The bytes of a table, as far as there are.
    pub(super) fn bytes(&mut self, range: Range<u64>) -> Result<Vec<u8>, Stop> {
        let length = range.end.saturating_sub(range.start).min(TABLE).min(self.len.saturating_sub(range.start));
        self.meter.hold(length)?;
        self.held = self.held.saturating_add(length);
        let bytes = self.blob.bytes_at(range.start, usize::try_from(length).unwrap_or(0))?;
        self.meter.bytes(bytes.len() as u64)?;
        if (bytes.len() as u64) < range.end.saturating_sub(range.start) && range.end > self.len {
            self.miss(Stop::truncated(self.len, "a table"));
        }
        Ok(bytes)
    }

    /// Bytes that were fetched and are held no more.
    pub(super) fn release_last(&mut self, length: u64) {
        self.meter.release(length);
        self.held = self.held.saturating_sub(length);
    }

    pub(super) fn fields<'b>(&self, bytes: &'b [u8]) -> Fields<'b> {
        Fields { bytes, big: self.big }
    }

    pub(super) fn miss(&mut self, stop: Stop) {
        self.missing.get_or_insert(stop);
    }

    pub(super) fn read(&mut self, range: Range<u64>) {
        self.pieces.add(range, Claim::Read);
    }

    pub(super) fn opaque(&mut self, range: Range<u64>) {
        self.pieces.add(range, Claim::Opaque);
    }

    pub(super) fn state(&mut self, key: &str, value: &str) -> Result<(), Stop> {
        self.sink.fact(Place::default(), Identity { key: key.into(), value: value.into() })
    }

    pub(super) fn refer(&mut self, kind: &str, target: &str, role: &str) -> Result<(), Stop> {
        let reference = Reference { kind: kind.into(), target: target.into(), role: role.into() };
        self.sink.fact(Place::default(), reference)
    }

    pub(super) fn flaw(&mut self, at: u64, id: &str, detail: String, part: &str) -> Result<(), Stop> {
        let flaw = Flaw { id: id.into(), detail: detail.into(), part: part.into() };
        self.sink.fact(Place::bytes(at, 0), flaw)
    }

    /// A symbol that the loader has to find elsewhere.
    pub(super) fn import(&mut self, at: u64, name: &str, library: &str) -> Result<(), Stop> {
        // `execve@GLIBC_2.2.5` names its version.
        let name = name.split('@').next().unwrap_or_default();
        self.note(symbols::imported(name));
        if name.is_empty() || self.imported.len() >= 1 << 16 || !self.imported.insert(name.to_owned()) {
            return Ok(());
        }
        let size = (name.len() as u64).saturating_add(64);
        self.meter.hold(size)?;
        self.held = self.held.saturating_add(size);
        let import = Import {
            module: "native".into(),
            name: name.into(),
            written: library.into(),
            origin: "symbol".into(),
            when: "load".into(),
        };
        self.sink.fact(Place::bytes(at, 0).pointer(Unit::Symbol, name), import)
    }

    /// A symbol that others find here.
    pub(super) fn export(&mut self, at: u64, name: &str) -> Result<(), Stop> {
        let host = symbols::exported(name.split('@').next().unwrap_or_default());
        if host.is_some() {
            let identity = Identity { key: "entry-point".into(), value: name.into() };
            self.sink.fact(Place::bytes(at, 0).pointer(Unit::Symbol, name), identity)?;
        }
        self.note(host);
        Ok(())
    }

    fn note(&mut self, host: Option<Host>) {
        let new = host.filter(|host| !self.hosts.contains(host));
        self.hosts.extend(new);
    }

    /// The text at `at` of a table of texts, without its end.
    pub(super) fn name(table: &[u8], at: u64) -> String {
        let rest = usize::try_from(at).ok().and_then(|at| table.get(at..)).unwrap_or_default();
        let rest = rest.get(..rest.len().min(NAME)).unwrap_or_default();
        String::from_utf8_lossy(rest.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
    }

    /// A table of texts that holds names of symbols, or what debuggers read.
    pub(super) fn table(&mut self, range: Range<u64>) {
        if self.tables.len() < RANGES {
            self.tables.push(range);
        }
    }

    /// A section or segment: its bytes are opaque, its rights and its randomness are told.
    pub(super) fn section(&mut self, section: &Section<'_>) -> Result<(), Stop> {
        let Range { start, end } = section.range;
        if start < end && end > self.len {
            let detail = format!("{} takes bytes up to {end} of {}", section.name, self.len);
            self.flaw(start, "section-beyond-end", detail, section.name)?;
            self.miss(Stop::truncated(self.len, format!("the section {}", section.name)));
        }
        self.opaque(start..end.min(self.len));
        if section.executable && section.writable {
            let detail = format!("{} is memory that is both written and run", section.name);
            self.flaw(start, "writable-code", detail, section.name)?;
        }
        if ["UPX", ".aspack", ".vmp", ".themida", ".petite", ".MPRESS"].iter().any(|name| section.name.starts_with(name)) {
            let detail = format!("{} is what a packer calls a section", section.name);
            return self.flaw(start, "packed-code", detail, section.name);
        }
        if section.executable && start < end.min(self.len) {
            if self.code.len() < RANGES {
                self.code.push(start..end.min(self.len));
            }
            let bytes = self.blob.bytes_at(start, MEASURED.min(usize::try_from(end.min(self.len).saturating_sub(start)).unwrap_or(0)))?;
            self.meter.bytes(bytes.len() as u64)?;
            let bits = entropy(&bytes);
            if bytes.len() >= FEW && bits > RANDOM {
                let detail = format!("the code in {} is as random as compressed data: {bits:.2} bits a byte", section.name);
                self.flaw(start, "packed-code", detail, section.name)?;
            }
        }
        Ok(())
    }

    /// UPX leaves its mark in front of what it packs.
    fn packed(&mut self) -> Result<(), Stop> {
        let head = self.blob.bytes_at(0, MARKED)?;
        match memchr::memmem::find(&head, b"UPX!") {
            Some(at) => self.flaw(at as u64, "packed-code", "the mark of the packer UPX stands in the header".into(), "UPX!"),
            None => Ok(()),
        }
    }

    /// States what the file is, accounts for every byte, and gives back what no table explains.
    pub(super) fn finish(mut self, what: &str) -> Result<(), Stop> {
        self.packed()?;
        let purpose: Vec<&str> = self.hosts.iter().map(|(Host::Interpreter(what) | Host::Framework(what))| *what).collect();
        let kind = match self.hosts.first() {
            Some(Host::Interpreter(_)) => "native-extension",
            Some(Host::Framework(_)) => "native-plugin",
            // Nobody loads a program: somebody starts it.
            None if what.contains("program") => "native-program",
            None => "native",
        };
        let detail = std::iter::once(what).chain(purpose).collect::<Vec<_>>().join(", ");
        self.sink.fact(Place::bytes(0, self.len), Opaque { kind: kind.into(), detail: detail.into() })?;
        let (len, held) = (self.len, self.held);
        super::strings::state(self.blob, len, &self.meter, self.sink)?;
        if let Some(target) = self.target {
            kernel::state(self.blob, &self.code, target, &self.meter, self.sink)?;
        }
        if let Some(few) = names::looks_up(&self.imported) {
            let origin = if few { "looked-up" } else { "name-in-data" };
            names::state(self.blob, (&self.imported, &self.tables), origin, &self.meter, self.sink)?;
        }
        for gap in self.pieces.claim(self.sink, len) {
            if padding::is_zero(self.blob, &self.meter, gap.clone())? {
                self.sink.claim(gap, Claim::Padding);
            } else if let Some(blob) = self.blob.slice(gap.clone()) {
                let length = gap.end.saturating_sub(gap.start);
                // Fewer bytes than any file fill the space in front of the next part.
                if length < 64 && gap.end < len {
                    self.sink.claim(gap, Claim::Opaque);
                    continue;
                }
                let name = if gap.end == len { "overlay".to_owned() } else { format!("gap-{:#x}", gap.start) };
                self.sink.claim(gap.clone(), Claim::Child);
                self.sink.child(Child::window(name, Place::bytes(gap.start, length), blob))?;
            }
        }
        self.meter.release(held);
        self.missing.map_or(Ok(()), Err)
    }
}

/// Shannon's entropy in bits a byte.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count = count.saturating_add(1);
        }
    }
    let total = f64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX)).max(1.0);
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total).map(|share| -share * share.log2()).sum()
}

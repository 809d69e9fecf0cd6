//! ELF of both classes and byte orders, read by what the loader uses: segments and the dynamic table, sections where there are.

use base::{blob::Blob, fact::Opaque, location::Place, sink::Sink, stop::Stop};

use super::{
    image::{Image, SYMBOLS, Section},
    kernel::Target,
};

const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const INTERPRETER: u32 = 3;
const STACK: u32 = 0x6474_e551;
const NO_BITS: u32 = 8;
const SYMBOL_TABLE: u32 = 2;
const TEXTS: u32 = 3;
const DYNAMIC_SYMBOLS: u32 = 11;
/// Segments or sections of a file.
const PARTS: u64 = 1 << 16;

pub(super) fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let head = blob.bytes_at(0, 64)?;
    let (class, order) = (head.get(4).copied(), head.get(5).copied());
    let image = Image::new(blob, sink, order == Some(2));
    let file = Elf { image, wide: class == Some(2), segments: Vec::new() };
    match file.header(&head) {
        Some(header) => file.read(&header),
        None => {
            let len = file.image.len;
            let detail = "an ELF file without its header".into();
            file.image.sink.fact(Place::bytes(0, len), Opaque { kind: "native".into(), detail })?;
            Err(Stop::truncated(len, "the header"))
        }
    }
}

/// The header as far as it matters.
struct Header {
    kind: u16,
    machine: u16,
    segments: (u64, u64, u64),
    sections: (u64, u64, u64),
    names: u64,
    size: u64,
}

struct Segment {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    size: u64,
}

struct Elf<'i, 's> {
    image: Image<'i, 's>,
    wide: bool,
    segments: Vec<Segment>,
}

/// What the dynamic table says.
#[derive(Default)]
struct Dynamic {
    needed: Vec<u64>,
    paths: Vec<u64>,
    texts: u64,
    texts_size: u64,
    symbols: u64,
    hash: u64,
    gnu_hash: u64,
    constructors: u64,
}

impl Elf<'_, '_> {
    /// A number as wide as the class: its offset in the narrow and in the wide form.
    fn word(&self, bytes: &[u8], narrow: usize, wide: usize) -> Option<u64> {
        let fields = self.image.fields(bytes);
        if self.wide { fields.u64(wide) } else { fields.u32(narrow).map(u64::from) }
    }

    fn header(&self, head: &[u8]) -> Option<Header> {
        let fields = self.image.fields(head);
        let at = if self.wide { 52_usize } else { 40 };
        let half = |index: usize| fields.u16(at.checked_add(index.checked_mul(2)?)?).map(u64::from);
        Some(Header {
            kind: fields.u16(16)?,
            machine: fields.u16(18)?,
            segments: (self.word(head, 28, 32)?, half(1)?, half(2)?),
            sections: (self.word(head, 32, 40)?, half(3)?, half(4)?),
            names: half(5)?,
            size: half(0)?,
        })
    }

    fn read(mut self, header: &Header) -> Result<(), Stop> {
        self.image.read(0..header.size.clamp(52, 64));
        self.segments(header)?;
        let dynamic = self.dynamic()?;
        let found = match &dynamic {
            Some(dynamic) => self.dynamic_symbols(dynamic)?,
            None => 0,
        };
        self.sections(header, found)?;
        let what = match header.kind {
            1 => "object file",
            2 => "program",
            3 if self.segments.iter().any(|segment| segment.kind == INTERPRETER) => "program",
            3 => "shared object",
            4 => "core dump",
            _ => "file",
        };
        let detail = format!("ELF {what}, {}", machine(header.machine));
        self.image.target = match header.machine {
            3 => Some(Target::LinuxX86),
            62 => Some(Target::LinuxX86Wide),
            183 => Some(Target::LinuxArm),
            _ => None,
        };
        self.image.finish(&detail)
    }

    fn segments(&mut self, header: &Header) -> Result<(), Stop> {
        let (start, size, count) = header.segments;
        let count = count.min(PARTS);
        let end = start.saturating_add(size.saturating_mul(count));
        let table = self.image.bytes(start..end)?;
        self.image.read(start..end);
        let step = usize::try_from(size).unwrap_or(0).max(1);
        for entry in table.chunks_exact(step) {
            self.image.meter.steps(1)?;
            let fields = self.image.fields(entry);
            let parts = (
                fields.u32(0),
                fields.u32(if self.wide { 4 } else { 24 }),
                self.word(entry, 4, 8),
                self.word(entry, 8, 16),
                self.word(entry, 16, 32),
            );
            let (Some(kind), Some(flags), Some(offset), Some(address), Some(size)) = parts else { continue };
            self.segments.push(Segment { kind, flags, offset, address, size });
        }
        for index in 0..self.segments.len() {
            self.segment(index)?;
        }
        Ok(())
    }

    fn segment(&mut self, index: usize) -> Result<(), Stop> {
        let Some(Segment { kind, flags, offset, size, .. }) = self.segments.get(index) else { return Ok(()) };
        let (range, flags) = (*offset..offset.saturating_add(*size), *flags);
        match *kind {
            LOAD => {
                let name = format!("segment {index}");
                // Randomness is measured by segment, for sections need not be there.
                let section = Section { name: &name, range, executable: flags & 1 != 0, writable: flags & 2 != 0 };
                self.image.section(&section)
            }
            INTERPRETER => {
                let name = self.image.bytes(range.start..range.end.min(range.start.saturating_add(4096)))?;
                self.image.refer("file", &Image::name(&name, 0), "interpreter")
            }
            STACK if flags & 1 != 0 => self.image.state("stack", "executable"),
            // Notes and the like lie outside of what is loaded in object files only.
            _ => {
                self.image.opaque(range.start..range.end.min(self.image.len));
                Ok(())
            }
        }
    }

    /// Where the byte that is loaded at `address` lies in the file.
    fn offset(&self, address: u64) -> Option<u64> {
        let segment = self.segments.iter().find(|segment| {
            segment.kind == LOAD && (segment.address..segment.address.saturating_add(segment.size)).contains(&address)
        })?;
        segment.offset.checked_add(address.checked_sub(segment.address)?)
    }

    fn dynamic(&mut self) -> Result<Option<Dynamic>, Stop> {
        let Some(segment) = self.segments.iter().find(|segment| segment.kind == DYNAMIC) else { return Ok(None) };
        let range = segment.offset..segment.offset.saturating_add(segment.size.min(1 << 20));
        let table = self.image.bytes(range)?;
        let mut found = Dynamic::default();
        let (mut pointers, mut old) = (0_u64, 0_u64);
        for entry in table.chunks_exact(if self.wide { 16 } else { 8 }) {
            let (Some(tag), Some(value)) = (self.word(entry, 0, 0), self.word(entry, 4, 8)) else { break };
            match tag {
                0 => break,
                1 if found.needed.len() < 1024 => found.needed.push(value),
                4 => found.hash = value,
                5 => found.texts = value,
                6 => found.symbols = value,
                10 => found.texts_size = value,
                12 => old = 1,
                15 | 29 if found.paths.len() < 16 => found.paths.push(value),
                // Sizes of the arrays of functions that run before and at loading.
                27 | 33 => pointers = pointers.saturating_add(value),
                0x6fff_fef5 => found.gnu_hash = value,
                _ => {}
            }
        }
        found.constructors = old.saturating_add(pointers >> if self.wide { 3 } else { 2 });
        Ok(Some(found))
    }

    /// Libraries, search paths and symbols of the dynamic table; how many symbols there were.
    fn dynamic_symbols(&mut self, dynamic: &Dynamic) -> Result<u64, Stop> {
        let texts = match self.offset(dynamic.texts) {
            Some(start) => {
                let range = start..start.saturating_add(dynamic.texts_size);
                self.image.table(range.clone());
                self.image.bytes(range)?
            }
            None => Vec::new(),
        };
        for name in &dynamic.needed {
            self.image.refer("library", &Image::name(&texts, *name), "needed")?;
        }
        for path in &dynamic.paths {
            self.image.refer("folder", &Image::name(&texts, *path), "search-path")?;
        }
        if dynamic.constructors > 0 {
            self.image.state("constructors", &dynamic.constructors.to_string())?;
        }
        let Some(start) = self.offset(dynamic.symbols) else { return Ok(0) };
        let count = self.count(dynamic)?.min(SYMBOLS);
        self.symbols(start, count, &texts)?;
        Ok(count)
    }

    /// The count of symbols is stated nowhere: the hash tables tell, and the texts that usually follow the symbols.
    fn count(&mut self, dynamic: &Dynamic) -> Result<u64, Stop> {
        let entry = if self.wide { 24_u64 } else { 16 };
        let bytes = dynamic.texts.saturating_sub(dynamic.symbols);
        let mut count = bytes.checked_div(entry).unwrap_or(0);
        if let Some(at) = self.offset(dynamic.hash).filter(|_| dynamic.hash > 0) {
            let hash = self.image.bytes(at..at.saturating_add(8))?;
            count = count.max(u64::from(self.image.fields(&hash).u32(4).unwrap_or(0)));
        }
        if let Some(at) = self.offset(dynamic.gnu_hash).filter(|_| dynamic.gnu_hash > 0) {
            count = count.max(self.gnu_count(at)?);
        }
        Ok(count)
    }

    fn gnu_count(&mut self, at: u64) -> Result<u64, Stop> {
        let head = self.image.bytes(at..at.saturating_add(16))?;
        let fields = self.image.fields(&head);
        let (Some(buckets), Some(first), Some(bloom)) = (fields.u32(0), fields.u32(4), fields.u32(8)) else { return Ok(0) };
        let word = if self.wide { 8_u64 } else { 4 };
        let start = at.saturating_add(16).saturating_add(u64::from(bloom).saturating_mul(word));
        let chains = start.saturating_add(u64::from(buckets).min(SYMBOLS).saturating_mul(4));
        let table = self.image.bytes(start..chains)?;
        let number = |chunk: &[u8; 4]| if self.image.big { u32::from_be_bytes(*chunk) } else { u32::from_le_bytes(*chunk) };
        let (words, _) = table.as_chunks::<4>();
        let last = words.iter().map(number).max().unwrap_or(0);
        let Some(skip) = last.checked_sub(first) else { return Ok(u64::from(first)) };
        let from = chains.saturating_add(u64::from(skip).saturating_mul(4));
        let chain = self.image.bytes(from..from.saturating_add(64 << 10).min(self.image.len))?;
        let (words, _) = chain.as_chunks::<4>();
        let number = |chunk: &[u8; 4]| if self.image.big { u32::from_be_bytes(*chunk) } else { u32::from_le_bytes(*chunk) };
        let length = words.iter().map(number).take_while(|hash| hash & 1 == 0).count() as u64;
        Ok(u64::from(last).saturating_add(length).saturating_add(1))
    }

    fn symbols(&mut self, start: u64, count: u64, texts: &[u8]) -> Result<(), Stop> {
        let entry = if self.wide { 24_u64 } else { 16 };
        let table = self.image.bytes(start..start.saturating_add(count.saturating_mul(entry)).min(self.image.len))?;
        for (index, symbol) in table.chunks_exact(usize::try_from(entry).unwrap_or(24)).enumerate() {
            self.image.meter.steps(1)?;
            let fields = self.image.fields(symbol);
            let (name, info, section) = if self.wide {
                (fields.u32(0), symbol.get(4), fields.u16(6))
            } else {
                (fields.u32(0), symbol.get(12), fields.u16(14))
            };
            let (Some(name), Some(info), Some(section)) = (name, info, section) else { continue };
            let at = start.saturating_add((index as u64).saturating_mul(entry));
            // Bindings are local, global and weak; files and sections are no symbols of anyone.
            if info >> 4 == 0 || matches!(info & 15, 3 | 4) {
                continue;
            }
            let name = Image::name(texts, u64::from(name));
            if section == 0 { self.image.import(at, &name, "")? } else { self.image.export(at, &name)? }
        }
        Ok(())
    }

    fn sections(&mut self, header: &Header, found: u64) -> Result<(), Stop> {
        let (start, size, count) = header.sections;
        let end = start.saturating_add(size.saturating_mul(count.min(PARTS)));
        let table = self.image.bytes(start..end)?;
        self.image.read(start..end);
        let step = usize::try_from(size).unwrap_or(0).max(40);
        let entries: Vec<&[u8]> = table.chunks_exact(step).collect();
        let place = |file: &Self, index: u64| {
            let entry = usize::try_from(index).ok().and_then(|index| entries.get(index))?;
            let (offset, size) = (file.word(entry, 16, 24)?, file.word(entry, 20, 32)?);
            Some(offset..offset.checked_add(size)?)
        };
        let names = match place(self, header.names) {
            Some(range) => self.image.bytes(range)?,
            None => Vec::new(),
        };
        let mut debug = false;
        for entry in &entries {
            self.image.meter.steps(1)?;
            let fields = self.image.fields(entry);
            let (Some(name), Some(kind)) = (fields.u32(0), fields.u32(4)) else { continue };
            let (Some(offset), Some(size)) = (self.word(entry, 16, 24), self.word(entry, 20, 32)) else { continue };
            let name = Image::name(&names, u64::from(name));
            debug |= name.starts_with(".debug_") || kind == SYMBOL_TABLE;
            if kind == NO_BITS || kind == 0 {
                continue;
            }
            if kind == TEXTS || name.starts_with(".debug_") {
                self.image.table(offset..offset.saturating_add(size));
            }
            // What the segments run was measured with them.
            let executable = self.segments.is_empty() && self.word(entry, 8, 8).is_some_and(|flags| flags & 4 != 0);
            let range = offset..offset.saturating_add(size);
            self.image.section(&Section { name: &name, range: range.clone(), executable, writable: false })?;
            let link = fields.u32(if self.wide { 40 } else { 24 }).map_or(0, u64::from);
            let wanted = kind == DYNAMIC_SYMBOLS || kind == SYMBOL_TABLE && header.kind == 1;
            if let Some(texts) = place(self, link).filter(|_| wanted && found == 0) {
                let texts = self.image.bytes(texts)?;
                let entry = if self.wide { 24_u64 } else { 16 };
                self.symbols(offset, size.checked_div(entry).unwrap_or(0).min(SYMBOLS), &texts)?;
            }
        }
        self.image.state("symbols", if debug { "kept" } else { "stripped" })
    }
}

fn machine(number: u16) -> String {
    let known = match number {
        3 => "x86",
        8 => "MIPS",
        20 => "PowerPC",
        21 => "PowerPC 64",
        22 => "S/390",
        40 => "ARM",
        62 => "x86-64",
        183 => "AArch64",
        190 => "CUDA",
        224 => "AMD GPU",
        243 => "RISC-V",
        247 => "BPF",
        258 => "LoongArch",
        other => return format!("processor {other}"),
    };
    known.to_owned()
}

//! PE of 32 and 64 bits: what the Windows loader looks at.

use std::ops::Range;

use base::{blob::Blob, fact::Opaque, location::Place, sink::Sink, stop::Stop};

use super::{
    image::{Image, SYMBOLS, Section},
    kernel::Target,
};

/// Libraries that are imported from.
const LIBRARIES: usize = 4096;
/// Bytes of a name.
const NAME: u64 = 4096;
/// Bytes of the name of a symbol.
const SYMBOL: u64 = 512;
/// Bytes of a list that are fetched at a time.
const BLOCK: u64 = 4096;
const EXECUTABLE: u32 = 0x2000_0000;
const WRITABLE: u32 = 0x8000_0000;
const CODE: u32 = 0x20;

pub(super) fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut file = Pe { image: Image::new(blob, sink, false), sections: Vec::new(), wide: false };
    match file.header()? {
        Some(header) => file.read(&header),
        None => {
            let len = file.image.len;
            let opaque = Opaque { kind: "native".into(), detail: "a Windows program without its header".into() };
            file.image.sink.fact(Place::bytes(0, len), opaque)?;
            Err(Stop::malformed(0x3c, "the offset of the signature PE"))
        }
    }
}

/// A table that the optional header names: where it is loaded and how long it is.
type Directory = (u64, u64);

struct Header {
    machine: u16,
    library: bool,
    sections: Range<u64>,
    directories: Vec<Directory>,
    headers: u64,
    symbols: (u64, u64),
    base: u64,
}

/// Where a section is loaded, and from where in the file.
struct Mapping {
    address: Range<u64>,
    offset: u64,
}

struct Pe<'i, 's> {
    image: Image<'i, 's>,
    sections: Vec<Mapping>,
    wide: bool,
}

impl Pe<'_, '_> {
    fn header(&mut self) -> Result<Option<Header>, Stop> {
        let dos = self.image.bytes(0..64)?;
        let Some(at) = self.image.fields(&dos).u32(0x3c).map(u64::from) else { return Ok(None) };
        let bytes = self.image.bytes(at..at.saturating_add(24))?;
        if !bytes.starts_with(b"PE\0\0") {
            return Ok(None);
        }
        let fields = self.image.fields(&bytes);
        let file = (fields.u16(4), fields.u16(6), fields.u32(12), fields.u32(16), fields.u16(20), fields.u16(22));
        let (Some(machine), Some(count), Some(symbols), Some(symbol_count), Some(size), Some(flags)) = file else {
            return Ok(None);
        };
        let start = at.saturating_add(24);
        let sections = start.saturating_add(u64::from(size));
        let optional = self.image.bytes(start..sections)?;
        let fields = self.image.fields(&optional);
        self.wide = fields.u16(0) == Some(0x20b);
        let directories_at = if self.wide { 112_usize } else { 96 };
        let count_of_directories = fields.u32(directories_at.saturating_sub(4)).unwrap_or(0).min(16);
        let directory = |index: u32| {
            let at = directories_at.checked_add(usize::try_from(index).ok()?.checked_mul(8)?)?;
            Some((u64::from(fields.u32(at)?), u64::from(fields.u32(at.checked_add(4)?)?)))
        };
        let base = if self.wide { fields.u64(24) } else { fields.u32(28).map(u64::from) };
        Ok(Some(Header {
            machine,
            library: flags & 0x2000 != 0,
            sections: sections..sections.saturating_add(u64::from(count).saturating_mul(40)),
            directories: (0..count_of_directories).map_while(directory).collect(),
            headers: u64::from(fields.u32(60).unwrap_or(0)),
            symbols: (u64::from(symbols), u64::from(symbol_count)),
            base: base.unwrap_or(0),
        }))
    }

    fn read(mut self, header: &Header) -> Result<(), Stop> {
        let end = header.sections.end.max(header.headers).min(self.image.len);
        self.image.read(0..end);
        if header.sections.end > self.image.len {
            self.image.miss(Stop::truncated(self.image.len, "the table of sections"));
        }
        self.sections(header)?;
        let directory = |index: usize| header.directories.get(index).copied().filter(|(address, _)| *address > 0);
        if let Some((address, _)) = directory(1) {
            self.imports(address, 20, header.base)?;
        }
        if let Some((address, _)) = directory(13) {
            self.imports(address, 32, header.base)?;
        }
        if let Some((address, _)) = directory(0) {
            self.exports(address)?;
        }
        if let Some((address, _)) = directory(9) {
            self.callbacks(address, header.base)?;
        }
        // The certificates lie behind the sections, by offset.
        if let Some((offset, size)) = directory(4) {
            self.image.opaque(offset..offset.saturating_add(size).min(self.image.len));
            self.image.state("signature", "Authenticode")?;
        }
        let (symbols, count) = header.symbols;
        if symbols > 0 {
            let texts = symbols.saturating_add(count.saturating_mul(18));
            let size = self.image.bytes(texts..texts.saturating_add(4))?;
            let size = self.image.fields(&size).u32(0).map_or(0, u64::from);
            self.image.opaque(symbols..texts.saturating_add(size).min(self.image.len));
        }
        self.image.state("symbols", if symbols > 0 { "kept" } else { "stripped" })?;
        let what = match (directory(14).is_some(), header.library) {
            (true, _) => "PE assembly of .NET",
            (_, true) => "PE library",
            _ => "PE program",
        };
        let detail = format!("{what}, {}", machine(header.machine));
        self.image.target = (header.machine == 0x8664).then_some(Target::Windows);
        self.image.finish(&detail)
    }

    fn sections(&mut self, header: &Header) -> Result<(), Stop> {
        let table = self.image.bytes(header.sections.clone())?;
        for entry in table.chunks_exact(40) {
            let fields = self.image.fields(entry);
            let sizes = (fields.u32(8), fields.u32(12), fields.u32(16), fields.u32(20), fields.u32(36));
            let (Some(memory), Some(address), Some(size), Some(offset), Some(flags)) = sizes else { continue };
            let name = Image::name(entry.get(..8).unwrap_or_default(), 0);
            let (offset, size) = (u64::from(offset), u64::from(size));
            let address = u64::from(address);
            let loaded = address..address.saturating_add(u64::from(memory).max(size));
            self.sections.push(Mapping { address: loaded, offset });
            let range = if offset == 0 { 0..0 } else { offset..offset.saturating_add(size) };
            let executable = flags & EXECUTABLE != 0;
            // Old linkers mark data as runnable; code is what says so, or what is written too.
            let code = executable && (flags & CODE != 0 || flags & WRITABLE != 0);
            self.image.section(&Section { name: &name, range, executable: code, writable: flags & WRITABLE != 0 })?;
        }
        Ok(())
    }

    /// Where what is loaded at `address` lies in the file.
    fn offset(&self, address: u64) -> Option<u64> {
        let mapping = self.sections.iter().find(|mapping| mapping.address.contains(&address))?;
        mapping.offset.checked_add(address.checked_sub(mapping.address.start)?)
    }

    fn at(&mut self, address: u64, size: u64) -> Result<Vec<u8>, Stop> {
        match self.offset(address) {
            Some(offset) => self.image.bytes(offset..offset.saturating_add(size).min(self.image.len)),
            None => Ok(Vec::new()),
        }
    }

    fn text(&mut self, address: u64) -> Result<String, Stop> {
        let bytes = self.at(address, NAME)?;
        Ok(Image::name(&bytes, 0))
    }

    /// Descriptors of libraries, ordinary ones of 20 bytes or delayed ones of 32.
    fn imports(&mut self, address: u64, size: u64, base: u64) -> Result<(), Stop> {
        for index in 0..LIBRARIES {
            let at = address.saturating_add((index as u64).saturating_mul(size));
            let entry = self.at(at, size)?;
            let fields = self.image.fields(&entry);
            let word = |at: usize| fields.u32(at).map_or(0, u64::from);
            // Delayed descriptors of old tools hold addresses, not distances from the base.
            let relative = |value: u64| if size == 32 && word(0) & 1 == 0 { value.saturating_sub(base) } else { value };
            let (name, first, second) = match size {
                20 => (word(12), word(0), word(16)),
                _ => (relative(word(4)), relative(word(16)), relative(word(12))),
            };
            if name == 0 {
                return Ok(());
            }
            self.image.meter.steps(1)?;
            let library = self.text(name)?;
            self.image.refer("library", &library, "needed")?;
            self.thunks(if first == 0 { second } else { first }, &library)?;
        }
        Ok(())
    }

    /// The list of a library's symbols, which ends with a zero.
    fn thunks(&mut self, address: u64, library: &str) -> Result<(), Stop> {
        let width = if self.wide { 8_u64 } else { 4 };
        let mut index = 0_u64;
        while index < SYMBOLS {
            let from = address.saturating_add(index.saturating_mul(width));
            let table = self.at(from, BLOCK)?;
            self.image.release_last(table.len() as u64);
            let start = self.offset(from).unwrap_or(0);
            let mut at = start;
            for entry in table.chunks_exact(usize::try_from(width).unwrap_or(8)) {
                let fields = self.image.fields(entry);
                let value = if self.wide { fields.u64(0) } else { fields.u32(0).map(u64::from) };
                let Some(value) = value.filter(|value| *value != 0) else { return Ok(()) };
                self.thunk(at, value, library)?;
                (at, index) = (at.saturating_add(width), index.saturating_add(1));
            }
            if at == start {
                return Ok(());
            }
        }
        Ok(())
    }

    /// One symbol, by its number or by its name behind a hint of two bytes.
    fn thunk(&mut self, at: u64, value: u64, library: &str) -> Result<(), Stop> {
        self.image.meter.steps(1)?;
        let ordinal = if self.wide { 1_u64 << 63 } else { 1 << 31 };
        let name = if value & ordinal != 0 {
            format!("{library}#{}", value & 0xffff)
        } else {
            let bytes = self.at((value & 0x7fff_ffff).saturating_add(2), SYMBOL)?;
            self.image.release_last(bytes.len() as u64);
            Image::name(&bytes, 0)
        };
        self.image.import(at, &name, library)
    }

    fn exports(&mut self, address: u64) -> Result<(), Stop> {
        let table = self.at(address, 40)?;
        let fields = self.image.fields(&table);
        let (Some(count), Some(names)) = (fields.u32(24), fields.u32(32)) else { return Ok(()) };
        let names = u64::from(names);
        let pointers = self.at(names, u64::from(count).min(SYMBOLS).saturating_mul(4))?;
        let start = self.offset(names).unwrap_or(0);
        for (index, entry) in pointers.chunks_exact(4).enumerate() {
            self.image.meter.steps(1)?;
            let Some(name) = self.image.fields(entry).u32(0) else { continue };
            let bytes = self.at(u64::from(name), SYMBOL)?;
            self.image.release_last(bytes.len() as u64);
            self.image.export(start.saturating_add((index as u64).saturating_mul(4)), &Image::name(&bytes, 0))?;
        }
        Ok(())
    }

    /// Functions that run before the entry point.
    fn callbacks(&mut self, address: u64, base: u64) -> Result<(), Stop> {
        let width = if self.wide { 8_usize } else { 4 };
        let table = self.at(address, if self.wide { 40 } else { 24 })?;
        let number = |fields: crate::sweep::Fields<'_>, at: usize| match width {
            8 => fields.u64(at),
            _ => fields.u32(at).map(u64::from),
        };
        let list = number(self.image.fields(&table), width.saturating_mul(3)).unwrap_or(0).saturating_sub(base);
        let entries = self.at(list, 4096)?;
        let chunks = entries.chunks_exact(width);
        let count = chunks.take_while(|entry| entry.iter().any(|byte| *byte != 0)).count();
        if count > 0 { self.image.state("constructors", &count.to_string()) } else { Ok(()) }
    }
}

fn machine(number: u16) -> String {
    let known = match number {
        0x14c => "x86",
        0x8664 => "x86-64",
        0x1c0 | 0x1c4 => "ARM",
        0xaa64 => "AArch64",
        0x5032 | 0x5064 => "RISC-V",
        0x200 => "Itanium",
        0xebc => "EFI bytecode",
        other => return format!("processor {other:#x}"),
    };
    known.to_owned()
}

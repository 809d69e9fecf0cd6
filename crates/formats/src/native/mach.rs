//! Mach-O of 32 and 64 bits and both byte orders, and fat files of several architectures.

use base::{
    blob::Blob,
    coverage::Claim,
    fact::Opaque,
    location::Place,
    sink::{Child, Sink},
    stop::Stop,
};

use super::{
    image::{Image, SYMBOLS, Section},
    kernel::Target,
};
use crate::{padding, pieces::Pieces, sweep::Fields};

/// Bytes of all load commands.
const COMMANDS: u64 = 16 << 20;

pub(super) fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let head = blob.bytes_at(0, 32)?;
    match head.first_chunk() {
        Some([0xca, 0xfe, 0xba, 0xbe]) => fat(blob, sink, 20),
        Some([0xca, 0xfe, 0xba, 0xbf]) => fat(blob, sink, 32),
        Some([first, .., last]) => {
            let (big, wide) = (*first == 0xfe, *first == 0xcf || *last == 0xcf);
            Mach { image: Image::new(blob, sink, big), wide, libraries: Vec::new(), constructors: 0 }.read(&head)
        }
        None => Err(Stop::truncated(head.len() as u64, "the magic")),
    }
}

/// One child an architecture. Entries of 20 bytes, or of 32 with wide offsets.
fn fat(blob: &Blob, sink: &mut Sink<'_>, size: usize) -> Result<(), Stop> {
    let len = blob.len().unwrap_or(0);
    let meter = sink.meter().clone();
    let head = blob.bytes_at(0, 8)?;
    let count = Fields { bytes: &head, big: true }.u32(4).and_then(|count| usize::try_from(count).ok()).unwrap_or(0).min(64);
    let table = blob.bytes_at(8, count.saturating_mul(size))?;
    let mut pieces = Pieces::default();
    let mut missing = (table.len() < count.saturating_mul(size)).then(|| Stop::truncated(len, "the table of architectures"));
    pieces.add(0..8_u64.saturating_add(table.len() as u64), Claim::Read);
    for entry in table.chunks_exact(size) {
        let fields = Fields { bytes: entry, big: true };
        let place = if size == 20 {
            fields.u32(8).map(u64::from).zip(fields.u32(12).map(u64::from))
        } else {
            fields.u64(8).zip(fields.u64(16))
        };
        let (Some(processor), Some((offset, length))) = (fields.u32(0), place) else { continue };
        let end = offset.saturating_add(length);
        if end > len {
            missing.get_or_insert_with(|| Stop::truncated(len, "an architecture"));
        }
        let Some(part) = blob.slice(offset..end).filter(|part| !part.is_empty()) else { continue };
        pieces.add(offset..end.min(len), Claim::Child);
        let name = format!("{}.macho", machine(processor));
        sink.child(Child::window(name, Place::bytes(offset, end.min(len).saturating_sub(offset)), part))?;
    }
    for gap in pieces.claim(sink, len) {
        if padding::is_zero(blob, &meter, gap.clone())? {
            sink.claim(gap, Claim::Padding);
        }
    }
    missing.map_or(Ok(()), Err)
}

struct Mach<'i, 's> {
    image: Image<'i, 's>,
    wide: bool,
    libraries: Vec<String>,
    constructors: u64,
}

impl Mach<'_, '_> {
    fn read(mut self, head: &[u8]) -> Result<(), Stop> {
        let fields = self.image.fields(head);
        let size = if self.wide { 32_u64 } else { 28 };
        let parts = (fields.u32(4), fields.u32(12), fields.u32(16), fields.u32(20));
        let (Some(processor), Some(kind), Some(count), Some(length)) = parts else {
            let len = self.image.len;
            let opaque = Opaque { kind: "native".into(), detail: "a Mach-O file without its header".into() };
            self.image.sink.fact(Place::bytes(0, len), opaque)?;
            return Err(Stop::truncated(len, "the header"));
        };
        let end = size.saturating_add(u64::from(length));
        self.image.read(0..end);
        let commands = self.image.bytes(size..end.min(size.saturating_add(COMMANDS)))?;
        self.commands(&commands, size, count)?;
        if self.constructors > 0 {
            self.image.state("constructors", &self.constructors.to_string())?;
        }
        let what = match kind {
            1 => "object file",
            2 => "program",
            6 => "shared library",
            8 => "bundle",
            _ => "file",
        };
        let detail = format!("Mach-O {what}, {}", machine(processor));
        self.image.target = match processor {
            0x0100_0007 => Some(Target::MacX86),
            0x0100_000c => Some(Target::MacArm),
            _ => None,
        };
        self.image.finish(&detail)
    }

    fn commands(&mut self, bytes: &[u8], start: u64, count: u32) -> Result<(), Stop> {
        let (mut rest, mut at) = (bytes, start);
        let mut tables = Vec::new();
        for _ in 0..count {
            self.image.meter.steps(1)?;
            let fields = self.image.fields(rest);
            let (Some(kind), Some(size)) = (fields.u32(0), fields.u32(4)) else {
                self.image.miss(Stop::truncated(at, "a load command"));
                break;
            };
            let split = usize::try_from(size).ok().filter(|size| *size >= 8).and_then(|size| rest.split_at_checked(size));
            let Some((command, after)) = split else {
                self.image.miss(Stop::malformed(at, "the size of a load command"));
                break;
            };
            if kind == 2 {
                tables.push(command);
            } else {
                self.command(kind, command, at)?;
            }
            (rest, at) = (after, at.saturating_add(u64::from(size)));
        }
        // Symbols name libraries by their number: all of them are known by now.
        for command in tables {
            self.symbols(command)?;
        }
        Ok(())
    }

    fn command(&mut self, kind: u32, command: &[u8], at: u64) -> Result<(), Stop> {
        let fields = self.image.fields(command);
        let word = |at: usize| fields.u32(at).map_or(0, u64::from);
        let name = Image::name(command, word(8));
        let (data, size) = (word(8), word(12));
        match kind {
            0x1 | 0x19 => self.segment(command),
            // Ordinary, weak, exported again, upward and lazy.
            0xc | 0x8000_0018 | 0x8000_001f | 0x8000_0023 | 0x20 => {
                if self.libraries.len() < 4096 {
                    self.libraries.push(name.clone());
                }
                self.image.refer("library", &name, "needed")
            }
            0xe => self.image.refer("file", &name, "interpreter"),
            0x8000_001c => self.image.refer("folder", &name, "search-path"),
            0x1d => {
                self.image.opaque(data..data.saturating_add(size).min(self.image.len));
                self.image.state("signature", "code signature")
            }
            // Linker data by offset and size; it lies in a segment in all but object files.
            0x1e | 0x26 | 0x29 | 0x2b | 0x2e | 0x8000_0033 | 0x8000_0034 => {
                self.image.opaque(data..data.saturating_add(size).min(self.image.len));
                Ok(())
            }
            0x21 | 0x2c if word(16) != 0 => {
                let detail = format!("{size} bytes of code are encrypted");
                self.image.flaw(at, "packed-code", detail, "")
            }
            _ => Ok(()),
        }
    }

    fn segment(&mut self, command: &[u8]) -> Result<(), Stop> {
        let fields = self.image.fields(command);
        let name = Image::name(command.get(8..24).unwrap_or_default(), 0);
        let (place, rights, sections) = if self.wide {
            (fields.u64(40).zip(fields.u64(48)), fields.u32(60), (72_usize, 80_usize))
        } else {
            (fields.u32(32).map(u64::from).zip(fields.u32(36).map(u64::from)), fields.u32(44), (56, 68))
        };
        let (Some((offset, size)), Some(rights)) = (place, rights) else { return Ok(()) };
        let range = offset..offset.saturating_add(size);
        let (executable, writable) = (rights & 4 != 0, rights & 2 != 0);
        // Object files have one segment with all rights.
        let both = executable && writable && !name.is_empty();
        self.image.section(&Section { name: &name, range, executable: both, writable: both })?;
        let (start, step) = sections;
        for section in command.get(start..).unwrap_or_default().chunks_exact(step) {
            self.section(section)?;
        }
        Ok(())
    }

    fn section(&mut self, section: &[u8]) -> Result<(), Stop> {
        let fields = self.image.fields(section);
        let name = Image::name(section.get(..16).unwrap_or_default(), 0);
        let (size, offset, flags) = if self.wide {
            (fields.u64(40), fields.u32(48), fields.u32(64))
        } else {
            (fields.u32(36).map(u64::from), fields.u32(40), fields.u32(56))
        };
        let (Some(size), Some(offset), Some(flags)) = (size, offset, flags) else { return Ok(()) };
        match flags & 0xff {
            // Functions that run when the image is loaded: pointers, or distances of four bytes.
            9 => self.constructors = self.constructors.saturating_add(size >> if self.wide { 3 } else { 2 }),
            0x16 => self.constructors = self.constructors.saturating_add(size >> 2),
            // Filled with zeros, not from the file.
            1 | 0xc | 0x12 => return Ok(()),
            _ => {}
        }
        let offset = u64::from(offset);
        let executable = flags & 0x8000_0000 != 0;
        let range = offset..offset.saturating_add(size);
        if executable {
            return self.image.section(&Section { name: &name, range, executable, writable: false });
        }
        self.image.opaque(range.start..range.end.min(self.image.len));
        Ok(())
    }

    fn symbols(&mut self, command: &[u8]) -> Result<(), Stop> {
        let fields = self.image.fields(command);
        let word = |at: usize| fields.u32(at).map_or(0, u64::from);
        let (start, count, texts, texts_size) = (word(8), word(12), word(16), word(20));
        let entry = if self.wide { 16_u64 } else { 12 };
        let end = start.saturating_add(count.min(SYMBOLS).saturating_mul(entry));
        self.image.opaque(start..end.min(self.image.len));
        self.image.opaque(texts..texts.saturating_add(texts_size).min(self.image.len));
        self.image.table(texts..texts.saturating_add(texts_size));
        let names = self.image.bytes(texts..texts.saturating_add(texts_size))?;
        let table = self.image.bytes(start..end)?;
        let mut kept = false;
        for (index, symbol) in table.chunks_exact(usize::try_from(entry).unwrap_or(16)).enumerate() {
            self.image.meter.steps(1)?;
            let fields = self.image.fields(symbol);
            let (Some(name), Some([kind, _]), Some(description)) = (fields.u32(0), symbol.get(4..6), fields.u16(6)) else {
                continue;
            };
            kept |= kind & 0xe0 != 0 || kind & 1 == 0;
            if kind & 0xe0 != 0 || kind & 1 == 0 {
                continue;
            }
            let at = start.saturating_add((index as u64).saturating_mul(entry));
            let name = Image::name(&names, u64::from(name));
            let name = name.strip_prefix('_').unwrap_or(&name);
            match kind & 0xe {
                0 => {
                    let library = usize::from(description >> 8).checked_sub(1).and_then(|index| self.libraries.get(index));
                    let library = library.cloned().unwrap_or_default();
                    self.image.import(at, name, &library)?;
                }
                _ => self.image.export(at, name)?,
            }
        }
        self.image.state("symbols", if kept { "kept" } else { "stripped" })
    }
}

fn machine(number: u32) -> String {
    let known = match number {
        7 => "x86",
        0x0100_0007 => "x86-64",
        12 => "ARM",
        0x0100_000c => "AArch64",
        18 => "PowerPC",
        0x0100_0012 => "PowerPC 64",
        other => return format!("processor {other:#x}"),
    };
    known.to_owned()
}

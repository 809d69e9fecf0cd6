//! SQLite databases (<https://www.sqlite.org/fileformat2.html>): every b-tree is walked, values that are no text are children,
//! and every page is accounted for.

mod page;
mod record;
mod tree;

use std::collections::HashSet;

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    fact::{Entry, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use super::value;
use crate::{fields::Fields, names::shown, pieces::Pieces};

/// A database of SQLite, and with it Python's `dbm.sqlite3`.
pub const FORMAT: Format = Format {
    id: "sqlite",
    name: "SQLite database",
    extensions: &["sqlite", "sqlite3", "db"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw],
    detect,
    explain: None,
    parse,
};

const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER: u64 = 100;
/// The page that holds this byte is left empty, for locks (section 1.4).
const LOCKS: u64 = 1 << 30;
/// What a page costs in memory beside what is noted of it.
const PAGE: u64 = 16;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    head.starts(MAGIC).then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let Some(len) = blob.len() else {
        return Err(Stop::Unsupported("a database of unknown length".into()));
    };
    let header = Header::read(blob, &meter)?;
    let pages = header.pages.saturating_mul(header.page);
    let mut database = Database {
        blob,
        len,
        header,
        pieces: Pieces::default(),
        visited: HashSet::new(),
        broken: None,
    };
    let read = database.read(sink);
    let Database { header, pieces, visited, broken, .. } = database;
    let locks = LOCKS.checked_div(header.page);
    let page = |number: u64| u32::try_from(number.saturating_add(1)).ok();
    let known = |number| page(number).is_some_and(|page| visited.contains(&page)) || Some(number) == locks;
    value::finish(blob, sink, pieces, header.page, &known)?;
    if len < pages {
        return Err(Stop::truncated(len, "the pages of a database"));
    }
    read.and(broken.map_or(Ok(()), Err))
}

/// Section 1.3.
struct Header {
    /// Bytes of a page.
    page: u64,
    /// Bytes of a page without those that an extension reserves at its end.
    usable: u64,
    /// How many pages there are, where the header says so.
    pages: u64,
    free_list: u32,
    /// Whether pages map pages to their parents: from the second on, one for as many as fit.
    maps: bool,
    /// Whether text is UTF-8.
    narrow: bool,
}

impl Header {
    fn read(blob: &Blob, meter: &Meter) -> Result<Self, Stop> {
        let bytes = blob.bytes_at(0, 100)?;
        meter.bytes(HEADER)?;
        let u32_at = |at: usize| -> Option<u32> {
            Some(u32::from_be_bytes(*bytes.get(at..at.saturating_add(4))?.first_chunk()?))
        };
        let read = || {
            let mut fields = Fields(bytes.get(16..)?);
            let page = match fields.u16_le()?.swap_bytes() {
                1 => 1 << 16,
                size => u64::from(size),
            };
            let reserved = *bytes.get(20)?;
            let usable = page.checked_sub(reserved.into())?;
            // Older libraries leave the count as it was, and the change counter beside it.
            let pages = if u32_at(24)? == u32_at(92)? { u32_at(28)? } else { 0 };
            Some((page, usable, pages.into(), u32_at(32)?, u32_at(52)?, u32_at(56)?))
        };
        let (page, usable, pages, free_list, largest_root, encoding) =
            read().ok_or_else(|| Stop::truncated(bytes.len() as u64, "the header of a database"))?;
        if !page.is_power_of_two() || page < 512 || usable < 480 {
            return Err(Stop::malformed(16, format!("pages of {page} bytes")));
        }
        Ok(Self { page, usable, pages, free_list, maps: largest_root != 0, narrow: encoding < 2 })
    }
}

/// A database that is being read.
struct Database<'b> {
    blob: &'b Blob,
    len: u64,
    header: Header,
    pieces: Pieces,
    /// Pages that something leads to, from 1.
    visited: HashSet<u32>,
    /// The first thing that is broken. What stands beside it is read nevertheless.
    broken: Option<Stop>,
}

impl Database<'_> {
    fn read(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        self.pieces.add(0..HEADER, Claim::Read);
        self.maps(sink)?;
        let mut roots = Vec::new();
        self.tree(sink, 1, "sqlite_schema", Some(&mut roots))?;
        for root in roots {
            if root.page != 0 {
                let entry = Entry {
                    name: shown(root.name.as_bytes()),
                    kind: "table".into(),
                    size: 0,
                    packed: 0,
                    method: "stored".into(),
                };
                sink.fact(Place::bytes(self.start(root.page), 0), entry)?;
                self.tree(sink, root.page, &root.name, None)?;
            }
        }
        self.free_list(sink)
    }

    /// Where a page begins.
    fn start(&self, page: u32) -> u64 {
        u64::from(page).saturating_sub(1).saturating_mul(self.header.page)
    }

    /// Takes note that something leads to this page. `false` where it lies outside, or something else leads to it already.
    fn visit(&mut self, sink: &Sink<'_>, page: u32) -> Result<bool, Stop> {
        sink.meter().steps(1)?;
        let start = self.start(page);
        if page == 0 || start >= self.len {
            self.broken.get_or_insert(Stop::malformed(start.min(self.len), format!("page {page} of a database is not there")));
            return Ok(false);
        }
        if !self.visited.insert(page) {
            self.broken.get_or_insert(Stop::malformed(start, format!("page {page} of a database is used twice")));
            return Ok(false);
        }
        sink.meter().hold(PAGE)?;
        Ok(true)
    }

    /// The content of a page, as far as it is there.
    fn page(&self, sink: &Sink<'_>, page: u32) -> Result<Vec<u8>, Stop> {
        let bytes = self.blob.bytes_at(self.start(page), usize::try_from(self.header.page).unwrap_or(0))?;
        sink.meter().bytes(bytes.len() as u64)?;
        Ok(bytes)
    }

    /// Section 1.8: pages of five bytes for each page that follows.
    fn maps(&mut self, sink: &Sink<'_>) -> Result<(), Stop> {
        let each = self.header.usable.checked_div(5).unwrap_or(1).saturating_add(1);
        let mut number = 2_u64;
        while self.header.maps && number.saturating_sub(1).saturating_mul(self.header.page) < self.len {
            let page = u32::try_from(number).unwrap_or(u32::MAX);
            if self.visit(sink, page)? {
                let start = self.start(page);
                self.pieces.add(start..start.saturating_add(self.header.usable), Claim::Read);
                sink.meter().hold(PAGE)?;
            }
            number = number.saturating_add(each);
        }
        Ok(())
    }

    /// Section 1.5: pages that list free pages, each led to by the one before.
    fn free_list(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let mut next = self.header.free_list;
        while next != 0 {
            if !self.visit(sink, next)? {
                return Ok(());
            }
            let bytes = self.page(sink, next)?;
            let start = self.start(next);
            let mut numbers = bytes.chunks_exact(4).filter_map(|bytes| bytes.first_chunk()).map(|n| u32::from_be_bytes(*n));
            let following = numbers.next().unwrap_or_default();
            let count = numbers.next().unwrap_or_default();
            let room = self.header.usable.checked_div(4).unwrap_or_default().saturating_sub(2);
            if u64::from(count) > room {
                self.broken.get_or_insert(Stop::malformed(start, format!("{count} free pages in one list")));
            }
            let count = usize::try_from(u64::from(count).min(room)).unwrap_or(0);
            let listed: Vec<u32> = numbers.take(count).collect();
            let end = start.saturating_add(8).saturating_add((count as u64).saturating_mul(4));
            self.pieces.add(start..end, Claim::Read);
            for page in listed {
                self.visit(sink, page)?;
            }
            next = following;
        }
        Ok(())
    }
}

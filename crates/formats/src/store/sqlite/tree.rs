//! The walk through a b-tree: pages without recursion, cells, payloads with their overflow pages.

use std::ops::Range;

use base::{coverage::Claim, sink::Sink, stop::Stop};

use super::{
    Database,
    page::{self, Kind, u16_at, u32_at, varint},
    record::{self, Value},
};
use crate::store::{spans::Spans, value};

/// A table or an index: its name and where its b-tree begins.
pub(super) struct Root {
    pub(super) name: String,
    pub(super) page: u32,
}

/// The head of a cell: the page on its left, and size and place of its payload.
type Cell = (Option<u32>, Option<(u64, usize)>);

/// Pages that wait to be read.
const WAITING: usize = 1 << 20;
/// Bytes of a name, and of text that is looked at.
const NAME: u64 = 1 << 10;
/// Bytes of a value that can be anything that a loader would take.
const LEAST: u64 = 4;

impl Database<'_> {
    /// Walks the b-tree at `root`; of the schema, `roots` are those of the others.
    pub(super) fn tree(&mut self, sink: &mut Sink<'_>, root: u32, name: &str, mut roots: Option<&mut Vec<Root>>) -> Result<(), Stop> {
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            if !self.visit(sink, number)? {
                continue;
            }
            let bytes = self.page(sink, number)?;
            let base = if number == 1 { 100 } else { 0 };
            let start = self.start(number);
            let Some(header) = page::header(&bytes, base) else {
                self.broken.get_or_insert(Stop::malformed(start, format!("page {number} is no page of a tree")));
                continue;
            };
            let places = header.places..header.places.saturating_add(usize::from(header.cells).saturating_mul(2));
            self.note(start, base..places.end);
            for place in places.step_by(2) {
                let cell = u16_at(&bytes, place).map(usize::from).unwrap_or_default();
                sink.meter().steps(1)?;
                match self.cell(sink, &bytes, start, cell, header.kind) {
                    Some((left, payload)) => {
                        waiting.extend(left);
                        if let Some(payload) = payload {
                            self.payload(sink, &bytes, start, payload, header.kind, name, roots.as_deref_mut())?;
                        }
                    }
                    None => {
                        let what = format!("a cell of page {number}");
                        self.broken.get_or_insert(Stop::malformed(start.saturating_add(cell as u64), what));
                    }
                }
            }
            waiting.extend(header.last);
            if waiting.len() > WAITING {
                return Err(Stop::Limit(base::reason::Reason::Entries));
            }
            self.free_blocks(&bytes, start, base);
        }
        Ok(())
    }

    /// Notes the bytes `range` of the page that begins at `start`.
    fn note(&mut self, start: u64, range: Range<usize>) {
        self.pieces.add(start.saturating_add(range.start as u64)..start.saturating_add(range.end as u64), Claim::Read);
    }

    /// The head of a cell: the page on its left, and size and place of a payload. All of it is noted but the payload.
    fn cell(&mut self, sink: &Sink<'_>, bytes: &[u8], start: u64, at: usize, kind: Kind) -> Option<Cell> {
        sink.meter().hold(48).ok()?;
        let mut next = at;
        let left = match kind.is_interior() {
            true => {
                next = next.checked_add(4)?;
                Some(u32_at(bytes, at)?)
            }
            false => None,
        };
        let mut number = || {
            let (value, taken) = varint(bytes.get(next..)?)?;
            next = next.checked_add(taken)?;
            Some(value)
        };
        let size = match kind {
            Kind::TableInterior => {
                number()?;
                None
            }
            Kind::TableLeaf => {
                let size = number()?;
                number()?;
                Some(size)
            }
            Kind::IndexLeaf | Kind::IndexInterior => Some(number()?),
        };
        self.note(start, at..next);
        Some((left, size.map(|size| (size, next))))
    }

    /// A payload: its pieces, its columns, and what becomes of each.
    #[allow(clippy::too_many_arguments)]
    fn payload(
        &mut self,
        sink: &mut Sink<'_>,
        bytes: &[u8],
        start: u64,
        (size, at): (u64, usize),
        kind: Kind,
        name: &str,
        roots: Option<&mut Vec<Root>>,
    ) -> Result<(), Stop> {
        let spans = self.spans(sink, bytes, start, size, at, kind)?;
        let place = start.saturating_add(at as u64);
        let content = spans.blob(self.blob);
        let head = content.bytes_at(0, record::HEADER.min(usize::try_from(size).unwrap_or(usize::MAX)))?;
        sink.meter().bytes((head.len() as u64).min(64))?;
        let Some(columns) = record::columns(&head, spans.len()) else {
            self.broken.get_or_insert(Stop::malformed(place, "a record of a database"));
            return Ok(());
        };
        let values = columns.first().map_or(size, |column| column.at.start);
        self.understood(&spans.cut(0..values));
        if let Some(roots) = roots {
            // `type`, `name`, `tbl_name`, `rootpage`, `sql`.
            self.understood(&spans.cut(values..size));
            let of = |index: usize| columns.get(index).map(|column| content.bytes_at(column.at.start, usize::try_from(column.at.end.saturating_sub(column.at.start).min(NAME)).unwrap_or(0)));
            let (Some(name), Some(page)) = (of(1).transpose()?, of(3).transpose()?) else {
                return Ok(());
            };
            let page = record::number(&page).and_then(|page| u32::try_from(page).ok()).unwrap_or_default();
            sink.meter().hold(NAME)?;
            roots.push(Root { name: String::from_utf8_lossy(&name).into_owned(), page });
            return Ok(());
        }
        for (index, column) in columns.iter().enumerate() {
            let value = spans.cut(column.at.clone());
            if self.is_plain(&value, column.value)? {
                self.understood(&value);
            } else {
                let name = format!("{name}/{place:#x}.{index}");
                value::give(self.blob, sink, &mut self.pieces, name, &value, true)?;
            }
        }
        Ok(())
    }

    fn understood(&mut self, spans: &Spans) {
        for part in spans.parts() {
            self.pieces.add(part.clone(), Claim::Read);
        }
    }

    /// Whether a value is a number, or text as one writes it: one line, or too short for anything else. Everything else can be
    /// what a loader takes: a pickle of protocol 0 is text of several lines.
    fn is_plain(&self, spans: &Spans, value: Value) -> Result<bool, Stop> {
        if value == Value::Number || spans.len() < LEAST {
            return Ok(true);
        }
        if value == Value::Bytes || !self.header.narrow || spans.len() > NAME {
            return Ok(false);
        }
        let bytes = spans.blob(self.blob).bytes_at(0, usize::try_from(NAME).unwrap_or(0))?;
        let text = std::str::from_utf8(&bytes).ok();
        Ok(text.is_some_and(|text| text.chars().all(|letter| !letter.is_control())))
    }

    /// The pieces of a payload: what lies in the cell, and the overflow pages behind it (section 1.6).
    fn spans(&mut self, sink: &Sink<'_>, bytes: &[u8], start: u64, size: u64, at: usize, kind: Kind) -> Result<Spans, Stop> {
        let usable = self.header.usable;
        let local = page::local(size, usable, kind);
        let from = start.saturating_add(at as u64);
        let inside = from.saturating_add(local).min(start.saturating_add(usable)).min(self.len);
        let mut spans = Spans::one(from..inside);
        let mut left = size.saturating_sub(local);
        let pointer = at.saturating_add(usize::try_from(local).unwrap_or(usize::MAX));
        let mut next = 0;
        if left > 0 {
            next = u32_at(bytes, pointer).unwrap_or_default();
            self.note(start, pointer..pointer.saturating_add(4));
        }
        while left > 0 && self.visit(sink, next)? {
            let page = self.start(next);
            let take = left.min(usable.saturating_sub(4)).min(self.len.saturating_sub(page).saturating_sub(4));
            let head = self.blob.bytes_at(page, 4)?;
            self.note(page, 0..4);
            sink.meter().hold(48)?;
            spans.push(page.saturating_add(4)..page.saturating_add(4).saturating_add(take));
            left = left.saturating_sub(take);
            next = u32_at(&head, 0).unwrap_or_default();
            if take == 0 {
                break;
            }
        }
        Ok(spans)
    }

    /// The headers of free blocks, each of which leads to the next one; their content is freed space.
    fn free_blocks(&mut self, bytes: &[u8], start: u64, base: usize) {
        let mut at = u16_at(bytes, base.saturating_add(1)).map(usize::from).unwrap_or_default();
        // The chain goes upward only.
        while at != 0 {
            self.note(start, at..at.saturating_add(4));
            let next = u16_at(bytes, at).map(usize::from).unwrap_or_default();
            at = if next > at { next } else { 0 };
        }
    }
}

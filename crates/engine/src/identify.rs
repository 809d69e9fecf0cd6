//! What an artifact may be: detection over its head, by content.

use std::borrow::Cow;

use base::{
    blob::Blob,
    format::{Certainty, Class, Format, Head},
    source::Access,
    stop::Stop,
};

/// Bytes of the first part of a head.
const FIRST: usize = 64 << 10;
/// Bytes of the last part: a zip's end record with the longest comment.
const LAST: u64 = 66 << 10;
/// Bytes of the first and the last part of a member whose role says that it is data: magics stand in them, and there are
/// thousands of such members.
const GLANCE: usize = 4 << 10;
/// Bytes of a probe.
const PROBE: usize = 16;

/// The parts of a blob that detection looks at.
pub(crate) struct Parts<'b> {
    first: Cow<'b, [u8]>,
    last: Last<'b>,
    probes: Vec<(u64, [u8; PROBE])>,
    len: Option<u64>,
}

/// The last part.
enum Last<'b> {
    /// The end of the first one, from here on.
    OfFirst(usize),
    Apart(Cow<'b, [u8]>),
}

impl<'b> Parts<'b> {
    /// Reads them. A forward source gives its first part only, unless it ends inside it.
    /// Of what its role calls `data`, less is looked at.
    pub(crate) fn read(blob: &'b Blob, data: bool) -> Result<Self, Stop> {
        let (most, least) = if data { (GLANCE, GLANCE as u64) } else { (FIRST, LAST) };
        let first = blob.look_at(0, most)?;
        // A short stream ends with its first part; the end of a longer one would have to be decoded first.
        let whole = (first.len() < most).then_some(first.len() as u64);
        let len = if blob.access() == Access::Random { blob.len() } else { whole };
        let last = match len {
            Some(len) if len <= most as u64 => Last::OfFirst(usize::try_from(len.saturating_sub(least)).unwrap_or(0)),
            Some(len) => Last::Apart(blob.look_at(len.saturating_sub(least), usize::try_from(least).unwrap_or(0))?),
            None => Last::Apart(Cow::default()),
        };
        let mut probes = Vec::new();
        let mut at = 512_u64;
        // They show user blocks of HDF5, whose loader opens no member of a container.
        while !data && len.is_some_and(|len| at.saturating_add(PROBE as u64) <= len) {
            let seen = usize::try_from(at).ok().and_then(|at| first.get(at..)?.first_chunk::<PROBE>());
            let mut probe = seen.copied().unwrap_or_default();
            if seen.is_none() {
                blob.fill_at(at, &mut probe)?;
            }
            probes.push((at, probe));
            at = at.saturating_mul(2);
        }
        Ok(Self { first, last, probes, len })
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The head under this name.
    pub(crate) fn head<'a>(&'a self, name: &'a str) -> Head<'a> {
        let last = match &self.last {
            Last::OfFirst(start) => self.first.get(*start..).unwrap_or_default(),
            Last::Apart(last) => last,
        };
        Head { first: &self.first, last, probes: &self.probes, len: self.len, name }
    }
}

/// A format that an artifact may be, in reading order.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    /// Which.
    pub format: &'static Format,
    /// How sure.
    pub certainty: Certainty,
}

impl Candidate {
    /// Whether the reading has to show by itself that it is one.
    pub(crate) fn is_trial(&self) -> bool {
        self.certainty == Certainty::Possible
    }

    /// Whether it is only tried when nothing else counts.
    pub(crate) fn is_last_resort(&self) -> bool {
        self.is_trial() && self.format.class == Class::Inert
    }
}

/// All certain formats, then the possible ones, then the inert last resorts; each group in the order of the list.
pub(crate) fn candidates(head: &Head<'_>) -> Vec<Candidate> {
    let detect = |format: &&'static Format| (format.detect)(head).map(|certainty| Candidate { format, certainty });
    let mut found: Vec<_> = formats::FORMATS.iter().filter_map(detect).collect();
    found.sort_by_key(|candidate| (candidate.is_last_resort(), candidate.is_trial()));
    found
}

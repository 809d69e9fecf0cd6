//! A folder of a 7z archive: one packed stream through a chain of coders, cut into the files that lie in it.
//!
//! A codec is given nothing but compressed bytes, and a packed stream does not say how it was packed. The reader of 7z
//! therefore puts a [`Folder`] in front of the packed stream. A folder of several files comes out as a tar archive, so
//! that a solid archive is decoded once, whatever the number of its files, and every byte is paid like any other.

mod chain;
mod folder;
mod tar;

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    vec,
};

use base::{
    limits::Limits,
    sink::{Codec, Decode},
    stop::Stop,
};
use flate2::Crc;

use super::input::Input;

pub(crate) use chain::{BLOCKS, CABINET, is_encryption, supported};
pub(crate) use folder::{Coder, File, Folder};

/// A folder's description and its packed stream.
pub(crate) const SEVENZ: Codec = Codec { id: "7z-folder", open };

fn open(input: Box<dyn Read + Send>, limits: &Limits) -> Result<Box<dyn Decode>, Stop> {
    let mut input = Input::new(input);
    let folder = Folder::read(&mut input)?;
    let described = input.consumed();
    let consumed = Arc::new(AtomicU64::new(0));
    let content = chain::open(&folder.coders, Box::new(input), limits, &consumed)?;
    let size = folder.size();
    Ok(Box::new(Unpacking {
        content,
        consumed,
        described,
        solid: folder.solid,
        files: folder.files.into_iter(),
        pending: Vec::new(),
        left: 0,
        current: None,
        crc: Crc::new(),
        wrong: None,
        trailer: folder.solid,
        size,
        made: 0,
        failed: None,
    }))
}

/// A folder being decoded.
struct Unpacking {
    content: Box<dyn Read + Send>,
    /// What the coder next to the packed stream has consumed.
    consumed: Arc<AtomicU64>,
    /// Bytes of the description in front of it.
    described: u64,
    solid: bool,
    files: vec::IntoIter<File>,
    /// Bytes of the tar archive that come next, last one first.
    pending: Vec<u8>,
    /// Bytes of the current file that are still to come.
    left: u64,
    current: Option<File>,
    crc: Crc,
    /// The first file whose content does not have the CRC-32 that is stated.
    wrong: Option<String>,
    /// Whether the end of the tar archive is still to come.
    trailer: bool,
    /// Bytes that the folder's files have in all.
    size: u64,
    made: u64,
    /// What ended it, told again at every later read.
    failed: Option<Stop>,
}

impl Unpacking {
    fn advance(&mut self, into: &mut [u8]) -> Result<usize, Stop> {
        loop {
            if !self.pending.is_empty() {
                return Ok(self.give_pending(into));
            }
            if self.left > 0 {
                return self.give_content(into);
            }
            if let Some(file) = self.current.take() {
                self.close(&file);
            } else if let Some(file) = self.files.next() {
                self.left = file.size;
                self.crc.reset();
                if self.solid {
                    self.pending = tar::header(&file.name, file.size);
                    self.pending.reverse();
                }
                self.current = Some(file);
            } else if std::mem::take(&mut self.trailer) {
                self.pending = tar::trailer();
            } else {
                return self.end();
            }
        }
    }

    fn give_pending(&mut self, into: &mut [u8]) -> usize {
        let mut count = 0_usize;
        for (to, from) in into.iter_mut().zip(std::iter::from_fn(|| self.pending.pop())) {
            *to = from;
            count = count.saturating_add(1);
        }
        count
    }

    fn give_content(&mut self, into: &mut [u8]) -> Result<usize, Stop> {
        let room = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let into = into.get_mut(..room).unwrap_or_default();
        let count = self.content.read(into).map_err(Stop::from)?;
        if count == 0 {
            return Err(Stop::truncated(self.made, format!("a 7z folder of {} bytes", self.size)));
        }
        self.crc.update(into.get(..count).unwrap_or_default());
        self.left = self.left.saturating_sub(count as u64);
        self.made = self.made.saturating_add(count as u64);
        Ok(count)
    }

    fn close(&mut self, file: &File) {
        // Outside of a solid folder the engine compares: there the checksum is the child's own.
        if self.solid {
            self.pending = tar::padding(file.size);
            if file.crc.is_some_and(|crc| crc != self.crc.sum()) && self.wrong.is_none() {
                self.wrong = Some(String::from_utf8_lossy(&file.name).into_owned());
            }
        }
    }

    /// Behind the last file: nothing more may come, since other readers might give it to someone.
    fn end(&mut self) -> Result<usize, Stop> {
        if self.content.read(&mut [0]).map_err(Stop::from)? > 0 {
            return Err(Stop::malformed(self.made, "more comes out of a 7z folder than its files have"));
        }
        match self.wrong.take() {
            Some(name) => {
                Err(Stop::malformed(self.made, format!("the content of {name} has another CRC-32 than stated")))
            }
            None => Ok(0),
        }
    }
}

impl Read for Unpacking {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(stop) = &self.failed {
            return Err(stop.clone().into());
        }
        if into.is_empty() {
            return Ok(0);
        }
        self.advance(into).map_err(|stop| {
            self.failed = Some(stop.clone());
            stop.into()
        })
    }
}

impl Decode for Unpacking {
    fn consumed(&self) -> u64 {
        self.described.saturating_add(self.consumed.load(Ordering::Relaxed))
    }
}

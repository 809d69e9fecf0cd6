//! What a packed stream of 7z does not say of itself: its coders and its files, and how that is written in front of it.

use std::io::Read;

use base::stop::Stop;

use super::super::input::Input;
use crate::fields::Fields;

/// One coder of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Coder {
    /// Its method (7zFormat.txt, Methods.txt): the bytes of the id as one big-endian number.
    pub(crate) method: u64,
    /// Its properties, as the method defines them.
    pub(crate) properties: Box<[u8]>,
    /// Bytes that come out of it.
    pub(crate) size: u64,
}

/// One file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: Vec<u8>,
    pub(crate) size: u64,
    pub(crate) crc: Option<u32>,
}

/// A folder with one packed stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    /// The coders in decoding order: the first one reads the packed stream.
    pub(crate) coders: Vec<Coder>,
    /// Whether it comes out as a tar archive; else it is one file.
    pub(crate) solid: bool,
    /// The files in their order.
    pub(crate) files: Vec<File>,
}

impl Folder {
    /// Bytes of all files.
    pub(crate) fn size(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// Bytes that come out of the codec; `None` beyond all numbers.
    pub(crate) fn unpacked(&self) -> Option<u64> {
        if !self.solid {
            return Some(self.size());
        }
        let members = self.files.iter().try_fold(0_u64, |sum, file| sum.checked_add(super::tar::member(file)?))?;
        members.checked_add(super::tar::trailer().len() as u64)
    }

    /// Bytes of [`Folder::write`], about: what a reading has to pay for it.
    pub(crate) fn weight(&self) -> u64 {
        self.files.iter().fold(256, |sum, file| sum.saturating_add(24).saturating_add(file.name.len() as u64))
    }

    /// The description that goes in front of the packed stream.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut body = vec![u8::from(self.solid)];
        let run = |body: &mut Vec<u8>, bytes: &[u8]| {
            body.extend((bytes.len() as u64).to_le_bytes());
            body.extend(bytes);
        };
        body.extend((self.coders.len() as u64).to_le_bytes());
        for coder in &self.coders {
            body.extend(coder.method.to_le_bytes());
            body.extend(coder.size.to_le_bytes());
            run(&mut body, &coder.properties);
        }
        body.extend((self.files.len() as u64).to_le_bytes());
        for file in &self.files {
            body.extend(file.size.to_le_bytes());
            // A CRC takes 32 bits: the 33rd says that there is one.
            body.extend(file.crc.map_or(0, |crc| u64::from(crc) | 1 << 32).to_le_bytes());
            run(&mut body, &file.name);
        }
        let mut written = (body.len() as u64).to_le_bytes().to_vec();
        written.append(&mut body);
        written
    }

    /// Reads what [`Folder::write`] wrote.
    pub(super) fn read(input: &mut Input) -> Result<Self, Stop> {
        const WHAT: &str = "the description of a 7z folder";
        let length = u64::from_le_bytes(input.array(WHAT).map_err(Stop::from)?);
        let mut body = Vec::new();
        input.take(length).read_to_end(&mut body).map_err(Stop::from)?;
        Self::parse(Fields(&body)).ok_or_else(|| Stop::malformed(0, WHAT))
    }

    fn parse(mut fields: Fields<'_>) -> Option<Self> {
        let solid = fields.u8()? != 0;
        let mut coders = Vec::new();
        for _ in 0..fields.u64_le()? {
            let (method, size) = (fields.u64_le()?, fields.u64_le()?);
            coders.push(Coder { method, size, properties: run(&mut fields)?.into() });
        }
        let mut files = Vec::new();
        for _ in 0..fields.u64_le()? {
            let (size, crc) = (fields.u64_le()?, fields.u64_le()?);
            let crc = (crc >> 32 != 0).then(|| u32::try_from(crc & u64::from(u32::MAX)).ok()).flatten();
            files.push(File { size, crc, name: run(&mut fields)?.to_vec() });
        }
        fields.0.is_empty().then_some(Self { coders, solid, files })
    }
}

fn run<'a>(fields: &mut Fields<'a>) -> Option<&'a [u8]> {
    let length = fields.u64_le()?;
    fields.take(usize::try_from(length).ok()?)
}

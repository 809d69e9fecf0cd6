//! Rock Ridge (IEEE P1282) in the system use fields of records: names, links, devices, and directories that were moved.

use super::record::u32_at;

/// What a record's fields say.
#[derive(Default)]
pub(super) struct Rock {
    pub(super) name: Vec<u8>,
    pub(super) target: Option<Vec<u8>>,
    pub(super) mode: u32,
    /// Where a directory lies that was moved up, because it was too deep.
    pub(super) moved: Option<u32>,
    /// Whether this is such a directory, where it was moved to.
    pub(super) relocated: bool,
    /// Whether the content is compressed (zisofs).
    pub(super) packed: bool,
    /// More fields: block, offset and length.
    pub(super) more: Option<(u32, u32, u32)>,
    /// A name or a target that goes on in the next field.
    name_goes_on: bool,
    part_goes_on: bool,
}

impl Rock {
    /// Reads fields: two letters, a length, a version, and data.
    pub(super) fn read(&mut self, mut fields: &[u8]) {
        self.more = None;
        while let [a, b, length, _, ..] = *fields {
            let Some((field, rest)) = fields.split_at_checked(length.into()).filter(|(field, _)| field.len() >= 4) else {
                return;
            };
            let data = field.get(4..).unwrap_or_default();
            match &[a, b] {
                b"NM" => self.name(data),
                b"SL" => self.link(data),
                b"PX" => self.mode = u32_at(data, 0).unwrap_or_default(),
                b"CL" => self.moved = u32_at(data, 0),
                b"RE" => self.relocated = true,
                b"ZF" => self.packed = true,
                b"CE" => {
                    let of = |at| u32_at(data, at).unwrap_or_default();
                    self.more = Some((of(0), of(8), of(16)));
                }
                b"ST" => return,
                _ => {}
            }
            fields = rest;
        }
    }

    fn name(&mut self, data: &[u8]) {
        let Some((flags, text)) = data.split_first() else { return };
        if !self.name_goes_on {
            self.name.clear();
        }
        self.name.extend_from_slice(text);
        self.name_goes_on = flags & 1 != 0;
    }

    /// Components: flags, a length, and text.
    fn link(&mut self, data: &[u8]) {
        let target = self.target.get_or_insert_default();
        let mut parts = data.get(1..).unwrap_or_default();
        while let [flags, length, rest @ ..] = parts {
            let (text, rest) = rest.split_at_checked((*length).into()).unwrap_or((rest, &[]));
            if !target.is_empty() && !self.part_goes_on && !target.ends_with(b"/") {
                target.push(b'/');
            }
            match flags & 14 {
                2 => target.push(b'.'),
                4 => target.extend(b".."),
                8 => target.push(b'/'),
                _ => target.extend_from_slice(text),
            }
            self.part_goes_on = flags & 1 != 0;
            parts = rest;
        }
    }

    /// What the mode says that it is, if anything.
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self.mode & 0o170_000 {
            0o120_000 => Some("symlink"),
            0o020_000 | 0o060_000 => Some("device"),
            0o010_000 | 0o140_000 => Some("fifo"),
            _ if self.target.is_some() => Some("symlink"),
            _ => None,
        }
    }
}

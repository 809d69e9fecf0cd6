//! Class descriptors of a stream of objects: `classDesc` of the grammar in section 6.4.2.

use base::{location::Place, stop::Stop};

use super::{CLASSES, ClassInfo, SERIALIZABLE, Stream, Task};

impl Stream<'_, '_, '_> {
    /// Reads a class: none, one that was read before, an own one or a proxy.
    pub(super) fn class_descriptor(&mut self) -> Result<(), Stop> {
        let at = self.reader.offset();
        self.class = None;
        match self.reader.u8("a class")? {
            0x70 => Ok(()),
            0x71 => {
                let handle = self.reader.u32_be("a handle")?.checked_sub(0x7e_0000);
                let known = handle.and_then(|handle| usize::try_from(handle).ok());
                match known.and_then(|handle| self.handles.get(handle)) {
                    Some(class) => {
                        self.class = *class;
                        Ok(())
                    }
                    None => Err(Stop::malformed(at, "the handle of a class")),
                }
            }
            0x72 => {
                let name = self.text("the name of a class")?;
                self.reader.skip(8, "the version of a class")?;
                let index = self.begin(at, name)?;
                let flags = self.reader.u8("the flags of a class")?;
                let fields = self.fields()?;
                if let Some(class) = self.classes.get_mut(index) {
                    (class.flags, class.fields) = (flags, fields);
                }
                self.inherits(index)
            }
            0x7d => {
                let index = self.begin(at, "java.lang.reflect.Proxy$Dynamic".to_owned())?;
                if let Some(class) = self.classes.get_mut(index) {
                    class.flags = SERIALIZABLE;
                }
                for _ in 0..self.reader.u32_be("the interfaces of a proxy")? {
                    self.meter.steps(1)?;
                    self.text("the name of an interface")?;
                }
                self.inherits(index)
            }
            code => Err(Stop::malformed(at, format!("a class, not {code:#x}"))),
        }
    }

    fn begin(&mut self, at: u64, name: String) -> Result<usize, Stop> {
        let index = self.classes.len();
        if index >= CLASSES {
            return Err(Stop::malformed(at, "fewer classes"));
        }
        let size = (name.len() as u64).saturating_add(256);
        self.meter.hold(size)?;
        self.held = self.held.saturating_add(size);
        // An array is named by its elements.
        let element = name.trim_start_matches('[');
        let element = if element.len() < name.len() { element.strip_prefix('L').map(|name| name.trim_end_matches(';')) } else { Some(element) };
        if let Some(element) = element {
            super::super::state(self.sink, &mut self.stated, Place::bytes(at, 0), element, "", "build", Vec::new())?;
        }
        self.classes.push(ClassInfo { name, flags: 0, fields: Vec::new(), parent: None });
        self.handle(Some(index))?;
        Ok(index)
    }

    /// Annotations of a class and the class above it.
    fn inherits(&mut self, index: usize) -> Result<(), Stop> {
        self.push(Task::Known(index))?;
        self.push(Task::Parent(index))?;
        self.push(Task::Class)?;
        self.push(Task::Annotation)
    }

    /// The type codes of the fields.
    fn fields(&mut self) -> Result<Vec<u8>, Stop> {
        let mut codes = Vec::new();
        for _ in 0..self.reader.u16_be("the fields of a class")? {
            self.meter.steps(1)?;
            let code = self.reader.u8("a field")?;
            self.text("the name of a field")?;
            if matches!(code, b'L' | b'[') {
                let at = self.reader.offset();
                match self.reader.u8("the type of a field")? {
                    0x71 => self.reader.skip(4, "a handle")?,
                    0x74 => {
                        self.handle(None)?;
                        self.text("the type of a field")?;
                    }
                    _ => return Err(Stop::malformed(at, "the type of a field")),
                }
            }
            codes.push(code);
        }
        self.meter.hold(codes.len() as u64)?;
        self.held = self.held.saturating_add(codes.len() as u64);
        Ok(codes)
    }
}

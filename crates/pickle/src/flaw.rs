//! What breaks the rules of pickle, lies, or would cost its loader more than any model needs.

use base::{fact::Flaw, reader::Reader, stop::Stop};

use crate::machine::Machine;

/// Bytes that no single value of a model's pickle needs.
pub(crate) const HUGE: u64 = 1 << 30;

impl Machine<'_, '_> {
    /// States a flaw, each kind once a pickle.
    pub(crate) fn flaw(&mut self, id: &'static str, detail: String) -> Result<(), Stop> {
        if self.flaws.contains(&id) {
            return Ok(());
        }
        self.flaws.push(id);
        let place = self.place();
        self.sink.fact(place, Flaw { id: id.into(), detail: detail.into(), part: "".into() })
    }

    /// Something is left out at a limit: that is stated, and the reading is not complete.
    #[cold]
    pub(crate) fn limit(&mut self, what: &str) -> Result<(), Stop> {
        self.limited = true;
        self.flaw("evaluation-limit", format!("not followed: {what}"))
    }

    /// The stop for an error that ends loading, stated as a flaw.
    #[cold]
    pub(crate) fn fail(&mut self, id: &'static str, detail: String) -> Stop {
        let stop = Stop::malformed(self.at, detail.clone());
        match self.flaw(id, detail) {
            Ok(()) => stop,
            Err(limit) => limit,
        }
    }

    #[cold]
    pub(crate) fn underflow(&mut self) -> Stop {
        self.fail("stack-underflow", "the stack holds too little for this opcode".to_owned())
    }

    #[cold]
    pub(crate) fn no_mark(&mut self) -> Stop {
        self.fail("stack-underflow", "there is no mark for this opcode".to_owned())
    }

    /// The stream ends before STOP.
    #[cold]
    pub(crate) fn ran_out(&mut self, reader: &Reader<'_>) -> Result<(), Stop> {
        self.flaw("missing-stop", "the stream ends before STOP".to_owned())?;
        Err(reader.truncated("the pickle"))
    }

    /// Steps over data; what is not there ends loading.
    pub(crate) fn skip(&mut self, reader: &mut Reader<'_>, count: u64) -> Result<(), Stop> {
        match reader.skip(count, "a constant of the pickle") {
            Err(Stop::Truncated { .. }) => self.ran_out(reader),
            other => other,
        }
    }

    /// PROTO: above 5 ends loading.
    pub(crate) fn proto(&mut self, protocol: u8) -> Result<(), Stop> {
        if protocol > 5 {
            return Err(self.fail("unknown-protocol", format!("protocol {protocol}")));
        }
        self.protocols = self.protocols.saturating_add(1);
        if self.protocols > 1 {
            self.flaw("duplicate-proto", format!("PROTO {protocol} after PROTO {}", self.protocol))?;
        } else if self.opcodes > 1 {
            self.flaw("late-proto", format!("PROTO {protocol} is not the first opcode"))?;
        }
        self.protocol = protocol;
        Ok(())
    }

    /// FRAME is a hint to the C unpickler, unless it is longer than the input. The Python unpickler takes what there is, so reading goes on.
    pub(crate) fn frame(&mut self, length: u64, start: u64) -> Result<(), Stop> {
        if length > i64::MAX.cast_unsigned() {
            return Err(self.fail("frame-lie", format!("a frame of {length} bytes")));
        }
        if self.at < self.frame_end {
            self.flaw("frame-lie", "a frame begins inside a frame".to_owned())?;
        }
        self.frame_end = start.saturating_add(length);
        if self.beyond_the_end(self.frame_end) {
            self.flaw("frame-lie", format!("a frame of {length} bytes is longer than the input"))?;
        }
        Ok(())
    }

    /// Whether `end` is known to lie beyond the input.
    pub(crate) fn beyond_the_end(&self, end: u64) -> bool {
        self.texts.len().is_some_and(|len| end > len)
    }

    /// The memo of the C unpickler is an array: a far index is memory.
    pub(crate) fn far_index(&mut self, index: u64) -> Result<(), Stop> {
        // Eight bytes a slot and twice as many slots as the index.
        let honest = self.opcodes.saturating_mul(16).saturating_add(1 << 22);
        if index > honest {
            let bytes = index.saturating_mul(16);
            self.flaw("memo-bomb", format!("index {index} of the memo takes {bytes} bytes"))?;
        }
        Ok(())
    }

    /// After STOP: what the whole pickle would cost, and whether its frames were true.
    pub(crate) fn finish(&mut self, reader: &Reader<'_>) -> Result<(), Stop> {
        if self.frame_end > reader.offset() && !self.beyond_the_end(self.frame_end) {
            self.flaw("frame-lie", "STOP stands before the end of its frame".to_owned())?;
        }
        self.resources()
    }
}

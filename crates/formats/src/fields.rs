//! Fields of fixed width in a header that was already fetched: each missing byte is a `None`, never a panic.

/// What is left of a header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

macro_rules! integers {
    ($($name:ident $type:ty, $from:ident;)+) => { $(
        pub(crate) fn $name(&mut self) -> Option<$type> {
            let (value, rest) = self.0.split_first_chunk::<{ size_of::<$type>() }>()?;
            self.0 = rest;
            Some(<$type>::$from(*value))
        }
    )+ };
}

impl<'a> Fields<'a> {
    integers! {
        u8 u8, from_le_bytes;
        u16_le u16, from_le_bytes;
        u32_le u32, from_le_bytes;
        u64_le u64, from_le_bytes;
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}

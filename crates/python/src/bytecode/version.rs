//! Versions of CPython: magic numbers, layouts of code objects, tables of opcodes.

use std::sync::LazyLock;

use super::opcode::Op;

/// A version whose bytecode is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    V2_7,
    V3_6,
    V3_7,
    V3_8,
    V3_9,
    V3_10,
    V3_11,
    V3_12,
    V3_13,
    V3_14,
}

/// How marshal lays out a code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// 2.7: four numbers.
    Two,
    /// 3.6 and 3.7: five, with keyword-only arguments.
    KeywordOnly,
    /// 3.8 to 3.10: six, with positional-only arguments.
    PositionalOnly,
    /// 3.11 on: locals, cells and free variables in one list, a qualified name, an exception table.
    Merged,
}

impl Layout {
    /// How many objects a code object consists of.
    pub(super) const fn parts(self) -> u32 {
        match self {
            Self::Two | Self::KeywordOnly | Self::PositionalOnly => 9,
            Self::Merged => 10,
        }
    }

    /// How many of them stand behind its first line.
    pub(super) const fn parts_behind_line(self) -> u32 {
        match self {
            Self::Two | Self::KeywordOnly | Self::PositionalOnly => 1,
            Self::Merged => 2,
        }
    }
}

/// What a number does in one version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// What it behaves as.
    pub(crate) op: Op,
    /// Cache entries behind it, of two bytes each.
    pub(crate) caches: u8,
    /// Whether it takes an argument.
    pub(crate) has_argument: bool,
    /// Whether decoding looks at it: it may jump, imports, extends the argument of the next, or is none of the version's.
    pub(crate) seldom: bool,
}

/// The opcodes of one version.
pub(crate) struct Table {
    rows: [Row; 256],
}

impl Table {
    /// What a number does.
    pub(crate) fn row(&self, number: u8) -> Row {
        self.rows.get(usize::from(number)).copied().unwrap_or(UNKNOWN)
    }

    /// Reads the text of a table: see `tables/write.py`.
    fn parse(version: Version, text: &str) -> Self {
        let mut rows = [UNKNOWN; 256];
        let mut argument_from = 0_usize;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match *words {
                ["argument-from", number] => argument_from = number.parse().unwrap_or(0),
                [number, _, behaves, caches] => {
                    let row = number.parse().ok().and_then(|number: usize| rows.get_mut(number));
                    if let Some(row) = row {
                        let op = Op::named(behaves);
                        *row = Row {
                            op,
                            caches: caches.parse().unwrap_or(0),
                            seldom: op.jump(version).is_some()
                                || matches!(
                                    op,
                                    Op::CallIntrinsic1
                                        | Op::ExecStmt
                                        | Op::ExtendedArg
                                        | Op::ImportName
                                        | Op::ImportStar
                                        | Op::Unknown
                                ),
                            ..UNKNOWN
                        };
                    }
                }
                _ => {}
            }
        }
        for row in rows.iter_mut().skip(argument_from) {
            row.has_argument = true;
        }
        Self { rows }
    }
}

const UNKNOWN: Row = Row { op: Op::Unknown, caches: 0, has_argument: false, seldom: true };

macro_rules! tables {
    ($($version:ident $file:literal;)+) => {
        impl Version {
            /// Every version, oldest first.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$version),+];

            /// Its opcodes.
            pub(crate) fn table(self) -> &'static Table {
                match self {
                    $(Self::$version => {
                        static TABLE: LazyLock<Table> =
                            LazyLock::new(|| Table::parse(Version::$version, include_str!(concat!("../../tables/", $file, ".txt"))));
                        &TABLE
                    })+
                }
            }

            /// As people write it.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$version => $file,)+ }
            }
        }
    };
}
tables! {
    V2_7 "2.7";
    V3_6 "3.6";
    V3_7 "3.7";
    V3_8 "3.8";
    V3_9 "3.9";
    V3_10 "3.10";
    V3_11 "3.11";
    V3_12 "3.12";
    V3_13 "3.13";
    V3_14 "3.14";
}

/// Magic numbers from the first alpha to the last release of a version (`Lib/importlib/_bootstrap_external.py`,
/// `Include/internal/pycore_magic_number.h`, `Python/import.c` of 2.7), and the header's length.
const MAGICS: &[(Version, u16, u16, u64)] = &[
    (Version::V2_7, 62171, 62211, 8),
    (Version::V3_6, 3360, 3379, 12),
    (Version::V3_7, 3390, 3399, 16),
    (Version::V3_8, 3400, 3419, 16),
    (Version::V3_9, 3420, 3429, 16),
    (Version::V3_10, 3430, 3449, 16),
    (Version::V3_11, 3450, 3499, 16),
    (Version::V3_12, 3500, 3549, 16),
    (Version::V3_13, 3550, 3599, 16),
    (Version::V3_14, 3600, 3649, 16),
];

impl Version {
    /// The version of a magic number and the length of its header.
    pub(crate) fn of_magic(magic: u16) -> Option<(Self, u64)> {
        let row = MAGICS.iter().find(|(_, first, last, _)| (*first..=*last).contains(&magic))?;
        Some((row.0, row.3))
    }

    /// How its code objects are laid out.
    pub(crate) const fn layout(self) -> Layout {
        match self {
            Self::V2_7 => Layout::Two,
            Self::V3_6 | Self::V3_7 => Layout::KeywordOnly,
            Self::V3_8 | Self::V3_9 | Self::V3_10 => Layout::PositionalOnly,
            Self::V3_11 | Self::V3_12 | Self::V3_13 | Self::V3_14 => Layout::Merged,
        }
    }

    /// Whether every instruction takes two bytes (3.6 on).
    pub(crate) fn is_wordcode(self) -> bool {
        self > Self::V2_7
    }
}

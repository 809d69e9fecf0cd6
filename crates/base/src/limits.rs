//! How much a scan may read, hold and spend: every number that ends a reading has its place here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How thorough a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Structure only: what can execute.
    Quick,
    /// Every byte: also hashes and embedded files.
    #[default]
    Standard,
    /// For analyses of weights, once they exist; until then the same as standard.
    Thorough,
}

impl Level {
    /// The word of the command line and of reports.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Thorough => "thorough",
        }
    }
}

/// The limits of a scan. Hitting any of them makes the artifact incomplete and names the limit; findings are kept.
///
/// A *root* is a file named or found, with all that it contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Nesting of containers in a root.
    pub depth: u32,
    /// Artifacts in a root.
    pub entries: u64,
    /// Artifacts in a root that lie four or more containers deep: honest images of containers need three.
    pub deep_entries: u64,
    /// Files of a target.
    pub files: u64,
    /// Bytes that may come out of compressed members of one root.
    pub bytes_out: u64,
    /// The same through more than one layer of compression.
    pub nested_bytes_out: u64,
    /// Expansion above which a member counts as a bomb.
    pub ratio: u64,
    /// Bytes inflated of a member whose stated size already says that it is a bomb.
    pub bomb_probe: u64,
    /// Bombs of one root that are probed; further ones are not inflated at all.
    pub bombs: u64,
    /// Bytes inflated before the ratio of a member of unstated size is looked at.
    pub unstated_out: u64,
    /// Bytes that one reading may hold in memory.
    pub memory: u64,
    /// Bytes of a forward source kept in memory before a temporary file is used.
    pub spool_memory: u64,
    /// Bytes of temporary files; 0 forbids them.
    pub spool_disk: u64,
    /// Steps (opcodes, nodes, folded operations) of one artifact.
    pub steps: u64,
    /// Facts that one reading may state.
    pub facts: u64,
    /// Seconds for one artifact, to which four seconds a GiB are added.
    pub artifact_seconds: u64,
    /// Time for the whole run.
    pub timeout: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        const GIB: u64 = 1 << 30;
        Self {
            depth: 32,
            entries: 1_000_000,
            deep_entries: 10_000,
            files: 10_000_000,
            bytes_out: 64 * GIB,
            nested_bytes_out: 8 * GIB,
            ratio: 1000,
            bomb_probe: 8 * MIB,
            bombs: 4,
            unstated_out: 64 * MIB,
            memory: 192 * MIB,
            spool_memory: 16 * MIB,
            spool_disk: 8 * GIB,
            steps: 4_000_000_000,
            facts: 4_000_000,
            artifact_seconds: 60,
            timeout: None,
        }
    }
}

impl Limits {
    /// The time that an artifact of `size` bytes may take.
    pub fn artifact_time(&self, size: u64) -> Duration {
        let per_gib = (size >> 28).min(1 << 20); // four seconds a GiB, in seconds
        Duration::from_secs(self.artifact_seconds.saturating_add(per_gib))
    }
}

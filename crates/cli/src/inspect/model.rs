//! What `inspect` knows of its targets, and what `inspect --format json` prints: version 1.

use std::sync::Arc;

use base::coverage::Coverage;
use serde::Serialize;

/// Everything.
#[derive(Debug, Serialize)]
pub(crate) struct Inspection {
    /// Version of this structure; its major part changes when a reader of the old one would misread it.
    pub(crate) schema_version: &'static str,
    /// As named.
    pub(crate) targets: Vec<String>,
    /// The artifacts, each before what lies in it.
    pub(crate) artifacts: Vec<Artifact>,
    /// Artifacts left out because there were too many.
    pub(crate) artifacts_omitted: u64,
    /// Bytes of all of them in numbers.
    pub(crate) coverage: Coverage,
}

/// One artifact.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Artifact {
    /// Its path, as reports write it.
    pub(crate) path: Arc<str>,
    /// Containers above it.
    pub(crate) depth: usize,
    /// What it is, or `unknown`, `empty`, `tensor-data`.
    pub(crate) format: Arc<str>,
    /// Everything that it is.
    pub(crate) formats: Vec<Arc<str>>,
    /// Bytes.
    pub(crate) size: Option<u64>,
    pub(crate) sha256: Option<String>,
    /// Whether all of it was read.
    pub(crate) complete: bool,
    /// Why not.
    pub(crate) detail: Option<String>,
    /// Findings in it.
    pub(crate) findings: u64,
    /// Bytes understood, opaque and skipped, without what lies in children.
    pub(crate) coverage: Coverage,
    /// What happened to which bytes.
    pub(crate) map: Few<Range>,
    pub(crate) imports: Few<Import>,
    pub(crate) tensors: Few<Tensor>,
    pub(crate) metadata: Few<Statement>,
    pub(crate) entries: Few<Entry>,
    pub(crate) references: Few<Statement>,
    /// Texts in its bytes, where they were asked for.
    pub(crate) strings: Few<Text>,
}

/// The first of many.
#[derive(Debug, Serialize)]
pub(crate) struct Few<T> {
    /// The first.
    pub(crate) items: Vec<T>,
    /// How many more there are.
    pub(crate) omitted: u64,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { items: Vec::new(), omitted: 0 }
    }
}

impl<T> Few<T> {
    /// Adds an item, or counts it where there are `most`.
    pub(crate) fn add(&mut self, item: T, most: usize) {
        if self.items.len() < most {
            self.items.push(item);
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// A range of bytes.
#[derive(Debug, Serialize)]
pub(crate) struct Range {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// `read`, `opaque`, `child`, `padding` or `skipped`.
    pub(crate) claim: &'static str,
}

/// A name that loading imports.
#[derive(Debug, Serialize)]
pub(crate) struct Import {
    /// `module.name`, canonical.
    pub(crate) name: String,
    /// As written, where that differs.
    pub(crate) written: String,
    /// When: `load`, `import`, `called`, `conditional`.
    pub(crate) when: Arc<str>,
    /// What is known of it, as rules write it: `safe/construct`, `dangerous/process`, `unknown`.
    pub(crate) standing: &'static str,
    /// Whether calling it does harm.
    pub(crate) dangerous: bool,
    /// Why.
    pub(crate) reason: &'static str,
    pub(crate) offset: u64,
}

/// A tensor.
#[derive(Debug, Serialize)]
pub(crate) struct Tensor {
    pub(crate) name: Arc<str>,
    pub(crate) dtype: Arc<str>,
    /// `2x3`; empty for a scalar.
    pub(crate) shape: Arc<str>,
    /// Bytes that type and shape need.
    pub(crate) bytes: u64,
    pub(crate) offset: u64,
}

/// Something that the artifact says of itself, or names.
#[derive(Debug, Serialize)]
pub(crate) struct Statement {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// A member.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) name: Arc<str>,
    pub(crate) kind: Arc<str>,
    pub(crate) size: u64,
    pub(crate) packed: u64,
    pub(crate) method: Arc<str>,
}

/// A text in the bytes.
#[derive(Debug, Serialize)]
pub(crate) struct Text {
    pub(crate) offset: u64,
    pub(crate) text: String,
}

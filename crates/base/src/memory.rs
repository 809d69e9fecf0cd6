//! What a scan may remember from one run to the next: results of roots, kept by whoever has a place for them.

/// A store of results. It may forget anything at any time, and must never return other bytes than those that were put.
pub trait Memory: std::fmt::Debug + Send + Sync {
    /// Whether anything of this group may be there: asked before the content is hashed for the look-up.
    fn knows(&self, group: &str) -> bool;

    /// What was put under `key` of `group`.
    fn recall(&self, group: &str, key: &str) -> Option<Vec<u8>>;

    /// Keeps `bytes` under `key` of `group`, if it can.
    fn keep(&self, group: &str, key: &str, bytes: &[u8]);
}

//! Python's pickle, protocols 0 to 5: handed to the symbolic machine.

use base::{
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    source::Access,
};

/// A stream of one or more pickles. Always only possible: a pickle has no magic that noise could not have.
pub const FORMAT: Format = Format {
    id: "pickle",
    name: "Python pickle",
    extensions: &["pkl", "pickle", "pck", "pcl", "p", "dat", "data", "bin", "joblib", "dill", "model"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Import, Kind::Call, Kind::Attribute, Kind::Reference, Kind::Tensor, Kind::Flaw],
    detect,
    explain: Some(::pickle::explain),
    parse: ::pickle::read,
};

fn detect(head: &Head<'_>) -> Option<Certainty> {
    ::pickle::looks_like_pickle(head).then_some(Certainty::Possible)
}

/// Bytes that a `reference` of kind `storage` claims by its role, `torch.FloatStorage[4]`: `None` for a class of unknown size,
/// the largest number where the claim fits no number.
pub fn storage_bytes(role: &str) -> Option<u64> {
    let (class, count) = role.strip_suffix(']')?.rsplit_once('[')?;
    let element = ::pickle::element_size(class)?;
    Some(count.parse().ok().and_then(|count: u64| count.checked_mul(element)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::storage_bytes;

    #[test]
    fn claims_are_counted_in_bytes() {
        assert_eq!(storage_bytes("torch.FloatStorage[4]"), Some(16));
        assert_eq!(storage_bytes("torch.storage.UntypedStorage[4]"), Some(4));
        assert_eq!(storage_bytes("torch.LongStorage[-1]"), Some(u64::MAX));
        assert_eq!(storage_bytes("torch.DoubleStorage[18446744073709551615]"), Some(u64::MAX));
        assert_eq!((storage_bytes("torch.Whatever[4]"), storage_bytes("shard")), (None, None));
    }
}

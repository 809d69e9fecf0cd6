//! Storages of tensors that a pickle claims, held against the members of the container that store them.

use std::{collections::BTreeMap, sync::Arc};

use base::fact::{Flaw, Reference};

/// The members that store what one pickle claims.
pub(crate) struct Storages {
    /// Who reads the pickle: `torch.load`.
    pub loader: &'static str,
    /// The name of a storage's member in lower case, with `{key}` for its key.
    member: String,
    /// Bytes of the container's members by name in lower case.
    sizes: Arc<BTreeMap<String, u64>>,
}

impl Storages {
    /// Storages in members of the name `member`.
    pub(crate) fn new(loader: &'static str, member: String, sizes: Arc<BTreeMap<String, u64>>) -> Self {
        Self { loader, member, sizes }
    }

    /// What is wrong with a claim. A loader that trusts it reads beyond the member's bytes (CVE-2026-24747).
    pub(crate) fn flaw(&self, claim: &Reference) -> Option<Flaw> {
        let claimed = formats::pickle::storage_bytes(&claim.role)?;
        let name = self.member.replace("{key}", &claim.target.to_ascii_lowercase());
        let (id, detail) = match self.sizes.get(&name) {
            None => ("storage-missing", format!("{} is claimed, and there is no {name}", claim.role)),
            Some(stored) if *stored < claimed => {
                ("storage-mismatch", format!("{} is claimed, and {stored} bytes are stored", claim.role))
            }
            Some(stored) if claimed < *stored && *stored < u64::MAX => {
                ("storage-surplus", format!("{} is claimed, and {stored} bytes are stored", claim.role))
            }
            Some(_) => return None,
        };
        Some(Flaw { id: id.into(), detail: detail.into(), part: claim.target.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_held_against_what_is_stored() {
        let sizes = BTreeMap::from([("m/data/0".to_owned(), 16), ("m/data/a".to_owned(), 4)]);
        let storages = Storages::new("torch.load", "m/data/{key}".into(), Arc::new(sizes));
        let flaw = |key: &str, role: &str| {
            let claim = Reference { kind: "storage".into(), target: key.into(), role: role.into() };
            storages.flaw(&claim).map(|flaw| flaw.id.to_string())
        };
        assert_eq!(flaw("0", "torch.FloatStorage[4]"), None);
        assert_eq!(flaw("0", "torch.FloatStorage[5]").as_deref(), Some("storage-mismatch"));
        assert_eq!(flaw("0", "torch.FloatStorage[-1]").as_deref(), Some("storage-mismatch"));
        assert_eq!(flaw("0", "torch.FloatStorage[3]").as_deref(), Some("storage-surplus"));
        assert_eq!(flaw("A", "torch.ByteStorage[4]"), None);
        assert_eq!(flaw("7", "torch.ByteStorage[4]").as_deref(), Some("storage-missing"));
        assert_eq!(flaw("0", "torch.UnheardStorage[9]"), None);
    }
}

//! Composite formats: containers whose members are known things, matched on names once a container's children are known.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use base::sink::{Child, ChildBody};

use crate::storages::Storages;

include!(concat!(env!("OUT_DIR"), "/layouts.rs"));

/// A row of `layouts.toml`.
struct Layout {
    id: &'static str,
    container: &'static str,
    /// What the container's own name ends with, if that matters.
    named: &'static str,
    must_have: &'static [&'static str],
    members: &'static [(&'static str, Role)],
    storages: &'static [Store],
}

/// Where a pickle's storages are.
struct Store {
    pickle: &'static str,
    stored: &'static str,
    /// Who reads the pickle.
    loader: &'static str,
}

/// What a member is to its layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A part of a package that an installer unpacks.
    Packaged,
    /// The numbers of a tensor: opaque unless something else is found in them.
    TensorData,
    /// Source that loading imports.
    ImportedCode,
    /// The code of a scripted module, which PyTorch's own interpreter runs.
    Script,
}

/// The layouts that a container's children form.
#[derive(Default)]
pub(crate) struct Matched {
    /// Ids, in the order of the table.
    pub ids: Vec<&'static str>,
    roles: Vec<(String, &'static Layout)>,
    /// Bytes of the members, where a layout has storages.
    sizes: Arc<BTreeMap<String, u64>>,
}

impl Matched {
    /// Matches the children of a container of this name that was read as `formats`.
    pub(crate) fn of(name: &str, formats: &[&str], children: &[Child]) -> Self {
        let name = name.to_ascii_lowercase();
        let mut matched = Self::default();
        for layout in LAYOUTS.iter().filter(|layout| formats.contains(&layout.container)) {
            let mut roots = layout.roots(children);
            // Loaders ask for the more special one first: TorchScript has all that a checkpoint has.
            roots.retain(|root| !matched.roles.iter().any(|(taken, _)| taken == root));
            if !roots.is_empty() {
                matched.ids.push(layout.id);
            }
            matched.roles.extend(roots.into_iter().map(|root| (root, layout)));
        }
        // What some loader of models reads is no package, whatever else it has the members of.
        let all = matched.ids.len();
        matched.roles.retain(|(_, layout)| layout.named.is_empty() || all == 1 && name.ends_with(layout.named));
        matched.ids.retain(|id| matched.roles.iter().any(|(_, layout)| layout.id == *id));
        if matched.roles.iter().any(|(_, layout)| !layout.storages.is_empty()) {
            matched.sizes = Arc::new(sizes(children));
        }
        matched
    }

    /// The members with which the claims of this one are compared, if it claims storages.
    pub(crate) fn storages(&self, child: &Child) -> Option<Storages> {
        let names: Vec<String> = names(child).collect();
        self.roles.iter().find_map(|(root, layout)| {
            let claims = |pattern: &str| names.iter().any(|name| fits(&pattern.replace("{root}", root), name));
            let store = layout.storages.iter().find(|store| claims(store.pickle))?;
            Some(Storages::new(store.loader, store.stored.replace("{root}", root), self.sizes.clone()))
        })
    }

    /// The role of a member.
    pub(crate) fn role(&self, child: &Child) -> Option<Role> {
        if child.tensor_data {
            return Some(Role::TensorData);
        }
        let names: Vec<String> = names(child).collect();
        self.roles.iter().find_map(|(root, layout)| {
            let fits = |pattern: &str| names.iter().any(|name| fits(&pattern.replace("{root}", root), name));
            layout.members.iter().find(|(pattern, _)| fits(pattern)).map(|(_, role)| *role)
        })
    }
}

impl Layout {
    /// Prefixes under which all that the layout must have is there.
    fn roots(&self, children: &[Child]) -> Vec<String> {
        let names: BTreeSet<String> = children.iter().flat_map(names).collect();
        let Some((first, rest)) = self.must_have.split_first() else { return Vec::new() };
        let suffix = first.strip_prefix("{root}").unwrap_or(first);
        let roots = names.iter().filter_map(|name| name.strip_suffix(suffix)).map(str::to_owned);
        let has = |root: &str, pattern: &str| names.iter().any(|name| fits(&pattern.replace("{root}", root), name));
        roots.filter(|root| rest.iter().all(|pattern| has(root, pattern))).take(64).collect()
    }
}

/// The names by which some loader reaches a member, in lower case.
fn names(child: &Child) -> impl Iterator<Item = String> + '_ {
    let all = std::iter::once(&child.name).chain(&child.also);
    all.map(|name| String::from_utf8_lossy(name).to_ascii_lowercase())
}

/// Bytes of each member by each of its names: of those of one name the smallest, as it depends on the loader which is read.
fn sizes(children: &[Child]) -> BTreeMap<String, u64> {
    let mut sizes = BTreeMap::new();
    for child in children {
        let size = match &child.body {
            ChildBody::Window(blob) => blob.len(),
            ChildBody::Packed(packed) => packed.size,
            ChildBody::Closed(_) => None,
        };
        for name in names(child) {
            let size = size.unwrap_or(u64::MAX);
            sizes.entry(name).and_modify(|known: &mut u64| *known = size.min(*known)).or_insert(size);
        }
    }
    sizes
}

/// Whether `name` fits `pattern`: `*` stands for one or more characters other than `/`, `**` for one or more of any.
fn fits(pattern: &str, name: &str) -> bool {
    let (start, end, any) = match (pattern.split_once("**"), pattern.split_once('*')) {
        (Some((start, end)), _) => (start, end, true),
        (None, Some((start, end))) => (start, end, false),
        (None, None) => return pattern == name,
    };
    let middle = name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    middle.is_some_and(|middle| !middle.is_empty() && (any || !middle.contains('/')))
}

#[cfg(test)]
mod tests {
    use base::{blob::Blob, location::Place};

    use super::*;

    fn children(names: &[&str]) -> Vec<Child> {
        let child = |name: &&str| Child::window(*name, Place::default(), Blob::from_bytes(*b"x"));
        names.iter().map(child).collect()
    }

    #[test]
    fn storages_of_a_checkpoint_are_tensor_data_whatever_the_case() {
        let children = children(&["m/DATA.pkl", "m/data/0", "m/data/0/x", "other/data/0", "m/version"]);
        let matched = Matched::of("m.pt", &["zip"], &children);
        assert_eq!(matched.ids, ["torch-checkpoint"]);
        let roles: Vec<_> = children.iter().map(|child| matched.role(child).is_some()).collect();
        assert_eq!(roles, [false, true, false, false, false]);
        assert!(Matched::of("m.pt", &["tar"], &children).ids.is_empty());
    }

    #[test]
    fn a_package_has_the_name_of_one_and_is_nothing_else() {
        let ids = |name: &str, more: &[&str]| {
            let names = [&["a-1.dist-info/WHEEL", "a-1.dist-info/RECORD", "a/lib.so"], more].concat();
            let children = children(&names);
            let matched = Matched::of(name, &["zip"], &children);
            (matched.ids.clone(), matched.role(&children[2]))
        };
        assert_eq!(ids("a-1-py3-none-any.whl", &[]), (vec!["python-wheel"], Some(Role::Packaged)));
        assert_eq!(ids("model.pt", &[]), (vec![], None));
        assert_eq!(ids("a-1-py3-none-any.whl", &["m/data.pkl"]), (vec!["torch-checkpoint"], None));
    }
}

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
    parse: ::pickle::read,
};

fn detect(head: &Head<'_>) -> Option<Certainty> {
    ::pickle::looks_like_pickle(head).then_some(Certainty::Possible)
}

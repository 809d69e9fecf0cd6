//! The command line of Modelward.

fn main() {}

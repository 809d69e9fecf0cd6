//! Modelward: eval.

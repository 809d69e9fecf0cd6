//! Modelward: rules.

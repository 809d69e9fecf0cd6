//! Modelward: base.

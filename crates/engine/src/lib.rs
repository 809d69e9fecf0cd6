//! Modelward: engine.

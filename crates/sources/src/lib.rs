//! Modelward: sources.

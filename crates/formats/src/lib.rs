//! Modelward: formats.

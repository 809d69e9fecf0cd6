//! Modelward: knowledge.

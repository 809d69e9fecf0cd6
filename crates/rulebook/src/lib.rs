//! Modelward: rulebook.

//! Modelward: testkit.

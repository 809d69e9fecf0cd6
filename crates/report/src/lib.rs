//! Modelward: report.

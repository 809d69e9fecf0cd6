//! Modelward: pickle.

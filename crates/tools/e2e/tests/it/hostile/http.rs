//! Hostile clients of the HTTP port.

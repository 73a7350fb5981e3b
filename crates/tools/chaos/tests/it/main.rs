//! Chaos as its users rely on it: a round ends right on a sound pipeline, and a wrong row anywhere is found.

mod oracle;
mod round;

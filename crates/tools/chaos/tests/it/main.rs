//! Tests of chaos: a round on a correct pipeline passes, and a wrong row anywhere is found.

mod elt;
mod segments;
mod oracle;
mod round;

//! Tests of the specifications and of the generated files.

mod committed;
mod refused;
mod workbook;

//! The specifications, and the files that are made of them.

mod committed;
mod refused;
mod workbook;

//! The demo of elt-service: a master database (M) that changes, an analytical one (A) that follows, six cycles with faults.

mod settings;

mod jobs;
mod runs;
mod service;
mod fixture;
mod master;

mod first_load;
mod cycles;

mod findings;
mod report;

mod run;

pub use run::run;
pub use settings::Settings;

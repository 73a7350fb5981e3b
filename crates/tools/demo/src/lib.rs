//! Demonstrations on real servers that check every number: [`orders`], the whole pipeline, and [`elt`], a master database
//! copied to an analytical one.

mod number;
mod shell;

mod settings;

mod data;

mod services;
mod fixture;

mod drive;
mod wait_idle;

mod findings;
mod report;

mod run;

mod elt;

pub use elt::{Settings as EltSettings, run as elt};
pub use run::run as orders;
pub use settings::Settings;

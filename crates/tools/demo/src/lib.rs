//! Demonstrations on real servers that check every number: [`orders`], the whole pipeline, [`elt`], a master database
//! copied to an analytical one, and [`segments`], from an order to a webhook.

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
mod segments;

pub use elt::{Settings as EltSettings, run as elt};
pub use run::run as orders;
pub use segments::{Settings as SegmentsSettings, run as segments};
pub use settings::Settings;

//! The scenarios: drain, floor, history, live orders, tags, views, elt-service, segments-service.

pub(crate) mod drain;
pub(crate) mod elt;
pub(crate) mod floor;
pub(crate) mod history;
pub(crate) mod live;
pub(crate) mod tags;
pub(crate) mod views;
pub(crate) mod segments;
pub(crate) mod rounds;

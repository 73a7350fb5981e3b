//! Reasons why names are missing, found by reading their values in Redis.

use std::collections::{HashMap, HashSet};

use reference::{Lookup, ReferenceStore, Unavailable, Unusable};
use serde::Serialize;
use tokio::time::Instant;

use crate::transform::{Kind, Missing};

/// Why a name is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Reason {
    /// A short, stable word: `absent`, `not-on-menu`, `no-category`, `present`, or the defect of the value
    /// ([`Unusable::label`]).
    pub(super) reason: &'static str,
    /// The same as a sentence.
    pub(super) detail: String,
}

/// Known reasons by name.
pub(super) type Reasons = HashMap<Missing, Reason>;

/// Looks up every name in Redis.
pub(super) async fn look_up(names: &ReferenceStore, missing: HashSet<Missing>) -> Result<Reasons, Unavailable> {
    let ids = |of: fn(&Missing) -> Option<&str>| missing.iter().filter_map(of).collect::<HashSet<_>>();
    let users: Vec<&str> = ids(user_id).into_iter().collect();
    let restaurants: Vec<&str> = ids(restaurant_id).into_iter().collect();
    let mut reasons = Reasons::new();
    let look = names.visit(&users, &restaurants, Instant::now().into_std(), |lookup| {
        let found = missing.iter().filter_map(|name| Some((name.clone(), reason(name, lookup)?)));
        reasons.extend(found);
    });
    look.await?;
    let left: Vec<&Missing> = missing.iter().filter(|name| is_open(reasons.get(*name))).collect();
    let ids: Vec<&str> = left.iter().filter_map(|name| user_id(name).or_else(|| restaurant_id(name))).collect();
    // If the Redis user may not run TYPE, the reasons are less exact.
    let types = names.types(&ids).await.unwrap_or_else(|_| vec!["none".to_owned(); ids.len()]);
    let types: HashMap<&str, &String> = ids.into_iter().zip(&types).collect();
    for name in left {
        let found = user_id(name).or_else(|| restaurant_id(name)).and_then(|id| types.get(id));
        if let Some(reason) = found.and_then(|found| by_type(found)) {
            reasons.insert(name.clone(), reason);
        }
    }
    for name in missing.iter().filter(|name| user_id(name).or_else(|| restaurant_id(name)).is_some()) {
        reasons
            .entry(name.clone())
            .or_insert_with(|| Reason::new("absent", "Redis holds nothing under this id".to_owned()));
    }
    Ok(reasons)
}

/// The id of the user, if the name is that of a user.
fn user_id(name: &Missing) -> Option<&str> {
    (name.kind == Kind::User).then_some(name.id.as_str())
}

/// The id of the restaurant whose value contains the name: the restaurant itself, or the restaurant of a product.
fn restaurant_id(name: &Missing) -> Option<&str> {
    match name.kind {
        Kind::Restaurant => Some(&name.id),
        Kind::Product => Some(&name.restaurant_id),
        Kind::Payload | Kind::Size | Kind::User => None,
    }
}

/// The reason that follows from the values read, if any.
fn reason(name: &Missing, lookup: &Lookup) -> Option<Reason> {
    let present =
        || Reason::new("present", "Redis has it now; its orders are sent in one of the next rounds".to_owned());
    let unusable = match name.kind {
        Kind::Payload | Kind::Size => None,
        Kind::User => lookup.unusable_user(&name.id),
        Kind::Restaurant => lookup.unusable_restaurant(&name.id),
        Kind::Product => lookup.unusable_restaurant(&name.restaurant_id),
    };
    if let Some(unusable) = unusable {
        let of = if name.kind == Kind::Product { " as its restaurant" } else { "" };
        return Some(Reason::new(unusable.label(), format!("{unusable}{of}")));
    }
    if name.is_known(lookup) {
        return Some(present());
    }
    // The restaurant has a menu, but the product is not on it or has no category.
    let menu = &lookup.restaurant(&name.restaurant_id).filter(|_| name.kind == Kind::Product)?.menu;
    Some(match menu.get(&name.id) {
        Some(_) => Reason::new("no-category", "the menu in Redis has it without a category".to_owned()),
        None => Reason::new("not-on-menu", "the menu in Redis does not have it, or has it without a name".to_owned()),
    })
}

/// Whether reading the type of the value would make the reason more exact.
fn is_open(reason: Option<&Reason>) -> bool {
    reason.is_none_or(|reason| reason.reason == Unusable::WrongType.label())
}

/// The reason that follows from the type of an unusable value; `None` if there is no value.
fn by_type(found: &str) -> Option<Reason> {
    match found {
        "none" => None,
        "string" => Some(Reason::new(Unusable::NotJson.label(), "Redis holds an empty string".to_owned())),
        other => {
            let detail = format!("Redis holds a {other}, not a string");
            Some(Reason::new(Unusable::WrongType.label(), detail))
        }
    }
}

impl Reason {
    const fn new(reason: &'static str, detail: String) -> Self {
        Self { reason, detail }
    }
}

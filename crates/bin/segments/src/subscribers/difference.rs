//! The difference between the members of a segment and what a target has acknowledged, as changes in the order of users. Pure.

use database::PgTimestamp;

use super::{
    change::{Change, Op, User, sequence},
    target::Audience,
};

/// What is known of one user of an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserState {
    /// The user.
    pub user: User,
    /// The open membership.
    pub open: Option<Membership>,
    /// The membership that the target has acknowledged.
    pub delivered: Option<Membership>,
    /// The membership that was sent, and whose answer may have been lost: the target may have it.
    pub attempted: Option<Membership>,
    /// Changes that the target has rejected, by membership.
    pub rejected: Vec<(Op, i64)>,
}

/// A membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Its number.
    pub id: i64,
    /// Its begin.
    pub start: PgTimestamp,
    /// Its end. `None`: it is open.
    pub end: Option<PgTimestamp>,
    /// Of the address.
    pub hash_email: Option<String>,
    /// Of the telephone number.
    pub hash_phone: Option<String>,
}

/// The changes to send, in the order of `states`: those of the first users, at most `limit`, and the number of users whose changes are
/// all among them. Only closed memberships are removed, because nothing changes them any more.
#[must_use]
pub fn changes(audience: &Audience, states: &[UserState], limit: usize) -> (Vec<Change>, usize) {
    let mut changes = Vec::new();
    for (place, state) in states.iter().enumerate() {
        let of_user = of_user(audience, state);
        let fits = limit.saturating_sub(changes.len());
        if of_user.len() > fits {
            changes.extend(of_user.into_iter().take(fits));
            return (changes, place);
        }
        changes.extend(of_user);
    }
    (changes, states.len())
}

/// All members, as a file of the whole audience has them.
#[must_use]
pub fn members(audience: &Audience, states: &[UserState]) -> Vec<Change> {
    let added = |state: &UserState| Some(change(audience, state, Op::Added, state.open.as_ref()?));
    states.iter().filter_map(added).collect()
}

/// The users and memberships of `changes` that have to be noted before they are sent for the first time.
#[must_use]
pub fn unmarked(states: &[UserState], changes: &[Change]) -> Vec<(i32, i64)> {
    let is_marked = |change: &&Change| {
        let state = states.iter().find(|state| state.user.user_id == change.user.user_id);
        let attempted = state.and_then(|state| state.attempted.as_ref());
        change.op == Op::Removed || attempted.is_some_and(|attempted| attempted.id == change.membership_id)
    };
    let unmarked = changes.iter().filter(|change| !is_marked(change));
    unmarked.map(|change| (change.user.user_id, change.membership_id)).collect()
}

/// The beginning of `changes`, up to the first user who joins again while the target may have an older membership whose answer was lost. Its
/// removal is sent alone, because noting the new membership forgets the old one; the user is looked at again.
#[must_use]
pub fn without_waiting(states: &[UserState], mut changes: Vec<Change>, users: usize) -> (Vec<Change>, usize) {
    let is = |op: Op, id: i64| move |change: &Change| change.op == op && change.membership_id == id;
    let waits = |state: &UserState| {
        let (lost, new) = (state.attempted.as_ref()?, state.open.as_ref()?);
        changes.iter().find(|change| is(Op::Removed, lost.id)(change))?;
        changes.iter().position(is(Op::Added, new.id))
    };
    match states.iter().enumerate().find_map(|(place, state)| Some((place, waits(state)?))) {
        Some((place, added)) => {
            changes.truncate(added);
            (changes, users.min(place))
        }
        None => (changes, users),
    }
}

/// The changes of one user: older memberships, which the target has or may have, are removed before the present one is added.
fn of_user(audience: &Audience, state: &UserState) -> Vec<Change> {
    let UserState { open, delivered, attempted, rejected, .. } = state;
    let is_another = |attempted: &&Membership| delivered.as_ref().is_none_or(|delivered| delivered.id != attempted.id);
    let older = delivered.iter().chain(attempted.iter().filter(is_another));
    let removed = older.filter(|older| older.end.is_some()).map(|older| (Op::Removed, older));
    let is_new = |open: &&Membership| delivered.as_ref().is_none_or(|delivered| delivered.id != open.id);
    let added = open.iter().filter(is_new).map(|new| (Op::Added, new));
    let wanted = removed.chain(added).filter(|(op, of)| !rejected.contains(&(*op, of.id)));
    wanted.map(|(op, membership)| change(audience, state, op, membership)).collect()
}

fn change(audience: &Audience, state: &UserState, op: Op, membership: &Membership) -> Change {
    let sequence = sequence(op, membership.end.filter(|_| op == Op::Removed).unwrap_or(membership.start));
    Change {
        op,
        change_id: format!("{}:{}:{sequence}", audience.subscription_id, state.user.guid),
        sequence,
        user: state.user.clone(),
        hash_email: membership.hash_email.clone(),
        hash_phone: membership.hash_phone.clone(),
        since: membership.start.civil().map(|civil| format!("{civil}Z")).unwrap_or_default(),
        segment: audience.segment.clone(),
        audience: audience.name.clone(),
        membership_id: membership.id,
    }
}

#[cfg(test)]
mod tests;

//! Which changes follow from members and acknowledged members; a receiver that honours the sequence ends with the members.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn audience() -> Audience {
    Audience { subscription_id: 7, name: "A".to_owned(), segment: "A".to_owned() }
}

fn membership(id: i64, start: i64, end: Option<i64>) -> Membership {
    let at = PgTimestamp::from_micros;
    Membership { id, start: at(start), end: end.map(at), hash_email: None, hash_phone: None }
}

fn state(user_id: i32, open: Option<Membership>, delivered: Option<Membership>) -> UserState {
    let guid = Uuid::from_u128(u128::try_from(user_id).unwrap());
    UserState { user: User { guid, source_id: None, user_id }, open, delivered, attempted: None, rejected: Vec::new() }
}

fn ops(changes: &[Change]) -> Vec<(Op, i32, i64)> {
    changes.iter().map(|change| (change.op, change.user.user_id, change.membership_id)).collect()
}

#[test]
fn members_are_added_and_those_who_left_are_removed_in_the_order_of_users() {
    let states = [
        state(1, Some(membership(11, 5, None)), None),
        state(2, None, Some(membership(12, 1, Some(4)))),
        state(3, Some(membership(13, 1, None)), Some(membership(13, 1, None))),
        state(4, None, None),
    ];
    let (changes, users) = changes(&audience(), &states, 100);
    assert_eq!((ops(&changes), users), (vec![(Op::Added, 1, 11), (Op::Removed, 2, 12)], 4));
    assert_eq!(ops(&members(&audience(), &states)), [(Op::Added, 1, 11), (Op::Added, 3, 13)]);
}

#[test]
fn an_older_membership_of_a_member_is_removed_before_the_new_one_is_added() {
    let states = [state(1, Some(membership(12, 9, None)), Some(membership(11, 1, Some(9))))];
    let (both, users) = changes(&audience(), &states, 2);
    assert_eq!((ops(&both), users), (vec![(Op::Removed, 1, 11), (Op::Added, 1, 12)], 1));
    assert!(both[0].sequence < both[1].sequence, "left and returned at one instant");
    assert_eq!(both[0].change_id, format!("7:{}:{}", both[0].user.guid, both[0].sequence));
    let (first, users) = changes(&audience(), &states, 1);
    assert_eq!((ops(&first), users), (vec![(Op::Removed, 1, 11)], 0), "the user is looked at again");
}

#[test]
fn a_membership_whose_answer_was_lost_is_removed_if_it_has_ended() {
    let mut lost = state(1, None, None);
    lost.attempted = Some(membership(11, 1, Some(9)));
    assert_eq!(ops(&changes(&audience(), &[lost.clone()], 9).0), [(Op::Removed, 1, 11)]);
    lost.open = Some(membership(12, 9, None));
    let (both, _) = changes(&audience(), &[lost.clone()], 9);
    assert_eq!(ops(&both), [(Op::Removed, 1, 11), (Op::Added, 1, 12)]);
    assert_eq!(unmarked(&[lost.clone()], &both), [(1, 12)]);
    // The removal is sent alone: noting the new membership would forget the lost one.
    let next = state(2, Some(membership(13, 9, None)), None);
    let states = [lost.clone(), next];
    let (all, users) = changes(&audience(), &states, 9);
    let (first, users) = without_waiting(&states, all, users);
    assert_eq!((ops(&first), users), (vec![(Op::Removed, 1, 11)], 0));
    lost.attempted = lost.open.clone();
    let (again, _) = changes(&audience(), &[lost.clone()], 9);
    assert_eq!((ops(&again), unmarked(&[lost], &again)), (vec![(Op::Added, 1, 12)], vec![]));
}

#[test]
fn a_rejected_change_is_left_out_and_no_other() {
    let mut rejected = state(1, Some(membership(12, 9, None)), Some(membership(11, 1, Some(9))));
    rejected.rejected = vec![(Op::Removed, 11)];
    assert_eq!(ops(&changes(&audience(), &[rejected.clone()], 9).0), [(Op::Added, 1, 12)]);
    rejected.rejected.push((Op::Added, 12));
    assert!(changes(&audience(), &[rejected], 9).0.is_empty());
}

proptest! {
    /// Stays of one user, at random times; changes are sent at some of them, and their answers are lost; everything that was sent
    /// arrives again later, in any order.
    #[test]
    fn a_receiver_that_honours_the_sequence_holds_the_members(
        steps in prop::collection::vec((1..4i64, any::<bool>(), any::<bool>()), 1..40),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let (mut now, mut next) = (0, 0);
        let (mut open, mut delivered, mut attempted): (Option<Membership>, Option<i64>, Option<i64>) = (None, None, None);
        let mut all: BTreeMap<i64, Membership> = BTreeMap::new();
        let mut sent: Vec<Change> = Vec::new();
        let sync = |open: &Option<Membership>, ids: [Option<i64>; 2], all: &BTreeMap<i64, Membership>| {
            let [delivered, attempted] = ids.map(|id| all.get(&id?).cloned());
            changes(&audience(), &[UserState { attempted, ..state(1, open.clone(), delivered) }], 10).0
        };
        for (pause, is_asked, is_lost) in steps {
            now += pause;
            match open.take() {
                Some(stay) => { all.insert(stay.id, Membership { end: Some(PgTimestamp::from_micros(now)), ..stay }); }
                None => {
                    next += 1;
                    open = Some(membership(next, now, None));
                    all.insert(next, membership(next, now, None));
                }
            }
            if is_asked {
                let changes = sync(&open, [delivered, attempted], &all);
                sent.extend(changes.iter().cloned());
                let added = changes.iter().find(|change| change.op == Op::Added);
                attempted = added.map(|change| change.membership_id).or(attempted);
                for change in changes.iter().filter(|_| !is_lost) {
                    delivered = (change.op == Op::Added).then_some(change.membership_id);
                    attempted = attempted.filter(|attempted| *attempted != change.membership_id);
                }
            }
        }
        let last = sync(&open, [delivered, attempted], &all);
        sent.extend(last);
        let repeated: Vec<Change> = again.iter().filter(|_| !sent.is_empty()).map(|at| sent[at.index(sent.len())].clone()).collect();
        let (mut holds, mut seen) = (false, i64::MIN);
        for change in sent.iter().chain(&repeated) {
            if change.sequence > seen {
                (holds, seen) = (change.op == Op::Added, change.sequence);
            }
        }
        prop_assert_eq!(holds, open.is_some());
    }
}

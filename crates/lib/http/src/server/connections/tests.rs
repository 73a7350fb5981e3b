//! Which connection is closed for a new one.

use super::*;

fn table() -> Table {
    Table::new(4, 3)
}

fn address(last: u8) -> IpAddr {
    [127, 0, 0, last].into()
}

/// Adds a connection of each of these clients; returns their numbers and tokens.
fn admit(table: &mut Table, clients: &[u8]) -> Vec<(u64, CancellationToken)> {
    let admit = |last: &u8| {
        table.make_room(address(*last));
        table.add(address(*last))
    };
    clients.iter().map(admit).collect()
}

fn closed(open: &[(u64, CancellationToken)]) -> Vec<usize> {
    (0..open.len()).filter(|at| open[*at].1.is_cancelled()).collect()
}

#[test]
fn the_client_with_the_most_connections_loses_its_oldest() {
    let mut table = table();
    let open = admit(&mut table, &[1, 2, 2, 2, 3]);
    assert_eq!(closed(&open), [1]);
    assert_eq!(table.open.len(), 4);
}

#[test]
fn a_client_at_its_limit_loses_its_own_oldest() {
    let mut table = table();
    assert_eq!(closed(&admit(&mut table, &[1, 2, 2])), [] as [usize; 0]);
    let mut table = self::table();
    assert_eq!(closed(&admit(&mut table, &[1, 1, 1, 1])), [0]);
}

#[test]
fn a_connection_that_is_being_answered_is_kept_and_counts_as_young_afterwards() {
    let mut table = table();
    let open = admit(&mut table, &[1, 1, 1]);
    table.set_idle(open[0].0, false);
    admit(&mut table, &[1]);
    assert_eq!(closed(&open), [1]);
    table.set_idle(open[0].0, true);
    admit(&mut table, &[1]);
    assert_eq!(closed(&open), [1, 2]);
}

#[test]
fn nothing_is_closed_while_all_are_being_answered() {
    let mut table = table();
    let open = admit(&mut table, &[1, 1, 1]);
    for (id, _) in &open {
        table.set_idle(*id, false);
    }
    admit(&mut table, &[1]);
    assert_eq!(closed(&open), [] as [usize; 0]);
}

#[test]
fn a_network_of_ipv6_is_one_client() {
    let of = |text: &str| client(text.parse().unwrap());
    assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
    assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
    assert_eq!(of("::ffff:127.0.0.1"), address(1));
}

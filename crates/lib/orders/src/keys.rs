//! Hash keys of the Data Vault: UUIDv5, which is SHA-1 of a namespace and a text. Every layer and every replay computes
//! the same keys. Also hashdiffs of satellites.

use std::sync::LazyLock;

use sha1::{Digest as _, Sha1};
use uuid::{Builder, Uuid};

/// The key of a hub row: of the text of the id under `NAMESPACE_OID`, as in the customer's own code.
#[must_use]
pub fn hub(id: &str) -> Uuid {
    v5(&Uuid::NAMESPACE_OID, id.as_bytes())
}

/// UUIDv5. The digest of the crate `uuid` does not use the processor's instructions for SHA-1, and hashing is a large
/// part of the cost of an order.
fn v5(namespace: &Uuid, name: &[u8]) -> Uuid {
    let digest: [u8; 20] = Sha1::new().chain_update(namespace.as_bytes()).chain_update(name).finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

/// `h_user_pk`, of the id in the source.
#[must_use]
pub fn user(id: &str) -> Uuid {
    hub(id)
}

/// `h_product_pk`, of the id in the source.
#[must_use]
pub fn product(id: &str) -> Uuid {
    hub(id)
}

/// `h_category_pk`, of the category's name: categories have no id in the source.
#[must_use]
pub fn category(name: &str) -> Uuid {
    hub(name)
}

/// `h_restaurant_pk`, of the id in the source.
#[must_use]
pub fn restaurant(id: &str) -> Uuid {
    hub(id)
}

/// `h_order_pk`, of the decimal text of the number.
#[must_use]
pub fn order(object_id: i64) -> Uuid {
    hub(&object_id.to_string())
}

/// A link table of the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// `l_order_product(h_order_pk, h_product_pk)`
    OrderProduct,
    /// `l_product_restaurant(h_product_pk, h_restaurant_pk)`
    ProductRestaurant,
    /// `l_product_category(h_product_pk, h_category_pk)`
    ProductCategory,
    /// `l_order_user(h_order_pk, h_user_pk)`
    OrderUser,
    /// `l_order_restaurant(h_order_pk, h_restaurant_pk)`
    OrderRestaurant,
}

impl Link {
    /// All tables, in the order of the variants.
    const TABLES: [&str; 5] =
        ["l_order_product", "l_product_restaurant", "l_product_category", "l_order_user", "l_order_restaurant"];

    /// The namespace of the table's keys. It is computed once, because hashing it would double the cost of a row.
    fn namespace(self) -> &'static Uuid {
        static NAMESPACES: LazyLock<[Uuid; 5]> = LazyLock::new(|| Link::TABLES.map(hub));
        &NAMESPACES[self as usize]
    }
}

/// The key of a link row: of the 16 bytes of both hub keys, in the order of the table's columns, under a namespace of
/// the link. The widths are fixed, so different pairs have different bytes.
#[must_use]
pub fn link(link: Link, left: Uuid, right: Uuid) -> Uuid {
    let mut pair = [0; 32];
    pair[..16].copy_from_slice(left.as_bytes());
    pair[16..].copy_from_slice(right.as_bytes());
    v5(link.namespace(), &pair)
}

/// The hashdiff of a satellite row: of its parent's key and its attributes, each preceded by its length, so that
/// `("ab", "c")` and `("a", "bc")` differ, and NULL from the empty text. Load columns are not included.
#[must_use]
pub fn hashdiff(parent: Uuid, attributes: &[Option<&str>]) -> Uuid {
    let mut bytes = Vec::with_capacity(64);
    for attribute in attributes {
        match attribute {
            None => bytes.extend_from_slice(&u64::MAX.to_be_bytes()),
            Some(text) => {
                bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
    v5(&parent, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hub_keys_equal_those_of_the_customer() {
        for (id, key) in [
            ("626a81ce9a8cd1920641e296", "45643d9d-c98d-5888-9743-20b85ecf0752"),
            ("Выпечка", "0f6d48bd-fe1f-51f6-a39f-31fe8f5e52a5"),
            ("6276e8cd0cf48b4cded00878", "c59c0921-4a9a-5da5-83bf-e58d5d27140d"),
            ("626a81cfefa404208fe9abae", "e8c8a693-b041-53fb-8f90-71098d9a93ca"),
        ] {
            assert_eq!(hub(id).to_string(), key, "{id}");
        }
        assert_eq!(order(322_519).to_string(), "26899385-e423-582c-8b3d-139c61248205");
    }

    #[test]
    fn links_differ_by_table_side_and_pair() {
        let (a, b) = (hub("a"), hub("b"));
        assert_ne!(link(Link::OrderUser, a, b), link(Link::OrderUser, b, a));
        assert_ne!(link(Link::OrderUser, a, b), link(Link::OrderRestaurant, a, b));
        assert_eq!(link(Link::OrderUser, a, b), link(Link::OrderUser, a, b));
    }

    #[test]
    fn a_link_has_the_namespace_of_its_table() {
        for (link, table) in [
            (Link::OrderProduct, "l_order_product"),
            (Link::ProductRestaurant, "l_product_restaurant"),
            (Link::ProductCategory, "l_product_category"),
            (Link::OrderUser, "l_order_user"),
            (Link::OrderRestaurant, "l_order_restaurant"),
        ] {
            assert_eq!(*link.namespace(), hub(table), "{table}");
        }
    }

    #[test]
    fn a_hashdiff_distinguishes_null_spaces_case_and_field_borders() {
        let parent = hub("parent");
        let of = |attributes: &[Option<&str>]| hashdiff(parent, attributes);
        let all = [
            of(&[None]),
            of(&[Some("")]),
            of(&[Some(" ")]),
            of(&[Some("a"), Some("bc")]),
            of(&[Some("ab"), Some("c")]),
            of(&[Some("AB"), Some("c")]),
            of(&[Some("abc")]),
            hashdiff(hub("another"), &[Some("abc")]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "{at}");
        }
    }
}

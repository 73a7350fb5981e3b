//! An SQL statement from a file in `sql/`, with the name that errors show.

/// One statement of `sql/`, made by [`statement!`](crate::statement!). It is prepared once per connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Its path below `sql/`, without the extension.
    pub name: &'static str,
    /// The SQL text.
    pub sql: &'static str,
}

/// The statement of a file: `statement!("dds/vault/insert_hub_users")` is `sql/dds/vault/insert_hub_users.sql`,
/// compiled in.
///
/// All crates are in `crates/*/*`, so the path works from each of them.
#[macro_export]
macro_rules! statement {
    ($name:literal) => {
        $crate::Statement {
            name: $name,
            sql: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/", $name, ".sql")),
        }
    };
}

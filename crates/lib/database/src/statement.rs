//! A statement: the text of a file of `sql/`, and the name it goes by in errors.

/// One statement of `sql/`, made by [`statement!`](crate::statement!). It is prepared once a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Its path below `sql/`, without the ending.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

/// The statement of a file: `statement!("dds/vault/insert_hub_users")` is `sql/dds/vault/insert_hub_users.sql`,
/// compiled in.
///
/// All crates lie in `crates/*/*`, so the file is found from whichever crate asks.
#[macro_export]
macro_rules! statement {
    ($name:literal) => {
        $crate::Statement {
            name: $name,
            sql: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../sql/", $name, ".sql")),
        }
    };
}

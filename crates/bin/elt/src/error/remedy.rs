//! What to do about an error of PostgreSQL, by its SQLSTATE.

use super::Server;

/// The remedy; `None` if the message says it all, or nothing is known.
pub(super) fn remedy(sqlstate: &str, server: Server) -> Option<&'static str> {
    let at_source = server == Server::Source;
    Some(match sqlstate {
        "22023" | "22P02" if at_source => "look at the values that the query converts",
        "25006" => "the source is only read: remove what writes from the query",
        "3F000" => "create the schema, or look at its name",
        "42501" if at_source => "GRANT SELECT on it to the role of SOURCE_DATABASE_URL",
        "42501" => "make the role of TARGET_DATABASE_URL the owner, or grant it the right",
        "42601" => "correct the statement at this line",
        "42704" => "look at the name of the type",
        "42702" => "write the table before the column",
        "42703" => "look at the names of the columns",
        "42804" | "42846" => "add a cast",
        "42883" => "look at the name of the function and the types of its arguments, or add a cast",
        "42P01" => "look at the name of the table and its schema",
        "42P10" => "add a PRIMARY KEY or UNIQUE of the columns of ON CONFLICT to the table and to CREATE_TABLE_SQL",
        "42P18" => "write the type after it: %s::timestamptz",
        "55P03" => "wait until that process has ended, or end it with pg_terminate_backend",
        "57014" => "it took longer than TIMEOUT: raise it, or make the statement faster",
        _ if sqlstate.starts_with("22") || sqlstate.starts_with("23") => "elt.runs.detail names the row",
        _ => return None,
    })
}

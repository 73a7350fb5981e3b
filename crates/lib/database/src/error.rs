//! Classification of PostgreSQL errors: invalid data, rejected requests, timeouts, outages.

use std::{error::Error as _, time::Duration};

use consumer::{DependencyError, Failure, Fault};
use tokio_postgres::{Error, error::DbError};

/// The failure for `error`, which occurred in the statement `name`.
///
/// Only errors about the values of a row are invalid data: data exceptions (class 22), a CHECK (23514), and values that
/// are too large (54000). Any other error, including a missing table, a deadlock or a duplicate key, may end by itself
/// or by an operator, and a record must not be given up because of it.
pub(crate) fn failure(name: &str, error: &Error) -> Failure {
    match error.as_db_error() {
        Some(error) if is_about_data(error.code().code()) => {
            Failure::InvalidData(format!("{name}: {}", invalid_data(error)))
        }
        _ => unavailable(name, error).into(),
    }
}

/// A dependency error for `error` in the step `name`.
pub(crate) fn unavailable(name: &str, error: &Error) -> DependencyError {
    let fault = match error.code() {
        Some(sqlstate) => fault(sqlstate.code()),
        // A value that the driver cannot encode was not sent. It comes from a record.
        None if error.to_string().starts_with("error serializing parameter") => Fault::Rejected("serialize".to_owned()),
        None => Fault::Unreachable,
    };
    DependencyError::new(crate::POSTGRES, format_args!("{name}: {}", describe(error))).with(fault)
}

/// A dependency error for a statement without an answer in time. The database may be unreachable. But if only this
/// statement takes so long, it will do so each time, and a smaller one will not.
pub(crate) fn no_answer(name: &str, timeout_after: Duration) -> DependencyError {
    DependencyError::new(crate::POSTGRES, format_args!("{name}: no answer for {timeout_after:?}")).with(Fault::TimedOut)
}

/// An error with its cause in one line. The driver's own text is only its kind («db error»).
pub(crate) fn describe(error: &Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(error), _) => format!("{} {}", error.code().code(), error.message()),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

/// The fault for an error that is not about data: of the server as a whole, or of the request.
///
/// Errors of connections (08), roles and databases that reject a login (28, 3D), a server in recovery or in an
/// unexpected state (25, also for a transaction that a frozen process left idle), lack of disk or memory (53), a
/// shutdown by an operator (57P) and an error of the operating system (58) do not depend on a record. Any other error
/// may.
fn fault(sqlstate: &str) -> Fault {
    let of_the_server = ["08", "25", "28", "3D", "53", "57P", "58"];
    if sqlstate == "57014" {
        Fault::TimedOut // `statement_timeout`
    } else if of_the_server.iter().any(|class| sqlstate.starts_with(class)) {
        Fault::Unreachable
    } else {
        Fault::Rejected(sqlstate.to_owned())
    }
}

fn is_about_data(sqlstate: &str) -> bool {
    sqlstate.starts_with("22") || matches!(sqlstate, "23514" | "54000")
}

/// The error and its object, without values: the message quotes a value (`value "…" is out of range`), and the detail
/// contains the whole row. Both may be personal data, and this text goes to logs and headers.
fn invalid_data(error: &DbError) -> String {
    let mut text = format!("{} {}", error.code().code(), without_quotes(error.message()));
    let places = [("table", error.table()), ("column", error.column()), ("constraint", error.constraint())];
    for (kind, name) in places {
        if let Some(name) = name {
            text.push_str(&format!(", {kind} {name}"));
        }
    }
    text
}

/// `message` with `…` in place of all text in quotation marks.
fn without_quotes(message: &str) -> String {
    let Some((before, rest)) = message.split_once('"') else { return message.to_owned() };
    let after = rest.rsplit_once('"').map_or("", |(_, after)| after);
    format!("{before}\"…\"{after}")
}

#[cfg(test)]
mod tests {
    use consumer::Fault;

    use super::{fault, is_about_data, without_quotes};

    #[test]
    fn a_refusal_does_not_repeat_the_value() {
        assert_eq!(without_quotes("integer out of range"), "integer out of range");
        assert_eq!(
            without_quotes(r#"value "9" is out of range for type integer"#),
            r#"value "…" is out of range for type integer"#
        );
        assert_eq!(without_quotes(r#"invalid input: "a "quoted" name""#), r#"invalid input: "…""#);
        assert_eq!(without_quotes(r#"cut off: "Анна"#), r#"cut off: "…""#);
    }

    #[test]
    fn an_error_is_classified_by_its_sqlstate() {
        for sqlstate in ["08006", "25006", "25P03", "53100", "53300", "57P01", "57P03", "58030"] {
            assert_eq!(fault(sqlstate), Fault::Unreachable, "{sqlstate}");
        }
        for sqlstate in ["23503", "23505", "40001", "40P01", "42P01", "55P03", "P0001", "XX000"] {
            assert_eq!(fault(sqlstate), Fault::Rejected(sqlstate.to_owned()), "{sqlstate}");
        }
        assert_eq!(fault("57014"), Fault::TimedOut);
    }

    #[test]
    fn only_the_data_of_a_row_is_refused() {
        for sqlstate in ["22001", "22003", "22021", "22P05", "23514", "54000"] {
            assert!(is_about_data(sqlstate), "{sqlstate}");
        }
        for sqlstate in ["23503", "23505", "40001", "40P01", "42P01", "54001", "55P03", "57014", "57P01", "0A000"] {
            assert!(!is_about_data(sqlstate), "{sqlstate}");
        }
    }
}

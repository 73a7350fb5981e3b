//! Statement parameters: values that know their PostgreSQL type.

use jiff::civil::{Date, DateTime};
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use crate::PgTimestamp;

/// A parameter of a statement.
///
/// A prepared statement knows the types of its parameters. Behind a pooler, statements are not prepared, so the types
/// must be sent. Each value therefore knows its type, and both ways accept the same values.
pub trait Parameter: Sync {
    /// The value for the driver.
    fn value(&self) -> &(dyn ToSql + Sync);

    /// The PostgreSQL type.
    fn kind(&self) -> Type;
}

/// The parameters of a statement, in order. Columns of rows are arrays. By value, so that a call can stand inside
/// `try_join!`: `tx.execute(&INSERT, [&ids, &names])`.
pub type Parameters<'a, const N: usize> = [&'a dyn Parameter; N];

macro_rules! parameters {
    ($($rust:ty: $one:ident, $many:ident;)*) => {$(
        parameters!(@ $rust, $one);
        parameters!(@ Option<$rust>, $one);
        parameters!(@ Vec<$rust>, $many);
        parameters!(@ Vec<Option<$rust>>, $many);
        parameters!(@ &[$rust], $many);
        parameters!(@ Option<&[$rust]>, $many);
    )*};
    (@ $rust:ty, $kind:ident) => {
        impl Parameter for $rust {
            fn value(&self) -> &(dyn ToSql + Sync) {
                self
            }

            fn kind(&self) -> Type {
                Type::$kind
            }
        }
    };
}

parameters! {
    bool: BOOL, BOOL_ARRAY;
    i32: INT4, INT4_ARRAY;
    i64: INT8, INT8_ARRAY;
    &str: TEXT, TEXT_ARRAY;
    &String: TEXT, TEXT_ARRAY;
    String: TEXT, TEXT_ARRAY;
    Uuid: UUID, UUID_ARRAY;
    Date: DATE, DATE_ARRAY;
    DateTime: TIMESTAMP, TIMESTAMP_ARRAY;
    PgTimestamp: TIMESTAMP, TIMESTAMP_ARRAY;
}

//! The migrations of schema `segments`.

use database::{Grants, Migrations, statement};

/// The history lies in schema `segments`, because the role that owns it may have no rights in `public`. Without the right to create
/// schemas CREATE SCHEMA IF NOT EXISTS fails although the schema exists, so that is looked up first.
pub static MIGRATIONS: Migrations = Migrations::new(embedded::migrations::runner, "segments.migrations", LOCK)
    .preparing("DO $$ BEGIN IF to_regnamespace('segments') IS NULL THEN CREATE SCHEMA segments; END IF; END $$")
    .granting(Grants {
        missing_rights: statement!("service/select_missing_rights"),
        roles: &[("segments-service", "tagmill_segments")],
    });

/// The advisory lock of the migrations. `sql/README.md` lists all numbers in use.
const LOCK: i64 = 7_224_647_962;

mod embedded {
    //! What the macro makes of the files.
    refinery::embed_migrations!("../../../sql/segments/migrations");
}

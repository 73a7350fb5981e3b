//! The migrations of schema `elt` in the analytical database.

use database::Migrations;

/// The history lies in schema `elt`, because the role that owns it may have no rights in `public`. Without the right to create
/// schemas CREATE SCHEMA IF NOT EXISTS fails although the schema exists, so that is looked up first.
pub static MIGRATIONS: Migrations = Migrations::new(embedded::migrations::runner, "elt.migrations", LOCK)
    .preparing("DO $$ BEGIN IF to_regnamespace('elt') IS NULL THEN CREATE SCHEMA elt; END IF; END $$");

/// The advisory lock of the migrations. `sql/README.md` lists all numbers in use.
const LOCK: i64 = 7_224_647_961;

mod embedded {
    //! What the macro makes of the files.
    refinery::embed_migrations!("../../../sql/elt/migrations");
}

//! The schema of the order warehouse (`stg`, `dds`, `cdm`): its migrations, and the rights of its services.
//!
//! The three services share one database and one history of migrations. Another product service has migrations of its
//! own, in a crate like this one.

use database::{Grants, Migrations, Settings, migrate, statement};

/// The numbered files of `sql/migrations`, and the grants that follow them.
///
/// The history table is outside the three schemas, because emptying one of them by hand must not look like a new
/// database.
pub static MIGRATIONS: Migrations = Migrations::new(embedded::migrations::runner, "public.tagmill_migrations", LOCK)
    .granting(Grants { missing_rights: statement!("service/select_missing_rights"), roles: &ROLES });

/// The advisory lock of the migrations. `sql/README.md` lists all numbers in use.
const LOCK: i64 = 7_224_647_955;

/// Each service with its role, which `sql/roles/create_service_roles.sql` creates.
const ROLES: [(&str, &str); 3] =
    [("stg-service", "tagmill_stg"), ("dds-service", "tagmill_dds"), ("cdm-service", "tagmill_cdm")];

/// Applies the missing migrations and returns their names, in order.
///
/// # Errors
/// As [`Migrations::apply`].
pub async fn migrate(settings: &Settings) -> Result<Vec<String>, migrate::Error> {
    MIGRATIONS.apply(settings).await
}

mod embedded {
    //! The migrations that the macro embeds.
    refinery::embed_migrations!("../../../sql/migrations");
}

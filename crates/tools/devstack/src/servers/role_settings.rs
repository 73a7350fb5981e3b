//! Settings that a role, a database or a server may change for a service, each with an awkward value. The tests of the
//! database and of the pipeline set them. `deploy/operations.md` explains them in the same order.

/// One setting of PostgreSQL.
#[derive(Debug, Clone, Copy)]
pub struct RoleSetting {
    /// Its name in `ALTER ROLE … SET`.
    pub name: &'static str,
    /// A value that would do harm without protection.
    pub awkward: &'static str,
    /// Reaction of a service.
    pub treatment: Treatment,
}

/// Reaction of a service to a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Every transaction states it, so `current_setting` of this name returns this value.
    Stated(&'static str, &'static str),
    /// Every transaction sets its own value.
    Limited,
    /// A connection with another value is refused: at the start with exit code 69, later as an outage.
    Verified,
    /// The setting takes effect; the service waits and reports it.
    Obeyed,
    /// It changes no result, at most the speed.
    Harmless,
}

use Treatment::{Harmless, Limited, Obeyed, Stated, Verified};

const fn row(name: &'static str, awkward: &'static str, treatment: Treatment) -> RoleSetting {
    RoleSetting { name, awkward, treatment }
}

/// All settings that matter or seem to matter.
pub const ROLE_SETTINGS: [RoleSetting; 44] = [
    row("default_transaction_isolation", "repeatable read", Stated("transaction_isolation", "read committed")),
    row("synchronous_commit", "off", Stated("synchronous_commit", "on")),
    row("search_path", "public, pg_catalog", Stated("search_path", "pg_catalog, pg_temp")),
    row("row_security", "on", Stated("row_security", "off")),
    row("datestyle", "German, DMY", Stated("datestyle", "ISO, YMD")),
    row("intervalstyle", "sql_standard", Stated("intervalstyle", "postgres")),
    row("timezone", "Asia/Kolkata", Stated("timezone", "UTC")),
    row("standard_conforming_strings", "off", Stated("standard_conforming_strings", "on")),
    row("statement_timeout", "2s", Limited),
    row("lock_timeout", "1ms", Limited),
    row("idle_in_transaction_session_timeout", "1s", Limited),
    row("session_replication_role", "replica", Verified),
    row("track_counts", "off", Verified),
    row("default_transaction_read_only", "on", Obeyed),
    row("default_transaction_deferrable", "on", Harmless),
    row("idle_session_timeout", "3s", Harmless),
    row("client_encoding", "LATIN1", Harmless),
    row("bytea_output", "escape", Harmless),
    row("extra_float_digits", "-15", Harmless),
    row("array_nulls", "off", Harmless),
    row("transform_null_equals", "on", Harmless),
    row("backslash_quote", "off", Harmless),
    row("quote_all_identifiers", "on", Harmless),
    row("check_function_bodies", "off", Harmless),
    row("client_min_messages", "error", Harmless),
    row("default_statistics_target", "1", Harmless),
    row("plan_cache_mode", "force_custom_plan", Harmless),
    row("jit", "on", Harmless),
    row("work_mem", "64kB", Harmless),
    row("temp_buffers", "100", Harmless),
    row("random_page_cost", "1000", Harmless),
    row("join_collapse_limit", "1", Harmless),
    row("geqo_threshold", "2", Harmless),
    row("synchronize_seqscans", "off", Harmless),
    row("max_parallel_workers_per_gather", "4", Harmless),
    row("enable_indexscan", "off", Harmless),
    row("enable_indexonlyscan", "off", Harmless),
    row("enable_nestloop", "off", Harmless),
    row("enable_hashjoin", "off", Harmless),
    row("enable_mergejoin", "off", Harmless),
    row("enable_hashagg", "off", Harmless),
    row("enable_sort", "off", Harmless),
    row("enable_material", "off", Harmless),
    row("enable_memoize", "off", Harmless),
];

impl RoleSetting {
    /// Whether a service works as usual while it is set.
    #[must_use]
    pub fn goes_unnoticed(&self) -> bool {
        !matches!(self.treatment, Verified | Obeyed)
    }

    /// `SET` with the awkward value, to follow `ALTER ROLE …` or `ALTER DATABASE …`.
    #[must_use]
    pub fn set(&self) -> String {
        match self.name {
            "search_path" => format!("SET search_path = {}", self.awkward),
            name => format!("SET {name} = '{}'", self.awkward),
        }
    }
}

//! The version that `--version` and the log print: `0.2.0 (0123456789ab)`, with the commit if it was set at build time.

use std::sync::LazyLock;

/// The version of the workspace, and the commit if `TAGMILL_COMMIT` was set when the program was compiled. The build does not
/// read Git, so that a new commit alone does not recompile anything.
pub(crate) static VERSION: LazyLock<String> =
    LazyLock::new(|| with_commit(env!("CARGO_PKG_VERSION"), option_env!("TAGMILL_COMMIT")));

fn with_commit(version: &str, commit: Option<&str>) -> String {
    match commit {
        Some(commit) if !commit.is_empty() => format!("{version} ({commit})"),
        _ => version.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::with_commit;

    #[test]
    fn the_version_contains_the_commit_if_it_is_known() {
        assert_eq!(with_commit("0.2.0", Some("0e45ee0")), "0.2.0 (0e45ee0)");
        assert_eq!(with_commit("0.2.0", Some("")), "0.2.0");
        assert_eq!(with_commit("0.2.0", None), "0.2.0");
    }
}

//! `.env`: a variable a line.

use super::Variables;

/// The variables. Lines without `=` and comments are left out, as by docker compose.
pub(super) fn read(text: &str) -> Variables {
    text.trim_start_matches('\u{feff}').lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let value = value.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| {
        let inside = value.strip_prefix(quote)?;
        inside.rfind(quote).map(|end| &inside[..end])
    });
    let plain = || value.split(" #").next().unwrap_or_default().trim_end();
    Some((name.trim().to_owned(), quoted.unwrap_or_else(plain).to_owned()))
}

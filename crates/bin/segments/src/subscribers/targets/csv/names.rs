//! File names of an audience. Pure.

use jiff::Timestamp;

/// The file names of an audience. No name leaves its folder, and no two audiences share one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    stem: String,
}

impl Names {
    /// All characters of the audience but letters, digits, `_`, `-` and inner `.` are percent-encoded.
    #[must_use]
    pub fn of(audience: &str) -> Self {
        let last = audience.char_indices().next_back().map_or(0, |(place, _)| place);
        let mut stem = String::with_capacity(audience.len());
        for (place, letter) in audience.char_indices() {
            let is_inner_dot = letter == '.' && place != 0 && place != last;
            if letter.is_alphanumeric() || letter == '_' || letter == '-' || is_inner_dot {
                stem.push(letter);
            } else {
                let mut bytes = [0; 4];
                stem.extend(letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")));
            }
        }
        Self { stem }
    }

    /// The file of the whole audience.
    #[must_use]
    pub fn whole(&self) -> String {
        format!("{}.csv", self.stem)
    }

    /// A file of this instant: a copy, or changes. The order of names is that of instants. `~` is in no encoded name.
    #[must_use]
    pub fn dated(&self, now: Timestamp) -> String {
        format!("{}{}.csv", self.dated_begin(), now.strftime("%Y%m%dT%H%M%S.%6fZ"))
    }

    /// The begin of the names of all dated files.
    #[must_use]
    pub fn dated_begin(&self) -> String {
        format!("{}~", self.stem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded() {
        for (audience, expected) in [
            ("AVITO_MUSIC-1", "AVITO_MUSIC-1.csv"),
            ("Любитель пиццы", "Любитель%20пиццы.csv"),
            ("../x", "%2E.%2Fx.csv"),
            ("..", "%2E%2E.csv"),
            (".", "%2E.csv"),
            ("a.b", "a.b.csv"),
            ("a.", "a%2E.csv"),
            ("a%2Fb", "a%252Fb.csv"),
            ("a~b\\c\0\n", "a%7Eb%5Cc%00%0A.csv"),
            ("\u{202e}x", "%E2%80%AEx.csv"),
        ] {
            assert_eq!(Names::of(audience).whole(), expected, "{audience:?}");
        }
    }

    #[test]
    fn dated_names_are_in_the_order_of_instants() {
        let names = Names::of("A");
        let at = |text: &str| names.dated(text.parse().unwrap());
        assert_eq!(at("2026-11-24T12:00:00.000001Z"), "A~20261124T120000.000001Z.csv");
        assert!(at("2026-11-24T12:00:00Z") < at("2026-11-24T12:00:00.1Z"));
        assert!(at("2026-11-24T12:00:00.999999Z") < at("2026-11-24T12:00:01Z"));
    }
}

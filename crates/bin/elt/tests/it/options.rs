//! Optional keys: forms, ranges, defaults.

use std::time::Duration;

use elt::job::DeleteMode;

use crate::files::{job, problems};

#[test]
fn durations_have_units() {
    for (text, seconds) in [("0s", 0), ("90s", 90), ("5m", 300), ("1h 30m", 5400), ("30d", 2_592_000)] {
        assert_eq!(job("LAG", text).lag, Duration::from_secs(seconds), "{text}");
    }
    assert_eq!(job("EVERY", "1h").every, Some(Duration::from_secs(3600)));
    assert_eq!(job("DELETE_EVERY", "1d").delete_every, Some(Duration::from_secs(86_400)));
    assert_eq!(job("TIMEOUT", "7d").timeout, Duration::from_secs(604_800));
}

#[test]
fn durations_out_of_form_or_range_are_refused() {
    for (key, text) in [
        ("LAG", "60"),
        ("LAG", "-1m"),
        ("LAG", "soon"),
        ("LAG", "31d"),
        ("LAG", "99999999999999999999999y"),
        ("EVERY", "0s"),
        ("DELETE_EVERY", "2y"),
        ("TIMEOUT", "500ms"),
        ("TIMEOUT", "8d"),
    ] {
        assert!(problems(key, text).starts_with(&format!("jobs/t.yaml:14: {key}: `")), "{key} {text}");
    }
}

#[test]
fn the_ratio_is_between_0_and_1() {
    for (text, ratio) in [("0", 0.0), ("1", 1.0), ("0.35", 0.35), ("1e-2", 0.01)] {
        assert!((job("MAX_DELETE_RATIO", text).max_delete_ratio - ratio).abs() < f64::EPSILON, "{text}");
    }
    for text in ["-0.1", "1.01", "20%", "0,2", "NaN", "inf", ""] {
        problems("MAX_DELETE_RATIO", text);
    }
}

#[test]
fn delete_has_three_modes() {
    for (text, mode) in [("hard", DeleteMode::Hard), ("off", DeleteMode::Off)] {
        assert_eq!(job("DELETE", text).delete, mode);
    }
    for text in ["no", "Hard", "false"] {
        problems("DELETE", text);
    }
}

#[test]
fn soft_deletes_need_a_column() {
    let create = "CREATE TABLE IF NOT EXISTS t (a int, ELT_deleted_at timestamptz)";
    let job = crate::files::with(&[("CREATE_TABLE_SQL", create), ("DELETE", "soft")]).unwrap();
    assert_eq!(job.delete, DeleteMode::Soft);
    assert!(problems("DELETE", "soft").contains("add `elt_deleted_at timestamptz`"));
}

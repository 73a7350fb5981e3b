//! Values that are invalid in every kind of message.

use super::case::{ExpectedOutcome, Maker};

/// Values that are not documents, and characters that strings must not contain.
pub(super) fn documents(maker: &mut Maker) {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for (name, value) in [
        ("empty", &b""[..]),
        ("a blank", b" "),
        ("no JSON", b"order"),
        ("XML", b"<order/>"),
        ("cut off", b"{\"object_type\": \"order\","),
        ("a list", b"[{\"object_type\": \"order\"}]"),
        ("a string", b"\"order\""),
        ("a number", b"7"),
        ("null", b"null"),
        ("two objects", b"{} {}"),
        ("single quotes", b"{'object_type': 'order'}"),
        ("a comma too many", b"{\"object_type\": \"order\",}"),
        ("not UTF-8", b"{\"object_type\": \"order\", \"x\": \"\xff\xfe\"}"),
        ("a surrogate in UTF-8", b"{\"object_type\": \"order\", \"x\": \"\xed\xa0\x80\"}"),
        ("an overlong character", b"{\"object_type\": \"order\", \"x\": \"\xc0\x80\"}"),
        ("UTF-16", b"{\0}\0"),
        ("a control character in a string", b"{\"object_type\": \"order\", \"x\": \"\n\"}"),
        ("10,000 levels", deep(10_000).as_bytes()),
        ("an object in disguise", b"{\"\\u0024serde_json::private::RawValue\": \"{\\\"object_type\\\": \\\"x\\\"}\"}"),
    ] {
        let reason = if name == "an object in disguise" { "bad-text" } else { "not-json" };
        maker.refused(name, value, reason);
    }
    let (good, _) = maker.next_good();
    maker.refused("a byte order mark", format!("\u{feff}{good}").as_bytes(), "not-json");
    maker.refused("garbage behind it", format!("{good}x").as_bytes(), "not-json");
    maker.refused("a NUL behind it", format!("{good}\0").as_bytes(), "not-json");
    maker.accepted("blanks around it", |good| format!("\r\n\t {good:#} \n\n"));
    maker.add("a tombstone", None, ExpectedOutcome::Skipped("tombstone"));
    maker.add("another type", Some(b"{\"object_type\": \"courier\"}".to_vec()), ExpectedOutcome::Skipped("other-type"));
    maker.add(
        "a type in capitals",
        Some(b"{\"object_type\": \"ORDER\"}".to_vec()),
        ExpectedOutcome::Skipped("other-type"),
    );
    maker.add(
        "a type that is a number",
        Some(b"{\"object_type\": 7}".to_vec()),
        ExpectedOutcome::Skipped("other-type"),
    );
}

/// Unknown fields may contain any JSON except what PostgreSQL's text cannot hold.
pub(super) fn unknown_fields(maker: &mut Maker, places: &[&str]) {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for place in places {
        for (text, reason) in [
            ("1e400", None),
            ("-0", None),
            ("[{\"\": [null, {}]}]", None),
            (r#""\ud83d\udc8e \\u0000""#, None),
            (&*deep(100), None),
            (&*deep(128), Some("not-json")),
            (&*deep(10_000), Some("not-json")),
            (r#""\u0000""#, Some("bad-text")),
            (r#"{"a\u0000b": 1}"#, Some("bad-text")),
            (r#"["\u0000"], "unknown": 1"#, Some("bad-text")),
            (r#""\ud800""#, Some("not-json")),
            (r#""\udfff\ud800""#, Some("not-json")),
            (r#"{"\udc00": 1}"#, Some("not-json")),
            (r#"{"$serde_json::private::Number": "5"}"#, Some("bad-text")),
            (r#"{"\u0024serde_json::private::Number": "5"}"#, Some("bad-text")),
            (r#"{"\u0024serde_json::private::RawValue": "[]"}"#, Some("bad-text")),
        ] {
            maker.exchanged(&format!("{place}/unknown"), text, reason);
        }
    }
}

/// A text that is kept must be one that PostgreSQL keeps.
pub(super) fn texts(maker: &mut Maker, places: &[&str]) {
    for place in places {
        for (text, reason) in [
            (r#""\u0000""#, "bad-text"),
            (r#""a\u0000b""#, "bad-text"),
            (r#""\ud800""#, "not-json"),
            (r#""\ud800x""#, "not-json"),
            (r#""\udc00""#, "not-json"),
        ] {
            maker.exchanged(place, text, Some(reason));
        }
    }
}

/// `numeric(19,5)`, not below 0.
pub(super) fn money(maker: &mut Maker, places: &[&str]) {
    for place in places {
        for text in [
            "0",
            "-0",
            "-0.000e9",
            "1E5",
            "1e-400",
            "0.000004999",
            "99999999999999.99999",
            "99999999999999.999994999",
            "9999999999999999999e-5",
            "0.1234567890123456789012345678901234567890",
        ] {
            maker.exchanged(place, text, None);
        }
        let long = "9".repeat(100);
        for text in [
            "-1",
            "-0.0000001",
            "100000000000000",
            "99999999999999.999995",
            "1e14",
            "1e400",
            "1e99999999999999999999",
            &long,
        ] {
            maker.exchanged(place, text, Some("out-of-range"));
        }
        for text in ["01", "+1", ".5", "1.", "NaN", "Infinity", "0x10"] {
            maker.exchanged(place, text, Some("not-json"));
        }
    }
}

/// Pieces: a `bigint` of at least 1.
pub(super) fn quantities(maker: &mut Maker, place: &str) {
    for text in ["1", "2.0", "1e0", "1E3", "20e-1", "9223372036854775807", "9223372036854775807.000"] {
        maker.exchanged(place, text, None);
    }
    for text in ["0", "-0", "-1", "1.5", "1e-1", "0.9999999999", "9223372036854775808", "1e19", "1e400"] {
        maker.exchanged(place, text, Some("out-of-range"));
    }
}

/// Points in time, in every form.
pub(super) fn times(maker: &mut Maker, place: &str) {
    for text in [
        "2026-03-02 11:20:05",
        "2026-03-02T11:20:05",
        "2026-03-02t11:20:05z",
        "2026-03-02T11:20:05Z",
        "2026-03-02T11:20:05+03:00",
        "2026-03-02 11:20:05+03",
        "2026-03-02T11:20:05-0330",
        "2026-03-02T11:20:05-23:59",
        "20260302T112005Z",
        "2026-03-02T11:20",
        "2026-03-02 11:20:05,5",
        "2024-02-29 00:00:00",
        "0000-01-01 00:00:00",
        "2016-12-31 23:59:60",
        "2026-03-02T11:20:05.123456789012345678901234567890Z",
        "2026-03-02T11:20:05Z[Europe/Moscow]",
    ] {
        maker.exchanged(place, &format!("\"{text}\""), None);
    }
    for digits in 1..=12 {
        maker.exchanged(place, &format!("\"2026-03-02 11:20:05.{}\"", &"123456789012"[..digits]), None);
    }
    for text in [
        "",
        " ",
        "now",
        "2026-03-02",
        "11:20:05",
        "1773057600",
        "02.03.2026 11:20:05",
        "2026-02-29 00:00:00",
        "2026-13-01 00:00:00",
        "2026-03-02 24:00:00",
        "2026-03-02 23:60:00",
        "2026-03-02 11:20:61",
        "2026-03-02 11:20:05.",
        "2026-03-02 11:20:05 MSK",
        "2026-03-02T11:20:05[Europe/Moscow]",
        "2026-03-02T11:20:05+24:00",
        " 2026-03-02 11:20:05",
        "2026-03-02 11:20:05 ",
        "10000-01-01 00:00:00",
        "+010000-01-01T00:00:00",
        "-000001-01-01T00:00:00",
        "0000-01-01T00:00:00+00:01",
        "٢٠٢٦-03-02 11:20:05",
    ] {
        maker.exchanged(place, &format!("\"{text}\""), Some("bad-date"));
    }
}

/// A date more than a day after the timestamp of the record is rejected; for a replayed record, a header has that
/// timestamp.
pub(super) fn the_future(maker: &mut Maker, places: &[&'static str]) {
    for place in places {
        for (text, header, reason) in [
            ("2026-03-10 12:00:00", None, None),
            ("2026-03-10 12:00:30", None, Some("from-the-future")),
            ("2026-03-10T15:00:30+03:00", None, Some("from-the-future")),
            ("2027-01-01 00:00:00", Some("1798675200000"), None),
            ("2027-01-01 00:00:00", Some("no time"), Some("from-the-future")),
            ("2026-03-10 12:00:00", Some("1772928000000"), Some("from-the-future")),
            ("9998-12-31 23:59:59", Some("9223372036854775807"), None),
        ] {
            maker.exchanged(place, &format!("\"{text}\""), reason);
            if let (Some(header), Some(case)) = (header, maker.cases.last_mut()) {
                case.record.headers.insert(0, ("original-timestamp".to_owned(), header.as_bytes().to_vec()));
                case.name.push_str(" written at another time");
            }
        }
    }
}

/// Before the first day there is, all days are ahead; and a time that nothing can follow is none a row can be loaded at.
pub(super) fn the_end_of_time(maker: &mut Maker, places: &[&str]) {
    for place in places {
        for text in ["\"9999-01-01 00:00:00\"", "\"9999-12-31 23:59:59.999999\""] {
            maker.exchanged(place, text, Some("out-of-range"));
            written_at(maker, i64::MAX);
        }
        maker.exchanged(place, "\"9998-12-31 23:59:59.999999\"", None);
        written_at(maker, i64::MAX);
    }
    let (good, _) = maker.next_good();
    let expected = ExpectedOutcome::Dead("from-the-future", String::new());
    maker.add("written before all time", Some(good.to_string().into_bytes()), expected);
    written_at(maker, i64::MIN);
}

/// Gives the last record another time than the broker does.
fn written_at(maker: &mut Maker, millis: i64) {
    if let Some(case) = maker.cases.last_mut() {
        case.record.headers.insert(0, ("original-timestamp".to_owned(), millis.to_string().into_bytes()));
    }
}

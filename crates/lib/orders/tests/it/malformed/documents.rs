//! Malformed documents: values that are not JSON objects, or contain text that PostgreSQL cannot store; the same for
//! every reader.

use super::*;

const READERS: [(&str, Reader); 3] = [("event", read_event), ("enriched", read_enriched), ("counters", read_counters)];

fn sample(kind: &str) -> Value {
    match kind {
        "event" => samples::event(),
        "enriched" => samples::enriched(),
        _ => samples::counters(),
    }
}

#[test]
fn a_document_must_be_a_json_object() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let (deep, deepest) = (deep(129), deep(100_000));
    for text in [
        "",
        " ",
        "order",
        "{",
        "null",
        "7",
        "\"order\"",
        "[]",
        "[{}]",
        "{} {}",
        "{'a': 1}",
        "{\"a\": 01}",
        &deep,
        &deepest,
    ] {
        for (kind, read) in READERS {
            let (reason, error) = rejection(read(text));
            assert_eq!(reason, "not-json", "{kind}: {text}: {error}");
        }
    }
}

#[test]
fn invalid_utf_8_is_rejected() {
    for bytes in [&b"\xff\xfe{}"[..], b"{\"user_id\": \"\xc3\x28\"}", b"\xef\xbb\xbf{}", b"{\"\xed\xa0\x80\": 1}"] {
        let refused = [
            rejection(orders::event::read(Some(bytes), None)),
            rejection(orders::enriched::read(Some(bytes), None)),
            rejection(orders::counters::read(Some(bytes), None)),
        ];
        assert!(refused.iter().all(|(reason, _)| *reason == "not-json"), "{bytes:?}: {refused:?}");
    }
}

#[test]
fn a_nul_in_any_string_is_rejected() {
    for (kind, read) in READERS {
        for unknown in [json!("\0"), json!(["a", {"b": "a\0b"}]), json!({"\0": 1})] {
            let (reason, error) = rejection(read(&with(sample(kind), "/unknown", unknown).to_string()));
            assert_eq!(reason, "bad-text", "{kind}: {error}");
        }
        let (reason, _) = rejection(read(&with(sample(kind), "/\0", json!(1)).to_string()));
        assert_eq!(reason, "bad-text", "{kind}: a key");
    }
}

#[test]
fn a_nul_under_a_repeated_key_is_rejected() {
    for (kind, read) in READERS {
        let text = with(sample(kind), "/unknown", json!("HERE")).to_string();
        let hidden = text.replacen('{', r#"{"unknown": "a\u0000b","#, 1);
        assert_eq!(rejection(read(&hidden)).0, "bad-text", "{kind}");
        assert_eq!(read(&text.replace("HERE", r"\\u0000")), Ok(()), "{kind}: a backslash and some letters are none");
    }
}

#[test]
fn reserved_names_of_the_json_library_are_rejected() {
    for (kind, read) in READERS {
        let text = with(sample(kind), "/unknown", json!("HERE")).to_string();
        for name in [
            r"$serde_json::private::Number",
            r"\u0024serde_json::private::Number",
            r"$serde_json\u003a:private::Number",
        ] {
            let disguised = text.replace("\"HERE\"", &format!(r#"[{{"{name}": "5"}}]"#));
            assert_eq!(rejection(read(&disguised)).0, "bad-text", "{kind}: {name}");
        }
        // Without the check, this would be parsed as a service message.
        let inside = r#"{\"object_type\": \"x\"}"#;
        let disguised = format!(r#"{{"\u0024serde_json::private::RawValue": "{inside}"}}"#);
        assert_eq!(rejection(read(&disguised)).0, "bad-text", "{kind}");
    }
}

#[test]
fn a_lone_surrogate_in_any_string_is_rejected() {
    for (kind, read) in READERS {
        let text = with(sample(kind), "/unknown", json!("HERE")).to_string();
        for surrogate in [r"\ud800", r"\udfff", r"\ud800\ud800", r"\ud83dx"] {
            let (reason, error) = rejection(read(&text.replace("HERE", surrogate)));
            assert_eq!(reason, "not-json", "{kind}: {surrogate}: {error}");
        }
        assert_eq!(read(&text.replace("HERE", r"\ud83d\udc8e")), Ok(()), "{kind}: a pair is a character");
    }
}

//! Validation of topic names and broker addresses.

/// Maximum length of the name of a topic.
const LONGEST_TOPIC: usize = 249;

/// Parses the name of a topic. Kafka allows ASCII letters, digits, `.`, `_` and `-`, and neither `.` nor `..`.
pub(super) fn topic(text: &str) -> Result<String, String> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
    if let Some(character) = text.chars().find(|&character| !allowed(character)) {
        return Err(format!("{character:?} is not allowed in a topic's name; letters, digits, `.`, `_` and `-` are"));
    }
    match text {
        "" => Err("a topic's name must not be empty".to_owned()),
        "." | ".." => Err(format!("`{text}` is not allowed as a topic's name")),
        _ if text.len() > LONGEST_TOPIC => Err(format!("a topic's name has at most {LONGEST_TOPIC} characters")),
        _ => Ok(text.to_owned()),
    }
}

/// Parses addresses of brokers, `host:port`, separated by commas. Blanks around a comma are ignored.
pub(super) fn addresses(text: &str) -> Result<String, String> {
    let addresses: Vec<&str> = text.split(',').map(str::trim).collect();
    match addresses.iter().find(|address| !is_address(address)) {
        Some(address) => Err(format!("`{address}` is not `host:port`; several are separated by commas")),
        None => Ok(addresses.join(",")),
    }
}

/// Whether the client accepts this address. The default port is 9092, and a protocol may precede the address.
fn is_address(address: &str) -> bool {
    let server = address.split_once("://").map_or(address, |(_, server)| server);
    let (host, port) = server.rsplit_once(':').unwrap_or((server, "9092"));
    let is_host = !host.is_empty() && !host.contains([';', '/']) && !host.contains(char::is_whitespace);
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    is_host && (is_bracketed || !host.contains(':')) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_names_are_validated() {
        let longest = "x".repeat(LONGEST_TOPIC);
        for name in ["orders", "order-service_orders", "a.b", "...", "7", longest.as_str()] {
            assert_eq!(topic(name).as_deref(), Ok(name));
        }
        let longer = "x".repeat(LONGEST_TOPIC + 1);
        for (name, said) in [
            ("", "a topic's name must not be empty"),
            (".", "`.` is not allowed as a topic's name"),
            ("..", "`..` is not allowed as a topic's name"),
            ("or ders", "' ' is not allowed in a topic's name"),
            ("orders,more", "',' is not allowed in a topic's name"),
            ("заказы", "'з' is not allowed in a topic's name"),
            ("^orders.*", "'^' is not allowed in a topic's name"),
            (longer.as_str(), "a topic's name has at most 249 characters"),
        ] {
            assert!(topic(name).unwrap_err().starts_with(said), "{name}");
        }
    }

    #[test]
    fn broker_addresses_are_validated() {
        for (text, expected) in [
            ("k:9092", "k:9092"),
            ("k", "k"),
            ("k1:9092, k2:9092 ,k3:9093", "k1:9092,k2:9092,k3:9093"),
            ("[::1]:9092", "[::1]:9092"),
            ("SSL://k:9093", "SSL://k:9093"),
        ] {
            assert_eq!(addresses(text).as_deref(), Ok(expected));
        }
        for text in ["", ",k", "k:", ":9092", "k:0", "k:many", "k:9092,", "k:9092,,l:9092", "k 1:9092", "k:9092;l:9092"]
        {
            let said = addresses(text).unwrap_err();
            assert!(said.ends_with("is not `host:port`; several are separated by commas"), "{text}: {said}");
        }
    }
}

//! Whole numbers and addresses, as values of settings and options.

use std::{
    fmt::Display,
    net::SocketAddr,
    ops::{Bound, RangeBounds},
    str::FromStr,
};

/// Parses whole numbers of a range. `what` completes the sentence "`many` is not …": `a number of records`.
/// `T` is the type of the field: name it if the range does not.
pub fn whole_number<T>(
    what: &'static str,
    range: impl RangeBounds<T> + Clone + Send + Sync + 'static,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + 'static,
{
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("`{text}` is not {what}; write a whole number{}", limits(&range))),
    }
}

/// The limits of a range as text: ` from 1 to 5`.
fn limits<T: Display>(range: &impl RangeBounds<T>) -> String {
    let end = |word: &str, bound| match bound {
        Bound::Included(end) => format!(" {word} {end}"),
        Bound::Excluded(_) | Bound::Unbounded => String::new(),
    };
    end("from", range.start_bound()) + &end("to", range.end_bound())
}

/// Parses an address and a port to listen on.
///
/// # Errors
/// When the text is not an IP address with a port.
pub fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is not an IP address with a port; write it like `0.0.0.0:5000`"))
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU16, NonZeroUsize};

    use super::*;

    #[test]
    fn a_number_out_of_range_is_rejected() {
        let size = whole_number("a number of records", NonZeroUsize::MIN..);
        assert_eq!(size("100").map(NonZeroUsize::get), Ok(100));
        for text in ["many", "0", "-1", "1.5", "99999999999999999999"] {
            let said = format!("`{text}` is not a number of records; write a whole number from 1");
            assert_eq!(size(text), Err(said));
        }
        let partitions = whole_number("a number of partitions", NonZeroU16::MIN..=NonZeroU16::MAX);
        let said = "`65536` is not a number of partitions; write a whole number from 1 to 65535";
        assert_eq!(partitions("65536").unwrap_err(), said);
        assert_eq!(whole_number::<i64>("an id", ..)("x").unwrap_err(), "`x` is not an id; write a whole number");
    }

    #[test]
    fn an_address_needs_a_port() {
        assert!(socket_address("0.0.0.0:5000").is_ok() && socket_address("[::1]:80").is_ok());
        for text in ["5000", "localhost:5000", "0.0.0.0:70000"] {
            let said = format!("`{text}` is not an IP address with a port; write it like `0.0.0.0:5000`");
            assert_eq!(socket_address(text), Err(said));
        }
    }
}

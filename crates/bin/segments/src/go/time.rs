//! Dates as `time.Parse` reads them with the layout `15:04:05 02.01.2006`, and its errors.

use jiff::civil::DateTime;

/// The layout: each element with the separator before it.
const LAYOUT: [(&str, &str); 6] = [("", "15"), (":", "04"), (":", "05"), (" ", "02"), (".", "01"), (".", "2006")];

/// Parses a date, from left to right. The first mismatch is the error.
///
/// # Errors
/// The text of Go's error.
pub fn parse(value: &str) -> Result<DateTime, String> {
    let mut rest = value;
    let mut numbers = [0_u16; 6];
    let mut nanoseconds = 0;
    for ((separator, element), number) in LAYOUT.into_iter().zip(&mut numbers) {
        rest = skip(rest, separator).map_err(|rest| mismatch(value, rest, separator))?;
        let (read, after) = digits(rest, element).ok_or_else(|| mismatch(value, rest, element))?;
        (*number, rest) = (read, after);
        let fraction = if element == "05" { fraction(rest) } else { None };
        if let Some(name) = out_of_range(element, read) {
            return Err(problem(value, &format!("{name} out of range")));
        }
        if let Some((fraction, after)) = fraction {
            (nanoseconds, rest) = (fraction, after);
        }
    }
    if !rest.is_empty() {
        return Err(problem(value, &format!("extra text: {}", quote(rest))));
    }
    let [hour, minute, second, day, month, year] = numbers.map(|number| i16::try_from(number).unwrap_or(i16::MAX));
    let small = |number: i16| i8::try_from(number).unwrap_or(i8::MAX);
    let (month, day, hour) = (small(month), small(day), small(hour));
    DateTime::new(year, month, day, hour, small(minute), small(second), nanoseconds)
        .map_err(|_| problem(value, "day out of range"))
}

fn problem(value: &str, what: &str) -> String {
    format!("parsing time {}: {what}", quote(value))
}

fn mismatch(value: &str, rest: &str, expected: &str) -> String {
    let (value, rest) = (quote(value), quote(rest));
    format!("parsing time {value} as \"15:04:05 02.01.2006\": cannot parse {rest} as \"{expected}\"")
}

/// The text after a separator. A space stands for any number of spaces, none at the end of the text.
fn skip<'a>(value: &'a str, separator: &str) -> Result<&'a str, &'a str> {
    match separator {
        "" => Ok(value),
        " " if value.is_empty() || value.starts_with(' ') => Ok(value.trim_start_matches(' ')),
        other => value.strip_prefix(other).ok_or(value),
    }
}

/// The number of an element: an hour of one or two digits, a year of four, others of two.
fn digits<'a>(value: &'a str, element: &str) -> Option<(u16, &'a str)> {
    let count = value.bytes().take(4).take_while(u8::is_ascii_digit).count();
    let length = match element {
        "2006" => (count == 4).then_some(4),
        "15" => (count > 0).then_some(count.min(2)),
        _ => (count >= 2).then_some(2),
    }?;
    let (number, rest) = value.split_at(length);
    Some((number.parse().ok()?, rest))
}

/// A fraction of a second, which the layout does not have and Go accepts. Digits after the ninth do not count.
fn fraction(value: &str) -> Option<(i32, &str)> {
    let digits = value.strip_prefix(['.', ','])?;
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = digits.split_at(length);
    let nanoseconds = digits.chars().chain("000000000".chars()).take(9).collect::<String>();
    (length > 0).then(|| (nanoseconds.parse().unwrap_or_default(), rest))
}

/// The element that is out of its range. The day is checked at the end, when the month is known.
fn out_of_range(element: &str, number: u16) -> Option<&'static str> {
    match element {
        "15" if number > 23 => Some("hour"),
        "04" if number > 59 => Some("minute"),
        "05" if number > 59 => Some("second"),
        "01" if !(1..=12).contains(&number) => Some("month"),
        _ => None,
    }
}

/// A text as errors of package `time` quote it: all but printable ASCII as bytes.
fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='\u{7f}' => quoted.push(character),
            _ => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    quoted.push_str(&format!("\\x{byte:02x}"));
                }
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("10:00:00 25.09.2099", "2099-09-25T10:00:00"),
            ("9:00:00 05.09.2099", "2099-09-05T09:00:00"),
            ("10:00:00   25.09.2099", "2099-09-25T10:00:00"),
            ("10:00:00.5 25.09.2099", "2099-09-25T10:00:00.5"),
            ("10:00:00,1234567891 25.09.2099", "2099-09-25T10:00:00.123456789"),
            ("23:59:59 29.02.2024", "2024-02-29T23:59:59"),
        ] {
            assert_eq!(parse(text).unwrap(), expected.parse::<DateTime>().unwrap(), "{text}");
        }
    }

    #[test]
    fn errors_are_worded_as_in_go() {
        let cannot = |text: &str, rest: &str, element: &str| {
            format!("parsing time \"{text}\" as \"15:04:05 02.01.2006\": cannot parse \"{rest}\" as \"{element}\"")
        };
        for (text, rest, element) in [
            ("2023-09-25", "23-09-25", ":"),
            ("x", "x", "15"),
            ("10", "", ":"),
            ("10:5:00 25.09.2099", "5:00 25.09.2099", "04"),
            ("10:00:00", "", "02"),
            ("10:00:00T25.09.2099", "T25.09.2099", " "),
            ("10:00:00 5.09.2099", "5.09.2099", "02"),
            ("10:00:00 25-09-2099", "-09-2099", "."),
            ("10:00:00 25.9.2099", "9.2099", "01"),
            ("10:00:00 25.09.99", "99", "2006"),
            ("10:00:00. 25.09.2099", ". 25.09.2099", " "),
        ] {
            assert_eq!(parse(text).unwrap_err(), cannot(text, rest, element));
        }
        for (text, what) in [
            ("24:00:00 25.09.2099", "hour out of range"),
            ("10:60:00 25.09.2099", "minute out of range"),
            ("10:00:60 25.09.2099", "second out of range"),
            ("10:00:00 25.13.2099", "month out of range"),
            ("10:00:00 25.00.2099", "month out of range"),
            ("10:00:00 31.02.2099", "day out of range"),
            ("10:00:00 00.02.2099", "day out of range"),
            ("10:00:00 31.02.2099 x", "extra text: \" x\""),
        ] {
            assert_eq!(parse(text).unwrap_err(), format!("parsing time \"{text}\": {what}"));
        }
        assert_eq!(parse("\"é").unwrap_err(), cannot("\\\"\\xc3\\xa9", "\\\"\\xc3\\xa9", "15"));
    }
}

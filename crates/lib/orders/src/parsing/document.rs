//! Access to the fields of a JSON document. Every error has the path of its field.

use std::fmt;

use serde_json::value::RawValue;

use crate::{
    LONGEST_ID, Malformed, Unusable, UtcMicros, Version,
    decimal::{Decimal, Money, NumberError},
    envelope::Envelope,
    parsing::json::{Node, Object},
    record_time::Limit,
    text,
};

/// Parses the value of a record into a JSON object.
pub(crate) fn parse(value: Option<&[u8]>) -> Result<Object<'_>, Unusable> {
    let bytes = there(value)?;
    let value: Node<'_> = serde_json::from_slice(bytes).map_err(not_json)?;
    text::check_reserved(bytes)?;
    let Node::Object(fields) = value else {
        return Err(Malformed::new("not-json", "the value is not a JSON object").into());
    };
    Ok(fields)
}

/// The same, together with the text of a field as it is in the record.
pub(crate) fn parse_with_text<'a>(
    value: Option<&'a [u8]>,
    field: &str,
) -> Result<(Object<'a>, Option<&'a str>), Unusable> {
    let bytes = there(value)?;
    let texts: Object<'_, &RawValue> = match serde_json::from_slice(bytes) {
        Ok(texts) => texts,
        // On an error, the other way to parse it finds the reason, for instance that it is not an object.
        Err(error) => return Err(parse(value).map_or_else(|unusable| unusable, |_| not_json(error).into())),
    };
    text::check_reserved(bytes)?;
    let text = texts.get(field).map(|raw| raw.get());
    let fields = texts.try_map(|raw| serde_json::from_str(raw.get())).map_err(not_json)?;
    Ok((fields, text))
}

fn there(value: Option<&[u8]>) -> Result<&[u8], Unusable> {
    let bytes = value.ok_or(Unusable::Ignored("tombstone"))?;
    if bytes.is_empty() {
        return Err(Malformed::new("not-json", "the value is empty").into());
    }
    Ok(bytes)
}

fn not_json(error: impl fmt::Display) -> Malformed {
    Malformed::new("not-json", format!("the value is not JSON: {error}"))
}

/// Rejects an object whose type is absent or not `order`. An envelope has no type. It has a kind of its own, because it
/// may contain an order.
pub(crate) fn check_type(fields: &Object<'_>) -> Result<(), Unusable> {
    match fields.get("object_type") {
        Some(Node::Text(kind)) if kind == "order" => Ok(()),
        None | Some(Node::Null) if Envelope::of(fields).is_some() => Err(Unusable::Ignored("envelope")),
        None | Some(Node::Null) => Err(Unusable::Ignored("untyped")),
        Some(_) => Err(Unusable::Ignored("other-type")),
    }
}

/// The fields of one JSON object, with its path in the record.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    fields: &'a Object<'a>,
    path: Path,
}

/// The path of an object: empty at the top, otherwise a field, or an element of a list. It becomes text only in an
/// error, because an order has many lines, and nearly all are right.
#[derive(Debug, Clone, Copy, Default)]
struct Path {
    /// The fields of the path. No message is nested deeper.
    steps: [Option<Step>; 2],
}

#[derive(Debug, Clone, Copy)]
struct Step {
    field: &'static str,
    /// The index of the object, if the field is a list.
    at: Option<usize>,
}

impl Path {
    fn then(mut self, field: &'static str, at: Option<usize>) -> Self {
        if let Some(free) = self.steps.iter_mut().find(|step| step.is_none()) {
            *free = Some(Step { field, at });
        }
        self
    }
}

impl fmt::Display for Path {
    /// `payload.order_items[2].`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Step { field, at } in self.steps.iter().flatten() {
            match at {
                Some(at) => write!(out, "{field}[{at}].")?,
                None => write!(out, "{field}.")?,
            }
        }
        Ok(())
    }
}

impl<'a> Fields<'a> {
    pub(crate) fn top(fields: &'a Object<'a>) -> Self {
        Self { fields, path: Path::default() }
    }

    /// An optional field: null counts as absent.
    fn get(&self, name: &str) -> Option<&'a Node<'a>> {
        self.fields.get(name).filter(|value| **value != Node::Null)
    }

    fn required(&self, name: &str) -> Result<&'a Node<'a>, Malformed> {
        self.get(name).ok_or_else(|| self.malformed("missing-field", name, "is missing"))
    }

    fn malformed(&self, reason: &'static str, name: &str, problem: impl fmt::Display) -> Malformed {
        Malformed::new(reason, format!("{}{name} {problem}", self.path))
    }

    fn as_text(&self, name: &str, value: &'a Node<'a>) -> Result<&'a str, Malformed> {
        let Node::Text(text) = value else { return Err(self.malformed("wrong-type", name, "is not a string")) };
        Ok(text)
    }

    /// A required string.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, Malformed> {
        self.as_text(name, self.required(name)?)
    }

    /// An optional string.
    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Malformed> {
        self.get(name).map(|value| self.as_text(name, value)).transpose()
    }

    /// A required string that is not empty.
    pub(crate) fn name(&self, name: &str) -> Result<&'a str, Malformed> {
        match self.text(name)? {
            "" => Err(self.malformed("missing-field", name, "is empty")),
            text => Ok(text),
        }
    }

    /// A required id: not empty, at most [`LONGEST_ID`] characters.
    pub(crate) fn id(&self, name: &str) -> Result<&'a str, Malformed> {
        let id = self.name(name)?;
        if id.len() > LONGEST_ID && id.chars().count() > LONGEST_ID {
            return Err(self.malformed("out-of-range", name, format_args!("is longer than {LONGEST_ID} characters")));
        }
        Ok(id)
    }

    fn as_decimal(&self, name: &str, value: &'a Node<'a>) -> Result<Decimal<'a>, Malformed> {
        let Node::Number(text) = value else { return Err(self.malformed("wrong-type", name, "is not a number")) };
        Ok(Decimal::read(text))
    }

    fn as_time(&self, name: &str, value: &'a Node<'a>) -> Result<UtcMicros, Malformed> {
        UtcMicros::read(self.as_text(name, value)?)
            .ok_or_else(|| self.malformed("bad-date", name, "is not `YYYY-MM-DD HH:MM:SS` or ISO 8601"))
    }

    fn number_error(&self, name: &str) -> impl FnOnce(NumberError) -> Malformed {
        move |number_error| self.malformed("out-of-range", name, number_error)
    }

    /// A required whole number of at least `least`.
    pub(crate) fn integer(&self, name: &str, least: i64) -> Result<i64, Malformed> {
        let integer = self.as_decimal(name, self.required(name)?)?.to_integer().map_err(self.number_error(name))?;
        if integer < least {
            return Err(self.malformed("out-of-range", name, format_args!("is below {least}")));
        }
        Ok(integer)
    }

    /// A required whole number of at least 0 that fits an `int` column.
    pub(crate) fn count(&self, name: &str) -> Result<i32, Malformed> {
        i32::try_from(self.integer(name, 0)?).map_err(|_| self.number_error(name)(NumberError::TooLarge))
    }

    /// An optional whole number.
    pub(crate) fn optional_integer(&self, name: &str, least: i64) -> Result<Option<i64>, Malformed> {
        self.get(name).map(|_| self.integer(name, least)).transpose()
    }

    /// A required sum of money.
    pub(crate) fn money(&self, name: &str) -> Result<Money, Malformed> {
        Money::round(&self.as_decimal(name, self.required(name)?)?).map_err(self.number_error(name))
    }

    /// An optional sum of money. If present, it must be valid.
    pub(crate) fn optional_money(&self, name: &str) -> Result<Option<Money>, Malformed> {
        self.get(name).map(|_| self.money(name)).transpose()
    }

    /// A required point in time.
    pub(crate) fn time(&self, name: &str) -> Result<UtcMicros, Malformed> {
        self.as_time(name, self.required(name)?)
    }

    /// An optional point in time.
    pub(crate) fn optional_time(&self, name: &str) -> Result<Option<UtcMicros>, Malformed> {
        self.get(name).map(|value| self.as_time(name, value)).transpose()
    }

    /// An optional version of an order.
    pub(crate) fn optional_version(&self, name: &str) -> Result<Option<Version>, Malformed> {
        let read = |text| {
            Version::read(text)
                .ok_or_else(|| self.malformed("out-of-range", name, "is not a version in the format of STG"))
        };
        self.optional_text(name)?.map(read).transpose()
    }

    fn as_object(&self, name: &str, value: &'a Node<'a>) -> Result<&'a Object<'a>, Malformed> {
        let Node::Object(fields) = value else { return Err(self.malformed("wrong-type", name, "is not an object")) };
        Ok(fields)
    }

    /// The object at an index of a field with several objects.
    fn item(&self, name: &'static str, at: usize, value: &'a Node<'a>) -> Result<Self, Malformed> {
        let Node::Object(fields) = value else {
            return Err(self.malformed("wrong-type", &format!("{name}[{at}]"), "is not an object"));
        };
        Ok(Self { fields, path: self.path.then(name, Some(at)) })
    }

    /// A required object.
    pub(crate) fn object(&self, name: &'static str) -> Result<Fields<'a>, Malformed> {
        let fields = self.as_object(name, self.required(name)?)?;
        Ok(Fields { fields, path: self.path.then(name, None) })
    }

    /// The objects of a required object with arbitrary keys. Their paths have numbers instead of keys, because a key
    /// may have any length and may be a person's name.
    pub(crate) fn entries(&self, name: &'static str) -> Result<Vec<(&'a str, Fields<'a>)>, Malformed> {
        let map = self.as_object(name, self.required(name)?)?;
        map.iter().enumerate().map(|(at, (key, value))| Ok((key, self.item(name, at, value)?))).collect()
    }

    /// A required list of objects.
    pub(crate) fn list(&self, name: &'static str) -> Result<Vec<Fields<'a>>, Malformed> {
        self.objects(name, self.required(name)?)
    }

    /// An optional list of objects.
    pub(crate) fn optional_list(&self, name: &'static str) -> Result<Vec<Fields<'a>>, Malformed> {
        self.get(name).map_or_else(|| Ok(Vec::new()), |value| self.objects(name, value))
    }

    fn objects(&self, name: &'static str, value: &'a Node<'a>) -> Result<Vec<Fields<'a>>, Malformed> {
        let Node::List(items) = value else { return Err(self.malformed("wrong-type", name, "is not a list")) };
        items.iter().enumerate().map(|(at, item)| self.item(name, at, item)).collect()
    }

    /// Rejects a point in time in the last year of a `timestamp`. The rows of an order are kept distinct by adding a
    /// microsecond to the time of each. At the end of the last year two rows would have the same time, and the database
    /// would reject the second one each time. The driver cannot encode the last day at all.
    pub(crate) fn check_not_the_end(&self, name: &str, moment: Option<UtcMicros>) -> Result<(), Malformed> {
        if moment.is_some_and(UtcMicros::is_near_the_end) {
            return Err(self.malformed("out-of-range", name, "is in the year 9999, the last year that is supported"));
        }
        Ok(())
    }

    /// Rejects a point in time more than a day ahead of `limit`: a time from a wrong clock would win over every later
    /// event of the order.
    pub(crate) fn check_not_ahead(
        &self,
        name: &str,
        moment: Option<UtcMicros>,
        limit: Option<Limit>,
    ) -> Result<(), Malformed> {
        match (moment, limit) {
            (Some(moment), Some(limit)) if moment.is_after(limit.millis, 24) => {
                let problem = format_args!("is {moment}, more than 24 h ahead of {limit}; times are UTC");
                Err(self.malformed("from-the-future", name, problem))
            }
            _ => Ok(()),
        }
    }
}

//! JSON values that borrow from their text: an order has a hundred keys and strings, and most are only compared.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Any JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    /// The text of the number.
    Number(String),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Object<'a>),
}

/// An object, with fields sorted by key. If a key repeats, the last value counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object<'a, V = Node<'a>> {
    fields: Vec<(Cow<'a, str>, V)>,
}

/// The field with which `serde_json` passes the text of a number that is not a 64-bit integer, as the only field of an
/// object. A record with such a field is rejected (`text::check_reserved`).
const NUMBER: &str = "$serde_json::private::Number";

impl<'a, V> Object<'a, V> {
    pub(crate) fn new(mut fields: Vec<(Cow<'a, str>, V)>) -> Self {
        // The sort is stable: a repeated key comes after the first one, and each repetition replaces the field before
        // it.
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        fields.dedup_by(|next, kept| {
            let repeats = next.0 == kept.0;
            if repeats {
                std::mem::swap(next, kept);
            }
            repeats
        });
        Self { fields }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        let at = self.fields.binary_search_by(|(name, _)| name.as_ref().cmp(key)).ok()?;
        self.fields.get(at).map(|(_, value)| value)
    }

    /// The fields, sorted by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.fields.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// The same keys with other values.
    pub(crate) fn try_map<W, E>(self, mut change: impl FnMut(V) -> Result<W, E>) -> Result<Object<'a, W>, E> {
        let fields = self.fields.into_iter().map(|(key, value)| Ok((key, change(value)?)));
        Ok(Object { fields: fields.collect::<Result<_, E>>()? })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Node<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData))
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Object<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// A string, borrowed unless it contains escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Str(PhantomData)).map(Self)
    }
}

struct Str<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for Str<'a> {
    type Value = Cow<'a, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text))
    }
}

struct Fields<'a, V>(PhantomData<(&'a (), V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Visitor<'de> for Fields<'a, V> {
    type Value = Object<'a, V>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        read_fields(map, Vec::new())
    }
}

/// The object with the fields parsed so far and those that follow.
fn read_fields<'de: 'a, 'a, V: Deserialize<'de>, M: MapAccess<'de>>(
    mut map: M,
    mut fields: Vec<(Cow<'a, str>, V)>,
) -> Result<Object<'a, V>, M::Error> {
    while let Some(Text(key)) = map.next_key()? {
        fields.push((key, map.next_value()?));
    }
    Ok(Object::new(fields))
}

struct Any<'a>(PhantomData<&'a ()>);

impl<'de: 'a, 'a> Visitor<'de> for Any<'a> {
    type Value = Node<'a>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Node::Number(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Node::Number(number.to_string()))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Self::Value, S::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut fields = Vec::new();
        if let Some(Text(first)) = map.next_key()? {
            if first == NUMBER {
                return Ok(Node::Number(map.next_value()?));
            }
            fields.push((first, map.next_value()?));
        }
        read_fields(map, fields).map(Node::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Node<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn keys_are_sorted_and_the_last_of_a_repeated_key_is_used() {
        let Node::Object(object) = read(r#"{"b":1,"a":2,"b":null,"\u0061":3.50,"b":[true,"x"]}"#) else { panic!() };
        let fields: Vec<_> = object.iter().collect();
        let list = Node::List(vec![Node::Bool(true), Node::Text("x".into())]);
        assert_eq!(fields, [("a", &Node::Number("3.50".to_owned())), ("b", &list)]);
        assert_eq!((object.get("b"), object.get("c")), (Some(&list), None));
    }

    #[test]
    fn numbers_keep_their_text() {
        for number in ["0", "-0.0", "-7", "1e+400", "123456789012345678901234567890.5", "18446744073709551616"] {
            assert_eq!(read(number), Node::Number(number.to_owned()));
        }
    }

    #[test]
    fn strings_are_borrowed_unless_escaped() {
        assert!(matches!(read(r#""Ролл""#), Node::Text(Cow::Borrowed("Ролл"))));
        assert!(matches!(read(r#""\"""#), Node::Text(Cow::Owned(text)) if text == "\""));
    }
}

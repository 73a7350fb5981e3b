//! Canonical form of keys: keys that are equal in A have the same bytes, whichever side they were read from. Pure.
//!
//! A comparison of bytes may replace the one of A only if no two values of the type of A are equal and have different
//! bytes. A column for which that is not known has no form, and its keys are compared by A. The type of M may have more
//! values than that of A: `1.005` for `numeric(10,2)`. Such a key has a form that no row of A has, so it differs, and A
//! decides after its cast.

use tokio_postgres::types::Type;

use crate::{
    source::query::{self, Travel},
    source::tuple,
    target::Column,
};

/// How the values of a key column are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As the bytes that are sent.
    Bytes,
    /// As text without the blanks at its end: `character(n)`.
    Unpadded,
    /// As a number of eight bytes, however many it has.
    Integer,
    /// Without the display scale: 1.0 is 1.00.
    Numeric,
}

/// Types whose equality is that of their bytes. Not among them: float4 and float8 (-0 is 0), interval (30 days are a
/// month), jsonb, arrays, and types that a database defines.
const BYTES: [Type; 11] = [
    Type::BOOL,
    Type::BYTEA,
    Type::DATE,
    Type::TIME,
    Type::TIMESTAMP,
    Type::TIMESTAMPTZ,
    Type::UUID,
    Type::OID,
    Type::INET,
    Type::CIDR,
    Type::MACADDR,
];

const INTEGERS: [Type; 3] = [Type::INT2, Type::INT4, Type::INT8];

impl Form {
    /// The form of a column of SELECT_KEYS_SQL and its column of A; `None`: A compares them.
    fn of(source: &query::Column, target: &Column) -> Option<Self> {
        let (from, to) = (&source.r#type, Type::from_oid(target.type_oid)?);
        match source.travel {
            Travel::Text | Travel::Cast if !target.deterministic => None,
            Travel::Text | Travel::Cast => match to {
                Type::TEXT | Type::VARCHAR => Some(Self::Bytes),
                Type::BPCHAR => Some(Self::Unpadded),
                _ => None,
            },
            Travel::Binary if INTEGERS.contains(from) && INTEGERS.contains(&to) => Some(Self::Integer),
            Travel::Binary if *from != to => None,
            Travel::Binary if to == Type::NUMERIC => Some(Self::Numeric),
            Travel::Binary => BYTES.contains(&to).then_some(Self::Bytes),
        }
    }

    /// The forms of all key columns; `None`: A compares the keys.
    pub(crate) fn of_all(source: &[query::Column], target: &[Column]) -> Option<Vec<Self>> {
        source.iter().zip(target).map(|(source, target)| Self::of(source, target)).collect()
    }

    /// Appends the form of a value: NULL or not, its length, its bytes. So no two lists of values have the same form.
    fn write(self, value: Option<&[u8]>, out: &mut Vec<u8>) {
        let Some(value) = value else { return out.push(0) };
        out.push(1);
        match self {
            Self::Bytes => with_length(&[value], out),
            Self::Unpadded => {
                let end = value.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
                with_length(&[value.get(..end).unwrap_or_default()], out);
            }
            Self::Integer => out.extend(integer(value).to_be_bytes()),
            // Number of digits, weight, sign, display scale: two bytes each. The digits have no zeros at either end.
            Self::Numeric => {
                with_length(&[value.get(..6).unwrap_or_default(), value.get(8..).unwrap_or_default()], out);
            }
        }
    }
}

/// Replaces `out` by the form of the first fields of a tuple.
pub(crate) fn write(forms: &[Form], tuple: &[u8], out: &mut Vec<u8>) {
    out.clear();
    for (form, value) in forms.iter().zip(tuple::fields(tuple)) {
        form.write(value, out);
    }
}

fn with_length(parts: &[&[u8]], out: &mut Vec<u8>) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.extend((length as u64).to_be_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

/// An integer of two, four or eight bytes.
fn integer(value: &[u8]) -> i64 {
    match *value {
        [a, b] => i64::from(i16::from_be_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_be_bytes([a, b, c, d])),
        _ => value.try_into().map_or(0, i64::from_be_bytes),
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::types::Type;

    use super::{Form, write};
    use crate::{
        source::query::{self, Travel},
        target::Column,
    };

    fn form(from: Type, travel: Travel, to: &Type) -> Option<Form> {
        Form::of(&query::Column { name: "k".to_owned(), r#type: from, travel }, &Column::of_type("k", to.oid()))
    }

    fn tuple(fields: &[Option<&[u8]>]) -> Vec<u8> {
        let mut tuple = u16::try_from(fields.len()).unwrap().to_be_bytes().to_vec();
        for field in fields {
            tuple.extend(field.map_or(-1, |field| i32::try_from(field.len()).unwrap()).to_be_bytes());
            tuple.extend_from_slice(field.unwrap_or_default());
        }
        tuple
    }

    fn written(forms: &[Form], fields: &[Option<&[u8]>]) -> Vec<u8> {
        let mut out = vec![9];
        write(forms, &tuple(fields), &mut out);
        out
    }

    #[test]
    fn types_whose_equality_is_not_that_of_bytes_have_no_form() {
        for same in [Type::FLOAT4, Type::FLOAT8, Type::INTERVAL, Type::JSONB, Type::INT4_ARRAY, Type::TIMETZ] {
            assert_eq!(form(same.clone(), Travel::Binary, &same), None);
        }
        assert_eq!(form(Type::TIMESTAMP, Travel::Binary, &Type::TIMESTAMPTZ), None);
        assert_eq!(form(Type::INT4, Travel::Binary, &Type::NUMERIC), None);
        assert_eq!(form(Type::TEXT, Travel::Text, &Type::INT4), None);
        assert_eq!(form(Type::INT2, Travel::Binary, &Type::INT8), Some(Form::Integer));
        assert_eq!(form(Type::UUID, Travel::Binary, &Type::UUID), Some(Form::Bytes));
        assert_eq!(form(Type::NAME, Travel::Text, &Type::VARCHAR), Some(Form::Bytes));
        assert_eq!(form(Type::TEXT, Travel::Text, &Type::BPCHAR), Some(Form::Unpadded));
    }

    #[test]
    fn a_collation_under_which_different_texts_are_equal_has_no_form() {
        let source = query::Column { name: "k".to_owned(), r#type: Type::TEXT, travel: Travel::Text };
        let target = Column { deterministic: false, ..Column::of_type("k", Type::TEXT.oid()) };
        assert_eq!(Form::of_all(&[source], &[target]), None);
    }

    #[test]
    fn equal_values_have_one_form() {
        let integer = |value: &[u8]| written(&[Form::Integer], &[Some(value)]);
        assert_eq!(integer(&(-7_i16).to_be_bytes()), integer(&(-7_i64).to_be_bytes()));
        assert_eq!(integer(&7_i32.to_be_bytes()), integer(&7_i64.to_be_bytes()));
        assert_ne!(integer(&7_i32.to_be_bytes()), integer(&8_i64.to_be_bytes()));
        let unpadded = |value: &[u8]| written(&[Form::Unpadded], &[Some(value)]);
        assert_eq!(unpadded(b"ab   "), unpadded(b"ab"));
        assert_ne!(unpadded(b" ab"), unpadded(b"ab"));
        let numeric =
            |scale: u8, digit: u8| written(&[Form::Numeric], &[Some(&[0, 1, 0, 0, 0, 0, 0, scale, 0, digit])]);
        assert_eq!(numeric(1, 5), numeric(2, 5));
        assert_ne!(numeric(1, 5), numeric(1, 6));
    }

    #[test]
    fn different_lists_have_different_forms() {
        let two = |fields: &[Option<&[u8]>]| written(&[Form::Bytes, Form::Bytes], fields);
        let lists = [
            two(&[None, None]),
            two(&[None, Some(b"")]),
            two(&[Some(b""), None]),
            two(&[Some(b"a"), Some(b"b")]),
            two(&[Some(b"ab"), Some(b"")]),
        ];
        for (index, list) in lists.iter().enumerate() {
            assert!(!lists[..index].contains(list), "{index}");
        }
        assert_eq!(two(&[Some(b"a"), None, Some(b"beyond the keys")]), two(&[Some(b"a"), None]));
    }
}

//! Tuples of PostgreSQL's binary COPY format: found in the stream, taken apart, framed for another COPY.
//!
//! A stream is a header, tuples and a trailer. A tuple is a 16-bit count of fields and, for each field, a 32-bit length
//! (-1: NULL) and its bytes; the extended protocol frames rows in the same way.

use bytes::{Buf, Bytes, BytesMut};

/// Signature, flags and length of extensions.
pub(crate) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The count of fields that ends a stream.
pub(crate) const TRAILER: &[u8] = &[0xff, 0xff];

/// The stream is not what COPY sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Finds tuples in a stream that arrives in pieces.
#[derive(Default)]
pub(crate) struct Splitter {
    /// The beginning of what has not arrived whole.
    rest: BytesMut,
    header: bool,
    ended: bool,
}

impl Splitter {
    /// Takes the next piece and calls `each` for every tuple that is whole. A piece is usually one tuple, as the server
    /// sends it, and is not copied then.
    pub(crate) fn push(&mut self, piece: &Bytes, mut each: impl FnMut(&[u8])) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            let used = self.take(piece, &mut each)?;
            self.rest.extend_from_slice(piece.get(used..).unwrap_or_default());
        } else {
            self.rest.extend_from_slice(piece);
            let whole = self.rest.split();
            let used = self.take(&whole, &mut each)?;
            self.rest.extend_from_slice(whole.get(used..).unwrap_or_default());
        }
        Ok(())
    }

    /// Whether the stream has come to its trailer with nothing left over.
    pub(crate) fn is_complete(&self) -> bool {
        self.ended && self.rest.is_empty()
    }

    fn take(&mut self, bytes: &[u8], each: &mut impl FnMut(&[u8])) -> Result<usize, Malformed> {
        let mut at = 0;
        if !self.header {
            match bytes.get(..HEADER.len()) {
                None => return Ok(0),
                Some(HEADER) => at = HEADER.len(),
                Some(_) => return Err(Malformed),
            }
            self.header = true;
        }
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(at);
            }
            if rest.starts_with(TRAILER) {
                self.ended = true;
                return Ok(at + TRAILER.len());
            }
            match length(rest)? {
                None => return Ok(at),
                Some(length) => {
                    each(rest.get(..length).ok_or(Malformed)?);
                    at += length;
                }
            }
        }
    }
}

/// The length of the tuple at the beginning of `bytes`, if it is there to its end.
fn length(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some(count) = read::<2>(bytes, 0).map(i16::from_be_bytes) else { return Ok(None) };
    let mut at = 2;
    for _ in 0..u16::try_from(count).map_err(|_| Malformed)? {
        let Some(field) = read::<4>(bytes, at).map(i32::from_be_bytes) else { return Ok(None) };
        at += 4;
        match usize::try_from(field) {
            Ok(field) => at += field,
            Err(_) if field == -1 => {}
            Err(_) => return Err(Malformed),
        }
    }
    Ok((at <= bytes.len()).then_some(at))
}

/// The bytes of the field `index` of a whole tuple; `None` for NULL.
pub(crate) fn field(tuple: &[u8], index: usize) -> Option<&[u8]> {
    let mut at = 2;
    for _ in 0..index {
        let length = i32::from_be_bytes(read(tuple, at)?);
        at += 4 + usize::try_from(length).unwrap_or(0);
    }
    let length = usize::try_from(i32::from_be_bytes(read(tuple, at)?)).ok()?;
    tuple.get(at + 4..at + 4 + length)
}

/// The fields of a whole tuple; `None` for NULL.
pub(crate) fn fields(tuple: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut rest = tuple.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).ok();
        let (field, after) = after.split_at_checked(length.unwrap_or(0))?;
        rest = after;
        Some(length.map(|_| field))
    })
}

/// The bytes of a whole tuple after its first `count` fields.
pub(crate) fn after(tuple: &[u8], count: usize) -> &[u8] {
    let taken: usize = fields(tuple).take(count).map(|field| 4 + field.map_or(0, <[u8]>::len)).sum();
    tuple.get(2 + taken..).unwrap_or_default()
}

/// Takes the next tuple off a batch of whole tuples.
pub(crate) fn take_tuple(batch: &mut Bytes) -> Result<Option<Vec<Option<Bytes>>>, Malformed> {
    if batch.is_empty() {
        return Ok(None);
    }
    let length = length(batch)?.ok_or(Malformed)?;
    let mut tuple = batch.split_to(length);
    let count = tuple.get_u16();
    let mut fields = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        fields.push(usize::try_from(tuple.get_i32()).ok().map(|length| tuple.split_to(length)));
    }
    Ok(Some(fields))
}

fn read<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::{HEADER, Malformed, Splitter, TRAILER, field, take_tuple};

    fn encoded(fields: &[Option<Vec<u8>>]) -> Vec<u8> {
        let mut tuple = u16::try_from(fields.len()).unwrap().to_be_bytes().to_vec();
        for field in fields {
            let length = field.as_ref().map_or(-1, |field| i32::try_from(field.len()).unwrap());
            tuple.extend(length.to_be_bytes());
            tuple.extend(field.as_deref().unwrap_or_default());
        }
        tuple
    }

    proptest! {
        #[test]
        fn tuples_are_found_however_the_stream_is_cut(
            rows in prop::collection::vec(prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..9)), 0..5), 0..9),
            sizes in prop::collection::vec(1..40_usize, 1..20),
        ) {
            let tuples: Vec<Vec<u8>> = rows.iter().map(|row| encoded(row)).collect();
            let stream = [HEADER.to_vec(), tuples.concat(), TRAILER.to_vec()].concat();
            let (mut splitter, mut found, mut rest) = (Splitter::default(), Vec::new(), &stream[..]);
            for size in sizes.iter().cycle() {
                let (piece, after) = rest.split_at((*size).min(rest.len()));
                splitter.push(&Bytes::copy_from_slice(piece), |tuple| found.push(tuple.to_vec())).unwrap();
                rest = after;
                if rest.is_empty() { break }
            }
            prop_assert!(splitter.is_complete());
            prop_assert_eq!(&found, &tuples);
            let mut batch = Bytes::from(tuples.concat());
            for row in &rows {
                let fields = take_tuple(&mut batch).unwrap().unwrap();
                let expected: Vec<Option<Bytes>> = row.iter().map(|field| field.clone().map(Bytes::from)).collect();
                let tuple = encoded(row);
                prop_assert!(super::fields(&tuple).eq(row.iter().map(Option::as_deref)));
                for count in 0..=row.len() {
                    prop_assert_eq!(super::after(&tuple, count), &encoded(&row[count..])[2..]);
                }
                for (index, value) in row.iter().enumerate() {
                    prop_assert_eq!(field(&tuple, index), value.as_deref());
                }
                prop_assert_eq!(fields, expected);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let stream = [HEADER, &bytes].concat();
            let _: Result<(), Malformed> = Splitter::default().push(&Bytes::from(stream), |_| ());
        }
    }
}

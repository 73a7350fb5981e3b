//! The two files of a data set: events and reference objects, one per line, plain or gzip.
//!
//! An empty line in the orders is a tombstone, the one record that JSON lines cannot hold.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::generator::Generator;
use crate::source::{Event, Reference};

/// The events, in the order of their delivery.
const ORDERS: &str = "orders.jsonl";

/// The objects for Redis.
const REFERENCE: &str = "reference.jsonl";

/// Reads the events of a folder, one at a time.
///
/// # Errors
/// No `orders.jsonl` or `orders.jsonl.gz` can be opened; an item is an error if the file cannot be read further.
pub fn orders(folder: &Path) -> Result<impl Iterator<Item = Result<Event>> + Send + use<>> {
    let events = lines(folder, ORDERS)?.map(|line| {
        let line = line?;
        Ok(Event { value: (!line.is_empty()).then_some(line) })
    });
    Ok(events)
}

/// Reads the reference objects of a folder, one at a time.
///
/// # Errors
/// If neither `reference.jsonl` nor `reference.jsonl.gz` can be opened. An item is an error if its line is not an
/// object with an `_id`.
pub fn reference(folder: &Path) -> Result<impl Iterator<Item = Result<Reference>> + Send + use<>> {
    let objects = lines(folder, REFERENCE)?.enumerate().map(|(number, line)| {
        let line = String::from_utf8(line?)?;
        Reference::parse(line).with_context(|| format!("{REFERENCE}, line {}", number + 1))
    });
    Ok(objects)
}

/// Writes all output of the generator into a folder, which is created if necessary. The generator is exhausted
/// afterwards.
///
/// # Errors
/// If the folder or a file cannot be written.
pub fn write(folder: &Path, gzip: bool, generator: &mut Generator) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let reference = generator.reference().map(|object| object.json.into_bytes());
    write_lines(&name(folder, REFERENCE, gzip), gzip, reference)?;
    let orders = generator.map(|event| event.value.unwrap_or_default());
    write_lines(&name(folder, ORDERS, gzip), gzip, orders)
}

fn name(folder: &Path, file: &str, gzip: bool) -> PathBuf {
    if gzip { folder.join(format!("{file}.gz")) } else { folder.join(file) }
}

/// The lines of a file as bytes: invalid UTF-8 is left to the services to reject.
fn lines(folder: &Path, file: &str) -> Result<impl Iterator<Item = Result<Vec<u8>>> + Send + use<>> {
    let plain = name(folder, file, false);
    let reader: Box<dyn BufRead + Send> = if plain.exists() {
        Box::new(BufReader::new(open(&plain)?))
    } else {
        Box::new(BufReader::new(MultiGzDecoder::new(open(&name(folder, file, true))?)))
    };
    let file = plain.display().to_string();
    let lines = reader.split(b'\n');
    Ok(lines.map(move |line| line.with_context(|| format!("cannot read {file}"))))
}

fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(BufReader::new(file))
}

fn write_lines(path: &Path, gzip: bool, lines: impl Iterator<Item = Vec<u8>>) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    let mut file = BufWriter::new(file);
    if gzip {
        let mut encoder = GzEncoder::new(&mut file, Compression::default());
        copy(lines, &mut encoder)?;
        encoder.finish()?;
    } else {
        copy(lines, &mut file)?;
    }
    file.flush().with_context(|| format!("cannot write {}", path.display()))
}

fn copy(lines: impl Iterator<Item = Vec<u8>>, to: &mut impl Write) -> io::Result<()> {
    for line in lines {
        to.write_all(&line)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

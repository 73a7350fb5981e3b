//! The tables of the summary.

use std::collections::BTreeMap;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};

use crate::findings::{Favourite, Favourites};
use crate::number::grouped;

/// Most ordered products and categories, and users with the most orders, side by side.
pub(super) fn people(favourites: &Favourites) -> Table {
    let Favourites { products, categories, users, tags: _ } = favourites;
    let mut table = table(&["Product", "orders", "Category", "orders", "User", "orders"]);
    let longest = products.len().max(categories.len()).max(users.len());
    for place in 0..longest {
        table.add_row([products, categories, users].into_iter().flat_map(|list| cells(list.get(place))));
    }
    table
}

/// Most frequent tags.
pub(super) fn tags(favourites: &Favourites) -> Table {
    let mut table = table(&["Tag", "users"]);
    for tag in &favourites.tags {
        table.add_row(cells(Some(tag)));
    }
    table
}

/// Number of rows of each table, by layer.
pub(super) fn layers(rows: &BTreeMap<String, u64>) -> Table {
    let mut table = table(&["STG", "rows", "DDS", "rows", "CDM", "rows"]);
    let layer = |schema: &str| -> Vec<(&str, u64)> {
        rows.iter().filter_map(|(name, count)| Some((name.strip_prefix(schema)?, *count))).collect()
    };
    let layers = [layer("stg."), layer("dds."), layer("cdm.")];
    let longest = layers.iter().map(Vec::len).max().unwrap_or(0);
    for place in 0..longest {
        table.add_row(layers.iter().flat_map(|layer| match layer.get(place) {
            Some((name, count)) => [Cell::new(name), number(grouped(*count))],
            None => empty(),
        }));
    }
    table
}

/// Peak memory of each service.
pub(super) fn memory(peak_rss_mib: &BTreeMap<String, f64>) -> Table {
    let mut table = table(&["Service", "peak memory"]);
    for (service, peak) in peak_rss_mib {
        table.add_row([Cell::new(service), number(format!("{peak:.1} MiB"))]);
    }
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED.with_rounded_corners()).set_header(header);
    table
}

fn cells(favourite: Option<&Favourite>) -> [Cell; 2] {
    match favourite {
        Some(Favourite { name, count }) => [Cell::new(name), number(grouped(u64::try_from(*count).unwrap_or(0)))],
        None => empty(),
    }
}

fn number(text: String) -> Cell {
    Cell::new_owned(text).set_alignment(CellAlignment::Right)
}

fn empty() -> [Cell; 2] {
    [Cell::new(""), Cell::new("")]
}

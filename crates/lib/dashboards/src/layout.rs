//! Layout of boxes on a grid: from left to right, row by row.

use crate::spec::Chart;

/// A box on the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of columns to its left.
    pub x: u32,
    /// The number of rows above it.
    pub y: u32,
    /// Its width, in columns.
    pub width: u32,
    /// Its height, in rows.
    pub height: u32,
}

/// The boxes of charts, below `top` occupied rows, on [`crate::spec::WIDTH`] columns. `None` as with [`places`].
#[must_use]
pub fn of_charts(charts: &[Chart], top: u32) -> Option<Vec<Place>> {
    places(charts.iter().map(|chart| [chart.width, chart.height]), crate::spec::WIDTH, top)
}

/// The boxes of these sizes on `columns`, below `top` rows. `None`: they do not fill rows of the same height, and a
/// dashboard that closes gaps by itself would show them in other places.
pub(crate) fn places(sizes: impl Iterator<Item = [u32; 2]>, columns: u32, top: u32) -> Option<Vec<Place>> {
    let mut places: Vec<Place> = Vec::new();
    let (mut x, mut y) = (0, top);
    for [width, height] in sizes {
        let beside = places.last().filter(|_| x > 0);
        if width == 0 || height == 0 || x + width > columns || beside.is_some_and(|last| last.height != height) {
            return None;
        }
        places.push(Place { x, y, width, height });
        x += width;
        if x == columns {
            (x, y) = (0, y + height);
        }
    }
    (x == 0).then_some(places)
}

/// The error for boxes without a layout.
pub(crate) fn unfilled(columns: u32) -> String {
    format!("its boxes do not fill rows {columns} wide and of one height each")
}

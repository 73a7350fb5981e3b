//! Where charts stand: from left to right, row by row, on a grid of [`WIDTH`] columns.

use crate::spec::{Chart, WIDTH};

/// A box on the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Columns to its left.
    pub x: u32,
    /// Rows above it.
    pub y: u32,
    /// Its width, in columns.
    pub width: u32,
    /// Its height, in rows.
    pub height: u32,
}

/// The boxes of `charts`, below `top` rows that are taken. `None`: they do not fill rows of one height each, and a dashboard
/// that closes gaps by itself would show them elsewhere.
#[must_use]
pub fn places(charts: &[Chart], top: u32) -> Option<Vec<Place>> {
    let mut places: Vec<Place> = Vec::with_capacity(charts.len());
    let (mut x, mut y) = (0, top);
    for chart in charts {
        let Chart { width, height, .. } = *chart;
        let beside = places.last().filter(|_| x > 0);
        if x + width > WIDTH || beside.is_some_and(|last| last.height != height) {
            return None;
        }
        places.push(Place { x, y, width, height });
        x += width;
        if x == WIDTH {
            (x, y) = (0, y + height);
        }
    }
    (x == 0).then_some(places)
}

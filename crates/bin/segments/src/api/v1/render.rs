//! The JSON of users, segments and memberships, and lists of them.

use consumer::Failure;
use database::{Row, get};

use crate::{
    api::{instant::Zone, reads::Render},
    go,
};

/// A list or a single object, under its key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// `{"users":[…]}`, `null` if it is empty.
    List(&'static str),
    /// `{"user":…}`
    One(&'static str),
}

/// Users.
pub(super) struct Users(pub(super) List);

/// Segments.
pub(super) struct Segments(pub(super) List);

/// Users with their memberships. Rows of a user are next to each other.
pub(super) struct UsersWithSegments {
    pub(super) list: List,
    pub(super) zone: Zone,
    user: Option<i32>,
    has_membership: bool,
}

/// Brackets and commas.
pub(super) struct List {
    shape: Shape,
    is_empty: bool,
}

impl List {
    pub(super) const fn new(shape: Shape) -> Self {
        Self { shape, is_empty: true }
    }

    fn begin(out: &mut String, shape: Shape) {
        let (Shape::List(key) | Shape::One(key)) = shape;
        out.push('{');
        go::json::quote(out, key);
        out.push(':');
    }

    /// Before an item.
    fn item(&mut self, out: &mut String) {
        if matches!(self.shape, Shape::List(_)) {
            out.push(if self.is_empty { '[' } else { ',' });
        }
        self.is_empty = false;
    }

    fn end(&self, out: &mut String) {
        out.push_str(match self.shape {
            Shape::List(_) if self.is_empty => "null}\n",
            Shape::List(_) => "]}\n",
            Shape::One(_) => "}\n",
        });
    }
}

impl UsersWithSegments {
    pub(super) const fn new(shape: Shape, zone: Zone) -> Self {
        Self { list: List::new(shape), zone, user: None, has_membership: false }
    }

    /// Ends the object of the user before.
    fn end_user(&self, out: &mut String) {
        if self.user.is_some() {
            out.push_str(if self.has_membership { "]}" } else { "null}" });
        }
    }
}

impl Render for Users {
    fn begin(&mut self, out: &mut String) {
        List::begin(out, self.0.shape);
    }

    fn row(&mut self, row: &Row, out: &mut String) -> Result<(), Failure> {
        self.0.item(out);
        user(row, out)
    }

    fn end(&mut self, out: &mut String) {
        self.0.end(out);
    }
}

impl Render for Segments {
    fn begin(&mut self, out: &mut String) {
        List::begin(out, self.0.shape);
    }

    fn row(&mut self, row: &Row, out: &mut String) -> Result<(), Failure> {
        self.0.item(out);
        let id: i32 = get(row, 0)?;
        out.push_str(&format!("{{\"segment_id\":{id},\"name\":"));
        go::json::quote(out, get(row, 1)?);
        out.push_str(&format!(",\"is_deleted\":{}}}", get::<bool>(row, 2)?));
        Ok(())
    }

    fn end(&mut self, out: &mut String) {
        self.0.end(out);
    }
}

impl Render for UsersWithSegments {
    fn begin(&mut self, out: &mut String) {
        List::begin(out, self.list.shape);
    }

    fn row(&mut self, row: &Row, out: &mut String) -> Result<(), Failure> {
        let id: i32 = get(row, 0)?;
        if self.user != Some(id) {
            self.end_user(out);
            self.list.item(out);
            out.push_str("{\"user\":");
            user(row, out)?;
            out.push_str(",\"segments\":");
            (self.user, self.has_membership) = (Some(id), false);
        }
        if let Some(membership_id) = get::<Option<i64>>(row, 6)? {
            out.push(if self.has_membership { ',' } else { '[' });
            self.has_membership = true;
            let segment_id: i32 = get(row, 7)?;
            out.push_str(&format!(
                "{{\"information_id\":{membership_id},\"user_id\":{id},\"segment_id\":{segment_id},\"name\":"
            ));
            go::json::quote(out, get(row, 8)?);
            let (start, end) = (self.zone.date(get(row, 9)?), self.zone.date(get(row, 10)?));
            out.push_str(&format!(",\"start_date\":\"{start}\",\"end_date\":\"{end}\"}}"));
        }
        Ok(())
    }

    fn end(&mut self, out: &mut String) {
        self.end_user(out);
        self.list.end(out);
    }
}

/// A user. Values that are unknown print as empty or -1.
fn user(row: &Row, out: &mut String) -> Result<(), Failure> {
    let (id, sex, age): (i32, Option<i32>, Option<i32>) = (get(row, 0)?, get(row, 3)?, get(row, 4)?);
    out.push_str(&format!("{{\"user_id\":{id},\"name\":"));
    go::json::quote(out, get::<Option<&str>>(row, 1)?.unwrap_or_default());
    out.push_str(",\"lastname\":");
    go::json::quote(out, get::<Option<&str>>(row, 2)?.unwrap_or_default());
    let sex_text = match sex {
        Some(0) => "мужской",
        Some(_) => "женский",
        None => "",
    };
    let (sex, age, is_deleted) = (sex.unwrap_or(-1), age.unwrap_or(-1), get::<bool>(row, 5)?);
    out.push_str(&format!(",\"sex\":{sex},\"sex_text\":\"{sex_text}\",\"age\":{age},\"is_deleted\":{is_deleted}}}"));
    Ok(())
}

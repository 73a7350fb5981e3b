//! Parsing of the specification file into a [`Spec`]: looks up names, fills in defaults, rejects contradictions.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::{
    Error, Spec, layout,
    spec::{
        Aggregate, Chart, Column, Condition, Field, Kind, Order, Role, Selector, Tab, Test, Text, Type, View, WIDTH,
    },
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: Text,
    tab: Vec<TabEntry>,
    view: BTreeMap<String, ViewEntry>,
    column: BTreeMap<String, ColumnEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TabEntry {
    id: String,
    title: Text,
    #[serde(default)]
    selector: Vec<SelectorEntry>,
    chart: Vec<ChartEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SelectorEntry {
    id: String,
    title: Text,
    view: String,
    column: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChartEntry {
    id: String,
    kind: Kind,
    title: Text,
    note: Option<Text>,
    view: String,
    #[serde(default)]
    by: Names,
    #[serde(default)]
    series: Names,
    values: Vec<String>,
    #[serde(default, rename = "where")]
    conditions: Vec<ConditionEntry>,
    #[serde(default)]
    sort: Vec<String>,
    limit: Option<u32>,
    top: Option<u32>,
    size: [u32; 2],
}

/// One name or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Deserialize)]
struct ConditionEntry {
    column: String,
    #[serde(flatten)]
    test: Test,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewEntry {
    title: Text,
    columns: Vec<String>,
    /// Columns that have another meaning in this view than elsewhere.
    #[serde(default)]
    own: BTreeMap<String, ColumnEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnEntry {
    #[serde(rename = "type")]
    kind: Type,
    aggregate: Option<Aggregate>,
    ru: String,
    en: String,
    unit: Option<Text>,
    #[serde(default)]
    decimals: u32,
}

impl Spec {
    /// Parses a specification.
    ///
    /// # Errors
    /// It is not TOML of the right form, or it refers to a name that does not exist.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text)?;
        let views =
            file.view.iter().map(|(name, entry)| view(name, entry, &file.column)).collect::<Result<Vec<_>, _>>()?;
        let mut ids = BTreeSet::new();
        let mut tabs = Vec::new();
        for entry in file.tab {
            for id in [&entry.id]
                .into_iter()
                .chain(entry.selector.iter().map(|it| &it.id))
                .chain(entry.chart.iter().map(|it| &it.id))
            {
                check_id(id, &mut ids)?;
            }
            let tab = Tab {
                selectors: entry.selector.into_iter().map(|it| selector(it, &views)).collect::<Result<_, _>>()?,
                charts: entry.chart.into_iter().map(|it| chart(it, &views)).collect::<Result<_, _>>()?,
                id: entry.id,
                title: entry.title,
            };
            if layout::of_charts(&tab.charts, 0).is_none() {
                return Err(Error::sense(&tab.id, layout::unfilled(WIDTH)));
            }
            tabs.push(tab);
        }
        Ok(Self { title: file.title, tabs, views })
    }
}

/// Checks an id. It is part of addresses and file names, and must be unique.
fn check_id(id: &str, seen: &mut BTreeSet<String>) -> Result<(), Error> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        return Err(Error::sense(id, "an id consists of a-z, 0-9 and _"));
    }
    if seen.insert(id.to_owned()) { Ok(()) } else { Err(Error::sense(id, "this id is used twice")) }
}

fn view(name: &str, entry: &ViewEntry, columns: &BTreeMap<String, ColumnEntry>) -> Result<View, Error> {
    if let Some(stray) = entry.own.keys().find(|own| !entry.columns.contains(own)) {
        return Err(Error::sense(name, format!("{stray} is not one of its columns")));
    }
    let column = |column: &String| {
        let known = entry.own.get(column).or_else(|| columns.get(column));
        let known = known.ok_or_else(|| Error::sense(name, format!("column {column} is not described")))?;
        Ok(Column {
            name: column.clone(),
            title: Text { ru: known.ru.clone(), en: known.en.clone() },
            kind: known.kind,
            aggregate: known.aggregate,
            unit: known.unit.clone(),
            decimals: known.decimals,
        })
    };
    let columns = entry.columns.iter().map(column).collect::<Result<Vec<_>, Error>>()?;
    let titles: BTreeSet<&str> = columns.iter().map(|column| column.title.ru.as_str()).collect();
    if titles.len() < columns.len() {
        return Err(Error::sense(name, "two of its columns have the same title, and DataLens would confuse them"));
    }
    Ok(View { name: name.to_owned(), title: entry.title.clone(), columns })
}

fn find<'a>(place: &str, views: &'a [View], name: &str) -> Result<&'a View, Error> {
    views
        .iter()
        .find(|view| view.name == name)
        .ok_or_else(|| Error::sense(place, format!("view {name} does not exist")))
}

fn column(place: &str, view: &View, name: &str) -> Result<Column, Error> {
    let found = view.column(name).cloned();
    found.ok_or_else(|| Error::sense(place, format!("view {} has no column {name}", view.name)))
}

fn selector(entry: SelectorEntry, views: &[View]) -> Result<Selector, Error> {
    let column = column(&entry.id, find(&entry.id, views, &entry.view)?, &entry.column)?;
    if !matches!(column.kind, Type::Text | Type::Date) {
        return Err(Error::sense(&entry.id, "the column of a selector has to be a text or a day"));
    }
    Ok(Selector { id: entry.id, title: entry.title, view: entry.view, column })
}

fn chart(entry: ChartEntry, views: &[View]) -> Result<Chart, Error> {
    let place = entry.id.as_str();
    let view = find(place, views, &entry.view)?;
    let mut fields = Vec::new();
    for (role, names) in
        [(Role::By, entry.by.list()), (Role::Series, entry.series.list()), (Role::Value, &entry.values)]
    {
        for name in names {
            let column = column(place, view, name)?;
            if (role == Role::Value) != column.aggregate.is_some() {
                return Err(Error::sense(
                    place,
                    format!("{name} is not allowed here: `values` has to name measures, and all other fields must not"),
                ));
            }
            fields.push(Field { role, column });
        }
    }
    let count = |role| fields.iter().filter(|field| field.role == role).count();
    let shape = (count(Role::By), count(Role::Series), count(Role::Value));
    let fits = match entry.kind {
        Kind::Kpi => shape == (0, 0, 1),
        Kind::Heatmap => shape == (1, 1, 1),
        Kind::Table => shape.0 > 0 && shape.1 == 0,
        Kind::Bar | Kind::Column | Kind::Line => matches!(shape, (1, 0, 1..) | (1, 1, 1)),
    };
    if !fits {
        return Err(Error::sense(
            place,
            format!("a {:?} cannot have {shape:?} of `by`, `series` and `values`", entry.kind),
        ));
    }
    if entry.limit.is_some() && entry.kind == Kind::Bar && count(Role::Series) > 0 {
        return Err(Error::sense(place, "bars of several colors have no `limit`, which would cut one in two"));
    }
    if entry.top.is_some() && (entry.kind != Kind::Bar && count(Role::Series) == 0 || entry.kind == Kind::Table) {
        return Err(Error::sense(place, "`top` is for bars, and for charts with `series`"));
    }
    if entry.top.is_some() && entry.kind == Kind::Bar && entry.limit.is_some() {
        return Err(Error::sense(place, "bars have either `limit` or `top`"));
    }
    let condition = |it: ConditionEntry| Ok(Condition { column: column(place, view, &it.column)?, test: it.test });
    Ok(Chart {
        conditions: entry.conditions.into_iter().map(condition).collect::<Result<_, Error>>()?,
        order: order(place, entry.kind, &entry.sort, &fields)?,
        id: entry.id.clone(),
        kind: entry.kind,
        title: entry.title,
        note: entry.note,
        view: entry.view,
        fields,
        limit: entry.limit,
        top: entry.top,
        width: entry.size[0],
        height: entry.size[1],
    })
}

/// The given order, or else the default of the kind, followed by all columns that distinguish rows.
fn order(place: &str, kind: Kind, asked: &[String], fields: &[Field]) -> Result<Vec<Order>, Error> {
    let mut order = Vec::new();
    for name in asked {
        let (column, descending) = name.strip_prefix('-').map_or((name.as_str(), false), |column| (column, true));
        if !fields.iter().any(|field| field.column.name == column) {
            return Err(Error::sense(place, format!("it cannot be sorted by {column}, which it does not show")));
        }
        order.push(Order { column: column.to_owned(), descending });
    }
    if order.is_empty() && matches!(kind, Kind::Bar | Kind::Table) {
        let first = fields.iter().find(|field| field.role == Role::Value);
        order.extend(first.map(|field| Order { column: field.column.name.clone(), descending: true }));
    }
    for field in fields.iter().filter(|field| field.role != Role::Value) {
        if !order.iter().any(|known| known.column == field.column.name) {
            order.push(Order { column: field.column.name.clone(), descending: false });
        }
    }
    Ok(order)
}

impl Default for Names {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Names {
    fn list(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

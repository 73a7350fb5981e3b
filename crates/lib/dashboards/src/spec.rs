//! What a specification says once it is read: tabs, charts, selectors, each with all that is known of its columns.

use serde::{Deserialize, Serialize};

/// A dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// What it is called.
    pub title: Text,
    /// In the order they are shown.
    pub tabs: Vec<Tab>,
    /// The views of schema `cdm` that charts and selectors read, by name.
    pub views: Vec<View>,
}

/// Something people read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// In Russian, which comes first.
    pub ru: String,
    /// In English.
    pub en: String,
}

/// A page of a dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tab {
    /// Stable: addresses and ids come from it.
    pub id: String,
    /// What it is called.
    pub title: Text,
    /// What narrows the charts below.
    pub selectors: Vec<Selector>,
    /// In the order they are shown: from left to right, [`WIDTH`] columns a row.
    pub charts: Vec<Chart>,
}

/// How many columns of equal width a row of a tab has.
pub const WIDTH: u32 = 36;

/// A control that narrows every chart of its tab whose view has the column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Selector {
    /// Stable, unique in the specification.
    pub id: String,
    /// What stands beside it.
    pub title: Text,
    /// The view it takes its values from. Of a period: the view whose days it spans.
    pub view: String,
    /// What it narrows: values of a text, or a period of a date.
    pub column: Column,
}

/// One picture, figure or table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chart {
    /// Stable, unique in the specification.
    pub id: String,
    /// What it looks like.
    pub kind: Kind,
    /// What stands above it.
    pub title: Text,
    /// What one has to know to read it rightly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// The view of schema `cdm` it reads.
    pub view: String,
    /// What it shows of the view, in the order of its rows' columns.
    pub fields: Vec<Field>,
    /// Which rows of the view it shows.
    #[serde(rename = "where")]
    pub conditions: Vec<Condition>,
    /// The order of its rows, ties decided.
    pub order: Vec<Order>,
    /// So many values of [`Role::By`] at most; of a table, so many rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Its width, of [`WIDTH`] columns.
    pub width: u32,
    /// Its height, in rows of the same grid.
    pub height: u32,
}

/// What a chart looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One figure.
    Kpi,
    /// Horizontal bars, one under the other.
    Bar,
    /// Upright columns, side by side; of one [`Role::By`] they are stacked.
    Column,
    /// Lines over time.
    Line,
    /// Coloured cells: [`Role::By`] goes to the right, [`Role::Series`] down.
    Heatmap,
    /// Rows and columns.
    Table,
}

/// A column of a chart's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What it is in the chart.
    pub role: Role,
    /// What it is in the view.
    #[serde(flatten)]
    pub column: Column,
}

/// What a column is in a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What there is one bar, column, point or cell for; in a table, a column that tells rows apart.
    By,
    /// What there is one colour or line for; of a heatmap, one row.
    Series,
    /// A measure.
    Value,
}

/// A view of schema `cdm`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// Its name, without the schema.
    pub name: String,
    /// What it is called in a list of datasets.
    pub title: Text,
    /// All its columns, in its order.
    pub columns: Vec<Column>,
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: Text,
    /// Its type in PostgreSQL.
    #[serde(rename = "type")]
    pub kind: Type,
    /// How several rows become one; none: it tells rows apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// What it is measured in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Text>,
    /// Digits behind the point.
    pub decimals: u32,
}

/// The types that views have; DataLens knows no others that would serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they are what PostgreSQL calls them")]
pub enum Type {
    Bigint,
    Boolean,
    Date,
    Integer,
    Numeric,
    Text,
    Timestamp,
    Uuid,
}

/// How several rows become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// They add up.
    Sum,
    /// The largest stands for all.
    Max,
}

/// A restriction of a chart to some rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// The column, which need not be shown.
    pub column: Column,
    /// What it has to be.
    #[serde(flatten)]
    pub test: Test,
}

/// What a value has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Test {
    /// A number between these, both included.
    Between([i64; 2]),
    /// Yes or no.
    Is(bool),
    /// This text.
    Equals(String),
}

/// A column that rows are ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    /// One of the chart's fields.
    pub column: String,
    /// Largest first.
    pub descending: bool,
}

impl Spec {
    /// The view of this name.
    #[must_use]
    pub fn view(&self, name: &str) -> Option<&View> {
        self.views.iter().find(|view| view.name == name)
    }

    /// All charts, tab by tab.
    pub fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.tabs.iter().flat_map(|tab| &tab.charts)
    }

    /// Whether `selector` narrows `chart`: its view has the column.
    #[must_use]
    pub fn narrows(&self, selector: &Selector, chart: &Chart) -> bool {
        self.view(&chart.view).is_some_and(|view| view.column(&selector.column.name).is_some())
    }
}

impl View {
    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Chart {
    /// Its fields in this role.
    pub fn fields(&self, role: Role) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.role == role)
    }
}

impl Type {
    /// What PostgreSQL calls it in a cast.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bigint => "bigint",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Integer => "integer",
            Self::Numeric => "numeric",
            Self::Text => "text",
            Self::Timestamp => "timestamp",
            Self::Uuid => "uuid",
        }
    }

    /// Whether it is a moment or a day.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }
}

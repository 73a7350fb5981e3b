//! The specification after parsing: tabs, charts and selectors, with all properties of their columns.

use serde::{Deserialize, Serialize};

/// A dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// The title.
    pub title: Text,
    /// The tabs, in their order.
    pub tabs: Vec<Tab>,
    /// The views of schema `cdm` that charts and selectors read, by name.
    pub views: Vec<View>,
}

/// A text for people, in two languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// In Russian, the first language.
    pub ru: String,
    /// In English.
    pub en: String,
}

/// A tab of a dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tab {
    /// Stable: addresses and ids are derived from it.
    pub id: String,
    /// The title.
    pub title: Text,
    /// The selectors that filter the charts below.
    pub selectors: Vec<Selector>,
    /// The charts, in their order: from left to right, [`WIDTH`] columns per row.
    pub charts: Vec<Chart>,
}

/// The number of columns in a row of a tab.
pub const WIDTH: u32 = 36;

/// A control that filters every chart of its tab whose view has the column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Selector {
    /// Stable, unique in the specification.
    pub id: String,
    /// The label.
    pub title: Text,
    /// The view with its values. For a period: the view with the range of days.
    pub view: String,
    /// The column that it filters: values of a text, or a period of a date.
    pub column: Column,
}

/// A chart, a single value or a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chart {
    /// Stable, unique in the specification.
    pub id: String,
    /// The kind of chart.
    pub kind: Kind,
    /// The title.
    pub title: Text,
    /// A hint that is necessary to read it correctly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// The view of schema `cdm` that it reads.
    pub view: String,
    /// The fields that it shows, in the order of the columns of its rows.
    pub fields: Vec<Field>,
    /// The filters of its rows.
    #[serde(rename = "where")]
    pub conditions: Vec<Condition>,
    /// The order of its rows, which is total.
    pub order: Vec<Order>,
    /// Maximum number of values of [`Role::By`]; for a table, of rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Maximum number of values of [`Role::Series`] that are shown, of bars the values of [`Role::By`]: the largest. All
    /// others together are one more value, NULL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<u32>,
    /// The width, of [`WIDTH`] columns.
    pub width: u32,
    /// The height, in rows of the same grid.
    pub height: u32,
}

/// Kinds of charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A single value.
    Kpi,
    /// Horizontal bars.
    Bar,
    /// Vertical columns, side by side. Columns of the same [`Role::By`] are stacked.
    Column,
    /// Lines over time.
    Line,
    /// Colored cells: [`Role::By`] is the horizontal axis, [`Role::Series`] the vertical one.
    Heatmap,
    /// Rows and columns.
    Table,
}

/// A column of a chart's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The role in the chart.
    pub role: Role,
    /// The column of the view.
    #[serde(flatten)]
    pub column: Column,
}

/// The role of a column in a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// One bar, column, point or cell per value. In a table, a column that distinguishes rows.
    By,
    /// One color or line per value. In a heatmap, one row per value.
    Series,
    /// A measure.
    Value,
}

/// A view of schema `cdm`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// The name, without the schema.
    pub name: String,
    /// The title in a list of datasets.
    pub title: Text,
    /// All columns, in the order of the view.
    pub columns: Vec<Column>,
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The title.
    pub title: Text,
    /// The type in PostgreSQL.
    #[serde(rename = "type")]
    pub kind: Type,
    /// The aggregate of several rows. `None`: the column distinguishes rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// The unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Text>,
    /// The number of decimal places.
    pub decimals: u32,
}

/// The column types of the views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are those of PostgreSQL")]
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

/// How several rows are aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// The sum.
    Sum,
    /// The maximum.
    Max,
}

/// A filter of the rows of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// The column, which need not be shown.
    pub column: Column,
    /// The condition.
    #[serde(flatten)]
    pub test: Test,
}

/// A condition on a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Test {
    /// A number in this range, inclusive.
    Between([i64; 2]),
    /// A boolean with this value.
    Is(bool),
    /// This text.
    Equals(String),
}

/// A column by which rows are ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    /// A field of the chart.
    pub column: String,
    /// Descending.
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

    /// Whether `selector` filters `chart`: its view has the column.
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
    /// The fields with this role.
    pub fn fields(&self, role: Role) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.role == role)
    }
}

impl Type {
    /// The name of the type in a cast.
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

    /// Whether it is a date or a timestamp.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }
}

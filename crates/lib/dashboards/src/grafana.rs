//! The operators' dashboard for Grafana, in the classic model: every Grafana from version 10 on can import it.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error,
    layout::{self, Place},
    spec::Text,
};

/// The number of columns in a row of Grafana.
const WIDTH: u32 = 24;

/// The version of the classic model.
const SCHEMA_VERSION: u32 = 39;

/// The name of the data source variable, which people select above the panels.
const SOURCE: &str = "${datasource}";

/// The panels, as in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    title: Text,
    row: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    title: Text,
    panel: Vec<Panel>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Panel {
    kind: Kind,
    title: Text,
    note: Option<Text>,
    query: Vec<Query>,
    unit: String,
    warn: Option<u32>,
    alarm: Option<u32>,
    size: [u32; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Stat,
    TimeSeries,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    expr: String,
    legend: String,
}

impl Metrics {
    /// Parses the panels.
    ///
    /// # Errors
    /// They are not TOML of the right form, or do not fill their rows.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let metrics: Self = toml::from_str(text)?;
        match metrics.row.iter().find(|row| row.places(0).is_none()) {
            None => Ok(metrics),
            Some(row) => Err(Error::sense(&row.title.ru, layout::unfilled(WIDTH))),
        }
    }

    /// Every query, in PromQL with Grafana's variables.
    pub fn queries(&self) -> impl Iterator<Item = &str> {
        self.row.iter().flat_map(|row| &row.panel).flat_map(|panel| &panel.query).map(|query| query.expr.as_str())
    }

    /// The dashboard.
    #[must_use]
    pub fn dashboard(&self) -> Value {
        let mut panels: Vec<Value> = Vec::new();
        let mut y = 0;
        for row in &self.row {
            let id = panels.len() + 1;
            panels.push(heading(id, row, y));
            y += 1;
            for (panel, place) in row.panel.iter().zip(row.places(y).unwrap_or_default()) {
                panels.push(drawn(panels.len() + 1, panel, place));
                y = y.max(place.y + place.height);
            }
        }
        json!({
            "uid": "tagmill",
            "title": self.title.ru,
            "tags": ["tagmill"],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": true,
            "graphTooltip": 1,
            "refresh": "10s",
            "timezone": "browser",
            "time": { "from": "now-1h", "to": "now" },
            "templating": { "list": [source(), services()] },
            "annotations": { "list": [] },
            "links": [],
            "panels": panels,
        })
    }
}

impl Row {
    fn places(&self, top: u32) -> Option<Vec<Place>> {
        layout::places(self.panel.iter().map(|panel| panel.size), WIDTH, top)
    }
}

/// The variable for the Prometheus data source.
fn source() -> Value {
    json!({ "name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "hide": 0 })
}

/// The variable for the services. Default: all.
fn services() -> Value {
    json!({
        "name": "service",
        "label": "service",
        "type": "query",
        "datasource": { "type": "prometheus", "uid": SOURCE },
        "query": "label_values(tagmill_ready, service)",
        "refresh": 2,
        "includeAll": true,
        "multi": true,
        "allValue": ".*",
        "current": { "text": ["All"], "value": ["$__all"] },
        "hide": 0,
    })
}

fn heading(id: usize, row: &Row, y: u32) -> Value {
    json!({
        "id": id,
        "type": "row",
        "title": row.title.ru,
        "collapsed": false,
        "gridPos": at(Place { x: 0, y, width: WIDTH, height: 1 }),
        "panels": [],
    })
}

fn at(place: Place) -> Value {
    json!({ "x": place.x, "y": place.y, "w": place.width, "h": place.height })
}

fn drawn(id: usize, panel: &Panel, place: Place) -> Value {
    let letters = 'A'..='Z';
    let targets: Vec<Value> = panel.query.iter().zip(letters).map(|(query, letter)| target(query, letter)).collect();
    json!({
        "id": id,
        "type": if panel.kind == Kind::Stat { "stat" } else { "timeseries" },
        "title": panel.title.ru,
        "description": panel.note.as_ref().map_or("", |note| note.ru.as_str()),
        "datasource": { "type": "prometheus", "uid": SOURCE },
        "gridPos": at(place),
        "targets": targets,
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "color": { "mode": if panel.kind == Kind::Stat { "thresholds" } else { "palette-classic" } },
                "thresholds": thresholds(panel),
            },
            "overrides": [],
        },
        "options": options(panel.kind),
    })
}

fn target(query: &Query, letter: char) -> Value {
    json!({
        "refId": letter.to_string(),
        "datasource": { "type": "prometheus", "uid": SOURCE },
        "expr": query.expr,
        "legendFormat": query.legend,
        "editorMode": "code",
        "range": true,
        "instant": false,
    })
}

/// The thresholds of yellow and red. If low values are bad, red comes first.
fn thresholds(panel: &Panel) -> Value {
    let steps = match (panel.warn, panel.alarm) {
        (Some(warn), Some(alarm)) if alarm < warn => {
            json!([{ "color": "red", "value": null }, { "color": "green", "value": warn }])
        }
        (warn, alarm) => {
            let mut steps = vec![json!({ "color": "green", "value": null })];
            steps.extend(warn.map(|from| json!({ "color": "yellow", "value": from })));
            steps.extend(alarm.map(|from| json!({ "color": "red", "value": from })));
            json!(steps)
        }
    };
    json!({ "mode": "absolute", "steps": steps })
}

fn options(kind: Kind) -> Value {
    match kind {
        Kind::Stat => json!({
            "colorMode": "value",
            "graphMode": "area",
            "justifyMode": "auto",
            "orientation": "auto",
            "textMode": "value_and_name",
            "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
        }),
        Kind::TimeSeries => json!({
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [] },
            "tooltip": { "mode": "multi", "sort": "desc" },
        }),
    }
}

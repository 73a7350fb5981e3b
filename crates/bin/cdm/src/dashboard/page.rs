//! Static files of the dashboard: the files of `dashboards/page/`, compiled in, and a JSON description of tabs and
//! charts.

use dashboards::{Spec, spec::Tab};
use http::Body;
use serde_json::{Value, json};

/// Everything that the browser loads except data.
pub(super) struct Page {
    index: Body,
    files: Vec<(&'static str, Body)>,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// A file of the page.
macro_rules! file {
    ($path:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../dashboards/page/", $path)).as_slice()
    };
}

const FILES: [(&str, &str, &[u8]); 21] = [
    ("page.css", CSS, file!("page.css")),
    ("icon.svg", "image/svg+xml", file!("icon.svg")),
    ("theme.js", SCRIPT, file!("theme.js")),
    ("page.js", SCRIPT, file!("page.js")),
    ("ask.js", SCRIPT, file!("ask.js")),
    ("token.js", SCRIPT, file!("token.js")),
    ("tabs.js", SCRIPT, file!("tabs.js")),
    ("selectors.js", SCRIPT, file!("selectors.js")),
    ("chart/card.js", SCRIPT, file!("chart/card.js")),
    ("chart/table.js", SCRIPT, file!("chart/table.js")),
    ("chart/picture.js", SCRIPT, file!("chart/picture.js")),
    ("chart/options.js", SCRIPT, file!("chart/options.js")),
    ("chart/bubble.js", SCRIPT, file!("chart/bubble.js")),
    ("chart/shape.js", SCRIPT, file!("chart/shape.js")),
    ("chart/colours.js", SCRIPT, file!("chart/colours.js")),
    ("format.js", SCRIPT, file!("format.js")),
    ("words.js", SCRIPT, file!("words.js")),
    ("element.js", SCRIPT, file!("element.js")),
    ("memory.js", SCRIPT, file!("memory.js")),
    ("echarts.js", SCRIPT, file!("vendor/echarts.js")),
    ("licences.txt", TEXT, file!("vendor/licences.txt")),
];

impl Page {
    /// Builds the page of a specification.
    pub(super) fn new(spec: &Spec) -> Self {
        let mut files: Vec<_> = FILES.map(|(name, kind, content)| (name, Body::new(kind, content))).into();
        files.push(("spec.json", Body::new("application/json", page_spec(spec).to_string())));
        Self { index: Body::new(HTML, file!("index.html")), files }
    }

    /// The HTML document.
    pub(super) fn index(&self) -> &Body {
        &self.index
    }

    /// The file with this name.
    pub(super) fn file(&self, name: &str) -> Option<&Body> {
        self.files.iter().find(|(file, _)| *file == name).map(|(_, body)| body)
    }
}

/// The parts of the specification that the page needs.
fn page_spec(spec: &Spec) -> Value {
    let tabs: Vec<Value> = spec.tabs.iter().map(|tab| page_spec_of_tab(spec, tab)).collect();
    json!({"title": spec.title, "tabs": tabs})
}

fn page_spec_of_tab(spec: &Spec, tab: &Tab) -> Value {
    let selectors = tab.selectors.iter().map(|selector| {
        let charts = tab.charts.iter().filter(|chart| spec.narrows(selector, chart));
        let charts: Vec<&str> = charts.map(|chart| chart.id.as_str()).collect();
        json!({"id": selector.id, "title": selector.title, "type": selector.column.kind, "narrows": charts})
    });
    json!({"id": tab.id, "title": tab.title, "selectors": selectors.collect::<Vec<_>>(), "charts": tab.charts})
}

//! The dashboard entry: tabs of widgets, with selectors above them.

use serde_json::{Map, Value, json};

use super::ids;
use crate::{
    Spec,
    layout::{self, Place},
    spec::{Chart, Selector, Tab, Type, WIDTH},
};

/// The dashboard as an entry of a workbook.
pub(super) fn dash(spec: &Spec) -> Value {
    json!({ "name": spec.title.ru, "annotation": { "description": DESCRIPTION }, "data": data(spec) })
}

/// The description in the list of a workbook.
pub(super) const DESCRIPTION: &str = "Что и когда заказывают, кого за это наградили тегом, и успевает ли конвейер";

/// The number of rows that the selectors of a tab take.
const SELECTORS_HEIGHT: u32 = 2;

/// The refresh interval in seconds.
const REFRESH: u32 = 60;

/// The content, which is the same in every form.
pub(super) fn data(spec: &Spec) -> Value {
    let tabs: Vec<Value> = spec.tabs.iter().map(tab).collect();
    let ids = spec.tabs.iter().map(|tab| 2 + tab.selectors.len() + 2 * tab.charts.len());
    json!({
        "salt": "tagmill",
        "counter": 1 + ids.sum::<usize>(),
        "schemeVersion": 8,
        "tabs": tabs,
        "settings": {
            "autoupdateInterval": REFRESH,
            "maxConcurrentRequests": null,
            "loadPriority": "charts",
            "silentLoading": false,
            "dependentSelectors": false,
            "hideTabs": false,
            "hideDashTitle": false,
            "expandTOC": false,
            "globalParams": {},
        },
    })
}

fn tab(tab: &Tab) -> Value {
    let top = if tab.selectors.is_empty() { 0 } else { SELECTORS_HEIGHT };
    let places = layout::of_charts(&tab.charts, top).unwrap_or_default();
    let mut items: Vec<Value> = Vec::new();
    let mut boxes: Vec<Value> = Vec::new();
    if top > 0 {
        items.push(selectors(tab));
        boxes.push(at(&selectors_id(tab), Place { x: 0, y: 0, width: WIDTH, height: top }));
    }
    items.extend(tab.charts.iter().map(widget));
    boxes.extend(tab.charts.iter().zip(places).map(|(chart, place)| at(&chart.id, place)));
    json!({
        "id": tab.id,
        "title": tab.title.ru,
        "items": items,
        "layout": boxes,
        "aliases": {},
        "connections": [],
    })
}

fn at(item: &str, place: Place) -> Value {
    json!({ "i": item, "x": place.x, "y": place.y, "w": place.width, "h": place.height })
}

fn selectors_id(tab: &Tab) -> String {
    format!("{}_selectors", tab.id)
}

/// All selectors of a tab, side by side.
fn selectors(tab: &Tab) -> Value {
    json!({
        "id": selectors_id(tab),
        "namespace": "default",
        "type": "group_control",
        "data": {
            "group": tab.selectors.iter().map(selector).collect::<Vec<_>>(),
            "autoHeight": false,
            "buttonApply": false,
            "buttonReset": true,
            "showGroupName": false,
            "updateControlsOnChange": true,
        },
    })
}

/// A selector refers to a field by id. No value is selected at first.
fn selector(selector: &Selector) -> Value {
    let column = &selector.column;
    let mut source = json!({
        "datasetId": ids::dataset(&selector.view),
        "datasetFieldId": column.name,
        "datasetFieldType": "DIMENSION",
        "showTitle": true,
    });
    if column.kind == Type::Date {
        source["elementType"] = json!("date");
        source["fieldType"] = json!("date");
        source["isRange"] = json!(true);
    } else {
        source["elementType"] = json!("select");
        source["fieldType"] = json!("string");
        source["multiselectable"] = json!(true);
    }
    json!({
        "id": selector.id,
        "namespace": "default",
        "title": selector.title.ru,
        "sourceType": "dataset",
        "source": source,
        "placementMode": "auto",
        "width": "",
        "defaults": Map::from_iter([(column.name.clone(), json!(""))]),
    })
}

/// A chart with its title, and its hint beside it.
fn widget(chart: &Chart) -> Value {
    let note = chart.note.as_ref().map_or("", |note| note.ru.as_str());
    json!({
        "id": chart.id,
        "namespace": "default",
        "type": "widget",
        "data": {
            "hideTitle": false,
            "tabs": [{
                "id": format!("{}_chart", chart.id),
                "title": chart.title.ru,
                "description": "",
                "hint": note,
                "enableHint": !note.is_empty(),
                "chartId": ids::chart(chart),
                "isDefault": true,
                "params": {},
                "autoHeight": false,
            }],
        },
    })
}

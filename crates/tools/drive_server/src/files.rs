//! Files: the search by name, and permissions.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use crate::{Refused, Shared, bad, lock};

/// `GET /drive/v3/files`
pub(crate) async fn find(
    State(state): State<Shared>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Result<String, Refused> {
    let query = parameters.get("q").map_or("", String::as_str);
    let name = query.strip_prefix("name = '").and_then(|rest| rest.strip_suffix("' and trashed = false"));
    let name = name.ok_or_else(|| bad("Invalid Value: q"))?.replace(r"\'", "'").replace(r"\\", r"\");
    let drive = lock(&state);
    let files = drive.files.iter().filter(|(_, file)| file.name == name);
    let files: Vec<Value> = files.map(|(id, _)| json!({"id": id})).collect();
    Ok(json!({"files": files}).to_string())
}

/// `POST /drive/v3/files/{id}/permissions`
pub(crate) async fn share(State(state): State<Shared>, Path(id): Path<String>, body: Bytes) -> Result<String, Refused> {
    let body: Value = serde_json::from_slice(&body).map_err(|_| bad("Parse Error"))?;
    if body != json!({"role": "reader", "type": "anyone"}) {
        return Err(bad("another permission"));
    }
    let mut drive = lock(&state);
    let file = drive.files.get_mut(&id);
    let file = file.ok_or_else(|| Refused(StatusCode::NOT_FOUND, format!("File not found: {id}.")))?;
    file.is_public = true;
    Ok(json!({"id": "anyoneWithLink"}).to_string())
}

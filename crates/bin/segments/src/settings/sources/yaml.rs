//! `config.yaml`: the groups of the customer's first service, and at the top our settings in lower case, each also with
//! `_file`.

use granit_parser::{Event, Parser};

use super::Variables;

/// The keys of the customer's first service, and the variables of the same meaning.
const KEYS: [(&str, &str); 14] = [
    ("app.name", "APP_NAME"),
    ("app.version", "APP_VERSION"),
    ("log.level", "LOG_LEVEL"),
    ("log.logs_path", "LOGS_PATH"),
    ("http.bind_ip", "HTTP_BIND_IP"),
    ("http.port", "HTTP_PORT"),
    ("postgresql.host", "POSTGRES_HOST"),
    ("postgresql.port", "POSTGRES_PORT"),
    ("postgresql.username", "POSTGRES_USER"),
    ("postgresql.password", "POSTGRES_PASSWORD"),
    ("postgresql.database", "POSTGRES_DATABASE"),
    ("postgresql.max_pool_size", "POSTGRES_MAX_POOL_SIZE"),
    ("webapi.google_drive_json_file_path", "GOOGLE_DRIVE_JSON_FILE_PATH"),
    ("webapi.google_drive_base_url", "GOOGLE_DRIVE_BASE_URL"),
];

/// The variables. A key without a value has an empty one. `known` are the names of our settings.
pub(super) fn read(text: &str, known: &[String]) -> Result<Variables, String> {
    let mut variables = Variables::new();
    // The groups that are open, and the key whose value comes next.
    let (mut groups, mut key) = (Vec::new(), None::<String>);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
        let wrong = |what: &str| format!("line {}: {what}", span.start.line());
        match event {
            Event::MappingStart(..) => groups.extend(key.take()),
            Event::MappingEnd => drop(groups.pop()),
            Event::Scalar(text, ..) => match key.take() {
                None => key = Some(text.into_owned()),
                Some(name) => {
                    let path = groups.iter().chain([&name]).map(String::as_str).collect::<Vec<_>>().join(".");
                    let name = variable(&path, known).ok_or_else(|| wrong(&format!("unknown key `{path}`")))?;
                    let value = if matches!(&*text, "~" | "null") { String::new() } else { text.into_owned() };
                    variables.insert(name, value);
                }
            },
            Event::SequenceStart(..) | Event::Alias(..) => return Err(wrong("a value has to be a text or a number")),
            _ => {}
        }
    }
    Ok(variables)
}

/// The variable of a key. A setting of the customer's groups can be in a file, too.
fn variable(path: &str, known: &[String]) -> Option<String> {
    let setting = path.strip_suffix("_file").unwrap_or(path);
    let of_group = |path: &str| KEYS.iter().find(|(key, _)| *key == path).map(|(_, name)| (*name).to_owned());
    if let Some(name) = of_group(path) {
        return Some(name);
    }
    if let Some(name) = of_group(setting) {
        return Some(format!("{name}_FILE"));
    }
    let is_known = |name: &str| name == name.to_lowercase() && known.contains(&name.to_uppercase());
    (is_known(path) || is_known(setting)).then(|| path.to_uppercase())
}

//! The settings of a segment in a request, and which of them are valid. Pure.

use axum::Extension;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    api::{
        auth::{HasAdminKey, Refusal},
        v2::{
            Result,
            problem::{Problem, refusal},
        },
    },
    changes::Config,
    refresh::Params,
};

/// Settings of a segment. A field that is absent stays as it is; null clears it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::api::v2) struct Settings {
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub(super) description: Option<Option<String>>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub(super) context: Option<Option<String>>,
    /// The table that a procedure fills.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub(super) table_name: Option<Option<String>>,
    /// Whether the members follow from `refresh_params`.
    pub(super) refresh_auto: Option<bool>,
    /// An object with one key: `query`, `procedure` or `tag`. Needs the key of an admin.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    pub(super) refresh_params: Option<Option<Box<RawValue>>>,
    /// Five fields, UTC.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "0 3 * * *")]
    pub(super) refresh_cron: Option<Option<String>>,
    /// The sources that have to be fresh.
    pub(super) sources: Option<Vec<String>>,
}

/// A field that is there, perhaps null.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Settings {
    /// Whether the caller may set them: what is refreshed is set by admins only.
    pub(super) fn allow(&self, admin: Option<Extension<HasAdminKey>>) -> Result<()> {
        let is_admin = matches!(admin, Some(Extension(HasAdminKey(true))));
        if is_admin || self.refresh_params.is_none() { Ok(()) } else { Err(refusal(Refusal::Unauthorized)) }
    }

    /// The settings with these changes.
    pub(super) fn apply(self, config: Config) -> Result<Config> {
        if let Some(Some(text)) = &self.refresh_params {
            params(text.get())?;
        }
        if let Some(Some(line)) = &self.refresh_cron {
            cron(line)?;
        }
        let params = self.refresh_params.map(|params| params.map(|params| params.get().to_owned()));
        Ok(Config {
            description: self.description.unwrap_or(config.description),
            context: self.context.unwrap_or(config.context),
            table_name: self.table_name.unwrap_or(config.table_name),
            refresh_auto: self.refresh_auto.unwrap_or(config.refresh_auto),
            refresh_params: params.unwrap_or(config.refresh_params),
            refresh_cron: self.refresh_cron.unwrap_or(config.refresh_cron),
            sources: self.sources.unwrap_or(config.sources),
        })
    }
}

fn params(text: &str) -> Result<()> {
    let invalid = |detail: String| Problem::invalid("invalid_refresh_params", detail);
    match Params::parse(text).map_err(|error| invalid(error.to_string()))? {
        // It has an effect at once.
        Params::Percent(_) => Err(invalid("a percentage is set by POST /api/v2/segments/{name}/assign".to_owned())),
        Params::Query(_) | Params::Procedure(_) | Params::Tag(_) => Ok(()),
    }
}

fn cron(line: &str) -> Result<()> {
    let is_cron = line.split_whitespace().count() == 5
        && matches!(line.parse::<schedule::Schedule>(), Ok(schedule::Schedule::Cron(_)));
    if is_cron {
        return Ok(());
    }
    Err(Problem::invalid(
        "invalid_refresh_cron",
        format!("`{line}` is no cron line of five fields, such as `0 3 * * *`"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_absent_stays_and_null_clears() {
        let before = Config { description: Some("d".to_owned()), context: Some("c".to_owned()), ..Config::default() };
        let patch: Settings = serde_json::from_str(r#"{"description":null,"refresh_cron":"0 3 * * *"}"#).unwrap();
        let after = patch.apply(before).unwrap();
        assert_eq!((after.description, after.context.as_deref()), (None, Some("c")));
        assert_eq!(after.refresh_cron.as_deref(), Some("0 3 * * *"));
    }

    #[test]
    fn wrong_settings_are_refused() {
        for wrong in [
            r#"{"refresh_params":{}}"#,
            r#"{"refresh_params":{"query":{},"tag":{}}}"#,
            r#"{"refresh_params":[]}"#,
            r#"{"refresh_params":{"percent":{"percent":1}}}"#,
            r#"{"refresh_cron":"25s"}"#,
            r#"{"refresh_cron":"0 0 3 * * *"}"#,
            r#"{"refresh_cron":"every day at noon please"}"#,
        ] {
            let patch: Settings = serde_json::from_str(wrong).unwrap();
            assert!(patch.apply(Config::default()).is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Settings>(r#"{"name":"A"}"#).is_err(), "a name never changes");
    }
}

//! Options that describe a rule or a change of it.

use clap::Args;
use orders::tags::Subject;
use runtime::{ExitError, settings::whole_number};

use crate::rules::rule::Rule;

/// The properties of a rule that are given as options.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Change {
    /// Category whose orders the rule counts, by its exact name.
    #[arg(long, value_name = "NAME", conflicts_with = "product", value_parser = text)]
    category: Option<String>,

    /// Product whose orders the rule counts, by its id in the source.
    #[arg(long, value_name = "ID", value_parser = text)]
    product: Option<String>,

    /// Number of CLOSED orders that a user needs for the tag.
    #[arg(long, value_name = "ORDERS", value_parser = whole_number::<i32>("a number of orders", 1..))]
    threshold: Option<i32>,

    /// Text of the tag.
    #[arg(long, value_name = "TEXT", value_parser = text)]
    tag: Option<String>,

    /// State of the rule: enabled. This is the default of a new rule.
    #[arg(long, conflicts_with = "disable")]
    enable: bool,

    /// State of the rule: disabled. The rule is kept, and its users lose the tag.
    #[arg(long)]
    disable: bool,
}

impl Change {
    /// Whether no option is given.
    pub(super) const fn is_nothing(&self) -> bool {
        let Self { category, product, threshold, tag, enable, disable } = self;
        category.is_none() && product.is_none() && threshold.is_none() && tag.is_none() && !*enable && !*disable
    }

    /// A new rule.
    pub(super) fn complete(&self) -> Result<Rule, ExitError> {
        let missing = |flag: &str| ExitError::Config(format!("a new rule needs {flag}; see `rules add --help`"));
        let (subject, key) = self.subject().ok_or_else(|| missing("--category or --product"))?;
        let threshold = self.threshold.ok_or_else(|| missing("--threshold"))?;
        let tag = self.tag.clone().ok_or_else(|| missing("--tag"))?;
        Ok(Rule { subject, key, threshold, tag, enabled: !self.disable })
    }

    /// `rule` after the change.
    pub(super) fn applied_to(&self, rule: Rule) -> Result<Rule, ExitError> {
        if self.is_nothing() {
            return Err(ExitError::Config("nothing is to be changed; see `rules set --help`".to_owned()));
        }
        let (subject, key) = self.subject().unwrap_or((rule.subject, rule.key));
        let threshold = self.threshold.unwrap_or(rule.threshold);
        let tag = self.tag.clone().unwrap_or(rule.tag);
        Ok(Rule { subject, key, threshold, tag, enabled: self.enable || (rule.enabled && !self.disable) })
    }

    fn subject(&self) -> Option<(Subject, String)> {
        let category = self.category.clone().map(|name| (Subject::Category, name));
        category.or_else(|| self.product.clone().map(|id| (Subject::Product, id)))
    }
}

fn text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("is empty".to_owned()) } else { Ok(text.to_owned()) }
}

//! The differences of keys in a temporary table of A: of buckets that differ, or of all keys.

use super::{Comparison, Copied, Summary};
use crate::{
    error::{Result, target},
    keys::buckets::Selection,
    keys::sql::{DIFFERENCE, KEYS, OURS, PLACES, create_places, drop_keys},
    keys::stream,
    source::read::Rows,
    source::watermark::BEGINNING,
    target::upsert::copy,
    target::upsert::sql::{copy_in, create_stage},
};

/// The most rows of A whose places are held in memory, 20 bytes each.
const MAX_PLACES: u64 = 500_000;

/// So many keys are compared in buckets even if they are most of the keys.
const FEW: u64 = 10_000;

/// What a comparison has to look at.
enum Scope {
    Nothing,
    Buckets(Selection),
    All,
}

impl Comparison<'_> {
    /// Compares the keys. The differences are in `DIFFERENCE` unless there are none, and the rows of A that their key has too
    /// many of are among those of `OURS`.
    ///
    /// Without statistics the planner takes the differences for one row, and finds rows of A by reading all of A for each.
    pub(super) async fn compare(&mut self) -> Result<Summary> {
        self.drop_differences().await?;
        match self.scope().await? {
            Scope::Nothing => return Ok(Summary::none()),
            Scope::Buckets(selection) => self.compare_buckets(selection).await?,
            Scope::All => self.compare_all().await?,
        }
        let summary = self.summarize().await?;
        if matches!(self.copied, Copied::All) && summary.gone + summary.surplus > 0 {
            let masks = self.masks(DIFFERENCE).await?;
            self.batch(&self.keys.find_ours(&masks), "compare keys").await?;
            self.batch(&format!("ANALYZE {OURS}"), "compare keys").await?;
        }
        Ok(summary)
    }

    /// Which keys may differ. Buckets whose keys of M are in the temporary table stay in the comparison.
    async fn scope(&mut self) -> Result<Scope> {
        let Some(source) = &self.source else { return Ok(Scope::All) };
        let target = match self.target.take() {
            Some(target) => target,
            None => stream::of_target(self.context, &self.keys, &self.hasher).await?,
        };
        self.target_rows = Some(target.rows());
        let differing = source.differing(&target);
        if differing.is_empty() {
            return Ok(Scope::Nothing);
        }
        let selection = match &self.copied {
            Copied::Selected(copied) => differing.and(copied),
            _ => differing,
        };
        let (places, keys) = (target.rows_in(&selection), source.rows_in(&selection));
        let most = places + keys > FEW && 2 * (places + keys) > target.rows() + source.rows();
        Ok(if places > MAX_PLACES || most { Scope::All } else { Scope::Buckets(selection) })
    }

    async fn compare_buckets(&mut self, selection: Selection) -> Result<()> {
        self.batch(&create_places(), "compare keys").await?;
        let missing = match &self.copied {
            Copied::Selected(copied) => selection.without(copied),
            _ => {
                let create = create_stage(KEYS, &self.query.columns);
                self.batch(&create, "create the table of keys").await?;
                selection.clone()
            }
        };
        let sides = (&self.query, &self.keys);
        stream::copy_selected(self.context, sides, &self.hasher, (&selection, &missing)).await?;
        self.copied = Copied::Selected(selection);
        self.batch(&format!("ANALYZE {PLACES}"), "compare keys").await?;
        self.batch(&self.keys.create_ours(), "compare keys").await?;
        self.batch(&self.keys.compare_selected(), "compare keys").await?;
        self.batch(&format!("ANALYZE {OURS}; ANALYZE {DIFFERENCE}"), "compare keys").await
    }

    async fn compare_all(&mut self) -> Result<()> {
        if !matches!(self.copied, Copied::All) {
            self.source = None;
            let create = format!("{}; {}", drop_keys(), create_stage(KEYS, &self.query.columns));
            self.context.target.batch_execute(&create).await.map_err(target("create the table of keys"))?;
            let mut rows = Rows::open(self.context.source, &self.query.select(BEGINNING, None)).await?;
            copy(self.context.target, &copy_in(KEYS, &[]), &mut rows, |_| true).await?;
            self.copied = Copied::All;
        }
        self.batch(&self.keys.compare(), "compare keys").await?;
        self.batch(&format!("ANALYZE {DIFFERENCE}"), "compare keys").await
    }
}

//! Upserting: the rows of a query of M become rows of the target table, in the fastest way that is right.

use tokio_postgres::{Client, Statement, types::Type};

use crate::{
    error::{Error, Result, Server, in_text, target},
    job::{Job, sql::token},
    source::query::Query,
    source::read::Rows,
    target::Target,
    target::upsert::assigned::taken_over,
    target::upsert::sql::{CHANGED, Upsert, copy_in, create_stage},
    target::upsert::stage::Writer,
};

pub(crate) mod assigned;
pub(crate) mod sql;
pub(crate) mod stage;
pub(crate) mod row_by_row;

/// The stage of the rows that the cursor returns.
pub(crate) const STAGE: &str = "elt_stage";

/// How rows reach the target table.
pub(crate) enum Plan<'a> {
    /// UPSERT_TARGET_SQL over a stage table.
    SetBased(Box<Upsert<'a>>),
    /// UPSERT_TARGET_SQL for each row.
    RowByRow(Statement),
}

/// Rows written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    /// Rows of the stage that were followed by another of the same conflict key.
    pub(crate) duplicates: u64,
}

/// Chooses the way. The statement for one row is prepared in any case: it finds errors of the text, and its types are
/// those of the placeholders.
pub(crate) async fn plan<'a>(
    client: &Client,
    job: &'a Job,
    query: &'a Query,
    table: &'a Target,
    row_by_row: bool,
) -> Result<Plan<'a>> {
    let names: Vec<String> = query.columns.iter().map(|column| column.name.clone()).collect();
    if let Some(problem) = job.check_source_columns(&names) {
        return Err(Error::job(problem.message).at("UPSERT_TARGET_SQL", problem.line));
    }
    let parts = match &job.upsert.set_based {
        Ok(parts) => Some((parts, table.listed(parts, query)?)),
        Err(_) => None,
    };
    let statement = row_by_row::prepare(client, &job.upsert.row, &query.columns).await?;
    let Some((parts, listed)) = parts.filter(|_| !row_by_row) else { return Ok(Plan::RowByRow(statement)) };
    let conflict = table.conflict(client, parts, &listed).await?;
    let does_nothing = does_nothing(&parts.tail);
    if conflict.is_none() && !does_nothing {
        // Duplicates among the rows cannot be found, and one statement must not update a row twice.
        return Ok(Plan::RowByRow(statement));
    }
    Ok(Plan::SetBased(Box::new(Upsert {
        parts,
        target: table,
        listed,
        conflict,
        source: &query.columns,
        inferred: statement.params().iter().map(Type::clone).collect(),
        taken_over: taken_over(&parts.tail),
        does_nothing,
        soft: job.delete == crate::job::DeleteMode::Soft,
    })))
}

fn does_nothing(tail: &str) -> bool {
    let tokens = token::tokens(tail);
    let mut words = tokens.iter().filter(|token| token.is_significant());
    let mut before = false;
    words.any(|token| {
        let found = before && token.is_word("nothing");
        before = token.is_word("do");
        found
    })
}

impl Upsert<'_> {
    /// COPY straight into the empty target. `None`: a row is there twice, and nothing was done.
    pub(crate) async fn copy(
        &self,
        client: &Client,
        job: &Job,
        rows: &mut Rows,
        keep: impl FnMut(&[u8]) -> bool,
    ) -> Result<Option<u64>> {
        let refused = in_text(Server::Target, "UPSERT_TARGET_SQL", |_| job.upsert.row.line);
        client.batch_execute(&self.explain()).await.map_err(refused)?;
        client.batch_execute("SAVEPOINT elt_copy").await.map_err(target("copy"))?;
        let columns: Vec<String> = self.listed.iter().map(|column| column.name.clone()).collect();
        match copy(client, &copy_in(&self.target.name, &columns), rows, keep).await {
            Ok(count) => Ok(Some(count)),
            Err(error) if error.is_about_data() => {
                client.batch_execute("ROLLBACK TO SAVEPOINT elt_copy").await.map_err(target("copy"))?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Copies rows into a new stage table, which is created with the first of them. Returns their number.
    pub(crate) async fn stage(
        &self,
        client: &Client,
        rows: &mut Rows,
        mut keep: impl FnMut(&[u8]) -> bool,
    ) -> Result<u64> {
        let Some(first) = rows.next(&mut keep).await? else { return Ok(0) };
        client.batch_execute(&create_stage(STAGE, self.source)).await.map_err(target("create the stage"))?;
        let mut writer = Writer::open(client, &copy_in(STAGE, &[])).await?;
        writer.write(first).await?;
        while let Some(batch) = rows.next(&mut keep).await? {
            writer.write(batch).await?;
        }
        writer.finish().await
    }

    /// Upserts the rows of a stage table. `fresh`: the target is empty.
    pub(crate) async fn run(&self, client: &Client, job: &Job, stage: &str, fresh: bool) -> Result<Written> {
        let (duplicates, counts) = match self.create_changed(stage).filter(|_| !fresh) {
            None => {
                let duplicates = self.remove_duplicates(client, stage, None).await?;
                (duplicates, self.insert(client, job, &self.insert_sql(stage, fresh, None)).await?)
            }
            Some(create) => self.insert_changed(client, job, stage, &create).await?,
        };
        if let Some(restore) = self.restore(stage) {
            client.execute(&restore, &[]).await.map_err(target("restore deleted rows"))?;
        }
        Ok(Written { duplicates, ..counts })
    }

    /// Upserts the rows of a stage table that A does not hold. Of duplicates the one that A holds is left out, so they are
    /// looked for in the stage.
    async fn insert_changed(&self, client: &Client, job: &Job, stage: &str, create: &str) -> Result<(u64, Written)> {
        let step = "look for changed rows";
        let refused = |error| in_text(Server::Target, "UPSERT_TARGET_SQL", |_| job.upsert.row.line)(error);
        let mut changed = client.execute(create, &[]).await.map_err(refused)?;
        let mut duplicates = 0;
        if changed > 0 {
            duplicates = self.remove_duplicates(client, stage, Some(CHANGED)).await?;
        }
        if duplicates > 0 {
            client.batch_execute(&format!("DROP TABLE {CHANGED}")).await.map_err(target(step))?;
            changed = client.execute(create, &[]).await.map_err(refused)?;
        }
        let counts = match changed {
            0 => Written::default(),
            _ => self.insert(client, job, &self.insert_sql(CHANGED, true, None)).await?,
        };
        client.batch_execute(&format!("DROP TABLE {CHANGED}")).await.map_err(target(step))?;
        Ok((duplicates, counts))
    }

    async fn remove_duplicates(&self, client: &Client, stage: &str, among: Option<&str>) -> Result<u64> {
        let (Some(find), Some(delete)) = (self.has_duplicates(stage, among), self.delete_duplicates(stage)) else {
            return Ok(0);
        };
        let row = client.query_one(&find, &[]).await.map_err(target("look for duplicates"))?;
        if !row.try_get::<_, bool>(0).map_err(target("look for duplicates"))? {
            return Ok(0);
        }
        client.execute(&delete, &[]).await.map_err(target("remove duplicates"))
    }

    async fn insert(&self, client: &Client, job: &Job, insert: &str) -> Result<Written> {
        let refused = |error| in_text(Server::Target, "UPSERT_TARGET_SQL", |_| job.upsert.row.line)(error);
        let row = client.query_one(insert, &[]).await.map_err(refused)?;
        let count = |place: usize| -> Result<u64> {
            let count: i64 = row.try_get(place).map_err(target("upsert"))?;
            Ok(count.unsigned_abs())
        };
        Ok(Written { inserted: count(0)?, updated: count(1)?, duplicates: 0 })
    }

    /// Finds the first row of a stage table that A refuses, by halving, and names it in `error`.
    pub(crate) async fn name_refused(&self, client: &Client, job: &Job, stage: &str, error: Error) -> Error {
        match self.find_refused(client, job, stage).await {
            Ok(Some(row)) => error.with_row(&row),
            Ok(None) | Err(_) => error,
        }
    }

    async fn find_refused(&self, client: &Client, job: &Job, stage: &str) -> Result<Option<String>> {
        let mut range = String::from("true");
        let count = format!("SELECT count(*) FROM {stage} AS elt_s WHERE ");
        loop {
            let row = client.query_one(&format!("{count}{range}"), &[]).await.map_err(target("search"))?;
            let rows: i64 = row.try_get(0).map_err(target("search"))?;
            if rows <= 1 {
                break;
            }
            let middle = format!(
                "SELECT elt_s.ctid::text FROM {stage} AS elt_s WHERE {range} ORDER BY elt_s.ctid OFFSET {} LIMIT 1",
                rows / 2
            );
            let row = client.query_one(&middle, &[]).await.map_err(target("search"))?;
            let middle: String = row.try_get(0).map_err(target("search"))?;
            let lower = format!("{range} AND elt_s.ctid < '{middle}'");
            range = match self.refuses(client, job, stage, &lower).await? {
                true => lower,
                false => format!("{range} AND elt_s.ctid >= '{middle}'"),
            };
        }
        if !self.refuses(client, job, stage, &range).await? {
            return Ok(None);
        }
        let row = format!("SELECT left(elt_s::text, 4000) FROM {stage} AS elt_s WHERE {range}");
        let row = client.query_one(&row, &[]).await.map_err(target("search"))?;
        row.try_get(0).map(Some).map_err(target("search"))
    }

    /// Whether A refuses a range of the stage. Nothing stays of the attempt.
    async fn refuses(&self, client: &Client, job: &Job, stage: &str, range: &str) -> Result<bool> {
        client.batch_execute("SAVEPOINT elt_search").await.map_err(target("search"))?;
        let refused = match self.insert(client, job, &self.insert_sql(stage, false, Some(range))).await {
            Ok(_) => false,
            Err(error) if error.is_about_data() => true,
            Err(error) => return Err(error),
        };
        client.batch_execute("ROLLBACK TO SAVEPOINT elt_search").await.map_err(target("search"))?;
        Ok(refused)
    }
}

/// COPY of rows of M into a table of A.
pub(crate) async fn copy(
    client: &Client,
    copy_in: &str,
    rows: &mut Rows,
    mut keep: impl FnMut(&[u8]) -> bool,
) -> Result<u64> {
    let mut writer = Writer::open(client, copy_in).await?;
    while let Some(batch) = rows.next(&mut keep).await? {
        writer.write(batch).await?;
    }
    writer.finish().await
}

//! `POST /segments/{name}/members/import`: up to five million users join a segment in one operation. The file is staged
//! as it arrives; nothing is locked meanwhile.

use std::time::Duration;

use axum::{
    Extension,
    body::{BodyDataStream, Bytes},
    extract::{Request, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::Response,
};
use futures_util::StreamExt as _;
use http::LongResponse;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::{sync::Semaphore, time::timeout};
use utoipa::ToSchema;

use super::{
    cannot,
    csv::{BadFile, Lines, SHOWN},
    explain,
};
use crate::{
    api::{
        Api, PathPart,
        auth::hex,
        v2::{
            Result,
            command::{answer, claim, fingerprint, replay, response},
            problem::{Problem, ProblemBody},
        },
    },
    changes::{Answer, Begun, Cause, Change, Claim, Error, Items, Rejected},
};

/// Imports at the same time in this process. Each has a connection of its own.
static RUNNING: Semaphore = Semaphore::const_new(4);

/// The time within which the next part of a file has to arrive, and the time for the whole request.
const PART_TIMEOUT: Duration = Duration::from_secs(30);
const IMPORT_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// The time for which the rest of a refused file is read.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Size of a part of COPY, in bytes, from which it is sent.
const COPY_PART: usize = 64 << 10;

/// What an import has changed.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::v2) struct ImportResult {
    /// null: nothing was changed.
    operation_id: Option<i64>,
    added: i64,
    until_changed: i64,
    unchanged: i64,
    /// Lines that were left out.
    bad: i64,
    /// The first 100 of them.
    errors: Vec<BadLine>,
}

/// A line that was left out. The others are applied.
#[derive(Debug, Serialize, ToSchema)]
struct BadLine {
    /// From 1.
    line: i32,
    #[schema(example = "user_not_found")]
    code: String,
    detail: String,
}

/// A file as it arrives, and the hash of the request so far.
struct Upload {
    body: BodyDataStream,
    hash: Sha256,
}

/// Users join a segment, at most 5,000,000
///
/// CSV with the column `user`, perhaps `until`; a header is optional. Bad lines are counted, the first 100 are returned,
/// and the others are applied as one operation.
#[utoipa::path(
    post,
    path = "/api/v2/segments/{name}/members/import",
    tag = "members",
    params(
        ("name" = String, Path, description = "The name of the segment"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and request have one effect"),
    ),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportResult), (status = "default", body = ProblemBody, content_type = "application/problem+json"))
)]
pub(in crate::api::v2) async fn import(
    State(api): State<Api>,
    PathPart(name): PathPart<3>,
    cause: Cause,
    long: Option<Extension<LongResponse>>,
    request: Request,
) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap_or_default());
    if kind.split(';').next().unwrap_or_default().trim() != "text/csv" {
        let detail = "the file has to be CSV, with `Content-Type: text/csv`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    let claim = claim(&parts.headers, &cause)?;
    let Ok(_running) = RUNNING.try_acquire() else {
        let detail = "too many imports are running; try again later";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_imports", detail));
    };
    if let Some(Extension(long)) = long {
        long.allow();
    }
    let mut upload = Upload { body: body.into_data_stream(), hash: fingerprint(&parts) };
    let late = || Problem::new(StatusCode::REQUEST_TIMEOUT, "import_timeout", "the import took more than 10 minutes");
    let imported = timeout(IMPORT_TIMEOUT, run(&api, claim, &mut upload, &name, &cause)).await;
    let result = imported.unwrap_or_else(|_| Err(late()));
    if result.is_err() {
        upload.drain().await;
    }
    result
}

async fn run(api: &Api, claim: Option<Claim>, upload: &mut Upload, name: &str, cause: &Cause) -> Result<Response> {
    let change = match api.changes.begin_long(claim).await? {
        Begun::New(change) => *change,
        Begun::Stored { fingerprint, answer } => {
            while upload.next().await?.is_some() {}
            return replay(&fingerprint, &upload.fingerprint(), answer);
        }
    };
    match apply(&change, upload, name, cause).await {
        Ok(answer) => {
            change.commit(&upload.fingerprint(), &answer).await?;
            Ok(response(answer))
        }
        Err(problem) => {
            let _ = change.rollback().await;
            Err(problem)
        }
    }
}

/// Stages the file and applies it.
async fn apply(change: &Change, upload: &mut Upload, name: &str, cause: &Cause) -> Result<Answer> {
    let lines = stage(change, upload).await?;
    let shown = i64::try_from(SHOWN).unwrap_or_default();
    let items = Items { segment: name, kind: "import", shown };
    let applied = change.apply(items, cause).await.map_err(|error| match error {
        Error::Rejected(reason) => cannot(reason, name),
        Error::Failure(failure) => failure.into(),
    })?;
    let mut rejected = [lines.shown, applied.shown].concat();
    rejected.sort_by_key(|rejected| rejected.line);
    rejected.truncate(SHOWN);
    let bad_line = |Rejected { line, reason }| BadLine { line, detail: explain(&reason).into_owned(), code: reason };
    let result = ImportResult {
        operation_id: applied.operation_id,
        added: applied.added,
        until_changed: applied.until_changed,
        unchanged: applied.unchanged,
        bad: lines.bad + applied.rejected,
        errors: rejected.into_iter().map(bad_line).collect(),
    };
    Ok(answer(StatusCode::OK, Some(&result)))
}

async fn stage(change: &Change, upload: &mut Upload) -> Result<Lines> {
    let mut copy = change.stage_lines().await?;
    let (mut lines, mut out) = (Lines::default(), String::new());
    while let Some(part) = upload.next().await? {
        lines.add(&part, &mut out).map_err(bad_file)?;
        if out.len() >= COPY_PART {
            copy.send(std::mem::take(&mut out).into()).await?;
        }
    }
    lines.end(&mut out).map_err(bad_file)?;
    copy.send(out.into()).await?;
    copy.finish().await?;
    Ok(lines)
}

fn bad_file(bad: BadFile) -> Problem {
    match bad {
        BadFile::TooLong => {
            let detail = "an import has at most 5,000,000 lines; send several";
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "import_too_large", detail)
        }
        BadFile::Header => Problem::invalid("invalid_header", "the columns have to be `user` or `user,until`"),
    }
}

impl Upload {
    /// The next part of the file.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let slow =
            |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "no part of the file arrived for 30 s");
        let part = timeout(PART_TIMEOUT, self.body.next()).await.map_err(slow)?;
        let broken = |error: axum::Error| Problem::new(StatusCode::BAD_REQUEST, "body_not_read", error.to_string());
        let part = part.transpose().map_err(broken)?;
        if let Some(part) = &part {
            self.hash.update(part);
        }
        Ok(part)
    }

    /// Reads the rest of the file, for a while: many clients read no answer before they have sent everything.
    async fn drain(&mut self) {
        let rest = async { while let Ok(Some(_)) = self.next().await {} };
        let _ = timeout(DRAIN_TIMEOUT, rest).await;
    }

    /// The hash of the request.
    fn fingerprint(&self) -> String {
        hex(&self.hash.clone().finalize())
    }
}

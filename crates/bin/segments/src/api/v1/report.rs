//! `GET /api/v1/reports`: every stay of every user as CSV, inside JSON or on Google Drive.

use std::time::SystemTime;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use consumer::Failure;
use database::{Parameter, PgTimestamp, Row, Statement, get as column, statement};
use google_drive::{Drive, UploadError};

use super::{
    error::{Error, Title},
    json,
};
use crate::{
    api::{Api, instant::Zone, reads, reads::Render},
    go,
    metrics::upload_failed,
};

const REPORT: Statement = statement!("segments/history/stream_report");

/// The parameters that limit the report.
const LIMITS: [&str; 4] = ["start_from", "start_to", "end_from", "end_to"];

/// The first line.
const HEADER: &str = "user_id,segment_name,start_date,end_date\n";

/// The name of a file on Google Drive: hour, minute and date of the report, without leading zeros.
const FILE_NAME: &str = "report_%-H-%-M_%-d.%-m.%Y.csv";

/// The report as CSV.
struct Csv(Zone);

/// The report as CSV inside JSON.
struct Report {
    zone: Zone,
    /// The date of the report.
    date: String,
}

/// `GET /reports`
pub(super) async fn get(
    State(api): State<Api>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let mut limits = [None; 4];
    for (name, limit) in LIMITS.into_iter().zip(&mut limits) {
        let given = parameters.iter().find(|(key, text)| key == name && !text.is_empty());
        *limit = given.map(|(_, text)| parse(&api.zone, name, text)).transpose()?;
    }
    let [start_from, start_to, end_from, end_to] = &limits;
    let parameters: [&dyn Parameter; 4] = [start_from, start_to, end_from, end_to];
    let clock = runtime::clock::now();
    let now = timestamp(clock)?;
    let date = api.zone.date(now);
    if let Some(drive) = &api.drive {
        let name = api.zone.format(now, FILE_NAME);
        let link = upload(&api, drive, &name, &parameters, clock).await?;
        return Ok(json(StatusCode::OK, format!("{{\"report_date\":\"{date}\",\"report\":\"{link}\"}}\n")));
    }
    let render = Report { date, zone: api.zone };
    Ok(json(StatusCode::OK, reads::stream(&api.database, &REPORT, &parameters, render).await?))
}

/// Uploads the report while it is read, and returns the link to it.
async fn upload(
    api: &Api,
    drive: &Drive,
    name: &str,
    parameters: &[&dyn Parameter],
    clock: SystemTime,
) -> Result<String, Error> {
    // The statement begins after the upload, which may have to wait for another one.
    let upload = drive.begin(name, clock).await.map_err(|error| not_uploaded(&error))?;
    let content = reads::stream(&api.database, &REPORT, parameters, Csv(api.zone.clone())).await?;
    let sent = upload.send("text/csv; charset=utf-8", content.into_data_stream()).await;
    let id = sent.map_err(|error| match error {
        UploadError::Content(_) => Error::unavailable(),
        UploadError::Drive(error) => not_uploaded(&error),
    })?;
    Ok(google_drive::link(&id))
}

fn not_uploaded(error: &google_drive::Error) -> Error {
    upload_failed(error);
    let comment = "Failed to upload report.csv to the google drive, please inspect origin error text";
    let failed = Error::new(Title::Internal, comment, "ReportService.MakeReport - gDrive.UploadCSVFile");
    failed.with_status(StatusCode::INTERNAL_SERVER_ERROR).caused_by(error.to_string())
}

/// The time of the report.
fn timestamp(clock: SystemTime) -> Result<PgTimestamp, Error> {
    let at = jiff::Timestamp::try_from(clock)
        .map_err(|error| Error::new(Title::Internal, error.to_string(), "ReportService.MakeReport - time.Now"))?;
    Ok(PgTimestamp::new(jiff::tz::TimeZone::UTC.to_datetime(at)))
}

fn parse(zone: &Zone, name: &str, text: &str) -> Result<PgTimestamp, Error> {
    go::time::parse(text).map(|date| zone.instant(date)).map_err(|origin| {
        let comment = format!("Invalid \"{name}\" = {text} was provided");
        Error::new(Title::ReportValidation, comment, "ReportRoutes.makeReport - time.Parse").caused_by(origin)
    })
}

/// A row of the report.
fn line(zone: &Zone, row: &Row) -> Result<String, Failure> {
    let (user, name): (i32, &str) = (column(row, 0)?, column(row, 1)?);
    let (start, end) = (zone.date(column(row, 2)?), zone.date(column(row, 3)?));
    Ok(format!("{user},{},{start},{end}\n", go::csv::field(name)))
}

impl Render for Csv {
    fn begin(&mut self, out: &mut String) {
        out.push_str(HEADER);
    }

    fn row(&mut self, row: &Row, out: &mut String) -> Result<(), Failure> {
        out.push_str(&line(&self.0, row)?);
        Ok(())
    }

    fn end(&mut self, _: &mut String) {}
}

impl Render for Report {
    fn begin(&mut self, out: &mut String) {
        let date = &self.date;
        out.push_str(&format!("{{\"report_date\":\"{date}\",\"report\":\""));
        go::json::escape(out, HEADER);
    }

    fn row(&mut self, row: &Row, out: &mut String) -> Result<(), Failure> {
        go::json::escape(out, &line(&self.zone, row)?);
        Ok(())
    }

    fn end(&mut self, out: &mut String) {
        out.push_str("\"}\n");
    }
}

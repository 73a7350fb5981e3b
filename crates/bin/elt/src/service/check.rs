//! `check`: a line for each server and folder that the service needs.

use database::{ConnectError, Database};
use runtime::{Finding, Report, check as shell_check};
use tokio_postgres::Client;

use super::{
    folder,
    servers::Servers,
    settings::{JobSettings, SOURCE, Settings, TARGET},
};
use crate::{job::Job, state::migrations::MIGRATIONS};

const RIGHTS: &str = include_str!("../../../../../sql/elt/select_role_rights.sql");

/// Looks at everything and reports each finding.
pub(crate) async fn check(settings: &Settings, servers: &Servers, report: &mut Report) {
    report.add([shell_check::database_connection(&servers.source, &Database::new(&servers.source)).await]);
    report.add(source_role(servers).await);
    report.add(shell_check::database(&servers.target, &MIGRATIONS, "elt-service").await);
    report.add(target_role(servers).await);
    report.add([redis(servers).await]);
    report.add(jobs(&settings.jobs));
    let file = settings.log.log_file();
    report.add([match file.check() {
        Ok(()) => Finding::ok("LOG_DIR", file.folder.display()),
        Err(error) => Finding::failed("LOG_DIR", error),
    }]);
}

/// What a role may do beyond what it needs.
struct Rights {
    role: String,
    is_superuser: bool,
    /// A table that it may write.
    writes: Option<String>,
}

async fn rights(database: &database::Settings) -> Result<Rights, String> {
    let connection = database::connect(database).await.map_err(|error: ConnectError| error.to_string())?;
    let read = async |client: &Client| {
        let row = client.query_typed_one(RIGHTS, &[]).await?;
        Ok(Rights { role: row.try_get(0)?, is_superuser: row.try_get(1)?, writes: row.try_get(2)? })
    };
    read(&connection.client).await.map_err(|error: tokio_postgres::Error| error.to_string())
}

/// A role of M that may write is no fault of the service, which writes nothing. But an analyst's query runs with its rights.
async fn source_role(servers: &Servers) -> Option<Finding> {
    let Rights { role, is_superuser, writes } = rights(&servers.source).await.ok()?;
    let setting = SOURCE.dependency.setting;
    Some(match writes {
        _ if is_superuser => {
            Finding::ok("source role", format_args!("warning: {setting}: {role} is a superuser; {ADVICE}"))
        }
        Some(table) => {
            Finding::ok("source role", format_args!("warning: {setting}: {role} may write {table}; {ADVICE}"))
        }
        None => Finding::ok("source role", format_args!("{role} only reads")),
    })
}

const ADVICE: &str = "queries of job files run with its rights: use a role with SELECT only, as sql/roles/create_elt_source_role.sql creates it";

async fn target_role(servers: &Servers) -> Option<Finding> {
    let Rights { role, is_superuser, .. } = rights(&servers.target).await.ok()?;
    let setting = TARGET.dependency.setting;
    Some(if is_superuser {
        Finding::ok(
            "target role",
            format_args!(
                "warning: {setting}: {role} is a superuser; statements of job files run with its rights: use the owner of the marts, \
                 as sql/roles/create_elt_target_role.sql creates it"
            ),
        )
    } else {
        Finding::ok("target role", role)
    })
}

async fn redis(servers: &Servers) -> Finding {
    match servers.connect_redis().await {
        Ok(_) => Finding::ok("redis", ""),
        Err(error) => match redis_client::rejection(&error) {
            Some((reason, advice)) => Finding::failed("redis", format_args!("REDIS_URL: {reason}; {advice}")),
            None => Finding::failed("redis", format_args!("{error}; is it up? look at REDIS_URL")),
        },
    }
}

/// The folder, and each file of it that is wrong.
fn jobs(settings: &JobSettings) -> Vec<Finding> {
    let path = &settings.jobs_dir;
    let files = match folder::read_all(path) {
        Ok(files) => files,
        Err(error) => {
            let wrong =
                format_args!("{} cannot be read: {error}; create the folder, or look at its rights", path.display());
            return vec![Finding::failed("JOBS_DIR", wrong)];
        }
    };
    let mut findings = vec![Finding::ok("JOBS_DIR", format_args!("{}, {} job files", path.display(), files.len()))];
    for (name, bytes) in files {
        let shown = folder::shown(path, &name);
        let problem = match bytes {
            Ok(bytes) => {
                Job::parse(&shown, &bytes).err().and_then(|problems| problems.first().map(ToString::to_string))
            }
            Err(error) => Some(format!("{shown}: cannot be read: {error}")),
        };
        findings.extend(problem.map(|problem| Finding::failed(format!("job file {shown}"), problem)));
    }
    findings
}

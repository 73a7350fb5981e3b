//! Which job files may not run, because another one fills their table or has their name.

use std::collections::BTreeMap;

use crate::{
    error::{Result, target},
    job::Job,
    service::{
        folder::{File, Folder},
        owners::{Claim, Owner, conflicts},
        servers::Servers,
    },
    target::get,
};

/// The files that may not run, and why.
pub(crate) type Refused = BTreeMap<String, String>;

const OWNERS: &str = include_str!("../../../../../../sql/elt/state/select_owners.sql");

/// Asks A only if two files may be in each other's way. If A is away these files wait.
pub(super) async fn refused(servers: &Servers, folder: &Folder) -> Refused {
    let files: Vec<&File> = folder.files().map(|(_, file)| file).collect();
    let doubtful: Vec<(&File, &Job)> = files
        .iter()
        .filter_map(|file| Some((*file, file.parsed.as_ref().ok()?.as_ref())))
        .filter(|(file, job)| files.iter().any(|other| other.name != file.name && meets(job, other)))
        .collect();
    if doubtful.is_empty() {
        return Refused::new();
    }
    match resolve(servers, &doubtful).await {
        Ok((claims, owners)) => conflicts(&claims, &owners),
        Err(error) => {
            let wait =
                |(file, _): &(&File, &Job)| (file.name.clone(), format!("another file may fill its table; {error}"));
            doubtful.iter().map(wait).collect()
        }
    }
}

/// Whether a job and a file may have one table or one name.
fn meets(job: &Job, other: &File) -> bool {
    other.parsed.as_ref().is_ok_and(|other| other.name == job.name || other.target.table == job.target.table)
}

async fn resolve(servers: &Servers, files: &[(&File, &Job)]) -> std::result::Result<(Vec<Claim>, Vec<Owner>), String> {
    let connection = database::connect(&servers.target).await.map_err(|error| error.to_string())?;
    let read = async {
        // Behind a pooler, named statements work within a transaction only.
        connection.client.batch_execute("BEGIN; DEALLOCATE ALL").await.map_err(target("begin"))?;
        let (mut claims, mut owners) = (Vec::new(), Vec::new());
        for (file, job) in files {
            let name = crate::target::name(&connection.client, &job.target).await?;
            claims.push(Claim { file: file.name.clone(), job: job.name.clone(), target: name });
        }
        for row in connection.client.query(OWNERS, &[]).await.map_err(target("read the state"))? {
            owners.push(Owner { target: get(&row, "target")?, file: get(&row, "file")?, job: get(&row, "job")? });
        }
        connection.client.batch_execute("DEALLOCATE ALL; COMMIT").await.map_err(target("read the state"))?;
        Result::Ok((claims, owners))
    };
    read.await.map_err(|error| error.to_string())
}

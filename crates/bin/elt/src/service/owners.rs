//! Two files of one table or of one name: which of them continues. Pure.

use std::collections::BTreeMap;

use crate::job::TableName;

/// A job file and the table it wants to fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The file: `jobs/users.yaml`.
    pub(crate) file: String,
    /// The name of the job.
    pub(crate) job: String,
    /// TARGET_TABLE with its schema.
    pub(crate) target: String,
}

/// A row of `elt.jobs`: the file that filled a table last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) target: String,
    pub(crate) file: String,
    pub(crate) job: String,
}

/// Why files cannot run beside others, by file: a copy of a file must not stop the job. The one that has filled the table
/// before continues, else the first by name.
pub(crate) fn conflicts(claims: &[Claim], owners: &[Owner]) -> BTreeMap<String, String> {
    let mut losers = BTreeMap::new();
    let one_table = |winner: &Claim| {
        format!(
            "{} is filled by {} already: name another table, or remove one of the two files",
            TableName::shown(&winner.target),
            winner.file
        )
    };
    lose(claims, |claim| &claim.target, owners, one_table, &mut losers);
    let left: Vec<Claim> = claims.iter().filter(|claim| !losers.contains_key(&claim.file)).cloned().collect();
    let one_name = |winner: &Claim| format!("{} has the same name: rename one of the two files", winner.file);
    lose(&left, |claim| &claim.job, owners, one_name, &mut losers);
    losers
}

fn lose<'a>(
    claims: &'a [Claim],
    of: impl Fn(&'a Claim) -> &'a String,
    owners: &[Owner],
    why: impl Fn(&Claim) -> String,
    losers: &mut BTreeMap<String, String>,
) {
    let mut groups: BTreeMap<&String, Vec<&Claim>> = BTreeMap::new();
    for claim in claims {
        groups.entry(of(claim)).or_default().push(claim);
    }
    for mut group in groups.into_values().filter(|group| group.len() > 1) {
        group.sort_by_key(|claim| (!owns(claim, owners), !is_named(claim, owners), &claim.file));
        let Some((winner, others)) = group.split_first() else { continue };
        losers.extend(others.iter().map(|loser| (loser.file.clone(), why(winner))));
    }
}

fn owns(claim: &Claim, owners: &[Owner]) -> bool {
    owners.iter().any(|owner| owner.target == claim.target && owner.file == claim.file)
}

fn is_named(claim: &Claim, owners: &[Owner]) -> bool {
    owners.iter().any(|owner| owner.target == claim.target && owner.job == claim.job)
}

#[cfg(test)]
mod tests {
    use super::{Claim, Owner, conflicts};

    fn claim(file: &str, target: &str) -> Claim {
        let job = crate::job::job_name(file).to_owned();
        Claim { file: file.to_owned(), job, target: target.to_owned() }
    }

    fn owner(file: &str, target: &str) -> Owner {
        let Claim { file, job, target } = claim(file, target);
        Owner { target, file, job }
    }

    #[test]
    fn the_file_with_state_continues() {
        let claims =
            [claim("jobs/a.yaml", "public.t"), claim("jobs/t.yaml", "public.t"), claim("jobs/u.yaml", "public.u")];
        let losers = conflicts(&claims, &[owner("jobs/t.yaml", "public.t")]);
        assert_eq!(losers.keys().collect::<Vec<_>>(), ["jobs/a.yaml"]);
        assert!(losers["jobs/a.yaml"].starts_with("public.t is filled by jobs/t.yaml already: "));
        assert_eq!(conflicts(&claims, &[]).keys().collect::<Vec<_>>(), ["jobs/t.yaml"]);
        // Renamed and copied at once: the name decides.
        let renamed = [claim("jobs/a.json", "public.t"), claim("jobs/t.json", "public.t")];
        assert_eq!(
            conflicts(&renamed, &[owner("jobs/t.yaml", "public.t")]).keys().collect::<Vec<_>>(),
            ["jobs/a.json"]
        );
    }

    #[test]
    fn two_files_of_one_name_cannot_both_run() {
        let claims = [claim("jobs/t.json", "public.t"), claim("jobs/t.yaml", "public.u")];
        let losers = conflicts(&claims, &[owner("jobs/t.yaml", "public.u")]);
        assert_eq!(losers.keys().collect::<Vec<_>>(), ["jobs/t.json"]);
        assert_eq!(conflicts(&claims[..1], &[]).len(), 0);
    }
}

//! The folder of job files. Those of the customer are copied byte for byte.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use workload::master::Table;

const USERS: &str = include_str!("../../jobs/users.json");
const PRODUCTS: &str = include_str!("../../jobs/products.json");
const ORDERS: &str = include_str!("../../jobs/orders.yaml");
const SHOPS: &str = include_str!("../../jobs/shops.yaml");

/// The values of shops, and the mistake: one placeholder is missing.
const VALUES: &str = "VALUES (%s, %s, %s, %s, %s)";
const BROKEN_VALUES: &str = "VALUES (%s, %s, %s, %s)";

/// The jobs of the first load. The one of the shops comes later.
pub(super) const FIRST: [Table; 3] = [Table::Orders, Table::Users, Table::Products];

/// JOBS_DIR.
pub(super) struct Jobs {
    folder: PathBuf,
}

impl Jobs {
    /// Makes the folder, with the jobs of the first load.
    pub(super) fn create(folder: PathBuf) -> Result<Self> {
        fs::create_dir(&folder)?;
        let jobs = Self { folder };
        jobs.write("users.json", USERS)?;
        jobs.write("products.json", PRODUCTS)?;
        jobs.write("orders.yaml", ORDERS)?;
        Ok(jobs)
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Drops in the job of the shops, with a mistake.
    pub(super) fn drop_in_broken(&self) -> Result<()> {
        self.write("shops.yaml", &SHOPS.replace(VALUES, BROKEN_VALUES))
    }

    /// Mends it.
    pub(super) fn mend(&self) -> Result<()> {
        self.write("shops.yaml", SHOPS)
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        // Under another name first: the service must not read half a file.
        let (part, path) = (self.folder.join(format!(".{name}")), self.folder.join(name));
        fs::write(&part, text)?;
        fs::rename(&part, &path).with_context(|| format!("cannot write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_job_files_of_the_demo_are_those_of_the_tests() {
        assert_eq!(USERS, include_str!("../../../../bin/elt/tests/it/customer/users.json"));
        assert_eq!(PRODUCTS, include_str!("../../../../bin/elt/tests/it/customer/products.json"));
    }

    #[test]
    fn the_broken_file_differs_in_one_placeholder() {
        assert_eq!(SHOPS.replace(VALUES, BROKEN_VALUES).len() + ", %s".len(), SHOPS.len());
    }
}

//! The command `dashboards`: writes the files generated from the specification.

use std::{env, fs, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let folder = env::args().nth(1).unwrap_or_else(|| "dashboards".to_owned());
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dashboards: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    for (name, content) in dashboards::files()? {
        let path = folder.join(name);
        fs::write(&path, content)?;
        println!("{}", path.display());
    }
    Ok(())
}

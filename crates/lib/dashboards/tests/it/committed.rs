//! The committed files in `dashboards/` equal the generated ones.

use std::{fs, path::Path};

#[test]
fn committed_files_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../dashboards");
    let files = dashboards::files().unwrap();
    for (name, made) in &files {
        let committed = fs::read_to_string(folder.join(name)).unwrap();
        assert!(committed == *made, "{name} differs from the specification: run `make dashboards`");
    }
    let others = fs::read_dir(folder).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        (name.ends_with(".json") && !files.iter().any(|(known, _)| *known == name)).then_some(name)
    });
    assert_eq!(others.collect::<Vec<_>>(), Vec::<String>::new(), "files that are not generated");
}

//! Tests of the files: a data set is read back as written, plain or gzip.

use workload::files;
use workload::generator::mix::Mix;
use workload::generator::{Generator, Options};

#[test]
fn plain_and_gzip_read_the_same_and_lose_nothing() {
    let options = Options { mix: Mix { noise: 0.1, ..Mix::dirty() }, ..Options::new(11, 500) };
    let folder = tempfile::tempdir().unwrap();
    for gzip in [false, true] {
        let folder = folder.path().join(gzip.to_string());
        files::write(&folder, gzip, &mut Generator::new(&options)).unwrap();
        let orders: Vec<_> = files::orders(&folder).unwrap().map(Result::unwrap).collect();
        assert_eq!(orders, Generator::new(&options).collect::<Vec<_>>());
        let reference: Vec<_> = files::reference(&folder).unwrap().map(Result::unwrap).collect();
        assert_eq!(reference, Generator::new(&options).reference().collect::<Vec<_>>());
    }
}

#[test]
fn a_folder_without_data_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let error = files::orders(folder.path()).err().unwrap();
    assert!(format!("{error:#}").contains("orders.jsonl"), "{error:#}");
}

#[test]
fn an_object_without_an_id_is_named_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("reference.jsonl"), "{\"_id\":\"a\"}\n{\"name\":\"b\"}\n").unwrap();
    let objects: Vec<_> = files::reference(folder.path()).unwrap().collect();
    assert!(objects[0].is_ok());
    assert!(format!("{:#}", objects[1].as_ref().unwrap_err()).contains("line 2"));
}

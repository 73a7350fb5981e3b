//! Tests of the order of sources, and of the customer's names.

use super::*;

const CONFIG: &str = "\
app:
  name: segmentation-service
log:
  level: debug
http:
  bind_ip: localhost
  port: 8081
postgresql:
  host: db
  username: root
  password: 'p@ss:/?'
  database: segmentation-service
  max_pool_size: 7
webapi:
  google_drive_json_file_path: secrets/credentials.json
time_zone: Europe/Moscow
";

fn sources(dotenv: &str, config: &str) -> Sources {
    Sources { files: [dotenv::read(dotenv), yaml::read(config).unwrap()] }
}

fn variable(sources: &Sources, environment: &[(&str, &str)], name: &str) -> Option<String> {
    let of = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
    sources.variable(of, name).map(|value| value.into_string().unwrap())
}

#[test]
fn the_customers_names_make_ours() {
    let sources = sources("", CONFIG);
    for (name, expected) in [
        ("DATABASE_URL", "postgres://root:p%40ss%3A%2F%3F@db:5432/segmentation%2Dservice"),
        ("DATABASE_POOL_SIZE", "7"),
        ("HTTP_ADDR", "127.0.0.1:8081"),
        ("RUST_LOG", "debug,tokio_postgres=warn,refinery_core=warn,tokio_cron_scheduler=warn"),
        ("TIME_ZONE", "Europe/Moscow"),
    ] {
        assert_eq!(variable(&sources, &[], name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(variable(&Sources::default(), &[], "DATABASE_URL"), None);
    let ours = [("DATABASE_URL", "postgres://x"), ("HTTP_ADDR", "1.2.3.4:5")];
    assert_eq!(variable(&sources, &ours, "DATABASE_URL").as_deref(), Some("postgres://x"), "ours win");
    assert_eq!(variable(&sources, &ours, "HTTP_ADDR").as_deref(), Some("1.2.3.4:5"));
    let panic = [("LOG_LEVEL", "panic")];
    assert!(variable(&Sources::default(), &panic, "RUST_LOG").unwrap().starts_with("error,"));
}

#[test]
fn the_environment_comes_before_dotenv_and_dotenv_before_the_file() {
    let sources = sources("# a comment\nexport POSTGRES_HOST='of .env'\nTIME_ZONE=\nHTTP_PORT=9 # nine\n", CONFIG);
    let host = |environment: &[(&str, &str)]| variable(&sources, environment, "POSTGRES_HOST");
    assert_eq!(host(&[]).as_deref(), Some("of .env"));
    assert_eq!(host(&[("POSTGRES_HOST", "of the environment")]).as_deref(), Some("of the environment"));
    assert_eq!(variable(&sources, &[], "POSTGRES_USER").as_deref(), Some("root"));
    assert_eq!(variable(&sources, &[], "HTTP_ADDR").as_deref(), Some("127.0.0.1:9"));
    // An empty value unsets the setting of the levels below.
    assert_eq!(variable(&sources, &[], "TIME_ZONE").as_deref(), Some(""));
    // A file with the value is the same setting.
    let file = [("TIME_ZONE_FILE", "/zone")];
    assert_eq!(variable(&sources, &file, "TIME_ZONE"), None);
    assert_eq!(variable(&sources, &file, "TIME_ZONE_FILE").as_deref(), Some("/zone"));
    assert_eq!(variable(&sources, &[("DATABASE_URL_FILE", "/url")], "DATABASE_URL"), None);
}

#[test]
fn unknown_keys_and_broken_files_are_errors() {
    for (text, expected) in [
        ("app:\n  names: x\n", "line 2: unknown key `app.names`"),
        ("time_zones: UTC\n", "line 1: unknown key `time_zones`"),
        ("log:\n  level: [a]\n", "line 2: a value has to be a text or a number"),
    ] {
        assert_eq!(yaml::read(text).unwrap_err(), expected);
    }
    assert!(yaml::read("a: 'b").is_err());
    assert_eq!(yaml::read("").unwrap(), Variables::new());
    assert_eq!(yaml::read("database_url_file: /x\nhttp:\n  port:\n").unwrap().len(), 2);
    let folder = tempfile::tempdir().unwrap();
    assert!(Sources::read(folder.path()).is_ok());
    fs::write(folder.path().join("config.yaml"), "nonsense: 1").unwrap();
    let error = Sources::read(folder.path()).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (64, "config.yaml: line 1: unknown key `nonsense`"));
}

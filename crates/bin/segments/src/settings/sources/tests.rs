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

/// The names of some settings of the service.
fn known() -> Vec<String> {
    ["DATABASE_URL", "TIME_ZONE", "KAFKA_BOOTSTRAP_SERVERS"].map(str::to_owned).to_vec()
}

/// The value of a variable with an environment, `.env` and `config.yaml`.
fn variable(environment: &[(&str, &str)], dotenv: &str, config: &str, name: &str) -> Result<Option<String>, ExitError> {
    let of = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
    let sources = Sources::of(of, [dotenv::read(dotenv), yaml::read(config, &known()).unwrap()])?;
    Ok(sources.variable(name).map(|value| value.into_string().unwrap()))
}

#[test]
fn settings_of_the_first_service_become_ours() {
    let value = |environment: &[(&str, &str)], name: &str| variable(environment, "", CONFIG, name).unwrap();
    for (name, expected) in [
        ("DATABASE_URL", "postgres://root:p%40ss%3A%2F%3F@db:5432/segmentation%2Dservice"),
        ("DATABASE_POOL_SIZE", "7"),
        ("HTTP_ADDR", "127.0.0.1:8081"),
        ("RUST_LOG", "debug,tokio_postgres=warn,refinery_core=warn,tokio_cron_scheduler=warn"),
        ("TIME_ZONE", "Europe/Moscow"),
        ("GOOGLE_DRIVE_JSON_FILE_PATH", "secrets/credentials.json"),
    ] {
        assert_eq!(value(&[], name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(variable(&[], "", "", "DATABASE_URL"), Ok(None));
    let ours = [("DATABASE_URL", "postgres://x"), ("HTTP_ADDR", "1.2.3.4:5")];
    assert_eq!(value(&ours, "DATABASE_URL").as_deref(), Some("postgres://x"), "ours win");
    assert_eq!(value(&ours, "HTTP_ADDR").as_deref(), Some("1.2.3.4:5"));
    for level in ["panic", "fatal", "ERROR"] {
        assert!(value(&[("LOG_LEVEL", level)], "RUST_LOG").unwrap().starts_with("error,"), "{level}");
    }
}

#[test]
fn a_wrong_value_is_reported_under_the_setting_of_the_first_service() {
    for (name, text, expected) in [
        (
            "LOG_LEVEL",
            "verbose",
            "LOG_LEVEL: `verbose` is not a level of the log; write one of trace, debug, info, warn, error, fatal, panic",
        ),
        ("HTTP_PORT", "http", "HTTP_PORT: `http` is not a number; write a whole number from 1 to 65535"),
        ("HTTP_BIND_IP", "host", "HTTP_BIND_IP: `host` is not an IP address; write it like `0.0.0.0`"),
        (
            "POSTGRES_MAX_POOL_SIZE",
            "0",
            "POSTGRES_MAX_POOL_SIZE: `0` is not a number; write a whole number from 1 to 65535",
        ),
        ("POSTGRES_PORT", "x", "POSTGRES_PORT: `x` is not a number; write a whole number from 1 to 65535"),
    ] {
        let error = variable(&[(name, text)], "", "", "X").unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (64, expected));
    }
    let error = variable(&[("POSTGRES_PASSWORD_FILE", "/nowhere")], "", "", "X").unwrap_err();
    assert!(error.to_string().starts_with("POSTGRES_PASSWORD_FILE cannot be read: /nowhere: "), "{error}");
    // What ours replace is not read.
    let both = [("POSTGRES_PASSWORD_FILE", "/nowhere"), ("DATABASE_URL", "postgres://x")];
    assert!(variable(&both, "", "", "X").is_ok());
}

#[test]
fn each_setting_of_the_first_service_can_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };
    let (user, password, port) = (file("user", "anna\n"), file("password", "p w\r\n"), file("port", "81"));
    let environment = [("POSTGRES_USER_FILE", user.as_str()), ("POSTGRES_PASSWORD_FILE", &password)];
    let url = variable(&environment, "", CONFIG, "DATABASE_URL").unwrap();
    assert_eq!(url.as_deref(), Some("postgres://anna:p%20w@db:5432/segmentation%2Dservice"));
    let config = format!("http:\n  port_file: {port}\n");
    assert_eq!(variable(&[], "", &config, "HTTP_ADDR").unwrap().as_deref(), Some("0.0.0.0:81"));
}

#[test]
fn the_environment_comes_before_dotenv_and_dotenv_before_the_file() {
    let dotenv = "# a comment\nexport POSTGRES_HOST='of .env'\nTIME_ZONE=\nHTTP_PORT=9 # nine\n";
    let value = |environment: &[(&str, &str)], name: &str| variable(environment, dotenv, CONFIG, name).unwrap();
    assert_eq!(value(&[], "POSTGRES_HOST").as_deref(), Some("of .env"));
    assert_eq!(value(&[("POSTGRES_HOST", "env")], "POSTGRES_HOST").as_deref(), Some("env"));
    assert_eq!(value(&[], "POSTGRES_USER").as_deref(), Some("root"));
    assert_eq!(value(&[], "HTTP_ADDR").as_deref(), Some("127.0.0.1:9"));
    // An empty value unsets the setting of the levels below.
    assert_eq!(value(&[], "TIME_ZONE").as_deref(), Some(""));
    let without_password = value(&[("POSTGRES_PASSWORD", ""), ("POSTGRES_HOST", "h")], "DATABASE_URL");
    assert_eq!(without_password.as_deref(), Some("postgres://root@h:5432/segmentation%2Dservice"));
    // A file with the value is the same setting.
    let file = [("TIME_ZONE_FILE", "/zone")];
    assert_eq!(value(&file, "TIME_ZONE"), None);
    assert_eq!(value(&file, "TIME_ZONE_FILE").as_deref(), Some("/zone"));
    assert_eq!(value(&[("DATABASE_URL_FILE", "/url")], "DATABASE_URL"), None);
}

#[test]
fn unknown_keys_and_broken_files_are_errors() {
    for (text, expected) in [
        ("app:\n  names: x\n", "line 2: unknown key `app.names`"),
        ("time_zones: UTC\n", "line 1: unknown key `time_zones`"),
        ("TIME_ZONE: UTC\n", "line 1: unknown key `TIME_ZONE`"),
        ("log:\n  level: [a]\n", "line 2: a value has to be a text or a number"),
    ] {
        assert_eq!(yaml::read(text, &known()).unwrap_err(), expected);
    }
    assert!(yaml::read("a: 'b", &known()).is_err());
    assert_eq!(yaml::read("", &known()).unwrap(), Variables::new());
    assert_eq!(
        yaml::read("database_url_file: /x\nkafka_bootstrap_servers: b:1\nhttp:\n  port:\n", &known()).unwrap().len(),
        3
    );
    let (folder, none) = (tempfile::tempdir().unwrap(), |_: &str| None);
    assert!(Sources::read(folder.path(), none, &known()).is_ok());
    fs::write(folder.path().join("config.yaml"), "nonsense: 1").unwrap();
    let error = Sources::read(folder.path(), none, &known()).err().unwrap();
    assert_eq!((error.code(), error.to_string().as_str()), (64, "config.yaml: line 1: unknown key `nonsense`"));
}

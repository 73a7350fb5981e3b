//! `/users` and `/users/{id}`.

use super::{answers, error, rejects, service};

#[tokio::test]
async fn create_checks_fields_in_order() -> anyhow::Result<()> {
    let (_fixture, service) = service().await?;
    let long = "й".repeat(501);
    let fits = "й".repeat(500);
    for (body, problem) in [
        (r#"{"lastname":"","sex":7}"#.to_owned(), r#"Field "name" cannot be empty"#),
        (format!(r#"{{"name":"{long}"}}"#), r#"Length of the field "name" cannot be over 1.000 symbols"#),
        (format!(r#"{{"name":"{fits}"}}"#), r#"Field "lastname" cannot be empty"#),
        (
            format!(r#"{{"name":"a","lastname":"{long}"}}"#),
            r#"Length of the field "lastname" cannot be over 1.000 symbols"#,
        ),
        (r#"{"name":"a","lastname":"b"}"#.to_owned(), r#"Required field "sex" was not provided"#),
        (r#"{"name":"a","lastname":"b","sex":-1}"#.to_owned(), r#"Required field "sex" was not provided"#),
        (r#"{"name":"a","lastname":"b","sex":2}"#.to_owned(), r#"Field "sex" must equals to 0 (man) or 1 (woman)"#),
        (r#"{"name":"a","lastname":"b","sex":0}"#.to_owned(), r#"Required field "age" was not provided"#),
        (r#"{"name":"a","lastname":"b","sex":0,"age":0}"#.to_owned(), r#"Field "age" must be positive integer number"#),
        (
            r#"{"name":"a","lastname":"b","sex":0,"age":2147483648}"#.to_owned(),
            r#"Field "age" must be positive integer number"#,
        ),
        (r#"{"name":"a\u0000"}"#.to_owned(), r#"Field "name" has a character that cannot be stored"#),
        (r#"{"name":"a\ud800"}"#.to_owned(), r#"Field "name" has a character that cannot be stored"#),
    ] {
        let comment = format!("Invalid request body. {problem}");
        let expected = error("", "UserValidationError", &comment, "UserRoutes.create - validation");
        rejects(&service, "/users", &body, 400, &expected);
    }
    let oldest = service.post("/api/v1/users", r#"{"name":"a","lastname":"b","sex":0,"age":2147483647}"#)?;
    assert_eq!((oldest.status, oldest.body.as_str()), (201, "{\"id\":17}\n"), "no id was consumed");
    let large = format!(r#"{{"name":"{}"}}"#, "a".repeat(1 << 20));
    assert_eq!(service.post("/api/v1/users", &large)?.status, 413);
    let form = service.ask("POST", "/api/v1/users", Some("multipart/form-data; boundary=x"), "x")?;
    assert!(form.body.contains(r#"Field \"name\" cannot be empty"#), "{form:?}");
    Ok(())
}

#[tokio::test]
async fn a_user_is_found_by_an_integer() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    fixture.run("UPDATE segments.users SET status = 'removed' WHERE user_id = 9").await?;
    fixture.run("INSERT INTO segments.users (user_id) VALUES (20)").await?;
    let unknown =
        |id: &str| error("", "UserNotFound", &format!("User with id {id} not found"), "UserRepository.GetUserByID");
    let bad = |origin: &str| {
        let comment = "Invalid \"id\" path-param value. \"id\" should be integer";
        error(origin, "UserValidationError", comment, "UserRoutes.getByID - strconv.Atoi")
    };
    for path in ["", "/withSegments"] {
        answers(&service, &format!("/users/2147483648{path}"), 404, &unknown("2147483648"));
        answers(&service, &format!("/users/-5{path}"), 404, &unknown("-5"));
        let range = r#"strconv.Atoi: parsing "9223372036854775808": value out of range"#;
        answers(&service, &format!("/users/9223372036854775808{path}"), 400, &bad(range));
        answers(&service, &format!("/users/1.5{path}"), 400, &bad(r#"strconv.Atoi: parsing "1.5": invalid syntax"#));
    }
    let deleted = |location| error("", "UserDeleted", "User with id 9 is deleted", location);
    answers(&service, "/users/9", 400, &deleted("UserService.GetUserByID - us.userRepository.GetUserByID"));
    let location = "UserService.GetUserWithSegmentsByUserID - us.userRepository.GetUserByID";
    answers(&service, "/users/9/withSegments", 400, &deleted(location));
    let blank = "{\"user\":{\"user_id\":20,\"name\":\"\",\"lastname\":\"\",\"sex\":-1,\"sex_text\":\"\",\"age\":-1,\"is_deleted\":false}}\n";
    answers(&service, "/users/20", 200, blank);
    Ok(())
}

#[tokio::test]
async fn lists_are_in_the_order_of_ids_and_have_removed_users() -> anyhow::Result<()> {
    let (fixture, service) = service().await?;
    fixture.run("UPDATE segments.users SET status = 'removed' WHERE user_id = 1").await?;
    let users = service.get("/api/v1/users")?.body;
    let first = "{\"users\":[{\"user_id\":1,\"name\":\"Иван\",\"lastname\":\"Иванов\",\"sex\":0,\"sex_text\":\"мужской\",\"age\":32,\"is_deleted\":true},{\"user_id\":2,";
    assert!(users.starts_with(first), "{users}");
    assert!(users.ends_with("\"is_deleted\":false}]}\n"), "{users}");
    assert_eq!(users.matches("\"user_id\"").count(), 16);
    let with_segments: serde_json::Value = serde_json::from_str(&service.get("/api/v1/users/withSegments")?.body)?;
    let users = with_segments["users"].as_array().unwrap();
    assert_eq!(users.len(), 16);
    assert_eq!(users[0]["segments"].as_array().unwrap().len(), 1, "those of now");
    assert_eq!(users[3]["segments"].as_array().unwrap().len(), 2);
    assert_eq!(users[2]["segments"], serde_json::Value::Null);
    fixture.run("TRUNCATE segments.memberships; TRUNCATE segments.users").await?;
    answers(&service, "/users", 200, "{\"users\":null}\n");
    answers(&service, "/users/withSegments", 200, "{\"users\":null}\n");
    Ok(())
}

#[tokio::test]
async fn unknown_paths_are_404_and_wrong_methods_405() -> anyhow::Result<()> {
    let (_fixture, service) = service().await?;
    for path in ["/api/v1/users/", "/api/v1", "/nowhere", "/api/v1/users/1/", "/api/v1/users/1/segments"] {
        let answer = service.get(path)?;
        assert_eq!((answer.status, answer.body.as_str()), (404, "{\"message\":\"Not Found\"}\n"), "{path}");
        assert_eq!(answer.content_type.as_deref(), Some("application/json; charset=UTF-8"));
    }
    for path in ["withSegments/withSegments", "addUserToSegments", "deleteUserFromSegments/withSegments"] {
        let answer = service.get(&format!("/api/v1/users/{path}"))?;
        assert!(answer.status == 400 && answer.body.contains("strconv.Atoi: parsing"), "{path}: {answer:?}");
    }
    for (method, path) in [("PUT", "/api/v1/users"), ("DELETE", "/api/v1/users/1"), ("POST", "/api/v1/reports")] {
        let answer = service.ask(method, path, None, "")?;
        assert_eq!((answer.status, answer.body.as_str()), (405, "{\"message\":\"Method Not Allowed\"}\n"), "{path}");
    }
    assert_eq!(service.ask("HEAD", "/api/v1/users", None, "")?.status, 405);
    Ok(())
}

#[tokio::test]
async fn two_connections_answer_two_hundred_reads_of_a_user() -> anyhow::Result<()> {
    let fixture = crate::fixture::Fixture::imported().await?;
    let service = crate::service::Service::start(&fixture.url, &[("DATABASE_POOL_SIZE", "2")]).await?;
    for _ in 0..200 {
        assert_eq!(service.get("/api/v1/users/1/withSegments")?.status, 200);
    }
    Ok(())
}

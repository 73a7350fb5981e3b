//! Prints the OpenAPI document of segments-service, for `make swag`.

fn main() -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(&segments::document())?);
    Ok(())
}

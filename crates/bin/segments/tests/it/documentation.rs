//! The ten example requests of the customer's first service, as `docs/segments.md` shows them.

use std::{fs, process::Command};

use crate::{
    fixture::Fixture,
    service::Service,
    settings::{folder, postgresql},
};

/// The commands of the page and the answers below them.
fn examples() -> Vec<(String, String)> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/segments.md")).unwrap();
    let (mut examples, mut blocks) = (Vec::new(), page.split("```").skip(1).step_by(2).peekable());
    while let Some(block) = blocks.next() {
        let answer = blocks.peek().and_then(|next| next.strip_prefix("json\n"));
        if let (Some(command), Some(answer)) =
            (block.strip_prefix("sh\n").filter(|text| text.starts_with("curl")), answer)
        {
            examples.push((command.to_owned(), answer.to_owned()));
        }
    }
    examples
}

/// The text with `#` for each digit of a date.
fn masked(text: &str) -> String {
    let mut out: Vec<char> = text.chars().collect();
    for start in 0..out.len().saturating_sub(18) {
        let date = "00:00:00 00.00.0000".chars().zip(&out[start..]);
        if date.clone().all(|(form, found)| if form == '0' { found.is_ascii_digit() } else { form == *found }) {
            out[start..start + 19].iter_mut().filter(|digit| digit.is_ascii_digit()).for_each(|digit| *digit = '#');
        }
    }
    out.into_iter().collect()
}

#[test]
fn only_dates_are_masked() {
    assert_eq!(masked("1,\"15:27:32 01.09.2023\",15:27"), "1,\"##:##:## ##.##.####\",15:27");
}

#[tokio::test]
async fn the_ten_examples_are_answered_as_the_page_shows() -> anyhow::Result<()> {
    let fixture = Fixture::empty().await?;
    let folder = folder(&postgresql(&fixture));
    let binary = env!("CARGO_BIN_EXE_segments-service");
    let migrated = Command::new(binary).current_dir(&folder).env_clear().arg("migrate").status()?;
    assert!(migrated.success());
    let service = Service::start_in(&folder).await?;
    let examples = examples();
    assert_eq!(examples.len(), 10);
    for (command, expected) in examples {
        assert!(command.contains("http://localhost:8080/api/v1/"), "{command}");
        let pasted = command.replace("localhost:8080", &service.address().to_string());
        let output =
            Command::new("sh").arg("-c").arg(pasted.replacen("curl", "curl --silent --show-error", 1)).output()?;
        let answer = String::from_utf8(output.stdout)?;
        assert_eq!(masked(&answer), masked(&expected), "{command}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

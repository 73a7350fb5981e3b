//! The page as HTML. Every text from elsewhere is escaped. Pure.

use super::words::{self, Language, Words};
use crate::service::status::{JobLine, RunLine, Status};

/// The page. `theme`: the one that was chosen; else the browser's.
pub(super) fn page(status: &Status, language: Language, theme: Option<&str>) -> String {
    let words = language.words();
    let chosen = theme.map_or(String::new(), |theme| format!(" data-theme=\"{theme}\""));
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{}\"{chosen}>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta http-equiv=\"refresh\" content=\"10\">\n\
         <title>{}</title>\n<link rel=\"stylesheet\" href=\"jobs/page.css\">\n</head>\n<body>\n",
        words.code, words.title
    );
    html.push_str(&header(status, words, theme));
    if let Some(error) = &status.error {
        html.push_str(&format!("<p class=\"trouble\" role=\"alert\">{}: {}</p>\n", words.away, escape(error)));
    }
    html.push_str("<main>\n");
    html.push_str(&jobs(&status.jobs, words, language));
    html.push_str(&format!("<h2>{}</h2>\n", words.runs));
    html.push_str(&runs(&status.runs, words, language));
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn header(status: &Status, words: &Words, theme: Option<&str>) -> String {
    let (code, name) = words.other;
    let kept = theme.map_or(String::new(), |theme| format!("&amp;theme={theme}"));
    let theme = |name: &str, shown: &str| format!("<a href=\"?lang={}&amp;theme={name}\">{shown}</a>", words.code);
    format!(
        "<header>\n<h1>{}</h1>\n<p class=\"at\">{} <time>{}</time></p>\n<nav>{} {} <a href=\"?lang={code}{kept}\" lang=\"{code}\">{name}</a> \
         <a href=\"jobs.json\">JSON</a></nav>\n</header>\n",
        words.title,
        words.at,
        escape(&status.at),
        theme("light", words.light),
        theme("dark", words.dark),
    )
}

fn jobs(jobs: &[JobLine], words: &Words, language: Language) -> String {
    if jobs.is_empty() {
        return format!("<p class=\"none\">{}</p>\n", words.no_jobs);
    }
    let rows: String = jobs.iter().map(|job| job_row(job, words, language)).collect();
    let heads = [
        (words.job, false),
        (words.state, false),
        (words.last_run, false),
        (words.seconds, true),
        (words.read, true),
        (words.inserted, true),
        (words.updated, true),
        (words.deleted, true),
        (words.repaired, true),
        (words.watermark, false),
        (words.next_run, false),
        (words.note, false),
    ];
    table(&heads, &rows)
}

fn job_row(job: &JobLine, words: &Words, language: Language) -> String {
    let text = |value: &Option<String>| escape(value.as_deref().unwrap_or("–"));
    let file = job.file.as_deref().unwrap_or("–");
    let running = match (job.stage, job.rows) {
        (Some(stage), Some(rows)) => format!("<br><small>{}, {} {}</small>", escape(stage), grouped(rows), words.rows),
        _ => String::new(),
    };
    format!(
        "<tr><th scope=\"row\">{}<br><small>{} → {}</small></th><td>{}{running}</td><td>{}</td>{}{}{}{}{}{}<td>{}</td><td>{}</td>\
         <td class=\"note\">{}</td></tr>\n",
        escape(&job.job),
        escape(file),
        text(&job.target),
        badge(&job.state, language),
        text(&job.last_run),
        number(&job.seconds.map_or("–".to_owned(), |seconds| format!("{seconds:.2}"))),
        number(&grouped(job.counts.read)),
        number(&grouped(job.counts.inserted)),
        number(&grouped(job.counts.updated)),
        number(&grouped(job.counts.deleted)),
        number(&grouped(job.counts.repaired)),
        text(&job.watermark),
        text(&job.next_run),
        job.note.as_deref().map_or(String::new(), escape),
    )
}

fn runs(runs: &[RunLine], words: &Words, language: Language) -> String {
    if runs.is_empty() {
        return format!("<p class=\"none\">{}</p>\n", words.no_runs);
    }
    let row = |run: &RunLine| {
        let note = run.error.as_deref().or(run.note.as_deref()).map_or(String::new(), escape);
        format!(
            "<tr><td>{}</td><th scope=\"row\">{}</th><td>{}</td>{}{}{}{}{}{}<td class=\"note\">{note}</td></tr>\n",
            escape(&run.finished_at),
            escape(&run.job),
            badge(&run.outcome, language),
            number(&format!("{:.2}", run.seconds)),
            number(&grouped(run.counts.read)),
            number(&grouped(run.counts.inserted)),
            number(&grouped(run.counts.updated)),
            number(&grouped(run.counts.deleted)),
            number(&grouped(run.counts.repaired)),
        )
    };
    let heads = [
        (words.last_run, false),
        (words.job, false),
        (words.state, false),
        (words.seconds, true),
        (words.read, true),
        (words.inserted, true),
        (words.updated, true),
        (words.deleted, true),
        (words.repaired, true),
        (words.note, false),
    ];
    table(&heads, &runs.iter().map(row).collect::<String>())
}

fn table(heads: &[(&str, bool)], rows: &str) -> String {
    let head = |(name, is_number): &(&str, bool)| {
        let class = if *is_number { " class=\"number\"" } else { "" };
        format!("<th scope=\"col\"{class}>{name}</th>")
    };
    let heads: String = heads.iter().map(head).collect();
    format!(
        "<div class=\"table\" tabindex=\"0\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}

fn badge(state: &str, language: Language) -> String {
    format!("<span class=\"state {}\">{}</span>", escape(state), escape(words::state(state, language)))
}

fn number(text: &str) -> String {
    format!("<td class=\"number\">{text}</td>")
}

/// `1 234 567`, with spaces that do not break.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("<br>"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{Language, Status, escape, grouped, page};

    #[test]
    fn texts_from_elsewhere_are_escaped() {
        assert_eq!(escape("a<b>&\"c\"\nd"), "a&lt;b&gt;&amp;&quot;c&quot;<br>d");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
        let status = Status { at: String::new(), error: Some("<script>".to_owned()), jobs: vec![], runs: vec![] };
        for (language, code) in [(Language::Russian, "ru"), (Language::English, "en")] {
            let html = page(&status, language, Some("dark"));
            assert!(html.contains(&format!("<html lang=\"{code}\" data-theme=\"dark\">")), "{html}");
            assert!(!html.contains("<script>") && !html.contains("http://") && !html.contains("https://"), "{html}");
        }
    }
}

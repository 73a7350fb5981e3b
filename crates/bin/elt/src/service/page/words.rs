//! The words of the page in its two languages.

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Russian,
    English,
}

/// The words.
pub(super) struct Words {
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) other: (&'static str, &'static str),
    pub(super) light: &'static str,
    pub(super) dark: &'static str,
    pub(super) no_jobs: &'static str,
    pub(super) no_runs: &'static str,
    pub(super) away: &'static str,
    pub(super) runs: &'static str,
    pub(super) at: &'static str,
    pub(super) job: &'static str,
    pub(super) state: &'static str,
    pub(super) last_run: &'static str,
    pub(super) seconds: &'static str,
    pub(super) read: &'static str,
    pub(super) inserted: &'static str,
    pub(super) updated: &'static str,
    pub(super) deleted: &'static str,
    pub(super) repaired: &'static str,
    pub(super) watermark: &'static str,
    pub(super) next_run: &'static str,
    pub(super) note: &'static str,
    pub(super) rows: &'static str,
}

impl Language {
    /// The language of the parameter `lang`.
    pub(super) fn named(name: &str) -> Self {
        if name == "en" { Self::English } else { Self::Russian }
    }

    /// The language that a browser prefers of the two; Russian if it says nothing.
    pub(super) fn accepted(header: Option<&str>) -> Self {
        let preferred = header.into_iter().flat_map(|header| header.split(','));
        let mut known = preferred.filter_map(|part| match part.trim().get(..2) {
            Some("ru") => Some(Self::Russian),
            Some("en") => Some(Self::English),
            _ => None,
        });
        known.next().unwrap_or(Self::Russian)
    }

    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::Russian => &RUSSIAN,
            Self::English => &ENGLISH,
        }
    }
}

/// A state of a job or an outcome of a run.
pub(super) fn state(state: &str, language: Language) -> &str {
    if language == Language::English {
        return state;
    }
    match state {
        "new" => "ждёт запуска",
        "running" => "выполняется",
        "ok" => "в порядке",
        "held" => "удаление ждёт решения",
        "failed" => "ошибка",
        "invalid" => "файл неверен",
        "removed" => "файл убран",
        other => other,
    }
}

static RUSSIAN: Words = Words {
    code: "ru",
    title: "Задания ELT",
    other: ("en", "English"),
    light: "Светлая",
    dark: "Тёмная",
    no_jobs: "В папке нет файлов заданий.",
    no_runs: "Запусков ещё не было.",
    away: "Целевая база не отвечает",
    runs: "Последние запуски",
    at: "на",
    job: "задание",
    state: "состояние",
    last_run: "последний запуск",
    seconds: "секунд",
    read: "прочитано",
    inserted: "добавлено",
    updated: "изменено",
    deleted: "удалено",
    repaired: "исправлено",
    watermark: "прочитано до",
    next_run: "следующий запуск",
    note: "примечание",
    rows: "строк",
};

static ENGLISH: Words = Words {
    code: "en",
    title: "ELT jobs",
    other: ("ru", "Русский"),
    light: "Light",
    dark: "Dark",
    no_jobs: "The folder has no job files.",
    no_runs: "No job has run yet.",
    away: "The target database does not answer",
    runs: "Recent runs",
    at: "at",
    job: "job",
    state: "state",
    last_run: "last run",
    seconds: "seconds",
    read: "read",
    inserted: "inserted",
    updated: "updated",
    deleted: "deleted",
    repaired: "repaired",
    watermark: "read up to",
    next_run: "next run",
    note: "note",
    rows: "rows",
};

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_browser_chooses_the_language() {
        for (header, expected) in [
            (Some("en-US,en;q=0.9,ru;q=0.5"), Language::English),
            (Some("de, ru;q=0.8, en;q=0.1"), Language::Russian),
            (Some("д"), Language::Russian),
            (None, Language::Russian),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header:?}");
        }
    }
}

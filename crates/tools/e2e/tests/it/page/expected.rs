//! Expected content of the page: rows of a chart's query, formatted by PostgreSQL for each language.

use anyhow::Result;
use dashboards::spec::{Chart, Column, Field, Kind, Role, Text, Type};
use harness::Pipeline;

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Ru,
    En,
}

impl Language {
    pub(super) fn of(self, text: &Text) -> &str {
        match self {
            Self::Ru => &text.ru,
            Self::En => &text.en,
        }
    }
}

/// The rows of `sql`, a query of the chart, with its head, as [`super::shown::read`] finds them.
pub(super) async fn rows(
    pipeline: &Pipeline,
    chart: &Chart,
    sql: &str,
    language: Language,
) -> Result<Vec<Vec<String>>> {
    let cells: Vec<String> = chart.fields.iter().map(|field| written(field, chart.kind, language)).collect();
    let rows = pipeline.sql(&format!("SELECT concat_ws(chr(9), {}) FROM ({sql}) AS chart", cells.join(", "))).await?;
    let rows = rows.iter().map(|row| row.split('\t').map(str::to_owned).collect());
    let head = chart.fields.iter().map(|field| language.of(&field.column.title).to_owned()).collect();
    Ok((chart.kind != Kind::Kpi).then_some(head).into_iter().chain(rows).collect())
}

/// An expression for the text of a field.
fn written(field: &Field, kind: Kind, language: Language) -> String {
    let Column { name, unit, decimals, .. } = &field.column;
    let text = match field.column.kind {
        Type::Bigint | Type::Numeric => {
            let unit = unit.as_ref().map_or_else(String::new, |unit| format!(" || ' {}'", language.of(unit)));
            let digits = if *decimals == 0 { String::new() } else { format!("D{}", "0".repeat(*decimals as usize)) };
            let number = format!("to_char(round({name}, {decimals}), 'FM999G999G999G999G990{digits}')");
            format!("translate({number}, {}){unit}", if language == Language::Ru { "',.', ' ,'" } else { "'', ''" })
        }
        Type::Boolean => match language {
            Language::Ru => format!("CASE WHEN {name} THEN 'да' ELSE 'нет' END"),
            Language::En => format!("CASE WHEN {name} THEN 'yes' ELSE 'no' END"),
        },
        Type::Date => day(name, language),
        Type::Timestamp if kind == Kind::Kpi => {
            format!("to_char({name}, 'HH24:MI:SS') || ' ' || {}", day(name, language))
        }
        Type::Timestamp => format!("{} || to_char({name}, ', HH24:MI:SS')", day(name, language)),
        Type::Text if name == "weekday_name" => match language {
            Language::Ru => format!("lower(split_part({name}, ' ', 2))"),
            Language::En => format!("(ARRAY['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'])[left({name}, 1)::int]"),
        },
        Type::Integer | Type::Text | Type::Uuid => format!("{name}::text"),
    };
    let other = match (field.role, language) {
        (Role::Value, _) => "'—'",
        (_, Language::Ru) => "'Остальное'",
        (_, Language::En) => "'Other'",
    };
    format!("CASE WHEN {name} IS NULL THEN {other} ELSE coalesce(nullif({text}, ''), '—') END")
}

fn day(name: &str, language: Language) -> String {
    match language {
        Language::Ru => format!(
            "to_char({name}, 'FMDD ') || (ARRAY['янв.', 'февр.', 'мар.', 'апр.', 'мая', 'июн.', 'июл.', 'авг.', 'сент.', \
             'окт.', 'нояб.', 'дек.'])[extract(MONTH FROM {name})] || to_char({name}, ' YYYY \"г.\"')"
        ),
        Language::En => format!("to_char({name}, 'Mon FMDD, YYYY')"),
    }
}

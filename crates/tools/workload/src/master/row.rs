//! Rows of M, and their text in the format of COPY.

use std::fmt::Write;

use super::draw::Draws;
use super::table::Table;
use super::time;

/// Keys from here on are used once: a row that gets one cannot be mistaken for another by its key.
pub(super) const FRESH: u32 = 1 << 31;

/// NULL in the text format of COPY.
const NULL: &str = "\\N";

/// Names with everything that quoting and encodings trip over. The backslash is escaped, as COPY has it.
const NAMES: [&str; 8] =
    ["Анна Орлова", "Igor O'Neil", "Жанна \"Джо\" Ли", "C:\\\\temp", "Ольга, {старшая}", "李雷", "", "Ан%на %s"];
const GOODS: [&str; 6] = ["Чайник", "Кружка 0,5 л", "Блюдце \"Утро\"", "It's tea", "100 % какао", "Ложка \\\\ вилка"];
const CATEGORIES: [&str; 6] = ["Посуда", "Еда", NULL, "", "Tea & coffee", "a\\\\b"];
const STATUSES: [&str; 4] = ["OPEN", "COOKING", "CLOSED", "CANCELLED"];
const COMMENTS: [&str; 5] = [NULL, "", "позвонить заранее", "don't ring", "leave at the door, thanks"];
const CITIES: [&str; 4] = ["Москва", NULL, "Санкт-Петербург", "Saint-Jean-d'Angély"];

/// A row. Its columns follow from the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// All columns but the key and the stamps.
    pub content: u32,
    /// The key of products and orders.
    pub key: u32,
    /// `created_at`: microseconds since 1970.
    pub created: i64,
    /// `updated_at`, the same.
    pub stamp: i64,
}

impl Row {
    /// Appends the row as a line of COPY, without its end.
    pub fn line(&self, table: Table, id: i64, line: &mut String) {
        let mut draws = Draws::new(self.content);
        // Writing to a String cannot fail.
        let _ = match table {
            Table::Users => self.user(id, &mut draws, line),
            Table::Products => self.product(id, &mut draws, line),
            Table::Orders => self.order(id, &mut draws, line),
            Table::Shops => self.shop(id, &mut draws, line),
        };
    }

    fn user(&self, id: i64, draws: &mut Draws, line: &mut String) -> std::fmt::Result {
        let name = if draws.below(17) == 0 { NULL } else { draws.choose(&NAMES) };
        write!(line, "{id}\t{name}\t")?;
        match draws.below(11) {
            0 => line.push_str(NULL),
            _ => write!(line, "user{}@example.com", draws.below(1_000_000))?,
        }
        self.stamps(line);
        Ok(())
    }

    fn product(&self, id: i64, draws: &mut Draws, line: &mut String) -> std::fmt::Result {
        let key = self.key as usize;
        write!(line, "{id}\t{} {}\t", GOODS[key % GOODS.len()], self.key)?;
        match draws.below(13) {
            0 => line.push_str(NULL),
            _ => cents(draws.below(1_000_000), line)?,
        }
        write!(line, "\t{}\t", CATEGORIES[key / 2 % CATEGORIES.len()])?;
        match draws.below(19) {
            0 => line.push_str(NULL),
            _ => write!(line, "{}", draws.below(500))?,
        }
        self.stamps(line);
        Ok(())
    }

    fn order(&self, id: i64, draws: &mut Draws, line: &mut String) -> std::fmt::Result {
        write!(line, "{id}\t")?;
        match self.key {
            key if key.is_multiple_of(11) => line.push_str(NULL),
            key => write!(line, "{}", key % 200)?,
        }
        match self.key {
            key if key < FRESH && key.is_multiple_of(13) => write!(line, "\t{NULL}")?,
            key => write!(line, "\t{key}")?,
        }
        write!(line, "\t{}\t", draws.below(50_000))?;
        match draws.below(23) {
            0 => line.push_str(NULL),
            _ => write!(line, "{}", draws.below(20_000))?,
        }
        write!(line, "\t{}\t", draws.choose(&STATUSES))?;
        match draws.below(29) {
            0 => line.push_str(NULL),
            _ => cents(draws.below(10_000_000), line)?,
        }
        write!(line, "\t{}", draws.choose(&COMMENTS))?;
        self.stamps(line);
        Ok(())
    }

    fn shop(&self, id: i64, draws: &mut Draws, line: &mut String) -> std::fmt::Result {
        write!(line, "{id}\tМагазин № {}\t{}\t", draws.below(1000), draws.choose(&CITIES))?;
        time::date(self.created, line);
        line.push('\t');
        time::timestamp(self.stamp, line);
        line.push_str("+00");
        Ok(())
    }

    fn stamps(&self, line: &mut String) {
        for time in [self.created, self.stamp] {
            line.push('\t');
            time::timestamp(time, line);
        }
    }
}

fn cents(cents: u64, line: &mut String) -> std::fmt::Result {
    write!(line, "{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(table: Table, row: Row) -> String {
        let mut line = String::new();
        row.line(table, 7, &mut line);
        line
    }

    #[test]
    fn a_line_has_every_column_and_follows_from_the_numbers() {
        let row = Row { content: 3, key: 22, created: 0, stamp: 1_500_000 };
        for table in Table::ALL {
            assert_eq!(line(table, row).split('\t').count(), table.columns().len(), "{table:?}");
            assert_eq!(line(table, row), line(table, row));
        }
        assert!(line(Table::Users, row).ends_with("\t1970-01-01 00:00:00\t1970-01-01 00:00:01.5"));
    }

    #[test]
    fn keys_repeat_and_are_null_unless_they_are_fresh() {
        let key = |key: u32| {
            let line = line(Table::Orders, Row { content: 1, key, created: 0, stamp: 0 });
            line.split('\t').skip(1).take(2).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(key(143), [NULL, NULL]);
        assert_eq!(key(26), ["26", NULL]);
        assert_eq!(key(11), [NULL, "11"]);
        assert!((FRESH..FRESH + 500).all(|fresh| key(fresh)[1] == fresh.to_string()));
    }
}

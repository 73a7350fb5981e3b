//! The SQL query of a chart: one SELECT with a defined order of rows.

use crate::spec::{Aggregate, Chart, Condition, Field, Kind, Order, Role, Selector, Test, Type};

/// A column of which only the largest values are shown.
struct Top<'a> {
    column: &'a str,
    /// The condition that a row has one of them.
    is_shown: String,
}

impl Chart {
    /// The chart's query. Its columns are [`Chart::fields`], by name, with their types and in their order.
    #[must_use]
    pub fn sql(&self) -> String {
        self.sql_narrowed(&[])
    }

    /// The query with the filters of `selectors`. Each adds parameters: for a text, one `text[]` with the accepted
    /// values; for a day, two `date`s, the first and the last. The view must have the column of each selector
    /// ([`crate::Spec::narrows`]).
    #[must_use]
    pub fn sql_narrowed(&self, selectors: &[&Selector]) -> String {
        let mut tests: Vec<String> = self.conditions.iter().map(condition).collect();
        let mut parameters = 0;
        tests.extend(selectors.iter().map(|selector| narrowing(selector, &mut parameters)));
        let among = self.among(&tests);
        let limit = self.limit.filter(|_| among.is_none());
        tests.extend(among);
        let top = self.top(&tests);

        let columns: Vec<String> = self.fields.iter().map(|field| selected(field, top.as_ref())).collect();
        let mut sql = format!("SELECT {} FROM cdm.{}", columns.join(", "), self.view);
        sql += &clause(" WHERE ", " AND ", &tests);
        if let Some(top) = top {
            // The columns that distinguish rows come first.
            let apart: Vec<String> = (1..=self.apart().count()).map(|position| position.to_string()).collect();
            sql += &clause(" GROUP BY ", ", ", &apart);
            let order = self.order.iter().map(|order| self.ordered(order, |field| field.column.name.clone()));
            let order: Vec<String> = self.others_last(&top).into_iter().chain(order).collect();
            return format!("SELECT * FROM ({sql}) AS chart{}", clause(" ORDER BY ", ", ", &order));
        }
        let apart: Vec<String> = self.apart().map(|field| field.column.name.clone()).collect();
        let order: Vec<String> = self.order.iter().map(|order| self.ordered(order, total)).collect();
        sql += &clause(" GROUP BY ", ", ", &apart);
        sql += &clause(" ORDER BY ", ", ", &order);
        sql += &limit.map_or_else(String::new, |most| format!(" LIMIT {most}"));
        sql
    }

    /// The columns that distinguish its rows.
    fn apart(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.role != Role::Value)
    }

    /// A bare name in ORDER BY is the column of the result, here the aggregated measure and not the column of the view.
    /// The length of a bar of several colors is the sum of all its parts.
    fn ordered(&self, order: &Order, measure: impl FnOnce(&Field) -> String) -> String {
        let Order { column, descending } = order;
        let value =
            self.fields(Role::Value).find(|field| field.column.name == *column).filter(|_| self.kind == Kind::Bar);
        let stacked = value.filter(|_| self.fields(Role::Series).next().is_some());
        let whole = stacked.zip(self.fields(Role::By).next());
        let key = whole.map_or_else(
            || column.clone(),
            |(value, by)| format!("sum({}) OVER (PARTITION BY {})", measure(value), by.column.name),
        );
        format!("{key}{}", direction(*descending))
    }

    /// The column whose values are limited to the largest, and the condition that a row has one of them.
    fn top(&self, tests: &[String]) -> Option<Top<'_>> {
        let role = if self.kind == Kind::Bar { Role::By } else { Role::Series };
        let (most, column) = (self.top?, self.fields(role).next()?.column.name.as_str());
        let measure = total(self.fields(Role::Value).next()?);
        let (view, tests) = (&self.view, clause(" WHERE ", " AND ", tests));
        let largest = format!(
            "SELECT {column} FROM cdm.{view}{tests} GROUP BY {column} ORDER BY {measure} DESC, {column} LIMIT {most}"
        );
        Some(Top { column, is_shown: format!("{column} IN ({largest})") })
    }

    /// Bars are ordered by their length, but that of all others is the last one.
    fn others_last(&self, top: &Top<'_>) -> Option<String> {
        (self.kind == Kind::Bar).then(|| format!("{} IS NULL", top.column))
    }

    /// The condition that a row has one of the values of [`Role::By`] that are shown, if the limit applies to values
    /// and not to rows. The latest values are shown for times, otherwise the first ones.
    fn among(&self, tests: &[String]) -> Option<String> {
        if matches!(self.kind, Kind::Kpi | Kind::Bar | Kind::Table) {
            return None;
        }
        let (limit, by) = (self.limit?, &self.fields(Role::By).next()?.column);
        let name = &by.name;
        Some(format!(
            "{name} IN (SELECT {name} FROM cdm.{}{} GROUP BY {name} ORDER BY {name}{} LIMIT {limit})",
            self.view,
            clause(" WHERE ", " AND ", tests),
            direction(by.kind.is_time()),
        ))
    }
}

fn clause(word: &str, between: &str, parts: &[String]) -> String {
    if parts.is_empty() { String::new() } else { format!("{word}{}", parts.join(between)) }
}

fn selected(field: &Field, top: Option<&Top<'_>>) -> String {
    let name = &field.column.name;
    match top.filter(|top| top.column == name) {
        Some(top) => format!("CASE WHEN {} THEN {name} END AS {name}", top.is_shown),
        None if field.role == Role::Value => format!("{} AS {name}", total(field)),
        None => name.clone(),
    }
}

/// A measure of several rows in its own type: PostgreSQL's sum of bigint is numeric.
fn total(field: &Field) -> String {
    let (name, kind) = (&field.column.name, field.column.kind.name());
    match field.column.aggregate {
        Some(Aggregate::Sum) => format!("sum({name})::{kind}"),
        Some(Aggregate::Max) | None => format!("max({name})"),
    }
}

const fn direction(descending: bool) -> &'static str {
    if descending { " DESC" } else { "" }
}

fn condition(condition: &Condition) -> String {
    let name = &condition.column.name;
    match &condition.test {
        Test::Between([low, high]) => format!("{name} BETWEEN {low} AND {high}"),
        Test::Is(true) => name.clone(),
        Test::Is(false) => format!("NOT {name}"),
        Test::Equals(text) => format!("{name} = '{}'", text.replace('\'', "''")),
    }
}

fn narrowing(selector: &Selector, parameters: &mut u32) -> String {
    let name = &selector.column.name;
    *parameters += 1;
    let first = *parameters;
    if selector.column.kind == Type::Date {
        *parameters += 1;
        return format!("{name} BETWEEN ${first}::date AND ${parameters}::date");
    }
    format!("{name} = ANY(${first}::text[])")
}

#[cfg(test)]
mod tests {
    use crate::orders;

    fn sql(id: &str) -> String {
        let spec = orders().unwrap();
        spec.charts().find(|chart| chart.id == id).unwrap().sql()
    }

    #[test]
    fn a_key_figure_has_one_row() {
        assert_eq!(sql("revenue"), "SELECT sum(revenue)::numeric AS revenue FROM cdm.kpi");
        assert_eq!(sql("last_order"), "SELECT max(last_order_at_msk) AS last_order_at_msk FROM cdm.freshness");
    }

    #[test]
    fn bars_are_sorted_and_limited() {
        assert_eq!(
            sql("top_products"),
            "SELECT product_name, sum(order_cnt)::bigint AS order_cnt FROM cdm.product_sales_by_day \
             GROUP BY product_name ORDER BY order_cnt DESC, product_name LIMIT 20"
        );
    }

    #[test]
    fn a_limited_time_axis_shows_the_latest_values_with_all_series() {
        assert_eq!(
            sql("arrivals"),
            "SELECT * FROM (SELECT hour_msk, CASE WHEN status IN (SELECT status FROM cdm.orders_by_hour \
             WHERE hour_msk IN (SELECT hour_msk FROM cdm.orders_by_hour GROUP BY hour_msk ORDER BY hour_msk DESC LIMIT 72) \
             GROUP BY status ORDER BY sum(order_cnt)::bigint DESC, status LIMIT 10) THEN status END AS status, \
             sum(order_cnt)::bigint AS order_cnt FROM cdm.orders_by_hour \
             WHERE hour_msk IN (SELECT hour_msk FROM cdm.orders_by_hour GROUP BY hour_msk ORDER BY hour_msk DESC LIMIT 72) \
             GROUP BY 1, 2) AS chart ORDER BY hour_msk, status"
        );
    }

    #[test]
    fn stacked_bars_are_sorted_by_their_total() {
        assert_eq!(
            sql("nearly_tagged"),
            "SELECT * FROM (SELECT CASE WHEN tag IN (SELECT tag FROM cdm.tag_progress \
             WHERE orders_left BETWEEN 1 AND 3 AND enabled GROUP BY tag ORDER BY sum(user_cnt)::bigint DESC, tag LIMIT 20) \
             THEN tag END AS tag, orders_left, sum(user_cnt)::bigint AS user_cnt FROM cdm.tag_progress \
             WHERE orders_left BETWEEN 1 AND 3 AND enabled GROUP BY 1, 2) AS chart \
             ORDER BY tag IS NULL, sum(user_cnt) OVER (PARTITION BY tag) DESC, tag, orders_left"
        );
    }

    #[test]
    fn a_limited_numeric_axis_shows_the_smallest_values_and_keeps_the_filter() {
        assert_eq!(
            sql("tag_steps"),
            "SELECT * FROM (SELECT order_cnt, CASE WHEN tag IN (SELECT tag FROM cdm.tag_progress WHERE enabled AND order_cnt IN \
             (SELECT order_cnt FROM cdm.tag_progress WHERE enabled GROUP BY order_cnt ORDER BY order_cnt LIMIT 30) \
             GROUP BY tag ORDER BY sum(user_cnt)::bigint DESC, tag LIMIT 20) THEN tag END AS tag, \
             sum(user_cnt)::bigint AS user_cnt FROM cdm.tag_progress WHERE enabled AND order_cnt IN \
             (SELECT order_cnt FROM cdm.tag_progress WHERE enabled GROUP BY order_cnt ORDER BY order_cnt LIMIT 30) \
             GROUP BY 1, 2) AS chart ORDER BY order_cnt, tag"
        );
    }

    #[test]
    fn bars_over_the_limit_are_summed_in_a_last_bar() {
        assert_eq!(
            sql("statuses"),
            "SELECT * FROM (SELECT CASE WHEN status IN (SELECT status FROM cdm.orders_by_hour GROUP BY status \
             ORDER BY sum(order_cnt)::bigint DESC, status LIMIT 20) THEN status END AS status, \
             sum(order_cnt)::bigint AS order_cnt FROM cdm.orders_by_hour GROUP BY 1) AS chart \
             ORDER BY status IS NULL, order_cnt DESC, status"
        );
    }

    #[test]
    fn a_selector_adds_its_parameter() {
        let spec = orders().unwrap();
        let tab = &spec.tabs[0];
        let chart = tab.charts.iter().find(|chart| chart.id == "top_products").unwrap();
        let selectors: Vec<_> = tab.selectors.iter().filter(|selector| spec.narrows(selector, chart)).collect();
        assert_eq!(
            chart.sql_narrowed(&selectors),
            "SELECT product_name, sum(order_cnt)::bigint AS order_cnt FROM cdm.product_sales_by_day \
             WHERE day_msk BETWEEN $1::date AND $2::date AND category_name = ANY($3::text[]) \
             GROUP BY product_name ORDER BY order_cnt DESC, product_name LIMIT 20"
        );
    }
}

//! `parked list`: which orders wait, for what, since when.

use std::io::Write;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use jiff::civil::DateTime;
use orders::Moment;
use pipeline::Failure;
use serde::Serialize;
use service::Refusal;
use warehouse::{Row, Warehouse, get, statement};

use super::release::RELEASED;

/// How to list them.
#[derive(Debug, Clone, Default, Args)]
pub struct List {
    /// The longest parked so many only.
    #[arg(long, value_name = "ORDERS")]
    pub limit: Option<u32>,

    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// An order that waits.
#[derive(Debug, Serialize)]
struct Order {
    object_id: i64,
    /// Absent once it was released: it goes on in the next round.
    parked_at: Option<Moment>,
    released: bool,
    waits_for: Vec<Name>,
}

#[derive(Debug, Serialize)]
struct Name {
    kind: String,
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    restaurant_id: String,
}

impl List {
    /// Lists the orders that are parked now.
    ///
    /// # Errors
    /// A [`Refusal`] when the database does not answer; what `out` says of a failed write.
    pub async fn run(&self, warehouse: &Warehouse, out: &mut impl Write) -> anyhow::Result<()> {
        let orders = select(warehouse, self.limit.map(i64::from)).await.map_err(Refusal::from)?;
        if self.json {
            for order in &orders {
                serde_json::to_writer(&mut *out, order).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
            return Ok(());
        }
        match orders.len() {
            0 => writeln!(out, "no order is parked")?,
            count => writeln!(out, "{}\nparked orders: {count}", table(&orders))?,
        }
        Ok(())
    }
}

async fn select(warehouse: &Warehouse, limit: Option<i64>) -> Result<Vec<Order>, Failure> {
    let transaction = warehouse.begin_unhurried().await?;
    let rows = transaction.query(&statement!("stg/select_parked_orders"), [&limit]).await?;
    transaction.commit().await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Order, Failure> {
    let parked_at: DateTime = get(row, 1)?;
    let released = parked_at == RELEASED;
    let (kinds, ids): (Vec<String>, Vec<String>) = (get(row, 2)?, get(row, 3)?);
    let restaurants: Vec<String> = get(row, 4)?;
    let names = kinds.into_iter().zip(ids).zip(restaurants);
    Ok(Order {
        object_id: get(row, 0)?,
        parked_at: Moment::from_civil(parked_at).filter(|_| !released),
        released,
        waits_for: names.map(|((kind, id), restaurant_id)| Name { kind, id, restaurant_id }).collect(),
    })
}

fn table(orders: &[Order]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["order", "parked since (UTC)", "waits for"]);
    for order in orders {
        let since = order.parked_at.map_or_else(|| "released".to_owned(), |moment| moment.to_string());
        let names: Vec<String> = order.waits_for.iter().map(Name::phrase).collect();
        table.add_row([order.object_id.to_string(), since, names.join("\n")]);
    }
    table
}

impl Name {
    /// For a person; an id comes from outside, and a terminal must not take orders from it.
    fn phrase(&self) -> String {
        let Self { kind, id, restaurant_id } = self;
        let phrase = match restaurant_id.as_str() {
            "" => format!("{kind} {id}"),
            restaurant => format!("{kind} {id} of restaurant {restaurant}"),
        };
        phrase.replace(char::is_control, "\u{fffd}")
    }
}

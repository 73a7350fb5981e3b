//! A run of the demo: start everything, load, set up, tell the story, compare, report, stop.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use harness::webhook::Receiver;
use tempfile::TempDir;
use tokio::time::timeout;
use workload::generator::Options;
use workload::load::{Loader, ORDERS_TOPIC};
use workload::source::Reference;

use super::findings::Look;
use super::latency;
use super::orders::{Customer, Pizza, THRESHOLD};
use super::report::Report;
use super::service::Service;
use super::settings::Settings;
use super::setup;
use super::story::Story;
use crate::data::Data;
use crate::drive::drive;
use crate::fixture::Fixture;
use crate::number::grouped;
use crate::services::Services;
use crate::shell::{self, Ended, Stops};

/// Time limits of the load and of the whole run.
const DRIVE_LIMIT: Duration = Duration::from_secs(10 * 60);
const WAIT_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Users whose tenth order is timed. The user of the story comes before them.
const CUSTOMERS: u64 = 50;

/// Everything that runs.
struct Running {
    fixture: Fixture,
    services: Services,
    service: Service,
}

/// Runs the demo and stops everything it has started. The folder is kept if the run has failed or `KEEP` is set.
pub async fn run(settings: Settings) -> ExitCode {
    shell::in_folder("demo-segments", settings.keep, async |folder| perform(&settings, folder).await).await
}

async fn perform(settings: &Settings, folder: &TempDir) -> Result<Ended> {
    let mut stops = Stops::listen()?;
    let (running, right) = tokio::select! {
        played = timeout(WAIT_TIMEOUT, play(settings, folder)) => played.context("the demo did not finish within a quarter of an hour")??,
        () = stops.next() => return Ok(Ended::Interrupted),
    };
    if settings.keep {
        invite(&running, folder);
        stops.next().await;
    }
    running.service.stop().await?;
    running.services.stop().await?;
    running.fixture.strike().await?;
    Ok(if right { Ended::Right } else { Ended::Wrong })
}

async fn play(settings: &Settings, folder: &TempDir) -> Result<(Running, bool)> {
    let data = Data::Generated(Options::new(settings.seed, settings.orders));
    let customers: Vec<Customer> = (0..=CUSTOMERS).map(Customer::new).collect();
    let mut reference = data.reference()?;
    let pizza = Pizza::find(&reference)?;
    // With this user the tag is a segment from the beginning, however few orders are generated.
    let first = Customer::new(CUSTOMERS + 1);
    reference.push(first.reference()?);
    reference.extend(customers.iter().map(Customer::reference).collect::<Result<Vec<Reference>>>()?);
    eprintln!("Starting Kafka, PostgreSQL, Redis and the four services...");
    let running = start(folder, reference).await?;
    eprintln!("Loading {} orders, {data}...", grouped(settings.orders));
    let loader = load(&data, &pizza, &customers, &first, &running).await?;

    let Running { fixture, service, .. } = &running;
    let receiver = Receiver::start().await?;
    setup::until_tagged(service).await?;
    setup::users(fixture, service).await?;
    setup::segments(service).await?;
    let subscriptions = setup::subscribe(service, &receiver).await?;
    eprintln!("Segments: {}.", setup::describe());
    eprintln!("Subscriptions: {:?}, a webhook, a topic and a folder.\n", subscriptions.ids);

    let story = Story { fixture, service, receiver: &receiver, loader: &loader, pizza: &pizza };
    let (anna, timed) = customers.split_first().context("there are no customers")?;
    let as_of_differences = story.tell(anna).await?;
    let latency = latency::measure(&story, timed).await?;
    setup::refresh(service).await?;
    let findings = Look { fixture, service, receiver: &receiver, folder: folder.path() }.findings().await?;
    let report = Report { orders: settings.orders, latency, findings: &findings, as_of_differences };
    report.print()?;
    let right = report.is_right() && receiver.forged() == 0;
    Ok((running, right))
}

async fn start(folder: &TempDir, reference: Vec<Reference>) -> Result<Running> {
    let fixture = Fixture::set(folder.path(), reference).await?;
    setup::prepare(&fixture).await?;
    let (environment, key) = setup::install(&fixture, folder.path()).await?;
    let services = Services::start(&fixture.environment(), folder.path()).await?;
    let service = Service::start(&environment, folder.path(), key).await?;
    Ok(Running { fixture, services, service })
}

/// Loads the generated orders, nine pizzas for each customer, and ten for the first.
async fn load(
    data: &Data,
    pizza: &Pizza,
    customers: &[Customer],
    first: &Customer,
    running: &Running,
) -> Result<Loader> {
    let Running { fixture, services, .. } = running;
    drive(data, data.expected()?.events, fixture, services, DRIVE_LIMIT).await?;
    let loader = Loader::new(&fixture.broker, ORDERS_TOPIC)?;
    let nine = customers
        .iter()
        .flat_map(|customer| (1..THRESHOLD).map(|number| Ok(pizza.order(customer, number, 0, "CLOSED"))));
    loader.run(nine, None).await?;
    loader.run((1..=THRESHOLD).map(|number| Ok(pizza.order(first, number, 0, "CLOSED"))), None).await?;
    let statement = include_str!("../../sql/select_counted_customers.sql");
    let ids: Vec<&str> = customers.iter().map(|customer| customer.id.as_str()).collect();
    let wanted = i64::try_from(ids.len())?;
    let counted = async || {
        let row = fixture.database.query_one(statement, &[&ids, &super::orders::CATEGORY]).await?;
        Ok(row.try_get::<_, i64>(0)? == wanted)
    };
    harness::until("nine pizzas of each customer are counted", DRIVE_LIMIT, counted).await?;
    Ok(loader)
}

/// Prints the addresses for exploring the running system.
fn invite(running: &Running, folder: &TempDir) {
    eprintln!("\nEverything keeps running until Ctrl-C.\n");
    for (name, value) in running.fixture.environment() {
        eprintln!("export {name}='{value}'");
    }
    eprintln!("\nAPI of segments-service: http://{}/swagger/", running.service.address());
    eprintln!("CSV files: {}", setup::files(folder.path()).display());
}

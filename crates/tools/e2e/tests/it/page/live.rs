//! Tests of live updates: new orders appear without a reload unless paused; an outage is reported and ends.

use anyhow::{Result, ensure};
use devstack::{Options, Stack};
use harness::{Pipeline, Workload};

use super::{
    FILLED, Fixture, RUSSIAN, address,
    browser::Browser,
    cdm,
    shown::{read, text},
};

#[tokio::test]
async fn new_orders_appear_without_a_reload() -> Result<()> {
    let fixture = Fixture::set(&Workload::clean(63, 200)).await?;
    let mut browser = fixture.visit(&RUSSIAN).await?;
    read(&mut browser).await?;
    // A value that a reload removes.
    browser.evaluate("window.untouched = document.querySelector('#chart-top_products table')").await?;
    let more = Workload::clean(64, 300);
    fixture.pipeline.name(&more.reference).await?;
    fixture.load(&more).await?;
    let orders = fixture.pipeline.count("SELECT order_cnt FROM cdm.kpi").await?;
    let shows = |orders: u64| format!("document.querySelector('#chart-orders .figure').textContent === '{orders}'");
    browser.until(&shows(orders)).await?;
    ensure!(browser.evaluate("window.untouched !== undefined").await? == true, "the page was loaded again");
    ensure!(browser.evaluate("document.querySelector('#chart-top_products details').open").await? == true);

    browser.evaluate("document.getElementById('pause').click()").await?;
    ensure!(text(&mut browser, "#as-of").await?.contains("остановлено"));
    fixture.load(&Workload { reference: Vec::new(), events: Workload::clean(65, 50).events }).await?;
    ensure!(browser.evaluate(&shows(orders)).await? == true, "it went on");
    browser.evaluate("document.getElementById('pause').click()").await?;
    let orders = fixture.pipeline.count("SELECT order_cnt FROM cdm.kpi").await?;
    browser.until(&shows(orders)).await?;
    ensure!(browser.complaints().is_empty(), "{:?}", browser.complaints());
    Ok(())
}

#[tokio::test]
async fn an_outage_is_shown_until_it_ends() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    let pipeline = Pipeline::start_on(stack.endpoints(), 1).await?;
    let service = cdm(&pipeline).start().await?;
    let mut browser = Browser::start(&RUSSIAN).await?;
    browser.open(&address(&service)).await?;
    browser.until(FILLED).await?;
    stack.postgres().pause()?;
    browser.until("!document.getElementById('trouble').hidden").await?;
    ensure!(text(&mut browser, "#trouble").await?.contains("не отвечает"));
    ensure!(browser.evaluate(FILLED).await? == true, "what was there is gone");
    stack.postgres().resume()?;
    browser.until("document.getElementById('trouble').hidden").await?;
    Ok(())
}

//! Tests with the example messages of the customer, byte for byte, and the expected rows.
//!
//! The fixtures are the texts of the customer's task (`stg-service-orders`, `dds-service-orders`) and of the order system
//! (`order-service_orders`). Of the task's texts only what is no JSON was taken out: the line `...` and commas before a
//! closing bracket.

use anyhow::Result;
use harness::{Layer, Pipeline, Record};
use serde_json::json;
use workload::source::Reference;

const ORDER: &str = include_str!("../fixtures/order-service_orders.json");
const ENRICHED: &str = include_str!("../fixtures/stg-service-orders.json");
const COUNTERS: &str = include_str!("../fixtures/dds-service-orders.json");

const USER: &str = "45643d9d-c98d-5888-9743-20b85ecf0752";
const PRODUCT: &str = "c59c0921-4a9a-5da5-83bf-e58d5d27140d";
const CATEGORY: &str = "0f6d48bd-fe1f-51f6-a39f-31fe8f5e52a5";

#[tokio::test]
async fn the_enriched_order_of_the_task_becomes_a_vault_and_counters() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.produce(&pipeline.source(Layer::Dds), [Record::of(ENRICHED)]).await?;
    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;

    let sql = async |statement: &str| pipeline.sql(statement).await;
    let (order, restaurant) = ("26899385-e423-582c-8b3d-139c61248205", "e8c8a693-b041-53fb-8f90-71098d9a93ca");
    assert_eq!(
        sql("SELECT h_order_pk, order_id, order_dt, load_dt, load_src FROM dds.h_order").await?,
        [format!("{order}|322519|2022-11-19 16:06:36|2022-11-19 16:06:36|orders-system-kafka")]
    );
    assert_eq!(sql("SELECT h_user_pk, user_id FROM dds.h_user").await?, [format!("{USER}|626a81ce9a8cd1920641e296")]);
    assert_eq!(
        sql("SELECT h_product_pk, product_id FROM dds.h_product").await?,
        [format!("{PRODUCT}|6276e8cd0cf48b4cded00878")]
    );
    assert_eq!(
        sql("SELECT h_restaurant_pk, restaurant_id FROM dds.h_restaurant").await?,
        [format!("{restaurant}|626a81cfefa404208fe9abae")]
    );
    assert_eq!(sql("SELECT h_category_pk, category_name FROM dds.h_category").await?, [format!("{CATEGORY}|Выпечка")]);

    for (link, columns, keys) in [
        ("l_order_product", "h_order_pk, h_product_pk", [order, PRODUCT]),
        ("l_product_restaurant", "h_product_pk, h_restaurant_pk", [PRODUCT, restaurant]),
        ("l_product_category", "h_product_pk, h_category_pk", [PRODUCT, CATEGORY]),
        ("l_order_user", "h_order_pk, h_user_pk", [order, USER]),
        ("l_order_restaurant", "h_order_pk, h_restaurant_pk", [order, restaurant]),
    ] {
        assert_eq!(sql(&format!("SELECT {columns} FROM dds.{link}")).await?, [keys.join("|")], "{link}");
    }
    for (satellite, columns, values) in [
        ("s_user_names", "h_user_pk, username, userlogin", format!("{USER}|Котова Ольга Вениаминовна|")),
        ("s_product_names", "h_product_pk, name", format!("{PRODUCT}|РОЛЛ С ТОФУ И ВЯЛЕНЫМИ ТОМАТАМИ")),
        ("s_restaurant_names", "h_restaurant_pk, name", format!("{restaurant}|Кофейня №1")),
        ("s_order_cost", "h_order_pk, cost, payment", format!("{order}|300.00000|300.00000")),
        ("s_order_status", "h_order_pk, status", format!("{order}|CLOSED")),
        ("s_order_product", "quantity, amount, h_category_pk", format!("1|180.00000|{CATEGORY}")),
    ] {
        assert_eq!(sql(&format!("SELECT {columns} FROM dds.{satellite}")).await?, [values], "{satellite}");
    }
    assert_marts(&pipeline, 1, 1).await
}

#[tokio::test]
async fn the_counters_of_the_task_become_marts() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    pipeline.produce(&pipeline.source(Layer::Cdm), [Record::of(COUNTERS)]).await?;
    let _cdm = pipeline.service(Layer::Cdm).start().await?;
    pipeline.wait_idle_up_to(&[Layer::Cdm]).await?;
    assert_marts(&pipeline, 23, 2).await?;
    assert_eq!(
        pipeline.sql("SELECT user_id, source_id FROM cdm.users").await?,
        [format!("{USER}|626a81ce9a8cd1920641e296")]
    );
    Ok(())
}

#[tokio::test]
async fn an_order_of_the_order_system_reaches_the_marts() -> Result<()> {
    let pipeline = Pipeline::start(1).await?;
    let user = json!({"_id": "626a81ce9a8cd1920641e296", "name": "Котова Ольга Вениаминовна", "login": "kotova"});
    let restaurant = json!({"_id": "ef8c42c19b7518a9aebec106", "name": "Вкус Индии", "menu": [{
        "_id": "6276e8cd0cf48b4cded00878", "name": "РОЛЛ С ТОФУ И ВЯЛЕНЫМИ ТОМАТАМИ", "price": 180, "category": "Выпечка",
    }]});
    let reference = [Reference::parse(user.to_string())?, Reference::parse(restaurant.to_string())?];
    pipeline.name(&reference).await?;
    pipeline.produce(&pipeline.source(Layer::Stg), [Record::of(ORDER)]).await?;
    let _services = pipeline.start_all().await?;
    pipeline.wait_idle().await?;

    let stored = "SELECT object_id, object_type, sent_dttm FROM stg.order_events";
    assert_eq!(pipeline.sql(stored).await?, ["9696852|order|2026-03-09 12:01:44"]);
    assert_eq!(pipeline.sql("SELECT payload FROM stg.order_events").await?, [payload(ORDER)]);

    let sent = pipeline.read(&pipeline.source(Layer::Dds)).await?;
    let [message] = sent.as_slice() else { anyhow::bail!("one message, not {sent:?}") };
    assert_eq!(message.key.as_deref(), Some(b"626a81ce9a8cd1920641e296".as_slice()));
    let message = message.json()?;
    assert_eq!(
        message["payload"]["user"],
        json!({
            "id": "626a81ce9a8cd1920641e296", "name": "Котова Ольга Вениаминовна", "login": "kotova"
        })
    );
    assert_eq!(message["payload"]["restaurant"], json!({"id": "ef8c42c19b7518a9aebec106", "name": "Вкус Индии"}));
    assert_eq!(
        message["payload"]["products"],
        json!([{
            "id": "6276e8cd0cf48b4cded00878", "price": 180, "quantity": 1,
            "name": "РОЛЛ С ТОФУ И ВЯЛЕНЫМИ ТОМАТАМИ", "category": "Выпечка"
        }])
    );

    let told = pipeline.read(&pipeline.source(Layer::Cdm)).await?;
    let [message] = told.as_slice() else { anyhow::bail!("one message, not {told:?}") };
    let message = message.json()?;
    assert_eq!(message["user_id"], "626a81ce9a8cd1920641e296");
    assert_eq!(message["categories"][CATEGORY]["order_cnt"], 1);
    assert_eq!(message["products"]["6276e8cd0cf48b4cded00878"]["order_cnt"], 1);
    assert_marts(&pipeline, 1, 1).await?;
    pipeline.audit().await
}

/// One user, one product, one category, under the keys the customer's code gives them.
async fn assert_marts(pipeline: &Pipeline, products: u32, categories: u32) -> Result<()> {
    let product = "SELECT user_id, product_id, product_name, order_cnt FROM cdm.user_product_counters";
    let name = "РОЛЛ С ТОФУ И ВЯЛЕНЫМИ ТОМАТАМИ";
    assert_eq!(pipeline.sql(product).await?, [format!("{USER}|{PRODUCT}|{name}|{products}")]);
    let category = "SELECT user_id, category_id, category_name, order_cnt FROM cdm.user_category_counters";
    assert_eq!(pipeline.sql(category).await?, [format!("{USER}|{CATEGORY}|Выпечка|{categories}")]);
    Ok(())
}

/// The payload of an order message as its text stands there.
fn payload(message: &str) -> &str {
    let begins = message.find("\"payload\": ").map_or(0, |at| at + "\"payload\": ".len());
    message[begins..].trim_end().strip_suffix('}').unwrap_or_default()
}

//! Merging against a real PostgreSQL: whatever this side claims to compare, or to compute, comes out as PostgreSQL does
//! it, text for text, over random values of every type. Each test prints its seed when it fails; MTDD_TEST_SEED sets it.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod comparing;
mod folding;
mod values;

use tokio_postgres::{Client, SimpleQueryMessage};

/// The rows of a query, every value as the text that PostgreSQL gives.
async fn rows(client: &Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| {
        let shown: String = sql.chars().take(2000).collect();
        panic!("{error:?}\n{shown}");
    });
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|cell| row.get(cell).map(str::to_owned)).collect()),
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

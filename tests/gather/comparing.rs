//! ORDER BY and DISTINCT: keys compare, and canonical bytes are equal, as PostgreSQL's own operators say.

use std::cmp::Ordering;
use std::collections::HashMap;

use mtdd::gather::{Collation, Equality, Order};

use crate::rows;
use crate::support::{connect, database};
use crate::values::{Random, TYPES, value};

const VALUES: usize = 400;

/// One value: its text, and its place among all of them; equal ones have the same.
struct Ranked {
    text: String,
    rank: u32,
}

/// Random values of a type as PostgreSQL ranks them.
async fn ranked(client: &tokio_postgres::Client, random: &mut Random, name: &str) -> Vec<Ranked> {
    let list: Vec<_> = (0..VALUES).map(|index| format!("({index}, {})", value(random, name))).collect();
    let values = list.join(", ");
    let sql = format!("SELECT v, dense_rank() OVER (ORDER BY v) FROM (VALUES {values}) AS t(i, v) ORDER BY i");
    let ranked = rows(client, &sql).await.into_iter().map(|row| {
        let [text, rank] = <[_; 2]>::try_from(row).unwrap().map(Option::unwrap);
        Ranked { text, rank: rank.parse().unwrap() }
    });
    ranked.collect()
}

#[track_caller]
fn compare_as_ranked(name: &str, order: Order, values: &[Ranked]) {
    let keys: Vec<_> = values
        .iter()
        .map(|value| order.key(value.text.as_bytes()).unwrap_or_else(|_| panic!("{name} {:?}", value.text)))
        .collect();
    for (a, key) in values.iter().zip(&keys) {
        for (b, other) in values.iter().zip(&keys) {
            let expected: Ordering = a.rank.cmp(&b.rank);
            assert_eq!(key.compare(other), expected, "{name}: {:?} and {:?}", a.text, b.text);
        }
    }
}

#[track_caller]
fn equal_as_ranked(name: &str, equality: Equality, values: &[Ranked]) {
    let (mut by_bytes, mut by_rank) = (HashMap::new(), HashMap::new());
    for Ranked { text, rank } in values {
        let mut bytes = Vec::new();
        equality.append(Some(text.as_bytes()), &mut bytes).unwrap_or_else(|_| panic!("{name} {text:?}"));
        let (first, _) = by_bytes.entry(bytes.clone()).or_insert((*rank, text));
        assert_eq!(first, rank, "{name}: {text:?} is not what it is taken for");
        let (first, other) = by_rank.entry(*rank).or_insert((bytes.clone(), text));
        assert_eq!(*first, bytes, "{name}: {text:?} and {other:?} are equal");
        if equality.is_textual() {
            assert_eq!(*other, text, "{name}: equal values are written alike");
        }
    }
}

#[tokio::test]
async fn every_type_compares_as_in_postgresql() {
    let client = connect(&database().await).await;
    let random = &mut Random::seeded();
    for (name, type_id) in TYPES {
        let values = ranked(&client, random, name).await;
        compare_as_ranked(name, Order::of(type_id, Collation::Bytes).unwrap(), &values);
        equal_as_ranked(name, Equality::of(type_id, Collation::Bytes).unwrap(), &values);
    }
}

#[tokio::test]
async fn texts_of_an_icu_database_are_equal_exactly_when_their_bytes_are() {
    let url = database().await;
    let name = format!("icu_{}", std::process::id());
    let create = format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
    );
    connect(&url).await.batch_execute(&create).await.unwrap();
    let client = connect(&format!("{}/{name}", url.rsplit_once('/').unwrap().0)).await;
    assert_eq!(rows(&client, "SELECT 'a' < 'B'").await, [[Some("t".to_owned())]], "letters come before their case");
    let random = &mut Random::seeded();
    for (name, type_id) in [("text", 25), ("varchar", 1043), ("bpchar", 1042), ("char(6)", 1042)] {
        let values = ranked(&client, random, name).await;
        equal_as_ranked(name, Equality::of(type_id, Collation::Deterministic).unwrap(), &values);
    }
}

#[tokio::test]
async fn instants_compare_across_time_zones() {
    let client = connect(&database().await).await;
    let seed = Random::seeded().next();
    let mut values = Vec::new();
    for zone in ["UTC", "America/New_York", "Asia/Kolkata", "Europe/Amsterdam", "Pacific/Apia", "Africa/Monrovia"] {
        // The same instants each time: expressions without a zone mean other ones.
        client.batch_execute("SET TimeZone = 'Europe/Amsterdam'").await.unwrap();
        let random = &mut Random::new(seed);
        let list: Vec<_> =
            (0..VALUES / 4).map(|index| format!("({index}, {})", value(random, "timestamptz"))).collect();
        client.batch_execute("DROP TABLE IF EXISTS instants").await.unwrap();
        let create = format!("CREATE TEMP TABLE instants AS SELECT * FROM (VALUES {}) AS t(i, v)", list.join(", "));
        client.batch_execute(&create).await.unwrap();
        client.batch_execute(&format!("SET TimeZone = '{zone}'")).await.unwrap();
        let found = rows(&client, "SELECT v, dense_rank() OVER (ORDER BY v) FROM instants ORDER BY i").await;
        values.extend(found.into_iter().map(|row| {
            let [text, rank] = <[_; 2]>::try_from(row).unwrap().map(Option::unwrap);
            Ranked { text, rank: rank.parse().unwrap() }
        }));
    }
    let (order, equality) = (Order::of(1184, Collation::None).unwrap(), Equality::of(1184, Collation::None).unwrap());
    compare_as_ranked("timestamptz", order, &values);
    equal_as_ranked("timestamptz", equality, &values);
}

#[tokio::test]
async fn another_date_style_is_an_error_and_never_misread() {
    let client = connect(&database().await).await;
    for style in ["SQL, DMY", "SQL, MDY", "German", "Postgres, MDY", "Postgres, DMY"] {
        client.batch_execute(&format!("SET DateStyle = '{style}'")).await.unwrap();
        let types = [("date", 1082), ("timestamp", 1114), ("timestamptz", 1184)];
        for (name, type_id) in types {
            for moment in ["2024-01-02 03:04:05.678", "0044-03-15 BC", "12024-01-02"] {
                let text = rows(&client, &format!("SELECT '{moment}'::timestamp::{name}")).await[0][0].clone().unwrap();
                assert!(Order::of(type_id, Collation::None).unwrap().key(text.as_bytes()).is_err(), "{style}: {text}");
            }
        }
    }
}

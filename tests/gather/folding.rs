//! Aggregates: what shards have aggregated, put together, is what PostgreSQL gives for all rows at once.

use mtdd::gather::{Collation, Groups};
use mtdd::plan::{Column, Fold, GroupOutput, Grouped};
use mtdd::proto::Field;

use crate::rows;
use crate::support::{connect, database};
use crate::values::{Random, TYPES, double, numeric, single, value};

type Texts = Vec<Vec<Option<String>>>;

/// Groups of partial rows by their first column, an int4; the others are folded, and shown, in their order.
fn folded(partials: &Texts, folds: &[(Fold, u32)]) -> Texts {
    let columns = (1..).zip(folds).map(|(column, (fold, _))| (Column::Visible(column), *fold));
    let plan = Grouped {
        keys: vec![Column::Visible(0)],
        folds: columns.collect(),
        order: vec![],
        output: (0..=folds.len()).map(|column| GroupOutput::Column(Column::Visible(column))).collect(),
    };
    gathered(partials, &plan, &fields(std::iter::once(23).chain(folds.iter().map(|(_, type_id)| *type_id))), 0)
}

fn fields(types: impl Iterator<Item = u32>) -> Vec<Field> {
    types.map(|type_id| Field { type_id, ..Field::default() }).collect()
}

fn gathered(partials: &Texts, plan: &Grouped, fields: &[Field], hidden: usize) -> Texts {
    let collations = vec![Collation::Bytes; fields.len()];
    let mut groups = Groups::new(plan, fields, hidden, &collations, 1 << 30).unwrap();
    let batch: Vec<u8> = partials.iter().flat_map(|row| data_row(row)).collect();
    groups.push(&batch).unwrap();
    let mut finished = groups.finish(0, None).unwrap();
    let mut found = Vec::new();
    while let Some(batch) = finished.next_batch(1 << 16).unwrap() {
        for row in mtdd::data::row::Rows::new(&batch.rows) {
            let mut row = row.unwrap();
            let cell = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap();
            found.push((0..row.columns).map(|_| row.cell().unwrap().map(cell)).collect());
        }
    }
    found
}

fn data_row(cells: &[Option<String>]) -> Vec<u8> {
    let mut body = (cells.len() as u16).to_be_bytes().to_vec();
    for cell in cells {
        body.extend(cell.as_ref().map_or(-1, |text| text.len() as i32).to_be_bytes());
        body.extend(cell.as_deref().unwrap_or_default().as_bytes());
    }
    let mut message = vec![b'D'];
    message.extend((body.len() as u32 + 4).to_be_bytes());
    message.extend(body);
    message
}

#[track_caller]
fn same(mut found: Texts, mut expected: Texts, what: &str) {
    found.sort();
    expected.sort();
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected, "{what}");
    }
    assert_eq!(found.len(), expected.len(), "{what}");
}

/// A table `samples` of groups `g` that are spread over shards `s`.
async fn samples(
    client: &tokio_postgres::Client,
    random: &mut Random,
    groups: u32,
    mut value: impl FnMut(&mut Random) -> String,
) {
    client.batch_execute("DROP TABLE IF EXISTS samples").await.unwrap();
    let mut list = Vec::new();
    for group in 0..groups {
        for _ in 0..1 + random.below(7) {
            let value = if random.below(9) == 0 { "NULL".to_owned() } else { value(random) };
            list.push(format!("({group}, {}, {value})", random.below(3)));
        }
    }
    for (index, chunk) in list.chunks(5000).enumerate() {
        let values = format!("SELECT * FROM (VALUES {}) AS t(g, s, v)", chunk.join(", "));
        let into = if index == 0 { "CREATE TEMP TABLE samples AS" } else { "INSERT INTO samples" };
        client.batch_execute(&format!("{into} {values}")).await.unwrap();
    }
}

#[tokio::test]
async fn sums_and_averages_are_postgresqls_own() {
    let client = connect(&database().await).await;
    let random = &mut Random::seeded();
    // Floats are multiples of 1/8, whose sums do not depend on the order.
    let eighths = |random: &mut Random| format!("({})::float8 / 8", random.below(1 << 40) as i64 - (1 << 39));
    type Make<'a> = Box<dyn FnMut(&mut Random) -> String + 'a>;
    let kinds: [(&str, u32, u32, Make<'_>); 5] = [
        ("int4", 20, 1700, Box::new(|random| value(random, "int4"))),
        ("int8", 1700, 1700, Box::new(|random| value(random, "int8"))),
        ("numeric", 1700, 1700, Box::new(numeric)),
        ("small numeric", 1700, 1700, Box::new(|random| format!("{}.{}", random.below(100), random.digits(2)))),
        ("float8", 701, 701, Box::new(eighths)),
    ];
    for (what, sum_type, average_type, make) in kinds {
        samples(&client, random, 3000, make).await;
        let cast = if what == "small numeric" { "numeric" } else { what };
        let partials = format!("SELECT g, NULL, sum(v::{cast}), count(v) FROM samples GROUP BY g, s");
        let expected =
            rows(&client, &format!("SELECT g, avg(v::{cast}), sum(v::{cast}) FROM samples GROUP BY g")).await;
        let (sum, count) = (Column::Visible(2), Column::Hidden(0));
        let plan = Grouped {
            keys: vec![Column::Visible(0)],
            folds: vec![(sum, Fold::Sum), (count, Fold::Sum)],
            order: vec![],
            output: vec![
                GroupOutput::Column(Column::Visible(0)),
                GroupOutput::Average { sum, count },
                GroupOutput::Column(sum),
            ],
        };
        let fields = fields([23, average_type, sum_type, 20].into_iter());
        same(gathered(&rows(&client, &partials).await, &plan, &fields, 1), expected, what);
    }
}

#[tokio::test]
async fn averages_of_few_and_of_many_have_the_right_scale() {
    let client = connect(&database().await).await;
    let random = &mut Random::seeded();
    // A sum and a count of any magnitude, as if there were that many rows: PostgreSQL divides them as its avg does.
    let pairs: Vec<_> = (0..4000)
        .map(|index| {
            let count = 1 + (random.next() >> (1 + random.below(63)));
            (index, numeric(random), count.min(i64::MAX as u64))
        })
        .collect();
    let list: Vec<_> = pairs.iter().map(|(index, sum, count)| format!("({index}, {sum}, {count}::int8)")).collect();
    let from = format!("FROM (VALUES {}) AS t(g, sum, count)", list.join(", "));
    let partials = rows(&client, &format!("SELECT g, NULL, sum, count {from}")).await;
    let expected = rows(&client, &format!("SELECT g, sum / count::numeric {from}")).await;
    let (sum, count) = (Column::Hidden(0), Column::Hidden(1));
    let plan = Grouped {
        keys: vec![Column::Visible(0)],
        folds: vec![(sum, Fold::Sum), (count, Fold::Sum)],
        order: vec![],
        output: vec![GroupOutput::Column(Column::Visible(0)), GroupOutput::Average { sum, count }],
    };
    same(gathered(&partials, &plan, &fields([23, 1700, 1700, 20].into_iter()), 2), expected, "averages");
}

#[tokio::test]
async fn the_least_and_greatest_of_each_type_are_postgresqls_own() {
    let client = connect(&database().await).await;
    let random = &mut Random::seeded();
    // These have no min and max before PostgreSQL 18, or have none at all.
    let without = ["bool", "\"char\"", "uuid", "bytea", "name"];
    for (name, type_id) in TYPES.into_iter().filter(|(name, _)| !without.contains(name)) {
        samples(&client, random, 100, |random| value(random, name)).await;
        let select = "SELECT g, min(v), max(v) FROM samples GROUP BY g";
        let expected = rows(&client, select).await;
        let partials = rows(&client, &format!("{select}, s")).await;
        let found = folded(&partials, &[(Fold::Min, type_id), (Fold::Max, type_id)]);
        if ["numeric", "float4", "float8", "bpchar"].contains(&name) {
            // Of values that are equal but not written alike, which one comes out depends on the order of the rows.
            let distinct = |texts: &Texts| format!("SELECT (v).* FROM unnest(ARRAY[{}]::ranked[]) AS v", listed(texts));
            let create = format!("DROP TYPE IF EXISTS ranked; CREATE TYPE ranked AS (g int, low {name}, high {name})");
            client.batch_execute(&create).await.unwrap();
            let (found, expected) = (distinct(&found), distinct(&expected));
            let left =
                rows(&client, &format!("({found} EXCEPT {expected}) UNION ALL ({expected} EXCEPT {found})")).await;
            assert_eq!(left, Texts::new(), "{name}");
        } else {
            same(found, expected, name);
        }
    }
}

fn listed(texts: &Texts) -> String {
    let quoted = |cell: &Option<String>| cell.as_ref().map_or("NULL".to_owned(), |text| format!("'{text}'"));
    let row = |row: &Vec<_>| format!("ROW({})::ranked", row.iter().map(quoted).collect::<Vec<_>>().join(", "));
    texts.iter().map(row).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn bits_and_truths_are_postgresqls_own() {
    let client = connect(&database().await).await;
    let random = &mut Random::seeded();
    for (name, type_id) in [("int2", 21), ("int4", 23), ("int8", 20)] {
        samples(&client, random, 200, |random| value(random, name)).await;
        let select =
            "SELECT g, bit_and(v), bit_or(v), bit_xor(v), bool_and(v > 0), bool_or(v > 0) FROM samples GROUP BY g";
        let partials = rows(&client, &format!("{select}, s")).await;
        let folds = [
            (Fold::BitAnd, type_id),
            (Fold::BitOr, type_id),
            (Fold::BitXor, type_id),
            (Fold::BoolAnd, 16),
            (Fold::BoolOr, 16),
        ];
        same(folded(&partials, &folds), rows(&client, select).await, name);
    }
}

#[tokio::test]
async fn floats_are_written_as_postgresql_writes_them() {
    let client = connect(&database().await).await;
    let random = &mut Random::seeded();
    let mut checked = 0;
    for (name, type_id) in [("float8", 701), ("float4", 700)] {
        let mut list = Vec::new();
        // Every power of two, with its neighbours.
        for exponent in -1074..1024 {
            for neighbour in [-1i64, 0, 1] {
                let double = f64::from_bits(2f64.powi(exponent).to_bits().wrapping_add_signed(neighbour));
                let single = f32::from_bits(2f32.powi(exponent).to_bits().wrapping_add_signed(neighbour as i32));
                let text = if type_id == 701 { format!("{double:e}") } else { format!("{single:e}") };
                list.push(text.replace("inf", "Infinity"));
            }
        }
        list.extend((0..30_000).map(|_| if type_id == 701 { double(random) } else { single(random) }));
        let values: Vec<_> =
            list.iter().enumerate().map(|(index, value)| format!("({index}, '{value}'::{name})")).collect();
        let sql = format!("SELECT g, v FROM (VALUES {}) AS t(g, v)", values.join(", "));
        let expected = rows(&client, &sql).await;
        checked += expected.len();
        // The sum of one value is that value, read and written again.
        same(folded(&expected, &[(Fold::Sum, type_id)]), expected, name);
    }
    assert!(checked > 70_000);
}

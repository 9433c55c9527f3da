//! What a query answers: values, fields, several results, errors.

use mtdd::proto::failure::Reason;
use mtdd::proto::{Parameter, QueryRequest};

use crate::shard::{Shard, Stream, bound, simple};

#[tokio::test]
async fn values_come_as_the_text_that_a_local_connection_gets() {
    let shard = Shard::start(&[]).await;
    let sql = r#"select 1::int4, 12345678901234567890.50::numeric, true, '\x00ff'::bytea, '{1,NULL,3}'::int[], null, '',
        '{"a": 1}'::jsonb, 0.1::float8, 'größe – 日本', interval '1 day 2 hours', '{"a":  1}'::json"#;
    let expected = [
        "1",
        "12345678901234567890.50",
        "t",
        "\\x00ff",
        "{1,NULL,3}",
        "NULL",
        "",
        "{\"a\": 1}",
        "0.1",
        "größe – 日本",
        "1 day 02:00:00",
        "{\"a\":  1}",
    ];
    for request in [simple(sql), bound(sql, &[]), simple(&format!("{sql}; "))] {
        let result = shard.run(request).await.only();
        let values: Vec<_> = result.rows[0].iter().map(|value| value.as_deref().unwrap_or("NULL")).collect();
        assert_eq!(values, expected);
        assert_eq!(result.rows[0][5], None);
        assert_eq!(result.tag.as_deref(), Some("SELECT 1"));
    }
}

#[tokio::test]
async fn every_field_of_a_column_is_described() {
    let shard = Shard::start(&[]).await;
    shard.prepare("create table goods (id int8 primary key, name varchar(40))").await;
    let result = shard.run(simple("select name, id, id + 1 as next from goods")).await.only();
    let table: u32 = shard.look("select 'goods'::regclass::oid").await.parse().unwrap();
    let fields = result.fields.unwrap();
    let summary = |index: usize| {
        let field = &fields[index];
        (
            field.name.as_str(),
            field.table_id,
            field.column_id,
            field.type_id,
            field.type_size,
            field.type_modifier,
            field.format,
        )
    };
    assert_eq!(summary(0), ("name", table, 2, 1043, -1, 44, 0));
    assert_eq!(summary(1), ("id", table, 1, 20, 8, -1, 0));
    assert_eq!(summary(2), ("next", 0, 0, 20, 8, -1, 0));
}

#[tokio::test]
async fn parameters_go_as_text_as_bytes_and_as_null() {
    let shard = Shard::start(&[]).await;
    let text = |value: &str| Parameter { value: Some(value.to_owned().into()), binary: false };
    let bytes = Parameter { value: Some(vec![0, 255, b'\\'].into()), binary: true };
    let params = vec![text("7"), bytes, Parameter::default(), text("")];
    let sql = "select $1::int + 1, encode($2::bytea, 'hex'), $3::text is null, $4::text";
    let request = QueryRequest { sql: sql.into(), params, ..QueryRequest::default() };
    for _ in 0..3 {
        let row = shard.run(request.clone()).await.only().rows.remove(0);
        assert_eq!(row.into_iter().map(Option::unwrap).collect::<Vec<_>>(), ["8", "00ff5c", "t", ""]);
    }
}

#[tokio::test]
async fn several_statements_give_several_results_in_order() {
    let shard = Shard::start(&[]).await;
    let reply = shard
        .run(simple("create table t (a int); insert into t values (1), (2); select a from t; delete from t"))
        .await;
    let tags: Vec<_> = reply.results.iter().map(|result| result.tag.as_deref().unwrap()).collect();
    assert_eq!(tags, ["CREATE TABLE", "INSERT 0 2", "SELECT 2", "DELETE 2"]);
    assert!(reply.results[1].fields.is_none());
    assert_eq!(reply.results[2].rows.len(), 2);
}

#[tokio::test]
async fn an_error_keeps_the_results_before_it() {
    let shard = Shard::start(&[]).await;
    let reply = shard.run(simple("select 1 as a; select 2 as b; select 1/0; select 3")).await;
    assert_eq!(reply.results.len(), 2);
    assert_eq!(reply.results[1].rows, [[Some("2".to_owned())]]);
    assert_eq!(reply.code(), "22012");
}

#[tokio::test]
async fn a_text_without_a_statement_is_an_empty_query() {
    let shard = Shard::start(&[]).await;
    for request in [simple(""), simple(" -- nothing\n"), bound("", &[])] {
        let result = shard.run(request).await.only();
        assert!(result.empty_query && result.tag.is_none() && result.fields.is_none());
    }
}

#[tokio::test]
async fn a_select_without_rows_still_has_its_fields() {
    let shard = Shard::start(&[]).await;
    let result = shard.run(bound("select 1 as a where $1::bool", &[Some("f")])).await.only();
    assert_eq!((result.fields.unwrap().len(), result.rows.len()), (1, 0));
    assert_eq!(result.tag.as_deref(), Some("SELECT 0"));
}

#[tokio::test]
async fn an_error_has_every_field_that_postgresql_sent() {
    let shard = Shard::start(&[]).await;
    shard.prepare("create table t (a int constraint only_once unique)").await;
    let mut stream = shard.stream().await;
    stream.run(bound("insert into t values ($1)", &[Some("1")])).await.only();
    let error = stream.run(bound("insert into t values ($1)", &[Some("1")])).await.error.unwrap();
    assert_eq!(error.severity.as_deref(), Some("ERROR"));
    assert_eq!(error.severity_unlocalized.as_deref(), Some("ERROR"));
    assert_eq!(error.code.as_deref(), Some("23505"));
    assert_eq!(error.message, "duplicate key value violates unique constraint \"only_once\"");
    assert_eq!(error.detail.as_deref(), Some("Key (a)=(1) already exists."));
    assert_eq!((error.schema.as_deref(), error.table.as_deref()), (Some("public"), Some("t")));
    assert_eq!(error.constraint.as_deref(), Some("only_once"));
    assert_eq!(error.routine.as_deref(), Some("_bt_check_unique"));
    assert!(error.hint.is_none() && error.position.is_none() && error.column.is_none() && error.length > 100);
    let error = stream.run(simple("select nonsense")).await.error.unwrap();
    assert_eq!((error.code.as_deref(), error.position.as_deref()), (Some("42703"), Some("8")));
}

#[tokio::test]
async fn an_error_at_commit_is_the_answer() {
    let shard = Shard::start(&[]).await;
    shard.prepare("create table t (a int unique deferrable initially deferred); insert into t values (1)").await;
    for _ in 0..3 {
        let reply = shard.run(bound("insert into t values ($1)", &[Some("1")])).await;
        assert_eq!(reply.code(), "23505");
    }
    assert_eq!(shard.look("select count(*) from t").await, "1");
}

#[tokio::test]
async fn a_small_reply_is_one_part_and_repeats_no_description() {
    let shard = Shard::start(&[]).await;
    let mut stream = shard.stream().await;
    for round in 0..4 {
        let reply = stream.run(bound("select $1::int as a, 'x' as b", &[Some("1")])).await;
        assert_eq!((reply.parts, reply.by_id), (1, usize::from(round > 0)));
        assert_eq!(reply.only().fields.unwrap()[1].name, "b");
    }
    assert_eq!(stream.run(simple("create table t ()")).await.parts, 1);
}

#[tokio::test]
async fn a_large_reply_comes_whole_and_in_parts_of_moderate_size() {
    let shard = Shard::start(&[]).await;
    let reply = shard.run(simple("select g, repeat('x', g % 100) from generate_series(1, 100000) g")).await;
    assert!(reply.parts > 50 && reply.parts < 150, "{} parts of {} bytes", reply.parts, reply.bytes);
    let result = reply.only();
    assert_eq!(result.rows.len(), 100_000);
    for (index, row) in result.rows.iter().enumerate() {
        assert_eq!(row[0].as_deref(), Some((index + 1).to_string().as_str()));
        assert_eq!(row[1].as_ref().unwrap().len(), (index + 1) % 100);
    }
}

#[tokio::test]
async fn notices_among_the_rows_change_nothing() {
    let shard = Shard::start(&[]).await;
    shard
        .prepare("create function loud(n int) returns int language plpgsql as $$ begin raise notice '%', n; return n; end $$")
        .await;
    let reply = shard.run(simple("select loud(g) from generate_series(1, 100) g")).await;
    assert_eq!(reply.parts, 1);
    assert_eq!(reply.only().rows.len(), 100);
}

#[tokio::test]
async fn a_row_that_fits_no_message_is_refused_and_the_stream_goes_on() {
    let shard = Shard::start(&["--max-message-size", "2000000", "--pool-size", "1"]).await;
    let mut stream = shard.stream().await;
    let large = stream.run(simple("select repeat('x', 1500000)")).await.text();
    assert_eq!(large.len(), 1_500_000);
    let refused = stream.run(simple("select repeat('x', 3000000)")).await;
    assert_eq!(refused.refusal(), (Reason::Invalid, false));
    assert_eq!(stream.run(simple("select 1")).await.text(), "1");
}

#[tokio::test]
async fn copy_is_answered_as_pg_answers_it() {
    let shard = Shard::start(&["--pool-size", "1"]).await;
    shard.prepare("create table t (a int); insert into t values (1), (2)").await;
    let mut stream = shard.stream().await;
    for request in [simple("copy t from stdin"), bound("copy t from stdin", &[])] {
        let error = stream.run(request).await.error.unwrap();
        assert_eq!(error.code.as_deref(), Some("57014"));
        assert!(error.message.contains("No source stream defined"), "{}", error.message);
        assert_eq!(stream.run(simple("select 1")).await.text(), "1");
    }
    for request in [simple("copy t to stdout"), bound("copy t to stdout", &[])] {
        let result = stream.run(request).await.only();
        assert_eq!((result.tag.as_deref(), result.rows.len()), (Some("COPY 2"), 0));
    }
    assert_eq!(shard.look("select count(*) from t").await, "2");
}

#[tokio::test]
async fn what_postgresql_cannot_be_asked_is_refused_by_the_name_of_the_field() {
    let shard = Shard::start(&["--max-sql-size", "100"]).await;
    let mut stream = shard.stream().await;
    let many = QueryRequest { params: vec![Parameter::default(); 65_536], ..bound("select 1", &[]) };
    let both = QueryRequest { simple: true, ..bound("select $1", &[Some("1")]) };
    let with_settings = QueryRequest { settings: [("a.b".into(), "c".into())].into(), ..simple("select 1") };
    for (request, field) in [
        (simple("select '\0'"), "sql: "),
        (simple(&" ".repeat(101)), "sql: "),
        (many, "params: "),
        (both, "params: "),
        (crate::shard::tenant("a\0b", simple("select 1")), "tenant: "),
        (with_settings, "query.settings: "),
    ] {
        let reply = stream.run(request).await;
        assert!(reply.failure.as_ref().unwrap().message.starts_with(field), "{:?}", reply.failure);
        assert_eq!(reply.refusal(), (Reason::Invalid, true));
    }
    let wrong_count = stream.run(bound("select $1::int", &[])).await;
    assert_eq!(wrong_count.code(), "08P01");
    assert_eq!(stream.run(simple("select $1")).await.code(), "42P02");
}

#[tokio::test]
async fn many_parameters_and_large_ones_arrive() {
    let shard = Shard::start(&[]).await;
    let mut stream = Stream::open(&shard, &[], 0).await;
    let list = (1..=65_535).map(|number| format!("(${number}::int)")).collect::<Vec<_>>().join(",");
    let sql = format!("select sum(v) from (values {list}) as t (v)");
    assert_eq!(stream.run(bound(&sql, &vec![Some("1"); 65_535])).await.text(), "65535");
    let large = "é".repeat(2_000_000);
    assert_eq!(stream.run(bound("select length($1::text)", &[Some(&large)])).await.text(), "2000000");
}

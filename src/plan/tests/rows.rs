//! Rows that are put together, sorted, made distinct and cut.

use super::*;

#[test]
fn rows_that_need_no_merging_come_by_the_text_as_it_was_written() {
    for sql in [
        "select * from t -- all of it",
        "SELECT a,b FROM t WHERE c = $1 AND d IN ($2, $3)",
        "select * from t join countries c on c.id = t.country_id",
        "select a from t union all select b from u",
        "select *, row_number() over (partition by tenant_id order by x) from t",
        "select * from t where exists (select 1 from o where o.tenant_id = t.tenant_id and o.t_id = t.id)",
        "select * from t where tenant_id in (select tenant_id from o where x > 1)",
        "select tenant_id, count(*) from t group by tenant_id having count(*) > 1",
        "select distinct tenant_id, a from t",
        "select t.*, (select count(*) from o where o.tenant_id = t.tenant_id) from t",
        "select * from t left join o using (tenant_id)",
        "select * from big",
        "with x as (select * from t) select * from x join o on o.tenant_id = x.tenant_id",
        "select * from t cross join lateral (select * from o where o.tenant_id = t.tenant_id limit 3) last",
    ] {
        let read = read(sql);
        assert_eq!(
            (read.shard.sql.as_str(), &read.merge, read.distinct),
            (sql, &MergeStrategy::Concat, false),
            "{sql}"
        );
        assert!(read.finish.is_none() && read.hidden == 0, "{sql}");
    }
}

#[test]
fn an_order_is_merged_by_output_columns_or_by_hidden_ones() {
    let by_name = read("select * from t order by name limit 10");
    assert_eq!(by_name.shard.sql, "SELECT *, name AS mtdd_h0 FROM t ORDER BY name LIMIT 10");
    assert_eq!(by_name.merge, MergeStrategy::Sorted { keys: vec![ascending(Column::Hidden(0))], on: 0 });
    let mixed = read("select a as x, b from t order by 2 desc, X, lower(c), t.b nulls first");
    assert_eq!(
        mixed.shard.sql,
        "SELECT a AS x, b, lower(c) AS mtdd_h0 FROM t ORDER BY 2 DESC, X, lower(c), t.b NULLS FIRST"
    );
    let keys = vec![
        OrderKey { column: Column::Visible(1), descending: true, nulls_first: true },
        ascending(Column::Visible(0)),
        ascending(Column::Hidden(0)),
        OrderKey { column: Column::Visible(1), descending: false, nulls_first: true },
    ];
    assert_eq!(mixed.merge, MergeStrategy::Sorted { keys, on: 0 });
}

#[test]
fn a_shard_gives_as_many_rows_as_the_result_can_need() {
    let fixed = read("select a from t order by a limit 10 offset 5");
    assert_eq!(fixed.shard.sql, "SELECT a FROM t ORDER BY a LIMIT 15");
    assert_eq!((fixed.offset, fixed.limit), (Some(RowCount::Fixed(5)), Some(RowCount::Fixed(10))));
    let given = read("select a from t where b = $1 order by a limit $2 offset $3");
    assert_eq!(given.shard.sql, "SELECT a FROM t WHERE b = $1 ORDER BY a LIMIT $2");
    assert_eq!(given.shard.params, [ParamSource::Param(0), ParamSource::ShardLimit]);
    assert_eq!((given.offset, given.limit), (Some(RowCount::Param(2)), Some(RowCount::Param(1))));
    assert_eq!(read("select a from t offset 3").shard.sql, "SELECT a FROM t");
    assert_eq!(read("select a from t fetch first 2 rows only").shard.sql, "SELECT a FROM t LIMIT 2");
}

#[test]
fn duplicates_are_dropped_where_they_may_come_from_two_shards() {
    assert!(read("select distinct a, b from t").distinct);
    assert!(read("select a from t union select b from u").distinct);
    assert_eq!(read("select distinct * from t order by t.b").hidden, 1);
    assert_eq!(
        finish("select distinct a from t order by a desc limit $1"),
        "SELECT <visible> FROM (SELECT DISTINCT * FROM mtdd_g) AS mtdd_g ORDER BY mtdd_g.v0 DESC NULLS FIRST LIMIT $1"
    );
    let on = read("select distinct on (a) a, b from t order by a, b desc");
    assert!(matches!(on.merge, MergeStrategy::Sorted { on: 1, .. }));
    let unordered = read("select distinct on (lower(a)) * from t");
    assert_eq!(unordered.shard.sql, "SELECT DISTINCT ON (lower(a)) *, lower(a) AS mtdd_h0 FROM t ORDER BY lower(a)");
}

#[test]
fn rows_of_a_subquery_are_put_together_before_they_are_counted() {
    for subquery in [
        "select 1 from t order by count(*)",
        "select distinct count(*) from t group by tenant_id",
        "select distinct a from t",
        "select a from t limit 5",
    ] {
        let plan = read(&format!("select count(*) from ({subquery}) q"));
        assert_eq!(plan.merge, MergeStrategy::Finish, "{subquery}");
    }
    let plan = read("select count(*) from (select distinct tenant_id, count(*) from t group by tenant_id) q");
    assert!(matches!(plan.merge, MergeStrategy::Grouped(_)));
}

#[test]
fn columns_that_pass_through_a_finishing_query_are_described_as_where_they_come_from() {
    let origins = |sql: &str| read(sql).finish.map(|finish| finish.origins);
    assert_eq!(origins("select distinct a, b from t"), Some(Origins::Visible));
    let listed = |pairs: &[(usize, Column)]| Some(Origins::Listed(pairs.to_vec()));
    assert_eq!(origins("select a, count(distinct b) from t group by a"), listed(&[(0, Column::Hidden(0))]));
    for sql in [
        "select s.n, s.k from (select a as k, count(*) as n from t group by a) s",
        "with s as (select a as k, count(*) as n from t group by a) select n, k from s where n > 1",
    ] {
        assert_eq!(origins(sql), listed(&[(1, Column::Visible(0))]), "{sql}");
    }
    assert_eq!(origins("select * from (select distinct a from t) s"), listed(&[(0, Column::Visible(0))]));
}

#[test]
fn a_finishing_query_has_the_ctes_that_it_names_and_those_that_they_name() {
    let with = "with a as (select code from countries), b as (select * from a), unused as (select 1)";
    let text = finish(&format!("{with} select code from b except select x from t"));
    assert!(text.starts_with("WITH a AS (SELECT code FROM countries), b AS (SELECT * FROM a) "), "{text}");
    assert!(!text.contains("unused"), "{text}");
    let own =
        finish(&format!("{with} select * from (with b as (select x from t limit 1) select * from b) q order by 1"));
    assert!(own.contains("(WITH b AS (SELECT <visible> FROM mtdd_g LIMIT 1) SELECT * FROM b) q"), "{own}");
    let read = read(&format!("{with} select * from (select x from t join b on b.code = t.x limit 3) q where x > 1"));
    assert!(read.shard.sql.contains("a AS (SELECT code FROM countries), b AS"), "{}", read.shard.sql);
}

#[test]
fn names_of_output_columns_that_look_like_gathered_ones_do_not_order_by_them() {
    let text = finish("select distinct b as v1, a as v0 from t order by 1");
    assert!(text.ends_with("ORDER BY mtdd_g.v0 ASC NULLS LAST"), "{text}");
    let text = finish("select a as h1, count(distinct b) from t group by a order by a + 1");
    assert!(text.ends_with("ORDER BY mtdd_g.h0 + 1"), "{text}");
}

#[test]
fn a_row_in_order_by_is_merged_by_its_fields() {
    let keys = |sql: &str| match read(sql).merge {
        MergeStrategy::Sorted { keys, .. } => keys,
        other => panic!("{sql}: {other:?}"),
    };
    let key = |index, descending| OrderKey { column: Column::Hidden(index), descending, nulls_first: descending };
    assert_eq!(keys("select a from t order by (b, id)"), [key(0, false), key(1, false)]);
    assert_eq!(keys("select a from t order by row(b, id) desc nulls last"), [key(0, true), key(1, true)]);
    assert_eq!(
        read("select a from t order by (b, id)").shard.sql,
        "SELECT a, b AS mtdd_h0, id AS mtdd_h1 FROM t ORDER BY (b, id)"
    );
}

#[test]
fn more_columns_than_postgresql_has_are_refused_before_a_shard_refuses_them() {
    let averages = |count: usize| {
        let listed: Vec<_> = (0..count).map(|index| format!("avg(a{index})")).collect();
        format!("select {} from t", listed.join(", "))
    };
    assert!(planned(&averages(800)).is_ok());
    assert!(refused(&averages(900)).contains("1800 columns from each shard, and PostgreSQL allows 1664"));
}

#[test]
fn parentheses_around_a_key_do_not_hide_what_it_names() {
    for (plain, nested) in [
        ("select -a as a from t order by a", "select -a as a from t order by ((a))"),
        ("select -a as b from t order by 1 desc", "select -a as b from t order by (1) desc"),
        (
            "select distinct on (1) a as x, b from t order by 1, b",
            "select distinct on ((1)) a as x, b from t order by (1), (b)",
        ),
        (
            "select a as y, count(*) from t group by y order by y",
            "select a as y, count(*) from t group by (y) order by (y)",
        ),
        ("select a from t union select a from u order by 1", "select a from t union select a from u order by (1)"),
    ] {
        let (plain, nested) = (read_with_columns(plain), read_with_columns(nested));
        assert_eq!((plain.merge, plain.distinct, plain.finish), (nested.merge, nested.distinct, nested.finish));
    }
}

#[test]
fn distinct_on_means_an_output_column_before_any_other() {
    let by_other = read_with_columns("select distinct on (tenant_id) a as tenant_id, id from t order by tenant_id, id");
    assert!(matches!(by_other.merge, MergeStrategy::Sorted { on: 1, .. }), "{by_other:?}");
    for sql in
        ["select distinct on (tenant_id) tenant_id as x, id from t", "select distinct on (1) tenant_id, id from t"]
    {
        assert_eq!(read_with_columns(sql).merge, MergeStrategy::Concat, "{sql}");
    }
}

#[test]
fn the_order_of_a_part_is_not_taken_for_that_of_all_rows() {
    for sql in [
        "select string_agg(a, ',') from (select a from t order by a) q",
        "select b, json_agg(a) from (select a, b from t order by a) q group by b",
        "with q as (select a from t order by a) select array_agg(a) from q",
        "select string_agg(a, ',') from (select a from (select a from t order by a) r) q",
        "select a from (select a from t order by a) q limit 3",
        "select a from (select a from t order by a) q offset 1",
        "select a from (select a from t order by a) q fetch first row only",
        "with q as (select a from t order by a) select a from q limit 3",
        "select distinct on (b) a, b from (select a, b from t order by a) q",
        "(select a from t order by a) union all select b from t limit 3",
    ] {
        assert!(refused(sql).contains("depends on the ORDER BY of a subquery"), "{sql}");
    }
    for sql in [
        "select string_agg(a, ',' order by a) from (select a from t order by a) q",
        "select max(a) from (select a from t order by a) q",
        "select a from (select a from t order by a) q order by a limit 3",
        "select a from (select a from t order by a) q",
        "select tenant_id, array_agg(a) from (select tenant_id, a from t order by a) q group by tenant_id",
        "select string_agg(a, ',') from (select a from t order by a limit 5) q",
        "select a from (select a from t order by a limit 5) q limit 3",
        "select string_agg(a, ',') from t join (select id from countries order by id) c on c.id = t.id",
    ] {
        assert!(planned(sql).is_ok(), "{sql}: {:?}", planned(sql));
    }
}

#[test]
fn a_table_that_is_named_alone_is_refused() {
    for sql in ["select a from t union all table t", "select * from (table public.t) x"] {
        let refusal = refused(sql);
        assert!(refusal.contains("SELECT * FROM"), "{sql}: {refusal}");
    }
}

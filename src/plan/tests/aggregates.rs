//! Aggregates over the rows of all shards.

use super::*;

#[test]
fn counts_and_sums_are_folded() {
    let plan = read("select cat, count(*) as n, avg(x) from t where y > $1 group by cat order by n desc limit 3");
    assert_eq!(
        plan.shard.sql,
        "SELECT cat, count(*) AS n, avg(x), pg_catalog.sum((x) OPERATOR(pg_catalog.*) 1) AS mtdd_h0, pg_catalog.count(x) AS mtdd_h1 FROM t WHERE y > $1 GROUP BY cat"
    );
    let [sum, count] = [Column::Hidden(0), Column::Hidden(1)];
    assert_eq!(
        plan.merge,
        MergeStrategy::Grouped(Grouped {
            keys: vec![Column::Visible(0)],
            folds: vec![(Column::Visible(1), Fold::Sum), (sum, Fold::Sum), (count, Fold::Sum)],
            order: vec![OrderKey { column: Column::Visible(1), descending: true, nulls_first: true }],
            output: vec![
                GroupOutput::Column(Column::Visible(0)),
                GroupOutput::Column(Column::Visible(1)),
                GroupOutput::Average { sum, count },
            ],
        })
    );
    assert_eq!(
        finish("select cat, count(*) as n, avg(x) from t where y > $1 group by cat order by n desc limit 3"),
        "SELECT mtdd_g.v0 AS \"cat\", CAST(coalesce(pg_catalog.sum(v1), 0) AS bigint) AS \"n\", (CASE WHEN pg_catalog.sum(h1) OPERATOR(pg_catalog.>) 0 THEN (pg_catalog.sum(h0) OPERATOR(pg_catalog.+) '0') OPERATOR(pg_catalog./) pg_catalog.sum(h1) END) AS \"avg\" \
         FROM mtdd_g GROUP BY mtdd_g.v0 ORDER BY \"n\" DESC LIMIT 3"
    );
}

#[test]
fn what_is_done_to_aggregates_is_done_by_postgresql() {
    for (sql, shard, rest) in [
        (
            "select cat, sum(a) / count(*) as r from t group by 1 having count(*) > $1 order by r",
            "SELECT cat AS mtdd_h0, sum(a) AS mtdd_h1, count(*) AS mtdd_h2 FROM t GROUP BY 1",
            "SELECT mtdd_g.h0 AS \"cat\", CAST(sum(h1) AS <type of Hidden(1)>) / CAST(coalesce(pg_catalog.sum(h2), 0) AS bigint) AS \"r\" \
             FROM mtdd_g GROUP BY mtdd_g.h0 HAVING CAST(coalesce(pg_catalog.sum(h2), 0) AS bigint) > $1 ORDER BY \"r\"",
        ),
        (
            "select date_trunc('day', ts) as day, count(distinct u) from t group by day order by 1",
            "SELECT date_trunc('day', ts) AS mtdd_h0, u AS mtdd_h1 FROM t GROUP BY 1, 2",
            "SELECT mtdd_g.h0 AS \"day\", count(DISTINCT h1) AS \"count\" FROM mtdd_g GROUP BY mtdd_g.h0 ORDER BY 1",
        ),
        (
            "select cat, string_agg(name, ',' order by name desc) filter (where a > 1) from t group by cat",
            "SELECT cat AS mtdd_h0, name AS mtdd_h1, a > 1 AS mtdd_h2 FROM t",
            "SELECT mtdd_g.h0 AS \"cat\", string_agg(h1, ',' ORDER BY h1 DESC) FILTER (WHERE h2) AS \"string_agg\" \
             FROM mtdd_g GROUP BY mtdd_g.h0",
        ),
        (
            "select a, b, sum(c), grouping(a) from t group by rollup(a, b)",
            "SELECT a AS mtdd_h0, b AS mtdd_h1, sum(c) AS mtdd_h2 FROM t GROUP BY 1, 2",
            "SELECT mtdd_g.h0 AS \"a\", mtdd_g.h1 AS \"b\", CAST(sum(h2) AS <type of Hidden(2)>) AS \"sum\", \
             grouping(mtdd_g.h0) AS \"grouping\" FROM mtdd_g GROUP BY ROLLUP (mtdd_g.h0, mtdd_g.h1)",
        ),
        (
            "select cat, rank() over (order by sum(x) desc) from t group by cat",
            "SELECT cat AS mtdd_h0, sum(x) AS mtdd_h1 FROM t GROUP BY 1",
            "SELECT mtdd_g.h0 AS \"cat\", rank() OVER (ORDER BY CAST(sum(h1) AS <type of Hidden(1)>) DESC) AS \"rank\" \
             FROM mtdd_g GROUP BY mtdd_g.h0",
        ),
        (
            "select a from t intersect select b from u order by 1",
            "SELECT DISTINCT mtdd_q.*, 0 AS mtdd_h0 FROM (SELECT a FROM t) AS mtdd_q UNION ALL \
             SELECT DISTINCT mtdd_q.*, 1 AS mtdd_h0 FROM (SELECT b FROM u) AS mtdd_q",
            "SELECT mtdd_g.v0 AS \"a\" FROM mtdd_g WHERE mtdd_g.h0 OPERATOR(pg_catalog.=) 0 INTERSECT SELECT mtdd_g.v0 AS \"a\" FROM mtdd_g WHERE mtdd_g.h0 OPERATOR(pg_catalog.=) 1 ORDER BY 1",
        ),
        (
            "select code from countries except all select b from u",
            "SELECT mtdd_q.*, 0 AS mtdd_h0 FROM (SELECT b FROM u) AS mtdd_q",
            "SELECT code FROM countries EXCEPT ALL SELECT mtdd_g.v0 AS \"code\" FROM mtdd_g WHERE mtdd_g.h0 OPERATOR(pg_catalog.=) 0",
        ),
        (
            "select a from t order by b fetch first 3 rows with ties",
            "SELECT a, b AS mtdd_h0 FROM t ORDER BY b",
            "SELECT <visible> FROM mtdd_g ORDER BY mtdd_g.h0 ASC NULLS LAST FETCH FIRST 3 ROWS WITH TIES",
        ),
        (
            "select count(*) from (select distinct a from t) q",
            "SELECT DISTINCT a FROM t",
            "SELECT count(*) FROM (SELECT <visible> FROM (SELECT DISTINCT * FROM mtdd_g) AS mtdd_g) q",
        ),
        (
            "with x as (select cat, sum(v) s from t group by cat) select * from x where s > $1 order by s",
            "SELECT cat, sum(v) AS s FROM t GROUP BY cat",
            "WITH x AS (SELECT mtdd_g.v0 AS \"cat\", CAST(sum(v1) AS <type of Visible(1)>) AS \"s\" FROM mtdd_g GROUP BY mtdd_g.v0) \
             SELECT * FROM x WHERE s > $1 ORDER BY s",
        ),
    ] {
        assert_eq!(read(sql).shard.sql, shard, "{sql}");
        assert_eq!(finish(sql), rest, "{sql}");
    }
}

#[test]
fn an_alias_in_group_by_means_a_column_where_there_is_one() {
    let column = read("select date_trunc('day', created) as created, sum(x) + 1 from t group by created");
    assert!(column.shard.sql.starts_with("SELECT created AS mtdd_h0"), "{}", column.shard.sql);
    let alias = read("select date_trunc('day', created) as day, sum(x) + 1 from t group by day");
    assert!(alias.shard.sql.starts_with("SELECT date_trunc('day', created) AS mtdd_h0"), "{}", alias.shard.sql);
}

#[test]
fn a_position_behind_a_wildcard_may_be_any_column() {
    let plan = planned("select t.*, tenant_id, count(*) from t group by 2");
    assert!(!matches!(&plan, Ok(Plan::Read(read)) if read.merge == MergeStrategy::Concat), "{plan:?}");
}

#[test]
fn a_group_by_a_tenant_that_may_be_missing_is_merged() {
    let plan =
        read("select b.tenant_id, count(*) from a left join b on a.tenant_id = b.tenant_id group by b.tenant_id");
    assert!(matches!(plan.merge, MergeStrategy::Grouped(_)));
}

#[test]
fn parameters_and_the_clock_inside_a_gathered_aggregate_are_numbered_with_all_others() {
    let params = |sql: &str| read(sql).finish.unwrap().params;
    for (sql, text, sources) in [
        (
            "select string_agg(tenant_id, $1::text order by id) from t where a > $2",
            "SELECT string_agg(h0, $1::TEXT ORDER BY h1) AS \"string_agg\" FROM mtdd_g",
            vec![ParamSource::Param(0)],
        ),
        (
            "select count(*) from t where b = $1 having string_agg(a, $3) > $2",
            "SELECT count(*) AS \"count\" FROM mtdd_g HAVING string_agg(h0, $1) > $2",
            vec![ParamSource::Param(2), ParamSource::Param(1)],
        ),
        (
            "select percentile_cont($2) within group (order by a + $1) from t",
            "SELECT percentile_cont($1) WITHIN GROUP (ORDER BY h0) AS \"percentile_cont\" FROM mtdd_g",
            vec![ParamSource::Param(1)],
        ),
        (
            "select array_agg(now() order by (id, a)) filter (where b > $1) from t",
            "SELECT array_agg(CAST($1 AS TIMESTAMP WITH TIME ZONE) ORDER BY (h0, h1)) FILTER (WHERE h2) AS \"array_agg\" \
             FROM mtdd_g",
            vec![ParamSource::Now],
        ),
    ] {
        assert_eq!(finish(sql), text, "{sql}");
        assert_eq!(params(sql), sources, "{sql}");
    }
}

#[test]
fn a_column_is_no_key_where_nothing_is_grouped_by_it() {
    for sql in [
        "select a from t having true",
        "select a from t having count(*) > 1",
        "select grouping(a) from t",
        "select grouping(b) from t group by a",
        "select a from t group by a having grouping(b) = 0",
    ] {
        assert!(refused(sql).contains("group"), "{sql}");
    }
    assert!(finish("select grouping(a) from t group by a").contains("grouping(mtdd_g.h0)"));
}

#[test]
fn group_by_means_a_column_before_an_alias() {
    let shard = |sql: &str| read_with_columns(sql).shard.sql;
    assert_eq!(
        shard("select 1 + 1 as a, count(*) + 1 from t group by a"),
        "SELECT a AS mtdd_h0, count(*) AS mtdd_h1 FROM t GROUP BY 1"
    );
    assert_eq!(
        shard("select 1 + 1 as \"B \"\"c\", count(*) + 1 from t group by \"B \"\"c\""),
        "SELECT \"B \"\"c\" AS mtdd_h0, count(*) AS mtdd_h1 FROM t GROUP BY 1"
    );
    assert_eq!(
        shard("select a + 1 as x, count(*) + 1 from t group by (x)"),
        "SELECT a + 1 AS mtdd_h0, count(*) AS mtdd_h1 FROM t GROUP BY 1"
    );
    let unknown = "select 1 + a as x, count(*) from (select * from t) s group by x";
    assert!(plan(unknown, FanOutConsent::Implicit, &with_columns()).unwrap_err().to_string().contains("GROUP BY x"));
}

#[test]
fn aggregates_of_the_rows_around_a_subquery_are_refused() {
    for sql in [
        "select (select max(t.a)) from t",
        "select (select max(a)) from t",
        "select array(select max(t.a)) from t",
        "select coalesce((select count(t.id) from countries where vat = 1), 0) from t",
        "select (select count(a) from countries) from t",
        "select a from t group by a having exists (select 1 from countries where id = max(t.id))",
        "select (select vat from countries order by max(t.a) limit 1) from t",
        "select (select (select sum(t.a) from countries) from countries c limit 1) from t",
    ] {
        let plan = plan(sql, FanOutConsent::Implicit, &with_columns());
        assert!(matches!(&plan, Err(refusal) if refusal.to_string().contains("outer query")), "{sql}: {plan:?}");
    }
    for sql in [
        "select a, (select max(vat) from countries) from t",
        "select a, (select count(*) from countries where id = t.a) from t",
        "select a, (select max(c.vat + t.a) from countries c) from t",
        "select a, (select max(b.a) from t b where b.tenant_id = t.tenant_id) from t",
    ] {
        read_with_columns(sql);
    }
}

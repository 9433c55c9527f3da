use super::*;

fn layout() -> Layout {
    Layout {
        tenant_column: Some("tenant_id".into()),
        reference_tables: vec!["countries".into(), "geo.cities".into()],
        relations: [
            ("big", true, Some("SELECT * FROM t WHERE a > 100")),
            ("totals", false, Some("SELECT sum(a) AS total FROM t")),
            ("logs", false, None),
            ("t", true, None),
        ]
        .map(|(name, has_tenant, view)| {
            (name.to_owned(), Relation { has_tenant, view: view.map(str::to_owned), ..Relation::default() })
        })
        .into(),
        ..Layout::default()
    }
}

fn plan(sql: &str, asked: Asked, layout: &Layout) -> Result<Plan, Refusal> {
    super::plan(sql, asked, layout).plan
}

fn planned(sql: &str) -> Result<Plan, Refusal> {
    plan(sql, Asked::Implicitly, &layout())
}

fn read(sql: &str) -> Read {
    match planned(sql) {
        Ok(Plan::Read(read)) => (*read).clone(),
        other => panic!("{sql}: {other:?}"),
    }
}

/// A finishing query as text; types and visible columns stand as marks.
fn finish(sql: &str) -> String {
    let finish = read(sql).finish.unwrap_or_else(|| panic!("{sql}: no finishing query"));
    let bits = finish.body.iter().map(|bit| match bit {
        Bit::Sql(sql) => sql.clone(),
        Bit::TypeOf(column) => format!("<type of {column:?}>"),
        Bit::Visible => "<visible>".into(),
    });
    bits.collect()
}

fn refused(sql: &str) -> String {
    match planned(sql) {
        Err(refusal) => refusal.to_string(),
        Ok(plan) => panic!("{sql}: {plan:?}"),
    }
}

fn ascending(column: Column) -> Key {
    Key { column, descending: false, nulls_first: false }
}

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
        assert_eq!((read.shard.sql.as_str(), &read.merge, read.distinct), (sql, &Merge::Concat, false), "{sql}");
        assert!(read.finish.is_none() && read.hidden == 0, "{sql}");
    }
}

#[test]
fn an_order_is_merged_by_output_columns_or_by_hidden_ones() {
    let by_name = read("select * from t order by name limit 10");
    assert_eq!(by_name.shard.sql, "SELECT *, name AS mtdd_h0 FROM t ORDER BY name LIMIT 10");
    assert_eq!(by_name.merge, Merge::Sorted { keys: vec![ascending(Column::Hidden(0))], on: 0 });
    let mixed = read("select a as x, b from t order by 2 desc, X, lower(c), t.b nulls first");
    assert_eq!(
        mixed.shard.sql,
        "SELECT a AS x, b, lower(c) AS mtdd_h0 FROM t ORDER BY 2 DESC, X, lower(c), t.b NULLS FIRST"
    );
    let keys = vec![
        Key { column: Column::Visible(1), descending: true, nulls_first: true },
        ascending(Column::Visible(0)),
        ascending(Column::Hidden(0)),
        Key { column: Column::Visible(1), descending: false, nulls_first: true },
    ];
    assert_eq!(mixed.merge, Merge::Sorted { keys, on: 0 });
}

#[test]
fn a_shard_gives_as_many_rows_as_the_result_can_need() {
    let fixed = read("select a from t order by a limit 10 offset 5");
    assert_eq!(fixed.shard.sql, "SELECT a FROM t ORDER BY a LIMIT 15");
    assert_eq!((fixed.offset, fixed.limit), (Some(Number::Fixed(5)), Some(Number::Fixed(10))));
    let given = read("select a from t where b = $1 order by a limit $2 offset $3");
    assert_eq!(given.shard.sql, "SELECT a FROM t WHERE b = $1 ORDER BY a LIMIT $2");
    assert_eq!(given.shard.params, [Source::Given(0), Source::Enough]);
    assert_eq!((given.offset, given.limit), (Some(Number::Given(2)), Some(Number::Given(1))));
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
    assert!(matches!(on.merge, Merge::Sorted { on: 1, .. }));
    let unordered = read("select distinct on (lower(a)) * from t");
    assert_eq!(unordered.shard.sql, "SELECT DISTINCT ON (lower(a)) *, lower(a) AS mtdd_h0 FROM t ORDER BY lower(a)");
}

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
        Merge::Grouped(Grouped {
            keys: vec![Column::Visible(0)],
            folds: vec![(Column::Visible(1), Fold::Sum), (sum, Fold::Sum), (count, Fold::Sum)],
            order: vec![Key { column: Column::Visible(1), descending: true, nulls_first: true }],
            output: vec![
                Output::Column(Column::Visible(0)),
                Output::Column(Column::Visible(1)),
                Output::Average { sum, count },
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
fn one_clock_serves_all_shards() {
    let plan = read("select now(), current_date, a from t where b < current_timestamp");
    assert_eq!(
        plan.shard.sql,
        "SELECT CAST($1 AS TIMESTAMP WITH TIME ZONE) AS \"now\", \
         CAST(CAST($1 AS TIMESTAMP WITH TIME ZONE) AS DATE) AS \"current_date\", a FROM t \
         WHERE b < CAST($1 AS TIMESTAMP WITH TIME ZONE)"
    );
    assert_eq!(plan.shard.params, [Source::Now]);
}

#[test]
fn what_every_shard_holds_is_asked_of_one() {
    for sql in [
        "select 1",
        "select * from countries order by name",
        "select * from geo.cities limit 1",
        "select count(*) from pg_class",
        "select * from information_schema.columns where table_name = $1",
        "values (1), (2)",
        "show timezone",
    ] {
        assert_eq!(planned(sql), Ok(Plan::AnyShard), "{sql}");
    }
}

/// How the replies of a change become one; None: it is none.
fn changed(plan: Result<Plan, Refusal>) -> Option<Everywhere> {
    match plan {
        Ok(Plan::Change(change)) => Some(change.how),
        _ => None,
    }
}

#[test]
fn changes_run_on_every_shard() {
    assert_eq!(changed(planned("update t set a = 1 where b = 2 returning *")), Some(Everywhere::Sum));
    assert_eq!(changed(planned("delete from t using o where o.tenant_id = t.tenant_id")), Some(Everywhere::Sum));
    assert_eq!(changed(planned("update countries set name = 'x'")), Some(Everywhere::Same));
    let asked = |sql| plan(sql, Asked::AllServers, &layout());
    assert_eq!(changed(asked("insert into countries values (1)")), Some(Everywhere::Same));
    assert_eq!(changed(asked("insert into t values (1)")), Some(Everywhere::Sum));
    assert_eq!(
        asked("create policy p on t using (true) with check (a = any(b))"),
        Ok(Plan::Everywhere(Everywhere::Same))
    );
    assert_eq!(plan("call p()", Asked::ByNull, &layout()), Ok(Plan::Everywhere(Everywhere::Same)));
}

#[test]
fn what_cannot_be_proven_is_refused_with_its_reason() {
    for (sql, part) in [
        ("select * from a join b on a.id = b.a_id", "b is not joined on the tenant column"),
        ("select * from a, b where a.tenant_id = b.id", "b is not joined on the tenant column"),
        ("select * from a left join b on a.id = b.a_id where a.tenant_id = b.tenant_id", "b is not joined"),
        ("select * from countries c left join a on a.x = c.x", "an outer join"),
        ("select * from a where id in (select a_id from b)", "a subquery looks at rows of all shards"),
        ("select * from a where tenant_id not in (select tenant_id from b)", "a subquery looks at rows of all shards"),
        ("select *, row_number() over (order by x) from t", "PARTITION BY tenant_id"),
        ("select a from t union all select max(a) from t", "aggregates over all shards"),
        ("update t set (a, tenant_id) = (1, 'x')", "a change of tenant_id"),
        ("select * from totals", "the view totals"),
        ("select * from t limit 1 + 1", "LIMIT"),
        ("select nextval('s') from t", "nextval()"),
        ("select audit_all()", "audit_all()"),
        ("insert into t values (1)", "INSERT without a tenant"),
        ("create table x (a int)", "without a tenant"),
        ("call p()", "without a tenant"),
        ("select distinct a from t order by b", "not in its select list"),
        ("select distinct * from t order by lower(b)", "not in its select list"),
        ("begin", "a transaction over all shards"),
        ("select 1; select 2", "several statements"),
        ("update countries set a = t.a from t where t.tenant_id = 1", "reference table"),
        (
            "select b.tenant_id, count(*) from a left join b on a.tenant_id = b.tenant_id group by b.tenant_id, a.x having (select count(*) from a) > 1",
            "subquery",
        ),
    ] {
        let reason = refused(sql);
        assert!(reason.contains(part), "{sql}: {reason}");
    }
}

#[test]
fn an_attribute_of_an_expression_may_be_a_function() {
    // Of what every shard holds, it is told apart by nobody.
    for sql in [
        "select (1).total",
        "select (1).charge",
        "select $1.charge",
        "select ('s'::regclass).nextval",
        "select (c.a).lower.charge from countries c",
        "select c.a[1].charge from countries c",
        "select 1 from countries c where (c.a).charge > 0",
        "select (1).\"Charge\"",
        "select (select (1).charge)",
        "select (t.a).max from t",
        "select a from t order by (a).count",
    ] {
        for asked in [Asked::Implicitly, Asked::ByNull, Asked::AllServers] {
            let plan = plan(sql, asked, &layout());
            assert!(matches!(plan, Err(Refusal::Unsupported(_))), "{sql}: {plan:?}");
        }
    }
    // Of the rows of tenants, the catalogue knows whether there is such a function.
    assert_eq!(read("select (t.a).charge, t.b[1].x, t.c[2], (t.d).lower from t").functions, ["charge", "x"]);
    assert!(refused("update t set a = (b).charge").contains("charge()"));
    assert_eq!(planned("select c.a[1], (c.b).lower from countries c"), Ok(Plan::AnyShard));
}

#[test]
fn what_holds_only_for_some_rows_joins_no_others() {
    for (sql, part) in [
        // ON of an outer join says nothing of the rows that it keeps.
        (
            "select count(*) from a cross join c left join b on a.tenant_id = c.tenant_id and b.tenant_id = a.tenant_id",
            "c is not joined",
        ),
        (
            "select count(*) from a cross join c left join b on a.tenant_id = b.tenant_id and b.tenant_id = c.tenant_id",
            "c is not joined",
        ),
        (
            "select count(*) from a left join b on a.tenant_id = b.tenant_id and b.tenant_id = 'x', c where c.tenant_id = 'x'",
            "c is not joined",
        ),
        (
            "select count(*) from b right join (a cross join c) on a.tenant_id = b.tenant_id and b.tenant_id = c.tenant_id",
            "c is not joined",
        ),
        (
            "select count(*) from (a cross join c) full join b on a.tenant_id = b.tenant_id and b.tenant_id = c.tenant_id",
            "c is not joined",
        ),
        // Nor does a condition inside of a subquery say anything of the rows around it.
        (
            "select count(*) from a join b on not exists (select 1 from c where c.tenant_id = a.tenant_id and a.tenant_id = b.tenant_id)",
            "b is not joined",
        ),
        (
            "select count(*) from a cross join b cross join lateral \
             (select count(*) from c where c.tenant_id = a.tenant_id and c.tenant_id = b.tenant_id) x",
            "b is not joined",
        ),
        (
            "select id from a where id in (select x from c where tenant_id = 'x' and a.tenant_id = 'x') \
             or id in (select x from d where tenant_id = 'x')",
            "a subquery looks at rows of all shards",
        ),
        // Of two subqueries with the same text one may stand where it is compared with the tenant, the other not.
        (
            "select id from a where tenant_id in (select tenant_id from b) or exists (select tenant_id from b)",
            "a subquery looks at rows of all shards",
        ),
        ("select id from a where tenant_id in (select tenant_id from b fetch first row only)", "a subquery looks at"),
        // The rows around it are of all shards, those of the subquery only of the one that puts them together.
        (
            "select * from (select tenant_id, x from a order by x limit 5) q where q.tenant_id in (select tenant_id from b)",
            "a subquery looks at rows of all shards",
        ),
        ("select id from a order by row_number() over (order by x) limit 5", "PARTITION BY tenant_id"),
        ("select distinct on (rank() over (order by x)) id from a", "PARTITION BY tenant_id"),
        (
            "select * from (select distinct on (tenant_id) id from a order by tenant_id, rank() over (order by x)) q",
            "DISTINCT ON ordered by a window function",
        ),
        ("select distinct on ((select max(x) from b)) id from a", "a subquery looks at rows of all shards"),
        (
            "select rank() over w from a window w as (partition by tenant_id order by (select max(x) from b))",
            "a subquery looks at rows of all shards",
        ),
        (
            "select * from (select a from t limit 5) q cross join lateral (select count(*) from t where t.a = q.a) n",
            "rows that are put together of all shards",
        ),
        ("select * from a, (select 1 from b order by count(*)) q", "aggregates over all shards"),
    ] {
        let reason = refused(sql);
        assert!(reason.contains(part), "{sql}: {reason}");
    }
}

#[test]
fn what_holds_for_all_rows_joins_them() {
    for sql in [
        "select * from a left join b on a.tenant_id = b.tenant_id left join c on c.tenant_id = b.tenant_id",
        "select * from a left join b on a.tenant_id = b.tenant_id join c on c.tenant_id = b.tenant_id",
        "select * from a join c on a.tenant_id = $1 and c.tenant_id = $1 left join b on b.tenant_id = $1",
        "select * from a left join (b join d using (tenant_id)) on d.tenant_id = a.tenant_id",
        "select * from a full join b on a.tenant_id = b.tenant_id and a.id = b.id",
        "select * from a left join b on a.tenant_id = b.tenant_id, c where b.tenant_id = c.tenant_id",
        "select * from b right join a using (tenant_id) where a.tenant_id in (select tenant_id from c)",
        "select * from a where exists (select 1 from c where c.tenant_id = a.tenant_id) and a.x in (select x from c where tenant_id = a.tenant_id)",
    ] {
        assert!(matches!(planned(sql), Ok(Plan::Read(_))), "{sql}: {:?}", planned(sql));
    }
}

#[test]
fn a_position_behind_a_wildcard_may_be_any_column() {
    let plan = planned("select t.*, tenant_id, count(*) from t group by 2");
    assert!(!matches!(&plan, Ok(Plan::Read(read)) if read.merge == Merge::Concat), "{plan:?}");
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
        assert_eq!(plan.merge, Merge::Finish, "{subquery}");
    }
    let plan = read("select count(*) from (select distinct tenant_id, count(*) from t group by tenant_id) q");
    assert!(matches!(plan.merge, Merge::Grouped(_)));
}

#[test]
fn a_group_by_a_tenant_that_may_be_missing_is_merged() {
    let plan =
        read("select b.tenant_id, count(*) from a left join b on a.tenant_id = b.tenant_id group by b.tenant_id");
    assert!(matches!(plan.merge, Merge::Grouped(_)));
}

#[test]
fn functions_that_are_not_postgresqls_own_are_named() {
    let sql = "select my_fn(a), lower(b), app.Other(c), \"Mixed\"(d) from t";
    assert_eq!(read(sql).functions, ["\"Mixed\"", "app.other", "my_fn"]);
}

#[test]
fn no_text_makes_the_planner_panic() {
    let sql = "with x as (select a, count(*) filter (where b > $1) from t group by rollup(a, (b, c))) select distinct \
               on (a) *, 'é' from x join lateral (values (1)) v on true order by 1 desc nulls last limit $2 offset 3";
    for end in (0..sql.len()).filter(|end| sql.is_char_boundary(*end)) {
        let _ = planned(&sql[..end]);
        let _ = planned(&sql[end..]);
    }
    let deep = format!("select {}1{} from t", "(".repeat(5000), ")".repeat(5000));
    assert!(planned(&deep).is_err());
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
fn names_are_folded_as_postgresql_folds_them() {
    assert!(finish("select a as ÄA, count(distinct b) from t group by ÄA").contains("AS \"Äa\""));
    assert!(
        matches!(planned("select TENANT_ID, count(*) from t group by Tenant_Id"), Ok(Plan::Read(read)) if read.merge == Merge::Concat)
    );
}

#[test]
fn a_table_without_the_tenant_column_is_joined_with_nothing() {
    // Inside of the subquery `tenant_id` is that of the query around it.
    let inside = refused("select * from t where exists (select 1 from logs where tenant_id = t.tenant_id)");
    assert!(inside.contains("a subquery looks at rows of all shards"), "{inside}");
    assert!(refused("select * from t join logs using (tenant_id)").contains("logs is not joined"));
    let plan = read("select upper(a) as tenant_id, count(*) from logs group by tenant_id");
    assert!(matches!(plan.merge, Merge::Grouped(_)), "{plan:?}");
}

#[test]
fn relations_of_which_nothing_is_known_are_said_to_be_named() {
    assert!(read("select * from t join o using (tenant_id)").names_unknown);
    assert!(!read("with o as (select * from t) select * from o join countries c on c.id = o.id").names_unknown);
}

#[test]
fn parameters_and_the_clock_inside_a_gathered_aggregate_are_numbered_with_all_others() {
    let params = |sql: &str| read(sql).finish.unwrap().params;
    for (sql, text, sources) in [
        (
            "select string_agg(tenant_id, $1::text order by id) from t where a > $2",
            "SELECT string_agg(h0, $1::TEXT ORDER BY h1) AS \"string_agg\" FROM mtdd_g",
            vec![Source::Given(0)],
        ),
        (
            "select count(*) from t where b = $1 having string_agg(a, $3) > $2",
            "SELECT count(*) AS \"count\" FROM mtdd_g HAVING string_agg(h0, $1) > $2",
            vec![Source::Given(2), Source::Given(1)],
        ),
        (
            "select percentile_cont($2) within group (order by a + $1) from t",
            "SELECT percentile_cont($1) WITHIN GROUP (ORDER BY h0) AS \"percentile_cont\" FROM mtdd_g",
            vec![Source::Given(1)],
        ),
        (
            "select array_agg(now() order by (id, a)) filter (where b > $1) from t",
            "SELECT array_agg(CAST($1 AS TIMESTAMP WITH TIME ZONE) ORDER BY (h0, h1)) FILTER (WHERE h2) AS \"array_agg\" \
             FROM mtdd_g",
            vec![Source::Now],
        ),
    ] {
        assert_eq!(finish(sql), text, "{sql}");
        assert_eq!(params(sql), sources, "{sql}");
    }
}

#[test]
fn names_of_output_columns_that_look_like_gathered_ones_do_not_order_by_them() {
    let text = finish("select distinct b as v1, a as v0 from t order by 1");
    assert!(text.ends_with("ORDER BY mtdd_g.v0 ASC NULLS LAST"), "{text}");
    let text = finish("select a as h1, count(distinct b) from t group by a order by a + 1");
    assert!(text.ends_with("ORDER BY mtdd_g.h0 + 1"), "{text}");
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
fn a_row_in_order_by_is_merged_by_its_fields() {
    let keys = |sql: &str| match read(sql).merge {
        Merge::Sorted { keys, .. } => keys,
        other => panic!("{sql}: {other:?}"),
    };
    let key = |index, descending| Key { column: Column::Hidden(index), descending, nulls_first: descending };
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
    assert!(refused(&averages(900)).contains("1800 columns of each shard, where PostgreSQL has at most 1664"));
}

#[test]
fn a_function_that_has_the_name_of_postgresqls_own_is_not_taken_for_it() {
    let layout = Layout { shadowed: ["max", "lower"].map(str::to_owned).into(), ..layout() };
    let planned = |sql: &str| plan(sql, Asked::Implicitly, &layout);
    let reason = planned("select max(a) from t").unwrap_err().to_string();
    assert!(reason.contains("write pg_catalog.max()"), "{reason}");
    assert!(planned("select pg_catalog.max(a) from t").is_ok());
    let computes = planned("select lower(a), upper(a) from t");
    assert!(matches!(&computes, Ok(Plan::Read(read)) if read.functions == ["lower"]), "{computes:?}");
    assert!(read("select avg(a) from t").shard.sql.contains("pg_catalog.sum((a) OPERATOR(pg_catalog.*) 1)"));
}

#[test]
fn what_one_server_counts_is_no_answer_for_all() {
    for sql in [
        "select * from pg_stat_activity",
        "select count(*) from pg_catalog.pg_locks",
        "select pg_relation_size('t'), id from t",
        "select pg_backend_pid()",
    ] {
        assert!(refused(sql).contains("alone; "), "{sql}: {}", refused(sql));
        assert!(!matches!(plan(sql, Asked::ByNull, &layout()), Ok(Plan::AnyShard) | Err(_)), "{sql}");
    }
    let counted = plan("select count(*) from pg_stat_activity", Asked::ByNull, &layout());
    assert!(matches!(&counted, Ok(Plan::Read(read)) if matches!(read.merge, Merge::Grouped(_))), "{counted:?}");
    for sql in ["select reltuples from pg_class", "select c.* from pg_class c", "select * from pg_class"] {
        for asked in [Asked::Implicitly, Asked::ByNull] {
            let refusal = plan(sql, asked, &layout()).unwrap_err().to_string();
            assert!(refusal.contains("of pg_class, which tells of one shard only"), "{refusal}");
        }
    }
    assert_eq!(planned("select relname from pg_class join pg_namespace n on n.oid = relnamespace"), Ok(Plan::AnyShard));
}

#[test]
fn what_ends_with_its_connection_or_says_not_whose_it_is_is_refused_however_it_is_asked_for() {
    for (sql, part) in [
        ("listen orders", "handle.listen()"),
        ("unlisten *", "handle.listen()"),
        ("explain select * from t", "handle.explain()"),
        ("set timezone = 'UTC'", "knex.transaction()"),
        ("reset all", "knex.transaction()"),
        ("discard all", "knex.transaction()"),
        ("lock table t", "knex.transaction()"),
        ("prepare p as select 1", "knex.transaction()"),
        ("execute p", "knex.transaction()"),
        ("deallocate all", "knex.transaction()"),
        ("declare c cursor with hold for select 1", "knex.transaction()"),
        ("close all", "knex.transaction()"),
        ("set constraints all deferred", "knex.transaction()"),
        ("create temp table x (id int)", "without TEMPORARY"),
        ("create table pg_temp.x (id int)", "without TEMPORARY"),
        ("create temp table x as select * from t", "without TEMPORARY"),
        ("select * into temp x from t", "without TEMPORARY"),
        ("create local temporary recursive view x (a) as select 1", "without TEMPORARY"),
    ] {
        for asked in [Asked::ByNull, Asked::AllServers] {
            let reason = plan(sql, asked, &layout()).unwrap_err().to_string();
            assert!(reason.contains(part), "{sql}: {reason}");
        }
    }
}

#[test]
fn a_field_that_may_be_a_function_of_its_row_is_judged_as_a_call() {
    let mut layout = layout();
    let table = Relation { has_tenant: true, parts: (0, "a integer\ncount integer".into()), ..Relation::default() };
    layout.relations.insert("known".into(), table);
    layout.row_functions.extend(["charge".to_owned(), "a".to_owned()]);
    let planned = |sql: &str| plan(sql, Asked::ByNull, &layout);
    for sql in [
        "select k.charge from known k",
        "select known.charge from known",
        "select a from known k order by k.charge",
        "select a from known k where exists (select from known i where i.tenant_id = k.tenant_id and k.charge > 1)",
    ] {
        assert!(
            matches!(planned(sql), Ok(Plan::Read(read)) if read.functions == ["charge"]),
            "{sql}: {:?}",
            planned(sql)
        );
    }
    for sql in ["select k.a, k.count from known k", "select s.count from (select a, count(*) from known group by 1) s"]
    {
        assert!(matches!(planned(sql), Ok(Plan::Read(read)) if read.functions.is_empty()), "{sql}: {:?}", planned(sql));
    }
    assert!(planned("select c.charge from countries c").unwrap_err().to_string().contains("charge() of it"));
    assert!(planned("select k.max from known k").unwrap_err().to_string().contains("may mean max()"));
}

#[test]
fn a_change_of_the_tenant_column_is_refused_however_it_is_asked_for() {
    for sql in [
        "update t set tenant_id = 'b'",
        "update t set (a, TENANT_ID) = (1, 'b')",
        "with x as (select 1) update t set tenant_id = 'b'",
        "insert into t values (1) on conflict (id) do update set tenant_id = excluded.tenant_id",
        "insert into t values (1) on conflict (tenant_id, id) do update set tenant_id = 'b'",
        "merge into t using o on o.id = t.id when matched then update set tenant_id = 'b'",
        "with x as (update t set tenant_id = 'b' returning id) select count(*) from x",
        "with x as (update t set tenant_id = 'b' returning id) delete from o using x where x.id = o.id",
    ] {
        for asked in [Asked::ByNull, Asked::AllServers] {
            let reason = plan(sql, asked, &layout()).unwrap_err().to_string();
            let others = ["CTE", "a change that uses WITH", "INSERT without", "changes data"];
            let says = |part: &&str| reason.contains(part);
            assert!(
                says(&"a change of tenant_id") || asked == Asked::ByNull && others.iter().any(says),
                "{sql}: {reason}"
            );
        }
    }
    for sql in [
        "update t set a = 1 where tenant_id = 'b'",
        "update countries set tenant_id = 'b'",
        "insert into t values (1) on conflict (tenant_id, id) do update set tenant_id = excluded.tenant_id, a = 1",
    ] {
        assert!(plan(sql, Asked::AllServers, &layout()).is_ok(), "{sql}");
    }
}

#[test]
fn the_rows_that_merge_changes_are_counted_on_every_shard() {
    let merge = |table: &str, action: &str| {
        format!("merge into {table} using o on o.id = {table}.id and o.tenant_id = {table}.tenant_id when {action}")
    };
    let update = |table: &str| merge(table, "matched then update set a = 1");
    let insert = merge("t", "not matched then insert values (1)");
    let planned = |sql: &str, asked| plan(sql, asked, &layout());
    assert_eq!(changed(planned(&update("t"), Asked::ByNull)), Some(Everywhere::Sum));
    for asked in [Asked::ByNull, Asked::AllServers] {
        assert!(planned(&update("countries"), asked).is_err(), "by rows that differ from shard to shard");
    }
    let copied = merge("countries", "matched then update set a = 1").replace("using o", "using cities o");
    assert_eq!(changed(planned(&copied.replace("cities", "geo.cities"), Asked::AllServers)), Some(Everywhere::Same));
    assert!(planned(&update("t"), Asked::Implicitly).is_err());
    assert!(planned(&insert, Asked::ByNull).unwrap_err().to_string().contains("allServers: true"));
    assert_eq!(changed(planned(&insert, Asked::AllServers)), Some(Everywhere::Sum));
}

#[test]
fn a_change_has_one_time_for_all_shards() {
    let text = |sql: &str, asked| match plan(sql, asked, &layout()) {
        Ok(Plan::Change(change)) => change.shard.clone(),
        other => panic!("{sql}: {other:?}"),
    };
    let of_own = text("update t set a = $1, at = now() where b < current_date returning now()", Asked::Implicitly);
    assert_eq!(
        of_own.sql,
        "UPDATE t SET a = $1, at = CAST($2 AS TIMESTAMP WITH TIME ZONE) WHERE b < CAST(CAST($2 AS TIMESTAMP WITH TIME ZONE) AS DATE) \
         RETURNING CAST($2 AS TIMESTAMP WITH TIME ZONE) AS \"now\""
    );
    assert_eq!(of_own.params, [Source::Given(0), Source::Now]);
    let as_written = "update t set a = 1 -- now()";
    assert_eq!(text(as_written, Asked::Implicitly).sql, as_written);
    assert_eq!(
        text("insert into countries (id, at) values (1, now())", Asked::AllServers).sql,
        "INSERT INTO countries (id, at) VALUES (1, CAST($1 AS TIMESTAMP WITH TIME ZONE))"
    );
}

#[test]
fn a_policy_is_judged_as_a_condition_of_the_statement_would_be() {
    let with = |using: &str, command: &str, is_active: bool| {
        let mut layout = layout();
        if let Some(table) = layout.relations.get_mut("t") {
            let (name, command, using) = ("p".into(), command.into(), Some(using.into()));
            table.policies = vec![Policy { name, command, using, check: None, is_active }];
        }
        layout
    };
    let reads = |sql: &str, layout: &Layout| plan(sql, Asked::Implicitly, layout);
    for (using, is_allowed) in [
        ("(tenant_id = current_setting('mtdd.tenant_id'::text, true))", true),
        ("(EXISTS ( SELECT 1 FROM o WHERE (o.tenant_id = t.tenant_id)))", true),
        ("(a IN ( SELECT countries.id FROM countries))", true),
        ("(( SELECT count(*) AS count FROM o) > 2)", false),
        ("(a IN ( SELECT o.a FROM o))", false),
        ("(pg_backend_pid() > 2)", false),
        ("(at < now())", false),
        ("(ctid IS NOT NULL)", false),
    ] {
        for sql in ["select a from t", "select count(*) from big", "update t set a = 1", "select a from t for update"] {
            assert_eq!(reads(sql, &with(using, "*", true)).is_ok(), is_allowed, "{sql}: {using}");
        }
        // It holds for nobody who asks; but for whoever owns a view it may.
        assert!(reads("select a from t", &with(using, "*", false)).is_ok(), "{using}");
        assert_eq!(reads("select count(*) from big", &with(using, "*", false)).is_ok(), is_allowed, "{using}");
        assert!(reads("select a from t", &with(using, "w", true)).is_ok(), "{using}");
        assert_eq!(reads("select a from t for update", &with(using, "w", true)).is_ok(), is_allowed, "{using}");
    }
}

/// What PostgreSQL takes a literal or a quoted name for, from behind its first quote; and how much of the text that is.
fn unquoted(sql: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = sql.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return Some((value, at + 1));
        }
        value.push(c);
    }
    None
}

#[test]
fn literals_and_names_of_quotes_and_backslashes_are_printed_as_they_are() {
    const LETTERS: [&str; 6] = ["'", "\"", "\\", "$", "a", "--"];
    let mut values = vec![String::new()];
    for _ in 0..3 {
        let longer: Vec<String> =
            values.iter().flat_map(|value| LETTERS.map(|letter| format!("{value}{letter}"))).collect();
        values.extend(longer);
        values.sort();
        values.dedup();
    }
    for value in values.iter().filter(|value| !value.is_empty()) {
        let literal = format!("'{}'", value.replace('\'', "''"));
        let name = format!("\"{}\"", value.replace('"', "\"\""));
        // All that is printed is of the shards' text or the finishing one; each literal and name comes back whole.
        let having = finish(&format!("select count(*) || {literal} as k from t having count(*) > 0"));
        let at = having.find("|| '").unwrap() + 4;
        assert_eq!(unquoted(&having[at..], '\'').unwrap().0, *value, "{having}");
        let alias = finish(&format!("select count(*) + 1 as {name} from t"));
        let at = alias.find("AS \"").unwrap() + 4;
        let (read, length) = unquoted(&alias[at..], '"').unwrap();
        assert_eq!((read.as_str(), &alias[at + length..]), (value.as_str(), " FROM mtdd_g"), "{alias}");
        let national = finish(&format!("select count(*) || N{literal} as k from t"));
        let at = national.find("|| N'").unwrap() + 5;
        assert_eq!(unquoted(&national[at..], '\'').unwrap().0, *value, "{national}");
        let ordered = read_shard(&format!("select * from t where b <> {literal} order by a"));
        let at = ordered.find("<> '").unwrap() + 4;
        assert_eq!(unquoted(&ordered[at..], '\'').unwrap().0, *value, "{ordered}");
        let escaped = format!("E'{}'", value.replace('\\', "\\\\").replace('\'', "''"));
        let escaped = finish(&format!("select count(*) || {escaped} as k from t"));
        let printed = value.replace('\\', "\\\\").replace('\'', "\\'");
        assert!(escaped.contains(&format!("|| E'{printed}' AS \"k\" FROM mtdd_g")), "{escaped}");
        let separated = format!("select string_agg(name, {literal} order by name) as k from t");
        let separated = finish(&separated);
        assert!(separated.contains(&literal), "{separated}");
    }
}

fn read_shard(sql: &str) -> String {
    read(sql).shard.sql
}

#[test]
fn marks_cannot_be_forged() {
    for sql in [
        r"select count(*) || E'\x010\x02' as k from t",
        r"select count(*) || E'\u00010\u0002' as k from t",
        r"select x from t where name <> E'\001' order by x",
        r"select count(*) || U&'\00010\0002' as k from t",
        "select count(*) || '\u{1}0\u{2}' as k from t",
        "select count(*) as mtdd_m0 from t",
        r"select distinct E'\v' = chr(11) as k from t",
    ] {
        refused(sql);
    }
}

#[test]
fn system_columns_name_no_rows_of_all_shards() {
    for sql in [
        "select count(*) from t where ctid = '(0,1)'",
        "select t.xmin, a from t",
        "select a from t order by \"ctid\"",
        "update t set a = 1 where ctid = '(0,1)'",
        "delete from t where t.CTID = any($1)",
        "delete from t where xmax = 0 or cmin = 0 or cmax = 0",
        "select * from placed",
    ] {
        let mut layout = layout();
        let view = Some("SELECT t.ctid AS place, t.a FROM t".to_owned());
        layout.relations.insert("placed".into(), Relation { has_tenant: true, view, ..Relation::default() });
        for asked in [Asked::Implicitly, Asked::ByNull, Asked::AllServers] {
            let plan = plan(sql, asked, &layout);
            assert!(
                matches!(&plan, Err(refusal) if refusal.to_string().contains("one shard keeps a row")),
                "{sql}: {plan:?}"
            );
        }
    }
}

#[test]
fn null_waives_what_functions_do_and_not_that_a_change_is_exact() {
    let by = |sql: &str, asked| plan(sql, asked, &layout());
    for sql in [
        "update t set a = (select max(a) from t)",
        "delete from t where a > (select avg(a) from t)",
        "delete from countries where id in (select country_id from t)",
        "update t set tenant_id = 'b'",
        "merge into t using o on o.id = t.id when matched then update set a = o.a",
        "merge into t using countries c on c.id = t.a when matched then update set a = (select max(a) from t)",
        "merge into countries c using t on t.a = c.id when matched then delete",
    ] {
        assert!(by(sql, Asked::ByNull).is_err(), "{sql}");
    }
    for sql in [
        "update t set a = mine(a)",
        "delete from t where mine(a)",
        "merge into t using countries c on c.id = t.a when matched then update set a = c.id",
        "merge into t using o on o.id = t.id and o.tenant_id = t.tenant_id when matched then delete",
    ] {
        assert_eq!(changed(by(sql, Asked::ByNull)), Some(Everywhere::Sum), "{sql}");
    }
}

/// The layout with columns of `t` and `countries`.
fn with_columns() -> Layout {
    let mut layout = layout();
    for (name, columns) in
        [("t", "a integer\n\"B \"\"c\" text\nid integer\ntenant_id text"), ("countries", "id integer\nvat numeric")]
    {
        layout.relations.entry(name.into()).or_default().parts = (0, columns.into());
    }
    layout
}

fn read_with_columns(sql: &str) -> Read {
    match plan(sql, Asked::Implicitly, &with_columns()) {
        Ok(Plan::Read(read)) => (*read).clone(),
        other => panic!("{sql}: {other:?}"),
    }
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
    assert!(plan(unknown, Asked::Implicitly, &with_columns()).unwrap_err().to_string().contains("GROUP BY x"));
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
        let plan = plan(sql, Asked::Implicitly, &with_columns());
        assert!(matches!(&plan, Err(refusal) if refusal.to_string().contains("around it")), "{sql}: {plan:?}");
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
    assert!(matches!(by_other.merge, Merge::Sorted { on: 1, .. }), "{by_other:?}");
    for sql in
        ["select distinct on (tenant_id) tenant_id as x, id from t", "select distinct on (1) tenant_id, id from t"]
    {
        assert_eq!(read_with_columns(sql).merge, Merge::Concat, "{sql}");
    }
}

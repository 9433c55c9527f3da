//! Which queries can run shard by shard.

use super::*;

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

#[test]
fn what_cannot_be_proven_is_refused_with_its_reason() {
    for (sql, part) in [
        ("select * from a join b on a.id = b.a_id", "b is not joined on the tenant column"),
        ("select * from a, b where a.tenant_id = b.id", "b is not joined on the tenant column"),
        ("select * from a left join b on a.id = b.a_id where a.tenant_id = b.tenant_id", "b is not joined"),
        ("select * from countries c left join a on a.x = c.x", "an outer join"),
        ("select * from a where id in (select a_id from b)", "a subquery reads rows of all shards"),
        ("select * from a where tenant_id not in (select tenant_id from b)", "a subquery reads rows of all shards"),
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
            "a subquery reads rows of all shards",
        ),
        // Of two subqueries with the same text one may stand where it is compared with the tenant, the other not.
        (
            "select id from a where tenant_id in (select tenant_id from b) or exists (select tenant_id from b)",
            "a subquery reads rows of all shards",
        ),
        ("select id from a where tenant_id in (select tenant_id from b fetch first row only)", "a subquery reads"),
        // The rows around it are of all shards, those of the subquery only of the one that puts them together.
        (
            "select * from (select tenant_id, x from a order by x limit 5) q where q.tenant_id in (select tenant_id from b)",
            "a subquery reads rows of all shards",
        ),
        ("select id from a order by row_number() over (order by x) limit 5", "PARTITION BY tenant_id"),
        ("select distinct on (rank() over (order by x)) id from a", "PARTITION BY tenant_id"),
        (
            "select * from (select distinct on (tenant_id) id from a order by tenant_id, rank() over (order by x)) q",
            "DISTINCT ON ordered by a window function",
        ),
        ("select distinct on ((select max(x) from b)) id from a", "a subquery reads rows of all shards"),
        (
            "select rank() over w from a window w as (partition by tenant_id order by (select max(x) from b))",
            "a subquery reads rows of all shards",
        ),
        (
            "select * from (select a from t limit 5) q cross join lateral (select count(*) from t where t.a = q.a) n",
            "rows gathered from all shards",
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
fn a_table_without_the_tenant_column_is_joined_with_nothing() {
    // Inside of the subquery `tenant_id` is that of the query around it.
    let inside = refused("select * from t where exists (select 1 from logs where tenant_id = t.tenant_id)");
    assert!(inside.contains("a subquery reads rows of all shards"), "{inside}");
    assert!(refused("select * from t join logs using (tenant_id)").contains("logs is not joined"));
    let plan = read("select upper(a) as tenant_id, count(*) from logs group by tenant_id");
    assert!(matches!(plan.merge, MergeStrategy::Grouped(_)), "{plan:?}");
}

#[test]
fn tenants_that_sql_may_hold_for_equal_are_not_told_apart_by_their_column() {
    let layout = |of_type: &str| {
        let mut layout = layout();
        let column = format!("id integer\ntenant_id {of_type}");
        let relation = Relation { has_tenant: true, parts: (0, column), ..Relation::default() };
        layout.relations.extend(["a", "b"].map(|name| (name.to_owned(), relation.clone())));
        layout
    };
    let sql = "select * from a join b on a.tenant_id = b.tenant_id";
    for of_type in [
        "citext",
        "numeric",
        "numeric(10,2)",
        "text collate ci i und und not deterministic",
        "dom over citext",
        "dom collate ci i und not deterministic over text",
        "double precision",
        "jsonb",
        "text[]",
        "mood[] of 'a', 'b'",
        "pair of a integer",
        "timestamp with time zone",
    ] {
        let refusal = plan(sql, FanOutConsent::Implicit, &layout(of_type)).unwrap_err().to_string();
        assert!(refusal.contains("may hold two tenants for equal"), "{of_type}: {refusal}");
        for sql in ["select tenant_id, count(*) from a group by tenant_id", "select distinct tenant_id from a"] {
            let plan = plan(sql, FanOutConsent::Implicit, &layout(of_type));
            let is_merged =
                matches!(&plan, Ok(Plan::Read(read)) if read.merge != MergeStrategy::Concat || read.distinct);
            assert!(is_merged, "{sql}: {plan:?}");
        }
        let window = "select row_number() over (partition by tenant_id order by id) from a";
        assert!(plan(window, FanOutConsent::Implicit, &layout(of_type)).is_err());
    }
    for of_type in [
        "text",
        "text collate \"C\" c C",
        "character varying(64)",
        "character(8)",
        "integer",
        "bigint",
        "uuid",
        "mood of 'a', 'b'",
        "dom over text",
        "dom over character varying(9)",
    ] {
        assert!(plan(sql, FanOutConsent::Implicit, &layout(of_type)).is_ok(), "{of_type}");
    }
}

#[test]
fn a_cast_may_make_another_tenant_of_a_literal() {
    for sql in [
        "select count(*) from a join b on a.tenant_id = 'xy' and b.tenant_id = 'xy'::varchar(1)",
        "select count(*) from a join b on a.tenant_id = $1 and b.tenant_id = cast($1 as char(2))",
    ] {
        assert!(refused(sql).contains("b is not joined"), "{sql}");
    }
    for sql in [
        "select count(*) from a join b on a.tenant_id = 'xy' and b.tenant_id = ('xy'::text)",
        "select count(*) from a join b on a.tenant_id = $1::uuid and b.tenant_id = cast($1 as uuid)",
        "select count(*) from a join b on a.tenant_id = $1 and b.tenant_id = $1::varchar",
    ] {
        assert!(planned(sql).is_ok(), "{sql}");
    }
}

#[test]
fn relations_of_which_nothing_is_known_are_said_to_be_named() {
    assert!(read("select * from t join o using (tenant_id)").names_unknown);
    assert!(!read("with o as (select * from t) select * from o join countries c on c.id = o.id").names_unknown);
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
    let reads = |sql: &str, layout: &Layout| plan(sql, FanOutConsent::Implicit, layout);
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
        for consent in [FanOutConsent::Implicit, FanOutConsent::Null, FanOutConsent::AllServers] {
            let plan = plan(sql, consent, &layout);
            assert!(
                matches!(&plan, Err(refusal) if refusal.to_string().contains("one shard stores a row")),
                "{sql}: {plan:?}"
            );
        }
    }
}

#[test]
fn rows_of_all_shards_are_not_compared_by_what_each_server_has_by_itself() {
    let mut layout = layout();
    let columns = (0, "tenant_id text\na integer\nrc regclass".to_owned());
    layout.relations.insert("t".into(), Relation { has_tenant: true, parts: columns, ..Relation::default() });
    layout.relations.insert("sq".into(), Relation { is_sequence: true, ..Relation::default() });
    let planned = |sql: &str| plan(sql, FanOutConsent::Implicit, &layout);
    for sql in [
        "select count(distinct tableoid) from t",
        "select min(a) from t group by tableoid",
        "select count(*) from t group by 't'::regclass::oid",
        "select count(*) from t where tableoid = 16400",
        "select count(*) from t where tableoid::regclass = 16400::regclass",
        "select a from t order by tableoid",
        "select tableoid, a from t order by 1",
        "select tableoid as o, a from t order by o",
        "select distinct tableoid from t",
        "select min(rc) = max(rc) from t",
        "select a from t order by rc",
        "select rank() over (partition by tenant_id order by tableoid) from t",
        "select count(distinct c.oid) from pg_class c, t",
        "select current_database(), count(*) from t group by 1",
        "select a from t where current_database() = 'x'",
        "select a from t union select version() from t",
        "select count(distinct pg_relation_filepath('t')) from t",
        "select last_value from sq",
        "select count(*) from sq",
    ] {
        assert!(planned(sql).is_err(), "{sql}: {:?}", planned(sql));
    }
    for sql in [
        "select tableoid, a from t order by a limit 5",
        "select tableoid::regclass, rc from t",
        "select tableoid::regclass::text as part, count(*) from t group by 1 order by 1",
        "select count(*) from t where tableoid = 't'::regclass",
        "select count(*) from t where tableoid in ('t'::regclass, 'o'::regclass::oid)",
        "select rc::text, count(*) from t group by rc::text",
        "select current_database(), version(), a from t",
        "select count(*) from t where owner = current_user",
        "select current_database()",
        "select count(distinct oid) from pg_class",
        "select c.table_name, t.a from t join information_schema.columns c on c.column_name = t.tenant_id",
    ] {
        assert!(planned(sql).is_ok(), "{sql}: {:?}", planned(sql));
    }
    for sql in
        ["select count(distinct tableoid) from t", "select count(*) from pg_class c, t", "select last_value from sq"]
    {
        assert!(plan(sql, FanOutConsent::AllServers, &layout).is_ok(), "{sql}");
    }
}

#[test]
fn what_one_server_counts_is_no_answer_for_all() {
    for sql in [
        "select * from pg_stat_activity",
        "select count(*) from pg_catalog.pg_locks",
        "select pg_relation_size('t'), id from t",
        "select pg_backend_pid()",
    ] {
        assert!(refused(sql).contains("describes only"), "{sql}: {}", refused(sql));
        assert!(!matches!(plan(sql, FanOutConsent::Null, &layout()), Ok(Plan::AnyShard) | Err(_)), "{sql}");
    }
    let counted = plan("select count(*) from pg_stat_activity", FanOutConsent::Null, &layout());
    assert!(matches!(&counted, Ok(Plan::Read(read)) if matches!(read.merge, MergeStrategy::Grouped(_))), "{counted:?}");
    for sql in ["select reltuples from pg_class", "select c.* from pg_class c", "select * from pg_class"] {
        for consent in [FanOutConsent::Implicit, FanOutConsent::Null] {
            let refusal = plan(sql, consent, &layout()).unwrap_err().to_string();
            assert!(refusal.contains("of pg_class, which describes only one shard"), "{refusal}");
        }
    }
    assert_eq!(planned("select relname from pg_class join pg_namespace n on n.oid = relnamespace"), Ok(Plan::AnyShard));
}

#[test]
fn a_reference_table_is_the_one_that_its_declaration_means_in_sql() {
    let of = |schema: &str| Relation { schema: schema.into(), ..Relation::default() };
    let mut layout = Layout { reference_tables: vec!["countries".into(), "codes".into()], ..Layout::default() };
    for (name, schema) in
        [("countries", "public"), ("public.countries", "public"), ("o.countries", "o"), ("o.codes", "o")]
    {
        layout.relations.insert(name.into(), of(schema));
    }
    let names = |name: &str| name.split('.').map(str::to_owned).collect::<Vec<_>>();
    assert!(layout.is_reference(&names("countries")) && layout.is_reference(&names("public.countries")));
    assert!(!layout.is_reference(&names("o.countries")) && layout.unclear(&names("o.countries")).is_none());
    // search_path finds no such table, so that this one may be meant.
    assert!(layout.unclear(&names("o.codes")).is_some());
    assert!(layout.is_reference(&names("codes")), "it may come");
    layout.reference_tables = vec!["o.countries".into()];
    assert!(layout.is_reference(&names("o.countries")) && !layout.is_reference(&names("countries")));
}

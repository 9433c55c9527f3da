SELECT
	pg_advisory_xact_lock(1), pg_advisory_xact_lock_shared(2),
	pg_advisory_xact_lock(1, 1), pg_advisory_xact_lock_shared(2, 2)
;;
SELECT pg_advisory_unlock_all()
;;
SELECT
	pg_advisory_unlock(1), pg_advisory_unlock_shared(2),
	pg_advisory_unlock(1, 1), pg_advisory_unlock_shared(2, 2)
;;
SELECT
	pg_advisory_lock(1), pg_advisory_lock_shared(2),
	pg_advisory_lock(1, 1), pg_advisory_lock_shared(2, 2)
;;
SELECT avg(four) AS avg_1 FROM onek
;;
SELECT avg(a) AS avg_32 FROM aggtest WHERE a < 100
;;
SELECT any_value(v) FROM (VALUES (1), (2), (3)) AS v (v)
;;
SELECT any_value(v) FROM (VALUES (array['hello', 'world'])) AS v (v)
;;
SELECT avg(b)::numeric(10,3) AS avg_107_943 FROM aggtest
;;
SELECT avg(gpa) AS avg_3_4 FROM ONLY student
;;
SELECT sum(four) AS sum_1500 FROM onek
;;
SELECT sum(a) AS sum_198 FROM aggtest
;;
SELECT sum(b) AS avg_431_773 FROM aggtest
;;
SELECT sum(gpa) AS avg_6_8 FROM ONLY student
;;
SELECT max(four) AS max_3 FROM onek
;;
SELECT max(a) AS max_100 FROM aggtest
;;
SELECT max(aggtest.b) AS max_324_78 FROM aggtest
;;
SELECT max(student.gpa) AS max_3_7 FROM student
;;
SELECT stddev_pop(b) FROM aggtest
;;
SELECT stddev_samp(b) FROM aggtest
;;
SELECT var_pop(b) FROM aggtest
;;
SELECT var_samp(b) FROM aggtest
;;
SELECT stddev_pop(b::numeric) FROM aggtest
;;
SELECT stddev_samp(b::numeric) FROM aggtest
;;
SELECT var_pop(b::numeric) FROM aggtest
;;
SELECT var_samp(b::numeric) FROM aggtest
;;
SELECT var_pop(1.0::float8), var_samp(2.0::float8)
;;
SELECT stddev_pop(3.0::float8), stddev_samp(4.0::float8)
;;
SELECT max(row(a,b)) FROM aggtest
;;
SELECT min(row(a,b)) FROM aggtest
;;
select sum(null::int4) from generate_series(1,3)
;;
select avg(null::int4) from generate_series(1,3)
;;
SELECT sum(x::float8), avg(x::float8), var_pop(x::float8)
FROM (VALUES ('1'), ('infinity')) v(x)
;;
SELECT sum(x::numeric), avg(x::numeric), var_pop(x::numeric)
FROM (VALUES ('1'), ('infinity')) v(x)
;;
SELECT avg(x::float8), var_pop(x::float8)
FROM (VALUES (100000003), (100000004), (100000006), (100000007)) v(x)
;;
SELECT regr_count(b, a) FROM aggtest
;;
SELECT regr_sxx(b, a) FROM aggtest
;;
SELECT regr_syy(b, a) FROM aggtest
;;
SELECT regr_sxy(b, a) FROM aggtest
;;
SELECT regr_avgx(b, a), regr_avgy(b, a) FROM aggtest
;;
SELECT regr_r2(b, a) FROM aggtest
;;
SELECT regr_slope(b, a), regr_intercept(b, a) FROM aggtest
;;
SELECT covar_pop(b, a), covar_samp(b, a) FROM aggtest
;;
SELECT corr(b, a) FROM aggtest
;;
SELECT covar_pop(1::float8,2::float8), covar_samp(3::float8,4::float8)
;;
SELECT count(*), sum(x), regr_sxx(y,x), sum(y),regr_syy(y,x), regr_sxy(y,x)
FROM regr_test WHERE x IN (10,20,30,80)
;;
SELECT count(*), sum(x), regr_sxx(y,x), sum(y),regr_syy(y,x), regr_sxy(y,x)
FROM regr_test
;;
SELECT float8_accum('{4,140,2900}'::float8[], 100)
;;
SELECT float8_regr_accum('{4,140,2900,1290,83075,15050}'::float8[], 200, 100)
;;
SELECT float8_combine('{3,60,200}'::float8[], '{0,0,0}'::float8[])
;;
SELECT float8_regr_combine('{3,60,200,750,20000,2000}'::float8[],
                           '{0,0,0,0,0,0}'::float8[])
;;
SELECT count(four) AS cnt_1000 FROM onek
;;
SELECT count(DISTINCT four) AS cnt_4 FROM onek
;;
select ten, count(*), sum(four) from onek
group by ten order by ten
;;
select ten, count(four), sum(DISTINCT four) from onek
group by ten order by ten
;;
SELECT newavg(four) AS avg_1 FROM onek
;;
SELECT newsum(four) AS sum_1500 FROM onek
;;
SELECT newcnt(four) AS cnt_1000 FROM onek
;;
SELECT newcnt(*) AS cnt_1000 FROM onek
;;
SELECT oldcnt(*) AS cnt_1000 FROM onek
;;
SELECT sum2(q1,q2) FROM int8_tbl
;;
select ten, sum(distinct four) from onek a
group by ten
having exists (select 1 from onek b where sum(distinct a.four) = b.four)
;;
select ten, sum(distinct four) from onek a
group by ten
having exists (select 1 from onek b
               where sum(distinct a.four + b.four) = b.four)
;;
select
  (select max((select i.unique2 from tenk1 i where i.unique1 = o.unique1)))
from tenk1 o
;;
select s1, s2, sm
from generate_series(1, 3) s1,
     lateral (select s2, sum(s1 + s2) sm
              from generate_series(1, 3) s2 group by s2) ss
order by 1, 2
;;
select array(select sum(x+y) s
            from generate_series(1,3) y group by y order by s)
  from generate_series(1,3) x
;;
SELECT
  BIT_AND(i2) AS "?",
  BIT_OR(i4)  AS "?",
  BIT_XOR(i8) AS "?"
FROM bitwise_test
;;
SELECT
  -- boolean or transitions
  -- null because strict
  boolor_statefunc(NULL, NULL)  IS NULL AS "t",
  boolor_statefunc(TRUE, NULL)  IS NULL AS "t",
  boolor_statefunc(FALSE, NULL) IS NULL AS "t",
  boolor_statefunc(NULL, TRUE)  IS NULL AS "t",
  boolor_statefunc(NULL, FALSE) IS NULL AS "t",
  -- actual computations
  boolor_statefunc(TRUE, TRUE) AS "t",
  boolor_statefunc(TRUE, FALSE) AS "t",
  boolor_statefunc(FALSE, TRUE) AS "t",
  NOT boolor_statefunc(FALSE, FALSE) AS "t"
;;
SELECT
  BOOL_AND(b1)   AS "n",
  BOOL_OR(b3)    AS "n"
FROM bool_test
;;
SELECT
  EVERY(b1)     AS "f",
  EVERY(b2)     AS "t",
  EVERY(b3)     AS "f",
  EVERY(b4)     AS "n",
  EVERY(NOT b2) AS "f",
  EVERY(NOT b3) AS "t"
FROM bool_test
;;
SELECT
  BOOL_OR(b1)      AS "t",
  BOOL_OR(b2)      AS "t",
  BOOL_OR(b3)      AS "f",
  BOOL_OR(b4)      AS "n",
  BOOL_OR(NOT b2)  AS "f",
  BOOL_OR(NOT b3)  AS "t"
FROM bool_test
;;
select min(unique1) from tenk1
;;
select max(unique1) from tenk1
;;
select max(unique1) from tenk1 where unique1 < 42
;;
select max(unique1) from tenk1 where unique1 > 42
;;
select max(tenthous) from tenk1 where thousand = 33
;;
select min(tenthous) from tenk1 where thousand = 33
;;
select f1, (select min(unique1) from tenk1 where unique1 > f1) AS gt
  from int4_tbl
;;
select distinct max(unique2) from tenk1
;;
select max(unique2) from tenk1 order by 1
;;
select max(unique2) from tenk1 order by max(unique2)
;;
select max(unique2) from tenk1 order by max(unique2)+1
;;
select max(unique2), generate_series(1,3) as g from tenk1 order by g desc
;;
select max(100) from tenk1
;;
select min(f1), max(f1) from minmaxtest
;;
select distinct min(f1), max(f1) from minmaxtest
;;
select f1, (select distinct min(t1.f1) from int4_tbl t1 where t1.f1 = t0.f1)
from int4_tbl t0
;;
select max(min(unique1)) from tenk1
;;
select (select max(min(unique1)) from int8_tbl) from tenk1
;;
select avg((select avg(a1.col1 order by (select avg(a2.col2) from tenk1 a3))
            from tenk1 a1(col1)))
from tenk1 a2(col2)
;;
select a, b from t_opf group by a, b order by b
;;
select f1 from t1 left join t2 using (f1) group by f1
;;
select f1 from t1 left join t2 using (f1) group by t1.f1
;;
select t1.f1 from t1 left join t2 using (f1) group by t1.f1
;;
select t1.f1 from t1 left join t2 using (f1) group by f1
;;
select f1, count(*) from
t1 x(x0,x1) left join (t1 left join t2 using(f1)) on (x0 = 0)
group by f1
;;
select f2, count(*) from
t1 x(x0,x1) left join (t1 left join t2 using(f2)) on (x0 = 0)
group by f2
;;
select pg_get_viewdef('v1'::regclass)
;;
select array_agg(distinct val)
from (select null as val from generate_series(1, 2))
;;
select array_agg(a order by b)
  from (values (1,4),(2,3),(3,1),(4,2)) v(a,b)
;;
select array_agg(a order by a)
  from (values (1,4),(2,3),(3,1),(4,2)) v(a,b)
;;
select array_agg(a order by a desc)
  from (values (1,4),(2,3),(3,1),(4,2)) v(a,b)
;;
select array_agg(b order by a desc)
  from (values (1,4),(2,3),(3,1),(4,2)) v(a,b)
;;
select array_agg(distinct a)
  from (values (1),(2),(1),(3),(null),(2)) v(a)
;;
select array_agg(distinct a order by a)
  from (values (1),(2),(1),(3),(null),(2)) v(a)
;;
select array_agg(distinct a order by a desc)
  from (values (1),(2),(1),(3),(null),(2)) v(a)
;;
select array_agg(distinct a order by a desc nulls last)
  from (values (1),(2),(1),(3),(null),(2)) v(a)
;;
select aggfstr(a,b,c)
  from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c)
;;
select aggfns(a,b,c)
  from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c)
;;
select aggfstr(distinct a,b,c)
  from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c),
       generate_series(1,3) i
;;
select aggfns(distinct a,b,c)
  from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c),
       generate_series(1,3) i
;;
select aggfstr(distinct a,b,c order by b)
  from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c),
       generate_series(1,3) i
;;
select aggfns(distinct a,b,c order by b)
  from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c),
       generate_series(1,3) i
;;
select aggfns(distinct a,a,c order by c using ~<~,a)
  from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c),
       generate_series(1,2) i
;;
select aggfns(distinct a,a,c order by c using ~<~)
  from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c),
       generate_series(1,2) i
;;
select aggfns(distinct a,a,c order by a)
  from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c),
       generate_series(1,2) i
;;
select aggfns(distinct a,b,c order by a,c using ~<~,b)
  from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c),
       generate_series(1,2) i
;;
select
    string_agg(distinct 'a', ','),
    sum((
        select sum(1)
        from (values(1)) b(id)
        where a.id = b.id
)) from unnest(array[1]) a(id)
;;
select * from agg_view1
;;
select aggfns(distinct a,b,c order by i)
  from (values (1,1,'foo')) v(a,b,c), generate_series(1,2) i
;;
select aggfns(distinct a,b,c order by a,b+1)
  from (values (1,1,'foo')) v(a,b,c), generate_series(1,2) i
;;
select aggfns(distinct a,b,c order by a,b,i,c)
  from (values (1,1,'foo')) v(a,b,c), generate_series(1,2) i
;;
select aggfns(distinct a,a,c order by a,b)
  from (values (1,1,'foo')) v(a,b,c), generate_series(1,2) i
;;
select string_agg(a,',') from (values('aaaa'),('bbbb'),('cccc')) g(a)
;;
select string_agg(distinct f1, ',' order by f1) from varchar_tbl
;;
select string_agg(distinct f1::text, ',' order by f1) from varchar_tbl
;;
select string_agg(distinct f1, ',' order by f1::text) from varchar_tbl
;;
select string_agg(distinct f1::text, ',' order by f1::text) from varchar_tbl
;;
select string_agg(v, '') from bytea_test_table
;;
select string_agg(v, decode('ee', 'hex')) from bytea_test_table
;;
select min(v) from bytea_test_table
;;
select max(v) from bytea_test_table
;;
select * from v_pagg_test order by y
;;
select array_dims(array_agg(s)) from (select * from pagg_test) s
;;
select min(unique1) filter (where unique1 > 100) from tenk1
;;
select sum(1/ten) filter (where ten > 0) from tenk1
;;
select ten, sum(distinct four) filter (where four::text ~ '123') from onek a
group by ten
;;
select ten, sum(distinct four) filter (where four > 10) from onek a
group by ten
having exists (select 1 from onek b where sum(distinct a.four) = b.four)
;;
select max(foo COLLATE "C") filter (where (bar collate "POSIX") > '0')
from (values ('a', 'b')) AS v(foo,bar)
;;
select any_value(v) filter (where v > 2) from (values (1), (2), (3)) as v (v)
;;
select (select count(*)
        from (values (1)) t0(inner_c))
from (values (2),(3)) t1(outer_c)
;;
select (select count(*) filter (where outer_c <> 0)
        from (values (1)) t0(inner_c))
from (values (2),(3)) t1(outer_c)
;;
select (select count(inner_c) filter (where outer_c <> 0)
        from (values (1)) t0(inner_c))
from (values (2),(3)) t1(outer_c)
;;
select
  (select max((select i.unique2 from tenk1 i where i.unique1 = o.unique1))
     filter (where o.unique1 < 10))
from tenk1 o
;;
select sum(unique1) FILTER (WHERE
  unique1 IN (SELECT unique1 FROM onek where unique1 < 100)) FROM tenk1
;;
select aggfns(distinct a,b,c order by a,c using ~<~,b) filter (where a > 1)
    from (values (1,3,'foo'),(0,null,null),(2,2,'bar'),(3,1,'baz')) v(a,b,c),
    generate_series(1,2) i
;;
select max(0) filter (where b1) from bool_test
;;
select (select max(0) filter (where b1)) from bool_test
;;
select max(unique1) filter (where sum(ten) > 0) from tenk1
;;
select (select max(unique1) filter (where sum(ten) > 0) from int8_tbl) from tenk1
;;
select max(unique1) filter (where bool_or(ten > 0)) from tenk1
;;
select (select max(unique1) filter (where bool_or(ten > 0)) from int8_tbl) from tenk1
;;
select p, percentile_cont(p) within group (order by x::float8)
from generate_series(1,5) x,
     (values (0::float8),(0.1),(0.25),(0.4),(0.5),(0.6),(0.75),(0.9),(1)) v(p)
group by p order by p
;;
select p, sum() within group (order by x::float8)  -- error
from generate_series(1,5) x,
     (values (0::float8),(0.1),(0.25),(0.4),(0.5),(0.6),(0.75),(0.9),(1)) v(p)
group by p order by p
;;
select p, percentile_cont(p,p)  -- error
from generate_series(1,5) x,
     (values (0::float8),(0.1),(0.25),(0.4),(0.5),(0.6),(0.75),(0.9),(1)) v(p)
group by p order by p
;;
select percentile_cont(0.5) within group (order by b) from aggtest
;;
select percentile_cont(0.5) within group (order by b), sum(b) from aggtest
;;
select percentile_cont(0.5) within group (order by thousand) from tenk1
;;
select percentile_disc(0.5) within group (order by thousand) from tenk1
;;
select rank(3) within group (order by x)
from (values (1),(1),(2),(2),(3),(3),(4)) v(x)
;;
select cume_dist(3) within group (order by x)
from (values (1),(1),(2),(2),(3),(3),(4)) v(x)
;;
select percent_rank(3) within group (order by x)
from (values (1),(1),(2),(2),(3),(3),(4),(5)) v(x)
;;
select dense_rank(3) within group (order by x)
from (values (1),(1),(2),(2),(3),(3),(4)) v(x)
;;
select percentile_disc(array[0,0.1,0.25,0.5,0.75,0.9,1]) within group (order by thousand)
from tenk1
;;
select percentile_cont(array[0,0.25,0.5,0.75,1]) within group (order by thousand)
from tenk1
;;
select percentile_disc(array[[null,1,0.5],[0.75,0.25,null]]) within group (order by thousand)
from tenk1
;;
select percentile_cont(array[0,1,0.25,0.75,0.5,1,0.3,0.32,0.35,0.38,0.4]) within group (order by x)
from generate_series(1,6) x
;;
select ten, mode() within group (order by string4) from tenk1 group by ten
;;
select percentile_disc(array[0.25,0.5,0.75]) within group (order by x)
from unnest('{fred,jim,fred,jack,jill,fred,jill,jim,jim,sheila,jim,sheila}'::text[]) u(x)
;;
select pg_collation_for(percentile_disc(1) within group (order by x collate "POSIX"))
  from (values ('fred'),('jim')) v(x)
;;
select test_rank(3) within group (order by x)
from (values (1),(1),(2),(2),(3),(3),(4)) v(x)
;;
select test_percentile_disc(0.5) within group (order by thousand) from tenk1
;;
select rank(x) within group (order by x) from generate_series(1,5) x
;;
select array(select percentile_disc(a) within group (order by x)
               from (values (0.3),(0.7)) v(a) group by a)
  from generate_series(1,5) g(x)
;;
select rank(sum(x)) within group (order by x) from generate_series(1,5) x
;;
select rank(3) within group (order by stringu1,stringu2) from tenk1
;;
select rank('fred') within group (order by x) from generate_series(1,5) x
;;
select rank('adam'::text collate "C") within group (order by x collate "POSIX")
  from (values ('fred'),('jim')) v(x)
;;
select percent_rank(0) within group (order by x) from generate_series(1,0) x
;;
select * from aggordview1 order by ten
;;
select least_agg(q1,q2) from int8_tbl
;;
select least_agg(variadic array[q1,q2]) from int8_tbl
;;
select cleast_agg(q1,q2) from int8_tbl
;;
select cleast_agg(4.5,f1) from int4_tbl
;;
select cleast_agg(variadic array[4.5,f1]) from int4_tbl
;;
select pg_typeof(cleast_agg(variadic array[4.5,f1])) from int4_tbl
;;
select my_avg(one),my_avg(one) from (values(1),(3)) t(one)
;;
select my_avg(one),my_sum(one) from (values(1),(3)) t(one)
;;
select my_avg(distinct one),my_sum(distinct one) from (values(1),(3),(1)) t(one)
;;
select my_avg(distinct one),my_sum(one) from (values(1),(3)) t(one)
;;
select my_avg(one) filter (where one > 1),my_sum(one) from (values(1),(3)) t(one)
;;
select my_avg(one),my_sum(two) from (values(1,2),(3,4)) t(one,two)
;;
select
  percentile_cont(0.5) within group (order by a),
  percentile_disc(0.5) within group (order by a)
from (values(1::float8),(3),(5),(7)) t(a)
;;
select
  rank(4) within group (order by a),
  dense_rank(4) within group (order by a)
from (values(1),(3),(5),(7)) t(a)
;;
select my_sum_init(one),my_avg_init(one) from (values(1),(3)) t(one)
;;
select my_sum_init(one),my_avg_init2(one) from (values(1),(3)) t(one)
;;
select my_sum(one),my_half_sum(one) from (values(1),(2),(3),(4)) t(one)
;;
SELECT balk(hundred) FROM tenk1
;;
SELECT avg(c1.f ORDER BY c1.x, c1.y)
FROM group_agg_pk c1 JOIN group_agg_pk c2 ON c1.x = c2.x
GROUP BY c1.w, c1.z
;;
SELECT eatarray(rwagg(ARRAY[1.0::real])), eatarray(rwagg(ARRAY[1.0::real]))
;;
SELECT variance(unique1::int4), sum(unique1::int8), regr_count(unique1::float8, unique1::float8)
FROM (SELECT * FROM tenk1
      UNION ALL SELECT * FROM tenk1
      UNION ALL SELECT * FROM tenk1
      UNION ALL SELECT * FROM tenk1) u
;;
SELECT variance(unique1::int8), avg(unique1::numeric)
FROM (SELECT * FROM tenk1
      UNION ALL SELECT * FROM tenk1
      UNION ALL SELECT * FROM tenk1
      UNION ALL SELECT * FROM tenk1) u
;;
SELECT dense_rank(x) WITHIN GROUP (ORDER BY x) FROM (VALUES (1),(1),(2),(2),(3),(3)) v(x) GROUP BY (x) ORDER BY 1
;;
SELECT min(x ORDER BY y) FROM (VALUES(1, NULL)) AS d(x,y)
;;
select v||'a', case v||'a' when 'aa' then 1 else 0 end, count(*)
  from unnest(array['a','b']) u(v)
 group by v||'a' order by 1
;;
select v||'a', case when v||'a' = 'aa' then 1 else 0 end, count(*)
  from unnest(array['a','b']) u(v)
 group by v||'a' order by 1
;;
select unique1, count(*), sum(twothousand) from tenk1
group by unique1
having sum(fivethous) > 4975
order by sum(twothousand)
;;
(select * from agg_hash_1 except select * from agg_group_1)
  union all
(select * from agg_group_1 except select * from agg_hash_1)
;;
(select * from agg_hash_2 except select * from agg_group_2)
  union all
(select * from agg_group_2 except select * from agg_hash_2)
;;
(select * from agg_hash_3 except select * from agg_group_3)
  union all
(select * from agg_group_3 except select * from agg_hash_3)
;;
(select * from agg_hash_4 except select * from agg_group_4)
  union all
(select * from agg_group_4 except select * from agg_hash_4)
;;
SELECT n.nspname, proname, prorettype::regtype, prokind, a.rolname
  FROM pg_proc p, pg_namespace n, pg_authid a
  WHERE p.pronamespace = n.oid AND p.proowner = a.oid
    AND n.nspname IN ('alt_nsp1', 'alt_nsp2')
  ORDER BY nspname, proname
;;
SELECT n.nspname, c.conname, a.rolname
  FROM pg_conversion c, pg_namespace n, pg_authid a
  WHERE c.connamespace = n.oid AND c.conowner = a.oid
    AND n.nspname IN ('alt_nsp1', 'alt_nsp2')
  ORDER BY nspname, conname
;;
SELECT fdwname FROM pg_foreign_data_wrapper WHERE fdwname like 'alt_fdw%'
;;
SELECT srvname FROM pg_foreign_server WHERE srvname like 'alt_fserv%'
;;
SELECT lanname, a.rolname
  FROM pg_language l, pg_authid a
  WHERE l.lanowner = a.oid AND l.lanname like 'alt_lang%'
  ORDER BY lanname
;;
SELECT n.nspname, oprname, a.rolname,
    oprleft::regtype, oprright::regtype, oprcode::regproc
  FROM pg_operator o, pg_namespace n, pg_authid a
  WHERE o.oprnamespace = n.oid AND o.oprowner = a.oid
    AND n.nspname IN ('alt_nsp1', 'alt_nsp2')
  ORDER BY nspname, oprname
;;
SELECT nspname, opfname, amname, rolname
  FROM pg_opfamily o, pg_am m, pg_namespace n, pg_authid a
  WHERE o.opfmethod = m.oid AND o.opfnamespace = n.oid AND o.opfowner = a.oid
    AND n.nspname IN ('alt_nsp1', 'alt_nsp2')
	AND NOT opfname LIKE 'alt_opc%'
  ORDER BY nspname, opfname
;;
SELECT nspname, opcname, amname, rolname
  FROM pg_opclass o, pg_am m, pg_namespace n, pg_authid a
  WHERE o.opcmethod = m.oid AND o.opcnamespace = n.oid AND o.opcowner = a.oid
    AND n.nspname IN ('alt_nsp1', 'alt_nsp2')
  ORDER BY nspname, opcname
;;
SELECT nspname, stxname, rolname
  FROM pg_statistic_ext s, pg_namespace n, pg_authid a
 WHERE s.stxnamespace = n.oid AND s.stxowner = a.oid
   AND n.nspname in ('alt_nsp1', 'alt_nsp2')
 ORDER BY nspname, stxname
;;
SELECT nspname, dictname, rolname
  FROM pg_ts_dict t, pg_namespace n, pg_authid a
  WHERE t.dictnamespace = n.oid AND t.dictowner = a.oid
    AND n.nspname in ('alt_nsp1', 'alt_nsp2')
  ORDER BY nspname, dictname
;;
SELECT nspname, cfgname, rolname
  FROM pg_ts_config t, pg_namespace n, pg_authid a
  WHERE t.cfgnamespace = n.oid AND t.cfgowner = a.oid
    AND n.nspname in ('alt_nsp1', 'alt_nsp2')
  ORDER BY nspname, cfgname
;;
SELECT nspname, tmplname
  FROM pg_ts_template t, pg_namespace n
  WHERE t.tmplnamespace = n.oid AND nspname like 'alt_nsp%'
  ORDER BY nspname, tmplname
;;
SELECT nspname, prsname
  FROM pg_ts_parser t, pg_namespace n
  WHERE t.prsnamespace = n.oid AND nspname like 'alt_nsp%'
  ORDER BY nspname, prsname
;;
SELECT pg_describe_object(refclassid,refobjid,refobjsubid) as ref, deptype
FROM pg_depend
WHERE classid = 'pg_operator'::regclass AND
      objid = '===(bool,bool)'::regoperator
ORDER BY 1
;;
SELECT oprrest, oprjoin FROM pg_operator WHERE oprname = '==='
  AND oprleft = 'boolean'::regtype AND oprright = 'boolean'::regtype
;;
SELECT oprcanmerge, oprcanhash
FROM pg_operator WHERE oprname = '==='
  AND oprleft = 'boolean'::regtype AND oprright = 'real'::regtype
;;
SELECT op.oprname AS operator_name, com.oprname AS commutator_name,
  com.oprcode AS commutator_func
  FROM pg_operator op
  INNER JOIN pg_operator com ON (op.oid = com.oprcom AND op.oprcom = com.oid)
  WHERE op.oprname = '==='
  AND op.oprleft = 'boolean'::regtype AND op.oprright = 'real'::regtype
;;
SELECT op.oprname AS operator_name, neg.oprname AS negator_name,
  neg.oprcode AS negator_func
  FROM pg_operator op
  INNER JOIN pg_operator neg ON (op.oid = neg.oprnegate AND op.oprnegate = neg.oid)
  WHERE op.oprname = '==='
  AND op.oprleft = 'boolean'::regtype AND op.oprright = 'real'::regtype
;;
SELECT oprcanmerge, oprcanhash,
       pg_describe_object('pg_operator'::regclass, oprcom, 0) AS commutator,
       pg_describe_object('pg_operator'::regclass, oprnegate, 0) AS negator
  FROM pg_operator WHERE oprname = '==='
  AND oprleft = 'boolean'::regtype AND oprright = 'real'::regtype
;;
SELECT * FROM attmp
;;
SELECT * FROM attmp_new
;;
SELECT * FROM attmp_new2
;;
SELECT typname FROM pg_type WHERE oid = 'attmp_array[]'::regtype
;;
SELECT relation::regclass, mode FROM pg_locks
WHERE pid = pg_backend_pid() AND locktype = 'relation'
  AND relation::regclass::text LIKE 'alter\_idx%'
ORDER BY relation::regclass::text COLLATE "C"
;;
SELECT unique1 FROM tenk1 WHERE unique1 < 5
;;
DELETE FROM attmp3 where a=5
;;
DELETE FROM attmp3 WHERE NOT b > 10
;;
select * from attmp3
;;
DELETE FROM attmp6 WHERE b > 20
;;
delete from only parent_noinh_convalid
;;
select convalidated from pg_constraint where conrelid = 'parent_noinh_convalid'::regclass and conname = 'check_a_is_2'
;;
SELECT conname, tgfoid::regproc, tgtype, tgdeferrable, tginitdeferred
FROM pg_trigger JOIN pg_constraint con ON con.oid = tgconstraint
WHERE tgrelid = 'pktable'::regclass
ORDER BY 1,2,3
;;
select test2 from atacc2
;;
update atacc3 set test2 = 4 where test2 is null
;;
delete from atacc1
;;
update atacc1 set test_a = 1
;;
update atacc1 set test_b = 1
;;
select * from def_test
;;
select * from def_view_test
;;
select * from atacc1
;;
select * from atacc1 order by a
;;
select * from atacc1 order by "........pg.dropped.1........"
;;
select * from atacc1 group by a
;;
select * from atacc1 group by "........pg.dropped.1........"
;;
select atacc1.* from atacc1
;;
select a from atacc1
;;
select atacc1.a from atacc1
;;
select b,c,d from atacc1
;;
select a,b,c,d from atacc1
;;
select * from atacc1 where a = 1
;;
select "........pg.dropped.1........" from atacc1
;;
select atacc1."........pg.dropped.1........" from atacc1
;;
select "........pg.dropped.1........",b,c,d from atacc1
;;
select * from atacc1 where "........pg.dropped.1........" = 1
;;
update atacc1 set a = 3
;;
update atacc1 set b = 2 where a = 3
;;
update atacc1 set "........pg.dropped.1........" = 3
;;
update atacc1 set b = 2 where "........pg.dropped.1........" = 3
;;
delete from atacc1 where a = 3
;;
delete from atacc1 where "........pg.dropped.1........" = 3
;;
select * from myview
;;
select * from attest1
;;
select * into attest2 from atacc1
;;
select * from attest2
;;
select * from parent
;;
select * from child
;;
select f1 from c1
;;
select relname, attname, attinhcount, attislocal
from pg_class join pg_attribute on (pg_class.oid = pg_attribute.attrelid)
where relname in ('p1','p2','c1','gc1') and attnum > 0 and not attisdropped
order by relname, attnum
;;
select attrelid::regclass, attname, attinhcount, attislocal
from pg_attribute
where attnum > 0 and attrelid::regclass in ('depth0', 'depth1', 'depth2')
order by attrelid::regclass::text, attnum
;;
select * from p1
;;
update p1 set a1 = a1 + 1, f2 = upper(f2)
;;
select * from foo
;;
update foo set f3 = 'zz'
;;
select f3,max(f1) from foo group by f3
;;
select * from anothertab
;;
select * from another
;;
select relname,
  c.oid = oldoid as orig_oid,
  case relfilenode
    when 0 then 'none'
    when c.oid then 'own'
    when oldfilenode then 'orig'
    else 'OTHER'
    end as storage,
  obj_description(c.oid, 'pg_class') as desc
  from pg_class c left join old_oids using (relname)
  where relname like 'at_partitioned%'
  order by relname
;;
select conname, obj_description(oid, 'pg_constraint') as desc
  from pg_constraint where conname like 'at_partitioned%'
  order by conname
;;
select reltoastrelid <> 0 as has_toast_table
  from pg_class where oid = 'test_storage'::regclass
;;
select relname, conname, coninhcount, conislocal, connoinherit
  from pg_constraint c, pg_class r
  where relname like 'test_inh_check%' and c.conrelid = r.oid
  order by 1, 2
;;
select * from at_view_2
;;
update v2 set q1 = q1 + 1 where q1 = 123
;;
select * from t1
;;
select * from log
;;
SELECT check_ddl_rewrite('rewrite_test', $$
  ALTER TABLE rewrite_test
      ADD COLUMN empty1 text,
      ADD COLUMN notempty1_rewrite serial;
$$)
;;
select * from my_locks order by 1
;;
select test_strict(NULL)
;;
select non_strict(NULL)
;;
select * from alter2.v1
;;
select alter2.plus1(41)
;;
SELECT col_description('comment_test'::regclass, 1) as comment
;;
SELECT indexrelid::regclass::text as index, obj_description(indexrelid, 'pg_class') as comment FROM pg_index where indrelid = 'comment_test'::regclass ORDER BY 1, 2
;;
SELECT conname as constraint, obj_description(oid, 'pg_constraint') as comment FROM pg_constraint where conrelid = 'comment_test'::regclass ORDER BY 1, 2
;;
SELECT m.* FROM filenode_mapping m LEFT JOIN pg_class c ON c.oid = m.oid
WHERE c.oid IS NOT NULL OR m.mapped_oid IS NOT NULL
;;
UPDATE old_system_table SET id = -id
;;
DELETE FROM old_system_table WHERE othercol = 'somedata'
;;
UPDATE parent SET a = 2 WHERE a = 1
;;
SELECT attislocal, attinhcount FROM pg_attribute WHERE attrelid = 'part_1'::regclass AND attnum > 0
;;
SELECT conislocal, coninhcount FROM pg_constraint WHERE conrelid = 'part_1'::regclass AND conname = 'check_a'
;;
DELETE FROM part_2
;;
DELETE FROM list_parted2_def WHERE a = 11
;;
DELETE FROM part1
;;
DELETE FROM part_5_a WHERE a NOT IN (3)
;;
SELECT tableoid::regclass, a, b FROM part_7 order by a
;;
DELETE FROM part5_def_p1 WHERE b = 'y'
;;
DELETE FROM hpart_2
;;
DELETE FROM hpart_5_a
;;
SELECT * from part_rp
;;
SELECT * FROM list_parted
;;
select attrelid::regclass, attname, attnum
from pg_attribute
where attname = 'a'
 and (attrelid = 'p'::regclass
   or attrelid = 'p1'::regclass
   or attrelid = 'p11'::regclass)
order by attrelid::regclass::text
;;
delete from defpart_attach_test_d where a = 1
;;
select * from bar1
;;
update bar1 set a = a + 1
;;
select indexrelid::regclass, indisclustered from pg_index
  where indrelid = 'alttype_cluster'::regclass
  order by indexrelid::regclass::text
;;
select amname, prop, pg_indexam_has_property(a.oid, prop) as p
  from pg_am a,
       unnest(array['can_order', 'can_unique', 'can_multi_col',
                    'can_exclude', 'can_include', 'bogus']::text[])
         with ordinality as u(prop,ord)
 where amtype = 'i'
 order by amname, ord
;;
select col, prop, pg_index_column_has_property(o, col, prop)
  from (values ('fooindex'::regclass)) v1(o),
       (values (1,'orderable'),(2,'asc'),(3,'desc'),
               (4,'nulls_first'),(5,'nulls_last'),
               (6, 'bogus')) v2(idx,prop),
       generate_series(1,4) col
 order by col, idx
;;
UPDATE arrtest SET e[0] = '1.1'
;;
SELECT * FROM arrtest
;;
SELECT arrtest.a[1],
          arrtest.b[1][1][1],
          arrtest.c[1],
          arrtest.d[1][1],
          arrtest.e[0]
   FROM arrtest
;;
SELECT a[1], b[1][1][1], c[1], d[1][1], e[0]
   FROM arrtest
;;
SELECT a[1:3],
          b[1:1][1:2][1:2],
          c[1:2],
          d[1:1][1:2]
   FROM arrtest
;;
SELECT array_ndims(a) AS a,array_ndims(b) AS b,array_ndims(c) AS c
   FROM arrtest
;;
SELECT array_dims(a) AS a,array_dims(b) AS b,array_dims(c) AS c
   FROM arrtest
;;
SELECT *
   FROM arrtest
   WHERE a[1] < 5 and
         c = '{"foobar"}'::_name
;;
UPDATE arrtest
  SET a[1:2] = '{16,25}'
  WHERE NOT a = '{}'::_int2
;;
UPDATE arrtest
  SET b[1:1][1:1][1:2] = '{113, 117}',
      b[1:1][1:2][2:2] = '{142, 147}'
  WHERE array_dims(b) = '[1:1][1:2][1:2]'
;;
UPDATE arrtest
  SET c[2:2] = '{"new_word"}'
  WHERE array_dims(c) is not null
;;
SELECT a,b,c FROM arrtest
;;
SELECT b[1:1][2][2],
       d[1:1][2]
   FROM arrtest
;;
SELECT a FROM arrtest
;;
UPDATE arrtest SET a[4] = NULL WHERE a[2] IS NULL
;;
SELECT a FROM arrtest WHERE a[2] IS NULL
;;
DELETE FROM arrtest WHERE a[2] IS NULL AND b IS NULL
;;
SELECT pg_input_is_valid('{1,2,3}', 'integer[]')
;;
SELECT * FROM pg_input_error_info('{1,zed}', 'integer[]')
;;
select '{{1,2,3},{4,5,6},{7,8,9}}'::int[]
;;
select ('{{1,2,3},{4,5,6},{7,8,9}}'::int[])[1:2][2]
;;
SELECT ('{}'::int[])[1][2][3][4][5][6][7]
;;
SELECT ('{{{1},{2},{3}},{{4},{5},{6}}}'::int[])[1][NULL][1]
;;
SELECT ('{{{1},{2},{3}},{{4},{5},{6}}}'::int[])[1][NULL:1][1]
;;
UPDATE arrtest
  SET c[NULL] = '{"can''t assign"}'
  WHERE array_dims(c) is not null
;;
SELECT (now())[1]
;;
SELECT * FROM arrtest_s
;;
SELECT a[:3], b[:2][:2] FROM arrtest_s
;;
SELECT a[:], b[:] FROM arrtest_s
;;
UPDATE arrtest_s SET a[:3] = '{11, 12, 13}', b[:2][:2] = '{{11,12}, {14,15}}'
  WHERE array_lower(a,1) = 1
;;
UPDATE arrtest_s SET a[3:] = '{23, 24, 25}', b[2:][2:] = '{{25,26}, {28,29}}'
;;
UPDATE arrtest_s SET a[:] = '{11, 12, 13, 14, 15}'
;;
SELECT f1[0:1] FROM POINT_TBL
;;
UPDATE point_tbl SET f1[0] = 10 WHERE f1 IS NULL RETURNING *
;;
UPDATE point_tbl SET f1[0] = NULL WHERE f1::text = '(10,10)'::point::text RETURNING *
;;
select * from arrtest1
;;
update arrtest1 set i[2] = 22, t[2] = 'twenty-two'
;;
update arrtest1 set i[0:2] = array[10,11,12], t[0:2] = array['ten','eleven','twelve']
;;
delete from arrtest1
;;
SELECT t.f[1][3][1] AS "131", t.f[2][2][1] AS "221" FROM (
  SELECT ARRAY[[[111,112],[121,122],[131,132]],[[211,212],[221,122],[231,232]]] AS f
) AS t
;;
SELECT ARRAY[[[[[['hello'],['world']]]]]]
;;
SELECT ARRAY[ARRAY['hello'],ARRAY['world']]
;;
SELECT ARRAY(select f2 from arrtest_f order by f2) AS "ARRAY"
;;
SELECT ARRAY[1,NULL,3]
;;
SELECT array_append(array[42], 6) AS "{42,6}"
;;
SELECT array_prepend(6, array[42]) AS "{6,42}"
;;
SELECT array_cat(ARRAY[1,2], ARRAY[3,4]) AS "{1,2,3,4}"
;;
SELECT array_cat(ARRAY[1,2], ARRAY[[3,4],[5,6]]) AS "{{1,2},{3,4},{5,6}}"
;;
SELECT array_position(ARRAY[1,2,3,4,5], 4)
;;
SELECT array_position(ARRAY[[1,2],[3,4]], 3)
;;
SELECT array_positions(NULL, 10)
;;
SELECT array_positions(ARRAY[1,2,3,4,5,6,1,2,3,4,5,6], 4)
;;
SELECT array_positions(ARRAY[[1,2],[3,4]], 4)
;;
SELECT array_length(array_positions(ARRAY(SELECT 'AAAAAAAAAAAAAAAAAAAAAAAAA'::text || i % 10
FROM generate_series(1,100) g(i)),
                                  'AAAAAAAAAAAAAAAAAAAAAAAAA5'), 1)
;;
SELECT array_position('[2:4]={1,2,3}'::int[], 1)
;;
SELECT
    array_position(ids, (1, 1)),
    array_positions(ids, (1, 1))
        FROM
(VALUES
    (ARRAY[(0, 0), (1, 1)]),
    (ARRAY[(1, 1)])
) AS f (ids)
;;
SELECT a FROM arrtest WHERE b = ARRAY[[[113,142],[1,147]]]
;;
SELECT NOT ARRAY[1.1,1.2,1.3] = ARRAY[1.1,1.2,1.3] AS "FALSE"
;;
SELECT ARRAY[1,2] || 3 AS "{1,2,3}"
;;
SELECT 0 || ARRAY[1,2] AS "{0,1,2}"
;;
SELECT ARRAY[1,2] || ARRAY[3,4] AS "{1,2,3,4}"
;;
SELECT ARRAY[[['hello','world']]] || ARRAY[[['happy','birthday']]] AS "ARRAY"
;;
SELECT ARRAY[[1,2],[3,4]] || ARRAY[5,6] AS "{{1,2},{3,4},{5,6}}"
;;
SELECT ARRAY[0,0] || ARRAY[1,1] || ARRAY[2,2] AS "{0,0,1,1,2,2}"
;;
SELECT 0 || ARRAY[1,2] || 3 AS "{0,1,2,3}"
;;
SELECT array_agg(x) || array_agg(x) FROM (VALUES (ROW(1,2)), (ROW(3,4))) v(x)
;;
SELECT ROW(1,2) || array_agg(x) FROM (VALUES (ROW(3,4)), (ROW(5,6))) v(x)
;;
SELECT * FROM array_op_test WHERE i @> '{32}' ORDER BY seqno
;;
SELECT * FROM array_op_test WHERE i && '{32}' ORDER BY seqno
;;
SELECT * FROM array_op_test WHERE i <@ '{38,34,32,89}' ORDER BY seqno
;;
SELECT * FROM array_op_test WHERE i = '{}' ORDER BY seqno
;;
SELECT * FROM array_op_test WHERE t @> '{AAAAAAAA72908}' ORDER BY seqno
;;
SELECT * FROM array_op_test WHERE t && '{AAAAAAAA72908}' ORDER BY seqno
;;
SELECT * FROM array_op_test WHERE t <@ '{AAAAAAAA72908,AAAAAAAAAAAAAAAAAAA17075,AA88409,AAAAAAAAAAAAAAAAAA36842,AAAAAAA48038,AAAAAAAAAAAAAA10611}' ORDER BY seqno
;;
SELECT * FROM array_op_test WHERE t = '{}' ORDER BY seqno
;;
SELECT ARRAY[1,2,3]::text[]::int[]::float8[] AS "{1,2,3}"
;;
SELECT pg_typeof(ARRAY[1,2,3]::text[]::int[]::float8[]) AS "double precision[]"
;;
SELECT ARRAY[['a','bc'],['def','hijk']]::text[]::varchar[] AS "{{a,bc},{def,hijk}}"
;;
SELECT pg_typeof(ARRAY[['a','bc'],['def','hijk']]::text[]::varchar[]) AS "character varying[]"
;;
SELECT CAST(ARRAY[[[[[['a','bb','ccc']]]]]] as text[]) as "{{{{{{a,bb,ccc}}}}}}"
;;
SELECT NULL::text[]::int[] AS "NULL"
;;
select 33 = any ('{1,2,3}')
;;
select 33 = all ('{1,2,33}')
;;
select 33 >= all ('{1,2,33}')
;;
select null::int >= any ('{}')
;;
select 33.4 = any (array[1,2,3])
;;
select 33.4 > all (array[1,2,3])
;;
select 33 * any ('{1,2,3}')
;;
SELECT -1 != ALL(ARRAY(SELECT NULLIF(g.i, 900) FROM generate_series(1,1000) g(i)))
;;
select * from arr_tbl where f1 > '{1,2,3}' and f1 <= '{1,5,3}'
;;
select * from arr_tbl where f1 >= '{1,2,3}' and f1 < '{1,5,3}'
;;
update arr_pk_tbl set f1[2147483647] = 42 where pk = 10
;;
update arr_pk_tbl set f1[2147483646:2147483647] = array[4,2] where pk = 10
;;
select 'foo' like any (array['%a', '%o'])
;;
select 'foo' like all (array['f%', '%o'])
;;
select 'foo' not like any (array['%a', '%b'])
;;
select 'foo' not like all (array['%a', '%o'])
;;
select 'foo' ilike any (array['%A', '%O'])
;;
select 'foo' ilike all (array['F%', '%O'])
;;
select array[]::text[]
;;
select array[]::oidvector
;;
select array[]::int2vector
;;
SELECT max(f1), min(f1), max(f2), min(f2), max(f3), min(f3) FROM arraggtest
;;
select * from comptable
;;
select c2[2].f2 from comptable
;;
select * from unnest1(array[1,2,3])
;;
select * from unnest2(array[[1,2,3],[4,5,6]])
;;
select array_fill(null::integer, array[3,3],array[2,2])
;;
select a, a = '{}' as is_eq, array_dims(a)
  from (select array_fill(42, array[0]) as a) ss
;;
select a, a = '{}' as is_eq, array_dims(a)
  from (select array_fill(42, '{}') as a) ss
;;
select array_fill(1, array[[1,2],[3,4]])
;;
select string_to_array('1|2|3', '|')
;;
select string_to_array(NULL, '|') IS NULL
;;
select v, v is null as "is null" from string_to_table('1|2|3', '|') g(v)
;;
select array_to_string(NULL::int4[], ',') IS NULL
;;
select array_to_string('{}'::int4[], ',')
;;
select array_to_string(array[1,2,3,4,NULL,6], ',')
;;
select array_to_string(string_to_array('1|2|3', '|'), '|')
;;
select array_length(array[1,2,3], 1)
;;
select array_length(array[[1,2,3], [4,5,6]], 0)
;;
select cardinality(NULL::int[])
;;
select cardinality(array[1,2,3])
;;
select array_agg(unique1) from (select unique1 from tenk1 where unique1 < 15 order by unique1) ss
;;
select array_agg(ten) from (select ten from tenk1 where unique1 < 15 order by unique1) ss
;;
select array_agg(nullif(ten, 4)) from (select ten from tenk1 where unique1 < 15 order by unique1) ss
;;
select array_agg(unique1) from tenk1 where unique1 < -15
;;
select array_agg(ar)
  from (values ('{1,2}'::int[]), ('{3,4}'::int[])) v(ar)
;;
select array_agg(distinct ar order by ar desc)
  from (select array[i / 2] from generate_series(1,10) a(i)) b(ar)
;;
select array_agg(ar)
  from (select array_agg(array[i, i+1, i-1])
        from generate_series(1,2) a(i)) b(ar)
;;
select array_agg(array[i+1.2, i+1.3, i+1.4]) from generate_series(1,3) g(i)
;;
select array_agg(array['Hello', i::text]) from generate_series(9,11) g(i)
;;
select array_agg(array[i, nullif(i, 3), i+1]) from generate_series(1,4) g(i)
;;
select array_agg('{}'::int[]) from generate_series(1,2)
;;
select unnest(array[1,2,3])
;;
select * from unnest(array[1,2,3])
;;
select unnest(array[1,2,3,4.5]::float8[])
;;
select unnest(array[1,2,3,4.5]::numeric[])
;;
select unnest(array[1,2,3,null,4,null,null,5,6]::text[])
;;
select abs(unnest(array[1,2,null,-3]))
;;
select array_remove(array[1,2,2,3], 2)
;;
select array_remove('{{1,2,2},{1,4,3}}', 2)
;;
select array_remove(array['X','X','X'], 'X') = '{}'
;;
select array_replace(array[1,2,5,4],5,3)
;;
select array(select array[i,i/2] from generate_series(1,5) i)
;;
select array(select array['Hello', i::text] from generate_series(9,11) i)
;;
select pg_typeof(array(select '11 22 33'::int2vector from generate_series(1,5)))
;;
select array(select '11 22 33'::int2vector from generate_series(1,5))
;;
select unnest(array(select '11 22 33'::int2vector from generate_series(1,5)))
;;
select pg_typeof(array['11 22 33'::int2vector])
;;
select pg_typeof(unnest(array['11 22 33'::int2vector]))
;;
select pg_typeof(unnest('11 22 33'::int2vector))
;;
select unnest('11 22 33'::int2vector)
;;
update t1 set f1[5].q2 = 43
;;
select length(fipshash((f1[1]).c2)) from dest
;;
delete from src
;;
SELECT
    op,
    width_bucket(op, ARRAY[1, 3, 9, 'NaN', 'NaN']::float8[]) AS wb
FROM (VALUES
  (-5.2::float8),
  (4::float8),
  (77::float8),
  ('NaN'::float8)
) v(op)
;;
SELECT
    op,
    width_bucket(op, ARRAY[1, 3, 5, 10]) AS wb_1
FROM generate_series(0,11) as op
;;
SELECT width_bucket(now(),
                    array['yesterday', 'today', 'tomorrow']::timestamptz[])
;;
SELECT width_bucket(5, ARRAY[3])
;;
SELECT width_bucket(5, '{}')
;;
SELECT width_bucket('5'::text, ARRAY[3, 4]::integer[])
;;
SELECT width_bucket(5, ARRAY[ARRAY[1, 2], ARRAY[3, 4]])
;;
SELECT arr, trim_array(arr, 2)
FROM
(VALUES ('{1,2,3,4,5,6}'::bigint[]),
        ('{1,2}'),
        ('[10:16]={1,2,3,4,5,6,7}'),
        ('[-15:-10]={1,2,3,4,5,6}'),
        ('{{1,10},{2,20},{3,30},{4,40}}')) v(arr)
;;
SELECT trim_array(ARRAY[1, 2, 3], -1)
;;
SELECT trim_array(ARRAY[]::int[], 1)
;;
SELECT array_shuffle('{1,2,3,4,5,6}'::int[]) <@ '{1,2,3,4,5,6}'
;;
SELECT array_shuffle('{1,2,3,4,5,6}'::int[]) @> '{1,2,3,4,5,6}'
;;
SELECT array_dims(array_shuffle('[-1:2][2:3]={{1,2},{3,NULL},{5,6},{7,8}}'::int[]))
;;
SELECT array_sample('{1,2,3,4,5,6}'::int[], 3) <@ '{1,2,3,4,5,6}'
;;
SELECT array_length(array_sample('{1,2,3,4,5,6}'::int[], 3), 1)
;;
SELECT array_dims(array_sample('[-1:2][2:3]={{1,2},{3,NULL},{5,6},{7,8}}'::int[], 3))
;;
SELECT array_sample('{1,2,3,4,5,6}'::int[], -1)
;;
SELECT array_reverse('{}'::int[])
;;
SELECT array_sort('{}'::int[])
;;
SELECT array_sort('{foo,bar,CCC,Abc,bbc}'::text[] COLLATE "C")
;;
SELECT array_sort(ARRAY(SELECT '1 4'::int2vector UNION ALL SELECT '1 2'::int2vector))
;;
SELECT array_sort(ARRAY[[2,4],[2,1],[6,5]])
;;
SELECT array_sort(a) FROM (VALUES ('[10:12][20:21]={{1,2},{10,20},{3,4}}'::int[])) v(a)
;;
SELECT array_sort(a [-1:0]) FROM (VALUES ('[-2:0][20:21]={{1,2},{10,20},{1,-4}}'::int[])) v(a)
;;
SELECT array_sort(a [-1:0][20:20]) FROM (VALUES ('[-2:0][20:21]={{1,2},{10,20},{1,-4}}'::int[])) v(a)
;;
SELECT pg_notify('notify_async1','sample message1')
;;
SELECT pg_notification_queue_usage()
;;
SELECT * FROM BIT_TABLE
;;
SELECT * FROM VARBIT_TABLE
;;
SELECT v, b, (v || b) AS concat
       FROM BIT_TABLE, VARBIT_TABLE
       ORDER BY 3
;;
SELECT b, length(b) AS lb
       FROM BIT_TABLE
;;
SELECT v, length(v) AS lv
       FROM VARBIT_TABLE
;;
SELECT b,
       SUBSTRING(b FROM 2 FOR 4) AS sub_2_4,
       SUBSTRING(b FROM 7 FOR 13) AS sub_7_13,
       SUBSTRING(b FROM 6) AS sub_6
       FROM BIT_TABLE
;;
SELECT v,
       SUBSTRING(v FROM 2 FOR 4) AS sub_2_4,
       SUBSTRING(v FROM 7 FOR 13) AS sub_7_13,
       SUBSTRING(v FROM 6) AS sub_6
       FROM VARBIT_TABLE
;;
SELECT SUBSTRING('01010101'::bit(8) FROM 2 FOR 2147483646) AS "1010101"
;;
SELECT a,b,a<b AS "a<b",a<=b AS "a<=b",a=b AS "a=b",
        a>=b AS "a>=b",a>b AS "a>b",a<>b AS "a<>b" FROM varbit_table
;;
SELECT a,a<<4 AS "a<<4",b,b>>2 AS "b>>2" FROM varbit_table
;;
SELECT a,b,a<b AS "a<b",a<=b AS "a<=b",a=b AS "a=b",
        a>=b AS "a>=b",a>b AS "a>b",a<>b AS "a<>b" FROM bit_table
;;
SELECT a,a<<4 AS "a<<4",b,b>>2 AS "b>>2" FROM bit_table
;;
select B'001' & B'10'
;;
select B'0111' | B'011'
;;
select B'0010' # B'011101'
;;
SELECT POSITION(B'1010' IN B'0000101')
;;
SELECT POSITION(B'1101' IN b),
       POSITION(B'11011' IN b),
       b
       FROM BIT_SHIFT_TABLE 
;;
SELECT b, b >> 1 AS bsr, b << 1 AS bsl
       FROM BIT_SHIFT_TABLE 
;;
SELECT b::bit(15), b::bit(15) >> 1 AS bsr, b::bit(15) << 1 AS bsl
       FROM BIT_SHIFT_TABLE 
;;
SELECT POSITION(B'1101' IN v),
       POSITION(B'11011' IN v),
       v
       FROM VARBIT_SHIFT_TABLE 
;;
SELECT v, v >> 1 AS vsr, v << 1 AS vsl
       FROM VARBIT_SHIFT_TABLE 
;;
SELECT get_bit(B'0101011000100', 10)
;;
SELECT set_bit(B'0101011000100100', 15, 1)
;;
SELECT overlay(B'0101011100' placing '001' from 2 for 3)
;;
SELECT bit_count(B'0101011100'::bit(10))
;;
SELECT bit_count(repeat('0', 100)::bit(100))
;;
TABLE bit_defaults
;;
SELECT count(*) FROM bmscantest WHERE a = 1 AND b = 1
;;
SELECT count(*) FROM bmscantest WHERE a = 1 OR b = 1
;;
SELECT bool 't' or bool 'f' AS true
;;
SELECT bool 't' and bool 'f' AS false
;;
SELECT not bool 'f' AS true
;;
SELECT bool 't' <> bool 'f' AS true
;;
SELECT bool 't' > bool 'f' AS true
;;
SELECT bool 'f' < bool 't' AS true
;;
SELECT bool 'f' <= bool 't' AS true
;;
SELECT 'TrUe'::text::boolean AS true, 'fAlse'::text::boolean AS false
;;
SELECT true::boolean::text AS true, false::boolean::text AS false
;;
SELECT BOOLTBL1.* FROM BOOLTBL1
;;
SELECT BOOLTBL1.*
   FROM BOOLTBL1
   WHERE f1 = bool 'true'
;;
SELECT BOOLTBL1.*
   FROM BOOLTBL1
   WHERE f1 <> bool 'false'
;;
SELECT BOOLTBL1.*
   FROM BOOLTBL1
   WHERE booleq(bool 'false', f1)
;;
SELECT BOOLTBL2.* FROM BOOLTBL2
;;
SELECT BOOLTBL1.*, BOOLTBL2.*
   FROM BOOLTBL1, BOOLTBL2
   WHERE BOOLTBL2.f1 <> BOOLTBL1.f1
;;
SELECT BOOLTBL1.*, BOOLTBL2.*
   FROM BOOLTBL1, BOOLTBL2
   WHERE boolne(BOOLTBL2.f1,BOOLTBL1.f1)
;;
SELECT BOOLTBL1.*, BOOLTBL2.*
   FROM BOOLTBL1, BOOLTBL2
   WHERE BOOLTBL2.f1 = BOOLTBL1.f1 and BOOLTBL1.f1 = bool 'false'
;;
SELECT BOOLTBL1.*, BOOLTBL2.*
   FROM BOOLTBL1, BOOLTBL2
   WHERE BOOLTBL2.f1 = BOOLTBL1.f1 or BOOLTBL1.f1 = bool 'true'
   ORDER BY BOOLTBL1.f1, BOOLTBL2.f1
;;
SELECT f1
   FROM BOOLTBL1
   WHERE f1 IS TRUE
;;
SELECT f1
   FROM BOOLTBL1
   WHERE f1 IS NOT FALSE
;;
SELECT f1
   FROM BOOLTBL1
   WHERE f1 IS FALSE
;;
SELECT f1
   FROM BOOLTBL1
   WHERE f1 IS NOT TRUE
;;
SELECT f1
   FROM BOOLTBL2
   WHERE f1 IS TRUE
;;
SELECT f1
   FROM BOOLTBL2
   WHERE f1 IS NOT FALSE
;;
SELECT f1
   FROM BOOLTBL2
   WHERE f1 IS FALSE
;;
SELECT f1
   FROM BOOLTBL2
   WHERE f1 IS NOT TRUE
;;
SELECT
    d,
    b IS TRUE AS istrue,
    b IS NOT TRUE AS isnottrue,
    b IS FALSE AS isfalse,
    b IS NOT FALSE AS isnotfalse,
    b IS UNKNOWN AS isunknown,
    b IS NOT UNKNOWN AS isnotunknown
FROM booltbl3 ORDER BY o
;;
SELECT istrue AND isnul AND istrue FROM booltbl4
;;
SELECT isfalse AND isnul AND istrue FROM booltbl4
;;
SELECT isfalse OR isnul OR isfalse FROM booltbl4
;;
SELECT isfalse OR isnul OR istrue FROM booltbl4
;;
SELECT * FROM BOX_TBL
;;
SELECT b.*, area(b.f1) as barea
   FROM BOX_TBL b
;;
SELECT b.f1
   FROM BOX_TBL b
   WHERE b.f1 && box '(2.5,2.5,1.0,1.0)'
;;
SELECT b1.*
   FROM BOX_TBL b1
   WHERE b1.f1 &< box '(2.0,2.0,2.5,2.5)'
;;
SELECT b1.*
   FROM BOX_TBL b1
   WHERE b1.f1 &> box '(2.0,2.0,2.5,2.5)'
;;
SELECT b.f1
   FROM BOX_TBL b
   WHERE b.f1 << box '(3.0,3.0,5.0,5.0)'
;;
SELECT b.f1
   FROM BOX_TBL b
   WHERE b.f1 <= box '(3.0,3.0,5.0,5.0)'
;;
SELECT b.f1
   FROM BOX_TBL b
   WHERE b.f1 < box '(3.0,3.0,5.0,5.0)'
;;
SELECT b.f1
   FROM BOX_TBL b
   WHERE b.f1 = box '(3.0,3.0,5.0,5.0)'
;;
SELECT b.f1
   FROM BOX_TBL b				-- zero area
   WHERE b.f1 > box '(3.5,3.0,4.5,3.0)'
;;
SELECT b.f1
   FROM BOX_TBL b				-- zero area
   WHERE b.f1 >= box '(3.5,3.0,4.5,3.0)'
;;
SELECT b.f1
   FROM BOX_TBL b
   WHERE box '(3.0,3.0,5.0,5.0)' >> b.f1
;;
SELECT b.f1
   FROM BOX_TBL b
   WHERE b.f1 <@ box '(0,0,3,3)'
;;
SELECT b.f1
   FROM BOX_TBL b
   WHERE box '(0,0,3,3)' @> b.f1
;;
SELECT b.f1
   FROM BOX_TBL b
   WHERE box '(1,1,3,3)' ~= b.f1
;;
SELECT @@(b1.f1) AS p
   FROM BOX_TBL b1
;;
SELECT b1.*, b2.*
   FROM BOX_TBL b1, BOX_TBL b2
   WHERE b1.f1 @> b2.f1 and not b1.f1 ~= b2.f1
;;
SELECT height(f1), width(f1) FROM BOX_TBL
;;
SELECT * FROM box_temp WHERE f1 << '(10,20),(30,40)'
;;
SELECT * FROM box_temp WHERE f1 &< '(10,4.333334),(5,100)'
;;
SELECT * FROM box_temp WHERE f1 && '(15,20),(25,30)'
;;
SELECT * FROM box_temp WHERE f1 &> '(40,30),(45,50)'
;;
SELECT * FROM box_temp WHERE f1 >> '(30,40),(40,30)'
;;
SELECT * FROM box_temp WHERE f1 <<| '(10,4.33334),(5,100)'
;;
SELECT * FROM box_temp WHERE f1 &<| '(10,4.3333334),(5,1)'
;;
SELECT * FROM box_temp WHERE f1 |&> '(49.99,49.99),(49.99,49.99)'
;;
SELECT * FROM box_temp WHERE f1 |>> '(37,38),(39,40)'
;;
SELECT * FROM box_temp WHERE f1 @> '(10,11),(15,16)'
;;
SELECT * FROM box_temp WHERE f1 <@ '(10,15),(30,35)'
;;
SELECT * FROM box_temp WHERE f1 ~= '(20,20),(40,40)'
;;
SELECT count(*) FROM quad_box_tbl WHERE b <<  box '((100,200),(300,500))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b &<  box '((100,200),(300,500))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b &&  box '((100,200),(300,500))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b &>  box '((100,200),(300,500))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b >>  box '((100,200),(300,500))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b <<| box '((100,200),(300,500))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b &<| box '((100,200),(300,500))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b |&> box '((100,200),(300,500))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b |>> box '((100,200),(300,500))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b @>  box '((201,301),(202,303))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b <@  box '((100,200),(300,500))'
;;
SELECT count(*) FROM quad_box_tbl WHERE b ~=  box '((200,300),(205,305))'
;;
SELECT *
FROM quad_box_tbl_ord_seq1 seq FULL JOIN quad_box_tbl_ord_idx1 idx
	ON seq.n = idx.n AND seq.id = idx.id AND
		(seq.dist = idx.dist OR seq.dist IS NULL AND idx.dist IS NULL)
WHERE seq.id IS NULL OR idx.id IS NULL
;;
SELECT brin_desummarize_range('brinidx', 0)
;;
UPDATE brintest SET int8col = int8col * int4col
;;
UPDATE brintest SET textcol = '' WHERE textcol IS NOT NULL
;;
SELECT brin_summarize_new_values('brintest')
;;
SELECT brin_summarize_range('brin_summarize_idx', 0)
;;
DELETE FROM brintest_3
;;
SELECT * FROM brintest_3 WHERE b < '0'
;;
UPDATE brin_insert_optimization SET a = a
;;
UPDATE brintest_bloom SET int8col = int8col * int4col
;;
UPDATE brintest_bloom SET textcol = '' WHERE textcol IS NOT NULL
;;
UPDATE brintest_multi SET int8col = int8col * int4col
;;
SELECT COUNT(*) FROM brin_test_multi_1 WHERE a < 37
;;
SELECT COUNT(*) FROM brin_test_multi_1 WHERE a <= 177
;;
SELECT COUNT(*) FROM brin_test_multi_1 WHERE a > 120
;;
SELECT COUNT(*) FROM brin_test_multi_1 WHERE a >= 180
;;
SELECT COUNT(*) FROM brin_test_multi_1 WHERE a = 207
;;
SELECT COUNT(*) FROM brin_test_multi_1 WHERE b < 73
;;
SELECT COUNT(*) FROM brin_test_multi_1 WHERE b <= 47
;;
SELECT COUNT(*) FROM brin_test_multi_1 WHERE b > 93
;;
SELECT COUNT(*) FROM brin_test_multi_1 WHERE b >= 215
;;
SELECT COUNT(*) FROM brin_test_multi_1 WHERE b = 88
;;
SELECT COUNT(*) FROM brin_test_multi_2 WHERE a < '3d914f93-48c9-cc0f-f8a7-9716700b9fcd'
;;
SELECT COUNT(*) FROM brin_test_multi_2 WHERE a > '3d914f93-48c9-cc0f-f8a7-9716700b9fcd'
;;
SELECT COUNT(*) FROM brin_test_multi_2 WHERE a <= 'f369cb89-fc62-7e66-8987-007d121ed1ea'
;;
SELECT COUNT(*) FROM brin_test_multi_2 WHERE a >= 'aea92132-c4cb-eb26-3e6a-c2bf6c183b5d'
;;
SELECT COUNT(*) FROM brin_test_multi_2 WHERE a = '5feceb66-ffc8-6f38-d952-786c6d696c79'
;;
SELECT b.*
   FROM bt_i4_heap b
   WHERE b.seqno < 1
;;
SELECT b.*
   FROM bt_i4_heap b
   WHERE b.seqno >= 9999
;;
SELECT b.*
   FROM bt_i4_heap b
   WHERE b.seqno = 4500
;;
SELECT proname, proargtypes, pronamespace
   FROM pg_proc
   WHERE (proname, pronamespace) > ('abs', 0)
ORDER BY proname, proargtypes, pronamespace LIMIT 1
;;
SELECT proname, proargtypes, pronamespace
   FROM pg_proc
   WHERE (proname, pronamespace) < ('abs', 1_000_000)
ORDER BY proname DESC, proargtypes DESC, pronamespace DESC LIMIT 1
;;
SELECT proname, proargtypes, pronamespace
   FROM pg_proc
   WHERE (proname, proargtypes) >= ('abs', NULL) AND proname <= 'abs'
ORDER BY proname, proargtypes, pronamespace
;;
SELECT proname, proargtypes, pronamespace
   FROM pg_proc
   WHERE proname >= 'abs' AND (proname, proargtypes) < ('abs', NULL)
ORDER BY proname, proargtypes, pronamespace
;;
SELECT proname, proargtypes, pronamespace
   FROM pg_proc
   WHERE proname >= 'abs' AND (proname, proargtypes) <= ('abs', NULL)
ORDER BY proname DESC, proargtypes DESC, pronamespace DESC
;;
SELECT proname, proargtypes, pronamespace
   FROM pg_proc
   WHERE (proname, proargtypes) > ('abs', NULL) AND proname <= 'abs'
ORDER BY proname DESC, proargtypes DESC, pronamespace DESC
;;
SELECT proname, proargtypes, pronamespace
   FROM pg_proc
   WHERE proname = 'zzzzzz' AND (proname, proargtypes) > ('abs', NULL)
   AND pronamespace IN (1, 2, 3) AND proargtypes IN ('26 23', '5077')
ORDER BY proname, proargtypes, pronamespace
;;
SELECT thousand, tenthous
  FROM tenk1
  WHERE thousand IN (182, 183) AND tenthous > 7550
;;
select hundred, twenty from tenk1 where hundred < 48 order by hundred desc limit 1
;;
select hundred, twenty from tenk1 where hundred <= 48 order by hundred desc limit 1
;;
select distinct hundred from tenk1 where hundred in (47, 48, 72, 82)
;;
select distinct hundred from tenk1 where hundred in (47, 48, 72, 82) order by hundred desc
;;
select thousand from tenk1 where thousand in (364, 366,380) and tenthous = 200000
;;
select proname from pg_proc where proname like E'RI\\_FKey%del' order by 1
;;
select proname from pg_proc where proname ilike '00%foo' order by 1
;;
select * from btree_bpchar where f1 like 'foo'
;;
select * from btree_bpchar where f1::bpchar like 'foo'
;;
DELETE FROM dedup_unique_test_table WHERE a = 1
;;
SELECT id FROM btree_tall_tbl WHERE id = 55 ORDER BY t, id
;;
SELECT id FROM btree_tall_tbl WHERE id = 55 ORDER BY t DESC, id DESC
;;
DELETE FROM delete_test_table WHERE a < 79990
;;
SELECT '3' AS "One",
  CASE
    WHEN 1 < 2 THEN 3
  END AS "Simple WHEN"
;;
SELECT '<NULL>' AS "One",
  CASE
    WHEN 1 > 2 THEN 3
  END AS "Simple default"
;;
SELECT '6' AS "One",
  CASE
    WHEN 1 > 2 THEN 3
    WHEN 4 < 5 THEN 6
    ELSE 7
  END AS "Two WHEN with default"
;;
SELECT '7' AS "None",
   CASE WHEN random() < 0 THEN 1
   END AS "NULL on no matches"
;;
SELECT CASE WHEN 1=0 THEN 1/0 WHEN 1=1 THEN 1 ELSE 2/0 END
;;
SELECT CASE 1 WHEN 0 THEN 1/0 WHEN 1 THEN 1 ELSE 2/0 END
;;
SELECT CASE WHEN i > 100 THEN 1/0 ELSE 0 END FROM case_tbl
;;
SELECT CASE 'a' WHEN 'a' THEN 1 ELSE 2 END
;;
SELECT
  CASE
    WHEN i >= 3 THEN i
  END AS ">= 3 or Null"
  FROM CASE_TBL
;;
SELECT
  CASE WHEN i >= 3 THEN (i + i)
       ELSE i
  END AS "Simplest Math"
  FROM CASE_TBL
;;
SELECT i AS "Value",
  CASE WHEN (i < 0) THEN 'small'
       WHEN (i = 0) THEN 'zero'
       WHEN (i = 1) THEN 'one'
       WHEN (i = 2) THEN 'two'
       ELSE 'big'
  END AS "Category"
  FROM CASE_TBL
;;
SELECT
  CASE WHEN ((i < 0) or (i < 0)) THEN 'small'
       WHEN ((i = 0) or (i = 0)) THEN 'zero'
       WHEN ((i = 1) or (i = 1)) THEN 'one'
       WHEN ((i = 2) or (i = 2)) THEN 'two'
       ELSE 'big'
  END AS "Category"
  FROM CASE_TBL
;;
SELECT * FROM CASE_TBL WHERE COALESCE(f,i) = 4
;;
SELECT * FROM CASE_TBL WHERE NULLIF(f,i) = 2
;;
SELECT COALESCE(a.f, b.i, b.j)
  FROM CASE_TBL a, CASE2_TBL b
;;
SELECT *
  FROM CASE_TBL a, CASE2_TBL b
  WHERE COALESCE(a.f, b.i, b.j) = 2
;;
SELECT NULLIF(a.i,b.i) AS "NULLIF(a.i,b.i)",
  NULLIF(b.i, 4) AS "NULLIF(b.i,4)"
  FROM CASE_TBL a, CASE2_TBL b
;;
SELECT *
  FROM CASE_TBL a, CASE2_TBL b
  WHERE COALESCE(f,b.i) = 2
;;
UPDATE CASE_TBL
  SET i = CASE WHEN i >= 3 THEN (- i)
                ELSE (2 * i) END
;;
SELECT * FROM CASE_TBL
;;
UPDATE CASE_TBL
  SET i = CASE WHEN i >= 2 THEN (2 * i)
                ELSE (3 * i) END
;;
UPDATE CASE_TBL
  SET i = CASE WHEN b.i >= 2 THEN (2 * j)
                ELSE (3 * j) END
  FROM CASE2_TBL b
  WHERE j = -CASE_TBL.i
;;
SELECT CASE
  (CASE vol('bar')
    WHEN 'foo' THEN 'it was foo!'
    WHEN vol(null) THEN 'null input'
    WHEN 'bar' THEN 'it was bar!' END
  )
  WHEN 'it was foo!' THEN 'foo recognized'
  WHEN 'it was bar!' THEN 'bar recognized'
  ELSE 'unrecognized' END
;;
SELECT CASE volfoo('bar') WHEN 'foo'::foodomain THEN 'is foo' ELSE 'is not foo' END
;;
SELECT CASE make_ad(1,2)
  WHEN array[2,4]::arrdomain THEN 'wrong'
  WHEN array[2,5]::arrdomain THEN 'still wrong'
  WHEN array[1,2]::arrdomain THEN 'right'
  END
;;
SELECT NULLIF(make_ad(1,2), array[2,3]::arrdomain)
;;
SELECT
  CASE 'foo'::text
    WHEN 'foo' THEN ARRAY['a', 'b', 'c', 'd'] || enum_range(NULL::casetestenum)::text[]
    ELSE ARRAY['x', 'y']
    END
;;
SELECT * FROM CHAR_TBL
;;
SELECT c.*
   FROM CHAR_TBL c
   WHERE c.f1 <> 'a'
;;
SELECT c.*
   FROM CHAR_TBL c
   WHERE c.f1 = 'a'
;;
SELECT c.*
   FROM CHAR_TBL c
   WHERE c.f1 < 'a'
;;
SELECT c.*
   FROM CHAR_TBL c
   WHERE c.f1 <= 'a'
;;
SELECT c.*
   FROM CHAR_TBL c
   WHERE c.f1 > 'a'
;;
SELECT c.*
   FROM CHAR_TBL c
   WHERE c.f1 >= 'a'
;;
SELECT 'a'::text::"char"
;;
SELECT * FROM CIRCLE_TBL
;;
SELECT center(f1) AS center
  FROM CIRCLE_TBL
;;
SELECT radius(f1) AS radius
  FROM CIRCLE_TBL
;;
SELECT diameter(f1) AS diameter
  FROM CIRCLE_TBL
;;
SELECT f1 FROM CIRCLE_TBL WHERE radius(f1) < 5
;;
SELECT f1 FROM CIRCLE_TBL WHERE diameter(f1) >= 10
;;
SELECT c1.f1 AS one, c2.f1 AS two, (c1.f1 <-> c2.f1) AS distance
  FROM CIRCLE_TBL c1, CIRCLE_TBL c2
  WHERE (c1.f1 < c2.f1) AND ((c1.f1 <-> c2.f1) > 0)
  ORDER BY distance, area(c1.f1), area(c2.f1)
;;
SELECT a,b,c,substring(d for 30), length(d) from clstr_tst
;;
SELECT a,b,c,substring(d for 30), length(d) from clstr_tst ORDER BY a
;;
SELECT a,b,c,substring(d for 30), length(d) from clstr_tst ORDER BY b
;;
SELECT a,b,c,substring(d for 30), length(d) from clstr_tst ORDER BY c
;;
SELECT conname FROM pg_constraint WHERE conrelid = 'clstr_tst'::regclass
ORDER BY 1
;;
SELECT relname, relkind,
    EXISTS(SELECT 1 FROM pg_class WHERE oid = c.reltoastrelid) AS hastoast
FROM pg_class c WHERE relname LIKE 'clstr_tst%' ORDER BY relname
;;
SELECT pg_class.relname FROM pg_index, pg_class, pg_class AS pg_class_2
WHERE pg_class.oid=indexrelid
	AND indrelid=pg_class_2.oid
	AND pg_class_2.relname = 'clstr_tst'
	AND indisclustered
;;
SELECT * FROM clstr_1 UNION ALL
  SELECT * FROM clstr_2 UNION ALL
  SELECT * FROM clstr_3
;;
DELETE FROM clstr_1
;;
DELETE FROM clstr_2
;;
DELETE FROM clstr_3
;;
SELECT * FROM clstr_1
;;
UPDATE clustertest SET key = 100 WHERE key = 10
;;
SELECT * FROM clustertest
;;
select * from clstr_temp
;;
SELECT relname, old.level, old.relkind, old.relfilenode = new.relfilenode FROM old_cluster_info AS old JOIN new_cluster_info AS new USING (relname) ORDER BY relname COLLATE "C"
;;
SELECT a.relname, a.relfilenode=b.relfilenode FROM pg_class a
  JOIN ptnowner_oldnodes b USING (oid) ORDER BY a.relname COLLATE "C"
;;
select * from
(select hundred, lag(hundred) over () as lhundred,
        thousand, lag(thousand) over () as lthousand,
        tenthous, lag(tenthous) over () as ltenthous from clstr_4) ss
where row(hundred, thousand, tenthous) <= row(lhundred, lthousand, ltenthous)
;;
SELECT * FROM clstr_expression WHERE upper(b) = 'PREFIX3'
;;
SELECT * FROM clstr_expression WHERE -a = -3 ORDER BY -a, b
;;
WITH rows AS
  (SELECT ctid, lag(a) OVER (ORDER BY ctid) AS la, a FROM clstr_expression)
SELECT * FROM rows WHERE la < a
;;
WITH rows AS
  (SELECT ctid, lag(b) OVER (ORDER BY ctid) AS lb, b FROM clstr_expression)
SELECT * FROM rows WHERE upper(lb) > upper(b)
;;
SELECT * FROM collate_test1 WHERE b >= 'bbc'
;;
SELECT * FROM collate_test2 WHERE b >= 'bbc'
;;
SELECT * FROM collate_test3 WHERE b >= 'bbc'
;;
SELECT * FROM collate_test1 WHERE b COLLATE "C" >= 'bbc'
;;
SELECT * FROM collate_test1 WHERE b >= 'bbc' COLLATE "C"
;;
SELECT * FROM collate_test1 WHERE b COLLATE "C" >= 'bbc' COLLATE "C"
;;
SELECT * FROM collate_test1 WHERE b COLLATE "C" >= 'bbc' COLLATE "en-x-icu"
;;
SELECT a, b FROM collate_test4 ORDER BY b
;;
SELECT a, b FROM collate_test5 ORDER BY b
;;
SELECT a, b FROM collate_test1 ORDER BY b
;;
SELECT a, b FROM collate_test2 ORDER BY b
;;
SELECT a, b FROM collate_test3 ORDER BY b
;;
SELECT a, b FROM collate_test1 ORDER BY b COLLATE "C"
;;
SELECT * FROM collate_test1 ORDER BY b
;;
SELECT * FROM collate_test2 ORDER BY b
;;
SELECT * FROM collate_test3 ORDER BY b
;;
SELECT 'bbc' COLLATE "en-x-icu" > 'äbc' COLLATE "en-x-icu" AS "true"
;;
SELECT 'bbc' COLLATE "sv-x-icu" > 'äbc' COLLATE "sv-x-icu" AS "false"
;;
SELECT a, lower(x), lower(y), upper(x), upper(y), initcap(x), initcap(y) FROM collate_test10
;;
SELECT a, lower(x COLLATE "C"), lower(y COLLATE "C") FROM collate_test10
;;
SELECT a, x, y FROM collate_test10 ORDER BY lower(y), a
;;
SELECT lower('AbCd 123 #$% ıiIİ ẞ ß Ǆǅǆ Σσς' COLLATE "en-x-icu")
;;
SELECT casefold('AbCd 123 #$% ıiIİ ẞ ß Ǆǅǆ Σσς' COLLATE "en-x-icu")
;;
SELECT lower('AbCd 123 #$% ıiIİ ẞ ß Ǆǅǆ Σσς' COLLATE "tr-x-icu")
;;
SELECT casefold('AbCd 123 #$% ıiIİ ẞ ß Ǆǅǆ Σσς' COLLATE "tr-x-icu")
;;
SELECT * FROM collate_test1 WHERE b LIKE 'abc'
;;
SELECT * FROM collate_test1 WHERE b ILIKE 'abc'
;;
SELECT 'Türkiye' COLLATE "en-x-icu" ILIKE '%KI%' AS "true"
;;
SELECT 'Türkiye' COLLATE "tr-x-icu" ILIKE '%KI%' AS "false"
;;
SELECT 'bıt' ILIKE 'BIT' COLLATE "en-x-icu" AS "false"
;;
SELECT 'bıt' ILIKE 'BIT' COLLATE "tr-x-icu" AS "true"
;;
SELECT relname FROM pg_class WHERE relname ILIKE 'abc%'
;;
SELECT * FROM collate_test1 WHERE b ~ '^abc$'
;;
SELECT * FROM collate_test1 WHERE b ~* '^abc$'
;;
SELECT b,
       b ~ '^[[:alpha:]]+$' AS is_alpha,
       b ~ '^[[:upper:]]+$' AS is_upper,
       b ~ '^[[:lower:]]+$' AS is_lower,
       b ~ '^[[:digit:]]+$' AS is_digit,
       b ~ '^[[:alnum:]]+$' AS is_alnum,
       b ~ '^[[:graph:]]+$' AS is_graph,
       b ~ '^[[:print:]]+$' AS is_print,
       b ~ '^[[:punct:]]+$' AS is_punct,
       b ~ '^[[:space:]]+$' AS is_space
FROM collate_test6
;;
SELECT 'Türkiye' COLLATE "en-x-icu" ~* 'KI' AS "true"
;;
SELECT 'Türkiye' COLLATE "tr-x-icu" ~* 'KI' AS "true"
;;
SELECT 'bıt' ~* 'BIT' COLLATE "en-x-icu" AS "false"
;;
SELECT 'bıt' ~* 'BIT' COLLATE "tr-x-icu" AS "false"
;;
SELECT relname FROM pg_class WHERE relname ~* '^abc'
;;
SELECT table_name, view_definition FROM information_schema.views
  WHERE table_name LIKE 'collview%' ORDER BY 1
;;
SELECT a, coalesce(b, 'foo') FROM collate_test1 ORDER BY 2
;;
SELECT a, coalesce(b, 'foo') FROM collate_test2 ORDER BY 2
;;
SELECT a, coalesce(b, 'foo') FROM collate_test3 ORDER BY 2
;;
SELECT a, lower(coalesce(x, 'foo')), lower(coalesce(y, 'foo')) FROM collate_test10
;;
SELECT a, b, greatest(b, 'CCC') FROM collate_test1 ORDER BY 3
;;
SELECT a, b, greatest(b, 'CCC') FROM collate_test2 ORDER BY 3
;;
SELECT a, b, greatest(b, 'CCC') FROM collate_test3 ORDER BY 3
;;
SELECT a, x, y, lower(greatest(x, 'foo')), lower(greatest(y, 'foo')) FROM collate_test10
;;
SELECT a, nullif(b, 'abc') FROM collate_test1 ORDER BY 2
;;
SELECT a, nullif(b, 'abc') FROM collate_test2 ORDER BY 2
;;
SELECT a, nullif(b, 'abc') FROM collate_test3 ORDER BY 2
;;
SELECT a, lower(nullif(x, 'foo')), lower(nullif(y, 'foo')) FROM collate_test10
;;
SELECT a, CASE b WHEN 'abc' THEN 'abcd' ELSE b END FROM collate_test1 ORDER BY 2
;;
SELECT a, CASE b WHEN 'abc' THEN 'abcd' ELSE b END FROM collate_test2 ORDER BY 2
;;
SELECT a, CASE b WHEN 'abc' THEN 'abcd' ELSE b END FROM collate_test3 ORDER BY 2
;;
SELECT a, b::testdomain FROM collate_test1 ORDER BY 2
;;
SELECT a, b::testdomain FROM collate_test2 ORDER BY 2
;;
SELECT a, b::testdomain FROM collate_test3 ORDER BY 2
;;
SELECT a, b::testdomain_sv FROM collate_test3 ORDER BY 2
;;
SELECT a, lower(x::testdomain), lower(y::testdomain) FROM collate_test10
;;
SELECT min(b), max(b) FROM collate_test1
;;
SELECT min(b), max(b) FROM collate_test2
;;
SELECT min(b), max(b) FROM collate_test3
;;
SELECT array_agg(b ORDER BY b) FROM collate_test1
;;
SELECT array_agg(b ORDER BY b) FROM collate_test2
;;
SELECT array_agg(b ORDER BY b) FROM collate_test3
;;
SELECT a, b FROM collate_test1 UNION ALL SELECT a, b FROM collate_test1 ORDER BY 2
;;
SELECT a, b FROM collate_test2 UNION SELECT a, b FROM collate_test2 ORDER BY 2
;;
SELECT a, b FROM collate_test3 WHERE a < 4 INTERSECT SELECT a, b FROM collate_test3 WHERE a > 1 ORDER BY 2
;;
SELECT a, b FROM collate_test3 EXCEPT SELECT a, b FROM collate_test3 WHERE a < 2 ORDER BY 2
;;
SELECT a, b FROM collate_test1 UNION ALL SELECT a, b FROM collate_test3 ORDER BY 2
;;
SELECT a, b FROM collate_test1 UNION ALL SELECT a, b FROM collate_test3
;;
SELECT a, b FROM collate_test1 UNION SELECT a, b FROM collate_test3 ORDER BY 2
;;
SELECT a, b COLLATE "C" FROM collate_test1 UNION SELECT a, b FROM collate_test3 ORDER BY 2
;;
SELECT a, b FROM collate_test1 INTERSECT SELECT a, b FROM collate_test3 ORDER BY 2
;;
SELECT a, b FROM collate_test1 EXCEPT SELECT a, b FROM collate_test3 ORDER BY 2
;;
select x < y from collate_test10
;;
select x || y from collate_test10
;;
select x, y from collate_test10 order by x || y
;;
WITH RECURSIVE foo(x) AS
   (SELECT x FROM (VALUES('a' COLLATE "en-x-icu"),('b')) t(x)
   UNION ALL
   SELECT (x || 'c') COLLATE "de-x-icu" FROM foo WHERE length(x) < 10)
SELECT * FROM foo
;;
SELECT a, CAST(b AS varchar) FROM collate_test1 ORDER BY 2
;;
SELECT a, CAST(b AS varchar) FROM collate_test2 ORDER BY 2
;;
SELECT a, CAST(b AS varchar) FROM collate_test3 ORDER BY 2
;;
SELECT a.b AS a, b.b AS b, a.b < b.b AS lt,
       mylt(a.b, b.b), mylt_noninline(a.b, b.b), mylt_plpgsql(a.b, b.b)
FROM collate_test1 a, collate_test1 b
ORDER BY a.b, b.b
;;
SELECT a.b AS a, b.b AS b, a.b < b.b COLLATE "C" AS lt,
       mylt(a.b, b.b COLLATE "C"), mylt_noninline(a.b, b.b COLLATE "C"),
       mylt_plpgsql(a.b, b.b COLLATE "C")
FROM collate_test1 a, collate_test1 b
ORDER BY a.b, b.b
;;
SELECT mylt2('a', 'B' collate "en-x-icu") as t, mylt2('a', 'B' collate "C") as f
;;
SELECT mylt2('a', 'B') as f
;;
SELECT mylt2('a', 'B' collate "C") as fail
;;
SELECT mylt2('a', 'B' collate "POSIX") as f
;;
SELECT * FROM unnest((SELECT array_agg(b ORDER BY b) FROM collate_test1)) ORDER BY 1
;;
SELECT * FROM unnest((SELECT array_agg(b ORDER BY b) FROM collate_test2)) ORDER BY 1
;;
SELECT * FROM unnest((SELECT array_agg(b ORDER BY b) FROM collate_test3)) ORDER BY 1
;;
SELECT a, dup(b) FROM collate_test1 ORDER BY 2
;;
SELECT a, dup(b) FROM collate_test2 ORDER BY 2
;;
SELECT a, dup(b) FROM collate_test3 ORDER BY 2
;;
SELECT relname, pg_get_indexdef(oid) FROM pg_class WHERE relname LIKE 'collate_test%_idx%' ORDER BY 1
;;
SELECT collname FROM pg_collation WHERE collname LIKE 'test%' ORDER BY 1
;;
SELECT collname, nspname, obj_description(pg_collation.oid, 'pg_collation')
    FROM pg_collation JOIN pg_namespace ON (collnamespace = pg_namespace.oid)
    WHERE collname LIKE 'test%'
    ORDER BY 1
;;
SELECT collname FROM pg_collation WHERE collname LIKE 'test%'
;;
select textrange_c('A','Z') @> 'b'::text
;;
select textrange_en_us('A','Z') @> 'b'::text
;;
SELECT * FROM collate_test2 ORDER BY b COLLATE UCS_BASIC
;;
SELECT * FROM collate_test2 ORDER BY b COLLATE UNICODE
;;
SELECT 'aaá' > 'AAA' COLLATE "und-x-icu", 'aaá' < 'AAA' COLLATE testcoll_ignore_accents
;;
SELECT 'coté' < 'côte' COLLATE "und-x-icu", 'coté' > 'côte' COLLATE testcoll_backwards
;;
SELECT 'aaa' < 'AAA' COLLATE testcoll_lower_first, 'aaa' > 'AAA' COLLATE testcoll_upper_first
;;
SELECT 'de-luge' < 'deanza' COLLATE "und-x-icu", 'de-luge' > 'deanza' COLLATE testcoll_shifted
;;
SELECT 'A-21' > 'A-123' COLLATE "und-x-icu", 'A-21' < 'A-123' COLLATE testcoll_numeric
;;
SELECT 'Goldmann' < 'Götz' COLLATE "de-x-icu", 'Goldmann' > 'Götz' COLLATE testcoll_de_phonebook
;;
SELECT * FROM test7 ORDER BY a COLLATE "en-x-icu"
;;
SELECT * FROM test7 ORDER BY a COLLATE testcoll_rules1
;;
SELECT 'abc' LIKE 'abc' COLLATE ctest_det
;;
SELECT 'abc' LIKE 'abc' COLLATE ctest_nondet
;;
SELECT * FROM test6
;;
SELECT * FROM test6 WHERE b = 'zyäbc' COLLATE ctest_det
;;
SELECT * FROM test6 WHERE b = 'zyäbc' COLLATE ctest_nondet
;;
SELECT strpos(b COLLATE ctest_det, 'bc') FROM test6
;;
SELECT strpos(b COLLATE ctest_nondet, 'bc') FROM test6
;;
SELECT replace(b COLLATE ctest_det, U&'\00E4b', 'X') FROM test6
;;
SELECT replace(b COLLATE ctest_nondet, U&'\00E4b', 'X') FROM test6
;;
SELECT a, split_part(b COLLATE ctest_det, U&'\00E4b', 2) FROM test6
;;
SELECT a, split_part(b COLLATE ctest_nondet, U&'\00E4b', 2) FROM test6
;;
SELECT a, string_to_array(b COLLATE ctest_det, U&'\00E4b') FROM test6
;;
SELECT a, string_to_array(b COLLATE ctest_nondet, U&'\00E4b') FROM test6
;;
SELECT * FROM test6 WHERE b LIKE 'zyäbc' COLLATE ctest_det
;;
SELECT * FROM test6 WHERE b LIKE 'zyäbc' COLLATE ctest_nondet
;;
SELECT * FROM test6a
;;
SELECT * FROM test6a WHERE b = ARRAY['äbc'] COLLATE ctest_det
;;
SELECT * FROM test6a WHERE b = ARRAY['äbc'] COLLATE ctest_nondet
;;
SELECT 'abc' <= 'ABC' COLLATE case_sensitive, 'abc' >= 'ABC' COLLATE case_sensitive
;;
SELECT 'abc' <= 'ABC' COLLATE case_insensitive, 'abc' >= 'ABC' COLLATE case_insensitive
;;
SELECT array_sort('{a,B}'::text[] COLLATE case_insensitive)
;;
SELECT replace('testX' COLLATE case_insensitive, 'x' COLLATE case_insensitive, 'er')
;;
SELECT 'aBcD' COLLATE lt_insensitive = 'AbCd' COLLATE lt_insensitive
;;
SELECT 'Z' COLLATE lt_upperfirst < 'z' COLLATE lt_upperfirst
;;
SELECT x FROM test3cs WHERE x = 'abc'
;;
SELECT x FROM test3cs WHERE x <> 'abc'
;;
SELECT x FROM test3cs WHERE x LIKE 'a%'
;;
SELECT x FROM test3cs WHERE x ILIKE 'a%'
;;
SELECT x FROM test3cs WHERE x SIMILAR TO 'a%'
;;
SELECT x FROM test3cs WHERE x ~ 'a'
;;
SELECT x FROM test1cs UNION SELECT x FROM test2cs ORDER BY x
;;
SELECT x FROM test2cs UNION SELECT x FROM test1cs ORDER BY x
;;
SELECT x FROM test1cs INTERSECT SELECT x FROM test2cs
;;
SELECT x FROM test2cs INTERSECT SELECT x FROM test1cs
;;
SELECT x FROM test1cs EXCEPT SELECT x FROM test2cs
;;
SELECT x FROM test2cs EXCEPT SELECT x FROM test1cs
;;
SELECT DISTINCT x FROM test3cs ORDER BY x
;;
SELECT count(DISTINCT x) FROM test3cs
;;
SELECT x, count(*) FROM test3cs GROUP BY x ORDER BY x
;;
SELECT x, row_number() OVER (ORDER BY x), rank() OVER (ORDER BY x) FROM test3cs ORDER BY x
;;
SELECT string_to_array('ABC,DEF,GHI' COLLATE case_sensitive, ',', 'abc')
;;
SELECT * FROM test1cs t1, test3cs t2
WHERE t1.x = t2.x COLLATE case_insensitive
ORDER BY 1, 2
;;
SELECT t1.* FROM test3cs t1
       LEFT JOIN test3cs t2 ON t1.x = t2.x COLLATE case_insensitive
ORDER BY 1
;;
SELECT * FROM test3cs t1
  WHERE EXISTS (SELECT 1 FROM test3cs t2 WHERE t1.x = t2.x COLLATE case_insensitive)
ORDER BY 1
;;
SELECT * FROM test1cs t1, (SELECT DISTINCT x FROM test3cs) t2
WHERE t1.x = t2.x COLLATE case_insensitive
ORDER BY 1, 2
;;
SELECT * FROM test1cs t1, (SELECT x FROM test3cs GROUP BY x) t2
WHERE t1.x = t2.x COLLATE case_insensitive
ORDER BY 1, 2
;;
SELECT * FROM test1cs t1, (SELECT x FROM test3cs UNION SELECT x FROM test3cs) t2
WHERE t1.x = t2.x COLLATE case_insensitive
ORDER BY 1, 2
;;
SELECT t1.* FROM test3cs t1
       LEFT JOIN (SELECT DISTINCT x FROM test3cs) t2 ON t1.x = t2.x COLLATE case_insensitive
ORDER BY 1
;;
SELECT * FROM test3cs t1
  WHERE EXISTS (SELECT 1 FROM (SELECT DISTINCT x FROM test3cs) t2
                WHERE t1.x = t2.x COLLATE case_insensitive)
ORDER BY 1
;;
SELECT x FROM test3ci WHERE x = 'abc'
;;
SELECT x FROM test3ci WHERE x <> 'abc'
;;
SELECT x FROM test3ci WHERE x LIKE 'a%'
;;
SELECT x FROM test3ci WHERE x ILIKE 'a%'
;;
SELECT x FROM test3ci WHERE x SIMILAR TO 'a%'
;;
SELECT x FROM test3ci WHERE x ~ 'a'
;;
SELECT x FROM test1ci UNION SELECT x FROM test2ci ORDER BY x
;;
SELECT x FROM test2ci UNION SELECT x FROM test1ci ORDER BY x
;;
SELECT x FROM test1ci INTERSECT SELECT x FROM test2ci ORDER BY x
;;
SELECT x FROM test2ci INTERSECT SELECT x FROM test1ci ORDER BY x
;;
SELECT x FROM test1ci EXCEPT SELECT x FROM test2ci
;;
SELECT x FROM test2ci EXCEPT SELECT x FROM test1ci
;;
SELECT DISTINCT x FROM test3ci ORDER BY x
;;
SELECT count(DISTINCT x) FROM test3ci
;;
SELECT x, count(*) FROM test3ci GROUP BY x ORDER BY x
;;
SELECT x, row_number() OVER (ORDER BY x), rank() OVER (ORDER BY x) FROM test3ci ORDER BY x
;;
SELECT string_to_array('ABC,DEF,GHI' COLLATE case_insensitive, ',', 'abc')
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING x = 'abc' COLLATE case_sensitive
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING x = 'abc' COLLATE case_insensitive
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING upper(x) = 'ABC' COLLATE case_sensitive
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING upper(x) = 'ABC' COLLATE case_insensitive
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING upper(x COLLATE case_sensitive) COLLATE case_insensitive = 'ABC'
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING x = 'abc' COLLATE case_sensitive AND length(x) > 1
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING x = 'abc' COLLATE case_insensitive AND length(x) > 1
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING x = 'abc' COLLATE case_sensitive OR x = 'def' COLLATE case_sensitive ORDER BY 1
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING ROW(x, 1) < ROW('ABC' COLLATE case_sensitive, 1) ORDER BY 1
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING (CASE x WHEN 'abc' COLLATE case_sensitive THEN true ELSE false END)
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING (CASE x WHEN 'abc' COLLATE case_insensitive THEN true ELSE false END)
;;
SELECT x, count(*) FROM test3ci GROUP BY x HAVING (CASE WHEN (CASE x WHEN 'abc' COLLATE case_sensitive THEN 1 ELSE 0 END) = 1 THEN true ELSE false END)
;;
SELECT x, count(*) FROM test3cs GROUP BY x HAVING x = 'abc' COLLATE case_sensitive
;;
SELECT x, count(*) FROM test3cs GROUP BY x HAVING x = 'abc' COLLATE case_insensitive ORDER BY 1
;;
SELECT x FROM test3bpci WHERE x = 'abc'
;;
SELECT x FROM test3bpci WHERE x <> 'abc'
;;
SELECT x FROM test3bpci WHERE x LIKE 'a%'
;;
SELECT x FROM test3bpci WHERE x ILIKE 'a%'
;;
SELECT x FROM test3bpci WHERE x SIMILAR TO 'a%'
;;
SELECT x FROM test3bpci WHERE x ~ 'a'
;;
SELECT x FROM test1bpci UNION SELECT x FROM test2bpci ORDER BY x
;;
SELECT x FROM test2bpci UNION SELECT x FROM test1bpci ORDER BY x
;;
SELECT x FROM test1bpci INTERSECT SELECT x FROM test2bpci ORDER BY x
;;
SELECT x FROM test2bpci INTERSECT SELECT x FROM test1bpci ORDER BY x
;;
SELECT x FROM test1bpci EXCEPT SELECT x FROM test2bpci
;;
SELECT x FROM test2bpci EXCEPT SELECT x FROM test1bpci
;;
SELECT DISTINCT x FROM test3bpci ORDER BY x
;;
SELECT count(DISTINCT x) FROM test3bpci
;;
SELECT x, count(*) FROM test3bpci GROUP BY x ORDER BY x
;;
SELECT x, row_number() OVER (ORDER BY x), rank() OVER (ORDER BY x) FROM test3bpci ORDER BY x
;;
SELECT x FROM test4c WHERE x LIKE 'ABC' COLLATE case_sensitive
;;
SELECT x FROM test4c WHERE x LIKE 'ABC' COLLATE case_insensitive
;;
SELECT 'ὀδυσσεύς' = 'ὈΔΥΣΣΕΎΣ' COLLATE case_sensitive
;;
SELECT 'ὀδυσσεύς' = 'ὈΔΥΣΣΕΎΣ' COLLATE case_insensitive
;;
SELECT relname FROM pg_class WHERE relname = 'PG_CLASS'::text COLLATE case_insensitive
;;
SELECT relname FROM pg_class WHERE 'PG_CLASS'::text = relname COLLATE case_insensitive
;;
SELECT typname FROM pg_type WHERE typname LIKE 'int_' AND typname <> 'INT2'::text
  COLLATE case_insensitive ORDER BY typname
;;
SELECT typname FROM pg_type WHERE typname LIKE 'int_' AND 'INT2'::text <> typname
  COLLATE case_insensitive ORDER BY typname
;;
SELECT * FROM outer_text WHERE (f1, f2) NOT IN (SELECT * FROM inner_text)
;;
SELECT * FROM test4 WHERE b = 'cote'
;;
SELECT * FROM test4 WHERE b = 'cote' COLLATE ignore_accents
;;
SELECT * FROM test4 WHERE b = 'Cote' COLLATE case_insensitive
;;
UPDATE test4nfd SET b = normalize(b, nfd)
;;
SELECT a, b, replace(b COLLATE ignore_accents, 'co', 'ma') FROM test4
;;
SELECT a, b, replace(b COLLATE ignore_accents, 'co', 'ma') FROM test4nfd
;;
SELECT U&'\0061\0308bc' LIKE U&'\00E4_c' COLLATE ignore_accents
;;
SELECT U&'\0308bc' = 'bc' COLLATE ignore_accents
;;
UPDATE test12pk SET x = 'ABC' WHERE x = 'abc'
;;
SELECT * FROM test12pk
;;
SELECT * FROM test12fk
;;
SELECT * FROM test20_1
;;
SELECT (SELECT count(*) FROM test22_0) = (SELECT count(*) FROM test22_1)
;;
SELECT (SELECT count(*) FROM test22a_0) = (SELECT count(*) FROM test22a_1)
;;
SELECT (SELECT count(*) FROM test23_0) <> (SELECT count(*) FROM test23_1)
;;
SELECT (SELECT count(*) FROM test23a_0) <> (SELECT count(*) FROM test23a_1)
;;
SELECT upper(c collate case_insensitive), count(c) FROM pagg_tab3 GROUP BY c collate case_insensitive ORDER BY 1
;;
SELECT c collate "C", count(c) FROM pagg_tab3 GROUP BY c collate "C" ORDER BY 1
;;
SELECT t1.c, count(t2.c) FROM pagg_tab3 t1 JOIN pagg_tab3 t2 ON t1.c = t2.c GROUP BY 1 ORDER BY t1.c COLLATE "C"
;;
SELECT t1.c COLLATE "C", count(t2.c) FROM pagg_tab3 t1 JOIN pagg_tab3 t2 ON t1.c = t2.c COLLATE "C" GROUP BY t1.c COLLATE "C" ORDER BY t1.c COLLATE "C"
;;
SELECT t1.c, count(t2.c) FROM pagg_tab3 t1 JOIN pagg_tab4 t2 ON t1.c = t2.c AND t1.c = t2.b GROUP BY 1 ORDER BY t1.c COLLATE "C"
;;
SELECT a, b FROM groupby_collation_t GROUP BY a, b ORDER BY a, b
;;
SELECT * FROM t5 ORDER BY c ASC, a ASC
;;
SELECT JSON_VALUE('{"a": "A"}', '$.a' RETURNING d1 DEFAULT ('C' COLLATE "C") COLLATE case_insensitive ON EMPTY) = 'a'
;;
SELECT JSON_VALUE('{"a": "A"}', '$.a' RETURNING d1 DEFAULT 'C' ON EMPTY) = 'a'
;;
SELECT JSON_VALUE('{"a": "A"}', '$.a' RETURNING d1 DEFAULT 'C' COLLATE "C" ON EMPTY) = 'a'
;;
SELECT JSON_VALUE('{"a": "A"}', '$.c' RETURNING d1 DEFAULT 'A' COLLATE case_insensitive ON EMPTY) = 'a'
;;
SELECT * FROM collate_test1 WHERE b COLLATE "C" >= 'bbc' COLLATE "en_US"
;;
SELECT 'bbc' COLLATE "en_US" > 'äbc' COLLATE "en_US" AS "true"
;;
SELECT 'bbc' COLLATE "sv_SE" > 'äbc' COLLATE "sv_SE" AS "false"
;;
SELECT 'Türkiye' COLLATE "en_US" ILIKE '%KI%' AS "true"
;;
SELECT 'Türkiye' COLLATE "tr_TR" ILIKE '%KI%' AS "false"
;;
SELECT 'bıt' ILIKE 'BIT' COLLATE "en_US" AS "false"
;;
SELECT 'bıt' ILIKE 'BIT' COLLATE "tr_TR" AS "true"
;;
SELECT 'Türkiye' COLLATE "en_US" ~* 'KI' AS "true"
;;
SELECT 'Türkiye' COLLATE "tr_TR" ~* 'KI' AS "false"
;;
SELECT 'bıt' ~* 'BIT' COLLATE "en_US" AS "false"
;;
SELECT 'bıt' ~* 'BIT' COLLATE "tr_TR" AS "true"
;;
SELECT to_char(date '2010-02-01', 'DD TMMON YYYY')
;;
SELECT to_char(date '2010-02-01', 'DD TMMON YYYY' COLLATE "tr_TR")
;;
SELECT to_date('01 ŞUB 2010', 'DD TMMON YYYY')
;;
WITH RECURSIVE foo(x) AS
   (SELECT x FROM (VALUES('a' COLLATE "en_US"),('b')) t(x)
   UNION ALL
   SELECT (x || 'c') COLLATE "de_DE" FROM foo WHERE length(x) < 10)
SELECT * FROM foo
;;
SELECT mylt2('a', 'B' collate "en_US") as t, mylt2('a', 'B' collate "C") as f
;;
SELECT * FROM collate_test1 WHERE b COLLATE "C" >= 'bbc' COLLATE "POSIX"
;;
SELECT 'bbc' COLLATE "C" > 'Abc' COLLATE "C" AS "true"
;;
SELECT 'bbc' COLLATE "POSIX" < 'Abc' COLLATE "POSIX" AS "false"
;;
SELECT a, b::testdomain_p FROM collate_test2 ORDER BY 2
;;
SELECT string_agg(x COLLATE "C", y COLLATE "POSIX") FROM collate_test10
;;
SELECT array_agg(x COLLATE "C" ORDER BY y COLLATE "POSIX") FROM collate_test10
;;
SELECT array_agg(a ORDER BY x COLLATE "C", y COLLATE "POSIX") FROM collate_test10
;;
SELECT array_agg(a ORDER BY x||y) FROM collate_test10
;;
SELECT a, b FROM collate_test2 WHERE a < 4 INTERSECT SELECT a, b FROM collate_test2 WHERE a > 1 ORDER BY 2
;;
SELECT a, b FROM collate_test2 EXCEPT SELECT a, b FROM collate_test2 WHERE a < 2 ORDER BY 2
;;
SELECT a, b FROM collate_test1 UNION ALL SELECT a, b FROM collate_test2 ORDER BY 2
;;
SELECT a, b FROM collate_test1 UNION ALL SELECT a, b FROM collate_test2
;;
SELECT a, b FROM collate_test1 UNION SELECT a, b FROM collate_test2 ORDER BY 2
;;
SELECT a, b COLLATE "C" FROM collate_test1 UNION SELECT a, b FROM collate_test2 ORDER BY 2
;;
SELECT a, b FROM collate_test1 INTERSECT SELECT a, b FROM collate_test2 ORDER BY 2
;;
SELECT a, b FROM collate_test1 EXCEPT SELECT a, b FROM collate_test2 ORDER BY 2
;;
WITH RECURSIVE foo(x) AS
   (SELECT x FROM (VALUES('a' COLLATE "C"),('b')) t(x)
   UNION ALL
   SELECT (x || 'c') COLLATE "POSIX" FROM foo WHERE length(x) < 10)
SELECT * FROM foo
;;
SELECT a, b, a < b as lt FROM
  (VALUES ('a', 'B'), ('A', 'b' COLLATE "C")) v(a,b)
;;
SELECT * FROM collate_test10 WHERE (x, y) NOT IN (SELECT y, x FROM collate_test10)
;;
SELECT * FROM collate_test10 WHERE (x COLLATE "POSIX", y COLLATE "C") NOT IN (SELECT y, x FROM collate_test10)
;;
SELECT * FROM collate_test10 WHERE (x, y) NOT IN (SELECT y COLLATE "C", x COLLATE "POSIX" FROM collate_test10)
;;
SELECT a, b FROM collate_test1 ORDER BY a, vc(b)
;;
DELETE FROM collate_test22 WHERE f2 = 'baz'
;;
SELECT b FROM collate_test1 ORDER BY b COLLATE builtin_c
;;
SELECT collation for ('foo')
;;
SELECT collation for ((SELECT a FROM collate_test1 LIMIT 1))
;;
SELECT collation for ((SELECT b FROM collate_test1 LIMIT 1))
;;
SELECT LOWER(U&'\00C1' COLLATE regress_builtin_c) = U&'\00C1'
;;
SELECT UPPER(U&'\00E1' COLLATE regress_builtin_c) = U&'\00E1'
;;
SELECT U&'\00C1\00E1' !~ '[[:alpha:]]' COLLATE regress_builtin_c
;;
SELECT
    t, lower(t), initcap(t), upper(t),
    length(convert_to(t, 'UTF8')) AS t_bytes,
    length(convert_to(lower(t), 'UTF8')) AS lower_t_bytes,
    length(convert_to(initcap(t), 'UTF8')) AS initcap_t_bytes,
    length(convert_to(upper(t), 'UTF8')) AS upper_t_bytes
  FROM test_pg_c_utf8
;;
SELECT lower('ΑΣ' COLLATE PG_C_UTF8)
;;
SELECT 'xyz' ~ '[[:alnum:]]' COLLATE PG_C_UTF8
;;
SELECT 'xyz' !~ '[[:upper:]]' COLLATE PG_C_UTF8
;;
SELECT 'xYz' ~* 'XyZ' COLLATE PG_C_UTF8
;;
SELECT 'xAb' !~* '[c-d]' COLLATE PG_C_UTF8
;;
select casefold('AbCd 123 #$% ıiIİ ẞ ß Ǆǅǆ Σσς' collate PG_C_UTF8)
;;
SELECT
    t, lower(t), initcap(t), upper(t),
    length(convert_to(t, 'UTF8')) AS t_bytes,
    length(convert_to(lower(t), 'UTF8')) AS lower_t_bytes,
    length(convert_to(initcap(t), 'UTF8')) AS initcap_t_bytes,
    length(convert_to(upper(t), 'UTF8')) AS upper_t_bytes
  FROM test_pg_unicode_fast
;;
SELECT lower('ΑΣ' COLLATE PG_UNICODE_FAST)
;;
SELECT 'xyz' ~ '[[:alnum:]]' COLLATE PG_UNICODE_FAST
;;
SELECT 'xyz' !~ '[[:upper:]]' COLLATE PG_UNICODE_FAST
;;
SELECT 'xYz' ~* 'XyZ' COLLATE PG_UNICODE_FAST
;;
SELECT 'xAb' !~* '[c-d]' COLLATE PG_UNICODE_FAST
;;
select casefold('AbCd 123 #$% ıiIİ ẞ ß Ǆǅǆ Σσς' collate PG_UNICODE_FAST)
;;
SELECT ctid,cmin,* FROM combocidtest
;;
UPDATE combocidtest SET foobar = foobar + 10
;;
DELETE FROM combocidtest
;;
SELECT ctid,cmin,* FROM combocidtest FOR UPDATE
;;
SELECT * FROM testcase WHERE testcase.id = 1 FOR UPDATE
;;
UPDATE testcase SET balance = balance + 400 WHERE id=1
;;
UPDATE testcase SET balance = balance - 100 WHERE id=1
;;
SELECT * FROM testcase WHERE id = 1 FOR UPDATE
;;
SELECT pg_column_compression(f1) FROM cmdata
;;
SELECT pg_column_compression(f1) FROM cmdata1
;;
SELECT SUBSTR(f1, 200, 5) FROM cmdata
;;
SELECT SUBSTR(f1, 2000, 50) FROM cmdata1
;;
SELECT * INTO cmmove1 FROM cmdata
;;
SELECT pg_column_compression(f1) FROM cmmove1
;;
SELECT pg_column_compression(f1) FROM cmmove3
;;
SELECT pg_column_compression(f1) FROM cmmove2
;;
UPDATE cmmove2 SET f1 = cmdata1.f1 FROM cmdata1
;;
SELECT pg_column_compression(f1) FROM cmdata2
;;
SELECT SUBSTR(f1, 200, 5) FROM cmdata2
;;
SELECT pg_column_compression(x) FROM compressmv
;;
SELECT pg_column_compression(f1) FROM cmpart1
;;
SELECT pg_column_compression(f1) FROM cmpart2
;;
SELECT length(f1) FROM cmdata
;;
SELECT length(f1) FROM cmdata1
;;
SELECT length(f1) FROM cmmove1
;;
SELECT length(f1) FROM cmmove2
;;
SELECT length(f1) FROM cmmove3
;;
SELECT test_pglz_decompress(test_pglz_compress(
    decode(repeat('abcd', 100), 'escape')), 400, false) =
    decode(repeat('abcd', 100), 'escape') AS roundtrip_ok
;;
SELECT test_pglz_decompress(test_pglz_compress(
    decode(repeat('abcd', 100), 'escape')), 500, true)
;;
SELECT length(test_pglz_decompress('\x01'::bytea, 1024, false)) AS ctrl_only_len
;;
SELECT test_pglz_decompress('\x01'::bytea, 1024, true)
;;
SELECT * FROM DEFAULT_TBL
;;
SELECT * FROM DEFAULTEXPR_TBL
;;
SELECT * FROM CHECK_TBL
;;
SELECT * FROM NE_CHECK_TBL
;;
SELECT * from CHECK2_TBL
;;
SELECT * FROM INSERT_TBL
;;
SELECT 'one' AS one, nextval('insert_seq')
;;
SELECT 'eight' AS one, currval('insert_seq')
;;
SELECT *, tableoid::regclass::text FROM SYS_COL_CHECK_TBL
;;
SELECT * FROM INSERT_CHILD
;;
DELETE FROM INSERT_TBL
;;
UPDATE INSERT_TBL SET x = NULL WHERE x = 5
;;
UPDATE INSERT_TBL SET x = -z, z = -x
;;
UPDATE INSERT_TBL SET x = z, z = x
;;
SELECT * FROM COPY_TBL
;;
SELECT * FROM PRIMARY_TBL
;;
SELECT * FROM UNIQUE_TBL
;;
UPDATE unique_tbl SET i = 1 WHERE i = 0
;;
UPDATE unique_tbl SET i = i+1
;;
DELETE FROM unique_tbl WHERE t = 'tree'
;;
UPDATE unique_tbl SET i = 2 WHERE i = 4 AND t = 'four'
;;
DELETE FROM unique_tbl WHERE i = 1 AND t = 'one'
;;
SELECT conname, conrelid::regclass FROM pg_constraint
  WHERE conname LIKE 'parted_uniq%' ORDER BY conname
;;
SELECT conname FROM pg_constraint WHERE conrelid = 'parted_fk_naming_1'::regclass AND contype = 'f'
;;
SELECT conname, conparentid, conislocal, coninhcount
  FROM pg_constraint WHERE conname IN ('tp_pkey', 'tp_b_a_key')
  ORDER BY conname DESC
;;
UPDATE unique_tbl SET t = 'THREE' WHERE i = 3 AND t = 'Three'
;;
UPDATE unique_tbl SET t = 'threex' WHERE t = 'tree'
;;
DELETE FROM deferred_excl WHERE f1 = 2 AND f2 IS NULL
;;
UPDATE deferred_excl SET f2 = 2 WHERE f1 = 2
;;
SELECT * FROM deferred_excl
;;
UPDATE deferred_excl SET f1 = 3
;;
select conname, contype, conkey from pg_constraint where conrelid = 'notnull_tbl1'::regclass
;;
UPDATE notnull_tbl1 SET a = 100 WHERE b = 1
;;
SELECT conrelid::regclass, contype, convalidated, conislocal
FROM pg_catalog.pg_constraint
WHERE conrelid in ('notnull_parent_upg'::regclass, 'notnull_child_upg'::regclass)
ORDER BY 1
;;
SELECT FROM test_enc_setup()
;;
select description, (test_conv(inbytes, 'utf8', 'utf8')).* from utf8_verification_inputs
;;
with test_bytes as (
  select
    inbytes,
    description,
    (test_conv(inbytes || repeat('.', 3)::bytea, 'utf8', 'utf8')).error
  from utf8_verification_inputs
), test_padded as (
  select
    description,
    (test_conv(inbytes || repeat('.', 64)::bytea, 'utf8', 'utf8')).error
  from test_bytes
)
select
  description,
  b.error as orig_error,
  p.error as error_after_padding
from test_padded p
join test_bytes b
using (description)
where p.error is distinct from b.error
order by description
;;
select description, (test_conv(inbytes, 'utf8', 'utf8')).* from utf8_inputs
;;
select description, inbytes, (test_conv(inbytes, 'utf8', 'euc_jis_2004')).* from utf8_inputs
;;
select description, inbytes, (test_conv(inbytes, 'euc_jis_2004', 'euc_jis_2004')).* from euc_jis_2004_inputs
;;
select description, inbytes, (test_conv(inbytes, 'shiftjis2004', 'shiftjis2004')).* from shiftjis2004_inputs
;;
select description, inbytes, (test_conv(inbytes::text::bytea, 'gb18030', 'gb18030')).* from gb18030_inputs
;;
select description, inbytes, (test_conv(inbytes, 'gb18030', 'utf8')).* from gb18030_inputs
;;
select description, inbytes, (test_conv(inbytes, 'iso8859-5', 'iso8859-5')).* from iso8859_5_inputs
;;
select description, inbytes, (test_conv(inbytes, 'big5', 'big5')).* from big5_inputs
;;
select description, inbytes, (test_conv(inbytes, 'mule_internal', 'mule_internal')).* from mic_inputs
;;
select * from copytest except select * from copytest2
;;
select test from copytest2 order by test collate "C"
;;
select tableoid::regclass,count(*),sum(a) from parted_copytest
group by tableoid order by tableoid::regclass::name
;;
select * from parted_copytest where b = 2
;;
SELECT tableoid::regclass, id % 2 = 0 is_even, count(*) from parted_si GROUP BY 1, 2 ORDER BY 1
;;
SELECT * FROM x
;;
SELECT * FROM vistest
;;
SELECT truncate_in_subxact()
;;
SELECT b, c FROM forcetest WHERE a = 1
;;
SELECT c, d FROM forcetest WHERE a = 2
;;
SELECT aggfnoid, aggtransfn, aggcombinefn, aggtranstype::regtype,
       aggserialfn, aggdeserialfn, aggfinalmodify
FROM pg_aggregate
WHERE aggfnoid = 'myavg'::REGPROC
;;
SELECT * FROM fast_emp4000
    WHERE home_base <@ '(200,200),(2000,1000)'::box
    ORDER BY (home_base[0])[0]
;;
SELECT count(*) FROM fast_emp4000 WHERE home_base && '(1000,1000,0,0)'::box
;;
SELECT count(*) FROM fast_emp4000 WHERE home_base IS NULL
;;
SELECT amname, amhandler, amtype FROM pg_am where amtype = 't' ORDER BY 1, 2
;;
SELECT f1 FROM tableam_tbl_heap2 ORDER BY f1
;;
SELECT f1 FROM tableam_tblmv_heap2 ORDER BY f1
;;
SELECT a.amname FROM pg_class c, pg_am a
  WHERE c.relname = 'tableam_parted_heap2' AND a.oid = c.relam
;;
SELECT
    pc.relkind,
    pa.amname,
    CASE WHEN relkind = 't' THEN
        (SELECT 'toast for ' || relname::regclass FROM pg_class pcm WHERE pcm.reltoastrelid = pc.oid)
    ELSE
        relname::regclass::text
    END COLLATE "C" AS relname
FROM pg_class AS pc,
    pg_am AS pa
WHERE pa.oid = pc.relam
   AND pa.amname = 'heap2'
ORDER BY 3, 1, 2
;;
SELECT pg_describe_object(classid,objid,objsubid) AS obj
FROM pg_depend, pg_am
WHERE pg_depend.refclassid = 'pg_am'::regclass
    AND pg_am.oid = pg_depend.refobjid
    AND pg_am.amname = 'heap2'
ORDER BY classid, objid, objsubid
;;
SELECT amname FROM pg_class c, pg_am am
  WHERE c.relam = am.oid AND c.oid = 'heaptable'::regclass
;;
SELECT pg_describe_object(classid, objid, objsubid) as obj,
       pg_describe_object(refclassid, refobjid, refobjsubid) as objref,
       deptype
  FROM pg_depend
  WHERE classid = 'pg_class'::regclass AND
        objid = 'heaptable'::regclass
  ORDER BY 1, 2
;;
SELECT COUNT(a), COUNT(1) FILTER(WHERE a=1) FROM heaptable
;;
SELECT COUNT(a), COUNT(1) FILTER(WHERE a=1) FROM heapmv
;;
SELECT pg_describe_object(classid, objid, objsubid) AS obj,
       pg_describe_object(refclassid, refobjid, refobjsubid) as refobj
  FROM pg_depend, pg_am
  WHERE pg_depend.refclassid = 'pg_am'::regclass
    AND pg_am.oid = pg_depend.refobjid
    AND pg_depend.objid = 'am_partitioned'::regclass
;;
SELECT relam FROM pg_class WHERE relname = 'am_partitioned'
;;
SELECT c.relname, a.amname FROM pg_class c, pg_am a
  WHERE c.relam = a.oid AND
        c.relname LIKE 'am_partitioned%'
UNION ALL
SELECT c.relname, 'default' FROM pg_class c
  WHERE c.relam = 0
        AND c.relname LIKE 'am_partitioned%' ORDER BY 1
;;
SELECT INTO tableam_tblselectinto_heapx FROM tableam_tbl_heapx
;;
SELECT
    pc.relkind,
    pa.amname,
    CASE WHEN relkind = 't' THEN
        (SELECT 'toast for ' || relname::regclass FROM pg_class pcm WHERE pcm.reltoastrelid = pc.oid)
    ELSE
        relname::regclass::text
    END COLLATE "C" AS relname
FROM pg_class AS pc
    LEFT JOIN pg_am AS pa ON (pa.oid = pc.relam)
WHERE pc.relname LIKE 'tableam_%_heapx'
ORDER BY 3, 1, 2
;;
SELECT casttestfunc('foo'::text)
;;
SELECT casttestfunc('foo'::text::casttesttype)
;;
SELECT 1234::int4::casttesttype
;;
SELECT pg_describe_object(classid, objid, objsubid) as obj,
       pg_describe_object(refclassid, refobjid, refobjsubid) as objref,
       deptype
FROM pg_depend
WHERE classid = 'pg_cast'::regclass AND
      objid = (SELECT oid FROM pg_cast
               WHERE castsource = 'int4'::regtype
                 AND casttarget = 'casttesttype'::regtype)
ORDER BY refclassid
;;
SELECT proname, prorettype::regtype, proargtypes::regtype[] FROM pg_proc
       WHERE oid in ('functest_A_1'::regproc,
                     'functest_A_2'::regproc,
                     'functest_A_3'::regproc) ORDER BY proname
;;
SELECT functest_A_1('abcd', '2020-01-01')
;;
SELECT functest_A_2(ARRAY['1', '2', '3'])
;;
SELECT functest_A_3()
;;
SELECT proname, provolatile FROM pg_proc
       WHERE oid in ('functest_B_1'::regproc,
                     'functest_B_2'::regproc,
                     'functest_B_3'::regproc,
		     'functest_B_4'::regproc) ORDER BY proname
;;
SELECT proname, prosecdef FROM pg_proc
       WHERE oid in ('functest_C_1'::regproc,
                     'functest_C_2'::regproc,
                     'functest_C_3'::regproc) ORDER BY proname
;;
SELECT proname, proleakproof FROM pg_proc
       WHERE oid in ('functest_E_1'::regproc,
                     'functest_E_2'::regproc) ORDER BY proname
;;
SELECT proname, proisstrict FROM pg_proc
       WHERE oid in ('functest_F_1'::regproc,
                     'functest_F_2'::regproc,
                     'functest_F_3'::regproc,
                     'functest_F_4'::regproc) ORDER BY proname
;;
SELECT pg_get_functiondef('functest_A_1'::regproc)
;;
SELECT functest_S_1('abcd', '2020-01-01')
;;
SELECT functest_S_2(ARRAY['1', '2', '3'])
;;
SELECT functest_S_3()
;;
SELECT functest_S_10('abcd', '2020-01-01')
;;
SELECT functest_S_13()
;;
SELECT functest_S_14()
;;
SELECT routine_name, ordinal_position, parameter_name, parameter_default
    FROM information_schema.parameters JOIN information_schema.routines USING (specific_schema, specific_name)
    WHERE routine_schema = 'temp_func_test' AND routine_name ~ '^functest_is_'
    ORDER BY 1, 2
;;
SELECT r0.routine_name, r1.routine_name
  FROM information_schema.routine_routine_usage rru
       JOIN information_schema.routines r0 ON r0.specific_name = rru.specific_name
       JOIN information_schema.routines r1 ON r1.specific_name = rru.routine_name
  WHERE r0.routine_schema = 'temp_func_test' AND
        r1.routine_schema = 'temp_func_test'
  ORDER BY 1, 2
;;
SELECT routine_name, sequence_name FROM information_schema.routine_sequence_usage
  WHERE routine_schema = 'temp_func_test'
  ORDER BY 1, 2
;;
SELECT routine_name, table_name, column_name FROM information_schema.routine_column_usage
  WHERE routine_schema = 'temp_func_test'
  ORDER BY 1, 2
;;
SELECT routine_name, table_name FROM information_schema.routine_table_usage
  WHERE routine_schema = 'temp_func_test'
  ORDER BY 1, 2
;;
SELECT functest_srf0() LIMIT 5
;;
SELECT * FROM functest_sri1()
;;
SELECT * FROM functest_sri2()
;;
SELECT voidtest1(42)
;;
SELECT voidtest2(11,22)
;;
SELECT voidtest3(17)
;;
SELECT voidtest4(39)
;;
TABLE sometable
;;
SELECT * FROM voidtest5(3)
;;
SELECT create_and_insert()
;;
TABLE ddl_test
;;
SELECT alter_and_insert()
;;
SELECT double_append(array_append(ARRAY[q1], q2), q3)
  FROM (VALUES(1,2,3), (4,5,6)) v(q1,q2,q3)
;;
SELECT test1(0)
;;
SELECT obj_description('six'::regclass, 'pg_class') IS NULL AS six_comment_is_null
;;
SELECT count(*) FROM gpolygon_tbl WHERE f1 && '(1000,1000,0,0)'::polygon
;;
SELECT count(*) FROM gcircle_tbl WHERE f1 && '<(500,500),500>'::circle
;;
SELECT count(*) FROM point_tbl WHERE f1 <@ box '(0,0,100,100)'
;;
SELECT count(*) FROM point_tbl WHERE box '(0,0,100,100)' @> f1
;;
SELECT count(*) FROM point_tbl p WHERE p.f1 << '(0.0, 0.0)'
;;
SELECT count(*) FROM point_tbl p WHERE p.f1 >> '(0.0, 0.0)'
;;
SELECT count(*) FROM point_tbl p WHERE p.f1 <<| '(0.0, 0.0)'
;;
SELECT count(*) FROM point_tbl p WHERE p.f1 |>> '(0.0, 0.0)'
;;
SELECT count(*) FROM point_tbl p WHERE p.f1 ~= '(-5, -12)'
;;
SELECT * FROM point_tbl ORDER BY f1 <-> '0,1'
;;
SELECT * FROM point_tbl WHERE f1 IS NULL
;;
SELECT * FROM point_tbl WHERE f1 IS NOT NULL ORDER BY f1 <-> '0,1'
;;
SELECT * FROM point_tbl WHERE f1 <@ '(-10,-10),(10,10)':: box ORDER BY f1 <-> '0,1'
;;
SELECT * FROM gpolygon_tbl ORDER BY f1 <-> '(0,0)'::point LIMIT 10
;;
SELECT circle_center(f1), round(radius(f1)) as radius FROM gcircle_tbl ORDER BY f1 <-> '(200,300)'::point LIMIT 10
;;
SELECT point(x,x), (SELECT f1 FROM gpolygon_tbl ORDER BY f1 <-> point(x,x) LIMIT 1) as c FROM generate_series(0,10,1) x
;;
SELECT * FROM array_index_op_test WHERE i = '{NULL}' ORDER BY seqno
;;
SELECT * FROM array_index_op_test WHERE i @> '{NULL}' ORDER BY seqno
;;
SELECT * FROM array_index_op_test WHERE i && '{NULL}' ORDER BY seqno
;;
SELECT * FROM array_index_op_test WHERE i <@ '{NULL}' ORDER BY seqno
;;
SELECT * FROM array_index_op_test WHERE t @> '{AAAAAAAA72908}' ORDER BY seqno
;;
SELECT * FROM array_index_op_test WHERE t && '{AAAAAAAA72908}' ORDER BY seqno
;;
SELECT * FROM array_index_op_test WHERE t <@ '{AAAAAAAA72908,AAAAAAAAAAAAAAAAAAA17075,AA88409,AAAAAAAAAAAAAAAAAA36842,AAAAAAA48038,AAAAAAAAAAAAAA10611}' ORDER BY seqno
;;
SELECT * FROM array_index_op_test WHERE t = '{AAAAAAAAAA646,A87088}' ORDER BY seqno
;;
SELECT * FROM array_index_op_test WHERE i @> '{32}' AND t && '{AAAAAAA80240}' ORDER BY seqno
;;
SELECT * FROM array_index_op_test WHERE i && '{32}' AND t @> '{AAAAAAA80240}' ORDER BY seqno
;;
SELECT COUNT(*) FROM array_gin_test WHERE a @> '{2}'
;;
SELECT count(*) FROM tenk1 WHERE stringu1 = 'TVAAAA'
;;
SELECT pg_get_indexdef('unique_idx3'::regclass)
;;
DELETE FROM concur_heap WHERE f1 = 'b'
;;
SELECT count(*) FROM onek_with_null WHERE unique1 IS NULL
;;
SELECT count(*) FROM onek_with_null WHERE unique1 IS NULL AND unique2 IS NULL
;;
SELECT count(*) FROM onek_with_null WHERE unique1 IS NOT NULL
;;
SELECT count(*) FROM onek_with_null WHERE unique1 IS NULL AND unique2 IS NOT NULL
;;
SELECT count(*) FROM onek_with_null WHERE unique1 IS NOT NULL AND unique1 > 500
;;
SELECT count(*) FROM onek_with_null WHERE unique1 IS NULL AND unique1 > 500
;;
SELECT unique1, unique2 FROM onek_with_null WHERE unique1 = 500 ORDER BY unique2 DESC, unique1 DESC LIMIT 1
;;
SELECT count(*) FROM onek_with_null WHERE unique1 IS NULL AND unique2 IN (-1, 0, 1)
;;
SELECT unique1, unique2 FROM onek_with_null
  ORDER BY unique2 LIMIT 2
;;
SELECT unique1, unique2 FROM onek_with_null WHERE unique2 >= -1
  ORDER BY unique2 LIMIT 2
;;
SELECT unique1, unique2 FROM onek_with_null
  ORDER BY unique2 DESC LIMIT 5
;;
SELECT unique1, unique2 FROM onek_with_null WHERE unique2 >= -1
  ORDER BY unique2 DESC LIMIT 3
;;
SELECT unique1, unique2 FROM onek_with_null WHERE unique2 < 999
  ORDER BY unique2 DESC LIMIT 2
;;
SELECT * FROM tenk1
  WHERE thousand = 42 AND (tenthous = 1 OR tenthous = 3 OR tenthous = 42 OR tenthous = 0)
;;
SELECT * FROM tenk1
  WHERE thousand = 42 AND (tenthous = 1 OR tenthous = (SELECT 1 + 2) OR tenthous = 42)
;;
SELECT count(*) FROM tenk1
  WHERE hundred = 42 AND (thousand = 42 OR thousand = 99)
;;
SELECT count(*) FROM tenk1 t1
  WHERE t1.thousand = 42 OR t1.thousand = (SELECT t2.tenthous FROM tenk1 t2 WHERE t2.thousand = t1.tenthous + 1 LIMIT 1)
;;
SELECT count(*) FROM tenk1
  WHERE hundred = 42 AND (thousand < 42 OR thousand < 99 OR 43 > thousand OR 42 > thousand)
;;
SELECT count(*) FROM tenk1
  WHERE thousand = 42 AND (tenthous = 1 OR tenthous = 3) OR thousand = 41
;;
SELECT count(*) FROM tenk1
  WHERE hundred = 42 AND (thousand = 42 OR thousand = 99 OR tenthous < 2) OR thousand = 41
;;
SELECT count(*) FROM tenk1
  WHERE hundred = 42 AND (thousand = 42 OR thousand = 41 OR thousand = 99 AND tenthous = 2)
;;
SELECT count(*) FROM dupindexcols
  WHERE f1 BETWEEN 'WA' AND 'ZZZ' and id < 1000 and f1 ~<~ 'YX'
;;
SELECT unique1 FROM tenk1
WHERE unique1 IN (1,42,7)
ORDER BY unique1
;;
SELECT thousand, tenthous FROM tenk1
WHERE thousand < 2 AND tenthous IN (1001,3000)
ORDER BY thousand
;;
SELECT thousand, tenthous FROM tenk1
WHERE thousand < 2 AND tenthous IN (1001,3000)
ORDER BY thousand DESC, tenthous DESC
;;
SELECT thousand, tenthous FROM tenk1
WHERE thousand > 995 and tenthous in (998, 999)
ORDER BY thousand desc
;;
SELECT unique1 FROM tenk1 WHERE unique1 IN (1, 42, 7) and unique1 = ANY('{7, 8, 9}')
;;
SELECT unique1 FROM tenk1 WHERE unique1 = ANY(NULL)
;;
SELECT unique1 FROM tenk1 WHERE unique1 IS NULL AND unique1 IS NULL
;;
SELECT unique1 FROM tenk1 WHERE unique1 IN (1, 42, 7) and unique1 >= 42
;;
SELECT unique1 FROM tenk1 WHERE unique1 IN (1, 42, 7) and unique1 > 42
;;
SELECT unique1 FROM tenk1 WHERE unique1 > 9996 and unique1 >= 9999
;;
SELECT unique1 FROM tenk1 WHERE unique1 < 3 and unique1 <= 3
;;
SELECT unique1 FROM tenk1 WHERE unique1 < 3 and unique1 < (-1)::bigint
;;
SELECT unique1 FROM tenk1 WHERE unique1 IN (1, 42, 7) and unique1 < (-1)::bigint
;;
SELECT unique1 FROM tenk1 WHERE (thousand, tenthous) > (NULL, 5)
;;
SELECT thousand, tenthous FROM tenk1
WHERE thousand > -1 and thousand >= 0 AND tenthous = 3000
ORDER BY thousand
;;
SELECT thousand, tenthous FROM tenk1
WHERE thousand < 3 and thousand <= 2 AND tenthous = 1001
ORDER BY thousand
;;
SELECT thousand, tenthous FROM tenk1
WHERE thousand > -1 AND tenthous IN (1001,3000)
ORDER BY thousand limit 2
;;
SELECT obj_description('testcomment_idx1'::regclass, 'pg_class')
;;
SELECT indexrelid::regclass, indisclustered FROM pg_index
  WHERE indrelid = 'concur_clustered'::regclass
;;
SELECT indexrelid::regclass, indisreplident FROM pg_index
  WHERE indrelid = 'concur_replident'::regclass
;;
SELECT relid, parentrelid, level FROM pg_partition_tree('concur_reindex_part_index')
  ORDER BY relid, level
;;
SELECT create_relfilenode_part('reindex_index_status', 'concur_reindex_part_index')
;;
SELECT * FROM compare_relfilenode_part('reindex_index_status')
;;
DELETE FROM concur_reindex_tab4 WHERE c1 = 1
;;
SELECT starelid::regclass, count(*) FROM pg_statistic WHERE starelid IN (
  'concur_exprs_index_expr'::regclass,
  'concur_exprs_index_pred'::regclass,
  'concur_exprs_index_pred_2'::regclass)
  GROUP BY starelid ORDER BY starelid::regclass::text
;;
SELECT attrelid::regclass, attnum, attstattarget
  FROM pg_attribute WHERE attrelid IN (
    'concur_exprs_index_expr'::regclass,
    'concur_exprs_index_pred'::regclass,
    'concur_exprs_index_pred_2'::regclass)
  ORDER BY attrelid::regclass::text, attnum
;;
SELECT  b.relname,
        b.relkind,
        CASE WHEN a.relfilenode = b.relfilenode THEN 'relfilenode is unchanged'
        ELSE 'relfilenode has changed' END
  FROM reindex_temp_before b JOIN pg_class a ON b.oid = a.oid
  ORDER BY 1
;;
SELECT count(*) FROM quad_point_tbl WHERE p IS NULL
;;
SELECT count(*) FROM quad_point_tbl WHERE p IS NOT NULL
;;
SELECT count(*) FROM quad_point_tbl
;;
SELECT count(*) FROM quad_point_tbl WHERE p <@ box '(200,200,1000,1000)'
;;
SELECT count(*) FROM quad_point_tbl WHERE box '(200,200,1000,1000)' @> p
;;
SELECT count(*) FROM quad_point_tbl WHERE p << '(5000, 4000)'
;;
SELECT count(*) FROM quad_point_tbl WHERE p >> '(5000, 4000)'
;;
SELECT count(*) FROM quad_point_tbl WHERE p <<| '(5000, 4000)'
;;
SELECT count(*) FROM quad_point_tbl WHERE p |>> '(5000, 4000)'
;;
SELECT count(*) FROM quad_point_tbl WHERE p ~= '(4585, 365)'
;;
SELECT count(*) FROM radix_text_tbl WHERE t = 'P0123456789abcdef'
;;
SELECT count(*) FROM radix_text_tbl WHERE t <    'Aztec                         Ct  '
;;
SELECT count(*) FROM radix_text_tbl WHERE t ~<~  'Aztec                         Ct  '
;;
SELECT count(*) FROM radix_text_tbl WHERE t <=   'Aztec                         Ct  '
;;
SELECT count(*) FROM radix_text_tbl WHERE t ~<=~ 'Aztec                         Ct  '
;;
SELECT count(*) FROM radix_text_tbl WHERE t >=   'Worth                         St  '
;;
SELECT count(*) FROM radix_text_tbl WHERE t ~>=~ 'Worth                         St  '
;;
SELECT count(*) FROM radix_text_tbl WHERE t >    'Worth                         St  '
;;
SELECT count(*) FROM radix_text_tbl WHERE t ~>~  'Worth                         St  '
;;
SELECT count(*) FROM radix_text_tbl WHERE t ^@  'Worth'
;;
SELECT * FROM quad_point_tbl_ord_seq1 seq FULL JOIN quad_point_tbl_ord_idx1 idx
ON seq.n = idx.n
WHERE seq.dist IS DISTINCT FROM idx.dist
;;
SELECT count(*) FROM kd_point_tbl WHERE p <@ box '(200,200,1000,1000)'
;;
SELECT count(*) FROM kd_point_tbl WHERE box '(200,200,1000,1000)' @> p
;;
SELECT count(*) FROM kd_point_tbl WHERE p << '(5000, 4000)'
;;
SELECT count(*) FROM kd_point_tbl WHERE p >> '(5000, 4000)'
;;
SELECT count(*) FROM kd_point_tbl WHERE p <<| '(5000, 4000)'
;;
SELECT count(*) FROM kd_point_tbl WHERE p |>> '(5000, 4000)'
;;
SELECT count(*) FROM kd_point_tbl WHERE p ~= '(4585, 365)'
;;
SELECT p, dist FROM quad_point_tbl_ord_seq1 ORDER BY p <-> '0,0' LIMIT 10
;;
SELECT (SELECT p FROM kd_point_tbl ORDER BY p <-> pt, p <-> '0,0' LIMIT 1)
FROM (VALUES (point '1,2'), (NULL), ('1234,5678')) pts(pt)
;;
SELECT count(*) FROM radix_text_tbl WHERE starts_with(t, 'Worth')
;;
SELECT * FROM a_star*
;;
SELECT *
   FROM b_star* x
   WHERE x.b = text 'bumble' or x.a < 3
;;
SELECT class, a
   FROM c_star* x
   WHERE x.c ~ text 'hi'
;;
SELECT class, b, c
   FROM d_star* x
   WHERE x.a < 100
;;
SELECT class, c FROM e_star* x WHERE x.c NOTNULL
;;
SELECT * FROM f_star* x WHERE x.c ISNULL
;;
SELECT sum(a) FROM a_star*
;;
SELECT class, sum(a) FROM a_star* GROUP BY class ORDER BY class
;;
SELECT class, aa
   FROM a_star* x
   WHERE aa ISNULL
;;
SELECT class, foo
   FROM a_star* x
   WHERE x.foo >= 2
;;
SELECT *
   from a_star*
   WHERE aa < 1000
;;
UPDATE f_star SET f = 10
;;
SELECT * FROM e_star*
;;
SELECT relname, reltoastrelid <> 0 AS has_toast_table
   FROM pg_class
   WHERE oid::regclass IN ('a_star', 'c_star')
   ORDER BY 1
;;
SELECT class, aa, a FROM a_star*
;;
SELECT @#@ 24
;;
SELECT !=- 10
;;
SELECT true<>-1 BETWEEN 1 AND 1
;;
SELECT false<=-1 BETWEEN 1 AND 1
;;
SELECT false>=-1 BETWEEN 1 AND 1
;;
SELECT 2<=/**/3, 3>=/**/2, 2<>/**/3
;;
SELECT ptest1('x')
;;
SELECT * FROM cp_test ORDER BY b COLLATE "C"
;;
SELECT * FROM cp_test
;;
SELECT shobj_description('regress_hasprivs'::regrole, 'pg_authid') IS NOT NULL AS has_comment
;;
SELECT shobj_description('regress_hasprivs'::regrole, 'pg_authid') IS NULL AS no_comment
;;
SELECT relname, relkind, relpersistence FROM pg_class WHERE relname ~ '^unlogged\d' ORDER BY relname
;;
SELECT * FROM as_select1
;;
SELECT firstc, lastc FROM extra_wide_table
;;
SELECT relpersistence,
  pg_filenode_relation (reltablespace, pg_relation_filenode(oid))
  FROM pg_class
  WHERE relname = 'relation_filenode_check'
;;
SELECT relkind FROM pg_class WHERE relname = 'partitioned'
;;
table partitioned
;;
SELECT attname, attislocal, attinhcount FROM pg_attribute
  WHERE attrelid = 'part_a'::regclass and attnum > 0
  ORDER BY attnum
;;
SELECT conname, conislocal, coninhcount FROM pg_constraint WHERE conrelid = 'part_b'::regclass ORDER BY coninhcount DESC, conname
;;
select tableoid::regclass from volatile_partbound_test
;;
SELECT * FROM test_like_id_1
;;
SELECT * FROM test_like_id_2
;;
SELECT * FROM test_like_id_3
;;
SELECT * FROM test_like_gen_1
;;
SELECT * FROM test_like_gen_2
;;
SELECT * FROM test_like_gen_3
;;
SELECT a, b, c FROM test_like_4a
;;
SELECT a, b, c FROM test_like_4b
;;
SELECT a, b, c FROM test_like_4c
;;
SELECT a, b, c FROM test_like_4d
;;
SELECT conname, description FROM pg_description, pg_constraint c WHERE classoid = 'pg_constraint'::regclass AND objoid = c.oid AND c.conrelid = 'ctlt12_comments'::regclass
;;
SELECT description FROM pg_description, pg_constraint c WHERE classoid = 'pg_constraint'::regclass AND objoid = c.oid AND c.conrelid = 'ctlt1_inh'::regclass
;;
SELECT c.relname, objsubid, description FROM pg_description, pg_index i, pg_class c WHERE classoid = 'pg_class'::regclass AND objoid = i.indexrelid AND c.oid = i.indexrelid AND i.indrelid = 'ctlt_all'::regclass ORDER BY c.relname, objsubid
;;
SELECT s.stxname, objsubid, description FROM pg_description, pg_statistic_ext s WHERE classoid = 'pg_statistic_ext'::regclass AND objoid = s.oid AND s.stxrelid = 'ctlt_all'::regclass ORDER BY s.stxname, objsubid
;;
SELECT conname, description
FROM  pg_description, pg_constraint c
WHERE classoid = 'pg_constraint'::regclass
AND   objoid = c.oid AND c.conrelid = 'noinh_con_copy1'::regclass
ORDER BY conname COLLATE "C"
;;
SELECT attname, attcompression FROM pg_attribute
  WHERE attrelid = 'ctl_foreign_table1'::regclass and attnum > 0 ORDER BY attnum
;;
SELECT s.stxrelid::regclass AS relation,
       array_agg(a.attname ORDER BY u.ord) AS stats_columns
FROM pg_statistic_ext s
CROSS JOIN LATERAL
  unnest(s.stxkeys::int2[]) WITH ORDINALITY AS u(attnum, ord)
JOIN pg_attribute a
  ON a.attrelid = s.stxrelid AND a.attnum = u.attnum
WHERE s.stxrelid IN ('ctl_stats3_child'::regclass,
                     'ctl_stats4_child'::regclass)
GROUP BY s.stxrelid
ORDER BY s.stxrelid::regclass::text
;;
SELECT * FROM default_test
;;
SELECT * FROM get_default_test()
;;
SELECT format_type(atttypid,atttypmod) FROM pg_attribute
WHERE attrelid = 'mytab'::regclass AND attnum > 0
;;
TABLE mytab
;;
select format_type('varchar'::regtype, 42)
;;
SELECT point '(1,2)' <% widget '(0,0,3)' AS t,
       point '(1,2)' <% widget '(0,0,1)' AS f
;;
TABLE city
;;
SELECT typinput, typoutput, typreceive, typsend, typmodin, typmodout,
       typanalyze, typsubscript, typstorage
FROM pg_type WHERE typname = 'myvarchar'
;;
SELECT *
   INTO TABLE ramp
   FROM ONLY road
   WHERE name ~ '.*Ramp'
;;
SELECT * FROM viewtest
;;
SELECT relname FROM pg_class
    WHERE relname LIKE 'v_'
    AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'temp_view_test')
    ORDER BY relname
;;
SELECT relname FROM pg_class
    WHERE relname LIKE 'v%'
    AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg_temp%')
    ORDER BY relname
;;
SELECT count(*) FROM pg_class where relname = 'pubview'
AND relnamespace IN (SELECT OID FROM pg_namespace WHERE nspname = 'testviewschm2')
;;
SELECT count(*) FROM pg_class where relname LIKE 'mytempview'
And relnamespace IN (SELECT OID FROM pg_namespace WHERE nspname LIKE 'pg_temp%')
;;
SELECT relname, relkind, reloptions FROM pg_class
       WHERE oid in ('mysecview1'::regclass, 'mysecview2'::regclass,
                     'mysecview3'::regclass, 'mysecview4'::regclass,
                     'mysecview7'::regclass, 'mysecview8'::regclass,
                     'mysecview9'::regclass)
       ORDER BY relname
;;
SELECT * FROM unspecified_types
;;
SELECT * FROM tt1
;;
SELECT a::varchar(3) FROM tt1
;;
select * from tt14v
;;
delete from pg_depend where
  objid = (select oid from pg_rewrite
           where ev_class = 'tt14v'::regclass and rulename = '_RETURN')
  and refobjsubid = 3
returning pg_describe_object(classid, objid, objsubid) as obj,
          pg_describe_object(refclassid, refobjid, refobjsubid) as ref,
          deptype
;;
select f1, f4 from tt14v
;;
select f1, f3 from tt14v
;;
select row(i.*::int8_tbl)::nestedcomposite from int8_tbl i
;;
select * from int8_tbl i, lateral(values(i.*::int8_tbl)) ss
;;
select * from int8_tbl i where i.* in (values(i.*::int8_tbl))
;;
select 'foo'::text = any(array['abc','def','foo']::text[])
;;
select 'foo'::text = any((select array['abc','def','foo']::text[]))
;;
select 'foo'::text = any((select array['abc','def','foo']::text[])::text[])
;;
select pg_get_ruledef(oid, true) from pg_rewrite
  where ev_class = 'tt23v'::regclass and ev_type = '1'
;;
select a from tt27v where a > 0
;;
select viewname from pg_views where viewname = 'tt27v'
;;
UPDATE pg_database
SET datacl = array_fill(makeaclitem(10, 10, 'USAGE', false), ARRAY[5e5::int])
WHERE datname = 'regression_utf8'
;;
SELECT f1 FROM DATE_TBL
;;
SELECT f1 FROM DATE_TBL WHERE f1 < '2000-01-01'
;;
SELECT f1 FROM DATE_TBL
  WHERE f1 BETWEEN '2000-01-01' AND '2001-01-01'
;;
SELECT f1 - date '2000-01-01' AS "Days From 2K" FROM DATE_TBL
;;
SELECT date 'yesterday' - date 'today' AS "One day"
;;
SELECT EXTRACT(EPOCH FROM DATE        '1970-01-01')
;;
SELECT EXTRACT(CENTURY FROM CURRENT_DATE)>=21 AS True
;;
SELECT EXTRACT(MILLENNIUM FROM CURRENT_DATE)
;;
SELECT DATE_TRUNC('MILLENNIUM', TIMESTAMP '1970-03-20 04:30:00.00000')
;;
select isfinite('infinity'::date), isfinite('-infinity'::date), isfinite('today'::date)
;;
select make_date(2013, 7, 15)
;;
select make_time(8, 20, 0.0)
;;
SELECT size, pg_size_pretty(size), pg_size_pretty(-1 * size) FROM
    (VALUES (10::bigint), (1000::bigint), (1000000::bigint),
            (1000000000::bigint), (1000000000000::bigint),
            (1000000000000000::bigint)) x(size)
;;
SELECT pg_size_pretty('-9223372036854775808'::bigint),
       pg_size_pretty('9223372036854775807'::bigint)
;;
SELECT size, pg_size_bytes(size) FROM
    (VALUES ('1'), ('123bytes'), ('256 B'), ('1kB'), ('1MB'), (' 1 GB'), ('1.5 GB '),
            ('1TB'), ('3000 TB'), ('1e6 MB'), ('99 PB')) x(size)
;;
SELECT pg_size_bytes('1 AB')
;;
DELETE FROM delete_test AS dt WHERE dt.a > 75
;;
DELETE FROM delete_test dt WHERE delete_test.a > 25
;;
SELECT id, a, char_length(b) FROM delete_test
;;
DELETE FROM delete_test WHERE a > 25
;;
SELECT typowner = relowner
FROM pg_type JOIN pg_class c ON typrelid = c.oid WHERE typname = 'deptest_t'
;;
select testtext || testvarchar as concat, testnumeric + 42 as sum
from basictest
;;
select pg_typeof(coalesce(4::domainint4, 7))
;;
select * from domarrtest
;;
select testint4arr[1], testchar4arr[2:2] from domarrtest
;;
select array_dims(testint4arr), array_dims(testchar4arr) from domarrtest
;;
update domarrtest set
  testint4arr[1] = testint4arr[1] + 1,
  testint4arr[3] = testint4arr[3] - 1
where testchar4arr is null
;;
select * from domarrtest where testchar4arr is null
;;
select array_dims('{1,2,3}'::dia)
;;
select pg_typeof('{1,2,3}'::dia)
;;
select pg_typeof('{1,2,3}'::dia || 42)
;;
select * from dcomptable
;;
select (d1).r, (d1).i, (d1).* from dcomptable
;;
update dcomptable set d1.r = (d1).r + 1 where (d1).i > 0
;;
select row(2,1)::dcomptype
;;
update dcomptable set d1.r = (d1).r - 1, d1.i = (d1).i + 1 where (d1).i > 0
;;
select makedcomp(1,2)
;;
select * from makedcomp(1,2) m
;;
select m, m is not null from makedcomp(1,2) m
;;
select conname, obj_description(oid, 'pg_constraint') from pg_constraint
  where contypid = 'dcomptype'::regtype
;;
select d1[2], d1[1].r, d1[1].i from dcomptable
;;
update dcomptable set d1[2] = row(d1[2].i, d1[2].r)
;;
update dcomptable set d1[1].r = d1[1].r + 1 where d1[1].i > 0
;;
select array[row(2,1)]::dcomptypea
;;
update dcomptable set d1[1].r = d1[1].r - 1, d1[1].i = d1[1].i + 1
  where d1[1].i > 0
;;
update pitable set f1[1] = f1[1] + 1
;;
update pitable set f1[1] = 0
;;
select * from pitable
;;
select * from vc4table
;;
select f1, f1[1], (f1[1])[1] from dposintatable
;;
select pg_typeof(f1) from dposintatable
;;
select pg_typeof(f1[1]) from dposintatable
;;
select pg_typeof(f1[1][1]) from dposintatable
;;
select pg_typeof((f1[1])[1]) from dposintatable
;;
update dposintatable set f1[2] = array[99]
;;
update dposintatable set f1[2][1] = array[97]
;;
update dcomptable set f1[1].cf2 = 5
;;
update dcomptable set f1[1].cf1 = -1
;;
SELECT cast(cast(NULL as dnull) as dnotnull)
;;
SELECT cast(col4 as dnotnull) from nulltest
;;
update domnotnull set col1 = 5
;;
update domnotnull set col2 = 6
;;
select conname, pg_get_constraintdef(oid) from pg_constraint
 where contypid = 'dnotnulltest'::regtype
;;
select * from domdeftest
;;
update domconnotnulltest set col1 = 5
;;
update domconnotnulltest set col2 = 6
;;
select count(*) from pg_constraint where contypid = 'connotnull'::regtype and contype = 'n'
;;
UPDATE thethings SET stuff = 10
;;
select * from domview
;;
select doubledecrement(3)
;;
select array_elem_check(121.00)
;;
select array[1,2]::orderedpair
;;
update op set f1[2] = 3
;;
select * from op
;;
select dom_check(0)
;;
select pg_basetype('mytext'::regtype)
;;
SELECT * FROM information_schema.column_domain_usage
  WHERE domain_name IN ('con', 'dom', 'pos_int', 'things')
  ORDER BY domain_name
;;
SELECT * FROM information_schema.domain_constraints
  WHERE domain_name IN ('con', 'dom', 'pos_int', 'things')
  ORDER BY constraint_name
;;
SELECT * FROM information_schema.domains
  WHERE domain_name IN ('con', 'dom', 'pos_int', 'things')
  ORDER BY domain_name
;;
SELECT * FROM information_schema.check_constraints
  WHERE (constraint_schema, constraint_name)
        IN (SELECT constraint_schema, constraint_name
            FROM information_schema.domain_constraints
            WHERE domain_name IN ('con', 'dom', 'pos_int', 'things'))
  ORDER BY constraint_name
;;
SELECT  ctid, oprcom
FROM    pg_catalog.pg_operator fk
WHERE   oprcom != 0 AND
        NOT EXISTS(SELECT 1 FROM pg_catalog.pg_operator pk WHERE pk.oid = fk.oprcom)
;;
SELECT  ctid, oprnegate
FROM    pg_catalog.pg_operator fk
WHERE   oprnegate != 0 AND
        NOT EXISTS(SELECT 1 FROM pg_catalog.pg_operator pk WHERE pk.oid = fk.oprnegate)
;;
SELECT good, truncated, with_nul FROM regress_encoding
;;
SELECT length(good) FROM regress_encoding
;;
SELECT substring(good, 3, 1) FROM regress_encoding
;;
SELECT regexp_replace(good, '^caf(.)$', '\1') FROM regress_encoding
;;
SELECT reverse(good) FROM regress_encoding
;;
SELECT length(truncated) FROM regress_encoding
;;
SELECT substring(truncated, 1, 3) FROM regress_encoding
;;
SELECT reverse(truncated) FROM regress_encoding
;;
SELECT regexp_replace(truncated, '^caf(.)$', '\1') FROM regress_encoding
;;
SELECT length(with_nul) FROM regress_encoding
;;
SELECT substring(with_nul, 3, 1) FROM regress_encoding
;;
SELECT convert_to(substring(with_nul, 5, 1), 'UTF8') FROM regress_encoding
;;
SELECT regexp_replace(with_nul, '^caf(.)$', '\1') FROM regress_encoding
;;
SELECT with_nul, reverse(with_nul), reverse(reverse(with_nul)) FROM regress_encoding
;;
SELECT length(truncated_with_nul) FROM regress_encoding
;;
SELECT substring(truncated_with_nul, 3, 1) FROM regress_encoding
;;
SELECT convert_to(substring(truncated_with_nul, 4, 1), 'UTF8') FROM regress_encoding
;;
SELECT regexp_replace(truncated_with_nul, '^caf(.)dcba$', '\1') = test_bytea_to_text('\xc300') FROM regress_encoding
;;
SELECT reverse(truncated_with_nul) FROM regress_encoding
;;
SELECT test_mblen_func('pg_mblen_unbounded', 'UTF8', truncated, 3)
FROM regress_encoding
;;
SELECT test_mblen_func('pg_mblen_unbounded', 'UTF8', truncated_with_nul, 3)
FROM regress_encoding
;;
SELECT COUNT(test_encoding(encoding, description, input)) > 0
FROM encoding_tests
;;
SELECT SUBSTRING(c FROM 1 FOR 1) FROM toast_3b_utf8
;;
UPDATE toast_3b_utf8 SET c = c || test_bytea_to_text('\xe280')
;;
UPDATE toast_4b_utf8 SET c = repeat(U&'\+01F680', 3000)
;;
SELECT SUBSTRING(c FROM 3000 FOR 1) FROM toast_4b_utf8
;;
SELECT U&"real\00A7_name" FROM (select 1) AS x(real_name)
;;
SELECT repeat(U&'\00A7', 30)::json
;;
SELECT COUNT(*) FROM pg_enum WHERE enumtypid = 'rainbow'::regtype
;;
SELECT * FROM pg_input_error_info(repeat('too_long', 32), 'rainbow')
;;
SELECT enumlabel, enumsortorder
FROM pg_enum
WHERE enumtypid = 'planets'::regtype
ORDER BY 2
;;
SELECT enumlabel, enumsortorder
FROM pg_enum
WHERE enumtypid = 'planets'::regtype
ORDER BY enumlabel::planets
;;
SELECT enum_last(NULL::planets)
;;
SELECT enumlabel,
       case when enumsortorder > 20 then null else enumsortorder end as so
FROM pg_enum
WHERE enumtypid = 'insenum'::regtype
ORDER BY enumsortorder
;;
SELECT * FROM enumtest WHERE col = 'orange'
;;
SELECT * FROM enumtest WHERE col <> 'orange' ORDER BY col
;;
SELECT * FROM enumtest WHERE col > 'yellow' ORDER BY col
;;
SELECT * FROM enumtest WHERE col >= 'yellow' ORDER BY col
;;
SELECT * FROM enumtest WHERE col < 'green' ORDER BY col
;;
SELECT * FROM enumtest WHERE col <= 'green' ORDER BY col
;;
SELECT 'red'::rainbow::text || 'hithere'
;;
SELECT 'red'::text::rainbow = 'red'::rainbow
;;
SELECT min(col) FROM enumtest
;;
SELECT max(col) FROM enumtest
;;
SELECT max(col) FROM enumtest WHERE col < 'green'
;;
SELECT 'purple'::rainbow::rgb
;;
SELECT ('{red,green,blue}'::rainbow[])[2]
;;
SELECT enum_first(NULL::rainbow)
;;
SELECT enum_range(NULL::rainbow)
;;
SELECT echo_me('red'::rainbow)
;;
DELETE FROM enumtest_parent
;;
SELECT COUNT(*) FROM pg_type WHERE typname = 'rainbow'
;;
SELECT * FROM pg_enum WHERE NOT EXISTS
  (SELECT 1 FROM pg_type WHERE pg_type.oid = enumtypid)
;;
select
;;
select * from nonesuch
;;
select nonesuch from pg_database
;;
select * from pg_database where nonesuch = pg_database.datname
;;
select * from pg_database where pg_database.datname = nonesuch
;;
select distinct on (foobar) * from pg_database
;;
select null from pg_database group by datname for update
;;
select null from pg_database group by grouping sets (()) for update
;;
delete from nonesuch
;;
select 1/0
;;
SELECT POSITION(
	convert_from('\xbcf6c7d0', 'EUC_KR') IN
	convert_from('\xb0fac7d02c20bcf6c7d02c20b1e2bcfa2c20bbee', 'EUC_KR'))
;;
SELECT test_event_trigger()
;;
select f1()
;;
DELETE FROM undroppable_objs WHERE object_identity = 'audit_tbls.schema_two_table_three'
;;
SELECT * FROM dropped_objects
  WHERE schema_name IS NULL OR schema_name <> 'pg_toast'
;;
SELECT * FROM dropped_objects WHERE object_type = 'schema'
;;
select pg_event_trigger_table_rewrite_oid()
;;
SELECT
    e.evtname,
    pg_describe_object('pg_event_trigger'::regclass, e.oid, 0) as descr,
    b.type, b.object_names, b.object_args,
    pg_identify_object(a.classid, a.objid, a.objsubid) as ident
  FROM pg_event_trigger as e,
    LATERAL pg_identify_object_as_address('pg_event_trigger'::regclass, e.oid, 0) as b,
    LATERAL pg_get_object_address(b.type, b.object_names, b.object_args) as a
  ORDER BY e.evtname
;;
SELECT COUNT(*) FROM user_logins
;;
select explain_filter('explain select * from int8_tbl i8')
;;
select true as "OK"
  from explain_filter('explain (settings) select * from int8_tbl i8') ln
  where ln ~ '^ *Settings: .*plan_cache_mode = ''force_generic_plan'''
;;
select explain_filter_to_json('explain (settings, format json) select * from int8_tbl i8') #> '{0,Settings,plan_cache_mode}'
;;
select jsonb_pretty(
  explain_filter_to_json('explain (analyze, verbose, buffers, format json)
                         select * from tenk1 order by tenthous')
  -- remove "Workers" node of the Seq Scan plan node
  #- '{0,Plan,Plans,0,Plans,0,Workers}'
  -- remove "Workers" node of the Sort plan node
  #- '{0,Plan,Plans,0,Workers}'
  -- Also remove its sort-type fields, as those aren't 100% stable
  #- '{0,Plan,Plans,0,Sort Method}'
  #- '{0,Plan,Plans,0,Sort Space Type}'
)
;;
SELECT date(now())::text = current_date::text
;;
SELECT now()::timetz::text = current_time::text
;;
SELECT now()::timetz(4)::text = current_time(4)::text
;;
SELECT now()::time::text = localtime::text
;;
SELECT now()::time(3)::text = localtime(3)::text
;;
SELECT current_timestamp = NOW()
;;
SELECT length(current_timestamp::text) >= length(current_timestamp(0)::text)
;;
SELECT now()::timestamp::text = localtimestamp::text
;;
SELECT current_time = current_time(7)
;;
SELECT current_timestamp = current_timestamp(7)
;;
SELECT localtime = localtime(7)
;;
SELECT localtimestamp = localtimestamp(7)
;;
SELECT current_catalog = current_database()
;;
SELECT current_schema
;;
select '(0,0)'::point in ('(0,0,0,0)'::box, point(0,0))
;;
select return_int_input(1) in (10, 9, 2, 8, 3, 7, 4, 6, 5, 1)
;;
select return_text_input('a') in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j')
;;
select return_int_input(1) not in (10, 9, 2, 8, 3, 7, 4, 6, 5, 1)
;;
select return_text_input('a') not in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j')
;;
select
  a,
  a in (1::myint,2::myint,3::myint,4::myint,5::myint,6::myint,7::myint,8::myint) as not_hashed,
  a in (1::myint,2::myint,3::myint,4::myint,5::myint,6::myint,7::myint,8::myint,9::myint) as hashed
from inttest
;;
select
  a,
  a not in (1::myint,2::myint,3::myint,4::myint,5::myint,6::myint,7::myint,8::myint) as not_hashed,
  a not in (1::myint,2::myint,3::myint,4::myint,5::myint,6::myint,7::myint,8::myint,9::myint) as hashed
from inttest
;;
SELECT set('t')
;;
SELECT pk, c_int, c_bpchar, c_text, c_date, c_timestamp,
       c_timestamp_null, c_array, c_small, c_small_null,
       c_big, c_num, c_time, c_interval,
       c_hugetext = repeat('abcdefg',1000) as c_hugetext_origdef,
       c_hugetext = repeat('poiuyt', 1000) as c_hugetext_newdef
FROM T ORDER BY pk
;;
SELECT comp()
;;
SELECT * FROM T
;;
SELECT attnum, attname, atthasmissing, atthasdef, attmissingval
FROM pg_attribute
WHERE attnum > 0 AND attrelid = 't2'::regclass
ORDER BY attnum
;;
SELECT a, b, length(c) = 3 as c_ok, d, e >= 10 as e_ok FROM t2
;;
SELECT attname, atthasmissing, attmissingval FROM pg_attribute
  WHERE attrelid = 't'::regclass AND attnum > 0
  ORDER BY attnum
;;
SELECT c_bigint, c_text FROM T WHERE c_bigint = -1 LIMIT 1
;;
SELECT c_bigint, c_text FROM T WHERE c_text = 'hello' LIMIT 1
;;
SELECT COALESCE(c_bigint, pk), COALESCE(c_text, pk::text)
FROM T
ORDER BY pk LIMIT 10
;;
SELECT SUM(c_bigint), MAX(c_text COLLATE "C" ), MIN(c_text COLLATE "C") FROM T
;;
SELECT * FROM T ORDER BY c_bigint, c_text, pk LIMIT 10
;;
SELECT * FROM T WHERE c_bigint > -1 ORDER BY c_bigint, c_text, pk LIMIT 10
;;
DELETE FROM T WHERE pk BETWEEN 10 AND 20 RETURNING *
;;
UPDATE T SET c_text = '"' || c_text || '"'  WHERE pk < 10
;;
SELECT * FROM T WHERE c_text LIKE '"%"' ORDER BY PK
;;
SELECT * FROM T ORDER BY pk
;;
SELECT c_text FROM T WHERE c_int = -1
;;
SELECT a,
       stddev(cast((SELECT sum(1) FROM generate_series(1,20) x) AS float4))
          OVER (PARTITION BY a,b,c ORDER BY b)
       AS z
FROM t1
;;
UPDATE t SET y = 2
;;
DELETE FROM leader
;;
SELECT * FROM vtype
;;
SELECT * FROM vtype2
;;
UPDATE t SET a = NULL
;;
SELECT * FROM t WHERE a IS NULL
;;
SELECT count(*)
  FROM pg_attribute
  WHERE attrelid = 'ft1'::regclass AND
    (attmissingval IS NOT NULL OR atthasmissing)
;;
table has_fast_default
;;
SELECT 'Infinity'::float4 + 100.0
;;
SELECT 'nan'::numeric::float4
;;
SELECT * FROM FLOAT4_TBL
;;
SELECT f.* FROM FLOAT4_TBL f WHERE f.f1 <> '1004.3'
;;
SELECT f.* FROM FLOAT4_TBL f WHERE f.f1 = '1004.3'
;;
SELECT f.* FROM FLOAT4_TBL f WHERE '1004.3' > f.f1
;;
SELECT f.* FROM FLOAT4_TBL f WHERE  f.f1 < '1004.3'
;;
SELECT f.* FROM FLOAT4_TBL f WHERE '1004.3' >= f.f1
;;
SELECT f.* FROM FLOAT4_TBL f WHERE  f.f1 <= '1004.3'
;;
SELECT f.f1, f.f1 * '-10' AS x FROM FLOAT4_TBL f
   WHERE f.f1 > '0.0'
;;
SELECT f.f1, f.f1 + '-10' AS x FROM FLOAT4_TBL f
   WHERE f.f1 > '0.0'
;;
SELECT f.f1, f.f1 / '-10' AS x FROM FLOAT4_TBL f
   WHERE f.f1 > '0.0'
;;
SELECT f.f1, f.f1 - '-10' AS x FROM FLOAT4_TBL f
   WHERE f.f1 > '0.0'
;;
SELECT f.f1 / '0.0' from FLOAT4_TBL f
;;
SELECT f.f1, @f.f1 AS abs_f1 FROM FLOAT4_TBL f
;;
UPDATE FLOAT4_TBL
   SET f1 = FLOAT4_TBL.f1 * '-1'
   WHERE FLOAT4_TBL.f1 > '0.0'
;;
SELECT * FROM FLOAT4_TBL ORDER BY 1
;;
SELECT '32767.4'::float4::int2
;;
SELECT '2147483520'::float4::int4
;;
SELECT '9223369837831520256'::float4::int8
;;
SELECT float4send('5e-20'::float4)
;;
SELECT float8send('2.2250738585072014E-308'::float8)
;;
SELECT 'nan'::numeric::float8
;;
SELECT * FROM FLOAT8_TBL
;;
SELECT f.f1 ^ '2.0' AS square_f1
   FROM FLOAT8_TBL f where f.f1 = '1004.3'
;;
SELECT f.f1, trunc(f.f1) AS trunc_f1
   FROM FLOAT8_TBL f
;;
SELECT f.f1, round(f.f1) AS round_f1
   FROM FLOAT8_TBL f
;;
select ceil(f1) as ceil_f1 from float8_tbl f
;;
select ceiling(f1) as ceiling_f1 from float8_tbl f
;;
select floor(f1) as floor_f1 from float8_tbl f
;;
select sign(f1) as sign_f1 from float8_tbl f
;;
SELECT sqrt(float8 '64') AS eight
;;
SELECT |/ float8 '64' AS eight
;;
SELECT f.f1, |/f.f1 AS sqrt_f1
   FROM FLOAT8_TBL f
   WHERE f.f1 > '0.0'
;;
SELECT power(float8 '144', float8 '0.5')
;;
SELECT power(float8 '-inf', float8 '-2') = '0'
;;
SELECT f.f1, exp(ln(f.f1)) AS exp_ln_f1
   FROM FLOAT8_TBL f
   WHERE f.f1 > '0.0'
;;
SELECT exp('inf'::float8), exp('-inf'::float8), exp('nan'::float8)
;;
SELECT ||/ float8 '27' AS three
;;
SELECT f.f1, ||/f.f1 AS cbrt_f1 FROM FLOAT8_TBL f
;;
UPDATE FLOAT8_TBL
   SET f1 = FLOAT8_TBL.f1 * '-1'
   WHERE FLOAT8_TBL.f1 > '0.0'
;;
SELECT f.f1 * '1e200' from FLOAT8_TBL f
;;
SELECT f.f1 ^ '1e200' from FLOAT8_TBL f
;;
SELECT 0 ^ 0 + 0 ^ 1 + 0 ^ 0.0 + 0 ^ 0.5
;;
SELECT ln(f.f1) from FLOAT8_TBL f where f.f1 = '0.0' 
;;
SELECT ln(f.f1) from FLOAT8_TBL f where f.f1 < '0.0' 
;;
SELECT exp(f.f1) from FLOAT8_TBL f
;;
SELECT * FROM FLOAT8_TBL ORDER BY 1
;;
SELECT sinh(float8 '1')
;;
SELECT cosh(float8 '1')
;;
SELECT tanh(float8 '1')
;;
SELECT asinh(float8 '1')
;;
SELECT acosh(float8 '2')
;;
SELECT atanh(float8 '0.5')
;;
SELECT x,
       erf(x),
       erfc(x)
FROM (VALUES (float8 '-infinity'),
      (-28), (-6), (-3.4), (-2.1), (-1.1), (-0.45),
      (-1.2e-9), (-2.3e-13), (-1.2e-17), (0),
      (1.2e-17), (2.3e-13), (1.2e-9),
      (0.45), (1.1), (2.1), (3.4), (6), (28),
      (float8 'infinity'), (float8 'nan')) AS t(x)
;;
SELECT x,
       gamma(x),
       lgamma(x)
FROM (VALUES (0.5), (1), (2), (3), (4), (5),
             (float8 'infinity'), (float8 'nan')) AS t(x)
;;
SELECT gamma(float8 '-infinity')
;;
SELECT lgamma(float8 '-infinity')
;;
SELECT x,
       sind(x),
       sind(x) IN (-1,-0.5,0,0.5,1) AS sind_exact
FROM (VALUES (0), (30), (90), (150), (180),
      (210), (270), (330), (360)) AS t(x)
;;
SELECT x,
       cosd(x),
       cosd(x) IN (-1,-0.5,0,0.5,1) AS cosd_exact
FROM (VALUES (0), (60), (90), (120), (180),
      (240), (270), (300), (360)) AS t(x)
;;
SELECT x,
       tand(x),
       tand(x) IN ('-Infinity'::float8,-1,0,
                   1,'Infinity'::float8) AS tand_exact,
       cotd(x),
       cotd(x) IN ('-Infinity'::float8,-1,0,
                   1,'Infinity'::float8) AS cotd_exact
FROM (VALUES (0), (45), (90), (135), (180),
      (225), (270), (315), (360)) AS t(x)
;;
SELECT x,
       asind(x),
       asind(x) IN (-90,-30,0,30,90) AS asind_exact,
       acosd(x),
       acosd(x) IN (0,60,90,120,180) AS acosd_exact
FROM (VALUES (-1), (-0.5), (0), (0.5), (1)) AS t(x)
;;
SELECT x,
       atand(x),
       atand(x) IN (-90,-45,0,45,90) AS atand_exact
FROM (VALUES ('-Infinity'::float8), (-1), (0), (1),
      ('Infinity'::float8)) AS t(x)
;;
SELECT x, y,
       atan2d(y, x),
       atan2d(y, x) IN (-90,0,90,180) AS atan2d_exact
FROM (SELECT 10*cosd(a), 10*sind(a)
      FROM generate_series(0, 360, 90) AS t(a)) AS t(x,y)
;;
SELECT fdwname, fdwhandler::regproc, fdwvalidator::regproc, fdwoptions FROM pg_foreign_data_wrapper ORDER BY 1, 2, 3
;;
SELECT srvname, srvoptions FROM pg_foreign_server
;;
SELECT * FROM pg_user_mapping
;;
SELECT * FROM ft1
;;
SELECT * FROM information_schema.foreign_data_wrappers ORDER BY 1, 2
;;
SELECT * FROM information_schema.foreign_data_wrapper_options ORDER BY 1, 2, 3
;;
SELECT * FROM information_schema.foreign_servers ORDER BY 1, 2
;;
SELECT * FROM information_schema.foreign_server_options ORDER BY 1, 2, 3
;;
SELECT * FROM information_schema.user_mappings ORDER BY lower(authorization_identifier), 2, 3
;;
SELECT * FROM information_schema.user_mapping_options ORDER BY lower(authorization_identifier), 2, 3, 4
;;
SELECT * FROM information_schema.usage_privileges WHERE object_type LIKE 'FOREIGN%' AND object_name IN ('s6', 'foo') ORDER BY 1, 2, 3, 4, 5
;;
SELECT * FROM information_schema.role_usage_grants WHERE object_type LIKE 'FOREIGN%' AND object_name IN ('s6', 'foo') ORDER BY 1, 2, 3, 4, 5
;;
SELECT * FROM information_schema.foreign_tables ORDER BY 1, 2, 3
;;
SELECT * FROM information_schema.foreign_table_options ORDER BY 1, 2, 3, 4
;;
SELECT * FROM information_schema.user_mapping_options ORDER BY 1, 2, 3, 4
;;
SELECT has_foreign_data_wrapper_privilege('regress_test_role',
    (SELECT oid FROM pg_foreign_data_wrapper WHERE fdwname='foo'), 'USAGE')
;;
SELECT has_foreign_data_wrapper_privilege('regress_test_role', 'foo', 'USAGE')
;;
SELECT has_foreign_data_wrapper_privilege(
    (SELECT oid FROM pg_roles WHERE rolname='regress_test_role'),
    (SELECT oid FROM pg_foreign_data_wrapper WHERE fdwname='foo'), 'USAGE')
;;
SELECT has_foreign_data_wrapper_privilege(
    (SELECT oid FROM pg_roles WHERE rolname='regress_test_role'), 'foo', 'USAGE')
;;
SELECT has_server_privilege('regress_test_role',
    (SELECT oid FROM pg_foreign_server WHERE srvname='s8'), 'USAGE')
;;
SELECT has_server_privilege('regress_test_role', 's8', 'USAGE')
;;
SELECT has_server_privilege(
    (SELECT oid FROM pg_roles WHERE rolname='regress_test_role'),
    (SELECT oid FROM pg_foreign_server WHERE srvname='s8'), 'USAGE')
;;
SELECT has_server_privilege(
    (SELECT oid FROM pg_roles WHERE rolname='regress_test_role'), 's8', 'USAGE')
;;
SELECT relname, conname, contype, conislocal, coninhcount, connoinherit
  FROM pg_class AS pc JOIN pg_constraint AS pgc ON (conrelid = pc.oid)
  WHERE pc.relname = 'fd_pt1'
  ORDER BY 1,2
;;
SELECT fdwname, fdwhandler, fdwvalidator, fdwoptions FROM pg_foreign_data_wrapper
;;
SELECT * FROM FKTABLE
;;
DELETE FROM PKTABLE WHERE ptest1=1
;;
UPDATE PKTABLE SET ptest1=1 WHERE ptest1=2
;;
DELETE FROM PKTABLE WHERE ptest1=1 and ptest2=2
;;
UPDATE FKTABLE SET ftest1 = NULL WHERE ftest1 = 1
;;
SELECT * FROM PKTABLE
;;
SELECT condeferrable, condeferred, conenforced, convalidated
FROM pg_constraint WHERE conname = 'fk_con'
;;
UPDATE PKTABLE set ptest2=5 where ptest2=2
;;
UPDATE PKTABLE set ptest1=1 WHERE ptest2=3
;;
DELETE FROM PKTABLE where ptest1=1 and ptest2=2 and ptest3=3
;;
UPDATE PKTABLE set ptest2=2 WHERE ptest2=3 and ptest1=1
;;
DELETE FROM PKTABLE where ptest2=5
;;
UPDATE PKTABLE set ptest1=0, ptest2=-1, ptest3=-2 where ptest2=2
;;
DELETE FROM PKTABLE where ptest2=-1 and ptest3=5
;;
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'fktable'::regclass::oid ORDER BY oid
;;
DELETE FROM PKTABLE WHERE id = 1 OR id = 2
;;
SELECT * FROM FKTABLE ORDER BY id
;;
UPDATE FKTABLE SET ftest1 = ftest1
;;
UPDATE FKTABLE SET ftest1 = ftest1 + 1
;;
delete from pktable where base1>2
;;
update pktable set base1=base1*4
;;
update pktable set base1=base1*4 where base1<3
;;
delete from pktable
;;
delete from pktable where base1=2
;;
update pktable set base1=3 where base1=1
;;
delete from pktable where base2=2
;;
SELECT conname, tgrelid::regclass as tgrel,
       regexp_replace(tgname, '[0-9]+', 'N') as tgname, tgtype,
       tgdeferrable, tginitdeferred
FROM pg_trigger t JOIN pg_constraint c ON (t.tgconstraint = c.oid)
WHERE conrelid = 'fktable'::regclass AND conname = 'fktable_fk_fkey'
ORDER BY tgrelid, tgtype
;;
UPDATE fktable SET id = id + 1
;;
UPDATE pktable SET id = 10 WHERE id = 5
;;
SELECT * FROM tasks
;;
UPDATE users SET id = 4 WHERE id = 3
;;
DELETE FROM users WHERE id = 4
;;
UPDATE tasks set id=id WHERE id=2
;;
    update selfref set a = 123 where a = 0
;;
    select a, b from selfref
;;
select * from defc
;;
delete from defp where f1 = 2
;;
update pp set f1=f1+1
;;
delete from pp where f1 = 13
;;
delete from t1 where a = 1
;;
delete from pktable2
;;
update pktable2 set d = 5
;;
select conname from pg_constraint where conrelid = 'fktable2'::regclass order by conname
;;
delete from fktable2
;;
delete from pktable2 where f1 = 1
;;
select * from pktable2
;;
select * from fktable2
;;
update pktable2 set a = '0' where a = '-0'
;;
UPDATE fk_partitioned_fk SET a = a + 1 WHERE a = 2501
;;
UPDATE fk_notpartitioned_pk SET b = 502 WHERE a = 500
;;
SELECT conname, tgrelid::regclass as tgrel, regexp_replace(tgname, '[0-9]+', 'N') as tgname, tgtype
FROM pg_trigger t JOIN pg_constraint c ON (t.tgconstraint = c.oid)
WHERE tgrelid IN (SELECT relid FROM pg_partition_tree('fk_partitioned_fk'::regclass)
				  UNION ALL SELECT 'fk_notpartitioned_pk'::regclass)
ORDER BY tgrelid, tgtype
;;
DELETE FROM fk_notpartitioned_pk WHERE a = 1
;;
SELECT conname, convalidated, conrelid::regclass FROM pg_constraint
WHERE conrelid::regclass::text like 'fk_partitioned_fk%' ORDER BY oid::regclass::text
;;
SELECT conname, convalidated FROM pg_constraint
WHERE conrelid = 'fk_partitioned_fk_2'::regclass ORDER BY oid::regclass::text
;;
SELECT conname, conenforced, convalidated FROM pg_constraint
WHERE conrelid = 'fk_notpartitioned_fk'::regclass ORDER BY oid::regclass::text
;;
SELECT conname, conenforced, convalidated FROM pg_constraint
WHERE conrelid = 'fk_partitioned_pk'::regclass AND contype = 'f'
ORDER BY oid::regclass::text
;;
SELECT tableoid::regclass, a, b FROM fk_partitioned_fk WHERE b IS NULL ORDER BY a
;;
UPDATE fk_notpartitioned_pk SET a = a + 1 WHERE a = 2502
;;
SELECT count(*) FROM fk_partitioned_fk WHERE a IS NULL
;;
DELETE FROM fk_notpartitioned_pk
;;
UPDATE fk_notpartitioned_pk SET a = 1500 WHERE a = 2502
;;
SELECT * FROM fk_partitioned_fk WHERE b = 142857
;;
DELETE FROM fk_notpartitioned_pk WHERE b = 142857
;;
SELECT * FROM fk_partitioned_fk WHERE a IS NOT NULL OR b IS NOT NULL ORDER BY a NULLS LAST
;;
DELETE FROM fk_partitioned_fk
;;
SELECT * FROM fk_partitioned_fk ORDER BY a
;;
SELECT * FROM fk_partitioned_fk WHERE a = 142857
;;
DELETE FROM parted_self_fk WHERE id = 1 RETURNING *
;;
SELECT cr.relname, co.conname, co.convalidated,
       p.conname AS conparent, p.convalidated, cf.relname AS foreignrel
FROM pg_constraint co
JOIN pg_class cr ON cr.oid = co.conrelid
LEFT JOIN pg_class cf ON cf.oid = co.confrelid
LEFT JOIN pg_constraint p ON p.oid = co.conparentid
WHERE co.contype = 'f' AND
      cr.oid IN (SELECT relid FROM pg_partition_tree('parted_self_fk'))
ORDER BY cr.relname, co.conname, p.conname
;;
delete from fkpart1.pkey where a = 1
;;
delete from fkpart3.pkey
;;
delete from fkpart3.fk_part
;;
DELETE FROM pk WHERE a = 1
;;
UPDATE pk SET a = 2 WHERE a = 1
;;
DELETE FROM fk
;;
DELETE FROM dropfk
;;
SELECT pg_describe_object('pg_constraint'::regclass, oid, 0), confrelid::regclass,
       CASE WHEN conparentid <> 0 THEN pg_describe_object('pg_constraint'::regclass, conparentid, 0) ELSE 'TOP' END
FROM pg_catalog.pg_constraint
WHERE conrelid IN (SELECT relid FROM pg_partition_tree('fk'))
ORDER BY conrelid::regclass::text, conname
;;
DELETE FROM fk WHERE a = 1
;;
DELETE FROM pt
;;
DELETE FROM ref
;;
UPDATE pk SET a = 20
;;
SELECT tableoid::regclass, * FROM fk
;;
DELETE FROM pk WHERE a = 20 RETURNING *
;;
UPDATE pk SET a = 90 WHERE a = 30 RETURNING *
;;
SELECT * FROM fkpart9.pk
;;
SELECT * FROM fkpart9.fk
;;
DELETE FROM fkpart10.tbl1 WHERE f1 = 0
;;
UPDATE fkpart10.tbl1 SET f1 = 2 WHERE f1 = 1
;;
UPDATE fkpart10.tbl3 SET f1 = f1 * -1
;;
UPDATE fkpart10.tbl3 SET f1 = f1 + 3
;;
DELETE FROM fkpart10.tbl5
;;
UPDATE fkpart11.pk SET a = a + 1 RETURNING tableoid::pg_catalog.regclass, *
;;
SELECT tableoid::pg_catalog.regclass, * FROM fkpart11.fk
;;
SELECT tableoid::pg_catalog.regclass, * FROM fkpart11.fk_parted
;;
SELECT tableoid::pg_catalog.regclass, * FROM fkpart11.fk_another
;;
UPDATE fkpart11.pk SET a = a - 1
;;
UPDATE fkpart11.pk1 SET a = a - 1
;;
SELECT tableoid::pg_catalog.regclass, * FROM fkpart11.pk
;;
UPDATE fkpart11.pk SET a = a + 1 WHERE a = 1
;;
DELETE FROM fk_p
;;
UPDATE fkpart13_t1 SET a = 2 WHERE a = 1
;;
SELECT tableoid::regclass,* FROM fkpart13_t2
;;
SELECT tableoid::regclass,* FROM fkpart13_t3
;;
WITH cte AS (
  UPDATE fkpart13_t2_p1 SET part_id = part_id
) UPDATE fkpart13_t1 SET a = 2 WHERE a = 1
;;
SELECT id, keywords, title, body, created
FROM articles
GROUP BY id
;;
SELECT id, keywords, title, body, created
FROM articles
GROUP BY title
;;
SELECT id, keywords, title, body, created
FROM articles
GROUP BY body
;;
SELECT id, keywords, title, body, created
FROM articles
GROUP BY keywords
;;
SELECT a.id, a.keywords, a.title, a.body, a.created
FROM articles AS a, articles_in_category AS aic
WHERE a.id = aic.article_id AND aic.category_id in (14,62,70,53,138)
GROUP BY a.id
;;
SELECT a.id, a.keywords, a.title, a.body, a.created
FROM articles AS a, articles_in_category AS aic
WHERE a.id = aic.article_id AND aic.category_id in (14,62,70,53,138)
GROUP BY aic.article_id, aic.category_id
;;
SELECT a.id, a.keywords, a.title, a.body, a.created
FROM articles AS a JOIN articles_in_category AS aic ON a.id = aic.article_id
WHERE aic.category_id in (14,62,70,53,138)
GROUP BY a.id
;;
SELECT a.id, a.keywords, a.title, a.body, a.created
FROM articles AS a JOIN articles_in_category AS aic ON a.id = aic.article_id
WHERE aic.category_id in (14,62,70,53,138)
GROUP BY aic.article_id, aic.category_id
;;
SELECT aic.changed
FROM articles AS a JOIN articles_in_category AS aic ON a.id = aic.article_id
WHERE aic.category_id in (14,62,70,53,138)
GROUP BY aic.category_id, aic.article_id
;;
SELECT aic.changed
FROM articles AS a JOIN articles_in_category AS aic ON a.id = aic.article_id
WHERE aic.category_id in (14,62,70,53,138)
GROUP BY aic.article_id
;;
SELECT product_id, p.name, (sum(s.units) * p.price) AS sales
    FROM products p LEFT JOIN sales s USING (product_id)
    GROUP BY product_id, p.name, p.price
;;
SELECT product_id, p.name, (sum(s.units) * p.price) AS sales
    FROM products p LEFT JOIN sales s USING (product_id)
    GROUP BY product_id
;;
SELECT u.uid, u.name FROM node n
INNER JOIN users u ON u.uid = n.uid
WHERE n.type = 'blog' AND n.status = 1
GROUP BY u.uid, u.name
;;
SELECT u.uid, u.name FROM node n
INNER JOIN users u ON u.uid = n.uid
WHERE n.type = 'blog' AND n.status = 1
GROUP BY u.uid
;;
SELECT table_name, column_name, column_default, is_nullable, is_generated, generation_expression FROM information_schema.columns WHERE table_schema = 'generated_stored_tests' ORDER BY 1, 2
;;
SELECT table_name, column_name, dependent_column FROM information_schema.column_column_usage WHERE table_schema = 'generated_stored_tests' ORDER BY 1, 2, 3
;;
SELECT * FROM gtest1 ORDER BY a
;;
SELECT gtest1 FROM gtest1 ORDER BY a
;;
SELECT a, (SELECT gtest1.b) FROM gtest1 ORDER BY a
;;
DELETE FROM gtest1 WHERE a >= 3
;;
UPDATE gtest1 SET b = DEFAULT WHERE a = 1
;;
SELECT a, b, b * 2 AS b2 FROM gtest1 ORDER BY a
;;
SELECT a, b FROM gtest1 WHERE b = 4 ORDER BY a
;;
SELECT * FROM gtest1
;;
DELETE FROM gtest1 WHERE a = 2000000000
;;
SELECT * FROM gtestx, gtest1 WHERE gtestx.y = gtest1.a
;;
UPDATE gtest1 SET a = 3 WHERE b = 4 RETURNING old.*, new.*
;;
DELETE FROM gtest1 WHERE b = 2
;;
MERGE INTO gtestm t USING (VALUES (1, 10), (2, 20)) v(id, f1) ON t.id = v.id
  WHEN MATCHED THEN UPDATE SET f1 = v.f1
  WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.f1, 200)
  RETURNING merge_action(), old.*, new.*
;;
SELECT * FROM gtestm ORDER BY id
;;
MERGE INTO gtestm t USING gtestm AS s ON 2 * t.a = s.b WHEN MATCHED THEN DELETE RETURNING *
;;
SELECT * FROM gtest1v
;;
DELETE FROM gtest1v WHERE a >= 5
;;
WITH foo AS (SELECT * FROM gtest1) SELECT * FROM foo
;;
SELECT * FROM gtest1_1
;;
SELECT * FROM gtestx
;;
TABLE gtestc
;;
UPDATE gtestp SET f1 = f1 * 10
;;
SELECT * FROM gtest3 ORDER BY a
;;
UPDATE gtest3 SET a = 22 WHERE a = 2
;;
SELECT * FROM gtest3a ORDER BY a
;;
UPDATE gtest3a SET a = 'bb' WHERE a = 'b'
;;
SELECT * FROM gtest2
;;
SELECT * FROM gtest_varlena ORDER BY a
;;
SELECT * FROM gtest4
;;
SELECT * FROM gtest_tableoid
;;
SELECT a, b FROM gtest11
;;
SELECT a, c FROM gtest11
;;
SELECT gf1(10)
;;
SELECT * FROM gtest22c WHERE b = 4
;;
SELECT * FROM gtest22c WHERE b * 3 = 6
;;
SELECT * FROM gtest22c WHERE a = 1 AND b > 0
;;
SELECT tableoid::regclass, * FROM gtest_parent ORDER BY 1, 2, 3
;;
SELECT tableoid::regclass, * FROM gtest_child ORDER BY 1, 2, 3
;;
SELECT tableoid::regclass, * FROM gtest_child2 ORDER BY 1, 2, 3
;;
SELECT tableoid::regclass, * FROM gtest_child3 ORDER BY 1, 2, 3
;;
UPDATE gtest_parent SET f1 = f1 + 60 WHERE f2 = 1
;;
SELECT * FROM gtest25 ORDER BY a
;;
SELECT * FROM gtest27
;;
UPDATE gtest26 SET a = a * -2
;;
DELETE FROM gtest26 WHERE a = -6
;;
UPDATE gtest26 SET a = 1 WHERE a = 0
;;
UPDATE gtest_rule SET a = 10
;;
UPDATE gtest_rule SET a = (SELECT max(b) FROM gtest_rule)
;;
SELECT * FROM gtest_rule_log
;;
SELECT * FROM gtest_rule
;;
SELECT attrelid, attname, attgenerated FROM pg_attribute WHERE attgenerated NOT IN ('', 's', 'v')
;;
SELECT * FROM gtestnn_parent ORDER BY f1, f2, f3
;;
DELETE FROM gtest27 WHERE a IS NULL AND b IS NULL
;;
select sum(t2.b) over (partition by t2.a),
       sum(t2.c) over (partition by t2.a),
       sum(t2.d) over (partition by t2.a)
from gtest32 as t1 left join gtest32 as t2 on (t1.a = t2.a)
order by t1.a
;;
select t1.a from gtest32 t1 left join gtest32 t2 on t1.a = t2.a
where coalesce(t2.b, 1) = 2
;;
select t1.a from gtest32 t1 left join gtest32 t2 on t1.a = t2.a
where coalesce(t2.b, 1) = 2 or t1.a is null
;;
select t2.* from gtest32 t1 left join gtest32 t2 on false
;;
select * from gtest32 t group by grouping sets (a, b, c, d, e) having c = 20
;;
update gtest_cursor set a = 99 where current of curs
;;
select * from gtest_cursor order by id
;;
delete from gtest_cursor where current of curs
;;
SELECT center(f1) AS center
   FROM BOX_TBL
;;
SELECT (@@ f1) AS center
   FROM BOX_TBL
;;
SELECT point(f1) AS center
   FROM CIRCLE_TBL
;;
SELECT (@@ f1) AS center
   FROM CIRCLE_TBL
;;
SELECT (@@ f1) AS center
   FROM POLYGON_TBL
   WHERE (# f1) > 2
;;
SELECT p1.f1
   FROM POINT_TBL p1
   WHERE ishorizontal(p1.f1, point '(0,0)')
;;
SELECT p1.f1
   FROM POINT_TBL p1
   WHERE p1.f1 ?- point '(0,0)'
;;
SELECT p1.f1
   FROM POINT_TBL p1
   WHERE isvertical(p1.f1, point '(5.1,34.5)')
;;
SELECT p1.f1
   FROM POINT_TBL p1
   WHERE p1.f1 ?| point '(5.1,34.5)'
;;
SELECT p1.f1, p2.f1, slope(p1.f1, p2.f1) FROM POINT_TBL p1, POINT_TBL p2
;;
SELECT p1.f1, p2.f1, p1.f1 + p2.f1 FROM POINT_TBL p1, POINT_TBL p2
;;
SELECT p1.f1, p2.f1, p1.f1 - p2.f1 FROM POINT_TBL p1, POINT_TBL p2
;;
SELECT p1.f1, p2.f1, p1.f1 * p2.f1 FROM POINT_TBL p1, POINT_TBL p2 WHERE p1.f1[0] BETWEEN 1 AND 1000
;;
SELECT p1.f1, p2.f1, p1.f1 * p2.f1 FROM POINT_TBL p1, POINT_TBL p2 WHERE p1.f1[0] < 1
;;
SELECT p1.f1, p2.f1, p1.f1 / p2.f1 FROM POINT_TBL p1, POINT_TBL p2 WHERE p2.f1[0] BETWEEN 1 AND 1000
;;
SELECT p1.f1, p2.f1, p1.f1 / p2.f1 FROM POINT_TBL p1, POINT_TBL p2 WHERE p2.f1[0] > 1000
;;
SELECT p1.f1, p2.f1, p1.f1 / p2.f1 FROM POINT_TBL p1, POINT_TBL p2 WHERE p2.f1 ~= '(0,0)'::point
;;
SELECT p.f1, l.s, p.f1 <-> l.s AS dist_pl, l.s <-> p.f1 AS dist_lp FROM POINT_TBL p, LINE_TBL l
;;
SELECT p.f1, b.f1, p.f1 <-> b.f1 AS dist_pb, b.f1 <-> p.f1 AS dist_bp FROM POINT_TBL p, BOX_TBL b
;;
SELECT p.f1, p1.f1, p.f1 <-> p1.f1 AS dist_ppath, p1.f1 <-> p.f1 AS dist_pathp FROM POINT_TBL p, PATH_TBL p1
;;
SELECT p1.f1, p2.f1, line(p1.f1, p2.f1)
  FROM POINT_TBL p1, POINT_TBL p2 WHERE p1.f1 <> p2.f1
;;
SELECT p.f1, l.s, p.f1 ## l.s FROM POINT_TBL p, LINE_TBL l
;;
SELECT p.f1, b.f1, p.f1 ## b.f1 FROM POINT_TBL p, BOX_TBL b
;;
SELECT p.f1, l.s FROM POINT_TBL p, LINE_TBL l WHERE p.f1 <@ l.s
;;
SELECT p.f1, p1.f1 FROM POINT_TBL p, PATH_TBL p1 WHERE p.f1 <@ p1.f1
;;
SELECT s FROM LINE_TBL WHERE ?| s
;;
SELECT s FROM LINE_TBL WHERE ?- s
;;
SELECT l1.s, l2.s FROM LINE_TBL l1, LINE_TBL l2 WHERE l1.s = l2.s
;;
SELECT l1.s, l2.s FROM LINE_TBL l1, LINE_TBL l2 WHERE l1.s ?|| l2.s
;;
SELECT l1.s, l2.s FROM LINE_TBL l1, LINE_TBL l2 WHERE l1.s ?-| l2.s
;;
SELECT l1.s, l2.s, l1.s <-> l2.s FROM LINE_TBL l1, LINE_TBL l2
;;
SELECT l1.s, l2.s FROM LINE_TBL l1, LINE_TBL l2 WHERE l1.s ?# l2.s
;;
SELECT l.s, b.f1 FROM LINE_TBL l, BOX_TBL b WHERE l.s ?# b.f1
;;
SELECT l1.s, l2.s, l1.s # l2.s FROM LINE_TBL l1, LINE_TBL l2
;;
SELECT l.s, l1.s, l.s ## l1.s FROM LINE_TBL l, LSEG_TBL l1
;;
SELECT p.f1, l.s, l.s # p.f1 AS intersection
   FROM LSEG_TBL l, POINT_TBL p
;;
SELECT s, @-@ s FROM LSEG_TBL
;;
SELECT s FROM LSEG_TBL WHERE ?| s
;;
SELECT s FROM LSEG_TBL WHERE ?- s
;;
SELECT s, @@ s FROM LSEG_TBL
;;
SELECT s, s::point FROM LSEG_TBL
;;
SELECT l1.s, l2.s FROM LSEG_TBL l1, LSEG_TBL l2 WHERE l1.s < l2.s
;;
SELECT l1.s, l2.s FROM LSEG_TBL l1, LSEG_TBL l2 WHERE l1.s <= l2.s
;;
SELECT l1.s, l2.s FROM LSEG_TBL l1, LSEG_TBL l2 WHERE l1.s >= l2.s
;;
SELECT l1.s, l2.s FROM LSEG_TBL l1, LSEG_TBL l2 WHERE l1.s > l2.s
;;
SELECT l1.s, l2.s FROM LSEG_TBL l1, LSEG_TBL l2 WHERE l1.s != l2.s
;;
SELECT l.s, l1.s, l.s <-> l1.s AS dist_sl, l1.s <-> l.s AS dist_ls FROM LSEG_TBL l, LINE_TBL l1
;;
SELECT l.s, b.f1, l.s <-> b.f1 AS dist_sb, b.f1 <-> l.s AS dist_bs FROM LSEG_TBL l, BOX_TBL b
;;
SELECT l.s, l1.s FROM LSEG_TBL l, LINE_TBL l1 WHERE l.s ?# l1.s
;;
SELECT l1.s, l2.s, l1.s ## l2.s FROM LSEG_TBL l1, LSEG_TBL l2
;;
SELECT l.s, b.f1, l.s ## b.f1 FROM LSEG_TBL l, BOX_TBL b
;;
SELECT l.s, l1.s FROM LSEG_TBL l, LINE_TBL l1 WHERE l.s <@ l1.s
;;
SELECT l.s, b.f1 FROM LSEG_TBL l, BOX_TBL b WHERE l.s <@ b.f1
;;
SELECT box(f1) AS box FROM CIRCLE_TBL
;;
SELECT b.f1 + p.f1 AS translation
   FROM BOX_TBL b, POINT_TBL p
;;
SELECT b.f1 - p.f1 AS translation
   FROM BOX_TBL b, POINT_TBL p
;;
SELECT b.f1, p.f1, b.f1 * p.f1 FROM BOX_TBL b, POINT_TBL p WHERE p.f1[0] BETWEEN 1 AND 1000
;;
SELECT b.f1, p.f1, b.f1 * p.f1 FROM BOX_TBL b, POINT_TBL p WHERE p.f1[0] > 1000
;;
SELECT b.f1, p.f1, b.f1 / p.f1 FROM BOX_TBL b, POINT_TBL p WHERE p.f1[0] BETWEEN 1 AND 1000
;;
SELECT f1::box
	FROM POINT_TBL
;;
SELECT bound_box(a.f1, b.f1)
	FROM BOX_TBL a, BOX_TBL b
;;
SELECT b1.f1, b2.f1, b1.f1 <^ b2.f1 FROM BOX_TBL b1, BOX_TBL b2
;;
SELECT b1.f1, b2.f1, b1.f1 >^ b2.f1 FROM BOX_TBL b1, BOX_TBL b2
;;
SELECT b1.f1, b2.f1, b1.f1 # b2.f1 FROM BOX_TBL b1, BOX_TBL b2
;;
SELECT f1, diagonal(f1) FROM BOX_TBL
;;
SELECT b1.f1, b2.f1, b1.f1 <-> b2.f1 FROM BOX_TBL b1, BOX_TBL b2
;;
SELECT f1, npoints(f1) FROM PATH_TBL
;;
SELECT f1, area(f1) FROM PATH_TBL
;;
SELECT f1, @-@ f1 FROM PATH_TBL
;;
SELECT f1, f1::polygon FROM PATH_TBL WHERE isclosed(f1)
;;
SELECT f1, f1::polygon FROM PATH_TBL WHERE isopen(f1)
;;
SELECT p1.f1, p2.f1 FROM PATH_TBL p1, PATH_TBL p2 WHERE p1.f1 < p2.f1
;;
SELECT p1.f1, p2.f1 FROM PATH_TBL p1, PATH_TBL p2 WHERE p1.f1 <= p2.f1
;;
SELECT p1.f1, p2.f1 FROM PATH_TBL p1, PATH_TBL p2 WHERE p1.f1 = p2.f1
;;
SELECT p1.f1, p2.f1 FROM PATH_TBL p1, PATH_TBL p2 WHERE p1.f1 >= p2.f1
;;
SELECT p1.f1, p2.f1 FROM PATH_TBL p1, PATH_TBL p2 WHERE p1.f1 > p2.f1
;;
SELECT p.f1, p1.f1, p.f1 + p1.f1 FROM PATH_TBL p, POINT_TBL p1
;;
SELECT p.f1, p1.f1, p.f1 - p1.f1 FROM PATH_TBL p, POINT_TBL p1
;;
SELECT p.f1, p1.f1, p.f1 * p1.f1 FROM PATH_TBL p, POINT_TBL p1
;;
SELECT p.f1, p1.f1, p.f1 / p1.f1 FROM PATH_TBL p, POINT_TBL p1 WHERE p1.f1[0] BETWEEN 1 AND 1000
;;
SELECT p.f1, p1.f1, p.f1 / p1.f1 FROM PATH_TBL p, POINT_TBL p1 WHERE p1.f1 ~= '(0,0)'::point
;;
SELECT p1.f1, p2.f1, p1.f1 <-> p2.f1 FROM PATH_TBL p1, PATH_TBL p2
;;
SELECT p.f1, poly.f1, poly.f1 @> p.f1 AS contains
   FROM POLYGON_TBL poly, POINT_TBL p
;;
SELECT p.f1, poly.f1, p.f1 <@ poly.f1 AS contained
   FROM POLYGON_TBL poly, POINT_TBL p
;;
SELECT npoints(f1) AS npoints, f1 AS polygon
   FROM POLYGON_TBL
;;
SELECT polygon(f1)
   FROM BOX_TBL
;;
SELECT polygon(f1)
   FROM PATH_TBL WHERE isclosed(f1)
;;
SELECT f1 AS open_path, polygon( pclose(f1)) AS polygon
   FROM PATH_TBL
   WHERE isopen(f1)
;;
SELECT f1, f1::box FROM POLYGON_TBL
;;
SELECT f1, f1::path FROM POLYGON_TBL
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 ~= p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 <@ p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 @> p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 && p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 << p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 &< p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 >> p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 &> p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 <<| p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 &<| p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 |>> p2.f1
;;
SELECT p1.f1, p2.f1 FROM POLYGON_TBL p1, POLYGON_TBL p2 WHERE p1.f1 |&> p2.f1
;;
SELECT circle(f1, 50.0)
   FROM POINT_TBL
;;
SELECT circle(f1)
   FROM BOX_TBL
;;
SELECT circle(f1)
   FROM POLYGON_TBL
   WHERE (# f1) >= 3
;;
SELECT c1.f1 AS circle, p1.f1 AS point, (p1.f1 <-> c1.f1) AS distance
   FROM CIRCLE_TBL c1, POINT_TBL p1
   WHERE (p1.f1 <-> c1.f1) > 0
   ORDER BY distance, area(c1.f1), p1.f1[0]
;;
SELECT f1, f1::polygon FROM CIRCLE_TBL WHERE f1 >= '<(0,0),1>'
;;
SELECT f1, polygon(8, f1) FROM CIRCLE_TBL WHERE f1 >= '<(0,0),1>'
;;
SELECT f1, polygon(10, f1) FROM CIRCLE_TBL WHERE f1 < '<(0,0),1>'
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 ~= c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 && c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 &< c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 << c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 >> c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 &> c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 <@ c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 @> c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 <<| c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 |>> c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 &<| c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 |&> c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 = c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 != c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 < c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 > c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 <= c2.f1
;;
SELECT c1.f1, c2.f1 FROM CIRCLE_TBL c1, CIRCLE_TBL c2 WHERE c1.f1 >= c2.f1
;;
SELECT c.f1, p.f1, c.f1 + p.f1 FROM CIRCLE_TBL c, POINT_TBL p
;;
SELECT c.f1, p.f1, c.f1 - p.f1 FROM CIRCLE_TBL c, POINT_TBL p
;;
SELECT c.f1, p.f1, c.f1 * p.f1 FROM CIRCLE_TBL c, POINT_TBL p
;;
SELECT c.f1, p.f1, c.f1 / p.f1 FROM CIRCLE_TBL c, POINT_TBL p WHERE p.f1[0] BETWEEN 1 AND 1000
;;
SELECT c.f1, p.f1, c.f1 / p.f1 FROM CIRCLE_TBL c, POINT_TBL p WHERE p.f1[0] > 1000
;;
SELECT c.f1, p.f1, c.f1 / p.f1 FROM CIRCLE_TBL c, POINT_TBL p WHERE p.f1 ~= '(0,0)'::point
;;
SELECT c.f1, p.f1, c.f1 <-> p.f1 FROM CIRCLE_TBL c, POLYGON_TBL p
;;
SELECT * FROM circle_tbl WHERE f1 && circle(point(1,-2), 1)
    ORDER BY area(f1)
;;
SELECT * FROM polygon_tbl WHERE f1 @> '((1,1),(2,2),(2,1))'::polygon
    ORDER BY (poly_center(f1))[0]
;;
select gin_clean_pending_list('gin_test_idx')>10 as many
;;
select gin_clean_pending_list('gin_test_idx')
;;
delete from gin_test_tbl where i @> array[2]
;;
select count(*) from gin_test_tbl where i @> array[1, 999]
;;
select count(*) > 0 as ok from gin_test_tbl where i @> array[1]
;;
select * from t_gin_test_tbl where array[0] <@ i
;;
select * from t_gin_test_tbl where array[0] <@ i and '{}'::int4[] <@ j
;;
select * from t_gin_test_tbl where i @> '{}'
;;
select gin_clean_pending_list('t_gin_test_tbl_i_j_idx') is not null
;;
select count(*) from t_gin_test_tbl where j @> array[50]
;;
select count(*) from t_gin_test_tbl where j @> '{}'::int[]
;;
delete from t_gin_test_tbl where j @> array[2]
;;
delete from gist_point_tbl where id % 2 = 1
;;
delete from gist_point_tbl where id > 5000
;;
select p from gist_tbl where p <@ box(point(0,0), point(0.5, 0.5))
;;
select p from gist_tbl where p <@ box(point(0,0), point(0.5, 0.5))
order by p <-> point(0.201, 0.201)
;;
select p from gist_tbl where p <@ box(point(0,0), point(0.5, 0.5))
order by point(0.101, 0.101) <-> p
;;
select p from
  (values (box(point(0,0), point(0.5,0.5))),
          (box(point(0.5,0.5), point(0.75,0.75))),
          (box(point(0.8,0.8), point(1.0,1.0)))) as v(bb)
cross join lateral
  (select p from gist_tbl where p <@ bb order by p <-> bb[0] limit 2) ss
;;
select b from gist_tbl where b <@ box(point(5,5), point(6,6))
;;
select b from gist_tbl where b <@ box(point(5,5), point(6,6))
order by b <-> point(5.2, 5.91)
;;
select b from gist_tbl where b <@ box(point(5,5), point(6,6))
order by point(5.2, 5.91) <-> b
;;
select b, p from gist_tbl
where b <@ box(point(4.5, 4.5), point(5.5, 5.5))
and p <@ box(point(5,5), point(6, 6))
;;
select circle(p,1) from gist_tbl
where p <@ box(point(5, 5), point(5.3, 5.3))
;;
select p from gist_tbl where circle(p,1) @> circle(point(0,0),0.95)
;;
select count(*) from gist_tbl
;;
select p from gist_tbl order by circle(p,1) <-> point(0,0) limit 1
;;
select a, b, grouping(a,b), sum(v), count(*), max(v)
  from gstest1 group by rollup (a,b)
;;
select a, b, grouping(a,b), sum(v), count(*), max(v)
  from gstest1 group by rollup (a,b) order by a,b
;;
select a, b, grouping(a,b), sum(v), count(*), max(v)
  from gstest1 group by rollup (a,b) order by b desc, a
;;
select a, b, grouping(a,b), sum(v), count(*), max(v)
  from gstest1 group by rollup (a,b) order by coalesce(a,0)+coalesce(b,0)
;;
select a, b, grouping(a,b),
       array_agg(v order by v),
       string_agg(v::text, ':' order by v desc),
       percentile_disc(0.5) within group (order by v),
       rank(1,2,12) within group (order by a,b,v)
  from gstest1 group by rollup (a,b) order by a,b
;;
select grouping(a), a, array_agg(b),
       rank(a) within group (order by b nulls first),
       rank(a) within group (order by b nulls last)
  from (values (1,1),(1,4),(1,5),(3,1),(3,2)) v(a,b)
 group by rollup (a) order by a
;;
select a, b, sum(c), sum(sum(c)) over (order by a,b) as rsum
  from gstest2 group by rollup (a,b) order by rsum, a, b
;;
select sum(c) from gstest2
  group by grouping sets((), grouping sets((), grouping sets(())))
  order by 1 desc
;;
select sum(c) from gstest2
  group by grouping sets((), grouping sets((), grouping sets(((a, b)))))
  order by 1 desc
;;
select sum(c) from gstest2
  group by grouping sets(grouping sets(rollup(c), grouping sets(cube(c))))
  order by 1 desc
;;
select sum(c) from gstest2
  group by grouping sets(a, grouping sets(a, cube(b)))
  order by 1 desc
;;
select sum(c) from gstest2
  group by grouping sets(grouping sets((a, (b))))
  order by 1 desc
;;
select sum(c) from gstest2
  group by grouping sets(grouping sets(a, grouping sets(a), a))
  order by 1 desc
;;
select sum(c) from gstest2
  group by grouping sets(grouping sets(a, grouping sets(a, grouping sets(a), ((a)), a, grouping sets(a), (a)), a))
  order by 1 desc
;;
select sum(c) from gstest2
  group by grouping sets((a,(a,b)), grouping sets((a,(a,b)),a))
  order by 1 desc
;;
select a, b, sum(v), count(*) from gstest_empty group by grouping sets ((a,b),a)
;;
select a, b, sum(v), count(*) from gstest_empty group by grouping sets ((a,b),())
;;
select a, b, sum(v), count(*) from gstest_empty group by grouping sets ((a,b),(),(),())
;;
select sum(v), count(*) from gstest_empty group by grouping sets ((),(),())
;;
select t1.a, t2.b, sum(t1.v), count(*) from gstest_empty t1, gstest_empty t2
 group by grouping sets ((t1.a,t2.b),())
;;
select t1.a, t2.b, grouping(t1.a, t2.b), sum(t1.v), max(t2.a)
  from gstest1 t1, gstest2 t2
 group by grouping sets ((t1.a, t2.b), ())
;;
select t1.a, t2.b, grouping(t1.a, t2.b), sum(t1.v), max(t2.a)
  from gstest1 t1 join gstest2 t2 on (t1.a=t2.a)
 group by grouping sets ((t1.a, t2.b), ())
;;
select a, b, grouping(a, b), sum(t1.v), max(t2.c)
  from gstest1 t1 join gstest2 t2 using (a,b)
 group by grouping sets ((a, b), ())
;;
select a, d, grouping(a,b,c)
  from gstest3
 group by grouping sets ((a,b), (a,c))
;;
select g as alias1, g as alias2
  from generate_series(1,3) g
 group by alias1, rollup(alias2)
;;
select four, x
  from (select four, ten, 'foo'::text as x from tenk1) as t
  group by grouping sets (four, x)
  having x = 'foo'
;;
select four, x || 'x'
  from (select four, ten, 'foo'::text as x from tenk1) as t
  group by grouping sets (four, x)
  order by four
;;
select (x+y)*1, sum(z)
 from (select 1 as x, 2 as y, 3 as z) s
 group by grouping sets (x+y, x)
;;
select x, not x as not_x, q2 from
  (select *, q1 = 1 as x from int8_tbl i1) as t
  group by grouping sets(x, q2)
  order by x, q2
;;
select x, y
  from (select four as x, four as y from tenk1) as t
  group by grouping sets (x, y)
  having y is null
  order by 1, 2
;;
select x, y || 'y'
  from (select four as x, four as y from tenk1) as t
  group by grouping sets (x, y)
  order by 1, 2
;;
select x, y
  from (select unique1 as x, unique2 as y from tenk1) as t
  where x = 1
  group by grouping sets (x, y)
  order by 1, 2
;;
select x, y
  from (select unique1::oid as x, unique2 as y from tenk1) as t
  where x::integer = 1
  group by grouping sets (x, y)
  order by 1, 2
;;
select x, y
  from (select t1.unique1 as x, t1.unique2 as y from tenk1 t1, tenk1 t2) as t
  where x = 1
  group by grouping sets (x, y)
  order by 1, 2
;;
select * from (
  select 1 as x, q1, sum(q2)
  from int8_tbl i1
  group by grouping sets(1, 2)
) ss
where x = 1 and q1 = 123
;;
select grouping(ss.x)
from int8_tbl i1
cross join lateral (select (select i1.q1) as x) ss
group by ss.x
;;
select (select grouping(ss.x))
from int8_tbl i1
cross join lateral (select (select i1.q1) as x) ss
group by ss.x
;;
select a, b, sum(v.x)
  from (values (1),(2)) v(x), gstest_data(v.x)
 group by rollup (a,b)
;;
select *
  from (values (1),(2)) v(x),
       lateral (select a, b, sum(v.x) from gstest_data(v.x) group by rollup (a,b)) s
;;
select(select (select grouping(a,b) from (values (1)) v2(c)) from (values (1,2)) v1(a,b) group by (a,b)) from (values(6,7)) v3(e,f) GROUP BY ROLLUP(e,f)
;;
select(select (select grouping(e,f) from (values (1)) v2(c)) from (values (1,2)) v1(a,b) group by (a,b)) from (values(6,7)) v3(e,f) GROUP BY ROLLUP(e,f)
;;
select(select (select grouping(c) from (values (1)) v2(c) GROUP BY c) from (values (1,2)) v1(a,b) group by (a,b)) from (values(6,7)) v3(e,f) GROUP BY ROLLUP(e,f)
;;
select a, b, c, d from gstest2 group by rollup(a,b),grouping sets(c,d)
;;
select a, b from (values (1,2),(2,3)) v(a,b) group by a,b, grouping sets(a)
;;
select a, b, grouping(a,b), sum(v), count(*), max(v)
  from gstest1 group by grouping sets ((a,b),(a+1,b+1),(a+2,b+2)) order by 3,6
;;
select(select (select grouping(a,b) from (values (1)) v2(c)) from (values (1,2)) v1(a,b) group by (a,b)) from (values(6,7)) v3(e,f) GROUP BY ROLLUP((e+1),(f+1))
;;
select(select (select grouping(a,b) from (values (1)) v2(c)) from (values (1,2)) v1(a,b) group by (a,b)) from (values(6,7)) v3(e,f) GROUP BY CUBE((e+1),(f+1)) ORDER BY (e+1),(f+1)
;;
select a, b, sum(c), sum(sum(c)) over (order by a,b) as rsum
  from gstest2 group by cube (a,b) order by rsum, a, b
;;
select a, b, sum(c) from (values (1,1,10),(1,1,11),(1,2,12),(1,2,13),(1,3,14),(2,3,15),(3,3,16),(3,4,17),(4,1,18),(4,1,19)) v(a,b,c) group by rollup (a,b)
;;
select a, b, sum(v.x)
  from (values (1),(2)) v(x), gstest_data(v.x)
 group by cube (a,b) order by a,b
;;
select (select grouping(a,b) from gstest2) from gstest2 group by a,b
;;
select a, b, sum(c), count(*) from gstest2 group by grouping sets (rollup(a,b),a)
;;
select ten, sum(distinct four) from onek a
group by grouping sets((ten,four),(ten))
having exists (select 1 from onek b where sum(distinct a.four) = b.four)
;;
select a,count(*) from gstest2 group by rollup(a) order by a
;;
select a,count(*) from gstest2 group by rollup(a) having a is distinct from 1 order by a
;;
select v.c, (select count(*) from gstest2 group by () having v.c)
  from (values (false),(true)) v(c) order by v.c
;;
select a, b, count(*) from gstest2 group by grouping sets ((a, b), (a)) having a > 1 and b > 1
;;
select a, b, count(*) from gstest2 group by rollup(a), b having b > 1
;;
select count(*) from gstest2 group by grouping sets (()) having false
;;
select a, count(*) from gstest2 group by grouping sets ((a), ()) having false
;;
select a, b, count(*) from gstest2 group by grouping sets ((a), (b)) having false
;;
select ten, grouping(ten) from onek
group by grouping sets(ten) having grouping(ten) >= 0
order by 2,1
;;
select ten, grouping(ten) from onek
group by grouping sets(ten, four) having grouping(ten) > 0
order by 2,1
;;
select ten, grouping(ten) from onek
group by rollup(ten) having grouping(ten) > 0
order by 2,1
;;
select ten, grouping(ten) from onek
group by cube(ten) having grouping(ten) > 0
order by 2,1
;;
select ten, grouping(ten) from onek
group by (ten) having grouping(ten) >= 0
order by 2,1
;;
select ten, sum(distinct four) filter (where four::text ~ '123') from onek a
group by rollup(ten)
;;
select * from (values (1),(2)) v(a) left join lateral (select v.a, four, ten, count(*) from onek group by cube(four,ten)) s on true order by v.a,four,ten
;;
select array(select row(v.a,s1.*) from (select two,four, count(*) from onek group by cube(two,four) order by two,four) s1) from (values (1),(2)) v(a)
;;
select sum(ten) from onek group by two, rollup(four::text) order by 1
;;
select sum(ten) from onek group by rollup(four::text), two order by 1
;;
select count(*) from gstest4 group by rollup(unhashable_col,unsortable_col)
;;
select array_agg(v order by v) from gstest4 group by grouping sets ((id,unsortable_col),(id))
;;
select a, b, grouping(a,b), sum(v), count(*), max(v)
  from gstest1 group by grouping sets ((a),(b)) order by 3,1,2
;;
select a, b, grouping(a,b), sum(v), count(*), max(v)
  from gstest1 group by cube(a,b) order by 3,1,2
;;
select unsortable_col, count(*)
  from gstest4 group by grouping sets ((unsortable_col),(unsortable_col))
  order by unsortable_col::text
;;
select unhashable_col, unsortable_col,
       grouping(unhashable_col, unsortable_col),
       count(*), sum(v)
  from gstest4 group by grouping sets ((unhashable_col),(unsortable_col))
 order by 3, 5
;;
select unhashable_col, unsortable_col,
       grouping(unhashable_col, unsortable_col),
       count(*), sum(v)
  from gstest4 group by grouping sets ((v,unhashable_col),(v,unsortable_col))
 order by 3,5
;;
select a, b, sum(v.x)
  from (values (1),(2)) v(x), gstest_data(v.x)
 group by grouping sets (a,b)
 order by 1, 2, 3
;;
select *
  from (values (1),(2)) v(x),
       lateral (select a, b, sum(v.x) from gstest_data(v.x) group by grouping sets (a,b)) s
;;
SELECT a, b, count(*), max(a), max(b) FROM gstest3 GROUP BY GROUPING SETS(a, b,()) ORDER BY a, b
;;
select * from (values (1),(2)) v(a) left join lateral (select v.a, four, ten, count(*) from onek group by grouping sets(four,ten)) s on true order by v.a,four,ten
;;
select array(select row(v.a,s1.*) from (select two,four, count(*) from onek group by grouping sets(two,four) order by two,four) s1) from (values (1),(2)) v(a)
;;
select v||'a', case grouping(v||'a') when 1 then 1 else 0 end, count(*)
  from unnest(array[1,1], array['a','b']) u(i,v)
 group by rollup(i, v||'a') order by 1,3
;;
select v||'a', case when grouping(v||'a') = 1 then 1 else 0 end, count(*)
  from unnest(array[1,1], array['a','b']) u(i,v)
 group by rollup(i, v||'a') order by 1,3
;;
update pg_class set reltuples = 10 where relname='bug_16784'
;;
select * from
  (values (1),(2)) v(a),
  lateral (select a, i, j, count(*) from
             bug_16784 group by cube(i,j)) s
  order by v.a, i, j
;;
(select * from gs_hash_1 except select * from gs_group_1)
  union all
(select * from gs_group_1 except select * from gs_hash_1)
;;
select a, b, c
from (values (1, 2, 3), (4, null, 6), (7, 8, 9)) as t (a, b, c)
group by all rollup(a, b), rollup(a, c)
order by a, b, c
;;
select a, b, c
from (values (1, 2, 3), (4, null, 6), (7, 8, 9)) as t (a, b, c)
group by distinct rollup(a, b), rollup(a, c)
order by a, b, c
;;
select distinct a, b, c
from (values (1, 2, 3), (4, null, 6), (7, 8, 9)) as t (a, b, c)
group by rollup(a, b), rollup(a, c)
order by a, b, c
;;
select (select grouping(v1)) from (values ((select 1))) v(v1) group by cube(v1)
;;
select (select grouping(v1)) from (values ((select 1))) v(v1) group by v1
;;
select grouping((select t1.v from gstest5 t2 where id = t1.id)),
       (select t1.v from gstest5 t2 where id = t1.id) as s
from gstest5 t1
group by grouping sets(v, s)
order by case when grouping((select t1.v from gstest5 t2 where id = t1.id)) = 0
              then (select t1.v from gstest5 t2 where id = t1.id)
              else null end
         nulls first
;;
select grouping((select t1.v from gstest5 t2 where id = t1.id)),
       (select t1.v from gstest5 t2 where id = t1.id) as s,
       case when grouping((select t1.v from gstest5 t2 where id = t1.id)) = 0
            then (select t1.v from gstest5 t2 where id = t1.id)
            else null end as o
from gstest5 t1
group by grouping sets(v, s)
order by o nulls first
;;
select a < b and b < 3 from (values (1, 2)) t(a, b) group by rollup(a < b and b < 3) having a < b and b < 3
;;
select not a from (values(true)) t(a) group by rollup(not a) having not not a
;;
select distinct on (a, b) a, b
from (values (1, 1), (2, 2)) as t (a, b) where a = b
group by grouping sets((a, b), (a))
order by a, b
;;
select distinct on (a, b+1) a, b+1
from (values (1, 0), (2, 1)) as t (a, b) where a = b+1
group by grouping sets((a, b+1), (a))
order by a, b+1
;;
select a, b
from (values (1, 1), (2, 2)) as t (a, b) where a = b
group by grouping sets((a, b), (a))
order by a, b nulls first
;;
select 1 as one group by rollup(one) order by one nulls first
;;
select a, b, row_number() over (order by a, b nulls first)
from (values (1, 1), (2, 2)) as t (a, b) where a = b
group by grouping sets((a, b), (a))
;;
select generate_series(1, a) as g
from (values (1, 1), (2, 2)) as t (a, b)
group by rollup(g)
order by 1
;;
select generate_series(1, a) as g, a+b as ab
from (values (1, 1), (2, 2)) as t (a, b)
group by rollup(a, ab)
order by 1, 2
;;
SELECT relname FROM pg_class WHERE relname = 'reset_test'
;;
SELECT pg_listening_channels()
;;
SELECT name FROM pg_prepared_statements
;;
SELECT name FROM pg_cursors
;;
SELECT current_user = 'regress_guc_user'
;;
select current_schemas(false)
;;
select report_guc('work_mem'), current_setting('work_mem')
;;
select myfunc(0), current_setting('work_mem')
;;
select myfunc(0)
;;
select current_setting('work_mem')
;;
select current_setting('nosuch.setting', true) is null
;;
select func_with_bad_set()
;;
SELECT query_id IS NOT NULL AS qid_set FROM pg_stat_activity
  WHERE pid = pg_backend_pid()
;;
SELECT pg_settings_get_flags(NULL)
;;
SELECT name FROM tab_settings_flags
  WHERE category = 'Developer Options' AND NOT not_in_sample
  ORDER BY 1
;;
SELECT name FROM tab_settings_flags
  WHERE category ~ '^Query Tuning' AND NOT explain
  ORDER BY 1
;;
SELECT name FROM tab_settings_flags
  WHERE NOT category = 'Preset Options' AND runtime_computed
  ORDER BY 1
;;
SELECT name FROM tab_settings_flags
  WHERE no_reset AND NOT no_reset_all
  ORDER BY 1
;;
SELECT v as value, hashint2(v)::bit(32) as standard,
       hashint2extended(v, 0)::bit(32) as extended0,
       hashint2extended(v, 1)::bit(32) as extended1
FROM   (VALUES (0::int2), (1::int2), (17::int2), (42::int2)) x(v)
WHERE  hashint2(v)::bit(32) != hashint2extended(v, 0)::bit(32)
       OR hashint2(v)::bit(32) = hashint2extended(v, 1)::bit(32)
;;
SELECT v as value, hashint4(v)::bit(32) as standard,
       hashint4extended(v, 0)::bit(32) as extended0,
       hashint4extended(v, 1)::bit(32) as extended1
FROM   (VALUES (0), (1), (17), (42), (550273), (207112489)) x(v)
WHERE  hashint4(v)::bit(32) != hashint4extended(v, 0)::bit(32)
       OR hashint4(v)::bit(32) = hashint4extended(v, 1)::bit(32)
;;
SELECT v as value, hashint8(v)::bit(32) as standard,
       hashint8extended(v, 0)::bit(32) as extended0,
       hashint8extended(v, 1)::bit(32) as extended1
FROM   (VALUES (0), (1), (17), (42), (550273), (207112489)) x(v)
WHERE  hashint8(v)::bit(32) != hashint8extended(v, 0)::bit(32)
       OR hashint8(v)::bit(32) = hashint8extended(v, 1)::bit(32)
;;
SELECT v as value, hashfloat4(v)::bit(32) as standard,
       hashfloat4extended(v, 0)::bit(32) as extended0,
       hashfloat4extended(v, 1)::bit(32) as extended1
FROM   (VALUES (0), (1), (17), (42), (550273), (207112489)) x(v)
WHERE  hashfloat4(v)::bit(32) != hashfloat4extended(v, 0)::bit(32)
       OR hashfloat4(v)::bit(32) = hashfloat4extended(v, 1)::bit(32)
;;
SELECT v as value, hashfloat8(v)::bit(32) as standard,
       hashfloat8extended(v, 0)::bit(32) as extended0,
       hashfloat8extended(v, 1)::bit(32) as extended1
FROM   (VALUES (0), (1), (17), (42), (550273), (207112489)) x(v)
WHERE  hashfloat8(v)::bit(32) != hashfloat8extended(v, 0)::bit(32)
       OR hashfloat8(v)::bit(32) = hashfloat8extended(v, 1)::bit(32)
;;
SELECT v as value, hashoid(v)::bit(32) as standard,
       hashoidextended(v, 0)::bit(32) as extended0,
       hashoidextended(v, 1)::bit(32) as extended1
FROM   (VALUES (0), (1), (17), (42), (550273), (207112489)) x(v)
WHERE  hashoid(v)::bit(32) != hashoidextended(v, 0)::bit(32)
       OR hashoid(v)::bit(32) = hashoidextended(v, 1)::bit(32)
;;
SELECT v as value, hashchar(v)::bit(32) as standard,
       hashcharextended(v, 0)::bit(32) as extended0,
       hashcharextended(v, 1)::bit(32) as extended1
FROM   (VALUES (NULL::"char"), ('1'), ('x'), ('X'), ('p'), ('N')) x(v)
WHERE  hashchar(v)::bit(32) != hashcharextended(v, 0)::bit(32)
       OR hashchar(v)::bit(32) = hashcharextended(v, 1)::bit(32)
;;
SELECT v as value, hashname(v)::bit(32) as standard,
       hashnameextended(v, 0)::bit(32) as extended0,
       hashnameextended(v, 1)::bit(32) as extended1
FROM   (VALUES (NULL), ('PostgreSQL'), ('eIpUEtqmY89'), ('AXKEJBTK'),
        ('muop28x03'), ('yi3nm0d73')) x(v)
WHERE  hashname(v)::bit(32) != hashnameextended(v, 0)::bit(32)
       OR hashname(v)::bit(32) = hashnameextended(v, 1)::bit(32)
;;
SELECT v as value, hashtext(v)::bit(32) as standard,
       hashtextextended(v, 0)::bit(32) as extended0,
       hashtextextended(v, 1)::bit(32) as extended1
FROM   (VALUES (NULL), ('PostgreSQL'), ('eIpUEtqmY89'), ('AXKEJBTK'),
        ('muop28x03'), ('yi3nm0d73')) x(v)
WHERE  hashtext(v)::bit(32) != hashtextextended(v, 0)::bit(32)
       OR hashtext(v)::bit(32) = hashtextextended(v, 1)::bit(32)
;;
SELECT v as value, hash_aclitem(v)::bit(32) as standard,
       hash_aclitem_extended(v, 0)::bit(32) as extended0,
       hash_aclitem_extended(v, 1)::bit(32) as extended1
FROM   (SELECT DISTINCT(relacl[1]) FROM pg_class LIMIT 10) x(v)
WHERE  hash_aclitem(v)::bit(32) != hash_aclitem_extended(v, 0)::bit(32)
       OR hash_aclitem(v)::bit(32) = hash_aclitem_extended(v, 1)::bit(32)
;;
SELECT v as value, hashmacaddr(v)::bit(32) as standard,
       hashmacaddrextended(v, 0)::bit(32) as extended0,
       hashmacaddrextended(v, 1)::bit(32) as extended1
FROM   (VALUES (NULL::macaddr), ('08:00:2b:01:02:04'), ('08:00:2b:01:02:04'),
        ('e2:7f:51:3e:70:49'), ('d6:a9:4a:78:1c:d5'),
        ('ea:29:b1:5e:1f:a5')) x(v)
WHERE  hashmacaddr(v)::bit(32) != hashmacaddrextended(v, 0)::bit(32)
       OR hashmacaddr(v)::bit(32) = hashmacaddrextended(v, 1)::bit(32)
;;
SELECT v as value, hashinet(v)::bit(32) as standard,
       hashinetextended(v, 0)::bit(32) as extended0,
       hashinetextended(v, 1)::bit(32) as extended1
FROM   (VALUES (NULL::inet), ('192.168.100.128/25'), ('192.168.100.0/8'),
        ('172.168.10.126/16'), ('172.18.103.126/24'), ('192.188.13.16/32')) x(v)
WHERE  hashinet(v)::bit(32) != hashinetextended(v, 0)::bit(32)
       OR hashinet(v)::bit(32) = hashinetextended(v, 1)::bit(32)
;;
SELECT v as value, hash_numeric(v)::bit(32) as standard,
       hash_numeric_extended(v, 0)::bit(32) as extended0,
       hash_numeric_extended(v, 1)::bit(32) as extended1
FROM   (VALUES (0), (1.149484958), (17.149484958), (42.149484958),
        (149484958.550273), (2071124898672)) x(v)
WHERE  hash_numeric(v)::bit(32) != hash_numeric_extended(v, 0)::bit(32)
       OR hash_numeric(v)::bit(32) = hash_numeric_extended(v, 1)::bit(32)
;;
SELECT v as value, hash_array(v)::bit(32) as standard,
       hash_array_extended(v, 0)::bit(32) as extended0,
       hash_array_extended(v, 1)::bit(32) as extended1
FROM   (VALUES ('{0}'::int4[]), ('{0,1,2,3,4}'), ('{17,18,19,20}'),
        ('{42,34,65,98}'), ('{550273,590027, 870273}'),
        ('{207112489, 807112489}')) x(v)
WHERE  hash_array(v)::bit(32) != hash_array_extended(v, 0)::bit(32)
       OR hash_array(v)::bit(32) = hash_array_extended(v, 1)::bit(32)
;;
SELECT v as value, hash_array(v)::bit(32) as standard
FROM   (VALUES ('{101}'::varbit[])) x(v)
;;
SELECT v as value, hash_array_extended(v, 0)::bit(32) as extended0
FROM   (VALUES ('{101}'::varbit[])) x(v)
;;
SELECT v as value, hashbpchar(v)::bit(32) as standard,
       hashbpcharextended(v, 0)::bit(32) as extended0,
       hashbpcharextended(v, 1)::bit(32) as extended1
FROM   (VALUES (NULL), ('PostgreSQL'), ('eIpUEtqmY89'), ('AXKEJBTK'),
        ('muop28x03'), ('yi3nm0d73')) x(v)
WHERE  hashbpchar(v)::bit(32) != hashbpcharextended(v, 0)::bit(32)
       OR hashbpchar(v)::bit(32) = hashbpcharextended(v, 1)::bit(32)
;;
SELECT v as value, time_hash(v)::bit(32) as standard,
       time_hash_extended(v, 0)::bit(32) as extended0,
       time_hash_extended(v, 1)::bit(32) as extended1
FROM   (VALUES (NULL::time), ('11:09:59'), ('1:09:59'), ('11:59:59'),
        ('7:9:59'), ('5:15:59')) x(v)
WHERE  time_hash(v)::bit(32) != time_hash_extended(v, 0)::bit(32)
       OR time_hash(v)::bit(32) = time_hash_extended(v, 1)::bit(32)
;;
SELECT v as value, timetz_hash(v)::bit(32) as standard,
       timetz_hash_extended(v, 0)::bit(32) as extended0,
       timetz_hash_extended(v, 1)::bit(32) as extended1
FROM   (VALUES (NULL::timetz), ('00:11:52.518762-07'), ('00:11:52.51762-08'),
        ('00:11:52.62-01'), ('00:11:52.62+01'), ('11:59:59+04')) x(v)
WHERE  timetz_hash(v)::bit(32) != timetz_hash_extended(v, 0)::bit(32)
       OR timetz_hash(v)::bit(32) = timetz_hash_extended(v, 1)::bit(32)
;;
SELECT v as value, pg_lsn_hash(v)::bit(32) as standard,
       pg_lsn_hash_extended(v, 0)::bit(32) as extended0,
       pg_lsn_hash_extended(v, 1)::bit(32) as extended1
FROM   (VALUES (NULL::pg_lsn), ('16/B374D84'), ('30/B374D84'),
        ('255/B374D84'), ('25/B379D90'), ('900/F37FD90')) x(v)
WHERE  pg_lsn_hash(v)::bit(32) != pg_lsn_hash_extended(v, 0)::bit(32)
       OR pg_lsn_hash(v)::bit(32) = pg_lsn_hash_extended(v, 1)::bit(32)
;;
SELECT v as value, hashenum(v)::bit(32) as standard,
       hashenumextended(v, 0)::bit(32) as extended0,
       hashenumextended(v, 1)::bit(32) as extended1
FROM   (VALUES ('sad'::mood), ('ok'), ('happy')) x(v)
WHERE  hashenum(v)::bit(32) != hashenumextended(v, 0)::bit(32)
       OR hashenum(v)::bit(32) = hashenumextended(v, 1)::bit(32)
;;
SELECT v as value, hash_range(v)::bit(32) as standard,
       hash_range_extended(v, 0)::bit(32) as extended0,
       hash_range_extended(v, 1)::bit(32) as extended1
FROM   (VALUES (int4range(10, 20)), (int4range(23, 43)),
        (int4range(5675, 550273)),
        (int4range(550274, 1550274)), (int4range(1550275, 208112489))) x(v)
WHERE  hash_range(v)::bit(32) != hash_range_extended(v, 0)::bit(32)
       OR hash_range(v)::bit(32) = hash_range_extended(v, 1)::bit(32)
;;
SELECT v as value, hash_record(v)::bit(32) as standard,
       hash_record_extended(v, 0)::bit(32) as extended0,
       hash_record_extended(v, 1)::bit(32) as extended1
FROM   (VALUES (row(1, 'aaa')::hash_test_t1, row(2, 'bbb'), row(-1, 'ccc'))) x(v)
WHERE  hash_record(v)::bit(32) != hash_record_extended(v, 0)::bit(32)
       OR hash_record(v)::bit(32) = hash_record_extended(v, 1)::bit(32)
;;
SELECT v as value, hash_record(v)::bit(32) as standard
FROM   (VALUES (row('10'::varbit, 'aaa')::hash_test_t2)) x(v)
;;
SELECT v as value, hash_record_extended(v, 0)::bit(32) as extended0
FROM   (VALUES (row('11'::varbit, 'aaa')::hash_test_t2)) x(v)
;;
SELECT hashfloat4('0'::float4) = hashfloat4('-0'::float4) AS t
;;
SELECT hashfloat4('NaN'::float4) = hashfloat4(-'NaN'::float4) AS t
;;
SELECT hashfloat8('0'::float8) = hashfloat8('-0'::float8) AS t
;;
SELECT hashfloat8('NaN'::float8) = hashfloat8(-'NaN'::float8) AS t
;;
SELECT hashfloat4('NaN'::float4) = hashfloat8('NaN'::float8) AS t
;;
SELECT * FROM hash_i4_heap
   WHERE hash_i4_heap.random = 843938989
;;
SELECT * FROM hash_name_heap
   WHERE hash_name_heap.random = '1505703298'::name
;;
SELECT * FROM hash_txt_heap
   WHERE hash_txt_heap.random = '1351610853'::text
;;
SELECT * FROM hash_f8_heap
   WHERE hash_f8_heap.random = '444705537'::float8
;;
SELECT * FROM hash_i4_heap
   WHERE seqno = 9999
;;
UPDATE hash_i4_heap
   SET random = 1
   WHERE hash_i4_heap.seqno = 1492
;;
SELECT h.seqno AS i1492, h.random AS i1
   FROM hash_i4_heap h
   WHERE h.random = 1
;;
UPDATE hash_i4_heap
   SET seqno = 20000
   WHERE hash_i4_heap.random = 1492795354
;;
SELECT h.seqno AS i20000
   FROM hash_i4_heap h
   WHERE h.random = 1492795354
;;
UPDATE hash_name_heap
   SET random = '0123456789abcdef'::name
   WHERE hash_name_heap.seqno = 6543
;;
UPDATE hash_name_heap
   SET seqno = 20000
   WHERE hash_name_heap.random = '76652222'::name
;;
UPDATE hash_txt_heap
   SET random = '0123456789abcdefghijklmnop'::text
   WHERE hash_txt_heap.seqno = 4002
;;
UPDATE hash_txt_heap
   SET seqno = 20000
   WHERE hash_txt_heap.random = '959363399'::text
;;
UPDATE hash_f8_heap
   SET random = '-1234.1234'::float8
   WHERE hash_f8_heap.seqno = 8906
;;
UPDATE hash_f8_heap
   SET seqno = 20000
   WHERE hash_f8_heap.random = '488912369'::float8
;;
DELETE FROM hash_split_heap WHERE keycol = 1
;;
SELECT satisfies_hash_partition(0, 4, 0, NULL)
;;
SELECT satisfies_hash_partition('mchash'::regclass, 2, 1,
								variadic array[1,2]::int[])
;;
SELECT satisfies_hash_partition('mcinthash'::regclass, 4, 0,
								variadic array[0, 0])
;;
SELECT satisfies_hash_partition('mcinthash'::regclass, 4, 0,
								variadic array[now(), now()])
;;
select satisfies_hash_partition('text_hashp'::regclass, 2, 0, 'xxx'::text) OR
	   satisfies_hash_partition('text_hashp'::regclass, 2, 1, 'xxx'::text) AS satisfies
;;
SELECT (timestamp without time zone 'today' = (timestamp without time zone 'yesterday' + interval '1 day')) as "True"
;;
SELECT (timestamp without time zone 'today' = (timestamp without time zone 'tomorrow' - interval '1 day')) as "True"
;;
SELECT timestamptz(date '1994-01-01', time with time zone '11:00-5') AS "Jan_01_1994_8am"
;;
SELECT d1 + interval '1 year' AS one_year FROM TIMESTAMP_TBL
;;
SELECT d1 - interval '1 year' AS one_year FROM TIMESTAMP_TBL
;;
SELECT d1 + interval '1 year' AS one_year FROM TIMESTAMPTZ_TBL
;;
SELECT d1 - interval '1 year' AS one_year FROM TIMESTAMPTZ_TBL
;;
SELECT CAST(time '01:02' AS interval) AS "+01:02"
;;
SELECT CAST(interval '02:03' AS time) AS "02:03:00"
;;
SELECT CAST(interval '02:03' AS time with time zone) AS "02:03:00-08"
;;
SELECT CAST(CAST(date 'today' + time with time zone '05:30'
            + interval '02:01' AS time with time zone) AS time) AS "07:31:00"
;;
SELECT CAST(cast(date 'today' + time with time zone '03:30'
  + interval '1 month 04:01' as timestamp without time zone) AS time) AS "07:31:00"
;;
SELECT t.d1 AS t, i.f1 AS i, t.d1 + i.f1 AS "add", t.d1 - i.f1 AS "subtract"
  FROM TIMESTAMP_TBL t, INTERVAL_TBL i
  WHERE t.d1 BETWEEN '1990-01-01' AND '2001-01-01'
    AND i.f1 BETWEEN '00:00' AND '23:00'
  ORDER BY 1,2
;;
SELECT t.f1 AS t, i.f1 AS i, t.f1 + i.f1 AS "add", t.f1 - i.f1 AS "subtract"
  FROM TIME_TBL t, INTERVAL_TBL i
  WHERE isfinite(i.f1)
  ORDER BY 1,2
;;
SELECT (timestamp with time zone '2000-11-27', timestamp with time zone '2000-11-28')
  OVERLAPS (timestamp with time zone '2000-11-27 12:00', timestamp with time zone '2000-11-30') AS "True"
;;
SELECT f1 AS "timestamp"
  FROM TEMP_TIMESTAMP
  ORDER BY "timestamp"
;;
SELECT d.f1 AS "timestamp", t.f1 AS "interval", d.f1 + t.f1 AS plus
  FROM TEMP_TIMESTAMP d, INTERVAL_TBL t
  ORDER BY plus, "timestamp", "interval"
;;
SELECT d.f1 AS "timestamp", t.f1 AS "interval", d.f1 - t.f1 AS minus
  FROM TEMP_TIMESTAMP d, INTERVAL_TBL t
  ORDER BY minus, "timestamp", "interval"
;;
SELECT d.f1 AS "timestamp",
   timestamp with time zone '1980-01-06 00:00 GMT' AS gpstime_zero,
   d.f1 - timestamp with time zone '1980-01-06 00:00 GMT' AS difference
  FROM TEMP_TIMESTAMP d
  ORDER BY difference
;;
SELECT d1.f1 AS timestamp1, d2.f1 AS timestamp2, d1.f1 - d2.f1 AS difference
  FROM TEMP_TIMESTAMP d1, TEMP_TIMESTAMP d2
  ORDER BY timestamp1, timestamp2, difference
;;
SELECT f1 AS "timestamp", date(f1) AS date
  FROM TEMP_TIMESTAMP
  WHERE f1 <> timestamp 'now'
  ORDER BY date, "timestamp"
;;
SELECT '2202020-10-05'::date::timestamp
;;
SELECT '2202020-10-05'::date::timestamptz
;;
select count(*) from date_tbl
  where f1 between '1997-01-01' and '1998-01-01'
;;
select count(*) from date_tbl
  where f1 not between '1997-01-01' and '1998-01-01'
;;
select count(*) from date_tbl
  where f1 between symmetric '1997-01-01' and '1998-01-01'
;;
select count(*) from date_tbl
  where f1 not between symmetric '1997-01-01' and '1998-01-01'
;;
SELECT d1 AS us_postgres FROM TIMESTAMP_TBL
;;
SELECT count(*) as one FROM TIMESTAMP_TBL WHERE d1 = 'Jun 13 1957'
;;
SELECT to_timestamp('2011$03!18 23_38_15', 'YYYY-MM-DD HH24:MI:SS')
;;
SELECT i, to_timestamp('2018-11-02 12:34:56', 'YYYY-MM-DD HH24:MI:SS.FF' || i) FROM generate_series(1, 6) i
;;
SELECT attrelid, attname, attidentity FROM pg_attribute WHERE attidentity NOT IN ('', 'a', 'd')
;;
SELECT table_name, column_name, column_default, is_nullable, is_identity, identity_generation, identity_start, identity_increment, identity_maximum, identity_minimum, identity_cycle FROM information_schema.columns WHERE table_name LIKE 'itest_' ORDER BY 1, 2
;;
SELECT sequence_name FROM information_schema.sequences WHERE sequence_name LIKE 'itest%'
;;
SELECT pg_get_serial_sequence('itest1', 'a')
;;
SELECT * FROM itest1
;;
SELECT * FROM itest2
;;
SELECT * FROM itest3
;;
SELECT * FROM itest4
;;
SELECT * FROM itest5
;;
UPDATE itest1 SET a = 101 WHERE a = 1
;;
UPDATE itest2 SET a = 101 WHERE a = 1
;;
SELECT sequence_name FROM itest4_a_seq
;;
SELECT * FROM itestv10
;;
SELECT * FROM itest13
;;
SELECT seqtypid::regtype FROM pg_sequence WHERE seqrelid = 'itest3_a_seq'::regclass
;;
SELECT * FROM itest6
;;
SELECT table_name, column_name, is_identity, identity_generation FROM information_schema.columns WHERE table_name = 'itest6' ORDER BY 1, 2
;;
SELECT * FROM itest7
;;
SELECT * FROM itest7c
;;
SELECT table_name, column_name, is_nullable, is_identity, identity_generation FROM information_schema.columns WHERE table_name LIKE 'itest7%' ORDER BY 1, 2
;;
SELECT * FROM itest8
;;
SELECT tableoid::regclass, f1, f2, f3 FROM pitest1
;;
SELECT tableoid::regclass, f1, f2, f3 FROM pitest1_p1_like
;;
SELECT tableoid::regclass, f1, f2, f3, pg_typeof(f3) FROM pitest1
;;
SELECT tableoid::regclass, f1, f2, f3, pg_typeof(f3) FROM pitest1_p2
;;
SELECT tableoid::regclass, f1, f2, f3 FROM pitest2
;;
SELECT tableoid::regclass, f1, f2, f3 FROM pitest2_p1
;;
SELECT tableoid::regclass, f1, f2, f3 FROM pitest3
;;
MERGE INTO itest15 t
USING (SELECT 10 AS s_a, 'inserted by merge' AS s_b) s
ON t.a = s.s_a
WHEN NOT MATCHED THEN
	INSERT (a, b) VALUES (s.s_a, s.s_b)
;;
MERGE INTO itest15 t
USING (SELECT 20 AS s_a, 'inserted by merge' AS s_b) s
ON t.a = s.s_a
WHEN NOT MATCHED THEN
	INSERT (a, b) OVERRIDING USER VALUE VALUES (s.s_a, s.s_b)
;;
MERGE INTO itest15 t
USING (SELECT 30 AS s_a, 'inserted by merge' AS s_b) s
ON t.a = s.s_a
WHEN NOT MATCHED THEN
	INSERT (a, b) OVERRIDING SYSTEM VALUE VALUES (s.s_a, s.s_b)
;;
SELECT relname, relpersistence FROM pg_class
  WHERE relname ~ '^identity_dump_' ORDER BY 1
;;
select * from (select * from t order by a) s order by a, b limit 31
;;
delete from t
;;
select explain_analyze_without_memory('select * from (select * from t order by a) s order by a, b limit 55')
;;
select jsonb_pretty(explain_analyze_inc_sort_nodes_without_memory('select * from (select * from t order by a) s order by a, b limit 55'))
;;
select explain_analyze_inc_sort_nodes_verify_invariants('select * from (select * from t order by a) s order by a, b limit 55')
;;
select * from t left join (select * from (select * from t order by a) v order by a, b) s on s.a = t.a where t.a in (1, 2)
;;
SELECT pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON i.indexrelid = c.oid
WHERE i.indrelid = 'tbl_include_reg'::regclass ORDER BY c.relname
;;
SELECT indexrelid::regclass, indnatts, indnkeyatts, indisunique, indisprimary, indkey, indclass FROM pg_index WHERE indrelid = 'tbl'::regclass::oid
;;
SELECT pg_get_constraintdef(oid), conname, conkey FROM pg_constraint WHERE conrelid = 'tbl'::regclass::oid
;;
SELECT pg_get_constraintdef(oid), conname, conkey FROM pg_constraint WHERE conrelid = 'tbl'::regclass::oid AND contype = 'p'
;;
select * from tbl where (c1,c2,c3) < (2,5,1)
;;
select * from tbl where (c1,c2,c3) < (262,1,1) limit 1
;;
SELECT indexdef FROM pg_indexes WHERE tablename = 'tbl' ORDER BY indexname
;;
UPDATE tbl SET c1 = 100 WHERE c1 = 2
;;
UPDATE tbl SET c2 = 2 WHERE c1 = 1
;;
UPDATE tbl SET c3 = 1
;;
DELETE FROM tbl WHERE c1 = 5 OR c3 = 12
;;
SELECT c2, c1, c3 FROM nametbl WHERE c2 = 'two' AND c1 = 1
;;
SELECT * FROM tbl_gist where c4 <@ box(point(1,1),point(10,10))
;;
UPDATE tbl_gist SET c1 = 100 WHERE c1 = 2
;;
DELETE FROM tbl_gist WHERE c1 = 5 OR c3 = 12
;;
select relhassubclass from pg_class where relname = 'idxpart_idx'
;;
select indexdef from pg_indexes where indexname like 'idxpart_idx%'
;;
select relname, relkind, relhassubclass, inhparent::regclass
    from pg_class left join pg_index ix on (indexrelid = oid)
	left join pg_inherits on (ix.indexrelid = inhrelid)
	where relname like 'idxpart%' order by relname
;;
SELECT col2 FROM idxpart_two fk LEFT OUTER JOIN idxpart pk ON (col1 = col2)
;;
select relname, relpartbound from pg_class
  where relname in ('idxpart_c', 'idxpart1_c')
  order by relname
;;
select relname, relkind from pg_class
  where relname like 'idxpart%' order by relname
;;
select indexrelid::regclass, indrelid::regclass
  from pg_index where indexrelid::regclass::text like 'idxpart%'
;;
select indexrelid::regclass, indrelid::regclass, inhparent::regclass
  from pg_index idx left join pg_inherits inh on (idx.indexrelid = inh.inhrelid)
where indexrelid::regclass::text like 'idxpart%'
  order by indexrelid::regclass::text collate "C"
;;
select relname, relkind, inhparent::regclass
    from pg_class left join pg_index ix on (indexrelid = oid)
	left join pg_inherits on (ix.indexrelid = inhrelid)
	where relname like 'idxpart%' order by relname
;;
select relname, indisvalid from pg_class join pg_index on indexrelid = oid
   where relname like 'idxpart%' order by relname
;;
delete from idxpart11 where b = 0
;;
delete from idxpart1 where b = 0
;;
select relname as child, inhparent::regclass as parent, pg_get_indexdef as childdef
  from pg_class join pg_inherits on inhrelid = oid,
  lateral pg_get_indexdef(pg_class.oid)
  where relkind in ('i', 'I') and relname like 'idxpart%' order by relname
;;
select relname as child, inhparent::regclass as parent, pg_get_indexdef as childdef
  from pg_class left join pg_inherits on inhrelid = oid,
  lateral pg_get_indexdef(pg_class.oid)
  where relkind in ('i', 'I') and relname like 'idxpart%' order by relname
;;
select c.relname, pg_get_indexdef(indexrelid)
  from pg_class c join pg_index i on c.oid = i.indexrelid
  where indrelid::regclass::text like 'idxpart%'
  order by indexrelid::regclass::text collate "C"
;;
select attrelid::regclass, attname, attnum from pg_attribute
  where attrelid::regclass::text like 'idxpart%' and attnum > 0
  order by attrelid::regclass, attnum
;;
select conname, contype, conrelid::regclass, conindid::regclass, conkey
  from pg_constraint where conrelid::regclass::text like 'idxpart%'
  order by conrelid::regclass::text, conname
;;
select indrelid::regclass, indexrelid::regclass, inhparent::regclass, indisvalid,
  conname, conislocal, coninhcount, connoinherit, convalidated
  from pg_index idx left join pg_inherits inh on (idx.indexrelid = inh.inhrelid)
  left join pg_constraint con on (idx.indexrelid = con.conindid)
  where indrelid::regclass::text like 'idxpart%'
  order by indexrelid::regclass::text collate "C"
;;
select tableoid::regclass, * from idxpart order by a
;;
select indexrelid::regclass, indisvalid,
       indrelid::regclass, inhparent::regclass
  from pg_index idx left join
       pg_inherits inh on (idx.indexrelid = inh.inhrelid)
  where indexrelid::regclass::text like 'parted_inval%'
  order by indexrelid::regclass::text collate "C"
;;
select indexrelid::regclass, indisvalid, indisreplident,
       indrelid::regclass, inhparent::regclass
  from pg_index idx left join
       pg_inherits inh on (idx.indexrelid = inh.inhrelid)
  where indexrelid::regclass::text like 'parted_replica%'
  order by indexrelid::regclass::text collate "C"
;;
SELECT descr, substring(make_tuple_indirect(indtoasttest)::text, 1, 200) FROM indtoasttest
;;
UPDATE indtoasttest SET cnt = cnt +1 RETURNING substring(indtoasttest::text, 1, 200)
;;
UPDATE indtoasttest SET cnt = cnt +1, f1 = f1 RETURNING substring(indtoasttest::text, 1, 200)
;;
UPDATE indtoasttest SET cnt = cnt +1, f1 = f1||'' RETURNING substring(indtoasttest::text, 1, 200)
;;
UPDATE indtoasttest SET cnt = cnt +1, f1 = '-'||f1||'-' RETURNING substring(indtoasttest::text, 1, 200)
;;
SELECT substring(indtoasttest::text, 1, 200) FROM indtoasttest
;;
SELECT c AS cidr, i AS inet FROM INET_TBL
;;
SELECT i AS inet, host(i), text(i), family(i) FROM INET_TBL
;;
SELECT c AS cidr, abbrev(c) AS "abbrev(cidr)",
  i AS inet, abbrev(i) AS "abbrev(inet)" FROM INET_TBL
;;
SELECT c AS cidr, broadcast(c) AS "broadcast(cidr)",
  i AS inet, broadcast(i) AS "broadcast(inet)" FROM INET_TBL
;;
SELECT c AS cidr, network(c) AS "network(cidr)",
  i AS inet, network(i) AS "network(inet)" FROM INET_TBL
;;
SELECT c AS cidr, masklen(c) AS "masklen(cidr)",
  i AS inet, masklen(i) AS "masklen(inet)" FROM INET_TBL
;;
SELECT c AS cidr, masklen(c) AS "masklen(cidr)",
  i AS inet, masklen(i) AS "masklen(inet)" FROM INET_TBL
  WHERE masklen(c) <= 8
;;
SELECT i AS inet, netmask(i) AS "netmask(inet)" FROM INET_TBL
;;
SELECT i AS inet, hostmask(i) AS "hostmask(inet)" FROM INET_TBL
;;
SELECT c AS cidr, i AS inet FROM INET_TBL
  WHERE c = i
;;
SELECT i, c,
  i < c AS lt, i <= c AS le, i = c AS eq,
  i >= c AS ge, i > c AS gt, i <> c AS ne,
  i << c AS sb, i <<= c AS sbe,
  i >> c AS sup, i >>= c AS spe,
  i && c AS ovr
  FROM INET_TBL
;;
SELECT max(i) AS max, min(i) AS min FROM INET_TBL
;;
SELECT max(c) AS max, min(c) AS min FROM INET_TBL
;;
SELECT c AS cidr, set_masklen(cidr(text(c)), 24) AS "set_masklen(cidr)",
  i AS inet, set_masklen(inet(text(i)), 24) AS "set_masklen(inet)" FROM INET_TBL
;;
SELECT set_masklen(inet(text(i)), 33) FROM INET_TBL
;;
SELECT set_masklen(cidr(text(c)), 33) FROM INET_TBL
;;
SELECT * FROM inet_tbl WHERE i<<'192.168.1.0/24'::cidr
;;
SELECT * FROM inet_tbl WHERE i<<='192.168.1.0/24'::cidr
;;
SELECT * FROM inet_tbl WHERE '192.168.1.0/24'::cidr >>= i
;;
SELECT * FROM inet_tbl WHERE '192.168.1.0/24'::cidr >> i
;;
SELECT * FROM inet_tbl WHERE i << '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT * FROM inet_tbl WHERE i <<= '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT * FROM inet_tbl WHERE i && '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT * FROM inet_tbl WHERE i >>= '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT * FROM inet_tbl WHERE i >> '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT * FROM inet_tbl WHERE i < '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT * FROM inet_tbl WHERE i <= '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT * FROM inet_tbl WHERE i = '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT * FROM inet_tbl WHERE i >= '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT * FROM inet_tbl WHERE i > '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT * FROM inet_tbl WHERE i <> '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT i FROM inet_tbl WHERE i << '192.168.1.0/24'::cidr ORDER BY i
;;
SELECT i, ~i AS "~i" FROM inet_tbl
;;
SELECT i, c, i & c AS "and" FROM inet_tbl
;;
SELECT i, c, i | c AS "or" FROM inet_tbl
;;
SELECT i, i + 500 AS "i+500" FROM inet_tbl
;;
SELECT i, i - 500 AS "i-500" FROM inet_tbl
;;
SELECT i, c, i - c AS "minus" FROM inet_tbl
;;
SELECT ('127.0.0.1'::inet + 257) - 257
;;
SELECT '127.0.0.2'::inet  - ('127.0.0.2'::inet + 500)
;;
SELECT '127.0.0.2'::inet  - ('127.0.0.2'::inet - 500)
;;
SELECT inet_merge(c, i) FROM INET_TBL
;;
SELECT inet_merge(c, i) FROM INET_TBL WHERE inet_same_family(c, i)
;;
select infinite_recurse()
;;
SELECT relname, a.* FROM a, pg_class where a.tableoid = pg_class.oid
;;
SELECT relname, b.* FROM b, pg_class where b.tableoid = pg_class.oid
;;
SELECT relname, c.* FROM c, pg_class where c.tableoid = pg_class.oid
;;
SELECT relname, d.* FROM d, pg_class where d.tableoid = pg_class.oid
;;
SELECT relname, a.* FROM ONLY a, pg_class where a.tableoid = pg_class.oid
;;
SELECT relname, b.* FROM ONLY b, pg_class where b.tableoid = pg_class.oid
;;
SELECT relname, c.* FROM ONLY c, pg_class where c.tableoid = pg_class.oid
;;
SELECT relname, d.* FROM ONLY d, pg_class where d.tableoid = pg_class.oid
;;
UPDATE a SET aa='zzzz' WHERE aa='aaaa'
;;
UPDATE ONLY a SET aa='zzzzz' WHERE aa='aaaaa'
;;
UPDATE b SET aa='zzz' WHERE aa='aaa'
;;
UPDATE ONLY b SET aa='zzz' WHERE aa='aaa'
;;
UPDATE a SET aa='zzzzzz' WHERE aa LIKE 'aaa%'
;;
UPDATE b SET aa='new'
;;
UPDATE a SET aa='new'
;;
DELETE FROM ONLY c WHERE aa='new'
;;
DELETE FROM a
;;
update some_tab set f3 = 11 where f1 = 12 and f2 = 13
;;
update some_tab set a = a + 1 where false
;;
update some_tab set a = a + 1 where false returning b, a
;;
table some_tab
;;
update bar set f2 = f2 + 100 where f1 in (select f1 from foo)
;;
select tableoid::regclass::text as relname, bar.* from bar order by 1,2
;;
update bar set f2 = f2 + 100
from
  ( select f1 from foo union all select f1+3 from foo ) ss
where bar.f1 = ss.f1
;;
update parted_tab set b = 'b'
from
  (select a from some_tab union all select a+1 from some_tab) ss (a)
where parted_tab.a = ss.a
;;
select tableoid::regclass::text as relname, parted_tab.* from parted_tab order by 1,2
;;
update parted_tab set b = 'b'
from
  (select 0 from parted_tab union all select 1 from parted_tab) ss (a)
where parted_tab.a = ss.a
;;
update mlparted_tab mlp set c = 'xxx'
from
  (select a from some_tab union all select a+1 from some_tab) ss (a)
where (mlp.a = ss.a and mlp.b = 'b') or mlp.a = 3
;;
select tableoid::regclass::text as relname, mlparted_tab.* from mlparted_tab order by 1,2
;;
select * from d
;;
select pc.relname, pgc.conname, pgc.contype, pgc.conislocal, pgc.coninhcount, pgc.connoinherit from pg_class as pc inner join pg_constraint as pgc on (pgc.conrelid = pc.oid) where pc.relname = 'p1' order by 1,2
;;
select derived::base from derived
;;
select NULL::derived::base
;;
select p2text(c1.*) from c1
;;
select pc.relname, pgc.conname, pgc.contype, pgc.conislocal, pgc.coninhcount, pg_get_expr(pgc.conbin, pc.oid) as consrc from pg_class as pc inner join pg_constraint as pgc on (pgc.conrelid = pc.oid) where pc.relname in ('ac', 'bc') order by 1,2
;;
delete from c1
;;
WITH RECURSIVE r AS (
  SELECT 'inht1'::regclass AS inhrelid
UNION ALL
  SELECT c.inhrelid FROM pg_inherits c, r WHERE r.inhrelid = c.inhparent
)
SELECT a.attrelid::regclass, a.attname, a.attinhcount, e.expected
  FROM (SELECT inhrelid, count(*) AS expected FROM pg_inherits
        WHERE inhparent IN (SELECT inhrelid FROM r) GROUP BY inhrelid) e
  JOIN pg_attribute a ON e.inhrelid = a.attrelid WHERE NOT attislocal
  ORDER BY a.attrelid::regclass::name, a.attnum
;;
delete from inh_fk_1 where a = 1
;;
select * from inh_fk_1 order by 1
;;
select * from inh_fk_2 order by 1, 2
;;
select conrelid::regclass::text as relname, conname, conislocal, coninhcount, conenforced, convalidated
from pg_constraint where conname like 'inh\_check\_constraint%'
order by 1, 2
;;
select conrelid::regclass::text as relname, conname,
       convalidated, conislocal, coninhcount, connoinherit
from pg_constraint where conname like 'inh\_check\_constraint%'
order by 1, 2
;;
select * from patest0 join (select f1 from int4_tbl limit 1) ss on id = f1
;;
select * from matest0 order by 1-id
;;
select min(1-id) from matest0
;;
select 1 - id as c from
(select id from matest3 t1 union all select id * 2 from matest3 t2) ss
order by c
;;
SELECT
    ARRAY(SELECT f.i FROM (
        (SELECT d + g.i FROM generate_series(4, 30, 3) d ORDER BY 1)
        UNION ALL
        (SELECT d + g.i FROM generate_series(0, 30, 5) d ORDER BY 1)
    ) f(i)
    ORDER BY f.i LIMIT 10)
FROM generate_series(1, 3) g(i)
;;
update inhpar i set (f1, f2) = (select i.f1, i.f2 || '-' from int4_tbl limit 1)
;;
select * from inhpar
;;
select * from inhpar order by f1
;;
select * from cnullparent
;;
select * from cnullparent where f1 = 2
;;
select conrelid::regclass, conname, contype, conkey,
 coninhcount, conislocal, connoinherit
 from pg_constraint where contype in ('n','p') and
 conrelid::regclass::text in ('inh_child', 'inh_parent1', 'inh_parent2')
 order by 1, 2
;;
select conrelid::regclass, conname, contype, conkey,
 (select attname from pg_attribute where attrelid = conrelid and attnum = conkey[1]),
 coninhcount, conislocal, connoinherit
 from pg_constraint where contype = 'n' and
 conrelid::regclass::text like 'inh\_nn\_%'
 order by 2, 1
;;
select conrelid::regclass, conname, contype, coninhcount, conislocal
 from pg_constraint where contype = 'n' and
 conrelid in ('inh_parent'::regclass, 'inh_child1'::regclass, 'inh_child2'::regclass)
 order by 2, 1
;;
select conrelid::regclass, conname, contype, coninhcount, conislocal
 from pg_constraint where contype = 'n' and
 conrelid::regclass::text in ('inh_parent', 'inh_child1', 'inh_child2', 'inh_child3')
 order by 2, 1
;;
select conrelid::regclass, conname, contype, coninhcount, conislocal
 from pg_constraint
 where conrelid::regclass::text in ('inh_parent', 'inh_child', 'inh_child2', 'inh_child3')
 order by 2, 1
;;
select conrelid::regclass, conname, contype, coninhcount, conislocal
 from pg_constraint where contype = 'n' and
 conrelid in ('inh_parent'::regclass, 'inh_child1'::regclass, 'inh_child2'::regclass, 'inh_child3'::regclass)
 order by 2, conrelid::regclass::text
;;
select conrelid::regclass, contype, conname,
  (select attname from pg_attribute where attrelid = conrelid and attnum = conkey[1]),
  coninhcount, conislocal
 from pg_constraint where contype = 'n' and
 conrelid::regclass in ('inh_p1', 'inh_p2', 'inh_p3', 'inh_p4',
	'inh_multiparent')
 order by conrelid::regclass::text, conname
;;
select conrelid::regclass, conname, conkey, coninhcount, conislocal, connoinherit
 from pg_constraint where contype = 'n' and
 conrelid::regclass::text in ('inh_nn1', 'inh_nn2', 'inh_nn3', 'inh_nn4')
 order by 2, 1
;;
select conrelid::regclass, conname, coninhcount, conislocal, connoinherit
 from pg_constraint where contype = 'n' and
 conrelid::regclass::text in ('inh_nn1', 'inh_nn2', 'inh_nn3', 'inh_nn4')
 order by 2, 1
;;
delete from inh_nn2
;;
select tableoid::regclass, a1 from inh_perm_parent
;;
select tableoid::regclass, a1 from inh_temp_parent
;;
select min(a), max(a) from parted_minmax where b = '12345'
;;
UPDATE errtst_parent SET data = data + 1 WHERE partid = 0
;;
UPDATE errtst_child_fastdef SET partid = 1 WHERE partid = 0
;;
UPDATE errtst_child_plaindef SET partid = 11 WHERE partid = 10
;;
UPDATE errtst_child_reorder SET partid = 21 WHERE partid = 20
;;
UPDATE errtst_child_fastdef SET partid = partid + 10 WHERE partid = 0
;;
UPDATE errtst_child_plaindef SET partid = partid + 10 WHERE partid = 10
;;
UPDATE errtst_child_reorder SET partid = partid + 10 WHERE partid = 20
;;
UPDATE errtst_parent SET partid = 10, data = data + 1 WHERE partid = 0
;;
SELECT count(*) > 0 FROM pg_init_privs
;;
select * from inserttest
;;
select col1, col2, char_length(col3) from inserttest
;;
SELECT pg_size_pretty(pg_relation_size('large_tuple_test'::regclass, 'main'))
;;
select * from inserttesta
;;
select * from inserttestb
;;
select tableoid::regclass, * from list_parted
;;
select tableoid::regclass, * from range_parted
;;
select tableoid::regclass::text, a, min(b) as min_b, max(b) as max_b from list_parted group by 1, 2 order by 1
;;
select tableoid::regclass as part, a, a%4 as "remainder = a % 4"
from hash_parted order by part
;;
select tableoid::regclass, a from list_parted
;;
select tableoid::regclass, * from mlparted
;;
with ins (a, b, c) as
  (insert into mlparted (b, a) select s.a, 1 from generate_series(2, 39) s(a) returning tableoid::regclass, *)
  select a, b, min(c), max(c) from ins group by a, b order by 1
;;
select tableoid::regclass, * from mlparted_def
;;
select tableoid::regclass, * from mlparted order by a, b, c, d
;;
select tableoid::regclass::text, * from mcrparted order by 1
;;
select tableoid::regclass, * from mcrparted order by a, b
;;
select * from insertconflict
;;
select * from capitals
;;
select tableoid::regclass, * from cities
;;
select * from twoconstraints
;;
select * from selfconflict
;;
select * from parted_conflict_test order by a
;;
select * from parted_conflict order by a
;;
SELECT * FROM INT2_TBL
;;
SELECT * FROM INT2_TBL AS f(a, b)
;;
SELECT * FROM (TABLE int2_tbl) AS s (a, b)
;;
SELECT i.* FROM INT2_TBL i WHERE i.f1 <> int2 '0'
;;
SELECT i.* FROM INT2_TBL i WHERE i.f1 = int2 '0'
;;
SELECT i.* FROM INT2_TBL i WHERE i.f1 < int2 '0'
;;
SELECT i.* FROM INT2_TBL i WHERE i.f1 <= int2 '0'
;;
SELECT i.* FROM INT2_TBL i WHERE i.f1 > int2 '0'
;;
SELECT i.* FROM INT2_TBL i WHERE i.f1 >= int2 '0'
;;
SELECT i.* FROM INT2_TBL i WHERE (i.f1 % int2 '2') = int2 '1'
;;
SELECT i.f1, i.f1 * int2 '2' AS x FROM INT2_TBL i
;;
SELECT i.f1, i.f1 * int2 '2' AS x FROM INT2_TBL i
WHERE abs(f1) < 16384
;;
SELECT i.f1, i.f1 + int2 '2' AS x FROM INT2_TBL i
;;
SELECT i.f1, i.f1 + int2 '2' AS x FROM INT2_TBL i
WHERE f1 < 32766
;;
SELECT i.f1, i.f1 - int2 '2' AS x FROM INT2_TBL i
;;
SELECT i.f1, i.f1 - int2 '2' AS x FROM INT2_TBL i
WHERE f1 > -32767
;;
SELECT i.f1, i.f1 / int2 '2' AS x FROM INT2_TBL i
;;
SELECT (-1::int2<<15)::text
;;
SELECT ((-1::int2<<15)+1::int2)::text
;;
SELECT (-32768)::int2 % (-1)::int2
;;
SELECT x, x::int2 AS int2_value
FROM (VALUES (-2.5::float8),
             (-1.5::float8),
             (-0.5::float8),
             (0.0::float8),
             (0.5::float8),
             (1.5::float8),
             (2.5::float8)) t(x)
;;
SELECT * FROM INT4_TBL
;;
SELECT int2 '2' * int2 '2' = int2 '16' / int2 '4' AS true
;;
SELECT 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 AS ten
;;
SELECT 2 + 2 / 2 AS three
;;
SELECT (2 + 2) / 2 AS two
;;
SELECT x, x::int4 AS int4_value
FROM (VALUES (-2.5::float8),
             (-1.5::float8),
             (-0.5::float8),
             (0.0::float8),
             (0.5::float8),
             (1.5::float8),
             (2.5::float8)) t(x)
;;
SELECT a, b, gcd(a, b), gcd(a, -b), gcd(b, a), gcd(-b, a)
FROM (VALUES (0::int4, 0::int4),
             (0::int4, 6410818::int4),
             (61866666::int4, 6410818::int4),
             (-61866666::int4, 6410818::int4),
             ((-2147483648)::int4, 1::int4),
             ((-2147483648)::int4, 2147483647::int4),
             ((-2147483648)::int4, 1073741824::int4)) AS v(a, b)
;;
SELECT gcd((-2147483648)::int4, 0::int4)
;;
SELECT a, b, lcm(a, b), lcm(a, -b), lcm(b, a), lcm(-b, a)
FROM (VALUES (0::int4, 0::int4),
             (0::int4, 42::int4),
             (42::int4, 42::int4),
             (330::int4, 462::int4),
             (-330::int4, 462::int4),
             ((-2147483648)::int4, 0::int4)) AS v(a, b)
;;
SELECT lcm((-2147483648)::int4, 1::int4)
;;
SELECT * FROM INT8_TBL
;;
SELECT * FROM INT8_TBL WHERE q2 = 4567890123456789
;;
SELECT * FROM INT8_TBL WHERE q2 <> 4567890123456789
;;
SELECT * FROM INT8_TBL WHERE q2 < 4567890123456789
;;
SELECT * FROM INT8_TBL WHERE q2 > 4567890123456789
;;
SELECT * FROM INT8_TBL WHERE q2 <= 4567890123456789
;;
SELECT * FROM INT8_TBL WHERE q2 >= 4567890123456789
;;
SELECT * FROM INT8_TBL WHERE 123 = q1
;;
SELECT * FROM INT8_TBL WHERE 123 <> q1
;;
SELECT * FROM INT8_TBL WHERE 123 < q1
;;
SELECT * FROM INT8_TBL WHERE 123 > q1
;;
SELECT * FROM INT8_TBL WHERE 123 <= q1
;;
SELECT * FROM INT8_TBL WHERE 123 >= q1
;;
SELECT q1 AS plus, -q1 AS minus FROM INT8_TBL
;;
SELECT q1, q2, q1 + q2 AS plus FROM INT8_TBL
;;
SELECT q1, q2, q1 - q2 AS minus FROM INT8_TBL
;;
SELECT q1, q2, q1 * q2 AS multiply FROM INT8_TBL
;;
SELECT q1, q2, q1 * q2 AS multiply FROM INT8_TBL
 WHERE q1 < 1000 or (q2 > 0 and q2 < 1000)
;;
SELECT q1, q2, q1 / q2 AS divide, q1 % q2 AS mod FROM INT8_TBL
;;
SELECT q1, float8(q1) FROM INT8_TBL
;;
SELECT q2, float8(q2) FROM INT8_TBL
;;
SELECT 37 + q1 AS plus4 FROM INT8_TBL
;;
SELECT 37 - q1 AS minus4 FROM INT8_TBL
;;
SELECT 2 * q1 AS "twice int4" FROM INT8_TBL
;;
SELECT q1 * 2 AS "twice int4" FROM INT8_TBL
;;
SELECT q1 + 42::int4 AS "8plus4", q1 - 42::int4 AS "8minus4", q1 * 42::int4 AS "8mul4", q1 / 42::int4 AS "8div4" FROM INT8_TBL
;;
SELECT 246::int4 + q1 AS "4plus8", 246::int4 - q1 AS "4minus8", 246::int4 * q1 AS "4mul8", 246::int4 / q1 AS "4div8" FROM INT8_TBL
;;
SELECT q2, abs(q2) FROM INT8_TBL
;;
SELECT min(q1), min(q2) FROM INT8_TBL
;;
SELECT max(q1), max(q2) FROM INT8_TBL
;;
SELECT to_char(q1, '9G999G999G999G999G999'), to_char(q2, '9,999,999,999,999,999')
	FROM INT8_TBL
;;
SELECT to_char( (q1 * -1), '9999999999999999PR'), to_char( (q2 * -1), '9999999999999999.999PR')
	FROM INT8_TBL
;;
SELECT to_char(q2, 'MI9999999999999999')     FROM INT8_TBL
;;
SELECT to_char(-1234::int8, '9.99eeee')
;;
select abs('-9223372036854775808'::int8)
;;
SELECT CAST(q1 AS int4) FROM int8_tbl WHERE q2 = 456
;;
SELECT CAST(q1 AS int4) FROM int8_tbl WHERE q2 <> 456
;;
SELECT CAST(q1 AS int2) FROM int8_tbl WHERE q2 = 456
;;
SELECT CAST(q1 AS int2) FROM int8_tbl WHERE q2 <> 456
;;
SELECT CAST(q1 AS float4), CAST(q2 AS float8) FROM INT8_TBL
;;
SELECT CAST(q1 AS oid) FROM INT8_TBL
;;
SELECT oid::int8 FROM pg_class WHERE relname = 'pg_class'
;;
SELECT q1, q2, q1 & q2 AS "and", q1 | q2 AS "or", q1 # q2 AS "xor", ~q1 AS "not" FROM INT8_TBL
;;
SELECT q1, q1 << 2 AS "shl", q1 >> 3 AS "shr" FROM INT8_TBL
;;
SELECT * FROM generate_series('+4567890123456789'::int8, '+4567890123456799'::int8)
;;
SELECT x, x::int8 AS int8_value
FROM (VALUES (-2.5::float8),
             (-1.5::float8),
             (-0.5::float8),
             (0.0::float8),
             (0.5::float8),
             (1.5::float8),
             (2.5::float8)) t(x)
;;
SELECT * FROM INTERVAL_TBL
;;
SELECT * FROM INTERVAL_TBL
   WHERE INTERVAL_TBL.f1 <> interval '@ 10 days'
;;
SELECT * FROM INTERVAL_TBL
   WHERE INTERVAL_TBL.f1 <= interval '@ 5 hours'
;;
SELECT * FROM INTERVAL_TBL
   WHERE INTERVAL_TBL.f1 < interval '@ 1 day'
;;
SELECT * FROM INTERVAL_TBL
   WHERE INTERVAL_TBL.f1 = interval '@ 34 years'
;;
SELECT * FROM INTERVAL_TBL
   WHERE INTERVAL_TBL.f1 >= interval '@ 1 month'
;;
SELECT * FROM INTERVAL_TBL
   WHERE INTERVAL_TBL.f1 > interval '@ 3 seconds ago'
;;
SELECT r1.*, r2.*
   FROM INTERVAL_TBL r1, INTERVAL_TBL r2
   WHERE r1.f1 > r2.f1
   ORDER BY r1.f1, r2.f1
;;
SELECT f1, -f1 FROM INTERVAL_TBL
;;
select extract(epoch from '256 microseconds'::interval * (2^55)::float8)
;;
SELECT f1 FROM INTERVAL_TBL_OF r1 ORDER BY f1
;;
SELECT f1 - f1 FROM INTERVAL_TBL_OF
;;
SELECT span * 8.2 AS product
FROM INTERVAL_MULDIV_TBL
;;
SELECT span / 10 AS quotient
FROM INTERVAL_MULDIV_TBL
;;
select avg(f1) from interval_tbl where isfinite(f1)
;;
SELECT justify_hours(interval '6 months 3 days 52 hours 3 minutes 2 seconds') as "6 mons 5 days 4 hours 3 mins 2 seconds"
;;
SELECT justify_days(interval '6 months 36 days 5 hours 4 minutes 3 seconds') as "7 mons 6 days 5 hours 4 mins 3 seconds"
;;
SELECT justify_interval(interval '1 month -1 hour') as "1 month -1 hour"
;;
SELECT f1, f1::INTERVAL DAY TO MINUTE AS "minutes",
  (f1 + INTERVAL '1 month')::INTERVAL MONTH::INTERVAL YEAR AS "years"
  FROM interval_tbl
;;
SELECT  interval '0'                       AS "zero",
        interval '1-2' year to month       AS "year-month",
        interval '1 2:03:04' day to second AS "day-time",
        - interval '1-2'                   AS "negative year-month",
        - interval '1 2:03:04'             AS "negative day-time"
;;
select  interval '0'                                AS "zero",
        interval '1-2'                              AS "a year 2 months",
        interval '1 2:03:04'                        AS "a bit over a day",
        interval '2:03:04.45679'                    AS "a bit over 2 hours",
        (interval '1-2' + interval '3 4:05:06.7')   AS "all fields",
        (interval '1-2' - interval '3 4:05:06.7')   AS "mixed sign",
        (- interval '1-2' + interval '3 4:05:06.7') AS "negative"
;;
select make_interval(years := 178956971)
;;
select make_interval(years := 1, months := 2147483647)
;;
select make_interval(weeks := 306783379)
;;
select make_interval(weeks := 1, days := 2147483647)
;;
select make_interval(secs := 1e308)
;;
select make_interval(mins := 1, secs := 9223372036800.0)
;;
select interval_hash('30 days'::interval) = interval_hash('1 month'::interval) as t
;;
select make_interval(years := 1, months := -1, weeks := 5, days := -7, hours := 25, mins := -180)
;;
select make_interval() = make_interval(years := 0, months := 0, weeks := 0, days := 0, mins := 0, secs := 0.0)
;;
select make_interval(hours := -2, mins := -10, secs := -25.3)
;;
select make_interval(years := 'inf'::float::int)
;;
select make_interval(months := 'NaN'::float::int)
;;
SELECT f1,
    date_part('microsecond', f1) AS microsecond,
    date_part('millisecond', f1) AS millisecond,
    date_part('second', f1) AS second,
    date_part('epoch', f1) AS epoch
    FROM INTERVAL_TBL
;;
SELECT i, isfinite(i) FROM INFINITE_INTERVAL_TBL
;;
SELECT d AS date, i AS interval,
       eval(format('date %L + interval %L', d, i)) AS plus,
       eval(format('date %L - interval %L', d, i)) AS minus
FROM (VALUES (date '-infinity'),
             (date '1995-08-06'),
             (date 'infinity')) AS t1(d),
     (VALUES (interval '-infinity'),
             (interval 'infinity')) AS t2(i)
;;
SELECT i1 AS interval1, i2 AS interval2,
       eval(format('interval %L + interval %L', i1, i2)) AS plus,
       eval(format('interval %L - interval %L', i1, i2)) AS minus
FROM (VALUES (interval '-infinity'),
             (interval '2 months'),
             (interval 'infinity')) AS t1(i1),
     (VALUES (interval '-infinity'),
             (interval '10 days'),
             (interval 'infinity')) AS t2(i2)
;;
SELECT t AS timestamp, i AS interval,
       eval(format('timestamp %L + interval %L', t, i)) AS plus,
       eval(format('timestamp %L - interval %L', t, i)) AS minus
FROM (VALUES (timestamp '-infinity'),
             (timestamp '1995-08-06 12:30:15'),
             (timestamp 'infinity')) AS t1(t),
     (VALUES (interval '-infinity'),
             (interval 'infinity')) AS t2(i)
;;
SELECT t AT TIME ZONE 'GMT' AS timestamptz, i AS interval,
       eval(format('timestamptz %L + interval %L', t, i)) AS plus,
       eval(format('timestamptz %L - interval %L', t, i)) AS minus
FROM (VALUES (timestamptz '-infinity'),
             (timestamptz '1995-08-06 12:30:15 GMT'),
             (timestamptz 'infinity')) AS t1(t),
     (VALUES (interval '-infinity'),
             (interval 'infinity')) AS t2(i)
;;
SELECT lhst.i lhs,
    rhst.i rhs,
    lhst.i < rhst.i AS lt,
    lhst.i <= rhst.i AS le,
    lhst.i = rhst.i AS eq,
    lhst.i > rhst.i AS gt,
    lhst.i >= rhst.i AS ge,
    lhst.i <> rhst.i AS ne
    FROM INFINITE_INTERVAL_TBL lhst CROSS JOIN INFINITE_INTERVAL_TBL rhst
    WHERE NOT isfinite(lhst.i)
;;
SELECT i AS interval,
    -i AS um,
    i * 2.0 AS mul,
    i * -2.0 AS mul_neg,
    i * 'infinity' AS mul_inf,
    i * '-infinity' AS mul_inf_neg,
    i / 3.0 AS div,
    i / -3.0 AS div_neg
    FROM INFINITE_INTERVAL_TBL
    WHERE NOT isfinite(i)
;;
SELECT date_bin('infinity', timestamp '2001-02-16 20:38:40', timestamp '2001-02-16 20:05:00')
;;
SELECT i AS interval, date_trunc('hour', i)
    FROM INFINITE_INTERVAL_TBL
    WHERE NOT isfinite(i)
;;
SELECT i AS interval, justify_days(i), justify_hours(i), justify_interval(i)
    FROM INFINITE_INTERVAL_TBL
    WHERE NOT isfinite(i)
;;
SELECT timezone('infinity'::interval, '1995-08-06 12:12:12'::timestamp)
;;
SELECT *
  FROM J1_TBL AS tx
;;
SELECT *
  FROM J1_TBL AS t1 (a, b, c)
;;
SELECT *
  FROM J1_TBL t1 (a, b, c), J2_TBL t2 (d, e)
;;
SELECT t1.a, t2.e
  FROM J1_TBL t1 (a, b, c), J2_TBL t2 (d, e)
  WHERE t1.a = t2.d
;;
SELECT *
  FROM J1_TBL CROSS JOIN J2_TBL
;;
SELECT i, k, t
  FROM J1_TBL CROSS JOIN J2_TBL
;;
SELECT t1.i, k, t
  FROM J1_TBL t1 CROSS JOIN J2_TBL t2
;;
SELECT ii, tt, kk
  FROM (J1_TBL CROSS JOIN J2_TBL)
    AS tx (ii, jj, tt, ii2, kk)
;;
SELECT tx.ii, tx.jj, tx.kk
  FROM (J1_TBL t1 (a, b, c) CROSS JOIN J2_TBL t2 (d, e))
    AS tx (ii, jj, tt, ii2, kk)
;;
SELECT *
  FROM J1_TBL CROSS JOIN J2_TBL a CROSS JOIN J2_TBL b
;;
SELECT *
  FROM J1_TBL INNER JOIN J2_TBL USING (i)
;;
SELECT *
  FROM J1_TBL t1 (a, b, c) JOIN J2_TBL t2 (a, d) USING (a)
  ORDER BY a, d
;;
SELECT *
  FROM J1_TBL t1 (a, b, c) JOIN J2_TBL t2 (a, b) USING (b)
  ORDER BY b, t1.a
;;
SELECT * FROM J1_TBL JOIN J2_TBL USING (i) WHERE J1_TBL.t = 'one'
;;
SELECT * FROM J1_TBL JOIN J2_TBL USING (i) AS x WHERE x.i = 1
;;
SELECT * FROM J1_TBL JOIN J2_TBL USING (i) AS x WHERE x.t = 'one'
;;
SELECT * FROM J1_TBL a1 JOIN J2_TBL a2 USING (i) AS a1
;;
SELECT x.* FROM J1_TBL JOIN J2_TBL USING (i) AS x WHERE J1_TBL.t = 'one'
;;
SELECT ROW(x.*) FROM J1_TBL JOIN J2_TBL USING (i) AS x WHERE J1_TBL.t = 'one'
;;
SELECT row_to_json(x.*) FROM J1_TBL JOIN J2_TBL USING (i) AS x WHERE J1_TBL.t = 'one'
;;
SELECT *
  FROM J1_TBL NATURAL JOIN J2_TBL
;;
SELECT *
  FROM J1_TBL t1 (a, b, c) NATURAL JOIN J2_TBL t2 (a, d)
;;
SELECT *
  FROM J1_TBL JOIN J2_TBL ON (J1_TBL.i = J2_TBL.i)
;;
SELECT *
  FROM J1_TBL JOIN J2_TBL ON (J1_TBL.i = J2_TBL.k)
;;
SELECT *
  FROM J1_TBL JOIN J2_TBL ON (J1_TBL.i <= J2_TBL.k)
;;
SELECT *
  FROM J1_TBL LEFT OUTER JOIN J2_TBL USING (i)
  ORDER BY i, k, t
;;
SELECT *
  FROM J1_TBL RIGHT OUTER JOIN J2_TBL USING (i)
;;
SELECT *
  FROM J1_TBL FULL OUTER JOIN J2_TBL USING (i)
  ORDER BY i, k, t
;;
SELECT *
  FROM J1_TBL LEFT JOIN J2_TBL USING (i) WHERE (k = 1)
;;
SELECT *
  FROM J1_TBL LEFT JOIN J2_TBL USING (i) WHERE (i = 1)
;;
SELECT * FROM t1 FULL JOIN t2 USING (name) FULL JOIN t3 USING (name)
;;
SELECT * FROM
(SELECT * FROM t2) as s2
INNER JOIN
(SELECT * FROM t3) s3
USING (name)
;;
SELECT * FROM
(SELECT * FROM t2) as s2
LEFT JOIN
(SELECT * FROM t3) s3
USING (name)
;;
SELECT * FROM
(SELECT * FROM t2) as s2
FULL JOIN
(SELECT * FROM t3) s3
USING (name)
;;
SELECT * FROM
(SELECT name, n as s2_n, 2 as s2_2 FROM t2) as s2
NATURAL INNER JOIN
(SELECT name, n as s3_n, 3 as s3_2 FROM t3) s3
;;
SELECT * FROM
(SELECT name, n as s2_n, 2 as s2_2 FROM t2) as s2
NATURAL LEFT JOIN
(SELECT name, n as s3_n, 3 as s3_2 FROM t3) s3
;;
SELECT * FROM
(SELECT name, n as s2_n, 2 as s2_2 FROM t2) as s2
NATURAL FULL JOIN
(SELECT name, n as s3_n, 3 as s3_2 FROM t3) s3
;;
SELECT * FROM
(SELECT name, n as s1_n, 1 as s1_1 FROM t1) as s1
NATURAL INNER JOIN
(SELECT name, n as s2_n, 2 as s2_2 FROM t2) as s2
NATURAL INNER JOIN
(SELECT name, n as s3_n, 3 as s3_2 FROM t3) s3
;;
SELECT * FROM
(SELECT name, n as s1_n, 1 as s1_1 FROM t1) as s1
NATURAL FULL JOIN
(SELECT name, n as s2_n, 2 as s2_2 FROM t2) as s2
NATURAL FULL JOIN
(SELECT name, n as s3_n, 3 as s3_2 FROM t3) s3
;;
SELECT * FROM
(SELECT name, n as s1_n FROM t1) as s1
NATURAL FULL JOIN
  (SELECT * FROM
    (SELECT name, n as s2_n FROM t2) as s2
    NATURAL FULL JOIN
    (SELECT name, n as s3_n FROM t3) as s3
  ) ss2
;;
SELECT * FROM
(SELECT name, n as s1_n FROM t1) as s1
NATURAL FULL JOIN
  (SELECT * FROM
    (SELECT name, n as s2_n, 2 as s2_2 FROM t2) as s2
    NATURAL FULL JOIN
    (SELECT name, n as s3_n FROM t3) as s3
  ) ss2
;;
SELECT * FROM
  (SELECT name, n as s1_n FROM t1) as s1
FULL JOIN
  (SELECT name, 2 as s2_n FROM t2) as s2
ON (s1_n = s2_n)
;;
select * from y
;;
select * from x left join y on (x1 = y1 and x2 is not null)
;;
select * from x left join y on (x1 = y1 and y2 is not null)
;;
select * from (x left join y on (x1 = y1)) left join x xx(xx1,xx2)
on (x1 = xx1)
;;
select * from (x left join y on (x1 = y1)) left join x xx(xx1,xx2)
on (x1 = xx1 and x2 is not null)
;;
select * from (x left join y on (x1 = y1)) left join x xx(xx1,xx2)
on (x1 = xx1 and y2 is not null)
;;
select * from (x left join y on (x1 = y1)) left join x xx(xx1,xx2)
on (x1 = xx1 and xx2 is not null)
;;
select * from (x left join y on (x1 = y1)) left join x xx(xx1,xx2)
on (x1 = xx1) where (x2 is not null)
;;
select * from (x left join y on (x1 = y1)) left join x xx(xx1,xx2)
on (x1 = xx1) where (y2 is not null)
;;
select * from (x left join y on (x1 = y1)) left join x xx(xx1,xx2)
on (x1 = xx1) where (xx2 is not null)
;;
select count(*) from tenk1 a where unique1 in
  (select unique1 from tenk1 b join tenk1 c using (unique1)
   where b.unique2 = 42)
;;
select count(*) from tenk1 x where
  x.unique1 in (select a.f1 from int4_tbl a,float8_tbl b where a.f1=b.f1) and
  x.unique1 = 0 and
  x.unique1 in (select aa.f1 from int4_tbl aa,float8_tbl bb where aa.f1=bb.f1)
;;
select aa, bb, unique1, unique1
  from tenk1 right join b_star on aa = unique1
  where bb < bb and bb is null
;;
select * from int8_tbl i1 left join (int8_tbl i2 join
  (select 123 as x) ss on i2.q1 = x) on i1.q2 = i2.q2
order by 1, 2
;;
select count(*)
from
  (select t3.tenthous as x1, coalesce(t1.stringu1, t2.stringu1) as x2
   from tenk1 t1
   left join tenk1 t2 on t1.unique1 = t2.unique1
   join tenk1 t3 on t1.unique2 = t3.unique2) ss,
  tenk1 t4,
  tenk1 t5
where t4.thousand = t5.unique1 and ss.x1 = t4.tenthous and ss.x2 = t5.stringu1
;;
select a.f1, b.f1, t.thousand, t.tenthous from
  tenk1 t,
  (select sum(f1)+1 as f1 from int4_tbl i4a) a,
  (select sum(f1) as f1 from int4_tbl i4b) b
where b.f1 = t.thousand and a.f1 = b.f1 and (a.f1+b.f1+999) = t.tenthous
;;
select t1.unique1,t2.unique1 from tenk1 t1
inner join tenk1 t2 on t1.two = t2.two
  and t1.unique1 = (select min(unique1) from tenk1
                    where t2.unique1=unique1)
where t1.unique1 < 10 and t2.unique1 < 10
order by t1.unique1
;;
select t1.f1
from int4_tbl t1, int4_tbl t2
  left join int4_tbl t3 on t3.f1 > 0
  left join int4_tbl t4 on t3.f1 > 1
where t4.f1 is null
;;
select * from
  j1_tbl full join
  (select * from j2_tbl order by j2_tbl.i desc, j2_tbl.k asc) j2_tbl
  on j1_tbl.i = j2_tbl.i and j1_tbl.i = j2_tbl.k
;;
select count(*) from
  (select * from tenk1 x order by x.thousand, x.twothousand, x.fivethous) x
  left join
  (select * from tenk1 y order by y.unique2) y
  on x.thousand = y.unique2 and x.twothousand = y.hundred and x.fivethous = y.unique2
;;
DELETE FROM t3 USING t1 table1 WHERE t3.x = table1.a
;;
SELECT * FROM t3
;;
DELETE FROM t3 USING t1 JOIN t2 USING (a) WHERE t3.x > t1.a
;;
DELETE FROM t3 USING t3 t3_other WHERE t3.x = t3_other.x AND t3.y = t3_other.y
;;
select * from t1 left join t2 on (t1.a = t2.a)
;;
select t1.x from t1 join t3 on (t1.a = t3.x)
;;
select t1.*, t2.*, unnamed_join.* from
  t1 join t2 on (t1.a = t2.a), t3 as unnamed_join
  for update of unnamed_join
;;
select foo.*, unnamed_join.* from
  t1 join t2 using (a) as foo, t3 as unnamed_join
  for update of unnamed_join
;;
select foo.*, unnamed_join.* from
  t1 join t2 using (a) as foo, t3 as unnamed_join
  for update of foo
;;
select bar.*, unnamed_join.* from
  (t1 join t2 using (a) as foo) as bar, t3 as unnamed_join
  for update of foo
;;
select bar.*, unnamed_join.* from
  (t1 join t2 using (a) as foo) as bar, t3 as unnamed_join
  for update of bar
;;
select tt1.*, tt2.* from tt1 left join tt2 on tt1.joincol = tt2.joincol
;;
select tt1.*, tt2.* from tt2 right join tt1 on tt1.joincol = tt2.joincol
;;
select * from tbl_ra t1
where not exists (select 1 from tbl_ra t2 where t2.b = t1.a) and t1.b < 2
;;
select * from tbl_rs t1 join
  lateral (select * from tbl_rs t2 where t2.a in
            (select t1.a+t3.a from tbl_rs t3) and t2.a < 5)
  on true
;;
select count(*) from tenk1 a, tenk1 b
  where a.hundred = b.thousand and (b.fivethous % 10) < 10
;;
SELECT a.f1
FROM tt4 a
LEFT JOIN (
        SELECT b.f1
        FROM tt3 b LEFT JOIN tt3 c ON (b.f1 = c.f1)
        WHERE COALESCE(c.f1, 0) = 0
) AS d ON (a.f1 = d.f1)
WHERE COALESCE(d.f1, 0) = 0
ORDER BY 1
;;
select * from tt5,tt6 where tt5.f1 = tt6.f1 and tt5.f1 = tt5.f2 - tt6.f2
;;
select yy.pkyy as yy_pkyy, yy.pkxx as yy_pkxx, yya.pkyy as yya_pkyy,
       xxa.pkxx as xxa_pkxx, xxb.pkxx as xxb_pkxx
from yy
     left join (SELECT * FROM yy where pkyy = 101) as yya ON yy.pkyy = yya.pkyy
     left join xx xxa on yya.pkxx = xxa.pkxx
     left join xx xxb on coalesce (xxa.pkxx, 1) = xxb.pkxx
;;
select * from
  zt2 left join zt3 on (f2 = f3)
      left join zt1 on (f3 = f1)
where f2 = 53
;;
select * from
  zt2 left join zt3 on (f2 = f3)
      left join zv1 on (f3 = f1)
where f2 = 53
;;
select a.unique2, a.ten, b.tenthous, b.unique2, b.hundred
from tenk1 a left join tenk1 b on a.unique2 = b.tenthous
where a.unique1 = 42 and
      ((b.unique2 is null and a.ten = 2) or b.hundred = 3)
;;
select * from a left join b on i = x and i = y and x = i
;;
select t1.q2, count(t2.*)
from int8_tbl t1 left join int8_tbl t2 on (t1.q2 = t2.q1)
group by t1.q2 order by 1
;;
select t1.q2, count(t2.*)
from int8_tbl t1 left join (select * from int8_tbl) t2 on (t1.q2 = t2.q1)
group by t1.q2 order by 1
;;
select t1.q2, count(t2.*)
from int8_tbl t1 left join (select * from int8_tbl offset 0) t2 on (t1.q2 = t2.q1)
group by t1.q2 order by 1
;;
select t1.q2, count(t2.*)
from int8_tbl t1 left join
  (select q1, case when q2=1 then 1 else q2 end as q2 from int8_tbl) t2
  on (t1.q2 = t2.q1)
group by t1.q2 order by 1
;;
select c.name, ss.code, ss.b_cnt, ss.const
from c left join
  (select a.code, coalesce(b_grp.cnt, 0) as b_cnt, -1 as const
   from a left join
     (select count(1) as cnt, b.a from b group by b.a) as b_grp
     on a.code = b_grp.a
  ) as ss
  on (c.a = ss.code)
order by c.name
;;
SELECT * FROM
( SELECT 1 as key1 ) sub1
LEFT JOIN
( SELECT sub3.key3, sub4.value2, COALESCE(sub4.value2, 66) as value3 FROM
    ( SELECT 1 as key3 ) sub3
    LEFT JOIN
    ( SELECT sub5.key5, COALESCE(sub6.value1, 1) as value2 FROM
        ( SELECT 1 as key5 ) sub5
        LEFT JOIN
        ( SELECT 2 as key6, 42 as value1 ) sub6
        ON sub5.key5 = sub6.key6
    ) sub4
    ON sub4.key5 = sub3.key3
) sub2
ON sub1.key1 = sub2.key3
;;
SELECT * FROM
( SELECT 1 as key1 ) sub1
LEFT JOIN
( SELECT sub3.key3, value2, COALESCE(value2, 66) as value3 FROM
    ( SELECT 1 as key3 ) sub3
    LEFT JOIN
    ( SELECT sub5.key5, COALESCE(sub6.value1, 1) as value2 FROM
        ( SELECT 1 as key5 ) sub5
        LEFT JOIN
        ( SELECT 2 as key6, 42 as value1 ) sub6
        ON sub5.key5 = sub6.key6
    ) sub4
    ON sub4.key5 = sub3.key3
) sub2
ON sub1.key1 = sub2.key3
;;
SELECT qq, unique1
  FROM
  ( SELECT COALESCE(q1, 0) AS qq FROM int8_tbl a ) AS ss1
  FULL OUTER JOIN
  ( SELECT COALESCE(q2, -1) AS qq FROM int8_tbl b ) AS ss2
  USING (qq)
  INNER JOIN tenk1 c ON qq = unique2
;;
select nt3.id
from nt3 as nt3
  left join
    (select nt2.*, (nt2.b1 and ss1.a3) AS b3
     from nt2 as nt2
       left join
         (select nt1.*, (nt1.id is not null) as a3 from nt1) as ss1
         on ss1.id = nt2.nt1_id
    ) as ss2
    on ss2.id = nt3.nt2_id
where nt3.id = 1 and ss2.b3
;;
select * from
  int8_tbl t1 left join
  (select q1 as x, 42 as y from int8_tbl t2) ss
  on t1.q2 = ss.x
where
  1 = (select 1 from int8_tbl t3 where ss.y is not null limit 1)
order by 1,2
;;
select * from
  int4_tbl as i41,
  lateral
    (select 1 as x from
      (select i41.f1 as lat,
              i42.f1 as loc from
         int8_tbl as i81, int4_tbl as i42) as ss1
      right join int4_tbl as i43 on (i43.f1 > 1)
      where ss1.loc = ss1.lat) as ss2
where i41.f1 > 0
;;
select * from int4_tbl a full join int4_tbl b on true
;;
select t1.unique2, t1.stringu1, t2.unique1, t2.stringu2 from
  tenk1 t1
  inner join int4_tbl i1
    left join (select v1.x2, v2.y1, 11 AS d1
               from (select 1,0 from onerow) v1(x1,x2)
               left join (select 3,1 from onerow) v2(y1,y2)
               on v1.x1 = v2.y2) subq1
    on (i1.f1 = subq1.x2)
  on (t1.unique2 = subq1.d1)
  left join tenk1 t2
  on (subq1.y1 = t2.unique1)
where t1.unique2 < 42 and t1.stringu1 > t2.stringu2
;;
select ss1.d1 from
  tenk1 as t1
  inner join tenk1 as t2
  on t1.tenthous = t2.ten
  inner join
    int8_tbl as i8
    left join int4_tbl as i4
      inner join (select 64::information_schema.cardinal_number as d1
                  from tenk1 t3,
                       lateral (select abs(t3.unique1) + random()) ss0(x)
                  where t3.fivethous < 0) as ss1
      on i4.f1 = ss1.d1
    on i8.q1 = i4.f1
  on t1.tenthous = ss1.d1
where t1.unique1 < i4.f1
;;
select t1.unique2, t1.stringu1, t2.unique1, t2.stringu2 from
  tenk1 t1
  inner join int4_tbl i1
    left join (select v1.x2, v2.y1, 11 AS d1
               from (values(1,0)) v1(x1,x2)
               left join (values(3,1)) v2(y1,y2)
               on v1.x1 = v2.y2) subq1
    on (i1.f1 = subq1.x2)
  on (t1.unique2 = subq1.d1)
  left join tenk1 t2
  on (subq1.y1 = t2.unique1)
where t1.unique2 < 42 and t1.stringu1 > t2.stringu2
;;
select * from
  (select 1 as x) ss1 left join (select 2 as y) ss2 on (true),
  lateral (select ss2.y as z limit 1) ss3
;;
select * from
  (select 0 as z) as t1
  left join
  (select true as a) as t2
  on true,
  lateral (select true as b
           union all
           select a as b) as t3
where b
;;
with ctetable as not materialized ( select 1 as f1 )
select * from ctetable c1
where f1 in ( select c3.f1 from ctetable c2 full join ctetable c3 on true )
;;
select t1.a, s.a from t_append t1
  left join t_append t2 on t1.a = t2.b
  join lateral (
    select t1.a as a union all select t2.a as a
  ) s on true
where s.a is not null
;;
select * from mki8(1,2)
;;
select * from mki4(42)
;;
select count(*) from
  tenk1 a join tenk1 b on a.unique1 = b.unique2
  left join tenk1 c on a.unique2 = b.unique1 and c.thousand = a.thousand
  join int4_tbl on b.thousand = f1
;;
select b.unique1 from
  tenk1 a join tenk1 b on a.unique1 = b.unique2
  left join tenk1 c on b.unique1 = 42 and c.thousand = a.thousand
  join int4_tbl i1 on b.thousand = f1
  right join int4_tbl i2 on i2.f1 = b.tenthous
  order by 1
;;
select * from
(
  select unique1, q1, coalesce(unique1, -1) + q1 as fault
  from int8_tbl left join tenk1 on (q2 = unique2)
) ss
where fault = 122
order by fault
;;
select * from
(values (1, array[10,20]), (2, array[20,30])) as v1(v1x,v1ys)
left join (values (1, 10), (2, 20)) as v2(v2x,v2y) on v2x = v1x
left join unnest(v1ys) as u1(u1y) on u1y = v2y
;;
select q1, unique2, thousand, hundred
  from int8_tbl a left join tenk1 b on q1 = unique2
  where coalesce(thousand,123) = q1 and q1 = coalesce(hundred,123)
;;
select f1, unique2, case when unique2 is null then f1 else 0 end
  from int4_tbl a left join tenk1 b on f1 = unique2
  where (case when unique2 is null then f1 else 0 end) = 0
;;
select a.unique1, b.unique1, c.unique1, coalesce(b.twothousand, a.twothousand)
  from tenk1 a left join tenk1 b on b.thousand = a.unique1                        left join tenk1 c on c.unique2 = coalesce(b.twothousand, a.twothousand)
  where a.unique2 < 10 and coalesce(b.twothousand, a.twothousand) = 44
;;
select * from int8_tbl t1 left join int8_tbl t2 on t1.q2 = t2.q1,
  lateral (select * from int8_tbl t3 where t2.q1 = t2.q2) ss
;;
select foo1.join_key as foo1_id, foo3.join_key AS foo3_id, bug_field from
  (values (0),(1)) foo1(join_key)
left join
  (select join_key, bug_field from
    (select ss1.join_key, ss1.bug_field from
      (select f1 as join_key, 666 as bug_field from int4_tbl i1) ss1
    ) foo2
   left join
    (select unique2 as join_key from tenk1 i2) ss2
   using (join_key)
  ) foo3
using (join_key)
;;
select * from
int4_tbl i0 left join
( (select *, 123 as x from int4_tbl i1) ss1
  left join
  (select *, q2 as x from int8_tbl i2) ss2
  using (x)
) ss0
on (i0.f1 = ss0.f1)
order by i0.f1, x
;;
select t1.* from
  text_tbl t1
  left join (select *, '***'::text as d1 from int8_tbl i8b1) b1
    left join int8_tbl i8
      left join (select *, null::int as d2 from int8_tbl i8b2) b2
      on (i8.q1 = b2.q1)
    on (b2.d2 = b1.q2)
  on (t1.f1 = b1.d1)
  left join int4_tbl i4
  on (i8.q2 = i4.f1)
;;
select t1.* from
  text_tbl t1
  left join (select *, '***'::text as d1 from int8_tbl i8b1) b1
    left join int8_tbl i8
      left join (select *, null::int as d2 from int8_tbl i8b2, int4_tbl i4b2) b2
      on (i8.q1 = b2.q1)
    on (b2.d2 = b1.q2)
  on (t1.f1 = b1.d1)
  left join int4_tbl i4
  on (i8.q2 = i4.f1)
;;
select t1.* from
  text_tbl t1
  left join (select *, '***'::text as d1 from int8_tbl i8b1) b1
    left join int8_tbl i8
      left join (select *, null::int as d2 from int8_tbl i8b2, int4_tbl i4b2
                 where q1 = f1) b2
      on (i8.q1 = b2.q1)
    on (b2.d2 = b1.q2)
  on (t1.f1 = b1.d1)
  left join int4_tbl i4
  on (i8.q2 = i4.f1)
;;
select * from
  text_tbl t1
  inner join int8_tbl i8
  on i8.q2 = 456
  right join text_tbl t2
  on t1.f1 = 'doh!'
  left join int4_tbl i4
  on i8.q1 = i4.f1
;;
select * from
  text_tbl t1
  left join int8_tbl i8
  on i8.q2 = 123,
  lateral (select i8.q1, t2.f1 from text_tbl t2 limit 1) as ss
where t1.f1 = ss.f1
;;
select * from
  text_tbl t1
  left join int8_tbl i8
  on i8.q2 = 123,
  lateral (select i8.q1, t2.f1 from text_tbl t2 limit 1) as ss1,
  lateral (select ss1.* from text_tbl t3 limit 1) as ss2
where t1.f1 = ss2.f1
;;
select 1 from
  text_tbl as tt1
  inner join text_tbl as tt2 on (tt1.f1 = 'foo')
  left join text_tbl as tt3 on (tt3.f1 = 'foo')
  left join text_tbl as tt4 on (tt3.f1 = tt4.f1),
  lateral (select tt4.f1 as c0 from text_tbl as tt5 limit 1) as ss1
where tt1.f1 = ss1.c0
;;
select 1 from
  int4_tbl as i4
  inner join
    ((select 42 as n from int4_tbl x1 left join int8_tbl x2 on f1 = q1) as ss1
     right join (select 1 as z) as ss2 on true)
  on false,
  lateral (select i4.f1, ss1.n from int8_tbl as i8 limit 1) as ss3
;;
select ss2.* from
  int4_tbl i41
  left join int8_tbl i8
    join (select i42.f1 as c1, i43.f1 as c2, 42 as c3
          from int4_tbl i42, int4_tbl i43) ss1
    on i8.q1 = ss1.c2
  on i41.f1 = ss1.c1,
  lateral (select i41.*, i8.*, ss1.* from text_tbl limit 1) ss2
where ss1.c2 = 0
;;
select * from
  (select 1 as id) as xx
  left join
    (tenk1 as a1 full join (select 1 as id) as yy on (a1.unique1 = yy.id))
  on (xx.id = coalesce(yy.id))
;;
select a.q2, b.q1
  from int8_tbl a left join int8_tbl b on a.q2 = coalesce(b.q1, 1)
  where coalesce(b.q1, 1) > 0
;;
select a.unique1, b.unique2
  from onek a left join onek b on a.unique1 = b.unique2
  where (b.unique2, random() > 0) = any (select q1, random() > 0 from int8_tbl c where c.q1 < b.unique1)
;;
select a.unique1, b.unique2
  from onek a full join onek b on a.unique1 = b.unique2
  where a.unique1 = 42
;;
select a.unique1, b.unique2
  from onek a full join onek b on a.unique1 = b.unique2
  where b.unique2 = 43
;;
select a.unique1, b.unique2
  from onek a full join onek b on a.unique1 = b.unique2
  where a.unique1 = 42 and b.unique2 = 42
;;
select * from
  (select * from int8_tbl i81 join (values(123,2)) v(v1,v2) on q2=v1) ss1
full join
  (select * from (values(456,2)) w(v1,v2) join int8_tbl i82 on q2=v1) ss2
on true
;;
select p.* from parent p left join child c on (p.k = c.k)
;;
select p.*, linked from parent p
  left join (select c.*, true as linked from child c) as ss
  on (p.k = ss.k)
;;
select p.* from
  parent p left join child c on (p.k = c.k)
  where p.k = 1 and p.k = 2
;;
select p.* from
  (parent p left join child c on (p.k = c.k)) join parent x on p.k = x.k
  where p.k = 1 and p.k = 2
;;
SELECT * FROM b LEFT JOIN a ON (b.a_id = a.id) WHERE (a.id IS NULL OR a.id > 0)
;;
SELECT b.* FROM b LEFT JOIN a ON (b.a_id = a.id) WHERE (a.id IS NULL OR a.id > 0)
;;
SELECT * FROM
    (SELECT 1 AS x) ss1
  LEFT JOIN
    (SELECT q1, q2, COALESCE(dat1, q1) AS y
     FROM int8_tbl LEFT JOIN innertab ON q2 = id) ss2
  ON true
;;
select t0.*
from
 text_tbl t0
 left join
   (select case t1.ten when 0 then 'doh!'::text else null::text end as case1,
           t1.stringu2
     from tenk1 t1
     join int4_tbl i4 ON i4.f1 = t1.unique2
     left join uniquetbl u1 ON u1.f1 = t1.string4) ss
  on t0.f1 = ss.case1
where ss.stringu2 !~* ss.case1
;;
select 1
from t t1
  left join (select 2 as c
             from t t2 left join t t3 on t2.a = t3.a) s
    on true
where t1.a = s.c
;;
select t1.a from t t1
  left join t t2 on t1.a = t2.a
       join t t3 on true
where exists (select 1 from t t4
                join t t5 on t4.b = t5.b
                join t t6 on t5.b = t6.b
              where t1.a = t4.a and t3.a = t5.a and t4.a = 1)
;;
select * from t t1, t t2 where exists
  (select 1 from t t3 where t1.a = t3.a and t2.b = t3.b and t3.a = 1 and t3.b = 2)
;;
select * from p t1 where exists
  (select 1 from p t2 where t1.a = t2.a and t1.a = 1)
;;
select t1.a, s.*
from t t1
  left join lateral (select t2.a, coalesce(t1.a, 1) as c
                     from t t2 left join t t3 on t2.a = t3.a) s
  on true
  left join t t4 on true
where s.a < s.c
;;
select i8.*, ss.v, t.unique2
  from int8_tbl i8
    left join int4_tbl i4 on i4.f1 = 1
    left join lateral (select i4.f1 + 1 as v) as ss on true
    left join tenk1 t on t.unique2 = ss.v
where q2 = 456
;;
select * from
  (select *, 12 as phv from parttbl) as ss
  right join int4_tbl on true
where ss.a = ss.phv and f1 = 0
;;
select * from
  int8_tbl x join (int4_tbl x cross join int4_tbl y) j on q1 = f1
;;
select * from
  int8_tbl x join (int4_tbl x cross join int4_tbl y) j on q1 = y.f1
;;
select p.* from sj p, sj q where q.a = p.a and q.b = q.a - 1
;;
select * from sj p
where exists (select * from sj q
              where q.a = p.a and q.b < 10)
;;
SELECT * FROM sj j1, sj j2 WHERE j1.b = j2.b AND j1.a = 2 AND j2.a = 3
;;
SELECT * FROM sj j1, sj j2
WHERE j1.b = j2.b
  AND j1.a = (EXTRACT(DOW FROM current_timestamp(0))/15 + 3)::int
  AND (EXTRACT(DOW FROM current_timestamp(0))/15 + 3)::int = j2.a
;;
SELECT * FROM sj j1, sj j2 WHERE j1.b = j2.b AND 1 = j1.a AND j2.a = 1
;;
SELECT t4.*
FROM (SELECT t1.*, t2.a AS a1 FROM sj t1, sj t2 WHERE t1.b = t2.b) AS t3
JOIN sj t4 ON (t4.a = t3.a) WHERE t3.a1 = 42
;;
SELECT * FROM sj j1, sj j2
WHERE j1.b = j2.b
  AND (j1.a*j1.a) = (EXTRACT(DOW FROM current_timestamp(0))/15 + 3)::int
  AND (EXTRACT(DOW FROM current_timestamp(0))/15 + 3)::int = (j2.a*j2.a)
;;
SELECT * FROM sj j1, sj j2
WHERE j1.b = j2.b
  AND (j1.a*j1.c/3) = (random()/3 + 3)::int
  AND (random()/3 + 3)::int = (j2.a*j2.c/3)
;;
WITH t1 AS (SELECT * FROM emp1)
UPDATE emp1 SET code = t1.code + 1 FROM t1
WHERE t1.id = emp1.id RETURNING emp1.id, emp1.code, t1.code
;;
select 1 from emp1 full join
    (select * from emp1 t1 join
        emp1 t2 join emp1 t3 on t2.id = t3.id
        on true
    where false) s on true
where false
;;
select * from emp1 t1 where exists (select * from emp1 t2
                                    where t2.id = t1.code and t2.code > 0)
;;
select t1.uunique1 from
  tenk1 t1 join tenk2 t2 on t1.two = t2.two
;;
select t2.uunique1 from
  tenk1 t1 join tenk2 t2 on t1.two = t2.two
;;
select uunique1 from
  tenk1 t1 join tenk2 t2 on t1.two = t2.two
;;
select ctid from
  tenk1 t1 join tenk2 t2 on t1.two = t2.two
;;
select atts.relid::regclass, s.* from pg_stats s join
    pg_attribute a on s.attname = a.attname and s.tablename =
    a.attrelid::regclass::text join (select unnest(indkey) attnum,
    indexrelid from pg_index i) atts on atts.attnum = a.attnum where
    schemaname != 'pg_catalog'
;;
select unique2, x.*
from tenk1 a, lateral (select * from int4_tbl b where f1 = a.unique1) x
;;
select unique2, x.*
from int4_tbl x, lateral (select unique2 from tenk1 where f1 = unique1) ss
;;
select unique2, x.*
from int4_tbl x left join lateral (select unique1, unique2 from tenk1 where f1 = unique1) ss on true
;;
select *, (select r from (select q1 as q2) x, (select q2 as r) y) from int8_tbl
;;
select *, (select r from (select q1 as q2) x, lateral (select q2 as r) y) from int8_tbl
;;
select count(*) from tenk1 a, lateral generate_series(1,two) g
;;
select * from generate_series(100,200) g,
  lateral (select * from int8_tbl a where g = q1 union all
           select * from int8_tbl b where g = q2) ss
;;
select count(*) from tenk1 a,
  tenk1 b join lateral (values(a.unique1)) ss(x) on b.unique2 = ss.x
;;
select * from int8_tbl a,
  int8_tbl x left join lateral (select a.q1 from int4_tbl y) ss(z)
    on x.q2 = ss.z
  order by a.q1, a.q2, x.q1, x.q2, ss.z
;;
select * from (select f1/2 as x from int4_tbl) ss1 join int4_tbl i4 on x = f1,
  lateral (select x) ss2(y)
;;
select * from (select f1 as x from int4_tbl) ss1 join int4_tbl i4 on x = f1,
  lateral (values(x)) ss2(y)
;;
select * from (values(1)) x(lb),
  lateral generate_series(lb,4) x4
;;
select * from (select f1/1000000000 from int4_tbl) x(lb),
  lateral generate_series(lb,4) x4
;;
select * from (values(1)) x(lb),
  lateral (values(lb)) y(lbcopy)
;;
select * from (values(1)) x(lb),
  lateral (select lb from int4_tbl) y(lbcopy)
;;
select * from
  int8_tbl x left join (select q1,coalesce(q2,0) q2 from int8_tbl) y on x.q2 = y.q1,
  lateral (values(x.q1,y.q1,y.q2)) v(xq1,yq1,yq2)
;;
select * from
  int8_tbl x left join (select q1,coalesce(q2,0) q2 from int8_tbl) y on x.q2 = y.q1,
  lateral (select x.q1,y.q1,y.q2) v(xq1,yq1,yq2)
;;
select x.* from
  int8_tbl x left join (select q1,coalesce(q2,0) q2 from int8_tbl) y on x.q2 = y.q1,
  lateral (select x.q1,y.q1,y.q2) v(xq1,yq1,yq2)
;;
select v.* from
  (int8_tbl x left join (select q1,coalesce(q2,0) q2 from int8_tbl) y on x.q2 = y.q1)
  left join int4_tbl z on z.f1 = x.q2,
  lateral (select x.q1,y.q1 union all select x.q2,y.q2) v(vx,vy)
;;
select v.* from
  (int8_tbl x left join (select q1,(select coalesce(q2,0)) q2 from int8_tbl) y on x.q2 = y.q1)
  left join int4_tbl z on z.f1 = x.q2,
  lateral (select x.q1,y.q1 union all select x.q2,y.q2) v(vx,vy)
;;
select v.* from
  (int8_tbl x left join (select q1,(select coalesce(q2,0)) q2 from int8_tbl) y on x.q2 = y.q1)
  left join int4_tbl z on z.f1 = x.q2,
  lateral (select x.q1,y.q1 from onerow union all select x.q2,y.q2 from onerow) v(vx,vy)
;;
select * from
  int8_tbl a left join
  lateral (select *, a.q2 as x from int8_tbl b) ss on a.q2 = ss.q1
;;
select * from
  int8_tbl a left join
  lateral (select *, coalesce(a.q2, 42) as x from int8_tbl b) ss on a.q2 = ss.q1
;;
select * from int4_tbl i left join
  lateral (select * from int2_tbl j where i.f1 = j.f1) k on true
;;
select * from int4_tbl i left join
  lateral (select coalesce(i) from int2_tbl j where i.f1 = j.f1) k on true
;;
select * from int4_tbl a,
  lateral (
    select * from int4_tbl b left join int8_tbl c on (b.f1 = q1 and a.f1 = q2)
  ) ss
;;
select * from
  int8_tbl a left join lateral
  (select b.q1 as bq1, c.q1 as cq1, least(a.q1,b.q1,c.q1) from
   int8_tbl b cross join int8_tbl c) ss
  on a.q2 = ss.bq1
;;
select * from
  (select 0 as val0) as ss0
  left join (select 1 as val) as ss1 on true
  left join lateral (select ss1.val as val_filtered where false) as ss2 on true
;;
select * from
  ((select 2 as v) union all (select 3 as v)) as q1
  cross join lateral
  ((select * from
      ((select 4 as v) union all (select 5 as v)) as q3)
   union all
   (select q1.v)
  ) as q2
;;
SELECT * FROM (int8_tbl i cross join int4_tbl j) ss(a,b,c,d)
;;
select * from
  (values (0,9998), (1,1000)) v(id,x),
  lateral (select f1 from int4_tbl
           where f1 = any (select unique1 from tenk1
                           where unique2 = v.x offset 0)) ss
;;
select * from (values (0), (1)) v(id),
lateral (select * from int8_tbl t1,
         lateral (select * from
                    (select * from int8_tbl t2
                     where (q1, random() > 0) = any (select q2, random() > 0 from int8_tbl t3
                                     where q2 = (select greatest(t1.q1,t2.q2))
                                       and (select v.id=0)) offset 0) ss2) ss
         where t1.q1 = ss.q2) ss0
;;
select f1,g from int4_tbl a, (select f1 as g) ss
;;
select f1,g from int4_tbl a, (select a.f1 as g) ss
;;
select f1,g from int4_tbl a cross join (select f1 as g) ss
;;
select f1,g from int4_tbl a cross join (select a.f1 as g) ss
;;
select f1,g from int4_tbl a right join lateral generate_series(0, a.f1) g on true
;;
select f1,g from int4_tbl a full join lateral generate_series(0, a.f1) g on true
;;
select * from
  int8_tbl x cross join (int4_tbl x cross join lateral (select x.f1) ss)
;;
select 1 from tenk1 a, lateral (select max(a.unique1) from int4_tbl b) ss
;;
update xx1 set x2 = f1 from (select * from int4_tbl where f1 = x1) ss
;;
update xx1 set x2 = f1 from (select * from int4_tbl where f1 = xx1.x1) ss
;;
update xx1 set x2 = f1 from lateral (select * from int4_tbl where f1 = x1) ss
;;
update xx1 set x2 = f1 from xx1, lateral (select * from int4_tbl where f1 = x1) ss
;;
delete from xx1 using (select * from int4_tbl where f1 = x1) ss
;;
delete from xx1 using (select * from int4_tbl where f1 = xx1.x1) ss
;;
delete from xx1 using lateral (select * from int4_tbl where f1 = x1) ss
;;
select t1.b, ss.phv from join_ut1 t1 left join lateral
              (select t2.a as t2a, t3.a t3a, least(t1.a, t2.a, t3.a) phv
					  from join_pt1 t2 join join_ut1 t3 on t2.a = t3.b) ss
              on t1.a = ss.t2a order by t1.a
;;
select * from j1
inner join j2 on j1.id1 = j2.id1 and j1.id2 = j2.id2
where j1.id1 % 1000 = 1 and j2.id1 % 1000 = 1
;;
select * from j1
inner join j2 on j1.id1 = j2.id1 and j1.id2 = j2.id2
where j1.id1 % 1000 = 1 and j2.id1 % 1000 = 1 and j2.id1 = any (array[1])
;;
select * from j1
inner join j2 on j1.id1 = j2.id1 and j1.id2 = j2.id2
where j1.id1 % 1000 = 1 and j2.id1 % 1000 = 1 and j2.id1 >= any (array[1,5])
;;
SELECT t1.a FROM skip_fetch t1 LEFT JOIN skip_fetch t2 ON t2.a = 1 WHERE t2.a IS NULL
;;
SELECT * FROM rescan_bhs t1 LEFT JOIN rescan_bhs t2 ON t1.a IN
  (SELECT a FROM rescan_bhs t3 WHERE t2.a > 1)
;;
SELECT t1.unique1 FROM tenk1 t1 LEFT JOIN
  (SELECT *, 42 AS phv FROM tenk1 t2) ss ON t1.unique2 = ss.unique2
WHERE ss.unique1 = ss.phv AND t1.unique1 < 100
;;
SELECT COUNT(*) FROM tenk1 t1, tenk1 t2
WHERE t2.thousand = t1.tenthous OR t2.thousand = t1.unique1 OR t2.thousand = t1.unique2
;;
SELECT COUNT(*) FROM onek t1 LEFT JOIN tenk1 t2
    ON (t2.thousand = t1.tenthous OR t2.thousand = t1.thousand)
;;
update pg_class
  set reltuples = 2, relpages = pg_relation_size('extremely_skewed') / 8192
  where relname = 'extremely_skewed'
;;
select count(*) from simple r join simple s using (id)
;;
select original > 1 as initially_multibatch, final > original as increased_batches
  from hash_join_batches(
$$
  select count(*) from simple r join simple s using (id);
$$)
;;
select count(*) from simple r full outer join simple s using (id)
;;
select * from hash_join_batches(
$$
  select count(*) from simple r join extremely_skewed s using (id);
$$)
;;
select count(*) from join_foo
  left join (select b1.id, b1.t from join_bar b1 join join_bar b2 using (id)) ss
  on join_foo.id < ss.id + 1 and join_foo.id > ss.id - 1
;;
select final > 1 as multibatch
  from hash_join_batches(
$$
  select count(*) from join_foo
    left join (select b1.id, b1.t from join_bar b1 join join_bar b2 using (id)) ss
    on join_foo.id < ss.id + 1 and join_foo.id > ss.id - 1;
$$)
;;
select  count(*) from simple r full outer join simple s on (r.id = 0 - s.id)
;;
select length(max(s.t))
from wide left join (select id, coalesce(t, '') || '' as t from wide) s using (id)
;;
UPDATE hjtest_matchbits_t2 set id = 2
;;
SELECT * FROM hjtest_matchbits_t1 t1 FULL JOIN hjtest_matchbits_t2 t2 ON t1.id = t2.id
  ORDER BY t1.id
;;
SELECT * FROM hjtest_matchbits_t1 t1 FULL JOIN hjtest_matchbits_t2 t2 ON t1.id = t2.id
;;
SELECT hjtest_1.a a1, hjtest_2.a a2,hjtest_1.tableoid::regclass t1, hjtest_2.tableoid::regclass t2
FROM hjtest_1, hjtest_2
WHERE
    hjtest_1.id = (SELECT 1 WHERE hjtest_2.id = 1)
    AND (SELECT hjtest_1.b * 5) = (SELECT hjtest_2.c*5)
    AND (SELECT hjtest_1.b * 5) < 50
    AND (SELECT hjtest_2.c * 5) < 55
    AND hjtest_1.a <> hjtest_2.b
;;
select i8.q2, ss.* from
int8_tbl i8,
lateral (select t1.fivethous, i4.f1 from tenk1 t1 join int4_tbl i4
         on t1.fivethous = i4.f1+i8.q2 order by 1,2) ss
;;
SELECT ('"'||repeat('.', 12)||'abc"')::json
;;
SELECT row_to_json(j)::jsonb FROM (
  SELECT left(E'abcdefghijklmnopqrstuv"\twxyz012345678', a) AS a
  FROM generate_series(0,37) a
) j
;;
SELECT array_to_json(array(select 1 as a))
;;
SELECT array_to_json(array_agg(q),false) from (select x as b, x * 2 as c from generate_series(1,3) x) q
;;
SELECT array_to_json(array_agg(q),false)
  FROM ( SELECT $$a$$ || x AS b, y AS c,
               ARRAY[ROW(x.*,ARRAY[1,2,3]),
               ROW(y.*,ARRAY[4,5,6])] AS z
         FROM generate_series(1,2) x,
              generate_series(4,5) y) q
;;
SELECT array_to_json(array_agg(x),false) from generate_series(5,10) x
;;
SELECT array_to_json('{{1,5},{99,100}}'::int[])
;;
SELECT row_to_json(row(1,'foo'))
;;
SELECT row_to_json(q)
FROM (SELECT $$a$$ || x AS b,
         y AS c,
         ARRAY[ROW(x.*,ARRAY[1,2,3]),
               ROW(y.*,ARRAY[4,5,6])] AS z
      FROM generate_series(1,2) x,
           generate_series(4,5) y) q
;;
SELECT row_to_json(q,true)
FROM rows q
;;
SELECT row_to_json(row((select array_agg(x) as d from generate_series(5,10) x)),false)
;;
select attname, to_json(histogram_bounds) histogram_bounds
from pg_stats
where tablename = 'rows' and
      schemaname = pg_my_temp_schema()::regnamespace::text
order by 1
;;
select to_json(timestamp '2014-05-28 12:22:35.614298')
;;
SELECT json_agg(q)
  FROM ( SELECT $$a$$ || x AS b, y AS c,
               ARRAY[ROW(x.*,ARRAY[1,2,3]),
               ROW(y.*,ARRAY[4,5,6])] AS z
         FROM generate_series(1,2) x,
              generate_series(4,5) y) q
;;
SELECT json_agg(q ORDER BY x, y)
  FROM rows q
;;
UPDATE rows SET x = NULL WHERE x = 1
;;
SELECT json_agg(q ORDER BY x NULLS FIRST, y)
  FROM rows q
;;
SELECT row_to_json(q)
FROM (SELECT 'NaN'::float8 AS "float8field") q
;;
SELECT test_json -> 'x'
FROM test_json
WHERE json_type = 'scalar'
;;
SELECT test_json->>'field2'
FROM test_json
WHERE json_type = 'object'
;;
SELECT json_object_keys(test_json)
FROM test_json
WHERE json_type = 'scalar'
;;
select count(*) from
    (select json_object_keys(json_object(array_agg(g)))
     from (select unnest(array['f'||n,n::text])as g
           from generate_series(1,300) as n) x ) y
;;
select (test_json->'field3') is null as expect_false
from test_json
where json_type = 'object'
;;
select (test_json->>'field3') is null as expect_true
from test_json
where json_type = 'object'
;;
select '{"a": [{"b": "c"}, {"b": "cc"}]}'::json -> null::text
;;
select '{"a": [{"b": "c"}, {"b": "cc"}]}'::json ->> null::text
;;
SELECT json_array_length('[1,2,3,{"f1":1,"f2":[5,6]},4]')
;;
select json_each('{"f1":[1,2,3],"f2":{"f3":1},"f4":null}')
;;
select * from json_each('{"f1":[1,2,3],"f2":{"f3":1},"f4":null,"f5":99,"f6":"stringy"}') q
;;
select json_each_text('{"f1":[1,2,3],"f2":{"f3":1},"f4":null,"f5":"null"}')
;;
select * from json_each_text('{"f1":[1,2,3],"f2":{"f3":1},"f4":null,"f5":99,"f6":"stringy"}') q
;;
select json_extract_path('{"f2":{"f3":1},"f4":{"f5":99,"f6":"stringy"}}','f4','f6')
;;
select json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"stringy"}}','f4','f6')
;;
select json_extract_path('{"f2":{"f3":1},"f4":{"f5":null,"f6":"stringy"}}','f4','f5') is null as expect_false
;;
select json_extract_path_text('{"f2":{"f3":1},"f4":{"f5":null,"f6":"stringy"}}','f4','f5') is null as expect_true
;;
select '{"f2":{"f3":1},"f4":{"f5":99,"f6":"stringy"}}'::json#>array['f4','f6']
;;
select '{"f2":{"f3":1},"f4":{"f5":99,"f6":"stringy"}}'::json#>>array['f4','f6']
;;
select '{"a": {"b":{"c": "foo"}}}'::json #> '{}'
;;
select '{"a": {"b":{"c": "foo"}}}'::json #>> '{}'
;;
select json_array_elements('[1,true,[1,[2,3]],null,{"f1":1,"f2":[7,8,9]},false,"stringy"]')
;;
select * from json_array_elements('[1,true,[1,[2,3]],null,{"f1":1,"f2":[7,8,9]},false,"stringy"]') q
;;
select json_array_elements_text('[1,true,[1,[2,3]],null,{"f1":1,"f2":[7,8,9]},false,"stringy"]')
;;
select * from json_array_elements_text('[1,true,[1,[2,3]],null,{"f1":1,"f2":[7,8,9]},false,"stringy"]') q
;;
select * from json_populate_record(null::jpop,'{"a":"blurfl","x":43.2}') q
;;
select * from json_populate_record(row('x',3,'2012-12-31 15:30:56')::jpop,'{"a":"blurfl","x":43.2}') q
;;
SELECT i FROM json_populate_record(NULL::jsrec_i_not_null, '{"x": 43.2}') q
;;
SELECT ia FROM json_populate_record(NULL::jsrec, '{"ia": null}') q
;;
SELECT ia1 FROM json_populate_record(NULL::jsrec, '{"ia1": null}') q
;;
SELECT ia1d FROM json_populate_record(NULL::jsrec, '{"ia1d": null}') q
;;
SELECT ia2 FROM json_populate_record(NULL::jsrec, '{"ia2": [1, "2", null, 4]}') q
;;
SELECT ia2d FROM json_populate_record(NULL::jsrec, '{"ia2d": [[1, "2"], [null, 4]]}') q
;;
SELECT ia3 FROM json_populate_record(NULL::jsrec, '{"ia3": [1, "2", null, 4]}') q
;;
SELECT ta FROM json_populate_record(NULL::jsrec, '{"ta": null}') q
;;
SELECT c FROM json_populate_record(NULL::jsrec, '{"c": null}') q
;;
SELECT ca FROM json_populate_record(NULL::jsrec, '{"ca": null}') q
;;
SELECT js FROM json_populate_record(NULL::jsrec, '{"js": null}') q
;;
SELECT jsb FROM json_populate_record(NULL::jsrec, '{"jsb": null}') q
;;
SELECT jsa FROM json_populate_record(NULL::jsrec, '{"jsa": null}') q
;;
SELECT rec FROM json_populate_record(NULL::jsrec, '{"rec": 123}') q
;;
SELECT reca FROM json_populate_record(NULL::jsrec, '{"reca": 123}') q
;;
SELECT rec FROM json_populate_record(
	row(NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,
		row('x',3,'2012-12-31 15:30:56')::jpop,NULL)::jsrec,
	'{"rec": {"a": "abc", "c": "01.02.2003", "x": 43.2}}'
) q
;;
SELECT json_populate_record(null::record, '{"x": 0, "y": 1}')
;;
SELECT json_populate_record(row(1,2), '{"f1": 0, "f2": 1}')
;;
SELECT * FROM
  json_populate_record(null::record, '{"x": 776}') AS (x int, y int)
;;
SELECT json_populate_record(row(1,2)::j_ordered_pair, '{"x": 0}')
;;
select * from json_populate_recordset(null::jpop,'[{"a":"blurfl","x":43.2},{"b":3,"c":"2012-01-20 10:42:53"}]') q
;;
select * from json_populate_recordset(row('def',99,null)::jpop,'[{"a":"blurfl","x":43.2},{"b":3,"c":"2012-01-20 10:42:53"}]') q
;;
SELECT json_populate_recordset(null::record, '[{"x": 0, "y": 1}]')
;;
SELECT json_populate_recordset(row(1,2), '[{"f1": 0, "f2": 1}]')
;;
SELECT i, json_populate_recordset(row(i,50), '[{"f1":"42"},{"f2":"43"}]')
FROM (VALUES (1),(2)) v(i)
;;
SELECT * FROM
  json_populate_recordset(null::record, '[{"x": 776}]') AS (x int, y int)
;;
SELECT json_populate_recordset(row(1,2)::j_ordered_pair, '[{"x": 0}, {"y": 3}]')
;;
select * from json_populate_recordset(row(0::int),'[{"a":"1","b":"2"},{"a":"3"}]') q (a text, b text)
;;
SELECT (json_populate_record(NULL::jsrec, js)).* FROM jspoptest
;;
select value, json_typeof(value)
  from (values (json '123.4'),
               (json '-1'),
               (json '"foo"'),
               (json 'true'),
               (json 'false'),
               (json 'null'),
               (json '[1, 2, 3]'),
               (json '[]'),
               (json '{"x":"foo", "y":123}'),
               (json '{}'),
               (NULL::json))
      as data(value)
;;
SELECT json_build_array('a',1,'b',1.2,'c',true,'d',null,'e',json '{"x": 3, "y": [1,2,3]}')
;;
SELECT json_build_array(VARIADIC NULL::text[])
;;
SELECT json_build_array(VARIADIC ARRAY['a', NULL]::text[])
;;
SELECT json_build_object('a',1,'b',1.2,'c',true,'d',null,'e',json '{"x": 3, "y": [1,2,3]}')
;;
SELECT json_build_object(
       'a', json_build_object('b',false,'c',99),
       'd', json_build_object('e',array[9,8,7]::int[],
           'f', (select row_to_json(r) from ( select relkind, oid::regclass as name from pg_class where relname = 'pg_class') r)))
;;
SELECT json_build_object(VARIADIC NULL::text[])
;;
SELECT json_build_object(VARIADIC ARRAY['a', NULL]::text[])
;;
SELECT json_build_object(r,2) FROM (SELECT 1 AS a, 2 AS b) r
;;
SELECT json_build_object('turbines',json_object_agg(serial_num,json_build_object('name',name,'type',type)))
FROM foo
;;
SELECT json_object_agg(name, type) FROM foo
;;
SELECT json_object('{}')
;;
select json_object_agg_unique(mod(i,100), i) from generate_series(0, 199) i
;;
select * from json_to_record('{"a":1,"b":"foo","c":"bar"}')
    as x(a int, b text, d text)
;;
select * from json_to_recordset('[{"a":1,"b":"foo","d":false},{"a":2,"b":"bar","c":true}]')
    as x(a int, b text, c boolean)
;;
select * from json_to_recordset('[{"a":1,"b":{"d":"foo"},"c":true},{"a":2,"c":false,"b":{"d":"bar"}}]')
    as x(a int, b json, c boolean)
;;
select *, c is null as c_is_null
from json_to_record('{"a":1, "b":{"c":16, "d":2}, "x":8, "ca": ["1 2", 3], "ia": [[1,2],[3,4]], "r": {"a": "aaa", "b": 123}}'::json)
    as t(a int, b json, c text, x int, ca char(5)[], ia int[][], r jpop)
;;
select *, c is null as c_is_null
from json_to_recordset('[{"a":1, "b":{"c":16, "d":2}, "x":8}]'::json)
    as t(a int, b json, c text, x int)
;;
select * from json_to_record('{"ia": null}') as x(ia _int4)
;;
select * from json_to_record('{"ia2": [1, 2, 3]}') as x(ia2 int[][])
;;
select * from json_to_record('{"ia2": [[1, 2], [3, 4]]}') as x(ia2 int4[][])
;;
select * from json_to_record('{"out": {"key": 1}}') as x(out json)
;;
select * from json_to_record('{"out": {"key": 1}}') as x(out jsonb)
;;
select json_strip_nulls(null)
;;
select to_tsvector('{"a": "aaa bbb ddd ccc", "b": ["eee fff ggg"], "c": {"d": "hhh iii"}}'::json)
;;
select json_to_tsvector('english', '{"a": "aaa in bbb", "b": 123, "c": 456, "d": true, "f": false, "g": null}'::json, '"all"')
;;
select ts_headline('{"a": "aaa bbb", "b": {"c": "ccc ddd fff", "c1": "ccc1 ddd1"}, "d": ["ggg hhh", "iii jjj"]}'::json, tsquery('bbb & ddd & hhh'))
;;
SELECT getdatabaseencoding()
;;
SELECT octet_length('"\uaBcD"'::jsonb::text)
;;
SELECT octet_length((jsonb '{ "a":  "\ud83d\ude04\ud83d\udc36" }' -> 'a')::text) AS correct_in_utf8
;;
SELECT repeat('[', 10000)::jsonb
;;
SELECT array_to_json(ARRAY [jsonb '{"a":1}', jsonb '{"b":[2,3]}'])
;;
select attname, to_jsonb(histogram_bounds) histogram_bounds
from pg_stats
where tablename = 'rows' and
      schemaname = pg_my_temp_schema()::regnamespace::text
order by 1
;;
select to_jsonb(timestamp '2014-05-28 12:22:35.614298')
;;
SELECT jsonb_agg(q)
  FROM ( SELECT $$a$$ || x AS b, y AS c,
               ARRAY[ROW(x.*,ARRAY[1,2,3]),
               ROW(y.*,ARRAY[4,5,6])] AS z
         FROM generate_series(1,2) x,
              generate_series(4,5) y) q
;;
SELECT jsonb_agg(q ORDER BY x, y)
  FROM rows q
;;
SELECT jsonb_agg(q ORDER BY x NULLS FIRST, y)
  FROM rows q
;;
SELECT test_json -> 'x' FROM test_jsonb WHERE json_type = 'scalar'
;;
SELECT test_json ->> 'field2' FROM test_jsonb WHERE json_type = 'scalar'
;;
SELECT jsonb_object_keys(test_json) FROM test_jsonb WHERE json_type = 'scalar'
;;
SELECT (test_json->'field3') IS NULL AS expect_false FROM test_jsonb WHERE json_type = 'object'
;;
SELECT (test_json->>'field3') IS NULL AS expect_true FROM test_jsonb WHERE json_type = 'object'
;;
SELECT jsonb_contains('{"a":"b", "b":1, "c":null}', '{"a":"b"}')
;;
SELECT '{"a":"b", "b":1, "c":null}'::jsonb @> '{"a":"b"}'
;;
SELECT '[1,2,2]'::jsonb <@ '[1,2]'::jsonb
;;
SELECT jsonb_contained('{"a":"b"}', '{"a":"b", "b":1, "c":null}')
;;
SELECT jsonb_array_length('[1,2,3,{"f1":1,"f2":[5,6]},4]')
;;
SELECT jsonb_each('{"f1":[1,2,3],"f2":{"f3":1},"f4":null}')
;;
SELECT * FROM jsonb_each('{"f1":[1,2,3],"f2":{"f3":1},"f4":null,"f5":99,"f6":"stringy"}') q
;;
SELECT jsonb_each_text('{"f1":[1,2,3],"f2":{"f3":1},"f4":null,"f5":"null"}')
;;
SELECT * FROM jsonb_each_text('{"f1":[1,2,3],"f2":{"f3":1},"f4":null,"f5":99,"f6":"stringy"}') q
;;
SELECT jsonb_exists('{"a":null, "b":"qq"}', 'a')
;;
SELECT jsonb '{"a":null, "b":"qq"}' ? 'a'
;;
SELECT count(*) from testjsonb  WHERE j->'array' ? 'bar'
;;
SELECT count(*) from testjsonb  WHERE j->'array' @> '5'::jsonb
;;
SELECT jsonb_exists_any('{"a":null, "b":"qq"}', ARRAY['a','b'])
;;
SELECT jsonb_exists_any('{"a":null, "b":"qq"}', '{}'::text[])
;;
SELECT jsonb '{"a":null, "b":"qq"}' ?| ARRAY['a','b']
;;
SELECT jsonb '{"a":null, "b":"qq"}' ?| '{}'::text[]
;;
SELECT jsonb_exists_all('{"a":null, "b":"qq"}', ARRAY['a','b'])
;;
SELECT jsonb_exists_all('{"a":null, "b":"qq"}', '{}'::text[])
;;
SELECT jsonb '{"a":null, "b":"qq"}' ?& ARRAY['a','b']
;;
SELECT jsonb '{"a":null, "b":"qq"}' ?& '{}'::text[]
;;
SELECT jsonb_typeof('{}') AS object
;;
SELECT jsonb_build_array('a',1,'b',1.2,'c',true,'d',null,'e',json '{"x": 3, "y": [1,2,3]}')
;;
SELECT jsonb_build_array(VARIADIC NULL::text[])
;;
SELECT jsonb_build_array(VARIADIC ARRAY['a', NULL]::text[])
;;
SELECT jsonb_build_object('a',1,'b',1.2,'c',true,'d',null,'e',json '{"x": 3, "y": [1,2,3]}')
;;
SELECT jsonb_build_object(
       'a', jsonb_build_object('b',false,'c',99),
       'd', jsonb_build_object('e',array[9,8,7]::int[],
           'f', (select row_to_json(r) from ( select relkind, oid::regclass as name from pg_class where relname = 'pg_class') r)))
;;
SELECT jsonb_build_object(VARIADIC NULL::text[])
;;
SELECT jsonb_build_object(VARIADIC ARRAY['a', NULL]::text[])
;;
SELECT jsonb_build_object(r,2) FROM (SELECT 1 AS a, 2 AS b) r
;;
SELECT jsonb_object_agg(1, NULL::jsonb)
;;
SELECT jsonb_build_object('turbines',jsonb_object_agg(serial_num,jsonb_build_object('name',name,'type',type)))
FROM foo
;;
SELECT jsonb_object_agg(name, type) FROM foo
;;
SELECT jsonb_object_agg(DISTINCT 'a', 'abc')
;;
SELECT jsonb_object('{}')
;;
SELECT jsonb_extract_path('{"f2":{"f3":1},"f4":{"f5":99,"f6":"stringy"}}','f4','f6')
;;
SELECT jsonb_extract_path_text('{"f2":{"f3":1},"f4":{"f5":99,"f6":"stringy"}}','f4','f6')
;;
SELECT jsonb_extract_path('{"f2":{"f3":1},"f4":{"f5":null,"f6":"stringy"}}','f4','f5') IS NULL AS expect_false
;;
SELECT jsonb_extract_path_text('{"f2":{"f3":1},"f4":{"f5":null,"f6":"stringy"}}','f4','f5') IS NULL AS expect_true
;;
SELECT jsonb_array_elements('[1,true,[1,[2,3]],null,{"f1":1,"f2":[7,8,9]},false]')
;;
SELECT * FROM jsonb_array_elements('[1,true,[1,[2,3]],null,{"f1":1,"f2":[7,8,9]},false]') q
;;
SELECT jsonb_array_elements_text('[1,true,[1,[2,3]],null,{"f1":1,"f2":[7,8,9]},false,"stringy"]')
;;
SELECT * FROM jsonb_array_elements_text('[1,true,[1,[2,3]],null,{"f1":1,"f2":[7,8,9]},false,"stringy"]') q
;;
SELECT * FROM jsonb_populate_record(NULL::jbpop,'{"a":"blurfl","x":43.2}') q
;;
SELECT * FROM jsonb_populate_record(row('x',3,'2012-12-31 15:30:56')::jbpop,'{"a":"blurfl","x":43.2}') q
;;
SELECT i FROM jsonb_populate_record(NULL::jsbrec_i_not_null, '{"x": 43.2}') q
;;
SELECT ia FROM jsonb_populate_record(NULL::jsbrec, '{"ia": null}') q
;;
SELECT ia1 FROM jsonb_populate_record(NULL::jsbrec, '{"ia1": null}') q
;;
SELECT ia1d FROM jsonb_populate_record(NULL::jsbrec, '{"ia1d": null}') q
;;
SELECT ia2 FROM jsonb_populate_record(NULL::jsbrec, '{"ia2": [1, "2", null, 4]}') q
;;
SELECT ia2d FROM jsonb_populate_record(NULL::jsbrec, '{"ia2d": [[1, "2"], [null, 4]]}') q
;;
SELECT ia3 FROM jsonb_populate_record(NULL::jsbrec, '{"ia3": [1, "2", null, 4]}') q
;;
SELECT ta FROM jsonb_populate_record(NULL::jsbrec, '{"ta": null}') q
;;
SELECT c FROM jsonb_populate_record(NULL::jsbrec, '{"c": null}') q
;;
SELECT ca FROM jsonb_populate_record(NULL::jsbrec, '{"ca": null}') q
;;
SELECT js FROM jsonb_populate_record(NULL::jsbrec, '{"js": null}') q
;;
SELECT jsb FROM jsonb_populate_record(NULL::jsbrec, '{"jsb": null}') q
;;
SELECT jsa FROM jsonb_populate_record(NULL::jsbrec, '{"jsa": null}') q
;;
SELECT rec FROM jsonb_populate_record(NULL::jsbrec, '{"rec": 123}') q
;;
SELECT reca FROM jsonb_populate_record(NULL::jsbrec, '{"reca": 123}') q
;;
SELECT rec FROM jsonb_populate_record(
	row(NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,
		row('x',3,'2012-12-31 15:30:56')::jbpop,NULL)::jsbrec,
	'{"rec": {"a": "abc", "c": "01.02.2003", "x": 43.2}}'
) q
;;
select jsonb_populate_record_valid(NULL::jsb_char2, '{"a": "aaa"}')
;;
SELECT jsonb_populate_record(null::record, '{"x": 0, "y": 1}')
;;
SELECT jsonb_populate_record(row(1,2), '{"f1": 0, "f2": 1}')
;;
SELECT * FROM
  jsonb_populate_record(null::record, '{"x": 776}') AS (x int, y int)
;;
SELECT jsonb_populate_record(row(1,2)::jb_ordered_pair, '{"x": 0}')
;;
SELECT * FROM jsonb_populate_recordset(NULL::jbpop,'[{"a":"blurfl","x":43.2},{"b":3,"c":"2012-01-20 10:42:53"}]') q
;;
SELECT * FROM jsonb_populate_recordset(row('def',99,NULL)::jbpop,'[{"a":"blurfl","x":43.2},{"b":3,"c":"2012-01-20 10:42:53"}]') q
;;
SELECT jsonb_populate_recordset(null::record, '[{"x": 0, "y": 1}]')
;;
SELECT jsonb_populate_recordset(row(1,2), '[{"f1": 0, "f2": 1}]')
;;
SELECT i, jsonb_populate_recordset(row(i,50), '[{"f1":"42"},{"f2":"43"}]')
FROM (VALUES (1),(2)) v(i)
;;
SELECT * FROM
  jsonb_populate_recordset(null::record, '[{"x": 776}]') AS (x int, y int)
;;
SELECT jsonb_populate_recordset(row(1,2)::jb_ordered_pair, '[{"x": 0}, {"y": 3}]')
;;
select * from jsonb_populate_recordset(row(0::int),'[{"a":"1","b":"2"},{"a":"3"}]') q (a text, b text)
;;
select * from jsonb_to_record('{"a":1,"b":"foo","c":"bar"}')
    as x(a int, b text, d text)
;;
select * from jsonb_to_recordset('[{"a":1,"b":"foo","d":false},{"a":2,"b":"bar","c":true}]')
    as x(a int, b text, c boolean)
;;
select *, c is null as c_is_null
from jsonb_to_record('{"a":1, "b":{"c":16, "d":2}, "x":8, "ca": ["1 2", 3], "ia": [[1,2],[3,4]], "r": {"a": "aaa", "b": 123}}'::jsonb)
    as t(a int, b jsonb, c text, x int, ca char(5)[], ia int[][], r jbpop)
;;
select *, c is null as c_is_null
from jsonb_to_recordset('[{"a":1, "b":{"c":16, "d":2}, "x":8}]'::jsonb)
    as t(a int, b jsonb, c text, x int)
;;
select * from jsonb_to_record('{"ia": null}') as x(ia _int4)
;;
select * from jsonb_to_record('{"ia2": [1, 2, 3]}') as x(ia2 int[][])
;;
select * from jsonb_to_record('{"ia2": [[1, 2], [3, 4]]}') as x(ia2 int4[][])
;;
select * from jsonb_to_record('{"out": {"key": 1}}') as x(out json)
;;
select * from jsonb_to_record('{"out": {"key": 1}}') as x(out jsonb)
;;
SELECT (jsonb_populate_record(NULL::jsbrec, js)).* FROM jsbpoptest
;;
SELECT count(*) FROM testjsonb WHERE j @> '{"wait":null}'
;;
SELECT count(*) FROM testjsonb WHERE j ? 'public'
;;
SELECT count(*) FROM testjsonb WHERE j ?| ARRAY['public','disabled']
;;
SELECT count(*) FROM testjsonb WHERE j ?& ARRAY['public','disabled']
;;
SELECT count(*) FROM testjsonb WHERE j @@ '$.wait == null'
;;
SELECT count(*) FROM testjsonb WHERE j @? '$.wait ? (@ == null)'
;;
SELECT count(*) FROM (SELECT (jsonb_each(j)).key FROM testjsonb) AS wow
;;
SELECT key, count(*) FROM (SELECT (jsonb_each(j)).key FROM testjsonb) AS wow GROUP BY key ORDER BY count DESC, key
;;
SELECT count(distinct j) FROM testjsonb
;;
SELECT count(*) FROM (SELECT j FROM (SELECT * FROM testjsonb UNION ALL SELECT * FROM testjsonb) js GROUP BY j) js2
;;
SELECT distinct * FROM (values (jsonb '{}' || ''::text),('{}')) v(j)
;;
SELECT count(*) FROM testjsonb WHERE j > '{"p":1}'
;;
SELECT count(*) FROM testjsonb WHERE j = '{"pos":98, "line":371, "node":"CBA", "indexed":true}'
;;
SELECT
  '{"ff":{"a":12,"b":16},"qq":123,"x":[1,2],"Y":null}'::jsonb -> 'ff',
  '{"ff":{"a":12,"b":16},"qq":123,"x":[1,2],"Y":null}'::jsonb -> 'qq',
  ('{"ff":{"a":12,"b":16},"qq":123,"x":[1,2],"Y":null}'::jsonb -> 'Y') IS NULL AS f,
  ('{"ff":{"a":12,"b":16},"qq":123,"x":[1,2],"Y":null}'::jsonb ->> 'Y') IS NULL AS t,
   '{"ff":{"a":12,"b":16},"qq":123,"x":[1,2],"Y":null}'::jsonb -> 'x'
;;
select * from nestjsonb where j @> '{"a":[[{"x":2}]]}'::jsonb
;;
SELECT '{"n":null,"a":1,"b":[1,2],"c":{"1":2},"d":{"1":[2,3]}}'::jsonb -> 'd' -> '1'
;;
select jsonb_strip_nulls(null)
;;
select jsonb_pretty('{"a": "test", "b": [1, 2, 3], "c": "test3", "d":{"dd": "test4", "dd2":{"ddd": "test5"}}}')
;;
select jsonb_concat('{"d": "test", "a": [1, 2]}', '{"g": "test2", "c": {"c1":1, "c2":2}}')
;;
select '{"aa":1 , "b":2, "cq":3}'::jsonb || '{"cq":"l", "b":"g", "fg":false}'
;;
select pg_column_size('{}'::jsonb || '{}'::jsonb) = pg_column_size('{}'::jsonb)
;;
select jsonb_delete('{"a":1 , "b":2, "c":3}'::jsonb, 'a')
;;
select pg_column_size('{"a":1 , "b":2, "c":3}'::jsonb - 'b') = pg_column_size('{"a":1, "b":2}'::jsonb)
;;
select jsonb_set('{"n":null, "a":1, "b":[1,2], "c":{"1":2}, "d":{"1":[2,3]}}'::jsonb, '{n}', '[1,2,3]')
;;
select jsonb_delete_path('{"n":null, "a":1, "b":[1,2], "c":{"1":2}, "d":{"1":[2,3]}}', '{n}')
;;
select '{"n":null, "a":1, "b":[1,2], "c":{"1":2}, "d":{"1":[2,3]}}'::jsonb #- '{n}'
;;
select jsonb_set_lax('{"a":1,"b":2}','{b}','5') 
;;
select jsonb_set_lax('{"a":1,"b":2}', '{b}', null, null_value_treatment => 'raise_exception') as raise_exception
;;
select jsonb_insert('{"a": [0,1,2]}', '{a, 1}', '"new_value"')
;;
select ('[1, "2", null]'::jsonb)[1]['a']
;;
select ('{"a": {"a1": {"a2": "aaa"}}, "b": "bbb", "c": "ccc"}'::jsonb)['a']['a1']['a2']['a3']
;;
select ('{"a": 1}'::jsonb)['a':'b']
;;
update test_jsonb_subscript set test_json['a'] = '1' where id = 1
;;
select * from test_jsonb_subscript
;;
update test_jsonb_subscript set test_json['a'] = '"test"'
;;
select * from test_jsonb_subscript where test_json['key'] = '"value"'
;;
update test_jsonb_subscript set test_json = NULL where id = 3
;;
delete from test_jsonb_subscript
;;
update test_jsonb_subscript set test_json['a'][0]['b'][0]['c'] = '1'
;;
update test_jsonb_subscript set test_json['a'][2]['b'][2]['c'][2] = '1'
;;
update test_jsonb_subscript set test_json['a'][0] = '2'
;;
update test_jsonb_subscript set test_json['a']['b'][1] = '1'
;;
update test_jsonb_subscript set test_json['a']['b']['c'][2] = '1'
;;
select length(id), test_json[id] from test_jsonb_subscript
;;
update test_jsonb_subscript set test_json[id] = '"baz"'
;;
select jsonb_to_tsvector('english', '{"a": "aaa in bbb", "b": 123, "c": 456, "d": true, "f": false, "g": null}'::jsonb, '"all"')
;;
select 'true'::jsonb::bool
;;
select '1.0'::jsonb::float
;;
select '12345'::jsonb::numeric
;;
select jsonb '{"a": 12}' @? '$'
;;
select jsonb_path_query('[1]', 'strict $[1]')
;;
select jsonb_path_query('[1]', 'strict $[1]', silent => true)
;;
select jsonb_path_exists('[{"a": 1}, {"a": 2}, 3]', 'lax $[*].a', silent => false)
;;
select * from jsonb_path_query('{"a": 10}', '$')
;;
select
	x, y,
	jsonb_path_query(
		'[true, false, null]',
		'$[*] ? (@ == true  &&  ($x == true && $y == true) ||
				 @ == false && !($x == true && $y == true) ||
				 @ == null  &&  ($x == true && $y == true) is unknown)',
		jsonb_build_object('x', x, 'y', y)
	) as "x && y"
from
	(values (jsonb 'true'), ('false'), ('"null"')) x(x),
	(values (jsonb 'true'), ('false'), ('"null"')) y(y)
;;
select jsonb '2' @@ '$ > 1'
;;
select jsonb_path_match('[[1, true], [2, false]]', 'strict $[*] ? (@[0] > $x) [1]', '{"x": 1}')
;;
select jsonb_path_match('[{"a": 1}, {"a": 2}, 3]', 'lax exists($[*].a)', silent => false)
;;
select jsonb_path_query_array('[1, "yes", false]', '$[*].boolean()')
;;
select jsonb_path_query_tz('"2023-08-15 12:34:56 +05:30"', '$.date()')
;;
SELECT jsonb_path_query_array('[{"a": 1}, {"a": 2}, {"a": 3}, {"a": 5}]', '$[*].a ? (@ > $min && @ < $max)', vars => '{"min": 1, "max": 4}')
;;
SELECT jsonb_path_query_first('[{"a": 1}, {"a": 2}, {}]', 'strict $[*].a')
;;
SELECT jsonb_path_query_first('[{"a": 1}, {"a": 2}, {}]', 'strict $[*].a', silent => true)
;;
SELECT jsonb_path_query_first('[{"a": 1}, {"a": 2}, {"a": 3}, {"a": 5}]', '$[*].a ? (@ > $min && @ < $max)', vars => '{"min": 1, "max": 4}')
;;
SELECT jsonb_path_exists('[{"a": 1}, {"a": 2}]', '$[*].a ? (@ > 1)')
;;
SELECT jsonb_path_exists('[{"a": 1}, {"a": 2}, {"a": 3}, {"a": 5}]', '$[*] ? (@.a > $min && @.a < $max)', vars => '{"min": 1, "max": 4}')
;;
SELECT str as jsonpath,
       pg_input_is_valid(str,'jsonpath') as ok,
       errinfo.sql_error_code,
       errinfo.message,
       errinfo.detail,
       errinfo.hint
FROM unnest(ARRAY['$ ? (@ like_regex "pattern" flag "smixq")'::text,
                  '$ ? (@ like_regex "pattern" flag "a")',
                  '@ + 1',
                  '00',
                  '1a']) str,
     LATERAL pg_input_error_info(str, 'jsonpath') as errinfo
;;
SELECT lo_create(42)
;;
UPDATE lotest_stash_values SET fd = lo_open(loid, CAST(x'20000' | x'40000' AS integer))
;;
SELECT lo_close(fd) FROM lotest_stash_values
;;
SELECT lo_lseek(fd, 104, 0) FROM lotest_stash_values
;;
SELECT loread(fd, 28) FROM lotest_stash_values
;;
SELECT lowrite(fd, 'n') FROM lotest_stash_values
;;
SELECT lo_tell(fd) FROM lotest_stash_values
;;
SELECT lo_open(loid, x'40000'::int) from lotest_stash_values
;;
SELECT lo_truncate(fd, 11) FROM lotest_stash_values
;;
SELECT lo_lseek64(fd, 4294967296, 0) FROM lotest_stash_values
;;
SELECT lo_tell64(fd) FROM lotest_stash_values
;;
SELECT lo_truncate64(fd, 5000000000) FROM lotest_stash_values
;;
SELECT lo_unlink(loid) from lotest_stash_values
;;
SELECT lo_open(2121, x'40000'::int)
;;
SELECT lo_creat(42)
;;
SELECT lo_unlink(42)
;;
SELECT lowrite(42, 'x')
;;
SELECT lo_truncate(42, 0)
;;
SELECT lo_truncate64(42, 0)
;;
SELECT lo_from_bytea(0, 'x')
;;
SELECT lo_put(42, 0, 'x')
;;
SELECT ''::text AS two, unique1, unique2, stringu1
		FROM onek WHERE unique1 > 50
		ORDER BY unique1 LIMIT 2
;;
SELECT ''::text AS two, unique1, unique2, stringu1
		FROM onek WHERE unique1 > 60 AND unique1 < 63
		ORDER BY unique1 LIMIT 5
;;
SELECT ''::text AS zero, unique1, unique2, stringu1
		FROM onek WHERE unique1 < 50
		ORDER BY unique1 DESC LIMIT 8 OFFSET 99
;;
SELECT ''::text AS ten, unique1, unique2, stringu1
		FROM onek
		ORDER BY unique1 OFFSET 990
;;
select * from int8_tbl limit (case when random() < 0.5 then null::bigint end)
;;
select * from int8_tbl offset (case when random() < 0.5 then null::bigint end)
;;
SELECT
  (SELECT n
     FROM (VALUES (1)) AS x,
          (SELECT n FROM generate_series(1,10) AS n
             ORDER BY n LIMIT 1 OFFSET s-1) AS y) AS z
  FROM generate_series(1,10) AS s
;;
select unique1, unique2, nextval('testseq')
  from tenk1 order by unique2 limit 10
;;
select currval('testseq')
;;
select unique1, unique2, nextval('testseq')
  from tenk1 order by tenthous limit 10
;;
select unique1, unique2, generate_series(1,10)
  from tenk1 order by unique2 limit 7
;;
select unique1, unique2, generate_series(1,10)
  from tenk1 order by tenthous limit 7
;;
select generate_series(0,2) as s1, generate_series((random()*.1)::int,2) as s2
;;
select generate_series(0,2) as s1, generate_series((random()*.1)::int,2) as s2
order by s2 desc
;;
select sum(tenthous) as s1, sum(tenthous) + random()*0 as s2
  from tenk1 group by thousand order by thousand limit 3
;;
SELECT  thousand
		FROM onek WHERE thousand < 5
		ORDER BY thousand FETCH FIRST 2 ROW WITH TIES
;;
SELECT  thousand
		FROM onek WHERE thousand < 5
		ORDER BY thousand FETCH FIRST 2 ROW ONLY
;;
select * from LINE_TBL
;;
select relname from pg_locks l, pg_class c
 where l.relation = c.oid and relname like '%lock_%' and mode = 'ExclusiveLock'
 order by relname
;;
SELECT test_atomic_ops()
;;
select * from LSEG_TBL
;;
SELECT * FROM macaddr_data
;;
SELECT a, b, trunc(b) FROM macaddr_data ORDER BY 2, 1
;;
SELECT b <  '08:00:2b:01:02:04' FROM macaddr_data WHERE a = 1
;;
SELECT b >  '08:00:2b:01:02:04' FROM macaddr_data WHERE a = 1
;;
SELECT b <= '08:00:2b:01:02:04' FROM macaddr_data WHERE a = 1
;;
SELECT b >= '08:00:2b:01:02:04' FROM macaddr_data WHERE a = 1
;;
SELECT b =  '08:00:2b:01:02:03' FROM macaddr_data WHERE a = 1
;;
SELECT b <> '08:00:2b:01:02:04' FROM macaddr_data WHERE a = 1
;;
SELECT ~b                       FROM macaddr_data
;;
SELECT  b & '00:00:00:ff:ff:ff' FROM macaddr_data
;;
SELECT  b | '01:02:03:04:05:06' FROM macaddr_data
;;
SELECT macaddr8_set7bit('00:08:2b:01:02:03'::macaddr8)
;;
SELECT * FROM macaddr8_data ORDER BY 1
;;
SELECT a, b, trunc(b) FROM macaddr8_data ORDER BY 2, 1
;;
SELECT b <  '08:00:2b:01:02:04' FROM macaddr8_data WHERE a = 1
;;
SELECT b >  '08:00:2b:ff:fe:01:02:04' FROM macaddr8_data WHERE a = 1
;;
SELECT b::macaddr <= '08:00:2b:01:02:04' FROM macaddr8_data WHERE a = 1
;;
SELECT b::macaddr >= '08:00:2b:01:02:04' FROM macaddr8_data WHERE a = 1
;;
SELECT b =  '08:00:2b:ff:fe:01:02:03' FROM macaddr8_data WHERE a = 1
;;
SELECT b::macaddr <> '08:00:2b:01:02:04'::macaddr FROM macaddr8_data WHERE a = 1
;;
SELECT b <= '08:00:2b:01:02:03:04:06' FROM macaddr8_data WHERE a = 15
;;
SELECT b >= '08:00:2b:01:02:03:04:06' FROM macaddr8_data WHERE a = 15
;;
SELECT b <> '08:00:2b:01:02:03:04:06' FROM macaddr8_data WHERE a = 15
;;
SELECT ~b                       FROM macaddr8_data
;;
SELECT  b & '00:00:00:ff:ff:ff' FROM macaddr8_data
;;
SELECT  b | '01:02:03:04:05:06' FROM macaddr8_data
;;
SELECT reltuples, relhassubclass
  FROM pg_class WHERE oid = 'past_inh_db_parent'::regclass
;;
SELECT * FROM mvtest_tv ORDER BY type
;;
SELECT relispopulated FROM pg_class WHERE oid = 'mvtest_tm'::regclass
;;
SELECT * FROM mvtest_tm ORDER BY type
;;
SELECT * FROM mvtest_tvm
;;
SELECT * FROM mvtest_tvm ORDER BY type
;;
SELECT * FROM mvtest_tmm
;;
SELECT * FROM mvtest_tvmm
;;
SELECT * FROM mvtest_tvvm
;;
SELECT * FROM mvtest_tvvm FOR SHARE
;;
SELECT type, m.totamt AS mtot, v.totamt AS vtot FROM mvtest_tm m LEFT JOIN mvtest_tv v USING (type) ORDER BY type
;;
UPDATE mvtest_boxes SET b = '(2,2),(1,1)' WHERE id = 2
;;
SELECT * FROM mvtest_boxmv ORDER BY id
;;
UPDATE mvtest_v SET j = 3 WHERE x = 1
;;
SELECT * FROM mvtest_v
;;
SELECT * FROM mvtest_mv_v
;;
SELECT * FROM mvtest_mv_v_2
;;
SELECT * FROM mvtest_mv_v_3
;;
SELECT * FROM mvtest_mv_v_4
;;
SELECT * FROM mv_unspecified_types
;;
DELETE FROM mvtest_v WHERE EXISTS ( SELECT * FROM mvtest_mv_v WHERE mvtest_mv_v.a = mvtest_v.a )
;;
SELECT mvtest_func()
;;
SELECT * FROM mvtest1
;;
SELECT * FROM mvtest2
;;
select md5('') = 'd41d8cd98f00b204e9800998ecf8427e' AS "TRUE"
;;
SELECT explain_memoize('
SELECT COUNT(*),AVG(t1.unique1) FROM tenk1 t1
INNER JOIN tenk1 t2 ON t1.unique1 = t2.twenty
WHERE t2.unique1 < 1000;', false)
;;
SELECT COUNT(*),AVG(t1.unique1) FROM tenk1 t1
INNER JOIN tenk1 t2 ON t1.unique1 = t2.twenty
WHERE t2.unique1 < 1000
;;
SELECT COUNT(*),AVG(t2.unique1) FROM tenk1 t1,
LATERAL (SELECT t2.unique1 FROM tenk1 t2
         WHERE t1.twenty = t2.unique1 OFFSET 0) t2
WHERE t1.unique1 < 1000
;;
SELECT COUNT(*),AVG(t2.t1two) FROM tenk1 t1 LEFT JOIN
LATERAL (
    SELECT t1.two as t1two, * FROM tenk1 t2 WHERE t2.unique1 < 4 OFFSET 0
) t2
ON t1.two = t2.two
WHERE t1.unique1 < 10
;;
SELECT COUNT(*), AVG(t1.twenty) FROM tenk1 t1 LEFT JOIN
LATERAL (SELECT t1.two+1 AS c1, t2.unique1 AS c2 FROM tenk1 t2) s ON TRUE
WHERE s.c1 = s.c2 AND t1.unique1 < 1000
;;
SELECT COUNT(*), AVG(t1.twenty) FROM tenk1 t1 LEFT JOIN
LATERAL (SELECT t1.twenty AS c1, t2.unique1 AS c2, t2.two FROM tenk1 t2) s
ON t1.two = s.two
WHERE s.c1 = s.c2 AND t1.unique1 < 1000
;;
SELECT unique1 FROM tenk1 t0
WHERE unique1 < 3
  AND EXISTS (
	SELECT 1 FROM tenk1 t1
	INNER JOIN tenk1 t2 ON t1.unique1 = t2.hundred
	WHERE t0.ten = t1.twenty AND t0.two <> t2.four OFFSET 0)
;;
SELECT COUNT(*),AVG(t2.unique1) FROM tenk1 t1,
LATERAL (SELECT t2.unique1 FROM tenk1 t2 WHERE t1.twenty = t2.unique1) t2
WHERE t1.unique1 < 1000
;;
SELECT t.ctid is not null as matched, t.*, s.* FROM source s FULL OUTER JOIN target t ON s.sid = t.tid ORDER BY t.tid, s.sid
;;
MERGE INTO target
USING target
ON tid = tid
WHEN MATCHED THEN DO NOTHING
;;
WITH foo AS (
  MERGE INTO target USING source ON (true)
  WHEN MATCHED THEN DELETE
) SELECT * FROM foo
;;
MERGE INTO mv t
USING source s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT DEFAULT VALUES
;;
MERGE INTO target
USING (SELECT 1)
ON true
WHEN MATCHED THEN
	DO NOTHING
;;
MERGE INTO target
USING source2
ON target.tid = source2.sid
WHEN MATCHED THEN
	UPDATE SET balance = 0
;;
MERGE INTO target2
USING source
ON target2.tid = source.sid
WHEN MATCHED THEN
	DELETE
;;
MERGE INTO target2
USING source
ON target2.tid = source.sid
WHEN NOT MATCHED THEN
	INSERT DEFAULT VALUES
;;
MERGE INTO target t
USING (SELECT * FROM source WHERE t.tid > sid) s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT DEFAULT VALUES
;;
MERGE INTO target
USING source
ON target.tid = source.sid
WHEN MATCHED THEN
	UPDATE SET balance = 0
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN MATCHED THEN
	UPDATE SET balance = 0
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN MATCHED THEN
	DELETE
;;
SELECT * FROM source ORDER BY sid
;;
SELECT * FROM target ORDER BY tid
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	DO NOTHING
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN NOT MATCHED BY SOURCE THEN
	DELETE
WHEN NOT MATCHED BY TARGET THEN
	INSERT VALUES (s.sid, s.delta)
RETURNING merge_action(), old, new, t.*
;;
DELETE FROM target WHERE tid > 100
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN MATCHED THEN
	DO NOTHING
;;
DELETE FROM source WHERE sid = 2
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT VALUES (4, 4)
WHEN MATCHED THEN
	UPDATE SET balance = 0
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN MATCHED THEN
	UPDATE SET balance = 0
WHEN NOT MATCHED THEN
	INSERT VALUES (4, 4)
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN MATCHED THEN
	UPDATE SET balance = t.balance + s.delta
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT VALUES (s.sid, s.delta)
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT (tid, balance) VALUES (s.sid, s.delta)
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT (tid, balance) VALUES (t.tid, s.delta)
;;
MERGE INTO target t
USING source AS s
ON (SELECT true)
WHEN NOT MATCHED THEN
	INSERT (tid, balance) VALUES (t.tid, s.delta)
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN MATCHED THEN
	UPDATE SET balance = t.balance + s.delta
WHEN NOT MATCHED THEN
	INSERT VALUES (s.sid, s.delta)
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN MATCHED THEN /* Terminal WHEN clause for MATCHED */
	DELETE
WHEN MATCHED THEN
	UPDATE SET balance = t.balance - s.delta
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT (tid) VALUES (s.sid)
;;
SELECT * FROM wq_target
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN NOT MATCHED AND s.balance <> 100 THEN
	INSERT (tid) VALUES (s.sid)
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN NOT MATCHED AND s.balance = 100 THEN
	INSERT (tid) VALUES (s.sid)
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN NOT MATCHED AND t.balance = 100 THEN
	INSERT (tid) VALUES (s.sid)
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN NOT MATCHED BY SOURCE AND s.balance = 100 THEN
	DELETE
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN NOT MATCHED BY SOURCE AND t.balance = 100 THEN
    DELETE
;;
SELECT * FROM wq_source
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN MATCHED AND s.balance = 100 THEN
	UPDATE SET balance = t.balance + s.balance
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN MATCHED AND t.balance = 100 THEN
	UPDATE SET balance = t.balance + s.balance
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN MATCHED AND t.balance = 99 AND s.balance > 100 THEN
	UPDATE SET balance = t.balance + s.balance
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN MATCHED AND t.balance = 99 AND s.balance = 100 THEN
	UPDATE SET balance = t.balance + s.balance
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN MATCHED AND t.balance = 99 OR s.balance > 100 THEN
	UPDATE SET balance = t.balance + s.balance
;;
MERGE INTO wq_target t
USING wq_source s ON (t.tid = s.sid)
WHEN matched and t = s or t.tid = s.sid THEN
	UPDATE SET balance = t.balance + s.balance
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN MATCHED AND t.balance > (SELECT max(balance) FROM target) THEN
	UPDATE SET balance = t.balance + s.balance
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN MATCHED AND t.xmin = t.xmax THEN
	UPDATE SET balance = t.balance + s.balance
;;
MERGE INTO wq_target t
USING wq_source s ON t.tid = s.sid
WHEN MATCHED AND t.tableoid >= 0 THEN
	UPDATE SET balance = t.balance + s.balance
;;
UPDATE target SET balance = 0 WHERE tid = 3
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN MATCHED AND t.balance > s.delta THEN
	UPDATE SET balance = t.balance - s.delta
WHEN MATCHED THEN
	DELETE
WHEN NOT MATCHED THEN
	INSERT VALUES (s.sid, s.delta)
;;
MERGE INTO target t
USING source AS s
ON t.tid = s.sid
WHEN MATCHED AND t.balance > s.delta THEN
    UPDATE SET balance = t.balance - s.delta
WHEN MATCHED THEN
	UPDATE SET balance = 0
WHEN NOT MATCHED THEN
    INSERT VALUES (s.sid, s.delta)
WHEN NOT MATCHED BY SOURCE AND tid = 1 THEN
	UPDATE SET balance = 0
WHEN NOT MATCHED BY SOURCE THEN
	DELETE
RETURNING merge_action(), old, new, t.*
;;
SELECT * FROM target full outer join source on (sid = tid)
;;
MERGE INTO target t
USING (SELECT 9 AS sid, 57 AS delta) AS s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT (tid, balance) VALUES (s.sid, s.delta)
;;
MERGE INTO target t
USING (SELECT sid, delta FROM source WHERE delta > 0) AS s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT (tid, balance) VALUES (s.sid, s.delta)
;;
MERGE INTO target t
USING (SELECT sid, delta as newname FROM source WHERE delta > 0) AS s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT (tid, balance) VALUES (s.sid, s.newname)
;;
MERGE INTO target t1
USING target t2
ON t1.tid = t2.tid
WHEN MATCHED THEN
	UPDATE SET balance = t1.balance + t2.balance
WHEN NOT MATCHED THEN
	INSERT VALUES (t2.tid, t2.balance)
;;
MERGE INTO target t
USING (SELECT tid as sid, balance as delta FROM target WHERE balance > 0) AS s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT (tid, balance) VALUES (s.sid, s.delta)
;;
MERGE INTO target t
USING
(SELECT sid, max(delta) AS delta
 FROM source
 GROUP BY sid
 HAVING count(*) = 1
 ORDER BY sid ASC) AS s
ON t.tid = s.sid
WHEN NOT MATCHED THEN
	INSERT (tid, balance) VALUES (s.sid, s.delta)
;;
SELECT merge_func(3, 4)
;;
MERGE INTO sq_target t
USING (SELECT * FROM sq_source) s
ON tid = sid
WHEN MATCHED AND t.balance > delta THEN
	UPDATE SET balance = t.balance + delta
;;
SELECT * FROM sq_target
;;
MERGE INTO sq_target
USING v
ON tid = sid
WHEN MATCHED THEN
    UPDATE SET balance = v.balance + delta
;;
MERGE INTO sq_target
USING v
ON tid = sid
WHEN MATCHED AND tid >= 2 THEN
    UPDATE SET balance = balance + delta
WHEN NOT MATCHED THEN
	INSERT (balance, tid) VALUES (balance + delta, sid)
WHEN MATCHED AND tid < 2 THEN
	DELETE
;;
MERGE INTO sq_target t
USING v
ON tid = sid
WHEN MATCHED AND tid >= 2 THEN
    UPDATE SET balance = t.balance + delta
WHEN NOT MATCHED THEN
	INSERT (balance, tid) VALUES (balance + delta, sid)
WHEN MATCHED AND tid < 2 THEN
	DELETE
;;
WITH targq AS (
	SELECT * FROM v
)
MERGE INTO sq_target t
USING v
ON tid = sid
WHEN MATCHED AND tid >= 2 THEN
    UPDATE SET balance = t.balance + delta
WHEN NOT MATCHED THEN
	INSERT (balance, tid) VALUES (balance + delta, sid)
WHEN MATCHED AND tid < 2 THEN
	DELETE
;;
SELECT * FROM sq_source ORDER BY sid
;;
SELECT * FROM sq_target ORDER BY tid
;;
SELECT merge_action() FROM sq_target
;;
UPDATE sq_target SET balance = balance + 1 RETURNING merge_action()
;;
SELECT * FROM sq_target_merge_log ORDER BY tid
;;
SELECT m.*
FROM (VALUES (1, 0, 0), (3, 0, 20), (4, 100, 10)) AS v(sid, balance, delta),
LATERAL (SELECT action, tid, new_balance FROM merge_into_sq_target(sid, balance, delta)) m
;;
SELECT * FROM merge_sq_source_into_sq_target()
;;
SELECT m.*
FROM (VALUES (1, 0, 0), (3, 0, 20), (4, 100, 10)) AS v(sid, balance, delta),
LATERAL (SELECT r_action, r_tid, r_balance FROM merge_into_sq_target(sid, balance, delta)) m
;;
SELECT explain_merge('
MERGE INTO ex_mtarget t USING ex_msource s ON t.a = s.a
WHEN MATCHED THEN
	UPDATE SET b = t.b + 1')
;;
MERGE INTO sq_target t
USING v
ON tid = sid
WHEN MATCHED THEN
    UPDATE SET balance = (SELECT count(*) FROM sq_target)
;;
SELECT * FROM sq_target WHERE tid = 1
;;
MERGE INTO sq_target t
USING v
ON tid = sid
WHEN MATCHED AND (SELECT count(*) > 0 FROM sq_target) THEN
    UPDATE SET balance = 42
;;
MERGE INTO sq_target t
USING v
ON tid = sid AND (SELECT count(*) > 0 FROM sq_target)
WHEN MATCHED THEN
    UPDATE SET balance = 42
;;
MERGE INTO pa_target t
  USING pa_source s
  ON t.tid = s.sid
  WHEN MATCHED THEN
    UPDATE SET balance = balance + delta, val = val || ' updated by merge'
  WHEN NOT MATCHED THEN
    INSERT VALUES (sid, delta, 'inserted by merge')
  WHEN NOT MATCHED BY SOURCE THEN
    UPDATE SET val = val || ' not matched by source'
;;
SELECT * FROM pa_target ORDER BY tid, val
;;
MERGE INTO pa_target t
  USING pa_source s
  ON t.tid = s.sid AND tid = 1
  WHEN MATCHED THEN
    UPDATE SET balance = balance + delta, val = val || ' updated by merge'
  WHEN NOT MATCHED THEN
    INSERT VALUES (sid, delta, 'inserted by merge')
  WHEN NOT MATCHED BY SOURCE THEN
    UPDATE SET val = val || ' not matched by source'
;;
MERGE INTO pa_target t
  USING pa_source s
  ON t.tid = s.sid AND t.tid = 1
  WHEN MATCHED THEN
    UPDATE SET tid = tid + 1, balance = balance + delta, val = val || ' updated by merge'
  RETURNING merge_action(), old, new, t.*
;;
SELECT * FROM pa_target ORDER BY tid
;;
MERGE INTO pa_target t
  USING (VALUES (10, 100)) AS s(sid, delta)
  ON t.tid = s.sid
  WHEN NOT MATCHED THEN
    INSERT VALUES (1, 10, 'inserted by merge')
  WHEN MATCHED THEN
    DO NOTHING
;;
MERGE INTO pa_target t
  USING pa_source s
  ON t.tid = s.sid AND tid IN (1, 5)
  WHEN MATCHED AND tid % 5 = 0 THEN DELETE
  WHEN MATCHED THEN
    UPDATE SET balance = balance + delta, val = val || ' updated by merge'
  WHEN NOT MATCHED THEN
    INSERT VALUES (sid, delta, 'inserted by merge')
  WHEN NOT MATCHED BY SOURCE THEN
    UPDATE SET val = val || ' not matched by source'
;;
MERGE INTO pa_target t
  USING pa_source s
  ON t.tid = s.sid AND t.tid IN (1,2,3,4)
  WHEN MATCHED THEN
    UPDATE SET tid = tid - 1
;;
MERGE INTO pa_target t
  USING (SELECT '2017-01-15' AS slogts, * FROM pa_source WHERE sid < 10) s
  ON t.tid = s.sid
  WHEN MATCHED THEN
    UPDATE SET balance = balance + delta, val = val || ' updated by merge'
  WHEN NOT MATCHED THEN
    INSERT VALUES (slogts::timestamp, sid, delta, 'inserted by merge')
  RETURNING merge_action(), old, new, t.*
;;
MERGE INTO pa_target t USING pa_source s ON t.tid = s.sid
  WHEN NOT MATCHED THEN INSERT VALUES (s.sid)
;;
TABLE pa_target
;;
MERGE INTO cj_target t
USING cj_source1 s1
	INNER JOIN cj_source2 s2 ON sid1 = sid2
ON t.tid = sid1
WHEN NOT MATCHED THEN
	INSERT VALUES (sid1, delta, sval)
;;
MERGE INTO cj_target t
USING cj_source2 s2
	INNER JOIN cj_source1 s1 ON sid1 = sid2 AND scat = 20
ON t.tid = sid1
WHEN NOT MATCHED THEN
	INSERT VALUES (sid2, delta, sval)
WHEN MATCHED THEN
	DELETE
;;
MERGE INTO cj_target t
USING cj_source2 s2
	INNER JOIN cj_source1 s1 ON sid1 = sid2
ON t.tid = sid1
WHEN NOT MATCHED THEN
	INSERT VALUES (sid2, delta + scat, sval)
WHEN MATCHED THEN
	UPDATE SET val = val || ' updated by merge'
;;
MERGE INTO cj_target t
USING cj_source2 s2
	INNER JOIN cj_source1 s1 ON sid1 = sid2 AND scat = 20
ON t.tid = sid1
WHEN MATCHED THEN
	UPDATE SET val = val || ' ' || delta::text
;;
SELECT * FROM cj_target
;;
MERGE INTO cj_target t
USING (SELECT *, 'join input'::text AS phv FROM cj_source1) fj
	FULL JOIN cj_source2 fj2 ON fj.scat = fj2.sid2 * 10
ON t.tid = fj.scat
WHEN NOT MATCHED THEN
	INSERT (tid, balance, val) VALUES (fj.scat, fj.delta, fj.phv)
;;
MERGE INTO cj_target t
USING cj_source1 s1
	INNER JOIN cj_source2 s2 ON s1.sid = s2.sid
ON t.tid = s1.sid
WHEN NOT MATCHED THEN
	INSERT VALUES (s2.sid, delta, sval)
;;
MERGE INTO fs_target t
USING generate_series(1,100,1) AS id
ON t.a = id
WHEN MATCHED THEN
	UPDATE SET b = b + id
WHEN NOT MATCHED THEN
	INSERT VALUES (id, -1)
;;
MERGE INTO fs_target t
USING generate_series(1,100,2) AS id
ON t.a = id
WHEN MATCHED THEN
	UPDATE SET b = b + id, c = 'updated '|| id.*::text
WHEN NOT MATCHED THEN
	INSERT VALUES (id, -1, 'inserted ' || id.*::text)
;;
SELECT count(*) FROM fs_target
;;
SELECT tableoid::regclass, * FROM measurement ORDER BY city_id, logdate
;;
MERGE INTO ONLY measurement m
 USING new_measurement nm ON
      (m.city_id = nm.city_id and m.logdate=nm.logdate)
WHEN MATCHED AND nm.peaktemp IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE
     SET peaktemp = greatest(m.peaktemp, nm.peaktemp),
        unitsales = m.unitsales + coalesce(nm.unitsales, 0)
WHEN NOT MATCHED THEN INSERT
     (city_id, logdate, peaktemp, unitsales)
   VALUES (city_id, logdate, peaktemp, unitsales)
;;
SELECT tableoid::regclass, * FROM measurement ORDER BY city_id, logdate, peaktemp
;;
MERGE into measurement m
 USING new_measurement nm ON
      (m.city_id = nm.city_id and m.logdate=nm.logdate)
WHEN MATCHED AND nm.peaktemp IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE
     SET peaktemp = greatest(m.peaktemp, nm.peaktemp),
        unitsales = m.unitsales + coalesce(nm.unitsales, 0)
WHEN NOT MATCHED THEN INSERT
     (city_id, logdate, peaktemp, unitsales)
   VALUES (city_id, logdate, peaktemp, unitsales)
;;
MERGE INTO new_measurement nm
 USING ONLY measurement m ON
      (nm.city_id = m.city_id and nm.logdate=m.logdate)
WHEN MATCHED THEN DELETE
;;
SELECT * FROM new_measurement ORDER BY city_id, logdate
;;
MERGE INTO new_measurement nm
 USING measurement m ON
      (nm.city_id = m.city_id and nm.logdate=m.logdate)
WHEN MATCHED THEN DELETE
;;
MERGE INTO measurement m
 USING (VALUES (1, '01-17-2007'::date)) nm(city_id, logdate) ON
      (m.city_id = nm.city_id and m.logdate=nm.logdate)
WHEN NOT MATCHED THEN INSERT
     (city_id, logdate, peaktemp, unitsales)
   VALUES (city_id - 1, logdate, 25, 100)
;;
SELECT * FROM ONLY measurement ORDER BY city_id, logdate
;;
MERGE INTO measurement m
 USING (VALUES (1, '01-18-2007'::date)) nm(city_id, logdate) ON
      (m.city_id = nm.city_id and m.logdate=nm.logdate)
WHEN NOT MATCHED THEN INSERT
     (city_id, logdate, peaktemp, unitsales)
   VALUES (city_id - 1, logdate, 25, 200)
RETURNING merge_action(), m.*
;;
MERGE INTO tgt USING src ON tgt.a IS NOT DISTINCT FROM src.a
  WHEN MATCHED THEN UPDATE SET a = src.a, b = src.b
  WHEN NOT MATCHED BY SOURCE THEN DELETE
  RETURNING merge_action(), src.*, tgt.*
;;
SELECT * FROM tgt
;;
MERGE INTO bug18634v t USING bug18634s s ON s.a = t.a
  WHEN MATCHED THEN UPDATE SET b = s.b
  WHEN NOT MATCHED BY SOURCE THEN DELETE
  RETURNING merge_action(), s.c, t.*
;;
SELECT * FROM bug18634t
;;
MERGE INTO pg_class c
USING (SELECT 'pg_depend'::regclass AS oid) AS j
ON j.oid = c.oid
WHEN MATCHED THEN
	UPDATE SET reltuples = reltuples + 1
RETURNING j.oid
;;
MERGE INTO classv c
USING pg_namespace n
ON n.oid = c.relnamespace
WHEN MATCHED AND c.oid = 'pg_depend'::regclass THEN
	UPDATE SET reltuples = reltuples - 1
RETURNING c.oid
;;
UPDATE onek
   SET unique1 = onek.unique1 + 1
;;
UPDATE onek
   SET unique1 = onek.unique1 - 1
;;
SELECT two, stringu1, ten, string4
   INTO TABLE tmp
   FROM onek
;;
UPDATE tmp
   SET stringu1 = reverse_name(onek.stringu1)
   FROM onek
   WHERE onek.stringu1 = 'JBAAAA' and
	  onek.stringu1 = tmp.stringu1
;;
UPDATE tmp
   SET stringu1 = reverse_name(onek2.stringu1)
   FROM onek2
   WHERE onek2.stringu1 = 'JCAAAA' and
	  onek2.stringu1 = tmp.stringu1
;;
SELECT * FROM onek EXCEPT ALL SELECT * FROM onek_copy
;;
SELECT * FROM onek_copy EXCEPT ALL SELECT * FROM onek
;;
SELECT * FROM stud_emp_copy
;;
SELECT p.name, name(p.hobbies) FROM ONLY person p
;;
SELECT p.name, name(p.hobbies) FROM person* p
;;
SELECT DISTINCT hobbies_r.name, name(hobbies_r.equipment) FROM hobbies_r
  ORDER BY 1,2
;;
SELECT hobbies_r.name, (hobbies_r.equipment).name FROM hobbies_r
;;
SELECT p.name, name(p.hobbies), name(equipment(p.hobbies)) FROM ONLY person p
;;
SELECT p.name, name(p.hobbies), name(equipment(p.hobbies)) FROM person* p
;;
SELECT (p.hobbies).equipment.name, p.name, name(p.hobbies) FROM person* p
;;
SELECT (p.hobbies).equipment.name, name(p.hobbies), p.name FROM ONLY person p
;;
SELECT name(equipment(hobby_construct(text 'skywalking', text 'mer')))
;;
SELECT name(equipment(hobby_construct_named(text 'skywalking', text 'mer')))
;;
SELECT name(equipment_named(hobby_construct_named(text 'skywalking', text 'mer')))
;;
SELECT name(equipment_named_ambiguous_1a(hobby_construct_named(text 'skywalking', text 'mer')))
;;
SELECT name(equipment_named_ambiguous_1b(hobby_construct_named(text 'skywalking', text 'mer')))
;;
SELECT name(equipment_named_ambiguous_1c(hobby_construct_named(text 'skywalking', text 'mer')))
;;
SELECT name(equipment_named_ambiguous_2a(text 'skywalking'))
;;
SELECT name(equipment_named_ambiguous_2b(text 'skywalking'))
;;
SELECT hobbies_by_name('basketball')
;;
SELECT name, overpaid(emp.*) FROM emp
;;
SELECT * FROM equipment(ROW('skywalking', 'mer'))
;;
SELECT name(equipment(ROW('skywalking', 'mer')))
;;
SELECT *, name(equipment(h.*)) FROM hobbies_r h
;;
SELECT *, (equipment(CAST((h.*) AS hobbies_r))).name FROM hobbies_r h
;;
SELECT num_nonnulls(NULL)
;;
SELECT num_nonnulls(1, 2, NULL::text, NULL::point, '', int8 '9', 1.0 / NULL)
;;
SELECT num_nonnulls(VARIADIC '{1,2,NULL,3}'::int[])
;;
SELECT num_nonnulls(VARIADIC ARRAY(SELECT CASE WHEN i <> 40 THEN i END FROM generate_series(1, 100) i))
;;
SELECT num_nulls(NULL)
;;
SELECT num_nulls(1, 2, NULL::text, NULL::point, '', int8 '9', 1.0 / NULL)
;;
SELECT num_nulls(VARIADIC '{1,2,NULL,3}'::int[])
;;
SELECT num_nulls(VARIADIC ARRAY(SELECT CASE WHEN i <> 40 THEN i END FROM generate_series(1, 100) i))
;;
SELECT test_canonicalize_path('/')
;;
SELECT pg_log_backend_memory_contexts(pg_backend_pid())
;;
SELECT pg_log_backend_memory_contexts(pid) FROM pg_stat_activity
  WHERE backend_type = 'checkpointer'
;;
SELECT has_function_privilege('regress_log_memory',
  'pg_log_backend_memory_contexts(integer)', 'EXECUTE')
;;
select count(*) > 0 as ok from (select pg_ls_waldir()) ss
;;
select * from pg_ls_waldir() limit 0
;;
select count(*) > 0 as ok from (select * from pg_ls_waldir() limit 1) ss
;;
select count(*) >= 0 as ok from pg_ls_archive_statusdir()
;;
select count(*) >= 0 as ok from pg_ls_summariesdir()
;;
select length(pg_read_file('postmaster.pid')) > 20
;;
select length(pg_read_file('postmaster.pid', 1, 20))
;;
select pg_read_file('does not exist')
;;
select pg_read_file('does not exist', true) IS NULL
;;
select length(pg_read_binary_file('postmaster.pid')) > 20
;;
select length(pg_read_binary_file('postmaster.pid', 1, 20))
;;
select pg_read_binary_file('does not exist')
;;
select pg_read_binary_file('does not exist', true) IS NULL
;;
select size > 20, isdir from pg_stat_file('postmaster.pid')
;;
select * from (select pg_ls_dir('.') a) a where a = 'base' limit 1
;;
select pg_ls_dir('does not exist', false, false)
;;
select count(*) = 1 as dot_found
  from pg_ls_dir('.', false, true) as ls where ls = '.'
;;
select * from (select (pg_timezone_names()).name) ptn where name='UTC' limit 1
;;
select count(*) > 0 from
  (select pg_tablespace_databases(oid) as pts from pg_tablespace
   where spcname = 'pg_default') pts
  join pg_database db on pts.pts = db.oid
;;
SELECT explain_mask_costs($$
SELECT * FROM generate_series(TIMESTAMPTZ '2024-02-01', TIMESTAMPTZ '2024-03-01', INTERVAL '1 day') g(s);$$,
true, true, false, true)
;;
SELECT count(*) > 0 AS ok FROM pg_control_checkpoint()
;;
SELECT count(*) > 0 AS ok FROM pg_control_init()
;;
SELECT count(*) > 0 AS ok FROM pg_control_recovery()
;;
SELECT count(*) > 0 AS ok FROM pg_control_system()
;;
SELECT * FROM pg_split_walfile_name(NULL)
;;
SELECT segment_number > 0 AS ok_segment_number, timeline_id
  FROM pg_split_walfile_name('000000010000000100000000')
;;
SELECT gist_translate_cmptype_common(7)
;;
SELECT test_relpath()
;;
SELECT pg_replication_origin_create('regress_' || repeat('a', 505))
;;
SELECT *
FROM pg_depend as d1
WHERE refclassid = 0 OR refobjid = 0 OR
      classid = 0 OR objid = 0 OR
      deptype NOT IN ('a', 'e', 'i', 'n', 'x', 'P', 'S')
;;
SELECT relname, attname, atttypid::regtype
FROM pg_class c JOIN pg_attribute a ON c.oid = attrelid
WHERE c.oid < 16384 AND
      reltoastrelid = 0 AND
      relkind = 'r' AND
      attstorage != 'p'
ORDER BY 1, 2
;;
SELECT relname
FROM pg_class
WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'
      AND pg_class.oid NOT IN (SELECT indrelid FROM pg_index WHERE indisprimary)
ORDER BY 1
;;
SELECT relname
FROM pg_class c JOIN pg_index i ON c.oid = i.indexrelid
WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'i'
      AND i.indisunique
      AND c.oid NOT IN (SELECT conindid FROM pg_constraint)
ORDER BY 1
;;
SELECT * FROM money_data
;;
SELECT m + '123' FROM money_data
;;
SELECT m - '123.45' FROM money_data
;;
SELECT m / '2'::money FROM money_data
;;
SELECT m * 2 FROM money_data
;;
SELECT 2 * m FROM money_data
;;
SELECT m = '$123.00' FROM money_data
;;
SELECT m != '$124.00' FROM money_data
;;
SELECT m <= '$123.00' FROM money_data
;;
SELECT m >= '$123.00' FROM money_data
;;
SELECT m < '$124.00' FROM money_data
;;
SELECT m > '$122.00' FROM money_data
;;
SELECT cashlarger(m, '$124.00') FROM money_data
;;
SELECT cashsmaller(m, '$124.00') FROM money_data
;;
SELECT cash_words(m) FROM money_data
;;
SELECT cash_words(m + '1.23') FROM money_data
;;
DELETE FROM money_data
;;
SELECT 1234567890::int4::money
;;
select textrange('\\\\', repeat('a', 200))::textmultirange
;;
select textmultirange()
;;
select textmultirange(textrange('a', 'c'))
;;
select textmultirange(textrange('\\\\', repeat('a', 200)), textrange('c', 'd'))
;;
select 'empty'::int4range::int4multirange
;;
select int4range(1, 3)::int4multirange
;;
select 'empty'::textrange::textmultirange
;;
select textrange('a', 'c')::textmultirange
;;
select unnest(int4multirange(int4range('5', '6'), int4range('1', '2')))
;;
select unnest(textmultirange(textrange('a', 'b'), textrange('d', 'e')))
;;
select unnest(textmultirange(textrange('\\\\', repeat('a', 200)), textrange('c', 'd')))
;;
SELECT nmr, isempty(nmr), lower(nmr), upper(nmr) FROM nummultirange_test ORDER BY nmr
;;
SELECT nmr, lower_inc(nmr), lower_inf(nmr), upper_inc(nmr), upper_inf(nmr) FROM nummultirange_test ORDER BY nmr
;;
SELECT * FROM nummultirange_test WHERE nmr = '{}'
;;
SELECT * FROM nummultirange_test WHERE nmr < '{}'
;;
SELECT * FROM nummultirange_test WHERE nmr <= '{}'
;;
SELECT * FROM nummultirange_test WHERE nmr >= '{}'
;;
SELECT * FROM nummultirange_test WHERE nmr > '{}'
;;
SELECT * FROM nummultirange_test WHERE nmr <> '{}'
;;
select nummultirange(numrange(2.0, 1.0))
;;
SELECT * FROM nummultirange_test WHERE range_overlaps_multirange(numrange(4.0, 4.2), nmr)
;;
SELECT * FROM nummultirange_test WHERE numrange(4.0, 4.2) && nmr
;;
SELECT * FROM nummultirange_test WHERE multirange_overlaps_range(nmr, numrange(4.0, 4.2))
;;
SELECT * FROM nummultirange_test WHERE nmr && numrange(4.0, 4.2)
;;
SELECT * FROM nummultirange_test WHERE multirange_overlaps_multirange(nmr, nummultirange(numrange(4.0, 4.2), numrange(6.0, 7.0)))
;;
SELECT * FROM nummultirange_test WHERE nmr && nummultirange(numrange(4.0, 4.2), numrange(6.0, 7.0))
;;
SELECT * FROM nummultirange_test WHERE multirange_contains_elem(nmr, 4.0)
;;
SELECT * FROM nummultirange_test WHERE nmr @> 4.0
;;
SELECT * FROM nummultirange_test WHERE multirange_contains_range(nmr, numrange(4.0, 4.2))
;;
SELECT * FROM nummultirange_test WHERE nmr @> numrange(4.0, 4.2)
;;
SELECT * FROM nummultirange_test WHERE multirange_contains_multirange(nmr, '{[4.0,4.2), [6.0, 8.0)}')
;;
SELECT * FROM nummultirange_test WHERE elem_contained_by_multirange(4.0, nmr)
;;
SELECT * FROM nummultirange_test WHERE 4.0 <@ nmr
;;
SELECT * FROM nummultirange_test WHERE range_contained_by_multirange(numrange(4.0, 4.2), nmr)
;;
SELECT * FROM nummultirange_test WHERE numrange(4.0, 4.2) <@ nmr
;;
SELECT * FROM nummultirange_test WHERE multirange_contained_by_multirange('{[4.0,4.2), [6.0, 8.0)}', nmr)
;;
SELECT 'empty'::numrange && nummultirange()
;;
SELECT 'empty'::numrange && nummultirange(numrange(1,2))
;;
SELECT nummultirange() && 'empty'::numrange
;;
SELECT nummultirange(numrange(1,2)) && 'empty'::numrange
;;
SELECT nummultirange() && nummultirange()
;;
SELECT nummultirange() && nummultirange(numrange(1,2))
;;
SELECT nummultirange(numrange(1,2)) && nummultirange()
;;
SELECT nummultirange(numrange(3,4)) && nummultirange(numrange(1,2), numrange(7,8))
;;
SELECT nummultirange(numrange(1,2), numrange(3.5,8)) && numrange(3,4)
;;
select '{(10,20),(30,40),(50,60)}'::nummultirange && '(42,92)'::numrange
;;
SELECT nummultirange() @> nummultirange()
;;
SELECT nummultirange() @> 'empty'::numrange
;;
SELECT nummultirange(numrange(null,null)) @> numrange(1,2)
;;
SELECT numrange(null,null) @> nummultirange(numrange(1,2))
;;
SELECT nummultirange() <@ nummultirange()
;;
SELECT 'empty'::numrange <@ nummultirange()
;;
SELECT numrange(1,2) <@ nummultirange(numrange(null,null))
;;
SELECT nummultirange(numrange(1,2)) <@ numrange(null,null)
;;
SELECT 'empty'::numrange &< nummultirange()
;;
SELECT 'empty'::numrange &< nummultirange(numrange(1,2))
;;
SELECT nummultirange() &< 'empty'::numrange
;;
SELECT nummultirange(numrange(1,2)) &< 'empty'::numrange
;;
SELECT nummultirange() &< nummultirange()
;;
SELECT nummultirange(numrange(1,2)) &< nummultirange()
;;
SELECT nummultirange() &< nummultirange(numrange(1,2))
;;
SELECT numrange(6,7) &< nummultirange(numrange(3,4))
;;
SELECT nummultirange(numrange(6,7)) &< numrange(3,4)
;;
SELECT nummultirange(numrange(6,7)) &< nummultirange(numrange(3,4))
;;
SELECT nummultirange() &> 'empty'::numrange
;;
SELECT nummultirange(numrange(1,2)) &> 'empty'::numrange
;;
SELECT 'empty'::numrange &> nummultirange()
;;
SELECT 'empty'::numrange &> nummultirange(numrange(1,2))
;;
SELECT nummultirange() &> nummultirange()
;;
SELECT nummultirange() &> nummultirange(numrange(1,2))
;;
SELECT nummultirange(numrange(1,2)) &> nummultirange()
;;
SELECT nummultirange(numrange(3,4)) &> numrange(6,7)
;;
SELECT numrange(3,4) &> nummultirange(numrange(6,7))
;;
SELECT nummultirange(numrange(3,4)) &> nummultirange(numrange(6,7))
;;
SELECT 'empty'::numrange -|- nummultirange()
;;
SELECT 'empty'::numrange -|- nummultirange(numrange(1,2))
;;
SELECT nummultirange() -|- 'empty'::numrange
;;
SELECT nummultirange(numrange(1,2)) -|- 'empty'::numrange
;;
SELECT nummultirange() -|- nummultirange()
;;
SELECT nummultirange(numrange(1,2)) -|- nummultirange()
;;
SELECT nummultirange() -|- nummultirange(numrange(1,2))
;;
SELECT numrange(1,2) -|- nummultirange(numrange(2,4))
;;
SELECT nummultirange(numrange(1,2)) -|- numrange(2,4)
;;
SELECT nummultirange(numrange(1,2)) -|- nummultirange(numrange(2,4))
;;
select 'empty'::numrange << nummultirange()
;;
select numrange(1,2) << nummultirange()
;;
select numrange(1,2) << nummultirange(numrange(3,4))
;;
select nummultirange() << 'empty'::numrange
;;
select nummultirange() << numrange(1,2)
;;
select nummultirange(numrange(3,4)) << numrange(3,6)
;;
select nummultirange() << nummultirange()
;;
select nummultirange() << nummultirange(numrange(1,2))
;;
select nummultirange(numrange(1,2)) << nummultirange()
;;
select nummultirange(numrange(1,2)) << nummultirange(numrange(1,2))
;;
select nummultirange() >> 'empty'::numrange
;;
select nummultirange() >> numrange(1,2)
;;
select nummultirange(numrange(3,4)) >> numrange(1,2)
;;
select 'empty'::numrange >> nummultirange()
;;
select numrange(1,2) >> nummultirange()
;;
select numrange(3,6) >> nummultirange(numrange(3,4))
;;
select nummultirange() >> nummultirange()
;;
select nummultirange(numrange(1,2)) >> nummultirange()
;;
select nummultirange() >> nummultirange(numrange(1,2))
;;
select nummultirange(numrange(1,2)) >> nummultirange(numrange(1,2))
;;
SELECT nummultirange() + nummultirange()
;;
SELECT nummultirange() + nummultirange(numrange(1,2))
;;
SELECT nummultirange(numrange(1,2)) + nummultirange()
;;
SELECT nummultirange(numrange(1,2)) + nummultirange(numrange(1,2))
;;
SELECT range_merge(nummultirange())
;;
SELECT range_merge(nummultirange(numrange(1,2)))
;;
SELECT nummultirange() - nummultirange()
;;
SELECT nummultirange() - nummultirange(numrange(1,2))
;;
SELECT nummultirange(numrange(1,2)) - nummultirange()
;;
SELECT nummultirange(numrange(1,2)) - nummultirange(numrange(1,2))
;;
SELECT nummultirange() * nummultirange()
;;
SELECT nummultirange() * nummultirange(numrange(1,2))
;;
SELECT nummultirange(numrange(1,2)) * nummultirange()
;;
select count(*) from test_multirange_gist where mr = '{}'::int4multirange
;;
select count(*) from test_multirange_gist where mr @> 'empty'::int4range
;;
select count(*) from test_multirange_gist where mr && 'empty'::int4range
;;
select count(*) from test_multirange_gist where mr <@ 'empty'::int4range
;;
select count(*) from test_multirange_gist where mr << 'empty'::int4range
;;
select count(*) from test_multirange_gist where mr >> 'empty'::int4range
;;
select count(*) from test_multirange_gist where mr &< 'empty'::int4range
;;
select count(*) from test_multirange_gist where mr &> 'empty'::int4range
;;
select count(*) from test_multirange_gist where mr -|- 'empty'::int4range
;;
select count(*) from test_multirange_gist where mr = int4multirange(int4range(10,20), int4range(30,40), int4range(50,60))
;;
select count(*) from test_multirange_gist where mr @> int4range(10,20)
;;
select count(*) from test_multirange_gist where mr && int4range(10,20)
;;
select count(*) from test_multirange_gist where mr <@ int4range(10,50)
;;
select count(*) from test_multirange_gist where mr << int4range(100,500)
;;
select count(*) from test_multirange_gist where mr >> int4range(100,500)
;;
select count(*) from test_multirange_gist where mr &< int4range(100,500)
;;
select count(*) from test_multirange_gist where mr &> int4range(100,500)
;;
select count(*) from test_multirange_gist where mr -|- int4range(100,500)
;;
select count(*) from test_multirange_gist where mr @> int4multirange(int4range(10,20), int4range(30,40))
;;
select count(*) from test_multirange_gist where mr << int4multirange(int4range(100,200), int4range(400,500))
;;
select count(*) from test_multirange_gist where mr >> int4multirange(int4range(100,200), int4range(400,500))
;;
select count(*) from test_multirange_gist where mr &< int4multirange(int4range(100,200), int4range(400,500))
;;
select count(*) from test_multirange_gist where mr &> int4multirange(int4range(100,200), int4range(400,500))
;;
select count(*) from test_multirange_gist where mr -|- int4multirange(int4range(100,200), int4range(400,500))
;;
SELECT   room_id, range_agg(booked_during)
FROM     reservations
GROUP BY room_id
ORDER BY room_id
;;
SELECT  range_agg(r)
FROM    (VALUES
          ('[a,c]'::textrange),
          ('[b,b]'::textrange),
          ('[c,f]'::textrange),
          ('[g,h)'::textrange),
          ('[h,j)'::textrange)
        ) t(r)
;;
select range_agg(nmr) from nummultirange_test
;;
select range_agg(null::nummultirange) from nummultirange_test
;;
select range_agg(nmr) from (values ('{}'::nummultirange)) t(nmr)
;;
select range_intersect_agg(nmr) from nummultirange_test
;;
select range_intersect_agg(null::nummultirange) from nummultirange_test
;;
select range_intersect_agg(nmr) from (values ('{[1,3]}'::nummultirange), ('{[6,12]}'::nummultirange)) t(nmr)
;;
select range_intersect_agg(nmr) from nummultirange_test where nmr @> 4.0
;;
select * from nummultirange_test2 where nmr = '{}'
;;
select * from nummultirange_test2 where nmr = nummultirange(numrange(1.1, 2.2))
;;
select * from nummultirange_test natural join nummultirange_test2 order by nmr
;;
select * from float8multirange_test
;;
select intr_multirange(intr(1,10))
;;
select multirange_of_text(textrange2('a','Z'))
;;
select multirange_of_text(textrange1('a','Z')) @> 'b'::text
;;
select unnest(multirange_of_text(textrange1('a','b'), textrange1('d','e')))
;;
select _textrange1(textrange2('a','z')) @> 'b'::text
;;
select anyarray_anymultirange_func(ARRAY[1,2], int4multirange(int4range(10,20)))
;;
select anyarray_anymultirange_func(ARRAY[1,2], nummultirange(numrange(10,20)))
;;
select range_add_bounds(int4multirange(int4range(1, 17)))
;;
select range_add_bounds(nummultirange(numrange(1.0001, 123.123)))
;;
select multirangetypes_sql(int4multirange(int4range(1,10)), ARRAY[2,20])
;;
select multirangetypes_sql(nummultirange(numrange(1,10)), ARRAY[2,20])
;;
select anycompatiblearray_anycompatiblemultirange_func(ARRAY[1,2], multirange(int4range(10,20)))
;;
select anycompatiblearray_anycompatiblemultirange_func(ARRAY[1,2], multirange(numrange(10,20)))
;;
select anycompatiblerange_anycompatiblemultirange_func(int4range(1,2), multirange(int4range(10,20)))
;;
select anycompatiblerange_anycompatiblemultirange_func(numrange(1,2), multirange(int4range(10,20)))
;;
select ARRAY[nummultirange(numrange(1.1, 1.2)), nummultirange(numrange(12.3, 155.5))]
;;
select * from i8mr_array
;;
select arraymultirange(arrayrange(ARRAY[1,2], ARRAY[2,1]))
;;
select array[1,1] <@ arraymultirange(arrayrange(array[1,2], array[2,1]))
;;
select *, row_to_json(upper(t)) as u from
  (values (two_ints_multirange(two_ints_range(row(1,2), row(3,4)))),
          (two_ints_multirange(two_ints_range(row(5,6), row(7,8))))) v(t)
;;
select '{(01,10)}'::varbitmultirange except select '{(10,11)}'::varbitmultirange
;;
select * from mr_outparam_succeed(int4multirange(int4range(1,2)))
;;
select * from mr_outparam_succeed2(int4multirange(int4range(1,2)))
;;
select * from mr_outparam_succeed3(int4multirange(int4range(1,2)))
;;
select * from mr_outparam_succeed4(int4range(1,2))
;;
select * from mr_inoutparam_succeed(int4multirange(int4range(1,2)))
;;
select * from mr_table_succeed(123, int4multirange(int4range(1,11)))
;;
select mr_polymorphic(int4range(1, 4))
;;
SELECT * FROM NAME_TBL
;;
SELECT c.f1 FROM NAME_TBL c WHERE c.f1 <> '1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890ABCDEFGHIJKLMNOPQR'
;;
SELECT c.f1 FROM NAME_TBL c WHERE c.f1 = '1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890ABCDEFGHIJKLMNOPQR'
;;
SELECT c.f1 FROM NAME_TBL c WHERE c.f1 < '1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890ABCDEFGHIJKLMNOPQR'
;;
SELECT c.f1 FROM NAME_TBL c WHERE c.f1 <= '1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890ABCDEFGHIJKLMNOPQR'
;;
SELECT c.f1 FROM NAME_TBL c WHERE c.f1 > '1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890ABCDEFGHIJKLMNOPQR'
;;
SELECT c.f1 FROM NAME_TBL c WHERE c.f1 >= '1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890ABCDEFGHIJKLMNOPQR'
;;
SELECT c.f1 FROM NAME_TBL c WHERE c.f1 ~ '.*'
;;
SELECT c.f1 FROM NAME_TBL c WHERE c.f1 !~ '.*'
;;
SELECT parse_ident('foo.boo')
;;
SELECT parse_ident('foo.boo[]', strict => false)
;;
SELECT parse_ident(' first . "  second  " ."   third   ". "  ' || repeat('x',66) || '"')
;;
SELECT parse_ident(' first . "  second  " ."   third   ". "  ' || repeat('x',66) || '"')::name[]
;;
SELECT pg_catalog.set_config('search_path', ' ', false)
;;
SELECT COUNT(*) FROM pg_class WHERE relnamespace =
    (SELECT oid FROM pg_namespace WHERE nspname = 'test_ns_schema_1')
;;
SELECT * FROM test_ns_schema_1.abc
;;
SELECT * FROM test_ns_schema_1.abc_view
;;
SELECT COUNT(*) = 0 AS ok FROM pg_shmem_allocations_numa
;;
SELECT COUNT(*) >= 0 AS ok FROM pg_shmem_allocations_numa
;;
DELETE FROM num_result
;;
SELECT t1.id1, t1.id2, t1.result, t2.expected
    FROM num_result t1, num_exp_add t2
    WHERE t1.id1 = t2.id1 AND t1.id2 = t2.id2
    AND t1.result != t2.expected
;;
SELECT t1.id1, t1.id2, t1.result, round(t2.expected, 10) as expected
    FROM num_result t1, num_exp_add t2
    WHERE t1.id1 = t2.id1 AND t1.id2 = t2.id2
    AND t1.result != round(t2.expected, 10)
;;
SELECT t1.id1, t1.result, t2.expected
    FROM num_result t1, num_exp_sqrt t2
    WHERE t1.id1 = t2.id
    AND t1.result != t2.expected
;;
WITH v(x) AS
  (VALUES('0'::numeric),('1'),('-1'),('4.2'),('inf'),('-inf'),('nan'))
SELECT x1, x2,
  x1 + x2 AS sum,
  x1 - x2 AS diff,
  x1 * x2 AS prod
FROM v AS v1(x1), v AS v2(x2)
;;
WITH v(x) AS
  (VALUES('0'::numeric),('1'),('-1'),('4.2'),('inf'),('-inf'),('nan'))
SELECT x1, x2,
  x1 / x2 AS quot,
  x1 % x2 AS mod,
  div(x1, x2) AS div
FROM v AS v1(x1), v AS v2(x2) WHERE x2 != 0
;;
SELECT div('inf'::numeric, '0')
;;
WITH v(x) AS
  (VALUES('0'::numeric),('1'),('-1'),('4.2'),('-7.777'),('inf'),('-inf'),('nan'))
SELECT x, -x as minusx, abs(x), floor(x), ceil(x), sign(x), numeric_inc(x) as inc
FROM v
;;
WITH v(x) AS
  (VALUES('0'::numeric),('1'),('-1'),('4.2'),('-7.777'),('inf'),('-inf'),('nan'))
SELECT x, round(x), round(x,1) as round1, trunc(x), trunc(x,1) as trunc1
FROM v
;;
WITH v(x) AS
  (VALUES('0'::numeric),('1'),('-1'),('4.2'),('-7.777'),('1e340'),('-1e340'),
         ('inf'),('-inf'),('nan'),
         ('inf'),('-inf'),('nan'))
SELECT substring(x::text, 1, 32)
FROM v ORDER BY x
;;
WITH v(x) AS
  (VALUES('0'::numeric),('1'),('4.2'),('inf'),('nan'))
SELECT x, sqrt(x)
FROM v
;;
WITH v(x) AS
  (VALUES('1'::numeric),('4.2'),('inf'),('nan'))
SELECT x,
  log(x),
  log10(x),
  ln(x)
FROM v
;;
SELECT ln('0'::numeric)
;;
WITH v(x) AS
  (VALUES('2'::numeric),('4.2'),('inf'),('nan'))
SELECT x1, x2,
  log(x1, x2)
FROM v AS v1(x1), v AS v2(x2)
;;
SELECT log('0'::numeric, '10')
;;
WITH v(x) AS
  (VALUES('0'::numeric),('1'),('2'),('4.2'),('inf'),('nan'))
SELECT x1, x2,
  power(x1, x2)
FROM v AS v1(x1), v AS v2(x2) WHERE x1 != 0 OR x2 >= 0
;;
SELECT AVG(val) FROM num_data
;;
SELECT MAX(val) FROM num_data
;;
SELECT MIN(val) FROM num_data
;;
SELECT STDDEV(val) FROM num_data
;;
SELECT VARIANCE(val) FROM num_data
;;
SELECT * FROM fract_only
;;
SELECT a, ceil(a), ceiling(a), floor(a), round(a) FROM ceil_floor_round
;;
SELECT i as pow,
	round((-2.5 * 10 ^ i)::numeric, -i),
	round((-1.5 * 10 ^ i)::numeric, -i),
	round((-0.5 * 10 ^ i)::numeric, -i),
	round((0.5 * 10 ^ i)::numeric, -i),
	round((1.5 * 10 ^ i)::numeric, -i),
	round((2.5 * 10 ^ i)::numeric, -i)
FROM generate_series(-5,5) AS t(i)
;;
SELECT round(4.4e131071, -131071) = 4e131071
;;
SELECT round(4.5e131071, -131072)
;;
SELECT trunc(9.9e131071, -131071) = 9e131071
;;
SELECT trunc(9.9e131071, -131072)
;;
SELECT x, width_bucket(x::float8, 10, 100, 9) as flt,
       width_bucket(x::numeric, 10, 100, 9) as num
FROM generate_series(0, 110, 10) x
;;
SELECT width_bucket(0, -1e100::numeric, 1, 10)
;;
SELECT to_char(val, '9G999G999G999G999G999')
	FROM num_data
;;
WITH v(val) AS
  (VALUES('0'::numeric),('-4.2'),('4.2e9'),('1.2e-5'),('inf'),('-inf'),('nan'))
SELECT val,
  to_char(val, '9.999EEEE') as numeric,
  to_char(val::float8, '9.999EEEE') as float8,
  to_char(val::float4, '9.999EEEE') as float4
FROM v
;;
WITH v(exp) AS
  (VALUES(-16379),(-16378),(-1234),(-789),(-45),(-5),(-4),(-3),(-2),(-1),(0),
         (1),(2),(3),(4),(5),(38),(275),(2345),(45678),(131070),(131071))
SELECT exp,
  to_char(('1.2345e'||exp)::numeric, '9.999EEEE') as numeric
FROM v
;;
SELECT to_number('-34,338,492', '99G999G999')
;;
WITH rows AS
  (SELECT i, to_char(i, 'RN') AS roman FROM generate_series(1, 3999) AS i)
SELECT
  bool_and(to_number(roman, 'RN') = i) as valid
FROM rows
;;
SELECT * FROM num_input_test
;;
SELECT scale(millions), * FROM num_typemod_test ORDER BY millions
;;
select trim_scale((0.1 - 2e-16383) * (0.1 - 3e-16383))
;;
select mod(999999999999999999999::numeric,1000000000000000000000)
;;
select div(-9999999999999999999999::numeric,1000000000000000000000)
;;
select mod(-9999999999999999999999::numeric,1000000000000000000000)
;;
select div(-9999999999999999999999::numeric,1000000000000000000000)*1000000000000000000000 + mod(-9999999999999999999999::numeric,1000000000000000000000)
;;
select div(12345678901234567890, 123) * 123 + 12345678901234567890 % 123
;;
select 8e9000 - div(8e18000 - 1, 9e9000 - 1) * 9
;;
select 7328412092 - div(53705623790171816464 - 1, 7328412092)
;;
select 10.0 ^ -2147483648 as rounds_to_zero
;;
select coalesce(nullif(0.9999999999 ^ 23300000000000, 0), 0) as rounds_to_zero
;;
select round(((1 - 1.500012345678e-1000) ^ 1.45e1003) * 1e1000)
;;
select n, 10.0 ^ n as "10^n", (10.0 ^ n) * (10.0 ^ (-n)) = 1 as ok
from generate_series(-20, 20) n
;;
select coalesce(nullif(exp(-5000::numeric), 0), 0) as rounds_to_zero
;;
select * from generate_series(4.0::numeric, -1.5::numeric, -2.2::numeric)
;;
select (i / (10::numeric ^ 131071))::numeric(1,0)
	from generate_series(6 * (10::numeric ^ 131071),
			     9 * (10::numeric ^ 131071),
			     10::numeric ^ 131071) as a(i)
;;
select * from generate_series(1::numeric, 3::numeric) i, generate_series(i,3) j
;;
select scale(numeric 'NaN')
;;
select min_scale(numeric 'NaN') is NULL
;;
select min_scale(0)
;;
select trim_scale(numeric 'NaN')
;;
SELECT trim_scale(variance(a) * 1e1000) FROM num_variance
;;
DELETE FROM num_variance
;;
SELECT variance(a) FROM num_variance
;;
SELECT a, b, gcd(a, b), gcd(a, -b), gcd(-b, a), gcd(-b, -a)
FROM (VALUES (0::numeric, 0::numeric),
             (0::numeric, numeric 'NaN'),
             (0::numeric, 46375::numeric),
             (433125::numeric, 46375::numeric),
             (43312.5::numeric, 4637.5::numeric),
             (4331.250::numeric, 463.75000::numeric),
             ('inf', '0'),
             ('inf', '42'),
             ('inf', 'inf')
     ) AS v(a, b)
;;
SELECT a,b, lcm(a, b), lcm(a, -b), lcm(-b, a), lcm(-b, -a)
FROM (VALUES (0::numeric, 0::numeric),
             (0::numeric, numeric 'NaN'),
             (0::numeric, 13272::numeric),
             (13272::numeric, 13272::numeric),
             (423282::numeric, 13272::numeric),
             (42328.2::numeric, 1327.2::numeric),
             (4232.820::numeric, 132.72000::numeric),
             ('inf', '0'),
             ('inf', '42'),
             ('inf', 'inf')
     ) AS v(a, b)
;;
SELECT lcm(9999 * (10::numeric)^131068 + (10::numeric^131068 - 1), 2)
;;
SELECT factorial(4)
;;
SELECT pg_lsn(23783416::numeric)
;;
SELECT pg_lsn(-1::numeric)
;;
WITH t(x, bc_result) AS (VALUES
('1.0e100', 230.25850929940457),
('1.0e200', 460.51701859880914),
('1.0e300', 690.77552789821371),
('1.0e400', 921.03403719761827),
('1.0e500', 1151.2925464970228),
('1.0e600', 1381.5510557964274),
('1.0e700', 1611.8095650958320),
('1.0e800', 1842.0680743952365),
('1.0e900', 2072.3265836946411),
('1.0e1000', 2302.5850929940457))
SELECT x, bc_result, ln(x::numeric), ln(x::numeric)-bc_result AS diff FROM t
;;
WITH t(x) AS (SELECT '1e-'||n FROM generate_series(1, 100) g(n))
SELECT x, log(x::numeric) FROM t
;;
SELECT _100
;;
SELECT f1 FROM TEMP_FLOAT
  ORDER BY f1
;;
SELECT f1 FROM TEMP_INT4
  ORDER BY f1
;;
SELECT f1 FROM TEMP_INT2
  ORDER BY f1
;;
SELECT DISTINCT f1 AS two FROM TEMP_GROUP ORDER BY 1
;;
SELECT f1 AS two, max(f3) AS max_float, min(f3) as min_float
  FROM TEMP_GROUP
  GROUP BY f1
  ORDER BY two, max_float, min_float
;;
SELECT f1 AS two, max(f3) AS max_float, min(f3) AS min_float
  FROM TEMP_GROUP
  GROUP BY two
  ORDER BY two, max_float, min_float
;;
SELECT f1 AS two, (max(f3) + 1) AS max_plus_1, (min(f3) - 1) AS min_minus_1
  FROM TEMP_GROUP
  GROUP BY f1
  ORDER BY two, min_minus_1
;;
SELECT f1 AS two,
       max(f2) + min(f2) AS max_plus_min,
       min(f3) - 1 AS min_minus_1
  FROM TEMP_GROUP
  GROUP BY f1
  ORDER BY two, min_minus_1
;;
SELECT pg_get_object_address('stone', '{}', '{}')
;;
select * from pg_get_object_address('operator of access method', '{btree,integer_ops,1}', '{int4,bool}')
;;
SELECT * FROM OID_TBL
;;
SELECT o.* FROM OID_TBL o WHERE o.f1 = 1234
;;
SELECT o.* FROM OID_TBL o WHERE o.f1 <> '1234'
;;
SELECT o.* FROM OID_TBL o WHERE o.f1 <= '1234'
;;
SELECT o.* FROM OID_TBL o WHERE o.f1 < '1234'
;;
SELECT o.* FROM OID_TBL o WHERE o.f1 >= '1234'
;;
SELECT o.* FROM OID_TBL o WHERE o.f1 > '1234'
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE prosrc IS NULL
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE (prosrc = '' OR prosrc = '-') AND prosqlbody IS NULL
;;
SELECT p1.oid, p1.proname
FROM pg_proc AS p1
WHERE proretset AND prokind != 'f'
;;
SELECT p1.oid, p1.proname
FROM pg_proc AS p1
WHERE prosecdef
ORDER BY 1
;;
SELECT p1.oid, p1.proname
FROM pg_proc AS p1
WHERE (pronargdefaults <> 0) != (proargdefaults IS NOT NULL)
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE prolang = 13 AND (probin IS NULL OR probin = '' OR probin = '-')
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE prolang != 13 AND probin IS NOT NULL
;;
SELECT p1.oid, p1.proname, p2.oid, p2.proname
FROM pg_proc AS p1, pg_proc AS p2
WHERE p1.oid != p2.oid AND
    p1.proname = p2.proname AND
    p1.pronargs = p2.pronargs AND
    p1.proargtypes = p2.proargtypes
;;
SELECT DISTINCT p1.proargtypes[2]::regtype, p2.proargtypes[2]::regtype
FROM pg_proc AS p1, pg_proc AS p2
WHERE p1.oid != p2.oid AND
    p1.prosrc = p2.prosrc AND
    p1.prolang = 12 AND p2.prolang = 12 AND
    p1.prokind != 'a' AND p2.prokind != 'a' AND
    (p1.proargtypes[2] < p2.proargtypes[2])
ORDER BY 1, 2
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE p1.prorettype = 'internal'::regtype AND NOT
    'internal'::regtype = ANY (p1.proargtypes)
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE p1.prorettype IN
    ('anyelement'::regtype, 'anyarray'::regtype, 'anynonarray'::regtype,
     'anyenum'::regtype)
  AND NOT
    ('anyelement'::regtype = ANY (p1.proargtypes) OR
     'anyarray'::regtype = ANY (p1.proargtypes) OR
     'anynonarray'::regtype = ANY (p1.proargtypes) OR
     'anyenum'::regtype = ANY (p1.proargtypes) OR
     'anyrange'::regtype = ANY (p1.proargtypes) OR
     'anymultirange'::regtype = ANY (p1.proargtypes))
ORDER BY 2
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE p1.prorettype = 'anycompatiblerange'::regtype
  AND NOT
     'anycompatiblerange'::regtype = ANY (p1.proargtypes)
ORDER BY 2
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE 'cstring'::regtype = ANY (p1.proargtypes)
    AND NOT EXISTS(SELECT 1 FROM pg_type WHERE typinput = p1.oid)
    AND NOT EXISTS(SELECT 1 FROM pg_conversion WHERE conproc = p1.oid)
    AND p1.oid != 'shell_in(cstring)'::regprocedure
ORDER BY 1
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE  p1.prorettype = 'cstring'::regtype
    AND NOT EXISTS(SELECT 1 FROM pg_type WHERE typoutput = p1.oid)
    AND NOT EXISTS(SELECT 1 FROM pg_type WHERE typmodout = p1.oid)
    AND p1.oid != 'shell_out(void)'::regprocedure
ORDER BY 1
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE proallargtypes IS NOT NULL AND
    array_length(proallargtypes,1) < array_length(proargtypes,1)
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE proargmodes IS NOT NULL AND
    array_length(proargmodes,1) < array_length(proargtypes,1)
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE proargnames IS NOT NULL AND
    array_length(proargnames,1) < array_length(proargtypes,1)
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE proallargtypes IS NOT NULL AND proargmodes IS NOT NULL AND
    array_length(proallargtypes,1) <> array_length(proargmodes,1)
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE proallargtypes IS NOT NULL AND proargnames IS NOT NULL AND
    array_length(proallargtypes,1) <> array_length(proargnames,1)
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1
WHERE proargmodes IS NOT NULL AND proargnames IS NOT NULL AND
    array_length(proargmodes,1) <> array_length(proargnames,1)
;;
SELECT p1.oid, p1.proname, p1.proargtypes, p1.proallargtypes, p1.proargmodes
FROM pg_proc as p1
WHERE proallargtypes IS NOT NULL AND
  ARRAY(SELECT unnest(proargtypes)) <>
  ARRAY(SELECT proallargtypes[i]
        FROM generate_series(1, array_length(proallargtypes, 1)) g(i)
        WHERE proargmodes IS NULL OR proargmodes[i] IN ('i', 'b', 'v'))
;;
SELECT oid::regprocedure, provariadic::regtype, proargtypes::regtype[]
FROM pg_proc
WHERE provariadic != 0
AND case proargtypes[array_length(proargtypes, 1)-1]
	WHEN '"any"'::regtype THEN '"any"'::regtype
	WHEN 'anyarray'::regtype THEN 'anyelement'::regtype
	WHEN 'anycompatiblearray'::regtype THEN 'anycompatible'::regtype
	ELSE (SELECT t.oid
		  FROM pg_type t
		  WHERE t.typarray = proargtypes[array_length(proargtypes, 1)-1])
	END  != provariadic
;;
SELECT oid::regprocedure, proargmodes, provariadic
FROM pg_proc
WHERE (proargmodes IS NOT NULL AND 'v' = any(proargmodes))
    IS DISTINCT FROM
    (provariadic != 0)
;;
SELECT p1.oid, p1.proname, p2.oid, p2.proname
FROM pg_proc AS p1, pg_proc AS p2
WHERE p2.oid = p1.prosupport AND
    (p2.prorettype != 'internal'::regtype OR p2.proretset OR p2.pronargs != 1
     OR p2.proargtypes[0] != 'internal'::regtype)
;;
SELECT p1.oid, p1.proname
FROM pg_proc as p1 LEFT JOIN pg_description as d
     ON p1.tableoid = d.classoid and p1.oid = d.objoid and d.objsubid = 0
WHERE d.classoid IS NULL AND p1.oid <= 9999
;;
SELECT p1.oid::regprocedure
FROM pg_proc p1 JOIN pg_namespace pn
     ON pronamespace = pn.oid
WHERE nspname = 'pg_catalog' AND proleakproof
ORDER BY 1
;;
SELECT p1.oid::regprocedure
FROM pg_proc p1 JOIN pg_namespace pn
     ON pronamespace = pn.oid
WHERE nspname = 'pg_catalog' AND proleakproof AND pronargs = 0
ORDER BY 1
;;
select proname, oid from pg_catalog.pg_proc
where proname in (
  'lo_open',
  'lo_close',
  'lo_creat',
  'lo_create',
  'lo_unlink',
  'lo_lseek',
  'lo_lseek64',
  'lo_tell',
  'lo_tell64',
  'lo_truncate',
  'lo_truncate64',
  'loread',
  'lowrite')
and pronamespace = (select oid from pg_catalog.pg_namespace
                    where nspname = 'pg_catalog')
order by 1
;;
SELECT p1.oid, p1.proname
FROM pg_proc AS p1
WHERE provolatile = 'i' AND proparallel = 'u'
;;
SELECT *
FROM pg_cast c
WHERE castsource = 0 OR casttarget = 0 OR castcontext NOT IN ('e', 'a', 'i')
    OR castmethod NOT IN ('f', 'b' ,'i')
;;
SELECT *
FROM pg_cast c
WHERE (castmethod = 'f' AND castfunc = 0)
   OR (castmethod IN ('b', 'i') AND castfunc <> 0)
;;
SELECT *
FROM pg_cast c
WHERE castsource = casttarget AND castfunc = 0
;;
SELECT c.*
FROM pg_cast c, pg_proc p
WHERE c.castfunc = p.oid AND p.pronargs < 2 AND castsource = casttarget
;;
SELECT c.*
FROM pg_cast c, pg_proc p
WHERE c.castfunc = p.oid AND
    (p.pronargs < 1 OR p.pronargs > 3
     OR NOT (binary_coercible(c.castsource, p.proargtypes[0])
             OR (c.castsource = 'character'::regtype AND
                 p.proargtypes[0] = 'text'::regtype))
     OR NOT binary_coercible(p.prorettype, c.casttarget))
;;
SELECT c.*
FROM pg_cast c, pg_proc p
WHERE c.castfunc = p.oid AND
    ((p.pronargs > 1 AND p.proargtypes[1] != 'int4'::regtype) OR
     (p.pronargs > 2 AND p.proargtypes[2] != 'bool'::regtype))
;;
SELECT castsource::regtype, casttarget::regtype, castfunc, castcontext
FROM pg_cast c
WHERE c.castmethod = 'b' AND
    NOT EXISTS (SELECT 1 FROM pg_cast k
                WHERE k.castmethod = 'b' AND
                    k.castsource = c.casttarget AND
                    k.casttarget = c.castsource)
;;
SELECT c.oid, c.conname
FROM pg_conversion as c
WHERE c.conproc = 0 OR
    pg_encoding_to_char(conforencoding) = '' OR
    pg_encoding_to_char(contoencoding) = ''
;;
SELECT p.oid, p.proname, c.oid, c.conname
FROM pg_proc p, pg_conversion c
WHERE p.oid = c.conproc AND
    (p.prorettype != 'int4'::regtype OR p.proretset OR
     p.pronargs != 6 OR
     p.proargtypes[0] != 'int4'::regtype OR
     p.proargtypes[1] != 'int4'::regtype OR
     p.proargtypes[2] != 'cstring'::regtype OR
     p.proargtypes[3] != 'internal'::regtype OR
     p.proargtypes[4] != 'int4'::regtype OR
     p.proargtypes[5] != 'bool'::regtype)
;;
SELECT c.oid, c.conname
FROM pg_conversion as c
WHERE condefault AND
    convert('ABC'::bytea, pg_encoding_to_char(conforencoding),
            pg_encoding_to_char(contoencoding)) != 'ABC'
;;
SELECT o1.oid, o1.oprname
FROM pg_operator as o1
WHERE (o1.oprkind != 'b' AND o1.oprkind != 'l') OR
    o1.oprresult = 0 OR o1.oprcode = 0
;;
SELECT o1.oid, o1.oprname
FROM pg_operator as o1
WHERE (o1.oprleft = 0 and o1.oprkind != 'l') OR
    (o1.oprleft != 0 and o1.oprkind = 'l') OR
    o1.oprright = 0
;;
SELECT o1.oid, o1.oprcode, o2.oid, o2.oprcode
FROM pg_operator AS o1, pg_operator AS o2
WHERE o1.oid != o2.oid AND
    o1.oprname = o2.oprname AND
    o1.oprkind = o2.oprkind AND
    o1.oprleft = o2.oprleft AND
    o1.oprright = o2.oprright
;;
SELECT o1.oid, o1.oprcode, o2.oid, o2.oprcode
FROM pg_operator AS o1, pg_operator AS o2
WHERE o1.oprcom = o2.oid AND
    (o1.oprkind != 'b' OR
     o1.oprleft != o2.oprright OR
     o1.oprright != o2.oprleft OR
     o1.oprresult != o2.oprresult OR
     o1.oid != o2.oprcom)
;;
SELECT o1.oid, o1.oprcode, o2.oid, o2.oprcode
FROM pg_operator AS o1, pg_operator AS o2
WHERE o1.oprnegate = o2.oid AND
    (o1.oprkind != o2.oprkind OR
     o1.oprleft != o2.oprleft OR
     o1.oprright != o2.oprright OR
     o1.oprresult != 'bool'::regtype OR
     o2.oprresult != 'bool'::regtype OR
     o1.oid != o2.oprnegate OR
     o1.oid = o2.oid)
;;
SELECT DISTINCT o1.oprname AS op1, o2.oprname AS op2
FROM pg_operator o1, pg_operator o2
WHERE o1.oprcom = o2.oid AND o1.oprname <= o2.oprname
ORDER BY 1, 2
;;
SELECT DISTINCT o1.oprname AS op1, o2.oprname AS op2
FROM pg_operator o1, pg_operator o2
WHERE o1.oprnegate = o2.oid AND o1.oprname <= o2.oprname
ORDER BY 1, 2
;;
SELECT o1.oid, o1.oprname FROM pg_operator AS o1
WHERE (o1.oprcanmerge OR o1.oprcanhash) AND NOT
    (o1.oprkind = 'b' AND o1.oprresult = 'bool'::regtype AND o1.oprcom != 0)
;;
SELECT o1.oid, o1.oprname, o2.oid, o2.oprname
FROM pg_operator AS o1, pg_operator AS o2
WHERE o1.oprcom = o2.oid AND
    (o1.oprcanmerge != o2.oprcanmerge OR
     o1.oprcanhash != o2.oprcanhash)
;;
SELECT o1.oid, o1.oprname
FROM pg_operator AS o1
WHERE o1.oprcanmerge AND NOT EXISTS
  (SELECT 1 FROM pg_amop
   WHERE amopmethod = (SELECT oid FROM pg_am WHERE amname = 'btree') AND
         amopopr = o1.oid AND amopstrategy = 3)
;;
SELECT o1.oid, o1.oprname, p.amopfamily
FROM pg_operator AS o1, pg_amop p
WHERE amopopr = o1.oid
  AND amopmethod = (SELECT oid FROM pg_am WHERE amname = 'btree')
  AND amopstrategy = 3
  AND NOT o1.oprcanmerge
;;
SELECT o1.oid, o1.oprname
FROM pg_operator AS o1
WHERE o1.oprcanhash AND NOT EXISTS
  (SELECT 1 FROM pg_amop
   WHERE amopmethod = (SELECT oid FROM pg_am WHERE amname = 'hash') AND
         amopopr = o1.oid AND amopstrategy = 1)
;;
SELECT o1.oid, o1.oprname, p.amopfamily
FROM pg_operator AS o1, pg_amop p
WHERE amopopr = o1.oid
  AND amopmethod = (SELECT oid FROM pg_am WHERE amname = 'hash')
  AND NOT o1.oprcanhash
;;
SELECT o1.oid, o1.oprname, p1.oid, p1.proname
FROM pg_operator AS o1, pg_proc AS p1
WHERE o1.oprcode = p1.oid AND
    o1.oprkind = 'b' AND
    (p1.pronargs != 2
     OR NOT binary_coercible(p1.prorettype, o1.oprresult)
     OR NOT binary_coercible(o1.oprleft, p1.proargtypes[0])
     OR NOT binary_coercible(o1.oprright, p1.proargtypes[1]))
;;
SELECT o1.oid, o1.oprname, p1.oid, p1.proname
FROM pg_operator AS o1, pg_proc AS p1
WHERE o1.oprcode = p1.oid AND
    o1.oprkind = 'l' AND
    (p1.pronargs != 1
     OR NOT binary_coercible(p1.prorettype, o1.oprresult)
     OR NOT binary_coercible(o1.oprright, p1.proargtypes[0])
     OR o1.oprleft != 0)
;;
SELECT o1.oid, o1.oprname, p1.oid, p1.proname
FROM pg_operator AS o1, pg_proc AS p1
WHERE o1.oprcode = p1.oid AND
    (o1.oprcanmerge OR o1.oprcanhash) AND
    p1.provolatile = 'v'
;;
SELECT o1.oid, o1.oprname, p2.oid, p2.proname
FROM pg_operator AS o1, pg_proc AS p2
WHERE o1.oprrest = p2.oid AND
    (o1.oprresult != 'bool'::regtype OR
     p2.prorettype != 'float8'::regtype OR p2.proretset OR
     p2.pronargs != 4 OR
     p2.proargtypes[0] != 'internal'::regtype OR
     p2.proargtypes[1] != 'oid'::regtype OR
     p2.proargtypes[2] != 'internal'::regtype OR
     p2.proargtypes[3] != 'int4'::regtype)
;;
SELECT o1.oid, o1.oprname, p2.oid, p2.proname
FROM pg_operator AS o1, pg_proc AS p2
WHERE o1.oprjoin = p2.oid AND
    (o1.oprkind != 'b' OR o1.oprresult != 'bool'::regtype OR
     p2.prorettype != 'float8'::regtype OR p2.proretset OR
     p2.pronargs != 5 OR
     p2.proargtypes[0] != 'internal'::regtype OR
     p2.proargtypes[1] != 'oid'::regtype OR
     p2.proargtypes[2] != 'internal'::regtype OR
     p2.proargtypes[3] != 'int2'::regtype OR
     p2.proargtypes[4] != 'internal'::regtype)
;;
SELECT o1.oid, o1.oprname
FROM pg_operator as o1 LEFT JOIN pg_description as d
     ON o1.tableoid = d.classoid and o1.oid = d.objoid and d.objsubid = 0
WHERE d.classoid IS NULL AND o1.oid <= 9999
;;
SELECT o1.oid, o1.oprcode, o2.oid, o2.oprcode
FROM pg_operator AS o1, pg_operator AS o2, pg_proc AS p1, pg_proc AS p2
WHERE o1.oprcom = o2.oid AND p1.oid = o1.oprcode AND p2.oid = o2.oprcode AND
    (p1.provolatile != p2.provolatile OR
     p1.proleakproof != p2.proleakproof)
;;
SELECT o1.oid, o1.oprcode, o2.oid, o2.oprcode
FROM pg_operator AS o1, pg_operator AS o2, pg_proc AS p1, pg_proc AS p2
WHERE o1.oprnegate = o2.oid AND p1.oid = o1.oprcode AND p2.oid = o2.oprcode AND
    (p1.provolatile != p2.provolatile OR
     p1.proleakproof != p2.proleakproof)
;;
SELECT ctid, aggfnoid::oid
FROM pg_aggregate as a
WHERE aggfnoid = 0 OR aggtransfn = 0 OR
    aggkind NOT IN ('n', 'o', 'h') OR
    aggnumdirectargs < 0 OR
    (aggkind = 'n' AND aggnumdirectargs > 0) OR
    aggfinalmodify NOT IN ('r', 's', 'w') OR
    aggmfinalmodify NOT IN ('r', 's', 'w') OR
    aggtranstype = 0 OR aggtransspace < 0 OR aggmtransspace < 0
;;
SELECT a.aggfnoid::oid, p.proname
FROM pg_aggregate as a, pg_proc as p
WHERE a.aggfnoid = p.oid AND
    (p.prokind != 'a' OR p.proretset OR p.pronargs < a.aggnumdirectargs)
;;
SELECT oid, proname
FROM pg_proc as p
WHERE p.prokind = 'a' AND
    NOT EXISTS (SELECT 1 FROM pg_aggregate a WHERE a.aggfnoid = p.oid)
;;
SELECT a.aggfnoid::oid, p.proname
FROM pg_aggregate as a, pg_proc as p
WHERE a.aggfnoid = p.oid AND
    a.aggfinalfn = 0 AND p.prorettype != a.aggtranstype
;;
SELECT a.aggfnoid::oid, p.proname, ptr.oid, ptr.proname
FROM pg_aggregate AS a, pg_proc AS p, pg_proc AS ptr
WHERE a.aggfnoid = p.oid AND
    a.aggtransfn = ptr.oid AND ptr.proisstrict AND
    a.agginitval IS NULL AND
    NOT binary_coercible(p.proargtypes[0], a.aggtranstype)
;;
SELECT ctid, aggfnoid::oid
FROM pg_aggregate as a
WHERE aggmtranstype != 0 AND
    (aggmtransfn = 0 OR aggminvtransfn = 0)
;;
SELECT ctid, aggfnoid::oid
FROM pg_aggregate as a
WHERE aggmtranstype = 0 AND
    (aggmtransfn != 0 OR aggminvtransfn != 0 OR aggmfinalfn != 0 OR
     aggmtransspace != 0 OR aggminitval IS NOT NULL)
;;
SELECT a.aggfnoid::oid, p.proname
FROM pg_aggregate as a, pg_proc as p
WHERE a.aggfnoid = p.oid AND
    a.aggmtransfn != 0 AND
    a.aggmfinalfn = 0 AND p.prorettype != a.aggmtranstype
;;
SELECT a.aggfnoid::oid, p.proname, ptr.oid, ptr.proname
FROM pg_aggregate AS a, pg_proc AS p, pg_proc AS ptr
WHERE a.aggfnoid = p.oid AND
    a.aggmtransfn = ptr.oid AND ptr.proisstrict AND
    a.aggminitval IS NULL AND
    NOT binary_coercible(p.proargtypes[0], a.aggmtranstype)
;;
SELECT a.aggfnoid::oid, p.proname, ptr.oid, ptr.proname, iptr.oid, iptr.proname
FROM pg_aggregate AS a, pg_proc AS p, pg_proc AS ptr, pg_proc AS iptr
WHERE a.aggfnoid = p.oid AND
    a.aggmtransfn = ptr.oid AND
    a.aggminvtransfn = iptr.oid AND
    ptr.proisstrict != iptr.proisstrict
;;
SELECT a.aggfnoid, p.proname
FROM pg_aggregate as a, pg_proc as p
WHERE a.aggcombinefn = p.oid AND
    (p.pronargs != 2 OR
     p.prorettype != p.proargtypes[0] OR
     p.prorettype != p.proargtypes[1] OR
     NOT binary_coercible(a.aggtranstype, p.proargtypes[0]))
;;
SELECT a.aggfnoid, p.proname
FROM pg_aggregate as a, pg_proc as p
WHERE a.aggcombinefn = p.oid AND
    a.aggtranstype = 'internal'::regtype AND p.proisstrict
;;
SELECT aggfnoid, aggtranstype, aggserialfn, aggdeserialfn
FROM pg_aggregate
WHERE (aggserialfn != 0 OR aggdeserialfn != 0)
  AND (aggtranstype != 'internal'::regtype OR aggcombinefn = 0 OR
       aggserialfn = 0 OR aggdeserialfn = 0)
;;
SELECT a.aggfnoid, p.proname
FROM pg_aggregate as a, pg_proc as p
WHERE a.aggserialfn = p.oid AND
    (p.prorettype != 'bytea'::regtype OR p.pronargs != 1 OR
     p.proargtypes[0] != 'internal'::regtype OR
     NOT p.proisstrict)
;;
SELECT a.aggfnoid, p.proname
FROM pg_aggregate as a, pg_proc as p
WHERE a.aggdeserialfn = p.oid AND
    (p.prorettype != 'internal'::regtype OR p.pronargs != 2 OR
     p.proargtypes[0] != 'bytea'::regtype OR
     p.proargtypes[1] != 'internal'::regtype OR
     NOT p.proisstrict)
;;
SELECT a.aggfnoid, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
       b.aggfnoid, b.aggcombinefn, b.aggserialfn, b.aggdeserialfn
FROM
    pg_aggregate a, pg_aggregate b
WHERE
    a.aggfnoid < b.aggfnoid AND a.aggtransfn = b.aggtransfn AND
    (a.aggcombinefn != b.aggcombinefn OR a.aggserialfn != b.aggserialfn
     OR a.aggdeserialfn != b.aggdeserialfn)
;;
SELECT DISTINCT proname, oprname
FROM pg_operator AS o, pg_aggregate AS a, pg_proc AS p
WHERE a.aggfnoid = p.oid AND a.aggsortop = o.oid
ORDER BY 1, 2
;;
SELECT a.aggfnoid::oid, o.oid
FROM pg_operator AS o, pg_aggregate AS a, pg_proc AS p
WHERE a.aggfnoid = p.oid AND a.aggsortop = o.oid AND
    (oprkind != 'b' OR oprresult != 'boolean'::regtype
     OR oprleft != p.proargtypes[0] OR oprright != p.proargtypes[0])
;;
SELECT a.aggfnoid::oid, o.oid
FROM pg_operator AS o, pg_aggregate AS a, pg_proc AS p
WHERE a.aggfnoid = p.oid AND a.aggsortop = o.oid AND
    NOT EXISTS(SELECT 1 FROM pg_amop
               WHERE amopmethod = (SELECT oid FROM pg_am WHERE amname = 'btree')
                     AND amopopr = o.oid
                     AND amoplefttype = o.oprleft
                     AND amoprighttype = o.oprright)
;;
SELECT DISTINCT proname, oprname, amopstrategy
FROM pg_operator AS o, pg_aggregate AS a, pg_proc AS p,
     pg_amop as ao
WHERE a.aggfnoid = p.oid AND a.aggsortop = o.oid AND
    amopopr = o.oid AND
    amopmethod = (SELECT oid FROM pg_am WHERE amname = 'btree')
ORDER BY 1, 2
;;
SELECT p1.oid::regprocedure, p2.oid::regprocedure
FROM pg_proc AS p1, pg_proc AS p2
WHERE p1.oid < p2.oid AND p1.proname = p2.proname AND
    p1.prokind = 'a' AND p2.prokind = 'a' AND
    array_dims(p1.proargtypes) != array_dims(p2.proargtypes)
ORDER BY 1
;;
SELECT oid, proname
FROM pg_proc AS p
WHERE prokind = 'a' AND proargdefaults IS NOT NULL
;;
SELECT p.oid, proname
FROM pg_proc AS p JOIN pg_aggregate AS a ON a.aggfnoid = p.oid
WHERE prokind = 'a' AND provariadic != 0 AND a.aggkind = 'n'
;;
SELECT f.oid
FROM pg_opfamily as f
WHERE f.opfmethod = 0 OR f.opfnamespace = 0
;;
SELECT oid, opfname FROM pg_opfamily f
WHERE NOT EXISTS (SELECT 1 FROM pg_opclass WHERE opcfamily = f.oid)
;;
SELECT c1.oid
FROM pg_opclass AS c1
WHERE c1.opcmethod = 0 OR c1.opcnamespace = 0 OR c1.opcfamily = 0
    OR c1.opcintype = 0
;;
SELECT c1.oid, f1.oid
FROM pg_opclass AS c1, pg_opfamily AS f1
WHERE c1.opcfamily = f1.oid AND c1.opcmethod != f1.opfmethod
;;
SELECT c1.oid, c2.oid
FROM pg_opclass AS c1, pg_opclass AS c2
WHERE c1.oid != c2.oid AND
    c1.opcmethod = c2.opcmethod AND c1.opcintype = c2.opcintype AND
    c1.opcdefault AND c2.opcdefault
;;
SELECT oid, opcname FROM pg_opclass WHERE NOT amvalidate(oid)
;;
SELECT a1.oid, a1.amname
FROM pg_am AS a1
WHERE a1.amhandler = 0
;;
SELECT a1.oid, a1.amname, p1.oid, p1.proname
FROM pg_am AS a1, pg_proc AS p1
WHERE p1.oid = a1.amhandler AND a1.amtype = 'i' AND
    (p1.prorettype != 'index_am_handler'::regtype
     OR p1.proretset
     OR p1.pronargs != 1
     OR p1.proargtypes[0] != 'internal'::regtype)
;;
SELECT a1.amopfamily, a1.amopstrategy
FROM pg_amop as a1
WHERE a1.amopfamily = 0 OR a1.amoplefttype = 0 OR a1.amoprighttype = 0
    OR a1.amopopr = 0 OR a1.amopmethod = 0 OR a1.amopstrategy < 1
;;
SELECT a1.amopfamily, a1.amopstrategy
FROM pg_amop as a1
WHERE NOT ((a1.amoppurpose = 's' AND a1.amopsortfamily = 0) OR
           (a1.amoppurpose = 'o' AND a1.amopsortfamily <> 0))
;;
SELECT a1.oid, f1.oid
FROM pg_amop AS a1, pg_opfamily AS f1
WHERE a1.amopfamily = f1.oid AND a1.amopmethod != f1.opfmethod
;;
SELECT DISTINCT amopmethod, amopstrategy, oprname
FROM pg_amop a1 LEFT JOIN pg_operator o1 ON amopopr = o1.oid
ORDER BY 1, 2, 3
;;
SELECT a1.amopfamily, a1.amopopr, o1.oid, o1.oprname
FROM pg_amop AS a1, pg_operator AS o1
WHERE a1.amopopr = o1.oid AND a1.amoppurpose = 's' AND
    (o1.oprrest = 0 OR o1.oprjoin = 0)
;;
SELECT c1.opcname, c1.opcfamily
FROM pg_opclass AS c1
WHERE NOT EXISTS(SELECT 1 FROM pg_amop AS a1
                 WHERE a1.amopfamily = c1.opcfamily
                   AND binary_coercible(c1.opcintype, a1.amoplefttype))
;;
SELECT a1.amopfamily, a1.amopstrategy, a1.amopopr
FROM pg_amop AS a1
WHERE NOT EXISTS(SELECT 1 FROM pg_opclass AS c1
                 WHERE c1.opcfamily = a1.amopfamily
                   AND binary_coercible(c1.opcintype, a1.amoplefttype))
;;
SELECT a1.amopfamily, a1.amopopr, o1.oprname, p1.prosrc
FROM pg_amop AS a1, pg_operator AS o1, pg_proc AS p1
WHERE a1.amopopr = o1.oid AND o1.oprcode = p1.oid AND
    a1.amoplefttype = a1.amoprighttype AND
    p1.provolatile != 'i'
;;
SELECT a1.amopfamily, a1.amopopr, o1.oprname, p1.prosrc
FROM pg_amop AS a1, pg_operator AS o1, pg_proc AS p1
WHERE a1.amopopr = o1.oid AND o1.oprcode = p1.oid AND
    a1.amoplefttype != a1.amoprighttype AND
    p1.provolatile = 'v'
;;
SELECT a1.amprocfamily, a1.amprocnum
FROM pg_amproc as a1
WHERE a1.amprocfamily = 0 OR a1.amproclefttype = 0 OR a1.amprocrighttype = 0
    OR a1.amprocnum < 0 OR a1.amproc = 0
;;
SELECT a1.amprocfamily, a1.amproc, p1.prosrc
FROM pg_amproc AS a1, pg_proc AS p1
WHERE a1.amproc = p1.oid AND
    a1.amproclefttype = a1.amprocrighttype AND
    p1.provolatile != 'i'
;;
SELECT a1.amprocfamily, a1.amproc, p1.prosrc
FROM pg_amproc AS a1, pg_proc AS p1
WHERE a1.amproc = p1.oid AND
    a1.amproclefttype != a1.amprocrighttype AND
    p1.provolatile = 'v'
;;
SELECT amp.amproc::regproc AS proc, opf.opfname AS opfamily_name,
       opc.opcname AS opclass_name, opc.opcintype::regtype AS opcintype
FROM pg_am AS am
JOIN pg_opclass AS opc ON opc.opcmethod = am.oid
JOIN pg_opfamily AS opf ON opc.opcfamily = opf.oid
LEFT JOIN pg_amproc AS amp ON amp.amprocfamily = opf.oid AND
    amp.amproclefttype = opc.opcintype AND amp.amprocnum = 4
WHERE am.amname = 'btree' AND
    amp.amproc IS DISTINCT FROM 'btequalimage'::regproc
ORDER BY 1, 2, 3
;;
SELECT indexrelid, indrelid
FROM pg_index
WHERE indexrelid = 0 OR indrelid = 0 OR
      indnatts <= 0 OR indnatts > 32
;;
SELECT indexrelid, indrelid
FROM pg_index
WHERE array_lower(indkey, 1) != 0 OR array_upper(indkey, 1) != indnatts-1 OR
    array_lower(indclass, 1) != 0 OR array_upper(indclass, 1) != indnatts-1 OR
    array_lower(indcollation, 1) != 0 OR array_upper(indcollation, 1) != indnatts-1 OR
    array_lower(indoption, 1) != 0 OR array_upper(indoption, 1) != indnatts-1
;;
SELECT indexrelid::regclass, indrelid::regclass, attname, atttypid::regtype, opcname
FROM (SELECT indexrelid, indrelid, unnest(indkey) as ikey,
             unnest(indclass) as iclass, unnest(indcollation) as icoll
      FROM pg_index) ss,
      pg_attribute a,
      pg_opclass opc
WHERE a.attrelid = indrelid AND a.attnum = ikey AND opc.oid = iclass AND
      (NOT binary_coercible(atttypid, opcintype) OR icoll != attcollation)
;;
SELECT indexrelid::regclass, indrelid::regclass, attname, atttypid::regtype, opcname
FROM (SELECT indexrelid, indrelid, unnest(indkey) as ikey,
             unnest(indclass) as iclass, unnest(indcollation) as icoll
      FROM pg_index
      WHERE indrelid < 16384) ss,
      pg_attribute a,
      pg_opclass opc
WHERE a.attrelid = indrelid AND a.attnum = ikey AND opc.oid = iclass AND
      (opcintype != atttypid OR icoll != attcollation)
ORDER BY 1
;;
SELECT relname, attname, attcollation
FROM pg_class c, pg_attribute a
WHERE c.oid = attrelid AND c.oid < 16384 AND
    c.relkind != 'v' AND  -- we don't care about columns in views
    attcollation != 0 AND
    attcollation != (SELECT oid FROM pg_collation WHERE collname = 'C')
;;
SELECT indexrelid::regclass, indrelid::regclass, iclass, icoll
FROM (SELECT indexrelid, indrelid,
             unnest(indclass) as iclass, unnest(indcollation) as icoll
      FROM pg_index
      WHERE indrelid < 16384) ss
WHERE icoll != 0 AND
    icoll != (SELECT oid FROM pg_collation WHERE collname = 'C')
;;
SELECT c, sum(a), avg(b), count(*), min(a), max(b) FROM pagg_tab GROUP BY c HAVING avg(d) < 15 ORDER BY 1, 2, 3
;;
SELECT a, sum(b), avg(b), count(*), min(a), max(b) FROM pagg_tab GROUP BY a HAVING avg(d) < 15 ORDER BY 1, 2, 3
;;
SELECT c, sum(a) FROM pagg_tab WHERE 1 = 2 GROUP BY c
;;
SELECT c, sum(a) FROM pagg_tab WHERE c = 'x' GROUP BY c
;;
SELECT c, sum(a), avg(b), count(*) FROM pagg_tab GROUP BY 1 HAVING avg(d) < 15 ORDER BY 1, 2, 3
;;
SELECT a, sum(b), avg(b), count(*) FROM pagg_tab GROUP BY 1 HAVING avg(d) < 15 ORDER BY 1, 2, 3
;;
SELECT c FROM pagg_tab GROUP BY c ORDER BY 1
;;
SELECT a FROM pagg_tab WHERE a < 3 GROUP BY a ORDER BY 1
;;
SELECT count(*) FROM pagg_tab GROUP BY c ORDER BY c LIMIT 1
;;
SELECT t1.x, sum(t1.y), count(*) FROM pagg_tab1 t1, pagg_tab2 t2 WHERE t1.x = t2.y GROUP BY t1.x ORDER BY 1, 2, 3
;;
SELECT t1.x, sum(t1.y), count(t1) FROM pagg_tab1 t1, pagg_tab2 t2 WHERE t1.x = t2.y GROUP BY t1.x ORDER BY 1, 2, 3
;;
SELECT t1.y, sum(t1.x), count(*) FROM pagg_tab1 t1, pagg_tab2 t2 WHERE t1.x = t2.y GROUP BY t1.y HAVING avg(t1.x) > 10 ORDER BY 1, 2, 3
;;
SELECT b.y, sum(a.y) FROM pagg_tab1 a LEFT JOIN pagg_tab2 b ON a.x = b.y GROUP BY b.y ORDER BY 1 NULLS LAST
;;
SELECT b.y, sum(a.y) FROM pagg_tab1 a RIGHT JOIN pagg_tab2 b ON a.x = b.y GROUP BY b.y ORDER BY 1 NULLS LAST
;;
SELECT a.x, sum(b.x) FROM pagg_tab1 a FULL OUTER JOIN pagg_tab2 b ON a.x = b.y GROUP BY a.x ORDER BY 1 NULLS LAST
;;
SELECT a.x, b.y, count(*) FROM (SELECT * FROM pagg_tab1 WHERE x < 20) a LEFT JOIN (SELECT * FROM pagg_tab2 WHERE y > 10) b ON a.x = b.y WHERE a.x > 5 or b.y < 20  GROUP BY a.x, b.y ORDER BY 1, 2
;;
SELECT a.x, b.y, count(*) FROM (SELECT * FROM pagg_tab1 WHERE x < 20) a FULL JOIN (SELECT * FROM pagg_tab2 WHERE y > 10) b ON a.x = b.y WHERE a.x > 5 or b.y < 20 GROUP BY a.x, b.y ORDER BY 1, 2
;;
SELECT a.x, a.y, count(*) FROM (SELECT * FROM pagg_tab1 WHERE x = 1 AND x = 2) a LEFT JOIN pagg_tab2 b ON a.x = b.y GROUP BY a.x, a.y ORDER BY 1, 2
;;
SELECT a, sum(b), avg(c), count(*) FROM pagg_tab_m GROUP BY a HAVING avg(c) < 22 ORDER BY 1, 2, 3
;;
SELECT a, sum(b), avg(c), count(*) FROM pagg_tab_m GROUP BY a, (a+b)/2 HAVING sum(b) < 50 ORDER BY 1, 2, 3
;;
SELECT a, c, sum(b), avg(c), count(*) FROM pagg_tab_m GROUP BY (a+b)/2, 2, 1 HAVING sum(b) = 50 AND avg(c) > 25 ORDER BY 1, 2, 3
;;
SELECT a, sum(b), array_agg(distinct c), count(*) FROM pagg_tab_ml GROUP BY a HAVING avg(b) < 3 ORDER BY 1, 2, 3
;;
SELECT a, sum(b), count(*) FROM pagg_tab_ml GROUP BY a HAVING avg(b) < 3 ORDER BY 1, 2, 3
;;
SELECT b, sum(a), count(*) FROM pagg_tab_ml GROUP BY b HAVING avg(a) < 15 ORDER BY 1, 2, 3
;;
SELECT a, sum(b), count(*) FROM pagg_tab_ml GROUP BY a, b, c HAVING avg(b) > 7 ORDER BY 1, 2, 3
;;
SELECT x, sum(y), avg(y), count(*) FROM pagg_tab_para GROUP BY x HAVING avg(y) < 7 ORDER BY 1, 2, 3
;;
SELECT y, sum(x), avg(x), count(*) FROM pagg_tab_para GROUP BY y HAVING avg(x) < 12 ORDER BY 1, 2, 3
;;
SELECT x, sum(y), avg(y), sum(x+y), count(*) FROM pagg_tab_para GROUP BY x HAVING avg(y) < 7 ORDER BY 1, 2, 3
;;
SELECT * FROM pg_partition_tree(NULL)
;;
SELECT * FROM pg_partition_ancestors(NULL)
;;
SELECT pg_partition_root(NULL)
;;
SELECT relid, parentrelid, level, isleaf
  FROM pg_partition_tree('ptif_test')
;;
SELECT relid, parentrelid, level, isleaf
  FROM pg_partition_tree('ptif_test0') p
  JOIN pg_class c ON (p.relid = c.oid)
;;
SELECT relid, parentrelid, level, isleaf
  FROM pg_partition_tree(pg_partition_root('ptif_test01')) p
  JOIN pg_class c ON (p.relid = c.oid)
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1 t1, prt2 t2 WHERE t1.a = t2.b AND t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1 t1, prt2 t2 WHERE t1.a = t2.a AND t1.a = t2.b ORDER BY t1.a, t2.b
;;
SELECT COUNT(*) FROM prt1 t1
  LEFT JOIN prt1 t2 ON t1.a = t2.a
  LEFT JOIN prt1 t3 ON t2.a = t3.a
;;
SELECT t1, t2 FROM prt1 t1 LEFT JOIN prt2 t2 ON t1.a = t2.b WHERE t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1 t1 RIGHT JOIN prt2 t2 ON t1.a = t2.b WHERE t2.a = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM (SELECT 50 phv, * FROM prt1 WHERE prt1.b = 0) t1 FULL JOIN (SELECT 75 phv, * FROM prt2 WHERE prt2.a = 0) t2 ON (t1.a = t2.b) WHERE t1.phv = t1.a OR t2.phv = t2.b ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1 t1, prt2 t2 WHERE t1.a = t2.b AND t1.a < 450 AND t2.b > 250 AND t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM (SELECT * FROM prt1 WHERE a < 450) t1 LEFT JOIN (SELECT * FROM prt2 WHERE b > 250) t2 ON t1.a = t2.b WHERE t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM (SELECT * FROM prt1 WHERE a < 450) t1 FULL JOIN (SELECT * FROM prt2 WHERE b > 250) t2 ON t1.a = t2.b WHERE t1.b = 0 OR t2.a = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.* FROM prt1 t1 WHERE t1.a IN (SELECT t2.b FROM prt2 t2 WHERE t2.a = 0) AND t1.b = 0 ORDER BY t1.a
;;
SELECT sum(t1.a), avg(t1.a), sum(t1.b), avg(t1.b) FROM prt1 t1 WHERE NOT EXISTS (SELECT 1 FROM prt2 t2 WHERE t1.a = t2.b)
;;
SELECT * FROM prt1 t1 LEFT JOIN LATERAL
			  (SELECT t2.a AS t2a, t3.a AS t3a, least(t1.a,t2.a,t3.b) FROM prt1 t2 JOIN prt2 t3 ON (t2.a = t3.b)) ss
			  ON t1.a = ss.t2a WHERE t1.b = 0 ORDER BY t1.a
;;
SELECT t1.a, ss.t2a, ss.t2c FROM prt1 t1 LEFT JOIN LATERAL
			  (SELECT t2.a AS t2a, t3.a AS t3a, t2.b t2b, t2.c t2c, least(t1.a,t2.a,t3.a) FROM prt1 t2 JOIN prt2 t3 ON (t2.a = t3.b)) ss
			  ON t1.c = ss.t2c WHERE (t1.b + coalesce(ss.t2b, 0)) = 0 ORDER BY t1.a
;;
SELECT count(*) FROM prt1 t1 LEFT JOIN LATERAL
			  (SELECT t1.b AS t1b, t2.* FROM prt2 t2) s
			  ON t1.a = s.b WHERE s.t1b = s.a
;;
SELECT count(*) FROM prt1 t1 LEFT JOIN LATERAL
			  (SELECT t1.b AS t1b, t2.* FROM prt2 t2) s
			  ON t1.a = s.b WHERE s.t1b = s.b
;;
SELECT a, b FROM prt1 FULL JOIN prt2 p2(b,a,c) USING(a,b)
  WHERE a BETWEEN 490 AND 510
  GROUP BY 1, 2 ORDER BY 1, 2
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1_e t1, prt2_e t2 WHERE (t1.a + t1.b)/2 = (t2.b + t2.a)/2 AND t1.c = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c, t3.a + t3.b, t3.c FROM prt1 t1, prt2 t2, prt1_e t3 WHERE t1.a = t2.b AND t1.a = (t3.a + t3.b)/2 AND t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c, t3.a + t3.b, t3.c FROM (prt1 t1 LEFT JOIN prt2 t2 ON t1.a = t2.b) LEFT JOIN prt1_e t3 ON (t1.a = (t3.a + t3.b)/2) WHERE t1.b = 0 ORDER BY t1.a, t2.b, t3.a + t3.b
;;
SELECT t1.a, t1.c, t2.b, t2.c, t3.a + t3.b, t3.c FROM (prt1 t1 LEFT JOIN prt2 t2 ON t1.a = t2.b) RIGHT JOIN prt1_e t3 ON (t1.a = (t3.a + t3.b)/2) WHERE t3.c = 0 ORDER BY t1.a, t2.b, t3.a + t3.b
;;
SELECT COUNT(*) FROM prt1 FULL JOIN prt2 p2(b,a,c) USING(a,b) FULL JOIN prt2 p3(b,a,c) USING (a, b)
  WHERE a BETWEEN 490 AND 510
;;
SELECT COUNT(*) FROM prt1 FULL JOIN prt2 p2(b,a,c) USING(a,b) FULL JOIN prt2 p3(b,a,c) USING (a, b) FULL JOIN prt1 p4 (a,b,c) USING (a, b)
  WHERE a BETWEEN 490 AND 510
;;
SELECT t1.a, t1.phv, t2.b, t2.phv, t3.a + t3.b, t3.phv FROM ((SELECT 50 phv, * FROM prt1 WHERE prt1.b = 0) t1 FULL JOIN (SELECT 75 phv, * FROM prt2 WHERE prt2.a = 0) t2 ON (t1.a = t2.b)) FULL JOIN (SELECT 50 phv, * FROM prt1_e WHERE prt1_e.c = 0) t3 ON (t1.a = (t3.a + t3.b)/2) WHERE t1.a = t1.phv OR t2.b = t2.phv OR (t3.a + t3.b)/2 = t3.phv ORDER BY t1.a, t2.b, t3.a + t3.b
;;
SELECT t1.* FROM prt1 t1 WHERE t1.a IN (SELECT t1.b FROM prt2 t1, prt1_e t2 WHERE t1.a = 0 AND t1.b = (t2.a + t2.b)/2) AND t1.b = 0 ORDER BY t1.a
;;
SELECT t1.* FROM prt1 t1 WHERE t1.a IN (SELECT t1.b FROM prt2 t1 WHERE t1.b IN (SELECT (t1.a + t1.b)/2 FROM prt1_e t1 WHERE t1.c = 0)) AND t1.b = 0 ORDER BY t1.a
;;
SELECT t1.a, t2.b FROM (SELECT * FROM prt1 WHERE a < 450) t1 LEFT JOIN (SELECT * FROM prt2 WHERE b > 250) t2 ON t1.a = t2.b WHERE t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t2.b FROM prt1 t1, prt2 t2 WHERE t1::text = t2::text AND t1.a = t2.b ORDER BY t1.a
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM (SELECT * FROM prt1_m WHERE prt1_m.c = 0) t1 FULL JOIN (SELECT * FROM prt2_m WHERE prt2_m.c = 0) t2 ON (t1.a = (t2.b + t2.a)/2 AND t2.b = (t1.a + t1.b)/2) ORDER BY t1.a, t2.b
;;
SELECT avg(t1.a), avg(t2.b), avg(t3.a + t3.b), t1.c, t2.c, t3.c FROM plt1 t1, plt2 t2, plt1_e t3 WHERE t1.b = t2.b AND t1.c = t2.c AND ltrim(t3.c, 'A') = t1.c GROUP BY t1.c, t2.c, t3.c ORDER BY t1.c, t2.c, t3.c
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1_l t1, prt2_l t2 WHERE t1.a = t2.a AND t1.a = t2.b AND t1.c = t2.c ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1_l t1 LEFT JOIN prt2_l t2 ON t1.a = t2.b AND t1.c = t2.c WHERE t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1_l t1 RIGHT JOIN prt2_l t2 ON t1.a = t2.b AND t1.c = t2.c WHERE t2.a = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM (SELECT * FROM prt1_l WHERE prt1_l.b = 0) t1 FULL JOIN (SELECT * FROM prt2_l WHERE prt2_l.a = 0) t2 ON (t1.a = t2.b AND t1.c = t2.c) ORDER BY t1.a, t2.b
;;
SELECT * FROM prt1_l t1 LEFT JOIN LATERAL
			  (SELECT t2.a AS t2a, t2.c AS t2c, t2.b AS t2b, t3.b AS t3b, least(t1.a,t2.a,t3.b) FROM prt1_l t2 JOIN prt2_l t3 ON (t2.a = t3.b AND t2.c = t3.c)) ss
			  ON t1.a = ss.t2a AND t1.c = ss.t2c WHERE t1.b = 0 ORDER BY t1.a
;;
SELECT COUNT(*) FROM prt1_l t1 LEFT JOIN LATERAL
			  (SELECT t1.b AS t1b, t2.* FROM prt2_l t2) s
			  ON t1.a = s.b AND t1.b = s.a AND t1.c = s.c
			  WHERE s.t1b = s.a
;;
select * from prtx1
where not exists (select 1 from prtx2
                  where prtx2.a=prtx1.a and prtx2.b=prtx1.b and prtx2.c=123)
  and a<20 and c=120
;;
select * from prtx1
where not exists (select 1 from prtx2
                  where prtx2.a=prtx1.a and (prtx2.b=prtx1.b+1 or prtx2.c=99))
  and a<20 and c=91
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1_adv t1 INNER JOIN prt2_adv t2 ON (t1.a = t2.b) WHERE t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.* FROM prt1_adv t1 WHERE EXISTS (SELECT 1 FROM prt2_adv t2 WHERE t1.a = t2.b) AND t1.b = 0 ORDER BY t1.a
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1_adv t1 LEFT JOIN prt2_adv t2 ON (t1.a = t2.b) WHERE t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.* FROM prt1_adv t1 WHERE NOT EXISTS (SELECT 1 FROM prt2_adv t2 WHERE t1.a = t2.b) AND t1.b = 0 ORDER BY t1.a
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM (SELECT 175 phv, * FROM prt1_adv WHERE prt1_adv.b = 0) t1 FULL JOIN (SELECT 425 phv, * FROM prt2_adv WHERE prt2_adv.a = 0) t2 ON (t1.a = t2.b) WHERE t1.phv = t1.a OR t2.phv = t2.b ORDER BY t1.a, t2.b
;;
SELECT t1.b, t1.c, t2.a, t2.c, t3.a, t3.c FROM prt2_adv t1 LEFT JOIN prt1_adv t2 ON (t1.b = t2.a) INNER JOIN prt1_adv t3 ON (t1.b = t3.a) WHERE t1.a = 0 ORDER BY t1.b, t2.a, t3.a
;;
SELECT t1.a, t1.c, t2.b, t2.c, t3.a, t3.c FROM prt1_adv t1 LEFT JOIN prt2_adv t2 ON (t1.a = t2.b) LEFT JOIN prt3_adv t3 ON (t1.a = t3.a) WHERE t1.b = 0 ORDER BY t1.a, t2.b, t3.a
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1_adv t1 INNER JOIN prt2_adv t2 ON (t1.a = t2.b) WHERE t1.a < 300 AND t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.b, t2.c FROM prt1_adv t1 INNER JOIN prt2_adv t2 ON (t1.a = t2.b) WHERE t1.a >= 100 AND t1.a < 300 AND t1.b = 0 ORDER BY t1.a, t2.b
;;
SELECT t1.a, t1.c, t2.a, t2.c FROM plt1_adv t1 INNER JOIN plt2_adv t2 ON (t1.a = t2.a AND t1.c = t2.c) WHERE t1.b < 10 ORDER BY t1.a
;;
SELECT t1.* FROM plt1_adv t1 WHERE EXISTS (SELECT 1 FROM plt2_adv t2 WHERE t1.a = t2.a AND t1.c = t2.c) AND t1.b < 10 ORDER BY t1.a
;;
SELECT t1.a, t1.c, t2.a, t2.c FROM plt1_adv t1 LEFT JOIN plt2_adv t2 ON (t1.a = t2.a AND t1.c = t2.c) WHERE t1.b < 10 ORDER BY t1.a
;;
SELECT t1.* FROM plt1_adv t1 WHERE NOT EXISTS (SELECT 1 FROM plt2_adv t2 WHERE t1.a = t2.a AND t1.c = t2.c) AND t1.b < 10 ORDER BY t1.a
;;
SELECT t1.a, t1.c, t2.a, t2.c FROM plt1_adv t1 FULL JOIN plt2_adv t2 ON (t1.a = t2.a AND t1.c = t2.c) WHERE coalesce(t1.b, 0) < 10 AND coalesce(t2.b, 0) < 10 ORDER BY t1.a, t2.a
;;
SELECT t1.a, t1.c, t2.a, t2.c, t3.a, t3.c FROM plt1_adv t1 LEFT JOIN plt2_adv t2 ON (t1.a = t2.a AND t1.c = t2.c) LEFT JOIN plt1_adv t3 ON (t1.a = t3.a AND t1.c = t3.c) WHERE t1.b < 10 ORDER BY t1.a
;;
SELECT t1.a, t1.c, t2.a, t2.c FROM plt1_adv t1 INNER JOIN plt2_adv t2 ON (t1.a = t2.a AND t1.c = t2.c) WHERE t1.c IN ('0003', '0004', '0005') AND t1.b < 10 ORDER BY t1.a
;;
SELECT t1.a, t1.c, t2.a, t2.c FROM plt1_adv t1 LEFT JOIN plt2_adv t2 ON (t1.a = t2.a AND t1.c = t2.c) WHERE t1.c IS NULL AND t1.b < 10 ORDER BY t1.a
;;
SELECT t1.a, t1.c, t2.a, t2.c, t3.a, t3.c FROM (plt1_adv t1 LEFT JOIN plt2_adv t2 ON (t1.c = t2.c)) FULL JOIN plt3_adv t3 ON (t1.c = t3.c) WHERE coalesce(t1.a, 0) % 5 != 3 AND coalesce(t1.a, 0) % 5 != 4 ORDER BY t1.c, t1.a, t2.a, t3.a
;;
SELECT t1.*, t2.* FROM alpha t1 INNER JOIN beta t2 ON (t1.a = t2.a AND t1.b = t2.b) WHERE t1.b >= 125 AND t1.b < 225 ORDER BY t1.a, t1.b
;;
SELECT t1.*, t2.* FROM alpha t1 INNER JOIN beta t2 ON (t1.a = t2.a AND t1.c = t2.c) WHERE ((t1.b >= 100 AND t1.b < 110) OR (t1.b >= 200 AND t1.b < 210)) AND ((t2.b >= 100 AND t2.b < 110) OR (t2.b >= 200 AND t2.b < 210)) AND t1.c IN ('0004', '0009') ORDER BY t1.a, t1.b, t2.b
;;
SELECT t1.*, t2.* FROM alpha t1 INNER JOIN beta t2 ON (t1.a = t2.a AND t1.b = t2.b AND t1.c = t2.c) WHERE ((t1.b >= 100 AND t1.b < 110) OR (t1.b >= 200 AND t1.b < 210)) AND ((t2.b >= 100 AND t2.b < 110) OR (t2.b >= 200 AND t2.b < 210)) AND t1.c IN ('0004', '0009') ORDER BY t1.a, t1.b
;;
select * from boolpart where a in (true, false)
;;
select * from boolpart where not a = false
;;
select * from boolpart where a is true or a is not true
;;
select * from boolpart where a is not true
;;
select * from boolpart where a is not true and a is not false
;;
select * from boolpart where a is unknown
;;
select * from boolpart where a is not unknown
;;
delete from boolpart where a is null
;;
select * from boolpart where a is not false
;;
select * from iboolpart where a in (true, false)
;;
select * from iboolpart where not a = false
;;
select * from iboolpart where a is true or a is not true
;;
select * from iboolpart where a is not true
;;
select * from iboolpart where a is not true and a is not false
;;
select * from iboolpart where a is unknown
;;
select * from iboolpart where a is not unknown
;;
delete from iboolpart where a is null
;;
select * from iboolpart where a is not false
;;
select tableoid::regclass, * from hp order by c
;;
select explain_parallel_append('execute ab_q4 (2, 2)')
;;
delete from lprt_a where a = 1
;;
select explain_analyze('
update ab_a1 set b = 3 from ab where ab.a = 1 and ab.a = ab_a1.a;')
;;
table ab
;;
select tableoid::regclass, * from ab
;;
select tbl1.col1, tprt.col1 from tbl1
inner join tprt on tbl1.col1 > tprt.col1
order by tbl1.col1, tprt.col1
;;
select tbl1.col1, tprt.col1 from tbl1
inner join tprt on tbl1.col1 = tprt.col1
order by tbl1.col1, tprt.col1
;;
delete from tbl1
;;
select tbl1.col1, tprt.col1 from tbl1
inner join tprt on tbl1.col1 < tprt.col1
order by tbl1.col1, tprt.col1
;;
select * from listp where b = 1
;;
select tableoid::regclass, * from pph_arrpart order by 1
;;
select *
from (
      select * from p
      union all
      select * from q1
      union all
      select 1, 1, 1
     ) s(a, b, c)
where s.a = 1 and s.b = 1 and s.c = (select 1)
;;
select 'create table hp_prefix_test_p' || x::text || ' partition of hp_prefix_test for values with (modulus 8, remainder ' || x::text || ');'
from generate_Series(0,7) x
;;
select
  'explain (costs off) select tableoid::regclass,* from hp_prefix_test where ' ||
  string_agg(c.colname || case when g.s & (1 << c.colpos) = 0 then ' is null' else ' = ' || (colpos+1)::text end, ' and ' order by c.colpos)
from (values('a',0),('b',1),('c',2),('d',3)) c(colname, colpos), generate_Series(0,15) g(s)
group by g.s
order by g.s
;;
merge into part_abc_view pt
using (select stable_one() as pid) as q join part_abc_1 pt1 on (q.pid = pt1.a) on pt.a = pt1.a
when matched then delete returning pt.a
;;
table part_abc_view
;;
merge into part_abc_view pt
using (select stable_one() + 2 as pid) as q join part_abc_1 pt1 on (q.pid = pt1.a) on pt.a = pt1.a
when matched then delete returning pt.a
;;
merge into part_abc_view pt
using (select stable_one() + 1 as pid) as q join part_abc_2 pt2 on (q.pid = pt2.a) on pt.a = stable_one() + 2
when not matched then insert values (1, 'd', false) returning pt.a
;;
table part_abc_log
;;
select * from (select a, b from phv_part) t
  where a = 1
  group by grouping sets (a, b)
;;
select * from (select a::oid as x, b from phv_part) t
  where x::int = 1
  group by grouping sets (x, b)
;;
select * from (select a, b from phv_part) t
  where a is null
  group by grouping sets (a, b)
;;
select * from (select a, b from phv_boolpart) t
  where a is true
  group by grouping sets (a, b)
;;
SELECT rolname, regexp_replace(rolpassword, '(SCRAM-SHA-256)\$(\d+):([a-zA-Z0-9+/=]+)\$([a-zA-Z0-9+=/]+):([a-zA-Z0-9+/=]+)', '\1$\2:<salt>$<storedkey>:<serverkey>') as rolpassword_masked
    FROM pg_authid
    WHERE rolname LIKE 'regress_passwd%'
    ORDER BY rolname, rolpassword
;;
SELECT rolname, rolpassword
    FROM pg_authid
    WHERE rolname LIKE 'regress_passwd2_new'
    ORDER BY rolname, rolpassword
;;
SELECT rolpassword FROM pg_authid WHERE rolname='regress_passwd_empty'
;;
SELECT rolname, rolpassword not like '%A6xHKoH/494E941doaPOYg==%' as is_rolpassword_rehashed
    FROM pg_authid
    WHERE rolname LIKE 'regress_passwd_sha_len%'
    ORDER BY rolname
;;
SELECT f1 AS open_path FROM PATH_TBL WHERE isopen(f1)
;;
SELECT f1 AS closed_path FROM PATH_TBL WHERE isclosed(f1)
;;
SELECT pclose(f1) AS closed_path FROM PATH_TBL
;;
SELECT popen(f1) AS open_path FROM PATH_TBL
;;
SELECT MIN(f1), MAX(f1) FROM PG_LSN_TBL
;;
SELECT '0/0'::pg_lsn + ('FFFFFFFF/FFFFFFFF'::pg_lsn - '0/0'::pg_lsn)
;;
SELECT DISTINCT (i || '/' || j)::pg_lsn f
  FROM generate_series(1, 10) i,
       generate_series(1, 10) j,
       generate_series(1, 5) k
  WHERE i <= 10 AND j > 0 AND j <= 10
  ORDER BY f
;;
select cache_test(1)
;;
select cache_test_2()
;;
select f1 from abc
;;
select cachebug()
;;
select name, generic_plans, custom_plans from pg_prepared_statements
  where  name = 'test_mode_pp'
;;
update PSlot set backlink = 'WS.001.1a' where slotname = 'PS.base.a1'
;;
select * from WSlot where roomno = '001' order by slotname
;;
select * from PSlot where slotname ~ 'PS.base.a' order by slotname
;;
update WSlot set backlink = 'PS.base.a4' where slotname = 'WS.001.2b'
;;
update PField set name = 'PF0_2' where name = 'PF0_X'
;;
select * from PSlot order by slotname
;;
select * from WSlot order by slotname
;;
update PSlot set slotlink = 'PS.base.ta1' where slotname = 'PS.base.a1'
;;
select * from PField_v1 where pfname = 'PF0_1' order by slotname
;;
delete from HSlot
;;
SELECT recursion_test(4,3)
;;
select test_found()
;;
select * from found_test_tbl
;;
select * from test_table_func_rec()
;;
select * from test_table_func_row()
;;
select * from test_ret_set_scalar(1,10)
;;
SELECT * FROM test_ret_set_rec_dyn(1500) AS (a int, b int, c int)
;;
SELECT * FROM test_ret_set_rec_dyn(5) AS (a int, b numeric, c text)
;;
SELECT * FROM test_ret_rec_dyn(1500) AS (a int, b int, c int)
;;
SELECT * FROM test_ret_rec_dyn(5) AS (a int, b numeric, c text)
;;
select f1(point(3,4))
;;
select f1(array[2,4]) as int, f1(array[4.5, 7.7]) as num
;;
select f1(stavalues1) from pg_statistic
;;
select f1(int4range(42, 49)) as int, f1(float8range(4.5, 7.8)) as num
;;
select f1(int4range(42, 49), 11, 4.5) as fail
;;
select f1(int4range(42, 49), array[11]) as int, f1(float8range(4.5, 7.8), array[7]) as num
;;
select x, pg_typeof(x), y, pg_typeof(y)
  from f1(11, array[1, 2], 42, 34.5)
;;
select x, pg_typeof(x), y, pg_typeof(y)
  from f1(11, array[1, 2], point(1,2), point(3,4))
;;
select x, pg_typeof(x), y, pg_typeof(y)
  from f1(11, '{1,2}', point(1,2), '(3,4)')
;;
select * from f1(42)
;;
select * from duplic(42)
;;
select * from duplic(int4range(42,49))
;;
select * from duplic(textrange('aaa', 'bbb'))
;;
SELECT perform_test_func()
;;
SELECT * FROM perform_test
;;
select sp_id_user('user1')
;;
select sp_add_user('user1')
;;
select void_return_expr()
;;
select missing_return_expr()
;;
select execute_into_test('eifoo')
;;
select excpt_test1()
;;
select excpt_test2()
;;
select excpt_test3()
;;
select excpt_test4()
;;
select raise_exprs()
;;
select multi_datum_use(42)
;;
select stricttest()
;;
select shadowtest(1)
;;
select * from sc_test()
;;
select pl_qual_names(42)
;;
select * from ret_query1()
;;
select * from ret_query2(8)
;;
select exc_using(5, 'foobar')
;;
select forc01()
;;
select * from forc_test
;;
select * from return_dquery()
;;
select * from returnqueryf()
;;
select compos()
;;
select composrec()
;;
select * from compos()
;;
select raise_test()
;;
select stacked_diagnostics_test()
;;
select error_trap_test()
;;
select vari(1,2,3,4,5)
;;
select vari(variadic array[5,6,7])
;;
select pleast(10,1,2,3,-16)
;;
select * from tftest(10)
;;
select * from rttest()
;;
select * from no_such_table
;;
SELECT * FROM leaker_1(false)
;;
SELECT nonsimple_expr_test()
;;
select recurse(10)
;;
select error2('nonexistent.stuffs')
;;
select cast_invoker(20150717)
;;
select fail()
;;
select strtest()
;;
select * from conflict_test()
;;
select unreserved_test()
;;
select foreach_test(ARRAY[1,2,3,4])
;;
select foreach_test(ARRAY[[1,2],[3,4]])
;;
select foreach_test(ARRAY[[[1,2]],[[3,4]]])
;;
select foreach_test(ARRAY[(10,20),(40,69),(35,78)]::xy_tuple[])
;;
select foreach_test(ARRAY[[(10,20),(40,69)],[(35,78),(88,76)]]::xy_tuple[])
;;
select arrayassign1()
;;
select testoa(1,2,3)
;;
select consumes_rw_array(returns_rw_array(42))
;;
select i, a from
  (select returns_rw_array(1) as a offset 0) ss,
  lateral consumes_rw_array(a) i
;;
select consumes_rw_array(a), a from returns_rw_array(1) a
;;
select consumes_rw_array(a), a from
  (values (returns_rw_array(1)), (returns_rw_array(2))) v(a)
;;
select outer_outer_func(10)
;;
select current_function('foo')
;;
UPDATE transition_table_base
  SET val = '*' || val || '*'
  WHERE id BETWEEN 2 AND 3
;;
DELETE FROM transition_table_level2
  WHERE level2_no BETWEEN 301 AND 305
;;
DELETE FROM transition_table_level1
  WHERE level1_no = 25
;;
UPDATE transition_table_level1 SET level1_no = -1
  WHERE level1_no = 30
;;
UPDATE transition_table_level2 SET parent_no = 2000
  WHERE level2_no = 40
;;
DELETE FROM transition_table_level1
  WHERE level1_no BETWEEN 201 AND 1000
;;
SELECT count(*) FROM transition_table_level1
;;
SELECT count(*) FROM transition_table_level2
;;
UPDATE alter_table_under_transition_tables
  SET name = name || name
;;
UPDATE alter_table_under_transition_tables
  SET name = (name::text || name::text)::integer
;;
UPDATE alter_table_under_transition_tables
  SET id = id
;;
UPDATE multi_test SET i = i
;;
SELECT * FROM get_from_partitioned_table(1) AS t
;;
SELECT * FROM list_partitioned_table() AS t
;;
SELECT * FROM POINT_TBL
;;
SELECT p.* FROM POINT_TBL p WHERE p.f1 << '(0.0, 0.0)'
;;
SELECT p.* FROM POINT_TBL p WHERE '(0.0,0.0)' >> p.f1
;;
SELECT p.* FROM POINT_TBL p WHERE '(0.0,0.0)' |>> p.f1
;;
SELECT p.* FROM POINT_TBL p WHERE p.f1 <<| '(0.0, 0.0)'
;;
SELECT p.* FROM POINT_TBL p WHERE p.f1 ~= '(5.1, 34.5)'
;;
SELECT p.* FROM POINT_TBL p
   WHERE p.f1 <@ box '(0,0,100,100)'
;;
SELECT p.* FROM POINT_TBL p
   WHERE box '(0,0,100,100)' @> p.f1
;;
SELECT p.* FROM POINT_TBL p
   WHERE not p.f1 <@ box '(0,0,100,100)'
;;
SELECT p.* FROM POINT_TBL p
   WHERE not box '(0,0,100,100)' @> p.f1
;;
SELECT p.f1, p.f1 <-> point '(0,0)' AS dist
   FROM POINT_TBL p
   ORDER BY dist
;;
SELECT p1.f1 AS point1, p2.f1 AS point2, p1.f1 <-> p2.f1 AS dist
   FROM POINT_TBL p1, POINT_TBL p2
   ORDER BY dist, p1.f1[0], p2.f1[0]
;;
SELECT p1.f1 AS point1, p2.f1 AS point2
   FROM POINT_TBL p1, POINT_TBL p2
   WHERE (p1.f1 <-> p2.f1) > 3
;;
SELECT p1.f1 AS point1, p2.f1 AS point2, (p1.f1 <-> p2.f1) AS distance
   FROM POINT_TBL p1, POINT_TBL p2
   WHERE (p1.f1 <-> p2.f1) > 3 and p1.f1 << p2.f1
   ORDER BY distance, p1.f1[0], p2.f1[0]
;;
SELECT p1.f1 AS point1, p2.f1 AS point2, (p1.f1 <-> p2.f1) AS distance
   FROM POINT_TBL p1, POINT_TBL p2
   WHERE (p1.f1 <-> p2.f1) > 3 and p1.f1 << p2.f1 and p1.f1 |>> p2.f1
   ORDER BY distance
;;
SELECT COUNT(*) FROM point_gist_tbl WHERE f1 ~= '(0.0000009,0.0000009)'::point
;;
SELECT COUNT(*) FROM point_gist_tbl WHERE f1 <@ '(0.0000009,0.0000009),(0.0000009,0.0000009)'::box
;;
SELECT * FROM POLYGON_TBL
;;
SELECT count(*) FROM quad_poly_tbl WHERE p << polygon '((300,300),(400,600),(600,500),(700,200))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p &< polygon '((300,300),(400,600),(600,500),(700,200))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p && polygon '((300,300),(400,600),(600,500),(700,200))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p &> polygon '((300,300),(400,600),(600,500),(700,200))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p >> polygon '((300,300),(400,600),(600,500),(700,200))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p <<| polygon '((300,300),(400,600),(600,500),(700,200))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p &<| polygon '((300,300),(400,600),(600,500),(700,200))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p |&> polygon '((300,300),(400,600),(600,500),(700,200))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p |>> polygon '((300,300),(400,600),(600,500),(700,200))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p <@ polygon '((300,300),(400,600),(600,500),(700,200))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p @> polygon '((340,550),(343,552),(341,553))'
;;
SELECT count(*) FROM quad_poly_tbl WHERE p ~= polygon '((200, 300),(210, 310),(230, 290))'
;;
select polyf(42) as int, polyf(4.5) as num
;;
select polyf(point(3,4))
;;
select polyf(array[2,4]) as int, polyf(array[4.5, 7.7]) as num
;;
select polyf(stavalues1) from pg_statistic
;;
select polyf(int4range(42, 49)) as int, polyf(float8range(4.5, 7.8)) as num
;;
select polyf(int4range(42, 49), 11, 4.5) as fail
;;
select polyf(multirange(int4range(42, 49)), 11, 2::smallint) as int, polyf(multirange(float8range(4.5, 7.8)), 7.8, 11::real) as num
;;
select polyf(multirange(int4range(42, 49)), 11, 4.5) as fail
;;
select polyf(int4range(42, 49), array[11]) as int, polyf(float8range(4.5, 7.8), array[7]) as num
;;
select polyf(multirange(int4range(42, 49)), array[11]) as int, polyf(multirange(float8range(4.5, 7.8)), array[7]) as num
;;
select x, pg_typeof(x), y, pg_typeof(y)
  from polyf(11, array[1, 2], 42, 34.5)
;;
select x, pg_typeof(x), y, pg_typeof(y)
  from polyf(11, array[1, 2], point(1,2), point(3,4))
;;
select x, pg_typeof(x), y, pg_typeof(y)
  from polyf(11, '{1,2}', point(1,2), '(3,4)')
;;
select polyf(int4multirange(int4range(1,10), int4range(20,30)))
;;
select f3, myaggp01a(*) from t group by f3 order by f3
;;
select f3, myaggp03a(*) from t group by f3 order by f3
;;
select f3, myaggp03b(*) from t group by f3 order by f3
;;
select f3, myaggp05a(f1) from t group by f3 order by f3
;;
select f3, myaggp06a(f1) from t group by f3 order by f3
;;
select f3, myaggp08a(f1) from t group by f3 order by f3
;;
select f3, myaggp09a(f1) from t group by f3 order by f3
;;
select f3, myaggp09b(f1) from t group by f3 order by f3
;;
select f3, myaggp10a(f1) from t group by f3 order by f3
;;
select f3, myaggp10b(f1) from t group by f3 order by f3
;;
select f3, myaggp20a(f1) from t group by f3 order by f3
;;
select f3, myaggp20b(f1) from t group by f3 order by f3
;;
select f3, myaggn01a(*) from t group by f3 order by f3
;;
select f3, myaggn01b(*) from t group by f3 order by f3
;;
select f3, myaggn03a(*) from t group by f3 order by f3
;;
select f3, myaggn05a(f1) from t group by f3 order by f3
;;
select f3, myaggn05b(f1) from t group by f3 order by f3
;;
select f3, myaggn06a(f1) from t group by f3 order by f3
;;
select f3, myaggn06b(f1) from t group by f3 order by f3
;;
select f3, myaggn08a(f1) from t group by f3 order by f3
;;
select f3, myaggn08b(f1) from t group by f3 order by f3
;;
select f3, myaggn09a(f1) from t group by f3 order by f3
;;
select f3, myaggn10a(f1) from t group by f3 order by f3
;;
select mysum2(f1, f1 + 1) from t
;;
select f1, sql_if(f1 > 0, bleat(f1), bleat(f1 + 1)) from int4_tbl
;;
select q2, sql_if(q2 > 0, q2, q2 + 1) from int8_tbl
;;
SELECT array_larger_accum(i)
FROM (VALUES (ARRAY[1,2]), (ARRAY[3,4])) as t(i)
;;
SELECT array_larger_accum(i)
FROM (VALUES (ARRAY[row(1,2),row(3,4)]), (ARRAY[row(5,6),row(7,8)])) as t(i)
;;
select build_group(q1,3) from int8_tbl
;;
select first_el_agg_f8(x::float8) from generate_series(1,10) x
;;
select first_el_agg_any(x) from generate_series(1,10) x
;;
select first_el_agg_f8(x::float8) over(order by x) from generate_series(1,10) x
;;
select first_el_agg_any(x) over(order by x) from generate_series(1,10) x
;;
select distinct array_ndims(histogram_bounds) from pg_stats
where histogram_bounds is not null
;;
select max(histogram_bounds) from pg_stats where tablename = 'pg_am'
;;
select array_in('{1,2,3}','int4'::regtype,-1)
;;
select * from array_in('{1,2,3}','int4'::regtype,-1)
;;
select anyrange_in('[10,20)','int4range'::regtype,-1)
;;
select myleast(10, 1, 20, 33)
;;
select myleast(variadic array[1,2,3,4,-1])
;;
select myleast(variadic array[]::int[])
;;
select concat('%', 1, 2, 3, 4, 5)
;;
select concat('|', variadic array[1,2,33])
;;
select concat('|', variadic array[]::int[])
;;
select formarray(1,2,3,4,5)
;;
select formarray(1.1, variadic array[1.2,55.5])
;;
select formarray(1.1, array[1.2,55.5])
;;
select pg_typeof(1+1 = 2)
;;
select pg_typeof(pg_typeof(0))
;;
select pg_typeof(myleast(10, 1, 20, 33))
;;
select dfunc()
;;
select dfunc(to_date('20081215','YYYYMMDD'))
;;
select (dfunc(10,20,30)).*
;;
select (dfunc(a := 10, b := 20, c := 30)).*
;;
select * from dfunc(a := 10, b := 20)
;;
select * from dfunc(0)
;;
select * from dfunc(1,2,c := 3)
;;
select * from dfunc(1,2,d := 3)
;;
select * from dfunc(x := 20, b := 10, x := 30)
;;
select * from dfunc(10, b := 20, 30)
;;
select * from dfunc(x := 10, b := 20, c := 30)
;;
select * from dfunc(10, 10, a := 20)
;;
select * from dfunc(1,c := 2,d := 3)
;;
select * from dfunc(c := '2009-07-25'::date, a := 'Hello World', b := 20)
;;
select * from dfunc('Hello World', b := 20, c := '2009-07-25'::date)
;;
select * from dfunc(a := 'Hello', c := 100)
;;
select testpolym(37)
;;
select * from testpolym(37)
;;
select dfunc(a := 1, b := 2)
;;
select dfunc(a := 'a'::text, b := 'b', flag := false)
;;
select dfunc(a := 'a'::text, flag := true)
;;
select dfunc('a'::text, 'b', flag := false)
;;
select dfunc(a =>-1)
;;
select dfunc(a =>+1)
;;
select * from dfview
;;
select x, pg_typeof(x) from anyctest(11, 12) x
;;
select x, pg_typeof(x) from anyctest(11, point(1,2)) x
;;
select x, pg_typeof(x) from anyctest(11, array[1,2]) x
;;
select x, pg_typeof(x) from anyctest(11, array[point(1,2)]) x
;;
select x, pg_typeof(x) from anyctest(11, int4range(4,7)) x
;;
select x, pg_typeof(x) from anyctest(11, numrange(4,7)) x
;;
select x, pg_typeof(x) from anyctest(int4range(11,12), numrange(4,7)) x
;;
select x, pg_typeof(x) from anyctest(11, multirange(int4range(4,7))) x
;;
select x, pg_typeof(x) from anyctest(11, multirange(numrange(4,7))) x
;;
select x, pg_typeof(x) from anyctest(multirange(int4range(11,12)), multirange(numrange(4,7))) x
;;
select x, pg_typeof(x) from anyctest(11, array[1, 2], point(1,2), point(3,4)) x
;;
select x, pg_typeof(x) from anyctest(variadic array[11, 12]) x
;;
SELECT name, statement, is_holdable, is_binary, is_scrollable FROM pg_cursors ORDER BY 1
;;
SELECT name, statement, is_holdable, is_binary, is_scrollable FROM pg_cursors
;;
SELECT declares_cursor('AB%')
;;
delete from tt1
;;
SELECT name FROM pg_cursors ORDER BY 1
;;
SELECT * FROM uctest
;;
DELETE FROM uctest WHERE CURRENT OF c1
;;
UPDATE uctest SET f1 = 8 WHERE CURRENT OF c1
;;
UPDATE uctest SET f1 = f1 + 10 WHERE CURRENT OF c1
;;
DELETE FROM uctest WHERE f1 = 10
;;
DELETE FROM uctest WHERE CURRENT OF cx
;;
DELETE FROM uctest WHERE CURRENT OF c
;;
DELETE FROM tenk1 WHERE CURRENT OF c
;;
DELETE FROM ucview WHERE CURRENT OF c1
;;
UPDATE ucview SET f1 = f1 + 10 WHERE CURRENT OF c1
;;
DELETE FROM onek WHERE CURRENT OF c1
;;
SELECT stringu1 FROM onek WHERE stringu1 = 'DZAAAA'
;;
DELETE FROM current_check WHERE CURRENT OF c1 RETURNING *
;;
SELECT * FROM current_check
;;
UPDATE cursor SET a = 2
;;
SELECT * FROM pred_tab t1
    LEFT JOIN pred_tab t2 ON TRUE
    LEFT JOIN pred_tab_notnull t3 ON t2.a = t3.a
    LEFT JOIN pred_tab t4 ON t3.b IS NOT NULL
;;
SELECT * FROM pred_tab t1
    LEFT JOIN pred_tab t2 ON TRUE
    LEFT JOIN pred_tab_notnull t3 ON t2.a = t3.a
    LEFT JOIN pred_tab t4 ON t3.b IS NULL AND t3.a IS NOT NULL
;;
SELECT name, statement, parameter_types, result_types FROM pg_prepared_statements
;;
SELECT * FROM q5_prep_results
;;
SELECT * FROM q5_prep_nodata
;;
SELECT name, statement, parameter_types, result_types FROM pg_prepared_statements
    ORDER BY name
;;
SELECT name, statement, parameter_types FROM pg_prepared_statements
    ORDER BY name
;;
UPDATE pxtest1 SET foobar = 'bbb' WHERE foobar = 'aaa'
;;
SELECT * FROM pxtest1
;;
SELECT gid FROM pg_prepared_xacts WHERE gid ~ '^regress_' ORDER BY gid
;;
SELECT pg_advisory_lock(1)
;;
SELECT pg_advisory_xact_lock_shared(1)
;;
SELECT * FROM pxtest2
;;
SELECT * FROM pxtest3
;;
SELECT * FROM pxtest_rowlock WHERE id = 1 FOR SHARE
;;
SELECT * FROM pxtest_rowlock WHERE id = 1 FOR UPDATE NOWAIT
;;
SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE oid >= 1000 AND oid < 3000 ORDER BY oid
;;
SELECT member::regrole, admin_option FROM pg_auth_members WHERE roleid = 'regress_priv_user1'::regrole
;;
SELECT grantor::regrole FROM pg_auth_members WHERE roleid = 'regress_priv_user1'::regrole and member = 'regress_priv_user4'::regrole
;;
SELECT session_user, current_role, current_user, current_setting('role') as role
;;
SELECT session_user = current_role as c_r_ok, session_user = current_user as c_u_ok, current_setting('role') as role
;;
SELECT session_user, current_user
;;
SELECT * FROM atest1
;;
DELETE FROM atest1
;;
UPDATE atest1 SET a = 1 WHERE b = 'blech'
;;
SELECT pg_get_acl('pg_class'::regclass, 'atest2'::regclass::oid, 0)
;;
SELECT unnest(pg_get_acl('pg_class'::regclass, 'atest2'::regclass::oid, 0))
;;
SELECT pg_get_acl('pg_class'::regclass, 0, 0)
;;
SELECT * FROM atest2
;;
UPDATE atest1 SET a = 1 WHERE a = 2
;;
UPDATE atest2 SET col2 = NOT col2
;;
SELECT * FROM atest1 FOR UPDATE
;;
SELECT * FROM atest2 FOR UPDATE
;;
DELETE FROM atest2
;;
SELECT * FROM atest1 WHERE ( b IN ( SELECT col1 FROM atest2 ) )
;;
SELECT * FROM atest2 WHERE ( col1 IN ( SELECT b FROM atest1 ) )
;;
UPDATE atest2 SET col2 = true
;;
UPDATE pg_catalog.pg_class SET relname = '123'
;;
DELETE FROM pg_catalog.pg_class
;;
UPDATE pg_toast.pg_toast_1213 SET chunk_id = 1
;;
UPDATE atest2 SET col2 = true FROM atest1 WHERE atest1.a = 5
;;
SELECT * FROM atest3
;;
DELETE FROM atest3
;;
SELECT * FROM atestv1
;;
SELECT * FROM atestv2
;;
SELECT * FROM atestv3
;;
SELECT * FROM atestv0
;;
select * from
  ((select a.q1 as x from int8_tbl a offset 0)
   union all
   (select b.q2 as x from int8_tbl b offset 0)) ss
where false
;;
select * from
  ((select a.q1 as x, random() from int8_tbl a where q1 > 0)
   union all
   (select b.q2 as x, random() from int8_tbl b where q2 > 0)) ss
where x < 0
;;
SELECT * FROM atestv4
;;
SELECT * FROM atest5
;;
SELECT one FROM atest5
;;
SELECT two FROM atest5
;;
SELECT atest5 FROM atest5
;;
SELECT 1 FROM atest5
;;
SELECT 1 FROM atest5 a JOIN atest5 b USING (one)
;;
SELECT 1 FROM atest5 a JOIN atest5 b USING (two)
;;
SELECT 1 FROM atest5 a NATURAL JOIN atest5 b
;;
SELECT * FROM (atest5 a JOIN atest5 b USING (one)) j
;;
SELECT j.* FROM (atest5 a JOIN atest5 b USING (one)) j
;;
SELECT (j.*) IS NULL FROM (atest5 a JOIN atest5 b USING (one)) j
;;
SELECT one FROM (atest5 a JOIN atest5 b(one,x,y,z) USING (one)) j
;;
SELECT j.one FROM (atest5 a JOIN atest5 b(one,x,y,z) USING (one)) j
;;
SELECT two FROM (atest5 a JOIN atest5 b(one,x,y,z) USING (one)) j
;;
SELECT j.two FROM (atest5 a JOIN atest5 b(one,x,y,z) USING (one)) j
;;
SELECT y FROM (atest5 a JOIN atest5 b(one,x,y,z) USING (one)) j
;;
SELECT j.y FROM (atest5 a JOIN atest5 b(one,x,y,z) USING (one)) j
;;
SELECT a.* FROM (atest5 a JOIN atest5 b USING (one))
;;
SELECT (a.*) IS NULL FROM (atest5 a JOIN atest5 b USING (one))
;;
SELECT a.two FROM (atest5 a JOIN atest5 b(one,x,y,z) USING (one))
;;
SELECT b.y FROM (atest5 a JOIN atest5 b(one,x,y,z) USING (one))
;;
SELECT y FROM (atest5 a LEFT JOIN atest5 b(one,x,y,z) USING (one))
;;
SELECT b.y FROM (atest5 a LEFT JOIN atest5 b(one,x,y,z) USING (one))
;;
SELECT y FROM (atest5 a FULL JOIN atest5 b(one,x,y,z) USING (one))
;;
SELECT b.y FROM (atest5 a FULL JOIN atest5 b(one,x,y,z) USING (one))
;;
SELECT 1 FROM atest5 WHERE two = 2
;;
SELECT * FROM atest1, atest5
;;
SELECT atest1.* FROM atest1, atest5
;;
SELECT atest1.*,atest5.one FROM atest1, atest5
;;
SELECT atest1.*,atest5.one FROM atest1 JOIN atest5 ON (atest1.a = atest5.two)
;;
SELECT atest1.*,atest5.one FROM atest1 JOIN atest5 ON (atest1.a = atest5.one)
;;
SELECT one, two FROM atest5
;;
SELECT one, two FROM atest5 NATURAL JOIN atest6
;;
UPDATE atest5 SET three = 10
;;
UPDATE atest5 SET one = 8
;;
UPDATE atest5 SET three = 5, one = 2
;;
SELECT atest6 FROM atest6
;;
MERGE INTO mtarget t USING msource s ON t.a = s.a
WHEN MATCHED THEN
	UPDATE SET b = s.b
WHEN NOT MATCHED THEN
	INSERT VALUES (a, NULL)
;;
MERGE INTO mtarget t USING msource s ON t.a = s.a
WHEN MATCHED THEN
	UPDATE SET b = 'x'
WHEN NOT MATCHED THEN
	INSERT VALUES (a, b)
;;
MERGE INTO mtarget t USING msource s ON t.a = s.a
WHEN MATCHED AND s.b = 'x' THEN
	UPDATE SET b = 'x'
WHEN NOT MATCHED THEN
	INSERT VALUES (a, NULL)
;;
MERGE INTO mtarget t USING msource s ON t.a = s.a
WHEN MATCHED THEN
	UPDATE SET b = 'ok'
WHEN NOT MATCHED THEN
	INSERT VALUES (a, NULL)
;;
MERGE INTO mtarget t USING msource s ON t.a = s.a
WHEN MATCHED THEN
	UPDATE SET b = s.b
WHEN NOT MATCHED THEN
	INSERT VALUES (a, b)
;;
MERGE INTO mtarget t USING msource s ON t.a = s.a
WHEN MATCHED THEN
	UPDATE SET b = t.b
WHEN NOT MATCHED THEN
	INSERT VALUES (a, NULL)
;;
MERGE INTO mtarget t USING msource s ON t.a = s.a
WHEN MATCHED THEN
	UPDATE SET b = s.b, a = t.a + 1
WHEN NOT MATCHED THEN
	INSERT VALUES (a, b)
;;
MERGE INTO mtarget t USING msource s ON t.a = s.a
WHEN MATCHED AND t.b IS NOT NULL THEN
	UPDATE SET b = s.b
WHEN NOT MATCHED THEN
	INSERT VALUES (a, b)
;;
MERGE INTO mtarget t USING msource s ON t.a = s.a
WHEN MATCHED THEN
	UPDATE SET b = s.b
;;
MERGE INTO mtarget t USING msource s ON t.a = s.a
WHEN MATCHED AND t.b IS NOT NULL THEN
	DELETE
;;
UPDATE t1 SET c2 = 1
;;
UPDATE t1 SET c3 = 10
;;
UPDATE errtst SET b = NULL
;;
UPDATE errtst SET a = 'aaa', b = NULL
;;
UPDATE errtst SET a = 'aaaa', b = NULL WHERE a = 'aaa'
;;
SELECT one FROM atest5 NATURAL JOIN atest6
;;
SELECT * FROM atest6
;;
SELECT 1 FROM atest6
;;
DELETE FROM atest5 WHERE one = 1
;;
DELETE FROM atest5 WHERE two = 2
;;
SELECT fx FROM atestp2
;;
SELECT fy FROM atestp2
;;
SELECT atestp2 FROM atestp2
;;
SELECT tableoid FROM atestp2
;;
SELECT fy FROM atestc
;;
SELECT f2 FROM atestp1
;;
SELECT f2 FROM atestc
;;
DELETE FROM atestp1
;;
DELETE FROM atestc
;;
UPDATE atestp1 SET f1 = 1
;;
UPDATE atestc SET f1 = 1
;;
SELECT priv_testfunc1(5), priv_testfunc2(5)
;;
SELECT priv_testagg1(x) FROM (VALUES (1), (2), (3)) _(x)
;;
SELECT priv_testfunc1(5)
;;
SELECT col1 FROM atest2 WHERE col2 = true
;;
SELECT priv_testfunc4(true)
;;
SELECT '{1}'::int4[]::int8[]
;;
select has_table_privilege(NULL,'pg_authid','select')
;;
select has_table_privilege(current_user,'pg_authid','select')
;;
select has_table_privilege(t2.oid,'pg_authid','update')
from (select oid from pg_roles where rolname = current_user) as t2
;;
select has_table_privilege(current_user,t1.oid,'references')
from (select oid from pg_class where relname = 'pg_authid') as t1
;;
select has_table_privilege(t2.oid,t1.oid,'select')
from (select oid from pg_class where relname = 'pg_authid') as t1,
  (select oid from pg_roles where rolname = current_user) as t2
;;
select has_table_privilege(t1.oid,'select')
from (select oid from pg_class where relname = 'pg_authid') as t1
;;
select has_column_privilege('pg_authid',NULL,'select')
;;
SELECT dogrant_ok()
;;
SELECT has_sequence_privilege('regress_priv_user1', 'atest1', 'SELECT')
;;
SELECT loread(lo_open(1001, x'20000'::int), 32)
;;
SELECT lowrite(lo_open(1001, x'40000'::int), 'abcd')
;;
SELECT oid, pg_get_userbyid(lomowner) ownername, lomacl FROM pg_largeobject_metadata WHERE oid >= 1000 AND oid < 3000 ORDER BY oid
;;
SELECT lo_truncate(lo_open(1005, x'20000'::int), 10)
;;
SELECT has_largeobject_privilege(1001, 'SELECT')
;;
SELECT lo_export(1001, '/dev/null')
;;
SELECT lo_import('/dev/null')
;;
SELECT * FROM pg_largeobject LIMIT 0
;;
SELECT backend_type FROM pg_stat_activity
WHERE CASE WHEN COALESCE(usesysid, 10) = 10 THEN terminate_nothrow(pid) END
;;
SELECT
	pg_has_role('regress_priv_user1', 'pg_database_owner', 'USAGE') as priv,
	pg_has_role('regress_priv_user1', 'pg_database_owner', 'MEMBER') as mem,
	pg_has_role('regress_priv_user1', 'pg_database_owner',
				'MEMBER WITH ADMIN OPTION') as admin
;;
TABLE information_schema.enabled_roles ORDER BY role_name COLLATE "C"
;;
TABLE information_schema.applicable_roles ORDER BY role_name COLLATE "C"
;;
TABLE information_schema.enabled_roles
;;
SELECT makeaclitem('regress_priv_user1'::regrole, 'regress_priv_user2'::regrole,
	'SELECT', TRUE)
;;
SELECT has_schema_privilege('regress_priv_user2', 'testns2', 'USAGE')
;;
SELECT count(*) FROM pg_shdepend
  WHERE deptype = 'a' AND
        refobjid = 'regress_priv_user2'::regrole AND
	classid = 'pg_default_acl'::regclass
;;
SELECT has_type_privilege('regress_priv_user2', 'testns.priv_testdomain1', 'USAGE')
;;
SELECT count(*)
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON defaclnamespace = n.oid
  WHERE nspname = 'testns'
;;
SELECT d.*     -- check that entries went away
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON defaclnamespace = n.oid
  WHERE nspname IS NULL AND defaclnamespace != 0
;;
SELECT nspname, rolname FROM pg_namespace, pg_roles WHERE pg_namespace.nspname = 'testns' AND pg_namespace.nspowner = pg_roles.oid
;;
SELECT COUNT(*) >= 0 AS ok FROM pg_aios
;;
SELECT COUNT(*) >= 0 AS ok FROM pg_backend_memory_contexts
;;
SELECT COUNT(*) >= 0 AS ok FROM pg_shmem_allocations
;;
SELECT member::regrole::text, CASE WHEN grantor = 10 THEN 'BOOTSTRAP SUPERUSER' ELSE grantor::regrole::text END FROM pg_auth_members WHERE roleid = 'regress_group'::regrole ORDER BY 1, 2
;;
SELECT * FROM information_schema.table_privileges t
	WHERE grantor LIKE 'regress_grantor%' ORDER BY ROW(t.*)
;;
SELECT name, statement FROM pg_prepared_statements ORDER BY name
;;
TABLE bububu
;;
select format('create index on gexec_test(%I)', attname)
from pg_attribute
where attrelid = 'gexec_test'::regclass and attnum > 0
order by attnum
;;
select 'select 1 as ones', 'select x.y, x.y*2 as double from generate_series(1,4) as x(y)'
union all
select 'drop table gexec_test', NULL
union all
select 'drop table gexec_test', 'select ''2000-01-01''::date as party_over'
;;
select n, -n as m, n * 111 as x, '1e90'::float8 as f
from generate_series(0,3) n
;;
SELECT 1 AS stuff UNION SELECT 2
;;
select unique2 from tenk1 order by unique2 limit 19
;;
select 1/(15-unique2) from tenk1 order by unique2 limit 19
;;
SELECT * FROM ac_test
;;
SELECT * FROM oer_test
;;
SELECT * FROM notexists
;;
SELECT line FROM reload_output ORDER BY lineno
;;
SELECT max(unique1) FROM onek
;;
UPDATE onek SET unique1 = unique1 WHERE false
;;
SELECT psql_error('oops!')
;;
SELECT * FROM bla ORDER BY 1
;;
SELECT v, EXTRACT(year FROM d), count(*)
 FROM ctv_data
 GROUP BY 1, 2
 ORDER BY 1, 2
;;
SELECT obj_description(p.oid, 'pg_publication') FROM pg_publication p
;;
SELECT pubname, puballtables FROM pg_publication WHERE pubname = 'testpub_foralltables'
;;
UPDATE testpub_parted1 SET a = 1
;;
UPDATE testpub_parted SET a = 1 WHERE false
;;
UPDATE testpub_parted2 SET a = 2
;;
UPDATE rf_tbl_abcd_pk SET a = 1
;;
UPDATE rf_tbl_abcd_nopk SET a = 1
;;
UPDATE rf_tbl_abcd_part_pk SET a = 1
;;
UPDATE testpub_gencol SET a = 100 WHERE a = 1
;;
UPDATE testpub_tbl5 SET a = 1
;;
UPDATE testpub_tbl5d SET a = 1
;;
UPDATE testpub_tbl6 SET a = 1
;;
UPDATE testpub_tbl8 SET a = 1
;;
UPDATE testpub_tbl4 set a = 2
;;
UPDATE pub_test.testpub_addpk SET id = 2
;;
UPDATE pub_test1.tbl SET id = 2
;;
UPDATE pub_testpart2.child_parent1 set a = 1
;;
UPDATE pub_testpart1.parent1 set a = 1
;;
UPDATE pub_testpart1.child_parent2 set a = 1
;;
UPDATE pub_testpart2.parent2 set a = 1
;;
SELECT * FROM pg_publication_tables
;;
MERGE INTO testpub_merge_no_ri USING testpub_merge_pk s ON s.a >= 1
 WHEN MATCHED THEN UPDATE SET b = s.b
;;
MERGE INTO testpub_merge_no_ri USING testpub_merge_pk s ON s.a >= 1
 WHEN MATCHED THEN DELETE
;;
MERGE INTO testpub_merge_no_ri USING testpub_merge_pk s ON s.a >= 1
 WHEN MATCHED THEN DO NOTHING
 WHEN NOT MATCHED THEN INSERT (a, b) VALUES (0, 0)
;;
MERGE INTO testpub_merge_pk USING testpub_merge_no_ri s ON s.a >= 1
 WHEN MATCHED AND s.a > 0 THEN UPDATE SET b = s.b
 WHEN MATCHED THEN DELETE
;;
SELECT r, count(*)
FROM (SELECT random() r FROM generate_series(1, 1000)) ss
GROUP BY r HAVING count(*) > 1
;;
SELECT count(*) FILTER (WHERE r < 0 OR r >= 1) AS out_of_range,
       (count(*) FILTER (WHERE r < 0.01)) > 0 AS has_small,
       (count(*) FILTER (WHERE r > 0.99)) > 0 AS has_large
FROM (SELECT random() r FROM generate_series(1, 2000)) ss
;;
SELECT ks_test_uniform_random() OR
       ks_test_uniform_random() OR
       ks_test_uniform_random() AS uniform
;;
SELECT r, count(*)
FROM (SELECT random_normal() r FROM generate_series(1, 1000)) ss
GROUP BY r HAVING count(*) > 1
;;
SELECT r, count(*)
FROM (SELECT random_normal(10, 0) r FROM generate_series(1, 100)) ss
GROUP BY r
;;
SELECT ks_test_normal_random() OR
       ks_test_normal_random() OR
       ks_test_normal_random() AS standard_normal
;;
SELECT random(1, 0)
;;
SELECT r, count(*)
FROM (SELECT random_normal(0, 1 - 1e-15) r
      FROM generate_series(1, 1000)) ss
GROUP BY r HAVING count(*) > 1
;;
SELECT (count(*) FILTER (WHERE r < -2104533975)) > 0 AS has_small,
       (count(*) FILTER (WHERE r > 2104533974)) > 0 AS has_large
FROM (SELECT random(-2147483648, 2147483647) r FROM generate_series(1, 2000)) ss
;;
SELECT count(*) FILTER (WHERE r < -1500000000 OR r > 1500000000) AS out_of_range,
       (count(*) FILTER (WHERE r < -1470000000)) > 0 AS has_small,
       (count(*) FILTER (WHERE r > 1470000000)) > 0 AS has_large
FROM (SELECT random(-1500000000, 1500000000) r FROM generate_series(1, 2000)) ss
;;
SELECT min(r), max(r), count(r) FROM (
  SELECT DISTINCT random(-50, 49) r FROM generate_series(1, 2500))
;;
SELECT ks_test_uniform_random_int_in_range() OR
       ks_test_uniform_random_int_in_range() OR
       ks_test_uniform_random_int_in_range() AS uniform_int
;;
SELECT ks_test_uniform_random_bigint_in_range() OR
       ks_test_uniform_random_bigint_in_range() OR
       ks_test_uniform_random_bigint_in_range() AS uniform_bigint
;;
SELECT ks_test_uniform_random_numeric_in_range() OR
       ks_test_uniform_random_numeric_in_range() OR
       ks_test_uniform_random_numeric_in_range() AS uniform_numeric
;;
SELECT setseed(0.5)
;;
SELECT random() FROM generate_series(1, 10)
;;
SELECT random_normal() FROM generate_series(1, 10)
;;
SELECT random_normal(mean => 1, stddev => 0.1) r FROM generate_series(1, 10)
;;
SELECT random(0, 1 - 1e-30) FROM generate_series(1, 10)
;;
SELECT n, random(0, trim_scale(abs(1 - 10.0^(-n)))) FROM generate_series(-20, 20) n
;;
select * from rngfunct(1) with ordinality as z(a,b,ord)
;;
select * from rngfunct(1) with ordinality as z(a,b,ord) where b > 100
;;
select a,b,ord from rngfunct(1) with ordinality as z(a,b,ord)
;;
select a,ord from unnest(array['a','b']) with ordinality as z(a,ord)
;;
select * from unnest(array['a','b']) with ordinality as z(a,ord)
;;
select row_to_json(s.*) from generate_series(11,14) with ordinality s
;;
select * from vw_ord
;;
select definition from pg_views where viewname='vw_ord'
;;
select * from rows from(rngfunct(1),rngfunct(2)) with ordinality as z(a,b,c,d,ord)
;;
select * from rows from(unnest(array[10,20],array['foo','bar'],array[1.0])) with ordinality as z(a,b,c,ord)
;;
select * from rows from(unnest(array[10,20],array['foo','bar']), generate_series(101,102)) with ordinality as z(a,b,c,ord)
;;
select * from rngfunc2, rngfunct(rngfunc2.rngfuncid) z where rngfunc2.f2 = z.f2
;;
select * from rngfunc2, rngfunct(rngfunc2.rngfuncid) with ordinality as z(rngfuncid,f2,ord) where rngfunc2.f2 = z.f2
;;
select * from rngfunc2 where f2 in (select f2 from rngfunct(rngfunc2.rngfuncid) z where z.rngfuncid = rngfunc2.rngfuncid) ORDER BY 1,2
;;
select * from rngfunc2 where f2 in (select f2 from rngfunct(1) z where z.rngfuncid = rngfunc2.rngfuncid) ORDER BY 1,2
;;
select * from rngfunc2 where f2 in (select f2 from rngfunct(rngfunc2.rngfuncid) z where z.rngfuncid = 1) ORDER BY 1,2
;;
select rngfunct.rngfuncid, rngfunct.f2 from rngfunct(sin(pi()/2)::int) ORDER BY 1,2
;;
SELECT * FROM getrngfunc1(1) AS t1
;;
SELECT * FROM getrngfunc1(1) WITH ORDINALITY AS t1(v,o)
;;
SELECT * FROM vw_getrngfunc
;;
SELECT * FROM getrngfunc2(1) AS t1
;;
SELECT * FROM getrngfunc2(1) WITH ORDINALITY AS t1(v,o)
;;
SELECT * FROM getrngfunc3(1) AS t1
;;
SELECT * FROM getrngfunc3(1) WITH ORDINALITY AS t1(v,o)
;;
SELECT * FROM getrngfunc4(1) AS t1
;;
SELECT * FROM getrngfunc4(1) WITH ORDINALITY AS t1(a,b,c,o)
;;
SELECT * FROM getrngfunc5(1) AS t1
;;
SELECT * FROM getrngfunc5(1) WITH ORDINALITY AS t1(a,b,c,o)
;;
SELECT * FROM getrngfunc6(1) AS t1(rngfuncid int, rngfuncsubid int, rngfuncname text)
;;
SELECT * FROM ROWS FROM( getrngfunc6(1) AS (rngfuncid int, rngfuncsubid int, rngfuncname text) ) WITH ORDINALITY
;;
SELECT * FROM getrngfunc7(1) AS t1(rngfuncid int, rngfuncsubid int, rngfuncname text)
;;
SELECT * FROM ROWS FROM( getrngfunc7(1) AS (rngfuncid int, rngfuncsubid int, rngfuncname text) ) WITH ORDINALITY
;;
SELECT * FROM getrngfunc8(1) AS t1
;;
SELECT * FROM getrngfunc8(1) WITH ORDINALITY AS t1(v,o)
;;
SELECT * FROM getrngfunc9(1) AS t1
;;
SELECT * FROM getrngfunc9(1) WITH ORDINALITY AS t1(a,b,c,o)
;;
select * from rows from(getrngfunc1(1),getrngfunc2(1),getrngfunc3(1),getrngfunc4(1),getrngfunc5(1),
                    getrngfunc6(1) AS (rngfuncid int, rngfuncsubid int, rngfuncname text),
                    getrngfunc7(1) AS (rngfuncid int, rngfuncsubid int, rngfuncname text),
                    getrngfunc8(1),getrngfunc9(1))
              with ordinality as t1(a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q,r,s,t,u)
;;
select * from rows from(getrngfunc9(1),getrngfunc8(1),
                    getrngfunc7(1) AS (rngfuncid int, rngfuncsubid int, rngfuncname text),
                    getrngfunc6(1) AS (rngfuncid int, rngfuncsubid int, rngfuncname text),
                    getrngfunc5(1),getrngfunc4(1),getrngfunc3(1),getrngfunc2(1),getrngfunc1(1))
              with ordinality as t1(a,b,c,d,e,f,g,h,i,j,k,l,m,o,p,q,r,s,t,u)
;;
select * from vw_rngfunc
;;
SELECT setval('rngfunc_rescan_seq1',1,false),setval('rngfunc_rescan_seq2',1,false)
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r) LEFT JOIN rngfunc_sql(11,13) ON (r+i)<100
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r) LEFT JOIN rngfunc_sql(11,13) WITH ORDINALITY AS f(i,s,o) ON (r+i)<100
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r) LEFT JOIN rngfunc_mat(11,13) ON (r+i)<100
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r) LEFT JOIN rngfunc_mat(11,13) WITH ORDINALITY AS f(i,s,o) ON (r+i)<100
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r) LEFT JOIN ROWS FROM( rngfunc_sql(11,13), rngfunc_mat(11,13) ) WITH ORDINALITY AS f(i1,s1,i2,s2,o) ON (r+i1+i2)<100
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r) LEFT JOIN generate_series(11,13) f(i) ON (r+i)<100
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r) LEFT JOIN generate_series(11,13) WITH ORDINALITY AS f(i,o) ON (r+i)<100
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r) LEFT JOIN unnest(array[10,20,30]) f(i) ON (r+i)<100
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r) LEFT JOIN unnest(array[10,20,30]) WITH ORDINALITY AS f(i,o) ON (r+i)<100
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), rngfunc_sql(10+r,13)
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), rngfunc_sql(10+r,13) WITH ORDINALITY AS f(i,s,o)
;;
SELECT * FROM (VALUES (11,12),(13,15),(16,20)) v(r1,r2), rngfunc_sql(r1,r2)
;;
SELECT * FROM (VALUES (11,12),(13,15),(16,20)) v(r1,r2), rngfunc_sql(r1,r2) WITH ORDINALITY AS f(i,s,o)
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), rngfunc_mat(10+r,13)
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), rngfunc_mat(10+r,13) WITH ORDINALITY AS f(i,s,o)
;;
SELECT * FROM (VALUES (11,12),(13,15),(16,20)) v(r1,r2), rngfunc_mat(r1,r2)
;;
SELECT * FROM (VALUES (11,12),(13,15),(16,20)) v(r1,r2), rngfunc_mat(r1,r2) WITH ORDINALITY AS f(i,s,o)
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), ROWS FROM( rngfunc_sql(11,11), rngfunc_mat(10+r,13) )
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), ROWS FROM( rngfunc_sql(10+r,13), rngfunc_mat(11,11) )
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), ROWS FROM( rngfunc_sql(10+r,13), rngfunc_mat(10+r,13) )
;;
SELECT * FROM generate_series(1,2) r1, generate_series(r1,3) r2, ROWS FROM( rngfunc_sql(10+r1,13), rngfunc_mat(10+r2,13) )
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), generate_series(10+r,20-r) f(i)
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), generate_series(10+r,20-r) WITH ORDINALITY AS f(i,o)
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), unnest(array[r*10,r*20,r*30]) f(i)
;;
SELECT * FROM (VALUES (1),(2),(3)) v(r), unnest(array[r*10,r*20,r*30]) WITH ORDINALITY AS f(i,o)
;;
SELECT * FROM (VALUES (1),(2),(3)) v1(r1),
              LATERAL (SELECT r1, * FROM (VALUES (10),(20),(30)) v2(r2)
LEFT JOIN generate_series(21,23) f(i) ON ((r2+i)<100) OFFSET 0) s1
;;
SELECT * FROM (VALUES (1),(2),(3)) v1(r1),
              LATERAL (SELECT r1, * FROM (VALUES (10),(20),(30)) v2(r2)
LEFT JOIN generate_series(20+r1,23) f(i) ON ((r2+i)<100) OFFSET 0) s1
;;
SELECT * FROM (VALUES (1),(2),(3)) v1(r1),
              LATERAL (SELECT r1, * FROM (VALUES (10),(20),(30)) v2(r2)
LEFT JOIN generate_series(r2,r2+3) f(i) ON ((r2+i)<100) OFFSET 0) s1
;;
SELECT * FROM (VALUES (1),(2),(3)) v1(r1),
              LATERAL (SELECT r1, * FROM (VALUES (10),(20),(30)) v2(r2)
LEFT JOIN generate_series(r1,2+r2/5) f(i) ON ((r2+i)<100) OFFSET 0) s1
;;
SELECT *
FROM (VALUES (1),(2)) v1(r1)
    LEFT JOIN LATERAL (
        SELECT *
        FROM generate_series(1, v1.r1) AS gs1
        LEFT JOIN LATERAL (
            SELECT *
            FROM generate_series(1, gs1) AS gs2
            LEFT JOIN generate_series(1, gs2) AS gs3 ON TRUE
        ) AS ss1 ON TRUE
        FULL JOIN generate_series(1, v1.r1) AS gs4 ON FALSE
    ) AS ss0 ON TRUE
;;
SELECT rngfunc(42)
;;
SELECT * FROM rngfunc(42)
;;
SELECT f1, rngfuncr(f1) FROM int4_tbl
;;
SELECT * FROM rngfuncr(42)
;;
SELECT f1, rngfuncb(f1, f1/2) FROM int4_tbl
;;
SELECT * FROM rngfuncb(42, 99)
;;
SELECT dup(22)
;;
SELECT * FROM dup('xyz'::text)
;;
SELECT dup(22, array[44])
;;
SELECT *, pg_typeof(f3), pg_typeof(f4) FROM dup(22, array[44::bigint])
;;
SELECT dup(int4range(4,7))
;;
SELECT dup(numrange(4,7))
;;
SELECT dup(textrange('aaa', 'bbb'))
;;
select insert_tt('foo')
;;
select * from tt
;;
select insert_tt2('foolish','barrish')
;;
select * from insert_tt2('baz','quux')
;;
select insert_tt2('foolish','barrish') limit 1
;;
select * from tt_log
;;
select t.a, t, t.a from rngfunc1(10000) t limit 1
;;
select array_to_set(array['one', 'two'])
;;
select * from array_to_set(array['one', 'two']) as t(f1 int,f2 text)
;;
select * from array_to_set(array['one', 'two'])
;;
select * from array_to_set(array['one', 'two']) as t(f1 numeric(4,2),f2 text)
;;
select * from array_to_set(array['one', 'two']) as t(f1 point,f2 text)
;;
select testrngfunc()
;;
select * from testrngfunc() as t(f1 int8,f2 int8)
;;
select * from testrngfunc()
;;
select * from pg_get_keywords() as t(f1 int8,f2 int8)
;;
select * from sin(3) as t(f1 int8,f2 int8)
;;
SELECT get_first_user()
;;
SELECT * FROM get_first_user()
;;
SELECT get_users()
;;
SELECT * FROM get_users()
;;
SELECT * FROM get_users() WITH ORDINALITY
;;
SELECT * FROM ROWS FROM(generate_series(10,11), get_users()) WITH ORDINALITY
;;
SELECT * FROM ROWS FROM(get_users(), generate_series(10,11)) WITH ORDINALITY
;;
select * from usersview
;;
select rngfuncbar()
;;
select * from rngfuncbar()
;;
select x from int8_tbl, extractq2(int8_tbl) f(x)
;;
select x from int8_tbl, extractq2_2(int8_tbl) f(x)
;;
select x from int8_tbl, extractq2_2_opt(int8_tbl) f(x)
;;
select *, row_to_json(u) from unnest(array[(1,'foo')::rngfunc2, null::rngfunc2]) u
;;
select *, row_to_json(u) from unnest(array[null::rngfunc2, null::rngfunc2]) u
;;
select *, row_to_json(u) from unnest(array[]::rngfunc2[]) u
;;
select * from
  (select jsonb_path_query_array(module->'lectures', '$[*]') as lecture
   from unnest(array['{"lectures": [{"id": "1"}]}'::jsonb])
        as unnested_modules(module)) as ss,
  jsonb_to_recordset(ss.lecture) as j (id text)
;;
with a(b) as (values (row(1,2,3)))
select * from a, coalesce(b) as c(d int, e int)
;;
with a(b) as (values (row(1,2,3)))
select * from a, coalesce(b) as c(d int, e int, f int, g int)
;;
with a(b) as (values (row(1,2,3)))
select * from a, coalesce(b) as c(d int, e int, f float)
;;
select * from int8_tbl, coalesce(row(1)) as (a int, b int)
;;
SELECT nr, isempty(nr), lower(nr), upper(nr) FROM numrange_test
;;
SELECT nr, lower_inc(nr), lower_inf(nr), upper_inc(nr), upper_inf(nr) FROM numrange_test
;;
SELECT * FROM numrange_test WHERE range_contains(nr, numrange(1.9,1.91))
;;
SELECT * FROM numrange_test WHERE nr @> numrange(1.0,10000.1)
;;
SELECT * FROM numrange_test WHERE range_contained_by(numrange(-1e7,-10000.1), nr)
;;
SELECT * FROM numrange_test WHERE 1.9 <@ nr
;;
select * from numrange_test where nr = 'empty'
;;
select * from numrange_test where nr < 'empty'
;;
select * from numrange_test where nr < numrange(-1000.0, -1000.0,'[]')
;;
select * from numrange_test where nr <= 'empty'
;;
select * from numrange_test where nr >= 'empty'
;;
select * from numrange_test where nr > 'empty'
;;
select * from numrange_test where nr > numrange(-1001.0, -1000.0,'[]')
;;
select numrange(2.0, 1.0)
;;
select numrange(2.0, 3.0) -|- numrange(3.0, 4.0)
;;
select range_adjacent(numrange(2.0, 3.0), numrange(3.1, 4.0))
;;
select numrange(1.1, 3.3) <@ numrange(0.1,10.1)
;;
select numrange(1.1, 2.2) - numrange(2.0, 3.0)
;;
select range_minus(numrange(10.1,12.2,'[]'), numrange(110.0,120.2,'(]'))
;;
select numrange(4.5, 5.5, '[]') && numrange(5.5, 6.5)
;;
select numrange(1.0, 2.0) << numrange(3.0, 4.0)
;;
select numrange(1.0, 2.0) >> numrange(3.0, 4.0)
;;
select numrange(3.0, 70.0) &< numrange(6.6, 100.0)
;;
select numrange(1.1, 2.2) < numrange(1.0, 200.2)
;;
select numrange(1.0, 2.0) + numrange(2.0, 3.0)
;;
select range_merge(numrange(1.0, 2.0), numrange(2.0, 3.0))
;;
select numrange(1.0, 2.0) * numrange(2.0, 3.0)
;;
select range_intersect_agg(nr) from numrange_test
;;
select range_intersect_agg(nr) from numrange_test where nr @> 4.0
;;
select * from numrange_test2 where nr = 'empty'::numrange
;;
select * from numrange_test2 where nr = numrange(1.1, 2.2)
;;
select * from numrange_test natural join numrange_test2 order by nr
;;
SELECT tr, isempty(tr), lower(tr), upper(tr) FROM textrange_test
;;
SELECT tr, lower_inc(tr), lower_inf(tr), upper_inc(tr), upper_inf(tr) FROM textrange_test
;;
SELECT * FROM textrange_test WHERE range_contains(tr, textrange('f', 'fx'))
;;
SELECT * FROM textrange_test WHERE tr @> textrange('a', 'z')
;;
SELECT * FROM textrange_test WHERE range_contained_by(textrange('0','9'), tr)
;;
SELECT * FROM textrange_test WHERE 'e'::text <@ tr
;;
select * from textrange_test where tr = 'empty'
;;
select * from textrange_test where tr < 'empty'
;;
select int4range(1, 10, '[]')
;;
select daterange('2000-01-10'::date, '2000-01-20'::date, '[]')
;;
select count(*) from test_range_gist where ir @> 'empty'::int4range
;;
select count(*) from test_range_gist where ir = int4range(10,20)
;;
select count(*) from test_range_gist where ir @> int4range(10,20)
;;
select count(*) from test_range_gist where ir && int4range(10,20)
;;
select count(*) from test_range_gist where ir <@ int4range(10,50)
;;
select count(*) from test_range_gist where ir << int4range(100,500)
;;
select count(*) from test_range_gist where ir >> int4range(100,500)
;;
select count(*) from test_range_gist where ir &< int4range(100,500)
;;
select count(*) from test_range_gist where ir &> int4range(100,500)
;;
select count(*) from test_range_gist where ir -|- int4range(100,500)
;;
select count(*) from test_range_gist where ir @> int4multirange(int4range(10,20), int4range(30,40))
;;
select count(*) from test_range_gist where ir && '{(10,20),(30,40),(50,60)}'::int4multirange
;;
select count(*) from test_range_gist where ir <@ '{(10,30),(40,60),(70,90)}'::int4multirange
;;
select count(*) from test_range_gist where ir << int4multirange(int4range(100,200), int4range(400,500))
;;
select count(*) from test_range_gist where ir >> int4multirange(int4range(100,200), int4range(400,500))
;;
select count(*) from test_range_gist where ir &< int4multirange(int4range(100,200), int4range(400,500))
;;
select count(*) from test_range_gist where ir &> int4multirange(int4range(100,200), int4range(400,500))
;;
select count(*) from test_range_gist where ir -|- int4multirange(int4range(100,200), int4range(400,500))
;;
select count(*) from test_range_spgist where ir @> 'empty'::int4range
;;
select count(*) from test_range_spgist where ir = int4range(10,20)
;;
select count(*) from test_range_spgist where ir @> int4range(10,20)
;;
select count(*) from test_range_spgist where ir && int4range(10,20)
;;
select count(*) from test_range_spgist where ir <@ int4range(10,50)
;;
select count(*) from test_range_spgist where ir << int4range(100,500)
;;
select count(*) from test_range_spgist where ir >> int4range(100,500)
;;
select count(*) from test_range_spgist where ir &< int4range(100,500)
;;
select count(*) from test_range_spgist where ir &> int4range(100,500)
;;
select count(*) from test_range_spgist where ir -|- int4range(100,500)
;;
select ir from test_range_spgist where ir -|- int4range(10,20) order by ir
;;
select count(*) from test_range_elem where i <@ int4range(10,50)
;;
select count(*) from test_range_elem where int4range(i,i+10) <@ int4range(10,30)
;;
select int8range(10000000000::int8, 20000000000::int8,'(]')
;;
select * from float8range_test
;;
select textrange1('a','Z') @> 'b'::text
;;
select textrange2('a','z') @> 'b'::text
;;
select anyarray_anyrange_func(ARRAY[1,2], int4range(10,20))
;;
select anyarray_anyrange_func(ARRAY[1,2], numrange(10,20))
;;
select range_add_bounds(int4range(1, 17))
;;
select range_add_bounds(numrange(1.0001, 123.123))
;;
select rangetypes_sql(int4range(1,10), ARRAY[2,20])
;;
select rangetypes_sql(numrange(1,10), ARRAY[2,20])
;;
select anycompatiblearray_anycompatiblerange_func(ARRAY[1,2], int4range(10,20))
;;
select anycompatiblearray_anycompatiblerange_func(ARRAY[1,2], numrange(10,20))
;;
select ARRAY[numrange(1.1, 1.2), numrange(12.3, 155.5)]
;;
select * from i8r_array
;;
select arrayrange(ARRAY[1,2], ARRAY[2,1])
;;
select array[1,1] <@ arrayrange(array[1,2], array[2,1])
;;
select *, row_to_json(upper(t)) as u from
  (values (two_ints_range(row(1,2), row(3,4))),
          (two_ints_range(row(5,6), row(7,8)))) v(t)
;;
select * from outparam_succeed(int4range(1,2))
;;
select * from outparam2_succeed(int4range(1,11))
;;
select * from outparam_succeed2(int4range(int4range(1,2)))
;;
select * from inoutparam_succeed(int4range(1,2))
;;
select * from table_succeed(int4range(1,11))
;;
select * from text_support_test where t <@ textrange_supp('a', 'd')
;;
select 'bbbbb' ~ '^([bc])\1*$' as t
;;
select regexp_match('abc', '')
;;
select regexp_match('abc', 'd') is null
;;
select regexp_matches('ab', 'a(?=b)b*')
;;
select 'x' ~ repeat('x*y*z*', 1000)
;;
select regexp_match('xyz', repeat('.', 260))
;;
SELECT regoper('||/')
;;
SELECT regoperator('+(int4,int4)')
;;
SELECT regproc('now')
;;
SELECT regprocedure('abs(numeric)')
;;
SELECT regclass('pg_class')
;;
SELECT regtype('int4')
;;
SELECT regcollation('"POSIX"')
;;
SELECT to_regoper('||/')
;;
SELECT to_regoperator('+(int4,int4)')
;;
SELECT to_regproc('now')
;;
SELECT to_regprocedure('abs(numeric)')
;;
SELECT to_regclass('pg_class')
;;
SELECT to_regtype('int4')
;;
SELECT to_regcollation('"POSIX"')
;;
SELECT regrole('regress_regrole_test')
;;
SELECT regnamespace('pg_catalog')
;;
SELECT to_regrole('regress_regrole_test')
;;
SELECT to_regnamespace('pg_catalog')
;;
SELECT to_regtypemod('text')
;;
SELECT format_type(to_regtype('varchar(32)'), to_regtypemod('varchar(32)'))
;;
SELECT reloptions FROM pg_class WHERE oid = 'reloptions_test'::regclass
;;
SELECT reloptions FROM pg_class WHERE oid = 'reloptions_test'::regclass AND
       reloptions IS NULL
;;
UPDATE pg_class
	SET reloptions = '{fillfactor=13,autovacuum_enabled=false,illegal_option=4}'
	WHERE oid = 'reloptions_test'::regclass
;;
SELECT pg_relation_size('reloptions_test') > 0
;;
SELECT reloptions FROM pg_class WHERE oid =
	(SELECT reltoastrelid FROM pg_class
	WHERE oid = 'reloptions_test'::regclass)
;;
SELECT pg_relation_size('reloptions_test') = 0
;;
SELECT relreplident FROM pg_class WHERE oid = 'test_replica_identity'::regclass
;;
SELECT count(*) FROM pg_index WHERE indrelid = 'test_replica_identity'::regclass AND indisreplident
;;
UPDATE foo SET f2 = lower(f2), f3 = DEFAULT RETURNING foo.*, f1+f3 AS sum13
;;
DELETE FROM foo WHERE f1 > 2 RETURNING f3, f2, f1, least(f1,f3)
;;
UPDATE foo SET f3 = f3 * 2
  WHERE f1 > 10
  RETURNING *, f1+112 IN (SELECT q1 FROM int8_tbl) AS subplan,
    EXISTS(SELECT * FROM int4_tbl) AS initplan
;;
DELETE FROM foo
  WHERE f1 > 10
  RETURNING *, f1+112 IN (SELECT q1 FROM int8_tbl) AS subplan,
    EXISTS(SELECT * FROM int4_tbl) AS initplan
;;
UPDATE foo SET f3 = f3*2
  FROM int4_tbl i
  WHERE foo.f1 + 123455 = i.f1
  RETURNING foo.*, i.f1 as "i.f1"
;;
DELETE FROM foo
  USING int4_tbl i
  WHERE foo.f1 + 123455 = i.f1
  RETURNING foo.*, i.f1 as "i.f1"
;;
SELECT * FROM foochild
;;
UPDATE foo SET f4 = f4 + f3 WHERE f4 = 99 RETURNING *
;;
UPDATE foo SET f3 = f3*2
  FROM int8_tbl i
  WHERE foo.f1 = i.q2
  RETURNING *
;;
DELETE FROM foo
  USING int8_tbl i
  WHERE foo.f1 = i.q2
  RETURNING *
;;
SELECT * FROM voo
;;
update voo set f1 = f1 + 1 where f2 = 'zoo2'
;;
update voo set f1 = f1 + 1 where f2 = 'zoo2' RETURNING *, f1*2
;;
DELETE FROM foo WHERE f1 = 13
;;
DELETE FROM foo WHERE f2 = 'zit' RETURNING *
;;
UPDATE foo SET f2 = foo_v.f2 FROM foo_v WHERE foo_v.f1 = foo.f1
  RETURNING foo_v
;;
UPDATE foo SET f2 = foo_f.f2 FROM foo_f() WHERE foo_f.f1 = foo.f1
  RETURNING foo_f
;;
SELECT * FROM joinview
;;
UPDATE joinview SET f1 = f1 + 1 WHERE f3 = 57 RETURNING *, other + 1
;;
UPDATE foo SET f4 = 100 WHERE f1 = 5
  RETURNING old.tableoid::regclass, old.ctid, old.*, old,
            new.tableoid::regclass, new.ctid, new.*, new,
            old.f4::text||'->'||new.f4::text AS change
;;
DELETE FROM foo WHERE f1 = 5
  RETURNING old.tableoid::regclass, old.ctid, old.*,
            new.tableoid::regclass, new.ctid, new.*, *
;;
UPDATE foo SET f4 = 100 WHERE f1 = 5
  RETURNING (SELECT old.f4 = new.f4),
            (SELECT max(old.f4 + x) FROM generate_series(1, 10) x) old_max,
            (SELECT max(new.f4 + x) FROM generate_series(1, 10) x) new_max
;;
DELETE FROM foo WHERE f1 = 5
  RETURNING (SELECT max(old.f4 + x) FROM generate_series(1, 10) x) old_max,
            (SELECT max(new.f4 + x) FROM generate_series(1, 10) x) new_max
;;
DELETE FROM foo WHERE f1 = 4 RETURNING old.*,new.*, *
;;
UPDATE joinview SET f3 = f3 + 1 WHERE f3 = 57
  RETURNING old.*, new.*, *, new.f3 - old.f3 AS delta_f3
;;
UPDATE joinview SET f3 = f3 + 1, f4 = 7 WHERE f3 = 58
  RETURNING old.*, new.*, *, new.f3 - old.f3 AS delta_f3
;;
UPDATE foo SET f4 = f4 + 1 RETURNING old.f3
;;
UPDATE foo SET f4 = f4 + 1 RETURNING old, new
;;
DELETE FROM zerocol
  RETURNING old.tableoid::regclass, old.ctid,
            new.tableoid::regclass, new.ctid, ctid, *
;;
UPDATE public.tt SET b = b * 2 RETURNING a, b, old.b, new.b, tt.b, public.tt.b
;;
UPDATE foo_parted SET a = 2, b = b + 1, c = c || '->P2' WHERE a = 1
  RETURNING old.tableoid::regclass, old.ctid, old.*,
            new.tableoid::regclass, new.ctid, new.*, *
;;
UPDATE foo_parted_v SET a = 1, c = c || '->P1' WHERE a = 2 AND c = 'P2'
  RETURNING 'P2:'||old.dummy, 'P1:'||new.dummy
;;
DELETE FROM foo_parted
  RETURNING old.tableoid::regclass, old.ctid, old.*,
            new.tableoid::regclass, new.ctid, new.*, *
;;
SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, rolpassword, rolvaliduntil FROM pg_authid WHERE rolname = 'regress_test_def_superuser'
;;
SELECT * FROM pg_policies WHERE schemaname = 'regress_rls_schema' AND tablename = 'document' ORDER BY policyname
;;
SELECT * FROM document WHERE f_leak(dtitle) ORDER BY did
;;
SELECT * FROM document NATURAL JOIN category WHERE f_leak(dtitle) ORDER BY did
;;
SELECT * FROM document TABLESAMPLE BERNOULLI(50) REPEATABLE(0)
  WHERE f_leak(dtitle) ORDER BY did
;;
SELECT * FROM document d FULL OUTER JOIN category c on d.cid = c.cid ORDER BY d.did, c.cid
;;
DELETE FROM category WHERE cid = 33
;;
SELECT * FROM document WHERE did = 8
;;
UPDATE document SET did = 8, dauthor = 'regress_rls_carol' WHERE did = 5
;;
SELECT * FROM document
;;
SELECT * FROM category
;;
SELECT * FROM t1 WHERE f_leak(b)
;;
SELECT tableoid::regclass, * FROM t1
;;
SELECT *, t1 FROM t1
;;
SELECT * FROM t1 FOR SHARE
;;
SELECT * FROM t1 WHERE f_leak(b) FOR SHARE
;;
SELECT a, b, tableoid::regclass FROM t2 UNION ALL SELECT a, b, tableoid::regclass FROM t3
;;
SELECT * FROM pg_policies WHERE schemaname = 'regress_rls_schema' AND tablename like '%part_document%' ORDER BY policyname
;;
SELECT * FROM part_document WHERE f_leak(dtitle) ORDER BY did
;;
SELECT * FROM part_document_satire WHERE f_leak(dtitle) ORDER BY did
;;
SELECT * FROM part_document ORDER BY did
;;
SELECT * FROM part_document_satire ORDER by did
;;
SELECT * FROM rec1
;;
SELECT * FROM s1 WHERE f_leak(b)
;;
SELECT (SELECT x FROM s1 LIMIT 1) xx, * FROM s2 WHERE y like '%28%'
;;
UPDATE t1 SET b = b || b WHERE f_leak(b)
;;
UPDATE only t1 SET b = b || '_updt' WHERE f_leak(b)
;;
UPDATE only t1 SET b = b WHERE f_leak(b) RETURNING tableoid::regclass, *, t1
;;
UPDATE t1 SET b = b WHERE f_leak(b) RETURNING *
;;
UPDATE t1 SET b = b WHERE f_leak(b) RETURNING tableoid::regclass, *, t1
;;
UPDATE t2 SET b=t2.b FROM t3
WHERE t2.a = 3 and t3.a = 2 AND f_leak(t2.b) AND f_leak(t3.b)
;;
UPDATE t1 SET b=t1.b FROM t2
WHERE t1.a = 3 and t2.a = 3 AND f_leak(t1.b) AND f_leak(t2.b)
;;
UPDATE t2 SET b=t2.b FROM t1
WHERE t1.a = 3 and t2.a = 3 AND f_leak(t1.b) AND f_leak(t2.b)
;;
UPDATE t2 t2_1 SET b = t2_2.b FROM t2 t2_2
WHERE t2_1.a = 3 AND t2_2.a = t2_1.a AND t2_2.b = t2_1.b
AND f_leak(t2_1.b) AND f_leak(t2_2.b) RETURNING *, t2_1, t2_2
;;
UPDATE t1 t1_1 SET b = t1_2.b FROM t1 t1_2
WHERE t1_1.a = 4 AND t1_2.a = t1_1.a AND t1_2.b = t1_1.b
AND f_leak(t1_1.b) AND f_leak(t1_2.b) RETURNING *, t1_1, t1_2
;;
SELECT * FROM t1 ORDER BY a,b
;;
DELETE FROM only t1 WHERE f_leak(b) RETURNING tableoid::regclass, *, t1
;;
DELETE FROM t1 WHERE f_leak(b) RETURNING tableoid::regclass, *, t1
;;
SELECT * FROM bv1 WHERE f_leak(b)
;;
UPDATE bv1 SET b = 'yyy' WHERE a = 4 AND f_leak(b)
;;
DELETE FROM bv1 WHERE a = 6 AND f_leak(b)
;;
SELECT * FROM b1
;;
MERGE INTO document d
USING (SELECT 1 as sdid) s
ON did = s.sdid
WHEN MATCHED THEN
	UPDATE SET dnotes = dnotes || ' notes added by merge1 ', dlevel = 0
;;
MERGE INTO document d
USING (SELECT 1 as sdid) s
ON did = s.sdid
WHEN MATCHED THEN
	UPDATE SET dnotes = dnotes || ' notes added by merge2 '
;;
MERGE INTO document d
USING (SELECT 3 as sdid) s
ON did = s.sdid
WHEN MATCHED THEN
	DELETE
;;
MERGE INTO document d
USING (SELECT 4 as sdid) s
ON did = s.sdid
WHEN MATCHED AND dnotes = '' THEN
	UPDATE SET dnotes = dnotes || ' notes added by merge '
WHEN MATCHED THEN
	DELETE
;;
MERGE INTO document d
USING (SELECT 4 as sdid) s
ON did = s.sdid
WHEN MATCHED AND dnotes <> '' THEN
	UPDATE SET dnotes = dnotes || ' notes added by merge '
WHEN MATCHED THEN
	DELETE
;;
MERGE INTO document d
USING (SELECT 4 as sdid) s
ON did = s.sdid
WHEN MATCHED AND dnotes <> '' THEN
	UPDATE SET dnotes = dnotes || ' notes added by merge '
WHEN MATCHED THEN
	DO NOTHING
;;
MERGE INTO document d
USING (SELECT 12 as sdid) s
ON did = s.sdid
WHEN MATCHED THEN
	DELETE
WHEN NOT MATCHED THEN
	INSERT VALUES (12, 11, 1, 'regress_rls_dave', 'another novel')
;;
MERGE INTO document d
USING (SELECT 1 as sdid) s
ON did = s.sdid
WHEN MATCHED THEN
	UPDATE SET dnotes = dnotes || ' notes added by merge4 '
WHEN NOT MATCHED THEN
	INSERT VALUES (12, 11, 1, 'regress_rls_bob', 'another novel')
;;
MERGE INTO document d
USING (SELECT 1 as sdid) s
ON did = s.sdid
WHEN MATCHED THEN
	UPDATE SET dnotes = dnotes || ' notes added by merge6 ',
			   cid = (SELECT cid from category WHERE cname = 'technology')
;;
MERGE INTO document d
USING (SELECT 14 as sdid) s
ON did = s.sdid
WHEN MATCHED THEN
	UPDATE SET dnotes = dnotes || ' notes added by merge9 '
WHEN NOT MATCHED THEN
	INSERT VALUES (14, 44, 1, 'regress_rls_bob', 'new manga')
RETURNING *
;;
SELECT * FROM z1 WHERE f_leak(b)
;;
SELECT * FROM rls_view
;;
SELECT * FROM x1 WHERE f_leak(b) ORDER BY a ASC
;;
UPDATE x1 SET b = b || '_updt' WHERE f_leak(b) RETURNING *
;;
DELETE FROM x1 WHERE f_leak(b) RETURNING *
;;
SELECT * FROM y2 WHERE f_leak(b)
;;
SELECT * FROM y2 WHERE f_leak('abc')
;;
SELECT * FROM y2 JOIN test_qual_pushdown ON (b = abc) WHERE f_leak(abc)
;;
SELECT * FROM y2 JOIN test_qual_pushdown ON (b = abc) WHERE f_leak(b)
;;
WITH cte1 AS MATERIALIZED (SELECT * FROM t1 WHERE f_leak(b)) SELECT * FROM cte1
;;
WITH cte1 AS (UPDATE t1 SET a = a + 1 RETURNING *) SELECT * FROM cte1
;;
WITH cte1 AS (UPDATE t1 SET a = a RETURNING *) SELECT * FROM cte1
;;
WITH cte1 AS (INSERT INTO t1 VALUES (21, 'Fail') RETURNING *) SELECT * FROM cte1
;;
SELECT polname, relname
    FROM pg_policy pol
    JOIN pg_class pc ON (pc.oid = pol.polrelid)
    WHERE relname = 't1'
;;
SELECT * FROM t2
;;
SELECT * INTO t4 FROM t1
;;
SELECT * FROM t4
;;
SELECT id, author, message FROM blog JOIN comment ON id = blog_id
;;
SELECT id, author, message FROM comment JOIN blog ON id = blog_id
;;
UPDATE current_check SET payload = payload || '_new' WHERE currentid = 2 RETURNING *
;;
UPDATE current_check SET payload = payload || '_new' WHERE CURRENT OF current_check_cursor RETURNING *
;;
DELETE FROM current_check WHERE CURRENT OF current_check_cursor RETURNING *
;;
SELECT ctid, * FROM current_check_2
;;
UPDATE current_check_2 SET b = 'Manzana' WHERE CURRENT OF current_check_cursor
;;
SELECT row_security_active('current_check')
;;
SELECT attname, most_common_vals FROM pg_stats
  WHERE tablename = 'current_check'
  ORDER BY 1
;;
SELECT (string_to_array(polqual, ':'))[7] AS inputcollid FROM pg_policy WHERE polrelid = 'coll_t'::regclass
;;
SELECT * FROM coll_t
;;
SELECT refclassid::regclass, deptype
  FROM pg_depend
  WHERE classid = 'pg_policy'::regclass
  AND refobjid = 'tbl1'::regclass
;;
SELECT refclassid::regclass, deptype
  FROM pg_shdepend
  WHERE classid = 'pg_policy'::regclass
  AND refobjid IN ('regress_rls_eve'::regrole, 'regress_rls_frank'::regrole)
;;
SELECT * FROM r1
;;
SELECT * FROM r2
;;
UPDATE r2 SET a = 2 RETURNING *
;;
DELETE FROM r2 RETURNING *
;;
UPDATE r1 SET a = r2.a + 2 FROM r2 WHERE r1.a = r2.a RETURNING *
;;
DELETE FROM r1 USING r2 WHERE r1.a = r2.a + 2 RETURNING *
;;
UPDATE r1 SET a = 1
;;
DELETE FROM r1
;;
DELETE FROM r2
;;
UPDATE r1 SET a = a+5
;;
UPDATE r1 SET a = 30 RETURNING *
;;
SELECT count(*) = 1 FROM pg_depend
				   WHERE objid = (SELECT oid FROM pg_policy WHERE polname = 'dep_p1')
					 AND refobjid = (SELECT oid FROM pg_class WHERE relname = 'dep2')
;;
SELECT count(*) = 1 FROM pg_shdepend
				   WHERE objid = (SELECT oid FROM pg_policy WHERE polname = 'dep_p1')
					 AND refobjid = (SELECT oid FROM pg_authid WHERE rolname = 'regress_rls_bob')
;;
SELECT * FROM ref_tbl
;;
SELECT * FROM rls_tbl
;;
SELECT * FROM rls_tbl WHERE a <<< 1000
;;
SELECT * FROM rls_child_tbl WHERE a <<< 1000
;;
SELECT * FROM rls_ptbl WHERE a <<< 1000
;;
SELECT * FROM rls_part WHERE a <<< 1000
;;
SELECT * FROM (SELECT * FROM rls_tbl UNION ALL
               SELECT * FROM rls_tbl) t WHERE a <<< 1000
;;
SELECT * FROM (SELECT * FROM rls_child_tbl UNION ALL
               SELECT * FROM rls_child_tbl) t WHERE a <<< 1000
;;
SELECT * FROM rls_tbl_view WHERE a <<< 1000
;;
select rls_f(c) from test_t order by rls_f
;;
select (1.1,2.2)::complex, row((3.3,4.4),(5.5,null))::quad
;;
select row('Joe', 'Blow')::fullname, '(Joe,Blow)'::fullname
;;
select * from quadtable
;;
select f1, q.c1 from quadtable
;;
select f1, (q).c1, (qq.q).c1.i from quadtable qq
;;
select * from people
;;
update people set fn.suffix = 'Jr'
;;
update quadtable set q.c1.r = 12 where f1 = 2
;;
update quadtable set q.c1 = 12
;;
select (fn).first, substr((fn).last, 1, 20), length((fn).last) from people
;;
update people set fn.first = 'Jack'
;;
select ROW(1,2) < ROW(1,3) as true
;;
select ROW(11,'ABC') > ROW(11,'DEF') as false
;;
select ROW(1,2,3) = ROW(1,NULL,4) as false
;;
select ROW(1,2,3) <> ROW(1,NULL,4) as true
;;
select ROW('ABC','DEF') ~<=~ ROW('DEF','ABC') as true
;;
select ROW('ABC','DEF') ~>=~ ROW('DEF','ABC') as false
;;
select ROW('ABC','DEF') ~~ ROW('DEF','ABC') as fail
;;
select unique1, unique2 from tenk1
where (unique1, unique2) < any (select ten, ten from tenk1 where hundred < 3)
      and unique1 <= 20
order by 1
;;
select thousand, tenthous from tenk1
where (thousand, tenthous) >= (997, 5000)
order by thousand, tenthous
;;
select thousand, tenthous, four from tenk1
where (thousand, tenthous, four) > (998, 5000, 3)
order by thousand, tenthous
;;
select thousand, tenthous from tenk1
where (998, 5000) < (thousand, tenthous)
order by thousand, tenthous
;;
select thousand, hundred from tenk1
where (998, 5000) < (thousand, hundred)
order by thousand, hundred
;;
select a,b from test_table where (a,b) > ('a','a') order by a,b
;;
select * from int8_tbl i8 where i8 in (row(123,456))
;;
select * from int8_tbl i8
where i8 in (row(123,456)::int8_tbl, '(4567890123456789,123)')
;;
select (row(1, 2.0)).f1
;;
select (row(1, 2.0)).f2
;;
select (row(1, 2.0)).nosuch
;;
select (row(1, 2.0)).*
;;
select (r).f1 from (select row(1, 2.0) as r) ss
;;
select (r).f3 from (select row(1, 2.0) as r) ss
;;
select (r).* from (select row(1, 2.0) as r) ss
;;
select ROW()
;;
select ROW() IS NULL
;;
select array[ row(1,2), row(3,4), row(5,6) ]
;;
select row(1,1.1) = any (array[ row(7,7.7), row(1,1.1), row(0,0.0) ])
;;
select * from cc order by f1
;;
select row(1, 2)::testtype1 < row(1, 3)::testtype1
;;
select row(1, 2)::testtype1 <= row(1, 3)::testtype1
;;
select row(1, 2)::testtype1 = row(1, 2)::testtype1
;;
select row(1, 2)::testtype1 <> row(1, 3)::testtype1
;;
select row(1, 3)::testtype1 >= row(1, 2)::testtype1
;;
select row(1, 3)::testtype1 > row(1, 2)::testtype1
;;
select row(1, 2)::testtype1 < row(1, 'abc')::testtype3
;;
select row(1, 2)::testtype1 <> row(1, 'abc')::testtype3
;;
select row(1, 2)::testtype1 < row(1)::testtype5
;;
select row(1, 2)::testtype1 <> row(1)::testtype5
;;
select row(1, '(1,2)')::testtype6 < row(1, '(1,3)')::testtype6
;;
select row(1, '(1,2)')::testtype6 <> row(1, '(1,3)')::testtype6
;;
select row(1, 2)::testtype1 *< row(1, 3)::testtype1
;;
select row(1, 2)::testtype1 *<= row(1, 3)::testtype1
;;
select row(1, 2)::testtype1 *= row(1, 2)::testtype1
;;
select row(1, 2)::testtype1 *<> row(1, 3)::testtype1
;;
select row(1, 3)::testtype1 *>= row(1, 2)::testtype1
;;
select row(1, 3)::testtype1 *> row(1, 2)::testtype1
;;
select row(1, true)::testtype2 *< row(2, true)::testtype2
;;
select row(0, false)::testtype2 *<> row(0, true)::testtype2
;;
select row(1, 'abc')::testtype3 *< row(1, 'abd')::testtype3
;;
select row(1, 'abc')::testtype3 *> row(1, 'abd')::testtype3
;;
select row(1, 'abc')::testtype3 *<> row(1, 'abd')::testtype3
;;
select row(1, '(1,2)')::testtype4 *< row(1, '(1,3)')::testtype4
;;
select row(1, '(1,2)')::testtype4 *<> row(1, '(1,3)')::testtype4
;;
select row(1, 2)::testtype1 *< row(1, 'abc')::testtype3
;;
select row(1, 2)::testtype1 *<> row(1, 'abc')::testtype3
;;
select row(1, 2)::testtype1 *< row(1)::testtype5
;;
select row(1, 2)::testtype1 *<> row(1)::testtype5
;;
select row(1, '(1,2)')::testtype6 *< row(1, '(1,3)')::testtype6
;;
select row(1, '(1,2)')::testtype6 *>= row(1, '(1,3)')::testtype6
;;
select row(1, '(1,2)')::testtype6 *<> row(1, '(1,3)')::testtype6
;;
select q.a, q.b = row(2), q.c = array[row(3)], q.d = row(row(4)) from
    unnest(array[row(1, row(2), array[row(3)], row(row(4))),
                 row(2, row(3), array[row(4)], row(row(5)))])
      as q(a int, b record, c record[], d record)
;;
UPDATE price
    SET active = true, price = input_prices.price
    FROM unnest(ARRAY[(10, 123.00), (11, 99.99)]::price_input[]) input_prices
    WHERE price_key_from_table(price.*) = price_key_from_input(input_prices.*)
;;
select * from price
;;
select fcompos1(row(1,'one'))
;;
select fcompos2(row(2,'two'))
;;
select fcompos3(row(3,'three'))
;;
select * from compos
;;
select cast (fullname as text) from fullname
;;
select text(fullname) from fullname
;;
select fullname.text from fullname
;;
select cast (row('Jim', 'Beam') as text)
;;
select text(row('Jim', 'Beam'))
;;
select (row('Jim', 'Beam')).text
;;
select f.last from fullname f
;;
select last(f) from fullname f
;;
select f.longname from fullname f
;;
select longname(f) from fullname f
;;
select row_to_json(i) from int8_tbl i
;;
select row_to_json(ss) from
  (select q1, q2 from int8_tbl) as ss
;;
select row_to_json(ss) from
  (select q1, q2 from int8_tbl offset 0) as ss
;;
select row_to_json(q) from
  (select thousand, tenthous from tenk1
   where thousand = 42 and tenthous < 2000 offset 0) q
;;
select row_to_json(r) from (select q2,q1 from tt1 offset 0) r
;;
select row_to_json(tt3::tt2::tt1) from tt3
;;
select r, r is null as isnull, r is not null as isnotnull
from (values (1,row(1,2)), (1,row(null,null)), (1,null),
             (null,row(1,2)), (null,row(null,null)), (null,null) ) r(a,b)
;;
with r(a,b) as materialized
  (values (1,row(1,2)), (1,row(null,null)), (1,null),
          (null,row(1,2)), (null,row(null,null)), (null,null) )
select r, r is null as isnull, r is not null as isnotnull from r
;;
with cte(c) as materialized (select row(1, 2)),
     cte2(c) as (select * from cte)
select * from cte2 as t
where (select * from (select c as c1) s
       where (select (c1).f1 > 0)) is not null
;;
SELECT d.a FROM (SELECT compositetable AS d FROM compositetable) s
;;
SELECT (d).a, (d).b FROM (SELECT compositetable AS d FROM compositetable) s
;;
SELECT (d).ctid FROM (SELECT compositetable AS d FROM compositetable) s
;;
SELECT (NULL::compositetable).nonexistent
;;
SELECT (NULL::compositetable).a
;;
SELECT (NULL::compositetable).oid
;;
	delete from rtest_admin where sysname = old.sysname
;;
select * from rtest_v1
;;
delete from rtest_v1 where a = 1
;;
delete from rtest_v1 where b = 12
;;
delete from rtest_v1
;;
select * from rtest_v1 where b isnull
;;
update rtest_t1 set a = a + 10 where b isnull
;;
delete from rtest_v1 where b isnull
;;
update rtest_v1 set b = 42 where a = 2
;;
update rtest_v1 set b = 99 where b = 42
;;
update rtest_v1 set b = 88 where b < 50
;;
update rtest_v1 set b = rtest_t2.b from rtest_t2 where rtest_v1.a = rtest_t2.a
;;
update rtest_t1 set a = a + 10 where b > 30
;;
update rtest_v1 set a = rtest_t3.a + 20 from rtest_t3 where rtest_v1.b = rtest_t3.b
;;
update rtest_system set sysname = 'pluto' where sysname = 'neptun'
;;
select * from rtest_interface
;;
select * from rtest_admin
;;
update rtest_person set pname = 'jwieck' where pdesc = 'Jan Wieck'
;;
select * from rtest_admin order by pname, sysname
;;
delete from rtest_system where sysname = 'orion'
;;
update rtest_emp set ename = 'wiecx' where ename = 'wiecc'
;;
update rtest_emp set ename = 'wieck', salary = '6000.00' where ename = 'wiecx'
;;
update rtest_emp set salary = '7000.00' where ename = 'wieck'
;;
delete from rtest_emp where ename = 'gates'
;;
select ename, who = current_user as "matches user", action, newsal, oldsal from rtest_emplog order by ename, action, newsal
;;
update rtest_empmass set salary = salary + '1000.00'
;;
update rtest_emp set salary = rtest_empmass.salary from rtest_empmass where rtest_emp.ename = rtest_empmass.ename
;;
delete from rtest_emp using rtest_empmass where rtest_emp.ename = rtest_empmass.ename
;;
select * from rtest_t4
;;
select * from rtest_t5
;;
select * from rtest_t6
;;
select * from rtest_t7
;;
select * from rtest_t8
;;
delete from rtest_t4
;;
delete from rtest_t5
;;
delete from rtest_t6
;;
delete from rtest_t7
;;
delete from rtest_t8
;;
select * from rtest_order2
;;
select * from rtest_nothn1
;;
select * from rtest_nothn2
;;
select * from rtest_nothn3
;;
delete from rtest_nothn1
;;
delete from rtest_nothn2
;;
delete from rtest_nothn3
;;
delete from rtest_nothn4
;;
select * from rtest_vview1
;;
select * from rtest_vview2
;;
select * from rtest_vview3
;;
select * from rtest_vview4 order by a, b
;;
select * from rtest_vview5
;;
select * from rtest_view3
;;
delete from rtest_view3
;;
select * from rtest_view4 order by a, b
;;
delete from rtest_view4
;;
select * from rtest_view4
;;
select * from rtest_vcomp order by part
;;
select * from rtest_vcomp where size_in_cm > 10.0 order by size_in_cm using >
;;
SELECT * FROM shoelace ORDER BY sl_name
;;
SELECT * FROM shoe_ready WHERE total_avail >= 2 ORDER BY 1
;;
UPDATE shoelace_data SET sl_avail = 6 WHERE  sl_name = 'sl7'
;;
SELECT * FROM shoelace_log
;;
SELECT * FROM shoelace_log ORDER BY sl_name
;;
SELECT * FROM shoelace_obsolete ORDER BY sl_len_cm
;;
SELECT * FROM shoelace_candelete
;;
DELETE FROM shoelace WHERE EXISTS
    (SELECT * FROM shoelace_candelete
             WHERE sl_name = shoelace.sl_name)
;;
SELECT * FROM shoe ORDER BY shoename
;;
SELECT count(*) FROM shoe
;;
select * from rules_foo
;;
select * from rules_foo2
;;
  update cchild set descrip = new.descrip where cchild.pid = old.pid
;;
select * from vview
;;
update vview set descrip='test1' where pid=1
;;
select * from cchild
;;
SELECT viewname, definition FROM pg_views
WHERE schemaname = 'pg_catalog'
ORDER BY viewname
;;
SELECT tablename, rulename, definition FROM pg_rules
WHERE schemaname = 'pg_catalog'
ORDER BY tablename, rulename
;;
SELECT * FROM ruletest_tbl2
;;
select * from id_ordered
;;
update id_ordered set name = 'update 2' where id = 2
;;
update t1 set a = 4 where a = 5
;;
select * from only t1
;;
select * from only t1_1
;;
select * from only t1_2
;;
update rules_base set f2 = f2 + 1
;;
update rules_src set f2 = f2 + 1
;;
update rules_src set f2 = f2 * 10
;;
select * from rules_src
;;
select * from rules_log
;;
update rules_src set f2 = f2 / 10
;;
UPDATE rule_v1 SET b = upper(b)
;;
SELECT * FROM rule_t1
;;
SELECT * FROM rule_v1
;;
SELECT definition FROM pg_rules WHERE tablename = 'hats' ORDER BY rulename
;;
SELECT tablename, rulename, definition FROM pg_rules
	WHERE tablename = 'hats'
;;
SELECT * FROM hat_data WHERE hat_name = 'h8'
;;
SELECT * FROM hat_data WHERE hat_name IN ('h8', 'h9', 'h7') ORDER BY hat_name
;;
SELECT pg_get_constraintdef(0)
;;
SELECT pg_get_ruledef(0)
;;
SELECT pg_get_statisticsobjdef(0)
;;
SELECT pg_get_triggerdef(0)
;;
SELECT pg_get_function_arguments(0)
;;
SELECT pg_get_function_identity_arguments(0)
;;
SELECT pg_get_function_result(0)
;;
SELECT pg_get_function_arg_default(0, 0)
;;
SELECT pg_get_partkeydef(0)
;;
MERGE INTO rule_merge1 t USING (SELECT 1 AS a) s
	ON t.a = s.a
	WHEN MATCHED AND t.a < 2 THEN
		UPDATE SET b = b || ' updated by merge'
	WHEN MATCHED AND t.a > 2 THEN
		DELETE
	WHEN NOT MATCHED THEN
		INSERT VALUES (s.a, '')
;;
SELECT * FROM ruletest1
;;
SELECT * FROM ruletest2
;;
UPDATE ruletest_t1 t1 SET x = 0 FROM ruletest_t3 t3 WHERE t1.x = t3.x
;;
SELECT * FROM ruletest_t1
;;
SELECT * FROM ruletest_t2
;;
SELECT relname, nspname
 FROM pg_class c LEFT JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute a ON (attrelid = c.oid AND attname = 'oid')
 WHERE relkind = 'r' and c.oid < 16384
     AND ((nspname ~ '^pg_') IS NOT FALSE)
     AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE indrelid = c.oid
                     AND indkey[0] = a.attnum AND indnatts = 1
                     AND indisunique AND indimmediate)
;;
SELECT relname, relkind
  FROM pg_class
 WHERE relkind IN ('v', 'c', 'f', 'p', 'I')
       AND relfilenode <> 0
;;
SELECT * FROM onek
   WHERE onek.unique1 < 10
   ORDER BY onek.unique1
;;
SELECT onek.unique1, onek.stringu1 FROM onek
   WHERE onek.unique1 < 20
   ORDER BY unique1 using >
;;
SELECT onek.unique1, onek.stringu1 FROM onek
   WHERE onek.unique1 > 980
   ORDER BY stringu1 using <
;;
SELECT onek.unique1, onek.string4 FROM onek
   WHERE onek.unique1 > 980
   ORDER BY string4 using <, unique1 using >
;;
SELECT onek.unique1, onek.string4 FROM onek
   WHERE onek.unique1 > 980
   ORDER BY string4 using >, unique1 using <
;;
SELECT onek.unique1, onek.string4 FROM onek
   WHERE onek.unique1 < 20
   ORDER BY unique1 using >, string4 using <
;;
SELECT onek.unique1, onek.string4 FROM onek
   WHERE onek.unique1 < 20
   ORDER BY unique1 using <, string4 using >
;;
SELECT onek2.* FROM onek2 WHERE onek2.unique1 < 10
;;
SELECT onek2.unique1, onek2.stringu1 FROM onek2
    WHERE onek2.unique1 < 20
    ORDER BY unique1 using >
;;
SELECT onek2.unique1, onek2.stringu1 FROM onek2
   WHERE onek2.unique1 > 980
;;
SELECT p.name, p.age FROM person* p
;;
SELECT p.name, p.age FROM person* p ORDER BY age using >, name
;;
select foo from (select 1 offset 0) as foo
;;
select * from onek, (values(147, 'RFAAAA'), (931, 'VJAAAA')) as v (i, j)
    WHERE onek.unique1 = v.i and onek.stringu1 = v.j
;;
select * from onek,
  (values ((select i from
    (values(10000), (2), (389), (1000), (2000), ((select 10029))) as foo(i)
    order by i asc limit 1))) bar (i)
  where onek.unique1 = bar.i
;;
select * from onek
    where (unique1,ten) in (values (1,1), (20,0), (99,9), (17,99))
    order by unique1
;;
VALUES (1,2), (3,4+4), (7,77.7)
;;
VALUES (1,2), (3,4+4), (7,77.7)
UNION ALL
SELECT 2+2, 57
UNION ALL
TABLE int8_tbl
;;
SELECT * FROM nocols n, LATERAL (VALUES(n.*)) v
;;
SELECT * FROM foo ORDER BY f1
;;
SELECT * FROM foo ORDER BY f1 ASC
;;
SELECT * FROM foo ORDER BY f1 NULLS FIRST
;;
SELECT * FROM foo ORDER BY f1 DESC
;;
SELECT * FROM foo ORDER BY f1 DESC NULLS LAST
;;
select * from onek2 where unique2 = 11 and stringu1 = 'ATAAAA'
;;
select unique2 from onek2 where unique2 = 11 and stringu1 = 'ATAAAA'
;;
select * from onek2 where unique2 = 11 and stringu1 < 'B'
;;
select unique2 from onek2 where unique2 = 11 and stringu1 < 'B'
;;
select unique2 from onek2 where unique2 = 11 and stringu1 < 'B' for update
;;
select unique1, unique2 from onek2
  where (unique2 = 11 or unique1 = 0) and stringu1 < 'B'
;;
select unique1, unique2 from onek2
  where (unique2 = 11 and stringu1 < 'B') or unique1 = 0
;;
SELECT 1 AS x ORDER BY x
;;
select sillysrf(42)
;;
select sillysrf(-1) order by 1
;;
select * from (values (2),(null),(1)) v(k) where k = k order by k
;;
select * from (values (2),(null),(1)) v(k) where k = k
;;
SELECT DISTINCT two FROM onek ORDER BY 1
;;
SELECT DISTINCT ten FROM onek ORDER BY 1
;;
SELECT DISTINCT string4 FROM onek ORDER BY 1
;;
SELECT DISTINCT two, string4, ten
   FROM onek
   ORDER BY two using <, string4 using <, ten using <
;;
SELECT DISTINCT p.age FROM person* p ORDER BY age using >
;;
SELECT count(*) FROM
  (SELECT DISTINCT two, four, two FROM tenk1) ss
;;
(SELECT * FROM distinct_hash_1 EXCEPT SELECT * FROM distinct_group_1)
  UNION ALL
(SELECT * FROM distinct_group_1 EXCEPT SELECT * FROM distinct_hash_1)
;;
SELECT DISTINCT four FROM tenk1
;;
SELECT DISTINCT four FROM tenk1 WHERE four = 0
;;
SELECT DISTINCT four FROM tenk1 WHERE four = 0 AND two <> 0
;;
SELECT DISTINCT four,1,2,3 FROM tenk1 WHERE four = 0
;;
SELECT f1, f1 IS DISTINCT FROM 2 as "not 2" FROM disttable
;;
SELECT f1, f1 IS DISTINCT FROM f1 as "false" FROM disttable
;;
SELECT f1, f1 IS DISTINCT FROM f1+1 as "not null" FROM disttable
;;
SELECT 1 IS DISTINCT FROM 2 as "yes"
;;
SELECT 1 IS NOT DISTINCT FROM 2 as "no"
;;
SELECT DISTINCT y, x FROM distinct_tbl
;;
SELECT DISTINCT y, x FROM (SELECT * FROM distinct_tbl ORDER BY x) s
;;
SELECT DISTINCT y, x FROM distinct_tbl limit 10
;;
SELECT DISTINCT y, x FROM distinct_tbl ORDER BY y
;;
SELECT DISTINCT ON (string4) string4, two, ten
   FROM onek
   ORDER BY string4 using <, two using >, ten using <
;;
SELECT DISTINCT ON (string4, ten) string4, two, ten
   FROM onek
   ORDER BY string4 using <, two using <, ten using <
;;
SELECT DISTINCT ON (string4, ten) string4, ten, two
   FROM onek
   ORDER BY string4 using <, ten using >, two using <
;;
select distinct on (1) floor(random()) as r, f1 from int4_tbl order by 1,2
;;
SELECT DISTINCT ON (four) four,two
   FROM tenk1 WHERE four = 0 ORDER BY 1
;;
SELECT DISTINCT ON (y, x) x, y FROM distinct_on_tbl
;;
SELECT DISTINCT ON (y, x) x, y FROM (SELECT * FROM distinct_on_tbl ORDER BY x) s
;;
SELECT DISTINCT ON (y, x) x, y FROM distinct_on_tbl ORDER BY y
;;
SELECT DISTINCT ON (y, x) x, y FROM (select * from distinct_on_tbl order by x, z, y) s ORDER BY y, x, z
;;
SELECT b, c FROM test_having
	GROUP BY b, c HAVING count(*) = 1 ORDER BY b, c
;;
SELECT b, c FROM test_having
	GROUP BY b, c HAVING b = 3 ORDER BY b, c
;;
SELECT lower(c), count(c) FROM test_having
	GROUP BY lower(c) HAVING count(*) > 2 OR min(a) = max(a)
	ORDER BY lower(c)
;;
SELECT c, max(a) FROM test_having
	GROUP BY c HAVING count(*) > 2 OR min(a) = max(a)
	ORDER BY c
;;
SELECT min(a), max(a) FROM test_having HAVING min(a) = max(a)
;;
SELECT min(a), max(a) FROM test_having HAVING min(a) < max(a)
;;
SELECT a FROM test_having HAVING min(a) < max(a)
;;
SELECT 1 AS one FROM test_having HAVING a > 1
;;
SELECT 1 AS one FROM test_having HAVING 1 > 2
;;
SELECT 1 AS one FROM test_having HAVING 1 < 2
;;
SELECT 1 AS one FROM test_having WHERE 1/a = 1 HAVING 1 < 2
;;
SELECT c, count(*) FROM test_missing_target GROUP BY test_missing_target.c ORDER BY c
;;
SELECT count(*) FROM test_missing_target GROUP BY test_missing_target.c ORDER BY c
;;
SELECT count(*) FROM test_missing_target GROUP BY a ORDER BY b
;;
SELECT count(*) FROM test_missing_target GROUP BY b ORDER BY b
;;
SELECT test_missing_target.b, count(*)
  FROM test_missing_target GROUP BY b ORDER BY b
;;
SELECT c FROM test_missing_target ORDER BY a
;;
SELECT count(*) FROM test_missing_target GROUP BY b ORDER BY b desc
;;
SELECT count(*) FROM test_missing_target ORDER BY 1 desc
;;
SELECT c, count(*) FROM test_missing_target GROUP BY 1 ORDER BY 1
;;
SELECT c, count(*) FROM test_missing_target GROUP BY 3
;;
SELECT count(*) FROM test_missing_target x, test_missing_target y
	WHERE x.a = y.a
	GROUP BY b ORDER BY b
;;
SELECT a, a FROM test_missing_target
	ORDER BY a
;;
SELECT a/2, a/2 FROM test_missing_target
	ORDER BY a/2
;;
SELECT a/2, a/2 FROM test_missing_target
	GROUP BY a/2 ORDER BY a/2
;;
SELECT x.b, count(*) FROM test_missing_target x, test_missing_target y
	WHERE x.a = y.a
	GROUP BY x.b ORDER BY x.b
;;
SELECT count(*) FROM test_missing_target x, test_missing_target y
	WHERE x.a = y.a
	GROUP BY x.b ORDER BY x.b
;;
SELECT * FROM test_missing_target2
;;
SELECT a%2, count(b) FROM test_missing_target
GROUP BY test_missing_target.a%2
ORDER BY test_missing_target.a%2
;;
SELECT count(c) FROM test_missing_target
GROUP BY lower(test_missing_target.c)
ORDER BY lower(test_missing_target.c)
;;
SELECT count(a) FROM test_missing_target GROUP BY a ORDER BY b
;;
SELECT count(b) FROM test_missing_target GROUP BY b/2 ORDER BY b/2
;;
SELECT lower(test_missing_target.c), count(c)
  FROM test_missing_target GROUP BY lower(c) ORDER BY lower(c)
;;
SELECT a FROM test_missing_target ORDER BY upper(d)
;;
SELECT count(b) FROM test_missing_target
	GROUP BY (b + 1) / 2 ORDER BY (b + 1) / 2 desc
;;
SELECT count(x.a) FROM test_missing_target x, test_missing_target y
	WHERE x.a = y.a
	GROUP BY b/2 ORDER BY b/2
;;
SELECT x.b/2, count(x.b) FROM test_missing_target x, test_missing_target y
	WHERE x.a = y.a
	GROUP BY x.b/2 ORDER BY x.b/2
;;
SELECT count(b) FROM test_missing_target x, test_missing_target y
	WHERE x.a = y.a
	GROUP BY x.b/2
;;
SELECT * FROM test_missing_target3
;;
SELECT *
   INTO TABLE sitmp1
   FROM onek
   WHERE onek.unique1 < 2
;;
SELECT *
   INTO TABLE sitmp1
   FROM onek2
   WHERE onek2.unique1 < 2
;;
SELECT * FROM ctas_nodata
;;
SELECT * FROM ctas_nodata_2
;;
SELECT * FROM ctas_nodata_3
;;
SELECT * FROM ctas_nodata_4
;;
SELECT make_table()
;;
SELECT * FROM created_table
;;
SELECT * FROM (SELECT 1 INTO f) bar
;;
select pg_stat_force_next_flush()
;;
select round(avg(aa)), sum(aa) from a_star a1
;;
select round(avg(aa)), sum(aa) from a_star a2
;;
select round(avg(aa)), sum(aa) from a_star a3
;;
select round(avg(aa)), sum(aa) from a_star a4
;;
select sp_test_func() order by 1
;;
select length(stringu1) from tenk1 group by length(stringu1)
;;
select count(*) from tenk1 where (two, four) not in
	(select hundred, thousand from tenk2 where thousand > 100)
;;
select count(*) from tenk1
    where tenk1.unique1 = (Select max(tenk2.unique1) from tenk2)
;;
select  count((unique1)) from tenk1 where hundred > 1
;;
select count((unique1)) from tenk1
where hundred = any ((select array_agg(i) from generate_series(1, 100, 15) i)::int[])
;;
select  count(*) from tenk1 where thousand > 95
;;
select * from
  (select count(unique1) from tenk1 where hundred > 10) ss
  right join (values (1),(2),(3)) v(x) on true
;;
select * from
  (select count(*) from tenk1 where thousand > 99) ss
  right join (values (1),(2),(3)) v(x) on true
;;
select count(*) from tenk1
  left join (select tenk2.unique1 from tenk2 order by 1 limit 1000) ss
  on tenk1.unique1 < ss.unique1 + 1
  where tenk1.unique1 < 2
;;
select count(*) from tenk1, tenk2 where tenk1.hundred > 1 and tenk2.thousand=0
;;
select count(*) from bmscantest where a>1
;;
select * from explain_parallel_sort_stats()
;;
select  count(*) from tenk1, tenk2 where tenk1.unique1 = tenk2.unique1
;;
select count(*) from tenk1 group by twenty
;;
select count(*), generate_series(1,2) from tenk1 group by twenty
;;
select * from
  (select string4, count(unique2)
   from tenk1 group by string4 order by string4) ss
  right join (values (1),(2),(3)) v(x) on true
;;
select avg(unique1::int8) from tenk1
;;
select fivethous from tenk1 order by fivethous limit 4
;;
select string4 from tenk1 order by string4 limit 5
;;
SELECT make_record(x) FROM (SELECT generate_series(1, 5) x) ss ORDER BY x
;;
select count(*) from tenk1
;;
select (stringu1 || repeat('abcd', 5000))::int2 from tenk1 where unique1 = 1
;;
select set_and_report_role()
;;
select set_role_and_error(0)
;;
DELETE FROM parallel_hang WHERE 380 <= i AND i <= 420
;;
SELECT * FROM street
;;
SELECT name, #thepath FROM iexit ORDER BY name COLLATE "C", 2
;;
SELECT * FROM toyemp WHERE name = 'sharon'
;;
SELECT * FROM my_property_normal WHERE f_leak(passwd)
;;
SELECT * FROM my_property_secure WHERE f_leak(passwd)
;;
SELECT * FROM my_property_normal v
		WHERE f_leak('passwd') AND f_leak(passwd)
;;
SELECT * FROM my_credit_card_normal WHERE f_leak(cnum)
;;
SELECT * FROM my_credit_card_secure WHERE f_leak(cnum)
;;
SELECT * FROM my_credit_card_usage_normal
       WHERE f_leak(cnum) AND ymd >= '2011-10-01' AND ymd < '2011-11-01'
;;
SELECT * FROM my_credit_card_usage_secure
       WHERE f_leak(cnum) AND ymd >= '2011-10-01' AND ymd < '2011-11-01'
;;
SELECT * FROM serialTest1
;;
SELECT * FROM serialTest2 ORDER BY f2 ASC
;;
SELECT nextval('serialTest2_f2_seq')
;;
SELECT * FROM foo_seq_new
;;
SELECT last_value, log_cnt IN (31, 32) AS log_cnt_ok, is_called FROM foo_seq_new
;;
SELECT * FROM information_schema.sequences
  WHERE sequence_name ~ ANY(ARRAY['sequence_test', 'serialtest'])
  ORDER BY sequence_name ASC
;;
SELECT schemaname, sequencename, start_value, min_value, max_value, increment_by, cycle, cache_size, last_value
FROM pg_sequences
WHERE sequencename ~ ANY(ARRAY['sequence_test', 'serialtest'])
  ORDER BY sequencename ASC
;;
SELECT * FROM pg_sequence_parameters('sequence_test4'::regclass)
;;
SELECT lastval()
;;
SELECT * FROM information_schema.sequences WHERE sequence_name IN
  ('sequence_test2', 'serialtest2_f2_seq', 'serialtest2_f3_seq',
   'serialtest2_f4_seq', 'serialtest2_f5_seq', 'serialtest2_f6_seq')
  ORDER BY sequence_name ASC
;;
SELECT * FROM pg_get_sequence_data('test_seq1')
;;
delete from spgist_point_tbl where id < 5
;;
delete from spgist_point_tbl where id % 2 = 1
;;
select count(*)
  from (values (point(5,5)),(point(8,8)),(point(12,12))) v(p)
 where exists(select * from spgist_box_tbl b where b.b && box(v.p,v.p))
;;
select * from spgist_domain_tbl where f1 = 'fo'
;;
SELECT JSON(NULL)
;;
SELECT JSON('{ "a" : 1 } ' FORMAT JSON)
;;
SELECT JSON('{ "a" : 1 } ' FORMAT JSON ENCODING UTF8)
;;
SELECT pg_typeof(JSON('{ "a" : 1 } '))
;;
SELECT JSON('   1   '::json WITH UNIQUE KEYS)
;;
SELECT JSON_SCALAR(NULL)
;;
SELECT JSON_SERIALIZE(NULL)
;;
SELECT JSON_SERIALIZE(JSON('{ "a" : 1 } '))
;;
SELECT JSON_SERIALIZE('1' FORMAT JSON)
;;
SELECT JSON_SERIALIZE('{ "a" : 1 } ' RETURNING bytea)
;;
SELECT JSON_SERIALIZE('{ "a" : 1 } ' RETURNING varchar)
;;
SELECT pg_typeof(JSON_SERIALIZE(NULL))
;;
SELECT JSON_SERIALIZE('{ "a" : 1 } ' RETURNING jsonb)
;;
SELECT JSON_OBJECT()
;;
SELECT JSON_OBJECT(RETURNING json)
;;
SELECT JSON_OBJECT(RETURNING json FORMAT JSON)
;;
SELECT JSON_OBJECT(RETURNING jsonb)
;;
SELECT JSON_OBJECT(RETURNING jsonb FORMAT JSON)
;;
SELECT JSON_OBJECT(RETURNING text)
;;
SELECT JSON_OBJECT(RETURNING text FORMAT JSON)
;;
SELECT JSON_OBJECT(RETURNING text FORMAT JSON ENCODING UTF8)
;;
SELECT JSON_OBJECT(RETURNING bytea)
;;
SELECT JSON_OBJECT(RETURNING bytea FORMAT JSON)
;;
SELECT JSON_OBJECT(RETURNING bytea FORMAT JSON ENCODING UTF8)
;;
SELECT JSON_OBJECT(RETURNING bytea FORMAT JSON ENCODING UTF16)
;;
SELECT JSON_OBJECT(RETURNING bytea FORMAT JSON ENCODING UTF32)
;;
SELECT JSON_OBJECT('foo': NULL::int FORMAT JSON)
;;
SELECT JSON_OBJECT('foo': NULL::int FORMAT JSON ENCODING UTF8)
;;
SELECT JSON_OBJECT(NULL: 1)
;;
SELECT JSON_OBJECT('a': 2 + 3)
;;
SELECT JSON_OBJECT('a' || 2: 1)
;;
SELECT JSON_OBJECT(ARRAY[1,2,3]: 'aaa')
;;
SELECT JSON_OBJECT(
	'a': '123',
	1.23: 123,
	'c': json '[ 1,true,{ } ]',
	'd': jsonb '{ "x" : 123.45 }'
)
;;
SELECT JSON_OBJECT(
	'a': '123',
	1.23: 123,
	'c': json '[ 1,true,{ } ]',
	'd': jsonb '{ "x" : 123.45 }'
	RETURNING jsonb
)
;;
/*
SELECT JSON_OBJECT(
	'a': '123',
	KEY 1.23 VALUE 123,
	'c' VALUE json '[1, true, {}]'
);
*/

SELECT JSON_OBJECT('a': '123', 'b': JSON_OBJECT('a': 111, 'b': 'aaa'))
;;
SELECT JSON_OBJECT('a': '123', 'b': JSON_OBJECT('a': 111, 'b': 'aaa' RETURNING jsonb))
;;
SELECT JSON_OBJECT('a': JSON_OBJECT('b': 1 RETURNING text))
;;
SELECT JSON_OBJECT('a': JSON_OBJECT('b': 1 RETURNING text) FORMAT JSON)
;;
SELECT JSON_OBJECT('a': JSON_OBJECT('b': 1 RETURNING bytea))
;;
SELECT JSON_OBJECT('a': JSON_OBJECT('b': 1 RETURNING bytea) FORMAT JSON)
;;
SELECT JSON_OBJECT('a': '1', 'b': NULL, 'c': 2)
;;
SELECT JSON_OBJECT('a': '1', 'b': NULL, 'c': 2 ABSENT ON NULL)
;;
SELECT JSON_OBJECT(1: 1, '2': NULL, '3': 1, repeat('x', 1000): 1, 2: repeat('a', 100) WITH UNIQUE)
;;
SELECT JSON_OBJECT(1: 1, '1': NULL WITH UNIQUE)
;;
SELECT JSON_OBJECT(1: 1, '1': NULL ABSENT ON NULL WITH UNIQUE)
;;
SELECT JSON_OBJECT(1: 1, '1': NULL NULL ON NULL WITH UNIQUE RETURNING jsonb)
;;
SELECT JSON_OBJECT(1: 1, '1': NULL ABSENT ON NULL WITH UNIQUE RETURNING jsonb)
;;
SELECT JSON_OBJECT(1: 1, '2': NULL, '1': 1 NULL ON NULL WITH UNIQUE)
;;
SELECT JSON_OBJECT(1: 1, '2': NULL, '1': 1 ABSENT ON NULL WITH UNIQUE)
;;
SELECT JSON_OBJECT(1: 1, '2': NULL, '1': 1 ABSENT ON NULL WITH UNIQUE RETURNING jsonb)
;;
SELECT JSON_OBJECT(1: 1, '2': NULL, '1': 1 ABSENT ON NULL WITHOUT UNIQUE RETURNING jsonb)
;;
SELECT JSON_OBJECT(1: 1, '2': NULL, '3': 1, 4: NULL, '5': 'a' ABSENT ON NULL WITH UNIQUE RETURNING jsonb)
;;
SELECT JSON_ARRAY()
;;
SELECT JSON_ARRAY(RETURNING json)
;;
SELECT JSON_ARRAY(RETURNING json FORMAT JSON)
;;
SELECT JSON_ARRAY(RETURNING jsonb)
;;
SELECT JSON_ARRAY(RETURNING jsonb FORMAT JSON)
;;
SELECT JSON_ARRAY(RETURNING text)
;;
SELECT JSON_ARRAY(RETURNING text FORMAT JSON)
;;
SELECT JSON_ARRAY(RETURNING text FORMAT JSON ENCODING UTF8)
;;
SELECT JSON_ARRAY(RETURNING bytea)
;;
SELECT JSON_ARRAY(RETURNING bytea FORMAT JSON)
;;
SELECT JSON_ARRAY(RETURNING bytea FORMAT JSON ENCODING UTF8)
;;
SELECT JSON_ARRAY(RETURNING bytea FORMAT JSON ENCODING UTF16)
;;
SELECT JSON_ARRAY(RETURNING bytea FORMAT JSON ENCODING UTF32)
;;
SELECT JSON_ARRAY('aaa', 111, true, array[1,2,3], NULL, json '{"a": [1]}', jsonb '["a",3]')
;;
SELECT JSON_ARRAY('a',  NULL, 'b' NULL   ON NULL)
;;
SELECT JSON_ARRAY('a',  NULL, 'b' ABSENT ON NULL)
;;
SELECT JSON_ARRAY('a',  NULL, 'b' NULL   ON NULL RETURNING jsonb)
;;
SELECT JSON_ARRAY('a',  NULL, 'b' ABSENT ON NULL RETURNING jsonb)
;;
SELECT JSON_ARRAY(JSON_ARRAY('{ "a" : 123 }' RETURNING text))
;;
SELECT JSON_ARRAY(JSON_ARRAY('{ "a" : 123 }' FORMAT JSON RETURNING text))
;;
SELECT JSON_ARRAY(JSON_ARRAY('{ "a" : 123 }' FORMAT JSON RETURNING text) FORMAT JSON)
;;
SELECT JSON_ARRAY(SELECT i FROM (VALUES (1), (2), (NULL), (4)) foo(i))
;;
SELECT JSON_ARRAY(SELECT i FROM (VALUES (NULL::int[]), ('{1,2}'), (NULL), (NULL), ('{3,4}'), (NULL)) foo(i) RETURNING jsonb)
;;
SELECT JSON_ARRAY(SELECT i FROM (VALUES (3), (1), (NULL), (2)) foo(i) ORDER BY i)
;;
SELECT JSON_ARRAY(WITH x AS (SELECT 1) VALUES (TRUE))
;;
SELECT JSON_ARRAY(SELECT FROM (VALUES (1)) foo(i))
;;
SELECT JSON_ARRAY(SELECT * FROM (VALUES (1, 2)) foo(i, j))
;;
SELECT	JSON_ARRAYAGG(i) IS NULL,
		JSON_ARRAYAGG(i RETURNING jsonb) IS NULL
FROM generate_series(1, 0) i
;;
SELECT	JSON_ARRAYAGG(i),
		JSON_ARRAYAGG(i RETURNING jsonb)
FROM generate_series(1, 5) i
;;
SELECT JSON_ARRAYAGG(i ORDER BY i DESC)
FROM generate_series(1, 5) i
;;
SELECT JSON_ARRAYAGG(i::text::json)
FROM generate_series(1, 5) i
;;
SELECT JSON_ARRAYAGG(JSON_ARRAY(i, i + 1 RETURNING text) FORMAT JSON)
FROM generate_series(1, 5) i
;;
SELECT	JSON_ARRAYAGG(NULL),
		JSON_ARRAYAGG(NULL RETURNING jsonb)
FROM generate_series(1, 5)
;;
SELECT	JSON_ARRAYAGG(NULL NULL ON NULL),
		JSON_ARRAYAGG(NULL NULL ON NULL RETURNING jsonb)
FROM generate_series(1, 5)
;;
SELECT
	bar, JSON_ARRAYAGG(bar) FILTER (WHERE bar > 2) OVER (PARTITION BY foo.bar % 2)
FROM
	(VALUES (NULL), (3), (1), (NULL), (NULL), (5), (2), (4), (NULL), (5), (4)) foo(bar)
;;
SELECT	JSON_OBJECTAGG('key': 1) IS NULL,
		JSON_OBJECTAGG('key': 1 RETURNING jsonb) IS NULL
WHERE FALSE
;;
SELECT JSON_OBJECTAGG(NULL: 1)
;;
SELECT JSON_OBJECTAGG(NULL: 1 RETURNING jsonb)
;;
SELECT
	JSON_OBJECTAGG(i: i),
--	JSON_OBJECTAGG(i VALUE i),
--	JSON_OBJECTAGG(KEY i VALUE i),
	JSON_OBJECTAGG(i: i RETURNING jsonb)
FROM
	generate_series(1, 5) i
;;
SELECT
	JSON_OBJECTAGG(k: v),
	JSON_OBJECTAGG(k: v NULL ON NULL),
	JSON_OBJECTAGG(k: v ABSENT ON NULL),
	JSON_OBJECTAGG(k: v RETURNING jsonb),
	JSON_OBJECTAGG(k: v NULL ON NULL RETURNING jsonb),
	JSON_OBJECTAGG(k: v ABSENT ON NULL RETURNING jsonb)
FROM
	(VALUES (1, 1), (1, NULL), (2, NULL), (3, 3)) foo(k, v)
;;
SELECT JSON_OBJECTAGG(k: v WITH UNIQUE KEYS)
FROM (VALUES (1, 1), (1, NULL), (2, 2)) foo(k, v)
;;
SELECT JSON_OBJECTAGG(k: v ABSENT ON NULL WITH UNIQUE KEYS)
FROM (VALUES (1, 1), (1, NULL), (2, 2)) foo(k, v)
;;
SELECT JSON_OBJECTAGG(k: v WITH UNIQUE KEYS RETURNING jsonb)
FROM (VALUES (1, 1), (1, NULL), (2, 2)) foo(k, v)
;;
SELECT JSON_OBJECTAGG(k: v ABSENT ON NULL WITH UNIQUE KEYS RETURNING jsonb)
FROM (VALUES (1, 1), (1, NULL), (2, 2)) foo(k, v)
;;
SELECT JSON_OBJECTAGG(mod(i,100): (i)::text FORMAT JSON WITH UNIQUE)
FROM generate_series(0, 199) i
;;
SELECT to_json(a) AS a, JSON_OBJECTAGG(k : v WITH UNIQUE KEYS) OVER (ORDER BY k)
FROM (VALUES (1,1), (2,2)) a(k,v)
;;
SELECT to_json(a) AS a, JSON_OBJECTAGG(k : v ABSENT ON NULL WITH UNIQUE KEYS)
   OVER (ORDER BY k)
FROM (VALUES (1,1), (1,null), (2,2)) a(k,v)
;;
SELECT to_json(a) AS a, JSON_OBJECTAGG(k : v ABSENT ON NULL)
OVER (ORDER BY k)
FROM (VALUES (1,1), (1,null), (2,2)) a(k,v)
;;
SELECT to_json(a) AS a, JSON_OBJECTAGG(k : v ABSENT ON NULL)
OVER (ORDER BY k RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
FROM (VALUES (1,1), (1,null), (2,2)) a(k,v)
;;
SELECT NULL IS JSON
;;
SELECT NULL IS NOT JSON
;;
SELECT
	js,
	js IS JSON "IS JSON",
	js IS NOT JSON "IS NOT JSON",
	js IS JSON VALUE "IS VALUE",
	js IS JSON OBJECT "IS OBJECT",
	js IS JSON ARRAY "IS ARRAY",
	js IS JSON SCALAR "IS SCALAR",
	js IS JSON WITHOUT UNIQUE KEYS "WITHOUT UNIQUE",
	js IS JSON WITH UNIQUE KEYS "WITH UNIQUE"
FROM
	test_is_json
;;
SELECT
	js,
	js IS JSON "IS JSON",
	js IS NOT JSON "IS NOT JSON",
	js IS JSON VALUE "IS VALUE",
	js IS JSON OBJECT "IS OBJECT",
	js IS JSON ARRAY "IS ARRAY",
	js IS JSON SCALAR "IS SCALAR",
	js IS JSON WITHOUT UNIQUE KEYS "WITHOUT UNIQUE",
	js IS JSON WITH UNIQUE KEYS "WITH UNIQUE"
FROM
	(SELECT js::json FROM test_is_json WHERE js IS JSON) foo(js)
;;
SELECT
	js0,
	js IS JSON "IS JSON",
	js IS NOT JSON "IS NOT JSON",
	js IS JSON VALUE "IS VALUE",
	js IS JSON OBJECT "IS OBJECT",
	js IS JSON ARRAY "IS ARRAY",
	js IS JSON SCALAR "IS SCALAR",
	js IS JSON WITHOUT UNIQUE KEYS "WITHOUT UNIQUE",
	js IS JSON WITH UNIQUE KEYS "WITH UNIQUE"
FROM
	(SELECT js, js::bytea FROM test_is_json WHERE js IS JSON) foo(js0, js)
;;
SELECT
	js,
	js IS JSON "IS JSON",
	js IS NOT JSON "IS NOT JSON",
	js IS JSON VALUE "IS VALUE",
	js IS JSON OBJECT "IS OBJECT",
	js IS JSON ARRAY "IS ARRAY",
	js IS JSON SCALAR "IS SCALAR",
	js IS JSON WITHOUT UNIQUE KEYS "WITHOUT UNIQUE",
	js IS JSON WITH UNIQUE KEYS "WITH UNIQUE"
FROM
	(SELECT js::jsonb FROM test_is_json WHERE js IS JSON) foo(js)
;;
SELECT JSON_OBJECT('a': JSON_OBJECT('b': 1 RETURNING varchar(2)))
;;
SELECT JSON_ARRAY(JSON_ARRAY('{ "a" : 123 }' RETURNING varchar(2)))
;;
SELECT JSON_ARRAYAGG(('111' || i)::bytea FORMAT JSON NULL ON NULL RETURNING varchar(2)) FROM generate_series(1,1) i
;;
SELECT JSON_OBJECTAGG(i: ('111' || i)::bytea FORMAT JSON WITH UNIQUE RETURNING varchar(2)) FROM generate_series(1, 1) i
;;
SELECT JSON_SERIALIZE('123' RETURNING sqljson_char2)
;;
SELECT JSON_OBJECT('a': JSON_OBJECTAGG('b': volatile_one() RETURNING text) FORMAT JSON)
;;
SELECT JSON_OBJECT('a': JSON_OBJECTAGG('b': stable_one() RETURNING text) FORMAT JSON)
;;
SELECT JSON_OBJECT('a': JSON_OBJECTAGG('b': 1 RETURNING text) FORMAT JSON)
;;
SELECT * FROM JSON_TABLE('[]', 'strict $.a' COLUMNS (js2 int PATH '$') DEFAULT 1 ON ERROR)
;;
SELECT * FROM JSON_TABLE('[]', 'strict $.a' COLUMNS (js2 int PATH '$') NULL ON ERROR)
;;
SELECT * FROM JSON_TABLE('[]', 'strict $.a' COLUMNS (js2 int PATH '$') EMPTY ON ERROR)
;;
SELECT * FROM JSON_TABLE('[]', 'strict $.a' COLUMNS (js2 int PATH '$') ERROR ON ERROR)
;;
SELECT * FROM JSON_TABLE(jsonb'"1.23"', '$.a' as js2 COLUMNS (js2 int path '$'))
;;
SELECT * FROM JSON_TABLE (NULL::jsonb, '$' COLUMNS (v1 timestamp)) AS f (v1, v2)
;;
SELECT * FROM JSON_TABLE(jsonb'"1.23"', '$.a' COLUMNS (js2 int path '$', js2 int path '$'))
;;
SELECT * FROM JSON_TABLE(jsonb '{"rec": "(1,2)"}', '$' COLUMNS (id FOR ORDINALITY, comp comp path '$.rec' omit quotes)) jt
;;
SELECT * FROM JSON_TABLE(NULL::jsonb, '$' COLUMNS (foo int)) bar
;;
SELECT * FROM JSON_TABLE(jsonb'"1.23"', 'strict $.a' COLUMNS (js2 int PATH '$'))
;;
SELECT * FROM JSON_TABLE(jsonb '123', '$'
	COLUMNS (item int PATH '$', foo int)) bar
;;
SELECT *
FROM json_table_test vals
	LEFT OUTER JOIN
	JSON_TABLE(
		vals.js::jsonb, 'lax $[*]'
		COLUMNS (
			id FOR ORDINALITY,
			"int" int PATH '$',
			"text" text PATH '$',
			"char(4)" char(4) PATH '$',
			"bool" bool PATH '$',
			"numeric" numeric PATH '$',
			"domain" jsonb_test_domain PATH '$',
			js json PATH '$',
			jb jsonb PATH '$'
		)
	) jt
	ON true
;;
SELECT *
FROM json_table_test vals
	LEFT OUTER JOIN
	JSON_TABLE(
		vals.js::jsonb, 'lax $[*]'
		COLUMNS (
			id FOR ORDINALITY,
			jst text    FORMAT JSON  PATH '$',
			jsc char(4) FORMAT JSON  PATH '$',
			jsv varchar(4) FORMAT JSON  PATH '$',
			jsb jsonb FORMAT JSON PATH '$',
			jsbq jsonb FORMAT JSON PATH '$' OMIT QUOTES
		)
	) jt
	ON true
;;
SELECT *
FROM json_table_test vals
	LEFT OUTER JOIN
	JSON_TABLE(
		vals.js::jsonb, 'lax $[*]'
		COLUMNS (
			id FOR ORDINALITY,
			exists1 bool EXISTS PATH '$.aaa',
			exists2 int EXISTS PATH '$.aaa',
			exists3 int EXISTS PATH 'strict $.aaa' UNKNOWN ON ERROR,
			exists4 text EXISTS PATH 'strict $.aaa' FALSE ON ERROR
		)
	) jt
	ON true
;;
SELECT *
FROM json_table_test vals
	LEFT OUTER JOIN
	JSON_TABLE(
		vals.js::jsonb, 'lax $[*]'
		COLUMNS (
			id FOR ORDINALITY,
			aaa int, -- "aaa" has implicit path '$."aaa"'
			aaa1 int PATH '$.aaa',
			js2 json PATH '$',
			jsb2w jsonb PATH '$' WITH WRAPPER,
			jsb2q jsonb PATH '$' OMIT QUOTES,
			ia int[] PATH '$',
			ta text[] PATH '$',
			jba jsonb[] PATH '$'
		)
	) jt
	ON true
;;
SELECT * FROM JSON_TABLE(jsonb '{"d1": "H"}', '$'
    COLUMNS (js1 jsonb_test_domain PATH '$.a2' DEFAULT '"foo1"'::jsonb::text ON EMPTY))
;;
SELECT * FROM JSON_TABLE(jsonb '{"d1": "H"}', '$'
    COLUMNS (js1 jsonb_test_domain PATH '$.a2' DEFAULT 'foo'::jsonb_test_domain ON EMPTY))
;;
SELECT * FROM JSON_TABLE(jsonb '{"d1": "foo"}', '$'
    COLUMNS (js1 jsonb_test_domain PATH '$.d1' DEFAULT 'foo2'::jsonb_test_domain ON ERROR))
;;
SELECT * FROM JSON_TABLE(jsonb '{"d1": "foo"}', '$'
    COLUMNS (js1 oid[] PATH '$.d2' DEFAULT '{1}'::int[]::oid[] ON EMPTY))
;;
SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (id FOR ORDINALITY, id2 FOR ORDINALITY, a int PATH '$.a' ERROR ON EMPTY)) jt
;;
SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (id FOR ORDINALITY, a int PATH '$' ERROR ON EMPTY)) jt
;;
SELECT *
FROM
	(VALUES ('1'), ('"err"')) vals(js),
	JSON_TABLE(vals.js::jsonb, '$' COLUMNS (a int PATH '$')) jt
;;
SELECT *
FROM
	(VALUES ('1'), ('"err"')) vals(js)
		LEFT OUTER JOIN
	JSON_TABLE(vals.js::jsonb, '$' COLUMNS (a int PATH '$' ERROR ON ERROR)) jt
		ON true
;;
SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (a int PATH '$.a' ERROR ON EMPTY)) jt
;;
SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (a int PATH 'strict $.a' ERROR ON ERROR) ERROR ON ERROR) jt
;;
SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (a int PATH 'lax $.a' ERROR ON EMPTY) ERROR ON ERROR) jt
;;
SELECT * FROM JSON_TABLE(jsonb '"a"', '$' COLUMNS (a int PATH '$'   DEFAULT 1 ON EMPTY DEFAULT 2 ON ERROR)) jt
;;
SELECT * FROM JSON_TABLE(jsonb '"a"', '$' COLUMNS (a int4 EXISTS PATH '$.a' ERROR ON ERROR))
;;
SELECT * FROM JSON_TABLE(jsonb '"a"', '$' COLUMNS (a int2 EXISTS PATH '$.a'))
;;
SELECT * FROM JSON_TABLE(jsonb '"a"', '$' COLUMNS (a int8 EXISTS PATH '$.a'))
;;
SELECT * FROM JSON_TABLE(jsonb '"a"', '$' COLUMNS (a float4 EXISTS PATH '$.a'))
;;
SELECT * FROM JSON_TABLE(jsonb '"a"', '$' COLUMNS (a char(3) EXISTS PATH '$.a'))
;;
SELECT * FROM JSON_TABLE(jsonb '"a"', '$' COLUMNS (a char(3) EXISTS PATH '$.a' ERROR ON ERROR))
;;
SELECT * FROM JSON_TABLE(jsonb '"a"', '$' COLUMNS (a json EXISTS PATH '$.a'))
;;
SELECT * FROM JSON_TABLE(jsonb '"a"', '$' COLUMNS (a jsonb EXISTS PATH '$.a'))
;;
SELECT a, a::bool FROM JSON_TABLE(jsonb '"a"', '$' COLUMNS (a dint4 EXISTS PATH '$.a' ))
;;
SELECT a, a::bool FROM JSON_TABLE(jsonb '{"a":1}', '$' COLUMNS (a dint4_0 EXISTS PATH '$.b'))
;;
SELECT a, a::bool FROM JSON_TABLE(jsonb '{"a":1}', '$' COLUMNS (a dint4_0 EXISTS PATH '$.b' ERROR ON ERROR))
;;
SELECT a, a::bool FROM JSON_TABLE(jsonb '{"a":1}', '$' COLUMNS (a dint4_0 EXISTS PATH '$.b' FALSE ON ERROR))
;;
SELECT a, a::bool FROM JSON_TABLE(jsonb '{"a":1}', '$' COLUMNS (a dint4_0 EXISTS PATH '$.b' TRUE ON ERROR))
;;
SELECT * FROM JSON_TABLE(jsonb '"world"', '$' COLUMNS (item text PATH '$' KEEP QUOTES ON SCALAR STRING))
;;
SELECT * FROM JSON_TABLE(jsonb '"world"', '$' COLUMNS (item text PATH '$' OMIT QUOTES ON SCALAR STRING))
;;
SELECT * FROM JSON_TABLE(jsonb '"world"', '$' COLUMNS (item text FORMAT JSON PATH '$' KEEP QUOTES))
;;
SELECT * FROM JSON_TABLE(jsonb '"world"', '$' COLUMNS (item text FORMAT JSON PATH '$' OMIT QUOTES))
;;
SELECT * FROM JSON_TABLE(jsonb '"world"', '$' COLUMNS (item text FORMAT JSON PATH '$' WITHOUT WRAPPER KEEP QUOTES))
;;
SELECT * FROM JSON_TABLE(jsonb '"world"', '$' COLUMNS (item text PATH '$' WITHOUT WRAPPER OMIT QUOTES))
;;
SELECT * FROM JSON_TABLE(jsonb '"world"', '$' COLUMNS (item text FORMAT JSON PATH '$' WITH WRAPPER))
;;
SELECT * FROM JSON_TABLE(jsonb '"world"', '$' COLUMNS (item text PATH '$' WITH WRAPPER OMIT QUOTES))
;;
SELECT * FROM JSON_TABLE(jsonb '"world"', '$' COLUMNS (item text FORMAT JSON PATH '$' WITH WRAPPER KEEP QUOTES))
;;
SELECT *
FROM JSON_TABLE(
	jsonb '[1,2,3]',
	'$[*] ? (@ < $x)'
		PASSING 3 AS x
		COLUMNS (y text FORMAT JSON PATH '$')
	) jt
;;
SELECT *
FROM JSON_TABLE(
	jsonb '[1,2,3]',
	'$[*] ? (@ < $x)'
		PASSING 10 AS x, 3 AS y
		COLUMNS (a text FORMAT JSON PATH '$ ? (@ < $y)')
	) jt
;;
SELECT * FROM JSON_TABLE('{"a": [{"b": "1"}, {"b": "2"}]}', '$' COLUMNS (b json path '$.a[*].b' ERROR ON ERROR))
;;
SELECT * FROM JSON_TABLE(
	jsonb '[]', '$' AS a
	COLUMNS (
		b int,
		NESTED PATH '$' AS a
		COLUMNS (
			c int
		)
	)
) jt
;;
SELECT * FROM JSON_TABLE(
	jsonb '[]', '$' AS a
	COLUMNS (
		b int,
		NESTED PATH '$' AS n_a
		COLUMNS (
			c int
		)
	)
) jt
;;
SELECT * FROM JSON_TABLE(
	jsonb '[]', '$'
	COLUMNS (
		b int,
		NESTED PATH '$' AS b
		COLUMNS (
			c int
		)
	)
) jt
;;
SELECT * FROM JSON_TABLE(
	jsonb '[]', '$'
	COLUMNS (
		NESTED PATH '$' AS a
		COLUMNS (
			b int
		),
		NESTED PATH '$'
		COLUMNS (
			NESTED PATH '$' AS a
			COLUMNS (
				c int
			)
		)
	)
) jt
;;
select
	jt.*
from
	jsonb_table_test jtt,
	json_table (
		jtt.js,'strict $[*]' as p
		columns (
			n for ordinality,
			a int path 'lax $.a' default -1 on empty,
			nested path 'strict $.b[*]' as pb columns (b_id for ordinality, b int path '$' ),
			nested path 'strict $.c[*]' as pc columns (c_id for ordinality, c int path '$' )
		)
	) jt
;;
SELECT *
FROM
	generate_series(1, 3) x,
	generate_series(1, 3) y,
	JSON_TABLE(jsonb
		'[[1,2,3],[2,3,4,5],[3,4,5,6]]',
		'strict $[*] ? (@[*] <= $x)'
		PASSING x AS x, y AS y
		COLUMNS (
			y text FORMAT JSON PATH '$',
			NESTED PATH 'strict $[*] ? (@ == $y)'
			COLUMNS (
				z int PATH '$'
			)
		)
	) jt
;;
SELECT sub.* FROM s,
	JSON_TABLE(js, '$' PASSING 32 AS x, 13 AS y COLUMNS (
		xx int path '$.c',
		NESTED PATH '$.a.za[1]' columns (NESTED PATH '$.z21[*]' COLUMNS (z21 int path '$?(@ >= $"x")' ERROR ON ERROR))
	)) sub
;;
SELECT sub.* FROM s,
	(VALUES (23)) x(x), generate_series(13, 13) y,
	JSON_TABLE(js, '$' AS c1 PASSING x AS x, y AS y COLUMNS (
		xx1 int PATH '$.c',
		NESTED PATH '$.a.za[0].z1[*]' COLUMNS (NESTED PATH '$ ?(@ >= ($"x" -2))' COLUMNS (a int PATH '$')),
		NESTED PATH '$.a.za[0]' COLUMNS (NESTED PATH '$.z1[*] ? (@ >= ($"x" -2))' COLUMNS (b int PATH '$'))
	)) sub
;;
SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (a int) NULL ON ERROR)
;;
SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (a int true on empty))
;;
SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (a int omit quotes true on error))
;;
SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (a int exists empty object on error))
;;
SELECT JSON_EXISTS(NULL::jsonb, '$')
;;
SELECT JSON_EXISTS(JSON_OBJECT(RETURNING jsonb), '$')
;;
SELECT JSON_EXISTS(jsonb '1', 'strict $.a' ERROR ON ERROR)
;;
SELECT JSON_EXISTS(jsonb '{"a": 1, "b": 2}', '$.* ? (@ > $x)' PASSING 1 AS x)
;;
SELECT JSON_EXISTS(jsonb '{"a": 1, "b": 2}', '$.* ? (@ > $x && @ < $y)' PASSING 0 AS x, 2 AS y)
;;
SELECT JSON_VALUE(NULL::jsonb, '$')
;;
SELECT JSON_VALUE(jsonb 'null', '$' RETURNING int)
;;
SELECT JSON_VALUE(jsonb 'true', '$' RETURNING bool)
;;
SELECT JSON_VALUE(jsonb '123', '$' RETURNING int) + 234
;;
SELECT JSON_VALUE(jsonb '123', '$' RETURNING text)
;;
SELECT JSON_VALUE(jsonb '123', '$' RETURNING bytea ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '"1.23"', '$' RETURNING numeric)
;;
SELECT JSON_VALUE(jsonb '"1.23"', '$' RETURNING int ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '"aaa"', '$' RETURNING char(5))
;;
SELECT JSON_VALUE(jsonb '"aaa"', '$' RETURNING char(2) ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '"aaa"', '$' RETURNING json)
;;
SELECT JSON_VALUE(jsonb '"aaa"', '$' RETURNING jsonb)
;;
SELECT JSON_VALUE(jsonb '"aaa"', '$' RETURNING json ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '"aaa"', '$' RETURNING jsonb ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '"aaa"', '$' RETURNING int DEFAULT 111 ON ERROR)
;;
SELECT JSON_VALUE(jsonb '"2017-02-20"', '$' RETURNING date) + 9
;;
SELECT JSON_VALUE(jsonb 'null', '$' RETURNING sqljsonb_int_not_null)
;;
SELECT JSON_VALUE(jsonb 'null', '$' RETURNING sqljsonb_int_not_null ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb 'null', '$' RETURNING sqljsonb_int_not_null DEFAULT 2 ON EMPTY ERROR ON ERROR)
;;
SELECT JSON_VALUE('"purple"'::jsonb, 'lax $[*]' RETURNING rgb)
;;
SELECT JSON_VALUE('"purple"'::jsonb, 'lax $[*]' RETURNING rgb ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '[]', '$' ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '1', 'strict $.a' DEFAULT 'error' ON ERROR)
;;
SELECT JSON_VALUE(jsonb '1', 'lax $.a' ERROR ON EMPTY ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '1', 'lax $.a' DEFAULT '2' ON EMPTY)
;;
SELECT JSON_VALUE(jsonb '1', 'lax $.a' NULL ON EMPTY DEFAULT '2' ON ERROR)
;;
SELECT JSON_VALUE(jsonb '1', 'lax $.a' DEFAULT '2' ON EMPTY DEFAULT '3' ON ERROR)
;;
SELECT JSON_VALUE(jsonb '1', 'lax $.a' ERROR ON EMPTY DEFAULT '3' ON ERROR)
;;
SELECT JSON_VALUE(jsonb '[" "]', '$[*]' RETURNING int DEFAULT 2 + 3 ON ERROR)
;;
SELECT JSON_VALUE(jsonb '["1"]', '$[*]' RETURNING int FORMAT JSON)
;;
SELECT JSON_VALUE(jsonb '["1"]', '$[*]' RETURNING record)
;;
SELECT
	x,
	JSON_VALUE(
		jsonb '{"a": 1, "b": 2}',
		'$.* ? (@ > $x)' PASSING x AS x
		RETURNING int
		DEFAULT -1 ON EMPTY
		DEFAULT -2 ON ERROR
	) y
FROM
	generate_series(0, 2) x
;;
SELECT JSON_VALUE(jsonb 'null', '$a' PASSING point ' (1, 2 )' AS a)
;;
SELECT JSON_VALUE(jsonb 'null', '$a' PASSING point ' (1, 2 )' AS a RETURNING point)
;;
SELECT JSON_VALUE(jsonb 'null', '$a' PASSING point ' (1, 2 )' AS a RETURNING point ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb 'null', '$ts' PASSING timestamptz '2018-02-21 12:34:56 +10' AS ts)
;;
SELECT JSON_VALUE(jsonb 'null', '$ts' PASSING timestamptz '2018-02-21 12:34:56 +10' AS ts RETURNING timestamptz)
;;
SELECT JSON_VALUE(jsonb 'null', '$ts' PASSING timestamptz '2018-02-21 12:34:56 +10' AS ts RETURNING timestamp)
;;
SELECT JSON_VALUE(jsonb 'null', '$ts' PASSING date '2018-02-21 12:34:56 +10' AS ts RETURNING date)
;;
SELECT JSON_VALUE(jsonb 'null', '$ts' PASSING time '2018-02-21 12:34:56 +10' AS ts RETURNING time)
;;
SELECT JSON_VALUE(jsonb 'null', '$ts' PASSING timetz '2018-02-21 12:34:56 +10' AS ts RETURNING timetz)
;;
SELECT JSON_VALUE(jsonb 'null', '$ts' PASSING timestamptz '2018-02-21 12:34:56 +10' AS ts RETURNING json)
;;
SELECT JSON_VALUE(jsonb 'null', '$ts' PASSING timestamptz '2018-02-21 12:34:56 +10' AS ts RETURNING jsonb)
;;
SELECT
	JSON_QUERY(js, '$') AS "unspec",
	JSON_QUERY(js, '$' WITHOUT WRAPPER) AS "without",
	JSON_QUERY(js, '$' WITH CONDITIONAL WRAPPER) AS "with cond",
	JSON_QUERY(js, '$' WITH UNCONDITIONAL ARRAY WRAPPER) AS "with uncond",
	JSON_QUERY(js, '$' WITH ARRAY WRAPPER) AS "with"
FROM
	(VALUES
		(jsonb 'null'),
		('12.3'),
		('true'),
		('"aaa"'),
		('[1, null, "2"]'),
		('{"a": 1, "b": [2]}')
	) foo(js)
;;
SELECT JSON_QUERY(jsonb '"aaa"', '$' RETURNING text)
;;
SELECT JSON_QUERY(jsonb '"aaa"', '$' RETURNING text KEEP QUOTES)
;;
SELECT JSON_QUERY(jsonb '"aaa"', '$' RETURNING text OMIT QUOTES)
;;
SELECT JSON_QUERY(jsonb '"aaa"', '$' OMIT QUOTES ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '"aaa"', '$' RETURNING json OMIT QUOTES ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '"aaa"', '$' RETURNING bytea FORMAT JSON OMIT QUOTES ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '"aaa"', '$' RETURNING char(3) ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '"aaa"', '$' RETURNING char(3))
;;
SELECT JSON_QUERY(jsonb '"aaa"', '$' RETURNING char(3) OMIT QUOTES ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '"aaa"', '$.a' RETURNING char(2) OMIT QUOTES DEFAULT 'bb' ON EMPTY)
;;
SELECT JSON_QUERY(jsonb '[1]', '$' WITH WRAPPER OMIT QUOTES)
;;
SELECT JSON_QUERY(jsonb '[1]', '$' WITH CONDITIONAL WRAPPER OMIT QUOTES)
;;
SELECT JSON_QUERY(jsonb '["1"]', '$[*]' WITH CONDITIONAL WRAPPER KEEP QUOTES)
;;
SELECT JSON_QUERY(jsonb '["1"]', '$[*]' WITH UNCONDITIONAL WRAPPER KEEP QUOTES)
;;
SELECT JSON_QUERY(jsonb '["1"]', '$[*]' WITHOUT WRAPPER OMIT QUOTES)
;;
SELECT JSON_QUERY(jsonb '["1"]', '$[*]' WITHOUT WRAPPER KEEP QUOTES)
;;
SELECT JSON_QUERY(jsonb'{"rec": "{1,2,3}"}', '$.rec' returning int[] omit quotes)
;;
SELECT JSON_QUERY(jsonb'{"rec": "{1,2,3}"}', '$.rec' returning int[] keep quotes)
;;
SELECT JSON_QUERY(jsonb'{"rec": "{1,2,3}"}', '$.rec' returning int[] keep quotes error on error)
;;
SELECT JSON_QUERY(jsonb'{"rec": "[1,2]"}', '$.rec' returning int4range omit quotes)
;;
SELECT JSON_QUERY(jsonb'{"rec": "[1,2]"}', '$.rec' returning int4range keep quotes)
;;
SELECT JSON_QUERY(jsonb'{"rec": "[1,2]"}', '$.rec' 	returning int4range keep quotes error on error)
;;
SELECT JSON_QUERY(jsonb '"1"', '$' RETURNING qf_char_domain OMIT QUOTES ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '"1"', '$' RETURNING qf_jsonb_domain OMIT QUOTES ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]')
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]' NULL ON EMPTY)
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]' EMPTY ON EMPTY)
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]' EMPTY OBJECT ON EMPTY)
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]' ERROR ON EMPTY)
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]' DEFAULT '"empty"' ON EMPTY)
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]' ERROR ON EMPTY NULL ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]' ERROR ON EMPTY EMPTY ARRAY ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]' ERROR ON EMPTY EMPTY OBJECT ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]' ERROR ON EMPTY ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[]', '$[*]' ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$[*]' DEFAULT '"empty"' ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$' RETURNING json)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$' RETURNING json FORMAT JSON)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$' RETURNING jsonb)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$' RETURNING jsonb FORMAT JSON)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$' RETURNING text FORMAT JSON)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$' RETURNING bytea)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$' RETURNING bytea FORMAT JSON)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$[*]' RETURNING bytea EMPTY OBJECT ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$[*]' RETURNING bytea FORMAT JSON EMPTY OBJECT ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$[*]' RETURNING json EMPTY OBJECT ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[1,2]', '$[*]' RETURNING jsonb EMPTY OBJECT ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[3,4]', '$[*]' RETURNING bigint[] EMPTY OBJECT ON ERROR)
;;
SELECT JSON_QUERY(jsonb '"123.1"', '$' RETURNING int2 error on error)
;;
SELECT JSON_QUERY(jsonb '"123.1"', '$' RETURNING int4 error on error)
;;
SELECT JSON_QUERY(jsonb '"123.1"', '$' RETURNING int8 error on error)
;;
SELECT JSON_QUERY(jsonb '"123.1"', '$' RETURNING bool error on error)
;;
SELECT JSON_QUERY(jsonb '"123.1"', '$' RETURNING numeric error on error)
;;
SELECT JSON_QUERY(jsonb '"123.1"', '$' RETURNING real error on error)
;;
SELECT JSON_QUERY(jsonb '"123.1"', '$' RETURNING float8 error on error)
;;
SELECT JSON_QUERY(jsonb '"123.1"', '$' RETURNING int2 omit quotes error on error)
;;
SELECT JSON_QUERY(jsonb '"123.1"', '$' RETURNING float8 omit quotes error on error)
;;
SELECT JSON_QUERY(jsonb '[3,4]', '$[*]' RETURNING anyarray EMPTY OBJECT ON ERROR)
;;
SELECT
	x, y,
	JSON_QUERY(
		jsonb '[1,2,3,4,5,null]',
		'$[*] ? (@ >= $x && @ <= $y)'
		PASSING x AS x, y AS y
		WITH CONDITIONAL WRAPPER
		EMPTY ARRAY ON EMPTY
	) list
FROM
	generate_series(0, 4) x,
	generate_series(0, 4) y
;;
SELECT JSON_QUERY(jsonb'{"rec": "(abc,42,01.02.2003)"}', '$.rec' returning comp_abc omit quotes)
;;
SELECT JSON_QUERY(jsonb'{"rec": "(abc,42,01.02.2003)"}', '$.rec' returning comp_abc keep quotes)
;;
SELECT JSON_QUERY(jsonb'{"rec": "(abc,42,01.02.2003)"}', '$.rec' returning comp_abc keep quotes error on error)
;;
SELECT JSON_QUERY(jsonb '[{"a": 1, "b": "foo", "t": "aaa", "js": [1, "2", {}], "jb": {"x": [1, "2", {}]}},  {"a": 2}]', '$[0]' RETURNING sqljsonb_rec)
;;
SELECT JSON_QUERY(jsonb '[{"a": "a", "b": "foo", "t": "aaa", "js": [1, "2", {}], "jb": {"x": [1, "2", {}]}},  {"a": 2}]', '$[0]' RETURNING sqljsonb_rec ERROR ON ERROR)
;;
SELECT * FROM unnest((JSON_QUERY(jsonb '{"jsa":  [{"a": 1, "b": ["foo"]}, {"a": 2, "c": {}}, 123]}', '$' RETURNING sqljsonb_rec)).jsa)
;;
SELECT * FROM unnest((JSON_QUERY(jsonb '{"reca": [{"a": 1, "t": ["foo", []]}, {"a": 2, "jb": [{}, true]}]}', '$' RETURNING sqljsonb_reca)).reca)
;;
SELECT JSON_QUERY(jsonb '[{"a": 1, "b": "foo", "t": "aaa", "js": [1, "2", {}], "jb": {"x": [1, "2", {}]}},  {"a": 2}]', '$[0]' RETURNING jsonpath)
;;
SELECT JSON_QUERY(jsonb '[{"a": 1, "b": "foo", "t": "aaa", "js": [1, "2", {}], "jb": {"x": [1, "2", {}]}},  {"a": 2}]', '$[0]' RETURNING jsonpath ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '[1,2,null,"3"]', '$[*]' RETURNING int[] WITH WRAPPER)
;;
SELECT JSON_QUERY(jsonb '[1,2,null,"a"]', '$[*]' RETURNING int[] WITH WRAPPER ERROR ON ERROR)
;;
SELECT * FROM unnest(JSON_QUERY(jsonb '[{"a": 1, "t": ["foo", []]}, {"a": 2, "jb": [{}, true]}]', '$' RETURNING sqljsonb_rec[]))
;;
SELECT JSON_QUERY(jsonb '{"a": 1}', '$.a' RETURNING sqljsonb_int_not_null)
;;
SELECT JSON_QUERY(jsonb '{"a": 1}', '$.b' RETURNING sqljsonb_int_not_null ERROR ON EMPTY ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb 'null', '$ts' PASSING timestamptz '2018-02-21 12:34:56 +10' AS ts)
;;
SELECT JSON_QUERY(jsonb 'null', '$ts' PASSING timestamptz '2018-02-21 12:34:56 +10' AS ts RETURNING json)
;;
SELECT JSON_QUERY(jsonb 'null', '$ts' PASSING timestamptz '2018-02-21 12:34:56 +10' AS ts RETURNING jsonb)
;;
SELECT check_clause
FROM information_schema.check_constraints
WHERE constraint_name LIKE 'test_jsonb_constraint%'
ORDER BY 1
;;
SELECT pg_get_expr(adbin, adrelid)
FROM pg_attrdef
WHERE adrelid = 'test_jsonb_constraints'::regclass
ORDER BY 1
;;
SELECT JSON_QUERY(js, '$'  RETURNING int DEFAULT ret_setint() ON ERROR) FROM test_jsonb_mutability
;;
SELECT JSON_QUERY(js, '$'  RETURNING int DEFAULT b + 1 ON ERROR) FROM test_jsonb_mutability
;;
SELECT JSON_QUERY(js, '$'  RETURNING int DEFAULT sum(1) over() ON ERROR) FROM test_jsonb_mutability
;;
SELECT JSON_QUERY(js, '$'  RETURNING int DEFAULT (SELECT 1) ON ERROR) FROM test_jsonb_mutability
;;
SELECT JSON_VALUE(jsonb '{"d1": "H"}', '$.a2' RETURNING queryfuncs_test_domain DEFAULT 'foo'::queryfuncs_test_domain ON EMPTY)
;;
SELECT JSON_VALUE(jsonb '{"d1": "H"}', '$.a2' RETURNING queryfuncs_test_domain DEFAULT '"foo1"'::jsonb::text ON EMPTY)
;;
SELECT JSON_QUERY('"a"', '$.a'  RETURNING int DEFAULT (SELECT '"1"')::jsonb ON ERROR)
;;
SELECT JSON_QUERY('"a"', '$.a' RETURNING queryfuncs_test_domain DEFAULT (select '"1"')::queryfuncs_test_domain ON ERROR)
;;
SELECT JSON_QUERY('"a"', '$.a'  RETURNING int DEFAULT (SELECT 1)::oid::int ON ERROR)
;;
SELECT JSON_QUERY('"a"', '$.a'  RETURNING int[] DEFAULT (SELECT '{1}')::oid[]::int[] ON ERROR)
;;
SELECT JSON_QUERY('"a"', '$.a'  RETURNING int[] DEFAULT (SELECT '{1}')::text COLLATE "C" ON ERROR)
;;
SELECT JSON_QUERY('"a"', '$.a'  RETURNING someparent DEFAULT (SELECT '(1)')::somechild::someparent ON ERROR)
;;
SELECT JSON_EXISTS(jsonb '{"a": 123}', '$' || '.' || 'a')
;;
SELECT JSON_VALUE(jsonb '{"a": 123}', '$' || '.' || 'a')
;;
SELECT JSON_VALUE(jsonb '{"a": 123}', '$' || '.' || 'b' DEFAULT 'foo' ON EMPTY)
;;
SELECT JSON_QUERY(jsonb '{"a": 123}', '$' || '.' || 'a')
;;
SELECT JSON_QUERY(jsonb '{"a": 123}', '$' || '.' || 'a' WITH WRAPPER)
;;
SELECT JSON_QUERY(jsonb '{"a": 123}', ('$' || '.' || 'a' || NULL)::date WITH WRAPPER)
;;
SELECT JSON_QUERY(NULL FORMAT JSON, '$')
;;
SELECT json_value('"aaa"', path RETURNING json) FROM jsonpaths
;;
SELECT json_value('"aaa"', jsonpaths RETURNING json) FROM jsonpaths
;;
SELECT JSON_QUERY(jsonb 'null', '$xyz' PASSING 1 AS xy)
;;
SELECT JSON_QUERY(jsonb 'null', '$xy' PASSING 1 AS xyz)
;;
SELECT JSON_QUERY(jsonb 'null', '$Xyz' PASSING 1 AS "Xyz")
;;
SELECT JSON_EXISTS(jsonb '1', '$' DEFAULT 1 ON ERROR)
;;
SELECT JSON_VALUE(jsonb '1', '$' EMPTY ON ERROR)
;;
SELECT JSON_QUERY(jsonb '1', '$' TRUE ON ERROR)
;;
SELECT JSON_QUERY(jsonb '123', '$' RETURNING queryfuncs_char2 ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '123', '$' RETURNING queryfuncs_char2 DEFAULT '1' ON ERROR)
;;
SELECT JSON_QUERY(jsonb '123', '$' RETURNING queryfuncs_char2_chk ERROR ON ERROR)
;;
SELECT JSON_QUERY(jsonb '123', '$' RETURNING queryfuncs_char2_chk DEFAULT '1' ON ERROR)
;;
SELECT JSON_VALUE(jsonb '123', '$' RETURNING queryfuncs_char2 ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '123', '$' RETURNING queryfuncs_char2 DEFAULT 1 ON ERROR)
;;
SELECT JSON_VALUE(jsonb '123', '$' RETURNING queryfuncs_char2_chk ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '123', '$' RETURNING queryfuncs_char2_chk DEFAULT 1 ON ERROR)
;;
SELECT JSON_VALUE(jsonb '1234', '$' RETURNING queryfuncs_d_varbit3  DEFAULT '111111' ON ERROR)
;;
SELECT JSON_VALUE(jsonb '"111"', '$'  RETURNING bit(2) ERROR ON ERROR)
;;
SELECT JSON_VALUE(jsonb '1234', '$' RETURNING bit(3)  DEFAULT 1 ON ERROR)
;;
SELECT JSON_VALUE(jsonb '"111"', '$.a'  RETURNING bit(3) DEFAULT '1111' ON EMPTY)
;;
SELECT backend_type, object, context FROM pg_stat_io
  ORDER BY backend_type COLLATE "C", object COLLATE "C", context COLLATE "C"
;;
UPDATE trunc_stats_test1 SET id = id + 10 WHERE id IN (1, 2)
;;
DELETE FROM trunc_stats_test1 WHERE id = 3
;;
UPDATE trunc_stats_test1 SET id = id + 100
;;
SELECT count(*) FROM tenk2
;;
SELECT count(*) FROM tenk2 WHERE unique1 = 1
;;
SELECT relname, n_tup_ins, n_tup_upd, n_tup_del, n_live_tup, n_dead_tup
  FROM pg_stat_user_tables
 WHERE relname like 'trunc_stats_test%' order by relname
;;
SELECT st.seq_scan >= pr.seq_scan + 1,
       st.seq_tup_read >= pr.seq_tup_read + cl.reltuples,
       st.idx_scan >= pr.idx_scan + 1,
       st.idx_tup_fetch >= pr.idx_tup_fetch + 1
  FROM pg_stat_user_tables AS st, pg_class AS cl, prevstats AS pr
 WHERE st.relname='tenk2' AND cl.relname='tenk2'
;;
SELECT st.heap_blks_read + st.heap_blks_hit >= pr.heap_blks + cl.relpages,
       st.idx_blks_read + st.idx_blks_hit >= pr.idx_blks + 1
  FROM pg_statio_user_tables AS st, pg_class AS cl, prevstats AS pr
 WHERE st.relname='tenk2' AND cl.relname='tenk2'
;;
SELECT pr.snap_ts < pg_stat_get_snapshot_timestamp() as snapshot_newer
FROM prevstats AS pr
;;
SELECT stats_test_func1()
;;
SELECT stats_test_func2()
;;
SELECT last_seq_scan, last_idx_scan FROM pg_stat_all_tables WHERE relid = 'test_last_scan'::regclass
;;
SELECT pg_stat_reset_single_table_counters('test_last_scan'::regclass)
;;
SELECT seq_scan, idx_scan FROM pg_stat_all_tables WHERE relid = 'test_last_scan'::regclass
;;
SELECT count(*) FROM test_last_scan WHERE noidx_col = 1
;;
SELECT count(*) FROM test_last_scan WHERE idx_col = 1
;;
SELECT pg_sleep(0.1)
;;
SELECT (n_tup_ins + n_tup_upd) > 0 AS has_data FROM pg_stat_all_tables
  WHERE relid = 'pg_shdescription'::regclass
;;
SELECT (current_schemas(true))[1] = ('pg_temp_' || beid::text) AS match
FROM pg_stat_get_backend_idset() beid
WHERE pg_stat_get_backend_pid(beid) = pg_backend_pid()
;;
SELECT pg_stat_reset_slru('commit_timestamp')
;;
SELECT pg_stat_reset_shared('archiver')
;;
SELECT pg_stat_reset()
;;
SELECT pg_stat_get_snapshot_timestamp()
;;
SELECT pg_stat_get_function_calls(0)
;;
SELECT pg_stat_get_snapshot_timestamp() >= NOW()
;;
SELECT pg_stat_clear_snapshot()
;;
SELECT pg_stat_get_snapshot_timestamp() IS NOT NULL AS snapshot_ok
;;
SELECT pg_stat_have_stats('bgwriter', 0, 0)
;;
select a from stats_test_tab1 where a = 3
;;
SELECT pg_stat_get_replication_slot(NULL)
;;
SELECT pg_stat_get_subscription_stats(NULL)
;;
SELECT current_setting('synchronous_commit') = 'on'
;;
SELECT COUNT(*) FROM test_io_shared
;;
SELECT COUNT(*) FROM test_io_shared t1 INNER JOIN test_io_shared t2 USING (a)
;;
SELECT pg_relation_size('test_io_local') / current_setting('block_size')::int8 > 100
;;
SELECT COUNT(*) FROM test_io_local
;;
SELECT pg_stat_reset_backend_stats(pg_backend_pid())
;;
SELECT pg_stat_get_backend_io(NULL)
;;
UPDATE brin_hot SET val = -3 WHERE id = 42
;;
SELECT wait_for_hot_stats()
;;
SELECT pg_stat_get_tuples_hot_updated('brin_hot'::regclass::oid)
;;
UPDATE brin_hot_2 SET a = 2
;;
SELECT COUNT(*) FROM brin_hot_2 WHERE a = 2 AND b = 100
;;
UPDATE brin_hot_3 SET a = 2
;;
SELECT COUNT(*) FROM brin_hot_3 WHERE a = 2
;;
SELECT * FROM check_estimated_rows('SELECT * FROM table_fillfactor')
;;
SELECT regexp_replace(pg_describe_object(tableoid, oid, 0),
                      'pg_temp_[0-9]*', 'pg_temp_REDACTED') AS descr,
       pg_statistics_obj_is_visible(oid) AS visible
  FROM pg_statistic_ext
 WHERE stxname = 'stats_ext_temp'
;;
SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext WHERE stxname = 'ab1_a_b_stats'
;;
SELECT stxname FROM pg_statistic_ext WHERE stxname LIKE 'ab1%'
;;
SELECT stxname, stxdndistinct, stxddependencies, stxdmcv, stxdinherit
  FROM pg_statistic_ext s LEFT JOIN pg_statistic_ext_data d ON (d.stxoid = s.oid)
 WHERE s.stxname = 'ab1_a_b_stats'
;;
SELECT 1 FROM pg_statistic_ext WHERE stxrelid = 'stxdinp'::regclass
;;
SELECT stxkind FROM pg_statistic_ext WHERE stxname = 'ab1_exprstat_2'
;;
SELECT s.stxkind, d.stxdndistinct
  FROM pg_statistic_ext s, pg_statistic_ext_data d
 WHERE s.stxrelid = 'ndistinct'::regclass
   AND d.stxoid = s.oid
;;
SELECT dependencies FROM pg_stats_ext WHERE statistics_name = 'func_deps_stat'
;;
SELECT d.stxdmcv IS NOT NULL
  FROM pg_statistic_ext s, pg_statistic_ext_data d
 WHERE s.stxname = 'mcv_lists_stats'
   AND d.stxoid = s.oid
;;
SELECT m.*
  FROM pg_statistic_ext s, pg_statistic_ext_data d,
       pg_mcv_list_items(d.stxdmcv) m
 WHERE s.stxname = 'mcv_lists_stats'
   AND d.stxoid = s.oid
;;
SELECT c0 FROM ONLY expr_stats_incompatible_test WHERE
(
  upper('x') LIKE ('x'||('[0,1]'::int4range))
  AND
  (c0 IN (0, 1) OR c1)
)
;;
SELECT * FROM tststats.priv_test_tbl
;;
SELECT * FROM tststats.priv_test_tbl
  WHERE a = 1 and tststats.priv_test_tbl.* > (1, 1) is not null
;;
SELECT * FROM tststats.priv_test_tbl WHERE a <<< 0 AND b <<< 0
;;
SELECT * FROM tststats.priv_test_tbl WHERE a <<< 0 OR b <<< 0
;;
SELECT * FROM tststats.priv_test_tbl t
 WHERE a <<< 0 AND (b <<< 0 OR t.* <<< (1, 1) IS NOT NULL)
;;
DELETE FROM tststats.priv_test_tbl WHERE a <<< 0 AND b <<< 0
;;
SELECT * FROM tststats.priv_test_view WHERE a <<< 0 AND b <<< 0
;;
SELECT * FROM tststats.priv_test_view WHERE a <<< 0 OR b <<< 0
;;
DELETE FROM tststats.priv_test_view WHERE a <<< 0 AND b <<< 0
;;
SELECT * FROM tststats.priv_test_parent_tbl WHERE a <<< 0 AND b <<< 0
;;
SELECT * FROM tststats.priv_test_parent_tbl WHERE a <<< 0 OR b <<< 0
;;
DELETE FROM tststats.priv_test_parent_tbl WHERE a <<< 0 AND b <<< 0
;;
SELECT statistics_name, most_common_vals FROM pg_stats_ext x
    WHERE tablename = 'stats_ext_tbl' ORDER BY ROW(x.*)
;;
SELECT
    pg_catalog.pg_restore_relation_stats(
        'schemaname', 'stats_import',
        'relname', 'test',
        'relpages', 18::integer,
        'reltuples', 21::real,
        'relallvisible', 24::integer,
	'relallfrozen', 27::integer)
;;
SELECT relname, relpages, reltuples, relallvisible, relallfrozen
FROM pg_class
WHERE oid = 'stats_import.test'::regclass
ORDER BY relname
;;
SELECT pg_clear_relation_stats('stats_import', 'test')
;;
SELECT pg_restore_relation_stats(
        'schemaname', 'stats_import',
        'relname', 'test',
        'relallvisible')
;;
SELECT relpages, reltuples, relallvisible, relallfrozen
FROM pg_class
WHERE oid = 'stats_import.test_i'::regclass
;;
SELECT mode FROM pg_locks
WHERE relation = 'stats_import.test'::regclass AND
      pid = pg_backend_pid() AND granted
;;
SELECT relpages
FROM pg_class
WHERE oid = 'stats_import.part_parent'::regclass
;;
SELECT relpages, reltuples, relallvisible
FROM pg_class
WHERE oid = 'stats_import.test'::regclass
;;
SELECT pg_catalog.pg_clear_relation_stats(schemaname => 'stats_import', relname => 'test')
;;
SELECT pg_catalog.pg_restore_attribute_stats(
    'relname', 'test',
    'attname', 'id',
    'inherited', false::boolean,
    'null_frac', 0.1::real)
;;
SELECT *
FROM pg_stats
WHERE schemaname = 'stats_import'
AND tablename = 'test'
AND inherited = false
AND attname = 'id'
;;
SELECT c.relname, COUNT(*) AS num_stats
FROM pg_class AS c
JOIN pg_statistic s ON s.starelid = c.oid
WHERE c.relnamespace = 'stats_import'::regnamespace
AND c.relname IN ('test', 'test_clone', 'is_odd', 'is_odd_clone')
GROUP BY c.relname
ORDER BY c.relname
;;
SELECT COUNT(*)
FROM pg_stats
WHERE schemaname = 'stats_import'
AND tablename = 'test'
AND inherited = false
AND attname = 'arange'
;;
SELECT pg_catalog.pg_clear_attribute_stats(
    schemaname => 'stats_import',
    relname => 'test',
    attname => 'arange',
    inherited => false)
;;
SELECT tablename, null_frac
FROM pg_stats
WHERE schemaname like 'pg_temp%'
AND tablename = 'stats_temp'
AND inherited = false
AND attname = 'i'
;;
SELECT reverse(''::bytea)
;;
SELECT CAST(f1 AS text) AS "text(char)" FROM CHAR_TBL
;;
SELECT CAST(f1 AS text) AS "text(varchar)" FROM VARCHAR_TBL
;;
SELECT CAST(f1 AS char(10)) AS "char(text)" FROM TEXT_TBL
;;
SELECT CAST(f1 AS char(10)) AS "char(varchar)" FROM VARCHAR_TBL
;;
SELECT CAST(name 'namefield' AS char(10)) AS "char(name)"
;;
SELECT CAST(f1 AS varchar) AS "varchar(text)" FROM TEXT_TBL
;;
SELECT CAST(f1 AS varchar) AS "varchar(char)" FROM CHAR_TBL
;;
SELECT CAST(name 'namefield' AS varchar) AS "varchar(name)"
;;
SELECT TRIM(BOTH FROM '  bunch o blanks  ') = 'bunch o blanks' AS "bunch o blanks"
;;
SELECT TRIM(LEADING FROM '  bunch o blanks  ') = 'bunch o blanks  ' AS "bunch o blanks  "
;;
SELECT TRIM(TRAILING FROM '  bunch o blanks  ') = '  bunch o blanks' AS "  bunch o blanks"
;;
SELECT SUBSTRING('1234567890' FROM 3) = '34567890' AS "34567890"
;;
SELECT SUBSTRING('abcdefg' SIMILAR '#"(b_d)#"%' ESCAPE '#') IS NULL AS "True"
;;
SELECT 'abcdefg' SIMILAR TO '_bcd%' AS true
;;
SELECT regexp_replace('1112223333', E'(\\d{3})(\\d{3})(\\d{4})', E'(\\1) \\2-\\3')
;;
SELECT regexp_count('123123123123123', '(12)3')
;;
SELECT regexp_like('Steven', '^Ste(v|ph)en$')
;;
SELECT regexp_like('a'||CHR(10)||'d', 'a.d', 'n')
;;
SELECT regexp_instr('abcdefghi', 'd.f')
;;
SELECT regexp_substr('abcdefghi', 'd.f')
;;
SELECT regexp_substr('abcdefghi', 'd.q') IS NULL AS t
;;
SELECT regexp_matches('foo' || chr(10) || 'bar' || chr(10) || 'bequq' || chr(10) || 'baz', '^', 'mg')
;;
SELECT regexp_matches('1' || chr(10) || '2' || chr(10) || '3' || chr(10) || '4' || chr(10), '^.?', 'mg')
;;
SELECT regexp_matches(chr(10) || '1' || chr(10) || '2' || chr(10) || '3' || chr(10) || '4' || chr(10), '.?$', 'mg')
;;
SELECT regexp_matches(chr(10) || '1' || chr(10) || '2' || chr(10) || '3' || chr(10) || '4', '.?$', 'mg')
;;
SELECT foo, length(foo) FROM regexp_split_to_table('the quick brown fox jumps over the lazy dog', $re$\s+$re$) AS foo
;;
SELECT regexp_split_to_array('the quick brown fox jumps over the lazy dog', $re$\s+$re$)
;;
SELECT POSITION('4' IN '1234567890') = '4' AS "4"
;;
SELECT 'hawkeye' LIKE 'h%' AS "true"
;;
SELECT 'hawkeye' NOT LIKE 'h%' AS "false"
;;
SELECT 'hawkeye' LIKE 'h%' ESCAPE '#' AS "true"
;;
SELECT 'hawkeye' NOT LIKE 'h%' ESCAPE '#' AS "false"
;;
SELECT 'hawkeye' ILIKE 'h%' AS "true"
;;
SELECT 'hawkeye' NOT ILIKE 'h%' AS "false"
;;
SELECT * FROM texttest WHERE a LIKE '%1%'
;;
SELECT * FROM byteatest WHERE a LIKE '%1%'
;;
SELECT substr(f1, -1, 5) from toasttest
;;
SELECT pg_relation_size(reltoastrelid) = 0 AS is_empty
  FROM pg_class where relname = 'toasttest'
;;
SELECT length(c), c::text FROM toasttest
;;
SELECT c FROM toasttest
;;
SELECT length('abcdef') AS "length_6"
;;
SELECT strpos('abcdef', 'cd') AS "pos_3"
;;
SELECT replace('abcdef', 'de', '45') AS "abc45f"
;;
select split_part('','@',1) AS "empty string"
;;
select to_bin(-1234) AS "11111111111111111111101100101110"
;;
select to_bin(-1234::bigint)
;;
select to_bin(256*256*256 - 1) AS "111111111111111111111111"
;;
select to_bin(256::bigint*256::bigint*256::bigint*256::bigint - 1) AS "11111111111111111111111111111111"
;;
select to_oct(-1234) AS "37777775456"
;;
select to_oct(-1234::bigint) AS "1777777777777777775456"
;;
select to_oct(256*256*256 - 1) AS "77777777"
;;
select to_oct(256::bigint*256::bigint*256::bigint*256::bigint - 1) AS "37777777777"
;;
select to_hex(-1234) AS "fffffb2e"
;;
select to_hex(-1234::bigint) AS "fffffffffffffb2e"
;;
select to_hex(256*256*256 - 1) AS "ffffff"
;;
select to_hex(256::bigint*256::bigint*256::bigint*256::bigint - 1) AS "ffffffff"
;;
SELECT sha224('')
;;
SELECT sha256('')
;;
SELECT sha384('')
;;
SELECT sha512('')
;;
SELECT crc32('')
;;
SELECT crc32c('')
;;
SELECT crc32c(repeat('A', 127)::bytea)
;;
SELECT encode('\x1234567890abcdef00', 'hex')
;;
SELECT decode('1234567890abcdef00', 'hex')
;;
SELECT encode(('\x' || repeat('1234567890abcdef0001', 7))::bytea, 'base64')
;;
SELECT decode(encode(('\x' || repeat('1234567890abcdef0001', 7))::bytea,
                     'base64'), 'base64')
;;
SELECT decode(encode('\x1234567890abcdef00', 'escape'), 'escape')
;;
SELECT get_byte('\x1234567890abcdef00'::bytea, 3)
;;
SELECT set_byte('\x1234567890abcdef00'::bytea, 7, 11)
;;
SELECT 0x1234::int2::bytea AS "\x1234", (-0x1234)::int2::bytea AS "\xedcc"
;;
SELECT initcap('hi THOMAS')
;;
SELECT lpad('hi', 5, 'xy')
;;
SELECT rpad('hi', 5, 'xy')
;;
SELECT ltrim('zzzytrim', 'xyz')
;;
SELECT translate('', '14', 'ax')
;;
SELECT ascii('x')
;;
SELECT chr(65)
;;
SELECT repeat('Pg', 4)
;;
SELECT trim(E'\\000'::bytea from E'\\000Tom\\000'::bytea)
;;
SELECT trim(leading E'\\000'::bytea from E'\\000Tom\\000'::bytea)
;;
SELECT trim(trailing E'\\000'::bytea from E'\\000Tom\\000'::bytea)
;;
SELECT btrim(E'\\000trim\\000'::bytea, E'\\000'::bytea)
;;
SELECT encode(overlay(E'Th\\000omas'::bytea placing E'Th\\001omas'::bytea from 2),'escape')
;;
SELECT unistr('\0064at\+0000610')
;;
SELECT obj_description(s.oid, 'pg_subscription') FROM pg_subscription s
;;
SELECT subname, stats_reset IS NULL stats_reset_is_null FROM pg_stat_subscription_stats WHERE subname = 'regress_testsub'
;;
SELECT pg_stat_reset_subscription_stats(oid) FROM pg_subscription WHERE subname = 'regress_testsub'
;;
SELECT func()
;;
SELECT 1 AS one WHERE 1 IN (SELECT 1)
;;
SELECT 1 AS zero WHERE 1 NOT IN (SELECT 1)
;;
SELECT * FROM (SELECT 1 AS x) ss
;;
SELECT * FROM ((SELECT 1 AS x)), ((SELECT * FROM ((SELECT 2 AS y))))
;;
SELECT ((SELECT 2) UNION SELECT 2)
;;
SELECT (SELECT ARRAY[1,2,3])[1]
;;
SELECT * FROM SUBSELECT_TBL
;;
SELECT f1 AS "Constant Select" FROM SUBSELECT_TBL
  WHERE f1 IN (SELECT 1)
;;
SELECT f1 AS "Uncorrelated Field" FROM SUBSELECT_TBL
  WHERE f1 IN (SELECT f2 FROM SUBSELECT_TBL)
;;
SELECT f1 AS "Uncorrelated Field" FROM SUBSELECT_TBL
  WHERE f1 IN (SELECT f2 FROM SUBSELECT_TBL WHERE
    f2 IN (SELECT f1 FROM SUBSELECT_TBL))
;;
SELECT f1, f2
  FROM SUBSELECT_TBL
  WHERE (f1, f2) NOT IN (SELECT f2, CAST(f3 AS int4) FROM SUBSELECT_TBL
                         WHERE f3 IS NOT NULL)
;;
SELECT f1 AS "Correlated Field", f2 AS "Second Field"
  FROM SUBSELECT_TBL upper
  WHERE f1 IN (SELECT f2 FROM SUBSELECT_TBL WHERE f1 = upper.f1)
;;
SELECT f1 AS "Correlated Field", f3 AS "Second Field"
  FROM SUBSELECT_TBL upper
  WHERE f1 IN
    (SELECT f2 FROM SUBSELECT_TBL WHERE CAST(upper.f2 AS float) = f3)
;;
SELECT f1 AS "Correlated Field", f3 AS "Second Field"
  FROM SUBSELECT_TBL upper
  WHERE f3 IN (SELECT upper.f1 + f2 FROM SUBSELECT_TBL
               WHERE f2 = CAST(f3 AS integer))
;;
SELECT f1 AS "Correlated Field"
  FROM SUBSELECT_TBL
  WHERE (f1, f2) IN (SELECT f2, CAST(f3 AS int4) FROM SUBSELECT_TBL
                     WHERE f3 IS NOT NULL)
;;
SELECT ROW(1, 2) = (SELECT f1, f2) AS eq FROM SUBSELECT_TBL
;;
SELECT ROW(1, 2) = (SELECT 3, 4) AS eq FROM SUBSELECT_TBL
;;
SELECT ROW(1, 2) = (SELECT f1, f2 FROM SUBSELECT_TBL)
;;
SELECT count FROM (SELECT COUNT(DISTINCT name) FROM road)
;;
SELECT COUNT(*) FROM (SELECT DISTINCT name FROM road)
;;
SELECT * FROM (SELECT * FROM int4_tbl), (VALUES (123456)) WHERE f1 = column1
;;
SELECT * FROM view_unnamed_ss
;;
SELECT ss.f1 AS "Correlated Field", ss.f3 AS "Second Field"
  FROM SUBSELECT_TBL ss
  WHERE f1 NOT IN (SELECT f1+1 FROM INT4_TBL
                   WHERE f1 != ss.f1 AND f1 < 2147483647)
;;
select q1, float8(count(*)) / (select count(*) from int8_tbl)
from int8_tbl group by q1 order by q1
;;
SELECT *, pg_typeof(f1) FROM
  (SELECT 'foo' AS f1 FROM generate_series(1,3)) ss ORDER BY 1
;;
select 1 = all (select (select 1))
;;
select count(*) from
  (select 1 from tenk1 a
   where unique1 IN (select hundred from tenk1 b)) ss
;;
select count(distinct ss.ten) from
  (select ten from tenk1 a
   where unique1 IN (select hundred from tenk1 b)) ss
;;
select count(*) from
  (select 1 from tenk1 a
   where unique1 IN (select distinct hundred from tenk1 b)) ss
;;
select count(distinct ss.ten) from
  (select ten from tenk1 a
   where unique1 IN (select distinct hundred from tenk1 b)) ss
;;
SELECT * FROM foo WHERE id IN
    (SELECT id2 FROM (SELECT DISTINCT id1, id2 FROM bar) AS s)
;;
SELECT * FROM foo WHERE id IN
    (SELECT id2 FROM (SELECT id1,id2 FROM bar GROUP BY id1,id2) AS s)
;;
SELECT * FROM foo WHERE id IN
    (SELECT id2 FROM (SELECT id1, id2 FROM bar UNION
                      SELECT id1, id2 FROM bar) AS s)
;;
SELECT * FROM foo WHERE id IN
    (SELECT id2 FROM (SELECT DISTINCT ON (id2) id1, id2 FROM bar) AS s)
;;
SELECT * FROM foo WHERE id IN
    (SELECT id2 FROM (SELECT id2 FROM bar GROUP BY id2) AS s)
;;
SELECT * FROM foo WHERE id IN
    (SELECT id2 FROM (SELECT id2 FROM bar UNION
                      SELECT id2 FROM bar) AS s)
;;
SELECT * FROM orders_view
;;
select * from shipped_view
;;
update shipped_view set value = 11
    from int4_tbl a join int4_tbl b
      on (a.f1 = (select f1 from int4_tbl c where c.f1=b.f1))
    where ordnum = a.f1
;;
select f1, ss1 as relabel from
    (select *, (select sum(f1) from int4_tbl b where f1 >= a.f1) as ss1
     from int4_tbl a) ss
;;
select * from (
  select max(unique1) from tenk1 as a
  where exists (select 1 from tenk1 as b where b.thousand = a.unique2)
) ss
;;
select * from (
  select min(unique1) from tenk1 as a
  where not exists (select 1 from tenk1 as b where b.unique2 = 10000)
) ss
;;
SELECT (array[1,2])[(SELECT g.i)] FROM generate_series(1, 1) g(i)
;;
SELECT (array[1,2])[(SELECT g.i):(SELECT g.i + 1)] FROM generate_series(1, 1) g(i)
;;
select * from float_table
  where float_col in (select num_col from numeric_table)
;;
select * from numeric_table
  where num_col in (select float_col from float_table)
;;
select
  ( select min(tb.id) from tb
    where tb.aval = (select ta.val from ta where ta.id = tc.aid) ) as min_tb_id
from tc
;;
select * from
  (select distinct f1, f2, (select f2 from t1 x where x.f1 = up.f1) as fs
   from t1 up) ss
group by f1,f2,fs
;;
select view_a from view_a
;;
select (select view_a) from view_a
;;
select (select (select view_a)) from view_a
;;
select (select (a.*)::text) from view_a a
;;
select (1 = any(array_agg(f1))) = any (select false) from int4_tbl
;;
select q from (select max(f1) from int4_tbl group by f1 order by f1) q
;;
with q as (select max(f1) from int4_tbl group by f1 order by f1)
  select q from q
;;
delete from road
where exists (
  select 1
  from
    int4_tbl cross join
    ( select f1, array(select q1 from int8_tbl) as arr
      from text_tbl ) ss
  where road.name = ss.f1 )
;;
select
  (select sq1) as qq1
from
  (select exists(select 1 from int4_tbl where f1 = q2) as sq1, 42 as dummy
   from int8_tbl) sq0
  join
  int4_tbl i4 on dummy = i4.f1
;;
select * from upsert
;;
select * from outer_7597 where (f1, f2) not in (select * from inner_7597)
;;
select 'foo'::text in (select 'bar'::name union all select 'bar'::name)
;;
select row(row(row(1))) = any (select row(row(1)))
;;
select * from int8_tbl where q1 in (select c1 from inner_text)
;;
select count(*) from tenk1 t
where (exists(select 1 from tenk1 k where k.unique1 = t.unique2) or ten < 0)
;;
select count(*) from tenk1 t
where (exists(select 1 from tenk1 k where k.unique1 = t.unique2) or ten < 0)
  and thousand = 1
;;
select * from exists_tbl t1
  where (exists(select 1 from exists_tbl t2 where t1.c1 = t2.c2) or c3 < 0)
;;
select a.thousand from tenk1 a, tenk1 b
where a.thousand = b.thousand
  and exists ( select 1 from tenk1 c where b.hundred = c.hundred
                   and not exists ( select 1 from tenk1 d
                                    where a.thousand = d.thousand ) )
;;
select sum(ss.tst::int) from
  onek o cross join lateral (
  select i.ten in (select f1 from int4_tbl where f1 <= o.hundred) as tst,
         random() as r
  from onek i where i.unique1 = o.unique1 ) ss
where o.ten = 0
;;
select count(*) from
  onek o cross join lateral (
    select * from onek i1 where i1.unique1 = o.unique1
    except
    select * from onek i2 where i2.unique1 = o.unique2
  ) ss
where o.ten = 1
;;
select sum(o.four), sum(ss.a) from
  onek o cross join lateral (
    with recursive x(a) as
      (select o.four as a
       union
       select a + 1 from x
       where a < 10)
    select * from x
  ) ss
where o.ten = 1
;;
select * from notinouter where a not in (select b from notininner)
;;
select exists(select * from nocolumns)
;;
select val.x
  from generate_series(1,10) as s(i),
  lateral (
    values ((select s.i + 1)), (s.i + 101)
  ) as val(x)
where s.i < 10 and (select val.x) < 110
;;
select * from
(values
  (3 not in (select * from (values (1), (2)) ss1)),
  (false)
) ss
;;
select * from int4_tbl where
  (case when f1 in (select unique1 from tenk1 a) then f1 else null end) in
  (select ten from tenk1 b)
;;
select * from int4_tbl o where (f1, f1) in
  (select f1, generate_series(1,50) / 10 g from int4_tbl i group by f1)
;;
select (select q from
         (select 1,2,3 where f1 > 0
          union all
          select 4,5,6.0 where f1 <= 0
         ) q )
from int4_tbl
;;
select * from
    int4_tbl i4,
    lateral (
        select i4.f1 > 1 as b, 1 as id
        from (select random() order by 1) as t1
      union all
        select true as b, 2 as id
    ) as t2
where b and f1 >= 0
;;
select * from
  (select distinct ten from tenk1) ss
  where ten < 10 + nextval('ts1')
  order by 1
;;
select * from
  (select 9 as x, unnest(array[1,2,3,11,12,13]) as u) ss
  where tattle(x, 8)
;;
select * from
  (select 9 as x, unnest(array[1,2,3,11,12,13]) as u) ss
  where tattle(x, u)
;;
select * from
  (select generate_series(1, ten) as g, count(*) from tenk1 group by 1) ss
  where ss.g = 1
;;
select * from
  (select tattle(3, ten) as v, count(*) from tenk1 where unique1 < 3 group by 1) ss
  where ss.v
;;
select * from explain_sq_limit()
;;
select * from (select pk,c2 from sq_limit order by c1,pk) as x limit 3
;;
select * from json_tab t1 left join (select json_array(1, a) from json_tab t2) s on false
;;
select tname, attname from (
select relname::information_schema.sql_identifier as tname, * from
  (select * from pg_class c) ss1) ss2
  right join pg_attribute a on a.attrelid = ss2.oid
where tname = 'tenk1' and attnum = 1
;;
select t1.ten, sum(x) from
  tenk1 t1 left join lateral (
    select t1.ten + t2.ten as x, t2.fivethous from tenk1 t2
  ) ss on t1.unique1 = ss.fivethous
group by t1.ten
order by t1.ten
;;
select t1.q1, x from
  int8_tbl t1 left join
  (int8_tbl t2 left join
   lateral (select t2.q1+t3.q1 as x, * from int8_tbl t3) t3 on t2.q2 = t3.q2)
  on t1.q2 = t2.q2
order by 1, 2
;;
select t1.q1, x from
  int8_tbl t1 left join
  (int8_tbl t2 inner join
   lateral (select t2.q1+1 as x, * from int8_tbl t3) t3 on t2.q2 = t3.q2)
  on t1.q2 = t2.q2
order by 1, 2
;;
select t1.q1, x from
  int8_tbl t1 left join
  (int8_tbl t2 left join
   lateral (select t2.q1+1 as x, * from int8_tbl t3) t3 on t2.q2 = t3.q2)
  on t1.q2 = t2.q2
order by 1, 2
;;
select t1.q1, x from
  int8_tbl t1 left join
  (int8_tbl t2 inner join
   lateral (select t2.q2 as x, * from int8_tbl t3) ss on t2.q2 = ss.q1)
  on t1.q1 = t2.q1
order by 1, 2
;;
select t1.q1, x from
  int8_tbl t1 left join
  (int8_tbl t2 left join
   lateral (select t2.q2 as x, * from int8_tbl t3) ss on t2.q2 = ss.q1)
  on t1.q1 = t2.q1
order by 1, 2
;;
select ss2.* from
  int8_tbl t1 left join
  (int8_tbl t2 left join
   (select coalesce(q1) as x, * from int8_tbl t3) ss1 on t2.q1 = ss1.q2 inner join
   lateral (select ss1.x as y, * from int8_tbl t4) ss2 on t2.q2 = ss2.q1)
  on t1.q2 = ss2.q1
order by 1, 2, 3
;;
select ss2.* from
  int8_tbl t1 left join
  (int8_tbl t2 left join
   (select coalesce(q1) as x, * from int8_tbl t3) ss1 on t2.q1 = ss1.q2 left join
   lateral (select ss1.x as y, * from int8_tbl t4) ss2 on t2.q2 = ss2.q1)
  on t1.q2 = ss2.q1
order by 1, 2, 3
;;
with recursive x(a) as
  ((values ('a'), ('b'))
   union all
   (with z as not materialized (select * from x)
    select z.a || z1.a as a from z cross join z as z1
    where length(z.a || z1.a) < 5))
select * from x
;;
with recursive x(a) as
  ((values ('a'), ('b'))
   union all
   (with z as not materialized (select * from x)
    select z.a || z.a as a from z
    where length(z.a || z.a) < 5))
select * from x
;;
select count(*) >= 0 as ok from pg_available_extension_versions
;;
select count(*) >= 0 as ok from pg_available_extensions
;;
select type, name, ident, level, total_bytes >= free_bytes
  from pg_backend_memory_contexts where level = 1
;;
select type, name, total_bytes > 0, total_nblocks, free_bytes > 0, free_chunks
from pg_backend_memory_contexts where name = 'Caller tuples'
;;
with contexts as (
  select * from pg_backend_memory_contexts
)
select count(*) > 1
from contexts c1, contexts c2
where c2.name = 'CacheMemoryContext'
and c1.path[c2.level] = c2.path[c2.level]
;;
select count(*) > 20 as ok from pg_config
;;
select count(*) = 0 as ok from pg_cursors
;;
select count(*) >= 0 as ok from pg_file_settings
;;
select count(*) > 0 as ok, count(*) FILTER (WHERE error IS NOT NULL) = 0 AS no_err
  from pg_hba_file_rules
;;
select count(*) >= 0 as ok, count(*) FILTER (WHERE error IS NOT NULL) = 0 AS no_err
  from pg_ident_file_mappings
;;
select count(*) > 0 as ok from pg_locks
;;
select count(*) = 0 as ok from pg_prepared_statements
;;
select count(*) >= 0 as ok from pg_prepared_xacts
;;
select count(*) > 0 as ok from pg_stat_slru
;;
select count(*) = 1 as ok from pg_stat_wal
;;
select count(*) = 0 as ok from pg_stat_wal_receiver
;;
select name, setting from pg_settings where name like 'enable%'
;;
select type, count(*) > 0 as ok FROM pg_wait_events
  where type <> 'InjectionPoint' group by type order by type COLLATE "C"
;;
select count(distinct utc_offset) >= 24 as ok from pg_timezone_names
;;
select count(distinct utc_offset) >= 24 as ok from pg_timezone_abbrevs
;;
select * from pg_timezone_abbrevs where abbrev = 'LMT'
;;
SELECT t.id FROM test_tablesample AS t TABLESAMPLE SYSTEM (50) REPEATABLE (0)
;;
SELECT id FROM test_tablesample TABLESAMPLE SYSTEM (100.0/11) REPEATABLE (0)
;;
SELECT id FROM test_tablesample TABLESAMPLE SYSTEM (50) REPEATABLE (0)
;;
SELECT id FROM test_tablesample TABLESAMPLE BERNOULLI (50) REPEATABLE (0)
;;
SELECT count(*) FROM test_tablesample TABLESAMPLE SYSTEM (100)
;;
SELECT count(*) FROM test_tablesample TABLESAMPLE SYSTEM (100) REPEATABLE (1+2)
;;
select count(*) from person tablesample bernoulli (100)
;;
select count(*) from person
;;
SELECT count(*) FROM test_tablesample TABLESAMPLE bernoulli (('1'::text < '0'::text)::int)
;;
select * from
  (values (0),(100)) v(pct),
  lateral (select count(*) from tenk1 tablesample bernoulli (pct)) ss
;;
select * from
  (values (0),(100)) v(pct),
  lateral (select count(*) from tenk1 tablesample system (pct)) ss
;;
select pct, count(unique1) from
  (values (0),(100)) v(pct),
  lateral (select * from tenk1 tablesample bernoulli (pct)) ss
  group by pct
;;
select pct, count(unique1) from
  (values (0),(100)) v(pct),
  lateral (select * from tenk1 tablesample system (pct)) ss
  group by pct
;;
SELECT id FROM test_tablesample TABLESAMPLE FOOBAR (1)
;;
SELECT id FROM test_tablesample_v1 TABLESAMPLE BERNOULLI (1)
;;
WITH query_select AS (SELECT * FROM test_tablesample)
SELECT * FROM query_select TABLESAMPLE BERNOULLI (5.5) REPEATABLE (1)
;;
SELECT spcoptions FROM pg_tablespace WHERE spcname = 'regress_tblspacewith'
;;
SELECT regexp_replace(pg_tablespace_location(oid), '(pg_tblspc)/(\d+)', '\1/NNN')
  FROM pg_tablespace  WHERE spcname = 'regress_tblspace'
;;
SELECT c.relname FROM pg_class c, pg_tablespace s
  WHERE c.reltablespace = s.oid AND s.spcname = 'regress_tblspace'
;;
SELECT c.relname FROM pg_class c, pg_tablespace s
  WHERE c.reltablespace = s.oid AND s.spcname = 'regress_tblspace'
  ORDER BY c.relname
;;
SELECT b.relname,
       CASE WHEN a.relfilenode = b.relfilenode THEN 'relfilenode is unchanged'
       ELSE 'relfilenode has changed' END AS filenode,
       CASE WHEN a.reltablespace = b.reltablespace THEN 'reltablespace is unchanged'
       ELSE 'reltablespace has changed' END AS tbspace
  FROM reindex_temp_before b JOIN pg_class a ON b.relname = a.relname
  ORDER BY 1
;;
SELECT relname, spcname FROM pg_catalog.pg_tablespace t, pg_catalog.pg_class c
    where c.reltablespace = t.oid AND c.relname = 'foo'
;;
SELECT relname, spcname FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON (c.relnamespace = n.oid)
    LEFT JOIN pg_catalog.pg_tablespace t ON c.reltablespace = t.oid
    where c.relname LIKE 'part%' AND n.nspname = 'testschema' order by relname
;;
SELECT relname, spcname FROM pg_catalog.pg_tablespace t, pg_catalog.pg_class c
    where c.reltablespace = t.oid AND c.relname LIKE 'part%_idx' ORDER BY relname
;;
SELECT * FROM testschema.test_default_tab
;;
SELECT * FROM testschema.test_default_tab_p
;;
SELECT * FROM testschema.test_tab
;;
SELECT COUNT(*) FROM testschema.atable
;;
SELECT COUNT(*) FROM testschema.amv
;;
SELECT * FROM temptest
;;
SELECT * FROM temptest1
;;
SELECT * FROM temptest2
;;
select * from whereami
;;
select whoami()
;;
select pg_temp.whoami()
;;
select nonempty('')
;;
select pg_temp.nonempty('')
;;
select * from temp_parted_oncommit
;;
select relname from pg_class where relname ~ '^temp_parted_oncommit_test'
;;
select * from temp_parted_oncommit_test
;;
select relname from pg_class where relname ~ '^temp_parted_oncommit_test'
  order by relname
;;
select * from temp_inh_oncommit_test
;;
select a from twophase_tab
;;
SELECT current_schema() ~ 'pg_temp' AS is_temp_schema
;;
SELECT test_temp_pin(0, 9)
;;
SELECT count(*), max(a) max_a, min(a) min_a, max(cnt) max_cnt FROM test_temp
;;
UPDATE test_temp SET cnt = cnt + 1 WHERE a = -1
;;
SELECT * FROM TEXT_TBL
;;
select 'four: '::text || 2+2
;;
select concat(1,2,3,'hello',true, false, to_date('20100309','YYYYMMDD'))
;;
select concat_ws('#','one')
;;
select concat_ws('#',1,2,3,'hello',true, false, to_date('20100309','YYYYMMDD'))
;;
select concat_ws(NULL,10,20,null,30) is null
;;
select i, left('ahoj', i), right('ahoj', i) from generate_series(-5, 5) t(i) order by i
;;
select quote_literal('')
;;
select concat_ws(',', variadic array[1,2,3])
;;
select concat_ws(',', variadic NULL::int[])
;;
select concat(variadic NULL::int[]) is NULL
;;
select concat(variadic '{}'::int[]) = ''
;;
/*
 * format
 */
select format(NULL)
;;
select format('%s, %s', variadic array['Hello','World'])
;;
select format('%s, %s', variadic array[true, false]::text[])
;;
select format('Hello', variadic NULL::int[])
;;
select format(string_agg('%s',','), variadic array_agg(i))
from generate_series(1,200) g(i)
;;
SELECT min(ctid) FROM tid_tab
;;
SELECT max(ctid) FROM tid_tab
;;
SELECT currtid2('tid_matview'::text, '(0,1)'::tid)
;;
SELECT ctid FROM tidrangescan WHERE ctid < '(1, 0)'
;;
SELECT ctid FROM tidrangescan WHERE ctid > '(9, 0)'
;;
DELETE FROM tidrangescan
WHERE substring(ctid::text FROM ',(\d+)\)')::integer > 10 OR substring(ctid::text FROM '\((\d+),')::integer > 2
;;
SELECT ctid FROM tidrangescan WHERE ctid <= '(1,5)'
;;
SELECT ctid FROM tidrangescan WHERE '(2,8)' < ctid
;;
SELECT ctid FROM tidrangescan WHERE ctid >= '(2,8)'
;;
SELECT ctid FROM tidrangescan WHERE ctid > '(1,4)' AND '(1,7)' >= ctid
;;
SELECT ctid FROM tidrangescan WHERE ctid > '(0,65535)' AND ctid < '(1,0)' LIMIT 1
;;
SELECT ctid FROM tidrangescan WHERE ctid < '(0,0)' LIMIT 1
;;
SELECT ctid FROM tidrangescan WHERE ctid >= (SELECT NULL::tid)
;;
SELECT t.ctid,t2.c FROM tidrangescan t,
LATERAL (SELECT count(*) c FROM tidrangescan t2 WHERE t2.ctid <= t.ctid) t2
WHERE t.ctid < '(1,0)'
;;
SELECT ctid, * FROM tidscan
;;
SELECT ctid, * FROM tidscan WHERE ctid = '(0,1)'
;;
SELECT ctid, * FROM tidscan WHERE '(0,1)' = ctid
;;
SELECT ctid, * FROM tidscan WHERE ctid = '(0,2)' OR '(0,1)' = ctid
;;
SELECT ctid, * FROM tidscan WHERE ctid = ANY(ARRAY['(0,1)', '(0,2)']::tid[])
;;
SELECT ctid, * FROM tidscan WHERE ctid != ANY(ARRAY['(0,1)', '(0,2)']::tid[])
;;
SELECT ctid, * FROM tidscan
WHERE (id = 3 AND ctid IN ('(0,2)', '(0,3)')) OR (ctid = '(0,1)' AND id = 1)
;;
SELECT t1.ctid, t1.*, t2.ctid, t2.*
FROM tidscan t1 JOIN tidscan t2 ON t1.ctid = t2.ctid WHERE t1.id = 1
;;
SELECT t1.ctid, t1.*, t2.ctid, t2.*
FROM tidscan t1 LEFT JOIN tidscan t2 ON t1.ctid = t2.ctid WHERE t1.id = 1
;;
SELECT * FROM tidscan
;;
SELECT count(*) FROM tenk1 t1 JOIN tenk1 t2 ON t1.ctid = t2.ctid
;;
SELECT * FROM tidscan WHERE ctid = '(0,1)'
;;
SELECT locktype, mode FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'SIReadLock'
;;
SELECT f1 AS "Time" FROM TIME_TBL
;;
SELECT f1 AS "Three" FROM TIME_TBL WHERE f1 < '05:06:07'
;;
SELECT f1 AS "Five" FROM TIME_TBL WHERE f1 > '05:06:07'
;;
SELECT f1 AS "Eight" FROM TIME_TBL WHERE f1 >= '00:00'
;;
SELECT f1 + time '00:01' AS "Illegal" FROM TIME_TBL
;;
SELECT date_part('microsecond', TIME '2020-05-26 13:30:25.575401')
;;
DELETE FROM TIMESTAMP_TBL
;;
SELECT count(d1) AS three, count(DISTINCT d1) AS two FROM TIMESTAMP_TBL
;;
SELECT d1 FROM TIMESTAMP_TBL
   WHERE d1 > timestamp without time zone '1997-01-02'
;;
SELECT d1 FROM TIMESTAMP_TBL
   WHERE d1 < timestamp without time zone '1997-01-02'
;;
SELECT d1 FROM TIMESTAMP_TBL
   WHERE d1 = timestamp without time zone '1997-01-02'
;;
SELECT d1 FROM TIMESTAMP_TBL
   WHERE d1 != timestamp without time zone '1997-01-02'
;;
SELECT d1 FROM TIMESTAMP_TBL
   WHERE d1 <= timestamp without time zone '1997-01-02'
;;
SELECT d1 FROM TIMESTAMP_TBL
   WHERE d1 >= timestamp without time zone '1997-01-02'
;;
SELECT d1 - timestamp without time zone '1997-01-02' AS diff
   FROM TIMESTAMP_TBL WHERE d1 BETWEEN '1902-01-01' AND '2038-01-01'
;;
SELECT
  str,
  interval,
  date_trunc(str, ts) = date_bin(interval::interval, ts, timestamp '2001-01-01') AS equal
FROM (
  VALUES
  ('week', '7 d'),
  ('day', '1 d'),
  ('hour', '1 h'),
  ('minute', '1 m'),
  ('second', '1 s'),
  ('millisecond', '1 ms'),
  ('microsecond', '1 us')
) intervals (str, interval),
(VALUES (timestamp '2020-02-29 15:44:17.71393')) ts (ts)
;;
SELECT
  interval,
  ts,
  origin,
  date_bin(interval::interval, ts, origin)
FROM (
  VALUES
  ('15 days'),
  ('2 hours'),
  ('1 hour 30 minutes'),
  ('15 minutes'),
  ('10 seconds'),
  ('100 milliseconds'),
  ('250 microseconds')
) intervals (interval),
(VALUES (timestamp '2020-02-11 15:44:17.71393')) ts (ts),
(VALUES (timestamp '2001-01-01')) origin (origin)
;;
SELECT d1 as "timestamp",
   date_part( 'year', d1) AS year, date_part( 'month', d1) AS month,
   date_part( 'day', d1) AS day, date_part( 'hour', d1) AS hour,
   date_part( 'minute', d1) AS minute, date_part( 'second', d1) AS second
   FROM TIMESTAMP_TBL
;;
SELECT d1 as "timestamp",
   date_part( 'decade', d1) AS decade,
   date_part( 'century', d1) AS century,
   date_part( 'millennium', d1) AS millennium,
   round(date_part( 'julian', d1)) AS julian,
   date_part( 'epoch', d1) AS epoch
   FROM TIMESTAMP_TBL
;;
SELECT d1 as "timestamp",
   extract(microseconds from d1) AS microseconds,
   extract(milliseconds from d1) AS milliseconds,
   extract(seconds from d1) AS seconds,
   round(extract(julian from d1)) AS julian,
   extract(epoch from d1) AS epoch
   FROM TIMESTAMP_TBL
;;
SELECT to_char(d1, 'DAY Day day DY Dy dy MONTH Month month RM MON Mon mon')
   FROM TIMESTAMP_TBL
;;
SELECT to_char(d, 'FF1 FF2 FF3 FF4 FF5 FF6  ff1 ff2 ff3 ff4 ff5 ff6  MS US')
   FROM (VALUES
       ('2018-11-02 12:34:56'::timestamp),
       ('2018-11-02 12:34:56.78'),
       ('2018-11-02 12:34:56.78901'),
       ('2018-11-02 12:34:56.78901234')
   ) d(d)
;;
SELECT i,
       to_char(i * interval '1mon', 'rm'),
       to_char(i * interval '1mon', 'RM')
    FROM generate_series(-13, 13) i
;;
SELECT make_timestamp(2014, 12, 28, 6, 30, 45.887)
;;
select generate_series('2022-01-01 00:00'::timestamp,
                       'infinity'::timestamp,
                       '1 month'::interval) limit 10
;;
select generate_series(timestamp '1995-08-06 12:12:12', timestamp '1996-08-06 12:12:12', interval 'infinity')
;;
select age(timestamp 'infinity')
;;
SELECT count(*) AS One FROM TIMESTAMPTZ_TBL WHERE d1 = timestamp with time zone 'today'
;;
DELETE FROM TIMESTAMPTZ_TBL
;;
SELECT count(d1) AS three, count(DISTINCT d1) AS two FROM TIMESTAMPTZ_TBL
;;
SELECT '19970210 173201' AT TIME ZONE 'America/New_York'
;;
SELECT d1 FROM TIMESTAMPTZ_TBL
;;
SELECT d1 FROM TIMESTAMPTZ_TBL
   WHERE d1 > timestamp with time zone '1997-01-02'
;;
SELECT d1 FROM TIMESTAMPTZ_TBL
   WHERE d1 < timestamp with time zone '1997-01-02'
;;
SELECT d1 FROM TIMESTAMPTZ_TBL
   WHERE d1 = timestamp with time zone '1997-01-02'
;;
SELECT d1 FROM TIMESTAMPTZ_TBL
   WHERE d1 != timestamp with time zone '1997-01-02'
;;
SELECT d1 FROM TIMESTAMPTZ_TBL
   WHERE d1 <= timestamp with time zone '1997-01-02'
;;
SELECT d1 FROM TIMESTAMPTZ_TBL
   WHERE d1 >= timestamp with time zone '1997-01-02'
;;
SELECT d1 - timestamp with time zone '1997-01-02' AS diff
   FROM TIMESTAMPTZ_TBL WHERE d1 BETWEEN '1902-01-01' AND '2038-01-01'
;;
SELECT d1 as timestamptz,
   date_part( 'year', d1) AS year, date_part( 'month', d1) AS month,
   date_part( 'day', d1) AS day, date_part( 'hour', d1) AS hour,
   date_part( 'minute', d1) AS minute, date_part( 'second', d1) AS second
   FROM TIMESTAMPTZ_TBL
;;
SELECT d1 as timestamptz,
   date_part( 'decade', d1) AS decade,
   date_part( 'century', d1) AS century,
   date_part( 'millennium', d1) AS millennium,
   round(date_part( 'julian', d1)) AS julian,
   date_part( 'epoch', d1) AS epoch
   FROM TIMESTAMPTZ_TBL
;;
SELECT d1 as "timestamp",
   extract(microseconds from d1) AS microseconds,
   extract(milliseconds from d1) AS milliseconds,
   extract(seconds from d1) AS seconds,
   round(extract(julian from d1)) AS julian,
   extract(epoch from d1) AS epoch
   FROM TIMESTAMPTZ_TBL
;;
SELECT to_char(d1, 'DAY Day day DY Dy dy MONTH Month month RM MON Mon mon')
   FROM TIMESTAMPTZ_TBL
;;
SELECT to_char(now(), 'OF') as "OF", to_char(now(), 'TZH:TZM') as "TZH:TZM"
;;
SELECT * FROM TIMESTAMPTZ_TST ORDER BY a
;;
SELECT make_timestamptz(1973, 07, 15, 08, 15, 55.33)
;;
WITH tzs (tz) AS (VALUES
    ('+1'), ('+1:'), ('+1:0'), ('+100'), ('+1:00'), ('+01:00'),
    ('+10'), ('+1000'), ('+10:'), ('+10:0'), ('+10:00'), ('+10:00:'),
    ('+10:00:1'), ('+10:00:01'),
    ('+10:00:10'))
     SELECT make_timestamptz(2010, 2, 27, 3, 45, 00, tz), tz FROM tzs
;;
SELECT make_timestamptz(1973, 07, 15, 08, 15, 55.33, '+2') = '1973-07-15 08:15:55.33+02'::timestamptz
;;
SELECT make_timestamptz(2014, 12, 10, 0, 0, 0, 'Europe/Prague') AT TIME ZONE 'UTC'
;;
SELECT date_add('2022-10-30 00:00:00+01'::timestamptz,
                '1 day'::interval)
;;
SELECT date_subtract('2022-10-30 00:00:00+01'::timestamptz,
                     '1 day'::interval)
;;
VALUES (CAST('1978-07-07 19:38 America/New_York' AS TIMESTAMP WITH TIME ZONE) AT LOCAL)
;;
TABLE timestamp_local_view
;;
select * from tmptz where f1 at time zone 'utc' = '2017-01-18 00:00'
;;
SELECT f1 AS "Time TZ" FROM TIMETZ_TBL
;;
SELECT f1 AS "Three" FROM TIMETZ_TBL WHERE f1 < '05:06:07-07'
;;
SELECT f1 AS "Seven" FROM TIMETZ_TBL WHERE f1 > '05:06:07-07'
;;
SELECT f1 AS "Ten" FROM TIMETZ_TBL WHERE f1 >= '00:00-07'
;;
SELECT f1 + time with time zone '00:01' AS "Illegal" FROM TIMETZ_TBL
;;
TABLE timetz_local_view
;;
SELECT f1 AS dat,
       f1 AT TIME ZONE 'UTC+10' AS dat_at_tz,
       f1 AT TIME ZONE INTERVAL '-10:00' AS dat_at_int
  FROM TIMETZ_TBL
  ORDER BY f1
;;
SELECT a FROM xacttest WHERE a > 100
;;
DELETE FROM xacttest
;;
SELECT * FROM xacttest
;;
SELECT oid FROM pg_class WHERE relname = 'disappear'
;;
SELECT COUNT(*) FROM xacttest
;;
SELECT * FROM writetest
;;
DELETE FROM temptest
;;
UPDATE temptest SET a = 0 FROM writetest WHERE temptest.a = 1 AND writetest.a = temptest.a
;;
SELECT * FROM writetest, temptest
;;
SELECT * FROM trans_foo
;;
SELECT * FROM trans_bar
;;
SELECT * FROM trans_barbaz
;;
SELECT * FROM trans_baz
;;
		SELECT trans_foo
;;
SELECT * FROM savepoints
;;
		DELETE FROM savepoints WHERE a=1
;;
SELECT a.xmin = b.xmin FROM savepoints a, savepoints b WHERE a.a=6 AND b.a=8
;;
SELECT a FROM savepoints WHERE a in (9, 10, 11)
;;
SELECT a FROM savepoints WHERE a BETWEEN 12 AND 17
;;
update xacttest set a = max_xacttest() + 10 where a > 0
;;
SELECT * FROM trans_abc ORDER BY 1
;;
select * from i_table
;;
select * from trigtest
;;
update trigtest set f2 = f2 || 'bar'
;;
delete from trigtest
;;
update trigtest set a = 2 where a = 1 returning *
;;
UPDATE main_table SET a = a + 1 WHERE b < 30
;;
UPDATE main_table SET a = a + 2 WHERE b > 100
;;
SELECT trigger_name, event_manipulation, event_object_schema, event_object_table,
       action_order, action_condition, action_orientation, action_timing,
       action_reference_old_table, action_reference_new_table
  FROM information_schema.triggers
  WHERE event_object_table IN ('main_table')
  ORDER BY trigger_name COLLATE "C", 2
;;
UPDATE main_table SET a = 50, b = 60
;;
SELECT * FROM main_table ORDER BY a, b
;;
SELECT pg_get_triggerdef(oid, true) FROM pg_trigger WHERE tgrelid = 'main_table'::regclass AND tgname = 'modified_a'
;;
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'main_table'::regclass AND tgname = 'modified_a'
;;
update table_with_oids set a = a + 1
;;
UPDATE main_table SET a = 50
;;
UPDATE main_table SET b = 10
;;
UPDATE some_t SET some_col = TRUE
;;
delete from trigtest where i=2
;;
select * from trigtest2
;;
update trigger_test set v = 'update' where i = 1
;;
delete from trigger_test
;;
UPDATE trigger_test SET f3 = 'bar'
;;
UPDATE serializable_update_tab SET description = 'no no', id = 1 WHERE id = 1
;;
SELECT description FROM serializable_update_tab WHERE id = 1
;;
UPDATE min_updates_test SET f1 = f1
;;
UPDATE min_updates_test SET f2 = f2 + 1
;;
UPDATE min_updates_test SET f3 = 2 WHERE f3 is null
;;
SELECT * FROM min_updates_test
;;
UPDATE main_view SET b = 31 WHERE a = 20
;;
UPDATE main_view SET b = 32 WHERE a = 21 AND b = 31 RETURNING a, b
;;
UPDATE main_view SET b = 0 WHERE false
;;
DELETE FROM main_view WHERE a IN (20,21)
;;
DELETE FROM main_view WHERE a = 31 RETURNING a, b
;;
UPDATE city_view SET country_name = 'Japon' WHERE city_name = 'Tokyo'
;;
UPDATE city_view SET country_name = 'Japan' WHERE city_name = 'Tokyo' RETURNING *
;;
UPDATE city_view SET population = 13010279 WHERE city_name = 'Tokyo' RETURNING *
;;
UPDATE city_view SET country_name = 'USA', population = 8391881 WHERE city_name = 'New York' RETURNING *
;;
UPDATE city_view SET continent = 'EU' WHERE continent = 'Europe' RETURNING *
;;
UPDATE city_view v1 SET country_name = v2.country_name FROM city_view v2
    WHERE v2.city_name = 'Birmingham' AND v1.city_name = 'London' RETURNING *
;;
DELETE FROM city_view WHERE city_name = 'Birmingham' RETURNING *
;;
SELECT count(*) FROM european_city_view
;;
UPDATE european_city_view SET population = 10000
;;
DELETE FROM european_city_view
;;
UPDATE european_city_view SET country_name = 'UK'
    WHERE city_name = 'Cambridge'
;;
DELETE FROM european_city_view WHERE city_name = 'Cambridge'
;;
UPDATE european_city_view SET population = 122800
    WHERE city_name = 'Cambridge' RETURNING *
;;
DELETE FROM european_city_view WHERE city_name = 'Cambridge' RETURNING *
;;
UPDATE city_view v SET population = 599657
    FROM city_table ci, country_table co
    WHERE ci.city_name = 'Washington DC' and co.country_name = 'USA'
    AND v.city_id = ci.city_id AND v.country_name = co.country_name
    RETURNING co.country_id, v.country_name,
              v.city_id, v.city_name, v.population
;;
SELECT * FROM city_view
;;
select pg_trigger_depth()
;;
update parent set val1 = 'b' where aid = 1
;;
merge into parent p using (values (1)) as v(id) on p.aid = v.id
  when matched then update set val1 = 'b'
;;
delete from parent where aid = 1
;;
merge into parent p using (values (1)) as v(id) on p.aid = v.id
  when matched then delete
;;
update self_ref_trigger set data = 'root!' where id = 1
;;
select * from self_ref_trigger
;;
delete from self_ref_trigger
;;
update stmt_trig_on_empty_upd set a = a where false returning a+1 as aa
;;
update stmt_trig_on_empty_upd1 set a = a where false returning a+1 as aa
;;
select tgrelid::regclass, tgname, tgfoid::regproc from pg_trigger
  where tgrelid::regclass::text like 'trigpart%' order by tgrelid::regclass::text
;;
select tgrelid::regclass::text, tgname, tgfoid::regproc, tgenabled, tgisinternal from pg_trigger
  where tgname ~ '^trg1' order by 1
;;
with upd as (
  update parted2_stmt_trig set a = a
) update parted_stmt_trig  set a = a
;;
delete from parted_stmt_trig
;;
update parted_trig set a = 2 where a = 1
;;
merge into parted_trig using (select 1) as ss on true
  when matched and a = 2 then update set a = 1
;;
update parted set c = c || 'v3'
;;
select tableoid::regclass, * from parted
;;
update parted set a = 2
;;
update parted set a = a + 1
;;
select * from parted
;;
update parted_trigger set a = a + 2
;;
select tgname, conname, t.tgrelid::regclass, t.tgconstrrelid::regclass,
  c.conrelid::regclass, c.confrelid::regclass
  from pg_trigger t join pg_constraint c on (t.tgconstraint = c.oid)
  where tgname = 'parted_trigger'
  order by t.tgrelid::regclass::text
;;
update parted_trigger set b = b || 'b'
;;
select tgrelid::regclass, count(*) from pg_trigger
  where tgrelid::regclass in ('trg_clone', 'trg_clone1', 'trg_clone2',
	'trg_clone3', 'trg_clone_3_3')
  group by tgrelid::regclass order by tgrelid::regclass
;;
select tgrelid::regclass, tgname, tgenabled from pg_trigger
  where tgrelid in ('parent'::regclass, 'child1'::regclass)
  order by tgrelid::regclass::text
;;
select tgrelid::regclass, tgname, tgenabled from pg_trigger
  where tgrelid in ('parent'::regclass, 'child1'::regclass)
  order by tgrelid::regclass::text, tgname
;;
select tgrelid::regclass, rtrim(tgname, '0123456789') as tgname,
  tgfoid::regproc, tgenabled
  from pg_trigger where tgrelid in ('parent'::regclass, 'child1'::regclass)
  order by tgrelid::regclass::text, tgfoid
;;
SELECT tgrelid::regclass, tgenabled FROM pg_trigger
  WHERE tgrelid::regclass IN (SELECT oid from pg_class where relname LIKE 'trgfire%')
  ORDER BY tgrelid::regclass::text
;;
update parent set b = b + 1
;;
delete from parent
;;
delete from child1
;;
delete from child2
;;
delete from child3
;;
with wcte as (insert into table1 values (45))
  merge into table1 using (values (46)) as v(a) on table1.a = v.a
    when not matched then insert values (v.a)
;;
select * from table1
;;
select * from table2
;;
update refd_table set a = 11 where b = 'one'
;;
select * from trig_table
;;
delete from refd_table where length(b) = 3
;;
delete from self_ref where a = 1
;;
merge into merge_target_table t
using merge_source_table s
on t.a = s.a
when not matched then
  insert values (a, b)
;;
merge into merge_target_table t
using merge_source_table s
on t.a = s.a
when matched and s.a <= 2 then
	update set b = t.b || ' updated by merge'
when matched and s.a > 2 then
	delete
when not matched then
  insert values (a, b)
;;
table my_table
;;
update convslot_test_parent set col1 = col1 || '1'
;;
delete from convslot_test_parent
;;
update convslot_test_parent set val = 3
;;
select tgrelid::regclass, tgname,
(select tgname from pg_trigger tr where tr.oid = pg_trigger.tgparentid) parent_tgname
from pg_trigger where tgrelid in (select relid from pg_partition_tree('grandparent'))
order by tgname, tgrelid::regclass::text COLLATE "C"
;;
select current_user = session_user
;;
SELECT * FROM truncate_a
;;
SELECT * FROM truncate_a
   UNION ALL
 SELECT * FROM trunc_c
   UNION ALL
 SELECT * FROM trunc_b
   UNION ALL
 SELECT * FROM trunc_d
;;
SELECT * FROM trunc_e
;;
SELECT * FROM trunc_f
;;
SELECT * FROM trunc_fa
;;
SELECT * FROM trunc_faa
;;
SELECT count(*) as "Row count in test table" FROM trunc_trigger_test
;;
SELECT * FROM trunc_trigger_log
;;
SELECT * FROM truncate_b
;;
select tp_ins_data()
;;
select * from tp_chk_data()
;;
SELECT a FROM ref_b
;;
SELECT a as "from table ref_c" FROM ref_c
;;
SELECT a as "from table trunc_a" FROM trunc_a ORDER BY a
;;
SELECT ts_lexize('ispell', 'skies')
;;
SELECT dictinitoption FROM pg_ts_dict WHERE dictname = 'synonym'
;;
SELECT to_tsquery('ispell_tst', 'footballklubber')
;;
SELECT phraseto_tsquery('hunspell_tst', 'footballyklubber sky')
;;
SELECT oid, prsname
FROM pg_ts_parser
WHERE prsnamespace = 0 OR prsstart = 0 OR prstoken = 0 OR prsend = 0 OR
      -- prsheadline is optional
      prslextype = 0
;;
SELECT oid, dictname
FROM pg_ts_dict
WHERE dictnamespace = 0 OR dictowner = 0 OR dicttemplate = 0
;;
SELECT oid, tmplname
FROM pg_ts_template
WHERE tmplnamespace = 0 OR tmpllexize = 0
;;
SELECT oid, cfgname
FROM pg_ts_config
WHERE cfgnamespace = 0 OR cfgowner = 0 OR cfgparser = 0
;;
SELECT mapcfg, maptokentype, mapseqno
FROM pg_ts_config_map
WHERE mapcfg = 0 OR mapdict = 0
;;
SELECT * FROM
  ( SELECT oid AS cfgid, (ts_token_type(cfgparser)).tokid AS tokid
    FROM pg_ts_config ) AS tt
RIGHT JOIN pg_ts_config_map AS m
    ON (tt.cfgid=m.mapcfg AND tt.tokid=m.maptokentype)
WHERE
    tt.cfgid IS NULL OR tt.tokid IS NULL
;;
SELECT count(*) FROM test_tsvector WHERE a @@ 'wr|qh'
;;
SELECT count(*) FROM test_tsvector WHERE a @@ 'wr' AND a @@ '!qh'
;;
SELECT * FROM ts_stat('SELECT a FROM test_tsvector') ORDER BY ndoc DESC, nentry DESC, word LIMIT 10
;;
SELECT * FROM ts_stat('SELECT a FROM test_tsvector', 'AB') ORDER BY ndoc DESC, nentry DESC, word
;;
SELECT * FROM ts_token_type('default')
;;
SELECT * from ts_debug('english', '<myns:foo-bar_baz.blurfl>abc&nm1;def&#xa9;ghi&#245;jkl</myns:foo-bar_baz.blurfl>')
;;
SELECT token, alias,
  dictionaries, dictionaries is null as dnull, array_dims(dictionaries) as ddims,
  lexemes, lexemes is null as lnull, array_dims(lexemes) as ldims
from ts_debug('english', 'a title')
;;
SELECT plainto_tsquery('english', 'the and z 1))& fghj')
;;
SELECT plainto_tsquery('english', 'foo bar') && plainto_tsquery('english', 'asd')
;;
SELECT plainto_tsquery('english', 'foo bar') || plainto_tsquery('english', 'asd fg')
;;
SELECT plainto_tsquery('english', 'foo bar') || !!plainto_tsquery('english', 'asd fg')
;;
SELECT plainto_tsquery('english', 'foo bar') && 'asd | fg'
;;
SELECT ts_rank_cd(to_tsvector('english', '
Day after day, day after day,
  We stuck, nor breath nor motion,
As idle as a painted Ship
  Upon a painted Ocean.
Water, water, every where
  And all the boards did shrink;
Water, water, every where,
  Nor any drop to drink.
S. T. Coleridge (1772-1834)
'), to_tsquery('english', 'paint&water'))
;;
SELECT ts_rank_cd(strip(to_tsvector('both stripped')),
                  to_tsquery('both & stripped'))
;;
SELECT ts_rank_cd(to_tsvector('unstripped') || strip(to_tsvector('stripped')),
                  to_tsquery('unstripped & stripped'))
;;
SELECT ts_headline('english', '
Day after day, day after day,
  We stuck, nor breath nor motion,
As idle as a painted Ship
  Upon a painted Ocean.
Water, water, every where
  And all the boards did shrink;
Water, water, every where,
  Nor any drop to drink.
S. T. Coleridge (1772-1834)
', to_tsquery('english', 'paint&water'))
;;
SELECT ts_headline('english', '
Day after day, day after day,
  We stuck, nor breath nor motion,
As idle as a painted Ship
  Upon a painted Ocean.
Water, water, every where
  And all the boards did shrink;
Water, water, every where,
  Nor any drop to drink.
S. T. Coleridge (1772-1834)
', phraseto_tsquery('english', 'painted Ocean'))
;;
SELECT ts_headline('english',
'Lorem ipsum urna.  Nullam nullam ullamcorper urna.',
to_tsquery('english','Lorem') && phraseto_tsquery('english','ullamcorper urna'),
'MaxWords=100, MinWords=1')
;;
SELECT ts_headline('simple', '1 2 3 1 3'::text, '1 <-> 3', 'MaxWords=2, MinWords=1')
;;
SELECT ts_headline('english', 'foo barbar', to_tsquery('english', 'foo'),
  'StartSel=' || repeat('x', 32768))
;;
UPDATE test_tsquery SET keyword = to_tsquery('english', txtkeyword)
;;
UPDATE test_tsquery SET sample = to_tsquery('english', txtsample::text)
;;
SELECT COUNT(*) FROM test_tsquery WHERE keyword <  'new <-> york'
;;
SELECT COUNT(*) FROM test_tsquery WHERE keyword <= 'new <-> york'
;;
SELECT COUNT(*) FROM test_tsquery WHERE keyword = 'new <-> york'
;;
SELECT COUNT(*) FROM test_tsquery WHERE keyword >= 'new <-> york'
;;
SELECT COUNT(*) FROM test_tsquery WHERE keyword >  'new <-> york'
;;
SELECT ts_rewrite('foo & bar & qq & new & york',  'new & york'::tsquery, 'big & apple | nyc | new & york & city')
;;
SELECT ts_rewrite(ts_rewrite('new & !york ', 'york', '!jersey'),
                  'jersey', 'mexico')
;;
SELECT ts_rewrite(to_tsquery('5 & (6 | 5)'), to_tsquery('5'), to_tsquery(''))
;;
SELECT keyword FROM test_tsquery WHERE keyword @> 'new'
;;
SELECT keyword FROM test_tsquery WHERE keyword <@ 'new'
;;
SELECT ts_rewrite( query, 'SELECT keyword, sample FROM test_tsquery' ) FROM to_tsquery('english', 'moscow') AS query
;;
SELECT ts_rewrite(tsquery_phrase('foo', 'foo'), 'foo', 'bar | baz')
;;
SELECT to_tsvector('foo bar') @@
  ts_rewrite(tsquery_phrase('foo', 'foo'), 'foo', 'bar | baz')
;;
SELECT count(*) FROM test_tsvector WHERE a @@ to_tsquery('345&qwerty')
;;
UPDATE test_tsvector SET t = null WHERE t = '345 qwerty'
;;
select * from pendtest where 'ipsu:*'::tsquery @@ ts
;;
select * from phrase_index_test where fts @@ phraseto_tsquery('english', 'fat cat')
;;
select websearch_to_tsquery('simple', 'I have a fat:*ABCD cat')
;;
select to_tsvector('english', 'A fat cat ate a rat') @@
	websearch_to_tsquery('english', '"a fat cat" ate a rat')
;;
SELECT generate_series(1, generate_series(1, 3))
;;
SELECT * FROM generate_series(1, generate_series(1, 3))
;;
SELECT generate_series(1, generate_series(1, 3)), generate_series(2, 4)
;;
SELECT unnest(ARRAY[1, 2]) FROM few WHERE false
;;
SELECT * FROM few f1,
  (SELECT unnest(ARRAY[1,2]) FROM few f2 WHERE false OFFSET 0) ss
;;
SELECT few.id, generate_series(1,3) g FROM few ORDER BY id DESC
;;
SELECT few.id, generate_series(1,3) g FROM few ORDER BY id, g DESC
;;
SELECT few.id, generate_series(1,3) g FROM few ORDER BY id, generate_series(1,3) DESC
;;
SELECT few.id FROM few ORDER BY id, generate_series(1,3) DESC
;;
SELECT few.dataa, count(*), min(id), max(id), unnest('{1,1,3}'::int[]) FROM few WHERE few.id = 1 GROUP BY few.dataa
;;
SELECT few.dataa, count(*), min(id), max(id), unnest('{1,1,3}'::int[]) FROM few WHERE few.id = 1 GROUP BY few.dataa, unnest('{1,1,3}'::int[])
;;
SELECT dataa, generate_series(1,1), count(*) FROM few GROUP BY 1 HAVING count(*) > 1
;;
SELECT few.dataa, count(*) FROM few WHERE dataa = 'a' GROUP BY few.dataa ORDER BY 2
;;
SELECT few.dataa, count(*) FROM few WHERE dataa = 'a' GROUP BY few.dataa, unnest('{1,1,3}'::int[]) ORDER BY 2
;;
SELECT q1, case when q1 > 0 then generate_series(1,3) else 0 end FROM int8_tbl
;;
SELECT q1, coalesce(generate_series(1,3), 0) FROM int8_tbl
;;
SELECT min(generate_series(1, 3)) FROM few
;;
SELECT sum((3 = ANY(SELECT generate_series(1,4)))::int)
;;
SELECT sum((3 = ANY(SELECT lag(x) over(order by x)
                    FROM generate_series(1,4) x))::int)
;;
SELECT min(generate_series(1, 3)) OVER() FROM few
;;
SELECT id,lag(id) OVER(), count(*) OVER(), generate_series(1,3) FROM few
;;
SELECT SUM(count(*)) OVER(PARTITION BY generate_series(1,3) ORDER BY generate_series(1,3)), generate_series(1,3) g FROM few GROUP BY g
;;
SELECT few.dataa, count(*), min(id), max(id), generate_series(1,3) FROM few GROUP BY few.dataa ORDER BY 5, 1
;;
SELECT dataa, datab b, generate_series(1,2) g, count(*) FROM few GROUP BY CUBE(dataa, datab)
;;
SELECT dataa, datab b, generate_series(1,2) g, count(*) FROM few GROUP BY CUBE(dataa, datab) ORDER BY dataa
;;
SELECT dataa, datab b, generate_series(1,2) g, count(*) FROM few GROUP BY CUBE(dataa, datab) ORDER BY g
;;
SELECT dataa, datab b, generate_series(1,2) g, count(*) FROM few GROUP BY CUBE(dataa, datab, g)
;;
SELECT dataa, datab b, generate_series(1,2) g, count(*) FROM few GROUP BY CUBE(dataa, datab, g) ORDER BY dataa
;;
SELECT dataa, datab b, generate_series(1,2) g, count(*) FROM few GROUP BY CUBE(dataa, datab, g) ORDER BY g
;;
select 'foo' as f, generate_series(1,2) as g from few order by 1
;;
SELECT * FROM fewmore
;;
UPDATE fewmore SET data = generate_series(4,9)
;;
VALUES(1, generate_series(1,2))
;;
SELECT int4mul(generate_series(1,2), 10)
;;
SELECT generate_series(1,3) IS DISTINCT FROM 2
;;
SELECT * FROM int4mul(generate_series(1,2), 10)
;;
SELECT DISTINCT ON (a) a, b, generate_series(1,3) g
FROM (VALUES (3, 2), (3,1), (1,1), (1,4), (5,3), (5,1)) AS t(a, b)
;;
SELECT DISTINCT ON (a) a, b, generate_series(1,3) g
FROM (VALUES (3, 2), (3,1), (1,1), (1,4), (5,3), (5,1)) AS t(a, b)
ORDER BY a, b DESC
;;
SELECT DISTINCT ON (a) a, b, generate_series(1,3) g
FROM (VALUES (3, 2), (3,1), (1,1), (1,4), (5,3), (5,1)) AS t(a, b)
ORDER BY a, b DESC, g DESC
;;
SELECT DISTINCT ON (a, b, g) a, b, generate_series(1,3) g
FROM (VALUES (3, 2), (3,1), (1,1), (1,4), (5,3), (5,1)) AS t(a, b)
ORDER BY a, b DESC, g DESC
;;
SELECT DISTINCT ON (g) a, b, generate_series(1,3) g
FROM (VALUES (3, 2), (3,1), (1,1), (1,4), (5,3), (5,1)) AS t(a, b)
;;
SELECT a, generate_series(1,2) FROM (VALUES(1),(2),(3)) r(a) LIMIT 2 OFFSET 2
;;
SELECT 1 LIMIT generate_series(1,3)
;;
SELECT (SELECT generate_series(1,3) LIMIT 1 OFFSET few.id) FROM few
;;
SELECT (SELECT generate_series(1,3) LIMIT 1 OFFSET g.i) FROM generate_series(0,3) g(i)
;;
SELECT |@|ARRAY[1,2,3]
;;
select generate_series(1,3) as x, generate_series(1,3) + 1 as xp1
;;
select generate_series(1,3)+1 order by generate_series(1,3)
;;
SELECT tsvectorin(tsvectorout($$'\\as' ab\c ab\\c AB\\\c ab\\\\c$$::tsvector))
;;
SELECT numnode( 'new'::tsquery )
;;
SELECT 'foo & bar'::tsquery || !!'asd & fg'::tsquery
;;
SELECT 'a' <-> 'b & d'::tsquery
;;
SELECT tsquery_phrase('a <3> g', 'b & d', 10)
;;
SELECT strip('wa:1A'::tsvector) @@ 'w:*A'::tsquery as "true"
;;
SELECT to_tsvector('simple', '1 2 3 1') @@ '1 <-> 2' AS "true"
;;
SELECT strip(to_tsvector('simple', '1 2 3 4')) @@ '1 <-> 2 <-> 3' AS "false"
;;
SELECT ts_rank(' a:1 s:2C d g'::tsvector, 'a | s')
;;
SELECT ts_rank_cd(' a:1 s:2C d g'::tsvector, 'a | s')
;;
SELECT strip('w:12B w:13* w:12,5,6 a:1,3* a:3 w asd:1dc asd'::tsvector)
;;
SELECT ts_delete(to_tsvector('english', 'Rebel spaceships, striking from a hidden base'), 'spaceship')
;;
SELECT ts_delete('base:7 hidden:6 rebel:1 spaceship:2,33A,34B,35C,36D strike:3'::tsvector, 'base')
;;
SELECT ts_delete('base:7 hidden:6 rebel:1 spaceship:2,33A,34B,35C,36D strike:3'::tsvector, ARRAY['spaceship','rebel'])
;;
SELECT * FROM unnest('base:7 hidden:6 rebel:1 spaceship:2,33A,34B,35C,36D strike:3'::tsvector)
;;
SELECT lexeme, positions[1] from unnest('base:7 hidden:6 rebel:1 spaceship:2,33A,34B,35C,36D strike:3'::tsvector)
;;
SELECT tsvector_to_array('base:7 hidden:6 rebel:1 spaceship:2,33A,34B,35C,36D strike:3'::tsvector)
;;
SELECT array_to_tsvector(ARRAY['base','hidden','rebel','spaceship','strike'])
;;
SELECT setweight('w:12B w:13* w:12,5,6 a:1,3* a:3 w asd:1dc asd zxc:81,567,222A'::tsvector, 'c')
;;
SELECT setweight('a asd w:5,6,12B,13A zxc'::tsvector, 'c', ARRAY['a', 'zxc', '', NULL])
;;
SELECT ts_filter('base:7A empir:17 evil:15 first:11 galact:16 hidden:6A rebel:1A spaceship:2A strike:3A victori:12 won:9'::tsvector, '{a}')
;;
SELECT abort_increasing, abort_decreasing FROM abbrev_abort_uuids ORDER BY abort_increasing OFFSET 20000 - 4
;;
SELECT abort_increasing, abort_decreasing FROM abbrev_abort_uuids ORDER BY abort_decreasing NULLS FIRST OFFSET 20000 - 4
;;
SELECT noabort_increasing, noabort_decreasing FROM abbrev_abort_uuids ORDER BY noabort_increasing OFFSET 20000 - 4
;;
SELECT noabort_increasing, noabort_decreasing FROM abbrev_abort_uuids ORDER BY noabort_decreasing NULLS FIRST OFFSET 20000 - 4
;;
SELECT abort_increasing, noabort_increasing FROM abbrev_abort_uuids ORDER BY abort_increasing LIMIT 5
;;
SELECT abort_increasing, noabort_increasing FROM abbrev_abort_uuids ORDER BY noabort_increasing NULLS FIRST LIMIT 5
;;
SELECT id, noabort_increasing, noabort_decreasing FROM abbrev_abort_uuids ORDER BY noabort_increasing LIMIT 5
;;
SELECT id, noabort_increasing, noabort_decreasing FROM abbrev_abort_uuids ORDER BY noabort_decreasing LIMIT 5
;;
SELECT id, abort_increasing, abort_decreasing FROM abbrev_abort_uuids ORDER BY abort_increasing LIMIT 5
;;
SELECT id, abort_increasing, abort_decreasing FROM abbrev_abort_uuids ORDER BY abort_decreasing LIMIT 5
;;
SELECT id, abort_increasing, abort_decreasing, noabort_increasing, noabort_decreasing
FROM abbrev_abort_uuids
ORDER BY ctid LIMIT 5
;;
SELECT id, abort_increasing, abort_decreasing, noabort_increasing, noabort_decreasing
FROM abbrev_abort_uuids
ORDER BY ctid DESC LIMIT 5
;;
SELECT LEFT(a,10),b FROM
    (VALUES(REPEAT('a', 512 * 1024),1),(REPEAT('b', 512 * 1024),2)) v(a,b)
ORDER BY v.a DESC
;;
select snap from snapshot_test order by nr
;;
select  txid_snapshot_xmin(snap),
	txid_snapshot_xmax(snap),
	txid_snapshot_xip(snap)
from snapshot_test order by nr
;;
select id, txid_visible_in_snapshot(id, snap)
from snapshot_test, generate_series(11, 21) id
where nr = 2
;;
select txid_current() >= txid_snapshot_xmin(txid_current_snapshot())
;;
select txid_visible_in_snapshot(txid_current(), txid_current_snapshot())
;;
select txid_visible_in_snapshot('1000100010001012', '1000100010001000:1000100010001100:1000100010001012,1000100010001013')
;;
SELECT txid_current_if_assigned() IS NULL
;;
SELECT txid_status(1)
;;
SELECT t1.oid, t1.typname
FROM pg_type as t1
WHERE t1.typnamespace = 0 OR
    (t1.typlen <= 0 AND t1.typlen != -1 AND t1.typlen != -2) OR
    (t1.typtype not in ('b', 'c', 'd', 'e', 'm', 'p', 'r')) OR
    NOT t1.typisdefined OR
    (t1.typalign not in ('c', 's', 'i', 'd')) OR
    (t1.typstorage not in ('p', 'x', 'e', 'm'))
;;
SELECT t1.oid, t1.typname
FROM pg_type as t1
WHERE t1.typbyval AND
    (t1.typlen != 1 OR t1.typalign != 'c') AND
    (t1.typlen != 2 OR t1.typalign != 's') AND
    (t1.typlen != 4 OR t1.typalign != 'i') AND
    (t1.typlen != 8 OR t1.typalign != 'd')
;;
SELECT t1.oid, t1.typname
FROM pg_type as t1
WHERE t1.typstorage != 'p' AND
    (t1.typbyval OR t1.typlen != -1)
;;
SELECT t1.oid, t1.typname
FROM pg_type as t1
WHERE (t1.typtype = 'c' AND t1.typrelid = 0) OR
    (t1.typtype != 'c' AND t1.typrelid != 0)
;;
SELECT t1.oid, t1.typname
FROM pg_type as t1
WHERE t1.typtype not in ('p') AND t1.typname NOT LIKE E'\\_%'
    AND NOT EXISTS
    (SELECT 1 FROM pg_type as t2
     WHERE t2.typname = ('_' || t1.typname)::name AND
           t2.typelem = t1.oid and t1.typarray = t2.oid)
ORDER BY t1.oid
;;
SELECT t1.oid, t1.typname as basetype, t2.typname as arraytype,
       t2.typsubscript
FROM   pg_type t1 LEFT JOIN pg_type t2 ON (t1.typarray = t2.oid)
WHERE  t1.typarray <> 0 AND
       (t2.oid IS NULL OR
        t2.typsubscript <> 'array_subscript_handler'::regproc)
;;
SELECT t1.oid, t1.typname
FROM pg_type as t1
WHERE t1.typtype = 'r' AND
   NOT EXISTS(SELECT 1 FROM pg_range r WHERE rngtypid = t1.oid)
;;
SELECT t1.oid, t1.typname, t1.typalign, t2.typname, t2.typalign
FROM pg_type as t1
     LEFT JOIN pg_range as r ON rngtypid = t1.oid
     LEFT JOIN pg_type as t2 ON rngsubtype = t2.oid
WHERE t1.typtype = 'r' AND
    (t1.typalign != (CASE WHEN t2.typalign = 'd' THEN 'd'::"char"
                          ELSE 'i'::"char" END)
     OR t2.oid IS NULL)
;;
SELECT t1.oid, t1.typname
FROM pg_type as t1
WHERE (t1.typinput = 0 OR t1.typoutput = 0)
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typinput = p1.oid AND NOT
    ((p1.pronargs = 1 AND p1.proargtypes[0] = 'cstring'::regtype) OR
     (p1.pronargs = 2 AND p1.proargtypes[0] = 'cstring'::regtype AND
      p1.proargtypes[1] = 'oid'::regtype) OR
     (p1.pronargs = 3 AND p1.proargtypes[0] = 'cstring'::regtype AND
      p1.proargtypes[1] = 'oid'::regtype AND
      p1.proargtypes[2] = 'int4'::regtype))
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typinput = p1.oid AND t1.typtype in ('b', 'p') AND NOT
    (t1.typelem != 0 AND t1.typlen < 0) AND NOT
    (p1.prorettype = t1.oid AND NOT p1.proretset)
ORDER BY 1
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typinput = p1.oid AND
    (t1.typelem != 0 AND t1.typlen < 0) AND NOT
    (p1.oid = 'array_in'::regproc)
ORDER BY 1
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typinput = p1.oid AND p1.provolatile NOT IN ('i', 's')
;;
SELECT DISTINCT typtype, typinput
FROM pg_type AS t1
WHERE t1.typtype not in ('b', 'p')
ORDER BY 1
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typoutput = p1.oid AND t1.typtype in ('b', 'p') AND NOT
    (p1.pronargs = 1 AND
     (p1.proargtypes[0] = t1.oid OR
      (p1.oid = 'array_out'::regproc AND
       t1.typelem != 0 AND t1.typlen = -1)))
ORDER BY 1
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typoutput = p1.oid AND NOT
    (p1.prorettype = 'cstring'::regtype AND NOT p1.proretset)
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typoutput = p1.oid AND p1.provolatile NOT IN ('i', 's')
;;
SELECT DISTINCT typtype, typoutput
FROM pg_type AS t1
WHERE t1.typtype not in ('b', 'd', 'p')
ORDER BY 1
;;
SELECT t1.oid, t1.typname, t2.oid, t2.typname
FROM pg_type AS t1 LEFT JOIN pg_type AS t2 ON t1.typbasetype = t2.oid
WHERE t1.typtype = 'd' AND t1.typoutput IS DISTINCT FROM t2.typoutput
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typreceive = p1.oid AND NOT
    ((p1.pronargs = 1 AND p1.proargtypes[0] = 'internal'::regtype) OR
     (p1.pronargs = 2 AND p1.proargtypes[0] = 'internal'::regtype AND
      p1.proargtypes[1] = 'oid'::regtype) OR
     (p1.pronargs = 3 AND p1.proargtypes[0] = 'internal'::regtype AND
      p1.proargtypes[1] = 'oid'::regtype AND
      p1.proargtypes[2] = 'int4'::regtype))
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typreceive = p1.oid AND t1.typtype in ('b', 'p') AND NOT
    (t1.typelem != 0 AND t1.typlen < 0) AND NOT
    (p1.prorettype = t1.oid AND NOT p1.proretset)
ORDER BY 1
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typreceive = p1.oid AND
    (t1.typelem != 0 AND t1.typlen < 0) AND NOT
    (p1.oid = 'array_recv'::regproc)
ORDER BY 1
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname, p2.oid, p2.proname
FROM pg_type AS t1, pg_proc AS p1, pg_proc AS p2
WHERE t1.typinput = p1.oid AND t1.typreceive = p2.oid AND
    p1.pronargs != p2.pronargs
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typreceive = p1.oid AND p1.provolatile NOT IN ('i', 's')
;;
SELECT DISTINCT typtype, typreceive
FROM pg_type AS t1
WHERE t1.typtype not in ('b', 'p')
ORDER BY 1
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typsend = p1.oid AND t1.typtype in ('b', 'p') AND NOT
    (p1.pronargs = 1 AND
     (p1.proargtypes[0] = t1.oid OR
      (p1.oid = 'array_send'::regproc AND
       t1.typelem != 0 AND t1.typlen = -1)))
ORDER BY 1
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typsend = p1.oid AND NOT
    (p1.prorettype = 'bytea'::regtype AND NOT p1.proretset)
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typsend = p1.oid AND p1.provolatile NOT IN ('i', 's')
;;
SELECT DISTINCT typtype, typsend
FROM pg_type AS t1
WHERE t1.typtype not in ('b', 'd', 'p')
ORDER BY 1
;;
SELECT t1.oid, t1.typname, t2.oid, t2.typname
FROM pg_type AS t1 LEFT JOIN pg_type AS t2 ON t1.typbasetype = t2.oid
WHERE t1.typtype = 'd' AND t1.typsend IS DISTINCT FROM t2.typsend
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typmodin = p1.oid AND NOT
    (p1.pronargs = 1 AND
     p1.proargtypes[0] = 'cstring[]'::regtype AND
     p1.prorettype = 'int4'::regtype AND NOT p1.proretset)
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typmodin = p1.oid AND p1.provolatile NOT IN ('i', 's')
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typmodout = p1.oid AND NOT
    (p1.pronargs = 1 AND
     p1.proargtypes[0] = 'int4'::regtype AND
     p1.prorettype = 'cstring'::regtype AND NOT p1.proretset)
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typmodout = p1.oid AND p1.provolatile NOT IN ('i', 's')
;;
SELECT t1.oid, t1.typname, t2.oid, t2.typname
FROM pg_type AS t1, pg_type AS t2
WHERE t1.typelem = t2.oid AND NOT
    (t1.typmodin = t2.typmodin AND t1.typmodout = t2.typmodout)
;;
SELECT t1.oid, t1.typname, t2.oid, t2.typname
FROM pg_type AS t1, pg_type AS t2
WHERE t1.typarray = t2.oid AND NOT (t1.typdelim = t2.typdelim)
;;
SELECT t1.oid, t1.typname, t1.typalign, t2.typname, t2.typalign
FROM pg_type AS t1, pg_type AS t2
WHERE t1.typarray = t2.oid AND
    t2.typalign != (CASE WHEN t1.typalign = 'd' THEN 'd'::"char"
                         ELSE 'i'::"char" END)
;;
SELECT t1.oid, t1.typname, t1.typelem
FROM pg_type AS t1
WHERE t1.typelem != 0 AND t1.typsubscript = 0
;;
SELECT t1.oid, t1.typname,
       t1.typelem, t1.typlen, t1.typbyval
FROM pg_type AS t1
WHERE t1.typsubscript = 'array_subscript_handler'::regproc AND NOT
    (t1.typelem != 0 AND t1.typlen = -1 AND NOT t1.typbyval)
;;
SELECT t1.oid, t1.typname,
       t1.typelem, t1.typlen, t1.typbyval
FROM pg_type AS t1
WHERE t1.typsubscript = 'raw_array_subscript_handler'::regproc AND NOT
    (t1.typelem != 0 AND t1.typlen > 0 AND NOT t1.typbyval)
;;
SELECT t1.oid, t1.typname, p1.oid, p1.proname
FROM pg_type AS t1, pg_proc AS p1
WHERE t1.typanalyze = p1.oid AND NOT
    (p1.pronargs = 1 AND
     p1.proargtypes[0] = 'internal'::regtype AND
     p1.prorettype = 'bool'::regtype AND NOT p1.proretset)
;;
SELECT d.oid, d.typname, d.typanalyze, t.oid, t.typname, t.typanalyze
FROM pg_type d JOIN pg_type t ON d.typbasetype = t.oid
WHERE d.typanalyze != t.typanalyze
;;
SELECT t.oid, t.typname, t.typanalyze
FROM pg_type t LEFT JOIN pg_range r on t.oid = r.rngtypid
WHERE t.typbasetype = 0 AND
    (t.typanalyze = 'range_typanalyze'::regproc) != (r.rngtypid IS NOT NULL)
;;
SELECT t.oid, t.typname, t.typanalyze
FROM pg_type t
WHERE t.typbasetype = 0 AND
    (t.typanalyze = 'array_typanalyze'::regproc) !=
    (t.typsubscript = 'array_subscript_handler'::regproc)
ORDER BY 1
;;
SELECT c1.oid, c1.relname
FROM pg_class as c1
WHERE relkind NOT IN ('r', 'i', 'S', 't', 'v', 'm', 'c', 'f', 'p', 'I') OR
    relpersistence NOT IN ('p', 'u', 't') OR
    relreplident NOT IN ('d', 'n', 'f', 'i')
;;
SELECT c1.oid, c1.relname
FROM pg_class as c1
WHERE c1.relkind NOT IN ('S', 'v', 'f', 'c', 'p') and
    c1.relam = 0
;;
SELECT c1.oid, c1.relname
FROM pg_class as c1
WHERE c1.relkind IN ('S', 'v', 'f', 'c', 'p') and
    c1.relam != 0
;;
SELECT pc.oid, pc.relname, pa.amname, pa.amtype
FROM pg_class as pc JOIN pg_am AS pa ON (pc.relam = pa.oid)
WHERE pc.relkind IN ('i', 'I') and
    pa.amtype != 'i'
;;
SELECT a1.attrelid, a1.attname
FROM pg_attribute as a1
WHERE a1.attrelid = 0 OR a1.atttypid = 0 OR a1.attnum = 0 OR
    a1.attinhcount < 0 OR (a1.attinhcount = 0 AND NOT a1.attislocal)
;;
SELECT a1.attrelid, a1.attname, c1.oid, c1.relname
FROM pg_attribute AS a1, pg_class AS c1
WHERE a1.attrelid = c1.oid AND a1.attnum > c1.relnatts
;;
SELECT c1.oid, c1.relname
FROM pg_class AS c1
WHERE c1.relnatts != (SELECT count(*) FROM pg_attribute AS a1
                      WHERE a1.attrelid = c1.oid AND a1.attnum > 0)
;;
SELECT a1.attrelid, a1.attname, t1.oid, t1.typname
FROM pg_attribute AS a1, pg_type AS t1
WHERE a1.atttypid = t1.oid AND
    (a1.attlen != t1.typlen OR
     a1.attalign != t1.typalign OR
     a1.attbyval != t1.typbyval OR
     (a1.attstorage != t1.typstorage AND a1.attstorage != 'p'))
;;
SELECT indexrelid::regclass
FROM pg_index
WHERE (is_catalog_text_unique_index_oid(indexrelid) <>
       (indisunique AND
        indexrelid < 16384 AND
        EXISTS (SELECT 1 FROM pg_attribute
                WHERE attrelid = indexrelid AND atttypid = 'text'::regtype)))
;;
SELECT r.rngtypid, r.rngsubtype
FROM pg_range as r
WHERE r.rngtypid = 0 OR r.rngsubtype = 0 OR r.rngsubopc = 0
;;
SELECT r.rngtypid, r.rngsubtype, r.rngcollation, t.typcollation
FROM pg_range r JOIN pg_type t ON t.oid = r.rngsubtype
WHERE (rngcollation = 0) != (typcollation = 0)
;;
SELECT r.rngtypid, r.rngsubtype, o.opcmethod, o.opcname
FROM pg_range r JOIN pg_opclass o ON o.oid = r.rngsubopc
WHERE o.opcmethod != 403 OR
    ((o.opcintype != r.rngsubtype) AND NOT
     (o.opcintype = 'pg_catalog.anyarray'::regtype AND
      EXISTS(select 1 from pg_catalog.pg_type where
             oid = r.rngsubtype and typelem != 0 and
             typsubscript = 'array_subscript_handler'::regproc)))
;;
SELECT r.rngtypid, r.rngsubtype, p.proname
FROM pg_range r JOIN pg_proc p ON p.oid = r.rngcanonical
WHERE pronargs != 1 OR proargtypes[0] != rngtypid OR prorettype != rngtypid
;;
SELECT r.rngtypid, r.rngsubtype, p.proname
FROM pg_range r JOIN pg_proc p ON p.oid = r.rngsubdiff
WHERE pronargs != 2
    OR proargtypes[0] != rngsubtype OR proargtypes[1] != rngsubtype
    OR prorettype != 'pg_catalog.float8'::regtype
;;
SELECT r.rngtypid, r.rngsubtype, r.rngmultitypid
FROM pg_range r
WHERE r.rngmultitypid IS NULL OR r.rngmultitypid = 0
;;
SELECT * FROM persons
;;
SELECT * FROM get_all_persons()
;;
SELECT id, namelen(persons) FROM persons
;;
SELECT U&'\0061\0308bc' <> U&'\00E4bc' COLLATE "C" AS sanity_check
;;
SELECT unicode_version() IS NOT NULL
;;
SELECT unicode_assigned(U&'abc')
;;
SELECT normalize('')
;;
SELECT normalize(U&'\0061\0308\24D1c') = U&'\00E4\24D1c' COLLATE "C" AS test_default
;;
SELECT "normalize"('abc', 'def')
;;
SELECT U&'\00E4\24D1c' IS NORMALIZED AS test_default
;;
SELECT num, val,
    val IS NFC NORMALIZED AS NFC,
    val IS NFD NORMALIZED AS NFD,
    val IS NFKC NORMALIZED AS NFKC,
    val IS NFKD NORMALIZED AS NFKD
FROM
  (VALUES (1, U&'\00E4bc'),
          (2, U&'\0061\0308bc'),
          (3, U&'\00E4\24D1c'),
          (4, U&'\0061\0308\24D1c'),
          (5, '')) vals (num, val)
ORDER BY num
;;
SELECT is_normalized('abc', 'def')
;;
SELECT 1 AS two UNION SELECT 2 ORDER BY 1
;;
SELECT 1 AS two UNION ALL SELECT 2
;;
SELECT 1 AS three UNION SELECT 2 UNION SELECT 3 ORDER BY 1
;;
SELECT 1 AS three UNION SELECT 2 UNION ALL SELECT 2 ORDER BY 1
;;
SELECT 1.1 AS two UNION ALL SELECT 2 ORDER BY 1
;;
SELECT 1.1 AS two UNION (SELECT 2 UNION ALL SELECT 2) ORDER BY 1
;;
SELECT f1 AS five FROM FLOAT8_TBL
UNION
SELECT f1 FROM FLOAT8_TBL
ORDER BY 1
;;
SELECT f1 AS ten FROM FLOAT8_TBL
UNION ALL
SELECT f1 FROM FLOAT8_TBL
;;
SELECT f1 AS nine FROM FLOAT8_TBL
UNION
SELECT f1 FROM INT4_TBL
ORDER BY 1
;;
SELECT f1 AS ten FROM FLOAT8_TBL
UNION ALL
SELECT f1 FROM INT4_TBL
;;
SELECT f1 AS five FROM FLOAT8_TBL
  WHERE f1 BETWEEN -1e6 AND 1e6
UNION
SELECT f1 FROM INT4_TBL
  WHERE f1 BETWEEN 0 AND 1000000
ORDER BY 1
;;
SELECT CAST(f1 AS char(4)) AS three FROM VARCHAR_TBL
UNION
SELECT f1 FROM CHAR_TBL
ORDER BY 1
;;
SELECT f1 AS three FROM VARCHAR_TBL
UNION
SELECT CAST(f1 AS varchar) FROM CHAR_TBL
ORDER BY 1
;;
SELECT f1 AS eight FROM VARCHAR_TBL
UNION ALL
SELECT f1 FROM CHAR_TBL
;;
SELECT f1 AS five FROM TEXT_TBL
UNION
SELECT f1 FROM VARCHAR_TBL
UNION
SELECT TRIM(TRAILING FROM f1) FROM CHAR_TBL
ORDER BY 1
;;
SELECT q2 FROM int8_tbl INTERSECT SELECT q1 FROM int8_tbl ORDER BY 1
;;
SELECT q2 FROM int8_tbl INTERSECT ALL SELECT q1 FROM int8_tbl ORDER BY 1
;;
SELECT q2 FROM int8_tbl EXCEPT SELECT q1 FROM int8_tbl ORDER BY 1
;;
SELECT q2 FROM int8_tbl EXCEPT ALL SELECT q1 FROM int8_tbl ORDER BY 1
;;
SELECT q2 FROM int8_tbl EXCEPT ALL SELECT DISTINCT q1 FROM int8_tbl ORDER BY 1
;;
SELECT q1 FROM int8_tbl EXCEPT SELECT q2 FROM int8_tbl ORDER BY 1
;;
SELECT q1 FROM int8_tbl EXCEPT ALL SELECT q2 FROM int8_tbl ORDER BY 1
;;
SELECT q1 FROM int8_tbl EXCEPT ALL SELECT DISTINCT q2 FROM int8_tbl ORDER BY 1
;;
SELECT q1 FROM int8_tbl EXCEPT ALL SELECT q1 FROM int8_tbl FOR NO KEY UPDATE
;;
(SELECT 1,2,3 UNION SELECT 4,5,6) INTERSECT SELECT 4,5,6
;;
(SELECT 1,2,3 UNION SELECT 4,5,6 ORDER BY 1,2) INTERSECT SELECT 4,5,6
;;
(SELECT 1,2,3 UNION SELECT 4,5,6) EXCEPT SELECT 4,5,6
;;
(SELECT 1,2,3 UNION SELECT 4,5,6 ORDER BY 1,2) EXCEPT SELECT 4,5,6
;;
select count(*) from
  ( select unique1 from tenk1 union select fivethous from tenk1 ) ss
;;
select count(*) from
  ( select unique1 from tenk1 intersect select fivethous from tenk1 ) ss
;;
select unique1 from tenk1 except select unique2 from tenk1 where unique2 != 10
;;
select * from int8_tbl intersect select q2, q1 from int8_tbl order by 1, 2
;;
select q2, q1 from int8_tbl intersect select * from int8_tbl order by 1, 2
;;
select x from (values (array[1, 2]), (array[1, 3])) _(x) union select x from (values (array[1, 2]), (array[1, 4])) _(x)
;;
select x from (values (array[1, 2]), (array[1, 3])) _(x) intersect select x from (values (array[1, 2]), (array[1, 4])) _(x)
;;
select x from (values (array[1, 2]), (array[1, 3])) _(x) except select x from (values (array[1, 2]), (array[1, 4])) _(x)
;;
select x from (values (row(1, 2)), (row(1, 3))) _(x) union select x from (values (row(1, 2)), (row(1, 4))) _(x)
;;
select x from (values (row(1, 2)), (row(1, 3))) _(x) intersect select x from (values (row(1, 2)), (row(1, 4))) _(x)
;;
select x from (values (row(1, 2)), (row(1, 3))) _(x) except select x from (values (row(1, 2)), (row(1, 4))) _(x)
;;
select x from (values (row('10'::varbit)::ct1), (row('11'::varbit)::ct1)) _(x) union select x from (values (row('10'::varbit)::ct1), (row('01'::varbit)::ct1)) _(x)
;;
SELECT f1 FROM float8_tbl INTERSECT SELECT f1 FROM int4_tbl ORDER BY 1
;;
SELECT f1 FROM float8_tbl EXCEPT SELECT f1 FROM int4_tbl ORDER BY 1
;;
SELECT q1 FROM int8_tbl INTERSECT SELECT q2 FROM int8_tbl UNION ALL SELECT q2 FROM int8_tbl  ORDER BY 1
;;
SELECT q1 FROM int8_tbl INTERSECT (((SELECT q2 FROM int8_tbl UNION ALL SELECT q2 FROM int8_tbl))) ORDER BY 1
;;
(((SELECT q1 FROM int8_tbl INTERSECT SELECT q2 FROM int8_tbl ORDER BY 1))) UNION ALL SELECT q2 FROM int8_tbl
;;
SELECT q1 FROM int8_tbl UNION ALL SELECT q2 FROM int8_tbl EXCEPT SELECT q1 FROM int8_tbl ORDER BY 1
;;
SELECT q1 FROM int8_tbl UNION ALL (((SELECT q2 FROM int8_tbl EXCEPT SELECT q1 FROM int8_tbl ORDER BY 1)))
;;
SELECT q1,q2 FROM int8_tbl EXCEPT SELECT q2,q1 FROM int8_tbl
ORDER BY q2,q1
;;
SELECT q1 FROM int8_tbl EXCEPT SELECT q2 FROM int8_tbl ORDER BY q2 LIMIT 1
;;
SELECT q1 FROM int8_tbl EXCEPT (((SELECT q2 FROM int8_tbl ORDER BY q2 LIMIT 1))) ORDER BY 1
;;
select union select
;;
select intersect select
;;
select except select
;;
select from generate_series(1,5) union all select from generate_series(1,3)
;;
select from generate_series(1,5) intersect select from generate_series(1,3)
;;
select from generate_series(1,5) intersect all select from generate_series(1,3)
;;
select from generate_series(1,5) except select from generate_series(1,3)
;;
select from generate_series(1,5) except all select from generate_series(1,3)
;;
select from generate_series(1,5) union select from generate_series(1,3)
;;
with cte as materialized (select s from generate_series(1,5) s)
select from cte union select from cte
;;
with cte as not materialized (select s from generate_series(1,5) s)
select from cte union select from cte
;;
SELECT a.f1 FROM (SELECT 'test' AS f1 FROM varchar_tbl) a
UNION
SELECT b.f1 FROM (SELECT f1 FROM varchar_tbl) b
ORDER BY 1
;;
  SELECT * FROM
  (SELECT a || b AS ab FROM t1
   UNION ALL
   SELECT ab FROM t2) t
  ORDER BY 1 LIMIT 8
;;
SELECT * FROM
  (SELECT 1 AS t, 2 AS x
   UNION
   SELECT 2 AS t, 4 AS x) ss
WHERE x < 4
ORDER BY x
;;
SELECT * FROM
  (SELECT 1 AS t, generate_series(1,10) AS x
   UNION
   SELECT 2 AS t, 4 AS x) ss
WHERE x < 4
ORDER BY x
;;
SELECT * FROM
  (SELECT 1 AS t, (random()*3)::int AS x
   UNION
   SELECT 2 AS t, 4 AS x) ss
WHERE x > 3
ORDER BY x
;;
select distinct q1 from
  (select distinct * from int8_tbl i81
   union all
   select distinct * from int8_tbl i82) ss
where q2 = q2
;;
select distinct q1 from
  (select distinct * from int8_tbl i81
   union all
   select distinct * from int8_tbl i82) ss
where -q1 = q2
;;
select * from
  (select * from t3 a union all select * from t3 b) ss
  join int4_tbl on f1 = expensivefunc(x)
;;
select * from
  (select *, 0 as x from int8_tbl a
   union all
   select *, 1 as x from int8_tbl b) ss
where (x = 0) or (q1 >= q2 and q1 <= q2)
;;
SELECT table_name, is_insertable_into
  FROM information_schema.tables
 WHERE table_name LIKE E'r_\\_view%'
 ORDER BY table_name
;;
SELECT table_name, is_updatable, is_insertable_into
  FROM information_schema.views
 WHERE table_name LIKE E'r_\\_view%'
 ORDER BY table_name
;;
SELECT table_name, column_name, is_updatable
  FROM information_schema.columns
 WHERE table_name LIKE E'r_\\_view%'
 ORDER BY table_name, ordinal_position
;;
DELETE FROM ro_view1
;;
DELETE FROM ro_view2
;;
DELETE FROM ro_view3
;;
DELETE FROM ro_view4
;;
DELETE FROM ro_view5
;;
DELETE FROM ro_view6
;;
UPDATE ro_view7 SET a=a+1
;;
UPDATE ro_view8 SET a=a+1
;;
UPDATE ro_view9 SET a=a+1
;;
UPDATE ro_view10 SET a=a+1
;;
MERGE INTO ro_view13 AS t USING (VALUES (1, 'Row 1')) AS v(a,b) ON t.a = v.a
  WHEN MATCHED THEN DELETE
;;
MERGE INTO ro_view13 AS t USING (VALUES (2, 'Row 2')) AS v(a,b) ON t.a = v.a
  WHEN MATCHED THEN UPDATE SET b = v.b
;;
MERGE INTO ro_view13 AS t USING (VALUES (3, 'Row 3')) AS v(a,b) ON t.a = v.a
  WHEN NOT MATCHED THEN INSERT VALUES (v.a, v.b)
;;
MERGE INTO ro_view13 AS t USING (VALUES (2, 'Row 2')) AS v(a,b) ON t.a = v.a
  WHEN MATCHED THEN DO NOTHING
  WHEN NOT MATCHED THEN DO NOTHING
;;
UPDATE rw_view14 SET ctid=null WHERE a=3
;;
UPDATE rw_view14 SET b='ROW 3' WHERE a=3
;;
SELECT * FROM base_tbl
;;
DELETE FROM rw_view14 WHERE a=3
;;
MERGE INTO rw_view14  AS t
  USING (VALUES (2, 'Merged row 2'), (3, 'Merged row 3')) AS v(a,b) ON t.a = v.a
  WHEN MATCHED THEN UPDATE SET b = v.b  -- should be OK, except...
  WHEN NOT MATCHED THEN INSERT VALUES (null, v.a, v.b)
;;
MERGE INTO rw_view14  AS t
  USING (VALUES (2, 'Merged row 2'), (3, 'Merged row 3')) AS v(a,b) ON t.a = v.a
  WHEN MATCHED THEN UPDATE SET b = v.b  -- should be OK
  WHEN NOT MATCHED THEN INSERT (a,b) VALUES (v.a, v.b)
;;
SELECT * FROM base_tbl ORDER BY a
;;
MERGE INTO rw_view14  AS t
  USING (VALUES (2, 'Row 2'), (3, 'Row 3')) AS v(a,b) ON t.a = v.a
  WHEN MATCHED AND t.a = 2 THEN UPDATE SET b = v.b  -- should be OK
  WHEN MATCHED AND t.a = 3 THEN DELETE
;;
SELECT * FROM rw_view15
;;
UPDATE rw_view15 SET upper='ROW 3' WHERE a=3
;;
UPDATE rw_view15 SET a=4 WHERE a=3
;;
UPDATE rw_view16 SET a=3, aa=-3 WHERE a=3
;;
UPDATE rw_view16 SET aa=-3 WHERE a=3
;;
DELETE FROM ro_view18
;;
MERGE INTO ro_view18 AS t USING (VALUES (1, 'Row 1')) AS v(a,b) ON t.a = v.a
  WHEN MATCHED THEN DO NOTHING
;;
UPDATE ro_view19 SET last_value=1000
;;
UPDATE ro_view20 SET b=upper(b)
;;
SELECT table_name, is_insertable_into
  FROM information_schema.tables
 WHERE table_name = 'rw_view1'
;;
SELECT table_name, is_updatable, is_insertable_into
  FROM information_schema.views
 WHERE table_name = 'rw_view1'
;;
SELECT table_name, column_name, is_updatable
  FROM information_schema.columns
 WHERE table_name = 'rw_view1'
 ORDER BY ordinal_position
;;
UPDATE rw_view1 SET a=5 WHERE a=4
;;
DELETE FROM rw_view1 WHERE b='Row 2'
;;
MERGE INTO rw_view1 t
  USING (VALUES (0, 'ROW 0'), (1, 'ROW 1'),
                (2, 'ROW 2'), (3, 'ROW 3')) AS v(a,b) ON t.a = v.a
  WHEN MATCHED AND t.a <= 1 THEN UPDATE SET b = v.b
  WHEN MATCHED THEN DELETE
  WHEN NOT MATCHED AND a > 0 THEN INSERT (a) VALUES (v.a)
  RETURNING merge_action(), v.*, old, new, old.*, new.*, t.*
;;
MERGE INTO rw_view1 t
  USING (VALUES (0, 'R0'), (1, 'R1'),
                (2, 'R2'), (3, 'R3')) AS v(a,b) ON t.a = v.a
  WHEN MATCHED AND t.a <= 1 THEN UPDATE SET b = v.b
  WHEN MATCHED THEN DELETE
  WHEN NOT MATCHED BY SOURCE THEN DELETE
  WHEN NOT MATCHED AND a > 0 THEN INSERT (a) VALUES (v.a)
  RETURNING merge_action(), v.*, old, new, old.*, new.*, t.*
;;
SELECT a, b FROM base_tbl_hist
;;
SELECT * FROM rw_view2
;;
UPDATE rw_view2 SET bbb='Row 4' WHERE aaa=4
;;
DELETE FROM rw_view2 WHERE aaa=2
;;
MERGE INTO rw_view2 t
  USING (VALUES (3, 'R3'), (4, 'R4'), (5, 'R5')) AS v(a,b) ON aaa = v.a
  WHEN MATCHED AND aaa = 3 THEN DELETE
  WHEN MATCHED THEN UPDATE SET bbb = v.b
  WHEN NOT MATCHED THEN INSERT (aaa) VALUES (v.a)
  RETURNING merge_action(), v.*, (SELECT old), (SELECT (SELECT new)), t.*
;;
SELECT * FROM rw_view2 ORDER BY aaa
;;
MERGE INTO rw_view2 t
  USING (VALUES (4, 'r4'), (5, 'r5'), (6, 'r6')) AS v(a,b) ON aaa = v.a
  WHEN MATCHED AND aaa = 4 THEN DELETE
  WHEN MATCHED THEN UPDATE SET bbb = v.b
  WHEN NOT MATCHED THEN INSERT (aaa) VALUES (v.a)
  WHEN NOT MATCHED BY SOURCE THEN UPDATE SET bbb = 'Not matched by source'
  RETURNING merge_action(), v.*, old, (SELECT new FROM (VALUES ((SELECT new)))), t.*
;;
UPDATE rw_view2 SET b='R3' WHERE a=3 RETURNING old.*, new.*
;;
DELETE FROM rw_view2 WHERE a=3 RETURNING old.*, new.*
;;
SELECT table_name, is_updatable, is_insertable_into,
       is_trigger_updatable, is_trigger_deletable,
       is_trigger_insertable_into
  FROM information_schema.views
 WHERE table_name LIKE 'rw_view%'
 ORDER BY table_name
;;
MERGE INTO rw_view2 t
  USING (SELECT x, 'R'||x FROM generate_series(0,3) x) AS s(a,b) ON t.a = s.a
  WHEN MATCHED AND t.a <= 1 THEN DELETE
  WHEN MATCHED THEN UPDATE SET b = s.b
  WHEN NOT MATCHED AND s.a > 0 THEN INSERT VALUES (s.a, s.b)
  RETURNING merge_action(), s.*, old, new, t.*
;;
MERGE INTO rw_view2 t
  USING (SELECT x, 'r'||x FROM generate_series(0,2) x) AS s(a,b) ON t.a = s.a
  WHEN MATCHED THEN UPDATE SET b = s.b
  WHEN NOT MATCHED AND s.a > 0 THEN INSERT VALUES (s.a, s.b)
  WHEN NOT MATCHED BY SOURCE THEN UPDATE SET b = 'Not matched by source'
  RETURNING merge_action(), s.*, old, new, t.*
;;
MERGE INTO rw_view2 t
  USING (SELECT x, 'R'||x FROM generate_series(0,3) x) AS s(a,b) ON t.a = s.a
  WHEN MATCHED AND t.a <= 1 THEN DELETE
  WHEN MATCHED THEN UPDATE SET b = s.b
  WHEN NOT MATCHED AND s.a > 0 THEN INSERT VALUES (s.a, s.b)
;;
MERGE INTO rw_view2 t
  USING (SELECT x, 'R'||x FROM generate_series(0,3) x) AS s(a,b) ON t.a = s.a
  WHEN MATCHED THEN UPDATE SET b = s.b
  WHEN NOT MATCHED AND s.a > 0 THEN INSERT VALUES (s.a, s.b)
;;
MERGE INTO rw_view2 t
  USING (SELECT x, 'R'||x FROM generate_series(0,3) x) AS s(a,b) ON t.a = s.a
  WHEN MATCHED THEN UPDATE SET b = s.b
;;
UPDATE rw_view1 v SET bb='Updated row 2' WHERE rw_view1_aa(v)=2
  RETURNING rw_view1_aa(v), v.bb
;;
SELECT * FROM rw_view1
;;
MERGE INTO rw_view1 t
  USING (VALUES ('Row 3', 3.0, 3)) AS v(b,c,a) ON t.aa = v.a
  WHEN NOT MATCHED THEN INSERT VALUES (v.b, v.c, v.a)
;;
UPDATE base_tbl SET a=a, c=c
;;
UPDATE base_tbl SET b=b
;;
UPDATE rw_view1 SET bb=bb, cc=cc
;;
UPDATE rw_view1 SET aa=aa
;;
UPDATE rw_view2 SET aa=aa, cc=cc
;;
UPDATE rw_view2 SET bb=bb
;;
MERGE INTO rw_view1 t USING (VALUES (1)) AS v(a) ON t.aa = v.a
  WHEN MATCHED THEN UPDATE SET bb = bb, cc = cc
;;
MERGE INTO rw_view1 t USING (VALUES (1)) AS v(a) ON t.aa = v.a
  WHEN MATCHED THEN UPDATE SET aa = aa
;;
MERGE INTO rw_view2 t USING (VALUES (1)) AS v(a) ON t.aa = v.a
  WHEN MATCHED THEN UPDATE SET aa = aa, cc = cc
;;
MERGE INTO rw_view2 t USING (VALUES (1)) AS v(a) ON t.aa = v.a
  WHEN MATCHED THEN UPDATE SET bb = bb
;;
DELETE FROM base_tbl
;;
DELETE FROM rw_view1
;;
DELETE FROM rw_view2
;;
DELETE FROM base_tbl WHERE a=1
;;
DELETE FROM rw_view1 WHERE aa=2
;;
DELETE FROM rw_view2 WHERE aa=2
;;
MERGE INTO rw_view1 t USING (VALUES (1)) AS v(a) ON t.aa = v.a
  WHEN MATCHED AND bb = 'xxx' THEN DELETE
;;
SELECT * FROM rw_view1 FOR UPDATE
;;
UPDATE rw_view1 SET b = 'foo' WHERE a = 1
;;
MERGE INTO rw_view1 t USING (VALUES (1)) AS v(a) ON t.a = v.a
  WHEN MATCHED THEN UPDATE SET b = 'foo'
;;
SELECT * FROM rw_view2 FOR UPDATE
;;
UPDATE rw_view2 SET b = 'bar' WHERE a = 1
;;
UPDATE base_tbl SET a=a
;;
MERGE INTO rw_view1 t USING (VALUES (1)) AS v(a) ON t.aa = v.a
  WHEN MATCHED THEN DELETE
;;
UPDATE rw_view1 SET cc=cc
;;
MERGE INTO rw_view1 t USING (VALUES (1)) AS v(a) ON t.aa = v.a
  WHEN MATCHED THEN UPDATE SET cc = cc
;;
UPDATE rw_view1 SET bb=bb
;;
UPDATE rw_view2 SET aaa=aaa
;;
MERGE INTO rw_view2 t USING (VALUES (2, 'Row 2', 2.0)) AS v(a,b,c) ON t.aaa = v.a
  WHEN NOT MATCHED THEN INSERT VALUES (v.c, v.a, v.b)
;;
UPDATE rw_view1 SET aa=aa, bb=bb
;;
MERGE INTO rw_view1 t USING (VALUES (1)) AS v(a) ON t.aa = v.a
  WHEN MATCHED THEN UPDATE SET aa = aa, bb = bb
;;
MERGE INTO rw_view2 t USING (VALUES (1)) AS v(a) ON t.aaa = v.a
  WHEN MATCHED THEN UPDATE SET aaa = aaa
;;
UPDATE rw_view2 SET bbb=bbb
;;
MERGE INTO rw_view2 t USING (VALUES (1)) AS v(a) ON t.aaa = v.a
  WHEN MATCHED THEN UPDATE SET bbb = bbb
;;
UPDATE rw_view2 SET ccc=ccc
;;
MERGE INTO rw_view2 t USING (VALUES (1)) AS v(a) ON t.aaa = v.a
  WHEN MATCHED THEN UPDATE SET ccc = ccc
;;
MERGE INTO rw_view1 t USING (VALUES (6)) AS v(a) ON t.aa = v.a
  WHEN NOT MATCHED THEN INSERT (aa) VALUES (v.a)
;;
UPDATE rw_view1 SET b = b + 1 RETURNING *
;;
UPDATE rw_view1 SET arr[1] = 42, arr[2] = 77 WHERE a = 3
;;
UPDATE rw_view1 SET s = s WHERE a = 1.1
;;
UPDATE rw_view1 SET a = 1.05 WHERE a = 1.1 RETURNING s
;;
DELETE FROM rw_view1 WHERE a = 1.05
;;
UPDATE rw_view2 SET s = s WHERE base_a = 1.1
;;
UPDATE rw_view2 SET t = t WHERE base_a = 1.1
;;
UPDATE rw_view2 SET base_a = 1.05 WHERE base_a = 1.1
;;
DELETE FROM rw_view2 WHERE base_a = 1.05 RETURNING base_a, s, c, t
;;
UPDATE rw_view3 SET s = s
;;
DELETE FROM rw_view3 WHERE s = sin(0.1)
;;
SELECT events & 4 != 0 AS upd,
       events & 8 != 0 AS ins,
       events & 16 != 0 AS del
  FROM pg_catalog.pg_relation_is_updatable('rw_view3'::regclass, false) t(events)
;;
UPDATE base_tbl SET id = 2000 WHERE id = 2
;;
UPDATE rw_view1 SET id = 3000 WHERE id = 3
;;
SELECT * FROM rw_view1 ORDER BY a
;;
SELECT * FROM ONLY rw_view1 ORDER BY a
;;
SELECT * FROM rw_view2 ORDER BY a
;;
UPDATE rw_view1 SET a = a*10 WHERE a IN (-1, 1)
;;
UPDATE ONLY rw_view1 SET a = a*10 WHERE a IN (-2, 2)
;;
UPDATE rw_view2 SET a = a*10 WHERE a IN (-3, 3)
;;
UPDATE ONLY rw_view2 SET a = a*10 WHERE a IN (-4, 4)
;;
DELETE FROM ONLY rw_view1 WHERE a IN (-6, 6)
;;
DELETE FROM rw_view2 WHERE a IN (-7, 7)
;;
DELETE FROM ONLY rw_view2 WHERE a IN (-8, 8)
;;
SELECT * FROM ONLY base_tbl_parent ORDER BY a
;;
SELECT * FROM base_tbl_child ORDER BY a
;;
MERGE INTO rw_view1 t USING (VALUES (-200), (10)) AS v(a) ON t.a = v.a
  WHEN MATCHED THEN UPDATE SET a = t.a+1
;;
MERGE INTO ONLY rw_view1 t USING (VALUES (-100), (20)) AS v(a) ON t.a = v.a
  WHEN MATCHED THEN UPDATE SET a = t.a+1
;;
UPDATE rw_view1 SET a = a + 1000 FROM other_tbl_parent WHERE a = id
;;
SELECT * FROM information_schema.views WHERE table_name = 'rw_view1'
;;
SELECT * FROM base_tbl ORDER BY a, b
;;
MERGE INTO rw_view1 t USING (VALUES (10)) AS v(a) ON t.a = v.a
  WHEN NOT MATCHED THEN INSERT VALUES (v.a, v.a + 1)
;;
MERGE INTO rw_view1 t USING (VALUES (11)) AS v(a) ON t.a = v.a
  WHEN NOT MATCHED THEN INSERT VALUES (v.a, v.a - 1)
;;
MERGE INTO rw_view1 t USING (VALUES (1)) AS v(a) ON t.a = v.a
  WHEN MATCHED THEN UPDATE SET a = t.a - 1
;;
UPDATE rw_view2 SET a = a - 10
;;
UPDATE rw_view2 SET a = a + 10
;;
SELECT * FROM information_schema.views WHERE table_name LIKE E'rw\\_view_' ORDER BY table_name
;;
UPDATE rw_view1 SET b[2] = -b[2] WHERE a = 1
;;
UPDATE rw_view1 SET a = a + 5
;;
UPDATE rw_view1 SET a = 20, b = 30
;;
MERGE INTO rw_view2 t USING (VALUES (-5)) AS v(a) ON t.a = v.a
  WHEN NOT MATCHED THEN INSERT VALUES (v.a)
;;
UPDATE rw_view2 SET a = 200 WHERE a = 5
;;
SELECT * FROM rw_view1 WHERE snoop(person)
;;
UPDATE rw_view1 SET person=person WHERE snoop(person)
;;
DELETE FROM rw_view1 WHERE NOT snoop(person)
;;
MERGE INTO rw_view1 t
  USING (VALUES ('Tom'), ('Dick'), ('Harry')) AS v(person) ON t.person = v.person
  WHEN MATCHED AND snoop(t.person) THEN UPDATE SET person = v.person
;;
SELECT * FROM rw_view2 WHERE snoop(person)
;;
UPDATE rw_view2 SET person=person WHERE snoop(person)
;;
DELETE FROM rw_view2 WHERE NOT snoop(person)
;;
DELETE FROM rw_view1 WHERE id = 1 AND snoop(data)
;;
SELECT * FROM v1 WHERE a=3
;;
UPDATE v1 SET a=100 WHERE snoop(a) AND leakproof(a) AND a < 7 AND a != 6
;;
SELECT * FROM t1 WHERE a=100
;;
UPDATE v1 SET a=a+1 WHERE snoop(a) AND leakproof(a) AND a = 8
;;
SELECT * FROM v1 WHERE b=8
;;
DELETE FROM v1 WHERE snoop(a) AND leakproof(a)
;;
SELECT * FROM tx1
;;
SELECT * FROM vx1
;;
UPDATE v2 SET b = 'ONE' WHERE a = 1
;;
UPDATE v2 SET a = -1 WHERE a = 1
;;
UPDATE v2 SET c = 30 WHERE a = 1
;;
DELETE FROM v2 WHERE a = 2
;;
SELECT * FROM v2
;;
select pg_catalog.pg_column_is_updatable('uv_pt'::regclass, 1::smallint, false)
;;
select table_name, column_name, is_updatable
  from information_schema.columns where table_name = 'uv_ptv' order by column_name
;;
select tableoid::regclass, * from uv_pt
;;
merge into uv_ptv t
  using (values (1,2), (1,4)) as v(a,b) on t.a = v.a -- fail: matches 2 src rows
  when matched then update set b = t.b + 1
  when not matched then insert values (v.a, v.b + 1)
;;
merge into uv_ptv t
  using (values (1,2), (1,4)) as v(a,b) on t.a = v.a and t.b = v.b
  when matched then update set b = t.b + 1
  when not matched then insert values (v.a, v.b + 1)
;;
select tableoid::regclass, * from uv_pt order by a, b
;;
select * from uv_iocu_tab
;;
select * from uv_iocu_view
;;
delete from uv_iocu_view
;;
select * from base_tab_def order by a
;;
select * from base_tab_def order by a, c NULLS LAST
;;
select * from base_tab_def order by a, e nulls first
;;
select * from base_tab order by a
;;
SELECT * FROM update_test
;;
UPDATE update_test SET a = DEFAULT, b = DEFAULT
;;
UPDATE update_test AS t SET b = 10 WHERE t.a = 10
;;
UPDATE update_test t SET b = t.b + 10 WHERE t.a = 10
;;
UPDATE update_test t SET t.b = t.b + 10 WHERE t.a = 10
;;
UPDATE update_test SET a=v.i FROM (VALUES(100, 20)) AS v(i, j)
  WHERE update_test.b = v.j
;;
UPDATE update_test SET a = v.* FROM (VALUES(100, 20)) AS v(i, j)
  WHERE update_test.b = v.j
;;
UPDATE update_test SET (c,b,a) = ('bugle', b+11, DEFAULT) WHERE c = 'foo'
;;
UPDATE update_test SET (c,b) = ('car', a+b), a = a + 1 WHERE a = 10
;;
UPDATE update_test SET (c,b) = ('car', a+b), b = a + 1 WHERE a = 10
;;
UPDATE update_test
  SET (b,a) = (select a,b from update_test where b = 41 and c = 'car')
  WHERE a = 100 AND b = 20
;;
UPDATE update_test o
  SET (b,a) = (select a+1,b from update_test i
               where i.a=o.a and i.b=o.b and i.c is not distinct from o.c)
;;
UPDATE update_test SET (b,a) = (select a+1,b from update_test)
;;
UPDATE update_test SET (b,a) = (select a+1,b from update_test where a = 1000)
  WHERE a = 11
;;
UPDATE update_test SET (a,b) = ROW(v.*) FROM (VALUES(21, 100)) AS v(i, j)
  WHERE update_test.a = v.i
;;
UPDATE update_test SET (a,b) = (v.*) FROM (VALUES(21, 101)) AS v(i, j)
  WHERE update_test.a = v.i
;;
UPDATE update_test AS t SET b = update_test.b + 10 WHERE t.a = 10
;;
UPDATE update_test SET c = repeat('x', 10000) WHERE c = 'car'
;;
SELECT a, b, char_length(c) FROM update_test
;;
UPDATE update_test t
  SET (a, b) = (SELECT b, a FROM update_test s WHERE s.a = t.a)
  WHERE CURRENT_USER = SESSION_USER
;;
UPDATE part_b_10_b_20 set b = b - 6
;;
UPDATE part_c_100_200 set c = c - 20, d = c WHERE c = 105
;;
UPDATE part_b_10_b_20 set a = 'a'
;;
UPDATE range_parted set d = d - 10 WHERE d > 10
;;
UPDATE range_parted set e = d
;;
UPDATE part_c_1_100 set c = c + 20 WHERE c = 98
;;
UPDATE part_b_10_b_20 set c = c + 20 returning c, b, a
;;
UPDATE part_b_10_b_20 set b = b - 6 WHERE c > 116 returning *
;;
UPDATE range_parted set b = b - 6 WHERE c > 116 returning a, b + c
;;
UPDATE upview set c = 199 WHERE b = 4
;;
UPDATE upview set a = 'b', b = 15, c = 120 WHERE b = 4
;;
UPDATE upview set a = 'b', b = 15 WHERE b = 4
;;
UPDATE range_parted set c = 95 WHERE a = 'b' and b > 10 and c > 100 returning (range_parted), *
;;
UPDATE range_parted set c = (case when c = 96 then 110 else c + 1 end ) WHERE a = 'b' and b > 10 and c >= 96
;;
UPDATE range_parted set c = c + 50 WHERE a = 'b' and b > 10 and c >= 96
;;
UPDATE range_parted set b = 15 WHERE b = 1
;;
UPDATE range_parted set a = 'b', c = 151 WHERE a = 'a' and c = 200
;;
UPDATE range_parted set c = c - 50 WHERE c > 97
;;
update part_def set a = 'd' where a = 'c'
;;
UPDATE part_a_10_a_20 set a = 'ad' WHERE a = 'a'
;;
UPDATE range_parted set a = 'ad' WHERE a = 'a'
;;
UPDATE list_default set a = 'a' WHERE a = 'd'
;;
update utrtest set b = b || b from (values (1), (2)) s(x) where a = s.x
  returning *, tableoid::regclass, xmin = pg_current_xact_id()::xid as xmin_ok
;;
update utrtest set a = 3 - a from (values (1), (2)) s(x) where a = s.x
  returning *, tableoid::regclass, xmin = pg_current_xact_id()::xid as xmin_ok
;;
update utrtest set a = 3 - a from (values (1), (2)) s(x) where a = s.x
  returning *, tableoid::regclass
;;
delete from utrtest
  returning *, tableoid::regclass, xmax = pg_current_xact_id()::xid as xmax_ok
;;
UPDATE sub_parted set a = 2 WHERE c = 10
;;
SELECT tableoid::regclass::text, * FROM list_parted WHERE a = 2 ORDER BY 1
;;
UPDATE list_parted set b = c + a WHERE a = 2
;;
SELECT tableoid::regclass::text, * FROM list_parted ORDER BY 1, 2, 3, 4
;;
UPDATE list_parted set c = 70 WHERE b  = 1
;;
UPDATE list_parted set b = 1 WHERE c = 70
;;
UPDATE list_parted t1 set a = 2 FROM non_parted t2 WHERE t1.a = t2.id and a = 1
;;
update hpart1 set a = 3, b=4 where a = 1
;;
update hash_parted set b = b - 1 where b = 1
;;
update hash_parted set b = b + 8 where b = 1
;;
SELECT guid_field FROM guid1
;;
SELECT guid_field FROM guid1 ORDER BY guid_field ASC
;;
SELECT guid_field FROM guid1 ORDER BY guid_field DESC
;;
SELECT COUNT(*) FROM guid1 WHERE guid_field = '3f3e3c3b-3a30-3938-3736-353433a2313e'
;;
SELECT COUNT(*) FROM guid1 WHERE guid_field <> '11111111111111111111111111111111'
;;
SELECT COUNT(*) FROM guid1 WHERE guid_field < '22222222-2222-2222-2222-222222222222'
;;
SELECT COUNT(*) FROM guid1 WHERE guid_field <= '22222222-2222-2222-2222-222222222222'
;;
SELECT COUNT(*) FROM guid1 WHERE guid_field > '22222222-2222-2222-2222-222222222222'
;;
SELECT COUNT(*) FROM guid1 WHERE guid_field >= '22222222-2222-2222-2222-222222222222'
;;
SELECT count(*) FROM pg_class WHERE relkind='i' AND relname LIKE 'guid%'
;;
SELECT COUNT(*) FROM guid1 g1 INNER JOIN guid2 g2 ON g1.guid_field = g2.guid_field
;;
SELECT COUNT(*) FROM guid1 g1 LEFT JOIN guid2 g2 ON g1.guid_field = g2.guid_field WHERE g2.guid_field IS NULL
;;
SELECT count(DISTINCT guid_field) FROM guid1
;;
SELECT array_agg(id ORDER BY guid_field) FROM guid3
;;
WITH uuidts AS (
    SELECT y, ts as ts, lag(ts) OVER (ORDER BY y) AS prev_ts
    FROM (SELECT y, uuid_extract_timestamp(uuidv7((y || ' years')::interval)) AS ts
        FROM generate_series(1970 - extract(year from now())::int, 10888 - extract(year from now())::int) y)
)
SELECT y, ts, prev_ts FROM uuidts WHERE ts < prev_ts
;;
SELECT uuid_extract_version('11111111-1111-5111-8111-111111111111')
;;
SELECT uuid_extract_version(gen_random_uuid())
;;
SELECT uuid_extract_version(uuidv4())
;;
SELECT uuid_extract_version(uuidv7())
;;
SELECT uuid_extract_timestamp('C232AB00-9414-11EC-B3C8-9F6BDECED846') = 'Tuesday, February 22, 2022 2:22:22.00 PM GMT+05:00'
;;
SELECT uuid_extract_timestamp(gen_random_uuid())
;;
SELECT uuid_extract_timestamp('11111111-1111-1111-1111-111111111111')
;;
SELECT count(*) FROM vactst
;;
DELETE FROM vactst WHERE i != 0
;;
SELECT * FROM vactst
;;
UPDATE vactst SET i = i + 1
;;
DELETE FROM vactst
;;
DELETE FROM vactst WHERE i % 7 = 0
;;
DELETE FROM vactst WHERE i % 5 <> 0
;;
UPDATE pvactst SET i = i WHERE i < 1000
;;
DELETE FROM pvactst2 WHERE i < 1000
;;
DELETE FROM no_index_cleanup WHERE i < 15
;;
UPDATE vacparted SET b = 'b'
;;
SELECT relname, relhasindex FROM pg_class
  WHERE relname LIKE 'vacparted_i%' AND relkind IN ('p','r')
  ORDER BY relname
;;
SELECT relname, last_analyze IS NOT NULL AS analyzed, last_vacuum IS NOT NULL AS vacuumed
  FROM pg_stat_user_tables
  WHERE relid IN ('only_parted'::regclass, 'only_parted1'::regclass)
  ORDER BY relname
;;
SELECT * FROM vac_option_tab_counts
;;
SELECT EXISTS (
SELECT 1
FROM pg_class
WHERE oid = 'vacuum_in_leader_small_index'::regclass AND
  pg_relation_size(oid) <
  pg_size_bytes(current_setting('min_parallel_index_scan_size'))
) as leader_will_handle_small_index
;;
SELECT count(*) as trigger_parallel_vacuum_nindexes
FROM pg_class
WHERE oid in ('regular_sized_index'::regclass, 'typically_sized_index'::regclass) AND
  pg_relation_size(oid) >=
  pg_size_bytes(current_setting('min_parallel_index_scan_size'))
;;
DELETE FROM parallel_vacuum_table
;;
SELECT * FROM VARCHAR_TBL
;;
SELECT depname, empno, salary, sum(salary) OVER (PARTITION BY depname) FROM empsalary ORDER BY depname, salary
;;
SELECT depname, empno, salary, rank() OVER (PARTITION BY depname ORDER BY salary) FROM empsalary
;;
SELECT four, ten, SUM(SUM(four)) OVER (PARTITION BY four), AVG(ten) FROM tenk1
GROUP BY four, ten ORDER BY four, ten
;;
SELECT depname, empno, salary, sum(salary) OVER w FROM empsalary WINDOW w AS (PARTITION BY depname)
;;
SELECT depname, empno, salary, rank() OVER w FROM empsalary WINDOW w AS (PARTITION BY depname ORDER BY salary) ORDER BY rank() OVER w
;;
SELECT COUNT(*) OVER () FROM tenk1 WHERE unique2 < 10
;;
SELECT COUNT(*) OVER w FROM tenk1 WHERE unique2 < 10 WINDOW w AS ()
;;
SELECT four FROM tenk1 WHERE FALSE WINDOW w AS (PARTITION BY ten)
;;
SELECT sum(four) OVER (PARTITION BY ten ORDER BY unique2) AS sum_1, ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT row_number() OVER (ORDER BY unique2) FROM tenk1 WHERE unique2 < 10
;;
SELECT rank() OVER (PARTITION BY four ORDER BY ten) AS rank_1, ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT dense_rank() OVER (PARTITION BY four ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT percent_rank() OVER (PARTITION BY four ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT cume_dist() OVER (PARTITION BY four ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT ntile(3) OVER (ORDER BY ten, four), ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT ntile(NULL) OVER (ORDER BY ten, four), ten, four FROM tenk1 LIMIT 2
;;
SELECT lag(ten) OVER (PARTITION BY four ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT lag(ten, four) OVER (PARTITION BY four ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT lag(ten, four, 0.7) OVER (PARTITION BY four ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10 ORDER BY four, ten
;;
SELECT lead(ten) OVER (PARTITION BY four ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT lead(ten * 2, 1) OVER (PARTITION BY four ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT lead(ten * 2, 1, -1.4) OVER (PARTITION BY four ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10 ORDER BY four, ten
;;
SELECT first_value(ten) OVER (PARTITION BY four ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT last_value(four) OVER (ORDER BY ten), ten, four FROM tenk1 WHERE unique2 < 10
;;
SELECT last_value(ten) OVER (PARTITION BY four), ten, four FROM
	(SELECT * FROM tenk1 WHERE unique2 < 10 ORDER BY four, ten)s
	ORDER BY four, ten
;;
SELECT nth_value(ten, four + 1) OVER (PARTITION BY four), ten, four
	FROM (SELECT * FROM tenk1 WHERE unique2 < 10 ORDER BY four, ten)s
;;
SELECT ten, two, sum(hundred) AS gsum, sum(sum(hundred)) OVER (PARTITION BY two ORDER BY ten) AS wsum
FROM tenk1 GROUP BY ten, two
;;
SELECT count(*) OVER (PARTITION BY four), four FROM (SELECT * FROM tenk1 WHERE two = 1)s WHERE unique2 < 10
;;
SELECT (count(*) OVER (PARTITION BY four ORDER BY ten) +
  sum(hundred) OVER (PARTITION BY four ORDER BY ten))::varchar AS cntsum
  FROM tenk1 WHERE unique2 < 10
;;
SELECT * FROM(
  SELECT count(*) OVER (PARTITION BY four ORDER BY ten) +
    sum(hundred) OVER (PARTITION BY two ORDER BY ten) AS total,
    count(*) OVER (PARTITION BY four ORDER BY ten) AS fourcount,
    sum(hundred) OVER (PARTITION BY two ORDER BY ten) AS twosum
    FROM tenk1
)sub
WHERE total <> fourcount + twosum
;;
SELECT avg(four) OVER (PARTITION BY four ORDER BY thousand / 100) FROM tenk1 WHERE unique2 < 10
;;
SELECT ten, two, sum(hundred) AS gsum, sum(sum(hundred)) OVER win AS wsum
FROM tenk1 GROUP BY ten, two WINDOW win AS (PARTITION BY two ORDER BY ten)
;;
SELECT sum(salary),
	row_number() OVER (ORDER BY depname),
	sum(sum(salary)) OVER (ORDER BY depname DESC)
FROM empsalary GROUP BY depname
;;
SELECT sum(salary) OVER w1, count(*) OVER w2
FROM empsalary WINDOW w1 AS (ORDER BY salary), w2 AS (ORDER BY salary)
;;
SELECT lead(ten, (SELECT two FROM tenk1 WHERE s.unique2 = unique2)) OVER (PARTITION BY four ORDER BY ten)
FROM tenk1 s WHERE unique2 < 10
;;
SELECT count(*) OVER (PARTITION BY four) FROM (SELECT * FROM tenk1 WHERE FALSE)s
;;
SELECT sum(salary) OVER w, rank() OVER w FROM empsalary WINDOW w AS (PARTITION BY depname ORDER BY salary DESC)
;;
SELECT empno, depname, salary, bonus, depadj, MIN(bonus) OVER (ORDER BY empno), MAX(depadj) OVER () FROM(
	SELECT *,
		CASE WHEN enroll_date < '2008-01-01' THEN 2008 - extract(YEAR FROM enroll_date) END * 500 AS bonus,
		CASE WHEN
			AVG(salary) OVER (PARTITION BY depname) < salary
		THEN 200 END AS depadj FROM empsalary
)s
;;
SELECT SUM(COUNT(f1)) OVER () FROM int4_tbl WHERE f1=42
;;
select ten,
  sum(unique1) + sum(unique2) as res,
  rank() over (order by sum(unique1) + sum(unique2)) as rank
from tenk1
group by ten order by ten
;;
select x, lag(x, 1) over (order by x), lead(x, 3) over (order by x)
from (select x::numeric as x from generate_series(1,10) x)
;;
SELECT four, ten,
	sum(ten) over (partition by four order by ten),
	last_value(ten) over (partition by four order by ten)
FROM (select distinct ten, four from tenk1) ss
;;
SELECT four, ten,
	sum(ten) over (partition by four order by ten range between unbounded preceding and current row),
	last_value(ten) over (partition by four order by ten range between unbounded preceding and current row)
FROM (select distinct ten, four from tenk1) ss
;;
SELECT four, ten,
	sum(ten) over (partition by four order by ten range between unbounded preceding and unbounded following),
	last_value(ten) over (partition by four order by ten range between unbounded preceding and unbounded following)
FROM (select distinct ten, four from tenk1) ss
;;
SELECT four, ten/4 as two,
	sum(ten/4) over (partition by four order by ten/4 range between unbounded preceding and current row),
	last_value(ten/4) over (partition by four order by ten/4 range between unbounded preceding and current row)
FROM (select distinct ten, four from tenk1) ss
;;
SELECT four, ten/4 as two,
	sum(ten/4) over (partition by four order by ten/4 rows between unbounded preceding and current row),
	last_value(ten/4) over (partition by four order by ten/4 rows between unbounded preceding and current row)
FROM (select distinct ten, four from tenk1) ss
;;
SELECT sum(unique1) over (order by four range between current row and unbounded following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (rows between current row and unbounded following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (rows between 2 preceding and 2 following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (rows between 2 preceding and 2 following exclude current row),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (rows between 2 preceding and 2 following exclude group),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (rows between 2 preceding and 2 following exclude ties),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT first_value(unique1) over (ORDER BY four rows between current row and 2 following exclude current row),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT first_value(unique1) over (ORDER BY four rows between current row and 2 following exclude group),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT first_value(unique1) over (ORDER BY four rows between current row and 2 following exclude ties),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT last_value(unique1) over (ORDER BY four rows between current row and 2 following exclude current row),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT last_value(unique1) over (ORDER BY four rows between current row and 2 following exclude group),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT last_value(unique1) over (ORDER BY four rows between current row and 2 following exclude ties),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (rows between 2 preceding and 1 preceding),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (rows between 1 following and 3 following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (rows between unbounded preceding and 1 following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (w range between current row and unbounded following),
	unique1, four
FROM tenk1 WHERE unique1 < 10 WINDOW w AS (order by four)
;;
SELECT sum(unique1) over (w range between unbounded preceding and current row exclude current row),
	unique1, four
FROM tenk1 WHERE unique1 < 10 WINDOW w AS (order by four)
;;
SELECT sum(unique1) over (w range between unbounded preceding and current row exclude group),
	unique1, four
FROM tenk1 WHERE unique1 < 10 WINDOW w AS (order by four)
;;
SELECT sum(unique1) over (w range between unbounded preceding and current row exclude ties),
	unique1, four
FROM tenk1 WHERE unique1 < 10 WINDOW w AS (order by four)
;;
SELECT first_value(unique1) over w,
	nth_value(unique1, 2) over w AS nth_2,
	last_value(unique1) over w, unique1, four
FROM tenk1 WHERE unique1 < 10
WINDOW w AS (order by four range between current row and unbounded following)
;;
SELECT sum(unique1) over
	(order by unique1
	 rows (SELECT unique1 FROM tenk1 ORDER BY unique1 LIMIT 1) + 1 PRECEDING),
	unique1
FROM tenk1 WHERE unique1 < 10
;;
SELECT * FROM v_window
;;
SELECT sum(unique1) over (rows between current row and 9223372036854775807 following exclude current row),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (ORDER BY four groups between current row and 9223372036854775807 following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (ORDER BY four groups between 9223372036854775807 following and unbounded following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four range between 2::int8 preceding and 1::int2 preceding),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four desc range between 2::int8 preceding and 1::int2 preceding),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four range between 2::int8 preceding and 1::int2 preceding exclude current row),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four range between 2::int8 preceding and 1::int2 preceding exclude group),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four range between 2::int8 preceding and 1::int2 preceding exclude ties),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four range between 2::int8 preceding and 6::int2 following exclude ties),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four range between 2::int8 preceding and 6::int2 following exclude group),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (partition by four order by unique1 range between 5::int8 preceding and 6::int2 following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (partition by four order by unique1 range between 5::int8 preceding and 6::int2 following
	exclude current row),unique1, four
FROM tenk1 WHERE unique1 < 10
;;
select sum(salary) over (order by enroll_date range between '1 year'::interval preceding and '1 year'::interval following),
	salary, enroll_date from empsalary
;;
select sum(salary) over (order by enroll_date desc range between '1 year'::interval preceding and '1 year'::interval following),
	salary, enroll_date from empsalary
;;
select sum(salary) over (order by enroll_date desc range between '1 year'::interval following and '1 year'::interval following),
	salary, enroll_date from empsalary
;;
select sum(salary) over (order by enroll_date range between '1 year'::interval preceding and '1 year'::interval following
	exclude current row), salary, enroll_date from empsalary
;;
select sum(salary) over (order by enroll_date range between '1 year'::interval preceding and '1 year'::interval following
	exclude group), salary, enroll_date from empsalary
;;
select sum(salary) over (order by enroll_date range between '1 year'::interval preceding and '1 year'::interval following
	exclude ties), salary, enroll_date from empsalary
;;
select first_value(salary) over(order by salary range between 1000 preceding and 1000 following),
	lead(salary) over(order by salary range between 1000 preceding and 1000 following),
	nth_value(salary, 1) over(order by salary range between 1000 preceding and 1000 following),
	salary from empsalary
;;
select last_value(salary) over(order by salary range between 1000 preceding and 1000 following),
	lag(salary) over(order by salary range between 1000 preceding and 1000 following),
	salary from empsalary
;;
select first_value(salary) over(order by salary range between 1000 following and 3000 following
	exclude current row),
	lead(salary) over(order by salary range between 1000 following and 3000 following exclude ties),
	nth_value(salary, 1) over(order by salary range between 1000 following and 3000 following
	exclude ties),
	salary from empsalary
;;
select last_value(salary) over(order by salary range between 1000 following and 3000 following
	exclude group),
	lag(salary) over(order by salary range between 1000 following and 3000 following exclude group),
	salary from empsalary
;;
select first_value(salary) over(order by enroll_date range between unbounded preceding and '1 year'::interval following
	exclude ties),
	last_value(salary) over(order by enroll_date range between unbounded preceding and '1 year'::interval following),
	salary, enroll_date from empsalary
;;
select first_value(salary) over(order by enroll_date range between unbounded preceding and '1 year'::interval following
	exclude ties),
	last_value(salary) over(order by enroll_date range between unbounded preceding and '1 year'::interval following
	exclude ties),
	salary, enroll_date from empsalary
;;
select first_value(salary) over(order by enroll_date range between unbounded preceding and '1 year'::interval following
	exclude group),
	last_value(salary) over(order by enroll_date range between unbounded preceding and '1 year'::interval following
	exclude group),
	salary, enroll_date from empsalary
;;
select first_value(salary) over(order by enroll_date range between unbounded preceding and '1 year'::interval following
	exclude current row),
	last_value(salary) over(order by enroll_date range between unbounded preceding and '1 year'::interval following
	exclude current row),
	salary, enroll_date from empsalary
;;
select x, y,
       first_value(y) over w,
       last_value(y) over w
from
  (select x, x as y from generate_series(1,5) as x
   union all select null, 42
   union all select null, 43) ss
window w as
  (order by x asc nulls first range between 2 preceding and 2 following)
;;
select x, y,
       first_value(y) over w,
       last_value(y) over w
from
  (select x, x as y from generate_series(1,5) as x
   union all select null, 42
   union all select null, 43) ss
window w as
  (order by x asc nulls last range between 2 preceding and 2 following)
;;
select x, y,
       first_value(y) over w,
       last_value(y) over w
from
  (select x, x as y from generate_series(1,5) as x
   union all select null, 42
   union all select null, 43) ss
window w as
  (order by x desc nulls first range between 2 preceding and 2 following)
;;
select x, y,
       first_value(y) over w,
       last_value(y) over w
from
  (select x, x as y from generate_series(1,5) as x
   union all select null, 42
   union all select null, 43) ss
window w as
  (order by x desc nulls last range between 2 preceding and 2 following)
;;
SELECT * FROM unbounded_syntax_test1a(2)
;;
SELECT * FROM unbounded_syntax_test1b(2)
;;
SELECT * FROM unbounded_syntax_test2a(2)
;;
SELECT * FROM unbounded_syntax_test2b(2)
;;
SELECT sum(unique1) over (rows between unbounded(1) preceding and unbounded(1) following),
       unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (rows between unbounded.x preceding and unbounded.x following),
       unique1, four
FROM tenk1, (values (1)) as unbounded(x) WHERE unique1 < 10
;;
select x, last_value(x) over (order by x::smallint range between current row and 2147450884 following)
from generate_series(32764, 32766) x
;;
select x, last_value(x) over (order by x::smallint desc range between current row and 2147450885 following)
from generate_series(-32766, -32764) x
;;
select x, last_value(x) over (order by x range between current row and 4 following)
from generate_series(2147483644, 2147483646) x
;;
select x, last_value(x) over (order by x desc range between current row and 5 following)
from generate_series(-2147483646, -2147483644) x
;;
select id, f_float4, first_value(id) over w, last_value(id) over w
from numerics
window w as (order by f_float4 range between
             1 preceding and 1 following)
;;
select id, f_float4, first_value(id) over w, last_value(id) over w
from numerics
window w as (order by f_float4 range between
             'inf' preceding and 'inf' preceding)
;;
select id, f_float4, first_value(id) over w, last_value(id) over w
from numerics
window w as (order by f_float4 range between
             'inf' following and 'inf' following)
;;
select id, f_float8, first_value(id) over w, last_value(id) over w
from numerics
window w as (order by f_float8 range between
             1 preceding and 1 following)
;;
select id, f_float8, first_value(id) over w, last_value(id) over w
from numerics
window w as (order by f_float8 range between
             'inf' preceding and 'inf' preceding)
;;
select id, f_float8, first_value(id) over w, last_value(id) over w
from numerics
window w as (order by f_float8 range between
             'inf' following and 'inf' following)
;;
select id, f_numeric, first_value(id) over w, last_value(id) over w
from numerics
window w as (order by f_numeric range between
             1 preceding and 1 following)
;;
select id, f_numeric, first_value(id) over w, last_value(id) over w
from numerics
window w as (order by f_numeric range between
             'inf' preceding and 'inf' preceding)
;;
select id, f_numeric, first_value(id) over w, last_value(id) over w
from numerics
window w as (order by f_numeric range between
             'inf' following and 'inf' following)
;;
select id, f_time, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_time range between
             '70 min'::interval preceding and '2 hours'::interval following)
;;
select id, f_time, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_time desc range between
             '70 min' preceding and '2 hours' following)
;;
select id, f_time, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_time range between
             'infinity'::interval preceding and 'infinity'::interval preceding)
;;
select id, f_time, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_time range between
             'infinity'::interval following and 'infinity'::interval following)
;;
select id, f_timetz, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timetz range between
             '70 min'::interval preceding and '2 hours'::interval following)
;;
select id, f_timetz, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timetz desc range between
             '70 min' preceding and '2 hours' following)
;;
select id, f_timetz, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timetz range between
             'infinity'::interval preceding and 'infinity'::interval preceding)
;;
select id, f_timetz, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timetz range between
             'infinity'::interval following and 'infinity'::interval following)
;;
select id, f_interval, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_interval range between
             '1 year'::interval preceding and '1 year'::interval following)
;;
select id, f_interval, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_interval desc range between
             '1 year' preceding and '1 year' following)
;;
select id, f_interval, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_interval range between
             'infinity'::interval preceding and 'infinity'::interval preceding)
;;
select id, f_interval, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_interval range between
             'infinity'::interval following and 'infinity'::interval following)
;;
select id, f_timestamptz, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timestamptz range between
             '1 year'::interval preceding and '1 year'::interval following)
;;
select id, f_timestamptz, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timestamptz desc range between
             '1 year' preceding and '1 year' following)
;;
select id, f_timestamptz, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timestamptz range between
             'infinity'::interval preceding and 'infinity'::interval preceding)
;;
select id, f_timestamptz, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timestamptz range between
             'infinity'::interval following and 'infinity'::interval following)
;;
select id, f_timestamp, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timestamp range between
             '1 year'::interval preceding and '1 year'::interval following)
;;
select id, f_timestamp, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timestamp desc range between
             '1 year' preceding and '1 year' following)
;;
select id, f_timestamp, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timestamp range between
             'infinity'::interval preceding and 'infinity'::interval preceding)
;;
select id, f_timestamp, first_value(id) over w, last_value(id) over w
from datetimes
window w as (order by f_timestamp range between
             'infinity'::interval following and 'infinity'::interval following)
;;
select sum(salary) over (order by enroll_date, salary range between '1 year'::interval preceding and '2 years'::interval following
	exclude ties), salary, enroll_date from empsalary
;;
select sum(salary) over (range between '1 year'::interval preceding and '2 years'::interval following
	exclude ties), salary, enroll_date from empsalary
;;
select sum(salary) over (order by depname range between '1 year'::interval preceding and '2 years'::interval following
	exclude ties), salary, enroll_date from empsalary
;;
select max(enroll_date) over (order by enroll_date range between 1 preceding and 2 following
	exclude ties), salary, enroll_date from empsalary
;;
select max(enroll_date) over (order by salary range between -1 preceding and 2 following
	exclude ties), salary, enroll_date from empsalary
;;
SELECT sum(unique1) over (order by four groups between unbounded preceding and current row),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four groups between unbounded preceding and unbounded following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four groups between current row and unbounded following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four groups between 1 preceding and unbounded following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four groups between unbounded preceding and 2 following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four groups between 2 preceding and 1 preceding),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four groups between 2 preceding and 1 following),
	unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four groups between 2 preceding and 1 following
	exclude current row), unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four groups between 2 preceding and 1 following
	exclude group), unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (order by four groups between 2 preceding and 1 following
	exclude ties), unique1, four
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (partition by ten
	order by four groups between 0 preceding and 0 following),unique1, four, ten
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (partition by ten
	order by four groups between 0 preceding and 0 following exclude current row), unique1, four, ten
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (partition by ten
	order by four groups between 0 preceding and 0 following exclude group), unique1, four, ten
FROM tenk1 WHERE unique1 < 10
;;
SELECT sum(unique1) over (partition by ten
	order by four groups between 0 preceding and 0 following exclude ties), unique1, four, ten
FROM tenk1 WHERE unique1 < 10
;;
select first_value(salary) over(order by enroll_date groups between 1 preceding and 1 following),
	lead(salary) over(order by enroll_date groups between 1 preceding and 1 following),
	nth_value(salary, 1) over(order by enroll_date groups between 1 preceding and 1 following),
	salary, enroll_date from empsalary
;;
select last_value(salary) over(order by enroll_date groups between 1 preceding and 1 following),
	lag(salary) over(order by enroll_date groups between 1 preceding and 1 following),
	salary, enroll_date from empsalary
;;
select first_value(salary) over(order by enroll_date groups between 1 following and 3 following
	exclude current row),
	lead(salary) over(order by enroll_date groups between 1 following and 3 following exclude ties),
	nth_value(salary, 1) over(order by enroll_date groups between 1 following and 3 following
	exclude ties),
	salary, enroll_date from empsalary
;;
select last_value(salary) over(order by enroll_date groups between 1 following and 3 following
	exclude group),
	lag(salary) over(order by enroll_date groups between 1 following and 3 following exclude group),
	salary, enroll_date from empsalary
;;
WITH cte (x) AS (
        SELECT * FROM generate_series(1, 35, 2)
)
SELECT x, (sum(x) over w)
FROM cte
WINDOW w AS (ORDER BY x rows between 1 preceding and 1 following)
;;
WITH cte (x) AS (
        SELECT * FROM generate_series(1, 35, 2)
)
SELECT x, (sum(x) over w)
FROM cte
WINDOW w AS (ORDER BY x range between 1 preceding and 1 following)
;;
WITH cte (x) AS (
        SELECT * FROM generate_series(1, 35, 2)
)
SELECT x, (sum(x) over w)
FROM cte
WINDOW w AS (ORDER BY x groups between 1 preceding and 1 following)
;;
WITH cte (x) AS (
        select 1 union all select 1 union all select 1 union all
        SELECT * FROM generate_series(5, 49, 2)
)
SELECT x, (sum(x) over w)
FROM cte
WINDOW w AS (ORDER BY x rows between 1 preceding and 1 following)
;;
WITH cte (x) AS (
        select 1 union all select 1 union all select 1 union all
        SELECT * FROM generate_series(5, 49, 2)
)
SELECT x, (sum(x) over w)
FROM cte
WINDOW w AS (ORDER BY x range between 1 preceding and 1 following)
;;
WITH cte (x) AS (
        select 1 union all select 1 union all select 1 union all
        SELECT * FROM generate_series(5, 49, 2)
)
SELECT x, (sum(x) over w)
FROM cte
WINDOW w AS (ORDER BY x groups between 1 preceding and 1 following)
;;
SELECT count(*) OVER (PARTITION BY four) FROM (SELECT * FROM tenk1 UNION ALL SELECT * FROM tenk2)s LIMIT 0
;;
select f1, sum(f1) over (partition by f1
                         range between 1 preceding and 1 following)
from t1 where f1 = f2
;;
select f1, sum(f1) over (partition by f1 order by f2
                         range between 1 preceding and 1 following)
from t1 where f1 = f2
;;
select f1, sum(f1) over (partition by f1, f1 order by f2
                         range between 2 preceding and 1 preceding)
from t1 where f1 = f2
;;
select f1, sum(f1) over (partition by f1, f2 order by f2
                         range between 1 following and 2 following)
from t1 where f1 = f2
;;
select f1, sum(f1) over (partition by f1
                         groups between 1 preceding and 1 following)
from t1 where f1 = f2
;;
select f1, sum(f1) over (partition by f1 order by f2
                         groups between 1 preceding and 1 following)
from t1 where f1 = f2
;;
select f1, sum(f1) over (partition by f1, f1 order by f2
                         groups between 2 preceding and 1 preceding)
from t1 where f1 = f2
;;
select f1, sum(f1) over (partition by f1, f2 order by f2
                         groups between 1 following and 2 following)
from t1 where f1 = f2
;;
SELECT rank() OVER (ORDER BY length('abc'))
;;
SELECT rank() OVER (ORDER BY rank() OVER (ORDER BY random()))
;;
SELECT * FROM empsalary WHERE row_number() OVER (ORDER BY salary) < 10
;;
SELECT * FROM empsalary INNER JOIN tenk1 ON row_number() OVER (ORDER BY salary) < 10
;;
SELECT rank() OVER (ORDER BY 1), count(*) FROM empsalary GROUP BY 1
;;
DELETE FROM empsalary WHERE (rank() OVER (ORDER BY random())) > 10
;;
DELETE FROM empsalary RETURNING rank() OVER (ORDER BY random())
;;
SELECT count(*) OVER w FROM tenk1 WINDOW w AS (ORDER BY unique1), w AS (ORDER BY unique1)
;;
SELECT count() OVER () FROM tenk1
;;
SELECT generate_series(1, 100) OVER () FROM empsalary
;;
SELECT ntile(0) OVER (ORDER BY ten), ten, four FROM tenk1
;;
SELECT nth_value(four, 0) OVER (ORDER BY ten), ten, four FROM tenk1
;;
SELECT sum(salary), row_number() OVER (ORDER BY depname), sum(
    sum(salary) FILTER (WHERE enroll_date > '2007-01-01')
) FILTER (WHERE depname <> 'sales') OVER (ORDER BY depname DESC) AS "filtered_sum",
    depname
FROM empsalary GROUP BY depname
;;
SELECT
    empno,
    depname,
    row_number() OVER (PARTITION BY depname ORDER BY enroll_date) rn,
    rank() OVER (PARTITION BY depname ORDER BY enroll_date ROWS BETWEEN
                 UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) rnk,
    count(*) OVER (PARTITION BY depname ORDER BY enroll_date RANGE BETWEEN
                   CURRENT ROW AND CURRENT ROW) cnt
FROM empsalary
;;
SELECT * FROM
  (SELECT empno,
          row_number() OVER (ORDER BY empno) rn
   FROM empsalary) emp
WHERE rn < 3
;;
SELECT * FROM
  (SELECT empno,
          row_number() OVER (ORDER BY empno) rn
   FROM empsalary) emp
WHERE 3 > rn
;;
SELECT * FROM
  (SELECT empno,
          row_number() OVER (ORDER BY empno) rn
   FROM empsalary) emp
WHERE 2 >= rn
;;
SELECT * FROM
  (SELECT empno,
          salary,
          rank() OVER (ORDER BY salary DESC) r
   FROM empsalary) emp
WHERE r <= 3
;;
SELECT * FROM
  (SELECT empno,
          salary,
          dense_rank() OVER (ORDER BY salary DESC) dr
   FROM empsalary) emp
WHERE dr = 1
;;
SELECT * FROM
  (SELECT empno,
          salary,
          count(*) OVER (ORDER BY salary DESC) c
   FROM empsalary) emp
WHERE c <= 3
;;
SELECT * FROM
  (SELECT empno,
          salary,
          count(empno) OVER (ORDER BY salary DESC) c
   FROM empsalary) emp
WHERE c <= 3
;;
SELECT * FROM
  (SELECT empno,
          depname,
          row_number() OVER (PARTITION BY depname ORDER BY empno) rn
   FROM empsalary) emp
WHERE rn < 3
;;
SELECT * FROM
  (SELECT empno,
          depname,
          salary,
          count(empno) OVER (PARTITION BY depname ORDER BY salary DESC) c
   FROM empsalary) emp
WHERE c <= 3
;;
SELECT * FROM
  (SELECT row_number() OVER (PARTITION BY salary) AS rn,
          lead(depname) OVER (PARTITION BY salary) || ' Department' AS n_dep
   FROM empsalary) emp
WHERE rn < 1
;;
SELECT * FROM
  (SELECT *,
          count(salary) OVER (PARTITION BY depname || '') c1, -- w1
          row_number() OVER (PARTITION BY depname) rn, -- w2
          count(*) OVER (PARTITION BY depname) c2, -- w2
          count(*) OVER (PARTITION BY '' || depname) c3, -- w3
          ntile(2) OVER (PARTITION BY depname) nt -- w2
   FROM empsalary
) e WHERE rn <= 1 AND c1 <= 3 AND nt < 2
;;
SELECT * FROM
  (SELECT depname,
          empno,
          salary,
          enroll_date,
          row_number() OVER (PARTITION BY depname ORDER BY enroll_date) AS first_emp,
          row_number() OVER (PARTITION BY depname ORDER BY enroll_date DESC) AS last_emp
   FROM empsalary) emp
WHERE first_emp = 1 OR last_emp = 1
;;
SELECT nth_value_def(n := 2, val := ten) OVER (PARTITION BY four), ten, four
  FROM (SELECT * FROM tenk1 WHERE unique2 < 10 ORDER BY four, ten) s
;;
SELECT nth_value_def(ten) OVER (PARTITION BY four), ten, four
  FROM (SELECT * FROM tenk1 WHERE unique2 < 10 ORDER BY four, ten) s
;;
SELECT
	i::text || ':' || COALESCE(v::text, 'NULL') as row,
	logging_agg_strict(v::text)
		over wnd as inverse,
	logging_agg_strict(v::text || CASE WHEN random() < 0 then '?' ELSE '' END)
		over wnd as noinverse
FROM (VALUES
	(1, 'a'),
	(2, 'b'),
	(3, 'c')
) AS t(i, v)
WINDOW wnd AS (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
ORDER BY i
;;
SELECT
	i::text || ':' || COALESCE(v::text, 'NULL') as row,
	logging_agg_strict(v::text) filter(where true)
		over wnd as inverse,
	logging_agg_strict(v::text) filter(where random() >= 0)
		over wnd as noinverse
FROM (VALUES
	(1, 'a'),
	(2, 'b'),
	(3, 'c')
) AS t(i, v)
WINDOW wnd AS (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
ORDER BY i
;;
SELECT
	logging_agg_strict(v::text) OVER wnd
FROM (VALUES
	(1, 'a'),
	(2, 'b'),
	(3, 'c')
) AS t(i, v)
WINDOW wnd AS (ORDER BY i ROWS BETWEEN CURRENT ROW AND CURRENT ROW)
ORDER BY i
;;
SELECT i,AVG(v::bigint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1),(2,2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,AVG(v::int) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1),(2,2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,AVG(v::smallint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1),(2,2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,AVG(v::numeric) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1.5),(2,2.5),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,AVG(v::interval) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,'1 sec'),(2,'2 sec'),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT x, avg(x) OVER(ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING)
FROM (VALUES (NULL::interval),
               ('3 days'::interval),
               ('infinity'::timestamptz - now()),
               ('6 days'::interval),
               ('-infinity'::interval)) v(x)
;;
SELECT x, sum(x) OVER(ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING)
FROM (VALUES (NULL::interval),
               ('3 days'::interval),
               ('infinity'::timestamptz - now()),
               ('6 days'::interval),
               ('-infinity'::interval)) v(x)
;;
SELECT i,SUM(v::smallint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1),(2,2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,SUM(v::int) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1),(2,2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,SUM(v::bigint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1),(2,2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,SUM(v::money) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,'1.10'),(2,'2.20'),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,SUM(v::interval) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,'1 sec'),(2,'2 sec'),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,SUM(v::numeric) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1.1),(2,2.2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT SUM(n::numeric) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1.01),(2,2),(3,3)) v(i,n)
;;
SELECT i,COUNT(v) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1),(2,2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,COUNT(*) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,1),(2,2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT VAR_POP(n::bigint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VAR_POP(n::int) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VAR_POP(n::smallint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VAR_POP(n::numeric) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VAR_SAMP(n::bigint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VAR_SAMP(n::int) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VAR_SAMP(n::smallint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VAR_SAMP(n::numeric) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VARIANCE(n::bigint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VARIANCE(n::int) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VARIANCE(n::smallint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT VARIANCE(n::numeric) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT STDDEV_POP(n::bigint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,NULL),(2,600),(3,470),(4,170),(5,430),(6,300)) r(i,n)
;;
SELECT STDDEV_POP(n::int) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,NULL),(2,600),(3,470),(4,170),(5,430),(6,300)) r(i,n)
;;
SELECT STDDEV_POP(n::smallint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,NULL),(2,600),(3,470),(4,170),(5,430),(6,300)) r(i,n)
;;
SELECT STDDEV_POP(n::numeric) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,NULL),(2,600),(3,470),(4,170),(5,430),(6,300)) r(i,n)
;;
SELECT STDDEV_SAMP(n::bigint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,NULL),(2,600),(3,470),(4,170),(5,430),(6,300)) r(i,n)
;;
SELECT STDDEV_SAMP(n::int) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,NULL),(2,600),(3,470),(4,170),(5,430),(6,300)) r(i,n)
;;
SELECT STDDEV_SAMP(n::smallint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,NULL),(2,600),(3,470),(4,170),(5,430),(6,300)) r(i,n)
;;
SELECT STDDEV_SAMP(n::numeric) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(1,NULL),(2,600),(3,470),(4,170),(5,430),(6,300)) r(i,n)
;;
SELECT STDDEV(n::bigint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(0,NULL),(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT STDDEV(n::int) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(0,NULL),(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT STDDEV(n::smallint) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(0,NULL),(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT STDDEV(n::numeric) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
  FROM (VALUES(0,NULL),(1,600),(2,470),(3,170),(4,430),(5,300)) r(i,n)
;;
SELECT i,SUM(v::int) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND CURRENT ROW)
  FROM (VALUES(1,1),(2,2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,SUM(v::int) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)
  FROM (VALUES(1,1),(2,2),(3,NULL),(4,NULL)) t(i,v)
;;
SELECT i,SUM(v::int) OVER (ORDER BY i ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
  FROM (VALUES(1,1),(2,2),(3,3),(4,4)) t(i,v)
;;
SELECT a, b,
       SUM(b) OVER(ORDER BY A ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
FROM (VALUES(1,1::numeric),(2,2),(3,'NaN'),(4,3),(5,4)) t(a,b)
;;
SELECT to_char(SUM(n::float8) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING),'999999999999999999999D9')
  FROM (VALUES(1,1e20),(2,1)) n(i,n)
;;
SELECT i, b, bool_and(b) OVER w, bool_or(b) OVER w
  FROM (VALUES (1,true), (2,true), (3,false), (4,false), (5,true)) v(i,b)
  WINDOW w AS (ORDER BY i ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)
;;
SELECT array_agg(i) OVER w
  FROM generate_series(1,5) i
WINDOW w AS (ORDER BY i ROWS BETWEEN (('foo' < 'foobar')::integer) PRECEDING AND CURRENT ROW)
;;
SELECT * FROM pg_temp.f(2)
;;
WITH q1(x,y) AS (SELECT 1,2)
SELECT * FROM q1, q1 AS q2
;;
SELECT count(*) FROM (
  WITH q1(x) AS (SELECT random() FROM generate_series(1, 5))
    SELECT * FROM q1
  UNION
    SELECT * FROM q1
) ss
;;
WITH RECURSIVE t(n) AS (
    VALUES (1)
UNION ALL
    SELECT n+1 FROM t WHERE n < 100
)
SELECT sum(n) FROM t
;;
WITH RECURSIVE t(n) AS (
    SELECT (VALUES(1))
UNION ALL
    SELECT n+1 FROM t WHERE n < 5
)
SELECT * FROM t
;;
WITH RECURSIVE t(n) AS (
    VALUES ('01'::varbit)
UNION
    SELECT n || '10'::varbit FROM t WHERE n < '100'::varbit
)
SELECT n FROM t
;;
SELECT * FROM nums
;;
WITH RECURSIVE t(n) AS (
    SELECT 1
UNION
    SELECT 10-n FROM t)
SELECT * FROM t
;;
WITH RECURSIVE t(n) AS (
    VALUES (1)
UNION ALL
    SELECT n+1 FROM t)
SELECT * FROM t LIMIT 10
;;
WITH RECURSIVE t(n) AS (
    SELECT 1
UNION
    SELECT n+1 FROM t)
SELECT * FROM t LIMIT 10
;;
WITH q AS (SELECT 'foo' AS x)
SELECT x, pg_typeof(x) FROM q
;;
WITH RECURSIVE t(n) AS (
    SELECT 'foo'
UNION ALL
    SELECT n || ' bar' FROM t WHERE length(n) < 20
)
SELECT n, pg_typeof(n) FROM t
;;
WITH RECURSIVE t(n) AS (
    SELECT '7'
UNION ALL
    SELECT n+1 FROM t WHERE n < 10
)
SELECT n, pg_typeof(n) FROM t
;;
WITH RECURSIVE w1(c1) AS
 (WITH w2(c2) AS
  (WITH w3(c3) AS
   (WITH w4(c4) AS
    (WITH w5(c5) AS
     (WITH RECURSIVE w6(c6) AS
      (WITH w6(c6) AS
       (WITH w8(c8) AS
        (SELECT 1)
        SELECT * FROM w8)
       SELECT * FROM w6)
      SELECT * FROM w6)
     SELECT * FROM w5)
    SELECT * FROM w4)
   SELECT * FROM w3)
  SELECT * FROM w2)
SELECT * FROM w1
;;
WITH RECURSIVE subdepartment AS
(
	-- non recursive term
	SELECT name as root_name, * FROM department WHERE name = 'A'

	UNION ALL

	-- recursive term
	SELECT sd.root_name, d.* FROM department AS d, subdepartment AS sd
		WHERE d.parent_department = sd.id
)
SELECT * FROM subdepartment ORDER BY name
;;
WITH RECURSIVE subdepartment(level, id, parent_department, name) AS
(
	-- non recursive term
	SELECT 1, * FROM department WHERE name = 'A'

	UNION ALL

	-- recursive term
	SELECT sd.level + 1, d.* FROM department AS d, subdepartment AS sd
		WHERE d.parent_department = sd.id
)
SELECT * FROM subdepartment ORDER BY name
;;
WITH RECURSIVE subdepartment(level, id, parent_department, name) AS
(
	-- non recursive term
	SELECT 1, * FROM department WHERE name = 'A'

	UNION ALL

	-- recursive term
	SELECT sd.level + 1, d.* FROM department AS d, subdepartment AS sd
		WHERE d.parent_department = sd.id
)
SELECT * FROM subdepartment WHERE level >= 2 ORDER BY name
;;
WITH RECURSIVE subdepartment AS
(
	-- note lack of recursive UNION structure
	SELECT * FROM department WHERE name = 'A'
)
SELECT * FROM subdepartment ORDER BY name
;;
WITH RECURSIVE subdepartment AS
(
	-- select all columns to prevent projection
	SELECT id, parent_department, name FROM department WHERE name = 'A'

	UNION

	-- joins do projection
	SELECT d.id, d.parent_department, d.name FROM department AS d
	INNER JOIN subdepartment AS sd ON d.parent_department = sd.id
)
SELECT * FROM subdepartment ORDER BY name
;;
SELECT count(*) FROM (
    WITH RECURSIVE t(n) AS (
        SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 500
    )
    SELECT * FROM t) AS t WHERE n < (
        SELECT count(*) FROM (
            WITH RECURSIVE t(n) AS (
                   SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 100
                )
            SELECT * FROM t WHERE n < 50000
         ) AS t WHERE n < 100)
;;
WITH q1(x,y) AS (
    SELECT hundred, sum(ten) FROM tenk1 GROUP BY hundred
  )
SELECT count(*) FROM q1 WHERE y > (SELECT sum(y)/100 FROM q1 qsub)
;;
SELECT * FROM vsubdepartment ORDER BY name
;;
with recursive q as (
      select * from department
    union all
      (with x as (select * from q)
       select * from x)
    )
select * from q limit 24
;;
with recursive q as (
      select * from department
    union all
      (with recursive x as (
           select * from department
         union all
           (select * from q union all select * from x)
        )
       select * from x)
    )
select * from q limit 32
;;
WITH RECURSIVE t(i,j) AS (
	VALUES (1,2)
	UNION ALL
	SELECT t2.i, t.j+1 FROM
		(SELECT 2 AS i UNION ALL SELECT 3 AS i) AS t2
		JOIN t ON (t2.i = t.i+1))

	SELECT * FROM t
;;
WITH RECURSIVE t(id, path) AS (
    VALUES(1,ARRAY[]::integer[])
UNION ALL
    SELECT tree.id, t.path || tree.id
    FROM tree JOIN t ON (tree.parent_id = t.id)
)
SELECT t1.*, t2.* FROM t AS t1 JOIN t AS t2 ON
	(t1.path[1] = t2.path[1] AND
	array_upper(t1.path,1) = 1 AND
	array_upper(t2.path,1) > 1)
	ORDER BY t1.id, t2.id
;;
WITH RECURSIVE t(id, path) AS (
    VALUES(1,ARRAY[]::integer[])
UNION ALL
    SELECT tree.id, t.path || tree.id
    FROM tree JOIN t ON (tree.parent_id = t.id)
)
SELECT t1.id, count(t2.*) FROM t AS t1 JOIN t AS t2 ON
	(t1.path[1] = t2.path[1] AND
	array_upper(t1.path,1) = 1 AND
	array_upper(t2.path,1) > 1)
	GROUP BY t1.id
	ORDER BY t1.id
;;
WITH RECURSIVE t(id, path) AS (
    VALUES(1,ARRAY[]::integer[])
UNION ALL
    SELECT tree.id, t.path || tree.id
    FROM tree JOIN t ON (tree.parent_id = t.id)
)
SELECT t1.id, t2.path, t2 FROM t AS t1 JOIN t AS t2 ON
(t1.id=t2.id)
;;
WITH RECURSIVE cte (a) as (
	SELECT a FROM duplicates
	UNION
	SELECT a FROM cte
)
SELECT a FROM cte
;;
with recursive search_graph(f, t, label) as (
	select * from graph0 g
	union all
	select g.*
	from graph0 g, search_graph sg
	where g.f = sg.t
) search depth first by f, t set seq
select * from search_graph order by seq
;;
with recursive search_graph(f, t, label) as (
	select * from graph0 g
	union distinct
	select g.*
	from graph0 g, search_graph sg
	where g.f = sg.t
) search depth first by f, t set seq
select * from search_graph order by seq
;;
with recursive search_graph(f, t, label) as (
	select * from graph0 g
	union all
	select g.*
	from graph0 g, search_graph sg
	where g.f = sg.t
) search breadth first by f, t set seq
select * from search_graph order by seq
;;
with recursive search_graph(f, t, label) as (
	select * from graph0 g
	union distinct
	select g.*
	from graph0 g, search_graph sg
	where g.f = sg.t
) search breadth first by f, t set seq
select * from search_graph order by seq
;;
with recursive test as (
  select 1 as x
  union all
  select x + 1
  from test
) search depth first by x set y
select * from test limit 5
;;
with recursive test as (
  select 1 as x
  union all
  select x + 1
  from test
) search breadth first by x set y
select * from test limit 5
;;
with recursive search_graph(f, t, label) as (
	select * from graph0 g
	union all
	select g.*
	from graph0 g, search_graph sg
	where g.f = sg.t
) search depth first by foo, tar set seq
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph0 g
	union all
	select g.*
	from graph0 g, search_graph sg
	where g.f = sg.t
) search depth first by f, t set label
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph0 g
	union all
	select g.*
	from graph0 g, search_graph sg
	where g.f = sg.t
) search depth first by f, t, f set seq
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph0 g
	union all
	select * from graph0 g
	union all
	select g.*
	from graph0 g, search_graph sg
	where g.f = sg.t
) search depth first by f, t set seq
select * from search_graph order by seq
;;
with recursive search_graph(f, t, label) as (
	select * from graph0 g
	union all
	(select * from graph0 g
	union all
	select g.*
	from graph0 g, search_graph sg
	where g.f = sg.t)
) search depth first by f, t set seq
select * from search_graph order by seq
;;
with recursive x(col) as (
	select 1
	union
	(with x as (select * from x)
	 select * from x)
) search depth first by col set seq
select * from x
;;
select * from v_search
;;
with recursive search_graph(f, t, label, is_cycle, path) as (
	select *, false, array[row(g.f, g.t)] from graph g
	union all
	select g.*, row(g.f, g.t) = any(path), path || row(g.f, g.t)
	from graph g, search_graph sg
	where g.f = sg.t and not is_cycle
)
select * from search_graph
;;
with recursive search_graph(f, t, label, is_cycle, path) as (
	select *, false, array[row(g.f, g.t)] from graph g
	union distinct
	select g.*, row(g.f, g.t) = any(path), path || row(g.f, g.t)
	from graph g, search_graph sg
	where g.f = sg.t and not is_cycle
)
select * from search_graph
;;
with recursive search_graph(f, t, label, is_cycle, path) as (
	select *, false, array[row(g.f, g.t)] from graph g
	union all
	select g.*, row(g.f, g.t) = any(path), path || row(g.f, g.t)
	from graph g, search_graph sg
	where g.f = sg.t and not is_cycle
)
select * from search_graph order by path
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union all
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) cycle f, t set is_cycle using path
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union distinct
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) cycle f, t set is_cycle to 'Y' default 'N' using path
select * from search_graph
;;
with recursive test as (
  select 0 as x
  union all
  select (x + 1) % 10
  from test
) cycle x set is_cycle using path
select * from test
;;
with recursive test as (
  select 0 as x
  union all
  select (x + 1) % 10
  from test
    where not is_cycle  -- redundant, but legal
) cycle x set is_cycle using path
select * from test
;;
with recursive
graph(f, t, label) as (
  values (1, 2, 'arc 1 -> 2'),
         (1, 3, 'arc 1 -> 3'),
         (2, 3, 'arc 2 -> 3'),
         (1, 4, 'arc 1 -> 4'),
         (4, 5, 'arc 4 -> 5'),
         (5, 1, 'arc 5 -> 1')
),
search_graph(f, t, label) as (
        select * from graph g
        union all
        select g.*
        from graph g, search_graph sg
        where g.f = sg.t
) cycle f, t set is_cycle to true default false using path
select f, t, label from search_graph
;;
with recursive a as (
	select 1 as b
	union all
	select * from a
) cycle b set c using p
select * from a
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union all
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) search depth first by f, t set seq
  cycle f, t set is_cycle using path
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union all
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) search breadth first by f, t set seq
  cycle f, t set is_cycle using path
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union all
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) cycle foo, tar set is_cycle using path
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union all
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) cycle f, t set label to true default false using path
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union all
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) cycle f, t set is_cycle to true default false using label
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union all
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) cycle f, t set foo to true default false using foo
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union all
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) cycle f, t, f set is_cycle to true default false using path
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union all
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) search depth first by f, t set foo
  cycle f, t set foo to true default false using path
select * from search_graph
;;
with recursive search_graph(f, t, label) as (
	select * from graph g
	union all
	select g.*
	from graph g, search_graph sg
	where g.f = sg.t
) search depth first by f, t set foo
  cycle f, t set is_cycle to true default false using foo
select * from search_graph
;;
select * from v_cycle1
;;
select * from v_cycle2
;;
WITH RECURSIVE
  y (id) AS (VALUES (1)),
  x (id) AS (SELECT * FROM y UNION ALL SELECT id+1 FROM x WHERE id < 5)
SELECT * FROM x
;;
WITH RECURSIVE
    x(id) AS (SELECT * FROM y UNION ALL SELECT id+1 FROM x WHERE id < 5),
    y(id) AS (values (1))
 SELECT * FROM x
;;
WITH RECURSIVE
   x(id) AS
     (VALUES (1) UNION ALL SELECT id+1 FROM x WHERE id < 5),
   y(id) AS
     (VALUES (1) UNION ALL SELECT id+1 FROM y WHERE id < 10)
 SELECT y.*, x.* FROM y LEFT JOIN x USING (id)
;;
WITH RECURSIVE
   x(id) AS
     (VALUES (1) UNION ALL SELECT id+1 FROM x WHERE id < 5),
   y(id) AS
     (VALUES (1) UNION ALL SELECT id+1 FROM x WHERE id < 10)
 SELECT y.*, x.* FROM y LEFT JOIN x USING (id)
;;
WITH RECURSIVE
   x(id) AS
     (SELECT 1 UNION ALL SELECT id+1 FROM x WHERE id < 3 ),
   y(id) AS
     (SELECT * FROM x UNION ALL SELECT * FROM x),
   z(id) AS
     (SELECT * FROM x UNION ALL SELECT id+1 FROM z WHERE id < 10)
 SELECT * FROM z
;;
WITH RECURSIVE
   x(id) AS
     (SELECT 1 UNION ALL SELECT id+1 FROM x WHERE id < 3 ),
   y(id) AS
     (SELECT * FROM x UNION ALL SELECT * FROM x),
   z(id) AS
     (SELECT * FROM y UNION ALL SELECT id+1 FROM z WHERE id < 10)
 SELECT * FROM z
;;
WITH t AS (
	SELECT a FROM y
)
UPDATE y SET a = y.a-10 FROM t WHERE y.a > 20 AND t.a = y.a RETURNING y.a
;;
WITH RECURSIVE t(a) AS (
	SELECT 11
	UNION ALL
	SELECT a+1 FROM t WHERE a < 50
)
DELETE FROM y USING t WHERE t.a = y.a RETURNING y.a
;;
WITH x(n, b) AS (SELECT 1)
SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT 1 INTERSECT SELECT n+1 FROM x)
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT 1 INTERSECT ALL SELECT n+1 FROM x)
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT 1 EXCEPT SELECT n+1 FROM x)
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT 1 EXCEPT ALL SELECT n+1 FROM x)
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT n FROM x)
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT n FROM x UNION ALL SELECT 1)
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (
  WITH x1 AS (SELECT 1 AS n)
    SELECT 0
    UNION
    SELECT * FROM x1)
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (
  WITH x1 AS (SELECT 1 FROM x)
    SELECT 0
    UNION
    SELECT * FROM x1)
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (
  (WITH x1 AS (SELECT 1 FROM x) SELECT * FROM x1)
  UNION
  SELECT 0)
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (
  SELECT 0 UNION SELECT 1
  ORDER BY (SELECT n FROM x))
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (
  WITH sub_cte AS (SELECT * FROM x)
  DELETE FROM graph RETURNING f)
	SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT a FROM y WHERE a = 1
	UNION ALL
	SELECT x.n+1 FROM y LEFT JOIN x ON x.n = y.a WHERE n < 10)
SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT a FROM y WHERE a = 1
	UNION ALL
	SELECT x.n+1 FROM x RIGHT JOIN y ON x.n = y.a WHERE n < 10)
SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT a FROM y WHERE a = 1
	UNION ALL
	SELECT x.n+1 FROM x FULL JOIN y ON x.n = y.a WHERE n < 10)
SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM x
                          WHERE n IN (SELECT * FROM x))
  SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT count(*) FROM x)
  SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT sum(n) FROM x)
  SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM x ORDER BY 1)
  SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM x LIMIT 10 OFFSET 1)
  SELECT * FROM x
;;
WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM x FOR UPDATE)
  SELECT * FROM x
;;
WITH RECURSIVE x(id) AS (values (1)
    UNION ALL
    SELECT (SELECT * FROM x) FROM x WHERE id < 5
) SELECT * FROM x
;;
WITH RECURSIVE
  x (id) AS (SELECT 1 UNION ALL SELECT id+1 FROM y WHERE id < 5),
  y (id) AS (SELECT 1 UNION ALL SELECT id+1 FROM x WHERE id < 5)
SELECT * FROM x
;;
WITH RECURSIVE foo(i) AS
    (values (1)
    UNION ALL
       (SELECT i+1 FROM foo WHERE i < 10
          UNION ALL
       SELECT i+1 FROM foo WHERE i < 5)
) SELECT * FROM foo
;;
WITH RECURSIVE foo(i) AS
    (values (1)
    UNION ALL
	   SELECT * FROM
       (SELECT i+1 FROM foo WHERE i < 10
          UNION ALL
       SELECT i+1 FROM foo WHERE i < 5) AS t
) SELECT * FROM foo
;;
WITH RECURSIVE foo(i) AS
    (values (1)
    UNION ALL
       (SELECT i+1 FROM foo WHERE i < 10
          EXCEPT
       SELECT i+1 FROM foo WHERE i < 5)
) SELECT * FROM foo
;;
WITH RECURSIVE foo(i) AS
    (values (1)
    UNION ALL
       (SELECT i+1 FROM foo WHERE i < 10
          INTERSECT
       SELECT i+1 FROM foo WHERE i < 5)
) SELECT * FROM foo
;;
WITH RECURSIVE foo(i) AS
   (SELECT i FROM (VALUES(1),(2)) t(i)
   UNION ALL
   SELECT (i+1)::numeric(10,0) FROM foo WHERE i < 10)
SELECT * FROM foo
;;
WITH RECURSIVE foo(i) AS
   (SELECT i::numeric(3,0) FROM (VALUES(1),(2)) t(i)
   UNION ALL
   SELECT (i+1)::numeric(10,0) FROM foo WHERE i < 10)
SELECT * FROM foo
;;
with cte(foo) as ( values(42) ) values((select foo from cte))
;;
with cte(foo) as ( select 42 ) select * from ((select foo from cte)) q
;;
select ( with cte(foo) as ( values(f1) )
         select (select foo from cte) )
from int4_tbl
;;
select ( with cte(foo) as ( values(f1) )
          values((select foo from cte)) )
from int4_tbl
;;
select f1, (with cte1(x,y) as (select 1,2)
            select count((select i4.f1 from cte1))) as ss
from int4_tbl i4
;;
with a as ( select id from (values (1), (2)) as v(id) ),
     b as ( select max((select sum(id) from a)) as agg )
select agg from b
;;
WITH RECURSIVE t(j) AS (
    WITH RECURSIVE s(i) AS (
        VALUES (1)
        UNION ALL
        SELECT i+1 FROM s WHERE i < 10
    )
    SELECT i FROM s
    UNION ALL
    SELECT j+1 FROM t WHERE j < 10
)
SELECT * FROM t
;;
WITH outermost(x) AS (
  SELECT 1
  UNION (WITH innermost as (SELECT 2)
         SELECT * FROM innermost
         UNION SELECT 3)
)
SELECT * FROM outermost ORDER BY 1
;;
WITH outermost(x) AS (
  SELECT 1
  UNION (WITH innermost as (SELECT 2)
         SELECT * FROM outermost  -- fail
         UNION SELECT * FROM innermost)
)
SELECT * FROM outermost ORDER BY 1
;;
WITH RECURSIVE outermost(x) AS (
  SELECT 1
  UNION (WITH innermost as (SELECT 2)
         SELECT * FROM outermost
         UNION SELECT * FROM innermost)
)
SELECT * FROM outermost ORDER BY 1
;;
WITH RECURSIVE outermost(x) AS (
  WITH innermost as (SELECT 2 FROM outermost) -- fail
    SELECT * FROM innermost
    UNION SELECT * from outermost
)
SELECT * FROM outermost ORDER BY 1
;;
with
A as ( select q2 as id, (select q1) as x from int8_tbl ),
B as ( select id, row_number() over (partition by id) as r from A ),
C as ( select A.id, array(select B.id from B where B.id = A.id) from A )
select * from C
;;
WITH t AS (
    INSERT INTO y
    VALUES
        (11),
        (12),
        (13),
        (14),
        (15),
        (16),
        (17),
        (18),
        (19),
        (20)
    RETURNING *
)
SELECT * FROM t
;;
WITH t AS (
    UPDATE y
    SET a=a+1
    RETURNING *
)
SELECT * FROM t
;;
WITH t AS (
    DELETE FROM y
    WHERE a <= 10
    RETURNING *
)
SELECT * FROM t
;;
WITH RECURSIVE t AS (
	INSERT INTO y
		SELECT a+5 FROM t2 WHERE a > 5
	RETURNING *
), t2 AS (
	UPDATE y SET a=a-11 RETURNING *
)
SELECT * FROM t
UNION ALL
SELECT * FROM t2
;;
WITH t AS (
	DELETE FROM y RETURNING *
)
SELECT * FROM t
;;
SELECT * FROM bug6051
;;
SELECT * FROM bug6051_2
;;
SELECT * FROM bug6051_3
;;
SELECT * from id_alw1
;;
SELECT * from id_alw2
;;
SELECT * from id_alw3
;;
SELECT * from id_alw4
;;
SELECT q1 FROM
(
  WITH t_cte AS (SELECT * FROM int8_tbl t)
  SELECT q1, (SELECT q2 FROM t_cte WHERE t_cte.q1 = i8.q1) AS t_sub
  FROM int8_tbl i8
) ss
;;
SELECT q1 FROM
(
  WITH t_cte AS MATERIALIZED (SELECT * FROM int8_tbl t)
  SELECT q1, (SELECT q2 FROM t_cte WHERE t_cte.q1 = i8.q1) AS t_sub
  FROM int8_tbl i8
) ss
;;
WITH RECURSIVE t(a) AS (
	SELECT 0
		UNION ALL
	SELECT a+1 FROM t WHERE a+1 < 5
), t2 as (
	INSERT INTO y
		SELECT * FROM t RETURNING *
)
SELECT * FROM t2 JOIN y USING (a) ORDER BY a
;;
WITH t AS (
    UPDATE y SET a = a * 100 RETURNING *
)
SELECT * FROM t LIMIT 10
;;
WITH t AS (
    INSERT INTO withz SELECT i, 'insert'
    FROM generate_series(0, 16) i
    ON CONFLICT (k) DO UPDATE SET v = withz.v || ', now update'
    RETURNING *
)
SELECT * FROM t JOIN y ON t.k = y.a ORDER BY a, k
;;
WITH aa AS (
    INSERT INTO withz VALUES(1, 5) ON CONFLICT (k) DO UPDATE SET v = EXCLUDED.v
    WHERE withz.k != EXCLUDED.k
    RETURNING *
)
SELECT * FROM aa
;;
SELECT * FROM withz ORDER BY k
;;
WITH RECURSIVE cte_basic AS (SELECT 1 a, 'cte_basic val' b)
MERGE INTO m USING (select 0 k, 'merge source SubPlan' v) o ON m.k=o.k
WHEN MATCHED THEN UPDATE SET v = (SELECT b || ' merge update' FROM cte_basic WHERE cte_basic.a = m.k LIMIT 1)
WHEN NOT MATCHED THEN INSERT VALUES(o.k, o.v)
;;
WITH cte_basic AS MATERIALIZED (SELECT 1 a, 'cte_basic val' b)
MERGE INTO m USING (select 0 k, 'merge source SubPlan' v offset 0) o ON m.k=o.k
WHEN MATCHED THEN UPDATE SET v = (SELECT b || ' merge update' FROM cte_basic WHERE cte_basic.a = m.k LIMIT 1)
WHEN NOT MATCHED THEN INSERT VALUES(o.k, o.v)
;;
SELECT * FROM m where k = 0
;;
WITH cte_init AS MATERIALIZED (SELECT 1 a, 'cte_init val' b)
MERGE INTO m USING (select 1 k, 'merge source InitPlan' v offset 0) o ON m.k=o.k
WHEN MATCHED THEN UPDATE SET v = (SELECT b || ' merge update' FROM cte_init WHERE a = 1 LIMIT 1)
WHEN NOT MATCHED THEN INSERT VALUES(o.k, o.v)
;;
WITH merge_source_cte AS MATERIALIZED (SELECT 15 a, 'merge_source_cte val' b)
MERGE INTO m USING (select * from merge_source_cte) o ON m.k=o.a
WHEN MATCHED THEN UPDATE SET v = (SELECT b || merge_source_cte.*::text || ' merge update' FROM merge_source_cte WHERE a = 15)
WHEN NOT MATCHED THEN INSERT VALUES(o.a, o.b || (SELECT merge_source_cte.*::text || ' merge insert' FROM merge_source_cte))
;;
WITH RECURSIVE t1 AS (
  INSERT INTO y SELECT * FROM y RETURNING *
), t2 AS (
  INSERT INTO yy SELECT * FROM t1 RETURNING *
)
SELECT 1
;;
SELECT * FROM yy
;;
WITH RECURSIVE t1 AS (
  INSERT INTO yy SELECT * FROM t2 RETURNING *
), t2 AS (
  INSERT INTO y SELECT * FROM y RETURNING *
)
SELECT 1
;;
WITH t AS (
    INSERT INTO y
    VALUES
        (31),
        (32),
        (33)
    RETURNING *
)
SELECT * FROM t LIMIT 1
;;
WITH rcte AS ( SELECT sum(id) AS totalid FROM parent )
UPDATE parent SET id = id + totalid FROM rcte
;;
WITH wcte AS ( INSERT INTO child1 VALUES ( 42, 'new' ) RETURNING id AS newid )
UPDATE parent SET id = id + newid FROM wcte
;;
WITH rcte AS ( SELECT max(id) AS maxid FROM parent )
DELETE FROM parent USING rcte WHERE id = maxid
;;
WITH wcte AS ( INSERT INTO child2 VALUES ( 42, 'new2' ) RETURNING id AS newid )
DELETE FROM parent USING wcte WHERE id = newid
;;
WITH RECURSIVE t AS (
	INSERT INTO y
		SELECT * FROM t
)
VALUES(FALSE)
;;
WITH t AS (
	INSERT INTO y VALUES(0)
)
SELECT * FROM t
;;
WITH RECURSIVE t(action, a) AS (
	MERGE INTO y USING (VALUES (11)) v(a) ON y.a = v.a
		WHEN NOT MATCHED THEN INSERT VALUES (v.a)
		RETURNING merge_action(), (SELECT a FROM t)
)
SELECT * FROM t
;;
SELECT * FROM (
	WITH t AS (UPDATE y SET a=a+1 RETURNING *)
	SELECT * FROM t
) ss
;;
WITH t AS (
	INSERT INTO y VALUES(0)
)
VALUES(FALSE)
;;
with ordinality as (select 1 as x) select * from ordinality
;;
select * from with_test
;;
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'temporal_rng_pk'
;;
SELECT pg_get_indexdef(conindid, 0, true) FROM pg_constraint WHERE conname = 'temporal_rng_pk'
;;
DELETE FROM temporal_rng
;;
SELECT * FROM temporal_rng ORDER BY id, valid_at
;;
UPDATE  temporal_rng
SET     id = '[11,12)'
WHERE   id = '[1,2)'
AND     valid_at @> '2018-01-15'::date
;;
UPDATE  temporal_rng
SET     valid_at = '[2020-01-01,2021-01-01)'
WHERE   id = '[11,12)'
AND     valid_at @> '2018-01-15'::date
;;
UPDATE  temporal_rng
SET     id = '[21,22)',
        valid_at = '[2018-01-02,2018-02-03)'
WHERE   id = '[11,12)'
AND     valid_at @> '2020-01-15'::date
;;
UPDATE  temporal_rng
SET     id = '[1,2)',
        valid_at = daterange('2018-03-05', '2018-05-05')
WHERE   id = '[21,22)'
;;
UPDATE  temporal_rng
SET     id = '[1,2)',
        valid_at = NULL
WHERE   id = '[21,22)'
;;
DELETE FROM temporal_rng3
;;
SELECT * FROM temporal_rng3 ORDER BY id, valid_at
;;
UPDATE  temporal_rng3
SET     id = '[11,12)'
WHERE   id = '[1,2)'
AND     valid_at @> '2018-01-15'::date
;;
UPDATE  temporal_rng3
SET     valid_at = '[2020-01-01,2021-01-01)'
WHERE   id = '[11,12)'
AND     valid_at @> '2018-01-15'::date
;;
UPDATE  temporal_rng3
SET     id = '[21,22)',
        valid_at = '[2018-01-02,2018-02-03)'
WHERE   id = '[11,12)'
AND     valid_at @> '2020-01-15'::date
;;
UPDATE  temporal_rng3
SET     id = NULL,
        valid_at = daterange('2020-01-01', '2021-01-01')
WHERE   id = '[21,22)'
;;
UPDATE  temporal_rng3
SET     id = '[1,2)',
        valid_at = NULL
WHERE   id IS NULL AND valid_at @> '2020-06-01'::date
;;
UPDATE  temporal_rng3
SET     valid_at = daterange('2018-03-01', '2018-05-05')
WHERE   id = '[1,2)' AND valid_at IS NULL
;;
UPDATE  temporal_rng3
SET     valid_at = 'empty'
WHERE   id = '[1,2)' AND valid_at IS NULL
;;
UPDATE  temporal_rng3
SET     id = NULL,
        valid_at = 'empty'
WHERE   id = '[1,2)' AND valid_at IS NULL
;;
DELETE FROM temporal_mltrng
;;
SELECT * FROM temporal_mltrng ORDER BY id, valid_at
;;
UPDATE  temporal_mltrng
SET     id = '[11,12)'
WHERE   id = '[1,2)'
AND     valid_at @> '2018-01-15'::date
;;
UPDATE  temporal_mltrng
SET     valid_at = '{[2020-01-01,2021-01-01)}'
WHERE   id = '[11,12)'
AND     valid_at @> '2018-01-15'::date
;;
UPDATE  temporal_mltrng
SET     id = '[21,22)',
        valid_at = '{[2018-01-02,2018-02-03)}'
WHERE   id = '[11,12)'
AND     valid_at @> '2020-01-15'::date
;;
UPDATE  temporal_mltrng
SET     id = '[1,2)',
        valid_at = datemultirange(daterange('2018-03-05', '2018-05-05'))
WHERE   id = '[21,22)'
;;
UPDATE  temporal_mltrng
SET     id = '[1,2)',
        valid_at = NULL
WHERE   id = '[21,22)'
;;
DELETE FROM temporal_mltrng3
;;
SELECT * FROM temporal_mltrng3 ORDER BY id, valid_at
;;
UPDATE  temporal_mltrng3
SET     id = '[11,12)'
WHERE   id = '[1,2)'
AND     valid_at @> '2018-01-15'::date
;;
UPDATE  temporal_mltrng3
SET     valid_at = '{[2020-01-01,2021-01-01)}'
WHERE   id = '[11,12)'
AND     valid_at @> '2018-01-15'::date
;;
UPDATE  temporal_mltrng3
SET     id = '[21,22)',
        valid_at = '{[2018-01-02,2018-02-03)}'
WHERE   id = '[11,12)'
AND     valid_at @> '2020-01-15'::date
;;
UPDATE  temporal_mltrng3
SET     id = NULL,
        valid_at = datemultirange(daterange('2020-01-01', '2021-01-01'))
WHERE   id = '[21,22)'
;;
UPDATE  temporal_mltrng3
SET     id = '[1,2)',
        valid_at = NULL
WHERE   id IS NULL AND valid_at @> '2020-06-01'::date
;;
UPDATE  temporal_mltrng3
SET     valid_at = datemultirange(daterange('2018-03-01', '2018-05-05'))
WHERE   id = '[1,2)' AND valid_at IS NULL
;;
UPDATE  temporal_mltrng3
SET     valid_at = '{}'
WHERE   id = '[1,2)' AND valid_at IS NULL
;;
UPDATE  temporal_mltrng3
SET     id = NULL,
        valid_at = '{}'
WHERE   id = '[1,2)' AND valid_at IS NULL
;;
SELECT * FROM temporal_partitioned ORDER BY id, valid_at
;;
SELECT * FROM tp1 ORDER BY id, valid_at
;;
SELECT * FROM tp2 ORDER BY id, valid_at
;;
SELECT * FROM temporal3 ORDER BY id, valid_at
;;
DELETE FROM temporal_fk_rng2rng
;;
UPDATE temporal_fk_rng2rng SET valid_at = daterange('2018-01-02', '2018-02-20') WHERE id = '[1,2)'
;;
UPDATE temporal_fk_rng2rng SET parent_id = '[8,9)' WHERE id = '[1,2)'
;;
  DELETE FROM temporal_rng WHERE id = '[5,6)'
;;
UPDATE temporal_rng SET valid_at = daterange('2016-01-01', '2016-02-01') WHERE id = '[5,6)'
;;
UPDATE temporal_rng SET valid_at = daterange('2016-02-01', '2016-03-01')
  WHERE id = '[5,6)' AND valid_at = daterange('2018-02-01', '2018-03-01')
;;
UPDATE temporal_rng
  SET valid_at = CASE WHEN lower(valid_at) = '2018-01-01' THEN daterange('2018-01-01', '2018-01-05')
                      WHEN lower(valid_at) = '2018-02-01' THEN daterange('2018-01-05', '2018-03-01') END
  WHERE id = '[6,7)'
;;
UPDATE temporal_rng SET valid_at = daterange('2018-01-15', '2018-03-01')
  WHERE id = '[1,2)' AND valid_at @> '2018-01-15'::date
;;
UPDATE temporal_rng SET id = '[2,3)', valid_at = daterange('2018-01-15', '2018-03-01')
  WHERE id = '[1,2)' AND valid_at @> '2018-01-15'::date
;;
UPDATE temporal_rng SET id = '[7,8)'
  WHERE id = '[5,6)' AND valid_at = daterange('2018-01-01', '2018-02-01')
;;
DELETE FROM temporal_fk_rng2rng WHERE id = '[3,4)'
;;
DELETE FROM temporal_rng WHERE id = '[5,6)' AND valid_at = daterange('2018-02-01', '2018-03-01')
;;
DELETE FROM temporal_fk_mltrng2mltrng
;;
UPDATE temporal_fk_mltrng2mltrng SET valid_at = datemultirange(daterange('2018-01-02', '2018-02-20')) WHERE id = '[1,2)'
;;
UPDATE temporal_fk_mltrng2mltrng SET parent_id = '[8,9)' WHERE id = '[1,2)'
;;
  DELETE FROM temporal_mltrng WHERE id = '[5,6)'
;;
UPDATE temporal_mltrng SET valid_at = datemultirange(daterange('2016-01-01', '2016-02-01')) WHERE id = '[5,6)'
;;
UPDATE temporal_mltrng SET valid_at = datemultirange(daterange('2016-02-01', '2016-03-01'))
  WHERE id = '[5,6)' AND valid_at = datemultirange(daterange('2018-02-01', '2018-03-01'))
;;
UPDATE temporal_mltrng
  SET valid_at = CASE WHEN lower(valid_at) = '2018-01-01' THEN datemultirange(daterange('2018-01-01', '2018-01-05'))
                      WHEN lower(valid_at) = '2018-02-01' THEN datemultirange(daterange('2018-01-05', '2018-03-01')) END
  WHERE id = '[6,7)'
;;
UPDATE temporal_mltrng SET valid_at = datemultirange(daterange('2018-01-15', '2018-03-01'))
  WHERE id = '[1,2)' AND valid_at @> '2018-01-15'::date
;;
UPDATE temporal_mltrng SET id = '[2,3)', valid_at = datemultirange(daterange('2018-01-15', '2018-03-01'))
  WHERE id = '[1,2)' AND valid_at @> '2018-01-15'::date
;;
UPDATE temporal_mltrng SET id = '[7,8)'
  WHERE id = '[5,6)' AND valid_at = datemultirange(daterange('2018-01-01', '2018-02-01'))
;;
DELETE FROM temporal_mltrng WHERE id = '[5,6)' AND valid_at = datemultirange(daterange('2018-02-01', '2018-03-01'))
;;
UPDATE temporal_partitioned_fk_rng2rng SET valid_at = daterange('2000-01-01', '2000-02-13') WHERE id = '[2,3)'
;;
UPDATE temporal_partitioned_fk_rng2rng SET id = '[4,5)' WHERE id = '[1,2)'
;;
UPDATE temporal_partitioned_rng SET valid_at = daterange('2018-01-01', '2018-02-01') WHERE id = '[5,6)'
;;
UPDATE temporal_partitioned_rng SET valid_at = daterange('2016-02-01', '2016-03-01')
  WHERE id = '[5,6)' AND valid_at = daterange('2018-02-01', '2018-03-01')
;;
DELETE FROM temporal_partitioned_rng WHERE id = '[5,6)' AND valid_at = daterange('2018-02-01', '2018-03-01')
;;
UPDATE temporal_partitioned_fk_mltrng2mltrng SET valid_at = datemultirange(daterange('2000-01-01', '2000-02-13')) WHERE id = '[2,3)'
;;
UPDATE temporal_partitioned_fk_mltrng2mltrng SET id = '[4,5)' WHERE id = '[1,2)'
;;
UPDATE temporal_partitioned_mltrng SET valid_at = datemultirange(daterange('2018-01-01', '2018-02-01')) WHERE id = '[5,6)'
;;
UPDATE temporal_partitioned_mltrng SET valid_at = datemultirange(daterange('2016-02-01', '2016-03-01'))
  WHERE id = '[5,6)' AND valid_at = datemultirange(daterange('2018-02-01', '2018-03-01'))
;;
DELETE FROM temporal_partitioned_mltrng WHERE id = '[5,6)' AND valid_at = datemultirange(daterange('2018-02-01', '2018-03-01'))
;;
select length(stringu1) into parallel_write
    from tenk1 group by length(stringu1)
;;
select '1'::xid = '1'::xid8::xid
;;
select '1'::xid != '1'::xid8::xid
;;
select xid8cmp('1', '2'), xid8cmp('2', '2'), xid8cmp('2', '1')
;;
select min(x), max(x) from xid8_t1
;;
select  pg_snapshot_xmin(snap),
	pg_snapshot_xmax(snap),
	pg_snapshot_xip(snap)
from snapshot_test order by nr
;;
select id, pg_visible_in_snapshot(id::text::xid8, snap)
from snapshot_test, generate_series(11, 21) id
where nr = 2
;;
select pg_current_xact_id() >= pg_snapshot_xmin(pg_current_snapshot())
;;
select pg_visible_in_snapshot(pg_current_xact_id(), pg_current_snapshot())
;;
select pg_visible_in_snapshot('1000100010001012', '1000100010001000:1000100010001100:1000100010001012,1000100010001013')
;;
SELECT pg_current_xact_id_if_assigned() IS NULL
;;
SELECT pg_xact_status('1'::xid8)
;;
SELECT * FROM xmltest
;;
SELECT message FROM pg_input_error_info('<value>one</', 'xml')
;;
SELECT xmlcomment('test')
;;
SELECT xmlconcat(xmlcomment('hello'),
                 xmlelement(NAME qux, 'foo'),
                 xmlcomment('world'))
;;
SELECT xmlconcat('hello', 'you')
;;
SELECT xmlelement(name element,
                  xmlattributes (1 as one, 'deuce' as two),
                  'content')
;;
SELECT xmlelement(name element,
                  xmlattributes ('unnamed and wrong'))
;;
SELECT xmlelement(name element, xmlelement(name nested, 'stuff'))
;;
SELECT xmlelement(name employee, xmlforest(name, age, salary as pay)) FROM emp
;;
SELECT xmlelement(name duplicate, xmlattributes(1 as a, 2 as b, 3 as a))
;;
SELECT xmlelement(name num, 37)
;;
SELECT xmlelement(name foo, text 'bar')
;;
SELECT xmlelement(name foo, array[1, 2, 3])
;;
SELECT xmlelement(name foo, xmlattributes(true as bar))
;;
SELECT xmlelement(name foo, xmlattributes('<>&"''' as funny, xml 'b<a/>r' as funnier))
;;
SELECT xmlparse(content '')
;;
SELECT xmlparse(document '   ')
;;
SELECT xmlpi(name foo)
;;
SELECT xmlpi(name xml)
;;
SELECT xmlpi(name xmlstuff)
;;
SELECT xmlpi(name "xml-stylesheet", 'href="mystyle.css" type="text/css"')
;;
SELECT xmlroot(xml '<foo/>', version no value, standalone no value)
;;
SELECT xmlroot(xmlroot(xml '<foo/>', version '1.0'), version '1.1', standalone no)
;;
SELECT xmlroot (
  xmlelement (
    name gazonk,
    xmlattributes (
      'val' AS name,
      1 + 1 AS num
    ),
    xmlelement (
      NAME qux,
      'foo'
    )
  ),
  version '1.0',
  standalone yes
)
;;
SELECT xmlserialize(content data as character varying(20)) FROM xmltest
;;
SELECT xmlserialize(content 'good' as char(10))
;;
SELECT xmlserialize(document 'bad' as text)
;;
SELECT xmlserialize(DOCUMENT '<foo><bar><val x="y">42</val></bar></foo>' AS text INDENT)
;;
SELECT xmlserialize(CONTENT  '<foo><bar><val x="y">42</val></bar></foo>' AS text INDENT)
;;
SELECT xmlserialize(CONTENT  '<foo><bar><val x="y">42</val></bar></foo>' AS text NO INDENT)
;;
SELECT xmlserialize(DOCUMENT '<foo><bar><val x="y">42</val></bar></foo>' AS text) = xmlserialize(DOCUMENT '<foo><bar><val x="y">42</val></bar></foo>' AS text NO INDENT)
;;
SELECT xmlserialize(CONTENT  '<foo><bar><val x="y">42</val></bar></foo>' AS text) = xmlserialize(CONTENT '<foo><bar><val x="y">42</val></bar></foo>' AS text NO INDENT)
;;
SELECT xml '<foo>bar</foo>' IS DOCUMENT
;;
SELECT xml '<abc/>' IS NOT DOCUMENT
;;
SELECT xmlagg(data) FROM xmltest
;;
SELECT xmlagg(data) FROM xmltest WHERE id > 10
;;
SELECT xmlelement(name employees, xmlagg(xmlelement(name name, name))) FROM emp
;;
SELECT xmlpi(name ":::_xml_abc135.%-&_")
;;
SELECT xmlpi(name "123")
;;
SELECT xpath('/value', data) FROM xmltest
;;
SELECT xpath(NULL, NULL) IS NULL FROM xmltest
;;
SELECT xpath('//loc:piece/@id', '<local:data xmlns:local="http://127.0.0.1"><local:piece id="1">number one</local:piece><local:piece id="2" /></local:data>', ARRAY[ARRAY['loc', 'http://127.0.0.1']])
;;
SELECT xpath('//b', '<a>one <b>two</b> three <b>etc</b></a>')
;;
SELECT xmlexists('//town[text() = ''Toronto'']' PASSING BY REF '<towns><town>Bidford-on-Avon</town><town>Cwmbran</town><town>Bristol</town></towns>')
;;
SELECT xpath_exists('//town[text() = ''Toronto'']','<towns><town>Bidford-on-Avon</town><town>Cwmbran</town><town>Bristol</town></towns>'::xml)
;;
SELECT COUNT(id) FROM xmltest WHERE xmlexists('/menu/beer' PASSING data)
;;
SELECT COUNT(id) FROM xmltest WHERE xpath_exists('/menu/beer',data)
;;
SELECT COUNT(id) FROM xmltest WHERE xpath_exists('/myns:menu/myns:beer',data,ARRAY[ARRAY['myns','http://myns.com']])
;;
SELECT COUNT(id) FROM xmltest, query WHERE xmlexists(expr PASSING BY REF data)
;;
SELECT xml_is_well_formed_document('<foo>bar</foo>')
;;
SELECT xml_is_well_formed_content('<foo>bar</foo>')
;;
SELECT xml_is_well_formed('abc')
;;
SELECT * FROM xmltableview1
;;
SELECT * FROM XMLTABLE (ROW () PASSING null COLUMNS v1 timestamp) AS f (v1, v2)
;;
SELECT * FROM XMLTABLE(XMLNAMESPACES('http://x.y' AS zz),
                      '/zz:rows/zz:row'
                      PASSING '<rows xmlns="http://x.y"><row><a>10</a></row></rows>'
                      COLUMNS a int PATH 'zz:a')
;;
SELECT * FROM xmltableview2
;;
SELECT * FROM XMLTABLE(XMLNAMESPACES(DEFAULT 'http://x.y'),
                      '/rows/row'
                      PASSING '<rows xmlns="http://x.y"><row><a>10</a></row></rows>'
                      COLUMNS a int PATH 'a')
;;
SELECT * FROM XMLTABLE('.'
                       PASSING '<foo/>'
                       COLUMNS a text PATH 'foo/namespace::node()')
;;
SELECT xmltable.* FROM xmldata, LATERAL xmltable('/ROWS/ROW[COUNTRY_NAME="Japan" or COUNTRY_NAME="India"]' PASSING data COLUMNS "COUNTRY_NAME" text, "REGION_ID" int)
;;
SELECT xmltable.* FROM xmldata, LATERAL xmltable('/ROWS/ROW[COUNTRY_NAME="Japan" or COUNTRY_NAME="India"]' PASSING data COLUMNS id FOR ORDINALITY, "COUNTRY_NAME" text, "REGION_ID" int)
;;
SELECT xmltable.* FROM xmldata, LATERAL xmltable('/ROWS/ROW[COUNTRY_NAME="Japan" or COUNTRY_NAME="India"]' PASSING data COLUMNS id int PATH '@id', "COUNTRY_NAME" text, "REGION_ID" int)
;;
SELECT xmltable.* FROM xmldata, LATERAL xmltable('/ROWS/ROW[COUNTRY_NAME="Japan" or COUNTRY_NAME="India"]' PASSING data COLUMNS id int PATH '@id')
;;
SELECT xmltable.* FROM xmldata, LATERAL xmltable('/ROWS/ROW[COUNTRY_NAME="Japan" or COUNTRY_NAME="India"]' PASSING data COLUMNS id FOR ORDINALITY)
;;
SELECT xmltable.* FROM xmldata, LATERAL xmltable('/ROWS/ROW[COUNTRY_NAME="Japan" or COUNTRY_NAME="India"]' PASSING data COLUMNS id int PATH '@id', "COUNTRY_NAME" text, "REGION_ID" int, rawdata xml PATH '.')
;;
SELECT * FROM xmltable('/x/a' PASSING '<x><a><ent>&apos;</ent></a><a><ent>&quot;</ent></a><a><ent>&amp;</ent></a><a><ent>&lt;</ent></a><a><ent>&gt;</ent></a></x>' COLUMNS ent text)
;;
SELECT * FROM xmltable('/x/a' PASSING '<x><a><ent>&apos;</ent></a><a><ent>&quot;</ent></a><a><ent>&amp;</ent></a><a><ent>&lt;</ent></a><a><ent>&gt;</ent></a></x>' COLUMNS ent xml)
;;
SELECT xmltable.* FROM xmldata, LATERAL xmltable('/ROWS/ROW[COUNTRY_NAME="Japan" or COUNTRY_NAME="India"]' PASSING data COLUMNS "COUNTRY_NAME" text, "REGION_ID" int) WHERE "COUNTRY_NAME" = 'Japan'
;;
SELECT xmltable.* FROM xmltest2, LATERAL xmltable('/d/r' PASSING x COLUMNS a int PATH '' || lower(_path) || 'c')
;;
SELECT xmltable.* FROM xmltest2, LATERAL xmltable(('/d/r/' || lower(_path) || 'c') PASSING x COLUMNS a int PATH '.')
;;
SELECT xmltable.* FROM xmltest2, LATERAL xmltable(('/d/r/' || lower(_path) || 'c') PASSING x COLUMNS a int PATH 'x' DEFAULT ascii(_path) - 54)
;;
SELECT * FROM XMLTABLE('*' PASSING '<a>a</a>' COLUMNS a xml PATH '.', b text PATH '.', c text PATH '"hi"', d boolean PATH '. = "a"', e integer PATH 'string-length(.)')
;;
SELECT xmltext(NULL)
;;
SELECT xmltext('x'|| '<P>73</P>'::xml || .42 || true || 'j'::char)
;;
SELECT table_to_xml('testxmlschema.test1', false, false, '')
;;
SELECT table_to_xmlschema('testxmlschema.test1', false, false, '')
;;
SELECT table_to_xml_and_xmlschema('testxmlschema.test1', false, false, '')
;;
SELECT query_to_xml('SELECT * FROM testxmlschema.test1', false, false, '')
;;
SELECT query_to_xmlschema('SELECT * FROM testxmlschema.test1', false, false, '')
;;
SELECT query_to_xml_and_xmlschema('SELECT * FROM testxmlschema.test1', true, true, '')
;;
SELECT cursor_to_xml('xc'::refcursor, 5, false, true, '')
;;
SELECT cursor_to_xmlschema('xc'::refcursor, false, true, '')
;;
SELECT schema_to_xml('testxmlschema', false, true, '')
;;
SELECT schema_to_xmlschema('testxmlschema', false, true, '')
;;
SELECT schema_to_xml_and_xmlschema('testxmlschema', true, true, 'foo')
;;
SELECT xmlforest(c1, c2, c3, c4) FROM testxmlschema.test3

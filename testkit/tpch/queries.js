/**
 * The 22 queries of TPC-H as one would ask them of many tenants: each join and each correlated subquery also says that
 * the tenants are equal. Where ORDER BY leaves ties open under a LIMIT, keys are added to it.
 */

const REFUSED = 'PLAN_UNSUPPORTED';

/**
 * @type {{ number: number, title: string, expected: string, why?: string, sql: string }[]} `expected`: `exact`, or the
 *   code of the refusal
 */
const QUERIES = [
  {
    number: 1,
    title: 'pricing summary',
    expected: 'exact',
    sql: `
select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price,
  sum(l_extendedprice * (1 - l_discount)) as sum_disc_price,
  sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as sum_charge,
  avg(l_quantity) as avg_qty, avg(l_extendedprice) as avg_price, avg(l_discount) as avg_disc, count(*) as count_order
from lineitem
where l_shipdate <= date '1998-12-01' - interval '90 days'
group by l_returnflag, l_linestatus
order by l_returnflag, l_linestatus`,
  },
  {
    number: 2,
    title: 'the cheapest supplier of a part, within each tenant',
    expected: 'exact',
    sql: `
select s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment
from part, supplier, partsupp, nation, region
where p_partkey = ps_partkey and s_suppkey = ps_suppkey and supplier.tenant_id = partsupp.tenant_id
  and p_size <= 15 and p_type like '%STEEL' and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'EUROPE'
  and ps_supplycost = (
    select min(ps.ps_supplycost) from partsupp ps, supplier s, nation n, region r
    where ps.tenant_id = partsupp.tenant_id and p_partkey = ps.ps_partkey and s.s_suppkey = ps.ps_suppkey
      and s.tenant_id = ps.tenant_id and s.s_nationkey = n.n_nationkey and n.n_regionkey = r.r_regionkey and r.r_name = 'EUROPE')
order by s_acctbal desc, n_name, s_name, p_partkey
limit 100`,
  },
  {
    number: 3,
    title: 'shipping priority',
    expected: 'exact',
    sql: `
select orders.tenant_id, l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority
from customer, orders, lineitem
where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and customer.tenant_id = orders.tenant_id
  and l_orderkey = o_orderkey and lineitem.tenant_id = orders.tenant_id
  and o_orderdate < date '1995-03-15' and l_shipdate > date '1995-03-15'
group by orders.tenant_id, l_orderkey, o_orderdate, o_shippriority
order by revenue desc, o_orderdate, l_orderkey
limit 10`,
  },
  {
    number: 4,
    title: 'order priority checking',
    expected: 'exact',
    sql: `
select o_orderpriority, count(*) as order_count
from orders
where o_orderdate >= date '1993-07-01' and o_orderdate < date '1993-07-01' + interval '3 months'
  and exists (select * from lineitem where l_orderkey = o_orderkey and lineitem.tenant_id = orders.tenant_id and l_commitdate < l_receiptdate)
group by o_orderpriority
order by o_orderpriority`,
  },
  {
    number: 5,
    title: 'local supplier volume',
    expected: 'exact',
    sql: `
select n_name, sum(l_extendedprice * (1 - l_discount)) as revenue
from customer, orders, lineitem, supplier, nation, region
where c_custkey = o_custkey and customer.tenant_id = orders.tenant_id
  and l_orderkey = o_orderkey and lineitem.tenant_id = orders.tenant_id
  and l_suppkey = s_suppkey and supplier.tenant_id = lineitem.tenant_id
  and c_nationkey = s_nationkey and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'ASIA'
  and o_orderdate >= date '1994-01-01' and o_orderdate < date '1994-01-01' + interval '1 year'
group by n_name
order by revenue desc`,
  },
  {
    number: 6,
    title: 'forecasting revenue change',
    expected: 'exact',
    sql: `
select sum(l_extendedprice * l_discount) as revenue
from lineitem
where l_shipdate >= date '1994-01-01' and l_shipdate < date '1994-01-01' + interval '1 year'
  and l_discount between 0.06 - 0.01 and 0.06 + 0.01 and l_quantity < 24`,
  },
  {
    number: 7,
    title: 'volume shipping',
    expected: 'exact',
    sql: `
select supp_nation, cust_nation, l_year, sum(volume) as revenue
from (
  select n1.n_name as supp_nation, n2.n_name as cust_nation, extract(year from l_shipdate) as l_year,
    l_extendedprice * (1 - l_discount) as volume
  from supplier, lineitem, orders, customer, nation n1, nation n2
  where s_suppkey = l_suppkey and supplier.tenant_id = lineitem.tenant_id
    and o_orderkey = l_orderkey and orders.tenant_id = lineitem.tenant_id
    and c_custkey = o_custkey and customer.tenant_id = orders.tenant_id
    and s_nationkey = n1.n_nationkey and c_nationkey = n2.n_nationkey
    and ((n1.n_name = 'FRANCE' and n2.n_name = 'GERMANY') or (n1.n_name = 'GERMANY' and n2.n_name = 'FRANCE'))
    and l_shipdate between date '1995-01-01' and date '1996-12-31') as shipping
group by supp_nation, cust_nation, l_year
order by supp_nation, cust_nation, l_year`,
  },
  {
    number: 8,
    title: 'national market share',
    expected: 'exact',
    sql: `
select o_year, sum(case when nation = 'BRAZIL' then volume else 0 end) / sum(volume) as mkt_share
from (
  select extract(year from o_orderdate) as o_year, l_extendedprice * (1 - l_discount) as volume, n2.n_name as nation
  from part, supplier, lineitem, orders, customer, nation n1, nation n2, region
  where p_partkey = l_partkey and s_suppkey = l_suppkey and supplier.tenant_id = lineitem.tenant_id
    and l_orderkey = o_orderkey and orders.tenant_id = lineitem.tenant_id
    and o_custkey = c_custkey and customer.tenant_id = orders.tenant_id
    and c_nationkey = n1.n_nationkey and n1.n_regionkey = r_regionkey and r_name = 'AMERICA' and s_nationkey = n2.n_nationkey
    and o_orderdate between date '1995-01-01' and date '1996-12-31' and p_type = 'ECONOMY ANODIZED STEEL') as all_nations
group by o_year
order by o_year`,
  },
  {
    number: 9,
    title: 'product type profit',
    expected: 'exact',
    sql: `
select nation, o_year, sum(amount) as sum_profit
from (
  select n_name as nation, extract(year from o_orderdate) as o_year,
    l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity as amount
  from part, supplier, lineitem, partsupp, orders, nation
  where s_suppkey = l_suppkey and supplier.tenant_id = lineitem.tenant_id
    and ps_suppkey = l_suppkey and ps_partkey = l_partkey and partsupp.tenant_id = lineitem.tenant_id
    and p_partkey = l_partkey and o_orderkey = l_orderkey and orders.tenant_id = lineitem.tenant_id
    and s_nationkey = n_nationkey and p_name like '%green%') as profit
group by nation, o_year
order by nation, o_year desc`,
  },
  {
    number: 10,
    title: 'returned items',
    expected: 'exact',
    sql: `
select customer.tenant_id, c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) as revenue, c_acctbal, n_name, c_address, c_phone, c_comment
from customer, orders, lineitem, nation
where c_custkey = o_custkey and customer.tenant_id = orders.tenant_id
  and l_orderkey = o_orderkey and lineitem.tenant_id = orders.tenant_id
  and o_orderdate >= date '1993-10-01' and o_orderdate < date '1993-10-01' + interval '3 months'
  and l_returnflag = 'R' and c_nationkey = n_nationkey
group by customer.tenant_id, c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment
order by revenue desc, c_name
limit 20`,
  },
  {
    number: 11,
    title: 'important stock',
    expected: REFUSED,
    why: 'the value to compare with is summed over all tenants',
    sql: `
select ps_partkey, sum(ps_supplycost * ps_availqty) as value
from partsupp, supplier, nation
where ps_suppkey = s_suppkey and supplier.tenant_id = partsupp.tenant_id and s_nationkey = n_nationkey and n_name = 'GERMANY'
group by ps_partkey
having sum(ps_supplycost * ps_availqty) > (
  select sum(ps_supplycost * ps_availqty) * 0.01
  from partsupp, supplier, nation
  where ps_suppkey = s_suppkey and supplier.tenant_id = partsupp.tenant_id and s_nationkey = n_nationkey and n_name = 'GERMANY')
order by value desc, ps_partkey`,
  },
  {
    number: 12,
    title: 'shipping modes and order priority',
    expected: 'exact',
    sql: `
select l_shipmode,
  sum(case when o_orderpriority = '1-URGENT' or o_orderpriority = '2-HIGH' then 1 else 0 end) as high_line_count,
  sum(case when o_orderpriority <> '1-URGENT' and o_orderpriority <> '2-HIGH' then 1 else 0 end) as low_line_count
from orders, lineitem
where o_orderkey = l_orderkey and orders.tenant_id = lineitem.tenant_id and l_shipmode in ('MAIL', 'SHIP')
  and l_commitdate < l_receiptdate and l_shipdate < l_commitdate
  and l_receiptdate >= date '1994-01-01' and l_receiptdate < date '1994-01-01' + interval '1 year'
group by l_shipmode
order by l_shipmode`,
  },
  {
    number: 13,
    title: 'customer distribution',
    expected: 'exact',
    sql: `
select c_count, count(*) as custdist
from (
  select customer.tenant_id, c_custkey, count(o_orderkey)
  from customer left outer join orders
    on c_custkey = o_custkey and orders.tenant_id = customer.tenant_id and o_comment not like '%special%requests%'
  group by customer.tenant_id, c_custkey) as c_orders (tenant_id, c_custkey, c_count)
group by c_count
order by custdist desc, c_count desc`,
  },
  {
    number: 14,
    title: 'promotion effect',
    expected: 'exact',
    sql: `
select 100.00 * sum(case when p_type like 'PROMO%' then l_extendedprice * (1 - l_discount) else 0 end)
  / sum(l_extendedprice * (1 - l_discount)) as promo_revenue
from lineitem, part
where l_partkey = p_partkey and l_shipdate >= date '1995-09-01' and l_shipdate < date '1995-09-01' + interval '1 month'`,
  },
  {
    number: 15,
    title: 'the top supplier',
    expected: REFUSED,
    why: 'the greatest revenue is that of all tenants',
    sql: `
with revenue (tenant_id, supplier_no, total_revenue) as (
  select tenant_id, l_suppkey, sum(l_extendedprice * (1 - l_discount))
  from lineitem
  where l_shipdate >= date '1996-01-01' and l_shipdate < date '1996-01-01' + interval '3 months'
  group by tenant_id, l_suppkey)
select s_suppkey, s_name, s_address, s_phone, total_revenue
from supplier, revenue
where s_suppkey = supplier_no and supplier.tenant_id = revenue.tenant_id
  and total_revenue = (select max(total_revenue) from revenue)
order by s_suppkey`,
  },
  {
    number: 16,
    title: 'parts and their suppliers',
    expected: 'exact',
    sql: `
select p_brand, p_type, p_size, count(distinct (partsupp.tenant_id, ps_suppkey)) as supplier_cnt
from partsupp, part
where p_partkey = ps_partkey and p_brand <> 'Brand#11' and p_type not like 'MEDIUM POLISHED%' and p_size in (4, 9, 14, 19, 3, 6, 8, 1)
  and ps_suppkey not in (select s_suppkey from supplier where supplier.tenant_id = partsupp.tenant_id and s_comment like '%Customer%Complaints%')
group by p_brand, p_type, p_size
order by supplier_cnt desc, p_brand, p_type, p_size`,
  },
  {
    number: 17,
    title: 'revenue of small quantities, small for the tenant',
    expected: 'exact',
    sql: `
select sum(l_extendedprice) / 7.0 as avg_yearly
from lineitem, part
where p_partkey = l_partkey and p_brand = 'Brand#23' and p_container in ('MED BOX', 'LG BOX', 'SM BOX')
  and l_quantity < (select 0.5 * avg(l.l_quantity) from lineitem l where l.l_partkey = p_partkey and l.tenant_id = lineitem.tenant_id)`,
  },
  {
    number: 18,
    title: 'large orders',
    expected: 'exact',
    sql: `
select c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity)
from customer, orders, lineitem
where o_orderkey in (
    select l.l_orderkey from lineitem l where l.tenant_id = orders.tenant_id group by l.l_orderkey having sum(l.l_quantity) > 220)
  and c_custkey = o_custkey and customer.tenant_id = orders.tenant_id
  and o_orderkey = l_orderkey and lineitem.tenant_id = orders.tenant_id
group by c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice
order by o_totalprice desc, o_orderdate, c_name, o_orderkey
limit 100`,
  },
  {
    number: 19,
    title: 'discounted revenue',
    expected: 'exact',
    sql: `
select sum(l_extendedprice * (1 - l_discount)) as revenue
from lineitem, part
where (p_partkey = l_partkey and p_brand = 'Brand#12' and p_container in ('SM CASE', 'SM BOX') and l_quantity >= 1 and l_quantity <= 11
    and p_size between 1 and 15 and l_shipmode in ('AIR', 'AIR REG') and l_shipinstruct = 'DELIVER IN PERSON')
  or (p_partkey = l_partkey and p_brand = 'Brand#23' and p_container in ('MED BAG', 'MED BOX') and l_quantity >= 10 and l_quantity <= 20
    and p_size between 1 and 20 and l_shipmode in ('AIR', 'AIR REG') and l_shipinstruct = 'DELIVER IN PERSON')
  or (p_partkey = l_partkey and p_brand = 'Brand#33' and p_container in ('LG CASE', 'LG BOX') and l_quantity >= 20 and l_quantity <= 30
    and p_size between 1 and 20 and l_shipmode in ('AIR', 'AIR REG') and l_shipinstruct = 'DELIVER IN PERSON')`,
  },
  {
    number: 20,
    title: 'potential part promotion',
    expected: 'exact',
    sql: `
select s_name, s_address
from supplier, nation
where s_suppkey in (
    select ps_suppkey from partsupp
    where partsupp.tenant_id = supplier.tenant_id
      and ps_partkey in (select p_partkey from part where p_name like 'forest%')
      and ps_availqty > (
        select 0.5 * sum(l_quantity) from lineitem
        where l_partkey = ps_partkey and l_suppkey = ps_suppkey and lineitem.tenant_id = partsupp.tenant_id
          and l_shipdate >= date '1994-01-01' and l_shipdate < date '1994-01-01' + interval '1 year'))
  and s_nationkey = n_nationkey and n_name = 'CANADA'
order by s_name`,
  },
  {
    number: 21,
    title: 'suppliers who kept orders waiting',
    expected: 'exact',
    sql: `
select s_name, count(*) as numwait
from supplier, lineitem l1, orders, nation
where s_suppkey = l1.l_suppkey and supplier.tenant_id = l1.tenant_id
  and o_orderkey = l1.l_orderkey and orders.tenant_id = l1.tenant_id and o_orderstatus = 'F' and l1.l_receiptdate > l1.l_commitdate
  and exists (select * from lineitem l2 where l2.l_orderkey = l1.l_orderkey and l2.tenant_id = l1.tenant_id and l2.l_suppkey <> l1.l_suppkey)
  and not exists (
    select * from lineitem l3
    where l3.l_orderkey = l1.l_orderkey and l3.tenant_id = l1.tenant_id and l3.l_suppkey <> l1.l_suppkey and l3.l_receiptdate > l3.l_commitdate)
  and s_nationkey = n_nationkey and n_name = 'SAUDI ARABIA'
group by s_name
order by numwait desc, s_name
limit 100`,
  },
  {
    number: 22,
    title: 'global sales opportunity',
    expected: REFUSED,
    why: 'the average balance is that of all tenants',
    sql: `
select cntrycode, count(*) as numcust, sum(c_acctbal) as totacctbal
from (
  select substring(c_phone from 1 for 2) as cntrycode, c_acctbal
  from customer
  where substring(c_phone from 1 for 2) in ('13', '11', '15', '19', '10', '18', '17')
    and c_acctbal > (
      select avg(c.c_acctbal) from customer c
      where c.c_acctbal > 0.00 and substring(c.c_phone from 1 for 2) in ('13', '11', '15', '19', '10', '18', '17'))
    and not exists (select * from orders where o_custkey = c_custkey and orders.tenant_id = customer.tenant_id)) as custsale
group by cntrycode
order by cntrycode`,
  },
];

module.exports = { QUERIES };

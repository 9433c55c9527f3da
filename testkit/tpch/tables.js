/**
 * Small data in the manner of TPC-H, seeded: regions, nations and parts are the same for all; customers, orders,
 * suppliers and their stock belong to a tenant, whose keys begin at 1 like everybody's.
 */

const { Random } = require('../random');

const DEFINITIONS = [
  'create table region (r_regionkey int primary key, r_name text)',
  'create table nation (n_nationkey int primary key, n_name text, n_regionkey int)',
  'create table part (p_partkey int primary key, p_name text, p_mfgr text, p_brand text, p_type text, p_size int, p_container text, p_retailprice numeric(12, 2))',
  'create table supplier (tenant_id text, s_suppkey int, s_name text, s_address text, s_nationkey int, s_phone text, s_acctbal numeric(12, 2), s_comment text, primary key (tenant_id, s_suppkey))',
  'create table partsupp (tenant_id text, ps_partkey int, ps_suppkey int, ps_availqty int, ps_supplycost numeric(12, 2), primary key (tenant_id, ps_partkey, ps_suppkey))',
  'create table customer (tenant_id text, c_custkey int, c_name text, c_address text, c_nationkey int, c_phone text, c_acctbal numeric(12, 2), c_mktsegment text, c_comment text, primary key (tenant_id, c_custkey))',
  'create table orders (tenant_id text, o_orderkey int, o_custkey int, o_orderstatus text, o_totalprice numeric(12, 2), o_orderdate date, o_orderpriority text, o_shippriority int, o_comment text, primary key (tenant_id, o_orderkey))',
  'create table lineitem (tenant_id text, l_orderkey int, l_partkey int, l_suppkey int, l_linenumber int, l_quantity numeric(12, 2), l_extendedprice numeric(12, 2), l_discount numeric(12, 2), l_tax numeric(12, 2), l_returnflag text, l_linestatus text, l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct text, l_shipmode text, primary key (tenant_id, l_orderkey, l_linenumber))',
];

const REFERENCE_TABLES = ['region', 'nation', 'part'];

const TENANTS = ['acme', 'globex', 'hooli', 'initech', 'stark', 'umbrella', 'wayne', 'wonka'];
/** Of each tenant. All tenants together: about scale 0.002. */
const CUSTOMERS = 38;
const ORDERS = 375;
const SUPPLIERS = 12;
const PARTS = 200;

const REGIONS = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'];
const NATIONS = [
  ['ALGERIA', 0],
  ['KENYA', 0],
  ['BRAZIL', 1],
  ['CANADA', 1],
  ['CHINA', 2],
  ['INDIA', 2],
  ['FRANCE', 3],
  ['GERMANY', 3],
  ['IRAN', 4],
  ['SAUDI ARABIA', 4],
];
const COLOURS = ['forest', 'green', 'almond', 'azure', 'navy', 'peru'];
const TYPES = [
  'ECONOMY ANODIZED STEEL',
  'PROMO BURNISHED COPPER',
  'MEDIUM POLISHED TIN',
  'STANDARD BRUSHED BRASS',
];
const CONTAINERS = ['SM CASE', 'SM BOX', 'MED BAG', 'MED BOX', 'LG CASE', 'LG BOX'];
const SEGMENTS = ['AUTOMOBILE', 'BUILDING', 'FURNITURE'];
const PRIORITIES = ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'];
const MODES = ['AIR', 'AIR REG', 'MAIL', 'RAIL', 'SHIP', 'TRUCK'];

/** The rows of all tables, by table. */
function tables() {
  const random = new Random('tpch');
  const money = (least, most) => (random.int(least * 100, most * 100) / 100).toFixed(2);
  const many = (count, make) => Array.from({ length: count }, (_, index) => make(index + 1));
  const perTenant = (make) =>
    TENANTS.flatMap((tenant) => make(tenant).map((row) => ({ tenant_id: tenant, ...row })));
  const phone = (nation) =>
    `${10 + nation}-${random.int(100, 999)}-${random.int(100, 999)}-${random.int(1000, 9999)}`;

  const region = REGIONS.map((name, key) => ({ r_regionkey: key, r_name: name }));
  const nation = NATIONS.map(([name, of], key) => ({ n_nationkey: key, n_name: name, n_regionkey: of }));
  const part = many(PARTS, (key) => ({
    p_partkey: key,
    p_name: random.sample(COLOURS, 2).join(' '),
    p_mfgr: `Manufacturer#${random.int(1, 5)}`,
    p_brand: `Brand#${random.int(1, 3)}${random.int(1, 3)}`,
    p_type: random.pick(TYPES),
    p_size: random.int(1, 20),
    p_container: random.pick(CONTAINERS),
    p_retailprice: money(900, 2000),
  }));
  const supplier = perTenant((tenant) =>
    many(SUPPLIERS, (key) => {
      const home = random.int(0, NATIONS.length - 1);
      return {
        s_suppkey: key,
        s_name: `Supplier#${tenant}-${key}`,
        s_address: `street ${random.int(1, 99)}`,
        s_nationkey: home,
        s_phone: phone(home),
        s_acctbal: money(-999, 9999),
        s_comment: random.chance(0.1) ? 'the Customer made Complaints' : 'fine',
      };
    }),
  );
  const partsupp = perTenant(() =>
    part.flatMap(({ p_partkey: key }) =>
      random
        .sample(
          many(SUPPLIERS, (one) => one),
          random.int(0, 3),
        )
        .map((of) => ({
          ps_partkey: key,
          ps_suppkey: of,
          ps_availqty: random.int(1, 300),
          ps_supplycost: money(1, 1000),
        })),
    ),
  );
  const customer = perTenant((tenant) =>
    many(CUSTOMERS, (key) => {
      const home = random.int(0, NATIONS.length - 1);
      return {
        c_custkey: key,
        c_name: `Customer#${tenant}-${key}`,
        c_address: `street ${random.int(1, 99)}`,
        c_nationkey: home,
        c_phone: phone(home),
        c_acctbal: money(-999, 9999),
        c_mktsegment: random.pick(SEGMENTS),
        c_comment: 'a customer',
      };
    }),
  );
  const lineitem = [];
  const orders = perTenant((tenant) => {
    const stock = partsupp.filter((row) => row.tenant_id === tenant);
    return many(ORDERS, (key) => {
      const ordered = random.int(0, 2400);
      const lines = many(random.int(1, 7), (number) => {
        const { ps_partkey: partkey, ps_suppkey: suppkey } = random.pick(stock);
        const shipped = ordered + random.int(1, 120);
        const quantity = random.int(1, 50);
        return {
          tenant_id: tenant,
          l_orderkey: key,
          l_partkey: partkey,
          l_suppkey: suppkey,
          l_linenumber: number,
          l_quantity: quantity,
          l_extendedprice: (quantity * Number(part[partkey - 1].p_retailprice)).toFixed(2),
          l_discount: `0.0${random.int(0, 9)}`,
          l_tax: `0.0${random.int(0, 8)}`,
          l_returnflag: shipped < 1250 ? random.pick(['A', 'R']) : 'N',
          l_linestatus: shipped < 1250 ? 'F' : 'O',
          l_shipdate: date(shipped),
          l_commitdate: date(ordered + random.int(30, 90)),
          l_receiptdate: date(shipped + random.int(1, 30)),
          l_shipinstruct: random.pick(['DELIVER IN PERSON', 'NONE', 'TAKE BACK RETURN']),
          l_shipmode: random.pick(MODES),
        };
      });
      lineitem.push(...lines);
      const states = new Set(lines.map(({ l_linestatus: state }) => state));
      return {
        o_orderkey: key,
        // A third of the customers have never ordered.
        o_custkey: random.int(1, Math.floor((CUSTOMERS * 2) / 3)),
        o_orderstatus: states.size > 1 ? 'P' : [...states][0],
        o_totalprice: lines.reduce((sum, { l_extendedprice: price }) => sum + Number(price), 0).toFixed(2),
        o_orderdate: date(ordered),
        o_orderpriority: random.pick(PRIORITIES),
        o_shippriority: 0,
        o_comment: random.chance(0.1) ? 'some special wishes and requests' : 'nothing',
      };
    });
  });
  return { region, nation, part, supplier, partsupp, customer, orders, lineitem };
}

/** So many days after the beginning of 1992. */
function date(days) {
  return new Date(Date.UTC(1992, 0, 1 + days)).toISOString().slice(0, 10);
}

/** Three shards. */
function homeOf(tenant) {
  return TENANTS.indexOf(tenant) % 3;
}

module.exports = { DEFINITIONS, REFERENCE_TABLES, tables, homeOf };

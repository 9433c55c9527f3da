/**
 * Which statements all shards can answer: the shapes of the support matrix, each with a statement that
 * `fan-out-matrix.test.js` runs. docs/fan-out-matrix.md is written from it by `npm run matrix`.
 */

/** What the statements are about. `countries` is a reference table; the others are split by `tenant_id`. */
const DEFINITIONS = [
  'create table orders (tenant_id text, id int, name text, country text, amount int, total numeric(12, 2), ' +
    'paid bool, placed timestamptz, tags text[], info jsonb, primary key (tenant_id, id))',
  'create table items (tenant_id text, id int, order_id int, product text, qty int, price numeric(12, 2), primary key (tenant_id, id))',
  'create table countries (code text primary key, title text, vat numeric(4, 2))',
  'create sequence numbers',
  "create function shout(text) returns text language sql immutable as $$ select upper($1) || '!' $$",
  "create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  'create domain price as numeric(8, 2)',
  'create view fresh as select tenant_id, id from orders where placed < now()',
  'create view newest as select tenant_id, id from fresh',
  'create materialized view stamped as select tenant_id, id, now() as at from orders',
  'create function dice() returns int language sql volatile as $$ select 4 $$',
];

const NAMES = ['Tea', 'tea', 'Écru', 'Zebra', 'apple', 'Apple', null, '', 'coffee'];
const TENANTS = ['acme', 'umbrella', 'initech', 'hooli', 'stark'];

const TABLES = {
  orders: TENANTS.flatMap((tenant, place) =>
    Array.from({ length: 3 + 4 * place }, (_, index) => ({
      tenant_id: tenant,
      id: index + 1,
      name: NAMES[(index * 5 + place) % NAMES.length],
      country: ['de', 'fr', 'nl', null][(index + place) % 4],
      amount: (index * 7 + place) % 10,
      total: `${(index * 331) % 97}.${10 + place}`,
      paid: [true, false, null][(index + place) % 3],
      placed: `2024-0${1 + (index % 9)}-15T1${place}:00:00Z`,
      tags: index % 2 === 0 ? ['new', tenant] : [],
      info: { index, deep: { place } },
    })),
  ),
  items: TENANTS.flatMap((tenant, place) =>
    Array.from({ length: 12 }, (_, index) => ({
      tenant_id: tenant,
      id: index + 1,
      order_id: (index % (3 + place)) + 1,
      product: ['cup', 'pot', 'leaf', null][(index * 3 + place) % 4],
      qty: (index + place) % 5,
      price: `${index}.5`,
    })),
  ),
  countries: [
    { code: 'de', title: 'Germany', vat: '0.19' },
    { code: 'fr', title: 'France', vat: '0.20' },
    { code: 'se', title: 'Sweden', vat: '0.25' },
  ],
};

/** Three shards; the second has no rows. */
const homeOf = (tenant) => (TENANTS.indexOf(tenant) % 2) * 2;

const REFUSED = 'PLAN_UNSUPPORTED';
const exact = (shape, sql, more) => ({ shape, sql, expected: 'exact', ...more });
const refused = (shape, sql, more) => ({ shape, sql, expected: REFUSED, ...more });

/**
 * @typedef {object} Shape
 * @property {string} shape
 * @property {string} sql
 * @property {'exact' | string} expected the same as one PostgreSQL with all rows, or the `code` of a refusal
 * @property {any[]} [bindings]
 * @property {object | null} [options] of `.mtdd()`; none: `.mtdd()`
 * @property {boolean} [changes] it changes rows
 * @property {boolean} [anyOrder] its ORDER BY leaves the order open
 * @property {string} [fails] the code with which PostgreSQL itself refuses it
 * @property {string} [note]
 */

/** @type {Record<string, Shape[]>} by heading */
const SHAPES = {
  'Rows as they are': [
    exact('columns', 'SELECT id, name FROM orders'),
    exact('all columns', 'SELECT * FROM orders'),
    exact('expressions', "SELECT id * 2 AS double, coalesce(name, '-') || '!' AS loud FROM orders"),
    exact('conditions', "SELECT id FROM orders WHERE name ILIKE '%e%' AND (paid OR amount > 5)"),
    exact('bindings', 'SELECT id FROM orders WHERE amount > ? AND country = ?', { bindings: [3, 'de'] }),
    exact('no rows', 'SELECT id FROM orders WHERE false'),
    exact(
      'arrays and JSON',
      "SELECT tags[1] AS tag, info->'deep'->>'place' AS place FROM orders WHERE 'new' = ANY (tags)",
    ),
    exact('CASE', "SELECT CASE WHEN amount > 5 THEN 'much' ELSE 'little' END AS size FROM orders"),
    exact('own functions that are immutable', 'SELECT shout(name) AS loud FROM orders'),
  ],
  'Order and limits': [
    exact('ORDER BY', 'SELECT tenant_id, id, name FROM orders ORDER BY name, tenant_id, id'),
    exact(
      'by several keys',
      'SELECT tenant_id, id FROM orders ORDER BY paid DESC, amount, tenant_id, id DESC',
    ),
    exact(
      'NULLS FIRST, NULLS LAST',
      'SELECT tenant_id, id FROM orders ORDER BY country NULLS FIRST, name DESC NULLS LAST, tenant_id, id',
    ),
    exact(
      'by an expression',
      'SELECT tenant_id, id FROM orders ORDER BY lower(name), amount % 3, tenant_id, id',
    ),
    exact('by position', 'SELECT amount, tenant_id, id FROM orders ORDER BY 1 DESC, 2, 3'),
    exact('by alias', 'SELECT amount AS a, tenant_id AS t, id FROM orders ORDER BY a, t, id'),
    exact('by a column that is not selected', 'SELECT id FROM orders ORDER BY placed, tenant_id, id'),
    exact('with COLLATE', 'SELECT tenant_id, id FROM orders ORDER BY name COLLATE "en-x-icu", tenant_id, id'),
    exact('by a row', 'SELECT tenant_id, id FROM orders ORDER BY (name, paid, tenant_id) DESC, id'),
    exact(
      'by a row that is selected',
      'SELECT (amount, id) AS pair, tenant_id FROM orders ORDER BY pair DESC, tenant_id',
    ),
    exact(
      'by a row that is selected, by position',
      'SELECT row(amount, id), tenant_id FROM orders ORDER BY 1, tenant_id',
    ),
    exact(
      'by columns with names of the library’s own',
      'SELECT DISTINCT tags AS v1, total AS v0 FROM orders ORDER BY total, tags',
    ),
    exact('LIMIT', 'SELECT tenant_id, id FROM orders ORDER BY total, tenant_id, id LIMIT 5'),
    exact(
      'LIMIT and OFFSET',
      'SELECT tenant_id, id FROM orders ORDER BY total, tenant_id, id LIMIT 5 OFFSET 7',
    ),
    exact('as bindings', 'SELECT tenant_id, id FROM orders ORDER BY total, tenant_id, id LIMIT ? OFFSET ?', {
      bindings: [4, 2],
    }),
    exact('LIMIT 0', 'SELECT tenant_id, id FROM orders ORDER BY total LIMIT 0'),
    exact(
      'LIMIT NULL, LIMIT ALL',
      'SELECT tenant_id, id FROM orders ORDER BY total, tenant_id, id LIMIT ALL OFFSET 3',
    ),
    exact(
      'FETCH FIRST',
      'SELECT tenant_id, id FROM orders ORDER BY total, tenant_id, id FETCH FIRST 3 ROWS ONLY',
    ),
    exact(
      'WITH TIES',
      'SELECT tenant_id, id FROM orders WHERE amount = 3 ORDER BY amount FETCH FIRST 1 ROW WITH TIES',
      { anyOrder: true },
    ),
  ],
  Distinct: [
    exact('DISTINCT', 'SELECT DISTINCT country, paid FROM orders'),
    exact('with ORDER BY and LIMIT', 'SELECT DISTINCT name FROM orders ORDER BY name LIMIT 4'),
    exact(
      'DISTINCT ON',
      'SELECT DISTINCT ON (country) country, total, tenant_id, id FROM orders ORDER BY country, total DESC, tenant_id, id',
    ),
    exact('on arrays and JSON', 'SELECT DISTINCT tags, info FROM orders'),
  ],
  Aggregates: [
    exact('count', 'SELECT count(*), count(name) FROM orders'),
    exact('count(DISTINCT)', 'SELECT count(DISTINCT name), count(DISTINCT (country, paid)) FROM orders'),
    exact('sum', 'SELECT sum(amount) AS a, sum(total) AS b, sum(DISTINCT amount) AS c FROM orders'),
    exact('avg', 'SELECT avg(amount) AS a, avg(total) AS b, avg(DISTINCT amount) AS c FROM orders'),
    exact('min, max', 'SELECT min(name), max(placed), min(total) AS least FROM orders'),
    exact('of no rows', 'SELECT count(*), sum(amount), max(name) FROM orders WHERE false'),
    exact('bool_and, bool_or, every', 'SELECT bool_and(paid), bool_or(paid), every(amount < 10) FROM orders'),
    exact('bit_and, bit_or, bit_xor', 'SELECT bit_and(amount), bit_or(amount), bit_xor(amount) FROM orders'),
    exact(
      'stddev, variance',
      'SELECT stddev(amount), stddev_pop(total), variance(amount), var_samp(total) FROM orders',
    ),
    exact('string_agg', "SELECT string_agg(name, ', ' ORDER BY name, tenant_id, id) FROM orders"),
    exact('array_agg', 'SELECT array_agg(id ORDER BY total DESC, tenant_id, id) FROM orders'),
    exact(
      'json_agg, jsonb_agg',
      'SELECT json_agg(id ORDER BY tenant_id, id) AS a, jsonb_agg(name ORDER BY tenant_id, id) AS b FROM orders',
    ),
    exact(
      'json_object_agg',
      'SELECT json_object_agg(tenant_id || id, total ORDER BY tenant_id, id) FROM orders',
    ),
    exact(
      'FILTER',
      'SELECT count(*) FILTER (WHERE paid), sum(amount) FILTER (WHERE amount > 3) AS s FROM orders',
    ),
    exact(
      'expressions over aggregates',
      'SELECT sum(amount) / count(*) AS a, max(amount) - min(amount) AS b, round(avg(total), 1) AS c FROM orders',
    ),
    exact(
      'bindings in aggregates',
      "SELECT string_agg(tenant_id, ?::text ORDER BY tenant_id, id), array_agg(?::text || id ORDER BY tenant_id, id), array_agg(?::int), jsonb_object_agg(tenant_id || id, ?::text) FROM orders HAVING string_agg(country, ?) <> ''",
      { bindings: [' + ', 'no ', 7, 'x', '-'] },
    ),
    exact(
      'bindings in ordered-set aggregates',
      'SELECT percentile_cont(?) WITHIN GROUP (ORDER BY amount), rank(?::int) WITHIN GROUP (ORDER BY amount) FROM orders WHERE amount < ?',
      { bindings: [0.3, 4, 9] },
    ),
    exact(
      'the time in aggregates',
      'SELECT string_agg(country, current_date::text ORDER BY tenant_id, id), cardinality(array_agg(now() ORDER BY id)) FROM orders',
    ),
    exact(
      'a row in an aggregate’s ORDER BY',
      'SELECT array_agg(id ORDER BY (total, tenant_id, id)) FROM orders',
    ),
    exact(
      'avg of nothing but -0',
      "SELECT avg(-0.0::float8 * amount) AS a, sum('-0'::float8) AS s, avg('-0'::float8) + count(DISTINCT id) - count(DISTINCT id) AS b FROM orders WHERE amount = 0",
    ),
    exact("PostgreSQL's own refusal: HAVING without groups", 'SELECT amount FROM orders HAVING true', {
      fails: '42803',
    }),
    exact(
      "PostgreSQL's own refusal: grouping() of no group",
      'SELECT grouping(paid), country FROM orders GROUP BY country',
      {
        fails: '42803',
      },
    ),
    exact(
      'percentiles, mode',
      'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount), percentile_disc(0.9) WITHIN GROUP (ORDER BY total), mode() WITHIN GROUP (ORDER BY country) FROM orders',
    ),
    exact(
      'aggregates of a domain',
      'SELECT pg_typeof(array_agg(total::price)), array_agg(total::price ORDER BY tenant_id, id)::text AS a FROM orders',
    ),
    exact(
      'ordered-set aggregates of each group’s own',
      'SELECT amount, percentile_cont(amount / 10.0) WITHIN GROUP (ORDER BY total), rank(amount + 1) WITHIN GROUP (ORDER BY total) FROM orders GROUP BY amount',
    ),
    exact(
      "PostgreSQL's own refusal: a row's value where a group's is due",
      'SELECT amount, rank(total) WITHIN GROUP (ORDER BY total) FROM orders GROUP BY amount',
      { fails: '42803' },
    ),
    exact("PostgreSQL's own refusal: locks beside aggregates", 'SELECT count(*) FROM orders FOR UPDATE', {
      fails: '0A000',
    }),
    exact(
      "PostgreSQL's own refusal: locks beside groups",
      'SELECT country FROM orders GROUP BY country FOR SHARE',
      {
        fails: '0A000',
      },
    ),
    exact(
      "PostgreSQL's own refusal: locks beside DISTINCT",
      'SELECT DISTINCT country FROM orders FOR UPDATE',
      {
        fails: '0A000',
      },
    ),
    exact(
      "PostgreSQL's own refusal: locks beside UNION",
      'SELECT country FROM orders UNION SELECT code FROM countries FOR UPDATE',
      { fails: '0A000' },
    ),
  ],
  Groups: [
    exact('GROUP BY', 'SELECT country, count(*), sum(total) FROM orders GROUP BY country'),
    exact(
      'by expressions',
      "SELECT date_trunc('month', placed) AS month, count(*) FROM orders GROUP BY date_trunc('month', placed)",
    ),
    exact('by position, by alias', 'SELECT lower(name) AS n, paid, avg(amount) FROM orders GROUP BY n, 2'),
    exact(
      'by the primary key',
      'SELECT o.tenant_id, o.id, o.name, count(i.id) FROM orders o LEFT JOIN items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id GROUP BY o.tenant_id, o.id',
    ),
    exact(
      'by numerics of different scales',
      "SELECT count(*) FROM orders GROUP BY CASE WHEN tenant_id IN ('umbrella', 'hooli') THEN amount::numeric ELSE amount::numeric(12, 1) END",
    ),
    exact(
      'by floats, with a negative zero',
      "SELECT count(*) FROM orders GROUP BY CASE WHEN tenant_id IN ('umbrella', 'hooli') THEN '-0' ELSE 0::float8 END",
    ),
    exact(
      'by text of a collation to which different texts are equal',
      "SELECT count(*) FROM orders GROUP BY (CASE WHEN tenant_id IN ('umbrella', 'hooli') THEN upper(name) ELSE lower(name) END) COLLATE any_case",
    ),
    exact(
      'HAVING',
      'SELECT country, count(*) FROM orders GROUP BY country HAVING count(*) > 10 AND max(amount) > 3',
    ),
    exact(
      'ORDER BY and LIMIT',
      'SELECT name, count(*) AS n FROM orders GROUP BY name ORDER BY n DESC, name LIMIT 3',
    ),
    exact(
      'by an aggregate that is not selected',
      'SELECT name FROM orders GROUP BY name ORDER BY sum(total) DESC, name',
    ),
    exact(
      'ROLLUP',
      'SELECT country, paid, count(*), grouping(country, paid) FROM orders GROUP BY ROLLUP (country, paid)',
    ),
    exact('CUBE', 'SELECT country, paid, sum(amount) FROM orders GROUP BY CUBE (country, paid)'),
    exact(
      'GROUPING SETS',
      'SELECT country, paid, avg(amount) FROM orders GROUP BY GROUPING SETS ((country), (paid), ())',
    ),
    exact('the same with DISTINCT', 'SELECT DISTINCT count(*) FROM orders GROUP BY country, paid'),
  ],
  'Sets of rows': [
    exact('UNION ALL', 'SELECT name FROM orders UNION ALL SELECT product FROM items'),
    exact('UNION', 'SELECT country FROM orders UNION SELECT code FROM countries'),
    exact(
      'UNION of split tables',
      'SELECT name FROM orders UNION SELECT product FROM items ORDER BY 1 LIMIT 5',
    ),
    exact('INTERSECT', 'SELECT amount FROM orders INTERSECT SELECT qty FROM items'),
    exact('EXCEPT', 'SELECT amount FROM orders EXCEPT SELECT qty FROM items'),
    exact('VALUES', "VALUES (1, 'one'), (2, 'two')"),
  ],
  Joins: [
    exact(
      'on the tenant column',
      'SELECT o.name, i.product FROM orders o JOIN items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id',
    ),
    exact('USING', 'SELECT name, product FROM orders JOIN items USING (tenant_id, id)'),
    exact(
      'LEFT JOIN',
      'SELECT o.name, i.product FROM orders o LEFT JOIN items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id AND i.qty > 2',
    ),
    exact(
      'FULL JOIN',
      'SELECT o.name, i.product FROM orders o FULL JOIN items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id',
    ),
    exact(
      'in WHERE',
      'SELECT o.name, i.product FROM orders o, items i WHERE o.tenant_id = i.tenant_id AND o.id = i.order_id',
    ),
    exact(
      'with a reference table',
      'SELECT o.id, c.title FROM orders o JOIN countries c ON c.code = o.country',
    ),
    exact(
      'LEFT JOIN of a reference table',
      'SELECT o.id, c.title FROM orders o LEFT JOIN countries c ON c.code = o.country',
    ),
    exact(
      'LATERAL within the tenant',
      'SELECT o.id, x.product FROM orders o CROSS JOIN LATERAL (SELECT i.product FROM items i WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id ORDER BY i.id LIMIT 1) x',
    ),
    exact(
      'then grouped',
      'SELECT o.country, sum(i.qty * i.price) AS revenue FROM orders o JOIN items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id GROUP BY o.country ORDER BY revenue DESC, o.country',
    ),
    exact(
      'on the same tenant',
      "SELECT o.id, i.product FROM orders o JOIN items i ON i.order_id = o.id AND o.tenant_id = 'acme' AND i.tenant_id = 'acme'",
    ),
    exact(
      'LEFT JOIN after LEFT JOIN',
      'SELECT o.id, i.product, p.name FROM orders o LEFT JOIN items i ON i.tenant_id = o.tenant_id AND i.order_id = o.id LEFT JOIN orders p ON p.tenant_id = i.tenant_id AND p.id = i.qty',
    ),
    exact('a reference table alone', 'SELECT code, title FROM countries ORDER BY code'),
    refused('not on the tenant column', 'SELECT o.id FROM orders o JOIN items i ON i.order_id = o.id'),
    refused('each with each', 'SELECT o.id FROM orders o CROSS JOIN items i'),
    refused(
      'each with each, the tenant only in ON of an outer join',
      'SELECT count(*) FROM orders o CROSS JOIN orders p LEFT JOIN items i ON i.tenant_id = o.tenant_id AND i.tenant_id = p.tenant_id',
    ),
    refused(
      'each with each, the tenant only inside of LATERAL',
      'SELECT o.id, x.n FROM orders o CROSS JOIN orders p CROSS JOIN LATERAL (SELECT count(*) AS n FROM items i WHERE i.tenant_id = o.tenant_id AND i.tenant_id = p.tenant_id) x',
    ),
    refused(
      'a reference table LEFT JOIN rows of tenants',
      'SELECT c.title, o.id FROM countries c LEFT JOIN orders o ON o.country = c.code',
    ),
  ],
  'Subqueries and CTEs': [
    exact(
      'EXISTS within the tenant',
      'SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM items i WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id)',
    ),
    exact(
      'NOT EXISTS within the tenant',
      'SELECT id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id AND i.qty = 4)',
    ),
    exact(
      'IN within the tenant',
      'SELECT id FROM orders o WHERE id IN (SELECT order_id FROM items i WHERE i.tenant_id = o.tenant_id AND i.qty > 3)',
    ),
    exact(
      'IN a reference table',
      'SELECT id FROM orders WHERE country IN (SELECT code FROM countries WHERE vat > 0.19)',
    ),
    exact(
      'a value within the tenant',
      'SELECT id, (SELECT sum(qty) FROM items i WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id) AS n FROM orders o',
    ),
    exact(
      'in FROM, with the tenant',
      'SELECT s.name FROM (SELECT tenant_id, name FROM orders WHERE paid) s ORDER BY s.name, s.tenant_id',
    ),
    exact(
      'in FROM, grouped by tenant',
      'SELECT avg(s.n) FROM (SELECT tenant_id, count(*) AS n FROM orders GROUP BY tenant_id) s',
    ),
    exact(
      'in FROM, distinct of what is grouped by tenant',
      'SELECT count(*) FROM (SELECT DISTINCT count(*) FROM items GROUP BY tenant_id) s',
    ),
    exact(
      'CTE with the tenant',
      'WITH paid AS (SELECT tenant_id, total FROM orders WHERE paid) SELECT count(*), sum(total) FROM paid',
    ),
    exact(
      'grouped across tenants',
      'SELECT max(s.n) FROM (SELECT country, count(*) AS n FROM orders GROUP BY country) s',
    ),
    refused('a value across tenants', 'SELECT id FROM orders WHERE total > (SELECT avg(total) FROM orders)'),
    refused('IN across tenants', 'SELECT id FROM orders WHERE amount IN (SELECT qty FROM items)'),
    exact(
      'tenants IN rows of theirs',
      'SELECT id FROM orders WHERE tenant_id IN (SELECT tenant_id FROM items WHERE qty = 4)',
    ),
    refused(
      'tenants IN some rows',
      'SELECT id FROM orders WHERE tenant_id IN (SELECT tenant_id FROM items ORDER BY id FETCH FIRST ROW ONLY)',
    ),
    refused(
      'tenants of rows of all shards IN rows of theirs',
      'SELECT q.id FROM (SELECT tenant_id, id FROM orders ORDER BY total, id LIMIT 5) q WHERE q.tenant_id IN (SELECT tenant_id FROM items)',
    ),
    exact('LIMIT in FROM', 'SELECT count(*) FROM (SELECT tenant_id FROM orders ORDER BY total LIMIT 5) s'),
    refused(
      'recursive CTE',
      'WITH RECURSIVE t AS (SELECT tenant_id, id FROM orders UNION SELECT o.tenant_id, o.id FROM orders o JOIN t ON t.id = o.amount) SELECT count(*) FROM t',
    ),
    refused(
      'CTE that changes rows',
      'WITH gone AS (DELETE FROM items WHERE qty = 0 RETURNING tenant_id) SELECT count(*) FROM gone',
      { changes: true },
    ),
  ],
  'Window functions': [
    exact(
      'within the tenant',
      'SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id ORDER BY total, id) FROM orders',
    ),
    exact(
      'within more than the tenant',
      'SELECT tenant_id, id, rank() OVER (PARTITION BY country, tenant_id ORDER BY amount) FROM orders',
    ),
    exact(
      'WINDOW',
      'SELECT tenant_id, id, lag(amount) OVER w FROM orders WINDOW w AS (PARTITION BY tenant_id ORDER BY id)',
    ),
    refused('across tenants', 'SELECT id, row_number() OVER (ORDER BY total) FROM orders'),
    refused(
      'across tenants, in ORDER BY',
      'SELECT id FROM orders ORDER BY row_number() OVER (ORDER BY total) LIMIT 5',
    ),
    exact(
      'over groups',
      'SELECT country, count(*), rank() OVER (ORDER BY count(*), country) FROM orders GROUP BY country',
    ),
    exact(
      'over groups, with WINDOW',
      'SELECT country, sum(sum(total)) OVER w FROM orders GROUP BY country WINDOW w AS (ORDER BY country)',
    ),
    exact(
      'over groups by tenant',
      'SELECT tenant_id, rank() OVER (ORDER BY count(*)) FROM orders GROUP BY tenant_id',
    ),
  ],
  'Changes of rows': [
    exact('UPDATE', "UPDATE orders SET name = 'sold' WHERE paid", { changes: true }),
    exact(
      'UPDATE ... RETURNING',
      'UPDATE orders SET amount = amount + 1 WHERE amount > 5 RETURNING tenant_id, id, amount',
      { changes: true },
    ),
    exact(
      'UPDATE ... FROM within the tenant',
      'UPDATE orders o SET amount = i.qty FROM items i WHERE i.tenant_id = o.tenant_id AND i.id = o.id',
      { changes: true },
    ),
    exact('DELETE', 'DELETE FROM items WHERE qty = 0', { changes: true }),
    exact('DELETE ... RETURNING', 'DELETE FROM items WHERE product IS NULL RETURNING *', { changes: true }),
    exact(
      'DELETE ... USING a reference table',
      'DELETE FROM orders o USING countries c WHERE c.code = o.country AND c.vat > 0.19',
      { changes: true },
    ),
    refused('UPDATE by rows of other tenants', 'UPDATE orders SET total = (SELECT max(total) FROM orders)', {
      changes: true,
    }),
    refused('INSERT', "INSERT INTO countries VALUES ('it', 'Italy', 0.22)", { changes: true }),
    exact('INSERT of reference data', "INSERT INTO countries VALUES ('it', 'Italy', 0.22)", {
      changes: true,
      options: { allServers: true },
    }),
    refused(
      'UPDATE by rows of other tenants, by null',
      'UPDATE orders SET total = (SELECT max(total) FROM orders)',
      {
        changes: true,
        options: null,
      },
    ),
    refused('DELETE by where a row lies', "DELETE FROM orders WHERE ctid = '(0,1)'", { changes: true }),
    refused('reference data by random values', 'UPDATE countries SET vat = random()', {
      changes: true,
      options: { allServers: true },
      note: 'the copies of a row would differ',
    }),
    refused(
      'reference data by rows of tenants',
      'INSERT INTO countries (code) SELECT DISTINCT country FROM orders',
      {
        changes: true,
        options: { allServers: true },
        note: 'the copies of a row would differ',
      },
    ),
    refused('the tenant column itself', "UPDATE orders SET tenant_id = 'hooli'", {
      changes: true,
      note: 'the rows would stay where they are',
    }),
    refused('the tenant column itself, by all shards', "UPDATE orders SET tenant_id = 'hooli'", {
      options: { allServers: true },
      changes: true,
    }),
  ],
  'Everything else': [
    refused('DDL', 'CREATE TABLE more (id int)', { changes: true }),
    exact('DDL, explicitly', 'CREATE INDEX ON orders (total)', {
      changes: true,
      options: { allServers: true },
    }),
    refused('an alias that is an operator of other dialects', 'SELECT amount like FROM orders'),
    exact('a name that is a keyword of other dialects', 'SELECT amount xor, top.id qualify FROM orders top'),
    refused('LISTEN', 'LISTEN changes', { options: { allServers: true }, note: 'handle.listen()' }),
    refused('EXPLAIN', 'EXPLAIN SELECT * FROM orders', {
      options: { allServers: true },
      note: 'handle.explain()',
    }),
    refused('SET', "SET statement_timeout = '1s'", {
      options: { allServers: true },
      note: 'its effect would end with its connection',
    }),
    refused('a prepared statement', 'DEALLOCATE ALL', {
      options: { allServers: true },
      note: 'its effect would end with its connection',
    }),
    refused('a temporary table', 'CREATE TEMP TABLE passing (id int)', {
      options: { allServers: true },
      changes: true,
      note: 'it would end with its connection',
    }),
    exact(
      'MERGE, explicitly',
      'MERGE INTO orders o USING countries c ON c.code = o.country WHEN MATCHED THEN UPDATE SET amount = 0',
      { changes: true, options: { allServers: true } },
    ),
    exact("PostgreSQL's catalogue", "SELECT relname, relkind FROM pg_class WHERE relname = 'orders'"),
    refused('its statistics', "SELECT reltuples FROM pg_class WHERE relname = 'orders'"),
    refused('its statistics, in a row', "SELECT to_jsonb(c) FROM pg_class c WHERE relname = 'orders'"),
    refused(
      'its statistics, in a row as text',
      "SELECT pg_class::text FROM pg_class WHERE relname = 'orders'",
    ),
    refused('its statistics, by other names', "SELECT b FROM pg_class AS c(a, b) WHERE b = 'orders'"),
    refused(
      'its statistics, in ORDER BY',
      "SELECT relname FROM pg_class WHERE relname = 'orders' ORDER BY relpages",
    ),
    refused(
      'its statistics, in LATERAL',
      "SELECT x.relname FROM pg_class c, LATERAL (SELECT c.*) x WHERE x.relname = 'orders'",
    ),
    exact('other columns of it', "SELECT * FROM (SELECT relname FROM pg_class) c WHERE relname = 'orders'"),
    refused('the time inside of a view', 'SELECT id FROM fresh'),
    refused('the time inside of a view of a view', 'SELECT count(*) FROM newest'),
    exact('the time inside of a view, by null', 'SELECT id FROM fresh', { options: null }),
    exact('the time inside of a materialized view', 'SELECT id FROM stamped'),
    refused('literals that mean the time', "SELECT id FROM orders WHERE placed < timestamptz 'now'"),
    refused(
      'literals that mean the time, as a column has it',
      "SELECT id FROM orders WHERE placed < 'yesterday'",
    ),
    refused('values that mean the time', 'SELECT id FROM orders WHERE placed < ?', { bindings: ['now'] }),
    exact('the same words as text', "SELECT id FROM orders WHERE name <> 'now'"),
    refused('what its servers do', 'SELECT count(*) FROM pg_stat_activity'),
    exact(
      'literals and names of quotes',
      String.raw`SELECT count(*) || '''''' || '\''' || E'\'' AS "a""" FROM orders`,
    ),
    refused('a literal of control characters', String.raw`SELECT count(*) || E'\x01' FROM orders`),
    refused('where a row lies', 'SELECT ctid, id FROM orders'),
    exact(
      'GROUP BY a column that is also an alias',
      'SELECT 1 AS country, count(*) FROM orders GROUP BY country',
    ),
    refused('an aggregate of the query around', 'SELECT (SELECT max(orders.total)) AS most FROM orders'),
    exact('keys in parentheses', 'SELECT paid AS y, count(*) FROM orders GROUP BY (y) ORDER BY (y)'),
    exact('ORDER BY an output column in parentheses', 'SELECT -id AS id FROM orders ORDER BY (id)'),
    exact(
      'DISTINCT ON an output column',
      'SELECT DISTINCT ON (tenant_id) paid AS tenant_id FROM orders ORDER BY tenant_id',
    ),
    exact('no table at all', 'SELECT 1 + 1 AS two'),
    refused('nextval', "SELECT nextval('numbers'), id FROM orders"),
    exact('random', 'SELECT count(*) FROM orders WHERE random() >= 0'),
    refused('own volatile functions', 'SELECT id, dice() FROM orders'),
    exact('FOR UPDATE', 'SELECT id FROM orders WHERE paid FOR UPDATE'),
    exact("PostgreSQL's own refusal: a missing table", 'SELECT * FROM nowhere', { fails: '42P01' }),
    exact("PostgreSQL's own refusal: a type", 'SELECT sum(name) FROM orders', { fails: '42883' }),
    exact("PostgreSQL's own refusal: a syntax error", 'SELECT FROM WHERE', { fails: '42601' }),
  ],
};

module.exports = { DEFINITIONS, TABLES, SHAPES, homeOf };

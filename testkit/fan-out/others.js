/** Changes of rows, and statements of any other kind. */

const { exact, refused } = require('./shape');

/** @type {Record<string, import('./shape').Shape[]>} by heading */
const SHAPES = {
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

module.exports = { SHAPES };

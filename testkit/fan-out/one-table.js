/** Rows of one table: as they are, in order, distinct, aggregated and grouped. */

const { exact } = require('./shape');

/** @type {Record<string, import('./shape').Shape[]>} by heading */
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
};

module.exports = { SHAPES };

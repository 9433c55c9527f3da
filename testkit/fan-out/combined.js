/** Rows of several tables or selects: sets, joins, subqueries and CTEs, and window functions. */

const { exact, refused } = require('./shape');

/** @type {Record<string, import('./shape').Shape[]>} by heading */
const SHAPES = {
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
};

module.exports = { SHAPES };

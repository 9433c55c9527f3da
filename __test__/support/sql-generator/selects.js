/**
 * Random SELECT statements as trees: what render.js writes as SQL, chain.js as calls of Knex's builder, and shrinking
 * cuts. Also UPDATE, DELETE, and statements that PostgreSQL refuses.
 */

const { aggregate, overAggregates, window } = require('./aggregates');
const { sql, plain, value, condition, columnOf, COMPARABLE, LOOSE_TYPES } = require('./expressions');
const { source, orders, subqueryConditions } = require('./sources');

/**
 * @typedef {object} Item a column of the result
 * @property {import('./expressions').Expression} expression
 * @property {string} [alias]
 *
 * @typedef {object} Key of ORDER BY
 * @property {import('./expressions').Expression} expression
 * @property {number} [column] it is this column of the result, named by `by`
 * @property {'position' | 'alias' | 'expression'} by
 * @property {string} direction with NULLS FIRST or LAST
 *
 * @typedef {object} Select
 * @property {'select' | 'set'} kind `set`: `left`, `operator` and `right` instead of all up to `having`
 * @property {object[]} with
 * @property {true | import('./expressions').Expression[]} [distinct] the list: DISTINCT ON
 * @property {Item[]} items
 * @property {object[]} from
 * @property {import('./expressions').Expression[]} where
 * @property {{ sets: string, items: import('./expressions').Expression[], positions: boolean }} [group] `sets`: '',
 *   'ROLLUP', 'CUBE' or 'GROUPING SETS'
 * @property {import('./expressions').Expression[]} having
 * @property {Key[]} order
 * @property {{ text: string, binding?: string }} [limit]
 * @property {{ text: string, binding?: string }} [offset]
 * @property {boolean} [hasWindows] some of `items` are window functions; all have an alias then
 * @property {string[]} labels the shapes that it has
 */

/** @returns {Select} */
function select(random) {
  return random.weighted(
    [9, rows],
    [2, distinct],
    [1, distinctOn],
    [8, groups],
    [2, total],
    [2, setOperation],
    [1, windows],
  )(random);
}

/** A source, conditions, and what expressions need. */
function beginning(random) {
  const { from, where: own = [], with: ctes, columns, unique, byTenant, labels } = source(random);
  const shapes = [...labels];
  const hasOrders =
    from[0].table === 'orders o' &&
    own.length === 0 &&
    !from.some(({ join }) => join === 'RIGHT JOIN' || join === 'FULL JOIN');
  const scope = { random, columns, unique };
  const inWhere = hasOrders ? { ...scope, subquery: subqueryConditions(shapes) } : scope;
  const where = Array.from({ length: random.weighted([5, 0], [5, 1], [1, 2]) }, () => condition(inWhere));
  return {
    scope,
    byTenant,
    query: {
      kind: 'select',
      with: ctes,
      items: [],
      from,
      where: [...own, ...where],
      having: [],
      order: [],
      labels: shapes,
    },
  };
}

function rows(random) {
  const { scope, query } = beginning(random);
  query.items = itemsOf(
    random,
    random.several(1, 6, () => value(scope)),
  );
  query.labels.push('rows');
  if (random.chance(0.65))
    query.order = keysOf(scope, query, () => withoutBindings(scope, (free) => value(free)));
  // A shard may meet an error in a row that one PostgreSQL would not have come to.
  limitOf(random, query);
  return query;
}

function distinct(random) {
  const { scope, query } = beginning(random);
  const values = random.several(1, 3, () =>
    withoutBindings(scope, (free) => columnOf(free, COMPARABLE) ?? value(free)),
  );
  query.distinct = true;
  query.items = itemsOf(random, values.map(loosened), true);
  query.labels.push('distinct');
  if (random.chance(0.7)) query.order = keysOf(scope, query);
  limitOf(random, query);
  return query;
}

function distinctOn(random) {
  const { scope, query } = beginning(random);
  const on = random.several(1, 2, () => columnOf(scope, COMPARABLE) ?? random.pick(scope.unique));
  query.distinct = on;
  query.items = itemsOf(random, [...on, ...random.several(1, 3, () => value(scope, 1))], true);
  query.order = [
    ...on.map((expression) => ({ expression, by: 'expression', direction: direction(random) })),
    ...random
      .sample(scope.unique, random.int(0, 2))
      .map((expression) => ({ expression, by: 'expression', direction: direction(random) })),
  ];
  query.labels.push('distinct on');
  limitOf(random, query);
  return query;
}

function groups(random) {
  const { scope, query } = beginning(random);
  const wanted = random
    .several(1, 3, () =>
      withoutBindings(
        scope,
        (free) => (random.chance(0.75) ? columnOf(free, COMPARABLE) : value(free)) ?? free.unique[0],
      ),
    )
    .filter(({ type }) => type !== 'json')
    .map(loosened);
  if (wanted.length === 0) wanted.push(scope.unique[0]);
  const sets =
    wanted.length > 1 ? random.weighted([8, ''], [1, 'ROLLUP'], [1, 'CUBE'], [1, 'GROUPING SETS']) : '';
  const keys = sets === '' ? wanted : withoutOverlap(wanted);
  const shown = random.sample(keys, random.int(0, keys.length));
  const computed = random.several(1, 4, () =>
    random.chance(0.2) ? overAggregates(scope) : aggregate(scope),
  );
  if (sets !== '' && random.chance(0.5)) computed.push(sql('int4')`grouping(${keys})`);
  query.items = itemsOf(random, [...shown, ...computed]);
  // Positions name columns of the result, so all keys must be there.
  const positions = sets === '' && shown.length === keys.length && random.chance(0.3);
  query.group = { sets, items: positions ? shown : keys, positions };
  query.labels.push('group by', ...(sets === '' ? [] : [sets.toLowerCase()]));
  if (random.chance(0.25)) {
    query.having = [random.chance(0.5) ? plain('bool', 'count(*) > 1') : having(scope)];
    query.labels.push('having');
  }
  if (random.chance(0.7)) {
    query.order = keysOf(scope, query, () => (random.chance(0.6) ? random.pick(keys) : orderable(scope)));
  }
  limitOf(random, query);
  return query;
}

/**
 * Without keys in which another one stands. In grouping sets each of the two is NULL by itself, but PostgreSQL 18 orders
 * by one where ORDER BY names the other, if they are the same but for COLLATE or a cast that changes nothing
 * (`find_ec_member_matching_expr` looks below those), or once constants are folded: `SELECT a COLLATE "C" ... GROUP BY
 * CUBE (a COLLATE "C", a) ORDER BY a` does not come in the order of `a`, and `CASE WHEN false THEN b ELSE a END` is `a`.
 */
function withoutOverlap(keys) {
  return keys.filter(
    (key, index) =>
      !keys.some((other, place) => key.sql.includes(other.sql) && (key.sql !== other.sql || place < index)),
  );
}

function having(scope) {
  const number = columnOf(scope, ['int4', 'int2', 'int8', 'numeric']);
  return number ? sql('bool')`sum(${number}) > 0 OR max(${number}) IS NULL` : plain('bool', 'count(*) < 3');
}

/** An aggregate to order by: one that is not approximate, and has an order. */
function orderable(scope) {
  const { random } = scope;
  const number = columnOf(scope, ['int4', 'int8', 'numeric']);
  return random.pick([
    plain('int8', 'count(*)'),
    ...(number
      ? [sql('numeric')`sum(${number})`, sql('numeric')`avg(${number})`, sql(number.type)`max(${number})`]
      : []),
  ]);
}

function total(random) {
  const { scope, query } = beginning(random);
  query.items = itemsOf(
    random,
    random.several(1, 5, () => (random.chance(0.2) ? overAggregates(scope) : aggregate(scope))),
  );
  query.labels.push('aggregates of all');
  if (random.chance(0.1)) query.having = [plain('bool', 'count(*) > 3')];
  if (random.chance(0.1)) limitOf(random, query);
  return query;
}

function windows(random) {
  const { scope, query, byTenant } = beginning(random);
  const within = byTenant && random.chance(0.8);
  query.items = itemsOf(
    random,
    [...scope.unique, value(scope, 0), ...random.several(1, 2, () => window(scope, within))],
    true,
  );
  query.hasWindows = true;
  query.labels.push(within ? 'window of the tenant' : 'window across tenants');
  if (random.chance(0.5)) query.order = keysOf(scope, query);
  limitOf(random, query);
  return query;
}

function setOperation(random) {
  const operator = random.weighted(
    [4, 'UNION ALL'],
    [4, 'UNION'],
    [2, 'INTERSECT'],
    [2, 'EXCEPT'],
    [1, 'INTERSECT ALL'],
    [1, 'EXCEPT ALL'],
  );
  const { scope } = beginning(random);
  const types = random.several(1, 3, () => (columnOf(scope, COMPARABLE) ?? scope.unique[0]).type);
  const side = () => {
    const { scope: mine, query } = beginning(random);
    const values = types.map((type) => columnOf(mine, [type]));
    if (values.includes(undefined)) return undefined;
    query.items = itemsOf(random, operator === 'UNION ALL' ? values : values.map(loosened), true);
    query.labels.push('rows');
    return query;
  };
  let [left, right] = [side(), side()];
  while (left === undefined) left = side();
  while (right === undefined) right = side();
  const items = left.items;
  const labels = [...left.labels, ...right.labels, operator.toLowerCase()];
  const isReference = ({ labels: shapes }) => shapes.includes('reference table');
  if (isReference(left) !== isReference(right)) labels.push('tenant and reference rows together');
  if (labels.some((label) => /: (group across tenants|distinct of tenant groups)$/.test(label)))
    labels.push('set with a group across tenants');
  const query = { kind: 'set', operator, left, right, with: [], items, order: [], labels };
  if (random.chance(0.6)) query.order = keysOf(scope, query);
  limitOf(random, query);
  // A CTE of either side is named s: its own side has it.
  return query;
}

function itemsOf(random, expressions, named = false) {
  return expressions.map((expression, index) =>
    named || random.chance(0.8) ? { expression, alias: `c${index}` } : { expression },
  );
}

/** Keys to order by: columns of the result, or, where `other` gives them, expressions that are not selected. */
function keysOf({ random }, query, other) {
  const columns = query.items
    .map(({ expression, alias }, column) => ({ expression, alias, column }))
    .filter(({ expression }) => isOrdered(expression));
  const keys = random.several(1, 3, () => {
    if (columns.length > 0 && (other === undefined || random.chance(0.6))) {
      const { expression, alias, column } = random.pick(columns);
      const byName = alias !== undefined && random.chance(0.5);
      return { expression, column, by: byName ? 'alias' : 'position', direction: direction(random) };
    }
    const expression = other?.();
    return expression && isOrdered(expression)
      ? { expression, by: 'expression', direction: direction(random) }
      : undefined;
  });
  const wanted = keys.filter((key) => key !== undefined);
  if (wanted.length > 0) query.labels.push('order by');
  return wanted;
}

function isOrdered({ type, approximate, unordered }) {
  return !approximate && !unordered && !['json', 'array', 'window'].includes(type);
}

function direction(random) {
  return random.pick([
    '',
    '',
    ' ASC',
    ' DESC',
    ' DESC',
    ' NULLS FIRST',
    ' DESC NULLS LAST',
    ' ASC NULLS LAST',
    ' DESC NULLS FIRST',
  ]);
}

function limitOf(random, query) {
  const number = (most) => {
    const text = String(random.int(0, most));
    return random.chance(0.5) ? { text: '?', binding: text } : { text };
  };
  if (random.chance(0.35)) {
    query.limit = random.weighted([9, number(12)], [1, { text: random.pick(['NULL', 'ALL']) }]);
    query.labels.push('limit');
  }
  if (random.chance(0.15)) {
    query.offset = number(6);
    query.labels.push('offset');
  }
}

/** An expression that stands at two places must have the same text at both, so it may have no bindings. */
function withoutBindings(scope, make) {
  return make({ ...scope, literals: true });
}

/** As a key of groups, or of distinct rows: which of equal values stands for all is open. */
function loosened(expression) {
  return LOOSE_TYPES.has(expression.type) ? { ...expression, loose: true } : expression;
}

/** What a fan-out changes: rows of `scratch`, a copy of orders. */
function change(random) {
  const { columns } = orders(random);
  const mine = columns.map((one) => ({ ...one, sql: one.sql.replace('o.', 'scratch.') }));
  const scope = { random, columns: mine };
  const where = random.several(0, 2, () => condition(scope));
  const returning = random.chance(0.6) ? random.sample(mine, random.int(1, 3)) : [];
  const labels = [];
  if (random.chance(0.4)) return { kind: 'delete', where, returning, labels: [...labels, 'delete'] };
  const numbers = [
    plain('', 'i4 = coalesce(scratch.i4, 0) + 1'),
    plain('', "t = coalesce(scratch.t, '') || '!'"),
    plain('', 'n = n * 2'),
    { ...plain('', 'vc = ?'), bindings: ['new'] },
    plain('', 'b = NOT b, d = NULL'),
    plain(
      '',
      "iv = (SELECT max(i.qty) * interval '1 day' FROM items i WHERE i.tenant_id = scratch.tenant_id)",
    ),
  ];
  return {
    kind: 'update',
    set: random.sample(numbers, random.int(1, 2)),
    where,
    returning,
    labels: ['update'],
  };
}

/** What PostgreSQL refuses, whatever the data. */
function wrong(random) {
  const text = random.pick([
    'SELECT missing FROM orders o',
    'SELECT 1 FROM nowhere ORDER BY 1',
    'SELECT o.i4 FROM orders o GROUP BY o.t',
    'SELECT count(*) FROM orders o WHERE o.i4 = o.d',
    'SELECT o.t FROM orders o ORDER BY 3',
    'SELECT sum(o.t) FROM orders o',
    'SELECT DISTINCT o.t FROM orders o ORDER BY o.i4',
    'SELECT o.js FROM orders o GROUP BY 1',
    'SELECT DISTINCT o.js FROM orders o',
    'SELECT o.i4 / 0 FROM orders o WHERE o.id > 0',
    'SELECT sum(o.i4 / 0) FROM orders o',
    'SELECT FROM WHERE',
    'SELECT o.t FROM orders o LIMIT -1',
    'SELECT o.t, count(*) FROM orders o',
    'SELECT o.i4 FROM orders o UNION SELECT o.t FROM orders o',
    "SELECT o.i4 FROM orders o WHERE o.i4 = 'x'",
    'SELECT no_such_function(o.t) FROM orders o ORDER BY 1',
    'UPDATE scratch SET missing = 1',
    "UPDATE scratch SET i2 = 100000 WHERE id < 0 AND i4 = 'x'",
  ]);
  return { kind: 'text', text, labels: ['wrong'] };
}

module.exports = { select, change, wrong };

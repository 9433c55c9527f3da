/**
 * What a random query reads from: a table, joins on the tenant or with the reference table, derived tables, CTEs; and
 * the conditions with subqueries that go with it.
 */

const { ORDER_COLUMNS, ITEM_COLUMNS, KIND_COLUMNS } = require('./tables');
const { sql, plain, condition } = require('./expressions');

/**
 * @typedef {object} Source
 * @property {{ join?: string, table: string, bindings?: string[], on?: string }[]} from
 * @property {import('./expressions').Expression[]} [where] conditions that belong to the joins
 * @property {{ name: string, sql: string, bindings: string[] }[]} with
 * @property {import('./expressions').Expression[]} columns
 * @property {import('./expressions').Expression[]} unique columns that together tell rows apart; the tenant first
 * @property {boolean} byTenant the first of `unique` is the tenant of each row, never NULL
 * @property {string[]} labels
 */

const columnsOf = (alias, columns) => columns.map(({ name, type }) => plain(type, `${alias}.${name}`));
const keyOf = (alias) => [plain('text', `${alias}.tenant_id`), plain('int4', `${alias}.id`)];

const ORDERS = [...keyOf('o'), ...columnsOf('o', ORDER_COLUMNS)];
const ITEMS = [...keyOf('i'), plain('int4', 'i.order_id'), ...columnsOf('i', ITEM_COLUMNS)];
const KINDS = [plain('text', 'k.code'), ...columnsOf('k', KIND_COLUMNS)];

/** @returns {Source} */
function source(random) {
  return random.weighted(
    [12, orders],
    [4, items],
    [4, withItems],
    [2, withKinds],
    [1, kindsAlone],
    [2, derived],
    [2, grouped],
    [1, unrelated],
    [2, anyhow],
  )(random);
}

function orders() {
  return {
    from: [{ table: 'orders o' }],
    with: [],
    columns: ORDERS,
    unique: keyOf('o'),
    byTenant: true,
    labels: [],
  };
}

function items() {
  return {
    from: [{ table: 'items i' }],
    with: [],
    columns: ITEMS,
    unique: keyOf('i'),
    byTenant: true,
    labels: [],
  };
}

function kindsAlone() {
  const unique = [plain('text', 'k.code')];
  return {
    from: [{ table: 'kinds k' }],
    with: [],
    columns: KINDS,
    unique,
    byTenant: false,
    labels: ['reference table'],
  };
}

function withItems(random) {
  const join = random.weighted([5, 'JOIN'], [3, 'LEFT JOIN'], [1, 'RIGHT JOIN'], [1, 'FULL JOIN']);
  const on = 'i.tenant_id = o.tenant_id AND i.order_id = o.id';
  return {
    from: [{ table: 'orders o' }, { join, table: 'items i', on }],
    with: [],
    columns: [...ORDERS, ...ITEMS],
    unique: [...keyOf('o'), ...keyOf('i')],
    byTenant: join === 'JOIN' || join === 'LEFT JOIN',
    labels: [`tenant ${join.toLowerCase()}`],
  };
}

function withKinds(random) {
  const join = random.pick(['JOIN', 'LEFT JOIN']);
  const deep = random.chance(0.3);
  return {
    from: [
      { table: 'orders o' },
      { join, table: 'kinds k', on: 'k.code = o.kind' },
      ...(deep
        ? [{ join: 'JOIN', table: 'items i', on: 'i.tenant_id = o.tenant_id AND i.order_id = o.id' }]
        : []),
    ],
    with: [],
    columns: [...ORDERS, ...KINDS, ...(deep ? ITEMS : [])],
    unique: [...keyOf('o'), ...(deep ? keyOf('i') : [])],
    byTenant: true,
    labels: ['reference join'],
  };
}

/** A subquery in FROM, or a CTE, that keeps each row's tenant. */
function derived(random) {
  const scope = { random, columns: ORDERS };
  const where = condition(scope, 1);
  const inner = sql(
    'query',
  )`SELECT o.tenant_id, o.id, o.i4 AS a, o.t AS b, o.n AS c, o.d AS d FROM orders o WHERE ${where}`;
  const columns = [
    ...keyOf('s'),
    plain('int4', 's.a'),
    plain('text', 's.b'),
    plain('numeric', 's.c'),
    plain('date', 's.d'),
  ];
  return subquery(random, inner, { columns, unique: keyOf('s'), byTenant: true, label: 'tenant' });
}

/** A subquery that groups: within tenants, or across them. */
function grouped(random) {
  const byTenant = random.chance(0.6);
  const key = byTenant ? 'o.tenant_id' : 'o.b';
  const from = `FROM orders o GROUP BY ${key}`;
  if (random.chance(0.2)) {
    const unique = [plain('int8', 's.a')];
    const inner = plain('query', `SELECT DISTINCT count(*) AS a ${from}`);
    return subquery(random, inner, {
      columns: unique,
      unique,
      byTenant: false,
      label: byTenant ? 'distinct of tenant groups' : 'group across tenants',
    });
  }
  const inner = plain('query', `SELECT ${key} AS k, count(*) AS a, sum(o.i4) AS b, min(o.d) AS c ${from}`);
  const unique = [plain(byTenant ? 'text' : 'bool', 's.k')];
  const columns = [...unique, plain('int8', 's.a'), plain('int8', 's.b'), plain('date', 's.c')];
  return subquery(random, inner, {
    columns,
    unique,
    byTenant,
    label: byTenant ? 'tenant group' : 'group across tenants',
  });
}

function subquery(random, inner, { columns, unique, byTenant, label }) {
  const cte = random.chance(0.5);
  return {
    from: [cte ? { table: 's' } : { table: `(${inner.sql}) s`, bindings: inner.bindings }],
    with: cte ? [{ name: 's', sql: inner.sql, bindings: inner.bindings }] : [],
    columns,
    unique,
    byTenant,
    labels: [`${cte ? 'cte' : 'derived table'}: ${label}`],
  };
}

/** A join that rows of two tenants may meet in. */
function unrelated() {
  return {
    from: [{ table: 'orders o' }, { join: 'JOIN', table: 'items i', on: 'i.qty = o.i4 AND o.id < 3' }],
    with: [],
    columns: [...ORDERS, ...ITEMS],
    unique: [...keyOf('o'), ...keyOf('i')],
    byTenant: false,
    labels: ['join across tenants'],
  };
}

/** Few rows each, because they may meet in every combination. */
const FEW = {
  o: { all: 'orders o', few: '(SELECT * FROM orders WHERE id < 3) o', columns: ORDERS },
  p: { all: 'orders p', few: '(SELECT * FROM orders WHERE id < 3) p', columns: [] },
  i: { all: 'items i', few: '(SELECT * FROM items WHERE order_id = 1) i', columns: ITEMS },
  j: { all: 'items j', few: '(SELECT * FROM items WHERE order_id < 3) j', columns: [] },
};

/** Any joins under any conditions: whether each row is of one tenant is for the library to find out. */
function anyhow(random) {
  const aliases = random.sample(Object.keys(FEW), random.int(2, 3));
  const whole = random.chance(0.2) ? random.pick(aliases) : undefined;
  const table = (alias) => (alias === whole ? FEW[alias].all : FEW[alias].few);
  const [first, ...others] = aliases;
  const from = [{ table: table(first) }];
  const seen = [first];
  for (const alias of others) {
    seen.push(alias);
    const join = random.weighted(
      [3, 'JOIN'],
      [3, 'LEFT JOIN'],
      [1, 'RIGHT JOIN'],
      [1, 'FULL JOIN'],
      [2, 'CROSS JOIN'],
    );
    // PostgreSQL makes FULL JOIN only of equalities.
    if (join === 'FULL JOIN')
      from.push({ join, table: table(alias), on: `${alias}.tenant_id = ${seen[0]}.tenant_id` });
    else if (join === 'CROSS JOIN') from.push({ join, table: table(alias) });
    else from.push({ join, table: table(alias), on: ties(random, seen) });
  }
  if (random.chance(0.15)) {
    const inner = `LATERAL (SELECT count(*) AS n FROM items z WHERE ${ties(random, [...seen, 'z'])}) l`;
    from.push(
      random.chance(0.5)
        ? { join: 'CROSS JOIN', table: inner }
        : { join: 'LEFT JOIN', table: inner, on: 'true' },
    );
  }
  return {
    from,
    where: random.several(0, 2, () => plain('bool', ties(random, seen))),
    with: [],
    columns: aliases.flatMap((alias) => [...keyOf(alias), ...FEW[alias].columns.slice(3)]),
    unique: aliases.flatMap(keyOf),
    byTenant: false,
    labels: ['joins of any kind'],
  };
}

function ties(random, aliases) {
  return random.several(1, 2, () => tie(random, aliases)).join(' AND ');
}

/** A condition that may or may not keep the rows of two relations within one tenant. */
function tie(random, aliases) {
  const [one, other] = random.sample(aliases, 2);
  const within = () => ties(random, [...aliases.filter((alias) => alias !== 'z'), 'z']);
  const not = random.pick(['', 'NOT ']);
  return random.weighted(
    [9, () => `${one}.tenant_id = ${other}.tenant_id`],
    [3, () => `${one}.tenant_id = 'acme'`],
    [1, () => `${one}.id = ${other}.id`],
    [1, () => `(${one}.tenant_id, 1) = (${other}.tenant_id, ${other}.id)`],
    [1, () => `NOT (${one}.tenant_id = ${other}.tenant_id)`],
    [1, () => `(${one}.tenant_id = ${other}.tenant_id OR ${one}.id = 1)`],
    [1, () => `(${one}.tenant_id = ${other}.tenant_id) IS NOT FALSE`],
    ...(aliases.includes('z')
      ? []
      : [
          [1, () => `${not}EXISTS (SELECT 1 FROM items z WHERE ${within()})`],
          [1, () => `${one}.tenant_id ${not}IN (SELECT z.tenant_id FROM items z WHERE z.order_id = 2)`],
          [1, () => `${one}.id ${not}IN (SELECT z.order_id FROM items z WHERE ${within()})`],
          [1, () => `(SELECT count(*) FROM items z WHERE ${within()}) < 2`],
        ]),
  )();
}

/**
 * A condition with a subquery, for a source whose rows have `o.tenant_id` and `o.id`.
 *
 * @param {string[]} labels gets the name of its shape
 */
function subqueryConditions(labels) {
  return ({ random }) => {
    const inner = { random, columns: ITEMS };
    const not = random.pick(['', 'NOT ']);
    const one = () => condition(inner, 0);
    const [label, make] = random.weighted(
      [
        3,
        [
          'exists of the tenant',
          () =>
            sql(
              'bool',
            )`${not}EXISTS (SELECT 1 FROM items i WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id AND ${one()})`,
        ],
      ],
      [
        2,
        [
          'in of the tenant',
          () =>
            sql(
              'bool',
            )`o.id ${not}IN (SELECT i.order_id FROM items i WHERE i.tenant_id = o.tenant_id AND ${one()})`,
        ],
      ],
      [
        2,
        [
          'pair in',
          () =>
            sql('bool')`(o.tenant_id, o.id) IN (SELECT i.tenant_id, i.order_id FROM items i WHERE ${one()})`,
        ],
      ],
      [
        2,
        [
          'scalar of the tenant',
          () =>
            sql(
              'bool',
            )`(SELECT count(*) FROM items i WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id) > 1`,
        ],
      ],
      [
        2,
        [
          'in of the reference table',
          () => plain('bool', `o.kind ${not}IN (SELECT k.code FROM kinds k WHERE k.rank > 1)`),
        ],
      ],
      [1, ['scalar across tenants', () => plain('bool', 'o.i4 > (SELECT avg(x.i4) FROM orders x)')]],
      [
        1,
        [
          'in across tenants',
          () => plain('bool', `o.i4 ${not}IN (SELECT i.qty FROM items i WHERE i.qty IS NOT NULL)`),
        ],
      ],
      [
        1,
        ['exists across tenants', () => plain('bool', 'EXISTS (SELECT 1 FROM items i WHERE i.qty = o.i4)')],
      ],
    );
    labels.push(`subquery: ${label}`);
    return make();
  };
}

module.exports = { source, orders, subqueryConditions };

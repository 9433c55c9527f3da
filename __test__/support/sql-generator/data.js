/**
 * Random content for the tables, and which shard holds which of it: all rows of a tenant on one shard, as the library
 * requires; `kinds` on every shard.
 */

const { VALUES, ORDER_COLUMNS, ITEM_COLUMNS, KIND_COLUMNS, quote } = require('./tables');

const TENANTS = [
  'acme',
  'Acme',
  'zoé',
  'b-1',
  'b_1',
  'umbrella',
  'ünder',
  '42',
  'x y',
  'initech',
  'O’Neill',
  'a',
];

/**
 * @typedef {(string | null)[]} Row values in the order of the table's columns, as PostgreSQL reads them
 * @typedef {{ shards: number, style: string, home: Record<string, number>, orders: Row[], items: Row[], kinds: Row[] }} Data
 *   `home`: each tenant's shard; the first value of a row of orders or items is its tenant
 */

/**
 * @param {import('../../../testkit/random').Random} random
 * @param {number} shards
 * @returns {Data}
 */
function randomData(random, shards) {
  const style = random.weighted([4, 'even'], [3, 'skewed'], [2, 'gaps'], [1, 'sparse'], [1, 'empty']);
  const tenants = random.sample(TENANTS, style === 'sparse' ? shards : random.int(shards, TENANTS.length));
  const home = Object.fromEntries(
    tenants.map((tenant, index) => [tenant, homeOf(random, style, index, shards)]),
  );
  const orders = [];
  const items = [];
  const nulls = random.pick([0, 0.05, 0.2, 0.5]);
  const draw = drawer(random, nulls);
  const most = { even: 14, skewed: 8, gaps: 14, sparse: 1, empty: 0 }[style];
  for (const tenant of tenants) {
    const count = style === 'skewed' && home[tenant] === 0 ? 25 : random.int(0, most);
    for (let id = 1; id <= count; id++) {
      orders.push([tenant, String(id), ...ORDER_COLUMNS.map(draw)]);
      for (let child = random.int(0, 3); child > 0; child--) {
        // Now and then of an order that is not there.
        const order = random.chance(0.1) ? String(random.int(20, 40)) : String(id);
        items.push([tenant, String(items.length + 1), order, ...ITEM_COLUMNS.map(draw)]);
      }
    }
  }
  const codes = random.sample(['red', 'green', 'blue', 'black'], random.int(2, 4));
  return {
    shards,
    style,
    home,
    orders,
    items,
    kinds: codes.map((code) => [code, ...KIND_COLUMNS.map(draw)]),
  };
}

function homeOf(random, style, index, shards) {
  if (style === 'skewed') return random.chance(0.6) ? 0 : random.int(0, shards - 1);
  if (style === 'gaps') return 2 * random.int(0, Math.floor((shards - 1) / 2));
  if (style === 'sparse') return index % shards;
  return random.int(0, shards - 1);
}

/** Draws each column from a few of its type's values only, so that values come more than once. */
function drawer(random, nulls) {
  const few = {};
  return ({ name, values }) => {
    few[name] ??= random.sample(VALUES[values], random.int(2, 9));
    return random.chance(nulls) ? null : random.pick(few[name]);
  };
}

/**
 * Statements that fill the tables of one database.
 *
 * @param {Data} data
 * @param {number} [shard] only what lives there; otherwise all
 */
function insertions(data, shard) {
  const here = (row) => shard === undefined || data.home[row[0]] === shard;
  const into = (table, rows) =>
    rows.length === 0
      ? []
      : [`insert into ${table} values ${rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ')}`];
  return [
    ...into('orders', data.orders.filter(here)),
    ...into('items', data.items.filter(here)),
    ...into('kinds', data.kinds),
  ];
}

function literal(value) {
  return value === null ? 'null' : quote(value);
}

module.exports = { randomData, insertions };

/** What is measured of fan-outs: the tables, one for each number of shards, and the questions. */

/** Rows of all shards together, and groups among them. */
const FULL = { rows: 1_000_000, groups: 100_000 };
const QUICK = { rows: 100_000, groups: 10_000 };

/** Rows of `SELECT`, as a part of all. */
const SELECTED = 0.02;
/** Questions of one round where the planner is what matters. */
const MANY = 300;
/** So many of them at once, where that is what matters. */
const CROWD = 32;

/** The table that is spread over so many shards. */
const tableOf = (shards) => `rows_on_${shards}`;

/** Statements that make a shard's part of a table: each shard has every so-manieth row, all of one tenant. */
function seed({ rows, groups }, shards, shard) {
  const table = tableOf(shards);
  return [
    `create table ${table} (tenant_id text, id int4, grp int4, amount int4, price numeric, note text, placed timestamptz)`,
    `insert into ${table}
     select 'tenant-${shard}', i, (i::int8 * 7919 % ${groups})::int4, i % 1000, (i % 9973)::numeric / 100, 'note ' || i,
       '2024-01-01'::timestamptz + (i::int8 * 7907 % 31536000) * interval '1 s'
     from generate_series(${shard + 1}, ${rows}, ${shards}) i`,
    `alter table ${table} add primary key (id)`,
    `vacuum analyze ${table}`,
  ];
}

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {'rows' | 'stream' | 'many'} way all rows at once; as a stream; many questions
 * @property {string} merge the hand-written merge that it needs: a name in contenders.js
 * @property {(table: string, size: typeof FULL, turn: number) => string} text
 * @property {(size: typeof FULL) => number} count rows of the result
 * @property {number} [atOnce] how many of the questions are under way at once
 */

/** @type {Case[]} */
const CASES = [
  {
    name: 'SELECT',
    way: 'rows',
    merge: 'concatenated',
    text: (table, { rows }) => `select id, note, price, placed from ${table} where id <= ${rows * SELECTED}`,
    count: ({ rows }) => rows * SELECTED,
  },
  {
    name: 'COUNT',
    way: 'rows',
    merge: 'counted',
    text: (table) => `select count(*) as n from ${table}`,
    count: () => 1,
  },
  {
    name: 'GROUP BY',
    way: 'rows',
    merge: 'grouped',
    text: (table) => `select grp, count(*) as n, sum(amount) as total from ${table} group by grp`,
    count: ({ groups }) => groups,
  },
  {
    name: 'ORDER BY LIMIT 100',
    way: 'rows',
    merge: 'first100',
    text: (table) => `select id, note, placed from ${table} order by placed desc, id limit 100`,
    count: () => 100,
  },
  {
    name: 'ordered stream',
    way: 'stream',
    merge: 'ordered',
    text: (table) => `select id, note, price from ${table} order by id`,
    count: ({ rows }) => rows,
  },
  {
    name: `${MANY} times the same text, one after the other`,
    way: 'many',
    merge: 'counted',
    text: (table) => `select count(*) as n from ${table} where id = 1`,
    count: () => MANY,
  },
  {
    name: `${MANY} times the same text, ${CROWD} at once`,
    way: 'many',
    atOnce: CROWD,
    merge: 'counted',
    text: (table) => `select count(*) as n from ${table} where id = 1`,
    count: () => MANY,
  },
  {
    name: `${MANY} texts, one after the other`,
    way: 'many',
    merge: 'counted',
    text: (table, _size, turn) => `select count(*) as n from ${table} where id = 1 and amount > -${turn + 1}`,
    count: () => MANY,
  },
];

module.exports = { CASES, FULL, QUICK, MANY, seed, tableOf };

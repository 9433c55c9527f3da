/** What is measured: the table, the queries, and the cases of each workload. */

/** The size of the table. */
const ROWS = 100_000;

/** Eight mixed columns; each but the key with some nulls, the texts with some characters beyond ASCII. */
const SEED = [
  `create table items (
     id int4 primary key, big int8, name text, note text, active bool, created timestamptz, price numeric, details jsonb)`,
  `insert into items
   select i,
     case when i % 11 <> 0 then i * 1000003::int8 end,
     case when i % 13 <> 0 then 'item ' || i || case when i % 5 = 0 then ' é漢' else '' end end,
     case when i % 7 <> 0 then repeat('note ', i % 8) || case when i % 9 = 0 then '\u{1F600}' else '' end end,
     case when i % 17 <> 0 then i % 2 = 0 end,
     case when i % 19 <> 0 then '2024-01-01'::timestamptz + i * interval '61.001 s' end,
     case when i % 23 <> 0 then (i * 7)::numeric / 100 end,
     case when i % 29 <> 0 then jsonb_build_object('id', i, 'tags', jsonb_build_array('a', 'é'), 'deep', jsonb_build_object('x', i % 10)) end
   from generate_series(1, ${ROWS}) i`,
  'vacuum analyze items',
];

/**
 * A query, for Knex and as text for the bare client.
 *
 * @typedef {{ build(db: import('knex').Knex, turn: number): object, text: string, values(turn: number): any[],
 *   rows: number }} Query
 */

/** @type {Query} one row by its key; another key each time */
const POINT = {
  build: (db, turn) => db('items').where('id', keyOf(turn)),
  text: 'select * from "items" where "id" = $1',
  values: (turn) => [keyOf(turn)],
  rows: 1,
};

/** Spreads turns over all keys. */
function keyOf(turn) {
  return ((turn * 7919) % ROWS) + 1;
}

/** @returns {Query} the first rows of the table */
function firstRows(count) {
  return {
    build: (db) => db('items').limit(count),
    text: 'select * from "items" limit $1',
    values: () => [count],
    rows: count,
  };
}

/** @type {Record<string, { name: string, query: Query, concurrency: number }[]>} */
const WORKLOADS = {
  point: [1, 16, 64, 256].map((concurrency) => ({
    name: `point, ${concurrency} at once`,
    query: POINT,
    concurrency,
  })),
  rows: [
    [1, 1],
    [100, 1],
    [100, 16],
    [10_000, 1],
    [100_000, 1],
  ].map(([count, concurrency]) => ({
    name: `${count.toLocaleString('en')} row${count === 1 ? '' : 's'}, ${concurrency} at once`,
    query: firstRows(count),
    concurrency,
  })),
};

module.exports = { SEED, WORKLOADS };

/** Values that are equal and written otherwise (1 and 1.0): the one that comes first on a shard gets into no copy. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const LOOSE = {
  nums: 'numeric',
  cit: 'citext',
  spans: 'interval',
  floats: 'float8',
  docs: 'jsonb',
  loose: 'text collate ci',
};
const EXACT = { prices: 'numeric(10, 2)', ints: 'int', codes: 'text', days: 'date', words: 'varchar(9)' };
const TABLES = Object.entries({ ...LOOSE, ...EXACT });
const SEED = [
  'create extension if not exists citext',
  "create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  ...TABLES.map(([table, type]) => `create table ${table} (v ${type}, title text)`),
  'create table keyed (v numeric primary key, title text)',
  'create table target (id int primary key, code text, n numeric)',
];

describe('values that are equal and written otherwise', () => {
  let shards;
  before(async () => {
    shards = await startShards({
      seed: SEED,
      mtdd: { referenceTables: [...TABLES.map(([table]) => table), 'keyed', 'target'] },
    });
    await shards.prepare("insert into target values (1, 'a', 1)");
    const rows = ["(1, 'x')", "(1.0, 'y')"];
    for (const [index, database] of shards.databases.entries())
      for (const row of index === 1 ? rows.toReversed() : rows)
        await database.raw(`insert into nums values ${row}`);
    await shards.prepare(
      "insert into keyed values (1, 'x'), (2.0, 'y')",
      "insert into prices values (1, 'x'), (1.0, 'y')",
      "insert into ints values (1, 'x'), (1, 'y')",
      "insert into codes values ('a', 'x'), ('b', 'y')",
      "insert into days values ('2020-01-01', 'x')",
      "insert into words values ('a', 'x')",
    );
  });
  after(() => shards?.stop());

  const run = (sql) => shards.db.raw(sql).mtdd({ allServers: true });
  /** Texts for `target.code` that show which of several equal values was taken. */
  const takes = (table) => [
    `(select max(v)::text from ${table})`,
    `array_to_string(array(select v from ${table} order by v), ',')`,
    `(select array_agg(v order by v)::text from ${table})`,
    `(select string_agg(distinct v::text, ',' order by v::text) from (select distinct v from ${table}) q)`,
    `(select string_agg(k::text, ',' order by k::text) from (select v as k from ${table} group by v) q)`,
    `(select string_agg(k, ',' order by k) from (select v::text as k from ${table} group by v) q)`,
    `(select string_agg(k::text, ',' order by k::text) from (select v as k from ${table} union select v from ${table}) q)`,
    `(select (mode() within group (order by v))::text from ${table})`,
    `(select (percentile_disc(0.1) within group (order by v))::text from ${table})`,
    `(with q(k) as (select v from ${table}) select (array_agg(k order by k))::text from q)`,
    `(select min(k)::text from (select v as k, title from ${table}) as q(j, t), lateral (select j) as s(k))`,
  ];

  it('are picked by chance for no copy', async () => {
    for (const table of Object.keys(LOOSE))
      for (const value of takes(table)) {
        // There is no greatest document.
        if (table === 'docs' && /\b(max|min)\(/.test(value)) continue;
        const sql = `update target set code = ${value}`;
        await assert.rejects(
          run(sql).then(() => assert.fail(sql)),
          (error) => {
            assert.equal(error.code, 'PLAN_UNSUPPORTED', `${sql}: ${error.stack}`);
            assert.match(error.message, /written otherwise|order of the rows/, sql);
            return true;
          },
        );
      }
  });

  it('are compared, or of types that write them alike, and give every copy the same', async () => {
    const changes = Object.keys(EXACT).flatMap((table) =>
      takes(table).map((value) => `update target set code = ${value}`),
    );
    for (const sql of [
      ...changes,
      'update target set n = (select max(v) from keyed)',
      'update target set code = (select array_agg(v order by v)::text from keyed)',
      'update target set code = (select count(distinct v)::text from nums)',
      'update target set code = (select sum(v)::text from nums)',
      "update target set code = 'b' where n = (select max(v) from nums)",
      "update target set code = 'c' where n in (select distinct v from nums)",
      "update target set code = 'd' where exists (select 1 from nums group by v having count(*) > 1)",
      'update target set code = (select max(lower(v)) from codes)',
      'update target set code = (select max(length(v) + 1)::text from codes)',
      "update target set code = (select string_agg(v::text, ',' order by v::text) from nums)",
      'insert into target (id, code) select k + 1, max(title) from (select v as k, title from ints) q group by k',
    ]) {
      await run(sql);
      const copies = await Promise.all(
        shards.databases.map(
          async (database) => (await database.raw('select * from target order by 1')).rows,
        ),
      );
      assert.deepEqual(copies[1], copies[0], sql);
      assert.deepEqual(copies[2], copies[0], sql);
    }
  });
});

/** UNION, INTERSECT and EXCEPT compare the rows of each step in that step's types, not in those of the whole. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const SEED = [
  'create extension if not exists citext',
  'create table items (tenant text, id int, big int8, price numeric, ct citext, name text, short varchar(9), day date)',
  'create table refs (code citext, n int)',
  "insert into refs values ('a', 1), ('b', 2)",
];

const BIG = ['9223372036854775807', '9223372036854775806', '5'];

describe('set operations of several types', () => {
  let shards;
  before(async () => {
    shards = await startShards({ seed: SEED, mtdd: { referenceTables: ['refs'] } });
    const rows = (tenant, shard) =>
      [0, 1, 2].map((id) => ({
        tenant,
        id,
        big: BIG[id],
        price: id,
        ct: 'aAbB'[(shard + id) % 4],
        name: `n${id}`,
        short: `n${id + 1}`,
        day: '2024-01-01',
      }));
    await shards.fill('items', ['a', 'b', 'c'].map(rows));
  });
  after(() => shards?.stop());

  it('steps whose types compare otherwise than those of the whole are refused', async () => {
    for (const sql of [
      'select big from items where big > 10 except select big from items where big = 9223372036854775806 union all select 1.5::float8 from items where false',
      'select ct from items union select ct from items union select name from items where false',
      'select ct from items except select upper(ct::text)::citext from items union all select name from items where false',
      "select ct from items except select 'A' from items",
      "select 'A' from items except select code from refs",
      'select max(ct) from (select ct from items union select ct from items union select name from items where false) x',
    ]) {
      const query = shards.db.raw(sql).mtdd();
      const error = await query.then(
        () => assert.fail(`${sql}: is answered`),
        (error) => error,
      );
      assert.equal(error.code, 'PLAN_UNSUPPORTED', error.stack);
      assert.match(error.message, /different types, or a literal without a type/, sql);
    }
  });

  it('all others are answered', async () => {
    for (const sql of [
      'select big from items except select 1.5::float8 from items where false',
      'select id from items union select big from items union select price from items',
      'select name from items except select short from items union all select name from items where id = 0',
      'select big from items except select n from refs union all select big from items where id = 2',
      'select count(*) from (select ct from items union select code from refs union select ct from items) x',
      "select name, 'x' as kind from items except select short, 'x' from items",
      "select 'x' as kind, name, null as day from items union select 'y', short, day from items union select 'z', name, day from items",
      'select *, 1 as kind from items except select *, 1 from items where id = 1',
      "select *, 'a' as kind from items union select *, 'b' from items union select *, 'c' from items",
    ]) {
      await shards.same((db) => db.raw(sql), { ordered: false });
      await shards.same((db) => db.raw(sql), { ordered: false });
    }
    const bound = (db) =>
      db.raw('select name, ?::text from items except select short, ?::text from items', ['x', 'x']);
    await shards.same(bound, { ordered: false });
  });
});

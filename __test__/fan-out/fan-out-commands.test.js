/** What commands for all shards say when they are done, and how their texts and names are read. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const LONG = 'a_rather_long_name_of_a_table_that_somebody_has_generated_from_a_template';
const COPIES = 'a_rather_long_name_of_copies_that_somebody_has_generated_from_a_template_too';

const SEED = [
  'create table items (tenant text, id int)',
  `create table ${LONG} (id int, tenant text)`,
  `create table ${COPIES} (code text primary key)`,
];

const ALL = { allServers: true };

describe('commands for all shards', () => {
  let shards;
  before(async () => {
    shards = await startShards({ seed: SEED, mtdd: { referenceTables: [COPIES] } });
    const rows = (tenant) => Array.from({ length: 10 }, (_, id) => ({ tenant, id }));
    await shards.fill('items', ['t0', 't1', 't2'].map(rows));
  });
  after(() => shards?.stop());

  it('a table made of the rows of all shards says how many they are', async () => {
    for (const sql of ['create table copied as select * from items', 'select * into again from items']) {
      const { command, rowCount } = await shards.db.raw(sql).mtdd(ALL);
      assert.deepEqual([command, rowCount], ['SELECT', 30], sql);
    }
  });

  it('a function whose body is standard SQL is one statement', async () => {
    const body = 'begin atomic select case when a > 1 then 1 end; select a + 1; end';
    await shards.db.raw(`create function next_of(a int) returns int language sql ${body}`).mtdd(ALL);
    for (const database of shards.databases) {
      assert.equal((await database.raw('select next_of(2) as n')).rows[0].n, 3);
    }
  });

  it('names are cut where PostgreSQL cuts them', async () => {
    await shards.same((db) => db.raw(`select count(*) from ${LONG}`));
    const name = 'aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg';
    const sql = `select id as ${name}ggg, count(*) + 1 as n from items group by ${name}hhhh order by 1 limit 1`;
    await shards.same((db) => db.raw(sql));
    const { rowCount } = await shards.db.raw(`insert into ${COPIES} values ('a')`).mtdd(ALL);
    assert.equal(rowCount, 1, 'it is a reference table');
  });
});

/** Queries for all shards hold a connection on each of them: they must not wait for each other's for ever. */

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { startShards } = require('../support/shards');

/** The debug builds of a busy machine take long. */
const ALL = { allServers: true, timeout: 60_000 };
/** Rows of about 1 KB: more than a shard sends before some of them are taken. */
const ROWS = 1000;

/** Shards with few connections, while `work` is done. */
async function withFew(serverArgs, work) {
  const shards = await startShards({
    serverArgs,
    seed: ['create table items (tenant text, id int, name text)'],
  });
  try {
    for (const [index, database] of shards.databases.entries())
      await database.raw(
        'insert into items select ?, id, repeat(md5(id::text), 32) from generate_series(1, ?) as id',
        [`on ${index}`, ROWS],
      );
    await work(shards);
  } finally {
    await shards.stop();
  }
}

describe('shards with few connections', () => {
  it('answer what is asked while a query holds the only one', async () => {
    await withFew(['--pool-size', '1'], async (shards) => {
      for (const sql of [
        'select distinct name from items',
        'select name from items order by name',
        'select name from items order by to_jsonb(name)',
        'select max(name), id from items group by id',
      ]) {
        const { rows } = await shards.db.raw(sql).mtdd(ALL);
        assert.equal(rows.length, /distinct|group/.test(sql) ? ROWS : 3 * ROWS, sql);
      }
    });
  });

  it('answer many queries at once, whose texts are new', async () => {
    await withFew(['--pool-size', '2'], async (shards) => {
      const texts = Array.from({ length: 5 }, (_, index) => [
        `select id, name, ${index} as x from items order by name`,
        `select distinct id, name, ${index} as x from items`,
        `select id, name from items where id > ${index} order by to_jsonb(id)`,
      ]);
      await Promise.all(texts.flat().map((sql) => shards.db.raw(sql).mtdd(ALL)));
    });
  });

  it('do not take a query for a slow reader whose part on another shard waits', async () => {
    await withFew(['--pool-size', '2', '--max-slow-readers', '0'], async (shards) => {
      for (const tenant of ['on 0', 'on 1', 'on 2']) await shards.handle.addTenant(tenant);
      const ask = async (sql, bindings, ...asked) => await shards.db.raw(sql, bindings).mtdd(...asked);
      const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      const sql = 'select id, name from items order by name';
      await ask(sql, [], ALL);
      const busy = (tenant, seconds) => ask('select pg_sleep(?)', [seconds], tenant);
      // Nothing is free on shard 2 for a while, and on shard 0 others wait for what the query holds.
      const work = [busy('on 2', 4), busy('on 2', 4)];
      await wait(500);
      work.unshift(ask(sql, [], ALL));
      await wait(500);
      for (let count = 0; count < 6; count++) work.push(busy('on 0', 1));
      const [{ rows }] = await Promise.all(work);
      assert.equal(rows.length, 3 * ROWS);
    });
  });
});

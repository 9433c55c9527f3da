/** Tables that another transaction has locked on a shard: only what names them waits, and its error says so. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const ALL = { allServers: true };

describe('a table that is locked on one shard', () => {
  let shards;
  before(async () => {
    shards = await startShards({
      mtdd: { referenceTables: ['places'] },
      seed: [
        "create table items (id int, tenant text, title text default 'none')",
        'create table lots (id int, tenant text, n int default 0)',
        'create table guarded (id int, tenant text)',
        'create table places (name text)',
        "insert into places values ('here')",
        'create view seen as select id, tenant from items',
        'alter table guarded enable row level security',
        'create policy own on guarded using (exists (select from items i where i.tenant = guarded.tenant))',
      ],
    });
    for (const table of ['items', 'lots'])
      await shards.fill(table, [
        [{ id: 1, tenant: 'a' }],
        [{ id: 2, tenant: 'b' }],
        [{ id: 3, tenant: 'c' }],
      ]);
  });
  after(() => shards?.stop());

  /** Does `work` while `items` is locked on shard 1, and all shards are to be asked anew. */
  async function locked(work, ddl = 'alter table items add more int') {
    const transaction = await shards.databases[1].transaction();
    try {
      await transaction.raw(ddl);
      await shards.db.raw('create table if not exists another (id int)').mtdd(ALL);
      return await work(transaction);
    } finally {
      if (!transaction.isCompleted()) await transaction.rollback();
    }
  }

  /** Does `work` while nobody can read the table on a shard. */
  async function exclusively(shard, table, work) {
    const transaction = await shards.databases[shard].transaction();
    try {
      await transaction.raw(`lock table ${table} in access exclusive mode`);
      await work();
    } finally {
      await transaction.rollback();
    }
  }

  it('holds up nothing that does not name it', async () => {
    await locked(async () => {
      assert.deepEqual(await shards.db('lots').orderBy('id').pluck('id').mtdd(), [1, 2, 3]);
      assert.equal(await shards.db('lots').increment('n', 1).mtdd(ALL), 3);
    });
  });

  it('fails a change of it with an error that names the shard and the table', async () => {
    await locked(async () => {
      const error = await shards
        .db('items')
        .update({ title: 'x' })
        .mtdd(ALL)
        .then(
          () => assert.fail('is answered'),
          (error) => error,
        );
      assert.equal(error.code, 'SHARD_UNAVAILABLE', error.stack);
      assert.equal(error.context.shardIndex, 1);
      assert.match(error.message, /another transaction has locked items there.*the query had no effect/);
    });
    assert.equal((await shards.databases[0]('items').where('title', 'x')).length, 0);
  });

  it('is left out of a partial result at once, however fresh what is known of it is', async () => {
    await shards.db('items').count('*').mtdd(ALL);
    for (const name of ['items', 'seen'])
      await exclusively(1, 'items', async () => {
        const { rows, mtdd } = await shards.db
          .raw(`select id from ${name}`)
          .mtdd({ ...ALL, partialResults: true, timeout: 30_000 });
        assert.deepEqual(rows.map((row) => row.id).sort(), [1, 3]);
        assert.deepEqual(
          mtdd.failedShards.map(({ shardIndex }) => shardIndex),
          [1],
        );
        assert.match(mtdd.failedShards[0].error.message, /another transaction has locked/);
      });
  });

  it('is read on another shard if all have the same', async () => {
    await shards.db('places').mtdd();
    await exclusively(0, 'places', async () => {
      for (const asked of [ALL, ALL, ALL, { ...ALL, partialResults: true }])
        assert.deepEqual(
          await shards
            .db('places')
            .pluck('name')
            .mtdd({ ...asked, timeout: 30_000 }),
          ['here'],
        );
    });
  });

  it('is read, also by a view, once it is free and as it then is', async () => {
    for (const name of ['items', 'seen']) {
      let rows;
      await locked(async (transaction) => {
        const query = shards.db.raw(`select id from ${name} order by id`).mtdd();
        rows = query.then((result) => result.rows.map((row) => row.id));
        rows.catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 300));
        await transaction.raw('insert into items (id, tenant) values (?, ?)', [4, 'b']);
        await transaction.commit();
      }, 'alter table items alter title set default 1');
      assert.deepEqual(await rows, name === 'items' ? [1, 2, 3, 4] : [1, 2, 3, 4, 4]);
      for (const shard of [0, 2])
        await shards.databases[shard].raw('alter table items alter title set default 1');
    }
  });
});

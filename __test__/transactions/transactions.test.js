/** Transactions with a shard: two shards, and a local database whose part is checked too. */

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const {
  CrossShardTransactionError,
  InitializeReplication,
  PartialFailureError,
  withTenant,
} = require('../../js');
const { startProxy } = require('../support/proxy');
const { startCluster } = require('../../testkit/cluster');

const SEED = [
  'create table notes (id int primary key, text text, tenant text)',
  'create table later (id int references notes deferrable initially deferred)',
];

describe('transactions', () => {
  let cluster;
  let db;
  let handle;
  /** Two tenants of shard 0 and one of shard 1. */
  let home;
  let neighbour;
  let away;
  /** The shard's own databases, asked directly. */
  let shards;
  let plain;

  before(async () => {
    cluster = await startCluster({ shards: 2, seed: SEED });
    db = knex({ client: 'pg', connection: cluster.local.databaseUrl, pool: { min: 0, max: 4 } });
    handle = await InitializeReplication(express(), db, {
      mtdd: { useMtdd: true, queryServers: cluster.queryServers, lookupServer: cluster.lookupServer },
    });
    for (const name of ['a', 'b', 'c', 'd']) await handle.addTenant(name);
    [home, away, neighbour] = ['a', 'b', 'c'];
    assert.deepEqual(
      await Promise.all([home, neighbour, away].map((name) => handle.tenantShard(name))),
      [0, 0, 1],
    );
    shards = cluster.shards.map(({ databaseUrl }) => knex({ client: 'pg', connection: databaseUrl }));
    plain = knex({ client: 'pg', connection: cluster.local.databaseUrl });
  });
  after(async () => {
    for (const instance of [db, plain, ...(shards ?? [])]) await instance?.destroy();
    await cluster?.stop();
  });
  beforeEach(async () => {
    for (const instance of [plain, ...shards]) await instance('notes').delete();
  });

  const note = (id, tenant = home) => ({ id, text: `note ${id}`, tenant });
  const idsOn = async (instance) => (await instance('notes').orderBy('id')).map(({ id }) => id);

  /** Connections of the query servers that are inside a transaction. */
  async function open() {
    const sql = `select count(*)::int as n from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%'`;
    const counts = await Promise.all(shards.map(async (shard) => (await shard.raw(sql)).rows[0].n));
    return counts.reduce((sum, n) => sum + n);
  }

  it('commits what the callback did, and returns its value', async () => {
    const value = await db.transaction(async (trx) => {
      const [inserted] = await trx('notes').insert(note(1)).returning('*').mtdd(home);
      assert.deepStrictEqual(inserted, note(1));
      assert.deepStrictEqual(await trx('notes').mtdd(home), [note(1)], 'it reads its own writes');
      assert.deepEqual(await idsOn(shards[0]), [], 'nobody else does yet');
      return 'value';
    });
    assert.equal(value, 'value');
    assert.deepEqual(await idsOn(shards[0]), [1]);
    assert.equal(await open(), 0);
  });

  it('rolls back when the callback throws, and by rollback()', async () => {
    await assert.rejects(
      db.transaction(async (trx) => {
        await trx('notes').insert(note(1)).mtdd(home);
        throw new Error('no');
      }),
      /^Error: no$/,
    );
    const trx = await db.transaction();
    await trx('notes').insert(note(2)).mtdd(home);
    assert.equal(trx.isCompleted(), false);
    await trx.rollback();
    assert.equal(trx.isCompleted(), true);
    await assert.rejects(async () => trx('notes').mtdd(home), /Transaction query already complete/);
    assert.deepEqual(await idsOn(shards[0]), []);
    assert.equal(await open(), 0);
  });

  it('commit() by hand, executionPromise, transacting before and after .mtdd()', async () => {
    const trx = await db.transaction();
    await db('notes').insert(note(1)).transacting(trx).mtdd(home);
    await db('notes').insert(note(2)).mtdd(home).transacting(trx);
    await trx.raw('insert into notes values (3, ?, ?)', ['note 3', home]).mtdd(home);
    assert.equal(await open(), 1);
    await trx.commit('done');
    assert.equal(await trx.executionPromise, 'done');
    assert.deepEqual(await idsOn(shards[0]), [1, 2, 3]);
  });

  it('an error leaves it failed, as in PostgreSQL, until it is rolled back', async () => {
    await assert.rejects(
      db.transaction(async (trx) => {
        await trx('notes').insert(note(1)).mtdd(home);
        await assert.rejects(trx('notes').insert(note(1)).mtdd(home), { code: '23505' });
        await trx('notes').mtdd(home);
      }),
      { code: '25P02' },
    );
    assert.deepEqual(await idsOn(shards[0]), []);
  });

  it('nested transactions are savepoints, three deep', async () => {
    await db.transaction(async (one) => {
      await one('notes').insert(note(1)).mtdd(home);
      await one.transaction(async (two) => {
        await two('notes').insert(note(2)).mtdd(home);
        await assert.rejects(
          two.transaction(async (three) => {
            await three('notes').insert(note(3)).mtdd(home);
            throw new Error('only this');
          }),
          /only this/,
        );
        await two('notes').insert(note(4)).mtdd(home);
      });
      await assert.rejects(
        one.transaction(async (two) => {
          await two('notes').insert(note(1)).mtdd(home);
        }),
        { code: '23505' },
      );
      await one('notes').insert(note(5)).mtdd(home);
    });
    assert.deepEqual(await idsOn(shards[0]), [1, 2, 4, 5]);
  });

  it('has the isolation level and the read-only mode that were asked for', async () => {
    await db.transaction(
      async (trx) => {
        const { rows } = await trx.raw("select current_setting('transaction_isolation') as level").mtdd(home);
        assert.equal(rows[0].level, 'repeatable read');
      },
      { isolationLevel: 'repeatable read' },
    );
    await assert.rejects(
      db.transaction((trx) => trx('notes').insert(note(1)).mtdd(home), { readOnly: true }),
      { code: '25006' },
    );
  });

  it('forUpdate holds its lock until the end', async () => {
    await shards[0]('notes').insert(note(1));
    const trx = await db.transaction();
    await trx('notes').where('id', 1).forUpdate().mtdd(home);
    await assert.rejects(shards[0].raw('select * from notes where id = 1 for update nowait'), {
      code: '55P03',
    });
    await trx.rollback();
    await shards[0].raw('select * from notes where id = 1 for update nowait');
  });

  it('two tenants of one shard may share one; a tenant of another shard and all shards may not', async () => {
    await db.transaction(async (trx) => {
      const tenant = async (name) =>
        (await trx.raw("select current_setting('mtdd.tenant_id', true) as t").mtdd(name)).rows[0].t;
      assert.equal(await tenant(home), home);
      assert.equal(await tenant(neighbour), neighbour);
      await assert.rejects(trx('notes').insert(note(9, away)).mtdd(away), (error) => {
        assert.ok(error instanceof CrossShardTransactionError);
        assert.match(error.message, /tenant "a".*tenant "b"/);
        return true;
      });
      await assert.rejects(trx('notes').mtdd(), CrossShardTransactionError);
      await trx('notes').insert(note(1)).mtdd(home);
    });
    assert.deepEqual(await idsOn(shards[0]), [1]);
    assert.deepEqual(await idsOn(shards[1]), []);
  });

  it('config.mtdd names the tenant of every query', async () => {
    await db.transaction(
      async (trx) => {
        await trx('notes').insert(note(1));
        await trx.transaction((inner) => inner('notes').insert(note(2)));
        await trx.batchInsert('notes', [note(3), note(4)], 1);
      },
      { mtdd: { tenantId: home } },
    );
    assert.deepEqual(await idsOn(shards[0]), [1, 2, 3, 4]);
    assert.deepEqual(await idsOn(plain), []);
  });

  it('a tenant in the air is the tenant of its queries', async () => {
    await withTenant(home, () =>
      db.transaction(async (trx) => {
        await trx('notes').insert(note(1));
        await trx.transaction((inner) => inner('notes').insert(note(2)));
      }),
    );
    assert.deepEqual(await idsOn(shards[0]), [1, 2]);
    assert.deepEqual(await idsOn(plain), []);
  });

  it('the local database takes part when a query is for it, and only then', async () => {
    const seen = [];
    const listen = ({ sql }) => seen.push(sql);
    db.on('query', listen);
    await db.transaction(async (trx) => {
      await trx('notes').insert(note(1)).mtdd(home);
    });
    assert.deepEqual(
      seen.filter((sql) => !sql.startsWith('insert')),
      ['BEGIN;', 'COMMIT;'],
    );
    await db.transaction(async (trx) => {
      await trx('notes').insert(note(2)).mtdd(home);
      await trx('notes').insert(note(2));
    });
    await assert.rejects(
      db.transaction(async (trx) => {
        await trx('notes').insert(note(3)).mtdd(home);
        await trx('notes').insert(note(3));
        throw new Error('neither');
      }),
      /neither/,
    );
    db.removeListener('query', listen);
    assert.deepEqual(await idsOn(shards[0]), [1, 2]);
    assert.deepEqual(await idsOn(plain), [2]);
  });

  it('if the shard cannot commit, the local part goes back too', async () => {
    await assert.rejects(
      db.transaction(async (trx) => {
        await trx('notes').insert(note(1));
        // Checked at COMMIT.
        await trx('later').insert({ id: 77 }).mtdd(home);
      }),
      { code: '23503' },
    );
    assert.deepEqual(await idsOn(plain), []);
    assert.equal(await open(), 0);
  });

  it('if only the local part cannot commit, the error says that the shard has', async () => {
    await assert.rejects(
      db.transaction(async (trx) => {
        await trx('notes').insert(note(1)).mtdd(home);
        await trx('later').insert({ id: 77 });
      }),
      (error) => {
        assert.ok(error instanceof PartialFailureError);
        assert.deepEqual(error.context, { shard: 'done', local: 'failed' });
        assert.equal(error.cause.code, '23503');
        return true;
      },
    );
    assert.deepEqual(await idsOn(shards[0]), [1]);
  });

  describe('a failure that the application keeps to itself', () => {
    /** Inserts a row twice, and says nothing of the second. */
    const twice = async (insert) => {
      await insert();
      await insert().catch(() => {});
    };
    const onShard = (trx, id) => trx('notes').insert(note(id)).mtdd(home);
    const locally = (trx, id) => trx('notes').insert(note(id));

    for (const [where, code, work] of [
      ['on the shard', '25P02', (trx) => twice(() => onShard(trx, 2))],
      ['on the local database', '25P02', (trx) => twice(() => locally(trx, 2))],
      [
        'of a query whose time is up',
        '25P02',
        (trx) =>
          trx
            .raw('select pg_sleep(10)')
            .mtdd(home, 1, 'auto', { timeout: 100 })
            .catch(() => {}),
      ],
      [
        'of a nested transaction',
        '25P02',
        (trx) =>
          trx
            .transaction(async (inner) => locally(inner, 1))
            .catch(() => {})
            .then(() => twice(() => locally(trx, 2))),
      ],
      ['that is a ROLLBACK on the shard', '25P01', (trx) => trx.raw('rollback').mtdd(home)],
      ['that is a ROLLBACK on the local database', '25P01', (trx) => trx.raw('rollback')],
    ]) {
      it(`${where} keeps no half: both are rolled back, and the transaction rejects`, async () => {
        await assert.rejects(
          db.transaction(async (trx) => {
            await onShard(trx, 1);
            await locally(trx, 1);
            await work(trx);
          }),
          { code, message: /^COMMIT; - / },
        );
        assert.deepEqual([await idsOn(plain), await idsOn(shards[0])], [[], []]);
        assert.equal(await open(), 0);
      });
    }

    it('also where the transaction is committed by the application', async () => {
      const trx = await db.transaction();
      await onShard(trx, 1);
      await locally(trx, 1);
      await twice(() => locally(trx, 2));
      await assert.rejects(async () => trx.commit().then(() => trx.executionPromise), { code: '25P02' });
      await assert.rejects(trx.executionPromise, { code: '25P02' });
      assert.deepEqual([await idsOn(plain), await idsOn(shards[0])], [[], []]);
    });

    for (const [where, insert] of [
      ['on the shard', onShard],
      ['on the local database', locally],
    ]) {
      it(`in a nested transaction, ${where}: that goes back on both, and the outer one goes on`, async () => {
        await db.transaction(async (trx) => {
          await onShard(trx, 1);
          await locally(trx, 1);
          const inner = trx.transaction(async (one) => {
            await onShard(one, 2);
            await locally(one, 2);
            await insert(one, 2).catch(() => {});
          });
          await assert.rejects(inner, { code: '25P02' });
          await onShard(trx, 3);
          await locally(trx, 3);
        });
        assert.deepEqual(
          [await idsOn(plain), await idsOn(shards[0])],
          [
            [1, 3],
            [1, 3],
          ],
        );
      });
    }

    it('with the local connection gone, the shard does not commit either', async () => {
      await assert.rejects(
        db.transaction(async (trx) => {
          await onShard(trx, 1);
          await locally(trx, 1);
          const [{ pid }] = (await trx.raw('select pg_backend_pid() as pid')).rows;
          await plain.raw('select pg_terminate_backend(?)', [pid]);
          await sleep(100);
        }),
      );
      assert.deepEqual([await idsOn(plain), await idsOn(shards[0])], [[], []]);
    });
  });

  it('a transaction that is open when its Knex instance is destroyed may still end', async () => {
    const { queryServers, lookupServer } = cluster;
    for (const close of [(own) => own.db.destroy(), (own) => own.handle.close()]) {
      await Promise.all([plain('notes').delete(), shards[0]('notes').delete()]);
      const own = { db: knex({ client: 'pg', connection: cluster.local.databaseUrl, pool: { min: 0 } }) };
      own.handle = await InitializeReplication(express(), own.db, {
        mtdd: { useMtdd: true, queryServers, lookupServer, logLevel: 'silent' },
      });
      const trx = await own.db.transaction();
      await trx('notes').insert(note(1)).mtdd(home);
      await trx('notes').insert(note(1));
      const closing = close(own);
      await assert.rejects(async () => own.db('notes').mtdd(home), { code: 'CLIENT_CLOSED' });
      await sleep(200);
      await trx('notes').insert(note(2)).mtdd(home);
      await trx.transaction((inner) => inner('notes').insert(note(3)).mtdd(home));
      await trx.commit();
      await closing;
      await own.db.destroy();
      assert.deepEqual([await idsOn(plain), await idsOn(shards[0])], [[1], [1, 2, 3]]);
    }
  });

  it('if the local connection breaks during COMMIT, the error says that its outcome is unknown', async () => {
    await plain.raw(`
      create table slow (id int);
      create function wait() returns trigger language plpgsql as 'begin perform pg_sleep(1); return null; end';
      create constraint trigger wait after insert on slow initially deferred for each row execute function wait();
    `);
    const url = new URL(cluster.local.databaseUrl);
    const proxy = await startProxy(url.host);
    url.host = proxy.address;
    const { queryServers, lookupServer } = cluster;
    const another = knex({ client: 'pg', connection: url.href, pool: { min: 0 } });
    const connected = await InitializeReplication(express(), another, {
      mtdd: { useMtdd: true, queryServers, lookupServer, logLevel: 'silent' },
    });
    try {
      const trx = await another.transaction();
      await trx('notes').insert(note(1)).mtdd(home);
      await trx('slow').insert({ id: 1 });
      const ended = assert.rejects(trx.executionPromise, (error) => {
        assert.ok(error instanceof PartialFailureError, String(error));
        assert.deepEqual(error.context, { shard: 'done', local: 'unknown' });
        assert.match(error.message, /nobody knows whether the local database has/);
        return true;
      });
      trx.commit();
      while ((await idsOn(shards[0])).length === 0) await sleep(10);
      proxy.withhold();
      while ((await plain('slow')).length === 0) await sleep(50);
      proxy.cut();
      await ended;
    } finally {
      await connected.close();
      await another.destroy();
      proxy.stop();
      await plain.raw('drop table slow; drop function wait');
    }
  });

  it('streams, first, pluck and batchInsert work inside', async () => {
    await db.transaction(async (trx) => {
      await trx('notes')
        .insert([note(1), note(2)])
        .mtdd(home);
      const rows = [];
      for await (const row of trx('notes').orderBy('id').mtdd(home).stream()) rows.push(row.id);
      assert.deepEqual(rows, [1, 2]);
      assert.deepEqual(await trx('notes').pluck('id').orderBy('id').mtdd(home), [1, 2]);
      assert.equal((await trx('notes').first().orderBy('id', 'desc').mtdd(home)).id, 2);
    });
  });

  it('an unknown tenant rejects its query, and the transaction may go on elsewhere', async () => {
    await db.transaction(async (trx) => {
      await assert.rejects(trx('notes').mtdd('nobody'), { code: 'TENANT_NOT_FOUND' });
      await trx('notes').insert(note(1, away)).mtdd(away);
    });
    assert.deepEqual(await idsOn(shards[1]), [1]);
  });

  it('a query server that dies in the middle rolls back, and the error says so', async () => {
    const trx = await db.transaction();
    await trx('notes').insert(note(1)).mtdd(home);
    await cluster.shards[0].kill();
    await assert.rejects(async () => trx('notes').insert(note(2)).mtdd(home), { code: 'SHARD_UNAVAILABLE' });
    await trx.commit();
    await assert.rejects(trx.executionPromise, { code: 'SHARD_UNAVAILABLE' });
    await cluster.shards[0].start();
    for (let turn = 0; turn < 100 && (await open()) > 0; turn++) await sleep(50);
    assert.deepEqual(await idsOn(shards[0]), []);
    await db('notes').insert(note(3)).mtdd(home);
    assert.deepEqual(await idsOn(shards[0]), [3]);
  });

  it('what never asks anybody ends without a server', async () => {
    assert.equal(await db.transaction(async () => 'nothing'), 'nothing');
    await assert.rejects(
      db.transaction(async () => {
        throw new Error('nothing');
      }),
      /nothing/,
    );
  });

  it('one hundred at once each keep to themselves', async () => {
    await Promise.all(
      Array.from({ length: 100 }, (_, id) =>
        db
          .transaction(async (trx) => {
            await trx('notes').insert(note(id)).mtdd(home);
            await trx('notes').where('id', id).update({ text: 'updated' }).mtdd(home);
            if (id % 2 === 1) throw new Error('odd');
          })
          .catch((error) => assert.equal(error.message, 'odd')),
      ),
    );
    assert.equal((await idsOn(shards[0])).length, 50);
    assert.equal(await open(), 0);
  });
});

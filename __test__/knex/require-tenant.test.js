/**
 * `requireTenant: 'transaction'`: as with true, a query that names no tenant is refused; inside a transaction that is
 * pinned to one tenant, it belongs to that. With two shards, a local database that must stay empty, and the same code with
 * `useMtdd: false`.
 */

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const { InitializeReplication, ValidationError, runLocal, withTenant } = require('../../js');
const { startCluster } = require('../../testkit/cluster');

const SEED = [
  "create table notes (id int primary key, who text default current_setting('mtdd.tenant_id', true))",
];
const note = (id) => ({ id });
const isMissing = (error) => {
  assert.ok(error instanceof ValidationError, error.stack);
  assert.match(error.message, /^mtdd\.requireTenant: this query names no tenant/);
  return true;
};

describe("requireTenant: 'transaction'", () => {
  let cluster;
  let db;
  let plain;
  let shards;
  /** Two tenants of shard 0 and one of shard 1. */
  const [home, away, neighbour] = ['a', 'b', 'c'];

  before(async () => {
    cluster = await startCluster({ shards: 2, seed: SEED });
    db = knex({ client: 'pg', connection: cluster.local.databaseUrl, pool: { min: 0, max: 4 } });
    const handle = await InitializeReplication(express(), db, {
      mtdd: {
        useMtdd: true,
        queryServers: cluster.queryServers,
        lookupServer: cluster.lookupServer,
        requireTenant: 'transaction',
      },
    });
    for (const name of [home, away, neighbour]) await handle.addTenant(name);
    assert.equal(handle.config.requireTenant, 'transaction');
    plain = knex({ client: 'pg', connection: cluster.local.databaseUrl });
    shards = cluster.shards.map(({ databaseUrl }) => knex({ client: 'pg', connection: databaseUrl }));
  });
  after(async () => {
    for (const instance of [db, plain, ...(shards ?? [])]) await instance?.destroy();
    await cluster?.stop();
  });
  beforeEach(async () => {
    for (const instance of [plain, ...shards]) await instance('notes').delete();
  });
  const rows = async (instance) =>
    (await instance('notes').orderBy('id')).map(({ id, who }) => `${id} ${who}`);

  it('a query after one that has named its tenant belongs to that', async () => {
    await db.transaction(async (trx) => {
      await trx('notes').insert(note(1)).mtdd(home);
      await trx('notes').insert(note(2));
      await trx.raw('insert into notes values (3)');
      await db('notes').insert(note(4)).transacting(trx);
      await trx.batchInsert('notes', [note(5), note(6)], 1);
      await db.batchInsert('notes', [note(7)]).transacting(trx);
      await trx.transaction(async (inner) => {
        await inner('notes').insert(note(8));
        await inner.savepoint((innermost) => innermost('notes').insert(note(9)));
      });
      const seen = [];
      for await (const { id } of trx('notes').orderBy('id').stream()) seen.push(id);
      assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
      assert.equal(
        await trx('notes')
          .whereIn('id', trx('notes').select('id').mtdd(home))
          .count()
          .first()
          .then(Number.isNaN),
        false,
      );
      assert.equal(await trx.schema.hasTable('notes'), true);
    });
    assert.deepEqual(
      await rows(shards[0]),
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => `${id} ${home}`),
    );
    assert.deepEqual([await rows(plain), await rows(shards[1])], [[], []]);
  });

  it('also where nobody waits for the first, and where the first is in a nested transaction', async () => {
    await db.transaction(async (trx) => {
      const both = [trx('notes').insert(note(1)).mtdd(home).then(), trx('notes').insert(note(2)).then()];
      await Promise.all(both);
    });
    await db.transaction(async (trx) => {
      await trx.transaction((inner) => inner('notes').insert(note(3)).mtdd(home));
      await trx('notes').insert(note(4));
    });
    assert.deepEqual(await rows(shards[0]), ['1 a', '2 a', '3 a', '4 a']);
    assert.deepEqual(await rows(plain), []);
  });

  it('what is said of the first query holds for that alone', async () => {
    await db.transaction(async (trx) => {
      await trx('notes').insert(note(1)).mtdd(home, 1, 'auto', { timeout: 1500 });
      await trx.raw('select pg_sleep(1.7)');
      await trx('notes').insert(note(2));
    });
    assert.deepEqual(await rows(shards[0]), ['1 a', '2 a']);
  });

  it('before any query has named a tenant, and outside, it is refused, and nothing is sent', async () => {
    const calls = [
      () => db('notes').insert(note(1)),
      () => db.batchInsert('notes', [note(1)]),
      () => db.transaction((trx) => trx('notes').insert(note(1))),
      () => db.transaction((trx) => trx.batchInsert('notes', [note(1)])),
      () => db.transaction((trx) => trx.transaction((inner) => inner('notes').insert(note(1)))),
      () =>
        db.transaction(async (trx) => {
          await trx('notes')
            .mtdd('nobody')
            .catch(() => {});
          await trx('notes').insert(note(1));
        }),
      () =>
        db('notes')
          .insert(note(1))
          .connection({ query: () => assert.fail('it was sent') }),
    ];
    for (const call of calls) await assert.rejects(async () => call(), isMissing);
    await assert.rejects(new Promise((_, reject) => db('notes').stream().on('error', reject)), isMissing);
    for (const instance of [plain, ...shards]) assert.deepEqual(await rows(instance), []);
  });

  it('with two tenants in one transaction it is refused, because it could be either', async () => {
    await db.transaction(async (trx) => {
      await trx('notes').insert(note(1)).mtdd(home);
      await trx('notes').insert(note(2)).mtdd(neighbour);
      await assert.rejects(
        async () => trx('notes').insert(note(3)),
        (error) => {
          assert.match(error.message, /has queries for tenant "a" .* and for tenant "c"/);
          return isMissing(error);
        },
      );
      await assert.rejects(trx.batchInsert('notes', [note(3)]), isMissing);
      await trx('notes').insert(note(4)).mtdd(neighbour);
    });
    assert.deepEqual(await rows(shards[0]), ['1 a', '2 c', '4 c']);
  });

  it('a tenant around it, and runLocal, say enough', async () => {
    await db.transaction(async (trx) => {
      await trx('notes').insert(note(1)).mtdd(home);
      await runLocal(() => trx('notes').insert(note(2)));
      await withTenant(neighbour, () => trx('notes').insert(note(3)));
      await assert.rejects(
        withTenant(away, async () => trx('notes').insert(note(4))),
        {
          code: 'CROSS_SHARD_TRANSACTION',
        },
      );
    });
    await db.transaction((trx) => trx('notes').insert(note(5)), { mtdd: { tenantId: home } });
    assert.deepEqual(await rows(shards[0]), ['1 a', '3 c', '5 a']);
    assert.deepEqual(await plain('notes').pluck('id'), [2]);
  });

  it('two transactions at once do not mix', async () => {
    await Promise.all(
      [home, away].map((tenant, index) =>
        db.transaction(async (trx) => {
          await trx('notes').insert(note(index)).mtdd(tenant);
          for (let id = 10 + index; id < 30; id += 2) await trx('notes').insert(note(id));
        }),
      ),
    );
    assert.deepEqual(await shards[0]('notes').distinct('who').pluck('who'), [home]);
    assert.deepEqual(await shards[1]('notes').distinct('who').pluck('who'), [away]);
  });

  it('with useMtdd false the same code is accepted and refused', async () => {
    const local = knex({ client: 'pg', connection: cluster.local.databaseUrl, pool: { min: 0, max: 4 } });
    await InitializeReplication(express(), local, { mtdd: { useMtdd: false, requireTenant: 'transaction' } });
    await local.transaction(async (trx) => {
      await trx('notes').insert(note(1)).mtdd(home);
      await trx('notes').insert(note(2));
      await trx.batchInsert('notes', [note(3)]);
      await trx.transaction((inner) => inner('notes').insert(note(4)));
    });
    await local.transaction((trx) => trx('notes').insert(note(5)), { mtdd: home });
    assert.deepEqual(await plain('notes').orderBy('id').pluck('id'), [1, 2, 3, 4, 5]);
    for (const call of [
      () => local('notes').insert(note(6)),
      () => local.transaction((trx) => trx('notes').insert(note(6))),
      () => local.transaction((trx) => trx.transaction((inner) => inner.batchInsert('notes', [note(6)]))),
      () =>
        local.transaction(async (trx) => {
          await trx('notes').mtdd(home);
          await trx('notes').mtdd(neighbour);
          await trx('notes').insert(note(6));
        }),
    ]) {
      await assert.rejects(async () => call(), isMissing);
    }
    assert.equal((await plain('notes')).length, 5);
    await local.destroy();
  });
});

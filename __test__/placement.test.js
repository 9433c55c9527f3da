/**
 * A tenant's queries run on the shard that the lookup server's table names, or nowhere.
 */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const { InitializeReplication, ShardNotFoundError } = require('../js');
const { startCluster } = require('./support/cluster');
const { startQueryServer } = require('./support/servers');

const SEED = ['create table notes (tenant text not null, n int not null)'];

describe('query servers that stand in another order', () => {
  let cluster;
  const apps = [];

  async function startApp(mtdd) {
    const db = knex({ client: 'pg', connection: cluster.local.databaseUrl });
    const handle = await InitializeReplication(express(), db, {
      mtdd: {
        useMtdd: true,
        queryServers: cluster.queryServers,
        lookupServer: cluster.lookupServer,
        ...mtdd,
      },
    });
    apps.push({ db, handle });
    return { db, handle };
  }

  before(async () => {
    cluster = await startCluster({ shards: 3, seed: SEED });
    const { db } = await startApp();
    for (const tenant of ['a', 'b', 'c'])
      await db('notes').insert({ tenant, n: 1 }).mtdd(tenant, null, 'addTenantShard');
  });
  after(async () => {
    for (const { db, handle } of apps) {
      await handle.close();
      await db.destroy();
    }
    await cluster?.stop();
  });

  const names = (shard, meant) => (error) => {
    assert.ok(error instanceof ShardNotFoundError, String(error));
    assert.equal(error.code, 'SHARD_NOT_FOUND');
    assert.match(error.message, new RegExp(`is shard ${shard} \\(--shard ${shard}\\)`));
    assert.match(error.message, new RegExp(`queryServers\\[${meant}\\]`));
    return true;
  };

  async function total() {
    const { db } = apps[0];
    return Number((await db('notes').count().mtdd(null))[0].count);
  }

  it('refuses queries, transactions, streams, fan-outs and listeners before anything runs', async () => {
    const [first, second, third] = cluster.queryServers;
    const { db, handle } = await startApp({ queryServers: [first, third, second] });
    assert.equal(await handle.tenantShard('b'), 1);
    const insert = (knexOrTrx) => knexOrTrx('notes').insert({ tenant: 'b', n: 2 }).mtdd('b');
    await assert.rejects(insert(db), names(2, 1));
    await assert.rejects(
      db.transaction((trx) => insert(trx)),
      names(2, 1),
    );
    const stream = db('notes').insert({ tenant: 'b', n: 3 }).returning('*').mtdd('b').stream();
    await assert.rejects(stream.toArray(), names(2, 1));
    // Two of three shards are swapped: the first one must not run its part alone.
    await assert.rejects(db('notes').del().mtdd(null), names(2, 1));
    await assert.rejects(db('notes').count().mtdd(null), names(2, 1));
    await assert.rejects(db.raw('update notes set n = n + 1').mtdd(null), names(2, 1));
    await assert.rejects(
      handle.listen('news', () => {}, { tenantId: 'b' }),
      names(2, 1),
    );
    assert.equal(await total(), 3);
    await db('notes').where({ tenant: 'a' }).mtdd('a');
  });

  it('refuses large queries, which do not run in part either', async () => {
    const [first, second, third] = cluster.queryServers;
    const { db } = await startApp({ queryServers: [first, third, second] });
    const rows = Array.from({ length: 20_000 }, (_, n) => ({ tenant: 'b', n }));
    await assert.rejects(db('notes').insert(rows).mtdd('b'), names(2, 1));
    assert.equal(await total(), 3);
  });

  it('goes on working with a query server that was not told its shard', async () => {
    const untold = await startQueryServer({ databaseUrl: cluster.shards[1].databaseUrl });
    try {
      const [first, , third] = cluster.queryServers;
      const { db } = await startApp({ queryServers: [first, untold.address, third] });
      assert.equal((await db('notes').where({ tenant: 'b' }).mtdd('b')).length, 1);
    } finally {
      await untold.stop();
    }
  });
});

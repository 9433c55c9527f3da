const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');
const { startCluster } = require('../../testkit/cluster');

/** The deadline of each query here, in milliseconds. */
const DEADLINE = 3000;

describe('what goes down and comes back', () => {
  let cluster;
  let db;
  let handle;

  before(async () => {
    cluster = await startCluster({
      shards: 2,
      separate: true,
      durableLookup: true,
      seed: ['create table notes (n int)'],
    });
    db = knex({ client: 'pg', connection: cluster.local.databaseUrl });
    handle = await InitializeReplication(express(), db, {
      mtdd: {
        useMtdd: true,
        queryServers: cluster.queryServers,
        lookupServer: cluster.lookupServer,
        timeout: DEADLINE,
        logLevel: 'silent',
      },
    });
    for (const tenant of ['on 0', 'on 1'])
      assert.equal((await handle.addTenant(tenant)).shardIndex, Number(tenant.at(-1)));
  });
  after(async () => {
    await handle?.close();
    await db?.destroy();
    await cluster?.stop();
  });

  // What one test took down and did not bring back must not fail the next.
  beforeEach(async () => {
    for (const { postgres, server } of cluster.shards) {
      await postgres.start();
      await server.start();
    }
    await cluster.lookup.start();
    await heals('on 0');
  });

  // Async, so that a query is sent at once and not only when it is awaited.
  const ask = async (tenant, text = 'select 1 as a') => db.raw(text).mtdd(tenant);
  // A call of a function may write, so only its author can say that it is a read.
  const read = async (tenant, text) => db.raw(text).mtdd({ tenantId: tenant, operationType: 'read' });

  /** The error of a query that has to fail before its deadline (and a little for a busy machine). */
  async function failureOf(query) {
    const begun = Date.now();
    const error = await query.then(
      () => assert.fail('the query has not failed'),
      (reason) => reason,
    );
    assert.ok(Date.now() - begun < DEADLINE + 1500, `failed only after ${Date.now() - begun} ms`);
    return error;
  }

  /** Asks until it is answered; the library has to find its way back by itself. */
  async function heals(tenant) {
    const deadline = Date.now() + 15_000;
    for (;;) {
      try {
        assert.deepEqual((await ask(tenant)).rows, [{ a: 1 }]);
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(50);
      }
    }
  }

  it('a query server that is killed fails only its own tenants, and is used again once it is back', async () => {
    const [dead] = cluster.shards;
    await dead.kill();
    const error = await failureOf(ask('on 0'));
    assert.equal(error.code, 'SHARD_UNAVAILABLE');
    assert.equal(error.statusCode, 503);
    const others = await Promise.all(Array.from({ length: 50 }, () => ask('on 1')));
    assert.equal(others.length, 50);
    await dead.start();
    await heals('on 0');
  });

  it('a query server killed under running queries: reads fail as unavailable, writes as of unknown outcome', async () => {
    const [dead] = cluster.shards;
    const reads = [1, 2, 3].map(() => failureOf(read('on 0', 'select pg_sleep(20)')));
    const write = failureOf(ask('on 0', 'insert into notes select 1 from pg_sleep(20)'));
    await sleep(300);
    await dead.kill();
    for (const error of await Promise.all(reads)) assert.equal(error.code, 'SHARD_UNAVAILABLE', error.stack);
    assert.equal((await write).code, 'OUTCOME_UNKNOWN');
    await dead.start();
    await heals('on 0');
  });

  it('a read that a killed query server had begun is asked again once it is back', async () => {
    const [shard] = cluster.shards;
    const answer = read('on 0', 'select 7 as a from pg_sleep(0.5)');
    await sleep(150);
    await shard.kill();
    await shard.start();
    assert.equal((await answer).rows[0].a, 7);
  });

  it('a query server that is told to stop first answers what it has', async () => {
    const [shard] = cluster.shards;
    const running = Array.from({ length: 20 }, () => ask('on 0', 'select 1 as a from pg_sleep(0.4)'));
    const write = ask('on 0', 'insert into notes select 2 from pg_sleep(0.4)');
    await sleep(150);
    const { code } = await shard.stop();
    assert.equal(code, 0);
    for (const { rows } of await Promise.all(running)) assert.deepEqual(rows, [{ a: 1 }]);
    assert.equal((await write).rowCount, 1);
    await shard.start();
    await heals('on 0');
  });

  it('under load, a restart of a query server fails nothing with anything but SHARD_UNAVAILABLE', async () => {
    const [shard] = cluster.shards;
    let going = true;
    let answered = 0;
    const refused = [];
    const workers = Array.from({ length: 10 }, async () => {
      while (going) {
        try {
          await ask('on 0');
          answered += 1;
        } catch (error) {
          refused.push(error);
          await sleep(10);
        }
      }
    });
    await sleep(200);
    await shard.restart();
    await heals('on 0');
    const before = answered;
    await sleep(200);
    going = false;
    await Promise.all(workers);
    assert.ok(answered > before);
    assert.deepEqual(
      [...new Set(refused.map((error) => error.code))].filter((code) => code !== 'SHARD_UNAVAILABLE'),
      [],
    );
  });

  it('without the lookup server known tenants go on, and new ones wait for it to come back', async () => {
    await cluster.lookup.kill();
    assert.deepEqual((await ask('on 0')).rows, [{ a: 1 }]);
    const error = await failureOf(ask('a tenant never seen'));
    assert.equal(error.code, 'LOOKUP_UNAVAILABLE');
    assert.equal(error.statusCode, 503);
    await cluster.lookup.start();
    const deadline = Date.now() + 15_000;
    for (;;) {
      const next = await ask('a tenant never seen').catch((reason) => reason);
      if (next.code === 'TENANT_NOT_FOUND') break;
      assert.ok(Date.now() < deadline, next.stack);
      await sleep(50);
    }
    await ask('a tenant never seen', 'select 1 as a').catch(() => {});
    assert.deepEqual((await db.raw('select 1 as a').mtdd('a tenant never seen', null)).rows, [{ a: 1 }]);
  });

  it('PostgreSQL restarted between queries is not noticed', async () => {
    const [{ postgres }] = cluster.shards;
    await Promise.all(Array.from({ length: 20 }, () => ask('on 0', 'select pg_sleep(0.02)')));
    await postgres.restart();
    for (let round = 0; round < 20; round++) assert.deepEqual((await ask('on 0')).rows, [{ a: 1 }]);
  });

  it('while PostgreSQL is down its tenants get an error in time, and afterwards answers', async () => {
    const [{ postgres }] = cluster.shards;
    await postgres.stop('immediate');
    assert.equal((await failureOf(ask('on 0'))).code, 'SHARD_UNAVAILABLE');
    assert.deepEqual((await ask('on 1')).rows, [{ a: 1 }]);
    await postgres.start();
    await heals('on 0');
  });

  it('PostgreSQL that goes down under a write leaves no doubt unspoken', async () => {
    const [{ postgres }] = cluster.shards;
    const write = failureOf(ask('on 0', 'insert into notes select 3 from pg_sleep(20)'));
    await sleep(300);
    await postgres.restart();
    // PostgreSQL itself said that it ended the statement, or nobody knows.
    assert.ok(['57P01', 'OUTCOME_UNKNOWN'].includes((await write).code), (await write).stack);
    await heals('on 0');
  });
});

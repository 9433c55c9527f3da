/**
 * A query server that is frozen stops nothing, and its PostgreSQL goes on with what it was given: nothing of that may
 * last once a move has been reported as done.
 */

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const { Client } = require('pg');
const { InitializeReplication } = require('../../js');
const { startCluster } = require('../../testkit/cluster');
const { BINARY } = require('../../testkit/servers');

/** A statement of the tenant's runs for longer than a move waits (s). */
const LONG = 45;

describe('a query server that is frozen while its PostgreSQL goes on', { timeout: 240_000 }, () => {
  let cluster;
  let db;
  let handle;

  function move(tenant, to) {
    const env = { ...process.env, DATABASE_URL: cluster.lookupDatabaseUrl, MTDD_SHARDS: '2' };
    return new Promise((resolve, reject) => {
      execFile(BINARY, ['lookup', 'move', tenant, '--to', String(to)], { env }, (error, _, stderr) =>
        error ? reject(new Error(stderr)) : resolve(),
      );
    });
  }

  async function onShard(shard, sql) {
    const client = new Client({ connectionString: cluster.shards[shard].databaseUrl });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  const running = async (shard) =>
    (
      await onShard(
        shard,
        `select pid from pg_stat_activity where datname = current_database() and state <> 'idle'
           and query like '%insert into notes%' and pid <> pg_backend_pid()`,
      )
    ).length;

  async function until(condition) {
    const since = Date.now();
    while (!(await condition())) {
      assert.ok(Date.now() - since < 60_000, 'it takes too long');
      await sleep(50);
    }
  }

  before(async () => {
    cluster = await startCluster({
      shards: 2,
      durableLookup: true,
      fenced: true,
      seed: ['create table notes (id text not null)'],
      serverArgs: ['--max-placement-staleness', '3', '--session-idle-timeout', '0'],
    });
    db = knex({ client: 'pg', connection: cluster.local.databaseUrl, pool: { min: 0, max: 10 } });
    handle = await InitializeReplication(express(), db, {
      mtdd: { useMtdd: true, queryServers: cluster.queryServers, lookupServer: cluster.lookupServer },
    });
  });
  after(async () => {
    for (const shard of cluster?.shards ?? []) process.kill(shard.server.pid, 'SIGCONT');
    await handle?.close();
    await db?.destroy();
    await cluster?.stop();
  });

  it('has nothing committed there after a move, neither by a statement that runs nor in a transaction that is open', async () => {
    const tenant = 'frozen';
    await handle.addTenant(tenant);
    const from = await handle.tenantShard(tenant);
    const { server } = cluster.shards[from];
    const late = [];
    const keep = (promise) => {
      const settled = Promise.resolve(promise).then(
        () => 'done',
        (error) => error.code,
      );
      late.push(settled);
      return settled;
    };
    // One runs by itself, one in a transaction that is committed on a server that does not read it.
    keep(
      db
        .raw(`insert into notes select 'statement' from pg_sleep(${LONG})`)
        .mtdd(tenant, 1, undefined, { timeout: 120_000 }),
    );
    const trx = await db.transaction();
    await trx('notes').insert({ id: 'transaction' }).mtdd(tenant);
    await until(async () => (await running(from)) > 0);
    process.kill(server.pid, 'SIGSTOP');
    // Knex tells of a COMMIT that has failed here.
    keep(trx.executionPromise);
    trx.commit();

    await move(tenant, 1 - from);
    assert.equal(await running(from), 0, 'nothing of it runs there any more');
    process.kill(server.pid, 'SIGCONT');
    for (const outcome of await Promise.all(late)) assert.notEqual(outcome, 'done');
    assert.deepEqual(await onShard(from, 'select id from notes'), []);

    await db('notes').insert({ id: 'after' }).mtdd(tenant);
    assert.deepEqual(await onShard(1 - from, 'select id from notes'), [{ id: 'after' }]);
  });

  it('loses no connection while it runs, for many times as long as a lease', async () => {
    const tenant = 'running';
    await handle.addTenant(tenant);
    const shard = await handle.tenantShard(tenant);
    const pids = async () =>
      (
        await onShard(
          shard,
          `select pid from pg_stat_activity where datname = current_database() and application_name = 'mtdd-server'`,
        )
      ).map(({ pid }) => pid);
    const trx = await db.transaction();
    await trx('notes').insert({ id: 'kept' }).mtdd(tenant);
    const before = await pids();
    await sleep(15_000);
    assert.deepEqual(await pids(), before);
    await trx.commit();
  });
});

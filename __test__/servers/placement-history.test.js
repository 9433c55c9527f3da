/**
 * A tenant that was moved off a server that does not answer is found by applications that run. Moves wait for the queries of their own tenant only, and a tenants' table that was restored to an older state does not
 * turn the fence off.
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

describe("the history of the tenants' table", () => {
  let cluster;
  let db;
  let handle;

  /** Runs `mtdd-server lookup`; its exit code, and what it complains of. */
  function lookup(...args) {
    return new Promise((resolve) => {
      const env = { ...process.env, DATABASE_URL: cluster.lookupDatabaseUrl, MTDD_SHARDS: '2' };
      execFile(BINARY, ['lookup', ...args], { env }, (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stdout, stderr });
      });
    });
  }

  async function ask(connectionString, sql) {
    const client = new Client({ connectionString });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  const insert = (tenant, id, knexOrTrx = db) =>
    knexOrTrx('notes').insert({ tenant, id }).mtdd({ tenantId: tenant, timeout: 20_000 });
  const idsOn = async (shard, tenant) =>
    (
      await ask(
        cluster.shards[shard].databaseUrl,
        `select id from notes where tenant = '${tenant}' order by id`,
      )
    ).map(({ id }) => id);

  before(async () => {
    cluster = await startCluster({
      shards: 2,
      durableLookup: true,
      fenced: true,
      seed: ['create table notes (tenant text not null, id int not null)'],
      serverArgs: ['--max-placement-staleness', '4'],
    });
    for (const tenant of ['busy', 'idle', 'kept', 'moved'])
      assert.equal((await lookup('add', tenant, '--shard', '0')).code, 0);
    db = knex({ client: 'pg', connection: cluster.local.databaseUrl });
    handle = await InitializeReplication(express(), db, {
      mtdd: { useMtdd: true, queryServers: cluster.queryServers, lookupServer: cluster.lookupServer },
    });
  });
  after(async () => {
    await handle?.close();
    await db?.destroy();
    await cluster?.stop();
  });

  it('a move does not wait for what other tenants run, moving or not', async () => {
    await insert('idle', 1);
    const trx = await db.transaction();
    await insert('busy', 1, trx);
    const busy = lookup('move', 'busy', '--to', '1', '--timeout', '6');
    await sleep(1000);
    const during = await lookup('move', 'idle', '--to', '1', '--timeout', '3');
    assert.equal(during.code, 0, during.stderr);
    const { code, stderr } = await busy;
    assert.equal(code, 1);
    assert.match(stderr, /tenant "busy" .*did not stop running its queries/);
    // Its move is taken back, and its transaction is open still.
    const afterwards = await lookup('move', 'idle', '--to', '0', '--timeout', '3');
    assert.equal(afterwards.code, 0, afterwards.stderr);
    await trx.commit();
  });

  it('a move waits for what ran before, not for what began after an earlier move was taken back', async () => {
    const trx = await db.transaction();
    await insert('busy', 2, trx);
    assert.equal((await lookup('move', 'busy', '--to', '1', '--timeout', '1')).code, 1);
    // Counted anew; the transaction counts still.
    await insert('busy', 3);
    const again = lookup('move', 'busy', '--to', '1', '--timeout', '20');
    let hasMoved = false;
    again.then(() => {
      hasMoved = true;
    });
    await sleep(1000);
    assert.equal(hasMoved, false);
    await trx.commit();
    const { code, stderr } = await again;
    assert.equal(code, 0, stderr);
    await insert('busy', 4);
    assert.deepEqual(await idsOn(0, 'busy'), [1, 2, 3]);
    assert.deepEqual(await idsOn(1, 'busy'), [4]);
  });

  for (const how of ['emptied', 'replaced']) {
    it(`a table that was ${how} by a restore keeps every tenant on one shard, and nobody waits for long`, async () => {
      const id = how === 'emptied' ? 10 : 20;
      assert.equal((await lookup('move', 'moved', '--to', '1')).code, 0);
      await insert('moved', id);
      for (const to of [1, 0, 1, 0]) {
        const { code, stderr } = await lookup('move', 'idle', '--to', String(to));
        assert.equal(code, 0, stderr);
      }
      await sleep(1200);
      // What a restore of a dump of that time leaves.
      await ask(
        cluster.lookupDatabaseUrl,
        `begin; delete from mtdd_query_servers; update mtdd_tenants set epoch = 1, shard_index = 0, moving_to = null;
         ${
           how === 'emptied'
             ? 'delete from mtdd_placement_changes'
             : `create table younger (like mtdd_placement_changes including all);
                insert into younger values ('other', 1, 1000, 0, 1, false);
                drop table mtdd_placement_changes; alter table younger rename to mtdd_placement_changes`
         }; commit`,
      );
      await sleep(2500);
      await insert('kept', 1);
      await insert('moved', id + 1);
      assert.ok((await idsOn(0, 'moved')).includes(id + 1), 'where the restored table has it');
      const { code, stderr } = await lookup('move', 'moved', '--to', '1', '--timeout', '30');
      assert.equal(code, 0, stderr);
      const before = await idsOn(0, 'moved');
      await insert('moved', id + 2);
      assert.deepEqual(await idsOn(0, 'moved'), before, 'nothing is written where it was');
      assert.ok((await idsOn(1, 'moved')).includes(id + 2));
      assert.equal((await lookup('move', 'moved', '--to', '0', '--timeout', '30')).code, 0);
    });
  }

  it('what is stopped at the end of a lease was not cancelled by anybody, and says what was', async () => {
    await insert('busy', 50);
    const [lookupServer] = cluster.lookups;
    const slow = (id) => `insert into notes select 'busy', ${id} from (select pg_sleep(15)) as slept`;
    const inTransaction = db.transaction(async (trx) => {
      await insert('busy', 51, trx);
      await trx.raw(slow(52)).mtdd('busy');
    });
    const outcomes = Promise.allSettled([
      inTransaction,
      db.raw(slow(53)).mtdd({ tenantId: 'busy', timeout: 30_000 }),
      db.raw('select pg_sleep(15)').mtdd({ tenantId: 'busy', timeout: 30_000 }),
    ]);
    await sleep(500);
    await lookupServer.kill();
    for (const { status, reason } of await outcomes) {
      assert.equal(status, 'rejected');
      assert.equal(reason.code, 'SHARD_UNAVAILABLE', String(reason));
      assert.match(reason.message, /max-placement-staleness|out of reach for too long/);
    }
    await lookupServer.start();
    await insert('busy', 54);
    const ids = (await Promise.all([0, 1].map((shard) => idsOn(shard, 'busy')))).flat();
    assert.deepEqual(
      ids.filter((id) => id >= 50),
      [50, 54],
    );
  });

  for (const how of ['frozen', 'dead']) {
    it(`a tenant that was moved off a ${how} server is found long before the cache's TTL has passed`, async () => {
      await insert('kept', 100);
      const { server } = cluster.shards[0];
      if (how === 'frozen') process.kill(server.pid, 'SIGSTOP');
      else await cluster.shards[0].kill();
      try {
        const { code, stderr } = await lookup('move', 'kept', '--to', '1', '--timeout', '60');
        assert.equal(code, 0, stderr);
        const read = () => db('notes').where({ tenant: 'kept' }).mtdd({ tenantId: 'kept', timeout: 3000 });
        let tries = 0;
        for (let found; !found; tries++) {
          assert.ok(tries < 3, 'it is not found');
          found = await read().catch((error) => {
            assert.equal(how, 'frozen', String(error));
          });
        }
        await insert('kept', 101);
        assert.deepEqual((await idsOn(1, 'kept')).slice(-1), [101]);
      } finally {
        if (how === 'frozen') process.kill(server.pid, 'SIGCONT');
      }
      if (how === 'frozen')
        assert.equal((await lookup('move', 'kept', '--to', '0', '--timeout', '60')).code, 0);
    });
  }
});

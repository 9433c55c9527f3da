/** A query server's limits on sessions, as the application meets them: it hears which one, and the shard is clean. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');
const { startCluster } = require('../../testkit/cluster');
const { startQueryServer } = require('../../testkit/servers');

const TENANT = 'a tenant';

describe('limits of sessions', () => {
  let cluster;
  let shard;
  const servers = [];
  const instances = [];

  before(async () => {
    cluster = await startCluster({ shards: 1, seed: ['create table notes (id int primary key)'] });
    shard = knex({ client: 'pg', connection: cluster.shards[0].databaseUrl });
  });
  after(async () => {
    for (const instance of [shard, ...instances]) await instance?.destroy();
    for (const server of servers) await server.stop();
    await cluster?.stop();
  });

  /** A Knex instance before a query server with these flags. */
  async function open(...args) {
    const server = await startQueryServer({ databaseUrl: cluster.shards[0].databaseUrl, args });
    servers.push(server);
    const connection = `${cluster.local.databaseUrl}?application_name=mtdd-server`;
    const db = knex({ client: 'pg', connection, pool: { min: 0 } });
    instances.push(db);
    await InitializeReplication(express(), db, {
      mtdd: { useMtdd: true, queryServers: [server.address], logLevel: 'silent' },
    });
    return db;
  }

  async function nothingIsLeft() {
    const open = `select count(*)::int as n from pg_stat_activity
      where datname = current_database() and application_name = 'mtdd-server' and xact_start is not null`;
    for (let turn = 0; turn < 100 && (await shard.raw(open)).rows[0].n > 0; turn++) await sleep(20);
    assert.equal((await shard.raw(open)).rows[0].n, 0);
    assert.deepEqual(await shard('notes'), []);
  }

  const failureOf = (query) =>
    Promise.resolve(query).then(
      () => assert.fail('it has not failed'),
      (error) => error,
    );

  for (const [limit, flags] of [
    ['--session-idle-timeout', ['--session-idle-timeout', '1']],
    ['--session-max-age', ['--session-max-age', '1']],
  ]) {
    it(`after ${limit} the transaction is rolled back, and whatever comes next says so`, async () => {
      const db = await open(...flags);
      const trx = await db.transaction();
      await trx('notes').insert({ id: 1 }).mtdd(TENANT);
      await sleep(1100);
      await nothingIsLeft();
      const query = await failureOf(trx('notes').mtdd(TENANT));
      trx.commit();
      const commit = await failureOf(trx.executionPromise);
      for (const error of [query, commit]) {
        assert.equal(error.code, 'SHARD_UNAVAILABLE');
        assert.match(error.message, new RegExp(`1 s \\(${limit}\\); its transaction was rolled back`));
      }
      await db.transaction((next) => next('notes').mtdd(TENANT));
    });
  }

  it('a statement that runs when the age is over is stopped', async () => {
    const db = await open('--session-max-age', '1');
    const error = await failureOf(
      db.transaction(async (trx) => {
        await trx('notes').insert({ id: 1 }).mtdd(TENANT);
        await trx.raw('select pg_sleep(30)').mtdd(TENANT);
      }),
    );
    assert.equal(error.code, 'TIMEOUT');
    assert.match(error.message, /the query's session had lasted 1 s \(--session-max-age\); /);
    assert.equal(error.context.timeout, 1000);
    await nothingIsLeft();
  });

  it('a query that a server stops by its own limit names that limit', async () => {
    const db = await open('--max-statement-time', '300');
    const limit = /: the query did not finish within 300 ms \(--max-statement-time\); /;
    const slow = 'select n, pg_sleep(0.05) from generate_series(1, 1000) as n';
    const queries = [
      () => db.raw('select pg_sleep(30)').mtdd(TENANT),
      () => db.raw('select pg_sleep(30)').mtdd({ tenantId: TENANT, timeout: 20_000 }),
      () => db.raw('select pg_sleep(30)').mtdd(),
      () => db.raw('insert into notes select 1 from (select pg_sleep(30)) as pause').mtdd(TENANT),
      () => db.transaction((trx) => trx.raw('select pg_sleep(30)').mtdd(TENANT)),
      async () => {
        for await (const _ of db.raw(slow).mtdd(TENANT).stream());
      },
    ];
    for (const query of queries) {
      const error = await failureOf(query());
      assert.match(error.message, limit);
      assert.deepEqual([error.code, error.context.timeout, error.context.stopped], ['TIMEOUT', 300, true]);
      assert.equal(error.context.queryServer, servers.at(-1).address);
    }
    const own = await failureOf(db.raw('select pg_sleep(30)').mtdd({ tenantId: TENANT, timeout: 100 }));
    assert.match(
      own.message,
      /the query did not finish within 100 ms; (it has been stopped|it was not run)$/,
    );
    await nothingIsLeft();
  });

  it('when all sessions are taken a transaction waits for one until its deadline, and other queries do not', async () => {
    const db = await open('--max-sessions', '1');
    const first = await db.transaction();
    await first('notes').mtdd(TENANT);
    const second = await db.transaction();
    const error = await failureOf(second('notes').mtdd(TENANT, 1, 'auto', { timeout: 200 }));
    assert.equal(error.code, 'OVERLOADED');
    assert.match(error.message, /all 1 sessions are in use \(--max-sessions\)/);
    await second.rollback();
    await db('notes').mtdd(TENANT);
    const third = db.transaction((trx) => trx('notes').mtdd(TENANT));
    await sleep(100);
    await first.commit();
    assert.deepEqual(await third, []);
  });
});

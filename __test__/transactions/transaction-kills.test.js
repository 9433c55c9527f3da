/**
 * What is left of a transaction when one of its parties dies, freezes or falls silent: nothing, within the time that
 * docs/transactions.md states. And what the application hears is true.
 */

const assert = require('node:assert/strict');
const path = require('node:path');
const { after, before, beforeEach, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const pg = require('pg');
const { InitializeReplication } = require('../../js');
const children = require('../../testkit/children');
const { startCluster } = require('../../testkit/cluster');
const { startProxy } = require('../support/proxy');
const { startQueryServer } = require('../../testkit/servers');

const TENANT = 'a tenant';
const SEED = [
  'create table notes (id int primary key)',
  // Its COMMIT takes a second.
  'create table slow (id int)',
  `create function take_a_second() returns trigger language plpgsql as
     $$ begin perform pg_sleep(1); return null; end $$`,
  `create constraint trigger slow after insert on slow deferrable initially deferred
     for each row execute function take_a_second()`,
];

/** Seconds, of the query server here: docs/transactions.md, "When something dies". */
const KEEPALIVE_INTERVAL = 1;
const KEEPALIVE_TIMEOUT = 1;
const SERVER_FLAGS = [
  ...['--keepalive-interval', KEEPALIVE_INTERVAL],
  ...['--keepalive-timeout', KEEPALIVE_TIMEOUT],
].map(String);

/** Milliseconds. What a busy machine may add to each. */
const SLACK = 3000;
/** A process that dies closes its connections. */
const AT_ONCE = SLACK;
/** A client that has frozen, or cannot be reached, is given up by its query server. */
const KEEPALIVE = (KEEPALIVE_INTERVAL + KEEPALIVE_TIMEOUT) * 1000 + SLACK;
/** PostgreSQL looks this often whether the query server is still there while it runs a statement. */
const CONNECTION_CHECK = 5000 + SLACK;
/** The application's own keep-alive. */
const CLIENT_KEEPALIVE = 15_000 + SLACK;

/** Of the shard: what the query server's connections hold, and rows that no transaction has committed here. */
const LEFT = `select
  (select count(*)::int from pg_stat_activity
    where datname = current_database() and application_name = 'mtdd-server'
      and (xact_start is not null or state = 'active')) as backends,
  (select count(*)::int from pg_locks join pg_stat_activity using (pid)
    where application_name = 'mtdd-server' and relation = 'notes'::regclass) as locks,
  (select count(*)::int from notes where id <> 1) as rows`;

describe('a transaction whose party dies', () => {
  let cluster;
  let shard;
  let db;

  before(async () => {
    cluster = await startCluster({ shards: 1, seed: SEED, serverArgs: SERVER_FLAGS });
    [shard] = cluster.shards;
    db = await open(shard.address);
  });
  after(async () => {
    await db?.destroy();
    await cluster?.stop();
  });
  beforeEach(async () => {
    await shard.postgres.start();
    await shard.server.start();
    await look('truncate notes, slow');
    await look('insert into notes values (1)');
    await heals();
  });

  /** A Knex instance under the library, whose local side plays no part. */
  async function open(address) {
    const instance = knex({
      client: 'pg',
      connection: 'postgres://nobody@127.0.0.1:1/nowhere?application_name=mtdd-server',
      pool: { min: 0 },
    });
    await InitializeReplication(express(), instance, {
      mtdd: { useMtdd: true, queryServers: [address], logLevel: 'silent' },
    });
    return instance;
  }

  /** Asks the shard's PostgreSQL directly, on a connection of its own. */
  async function look(text) {
    const client = new pg.Client({ connectionString: shard.databaseUrl });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(text)).rows[0];
    } finally {
      await client.end();
    }
  }

  /** The id of the process behind the one backend that is in a transaction. */
  async function backend() {
    const { pids } = await look(
      `select array_agg(pid) as pids from pg_stat_activity
       where application_name = 'mtdd-server' and xact_start is not null`,
    );
    assert.equal(pids?.length, 1);
    return pids[0];
  }

  async function heals() {
    for (const deadline = Date.now() + 15_000; ; await sleep(50)) {
      try {
        await db.raw('select 1').mtdd(TENANT);
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }

  async function waitFor(condition, what) {
    for (const deadline = Date.now() + 15_000; !(await condition()); await sleep(20))
      assert.ok(Date.now() < deadline, what());
  }

  /** A child process that is in the middle of a transaction. */
  async function startApp(way, address = shard.address) {
    const app = children.start(process.execPath, [
      path.join(__dirname, '..', 'support', 'transaction-app.js'),
      way,
      address,
    ]);
    await waitFor(
      () => app.output.includes('ready'),
      () => `never ready: ${app.output}`,
    );
    if (way === 'in a statement') await statementRuns();
    const { backends, locks } = await look(LEFT);
    assert.equal(backends, 1, 'or nothing could be left');
    assert.ok(locks > 0);
    return app;
  }

  async function statementRuns() {
    const running = `select count(*)::int as n from pg_stat_activity
      where application_name = 'mtdd-server' and state = 'active' and query like '%pg_sleep%'`;
    await waitFor(
      async () => (await look(running)).n === 1,
      () => 'the statement does not run',
    );
  }

  /** A transaction of this process that has inserted row 2 and holds a lock on row 1. */
  async function begin(instance = db) {
    const trx = await instance.transaction();
    trx.executionPromise.catch(() => {});
    await trx('notes').insert({ id: 2 }).mtdd(TENANT);
    await trx('notes').where('id', 1).forUpdate().mtdd(TENANT);
    return trx;
  }

  /** Within so many milliseconds of its call, PostgreSQL holds nothing any more and has no row; nor later. */
  async function nothingIsLeft(within) {
    const begun = Date.now();
    let left;
    do {
      left = await look(LEFT).catch((error) => error);
      if (left.backends === 0 && left.locks === 0) break;
      await sleep(20);
    } while (Date.now() - begun < within);
    assert.deepEqual({ ...left }, { backends: 0, locks: 0, rows: 0 }, `after ${Date.now() - begun} ms`);
    await look('select * from notes where id = 1 for update nowait');
  }

  /** The next transaction of the same application works. */
  async function nextWorks(instance = db) {
    await instance.transaction(async (trx) => {
      await trx('notes').where('id', 1).forUpdate().mtdd(TENANT);
      await trx('notes').insert({ id: 9 }).mtdd(TENANT);
    });
    assert.equal((await look('select count(*)::int as n from notes where id = 9')).n, 1);
  }

  const failureOf = (promise) =>
    Promise.resolve(promise).then(
      () => assert.fail('it has not failed'),
      (error) => error,
    );

  /** What every further query, and the end of a lost transaction say. */
  async function isLost(trx, said = /rolled back/) {
    assert.equal((await failureOf(trx('notes').mtdd(TENANT))).code, 'SHARD_UNAVAILABLE');
    await trx.commit();
    const error = await failureOf(trx.executionPromise);
    assert.equal(error.code, 'SHARD_UNAVAILABLE', error.stack);
    assert.match(error.message, said);
  }

  describe('the application', () => {
    for (const way of ['between two statements', 'in a statement']) {
      it(`killed ${way}`, async () => {
        const app = await startApp(way);
        await children.stop(app, 'SIGKILL');
        await nothingIsLeft(AT_ONCE);
        await nextWorks();
      });
    }

    for (const way of ['between two statements', 'in a statement']) {
      it(`frozen ${way}`, async () => {
        const app = await startApp(way);
        app.kill('SIGSTOP');
        await nothingIsLeft(KEEPALIVE);
        await children.stop(app, 'SIGKILL');
        await nextWorks();
      });
    }

    it('frozen and thawed: its transaction is lost, and its next one works', async () => {
      const app = await startApp('asking all the time');
      app.kill('SIGSTOP');
      await nothingIsLeft(KEEPALIVE);
      app.kill('SIGCONT');
      const { code } = await app.ended;
      assert.equal(app.output, 'ready\nfailed: SHARD_UNAVAILABLE\nthe next one works\n');
      assert.equal(code, 0);
    });
  });

  describe('the network', () => {
    it('between application and query server falls silent: rolled back, or in doubt during COMMIT', async () => {
      const proxy = await startProxy(shard.address);
      const remote = await open(proxy.address);
      const other = await remote.transaction();
      await other('notes').mtdd(TENANT);
      const trx = await begin(remote);
      proxy.silence();
      const begun = Date.now();
      const query = failureOf(trx('notes').mtdd(TENANT));
      other.commit();
      const commit = failureOf(other.executionPromise);
      await nothingIsLeft(KEEPALIVE);
      assert.equal((await query).code, 'SHARD_UNAVAILABLE');
      assert.equal((await commit).code, 'OUTCOME_UNKNOWN');
      assert.ok(Date.now() - begun < CLIENT_KEEPALIVE, `${Date.now() - begun} ms`);
      await isLost(trx);
      await nextWorks(remote);
      proxy.stop();
      await remote.destroy();
    });

    it('between query server and PostgreSQL falls silent: queries end in time, and other connections serve', async () => {
      const url = new URL(shard.databaseUrl);
      const proxy = await startProxy(url.host);
      url.host = proxy.address;
      const server = await startQueryServer({ databaseUrl: url.href });
      const remote = await open(server.address);
      const trx = await begin(remote);
      proxy.silence();
      const begun = Date.now();
      const query = trx('notes').mtdd(TENANT, 1, 'auto', { timeout: 500 });
      assert.equal((await failureOf(query)).code, 'TIMEOUT');
      assert.ok(Date.now() - begun < 500 + SLACK, `${Date.now() - begun} ms`);
      await isLost(trx, /the transaction has ended, and what it did was rolled back: its session has ended$/);
      await remote.raw('select 1').mtdd(TENANT);
      // Here PostgreSQL's own keep-alive would end it; a proxy answers that.
      proxy.stop();
      await nothingIsLeft(AT_ONCE);
      await server.stop();
      await remote.destroy();
    });
  });

  describe('the query server', () => {
    it('killed between two statements', async () => {
      const trx = await begin();
      await shard.kill();
      await nothingIsLeft(AT_ONCE);
      await isLost(trx);
      await shard.start();
      await nextWorks();
    });

    it('killed in a statement', async () => {
      const trx = await begin();
      const statement = failureOf(trx.raw('select pg_sleep(60)').mtdd(TENANT));
      await statementRuns();
      await shard.kill();
      assert.equal((await statement).code, 'SHARD_UNAVAILABLE');
      await nothingIsLeft(CONNECTION_CHECK);
      await isLost(trx);
      await shard.start();
      await nextWorks();
    });

    it('killed in a COMMIT: the outcome is unknown, and it may have been done', async () => {
      const trx = await db.transaction();
      await trx('slow').insert({ id: 2 }).mtdd(TENANT);
      trx.commit();
      const error = failureOf(trx.executionPromise);
      await waitFor(
        async () =>
          (await look("select count(*)::int as n from pg_locks where locktype = 'transactionid'")).n > 0,
        () => 'no COMMIT',
      );
      await sleep(300);
      await shard.kill();
      assert.equal((await error).code, 'OUTCOME_UNKNOWN');
      await waitFor(
        async () => (await look('select count(*)::int as n from slow')).n === 1,
        () => 'PostgreSQL had not begun with it',
      );
      await shard.start();
      await nextWorks();
    });
  });

  describe('PostgreSQL', () => {
    it('a backend terminated between two statements', async () => {
      const trx = await begin();
      await look(`select pg_terminate_backend(${await backend()})`);
      await nothingIsLeft(AT_ONCE);
      await isLost(trx);
      await nextWorks();
    });

    it('a backend terminated in a statement says so itself', async () => {
      const trx = await begin();
      const statement = failureOf(trx.raw('select pg_sleep(60)').mtdd(TENANT));
      await statementRuns();
      await look(`select pg_terminate_backend(${await backend()})`);
      assert.equal((await statement).code, '57P01');
      await nothingIsLeft(AT_ONCE);
      await isLost(trx);
      await nextWorks();
    });

    it('a backend terminated before COMMIT: the transaction is lost, and nobody is in doubt', async () => {
      const trx = await begin();
      await look(`select pg_terminate_backend(${await backend()})`);
      await nothingIsLeft(AT_ONCE);
      await trx.commit();
      const error = await failureOf(trx.executionPromise);
      assert.equal(error.code, 'SHARD_UNAVAILABLE', error.stack);
      await nextWorks();
    });

    it('a backend killed between two statements', async () => {
      const trx = await begin();
      process.kill(await backend(), 'SIGKILL');
      await heals();
      await nothingIsLeft(AT_ONCE);
      await isLost(trx);
      await nextWorks();
    });

    it('a backend killed in a statement', async () => {
      const trx = await begin();
      const statement = failureOf(trx.raw('select pg_sleep(60)').mtdd(TENANT));
      await statementRuns();
      process.kill(await backend(), 'SIGKILL');
      assert.equal((await statement).code, 'SHARD_UNAVAILABLE');
      await heals();
      await nothingIsLeft(AT_ONCE);
      await isLost(trx);
      await nextWorks();
    });

    it('a backend killed in a COMMIT: the outcome is unknown', async () => {
      const trx = await db.transaction();
      await trx('slow').insert({ id: 2 }).mtdd(TENANT);
      trx.commit();
      const error = failureOf(trx.executionPromise);
      await sleep(300);
      process.kill(await backend(), 'SIGKILL');
      assert.equal((await error).code, 'OUTCOME_UNKNOWN');
      await heals();
      await nothingIsLeft(AT_ONCE);
      await nextWorks();
    });

    it('shut down immediately between two statements, and started again', async () => {
      const trx = await begin();
      await shard.postgres.restart('immediate');
      await nothingIsLeft(AT_ONCE);
      await isLost(trx);
      await nextWorks();
    });

    it('shut down immediately in a statement, and started again', async () => {
      const trx = await begin();
      const statement = failureOf(trx.raw('select pg_sleep(60)').mtdd(TENANT));
      await statementRuns();
      await shard.postgres.restart('immediate');
      // PostgreSQL may have said why, or not have come to it.
      const { code } = await statement;
      assert.ok(['57P02', 'SHARD_UNAVAILABLE'].includes(code), code);
      await nothingIsLeft(AT_ONCE);
      await isLost(trx);
      await nextWorks();
    });
  });
});

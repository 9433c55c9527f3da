/**
 * A read that was lost, or was to stop, is treated as a read only where it is proven to be one: a text that shows nothing
 * but reading may run functions that write, by views, operators, casts and the like (tests/query_server/reads.rs lists them).
 */

const assert = require('node:assert/strict');
const { after, afterEach, before, beforeEach, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const {
  InitializeReplication,
  OutcomeUnknownError,
  QueryCancelledError,
  ShardUnavailableError,
} = require('../../js');
const { startCluster } = require('../../testkit/cluster');
const { startProxy } = require('../support/proxy');

const TENANT = 'a tenant';

const failureOf = (promise) =>
  Promise.resolve(promise).then(
    (value) => assert.fail(`it has not failed: ${JSON.stringify(value)}`),
    (error) => error,
  );

/** Ways in which a read writes: what makes it possible, what takes that away, and the read. */
const WAYS = {
  'a view': ['create view v as select w(1) as a', 'drop view v', 'select * from v'],
  'an operator': [
    'create operator === (function = w2, leftarg = int, rightarg = int)',
    'drop operator === (int, int)',
    'select a === 1 as a from t',
  ],
  'a cast': [
    'create type c as (x int); create function to_c(int) returns c language sql as $$ select row(w(1))::c $$; create cast (int as c) with function to_c(int)',
    'drop type c cascade',
    'select a::c from t',
  ],
  'a domain': ['create domain d as int check (w(value) = 1)', 'drop domain d', 'select a::d from t'],
  'an attribute': [
    'create function written(t) returns int language sql as $$ select w(1) $$',
    'drop function written',
    'select t.written from t',
  ],
  'a function that is named like a pure one': [
    'create function upper(int) returns int language sql as $$ select w(1) $$',
    'drop function upper(int)',
    'select upper(a) from t',
  ],
};

describe('reads that are lost', () => {
  let cluster;
  let proxies;
  let db;
  let shard;
  let own;

  before(async () => {
    cluster = await startCluster({
      shards: 2,
      seed: [
        'create table log (a int)',
        'create table t (a int)',
        'insert into t values (1)',
        `create function w(int) returns int language plpgsql security definer as
           $$ begin insert into log values ($1); return 1; end $$`,
        'create function w2(int, int) returns int language sql as $$ select w(1) $$',
      ],
    });
    proxies = await Promise.all(cluster.queryServers.map(startProxy));
    db = knex({ client: 'pg', connection: 'postgres://nobody@127.0.0.1:1/nowhere', pool: { min: 0 } });
    const handle = await InitializeReplication(express(), db, {
      mtdd: {
        useMtdd: true,
        queryServers: proxies.map(({ address }) => address),
        lookupServer: cluster.lookupServer,
        logLevel: 'silent',
      },
    });
    const { shardIndex } = await handle.addTenant(TENANT, 1);
    shard = knex({ client: 'pg', connection: cluster.shards[shardIndex].databaseUrl });
    own = { index: shardIndex, pid: cluster.shards[shardIndex].server.pid, proxy: proxies[shardIndex] };
  });
  after(async () => {
    await db?.destroy();
    await shard?.destroy();
    for (const proxy of proxies ?? []) proxy.stop();
    await cluster?.stop();
  });
  beforeEach(() => shard.raw('truncate log'));
  afterEach(() => process.kill(own.pid, 'SIGCONT'));

  const written = async () => Number((await shard('log').count('* as n').first()).n);

  /** Waits until the client says of a stopped read that it is one, or is in doubt: it has heard of what was changed. */
  async function heard(isRead) {
    const deadline = Date.now() + 60_000;
    for (let probe = 0; ; probe++) {
      const text = `select pg_sleep(${100 + probe}) /* ${isRead} */`;
      // What the server says first comes before its first answer.
      await db.raw('select 1').mtdd(TENANT);
      const controller = new AbortController();
      const error = failureOf(db.raw(text).mtdd({ tenantId: TENANT, signal: controller.signal }));
      await running(text);
      process.kill(own.pid, 'SIGSTOP');
      controller.abort();
      const { code, message } = await error;
      process.kill(own.pid, 'SIGCONT');
      assert.equal(code, 'OUTCOME_UNKNOWN', message);
      if (/only read when the server last looked/.test(message) === isRead) return;
      assert.ok(Date.now() < deadline, `still ${message}`);
      await sleep(500);
    }
  }

  async function hasWritten() {
    const deadline = Date.now() + 30_000;
    while ((await written()) === 0) {
      assert.ok(Date.now() < deadline, 'nothing has been written');
      await sleep(20);
    }
  }

  async function running(text) {
    const deadline = Date.now() + 30_000;
    const sql =
      "select count(*) as n from pg_stat_activity where state = 'active' and query like ? and pid <> pg_backend_pid()";
    while (Number((await shard.raw(sql, [`%${text}%`])).rows[0].n) === 0) {
      assert.ok(Date.now() < deadline, `${text} does not run`);
      await sleep(20);
    }
  }

  /** Runs a read, whose answer is lost once the server has given it. What is said until it has `begun` is not lost. */
  async function losing(query, done, begun) {
    // The stream is open.
    await db.raw('select 1').mtdd(TENANT);
    const start = () =>
      Promise.resolve(query()).then(
        (value) => ({ value }),
        (error) => ({ error }),
      );
    const early = begun && start();
    await begun?.();
    own.proxy.withhold();
    const outcome = early ?? start();
    await done();
    own.proxy.cut();
    return outcome;
  }

  it('are asked again where they do nothing but read', async () => {
    await heard(true);
    const { value, error } = await losing(
      () => db('t').select('a').mtdd(TENANT),
      () => sleep(300),
    );
    assert.deepEqual(value, [{ a: 1 }], error?.stack);
  });

  for (const [name, [make, drop, read]] of Object.entries(WAYS)) {
    it(`are not where ${name} may write, whether or not the client has heard of it`, async () => {
      const once = async (query) => {
        const { error } = await losing(query, hasWritten);
        // Time for another attempt.
        await sleep(300);
        assert.equal(await written(), 1);
        return error;
      };
      await shard.raw(make);
      try {
        const early = await once(() => db.raw(read).mtdd(TENANT));
        assert.ok(early instanceof OutcomeUnknownError, early?.stack);
        await shard.raw('truncate log');
        if (name !== 'a view') return;
        await heard(false);
        const late = await once(() => db.raw(read).mtdd(TENANT));
        assert.ok(late instanceof OutcomeUnknownError, late?.stack);
        await shard.raw('truncate log');
        // Whoever asks knows better.
        const { value } = await losing(
          () => db.raw(read).mtdd({ tenantId: TENANT, operationType: 'read' }),
          hasWritten,
        );
        assert.deepEqual(value.rows, [{ a: 1 }]);
        assert.equal(await written(), 2);
      } finally {
        await shard.raw(drop);
      }
    });
  }

  it('in a session whose transaction was ended by a text are judged by themselves', async () => {
    for (const ending of ['commit', 'rollback', 'rollback to kept']) {
      for (const timeout of [undefined, 1500]) {
        await shard.raw('truncate log');
        const trx = await db.transaction();
        await trx.raw('savepoint kept').mtdd(TENANT);
        await trx.raw(ending).mtdd(TENANT);
        own.proxy.withhold();
        const lost = failureOf(
          trx.raw('insert into log values (7)').mtdd({ tenantId: TENANT, ...(timeout && { timeout }) }),
        );
        if (timeout === undefined) {
          await sleep(700);
          own.proxy.cut();
        }
        const { code, message } = await lost;
        own.proxy.cut();
        const said = `${ending}, ${timeout}: ${code} ${message}`;
        if (ending !== 'rollback to kept') {
          assert.equal(code, 'OUTCOME_UNKNOWN', said);
          await hasWritten();
        } else {
          assert.equal(code, timeout === undefined ? 'SHARD_UNAVAILABLE' : 'TIMEOUT', said);
        }
        const after = await failureOf(trx.raw('select 1').mtdd(TENANT));
        if (ending !== 'rollback to kept') assert.doesNotMatch(after.message, /what it did was rolled back/);
        await trx.rollback().catch(() => {});
      }
    }
  });

  it('for all shards are not either', async () => {
    const everywhere = { allServers: true };
    const other = knex({ client: 'pg', connection: cluster.shards[1 - own.index].databaseUrl });
    const view = 'create view v as select w(a) as a from t, pg_sleep(1)';
    try {
      await heard(true);
      const plain = () => db('t').select('a').mtdd(everywhere);
      // What has to be known of it is known.
      await plain();
      const { value, error: unexpected } = await losing(plain, () => sleep(500));
      assert.deepEqual(value, [{ a: 1 }, { a: 1 }], unexpected?.stack);
      await shard.raw(view);
      await other.raw(view);
      const writing = () => db.raw('select * from v').mtdd(everywhere);
      await writing();
      await shard.raw('truncate log');
      // Ahead of it the shards are asked whether the view is what it was: that is answered.
      const { error } = await losing(writing, hasWritten, () => running('select * from v'));
      assert.equal(error?.code, 'PARTIAL_FAILURE', error?.stack);
      assert.equal(error.outcomes[own.index].outcome, 'unknown');
      await sleep(300);
      assert.equal(await written(), 1);
    } finally {
      await other.raw('drop view if exists v');
      await other.destroy();
      await shard.raw('drop view if exists v');
    }
  });

  it('are unavailable, not in doubt, where they only read and the server does not come back', async () => {
    await heard(true);
    const read = failureOf(db.raw('select pg_sleep(30)').mtdd({ tenantId: TENANT, maxRetries: 1 }));
    await running('pg_sleep(30)');
    await cluster.shards[own.index].kill();
    const error = await read;
    await cluster.shards[own.index].start();
    own.pid = cluster.shards[own.index].server.pid;
    assert.ok(error instanceof ShardUnavailableError, error.stack);
  });

  it('are in doubt when they are stopped on a frozen server, where they may write', async () => {
    await shard.raw(WAYS['a view'][0]);
    try {
      await heard(false);
      const controller = new AbortController();
      const query = db
        .raw('select v.a from v, pg_sleep(31)')
        .mtdd({ tenantId: TENANT, signal: controller.signal });
      const failed = failureOf(query);
      await running('pg_sleep(31)');
      process.kill(own.pid, 'SIGSTOP');
      controller.abort();
      const error = await failed;
      assert.ok(error instanceof OutcomeUnknownError, error.stack);
      assert.equal(error.context.stoppingFor, 'CANCELLED');
      process.kill(own.pid, 'SIGCONT');
      // Where PostgreSQL says that it has stopped, nothing is in doubt.
      const other = new AbortController();
      const stopped = failureOf(
        db.raw('select v.a from v, pg_sleep(32)').mtdd({ tenantId: TENANT, signal: other.signal }),
      );
      await running('pg_sleep(32)');
      other.abort();
      assert.ok((await stopped) instanceof QueryCancelledError);
    } finally {
      await shard.raw('drop view v');
    }
  });

  it('are in doubt on a frozen server that has not found out that they may write by now', async () => {
    await heard(true);
    // The next look, which would find it, is seconds away, and the server is frozen before.
    await shard.raw('create view v as select w(1) as a');
    try {
      const controller = new AbortController();
      const failed = failureOf(
        db.raw('select * from v').mtdd({ tenantId: TENANT, signal: controller.signal }),
      );
      own.proxy.withhold();
      await hasWritten();
      process.kill(own.pid, 'SIGSTOP');
      controller.abort();
      const error = await failed;
      assert.ok(error instanceof OutcomeUnknownError, error.stack);
      assert.equal(error.context.stoppingFor, 'CANCELLED');
    } finally {
      process.kill(own.pid, 'SIGCONT');
      own.proxy.cut();
      await shard.raw('drop view v');
    }
  });

  it('by a stream are in doubt when it is aborted at its end, where they may write', async () => {
    await shard.raw(WAYS['a view'][0]);
    const ends = async (text) => {
      const controller = new AbortController();
      const stream = db.raw(text).mtdd({ tenantId: TENANT, signal: controller.signal }).stream();
      const failed = new Promise((resolve) => stream.on('error', resolve).on('end', resolve));
      await sleep(500);
      controller.abort();
      stream.resume();
      return failed;
    };
    try {
      await heard(false);
      const error = await ends('select v.a from v, generate_series(1, 1000)');
      assert.ok(error instanceof OutcomeUnknownError, error?.stack);
      assert.ok((await written()) > 0);
    } finally {
      await shard.raw('drop view v');
    }
    await heard(true);
    const error = await ends('select * from generate_series(1, 1000)');
    assert.ok(error instanceof QueryCancelledError, error?.stack);
  });
});

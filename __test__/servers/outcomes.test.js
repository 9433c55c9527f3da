/**
 * What is said of an outcome is true: "stopped" only where PostgreSQL said so, of whatever was to stop. And it is said
 * soon, also while a server is frozen.
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { after, afterEach, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const { InitializeReplication, OutcomeUnknownError, QueryCancelledError } = require('../../js');
const { startCluster } = require('../../testkit/cluster');

const TENANT = 'a tenant';
/** Several megabytes, which PostgreSQL begins to send when all rows are there. */
const RETURNING = `insert into notes select g from generate_series(1, 20000) g returning repeat('x', 300) as text`;
/** Milliseconds: within a second, and what a busy machine may add. */
const SOON = 1000;
const SLACK = 700;

const failureOf = (promise) =>
  Promise.resolve(promise).then(
    () => assert.fail('it has not failed'),
    (error) => error,
  );

describe('outcomes', () => {
  let cluster;
  let db;
  let shards;
  let frozen;

  before(async () => {
    cluster = await startCluster({
      shards: 2,
      seed: [
        'create table notes (id int)',
        `create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(1.5); return null; end $$`,
        'create table late (id int)',
        `create constraint trigger slow after insert on late deferrable initially deferred
           for each row execute function slow()`,
        'create function adds() returns int language sql as $$ insert into notes values (-1) returning 1 $$',
      ],
    });
    shards = cluster.shards.map(({ databaseUrl }) => knex({ client: 'pg', connection: databaseUrl }));
    db = knex({ client: 'pg', connection: 'postgres://nobody@127.0.0.1:1/nowhere', pool: { min: 0 } });
    const handle = await InitializeReplication(express(), db, {
      mtdd: {
        useMtdd: true,
        queryServers: cluster.queryServers,
        lookupServer: cluster.lookupServer,
        logLevel: 'silent',
      },
    });
    const { shardIndex } = await handle.addTenant(TENANT, 1);
    const own = cluster.shards[shardIndex];
    frozen = { pid: own.server.pid, shard: shards[shardIndex] };
  });
  after(async () => {
    await db?.destroy();
    await Promise.all((shards ?? []).map((shard) => shard.destroy()));
    await cluster?.stop();
  });
  afterEach(async () => {
    process.kill(frozen.pid, 'SIGCONT');
    await Promise.all(shards.map((shard) => shard.raw('truncate notes, late')));
  });

  const running = () =>
    frozen.shard.raw(`select count(*) as n from pg_stat_activity where datname = current_database()
      and state = 'active' and query like '%pg_sleep(30)%' and pid <> pg_backend_pid()`);

  const rows = async (table = 'notes') => (await frozen.shard(table).count('* as n').first()).n;

  it('a write that has come to its end before its stream is stopped is not said to have been stopped', async () => {
    const seen = new Set();
    let done = 0;
    for (let round = 0; round < 12; round++) {
      const controller = new AbortController();
      const stream = db
        .raw(
          round % 3 === 0
            ? `insert into notes values (1) returning repeat('z', 300000)`
            : 'insert into notes select generate_series(1, 1000) returning id',
        )
        .mtdd({ tenantId: TENANT, signal: controller.signal })
        .stream();
      const ended = new Promise((resolve) => stream.on('error', resolve).on('end', resolve));
      // Aborted while the answer is on its way, or before it has been read.
      const before = done;
      for (let wait = 0; done === before && wait < 200; wait++) done = Number(await rows());
      if (round % 2 === 0) await sleep(20);
      controller.abort();
      stream.resume();
      const error = await ended;
      seen.add(error?.code);
      if (error !== undefined) assert.equal(error.context.stoppingFor, 'CANCELLED');
    }
    assert.ok(!seen.has('CANCELLED'), [...seen].join());
    assert.ok(seen.has('OUTCOME_UNKNOWN'), [...seen].join());
  });

  it('a query that only waited for a connection is said not to have run, and one that ran to have been stopped', async () => {
    const asked = { tenantId: TENANT, timeout: 4000 };
    // As many as the tenant may have, and some more.
    const busy = Array.from({ length: 40 }, () => failureOf(db.raw('select pg_sleep(30)').mtdd(asked)));
    while (Number((await running()).rows[0].n) < 14) await sleep(20);
    const insert = db('notes')
      .insert({ id: 1 })
      .mtdd({ ...asked, timeout: 300 });
    const error = await failureOf(insert);
    assert.equal(error.code, 'TIMEOUT');
    assert.match(error.message, /it was not run$/);
    const said = (await Promise.all(busy)).map(({ message }) => message);
    assert.equal(said.filter((message) => /it has been stopped$/.test(message)).length, 14, said.join());
    assert.equal(said.filter((message) => /it was not run$/.test(message)).length, 26, said.join());
    assert.equal(await rows(), '0');
  });

  it('a read is stopped, whether it has come to its end or not', async () => {
    const controller = new AbortController();
    const stream = db
      .raw('select * from generate_series(1, 1000) n')
      .mtdd({ tenantId: TENANT, signal: controller.signal })
      .stream();
    await sleep(100);
    const failed = new Promise((resolve) => stream.on('error', resolve));
    controller.abort();
    assert.equal((await failed).code, 'CANCELLED');
  });

  it('a write whose rows are not read is not said to have been stopped', async () => {
    for (const stop of ['timeout', 'signal']) {
      const controller = new AbortController();
      const options = stop === 'timeout' ? { timeout: 700 } : { signal: controller.signal };
      const stream = db
        .raw(RETURNING)
        .mtdd({ tenantId: TENANT, ...options })
        .stream();
      const failed = once(stream, 'error').then(([error]) => error);
      await once(stream, 'readable');
      await sleep(300);
      if (stop === 'signal') controller.abort();
      const error = await failed;
      const kept = await rows();
      if (error instanceof OutcomeUnknownError) {
        assert.equal(error.context.stoppingFor, stop === 'timeout' ? 'TIMEOUT' : 'CANCELLED');
        assert.doesNotMatch(error.message, /has been stopped/);
        // On a busy machine the server may not have said what became of it when it was given up.
        if (error.message.includes('already finished')) assert.equal(kept, '20000');
      } else {
        // PostgreSQL was still sending, and said that it stopped.
        assert.ok(['TIMEOUT', 'CANCELLED'].includes(error.code), `${stop}: ${error.stack}`);
        assert.equal(kept, '0');
      }
      await frozen.shard.raw('truncate notes');
    }
  });

  it('a stream that its reader destroys ends with the error of the reader, which says nothing of the rows', async () => {
    const stream = db.raw(RETURNING).mtdd({ tenantId: TENANT }).stream();
    const failed = once(stream, 'error').then(([error]) => error);
    await once(stream, 'readable');
    const enough = new Error('enough');
    stream.destroy(enough);
    assert.equal(await failed, enough);
  });

  it('a COMMIT whose time is up is said to be in doubt, or has not happened', async () => {
    const error = await failureOf(
      db.transaction(async (trx) => {
        await trx('late').insert({ id: 1 }).mtdd(TENANT);
        process.kill(frozen.pid, 'SIGSTOP');
        await trx.raw('commit').timeout(60_000).mtdd(TENANT, 1, 'auto', { timeout: 300 });
      }),
    );
    assert.ok(error instanceof OutcomeUnknownError, error.stack);
    assert.equal(error.context.stoppingFor, 'TIMEOUT');
  });

  it('a read whose time is up has no outcome in doubt', async () => {
    const controller = new AbortController();
    const stream = db
      .raw("select repeat('x', 1000) as text from generate_series(1, 50000)")
      .mtdd({ tenantId: TENANT, signal: controller.signal })
      .stream();
    const failed = once(stream, 'error').then(([error]) => error);
    await once(stream, 'readable');
    controller.abort();
    assert.ok((await failed) instanceof QueryCancelledError);
  });

  /** What is stopped while its server is frozen: how it begins, and what its caller hears. */
  const CALLS = {
    // What the server knew of reads may have changed before it fell silent.
    'a read': [(signal) => db('notes').mtdd({ tenantId: TENANT, signal }), OutcomeUnknownError],
    'what its caller calls a read': [
      (signal) => db('notes').mtdd({ tenantId: TENANT, signal, operationType: 'read' }),
      QueryCancelledError,
    ],
    'a write': [
      (signal) => db('notes').insert({ id: 1 }).mtdd({ tenantId: TENANT, signal }),
      OutcomeUnknownError,
    ],
    'a function that may write': [
      (signal) => db.raw('select adds()').mtdd({ tenantId: TENANT, signal }),
      OutcomeUnknownError,
    ],
    'a stream': [
      async (signal) => {
        for await (const _ of db('notes').mtdd({ tenantId: TENANT, signal }).stream());
      },
      OutcomeUnknownError,
    ],
    'the stream of a write': [
      async (signal) => {
        for await (const _ of db.raw(RETURNING).mtdd({ tenantId: TENANT, signal }).stream());
      },
      OutcomeUnknownError,
    ],
    'a read for all shards': [
      (signal) => db('notes').mtdd({ allServers: true, signal }),
      QueryCancelledError,
    ],
    'a write for all shards': [
      (signal) => db('notes').del().mtdd({ allServers: true, signal }),
      async (error) => {
        if (error.code === 'PARTIAL_FAILURE') return;
        // Before the write, all shards are asked whether they are what they were.
        assert.equal(error.code, 'CANCELLED', error.stack);
        process.kill(frozen.pid, 'SIGCONT');
        await sleep(300);
        const left = await Promise.all(shards.map((shard) => shard('notes').count('* as n').first()));
        assert.deepEqual(left, [{ n: '1' }, { n: '1' }]);
      },
    ],
  };

  for (const [name, [call, heard]] of Object.entries(CALLS)) {
    it(`${name} on a frozen server is given up within a second`, async () => {
      // Streams are open, and tenants known.
      await db('notes').mtdd(TENANT);
      await db('notes').mtdd({ allServers: true });
      await Promise.all(shards.map((shard) => shard('notes').insert({ id: 7 })));
      process.kill(frozen.pid, 'SIGSTOP');
      const controller = new AbortController();
      const failed = failureOf(call(controller.signal));
      await sleep(200);
      const since = performance.now();
      controller.abort();
      const error = await failed;
      const took = performance.now() - since;
      assert.ok(took < SOON + SLACK, `${took} ms`);
      if (heard.prototype instanceof Error) assert.ok(error instanceof heard, error.stack);
      else await heard(error);
    });
  }

  it('a transaction on a frozen server is given up within a second, and rolled back', async () => {
    await db('notes').mtdd(TENANT);
    const controller = new AbortController();
    let since;
    const error = await failureOf(
      db.transaction(async (trx) => {
        await trx('notes').insert({ id: 1 }).mtdd(TENANT);
        process.kill(frozen.pid, 'SIGSTOP');
        setTimeout(() => {
          since = performance.now();
          controller.abort();
        }, 200);
        await trx('notes').insert({ id: 2 }).mtdd({ tenantId: TENANT, signal: controller.signal });
      }),
    );
    const took = performance.now() - since;
    assert.ok(took < SOON + SLACK, `${took} ms`);
    assert.ok(error instanceof QueryCancelledError, error.stack);
    assert.match(error.message, /Its signal was aborted: .*its transaction is rolled back$/);
    assert.equal(error.cause, controller.signal.reason);
    process.kill(frozen.pid, 'SIGCONT');
    await sleep(300);
    assert.equal(await rows(), '0');
  });

  it('what comes after a statement that was given up hears that its transaction was rolled back', async () => {
    await db('notes').mtdd(TENANT);
    const trx = await db.transaction();
    await trx('notes').insert({ id: 1 }).mtdd(TENANT);
    process.kill(frozen.pid, 'SIGSTOP');
    const late = await failureOf(trx('notes').insert({ id: 2 }).mtdd({ tenantId: TENANT, timeout: 200 }));
    assert.equal(late.code, 'TIMEOUT', late.stack);
    assert.match(late.message, /its transaction is rolled back$/);
    const next = await failureOf(trx('notes').mtdd(TENANT));
    trx.commit();
    const commit = await failureOf(trx.executionPromise);
    for (const error of [next, commit]) {
      assert.equal(error.code, 'SHARD_UNAVAILABLE', error.stack);
      assert.match(error.message, /what it did was rolled back/);
    }
    process.kill(frozen.pid, 'SIGCONT');
    await sleep(300);
    assert.equal(await rows(), '0');
  });

  it('the options of a query of a transaction are not those of its COMMIT', async () => {
    await db.transaction(async (trx) => {
      await trx('notes').mtdd({ tenantId: TENANT, timeout: 700, operationType: 'read' });
      await trx('late').insert({ id: 1 }).mtdd(TENANT);
    });
    assert.equal(await rows('late'), '1');

    const impatient = knex({
      client: 'pg',
      connection: 'postgres://nobody@127.0.0.1:1/nowhere',
      pool: { min: 0 },
    });
    await InitializeReplication(express(), impatient, {
      mtdd: {
        useMtdd: true,
        queryServers: cluster.queryServers,
        lookupServer: cluster.lookupServer,
        logLevel: 'silent',
        timeout: 1000,
      },
    });
    try {
      const declared = { tenantId: TENANT, operationType: 'read' };
      const endings = [
        (trx) => {
          trx.commit();
          return trx.executionPromise;
        },
        (trx) => trx.raw('commit').mtdd(declared),
      ];
      for (const end of endings) {
        const trx = await impatient.transaction();
        await trx('notes').mtdd(declared);
        await trx('late').insert({ id: 2 }).mtdd(TENANT);
        setTimeout(() => process.kill(frozen.pid, 'SIGSTOP'), 300);
        const error = await failureOf(end(trx));
        assert.ok(error instanceof OutcomeUnknownError, error.stack);
        process.kill(frozen.pid, 'SIGCONT');
        if (!trx.isCompleted()) await trx.rollback();
      }
    } finally {
      await impatient.destroy();
    }
  });

  it("a query's timeout covers the opening of its transaction too", async () => {
    const trx = await db.transaction();
    process.kill(frozen.pid, 'SIGSTOP');
    const since = performance.now();
    const error = await failureOf(trx('notes').insert({ id: 1 }).mtdd({ tenantId: TENANT, timeout: 300 }));
    const took = performance.now() - since;
    assert.equal(error.code, 'TIMEOUT', error.stack);
    assert.match(error.message, /did not finish within 300 ms; it was not run/);
    assert.deepEqual(error.context, { timeout: 300, stopped: true });
    assert.ok(took < 300 + SLACK, `${took} ms`);
    process.kill(frozen.pid, 'SIGCONT');
    // The transaction may go on.
    await trx('notes').insert({ id: 2 }).mtdd({ tenantId: TENANT, timeout: 10_000 });
    await trx.commit();
    assert.equal(await rows(), '1');
  });

  it('what an ended transaction stops is never a later query', async () => {
    const trx = await db.transaction();
    await failureOf(trx.raw('select pg_sleep(0.3)').timeout(50).mtdd(TENANT));
    await sleep(500);
    // One at a time, they get the same numbers again and again.
    for (let index = 0; index < 4094; index++) await db.raw('select 1').mtdd(TENANT);
    const later = Array.from({ length: 8 }, () => db.raw('select pg_sleep(0.3)').mtdd(TENANT).then());
    await sleep(50);
    await trx.rollback();
    await Promise.all(later);
  });
});

/**
 * Every way to stop a query: its statement stops on PostgreSQL, no other statement is hit, and the connection is clean
 * for whoever comes next.
 */

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const express = require('express');
const knex = require('knex');
const {
  InitializeReplication,
  QueryCancelledError,
  tenantContext,
  withSignal,
  withTenant,
} = require('../../js');
const { startCluster } = require('../../testkit/cluster');

const TENANT = 'a tenant';
/** Runs for longer than any test waits. */
const LONG = 'select pg_sleep(60)';
const REASON = new Error('nobody wants it any more');

const failureOf = (promise) =>
  Promise.resolve(promise).then(
    () => assert.fail('it has not failed'),
    (error) => error,
  );

/** Reads a stream until it fails. */
const failureOfStream = (stream) =>
  failureOf(
    (async () => {
      for await (const _row of stream);
    })(),
  );

/**
 * How a long statement is stopped: begins it on `db` (a Knex instance or a transaction), and gives what stops it, if
 * it does not stop by itself, and what its caller hears.
 */
const WAYS = {
  '.timeout()': (db) => ({
    failure: failureOf(db.raw(LONG).timeout(300).mtdd(TENANT)),
    heard: (error) => assert.equal(error.name, 'KnexTimeoutError'),
  }),
  '.timeout() with cancel': (db) => ({
    failure: failureOf(db.raw(LONG).timeout(300, { cancel: true }).mtdd(TENANT)),
    heard: (error) => assert.equal(error.name, 'KnexTimeoutError'),
  }),
  'the option timeout': (db) => ({
    failure: failureOf(db.raw(LONG).mtdd(TENANT, 1, 'auto', { timeout: 300 })),
    heard: (error) => assert.equal(error.code, 'TIMEOUT'),
  }),
  'the option signal': (db) => {
    const controller = new AbortController();
    const query = db.raw(LONG).mtdd({ tenantId: TENANT, signal: controller.signal });
    return { failure: failureOf(query), stop: () => controller.abort(REASON), heard: isCancelled };
  },
  'withSignal around it': (db) => {
    const controller = new AbortController();
    const failure = withSignal(controller.signal, () => failureOf(db.raw(LONG).mtdd(TENANT)));
    return { failure, stop: () => controller.abort(REASON), heard: isCancelled };
  },
  'the option signal of a stream': (db) => {
    const controller = new AbortController();
    const stream = db.raw(LONG).mtdd({ tenantId: TENANT, signal: controller.signal }).stream();
    return { failure: failureOfStream(stream), stop: () => controller.abort(REASON), heard: isCancelled };
  },
  'the option timeout of a stream': (db) => ({
    failure: failureOfStream(db.raw(LONG).mtdd(TENANT, 1, 'auto', { timeout: 300 }).stream()),
    heard: (error) => assert.equal(error.code, 'TIMEOUT'),
  }),
  'a stream destroyed before its first row': (db) => {
    const stream = db.raw(LONG).mtdd(TENANT).stream();
    const failure = once(stream, 'close');
    return { failure, stop: () => stream.destroy(), heard: () => {} };
  },
  'a stream destroyed midway': (db) => {
    const stream = db
      .raw("select repeat('x', 1000), pg_sleep(0) from generate_series(1, 1e9)")
      .mtdd(TENANT)
      .stream();
    stream.once('data', () => stream.pause());
    return { failure: once(stream, 'close'), stop: () => stream.destroy(), heard: () => {} };
  },
};

function isCancelled(error) {
  assert.ok(error instanceof QueryCancelledError, error.stack);
  assert.equal(error.code, 'CANCELLED');
  assert.equal(error.statusCode, 499);
  assert.equal(error.cause, REASON);
}

describe('cancellation', () => {
  let cluster;
  let db;
  /** The shard, asked directly. */
  let shard;

  before(async () => {
    cluster = await startCluster({
      shards: 1,
      seed: ['create table notes (id int primary key)'],
      // Few connections, so that whatever is left on one of them is met soon.
      serverArgs: ['--pool-size', '4', '--max-sessions', '4'],
    });
    shard = knex({ client: 'pg', connection: cluster.shards[0].databaseUrl });
    db = knex({
      client: 'pg',
      // The name under which `BUSY` finds what runs for it on the shard.
      connection: 'postgres://nobody@127.0.0.1:1/nowhere?application_name=mtdd-server',
      pool: { min: 0 },
    });
    await InitializeReplication(express(), db, {
      mtdd: { useMtdd: true, queryServers: cluster.queryServers, logLevel: 'silent' },
    });
  });
  after(async () => {
    await db?.destroy();
    await shard?.destroy();
    await cluster?.stop();
  });

  const BUSY = `from pg_stat_activity
    where datname = current_database() and application_name = 'mtdd-server'`;

  async function count(where) {
    const { rows } = await shard.raw(`select count(*)::int as n ${BUSY} and ${where}`);
    return rows[0].n;
  }

  const running = () => count("state = 'active' and query like '%pg_sleep%'");

  async function until(condition, what) {
    for (const deadline = Date.now() + 5000; !(await condition()); await sleep(10))
      assert.ok(Date.now() < deadline, what);
  }

  /** Nothing runs, nothing is open, and every connection takes a query as if new. */
  async function isClean() {
    await until(async () => (await count("state <> 'idle'")) === 0, 'a connection is not idle');
    const sql = "select current_setting('statement_timeout') as a, 1 as b from pg_sleep(0.01)";
    const replies = await Promise.all(Array.from({ length: 20 }, () => db.raw(sql).mtdd(TENANT)));
    for (const { rows } of replies) assert.deepEqual(rows, [{ a: '0', b: 1 }]);
  }

  for (const [name, begin] of Object.entries(WAYS)) {
    it(`${name} stops the statement`, async () => {
      const { failure, stop, heard } = begin(db);
      await until(async () => (await running()) === 1, 'the statement does not run');
      stop?.();
      heard(await failure);
      await until(async () => (await running()) === 0, 'the statement goes on');
      await isClean();
    });

    // As on a local connection, a transaction may go on behind a statement that nobody waits for any more.
    const leaves = name === '.timeout()' || name.startsWith('a stream destroyed');
    const title = leaves
      ? 'leaves the statement to the end of a transaction'
      : 'stops the statement in a transaction, which has then failed';
    it(`${name} ${title}`, async () => {
      const trx = await db.transaction();
      trx.executionPromise.catch(() => {});
      await trx('notes').insert({ id: 1 }).mtdd(TENANT);
      const { failure, stop, heard } = begin(trx);
      await until(async () => (await running()) === 1, 'the statement does not run');
      stop?.();
      heard(await failure);
      if (!leaves) {
        await until(async () => (await running()) === 0, 'the statement goes on');
        assert.equal((await failureOf(trx('notes').mtdd(TENANT))).code, '25P02');
      }
      await trx.rollback();
      await until(async () => (await running()) === 0, 'the statement outlives its transaction');
      await isClean();
      assert.deepEqual(await shard('notes'), []);
    });
  }

  describe('signals', () => {
    it('that are aborted already send nothing', async () => {
      const signal = AbortSignal.abort(REASON);
      const sql = 'insert into notes values (7)';
      isCancelled(await failureOf(db.raw(sql).mtdd({ tenantId: TENANT, signal })));
      isCancelled(await withSignal(signal, () => failureOf(db.raw(sql).mtdd(TENANT))));
      isCancelled(await failureOfStream(db.raw(sql).mtdd({ tenantId: TENANT, signal }).stream()));
      const seen = [];
      const listen = ({ sql: text }) => seen.push(text);
      db.on('query', listen);
      const transaction = db.transaction((trx) => trx.raw(sql), { mtdd: { tenantId: TENANT, signal } });
      isCancelled(await failureOf(transaction));
      db.removeListener('query', listen);
      assert.deepEqual(seen, [], 'not even BEGIN');
      assert.deepEqual(await shard('notes'), []);
    });

    it('that are aborted afterwards change nothing', async () => {
      const controller = new AbortController();
      const { rows } = await db.raw('select 1 as a').mtdd({ tenantId: TENANT, signal: controller.signal });
      controller.abort(REASON);
      assert.deepEqual(rows, [{ a: 1 }]);
      await isClean();
    });

    it('that are around a query and its own count both, and the inner calls count on top', async () => {
      for (const which of [0, 1, 2]) {
        const controllers = [0, 1, 2].map(() => new AbortController());
        const [outer, inner, own] = controllers.map(({ signal }) => signal);
        const failure = withSignal(outer, () =>
          withSignal(inner, () => failureOf(db.raw(LONG).mtdd({ tenantId: TENANT, signal: own }))),
        );
        setTimeout(() => controllers[which].abort(REASON), 50);
        isCancelled(await failure);
      }
      await isClean();
    });

    it('withSignal(null) lets its queries go on', async () => {
      const controller = new AbortController();
      const query = withSignal(controller.signal, () =>
        withSignal(null, () => db.raw('select 1 as a from pg_sleep(0.2)').mtdd(TENANT).then()),
      );
      controller.abort(REASON);
      assert.equal((await query).rows[0].a, 1);
    });

    it('one signal stops a hundred queries at once, whether they run or wait', async () => {
      const controller = new AbortController();
      const failures = withSignal(controller.signal, () =>
        Array.from({ length: 100 }, () => failureOf(db.raw(LONG).mtdd(TENANT))),
      );
      // One of four connections is kept for others.
      await until(async () => (await running()) === 3, 'they do not run');
      controller.abort(REASON);
      for (const error of await Promise.all(failures)) isCancelled(error);
      await isClean();
    });

    it('stop the queries of a transaction that is around them, and not its COMMIT', async () => {
      const controller = new AbortController();
      await withSignal(controller.signal, () =>
        withTenant(TENANT, () =>
          db.transaction(async (trx) => {
            await trx('notes').insert({ id: 3 });
            controller.abort(REASON);
            isCancelled(await failureOf(trx('notes').insert({ id: 4 })));
          }),
        ),
      );
      assert.deepEqual(await shard('notes'), [{ id: 3 }]);
      await shard('notes').delete();
    });

    it('of a wrong type are refused', () => {
      assert.throws(() => db('notes').mtdd({ tenantId: TENANT, signal: 'stop' }), {
        message: '.mtdd(): options.signal: expected an AbortSignal, got "stop"',
      });
      assert.throws(
        () => withSignal(undefined, () => {}),
        /withSignal\(\): signal: expected an AbortSignal or null/,
      );
      assert.throws(() => withSignal(null), /withSignal\(\): fn: expected a function/);
      assert.throws(
        () => tenantContext(() => {}, { cancelOnClose: 1 }),
        /options\.cancelOnClose: expected true or false/,
      );
      assert.throws(
        () => tenantContext(() => {}, { cancelonclose: true }),
        /options\.cancelonclose: unknown option; there is "cancelOnClose"/,
      );
    });
  });

  describe('a request whose client goes away', () => {
    /** Answers to one request, which is given up as soon as `when` holds. */
    async function giveUp(options, route, when) {
      const app = express();
      app.use(tenantContext(() => TENANT, options));
      const outcome = new Promise((resolve) => app.get('/', (req, res) => resolve(route(req, res))));
      const server = app.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const request = http.get({ port: server.address().port, host: '127.0.0.1' });
      request.on('error', () => {});
      request.on('response', (response) => response.resume());
      await until(when, 'the request does nothing');
      request.destroy();
      await outcome;
      server.close();
      return outcome;
    }

    const isRunning = async () => (await running()) === 1;
    const CANCELLING = { cancelOnClose: true };

    it('stops its queries, which says so', async () => {
      const error = await giveUp(CANCELLING, () => failureOf(db.raw(LONG)), isRunning);
      assert.ok(error instanceof QueryCancelledError);
      assert.equal(error.statusCode, 499);
      assert.match(error.cause.message, /client closed the connection/);
      await isClean();
    });

    it('rolls back its transaction', async () => {
      const route = () =>
        failureOf(
          db.transaction(async (trx) => {
            await trx('notes').insert({ id: 5 });
            await trx.raw(LONG);
          }),
        );
      assert.equal((await giveUp(CANCELLING, route, isRunning)).code, 'CANCELLED');
      await isClean();
      assert.deepEqual(await shard('notes'), []);
    });

    it('goes on without being asked to stop: work that has been begun is not left half done', async () => {
      const outcome = await giveUp(
        undefined,
        async () => {
          await db('notes').insert({ id: 6 });
          await db.raw('select 1 from pg_sleep(0.4)');
          await db('notes').insert({ id: 7 });
          return 'whole';
        },
        isRunning,
      );
      assert.equal(outcome, 'whole');
      assert.deepEqual(await shard('notes').orderBy('id'), [{ id: 6 }, { id: 7 }]);
      await shard('notes').delete();
    });

    it('stops nothing with cancelOnClose: false, and nothing that it does after its answer', async () => {
      const query = () => db.raw('select 1 as a from pg_sleep(0.4)');
      const unanswered = await giveUp({ cancelOnClose: false }, query, isRunning);
      assert.equal(unanswered.rows[0].a, 1);
      const answered = await giveUp(
        CANCELLING,
        async (_req, res) => {
          res.json({});
          return query();
        },
        isRunning,
      );
      assert.equal(answered.rows[0].a, 1);
    });
  });

  it('in a storm of cancels no query is hit by that of another, and the totals add up', async () => {
    const outcomes = { answered: 0, stopped: 0, unsure: 0 };
    let next = 100;
    const duration = () => 0.002 + Math.random() * 0.03;

    /** Stopped, or not, between a quarter of its time and four times as late, so that a slow machine answers some too. */
    async function stoppable() {
      const seconds = duration();
      const patience = Math.max(1, Math.round(seconds * 1000 * 4 ** (2 * Math.random() - 1)));
      const query = db.raw('insert into notes select ? from pg_sleep(?)', [next++, seconds]);
      const way = next % 3;
      const controller = new AbortController();
      const timer = way === 0 ? setTimeout(() => controller.abort(), patience) : undefined;
      if (way === 0) query.mtdd({ tenantId: TENANT, signal: controller.signal });
      else if (way === 1) query.mtdd({ tenantId: TENANT, timeout: patience });
      else query.timeout(patience, { cancel: true }).mtdd(TENANT);
      try {
        await query;
        outcomes.answered++;
      } catch (error) {
        const own = ['CANCELLED', 'TIMEOUT'].includes(error.code) || error.name === 'KnexTimeoutError';
        assert.ok(own, error.stack);
        // Knex gives up even if the answer comes while the cancel is under way.
        const isSure = error.code === 'CANCELLED' || error.context?.stopped === true;
        outcomes[isSure ? 'stopped' : 'unsure']++;
      } finally {
        clearTimeout(timer);
      }
    }

    /** Must never be stopped. */
    async function undisturbed() {
      const id = -next++;
      const { rowCount } = await db
        .raw('insert into notes select ? from pg_sleep(?)', [id, duration()])
        .mtdd(TENANT);
      assert.equal(rowCount, 1);
    }

    await Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let turn = 0; turn < 60; turn++) await (worker % 2 === 0 ? stoppable() : undisturbed());
      }),
    );
    const { rows } = await shard.raw(
      'select count(*) filter (where id < 0)::int as safe, count(*) filter (where id > 0)::int as done from notes',
    );
    const [{ safe, done }] = rows;
    assert.equal(safe, 4 * 60);
    assert.equal(outcomes.answered + outcomes.stopped + outcomes.unsure, 4 * 60);
    assert.ok(outcomes.stopped > 10 && outcomes.answered > 10, JSON.stringify(outcomes));
    const message = `${done} rows, ${JSON.stringify(outcomes)}`;
    assert.ok(done >= outcomes.answered && done <= outcomes.answered + outcomes.unsure, message);
    await isClean();
    await shard('notes').delete();
  });
});

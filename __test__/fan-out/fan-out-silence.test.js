/** Queries for all shards while one query server is frozen, or a shard's PostgreSQL waits for a lock. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');
const { startShards } = require('../support/shards');

const SEED = [
  'create table notes (id int primary key, tenant text, at timestamptz default now())',
  'create table places (id int primary key)',
];
const PARTIAL = { allServers: true, partialResults: true };
const FROZEN = 1;

describe('queries for all shards while one is silent', () => {
  let shards;
  let db;

  before(async () => {
    shards = await startShards({ seed: SEED, mtdd: { referenceTables: ['places'] } });
    db = shards.db;
    await shards.prepare('insert into places values (7)');
    await shards.fill(
      'notes',
      [0, 1, 2].map((shard) => [{ id: shard, tenant: `t${shard}` }]),
    );
  });
  after(() => shards?.stop());

  /** Does `work` while the server of one shard is frozen, once all that it needs is known. */
  async function whileFrozen(work) {
    await Promise.all([0, 1, 2].map(() => db('notes').mtdd({ allServers: true })));
    await db('places').mtdd({ allServers: true });
    const { pid } = shards.cluster.shards[FROZEN].server;
    process.kill(pid, 'SIGSTOP');
    try {
      await work();
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }

  async function elapsed(work) {
    const begun = Date.now();
    await work();
    return Date.now() - begun;
  }

  it('what any one shard can answer is answered by another than the silent one', async () => {
    await whileFrozen(async () => {
      for (const options of [{ allServers: true }, PARTIAL]) {
        for (let turn = 0; turn < 3; turn++) {
          const timeout = { ...options, timeout: 15_000 };
          assert.deepEqual(await db('places').mtdd(timeout), [{ id: 7 }]);
          assert.deepEqual((await db.raw('select 1 as one').mtdd(timeout)).rows, [{ one: 1 }]);
        }
      }
    });
  });

  it('a shard that was silent a moment ago is not awaited anew by each partial result', async () => {
    await whileFrozen(async () => {
      const options = { ...PARTIAL, timeout: 20_000 };
      const taken = await elapsed(async () => {
        for (let turn = 0; turn < 6; turn++) {
          const rows = await db('notes').orderBy('id').select('id').mtdd(options);
          assert.deepEqual(
            rows.map(({ id }) => id),
            [0, 2],
          );
          const [{ shardIndex, error }] = rows.mtdd.failedShards;
          assert.deepEqual([shardIndex, error.code], [FROZEN, 'TIMEOUT']);
          assert.match(
            error.message,
            /shard 1\) did not answer within \d{2,4} ms; the query was not sent to it/,
          );
        }
      });
      assert.ok(taken < 20_000, `${taken} ms`);
    });
    const whole = async () => (await db('notes').mtdd(PARTIAL)).length;
    for (let turn = 0; turn < 100 && (await whole()) < 3; turn++);
    assert.equal(await whole(), 3);
  });

  it('a shard that is silent holds up a partial result for a share of a long timeout only', async () => {
    await whileFrozen(async () => {
      const taken = await elapsed(async () => {
        const counted = await db('notes').count('* as n').mtdd(PARTIAL);
        assert.deepEqual([...counted], [{ n: '2' }]);
      });
      assert.ok(taken < 20_000, `${taken} ms`);
    });
  });

  it('a shard that is slow to describe its schema is awaited by a query that needs it', async () => {
    await db.raw('create table slow (id int)').mtdd({ allServers: true });
    const { pid } = shards.cluster.shards[FROZEN].server;
    // Each of several questions takes the better part of a second.
    process.kill(pid, 'SIGSTOP');
    const slowly = setInterval(() => {
      process.kill(pid, 'SIGCONT');
      setTimeout(() => process.kill(pid, 'SIGSTOP'), 5);
    }, 700);
    try {
      assert.deepEqual(await db('slow').mtdd({ allServers: true, timeout: 100_000 }), []);
    } finally {
      clearInterval(slowly);
      setTimeout(() => process.kill(pid, 'SIGCONT'), 50);
      await db.raw('drop table slow').mtdd({ allServers: true });
    }
  });

  it('many queries at once, while nothing is known of the shards, share what is asked of them', async () => {
    const readings = [];
    const logger = { info() {}, warn() {}, error() {}, child: () => logger };
    logger.debug = (...args) => args.includes('the schemas of all shards were read') && readings.push(args);
    const another = knex({ client: 'pg', connection: shards.cluster.local.databaseUrl, pool: { min: 0 } });
    const { queryServers, lookupServer } = shards.cluster;
    const handle = await InitializeReplication(express(), another, {
      mtdd: { useMtdd: true, queryServers, lookupServer, logger, logLevel: 'debug' },
      portal: { tenantColumnName: 'tenant' },
    });
    try {
      const questions = Array.from({ length: 40 }, (_, index) => another('notes').where('id', '<', index));
      const counts = await Promise.all(
        questions.map((question) => question.count('* as n').mtdd({ allServers: true, timeout: 60_000 })),
      );
      assert.equal(counts.length, 40);
      assert.ok(readings.length >= 1 && readings.length < 20, `${readings.length} readings`);
    } finally {
      await handle.close();
      await another.destroy();
    }
  });

  it("PostgreSQL's refusal goes before the silence of another shard", async () => {
    await whileFrozen(async () => {
      const all = { allServers: true };
      for (const [query, code, ways] of [
        [() => db('notes').select('no_such_column'), '42703', [all, PARTIAL]],
        // What names something unknown is looked at on all shards before it is run on them.
        [() => db('no_such_table').select('id'), '42P01', [PARTIAL]],
        [() => db.raw('select id, from_nowhere(id) from notes order by id'), '42883', [PARTIAL]],
      ]) {
        for (const options of ways) {
          const taken = await elapsed(() =>
            assert.rejects(query().mtdd({ ...options, timeout: 15_000 }), { code, name: 'error' }),
          );
          assert.ok(taken < 14_000, `${code} took ${taken} ms, ${JSON.stringify(options)}`);
        }
      }
    });
  });

  it('a refusal and an explanation do not wait for the silent one', async () => {
    await whileFrozen(async () => {
      const window = 'select id, row_number() over (order by id) from notes';
      const taken = await elapsed(async () => {
        await assert.rejects(db.raw(window).mtdd({ allServers: true }), { code: 'PLAN_UNSUPPORTED' });
        const plan = await shards.handle.explain(db('notes').select('id').mtdd({ allServers: true }));
        assert.equal(plan.plan, 'concat');
      });
      assert.ok(taken < 14_000, `${taken} ms`);
    });
  });

  it('a shard whose PostgreSQL waits for a lock is left out of a partial result', async () => {
    const locked = await shards.databases[2].transaction();
    try {
      // What is known of the shards is asked anew.
      await db.raw('create table others (id int)').mtdd({ allServers: true });
      await locked.raw('lock table notes in access exclusive mode');
      const rows = await db('notes')
        .select('id')
        .mtdd({ ...PARTIAL, timeout: 6000 });
      assert.deepEqual(rows.map(({ id }) => id).sort(), [0, 1]);
      const [{ shardIndex, error }] = rows.mtdd.failedShards;
      assert.equal(shardIndex, 2);
      assert.match(error.code, /^(TIMEOUT|SHARD_UNAVAILABLE)$/);
    } finally {
      await locked.rollback();
    }
  });
});

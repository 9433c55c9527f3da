/** Queries for all shards when not all goes well: outcomes shard by shard, and never a part reported as the whole. */

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const {
  PartialFailureError,
  QueryCancelledError,
  QueryTimeoutError,
  ShardUnavailableError,
  withSignal,
} = require('../../js');
const { startShards } = require('../support/shards');

const SEED = [
  'create table notes (id int primary key, tenant text, size int check (size < 100))',
  'create table here (id int)',
];

const WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";

describe('failures of queries for all shards', () => {
  let shards;
  let db;

  before(async () => {
    shards = await startShards({ seed: SEED });
    db = shards.db;
    await shards.databases[1].raw('drop table here');
  });
  after(() => shards?.stop());
  beforeEach(async () => {
    await shards.prepare('truncate notes');
    for (const shard of shards.cluster.shards) await shard.start();
    await shards.fill(
      'notes',
      [0, 1, 2].map((shard) => [1, 2].map((n) => ({ id: shard * 10 + n, tenant: `t${shard}`, size: n }))),
    );
  });

  const errorOf = (query) =>
    query.then(
      (value) => assert.fail(`it succeeded: ${JSON.stringify(value)}`),
      (error) => error,
    );
  const wordsOf = (error) => error.outcomes.map(({ outcome }) => outcome);

  it('a read fails with what has failed on which shard', async () => {
    const error = await errorOf(db('here').mtdd());
    assert.ok(error instanceof PartialFailureError, String(error));
    assert.equal(error.cause.code, '42P01');
    assert.equal(error.cause.constructor.name, 'DatabaseError');
    assert.equal(error.outcomes[1].error.code, '42P01');
    assert.equal(error.outcomes[1].queryServer, shards.cluster.queryServers[1]);
    assert.deepEqual(
      error.outcomes.map(({ shardIndex }) => shardIndex),
      [0, 1, 2],
    );
    assert.equal(error.context.shards[1].outcome, 'failed');
    assert.match(error.message, /1 of 3 shards failed.*shard 1 \(.*here/);
  });

  it('what a row or a value is refused for is the error that one PostgreSQL would have raised, each time', async () => {
    // Only one shard holds such a row; the others may have answered before, or not.
    await shards.databases[2]('notes').insert({ id: 0, tenant: 'x', size: 0 });
    for (const sql of [
      'select 1 / size as n from notes',
      'select id, 1 / size as n from notes order by id',
      'select sum(1 / size) from notes',
      'select stddev(1 / size) from notes group by tenant having count(*) > 0',
      'select 1 / size as n from notes union select 2',
    ]) {
      for (let turn = 0; turn < 5; turn++) {
        const error = await errorOf(db.raw(sql).mtdd());
        assert.equal(error.constructor.name, 'DatabaseError', `${sql}: ${error}`);
        assert.equal(error.code, '22012');
      }
    }
    const slow =
      'select 1 / size as n from notes where id <> 0 or (select count(*) from generate_series(1, 300000)) > 0';
    assert.equal((await errorOf(db.raw(slow).mtdd())).code, '22012');
    const text = "select tenant::int from notes where tenant = 'x' or tenant is null";
    assert.equal((await errorOf(db.raw(text).mtdd())).code, '22P02');
  });

  it('a read that is lost and not repeated is unavailable, not of unknown outcome', async () => {
    const locked = await shards.databases[2].transaction();
    await locked.raw('lock table notes');
    let failing;
    let write;
    try {
      failing = errorOf(db('notes').mtdd({ allServers: true, maxRetries: 0 }));
      write = errorOf(db('notes').update({ size: 3 }).mtdd({ allServers: true, maxRetries: 0 }));
      while (Number((await shards.whole.raw(WAITING)).rows[0].count) < 2) await sleep(20);
      await shards.cluster.shards[2].kill();
      const error = await failing;
      assert.deepEqual(
        [error.cause?.code, error.outcomes?.[2].outcome],
        ['SHARD_UNAVAILABLE', 'failed'],
        error.stack,
      );
      assert.deepEqual(wordsOf(await write), ['done', 'done', 'unknown']);
    } finally {
      await locked.rollback();
      await Promise.allSettled([failing, write]);
    }
  });

  it('a write that fails on one shard says what has taken effect on the others', async () => {
    await shards.databases[2]('notes').insert({ id: 29, tenant: 't2', size: 60 });
    const error = await errorOf(
      db('notes')
        .update({ size: db.raw('size * 2') })
        .mtdd(),
    );
    assert.ok(error instanceof PartialFailureError, String(error));
    assert.deepEqual(wordsOf(error), ['done', 'done', 'failed']);
    assert.deepEqual(
      error.outcomes.map(({ rowCount }) => rowCount),
      [2, 2, undefined],
    );
    assert.equal(error.outcomes[2].error.code, '23514');
    assert.equal(error.outcomes[2].error.constraint, 'notes_size_check');
    assert.match(error.message, /has taken effect on 2 of 3 shards/);
    assert.deepEqual(await shards.databases[0]('notes').orderBy('id').pluck('size'), [2, 4]);
    assert.equal(JSON.parse(JSON.stringify(error)).code, 'PARTIAL_FAILURE');
  });

  it('a query server that is down fails reads, and no write or DDL is sent to any shard', async () => {
    await shards.cluster.shards[1].stop();
    const read = await errorOf(db('notes').mtdd());
    assert.ok(read instanceof PartialFailureError, String(read));
    assert.equal(read.outcomes[1].outcome, 'not sent');
    assert.equal(read.cause.code, 'SHARD_UNAVAILABLE');
    for (const statement of [
      db('notes').update({ size: 5 }).mtdd(),
      db.raw('update notes set size = 5 where id > 0').mtdd({ allServers: true }),
      db.raw('alter table notes add more int').mtdd({ allServers: true }),
    ]) {
      const error = await errorOf(statement);
      assert.ok(error instanceof ShardUnavailableError, String(error));
      assert.equal(error.context.shardIndex, 1);
      assert.match(error.message, /sent to no shard/);
    }
    for (const database of shards.databases) {
      assert.deepEqual(await database('notes').orderBy('id').pluck('size'), [1, 2]);
      assert.equal('more' in (await database('notes').columnInfo()), false);
    }
    for (const shard of shards.cluster.shards) await shard.stop();
    assert.ok((await errorOf(db('notes').mtdd())) instanceof ShardUnavailableError);
    assert.ok((await errorOf(db('notes').update({ size: 5 }).mtdd())) instanceof ShardUnavailableError);
  });

  it('DDL that fails on one shard says what it has done on each', async () => {
    await shards.databases[1]('notes').update({ size: 7 });
    const ddl = () => db.raw('create unique index sizes on notes (size)').mtdd({ allServers: true });
    const error = await errorOf(ddl());
    assert.ok(error instanceof PartialFailureError, String(error));
    assert.deepEqual(wordsOf(error), ['done', 'failed', 'done']);
    assert.equal(error.outcomes[1].error.code, '23505');
    assert.match(error.message, /has taken effect on 2 of 3 shards.*shard 1/);
    await shards.prepare('drop index if exists sizes');
  });

  it('a shard that restarts is asked again by whoever reads', async () => {
    assert.equal((await db('notes').mtdd()).length, 6);
    await shards.cluster.shards[1].restart();
    assert.equal((await db('notes').mtdd()).length, 6);
    assert.equal(await db('notes').update({ size: 3 }).mtdd(), 6);
  });

  it('partial results leave out the shards that cannot answer, and say so', async () => {
    const partial = { partialResults: true, allServers: true };
    await shards.cluster.shards[1].stop();
    const rows = await db('notes').orderBy('id').mtdd(partial);
    assert.deepEqual(
      rows.map(({ id }) => id),
      [1, 2, 21, 22],
    );
    const [failed] = rows.mtdd.failedShards;
    assert.equal(failed.shardIndex, 1);
    assert.equal(failed.error.code, 'SHARD_UNAVAILABLE');
    assert.ok(!Object.keys(rows).includes('mtdd'));
    const counted = await db.raw('select count(*) from notes').mtdd(partial);
    assert.equal(counted.rows[0].count, '4');
    assert.equal(counted.mtdd.failedShards.length, 1);
    const listed = await db.raw('select array_agg(id order by id) as ids from notes').mtdd(partial);
    assert.deepEqual(listed.rows[0].ids, [1, 2, 21, 22]);
    let told;
    const stream = db('notes').mtdd(partial).stream();
    stream.on('mtdd', (about) => {
      told = about;
    });
    let seen = 0;
    for await (const _row of stream) seen++;
    assert.equal(seen, 4);
    assert.equal(told.failedShards[0].shardIndex, 1);
    for (const shard of shards.cluster.shards) await shard.stop();
    assert.ok((await errorOf(db('notes').mtdd(partial))) instanceof ShardUnavailableError);
  });

  it('a shard that does not answer in time is left out of partial results, and fails all others', async () => {
    const locked = await shards.databases[2].transaction();
    await locked.raw('lock table notes');
    try {
      const options = { allServers: true, timeout: 4000 };
      const rows = await db('notes')
        .orderBy('id')
        .mtdd({ ...options, partialResults: true });
      assert.deepEqual(
        rows.map(({ id }) => id),
        [1, 2, 11, 12],
      );
      assert.deepEqual(
        rows.mtdd.failedShards.map(({ shardIndex, error }) => [shardIndex, error.code]),
        [[2, 'SHARD_UNAVAILABLE']],
      );
      const counted = await db.raw('select count(*) from notes').mtdd({ ...options, partialResults: true });
      assert.equal(counted.rows[0].count, '4');
      const error = await errorOf(db('notes').orderBy('id').mtdd(options));
      assert.ok(error instanceof QueryTimeoutError, String(error));
      assert.equal(error.context.stopped, true);
    } finally {
      await locked.rollback();
    }
  });

  it('a shard that is frozen is left out of partial results, and is named where all are needed', async () => {
    await db('notes').mtdd();
    const { pid } = shards.cluster.shards[1].server;
    process.kill(pid, 'SIGSTOP');
    try {
      const partial = { allServers: true, partialResults: true, timeout: 3000 };
      for (const [query, expected] of [
        [db('notes').orderBy('id').select('id'), [1, 2, 21, 22]],
        [
          db('notes').select('id').whereRaw('length(tenant) > 0').orderBy('size').orderBy('id'),
          [1, 21, 2, 22],
        ],
        [db('notes').count('* as id'), ['4']],
        [db('notes').select(db.raw('array_agg(id order by id) as id')), [[1, 2, 21, 22]]],
      ]) {
        const rows = await query.mtdd(partial);
        assert.deepEqual(
          rows.map(({ id }) => id),
          expected,
        );
        const [failed, ...others] = rows.mtdd.failedShards;
        assert.deepEqual([failed.shardIndex, failed.error.code, others], [1, 'TIMEOUT', []]);
        assert.match(failed.error.message, /shard 1/);
      }
      for (let turn = 0; turn < 3; turn++) {
        const { rows } = await db.raw('select 1 as one').mtdd(partial);
        assert.deepEqual(rows, [{ one: 1 }]);
      }
      for (const query of [
        db('notes').mtdd({ allServers: true, timeout: 1500 }),
        db('notes').update({ size: 3 }).mtdd({ allServers: true, timeout: 1500 }),
        db.raw('alter table notes add more int').mtdd({ allServers: true, timeout: 1500 }),
      ]) {
        const error = await errorOf(query);
        assert.ok(error instanceof QueryTimeoutError, String(error));
        assert.equal(error.context.shardIndex, 1);
        assert.match(error.message, /shard 1.* did not answer within 1500 ms/);
      }
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    for (const database of shards.databases) {
      assert.deepEqual(await database('notes').orderBy('id').pluck('size'), [1, 2]);
      assert.equal('more' in (await database('notes').columnInfo()), false);
    }
  });

  it('partial results are for reads only', async () => {
    const partial = { partialResults: true, allServers: true };
    const chained = await errorOf(db('notes').update({ size: 1 }).mtdd(partial));
    assert.ok(chained instanceof TypeError, String(chained));
    assert.throws(() => db('notes').mtdd({ ...partial, operationType: 'write' }), TypeError);
    await assert.rejects(db.raw('update notes set size = 1').mtdd(partial), { code: 'VALIDATION_ERROR' });
    assert.throws(
      () => db('notes').mtdd({ allServers: true, partialResults: 'yes' }),
      /options\.partialResults/,
    );
  });

  it('more bindings than PostgreSQL takes are refused by their number, before anything is sent', async () => {
    const values = Array.from({ length: 65_536 }, (_, index) => index);
    const within = (values) => `id in (${values.map(() => '?')})`;
    for (const query of [
      db.raw(`select id from notes where ${within(values)}`, values),
      db.raw(`update notes set size = 1 where ${within(values)}`, values),
    ]) {
      const error = await errorOf(query.mtdd());
      assert.equal(error.code, 'VALIDATION_ERROR', String(error).slice(0, 300));
      assert.match(error.message, /65536 bindings.*no more than 65535/);
    }
    // With those that the library adds: a limit, and the time.
    const most = values.slice(0, 65_534);
    const added = `select id from notes where ${within(most)} and now() is not null order by id limit 3 offset ?`;
    const error = await errorOf(db.raw(added, [...most, 1]).mtdd());
    assert.equal(error.code, 'VALIDATION_ERROR', String(error).slice(0, 300));
    assert.match(error.message, /65536 bindings/);
  });

  it('a read that takes too long is stopped on every shard', async () => {
    const slow = db
      .raw('select pg_sleep(20) /* too long */, id from notes')
      .mtdd({ allServers: true, timeout: 300 });
    const error = await errorOf(slow);
    assert.ok(error instanceof QueryTimeoutError, String(error));
    assert.equal(await stopped('/* too long */'), 0);
  });

  it('a write that takes too long on one shard says what has become of it on each', async () => {
    const sql = 'update notes set size = 7 where id < 10 or pg_sleep(20) is not null /* too long */';
    const error = await errorOf(db.raw(sql).mtdd({ allServers: true, timeout: 3000 }));
    assert.ok(error instanceof PartialFailureError, String(error));
    assert.deepEqual(wordsOf(error), ['done', 'failed', 'failed']);
    assert.equal(error.outcomes[1].error.code, 'TIMEOUT');
    assert.equal(await stopped('/* too long */'), 0);
  });

  it('a query that is cancelled is stopped on every shard', async () => {
    const slow = db
      .raw('select pg_sleep(20) /* cancelled */, id from notes')
      .mtdd(null)
      .timeout(200, { cancel: true });
    const error = await errorOf(slow);
    assert.equal(error.name, 'KnexTimeoutError');
    assert.equal(await stopped('/* cancelled */'), 0);
    const stream = db.raw('select pg_sleep(20) /* destroyed */, id from notes').mtdd(null).stream();
    stream.on('error', () => {});
    await sleep(200);
    stream.destroy();
    assert.equal(await stopped('/* destroyed */'), 0);
  });

  it('a read whose signal is aborted is stopped on every shard, and not begun if it is aborted', async () => {
    const where = "where pg_sleep(20) is not null and 'aborted' <> ''";
    const sql = `select id from notes ${where}`;
    const ways = [
      (signal) => errorOf(db.raw(sql).mtdd({ allServers: true, signal })),
      (signal) => withSignal(signal, () => errorOf(db.raw(sql).mtdd(null))),
      (signal) => errorOf(db.raw(sql).mtdd({ allServers: true, signal }).stream().toArray()),
      (signal) => errorOf(db.raw(`${sql} order by id limit 3`).mtdd({ allServers: true, signal })),
      (signal) => errorOf(db.raw(`select count(*) from notes ${where}`).mtdd({ allServers: true, signal })),
      (signal) => errorOf(db.raw(`select stddev(id) from notes ${where}`).mtdd({ allServers: true, signal })),
    ];
    for (const way of ways) {
      const controller = new AbortController();
      const failing = way(controller.signal);
      for (let turn = 0; turn < 100 && (await shards.running('aborted')) < 3; turn++) await sleep(20);
      assert.equal(await shards.running('aborted'), 3, String(way));
      controller.abort(new Error('enough'));
      const error = await failing;
      assert.ok(error instanceof QueryCancelledError, `${way}: ${error}`);
      assert.equal(error.cause.message, 'enough');
      assert.equal(await stopped('aborted'), 0);
      assert.ok((await way(controller.signal)) instanceof QueryCancelledError, String(way));
    }
    const soon = new AbortController();
    const asked = db.raw('select id, 1 as n from notes').mtdd({ allServers: true, signal: soon.signal });
    const planned = errorOf(asked);
    soon.abort();
    assert.ok((await planned) instanceof QueryCancelledError);
  });

  it('a write whose signal is aborted says what has become of it on each shard', async () => {
    const controller = new AbortController();
    const sql = 'update notes set size = 7 where id < 10 or pg_sleep(20) is not null /* aborted write */';
    const failing = errorOf(db.raw(sql).mtdd({ allServers: true, signal: controller.signal }));
    while ((await shards.databases[0]('notes').where({ size: 7 })).length < 2) await sleep(20);
    controller.abort();
    const error = await failing;
    assert.ok(error instanceof PartialFailureError, String(error));
    assert.deepEqual(wordsOf(error), ['done', 'cancelled', 'cancelled']);
    assert.equal(await stopped('/* aborted write */'), 0);
  });

  it('an explanation is not given to whom it is no longer for', async () => {
    const query = () => db('notes').orderBy('id').mtdd({ allServers: true, signal: AbortSignal.abort() });
    await assert.rejects(shards.handle.explain(query()), QueryCancelledError);
    const controller = new AbortController();
    const explaining = shards.handle.explain(
      db.raw('select id, 2 as n from notes').mtdd({ allServers: true, signal: controller.signal }),
    );
    controller.abort();
    await assert.rejects(explaining, QueryCancelledError);
  });

  async function stopped(mark) {
    for (let turn = 0; turn < 40 && (await shards.running(mark)) > 0; turn++) await sleep(50);
    return shards.running(mark);
  }
});

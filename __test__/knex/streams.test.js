/** Rows as streams: the same as `pg-query-stream` gives, held back by a slow reader, and stopped by one who leaves. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { Writable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { setTimeout: sleep } = require('node:timers/promises');
const { startSides } = require('../support/sides');

const SEED = [
  'create table items (id int primary key, name text, made timestamptz, details jsonb)',
  "insert into items select n, 'item ' || n, '2024-01-01'::timestamptz + n * interval '1 s', jsonb_build_object('n', n) from generate_series(1, 500) n",
];
const TENANT = 'tenant';

async function rowsOf(stream) {
  const rows = [];
  for await (const row of stream) rows.push(row);
  return rows;
}

describe('streams', () => {
  let sides;
  let db;
  let local;

  before(async () => {
    sides = await startSides({ seed: SEED });
    db = sides.own.library;
    local = sides.own.plain;
  });
  after(() => sides?.stop());

  /** Statements on the shard's PostgreSQL that are running now. */
  async function running() {
    const { rows } = await db
      .raw(
        "select query from pg_stat_activity where state = 'active' and application_name <> 'mtdd-server reads' and datname = current_database() and pid <> pg_backend_pid()",
      )
      .mtdd(TENANT);
    return rows.map(({ query }) => query);
  }

  it('gives the rows that awaiting the query gives, in each of the ways to read', async () => {
    const expected = await local('items').orderBy('id');
    const query = () => db('items').orderBy('id').mtdd(TENANT);
    assert.deepStrictEqual(await rowsOf(query().stream()), expected);

    const handled = [];
    await query().stream((stream) => stream.on('data', (row) => handled.push(row)));
    assert.deepStrictEqual(handled, expected);

    const piped = [];
    const sink = new Writable({
      objectMode: true,
      write(row, _encoding, done) {
        piped.push(row);
        done();
      },
    });
    query().pipe(sink);
    await new Promise((resolve) => sink.once('finish', resolve));
    assert.deepStrictEqual(piped, expected);
  });

  it('lets the event loop have its turn however fast the rows come', async () => {
    const text = "select n as id, 'row ' || n as name from generate_series(1, 200000) n";
    let read = 0;
    let readBefore = 0;
    let mostAtOnce = 0;
    let turn;
    const nextTurn = () => {
      mostAtOnce = Math.max(mostAtOnce, read - readBefore);
      readBefore = read;
      turn = setImmediate(nextTurn);
    };
    nextTurn();
    for await (const _row of db.raw(text).mtdd(TENANT).stream()) read++;
    clearImmediate(turn);
    assert.equal(read, 200_000);
    assert.ok(mostAtOnce < 10_000, `${mostAtOnce} rows in one turn`);
  });

  it('gives what pg-query-stream gives: rows, options, events, and the ways in which it ends', async () => {
    const both = async (act) => {
      const expected = await act(local, (query) => query);
      assert.deepStrictEqual(await act(db, (query) => query.mtdd(TENANT)), expected);
      return expected;
    };
    const items = (one) => one('items').orderBy('id').limit(50);
    assert.equal((await both((one, route) => rowsOf(route(items(one)).stream()))).length, 50);
    await both((one, route) => rowsOf(route(items(one)).stream({ highWaterMark: 3, batchSize: 7 })));
    await both((one, route) => rowsOf(route(items(one)).stream({ rowMode: 'array' })));
    const types = { getTypeParser: () => (text) => `<${text}>` };
    await both((one, route) => rowsOf(route(items(one)).stream({ types })));
    await both((one, route) => rowsOf(route(one('items').pluck('id').orderBy('id').limit(2)).stream()));
    await both((one, route) => rowsOf(route(one('items').first('id').orderBy('id')).stream()));
    await both((one, route) => route(items(one)).stream((stream) => stream.resume()));

    await both(async (one, route) => {
      const seen = [];
      const stream = route(items(one)).stream();
      for (const event of ['end', 'close', 'error']) stream.on(event, () => seen.push(event));
      await rowsOf(stream);
      await sleep(20);
      return [seen, stream.readableObjectMode, stream.readableHighWaterMark, stream.destroyed];
    });
    await both(async (one, route) => {
      const stream = route(items(one)).stream();
      stream.once('data', () => stream.destroy(new Error('enough')));
      return (await new Promise((resolve) => stream.once('error', resolve))).message;
    });
    await both((one, route) => rowsOf(route(one.raw('')).stream()).catch(({ message }) => message));
  });

  it('post-processes each row', async () => {
    const { client } = db;
    client.config.postProcessResponse = (row) => ({ ...row, processed: true });
    try {
      const [row] = await rowsOf(db('items').select('id').where('id', 1).mtdd(TENANT).stream());
      assert.deepStrictEqual(row, { id: 1, processed: true });
    } finally {
      client.config.postProcessResponse = undefined;
    }
  });

  it('gives rows as arrays, bindings and statements without rows their due', async () => {
    const [row] = await rowsOf(
      db.raw('select ?::int as a, ?::text as a', [1, 'x']).mtdd(TENANT).stream({ rowMode: 'array' }),
    );
    assert.deepStrictEqual(row, [1, 'x']);
    assert.deepStrictEqual(await rowsOf(db('items').where('id', -1).mtdd(TENANT).stream()), []);
    assert.deepStrictEqual(await rowsOf(db('items').where('id', -1).delete().mtdd(TENANT).stream()), []);
  });

  it('fails as the query would, also midway', async () => {
    const seen = [];
    const stream = db.raw('select 1 / (3 - g) as a from generate_series(1, 10) g').mtdd(TENANT).stream();
    stream.on('data', (row) => seen.push(row));
    const error = await new Promise((resolve) => stream.once('error', resolve));
    assert.equal(error.code, '22012');
    assert.equal(error.constructor.name, 'DatabaseError');
    await assert.rejects(rowsOf(db('nowhere').mtdd(TENANT).stream()), { code: '42P01' });
    await assert.rejects(rowsOf(db.raw('select 1; select 2').mtdd(TENANT).stream()), { code: '42601' });
  });

  it('gives the rows from before an error, and stops PostgreSQL when its reader throws', async () => {
    const sql = 'select g, 1 / (60000 - g) from generate_series(1, 100000) g';
    let seen = 0;
    const reading = async (query, stopAt) => {
      for await (const row of query.stream()) {
        assert.equal(row.g, ++seen);
        if (seen === stopAt) throw new Error('enough');
      }
    };
    await assert.rejects(reading(db.raw(sql).mtdd(TENANT)), { code: '22012' });
    assert.ok(seen > 1000 && seen < 60_000, `${seen} rows`);
    seen = 0;
    await assert.rejects(reading(db.raw(sql).mtdd(TENANT), 10), /enough/);
    for (let turn = 0; turn < 100 && (await running()).length > 0; turn++) await sleep(50);
    assert.deepEqual(await running(), []);
  });

  it('refuses, before anything is sent, by an error of the stream', async () => {
    const query = db.raw('select 1').mtdd(TENANT, 1, 'auto', { signal: AbortSignal.abort() });
    await assert.rejects(rowsOf(query.stream()), { code: 'CANCELLED' });
  });

  it('a writer that fails, or closes, stops the statement behind pipe()', async () => {
    for (const fail of [(sink) => sink.destroy(new Error('disk full')), (sink) => sink.destroy()]) {
      const sink = new Writable({ objectMode: true, write: (_row, _encoding, done) => setTimeout(done, 1) });
      sink.on('error', () => {});
      const source = db
        .raw('select g, pg_sleep(0.001) from generate_series(1, 1000000) g')
        .mtdd(TENANT)
        .stream();
      const done = pipeline(source, sink);
      for (let turn = 0; turn < 100 && (await running()).length === 0; turn++) await sleep(20);
      fail(sink);
      await assert.rejects(done);
      for (let turn = 0; turn < 100 && (await running()).length > 0; turn++) await sleep(50);
      assert.deepEqual(await running(), []);
    }
  });

  it('takes its turn in a transaction, sees its rows, and leaves it open', async () => {
    const trx = await db.transaction();
    await trx('items').insert({ id: 1000, name: 'new' }).mtdd(TENANT);
    const stream = trx('items').where('id', '>=', 499).orderBy('id').mtdd(TENANT).stream();
    const [rows, counted] = await Promise.all([rowsOf(stream), trx('items').count().mtdd(TENANT)]);
    assert.deepEqual(
      rows.map(({ id }) => id),
      [499, 500, 1000],
    );
    assert.deepEqual(counted, [{ count: '501' }]);
    const nothing = trx('nowhere').mtdd(TENANT).stream();
    await assert.rejects(rowsOf(nothing), { code: '42P01' });
    await assert.rejects(rowsOf(trx('items').mtdd(TENANT).stream()), { code: '25P02' });
    await trx.rollback();
    await assert.rejects(rowsOf(trx('items').mtdd(TENANT).stream()), /Transaction query already complete/);
    assert.deepEqual(await rowsOf(db('items').where('id', 1000).mtdd(TENANT).stream()), []);
  });

  it('a reader who does not read holds PostgreSQL back', async () => {
    const sql = "select g, repeat('x', 1000) from generate_series(1, 200000) g";
    const stream = db.raw(sql).mtdd(TENANT).stream();
    stream.pause();
    stream.on('data', () => {});
    stream.pause();
    await sleep(300);
    const waiting = await running();
    assert.deepEqual(waiting, [sql], 'it has not come to its end');
    stream.resume();
    await new Promise((resolve) => stream.once('end', resolve));
    assert.deepEqual(await running(), []);
  });

  it('rows of a slow statement do not wait for many more', async () => {
    const sql = "select g, repeat('x', 1000), pg_sleep(0.05) from generate_series(1, 100) g";
    const begun = Date.now();
    for await (const row of db.raw(sql).mtdd(TENANT).stream()) {
      assert.equal(row.g, 1);
      break;
    }
    // PostgreSQL sends them by eights. All of them take five seconds.
    assert.ok(Date.now() - begun < 2000, `${Date.now() - begun} ms`);
  });

  it('a reader that leaves early stops the statement', async () => {
    const query = db
      .raw('select g, pg_sleep(0.001) from generate_series(1, 1000000) g /* left early */')
      .mtdd(TENANT);
    let seen = 0;
    for await (const _row of query.stream()) if (++seen === 5) break;
    for (let turn = 0; turn < 100 && (await running()).length > 0; turn++) await sleep(50);
    assert.deepEqual(await running(), []);
  });

  for (const leaves of ['breaks off', 'throws', 'destroys']) {
    it(`a reader in a transaction that ${leaves} costs it nothing of what it has done`, async () => {
      await db.raw('create table kept (id int)').mtdd(TENANT);
      try {
        await db.transaction(async (trx) => {
          await trx('kept').insert({ id: 1 }).mtdd(TENANT);
          const stream = trx
            .raw("select g, repeat('x', 100) as x from generate_series(1, 200000) g")
            .mtdd(TENANT)
            .stream();
          try {
            if (leaves === 'destroys') stream.destroy();
            else
              for await (const row of stream) {
                if (row.g === 3 && leaves === 'throws') throw new RangeError('enough');
                if (row.g === 3) break;
              }
          } catch (error) {
            assert.ok(error instanceof RangeError, error.stack);
          }
          await trx('kept').insert({ id: 2 }).mtdd(TENANT);
        });
        assert.deepEqual(await db('kept').orderBy('id').mtdd(TENANT), [{ id: 1 }, { id: 2 }]);
      } finally {
        await db.raw('drop table kept').mtdd(TENANT);
      }
    });
  }

  it('what fails behind a reader that has left fails the transaction, and is told', async () => {
    const transaction = db.transaction(async (trx) => {
      const rows = trx.raw('select 1 / (g - 150000) as x from generate_series(1, 200000) g').mtdd(TENANT);
      for await (const _row of rows.stream()) break;
    });
    await assert.rejects(transaction, { code: '22012' });
  });

  it('a transaction that is rolled back stops the statement whose reader has left', async () => {
    const transaction = db.transaction(async (trx) => {
      const rows = trx.raw('select generate_series(1, 1000000000000) as g').mtdd(TENANT);
      for await (const _row of rows.stream()) break;
      throw new RangeError('back');
    });
    await assert.rejects(transaction, RangeError);
  });

  it('a slow reader holds PostgreSQL back, and memory stays flat', async () => {
    const query = db.raw("select g, repeat('x', 1000) as x from generate_series(1, 200000) g").mtdd(TENANT);
    const before = process.memoryUsage().rss;
    let most = 0;
    let seen = 0;
    const slow = new Writable({
      objectMode: true,
      highWaterMark: 16,
      write(_row, _encoding, done) {
        if (++seen % 5000 !== 0) return done();
        most = Math.max(most, process.memoryUsage().rss);
        setTimeout(done, 5);
      },
    });
    await pipeline(query.stream(), slow);
    assert.equal(seen, 200_000);
    // 200 MB of rows have gone through.
    assert.ok(most - before < 100e6, `memory grew by ${Math.round((most - before) / 1e6)} MB`);
  });

  it('the option timeout limits it, and nothing else does', async () => {
    const slow = 'select pg_sleep(10)';
    await assert.rejects(rowsOf(db.raw(slow).mtdd(TENANT, 1, 'auto', { timeout: 100 }).stream()), {
      code: 'TIMEOUT',
    });
  });
});

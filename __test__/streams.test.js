/** Rows as streams: the same as `pg-query-stream` gives, held back by a slow reader, and stopped by one who leaves. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { Writable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { setTimeout: sleep } = require('node:timers/promises');
const { startParity } = require('./support/parity');

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
  let parity;
  let db;
  let local;

  before(async () => {
    parity = await startParity({ seed: SEED });
    db = parity.remote;
    local = parity.local;
  });
  after(() => parity?.stop());

  /** Statements on the shard's PostgreSQL that are running now. */
  async function running() {
    const { rows } = await db
      .raw(
        "select query from pg_stat_activity where state = 'active' and datname = current_database() and pid <> pg_backend_pid()",
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

  it('gives rows as arrays, bindings and statements without rows their due', async () => {
    const [row] = await rowsOf(
      db
        .raw('select ?::int as a, ?::text as a', [1, 'x'])
        .options({ rowMode: 'array' })
        .mtdd(TENANT)
        .stream(),
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

  it('a reader that leaves early stops the statement', async () => {
    const query = db
      .raw('select g, pg_sleep(0.001) from generate_series(1, 1000000) g /* left early */')
      .mtdd(TENANT);
    let seen = 0;
    for await (const _row of query.stream()) if (++seen === 5) break;
    for (let turn = 0; turn < 100 && (await running()).length > 0; turn++) await sleep(50);
    assert.deepEqual(await running(), []);
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

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const pg = require('pg');
const {
  InitializeReplication,
  LookupUnavailableError,
  PlanUnsupportedError,
  QueryCancelledError,
  QueryTimeoutError,
  ShardUnavailableError,
  TenantNotFoundError,
  ValidationError,
} = require('../../js');
const { startLegacyLookupServer, startLegacyQueryServer } = require('../support/legacy/servers');
const { onConnection, startPostgres } = require('../../testkit/postgres');
const { startQueryServer } = require('../../testkit/servers');

const SEED = [
  'create table users (id serial primary key, name text unique, born date, score numeric, extra jsonb, photo bytea)',
];

/** A logger that keeps what it is told. */
function recordingLogger() {
  const records = [];
  const logger = { child: () => logger };
  for (const level of ['debug', 'info', 'warn', 'error']) {
    logger[level] = (...args) => records.push([level, ...args]);
  }
  return { logger, warnings: () => records.filter(([level]) => level === 'warn') };
}

async function onlyShard(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const answer = await client.query(
    "select to_regclass('half') as half, (select count(*) from users) as users",
  );
  await client.end();
  return answer;
}

describe('our client and servers of 1.x', () => {
  let postgres;
  let shards;
  let lookup;
  let db;
  let handle;
  const recording = recordingLogger();

  before(async () => {
    postgres = await startPostgres();
    const urls = [];
    for (const name of ['shard0', 'shard1']) {
      const url = await postgres.createDatabase(name);
      await onConnection(url, ...SEED);
      urls.push(url);
    }
    shards = await Promise.all(urls.map(async (url) => ({ ...(await startLegacyQueryServer(url)), url })));
    lookup = await startLegacyLookupServer(2);
    db = knex({ client: 'pg', connection: urls[0] });
    handle = await InitializeReplication(express(), db, {
      mtdd: {
        useMtdd: true,
        queryServers: shards.map(({ address }) => address),
        lookupServer: lookup.address,
        requireTenant: false,
        logger: recording.logger,
      },
    });
  });
  after(async () => {
    await handle?.close();
    await db?.destroy();
    await Promise.all([...(shards ?? []), ...(lookup ? [lookup] : [])].map((one) => one.stop()));
    await postgres?.destroy();
  });

  it('many queries at once, and a lookup, fall back and none is lost; each server is warned of once', async () => {
    assert.deepEqual(await handle.addTenant('even'), { tenantId: 'id-0', shardIndex: 0 });
    assert.deepEqual(await handle.addTenant('odd'), { tenantId: 'id-1', shardIndex: 1 });
    await assert.rejects(handle.tenantShard('nobody'), TenantNotFoundError);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        db.raw('select ?::int as n, current_database() as shard', [n]).mtdd(n % 2 ? 'odd' : 'even'),
      ),
    );
    answers.forEach(({ rows }, n) => {
      assert.deepEqual(rows, [{ n, shard: `shard${n % 2}` }]);
    });
    assert.deepEqual(
      shards.map(({ queries }) => queries.length),
      [25, 25],
    );
    const warnings = recording.warnings();
    assert.equal(warnings.length, 3, JSON.stringify(warnings));
    const ofShards = warnings.filter(([, fields]) => fields.shard !== undefined);
    assert.deepEqual(ofShards.map(([, { address }]) => address).sort(), shards.map((s) => s.address).sort());
    for (const [, { lost }, message] of ofShards) {
      assert.match(message, /speaks the 1\.x wire only/);
      for (const word of ['types', 'row-level security', 'searchPath', 'transactions', 'streaming']) {
        assert.ok(lost.includes(word), lost);
      }
    }
  });

  it('a query for all shards while one of them is of 1.x is refused before anything is sent', async () => {
    const current = await startQueryServer({ databaseUrl: shards[0].url });
    const mixed = knex({ client: 'pg', connection: shards[0].url });
    const opened = await InitializeReplication(express(), mixed, {
      mtdd: {
        useMtdd: true,
        queryServers: [current.address, shards[1].address],
        lookupServer: lookup.address,
        logLevel: 'silent',
      },
    });
    try {
      const asked = shards[1].queries.length;
      for (const run of [
        () => mixed.raw('create table half (id int)').mtdd(null),
        () => mixed('users').insert({ name: 'everywhere' }).mtdd({ allServers: true }),
        () => mixed('users').update({ name: 'x' }).mtdd(),
        () => mixed('users').mtdd(),
        () => mixed('users').mtdd({ allServers: true, partialResults: true }),
        // Whosever turn it is.
        ...Array.from({ length: 4 }, () => () => mixed.raw('select 1').mtdd()),
      ]) {
        await assert.rejects(run, (error) => {
          assert.ok(error instanceof PlanUnsupportedError, error.stack);
          assert.match(error.message, /1\.x wire/);
          return true;
        });
      }
      const { refusal } = await opened.explain(mixed('users').mtdd());
      assert.match(refusal.reason, /1\.x wire/);
      const { rows } = await onlyShard(shards[0].url);
      assert.deepEqual(rows, [{ half: null, users: '0' }]);
      assert.equal(shards[1].queries.length, asked);
    } finally {
      await opened.close();
      await mixed.destroy();
      await current.stop();
    }
  });

  it('Knex works on it: inserts, updates, returning, first, pluck, rows as arrays', async () => {
    const [inserted] = await db('users')
      .insert({
        name: 'Ann',
        born: '2000-01-02',
        score: '1.50',
        extra: { a: [1] },
        photo: Buffer.from([0, 255]),
      })
      .returning('*')
      .mtdd('even');
    assert.equal(inserted.name, 'Ann');
    assert.equal(inserted.score, '1.50');
    assert.deepEqual(inserted.extra, { a: [1] });
    // JSON's types are what is left of PostgreSQL's.
    assert.deepEqual(inserted.photo, { type: 'Buffer', data: [0, 255] });
    assert.equal(typeof inserted.born, 'string');
    await db('users').insert({ name: null }).mtdd('even');
    assert.equal((await db('users').whereNull('name').first('*').mtdd('even')).name, null);
    assert.equal(await db('users').update({ score: 2 }).mtdd('even'), 2);
    assert.deepEqual(await db('users').orderBy('id').pluck('name').mtdd('even'), ['Ann', null]);
    const result = await db
      .raw('select id, name from users order by id')
      .options({ rowMode: 'array' })
      .mtdd('even');
    assert.ok(result instanceof new pg.Query('')._result.constructor);
    assert.deepEqual(result.rows[0], [inserted.id, 'Ann']);
    assert.deepEqual(
      result.fields.map(({ name, dataTypeID }) => [name, dataTypeID]),
      [
        ['id', 705],
        ['name', 705],
      ],
    );
    assert.deepEqual([result.command, result.rowCount], ['SELECT', 2]);
    assert.deepEqual(await db('users').where({ id: -1 }).mtdd('even'), []);
    assert.equal(await db('users').whereNull('name').del().mtdd('even'), 1);
  });

  it('a stream has all rows', async () => {
    const rows = [];
    for await (const row of db.select(db.raw('generate_series(1, 1000) as n')).mtdd('odd').stream())
      rows.push(row.n);
    assert.deepEqual([rows.length, rows[999]], [1000, 1000]);
  });

  it("PostgreSQL's words come as a DatabaseError without a code", async () => {
    await assert.rejects(
      async () => db('nothing').mtdd('even'),
      (error) => {
        assert.ok(error instanceof pg.DatabaseError);
        assert.match(error.message, /relation "nothing" does not exist$/);
        assert.deepEqual([error.code, error.severity], [undefined, 'ERROR']);
        return true;
      },
    );
  });

  it('the text "null" is refused by its position, because it would become NULL', async () => {
    const before = shards[0].queries.length;
    await assert.rejects(
      async () => db.raw('select ?::text as a, ?::text as b', ['x', 'null']).mtdd('even'),
      (error) => error instanceof ValidationError && error.message.includes('bindings[1]'),
    );
    assert.equal(shards[0].queries.length, before, 'nothing was sent');
  });

  it('a transaction is refused before anything is sent', async () => {
    const before = shards[1].queries.length;
    await assert.rejects(
      db.transaction((trx) => trx('users').insert({ name: 'Bob' }).mtdd('odd')),
      (error) =>
        error instanceof PlanUnsupportedError && /1\.x wire, which has no transactions/.test(error.message),
    );
    assert.equal(shards[1].queries.length, before, 'nothing was sent');
  });

  it('a timeout and a cancel end the waiting', async () => {
    const begun = Date.now();
    const slow = { tenantId: 'even', timeout: 100 };
    await assert.rejects(
      async () => db.raw('select pg_sleep(2)').mtdd({ ...slow, operationType: 'read' }),
      (error) => error instanceof QueryTimeoutError && error.context.stopped === false,
    );
    // This wire does not say whether it only reads.
    await assert.rejects(
      async () => db.raw('select pg_sleep(2)').mtdd(slow),
      (error) => error.code === 'OUTCOME_UNKNOWN' && error.context.stoppingFor === 'TIMEOUT',
    );
    await assert.rejects(
      async () => db.raw('select pg_sleep(2)').timeout(100, { cancel: true }).mtdd('even'),
      (error) => error.name === 'KnexTimeoutError' || error instanceof QueryCancelledError,
    );
    assert.ok(Date.now() - begun < 1900);
  });

  it('listens, on all shards or on a tenant’s, and leaves nothing behind', async () => {
    const heard = [];
    const all = await handle.listen('updates', (notification) => heard.push(notification));
    assert.deepEqual(all.shards, [0, 1]);
    const one = [];
    const odd = await handle.listen('updates', ({ payload }) => one.push(payload), { tenantId: 'odd' });
    await onConnection(shards[0].url, 'notify updates, \'{"n": 0}\'');
    await onConnection(shards[1].url, "notify updates, 'text'");
    await until(() => heard.length === 2 && one.length === 1);
    heard.sort((a, b) => a.shard - b.shard);
    assert.deepEqual(
      heard.map(({ channel, payload, shard, processId }) => ({ channel, payload, shard, processId })),
      [
        { channel: 'updates', payload: '{"n": 0}', shard: 0, processId: undefined },
        { channel: 'updates', payload: 'text', shard: 1, processId: undefined },
      ],
    );
    assert.ok(Math.abs(Date.now() - heard[0].receivedAt.getTime()) < 10_000);
    assert.deepEqual(one, ['text']);
    await Promise.all([all.close(), odd.close()]);
    await until(() => shards.every((shard) => shard.listeners() === 0));
  });

  it('a payload is what was notified, whether the server sends a JSON string of it or the bare payload', async () => {
    const bare = await startLegacyQueryServer(shards[0].url, undefined, (payload) => payload);
    const other = knex({ client: 'pg', connection: shards[0].url });
    const mixed = await InitializeReplication(express(), other, {
      mtdd: {
        useMtdd: true,
        queryServers: [shards[0].address, bare.address],
        lookupServer: lookup.address,
        logLevel: 'silent',
      },
    });
    // Of a JSON string as the payload a bare server cannot be told from one that keeps to the contract.
    const payloads = ['{"n": 0}', 'text', '', '7', 'null', '"', '{"half', '\u2028 😀'];
    try {
      const heard = [[], []];
      const listening = await mixed.listen('payloads', ({ shard, payload }) => heard[shard].push(payload));
      for (const payload of [...payloads, '"a JSON string"']) {
        await onConnection(shards[0].url, `select pg_notify('payloads', '${payload}')`);
      }
      await until(() => heard.every((one) => one.length === payloads.length + 1));
      assert.deepEqual(heard[0], [...payloads, '"a JSON string"']);
      assert.deepEqual(heard[1].slice(0, -1), payloads);
      await listening.close();
    } finally {
      await mixed.close();
      await other.destroy();
      await bare.stop();
    }
  });

  it('a tenant that is registered already is registered, though its lookup server calls that an error', async () => {
    const first = await handle.addTenant('registered twice');
    assert.deepEqual(await handle.addTenant('registered twice'), first);
    await db.raw('select 1').mtdd('registered twice', null);
  });

  it('a server that is not there is unavailable, as ever', async () => {
    const away = await startLegacyLookupServer(1);
    const other = knex({ client: 'pg', connection: shards[0].url });
    const gone = await InitializeReplication(express(), other, {
      mtdd: {
        useMtdd: true,
        queryServers: [shards[0].address, '127.0.0.1:1'],
        lookupServer: away.address,
        maxRetries: 0,
        logLevel: 'silent',
      },
    });
    try {
      await gone.addTenant('here');
      await assert.rejects(
        gone.listen('c', () => {}, { shard: 1 }),
        ShardUnavailableError,
      );
      await away.stop();
      await assert.rejects(gone.addTenant('there'), LookupUnavailableError);
    } finally {
      await gone.close();
      await other.destroy();
    }
  });

  it('a server that is upgraded is spoken to on the newer wire from its first answer on', async () => {
    const server = await startQueryServer({ databaseUrl: shards[0].url });
    await server.stop();
    const old = await startLegacyQueryServer(shards[0].url, server.address);
    const other = knex({ client: 'pg', connection: shards[0].url });
    const upgraded = await InitializeReplication(express(), other, {
      mtdd: { useMtdd: true, queryServers: [old.address], logLevel: 'silent' },
    });
    const ask = async () => (await other.raw("select date '2024-01-02' as day").mtdd('t')).rows[0].day;
    try {
      assert.equal(typeof (await ask()), 'string');
      await old.stop();
      await server.start();
      await ask();
      assert.deepEqual(await ask(), new Date(2024, 0, 2));
    } finally {
      await upgraded.close();
      await other.destroy();
      await server.stop();
    }
  });

  it('all of it was said in one warning for each server', () => {
    assert.equal(recording.warnings().length, 3);
  });
});

/** Waits until something holds. */
async function until(holds) {
  for (let attempt = 0; !holds(); attempt++) {
    assert.ok(attempt < 500, 'it did not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

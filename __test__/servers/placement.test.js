/**
 * A tenant's queries run on the shard that the lookup server's table names, or nowhere.
 */

const assert = require('node:assert/strict');
const { execFile, fork } = require('node:child_process');
const path = require('node:path');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { Client } = require('pg');
const { ShardNotFoundError } = require('../../js');
const support = require('../support/app');
const { startCluster } = require('../../testkit/cluster');
const { BINARY, startQueryServer } = require('../../testkit/servers');

const SEED = ['create table notes (tenant text not null, n int not null)'];

describe('query servers that stand in another order', () => {
  let cluster;
  const apps = [];

  async function startApp(mtdd) {
    const app = await support.startApp(cluster, mtdd);
    apps.push(app);
    return app;
  }

  before(async () => {
    cluster = await startCluster({ shards: 3, seed: SEED });
    const { db } = await startApp();
    for (const tenant of ['a', 'b', 'c'])
      await db('notes').insert({ tenant, n: 1 }).mtdd(tenant, null, 'addTenantShard');
  });
  after(async () => {
    for (const app of apps) await app.close();
    await cluster?.stop();
  });

  const names = (shard, meant) => (error) => {
    assert.ok(error instanceof ShardNotFoundError, String(error));
    assert.equal(error.code, 'SHARD_NOT_FOUND');
    assert.match(error.message, new RegExp(`is shard ${shard} \\(--shard ${shard}\\)`));
    assert.match(error.message, new RegExp(`queryServers\\[${meant}\\]`));
    return true;
  };

  async function total() {
    const { db } = apps[0];
    return Number((await db('notes').count().mtdd(null))[0].count);
  }

  it('refuses queries, transactions, streams, fan-outs and listeners before anything runs', async () => {
    const [first, second, third] = cluster.queryServers;
    const { db, handle } = await startApp({ queryServers: [first, third, second] });
    assert.equal(await handle.tenantShard('b'), 1);
    const insert = (knexOrTrx) => knexOrTrx('notes').insert({ tenant: 'b', n: 2 }).mtdd('b');
    await assert.rejects(insert(db), names(2, 1));
    await assert.rejects(
      db.transaction((trx) => insert(trx)),
      names(2, 1),
    );
    const stream = db('notes').insert({ tenant: 'b', n: 3 }).returning('*').mtdd('b').stream();
    await assert.rejects(stream.toArray(), names(2, 1));
    // Two of three shards are swapped: the first one must not run its part alone.
    await assert.rejects(db('notes').del().mtdd(null), names(2, 1));
    await assert.rejects(db('notes').count().mtdd(null), names(2, 1));
    await assert.rejects(db.raw('update notes set n = n + 1').mtdd(null), names(2, 1));
    await assert.rejects(
      handle.listen('news', () => {}, { tenantId: 'b' }),
      names(2, 1),
    );
    assert.equal(await total(), 3);
    await db('notes').where({ tenant: 'a' }).mtdd('a');
  });

  it('refuses large queries, which do not run in part either', async () => {
    const [first, second, third] = cluster.queryServers;
    const { db } = await startApp({ queryServers: [first, third, second] });
    const rows = Array.from({ length: 20_000 }, (_, n) => ({ tenant: 'b', n }));
    await assert.rejects(db('notes').insert(rows).mtdd('b'), names(2, 1));
    assert.equal(await total(), 3);
  });

  it('goes on working with a query server that was not told its shard', async () => {
    const untold = await startQueryServer({ databaseUrl: cluster.shards[1].databaseUrl });
    try {
      const [first, , third] = cluster.queryServers;
      const { db } = await startApp({ queryServers: [first, untold.address, third] });
      assert.equal((await db('notes').where({ tenant: 'b' }).mtdd('b')).length, 1);
    } finally {
      await untold.stop();
    }
  });
});

describe('tenants that move', () => {
  const TENANTS = ['m1', 'm2', 'm3'];
  let cluster;
  let app;
  const children = new Set();

  const mtdd = () => ({
    useMtdd: true,
    queryServers: cluster.queryServers,
    lookupServer: cluster.lookupServer,
  });

  const startApp = (options) => support.startApp(cluster, options);

  /** Runs `mtdd-server lookup`; its exit code, what it answers, and what it complains of. */
  function lookup(...args) {
    return new Promise((resolve) => {
      const env = { ...process.env, DATABASE_URL: cluster.lookupDatabaseUrl, MTDD_SHARDS: '2' };
      execFile(BINARY, ['lookup', ...args, '--format', 'json'], { env }, (error, stdout, stderr) => {
        const answer = stdout.trim() === '' ? undefined : JSON.parse(stdout.trim().split('\n')[0]);
        resolve({ code: error?.code ?? 0, answer, stderr });
      });
    });
  }

  const shardOf = async (tenant) => (await lookup('where', tenant)).answer.shard;

  /** Moves a tenant to the other shard; where it was, and when the command returned. */
  async function move(tenant, ...flags) {
    const from = await shardOf(tenant);
    const { code, stderr } = await lookup('move', tenant, '--to', String(1 - from), ...flags);
    assert.equal(code, 0, stderr);
    return from;
  }

  async function rowsOn(shard, sql, values) {
    const client = new Client({ connectionString: cluster.shards[shard].databaseUrl });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  const countOn = async (shard, tenant) =>
    Number((await rowsOn(shard, 'select count(*) from notes where tenant = $1', [tenant]))[0].count);

  /** Starts a process of writers; `stop()` gives what it has written. */
  async function startWriter(options) {
    const child = fork(path.join(__dirname, '..', 'support', 'placement-writer.js'));
    children.add(child);
    const said = (key) =>
      new Promise((resolve, reject) => {
        child.on('message', (message) => {
          if (message.failed) reject(new Error(message.failed));
          else if (message[key]) resolve(message);
        });
        child.on('exit', (code) => reject(new Error(`the writer ended with ${code}`)));
      });
    const ready = said('ready');
    child.send({
      connection: cluster.local.databaseUrl,
      mtdd: mtdd(),
      tenants: TENANTS,
      writers: 4,
      ...options,
    });
    await ready;
    return {
      stop() {
        const written = said('acknowledged');
        child.send('stop');
        return written;
      },
    };
  }

  before(async () => {
    cluster = await startCluster({
      shards: 2,
      durableLookup: true,
      lookups: 2,
      fenced: true,
      seed: [
        `create table notes (tenant text not null, id text not null, process text not null,
           at timestamptz not null default clock_timestamp())`,
      ],
      serverArgs: ['--max-placement-staleness', '4'],
    });
    app = await startApp();
    for (const tenant of TENANTS) await app.handle.addTenant(tenant);
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await app?.close();
    await cluster?.stop();
  });

  for (const transactions of [false, true]) {
    it(`loses, doubles and misplaces nothing of what two processes write ${transactions ? 'in transactions' : 'in single queries'}`, async () => {
      await Promise.all([0, 1].map((shard) => rowsOn(shard, 'truncate notes')));
      const writers = await Promise.all(
        ['a', 'b'].map((name) => startWriter({ name, transactions, writers: transactions ? 1 : 4 })),
      );
      const returns = [];
      for (let round = 0; round < 3; round++) {
        for (const tenant of TENANTS) {
          await sleep(100);
          const from = await move(tenant);
          returns.push({ tenant, from, count: await countOn(from, tenant) });
        }
        // What was there when a move returned is all that is there, until the tenant comes back.
        await sleep(200);
        for (const { tenant, from, count } of returns.splice(0)) {
          assert.equal(
            await countOn(from, tenant),
            count,
            `${tenant} was written to shard ${from} after it had left`,
          );
        }
      }
      const written = await Promise.all(writers.map((writer) => writer.stop()));
      assert.deepEqual(
        written.flatMap(({ errors }) => errors),
        [],
      );
      const acknowledged = written.flatMap((one) => one.acknowledged);
      assert.ok(acknowledged.length > 100, `only ${acknowledged.length} rows`);
      const found = (
        await Promise.all([0, 1].map((shard) => rowsOn(shard, 'select tenant, id from notes')))
      ).flat();
      const ids = found.map(({ tenant, id }) => `${tenant}/${id}`).sort();
      assert.deepEqual(ids, acknowledged.map(([tenant, id]) => `${tenant}/${id}`).sort());
      // On both shards: otherwise nothing has been shown.
      for (const shard of [0, 1]) assert.ok((await rowsOn(shard, 'select 1 from notes')).length > 0);
    });
  }

  it('waits for an open transaction, whose queries go on until it ends; others wait for the move', async () => {
    const [tenant] = TENANTS;
    const from = await shardOf(tenant);
    const trx = await app.db.transaction();
    await trx('notes').insert({ tenant, id: 'open-1', process: 't' }).mtdd(tenant);
    let hasMoved = false;
    const moving = lookup('move', tenant, '--to', String(1 - from)).then((outcome) => {
      hasMoved = true;
      return outcome;
    });
    await sleep(500);
    assert.equal(hasMoved, false, 'a transaction is open');
    await trx('notes').insert({ tenant, id: 'open-2', process: 't' }).mtdd(tenant);
    // A promise: a builder runs each time that it is awaited.
    const waiting = Promise.resolve(
      app.db('notes').insert({ tenant, id: 'waited', process: 't' }).mtdd(tenant),
    );
    waiting.catch(() => {});
    await sleep(200);
    await trx.commit();
    assert.equal((await moving).code, 0);
    await waiting;
    const ids = async (shard) =>
      (await rowsOn(shard, "select id from notes where process = 't' order by id")).map(({ id }) => id);
    assert.deepEqual(await ids(from), ['open-1', 'open-2']);
    assert.deepEqual(await ids(1 - from), ['waited']);
  });

  it('gives a move up that would have to wait for longer than it may, and everything stays as it was', async () => {
    const [tenant] = TENANTS;
    const from = await shardOf(tenant);
    const trx = await app.db.transaction();
    await trx('notes').insert({ tenant, id: 'held', process: 'u' }).mtdd(tenant);
    for (const command of [
      ['move', tenant, '--to', String(1 - from), '--timeout', '1'],
      ['remove', tenant, '--timeout', '1'],
    ]) {
      const { code, stderr } = await lookup(...command);
      assert.equal(code, 1);
      assert.match(stderr, /is still in use: query server .* \(shard \d\) did not stop/);
    }
    await trx.commit();
    assert.equal(await shardOf(tenant), from);
    await app.db('notes').insert({ tenant, id: 'after', process: 'u' }).mtdd(tenant);
    assert.equal((await rowsOn(from, "select 1 from notes where process = 'u'")).length, 2);
  });

  it('a removed tenant is not found by a client that knew it, and comes back when it is registered again', async () => {
    const { handle, db, close } = await startApp();
    await handle.addTenant('gone');
    const insert = () => db('notes').insert({ tenant: 'gone', id: 'x', process: 'v' }).mtdd('gone');
    await insert();
    assert.equal((await lookup('remove', 'gone')).code, 0);
    await assert.rejects(insert(), { code: 'TENANT_NOT_FOUND' });
    await handle.addTenant('gone');
    await insert();
    await close();
  });

  it('tells its first transaction and its listeners of the new shard too', async () => {
    const [tenant] = TENANTS;
    const { db, handle, close } = await startApp();
    await handle.tenantShard(tenant);
    const from = await move(tenant);
    await db.transaction((trx) => trx('notes').insert({ tenant, id: 'first', process: 'w' }).mtdd(tenant));
    assert.equal((await rowsOn(1 - from, "select 1 from notes where process = 'w'")).length, 1);
    await close();
  });

  it('goes on while lookup servers are killed, frozen and started again; known tenants also without any', async () => {
    const [tenant] = TENANTS;
    const [first, second] = cluster.lookups;
    const insert = (id) => app.db('notes').insert({ tenant, id, process: 'x' }).mtdd(tenant);
    const { handle, db, close } = await startApp();
    const timed = async (work) => {
      const since = Date.now();
      await work().catch((error) => assert.equal(error.code, 'LOOKUP_UNAVAILABLE'));
      return Date.now() - since;
    };

    process.kill(first.pid, 'SIGSTOP');
    assert.ok(
      (await timed(() => handle.addTenant('fresh-1'))) < 1000,
      'a frozen one costs less than a second',
    );
    assert.ok((await timed(() => handle.addTenant('fresh-2'))) < 250, 'and is then avoided');
    await insert('one-frozen');
    process.kill(second.pid, 'SIGSTOP');
    assert.ok((await timed(() => insert('both-frozen'))) < 1000, 'a known tenant needs none');
    assert.ok((await timed(() => handle.tenantShard('fresh-1'))) < 2500, 'then what is known counts');
    const alone = await startApp();
    const since = Date.now();
    await assert.rejects(alone.handle.tenantShard(tenant), { code: 'LOOKUP_UNAVAILABLE' });
    assert.ok(Date.now() - since < 2000, `both are frozen, and it takes ${Date.now() - since} ms to say so`);
    process.kill(second.pid, 'SIGCONT');
    process.kill(first.pid, 'SIGCONT');

    await first.kill();
    await db('notes').where({ tenant }).mtdd(tenant);
    assert.ok((await timed(() => handle.addTenant('fresh-3'))) < 1000);
    await second.kill();
    await insert('both-dead');
    await first.start();
    await second.start();
    const from = await move(tenant);
    await insert('moved');
    assert.equal((await rowsOn(1 - from, "select 1 from notes where id = 'moved'")).length, 1);
    await alone.close();
    await close();
  });

  it('a query server that is frozen runs nothing of a tenant that has moved when it thaws', async () => {
    const [tenant] = TENANTS;
    const from = await shardOf(tenant);
    const { pid } = cluster.shards[from].server;
    await app.db('notes').where({ tenant }).mtdd(tenant);
    process.kill(pid, 'SIGSTOP');
    // On its way to a server that does not read it.
    const late = Promise.resolve(
      app
        .db('notes')
        .insert({ tenant, id: 'late', process: 'y' })
        .mtdd(tenant, 1, undefined, { timeout: 60_000 }),
    );
    late.catch(() => {});
    const since = Date.now();
    assert.equal((await lookup('move', tenant, '--to', String(1 - from), '--timeout', '60')).code, 0);
    assert.ok(Date.now() - since > 4000, 'its lease has to end first');
    const before = await countOn(from, tenant);
    process.kill(pid, 'SIGCONT');
    await late.catch(() => {});
    await sleep(1000);
    assert.equal(await countOn(from, tenant), before);
    await app.db('notes').insert({ tenant, id: 'new', process: 'y' }).mtdd(tenant);
    assert.equal((await rowsOn(1 - from, "select 1 from notes where id = 'new'")).length, 1);
  });
});

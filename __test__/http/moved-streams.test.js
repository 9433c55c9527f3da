/** Streams of events, and copies, of a tenant that is moved to another shard, with its rows. */

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { after, before, describe, it } = require('node:test');
const { promisify } = require('node:util');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');
const { BINARY } = require('../../testkit/servers');
const { startLiveApp, track, until } = require('../support/live-app');

const run = promisify(execFile);
const SEED = ['create table notes (id int primary key, tenant_id text not null, body text)'];

describe('a tenant that is moved', () => {
  let cluster;
  let app;

  const lookup = (...args) =>
    run(BINARY, ['lookup', ...args, '--shards', '2'], {
      env: { ...process.env, DATABASE_URL: cluster.lookupDatabaseUrl },
    });
  const on = (shard, ...statements) => onConnection(cluster.shards[shard].databaseUrl, ...statements);
  const ids = (client) => client.changes.map(({ data }) => data.id);
  const insert = (tenant, id) => app.db('notes').insert({ id, tenant_id: tenant }).mtdd(tenant);

  before(async () => {
    cluster = await startCluster({ shards: 2, seed: SEED, durableLookup: true, fenced: true });
    for (const { databaseUrl } of cluster.shards) {
      track(databaseUrl, '--table', 'notes', '--tenant-column', 'tenant_id');
    }
    app = await startLiveApp(cluster);
  });
  after(async () => {
    await app?.close();
    await cluster?.stop();
  });

  it('takes rows that are copied and removed for no changes, and reads everything again at its new shard', async () => {
    await lookup('add', 'm', '--shard', '0');
    await lookup('add', 'stays', '--shard', '0');
    const [client, other] = await Promise.all([app.events({ tid: 'm' }), app.events({ tid: 'stays' })]);
    await Promise.all([client.positioned(), other.positioned()]);
    await insert('m', 1);
    await client.until(1);
    // The rows are copied before the move, and removed after it.
    await on(1, "insert into notes values (1, 'm')");
    await lookup('move', 'm', '--to', '1');
    await on(0, "delete from notes where tenant_id = 'm'");
    await insert('stays', 2);
    await other.until(1);
    await until(() => client.events.length === 2);
    assert.deepEqual(ids(client), [1]);
    assert.deepEqual(
      [client.events[1].event, JSON.parse(client.events[1].data)],
      ['refetch', { reason: 'the tenant has moved' }],
    );
    await insert('m', 3);
    await client.until(3);
    assert.deepEqual(ids(client), [1, 3]);
    assert.equal(other.events.length, 1);

    // Whoever was away meanwhile has a position of the old shard.
    const away = await app.events({ tid: 'm' }, { lastEventId: client.events[0].id });
    const [first] = await away.until(1);
    assert.equal(first.event, 'refetch');
    const back = await app.events({ tid: 'm' }, { lastEventId: client.lastEventId });
    await insert('m', 4);
    await back.until(1);
    assert.deepEqual(ids(back), [4]);
    for (const one of [client, other, away, back]) one.close();
  });

  it('is told by the first change at its new shard, also if nothing is removed from the old one', async () => {
    await lookup('add', 'n', '--shard', '1');
    const client = await app.events({ tid: 'n' });
    await client.positioned();
    await lookup('move', 'n', '--to', '0');
    await insert('n', 10);
    await client.until(1);
    assert.equal(client.events[0].event, 'refetch');
    const { body } = await app.get('/mtdd/Load?tableName=notes', { tid: 'n' });
    assert.deepEqual(
      body.data.map(({ id }) => id),
      [10],
    );
    client.close();
  });

  it('holds removed rows back while nobody can say where the tenant lives', async () => {
    await lookup('add', 'h', '--shard', '0');
    await insert('h', 40);
    const client = await app.events({ tid: 'h' });
    await client.positioned();
    await lookup('move', 'h', '--to', '1');
    process.kill(cluster.lookup.pid, 'SIGSTOP');
    try {
      await on(0, "delete from notes where tenant_id = 'h'");
      await until(() => client.events.at(-1)?.event === 'closed', 30_000);
      assert.ok(client.changes.every(({ action }) => action === 'INSERT'));
    } finally {
      process.kill(cluster.lookup.pid, 'SIGCONT');
    }
    const back = await app.events({ tid: 'h' }, { lastEventId: client.lastEventId });
    await back.until(1);
    assert.equal(back.events[0].event, 'refetch');
    back.close();
  });

  it('Load begins anew at the new shard', async () => {
    await lookup('add', 'l', '--shard', '0');
    await insert('l', 20);
    const { body } = await app.get('/mtdd/Load?tableName=notes', { tid: 'l' });
    await on(1, "insert into notes values (20, 'l')");
    await lookup('move', 'l', '--to', '1');
    await on(0, "delete from notes where tenant_id = 'l'");
    const next = await app.get(`/mtdd/Load?tableName=notes&lastUpdated=${body.timestamp}`, { tid: 'l' });
    assert.deepEqual([next.body.reset, next.body.data], [true, [{ id: 20, tenant_id: 'l', body: null }]]);
  });

  it('a name of two types has two homes, and each stream gets its own', async () => {
    await lookup('add', 'twin', '--shard', '0', '--type', '1');
    await lookup('add', 'twin', '--shard', '1', '--type', '2');
    const typed = await startLiveApp(cluster, {
      auth: {
        secret: 'a secret of thirty-two bytes, or of more',
        tenantType: ({ kind }) => kind ?? 1,
      },
    });
    try {
      const [one, two] = await Promise.all([
        typed.events({ tid: 'twin' }),
        typed.events({ tid: 'twin', kind: 2 }),
      ]);
      await Promise.all([one.positioned(), two.positioned()]);
      await typed.db('notes').insert({ id: 30, tenant_id: 'twin' }).mtdd('twin', 1);
      await typed.db('notes').insert({ id: 31, tenant_id: 'twin' }).mtdd('twin', 2);
      await Promise.all([one.until(1), two.until(1)]);
      assert.deepEqual([ids(one), ids(two)], [[30], [31]]);
      one.close();
      two.close();
    } finally {
      await typed.close();
    }
  });
});

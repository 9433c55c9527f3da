const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');
const { inSeconds } = require('../support/http-app');
const { startLiveApp, track, until } = require('../support/live-app');

const SEED = [
  'create table products (id bigint primary key, tenant_id text not null, name text, price numeric)',
  'create table notes (id bigint primary key, tenant_id text not null, body text)',
];

describe('GET /mtdd/events', () => {
  let cluster;
  let app;
  const clients = [];

  const open = async (claims, options) => {
    const client = await app.events(claims, options);
    clients.push(client);
    if (client.status === 200) await client.positioned();
    return client;
  };
  const insert = (tenant, ...rows) =>
    app
      .db('products')
      .insert(rows.map((row) => ({ tenant_id: tenant, ...row })))
      .mtdd(tenant);

  before(async () => {
    cluster = await startCluster({ shards: 3, seed: SEED });
    for (const { databaseUrl } of [...cluster.shards, cluster.local]) {
      track(databaseUrl, '--table', 'products', '--table', 'notes', '--tenant-column', 'tenant_id');
    }
    app = await startLiveApp(cluster);
    for (const tenant of ['a', 'b', 'c', 'd']) await app.handle.addTenant(tenant);
  });
  after(async () => {
    for (const client of clients) client.close();
    await app?.close();
    await cluster?.stop();
  });

  it('streams the tenant’s changes, in the form of the seeds, with ids, and nobody else’s', async () => {
    const [one, two, other] = await Promise.all([
      open({ tid: 'a' }),
      open({ tid: 'a' }, { query: '?deviceId=phone' }),
      open({ tid: 'b' }),
    ]);
    assert.equal(one.headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.equal(one.headers['cache-control'], 'no-cache, no-transform');
    assert.match(one.raw, /^retry: 2000\n/);
    await insert(
      'a',
      { id: 1, name: 'é "x"\n', price: '12.50' },
      { id: 2, name: null, price: '9007199254740993' },
    );
    await app.db('products').where({ id: 1 }).update({ name: 'y' }).mtdd('a');
    await app.db('products').where({ id: 2 }).del().mtdd('a');
    await insert('b', { id: 1, name: 'of b', price: 1 });
    await one.until(4);
    await two.until(4);
    await other.until(1);
    const expected = [
      {
        table: 'products',
        action: 'INSERT',
        data: { id: 1, tenant_id: 'a', name: 'é "x"\n', price: 12.5 },
        tenantId: 'a',
      },
      {
        table: 'products',
        action: 'INSERT',
        data: { id: 2, tenant_id: 'a', name: null, price: '9007199254740993' },
        tenantId: 'a',
      },
      {
        table: 'products',
        action: 'UPDATE',
        data: { id: 1, tenant_id: 'a', name: 'y', price: 12.5 },
        tenantId: 'a',
      },
      {
        table: 'products',
        action: 'DELETE',
        data: { id: 2, tenant_id: 'a', name: null, price: '9007199254740993' },
        tenantId: 'a',
      },
    ];
    assert.deepEqual(one.changes, expected);
    assert.deepEqual(two.changes, expected);
    assert.deepEqual(
      other.changes.map(({ tenantId }) => tenantId),
      ['b'],
    );
    assert.equal(new Set(one.events.map(({ id }) => id)).size, 4);
  });

  it('resumes after the last event, by header or parameter, without gap or duplicate', async () => {
    const first = await open({ tid: 'c' });
    await insert('c', { id: 1 }, { id: 2 });
    await first.until(2);
    first.close();
    await insert('c', { id: 3 });
    await insert('d', { id: 3 });
    const ids = (client) => client.changes.map(({ data }) => data.id);
    const [all, some, viaQuery] = await Promise.all([
      open({ tid: 'c' }, { lastEventId: first.events[0].id }),
      open({ tid: 'c' }, { lastEventId: first.events[1].id }),
      open({ tid: 'c' }, { query: `?lastEventId=${first.events[1].id}` }),
    ]);
    await insert('c', { id: 4 });
    await all.until(3);
    await some.until(2);
    await viaQuery.until(2);
    assert.deepEqual(
      [ids(all), ids(some), ids(viaQuery)],
      [
        [2, 3, 4],
        [3, 4],
        [3, 4],
      ],
    );
  });

  it('goes on where it was after the application, a query server and PostgreSQL have restarted', async () => {
    const client = await open({ tid: 'a' });
    const shard = await app.handle.tenantShard('a');
    await insert('a', { id: 100 });
    await client.until(1);
    await cluster.shards[shard].restart();
    await insert('a', { id: 101 });
    await client.until(2);
    await cluster.postgres[0].restart?.();
    await app.close();
    await onConnection(cluster.shards[shard].databaseUrl, "insert into products values (102, 'a')");
    app = await startLiveApp(cluster);
    const back = await open({ tid: 'a' }, { lastEventId: client.lastEventId });
    await insert('a', { id: 103 });
    await back.until(2);
    const seen = [...client.changes, ...back.changes].map(({ data }) => data.id);
    assert.deepEqual(seen, [100, 101, 102, 103]);
  });

  it('keeps the order in which a row was changed, whichever transaction began first', async () => {
    const client = await open({ tid: 'b' });
    const shard = await app.handle.tenantShard('b');
    await insert('b', { id: 200, name: 'first' });
    const [{ id: before }] = await client.until(1);
    const slow = await app.db.transaction();
    await slow('products').insert({ id: 201, tenant_id: 'b' }).mtdd('b');
    await onConnection(
      cluster.shards[shard].databaseUrl,
      "update products set name = 'second' where id = 200",
    );
    // It waits for nobody: a transaction that goes on holds back only what is its own.
    await client.until(2);
    const late = await open({ tid: 'b' });
    const seen = client.lastEventId;
    await slow('products').where({ id: 200 }).update({ name: 'third' }).mtdd('b');
    await slow.commit();
    await client.until(4);
    await late.until(2);
    const shown = (changes) => changes.map(({ data }) => data.name ?? data.id);
    assert.deepEqual(shown(client.changes), ['first', 'second', 201, 'third']);
    assert.deepEqual(shown(late.changes), [201, 'third']);
    for (const [lastEventId, missed] of [
      [before, ['second', 201, 'third']],
      [seen, [201, 'third']],
      [client.events[2].id, ['third']],
    ]) {
      const back = await open({ tid: 'b' }, { lastEventId });
      await back.until(missed.length);
      if (lastEventId === before)
        assert.deepEqual(shown(back.changes).sort(), [201, 'second', 'third'].sort());
      else assert.deepEqual(shown(back.changes), missed);
      const names = back.changes.filter(({ data }) => data.id === 200).map(({ data }) => data.name);
      assert.deepEqual(
        names,
        missed.filter((name) => typeof name === 'string'),
      );
    }
  });

  it('says refetch when the position has been trimmed, is of another log, or is no position', async () => {
    const client = await open({ tid: 'c' });
    const shard = await app.handle.tenantShard('c');
    await insert('c', { id: 300 });
    const [{ id }] = await client.until(1);
    await insert('c', { id: 301 });
    await client.until(2);
    const { lastEventId: present } = await open({ tid: 'c' });
    await onConnection(
      cluster.shards[shard].databaseUrl,
      "update mtdd.changes set changed_at = now() - interval '9 days'",
      'select mtdd.trim_changes()',
    );
    for (const lastEventId of [id, id.replace(/^./, (c) => (c === '0' ? '1' : '0')), 'nonsense', '5']) {
      const back = await open({ tid: 'c' }, { lastEventId });
      const [event] = await back.until(1);
      assert.equal(event.event, 'refetch', lastEventId);
      assert.equal(typeof JSON.parse(event.data).reason, 'string');
      back.close();
    }
    // Who has seen everything misses nothing by it.
    const upToDate = await open({ tid: 'c' }, { lastEventId: present });
    assert.deepEqual(upToDate.events, []);
    await insert('c', { id: 302 });
    const [{ event }] = await upToDate.until(1);
    assert.deepEqual([event, upToDate.changes.map(({ data }) => data.id)], ['message', [302]]);
  });

  it('says refetch of a table that was truncated', async () => {
    const client = await open({ tid: 'a' });
    await app.db.raw('truncate notes').mtdd('a');
    const [{ event, data }] = await client.until(1);
    assert.deepEqual([event, JSON.parse(data).table], ['refetch', 'notes']);
  });

  it('brings notifications of hand-written triggers to their tenant, without an id', async () => {
    const [a, b] = await Promise.all([open({ tid: 'a' }), open({ tid: 'b' })]);
    const shard = await app.handle.tenantShard('a');
    const before = a.lastEventId;
    for (const payload of [
      '{"table": "x", "action": "INSERT", "data": {"n": 12345678901234567890},\n "tenantId": "a"}',
      '{"table": "x", "action": "DELETE", "data": null, "tenantId": null}',
      'no json',
      '{"table": "y", "action": "INSERT", "data": {}, "tenantId": "a"}',
    ]) {
      await onConnection(cluster.shards[shard].databaseUrl, {
        text: "select pg_notify('table_updates', $1)",
        values: [payload],
      });
    }
    await a.until(2);
    assert.deepEqual(a.changes, [
      { table: 'x', action: 'INSERT', data: { n: '12345678901234567890' }, tenantId: 'a' },
      { table: 'y', action: 'INSERT', data: {}, tenantId: 'a' },
    ]);
    assert.deepEqual([b.events, a.lastEventId], [[], before]);
  });

  it('ends a stream when its token expires, and says so', async () => {
    const client = await open({ tid: 'a', exp: inSeconds(1) });
    await sleep(1100);
    await insert('a', { id: 400 });
    await until(() => client.isClosed);
    assert.deepEqual(
      client.events.map(({ event, data }) => [event, data]),
      [['closed', '{"reason":"the token has expired"}']],
    );
  });

  it('a tenant that nobody knows gets 404', async () => {
    const client = await app.events({ tid: 'nobody' });
    assert.equal(client.status, 404);
  });
});

/** What bounds a stream of events, and what becomes of it when something on the way is late, full, frozen or new. */

const assert = require('node:assert/strict');
const http = require('node:http');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const compression = require('compression');
const { ActiveClients } = require('../../js');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');
const { Log, token } = require('../support/http-app');
const { startLiveApp, track, until } = require('../support/live-app');

const SEED = ['create table notes (id int primary key, tenant_id text not null, body text)'];

describe('streams of events', () => {
  let cluster;
  const apps = [];

  /** An application of its own. */
  async function start(config, before) {
    const app = await startLiveApp(cluster, config, { before });
    apps.push(app);
    for (const tenant of ['a', 'b', 'c']) await app.handle.addTenant(tenant);
    return app;
  }
  const insert = (app, tenant, id, body) =>
    app.db('notes').insert({ id, tenant_id: tenant, body }).mtdd(tenant);
  const ids = (client) => client.changes.map(({ data }) => data.id);

  before(async () => {
    cluster = await startCluster({ shards: 2, seed: SEED, separate: true });
    for (const { databaseUrl } of cluster.shards) {
      track(databaseUrl, '--table', 'notes', '--tenant-column', 'tenant_id');
    }
  });
  after(async () => {
    for (const app of apps) await app.close();
    await cluster?.stop();
  });

  it('are ended when the client does not read, and nobody else notices', async () => {
    const log = new Log();
    const app = await start({ events: { maxBuffered: 100_000, heartbeat: 1 }, mtdd: { logger: log.logger } });
    const reader = await app.events({ tid: 'a' });
    const lazy = await new Promise((resolve) => {
      http.get(
        { port: app.port, path: '/mtdd/events', headers: { authorization: `Bearer ${token({ tid: 'a' })}` } },
        resolve,
      );
    });
    lazy.on('error', () => {});
    lazy.pause();
    await reader.positioned();
    let id = 0;
    await until(async () => {
      for (let count = 0; count < 20; count++) await insert(app, 'a', ++id, 'x'.repeat(100_000));
      return log.records.some(({ reason }) => /reads too slowly|does not read/.test(reason ?? ''));
    }, 60_000);
    await reader.until(id, 30_000);
    assert.deepEqual(
      ids(reader),
      Array.from({ length: id }, (_, index) => index + 1),
    );
    lazy.destroy();
    reader.close();
  });

  it('end with a reason after which the client goes on where it was', async () => {
    const app = await start();
    const client = await app.events({ tid: 'b' });
    await client.positioned();
    await insert(app, 'b', 1);
    await client.until(1);
    const { lastEventId } = client;
    await app.handle.close();
    await until(() => client.isClosed);
    assert.deepEqual(client.events.at(-1), {
      id: lastEventId,
      event: 'closed',
      data: '{"reason":"the service is stopping"}',
    });
    assert.equal((await app.events({ tid: 'b' })).status, 503);
    const next = await start();
    await insert(next, 'b', 2);
    const back = await next.events({ tid: 'b' }, { lastEventId });
    await back.until(1);
    assert.deepEqual(ids(back), [2]);
    back.close();
  });

  it('are limited in number, of the process and of each tenant', async () => {
    const app = await start({ events: { maxStreams: 3, maxStreamsPerTenant: 2 } });
    const open = async (tid) => {
      const client = await app.events({ tid });
      return [client.status, client];
    };
    const [[, one], [, two]] = [await open('a'), await open('a')];
    assert.equal((await open('a'))[0], 429);
    const [, three] = await open('b');
    assert.equal((await open('c'))[0], 429);
    two.close();
    await until(async () => (await open('c'))[0] === 200);
    for (const client of [one, three]) client.close();
  });

  it('are limited in number for each user, whose other streams and whose namesake elsewhere go on', async () => {
    const app = await start({ events: { maxStreamsPerUser: 2 } });
    const opened = [];
    const open = async (tid, sub) => {
      const client = await app.events({ tid, sub });
      if (client.status === 200) opened.push(client);
      return client.status;
    };
    assert.deepEqual([await open('a', 'u1'), await open('a', 'u1'), await open('a', 'u1')], [200, 200, 429]);
    assert.deepEqual([await open('a', 'u2'), await open('b', 'u1')], [200, 200]);
    await insert(app, 'a', 9500);
    await Promise.all(opened.slice(0, 3).map((client) => client.until(1)));
    opened[0].close();
    await until(async () => (await open('a', 'u1')) === 200);
    assert.equal(await open('a', 'u1'), 429);
    for (const client of opened.splice(0)) client.close();
    // Many at once.
    const all = await Promise.all(Array.from({ length: 10 }, () => app.events({ tid: 'c', sub: 'u' })));
    assert.equal(all.filter(({ status }) => status === 200).length, 2);
    for (const client of all) client.close();
    await until(async () => (await open('c', 'u')) === 200);
    for (const client of opened) client.close();
  });

  it('carry a sign of life, with the position that the client has meanwhile', async () => {
    const app = await start({ events: { heartbeat: 1, retry: 123 } });
    const client = await app.events({ tid: 'a' });
    await client.positioned();
    assert.match(client.raw, /^retry: 123\n/);
    const before = client.lastEventId;
    const home = await app.handle.tenantShard('a');
    const { databaseUrl } = cluster.shards[home];
    await onConnection(databaseUrl, "insert into notes values (9000, 'somebody else')");
    await until(() => client.raw.includes(': heartbeat\n') && client.lastEventId !== before);
    // Trimmed up to now: the old position would have to read everything again, this one not.
    await onConnection(
      databaseUrl,
      "update mtdd.changes set changed_at = now() - interval '9 days'",
      'select mtdd.trim_changes()',
    );
    const back = await app.events({ tid: 'a' }, { lastEventId: client.lastEventId });
    await insert(app, 'a', 9001);
    await back.until(1);
    assert.deepEqual([back.events[0].event, ids(back)], ['message', [9001]]);
    client.close();
    back.close();
  });

  it('of a shard that is down begin, and read everything again once it is back', async () => {
    const app = await start();
    const home = await app.handle.tenantShard('a');
    const homes = await Promise.all(['b', 'c'].map((tenant) => app.handle.tenantShard(tenant)));
    const other = homes[0] === home ? 'c' : 'b';
    assert.ok(homes.includes(1 - home));
    await cluster.shards[home].server.stop();
    const client = await app.events({ tid: 'a' });
    assert.equal(client.status, 200);
    const well = await app.events({ tid: other });
    assert.equal(well.status, 200);
    await cluster.shards[home].server.start();
    await client.until(1, 20_000);
    assert.equal(client.events[0].event, 'refetch');
    await insert(app, 'a', 9100);
    await client.until(2);
    assert.deepEqual(ids(client).slice(-1), [9100]);
    client.close();
    well.close();
  });

  it('wait through a frozen query server, and go on', async () => {
    const app = await start();
    const client = await app.events({ tid: 'a' });
    await client.positioned();
    const home = await app.handle.tenantShard('a');
    const { pid } = cluster.shards[home].server;
    process.kill(pid, 'SIGSTOP');
    try {
      await onConnection(cluster.shards[home].databaseUrl, "insert into notes values (9200, 'a')");
      await sleep(500);
      assert.deepEqual(client.events, []);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await client.until(1, 20_000);
    assert.deepEqual(ids(client), [9200]);
    client.close();
  });

  it('of a database without a log get it when tracking begins', async () => {
    const app = await startLiveApp(cluster, { mtdd: { useMtdd: false } });
    try {
      const client = await app.events({ tid: 'a' });
      await onConnection(
        cluster.local.databaseUrl,
        `select pg_notify('table_updates', '{"table":"t","action":"X","data":1,"tenantId":"a"}')`,
      );
      await client.until(1);
      assert.deepEqual([client.lastEventId, client.changes[0].table], ['', 't']);
      track(cluster.local.databaseUrl, '--table', 'notes', '--tenant-column', 'tenant_id');
      await onConnection(cluster.local.databaseUrl, "insert into notes values (1, 'a')");
      await client.until(2, 20_000);
      assert.equal(client.events[1].event, 'refetch');
      await onConnection(cluster.local.databaseUrl, "insert into notes values (2, 'a')");
      await until(() => client.changes.at(-1).data.id === 2);
      client.close();
    } finally {
      await app.close();
    }
  });

  it('are the web devices of their tenant: several tabs of one, and never another tenant’s', async () => {
    const app = await start();
    const [tab, second, foreign] = await Promise.all([
      app.events({ tid: 'a' }, { query: '?deviceId=d1' }),
      app.events({ tid: 'a' }, { headers: { deviceid: 'd1' } }),
      app.events({ tid: 'b' }, { query: '?deviceId=d1' }),
    ]);
    await Promise.all([tab, second, foreign].map((client) => client.positioned()));
    const count = (tenantId) => ActiveClients.GetWebDeviceResponses('d1', 'events', { tenantId }).length;
    assert.deepEqual([count('a'), count('b')], [2, 1]);
    assert.equal(ActiveClients.HasWebDeviceEvent('d1', 'events'), false);
    await insert(app, 'b', 9300);
    await insert(app, 'a', 9301);
    await Promise.all([tab.until(1), second.until(1), foreign.until(1)]);
    assert.deepEqual([ids(tab), ids(second), ids(foreign)], [[9301], [9301], [9300]]);
    foreign.close();
    tab.close();
    await until(() => count('a') === 1 && count('b') === 0);
    second.close();
    for (const [deviceId, message] of [
      ['x'.repeat(600), 'deviceId: expected at most 512 bytes, got more.'],
      ['%00', 'deviceId: expected a string of whole characters without NUL.'],
    ]) {
      const { status, body } = await app.get(`/mtdd/events?deviceId=${deviceId}`, { tid: 'a' });
      assert.deepEqual([status, body], [400, { error: { code: 'VALIDATION_ERROR', message } }]);
    }
  });

  it('pass a compressing middleware at once', async () => {
    const app = await start({}, (express) => express.use(compression({ threshold: 0 })));
    const client = await app.events({ tid: 'a' }, { headers: { 'accept-encoding': 'gzip' } });
    await client.positioned();
    await insert(app, 'a', 9350);
    await client.until(1);
    assert.equal(client.headers['content-encoding'], undefined);
    const load = await app.get('/mtdd/Load?tableName=notes', { tid: 'a' });
    assert.equal(load.status, 200);
    client.close();
  });

  it('a change of 6 MB comes whole, a larger one as a refetch, and 5000 of one transaction as they are', async () => {
    const app = await start();
    const [client, other] = await Promise.all([app.events({ tid: 'a' }), app.events({ tid: 'b' })]);
    await Promise.all([client.positioned(), other.positioned()]);
    await insert(app, 'a', 9399, 'é'.repeat(6 * 1024 * 1024));
    await insert(app, 'a', 9400, 'é'.repeat(3 * 1024 * 1024));
    await client.until(2, 30_000);
    assert.deepEqual([client.events[0].event, JSON.parse(client.events[0].data).table], ['refetch', 'notes']);
    assert.equal(client.changes[0].data.body.length, 3 * 1024 * 1024);
    assert.deepEqual(other.events, []);
    other.close();
    const sizes = [];
    let timestamp = '';
    for (let more = true; more; ) {
      const { body } = await app.get(`/mtdd/Load?tableName=notes&lastUpdated=${timestamp}`, { tid: 'a' });
      sizes.push(body.data.reduce((sum, row) => sum + (row.body?.length ?? 0), 0));
      ({ timestamp, hasMore: more } = body);
    }
    assert.ok(sizes.length > 2 && Math.max(...sizes) <= 8 * 1024 * 1024, `${sizes}`);
    await app.db
      .raw("insert into notes select 20000 + g, 'a', null from generate_series(1, 5000) g")
      .mtdd('a');
    await client.until(5002, 30_000);
    const [, ...many] = ids(client);
    assert.deepEqual(
      many,
      Array.from({ length: 5000 }, (_, index) => 20001 + index),
    );
    // From the middle of the transaction.
    const back = await app.events({ tid: 'a' }, { lastEventId: client.events[2501].id });
    await back.until(2500, 30_000);
    assert.deepEqual(ids(back), many.slice(2500));
    client.close();
    back.close();
  });
});

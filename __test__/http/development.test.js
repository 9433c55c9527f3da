/** `isDevelopment: true` with `useMtdd: true`: what happens in the local database reaches the streams too. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');
const { track } = require('../../testkit/track');
const { recordingLogger } = require('../support/recording-logger');
const { startLiveApp, until } = require('../support/live-app');

const SEED = ['create table notes (id int primary key, tenant_id text)'];

describe('the streams of an application in development', () => {
  let cluster;
  const apps = [];

  before(async () => {
    cluster = await startCluster({ shards: 2, seed: SEED });
    for (const { databaseUrl } of [...cluster.shards, cluster.local]) {
      track(databaseUrl, '--table', 'notes', '--tenant-column', 'tenant_id');
    }
  });
  after(async () => {
    for (const app of apps) await app.close();
    await cluster?.stop();
  });

  async function start(mtdd, local = cluster.local) {
    const app = await startLiveApp({ ...cluster, local }, { mtdd: { logger: recordingLogger(), ...mtdd } });
    apps.push(app);
    for (const tenant of ['a', 'b']) await app.handle.addTenant(tenant);
    return app;
  }

  const localInsert = (app, tenant, id) => app.db('notes').insert({ id, tenant_id: tenant });
  const listeners = async () => {
    const { rows } = await apps[0].db.raw(
      "select count(*)::int as count from pg_stat_activity where query ilike 'listen %' and datname = 'local'",
    );
    return rows[0].count;
  };

  it('have the local changes and notifications of their tenant, without ids, beside those of its shard', async () => {
    const app = await start({ isDevelopment: true });
    const [a, b] = await Promise.all([app.events({ tid: 'a' }), app.events({ tid: 'b' })]);
    await Promise.all([a.positioned(), b.positioned()]);
    await until(async () => (await listeners()) > 0);
    // The local log is being followed once one of its changes has come.
    let id = 0;
    await until(async () => {
      await localInsert(app, 'a', ++id);
      return a.changes.length > 0;
    });
    const before = a.lastEventId;
    assert.ok(
      a.events.every((event) => event.id === before),
      'no local event has an id',
    );
    await until(() => a.changes.at(-1).data.id === id);
    await onConnection(
      cluster.local.databaseUrl,
      `select pg_notify('table_updates', '{"table": "x", "action": "INSERT", "data": {}, "tenantId": "a"}')`,
    );
    await until(() => a.changes.at(-1).table === 'x');
    await app.db('notes').insert({ id: 1000, tenant_id: 'a' }).mtdd('a');
    await until(() => a.changes.at(-1).data.id === 1000);
    assert.notEqual(a.lastEventId, before);
    assert.deepEqual(b.events, []);
    a.close();
    b.close();
  });

  it('have each change once if the local database is a shard itself', async () => {
    const logger = recordingLogger();
    const app = await start({ isDevelopment: true, logger }, cluster.shards[0]);
    const tenant = await tenantOf(app, 0);
    const client = await app.events({ tid: tenant });
    await client.positioned();
    // Long enough for a local listener to begin, if there were one.
    for (let id = 2000; id < 2020; id++) {
      await app.db('notes').insert({ id, tenant_id: tenant }).mtdd(tenant);
      await sleep(20);
    }
    await until(() => client.changes.length >= 20);
    assert.deepEqual(
      client.changes.map(({ data }) => data.id),
      Array.from({ length: 20 }, (_, index) => 2000 + index),
    );
    client.close();
  });

  it('have those of the shards alone without isDevelopment', async () => {
    const app = await start({ isDevelopment: false });
    const client = await app.events({ tid: 'a' });
    await client.positioned();
    await localInsert(app, 'a', 3000);
    await app.db('notes').insert({ id: 3001, tenant_id: 'a' }).mtdd('a');
    await until(() => client.changes.length > 0);
    assert.deepEqual(
      client.changes.map(({ data }) => data.id),
      [3001],
    );
    client.close();
  });

  /** A tenant that lives on a shard. */
  async function tenantOf(app, shard) {
    for (let number = 0; ; number++) {
      const { shardIndex } = await app.handle.addTenant(`tenant-${number}`);
      if (shardIndex === shard) return `tenant-${number}`;
    }
  }
});

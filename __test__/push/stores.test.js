/** Every device store does the same: in memory, in PostgreSQL by Knex and by pg, in Redis by ioredis and by redis. */

const assert = require('node:assert/strict');
const express = require('express');
const Redis = require('ioredis');
const knex = require('knex');
const { Pool } = require('pg');
const { createClient } = require('redis');
const { after, before, describe, it, test } = require('node:test');
const {
  InitializeReplication,
  MemoryDeviceStore,
  PostgresDeviceStore,
  RedisDeviceStore,
  withTenant,
} = require('../../js');
const { createActiveClients } = require('../../js/push/active-clients');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');
const { startFcm } = require('../support/fcm');
const { recordingLogger } = require('../support/recording-logger');
const { missingRedis, startRedis } = require('../support/redis');

const ACME = { tenantId: 'acme', tenantType: 1 };
const ACME_2 = { tenantId: 'acme', tenantType: 2 };
const HELLO = { title: 'Hello', body: 'World' };
const withoutRedis = missingRedis();

let cluster;
let redis;
/** Everything to close, the last one first. */
const opened = [];

before(async () => {
  cluster = await startCluster({ shards: 1 });
  redis = withoutRedis === undefined ? await startRedis() : undefined;
});
after(async () => {
  for (const close of opened.reverse()) await close();
  await redis?.stop();
  await cluster?.stop();
});

/** A Knex instance that sends queries to the shard, and refuses those without a tenant. */
async function routedKnex() {
  const db = knex({ client: 'pg', connection: cluster.local.databaseUrl });
  opened.push(() => db.destroy());
  const { queryServers, lookupServer } = cluster;
  await InitializeReplication(express(), db, {
    mtdd: { useMtdd: true, queryServers, lookupServer, requireTenant: true, allShards: 'explicit' },
  });
  return db;
}

function pool() {
  const made = new Pool({ connectionString: cluster.local.databaseUrl });
  opened.push(() => made.end());
  return made;
}

function ioredis(options) {
  const client = new Redis({ port: redis.port, ...options });
  opened.push(() => client.quit());
  return client;
}

async function nodeRedis() {
  const client = createClient({ url: `redis://127.0.0.1:${redis.port}` });
  await client.connect();
  opened.push(() => client.close());
  return client;
}

async function withTable(db, table) {
  const store = new PostgresDeviceStore(db, { table });
  await store.createTable();
  await store.createTable();
  return store;
}

const stores = {
  memory: async () => new MemoryDeviceStore(),
  'PostgreSQL by Knex': async () => withTable(await routedKnex(), 'devices_by_knex'),
  'PostgreSQL by pg': async () => withTable(pool(), 'public.devices_by_pg'),
  'Redis by ioredis': async () => new RedisDeviceStore(ioredis(), { prefix: 'a' }),
  'Redis by ioredis with a prefix of its own': async () =>
    new RedisDeviceStore(ioredis({ keyPrefix: 'application:' })),
  'Redis by redis': async () => new RedisDeviceStore(await nodeRedis(), { prefix: '{b}' }),
};

for (const [name, make] of Object.entries(stores)) {
  describe(`the store in ${name}`, { skip: name.startsWith('Redis') && withoutRedis }, () => {
    let store;
    before(async () => {
      store = await make();
    });

    const add = (tenant, deviceId, token) => store.set({ tenant, deviceId, token });
    async function listed(devices) {
      const found = [];
      for await (const { tenant, deviceId, token } of devices) {
        found.push([tenant === null ? '' : `${tenant.tenantId} ${tenant.tenantType}`, deviceId, token]);
      }
      return found.sort();
    }
    async function empty() {
      const all = [];
      for await (const device of store.allDevices()) all.push(device);
      for (const { tenant, deviceId } of all) assert.equal(await store.delete(tenant, deviceId), true);
      assert.equal(await store.countAll(), 0);
    }

    it('keeps a device, replaces its token, and deletes it once', async () => {
      assert.equal((await store.get(null, 'd')) ?? undefined, undefined);
      await add(null, 'd', 'old');
      await add(null, 'd', 'new');
      assert.equal(await store.get(null, 'd'), 'new');
      assert.deepEqual([await store.count(null), await store.countAll()], [1, 1]);
      assert.equal(await store.delete(null, 'd'), true);
      assert.equal(await store.delete(null, 'd'), false);
      assert.equal((await store.get(null, 'd')) ?? undefined, undefined);
      assert.deepEqual(await listed(store.allDevices()), []);
    });

    it('keeps tenants apart, by name and by type', async () => {
      await add(null, 'd', 't0');
      await add(ACME, 'd', 't1');
      await add(ACME_2, 'd', 't2');
      await add({ tenantId: "o'neil: \u{1f511}?%_", tenantType: 0 }, "it's: ? \u{1f4f1}", "t3'?:$1");
      assert.equal(await store.get(ACME, 'd'), 't1');
      assert.equal(await store.count(ACME), 1);
      assert.deepEqual(await listed(store.devices(ACME)), [['acme 1', 'd', 't1']]);
      assert.deepEqual(await listed(store.devices(null)), [['', 'd', 't0']]);
      assert.deepEqual(await listed(store.devices({ tenantId: 'nobody', tenantType: 1 })), []);
      assert.deepEqual(await listed(store.allDevices()), [
        ['', 'd', 't0'],
        ['acme 1', 'd', 't1'],
        ['acme 2', 'd', 't2'],
        ["o'neil: \u{1f511}?%_ 0", "it's: ? \u{1f4f1}", "t3'?:$1"],
      ]);
      assert.equal(await store.delete(ACME, 'd'), true);
      assert.equal(await store.get(null, 'd'), 't0');
      assert.equal(await store.countAll(), 3);
      await empty();
    });

    it('removes the devices that have a token now, in every tenant, and no other', async () => {
      await add(null, '1', 'dead');
      await add(ACME, '1', 'dead');
      await add(ACME, '2', 'alive');
      await add(ACME, '3', 'dead');
      await add(ACME, '3', 'newer');
      await add(ACME_2, '4', 'dead too');
      assert.equal(await store.deleteTokens([]), 0);
      assert.equal(await store.deleteTokens(['dead', 'dead too', 'never seen']), 3);
      assert.equal(await store.deleteTokens(['dead']), 0);
      assert.deepEqual(await listed(store.allDevices()), [
        ['acme 1', '2', 'alive'],
        ['acme 1', '3', 'newer'],
      ]);
      await empty();
    });

    it('keeps the longest names and tokens', async () => {
      const tenant = { tenantId: 'é'.repeat(1024), tenantType: 2147483647 };
      await add(tenant, 'é'.repeat(256), 'x'.repeat(4096));
      assert.equal(await store.get(tenant, 'é'.repeat(256)), 'x'.repeat(4096));
      assert.equal(await store.deleteTokens(['x'.repeat(4096)]), 1);
      assert.equal(await store.countAll(), 0);
    });

    it('lists each of many devices once', async () => {
      const all = [];
      for (let index = 0; index < 1200; index++) {
        all.push(['acme 1', `d${index}`, `t${index}`]);
        await add(ACME, `d${index}`, `t${index}`);
      }
      await add(ACME_2, 'other', 'of another');
      assert.deepEqual(await listed(store.devices(ACME)), [...all].sort());
      assert.deepEqual(await listed(store.allDevices()), [...all, ['acme 2', 'other', 'of another']].sort());
      await empty();
    });

    it('has one token for a device that is added many times at once', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, index) => add(ACME, 'd', `t${index}`)));
      const token = await store.get(ACME, 'd');
      const others = Array.from({ length: 50 }, (_, index) => `t${index}`).filter((one) => one !== token);
      assert.equal(await store.deleteTokens(others), 0);
      assert.equal(await store.countAll(), 1);
      assert.equal(await store.deleteTokens([token]), 1);
    });

    it('serves ActiveClients', async () => {
      const fcm = await startFcm();
      const { clients, setUp } = createActiveClients();
      setUp({ account: fcm.account, log: recordingLogger() });
      try {
        clients.UseDeviceStore(store);
        await clients.AddMobileDevice('1', 'fine', { tenantId: 'acme' });
        await clients.AddMobileDevice('2', 'dead', { tenantId: 'acme' });
        await clients.AddMobileDevice('3', 'of-other', { tenantId: 'other' });
        assert.equal(await clients.HasMobileDevice('1', { tenantId: 'acme' }), true);
        assert.equal(await clients.HasMobileDevice('1'), false);
        assert.equal(await clients.GetMobileDeviceCount(), 3);
        fcm.refusals.set('dead', 'unregistered');
        const { successCount } = await clients.SendPushNotificationToTenant('acme', HELLO);
        assert.equal(successCount, 1);
        assert.deepEqual(fcm.sent.map(({ token }) => token).sort(), ['dead', 'fine']);
        assert.equal(await clients.GetMobileDeviceCount({ tenantId: 'acme' }), 1);
        await clients.DeleteMobileDevice('1', { tenantId: 'acme' });
        assert.equal(
          (await clients.SendPushNotificationToDevice('3', HELLO, { tenantId: 'other' })).successCount,
          1,
        );
        assert.equal((await clients.BroadcastPushNotification(HELLO)).results.length, 1);
      } finally {
        clients.resetFirebase();
        await fcm.stop();
        await empty();
      }
    });
  });
}

test('the table in PostgreSQL can be created by many connections at once', async () => {
  for (let round = 0; round < 5; round++) {
    const all = [];
    for (let count = 0; count < 8; count++) {
      const store = new PostgresDeviceStore(pool(), { table: `devices_at_once_${round}` });
      // Connected already, so that they begin together.
      await assert.rejects(store.countAll(), { code: 'DEVICE_STORE_FAILED' });
      all.push(store);
    }
    await Promise.all(all.map((store) => store.createTable()));
    assert.equal(await all[0].countAll(), 0);
  }
});

test('a table in PostgreSQL may have any name in lower case, and has an index of its own', async () => {
  const { local } = cluster;
  await onConnection(local.databaseUrl, 'create schema "order"');
  const long = (end) => 'x'.repeat(63 - end.length) + end;
  const names = ['user', 'order.table', '_', long(''), long('a'), long('b'), 'y'.repeat(57), 'y'.repeat(58)];
  for (const table of names) {
    const store = await withTable(pool(), table);
    await store.set({ tenant: ACME, deviceId: 'd', token: 't' });
    assert.equal(await store.get(ACME, 'd'), 't');
    assert.equal(await store.deleteTokens(['t']), 1);
  }
  const { rows } = await pool().query(
    `select tablename from pg_indexes where indexdef like '%USING hash (token)%' and tablename = any($1)`,
    [names.map((name) => name.split('.').at(-1))],
  );
  assert.equal(rows.length, names.length);
});

test('the store in PostgreSQL knows its columns under a Knex that renames them', async () => {
  const renamed = (row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name.replace(/_(\w)/g, (_, c) => c.toUpperCase()), value]),
    );
  const db = knex({
    client: 'pg',
    connection: cluster.local.databaseUrl,
    postProcessResponse: (result) =>
      result?.rows === undefined ? result : { ...result, rows: result.rows.map(renamed) },
  });
  opened.push(() => db.destroy());
  const store = await withTable(db, 'devices_renamed');
  for (let index = 0; index < 501; index++) {
    await store.set({ tenant: index === 0 ? null : ACME, deviceId: `d${index}`, token: `t${index}` });
  }
  const all = [];
  for await (const device of store.allDevices()) all.push(device);
  assert.equal(all.length, 501);
  assert.deepEqual(all[0], { tenant: null, deviceId: 'd0', token: 't0' });
  assert.deepEqual(all[1], { tenant: ACME, deviceId: 'd1', token: 't1' });
  const own = [];
  for await (const { deviceId } of store.devices(ACME)) own.push(deviceId);
  assert.equal(new Set(own).size, 500);
  assert.equal(await store.get(ACME, 'd7'), 't7');
});

test('the store in PostgreSQL is in the local database, whatever tenant is around it', async () => {
  const store = await withTable(await routedKnex(), 'devices_of_context');
  await withTenant('acme', () => store.set({ tenant: ACME, deviceId: 'd', token: 't' }));
  const { rows } = await pool().query('select device_id, token from devices_of_context');
  assert.deepEqual(rows, [{ device_id: 'd', token: 't' }]);
});

test('an error of a store has no token in it', async (context) => {
  const { inspect } = require('node:util');
  const failing = [
    [new PostgresDeviceStore(await routedKnex(), { table: 'missing' }), '42P01'],
    [new PostgresDeviceStore(pool(), { table: 'missing' }), '42P01'],
  ];
  if (redis === undefined) context.diagnostic(withoutRedis);
  else {
    const client = ioredis();
    await client.set('wrong:tokens', 'no sorted set');
    failing.push([new RedisDeviceStore(client, { prefix: 'wrong' }), undefined]);
  }
  for (const [store, databaseCode] of failing) {
    for (const action of [
      () => store.set({ tenant: ACME, deviceId: 'd - d', token: 'secret-token' }),
      () => store.deleteTokens(['secret-token']),
    ]) {
      await assert.rejects(action(), (error) => {
        assert.deepEqual([error.code, error.statusCode], ['DEVICE_STORE_FAILED', 503]);
        assert.equal(error.context.databaseCode, databaseCode);
        assert.match(
          error.message,
          /^The device store failed: (relation "missing"|.*WRONGTYPE|.*wrong kind)/,
        );
        assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /secret-token/);
        return true;
      });
    }
  }
});

test('what is neither client nor table is refused', () => {
  for (const wrong of [undefined, null, {}, 'postgres://x']) {
    assert.throws(
      () => new PostgresDeviceStore(wrong),
      /^TypeError: PostgresDeviceStore\(\): db: expected a Knex/,
    );
    assert.throws(
      () => new RedisDeviceStore(wrong),
      /^TypeError: RedisDeviceStore\(\): client: expected a client/,
    );
  }
  for (const table of ['', 'a; drop table b', 'A', '"a"', 'a.b.c', 5, null]) {
    assert.throws(() => new PostgresDeviceStore({ query() {} }, { table }), /options\.table: expected/);
  }
  assert.throws(() => new RedisDeviceStore({ call() {} }, { prefix: '' }), /options\.prefix: expected/);
});

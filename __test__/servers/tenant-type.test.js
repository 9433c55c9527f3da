const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const { InitializeReplication, withTenant } = require('../../js');
const { NativeClient } = require('../../js/native/addon');
const { startCluster } = require('../../testkit/cluster');

const WHO =
  "select current_setting('mtdd.tenant_id', true) as id, current_setting('mtdd.tenant_type', true) as type";

/** Of a native client that nobody asks anything. */
const SETTINGS = {
  queryServers: ['127.0.0.1:1'],
  lookupServers: [],
  insecure: true,
  tls: null,
  token: null,
  tokenFunction: false,
  timeout: 1000,
  maxRetries: 0,
  lookupCacheSize: 1,
  lookupCacheTtl: 1,
  lookupCacheNegativeTtl: 1,
  lookupCacheMaxStale: 1,
  maxInFlight: 1,
  session: {},
  logLevel: 'error',
  compiles: true,
  tenantColumn: null,
  referenceTables: [],
  mergeMemoryLimit: 1 << 20,
};

describe("a tenant's type reaches PostgreSQL beside its name", () => {
  let cluster;
  let db;
  let handle;

  before(async () => {
    cluster = await startCluster({ shards: 2 });
    db = knex({ client: 'pg', connection: cluster.local.databaseUrl });
    handle = await InitializeReplication(express(), db, {
      mtdd: { useMtdd: true, queryServers: cluster.queryServers, lookupServer: cluster.lookupServer },
    });
    for (const type of [1, 2, 3]) await handle.addTenant('42', type);
  });
  after(async () => {
    await handle?.close();
    await db?.destroy();
    await cluster?.stop();
  });

  it('in single queries, transactions and streams, whichever way the tenant is named', async () => {
    for (let round = 0; round < 3; round++) {
      for (const type of [1, 2, 3]) {
        const expected = [{ id: '42', type: String(type) }];
        assert.deepEqual((await db.raw(WHO).mtdd(42, type)).rows, expected);
        assert.deepEqual((await withTenant('42', type, () => db.raw(WHO))).rows, expected);
        await db.transaction(async (trx) => {
          assert.deepEqual((await trx.raw(WHO).mtdd(42, type)).rows, expected);
        });
        const streamed = [];
        for await (const row of db.raw(WHO).mtdd('42', type).stream()) streamed.push(row);
        assert.deepEqual(streamed, expected);
      }
      const [row] = (await db.raw(`${WHO} limit 1`).mtdd(42)).rows;
      assert.deepEqual(row, { id: '42', type: '1' }, 'the default');
    }
  });

  it('no name with half of a surrogate pair is taken for another one', async () => {
    const halves = ['\uD800', 'a\uDC00b', '\uDFFF\uD800'];
    for (const name of halves) {
      assert.throws(() => db('t').mtdd(name), TypeError);
      assert.throws(() => withTenant(name, () => {}), TypeError);
      await assert.rejects(async () => handle.addTenant(name), TypeError);
      assert.throws(() => db('t').mtdd({ tenantId: name }), TypeError);
    }
    await handle.addTenant('\u{1F600}\uFFFD');
    assert.equal((await db.raw(WHO).mtdd('\u{1F600}\uFFFD')).rows[0].id, '\u{1F600}\uFFFD');
  });

  it('nor does the native client take one', () => {
    const native = new NativeClient(SETTINGS, () => {});
    try {
      for (const name of ['\uD800', 'a\uDC00b']) {
        assert.throws(() => native.place(1, name, 1, false), /half of a surrogate pair/);
        assert.throws(() => native.openSession(1, 1, name, 1, false), /half of a surrogate pair/);
        const execute = () => native.execute(1, name, 1, 0, 0, 'select 1', null, 0, -1, 0);
        assert.throws(execute, /half of a surrogate pair/);
      }
    } finally {
      native.close(9);
    }
  });
});

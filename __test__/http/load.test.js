const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');
const { startLiveApp, track, until } = require('../support/live-app');

const SEED = [
  'create table products (id bigint primary key, tenant_id text not null, name text, price numeric)',
  'create table pairs (tenant_id int, a text, b timestamptz, action text, n bigint, primary key (a, b))',
  'create table "Mixed" ("TenantID" text, id uuid primary key default gen_random_uuid())',
  'create table secrets (id int primary key, tenant_id text)',
  `create function get_reports(since bigint, tenant text) returns table (id bigint, big bigint, who text)
     language sql stable as $$ select since, 9007199254740993, tenant $$`,
  `create function get_wrong(since text, tenant text) returns int language sql as 'select 1'`,
];

/** A client's copy of a table, kept as the documents say. */
class Copy {
  rows = new Map();
  timestamp;
  pages = 0;

  constructor(app, claims, path, key = 'id') {
    Object.assign(this, { app, claims, path, key });
  }

  async page() {
    const since = this.timestamp === undefined ? '' : `&lastUpdated=${encodeURIComponent(this.timestamp)}`;
    const { status, body } = await this.app.get(`${this.path}${since}`, this.claims);
    assert.equal(status, 200, JSON.stringify(body));
    this.pages++;
    if (body.reset) this.rows.clear();
    for (const row of body.data) {
      if (row.action === 'DELETE') this.rows.delete(row[this.key]);
      else this.rows.set(row[this.key], row);
    }
    this.timestamp = body.timestamp;
    return body;
  }

  async load() {
    while ((await this.page()).hasMore);
    return this;
  }

  /** The values of a column, by the key. */
  column(name) {
    return [...this.rows.values()].sort((x, y) => x[this.key] - y[this.key]).map((row) => row[name]);
  }
}

describe('GET /mtdd/Load', () => {
  let cluster;
  let app;

  before(async () => {
    cluster = await startCluster({ shards: 2, seed: SEED });
    for (const { databaseUrl } of cluster.shards) {
      track(databaseUrl, '--table', 'products', '--table', 'pairs', '--tenant-column', 'tenant_id');
      track(databaseUrl, '--table', 'Mixed', '--tenant-column', 'TenantID');
    }
    app = await startLiveApp(cluster);
    for (const tenant of ['a', 'b', '42', '7']) await app.handle.addTenant(tenant);
  });
  after(async () => {
    await app?.close();
    await cluster?.stop();
  });

  const insert = (tenant, ...rows) =>
    app
      .db('products')
      .insert(rows.map((row) => ({ tenant_id: tenant, ...row })))
      .mtdd(tenant);
  const error = async (path, claims = { tid: 'a' }) => {
    const { status, body } = await app.get(path, claims);
    return [status, body.error?.code, body.error?.message];
  };

  it('gives the tenant’s rows, then what has changed, with tombstones', async () => {
    await insert('a', { id: 1, name: 'x', price: '12.50' }, { id: 2 }, { id: 9007199254740993n });
    await insert('b', { id: 5, name: 'of b' });
    const { body } = await app.get('/mtdd/Load?tableName=products&deviceId=d', { tid: 'a' });
    assert.deepEqual(body.data, [
      { id: 1, tenant_id: 'a', name: 'x', price: 12.5 },
      { id: 2, tenant_id: 'a', name: null, price: null },
      { id: '9007199254740993', tenant_id: 'a', name: null, price: null },
    ]);
    assert.deepEqual([body.hasMore, body.reset], [false, true]);
    const next = async (timestamp) =>
      (await app.get(`/mtdd/Load?tableName=products&lastUpdated=${timestamp}`, { tid: 'a' })).body;
    assert.deepEqual(await next(body.timestamp).then(({ data, hasMore }) => [data, hasMore]), [[], false]);
    await app.db('products').where({ id: 1 }).update({ name: 'y' }).mtdd('a');
    await app.db('products').where({ id: 1 }).update({ name: 'z' }).mtdd('a');
    await app.db('products').where({ id: 2 }).del().mtdd('a');
    await insert('b', { id: 6 });
    const changed = await next(body.timestamp);
    assert.deepEqual(changed.data, [
      { id: 1, tenant_id: 'a', name: 'z', price: 12.5 },
      { id: 2, action: 'DELETE' },
    ]);
    assert.deepEqual(Object.keys(changed), ['data', 'timestamp', 'hasMore']);
    assert.deepEqual((await next(changed.timestamp)).data, []);
    // The same page can be asked for again.
    assert.deepEqual(await next(body.timestamp), changed);
  });

  it('pages while rows change lose nothing, whatever the limit', async () => {
    const copy = new Copy(app, { tid: '7' }, '/mtdd/Load?tableName=products&limit=7');
    await insert('7', ...Array.from({ length: 50 }, (_, index) => ({ id: 1000 + index * 2, name: '0' })));
    let step = 0;
    for (let more = true; more; step++) {
      ({ hasMore: more } = await copy.page());
      if (step > 12) continue;
      // Before and behind the page, in each of the ways.
      await app
        .db('products')
        .where({ id: 1002 + step * 6 })
        .update({ name: `${step}` })
        .mtdd('7');
      await app
        .db('products')
        .where({ id: 1090 - step * 4 })
        .del()
        .mtdd('7');
      await app
        .db('products')
        .where({ id: 1000 + step * 6 })
        .update({ id: 5000 + step })
        .mtdd('7');
      await insert('7', { id: 1001 + step * 8, name: 'new' });
    }
    const truth = await app.db('products').where({ tenant_id: '7' }).orderBy('id').mtdd('7');
    assert.ok(step >= 7 && truth.length > 30, `${step} ${truth.length}`);
    const strings = (rows) => rows.map((row) => ({ ...row, id: String(row.id) }));
    await copy.load();
    assert.deepEqual(
      strings([...copy.rows.values()].sort((x, y) => x.id - y.id)),
      truth.map((row) => ({ ...row })),
    );
  });

  it('its timestamp is where the events begin', async () => {
    await insert('b', { id: 30 });
    const { body } = await app.get('/mtdd/Load?tableName=products', { tid: 'b' });
    await insert('b', { id: 31 });
    const client = await app.events({ tid: 'b' }, { lastEventId: body.timestamp });
    await insert('b', { id: 32 });
    await client.until(2);
    assert.deepEqual(
      client.changes.map(({ data }) => data.id),
      [31, 32],
    );
    client.close();
  });

  it('takes keys of several columns, tenants that are numbers, and a column named action', async () => {
    const rows = Array.from({ length: 5 }, (_, index) => ({
      tenant_id: 42,
      a: `'"${index % 2}\\`,
      b: new Date(Date.UTC(2026, 0, 1, 0, 0, index)),
      action: 'DELETE',
      n: '-9007199254740993',
    }));
    await app.db('pairs').insert(rows).mtdd(42);
    const seen = [];
    let timestamp = '';
    for (let more = true; more; ) {
      const path = `/mtdd/Load?tableName=pairs&limit=2&lastUpdated=${timestamp}`;
      const { body } = await app.get(path, { tid: 42 });
      seen.push(...body.data);
      ({ timestamp, hasMore: more } = body);
    }
    assert.equal(seen.length, 5);
    assert.deepEqual(seen[0], {
      tenant_id: 42,
      a: '\'"0\\',
      b: '2026-01-01T00:00:00+00:00',
      action: 'DELETE',
      n: '-9007199254740993',
    });
    await app.db('pairs').where({ b: rows[0].b }).del().mtdd(42);
    const { body } = await app.get(`/mtdd/Load?tableName=pairs&lastUpdated=${timestamp}`, { tid: 42 });
    assert.deepEqual(body.data, [{ a: '\'"0\\', b: '2026-01-01T00:00:00+00:00', $action: 'DELETE' }]);
    // A name that is no number has no rows there, and 042 is another name.
    for (const tid of ['a', '042']) {
      if (tid === '042') await app.handle.addTenant(tid);
      const other = await app.get('/mtdd/Load?tableName=pairs', { tid });
      assert.deepEqual([other.status, other.body.data], [200, []]);
    }
  });

  it('begins anew after a truncate, and for a position that means nothing here', async () => {
    const copy = await new Copy(app, { tid: 'a' }, '/mtdd/Load?tableName=Mixed').load();
    await app.db('Mixed').insert({ TenantID: 'a' }).mtdd('a');
    await app.db.raw('truncate "Mixed"').mtdd('a');
    await app.db('Mixed').insert({ TenantID: 'a' }).mtdd('a');
    const { reset, data } = await copy.page();
    assert.deepEqual([reset, data.length], [true, 1]);
    for (const lastUpdated of ['0', '1697000000', '1697000000.5', copy.timestamp.replace(/^.{4}/, 'ffff')]) {
      const { body } = await app.get(`/mtdd/Load?tableName=mixed&lastUpdated=${lastUpdated}`, { tid: 'a' });
      assert.deepEqual([body.reset, body.data.length], [true, 1], lastUpdated);
    }
  });

  it('and events begin anew when the database is that of another server, or of an earlier time', async () => {
    const home = await app.handle.tenantShard('a');
    const { databaseUrl } = cluster.shards[home];
    const client = await app.events({ tid: 'a' });
    await client.positioned();
    const { body } = await app.get('/mtdd/Load?tableName=products', { tid: 'a' });
    // A position that no transaction has reached yet, as after a crash that lost some.
    const ahead = body.timestamp.replace(/\..*/, '.zzzzz-0');
    const next = await app.get(`/mtdd/Load?tableName=products&lastUpdated=${ahead}`, { tid: 'a' });
    assert.equal(next.body.reset, true);
    const late = await app.events({ tid: 'a' }, { lastEventId: ahead });
    assert.equal((await late.until(1))[0].event, 'refetch');
    // As after a restore: what is logged has transaction numbers of the other server.
    await onConnection(databaseUrl, "update mtdd.change_log set id = 'another', trimmed_xid = '999999999'");
    const after = await app.get(`/mtdd/Load?tableName=products&lastUpdated=${body.timestamp}`, { tid: 'a' });
    assert.equal(after.status, 200);
    await insert('a', { id: 4000 });
    const again = await app.get(`/mtdd/Load?tableName=products&lastUpdated=${after.body.timestamp}`, {
      tid: 'a',
    });
    assert.deepEqual([again.body.reset, again.body.data.map(({ id }) => id)], [undefined, [4000]]);
    await client.until(1);
    client.close();
    late.close();
  });

  it('a cursor with a key that is no value of its column is a mistake of the caller', async () => {
    const { body } = await app.get('/mtdd/Load?tableName=products&limit=1', { tid: 'a' });
    const [position] = body.timestamp.split('!');
    for (const key of [['\u0000'], ['x'], ['99999999999999999999'], ['']]) {
      const cursor = Buffer.from(JSON.stringify(key)).toString('base64url');
      const [status, code] = await error(`/mtdd/Load?tableName=products&lastUpdated=${position}!${cursor}`);
      assert.deepEqual([status, code], [400, 'VALIDATION_ERROR'], key[0]);
    }
  });

  it('calls get_<table>(bigint, text) with the tenant where the shard has it', async () => {
    const ask = async (query) => (await app.get(`/mtdd/Load?tableName=${query}`, { tid: 'b' })).body;
    const { data, timestamp, hasMore } = await ask('Reports&lastUpdated=1697000000');
    assert.deepEqual([data, hasMore], [[{ id: 1697000000, big: '9007199254740993', who: 'b' }], false]);
    assert.ok(Math.abs(timestamp - Date.now() / 1000) < 10);
    assert.deepEqual((await ask('reports')).data[0].id, 0);
    assert.equal((await ask('reports&lastUpdated=9223372036854775808')).error.code, 'VALIDATION_ERROR');
  });

  it('refuses what is malformed, unknown or not permitted, and runs nothing from outside', async () => {
    const injection = encodeURIComponent(`products"; drop table products; --`);
    for (const [path, status, code] of [
      ['/mtdd/Load', 400, 'VALIDATION_ERROR'],
      ['/mtdd/Load?tableName=', 400, 'VALIDATION_ERROR'],
      ['/mtdd/Load?tableName=nothing', 404, 'NOT_FOUND'],
      ['/mtdd/Load?tableName=secrets', 404, 'NOT_FOUND'],
      ['/mtdd/Load?tableName=wrong', 404, 'NOT_FOUND'],
      ['/mtdd/Load?tableName=pg_class', 404, 'NOT_FOUND'],
      [`/mtdd/Load?tableName=${injection}`, 404, 'NOT_FOUND'],
      [`/mtdd/Load?tableName=${'x'.repeat(64)}`, 400, 'VALIDATION_ERROR'],
      ['/mtdd/Load?tableName=a%00b', 400, 'VALIDATION_ERROR'],
      ['/mtdd/Load?tableName=products&limit=0', 400, 'VALIDATION_ERROR'],
      ['/mtdd/Load?tableName=products&limit=1e3', 400, 'VALIDATION_ERROR'],
      ['/mtdd/Load?tableName=products&limit=-1', 400, 'VALIDATION_ERROR'],
      ["/mtdd/Load?tableName=products&lastUpdated='", 400, 'VALIDATION_ERROR'],
      ['/mtdd/Load?tableName=products&lastUpdated=1;drop', 400, 'VALIDATION_ERROR'],
    ]) {
      const [got, name] = await error(path);
      assert.deepEqual([got, name], [status, code], path);
    }
    assert.deepEqual((await error('/mtdd/Load?tableName=products', { tid: 'nobody' })).slice(0, 2), [
      404,
      'TENANT_NOT_FOUND',
    ]);
    assert.equal((await app.get('/mtdd/Load?tableName=products&limit=999999999', { tid: 'a' })).status, 200);
    for (const { databaseUrl } of cluster.shards) {
      await onConnection(databaseUrl, 'select from products');
    }
  });

  it('a cursor of another client, or one that was forged, shows nobody else’s rows', async () => {
    const { body } = await app.get('/mtdd/Load?tableName=products&limit=1', { tid: 'a' });
    assert.ok(body.hasMore);
    const [position] = body.timestamp.split('!');
    for (const key of [['0'], ['x'], ['1', '2'], [], ["1' or true --"], 5]) {
      const cursor = Buffer.from(JSON.stringify(key)).toString('base64url');
      const path = `/mtdd/Load?tableName=products&lastUpdated=${position}!${cursor}`;
      const { status, body: page } = await app.get(path, { tid: 'b' });
      assert.ok(status === 400 || status === 200, `${status} ${JSON.stringify(page)}`);
      for (const row of page.data ?? []) assert.equal(row.tenant_id, 'b');
    }
  });

  it('roles may read the tables that are theirs, of Load and of events', async () => {
    const tablesByRole = { clerk: ['products'], boss: '*', nobody: [] };
    const strict = await startLiveApp(cluster, { tablesByRole });
    try {
      const status = async (roles, table) =>
        (await strict.get(`/mtdd/Load?tableName=${table}`, { tid: 'a', roles })).status;
      assert.deepEqual(
        await Promise.all([
          status(['clerk'], 'products'),
          status(['clerk'], 'PRODUCTS'),
          status(['clerk'], 'Mixed'),
          status(['boss', 'nobody'], 'Mixed'),
          status(['nobody'], 'products'),
          status([], 'products'),
          status(['__proto__'], 'products'),
          status(['clerk'], 'reports'),
        ]),
        [200, 200, 403, 200, 403, 403, 403, 403],
      );
      const [clerk, boss] = await Promise.all([
        strict.events({ tid: 'a', roles: ['clerk'] }),
        strict.events({ tid: 'a', roles: ['boss'] }),
      ]);
      await Promise.all([clerk.positioned(), boss.positioned()]);
      await strict.db('Mixed').insert({ TenantID: 'a' }).mtdd('a');
      await insert('a', { id: 77 });
      await boss.until(2);
      await clerk.until(1);
      assert.deepEqual(
        clerk.changes.map(({ table }) => table),
        ['products'],
      );
      clerk.close();
      boss.close();
    } finally {
      await strict.close();
    }
  });

  it('works on the local database with useMtdd: false', async () => {
    track(cluster.local.databaseUrl, '--table', 'products', '--tenant-column', 'tenant_id');
    const local = await startLiveApp(cluster, { mtdd: { useMtdd: false } });
    try {
      const client = await local.events({ tid: 'z' });
      await client.positioned();
      await local.db('products').insert({ id: 1, tenant_id: 'z' }).mtdd('z');
      await client.until(1);
      const { body } = await local.get('/mtdd/Load?tableName=products', { tid: 'z' });
      assert.deepEqual([client.changes[0].data.id, body.data.length], [1, 1]);
      client.close();
      await until(() => client.isClosed);
    } finally {
      await local.close();
    }
  });
});

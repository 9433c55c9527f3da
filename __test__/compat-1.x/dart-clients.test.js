/** With `compat: 'dart-0.0'`, the Dart clients up to 0.0.6 keep the copies that they kept with 1.x, of their tenant only. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { Client } = require('pg');
const { startCluster } = require('../../testkit/cluster');
const { track } = require('../../testkit/track');
const { DartClient, SqliteTable } = require('../support/dart-client');
const { inSeconds } = require('../support/http-app');
const { startLiveApp, until } = require('../support/live-app');

const SEED = [
  `create table tasks (id bigint primary key, tenant_id text not null, title text, done boolean, weight real, tags text[],
     detail jsonb, "mtds_lastUpdatedTxid" bigint, "mtds_DeletedTXID" bigint, secret text)`,
  'create table others (id int primary key, tenant_id text not null)',
  `create function get_reports(since bigint, tenant text) returns table (id bigint, title text)
     language sql stable as $$ select since, tenant $$`,
];
/** What the clients have of it: not `secret`, and a column that the server does not have. */
const COLUMNS = {
  id: 'INTEGER',
  tenant_id: 'TEXT',
  title: 'TEXT',
  done: 'INTEGER',
  weight: 'REAL',
  tags: 'TEXT',
  detail: 'TEXT',
  mtds_lastUpdatedTxid: 'INTEGER',
  mtds_DeletedTXID: 'INTEGER',
  onlyHere: 'TEXT',
};
const tables = () => ({
  tasks: new SqliteTable('id', COLUMNS),
  reports: new SqliteTable('id', { id: 'INTEGER', title: 'TEXT', mtds_lastUpdatedTxid: 'INTEGER' }),
});

describe("the Dart clients, and compat: 'dart-0.0'", () => {
  let cluster;
  let app;
  let shard;
  const clients = [];

  const start = (claims, { of = app, ...options } = {}) => {
    const client = new DartClient({ port: of.port, claims, tables: tables(), ...options });
    clients.push(client);
    return client;
  };
  const onShard = async (text, ...values) => (await shard.query(text, values)).rows;
  const insert = (tenant, row) =>
    onShard(
      `insert into tasks select * from json_populate_record(null::tasks, $1)`,
      JSON.stringify({ tenant_id: tenant, ...row }),
    );
  /** The tenant's rows as SQLite would have them. */
  const truth = async (tenant) => {
    const rows = await onShard('select * from tasks where tenant_id = $1 order by id', tenant);
    return rows.map(({ secret, ...row }) => ({
      ...row,
      id: BigInt(row.id),
      done: row.done === null ? null : BigInt(row.done),
      tags: row.tags === null ? null : JSON.stringify(row.tags),
      detail: row.detail === null ? null : JSON.stringify(row.detail),
      mtds_lastUpdatedTxid: row.mtds_lastUpdatedTxid === null ? null : BigInt(row.mtds_lastUpdatedTxid),
      mtds_DeletedTXID: row.mtds_DeletedTXID === null ? null : BigInt(row.mtds_DeletedTXID),
      onlyHere: null,
    }));
  };
  const copyOf = ({ tables: { tasks } }) =>
    [...tasks.rows.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  const titleOf = ({ tables: { tasks } }, id) => tasks.rows.get(String(id))?.title;
  const sameAsDatabase = async (client, tenant) => assert.deepEqual(copyOf(client), await truth(tenant));

  before(async () => {
    // One shard, so that nothing but the library keeps the tenants apart.
    cluster = await startCluster({ shards: 1, seed: SEED });
    const [{ databaseUrl }] = cluster.shards;
    track(databaseUrl, '--table', 'tasks', '--table', 'others', '--tenant-column', 'tenant_id');
    shard = new Client({ connectionString: databaseUrl });
    await shard.connect();
    app = await startLiveApp(cluster, {
      compat: 'dart-0.0',
      load: { limit: 3, maxLimit: 7 },
      events: { heartbeat: 1 },
    });
    for (const tenant of ['a', 'b', 'large', 'racing']) await app.handle.addTenant(tenant);
  });
  after(async () => {
    for (const client of clients) client.close();
    await app?.close();
    await shard?.end();
    await cluster?.stop();
  });

  it('a copy is loaded, and follows inserts and updates of every type', async () => {
    await insert('a', {
      id: 1,
      title: 'é "x"\n\\ \u2028',
      done: true,
      tags: ['x', null],
      detail: { n: [1, {}] },
    });
    await insert('b', { id: 2, title: 'of b' });
    const [phone, browser, other] = [start({ tid: 'a' }), start({ tid: 'a' }), start({ tid: 'b' })];
    assert.deepEqual(
      await Promise.all([phone.listen(), browser.listen({ how: 'url' }), other.listen()]),
      [200, 200, 200],
    );
    await until(() => [phone, browser, other].every(({ messages }) => messages.length === 1));
    for (const client of [phone, browser, other]) {
      assert.ok(client.raw.startsWith('data: Connected\n\n'), client.raw);
      await client.load('tasks');
    }
    await insert('a', { id: 3, weight: 0.25, done: false, mtds_lastUpdatedTxid: '1697000000123456789' });
    await onShard(`update tasks set title = 'new', detail = null, done = null where id = 1`);
    await insert('b', { id: 4, secret: 's' });
    await until(() =>
      [phone, browser].every((client) => titleOf(client, 1) === 'new' && titleOf(client, 3) === null),
    );
    await until(() => titleOf(other, 4) === null);
    await sameAsDatabase(phone, 'a');
    await sameAsDatabase(browser, 'a');
    await sameAsDatabase(other, 'b');
    assert.deepEqual([phone.faults, browser.faults, other.faults], [[], [], []]);
    for (const event of phone.events) {
      assert.deepEqual(Object.keys(event), ['table', 'action', 'data', 'tenantId']);
      assert.equal(event.tenantId, 'a');
    }
  });

  it('whoever comes back loads what it has missed, whatever it says of the last update', async () => {
    const client = start({ tid: 'a' });
    await client.load('tasks', { deviceId: null, extra: { region: 'north', limit: '1' } });
    await sameAsDatabase(client, 'a');
    await insert('a', { id: 10, mtds_lastUpdatedTxid: '9223372036854775807' });
    await insert('a', { id: 11, mtds_lastUpdatedTxid: '-5' });
    await client.load('tasks');
    await sameAsDatabase(client, 'a');
    // The greatest value is what it sends now.
    await onShard(`update tasks set title = 'later' where id = 11`);
    await client.load('tasks');
    await sameAsDatabase(client, 'a');
  });

  it('a table of more rows than a page comes whole', async () => {
    for (const count of [0, 1, 6, 7, 8, 700]) {
      await onShard(`delete from tasks where tenant_id = 'large'`);
      await onShard(
        `insert into tasks (id, tenant_id, title) select 1000 + n, 'large', repeat('x', 100) from generate_series(1, $1) n`,
        count,
      );
      const client = start({ tid: 'large' });
      const answer = await client.load('tasks');
      assert.ok(Array.isArray(answer));
      assert.equal(answer.length, count);
      await sameAsDatabase(client, 'large');
    }
  });

  it('a row that changes while a table is loaded ends up as it is now', async () => {
    await onShard(
      `insert into tasks (id, tenant_id, title) select 5000 + n, 'racing', 'old' from generate_series(1, 1500) n`,
    );
    const client = start({ tid: 'racing' });
    let changing;
    const answer = await client.load('tasks', {
      onChunk() {
        changing ??= onShard(`update tasks set title = 'new' where id = 5001`).then(() =>
          onShard(`delete from tasks where id = 5002`),
        );
      },
    });
    await changing;
    const titles = answer.filter(({ id }) => id === 5001).map(({ title }) => title);
    assert.deepEqual(titles, ['old', 'new'], 'the row was changed after its page was read');
    assert.ok(answer.every((row) => row.tenant_id === 'racing' && row.action === undefined));
    assert.equal(client.tables.tasks.rows.get('5001').title, 'new');
  });

  it('what a function of the application returns comes as an array, too', async () => {
    const client = start({ tid: 'b' });
    assert.deepEqual(await client.load('reports'), [{ id: 0, title: 'b' }]);
  });

  it('heartbeats, refetches and the end of a stream are no events to them', async () => {
    const client = start({ tid: 'a' });
    await client.listen();
    await until(() => client.raw.split(': heartbeat').length > 2);
    await onShard('truncate others');
    await insert('a', { id: 20 });
    await until(() => titleOf(client, 20) === null);
    const shortLived = start({ tid: 'a', exp: inSeconds(1) });
    await shortLived.listen();
    await until(() => shortLived.isClosed);
    for (const { raw, messages, faults } of [client, shortLived]) {
      assert.deepEqual([messages, faults], [['Connected'], []]);
      assert.doesNotMatch(raw, /^(event|id|retry):/m);
    }
    await onShard('delete from tasks where id = 20');
  });

  it('they know no deletes: a row that was deleted stays in the copy, one that is marked as deleted is updated', async () => {
    await insert('b', { id: 30 });
    await insert('b', { id: 31 });
    const client = start({ tid: 'b' });
    await client.listen();
    await client.load('tasks');
    await onShard('delete from tasks where id = 30');
    await onShard(`update tasks set "mtds_DeletedTXID" = 5 where id = 31`);
    await until(() => client.tables.tasks.rows.get('31').mtds_DeletedTXID === 5n);
    await client.load('tasks');
    // It would store the row once more.
    assert.ok(!client.events.some(({ action }) => action === 'DELETE'));
    assert.ok(client.tables.tasks.rows.has('30'));
    client.tables.tasks.rows.delete('30');
    await sameAsDatabase(client, 'b');
  });

  it('asks in vain for another tenant, by whatever parameter', async () => {
    const client = start({ tid: 'b' });
    await client.load('tasks', { extra: { tenant_id: 'a', tenantId: 'a', tid: 'a' } });
    await sameAsDatabase(client, 'b');
    for (const claims of [{ tid: 'nobody' }, { tid: undefined }]) {
      await assert.rejects(start(claims).load('tasks'), /status code: 40[34]/);
      assert.match(String(await start(claims).listen()), /^40[34]$/);
    }
    await assert.rejects(start({ tid: 'b', exp: inSeconds(-60) }).load('tasks'), /401/);
    await assert.rejects(start({ tid: 'b' }).load('tasks', { extra: { tableName: 'pg_class' } }), /404/);
  });

  it('those that read line by line take the stream without compat, and find nothing to misread in the other one', async () => {
    const plain = await startLiveApp(cluster, { events: { heartbeat: 1 } });
    try {
      const [client, misled] = [
        start({ tid: 'a' }, { of: plain, reads: 'lines' }),
        start({ tid: 'a' }, { reads: 'lines' }),
      ];
      for (const row of copyOf(await loaded(start({ tid: 'a' })))) client.tables.tasks.replace(row);
      await Promise.all([client.listen(), misled.listen()]);
      await until(() => client.raw.includes('id: ') && misled.messages.length === 1);
      await insert('a', {
        id: 40,
        title: 'data: {"table":"tasks","data":{"id":41}}',
        detail: { 'data: ': [] },
      });
      await onShard(`update tasks set title = 'line' where id = 3`);
      await insert('b', { id: 41 });
      await until(() => titleOf(client, 3) === 'line' && misled.messages.length >= 3);
      await onShard('truncate others');
      await until(() => client.raw.includes('event: refetch'));
      await sleep(1100);
      await sameAsDatabase(client, 'a');
      // A refetch has an object without a row.
      assert.deepEqual(
        client.faults.map((fault) => /"table":"others"/.test(fault)),
        [true],
      );
      assert.deepEqual([misled.events, misled.faults], [[], []]);
    } finally {
      await plain.close();
    }
  });

  async function loaded(client) {
    await client.load('tasks');
    return client;
  }
});

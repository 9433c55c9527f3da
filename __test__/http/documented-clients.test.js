/** The clients of docs/browser-sync.md and docs/mobile-sync.md keep their copies as the guarantees there say. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startCluster } = require('../../testkit/cluster');
const { onConnection } = require('../../testkit/postgres');
const { track } = require('../../testkit/track');
const { startPage } = require('../support/page');
const { Document } = require('../support/documents');
const { runExample } = require('../support/example');
const { startLiveApp, until } = require('../support/live-app');

const SEED = ['create table products (id int primary key, tenant_id text, name text)'];

/** The program of a document. */
function clientOf(file) {
  return new Document(file).blocks().find(({ language }) => language === 'js').code;
}

describe('the documented clients', () => {
  let cluster;
  let app;
  let browser;

  before(async () => {
    cluster = await startCluster({ shards: 2, seed: SEED });
    for (const { databaseUrl } of cluster.shards) {
      track(databaseUrl, '--table', 'products', '--tenant-column', 'tenant_id');
    }
    // Pages and changes of many.
    app = await startLiveApp(cluster, { load: { limit: 3 }, events: { heartbeat: 1 } });
    browser = await startPage(app.app, { tid: 'acme' });
    await app.handle.addTenant('acme');
    await app.handle.addTenant('another');
    await insert('another', 1, 100);
  });
  after(async () => {
    await browser?.close();
    await app?.close();
    await cluster?.stop();
  });

  const products = () => app.db('products').where({ tenant_id: 'acme' });
  const insert = (tenant, from, to) =>
    app.db
      .raw("insert into products select g, ?, 'a' from generate_series(?::int, ?::int) g", [tenant, from, to])
      .mtdd(tenant);
  const truth = async () => (await products().orderBy('id').mtdd('acme')).map((row) => ({ ...row }));
  const sorted = (rows) => [...rows.values()].sort((a, b) => a.id - b.id);
  const isTrue = (rows) => async () =>
    JSON.stringify(sorted(rows())) === JSON.stringify(await truth()) && rows().size > 0;

  it('the browser’s copy is that of the database, across lost connections and a truncate', async () => {
    await insert('acme', 101, 110);
    const program = `${clientOf('docs/browser-sync.md')}\nreturn copies;`;
    const copies = await runExample(program, browser.globals);
    const rows = () => copies.products;
    assert.deepEqual(sorted(rows()), await truth());

    await products().where('id', '<', 104).del().mtdd('acme');
    await products().where({ id: 105 }).update({ name: 'b' }).mtdd('acme');
    await products().where({ id: 106 }).update({ id: 206 }).mtdd('acme');
    await until(isTrue(rows));

    browser.disconnect();
    await insert('acme', 111, 120);
    await until(isTrue(rows));
    assert.equal(browser.streams.size, 1, 'the same EventSource has come back');

    await app.db.raw('truncate products').mtdd('acme');
    await insert('acme', 301, 302);
    await until(isTrue(rows));
    assert.deepEqual(
      sorted(rows()).map(({ id }) => id),
      [301, 302],
    );
    browser.closeStreams();
  });

  it('the browser comes back with a new token when its own has expired', async () => {
    const short = await startPage(app.app, { tid: 'acme', exp: Math.floor(Date.now() / 1000) + 2 });
    try {
      const { getToken } = browser.globals;
      let given = 0;
      const program = `${clientOf('docs/browser-sync.md')}\nreturn copies;`;
      const copies = await runExample(program, {
        ...short.globals,
        getToken: () => (given++ < 5 ? short.globals.getToken() : getToken()),
      });
      await until(() => short.streams.size >= 2, 15_000);
      await insert('acme', 401, 402);
      await until(isTrue(() => copies.products));
    } finally {
      await short.close();
    }
  });

  it('the phone’s copy is that of the database each time it has synced', async () => {
    const program = `${clientOf('docs/mobile-sync.md')}\nreturn { rows, sync };`;
    await insert('acme', 501, 510);
    const { rows, sync } = await runExample(program, browser.globals);
    assert.deepEqual(sorted(rows), await truth());
    await products().where('id', '<', 506).del().mtdd('acme');
    await insert('acme', 511, 519);
    await sync();
    assert.deepEqual(sorted(rows), await truth());

    const shard = await app.handle.tenantShard('acme');
    await products().where('id', '>', 515).del().mtdd('acme');
    await onConnection(
      cluster.shards[shard].databaseUrl,
      "update mtdd.changes set changed_at = now() - interval '9 days'",
      'select mtdd.trim_changes()',
    );
    await sync();
    assert.deepEqual(sorted(rows), await truth());
    assert.ok(rows.size > 0);
  });
});

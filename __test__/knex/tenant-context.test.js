/** The middleware: a request behind it is its tenant’s, and what the resolver gets wrong is an error of the request. */

const assert = require('node:assert/strict');
const { EventEmitter, once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, beforeEach, describe, test } = require('node:test');
const express = require('express');
const createKnex = require('knex');
const { InitializeReplication, ValidationError, runLocal, tenantContext } = require('../../js');
const { startCluster } = require('../../testkit/cluster');
const { attached, result } = require('../support/recording-client');

const twoShards = { queryServers: ['127.0.0.1:1', '127.0.0.1:2'], lookupServer: '127.0.0.1:3' };

let db;
let native;
/** What went to the local connection of `db`. */
let local;

before(async () => {
  ({ db, native, local } = await attached({ mtdd: twoShards }));
});
beforeEach(() => {
  native.calls.length = 0;
  local.length = 0;
  native.answer = () => [null, result()];
});
after(() => db.destroy());

/** Whose the queries were that have been sent. */
const tenants = () => native.calls.map(({ tenant, tenantType }) => `${tenant}/${tenantType}`);

describe('tenantContext', () => {
  /** What `next` was called with, and whose the query is that runs behind it. */
  async function pass(resolve, request = {}) {
    const passed = await new Promise((done) => {
      tenantContext(resolve)(request, new EventEmitter(), (...args) => done({ args, query: db('a').then() }));
    });
    await passed.query;
    return passed.args;
  }

  test('gives the rest of the request its tenant, as an id, an object or a promise', async () => {
    assert.deepEqual(await pass((request) => request.id, { id: 't' }), []);
    await pass(() => ({ tenantId: 5, tenantType: '2' }));
    await pass(async () => 't');
    await pass(async () => ({ tenantId: 't', tenantType: 3 }));
    assert.deepEqual(tenants(), ['t/1', '5/2', 't/1', 't/3']);
    assert.deepEqual(local, []);
  });

  test('without a tenant the request goes on as without it', async () => {
    assert.deepEqual(await pass(() => undefined), []);
    assert.deepEqual(await pass(async () => {}), []);
    assert.equal(local.length, 2);
  });

  test('a wrong tenant, a throw and a rejection go to next, always as an error', async () => {
    for (const wrong of [
      null,
      '',
      Number.NaN,
      true,
      {},
      { tenantId: '' },
      { tenantId: 't', tenantType: 'x' },
      { tenantId: 't', type: 2 },
      { tenantId: 't', tenanttype: 2 },
      { tenantId: 't', name: 'x' },
    ]) {
      for (const resolve of [() => wrong, async () => wrong]) {
        const [error] = await pass(resolve);
        assert.ok(error instanceof TypeError);
        assert.equal(error.statusCode, 400);
      }
    }
    const thrown = new Error('mine');
    const fail = (what) => () => {
      throw what;
    };
    assert.deepEqual(await pass(fail(thrown)), [thrown]);
    assert.deepEqual(await pass(async () => fail(thrown)()), [thrown]);
    for (const what of [undefined, 'route', null]) {
      for (const resolve of [fail(what), async () => fail(what)()]) {
        assert.ok((await pass(resolve))[0] instanceof ValidationError);
      }
    }
    assert.deepEqual(native.calls, []);
  });
});

describe('with servers', () => {
  let cluster;
  let app;
  let address;
  let server;
  let strict;
  let handle;

  before(async () => {
    cluster = await startCluster({ seed: ['create table notes (id int, text text)'] });
    strict = createKnex({ client: 'pg', connection: cluster.local.databaseUrl });
    app = express();
    handle = await InitializeReplication(app, strict, {
      mtdd: {
        useMtdd: true,
        queryServers: cluster.queryServers,
        lookupServer: cluster.lookupServer,
        requireTenant: true,
      },
    });
    for (const tenant of ['one', 'two']) await handle.addTenant(tenant);
    app.use(tenantContext((request) => request.get('x-tenant')));
    app.use(express.json());
    app.post('/notes', async (request, response) => {
      await strict('notes').insert(request.body);
      const where = await strict.first(strict.raw("current_setting('mtdd.tenant_id', true) as who"));
      response.json({ ...where, notes: await strict('notes').select('id', 'text') });
    });
    app.use((error, _request, response, _next) =>
      response.status(error.statusCode ?? 500).json(error.message),
    );
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${server.address().port}/notes`;
  });
  after(async () => {
    server?.close();
    await strict?.destroy();
    await cluster?.stop();
  });

  const post = async (tenant, body) => {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(tenant !== undefined && { 'x-tenant': tenant }) },
      body: JSON.stringify(body),
    });
    return [response.status, await response.json()];
  };

  test('a request behind the middleware and a body parser is its tenant’s', async () => {
    assert.deepEqual(await post('one', { id: 1, text: 'a' }), [
      200,
      { who: 'one', notes: [{ id: 1, text: 'a' }] },
    ]);
    assert.deepEqual(await post('two', { id: 2, text: 'b' }), [
      200,
      { who: 'two', notes: [{ id: 2, text: 'b' }] },
    ]);
    const [status, message] = await post(undefined, { id: 3, text: 'c' });
    assert.equal(status, 400);
    assert.match(message, /requireTenant/);
    assert.deepEqual(await runLocal(() => strict('notes').select()), []);
  });

  test('migrations run on the local database inside runLocal, and nowhere without', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-migrations-'));
    fs.writeFileSync(
      path.join(directory, '1_first.js'),
      `exports.up = (knex) => knex.schema.createTable('migrated', (table) => table.increments());
       exports.down = (knex) => knex.schema.dropTable('migrated');`,
    );
    try {
      await assert.rejects(strict.migrate.latest({ directory }), ValidationError);
      const [, files] = await runLocal(() => strict.migrate.latest({ directory }));
      assert.deepEqual(files, ['1_first.js']);
      assert.equal(await runLocal(() => strict.schema.hasTable('migrated')), true);
      assert.equal(await strict.schema.hasTable('migrated').mtdd('one'), false);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });
});

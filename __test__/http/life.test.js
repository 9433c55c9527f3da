/** The routes from InitializeReplication to close: their place in the application, set up twice, after close. */

const assert = require('node:assert/strict');
const http = require('node:http');
const { describe, it } = require('node:test');
const knex = require('knex');
const { ConfigError, InitializeReplication, createMtddKnex } = require('../../js');
const { EXPRESSES, SECRET, request, startHttp, token } = require('../support/http-app');

const NOWHERE = 'postgres://nobody@127.0.0.1:1/nothing';
const LOCAL = { mtdd: { useMtdd: false, logLevel: 'silent' } };
const AUTH = { auth: { secret: SECRET } };

/** A Knex instance that connects to nothing. */
function instance(context) {
  const db = knex({ client: 'pg', connection: NOWHERE, pool: { min: 0 } });
  context.after(() => db.destroy());
  return db;
}

/** `get(path, how)` of an application that listens. */
async function listening(context, app) {
  const server = http.createServer(app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return (path, how) => request(port, path, how);
}

/** A logger that keeps what it is told. */
function keeper(records = []) {
  const log = (level) => (fields, text) => records.push({ level, fields, text: text ?? fields });
  const logger = { records, level: 'info', child: () => keeper(records) };
  for (const level of ['debug', 'info', 'warn', 'error']) logger[level] = log(level);
  return logger;
}

for (const express of EXPRESSES) {
  describe(`InitializeReplication on ${express}`, () => {
    it('mounts the routes, which admit whoever has a good token', async (context) => {
      const app = require(express)();
      const handle = await InitializeReplication(app, instance(context), { ...LOCAL, ...AUTH });
      const get = await listening(context, app);
      assert.equal((await get('/mtdd/Load')).status, 401);
      assert.equal((await get('/mtdd/events?token=x')).status, 401);
      const { status } = await get('/mtdd/Load', { token: token() });
      assert.ok(![401, 403, 429, 500, 503].includes(status), String(status));
      assert.doesNotMatch(JSON.stringify(handle.config), new RegExp(SECRET));
    });

    it('without auth answers 401, and the log says why', async (context) => {
      const app = require(express)();
      const logger = keeper();
      await InitializeReplication(app, instance(context), { mtdd: { useMtdd: false }, logger });
      const get = await listening(context, app);
      for (const given of [undefined, token(), 'x']) {
        const { status, body } = await get('/mtdd/Load', { token: given });
        assert.deepEqual([status, body.error.code], [401, 'AUTHENTICATION_ERROR']);
      }
      const warnings = logger.records.filter(({ level }) => level === 'warn');
      assert.equal(warnings.length, 3);
      assert.match(warnings[0].fields.reason, /configuration has no `auth`/);
    });

    it('keeps its place in the chain, whether it is awaited or not', async (context) => {
      const app = require(express)();
      const ready = InitializeReplication(app, instance(context), { ...LOCAL, ...AUTH });
      app.use((_req, res) => res.status(418).end());
      const get = await listening(context, app);
      await ready;
      assert.equal((await get('/mtdd/Load')).status, 401);
      assert.equal((await get('/mtdd/other')).status, 418);
    });

    it('answers 503 after close, and after db.destroy()', async (context) => {
      for (const end of [(handle) => handle.close(), (_handle, db) => db.destroy()]) {
        const app = require(express)();
        const db = instance(context);
        const handle = await InitializeReplication(app, db, { ...LOCAL, ...AUTH });
        const get = await listening(context, app);
        await end(handle, db);
        for (const given of [token(), undefined]) {
          const { status, body, headers } = await get('/mtdd/Load', { token: given });
          assert.deepEqual([status, body.error.code, headers['retry-after']], [503, 'CLIENT_CLOSED', '5']);
        }
        await handle.close();
      }
    });

    it('may be called again after close, many times', async (context) => {
      const app = require(express)();
      const get = await listening(context, app);
      for (let time = 0; time < 20; time++) {
        const secret = `${time}${SECRET}`;
        const handle = await InitializeReplication(app, instance(context), { ...LOCAL, auth: { secret } });
        assert.notEqual((await get('/mtdd/Load', { token: token({}, { secret }) })).status, 401);
        assert.equal(
          (await get('/mtdd/Load', { token: token({}, { secret: `${time - 1}${SECRET}` }) })).status,
          401,
        );
        await handle.close();
        assert.equal((await get('/mtdd/Load')).status, 503);
      }
      const layers = (express === 'express' ? app.router : app._router).stack.filter(
        ({ name }) => name === 'mtddRoutes',
      );
      assert.equal(layers.length, 1);
    });

    it('with http: false mounts nothing', async (context) => {
      const app = require(express)();
      const handle = await InitializeReplication(app, instance(context), { ...LOCAL, http: false });
      const get = await listening(context, app);
      assert.equal((await get('/mtdd/Load')).status, 404);
      assert.equal(handle.config.http, false);
    });
  });
}

describe('several handles on one application', () => {
  it('the newest that is open answers; once it is closed, the one before', async (context) => {
    const named = (name) => ({ load: ({ res }) => res.end(name) });
    const { get, mount, routes } = await startHttp(context, { handlers: named('first') });
    const answers = async () => (await get('/mtdd/Load', { token: token() })).text;
    const second = mount(named('second'));
    const third = mount(named('third'));
    assert.equal(await answers(), 'third');
    await second.close();
    await second.close();
    assert.equal(await answers(), 'third');
    await third.close();
    assert.equal(await answers(), 'first');
    await routes.close();
    assert.match(await answers(), /CLIENT_CLOSED/);
  });

  it('with paths of their own answer side by side', async (context) => {
    const app = require('express')();
    const [mine, yours] = ['mine', 'yours'].map((name) => `${name} ${SECRET}`);
    for (const [path, secret] of [
      ['/a', mine],
      ['/b', yours],
    ]) {
      await InitializeReplication(app, instance(context), { ...LOCAL, auth: { secret }, http: { path } });
    }
    const get = await listening(context, app);
    assert.equal((await get('/a/Load', { token: token({}, { secret: yours }) })).status, 401);
    assert.notEqual((await get('/b/Load', { token: token({}, { secret: yours }) })).status, 401);
  });

  it('a set-up that fails disturbs none of them', async (context) => {
    const app = require('express')();
    const db = instance(context);
    await InitializeReplication(app, db, { ...LOCAL, ...AUTH });
    const get = await listening(context, app);
    const config = { ...LOCAL, auth: { publicKey: '-----BEGIN PUBLIC KEY-----' } };
    await assert.rejects(InitializeReplication(app, instance(context), config), ConfigError);
    await assert.rejects(
      InitializeReplication(app, db, { ...LOCAL, auth: { secret: `other ${SECRET}` } }),
      ConfigError,
    );
    assert.equal((await get('/mtdd/Load')).status, 401);
    assert.notEqual((await get('/mtdd/Load', { token: token() })).status, 401);
  });
});

describe('close', () => {
  it('ends the streams that the handlers hold, and waits for that', async (context) => {
    const steps = [];
    const streams = new Set();
    const events = ({ res, signal }) => {
      res.setHeader('Content-Type', 'text/event-stream');
      res.write('data: 1\n\n');
      streams.add(res);
      signal.addEventListener('abort', () => steps.push('stream closed'));
    };
    const close = async () => {
      for (const res of streams) await new Promise((resolve) => res.end(resolve));
      steps.push('handlers closed');
    };
    const { get, routes } = await startHttp(context, { handlers: { events, close } });
    await get('/mtdd/events', { token: token() });
    await Promise.all([routes.close(), routes.close()]);
    assert.equal(steps.filter((step) => step === 'handlers closed').length, 1);
  });

  it('while a token is verified: the request is not answered by a handle that is closed', async (context) => {
    let release;
    const verify = () => new Promise((resolve) => (release = () => resolve({ sub: 'u', tid: 't' })));
    let calls = 0;
    const load = ({ res }) => res.end(String(++calls));
    const { get, routes } = await startHttp(context, { auth: { verify }, handlers: { load } });
    const asked = get('/mtdd/Load', { token: 'x' });
    while (release === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    await routes.close();
    release();
    const { status, body } = await asked;
    assert.deepEqual([status, body?.error.code, calls], [503, 'CLIENT_CLOSED', 0]);
  });
});

it('createMtddKnex mounts nothing, and says that auth has no effect', async () => {
  const logger = keeper();
  const config = {
    knex: { client: 'pg', connection: NOWHERE, pool: { min: 0 } },
    mtdd: { useMtdd: false },
    logger,
  };
  const plain = await createMtddKnex(config);
  assert.equal(plain.replication.config.http, false);
  assert.deepEqual(
    logger.records.filter(({ level }) => level === 'warn'),
    [],
  );
  await plain.destroy();
  const db = await createMtddKnex({ ...config, ...AUTH });
  assert.match(logger.records.find(({ level }) => level === 'warn').text, /auth and http have no effect/);
  await db.destroy();
});

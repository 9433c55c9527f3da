/**
 * The async context, where Node or the library calls back: streams, listeners, requests, thenables that are awaited
 * late. A tenant that is lost there would be the local database's, or another tenant's. With real servers, because it is
 * sockets and native threads that lose it; the library's own pool leads to an empty database, where nothing may arrive.
 */

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const http = require('node:http');
const { Writable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { after, before, beforeEach, describe, it } = require('node:test');
const express = require('express');
const knex = require('knex');
const { Model } = require('objection');
const { InitializeReplication, runLocal, tenantContext, withSignal, withTenant } = require('../../js');
const { contextRoute } = require('../../js/knex/async-context');
const { startSides, TENANT } = require('../support/sides');

/** The app's own storage, which must be kept just as well. */
const own = new AsyncLocalStorage();
const inRequest = (fn) => own.run('mine', () => withTenant(TENANT, fn));
const here = () => `${contextRoute()}, ${own.getStore()}`;
const EXPECTED = `tenant "${TENANT}" (type 1), mine`;

describe('the tenant is not lost', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;
  let db;
  before(async () => {
    sides = await startSides();
    db = sides.own.library;
  });
  after(() => sides?.stop());
  beforeEach(async () => {
    await sides.reset();
    sides.own.locals = 0;
  });

  /** Nothing was asked of the local pool. */
  const stayedAway = () => assert.equal(sides.own.locals, 0);

  const LISTENING = {
    'data, end and close': (stream) =>
      new Promise((resolve, reject) => {
        const seen = [];
        const inner = [];
        stream.on('data', () => {
          seen.push(here());
          inner.push(db('users').first('id'));
        });
        stream.on('error', reject);
        stream.once('end', () => seen.push(here()));
        stream.on('close', () => {
          seen.push(here());
          resolve(Promise.all(inner).then(() => seen));
        });
      }),
    readable: (stream) =>
      new Promise((resolve, reject) => {
        const seen = [];
        stream.on('readable', () => {
          seen.push(here());
          while (stream.read() !== null);
        });
        stream.on('error', reject).on('end', () => resolve(seen));
      }),
    'a writable that it is piped to': async (stream) => {
      const seen = [];
      const write = (_row, _encoding, done) => {
        seen.push(here());
        db('users')
          .first('id')
          .then(() => done(), done);
      };
      await pipeline(stream, new Writable({ objectMode: true, write }));
      return seen;
    },
    'for await': async (stream) => {
      const seen = [];
      for await (const _row of stream) {
        seen.push(here());
        await db('users').first('id');
      }
      return seen;
    },
  };
  for (const [name, listen] of Object.entries(LISTENING)) {
    it(`in a stream's listeners: ${name}`, async () => {
      const streams = {
        'of a query': () => db('users').stream(),
        'of a raw': () => db.raw('select * from users').stream({ highWaterMark: 1 }),
        'of a transaction': async () => {
          const trx = await db.transaction();
          const stream = trx('users').stream();
          stream.on('close', () => trx.commit());
          return { stream };
        },
      };
      for (const [which, open] of Object.entries(streams)) {
        const seen = await inRequest(async () => {
          const opened = await open();
          return listen(opened.stream ?? opened);
        });
        assert.ok(seen.length > 0, which);
        assert.deepEqual([...new Set(seen)], [EXPECTED], which);
      }
      stayedAway();
    });
  }

  it('in the listeners of a stream that withTenant gives back', async () => {
    const stream = inRequest(() => db('users').stream());
    const seen = await LISTENING['data, end and close'](stream);
    assert.deepEqual([...new Set(seen)], [EXPECTED]);
    stayedAway();
  });

  it('in the error of a stream, and with a handler', async () => {
    const seen = [];
    await inRequest(
      () =>
        new Promise((resolve) =>
          db('nowhere')
            .stream()
            .on('error', () => resolve(seen.push(here()))),
        ),
    );
    await inRequest(() =>
      db('users').stream((stream) => {
        stream.on('data', () => seen.push(here()));
      }),
    );
    assert.deepEqual([...new Set(seen)], [EXPECTED]);
  });

  it('in streams of a local connection that another request has opened', async () => {
    const local = knex({ client: 'pg', connection: db.client.config.connection, pool: { min: 0, max: 1 } });
    await InitializeReplication(express(), local, { mtdd: { useMtdd: false } });
    await withTenant('other', () => local.raw('select 1'));
    const seen = await inRequest(() =>
      LISTENING.readable(local.raw('select * from generate_series(1, 3)').stream()),
    );
    assert.deepEqual([...new Set(seen)], [EXPECTED]);
    await local.destroy();
  });

  it('in events of queries, callbacks, and what is chained to them', async () => {
    const seen = [];
    const note = () => seen.push(here());
    for (const event of ['start', 'query', 'query-response', 'query-error']) db.on(event, note);
    await inRequest(async () => {
      const query = db('users').first('id');
      for (const event of ['start', 'query', 'query-response', 'end']) query.on(event, note);
      await query;
      await db('nowhere').on('query-error', note).on('error', note).catch(note);
      await new Promise((resolve) =>
        db('users')
          .first('id')
          .asCallback(() => resolve(note())),
      );
      await db('users').first('id').then(note).finally(note);
      await db.transaction((trx) => trx('users').first('id').then(note)).then(note);
    });
    for (const event of ['start', 'query', 'query-response', 'query-error']) db.removeListener(event, note);
    assert.ok(seen.length > 15);
    assert.deepEqual([...new Set(seen)], [EXPECTED]);
  });

  it('in what listen calls', async () => {
    const { handle } = sides.own;
    const seen = [];
    let subscription;
    await inRequest(async () => {
      const heard = new Promise((resolve) => {
        subscription = handle.listen('news', async () => {
          seen.push(here());
          resolve(db('users').first('id'));
        });
      });
      await subscription;
      await db.raw("select pg_notify('news', 'x')");
      await heard;
    });
    // As it is for one that is heard because of another's query.
    const again = new Promise((resolve) => {
      seen.push = (one) => resolve(Array.prototype.push.call(seen, one));
    });
    await withTenant('other', () => db.raw("select pg_notify('news', 'y')")).catch(() => {});
    await again;
    await (await subscription).close();
    assert.deepEqual(seen.slice(), [EXPECTED, EXPECTED]);
    stayedAway();
  });

  describe('behind tenantContext', () => {
    /** Sends one request to an app with this route, and gives what the route resolves to. */
    async function request(route) {
      const app = express();
      app.use((_req, _res, next) => own.run('mine', next));
      app.use(tenantContext(async () => TENANT));
      const outcome = new Promise((resolve, reject) => {
        app.post('/', (req, res) => {
          Promise.resolve(route(req, res)).then(resolve, reject);
        });
      });
      const server = app.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const agent = new http.Agent({ keepAlive: true });
      const place = { port: server.address().port, host: '127.0.0.1', method: 'POST', agent };
      const sent = http.request(place, (response) => response.resume());
      sent.on('error', () => {});
      sent.end('body');
      const value = await outcome;
      agent.destroy();
      server.closeAllConnections();
      server.close();
      return value;
    }

    it('in listeners of the request and the response', async () => {
      const seen = await request(async (req, res) => {
        const heard = [];
        const inner = [];
        const note = () => {
          heard.push(here());
          inner.push(db('users').first('id'));
        };
        req.on('data', note).once('end', note);
        res.on('finish', note);
        res.prependListener('close', note);
        res.addListener('close', note);
        res.prependOnceListener('close', note);
        const closed = once(res, 'close');
        await once(req, 'end');
        res.json({});
        await closed;
        await Promise.all(inner);
        return heard;
      });
      assert.equal(seen.length, 6);
      assert.deepEqual([...new Set(seen)], [EXPECTED]);
      stayedAway();
    });

    it('listeners can be removed, and are what they are elsewhere', async () => {
      await request(async (_req, res) => {
        const never = () => assert.fail('it was removed');
        const count = res.listenerCount('close');
        for (const add of ['on', 'once', 'prependListener', 'prependOnceListener', 'addListener']) {
          res[add]('close', never);
          assert.equal(res.listeners('close').filter((one) => one === never).length, 1, add);
          res.off('close', never);
          assert.equal(res.listenerCount('close'), count, add);
        }
        assert.throws(() => res.on('close', 5), { code: 'ERR_INVALID_ARG_TYPE' });
        let calls = 0;
        res.once('mine', function (...args) {
          assert.deepEqual([this === res, args], [true, [1, 2]]);
          calls++;
        });
        res.emit('mine', 1, 2);
        res.emit('mine', 1, 2);
        assert.equal(calls, 1);
        res.end();
      });
    });
  });

  describe('with Objection', () => {
    class User extends Model {
      static tableName = 'users';
      static relationMappings = {
        orders: {
          relation: Model.HasManyRelation,
          modelClass: class Order extends Model {
            static tableName = 'orders';
          },
          join: { from: 'users.id', to: 'orders.user_id' },
        },
      };
    }
    before(() => Model.knex(db));

    const QUERIES = {
      'a query that is given back': () => User.query().orderBy('id').select('name'),
      'one of an async function': async () => User.query().findById(1),
      'eager relations': () => User.query().findById(1).withGraphFetched('orders'),
      joined: () => User.query().withGraphJoined('orders').orderBy('users.id'),
      'an insert': () => User.query().insert({ name: 'eve', age: 5 }).returning('*'),
      'a patch': () => User.query().findById(1).patch({ age: 6 }),
      'a delete': () => User.query().where('name', 'nobody').delete(),
      'a transaction': () => User.transaction((trx) => User.query(trx).insert({ name: 'fay' })),
      'a raw in it': () =>
        User.query()
          .where('id', '<', User.raw('?', [3]))
          .resultSize(),
      'a subquery': () => User.query().whereIn('id', User.relatedQuery('orders').select('user_id')),
    };
    for (const [name, run] of Object.entries(QUERIES)) {
      it(name, async () => {
        Model.knex(sides.own.plain);
        const expected = JSON.stringify(await run());
        await sides.reset();
        Model.knex(db);
        assert.equal(JSON.stringify(await withTenant(TENANT, run)), expected);
        await sides.reset();
        assert.equal(JSON.stringify(await withTenant(TENANT, 1, run)), expected);
        await sides.reset();
        assert.equal(JSON.stringify(await withTenant('other', () => withTenant(TENANT, run))), expected);
        stayedAway();
      });
    }

    it('it fails as it does elsewhere, runs once, and obeys runLocal and withSignal too', async () => {
      await assert.rejects(
        withTenant(TENANT, () => User.query().select('nothing')),
        ({ nativeError }) => nativeError.code === '42703',
      );
      await withTenant(TENANT, () => User.query().insert({ name: 'once' }));
      assert.equal((await sides.own.plain('users').where('name', 'once')).length, 1);
      // The local database is the empty one.
      await assert.rejects(
        withTenant(TENANT, () => runLocal(() => User.query())),
        ({ nativeError }) => nativeError.code === '42P01',
      );
      await assert.rejects(
        withTenant(TENANT, () => withSignal(AbortSignal.abort(), () => User.query())),
        { code: 'CANCELLED' },
      );
    });
  });

  it('thenables are awaited inside, and what is no thenable is given back as it is', async () => {
    const seen = [];
    const lazy = {
      // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
      then(resolve) {
        seen.push(here());
        resolve(5);
      },
    };
    assert.equal(await inRequest(() => lazy), 5);
    assert.deepEqual(seen, [EXPECTED]);
    const failing = {
      // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
      then() {
        throw new RangeError('mine');
      },
    };
    await assert.rejects(
      inRequest(() => failing),
      RangeError,
    );
    const promise = Promise.resolve(1);
    for (const make of [() => db('users'), () => db.raw('select 1'), () => db.schema]) {
      let made;
      const keep = () => {
        made = make();
        return made;
      };
      assert.equal(withTenant(TENANT, keep), made);
      assert.equal(withSignal(null, keep), made);
    }
    for (const value of [promise, null, undefined, 0, '', {}, () => 1]) {
      assert.equal(
        withTenant(TENANT, () => value),
        value,
      );
      assert.equal(
        withSignal(null, () => value),
        value,
      );
      assert.equal(
        runLocal(() => value),
        value,
      );
    }
  });
});

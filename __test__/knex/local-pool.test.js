/** What the library has to do with the Knex instance's own pool: it ends with it, and asks for no more than Knex. */

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const createKnex = require('knex');
const PostgresDialect = require('knex/lib/dialects/postgres');
const { loadConfig } = require('../../js/config/config');
const { attach } = require('../../js/knex/client');
const { connectionConfigOf } = require('../../js/knex/connection-settings');
const { attached, result, silent } = require('../support/recording-client');

describe('db.destroy()', () => {
  test('ends the local pool at once, while queries on shards still have their time', async () => {
    const { db, native } = await attached();
    await db.raw('select 1');
    let closed;
    native.close = () => new Promise((resolve) => (closed = resolve));
    const destroyed = db.destroy();
    let isOver = false;
    destroyed.then(() => (isOver = true));
    for (let turn = 0; turn < 100 && db.client.pool !== undefined; turn++) await sleep(5);
    assert.equal(db.client.pool, undefined, 'the pool waits for the native client');
    assert.equal(isOver, false, 'it does not say that all has ended');
    closed();
    await destroyed;
  });

  test('ends the pool although the native client fails to close, and says so', async () => {
    const { db, native } = await attached();
    await db.raw('select 1');
    native.close = () => Promise.reject(new Error('not closed'));
    await assert.rejects(db.destroy(), /^Error: not closed$/);
    assert.equal(db.client.pool, undefined);
  });

  test('calls back once, as Knex does', async () => {
    const calls = [];
    const one = await attached();
    await one.db.destroy((...args) => calls.push(args));
    const other = await attached();
    other.native.close = () => Promise.reject(new Error('not closed'));
    await other.db.destroy((...args) => calls.push(args.map(String)));
    assert.deepEqual(calls, [[], ['Error: not closed']]);
  });

  test('twice, and after close()', async () => {
    const { db, runtime, native } = await attached();
    await runtime.close();
    await Promise.all([db.destroy(), db.destroy()]);
    await db.destroy();
    assert.equal(native.closed, 1);
  });
});

describe('a `connection` that is a function', () => {
  /** A Knex instance on such a function, with or without the library; counts how often it is called. */
  async function instance(answer, isAttached, pool = { min: 0, max: 4 }) {
    const calls = [];
    const used = [];
    const client = class extends PostgresDialect {
      async acquireRawConnection() {
        used.push({ ...this.connectionSettings });
        return {
          query: (_config, callback) => setImmediate(callback, null, result()),
          end: (callback) => callback(),
        };
      }
    };
    const db = createKnex({
      client,
      pool,
      connection: () => {
        calls.push(calls.length + 1);
        return answer(calls.length);
      },
    });
    if (isAttached) {
      const config = loadConfig({ mtdd: { useMtdd: true, queryServers: ['127.0.0.1:1'] } }, {});
      const openClient = () => ({ begin: async () => {}, close: async () => {} });
      await attach(db, config, { loggers: { mtdd: silent, record() {} }, openClient });
    }
    return { db, calls, used };
  }

  const answers = {
    'that never expires': (call) => ({ user: `user${call}` }),
    'as a promise': async (call) => ({ user: `user${call}` }),
    'that has expired at once, until the second': (call) => ({
      user: `user${call}`,
      expirationChecker: () => call < 2,
    }),
    'that expires between': (call) => {
      let asked = 0;
      return { user: `user${call}`, expirationChecker: () => asked++ > 1 && call < 2 };
    },
  };
  for (const [name, answer] of Object.entries(answers)) {
    test(`${name} is called as often as by Knex`, async () => {
      const outcome = async (isAttached) => {
        const { db, calls, used } = await instance(answer, isAttached, { min: 0, max: 1 });
        for (let turn = 0; turn < 3; turn++) await db.raw('select 1');
        await db.destroy();
        const hasChecker = used.some(({ expirationChecker }) => expirationChecker !== undefined);
        return { calls: calls.length, hasChecker };
      };
      const expected = await outcome(false);
      // Knex asks for its first connection; the library has asked before, and an expired answer is asked for again.
      const more = name.startsWith('that has expired') ? 1 : 0;
      const actual = await outcome(true);
      assert.ok(actual.calls <= expected.calls + more, `${actual.calls} calls, Knex ${expected.calls}`);
      assert.equal(actual.hasChecker, expected.hasChecker);
    });
  }

  test('that never expires is called once in all, and its answer is what Knex connects with', async () => {
    const { db, calls, used } = await instance((call) => ({ user: `user${call}` }), true);
    assert.equal(calls.length, 1);
    await Promise.all([db.raw('select 1')]);
    assert.equal(calls.length, 1);
    assert.deepEqual(used, [{ user: 'user1' }]);
    assert.equal((await connectionConfigOf(db.client)).user, 'user1');
    assert.equal(calls.length, 1);
    await db.destroy();
  });

  test('whose promise is rejected is asked again, and fails as with Knex', async () => {
    let isDown = true;
    const answer = async () => {
      if (isDown) throw new Error('no credentials');
      return { user: 'u' };
    };
    await assert.rejects(instance(answer, true), /^Error: no credentials$/);
    isDown = false;
    const { db } = await instance(answer, true);
    await db.raw('select 1');
    await db.destroy();
  });
});

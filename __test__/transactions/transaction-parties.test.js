/**
 * The two parties of a transaction when one of them fails to join, or is slow: nothing of it stays with the other, what
 * goes out keeps its order, and neither is given back before its end has been answered.
 */

const assert = require('node:assert/strict');
const { beforeEach, afterEach, describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { withSignal } = require('../../js');
const { attached, result } = require('../support/recording-client');

/** Knex writes into the messages of errors: each is a new one. */
const failure = () => Object.assign(new Error('no such luck'), { code: '57P01' });
const settled = (promise) =>
  Promise.resolve(promise).then(
    () => 'good',
    (error) => error.message,
  );

describe('the parties of a transaction', () => {
  let db;
  let native;
  let local;
  /** What the native client was asked for, in order. */
  let asked;

  beforeEach(async () => {
    ({ db, native, local } = await attached());
    asked = [];
    const { execute } = native;
    native.execute = function (call, callback) {
      asked.push(call.text);
      return execute.call(this, call, callback);
    };
    native.closeSession = () => asked.push('close');
    native.cancelSession = () => asked.push('give up');
  });
  afterEach(() => db.destroy());

  test('BEGIN fails on the shard: the local connection is not given back inside its BEGIN', async () => {
    native.answer = ({ text }) => (text.startsWith('BEGIN') ? [failure()] : [null, result()]);
    await assert.rejects(
      db.transaction(async (trx) => {
        await trx('a').insert({ id: 1 });
        await trx('b').mtdd('t');
      }),
      /no such luck/,
    );
    await sleep(5);
    assert.deepEqual(local, ['BEGIN;', 'insert into "a" ("id") values ($1)', 'ROLLBACK']);
    assert.equal(db.client.pool.numUsed(), 0);
    assert.deepEqual(asked, ['BEGIN;', 'close']);
  });

  test('a container that keeps the failure to itself does not commit the other part', async () => {
    native.answer = ({ text }) => (text.startsWith('BEGIN') ? [failure()] : [null, result()]);
    await assert.rejects(
      db.transaction(async (trx) => {
        await trx('a').insert({ id: 1 });
        await settled(trx('b').mtdd('t'));
        assert.equal(trx.isCompleted(), true);
        assert.match(await settled(trx('a').insert({ id: 2 })), /already complete/);
      }),
      /no such luck/,
    );
    await sleep(5);
    assert.deepEqual(local.slice(-1), ['ROLLBACK']);
    assert.equal(local.includes('COMMIT;'), false);
  });

  test('SAVEPOINT fails with one: what the other does in it goes back, and the outer one goes on', async () => {
    native.answer = ({ text }) => (text.startsWith('SAVEPOINT trx') ? [failure()] : [null, result()]);
    await db.transaction(async (trx) => {
      await trx('a').insert({ id: 1 });
      let inner = await settled(
        trx.transaction(async (one) => {
          await one('a').insert({ id: 2 });
          await one('b').mtdd('t');
        }),
      );
      assert.match(inner, /no such luck/);
      await trx('a').insert({ id: 3 });
      await trx('b').mtdd('t');
      // Both take part now, so that both are told at once.
      inner = await settled(trx.transaction((one) => one('a').insert({ id: 4 })));
      assert.match(inner, /no such luck/);
    });
    const kinds = local.map((text) => text.replace(/ trx\d+;?|;| into.*/g, ''));
    assert.deepEqual(kinds, [
      'BEGIN',
      'insert',
      'SAVEPOINT',
      'insert',
      'ROLLBACK TO SAVEPOINT',
      'insert',
      'SAVEPOINT',
      'ROLLBACK TO SAVEPOINT',
      'SAVEPOINT mtdd_end',
      'COMMIT',
    ]);
    assert.deepEqual(asked.slice(-2), ['COMMIT;', 'close']);
  });

  test('commit() while the session is still being opened waits for it, and completes at once', async () => {
    let open;
    native.openSession = () => new Promise((resolve) => (open = resolve));
    const trx = await db.transaction();
    const first = settled(trx('a').mtdd('t'));
    const second = settled(trx('b').mtdd('t'));
    await sleep(1);
    trx.commit();
    trx.commit();
    trx.rollback();
    assert.equal(trx.isCompleted(), true);
    assert.match(await settled(trx('c').mtdd('t')), /already complete/);
    assert.match(await settled(trx.executionPromise), /already complete/, 'as with Knex, of the second');
    assert.deepEqual(asked, []);
    open(1);
    assert.deepEqual(await Promise.all([first, second]), ['good', 'good']);
    await sleep(5);
    assert.deepEqual(asked, ['BEGIN;', 'select * from "a"', 'select * from "b"', 'COMMIT;', 'close']);
  });

  test('rollback() gives up a session that is still being opened', async () => {
    let fail;
    native.openSession = () => new Promise((_, reject) => (fail = reject));
    native.cancelSession = () => fail(failure());
    const trx = await db.transaction();
    const first = settled(trx('a').mtdd('t'));
    await sleep(1);
    trx.rollback();
    assert.match(await first, /no such luck/);
    assert.equal(await settled(trx.executionPromise), 'good');
    assert.deepEqual([asked, local], [[], []]);
  });

  test('a session that cannot be opened holds nobody up, and the next query may open another', async () => {
    let sessions = 0;
    native.openSession = async () => {
      if (sessions++ === 0) throw failure();
      return 1;
    };
    const trx = await db.transaction();
    const both = [settled(trx('a').mtdd('nobody')), settled(trx('b').mtdd('t'))];
    await sleep(1);
    await trx.commit();
    assert.deepEqual(await Promise.all(both), ['no such luck', 'good']);
    assert.deepEqual(asked.slice(0, 3), ['BEGIN;', 'select * from "b"', 'COMMIT;']);
  });

  test('a query that is given up while it waits leaves its place to others', async () => {
    let open;
    native.openSession = () => new Promise((resolve) => (open = resolve));
    const controller = new AbortController();
    const trx = await db.transaction();
    const first = withSignal(controller.signal, () => settled(trx('a').mtdd('t')));
    const second = settled(trx('b').mtdd('t'));
    await sleep(1);
    controller.abort();
    assert.match(await first, /cancelled/);
    const ending = trx.commit();
    open(1);
    await ending;
    assert.equal(await second, 'good');
    assert.deepEqual(asked.slice(0, 3), ['BEGIN;', 'select * from "b"', 'COMMIT;']);
  });

  test('a thousand queries that nobody waits for go out in their order, and COMMIT behind them', async () => {
    const trx = await db.transaction();
    const all = Array.from({ length: 1000 }, (_, id) =>
      settled(id % 2 ? trx.raw(`select ${id}`).mtdd('t') : trx.raw(`select ${id}`)),
    );
    await sleep(0);
    trx.commit();
    assert.deepEqual(new Set(await Promise.all(all)), new Set(['good']));
    await trx.executionPromise;
    assert.deepEqual(
      asked.filter((text) => text.startsWith('select')),
      Array.from({ length: 500 }, (_, index) => `select ${2 * index + 1}`),
    );
    assert.deepEqual(
      local.filter((text) => text.startsWith('select')),
      Array.from({ length: 500 }, (_, index) => `select ${2 * index}`),
    );
    assert.equal(local.at(-1), 'COMMIT;');
  });
});

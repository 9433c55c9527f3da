/** A signal around the place where a query is made holds for the query wherever it is awaited, as a tenant does. */

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, test } = require('node:test');
const { withSignal, withTenant } = require('../../js');
const { binderOf } = require('../../js/knex/bound-instance');
const { routeOfTenant } = require('../../js/knex/route');
const { attached } = require('../support/recording-client');

const CANCELLED = { code: 'CANCELLED' };

describe('what is made inside withSignal', () => {
  let db;
  let native;
  before(async () => {
    ({ db, native } = await attached());
  });
  after(() => db.destroy());
  beforeEach(() => {
    native.calls.length = 0;
    native.cancelled.length = 0;
  });

  const KINDS = {
    'a query': () => db('a').mtdd('t'),
    'a Raw': () => db.raw('select 1').mtdd('t'),
    'a schema builder': () => db.schema.dropTable('a').mtdd('t'),
    'a clone': () => db('a').mtdd('t').clone(),
    'a query of a bound instance': () => binderOf(db)(routeOfTenant('forTenant()', 't'))('a'),
    'a query of withTenant': () => withTenant('t', () => db('a')),
    columnInfo: () => db('a').columnInfo().mtdd('t'),
  };
  for (const [name, make] of Object.entries(KINDS)) {
    test(`${name} is stopped, or not sent, although it is awaited outside`, async () => {
      await assert.rejects(async () => withSignal(AbortSignal.abort(), make), CANCELLED);
      assert.deepEqual(native.calls, []);

      const answer = native.answer;
      native.answer = () => undefined;
      const controller = new AbortController();
      const query = withSignal(controller.signal, make);
      const outcome = assert.rejects(async () => query);
      for (let turn = 0; turn < 100 && native.calls.length === 0; turn++) await new Promise(setImmediate);
      controller.abort();
      await outcome;
      assert.equal(native.cancelled.length, 1);
      native.answer = answer;
    });
  }

  test('a clone that is made elsewhere keeps the signal, and one of a query without takes that of its place', async () => {
    const kept = withSignal(AbortSignal.abort(), () => db('a').mtdd('t'));
    await assert.rejects(async () => kept.clone(), CANCELLED);
    const free = db('a').mtdd('t');
    await assert.rejects(async () => withSignal(AbortSignal.abort(), () => free.clone()), CANCELLED);
    await free;
    assert.equal(native.calls.length, 1);
  });

  test('all signals count: those around its making, its running, and its own', async () => {
    const none = () => new AbortController().signal;
    const stopped = AbortSignal.abort();
    for (const [made, run, own] of [
      [stopped, none(), none()],
      [none(), stopped, none()],
      [none(), none(), stopped],
    ]) {
      const query = withSignal(made, () => db('a').mtdd('t', 1, 'auto', { signal: own }));
      await assert.rejects(
        withSignal(run, async () => query),
        CANCELLED,
      );
    }
    assert.deepEqual(native.calls, []);
    const query = withSignal(none(), () => db('a').mtdd('t', 1, 'auto', { signal: none() }));
    await withSignal(none(), async () => query);
    assert.equal(native.calls.length, 1);
  });

  test('null frees what is made inside, wherever it is awaited', async () => {
    await withSignal(AbortSignal.abort(), async () => withSignal(null, () => db('a').mtdd('t')));
    assert.equal(native.calls.length, 1);
    await assert.rejects(
      withSignal(null, async () => withSignal(AbortSignal.abort(), () => db('a').mtdd('t'))),
      CANCELLED,
    );
  });

  test('in a transaction, streams and nested transactions too', async () => {
    const stream = withSignal(AbortSignal.abort(), () => db('a').mtdd('t')).stream();
    await assert.rejects(new Promise((_, reject) => stream.on('error', reject)), CANCELLED);
    await db.transaction(async (trx) => {
      const query = withSignal(AbortSignal.abort(), () => trx('a').mtdd('t'));
      await assert.rejects(async () => query, CANCELLED);
      await trx.transaction(async (inner) => {
        const nested = withSignal(AbortSignal.abort(), () => inner('a').mtdd('t'));
        await assert.rejects(async () => nested, CANCELLED);
      });
    });
    assert.deepEqual(native.calls, []);
  });
});

/** What fails, is stopped or takes too long: the same errors with the same fields, and nothing left running. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { DatabaseError } = require('pg');
const { startSides, TENANT } = require('../support/sides');

/** Outside a transaction, where one failure is not the end. */
const OUTSIDE = ['.mtdd()', 'withTenant', 'forTenant'];

const REFUSALS = {
  'a duplicate': ['23505', (db) => db('users').insert({ name: 'ada' }).returning('*')],
  'a missing value': ['23502', (db) => db('orders').insert({ user_id: 1 })],
  'a check': ['23514', (db) => db('orders').where('id', 1).update({ price: -1 })],
  'a missing table': ['42P01', (db) => db('users').join('nowhere', 'a', 'b')],
  'a missing column, with a hint': ['42703', (db) => db('users').select('nam')],
  'a value out of range': ['22003', (db) => db('users').insert({ age: 99999999999 })],
  'a text that is no number': ['22P02', (db) => db('users').where('age', 'old')],
  'an error of its own, with every field': [
    'ABCDE',
    (db) =>
      db.raw(
        "do $$ begin raise 'é' using errcode = 'ABCDE', hint = 'h', detail = 'd', column = 'c', constraint = 'k', datatype = 't', table = 'b', schema = 's'; end $$",
      ),
  ],
  'an error in a function, with its place': [
    '22012',
    (db) => db.raw('do $$ begin execute $q$select 1 / 0$q$; end $$'),
  ],
  'a syntax error inside a function': ['42601', (db) => db.raw('do $$ begin execute $q$selct$q$; end $$')],
  'a failed cast in a JSON path': ['22P02', (db) => db('docs').insert({ id: 9, doc: '{' })],
  'a read-only transaction': ['25006', (db) => db.raw('set transaction read only; delete from users')],
  'its own statement_timeout': [
    '57014',
    (db) => db.raw("set local statement_timeout = '20ms'; select pg_sleep(5)"),
  ],
  'a cancel by somebody else': [
    '57014',
    (db) => db.raw('select pg_cancel_backend(pg_backend_pid()), pg_sleep(5)'),
  ],
};

const TIMEOUTS = {
  'a raw': (db) => db.raw('select pg_sleep(?)', [0.5]).timeout(30),
  'a raw, cancelled': (db) => db.raw('select pg_sleep(?)', [5]).timeout(30, { cancel: true }),
  'a builder': (db) => db('users').select(db.raw('pg_sleep(0.3)')).where('id', 1).timeout(30),
  'a builder, cancelled': (db) =>
    db('users').select(db.raw('pg_sleep(5)')).where('id', 1).timeout(30, { cancel: true }),
  first: (db) => db('users').first(db.raw('pg_sleep(5)')).timeout(30, { cancel: true }),
  'a write, cancelled': (db) =>
    db('users')
      .update({ age: db.raw('(select 5 from pg_sleep(5))') })
      .timeout(30, { cancel: true }),
};

describe('a failure is the same', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;
  before(async () => {
    sides = await startSides();
  });
  after(() => sides?.stop());

  for (const [name, [code, query]] of Object.entries(REFUSALS)) {
    it(name, async () => {
      const error = await sides.sameError((db, route) => route(query(db)));
      assert.ok(error instanceof DatabaseError);
      assert.equal(error.code, code, error.message);
    });
  }

  it('in each of the ways to hear of it', async () => {
    await sides.same(
      async (db, route) => {
        const failing = () => route(db('nowhere').where('id', 1));
        return [
          await failing().catch((error) => error),
          await failing().then(null, (error) => error),
          await failing().then(
            () => 'no',
            (error) => error,
          ),
          await failing()
            .finally(() => 'ignored')
            .catch((error) => error),
          await new Promise((resolve) => {
            failing()
              .asCallback((...args) => resolve([args]))
              .catch(() => {});
          }),
          await new Promise((resolve) => {
            failing()
              .on('error', resolve)
              .catch(() => {});
          }),
          await new Promise((resolve) => {
            failing()
              .on('query-error', (error) => resolve(error))
              .catch(() => {});
          }),
          await Promise.allSettled([failing(), failing()]),
        ];
      },
      { ways: OUTSIDE },
    );
  });

  it('awaited twice: each time anew', async () => {
    await sides.same(
      async (db, route) => {
        const query = route(db('users').insert({ name: 'eve' }));
        const first = await query;
        const second = await query.catch((error) => error);
        return [first.rowCount, second];
      },
      { ways: OUTSIDE },
    );
  });

  it('by what the application itself throws on the way', async () => {
    for (const run of [
      (db, route) =>
        route(db('users')).then(() => {
          throw new Error('then');
        }),
      (db, route) =>
        route(db('users')).modify(() => {
          throw new Error('modify');
        }),
      (db, route) =>
        route(db('users')).on('query', () => {
          throw new Error('on query');
        }),
      (db, route) =>
        route(db('users')).where(() => {
          throw new Error('where');
        }),
      (db, route) =>
        route(db('users')).options({
          types: {
            getTypeParser: () => () => {
              throw new Error('parser');
            },
          },
        }),
    ]) {
      const { message } = await sides.sameError(run, { ways: OUTSIDE });
      assert.match(message, /\b(?:then|modify|on query|where|parser)$/);
    }
  });

  for (const [name, query] of Object.entries(TIMEOUTS)) {
    it(`a time limit on ${name}`, async () => {
      const error = await sides.sameError((db, route) => route(query(db)), { ways: OUTSIDE });
      assert.equal(error.name, 'KnexTimeoutError');
      assert.equal(error.timeout, 30);
      await nothingRuns();
    });
  }

  it('a time limit, and the query again without', async () => {
    await sides.same(
      async (db, route) => {
        const query = route(db.raw('select 5 as five, pg_sleep(0.1)')).timeout(10, { cancel: true });
        const error = await query.catch(({ name }) => name);
        return [error, (await query.timeout(5000)).rows];
      },
      { ways: OUTSIDE },
    );
  });

  it('a time limit in a transaction, which then goes on or does not', async () => {
    for (const cancel of [true, false]) {
      await sides.same(
        (db, route) =>
          db
            .transaction(async (trx) => {
              await route(trx('users').insert({ name: 'eve' }));
              const slow = await route(trx.raw('select pg_sleep(0.3)').timeout(20, { cancel })).catch(
                (error) => error,
              );
              const next = await route(trx('users').pluck('name')).catch((error) => error);
              return [slow, next];
            })
            .catch((error) => error),
        { ways: OUTSIDE },
      );
    }
    await nothingRuns();
  });

  it('a rollback does not wait for a statement whose time limit has passed', async () => {
    const { library } = sides.own;
    const start = Date.now();
    await assert.rejects(
      library.transaction((trx) => trx.raw('select pg_sleep(20)').timeout(20).mtdd(TENANT)),
      { name: 'KnexTimeoutError' },
    );
    await nothingRuns();
    assert.ok(Date.now() - start < 4000);
  });

  it('a deadlock: one of two goes back', async () => {
    await sides.same(
      async (db, route) => {
        const [one, other] = [await db.transaction(), await db.transaction()];
        await route(one.raw("set local deadlock_timeout = '20ms'"));
        await route(one('users').where('id', 1).update({ age: 1 }));
        await route(other('users').where('id', 2).update({ age: 2 }));
        const waiting = route(other('users').where('id', 1).update({ age: 3 })).catch((error) => error.code);
        await sleep(30);
        const failed = await route(one('users').where('id', 2).update({ age: 4 })).catch(
          (error) => error.code,
        );
        await one.rollback();
        const went = await waiting;
        await other.rollback();
        return [failed, went];
      },
      { ways: OUTSIDE },
    );
  });

  it('a serialization failure', async () => {
    await sides.same(
      async (db, route) => {
        const serial = { isolationLevel: 'repeatable read' };
        const [one, other] = [await db.transaction(null, serial), await db.transaction(null, serial)];
        await route(one('users').where('id', 1));
        await route(other('users').where('id', 1));
        await route(one('users').where('id', 1).update({ age: 1 }));
        await one.commit();
        const error = await route(other('users').where('id', 1).update({ age: 2 })).catch(
          (failure) => failure,
        );
        await other.rollback();
        return error;
      },
      { ways: OUTSIDE },
    );
  });

  it('a sub-query of another tenant is refused wherever it stands, and nothing is run', async () => {
    const { library, factory } = sides.own;
    const other = () => library('orders').select('user_id').mtdd('another');
    for (const query of [
      library('users').whereIn('id', other()),
      library('users').whereExists(other()),
      library('users').select(other().as('x')),
      library.with('a', other()).from('a'),
      library.withRecursive('a', other()).from('a'),
      library('users').select('id').union(other()),
      library('users').select('id').unionAll([other()]),
      library('users').join(other().as('o'), 'o.user_id', 'users.id'),
      library(other().as('o')),
      library('tree').insert(other()),
      library('users').where('id', library.raw('(?)', [other()])),
      library.raw('select * from (?) x', [other()]),
      library.raw('select * from (:inner) x', { inner: other() }),
      library('users').orderBy(other()),
      library('users').groupBy('id').havingIn('id', other()),
      library.schema.createView('seen', (view) => view.as(other())),
    ]) {
      await assert.rejects(async () => query.mtdd(TENANT), { code: 'VALIDATION_ERROR' }, query.toString());
    }
    await assert.rejects(
      async () =>
        factory
          .forTenant(TENANT)('users')
          .whereIn('id', factory.forTenant('another')('orders').select('user_id')),
      { code: 'VALIDATION_ERROR' },
    );
    await nothingRuns();
  });

  /** No statement of a case is running on the shard, a moment after it. */
  async function nothingRuns() {
    const running = async () =>
      (
        await sides.admin.query(
          "select query from pg_stat_activity where state = 'active' and application_name <> 'mtdd-server reads' and pid <> pg_backend_pid() and backend_type = 'client backend'",
        )
      ).rows;
    for (let turn = 0; turn < 40 && (await running()).length > 0; turn++) await sleep(25);
    assert.deepEqual(await running(), []);
  }
});

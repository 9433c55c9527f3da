/** What an application hears: events on knex, client and builder with their payloads, and in which order. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startSides, TENANT } = require('../support/sides');
const { Recorder } = require('../support/recorder');

/** BEGIN goes out with the first query, so the transaction's own listeners hear it: docs/compatibility.md says so. */
const isOwnBegin = ([where, event, payload]) =>
  where.startsWith('trx') && event === 'query' && payload.sql === 'BEGIN;';

/** Listeners are refused on a bound instance, and in a transaction Knex has other clients. */
const WAYS = ['.mtdd()', 'withTenant'];

/** Each makes a query, or whatever else can be awaited and listened to. */
const QUERIES = {
  'a select': (db) => db('users').orderBy('id').select('id'),
  first: (db) => db('users').where('id', 1).first(),
  pluck: (db) => db('users').orderBy('id').pluck('name'),
  'an insert with returning': (db) => db('users').insert({ name: 'eve' }).returning('*'),
  'an insert without': (db) => db('users').insert({ name: 'eve' }),
  'an update': (db) => db('users').where('id', 1).update({ age: 1 }),
  'a delete': (db) => db('orders').del(),
  'a truncate': (db) => db('orders').truncate(),
  'a raw with bindings': (db) => db.raw('select ?::int as a, ?? from users', [1, 'id']),
  'a raw of several statements': (db) => db.raw('select 1 as a; select 2 as b'),
  'a query with options, context, timeout and comment': (db) =>
    db('users')
      .options({ rowMode: 'array' })
      .queryContext({ who: 'me' })
      .timeout(5000, { cancel: true })
      .comment('why')
      .where('id', 1),
  'a raw with options and context': (db) =>
    db.raw('select 1').options({ rowMode: 'array' }).queryContext('c').timeout(5000),
  columnInfo: (db) => db('users').columnInfo(),
  'a join with a sub-query': (db) => db('users').whereIn('id', db('orders').select('user_id')).orderBy('id'),
  'a schema query': (db) => db.schema.hasTable('users'),
  'schema queries of several statements': (db) =>
    db.schema
      .createTable('fresh', (t) => {
        t.integer('id').primary();
        t.string('name').index();
      })
      .queryContext(5)
      .dropTable('fresh'),
  'a failing query': (db) => db('nowhere').where('id', 1),
  'a failing raw': (db) => db.raw('select ?::int / 0', [1]),
  'a failing schema query': (db) =>
    db.schema.createTable('fresh', (t) => t.integer('id')).dropTable('nowhere'),
  'a duplicate': (db) => db('users').insert({ name: 'ada' }),
  'a query that does not compile': (db) => db('users').where('id', undefined),
  'an empty raw': (db) => db.raw(''),
  'an empty schema builder': (db) => db.schema,
  'an insert of nothing': (db) => db('users').insert([]),
};

const CHAINS = {
  'then with two functions': (q) =>
    q.then(
      (v) => ['good', v],
      (e) => ['bad', e],
    ),
  catch: (q) => q.catch((e) => ['caught', e]),
  finally: (q) => q.finally(() => 'ignored'),
  asCallback: (q) =>
    new Promise((resolve) => {
      q.asCallback((...args) => resolve(args));
    }).then((a) => a),
  'asCallback and its promise': (q) => {
    let heard;
    return q
      .asCallback((...args) => {
        heard = args;
      })
      .then(
        (v) => [v, heard?.length],
        (e) => [e, heard?.length],
      );
  },
  'awaiting twice': async (q) => [await q, await q],
  'toSQL, toNative, toString and toQuery first': async (q) => {
    const said = [q.toSQL(), q.toSQL().toNative(), q.toString(), q.toQuery()].map((one) =>
      one.sql ? [one.sql, one.bindings] : one,
    );
    return [said, await q];
  },
  'a clone, awaited beside the original': async (q) => [await q.clone(), await q],
  'String() and JSON': async (q) => [String(q), Object.prototype.toString.call(q), await q],
};

describe('an application hears the same', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;
  before(async () => {
    sides = await startSides();
  });
  after(() => sides?.stop());

  /** The same of a transaction, apart from its BEGIN. */
  const hearingTransaction = (act) => async (db, route) => {
    const heard = await hearing(act)(db, route);
    return { ...heard, events: heard.events.filter((event) => !isOwnBegin(event)) };
  };

  /** What is heard while something happens, and what it comes to. */
  const hearing = (act) => async (db, route) => {
    const recorder = new Recorder().listen(db);
    const end = await Promise.resolve()
      .then(() => act(db, route, recorder))
      .then(
        (value) => ({ value }),
        (error) => ({ error }),
      );
    recorder.stop();
    return { ...end, events: recorder.events };
  };

  for (const [name, query] of Object.entries(QUERIES)) {
    it(`of ${name}`, () =>
      sides.same(
        hearing((db, route, recorder) => recorder.watch(route(query(db)))),
        { ways: WAYS },
      ));
  }

  for (const [name, chain] of Object.entries(CHAINS)) {
    it(`by ${name}`, async () => {
      for (const query of [
        (db) => db('users').orderBy('id'),
        (db) => db('users').insert({ name: 'eve' }).returning('id'),
      ]) {
        await sides.same(
          hearing((db, route, recorder) => chain(recorder.watch(route(query(db))))),
          { ways: WAYS },
        );
      }
      // A query that fails has no text when it fails to compile, and an insert cannot be repeated.
      await sides.agree(
        hearing((db, route, recorder) => chain(recorder.watch(route(db('nowhere'))))),
        { ways: WAYS },
      );
    });
  }

  it('once(), off() and listeners on a clone', async () => {
    await sides.same(
      hearing(async (db, route) => {
        const heard = [];
        const query = route(db('users').where('id', 1));
        query.once('query', () => heard.push('once'));
        const off = () => heard.push('never');
        query.on('query', off).off('query', off);
        query.on('query-response', (rows) => heard.push(rows.length));
        const copy = query.clone();
        await query;
        await query;
        await copy;
        return [heard, copy.eventNames(), query.eventNames()];
      }),
      { ways: WAYS },
    );
  });

  it('a listener that changes the query as it starts', async () => {
    const value = await sides.same(
      hearing((db, route) => {
        const query = route(db('users').orderBy('id'));
        query.on('start', (builder) => builder.where('id', 2));
        return query;
      }),
      { ways: WAYS },
    );
    assert.deepEqual(
      value.value.map(({ id }) => id),
      [2],
    );
  });

  it('a listener that throws', async () => {
    for (const event of ['start', 'query', 'query-response']) {
      await sides.agree(
        hearing((db, route) =>
          route(db('users').where('id', 1)).on(event, () => {
            throw new Error(`thrown by ${event}`);
          }),
        ),
        { ways: WAYS },
      );
    }
  });

  it('withUserParams: its own listeners, and those copied to it', async () => {
    await sides.same(
      hearing(async (db, route, recorder) => {
        const copy = db.withUserParams({ name: 'copy' });
        recorder.listen(copy, 'copy');
        const rows = await route(copy('users').where('id', 1));
        return [rows, copy.userParams, db.userParams];
      }),
      { ways: WAYS },
    );
  });

  it('of a stream', async () => {
    await sides.same(
      hearing(async (db, route, recorder) => {
        const rows = [];
        for await (const row of recorder.watch(route(db('users').orderBy('id'))).stream()) rows.push(row);
        return rows;
      }),
      { ways: WAYS },
    );
  });

  // From here on connections of older versions of Knex keep the mark of the transaction that they were in.
  it('in a transaction: its own events, and those that knex hears', async () => {
    await sides.same(
      hearingTransaction((db, route, recorder) =>
        db.transaction(async (trx) => {
          recorder.listen(trx, 'trx');
          const [user] = await recorder.watch(route(trx('users').insert({ name: 'eve' }).returning('*')));
          await trx.transaction(async (inner) => {
            recorder.listen(inner, 'inner');
            await route(inner('orders').insert({ user_id: user.id, item: 'tea' }));
          });
          await trx
            .transaction(async (inner) => {
              await route(inner('orders').insert({ item: null }));
            })
            .catch((error) => error);
          return route(trx.raw('select ?::int as a', [1]));
        }),
      ),
      { ways: WAYS },
    );
  });

  it('in a transaction that rolls back', async () => {
    await sides.same(
      hearingTransaction((db, route, recorder) =>
        db
          .transaction(async (trx) => {
            recorder.listen(trx, 'trx');
            await route(trx('users').insert({ name: 'eve' }));
            throw new Error('no');
          })
          .catch((error) => error),
      ),
      { ways: WAYS },
    );
  });

  it('outside a transaction each query is on a connection of its own, inside all are on one', async () => {
    await sides.reset();
    const { library } = sides.own;
    const heard = async (db) => {
      const uids = [];
      for (let again = 0; again < 2; again++) {
        await db('users')
          .mtdd(TENANT)
          .on('query', ({ __knexUid }) => uids.push(__knexUid));
      }
      return new Set(uids).size;
    };
    assert.equal(await heard(library), 2);
    assert.equal(await library.transaction(heard), 1);
  });

  it('BEGIN goes out with the first query, so only then it is heard, also by the transaction itself', async () => {
    await sides.reset();
    const recorder = new Recorder();
    const { library } = sides.own;
    await library.transaction(async (trx) => {
      recorder.listen(trx, 'trx');
      assert.deepEqual(recorder.events, []);
      await trx('users').first().mtdd(TENANT);
    });
    recorder.stop();
    assert.equal(recorder.events.filter(isOwnBegin).length, 2);
    const silent = new Recorder().listen(library);
    await library.transaction(async () => {}, { mtdd: { tenantId: TENANT } });
    silent.stop();
    assert.deepEqual(silent.events, []);
  });
});

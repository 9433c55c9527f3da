/**
 * Transactions that are ended without waiting, twice, out of order, or with queries still on their way: as with plain
 * Knex, `commit()` and `rollback()` take effect when they are called, and statements go out in the order of the calls.
 */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { startSides, TENANT } = require('../support/sides');
const { Random } = require('../../testkit/random');

const eve = { name: 'eve', age: 5 };
const fay = { name: 'fay', age: 6 };
const names = (db) => db('users').orderBy('id').pluck('name');
/** Milliseconds in which a query that has been started gets as far as it does by itself. */
const A_WHILE = 30;
/** What settles how; nobody waits for it yet. */
const settled = (promise) =>
  Promise.resolve(promise).then(
    (value) => ['good', value],
    (error) => ['bad', error],
  );

/** Each is compared by its value and by the data that it leaves. */
const COURSES = {
  'commit(): it is completed at once, and a query after it is refused': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').insert(eve));
    trx.commit();
    const is = trx.isCompleted();
    const after = settled(route(trx('users').insert(fay)));
    return [is, await after, await trx.executionPromise];
  },
  'rollback(): it is completed at once, and a query after it is refused': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').insert(eve));
    const end = settled(trx.executionPromise);
    trx.rollback(new Error('because'));
    const is = trx.isCompleted();
    const after = settled(route(trx('users')));
    return [is, await after, await end];
  },
  'commit() before any query': async (db, route) => {
    const trx = await db.transaction();
    trx.commit('early');
    return [trx.isCompleted(), await settled(route(trx('users').insert(eve))), await trx.executionPromise];
  },
  'rollback() before any query': async (db, route) => {
    const trx = await db.transaction();
    trx.rollback();
    return [trx.isCompleted(), await settled(route(trx('users').insert(eve))), await trx.executionPromise];
  },
  'commit() behind queries that nobody waits for': async (db, route) => {
    const trx = await db.transaction();
    const first = settled(route(trx('users').insert(eve)));
    const second = settled(route(trx('users').insert(fay)));
    await sleep(0);
    await trx.commit();
    return [await first, await second, trx.isCompleted()];
  },
  'rollback() behind a query that nobody waits for': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').first('id'));
    const first = settled(route(trx('users').insert(eve)));
    await sleep(0);
    trx.rollback();
    return [await first, await trx.executionPromise];
  },
  'commit() in the same turn as a query that is started before it': async (db, route) => {
    const trx = await db.transaction();
    const first = settled(route(trx('users').insert(eve)));
    trx.commit();
    return [await first, await trx.executionPromise];
  },
  'commit() in the turn after a query, which is started before it': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').first('id'));
    const first = settled(route(trx('users').insert(eve)));
    await null;
    await null;
    await null;
    trx.commit();
    return [await first, await trx.executionPromise];
  },
  'commit() behind a slow query, and a query behind that': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').insert(eve));
    const slow = settled(route(trx.raw('select pg_sleep(0.1)')).then(() => 'slept'));
    await sleep(A_WHILE);
    trx.commit();
    const after = settled(route(trx('users').insert(fay)));
    return [trx.isCompleted(), await slow, await after, await trx.executionPromise];
  },
  'commit() twice': async (db, route) => {
    const trx = await db.transaction();
    const end = settled(trx.executionPromise);
    await route(trx('users').insert(eve));
    const both = [settled(trx.commit('one')), settled(trx.commit('two'))];
    const answers = await Promise.all(both);
    await sleep(A_WHILE);
    return [answers.map(([how, answer]) => [how, answer?.command]), await end];
  },
  'rollback() twice': async (db, route) => {
    const trx = await db.transaction();
    const end = settled(trx.executionPromise);
    await route(trx('users').insert(eve));
    await Promise.all([trx.rollback(new Error('one')), trx.rollback(new Error('two'))]);
    await sleep(A_WHILE);
    return end;
  },
  'commit(), then rollback()': async (db, route) => {
    const trx = await db.transaction();
    const end = settled(trx.executionPromise);
    await route(trx('users').insert(eve));
    trx.commit('one');
    trx.rollback(new Error('two'));
    await sleep(A_WHILE);
    return end;
  },
  'rollback(), then commit()': async (db, route) => {
    const trx = await db.transaction();
    const end = settled(trx.executionPromise);
    await route(trx('users').insert(eve));
    trx.rollback(new Error('one'));
    trx.commit('two');
    await sleep(A_WHILE);
    return end;
  },
  'a container that commits and goes on': async (db, route) => {
    let commit;
    const outcome = await settled(
      db.transaction(async (trx) => {
        await route(trx('users').insert(eve));
        commit = trx.commit('early');
        return settled(route(trx('users').insert(fay)));
      }),
    );
    // Knex lets the transaction end with the query that came too late, and not only when it has been committed.
    await settled(commit);
    return outcome;
  },
  'a container that rolls back without an error, and returns': (db, route) =>
    settled(
      db.transaction(async (trx) => {
        await route(trx('users').insert(eve));
        trx.rollback();
      }),
    ),
  'a container that rolls back, and throws something else': (db, route) =>
    settled(
      db.transaction(async (trx) => {
        await route(trx('users').insert(eve));
        trx.rollback(new Error('one'));
        throw new Error('two');
      }),
    ),
  'a container whose queries nobody waits for': (db, route) =>
    settled(
      db.transaction(async (trx) => {
        settled(route(trx('users').insert(eve)));
        settled(route(trx('users').insert(fay)));
        await sleep(0);
      }),
    ),
  'a container whose query nobody waits for, and fails': (db, route) =>
    settled(
      db.transaction(async (trx) => {
        settled(route(trx('users').insert(eve)));
        settled(route(trx('nowhere')));
        await sleep(0);
      }),
    ),
  'a savepoint: rollback() goes out before the next query of the outer one': async (db, route) => {
    const trx = await db.transaction();
    const inner = await trx.transaction();
    await route(inner('users').insert(eve));
    inner.rollback();
    const is = [inner.isCompleted(), trx.isCompleted()];
    await route(trx('users').insert(fay));
    const seen = await route(names(trx));
    await trx.commit();
    return [is, seen];
  },
  'a savepoint: rollback() behind a query that nobody waits for, and before one of the outer one': async (
    db,
    route,
  ) => {
    const trx = await db.transaction();
    const inner = await trx.transaction();
    const first = settled(route(inner('users').insert(eve)));
    await sleep(0);
    inner.rollback();
    const second = settled(route(trx('users').insert(fay)));
    await sleep(0);
    await trx.commit();
    return [await first, await second];
  },
  'a savepoint: commit(), and a query of it after that': async (db, route) => {
    const trx = await db.transaction();
    const inner = await trx.transaction();
    await route(inner('users').insert(eve));
    inner.commit();
    const is = inner.isCompleted();
    const after = await settled(route(inner('users').insert(fay)));
    await trx.commit();
    return [is, after];
  },
  'a savepoint: commit() of both in one turn': async (db, route) => {
    const trx = await db.transaction();
    const inner = await trx.transaction();
    await route(inner('users').insert(eve));
    inner.commit();
    trx.commit();
    return [inner.isCompleted(), await settled(inner.executionPromise), await settled(trx.executionPromise)];
  },
  'a savepoint: the outer commit() first': async (db, route) => {
    const trx = await db.transaction();
    const inner = await trx.transaction();
    const end = settled(inner.executionPromise);
    await route(inner('users').insert(eve));
    trx.commit();
    const is = [inner.isCompleted(), trx.isCompleted()];
    const after = await settled(route(inner('users').insert(fay)));
    inner.rollback(new Error('late'));
    return [is, after, await end, await settled(trx.executionPromise)];
  },
  'a savepoint that is begun after the end': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').insert(eve));
    let calls = 0;
    trx.commit();
    const inner = await settled(
      trx.transaction(async (one) => {
        calls++;
        return settled(route(one('users').insert(fay)));
      }),
    );
    return [inner, calls, await trx.executionPromise];
  },
  'a savepoint in a transaction that has failed': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').insert(eve));
    await settled(route(trx('nowhere')));
    const heard = [];
    const inner = await settled(
      trx.transaction(async (one) => {
        heard.push(one.isCompleted(), await settled(route(one('users'))));
      }),
    );
    await sleep(A_WHILE);
    await trx.rollback();
    // Its message has the number of the savepoint.
    return [inner[0], inner[1].code, heard];
  },
  'a savepoint: what the outer one does while it is open goes back with it': async (db, route) => {
    const trx = await db.transaction();
    const inner = await trx.transaction();
    await route(trx('users').insert(eve));
    await inner.rollback();
    const seen = await route(names(trx));
    await trx.commit();
    return seen;
  },
  'a savepoint: a failure of the outer one while it is open is made good by its rollback': async (
    db,
    route,
  ) => {
    const trx = await db.transaction();
    const inner = await trx.transaction();
    const innermost = await inner.transaction();
    const failures = [
      (await settled(route(trx('nowhere'))))[1].code,
      (await settled(route(innermost('users'))))[1].code,
      (await settled(route(inner('users'))))[1].code,
    ];
    await innermost.rollback();
    await route(innermost('users').insert(fay)).catch(() => {});
    await route(inner('users').insert(fay));
    await inner.commit();
    await trx.commit();
    return failures;
  },
  'a schema builder of several statements, ended behind it': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').insert(eve));
    const made = settled(
      route(trx.schema.createTable('fresh', (t) => t.integer('id').comment('one')).dropTable('fresh')),
    );
    await made;
    trx.commit();
    return [trx.isCompleted(), (await made)[0], await trx.executionPromise];
  },
  'a query that does not compile holds nobody up': async (db, route) => {
    const trx = await db.transaction();
    const wrong = settled(route(trx('users').where('id', undefined)));
    const right = settled(route(trx('users').insert(eve)));
    await sleep(0);
    await trx.commit();
    return [(await wrong)[0], await right];
  },
  'a stream that nobody waits for, and a commit behind it': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').insert(eve));
    const rows = [];
    const stream = route(trx('users').orderBy('id')).stream();
    stream.on('data', ({ name }) => rows.push(name));
    await new Promise((resolve) => stream.on('end', resolve));
    trx.commit();
    return [trx.isCompleted(), rows, await trx.executionPromise];
  },
  'asCallback of queries, and commit() in the last': (db, route) =>
    new Promise((resolve, reject) => {
      db.transaction((trx) => {
        route(trx('users').insert(eve)).asCallback((error) => {
          if (error) return reject(error);
          trx.commit();
          return resolve([trx.isCompleted(), trx.executionPromise]);
        });
      }).catch(reject);
    }).then(async ([is, end]) => [is, await end]),
};

/** What a random course does, one after the other; how it is waited for stands last. */
function randomSteps(random) {
  const pauses = ['await', 'turn', 'nothing'];
  const kinds = ['insert', 'insert', 'insert', 'fail', 'begin', 'begin', 'commit', 'rollback', 'look'];
  const one = (all) => all[random.int(0, all.length - 1)];
  const steps = Array.from({ length: random.int(3, 12) }, (_, id) => [
    one(kinds),
    id,
    random.int(0, 2),
    one(pauses),
  ]);
  // A rollback gives up what still opens the session: a query that waits for that is cancelled, where Knex would run it.
  const canGiveUp = steps.some(([kind]) => kind === 'rollback');
  return canGiveUp ? [['insert', 99, 0, 'await'], ...steps] : steps;
}

/** Follows a course, and tells what came of each step. */
async function follow(steps, db, route) {
  const levels = [await db.transaction()];
  const ends = [settled(levels[0].executionPromise)];
  const seen = [];
  const ending = [];
  for (const [what, id, depth, pause] of steps) {
    const at = Math.max(0, levels.length - 1 - depth);
    const trx = levels[at];
    let doing;
    if (what === 'insert')
      doing = settled(route(trx('tree').insert({ id: 100 + id })).then(() => 'inserted'));
    else if (what === 'fail') doing = settled(route(trx('tree').insert({ id: 1 })));
    else if (what === 'look') seen.push(levels.map((level) => level.isCompleted()));
    else if (what === 'begin') {
      // In another than the innermost, it would wait for that one's end.
      const [how, begun] = await settled(levels.at(-1).transaction());
      seen.push(how);
      if (how === 'good') {
        levels.push(begun);
        ends.push(settled(begun.executionPromise));
      }
    } else {
      doing = settled(Promise.resolve(trx[what]()).then(() => what));
      ending.push(doing);
    }
    if (doing !== undefined) seen.push(doing);
    if (pause === 'await') await doing;
    // How far an end gets in a while is a matter of luck on both sides.
    else if (pause === 'turn') await Promise.all([sleep(2), ...ending]);
  }
  for (const level of levels.toReversed()) await level.commit();
  const outcomes = [...(await Promise.all(seen)), ...(await Promise.all(ends))];
  // Messages hold the numbers of savepoints.
  return JSON.parse(
    JSON.stringify(outcomes, (_, value) =>
      value instanceof Error ? [value.code ?? value.message.slice(0, 30)] : value,
    ),
  );
}

describe('a transaction that nobody waits for comes to the same', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;
  before(async () => {
    sides = await startSides();
  });
  after(() => sides?.stop());

  const ways = ['.mtdd()', 'withTenant', 'forTenant'];
  for (const [name, run] of Object.entries(COURSES)) {
    it(name, () => sides.same(run, { ways }));
  }

  it('a container that calls rollback(error) and returns rejects, each of 100 times', async () => {
    const run = (db, route) =>
      settled(
        db.transaction(async (x) => {
          await route(x('users').insert(eve));
          x.rollback(new Error('because'));
        }),
      );
    const { plain, library, factory } = sides.own;
    await sides.reset();
    const [how, expected] = await run(plain, (query) => query);
    assert.equal(how, 'bad');
    for (let turn = 0; turn < 100; turn++) {
      const route = (query) => (turn % 2 ? query : query.mtdd(TENANT));
      const [end, error] = await run(turn % 2 ? factory.forTenant(TENANT) : library, route);
      assert.equal(end, 'bad', `turn ${turn}`);
      assert.equal(error.message, expected.message);
    }
    assert.deepEqual(await names(plain), ['ada', 'bob', 'cy', 'dee']);
  });

  it('random courses of statements, ends and savepoints, awaited or not', async (context) => {
    const seed = Number(process.env.MTDD_TEST_SEED ?? Date.now() % 2 ** 31);
    context.diagnostic(`MTDD_TEST_SEED=${seed}`);
    const { plain, library, factory } = sides.own;
    for (let course = 0; course < 60; course++) {
      const steps = randomSteps(new Random(seed + course));
      const expected = await sides.outcome(() => follow(steps, plain, (query) => query));
      const isBound = course % 2 === 1;
      const db = isBound ? factory.forTenant(TENANT) : library;
      const route = (query) => (isBound ? query : query.mtdd(TENANT));
      const actual = await sides.outcome(() => follow(steps, db, route));
      assert.deepEqual(actual, expected, `seed ${seed + course}: ${JSON.stringify(steps)}`);
    }
  });

  it('local queries of an instance with the library keep to the same order', async () => {
    const { plain, library } = sides.own;
    // The library's own pool leads to an empty database: only what needs no table can be asked there.
    const run = async (db) => {
      const trx = await db.transaction();
      const slow = settled(trx.raw('select pg_sleep(0.05), 1 as n').then(({ rows }) => rows[0].n));
      await sleep(0);
      trx.commit('value');
      const is = trx.isCompleted();
      const late = await settled(trx.raw('select 2'));
      return [is, late, await slow, await trx.executionPromise];
    };
    assert.deepEqual(await run(library), await run(plain));
    assert.deepEqual(await run(library), await run(plain), 'with a connection that the pool has');
    const inTurn = async (db) => {
      const trx = await db.transaction();
      const first = settled(trx.raw('select 1 as n').then(({ rows }) => rows));
      trx.rollback();
      return [await first, await trx.executionPromise];
    };
    assert.deepEqual(await inTurn(library), await inTurn(plain));
  });

  it('leaves no transaction open, and no connection in use', async () => {
    const open = async () =>
      (
        await sides.admin.query(
          "select count(*)::int as n from pg_stat_activity where state like 'idle in transaction%'",
        )
      ).rows[0].n;
    for (let turn = 0; turn < 50 && (await open()) > 0; turn++) await sleep(20);
    assert.equal(await open(), 0);
    const { library, factory } = sides.own;
    assert.deepEqual([library.client.pool.numUsed(), factory.client.pool.numUsed()], [0, 0]);
  });
});

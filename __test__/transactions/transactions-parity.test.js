/** Every turn that a transaction of Knex's can take comes to the same end on a shard as on a local connection. */

const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { TENANT, startSides } = require('../support/sides');

const SEED = [
  'create table notes (id int primary key, text text)',
  'create table later (id int references notes deferrable initially deferred)',
];

/** What an error says, without what differs from run to run. */
const told = ({ name, code, message, detail }) => ({ name, code, message, detail });

/** What a promise comes to. */
const endOf = (promise) =>
  Promise.resolve(promise).then(
    (value) => ({ value }),
    (error) => ({ error: told(error) }),
  );

/** The `query` events of a transaction. */
async function eventsDuring(db, container) {
  const seen = [];
  const listen = (event) => seen.push(event);
  db.on('query', listen);
  await db.transaction(container);
  db.removeListener('query', listen);
  return seen;
}

/** The Knex instance whose queries go through the library. */
let remote;

/** A function gets a Knex instance and what marks a query for the library, and gives all that is to be compared. */
const SCENARIOS = {
  'rollback(error) rejects with the error, and completes': async (db, route) => {
    const trx = await db.transaction();
    const end = endOf(trx.executionPromise);
    await route(trx('notes').insert({ id: 1 }));
    const before = trx.isCompleted();
    const rolledBack = await endOf(trx.rollback(new Error('no')));
    return [before, rolledBack, trx.isCompleted(), await end, await route(db('notes'))];
  },
  'rollback() without an error resolves, unless it was asked to reject': async (db, route) => {
    const ends = [];
    for (const doNotRejectOnRollback of [undefined, true, false]) {
      const trx = await db.transaction(undefined, { doNotRejectOnRollback });
      const end = endOf(trx.executionPromise);
      await route(trx('notes').insert({ id: 1 }));
      await trx.rollback();
      ends.push(await end);
    }
    return [ends, await route(db('notes'))];
  },
  'commit() and rollback() by hand in a callback': async (db, route) => [
    await endOf(
      db.transaction((trx) => {
        route(trx('notes').insert({ id: 1 })).then(() => trx.commit('done'), trx.rollback);
      }),
    ),
    await endOf(
      db.transaction((trx) => {
        route(trx('notes').insert({ id: 1 })).then(() => trx.commit('done'), trx.rollback);
      }),
    ),
    await endOf(
      db.transaction(async (trx) => {
        await route(trx('notes').insert({ id: 2 }));
        await trx.commit('early');
        return 'late';
      }),
    ),
    await endOf(
      db.transaction(async (trx) => {
        await route(trx('notes').insert({ id: 3 }));
        await trx.rollback();
      }),
    ),
    await route(db('notes').orderBy('id')),
  ],
  'what is thrown, whatever it is, is what it rejects with': async (db, route) => {
    const ends = [];
    for (const thrown of [new TypeError('a'), Object.assign(new Error('b'), { code: 'C' })]) {
      ends.push(
        await endOf(
          db.transaction(async (trx) => {
            await route(trx('notes').insert({ id: 1 }));
            throw thrown;
          }),
        ),
      );
    }
    return [ends, await route(db('notes'))];
  },
  'committing or rolling back twice': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('notes').insert({ id: 1 }));
    return [
      await endOf(trx.commit('a')),
      await endOf(trx.commit('b')),
      await endOf(trx.rollback(new Error('c'))),
      await endOf(trx.executionPromise),
      await endOf(route(trx('notes'))),
    ];
  },
  'transactionProvider begins one transaction when it is first asked': async (db, route) => {
    const provide = db.transactionProvider();
    const trx = await provide();
    const again = await provide();
    await route(trx('notes').insert({ id: 1 }));
    const end = endOf(trx.executionPromise);
    await trx.commit();
    return [trx === again, await end, await route(db('notes').pluck('id'))];
  },
  'every isolation level, and read only': async (db, route) => {
    const seen = [];
    for (const isolationLevel of ['read uncommitted', 'read committed', 'repeatable read', 'serializable']) {
      for (const readOnly of [false, true]) {
        const shown = await db.transaction(
          (trx) =>
            route(
              trx.raw(
                "select current_setting('transaction_isolation') as i, current_setting('transaction_read_only') as r",
              ),
            ),
          { isolationLevel, readOnly },
        );
        seen.push(shown.rows[0]);
      }
    }
    const written = endOf(db.transaction((trx) => route(trx('notes').insert({ id: 1 })), { readOnly: true }));
    return [seen, await written];
  },
  'nested ones, by callback, by hand and by savepoint()': async (db, route) => {
    const ends = [];
    await db.transaction(async (one) => {
      await route(one('notes').insert({ id: 1 }));
      const two = await one.transaction();
      await route(two('notes').insert({ id: 2 }));
      ends.push(two.isCompleted(), one.isCompleted(), two.parentTransaction === one);
      await two.rollback();
      ends.push(two.isCompleted(), one.isCompleted(), await endOf(route(two('notes'))));
      const saved = await one.savepoint(async (three) => {
        await route(three('notes').insert({ id: 3 }));
        ends.push(
          await endOf(
            three.transaction(async (four) => {
              await route(four('notes').insert({ id: 3 }));
            }),
          ),
        );
        return 'saved';
      });
      ends.push(saved);
      const outer = route(one('notes').insert({ id: 5 }));
      await outer;
    });
    return [ends, await route(db('notes').pluck('id').orderBy('id'))];
  },
  'nested ones that are begun together run one after the other': async (db, route) => {
    const order = [];
    await db.transaction(async (trx) => {
      await Promise.all(
        [1, 2, 3].map((id) =>
          trx.transaction(async (inner) => {
            order.push(`begin ${id}`);
            await route(inner('notes').insert({ id }));
            await sleep(5);
            order.push(`end ${id}`);
          }),
        ),
      );
    });
    return order;
  },
  'a failed statement fails the rest, and COMMIT then rolls back': async (db, route) => {
    const ends = [];
    const end = await endOf(
      db.transaction(async (trx) => {
        await route(trx('notes').insert({ id: 1 }));
        ends.push(await endOf(route(trx.raw('select 1 / 0'))));
        ends.push(await endOf(route(trx('notes'))));
      }),
    );
    return [ends, end, await route(db('notes'))];
  },
  'a constraint that is checked at COMMIT': async (db, route) => [
    await endOf(db.transaction((trx) => route(trx('later').insert({ id: 9 })))),
    await route(db('later')),
  ],
  'batchInsert in a transaction, in parts, and rolled back with it': async (db, route) => {
    const rows = Array.from({ length: 7 }, (_, id) => ({ id }));
    // A batch has no .mtdd(): the transaction says whose it is.
    const config = db === remote ? { mtdd: { tenantId: TENANT } } : {};
    const inserted = await db.transaction((trx) => trx.batchInsert('notes', rows, 3).returning('id'), config);
    const end = await endOf(
      db.transaction(async (trx) => {
        await db.batchInsert('notes', [{ id: 8 }, { id: 1 }], 1).transacting(trx);
      }, config),
    );
    return [inserted, end, (await route(db('notes').count()))[0]];
  },
  'many queries at once run in the order in which they were made': async (db, route) =>
    db.transaction(async (trx) => {
      await Promise.all([1, 2, 3, 4, 5].map((id) => route(trx('notes').insert({ id }))));
      return route(trx('notes').pluck('id'));
    }),
  'schema builders, SET LOCAL and temporary tables': async (db, route) => {
    const value = await db.transaction(async (trx) => {
      await route(trx.schema.createTable('fresh', (table) => table.integer('a')));
      await route(trx.raw("set local work_mem = '1234kB'"));
      await route(trx.raw('create temp table brief (a int) on commit drop'));
      await route(trx('brief').insert({ a: 1 }));
      const { rows } = await route(trx.raw("select current_setting('work_mem') as m, a from brief"));
      await route(trx.schema.dropTable('fresh'));
      return rows;
    });
    return [value, (await endOf(route(db('brief')))).error.code];
  },
  'events tell of BEGIN, the queries and COMMIT, all with one id': async (db, route) => {
    const seen = await eventsDuring(db, (trx) => route(trx('notes').insert({ id: 1 })));
    const ids = [...new Set(seen.map(({ __knexTxId }) => __knexTxId))];
    return [ids.length, seen.map(({ sql, bindings }) => [sql, bindings])];
  },
  'events tell of savepoints': async (db, route) => {
    const seen = await eventsDuring(db, async (trx) => {
      await route(trx('notes').insert({ id: 1 }));
      await trx.transaction((inner) => route(inner('notes').first()));
      await endOf(trx.transaction((inner) => route(inner('notes').insert({ id: 1 }))));
    });
    // Savepoints are named after the id of their transaction.
    return seen.map(({ sql }) => sql.replace(/trx\d+/, 'TRX'));
  },
  'a query that is cancelled when its time is up': async (db, route) => [
    await endOf(
      db.transaction(async (trx) => {
        await route(trx('notes').insert({ id: 1 }));
        await route(trx.raw('select pg_sleep(10)').timeout(100, { cancel: true }));
      }),
    ),
    await route(db('notes')),
  ],
  'asCallback, and a transaction that is a promise': async (db, route) => {
    const value = await new Promise((resolve, reject) => {
      db.transaction((trx) => route(trx('notes').insert({ id: 1 }).returning('id'))).asCallback(
        (error, rows) => (error ? reject(error) : resolve(rows)),
      );
    });
    return [value, await db.transaction((trx) => route(trx('notes').first()))];
  },
};

describe('transactions, as with Knex alone', () => {
  let sides;

  before(async () => {
    sides = await startSides({ seed: SEED });
    remote = sides.own.library;
  });
  after(() => sides?.stop());

  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    it(name, async () => {
      await sides.prepare('truncate notes, later');
      await sides.same(scenario);
    });
  }
});

/** Knex's transactions in every form it has: by callback, by hand, by provider, nested, configured, failing. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { startSides, TENANT } = require('../support/sides');
const { assertSame } = require('../../testkit/same');

const asItIs = (query) => query;
const eve = { name: 'eve', age: 5 };
const names = (db) => db('users').orderBy('id').pluck('name');
/** What settles how, in order of the settling. */
const settled = (promise) =>
  promise.then(
    (value) => ['good', value],
    (error) => ['bad', error],
  );

/** Each is one transaction or several; its value is compared, as is the data that it leaves. */
const COURSES = {
  'by callback, with its value': (db, route) =>
    db.transaction(async (trx) => {
      const [made] = await route(trx('users').insert(eve).returning('*'));
      return { made, names: await route(names(trx)) };
    }),
  'by callback that throws': (db, route) =>
    settled(
      db.transaction(async (trx) => {
        await route(trx('users').insert(eve));
        throw new Error('no');
      }),
    ),
  'by callback that throws at once': (db) =>
    settled(
      db.transaction(() => {
        throw new Error('at once');
      }),
    ),
  'by callback that rejects with nothing': (db, route) =>
    settled(
      db.transaction(async (trx) => {
        await route(trx('users').insert(eve));
        return Promise.reject();
      }),
    ),
  'by callback whose query fails': (db, route) =>
    settled(db.transaction((trx) => route(trx('users').insert({ name: 'ada' })))),
  'by callback that returns no promise, and commits by hand': (db, route) =>
    settled(
      db.transaction((trx) => {
        route(trx('users').insert(eve)).then(() => trx.commit('by hand'), trx.rollback);
      }),
    ),
  'by callback that returns no promise, and rolls back by hand': (db, route) =>
    settled(
      db.transaction((trx) => {
        route(trx('users').insert(eve)).then(() => trx.rollback(new Error('by hand')));
      }),
    ),
  'by callback that commits, and then returns something else': (db, route) =>
    settled(
      db.transaction(async (trx) => {
        await route(trx('users').insert(eve));
        await trx.commit('first');
        return 'second';
      }),
    ),
  'by callback that rolls back without an error': (db, route) =>
    settled(
      db.transaction(async (trx) => {
        await route(trx('users').insert(eve));
        await trx.rollback();
      }),
    ),
  'a query of it after the end': (db, route) =>
    db
      .transaction(async (trx) => {
        await route(trx('users').insert(eve));
        return trx;
      })
      .then((trx) => settled(route(trx('users')))),
  'by hand: commit with a value': async (db, route) => {
    const trx = await db.transaction();
    const before = [trx.isTransaction, trx.isCompleted(), trx.userParams];
    await route(trx('users').insert(eve));
    const answer = await trx.commit('value');
    return [before, answer.command, trx.isCompleted(), await trx.executionPromise];
  },
  'by hand: rollback': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').insert(eve));
    const answer = await trx.rollback();
    return [answer, trx.isCompleted(), await settled(trx.executionPromise)];
  },
  'by hand: rollback with an error': async (db, route) => {
    const trx = await db.transaction();
    const end = settled(trx.executionPromise);
    await route(trx('users').insert(eve));
    await trx.rollback(new Error('because'));
    return end;
  },
  'by hand: rollback without an error that rejects': async (db, route) => {
    const trx = await db.transaction(null, { doNotRejectOnRollback: false });
    const end = settled(trx.executionPromise);
    await route(trx('users').insert(eve));
    await trx.rollback();
    return end;
  },
  'by hand: a failing query, then a commit, which PostgreSQL makes a rollback': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').insert(eve));
    const failure = await settled(route(trx('nowhere')));
    const next = await settled(route(trx('users')));
    const answer = await trx.commit();
    return [failure, next, answer.command, await settled(trx.executionPromise)];
  },
  'by hand: ended twice': async (db, route) => {
    const trx = await db.transaction();
    await route(trx('users').insert(eve));
    await trx.commit();
    return [
      await settled(Promise.resolve(trx.commit())),
      await settled(Promise.resolve(trx.rollback())),
      await settled(trx.executionPromise),
    ];
  },
  'by hand: a COMMIT that fails': async (db, route) => {
    const trx = await db.transaction();
    const end = settled(trx.executionPromise);
    // Checked at COMMIT.
    await route(trx('orders').insert({ user_id: 99, item: 'x' }));
    await trx.commit();
    return end;
  },
  'by callback: a COMMIT that fails': (db, route) =>
    settled(db.transaction((trx) => route(trx('orders').insert({ user_id: 99, item: 'x' })))),
  'by provider': async (db, route) => {
    const provide = db.transactionProvider({ isolationLevel: 'serializable' });
    const [one, other] = [await provide(), await provide()];
    await route(one('users').insert(eve));
    const level = await route(other.raw('show transaction_isolation'));
    await one.commit();
    return [one === other, level.rows, one.isCompleted()];
  },
  'by provider that is never asked': (db) => typeof db.transactionProvider(),
  'its own then, catch, finally and asCallback': async (db, route) => {
    const heard = [];
    const good = () => db.transaction((trx) => route(trx('users').first('id')));
    const bad = () => db.transaction((trx) => route(trx('nowhere')));
    heard.push(await good().then((value) => value.id));
    heard.push(await bad().catch(({ code }) => code));
    heard.push(await good().finally(() => heard.push('finally')));
    await new Promise((resolve) => {
      bad()
        .asCallback((error) => resolve(heard.push(error)))
        .catch(() => {});
    });
    return heard;
  },
  transacting: async (db, route) =>
    db.transaction(async (trx) => {
      await route(db('users').insert(eve).transacting(trx));
      await route(db('orders').transacting(trx).where('id', 1)).update({ item: 'changed' });
      const raw = await route(db.raw('select count(*)::int as n from users')).transacting(trx);
      const there = await route(db.schema.hasTable('users').transacting(trx));
      return [raw.rows, there];
    }),
  'transacting of nothing': (db, route) => {
    try {
      return route(db('users').transacting(undefined));
    } catch (error) {
      return error.message;
    }
  },
  'savepoints that are released': (db, route) =>
    db.transaction(async (trx) => {
      await route(trx('users').insert(eve));
      const value = await trx.transaction(async (inner) => {
        await route(inner('users').insert({ name: 'fay' }));
        return inner.transaction((innermost) =>
          route(innermost('users').insert({ name: 'gil' }).returning('name')),
        );
      });
      return [value, await route(names(trx))];
    }),
  'savepoints that are rolled back': (db, route) =>
    db.transaction(async (trx) => {
      await route(trx('users').insert(eve));
      const failed = await settled(trx.transaction((inner) => route(inner('users').insert({ name: 'ada' }))));
      const thrown = await settled(
        trx.savepoint(async (inner) => {
          await route(inner('users').insert({ name: 'fay' }));
          throw new Error('back');
        }),
      );
      return [failed, thrown, await route(names(trx))];
    }),
  'a savepoint before any query, and one without': (db, route) =>
    db.transaction(async (trx) => {
      await trx.transaction(async (inner) => route(inner('users').insert(eve)));
      const nothing = await trx.transaction(async () => 'nothing');
      return [nothing, await route(names(trx))];
    }),
  'a savepoint by hand': (db, route) =>
    db.transaction(async (trx) => {
      const inner = await trx.transaction();
      await route(inner('users').insert(eve));
      const is = [inner.isTransaction, inner.parentTransaction === trx, inner.isCompleted()];
      await inner.rollback();
      return [is, inner.isCompleted(), await route(names(trx))];
    }),
  'siblings that are started together go one after another': (db, route) =>
    db.transaction(async (trx) => {
      const order = [];
      const sibling = (name) =>
        trx.transaction(async (inner) => {
          order.push(`begin ${name}`);
          await route(inner('users').insert({ name }));
          order.push(`end ${name}`);
        });
      await Promise.all([sibling('x'), sibling('y'), settled(sibling('ada')), sibling('z')]);
      return [order, await route(names(trx))];
    }),
  'an inner one that outlives the outer': async (db, route) => {
    let inner;
    await db.transaction(async (trx) => {
      await route(trx('users').insert(eve));
      inner = await trx.transaction();
      await route(inner('users').insert({ name: 'fay' }));
    });
    return [inner.isCompleted(), await settled(route(inner('users')))];
  },
  'many queries at once': (db, route) =>
    db
      .transaction(async (trx) => {
        const all = await Promise.all(
          [1, 2, 3, 4].map((id) => route(trx('users').where('id', id).first('name'))),
        );
        return [
          all,
          await Promise.allSettled([
            route(trx('users').insert(eve)),
            route(trx('tree').insert({ id: 1 })),
            route(trx('users')),
          ]),
        ];
      })
      .catch((error) => error),
  'isolation levels, and read only': async (db, route) => {
    const levels = [];
    for (const config of [
      { isolationLevel: 'read committed' },
      { isolationLevel: 'repeatable read' },
      { isolationLevel: 'serializable', readOnly: true },
      { readOnly: true },
    ]) {
      levels.push(
        await db
          .transaction(async (trx) => {
            const level = await route(trx.raw('show transaction_isolation'));
            const readOnly = await route(trx.raw('show transaction_read_only'));
            return [level.rows, readOnly.rows, await settled(route(trx('users').insert(eve)))];
          }, config)
          .catch((error) => error),
      );
    }
    return levels;
  },
  'an isolation level that does not exist': (db) => {
    try {
      return settled(db.transaction(async () => {}, { isolationLevel: 'none' }));
    } catch (error) {
      return error.message;
    }
  },
  userParams: async (db, route) =>
    db.withUserParams({ a: 1 }).transaction(async (trx) => {
      const inner = await trx.transaction(async (nested) => nested.userParams);
      return [trx.userParams, inner, await route(trx('users').first('id'))];
    }),
  'trx.raw, trx.schema, trx.ref, trx.fn, trx.select, trx.withRecursive': (db, route) =>
    db.transaction(async (trx) => {
      await route(trx.schema.createTable('fresh', (t) => t.integer('id')));
      await route(trx.raw('insert into fresh values (?), (?)', [1, 2]));
      return [
        await route(trx.select(trx.ref('id').as('n')).from('fresh').orderBy('id')),
        await route(trx.withRecursive('a', trx('fresh')).from('a').count()),
        await route(
          trx
            .queryBuilder()
            .from('fresh')
            .select(trx.raw('pg_typeof(?)', [trx.fn.now()])),
        ),
        await route(trx('fresh').columnInfo()),
      ];
    }),
  'a schema that is rolled back': (db, route) =>
    settled(
      db.transaction(async (trx) => {
        await route(trx.schema.createTable('fresh', (t) => t.integer('id')));
        throw new Error('back');
      }),
    ).then(async (end) => [end, await route(db.schema.hasTable('fresh'))]),
  'a stream in it': (db, route) =>
    db.transaction(async (trx) => {
      await route(trx('users').insert(eve));
      const rows = [];
      for await (const row of route(trx('users').orderBy('id')).stream()) rows.push(row.name);
      return [rows, await route(names(trx))];
    }),
  'settings for the transaction alone': async (db, route) => {
    const inside = await db.transaction(async (trx) => {
      await route(trx.raw("set local work_mem = '5MB'"));
      return (await route(trx.raw('show work_mem'))).rows;
    });
    return [inside, (await route(db.raw('show work_mem'))).rows];
  },
  'a temporary table, an advisory lock and a cursor': (db, route) =>
    db.transaction(async (trx) => {
      await route(trx.raw('create temporary table brief (a int) on commit drop'));
      await route(trx('brief').insert([{ a: 1 }, { a: 2 }]));
      await route(trx.raw('select pg_advisory_xact_lock(5)'));
      await route(trx.raw('declare c cursor for select a from brief order by a'));
      return [(await route(trx.raw('fetch 1 from c'))).rows, (await route(trx.raw('fetch 1 from c'))).rows];
    }),
  'a timeout of a query in it': (db, route) =>
    settled(
      db.transaction(async (trx) => {
        await route(trx('users').insert(eve));
        await route(trx.raw('select pg_sleep(5)').timeout(30, { cancel: true }));
      }),
    ).then(([end, error]) => [end, error.name, error.message, error.timeout]),
  'forUpdate, skipLocked and noWait against another': (db, route) =>
    db.transaction(async (trx) => {
      await route(trx('users').where('id', 1).forUpdate());
      return db
        .transaction(async (other) => [
          await route(other('users').orderBy('id').forUpdate().skipLocked().pluck('id')),
          await settled(route(other('users').where('id', 1).forUpdate().noWait())),
        ])
        .catch((error) => error);
    }),
  'disableProcessing and enableProcessing': async (db, route) => {
    db.disableProcessing();
    const rows = await route(db('users').first('id'));
    db.enableProcessing();
    return rows;
  },
};

/** Those of batchInsert, which takes no `.mtdd()` of its own. */
const BATCHES = {
  batchInsert: (db) => db.batchInsert('tree', many(25), 10),
  'batchInsert with returning': (db) => db.batchInsert('tree', many(25), 10).returning('id'),
  'batchInsert with several columns': (db) => db.batchInsert('tree', many(5)).returning(['id', 'parent']),
  'batchInsert of nothing': (db) => db.batchInsert('tree', []),
  'batchInsert that fails midway leaves nothing': (db) =>
    settled(db.batchInsert('tree', [...many(15), { id: 1 }], 5)),
  'batchInsert with a wrong size': (db) => {
    try {
      return db.batchInsert('tree', [], 0);
    } catch (error) {
      return error;
    }
  },
  'trx.batchInsert': (db) => db.transaction((trx) => trx.batchInsert('tree', many(12), 5).returning('id')),
};

/** Those of COURSES in which every query is the transaction's. */
const WHOLLY_INSIDE = [
  'by callback, with its value',
  'by callback that throws',
  'by callback that throws at once',
  'by callback whose query fails',
  'by callback that commits, and then returns something else',
  'by hand: commit with a value',
  'by hand: rollback with an error',
  'by hand: a failing query, then a commit, which PostgreSQL makes a rollback',
  'by hand: a COMMIT that fails',
  'by provider',
  'its own then, catch, finally and asCallback',
  'savepoints that are released',
  'savepoints that are rolled back',
  'a savepoint before any query, and one without',
  'a savepoint by hand',
  'siblings that are started together go one after another',
  'many queries at once',
  'isolation levels, and read only',
  'trx.raw, trx.schema, trx.ref, trx.fn, trx.select, trx.withRecursive',
  'a stream in it',
  'a temporary table, an advisory lock and a cursor',
  'forUpdate, skipLocked and noWait against another',
];

/** An instance whose transactions each name the tenant, so that no query of them has to. */
function sayingItself(library) {
  const { transaction } = library.context;
  const context = Object.assign(Object.create(library.context), {
    transaction: (container, config) =>
      transaction.call(library.context, container, { ...config, mtdd: { tenantId: TENANT } }),
  });
  return {
    transaction: context.transaction,
    transactionProvider: (config) => context.transactionProvider(config),
  };
}

const many = (count) =>
  Array.from({ length: count }, (_, index) => ({ id: 100 + index, parent: index % 2 ? index : null }));

describe('a transaction comes to the same', () => {
  /** @type {import('../support/sides').Sides} */
  let sides;
  before(async () => {
    sides = await startSides();
  });
  after(() => sides?.stop());

  for (const [name, run] of Object.entries(COURSES)) {
    it(name, () => sides.same(run, { ways: ['.mtdd()', 'withTenant', 'forTenant'] }));
  }

  for (const [name, run] of Object.entries(BATCHES)) {
    it(name, () => sides.same(run, { ways: ['withTenant', 'forTenant'] }));
  }

  for (const name of WHOLLY_INSIDE) {
    it(`${name}, where the transaction says whose it is`, async () => {
      const { plain, library } = sides.own;
      const expected = await sides.outcome(() => COURSES[name](plain, asItIs));
      const actual = await sides.outcome(() => COURSES[name](sayingItself(library), asItIs));
      assertSame(actual, expected);
    });
  }

  it('on a connection that the application gives, which the routed queries leave alone', async () => {
    const run = async (db, route) => {
      const connection = await db.client.acquireConnection();
      try {
        return await db.transaction((trx) => route(trx('users').insert(eve).returning('*')), { connection });
      } finally {
        await db.client.releaseConnection(connection);
      }
    };
    await sides.same(run, { ways: ['.mtdd()', 'withTenant'], locals: 1 });
  });

  it('leaves no transaction open', async () => {
    const open = async () =>
      (
        await sides.admin.query(
          "select count(*)::int as n from pg_stat_activity where state like 'idle in transaction%'",
        )
      ).rows[0].n;
    for (let turn = 0; turn < 50 && (await open()) > 0; turn++) await sleep(20);
    assert.equal(await open(), 0);
  });
});

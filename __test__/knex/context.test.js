const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const createKnex = require('knex');
const { ValidationError, runLocal, tenantContext, withTenant } = require('../../js');
const { attached, result, statementsOf } = require('../support/recording-client');

const twoShards = { queryServers: ['127.0.0.1:1', '127.0.0.1:2'], lookupServer: '127.0.0.1:3' };
const wrongTenants = [undefined, null, '', Number.NaN, true, {}, { tenantId: 't' }, [], () => 't'];

let db;
let native;
/** What went to the local connection of `db`. */
let local;

before(async () => {
  ({ db, native, local } = await attached({ mtdd: twoShards }));
});
beforeEach(() => {
  native.calls.length = 0;
  local.length = 0;
  native.answer = () => [null, result()];
});
after(() => db.destroy());

/** Whose the queries were that have been sent. */
const tenants = () => native.calls.map(({ tenant, tenantType }) => `${tenant}/${tenantType}`);

describe('inside withTenant, queries need no .mtdd()', () => {
  test('builders, Raw, schema builders, columnInfo, and what they are awaited behind', async () => {
    await withTenant('t', 2, async () => {
      await db('a').where({ id: 1 });
      await db.select('x').from('a');
      await db.raw('select 1');
      await db.schema.createTable('a', (table) => table.increments());
      await db('a').columnInfo();
      await sleep(1);
      await db('a').whereIn('id', function () {
        this.select('id').from('b');
      });
      await new Promise((resolve) => setImmediate(() => resolve(db('a'))));
      await new Promise((resolve, reject) =>
        db('a').asCallback((error) => (error ? reject(error) : resolve())),
      );
      await db.withUserParams({ a: 1 })('a');
    });
    assert.deepEqual(tenants(), Array(9).fill('t/2'));
    assert.deepEqual(local, []);
  });

  test('it gives back what the function gives, or throws', async () => {
    assert.equal(
      withTenant('t', () => 5),
      5,
    );
    assert.throws(
      () =>
        withTenant('t', 1, () => {
          throw new RangeError('mine');
        }),
      RangeError,
    );
    native.answer = () => [null, result([{ id: 1 }])];
    assert.deepEqual(await withTenant(42, undefined, () => db('a')), [{ id: 1 }]);
    assert.deepEqual(tenants(), ['42/1']);
  });

  test('the tenant is that of the place where the query was made', async () => {
    const query = withTenant('t', () => ({
      made: db('a'),
      raw: db.raw('select 1'),
      schema: db.schema.dropTable('a'),
    }));
    await withTenant('u', () => query.made);
    await query.raw;
    await query.schema;
    assert.deepEqual(tenants(), ['t/1', 't/1', 't/1']);
  });

  test('a query that was made outside takes that of the place where it is run', async () => {
    const query = db('a');
    await withTenant('t', async () => query);
    await withTenant('t', () => query.then());
    await withTenant('t', () => query);
    assert.deepEqual(tenants(), ['t/1', 't/1', 't/1']);
    await query;
    assert.equal(local.length, 1, 'it has not become the tenant’s itself');
  });

  test('the inner of nested calls holds, and only inside', async () => {
    await withTenant('t', async () => {
      await db('a');
      await withTenant('u', 3, () => db('a'));
      await db('a');
    });
    await db('a');
    assert.deepEqual(tenants(), ['t/1', 'u/3', 't/1']);
    assert.equal(local.length, 1);
  });

  test('a hundred at once do not mix', async () => {
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        withTenant(`t${index}`, async () => {
          await sleep(index % 7);
          await db('a').where({ index });
          await sleep(index % 3);
          await db('a').where({ index });
        }),
      ),
    );
    assert.equal(native.calls.length, 200);
    for (const { tenant, values } of native.calls) assert.equal(tenant, `t${values[0]}`);
  });

  test('an explicit .mtdd() outranks it, that for all shards too', async () => {
    await withTenant('t', async () => {
      await db('a').mtdd('u', 4);
      await db('a').whereIn('id', db('b').select('id')).mtdd('u');
      await db('a').mtdd(null);
      await db('a').mtdd();
    });
    assert.deepEqual(tenants(), ['u/4', 'u/1', 'null/1', 'null/1']);
  });

  test('batches and transactions do not run on the local database', async () => {
    const calls = [
      () => db.batchInsert('a', [{ id: 1 }, { id: 2 }], 1),
      () => db.transaction((trx) => trx('a').insert({ id: 1 })),
      () => db.transaction((trx) => db('a').transacting(trx)),
      () => db.transaction((trx) => trx.transaction((inner) => inner.raw('select 1'))),
    ];
    // Whether they run on the shard is for the tests of transactions to say.
    for (const call of calls) await withTenant('t', call).catch(() => {});
    assert.deepEqual(statementsOf(local), []);
  });

  test('a connection that the query names outranks it', async () => {
    const connection = await db.client.acquireConnection();
    await withTenant('t', () => db('a').connection(connection));
    await db.client.releaseConnection(connection);
    assert.deepEqual(local, ['select * from "a"']);
    assert.deepEqual(native.calls, []);
  });

  test('an instance that the library was not set up on runs as before', async () => {
    const other = createKnex({
      client: 'pg',
      connection: { host: '127.0.0.1', port: 1 },
      log: { warn() {} },
    });
    await assert.rejects(
      withTenant('t', () => other('a')),
      /ECONNREFUSED/,
    );
    const foreign = { client: Object.assign(Object.create(other.client), { transacting: true }) };
    assert.doesNotThrow(() => withTenant('t', () => other('a').transacting(foreign)));
    assert.throws(() => withTenant('t', () => db('a').transacting(foreign)), ValidationError);
    await other.destroy();
  });

  test('with useMtdd false they run on the local connection', async () => {
    const plain = await attached({ mtdd: { useMtdd: false } });
    await withTenant('t', () => plain.db('a'));
    assert.deepEqual(plain.local, ['select * from "a"']);
    await plain.db.destroy();
  });

  test('once closed, they are refused and not run locally', async () => {
    const closed = await attached();
    await closed.runtime.close();
    await assert.rejects(
      withTenant('t', () => closed.db('a')),
      { code: 'CLIENT_CLOSED' },
    );
    assert.deepEqual(closed.local, []);
    await closed.db.destroy();
  });
});

describe('a wrong argument is a TypeError, and the function is not run', () => {
  const never = () => assert.fail('it was run');

  test('tenants', () => {
    for (const tenant of wrongTenants) {
      assert.throws(
        () => withTenant(tenant, never),
        (error) => {
          assert.ok(error instanceof TypeError);
          assert.match(error.message, /^withTenant\(\): tenantId: expected a string or a number, got /);
          assert.equal(error.code, 'VALIDATION_ERROR');
          return true;
        },
      );
    }
  });

  test('types and functions', () => {
    for (const type of [null, 'x', 1.5, Number.NaN]) {
      assert.throws(() => withTenant('t', type, never), /^TypeError: withTenant\(\): tenantType: /);
    }
    assert.throws(
      () => withTenant('t'),
      /^TypeError: withTenant\(\): fn: expected a function, got undefined/,
    );
    assert.throws(() => withTenant('t', 1, 5), /^TypeError: withTenant\(\): fn: /);
    assert.throws(() => runLocal(), /^TypeError: runLocal\(\): fn: /);
    assert.throws(
      () => tenantContext('t'),
      /^TypeError: tenantContext\(\): resolve: expected a function, got "t"/,
    );
  });
});

describe('runLocal', () => {
  test('queries inside run on the local connection, also when awaited outside', async () => {
    await withTenant('t', async () => {
      await runLocal(async () => {
        await db('a');
        await withTenant('u', () => db('b'));
      });
      await runLocal(() => db('c'));
      await db('d');
    });
    assert.deepEqual(local, ['select * from "a"', 'select * from "c"']);
    assert.deepEqual(tenants(), ['u/1', 't/1']);
  });

  test('an explicit .mtdd() outranks it', async () => {
    await runLocal(() => db('a').mtdd('t'));
    assert.deepEqual(tenants(), ['t/1']);
  });
});

describe('clones and sub-queries of a context', () => {
  test('a clone keeps the tenant', async () => {
    const query = withTenant('t', () => db('a'));
    await query.clone().where({ id: 1 });
    await withTenant('t', () => db('a').clone());
    assert.deepEqual(tenants(), ['t/1', 't/1']);
  });

  test('a clone of an unbound query belongs to where it is made', async () => {
    const query = db('a');
    const copy = withTenant('t', () => query.clone());
    await copy;
    await query;
    assert.deepEqual(tenants(), ['t/1']);
    assert.equal(local.length, 1);
  });

  test('a query kept from the context of another tenant is not cloned', async () => {
    const kept = withTenant('t', () => db('a'));
    assert.throws(
      () => withTenant('u', () => kept.clone()),
      (error) => {
        assert.ok(error instanceof ValidationError);
        assert.match(error.message, /made in the context of tenant "t" .*cloned in that of tenant "u"/);
        return true;
      },
    );
    await withTenant('u', () => kept.mtdd('u').clone());
    assert.deepEqual(tenants(), ['u/1']);
  });

  test('a sub-query from the context of another tenant is refused, unless the outer query says whose it is', async () => {
    const inner = withTenant('u', () => db('b').select('id'));
    const here = runLocal(() => db('b').select('id'));
    const outer = (sub) => db('a').whereIn('id', sub);
    await assert.rejects(
      withTenant('t', () => outer(inner)),
      ValidationError,
    );
    await assert.rejects(
      withTenant('t', () => outer(here)),
      /names the local database inside a query for tenant "t"/,
    );
    await assert.rejects(outer(inner), ValidationError);
    assert.deepEqual([native.calls, local], [[], []]);

    await withTenant('u', () => outer(inner));
    await outer(inner).mtdd('t');
    await outer(here);
    assert.deepEqual(tenants(), ['u/1', 't/1']);
    assert.equal(local.length, 1);
  });

  test('a callback that is called in another context belongs to its query', async () => {
    const query = withTenant('t', () =>
      db('a').whereIn('id', function () {
        this.select('id').from(db('b').as('b'));
      }),
    );
    await withTenant('u', () => query.then());
    assert.deepEqual(tenants(), ['t/1']);
  });
});

describe('mtdd.requireTenant', () => {
  const kinds = {
    'a query': (knex) => knex('a'),
    'a Raw': (knex) => knex.raw('select 1'),
    'a schema builder': (knex) => knex.schema.dropTable('a'),
    'a query of a transaction': (knex) => knex.transaction((trx) => trx('a')),
    'a batch': (knex) => knex.batchInsert('a', [{ id: 1 }]),
    'a query of a withUserParams clone': (knex) => knex.withUserParams({})('a'),
    'a stream': (knex) => new Promise((_, reject) => knex('a').stream().once('error', reject)),
    'a query on a connection': (knex) => knex('a').connection({ query() {} }),
  };
  for (const useMtdd of [true, false]) {
    for (const [name, run] of Object.entries(kinds)) {
      test(`${name} without a tenant is refused with useMtdd ${useMtdd}, and nothing is sent`, async () => {
        const strict = await attached({ mtdd: { useMtdd, requireTenant: true } });
        await assert.rejects(run(strict.db), (error) => {
          assert.ok(error instanceof ValidationError, error.stack);
          assert.match(error.message, /mtdd\.requireTenant: this query names no tenant/);
          return true;
        });
        assert.deepEqual(statementsOf(strict.local), []);
        assert.deepEqual(strict.native?.calls ?? [], []);
        await strict.db.destroy();
      });
    }
  }

  test('.mtdd(), withTenant and runLocal each say enough', async () => {
    const strict = await attached({ mtdd: { requireTenant: true } });
    await strict.db('a').mtdd('t');
    await withTenant('u', () => strict.db('a'));
    await strict.db('a').whereIn('id', strict.db('b').select('id')).mtdd();
    await runLocal(() => strict.db('a'));
    await runLocal(() => strict.db.transaction((trx) => trx('b')));
    assert.deepEqual(
      strict.native.calls.map(({ tenant }) => tenant),
      ['t', 'u', null],
    );
    assert.deepEqual(statementsOf(strict.local), ['select * from "a"', 'select * from "b"']);
    await strict.db.destroy();
  });
});

test('asyncStackTraces shows the same frames as without the library', async () => {
  const options = { client: 'pg', connection: { user: 'nobody' }, asyncStackTraces: true };
  const plain = createKnex(options);
  const { db: routed } = await attached({ knex: { asyncStackTraces: true } });
  const { db: own } = await attached({ knex: { asyncStackTraces: true }, patchNothing: true });
  const firstFrame = (builder) => {
    const { error, lines } = builder._asyncStack;
    return error.stack.split('\n')[lines].replace(/:\d+:\d+\)?$/, '');
  };
  for (const make of [
    (knex) => knex('a'),
    (knex) => knex.raw('x'),
    (knex) => knex.schema,
    (knex) => knex.select(),
  ]) {
    assert.equal(firstFrame(make(routed)), firstFrame(make(plain)));
    assert.equal(firstFrame(make(own)), firstFrame(make(plain)));
  }
  await Promise.all([plain, routed, own].map((knex) => knex.destroy()));
});

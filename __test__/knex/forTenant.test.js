const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, beforeEach, describe, test } = require('node:test');
const createKnex = require('knex');
const { ConfigError, ValidationError, createMtddKnex, runLocal, withTenant } = require('../../js');
const { binderOf } = require('../../js/knex/bound-instance');
const { routeOfTenant } = require('../../js/knex/route');
const { startCluster } = require('../../testkit/cluster');
const { attached, result, statementsOf } = require('../support/recording-client');

let db;
let native;
/** What went to the local connection of `db`. */
let local;
let forTenant;
/** A temporary directory with one migration and one seed. */
let files;

before(async () => {
  ({ db, native, local } = await attached({ patchNothing: true }));
  const bind = binderOf(db);
  forTenant = (...args) => bind(routeOfTenant('forTenant()', ...args));
  files = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-files-'));
  fs.mkdirSync(path.join(files, 'migrations'));
  fs.mkdirSync(path.join(files, 'seeds'));
  fs.writeFileSync(
    path.join(files, 'migrations', '1_first.js'),
    `exports.up = (knex) => knex.schema.createTable('migrated', (table) => table.increments());
     exports.down = (knex) => knex.schema.dropTable('migrated');
     exports.config = { transaction: false };`,
  );
  fs.writeFileSync(
    path.join(files, 'seeds', 'first.js'),
    "exports.seed = (knex) => knex('seeded').insert({ id: 1 });",
  );
});
beforeEach(() => {
  native.calls.length = 0;
  local.length = 0;
  native.answer = () => [null, result()];
});
after(async () => {
  await db.destroy();
  fs.rmSync(files, { recursive: true });
});

/** Whose the queries were that have been sent. */
const tenants = () => native.calls.map(({ tenant, tenantType }) => `${tenant}/${tenantType}`);

describe('every query of a bound instance goes to its tenant', () => {
  const queries = {
    'a table': (bound) => bound('a').where({ id: 1 }),
    'a table with an alias': (bound) => bound('a', { only: true }),
    'a query builder': (bound) => bound.queryBuilder().select('x').from('a'),
    'a method of the instance': (bound) => bound.select('x').from('a'),
    'an insert': (bound) => bound.insert({ id: 1 }).into('a').returning('id'),
    'a Raw': (bound) => bound.raw('select ?', [1]),
    'a Raw of fn': (bound) => bound.fn.now(),
    'a schema builder': (bound) => bound.schema.dropTable('a'),
    hasTable: (bound) => bound.schema.hasTable('a'),
    columnInfo: (bound) => bound('a').columnInfo(),
    'a ref': (bound) => bound.ref('a.b'),
    'a clone': (bound) => bound('a').clone().where({ id: 1 }).clone(),
    'a query of the context': (bound) => bound.context.queryBuilder().from('a'),
    'a Raw of the context': (bound) => bound.context.raw('select 1'),
    'a query of the client': (bound) => bound.client.queryBuilder().from('a'),
    'a Raw of the client': (bound) => bound.client.raw('select 1'),
    'a query of a withUserParams clone': (bound) => bound.withUserParams({ a: 1 })('a'),
    'a query of a clone of the context': (bound) => bound.context.withUserParams({ a: 1 }).raw('select 1'),
    'a query with sub-queries': (bound) =>
      bound('a')
        .whereIn('id', function () {
          this.select('id').from('b');
        })
        .whereIn('id', bound('b').select('id'))
        .where('at', '<', bound.fn.now())
        .whereIn('id', db('c').select('id')),
    'a query inside withTenant': (bound) => withTenant('u', () => bound('a')),
    'a query inside runLocal': (bound) => runLocal(() => bound('a')),
    asCallback: (bound) =>
      new Promise((resolve, reject) => bound('a').asCallback((error) => (error ? reject(error) : resolve()))),
  };
  for (const [name, make] of Object.entries(queries)) {
    test(name, async () => {
      await make(forTenant('t', 2));
      assert.deepEqual(tenants(), ['t/2']);
      assert.deepEqual(local, []);
    });
  }

  test('options hold for all of them', async () => {
    const bound = forTenant('t', undefined, { timeout: 50, operationType: 'read' });
    await bound('a');
    await bound.raw('select 1').mtdd('t', 1, 'auto', { timeout: 70 });
    assert.deepEqual(
      native.calls.map(({ timeout, operation }) => [timeout, operation]),
      [
        [50, 'read'],
        [70, undefined],
      ],
    );
  });

  test('with useMtdd false they run on the local connection', async () => {
    const plain = await attached({ patchNothing: true, mtdd: { useMtdd: false, requireTenant: true } });
    const bound = binderOf(plain.db)(routeOfTenant('forTenant()', 't'));
    await bound('a');
    await bound.transaction((trx) => trx('b'));
    await assert.rejects(plain.db('a'), ValidationError);
    assert.deepEqual(plain.local, ['select * from "a"', 'BEGIN;', 'select * from "b"', 'COMMIT;']);
    await plain.db.destroy();
  });
});

describe('nothing of a bound instance runs on the local database', () => {
  const migrations = () => ({ directory: path.join(files, 'migrations') });
  const calls = {
    'a batch': (bound) => bound.batchInsert('a', [{ id: 1 }, { id: 2 }], 1),
    'a batch of the context': (bound) => bound.context.batchInsert('a', [{ id: 1 }]),
    'a transaction': (bound) => bound.transaction((trx) => trx('a')),
    'a Raw of a transaction': (bound) => bound.transaction((trx) => trx.raw('select 1')),
    'a schema builder of a transaction': (bound) => bound.transaction((trx) => trx.schema.dropTable('a')),
    'a batch of a transaction': (bound) => bound.transaction((trx) => trx.batchInsert('a', [{ id: 1 }])),
    'a batch that joins a transaction': (bound) =>
      bound.transaction((trx) => bound.batchInsert('a', [{ id: 1 }]).transacting(trx)),
    'a transaction without a container': async (bound) => {
      const trx = await bound.transaction();
      await trx('a').finally(() => trx.rollback());
    },
    'a transaction of a provider': async (bound) => {
      const trx = await bound.transactionProvider()();
      await trx('a').finally(() => trx.rollback());
    },
    'a nested transaction': (bound) =>
      bound.transaction((trx) => trx.transaction((inner) => inner.transaction((third) => third('a')))),
    'a savepoint': (bound) => bound.transaction((trx) => trx.savepoint((inner) => inner('a'))),
    'a query that joins its transaction': (bound) => bound.transaction((trx) => bound('a').transacting(trx)),
    'a query that joins a transaction of the instance': (bound) =>
      db.transaction((trx) => bound('a').transacting(trx)),
    'a clone of one that joined': (bound) => db.transaction((trx) => bound('a').transacting(trx).clone()),
    'a query of the instance that joins its transaction': (bound) =>
      bound.transaction((trx) => db('a').transacting(trx)),
    'a transaction of a withUserParams clone': (bound) =>
      bound.withUserParams({}).transaction((trx) => trx('a')),
    'a transaction of the client': (bound) => bound.client.transaction((trx) => trx('a'), {}, null),
    'migrate.latest': (bound) => bound.migrate.latest(migrations()),
    'migrate.list': (bound) => bound.migrate.list(migrations()),
    'seed.run': (bound) => bound.seed.run({ directory: path.join(files, 'seeds') }),
    'a stream': (bound) =>
      new Promise((resolve) => bound('a').stream().on('error', resolve).on('end', resolve).resume()),
  };
  for (const [name, run] of Object.entries(calls)) {
    test(name, async () => {
      // Whether it runs on the shard is for the tests of transactions and streams to say.
      await Promise.resolve(run(forTenant('t'))).catch(() => {});
      assert.deepEqual(statementsOf(local), []);
      assert.ok(tenants().every((tenant) => tenant === 't/1'));
    });
  }

  test('a batch does not join a transaction that is not bound, or bound to another', async () => {
    const batch = () => forTenant('t').batchInsert('a', [{ id: 1 }]);
    const batches = [];
    const joining = (trx) => {
      const waiting = batch();
      batches.push(waiting.catch(() => {}));
      return waiting.transacting(trx);
    };
    await assert.rejects(db.transaction(joining), /^ValidationError: \.batchInsert\(\)\.transacting\(\)/);
    await assert.rejects(forTenant('u').transaction(joining), ValidationError);
    assert.deepEqual(statementsOf(local), []);
    // Refused there, each goes on in a transaction of its own.
    await Promise.all(batches);
  });
});

describe('what a bound instance refuses', () => {
  const refused = {
    'destroy()': (bound) => bound.destroy(),
    'initialize()': (bound) => bound.initialize(),
    'forTenant()': (bound) => bound.forTenant('u'),
    listening: (bound) => bound.on('query', () => {}),
    'client.destroy()': (bound) => bound.client.destroy(),
    'client.acquireConnection()': (bound) => bound.client.acquireConnection(),
    'client.acquireRawConnection()': (bound) => bound.client.acquireRawConnection(),
    'client.query()': (bound) => bound.client.query({ query() {} }, 'select 1'),
    'client.stream()': (bound) => bound.client.stream({}, 'select 1'),
    'another tenant': (bound) => bound('a').mtdd('u'),
    'another type': (bound) => bound('a').mtdd('t', 2),
    'all shards': (bound) => bound.raw('select 1').mtdd(),
    'another tenant in its transaction': (bound) => bound.transaction((trx) => trx('a').mtdd('u')),
    'a connection of its own': (bound) => bound('a').connection({ query() {} }),
    'the transaction of another tenant': (bound) =>
      forTenant('u').transaction((trx) => bound('a').transacting(trx)),
    'a sub-query of another tenant': (bound) => bound('a').whereIn('id', forTenant('u')('b').select('id')),
    'a Raw of another tenant': (bound) => bound('a').where('at', '<', forTenant('u').fn.now()),
    'a sub-query of a Raw of another tenant': (bound) =>
      bound.raw('select * from (?)', [forTenant('u')('b')]),
    'being part of a local query': (bound) => db('a').whereIn('id', bound('b').select('id')),
    'being part of a local Raw': (bound) => db.raw('select * from (?)', [bound('b')]),
  };
  for (const [name, run] of Object.entries(refused)) {
    test(name, async () => {
      await assert.rejects(
        async () => run(forTenant('t')),
        (error) => {
          assert.ok(error instanceof ValidationError, error.stack);
          return true;
        },
      );
      assert.deepEqual(native.calls, []);
      assert.deepEqual(statementsOf(local), []);
    });
  }

  test('its pool cannot be reached', () => {
    assert.equal(forTenant('t').client.pool, undefined);
  });

  test('a wrong tenant, type or option', () => {
    for (const tenant of [undefined, null, '', Number.NaN, {}, { tenantId: 't' }]) {
      assert.throws(() => forTenant(tenant), /^TypeError: forTenant\(\): tenantId: /);
    }
    for (const type of [null, 'x', 1.5]) {
      assert.throws(() => forTenant('t', type), /^TypeError: forTenant\(\): tenantType: /);
    }
    assert.throws(() => forTenant('t', 1, 5), /^TypeError: forTenant\(\): options: /);
    assert.throws(() => forTenant('t', 1, { timeout: 0 }), /^TypeError: forTenant\(\): options\.timeout: /);
    assert.throws(() => forTenant('t', 1, { allServers: true }), /options\.allServers/);
  });
});

describe('bound instances stay apart', () => {
  test('what is put on one is not seen on the others', () => {
    const one = forTenant('t');
    db.cacheOfSomebody = 'of the instance';
    one.cacheOfSomebody = 'of one';
    assert.equal(forTenant('t').cacheOfSomebody, undefined);
    assert.equal(db.cacheOfSomebody, 'of the instance');
    delete db.cacheOfSomebody;
  });

  test('two at once do not mix, and the instance itself is as before', async () => {
    await Promise.all([forTenant('t')('a'), forTenant('u', 5).raw('select 1'), db('a'), db('a').mtdd('v')]);
    assert.deepEqual(tenants().sort(), ['t/1', 'u/5', 'v/1']);
    assert.deepEqual(local, ['select * from "a"']);
  });

  test('userParams and the configuration are those of the instance', () => {
    const bound = forTenant('t');
    assert.equal(bound.client.config, db.client.config);
    assert.equal(bound.client.dialect, 'postgresql');
    assert.equal(bound.withUserParams({ a: 1 }).userParams.a, 1);
    assert.equal(bound('a').toString(), 'select * from "a"');
  });
});

describe("Knex's own classes are left alone", () => {
  test('no prototype has changed, and other instances have no .mtdd()', async () => {
    const other = createKnex({
      client: 'pg',
      connection: { host: '127.0.0.1', port: 1 },
      log: { warn() {} },
    });
    for (const builder of [other('a'), other.raw('select 1'), other.schema]) {
      assert.equal(builder.mtdd, undefined);
      assert.equal(
        Object.hasOwn(Object.getPrototypeOf(builder), 'transacting'),
        Object.hasOwn(builder.constructor.prototype, 'transacting'),
      );
    }
    assert.equal(other.client.constructor.name, 'Client_PG');
    assert.equal(typeof db('a').mtdd, 'function');
    assert.equal(db('a').constructor.name, other('a').constructor.name);
    assert.ok(db('a') instanceof other('a').constructor);
    assert.ok(db.raw('select 1') instanceof other.raw('select 1').constructor);
    await other.destroy();
  });

  test('.mtdd(), clones and transactions work on the instance as they do elsewhere', async () => {
    await db('a').mtdd('t').clone();
    await db.raw('select 1').mtdd('t');
    await withTenant('u', () => db('a').clone());
    await assert.rejects(db('a').whereIn('id', db('b').mtdd('u').select('id')).mtdd('t'), ValidationError);
    await db.transaction(async (trx) => {
      await trx('a');
      await db('b').transacting(trx);
    });
    assert.deepEqual(tenants(), ['t/1', 't/1', 'u/1']);
    assert.deepEqual(statementsOf(local), ['select * from "a"', 'select * from "b"']);
  });
});

describe('createMtddKnex', () => {
  test('refuses a configuration that is wrong, and leaves nothing open', async () => {
    for (const config of [undefined, null, {}, { knex: 'postgres://' }, { knex: [] }]) {
      await assert.rejects(createMtddKnex(config), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /^knex: expected Knex's configuration, an object, got /);
        return true;
      });
    }
    const knex = { client: 'pg', connection: {} };
    await assert.rejects(createMtddKnex({ knex, mtdd: { useMtdd: 1 } }), /^ConfigError: mtdd\.useMtdd: /);
    await assert.rejects(createMtddKnex({ knex, mtd: {} }), ConfigError);
    await assert.rejects(createMtddKnex({ knex: { client: 'mysql2' } }), ConfigError);
  });

  describe('with servers', () => {
    let cluster;
    let instance;

    before(async () => {
      cluster = await startCluster({ seed: ['create table notes (id int)', 'create table seeded (id int)'] });
      instance = await createMtddKnex({
        knex: { client: 'pg', connection: cluster.local.databaseUrl },
        mtdd: { useMtdd: true, queryServers: cluster.queryServers, lookupServer: cluster.lookupServer },
      });
    });
    after(async () => {
      await instance?.destroy();
      await cluster?.stop();
    });

    test('each tenant has its rows on its shard, and the local database none', async () => {
      const { replication } = instance;
      const shards = new Set();
      for (const [index, tenant] of ['one', 'two'].entries()) {
        await replication.addTenant(tenant);
        shards.add(await replication.tenantShard(tenant));
        const bound = instance.forTenant(tenant);
        await bound('notes').insert({ id: index });
        await bound.seed.run({ directory: path.join(files, 'seeds') });
        assert.deepEqual(await bound('notes').select(), [{ id: index }]);
        assert.deepEqual(await bound('seeded').select(), [{ id: 1 }]);
        const { rows } = await bound.raw("select current_setting('mtdd.tenant_id', true) as who");
        assert.deepEqual(rows, [{ who: tenant }]);
      }
      assert.equal(shards.size, 2);
      assert.deepEqual(await instance('notes').select(), []);
      assert.deepEqual(await instance('seeded').select(), []);
      assert.deepEqual(await instance('notes').mtdd('one'), [{ id: 0 }]);
    });

    test('an unknown tenant is the error of .mtdd()', async () => {
      await assert.rejects(instance.forTenant('nobody')('notes'), { code: 'TENANT_NOT_FOUND' });
    });

    test('the handle closes it, and so does destroy()', async () => {
      assert.equal(instance.replication.config.useMtdd, true);
      await instance.replication.close();
      await assert.rejects(instance.forTenant('one')('notes'), { code: 'CLIENT_CLOSED' });
      assert.deepEqual(await instance('notes').select(), []);
    });
  });
});

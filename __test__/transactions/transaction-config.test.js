/**
 * The tenant of a transaction: checked before Knex has been asked for anything, whatever the way in, so that a wrong
 * one never means the local database. Nothing may be begun, and no container run.
 */

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { ClientClosedError, ValidationError, withTenant } = require('../../js');
const { binderOf } = require('../../js/knex/bound-instance');
const { routeOfTenant } = require('../../js/knex/route');
const { attached } = require('../support/recording-client');

const WRONG = {
  undefined: undefined,
  null: null,
  'an empty text': '',
  NaN: Number.NaN,
  true: true,
  'an array': ['t'],
  'a function': () => 't',
  'an empty object': {},
  'an undefined tenant': { tenantId: undefined },
  'a null tenant': { tenantId: null },
  'a tenant that is NaN': { tenantId: Number.NaN },
  'a misspelt tenant': { tenantid: 't' },
  'a wrong type': { tenantId: 't', tenantType: 'x' },
  'a misspelt type': { tenantId: 't', tenanttype: 2 },
  'a wrong option': { tenantId: 't', timeout: -1 },
  'a misspelt option': { tenantId: 't', timeOut: 5 },
  'a wrong method': { tenantId: 't', methodType: 'x' },
  'all shards': { allServers: true },
  'a tenant and all shards': { tenantId: 't', allServers: true },
};

const never = () => assert.fail('its container was run');

/** The ways to begin a transaction, outermost and nested; each throws or rejects. */
const WAYS = {
  transaction: async (db, config) => db.transaction(never, config),
  'transaction without a container': async (db, config) => db.transaction(undefined, config),
  'transaction with its config alone': async (db, config) => db.transaction(config),
  transactionProvider: async (db, config) => db.transactionProvider(config)(),
  'transactionProvider, asked twice': async (db, config) => {
    const provide = db.transactionProvider(config);
    await provide().catch(() => {});
    return provide();
  },
  'a withUserParams clone': async (db, config) => db.withUserParams({ a: 1 }).transaction(never, config),
  'the client': async (db, config) => db.client.transaction(never, config, null),
  'forTenant, by its factory': async (db, config) => bound(db, 't').transaction(never, config),
  withTenant: async (db, config) => withTenant('t', () => db.transaction(never, config)),
  'a nested transaction': async (db, config) => db.transaction((trx) => trx.transaction(never, config)),
  'a nested one without a container': async (db, config) =>
    db.transaction((trx) => trx.transaction(undefined, config)),
  'a savepoint': async (db, config) => db.transaction((trx) => trx.savepoint(never, config)),
  "a transaction in a transaction for a tenant's": async (db, config) =>
    db.transaction((trx) => trx.transaction(never, config), { mtdd: { tenantId: 't' } }),
};

const bound = (db, tenant, type) => binderOf(db)(routeOfTenant('forTenant()', tenant, type));

/** What went out that was more than the transaction around. */
const control = (local) => local.filter((text) => !/^(BEGIN|COMMIT|ROLLBACK)/.test(text));

for (const [mode, mtdd] of Object.entries({
  'useMtdd true': { queryServers: ['127.0.0.1:1', '127.0.0.1:2'], lookupServer: '127.0.0.1:3' },
  'useMtdd false': { useMtdd: false },
  'useMtdd false and requireTenant': { useMtdd: false, requireTenant: true },
})) {
  describe(`a wrong tenant of a transaction is refused before anything is begun, with ${mode}`, () => {
    for (const [way, begin] of Object.entries(WAYS)) {
      test(way, async () => {
        const { db, local, native } = await attached({ mtdd });
        for (const [name, wrong] of Object.entries(WRONG)) {
          await assert.rejects(begin(db, { mtdd: wrong }), (error) => {
            assert.ok(error instanceof TypeError, `${name}: ${error.stack}`);
            assert.match(error.message, /^transaction\(fn, \{ mtdd \}\): /, name);
            assert.equal(error.code, 'VALIDATION_ERROR');
            return true;
          });
        }
        await sleep(5);
        assert.deepEqual(control(local), []);
        const isNested = local.length > 0;
        assert.equal(isNested && !/nested|savepoint|in a transaction/.test(way), false, local.join());
        assert.deepEqual(
          native?.calls.filter(({ text }) => !/^(BEGIN|ROLLBACK|COMMIT)/.test(text)) ?? [],
          [],
        );
        assert.equal(db.client.pool.numUsed(), 0);
        await db.destroy();
      });
    }

    test('a right one is the tenant of its queries', async () => {
      const { db, local, native } = await attached({ mtdd });
      const seen = [];
      for (const tenant of ['t', 5, 7n, { tenantId: 't', tenantType: '2' }]) {
        await db.transaction(
          async (trx) => {
            await trx('a');
            await trx.raw('select 1');
            await db('b').transacting(trx);
            await trx.transaction((inner) => inner('c'));
            await trx.savepoint((inner) => inner('c'), { mtdd: tenant });
            await trx.batchInsert('d', [{ id: 1 }]);
          },
          { mtdd: tenant },
        );
        const trx = await db.transaction({ mtdd: tenant });
        await trx('a');
        await trx.commit();
        const provided = await db.transactionProvider({ mtdd: tenant })();
        await provided('a');
        await provided.rollback();
        const ours = native?.calls.filter(({ text }) => /^(select|insert)/.test(text)) ?? [];
        seen.push(new Set(ours.splice(0).map((call) => `${call.tenant}/${call.tenantType}`)));
        native?.calls.splice(0);
      }
      const queries = local.filter((text) => /^(select|insert)/.test(text));
      if (native === undefined) assert.equal(queries.length, 4 * 8);
      else {
        assert.deepEqual(
          seen,
          [['t/1'], ['5/1'], ['7/1'], ['t/2']].map((one) => new Set(one)),
        );
        assert.deepEqual(queries, []);
      }
      await db.destroy();
    });

    test('an instance, or a transaction, that is bound to a tenant does not take another', async () => {
      const { db, local } = await attached({ mtdd });
      const other = { mtdd: { tenantId: 'u' } };
      const refused = [
        () => bound(db, 't').transaction(never, other),
        () => bound(db, 't').transaction(undefined, other),
        () => bound(db, 't').transactionProvider(other)(),
        () => bound(db, 't', 2).transaction(never, { mtdd: { tenantId: 't' } }),
        () => bound(db, 't').client.transaction(never, other, null),
        () => bound(db, 't').transaction((trx) => trx.transaction(never, other)),
        () => db.transaction((trx) => trx.savepoint(never, other), { mtdd: { tenantId: 't' } }),
      ];
      for (const begin of refused) {
        await assert.rejects(
          async () => begin(),
          (error) => {
            assert.ok(error instanceof ValidationError, error.stack);
            assert.match(
              error.message,
              /expected tenant "t" .*, which this Knex instance is bound to, got tenant/,
            );
            return true;
          },
        );
      }
      await bound(db, 't').transaction((trx) => trx('a'), { mtdd: { tenantId: 't' } });
      assert.deepEqual(control(local).length, native(db) ? 0 : 1);
      await db.destroy();
    });

    test('a connection beside the tenant is refused, because one of them would not be used', async () => {
      const { db, local } = await attached({ mtdd });
      const connection = { query: never };
      await assert.rejects(async () => db.transaction(never, { connection, mtdd: 't' }), ValidationError);
      await assert.rejects(async () => bound(db, 't').transaction(never, { connection }), ValidationError);
      assert.deepEqual(local, []);
      await db.destroy();
    });

    test('a misspelt mtdd is a TypeError, and what else Knex takes is not', async () => {
      const { db, local } = await attached({ mtdd });
      for (const name of ['MTDD', 'Mtdd', 'mtd', 'mttd', 'mtddd']) {
        await assert.rejects(
          async () => db.transaction(never, { [name]: { tenantId: 't' } }),
          new RegExp(`^TypeError: transaction\\(\\): config\\.${name}: unknown option; did you mean "mtdd"`),
        );
      }
      assert.deepEqual(local, []);
      const config = {
        isolationLevel: 'serializable',
        readOnly: true,
        doNotRejectOnRollback: false,
        mode: 'x',
      };
      assert.equal(await db.transaction(async () => 'done', config), 'done');
      await db.destroy();
    });

    test('after close() it is refused, and nothing runs locally', async () => {
      const { db, runtime, local } = await attached({ mtdd });
      const running = await db.transaction({ mtdd: { tenantId: 't' } });
      await runtime.close();
      local.length = 0;
      const config = { mtdd: { tenantId: 't' } };
      for (const begin of [
        () => db.transaction(never, config),
        () => db.transaction(undefined, config),
        () => db.transactionProvider(config)(),
        () => bound(db, 't').transaction(never),
        () => bound(db, 't').transactionProvider()(),
        () => bound(db, 't').batchInsert('a', [{ id: 1 }]),
        () => running.transaction(never, config),
        () => running.transaction(never),
        () => running('a'),
      ]) {
        await assert.rejects(async () => begin(), ClientClosedError);
      }
      await assert.rejects(async () => db.transaction(never, { mtdd: { tenantId: undefined } }), TypeError);
      assert.deepEqual(local, []);
      assert.equal(await db.transaction(async () => 'local'), 'local', 'the instance goes on working');
      await running.rollback();
      await db.destroy();
    });
  });
}

/** Whether queries of an instance go to shards. */
function native(db) {
  return db.client[Symbol.for('mtdd.runtime')].native !== null;
}

describe('a container that does not rely on its promise', () => {
  test('the config may be changed, or used again, after the call', async () => {
    const { db, native: client } = await attached();
    const config = { mtdd: { tenantId: 't' } };
    const first = db.transaction((trx) => trx('a'), config);
    config.mtdd.tenantId = undefined;
    config.mtdd = { tenantId: 'u' };
    const second = db.transaction((trx) => trx('a'), config);
    await Promise.all([first, second]);
    const tenants = client.calls.filter(({ text }) => text.startsWith('select')).map(({ tenant }) => tenant);
    assert.deepEqual(tenants.sort(), ['t', 'u']);
    await db.destroy();
  });
});

test('what names a tenant beside "mtdd" is refused before anything is begun', async () => {
  const { db, local } = await attached({ mtdd: { useMtdd: false } });
  for (const name of [
    'tenantId',
    'tenantType',
    'methodType',
    'tenant',
    'tenantID',
    'allServers',
    'timeout',
  ]) {
    for (const way of ['transaction', 'transaction without a container', 'a savepoint']) {
      await assert.rejects(WAYS[way](db, { [name]: 't' }), (error) => {
        assert.ok(error instanceof TypeError, `${name}: ${error.stack}`);
        assert.match(error.message, new RegExp(`config\\.${name}: .*mtdd`));
        return true;
      });
    }
  }
  assert.deepEqual(control(local), []);
  await db.destroy();
});

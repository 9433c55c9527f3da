/**
 * What `.mtdd()` and its like are told: names that are nearly an option's are mistakes, options without effect say so,
 * and all shards have to be asked for in so many words where that is configured. Instances that the library was never
 * set up on notice nothing of it.
 */

const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const createKnex = require('knex');
const { runLocal, withSignal, withTenant } = require('../../js');
const { binderOf } = require('../../js/knex/bound-instance');
const { routeFrom, routeOfTenant } = require('../../js/knex/route');
const { attached } = require('../support/recording-client');

const OPTIONS = {
  allServers: false,
  partialResults: false,
  operationType: 'read',
  timeout: 5,
  cacheTTL: 0,
  skipCache: false,
  cacheKey: 'k',
  auditLog: false,
  maxRetries: 0,
  idempotencyKey: 'k',
  readPreference: 'primary',
  userId: 1,
  requestId: 'r',
  sessionId: 's',
  signal: new AbortController().signal,
  IsReRun: false,
};

/** Of a name, what fingers make of it. */
function misspellings(name) {
  const middle = Math.floor(name.length / 2);
  const swapped = [...name];
  [swapped[middle], swapped[middle - 1]] = [swapped[middle - 1], swapped[middle]];
  return [
    name.toUpperCase(),
    name.toLowerCase(),
    `${name[0].toUpperCase()}${name.slice(1)}`,
    name.replace(/(?<=[a-z])[A-Z]/, (letter) => `_${letter.toLowerCase()}`),
    name.slice(1),
    name.slice(0, -1),
    `${name.slice(0, middle)}${name.slice(middle + 1)}`,
    `${name}s`,
    `x${name}x`,
    swapped.join(''),
  ].filter((one) => !Object.hasOwn(OPTIONS, one) && one !== name);
}

describe('a misspelt option is a TypeError that names it', () => {
  const ways = {
    '.mtdd(tenant, type, method, options)': (options) => routeFrom(['t', 1, 'auto', options]),
    '.mtdd({ tenantId, ...options })': (options) => routeFrom([{ tenantId: 't', ...options }]),
    '.mtdd({ allServers: true, ...options })': (options) => routeFrom([{ ...options, allServers: true }]),
    'forTenant(tenant, type, options)': (options) => routeOfTenant('forTenant()', 't', 1, options),
  };
  for (const [way, make] of Object.entries(ways)) {
    test(way, () => {
      for (const name of Object.keys(OPTIONS)) {
        for (const typed of misspellings(name)) {
          assert.throws(
            () => make({ [typed]: OPTIONS[name] }),
            (error) => {
              assert.ok(error instanceof TypeError, typed);
              assert.ok(
                error.message.includes(`options.${typed}: unknown option; did you mean "`),
                error.message,
              );
              assert.deepEqual([error.code, error.statusCode], ['VALIDATION_ERROR', 400]);
              return true;
            },
          );
        }
      }
    });
  }

  test('every option itself is taken, and so is other metadata', () => {
    const metadata = {
      department: 'x',
      'trace-parent': 1,
      a: 1,
      priority: 2,
      '': 3,
      ['x'.repeat(1_000_000)]: 4,
    };
    const { allServers, ...options } = OPTIONS;
    const route = routeFrom(['t', 1, 'auto', { ...options, ...metadata }]);
    assert.deepEqual({ ...route.options }, { ...options, ...metadata });
    assert.equal(allServers, false);
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      assert.doesNotThrow(() => routeFrom(['t', 1, 'auto', JSON.parse(`{"${name}": 1}`)]), name);
    }
  });

  test('thousands of names of metadata are told from options in no time', () => {
    const begun = performance.now();
    for (let index = 0; index < 5000; index++) routeFrom([{ tenantId: 't', [`metadata${index}`]: 1 }]);
    assert.ok(performance.now() - begun < 2000);
  });

  test('an argument among the options would be overlooked', () => {
    for (const name of ['tenantId', 'tenantType', 'methodType']) {
      for (const make of [
        ways['.mtdd(tenant, type, method, options)'],
        ways['forTenant(tenant, type, options)'],
      ]) {
        assert.throws(
          () => make({ [name]: 'auto' }),
          new RegExp(`^TypeError: .*options\\.${name}: expected none`),
        );
      }
      for (const typed of misspellings(name)) {
        assert.throws(() => routeFrom([{ tenantId: 't', [typed]: 'x' }]), TypeError, typed);
      }
    }
  });
});

describe('an option that does nothing yet', () => {
  async function warned(run, mtdd) {
    const warnings = [];
    const { db, runtime } = await attached({ mtdd });
    runtime.logger = { warn: (fields, message) => warnings.push([fields.option, message]) };
    await run(db);
    await db.destroy();
    return warnings;
  }

  for (const useMtdd of [true, false]) {
    test(`warns once, whichever the way, with useMtdd ${useMtdd}`, async () => {
      const idle = {
        auditLog: true,
        cacheTTL: 5,
        readPreference: 'replica',
        skipCache: true,
        cacheKey: 'k',
        idempotencyKey: 'once',
      };
      for (const [name, value] of Object.entries(idle)) {
        const options = { [name]: value };
        const warnings = await warned(
          async (db) => {
            await db('a').mtdd({ tenantId: 't', ...options });
            await db('a').mtdd('t', 1, 'auto', options);
            await db.raw('select 1').mtdd('u', 1, 'auto', options);
            await binderOf(db)(routeOfTenant('forTenant()', 't', 1, options))('a');
            await db.transaction((trx) => trx('a'), { mtdd: { tenantId: 't', ...options } });
          },
          { useMtdd },
        );
        assert.equal(warnings.length, 1, name);
        assert.equal(warnings[0][0], name);
        assert.match(warnings[0][1], new RegExp(`^The option ${name} does nothing yet`));
      }
    });
  }

  test('says nothing where nothing was expected of it', async () => {
    const options = {
      auditLog: false,
      cacheTTL: 0,
      readPreference: 'primary',
      skipCache: false,
      cacheKey: null,
    };
    assert.deepEqual(await warned((db) => db('a').mtdd({ tenantId: 't', ...options })), []);
  });
});

describe("mtdd.allShards: 'explicit'", () => {
  for (const useMtdd of [true, false]) {
    test(`all shards are reached by allServers: true alone, with useMtdd ${useMtdd}`, async () => {
      const { db, native, local } = await attached({ mtdd: { useMtdd, allShards: 'explicit' } });
      const user = { tenant_id: null };
      for (const make of [
        () => db('a').del().mtdd(user.tenant_id),
        () => db('a').mtdd(),
        () => db.raw('delete from a').mtdd(null),
        () => db.schema.dropTable('a').mtdd(null),
        () => db('a').mtdd(null, 1, 'auto', { timeout: 5 }),
        () => db('a').mtdd(null, 1, 'auto', { allServers: false }),
        () => withTenant('t', () => db('a').mtdd(null)),
      ]) {
        assert.throws(
          make,
          /^TypeError: \.mtdd\(\): tenantId: expected a tenant, got (null|none); mtdd\.allShards is/,
        );
      }
      assert.deepEqual([native?.calls ?? [], local], [[], []]);
      await db('a').mtdd({ allServers: true });
      await db('a').mtdd(null, 1, 'auto', { allServers: true });
      await db('a').mtdd('t');
      if (useMtdd)
        assert.deepEqual(
          native.calls.map(({ tenant }) => tenant),
          [null, null, 't'],
        );
      await db.destroy();
    });
  }

  test('is not the default', async () => {
    const { db, native } = await attached();
    await db('a').mtdd();
    await db('a').mtdd(null);
    assert.deepEqual(
      native.calls.map(({ asked }) => asked),
      [undefined, 'null'],
    );
    await db.destroy();
  });
});

test('builders of an instance that was never set up are left as they are', async () => {
  const ours = await attached();
  const other = createKnex({ client: 'pg', connection: { host: '127.0.0.1', port: 1 }, log: { warn() {} } });
  const fresh = () => [other('a'), other.raw('select 1'), other.schema, other('a').clone()];
  const symbols = (builder) => Object.getOwnPropertySymbols(builder).map(String);
  const plain = fresh().map(symbols);
  const { signal } = new AbortController();
  const inside = withSignal(signal, () =>
    withTenant('t', () => [other('a').clone(), other.queryBuilder().clone(), ...fresh()]),
  );
  assert.deepEqual(inside.slice(2).map(symbols), plain);
  assert.deepEqual(inside.slice(0, 2).map(symbols), [plain[0], plain[0]]);
  assert.deepEqual(runLocal(() => [other('a').clone()]).map(symbols), [plain[0]]);
  // One that is kept from a request may be cloned in another's.
  const kept = inside[0];
  assert.doesNotThrow(() => withTenant('u', () => kept.clone()));
  assert.deepEqual(Object.keys(kept), Object.keys(other('a')));
  await Promise.all([other.destroy(), ours.db.destroy()]);
});

describe('options are read once, and are the object’s own', () => {
  test('inherited ones are refused', () => {
    class Settings {
      get timeout() {
        return 5;
      }
    }
    for (const options of [Object.create({ allServers: true }), new Settings()]) {
      assert.throws(() => routeFrom(['t', 1, 'auto', options]), /inherited/);
      assert.throws(() => routeFrom([{ tenantId: 't' }, 1, 'auto', options]), /inherited/);
      assert.throws(() => routeFrom([Object.assign(options, { tenantId: 't' })]), /inherited/);
    }
  });

  test('what says something else the second time is taken at its first word', () => {
    let asked = 0;
    const options = {
      get allServers() {
        return asked++ > 0;
      },
    };
    const { tenant, options: taken } = routeFrom(['t', 1, 'auto', options]);
    assert.deepEqual([tenant, taken.allServers, asked], ['t', false, 1]);
  });

  test('what is on Object.prototype is no option', () => {
    Object.prototype.allServers = true;
    try {
      assert.equal(routeFrom(['t']).tenant, 't');
      assert.equal(routeFrom(['t', 1, 'auto', {}]).tenant, 't');
      assert.equal(routeFrom([{ tenantId: 't' }]).tenant, 't');
    } finally {
      delete Object.prototype.allServers;
    }
  });
});

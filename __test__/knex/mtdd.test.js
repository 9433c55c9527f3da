const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, test } = require('node:test');
const createKnex = require('knex');
const { ConfigError, ValidationError } = require('../../js/errors');
const { attached, result } = require('../support/recording-client');

let db;
let native;
/** What went to the local connection of `db`. */
let ranLocally;
let local;

before(async () => {
  ({ db, native, local: ranLocally } = await attached());
  ({ db: local } = await attached({ mtdd: { useMtdd: false } }));
});
beforeEach(() => {
  native.calls.length = 0;
  native.answer = () => [null, result()];
});
after(async () => {
  await db.destroy();
  await local.destroy();
});

/** Where one query went. */
async function sent(query) {
  await query;
  assert.equal(native.calls.length, 1);
  const { tenant, tenantType, register, operation, timeout, maxRetries } = native.calls[0];
  return { tenant, tenantType, register, operation, timeout, maxRetries };
}

const plain = { register: false, operation: undefined, timeout: undefined, maxRetries: undefined };
const t1 = { tenant: 't', tenantType: 1, ...plain };
const all = { tenant: null, tenantType: 1, ...plain };

describe('every signature names its route', () => {
  const routes = [
    ["('t')", ['t'], t1],
    ['(42, 1)', [42, 1], { ...t1, tenant: '42' }],
    ['(0)', [0], { ...t1, tenant: '0' }],
    ['(10n)', [10n], { ...t1, tenant: '10' }],
    ["('t', 7)", ['t', 7], { ...t1, tenantType: 7 }],
    ["('t', '7')", ['t', '7'], { ...t1, tenantType: 7 }],
    ["('t', undefined)", ['t', undefined], t1],
    ["('t', null)", ['t', null], { ...t1, register: true }],
    ["('t', 2, 'addTenantShard')", ['t', 2, 'addTenantShard'], { ...t1, tenantType: 2, register: true }],
    ["('t', null, 'addTenantShard')", ['t', null, 'addTenantShard'], { ...t1, register: true }],
    ["('t', 1, 'executeQuery')", ['t', 1, 'executeQuery'], t1],
    ["('t', 1, 'auto')", ['t', 1, 'auto'], t1],
    ["('t', 1, null, null)", ['t', 1, null, null], t1],
    ['()', [], all],
    ['(null)', [null], all],
    ['(null, 1, undefined, { allServers: true })', [null, 1, undefined, { allServers: true }], all],
    ['({ allServers: true })', [{ allServers: true }], all],
    ["({ tenantId: 't' })", [{ tenantId: 't' }], t1],
    ["({ tenantId: 't', tenantType: 3 })", [{ tenantId: 't', tenantType: 3 }], { ...t1, tenantType: 3 }],
    ["({ tenantId: 't' }, 3)", [{ tenantId: 't' }, 3], { ...t1, tenantType: 3 }],
    [
      "({ tenantId: 't', methodType: 'addTenantShard' })",
      [{ tenantId: 't', methodType: 'addTenantShard' }],
      { ...t1, register: true },
    ],
    [
      'options that are acted upon',
      ['t', 1, 'executeQuery', { operationType: 'read', timeout: 500, maxRetries: 0 }],
      { ...t1, operation: 'read', timeout: 500, maxRetries: 0 },
    ],
    ['options that are null', ['t', 1, 'auto', { operationType: null, timeout: null, userId: null }], t1],
    ['options that are not known', ['t', 1, 'auto', { reason: 'report', cacheTTL: 5, auditLog: true }], t1],
  ];
  for (const [name, args, route] of routes) {
    test(`.mtdd${name}`, async () => assert.deepEqual(await sent(db('a').mtdd(...args)), route));
  }
});

describe('a wrong argument is refused before anything is sent, whichever the transport', () => {
  const refused = [
    ['undefined', [undefined], /tenantId: expected a string or a number, got undefined/],
    ["''", [''], /tenantId: .* got ""/],
    ['NaN', [Number.NaN], /tenantId: .* got NaN/],
    ['half of a surrogate pair', ['a\uD800'], /tenantId: .* half of a surrogate pair/],
    ['the other half, in an object', [{ tenantId: '\uDC00' }], /tenantId: .* half of a surrogate pair/],
    ['Infinity', [Number.POSITIVE_INFINITY], /tenantId/],
    ['true', [true], /tenantId/],
    ['a function', [() => 't'], /tenantId: .* got a function/],
    ['an array', [['t']], /tenantId/],
    ['a Date', [new Date()], /tenantId/],
    ['an empty object', [{}], /tenantId/],
    ['an object with an undefined tenant', [{ tenantId: undefined, tenantType: 1 }], /tenantId/],
    ['an object with a null tenant', [{ tenantId: null }], /tenantId/],
    ['a number that has been rounded', [2 ** 53], /tenantId: .*string or a bigint/],
    ['a name with NUL', ['A\0'], /tenantId: .*NUL/],
    ['a name that no server takes', ['é'.repeat(1025)], /tenantId: .*2048 bytes/],
    ['a negative type', ['t', -1], /tenantType/],
    ['a negative type as a text', ['t', '-1'], /tenantType/],
    [
      'a tenant and all servers',
      ['t', 1, 'auto', { allServers: true }],
      /options\.allServers: expected none/,
    ],
    ['the same in an object', [{ tenantId: 't', allServers: true }], /options\.allServers: expected none/],
    [
      'the same in both',
      [{ tenantId: 0 }, 1, 'auto', { allServers: true }],
      /options\.allServers: expected none/,
    ],
    ['an object that says no to all servers', [{ allServers: false }], /tenantId/],
    ['an object with an empty tenant', [{ tenantId: '' }], /tenantId/],
    ["tenantType 'x'", ['t', 'x'], /tenantType: expected a whole number .* got "x"/],
    ['tenantType 1.5', ['t', 1.5], /tenantType/],
    ['tenantType NaN', ['t', Number.NaN], /tenantType/],
    ['a tenantType that does not fit', ['t', 2 ** 31], /tenantType/],
    ['an unknown method', ['t', 1, 'executeQeury'], /methodType: .*did you mean 'executeQuery'/],
    ['registering all shards', [null, null], /tenant to register/],
    ['registering all shards by method', [null, 1, 'addTenantShard'], /tenant to register/],
    ['options that are no object', ['t', 1, 'auto', 5], /options: expected an object, got 5/],
    ['allServers', ['t', 1, 'auto', { allServers: 1 }], /options\.allServers: expected true or false, got 1/],
    ['operationType', ['t', 1, 'auto', { operationType: 'raed' }], /options\.operationType: .*got "raed"/],
    ['timeout', ['t', 1, 'auto', { timeout: '5' }], /options\.timeout: .*milliseconds/],
    ['timeout 0', ['t', 1, 'auto', { timeout: 0 }], /options\.timeout/],
    ['cacheTTL', ['t', 1, 'auto', { cacheTTL: -1 }], /options\.cacheTTL: .*seconds/],
    ['skipCache', ['t', 1, 'auto', { skipCache: 'no' }], /options\.skipCache/],
    ['cacheKey', ['t', 1, 'auto', { cacheKey: 5 }], /options\.cacheKey/],
    ['auditLog', ['t', 1, 'auto', { auditLog: 'yes' }], /options\.auditLog/],
    ['maxRetries', ['t', 1, 'auto', { maxRetries: 1.5 }], /options\.maxRetries/],
    ['readPreference', ['t', 1, 'auto', { readPreference: 'any' }], /options\.readPreference/],
    ['userId', ['t', 1, 'auto', { userId: {} }], /options\.userId/],
    ['requestId', ['t', 1, 'auto', { requestId: [] }], /options\.requestId/],
    ['sessionId', ['t', 1, 'auto', { sessionId: true }], /options\.sessionId/],
    ['IsReRun', ['t', 1, 'auto', { IsReRun: 1 }], /options\.IsReRun/],
    ['an option in the object form', [{ tenantId: 't', timeout: -5 }], /options\.timeout/],
  ];
  for (const [name, args, message] of refused) {
    test(name, () => {
      for (const knex of [db, local]) {
        const builders = [knex('a'), knex.raw('select 1'), knex.schema.dropTable('a')];
        for (const builder of builders) {
          assert.throws(
            () => builder.mtdd(...args),
            (error) => {
              assert.ok(error instanceof TypeError);
              assert.match(error.message, /^\.mtdd\(\): /);
              assert.match(error.message, message);
              assert.equal(error.code, 'VALIDATION_ERROR');
              return true;
            },
          );
        }
      }
      assert.equal(native.calls.length, 0);
    });
  }
});

describe('.mtdd() stands anywhere in a chain', () => {
  test('before the rest of it', async () => {
    await db('a').mtdd('t').where({ id: 1 }).select('x');
    assert.equal(native.calls[0].text, 'select "x" from "a" where "id" = $1');
    assert.deepEqual(native.calls[0].values, [1]);
  });

  test('several times: the last wins', async () => {
    assert.deepEqual(await sent(db('a').mtdd().mtdd('u', null).mtdd('t')), t1);
  });

  test('a clone keeps the route, and its own later one', async () => {
    const original = db('a').mtdd('t');
    const copy = original.clone().mtdd('u');
    await original.clone().where({ id: 1 });
    await copy;
    await original;
    assert.deepEqual(
      native.calls.map((call) => call.tenant),
      ['t', 'u', 't'],
    );
  });

  test('on Raw, schema builders and columnInfo', async () => {
    native.answer = (call) => [null, result(call.text.startsWith('select *') ? [{}] : [])];
    await db.raw('select ?', [1]).mtdd('t');
    assert.equal(await db.schema.hasTable('a').mtdd('t'), true);
    await db.schema
      .createTable('a', (table) => {
        table.increments();
        table.string('name').index();
      })
      .mtdd('t', null);
    await db('a').columnInfo().mtdd('t');
    assert.ok(native.calls.every((call) => call.tenant === 't'));
    assert.deepEqual(
      native.calls.map((call) => call.register),
      [false, false, true, false, false],
    );
  });

  test('on withUserParams clones', async () => {
    assert.deepEqual(await sent(db.withUserParams({ a: 1 })('a').mtdd('t')), t1);
  });

  test('never changes toSQL() or toString()', async () => {
    const query = db('a').where({ id: 1 });
    const [text, sql] = [query.toString(), query.toSQL().toNative()];
    query.mtdd('t');
    assert.equal(query.toString(), text);
    assert.deepEqual(query.toSQL().toNative(), sql);
    assert.equal(db.raw('select ?', [1]).mtdd('t').toString(), 'select 1');
    assert.equal(db.schema.dropTable('a').mtdd('t').toString(), 'drop table "a"');
    await query;
    await query;
    assert.deepEqual(
      native.calls.map((call) => call.text),
      [sql.sql, sql.sql],
    );
  });
});

describe('a sub-query that names another tenant', () => {
  const queries = {
    'inside a query': (knex) => knex('a').whereIn('id', knex('b').select('id').mtdd('u')).mtdd('t'),
    'inside a query without tenant': (knex) => knex('a').whereIn('id', knex('b').select('id').mtdd('u')),
    'of another type': (knex) => knex('a').whereIn('id', knex('b').select('id').mtdd('t', 2)).mtdd('t'),
    'of all shards': (knex) => knex('a').whereIn('id', knex('b').select('id').mtdd()).mtdd('t'),
    'in a callback': (knex) =>
      knex('a')
        .whereIn('id', function () {
          this.select('id').from('b').mtdd('u');
        })
        .mtdd('t'),
    'as a Raw': (knex) => knex('a').where(knex.raw('x = 1').mtdd('u')).mtdd('t'),
    'inside a Raw': (knex) => knex.raw('select * from (?) as x', [knex('b').mtdd('u')]).mtdd('t'),
    'inside a Raw without tenant': (knex) => knex.raw('select * from :b', { b: knex('b').mtdd('u') }),
    'two levels down': (knex) =>
      knex('a')
        .whereIn('id', knex('b').whereIn('id', knex('c').select('id').mtdd('u')).select('id'))
        .mtdd('t'),
    'in a union': (knex) =>
      knex('a')
        .union([knex('b').mtdd('u')])
        .mtdd('t'),
    'in a with clause': (knex) => knex('x').with('x', knex('b').mtdd('u')).mtdd('t'),
    'in an insert': (knex) => knex('a').insert(knex('b').select('*').mtdd('u')).mtdd('t'),
    'in a view': (knex) => knex.schema.createView('v', (view) => view.as(knex('b').mtdd('u'))).mtdd('t'),
  };
  for (const [name, make] of Object.entries(queries)) {
    test(`${name} is refused, and may be printed`, async () => {
      assert.equal(typeof make(db).toString(), 'string');
      await assert.rejects(make(db), (error) => {
        assert.ok(error instanceof ValidationError);
        assert.match(error.message, /A sub-query names .* inside a query for/);
        return true;
      });
      assert.equal(native.calls.length, 0);
      assert.deepEqual(ranLocally, []);
      await assert.rejects(make(local), ValidationError);
    });
  }

  test('is fine when it names the same one, or none', async () => {
    await db('a').whereIn('id', db('b').select('id').mtdd('t')).mtdd('t');
    await db('a')
      .whereIn('id', db('b').select('id'))
      .where(db.raw('?? = 1', ['c']))
      .mtdd('t');
    await db.raw('select * from (?) as x, ??', [db('b').mtdd('t'), db.ref('c')]).mtdd('t');
    assert.equal(native.calls.length, 3);
  });

  test('leaves no trace when compiling fails', async () => {
    await assert.rejects(db('a').where({ id: undefined }).mtdd('u'), /Undefined binding/);
    assert.deepEqual(await sent(db('a').mtdd('t')), t1);
  });
});

describe('registering by the call of the portal procedure', () => {
  const config = { portal: { tenantInsertProc: 'new_tenant' } };
  const cases = [
    ['CALL new_tenant(?)', true],
    ['call app."NEW_TENANT" (?)', true],
    ['select * from new_tenant(?)', true],
    ['select new_tenant_log(?)', false],
    ["select 'new_tenant(' || ?", false],
    ['select old.new_tenant from t where x = ?', false],
  ];
  for (const [sql, registers] of cases) {
    test(`${sql}: ${registers ? 'registers' : 'does not register'}`, async () => {
      const portal = await attached({ config });
      await portal.db.raw(sql, ['x']).mtdd('t');
      await portal.db.raw(sql, ['x']).mtdd('t', 1, 'executeQuery');
      await portal.db.raw(sql, ['x']).mtdd();
      assert.deepEqual(
        portal.native.calls.map((call) => call.register),
        [registers, false, false],
      );
      await portal.db.destroy();
    });

    test(`${sql}, in a transaction: ${registers ? 'registers' : 'does not register'}`, async () => {
      const portal = await attached({ config });
      const opened = [];
      portal.native.openSession = async (_session, tenant, _type, register) =>
        opened.push([tenant, register]);
      await portal.db.transaction((trx) => trx.raw(sql, ['x']).mtdd('t'));
      await portal.db.transaction((trx) => trx.raw(sql, ['x']).mtdd('t', 1, 'executeQuery'));
      await portal.db.transaction((trx) => trx.raw(sql, ['x']), { mtdd: { tenantId: 't' } });
      assert.deepEqual(opened, [
        ['t', registers],
        ['t', false],
        ['t', registers],
      ]);
      await portal.db.destroy();
    });
  }
});

test("a query that writes is not taken for the read that operationType: 'read' says it is", async () => {
  const read = { tenantId: 't', operationType: 'read' };
  for (const query of [
    () => db('a').insert({ b: 1 }),
    () => db('a').update({ b: 1 }),
    () => db('a').del(),
    () => db('a').truncate(),
  ])
    await assert.rejects(query().mtdd(read), {
      code: 'VALIDATION_ERROR',
      message: /operationType: got 'read' for a query that writes/,
    });
  assert.equal(native.calls.length, 0);
  await db('a').mtdd(read);
});

describe('a Knex instance that the library was not set up on', () => {
  test('runs as before, and refuses .mtdd()', async () => {
    const other = createKnex({ client: 'pg', connection: { host: '127.0.0.1', port: 1 } });
    assert.equal(other('a').toString(), 'select * from "a"');
    assert.equal(other('a').clone().toString(), 'select * from "a"');
    assert.throws(() => other('a').mtdd('t'), ConfigError);
    await assert.rejects(other('a'), /ECONNREFUSED/);
    await other.destroy();
  });
});

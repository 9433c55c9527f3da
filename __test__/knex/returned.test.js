/** What `withTenant`, `runLocal` and `withSignal` give back keeps the context when it does its work outside of it. */

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, test } = require('node:test');
const { ValidationError, runLocal, withSignal, withTenant } = require('../../js');
const { contextRoute } = require('../../js/knex/async-context');
const { attached, result, statementsOf } = require('../support/recording-client');

const twoShards = { queryServers: ['127.0.0.1:1', '127.0.0.1:2'], lookupServer: '127.0.0.1:3' };
const CANCELLED = { code: 'CANCELLED' };

let db;
let native;
let local;
/** Where the hook of the instance was called. */
let hooked;

before(async () => {
  const postProcessResponse = (response) => {
    hooked.push(String(contextRoute()));
    return response;
  };
  ({ db, native, local } = await attached({ mtdd: twoShards, knex: { postProcessResponse } }));
});
beforeEach(() => {
  native.calls.length = 0;
  local.length = 0;
  hooked = [];
  native.answer = () => [null, result()];
});
after(() => db.destroy());

const tenants = () => native.calls.map(({ tenant }) => tenant);
const inOther = (fn) => withTenant('other', async () => fn());

/** A promise that begins its work when it is awaited, as those of the package `p-lazy`. */
class Lazy extends Promise {
  constructor(executor) {
    super((resolve) => resolve());
    this.executor = executor;
  }
  static get [Symbol.species]() {
    return Promise;
  }
  // biome-ignore lint/suspicious/noThenProperty: that is what it is about
  then(resolved, rejected) {
    this.begun ??= new Promise(this.executor);
    return this.begun.then(resolved, rejected);
  }
}

const MADE_BEFORE = {
  'a query': () => db('a'),
  'a Raw': () => db.raw('select 1'),
  'a Raw with a query in it': () => db.raw('select * from (?) x', [db('a')]),
  'a schema builder': () => db.schema.dropTable('a'),
};
const RETURNED = {
  ...Object.fromEntries(
    Object.entries(MADE_BEFORE).map(([name, make]) => [
      `${name}, made before`,
      () => {
        const made = make();
        return () => made;
      },
    ]),
  ),
  'a query made before and continued': () => {
    const made = db('a');
    return () => made.where({ id: 1 });
  },
  'a lazy promise': () => () => new Lazy((resolve, reject) => db('a').then(resolve, reject)),
};
const ITERATED = {
  'an async generator': async function* () {
    yield await db('a');
  },
  'a generator of queries': function* () {
    yield db('a');
  },
  'a generator of queries that were made before': () => {
    const made = db('a');
    return (function* () {
      yield made;
    })();
  },
  'what an async generator does in the end': async function* () {
    try {
      yield 1;
    } finally {
      await db('a');
    }
  },
};

async function stepThrough(iterable) {
  for await (const _one of iterable) break;
}

describe('the tenant is kept by', () => {
  for (const [name, prepare] of Object.entries(RETURNED)) {
    test(name, async () => {
      const fn = prepare();
      await inOther(async () => {
        await withTenant('t', fn);
      });
      await withTenant('t', 2, fn);
      assert.deepEqual(tenants(), ['t', 't']);
      await inOther(async () => {
        await runLocal(fn);
      });
      assert.equal(native.calls.length, 2);
      assert.equal(local.length, 1);
    });
  }

  for (const [name, iterate] of Object.entries(ITERATED)) {
    test(name, async () => {
      await inOther(() => stepThrough(withTenant('t', iterate)));
      assert.deepEqual(tenants(), ['t']);
      await inOther(() => stepThrough(runLocal(iterate)));
      assert.deepEqual([tenants(), local.length], [['t'], 1]);
    });
  }

  test('an iterator that others have too, in their places', async () => {
    const shared = (function* () {
      while (true) yield db('a');
    })();
    const mine = withTenant('t', () => shared);
    await mine.next().value;
    await withTenant('u', async () => shared.next().value);
    await mine.next().value;
    assert.deepEqual(tenants(), ['t', 'u', 't']);
    assert.equal(mine[Symbol.iterator](), mine);
  });

  test('one query given back in two places at once, in each', async () => {
    const kept = db('a');
    await inOther(() => Promise.all([withTenant('t', () => kept), withTenant('u', () => kept)]));
    assert.deepEqual(tenants(), ['t', 'u']);
    assert.ok(withTenant('t', () => kept) instanceof kept.constructor);
  });

  test('what listens to a query, and the hook of its instance', async () => {
    const heard = [];
    const note = () => heard.push(String(contextRoute()));
    const query = withTenant('t', () =>
      ['start', 'query', 'query-response', 'end'].reduce(
        (builder, event) => builder.on(event, note),
        db('a'),
      ),
    );
    const after = [];
    await inOther(async () => {
      await query.then(() => after.push(String(contextRoute())));
    });
    assert.deepEqual([...new Set(heard)], ['tenant "t" (type 1)']);
    assert.equal(heard.length, 4);
    assert.deepEqual(hooked, ['tenant "t" (type 1)']);
    assert.deepEqual(after, ['tenant "other" (type 1)']);
    const failing = withTenant('t', () => db('a').on('error', note).on('query-error', note));
    native.answer = () => [new Error('no')];
    await inOther(() => assert.rejects(async () => failing));
    assert.equal(heard.length, 6);
    assert.deepEqual([...new Set(heard)], ['tenant "t" (type 1)']);
  });
});

describe('a transaction that has left its context', () => {
  const begin = (tenant) => withTenant(tenant, () => db.transaction());

  test('keeps the tenant, nested ones too', async () => {
    const trx = await begin('t');
    await trx('a');
    await trx.raw('select 1');
    const nested = await trx.transaction();
    await nested('a');
    await nested.commit();
    await db('a').transacting(trx);
    await trx.commit();
    assert.deepEqual(
      [...new Set(native.calls.filter(({ text }) => /^select/.test(text)).map(({ tenant }) => tenant))],
      ['t'],
    );
    assert.deepEqual(statementsOf(local), []);
  });

  test('has no queries of another tenant’s context, unless they say so', async () => {
    const trx = await begin('t');
    await inOther(() =>
      assert.rejects(
        async () => trx('a'),
        (error) => error instanceof ValidationError && /begun/.test(error.message),
      ),
    );
    await inOther(() => trx('a').mtdd('t'));
    await trx.rollback();
    assert.deepEqual([...new Set(tenants())], ['t']);
  });

  test('runs what runLocal has around it on the local database', async () => {
    const trx = await begin('t');
    await runLocal(() => trx('a'));
    await trx.commit();
    assert.equal(statementsOf(local).length, 1);
    const other = await runLocal(() => db.transaction());
    await other('a');
    await other.commit();
    assert.equal(statementsOf(local).length, 2);
    assert.deepEqual(native.calls, []);
  });

  test('obeys the signal that it was begun with', async () => {
    const controller = new AbortController();
    const trx = await withSignal(controller.signal, () => begin('t'));
    await trx('a');
    controller.abort();
    await assert.rejects(async () => trx('a'), CANCELLED);
    await withSignal(null, () => trx('a'));
    await trx.rollback();
  });
});

describe('the signal is kept by', () => {
  for (const [name, prepare] of Object.entries(RETURNED)) {
    test(name, async () => {
      const fn = prepare();
      await withTenant('t', () => assert.rejects(async () => withSignal(AbortSignal.abort(), fn), CANCELLED));
      assert.deepEqual(native.calls, []);
    });
  }

  for (const [name, iterate] of Object.entries(ITERATED)) {
    test(name, async () => {
      await withTenant('t', () =>
        assert.rejects(stepThrough(withSignal(AbortSignal.abort(), iterate)), CANCELLED),
      );
      assert.deepEqual(native.calls, []);
    });
  }
});

test('anything else is given back as it is', async () => {
  const empty = {};
  const promise = Promise.resolve(1);
  const list = [db('a')];
  for (const value of [1, null, undefined, 'x', empty, promise, list, db, new Map(), () => 5]) {
    assert.equal(
      withTenant('t', () => value),
      value,
    );
  }
});

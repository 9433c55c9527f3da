/** Texts for all shards that are long: they are answered or refused, and hold up nobody else. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { PlanUnsupportedError, QueryCancelledError, QueryTimeoutError } = require('../../js');
const { startShards } = require('../support/shards');

const SEED = [
  'create table items (id int primary key, tenant_id text, size int)',
  `create view many as select * from items where size = 0 ${'or size = 1 '.repeat(3000)}`,
];

describe('long texts for all shards', () => {
  let shards;
  let db;

  before(async () => {
    shards = await startShards({ seed: SEED });
    db = shards.db;
    await db.select(1).mtdd('t0', null);
    await shards.fill(
      'items',
      [0, 1, 2].map((shard) => [1, 2].map((n) => ({ id: shard * 10 + n, tenant_id: `t${shard}`, size: n }))),
    );
  });
  after(() => shards?.stop());

  const outcomeOf = (query) =>
    query.then(
      (value) => value,
      (error) => error,
    );

  it('a chain of twenty thousand orWhere is answered', async () => {
    const query = db('items').where('id', 0).orderBy('id');
    for (let id = 1; id <= 20_000; id++) query.orWhere('id', id);
    const rows = await query.mtdd();
    assert.deepEqual(
      rows.map(({ id }) => id),
      [1, 2, 11, 12, 21, 22],
    );
  });

  for (const [name, before, element, behind] of [
    ['OR', 'select id from items where id = 0', ' or id = 1', ''],
    ['AND', 'select id from items where id = 1', ' and id = 1', ''],
    ['IS NULL', 'select id from items where id', ' is null', ''],
    ['+', 'select id', ' + 1', ' as x from items'],
    ['||', 'select tenant_id', " || 'a'", ' as x from items order by id'],
    ['::', 'select id', '::int', ' as x from items'],
    ['UNION ALL', 'select id from items', ' union all select id from items', ''],
    ['UNION', 'select id from items', ' union select id from items', ' order by 1'],
    ['NOT', 'select id from items where ', 'not ', 'true'],
    ['(', 'select id from items where ', '(', `true`],
    ['JOIN', 'select 1 from ', 'items join ', 'items'],
    ['commas', 'select id from items where id in (1', ', 1', ')'],
  ]) {
    it(`${name} in a chain of any length is answered or refused, and explained`, async () => {
      for (const length of [600, 2500, 150_000]) {
        const sql = `${before}${element.repeat(length)}${behind}`;
        const outcome = await outcomeOf(db.raw(sql).mtdd());
        const known =
          outcome instanceof PlanUnsupportedError || /^[0-9A-Z]{5}$/.test(outcome.code ?? '42000');
        assert.ok(known, `${length}: ${String(outcome).slice(0, 300)}`);
        if (length > 2500) continue;
        const explained = await shards.handle.explain(db.raw(sql).mtdd());
        assert.equal(explained.route, 'all');
      }
    });
  }

  it('a view of thousands of terms is looked into or refused', async () => {
    const outcome = await outcomeOf(db.raw('select id from many order by id').mtdd());
    assert.ok(outcome instanceof PlanUnsupportedError, String(outcome).slice(0, 300));
    assert.match(outcome.message, /view many is nested too deeply/);
  });

  const large = (length) => `select id from items where id in (0${', 1'.repeat(length)})`;

  it('point queries of others run while large texts are planned', async () => {
    const planned = [1, 2, 3].map((n) => shards.handle.explain(db.raw(large(100_000 + n)).mtdd()));
    let done = false;
    const all = Promise.all(planned).then(() => {
      done = true;
    });
    let answered = 0;
    while (!done) {
      await db('items').where({ id: 1 }).mtdd('t0');
      answered++;
    }
    await all;
    assert.ok(answered >= 10, `only ${answered} point queries ran meanwhile`);
  });

  it('time-outs and signals do not wait for a plan', async () => {
    const sql = large(400_000);
    const late = await outcomeOf(db.raw(sql).mtdd({ allServers: true, timeout: 60 }));
    assert.ok(late instanceof QueryTimeoutError, String(late).slice(0, 300));
    const controller = new AbortController();
    const query = outcomeOf(db.raw(sql).mtdd({ allServers: true, signal: controller.signal }));
    setTimeout(() => controller.abort(), 30);
    assert.ok((await query) instanceof QueryCancelledError);
  });

  it('closing does not wait for a plan', async () => {
    const outcome = outcomeOf(db.raw(large(450_000)).mtdd());
    const begun = performance.now();
    await shards.handle.close();
    assert.ok(performance.now() - begun < 15_000);
    await outcome;
  });
});

/** What may be another value each time is computed as often as one PostgreSQL computes it, or refused. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const SEED = [
  'create table items (tenant text, id int)',
  'create table calls (x int)',
  `create function noted(int) returns int language plpgsql volatile as
     $$ begin insert into calls values ($1); return $1; end $$`,
  'create function net(int) returns int language sql immutable as $$ select $1 * 2 $$',
];

const ALL = { allServers: true };

describe('volatile expressions beside aggregates', () => {
  let shards;
  before(async () => {
    shards = await startShards({ seed: SEED });
    const rows = (tenant) => Array.from({ length: 10 }, (_, id) => ({ tenant, id }));
    await shards.fill('items', ['t0', 't1', 't2'].map(rows));
  });
  after(() => shards?.stop());

  const answer = async (sql, options) =>
    (await (options ? shards.db.raw(sql).mtdd(options) : shards.db.raw(sql).mtdd())).rows;

  it('an average computes its argument and its filter once', async () => {
    for (const sql of [
      'select avg(case when random() < 0.5 then 1 end) from items',
      'select avg(1) filter (where random() < 0.5) from items',
      'select avg(case when random() < 0.5 then 1 end), count(*) from items group by tenant is null',
    ]) {
      for (let time = 0; time < 3; time++) assert.equal(Number((await answer(sql))[0].avg), 1, sql);
    }
  });

  it('functions with effects are called once for each row', async () => {
    assert.equal(Number((await answer('select avg(noted(id)) from items', ALL))[0].avg), 4.5);
    assert.equal((await answer('select max(noted(id)) + 1 as more from items', ALL))[0].more, 10);
    const written = await Promise.all(shards.databases.map((database) => database('calls').count()));
    assert.deepEqual(
      written.map(([{ count }]) => count),
      ['20', '20', '20'],
    );
  });

  it('an immutable function of the application is none, whatever has been allowed', async () => {
    for (const options of [undefined, ALL, null])
      for (const sql of [
        'select avg(net(id)), sum(net(id)) from items',
        'select sum(net(id)) as x from items having sum(net(id)) > 0',
        'select net(id), array_agg(distinct net(id)) from items group by net(id) order by net(id)',
        'select count(distinct net(id)), sum(distinct net(id)) from items',
      ]) {
        const query = shards.db.raw(sql);
        const { rows } = await (options === undefined ? query.mtdd() : query.mtdd(options));
        assert.deepEqual(rows, (await shards.whole.raw(sql)).rows, sql);
      }
  });

  it('the same expression twice is refused', async () => {
    for (const [sql, options] of [
      ['select sum(random()) = sum(random()) as x from items'],
      ['select gen_random_uuid() a, gen_random_uuid() b, count(*) from items group by 1, 2'],
      ['select max(noted(id)) from items having max(noted(id)) > 0', ALL],
      ['select array_agg(noted(id)), sum(noted(id)) from items', ALL],
      ['select count(distinct noted(id)), sum(distinct noted(id)) from items', ALL],
    ]) {
      await assert.rejects(answer(sql, options), (error) => {
        assert.equal(error.code, 'PLAN_UNSUPPORTED', error.stack);
        assert.match(error.message, /more than once beside aggregates/, sql);
        return true;
      });
    }
    assert.equal((await answer('select random() r, count(*) from items group by 1 order by r')).length, 30);
    assert.equal((await answer('select max(random()) m from items order by max(random())')).length, 1);
  });
});

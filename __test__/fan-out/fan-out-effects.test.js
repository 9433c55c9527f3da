/** What a query for all shards has done is never more than what is said of it, and nothing is done that is refused. */

const assert = require('node:assert/strict');
const { after, before, beforeEach, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const SEED = [
  'create table items (id int, tenant text, q int, at timestamptz)',
  'create table done (n int)',
  'create table countries (code text, title text)',
  `create function bump(int, int) returns int language plpgsql volatile as
   $$ begin insert into done values ($1); return $1 / $2; end $$`,
  "create function fresh() returns text language sql volatile as 'select random()::text'",
];

describe('effects of queries for all shards', () => {
  let shards;
  before(async () => {
    shards = await startShards({ seed: SEED, mtdd: { referenceTables: ['countries'] } });
    await shards.fill(
      'items',
      [0, 1, 2].map((shard) => [{ id: shard, tenant: `t${shard}`, q: shard === 1 ? 0 : 1 }]),
    );
  });
  after(() => shards?.stop());
  beforeEach(() => shards.prepare('truncate done'));

  const ask = (sql, bindings, ...asked) => shards.db.raw(sql, bindings).mtdd(...asked);
  const errorOf = (query) =>
    query.then(
      (value) => assert.fail(`it succeeded: ${JSON.stringify(value)}`),
      (error) => error,
    );
  const done = async () => {
    const counts = shards.databases.map((database) => database('done').count('*', { as: 'n' }).first());
    return (await Promise.all(counts)).map(({ n }) => Number(n));
  };

  it('a query that is refused for the values of LIMIT and OFFSET has run nowhere', async () => {
    for (const [clause, value, code] of [
      ['limit', ' 3 ', 'PLAN_UNSUPPORTED'],
      ['offset', '+1', 'PLAN_UNSUPPORTED'],
      ['limit', '3.0', '22P02'],
      ['limit', '-1', '2201W'],
      ['offset', '-1', '2201X'],
    ]) {
      const error = await errorOf(ask(`select bump(id, 1) from items ${clause} ?`, [value], null));
      assert.equal(error.code, code, error.stack);
      assert.deepEqual(await done(), [0, 0, 0], `${clause} ${value}`);
    }
  });

  it('a read that has taken effect on some shards, and fails by data on another, says so', async () => {
    const error = await errorOf(ask('select bump(id, q) from items', [], null));
    assert.equal(error.code, 'PARTIAL_FAILURE', error.stack);
    assert.equal(error.cause.code, '22012');
    assert.equal(error.outcomes[1].outcome, 'failed');
    const counts = await done();
    for (const [shard, { outcome }] of error.outcomes.entries())
      if (outcome !== 'done')
        assert.ok(outcome !== 'not sent' || counts[shard] === 0, `${shard}: ${outcome}`);
    // One that only reads is refused as PostgreSQL would.
    assert.equal((await errorOf(ask('select 1 / q from items', []))).code, '22012');
  });

  it('a timeout does not say that nothing has run where some shards have answered', async () => {
    await ask('select count(*) from items');
    const locked = await shards.databases[1].transaction();
    try {
      await locked.raw('lock table items in access exclusive mode');
      for (let count = 0; count < 3; count++) {
        const error = await errorOf(
          ask('select count(*) from items', [], { allServers: true, timeout: 1500 }),
        );
        assert.equal(error.code, 'TIMEOUT', error.stack);
        assert.doesNotMatch(error.message, /on no shard|was not run/);
      }
    } finally {
      await locked.rollback();
    }
  });

  it('an explanation refuses what would be refused', async () => {
    for (const [query, said] of [
      [ask('update countries set title = fresh()', [], { allServers: true }), /fresh.*not immutable/],
      [ask('select * from items where at < ?', ['now']), /by its own clock/],
      [ask('select * from items where at < ?; /* ; */', ['now']), /by its own clock/],
      [ask('update items set q = q', [], { allServers: true, partialResults: true }), /only reads/],
    ]) {
      const { refusal } = await shards.handle.explain(query);
      assert.match(refusal?.reason ?? 'none', said);
      assert.match((await errorOf(query)).message, said);
    }
  });

  it('a change leaves no setting to whoever gets its connection next', async () => {
    const set = "set_config('app.left', 'x', false)";
    for (const sql of [
      `update items set q = q returning ${set}`,
      `delete from items where ${set} = 'y'`,
      `insert into done (n) select 1 where ${set} = 'x'`,
      `update countries set title = title returning ${set}`,
      `with s as materialized (select ${set} as v) update items set q = q from s`,
      `with s as materialized (select ${set} as v) insert into done (n) select 1 from s`,
      `merge into items i using (select ${set} as v) s on i.tenant = s.v when matched then delete`,
    ]) {
      const error = await errorOf(ask(sql, [], { allServers: true }));
      assert.equal(error.code, 'PLAN_UNSUPPORTED', `${sql}: ${error.stack}`);
      assert.match(error.message, /set_config\(\), whose effect lasts only for its connection/, sql);
    }
    assert.deepEqual(await done(), [0, 0, 0]);
    await ask("update items set q = q returning set_config('app.left', 'x', true)", [], { allServers: true });
  });

  it('what stands behind the end of a statement does not matter', async () => {
    for (const end of ['; -- x', '; /* ; */', ' -- x', ';'])
      assert.equal((await ask(`select tenant from items order by tenant${end}`)).rows.length, 3, end);
  });
});

/** What others change while a write for all shards waits for them: its plan holds at its end, or nothing of it stays. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

const ALL = { allServers: true };

describe('a change of tables meets a statement that is under way', () => {
  let shards;
  before(async () => {
    shards = await startShards({
      seed: [
        "create table codes (code text primary key, title text default 'none')",
        'create table notes (id int, tenant text, n int)',
        'create table others (id int, tenant text)',
        'create view seen as select id, tenant from others',
      ],
      mtdd: { referenceTables: ['codes'] },
    });
    await shards.fill('notes', [
      [{ id: 1, tenant: 'a', n: 0 }],
      [{ id: 2, tenant: 'b', n: 0 }],
      [{ id: 3, tenant: 'c', n: 0 }],
    ]);
  });
  after(() => shards?.stop());

  /** The outcome of a query that waits for these statements, each in a transaction on one of these shards. */
  async function meeting(query, ddl, databases = shards.databases) {
    const open = await Promise.all(databases.map((db) => db.transaction()));
    let outcome;
    try {
      for (const transaction of open) await transaction.raw(ddl);
      outcome = query.then(
        (result) => ({ result }),
        (error) => ({ error }),
      );
      await waiting(databases.length);
    } finally {
      await Promise.all(open.map((transaction) => transaction.commit()));
    }
    return outcome;
  }

  async function waiting(count) {
    const until = Date.now() + 30_000;
    for (;;) {
      const { rows } = await shards.whole.raw(
        "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname like 'shard%'",
      );
      if (rows[0].n >= count) return;
      assert.ok(Date.now() < until, 'the statement waits on every shard');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('a default that each shard would make itself gets into no copy', async () => {
    await shards.db.raw("insert into codes (code) values ('first')").mtdd(ALL);
    const { error } = await meeting(
      shards.db.raw("insert into codes (code) values ('second')").mtdd(ALL),
      'alter table codes alter title set default random()::text',
    );
    assert.equal(error?.code, 'PLAN_UNSUPPORTED', error?.stack);
    assert.match(error.message, /give title a value/);
    for (const db of shards.databases) assert.deepEqual(await db('codes').pluck('code'), ['first']);
  });

  it('what still holds is done once, by another plan', async () => {
    const { result, error } = await meeting(
      shards.db.raw('update notes set n = n + 1 returning id, n').mtdd(),
      'alter table notes add more int',
    );
    assert.equal(error, undefined, error?.stack);
    assert.deepEqual(result.rows, [
      { id: 1, n: 1 },
      { id: 2, n: 1 },
      { id: 3, n: 1 },
    ]);
  });

  it('on one shard alone it is told of that shard that nothing has taken effect there', async () => {
    const { error } = await meeting(
      shards.db.raw('update notes set n = n + 1').mtdd(),
      'alter table notes alter more type bigint',
      [shards.databases[1]],
    );
    assert.equal(error?.code, 'PARTIAL_FAILURE', error?.stack);
    assert.match(error.message, /on 2 of 3 shards.*were changed while it ran, and nothing of it stays there/);
    assert.deepEqual(
      error.outcomes.map(({ outcome, code }) => [outcome, code]),
      [
        ['done', undefined],
        ['failed', 'PLAN_UNSUPPORTED'],
        ['done', undefined],
      ],
    );
    const values = await Promise.all(shards.databases.map((db) => db('notes').pluck('n')));
    assert.deepEqual(values.flat(), [2, 1, 2]);
  });

  it('of what may have written by a plan that no longer holds, the outcome is unknown', async () => {
    const asked = () => shards.db.raw('select id from seen').mtdd({ ...ALL, operationType: 'write' });
    for (let turn = 0; turn < 30; turn++) {
      const { error } = await meeting(
        asked(),
        `create or replace view seen as select id, tenant from others where id > ${-1 - turn}`,
      );
      if (error === undefined) {
        // The servers have yet to say that reads only read; until then it is looked at before.
        await new Promise((resolve) => setTimeout(resolve, 500));
        continue;
      }
      assert.equal(error.code, 'OUTCOME_UNKNOWN', error.stack);
      assert.match(error.message, /have been changed while it ran; it may have taken effect/);
      return;
    }
    assert.fail('never in doubt');
  });
});

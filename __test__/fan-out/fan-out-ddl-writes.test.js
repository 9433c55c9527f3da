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
        'create table settled (id int, tenant text, n int)',
        'create table listed (code int, title text)',
        "create function label(int) returns text language sql immutable as $$ select 'first ' || $1 $$",
        `create function settle() returns trigger language plpgsql as $$ begin
          perform set_config('search_path', 'pg_catalog', true), set_config('timezone', 'Asia/Tokyo', true);
          execute 'create type made_' || new.n || ' as enum ()';
          return new;
        end $$`,
      ],
      mtdd: { referenceTables: ['codes', 'listed'] },
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
    assert.match(error.message, /column title has no value/);
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
    assert.doesNotMatch(error.message, /run it again/);
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

  it('what it does not name may change on any shard meanwhile', async () => {
    const was = (await Promise.all(shards.databases.map((db) => db('notes').pluck('n')))).flat();
    for (const ddl of [
      "create type unrelated as enum ('a')",
      'create domain positive as int check (value > 0)',
      "create function unrelated() returns int language sql as 'select 1'",
      'create table elsewhere (id serial, kind unrelated)',
    ]) {
      const { result, error } = await meeting(
        shards.db('notes').increment('n', 1).mtdd(ALL),
        `lock table notes in share mode; ${ddl}`,
        [shards.databases[1]],
      );
      assert.equal(error, undefined, `${ddl}: ${error?.stack}`);
      assert.equal(result, 3, ddl);
    }
    const values = await Promise.all(shards.databases.map((db) => db('notes').pluck('n')));
    assert.deepEqual(
      values.flat(),
      was.map((n) => n + 4),
    );
  });

  it('what its own triggers set and make undoes nothing', async () => {
    await shards.fill('settled', [
      [{ id: 1, tenant: 'a', n: 0 }],
      [{ id: 2, tenant: 'b', n: 0 }],
      [{ id: 3, tenant: 'c', n: 0 }],
    ]);
    const trigger = 'create trigger settles before update on settled for each row execute function settle()';
    await shards.databases[1].raw(trigger);
    assert.equal(await shards.db('settled').increment('n', 1).mtdd(ALL), 3);
    for (const shard of [0, 2]) await shards.databases[shard].raw(trigger);
    assert.equal(await shards.db('settled').increment('n', 1).mtdd(ALL), 3);
    for (const db of shards.databases) assert.deepEqual(await db('settled').pluck('n'), [2]);
  });

  it('rows that were given before it was undone are said to be void', async () => {
    await shards.db.raw('insert into listed (code) select * from generate_series(1, 20000)').mtdd(ALL);
    const stream = shards.db
      .raw("update listed set title = label(code) || repeat('x', 500) returning code, title")
      .mtdd(ALL)
      .stream();
    let rows = 0;
    const failure = await (async () => {
      for await (const _ of stream) {
        if (rows++ > 0) continue;
        for (const db of shards.databases)
          await db.raw(
            "create or replace function label(int) returns text language sql immutable as $$ select 'other ' || $1 $$",
          );
      }
    })().then(
      () => undefined,
      (error) => error,
    );
    assert.equal(failure?.code, 'PLAN_UNSUPPORTED', failure?.stack);
    assert.match(failure.message, /nothing of it stays on any shard.*are void; run it again/);
    assert.ok(rows > 0);
    for (const db of shards.databases) assert.equal((await db('listed').whereNotNull('title')).length, 0);
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

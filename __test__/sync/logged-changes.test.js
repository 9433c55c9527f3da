/** What the triggers of tracked tables log: a copy that follows the log ends as the table is, whatever happens to rows. */

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { after, before, beforeEach, describe, it } = require('node:test');
const { Client } = require('pg');
const { startPostgres } = require('../../testkit/postgres');
const { BINARY } = require('../../testkit/servers');
const { track } = require('../../testkit/track');

describe('the log of a tracked table', () => {
  let postgres;
  let url;
  let db;
  let count = 0;

  before(async () => {
    postgres = await startPostgres();
  });
  after(async () => {
    await db?.end();
    await postgres?.destroy();
  });
  beforeEach(async () => {
    await db?.end();
    url = await postgres.createDatabase(`logged${++count}`);
    db = new Client(url);
    await db.connect();
  });

  async function create(...statements) {
    for (const statement of statements) await db.query(statement);
    track(url, '--table', 't', '--tenant-column', 'tenant');
  }
  const refusal = (...args) =>
    spawnSync(BINARY, ['track', '--table', 't', '--tenant-column', 'tenant', ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, DATABASE_URL: url },
    });

  /** A client's copy of tenant a, by the log alone. */
  async function copy(key = 'id') {
    const { rows } = await db.query(
      "select action, data from mtdd.changes where tenant = 'a' order by number",
    );
    const copied = new Map();
    for (const { action, data } of rows) {
      if (action === 'DELETE') copied.delete(data[key]);
      else copied.set(data[key], data);
    }
    return [...copied.values()].sort((x, y) => x[key] - y[key]);
  }
  async function sameAsTable(key = 'id') {
    const { rows } = await db.query(
      `select coalesce(json_agg(row_to_json(t) order by ${key}), '[]') as rows from t where tenant = 'a'`,
    );
    assert.deepEqual(await copy(key), rows[0].rows);
  }

  it('says last how a row stays, when triggers of the application change it again, or others of the statement', async () => {
    await create(
      'create table t (id int primary key, tenant text, slug text, n int default 0)',
      `create function again() returns trigger language plpgsql as $$ begin
         if new.slug is null then update t set slug = 'slug-' || new.id where id = new.id; end if;
         if new.n = 5 then delete from t where id = new.id; end if;
         if new.n = 6 then update t set n = 7 where id = new.id + 1; end if;
         if new.n = 8 and new.tenant = 'a' then update t set tenant = 'b' where id = new.id; end if;
         return null; end $$`,
      'create trigger a_first after insert or update on t for each row execute function again()',
      'create trigger z_last after insert or update on t for each row execute function again()',
    );
    await db.query("insert into t (id, tenant) select g, 'a' from generate_series(1, 5) g");
    await sameAsTable();
    await db.query('update t set n = 6 where id in (2, 3)');
    await sameAsTable();
    await db.query('update t set n = 5 where id = 4');
    await sameAsTable();
    await db.query('update t set n = 8 where id = 5');
    await sameAsTable();
    assert.equal((await copy()).length, 3);
  });

  it('follows rows through savepoints, merges, cascades, moves between partitions and changed keys', async () => {
    await create(
      'create table parents (id int primary key)',
      `create table t (id int, part int, tenant text, parent int references parents on update cascade on delete cascade,
         primary key (id, part)) partition by list (part)`,
      'create table t1 partition of t for values in (1)',
      'create table t2 partition of t for values in (2)',
      'insert into parents select generate_series(1, 9)',
    );
    await db.query("insert into t select g, 1 + g % 2, 'a', g from generate_series(1, 9) g");
    await db.query(
      'begin; savepoint s; delete from t; rollback to s; update t set part = 3 - part where id < 4; commit',
    );
    await db.query('update parents set id = id + 100 where id > 7; delete from parents where id = 5');
    await db.query(`merge into t using (values (1, 2), (99, 1)) v (id, part) on t.id = v.id
      when matched then delete when not matched then insert values (v.id, v.part, 'a', 1)`);
    await db.query(
      "insert into t1 values (50, 1, 'a', 1) on conflict do nothing; insert into t values (50, 1, 'a', 2) on conflict (id, part) do update set parent = 3",
    );
    await db.query('update t set id = id + 1000 where part = 1');
    await sameAsTable();
    await db.query('truncate t1');
    const { rows } = await db.query(
      "select count(*)::int from mtdd.changes where tenant = '' and action = 'RESET'",
    );
    assert.equal(rows[0].count, 2);
  });

  it('takes values that jsonb refuses, padded tenants, computed columns and keys of extensions', async () => {
    await create(
      `create table t (id int primary key, tenant char(8), loose json, twice int generated always as (id * 2) ${'stored'})`,
    );
    await db.query(`insert into t values (1, 'a', '{"x": "\\u0000", "y": 1e200000}')`);
    const { rows } = await db.query('select tenant, data::text from mtdd.changes where number > 1');
    assert.deepEqual(rows, [
      {
        tenant: 'a',
        data: '{"id":1,"tenant":"a       ","loose":{"x": "\\u0000", "y": 1e200000},"twice":2}',
      },
    ]);
  });

  it('knows the type of a tenant where a column says it', async () => {
    await db.query('create table t (id int primary key, tenant text, kind int)');
    track(url, '--table', 't', '--tenant-column', 'tenant', '--tenant-type-column', 'KIND');
    await db.query("insert into t values (1, 'a', 1), (2, 'a', 2), (3, 'a', null)");
    await db.query('update t set kind = 2 where id = 1');
    const { rows } = await db.query(
      "select data ->> 'id' as id, tenant_type as type, action from mtdd.changes where tenant = 'a' order by number",
    );
    assert.deepEqual(
      rows.map(({ id, type, action }) => [id, type, action]),
      [
        ['1', 1, 'INSERT'],
        ['2', 2, 'INSERT'],
        ['3', -1, 'INSERT'],
        ['1', 1, 'DELETE'],
        ['1', 2, 'INSERT'],
      ],
    );
  });

  it('runs no cast of a type’s owner with the rights of its own', async () => {
    await db.query('create role low; grant create, usage on schema public to low');
    await create('create table t (id int primary key, tenant text)', 'alter table t owner to low');
    await db.query('set role low');
    await db.query("create type evil as enum ('x')");
    await db.query(
      "create function evil_json(evil) returns json language plpgsql as $$ begin execute 'alter role low superuser'; return '1'; end $$",
    );
    await db.query('create cast (evil as json) with function evil_json(evil)');
    await db.query('alter table t add column e evil[]');
    await assert.rejects(db.query("insert into t values (1, 'a', '{x}')"), {
      code: '42501',
      message: /a change of public.t cannot be logged: its type public.evil has a cast to JSON of its own/,
    });
    await db.query('alter table t drop column e');
    await db.query("insert into t values (1, 'a')");
    await db.query('reset role');
    const { rows } = await db.query("select rolsuper from pg_roles where rolname = 'low'");
    assert.equal(rows[0].rolsuper, false);
    await assert.rejects(db.query("set role low; select mtdd.log_row('a', null, 't', 'INSERT', '{}')"), {
      code: '42501',
    });
    await db.query('reset role');
  });

  it('refuses tables whose copies could not be kept', async () => {
    for (const [definition, said] of [
      ['create table t (id int primary key deferrable, tenant text)', /checked late.*DEFERRABLE/],
      ['create unlogged table t (id int primary key, tenant text)', /outlives a crash/],
      [
        'create table t (id int primary key, tenant text); create table c () inherits (t)',
        /tables inherit from it/,
      ],
      [
        'create table t (id int primary key, tenant text); alter table t enable row level security',
        /--ignore-policies/,
      ],
    ]) {
      await db.query('drop table if exists t cascade');
      await db.query(definition);
      const { status, stderr } = refusal();
      assert.equal(status, 1, definition);
      assert.match(stderr, said);
    }
    assert.equal(refusal('--ignore-policies').status, 0);
    await db.query('create role owner_only login; grant all on schema public to owner_only');
    await db.query(
      'drop table t; create table t (id int primary key, tenant text); alter table t owner to owner_only',
    );
    await db.query('alter table t enable row level security; alter table t force row level security');
    await db.query('alter schema mtdd owner to owner_only');
    await assert.rejects(
      db.query("set role owner_only; select mtdd.track_table('t', 'tenant', null, null, true)"),
      { code: '42501' },
    );
    await db.query('reset role');
    // A table of the same name that was made anew is another one.
    await db.query('drop table t; create table t (id int primary key, tenant text)');
    assert.equal(refusal().status, 0);
  });

  it('is durable where the session would not wait for it', async () => {
    await create('create table t (id int primary key, tenant text)');
    await db.query("set synchronous_commit = off; begin; insert into t values (1, 'a')");
    assert.equal((await db.query('show synchronous_commit')).rows[0].synchronous_commit, 'local');
    await db.query('commit');
    assert.equal((await db.query('show synchronous_commit')).rows[0].synchronous_commit, 'off');
  });
});

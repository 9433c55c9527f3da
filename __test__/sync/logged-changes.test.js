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
      message: /a change of public.t cannot be logged: its type public.evil has a cast of its own/,
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
    await db.query('reset role; alter schema mtdd owner to current_user');
    // A table of the same name that was made anew is another one.
    await db.query('drop table t; create table t (id int primary key, tenant text)');
    assert.equal(refusal().status, 0);
  });

  it('logs rows of partitions whose columns are in another order under their own tenant', async () => {
    await db.query('create extension if not exists citext').catch(() => {});
    await create(
      'create table t (id int, tenant text, owner text, primary key (id)) partition by range (id)',
      'create table late (id int not null, owner text, tenant text)',
    );
    await db.query('alter table t attach partition late for values from (100) to (200)');
    await db.query("insert into t values (101, 'a', 'b')");
    await db.query("update t set owner = 'c' where id = 101");
    await db.query('delete from t where id = 101');
    const { rows } = await db.query("select tenant, action, data from mtdd.changes where tenant <> ''");
    assert.deepEqual(
      rows.map(({ tenant, action, data }) => [tenant, action, data.owner]),
      [
        ['a', 'INSERT', 'b'],
        ['a', 'UPDATE', 'c'],
        ['a', 'DELETE', 'c'],
      ],
    );
  });

  it('takes names that are words of PL/pgSQL, and keys that are equal but other texts', async () => {
    await db.query(
      "create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    );
    await db.query(
      'create table "loop" ("begin" text collate nocase primary key, "if" text, "a%s""$x$" int)',
    );
    track(url, '--table', 'loop', '--tenant-column', 'if');
    await db.query(`insert into "loop" values ('x', 'a', 1)`);
    await db.query(`update "loop" set "begin" = 'X'`);
    await db.query(`update "loop" set "if" = 'A'`);
    const { rows } = await db.query(
      "select tenant, action, data ->> 'begin' as key from mtdd.changes where tenant <> '' order by number",
    );
    assert.deepEqual(
      rows.map(({ tenant, action, key }) => [tenant, action, key]),
      [
        ['a', 'INSERT', 'x'],
        ['a', 'DELETE', 'x'],
        ['a', 'INSERT', 'X'],
        ['a', 'DELETE', 'X'],
        ['A', 'INSERT', 'X'],
      ],
    );
  });

  it('reads no view that has got the name of the table', async () => {
    await create('create table t (id int primary key, tenant text)');
    await db.query(
      'alter table t rename to other; create view t as select 1 / 0 as id, null::text as tenant',
    );
    await assert.rejects(db.query("insert into other values (1, 'a')"), {
      code: '55000',
      message: 'table public.other was renamed after it was tracked',
    });
    await db.query('drop view t');
    const { status } = spawnSync(BINARY, ['track', '--table', 'other', '--tenant-column', 'tenant'], {
      env: { PATH: process.env.PATH, DATABASE_URL: url },
    });
    assert.equal(status, 0);
    await db.query("insert into other values (1, 'a')");
    assert.equal((await copy()).length, 1);
  });

  it('refuses a schema of another role, computed keys, and types that are no numbers', async () => {
    await db.query('create role planter; create schema mtdd authorization planter');
    await db.query('create table t (id int primary key, tenant text, kind uuid)');
    assert.match(refusal().stderr, /the schema mtdd belongs to another role/);
    await db.query('drop schema mtdd');
    assert.match(refusal('--tenant-type-column', 'kind').stderr, /cannot cast type uuid to integer/);
  });

  it('takes as long for a row of a large statement as for one of a small one', async () => {
    await create('create table t (id int primary key, tenant text)');
    for (let id = 0; id < 10; id++) await db.query("insert into t values ($1, 'a')", [-id]);
    await db.query("insert into t select g, 'a' from generate_series(1, 200) g");
    const { rows } = await db.query(
      "select proconfig from pg_proc where pronamespace = 'mtdd'::regnamespace and proname like 'record\\_%' and proname <> 'record_truncate'",
    );
    // A plan that was made while the table was small would read it whole for each row.
    assert.ok(rows[0].proconfig.includes('enable_seqscan=off'));
  });

  it('is durable where the session would not wait for it', async () => {
    await create('create table t (id int primary key, tenant text)');
    await db.query("set synchronous_commit = off; begin; insert into t values (1, 'a')");
    assert.equal((await db.query('show synchronous_commit')).rows[0].synchronous_commit, 'local');
    await db.query('commit');
    assert.equal((await db.query('show synchronous_commit')).rows[0].synchronous_commit, 'off');
  });
});

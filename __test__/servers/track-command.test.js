const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { after, before, beforeEach, describe, it } = require('node:test');
const { Client } = require('pg');
const { startPostgres } = require('../../testkit/postgres');
const { BINARY } = require('../../testkit/servers');

describe('mtdd-server track', () => {
  let postgres;
  let url;
  let db;

  before(async () => {
    postgres = await startPostgres();
  });
  after(async () => {
    await db?.end();
    await postgres?.destroy();
  });
  beforeEach(async (context) => {
    await db?.end();
    url = await postgres.createDatabase(`d${context.name.length}_${Date.now()}`);
    db = new Client(url);
    await db.connect();
    await db.query(
      'create table products (id bigint primary key, "TenantID" text, name text, price numeric, data json)',
    );
  });

  function run(...args) {
    const { status, stdout, stderr } = spawnSync(BINARY, args, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, DATABASE_URL: url },
    });
    return { status, stdout, stderr };
  }
  const track = (...args) => run('track', '--table', 'products', '--tenant-column', 'TenantID', ...args);
  const changes = async () => {
    const { rows } = await db.query(
      'select tenant, table_name as name, action, data::text from mtdd.changes order by xid, number',
    );
    return rows.map(({ tenant, name, action, data }) => [tenant, name, action, data]);
  };

  it('logs each change with the whole row, under the tenant whose it is', async () => {
    assert.deepEqual([track().status, track().status], [0, 0]);
    await db.query(`insert into products values
      (1, 'a', 'x', 12.50, '{"b": 1,  "a": 2}'), (2, 'b', 'ÿ', 9007199254740993, null), (3, null, 'nobody', 1, null)`);
    await db.query("update products set name = 'y' where id = 1");
    await db.query('update products set "TenantID" = \'b\' where id = 1');
    await db.query('update products set id = 9 where id = 2');
    await db.query('delete from products where id = 9');
    await db.query('truncate products');
    assert.deepEqual(await changes(), [
      ['', 'products', 'RESET', null],
      ['', 'products', 'RESET', null],
      [
        'a',
        'products',
        'INSERT',
        '{"id":1,"TenantID":"a","name":"x","price":12.50,"data":{"b": 1,  "a": 2}}',
      ],
      ['b', 'products', 'INSERT', '{"id":2,"TenantID":"b","name":"ÿ","price":9007199254740993,"data":null}'],
      [
        'a',
        'products',
        'UPDATE',
        '{"id":1,"TenantID":"a","name":"y","price":12.50,"data":{"b": 1,  "a": 2}}',
      ],
      [
        'a',
        'products',
        'DELETE',
        '{"id":1,"TenantID":"a","name":"y","price":12.50,"data":{"b": 1,  "a": 2}}',
      ],
      [
        'b',
        'products',
        'INSERT',
        '{"id":1,"TenantID":"b","name":"y","price":12.50,"data":{"b": 1,  "a": 2}}',
      ],
      ['b', 'products', 'DELETE', '{"id":2,"TenantID":"b","name":"ÿ","price":9007199254740993,"data":null}'],
      ['b', 'products', 'INSERT', '{"id":9,"TenantID":"b","name":"ÿ","price":9007199254740993,"data":null}'],
      ['b', 'products', 'DELETE', '{"id":9,"TenantID":"b","name":"ÿ","price":9007199254740993,"data":null}'],
      ['', 'products', 'RESET', null],
    ]);
  });

  it('notifies once for each transaction, with its position alone, however large the rows', async () => {
    assert.equal(track('--channel', 'news').status, 0);
    const heard = [];
    db.on('notification', ({ channel, payload }) => heard.push([channel, payload]));
    await db.query('listen news');
    await db.query(
      "insert into products select g, 'a', repeat('x', 100000), g from generate_series(1, 50) g",
    );
    const { rows } = await db.query('select distinct xid from mtdd.changes where tenant <> $1', ['']);
    assert.deepEqual(heard, [['news', `{"position":"${rows[0].xid}"}`]]);
  });

  it('does not depend on the settings or the rights of whoever writes', async () => {
    await db.query(
      'create table times (id int primary key, t text, at timestamptz, lasts interval, raw bytea)',
    );
    assert.equal(run('track', '--table', 'times', '--tenant-column', 't').status, 0);
    await db.query('create role writer; grant insert on times to writer');
    await db.query(
      "set timezone = 'Asia/Tokyo'; set intervalstyle = 'iso_8601'; set bytea_output = 'escape'",
    );
    await db.query('set search_path = pg_temp; set role writer');
    await db.query(
      "insert into public.times values (1, 'a', '2026-01-02 03:04:05+00', '1 day 2 hours', '\\x00ff')",
    );
    await db.query('reset role');
    const logged = await changes();
    assert.equal(
      logged.at(-1).at(-1),
      '{"id":1,"t":"a","at":"2026-01-02T03:04:05+00:00","lasts":"1 day 02:00:00","raw":"\\\\x00ff"}',
    );
  });

  it('takes partitioned tables, and tables of another schema under a name', async () => {
    await db.query(
      'create table parts (a int, b text, tenant int, primary key (a, b)) partition by list (a)',
    );
    await db.query('create table part1 partition of parts for values in (1, 2)');
    await db.query('create schema other; create table other.products (k uuid not null unique, t text)');
    assert.equal(run('track', '--table', 'parts', '--tenant-column', 'tenant').status, 0);
    assert.equal(track().status, 0);
    const taken = run('track', '--table', 'other.products', '--tenant-column', 't');
    assert.equal(taken.status, 1);
    assert.match(taken.stderr, /another table is tracked as products\. .*--name/);
    assert.equal(
      run('track', '--table', 'other.products', '--tenant-column', 't', '--name', 'others').status,
      0,
    );
    await db.query("insert into part1 values (1, 'x', 42)");
    await db.query("insert into other.products values (gen_random_uuid(), 'a')");
    assert.deepEqual(
      (await changes()).slice(3).map(([tenant, name, action]) => [tenant, name, action]),
      [
        ['42', 'parts', 'INSERT'],
        ['a', 'others', 'INSERT'],
      ],
    );
  });

  it('refuses what it cannot track, and says why', async () => {
    await db.query('create table loose (t text); create view seen as select * from products');
    for (const [table, column, said] of [
      ['nothing', 'TenantID', /there is no table nothing/],
      ['products', 'owner', /table products has no column owner/],
      ['loose', 't', /loose cannot be tracked: it has no primary key, .*\. Add a primary key/],
      ['seen', 'TenantID', /seen cannot be tracked: it is no ordinary table/],
      ["x'; drop table products; --", 'TenantID', /there is no table|invalid name syntax/],
    ]) {
      const { status, stderr } = run('track', '--table', table, '--tenant-column', column);
      assert.equal(status, 1, table);
      assert.match(stderr, said);
    }
    assert.deepEqual([track('--max-age', '0').status, track('--channel', '').status], [2, 1]);
    assert.equal((await db.query("select to_regclass('mtdd.changes') as log")).rows[0].log, null);
  });

  it('a tenant column that was renamed stops writes, until the table is tracked anew', async () => {
    track();
    await db.query('alter table products rename "TenantID" to owner');
    await assert.rejects(db.query("insert into products values (1, 'a')"), {
      code: '42703',
      message: 'column mtdd_table.TenantID does not exist',
    });
    assert.equal(run('track', '--table', 'products', '--tenant-column', 'owner').status, 0);
    await db.query("insert into products values (1, 'a')");
    assert.deepEqual((await changes()).at(-1).slice(0, 3), ['a', 'products', 'INSERT']);
  });

  it('untrack, status and --print do what they say', async () => {
    assert.deepEqual([run('status').status, run('untrack', '--table', 'products').status], [3, 3]);
    const { stdout: sql } = run('track', '--table', 'products', '--tenant-column', 'TenantID', '--print');
    assert.equal((await db.query("select to_regclass('mtdd.changes') as log")).rows[0].log, null);
    await db.query(sql);
    await db.query("insert into products values (1, 'a')");
    const [table, log] = run('status', '--format', 'json').stdout.trim().split('\n').map(JSON.parse);
    assert.deepEqual(table, {
      table: 'products',
      relation: 'products',
      tenant_column: 'TenantID',
      key: 'id',
    });
    assert.deepEqual([log.channel, log.max_age_s, log.max_bytes], ['table_updates', 604800, 1073741824]);
    assert.equal(run('untrack', '--table', 'products').status, 0);
    assert.deepEqual([run('untrack', '--table', 'products').status, run('status').status], [3, 0]);
    await db.query("insert into products values (2, 'a')");
    assert.equal((await changes()).length, 2);
    track();
    assert.equal(run('untrack', '--all').status, 0);
    await db.query("insert into products values (3, 'a')");
    assert.equal(run('status').status, 3);
  });

  it('trims by age and by size, the oldest first, and remembers up to where', async () => {
    track('--max-age', '3600');
    const fill = 'repeat(md5(g::text), 100)';
    for (let first = 1; first < 300; first += 50) {
      await db.query(
        `insert into products select g, 'a', ${fill} from generate_series(${first}, ${first + 49}) g`,
      );
    }
    const trim = async (most = 20000) =>
      Number((await db.query('select mtdd.trim_changes($1) as n', [most])).rows[0].n);
    assert.equal(await trim(), 0);
    await db.query("update mtdd.changes set changed_at = now() - interval '2 hours' where number <= 101");
    // Whole transactions: that of the command itself, and then 50 rows each.
    assert.deepEqual([await trim(51), await trim(), await trim()], [51, 50, 0]);
    const { rows } = await db.query(
      'select trimmed_xid < (select min(xid) from mtdd.changes) as ok, (select min(number) from mtdd.changes) as first from mtdd.change_log',
    );
    assert.deepEqual(rows, [{ ok: true, first: '102' }]);
    track('--max-bytes', '20000');
    await db.query('analyze mtdd.changes');
    const n = await trim();
    assert.ok(n >= 50 && n <= 150, `${n}`);
  });
});

/** Object ids, which each shard gives by itself, get into no copy. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { startShards } = require('../support/shards');

describe('object ids', () => {
  let shards;
  before(async () => {
    shards = await startShards({ mtdd: { referenceTables: ['refs', 'soon'] } });
    // The same table has another id on one shard.
    await shards.databases[1].raw('create table before_it (id int)');
    await shards.prepare(
      'create domain tbl as regclass',
      'create type pair as (n int, of_table regclass)',
      `create table refs (id int primary key, code text, rc regclass, d tbl, all_of regclass[], one pair,
         g oid generated always as (tableoid) stored)`,
      "insert into refs values (1, 'a', 'refs', 'refs', '{refs}', '(1,refs)')",
    );
  });
  after(() => shards?.stop());

  const run = (sql) => shards.db.raw(sql).mtdd({ allServers: true });
  const assertRefused = (sql) =>
    assert.rejects(
      run(sql).then(() => assert.fail(sql)),
      (error) => {
        assert.equal(error.code, 'PLAN_UNSUPPORTED', `${sql}: ${error.stack}`);
        assert.match(error.message, /reference table/);
        return true;
      },
    );

  it('of columns, whatever type they are in, give no copy a value', async () => {
    for (const value of [
      'rc::oid::text',
      'd::oid::text',
      'all_of[1]::oid::text',
      '(one).of_table::oid::text',
      '(refs).rc::oid::text',
      'tableoid::text',
      'g::text',
      '(select max(g)::text from refs)',
      "'refs'::tbl::oid::text",
      "('(1,refs)'::pair).of_table::oid::text",
      "to_regclass('refs')::oid::text",
    ]) {
      await assertRefused(`update refs set code = ${value}`);
      await assertRefused(`insert into refs (id, code) select id + 1, ${value} from refs`);
    }
    for (const sql of [
      'alter table refs alter column code type text using rc::oid::text',
      'alter table refs alter column code type text using d::oid::text',
      'alter table refs alter column code type text using g::text',
      'alter table refs add column h oid generated always as (tableoid) stored',
      'alter table refs add column h oid generated always as (tableoid) virtual',
      "alter table refs add column h int generated always as ('refs'::regclass::oid::int) stored",
      'alter table refs alter column g set expression as (tableoid::oid)',
      'create table soon (id int, h oid generated always as (tableoid) stored)',
    ])
      await assertRefused(sql);
  });

  it('as names are the same in every copy', async () => {
    await run(
      "update refs set code = concat(rc::text, d::text, all_of::text, all_of[1]::text, one::text, 'refs'::tbl::text)",
    );
    await run('alter table refs add column n text generated always as (upper(code)) stored');
    for (const database of shards.databases) {
      const [{ code, n }] = await database('refs').select('code', 'n');
      assert.deepEqual(
        { code, n },
        { code: 'refsrefs{refs}refs(1,refs)refs', n: 'REFSREFS{REFS}REFS(1,REFS)REFS' },
      );
    }
  });
});

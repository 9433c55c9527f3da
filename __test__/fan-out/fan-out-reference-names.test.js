/** Which table a name of `mtdd.referenceTables` means: the one that search_path finds, or that of the schema it names. */

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const pino = require('pino');
const { startShards } = require('../support/shards');

const SEED = [
  'create table countries (code text primary key)',
  "insert into countries values ('de')",
  'create schema o',
  'create table o.countries (tenant text, id int)',
  'create view of_o as select id from o.countries',
  'create table o.hidden (id int)',
  'create table directory (tenant text)',
];
const ALL = { allServers: true };

async function start(referenceTables, mtdd = {}) {
  const shards = await startShards({ seed: SEED, mtdd: { referenceTables, ...mtdd } });
  const rows = [0, 1, 2].map((shard) => [
    { tenant: `t${shard}`, id: 1 },
    { tenant: `t${shard}`, id: 2 },
  ]);
  await shards.fill('o.countries', rows);
  return shards;
}

describe('a reference table that is declared without a schema', () => {
  let shards;
  const lines = [];
  before(async () => {
    const logger = pino({ level: 'warn' }, { write: (line) => lines.push(JSON.parse(line)) });
    const declared = ['countries', 'hidden', 'nosuch', ' countries', 'PUBLIC.COUNTRIES', 'directory'];
    shards = await start(declared, { logger, logLevel: 'warn' });
  });
  after(() => shards?.stop());

  it('is the one that search_path finds, and no other of its name', async () => {
    await shards.same((db) => db.raw('select count(*) from o.countries'));
    await shards.same((db) => db.raw('select count(*) from of_o'));
    await shards.same((db) => db.raw('select count(*) from countries'));
    await shards.same((db) => db.raw('select count(*) from public.countries'));
    await shards.same((db) => db.raw('select count(*) from countries, o.countries as other'));
    const { rowCount } = await shards.db.raw('delete from o.countries where id = 1').mtdd(ALL);
    assert.equal(rowCount, 3);
  });

  it('is refused under the name of another schema if search_path finds none', async () => {
    for (const sql of ['select * from o.hidden', 'insert into o.hidden values (1)', 'delete from o.hidden']) {
      await assert.rejects(shards.db.raw(sql).mtdd(ALL), {
        code: 'PLAN_UNSUPPORTED',
        message: /o\.hidden.*write its schema/,
      });
    }
  });

  it('is named once in the log if no shard has it, or if it has the tenant column', async () => {
    await shards.db.raw('create table later (id int)').mtdd(ALL);
    await shards.db.raw('select count(*) from countries').mtdd();
    const warned = lines.map(({ msg }) => /referenceTables names (.*?): (.*)/.exec(msg)).filter(Boolean);
    assert.deepEqual(warned.map(([, name]) => name).sort(), [
      ' countries',
      'PUBLIC.COUNTRIES',
      'directory',
      'hidden',
      'nosuch',
    ]);
    assert.match(warned.find(([, name]) => name === 'directory')[2], /the column tenant/);
  });
});

describe('a reference table that is declared with its schema', () => {
  let shards;
  before(async () => {
    shards = await start(['o.countries']);
  });
  after(() => shards?.stop());

  it('is none of another schema', async () => {
    for (const [index, database] of shards.databases.entries()) {
      await database.raw(`insert into countries values ('shard ${index}')`);
    }
    const { rows } = await shards.db.raw('select count(*) from countries').mtdd();
    assert.equal(rows[0].count, '6');
    const copies = await shards.db.raw('select count(*) from o.countries').mtdd();
    assert.equal(copies.rows[0].count, '2');
  });
});

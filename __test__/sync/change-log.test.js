const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { Client } = require('pg');
const { READ, READ_OF_TABLE, READ_OF_TENANT, after: valuesOf, pageOf } = require('../../js/sync/change-log');
const { fromPostgres } = require('../../js/sync/snapshot');
const { startPostgres } = require('../../testkit/postgres');
const { track } = require('../../testkit/track');

/** Of PostgreSQL's pages, which hold some dozens of changes. */
const FEW_PAGES = 100;
/** All values as the library gets them. */
const TEXT = { getTypeParser: () => (value) => value };

describe('the queries of the change log', () => {
  let postgres;
  let url;
  let db;

  before(async () => {
    postgres = await startPostgres();
    url = await postgres.createDatabase('log');
    db = new Client(url);
    await db.connect();
    await db.query('create table notes (id int primary key, tenant_id text)');
    track(url, '--table', 'notes', '--tenant-column', 'tenant_id');
    // Many transactions.
    for (let part = 0; part < 100; part++) {
      await db.query(
        "insert into notes select g, 't' || g % 20 from generate_series($1::int, $1::int + 999) g",
        [part * 1000],
      );
    }
  });
  after(async () => {
    await db?.end();
    await postgres?.destroy();
  });

  async function positionNow() {
    const { rows } = await db.query('select pg_current_snapshot()::text as text');
    return { log: '', base: fromPostgres(rows[0].text), until: null, number: 0 };
  }

  const QUERIES = [
    ['all', READ, [], 2],
    ['those of a tenant', READ_OF_TENANT, ['t1', '1'], 1],
    ['those of a table', READ_OF_TABLE, ['t1', '1', 'notes', 1000], 1],
  ];

  for (const isAnalyzed of [false, true]) {
    it(`read what is new, and not the log before it, ${isAnalyzed ? 'with' : 'without'} statistics`, async () => {
      if (isAnalyzed) await db.query('analyze mtdd.changes');
      const position = await positionNow();
      const id = isAnalyzed ? 1_000_000 : 2_000_000;
      await db.query("insert into notes values ($1, 't1'), ($1 + 1, 't2')", [id]);
      for (const [name, text, more, count] of QUERIES) {
        const values = [...valuesOf(position), ...more];
        const { rows } = await db.query({ text, values, types: TEXT });
        assert.equal(pageOf(rows).changes.length, count, name);
        const explained = await db.query(`explain (analyze, buffers, format json) ${text}`, values);
        const [{ Plan: plan }] = explained.rows[0]['QUERY PLAN'];
        const pages = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
        assert.ok(pages < FEW_PAGES, `${name}: ${pages} pages`);
      }
    });
  }

  it('begin with a change that was made long before it became visible', async () => {
    const slow = new Client(url);
    await slow.connect();
    try {
      await slow.query('begin');
      await slow.query("insert into notes values (3000000, 't1')");
      await db.query("insert into notes values (3000001, 't1')");
      const position = await positionNow();
      await db.query("insert into notes values (3000002, 't1')");
      await slow.query('commit');
      for (const [name, text, more] of QUERIES) {
        const { rows } = await db.query({ text, values: [...valuesOf(position), ...more], types: TEXT });
        const ids = pageOf(rows).changes.map(({ data }) => JSON.parse(data).id);
        assert.deepEqual(ids, [3_000_000, 3_000_002], name);
      }
    } finally {
      await slow.end();
    }
  });
});

const assert = require('node:assert/strict');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const knex = require('knex');
const { ChangeReader } = require('../../js/sync/change-reader');
const { Databases } = require('../../js/sync/databases');
const { trimLog } = require('../../js/sync/trimming');
const { onConnection, startPostgres } = require('../../testkit/postgres');
const { track } = require('../../testkit/track');
const { recordingLogger } = require('../support/recording-logger');
const { until } = require('../support/live-app');

describe('the reader of a change log', () => {
  let postgres;
  let databaseUrl;
  let db;

  before(async () => {
    postgres = await startPostgres();
    databaseUrl = await postgres.createDatabase('log');
    await onConnection(databaseUrl, 'create table notes (id int primary key, tenant_id text)');
    track(databaseUrl, '--table', 'notes', '--tenant-column', 'tenant_id');
    db = knex({ client: 'pg', connection: databaseUrl });
  });
  after(async () => {
    await db?.destroy();
    await postgres?.destroy();
  });

  /** A reader that is told of nothing, and reads at `read()`. */
  function startReader(changes) {
    const databases = new Databases({ native: null, shards: 1 }, db.client);
    const logger = recordingLogger();
    const resets = [];
    const follower = { changes, reset: (reason) => resets.push(reason), spacing: () => 0 };
    let wake;
    const listen = async (heard) => {
      wake = heard;
      return { async close() {} };
    };
    const reader = new ChangeReader({ databases, shard: 0, listen, follower, logger });
    reader.start();
    return { reader, databases, resets, read: () => wake() };
  }

  it('is behind the changes as soon as they are handed out: who begins then has not missed them', async () => {
    const seen = [];
    const { reader, read } = startReader(async ({ changes, until: end }) => () => {
      // What others do in the same turn of the event loop, as a stream that begins.
      queueMicrotask(() => seen.push([changes.length, end, reader.position?.base]));
    });
    try {
      await reader.ready(10_000);
      await onConnection(databaseUrl, "insert into notes values (1, 'a'), (2, 'a')");
      read();
      await until(() => seen.length > 0);
      const [[count, end, position]] = seen;
      assert.deepEqual([count, position], [2, end]);
    } finally {
      reader.stop();
    }
  });

  it('hands nothing out after it was stopped', async () => {
    let handedOut = 0;
    let asked = () => {};
    const isAsked = new Promise((resolve) => {
      asked = resolve;
    });
    const { reader, read, resets } = startReader(async () => {
      asked();
      await sleep(50);
      return () => handedOut++;
    });
    await reader.ready(10_000);
    await onConnection(databaseUrl, "insert into notes values (3, 'a')");
    read();
    await isAsked;
    reader.stop();
    await sleep(200);
    assert.deepEqual([handedOut, resets, reader.position], [0, [], undefined]);
  });

  it('trims all that is too old, however much, and nothing else', async () => {
    const { reader, databases } = startReader(async () => () => {});
    try {
      await reader.ready(10_000);
      await onConnection(
        databaseUrl,
        "insert into notes select g, 'a' from generate_series(100, 45099) g",
        "update mtdd.changes set changed_at = now() - interval '9 days'",
        "insert into notes values (50000, 'a')",
      );
      await trimLog(databases, 0);
      const { rows } = await db.raw('select count(*)::int as count from mtdd.changes');
      assert.equal(rows[0].count, 1);
      await trimLog(databases, 0);
    } finally {
      reader.stop();
    }
  });
});

const assert = require('node:assert/strict');
const path = require('node:path');
const { after, before, describe, it } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const children = require('../../testkit/children');
const { startCluster } = require('../../testkit/cluster');

/** Milliseconds in which a process must have ended by itself, on a busy machine. */
const PATIENCE = 10_000;

/** The way of support/exit-app.js, and the exit code it must have. */
const WAYS = {
  'close after a query': 0,
  'close without a query': 0,
  'no close after a query': 0,
  'no close and no query': 0,
  'an awaited query as the only thing left': 0,
  'many awaited queries as the only thing left': 0,
  'destroy of Knex': 0,
  'close with a query in flight': 0,
  'a subscription as the only thing left, until it is closed': 0,
  'close with a subscription open': 0,
  'process.exit with queries in flight': 0,
  'process.exit with a large result on its way': 0,
  'an uncaught exception with queries in flight': 1,
  'an unhandled rejection of a query': 1,
  'an exception in a callback': 1,
  'a worker thread that ends': 0,
  'a worker thread that is terminated with queries in flight': 0,
};

describe('a process that uses the library ends as it would without it', () => {
  let cluster;
  const start = (way) =>
    children.start(process.execPath, [
      path.join(__dirname, '..', 'support', 'exit-app.js'),
      way,
      cluster.shards[0].address,
    ]);

  before(async () => {
    cluster = await startCluster({ shards: 1 });
  });
  after(() => cluster?.stop());

  /** How a child ended by itself; one that hangs is killed, which shows as a signal. */
  async function ending(child) {
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    const outcome = await child.ended;
    clearTimeout(timer);
    return outcome;
  }

  for (const [way, expected] of Object.entries(WAYS)) {
    it(way, async () => {
      const child = start(way);
      const { code, signal } = await ending(child);
      assert.equal(signal, null, `hangs or crashes:\n${child.output}`);
      assert.equal(code, expected, child.output);
      assert.match(child.output, /^done$/m);
      assert.doesNotMatch(child.output, /FATAL ERROR|panicked|Segmentation/);
    });
  }

  it('SIGTERM ends it at once', async () => {
    const child = start('waiting for a signal');
    while (!child.output.includes('done')) await sleep(20);
    const begun = Date.now();
    const { signal } = await children.stop(child, 'SIGTERM', PATIENCE);
    assert.equal(signal, 'SIGTERM', child.output);
    assert.ok(Date.now() - begun < 2000);
  });
});

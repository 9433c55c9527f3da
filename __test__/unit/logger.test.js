const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const pino = require('pino');
const { createLoggers } = require('../../js/logger');

function lines() {
  const written = [];
  return { written, write: (line) => written.push(line) };
}

describe('a logger of our own', () => {
  test('writes JSON with the name of the part, and nothing else of its own', () => {
    const to = lines();
    const { grpc } = createLoggers({ logger: null, logLevel: 'info', isDevelopment: false }, to);
    grpc.info({ tenantName: 'tenant-123', shardId: 2 }, 'Tenant mapped to shard');
    const { time, ...line } = JSON.parse(to.written[0]);
    assert.equal(typeof time, 'number');
    assert.deepEqual(line, {
      level: 30,
      name: 'knex-mtdd:grpc',
      msg: 'Tenant mapped to shard',
      tenantName: 'tenant-123',
      shardId: 2,
    });
  });

  test('keeps to its level', () => {
    const to = lines();
    const { mtdd, record } = createLoggers({ logger: null, logLevel: 'warn', isDevelopment: false }, to);
    mtdd.info('no');
    record('info', 'mtdd::client', 'no');
    record('warn', 'mtdd::client', 'yes');
    assert.equal(to.written.length, 1);
  });

  test('writes readable lines in development', () => {
    const to = lines();
    const { db } = createLoggers({ logger: null, logLevel: 'debug', isDevelopment: true }, to);
    db.debug({ rows: 2 }, 'done');
    db.error(new Error('broken'));
    assert.match(to.written[0], /^\d\d:\d\d:\d\d\.\d{3} DEBUG knex-mtdd:db done \{"rows":2\}\n$/);
    assert.match(to.written[1], /ERROR knex-mtdd:db broken\nError: broken\n/);
  });
});

describe('records of the native client', () => {
  const parts = [
    ['mtdd::channel::connect', 'grpc'],
    ['mtdd::lookup', 'grpc'],
    ['tonic::transport', 'grpc'],
    ['mtdd::client::notifications', 'notification'],
    ['mtdd::scatter', 'mtdd'],
    ['mtdd', 'mtdd'],
    ['other', 'mtdd'],
  ];
  for (const [target, part] of parts) {
    test(`of ${target} go to ${part}`, () => {
      const to = lines();
      createLoggers({ logger: null, logLevel: 'trace', isDevelopment: false }, to).record(
        'warn',
        target,
        'text',
        { shard: 1 },
      );
      const { level, name, msg, shard } = JSON.parse(to.written[0]);
      assert.deepEqual([level, name, msg, shard], [40, `knex-mtdd:${part}`, 'text', 1]);
    });
  }

  test('of an unknown level are debug', () => {
    const to = lines();
    createLoggers({ logger: null, logLevel: 'debug', isDevelopment: false }, to).record(
      'verbose',
      'mtdd',
      'text',
    );
    assert.equal(JSON.parse(to.written[0]).level, 20);
  });
});

test("the app's own logger gets everything, by its children", () => {
  const to = lines();
  const logger = pino({ level: 'info', base: { app: 'shop' } }, to);
  const { api, record, flush } = createLoggers({ logger, logLevel: 'info', isDevelopment: false });
  api.info('hello');
  record('error', 'mtdd::channel', 'lost');
  flush();
  assert.deepEqual(
    to.written.map((line) => JSON.parse(line)).map(({ app, name, msg }) => [app, name, msg]),
    [
      ['shop', 'knex-mtdd:api', 'hello'],
      ['shop', 'knex-mtdd:grpc', 'lost'],
    ],
  );
});

/**
 * `npm run soak`: the two differential tests of fan-outs with 200,000 fresh questions each, or with as many as
 * MTDD_TEST_QUERIES says. MTDD_TEST_SEED asks those of an earlier run.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const FILES = ['differential', 'nested'].map((name) =>
  path.join('__test__', 'fan-out', `fan-out-${name}.test.js`),
);

const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=1', '--test-reporter=spec', ...FILES],
  {
    cwd: path.join(__dirname, '..'),
    env: { MTDD_TEST_QUERIES: '200000', MTDD_TEST_SEED: String(Date.now() % 1_000_000_007), ...process.env },
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;

/**
 * `npm run soak`: the differential test of fan-outs with 200,000 fresh questions, or with as many as
 * MTDD_TEST_QUERIES says. MTDD_TEST_SEED asks those of an earlier run.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const FILE = path.join('__test__', 'fan-out-differential.test.js');

const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', FILE], {
  cwd: path.join(__dirname, '..'),
  env: { MTDD_TEST_QUERIES: '200000', MTDD_TEST_SEED: String(Date.now() % 1_000_000_007), ...process.env },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

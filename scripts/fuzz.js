/**
 * `npm run fuzz`: the tests with random input (tests/fuzz) for a minute each, or for MTDD_FUZZ_SECONDS. A failure names
 * its seed, which MTDD_TEST_SEED asks for again. Words choose among the tests by their names.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const { status } = spawnSync(
  'cargo',
  ['test', '--locked', '--features', 'server,client', '--test', 'fuzz', '--', ...process.argv.slice(2)],
  {
    cwd: path.join(__dirname, '..'),
    env: { MTDD_FUZZ_SECONDS: '60', ...process.env },
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;

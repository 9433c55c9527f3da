/**
 * `npm run fuzz`: the tests with random input (tests/fuzz, the frames of tests/query_server, rows on their way into
 * JavaScript, and answers of 1.x servers) for a minute each, or for MTDD_FUZZ_SECONDS. A failure names its seed, which MTDD_TEST_SEED asks for again.
 * Words choose among the tests by their names.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const words = process.argv.slice(2);
const cargo = (test, ...names) => [
  'cargo',
  ['test', '--locked', '--features', 'server,client', '--test', test, '--', ...names],
];
const targets = [
  ['', cargo('fuzz', ...words)],
  ['frames', cargo('query_server', 'frames::')],
  ['rows', [process.execPath, ['--test', '__test__/knex/random-rows.test.js']]],
  ['answers', [process.execPath, ['--test', '__test__/compat-1.x/legacy-answers.test.js']]],
];

for (const [name, [program, args]] of targets) {
  if (name !== '' && words.length > 0 && !words.some((word) => name.includes(word))) continue;
  const { status } = spawnSync(program, args, {
    cwd: path.join(__dirname, '..'),
    env: { MTDD_FUZZ_SECONDS: '60', ...process.env },
    stdio: 'inherit',
  });
  if (status !== 0) {
    process.exitCode = status ?? 1;
    break;
  }
}

/**
 * `npm run test:coverage`: which lines the tests run. The JavaScript tests under c8, and the Rust tests under
 * cargo-llvm-cov where that is installed. Words choose among the JavaScript test files, as for `npm test`, and leave
 * Rust out. The reports are in coverage/.
 */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { programs } = require('../testkit/postgres');

const ROOT = path.join(__dirname, '..');
const words = process.argv.slice(2);

/** @returns {boolean} whether it ended well */
function run(file, args, variables = {}) {
  const env = { ...process.env, ...variables };
  const { status, error } = spawnSync(file, args, { cwd: ROOT, env, stdio: 'inherit' });
  if (error) throw error;
  return status === 0;
}

const c8 = path.join(ROOT, 'node_modules', 'c8', 'bin', 'c8.js');
const reports = ['--reporter=text', '--reporter=lcov', '--include=js/**'];
// Every file's path holds this word; without one, test.js would run Rust too.
const files = words.length > 0 ? words : ['.test.js'];
const outcomes = [run(process.execPath, [c8, ...reports, process.execPath, 'scripts/test.js', ...files])];

if (words.length === 0) {
  if (spawnSync('cargo', ['llvm-cov', '--version']).status === 0) {
    const args = [
      'llvm-cov',
      '--locked',
      '--features',
      'server,client',
      '--lcov',
      '--output-path',
      'coverage/rust.info',
    ];
    outcomes.push(run('cargo', args, { MTDD_TEST_PG_BIN: programs() }));
  } else {
    console.log(
      'Rust is left out: `cargo install cargo-llvm-cov` and `rustup component add llvm-tools` first.',
    );
  }
}
process.exitCode = outcomes.every(Boolean) ? 0 : 1;

/**
 * `npm test`: the Rust tests, then the JavaScript tests, against real PostgreSQL and real servers; the last line sums
 * both. `npm test -- rust` runs one side. `npm test -- fan-out parity` runs the JavaScript test files that have one of
 * the words in their path below __test__: in the name of the folder, which is the subject, or of the file.
 * MTDD_TEST_MODULES: a directory whose node_modules has the `knex` and `pg` to test on.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { programs } = require('../testkit/postgres');

const ROOT = path.join(__dirname, '..');
/** Takes `knex` and `pg` from the directory that MTDD_TEST_MODULES names. */
const MODULES_HOOK = path.join(ROOT, 'testkit', 'modules.js');
/** A JavaScript test file that takes longer than this hangs. Milliseconds. */
const PATIENCE = 1_500_000;

async function main(words) {
  const total = { passed: 0, failed: 0 };
  const outcomes = [];
  if (words.length === 0 || words.includes('rust')) outcomes.push(await rust(total));
  if (words.length === 0 || words.some((word) => word !== 'rust'))
    outcomes.push(await javascript(total, words));
  // A runner can fail without a failed test: a compile error, a crash.
  if (total.failed === 0) total.failed = outcomes.filter((good) => !good).length;
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

async function rust(total) {
  const args = ['test', '--locked', '--no-fail-fast', '--features', 'server,client'];
  const { code, output } = await run('cargo', args, { MTDD_TEST_PG_BIN: programs() });
  for (const [, passed, failed] of output.matchAll(/^test result: .*? (\d+) passed; (\d+) failed;/gm)) {
    total.passed += Number(passed);
    total.failed += Number(failed);
  }
  return code === 0;
}

async function javascript(total, words) {
  const files = testFiles(words);
  if (files.length === 0) throw new Error(`no test file in __test__ is named like ${words.join(' or ')}`);
  // Each file starts a PostgreSQL and servers of its own, so more files at once than cores only slow each other down.
  const concurrency = Math.max(1, Math.min(4, os.availableParallelism()));
  const { code, output } = await run(process.execPath, [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${PATIENCE}`,
    ...files,
  ]);
  const count = (word) => Number(output.match(new RegExp(`^\\S+ ${word} (\\d+)$`, 'm'))?.[1] ?? 0);
  total.passed += count('pass');
  total.failed += count('fail') + count('cancelled');
  return code === 0;
}

/** The JavaScript test files that have one of the words in their path, or all of them. */
function testFiles(words) {
  return fs
    .readdirSync(path.join(ROOT, '__test__'), { recursive: true })
    .map((name) => name.replaceAll(path.sep, '/'))
    .filter((name) => name.endsWith('.test.js'))
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .map((name) => `__test__/${name}`)
    .sort();
}

/** Runs a program, shows what it prints as it comes, and returns that. */
function run(file, args, variables) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...variables };
    // Through the environment, so that programs which tests start have it too.
    if (env.MTDD_TEST_MODULES)
      env.NODE_OPTIONS = `${env.NODE_OPTIONS ?? ''} --require=${JSON.stringify(MODULES_HOOK)}`.trim();
    const child = spawn(file, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

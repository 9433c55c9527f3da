/**
 * `npm run footprint`: what the packages of this platform cost an application that has Express, Knex and `pg` already:
 * bytes to download, bytes on disk, and the time of `require()`.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { triple } = require('../js/platform');
const { ADDON, SERVER } = require('./build');
const { packMain, packPlatform } = require('./package');
const { platform } = require('./platforms');

const ROOT = path.join(__dirname, '..');
/** Each time is of a process of its own; the middle one is told. */
const RUNS = 15;
/** Milliseconds that the statement takes where the peers are loaded. */
const LOAD = `
  for (const peer of ['express', 'knex', 'pg']) require(peer);
  const start = performance.now();
  STATEMENT;
  console.log(performance.now() - start);
`;

function main() {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), 'mtdd-footprint-'));
  try {
    const parts = { triple: triple(), addon: ADDON, server: SERVER };
    for (const file of [packMain(out), packPlatform(out, parts)]) {
      console.log(`${megabytes(fs.statSync(file).size)} to download  ${path.basename(file)}`);
    }
  } finally {
    fs.rmSync(out, { recursive: true, force: true });
  }
  const { addon, server } = platform(triple());
  console.log(`${megabytes(fs.statSync(ADDON).size)} on disk      ${addon}`);
  console.log(`${megabytes(fs.statSync(SERVER).size)} on disk      ${server}`);
  console.log(`${milliseconds("require('./js')")} to load      the library`);
  console.log(
    `${milliseconds("require('./js'); require('./js/native/client')")} to load      the library and its addon`,
  );
}

function milliseconds(statement) {
  const times = Array.from({ length: RUNS }, () => {
    const args = ['-e', LOAD.replace('STATEMENT', statement)];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return Number(stdout);
  });
  const middle = times.sort((a, b) => a - b)[Math.floor(RUNS / 2)];
  return `${middle.toFixed(1)} ms`.padStart(9);
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(2)} MB`.padStart(9);
}

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

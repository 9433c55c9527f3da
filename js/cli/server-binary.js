/**
 * Finds and runs the native binary `mtdd-server` of this platform, with this process's streams, signals and exit status.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { platformPackage, missing } = require('../platform');

const ROOT = path.join(__dirname, '..', '..');
const BINARY = process.platform === 'win32' ? 'mtdd-server.exe' : 'mtdd-server';
/** Shells report a program that cannot be run by this status. */
const CANNOT_RUN = 126;

/** The binary of a build in this repository, or of the platform's npm package. */
function findBinary() {
  const built = path.resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target', 'release', BINARY);
  if (fs.existsSync(built)) return built;
  try {
    return require.resolve(`${platformPackage()}/${BINARY}`);
  } catch {
    return undefined;
  }
}

/**
 * Runs the binary. When it ends, this process ends as it did, by exit status or by signal; 126 if there is no binary,
 * or it cannot be run.
 *
 * @param {string[]} args
 */
function runServerBinary(args) {
  const binary = findBinary();
  if (binary === undefined) {
    fail(missing('mtdd-server'));
    return;
  }
  let child;
  const forwarded = ['SIGTERM', 'SIGHUP'];
  // At a terminal, Ctrl-C reaches the child by itself; a second one could mean "at once".
  if (process.stdin.isTTY) process.on('SIGINT', () => {});
  else forwarded.push('SIGINT');
  // Before the child starts, so that no signal finds this process without a listener and leaves the child behind.
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));

  child = spawn(binary, args, { stdio: 'inherit' });
  child.once('error', (error) => fail(`${binary} cannot be run: ${error.message}`));
  child.once('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    // End as the child did, so that whoever waits for this process sees the same.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = CANNOT_RUN;
}

module.exports = { runServerBinary };

/**
 * Child processes that never outlive this one: each is killed when it is stopped, when this process ends, and when
 * this process is interrupted. Everything the tests, the demo and the benches start goes through here.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** @type {Set<string>} */
const directories = new Set();

process.on('exit', () => {
  for (const child of running) child.kill(child.hardSignal);
  for (const directory of directories) fs.rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  // A program that has said how it ends (the demo, once it only serves) ends so.
  process.on(signal, () => process.exit(process.exitCode ?? code));
}

/**
 * Starts a program; its stdout and stderr are kept for error messages.
 *
 * @param {string} file the program
 * @param {string[]} args
 * @param {{ env?: object, cwd?: string, uid?: number, gid?: number, hardSignal?: NodeJS.Signals }} [options]
 *   `hardSignal` ends it at once (default SIGKILL); PostgreSQL wants SIGQUIT, so that its own children end too
 */
function start(file, args, { hardSignal = 'SIGKILL', ...options } = {}) {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  child.hardSignal = hardSignal;
  child.output = '';
  const keep = (text) => {
    child.output = (child.output + text).slice(-65536);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  running.add(child);
  child.ended = new Promise((resolve) => {
    const end = (outcome) => {
      running.delete(child);
      resolve(outcome);
    };
    child.once('error', (error) => end({ code: null, signal: null, error }));
    child.once('close', (code, signal) => end({ code, signal }));
  });
  return child;
}

/**
 * Runs a program to its end.
 *
 * @returns {Promise<string>} what it printed
 * @throws {Error} with its output, when it does not end with code 0
 */
async function run(file, args, options) {
  const child = start(file, args, options);
  const { code, signal, error } = await child.ended;
  if (error) throw error;
  if (code !== 0) throw new Error(`${file} ended with ${signal ?? `code ${code}`}:\n${child.output}`);
  return child.output;
}

/**
 * Asks a child to end, and kills it if it does not.
 *
 * @param {NodeJS.Signals} signal
 * @param {number} [patience] milliseconds before it is killed
 * @returns {Promise<{ code: number|null, signal: string|null }>}
 */
async function stop(child, signal = 'SIGTERM', patience = 10_000) {
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), patience);
  const outcome = await child.ended;
  clearTimeout(timer);
  return outcome;
}

/** Removes a directory when this process ends, at the latest. */
function removeAtExit(directory) {
  directories.add(directory);
}

/** Removes a directory now. */
function remove(directory) {
  directories.delete(directory);
  fs.rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

module.exports = { start, run, stop, remove, removeAtExit };

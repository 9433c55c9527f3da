/**
 * `npm run build`: builds the addon and the binary `mtdd-server` in release mode, and copies the addon to the root of
 * the repository under the name by which js/native.js finds it. Uses nothing but Node and Cargo.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { triple } = require('../js/platform');

const ROOT = path.join(__dirname, '..');
/** What Cargo calls the addon. */
const LIBRARY = { win32: 'mtdd.dll', darwin: 'libmtdd.dylib' }[process.platform] ?? 'libmtdd.so';
/** What a build makes: the addon, where js/native.js looks for it, and the binary of the servers. */
const ADDON = path.join(ROOT, `mtdd.${triple()}.node`);
const SERVER = path.join(targetDirectory(), process.platform === 'win32' ? 'mtdd-server.exe' : 'mtdd-server');

/**
 * Builds both.
 *
 * @param {{ quiet?: boolean }} [options] `quiet`: only Cargo's warnings and errors
 * @throws {Error} when Cargo is missing or fails
 */
function build({ quiet = false } = {}) {
  cargo(['--features', 'addon', '--lib'], quiet);
  cargo(['--features', 'server', '--bin', 'mtdd-server'], quiet);
  // Written beside and renamed: a process that has the old addon loaded keeps it whole.
  const draft = `${ADDON}.${process.pid}`;
  fs.copyFileSync(path.join(targetDirectory(), LIBRARY), draft);
  fs.renameSync(draft, ADDON);
}

/** Where Cargo puts its release builds. */
function targetDirectory() {
  return path.join(path.resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target'), 'release');
}

function cargo(what, quiet) {
  const args = ['build', '--release', '--locked', ...(quiet ? ['--quiet'] : []), ...what];
  const { status, error } = spawnSync('cargo', args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error?.code === 'ENOENT')
    throw new Error('Rust is missing: install it from https://rustup.rs, then run this again');
  if (error) throw error;
  if (status !== 0) throw new Error(`cargo ${args.join(' ')} failed`);
}

module.exports = { build, ADDON, SERVER };

if (require.main === module) {
  try {
    build();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

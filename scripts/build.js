/**
 * `npm run build`: builds the addon and the binary `mtdd-server` in release mode, and copies the addon to the root of
 * the repository under the name by which js/native/addon.js finds it.
 *
 * `npm run build -- --platform linux-arm64-gnu` builds both for a platform's package, into packages/linux-arm64-gnu.
 * For Linux it links with zig (cargo-zigbuild and zig on the PATH), so that they run on an older glibc than this
 * machine has.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { triple } = require('../js/platform');
const { GLIBC, PACKAGES, platform } = require('./platforms');

const ROOT = path.join(__dirname, '..');
/** What Cargo calls the addon. */
const LIBRARY = { win32: 'mtdd.dll', darwin: 'libmtdd.dylib' }[process.platform] ?? 'libmtdd.so';
/** What a build makes: the addon, where js/native/addon.js looks for it, and the binary of the servers. */
const ADDON = path.join(ROOT, `mtdd.${triple()}.node`);
const SERVER = path.join(
  targetDirectory(),
  'release',
  process.platform === 'win32' ? 'mtdd-server.exe' : 'mtdd-server',
);

/**
 * Builds both for this checkout.
 *
 * @param {{ quiet?: boolean }} [options] `quiet`: only Cargo's warnings and errors
 * @throws {Error} when Cargo is missing or fails
 */
function build({ quiet = false } = {}) {
  const options = quiet ? ['--quiet'] : [];
  cargo(['build', ...options, '--features', 'addon', '--lib']);
  cargo(['build', ...options, '--features', 'server', '--bin', 'mtdd-server']);
  // Written beside and renamed: a process that has the old addon loaded keeps it whole.
  const draft = `${ADDON}.${process.pid}`;
  fs.copyFileSync(path.join(targetDirectory(), 'release', LIBRARY), draft);
  fs.renameSync(draft, ADDON);
}

/**
 * Builds both for a platform's package.
 *
 * @param {string} name the platform
 * @throws {Error} when Cargo fails, or when a file would need a newer glibc than we promise
 */
function buildFor(name) {
  const { target, addon, server, library, linux, musl } = platform(name);
  const command = linux ? 'zigbuild' : 'build';
  const args = ['--target', linux && !musl ? `${target}.${GLIBC}` : target];
  // A library cannot have musl inside; the server can, and then needs nothing.
  const flags = musl ? { RUSTFLAGS: '-C target-feature=-crt-static' } : {};
  cargo([command, ...args, '--features', 'addon', '--lib'], flags);
  cargo([command, ...args, '--features', 'server', '--bin', 'mtdd-server']);

  const made = path.join(targetDirectory(), target, 'release');
  const out = path.join(PACKAGES, name);
  fs.mkdirSync(out, { recursive: true });
  for (const [from, to] of [
    [library, addon],
    [server, server],
  ]) {
    fs.copyFileSync(path.join(made, from), path.join(out, to));
    const needed = neededGlibc(path.join(out, to));
    if (needed !== undefined && isNewer(needed, GLIBC)) {
      throw new Error(`${to} needs glibc ${needed}; the oldest that we promise is ${GLIBC}`);
    }
    console.log(`${path.join(out, to)}${needed === undefined ? '' : `, for glibc ${needed} or later`}`);
  }
}

/** The newest version of glibc whose symbols a file asks for; undefined when it asks for none. */
function neededGlibc(file) {
  const names = fs.readFileSync(file, 'latin1').matchAll(/GLIBC_(2(?:\.\d+)+)\0/g);
  return [...names]
    .map(([, version]) => version)
    .reduce((newest, one) => (newest && !isNewer(one, newest) ? newest : one), undefined);
}

function isNewer(version, than) {
  return version.localeCompare(than, 'en', { numeric: true }) > 0;
}

/** Where Cargo puts its builds. */
function targetDirectory() {
  return path.resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');
}

function cargo([command, ...rest], variables = {}) {
  const args = [command, '--release', '--locked', ...rest];
  const env = { ...process.env, ...variables };
  const { status, error } = spawnSync('cargo', args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error?.code === 'ENOENT')
    throw new Error('Rust is missing: install it from https://rustup.rs, then run this again');
  if (error) throw error;
  if (status !== 0) throw new Error(`cargo ${args.join(' ')} failed`);
}

module.exports = { build, ADDON, SERVER, LIBRARY };

if (require.main === module) {
  try {
    const { values } = parseArgs({ options: { platform: { type: 'string' } } });
    if (values.platform === undefined) build();
    else buildFor(values.platform);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

/**
 * The platforms for which there is a package: one directory each in npm/, named in napi's way of writing it, and
 * Rust's name of the same platform.
 */

const fs = require('node:fs');
const path = require('node:path');

const NPM = path.join(__dirname, '..', 'npm');
/** Where builds for packages, and the packages, are put. */
const PACKAGES = path.join(__dirname, '..', 'packages');
/** The oldest glibc that the packages run on: Debian 10, RHEL 8 and their like. */
const GLIBC = '2.28';

/** @type {Record<string, string>} */
const RUST_TARGETS = {
  'darwin-arm64': 'aarch64-apple-darwin',
  'darwin-x64': 'x86_64-apple-darwin',
  'linux-arm64-gnu': 'aarch64-unknown-linux-gnu',
  'linux-arm64-musl': 'aarch64-unknown-linux-musl',
  'linux-x64-gnu': 'x86_64-unknown-linux-gnu',
  'linux-x64-musl': 'x86_64-unknown-linux-musl',
  'win32-x64-msvc': 'x86_64-pc-windows-msvc',
};

/**
 * A platform by its name.
 *
 * @param {string} triple
 * @throws {Error} when there is no package for it
 */
function platform(triple) {
  const target = RUST_TARGETS[triple];
  if (target === undefined) {
    throw new Error(
      `there is no package for ${triple}; there is one for ${Object.keys(RUST_TARGETS).join(', ')}`,
    );
  }
  const [system, , abi] = triple.split('-');
  return {
    triple,
    target,
    linux: system === 'linux',
    musl: abi === 'musl',
    /** Where its package.json lies. */
    directory: path.join(NPM, triple),
    manifest: JSON.parse(fs.readFileSync(path.join(NPM, triple, 'package.json'), 'utf8')),
    /** The names of the two files in its package. */
    addon: `mtdd.${triple}.node`,
    server: system === 'win32' ? 'mtdd-server.exe' : 'mtdd-server',
    /** What Cargo calls the addon. */
    library: { win32: 'mtdd.dll', darwin: 'libmtdd.dylib' }[system] ?? 'libmtdd.so',
  };
}

const platforms = () => Object.keys(RUST_TARGETS).map(platform);

module.exports = { platform, platforms, GLIBC, PACKAGES };

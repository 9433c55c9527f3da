/**
 * The name of this platform in napi's way of writing it (`linux-x64-gnu`, `darwin-arm64`, `win32-x64-msvc`), which is
 * part of the names of the addon and of the platform packages.
 */

const fs = require('node:fs');

/** Where an ELF file's program headers and interpreter stand. */
const ELF_HEAD = 4096;

/** True on Alpine and its like: Node itself is then loaded by musl's loader. Node's own report says so too, but slowly. */
function isMusl() {
  const head = Buffer.alloc(ELF_HEAD);
  const file = fs.openSync(process.execPath, 'r');
  try {
    fs.readSync(file, head, 0, ELF_HEAD, 0);
  } finally {
    fs.closeSync(file);
  }
  return head.includes('/ld-musl-');
}

/** @returns {string} */
function triple() {
  const { platform, arch } = process;
  if (platform === 'linux') return `${platform}-${arch}-${isMusl() ? 'musl' : 'gnu'}`;
  return platform === 'win32' ? `${platform}-${arch}-msvc` : `${platform}-${arch}`;
}

module.exports = { triple };

/**
 * The platform packages: this platform's name as napi writes it (`linux-x64-gnu`, `darwin-arm64`, `win32-x64-msvc`),
 * the package with its addon and server, and what to do if that package is missing.
 */

const { familySync, MUSL } = require('detect-libc');
/** @type {{ name: string, version: string, optionalDependencies?: Record<string, string> }} */
const manifest = require('../package.json');

const { name, version, optionalDependencies } = manifest;

/** @returns {string} */
function triple() {
  const { platform, arch } = process;
  if (platform === 'linux') return `${platform}-${arch}-${familySync() === MUSL ? 'musl' : 'gnu'}`;
  return platform === 'win32' ? `${platform}-${arch}-msvc` : `${platform}-${arch}`;
}

/** The package of this platform, whether it is published or not. */
function platformPackage() {
  return `${name}-${triple()}`;
}

/**
 * Says that `what` is missing, and which command installs it. Only a published package.json lists the platform packages.
 *
 * @param {string} what it begins the sentence
 * @returns {string}
 */
function missing(what) {
  const published = Object.keys(optionalDependencies ?? {});
  const wanted = platformPackage();
  if (published.length === 0) {
    return `${what} has not been built for ${triple()}: run \`npm run build\` in the checkout.`;
  }
  if (!published.includes(wanted)) {
    const supported = published.map((one) => one.slice(name.length + 1)).join(', ');
    return `${what} does not exist for ${triple()}. It exists for ${supported}.`;
  }
  return (
    `${what} is not installed: the package ${wanted} is missing. ` +
    `Run \`npm install --include=optional --save-optional ${wanted}@${version}\`. ` +
    'It is an optional dependency, left out by --omit=optional and by a lockfile that was written on another platform.'
  );
}

module.exports = { triple, platformPackage, missing, version };

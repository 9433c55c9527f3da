/**
 * The native addon: built in this checkout by `npm run build`, or installed as the package of this platform.
 */

const { existsSync } = require('node:fs');
const path = require('node:path');
const { ConfigError } = require('../errors');
const { triple, platformPackage, missing, version } = require('../platform');

/** The addon of a checkout. */
const built = path.join(__dirname, '..', '..', `mtdd.${triple()}.node`);

function load() {
  if (existsSync(built)) return opened(built);
  const installed = platformPackage();
  const manifest = `${installed}/package.json`;
  let found;
  try {
    found = require(manifest).version;
  } catch (error) {
    // Only a missing package is handled here; one that is there but broken throws its own error.
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    throw new ConfigError(missing('The native addon'), { platform: triple(), package: installed }, error);
  }
  // The interface between the two halves has no version number, so both must be of one release.
  if (found !== version) {
    throw new ConfigError(
      `The native addon has another version: ${installed} is ${found}, and this library is ${version}. ` +
        `Run \`npm install --include=optional --save-optional ${installed}@${version}\`.`,
      { platform: triple(), package: installed },
    );
  }
  return opened(installed);
}

/** @param {string} addon a file, or a package */
function opened(addon) {
  try {
    return require(addon);
  } catch (error) {
    throw new ConfigError(
      `The native addon for ${triple()} cannot be loaded: ${error.message}`,
      { platform: triple(), addon },
      error,
    );
  }
}

/** @type {{ NativeClient: any }} */
module.exports = load();

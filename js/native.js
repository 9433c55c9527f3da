/**
 * The native addon: built in this checkout by `npm run build`, or installed as the package of this platform.
 */

const { existsSync } = require('node:fs');
const path = require('node:path');
const { ConfigError } = require('./errors');
const { triple } = require('./platform');

const file = path.join(__dirname, '..', `mtdd.${triple()}.node`);
const platformPackage = `@advcomm/tenant_replication_postgres-${triple()}`;

function load() {
  if (existsSync(file)) return require(file);
  try {
    return require(platformPackage);
  } catch (error) {
    throw new ConfigError(
      `There is no native addon for ${triple()}: install ${platformPackage}, or run \`npm run build\` in a checkout.`,
      { platform: triple() },
      error,
    );
  }
}

module.exports = load();

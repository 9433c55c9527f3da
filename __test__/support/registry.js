/**
 * An npm registry on a free loopback port, for packages of our scope alone: everything else is fetched from the
 * registry that npm is set to, by the package managers themselves.
 */

const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { runServer } = require('verdaccio');
const { npm } = require('../../scripts/npm');
const children = require('../../testkit/children');

const SCOPE = '@advcomm';

/**
 * Starts one.
 *
 * @param {string} directory where it may keep its files
 */
async function startRegistry(directory) {
  const server = await runServer({
    // Verdaccio resolves paths from here.
    configPath: path.join(directory, 'verdaccio.yaml'),
    storage: path.join(directory, 'registry'),
    web: { enable: false },
    packages: { [`${SCOPE}/*`]: { access: '$all', publish: '$all' } },
    uplinks: {},
    max_body_size: '200mb',
    log: { type: 'stdout', format: 'json', level: 'fatal' },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}/`;
  const upstream = npm(['config', 'get', 'registry']).trim();
  const npmrc = path.join(directory, 'npmrc');
  const lines = [
    `registry=${upstream}`,
    `${SCOPE}:registry=${url}`,
    // Anybody may publish, but npm insists on a token.
    `${url.replace('http:', '')}:_authToken=anybody`,
  ];
  fs.writeFileSync(npmrc, `${lines.join('\n')}\n`);
  return {
    /** A configuration file for npm and pnpm. */
    npmrc,
    /** What Yarn's configuration file has to say. */
    yarnrc: yarnrc(url, upstream),

    /**
     * Publishes a package.
     *
     * @param {string} from a .tgz or a directory
     */
    async publish(from) {
      const args = ['publish', from, '--userconfig', npmrc, '--loglevel', 'error'];
      await children.run('npm', args, { shell: process.platform === 'win32' });
    },

    stop() {
      server.close();
      server.closeAllConnections();
      return once(server, 'close');
    },
  };
}

function yarnrc(url, upstream) {
  return JSON.stringify({
    npmRegistryServer: upstream,
    // A package of this minute is what is tested.
    npmScopes: { [SCOPE.slice(1)]: { npmRegistryServer: url, npmMinimalAgeGate: '0' } },
    unsafeHttpWhitelist: ['127.0.0.1'],
    enableTelemetry: false,
    enableImmutableInstalls: false,
  });
}

module.exports = { startRegistry };

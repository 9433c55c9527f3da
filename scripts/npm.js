/** npm, for the scripts. Uses nothing but Node. */

const { spawnSync } = require('node:child_process');

/**
 * Runs npm and returns what it prints.
 *
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @throws {Error} with what it printed when it fails
 */
function npm(args, options = {}) {
  // Under `npm run`, npm says where it is; asking it by that path also works where `npm` is a .cmd file.
  const own = process.env.npm_execpath;
  const [file, first] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []];
  const { status, error, stdout, stderr } = spawnSync(file, [...first, ...args], {
    encoding: 'utf8',
    ...options,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

module.exports = { npm };

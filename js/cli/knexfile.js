/**
 * Loads a knexfile as Knex's own command line does: its directory becomes the working directory, an environment is
 * picked by --env or NODE_ENV, and a file in another language is loaded by what the application has installed for it.
 */

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { kindOf } = require('../describe');
const { UsageError } = require('./arguments');

/** In the order of Knex's. */
const NAMES = ['knexfile.js', 'knexfile.mjs', 'knexfile.cjs', 'knexfile.ts'];
const POSTGRES = [undefined, 'pg', 'postgres', 'postgresql'];

/**
 * @typedef {object} Knexfile
 * @property {string} file
 * @property {object} config of the environment
 * @property {(config: object) => import('knex').Knex} knex the application's Knex
 */

/**
 * Finds and loads it, and changes the working directory to that of a file that was named.
 *
 * @param {{ knexfile?: string, env?: string }} options
 * @returns {Promise<Knexfile>}
 * @throws {UsageError} if it is missing, cannot be loaded, or is for another database
 */
async function loadKnexfile({ knexfile, env }) {
  const file = find(knexfile);
  const directory = path.dirname(file);
  if (knexfile !== undefined) process.chdir(directory);
  const knex = knexOf(directory);
  const loaded = await load(file, directory);
  const config = environmentOf(loaded, env, file);
  if (typeof config.client !== 'function' && !POSTGRES.includes(config.client)) {
    throw new UsageError(`${file}: client: expected "pg", got ${JSON.stringify(config.client)}`);
  }
  return { file, config, knex };
}

/** Whether there is one in the working directory. */
function hasKnexfile() {
  return NAMES.some((name) => fs.existsSync(path.resolve(name)));
}

/** The application's Knex, without a knexfile. */
function knexAlone() {
  return { file: undefined, config: {}, knex: knexOf(process.cwd()) };
}

function find(named) {
  if (named !== undefined) {
    const file = path.resolve(named);
    if (!fs.existsSync(file)) throw new UsageError(`--knexfile: there is no ${file}`);
    return file;
  }
  const found = NAMES.map((name) => path.resolve(name)).find((file) => fs.existsSync(file));
  if (found === undefined) {
    throw new UsageError(`there is no ${NAMES.join(', ')} in ${process.cwd()}: name one with --knexfile`);
  }
  return found;
}

/** The application's Knex, else the one that this package sees. */
function knexOf(directory) {
  const places = [createRequire(path.join(directory, 'knexfile.js')), require];
  for (const load of places) {
    try {
      return load('knex');
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new UsageError(`knex is not installed in ${directory}: run \`npm install knex pg\``);
}

async function load(file, directory) {
  registerLanguage(file, directory);
  try {
    const module = isEsm(file) ? await import(pathToFileURL(file).href) : require(file);
    const exported = module?.default ?? module;
    return typeof exported === 'function' ? await exported() : exported;
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const advice = file.endsWith('.ts')
      ? '\nTypeScript needs ts-node, or another loader, for example NODE_OPTIONS="--import tsx"'
      : '';
    throw new UsageError(`${file} cannot be loaded: ${why}${advice}`);
  }
}

/** Loads what the application has for a language such as TypeScript, which Knex's command line also does. */
function registerLanguage(file, directory) {
  if (['.js', '.mjs', '.cjs'].includes(path.extname(file))) return;
  try {
    const ofKnex = createRequire(createRequire(path.join(directory, 'knexfile.js')).resolve('knex'));
    ofKnex('rechoir').prepare(ofKnex('interpret').jsVariants, file, directory, true);
  } catch (error) {
    // Another version of Knex has no such loader. If one is needed, loading the file fails, and says so.
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
  }
}

/** Whether Node takes the file for an ES module. */
function isEsm(file) {
  const extension = path.extname(file);
  if (['.mjs', '.mts'].includes(extension)) return true;
  if (['.cjs', '.cts'].includes(extension)) return false;
  for (let at = path.dirname(file); ; at = path.dirname(at)) {
    const manifest = path.join(at, 'package.json');
    if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
    if (at === path.dirname(at)) return false;
  }
}

/** The configuration of an environment, or the whole file if it has no environments. */
function environmentOf(loaded, env, file) {
  if (loaded === null || typeof loaded !== 'object' || Array.isArray(loaded)) {
    throw new UsageError(`${file}: expected a Knex configuration, got ${kindOf(loaded)}`);
  }
  const name = env ?? (process.env.NODE_ENV || 'development');
  const own = Object.hasOwn(loaded, name) ? loaded[name] : undefined;
  // Knex would take the whole file for the configuration, and a mistyped environment for none.
  if (own === undefined && env !== undefined) {
    const known = Object.keys(loaded).filter((key) => loaded[key]?.client !== undefined);
    throw new UsageError(
      `--env: ${file} has no environment ${JSON.stringify(env)}; it has ${known.join(', ') || 'none'}`,
    );
  }
  const config = own ?? loaded;
  if (typeof config !== 'object')
    throw new UsageError(`${file}: ${name}: expected an object, got ${kindOf(config)}`);
  return config;
}

module.exports = { loadKnexfile, hasKnexfile, knexAlone };

/**
 * Loaded before anything else when MTDD_TEST_MODULES names a directory: `knex` and `pg` then come from that
 * directory's node_modules, for the tests and for the library alike. So the suites run on other versions of both.
 * `pg-query-stream`, which that Knex looks for, is the one that is here.
 */

const Module = require('node:module');
const path = require('node:path');

const DIRECTORY = path.resolve(process.env.MTDD_TEST_MODULES);
const REPLACED = /^(?:knex|pg)(?:\/|$)/;
const SHARED = 'pg-query-stream';

/** Where a module is looked for, if not where it would be. */
function pathsOf(request) {
  if (REPLACED.test(request)) return [DIRECTORY];
  return request === SHARED ? [__dirname] : undefined;
}

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = (request, parent, isMain, options) => {
  const paths = pathsOf(request);
  return resolveFilename(request, parent, isMain, paths === undefined ? options : { ...options, paths });
};

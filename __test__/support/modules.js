/**
 * Loaded before anything else when MTDD_TEST_MODULES names a directory: `knex` and `pg` then come from that
 * directory's node_modules, for the tests and for the library alike. So the suites run on other versions of both.
 */

const Module = require('node:module');
const path = require('node:path');

const DIRECTORY = path.resolve(process.env.MTDD_TEST_MODULES);
const REPLACED = /^(?:knex|pg)(?:\/|$)/;

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = (request, parent, isMain, options) =>
  resolveFilename(
    request,
    parent,
    isMain,
    REPLACED.test(request) ? { ...options, paths: [DIRECTORY] } : options,
  );

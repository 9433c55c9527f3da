#!/usr/bin/env node
/**
 * `npx mtdd-server query|lookup ...`: runs the native binary of this platform with the same arguments, streams and
 * exit status. `npx mtdd-server --help` lists its flags.
 */

const { runServerBinary } = require('../cli/server-binary');

runServerBinary(process.argv.slice(2));

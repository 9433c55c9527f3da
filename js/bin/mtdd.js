#!/usr/bin/env node
/** `npx mtdd migrate|doctor|tenants ...`: what operators do to all shards. `npx mtdd --help` lists the commands. */

const { main } = require('../cli');

main(process.argv.slice(2));

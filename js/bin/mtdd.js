#!/usr/bin/env node
/** `npx mtdd migrate|tenants ...`: what operators do to all shards. `npx mtdd --help` lists the commands. */

const { main } = require('../cli');

main(process.argv.slice(2));

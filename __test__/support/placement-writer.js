/**
 * An application process that writes rows of some tenants as fast as a few writers can, until it is told to stop; then it
 * says which rows were acknowledged, and which errors there were. Forked by placement.test.js.
 */

const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');

async function main({ name, connection, mtdd, tenants, writers, transactions }) {
  const db = knex({ client: 'pg', connection });
  const handle = await InitializeReplication(express(), db, { mtdd });
  const acknowledged = [];
  const errors = [];
  let stopped = false;
  process.on('message', () => {
    stopped = true;
  });
  const row = (tenant, id) => ({ tenant, id, process: name });
  const write = async (tenant, id) => {
    if (!transactions) return db('notes').insert(row(tenant, id)).mtdd(tenant);
    return db.transaction(async (trx) => {
      await trx('notes').insert(row(tenant, id)).mtdd(tenant);
      await trx('notes').where({ tenant, id }).mtdd(tenant);
    });
  };
  let last = 0;
  const writer = async (tenant) => {
    while (!stopped) {
      last += 1;
      const id = `${name}-${last}`;
      try {
        await write(tenant, id);
        acknowledged.push([tenant, id]);
      } catch (error) {
        errors.push(`${error.code}: ${error.message}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  // The caches are warm before it says that it is ready.
  for (const tenant of tenants) await db('notes').where({ tenant }).mtdd(tenant);
  process.send({ ready: true });
  await Promise.all(tenants.flatMap((tenant) => Array.from({ length: writers }, () => writer(tenant))));
  await handle.close();
  await db.destroy();
  process.send({ acknowledged, errors }, () => process.disconnect());
}

process.once('message', (options) => {
  main(options).catch((error) => {
    process.send({ failed: error.stack });
    process.exitCode = 1;
  });
});

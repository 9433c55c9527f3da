/** An application: a Knex instance of its own, with the library on a cluster's servers. */

const express = require('express');
const knex = require('knex');
const { InitializeReplication } = require('../../js');

/**
 * @param {Awaited<ReturnType<import('../../testkit/cluster').startCluster>>} cluster
 * @param {object} [mtdd] more options, or others
 * @returns {Promise<{ db: import('knex').Knex, handle: object, close(): Promise<void> }>}
 */
async function startApp({ local, queryServers, lookupServer }, mtdd = {}) {
  const db = knex({ client: 'pg', connection: local.databaseUrl });
  const handle = await InitializeReplication(express(), db, {
    mtdd: { useMtdd: true, queryServers, lookupServer, ...mtdd },
  });
  return {
    db,
    handle,
    async close() {
      await handle.close();
      await db.destroy();
    },
  };
}

module.exports = { startApp };

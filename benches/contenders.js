/**
 * Who is compared, each with the same queries on the same PostgreSQL. A contender is opened in a process of its own
 * and gives a function that runs a query and resolves to its rows; ending the process closes it.
 */

const path = require('node:path');

const PROTO = path.join(__dirname, '..', 'proto', 'db.proto');
/** Knex's own default. */
const POOL = { min: 2, max: 10 };

/**
 * @typedef {{ databaseUrl: string, address: string }} Places
 * @typedef {(query: import('./workloads').Query, turn: number) => Promise<any[]>} Ask
 */

/** @type {Record<string, { title: string, open(places: Places): Promise<Ask> }>} */
const CONTENDERS = {
  direct: {
    title: 'Knex + pg',
    async open({ databaseUrl }) {
      const db = require('knex')({ client: 'pg', connection: databaseUrl, pool: POOL });
      return (query, turn) => query.build(db, turn);
    },
  },

  library: {
    title: 'this library',
    async open({ databaseUrl, address }) {
      const { InitializeReplication } = require('..');
      const db = require('knex')({ client: 'pg', connection: databaseUrl, pool: { ...POOL, min: 0 } });
      const app = { use() {} };
      await InitializeReplication(app, db, { mtdd: { useMtdd: true, queryServers: [address] } });
      return (query, turn) => query.build(db, turn).mtdd('tenant');
    },
  },

  grpcjs: {
    title: 'grpc-js, no Knex',
    async open({ address }) {
      const grpc = require('@grpc/grpc-js');
      const loader = require('@grpc/proto-loader');
      const { types, utils } = require('pg');
      const definition = loader.loadSync(PROTO, { keepCase: true });
      const { DBService } = grpc.loadPackageDefinition(definition).mtdd.v1;
      const client = new DBService(address, grpc.credentials.createInsecure(), {
        'grpc.max_receive_message_length': -1,
      });
      return (query, turn) =>
        new Promise((resolve, reject) => {
          const params = query
            .values(turn)
            .map((value) => ({ value: Buffer.from(String(utils.prepareValue(value))) }));
          client.ExecuteQuery({ sql: query.text, params, tenant: 'tenant' }, (error, reply) => {
            if (error) reject(error);
            else resolve(rowsOf(reply.results[0], types));
          });
        });
    },
  },
};

/** Rows out of DataRow messages, parsed as pg parses them. */
function rowsOf({ description, rows: bytes, row_count: count }, types) {
  const names = description.fields.map((field) => field.name);
  const parsers = description.fields.map((field) => types.getTypeParser(field.type_id, 'text'));
  const rows = new Array(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const row = {};
    // A tag, the length of the message, and the number of columns stand before the values.
    at += 7;
    for (let column = 0; column < names.length; column++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length < 0) {
        row[names[column]] = null;
      } else {
        row[names[column]] = parsers[column](bytes.toString('utf8', at, at + length));
        at += length;
      }
    }
    rows[index] = row;
  }
  return rows;
}

module.exports = { CONTENDERS, POOL };

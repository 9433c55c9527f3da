/** The services of 1.x as `@grpc/grpc-js`, which 1.x itself is written with, has them. */

const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const load = (file) =>
  grpc.loadPackageDefinition(loader.loadSync(path.join(__dirname, file), { keepCase: true, defaults: true }));

const { DBService } = load('db.proto').DB;
const { LookupService } = load('lookup.proto').mtdd;

/** A unary call as a promise. */
const call = (client, method, request, ...rest) =>
  new Promise((resolve, reject) => {
    client[method](request, ...rest, (error, response) => (error ? reject(error) : resolve(response)));
  });

module.exports = { DBService, LookupService, call };

/** The error of a store's database, without tokens: Knex quotes bindings in its messages, and ioredis keeps arguments. */

const { MtddError } = require('../../errors');

/** Between the SQL and PostgreSQL's sentence, in a message of Knex's. */
const AFTER_SQL = ' - ';

/**
 * @param {any} error
 * @param {string[]} [tokens] what must not show
 * @returns {MtddError} DEVICE_STORE_FAILED, with the database's own code in `context.databaseCode`
 */
function storeFailure(error, tokens = []) {
  const said = String(error?.message ?? error);
  const at = said.lastIndexOf(AFTER_SQL);
  let sentence = at < 0 ? said : said.slice(at + AFTER_SQL.length);
  for (const token of tokens) sentence = sentence.replaceAll(token, '[token]');
  const code = typeof error?.code === 'string' ? error.code : undefined;
  return new MtddError(`The device store failed: ${sentence}`, 'DEVICE_STORE_FAILED', 503, {
    databaseCode: code,
  });
}

module.exports = { storeFailure };

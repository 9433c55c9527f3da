/**
 * Converts the values of a query for the native client.
 */

const { ValidationError } = require('../errors');

/** PostgreSQL's protocol counts the values of a statement in two bytes. */
const MOST_VALUES = 65_535;

/**
 * @param {unknown[]} values
 * @param {import('./driver').Driver} driver whose `prepareValue` converts them
 * @returns {(string | Buffer | null)[]}
 * @throws {ValidationError} for more than the protocol can count
 */
function parametersOf(values, driver) {
  if (values.length > MOST_VALUES) throw tooMany(values.length);
  return values.map(parameter, driver);
}

/** @this {import('./driver').Driver} */
function parameter(value) {
  const prepared = this.prepareValue(value);
  if (prepared === null || prepared === undefined) return null;
  return typeof prepared === 'string' || Buffer.isBuffer(prepared) ? prepared : String(prepared);
}

function tooMany(count) {
  return new ValidationError(
    `The statement has ${count} bindings, and PostgreSQL takes no more than ${MOST_VALUES}: bind an array, as in x = ANY (?), or run it in parts.`,
    { bindings: count, limit: MOST_VALUES },
  );
}

module.exports = { parametersOf };

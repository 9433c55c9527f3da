/**
 * A reply on its way in: builds, piece by piece, the `pg` result (or results) that a local connection would have given.
 * Follows `pg`'s Query: several statements give an array of results, an error discards them, and a type parser that
 * throws fails the query.
 */

const { decoderFor } = require('./decoder');

/** The columns of results, as the native client has described them. */
class Shape {
  constructor(kinds, columns) {
    /** A letter for each column: how its values cross. */
    this.kinds = kinds;
    /** For each column the arguments of `pg`'s Field. */
    this.columns = columns;
    this.names = columns.map(([name]) => name);
    this.types = columns.map(([, , , type]) => type);
    /** The decoders last used, of rows as objects and as arrays, with the parsers that they are made for. */
    this.asObject = undefined;
    this.asArray = undefined;
  }

  /** The decoder for these parsers, one for each column. */
  decoder(driver, parsers, asArray) {
    const last = asArray ? this.asArray : this.asObject;
    if (last !== undefined && sameItems(last.parsers, parsers)) return last.decode;
    let kinds = '';
    for (let column = 0; column < parsers.length; column++) {
      const kind = this.kinds[column];
      kinds += kind === 't' && !driver.isIdentity(this.types[column], parsers[column]) ? 'p' : kind;
    }
    const decode = decoderFor(kinds, this.names, asArray);
    this[asArray ? 'asArray' : 'asObject'] = { parsers, decode };
    return decode;
  }
}

function sameItems(one, other) {
  for (let index = 0; index < one.length; index++) {
    if (one[index] !== other[index]) return false;
  }
  return true;
}

class Reply {
  /**
   * @param {import('./driver').Driver} driver
   * @param {'array' | undefined} rowMode
   * @param {object} types where the parsers come from
   * @param {(error: Error | null, result?: object | object[]) => void} callback
   */
  constructor(driver, rowMode, types, callback) {
    this.driver = driver;
    this.rowMode = rowMode;
    this.types = types;
    this.callback = callback;
    /** Whoever waits for the end, whatever it is. */
    this.onEnd = undefined;
    this.restart();
  }

  /** Forgets what has come: the query is being run again. */
  restart() {
    this.result = new this.driver.Result(this.rowMode, this.types);
    this.results = this.result;
    this.failure = null;
    this.decode = undefined;
    this.parsers = undefined;
  }

  /** A result that returns rows begins. */
  begin(shape) {
    const { driver, types } = this;
    this.nextResult();
    const fields = new Array(shape.columns.length);
    const parsers = new Array(shape.columns.length);
    for (let column = 0; column < fields.length; column++) {
      const of = shape.columns[column];
      fields[column] = new driver.Field(of[0], of[1], of[2], of[3], of[4], of[5], of[6]);
      parsers[column] = types.getTypeParser(of[3], 'text');
    }
    this.result.addFields(fields);
    this.parsers = parsers;
    this.decode = shape.decoder(driver, parsers, this.rowMode === 'array');
  }

  rows(text, count, cursor) {
    if (this.failure !== null) return;
    try {
      this.decode(text, count, this.result.rows, this.parsers, cursor);
    } catch (error) {
      // A parser of the application's; like `pg`, the query goes on to its end and then fails.
      this.failure = error;
    }
  }

  /** A result ends. */
  end(commandTag) {
    this.nextResult();
    this.result.addCommandComplete({ text: commandTag });
  }

  nextResult() {
    if (!this.result.command) return;
    if (!Array.isArray(this.results)) this.results = [this.result];
    this.result = new this.driver.Result(this.rowMode, this.types);
    this.results.push(this.result);
  }

  /** The reply ends, with an error or without. */
  finish(error) {
    const { callback, onEnd } = this;
    error = this.failure ?? error;
    try {
      if (error === null) callback(null, this.results);
      else callback(error);
    } catch (thrown) {
      // As `pg` does: a callback that throws is the application's, and must not take other queries down.
      process.nextTick(() => {
        throw thrown;
      });
    }
    if (onEnd !== undefined) for (const listener of onEnd) listener();
  }
}

/** The fields of an error as the native client sends them, after message and length. */
const ERROR_FIELDS = [
  'severity',
  'code',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'file',
  'line',
  'routine',
];

/** PostgreSQL's refusal, as `pg` reports it. */
function databaseError(driver, [message, length, ...fields]) {
  const error = new driver.DatabaseError(message, length, 'error');
  for (let index = 0; index < ERROR_FIELDS.length; index++) error[ERROR_FIELDS[index]] = fields[index] ?? undefined;
  return error;
}

module.exports = { Shape, Reply, databaseError };

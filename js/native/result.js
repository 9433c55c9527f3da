/**
 * Builds a reply, as its parts arrive, into the `pg` result (or results) that a local connection would have given. It
 * follows `pg`'s Query: several statements give an array of results, an error discards them, and a type parser that throws
 * fails the query.
 */

const { decoderFor } = require('./decoder');
const { fillFromLegacy } = require('./legacy-answer');

/** The columns of results, as the native client has described them. */
class Shape {
  constructor(kinds, columns) {
    /** A letter for each column: how its values cross. */
    this.kinds = kinds;
    /** For each column the arguments of `pg`'s Field. */
    this.columns = columns;
    this.names = columns.map(([name]) => name);
    this.types = columns.map(([, , , type]) => type);
    /** What was last made of it for rows as objects and for rows as arrays. */
    this.asObject = undefined;
    this.asArray = undefined;
  }

  /**
   * What a result of this shape needs: a decoder, and what `pg` notes in a Result when it is told of the columns.
   *
   * @param {import('./driver').Driver} driver
   * @param {object} types where the parsers come from
   * @param {boolean} asArray
   */
  reading(driver, types, asArray) {
    const last = asArray ? this.asArray : this.asObject;
    if (last !== undefined && last.types === types && this.#hasParsers(types, last.parsers)) return last;
    const parsers = this.types.map((type) => types.getTypeParser(type, 'text'));
    const reading = { types, parsers, known: this.#known(driver, types, asArray), decode: undefined };
    reading.decode = this.#decoder(driver, parsers, asArray);
    this[asArray ? 'asArray' : 'asObject'] = reading;
    return reading;
  }

  /** Column descriptions that belong to one result alone: the application may change them. */
  fields(driver) {
    const { columns } = this;
    const fields = new Array(columns.length);
    for (let column = 0; column < fields.length; column++) {
      const of = columns[column];
      fields[column] = new driver.Field(of[0], of[1], of[2], of[3], of[4], of[5], of[6]);
    }
    return fields;
  }

  /** What `addFields` sets, `fields` itself apart: told once, it is copied into each result at a fraction of the time. */
  #known(driver, types, asArray) {
    const model = new driver.Result(asArray ? 'array' : undefined, types);
    const before = { ...model };
    model.addFields(this.fields(driver));
    return Object.entries(model).filter(([name, value]) => name !== 'fields' && value !== before[name]);
  }

  /** False once the application has set another parser. */
  #hasParsers(types, parsers) {
    for (let column = 0; column < parsers.length; column++) {
      if (types.getTypeParser(this.types[column], 'text') !== parsers[column]) return false;
    }
    return true;
  }

  #decoder(driver, parsers, asArray) {
    let kinds = '';
    for (let column = 0; column < parsers.length; column++) {
      const kind = this.kinds[column];
      kinds += kind === 't' && !driver.isIdentity(this.types[column], parsers[column]) ? 'p' : kind;
    }
    return decoderFor(kinds, this.names, asArray);
  }
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
    this.reading = undefined;
    /** What is known of the reply beyond its results, if it is all shards'. */
    this.about = undefined;
    /** What it has done may be more than reading, and stays; told of streams alone. */
    this.leavesTraces = false;
  }

  /** A result that returns rows begins. */
  begin(shape) {
    const { driver, types } = this;
    this.nextResult();
    const { result } = this;
    this.reading = shape.reading(driver, types, this.rowMode === 'array');
    result.fields = shape.fields(driver);
    for (const [name, value] of this.reading.known) result[name] = value;
  }

  rows(text, count, cursor) {
    if (this.failure !== null) return;
    try {
      const { decode, parsers } = this.reading;
      decode(text, count, this.result.rows, parsers, cursor);
    } catch (error) {
      // One of the application's parsers threw. As in `pg`, the query goes on to its end and then fails.
      this.failure = error;
    }
  }

  /** The whole answer of a 1.x server; the error that makes of it, if any. */
  legacyAnswer(answer) {
    return fillFromLegacy(this.driver, this.result, this.rowMode === 'array', answer);
  }

  /** What is known of it beyond its results. */
  tell(about) {
    this.about = about;
    return null;
  }

  /** How much of these bytes of credit the server may have back at once. */
  takeCredit(bytes) {
    return bytes;
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
      if (this.about !== undefined) this.#tellOf(this.about);
      if (error === null) callback(null, this.results);
      else callback(error);
    } catch (thrown) {
      // As in `pg`: a callback that throws is the application's problem, and must not fail other queries.
      throwLater(thrown);
    }
    if (onEnd !== undefined) for (const listener of onEnd) listener();
  }

  /** Notes it where it does not show: a result stays deep-equal to a local one. */
  #tellOf(about) {
    const note = { value: about, writable: true, configurable: true };
    for (const result of Array.isArray(this.results) ? this.results : [this.results]) {
      Object.defineProperty(result, 'mtdd', note);
      // Knex returns only the rows of a select.
      if (about.failedShards.length > 0) Object.defineProperty(result.rows, 'mtdd', note);
    }
  }
}

/** Throws to the process what the application's code has thrown, once what goes on here is done. */
function throwLater(thrown) {
  process.nextTick(() => {
    throw thrown;
  });
}

module.exports = { Shape, Reply, throwLater };

/**
 * The classes and parsers of the application's own copy of `pg`, so that results, errors and values are the same as on a
 * local connection.
 *
 * Some versions of `pg` do not export all of them. Those are found by feeding `pg` messages that make it use them.
 */

const { EventEmitter } = require('node:events');
const path = require('node:path');
const { ConfigError } = require('../errors');

/**
 * The types whose text form the native client can turn into a value. A position is the bit of the override mask:
 * `src/data/kind.rs` lists them in the same order.
 */
const NATIVE_TYPES = [21, 23, 26, 16, 700, 701, 1082, 1114, 1184, 17, 114, 3802];
const INT8 = 20;

/** RowDescription of one column, and ErrorResponse with only a message: what a server would send. */
const ROW_DESCRIPTION = Buffer.from('540000001a0001610000000000000000000019ffffffffffff0000', 'hex');
const ERROR_RESPONSE = Buffer.from('45000000084d780000', 'hex');

class Driver {
  /**
   * @param {object} pg the driver that Knex uses (`knex.client.driver`)
   * @param {object} [connectionTypes] the `types` of the Knex connection settings
   * @throws {ConfigError} if it is not `pg`
   */
  constructor(pg, connectionTypes) {
    if (
      typeof pg?.Query !== 'function' ||
      typeof pg.Connection !== 'function' ||
      typeof pg.Client !== 'function'
    ) {
      throw new ConfigError(
        'The Knex instance does not use the driver `pg`: install pg, and set client: "pg".',
      );
    }
    /** `pg`'s class of results. */
    this.Result = new pg.Query('')._result.constructor;
    /** The parsers that a connection of the application would use. */
    this.types = new pg.Client({ types: connectionTypes })._types;
    const { Field, DatabaseError } = learnMessages(pg);
    this.Field = Field;
    this.DatabaseError = DatabaseError;
    /** `pg`'s conversion of a query value: null, a string, or a Buffer. */
    this.prepareValue = learnPrepareValue(pg);
    /** What `pg` does with a type that it does not know: nothing. */
    this.noParser = pg.types.getTypeParser(0, 'text');
    /** The parsers that `pg` comes with, by type. */
    this.builtin = builtinParsers(pg.types);
    this.native = NATIVE_TYPES.map((type) => this.builtin.get(type));
  }

  /**
   * The types, as a mask, whose values the native client must leave alone because the application has parsers of its
   * own for them.
   *
   * @param {{ getTypeParser(type: number, format: string): Function }} types
   * @returns {number}
   */
  overrides(types) {
    let mask = 0;
    for (let bit = 0; bit < NATIVE_TYPES.length; bit++) {
      if (types.getTypeParser(NATIVE_TYPES[bit], 'text') !== this.native[bit]) mask |= 1 << bit;
    }
    return mask;
  }

  /** True if the parser gives every text back unchanged. */
  isIdentity(type, parser) {
    return parser === this.noParser || (type === INT8 && parser === this.builtin.get(INT8));
  }
}

/** The classes of column descriptions and of errors. */
function learnMessages(pg) {
  const stream = new EventEmitter();
  const connection = new pg.Connection({ stream });
  const learnt = {};
  connection.on('rowDescription', (message) => {
    learnt.Field = message.fields[0].constructor;
  });
  connection.on('errorMessage', (message) => {
    learnt.DatabaseError = message.constructor;
  });
  connection.attachListeners(stream);
  stream.emit('data', ROW_DESCRIPTION);
  stream.emit('data', ERROR_RESPONSE);
  return learnt;
}

function learnPrepareValue(pg) {
  if (pg.utils?.prepareValue) return pg.utils.prepareValue;
  let learnt;
  const nothing = () => {};
  const connection = {
    parsedStatements: {},
    submittedNamedStatements: {},
    parse: nothing,
    bind: ({ valueMapper }) => {
      learnt = valueMapper;
    },
    describe: nothing,
    execute: nothing,
    flush: nothing,
    sync: nothing,
    stream: {},
  };
  new pg.Query({ text: 'select $1', values: [null] }).submit(connection);
  return learnt;
}

/**
 * The parsers that `pg` comes with, by type. Empty if its copy of pg-types is not among the loaded modules, as in a
 * bundle. Then every value goes through its parser in JavaScript, which is slower and gives the same.
 */
function builtinParsers(types) {
  const parsers = new Map();
  const module = Object.values(require.cache).find((loaded) => loaded?.exports === types);
  if (module === undefined) return parsers;
  try {
    const { version } = require(path.join(path.dirname(module.filename), 'package.json'));
    // The native client imitates the parsers of this major version.
    if (!version.startsWith('2.')) return parsers;
    const { init } = require(path.join(path.dirname(module.filename), 'lib', 'textParsers.js'));
    init((type, parser) => {
      // `init` binds the json parser anew each time: another `bound parse` is the same parser.
      const set = types.getTypeParser(type, 'text');
      parsers.set(type, parser.name === 'bound parse' && set.name === parser.name ? set : parser);
    });
  } catch {
    parsers.clear();
  }
  return parsers;
}

module.exports = { Driver };

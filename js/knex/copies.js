/**
 * Copies of a Knex instance that were made before the library was set up on it: clones of `withUserParams`, and open
 * transactions. Knex has made their clients from the dialect's own class. They are switched to the library's class when
 * they are next used, so that none of their queries runs locally by mistake.
 */

const { RUNTIME } = require('./runtime');

/** The methods by which a client is used. */
const USES = ['runner', 'transaction', 'queryBuilder', 'raw', 'schemaBuilder', 'destroy'];

/** Settings that say to which database a connection leads. */
const PLACE = ['connectionString', 'host', 'port', 'database'];

/** By what an instance's client shares with its copies, its pool and its logger: that client. */
const originals = new WeakMap();
/** Prototypes whose methods look for copies: those of the dialect's class are shared by all instances. */
const watched = new WeakSet();

/**
 * From now on, copies of this client are adopted when they are used.
 *
 * @param {object} client on which the library has been set up
 * @param {object} prototype of its dialect's class, as Knex has made it
 */
function watchCopies(client, prototype) {
  for (const shared of [client.pool, client.logger]) {
    if (shared !== null && typeof shared === 'object') originals.set(shared, client);
  }
  if (watched.has(prototype)) return;
  watched.add(prototype);
  for (const name of USES) {
    const inherited = prototype[name];
    Object.defineProperty(prototype, name, {
      value(...args) {
        if (adoptCopy(this)) return this[name](...args);
        const made = inherited.apply(this, args);
        // asyncStackTraces: Knex counts the frames between its caller and the builder, and knows nothing of this one.
        if (made?._asyncStack !== undefined) made._asyncStack.lines++;
        return made;
      },
      writable: true,
      configurable: true,
    });
  }
}

/**
 * Makes a client one of the library's, if it is a copy of one that is.
 *
 * @param {object | undefined} client
 * @returns {boolean} whether it has just been made one
 */
function adoptCopy(client) {
  if (client === undefined || client[RUNTIME] !== undefined) return false;
  const original = originalOf(client);
  if (original === undefined) return false;
  Object.setPrototypeOf(client, original.constructor.prototype);
  return true;
}

function originalOf(client) {
  // A transaction's client has no pool. A logger may be the application's own, and that of several instances.
  const original = originals.get(client.transacting ? client.logger : client.pool);
  if (original === undefined || original === client) return undefined;
  if (!client.transacting) return original;
  const [own, others] = [client.connectionSettings, original.connectionSettings];
  return PLACE.every((name) => own?.[name] === others?.[name]) ? original : undefined;
}

module.exports = { adoptCopy, watchCopies };

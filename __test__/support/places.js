/**
 * Every place in a chain at which the library's method may stand: runs a chain with `.mtdd()` called on its outermost
 * builder after each number of calls. The chain is written as always, and knows nothing of it.
 */

const { TENANT } = require('./sides');

/**
 * The chain once for each place.
 *
 * @param {(db: import('knex').Knex) => object} chain
 * @param {import('knex').Knex} library
 * @returns {(() => object)[]} each makes the query anew
 */
function everyPlace(chain, library) {
  const { outer, places } = outline(chain, library);
  return Array.from({ length: places }, (_, place) => () => chain(interrupting(library, outer, place).db));
}

/** Which of the builders that a chain makes is the outermost, and at how many places that could say `.mtdd()`. */
function outline(chain, library) {
  const watched = interrupting(library);
  const outer = watched.numberOf(chain(watched.db));
  return { outer, places: watched.callsOf(outer) + 1 };
}

/**
 * A Knex instance that calls `.mtdd()` on one of the builders it makes.
 *
 * @param {import('knex').Knex} library
 * @param {number} [chosen] the number of that builder, in the order of their making
 * @param {number} [place] after how many calls on it
 */
function interrupting(library, chosen, place) {
  const builders = new Map();
  const calls = [];
  const unwrapped = (value) =>
    Array.isArray(value) ? value.map(unwrapped) : (builders.get(value)?.builder ?? value);
  const watched = (target, proxy, count) => ({
    get: (_, name) => {
      const value = target[name];
      if (typeof value !== 'function') return value;
      return (...args) => {
        const result = value.apply(target, args.map(unwrapped));
        // What onConflict() gives leads back to its builder.
        if (result?.builder === target) return new Proxy(result, watched(result, proxy, count));
        if (result !== target && result !== target.builder) return wrapped(result);
        count();
        return proxy();
      };
    },
    apply: (_, self, args) => wrapped(Reflect.apply(target, self, args.map(unwrapped))),
  });
  function wrapped(builder) {
    if (!Array.isArray(builder?._statements)) return builder;
    const number = calls.push(0) - 1;
    const route = () => {
      if (number === chosen && calls[number] === place) builder.mtdd(TENANT, 1);
    };
    const count = () => {
      calls[number]++;
      route();
    };
    route();
    const proxy = new Proxy(
      builder,
      watched(builder, () => proxy, count),
    );
    builders.set(proxy, { builder, number });
    return proxy;
  }
  return {
    db: new Proxy(library, watched(library)),
    numberOf: (proxy) => builders.get(proxy).number,
    callsOf: (number) => calls[number],
  };
}

module.exports = { everyPlace };

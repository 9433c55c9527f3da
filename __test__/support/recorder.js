/**
 * Notes what an application hears of a query: each event on knex, client and builder with its whole payload. Ids that
 * differ from run to run are replaced by the order in which they came, so that who belongs to whom can be compared.
 */

const EVENTS = ['start', 'query', 'query-response', 'query-error'];
const BUILDER_EVENTS = [...EVENTS, 'error', 'end'];

/** A record of events; made anew for each side. */
class Recorder {
  #numbers = new Map();
  #remove = [];

  constructor() {
    /** `[where, event, ...payload]`, in the order in which they came. */
    this.events = [];
  }

  /** Listens on a Knex instance, or a transaction, and on its client. */
  listen(db, name = 'knex') {
    this.on(name, db, EVENTS);
    this.on(`${name}.client`, db.client, EVENTS);
    return this;
  }

  /** Listens on a builder; gives it back. */
  watch(builder, name = 'builder') {
    this.on(name, builder, BUILDER_EVENTS, builder);
    return builder;
  }

  /** Listens on anything that emits. */
  on(name, target, events, own) {
    for (const event of events) {
      const listener = (...payload) =>
        this.events.push([name, event, ...payload.map((value) => this.#plain(value, own))]);
      target.on(event, listener);
      this.#remove.push(() => target.removeListener(event, listener));
    }
  }

  stop() {
    for (const remove of this.#remove) remove();
  }

  #plain(value, own) {
    if (typeof value?.toSQL === 'function') {
      return {
        builder: value.constructor.name,
        isOwn: own === undefined ? undefined : value === own,
        text: value.toString(),
      };
    }
    if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) {
      return value;
    }
    if (!Object.hasOwn(value, '__knexUid')) return value;
    // Outside a transaction, which connection a query gets is nobody's business.
    const inTransaction = value.__knexTxId !== undefined;
    const copy = {};
    for (const [key, one] of Object.entries(value)) {
      if (key === '__knexUid') copy[key] = inTransaction ? this.#number(key, one) : typeof one;
      else if (key === '__knexTxId' || key === '__knexQueryUid') copy[key] = this.#number(key, one);
      else if (typeof one === 'function') copy[key] = `function ${one.name}`;
      else if (key === 'sql') copy[key] = this.#withoutIds(one);
      else copy[key] = one;
    }
    return copy;
  }

  /** Savepoints are named after their transactions. */
  #withoutIds(sql) {
    return sql?.replace(/\btrx\d+\b/g, (id) => this.#number('__knexTxId', id));
  }

  #number(kind, id) {
    if (id === undefined) return undefined;
    const known = `${kind} ${id}`;
    if (!this.#numbers.has(known)) this.#numbers.set(known, `${kind} ${this.#numbers.size}`);
    return this.#numbers.get(known);
  }
}

module.exports = { Recorder };

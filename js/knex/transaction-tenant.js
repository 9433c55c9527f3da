/**
 * The tenant of a transaction, which its queries without a tenant inherit with `requireTenant: 'transaction'`, and only
 * then. A transaction and those nested in it share one TransactionTenant, stored on their Knex clients.
 */

const { ValidationError } = require('../errors');

/** On a transaction's Knex client: its TransactionTenant. */
const TRANSACTION_TENANT = Symbol('mtdd.transactionTenant');

class TransactionTenant {
  #first;
  #other;

  /** A query has named its tenant. */
  note(route) {
    if (route.tenant === null) return;
    if (this.#first === undefined) this.#first = route.withoutOptions();
    else if (!this.#first.isSameTenant(route)) this.#other ??= route;
  }

  /** @returns {import('./route').Route | undefined} the one tenant that there is */
  get route() {
    return this.#other === undefined ? this.#first : undefined;
  }

  /**
   * @returns {import('./route').Route}
   * @throws {ValidationError} if no query has named a tenant yet, or queries have named several
   */
  get checkedRoute() {
    if (this.#first === undefined) {
      throw new ValidationError(
        "mtdd.requireTenant: this query names no tenant, and no query of its transaction has before it: nothing was sent. Begin with a query that has .mtdd(tenant), or name the tenant in the transaction's config: { mtdd: { tenantId } }.",
      );
    }
    if (this.#other !== undefined) {
      throw new ValidationError(
        `mtdd.requireTenant: this query names no tenant, and its transaction has queries for ${this.#first} and for ${this.#other}: nothing was sent. Add .mtdd(tenant).`,
      );
    }
    return this.#first;
  }
}

module.exports = { TRANSACTION_TENANT, TransactionTenant };

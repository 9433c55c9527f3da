/**
 * Finds sub-queries that name another tenant than the query they stand in. One query runs in one place, so such a
 * query would silently read the outer tenant's data, or the local database's. It may still be compiled and printed;
 * running it is rejected (client.js).
 *
 * Knex compiles synchronously, so "which query is being compiled" is a plain variable of this file.
 */

const { ValidationError } = require('../errors');
const { CAPTURED, LOCAL } = require('./async-context');
const { routeOf, statedRoute } = require('./query-route');
const { Route } = require('./route');

/** On a compiled query: the error that running it gives. */
const CONFLICT = Symbol('mtdd.conflict');

let isCompiling = false;
/** Where the outer query goes, and whether it says so itself. */
let outerRoute;
let isOuterStated;
let conflict;

/**
 * Makes a query compiler note such sub-queries.
 *
 * @param {object} compiler Knex's QueryCompiler
 * @returns {object} the same
 */
function watchCompiler(compiler) {
  compiler.toSQL = compileBuilder;
  return compiler;
}

/**
 * Makes a Raw or a schema builder note such sub-queries: those compile without a QueryCompiler.
 *
 * @param {object} builder
 */
function watchBuilder(builder) {
  if (builder.toSQL !== compileItself) builder.toSQL = compileItself;
}

/** Whether this Raw or schema builder may hold a sub-query. */
function mayHoldSubquery(builder) {
  if (!builder.isRawInstance) return Array.isArray(builder._sequence);
  const { bindings } = builder;
  if (bindings === null || typeof bindings !== 'object') return false;
  // An array as it is: it may hold thousands of values.
  return (Array.isArray(bindings) ? bindings : Object.values(bindings)).some(isCompilable);
}

function isCompilable(value) {
  return value !== null && typeof value === 'object' && typeof value.toSQL === 'function';
}

function compileBuilder(method, timeZone) {
  return compile(this, this.builder, method, timeZone);
}

function compileItself(method, timeZone) {
  return compile(this, this, method, timeZone);
}

function compile(target, builder, method, timeZone) {
  const toSQL = ownToSQL(target);
  if (isCompiling) {
    conflict ??= otherRoute(builder);
    return toSQL.call(target, method, timeZone);
  }
  isCompiling = true;
  outerRoute = tenantOf(routeOf(builder, builder.client));
  isOuterStated = statedRoute(builder, builder.client) !== undefined;
  conflict = undefined;
  try {
    const compiled = toSQL.call(target, method, timeZone);
    if (conflict !== undefined) mark(compiled, refusal(conflict, outerRoute));
    return compiled;
  } finally {
    isCompiling = false;
  }
}

/** Knex's own, which the property on the object hides, and on the one that it is a view of. */
function ownToSQL(target) {
  let at = Object.getPrototypeOf(target);
  while (at.toSQL === compileItself || at.toSQL === compileBuilder) at = Object.getPrototypeOf(at);
  return at.toSQL;
}

/** What a sub-query says, if it cannot run where the outer query does. */
function otherRoute(builder) {
  // The tenant of the outer query comes before that of the sub-query's context.
  const said = statedRoute(builder, builder.client) ?? (isOuterStated ? undefined : builder[CAPTURED]);
  if (said === undefined) return undefined;
  const route = tenantOf(said);
  if (route === undefined || outerRoute === undefined) return route === outerRoute ? undefined : said;
  return route.fitsIn(outerRoute) ? undefined : said;
}

/** Undefined for the local database, however that came about. */
function tenantOf(route) {
  return route instanceof Route ? route : undefined;
}

/** Whether a query is being compiled: builders that are made meanwhile are parts of it. */
function isCompilingNow() {
  return isCompiling;
}

function mark(compiled, error) {
  for (const statement of Array.isArray(compiled) ? compiled : [compiled]) {
    // Not enumerable: printing and copying a compiled query show nothing of it.
    Object.defineProperty(statement, CONFLICT, { value: error });
  }
}

function refusal(inner, outer) {
  const name = inner instanceof Route ? String(inner) : LOCAL.description;
  return new ValidationError(
    `A sub-query names ${name} inside a query for ${outer ?? LOCAL.description}: name the same tenant on both, or only on the outer query.`,
    { inner: name, outer: outer === undefined ? null : String(outer) },
  );
}

module.exports = { CONFLICT, watchCompiler, watchBuilder, mayHoldSubquery, isCompilingNow };

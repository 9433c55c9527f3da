/**
 * Finds sub-queries that name another tenant than the query they stand in. One query runs in one place, so such a
 * query would silently read the outer tenant's data, or the local database's. It may still be compiled and printed;
 * running it is refused (client.js).
 *
 * Knex compiles synchronously, so "which query is being compiled" is a plain variable of this file.
 */

const { ValidationError } = require('../errors');

/** Where `.mtdd()` keeps its route on a builder. */
const ROUTE = Symbol('mtdd.route');
/** On a compiled query: the error that running it gives. */
const CONFLICT = Symbol('mtdd.conflict');

let isCompiling = false;
let outerRoute;
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
  // Knex's own, which the property on the object hides.
  const { toSQL } = Object.getPrototypeOf(target);
  const route = builder[ROUTE];
  if (isCompiling) {
    if (route !== undefined && (outerRoute === undefined || !route.equals(outerRoute))) conflict ??= route;
    return toSQL.call(target, method, timeZone);
  }
  isCompiling = true;
  outerRoute = route;
  conflict = undefined;
  try {
    const compiled = toSQL.call(target, method, timeZone);
    if (conflict !== undefined) mark(compiled, refusal(conflict, outerRoute));
    return compiled;
  } finally {
    isCompiling = false;
  }
}

function mark(compiled, error) {
  for (const statement of Array.isArray(compiled) ? compiled : [compiled]) {
    // Not enumerable: printing and copying a compiled query show nothing of it.
    Object.defineProperty(statement, CONFLICT, { value: error });
  }
}

function refusal(inner, outer) {
  return new ValidationError(
    `A sub-query names ${inner} inside a query for ${outer ?? 'the local database'}: name the same tenant on both, or only on the outer query.`,
    { inner: String(inner), outer: outer === undefined ? null : String(outer) },
  );
}

module.exports = { ROUTE, CONFLICT, watchCompiler, watchBuilder, mayHoldSubquery };

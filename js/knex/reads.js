/** Whether a statement only reads, as far as its text shows. In doubt it does not: the native client knows more. */

const WRITES = /\b(?:insert|update|delete|merge|into|truncate|call|copy|share|key)\b/i;
/** What stands before a parenthesis in a statement that calls nothing which could write. */
const HARMLESS = new Set(
  `all and any array as asc between by case cast coalesce count desc distinct else except exists extract filter from
  generate_series group having in intersect is join lateral like ilike limit lower max min not nullif offset on or order
  over partition pg_sleep recursive repeat select sum avg then union upper using values when where with materialized`.split(
    /\s+/,
  ),
);

/**
 * @param {string} text
 * @returns {boolean}
 */
function onlyReads(text) {
  if (!/^\s*(?:select|values|table|with|show)\b/i.test(text)) return false;
  // A comment may stand between a function and its parenthesis.
  if (WRITES.test(text) || /\/\*|--|;\s*\S|"\s*\(/.test(text)) return false;
  for (const [, name] of text.matchAll(/([^\s(),=<>+*/-]+)\s*\(/g)) {
    if (/[\w\u0080-\uffff]$/.test(name) && !HARMLESS.has(name.toLowerCase())) return false;
  }
  return true;
}

module.exports = { onlyReads };

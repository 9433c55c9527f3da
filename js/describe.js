/**
 * Shows a wrong value in a message, and guesses which name was mistyped.
 */

/** A wrong value as a message quotes it. Not for secrets. */
function describe(value) {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}

/** What it is, without what it says: for values that may be secret. */
function kindOf(value) {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The name that a mistyped one most likely stands for, if any is near. */
function nearestName(typed, names) {
  let best;
  let least = Math.max(2, Math.floor(typed.length / 3)) + 1;
  for (const name of names) {
    const distance = editDistance(typed.toLowerCase(), name.toLowerCase());
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/**
 * True if a name is probably a misspelling of another.
 *
 * @param {string} typed
 * @param {string} name
 * @param {number} [edits] how many insertions, deletions and replacements are between them at most
 */
function isMisspelt(typed, name, edits = 2) {
  if (typed === name || Math.abs(typed.length - name.length) > edits) return false;
  return editDistance(typed.toLowerCase(), name.toLowerCase()) <= edits;
}

/** Insertions, deletions and replacements from one word to the other (Levenshtein). */
function editDistance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[to.length];
}

module.exports = { describe, kindOf, isMisspelt, nearestName };

/** Limits that several parts of the library share. */

/** Milliseconds of the longest timer that Node takes. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Characters of a token, which travels in a header of every call. */
const LONGEST_TOKEN = 8192;
/** What such a header can carry, and what a server reads from its file of tokens. */
const TOKEN = /^[\x21-\x7e]+$/;

module.exports = { LONGEST_TIMER, LONGEST_TOKEN, TOKEN };

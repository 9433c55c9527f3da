/**
 * A small seeded source of randomness (sfc32), so that whatever the generator makes can be made again from its seed.
 */

class Random {
  #a;
  #b;
  #c;
  #counter = 1;

  /** @param {string | number} seed equal seeds give equal sequences, whatever the platform */
  constructor(seed) {
    const mixed = mixer(String(seed));
    this.#a = mixed();
    this.#b = mixed();
    this.#c = mixed();
    // The first numbers still show the seed.
    for (let round = 0; round < 12; round++) this.next();
  }

  /** @returns {number} a whole number from 0 to 2^32 - 1 */
  next() {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** A whole number from `least` to `most`, both included. */
  int(least, most) {
    return least + (this.next() % (most - least + 1));
  }

  /** A number from 0 to 1, without 1. */
  fraction() {
    return this.next() / 2 ** 32;
  }

  /** True with this probability. */
  chance(probability) {
    return this.fraction() < probability;
  }

  /** @template T @param {readonly T[]} choices @returns {T} */
  pick(choices) {
    return choices[this.next() % choices.length];
  }

  /** One of `[weight, choice]` pairs; whole weights. */
  weighted(...pairs) {
    let at = this.int(
      1,
      pairs.reduce((sum, [weight]) => sum + weight, 0),
    );
    for (const [weight, choice] of pairs) {
      at -= weight;
      if (at <= 0) return choice;
    }
    throw new Error('weights that are not whole numbers');
  }

  /** Between `least` and `most` things that `make` gives. */
  several(least, most, make) {
    return Array.from({ length: this.int(least, most) }, (_, index) => make(index));
  }

  /** Up to `count` different elements, in random order. */
  sample(choices, count) {
    const left = [...choices];
    const taken = [];
    while (taken.length < count && left.length > 0)
      taken.push(...left.splice(this.int(0, left.length - 1), 1));
    return taken;
  }
}

/** xmur3: 32-bit numbers out of a text. */
function mixer(text) {
  let hash = 1779033703 ^ text.length;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 3432918353);
    hash = (hash << 13) | (hash >>> 19);
  }
  return () => {
    hash = Math.imul(hash ^ (hash >>> 16), 2246822507);
    hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
    hash ^= hash >>> 16;
    return hash >>> 0;
  };
}

module.exports = { Random };

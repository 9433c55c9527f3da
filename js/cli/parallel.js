/** Work on many shards within a bound, and what ends it early. */

/** A second signal within this time is the same one, which npx passes on beside the terminal. Milliseconds. */
const SAME_SIGNAL = 1000;
/** How shells report a program that a signal ended. */
const INTERRUPTED = 130;

/**
 * Does something to each item, at most `bound` at a time, in their order.
 *
 * @template Item, Result
 * @param {Item[]} items
 * @param {number} bound
 * @param {AbortSignal} signal nothing begins after it
 * @param {(item: Item) => Promise<Result>} work
 * @returns {Promise<(Result | undefined)[]>} in the order of the items; undefined for those that were not begun
 */
async function inParallel(items, bound, signal, work) {
  const results = new Array(items.length).fill(undefined);
  let next = 0;
  const worker = async () => {
    while (next < items.length && !signal.aborted) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(bound, items.length) }, worker));
  return results;
}

/**
 * Listens for Ctrl-C and SIGTERM. The first lets what runs come to its end; a second ends this process, and PostgreSQL
 * rolls open transactions back. A rejection that a migration does not await counts as the first, and as a failure.
 *
 * @param {import('./output').Output} output
 * @returns {{ signal: AbortSignal, hasStray: () => boolean, end: () => void }}
 */
function interruption(output) {
  const controller = new AbortController();
  let first = 0;
  const onSignal = () => {
    if (!controller.signal.aborted) {
      first = Date.now();
      controller.abort();
      output.note(
        'Interrupted: no further shard begins, and those that run come to their end. Interrupt again to end now.',
      );
    } else if (Date.now() - first > SAME_SIGNAL) {
      output.note(
        'Ended: PostgreSQL rolls open transactions back. `mtdd migrate status` shows where each shard stands.',
      );
      process.exit(INTERRUPTED);
    }
  };
  let strays = 0;
  const onStray = (reason) => {
    strays++;
    const [line] = String(reason?.message ?? reason).split('\n');
    output.note(`A migration has not awaited a promise, which was rejected: ${line}`);
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'];
  for (const name of signals) process.on(name, onSignal);
  process.on('unhandledRejection', onStray);
  return {
    signal: controller.signal,
    hasStray: () => strays > 0,
    end: () => {
      process.removeListener('unhandledRejection', onStray);
      for (const name of signals) process.removeListener(name, onSignal);
    },
  };
}

module.exports = { inParallel, interruption };

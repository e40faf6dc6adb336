const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Milliseconds before the next try: twice the last, give or take a fifth, or all readers would come back at once. */
export function pause(tries, random = Math.random) {
  return Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS) * (0.8 + 0.4 * random());
}

/**
 * OTP's rest-for-one and one-for-all: which servers are restarted with one that has failed, and in which order.
 *
 * Here: the order, from the order in which servers were started; pure. Not here: stopping and starting (`../art/siblings.ts`),
 * the policies (`one-for-all.ts`). All are stopped, the last one first; then each is started when the one before it is ready.
 * Reference: OTP design principles, "Restart Strategy".
 * @module
 */

/** Which servers besides the one that failed: those that were started after it, or all. */
export type Siblings = "later" | "all";

/** In the order of the numbers under which GROUP_STOP knows them; 0 are the clients that agreed. */
export const SIBLINGS: readonly Siblings[] = ["later", "all"];

/**
 * The servers that are restarted, the failed one among them, in the order in which they start again.
 * @param started pids of all servers in the order in which they were started; without the failed one it is started first
 */
export function restartOrder(failed: number, started: readonly number[], siblings: Siblings): readonly number[] {
  const at = started.indexOf(failed);
  if (at < 0) return [failed];
  return siblings === "all" ? started : started.slice(at);
}

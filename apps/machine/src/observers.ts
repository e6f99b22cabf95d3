/**
 * Two observers of one kernel: the machine's own and a test's.
 *
 * Here: telling both. Not here: what they do with it (→ trace.ts).
 * @module
 */
import type { KernelObserver } from "@kintsugi/microkernel";

/** An observer that tells two. */
export function tellBoth(first: KernelObserver, second: KernelObserver): KernelObserver {
  type Event = (...words: unknown[]) => void;
  const [one, two] = [first, second] as Record<string, Event | undefined>[];
  const names = new Set([...Object.keys(one), ...Object.keys(two)]);
  const tell = (name: string): Event => {
    return (...words) => {
      one[name]?.(...words);
      two[name]?.(...words);
    };
  };
  return Object.fromEntries([...names].map((name) => [name, tell(name)])) as KernelObserver;
}

/**
 * Control flow of a region as nested loops and forward jumps, which is all that WebAssembly has.
 *
 * Here: which blocks form loops, where those are entered, and an order in which all other jumps go forward. A loop that
 * is entered at several blocks gets a dispatcher at its head. Not here: emitting (→ function.ts).
 * @module
 */
import type { RegionBlock } from "./region.ts";

/** One after the other; jumps go forward, or to the head of a loop around. */
export type Item =
  | { readonly kind: "block"; readonly block: RegionBlock }
  | { readonly kind: "loop"; readonly entries: readonly RegionBlock[]; readonly body: readonly Item[] };

/** Blocks where control may come into an item. */
export function entriesOf(item: Item): readonly RegionBlock[] {
  return item.kind === "block" ? [item.block] : item.entries;
}

/** Orders the blocks of a region, which is entered at those marked as entries. */
export function structure(region: readonly RegionBlock[]): Item[] {
  const outside = new Set(region.filter((block) => block.entry));
  return arrange(region, outside, new Set());
}

/** `outside`: entered from elsewhere; `cut`: jumps there are a loop's around. */
function arrange(
  blocks: readonly RegionBlock[],
  outside: ReadonlySet<RegionBlock>,
  cut: ReadonlySet<RegionBlock>,
): Item[] {
  const inside = new Set(blocks);
  const next = (block: RegionBlock): RegionBlock[] => block.successors.filter((to) => inside.has(to) && !cut.has(to));
  return components(blocks, next).map((component): Item => {
    const [only] = component;
    if (component.length === 1 && !next(only).includes(only)) return { kind: "block", block: only };
    const members = new Set(component);
    const entered = new Set<RegionBlock>();
    for (const block of component) if (outside.has(block)) entered.add(block);
    for (const from of blocks)
      if (!members.has(from)) for (const to of next(from)) if (members.has(to)) entered.add(to);
    const entries = component.filter((block) => entered.has(block)).sort((a, b) => a.index - b.index);
    return { kind: "loop", entries, body: arrange(component, entered, new Set([...cut, ...entered])) };
  });
}

/** Strongly connected components in an order in which edges go forward (Tarjan). */
function components(
  blocks: readonly RegionBlock[],
  next: (block: RegionBlock) => readonly RegionBlock[],
): RegionBlock[][] {
  const numbers = new Map<RegionBlock, number>();
  const stack: RegionBlock[] = [];
  const waiting = new Set<RegionBlock>();
  const found: RegionBlock[][] = [];
  const visit = (block: RegionBlock): number => {
    const number = numbers.size;
    numbers.set(block, number);
    let lowest = number;
    stack.push(block);
    waiting.add(block);
    for (const to of next(block)) {
      if (!numbers.has(to)) lowest = Math.min(lowest, visit(to));
      else if (waiting.has(to)) lowest = Math.min(lowest, numbers.get(to) ?? 0);
    }
    if (lowest === number) {
      const component: RegionBlock[] = [];
      for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
        waiting.delete(member);
        component.push(member);
        if (member === block) break;
      }
      found.push(component.reverse());
    }
    return lowest;
  };
  // Later ones first, so that the reversed order is the one in which they were found.
  for (let i = blocks.length - 1; i >= 0; i--) if (!numbers.has(blocks[i])) visit(blocks[i]);
  return found.reverse();
}

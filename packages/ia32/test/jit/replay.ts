// A program as one line of text: what is left of it after minimising, bytes in hexadecimal.
import type { Block, Environment, Fixup, Item, Program, Step } from "./program.ts";

type WrittenItem = readonly [index: number, bytes: string, ...fixups: Fixup[]];

interface Written {
  readonly seed: number;
  readonly environment: Environment;
  readonly steps: readonly Step[];
  readonly registers: readonly number[];
  /** Address, number of items, and those that have bytes. */
  readonly blocks: readonly (readonly [at: number, count: number, ...items: WrittenItem[]])[];
}

/** The line of a program. */
export function writeProgram({ blocks, ...rest }: Program): string {
  const written: Written = {
    ...rest,
    blocks: blocks.map(({ at, items }) => [
      at,
      items.length,
      ...items.flatMap(({ bytes, fixups }, i): WrittenItem[] =>
        bytes.length === 0 ? [] : [[i, Buffer.from(bytes).toString("hex"), ...fixups]],
      ),
    ]),
  };
  return JSON.stringify(written);
}

/** The program of a line. */
export function readProgram(line: string): Program {
  const { blocks, ...rest } = JSON.parse(line) as Written;
  return {
    ...rest,
    blocks: blocks.map(([at, count, ...written]): Block => {
      const items: Item[] = Array.from({ length: count }, () => ({ bytes: [], fixups: [] }));
      for (const [i, bytes, ...fixups] of written) items[i] = { bytes: [...Buffer.from(bytes, "hex")], fixups };
      return { at, items };
    }),
  };
}

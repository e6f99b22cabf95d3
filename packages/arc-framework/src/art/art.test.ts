import { COMPLETE_FPAGE, threadNumber } from "@kintsugi/microkernel";
import { describe, expect, it } from "vitest";
import { RAM_SIZE, ResidentMachine } from "../../test/resident-machine.ts";
import { P3_PERSISTENT_MEMORY } from "../protocol/address-space.ts";
import * as label from "../protocol/art.ts";
import * as status from "../protocol/status.ts";
import { PROGRAM_ART, PROGRAM_P3, PROGRAM_SIGMA0 } from "../protocol/thread-numbers.ts";
import type { CutProbe } from "../server/cut-point.ts";
import type { Handler, Part, Request } from "../server/request.ts";
import { type HandlerFunction, ResidentServer } from "../server/resident-server.ts";
import { packText, unpackText } from "../server/text.ts";
import { createSigma0, sigma0ImageSize } from "../sigma0/sigma0.ts";
import { createArt } from "./art.ts";
import { artImageSize } from "./art-memory.ts";

const MODULES = [
  { commandLine: "init start args=one two", bytes: new Uint8Array(9000).map((_, i) => i & 0xff) },
  { commandLine: "driver server", bytes: new Uint8Array(5000).fill(2) },
  { commandLine: "child", bytes: new Uint8Array(100).fill(3) },
  { commandLine: "letter.txt", bytes: Uint8Array.from("Dear reader", (c) => c.charCodeAt(0)) },
];

/** What a program does, told by its name, in place of a P3 and its user process. */
type Scripts = Readonly<Record<string, (s: Request, art: number, pid: number) => Part<unknown>>>;

/** Asks ART, in the way of a P3. Returns the words of the reply. */
function* ask(s: Request, art: number, number: number, ...words: number[]): Part<readonly number[]> {
  const answer = yield* s.call(art, { label: number, words }, { accept: COMPLETE_FPAGE });
  expect(answer.error).toBe(0);
  return answer.words;
}

function* _asks(s: Request, art: number, number: number, text: string): Part<readonly number[]> {
  return yield* ask(s, art, number, ...packText(text));
}

/** A machine whose processes follow scripts instead of having P3s and user code. */
function boot(scripts: Scripts, probe?: CutProbe) {
  const options = probe ? { probe } : {};
  const start: HandlerFunction = function* (s: Request): Handler {
    // The P3 of process n is thread 128 + 2n; its service thread is number 50 + n.
    const pid = (threadNumber(s.thread) - 128) / 2;
    const art = ((50 + pid) << 14) | 1;
    const [, , , , , , ...text] = yield* ask(s, art, label.ART_PROCESS_START);
    const [name] = unpackText(text).split(" ");
    yield* ask(s, art, label.ART_PROCESS_STARTED, status.STATUS_OK);
    yield* scripts[name]?.(s, art, pid) ?? ask(s, art, label.ART_BOOT_INFO);
    return undefined;
  };
  const machine = new ResidentMachine({
    images: [sigma0ImageSize(RAM_SIZE), artImageSize(RAM_SIZE)],
    modules: MODULES,
    programs: () =>
      new Map([
        [PROGRAM_SIGMA0, createSigma0(options)],
        [PROGRAM_ART, createArt(options)],
        [
          PROGRAM_P3,
          new ResidentServer({ name: "p3", threadMemory: () => P3_PERSISTENT_MEMORY, start, handlers: new Map() }),
        ],
      ]),
  });
  return machine;
}

describe("ART", () => {
  it("boots, starts the modules marked so, and tells each P3 what to run", () => {
    const seen: unknown[] = [];
    const machine = boot({
      *init(s, art) {
        seen.push(yield* ask(s, art, label.ART_PROCESS_START));
      },
    });
    expect(machine.run().kind).toBe("idle");
    expect(seen).toEqual([[status.STATUS_OK, 1, (131 << 14) | 1, 0, 0, 9000, ...packText("init one two")]]);
  });
});

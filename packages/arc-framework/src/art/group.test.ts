import { globalId, threadNumber } from "@kintsugi/microkernel";
import { describe, expect, it } from "vitest";
import { artMachine, artThreadOf, MODULES, type Notes, type Script } from "../../test/art-machine.ts";
import * as label from "../protocol/art.ts";
import { P3_GROUP_GO, P3_GROUP_STOP, P3_RESTART } from "../protocol/p3.ts";
import { STATUS_OK } from "../protocol/status.ts";
import { PROCESS_FIRST_THREAD } from "../protocol/thread-numbers.ts";
import { type Handler, type Part, type Request, reply } from "../server/request.ts";
import { packText } from "../server/text.ts";

const FIRST = 2;
const p3 = (pid: number): number => globalId(PROCESS_FIRST_THREAD + 2 * pid, 1);
const user = (pid: number): number => globalId(PROCESS_FIRST_THREAD + 2 * pid + 1, 1);
const pidOf = (s: Request): number => (threadNumber(s.thread) - PROCESS_FIRST_THREAD) / 2;
const connectTo = (name: string): readonly number[] => [label.AGREEMENT_RESTART_COLD, ...packText(name)];
/** A server that is restarted cold with another one. */
const clientOf = (name: string): Script =>
  function* ({ ask }) {
    yield* ask(label.ART_CONNECT, ...connectTo(name));
  };

// biome-ignore lint/correctness/useYield: a handler is a generator, also one that answers at once.
function* stop(): Handler {
  return reply(STATUS_OK);
}

describe("members that start cold", () => {
  it("are each the root of a group, and a circle of them comes to an end", () => {
    const notes: Notes = {};
    const servers = ["first", "second", "third"];
    let cold = 0;
    /** As a P3 does: the clients are stopped, the server starts cold, and lets them go on when it is ready. */
    function* startCold(s: Request): Part<undefined> {
      if (++cold > 2 * servers.length) return undefined;
      const art = artThreadOf(pidOf(s));
      const stopped = yield* s.call(art, { label: label.ART_GROUP_STOP, words: [0] });
      notes[`stopped by ${pidOf(s)}`] = [...stopped.words];
      if (s.label === P3_GROUP_GO) yield* s.send(s.sender, reply(STATUS_OK));
      yield* s.call(art, { label: label.ART_GROUP_GO });
      return undefined;
    }
    const machine = artMachine({
      modules: [MODULES[0]!, ...servers.map((name) => ({ commandLine: `${name} server`, bytes: new Uint8Array(100) }))],
      scripts: {
        *init({ s, asks }) {
          for (const name of servers) yield* asks(label.ART_EXECUTE, name);
          yield* s.send(p3(FIRST), { label: P3_RESTART, words: [] });
        },
        second: clientOf("first"),
        third: clientOf("second"),
      },
      handlers: new Map([
        [
          P3_RESTART,
          function* (s: Request): Handler {
            yield* s.call(artThreadOf(FIRST), { label: label.ART_CONNECT, words: connectTo("third") });
            return yield* startCold(s);
          },
        ],
        [P3_GROUP_STOP, stop],
        [P3_GROUP_GO, startCold],
      ]),
    });
    expect(machine.run().kind).toBe("idle");
    expect(notes).toEqual({
      "stopped by 2": [STATUS_OK, user(3)],
      "stopped by 3": [STATUS_OK, user(4)],
      // Its client is the first one, which has started already.
      "stopped by 4": [STATUS_OK],
    });
    expect(cold).toBe(3);
  });
});

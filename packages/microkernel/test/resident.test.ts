import { expect, it } from "vitest";
import { globalId, type ThreadId } from "../src/index.ts";
import {
  EAX,
  EBX,
  ESI,
  ipc,
  Machine,
  NEVER,
  ROOT,
  residentControl,
  SCRIPT_PROGRAM,
  type Step,
  send,
  threadControl,
} from "./fixture.ts";

const WORKER = globalId(60, 1);

it("root starts a thread of its own space, calls it, and both touch memory through sigma0", () => {
  const seen: unknown[] = [];
  const scripts = new Map<ThreadId, readonly Step[]>([
    [
      ROOT,
      [
        (c) => {
          c.write32(0x100000, 0x1234);
          return threadControl(c, WORKER, ROOT, ROOT, ROOT, 0xbf000200);
        },
        (c) => {
          seen.push(c.registers[EAX], c.read32(0x100000));
          return residentControl(c, WORKER, SCRIPT_PROGRAM);
        },
        (c) => send(c, WORKER, WORKER, 0x77, [0, 0]),
        (c) => {
          seen.push("reply", c.registers[EAX] >>> 0, c.registers[ESI], c.registers[EBX]);
          return ipc(c, 0, ROOT, NEVER);
        },
      ],
    ],
    [WORKER, [(c) => send(c, ROOT, 0, 0x12, [c.read32(0x100000)])]],
  ]);
  const machine = new Machine(scripts);
  const exit = machine.kernel.run(1e7);
  expect(seen).toEqual([1, 0x1234, "reply", 0xbf000300, (0x12 << 16) | 1, 0x1234]);
  expect(exit).toEqual({ kind: "idle", next: Number.POSITIVE_INFINITY });
  expect(machine.events).toContain("fault c8001 100000 2 0");
});

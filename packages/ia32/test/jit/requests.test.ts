// requestExit() and interrupts out of a device's or port's callback: nothing behind it in the block takes them away.
import { describe, expect, test } from "vitest";
import { EIP } from "../../src/index.ts";
import { CODE, createSystemMachine, dword, HANDLERS, type SystemMachine, toFlatUser } from "../system-machine.ts";
import { ENGINES, type EngineOptions, INTERPRETER } from "./engines.ts";

const DEVICE = 0xe0000000;
const TIMED = 0xe0001000;
const VECTOR = 0x2e;
const ROUNDS = 60;
const HLT = 0xf4;
const IRET = 0xcf;
const SPACE = 0x40000;

/** A loop of `ROUNDS` times `body`, then HLT. */
function loop(body: readonly number[], before: readonly number[] = []): number[] {
  const start = [...before, 0xb9, ...dword(ROUNDS), 0xbe, ...dword(SPACE), 0xbf, ...dword(SPACE)];
  return [...start, ...body, 0x49, 0x0f, 0x85, ...dword(-(body.length + 7)), HLT];
}

/** MOV [address], EAX. */
const store = (address: number): number[] => [0xa3, ...dword(address)];

interface Asking {
  readonly machine: SystemMachine;
  readonly traffic: string[];
}

/** A machine whose device and ports ask for something at each access. */
function asking(
  engine: EngineOptions,
  code: readonly number[],
  ask: (machine: SystemMachine) => void,
  user: readonly number[] = [],
): Asking {
  const traffic: string[] = [];
  const accessed = (at: number): void => {
    traffic.push(`${machine.processor.retired} ${at.toString(16)}`);
    if (at !== TIMED) ask(machine);
  };
  const read = (at: number): number => {
    accessed(at);
    return 0;
  };
  const machine: SystemMachine = createSystemMachine({
    code,
    user,
    engine,
    mmio: { timed: (physical) => physical >= TIMED, read, write: accessed },
    ports: { read, write: accessed },
    acknowledged: () => {
      machine.processor.setInterruptLine(false);
      traffic.push(`${machine.processor.retired} acknowledge`);
    },
  });
  machine.gate(VECTOR, 0xee00);
  for (const vector of [VECTOR, 0x20]) machine.memory.write8(HANDLERS + 16 * vector, IRET);
  // #UD: add dword [esp], 2; iret
  machine.memory.writeBytes(HANDLERS + 16 * 6, Uint8Array.of(0x83, 0x04, 0x24, 0x02, IRET));
  return { machine, traffic };
}

/** Runs both engines until HLT; where the first one was after each run. */
function places(one: Asking, other: Asking): number[] {
  const found: number[] = [];
  for (let runs = 0; runs < 3 * ROUNDS; runs++) {
    const { kind } = one.machine.processor.run(1_000_000);
    expect(other.machine.processor.run(1_000_000).kind).toBe(kind);
    expect(other.machine.processor.state).toEqual(one.machine.processor.state);
    expect(other.machine.processor.cycles).toBe(one.machine.processor.cycles);
    expect(other.traffic).toEqual(one.traffic);
    if (kind === "halt") return found;
    expect(kind).toBe("requested");
    found.push(one.machine.processor.registers[EIP]);
  }
  throw new Error("the program does not end");
}

const request = ({ processor }: SystemMachine): void => processor.requestExit();
/** Bytes before the body of a loop. */
const START = 15;

describe.each(Object.keys(ENGINES))("%s", (name) => {
  const both = (
    code: readonly number[],
    ask: (machine: SystemMachine) => void,
    user?: readonly number[],
  ): [Asking, Asking] => [asking(INTERPRETER, code, ask, user), asking(ENGINES[name], code, ask, user)];
  const always = (place: number): number[] => new Array(ROUNDS).fill(place);

  test("a request is answered behind the event that its block ends with", () => {
    const body = [...store(DEVICE), 0xcd, VECTOR];
    expect(places(...both(loop(body), request))).toEqual(always(HANDLERS + 16 * VECTOR));
    // HLT is #GP there, and its handler is HLT.
    expect(places(...both(toFlatUser(), request, loop(body)))).toEqual(always(HANDLERS + 16 * VECTOR));
  });

  test("a request is answered when an exception has been delivered", () => {
    expect(places(...both(loop([...store(DEVICE), 0x0f, 0x0b]), request))).toEqual(always(HANDLERS + 16 * 6));
  });

  test("a request is answered before an instruction that waits for a timed device", () => {
    const body = [...store(DEVICE), ...store(TIMED)];
    expect(places(...both(loop(body), request))).toEqual(always(CODE + START + 5));
  });

  test("a request is answered behind HLT, though an interrupt goes on behind it", () => {
    const ask = (machine: SystemMachine): void => {
      machine.processor.setInterruptLine(true);
      machine.processor.requestExit();
    };
    expect(places(...both(loop([...store(DEVICE), HLT], [0xfb]), ask))).toEqual(always(CODE + 1 + START + 6));
  });

  test.each([
    ["OUTSB", 0x6e],
    ["INSB", 0x6c],
  ])("a request of a port is answered, and an interrupt taken, behind %s", (_, opcode) => {
    expect(places(...both(loop([0x40, opcode, 0x40, 0xcd, VECTOR]), request))).toEqual(always(CODE + START + 2));
    const [one, other] = both(loop([0x40, opcode, 0x40, 0x40], [0xfb]), ({ processor }) =>
      processor.setInterruptLine(true),
    );
    expect(places(one, other)).toEqual([]);
    const counts = one.traffic.map((line) => Number.parseInt(line, 10));
    expect(counts.length).toBe(2 * ROUNDS);
    for (let i = 0; i < counts.length; i += 2) expect(counts[i + 1]).toBe(counts[i] + 1);
  });
});

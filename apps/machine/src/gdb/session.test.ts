import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packet } from "./packet.ts";
import { Session } from "./session.ts";
import type { Point, Stop, Target } from "./target.ts";
import { TASK_DESCRIPTION } from "./target-description.ts";

const { registers: REGISTERS, xml: TARGET_XML } = TASK_DESCRIPTION;

/** A target of 64 KiB of memory that only says what was done to it. */
class Dummy implements Target {
  readonly description = TASK_DESCRIPTION;
  readonly calls: string[] = [];
  readonly points: Point[] = [];
  readonly memory = new Uint8Array(0x10000);
  values: readonly number[] | undefined = [1, 2, 3, 4, 5, 6, 7, 8, 0x20000000, 0x202];

  registers(): readonly number[] | undefined {
    return this.values;
  }
  setRegisters(registers: readonly number[]): boolean {
    this.values = registers;
    return true;
  }
  readMemory(address: number, length: number): Uint8Array {
    return this.memory.slice(Math.min(address, 0x10000), address + length);
  }
  writeMemory(address: number, bytes: Uint8Array): boolean {
    if (address + bytes.length > 0x10000) return false;
    this.memory.set(bytes, address);
    return true;
  }
  insert(point: Point): void {
    this.points.push(point);
  }
  remove({ kind, address }: Point): void {
    const at = this.points.findIndex((point) => point.kind === kind && point.address === address);
    if (at >= 0) this.points.splice(at, 1);
  }
  resume(step: boolean): void {
    this.calls.push(step ? "step" : "continue");
  }
  interrupt(): void {
    this.calls.push("interrupt");
  }
  detach(): void {
    this.calls.push("detach");
  }
  kill(): void {
    this.calls.push("kill");
  }
}

function open(stop: Stop = { kind: "step" }) {
  const target = new Dummy();
  let sent = "";
  const session = new Session(target, stop, (bytes) => {
    sent += String.fromCharCode(...bytes);
  });
  const taken = (): string => {
    const bodies = [...sent.matchAll(/\$([^#]*)#../g)].map((found) => found[1]);
    sent = "";
    return bodies.join("|");
  };
  const ask = (body: string): string => {
    session.receive(packet(body));
    return taken();
  };
  const raw = (bytes: Uint8Array): string => {
    session.receive(bytes);
    const all = sent;
    sent = "";
    return all;
  };
  return { target, session, ask, raw, taken };
}

describe("a session", () => {
  it("acknowledges until it is told not to, and sends again what got lost", () => {
    const { raw, ask } = open();
    expect(raw(packet("qC"))).toBe("+$QC1#c5");
    expect(raw(Uint8Array.of(0x2d))).toBe("$QC1#c5");
    expect(raw(Uint8Array.from("$qC#00", (c) => c.charCodeAt(0)))).toBe("-");
    expect(ask("QStartNoAckMode")).toBe("OK");
    expect(raw(packet("qC"))).toBe("$QC1#c5");
  });

  it("says what it can do and what an i386 looks like", () => {
    const { ask } = open();
    expect(ask("qSupported:swbreak+;xmlRegisters=i386")).toContain("qXfer:features:read+");
    expect(ask("qXfer:features:read:target.xml:0,40")).toBe(`m${TARGET_XML.slice(0, 0x40)}`);
    const tail = ask(`qXfer:features:read:target.xml:${(TARGET_XML.length - 10).toString(16)},fff`);
    expect(tail).toBe(`l${TARGET_XML.slice(-10)}`);
    expect(ask("qXfer:features:read:other.xml:0,40")).toBe("E01");
    expect(ask("vCont?")).toBe("vCont;c;C;s;S");
    expect(ask("vMustReplyEmpty")).toBe("");
    expect(ask("?")).toBe("T05thread:1;");
    expect([ask("qfThreadInfo"), ask("qsThreadInfo"), ask("Hg0"), ask("qAttached")]).toEqual(["m1", "l", "OK", "1"]);
  });

  it("reads and writes registers", () => {
    const { target, ask } = open();
    const all = ask("g");
    expect(all.length).toBe(2 * REGISTERS.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(all.slice(0, 16)).toBe("0100000002000000");
    expect(all.slice(80)).toMatch(/^x+$/);
    expect(ask("p8")).toBe("00000020");
    expect(ask("pa")).toBe("xxxxxxxx");
    expect(ask("p10")).toBe("x".repeat(20));
    expect(ask("P0=78563412")).toBe("OK");
    expect(target.values?.[0]).toBe(0x12345678);
    expect(ask(`G${"0a000000".repeat(10)}`)).toBe("OK");
    expect(target.values).toEqual(new Array(10).fill(10));
    for (const bad of ["p", "pff", "P0=1", "P0", "Pa=00000000", "G00"]) expect(ask(bad)).toBe("E01");
    target.values = undefined;
    expect(ask("p0")).toBe("xxxxxxxx");
    expect(ask("P0=00000000")).toBe("E01");
  });

  it("reads and writes memory, in digits and in bytes", () => {
    const { target, ask } = open();
    expect(ask("M100,3:0a0bff")).toBe("OK");
    expect(ask("m100,4")).toBe("0a0bff00");
    expect(ask("X200,2:#}")).toBe("OK");
    expect(target.memory.slice(0x200, 0x202)).toEqual(Uint8Array.of(0x23, 0x7d));
    expect(ask("mfffe,8")).toBe("0000");
    for (const bad of ["m", "m1", "mx,1", "m20000,4", "m1,1,1", "M1,2:00", "M1,1:0", "M1,1", "X1,1:", "Mffff,2:0000"])
      expect({ bad, answer: ask(bad) }).toEqual({ bad, answer: "E01" });
  });

  it("sets and removes points", () => {
    const { target, ask } = open();
    expect(["Z0,20000000,1", "Z1,20000004,1", "Z2,100,4", "Z3,104,4", "Z4,108,4"].map(ask)).toEqual(
      new Array(5).fill("OK"),
    );
    expect(target.points.map(({ kind }) => kind)).toEqual([0, 1, 2, 3, 4]);
    expect(ask("z0,20000000,1")).toBe("OK");
    expect(target.points.length).toBe(4);
    expect([ask("Z5,0,1"), ask("Z"), ask("Z0,x,1")]).toEqual(["", "", "E01"]);
  });

  it("goes on, steps, is interrupted, and says why it stopped", () => {
    const { target, session, ask, raw, taken } = open();
    const point = (kind: number): Stop => ({ kind: "point", point: { kind, address: 0x100, length: 4 } });
    expect(ask("vCont;s:1;c")).toBe("");
    session.stopped({ kind: "step" });
    expect(taken()).toBe("T05thread:1;");
    const stops: readonly [Stop, string][] = [
      [point(0), "T05thread:1;"],
      [point(2), "T05watch:100;thread:1;"],
      [point(3), "T05rwatch:100;thread:1;"],
      [point(4), "T05awatch:100;thread:1;"],
      [{ kind: "exit", code: 7 }, "W07"],
    ];
    for (const [stop, reply] of stops) {
      expect(ask("c")).toBe("");
      session.stopped(stop);
      expect(taken()).toBe(reply);
    }
    const second = open();
    second.ask("qSupported:swbreak+");
    second.ask("s20000100");
    expect(second.target.values?.[8]).toBe(0x20000100);
    expect(second.raw(Uint8Array.of(3))).toBe("");
    second.session.stopped({ kind: "interrupt" });
    expect(second.taken()).toBe("T02thread:1;");
    second.ask("C05");
    second.session.stopped(point(0));
    expect(second.taken()).toBe("T05swbreak:;thread:1;");
    expect(second.target.calls).toEqual(["step", "interrupt", "continue"]);
    expect(raw(Uint8Array.of(3))).toBe("");
    expect(target.calls).toEqual(["step", ...new Array(5).fill("continue")]);
  });

  it("lets go and kills", () => {
    const one = open();
    expect(one.ask("D")).toBe("OK");
    expect(one.session.over).toBe(true);
    expect(one.ask("g")).toBe("");
    const two = open();
    expect(two.ask("k")).toBe("");
    const three = open();
    expect(three.ask("vKill;1")).toBe("OK");
    expect([one, two, three].map(({ target }) => target.calls)).toEqual([["detach"], ["kill"], ["kill"]]);
  });

  it("answers any packet and takes any bytes", () => {
    const letters = fc.constantFrom(..."?gGpPmMXZzcsCSHTDkvqQ!x,:;=#$}0123456789abcdef");
    const body = fc.array(letters, { maxLength: 24 }).map((list) => list.join(""));
    fc.assert(
      fc.property(body, fc.uint8Array({ maxLength: 64 }), (text, noise) => {
        const { session, ask } = open();
        session.receive(noise);
        session.receive([0x23, 0x30, 0x30]); // the end of a packet that the noise may have begun
        ask(text);
        session.stopped({ kind: "interrupt" });
        if (!session.over) expect(ask("qC")).toMatch(/QC1$/);
      }),
      { numRuns: 2000 },
    );
  });
});

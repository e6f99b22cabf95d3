import type { KernelObserver } from "@kintsugi/microkernel";
import { guests } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { guestModule } from "../src/host/modules.ts";
import { Random } from "../src/random.ts";
import { modulesWith } from "./campaign.ts";
import { Rig } from "./rig.ts";
import { SEED } from "./tier.ts";

/** The shell, and programs that only tests run. */
function rigWith(
  names: readonly string[],
  files: Readonly<Record<string, Uint8Array>> = {},
  observer: KernelObserver = {},
): Rig {
  const rig = new Rig({
    modules: [...modulesWith("exact", files), ...names.map((name) => guestModule(name, guests[name]))],
    observer,
  });
  rig.settle();
  return rig;
}

describe("guest programs", () => {
  it("exchange messages a hundred thousand times, contents checked", () => {
    let messages = 0;
    const rig = rigWith(["ipcpong"], {}, { transferred: () => void messages++ });
    expect(rig.command(`run ipcpong ${100_000}`)).toMatch(/: 100000 round trips, .*: OK/);
    expect(messages).toBeGreaterThan(200_000);
  });

  it("take a hundred thousand page faults, contents checked", () => {
    let faults = 0;
    const rig = rigWith(["faulter"], {}, { pageFault: () => void faults++ });
    expect(rig.command(`run faulter ${Math.ceil(100_000 / 256)}`)).toMatch(/: 100096 page faults, .*: OK/);
    expect(faults).toBeGreaterThan(100_000);
  });

  it("get the error codes of X.2 for bad partners, bad ids and timeouts", () => {
    const rig = rigWith(["x2errors"]);
    const lines = rig.command("run x2errors").split("\n").slice(1, -2);
    expect(lines).toEqual([
      // ErrorCode of an IPC: bit 0 the receive phase, then 1 timeout, 2 non-existing partner.
      "send nonexisting: tag=00008000 err=4",
      "send wrong version: tag=00008000 err=4",
      "call nonexisting: tag=00008000 err=4",
      "recv nonexisting: tag=00008000 err=5",
      "recv zero timeout: tag=00008000 err=3",
      "recv 20ms: tag=00008000 err=3 after 20 ms",
      "wait zero: tag=00008000 err=3",
      "wait 20ms: tag=00008000 err=3 after 20 ms",
      "send to self zero: tag=00008000 err=2",
      "send to self 20ms: tag=00008000 err=2 after 20 ms",
      "nil/nil: tag=00000000 from=00000000",
      // ErrorCode of the other calls: 1 no privilege, 2 invalid thread.
      "exchange registers of nobody: result=0 err=2",
      "exchange registers of my pager: result=0 err=2",
      "schedule nobody: result=0 err=2",
      "thread control: result=0 err=1",
      "thread delete: result=0 err=1",
      "space control: result=0 err=1",
    ]);
  });

  it("that are no programs are refused with a reason, and the shell goes on", () => {
    const random = new Random(SEED + 4);
    const hello = guestModule("hello", guests.hello).bytes;
    const kernelArea = hello.slice();
    // p_vaddr of the first program header, which begins where e_phoff says.
    const view = new DataView(kernelArea.buffer);
    view.setUint32(view.getUint32(28, true) + 8, 0xc0000000, true);
    const rig = rigWith([], {
      cut: hello.slice(0, hello.length >> 1),
      stub: hello.slice(0, 40),
      high: kernelArea,
      noise: Uint8Array.from({ length: 5000 }, () => random.below(256)),
      empty: new Uint8Array(0),
    });
    for (const name of ["cut", "stub", "high", "noise", "empty"]) {
      expect(rig.command(`run ${name}`)).toMatch(new RegExp(`^run: ${name}: .{10,}\\n$`));
    }
    expect(rig.command("run hello world")).toContain("world");
  });
});

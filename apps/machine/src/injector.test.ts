import { guests as drivers } from "@kintsugi/drivers";
import { guests as programs } from "@kintsugi/programs";
import { describe, expect, it } from "vitest";
import { guestModule } from "./host/modules.ts";
import { CRASH_KINDS, crashAddresses, crashKindOf, machineCrashAddresses } from "./injector.ts";

const all = Object.entries({ ...drivers, ...programs }).map(([name, file]) => guestModule(name, file));

describe("the failing code", () => {
  it("is at the same addresses in every program, inside its text", () => {
    const addresses = all.map(({ bytes }) => crashAddresses(bytes));
    for (const found of addresses) expect(found).toEqual(addresses[0]);
    expect(new Set(Object.values(addresses[0] ?? {})).size).toBe(CRASH_KINDS.length + 1);
  });

  it("is found among modules that are no programs", () => {
    const noise = { name: "noise", commandLine: "noise", bytes: Uint8Array.of(1, 2, 3) };
    expect(machineCrashAddresses([noise])).toBeUndefined();
    expect(machineCrashAddresses([noise, ...all])).toEqual(crashAddresses(all[0].bytes));
  });

  it("has the shell's numbers from 1", () => {
    expect(crashKindOf(1)).toBe("page-fault");
    expect(crashKindOf(6)).toBe("text-write");
    expect([crashKindOf(0), crashKindOf(7), crashKindOf(-1)]).toEqual([undefined, undefined, undefined]);
  });
});

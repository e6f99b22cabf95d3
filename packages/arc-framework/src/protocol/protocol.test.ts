import { describe, expect, it } from "vitest";
import * as addressSpace from "./address-space.ts";
import * as art from "./art.ts";
import * as driver from "./driver.ts";
import * as ext2 from "./ext2.ts";
import * as p3 from "./p3.ts";
import * as recoveryRecord from "./recovery-record.ts";
import * as session from "./session.ts";
import * as startBlock from "./start-block.ts";
import * as status from "./status.ts";
import * as threadNumbers from "./thread-numbers.ts";

const modules = { addressSpace, art, driver, ext2, p3, recoveryRecord, session, startBlock, status, threadNumbers };

describe("the protocol modules", () => {
  it("export unsigned 32-bit numbers only, so that C++ headers can be made of them", () => {
    for (const [module, names] of Object.entries(modules))
      for (const [name, value] of Object.entries(names))
        expect([module, name, value >>> 0]).toEqual([module, name, value]);
  });

  it("have no name twice, because they meet in one header", () => {
    const names = Object.values(modules).flatMap((module) => Object.keys(module));
    expect(new Set(names).size).toBe(names.length);
  });

  it("have no label twice", () => {
    const isLabel = (value: number): boolean => value > 0x100 && value < 0x700;
    const labels = [art, driver, p3, session].flatMap((module) => Object.values(module).filter(isLabel));
    expect(new Set(labels).size).toBe(labels.length);
    expect(labels.length).toBe(71);
  });

  it("put the name of a recovery behind its steps, inside one message", () => {
    const { RECOVERY_STEPS, RECOVERY_STEP_COUNT, RECOVERY_WORDS_PER_STEP, RECOVERY_NAME } = recoveryRecord;
    expect(RECOVERY_STEPS + RECOVERY_STEP_COUNT * RECOVERY_WORDS_PER_STEP).toBe(RECOVERY_NAME);
    expect(recoveryRecord.RECOVERY_WORDS + 1).toBeLessThanOrEqual(63);
  });

  it("keep the regions of a process apart", () => {
    const {
      SESSION_AREA_END,
      IMAGE_AREA,
      HEAP_AREA,
      HEAP_SIZE,
      PERSISTENT_AREA,
      RESTART_PAGE,
      RECOVERY_STACK_TOP,
      RECOVERY_STACK_SIZE,
      STACK_TOP,
      STACK_SIZE,
    } = addressSpace;
    const edges = [
      SESSION_AREA_END,
      IMAGE_AREA,
      HEAP_AREA,
      HEAP_AREA + HEAP_SIZE,
      PERSISTENT_AREA,
      RESTART_PAGE,
      RECOVERY_STACK_TOP - RECOVERY_STACK_SIZE,
      RECOVERY_STACK_TOP,
      STACK_TOP - STACK_SIZE,
      STACK_TOP,
    ];
    expect(edges).toEqual([...edges].sort((a, b) => a - b));
  });
});

/**
 * What a reset leaves: of the chips, and of what firmware would have put into memory.
 *
 * Here: pure functions of states and memories. Not here: who resets (→ pc-machine.ts).
 * Motorola MC146818 data sheet, "RESET"; the battery keeps calendar and memory.
 * @module
 */
import { fillTextMemory, type Mc146818State, RTC_B, RTC_B_AIE, RTC_B_PIE, RTC_B_UIE, RTC_C } from "@kintsugi/pc";
import type { PcChipStates, PcParts } from "./pc-chips.ts";
import { SHADOW_FIRST, shadowedRom } from "./rom-device.ts";

/** The states that outlive the reset line. */
export function chipsAfterReset({ rtc, printer, serialLine, debug }: PcChipStates): Partial<PcChipStates> {
  return { rtc: clockAfterReset(rtc), printer, serialLine, debug };
}

function clockAfterReset(state: Mc146818State): Mc146818State {
  const memory = [...state.memory];
  memory[RTC_B] &= ~(RTC_B_PIE | RTC_B_AIE | RTC_B_UIE);
  memory[RTC_C] = 0;
  return { ...state, memory, interrupt: false };
}

/** Without a BIOS somebody must have set up the text mode; ROMs in RAM's range are there. */
export function fillMemoryOfFirmware({ bios, roms }: PcParts, ram: Uint8Array, video: Uint8Array): void {
  if (bios === null) fillTextMemory(video);
  for (const { address, bytes } of roms) if (address + bytes.length <= ram.length) ram.set(bytes, address);
}

/** RAM behind a BIOS has the same bytes at power-on, when any would do: code there runs from pages, not from a device. */
export function fillShadow({ bios, videoBios }: PcParts, ram: Uint8Array): void {
  if (bios !== null) ram.set(shadowedRom(bios, videoBios), SHADOW_FIRST);
}

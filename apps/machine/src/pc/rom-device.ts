/**
 * ROMs where the processor reads them: as devices, and behind the chip set's shadow.
 *
 * Here: reading bytes as wide values. Not here: ROMs in RAM's range, which are read-only pages (→ pc-machine.ts).
 * Intel 82441FX data sheet, "Programmable Attribute Map".
 * @module
 */
import type { MmioDevice, ShadowArea } from "@kintsugi/pc";

/** c0000 to fffff: what the shadow is about. */
export const SHADOW_FIRST = 0xc0000;
export const SHADOW_SIZE = 0x40000;
const BIOS_LOW_SIZE = 0x20000;

/** A ROM: writes are lost, and behind its end everything is ones. */
export function romDevice(bytes: Uint8Array): MmioDevice {
  return { read: (offset, size) => wide(size, (i) => bytes[offset + i] ?? 0xff), write: () => undefined };
}

/** c0000 to fffff while the bridge sends reads to the BIOS; writes reach RAM where it says so. */
export function shadowDevice(bios: Uint8Array, ram: Uint8Array, areas: () => readonly ShadowArea[]): MmioDevice {
  const low = bios.subarray(Math.max(0, bios.length - BIOS_LOW_SIZE));
  const lowFirst = SHADOW_SIZE - low.length;
  const areaAt = (offset: number): ShadowArea | undefined =>
    areas().find((area) => {
      const inside = SHADOW_FIRST + offset - area.first;
      return inside >= 0 && inside < area.size;
    });
  const byte = (offset: number): number =>
    areaAt(offset)?.readRam ? ram[SHADOW_FIRST + offset] : (low[offset - lowFirst] ?? 0xff);
  return {
    read: (offset, size) => wide(size, (i) => byte(offset + i)),
    write: (offset, size, value) => {
      for (let i = 0; i < size; i++)
        if (areaAt(offset + i)?.writeRam) ram[SHADOW_FIRST + offset + i] = value >>> (8 * i);
    },
  };
}

function wide(size: number, byte: (i: number) => number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value += byte(i) * 2 ** (8 * i);
  return value;
}

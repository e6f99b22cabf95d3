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
/** The first area of the bridge's list is the last in memory, the others have one size. */
const LAST_AREA = 0x30000;
const AREA_SIZE = 0x4000;

/** A ROM: writes are lost, and behind its end everything is ones. */
export function romDevice(bytes: Uint8Array): MmioDevice {
  return { read: (offset, size) => wide(size, (i) => bytes[offset + i] ?? 0xff), write: () => undefined };
}

/** c0000 to fffff as firmware answers there: the display's at the beginning, the BIOS's last 128 KiB at the end, else ones. */
export function shadowedRom(bios: Uint8Array, videoBios: Uint8Array | null): Uint8Array {
  const bytes = new Uint8Array(SHADOW_SIZE).fill(0xff);
  if (videoBios !== null) bytes.set(videoBios.subarray(0, SHADOW_SIZE - BIOS_LOW_SIZE));
  const low = bios.subarray(Math.max(0, bios.length - BIOS_LOW_SIZE));
  bytes.set(low, SHADOW_SIZE - low.length);
  return bytes;
}

/** c0000 to fffff while the bridge sends reads to `rom`; writes reach RAM where it says so. */
export function shadowDevice(rom: Uint8Array, ram: Uint8Array, areas: () => readonly ShadowArea[]): MmioDevice {
  const areaAt = (offset: number): ShadowArea | undefined =>
    areas()[offset < LAST_AREA ? 1 + Math.floor(offset / AREA_SIZE) : 0];
  const byte = (offset: number): number =>
    areaAt(offset)?.readRam ? ram[SHADOW_FIRST + offset] : (rom[offset] ?? 0xff);
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

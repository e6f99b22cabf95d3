/**
 * What every disk must do, as checks for any test runner.
 *
 * Here: `blockDeviceCompliance`. Not here: durability, which no test in one process can see.
 * @module
 */
import type { BlockDevice } from "../block-device.ts";

/** One rule: its name, and a check that rejects when it is broken. */
export interface DeviceRule {
  readonly name: string;
  readonly check: (device: BlockDevice) => Promise<void>;
}

const pattern = (length: number, seed: number): Uint8Array =>
  new Uint8Array(length).map((_, n) => (n * 7 + seed * 31 + (n >> 8)) & 0xff);

async function expectBytes(device: BlockDevice, offset: number, wanted: Uint8Array): Promise<void> {
  const bytes = new Uint8Array(wanted.length).fill(0xa5);
  await device.read(offset, bytes);
  for (const [n, byte] of wanted.entries())
    if (bytes[n] !== byte) throw new Error(`byte ${offset + n} is ${bytes[n]}, not ${byte}`);
}

/** The rules for a disk of at least 256 KiB that can be written. */
export const blockDeviceCompliance: readonly DeviceRule[] = [
  {
    name: "what was written is read, in pieces and whole",
    async check(device) {
      const bytes = pattern(65536, 1);
      await device.write(8192, bytes);
      await expectBytes(device, 8192, bytes);
      await expectBytes(device, 8192 + 512, bytes.subarray(512, 1536));
    },
  },
  {
    name: "a write changes no byte beside it",
    async check(device) {
      await device.write(0, pattern(4096, 2));
      await device.write(1024, pattern(512, 3));
      await expectBytes(device, 0, pattern(4096, 2).subarray(0, 1024));
      await expectBytes(device, 1024, pattern(512, 3));
      await expectBytes(device, 1536, pattern(4096, 2).subarray(1536));
    },
  },
  {
    name: "the last sector is there",
    async check(device) {
      await device.write(device.size - 512, pattern(512, 4));
      await device.flush();
      await expectBytes(device, device.size - 512, pattern(512, 4));
    },
  },
  {
    name: "the bytes of a write may change when it is done",
    async check(device) {
      const bytes = pattern(4096, 5);
      await device.write(16384, bytes);
      bytes.fill(0);
      await expectBytes(device, 16384, pattern(4096, 5));
    },
  },
];

import {
  DMA_CLEAR_FLIP_FLOP,
  DMA_MODE,
  DMA_MODE_READ,
  DMA_PAGE_CHANNEL1,
  DMA_PAGE_PORT,
  DMA_PORT,
  DMA_SINGLE_MASK,
  PIC_MASTER_COMMAND_PORT,
  SB_DMA_BYTES,
  SB_OUTPUT_RATE,
  SB_PORT,
  SB_RESET,
  SB_RESET_TIME,
  SB_TRANSFER_8,
  SB_WRITE,
  type SoundBlock,
} from "@kintsugi/pc";
import { expect, it } from "vitest";
import { Chips } from "./chips.ts";
import { IRQ_SOUND } from "./irq-map.ts";

it("the sound card takes its samples from memory by DMA and tells the interrupt controller", () => {
  let now = 0;
  const sound: SoundBlock[] = [];
  const chips = new Chips({
    now: () => now,
    serial: () => undefined,
    paper: () => undefined,
    sound: (block) => sound.push(block),
    memory: { read: (address, count) => new Uint8Array(count).fill(address >> 16), write: () => undefined },
    video: new Uint8Array(0x40000),
    disk: null,
    console: "serial",
    powerOff: () => undefined,
    reset: () => undefined,
    seed: 1,
  });
  const out = (port: number, ...bytes: number[]): void => {
    for (const byte of bytes) chips.bus.write(port, 1, byte);
  };
  out(PIC_MASTER_COMMAND_PORT, 0x11);
  out(PIC_MASTER_COMMAND_PORT + 1, 0x20, 0x04, 0x01, 0xff & ~(1 << IRQ_SOUND[0]));
  out(SB_PORT + SB_RESET, 1, 0);
  now += SB_RESET_TIME;
  out(DMA_PORT + DMA_CLEAR_FLIP_FLOP, 0);
  out(DMA_PORT + DMA_MODE, 0x40 | DMA_MODE_READ | SB_DMA_BYTES);
  out(DMA_PORT + 2 * SB_DMA_BYTES, 0, 0);
  out(DMA_PORT + 2 * SB_DMA_BYTES + 1, 7, 0);
  out(DMA_PAGE_PORT + DMA_PAGE_CHANNEL1, 0x12);
  out(DMA_PORT + DMA_SINGLE_MASK, SB_DMA_BYTES);
  out(SB_PORT + SB_WRITE, SB_OUTPUT_RATE, 0x1f, 0x40, SB_TRANSFER_8, 0, 7, 0);
  expect([chips.i8259a.pending, chips.nextEvent()]).toEqual([false, now + 1_000_000]);
  now += 1_000_000;
  chips.advance(now);
  expect([chips.i8259a.acknowledge(), sound.length]).toEqual([0x20 + IRQ_SOUND[0], 1]);
  expect(sound[0]?.samples).toEqual(new Array(16).fill((0x12 - 0x80) << 8));
});

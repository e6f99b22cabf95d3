import { describe, expect, it } from "vitest";
import * as ata from "../src/ata/registers.ts";
import * as debug from "../src/debug/registers.ts";
import * as floatError from "../src/float-error/registers.ts";
import * as kbc from "../src/i8042/registers.ts";
import * as dma from "../src/i8237a/registers.ts";
import * as pit from "../src/i8254/registers.ts";
import * as pic from "../src/i8259a/registers.ts";
import * as lpt from "../src/lpt/registers.ts";
import * as rtc from "../src/mc146818/registers.ts";
import * as pci from "../src/pci/registers.ts";
import * as power from "../src/power/registers.ts";
import * as sb from "../src/sound-blaster/registers.ts";
import * as port92 from "../src/system-control/registers.ts";
import * as uart from "../src/uart16550/registers.ts";
import * as vbe from "../src/vbe/registers.ts";
import * as vga from "../src/vga/registers.ts";

describe("registers.ts of every chip", () => {
  it.each(
    Object.entries({
      ATA: ata,
      DEBUG: debug,
      DMA: dma,
      FLOAT_ERROR: floatError,
      KBC: kbc,
      PCI: pci,
      PIT: pit,
      PORT92: port92,
      RTC: rtc,
      SB: sb,
      PIC: pic,
      LPT: lpt,
      POWER: power,
      UART: uart,
      VBE: vbe,
      VGA: vga,
    }),
  )("exports whole numbers only, under names that begin with %s", (prefix, registers) => {
    for (const [name, value] of Object.entries(registers)) {
      expect(name).toMatch(new RegExp(`^${prefix}_[A-Z0-9_]+$`));
      expect(Number.isInteger(value) && value >= 0).toBe(true);
    }
  });
});

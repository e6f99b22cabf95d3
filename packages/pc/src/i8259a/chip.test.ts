import { beforeEach, describe, expect, it } from "vitest";
import { I8259a } from "./chip.ts";
import * as R from "./registers.ts";

let pic: I8259a;

/** The PC's usual initialisation, vectors 0x20 and 0x28, everything unmasked. */
function initialise(icw4: number = R.PIC_ICW4_UPM, icw1: number = R.PIC_ICW1_INIT | R.PIC_ICW1_IC4): void {
  pic.write(R.PIC_MASTER_COMMAND, icw1);
  for (const value of [0x20, 1 << R.PIC_CASCADE_IRQ, icw4]) pic.write(R.PIC_MASTER_DATA, value);
  pic.write(R.PIC_SLAVE_COMMAND, icw1);
  for (const value of [0x28, R.PIC_CASCADE_IRQ, icw4]) pic.write(R.PIC_SLAVE_DATA, value);
}

const raise = (...irqs: number[]): void => {
  for (const irq of irqs) pic.line(irq).set(true);
};
const lower = (...irqs: number[]): void => {
  for (const irq of irqs) pic.line(irq).set(false);
};
const command = (value: number): void => pic.write(R.PIC_MASTER_COMMAND, value);
const eoi = (): void => command(R.PIC_OCW2_EOI);
const slaveEoi = (): void => pic.write(R.PIC_SLAVE_COMMAND, R.PIC_OCW2_EOI);
const irr = (): number => {
  command(R.PIC_OCW3_SELECT | R.PIC_OCW3_RR);
  return pic.read(R.PIC_MASTER_COMMAND);
};
const isr = (): number => {
  command(R.PIC_OCW3_SELECT | R.PIC_OCW3_RR | R.PIC_OCW3_RIS);
  return pic.read(R.PIC_MASTER_COMMAND);
};

beforeEach(() => {
  pic = new I8259a();
  initialise();
});

describe("initialisation", () => {
  it("asks for nothing before ICW1", () => {
    pic = new I8259a();
    raise(0, 1, 8);
    expect(pic.pending).toBe(false);
  });

  it("clears masks, requests and service, and an input that stays high makes no edge", () => {
    raise(1, 3);
    pic.acknowledge();
    pic.write(R.PIC_MASTER_DATA, 0xff);
    initialise();
    expect([pic.read(R.PIC_MASTER_DATA), irr(), isr(), pic.pending]).toEqual([0, 0, 0, false]);
    lower(3);
    raise(3);
    expect(pic.acknowledge()).toBe(0x23);
  });

  it("expects ICW3 unless single, and ICW4 only if announced", () => {
    command(R.PIC_ICW1_INIT | R.PIC_ICW1_SNGL);
    pic.write(R.PIC_MASTER_DATA, 0x47);
    pic.write(R.PIC_MASTER_DATA, 0xfe);
    expect(pic.read(R.PIC_MASTER_DATA)).toBe(0xfe);
    raise(0);
    expect(pic.acknowledge()).toBe(0x40);
    command(R.PIC_ICW1_INIT);
    for (const value of [0x50, 0x04, 0x0f]) pic.write(R.PIC_MASTER_DATA, value);
    expect(pic.read(R.PIC_MASTER_DATA)).toBe(0x0f);
  });

  it("can start again in the middle", () => {
    command(R.PIC_ICW1_INIT | R.PIC_ICW1_IC4);
    pic.write(R.PIC_MASTER_DATA, 0x60);
    initialise();
    raise(5);
    expect(pic.acknowledge()).toBe(0x25);
  });
});

describe("fully nested mode", () => {
  it("delivers by priority, 0 first, and nothing below what is in service", () => {
    raise(5, 3, 4);
    expect(pic.acknowledge()).toBe(0x23);
    expect([pic.pending, isr(), irr()]).toEqual([false, 0x08, 0x30]);
    raise(0);
    expect(pic.acknowledge()).toBe(0x20);
    eoi();
    expect(isr()).toBe(0x08);
    eoi();
    expect(pic.acknowledge()).toBe(0x24);
    command(R.PIC_OCW2_EOI | R.PIC_OCW2_SL | 4);
    expect(pic.acknowledge()).toBe(0x25);
  });

  it("delivers an edge once, however long the input stays high", () => {
    raise(1);
    raise(1);
    pic.acknowledge();
    eoi();
    expect(pic.pending).toBe(false);
    lower(1);
    raise(1);
    expect(pic.pending).toBe(true);
  });

  it("holds a masked request until it is unmasked", () => {
    pic.write(R.PIC_MASTER_DATA, 0x02);
    raise(1);
    expect([pic.pending, irr()]).toEqual([false, 0x02]);
    pic.write(R.PIC_MASTER_DATA, 0);
    expect(pic.acknowledge()).toBe(0x21);
  });

  it("ignores an EOI with nothing in service", () => {
    eoi();
    command(R.PIC_OCW2_EOI | R.PIC_OCW2_SL | 6);
    raise(6);
    expect(pic.acknowledge()).toBe(0x26);
  });
});

describe("spurious interrupts", () => {
  it("are level 7 of the master, with nothing in service", () => {
    raise(4);
    lower(4);
    expect([pic.pending, pic.acknowledge(), isr()]).toEqual([false, 0x27, 0]);
  });

  it("are the master's too when a slave's request goes in time: the slave's INT falls with it", () => {
    raise(12);
    lower(12);
    expect([pic.acknowledge(), isr()]).toEqual([0x27, 0]);
  });

  it("are level 15 when a slave's request goes between the two pulses of INTA, and the master is in service", () => {
    raise(12);
    const { version, master, slave } = pic.state;
    pic = new I8259a({ version, master, slave: { ...slave, inputs: 0, edges: 0 } });
    expect([pic.acknowledge(), isr()]).toEqual([0x2f, 0x04]);
    expect(pic.state.slave.isr).toBe(0);
  });
});

describe("the cascade", () => {
  it("delivers a slave's interrupt through input 2, and needs both EOIs", () => {
    raise(14, 9);
    expect(pic.acknowledge()).toBe(0x29);
    raise(3, 1);
    expect(pic.acknowledge()).toBe(0x21);
    eoi();
    expect(pic.pending).toBe(false);
    slaveEoi();
    eoi();
    expect(pic.acknowledge()).toBe(0x2e);
    slaveEoi();
    eoi();
    expect(pic.acknowledge()).toBe(0x23);
  });

  it("makes a new edge for a request that waited in the slave", () => {
    initialise(R.PIC_ICW4_UPM | R.PIC_ICW4_AEOI);
    raise(8, 10, 15);
    expect([pic.acknowledge(), pic.acknowledge(), pic.acknowledge()]).toEqual([0x28, 0x2a, 0x2f]);
    expect(pic.pending).toBe(false);
  });

  it("in special fully nested mode lets a more urgent slave interrupt through", () => {
    raise(12);
    pic.acknowledge();
    raise(8);
    expect(pic.pending).toBe(false);
    lower(8, 12);
    initialise(R.PIC_ICW4_UPM | R.PIC_ICW4_SFNM);
    raise(12);
    expect(pic.acknowledge()).toBe(0x2c);
    raise(13);
    expect(pic.pending).toBe(false);
    raise(8);
    expect(pic.acknowledge()).toBe(0x28);
  });

  it("leaves no device an IRQ 2", () => {
    for (const irq of [2, -1, 16, 0.5]) expect(() => pic.line(irq)).toThrow(RangeError);
  });
});

describe("rotation", () => {
  it("makes the level that ended the lowest", () => {
    raise(0, 4);
    pic.acknowledge();
    command(R.PIC_OCW2_R | R.PIC_OCW2_EOI);
    lower(0);
    raise(0, 6);
    expect(pic.acknowledge()).toBe(0x24);
    command(R.PIC_OCW2_R | R.PIC_OCW2_EOI | R.PIC_OCW2_SL | 4);
    expect(pic.acknowledge()).toBe(0x26);
    eoi();
    expect(pic.acknowledge()).toBe(0x20);
  });

  it("sets the priority without ending anything", () => {
    command(R.PIC_OCW2_R | R.PIC_OCW2_SL | 5);
    raise(0, 5, 6);
    expect(pic.acknowledge()).toBe(0x26);
    expect(isr()).toBe(0x40);
  });

  it("happens by itself in automatic EOI mode when asked for", () => {
    initialise(R.PIC_ICW4_UPM | R.PIC_ICW4_AEOI);
    command(R.PIC_OCW2_R);
    raise(1, 3);
    expect([pic.acknowledge(), isr()]).toEqual([0x21, 0]);
    lower(1);
    raise(1);
    expect(pic.acknowledge()).toBe(0x23);
    command(0);
    lower(3);
    raise(3);
    expect(pic.acknowledge()).toBe(0x21);
  });
});

describe("special mask mode", () => {
  it("lets lower levels through while the one in service is masked", () => {
    raise(1, 5);
    pic.acknowledge();
    pic.write(R.PIC_MASTER_DATA, 0x02);
    expect(pic.pending).toBe(false);
    command(R.PIC_OCW3_SELECT | R.PIC_OCW3_ESMM | R.PIC_OCW3_SMM);
    expect(pic.acknowledge()).toBe(0x25);
    eoi();
    expect(isr()).toBe(0x02);
    eoi();
    expect(isr()).toBe(0x02);
    command(R.PIC_OCW3_SELECT | R.PIC_OCW3_ESMM);
    eoi();
    expect(isr()).toBe(0);
  });
});

describe("polling", () => {
  it("is an acknowledge that answers with the level, once", () => {
    raise(6);
    command(R.PIC_OCW3_SELECT | R.PIC_OCW3_P);
    expect(pic.read(R.PIC_MASTER_COMMAND)).toBe(R.PIC_POLL_INTERRUPT | 6);
    expect([isr(), pic.pending]).toEqual([0x40, false]);
    command(R.PIC_OCW3_SELECT | R.PIC_OCW3_P);
    expect(pic.read(R.PIC_MASTER_DATA)).toBe(0);
    expect(pic.read(R.PIC_MASTER_DATA)).toBe(0);
  });

  it("of the slave takes its request off the master", () => {
    raise(11);
    pic.write(R.PIC_SLAVE_COMMAND, R.PIC_OCW3_SELECT | R.PIC_OCW3_P);
    expect(pic.read(R.PIC_SLAVE_COMMAND)).toBe(R.PIC_POLL_INTERRUPT | 3);
    expect(pic.pending).toBe(false);
  });
});

describe("level-triggered inputs", () => {
  it("ask again after the EOI while they are high", () => {
    pic.write(R.PIC_MASTER_ELCR, 1 << 5);
    raise(5);
    expect(pic.acknowledge()).toBe(0x25);
    expect([pic.pending, irr()]).toEqual([false, 0x20]);
    eoi();
    expect(pic.pending).toBe(true);
    lower(5);
    expect(pic.pending).toBe(false);
  });

  it("are chosen by ELCR for all but 0, 1, 2, 8 and 13, or by LTIM for all", () => {
    pic.write(R.PIC_MASTER_ELCR, 0xff);
    pic.write(R.PIC_SLAVE_ELCR, 0xff);
    expect([pic.read(R.PIC_MASTER_ELCR), pic.read(R.PIC_SLAVE_ELCR)]).toEqual([0xf8, 0xde]);
    pic.write(R.PIC_MASTER_ELCR, 0);
    initialise(R.PIC_ICW4_UPM, R.PIC_ICW1_INIT | R.PIC_ICW1_IC4 | R.PIC_ICW1_LTIM);
    raise(1);
    pic.acknowledge();
    eoi();
    expect(pic.pending).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { memoryAccesses } from "./memory-access.ts";

/** EAX ECX EDX EBX ESP EBP ESI EDI. */
const REGISTERS = [0x104, 2, 0x30, 0x4000, 0x8000, 0x9000, 0xa000, 0xb000];

/** `r address length`, … */
function accesses(hex: string, registers: readonly number[] = REGISTERS): string {
  return memoryAccesses(Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex")), registers)
    .map((a) => `${a.reads ? "r" : ""}${a.writes ? "w" : ""} ${a.address.toString(16)} ${a.length}`)
    .join(", ");
}

describe("an instruction's memory accesses", () => {
  it.each([
    ["8b 03", "r 4000 4", "mov eax, [ebx]"],
    ["66 8b 43 02", "r 4002 2", "mov ax, [ebx+2]"],
    ["88 4d ff", "w 8fff 1", "mov [ebp-1], cl"],
    ["01 04 8b", "rw 4008 4", "add [ebx+ecx*4], eax"],
    ["39 05 00 00 00 60", "r 60000000 4", "cmp [60000000], eax"],
    ["8b 04 25 00 00 00 60", "r 60000000 4", "mov eax, [60000000] by SIB"],
    ["8b 84 24 00 01 00 00", "r 8100 4", "mov eax, [esp+100]"],
    ["83 3d 04 00 00 60 00", "r 60000004 4", "cmp dword [60000004], 0"],
    ["c6 03 05", "w 4000 1", "mov byte [ebx], 5"],
    ["8d 03", "", "lea eax, [ebx]"],
    ["89 c8", "", "mov eax, ecx"],
    ["a1 00 00 00 60", "r 60000000 4", "mov eax, [60000000]"],
    ["a2 01 00 00 60", "w 60000001 1", "mov [60000001], al"],
    ["d7", "r 4004 1", "xlat"],
    ["f7 1b", "rw 4000 4", "neg dword [ebx]"],
    ["f7 23", "r 4000 4", "mul dword [ebx]"],
    ["ff 03", "rw 4000 4", "inc dword [ebx]"],
  ])("%s: %s (%s)", (code, expected) => {
    expect(accesses(code)).toBe(expected);
  });

  it.each([
    ["50", "w 7ffc 4", "push eax"],
    ["66 50", "w 7ffe 2", "push ax"],
    ["58", "r 8000 4", "pop eax"],
    ["e8 00 00 00 00", "w 7ffc 4", "call"],
    ["c3", "r 8000 4", "ret"],
    ["c9", "r 9000 4", "leave"],
    ["ff 33", "r 4000 4, w 7ffc 4", "push dword [ebx]"],
    ["ff d3", "w 7ffc 4", "call ebx"],
    ["ff e3", "", "jmp ebx"],
    ["8f 03", "w 4000 4, r 8000 4", "pop dword [ebx]"],
    ["60", "w 7fe0 32", "pushad"],
  ])("%s: %s (%s)", (code, expected) => {
    expect(accesses(code)).toBe(expected);
  });

  it.each([
    ["a5", "r a000 4, w b000 4", "movsd"],
    ["f3 a4", "r a000 1, w b000 1", "rep movsb"],
    ["66 ab", "w b000 2", "stosw"],
    ["ac", "r a000 1", "lodsb"],
    ["f2 ae", "r b000 1", "repne scasb"],
    ["0f b6 03", "r 4000 1", "movzx eax, byte [ebx]"],
    ["0f b1 0b", "rw 4000 4", "cmpxchg [ebx], ecx"],
    ["0f 95 03", "w 4000 1", "setne [ebx]"],
    ["0f a3 03", "r 4020 4", "bt [ebx], eax"],
    ["0f ba 2b 01", "rw 4000 4", "bts dword [ebx], 1"],
    ["65 a1 00 00 00 00", "", "mov eax, gs:[0]"],
    ["90", "", "nop"],
    ["", "", "nothing"],
  ])("%s: %s (%s)", (code, expected) => {
    expect(accesses(code)).toBe(expected);
  });

  it("of a repeated string that is over are none", () => {
    expect(accesses("f3 a4", REGISTERS.with(1, 0))).toBe("");
  });
});

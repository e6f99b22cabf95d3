/*
 * hardware: what a root task does with the PC under it: devices, ports, interrupts, floats, clocks, code that it writes.
 *
 * One line a check; modules are printed with their command lines and first bytes. Interrupts come from the 8254.
 */
#include "print.h"
#include "task.h"

using namespace l4;
using task::Id;

namespace {

constexpr int A = 0, B = 1;
constexpr Word TICKS = 10;
constexpr Word WINDOW = 0x20000000;

void Check(const char* what, bool holds) { Print("%s hardware: %s\n", holds ? "ok" : "FAILED", what); }

void Out(unsigned short port, unsigned char value) { asm volatile("outb %0, %1" : : "a"(value), "d"(port)); }
unsigned char In(unsigned short port) {
  unsigned char value;
  asm volatile("inb %1, %0" : "=a"(value) : "d"(port));
  return value;
}
unsigned long long Cycles() {
  unsigned long long cycles;
  asm volatile("rdtsc" : "=A"(cycles));
  return cycles;
}

/** Has sigma0 map a page of devices into a window; without one, linear = physical. */
bool MapDevice(Word address, Word window = COMPLETE) {
  const Word sigma0 = Global(Number(Me()) - 2, 1);
  SetBr(0, window);
  Load(0xffa00000 | Tag(0, 2), Fpage(address, 12, RWX), 0);
  const Word tag = Call(sigma0);
  SetBr(0, 0);
  return (tag & E) == 0 && Typed(tag) == 2 && Mr(2) != 0;
}

volatile Word& At(Word address) { return *reinterpret_cast<volatile Word*>(address); }

/** Adds `step` a thousand times, giving way each time; x87 and SSE must agree at the end. */
template <int step>
void Add() {
  double sum = 0;
  Word term = step;
  asm volatile("fninit; fldz; pxor %%xmm3, %%xmm3" : : : "memory");
  for (int i = 0; i < 1000; i++) {
    asm volatile("fiaddl %0; movd %0, %%xmm2; paddd %%xmm2, %%xmm3" : : "m"(term) : "memory");
    l4_switch(NIL);
  }
  Word other;
  asm volatile("fstpl %0; movd %%xmm3, %1" : "=m"(sum), "=m"(other) : : "memory");
  Load(Tag(0, 2), static_cast<Word>(sum), other);
  Send(task::Main());
  task::Rest();
}

void Floats() {
  task::Run(A, Add<3>);
  task::Run(B, Add<5>);
  Receive(Id(A));
  bool right = Mr(1) == 3000 && Mr(2) == 3000;
  Receive(Id(B));
  right = right && Mr(1) == 5000 && Mr(2) == 5000;
  Check("each thread has its own x87 and SSE registers", right);
}

void Halt() {
  Utcb()[EXCEPTION_HANDLER] = task::Main();
  asm volatile("hlt");
  task::Rest();
}

void Privilege() {
  task::Run(A, Halt);
  Receive(Id(A));
  Check("hlt is a protection fault", Mr(3) == 13 && Mr(4) == 0);
}

void Devices() {
  const bool video = MapDevice(0xb8000);
  At(0xb8000) = 0x07410742;
  Check("video memory can be mapped, written and read", video && At(0xb8000) == 0x07410742);
  Out(0x3ff, 0x5a);
  Check("ports can be written and read", In(0x3ff) == 0x5a);
}

void Beyond() {
  const bool mapped = MapDevice(0xfec00000, Fpage(WINDOW, 12));
  Check("device space beyond RAM and user addresses can be mapped; nobody there reads as ones",
        mapped && At(WINDOW) == 0xffffffff);
}

/** mov $n, %eax; ret: rewritten and called at once. */
void Code() {
  alignas(4096) static unsigned char code[4096] = {0xb8, 0, 0, 0, 0, 0xc3};
  bool right = true;
  for (Word n = 1; n <= 100; n++) {
    memcpy(code + 1, &n, sizeof n);
    right = right && reinterpret_cast<Word (*)()>(code)() == n;
  }
  Check("code that was just written is what runs", right);
}

void Clocks() {
  const unsigned long long cycles = Cycles(), clock = l4_clock();
  Sleep(10000);
  const auto passed = static_cast<Word>(Cycles() - cycles), slept = static_cast<Word>(l4_clock() - clock);
  const Word kHz = *reinterpret_cast<const Word*>(Kip() + KipWord(0xbc) + 4);
  const Word expected = slept * (kHz / 1000);
  Check("the time stamp counter runs as the processor descriptor says",
        slept >= 10000 && passed > expected - expected / 10 && passed < expected + expected / 10);
}

void Interrupts() {
  const Word irq = Irq(0);
  const bool attached = l4_thread_control(irq, irq, NIL, Me(), 0xffffffff) == 1;
  constexpr Word DIVISOR = 11932;  // 100 Hz
  Out(0x43, 0x34);
  Out(0x40, DIVISOR & 0xff);
  Out(0x40, DIVISOR >> 8);
  const unsigned long long before = l4_clock();
  bool right = attached;
  for (Word tick = 0; tick < TICKS; tick++) {
    right = right && Receive(irq, Micro(100000)) == 0xfff00000;
    SetMr(0, 0);
    Send(irq, ZERO);
  }
  const auto took = static_cast<Word>(l4_clock() - before);
  right = right && l4_thread_control(irq, irq, NIL, irq, 0xffffffff) == 1;
  Out(0x43, 0x30);
  Check("the timer interrupts at its rate", right && took > (TICKS - 2) * 10000 && took < (TICKS + 2) * 10000);
}

void Modules() {
  const Word info = KipWord(0xb8);
  const auto* record = reinterpret_cast<const Word*>(info + At(info + 12));
  for (Word n = At(info + 16); n > 0; n--) {
    const Word at = reinterpret_cast<Word>(record);
    if (record[0] == 1) {
      MapDevice(record[3]);
      const auto* bytes = reinterpret_cast<const char*>(record[3]);
      Print("module '%s' %u bytes, first '%c'\n", reinterpret_cast<const char*>(at + record[5]), record[4], bytes[0]);
    } else if (record[0] == 2) {
      Print("server '%s' entry %08x\n", reinterpret_cast<const char*>(at + record[15]), record[12]);
    }
    record = reinterpret_cast<const Word*>(at + record[2]);
  }
}

}  // namespace

extern "C" int main() {
  task::Initialize();
  task::Create(A);
  task::Create(B);
  const Word info = KipWord(0xb8);
  MapDevice(info);
  MapDevice(info + 0x1000);
  Modules();
  Devices();
  Code();
  Clocks();
  Privilege();
  Interrupts();
  Floats();
  Beyond();
  Print("HARDWARE END\n");
  return 0;
}

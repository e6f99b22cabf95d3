/*
 * The keyboard server: an interrupt-driven driver that loses and repeats no character when it crashes.
 *
 * Here: its protocol (KEYBOARD_READ), bytes out of the controller, the LEDs. Not here: what bytes mean (-> decoder.h), the reader
 * that waits (-> ../input.h), what is claimed (-> packages/drivers/README.md).
 * Each byte is taken into one of two slots by an instruction that also leaves the mark that it was; it is decoded, its character
 * written and the decoder's state exchanged with one store, which makes the other slot the next one.
 */
#include "../input.h"
#include "controller.h"
#include "decoder.h"
#include "persistent.h"
#include "waiters.h"

namespace {

/** The byte being decoded lies in the slot of the parity of `codes`, the other one is empty. */
volatile unsigned short slots[2] IS_PERSISTENT = {INPUT_EMPTY, INPUT_EMPTY};
persistent::Checked<decoder::State> state IS_CHECKED{decoder::State{}};
volatile InputState characters IS_PERSISTENT = EmptyInput();
constinit Input input(characters);

/** Sends what the LEDs' command is waiting for. */
void ContinueLeds(L4_Word_t before) {
  const decoder::State& now = state.Get();
  if (now.step == decoder::LEDS_PARAMETER && before == decoder::LEDS_COMMAND)
    controller::Send(static_cast<unsigned char>(now.sending));
  if (now.step != decoder::LEDS_IDLE || now.shown == now.locks) return;
  decoder::State next = now;
  next.step = decoder::LEDS_COMMAND;
  state.Set(next);
  controller::Send(pc::KBC_KEYBOARD_SET_LEDS);
}

/** Decodes the byte in the slot. */
void Decode() {
  const decoder::State& now = state.Get();
  const L4_Word_t step = now.step;
  unsigned char character;
  const decoder::State next = decoder::Next(now, static_cast<unsigned char>(slots[now.codes & 1]), character);
  if (character) input.Write(now.characters, character);
  slots[next.codes & 1] = INPUT_EMPTY;
  state.Set(next);
  input.SetReceived(next.characters);
  ContinueLeds(step);
}

bool Decoded() { return slots[state.Get().codes & 1] == INPUT_EMPTY; }

void Drain() {
  while (input.HasRoom()) {
    if (Decoded()) {
      if (!controller::HasByte()) return;
      io::In16ToMemory(pc::KBC_DATA_PORT, &slots[state.Get().codes & 1]);
    }
    Decode();
  }
}

class KeyboardServer final : public ArcServer {
 public:
  status_t Initialize() override {
    controller::Initialize();
    decoder::State first;
    first.shown = ~0u;  // what the LEDs show is not known
    state.Set(first);
    ContinueLeds(decoder::LEDS_IDLE);
    waiters::Refuse();
    return process::AttachInterrupt(pc::KBC_KEYBOARD_IRQ);
  }
  status_t Exit() override { return arc::STATUS_OK; }
  status_t Recover(L4_Word_t, const Frame&) override;

 protected:
  status_t Service(const Request& request, Reply& reply) override;
  void OnInterrupt(L4_Word_t) override { input.Deliver(Drain); }

 private:
  status_t Read(const Request& request, Reply&) {
    input.Ask(request.Sender());
    input.Deliver(Drain);
    return NO_REPLY;
  }
};

BEGIN_HANDLERS(KeyboardServer)
CONNECT_HANDLER(arc::KEYBOARD_READ, Read)
END_HANDLERS

status_t KeyboardServer::Recover(L4_Word_t, const Frame&) {
  controller::Initialize();
  input.SetReceived(state.Get().characters);
  input.Recover();
  // The command that sets the LEDs begins anew: how far it had come is not known.
  decoder::State now = state.Get();
  now.step = decoder::LEDS_IDLE;
  state.Set(now);
  ContinueLeds(decoder::LEDS_IDLE);
  // A byte may have waited for longer than its interrupt does.
  if (!Decoded() || controller::HasByte()) input.Deliver(Drain);
  return arc::STATUS_OK;
}

}  // namespace

extern "C" int arc_main(int, char**) {
  static KeyboardServer server;
  ArcServer::Run(server);
}

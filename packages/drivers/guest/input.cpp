/*
 * Delivery: intent -> answer -> commit. A reader that still waits has no answer.
 */
#include "input.h"

namespace {

/** Answers somebody who has waited since an earlier request. False when he does not wait (any more). */
bool Answer(L4_Word_t thread, L4_Word_t words) {
  L4_LoadMR(0, L4_Tag(0, words).raw);
  return !L4_Reply({thread}).Failed();
}

}  // namespace

/** Gives the reader the first `count` bytes of the input. */
bool Input::AnswerWithInput(L4_Word_t count) {
  L4_LoadMR(1, arc::STATUS_OK);
  L4_LoadMR(2, count);
  auto* bytes = reinterpret_cast<volatile unsigned char*>(L4_Utcb() + 3);
  for (L4_Word_t n = 0; n < count; n++) bytes[n] = static_cast<unsigned char>(Slot(state_.taken + n));
  return Answer(state_.reader, 2 + (count + 3) / 4);
}

void Input::Ask(L4_ThreadId_t sender) {
  if (state_.reader != x2::NIL_THREAD && state_.reader != sender.raw) {
    L4_LoadMR(1, arc::STATUS_BUSY);
    Answer(state_.reader, 1);
  }
  state_.reader = sender.raw;
}

void Input::Deliver(void (*drain)()) {
  drain();
  while (state_.reader != x2::NIL_THREAD && state_.received != state_.taken) {
    L4_Word_t count = state_.received - state_.taken;
    if (count > arc::DRIVER_BYTES_PER_MESSAGE) count = arc::DRIVER_BYTES_PER_MESSAGE;
    state_.consumeEnd = state_.taken + count;
    if (AnswerWithInput(count)) {
      FinishDelivery();
    } else {
      state_.consumeEnd = state_.taken;
      state_.reader = x2::NIL_THREAD;
    }
    drain();  // a full ring has room again
  }
}

/** The reader goes first: while it is set, the answer may not have been sent. */
void Input::FinishDelivery() {
  state_.reader = x2::NIL_THREAD;
  for (L4_Word_t number = state_.taken; number != state_.consumeEnd; number++) Slot(number) = INPUT_EMPTY;
  state_.taken = state_.consumeEnd;
}

void Input::Recover() {
  const L4_Word_t count = state_.consumeEnd - state_.taken;
  if (count == 0) return;
  // Was the answer sent? A reader that still waits has not got it; one that has it does not wait.
  if (state_.reader != x2::NIL_THREAD) AnswerWithInput(count);
  FinishDelivery();
}

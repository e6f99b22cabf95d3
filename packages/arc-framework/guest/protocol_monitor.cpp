/*
 * Conversations and their states, in persistent memory.
 *
 * Here: a store of the state comes with the number of its request, so that a replay is judged as the request was at first.
 */
#include "protocol_monitor.h"

namespace protocol_monitor {

namespace {

/** One client's conversation; `before` is its state when request `sequence` came. */
struct Conversation {
  volatile L4_Word_t client, state, before, sequence;
};
/** Clients beyond these are in state 0, whatever they have asked. */
constexpr L4_Word_t CONVERSATIONS = 16;
Conversation conversations[CONVERSATIONS] IS_PERSISTENT = {};

Conversation* Find(L4_Word_t client) {
  for (Conversation& conversation : conversations)
    if (conversation.client == client) return &conversation;
  return nullptr;
}

L4_Word_t StateOf(const Request& request) {
  const Conversation* conversation = Find(request.Sender().raw);
  if (!conversation) return 0;
  return conversation->sequence == request.Sequence() ? conversation->before : conversation->state;
}

void SetState(const Request& request, L4_Word_t state) {
  Conversation* conversation = Find(request.Sender().raw);
  if (!conversation && !state) return;
  if (!conversation) conversation = Find(0);
  if (!conversation || conversation->sequence == request.Sequence()) return;
  conversation->before = conversation->state;
  conversation->sequence = request.Sequence();
  conversation->state = state;
  conversation->client = state ? request.Sender().raw : 0;
}

status_t Report(const ProtocolRules& rules, L4_Word_t state, L4_Word_t violation) {
  L4_LoadMR(1, reinterpret_cast<L4_Word_t>(rules.rules));
  L4_LoadMR(2, rules.count);
  L4_LoadMR(3, state);
  L4_LoadMR(4, violation);
  L4_LoadMR(0, L4_Tag(arc::P3_VIOLATION, 4).raw);
  const L4_MsgTag_t tag = L4_Call(L4_Pager());
  return tag.Failed() || tag.Untyped() < 1 ? arc::STATUS_FAILED : L4_StoreMR(1);
}

}  // namespace

Check::Check(const ProtocolRules& rules, const Request& request) : rules_(rules), request_(request) {
  const L4_Word_t state = StateOf(request), words = request.Words();
  for (L4_Word_t n = 0; n < rules.count; n++) {
    const ProtocolRule& rule = rules.rules[n];
    const bool fits = rule.label == request.Label() && rule.least <= words && words <= rule.most;
    if (fits && (rule.from == ANY_STATE || rule.from == state)) rule_ = &rule;
  }
  if (!rule_) refused_ = Report(rules, state, arc::VIOLATION_REQUEST) == arc::STATUS_OK;
}

void Check::Answered(status_t status, const Reply& reply) {
  if (!rule_) return;
  if (reply.Words() > rule_->answer || status > arc::STATUS_FAILED) Report(rules_, 0, arc::VIOLATION_ANSWER);
  if (status == arc::STATUS_OK && rule_->to != ANY_STATE) SetState(request_, rule_->to);
}

}  // namespace protocol_monitor

/*
 * The protocol monitor of a server: what its clients ask and what it answers, held against its rules.
 *
 * Here: one request's check. Not here: the rules (ArcServer::Protocol), what follows: the P3 looks itself and has the violator
 * fail, be it the client or the server.
 */
#pragma once
#include "arc_server.h"

namespace protocol_monitor {

class Check {
 public:
  /** Finds the rule of a request; whoever breaks all of them is reported. */
  Check(const ProtocolRules& rules, const Request& request);
  /** The request breaks the protocol, and somebody has taken notice: it is not to be served. */
  bool Refused() const { return refused_; }
  /** Looks at the answer, and brings the conversation into its next state. */
  void Answered(status_t status, const Reply& reply);

 private:
  const ProtocolRules& rules_;
  const Request& request_;
  const ProtocolRule* rule_ = nullptr;
  bool refused_ = false;
};

}  // namespace protocol_monitor

/*
 * A server's life: start or recovery, then requests one after the other.
 *
 * Here: who is answered when, and what is replayed. Not here: the record of the open request (the kernel writes it).
 */
#include "arc_server.h"
#include "persistent.h"
#include "protocol_monitor.h"

namespace {

/** Initialize has finished in this or an earlier life. */
volatile L4_Word_t initialized IS_PERSISTENT = 0;

const volatile RestartPage& Page() { return *arc_start->restart; }

L4_MsgTag_t Report(L4_Word_t label, status_t status) {
  L4_LoadMR(1, status);
  L4_LoadMR(0, L4_Tag(label, 1).raw);
  return L4_Call(L4_Pager());
}

/** Says that persistent memory is damaged; comes back where nobody looks for that. */
void ReportDamage(L4_Word_t damage, bool recovering) {
  L4_LoadMR(1, damage);
  L4_LoadMR(2, recovering);
  L4_LoadMR(0, L4_Tag(arc::P3_DAMAGED, 2).raw);
  L4_Call(L4_Pager());
}

/** First start, or a failure before Initialize was finished: then it begins anew. */
status_t Begin(ArcServer& server) {
  const status_t status = server.Initialize();
  if (status != arc::STATUS_OK) return status;
  Report(arc::P3_READY, status);
  initialized = 1;
  return status;
}

}  // namespace

bool Request::GetBytes(const volatile unsigned char*& bytes, L4_Word_t& count) const {
  if (Words() < 1) return false;
  count = Word(1);
  bytes = reinterpret_cast<const volatile unsigned char*>(&page_.mr1[skipped_ + 1]);
  return count <= arc::DRIVER_BYTES_PER_MESSAGE && count <= (Words() - 1) * 4;
}

void Reply::Load(status_t status) const {
  L4_LoadMR(1, status);
  for (L4_Word_t n = 0; n < count_; n++) L4_LoadMR(static_cast<int>(n) + 2, words_[n]);
  L4_LoadMR(0, L4_Tag(0, count_ + 1).raw);
}

status_t ArcServer::Recover(L4_Word_t, const Frame&) { return arc::STATUS_FAILED; }

void ArcServer::OnInterrupt(L4_Word_t) {}

void ArcServer::Run(ArcServer& server) {
  if (!arc_start->restart) arc_panic("a server must be started as one: it has no restart page");
  const L4_Word_t reason = arc_start->reason;
  persistent::WatchTransactions();
  server.rules_ = server.Protocol();
  if (!initialized) {
    const status_t status = Begin(server);
    if (status != arc::STATUS_OK) process::Exit(status);
    if (reason) Report(arc::P3_RECOVERED, status);
  } else {
    // What is damaged cannot be recovered from: then the server starts without its memory.
    if (!persistent::Verify()) ReportDamage(arc::DAMAGE_CHECKSUM, true);
    if (!server.Invariant()) ReportDamage(arc::DAMAGE_INVARIANT, true);
    const status_t status = server.Recover(reason, arc_start->restart->frame);
    const L4_MsgTag_t tag = Report(arc::P3_RECOVERED, status);
    if (tag.Untyped() >= 2 && L4_StoreMR(2)) server.open_ = OpenRequest::QUARANTINE;
  }
  if (!reason) server.MainLoop();  // on the main stack already, under the start block
  arc_switch_stack(arc::STACK_TOP, [](void* it) { static_cast<ArcServer*>(it)->MainLoop(); }, &server);
}

L4_ThreadId_t ArcServer::Serve() {
  const Request request(Page());
  const OpenRequest open = open_;
  open_ = OpenRequest::SERVE;
  if (request.IsInterrupt()) {
    if (open != OpenRequest::QUARANTINE) OnInterrupt(request.Sender().raw >> x2::THREAD_VERSION_BITS);
    L4_LoadMR(0, 0);  // an empty message acknowledges
    return request.Sender();
  }
  Reply reply;
  const status_t status = open != OpenRequest::SERVE ? arc::STATUS_FAILED : ServeChecked(request, reply);
  if (status == NO_REPLY) return L4_nilthread;
  reply.Load(status);
  return request.Sender();
}

/** Serves a request between the checks that the server has declared. */
status_t ArcServer::ServeChecked(const Request& request, Reply& reply) {
  const status_t status = rules_.count ? ServeMonitored(request, reply) : Service(request, reply);
  if (!Invariant()) ReportDamage(arc::DAMAGE_INVARIANT, false);
  return status;
}

status_t ArcServer::ServeMonitored(const Request& request, Reply& reply) {
  protocol_monitor::Check check(rules_, request);
  if (check.Refused()) return arc::STATUS_INVALID;
  const status_t status = Service(request, reply);
  check.Answered(status, reply);
  return status;
}

void ArcServer::MainLoop() {
  bool open = Page().sequence != Page().replied;
  recovered_ = open && arc_start->reason;
  if (!open) open_ = OpenRequest::SERVE;
  else if (!arc_start->reason) open_ = OpenRequest::FAIL;
  for (;;) {
    const L4_ThreadId_t answer = open ? Serve() : L4_nilthread;
    recovered_ = false;
    L4_ThreadId_t sender;
    // A client that does not wait for its answer is gone: the wait is then made alone, and its request is not replayed.
    const L4_MsgTag_t tag = answer == L4_nilthread ? L4_Wait(sender) : L4_ReplyWait(answer, sender);
    open = !tag.Failed();
    if (open) persistent::BeginRequest();
  }
}

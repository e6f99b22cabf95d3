/*
 * The Ext2 server with recovery: a request happens when it is answered, once.
 *
 * Here: what is persistent, the order of answer and disk, Recover. Not here: the list of changed blocks (-> transaction.h).
 */
#include "ext2/server.h"
#include "ext2/transaction.h"
#include "persistent.h"

namespace {

Session session IS_PERSISTENT;
Ext2Geometry geometry IS_PERSISTENT = {};
Ext2Mark mark IS_PERSISTENT = {};
/** One variable, so that it begins on a page: the list's images, then what changes with them. */
struct {
  Ext2List list;
  Ext2Tables tables;
} kept IS_TRANSACTIONAL = {};

class Server final : public Ext2FsServer {
 public:
  Server(Ext2Partition& partition, Ext2Transaction& blocks, const Ext2State& state)
      : Ext2FsServer(partition, blocks, state), partition_(partition), transaction_(blocks) {}

  status_t Recover(L4_Word_t reason, const Frame&) override {
    transaction_.Forget();
    const status_t status = reason == x2::FAILURE_GROUP ? partition_.Connect() : arc::STATUS_OK;
    if (status == arc::STATUS_OK) transaction_.WriteOut();
    return status;
  }

 protected:
  status_t Service(const Request& request, Reply& reply) override {
    // Whose client was gone when it was to be answered: it is committed since this request has come.
    if (transaction_.HasList()) {
      if (!Invariant()) return arc::STATUS_FAILED;
      transaction_.WriteOut();
    }
    before_ = kept.tables;
    const status_t status = Ext2FsServer::Service(request, reply);
    if (status != arc::STATUS_OK) Undo();
    // What is damaged must not reach the disk: ArcServer finds it once more, before it answers, and says so.
    if (!transaction_.HasChanges() || !Invariant()) return status;
    reply.Load(status);
    if (!L4_Reply(request.Sender()).Failed()) transaction_.WriteOut();
    return NO_REPLY;
  }
  bool Invariant() override { return Consistent() && transaction_.Consistent(Fs()); }
  bool CanSync() const override { return transaction_.Written(); }

 private:
  /** An error half-way: nothing of the request has happened. */
  void Undo() {
    transaction_.Abort();
    if (memcmp(&before_, &kept.tables, sizeof before_) != 0) kept.tables = before_;
  }

  Ext2Partition& partition_;
  Ext2Transaction& transaction_;
  Ext2Tables before_;
};

}  // namespace

extern "C" int arc_main(int argc, char** argv) {
  static Ext2Partition partition(session, Ext2DiskName(argc, argv));
  static Ext2Transaction blocks(partition, mark, kept.list);
  static Server server(partition, blocks, {session, geometry, mark, kept.tables});
  ArcServer::Run(server);
}

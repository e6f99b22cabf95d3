/*
 * Requests of sessions, word by word.
 *
 * Here: bounds of words, paths out of the pages, errors into answers.
 */
#include "ext2/server.h"
#include "terminal.h"

namespace {

/** Paths of a request, copied out of pages that the client can write at any time. */
struct Paths {
  char bytes[2 * arc::EXT2_PATH];

  /** The first `count` paths of the pages; the second one is behind the first one's NUL. */
  Ext2Error Take(const SessionControlBlock& session, int count) {
    const L4_Word_t room = session.pages << 12;
    L4_Word_t from = 0;
    for (int n = 0; n < count; n++) {
      char* to = bytes + static_cast<L4_Word_t>(n) * arc::EXT2_PATH;
      L4_Word_t length = 0;
      do {
        if (length == arc::EXT2_PATH || from == room) return arc::EXT2_ENAMETOOLONG;
        to[length] = session.base[from++];
      } while (to[length++]);
    }
    return 0;
  }
};

status_t Answer(Ext2Error error, Reply& reply) {
  if (!error) return arc::STATUS_OK;
  reply.Put(error);
  return arc::STATUS_FAILED;
}

}  // namespace

status_t Ext2FsServer::Initialize() {
  const char* problem = "its disk does not answer";
  if (partition_.Connect() == arc::STATUS_OK) fs_.Mount(partition_.Blocks(), mark_, problem);
  if (!problem) return arc::STATUS_OK;
  terminal::Print("ext2: %s: %s\n", partition_.Disk(), problem);
  return arc::STATUS_NOT_FOUND;
}

status_t Ext2FsServer::Service(const Request& request, Reply& reply) {
  const status_t status = SessionServer::Service(request, reply);
  const L4_Word_t label = request.Label();
  if (label != arc::SESSION_DISCONNECT && label != arc::SESSION_CLIENT_ENDED) return status;
  // Also when a replay finds the session gone already.
  const Ext2Error error = files_.CloseOthers([this](L4_ThreadId_t client, L4_Word_t key) { return Search(client, key); });
  return error ? Answer(error, reply) : status;
}

Ext2Error Ext2FsServer::PutStat(L4_Word_t number, Reply& reply) {
  ext2::Inode inode;
  if (const Ext2Error error = fs_.ReadInode(number, inode)) return error;
  const L4_Word_t words[arc::EXT2_STAT_WORDS] = {number,      inode.mode,    inode.size,
                                                 inode.links, inode.sectors, inode.modified};
  for (const L4_Word_t word : words) reply.Put(word);
  return 0;
}

status_t Ext2FsServer::HandleBegin(SessionControlBlock& session, const Request& request, Reply& reply) {
  if (request.Words() < 2) return arc::STATUS_INVALID;
  Paths paths;
  L4_Word_t inode;
  Ext2Error error = paths.Take(session, 1);
  if (!error)
    error = files_.Open(session.client, session.key, paths.bytes, request.Word(1), request.Word(2), inode);
  if (!error) error = PutStat(inode, reply);
  return Answer(error, reply);
}

status_t Ext2FsServer::HandleEnd(SessionControlBlock& session, const Request&, Reply& reply) {
  Ext2File* file = files_.Of(session.client, session.key);
  return Answer(file ? files_.Close(*file) : 0, reply);
}

status_t Ext2FsServer::HandleGet(SessionControlBlock& session, const Request& request, Reply& reply) {
  if (request.Words() < 1) return arc::STATUS_INVALID;
  return Answer(Get(session, request, reply), reply);
}

Ext2Error Ext2FsServer::Get(SessionControlBlock& session, const Request& request, Reply& reply) {
  const L4_Word_t operation = request.Word(1);
  const Ext2File* file = files_.Of(session.client, session.key);
  if (operation == arc::EXT2_STATFS) {
    const Ext2Geometry& geometry = fs_.Geometry();
    L4_Word_t blocks, inodes;
    if (const Ext2Error error = fs_.FreeCounts(blocks, inodes)) return error;
    const L4_Word_t words[arc::EXT2_STATFS_WORDS] = {geometry.blocks, blocks, geometry.inodes, inodes, mark_.unclean};
    for (const L4_Word_t word : words) reply.Put(word);
    return 0;
  }
  if (operation == arc::EXT2_STAT) {
    Paths paths;
    if (const Ext2Error error = paths.Take(session, 1)) return error;
    if (!paths.bytes[0] && file) return PutStat(files_.NumberOf(*file), reply);
    L4_Word_t inode;
    if (const Ext2Error error = files_.Lookup(paths.bytes, inode)) return error;
    return PutStat(inode, reply);
  }
  if (request.Words() < 3 || (operation != arc::EXT2_READ && operation != arc::EXT2_READDIR)) return arc::EXT2_EINVAL;
  if (!file) return arc::EXT2_EBADF;
  const L4_Word_t offset = request.Word(2);
  L4_Word_t count = request.Word(3);
  if (count > session.pages << 12) count = session.pages << 12;
  const Ext2Error error = operation == arc::EXT2_READ ? files_.Read(*file, offset, count, session.base)
                                                      : files_.ReadDirectory(*file, offset, count, session.base);
  if (!error) reply.Put(count);
  return error;
}

status_t Ext2FsServer::HandlePut(SessionControlBlock& session, const Request& request, Reply& reply) {
  if (request.Words() < 2) return arc::STATUS_INVALID;
  return Answer(Put(session, request, reply), reply);
}

Ext2Error Ext2FsServer::Put(SessionControlBlock& session, const Request& request, Reply& reply) {
  const L4_Word_t operation = request.Word(1);
  const Ext2File* file = files_.Of(session.client, session.key);
  if (operation == arc::EXT2_WRITE) {
    L4_Word_t offset = request.Word(2), count = request.Words() < 3 ? 0 : request.Word(3);
    if (request.Words() < 3 || count > session.pages << 12) return arc::EXT2_EINVAL;
    if (!file) return arc::EXT2_EBADF;
    if (const Ext2Error error = files_.Write(*file, offset, count, session.base)) return error;
    reply.Put(count);
    reply.Put(offset);
    return 0;
  }
  if (operation == arc::EXT2_TRUNCATE) return file ? files_.Truncate(*file, request.Word(2)) : arc::EXT2_EBADF;
  if (operation == arc::EXT2_SYNC) return CanSync() ? blocks_.Sync(files_.Untidy()) : arc::EXT2_EIO;
  Paths paths;
  const bool two = operation == arc::EXT2_RENAME || operation == arc::EXT2_LINK;
  if (const Ext2Error error = paths.Take(session, two ? 2 : 1)) return error;
  return OnPaths(operation, request.Word(2), paths.bytes);
}

Ext2Error Ext2FsServer::OnPaths(L4_Word_t operation, L4_Word_t word, const char* paths) {
  const char* second = paths + arc::EXT2_PATH;
  switch (operation) {
    case arc::EXT2_MKDIR:
      return files_.MakeDirectory(paths, word);
    case arc::EXT2_RMDIR:
      return files_.RemoveDirectory(paths);
    case arc::EXT2_UNLINK:
      return files_.Unlink(paths);
    case arc::EXT2_RENAME:
      return files_.Rename(paths, second);
    case arc::EXT2_LINK:
      return files_.Link(paths, second);
    default:
      return arc::EXT2_EINVAL;
  }
}

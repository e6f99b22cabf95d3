/*
 * A client of the Ext2 server: one session, one open file at a time.
 *
 * Here: paths and data into the session's pages, the words of each request (arc::EXT2_…), the file position. Functions return
 * 0, one of arc::EXT2_E…, or EXT2_NO_SERVER. A server that fails meanwhile is not noticed; one that has lost its memory is.
 * Not here: which file system a path belongs to (the caller cuts "ext2:" off).
 */
#pragma once
#include "process.h"
#include "session.h"

/** No server answers, or it does not know this session (any more): connect again. */
constexpr L4_Word_t EXT2_NO_SERVER = 1000;

class Ext2 {
 public:
  constexpr Ext2() = default;

  /** Connects to the server of this name, which may still be starting. `pages` hold the data of one request. */
  status_t Connect(const char* name, L4_Word_t pages = 4) {
    L4_ThreadId_t server;
    const status_t status = process::Connect(name, arc::AGREEMENT_NONE, server, 100);
    return status == arc::STATUS_OK ? session_.Connect(server, pages) : status;
  }
  status_t Disconnect() { return session_.Disconnect(); }

  /** `flags`: arc::EXT2_OPEN_…. */
  L4_Word_t Open(const char* path, L4_Word_t flags, L4_Word_t permissions = 0644) {
    const L4_Word_t words[] = {flags, permissions};
    position_ = 0;
    if (const L4_Word_t error = PutPaths(path)) return error;
    return Result(session_.Begin(words, 2, answer_, arc::EXT2_STAT_WORDS));
  }
  L4_Word_t Close() { return session_.End() == arc::STATUS_OK ? 0 : EXT2_NO_SERVER; }
  /** A word of the last Open's or Stat's answer: arc::EXT2_STAT_…. */
  L4_Word_t Info(L4_Word_t word) const { return answer_[word]; }

  /** The next bytes of the file are at Data(); `count` is 0 at its end. */
  L4_Word_t Read(L4_Word_t& count) {
    const L4_Word_t error = Get(arc::EXT2_READ, position_, session_.GetSize(), count);
    if (!error) position_ += count;
    return error;
  }
  /** As Read, of an open directory: whole blocks of records. */
  L4_Word_t ReadDirectory(L4_Word_t& count) {
    const L4_Word_t error = Get(arc::EXT2_READDIR, position_, session_.GetSize(), count);
    if (!error) position_ += count;
    return error;
  }
  const char* Data() const { return session_.GetBaseAddress(); }
  char* Data() { return session_.GetBaseAddress(); }
  L4_Word_t Size() const { return session_.GetSize(); }

  /** Writes bytes at the position, all of them unless an error comes. */
  L4_Word_t Write(const char* bytes, L4_Word_t count) {
    while (count > 0) {
      answer_[0] = 0;
      L4_Word_t part = count < session_.GetSize() ? count : session_.GetSize();
      if (part > arc::EXT2_WRITE_BYTES) part = arc::EXT2_WRITE_BYTES;
      if (bytes != Data()) memcpy(Data(), bytes, part);
      const L4_Word_t words[] = {arc::EXT2_WRITE, position_, part};
      if (const L4_Word_t error = Result(session_.Put(words, 3, answer_, 2))) return error;
      position_ = answer_[1];
      bytes += answer_[0];
      count -= answer_[0];
    }
    return 0;
  }
  /** The next Read or Write is there; arc::EXT2_APPEND: the next Write is at the end. */
  void Seek(L4_Word_t position) { position_ = position; }
  L4_Word_t Truncate(L4_Word_t size) {
    const L4_Word_t words[] = {arc::EXT2_TRUNCATE, size};
    answer_[0] = 0;
    return Result(session_.Put(words, 2, answer_, 1));
  }

  L4_Word_t Stat(const char* path) {
    const L4_Word_t word = arc::EXT2_STAT;
    if (const L4_Word_t error = PutPaths(path)) return error;
    return Result(session_.Get(&word, 1, answer_, arc::EXT2_STAT_WORDS));
  }
  /** `words`: arc::EXT2_STATFS_WORDS of them. */
  L4_Word_t StatFs(L4_Word_t* words) {
    const L4_Word_t word = arc::EXT2_STATFS;
    answer_[0] = 0;
    const L4_Word_t error = Result(session_.Get(&word, 1, answer_, arc::EXT2_STATFS_WORDS));
    for (L4_Word_t n = 0; n < arc::EXT2_STATFS_WORDS; n++) words[n] = answer_[n];
    return error;
  }

  L4_Word_t MakeDirectory(const char* path, L4_Word_t permissions = 0755) {
    return OnPaths(arc::EXT2_MKDIR, permissions, path);
  }
  L4_Word_t RemoveDirectory(const char* path) { return OnPaths(arc::EXT2_RMDIR, 0, path); }
  L4_Word_t Unlink(const char* path) { return OnPaths(arc::EXT2_UNLINK, 0, path); }
  L4_Word_t Rename(const char* path, const char* to) { return OnPaths(arc::EXT2_RENAME, 0, path, to); }
  L4_Word_t Link(const char* path, const char* further) { return OnPaths(arc::EXT2_LINK, 0, path, further); }
  L4_Word_t Sync() { return OnPaths(arc::EXT2_SYNC, 0, ""); }

 private:
  /** An error of the server's, or what the session says: the answer's first word is the error of a failed request. */
  L4_Word_t Result(status_t status) const {
    if (status == arc::STATUS_OK) return 0;
    if (status == arc::STATUS_INVALID) return arc::EXT2_EINVAL;
    return status == arc::STATUS_FAILED && answer_[0] ? answer_[0] : EXT2_NO_SERVER;
  }

  L4_Word_t PutPaths(const char* path, const char* second = nullptr) {
    if (!Data()) return EXT2_NO_SERVER;
    answer_[0] = 0;
    char* at = Data();
    const char* const paths[] = {path, second};
    for (const char* next : paths) {
      if (!next) break;
      const size_t bytes = strlen(next) + 1;
      if (bytes > arc::EXT2_PATH) return arc::EXT2_ENAMETOOLONG;
      memcpy(at, next, bytes);
      at += bytes;
    }
    return 0;
  }

  L4_Word_t OnPaths(L4_Word_t operation, L4_Word_t word, const char* path, const char* second = nullptr) {
    const L4_Word_t words[] = {operation, word};
    if (const L4_Word_t error = PutPaths(path, second)) return error;
    return Result(session_.Put(words, 2, answer_, 1));
  }

  L4_Word_t Get(L4_Word_t operation, L4_Word_t offset, L4_Word_t bytes, L4_Word_t& count) {
    const L4_Word_t words[] = {operation, offset, bytes};
    answer_[0] = 0;
    const L4_Word_t error = Result(session_.Get(words, 3, answer_, 1));
    count = error ? 0 : answer_[0];
    return error;
  }

  Session session_;
  L4_Word_t position_ = 0;
  L4_Word_t answer_[arc::EXT2_STAT_WORDS] = {};
};

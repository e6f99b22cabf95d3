/**
 * Requests of the Ext2 server: what travels in a session whose server is a file system.
 *
 * Here: operations (the first word behind the session's key), flags, error numbers. Paths lie at the beginning of the
 * session's pages, NUL-terminated, from the root on; data lies there, too. A session has one open file at a time.
 * FAILED comes with one of EXT2_E…. Not here: the server (drivers), the format on the disk.
 * Reference: thesis 5.1.6; POSIX.1-2017 for what operations mean; docs/protocols.md, section 7.
 * @module
 */

/**
 * SESSION_BEGIN: flags, permissions of a new file; a path → the words of EXT2_STAT. Opens the file, for this session.
 * SESSION_END: closes it; nothing open: OK.
 */
export const EXT2_OPEN_READ = 1;
export const EXT2_OPEN_WRITE = 2;
export const EXT2_OPEN_CREATE = 4;
/** With CREATE: EEXIST where there is one. */
export const EXT2_OPEN_EXCLUSIVE = 8;
/** To length 0. */
export const EXT2_OPEN_TRUNCATE = 0x10;
/** ENOTDIR where it is no directory. Directories are opened for reading only. */
export const EXT2_OPEN_DIRECTORY = 0x20;

/** SESSION_GET: offset, bytes → bytes, which are fewer than asked for at the end of the file and where the pages end. */
export const EXT2_READ = 1;
/**
 * SESSION_GET: offset, bytes, both multiples of EXT2_BLOCK → bytes of the open directory as it is on the disk: records of inode (4 bytes; 0: no
 * entry), length of the record (2), of the name (1), kind (1, EXT2_KIND_), name. No record crosses a block; 0 bytes: the end.
 */
export const EXT2_READDIR = 2;
/** SESSION_GET: a path; an empty one is the open file → the words EXT2_STAT_. */
export const EXT2_STAT = 3;
/** SESSION_GET: → the words EXT2_STATFS_. */
export const EXT2_STATFS = 4;

/** SESSION_PUT: offset or EXT2_APPEND, bytes → bytes written, offset behind them. At most EXT2_WRITE_BYTES are. */
export const EXT2_WRITE = 0x11;
/** SESSION_PUT: bytes that the open file has from now on. */
export const EXT2_TRUNCATE = 0x12;
/** SESSION_PUT: permissions; a path. */
export const EXT2_MKDIR = 0x13;
/** SESSION_PUT: a path. */
export const EXT2_RMDIR = 0x14;
/** SESSION_PUT: a path. An open file lives until it is closed. */
export const EXT2_UNLINK = 0x15;
/** SESSION_PUT: two paths, one behind the other's NUL: the old name, the new one. What has the new name is replaced. */
export const EXT2_RENAME = 0x16;
/** SESSION_PUT: two paths: the file, its further name. */
export const EXT2_LINK = 0x17;
/** SESSION_PUT: all that was answered before this is on the medium, and the file system is marked as clean until the next change. */
export const EXT2_SYNC = 0x18;

/** Offset of EXT2_WRITE: the end of the file. */
export const EXT2_APPEND = 0xffffffff;
/** Bytes of one EXT2_WRITE at most. */
export const EXT2_WRITE_BYTES = 0x8000;
/** Bytes of a block. */
export const EXT2_BLOCK = 1024;
/** Bytes of a path with its NUL at most. */
export const EXT2_PATH = 1024;

/** Words of a STAT reply behind the status. */
export const EXT2_STAT_INODE = 0;
/** Type and permissions, as in the inode: 0x4000 directory, 0x8000 file, 0xA000 symbolic link. */
export const EXT2_STAT_MODE = 1;
export const EXT2_STAT_SIZE = 2;
export const EXT2_STAT_LINKS = 3;
/** Sectors of 512 bytes that it takes. */
export const EXT2_STAT_SECTORS = 4;
/** Seconds since 1970. */
export const EXT2_STAT_MODIFIED = 5;
export const EXT2_STAT_WORDS = 6;

/** Words of a STATFS reply behind the status. */
export const EXT2_STATFS_BLOCKS = 0;
export const EXT2_STATFS_FREE_BLOCKS = 1;
export const EXT2_STATFS_INODES = 2;
export const EXT2_STATFS_FREE_INODES = 3;
/** 1: it was not clean when this server was started. */
export const EXT2_STATFS_UNCLEAN = 4;
export const EXT2_STATFS_WORDS = 5;

export const EXT2_KIND_UNKNOWN = 0;
export const EXT2_KIND_FILE = 1;
export const EXT2_KIND_DIRECTORY = 2;
export const EXT2_KIND_SYMLINK = 7;

/** Files open at a time: one of each session. */
export const EXT2_FILE_LIMIT = 32;

export const EXT2_ENOENT = 2;
/** The disk has failed, or says what cannot be. */
export const EXT2_EIO = 5;
/** No file is open, or not for this. */
export const EXT2_EBADF = 9;
export const EXT2_EBUSY = 16;
export const EXT2_EEXIST = 17;
export const EXT2_ENOTDIR = 20;
export const EXT2_EISDIR = 21;
export const EXT2_EINVAL = 22;
export const EXT2_EFBIG = 27;
export const EXT2_ENOSPC = 28;
export const EXT2_EMLINK = 31;
export const EXT2_ENAMETOOLONG = 36;
export const EXT2_ENOTEMPTY = 39;
/** A symbolic link in a path: they are not followed. */
export const EXT2_ELOOP = 40;
export const EXT2_EOPNOTSUPP = 95;
export const EXT2_EPERM = 1;

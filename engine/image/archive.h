/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The archive worker, davit-archive: everything that reads or writes an archive or a compressed
 * stream happens in a process of its own, which has libarchive and OpenSSL, no network, no
 * privilege that it does not need, and no file but those passed to it. The engine links neither
 * library, and a defect in a parser meets a confined process.
 *
 * Descriptors in requests are borrowed. program is the absolute path of davit-archive. A worker
 * that dies by a signal, says nothing or says nonsense is HELPER; what it finds in the data is
 * CORRUPT and names the entry. Outputs stay untouched on failure.
 */

#pragma once

#include <davit/storage.h>

G_BEGIN_DECLS

/* done and total in bytes of the input as it is stored; total 0: unknown. */
typedef void (*DavitArchiveProgress) (guint64 done, guint64 total, gpointer data);

/**
 * DavitArchiveWorker: which program, and what all its operations share.
 */
typedef struct {
	const char *program;
	DavitArchiveProgress progress; /* or NULL */
	gpointer data;
} DavitArchiveWorker;

typedef enum {
	DAVIT_COMPRESSION_NONE = 0,
	DAVIT_COMPRESSION_GZIP = 1,
	DAVIT_COMPRESSION_ZSTD = 2,
	DAVIT_COMPRESSION_XZ = 3,
	DAVIT_COMPRESSION_BZIP2 = 4,
} DavitCompression;

/**
 * DavitArchiveSummary: what a stream was. Free the members with davit_archive_summary_clear.
 */
typedef struct {
	char *digest;  /* "sha256:..." of the bytes as they were read (or written) */
	char *diff_id; /* of the same without compression */
	guint64 size;  /* as read (or written) */
	guint64 diff_size;
	guint64 entries;
	DavitCompression compression;
} DavitArchiveSummary;

void davit_archive_summary_clear (DavitArchiveSummary *summary);

/**
 * DavitArchiveScan: reads a tar stream to its end, copies it as it is to copy_fd if that is not -1
 * (by reflink or copy_file_range where the kernel can), and checks that it is a tar archive.
 */
typedef struct {
	int input_fd;	     /* a file, from its current offset, or a pipe */
	int copy_fd;	     /* an empty file, or -1 */
	guint64 input_limit; /* 0: none */
} DavitArchiveScan;

gboolean davit_archive_scan (const DavitArchiveWorker *worker, const DavitArchiveScan *request,
			     DavitArchiveSummary *ret_summary, GError **error);

/* The digest of a file that need be no archive. Free ret_digest with g_free. */
gboolean davit_archive_digest (const DavitArchiveWorker *worker, int input_fd, char **ret_digest,
			       GError **error);

/**
 * DavitArchiveUnpack: a layer's tar into a directory, by the rules of the OCI image specification
 * (whiteouts, opaque directories), each entry written relative to descriptors, never through a
 * symbolic link, owner, mode, times, xattrs, hard links, devices and holes included.
 */
typedef struct {
	int input_fd;
	int target_dirfd; /* from layer_begin */
	DavitWhiteouts whiteouts;
	const char *expected_diff_id; /* CORRUPT if it turns out otherwise; or NULL */
	const char *expected_digest;  /* the same for the compressed bytes; or NULL */
	/* Found out by the worker, since it may be that of an ordinary user (base/user.h). */
	gboolean alone;	     /* all belongs to 0 */
	gboolean no_devices; /* left out: a container has those of the engine */
} DavitArchiveUnpack;

/*
 * Hashing is as much work as unpacking: a digest that nobody expects is not computed and is NULL in
 * the summary.
 */
gboolean davit_archive_unpack (const DavitArchiveWorker *worker, const DavitArchiveUnpack *request,
			       DavitArchiveSummary *ret_summary, GError **error);

/**
 * DavitArchivePack: a directory as a tar stream (pax, sorted names: the same tree gives the same
 * bytes). Sockets are left out.
 */
typedef struct {
	int source_dirfd;
	int output_fd;
	DavitCompression compression; /* NONE, GZIP or ZSTD */
	DavitWhiteouts whiteouts; /* how the directory holds deletions; they become .wh. entries */
} DavitArchivePack;

gboolean davit_archive_pack (const DavitArchiveWorker *worker, const DavitArchivePack *request,
			     DavitArchiveSummary *ret_summary, GError **error);

/**
 * DavitArchiveChanges: some paths of a directory as a layer, with deletions: what a container has
 * changed. Of a directory only the entry itself is packed. Absolute paths, NULL-terminated.
 */
typedef struct {
	int source_dirfd;
	int output_fd;
	DavitCompression compression;
	const char *const *const *paths; /* vectors of those to pack, NULL-terminated */
	const char *const *deleted;
} DavitArchiveChanges;

gboolean davit_archive_pack_changes (const DavitArchiveWorker *worker,
				     const DavitArchiveChanges *request,
				     DavitArchiveSummary *ret_summary, GError **error);

/**
 * DavitArchiveFile: a regular file of a container archive ("docker save", OCI archive).
 */
typedef struct {
	char *name;   /* as in the archive, "blobs/sha256/..." */
	char *stored; /* its name in the directory: a number */
	char *digest; /* of its bytes */
	guint64 size;
	char *link; /* the archive's name of the file that it is a link to; or NULL */
} DavitArchiveFile;

void davit_archive_file_free (DavitArchiveFile *file);

/*
 * Extracts the regular files of an archive flat into an empty directory, as "0", "1", ... so that
 * no name of the archive is ever a path of ours. Links are reported, not made. limits: 100,000
 * entries. ret_files: DavitArchiveFile.
 */
gboolean davit_archive_extract (const DavitArchiveWorker *worker, int input_fd, int target_dirfd,
				GPtrArray **ret_files, GError **error);

/**
 * DavitArchiveMember: one file of an archive to write: bytes of text, or of a descriptor.
 */
typedef struct {
	const char *name;
	const char *text; /* or NULL: fd, from its start to its end */
	int fd;
	gboolean decompress; /* write it without its compression */
	const char *link;    /* a symbolic link to this name instead; or NULL */
} DavitArchiveMember;

/* Writes an archive of members (DavitArchiveMember), in their order. Same members, same bytes. */
gboolean davit_archive_write (const DavitArchiveWorker *worker, const GPtrArray *members,
			      int output_fd, GError **error);
gboolean davit_archive_write_compressed (const DavitArchiveWorker *worker, const GPtrArray *members,
					 DavitCompression compression, int output_fd,
					 GError **error);

G_END_DECLS

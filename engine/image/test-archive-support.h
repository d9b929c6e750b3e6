/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* For tests of the archive worker: archives of any bytes, a directory, and what surrounds it. */

#pragma once

#include "image/archive.h"

G_BEGIN_DECLS

/**
 * TestEntry: a header and its data; zeroed members are the header's zeros.
 */
typedef struct {
	const char *name;
	const char *link;
	const char *data; /* or NULL */
	char type;	  /* 0: '0' */
	guint mode;	  /* 0: 0644 */
	guint uid;
	guint gid;
	guint64 size; /* 0: that of data */
	guint major;
	guint minor;
	gint64 mtime; /* 0: a day in 2020 */
} TestEntry;

/**
 * TestArchive: DIRECTORY/target is unpacked into, DIRECTORY/canary must never change.
 */
typedef struct {
	DavitArchiveWorker worker;
	char *program;
	char *directory;
	int fd;
	int target;
	char *canary; /* what it looked like */
	GByteArray *tar;
	DavitArchiveSummary summary;
	GError *error;
} TestArchive;

void test_archive_set_up (TestArchive *test, gconstpointer data);
/* Fails if the canary is not as it was. */
void test_archive_tear_down (TestArchive *test, gconstpointer data);

/* Append to test->tar. */
void test_archive_entry (TestArchive *test, const TestEntry *entry);
void test_archive_pax (TestArchive *test, const char *key, const char *value, gssize length);
void test_archive_end (TestArchive *test);
/* Shorthands. */
void test_archive_file (TestArchive *test, const char *name, const char *data);
void test_archive_directory (TestArchive *test, const char *name);
void test_archive_link (TestArchive *test, char type, const char *name, const char *target);

/* A file without a name that holds bytes, at its start. */
int test_archive_memory (const void *data, gsize length);

/* Ends the archive and unpacks it into target; starts a new one. The error is in test. */
gboolean test_archive_unpack (TestArchive *test, DavitWhiteouts whiteouts);
/* The same of bytes that are given. */
gboolean test_archive_unpack_bytes (TestArchive *test, const void *data, gsize length,
				    DavitWhiteouts whiteouts);
/* Fails unless test->error is that, and forgets it. */
void test_archive_expect_error (TestArchive *test, int code, const char *pattern);

/* A new empty target in the place of the old one. */
void test_archive_new_target (TestArchive *test);

/*
 * What is in a directory, a line for each: "PATH TYPE MODE UID:GID" and of files "=CONTENT", links
 * " -> TARGET", nodes " MAJOR:MINOR", of all "xNAME=VALUE" for attributes. Sorted. g_free it.
 */
char *test_archive_listing (int dirfd);
void test_archive_assert_listing (int dirfd, const char *expected);

/* Runs a shell command; it must succeed. */
void test_archive_shell (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a request reaches the archive worker and how its answer comes back.
 *
 * The request is the argument vector, an operation and its values, and descriptors from 3 on:
 *
 *     scan     COPY LIMIT PROGRESS            4: input   5: copy (if COPY is 1)
 *     digest   PROGRESS                       4: input
 *     unpack   WHITEOUTS DIGEST DIFF PROGRESS 4: input   5: target directory
 *     pack     COMPRESSION WHITEOUTS PROGRESS 4: source directory  5: output
 *     changes  COMPRESSION PROGRESS           4: source directory  5: output   6: paths
 *     extract  PROGRESS                       4: input   5: target directory
 *     write    PROGRESS COMPRESSION MEMBER... 4: output  5: texts  6...: files
 *
 * A digest that is not expected is "-". A member is three arguments, KIND NAME VALUE: "text" with
 * the number of bytes, which stand in the file of texts behind those of the members before;
 * "file" or "expand" (without its compression) with the number of the descriptor; "link" with its
 * target. Paths are sorted, each with "+" or "-" (deleted) in front and a NUL behind it.
 *
 * The answer is lines on descriptor 3, their fields separated by tabs and escaped as g_strescape
 * does it, so that neither tab nor line break of a hostile name is taken for one of ours:
 *
 *     progress  DONE TOTAL
 *     notice    TEXT                   what was left out and why
 *     file      STORED DIGEST SIZE NAME [LINK]
 *     summary   DIGEST DIFF-ID SIZE DIFF-SIZE ENTRIES COMPRESSION
 *     error     CODE TEXT
 *     done
 *
 * "error" or "done" is the last line; an end without one of them is the worker's death.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define ARCHIVE_FD_REPLY 3
#define ARCHIVE_FD_FIRST 4
#define ARCHIVE_FD_SECOND 5
#define ARCHIVE_FD_FILES 6

#define ARCHIVE_NO_DIGEST "-"

/* More files than this in a container archive are refused. */
#define ARCHIVE_FILES_LIMIT 100000

/* A name of PATH_MAX bytes, each escaped with four characters, twice, and some. */
#define ARCHIVE_LINE_LIMIT (40 * 1024)

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the checks share: how one is written down, and what it works with in its process. */

#pragma once

#include "check/check-state.h"
#include "check/check.h"
#include "driver/driver.h"

G_BEGIN_DECLS

typedef struct _DavitCheck DavitCheck;

/* TRUE: passed, or davit_check_skip was called. FALSE: the error says what is wrong. */
typedef gboolean (*DavitCheckRun) (DavitCheck *check, GError **error);

/**
 * DavitCheckNeed: what there must be before a check can run.
 */
typedef enum {
	DAVIT_CHECK_NEEDS_FILE,	  /* nothing: it looks at the file itself */
	DAVIT_CHECK_NEEDS_MODULE, /* loaded; the check opens it when it likes */
	DAVIT_CHECK_NEEDS_OPEN,	  /* opened, with directories */
	DAVIT_CHECK_NEEDS_USABLE, /* opened, and all needs of its probe are met; or it is skipped */
} DavitCheckNeed;

/**
 * DavitCheckCase: a row of a table of checks; an entry without a name ends it.
 */
typedef struct {
	const char *name;
	DavitCheckNeed need;
	DavitCheckRun run;
	guint data;
} DavitCheckCase;

/* One table a file. Those of a kind begin with its name. */
extern const DavitCheckCase davit_check_file_cases[];
extern const DavitCheckCase davit_check_contract_cases[];

/**
 * DavitCheckHelpers: what becomes of the external programs that the plugin asks for.
 */
typedef struct {
	guint asked; /* how many it asked for */
	guint fails; /* which of them fails, counted from 1; 0: none; G_MAXUINT: each */
} DavitCheckHelpers;

struct _DavitCheck {
	const DavitCheckRequest *request;
	const DavitCheckCase *test;
	int report_fd;
	int output_fd;	 /* where standard output and error go */
	char *directory; /* of this check alone */
	int dirfd;
	DavitPaths *paths;
	DavitFacts facts;
	DavitDriverContext context;
	DavitDriver *driver;
	DavitCheckHelpers helpers;
	DavitCheckState state; /* of the process, before the operation that runs */
	char *broken;	       /* the first that an operation did and must not; or NULL */
	gboolean skipped;
	GHashTable *times; /* operation to GArray of gint64, nanoseconds; NULL: not measured */
	gint64 began;
	guint vessels;	    /* how many containers it has made */
	gpointer data;	    /* of the check's own functions */
	DavitHost services; /* the engine's own, behind those that check-host.c sets */
};

/* Ends a check without a verdict. Returns TRUE. */
gboolean davit_check_skip (DavitCheck *check, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* A line for people beside the verdict. */
void davit_check_note (DavitCheck *check, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* What is done now, for the case that it does not come back. */
void davit_check_phase (DavitCheck *check, const char *phase);
/* Sets the text. Returns FALSE. */
gboolean davit_check_fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/*
 * For what must fail: succeeded and inner are what an operation gave, code what it should be
 * (DAVIT_CHECK_ANY_ERROR: any that keeps the contract), what the case in words. Frees *inner.
 */
#define DAVIT_CHECK_ANY_ERROR (-1)
gboolean davit_check_refused (gboolean succeeded, GError **inner, int code, const char *what,
			      GError **error);

/* Opens the plugin as another process of the engine would. Free with davit_check_close. */
DavitDriver *davit_check_open (DavitCheck *check, const DavitDriverContext *context,
			       GError **error);
void davit_check_close (DavitCheck *check, DavitDriver *driver);
/* Closes check->driver and opens it again. */
gboolean davit_check_reopen (DavitCheck *check, GError **error);
/* Whether it may be used here; ret_unmet says why not (g_free). */
gboolean davit_check_usable (DavitCheck *check, char **ret_unmet, GError **error);

/*
 * Runs a function in a child and kills that when the function has returned, as if the engine had
 * died there. The function's error becomes ours.
 */
gboolean davit_check_in_child (DavitCheck *check, DavitCheckRun run, GError **error);
/* The same, but it lives on until ret_alive is closed. Both are set on failure, too. */
gboolean davit_check_child_start (DavitCheck *check, DavitCheckRun run, pid_t *ret_pid,
				  int *ret_alive, GError **error);

/* check-host.c: puts the host of checks in place of the engine's. Before it is opened. */
void davit_check_host_set (DavitCheck *check, DavitDriver *driver);

/*
 * check-bench.c: so many lives, in which operations are measured and nothing else is looked at; a
 * note for each operation. The first life is not counted.
 */
gboolean davit_check_bench (DavitCheck *check, DavitCheckRun life, guint rounds, GError **error);
void davit_check_bench_mark (DavitCheck *check, const char *operation, gboolean ends);

/* check-box.c: runs one check; the point's name must be set. Free text and notes. */
typedef struct {
	DavitCheckOutcome outcome;
	char *text;
	GPtrArray *notes;
} DavitCheckVerdict;

void davit_check_verdict_clear (DavitCheckVerdict *verdict);
void davit_check_box_run (const DavitCheckRequest *request, const DavitCheckCase *test,
			  const char *directory, DavitCheckVerdict *verdict);

/* check-cgroups.c: those in whose path the word stands, as far as they are empty. */
void davit_check_cgroups_remove (const char *word);

/* check-child.c: the process of a check; ends it. */
G_NORETURN void davit_check_child (const DavitCheckRequest *request, const DavitCheckCase *test,
				   const char *directory, int report_fd);

/* Lines of the pipe between the two. */
#define DAVIT_CHECK_LINE_PHASE "phase "
#define DAVIT_CHECK_LINE_NOTE "note "
#define DAVIT_CHECK_LINE_PASS "pass"
#define DAVIT_CHECK_LINE_SKIP "skip "
#define DAVIT_CHECK_LINE_FAIL "fail "
#define DAVIT_CHECK_LINE_SIGNAL "signal "
#define DAVIT_CHECK_LINE_STATUS "status "
void davit_check_line (int fd, const char *word, const char *text);

G_END_DECLS

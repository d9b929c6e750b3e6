/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The zoo: a network plugin that loads, and of which ZOO_<DEFECT> spoils one thing that only shows
 * when it runs, or when its file is looked at. ZOO_TAME spoils nothing. What the loader finds is
 * spoilt in engine/driver/fixtures/broken.c.
 */

#include <davit/network.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <threads.h>
#include <unistd.h>

#if defined(ZOO_TWO_SYMBOLS)
DAVIT_PLUGIN_EXPORT const int zoo_number;
const int zoo_number = 7;
#endif

#if defined(ZOO_WANTS)
extern const int davit_version __attribute__ ((weak));
#endif

#if defined(ZOO_PRINT_AT_LOAD)
__attribute__ ((constructor)) static void
zoo_construct (void)
{
	puts ("the zoo is open");
}
#endif

static G_GNUC_UNUSED int
zoo_thread (void *data)
{
	for (;;)
		pause ();
	return 0;
}

static G_GNUC_UNUSED void
zoo_block_signal (void)
{
	sigset_t set;

	sigemptyset (&set);
	sigaddset (&set, SIGUSR1);
	sigprocmask (SIG_BLOCK, &set, NULL);
}

static gboolean
zoo_open (const DavitHost *host, gpointer *ret_instance, GError **error)
{
#if defined(ZOO_OUTPUT)
	*ret_instance = (gpointer) host;
	g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_BUSY, "cage \"1\": is being cleaned");
	return FALSE;
#elif defined(ZOO_OPTION)
	host->option_string (host, "colour");
#elif defined(ZOO_WANTS)
	if (&davit_version != NULL)
		return FALSE;
#elif defined(ZOO_NEEDS_DIRECTORY)
	if (host->state_dirfd < 0) {
		g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_FAILED, "has no directory");
		return FALSE;
	}
#endif
	*ret_instance = (gpointer) host;
	return TRUE;
}

static void
zoo_close (gpointer instance)
{
#if defined(ZOO_CRASH_CLOSE)
	/* A sanitizer would turn the signal into an exit status. */
	signal (SIGSEGV, SIG_DFL);
	raise (SIGSEGV);
#endif
}

/* FALSE: it has failed, and perhaps said why. */
static gboolean
zoo_misbehave (const DavitHost *host, GError **error)
{
#if defined(ZOO_PRINT)
	puts ("the zoo is open");
#elif defined(ZOO_LEAK)
	return open ("/dev/null", O_RDONLY | O_CLOEXEC) >= 0;
#elif defined(ZOO_CLOSES)
	close (host->state_dirfd);
#elif defined(ZOO_THREAD)
	thrd_t thread;

	thrd_create (&thread, zoo_thread, NULL);
#elif defined(ZOO_DIRECTORY)
	return chdir ("/proc") == 0;
#elif defined(ZOO_UMASK)
	umask (0);
#elif defined(ZOO_SIGNALS)
	zoo_block_signal ();
#elif defined(ZOO_ENVIRONMENT)
	setenv ("ZOO", "open", 1);
#elif defined(ZOO_SILENT)
	return FALSE;
#elif defined(ZOO_BOTH)
	g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_BUSY, "cage \"1\": is being cleaned");
#elif defined(ZOO_ABORT)
	signal (SIGABRT, SIG_DFL);
	abort ();
#endif
	return TRUE;
}

static gboolean
zoo_probe (gpointer instance, DavitProbe *probe, GError **error)
{
	const DavitHost *host = (const DavitHost *) instance;

	host->probe_add (probe, "a zoo", TRUE, NULL);
#if defined(ZOO_NO_HINT)
	host->probe_add (probe, "a lion", FALSE, NULL);
#elif !defined(ZOO_TAME)
	/* Nothing more is asked of it: attach does nothing. */
	host->probe_add (probe, "animals", FALSE, "catch some");
#endif
	return zoo_misbehave (host, error);
}

static gboolean
zoo_attach (gpointer instance, const DavitNetworkRequest *request, DavitResult *result,
	    GError **error)
{
	return TRUE;
}

static gboolean
zoo_detach (gpointer instance, const DavitNetworkRequest *request, GError **error)
{
	return TRUE;
}

static const DavitNetworkOps zoo_ops = {
	.open = zoo_open,
	.close = zoo_close,
	.probe = zoo_probe,
	.attach = zoo_attach,
	.detach = zoo_detach,
};

#if defined(ZOO_FALLBACK)
static const DavitOption zoo_options[] = {
	{"visitors", DAVIT_OPTION_INTEGER, "many", NULL, "how many come"},
	{0},
};
#define OPTIONS zoo_options
#elif defined(ZOO_TWICE)
static const DavitOption zoo_options[] = {
	{"visitors", DAVIT_OPTION_INTEGER, "1", NULL, "how many come"},
	{"visitors", DAVIT_OPTION_INTEGER, "2", NULL, "how many go"},
	{0},
};
#define OPTIONS zoo_options
#else
#define OPTIONS NULL
#endif

#if defined(ZOO_FULL_STOP)
#define SUMMARY "Animals."
#else
#define SUMMARY "animals"
#endif

DAVIT_PLUGIN_DEFINE (DAVIT_KIND_NETWORK, ZOO_NAME, "1", SUMMARY, "LGPL-2.1-or-later", OPTIONS,
		     zoo_ops);

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of signals. A table of our own: sigabbrev_np is glibc's alone. */

#include "base/error.h"
#include "base/text.h"

#include <signal.h>
#include <string.h>

typedef struct {
	int number;
	const char *name;
} Signal;

/* The first of two names of a number is the one that is shown. */
static const Signal signals[] = {
	{SIGHUP, "SIGHUP"},	  {SIGINT, "SIGINT"},	{SIGQUIT, "SIGQUIT"},
	{SIGILL, "SIGILL"},	  {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"},
	{SIGBUS, "SIGBUS"},	  {SIGFPE, "SIGFPE"},	{SIGKILL, "SIGKILL"},
	{SIGUSR1, "SIGUSR1"},	  {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"},
	{SIGPIPE, "SIGPIPE"},	  {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"},
#ifdef SIGSTKFLT
	{SIGSTKFLT, "SIGSTKFLT"},
#endif
	{SIGCHLD, "SIGCHLD"},	  {SIGCONT, "SIGCONT"}, {SIGSTOP, "SIGSTOP"},
	{SIGTSTP, "SIGTSTP"},	  {SIGTTIN, "SIGTTIN"}, {SIGTTOU, "SIGTTOU"},
	{SIGURG, "SIGURG"},	  {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"},
	{SIGVTALRM, "SIGVTALRM"}, {SIGPROF, "SIGPROF"}, {SIGWINCH, "SIGWINCH"},
	{SIGIO, "SIGIO"},	  {SIGPWR, "SIGPWR"},	{SIGSYS, "SIGSYS"},
	{SIGABRT, "SIGIOT"},	  {SIGCHLD, "SIGCLD"},	{SIGIO, "SIGPOLL"},
};

/* Indexed by the distance from SIGRTMIN, which only the C library knows. */
static const char *const realtime[] = {
	"SIGRTMIN",    "SIGRTMIN+1",  "SIGRTMIN+2",  "SIGRTMIN+3",  "SIGRTMIN+4",  "SIGRTMIN+5",
	"SIGRTMIN+6",  "SIGRTMIN+7",  "SIGRTMIN+8",  "SIGRTMIN+9",  "SIGRTMIN+10", "SIGRTMIN+11",
	"SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14", "SIGRTMIN+15", "SIGRTMIN+16", "SIGRTMIN+17",
	"SIGRTMIN+18", "SIGRTMIN+19", "SIGRTMIN+20", "SIGRTMIN+21", "SIGRTMIN+22", "SIGRTMIN+23",
	"SIGRTMIN+24", "SIGRTMIN+25", "SIGRTMIN+26", "SIGRTMIN+27", "SIGRTMIN+28", "SIGRTMIN+29",
	"SIGRTMIN+30", "SIGRTMIN+31",
};

/* text: behind "RTMIN" or "RTMAX". */
static int
realtime_parse (const char *text, int base, char sign)
{
	guint64 distance = 0;
	int span = SIGRTMAX - SIGRTMIN;

	if (*text == '\0')
		return base;
	if (*text != sign ||
	    !davit_text_parse_unsigned (text + 1, (guint64) span, "signal", &distance, NULL))
		return 0;
	return sign == '+' ? base + (int) distance : base - (int) distance;
}

static int
name_parse (const char *text)
{
	if (g_ascii_strncasecmp (text, "SIG", 3) == 0)
		text += 3;
	if (g_ascii_strncasecmp (text, "RTMIN", 5) == 0)
		return realtime_parse (text + 5, SIGRTMIN, '+');
	if (g_ascii_strncasecmp (text, "RTMAX", 5) == 0)
		return realtime_parse (text + 5, SIGRTMAX, '-');
	for (gsize i = 0; i < G_N_ELEMENTS (signals); i++) {
		if (g_ascii_strcasecmp (text, signals[i].name + 3) == 0)
			return signals[i].number;
	}
	return 0;
}

gboolean
davit_text_parse_signal (const char *text, int *ret, GError **error)
{
	guint64 number = 0;

	if (!davit_text_parse_unsigned (text, (guint64) SIGRTMAX, "signal", &number, NULL))
		number = (guint64) name_parse (text);
	if (number == 0)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"signal \"%s\" is unknown; names such as TERM or "
					"SIGRTMIN+3 and numbers from 1 to %d are signals",
					text, SIGRTMAX);
	*ret = (int) number;
	return TRUE;
}

const char *
davit_text_signal_name (int signal)
{
	int distance = signal - SIGRTMIN;

	for (gsize i = 0; i < G_N_ELEMENTS (signals); i++) {
		if (signals[i].number == signal)
			return signals[i].name;
	}
	if (distance >= 0 && signal <= SIGRTMAX && distance < (int) G_N_ELEMENTS (realtime))
		return realtime[distance];
	return "unknown signal";
}

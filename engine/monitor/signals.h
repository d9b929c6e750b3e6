/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signals that the caller gets while it is connected to a container: a descriptor instead. */

#pragma once

#include <glib.h>
#include <signal.h>

G_BEGIN_DECLS

/**
 * DavitSignals: which are taken, and how it was before.
 */
typedef struct {
	int fd; /* readable when one has come */
	gboolean proxy;
	sigset_t taken;
	sigset_t old_mask;
	struct sigaction old_pipe;
} DavitSignals;

/*
 * proxy: take those that are passed on. terminal: take those that would end or stop us while the
 * terminal is raw, and SIGWINCH. One that the caller ignores (nohup) stays ignored.
 */
gboolean davit_signals_open (DavitSignals *signals, gboolean proxy, gboolean terminal,
			     GError **error);
/* Repeatable. */
void davit_signals_close (DavitSignals *signals);
/* The next one, or 0. */
int davit_signals_take (DavitSignals *signals);
/* Whether this one is passed on to the container. */
gboolean davit_signals_is_proxied (const DavitSignals *signals, int number);

/*
 * Between them, what asks a program to end waits: for steps that must not be left half done.
 * SIGQUIT still ends it. Who opens signals meanwhile gets what waits.
 */
void davit_signals_hold (sigset_t *ret_before);
void davit_signals_release (const sigset_t *before);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * --filter KEY=VALUE of the verbs that list. Of several values of one key one must fit, except of
 * labels: all of them must; and every key that is given must fit.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DavitFilterTest: a key, and whether an object fits a value of it.
 */
typedef struct {
	const char *key;
	gboolean all; /* every value must fit */
	gboolean (*fits) (gconstpointer object, const char *value, gpointer data);
} DavitFilterTest;

/**
 * DavitFilter: the tests end with an entry without a key. texts: of the command line.
 */
typedef struct {
	const DavitFilterTest *tests;
	const char *const *texts;
	gpointer data;
} DavitFilter;

/* USAGE: no such key (it names them), or no "=". */
gboolean davit_filter_check (const DavitFilter *filter, GError **error);
gboolean davit_filter_fits (const DavitFilter *filter, gconstpointer object);

/* "KEY" or "KEY=VALUE" against labels. */
gboolean davit_filter_label_fits (const char *const *labels, const char *value);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the tests share: a world of their own. The whole program moves into a network and a mount
 * namespace of its own, so that bridges, rules, leases and locks are never the host's.
 */

#pragma once

#include "driver/network-driver.h"

G_BEGIN_DECLS

typedef struct {
	char *directory;
	char *conf;    /* conf-directories */
	char *plugins; /* plugin-directories, for plugins that the test writes */
	char *work;    /* where these note what they were called with */
	DavitPaths *paths;
	DavitConfig *config;
	DavitDrivers *drivers;
	DavitNetwork *network;
	int netns_fd;
} TestCni;

/* Before anything else. FALSE: there is no privilege for it, and the reason was printed. */
gboolean test_cni_enter (int *argc, char ***argv);

void test_cni_set_up (TestCni *test, gconstpointer data);
void test_cni_tear_down (TestCni *test, gconstpointer data);
void test_cni_add (const char *name, void (*function) (TestCni *, gconstpointer));

/* Opens the plugin with Debian's plugins instead of those of the test, and more options. */
void test_cni_open (TestCni *test, const char *plugin_directories, const char *const *more);

/* A file in conf or below it. @ in the text is replaced by the directory of the test. */
void test_cni_conf (TestCni *test, const char *name, const char *text);
/* A program in plugins. It notes its call; ADD prints work/NAME.result. */
void test_cni_fake (TestCni *test, const char *name, const char *result);
/* What it does instead at a command: a piece of shell. */
void test_cni_behave (TestCni *test, const char *name, const char *command, const char *shell);
/* What it got: a file work/NAME. Free with g_free; "" if it is not there. */
char *test_cni_noted (TestCni *test, const char *name);
void test_cni_forget (TestCni *test, const char *name);

DavitNetworkRequest test_cni_request (const TestCni *test, const char *id);
int test_cni_make_netns (void);

/* attach that must succeed. */
DavitResult *test_cni_attach (TestCni *test, const DavitNetworkRequest *request);
/* attach that must fail with code and text; @ is the directory. */
void test_cni_refused (TestCni *test, const DavitNetworkRequest *request, DavitErrorCode code,
		       const char *text);
void test_cni_error (TestCni *test, const GError *error, DavitErrorCode code, const char *text);
void test_cni_detach (TestCni *test, const DavitNetworkRequest *request);
/* Nothing is known of any attachment. */
void test_cni_no_entries (TestCni *test);
guint test_cni_entries (TestCni *test);

/* The output of a shell command in this namespace, or in that one. Free with g_free. */
char *test_cni_shell (int netns_fd, const char *command);
void test_cni_assert_shell (int netns_fd, const char *command, const char *expected);

G_END_DECLS

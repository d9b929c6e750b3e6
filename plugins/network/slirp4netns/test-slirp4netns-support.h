/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A world for tests of the network "slirp4netns": the test itself moves into a network namespace
 * that plays the host, so that nothing listens on the real one.
 */

#pragma once

#include "base/error.h"
#include "base/fd.h"
#include "driver/network-driver.h"

G_BEGIN_DECLS

#define TEST_ID "0123456789abcdef"
/* An address of the host that is not a loopback one. */
#define TEST_HOST_ADDRESS "192.0.2.1"

typedef struct {
	char *directory;
	DavitPaths *paths;
	DavitConfig *config;
	DavitDrivers *drivers;
	DavitNetwork *network;
	int netns_fd;
	int userns_fd;
	DavitResult *result; /* of the last attach */
} World;

/* Call first in main. */
void test_host_make (void);

/*
 * overrides: "network.slirp4netns.KEY=VALUE", NULL-terminated, or NULL; %s in them is the world's
 * directory. With a namespace.
 */
World *test_world_new (const char *const *overrides);
/* Without a namespace, and of the user that the process is. */
World *test_world_new_bare (const char *const *overrides);
void test_world_free (World *world);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, test_world_free)

/* A new namespace of the given kinds, by a process that waits and is gone when this returns. */
int test_namespace_new (void);

DavitNetworkRequest test_request (const World *world);

/* Attaches, and checks that it is as it should be; the result stays in world. */
void test_attach (World *world, const DavitNetworkRequest *request);
/* Fails with that error, and has undone everything. %s in text is the world's directory. */
void test_attach_fails (World *world, const DavitNetworkRequest *request, DavitErrorCode code,
			const char *text);
void test_detach (World *world);

/* Nothing of the container is left: run directory, process, interface. */
void test_assert_nothing_left (const World *world);
gboolean test_has_interface (int netns_fd, const char *name);
/* The pid that the record says; 0: there is none. */
pid_t test_helper_pid (const World *world);
/* The path of what the container has below the run directory. */
char *test_run_path (const World *world, const char *name);

/* A server that says "hello" to everybody. netns_fd -1: on the host. */
typedef struct {
	pid_t pid;
	guint port;
} Server;

Server test_server_start (int netns_fd, int type, const char *address, guint port);
void test_server_stop (Server *server);
/* Whether a client there hears it say so. */
gboolean test_client_hears (int netns_fd, int type, const char *address, guint port);

/* Writes a program into the world's directory and gives its path. */
char *test_program (const World *world, const char *name, const char *text);

G_END_DECLS

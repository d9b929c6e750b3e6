/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What run and create ask for: options by the names of the command line, parsed and checked one by
 * one, so that a wrong value is reported before anything is made.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _DavitCreateRequest DavitCreateRequest;

DavitCreateRequest *davit_create_request_new (void);
void davit_create_request_free (DavitCreateRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitCreateRequest, davit_create_request_free)

/*
 * Sets an option, or adds to one that may come several times. option is the long name of the
 * command line without "--"; value is its text ("true" or "false" for a switch). USAGE says what
 * would be right. The names:
 *
 * identity	name hostname label label-file annotation cidfile pidfile replace
 * process	entrypoint workdir user group-add env env-file env-host unsetenv unsetenv-all umask
 *		init init-path tz stop-signal stop-timeout timeout passwd
 * streams	interactive tty attach
 * limits	cpus cpu-shares cpu-period cpu-quota cpuset-cpus cpuset-mems memory
 *		memory-reservation memory-swap memory-swappiness oom-kill-disable oom-score-adj
 *		pids-limit shm-size ulimit blkio-weight device-read-bps device-write-bps
 *		device-read-iops device-write-iops cgroup-conf cgroup-parent cgroups
 * security	cap-add cap-drop security-opt privileged read-only read-only-tmpfs
 * namespaces	pid ipc uts cgroupns network timens time-offset userns uidmap gidmap
 * network	dns dns-search dns-option add-host no-hosts no-hostname hosts-file publish expose ip
 *		ip6 mac-address network-alias
 * files	volume mount tmpfs rootfs device device-cgroup-rule sysctl
 * life		rm restart pull platform
 * log		log-driver log-opt
 * plugins	storage tmpfs-upper network-driver runtime checkpoint
 *
 * A name that is known but can't be served yet is UNSUPPORTED and says so.
 */
gboolean davit_create_request_set (DavitCreateRequest *request, const char *option,
				   const char *value, GError **error);

/* Image reference (or directory, with rootfs) and the command behind it. */
void davit_create_request_set_image (DavitCreateRequest *request, const char *image);
void davit_create_request_set_command (DavitCreateRequest *request, const char *const *command);

/* It will be started at once: what takes time for that may begin now. */
void davit_create_request_set_start_follows (DavitCreateRequest *request);

/* The command line as it was typed, for inspect. */
void davit_create_request_set_origin (DavitCreateRequest *request, const char *const *argv);

/* The words that davit_create_request_set knows, sorted, NULL-terminated. For completions. */
const char *const *davit_create_request_options (void);

G_END_DECLS

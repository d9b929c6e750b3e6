/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The table of the options of run and create, and what its topics share. What an option may hold
 * is known by the request-*.c file that the table names.
 */

#include "container/create-request-private.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Sorted. A macro, so that the words and the table are made of the same lines. */
#define OPTIONS(X)                                                                                 \
	X ("add-host", davit_request_network_set)                                                  \
	X ("annotation", davit_request_identity_set)                                               \
	X ("attach", davit_request_process_set)                                                    \
	X ("blkio-weight", davit_request_blkio_set)                                                \
	X ("cap-add", davit_request_security_set)                                                  \
	X ("cap-drop", davit_request_security_set)                                                 \
	X ("cgroup-conf", davit_request_limits_set)                                                \
	X ("cgroup-parent", davit_request_limits_set)                                              \
	X ("cgroupns", davit_request_namespaces_set)                                               \
	X ("cgroups", davit_request_limits_set)                                                    \
	X ("checkpoint", davit_request_life_set)                                                   \
	X ("cidfile", davit_request_identity_set)                                                  \
	X ("cpu-period", davit_request_limits_set)                                                 \
	X ("cpu-quota", davit_request_limits_set)                                                  \
	X ("cpu-shares", davit_request_limits_set)                                                 \
	X ("cpus", davit_request_limits_set)                                                       \
	X ("cpuset-cpus", davit_request_limits_set)                                                \
	X ("cpuset-mems", davit_request_limits_set)                                                \
	X ("device", davit_request_devices_set)                                                    \
	X ("device-cgroup-rule", davit_request_devices_set)                                        \
	X ("device-read-bps", davit_request_blkio_set)                                             \
	X ("device-read-iops", davit_request_blkio_set)                                            \
	X ("device-write-bps", davit_request_blkio_set)                                            \
	X ("device-write-iops", davit_request_blkio_set)                                           \
	X ("dns", davit_request_network_set)                                                       \
	X ("dns-option", davit_request_network_set)                                                \
	X ("dns-search", davit_request_network_set)                                                \
	X ("entrypoint", davit_request_process_set)                                                \
	X ("env", davit_request_env_set)                                                           \
	X ("env-file", davit_request_env_set)                                                      \
	X ("env-host", davit_request_env_set)                                                      \
	X ("expose", davit_request_ports_set)                                                      \
	X ("gidmap", davit_request_namespaces_set)                                                 \
	X ("group-add", davit_request_process_set)                                                 \
	X ("hostname", davit_request_identity_set)                                                 \
	X ("hosts-file", davit_request_network_set)                                                \
	X ("init", davit_request_process_set)                                                      \
	X ("init-path", davit_request_process_set)                                                 \
	X ("interactive", davit_request_process_set)                                               \
	X ("ip", davit_request_network_set)                                                        \
	X ("ip6", davit_request_network_set)                                                       \
	X ("ipc", davit_request_namespaces_set)                                                    \
	X ("label", davit_request_identity_set)                                                    \
	X ("label-file", davit_request_identity_set)                                               \
	X ("log-driver", davit_request_life_set)                                                   \
	X ("log-opt", davit_request_life_set)                                                      \
	X ("mac-address", davit_request_network_set)                                               \
	X ("memory", davit_request_limits_set)                                                     \
	X ("memory-reservation", davit_request_limits_set)                                         \
	X ("memory-swap", davit_request_limits_set)                                                \
	X ("memory-swappiness", davit_request_limits_set)                                          \
	X ("mount", davit_request_mounts_set)                                                      \
	X ("name", davit_request_identity_set)                                                     \
	X ("network", davit_request_attachments_set)                                               \
	X ("network-alias", davit_request_network_set)                                             \
	X ("network-driver", davit_request_life_set)                                               \
	X ("no-hostname", davit_request_network_set)                                               \
	X ("no-hosts", davit_request_network_set)                                                  \
	X ("oom-kill-disable", davit_request_limits_set)                                           \
	X ("oom-score-adj", davit_request_limits_set)                                              \
	X ("passwd", davit_request_process_set)                                                    \
	X ("pid", davit_request_namespaces_set)                                                    \
	X ("pidfile", davit_request_identity_set)                                                  \
	X ("pids-limit", davit_request_limits_set)                                                 \
	X ("platform", davit_request_life_set)                                                     \
	X ("privileged", davit_request_security_set)                                               \
	X ("publish", davit_request_ports_set)                                                     \
	X ("publish-all", davit_request_ports_set)                                                 \
	X ("pull", davit_request_life_set)                                                         \
	X ("read-only", davit_request_security_set)                                                \
	X ("read-only-tmpfs", davit_request_security_set)                                          \
	X ("replace", davit_request_identity_set)                                                  \
	X ("restart", davit_request_life_set)                                                      \
	X ("rm", davit_request_life_set)                                                           \
	X ("rootfs", davit_request_mounts_set)                                                     \
	X ("runtime", davit_request_life_set)                                                      \
	X ("security-opt", davit_request_security_set)                                             \
	X ("shm-size", davit_request_limits_set)                                                   \
	X ("stop-signal", davit_request_process_set)                                               \
	X ("stop-timeout", davit_request_process_set)                                              \
	X ("storage", davit_request_life_set)                                                      \
	X ("sysctl", davit_request_devices_set)                                                    \
	X ("time-offset", davit_request_namespaces_set)                                            \
	X ("timens", davit_request_namespaces_set)                                                 \
	X ("timeout", davit_request_process_set)                                                   \
	X ("tmpfs", davit_request_mounts_set)                                                      \
	X ("tmpfs-upper", davit_request_life_set)                                                  \
	X ("tty", davit_request_process_set)                                                       \
	X ("tz", davit_request_process_set)                                                        \
	X ("uidmap", davit_request_namespaces_set)                                                 \
	X ("ulimit", davit_request_limits_set)                                                     \
	X ("umask", davit_request_process_set)                                                     \
	X ("unsetenv", davit_request_env_set)                                                      \
	X ("unsetenv-all", davit_request_env_set)                                                  \
	X ("user", davit_request_process_set)                                                      \
	X ("userns", davit_request_namespaces_set)                                                 \
	X ("uts", davit_request_namespaces_set)                                                    \
	X ("volume", davit_request_mounts_set)                                                     \
	X ("workdir", davit_request_process_set)

#define OPTION_WORD(name_, set_) name_,
#define OPTION_ENTRY(name_, set_) {name_, set_},

static const char *const option_words[] = {OPTIONS (OPTION_WORD) NULL};
static const DavitRequestOption option_table[] = {OPTIONS (OPTION_ENTRY){NULL, NULL}};

const char *const *
davit_create_request_options (void)
{
	return option_words;
}

static void
arrays_init (DavitCreateRequest *request)
{
	const struct {
		GPtrArray **array;
		GDestroyNotify free;
	} arrays[] = {
		{&request->labels, g_free},
		{&request->annotations, g_free},
		{&request->group_add, g_free},
		{&request->attach, g_free},
		{&request->env.files, g_free},
		{&request->env.variables, g_free},
		{&request->env.unset, g_free},
		{&request->limits.throttles, g_free},
		{&request->limits.rlimits, g_free},
		{&request->limits.cgroup_conf, g_free},
		{&request->security.cap_add, NULL},
		{&request->security.cap_drop, NULL},
		{&request->security.mask, g_free},
		{&request->security.unmask, g_free},
		{&request->network.dns, g_free},
		{&request->network.dns_search, g_free},
		{&request->network.dns_option, g_free},
		{&request->network.add_host, davit_request_host_free},
		{&request->network.attachments, davit_request_attachment_free},
		{&request->network.ports, davit_request_port_free},
		{&request->network.expose, g_free},
		{&request->network.aliases, g_free},
		{&request->mounts, davit_request_mount_free},
		{&request->devices, davit_request_device_free},
		{&request->device_rules, davit_request_device_rule_free},
		{&request->sysctl, g_free},
	};

	for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
		*arrays[i].array = g_ptr_array_new_with_free_func (arrays[i].free);
}

static void
arrays_clear (DavitCreateRequest *request)
{
	GPtrArray *const arrays[] = {
		request->labels,
		request->annotations,
		request->group_add,
		request->attach,
		request->env.files,
		request->env.variables,
		request->env.unset,
		request->limits.throttles,
		request->limits.rlimits,
		request->limits.cgroup_conf,
		request->security.cap_add,
		request->security.cap_drop,
		request->security.mask,
		request->security.unmask,
		request->network.dns,
		request->network.dns_search,
		request->network.dns_option,
		request->network.add_host,
		request->network.attachments,
		request->network.ports,
		request->network.expose,
		request->network.aliases,
		request->mounts,
		request->devices,
		request->device_rules,
		request->sysctl,
	};

	for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
		g_ptr_array_unref (arrays[i]);
}

DavitCreateRequest *
davit_create_request_new (void)
{
	DavitCreateRequest *request = g_new0 (DavitCreateRequest, 1);

	arrays_init (request);
	request->umask = -1;
	request->stop_timeout_msec = -1;
	request->passwd = TRUE;
	request->limits.memory_swappiness = -1;
	request->security.read_only_tmpfs = TRUE;
	return request;
}

static void
texts_free (DavitCreateRequest *request)
{
	char *const texts[] = {
		request->image,
		request->name,
		request->hostname,
		request->cidfile,
		request->pidfile,
		request->workdir,
		request->user,
		request->init_path,
		request->tz,
		request->limits.cpuset_cpus,
		request->limits.cpuset_mems,
		request->limits.cgroup_parent,
		request->security.seccomp,
		request->security.apparmor,
		request->namespaces.pid.target,
		request->namespaces.ipc.target,
		request->namespaces.uts.target,
		request->namespaces.cgroup.target,
		request->namespaces.network.target,
		request->namespaces.time.target,
		request->namespaces.network_word,
		request->network.hosts_file,
		request->network.ip,
		request->network.ip6,
		request->network.mac_address,
		request->os,
		request->architecture,
		request->variant,
		request->log_driver,
		request->storage,
		request->network_driver,
		request->runtime,
		request->checkpoint,
	};

	for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
		g_free (texts[i]);
}

void
davit_create_request_free (DavitCreateRequest *request)
{
	if (request == NULL)
		return;
	arrays_clear (request);
	texts_free (request);
	g_strfreev (request->command);
	g_strfreev (request->origin);
	g_strfreev (request->entrypoint);
	g_free (request);
}

static int
option_compare (const void *key, const void *entry)
{
	return strcmp ((const char *) key, ((const DavitRequestOption *) entry)->name);
}

gboolean
davit_create_request_set (DavitCreateRequest *request, const char *option, const char *value,
			  GError **error)
{
	const DavitRequestOption *entry =
		(const DavitRequestOption *) bsearch (option, option_table,
						      G_N_ELEMENTS (option_table) - 1,
						      sizeof *option_table, option_compare);

	if (entry == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE, "unknown option \"--%s\"",
					option);
	/* The record is JSON, which holds nothing but UTF-8. */
	if (!g_utf8_validate (value, -1, NULL))
		return davit_request_refuse (error, option, value, "is not UTF-8");
	return entry->set (request, option, value, error);
}

void
davit_create_request_set_image (DavitCreateRequest *request, const char *image)
{
	davit_request_text (&request->image, image);
}

void
davit_create_request_set_command (DavitCreateRequest *request, const char *const *command)
{
	g_strfreev (request->command);
	request->command = g_strdupv ((char **) command);
}

void
davit_create_request_set_start_follows (DavitCreateRequest *request)
{
	request->start_follows = TRUE;
}

void
davit_create_request_set_origin (DavitCreateRequest *request, const char *const *argv)
{
	g_strfreev (request->origin);
	request->origin = g_strdupv ((char **) argv);
}

gboolean
davit_request_dispatch (const DavitRequestOption *table, DavitCreateRequest *request,
			const char *option, const char *value, GError **error)
{
	for (; table->name != NULL; table++) {
		if (strcmp (table->name, option) == 0)
			return table->set (request, option, value, error);
	}
	return davit_request_unsupported (error, option, "is not there yet");
}

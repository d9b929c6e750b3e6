/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Options that exclude or need each other. An option that would have no effect is an error, or a
 * warning where docker and podman are used to warn; none is dropped in silence.
 */

#include "container/create-request-private.h"

#include "base/error.h"
#include "base/log.h"

#include <string.h>

static gboolean
excludes (GError **error, gboolean both, const char *first, const char *second)
{
	if (!both)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"options \"%s\" and \"%s\" exclude each "
				"other",
				first, second);
}

static gboolean
limits_check (const DavitRequestLimits *limits, GError **error)
{
	gboolean swap = limits->memory_swap != 0;

	if (!excludes (error, limits->nano_cpus != 0 && limits->cpu_quota != 0, "--cpus",
		       "--cpu-quota") ||
	    !excludes (error, limits->nano_cpus != 0 && limits->cpu_period != 0, "--cpus",
		       "--cpu-period"))
		return FALSE;
	if (limits->cpu_period != 0 && limits->cpu_quota == 0)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--cpu-period\" has no effect without "
					"\"--cpu-quota\"");
	if (swap && limits->memory == 0)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--memory-swap\" needs \"--memory\"");
	if (swap && limits->memory_swap < limits->memory)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--memory-swap\" must not be less than "
					"\"--memory\": it is memory and swap together");
	if (limits->memory != 0 && limits->memory_reservation > limits->memory)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--memory-reservation\" must not be more than "
					"\"--memory\"");
	return TRUE;
}

static gboolean
shares (const DavitRequestNamespace *namespace)
{
	return namespace->mode == DAVIT_NAMESPACE_HOST ||
	       namespace->mode == DAVIT_NAMESPACE_CONTAINER ||
	       namespace->mode == DAVIT_NAMESPACE_PATH;
}

static gboolean
sysctl_check (const DavitCreateRequest *request, const char *pair, GError **error)
{
	g_autofree char *key = g_strndup (pair, strcspn (pair, "="));
	const char *namespace = davit_request_sysctl_namespace (key);
	const DavitRequestNamespaces *namespaces = &request->namespaces;
	gboolean shared;

	if (strcmp (namespace, "ipc") == 0)
		shared = shares (&namespaces->ipc);
	else if (strcmp (namespace, "uts") == 0)
		shared = shares (&namespaces->uts);
	else
		shared = shares (&namespaces->network);
	if (!shared)
		return TRUE;
	return davit_error_set (error, DAVIT_ERROR_USAGE,
				"option \"--sysctl\": \"%s\" would change others: the %s namespace "
				"is shared",
				key, namespace);
}

static gboolean
namespaces_check (const DavitCreateRequest *request, GError **error)
{
	const DavitRequestNamespaces *namespaces = &request->namespaces;
	gboolean offset = namespaces->monotonic.set || namespaces->boottime.set;

	if (request->hostname != NULL && shares (&namespaces->uts))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--hostname\" can't be used with a shared UTS "
					"namespace (--uts)");
	if (offset && shares (&namespaces->time))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--time-offset\" needs \"--timens private\"");
	if (request->limits.shm_size != 0 &&
	    (shares (&namespaces->ipc) || namespaces->ipc.mode == DAVIT_NAMESPACE_NONE))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--shm-size\" has no effect with this \"--ipc\": "
					"/dev/shm is shared or absent");
	if (namespaces->ipc.mode == DAVIT_NAMESPACE_CONTAINER)
		davit_warning ("/dev/shm is not shared with the other container: only System V IPC "
			       "and message queues are");
	for (guint i = 0; i < request->sysctl->len; i++) {
		if (!sysctl_check (request, (const char *) request->sysctl->pdata[i], error))
			return FALSE;
	}
	return TRUE;
}

/* Addresses and names belong to a network of its own. */
static gboolean
addresses_check (const DavitRequestNetwork *network, GError **error)
{
	const struct {
		const char *option;
		gboolean given;
	} options[] = {
		{"--ip", network->ip != NULL},
		{"--ip6", network->ip6 != NULL},
		{"--mac-address", network->mac_address != NULL},
		{"--network-alias", network->aliases->len > 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
		if (options[i].given)
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"option \"%s\" needs a network of its own that "
						"connects (--network)",
						options[i].option);
	}
	return TRUE;
}

/* What is said for the one network of a container can't be for several. */
static gboolean
attachments_check (const DavitRequestNetwork *network, GError **error)
{
	const DavitRequestAttachment *first =
		network->attachments->len > 0
			? (const DavitRequestAttachment *) network->attachments->pdata[0]
			: NULL;
	const struct {
		const char *option;
		const char *key;
		const char *value;
		const char *of_network;
	} options[] = {
		{"--ip", "ip", network->ip, first != NULL ? first->ip : NULL},
		{"--ip6", "ip6", network->ip6, first != NULL ? first->ip6 : NULL},
		{"--mac-address", "mac", network->mac_address,
		 first != NULL ? first->mac_address : NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS (options); i++) {
		if (options[i].value != NULL && network->attachments->len > 1)
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"option \"%s\" is for a single network; write "
						"--network NAME:%s=VALUE for each",
						options[i].option, options[i].key);
		if (options[i].value != NULL && options[i].of_network != NULL)
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"options \"%s\" and \"--network %s:%s=\" exclude "
						"each other",
						options[i].option, first->name, options[i].key);
	}
	return TRUE;
}

static gboolean
network_check (const DavitCreateRequest *request, GError **error)
{
	const DavitRequestNetwork *network = &request->network;
	const DavitRequestNamespace *namespace = &request->namespaces.network;
	gboolean published = network->ports->len > 0 || network->publish_all;
	gboolean joined = namespace->mode == DAVIT_NAMESPACE_CONTAINER;

	if (!excludes (error, network->dns_none && network->dns->len > 0, "--dns none",
		       "--dns ADDRESS") ||
	    !excludes (error, network->no_hosts && network->add_host->len > 0, "--no-hosts",
		       "--add-host") ||
	    !excludes (error, network->no_hosts && network->hosts_file != NULL, "--no-hosts",
		       "--hosts-file") ||
	    !excludes (error, joined && published, "--publish", "--network container:NAME") ||
	    !excludes (error, joined && network->dns->len > 0, "--dns", "--network container:NAME"))
		return FALSE;
	if (network->dns_none && (network->dns_search->len > 0 || network->dns_option->len > 0))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--dns none\" leaves resolv.conf alone: "
					"\"--dns-search\" and \"--dns-option\" would have no "
					"effect");
	if (shares (namespace) && request->network_driver != NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--network-driver\" has no effect on a shared "
					"network namespace (--network)");
	if (request->namespaces.network_none && request->network_driver != NULL &&
	    strcmp (request->network_driver, "none") != 0)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"options \"--network none\" and \"--network-driver %s\" "
					"exclude each other",
					request->network_driver);
	if ((shares (namespace) || request->namespaces.network_none) &&
	    !addresses_check (network, error))
		return FALSE;
	if (!attachments_check (network, error))
		return FALSE;
	if (published && shares (namespace))
		davit_warning ("published ports are dropped: the container uses a network that "
			       "is there already");
	return TRUE;
}

static gboolean
mounts_check (const DavitCreateRequest *request, GError **error)
{
	g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

	for (guint i = 0; i < request->mounts->len; i++) {
		const DavitRequestMount *mount = (DavitRequestMount *) request->mounts->pdata[i];

		if (!g_hash_table_add (seen, mount->destination))
			return davit_error_set (error, DAVIT_ERROR_USAGE,
						"two mounts have the target \"%s\"",
						mount->destination);
	}
	return TRUE;
}

static gboolean
life_check (const DavitCreateRequest *request, GError **error)
{
	const DavitRequestSecurity *security = &request->security;

	if (request->replace && request->name == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--replace\" needs \"--name\"");
	if (request->init_path != NULL && !request->init)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--init-path\" has no effect without \"--init\"");
	if (request->init && shares (&request->namespaces.pid))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--init\" needs a process namespace of its own "
					"(--pid)");
	if (g_strcmp0 (request->log_driver, "none") == 0 &&
	    (request->has_log_max_size || request->log_max_files != 0))
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"option \"--log-opt\" has no effect with \"--log-driver "
					"none\"");
	if (!excludes (error, request->rootfs && request->os != NULL, "--rootfs", "--platform") ||
	    !excludes (error, request->rootfs && request->storage != NULL, "--rootfs",
		       "--storage") ||
	    !excludes (error, request->rootfs && request->tmpfs_upper > 0, "--rootfs",
		       "--tmpfs-upper") ||
	    !excludes (error, security->read_only && request->tmpfs_upper > 0, "--read-only",
		       "--tmpfs-upper"))
		return FALSE;
	if (security->privileged && security->cap_add->len > 0)
		davit_warning ("option \"--cap-add\" has no effect beside \"--privileged\", which "
			       "gives all capabilities");
	return TRUE;
}

gboolean
davit_request_check (const DavitCreateRequest *request, GError **error)
{
	return limits_check (&request->limits, error) && namespaces_check (request, error) &&
	       network_check (request, error) && mounts_check (request, error) &&
	       life_check (request, error);
}

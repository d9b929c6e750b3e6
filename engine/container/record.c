/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reading record.json. create-record.c writes it. Members beside those that record.h names; all
 * may be absent, which means "no", none, or the default that is said:
 *
 *   command            [string]: what stands behind the entry point in args
 *   origin             [string]: the command line of davit
 *   annotations        {key: value}
 *   hostname           string; absent: that of the UTS namespace which is used
 *   terminal, stdinOpen, autoRemove, readOnly, readOnlyTmpfs, privileged, passwd: boolean
 *   attach             [string]: stdin, stdout, stderr
 *   stopSignal         integer; absent: 15
 *   stopTimeoutMsec    integer; absent: 10,000
 *   timeoutMsec        integer; 0: none
 *   umask              integer; absent: 0022
 *   timezone           string: a name of the zone data base, or "local"
 *   init               string: path on the host of the program that goes first
 *   log                {driver, maxSize, maxFiles}
 *   pidfile, cidfile   string: absolute paths
 *   namespaces         {pid, ipc, uts, network, cgroup, time, user: {mode, target}}; mode is one of
 *                      the words of davit_record_namespace_word
 *   timeOffsets        {monotonic, boottime: {secs, nanosecs}}, as linux.timeOffsets of OCI
 *   capabilities       [string]: the bounding set, "CAP_CHOWN"
 *   noNewPrivileges    boolean
 *   seccomp            {profile: "default", "unconfined" or a path, document: of a path its content
 *                      at the time of create}
 *   mask, unmask       [string]: paths, with wildcards in unmask; "ALL"
 *   groupAdd           [string]
 *   resources          as linux.resources of OCI, without devices
 *   cgroups            "enabled" or "disabled"
 *   cgroupParent       string
 *   oomScoreAdj        integer
 *   shmSize            integer: bytes
 *   rlimits            [{type, soft, hard, explicit}]; a limit that is not explicit is lowered to
 *                      what the caller may have. Numbers may be strings: those above 2^63-1
 *   sysctl             {key: value}
 *   devices            [{path, inside, access}]
 *   deviceRules        [{type, major, minor, access}], as linux.resources.devices of OCI
 *   mounts             [{destination, type, source, options: [string]}], as of OCI
 *   volumes            [string]: the paths that the image calls volumes
 *   dns                {servers, search, options: [string]}
 *   hosts              {add: [{name, address}], file: string, keep: boolean}
 *   keepHostname       boolean: leave the image's /etc/hostname alone
 *   keepResolvConf     boolean: leave the image's /etc/resolv.conf alone
 *   networks           [{network, interface, ip, ip6, macAddress, aliases: [string], options:
 *                      [string]}]: a network of the network driver, absent: its default one
 *   ports              [{hostAddress, hostPort, containerPort, protocol, count}]
 *   exposedPorts       [string]: "80/tcp"
 *   tmpfsUpper         integer: bytes that it may write to memory; absent: to the disk
 *   networkName, ip, ip6, macAddress, networkAliases: the one network of version 1
 *
 * What is read here was written by this program, but lies on a disk: everything is checked.
 */

#include "container/record.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

#include <signal.h>
#include <string.h>

static const char *const namespace_words[] = {
	[DAVIT_NAMESPACE_PRIVATE] = "private",	   [DAVIT_NAMESPACE_HOST] = "host",
	[DAVIT_NAMESPACE_CONTAINER] = "container", [DAVIT_NAMESPACE_PATH] = "path",
	[DAVIT_NAMESPACE_NONE] = "none",	   [DAVIT_NAMESPACE_SHAREABLE] = "shareable",
};

const char *
davit_record_namespace_word (DavitNamespaceMode mode)
{
	return namespace_words[mode];
}

void
davit_record_free (DavitRecord *record)
{
	if (record == NULL)
		return;
	g_free (record->id);
	g_free (record->name);
	g_free (record->image);
	g_free (record->image_id);
	g_strfreev (record->layers);
	g_free (record->rootfs);
	g_free (record->storage);
	g_free (record->network);
	g_free (record->runtime);
	g_free (record->checkpoint);
	g_strfreev (record->args);
	g_strfreev (record->env);
	g_free (record->user);
	g_free (record->workdir);
	g_strfreev (record->labels);
	g_free (record->log_driver);
	g_free (record->pidfile);
	g_free (record->cidfile);
	g_free (record->pid_namespace.target);
	g_free (record->ipc_namespace.target);
	g_free (record->uts_namespace.target);
	g_free (record->network_namespace.target);
	g_free (record->cgroup_namespace.target);
	g_free (record->time_namespace.target);
	g_free (record->user_namespace.target);
	g_clear_pointer (&record->networks, g_ptr_array_unref);
	davit_json_free (record->json);
	g_free (record);
}

static gboolean
damaged (GError **error, const char *member, const char *what)
{
	return davit_error_set (error, DAVIT_ERROR_CORRUPT, "%s: %s", member, what);
}

static gboolean
is_id (const char *text)
{
	return strlen (text) == DAVIT_DIGEST_HEX_LENGTH &&
	       strspn (text, "0123456789abcdef") == DAVIT_DIGEST_HEX_LENGTH;
}

static gboolean
read_identity (DavitRecord *record, GError **error)
{
	const DavitJson *json = record->json;

	if (!davit_json_dup_string (json, "id", &record->id, error) ||
	    !davit_json_dup_string (json, "name", &record->name, error) ||
	    !davit_json_get_integer (json, "created", 0, G_MAXINT64, &record->created, error) ||
	    !davit_json_dup_string (json, "image", &record->image, error) ||
	    !davit_json_dup_string (json, "imageId", &record->image_id, error) ||
	    !davit_json_dup_strings (json, "layers", &record->layers, error))
		return FALSE;
	if (record->id == NULL || !is_id (record->id))
		return damaged (error, "id", "must be 64 hexadecimal digits");
	if (record->name == NULL || !davit_text_is_container_name (record->name))
		return damaged (error, "name", "must be the name of a container");
	for (guint i = 0; record->layers[i] != NULL; i++) {
		if (!is_id (record->layers[i]))
			return damaged (error, "layers", "must be chain ids");
	}
	return TRUE;
}

static gboolean
read_rootfs (DavitRecord *record, GError **error)
{
	const DavitJson *rootfs = NULL;

	if (!davit_json_get_object (record->json, "rootfs", &rootfs, error) ||
	    !davit_json_dup_string (rootfs, "path", &record->rootfs, error))
		return FALSE;
	if (record->rootfs != NULL && !g_path_is_absolute (record->rootfs))
		return damaged (error, "rootfs.path", "must be absolute");
	if (record->rootfs == NULL && record->image_id == NULL)
		return damaged (error, "imageId", "is missing");
	if (record->image_id != NULL && !davit_digest_is_valid (record->image_id))
		return damaged (error, "imageId", "must be a digest");
	return TRUE;
}

static gboolean
read_plugins (DavitRecord *record, GError **error)
{
	const struct {
		const char *key;
		char **name;
		gboolean needed;
		gboolean (*is_name) (const char *text);
	} plugins[] = {
		{"storage", &record->storage, record->rootfs == NULL, davit_text_is_plugin_name},
		{"network", &record->network, FALSE, davit_text_is_plugin_name},
		{"runtime", &record->runtime, TRUE, davit_text_is_plugin_choice},
		{"checkpoint", &record->checkpoint, FALSE, davit_text_is_plugin_name},
	};

	for (guint i = 0; i < G_N_ELEMENTS (plugins); i++) {
		if (!davit_json_dup_string (record->json, plugins[i].key, plugins[i].name, error))
			return FALSE;
		if (*plugins[i].name == NULL && plugins[i].needed)
			return damaged (error, plugins[i].key, "is missing");
		if (*plugins[i].name != NULL && !plugins[i].is_name (*plugins[i].name))
			return damaged (error, plugins[i].key, "must be the name of a plugin");
	}
	return TRUE;
}

/* As "key=value", in the order of the document. */
static gboolean
read_labels (DavitRecord *record, GError **error)
{
	g_autoptr (GPtrArray) labels = g_ptr_array_new_with_free_func (g_free);
	const DavitJson *object = NULL;

	if (!davit_json_get_object (record->json, "labels", &object, error))
		return FALSE;
	for (guint i = 0; i < davit_json_length (object); i++) {
		const char *value = davit_json_string (davit_json_element (object, i));

		if (value == NULL)
			return damaged (error, "labels", "must hold strings");
		g_ptr_array_add (labels, g_strconcat (davit_json_element_key (object, i), "=",
						      value, NULL));
	}
	g_ptr_array_add (labels, NULL);
	record->labels = (char **) g_ptr_array_free (g_steal_pointer (&labels), FALSE);
	return TRUE;
}

static gboolean
read_process (DavitRecord *record, GError **error)
{
	const DavitJson *json = record->json;

	if (!davit_json_dup_strings (json, "args", &record->args, error) ||
	    !davit_json_dup_strings (json, "env", &record->env, error) ||
	    !davit_json_dup_string (json, "user", &record->user, error) ||
	    !davit_json_dup_string (json, "workdir", &record->workdir, error))
		return FALSE;
	if (record->args[0] == NULL || record->args[0][0] == '\0')
		return damaged (error, "args", "must name a program");
	for (guint i = 0; record->env[i] != NULL; i++) {
		const char *equals = strchr (record->env[i], '=');

		if (equals == NULL || equals == record->env[i])
			return damaged (error, "env", "must hold KEY=VALUE");
	}
	if (record->workdir != NULL && !g_path_is_absolute (record->workdir))
		return damaged (error, "workdir", "must be absolute");
	return TRUE;
}

static gboolean
read_tmpfs_upper (DavitRecord *record, GError **error)
{
	gint64 size = 0;

	if (!davit_json_get_integer (record->json, "tmpfsUpper", 1, G_MAXINT64, &size, error))
		return FALSE;
	record->tmpfs_upper = (guint64) size;
	return TRUE;
}

static gboolean
read_switches (DavitRecord *record, GError **error)
{
	const DavitJson *json = record->json;

	return davit_json_get_boolean (json, "terminal", &record->terminal, error) &&
	       davit_json_get_boolean (json, "stdinOpen", &record->stdin_open, error) &&
	       davit_json_get_boolean (json, "autoRemove", &record->auto_remove, error) &&
	       davit_json_get_boolean (json, "readOnly", &record->read_only, error) &&
	       davit_json_get_boolean (json, "privileged", &record->privileged, error);
}

static gboolean
read_end (DavitRecord *record, GError **error)
{
	const DavitJson *json = record->json;
	gint64 stop_signal = SIGTERM;

	record->stop_timeout_msec = 10000;
	if (!davit_json_get_integer (json, "stopSignal", 1, SIGRTMAX, &stop_signal, error) ||
	    !davit_json_get_integer (json, "stopTimeoutMsec", 0, G_MAXINT64,
				     &record->stop_timeout_msec, error) ||
	    !davit_json_get_integer (json, "timeoutMsec", 0, G_MAXINT64, &record->timeout_msec,
				     error))
		return FALSE;
	record->stop_signal = (int) stop_signal;
	return TRUE;
}

static gboolean
read_log (DavitRecord *record, GError **error)
{
	const DavitJson *log = NULL;
	gint64 max_size = 0, max_files = 1;

	if (!davit_json_get_object (record->json, "log", &log, error) ||
	    !davit_json_dup_string (log, "driver", &record->log_driver, error) ||
	    !davit_json_get_integer (log, "maxSize", 0, G_MAXINT64, &max_size, error) ||
	    !davit_json_get_integer (log, "maxFiles", 1, 1000, &max_files, error))
		return FALSE;
	if (record->log_driver == NULL)
		record->log_driver = g_strdup ("k8s-file");
	if (strcmp (record->log_driver, "k8s-file") != 0 &&
	    strcmp (record->log_driver, "none") != 0)
		return damaged (error, "log.driver", "must be k8s-file or none");
	record->log_max_size = (guint64) max_size;
	record->log_max_files = (guint) max_files;
	return TRUE;
}

static gboolean
read_files (DavitRecord *record, GError **error)
{
	const DavitJson *json = record->json;

	if (!davit_json_dup_string (json, "pidfile", &record->pidfile, error) ||
	    !davit_json_dup_string (json, "cidfile", &record->cidfile, error))
		return FALSE;
	if (record->pidfile != NULL && !g_path_is_absolute (record->pidfile))
		return damaged (error, "pidfile", "must be absolute");
	if (record->cidfile != NULL && !g_path_is_absolute (record->cidfile))
		return damaged (error, "cidfile", "must be absolute");
	return TRUE;
}

static gboolean
namespace_mode (const char *word, DavitNamespaceMode *ret)
{
	for (guint i = DAVIT_NAMESPACE_PRIVATE; i < G_N_ELEMENTS (namespace_words); i++) {
		if (g_strcmp0 (word, namespace_words[i]) == 0) {
			*ret = (DavitNamespaceMode) i;
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean
read_namespace (const DavitJson *object, const char *key, DavitNamespace *ret, GError **error)
{
	const DavitJson *json = NULL;
	g_autofree char *word = NULL;

	if (!davit_json_get_object (object, key, &json, error) ||
	    !davit_json_dup_string (json, "mode", &word, error) ||
	    !davit_json_dup_string (json, "target", &ret->target, error))
		return FALSE;
	if (word != NULL && !namespace_mode (word, &ret->mode))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"namespaces.%s.mode: unknown word \"%s\"", key, word);
	if (ret->mode == DAVIT_NAMESPACE_CONTAINER && (ret->target == NULL || !is_id (ret->target)))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"namespaces.%s.target: must be the id of a container", key);
	if (ret->mode == DAVIT_NAMESPACE_PATH &&
	    (ret->target == NULL || !g_path_is_absolute (ret->target)))
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"namespaces.%s.target: must be an absolute path", key);
	return TRUE;
}

static gboolean
read_namespaces (DavitRecord *record, GError **error)
{
	const struct {
		const char *key;
		DavitNamespace *target;
		DavitNamespaceMode fallback;
	} namespaces[] = {
		{"pid", &record->pid_namespace, DAVIT_NAMESPACE_PRIVATE},
		{"ipc", &record->ipc_namespace, DAVIT_NAMESPACE_PRIVATE},
		{"uts", &record->uts_namespace, DAVIT_NAMESPACE_PRIVATE},
		{"network", &record->network_namespace, DAVIT_NAMESPACE_PRIVATE},
		{"cgroup", &record->cgroup_namespace, DAVIT_NAMESPACE_PRIVATE},
		{"time", &record->time_namespace, DAVIT_NAMESPACE_HOST},
		{"user", &record->user_namespace, DAVIT_NAMESPACE_HOST},
	};
	const DavitJson *json = NULL;

	if (!davit_json_get_object (record->json, "namespaces", &json, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS (namespaces); i++) {
		namespaces[i].target->mode = namespaces[i].fallback;
		if (!read_namespace (json, namespaces[i].key, namespaces[i].target, error))
			return FALSE;
	}
	if (record->network_namespace.mode == DAVIT_NAMESPACE_PRIVATE && record->network == NULL)
		return damaged (error, "network", "is missing");
	return TRUE;
}

static DavitRecord *
fail (const char *id, GError **error)
{
	if (id != NULL && is_id (id))
		davit_error_prefix (error, "record of container \"%.12s\"", id);
	else
		davit_error_prefix (error, "record of a container");
	return NULL;
}

/* The getters call a wrong type CONFIG; but nobody configures a record. */
static DavitRecord *
fail_damaged (const char *id, GError **error)
{
	if (error != NULL && davit_error_matches (*error, DAVIT_ERROR_CONFIG))
		(*error)->code = DAVIT_ERROR_CORRUPT;
	return fail (id, error);
}

static gboolean
read_all (DavitRecord *record, GError **error)
{
	return read_identity (record, error) && read_rootfs (record, error) &&
	       read_plugins (record, error) && read_tmpfs_upper (record, error) &&
	       read_process (record, error) && read_labels (record, error) &&
	       read_switches (record, error) && read_end (record, error) &&
	       read_log (record, error) && read_files (record, error) &&
	       read_namespaces (record, error) && davit_record_read_networks (record, error);
}

static DavitRecord *
record_from_json (DavitJson *json, GError **error)
{
	g_autoptr (DavitRecord) record = g_new0 (DavitRecord, 1);
	gint64 version = 0;

	record->json = json;
	if (davit_json_type (json) != DAVIT_JSON_OBJECT) {
		damaged (error, "document", "must be an object");
		return fail (NULL, error);
	}
	if (!davit_json_get_integer (json, "version", 1, G_MAXINT32, &version, error))
		return fail_damaged (NULL, error);
	if (version > DAVIT_RECORD_VERSION) {
		davit_error_set (error, DAVIT_ERROR_CONFIG,
				 "version %d is that of a newer davit; this one reads records up "
				 "to version %d",
				 (int) version, DAVIT_RECORD_VERSION);
		return fail (davit_json_string (davit_json_member (json, "id")), error);
	}
	if (version == 0) {
		damaged (error, "version", "is missing");
		return fail (NULL, error);
	}
	if (!read_all (record, error))
		return fail_damaged (record->id, error);
	return g_steal_pointer (&record);
}

DavitRecord *
davit_record_parse (const char *text, gsize length, GError **error)
{
	DavitJson *json = davit_json_parse (text, (gssize) length, error);

	return json != NULL ? record_from_json (json, error) : fail (NULL, error);
}

DavitRecord *
davit_record_read (int container_dirfd, GError **error)
{
	DavitJson *json =
		davit_json_read (container_dirfd, "record.json", DAVIT_RECORD_LIMIT, error);

	return json != NULL ? record_from_json (json, error) : NULL;
}

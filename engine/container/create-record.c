/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes record.json; record.c reads it and documents its members. */

#include "container/create-private.h"

#include "base/log.h"
#include "base/text.h"

#include <signal.h>
#include <string.h>

void
davit_creation_write_pairs (DavitJsonWriter *writer, const char *key, const GPtrArray *pairs)
{
	if (pairs->len == 0)
		return;
	davit_json_writer_begin_object (writer, key);
	for (guint i = 0; i < pairs->len; i++) {
		const char *pair = (const char *) pairs->pdata[i];
		gsize length = strcspn (pair, "=");
		g_autofree char *name = g_strndup (pair, length);

		davit_json_writer_string (writer, name,
					  pair[length] == '=' ? pair + length + 1 : "");
	}
	davit_json_writer_end_object (writer);
}

void
davit_creation_write_strings (DavitJsonWriter *writer, const char *key, const GPtrArray *strings)
{
	if (strings->len == 0)
		return;
	davit_json_writer_begin_array (writer, key);
	for (guint i = 0; i < strings->len; i++)
		davit_json_writer_string (writer, NULL, (const char *) strings->pdata[i]);
	davit_json_writer_end_array (writer);
}

static void
write_true (DavitJsonWriter *writer, const char *key, gboolean value)
{
	if (value)
		davit_json_writer_boolean (writer, key, TRUE);
}

/* In full, as docker and podman show it: "localhost/box:latest" of "box", a name of an id. */
static void
write_image_name (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const char *const *names = (const char *const *) creation->image->names;
	const char *typed = creation->request->image;
	g_autofree char *full = NULL;

	if (creation->image->file != NULL) {
		davit_json_writer_string (writer, "image", creation->image->file->path);
		return;
	}
	full = davit_image_normalize_name (typed, NULL);
	if (full != NULL && g_strv_contains (names, full))
		davit_json_writer_string (writer, "image", full);
	else
		davit_json_writer_string (writer, "image", names[0] != NULL ? names[0] : typed);
}

static void
write_identity (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitImage *image = creation->image;

	davit_json_writer_integer (writer, "version", DAVIT_RECORD_VERSION);
	davit_json_writer_string (writer, "id", creation->id);
	davit_json_writer_string (writer, "name", creation->name);
	davit_json_writer_integer (writer, "created", creation->created);
	if (image != NULL) {
		write_image_name (creation, writer);
		davit_json_writer_string (writer, "imageId", image->id);
		davit_json_writer_strings_if (writer, "imageNames", image->names);
		davit_json_writer_strings_if (writer, "layers", image->chain_ids);
		davit_json_writer_strings_if (writer, "volumes", image->volumes);
	} else {
		davit_json_writer_begin_object (writer, "rootfs");
		davit_json_writer_string (writer, "path", creation->rootfs);
		davit_json_writer_end_object (writer);
	}
	if (creation->storage != NULL)
		davit_json_writer_string (writer, "storage",
					  davit_storage_name (creation->storage));
	if (creation->request->tmpfs_upper > 0)
		davit_json_writer_integer (writer, "tmpfsUpper",
					   (gint64) creation->request->tmpfs_upper);
	davit_json_writer_string_if (writer, "network", creation->network);
	davit_json_writer_string (writer, "runtime", creation->runtime);
	davit_json_writer_string_if (writer, "checkpoint", creation->checkpoint);
	davit_json_writer_strings_if (writer, "origin", creation->request->origin);
}

/* What the image says first, so that an option of the same key wins. */
static void
write_labels (const DavitCreation *creation, DavitJsonWriter *writer)
{
	g_autoptr (GPtrArray) labels = g_ptr_array_new_with_free_func (g_free);
	const GPtrArray *wanted = creation->request->labels;
	char **image = creation->image != NULL ? creation->image->labels : NULL;

	for (; image != NULL && *image != NULL; image++)
		g_ptr_array_add (labels, g_strdup (*image));
	for (guint i = 0; i < wanted->len; i++) {
		const char *pair = (const char *) wanted->pdata[i];
		gsize length = strcspn (pair, "=");

		davit_request_put (labels, pair, length, pair + length + 1);
	}
	davit_creation_write_pairs (writer, "labels", labels);
	davit_creation_write_pairs (writer, "annotations", creation->request->annotations);
}

static char *
workdir_choose (const DavitCreation *creation)
{
	const char *image = creation->image != NULL ? creation->image->working_dir : NULL;

	if (creation->request->workdir != NULL)
		return g_strdup (creation->request->workdir);
	if (image == NULL || image[0] == '\0')
		return g_strdup ("/");
	return image[0] == '/' ? g_strdup (image) : g_strconcat ("/", image, NULL);
}

static int
stop_signal_choose (const DavitCreation *creation)
{
	const char *image = creation->image != NULL ? creation->image->stop_signal : NULL;
	int signal = SIGTERM;

	if (creation->request->stop_signal != 0)
		return creation->request->stop_signal;
	if (image != NULL && !davit_text_parse_signal (image, &signal, NULL)) {
		davit_warning ("the image has the stop signal \"%s\", which is none; SIGTERM is "
			       "used",
			       image);
		return SIGTERM;
	}
	return signal;
}

static void
write_process (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitCreateRequest *request = creation->request;
	g_autofree char *workdir = workdir_choose (creation);
	const char *user = request->user;

	if (user == NULL && creation->image != NULL)
		user = creation->image->user;
	davit_json_writer_begin_array (writer, "args");
	for (char **word = creation->entrypoint; *word != NULL; word++)
		davit_json_writer_string (writer, NULL, *word);
	for (char **word = creation->command; *word != NULL; word++)
		davit_json_writer_string (writer, NULL, *word);
	davit_json_writer_end_array (writer);
	davit_json_writer_strings_if (writer, "entrypoint", creation->entrypoint);
	davit_json_writer_strings_if (writer, "command", creation->command);
	davit_json_writer_strings_if (writer, "env", creation->env);
	if (user != NULL && user[0] != '\0')
		davit_json_writer_string (writer, "user", user);
	davit_json_writer_string (writer, "workdir", workdir);
	davit_creation_write_strings (writer, "groupAdd", request->group_add);
	if (request->umask >= 0)
		davit_json_writer_integer (writer, "umask", request->umask);
	davit_json_writer_string_if (writer, "init", creation->init);
	davit_json_writer_boolean (writer, "passwd", request->passwd);
	write_true (writer, "terminal", request->tty);
	write_true (writer, "stdinOpen", request->interactive);
	davit_creation_write_strings (writer, "attach", request->attach);
}

static void
write_life (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitCreateRequest *request = creation->request;
	const DavitConfig *config = creation->engine->config;
	const char *time_zone =
		request->tz != NULL ? request->tz : davit_config_string (config, "timezone");

	write_true (writer, "autoRemove", request->rm);
	davit_json_writer_integer (writer, "stopSignal", stop_signal_choose (creation));
	davit_json_writer_integer (writer, "stopTimeoutMsec",
				   request->stop_timeout_msec >= 0
					   ? request->stop_timeout_msec
					   : davit_config_integer (config, "stop-timeout"));
	if (request->timeout_msec > 0)
		davit_json_writer_integer (writer, "timeoutMsec", request->timeout_msec);
	if (time_zone != NULL && time_zone[0] != '\0')
		davit_json_writer_string (writer, "timezone", time_zone);
	davit_json_writer_string_if (writer, "pidfile", request->pidfile);
	davit_json_writer_string_if (writer, "cidfile", request->cidfile);
}

static void
write_log (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitCreateRequest *request = creation->request;
	const DavitConfig *config = creation->engine->config;

	davit_json_writer_begin_object (writer, "log");
	davit_json_writer_string (writer, "driver",
				  request->log_driver != NULL
					  ? request->log_driver
					  : davit_config_string (config, "log-driver"));
	davit_json_writer_integer (writer, "maxSize",
				   request->has_log_max_size
					   ? (gint64) request->log_max_size
					   : davit_config_integer (config, "log-size-max"));
	if (request->log_max_files != 0)
		davit_json_writer_integer (writer, "maxFiles", request->log_max_files);
	davit_json_writer_end_object (writer);
}

static void
write_namespace (DavitJsonWriter *writer, const char *key, const DavitNamespace *namespace)
{
	davit_json_writer_begin_object (writer, key);
	davit_json_writer_string (writer, "mode", davit_record_namespace_word (namespace->mode));
	davit_json_writer_string_if (writer, "target", namespace->target);
	davit_json_writer_end_object (writer);
}

static void
write_offset (DavitJsonWriter *writer, const char *key, const DavitRequestOffset *offset)
{
	if (!offset->set)
		return;
	davit_json_writer_begin_object (writer, key);
	davit_json_writer_integer (writer, "secs", offset->seconds);
	davit_json_writer_integer (writer, "nanosecs", offset->nanoseconds);
	davit_json_writer_end_object (writer);
}

static void
write_namespaces (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitRequestNamespaces *wanted = &creation->request->namespaces;

	davit_json_writer_begin_object (writer, "namespaces");
	write_namespace (writer, "pid", &creation->pid);
	write_namespace (writer, "ipc", &creation->ipc);
	write_namespace (writer, "uts", &creation->uts);
	write_namespace (writer, "network", &creation->network_namespace);
	write_namespace (writer, "cgroup", &creation->cgroup);
	write_namespace (writer, "time", &creation->time);
	davit_json_writer_end_object (writer);
	if (!wanted->monotonic.set && !wanted->boottime.set)
		return;
	davit_json_writer_begin_object (writer, "timeOffsets");
	write_offset (writer, "monotonic", &wanted->monotonic);
	write_offset (writer, "boottime", &wanted->boottime);
	davit_json_writer_end_object (writer);
}

static void
write_mount (const DavitRequestMount *mount, DavitJsonWriter *writer)
{
	davit_json_writer_begin_object (writer, NULL);
	davit_json_writer_string (writer, "destination", mount->destination);
	davit_json_writer_string (writer, "type", mount->type);
	davit_json_writer_string_if (writer, "source", mount->source);
	davit_json_writer_strings (writer, "options", (const char *const *) mount->options);
	davit_json_writer_end_object (writer);
}

static void
write_files (const DavitCreation *creation, DavitJsonWriter *writer)
{
	const DavitCreateRequest *request = creation->request;

	if (request->mounts->len > 0) {
		davit_json_writer_begin_array (writer, "mounts");
		for (guint i = 0; i < request->mounts->len; i++)
			write_mount ((const DavitRequestMount *) request->mounts->pdata[i], writer);
		davit_json_writer_end_array (writer);
	}
	davit_creation_write_pairs (writer, "sysctl", request->sysctl);
}

char *
davit_creation_record (const DavitCreation *creation, gsize *ret_length)
{
	g_autoptr (DavitJsonWriter) writer = davit_json_writer_new (FALSE);

	davit_json_writer_begin_object (writer, NULL);
	write_identity (creation, writer);
	write_labels (creation, writer);
	write_process (creation, writer);
	write_life (creation, writer);
	write_log (creation, writer);
	write_namespaces (creation, writer);
	write_files (creation, writer);
	davit_creation_record_security (creation, writer);
	davit_creation_record_limits (creation, writer);
	davit_creation_record_network (creation, writer);
	davit_json_writer_end_object (writer);
	return davit_json_writer_finish (writer, ret_length);
}

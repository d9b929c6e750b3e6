/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The mounts of a container: what each has, files that the engine made, what the user wants.
 * A user's mount at the same place wins. Sorted by depth, so that none hides another below it.
 */

#include "container/spec-private.h"

#include "base/error.h"
#include "base/user.h"

#include <string.h>
#include <unistd.h>

/* Who owns terminals, by the number that it has everywhere. */
#define TTY_GROUP 5

/**
 * Mount: strings are borrowed, from the record or the request, unless they stand in texts.
 */
typedef struct {
	const char *destination;
	const char *type;
	const char *source;
	const char **options; /* NULL-terminated, owned */
	guint depth;
	guint order;
} Mount;

typedef struct {
	const DavitSpecBuild *build;
	GArray *mounts;	  /* Mount */
	GPtrArray *texts; /* made here */
	gboolean privileged;
} Mounts;

static void
mount_clear (gpointer mount)
{
	g_free (((Mount *) mount)->options);
}

static guint
depth_of (const char *path)
{
	guint depth = 0;

	for (; *path != '\0'; path++)
		depth += *path == '/' && path[1] != '\0';
	return depth;
}

/* Of two at one place the later counts. */
static void
mount_put (Mounts *mounts, const char *destination, const char *type, const char *source,
	   const char **options)
{
	Mount mount = {destination, type, source, options, depth_of (destination), 0};

	for (guint i = 0; i < mounts->mounts->len; i++) {
		if (strcmp (g_array_index (mounts->mounts, Mount, i).destination, destination) ==
		    0) {
			g_array_remove_index (mounts->mounts, i);
			break;
		}
	}
	mount.order = mounts->mounts->len;
	g_array_append_val (mounts->mounts, mount);
}

static const char **
options_new (const char *const *options)
{
	guint length = g_strv_length ((char **) options);
	const char **copy = g_new (const char *, length + 1);

	memcpy (copy, options, sizeof *copy * (length + 1));
	return copy;
}

static void
put (Mounts *mounts, const char *destination, const char *type, const char *source,
     const char *const *options)
{
	mount_put (mounts, destination, type, source, options_new (options));
}

/* proc and sysfs show a namespace, and only where that is the user's own may he mount them anew. */
static void
put_kernel (Mounts *mounts, const char *path, const char *type, const char *const *options,
	    const DavitNamespace *shown)
{
	static const char *const bind[] = {"rbind",   "rprivate", "rnosuid",
					   "rnoexec", "rnodev",	  NULL};
	static const char *const bind_read_only[] = {"rbind",  "rprivate", "rnosuid", "rnoexec",
						     "rnodev", "rro",	   NULL};
	gboolean foreign =
		shown->mode == DAVIT_NAMESPACE_HOST || shown->mode == DAVIT_NAMESPACE_PATH;

	if (!foreign || !davit_user_is_ordinary ())
		put (mounts, path, type, type, options);
	else
		put (mounts, path, "bind", path,
		     g_strv_contains (options, "ro") ? bind_read_only : bind);
}

static void
put_base (Mounts *mounts)
{
	static const char *const proc[] = {"nosuid", "noexec", "nodev", NULL};
	static const char *const dev[] = {"nosuid", "strictatime", "mode=755", "size=65536k", NULL};
	static const char *const pts[] = {"nosuid",    "noexec", "newinstance", "ptmxmode=0666",
					  "mode=0620", "gid=5",	 NULL};
	static const char *const pts_bare[] = {"nosuid",	"noexec",    "newinstance",
					       "ptmxmode=0666", "mode=0620", NULL};
	static const char *const sys[] = {"nosuid", "noexec", "nodev", "ro", NULL};
	static const char *const sys_writable[] = {"nosuid", "noexec", "nodev", "rw", NULL};
	static const char *const cgroup[] = {"nosuid", "noexec", "nodev", "relatime", "ro", NULL};
	static const char *const cgroup_writable[] = {"nosuid",	  "noexec", "nodev",
						      "relatime", "rw",	    NULL};

	const DavitRecord *record = mounts->build->record;

	put_kernel (mounts, "/proc", "proc", proc, &record->pid_namespace);
	put (mounts, "/dev", "tmpfs", "tmpfs", dev);
	/* The group "tty" is not there where an ordinary user has only his own. */
	put (mounts, "/dev/pts", "devpts", "devpts",
	     davit_user_is_ordinary () && !davit_user_has_group (TTY_GROUP) ? pts_bare : pts);
	put_kernel (mounts, "/sys", "sysfs", mounts->privileged ? sys_writable : sys,
		    &record->network_namespace);
	put (mounts, "/sys/fs/cgroup", "cgroup", "cgroup",
	     mounts->privileged ? cgroup_writable : cgroup);
}

/* Shared memory and message queues belong to the IPC namespace. */
static gboolean
put_ipc (Mounts *mounts, GError **error)
{
	static const char *const bind[] = {"rbind", "rprivate", "nosuid", "noexec", "nodev", NULL};
	static const char *const mqueue[] = {"nosuid", "noexec", "nodev", NULL};
	const DavitSpecBuild *build = mounts->build;
	DavitNamespaceMode mode = build->record->ipc_namespace.mode;
	gint64 size = 64 * 1024 * 1024;
	char *text;

	if (!davit_json_get_integer (build->json, "shmSize", 1, G_MAXINT64, &size, error))
		return FALSE;
	if (mode == DAVIT_NAMESPACE_HOST) {
		put (mounts, "/dev/shm", "bind", "/dev/shm", bind);
		if (access ("/dev/mqueue", F_OK) == 0)
			put (mounts, "/dev/mqueue", "bind", "/dev/mqueue", bind);
		return TRUE;
	}
	put (mounts, "/dev/mqueue", "mqueue", "mqueue", mqueue);
	if (mode == DAVIT_NAMESPACE_NONE)
		return TRUE;
	text = g_strdup_printf ("size=%" G_GINT64_FORMAT, size);
	g_ptr_array_add (mounts->texts, text);
	put (mounts, "/dev/shm", "tmpfs", "shm",
	     (const char *const[]){"nosuid", "noexec", "nodev", "mode=1777", text, NULL});
	return TRUE;
}

/* What every container has of its own there is not for an image to replace. */
static gboolean
is_for_engine (const char *path)
{
	static const char *const places[] = {"/proc", "/sys", "/dev"};

	if (strcmp (path, "/") == 0)
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
		gsize length = strlen (places[i]);

		if (strncmp (path, places[i], length) == 0 &&
		    (path[length] == '/' || path[length] == '\0'))
			return TRUE;
	}
	return FALSE;
}

/* With a root that can't be written to, programs still need a place for their scratch files. */
static gboolean
put_read_only (Mounts *mounts, GError **error)
{
	static const char *const run[] = {"rw", "nosuid", "nodev", "mode=755", "tmpcopyup", NULL};
	static const char *const tmp[] = {"rw", "nosuid", "nodev", "mode=1777", "tmpcopyup", NULL};
	static const char *const volume[] = {"rw", "nosuid", "nodev", "tmpcopyup", NULL};
	const DavitSpecBuild *build = mounts->build;
	g_autofree const char **volumes = NULL;
	gboolean wanted = TRUE;

	if (!build->record->read_only)
		return TRUE;
	if (!davit_json_get_boolean (build->json, "readOnlyTmpfs", &wanted, error) ||
	    !davit_json_get_strings (build->json, "volumes", &volumes, error))
		return FALSE;
	if (wanted) {
		put (mounts, "/run", "tmpfs", "tmpfs", run);
		put (mounts, "/tmp", "tmpfs", "tmpfs", tmp);
		put (mounts, "/var/tmp", "tmpfs", "tmpfs", tmp);
	}
	/* What an image calls a volume it means to write to. */
	for (guint i = 0; volumes != NULL && volumes[i] != NULL; i++) {
		char *path = g_canonicalize_filename (volumes[i], "/");

		g_ptr_array_add (mounts->texts, path);
		if (!is_for_engine (path))
			put (mounts, path, "tmpfs", "tmpfs", volume);
	}
	return TRUE;
}

/* "SOURCE:DESTINATION"; neither has a colon in it: the engine made both. */
static gboolean
put_files (Mounts *mounts, GError **error)
{
	static const char *const writable[] = {"bind",	 "rprivate", "nosuid",
					       "noexec", "nodev",    NULL};
	static const char *const read_only[] = {"bind",	  "rprivate", "ro", "nosuid",
						"noexec", "nodev",    NULL};
	const char *const *bind = mounts->build->request->file_binds;
	const char *init = NULL;

	for (; bind != NULL && *bind != NULL; bind++) {
		char *source = g_strdup (*bind);
		char *colon = strrchr (source, ':');

		g_ptr_array_add (mounts->texts, source);
		if (colon == NULL || colon[1] != '/')
			return davit_error_set (error, DAVIT_ERROR_FAILED,
						"file \"%s\": must be SOURCE:DESTINATION", *bind);
		*colon = '\0';
		put (mounts, colon + 1, "bind", source,
		     mounts->build->record->read_only ? read_only : writable);
	}
	if (!davit_json_get_string (mounts->build->json, "init", &init, error))
		return FALSE;
	if (init != NULL)
		put (mounts, DAVIT_SPEC_INIT, "bind", init,
		     (const char *const[]){"bind", "rprivate", "ro", "nosuid", "nodev", NULL});
	return TRUE;
}

static gboolean
put_user (Mounts *mounts, const DavitJson *json, GError **error)
{
	const char *destination = NULL, *type = NULL, *source = NULL;
	g_autofree const char **options = NULL;

	if (!davit_json_get_string (json, "destination", &destination, error) ||
	    !davit_json_get_string (json, "type", &type, error) ||
	    !davit_json_get_string (json, "source", &source, error) ||
	    !davit_json_get_strings (json, "options", &options, error))
		return FALSE;
	if (destination == NULL || destination[0] != '/' || type == NULL)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT,
					"mounts: destination or type is missing");
	if (strcmp (type, "bind") == 0 && source == NULL)
		return davit_error_set (error, DAVIT_ERROR_CORRUPT, "mounts: source is missing");
	if (strcmp (type, "bind") == 0 && access (source, F_OK) < 0)
		return davit_error_set (error, DAVIT_ERROR_NOT_FOUND,
					"mount \"%s\": there is no \"%s\" on the host any more",
					destination, source);
	if (options == NULL)
		options = g_new0 (const char *, 1);
	mount_put (mounts, destination, type, source != NULL ? source : type,
		   g_steal_pointer (&options));
	return TRUE;
}

static gboolean
put_users (Mounts *mounts, GError **error)
{
	const DavitJson *array = NULL;

	if (!davit_json_get_array (mounts->build->json, "mounts", &array, error))
		return FALSE;
	for (guint i = 0; i < davit_json_length (array); i++) {
		if (!put_user (mounts, davit_json_element (array, i), error))
			return FALSE;
	}
	return TRUE;
}

static int
mount_compare (gconstpointer first, gconstpointer second)
{
	const Mount *a = (const Mount *) first, *b = (const Mount *) second;

	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void
write_all (Mounts *mounts)
{
	DavitJsonWriter *writer = mounts->build->writer;

	g_array_sort (mounts->mounts, mount_compare);
	davit_json_writer_begin_array (writer, "mounts");
	for (guint i = 0; i < mounts->mounts->len; i++) {
		const Mount *mount = &g_array_index (mounts->mounts, Mount, i);

		davit_json_writer_begin_object (writer, NULL);
		davit_json_writer_string (writer, "destination", mount->destination);
		davit_json_writer_string (writer, "type", mount->type);
		davit_json_writer_string (writer, "source", mount->source);
		davit_json_writer_strings (writer, "options", mount->options);
		davit_json_writer_end_object (writer);
	}
	davit_json_writer_end_array (writer);
}

gboolean
davit_spec_write_mounts (const DavitSpecBuild *build, GError **error)
{
	g_autoptr (GArray) array = g_array_new (FALSE, FALSE, sizeof (Mount));
	g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
	Mounts mounts = {build, array, texts, build->record->privileged};

	g_array_set_clear_func (array, mount_clear);
	put_base (&mounts);
	if (!put_ipc (&mounts, error) || !put_read_only (&mounts, error) ||
	    !put_files (&mounts, error) || !put_users (&mounts, error))
		return FALSE;
	write_all (&mounts);
	return TRUE;
}

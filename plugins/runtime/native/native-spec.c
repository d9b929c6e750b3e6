/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reads config.json. A member that this runtime does not know at all is passed over, as the
 * specification demands; one that it knows and does not do is refused, since whoever wrote it
 * relies on it.
 */

#include "native-spec.h"

#include "native-time.h"
#include "runtime-error.h"
#include "runtime-json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#define NAME_LIMIT 64

static gboolean
spec_check_version (const DavitHost *host, const DavitJson *root, GError **error)
{
	const char *version = NULL;

	if (!runtime_json_require_string (host, root, "ociVersion", &version, error))
		return FALSE;
	if (!g_str_has_prefix (version, "1."))
		return runtime_json_fail (
			error, host, host->json->member (root, "ociVersion"),
			DAVIT_ERROR_UNSUPPORTED,
			"\"%s\": this runtime reads version 1 of the specification", version);
	return TRUE;
}

static gboolean
spec_refuse (const DavitHost *host, const DavitJson *root, const DavitJson *linux_object,
	     GError **error)
{
	static const char *const other_systems[] = {"solaris", "windows", "vm", "zos", "freebsd"};
	static const char *const linux_members[] = {"intelRdt", "memoryPolicy", "netDevices"};
	static const char reason[] = "this runtime does not do that";
	const DavitJson *hooks = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS (other_systems); i++)
		if (!runtime_json_refuse_member (host, root, other_systems[i],
						 "this runtime makes Linux containers", error))
			return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS (linux_members); i++)
		if (!runtime_json_refuse_member (host, linux_object, linux_members[i], reason,
						 error))
			return FALSE;
	if (!host->json->get_object (root, "hooks", &hooks, error))
		return FALSE;
	for (guint i = 0; hooks != NULL && i < host->json->length (hooks); i++)
		if (!runtime_json_refuse_member (host, hooks, host->json->element_key (hooks, i),
						 "this runtime does not run hooks yet", error))
			return FALSE;
	return runtime_json_refuse_member (host, linux_object, "mountLabel",
					   "labels of mounts need SELinux, which this runtime does "
					   "not do yet",
					   error);
}

/*
 * A name of a host may hold anything, says the kernel; a line break in it serves only to deceive.
 */
static gboolean
spec_read_name (const DavitHost *host, const DavitJson *root, const NativeNamespaces *namespaces,
		const char *key, const char **ret, GError **error)
{
	const DavitJson *value = host->json->member (root, key);
	const char *name = NULL;

	if (!host->json->get_string (root, key, &name, error))
		return FALSE;
	if (name == NULL || *name == '\0')
		return TRUE;
	if (strlen (name) > NAME_LIMIT)
		return runtime_json_fail (error, host, value, DAVIT_ERROR_CONFIG,
					  "is longer than %d bytes", NAME_LIMIT);
	for (const char *c = name; *c != '\0'; c++)
		if (g_ascii_iscntrl (*c))
			return runtime_json_fail (error, host, value, DAVIT_ERROR_CONFIG,
						  "holds a control character");
	if (!native_namespaces_have (namespaces, CLONE_NEWUTS))
		return runtime_json_fail (error, host, value, DAVIT_ERROR_CONFIG,
					  "would change the host's name: the container has no uts "
					  "namespace of its own");
	*ret = name;
	return TRUE;
}

static gboolean
spec_read_personality (const DavitHost *host, const DavitJson *linux_object, NativeSpec *spec,
		       GError **error)
{
	const DavitJson *object = NULL;
	const char *domain = NULL;

	if (!host->json->get_object (linux_object, "personality", &object, error))
		return FALSE;
	if (object == NULL)
		return TRUE;
	if (!runtime_json_refuse_member (host, object, "flags",
					 "no flags are defined by the specification", error) ||
	    !runtime_json_require_string (host, object, "domain", &domain, error))
		return FALSE;
	if (g_str_equal (domain, "LINUX"))
		spec->personality = PER_LINUX;
	else if (g_str_equal (domain, "LINUX32"))
		spec->personality = PER_LINUX32;
	else
		return runtime_json_fail (error, host, host->json->member (object, "domain"),
					  DAVIT_ERROR_CONFIG,
					  "\"%s\" is no domain; there are: LINUX, LINUX32", domain);
	spec->has_personality = TRUE;
	return TRUE;
}

static gboolean
spec_read_linux (const DavitHost *host, const DavitJson *linux_object, NativeSpec *spec,
		 GError **error)
{
	return native_namespaces_parse (host, linux_object, &spec->namespaces, error) &&
	       native_userns_parse (host, linux_object, &spec->namespaces, &spec->userns, error) &&
	       native_time_parse (host, linux_object, &spec->namespaces, &spec->time_offsets,
				  error) &&
	       native_sysctl_parse (host, linux_object, &spec->namespaces, &spec->sysctls, error) &&
	       native_devices_parse (host, linux_object, &spec->devices, error) &&
	       runtime_json_paths (host, linux_object, "maskedPaths", &spec->masked_paths, error) &&
	       runtime_json_paths (host, linux_object, "readonlyPaths", &spec->read_only_paths,
				   error) &&
	       spec_read_personality (host, linux_object, spec, error) &&
	       host->json->get_string (linux_object, "cgroupsPath", &spec->cgroups_path, error) &&
	       host->json->get_object (linux_object, "resources", &spec->resources, error) &&
	       host->json->get_object (linux_object, "seccomp", &spec->seccomp, error);
}

/* A joined mount namespace is as it is: what would have to be done to it is not ours to change. */
static gboolean
spec_check_joined_mounts (const NativeSpec *spec, GError **error)
{
	if (!(spec->namespaces.joined_flags & CLONE_NEWNS))
		return TRUE;
	return runtime_error_say (error, DAVIT_ERROR_UNSUPPORTED,
				  "config.json: linux.namespaces: joining a mount namespace is not "
				  "done by this runtime; use exec to run a program in a container");
}

static gboolean
spec_read_document (const NativeSpecRequest *request, NativeSpec *spec, GError **error)
{
	const DavitHost *host = request->host;
	const DavitJson *root = spec->document;
	const DavitJson *linux_object = NULL;
	const DavitJson *process = NULL;

	if (!spec_check_version (host, root, error) ||
	    !host->json->get_object (root, "linux", &linux_object, error) ||
	    !spec_refuse (host, root, linux_object, error) ||
	    !host->json->get_object (root, "process", &process, error))
		return FALSE;
	if (process == NULL)
		return runtime_json_fail (error, host, root, DAVIT_ERROR_CONFIG,
					  "\"process\" is missing");
	if (!spec_read_linux (host, linux_object, spec, error) ||
	    !spec_check_joined_mounts (spec, error) ||
	    !native_process_parse (host, process, &spec->process, error) ||
	    !spec_read_name (host, root, &spec->namespaces, "hostname", &spec->hostname, error) ||
	    !spec_read_name (host, root, &spec->namespaces, "domainname", &spec->domainname,
			     error) ||
	    !native_mounts_parse (host, root, request->bundle_dirfd, &spec->mounts, error) ||
	    !native_rootfs_open (host, root, request->bundle_dirfd, request->rootfs_mount_fd,
				 &spec->rootfs, error))
		return FALSE;
	if (native_namespaces_have (&spec->namespaces, CLONE_NEWUSER))
		spec->devices.bind = TRUE;
	if ((spec->namespaces.new_flags & CLONE_NEWUSER) &&
	    !native_userns_check_process (&spec->userns, &spec->process, error))
		return FALSE;
	for (guint i = 0; i < spec->mounts.n_entries; i++)
		spec->devices.own_dev |= spec->mounts.entries[i]->is_dev;
	return native_mounts_open (&spec->mounts, error);
}

static gboolean
spec_parse (const DavitHost *host, int dirfd, const char *name, NativeSpec *spec, GError **error)
{
	if (!host->files->read_file (dirfd, name, NATIVE_SPEC_LIMIT, &spec->text, &spec->length,
				     error))
		return FALSE;
	spec->document = host->json->parse (spec->text, (gssize) spec->length, error);
	if (spec->document == NULL) {
		g_prefix_error (error, "config.json: ");
		return FALSE;
	}
	if (host->json->type (spec->document) != DAVIT_JSON_OBJECT)
		return runtime_error_say (error, DAVIT_ERROR_CONFIG,
					  "config.json: must be an object");
	return TRUE;
}

static void
spec_init (NativeSpec *spec, const DavitHost *host)
{
	memset (spec, 0, sizeof *spec);
	spec->host = host;
	native_namespaces_init (&spec->namespaces);
	native_rootfs_init (&spec->rootfs);
}

gboolean
native_spec_read (const NativeSpecRequest *request, NativeSpec *spec, GError **error)
{
	spec_init (spec, request->host);
	return spec_parse (request->host, request->bundle_dirfd, "config.json", spec, error) &&
	       spec_read_document (request, spec, error);
}

gboolean
native_spec_read_saved (const DavitHost *host, int dirfd, const char *name, NativeSpec *spec,
			GError **error)
{
	const DavitJson *linux_object = NULL;

	spec_init (spec, host);
	return spec_parse (host, dirfd, name, spec, error) &&
	       host->json->get_object (spec->document, "linux", &linux_object, error) &&
	       spec_read_personality (host, linux_object, spec, error) &&
	       host->json->get_string (linux_object, "cgroupsPath", &spec->cgroups_path, error) &&
	       host->json->get_object (linux_object, "seccomp", &spec->seccomp, error);
}

void
native_spec_clear (NativeSpec *spec)
{
	native_process_clear (&spec->process);
	native_namespaces_clear (&spec->namespaces);
	native_userns_clear (&spec->userns);
	native_rootfs_clear (&spec->rootfs);
	native_mounts_clear (&spec->mounts);
	native_devices_clear (&spec->devices);
	native_sysctl_clear (&spec->sysctls);
	g_clear_pointer (&spec->masked_paths, g_free);
	g_clear_pointer (&spec->read_only_paths, g_free);
	g_clear_pointer (&spec->time_offsets, g_free);
	if (spec->document != NULL)
		spec->host->json->document_free (spec->document);
	spec->document = NULL;
	g_clear_pointer (&spec->text, g_free);
}

/* A further process needs the same filter, when the bundle may be another one or gone. */
gboolean
native_spec_save (int dirfd, const char *text, gsize length, GError **error)
{
	int fd = openat (dirfd, NATIVE_CONFIG_FILE,
			 O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	gsize done = 0;
	ssize_t written = 0;

	if (fd < 0)
		return runtime_error_set (error, errno, "save config.json");
	while (done < length && written >= 0) {
		written = write (fd, text + done, length - done);
		if (written < 0 && errno == EINTR)
			written = 0;
		done += written > 0 ? (gsize) written : 0;
	}
	if (written < 0)
		runtime_error_set (error, errno, "save config.json");
	close (fd);
	return written >= 0;
}

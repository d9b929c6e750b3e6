/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of verbs and flags of docker and podman that davit is without. */

#include "cli/absent.h"

#include "base/error.h"

#include <string.h>

#define NEW " run create "

/* One line an entry: here a macro shows the table better than designators do. */
#define LATER(verbs_, name_, letter_, hint_)                                                       \
	{                                                                                          \
		.verbs = (verbs_), .name = (name_), .letter = (letter_), .hint = (hint_)           \
	}
#define UNLESS(verbs_, name_, harmless_, hint_)                                                    \
	{                                                                                          \
		.verbs = (verbs_), .name = (name_), .harmless = (harmless_), .hint = (hint_)       \
	}
#define NEVER(verbs_, name_, letter_, hint_)                                                       \
	{                                                                                          \
		.verbs = (verbs_), .name = (name_), .letter = (letter_), .hint = (hint_),          \
		.never = TRUE                                                                      \
	}

#define NO_REGISTRY "images are not fetched; load or import them"
#define NO_DAEMON "there is no daemon to connect to"
#define NO_HEALTH "containers are not looked at for their health"

static const DavitAbsent flags[] = {
	/* of run and create */
	LATER (NEW, "arch", 0, "write --platform OS/ARCHITECTURE"),
	LATER (NEW, "authfile", 0, NO_REGISTRY),
	LATER (NEW, "blkio-weight-device", 0, "--blkio-weight is for all devices"),
	LATER (NEW, "chrootdirs", 0, NULL),
	NEVER (NEW, "conmon-pidfile", 0, "--pidfile writes the pid of the first process"),
	LATER (NEW, "cpu-rt-period", 0, NULL),
	LATER (NEW, "cpu-rt-runtime", 0, NULL),
	UNLESS (NEW, "disable-content-trust", "true", NO_REGISTRY),
	LATER (NEW, "domainname", 0, NULL),
	LATER (NEW, "env-merge", 0, "write the whole value with --env"),
	LATER (NEW, "gpus", 0, "give the devices one by one with --device"),
	LATER (NEW, "group-entry", 0, NULL),
	LATER (NEW, "health-cmd", 0, NO_HEALTH),
	LATER (NEW, "health-interval", 0, NO_HEALTH),
	LATER (NEW, "health-on-failure", 0, NO_HEALTH),
	LATER (NEW, "health-retries", 0, NO_HEALTH),
	LATER (NEW, "health-start-interval", 0, NO_HEALTH),
	LATER (NEW, "health-start-period", 0, NO_HEALTH),
	LATER (NEW, "health-startup-cmd", 0, NO_HEALTH),
	LATER (NEW, "health-timeout", 0, NO_HEALTH),
	LATER (NEW, "hostuser", 0, NULL),
	UNLESS (NEW, "http-proxy", "false", "pass the variables on with --env http_proxy"),
	UNLESS (NEW, "image-volume", "ignore", "mount something with --volume or --tmpfs"),
	LATER (NEW, "init-ctr", 0, NULL),
	UNLESS (NEW, "isolation", "default", NULL),
	LATER (NEW, "link", 0, "--network container:NAME shares a network"),
	UNLESS (NEW, "no-healthcheck", "true", NO_HEALTH),
	LATER (NEW, "os", 0, "write --platform OS/ARCHITECTURE"),
	LATER (NEW, "passwd-entry", 0, NULL),
	LATER (NEW, "personality", 0, NULL),
	LATER (NEW, "pod", 0, "--network, --ipc and --pid container:NAME share namespaces"),
	LATER (NEW, "pod-id-file", 0, "--network, --ipc and --pid container:NAME share namespaces"),
	LATER (NEW, "preserve-fd", 0, NULL),
	LATER (NEW, "preserve-fds", 0, "exec has it"),
	LATER (NEW, "requires", 0, NULL),
	LATER (NEW, "rmi", 0, "remove the image with davit rmi"),
	UNLESS (NEW, "sdnotify", "ignore", NULL),
	UNLESS (NEW, "seccomp-policy", "default", "--security-opt seccomp=FILE sets a profile"),
	LATER (NEW, "secret", 0, "mount a file with --volume FILE:TARGET:ro"),
	LATER (NEW, "storage-opt", 0, "a storage plugin is set up in its group of davit.conf"),
	LATER (NEW, "subgidname", 0, NULL),
	LATER (NEW, "subuidname", 0, NULL),
	UNLESS (NEW, "systemd", "false", NULL),
	LATER (NEW, "tls-verify", 0, NO_REGISTRY),
	LATER (NEW, "use-api-socket", 0, NULL),
	LATER (NEW, "variant", 0, "write --platform OS/ARCHITECTURE"),
	LATER (NEW, "volume-driver", 0, NULL),
	LATER (NEW, "volumes-from", 0, "repeat that container's --volume options"),
	/* of verbs on containers */
	LATER (" start stop restart kill pause unpause rm exec attach logs wait inspect ", "latest",
	       'l', "davit ps -lq prints the id of the latest container"),
	LATER (" stop restart kill pause unpause rm ", "cidfile", 0,
	       "name the container by what stands in the file"),
	LATER (" start stop restart pause unpause rm ", "filter", 'f',
	       "davit ps -aq --filter FILTER prints the ids"),
	LATER (" rm ", "depend", 0, "name the others, too"),
	LATER (" logs ", "color", 0, NULL),
	LATER (" logs ", "details", 0, NULL),
	LATER (" ps ", "external", 0, NULL),
	LATER (" ps ", "ns", 0, NULL),
	LATER (" ps ", "pod", 'p', NULL),
	UNLESS (" ps ", "sync", "true", NULL),
	LATER (" ps ", "watch", 'w', "use watch(1)"),
	LATER (" start ", "checkpoint", 0, "davit restore does that"),
	LATER (" checkpoint ", "create-image", 0, NULL),
	LATER (" checkpoint ", "pre-checkpoint", 'P', NULL),
	LATER (" checkpoint ", "with-previous", 0, NULL),
	LATER (" restore ", "import-previous", 0, NULL),
	LATER (" restore ", "pod", 0, NULL),
	LATER (" restore ", "publish", 'p', NULL),
	/* of verbs on images */
	LATER (" images ", "history", 0, "see davit history"),
	LATER (" images ", "tree", 0, NULL),
	LATER (" import ", "variant", 0, NULL),
	UNLESS (" rmi ", "no-prune", "true", NULL),
	LATER (" save ", "compress", 0, "pipe it through gzip; load reads that"),
	{.verbs = " save ", .name = "multi-image-archive", .letter = 'm', .harmless = "true"},
	LATER (" save ", "uncompressed", 0, NULL),
	/* before the verb */
	LATER (NULL, "cgroup-manager", 0, NULL),
	NEVER (NULL, "conmon", 0, "davit has a monitor of its own"),
	NEVER (NULL, "connection", 'c', NO_DAEMON),
	NEVER (NULL, "context", 0, NO_DAEMON),
	LATER (NULL, "events-backend", 0, NULL),
	LATER (NULL, "hooks-dir", 0, NULL),
	NEVER (NULL, "host", 'H', NO_DAEMON),
	NEVER (NULL, "identity", 0, NO_DAEMON),
	NEVER (NULL, "log-level", 'l', "use --verbose or --debug"),
	LATER (NULL, "module", 0, NULL),
	NEVER (NULL, "network-cmd-path", 0,
	       "a network plugin is set up in its group of davit.conf"),
	NEVER (NULL, "remote", 'r', NO_DAEMON),
	NEVER (NULL, "runtime", 0, "write --config engine.runtime=NAME"),
	NEVER (NULL, "storage-driver", 0, "write --config engine.storage=NAME"),
	NEVER (NULL, "storage-opt", 0, "write --config storage.NAME.KEY=VALUE"),
	LATER (NULL, "syslog", 0, NULL),
	NEVER (NULL, "tmpdir", 0, "TMPDIR and --runroot say where files are"),
	NEVER (NULL, "url", 0, NO_DAEMON),
	LATER (NULL, "volumepath", 0, NULL),
	{.name = NULL},
};

#define VERB(name_, hint_)                                                                         \
	{                                                                                          \
		.name = (name_), .hint = (hint_)                                                   \
	}

static const DavitAbsent verbs[] = {
	VERB ("auto-update", NULL),
	VERB ("build", "make a root file system, and davit import it"),
	VERB ("buildx", "make a root file system, and davit import it"),
	VERB ("clone", NULL),
	VERB ("commit", NULL),
	VERB ("compose", NULL),
	VERB ("cp", "pipe a tar archive through davit exec, or mount a directory with --volume"),
	VERB ("df", NULL),
	VERB ("diff", NULL),
	VERB ("events", NULL),
	VERB ("export", "davit exec CONTAINER tar -c / writes an archive"),
	VERB ("farm", NULL),
	VERB ("generate", NULL),
	VERB ("healthcheck", "davit exec runs a command that tells"),
	VERB ("init", "davit start does all of it"),
	VERB ("kube", NULL),
	VERB ("login", NO_REGISTRY),
	VERB ("logout", NO_REGISTRY),
	VERB ("machine", NULL),
	VERB ("manifest", NULL),
	VERB ("mount",
	      "/proc/PID/root leads to the files of one that runs; davit inspect tells PID"),
	VERB ("network", "the network plugins are in davit plugin list"),
	VERB ("play", NULL),
	VERB ("pod", "--network, --ipc and --pid container:NAME of davit run share namespaces"),
	VERB ("port", "see PortBindings in davit inspect"),
	VERB ("prune", "davit rm and davit rmi remove what is named"),
	VERB ("pull", "davit load and davit import read images from files"),
	VERB ("push", "davit save writes images to files"),
	VERB ("rename", NULL),
	VERB ("runlabel", NULL),
	VERB ("search", NO_REGISTRY),
	VERB ("secret", "mount a file with davit run --volume FILE:TARGET:ro"),
	VERB ("stats", "the figures are in its cgroup; see State.CgroupPath in davit inspect"),
	VERB ("top", "davit exec CONTAINER ps lists its processes"),
	VERB ("umount", NULL),
	VERB ("unmount", NULL),
	VERB ("unshare", NULL),
	VERB ("untag", "davit rmi NAME takes a name away"),
	VERB ("update", "limits are set when a container is made"),
	VERB ("volume", "mount a directory with davit run --volume DIRECTORY:TARGET"),
	{.name = NULL},
};

const DavitAbsent *
davit_absent_flags (void)
{
	return flags;
}

const DavitAbsent *
davit_absent_verbs (void)
{
	return verbs;
}

const DavitAbsent *
davit_absent_verb (const char *name)
{
	const char *space = strchr (name, ' ');

	/* "container cp", "image prune": what stands behind a group is called as without it. */
	if (space != NULL)
		name = space + 1;
	for (const DavitAbsent *verb = verbs; verb->name != NULL; verb++) {
		if (strcmp (verb->name, name) == 0)
			return verb;
	}
	return NULL;
}

static gboolean
is_of_verb (const DavitAbsent *flag, const char *verb)
{
	g_autofree char *word = NULL;

	if (verb == NULL || flag->verbs == NULL)
		return verb == flag->verbs;
	word = g_strconcat (" ", verb, " ", NULL);
	return strstr (flag->verbs, word) != NULL;
}

const DavitAbsent *
davit_absent_flag (const char *verb, const char *name, gsize length, char letter)
{
	for (const DavitAbsent *flag = flags; flag->name != NULL; flag++) {
		gboolean named = name != NULL ? strlen (flag->name) == length &&
							memcmp (flag->name, name, length) == 0
					      : flag->letter != 0 && flag->letter == letter;

		if (named && is_of_verb (flag, verb))
			return flag;
	}
	return NULL;
}

gboolean
davit_absent_refuse (const DavitAbsent *absent, const char *what, GError **error)
{
	if (absent->never)
		davit_error_set (error, DAVIT_ERROR_USAGE, "unknown %s", what);
	else
		davit_error_set (error, DAVIT_ERROR_UNSUPPORTED, "%s is not there yet", what);
	return absent->hint != NULL && davit_error_hint (error, "%s", absent->hint);
}

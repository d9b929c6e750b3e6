/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the engine gives to a plugin: log, trace, options, facts, directories, helper programs,
 * and the means to fill in results.
 *
 * One DavitHost belongs to one opened instance. The engine owns it; it stays valid until the
 * instance's close has returned. A plugin runs in a process with a single thread, must not make
 * threads, and must not change the working directory, umask, signal mask or environment.
 */

#pragma once

#include <davit/files.h>
#include <davit/json.h>
#include <davit/plugin.h>

G_BEGIN_DECLS

typedef struct _DavitHost DavitHost;

/* Filled in by a plugin through the host; what keys there are is said at each operation. */
typedef struct _DavitResult DavitResult;

/* The list of needs that probe fills in. */
typedef struct _DavitProbe DavitProbe;

/**
 * DavitLogLevel: since 1.0.
 */
typedef enum {
	DAVIT_LOG_WARNING = 1, /* the result may surprise; shown to the user */
	DAVIT_LOG_INFO = 2,    /* shown with --verbose */
	DAVIT_LOG_DEBUG = 3,   /* shown with --debug */
} DavitLogLevel;

/**
 * DavitCgroupMode: how the host mounts cgroups. Since 1.0.
 */
typedef enum {
	DAVIT_CGROUP_NONE = 0,
	DAVIT_CGROUP_V1 = 1,
	DAVIT_CGROUP_HYBRID = 2, /* v1 controllers, and a v2 tree beside them */
	DAVIT_CGROUP_V2 = 3,
} DavitCgroupMode;

/**
 * DavitFacts: what the engine found out about the host, once. Since 1.0. Check size before
 * reading a later member.
 */
typedef struct {
	gsize size;
	guint32 uid;	      /* the caller's effective user id */
	guint32 gid;	      /* the caller's effective group id */
	gboolean rootless;    /* the engine has no CAP_SYS_ADMIN of its own in the first user ns */
	guint32 kernel_major; /* 6 of 6.1 */
	guint32 kernel_minor; /* 1 of 6.1 */
	DavitCgroupMode cgroups;
	const char *engine_version;
	const char *cgroup_parent; /* from the configuration, or NULL: the runtime chooses */
} DavitFacts;

/**
 * DavitHelper: an external program to run. Since 1.0. The engine copies what it needs.
 */
typedef struct {
	gsize size;
	const char *const *argv; /* NULL-terminated; argv[0] is absolute, or searched in PATH */
	const char *const *envp; /* NULL-terminated "K=V"; NULL: a clean minimal environment */
	const char *input;	 /* text for its standard input, or NULL: /dev/null */
	int netns_fd;		 /* enter this network namespace first; -1: don't */
	int cwd_dirfd;		 /* start in this directory; -1: in / */
	const int *pass_fds;	 /* open as 3, 4, ... in the program; the plugin keeps its own */
	gsize n_pass_fds;
	guint32 timeout_msec; /* it is killed then; 0: 30,000 */
	gsize output_limit;   /* more output than this is an error; 0: 1 MiB */
	/*
	 * Where to write how it ended, or NULL. With it a program that ends by itself is no error,
	 * whatever its status: *ret_output is set, for programs that print there what went wrong.
	 */
	int *ret_status;
	char **ret_complaint; /* with ret_status: its standard error as errors have it; g_free */
	/*
	 * Three descriptors for its standard streams, -1 for what it would have without; or NULL.
	 * What goes to them is not captured.
	 */
	const int *stdio;
	const int *userns_fd; /* enter this user namespace before netns_fd; NULL: don't */
	/*
	 * Not NULL: it runs in a mount namespace of its own, in which the detached mount mount_fd
	 * is attached at this absolute path of a directory. For programs that take a root file
	 * system by its path. The plugin keeps mount_fd, which can't be attached a second time.
	 */
	const char *mount_path;
	int mount_fd;
	/*
	 * It is executed from a read-only mount of its file alone, where the kernel can and may do
	 * that: whoever gets at the program by /proc/PID/exe can't write to it. Such a program
	 * can't find out from /proc/self/exe where it lies.
	 */
	gboolean read_only;
} DavitHelper;

/**
 * DavitHost: the services. Since 1.0. Append only.
 */
struct _DavitHost {
	gsize size;
	const DavitFacts *facts;

	/*
	 * Directories of this plugin alone, made with mode 0700, owned by the engine; don't close
	 * them. state_dirfd survives a reboot, run_dirfd need not. Either may be -1 while a plugin
	 * is only listed or probed.
	 */
	int state_dirfd;
	int run_dirfd;

	/* For what can be made again; shared by all plugins, may be emptied at any time. Or -1. */
	int cache_dirfd;

	const DavitJsonOps *json;
	const DavitFileOps *files;

	/* Writes one line to the log. text has no line break. */
	void (*log) (const DavitHost *host, DavitLogLevel level, const char *text);

	/* Marks a span in the trace. name is copied; spans nest and end in reverse order. */
	void (*trace_begin) (const DavitHost *host, const char *name);
	void (*trace_end) (const DavitHost *host);

	/*
	 * The value of an option of the plugin's table, already checked against its type: the
	 * configured one or the fallback. Strings and lists are owned by the host. An option
	 * without a value gives NULL, FALSE or 0. A key that is not in the table is a defect of the
	 * plugin and answered in the same way, with a warning.
	 */
	const char *(*option_string) (const DavitHost *host, const char *key);
	gboolean (*option_boolean) (const DavitHost *host, const char *key);
	gint64 (*option_integer) (const DavitHost *host, const char *key);
	const char *const *(*option_list) (const DavitHost *host, const char *key);

	/*
	 * Runs an external program to its end, in a process group of its own, with nothing open but
	 * what is passed. What it prints to standard output goes to ret_output (may be NULL; else
	 * free with g_free); its standard error goes into the error. A status other than 0 is
	 * DAVIT_ERROR_HELPER; a program that is not there is DAVIT_ERROR_UNAVAILABLE.
	 */
	gboolean (*run_helper) (const DavitHost *host, const DavitHelper *helper, char **ret_output,
				GError **error);

	/*
	 * Adds a need to a probe: what ("kernel overlay file system"), whether it is met, and,
	 * where it is not, a hint what to do (may be NULL). Strings are copied.
	 */
	void (*probe_add) (DavitProbe *probe, const char *what, gboolean met, const char *hint);

	/*
	 * Fill in a result. Setting a key again adds a value behind the first. Strings are copied;
	 * a file descriptor is taken over, also on failure of the operation later.
	 */
	void (*result_string) (DavitResult *result, const char *key, const char *value);
	void (*result_integer) (DavitResult *result, const char *key, gint64 value);
	void (*result_fd) (DavitResult *result, const char *key, int fd);

	/*
	 * Starts an external program that stays: in a session of its own, a child of the caller,
	 * which goes on when the engine ends. When this returns the program is executed. Its
	 * standard output and error are /dev/null unless stdio says otherwise; timeout_msec,
	 * output_limit, ret_status and ret_complaint are not used. The caller closes ret_pidfd.
	 */
	gboolean (*start_helper) (const DavitHost *host, const DavitHelper *helper, int *ret_pidfd,
				  GError **error);

	/*
	 * The word behind the colon of the NAME:VARIANT by which this instance was asked for: which
	 * of several things that the plugin can drive it is for. A word of letters, digits and
	 * "_.-", or an absolute path. NULL: asked for by the name alone, or only looked at. Each
	 * variant is an instance of its own; all share options and directories.
	 */
	const char *variant;
};

G_END_DECLS

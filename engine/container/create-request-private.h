/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Inside of a request: what create.c and the request-*.c files share. */

#pragma once

#include "container/create-request.h"
#include "container/record.h"

G_BEGIN_DECLS

typedef gboolean (*DavitRequestSet) (DavitCreateRequest *request, const char *option,
				     const char *value, GError **error);

/**
 * DavitRequestOption: one option of a topic's table, which ends with a zeroed entry.
 */
typedef struct {
	const char *name;
	DavitRequestSet set;
} DavitRequestOption;

/**
 * DavitRequestMount: as of the OCI specification. source is absolute, or NULL with a tmpfs.
 */
typedef struct {
	char *destination;
	char *type;
	char *source;
	char **options;
} DavitRequestMount;

typedef struct {
	char *path;
	char *inside;
	char *access;
} DavitRequestDevice;

typedef struct {
	char type;    /* 'a', 'b' or 'c' */
	gint64 major; /* -1: all */
	gint64 minor;
	char *access;
} DavitRequestDeviceRule;

typedef struct {
	char *host_address; /* or NULL */
	guint host_port;    /* 0: any */
	guint container_port;
	guint count;
	const char *protocol;
} DavitRequestPort;

typedef struct {
	const char *type; /* "RLIMIT_NOFILE" */
	guint64 soft;
	guint64 hard;
	gboolean explicit_;
} DavitRequestRlimit;

typedef struct {
	const char *kind; /* member of blockIO: "throttleReadBpsDevice" */
	guint major;
	guint minor;
	guint64 rate;
} DavitRequestThrottle;

typedef struct {
	char *name;
	char *address;
} DavitRequestHost;

/**
 * DavitRequestAttachment: a network that was named; NULL is not said.
 */
typedef struct {
	char *name; /* of a network, or of a network plugin */
	char *interface;
	char *ip;
	char *ip6;
	char *mac_address;
	GPtrArray *aliases;
	GPtrArray *options; /* "key=value", of the driver */
} DavitRequestAttachment;

/**
 * DavitRequestNamespace: a mode, and the word behind ":" as it was written.
 */
typedef struct {
	DavitNamespaceMode mode; /* 0: not said */
	char *target;
} DavitRequestNamespace;

typedef struct {
	gboolean set;
	gint64 seconds;
	guint32 nanoseconds;
} DavitRequestOffset;

/**
 * DavitRequestLimits: 0 is "not said" where nothing else is.
 */
typedef struct {
	guint64 nano_cpus;
	guint64 cpu_shares;
	guint64 cpu_period;
	gint64 cpu_quota; /* -1: no limit */
	char *cpuset_cpus;
	char *cpuset_mems;
	guint64 memory;
	guint64 memory_reservation;
	guint64 memory_swap;
	gboolean memory_swap_any;
	int memory_swappiness; /* -1: not said */
	gboolean oom_kill_disable;
	gboolean has_oom_score_adj;
	int oom_score_adj;
	gboolean has_pids_limit;
	gint64 pids_limit; /* 0: any */
	guint64 shm_size;
	guint blkio_weight;
	GPtrArray *throttles;	/* DavitRequestThrottle */
	GPtrArray *rlimits;	/* DavitRequestRlimit */
	GPtrArray *cgroup_conf; /* "key=value" */
	char *cgroup_parent;
} DavitRequestLimits;

typedef struct {
	GPtrArray *cap_add; /* "CAP_X" or "ALL" */
	GPtrArray *cap_drop;
	char *seccomp; /* NULL: default; "unconfined" or a path */
	char *apparmor;
	gboolean has_no_new_privileges;
	gboolean no_new_privileges;
	GPtrArray *mask;
	GPtrArray *unmask;
	gboolean privileged;
	gboolean read_only;
	gboolean read_only_tmpfs;
} DavitRequestSecurity;

typedef struct {
	DavitRequestNamespace pid, ipc, uts, cgroup, network, time;
	char *network_word; /* the mode that was named; NULL: none was, or networks */
	gboolean network_none;
	DavitRequestOffset monotonic;
	DavitRequestOffset boottime;
} DavitRequestNamespaces;

typedef struct {
	GPtrArray *dns;
	gboolean dns_none;
	GPtrArray *dns_search;
	GPtrArray *dns_option;
	GPtrArray *add_host; /* DavitRequestHost */
	gboolean no_hosts;
	gboolean no_hostname;
	char *hosts_file; /* "none", "image" or a path */
	GPtrArray *ports; /* DavitRequestPort */
	GPtrArray *expose;
	gboolean publish_all;
	GPtrArray *attachments; /* DavitRequestAttachment */
	char *ip;		/* of the only network, as the next two */
	char *ip6;
	char *mac_address;
	GPtrArray *aliases;
} DavitRequestNetwork;

/**
 * DavitRequestEnv: "KEY=VALUE", or a bare "KEY" that is taken away.
 */
typedef struct {
	GPtrArray *files;
	GPtrArray *variables;
	GPtrArray *unset;
	gboolean unset_all;
	gboolean host;
} DavitRequestEnv;

struct _DavitCreateRequest {
	char *image;
	char **command;
	char **origin;
	/* identity */
	char *name;
	char *hostname;
	GPtrArray *labels;	/* "key=value" */
	GPtrArray *annotations; /* "key=value" */
	char *cidfile;
	char *pidfile;
	gboolean replace;
	gboolean start_follows;
	/* process */
	char **entrypoint; /* NULL: the image's; empty: none */
	char *workdir;
	char *user;
	GPtrArray *group_add;
	int umask; /* -1: not said */
	gboolean init;
	char *init_path;
	char *tz;
	int stop_signal;	  /* 0: not said */
	gint64 stop_timeout_msec; /* -1: not said */
	gint64 timeout_msec;
	gboolean passwd;
	gboolean interactive;
	gboolean tty;
	GPtrArray *attach;
	DavitRequestEnv env;
	DavitRequestLimits limits;
	DavitRequestSecurity security;
	DavitRequestNamespaces namespaces;
	DavitRequestNetwork network;
	/* files */
	GPtrArray *mounts; /* DavitRequestMount */
	gboolean rootfs;
	GPtrArray *devices; /* DavitRequestDevice */
	GPtrArray *device_rules;
	GPtrArray *sysctl; /* "key=value" */
	/* life */
	gboolean rm;
	char *os;
	char *architecture;
	char *variant;
	char *log_driver;
	gboolean has_log_max_size;
	guint64 log_max_size;
	guint log_max_files; /* 0: not said */
	/* plugins */
	char *storage;
	guint64 tmpfs_upper; /* bytes; 0: what is written goes to the disk */
	char *network_driver;
	char *runtime;
	char *checkpoint;
};

/* One function a topic; each knows the options that create-request.c sends to it. */
gboolean davit_request_identity_set (DavitCreateRequest *request, const char *option,
				     const char *value, GError **error);
gboolean davit_request_process_set (DavitCreateRequest *request, const char *option,
				    const char *value, GError **error);
gboolean davit_request_env_set (DavitCreateRequest *request, const char *option, const char *value,
				GError **error);
gboolean davit_request_limits_set (DavitCreateRequest *request, const char *option,
				   const char *value, GError **error);
gboolean davit_request_blkio_set (DavitCreateRequest *request, const char *option,
				  const char *value, GError **error);
gboolean davit_request_security_set (DavitCreateRequest *request, const char *option,
				     const char *value, GError **error);
gboolean davit_request_namespaces_set (DavitCreateRequest *request, const char *option,
				       const char *value, GError **error);
gboolean davit_request_network_set (DavitCreateRequest *request, const char *option,
				    const char *value, GError **error);
gboolean davit_request_attachments_set (DavitCreateRequest *request, const char *option,
					const char *value, GError **error);
gboolean davit_request_ports_set (DavitCreateRequest *request, const char *option,
				  const char *value, GError **error);
gboolean davit_request_mounts_set (DavitCreateRequest *request, const char *option,
				   const char *value, GError **error);
gboolean davit_request_devices_set (DavitCreateRequest *request, const char *option,
				    const char *value, GError **error);
gboolean davit_request_life_set (DavitCreateRequest *request, const char *option, const char *value,
				 GError **error);

/* What can only be told when all options are known: those that exclude or need each other. */
gboolean davit_request_check (const DavitCreateRequest *request, GError **error);

/* USAGE: option "--OPTION": "VALUE" TEXT. */
gboolean davit_request_refuse (GError **error, const char *option, const char *value,
			       const char *format, ...) G_GNUC_PRINTF (4, 5);
/* UNSUPPORTED: option "--OPTION": TEXT. */
gboolean davit_request_unsupported (GError **error, const char *option, const char *format, ...)
	G_GNUC_PRINTF (3, 4);

/* Calls the function that a topic's table has for the option. */
gboolean davit_request_dispatch (const DavitRequestOption *table, DavitCreateRequest *request,
				 const char *option, const char *value, GError **error);

/* For handlers. */
gboolean davit_request_switch (const char *option, const char *value, gboolean *ret,
			       GError **error);
void davit_request_text (char **target, const char *value);
/* Makes a path absolute and takes "." and ".." out; the text is owned by *target. */
gboolean davit_request_path (const char *option, const char *value, char **target, GError **error);
/* A place in a container: absolute, without "..", not "/". */
gboolean davit_request_destination (const char *option, const char *value, char **ret,
				    GError **error);
/* No white space, control character or empty text. */
gboolean davit_request_is_word (const char *value);
gboolean davit_request_unsigned (const char *option, const char *value, guint64 minimum,
				 guint64 maximum, guint64 *ret, GError **error);
gboolean davit_request_size (const char *option, const char *value, guint64 *ret, GError **error);
/* family: AF_INET or AF_INET6. */
gboolean davit_request_is_address (const char *text, int family);
gboolean davit_request_is_mac_address (const char *text);
/* With ":" between its bytes, as drivers expect it. */
void davit_request_set_mac_address (char **target, const char *value);
/* Of a domain or host. */
gboolean davit_request_is_domain (const char *text);
/* host, container:NAME and ns:PATH. ret_known: whether it was one of these. */
gboolean davit_request_namespace_common (const char *option, const char *value,
					 DavitRequestNamespace *namespace, gboolean *ret_known,
					 GError **error);
/* Adds a "key=value", and takes an earlier one of that key away. */
void davit_request_put (GPtrArray *pairs, const char *key, gsize key_length, const char *value);
/* Calls back with each line that is neither empty nor a comment. */
gboolean davit_request_read_lines (DavitCreateRequest *request, const char *option,
				   const char *path, DavitRequestSet line, GError **error);

void davit_request_mount_free (gpointer mount);
void davit_request_device_free (gpointer device);
void davit_request_device_rule_free (gpointer rule);
void davit_request_attachment_free (gpointer attachment);
void davit_request_port_free (gpointer port);
void davit_request_host_free (gpointer host);

/* limits, also for those of the configuration; "NAME=SOFT[:HARD]". */
gboolean davit_request_rlimit_parse (const char *option, const char *value, DavitRequestRlimit *ret,
				     GError **error);
/* USAGE if the caller may not raise its own limit to that. */
gboolean davit_request_rlimit_check (const char *option, const char *value,
				     const DavitRequestRlimit *limit, GError **error);
/* The greatest hard limit of a type that the caller may give; RLIM_INFINITY: any. */
guint64 davit_request_rlimit_maximum (const char *type);

/* "CAP_NET_RAW" of "net_raw", "NET_RAW" or "cap_net_raw"; NULL: there is no such one. */
const char *davit_request_capability (const char *name);
/* All that this program knows, in the order of their numbers; NULL-terminated. */
const char *const *davit_request_capabilities (void);

/* The namespace that a kernel parameter belongs to: "ipc", "network" or "uts"; NULL: the host. */
const char *davit_request_sysctl_namespace (const char *key);

G_END_DECLS

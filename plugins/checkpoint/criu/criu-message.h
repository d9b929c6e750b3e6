/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The messages of CRIU's RPC (images/rpc.proto there): what is asked, and what is answered. */

#pragma once

#include "criu-protobuf.h"

G_BEGIN_DECLS

/* criu_req_type */
typedef enum {
	CRIU_REQUEST_DUMP = 1,
	CRIU_REQUEST_RESTORE = 2,
	CRIU_REQUEST_NOTIFY = 6,
	CRIU_REQUEST_FEATURES = 9,
	CRIU_REQUEST_VERSION = 10,
	CRIU_REQUEST_SINGLE_PRE_DUMP = 13,
} CriuRequestType;

/* criu_network_lock_method */
typedef enum {
	CRIU_LOCK_IPTABLES = 1,
	CRIU_LOCK_NFTABLES = 2,
	CRIU_LOCK_SKIP = 3,
} CriuLock;

/* The fields of criu_opts that are used, by their numbers. */
enum {
	CRIU_OPT_IMAGES_DIR_FD = 1,
	CRIU_OPT_PID = 2,
	CRIU_OPT_LEAVE_RUNNING = 3,
	CRIU_OPT_EXT_UNIX_SK = 4,
	CRIU_OPT_TCP_ESTABLISHED = 5,
	CRIU_OPT_EVASIVE_DEVICES = 6,
	CRIU_OPT_FILE_LOCKS = 8,
	CRIU_OPT_LOG_LEVEL = 9,
	CRIU_OPT_LOG_FILE = 10,
	CRIU_OPT_NOTIFY_SCRIPTS = 12,
	CRIU_OPT_ROOT = 13,
	CRIU_OPT_PARENT_IMG = 14,
	CRIU_OPT_TRACK_MEM = 15,
	CRIU_OPT_WORK_DIR_FD = 17,
	CRIU_OPT_LINK_REMAP = 18,
	CRIU_OPT_INHERIT_FD = 27,
	CRIU_OPT_MANAGE_CGROUPS_MODE = 34,
	CRIU_OPT_GHOST_LIMIT = 35,
	CRIU_OPT_EXTERNAL = 37,
	CRIU_OPT_TCP_SKIP_IN_FLIGHT = 46,
	CRIU_OPT_WEAK_SYSCTLS = 47,
	CRIU_OPT_ORPHAN_PTS_MASTER = 50,
	CRIU_OPT_CONFIG_FILE = 51,
	CRIU_OPT_TCP_CLOSE = 52,
	CRIU_OPT_NETWORK_LOCK = 64,
	CRIU_OPT_SKIP_FILE_RWX_CHECK = 66,
};

/* An inherited descriptor: what had this key at dump is that one at restore. */
void criu_message_put_inherit (GByteArray *options, const char *key, int fd);

/* A whole request; options may be NULL. */
GByteArray *criu_message_request (CriuRequestType type, const GByteArray *options);
GByteArray *criu_message_version_request (void);
GByteArray *criu_message_features_request (void);
GByteArray *criu_message_notify_answer (gboolean success);

/* criu_resp */
typedef struct {
	gint32 type; /* CriuRequestType, or another number */
	gboolean success;
	gint32 restored_pid; /* of a restore; 0: none */
	char *script;	     /* of a notification; or NULL */
	gint32 script_pid;
	gint32 number; /* cr_errno */
	char *message; /* cr_errmsg, or NULL */
	gboolean has_features;
	gboolean memory_tracking;
	gboolean has_version;
	gint32 major;
	gint32 minor;
	gint32 sublevel;
} CriuResponse;

/* FALSE: these bytes are no response. ret is to be cleared in any case. */
gboolean criu_message_parse (const guint8 *data, gsize length, CriuResponse *ret);
void criu_response_clear (CriuResponse *response);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CriuResponse, criu_response_clear)

G_END_DECLS

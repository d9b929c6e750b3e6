/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Of the flags, LEAVE_RUNNING is not here: it is a dump's alone. */

#include "criu-options.h"

#include <davit/checkpoint.h>

static void
put_flags (GByteArray *options, guint32 flags)
{
	static const struct {
		guint32 flag;
		guint option;
	} known[] = {
		{DAVIT_CHECKPOINT_EXTERNAL_UNIX, CRIU_OPT_EXT_UNIX_SK},
		{DAVIT_CHECKPOINT_TCP_ESTABLISHED, CRIU_OPT_TCP_ESTABLISHED},
		{DAVIT_CHECKPOINT_TCP_CLOSE, CRIU_OPT_TCP_CLOSE},
		{DAVIT_CHECKPOINT_FILE_LOCKS, CRIU_OPT_FILE_LOCKS},
		{DAVIT_CHECKPOINT_TERMINAL, CRIU_OPT_ORPHAN_PTS_MASTER},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
		criu_protobuf_put_number (options, known[i].option, (flags & known[i].flag) != 0);
}

static void
put_settings (GByteArray *options, const CriuSettings *settings, gboolean tcp)
{
	int lock = settings->network_lock;

	/* Without connections that are kept there is nothing to hold up. */
	if (lock == 0)
		lock = tcp ? CRIU_LOCK_NFTABLES : CRIU_LOCK_SKIP;
	criu_protobuf_put_number (options, CRIU_OPT_NETWORK_LOCK, (guint64) lock);
	criu_protobuf_put_number (options, CRIU_OPT_GHOST_LIMIT, settings->ghost_limit);
	criu_protobuf_put_number (options, CRIU_OPT_LINK_REMAP, settings->link_remap);
	criu_protobuf_put_number (options, CRIU_OPT_TCP_SKIP_IN_FLIGHT,
				  settings->tcp_skip_in_flight);
	criu_protobuf_put_number (options, CRIU_OPT_WEAK_SYSCTLS, settings->weak_sysctls);
	criu_protobuf_put_number (options, CRIU_OPT_SKIP_FILE_RWX_CHECK, !settings->file_check);
	criu_protobuf_put_number (options, CRIU_OPT_LOG_LEVEL, settings->log_level);
	if (settings->config_file != NULL)
		criu_protobuf_put_string (options, CRIU_OPT_CONFIG_FILE, settings->config_file);
}

GByteArray *
criu_options_new (const CriuSettings *settings, guint32 flags, int images_dirfd, int work_dirfd,
		  const char *log_file)
{
	GByteArray *options = g_byte_array_new ();

	criu_protobuf_put_number (options, CRIU_OPT_IMAGES_DIR_FD, (guint64) images_dirfd);
	criu_protobuf_put_number (options, CRIU_OPT_WORK_DIR_FD, (guint64) work_dirfd);
	criu_protobuf_put_string (options, CRIU_OPT_LOG_FILE, log_file);
	/* The groups are the runtime's, which makes them before a restore. */
	criu_protobuf_put_number (options, CRIU_OPT_MANAGE_CGROUPS_MODE, 0);
	put_flags (options, flags);
	put_settings (options, settings, (flags & DAVIT_CHECKPOINT_TCP_ESTABLISHED) != 0);
	return options;
}

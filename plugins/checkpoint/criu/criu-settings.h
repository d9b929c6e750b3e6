/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The driver's options: of the key file, and of one command in front of them. */

#pragma once

#include "criu-message.h"

#include <davit/host.h>

G_BEGIN_DECLS

typedef struct {
	int network_lock; /* CriuLock, or 0: choose */
	guint32 ghost_limit;
	gboolean link_remap;
	gboolean tcp_skip_in_flight;
	gboolean weak_sysctls;
	gboolean file_check;
	guint32 log_level;
	guint32 timeout_msec; /* 0: none */
	char *config_file;    /* or NULL */
} CriuSettings;

extern const DavitOption criu_options[];

/* words: "key=value", or NULL. timeout_msec: of the request, 0: none. */
gboolean criu_settings_read (const DavitHost *host, const char *const *words, guint32 timeout_msec,
			     CriuSettings *ret, GError **error);
void criu_settings_clear (CriuSettings *settings);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CriuSettings, criu_settings_clear)

G_END_DECLS

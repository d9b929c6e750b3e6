/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files cmd-*.c give to the table of verbs. */

#pragma once

#include "cli/verb.h"

G_BEGIN_DECLS

#define DAVIT_CMD(name_)                                                                           \
	gboolean davit_##name_##_main (DavitCli *cli, DavitArguments *arguments, GError **error)

/* Containers */
DAVIT_CMD (run);
DAVIT_CMD (create);
DAVIT_CMD (start);
DAVIT_CMD (stop);
DAVIT_CMD (restart);
DAVIT_CMD (kill);
DAVIT_CMD (pause);
DAVIT_CMD (unpause);
DAVIT_CMD (checkpoint);
DAVIT_CMD (restore);
DAVIT_CMD (rm);
DAVIT_CMD (ps);
DAVIT_CMD (exec);
DAVIT_CMD (attach);
DAVIT_CMD (logs);
DAVIT_CMD (wait);
DAVIT_CMD (inspect);
DAVIT_CMD (container_exists);
DAVIT_CMD (cleanup);

/* Images */
DAVIT_CMD (import);
DAVIT_CMD (load);
DAVIT_CMD (save);
DAVIT_CMD (images);
DAVIT_CMD (tag);
DAVIT_CMD (rmi);
DAVIT_CMD (history);
DAVIT_CMD (image_exists);
DAVIT_CMD (image_convert);

/* System */
DAVIT_CMD (info);
DAVIT_CMD (version);
DAVIT_CMD (config_show);
DAVIT_CMD (plugin_list);
DAVIT_CMD (plugin_info);
DAVIT_CMD (plugin_check);
DAVIT_CMD (plugin_new);
DAVIT_CMD (system_check);
DAVIT_CMD (system_reset);
DAVIT_CMD (help);

/* Hidden */
DAVIT_CMD (complete);
DAVIT_CMD (generate);

extern const DavitFlag davit_create_flags[];
extern const DavitFlag davit_run_flags[];
extern const DavitFlag davit_start_flags[];
extern const DavitFlag davit_stop_flags[];
extern const DavitFlag davit_restart_flags[];
extern const DavitFlag davit_kill_flags[];
extern const DavitFlag davit_pause_flags[];
extern const DavitFlag davit_checkpoint_flags[];
extern const DavitFlag davit_restore_flags[];
extern const DavitFlag davit_rm_flags[];
extern const DavitFlag davit_ps_flags[];
extern const DavitFlag davit_exec_flags[];
extern const DavitFlag davit_attach_flags[];
extern const DavitFlag davit_logs_flags[];
extern const DavitFlag davit_wait_flags[];
extern const DavitFlag davit_inspect_flags[];
extern const DavitFlag davit_image_convert_flags[];
extern const DavitFlag davit_import_flags[];
extern const DavitFlag davit_load_flags[];
extern const DavitFlag davit_save_flags[];
extern const DavitFlag davit_images_flags[];
extern const DavitFlag davit_rmi_flags[];
extern const DavitFlag davit_history_flags[];
extern const DavitFlag davit_format_flags[];
extern const DavitFlag davit_list_flags[];
extern const DavitFlag davit_plugin_check_flags[];
extern const DavitFlag davit_system_check_flags[];
extern const DavitFlag davit_system_reset_flags[];

extern const DavitField davit_ps_fields[];
extern const DavitField davit_images_fields[];
extern const DavitField davit_history_fields[];
extern const DavitField davit_config_fields[];
extern const DavitField davit_plugin_fields[];

/* More for their manual pages: paragraphs, and examples that begin with "$ ". */
extern const char davit_run_manual[];
extern const char davit_create_manual[];
extern const char davit_checkpoint_manual[];
extern const char davit_restore_manual[];
extern const char davit_rm_manual[];
extern const char davit_ps_manual[];
extern const char davit_exec_manual[];
extern const char davit_inspect_manual[];
extern const char davit_image_convert_manual[];
extern const char davit_import_manual[];
extern const char davit_images_manual[];
extern const char davit_rmi_manual[];
extern const char davit_plugin_list_manual[];
extern const char davit_plugin_check_manual[];
extern const char davit_plugin_new_manual[];
extern const char davit_system_check_manual[];

G_END_DECLS

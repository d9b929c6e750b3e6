/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names that exist. */

#include "cli/complete-names.h"

#include "base/log.h"
#include "base/text.h"
#include "cli/ps.h"

#include <signal.h>
#include <string.h>

static void
containers_add (DavitEngine *engine, gboolean running, DavitCompleteFunc func, gpointer data)
{
	g_autoptr (GPtrArray) containers = running ? davit_container_list_running (engine, NULL)
						   : davit_container_list (engine, NULL);

	for (guint i = 0; containers != NULL && i < containers->len; i++) {
		const DavitContainer *container = g_ptr_array_index (containers, i);
		g_autofree char *status = davit_ps_status_text (container, davit_text_now ());

		if (container->name != NULL)
			func (container->name, status, data);
	}
}

static void
images_add (DavitEngine *engine, DavitCompleteFunc func, gpointer data)
{
	g_autoptr (GPtrArray) images = NULL;
	g_autoptr (GPtrArray) damaged = NULL;

	if (!davit_image_store_list (engine->images, &images, &damaged, NULL))
		return;
	for (guint i = 0; i < images->len; i++) {
		const DavitImage *image = g_ptr_array_index (images, i);
		g_autofree char *size = davit_text_size (image->size);

		for (char **name = image->names; *name != NULL; name++) {
			func (*name, size, data);
			/* What the user calls it. */
			if (g_str_has_prefix (*name, "localhost/"))
				func (*name + strlen ("localhost/"), size, data);
		}
	}
}

static void
plugins_add (DavitEngine *engine, const char *kind, DavitCompleteFunc func, gpointer data)
{
	g_autoptr (GPtrArray) reports = davit_drivers_list (engine->drivers, NULL);

	for (guint i = 0; reports != NULL && i < reports->len; i++) {
		const DavitPluginReport *report = g_ptr_array_index (reports, i);
		const char *word = davit_drivers_kind_name (report->kind);
		g_autofree char *whole = g_strconcat (word, "/", report->name, NULL);
		const char *summary = report->summary == NULL ? "" : report->summary;
		g_autofree char *safe = davit_log_escape (summary);

		if (kind == NULL)
			func (whole, safe, data);
		else if (strcmp (kind, word) == 0)
			func (report->name, safe, data);
	}
}

static void
signals_add (DavitCompleteFunc func, gpointer data)
{
	for (int signal = 1; signal < SIGRTMIN; signal++) {
		const char *name = davit_text_signal_name (signal);

		if (name != NULL && g_str_has_prefix (name, "SIG"))
			func (name, "signal", data);
	}
}

static gboolean
fixed_add (const char *kind, DavitCompleteFunc func, gpointer data)
{
	static const struct {
		const char *kind;
		const char *words;
	} fixed[] = {
		{"stream", "stdin stdout stderr"},
		{"capability",
		 "all audit_control audit_read audit_write block_suspend bpf checkpoint_restore "
		 "chown dac_override dac_read_search fowner fsetid ipc_lock ipc_owner kill lease "
		 "linux_immutable mac_admin mac_override mknod net_admin net_bind_service "
		 "net_broadcast net_raw perfmon setfcap setgid setpcap setuid sys_admin sys_boot "
		 "sys_chroot sys_module sys_nice sys_pacct sys_ptrace sys_rawio sys_resource "
		 "sys_time sys_tty_config syslog wake_alarm"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (fixed); i++) {
		g_auto (GStrv) words = g_strsplit (fixed[i].words, " ", -1);

		if (strcmp (fixed[i].kind, kind) != 0)
			continue;
		for (char **word = words; *word != NULL; word++)
			func (*word, kind, data);
		return TRUE;
	}
	return FALSE;
}

void
davit_complete_names (DavitCli *cli, const char *kind, DavitCompleteFunc func, gpointer data)
{
	if (fixed_add (kind, func, data))
		return;
	if (strcmp (kind, "signal") == 0) {
		signals_add (func, data);
		return;
	}
	if (davit_cli_engine (cli, NULL) == NULL)
		return;
	if (strcmp (kind, "container") == 0 || strcmp (kind, "running") == 0)
		containers_add (cli->engine, kind[0] == 'r', func, data);
	else if (strcmp (kind, "image") == 0)
		images_add (cli->engine, func, data);
	else if (strcmp (kind, "plugin") == 0)
		plugins_add (cli->engine, NULL, func, data);
	else if (g_str_has_prefix (kind, "plugin-"))
		plugins_add (cli->engine, kind + strlen ("plugin-"), func, data);
}

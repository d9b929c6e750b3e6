/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a start holds while it is prepared. */

#include "container/prepare.h"

#include "base/fd.h"

static void
result_free (gpointer result)
{
	davit_result_free ((DavitResult *) result);
}

void
davit_prepared_init (DavitPrepared *prepared, DavitContainer *container, const DavitRecord *record,
		     DavitRun *run)
{
	DavitJoined *const joined[] = {&prepared->network, &prepared->pid,    &prepared->ipc,
				       &prepared->uts,	   &prepared->cgroup, &prepared->time,
				       &prepared->user};

	*prepared = (DavitPrepared){
		.container = container,
		.record = record,
		.run = run,
		.run_dir = davit_container_run_path (container->engine, container->id),
		.mount_fd = -1,
		.rootfs_fd = -1,
		.attached = g_ptr_array_new_with_free_func (result_free),
	};
	for (guint i = 0; i < G_N_ELEMENTS (joined); i++)
		davit_joined_init (joined[i]);
	for (guint i = 0; i < DAVIT_RECORD_NETWORKS; i++)
		prepared->helper_fds[i] = prepared->hold_fds[i] = -1;
}

void
davit_prepared_clear (DavitPrepared *prepared)
{
	DavitJoined *const joined[] = {&prepared->network, &prepared->pid,    &prepared->ipc,
				       &prepared->uts,	   &prepared->cgroup, &prepared->time,
				       &prepared->user};

	/* Never initialized: its descriptors would be 0. */
	if (prepared->container == NULL)
		return;
	for (guint i = 0; i < G_N_ELEMENTS (joined); i++)
		davit_joined_clear (joined[i]);
	g_clear_pointer (&prepared->netns, davit_netns_discard);
	davit_fd_close (&prepared->mount_fd);
	davit_fd_close (&prepared->rootfs_fd);
	g_clear_pointer (&prepared->run_dir, g_free);
	g_clear_pointer (&prepared->attached, g_ptr_array_unref);
	for (guint i = 0; i < DAVIT_RECORD_NETWORKS; i++) {
		davit_fd_close (&prepared->helper_fds[i]);
		davit_fd_close (&prepared->hold_fds[i]);
	}
}

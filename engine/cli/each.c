/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The loop over containers. */

#include "cli/each.h"

#include "base/error.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

/* As many are at work at once. They mostly wait for a container to end. */
#define PARALLEL_LIMIT 32

/* One container and what it was called. */
typedef struct {
	DavitContainer *container;
	char *name;
	pid_t pid; /* of the process that is at work on it; 0: none */
} Job;

static void
job_free (gpointer data)
{
	Job *job = data;

	davit_container_free (job->container);
	g_free (job->name);
	g_free (job);
}

/* Takes container. */
static void
job_add (GPtrArray *jobs, DavitContainer *container, const char *name)
{
	Job *job = g_new0 (Job, 1);

	job->container = container;
	job->name = g_strdup (name);
	g_ptr_array_add (jobs, job);
}

static gboolean
jobs_of_all (DavitEngine *engine, const DavitEach *each, GPtrArray *jobs, GError **error)
{
	g_autoptr (GPtrArray) containers = davit_container_list (engine, error);

	if (containers == NULL)
		return FALSE;
	while (containers->len > 0) {
		DavitContainer *container = g_ptr_array_index (containers, 0);

		if (each->statuses != 0 && (each->statuses & (1u << container->status)) == 0) {
			g_ptr_array_remove_index (containers, 0);
			continue;
		}
		job_add (jobs, g_ptr_array_steal_index (containers, 0), container->id);
	}
	return TRUE;
}

static void
jobs_of_names (DavitCli *cli, const DavitEach *each, GPtrArray *jobs)
{
	for (const char *const *name = each->names; *name != NULL; name++) {
		g_autoptr (GError) error = NULL;
		DavitContainer *container = davit_container_find (cli->engine, *name, &error);

		if (container != NULL)
			job_add (jobs, container, *name);
		else if (!each->ignore || !davit_error_matches (error, DAVIT_ERROR_NOT_FOUND))
			davit_cli_fail (cli, &error);
	}
}

static gboolean
job_work (DavitCli *cli, const DavitEach *each, const Job *job)
{
	g_autoptr (GError) error = NULL;

	return each->func (cli, job->container, each->data, &error) || davit_cli_fail (cli, &error);
}

static void
job_print (DavitCli *cli, const DavitEach *each, const Job *job)
{
	g_autoptr (GError) error = NULL;

	if (!each->silent && !davit_cli_print_line (job->name, &error))
		davit_cli_fail (cli, &error);
}

/* Where no process can be made the work is done here. */
static void
job_start (DavitCli *cli, const DavitEach *each, Job *job)
{
	job->pid = fork ();
	if (job->pid > 0)
		return;
	if (job->pid == 0) {
		cli->status = 0;
		job_work (cli, each, job);
		_exit (cli->status);
	}
	job->pid = 0;
	if (job_work (cli, each, job))
		job_print (cli, each, job);
}

static void
job_finish (DavitCli *cli, const DavitEach *each, Job *job)
{
	int status = 0;

	if (job->pid == 0)
		return;
	while (waitpid (job->pid, &status, 0) < 0 && errno == EINTR)
		;
	job->pid = 0;
	if (status == 0)
		job_print (cli, each, job);
	else
		cli->status = MAX (cli->status, WIFEXITED (status) ? WEXITSTATUS (status)
								   : DAVIT_CLI_STATUS_ENGINE);
}

/* Names are printed in the order in which they were given. */
static void
jobs_run_parallel (DavitCli *cli, const DavitEach *each, GPtrArray *jobs)
{
	for (guint i = 0; i < jobs->len + PARALLEL_LIMIT; i++) {
		if (i >= PARALLEL_LIMIT)
			job_finish (cli, each, g_ptr_array_index (jobs, i - PARALLEL_LIMIT));
		if (i < jobs->len)
			job_start (cli, each, g_ptr_array_index (jobs, i));
	}
}

static void
jobs_run (DavitCli *cli, const DavitEach *each, GPtrArray *jobs)
{
	for (guint i = 0; i < jobs->len; i++) {
		const Job *job = g_ptr_array_index (jobs, i);

		if (job_work (cli, each, job))
			job_print (cli, each, job);
	}
}

static gboolean
names_check (const DavitCli *cli, const DavitEach *each, GError **error)
{
	if (each->all && each->names[0] != NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"%s\": --all and the name \"%s\" exclude each other",
					cli->verb->name, each->names[0]);
	if (!each->all && each->names[0] == NULL)
		return davit_error_set (error, DAVIT_ERROR_USAGE,
					"\"%s\" needs %s; see davit %s --help", cli->verb->name,
					cli->verb->synopsis, cli->verb->name);
	return TRUE;
}

gboolean
davit_each_container (DavitCli *cli, const DavitEach *each, GError **error)
{
	g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func (job_free);

	if (!names_check (cli, each, error) || davit_cli_engine (cli, error) == NULL)
		return FALSE;
	if (!each->all)
		jobs_of_names (cli, each, jobs);
	else if (!jobs_of_all (cli->engine, each, jobs, error))
		return FALSE;
	if (each->parallel && jobs->len > 1)
		jobs_run_parallel (cli, each, jobs);
	else
		jobs_run (cli, each, jobs);
	return TRUE;
}

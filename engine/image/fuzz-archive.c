/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of the unpacker (libFuzzer): any bytes are refused or unpacked, within bounded time and
 * memory, nothing beside the target is touched, and what was unpacked can be packed and unpacked
 * again to the same bytes. The first byte chooses the form of whiteouts.
 */

#include "base/fd.h"
#include "base/path.h"
#include "image/archive-work.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);
size_t LLVMFuzzerCustomMutator (guint8 *bytes, size_t size, size_t limit, unsigned int seed);
size_t LLVMFuzzerMutate (guint8 *bytes, size_t size, size_t limit);

/* A header that was changed would be refused for its checksum, before anything of interest. */
static void
mend_checksum (guint8 *header)
{
	char digits[8];
	guint sum = 0;

	memset (header + 148, ' ', 8);
	for (gsize i = 0; i < BLOCK; i++)
		sum += header[i];
	g_snprintf (digits, sizeof (digits), "%06o", sum);
	memcpy (header + 148, digits, 7);
}

size_t
LLVMFuzzerCustomMutator (guint8 *bytes, size_t size, size_t limit, unsigned int seed)
{
	size = LLVMFuzzerMutate (bytes, size, limit);
	for (gsize at = 1; at + BLOCK <= size && seed % 8 != 0; at += BLOCK) {
		if (memcmp (bytes + at + 257, "ustar", 5) == 0)
			mend_checksum (bytes + at);
	}
	return size;
}

static int
memory_with (const guint8 *bytes, gsize size)
{
	int fd = memfd_create ("fuzz", MFD_CLOEXEC);

	if (fd < 0 || !davit_fd_write (fd, bytes, size, "input", NULL) ||
	    lseek (fd, 0, SEEK_SET) != 0)
		__builtin_trap ();
	return fd;
}

/* A new directory in one that only the fuzzer has. */
static int
directory_new (int top, const char *name)
{
	int fd;

	if (!davit_path_remove_tree (top, name, NULL) || mkdirat (top, name, 0700) < 0)
		__builtin_trap ();
	fd = openat (top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		__builtin_trap ();
	return fd;
}

static gboolean
unpack (int input, int target, DavitWhiteouts whiteouts)
{
	DavitArchiveUnpack request = {
		.input_fd = input,
		.target_dirfd = target,
		.whiteouts = whiteouts,
	};
	ArchiveReply reply = {.fd = -1};
	DavitArchiveSummary summary = {0};
	gboolean done = archive_work_unpack (&request, &reply, &summary, NULL);

	davit_archive_summary_clear (&summary);
	return done;
}

static char *
pack (int source, int output, DavitWhiteouts whiteouts)
{
	DavitArchivePack request = {
		.source_dirfd = source,
		.output_fd = output,
		.whiteouts = whiteouts,
	};
	ArchiveReply reply = {.fd = -1};
	DavitArchiveSummary summary = {0};
	char *digest = NULL;

	if (archive_work_pack (&request, &reply, &summary, NULL))
		digest = g_strdup (summary.digest);
	davit_archive_summary_clear (&summary);
	return digest;
}

/* What came out goes in again. */
static void
check_round_trip (int top, int target, DavitWhiteouts whiteouts)
{
	davit_autofd packed = memory_with ((const guint8 *) "", 0);
	davit_autofd again = memory_with ((const guint8 *) "", 0);
	davit_autofd second = -1;
	g_autofree char *first_digest = pack (target, packed, whiteouts);
	g_autofree char *second_digest = NULL;

	if (first_digest == NULL)
		__builtin_trap ();
	second = directory_new (top, "second");
	if (lseek (packed, 0, SEEK_SET) != 0 || !unpack (packed, second, whiteouts))
		__builtin_trap ();
	second_digest = pack (second, again, whiteouts);
	if (g_strcmp0 (first_digest, second_digest) != 0)
		__builtin_trap ();
}

/* Whether all that was ever there is still all there is. */
static void
check_canary (int top)
{
	g_autofree char *text = NULL;
	struct stat status;
	davit_autofd fd = openat (top, "canary", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat (fd, &status) < 0 || status.st_nlink != 1 ||
	    !davit_fd_read (fd, 100, "canary", &text, NULL, NULL) || strcmp (text, "bird") != 0)
		__builtin_trap ();
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	static const DavitWhiteouts forms[] = {
		DAVIT_WHITEOUTS_APPLY,
		DAVIT_WHITEOUTS_OVERLAY,
		DAVIT_WHITEOUTS_OVERLAY_USER,
	};
	g_autofree char *path =
		g_strdup_printf ("%s/davit-fuzz-archive-%d", g_get_tmp_dir (), (int) getpid ());
	DavitWhiteouts whiteouts;
	davit_autofd top = -1;
	davit_autofd target = -1;
	davit_autofd input = -1;
	davit_autofd canary = -1;

	if (size < 1)
		return 0;
	umask (0);
	whiteouts = forms[bytes[0] % G_N_ELEMENTS (forms)];
	if (!davit_path_open_private (path, 0700, &top, NULL))
		__builtin_trap ();
	canary = openat (top, "canary", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (canary < 0 || !davit_fd_write (canary, "bird", 4, "canary", NULL))
		__builtin_trap ();
	target = directory_new (top, "target");
	input = memory_with (bytes + 1, size - 1);
	if (unpack (input, target, whiteouts))
		check_round_trip (top, target, whiteouts);
	check_canary (top);
	davit_path_remove_tree (top, "target", NULL);
	davit_path_remove_tree (top, "second", NULL);
	davit_path_remove_tree (top, "canary", NULL);
	rmdir (path);
	return 0;
}

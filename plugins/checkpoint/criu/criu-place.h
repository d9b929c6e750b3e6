/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What CRIU alone sees below /run: a tmpfs with the root file system and the sources of mounts, and
 * what it knows about the kernel.
 */

#pragma once

#include "criu-spawn.h"

#include <davit/host.h>

G_BEGIN_DECLS

/* Paths in CRIU's mount namespace. */
#define CRIU_PLACE_ROOT "/run/root"

typedef struct {
	const DavitHost *host;
	int fd;		    /* of the tmpfs */
	GArray *mounts;	    /* of CriuSpawnMount, in the order in which they are attached */
	GPtrArray *paths;   /* texts that belong to it */
	GPtrArray *sources; /* of texts, by the number of the source */
	GArray *fds;	    /* descriptors that belong to it */
	gboolean has_sysfs;
	char *kernel_key;    /* what the knowledge about the kernel is good for; or NULL: it is not
			      kept */
	gboolean has_kernel; /* it was there */
} CriuPlace;

/* A tmpfs that is nowhere yet, with so many inodes ("0": any number); -1 and errno. */
int criu_place_tmpfs (const char *inodes, guint attributes);

/* program: the one that runs there. */
gboolean criu_place_init (CriuPlace *place, const DavitHost *host, const char *program,
			  GError **error);
void criu_place_clear (CriuPlace *place);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CriuPlace, criu_place_clear)

/* Gives it what is known about the kernel, if anything is. criu_place_init does it, too. */
void criu_place_give_kernel (CriuPlace *place);

/* The detached mount rootfs_fd is at CRIU_PLACE_ROOT. */
gboolean criu_place_add_root (CriuPlace *place, int rootfs_fd, GError **error);

/* Source number index: a copy of the detached mount fd; -1: an empty directory. */
gboolean criu_place_add_source (CriuPlace *place, guint index, int fd, GError **error);

/* The next source: a sysfs of the network that the spawn enters. */
gboolean criu_place_add_sysfs (CriuPlace *place, GError **error);

/* Where it is. */
const char *criu_place_source (const CriuPlace *place, guint index);

/* For a spawn. */
void criu_place_use (const CriuPlace *place, CriuSpawn *spawn);

/* Keeps what CRIU found out about the kernel for the next time. Errors are none. */
void criu_place_keep_kernel (CriuPlace *place);

G_END_DECLS

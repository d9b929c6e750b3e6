/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the files of the image store share.
 *
 * Locks: what changes names or blobs holds the lock of images/ while it does so: publishing
 * (rename blobs, write the name), tag, remove, collect. So no blob can be taken for garbage between
 * its rename and its name. Nothing slow happens under it but removal: blobs are staged, layers
 * unpacked and all of it synced before. Layers have locks of their own (layer-lock.h). Who removes
 * images has that of content/ from the first name to the last blob, so that what is on its way out
 * is not reported as lost. Readers take none.
 */

#pragma once

#include "image/archive.h"
#include "image/image-store.h"
#include "image/names.h"
#include "image/stage.h"

G_BEGIN_DECLS

struct _DavitImageStore {
	DavitPaths *paths;
	DavitDrivers *drivers;
	char *program;	/* davit-archive */
	int content_fd; /* content/; -1 until davit_store_open */
	int blobs_fd;	/* content/sha256/ */
	int images_fd;	/* images/ */
	DavitProgressFunc progress;
	gpointer progress_data;
};

/* Makes the directories and opens them; repeatable. */
gboolean davit_store_open (DavitImageStore *store, GError **error);

/* The lock of images/, until davit_store_unlock. */
gboolean davit_store_lock (DavitImageStore *store, GError **error);
void davit_store_unlock (DavitImageStore *store);

/*
 * The lock of content/: who removes names takes it before that of images/, and gives it back when
 * what they led to is gone, too. Repeatable.
 */
gboolean davit_store_removal_begin (DavitImageStore *store, GError **error);
void davit_store_removal_end (DavitImageStore *store);

/**
 * DavitStoreStep: one thing that takes long, as the progress function and the worker know it.
 */
typedef struct {
	DavitImageStore *store;
	char *what;
	DavitArchiveWorker worker;
} DavitStoreStep;

void davit_store_step_begin (DavitStoreStep *step, DavitImageStore *store, const char *format, ...)
	G_GNUC_PRINTF (3, 4);
/* Says that it is finished. */
void davit_store_step_end (DavitStoreStep *step);
void davit_store_step_clear (DavitStoreStep *step);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DavitStoreStep, davit_store_step_clear)

/* The image of a record: reads and verifies manifest and configuration. names may be NULL. */
DavitImage *davit_store_read_image (DavitImageStore *store, const char *manifest_digest,
				    const char *const *names, GError **error);

/* Only the names of an image, under the lock that the caller holds. Durable when it returns. */
gboolean davit_store_name_image (DavitImageStore *store, const DavitImage *image, GError **error);

/*
 * Publishes what is staged, and gives the images (DavitImage) their names, which are full; one
 * that has none gets a record without. All of it is durable when it returns.
 */
gboolean davit_store_publish (DavitImageStore *store, DavitStage *stage, const GPtrArray *images,
			      GError **error);

/*
 * Unpacks the layers of an image that storage lacks, from the blobs of stage or else from the
 * content. A layer that is there already is not unpacked, but if its blob is new, and compressed,
 * it is checked against its diff id all the same.
 */
typedef struct {
	const DavitImage *image;
	DavitStorage *storage; /* NULL: only check the blobs */
	DavitStage *stage;     /* or NULL */
	gboolean trusted;      /* the blobs were made or scanned just now, and fit their diff ids */
	DavitImageHold **ret_hold; /* as of davit_image_store_hold; NULL: not wanted */
} DavitStoreUnpack;

gboolean davit_store_unpack (DavitImageStore *store, const DavitStoreUnpack *request,
			     GError **error);

/**
 * DavitStoreCopy: a layer whose blob is gone, from another storage plugin that has it.
 */
typedef struct {
	const DavitImage *image;
	guint index;
	DavitStorage *storage; /* the one that lacks it */
	int target_dirfd;      /* of its layer_begin */
	DavitWhiteouts whiteouts;
} DavitStoreCopy;

/* NOT_FOUND: nobody has it, or only as a whole tree. What was packed again fits no diff id. */
gboolean davit_store_copy_layer (DavitImageStore *store, const DavitStoreCopy *request,
				 GError **error);

/*
 * The storage plugins that have something in this root, opened. What can't be opened is in
 * ret_failures as a text.
 */
gboolean davit_store_storages (DavitImageStore *store, GPtrArray **ret_storages,
			       GPtrArray **ret_failures, GError **error);

G_END_DECLS

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The images of one root: content by digest, names, and the layers that storage plugins hold.
 *
 *     content/sha256/<hex>   blobs, immutable, verified before their name appears
 *     content/stage/<random> what is being made; garbage once the process that made it is gone
 *     content/layers.lock    held while a layer is unpacked, and until a container stands on it
 *     images/<name>          one small JSON file a name:
 *                            {"version":1,"name":...,"manifest":digest,"id":digest}
 *
 * An image that lost its last name to another, or came without one, keeps a record that has no name
 * until it is removed.
 *
 * What leads to nothing any more is removed by the verb that made it so; a crash leaves at most
 * blobs and layers without a name, which davit_image_store_collect takes away.
 */

#pragma once

#include "driver/storage-driver.h"
#include "image/image.h"

G_BEGIN_DECLS

typedef struct _DavitImageStore DavitImageStore;

/* paths and drivers must outlive the store. Opens nothing before it is needed. */
DavitImageStore *davit_image_store_new (DavitPaths *paths, DavitDrivers *drivers);
void davit_image_store_free (DavitImageStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitImageStore, davit_image_store_free)

/*
 * Called while something takes long; total is 0 if it is not known. Each step ends with done ==
 * total or TRUE for finished.
 */
typedef void (*DavitProgressFunc) (const char *what, guint64 done, guint64 total, gboolean finished,
				   gpointer data);
void davit_image_store_set_progress (DavitImageStore *store, DavitProgressFunc func, gpointer data);

/*
 * reference: NAME[:TAG][@DIGEST], or an id, or at least 4 digits of one if that is unambiguous. A
 * name without a registry is localhost/NAME, else docker.io's, else the only other one that ends
 * in it (reference.h).
 * NOT_FOUND, CORRUPT (names the blob), USAGE (not a reference, or an ambiguous id).
 */
DavitImage *davit_image_store_resolve (DavitImageStore *store, const char *reference,
				       GError **error);

/* Whether what names an image is the path of a file: it begins with "/", "./" or "../". */
gboolean davit_image_is_path (const char *word);

/*
 * The image that a file is (image/file.h), with /bin/sh as its program. It is not taken into the
 * store, and has no manifest, configuration or blobs. NOT_FOUND, PERMISSION; USAGE: it is of no
 * format that is run as it is, and what to do instead.
 */
DavitImage *davit_image_store_open_file (DavitImageStore *store, const char *path, GError **error);

/* All images, newest first. A damaged one is not in it but in ret_damaged, as a text (or NULL). */
gboolean davit_image_store_list (DavitImageStore *store, GPtrArray **ret_images,
				 GPtrArray **ret_damaged, GError **error);

/*
 * Sees to it that a storage plugin holds every layer of an image: unpacks those that are missing,
 * verifies each against its diff id, makes all visible with one commit.
 */
gboolean davit_image_store_unpack (DavitImageStore *store, const DavitImage *image,
				   DavitStorage *storage, GError **error);

/**
 * DavitImageHold: as long as there is one, davit_image_store_collect leaves the layers of an image
 * alone.
 */
typedef struct _DavitLayerLocks DavitImageHold;

/*
 * The same, and keeps them there until ret_hold is freed: for who makes a container, up to where
 * its record says that it uses them.
 */
gboolean davit_image_store_hold (DavitImageStore *store, const DavitImage *image,
				 DavitStorage *storage, DavitImageHold **ret_hold, GError **error);
void davit_image_hold_free (DavitImageHold *hold);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DavitImageHold, davit_image_hold_free)

/*
 * The same, and looks whether what is there is what it was when it was made: another storage plugin
 * than the configured one can be used at once then. Repeatable. CORRUPT: a layer is damaged.
 */
gboolean davit_image_store_convert (DavitImageStore *store, const DavitImage *image,
				    DavitStorage *storage, GError **error);

gboolean davit_image_store_tag (DavitImageStore *store, const char *reference, const char *name,
				GError **error);

/**
 * DavitImageRemove: what to remove, and what stands in the way.
 */
typedef struct {
	const char *reference;
	gboolean force;		     /* also if it has several names */
	const char *const *used_ids; /* ids of images that containers were made from */
} DavitImageRemove;

/*
 * Removes a name, and the image if that was its last one. ret_lines: "Untagged: NAME", "Deleted:
 * DIGEST" in docker's form. BUSY if a container uses it, or it has several names and force is not
 * set (by id). Needs no free space, and no blob that can still be read. What the image was made of
 * is left to davit_image_store_collect, so that removing many looks at all of it only once.
 */
gboolean davit_image_store_remove (DavitImageStore *store, const DavitImageRemove *request,
				   GPtrArray **ret_lines, GError **error);

/* Gives the chain ids that containers use. Free ret_chain_ids with g_strfreev. */
typedef gboolean (*DavitUsedFunc) (char ***ret_chain_ids, gpointer data, GError **error);

/*
 * Removes blobs and layers that no name leads to. Layers that containers use are kept; used is
 * asked when nobody can begin to use one any more, NULL: there is no container. Where a layer is
 * held just now, all layers stay until the next time.
 */
gboolean davit_image_store_collect (DavitImageStore *store, DavitUsedFunc used, gpointer data,
				    GPtrArray **ret_lines, GError **error);

/**
 * DavitImageImport: a root file system becomes an image of one layer.
 */
typedef struct {
	const char *path; /* a tar archive, or a directory; NULL: fd */
	int fd;		  /* read from here */
	const char *name; /* or NULL: the image has only an id */
	const char *const
		*changes;    /* Dockerfile lines: CMD ENTRYPOINT ENV EXPOSE LABEL STOPSIGNAL USER
				       VOLUME WORKDIR; NULL-terminated, or NULL */
	const char *message; /* or NULL */
	const char *architecture; /* or NULL: the host's */
	const char *os;		  /* or NULL: "linux" */
	DavitStorage *storage;	  /* unpacks into it */
} DavitImageImport;

gboolean davit_image_store_import (DavitImageStore *store, const DavitImageImport *request,
				   DavitImage **ret_image, GError **error);

/**
 * DavitImageLoad: images from an OCI layout (directory or tar) or a "docker save" archive.
 */
typedef struct {
	const char *path; /* NULL: fd */
	int fd;
	const char *name;      /* for an image that the source gives no name, or NULL */
	DavitStorage *storage; /* unpacks into it; NULL: only when an image is used */
} DavitImageLoad;

/* ret_images: DavitImage. A source with no image in it is CORRUPT. */
gboolean davit_image_store_load (DavitImageStore *store, const DavitImageLoad *request,
				 GPtrArray **ret_images, GError **error);

typedef enum {
	DAVIT_IMAGE_FORMAT_DOCKER_ARCHIVE = 1,
	DAVIT_IMAGE_FORMAT_OCI_ARCHIVE = 2,
	DAVIT_IMAGE_FORMAT_OCI_DIRECTORY = 3,
} DavitImageFormat;

/**
 * DavitImageSave: images to an archive or a directory.
 */
typedef struct {
	const char *const *references; /* NULL-terminated */
	DavitImageFormat format;
	const char *path; /* of the directory (made if missing, must be empty); else NULL */
	int fd;		  /* of the archive */
} DavitImageSave;

gboolean davit_image_store_save (DavitImageStore *store, const DavitImageSave *request,
				 GError **error);

/* "sub/name:tag" → "localhost/sub/name:tag"; NULL and USAGE if it is no name. g_free it. */
char *davit_image_normalize_name (const char *name, GError **error);

/* Findings about the store, each a line of text; repair mends what can be mended. */
gboolean davit_image_store_check (DavitImageStore *store, gboolean repair, GPtrArray **ret_findings,
				  GError **error);

G_END_DECLS

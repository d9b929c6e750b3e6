/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes the OCI layout of the default image when davit is built: one file in one layer. It runs on
 * the machine that builds, needs no tool, and writes the same bytes every time.
 *
 *     make-layout PROGRAM ARCHITECTURE DIRECTORY
 */

#include <glib.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 512

/* The first of January 2025: a layer must not depend on when it was made. */
#define LAYER_TIME 1735689600
#define LAYER_TIME_TEXT "2025-01-01T00:00:00Z"

#define LABEL_TITLE "\"org.opencontainers.image.title\":\"hello\""

static void
header_append (GByteArray *tar, const char *name, gsize size, guint mode)
{
	char header[BLOCK] = {0};
	guint sum = 0;

	g_snprintf (header, 100, "%s", name);
	g_snprintf (header + 100, 8, "%07o", mode);
	g_snprintf (header + 108, 8, "%07o", 0u);
	g_snprintf (header + 116, 8, "%07o", 0u);
	g_snprintf (header + 124, 12, "%011" G_GINT64_MODIFIER "o", (guint64) size);
	g_snprintf (header + 136, 12, "%011o", LAYER_TIME);
	memset (header + 148, ' ', 8);
	header[156] = '0';
	memcpy (header + 257, "ustar\00000", 8);
	for (gsize i = 0; i < BLOCK; i++)
		sum += (guchar) header[i];
	g_snprintf (header + 148, 8, "%06o", sum);
	g_byte_array_append (tar, (const guint8 *) header, BLOCK);
}

/* The archive ends with two empty blocks, and what is in it is padded to whole ones. */
static GByteArray *
layer_make (const char *program, gsize length)
{
	static const guint8 zeros[2 * BLOCK] = {0};
	GByteArray *tar = g_byte_array_new ();

	header_append (tar, "hello", length, 0755);
	g_byte_array_append (tar, (const guint8 *) program, (guint) length);
	g_byte_array_append (tar, zeros, (guint) ((BLOCK - length % BLOCK) % BLOCK));
	g_byte_array_append (tar, zeros, sizeof zeros);
	return tar;
}

static gboolean
file_write (const char *directory, const char *name, const void *data, gsize length, GError **error)
{
	g_autofree char *path = g_build_filename (directory, name, NULL);

	return g_file_set_contents (path, data, (gssize) length, error);
}

/* Writes a blob and gives its digest. */
static char *
blob_write (const char *directory, const void *data, gsize length, GError **error)
{
	g_autofree char *hex = g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, length);
	g_autofree char *name = g_build_filename ("blobs", "sha256", hex, NULL);

	return file_write (directory, name, data, length, error)
		       ? g_strconcat ("sha256:", hex, NULL)
		       : NULL;
}

static char *
config_make (const char *architecture, const char *diff_id)
{
	return g_strdup_printf (
		"{\"created\":\"" LAYER_TIME_TEXT "\",\"author\":\"davit\",\"architecture\":\"%s\","
		"\"os\":\"linux\",\"config\":{\"Cmd\":[\"/hello\"],\"WorkingDir\":\"/\","
		"\"Labels\":{" LABEL_TITLE
		"}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]},"
		"\"history\":[{\"created\":\"" LAYER_TIME_TEXT "\",\"created_by\":\"davit\","
		"\"comment\":\"the default image\"}]}",
		architecture, diff_id);
}

static char *
manifest_make (const char *config, gsize config_size, const char *layer, gsize layer_size)
{
	return g_strdup_printf (
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
		"\"digest\":\"%s\",\"size\":%" G_GSIZE_FORMAT "},"
		"\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\","
		"\"digest\":\"%s\",\"size\":%" G_GSIZE_FORMAT "}]}",
		config, config_size, layer, layer_size);
}

static char *
index_make (const char *manifest, gsize size, const char *architecture)
{
	return g_strdup_printf (
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
		"\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"digest\":\"%s\",\"size\":%" G_GSIZE_FORMAT ","
		"\"platform\":{\"architecture\":\"%s\",\"os\":\"linux\"},"
		"\"annotations\":{\"org.opencontainers.image.ref.name\":\"hello\"}}]}",
		manifest, size, architecture);
}

static gboolean
layout_write (const char *directory, const char *architecture, const GByteArray *layer,
	      GError **error)
{
	static const char version[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	g_autofree char *layer_digest = blob_write (directory, layer->data, layer->len, error);
	g_autofree char *config = NULL;
	g_autofree char *config_digest = NULL;
	g_autofree char *manifest = NULL;
	g_autofree char *manifest_digest = NULL;
	g_autofree char *index = NULL;

	if (layer_digest == NULL)
		return FALSE;
	/* The layer is not compressed, so that its digest is its diff id. */
	config = config_make (architecture, layer_digest);
	config_digest = blob_write (directory, config, strlen (config), error);
	if (config_digest == NULL)
		return FALSE;
	manifest = manifest_make (config_digest, strlen (config), layer_digest, layer->len);
	manifest_digest = blob_write (directory, manifest, strlen (manifest), error);
	if (manifest_digest == NULL)
		return FALSE;
	index = index_make (manifest_digest, strlen (manifest), architecture);
	return file_write (directory, "index.json", index, strlen (index), error) &&
	       file_write (directory, "oci-layout", version, strlen (version), error);
}

/* Go's names, which images have, for meson's. */
static const char *
architecture_name (const char *cpu)
{
	static const char *const names[][2] = {
		{"x86_64", "amd64"},	    {"x86", "386"},	  {"aarch64", "arm64"},
		{"riscv64", "riscv64"},	    {"ppc64", "ppc64le"}, {"s390x", "s390x"},
		{"loongarch64", "loong64"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
		if (strcmp (names[i][0], cpu) == 0)
			return names[i][1];
	}
	return cpu;
}

/* Blobs of an earlier build would be installed with the others. */
static void
blobs_clear (const char *blobs)
{
	g_autoptr (GDir) directory = g_dir_open (blobs, 0, NULL);
	const char *name;

	while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
		g_autofree char *path = g_build_filename (blobs, name, NULL);

		remove (path);
	}
}

int
main (int argc, char **argv)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (GByteArray) layer = NULL;
	g_autofree char *program = NULL;
	g_autofree char *blobs = NULL;
	gsize length;

	if (argc != 4) {
		fprintf (stderr, "make-layout PROGRAM ARCHITECTURE DIRECTORY\n");
		return 2;
	}
	blobs = g_build_filename (argv[3], "blobs", "sha256", NULL);
	if (g_mkdir_with_parents (blobs, 0755) != 0) {
		fprintf (stderr, "make-layout: can't make \"%s\"\n", blobs);
		return 1;
	}
	blobs_clear (blobs);
	if (!g_file_get_contents (argv[1], &program, &length, &error)) {
		fprintf (stderr, "make-layout: %s\n", error->message);
		return 1;
	}
	layer = layer_make (program, length);
	if (!layout_write (argv[3], architecture_name (argv[2]), layer, &error)) {
		fprintf (stderr, "make-layout: %s\n", error->message);
		return 1;
	}
	return 0;
}

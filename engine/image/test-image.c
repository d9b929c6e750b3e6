/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Manifests, configurations and histories. */

#include "base/digest.h"
#include "base/error.h"
#include "image/compose.h"
#include "image/image-parse.h"

#include <string.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX
#define CONFIG_TYPE "\"mediaType\":\"application/vnd.oci.image.config.v1+json\""
#define CONFIG "\"config\":{" CONFIG_TYPE ",\"digest\":\"" DIGEST "\",\"size\":10}"
#define LAYER "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"" DIGEST "\""
#define ROOTFS "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" DIGEST "\"]}"

static DavitImage *
parse (const char *config, GError **error)
{
	g_autofree char *manifest =
		g_strdup_printf ("{\"schemaVersion\":2,\"config\":{" CONFIG_TYPE
				 ",\"digest\":\"" DIGEST "\",\"size\":%zu},\"layers\":[" LAYER
				 ",\"size\":7}]}",
				 strlen (config));
	DavitImageParse request = {
		.manifest = manifest,
		.manifest_length = strlen (manifest),
		.manifest_digest = "sha256:m",
		.config = config,
		.config_length = strlen (config),
	};

	return davit_image_parse (&request, error);
}

static void
assert_words (char **words, const char *joined)
{
	g_autofree char *text = g_strjoinv ("|", words);

	g_assert_cmpstr (text, ==, joined);
}

static void
test_whole (void)
{
	static const char config[] =
		"{\"created\":\"2025-01-01T00:00:00.5Z\",\"architecture\":\"arm64\",\"os\":"
		"\"linux\","
		"\"variant\":\"v8\",\"author\":\"me\",\"config\":{\"User\":\"1:2\","
		"\"WorkingDir\":\"srv\",\"StopSignal\":\"SIGQUIT\",\"Entrypoint\":[],"
		"\"Cmd\":[\"a\",\"b\"],\"Env\":[\"A=b\",\"C=\"],\"Volumes\":{\"/v\":{},\"w\":{}},"
		"\"ExposedPorts\":{\"80/tcp\":{}},\"Labels\":{\"k\":\"v\",\"n\":null}}," ROOTFS "}";
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitImage) image = parse (config, &error);

	g_assert_no_error (error);
	g_assert_cmpstr (image->id, ==, DIGEST);
	g_assert_cmpstr (image->manifest_digest, ==, "sha256:m");
	g_assert_cmpint (image->created, ==, G_GINT64_CONSTANT (1735689600500000000));
	g_assert_cmpstr (image->architecture, ==, "arm64");
	g_assert_cmpstr (image->variant, ==, "v8");
	g_assert_cmpstr (image->author, ==, "me");
	g_assert_cmpstr (image->user, ==, "1:2");
	g_assert_cmpstr (image->working_dir, ==, "/srv");
	g_assert_cmpstr (image->stop_signal, ==, "SIGQUIT");
	g_assert_true (image->has_entrypoint);
	assert_words (image->entrypoint, "");
	assert_words (image->cmd, "a|b");
	assert_words (image->env, "A=b|C=");
	assert_words (image->volumes, "/v|/w");
	assert_words (image->exposed_ports, "80/tcp");
	assert_words (image->labels, "k=v|n=");
	assert_words (image->diff_ids, DIGEST);
	/* The chain id of the lowest layer is its diff id. */
	assert_words (image->chain_ids, HEX);
	assert_words (image->names, "");
	g_assert_cmpuint (image->size, >, sizeof config + 7);
}

static void
test_bare (void)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitImage) image =
		parse ("{\"created\":\"0001-01-01T00:00:00Z\",\"config\":null," ROOTFS "}", &error);

	g_assert_no_error (error);
	g_assert_cmpint (image->created, ==, 0);
	g_assert_null (image->user);
	g_assert_null (image->architecture);
	g_assert_false (image->has_entrypoint);
	assert_words (image->cmd, "");
	assert_words (image->env, "");
	assert_words (image->labels, "");
}

static void
test_big_label (void)
{
	g_autofree char *value = g_strnfill (1024 * 1024, 'x');
	g_autofree char *config =
		g_strdup_printf ("{\"config\":{\"Labels\":{\"big\":\"%s\"}}," ROOTFS "}", value);
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitImage) image = parse (config, &error);

	g_assert_no_error (error);
	g_assert_cmpuint (strlen (image->labels[0]), ==, strlen (value) + strlen ("big="));
}

static void
test_bad_config (void)
{
	static const char *const table[][2] = {
		{"[]", "must be an object"},
		{"{}", "\"rootfs.type\": must be \"layers\""},
		{"{\"rootfs\":{\"type\":\"other\",\"diff_ids\":[]}}",
		 "\"rootfs.type\": must be \"layers\""},
		{"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"../../x\"]}}",
		 "\"rootfs.diff_ids[0]\": \"../../x\" is no digest"},
		{"{\"config\":{\"Env\":[\"A=1\",\"PATH\"]}," ROOTFS "}",
		 "\"config.Env[1]\": \"PATH\" is not KEY=VALUE"},
		{"{\"config\":{\"Env\":[\"=x\"]}," ROOTFS "}",
		 "\"config.Env[0]\": \"=x\" is not KEY=VALUE"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
		g_autoptr (GError) error = NULL;
		g_autofree char *text = g_strdup_printf ("config \"" DIGEST "\": %s", table[i][1]);

		g_assert_null (parse (table[i][0], &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
		g_assert_cmpstr (error->message, ==, text);
	}
}

/* The reader's own words follow. */
static void
test_bad_types (void)
{
	static const char *const table[] = {
		"",
		"{\"config\":{\"Cmd\":\"x\"}," ROOTFS "}",
		"{\"config\":{\"Labels\":{\"a\":1}}," ROOTFS "}",
		"{\"config\":[]," ROOTFS "}",
		"{\"config\":{\"User\":\"a\\u0000b\"}," ROOTFS "}",
		"{\"config\":{},\"config\":{}," ROOTFS "}",
		"{\"created\":\"2025-13-41T00:00:00Z\"," ROOTFS "}",
	};

	for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
		g_autoptr (GError) error = NULL;

		g_assert_null (parse (table[i], &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
		g_assert_true (g_str_has_prefix (error->message, "config \"" DIGEST "\": "));
	}
}

static void
test_layer_count (void)
{
	g_autoptr (GError) error = NULL;

	g_assert_null (parse ("{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}", &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_cmpstr (error->message, ==,
			 "image \"" DIGEST "\": has 1 layers, and diff ids for 0");
}

typedef struct {
	const char *text;
	DavitErrorCode code;
	const char *message;
} Bad;

static void
test_bad_manifest (void)
{
	static const Bad table[] = {
		{"[]", DAVIT_ERROR_CORRUPT, "must be an object"},
		{"{\"schemaVersion\":1}", DAVIT_ERROR_UNSUPPORTED,
		 "\"schemaVersion\": must be 2, and is 1"},
		{"{\"schemaVersion\":2,\"mediaType\":\"text/html\"}", DAVIT_ERROR_UNSUPPORTED,
		 "media type \"text/html\" is no image"},
		{"{\"schemaVersion\":2}", DAVIT_ERROR_CORRUPT, "\"config\": is missing"},
		{"{\"schemaVersion\":2," CONFIG ",\"layers\":[],\"manifests\":[]}",
		 DAVIT_ERROR_CORRUPT, "is a manifest and an index at the same time"},
		{"{\"schemaVersion\":2,\"mediaType\":"
		 "\"application/vnd.oci.image.manifest.v1+json\"," CONFIG ",\"manifests\":[]}",
		 DAVIT_ERROR_CORRUPT, "is a manifest and an index at the same time"},
		{"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/x\",\"digest\":"
		 "\"" DIGEST "\",\"size\":1}}",
		 DAVIT_ERROR_UNSUPPORTED,
		 "\"config\": media type \"application/x\" is not that of a container image"},
		{"{\"schemaVersion\":2,\"config\":{" CONFIG_TYPE ",\"digest\":\"" DIGEST
		 "\",\"size\":99999999}}",
		 DAVIT_ERROR_CORRUPT,
		 "\"config\": 99999999 bytes are more than the 8388608 that are read"},
		{"{\"schemaVersion\":2,\"config\":{" CONFIG_TYPE
		 ",\"digest\":\"sha256:../../../x\","
		 "\"size\":1}}",
		 DAVIT_ERROR_CORRUPT, "\"config\": \"sha256:../../../x\" is no digest"},
		{"{\"schemaVersion\":2,\"config\":{" CONFIG_TYPE ",\"digest\":\"sha512:00\","
		 "\"size\":1}}",
		 DAVIT_ERROR_UNSUPPORTED, "\"config\": digest \"sha512:00\" is not of sha256"},
		{"{\"schemaVersion\":2,\"config\":{" CONFIG_TYPE ",\"digest\":\"" DIGEST "\"}}",
		 DAVIT_ERROR_CORRUPT, "\"config\": digest or size is missing"},
		{"{\"schemaVersion\":2," CONFIG ",\"layers\":[{\"mediaType\":\"text/plain\","
		 "\"digest\":\"" DIGEST "\",\"size\":1}]}",
		 DAVIT_ERROR_UNSUPPORTED,
		 "\"layers[0]\": media type \"text/plain\" is no layer that can be unpacked"},
		{"{\"schemaVersion\":2," CONFIG ",\"layers\":[{\"digest\":\"" DIGEST
		 "\",\"size\":1}]}",
		 DAVIT_ERROR_CORRUPT, "\"layers[0]\": mediaType is missing"},
		{"{\"schemaVersion\":2," CONFIG ",\"layers\":[7]}", DAVIT_ERROR_CORRUPT,
		 "\"layers[0]\": must be an object"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
		g_autoptr (GError) error = NULL;

		g_assert_null (
			davit_manifest_parse (table[i].text, strlen (table[i].text), NULL, &error));
		g_assert_nonnull (error);
		g_assert_cmpstr (error->message, ==, table[i].message);
		g_assert_true (g_error_matches (error, DAVIT_ERROR, (gint) table[i].code));
	}
}

static void
test_bad_size (void)
{
	static const char *const sizes[] = {"-1", "1.5", "1099511627777", "99999999999999999999",
					    "\"7\""};

	for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
		g_autoptr (GError) error = NULL;
		g_autofree char *text = g_strdup_printf ("{\"schemaVersion\":2," CONFIG
							 ",\"layers\":[" LAYER ",\"size\":%s}]}",
							 sizes[i]);

		g_assert_null (davit_manifest_parse (text, strlen (text), NULL, &error));
		g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
		g_assert_nonnull (strstr (error->message, "layers[0].size"));
	}
}

static void
test_promised_type (void)
{
	static const char text[] = "{\"schemaVersion\":2,\"mediaType\":"
				   "\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}";
	g_autoptr (GError) error = NULL;

	g_assert_null (davit_manifest_parse (text, strlen (text), DAVIT_MEDIA_MANIFEST, &error));
	g_assert_error (error, DAVIT_ERROR, DAVIT_ERROR_CORRUPT);
	g_assert_cmpstr (error->message, ==,
			 "\"mediaType\": is \"application/vnd.oci.image.index.v1+json\", and "
			 "\"application/vnd.oci.image.manifest.v1+json\" was promised");
}

static void
test_history (void)
{
	g_autoptr (GError) error = NULL;
	g_autoptr (DavitImage) image = parse (
		"{\"history\":[{\"created_by\":\"one\",\"created\":\"2025-01-01T00:00:00Z\"},"
		"{\"created_by\":\"two\",\"empty_layer\":true,\"comment\":\"c\"},7]," ROOTFS "}",
		&error);
	g_autoptr (GPtrArray) history = NULL;
	const DavitImageHistory *step;

	g_assert_no_error (error);
	history = davit_image_history (image);
	g_assert_cmpuint (history->len, ==, 3);
	step = g_ptr_array_index (history, 1);
	g_assert_cmpstr (step->created_by, ==, "two");
	g_assert_cmpstr (step->comment, ==, "c");
	g_assert_true (step->empty_layer);
	g_assert_cmpuint (step->size, ==, 0);
	step = g_ptr_array_index (history, 2);
	g_assert_cmpstr (step->created_by, ==, "one");
	g_assert_cmpuint (step->size, ==, 7);
	g_assert_cmpint (step->created, ==, G_GINT64_CONSTANT (1735689600000000000));
}

/* A layer without a step is shown nevertheless. */
static void
test_no_history (void)
{
	g_autoptr (DavitImage) image = parse ("{" ROOTFS "}", NULL);
	g_autoptr (GPtrArray) history = davit_image_history (image);

	g_assert_cmpuint (history->len, ==, 1);
	g_assert_cmpuint (((DavitImageHistory *) g_ptr_array_index (history, 0))->size, ==, 7);
}

/* As the tools of others write it again: else the image gets another id on its way through them. */
static void
test_compose_time (void)
{
	static const struct {
		gint64 created;
		const char *text;
	} times[] = {
		{G_GINT64_CONSTANT (1735689600123456789), "2025-01-01T00:00:00.123456789Z"},
		{G_GINT64_CONSTANT (1735689600123456780), "2025-01-01T00:00:00.12345678Z"},
		{G_GINT64_CONSTANT (1735689600500000000), "2025-01-01T00:00:00.5Z"},
		{G_GINT64_CONSTANT (1735689610000000000), "2025-01-01T00:00:10Z"},
	};
	static const char *const no_lines[] = {NULL};
	g_autoptr (DavitChanges) changes = davit_changes_parse (no_lines, NULL);

	for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
		DavitComposeConfig request = {
			.changes = changes,
			.architecture = "amd64",
			.os = "linux",
			.diff_id = "sha256:0",
			.created_by = "test",
			.created = times[i].created,
		};
		gsize length = 0;
		g_autofree char *text = davit_compose_config (&request, &length);
		g_autoptr (DavitJson) json = davit_json_parse (text, (gssize) length, NULL);

		g_assert_cmpstr (davit_json_string (davit_json_member (json, "created")), ==,
				 times[i].text);
	}
}

int
main (int argc, char **argv)
{
	g_test_init (&argc, &argv, NULL);
	g_test_add_func ("/image/compose-time", test_compose_time);
	g_test_add_func ("/image/whole", test_whole);
	g_test_add_func ("/image/bare", test_bare);
	g_test_add_func ("/image/big-label", test_big_label);
	g_test_add_func ("/image/bad-config", test_bad_config);
	g_test_add_func ("/image/bad-types", test_bad_types);
	g_test_add_func ("/image/layer-count", test_layer_count);
	g_test_add_func ("/image/bad-manifest", test_bad_manifest);
	g_test_add_func ("/image/bad-size", test_bad_size);
	g_test_add_func ("/image/promised-type", test_promised_type);
	g_test_add_func ("/image/history", test_history);
	g_test_add_func ("/image/no-history", test_no_history);
	return g_test_run ();
}

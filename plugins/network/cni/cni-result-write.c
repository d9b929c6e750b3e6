/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A result as the next plugin wants it. Members that davit does not know stay: a chain may have an
 * agreement of its own.
 */

#include "cni-json.h"
#include "cni-result.h"

#include <davit/error.h>

#include <string.h>

static void
copy_member (const DavitJsonOps *json, const char *key, const DavitJson *value, GString *out)
{
	g_autofree char *text = json->to_text (value);

	cni_json_raw (out, key, text);
}

static void
write_interface (const DavitJsonOps *json, const DavitJson *object, CniSandbox sandbox,
		 GString *out)
{
	cni_json_open (out, NULL, '{');
	for (guint i = 0; i < json->length (object); i++) {
		const char *key = json->element_key (object, i);
		const DavitJson *value = json->element (object, i);

		if (strcmp (key, "sandbox") == 0 && sandbox.recorded != NULL &&
		    g_strcmp0 (json->string (value), sandbox.recorded) == 0)
			cni_json_string (out, key, sandbox.now);
		else
			copy_member (json, key, value, out);
	}
	cni_json_close (out, '}');
}

/* Before 1.0.0 each address says of which version of IP it is. */
static void
write_address (const DavitJsonOps *json, const DavitJson *object, CniVersion version, GString *out)
{
	const char *address = json->string (json->member (object, "address"));

	cni_json_open (out, NULL, '{');
	if (version < CNI_VERSION_1_0_0)
		cni_json_string (out, "version", strchr (address, ':') != NULL ? "6" : "4");
	for (guint i = 0; i < json->length (object); i++) {
		const char *key = json->element_key (object, i);

		if (strcmp (key, "version") != 0)
			copy_member (json, key, json->element (object, i), out);
	}
	cni_json_close (out, '}');
}

static void
write_same_kind (const CniResult *result, CniVersion version, CniSandbox sandbox, GString *out)
{
	const DavitJsonOps *json = result->json;

	for (guint i = 0; i < json->length (result->root); i++) {
		const char *key = json->element_key (result->root, i);
		const DavitJson *value = json->element (result->root, i);
		gboolean interfaces = strcmp (key, "interfaces") == 0;

		if (strcmp (key, "cniVersion") == 0)
			continue;
		if (version <= CNI_VERSION_0_2_0 || (!interfaces && strcmp (key, "ips") != 0) ||
		    json->type (value) != DAVIT_JSON_ARRAY) {
			copy_member (json, key, value, out);
			continue;
		}
		cni_json_open (out, key, '[');
		for (guint j = 0; j < json->length (value); j++) {
			if (interfaces)
				write_interface (json, json->element (value, j), sandbox, out);
			else
				write_address (json, json->element (value, j), version, out);
		}
		cni_json_close (out, ']');
	}
}

/* "ip4" and "ip6" become "ips" and "routes". */
static void
write_legacy (const CniResult *result, CniVersion version, GString *out)
{
	static const char *const keys[] = {"ip4", "ip6"};
	const DavitJsonOps *json = result->json;
	const DavitJson *dns = json->member (result->root, "dns");

	cni_json_open (out, "ips", '[');
	for (guint i = 0; i < result->addresses->len; i++) {
		const CniAddress *address = &g_array_index (result->addresses, CniAddress, i);

		cni_json_open (out, NULL, '{');
		if (version < CNI_VERSION_1_0_0)
			cni_json_string (out, "version", address->v6 ? "6" : "4");
		cni_json_string (out, "address", address->address);
		cni_json_string (out, "gateway", address->gateway);
		cni_json_close (out, '}');
	}
	cni_json_close (out, ']');
	cni_json_open (out, "routes", '[');
	for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
		const DavitJson *routes =
			json->member (json->member (result->root, keys[i]), "routes");

		for (guint j = 0; j < json->length (routes); j++)
			copy_member (json, NULL, json->element (routes, j), out);
	}
	cni_json_close (out, ']');
	if (dns != NULL)
		copy_member (json, "dns", dns, out);
}

gboolean
cni_result_write (const CniResult *result, CniVersion version, CniSandbox sandbox, GString *out,
		  GError **error)
{
	gboolean from_legacy = result->version <= CNI_VERSION_0_2_0;
	gboolean to_legacy = version <= CNI_VERSION_0_2_0;

	if (to_legacy && !from_legacy) {
		g_set_error (
			error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
			"a result of version %s can't be told to a plugin in version %s; raise "
			"\"cniVersion\"",
			cni_version_name (result->version), cni_version_name (version));
		return FALSE;
	}
	cni_json_open (out, NULL, '{');
	cni_json_string (out, "cniVersion", cni_version_name (version));
	if (from_legacy && !to_legacy)
		write_legacy (result, version, out);
	else
		write_same_kind (result, version, sandbox, out);
	cni_json_close (out, '}');
	return TRUE;
}

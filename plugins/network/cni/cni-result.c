/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-result.h"

#include "cni-json.h"

#include <davit/error.h>

#include <arpa/inet.h>
#include <string.h>

#define ENTRIES_LIMIT 256

static gboolean
refuse (const DavitJsonOps *json, const DavitJson *value, const char *what, GError **error)
{
	g_autofree char *path = json->path (value);
	const char *text = json->string (value);
	g_autofree char *escaped = cni_text_escape (text != NULL ? text : "");

	if (text != NULL)
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER, "%s: \"%s\" is %s", path,
			     escaped, what);
	else
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_HELPER, "%s: is %s", path, what);
	return FALSE;
}

gboolean
cni_address_is_valid (const char *text, gboolean with_prefix, gboolean *ret_v6)
{
	const char *slash = strchr (text, '/');
	g_autofree char *address = slash != NULL ? g_strndup (text, (gsize) (slash - text)) : NULL;
	const char *alone = address != NULL ? address : text;
	guint8 bytes[16];
	gboolean v6 = strchr (text, ':') != NULL;
	guint64 prefix = 0;

	if ((slash != NULL) != with_prefix ||
	    inet_pton (v6 ? AF_INET6 : AF_INET, alone, bytes) != 1)
		return FALSE;
	if (slash != NULL &&
	    !g_ascii_string_to_unsigned (slash + 1, 10, 0, v6 ? 128 : 32, &prefix, NULL))
		return FALSE;
	*ret_v6 = v6;
	return TRUE;
}

/* A member that is a string; an empty one is as good as none. */
static gboolean
member_string (const DavitJsonOps *json, const DavitJson *object, const char *key, const char **ret,
	       GError **error)
{
	if (!json->get_string (object, key, ret, error))
		return FALSE;
	if (*ret != NULL && (*ret)[0] == '\0')
		*ret = NULL;
	return TRUE;
}

static gboolean
gateway_read (const DavitJsonOps *json, const DavitJson *object, CniAddress *address,
	      GError **error)
{
	gboolean v6;

	if (!member_string (json, object, "gateway", &address->gateway, error))
		return FALSE;
	return address->gateway == NULL || cni_address_is_valid (address->gateway, FALSE, &v6) ||
	       refuse (json, json->member (object, "gateway"), "no address", error);
}

static gboolean
address_read (CniResult *result, const DavitJson *object, const char *key, gint64 interface_count,
	      GError **error)
{
	const DavitJsonOps *json = result->json;
	CniAddress address = {.interface = -1};

	if (!json->get_string (object, key, &address.address, error))
		return FALSE;
	if (address.address == NULL)
		return refuse (json, object, "without an address", error);
	if (!cni_address_is_valid (address.address, TRUE, &address.v6))
		return refuse (json, json->member (object, key), "no address with a prefix", error);
	if (!gateway_read (json, object, &address, error) ||
	    !json->get_integer (object, "interface", -1, interface_count - 1, &address.interface,
				error))
		return FALSE;
	g_array_append_val (result->addresses, address);
	return TRUE;
}

static gboolean
mac_is_valid (const char *mac)
{
	/* 20 bytes: InfiniBand. */
	return strlen (mac) <= 59 && mac[strspn (mac, "0123456789abcdefABCDEF:")] == '\0';
}

static gboolean
interface_read (CniResult *result, const DavitJson *object, GError **error)
{
	const DavitJsonOps *json = result->json;
	CniInterface interface = {0};

	if (!json->get_string (object, "name", &interface.name, error) ||
	    !member_string (json, object, "mac", &interface.mac, error) ||
	    !member_string (json, object, "sandbox", &interface.sandbox, error))
		return FALSE;
	if (interface.name == NULL)
		return refuse (json, object, "without a name", error);
	if (!cni_text_is_interface (interface.name))
		return refuse (json, json->member (object, "name"), "no name of an interface",
			       error);
	if (interface.mac != NULL && !mac_is_valid (interface.mac))
		return refuse (json, json->member (object, "mac"), "no MAC address", error);
	g_array_append_val (result->interfaces, interface);
	return TRUE;
}

static gboolean
list_get (CniResult *result, const char *key, const DavitJson **ret, GError **error)
{
	*ret = NULL;
	if (!result->json->get_array (result->root, key, ret, error))
		return FALSE;
	return result->json->length (*ret) <= ENTRIES_LIMIT ||
	       refuse (result->json, *ret, "a list of more than 256 entries", error);
}

static gboolean
lists_read (CniResult *result, GError **error)
{
	const DavitJsonOps *json = result->json;
	const DavitJson *list;

	if (!list_get (result, "interfaces", &list, error))
		return FALSE;
	for (guint i = 0; i < json->length (list); i++) {
		if (!interface_read (result, json->element (list, i), error))
			return FALSE;
	}
	if (!list_get (result, "ips", &list, error))
		return FALSE;
	for (guint i = 0; i < json->length (list); i++) {
		if (!address_read (result, json->element (list, i), "address",
				   result->interfaces->len, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
legacy_read (CniResult *result, GError **error)
{
	static const char *const keys[] = {"ip4", "ip6"};

	for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
		const DavitJson *object = NULL;

		if (!result->json->get_object (result->root, keys[i], &object, error) ||
		    (object != NULL && !address_read (result, object, "ip", 0, error)))
			return FALSE;
	}
	return TRUE;
}

/* A word of a line of resolv.conf. */
static gboolean
word_is_valid (const char *word)
{
	return word[0] != '\0' && strlen (word) <= 253 &&
	       word[strspn (word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_.:-")] == '\0';
}

static gboolean
words_check (const DavitJsonOps *json, const DavitJson *list, gboolean addresses, GError **error)
{
	gboolean v6;

	if (json->length (list) > ENTRIES_LIMIT)
		return refuse (json, list, "a list of more than 256 entries", error);
	for (guint i = 0; i < json->length (list); i++) {
		const DavitJson *element = json->element (list, i);

		if (addresses ? !cni_address_is_valid (json->string (element), FALSE, &v6)
			      : !word_is_valid (json->string (element)))
			return refuse (json, element,
				       addresses ? "no address" : "no word for resolv.conf", error);
	}
	return TRUE;
}

static gboolean
words_read (const DavitJsonOps *json, const DavitJson *dns, const char *key, const char ***ret,
	    GError **error)
{
	return json->get_strings (dns, key, ret, error) &&
	       words_check (json, json->member (dns, key), strcmp (key, "nameservers") == 0, error);
}

static gboolean
dns_read (CniResult *result, GError **error)
{
	const DavitJsonOps *json = result->json;
	const DavitJson *dns = NULL;

	if (!json->get_object (result->root, "dns", &dns, error) ||
	    !words_read (json, dns, "nameservers", &result->nameservers, error) ||
	    !words_read (json, dns, "search", &result->search, error) ||
	    !words_read (json, dns, "options", &result->options, error) ||
	    !member_string (json, dns, "domain", &result->domain, error))
		return FALSE;
	return result->domain == NULL || word_is_valid (result->domain) ||
	       refuse (json, json->member (dns, "domain"), "no word for resolv.conf", error);
}

static gboolean
version_read (CniResult *result, GError **error)
{
	const char *text = NULL;

	if (!member_string (result->json, result->root, "cniVersion", &text, error))
		return FALSE;
	return text == NULL || cni_version_parse (text, &result->version) ||
	       refuse (result->json, result->json->member (result->root, "cniVersion"),
		       "not known; davit knows 0.1.0 to 1.1.0", error);
}

gboolean
cni_result_read (const DavitJsonOps *json, const DavitJson *root, CniVersion fallback,
		 CniResult *ret_result, GError **error)
{
	g_auto (CniResult) result = {.json = json, .root = root, .version = fallback};
	g_autoptr (GError) local = NULL;
	gboolean read;

	result.interfaces = g_array_new (FALSE, TRUE, sizeof (CniInterface));
	result.addresses = g_array_new (FALSE, TRUE, sizeof (CniAddress));
	if (json->type (root) != DAVIT_JSON_OBJECT) {
		g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_HELPER,
				     "it is no JSON object");
		return FALSE;
	}
	read = version_read (&result, &local) &&
	       (result.version <= CNI_VERSION_0_2_0 ? legacy_read (&result, &local)
						    : lists_read (&result, &local)) &&
	       dns_read (&result, &local);
	if (!read) {
		/* The reader says CONFIG; but here it is a program that is wrong. */
		g_set_error_literal (error, DAVIT_ERROR, DAVIT_ERROR_HELPER, local->message);
		return FALSE;
	}
	*ret_result = result;
	memset (&result, 0, sizeof result);
	return TRUE;
}

void
cni_result_clear (CniResult *result)
{
	g_clear_pointer (&result->interfaces, g_array_unref);
	g_clear_pointer (&result->addresses, g_array_unref);
	g_clear_pointer (&result->nameservers, g_free);
	g_clear_pointer (&result->search, g_free);
	g_clear_pointer (&result->options, g_free);
}

const char *
cni_result_interface_of (const CniResult *result, const CniAddress *address, const char *own)
{
	const CniInterface *interface;

	if (address->interface < 0)
		return own;
	interface = &g_array_index (result->interfaces, CniInterface, (guint) address->interface);
	return interface->sandbox != NULL ? interface->name : NULL;
}

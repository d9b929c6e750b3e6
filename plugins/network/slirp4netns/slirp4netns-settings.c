/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "slirp4netns-settings.h"

#include "slirp4netns-address.h"
#include "slirp4netns-text.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

/* What podman calls it. */
#define INTERFACE "tap0"
/* An IPv4 host must take packets of 68 bytes; the helper's own limit is 65,521. */
#define MTU_MINIMUM 68
#define MTU_MAXIMUM 65521
/* A link with less has no IPv6. */
#define MTU_MINIMUM_IPV6 1280

/* One option that is being set. */
typedef struct {
	const char *key; /* as in the table */
	const char *value;
	DavitErrorCode code;
} Setting;

static gboolean
refuse (const Setting *setting, GError **error, const char *reason)
{
	g_autofree char *value = slirp4netns_text_escape (setting->value, strlen (setting->value));

	g_set_error (error, DAVIT_ERROR, setting->code, "option \"%s=%s\": %s", setting->key, value,
		     reason);
	return FALSE;
}

static gboolean
set_boolean (const Setting *setting, gboolean *ret, GError **error)
{
	if (!g_str_equal (setting->value, "true") && !g_str_equal (setting->value, "false"))
		return refuse (setting, error, "must be true or false");
	*ret = setting->value[0] == 't';
	return TRUE;
}

static gboolean
set_mtu (const Setting *setting, SlirpSettings *settings, GError **error)
{
	guint64 mtu = 0;

	if (!slirp4netns_text_to_number (setting->value, MTU_MAXIMUM, &mtu) || mtu < MTU_MINIMUM)
		return refuse (setting, error, "must be a number of bytes from 68 to 65521");
	settings->mtu = (guint) mtu;
	return TRUE;
}

static gboolean
set_cidr (const Setting *setting, SlirpSettings *settings, GError **error)
{
	const char *reason = NULL;

	return slirp4netns_cidr_parse (setting->value, &settings->network, &settings->prefix,
				       &reason) ||
	       refuse (setting, error, reason);
}

static gboolean
set_outbound (const Setting *setting, int family, char **ret, GError **error)
{
	char *address = slirp4netns_address_find (setting->value, family);

	if (address == NULL)
		return refuse (setting, error,
			       family == AF_INET ? "neither an IPv4 address nor an interface of "
						   "the host that has one"
						 : "neither an IPv6 address nor an interface of "
						   "the host that has one");
	g_free (*ret);
	*ret = address;
	return TRUE;
}

static gboolean
set_port_handler (const Setting *setting, SlirpSettings *settings, GError **error)
{
	if (g_str_equal (setting->value, "slirp4netns"))
		return TRUE;
	return refuse (setting, error, "the one choice is slirp4netns");
}

static gboolean
set_option (const Setting *setting, SlirpSettings *settings, GError **error)
{
	if (g_str_equal (setting->key, "mtu"))
		return set_mtu (setting, settings, error);
	if (g_str_equal (setting->key, "cidr"))
		return set_cidr (setting, settings, error);
	if (g_str_equal (setting->key, "enable_ipv6"))
		return set_boolean (setting, &settings->ipv6, error);
	if (g_str_equal (setting->key, "allow_host_loopback"))
		return set_boolean (setting, &settings->host_loopback, error);
	if (g_str_equal (setting->key, "outbound_addr"))
		return set_outbound (setting, AF_INET, &settings->outbound, error);
	if (g_str_equal (setting->key, "outbound_addr6"))
		return set_outbound (setting, AF_INET6, &settings->outbound6, error);
	if (g_str_equal (setting->key, "port_handler"))
		return set_port_handler (setting, settings, error);
	return refuse (setting, error,
		       "there is no such option; there are allow_host_loopback, cidr, enable_ipv6, "
		       "mtu, outbound_addr, outbound_addr6 and port_handler");
}

/* An empty value means none, so that a drop-in can take one back. */
static gboolean
read_text (const DavitHost *host, const char *key, const char *name, SlirpSettings *settings,
	   GError **error)
{
	const Setting setting = {name, host->option_string (host, key), DAVIT_ERROR_CONFIG};

	return setting.value == NULL || setting.value[0] == '\0' ||
	       set_option (&setting, settings, error);
}

static gboolean
read_key_file (const DavitHost *host, SlirpSettings *settings, GError **error)
{
	g_autofree char *mtu =
		g_strdup_printf ("%" G_GINT64_FORMAT, host->option_integer (host, "mtu"));
	const Setting setting = {"mtu", mtu, DAVIT_ERROR_CONFIG};

	settings->ipv6 = host->option_boolean (host, "enable-ipv6");
	settings->host_loopback = host->option_boolean (host, "allow-host-loopback");
	settings->sandbox = host->option_boolean (host, "sandbox");
	settings->seccomp = host->option_boolean (host, "seccomp");
	return set_option (&setting, settings, error) &&
	       read_text (host, "cidr", "cidr", settings, error) &&
	       read_text (host, "outbound-addr", "outbound_addr", settings, error) &&
	       read_text (host, "outbound-addr6", "outbound_addr6", settings, error) &&
	       read_text (host, "port-handler", "port_handler", settings, error);
}

static gboolean
read_argument (const char *argument, SlirpSettings *settings, GError **error)
{
	const char *equals = strchr (argument, '=');
	g_autofree char *key = NULL;

	if (equals == NULL) {
		g_autofree char *text = slirp4netns_text_escape (argument, strlen (argument));

		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
			     "option \"%s\": must be KEY=VALUE", text);
		return FALSE;
	}
	/* The key file's spelling does too. */
	key = g_strdelimit (g_strndup (argument, (gsize) (equals - argument)), "-", '_');
	return set_option (&(const Setting){key, equals + 1, DAVIT_ERROR_USAGE}, settings, error);
}

static gboolean
read_interface (const DavitNetworkRequest *request, SlirpSettings *settings, GError **error)
{
	const char *name = request->interface != NULL ? request->interface : INTERFACE;
	gboolean plain = name[0] != '\0' && strlen (name) < IFNAMSIZ && !g_str_equal (name, ".") &&
			 !g_str_equal (name, "..");

	for (const char *c = name; plain && *c != '\0'; c++)
		plain = g_ascii_isgraph (*c) && strchr ("/:%", *c) == NULL;
	if (!plain || g_str_equal (name, "lo")) {
		g_autofree char *text = slirp4netns_text_escape (name, strlen (name));

		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
			     "interface \"%s\": an interface can't be called that", text);
		return FALSE;
	}
	settings->interface = g_strdup (name);
	return TRUE;
}

static gboolean
mac_address_is_valid (const char *text)
{
	static const char form[] = "xx:xx:xx:xx:xx:xx";

	if (strlen (text) != strlen (form))
		return FALSE;
	for (guint i = 0; form[i] != '\0'; i++) {
		if (form[i] == ':' ? text[i] != ':' : !g_ascii_isxdigit (text[i]))
			return FALSE;
	}
	/* An odd first byte is that of a group. */
	return (g_ascii_xdigit_value (text[1]) & 1) == 0;
}

static gboolean
read_mac_address (const DavitNetworkRequest *request, SlirpSettings *settings, GError **error)
{
	g_autofree char *text = NULL;

	if (request->mac_address == NULL)
		return TRUE;
	if (mac_address_is_valid (request->mac_address)) {
		settings->mac_address = g_ascii_strdown (request->mac_address, -1);
		return TRUE;
	}
	text = slirp4netns_text_escape (request->mac_address, strlen (request->mac_address));
	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
		     "MAC address \"%s\": must be six bytes in hexadecimal with \":\" between, the "
		     "first one even",
		     text);
	return FALSE;
}

static gboolean
refuse_address (const char *address, const char *hint, GError **error)
{
	g_autofree char *text = slirp4netns_text_escape (address, strlen (address));

	g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
		     "can't give the address \"%s\": %s", text, hint);
	return FALSE;
}

/* The helper chooses the container's address: number 100 of its network. */
static gboolean
check_addresses (const DavitNetworkRequest *request, const SlirpSettings *settings, GError **error)
{
	g_autofree char *own = slirp4netns_address_at (settings->network, SLIRP_OFFSET_CONTAINER);

	if (request->address != NULL && !g_str_equal (request->address, own))
		return refuse_address (request->address,
				       "it is always number 100 of the network; choose the network "
				       "with the option cidr",
				       error);
	if (request->address6 != NULL)
		return refuse_address (
			request->address6,
			"the container makes its IPv6 address itself, from fd00::/64", error);
	return TRUE;
}

static gboolean
check_others (const DavitNetworkRequest *request, const SlirpSettings *settings, GError **error)
{
	if (request->network != NULL) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_NOT_FOUND,
			     "network \"%s\": this driver has no networks to choose from",
			     request->network);
		return FALSE;
	}
	if (request->aliases != NULL && request->aliases[0] != NULL) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_UNSUPPORTED,
			     "can't give the alias \"%s\": no other container is on this network",
			     request->aliases[0]);
		return FALSE;
	}
	if (settings->outbound6 != NULL && !settings->ipv6) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
			     "option \"outbound_addr6\": needs enable_ipv6=true");
		return FALSE;
	}
	if (settings->ipv6 && settings->mtu < MTU_MINIMUM_IPV6) {
		g_set_error (error, DAVIT_ERROR, DAVIT_ERROR_USAGE,
			     "option \"mtu=%u\": IPv6 needs 1280 or more; or set enable_ipv6=false",
			     settings->mtu);
		return FALSE;
	}
	return check_addresses (request, settings, error);
}

gboolean
slirp4netns_settings_read (const DavitHost *host, const DavitNetworkRequest *request,
			   SlirpSettings *ret, GError **error)
{
	g_auto (SlirpSettings) settings = {0};

	if (!read_key_file (host, &settings, error) ||
	    !read_interface (request, &settings, error) ||
	    !read_mac_address (request, &settings, error))
		return FALSE;
	for (const char *const *option = request->options; option != NULL && *option != NULL;
	     option++) {
		if (!read_argument (*option, &settings, error))
			return FALSE;
	}
	if (!check_others (request, &settings, error))
		return FALSE;
	*ret = settings;
	settings = (SlirpSettings){0};
	return TRUE;
}

void
slirp4netns_settings_clear (SlirpSettings *settings)
{
	g_clear_pointer (&settings->interface, g_free);
	g_clear_pointer (&settings->outbound, g_free);
	g_clear_pointer (&settings->outbound6, g_free);
	g_clear_pointer (&settings->mac_address, g_free);
}

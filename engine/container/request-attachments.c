/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * --network: a mode, or what a container is connected to. podman's spelling is NAME[:KEY=VALUE,...]
 * and, for names alone, NAME,NAME; docker's name=NAME,KEY=VALUE,... What the engine gives to each
 * driver has a key of its own; all others are the driver's, which alone knows them.
 */

#include "container/create-request-private.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

#define NAME_KEY "name="

/* What can be said of a value before anybody has looked which networks there are. */
#define FORM                                                                                       \
	"must be none, default, private, host, container:NAME, ns:PATH, or the name of a network " \
	"or of a network plugin, with NAME:KEY=VALUE,... for options"

void
davit_request_attachment_free (gpointer attachment)
{
	DavitRequestAttachment *entry = (DavitRequestAttachment *) attachment;

	g_free (entry->name);
	g_free (entry->interface);
	g_free (entry->ip);
	g_free (entry->ip6);
	g_free (entry->mac_address);
	g_ptr_array_unref (entry->aliases);
	g_ptr_array_unref (entry->options);
	g_free (entry);
}

static DavitRequestAttachment *
attachment_new (void)
{
	DavitRequestAttachment *attachment = g_new0 (DavitRequestAttachment, 1);

	attachment->aliases = g_ptr_array_new_with_free_func (g_free);
	attachment->options = g_ptr_array_new_with_free_func (g_free);
	return attachment;
}

/* One KEY=VALUE on its way; option and whole are for the error. */
typedef struct {
	const char *option;
	const char *whole;
	const char *key;
	const char *value;
} Setting;

static gboolean
refuse (const Setting *setting, const char *what, GError **error)
{
	return davit_request_refuse (error, setting->option, setting->whole, "%s: \"%s\" %s",
				     setting->key, setting->value, what);
}

/* podman has one word for both families. */
static gboolean
set_ip (DavitRequestAttachment *attachment, const Setting *setting, GError **error)
{
	gboolean only_v6 = strcmp (setting->key, "ip6") == 0;

	if (!only_v6 && davit_request_is_address (setting->value, AF_INET))
		davit_request_text (&attachment->ip, setting->value);
	else if (davit_request_is_address (setting->value, AF_INET6))
		davit_request_text (&attachment->ip6, setting->value);
	else
		return refuse (setting, only_v6 ? "must be an IPv6 address" : "must be an address",
			       error);
	return TRUE;
}

static gboolean
set_mac (DavitRequestAttachment *attachment, const Setting *setting, GError **error)
{
	if (!davit_request_is_mac_address (setting->value))
		return refuse (setting, "must be a MAC address such as 92:d0:c6:0a:29:33", error);
	davit_request_set_mac_address (&attachment->mac_address, setting->value);
	return TRUE;
}

static gboolean
set_interface (DavitRequestAttachment *attachment, const Setting *setting, GError **error)
{
	if (!davit_record_is_interface_name (setting->value))
		return refuse (setting, "must be the name of an interface, of at most 15 letters",
			       error);
	davit_request_text (&attachment->interface, setting->value);
	return TRUE;
}

static gboolean
add_alias (DavitRequestAttachment *attachment, const Setting *setting, GError **error)
{
	if (!davit_request_is_domain (setting->value))
		return refuse (setting, "must be a host name", error);
	g_ptr_array_add (attachment->aliases, g_strdup (setting->value));
	return TRUE;
}

static gboolean
setting_apply (DavitRequestAttachment *attachment, const Setting *setting, GError **error)
{
	static const struct {
		const char *key;
		gboolean (*set) (DavitRequestAttachment *attachment, const Setting *setting,
				 GError **error);
	} table[] = {
		{"ip", set_ip},
		{"ip6", set_ip},
		{"mac", set_mac},
		{"mac-address", set_mac},
		{"interface_name", set_interface},
		{"alias", add_alias},
	};

	for (gsize i = 0; i < G_N_ELEMENTS (table); i++) {
		if (strcmp (setting->key, table[i].key) == 0)
			return table[i].set (attachment, setting, error);
	}
	/* docker's wrapping for those of a driver. */
	if (strcmp (setting->key, "driver-opt") == 0) {
		if (strchr (setting->value, '=') == NULL)
			return refuse (setting, "must be KEY=VALUE", error);
		g_ptr_array_add (attachment->options, g_strdup (setting->value));
		return TRUE;
	}
	g_ptr_array_add (attachment->options,
			 g_strconcat (setting->key, "=", setting->value, NULL));
	return TRUE;
}

static gboolean
settings_parse (DavitRequestAttachment *attachment, const char *option, const char *whole,
		const char *text, GError **error)
{
	g_auto (GStrv) words = g_strsplit (text, ",", -1);

	if (words[0] == NULL)
		return davit_request_refuse (error, option, whole,
					     "has no options behind its name");
	for (char **word = words; *word != NULL; word++) {
		char *equals = strchr (*word, '=');
		Setting setting = {option, whole, *word, equals != NULL ? equals + 1 : NULL};

		if (equals == NULL || equals == *word)
			return davit_request_refuse (error, option, whole,
						     "\"%s\" must be KEY=VALUE", *word);
		*equals = '\0';
		if (!setting_apply (attachment, &setting, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
attachment_add (DavitCreateRequest *request, const char *option, const char *whole,
		const char *name, const char *settings, GError **error)
{
	DavitRequestAttachment *attachment;

	if (!davit_text_is_container_name (name))
		return davit_request_refuse (error, option, whole, FORM);
	attachment = attachment_new ();
	attachment->name = g_strdup (name);
	g_ptr_array_add (request->network.attachments, attachment);
	return settings == NULL || settings_parse (attachment, option, whole, settings, error);
}

/* NAME[:KEY=VALUE,...], or NAME,NAME. */
static gboolean
names_add (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	g_autofree char *head = g_strndup (value, strcspn (value, ":"));
	const char *settings = value[strlen (head)] == ':' ? value + strlen (head) + 1 : NULL;
	g_auto (GStrv) names = NULL;

	if (settings != NULL)
		return attachment_add (request, option, value, head, settings, error);
	names = g_strsplit (value, ",", -1);
	for (char **name = names; *name != NULL; name++) {
		if (!attachment_add (request, option, value, *name, NULL, error))
			return FALSE;
	}
	return names[0] != NULL || davit_request_refuse (error, option, value, FORM);
}

/* name=NAME,KEY=VALUE,... */
static gboolean
docker_add (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	const char *text = value + strlen (NAME_KEY);
	g_autofree char *name = g_strndup (text, strcspn (text, ","));
	const char *settings = text[strlen (name)] == ',' ? text + strlen (name) + 1 : NULL;

	return attachment_add (request, option, value, name, settings, error);
}

/* A mode leaves no room for anything else. */
static gboolean
mode_take (DavitCreateRequest *request, const char *option, const char *value, gboolean *ret_taken,
	   GError **error)
{
	static const char *const words[] = {"none", "private", "default", NULL};
	DavitRequestNamespaces *namespaces = &request->namespaces;
	g_autofree char *head = g_strndup (value, strcspn (value, ":"));

	if (!davit_request_namespace_common (option, value, &namespaces->network, ret_taken, error))
		return FALSE;
	if (*ret_taken)
		return TRUE;
	if (!g_strv_contains (words, head) && strcmp (head, "host") != 0)
		return TRUE;
	if (strlen (head) != strlen (value))
		return davit_request_refuse (error, option, value, "\"%s\" takes no options", head);
	namespaces->network_none = strcmp (value, "none") == 0;
	/* "default" is what would be without the option. */
	if (strcmp (value, "default") != 0)
		namespaces->network.mode = DAVIT_NAMESPACE_PRIVATE;
	*ret_taken = TRUE;
	return TRUE;
}

static gboolean
add_network (DavitCreateRequest *request, const char *option, const char *value, GError **error)
{
	DavitRequestNamespaces *namespaces = &request->namespaces;
	gboolean mode;

	/* Said twice, it means the same. */
	if (g_strcmp0 (namespaces->network_word, value) == 0)
		return TRUE;
	if (namespaces->network_word != NULL)
		return davit_request_refuse (error, option, value,
					     "can't be combined with \"%s\": that is no network "
					     "of several",
					     namespaces->network_word);
	if (!mode_take (request, option, value, &mode, error))
		return FALSE;
	if (mode) {
		davit_request_text (&namespaces->network_word, value);
		return request->network.attachments->len == 0 ||
		       davit_request_refuse (error, option, value,
					     "can't be combined with networks");
	}
	namespaces->network.mode = DAVIT_NAMESPACE_PRIVATE;
	if (g_str_has_prefix (value, NAME_KEY))
		return docker_add (request, option, value, error);
	return names_add (request, option, value, error);
}

gboolean
davit_request_attachments_set (DavitCreateRequest *request, const char *option, const char *value,
			       GError **error)
{
	static const DavitRequestOption table[] = {
		{"network", add_network},
		{NULL, NULL},
	};

	return davit_request_dispatch (table, request, option, value, error);
}

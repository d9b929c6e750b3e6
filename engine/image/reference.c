/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parsing names of images, by the grammar of the distribution specification. */

#include "image/reference.h"

#include "base/digest.h"
#include "base/error.h"
#include "image/image-store.h"

#include <string.h>

#define NAME_LIMIT 255
/* What a name without a registry may get in front of it, whichever registry that will be. */
#define LONGEST_PREFIX "docker.io/library"
#define TAG_LIMIT 128
#define ID_DIGITS_LEAST 4

static gboolean
is_lower_or_digit (char c)
{
	return g_ascii_islower (c) || g_ascii_isdigit (c);
}

/* [a-z0-9]+ joined by ".", "_", "__" or any number of "-". */
static gboolean
component_is_valid (const char *text, gsize length)
{
	gsize i = 0;

	while (i < length) {
		gsize start = i, separator;

		while (i < length && is_lower_or_digit (text[i]))
			i++;
		if (i == start)
			return FALSE;
		if (i == length)
			return TRUE;
		separator = i;
		while (i < length && text[i] == text[separator])
			i++;
		if (text[separator] != '-' && text[separator] != '_' && text[separator] != '.')
			return FALSE;
		if (text[separator] != '-' && i - separator > (text[separator] == '_' ? 2 : 1))
			return FALSE;
	}
	return FALSE;
}

static gboolean
path_is_valid (const char *path)
{
	g_auto (GStrv) parts = g_strsplit (path, "/", -1);

	for (guint i = 0; parts[i] != NULL; i++) {
		if (!component_is_valid (parts[i], strlen (parts[i])))
			return FALSE;
	}
	return parts[0] != NULL;
}

static gboolean
port_is_valid (const char *port)
{
	gsize digits = strspn (port, "0123456789");

	return digits > 0 && digits <= 5 && port[digits] == '\0';
}

static gboolean
host_is_valid (const char *host)
{
	g_auto (GStrv) labels = g_strsplit (host, ".", -1);

	for (guint i = 0; labels[i] != NULL; i++) {
		gsize length = strlen (labels[i]);

		if (length == 0 || labels[i][0] == '-' || labels[i][length - 1] == '-')
			return FALSE;
		for (gsize k = 0; k < length; k++) {
			if (!g_ascii_isalnum (labels[i][k]) && labels[i][k] != '-')
				return FALSE;
		}
	}
	return labels[0] != NULL;
}

static gboolean
domain_is_valid (const char *domain)
{
	const char *end = domain[0] == '[' ? strchr (domain, ']') : NULL;
	const char *colon = strrchr (end == NULL ? domain : end, ':');
	g_autofree char *host =
		g_strndup (domain, colon == NULL ? strlen (domain) : (gsize) (colon - domain));

	if (colon != NULL && !port_is_valid (colon + 1))
		return FALSE;
	if (end == NULL)
		return host_is_valid (host);
	/* An IPv6 address. */
	return end > domain + 2 && host[end - domain + 1] == '\0' &&
	       strspn (domain + 1, "0123456789abcdefABCDEF:") == (gsize) (end - domain - 1);
}

/* What stands in front of the first slash is a domain if it can't be part of a path, or is ours. */
static gboolean
looks_like_domain (const char *text)
{
	if (strpbrk (text, ".:[") != NULL || strcmp (text, "localhost") == 0)
		return TRUE;
	for (; *text != '\0'; text++) {
		if (g_ascii_isupper (*text))
			return TRUE;
	}
	return FALSE;
}

static gboolean
tag_is_valid (const char *tag)
{
	gsize length = strlen (tag);

	if (length == 0 || length > TAG_LIMIT || tag[0] == '.' || tag[0] == '-')
		return FALSE;
	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isalnum (tag[i]) && strchr ("_.-", tag[i]) == NULL)
			return FALSE;
	}
	return TRUE;
}

/* Cuts off what stands behind "@" and then behind the last ":" that is no port's. */
static void
tail_cut (DavitReference *reference, char *name)
{
	char *at = strchr (name, '@');
	char *slash, *colon;

	if (at != NULL) {
		reference->digest = g_strdup (at + 1);
		*at = '\0';
	}
	slash = strrchr (name, '/');
	colon = strrchr (slash == NULL ? name : slash, ':');
	if (colon != NULL) {
		reference->tag = g_strdup (colon + 1);
		*colon = '\0';
	}
}

static void
domain_cut (DavitReference *reference, const char *name)
{
	const char *slash = strchr (name, '/');
	g_autofree char *first = slash == NULL ? NULL : g_strndup (name, (gsize) (slash - name));

	if (first == NULL || !looks_like_domain (first)) {
		reference->path = g_strdup (name);
		return;
	}
	reference->path = g_strdup (slash + 1);
	reference->domain = g_steal_pointer (&first);
}

/* One image, one name: docker.io has two spellings, and a folder that it leaves out. */
static void
docker_complete (DavitReference *reference)
{
	if (g_strcmp0 (reference->domain, "index.docker.io") == 0) {
		g_free (reference->domain);
		reference->domain = g_strdup ("docker.io");
	}
	if (g_strcmp0 (reference->domain, "docker.io") == 0 &&
	    strchr (reference->path, '/') == NULL) {
		char *path = g_strconcat ("library/", reference->path, NULL);

		g_free (reference->path);
		reference->path = path;
	}
}

static gboolean
is_hex (const char *text, gsize length)
{
	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isdigit (text[i]) && !(text[i] >= 'a' && text[i] <= 'f'))
			return FALSE;
	}
	return TRUE;
}

static const char *
rule_broken (const DavitReference *reference)
{
	if (reference->domain != NULL && !domain_is_valid (reference->domain))
		return "what stands in front of the first slash is no host";
	if (!path_is_valid (reference->path))
		return "a name is made of a-z and 0-9, with \".\", \"_\" or \"-\" between them";
	if (strlen (reference->path) +
		    strlen (reference->domain == NULL ? LONGEST_PREFIX : reference->domain) >=
	    NAME_LIMIT)
		return "a name has at most 255 characters, with that of its registry";
	if (reference->domain == NULL && strlen (reference->path) == DAVIT_DIGEST_HEX_LENGTH &&
	    is_hex (reference->path, DAVIT_DIGEST_HEX_LENGTH))
		return "64 hexadecimal digits are an id";
	if (reference->tag != NULL && !tag_is_valid (reference->tag))
		return "a tag is made of at most 128 letters, digits, \"_\", \".\" or \"-\"";
	if (reference->digest != NULL && !davit_digest_is_valid (reference->digest))
		return "a digest is \"sha256:\" and 64 hexadecimal digits";
	return NULL;
}

DavitReference *
davit_reference_parse (const char *text, GError **error)
{
	g_autoptr (DavitReference) reference = g_new0 (DavitReference, 1);
	g_autofree char *name = g_strdup (text);
	const char *rule;

	tail_cut (reference, name);
	domain_cut (reference, name);
	/* Before its length is looked at: a folder may come in. */
	docker_complete (reference);
	rule = rule_broken (reference);
	if (rule != NULL) {
		davit_error_set (error, DAVIT_ERROR_USAGE, "\"%s\" is no name of an image; %s",
				 text, rule);
		return NULL;
	}
	return g_steal_pointer (&reference);
}

void
davit_reference_free (DavitReference *reference)
{
	if (reference == NULL)
		return;
	g_free (reference->domain);
	g_free (reference->path);
	g_free (reference->tag);
	g_free (reference->digest);
	g_free (reference);
}

void
davit_reference_complete (DavitReference *reference, const char *domain)
{
	if (reference->domain == NULL)
		reference->domain = g_strdup (domain);
	docker_complete (reference);
	if (reference->tag == NULL && reference->digest == NULL)
		reference->tag = g_strdup ("latest");
}

char *
davit_reference_repository (const DavitReference *reference)
{
	return reference->domain == NULL
		       ? g_strdup (reference->path)
		       : g_strconcat (reference->domain, "/", reference->path, NULL);
}

char *
davit_reference_text (const DavitReference *reference)
{
	g_autofree char *repository = davit_reference_repository (reference);

	return g_strconcat (repository, reference->tag == NULL ? "" : ":",
			    reference->tag == NULL ? "" : reference->tag,
			    reference->digest == NULL ? "" : "@",
			    reference->digest == NULL ? "" : reference->digest, NULL);
}

char *
davit_reference_give (const char *text, const char *domain, GError **error)
{
	g_autoptr (DavitReference) reference = davit_reference_parse (text, error);

	if (reference == NULL)
		return NULL;
	if (reference->digest != NULL) {
		davit_error_set (error, DAVIT_ERROR_USAGE,
				 "\"%s\" can't be given to an image; leave the digest out", text);
		return NULL;
	}
	davit_reference_complete (reference, domain);
	return davit_reference_text (reference);
}

char *
davit_image_normalize_name (const char *name, GError **error)
{
	g_autoptr (DavitReference) reference = davit_reference_parse (name, error);

	if (reference == NULL)
		return NULL;
	davit_reference_complete (reference, "localhost");
	return davit_reference_text (reference);
}

const char *
davit_reference_id_digits (const char *text)
{
	const char *digits = g_str_has_prefix (text, "sha256:") ? text + strlen ("sha256:") : text;
	gsize length = strlen (digits);

	if (length < ID_DIGITS_LEAST || length > DAVIT_DIGEST_HEX_LENGTH)
		return NULL;
	return is_hex (digits, length) ? digits : NULL;
}

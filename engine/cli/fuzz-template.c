/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Fuzzer of templates (libFuzzer): any text is refused or rendered, within bounded time and memory,
 * and what is rendered is UTF-8 without control characters other than line breaks and tabs, unless
 * the template itself holds them.
 */

#include "base/json.h"
#include "cli/template.h"

#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size);

static const char data[] =
	"{\"ID\":\"0123\",\"Name\":\"a\\u001bb\\u00e4\",\"Number\":42,\"Half\":0.5,\"Yes\":true,"
	"\"Nothing\":null,\"List\":[\"a\",\"b\"],\"Config\":{\"Labels\":{\"k\":\"v\"}}}";

static gboolean
text_is_clean (const char *text)
{
	for (; *text != '\0'; text++) {
		if ((guchar) *text < ' ' && *text != '\n' && *text != '\t')
			return FALSE;
	}
	return TRUE;
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize size)
{
	static const char *const labels[] = {"k=v", NULL};
	g_autofree char *text = g_strndup ((const char *) bytes, size);
	g_autoptr (DavitTemplate) template = davit_template_parse (text, NULL);
	g_autoptr (DavitJson) root = davit_json_parse (data, -1, NULL);
	g_autoptr (GString) output = g_string_new (NULL);
	DavitTemplateData values = {root, labels};

	if (template == NULL)
		return 0;
	davit_template_uses_field (template, "ID");
	if (!davit_template_render (template, &values, output, NULL))
		return 0;
	if (text_is_clean (text) && strchr (text, '\\') == NULL &&
	    strstr (text, "printf") == NULL && !text_is_clean (output->str))
		__builtin_trap ();
	return 0;
}

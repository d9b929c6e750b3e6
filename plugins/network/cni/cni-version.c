/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cni-version.h"

#include <string.h>

static const char *const names[] = {
	[CNI_VERSION_0_1_0] = "0.1.0", [CNI_VERSION_0_2_0] = "0.2.0", [CNI_VERSION_0_3_0] = "0.3.0",
	[CNI_VERSION_0_3_1] = "0.3.1", [CNI_VERSION_0_4_0] = "0.4.0", [CNI_VERSION_1_0_0] = "1.0.0",
	[CNI_VERSION_1_1_0] = "1.1.0",
};

gboolean
cni_version_parse (const char *text, CniVersion *ret_version)
{
	for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
		if (strcmp (text, names[i]) == 0) {
			*ret_version = (CniVersion) i;
			return TRUE;
		}
	}
	return FALSE;
}

const char *
cni_version_name (CniVersion version)
{
	return names[version];
}

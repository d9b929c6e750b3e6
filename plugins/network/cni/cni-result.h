/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Results of plugins, of every version: read strictly, since resolv.conf and what a user sees is
 * made of them, and written again for the next plugin of the chain.
 */

#pragma once

#include "cni-version.h"

#include <davit/json.h>

G_BEGIN_DECLS

typedef struct {
	const char *name;
	const char *mac;     /* or NULL */
	const char *sandbox; /* where the namespace is; NULL: an interface of the host */
} CniInterface;

typedef struct {
	const char *address; /* with its prefix */
	const char *gateway; /* or NULL */
	gint64 interface;    /* index in interfaces; -1: not said */
	gboolean v6;
} CniAddress;

/**
 * CniResult: strings belong to the document that it was read from.
 */
typedef struct {
	const DavitJsonOps *json;
	const DavitJson *root;
	CniVersion version;
	GArray *interfaces;	  /* CniInterface */
	GArray *addresses;	  /* CniAddress */
	const char **nameservers; /* these may be NULL */
	const char **search;
	const char **options;
	const char *domain;
} CniResult;

/* fallback: the version of the configuration, which a result without a version has. */
gboolean cni_result_read (const DavitJsonOps *json, const DavitJson *root, CniVersion fallback,
			  CniResult *ret_result, GError **error);
void cni_result_clear (CniResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CniResult, cni_result_clear)

/**
 * CniSandbox: a plugin compares the "sandbox" of its interfaces with the path of the namespace
 * that it is called with, and that path is another one in each process. NULL: nothing to replace.
 */
typedef struct {
	const char *recorded;
	const char *now;
} CniSandbox;

/* UNSUPPORTED: a list of interfaces can't be told to a plugin of version 0.2.0 or older. */
gboolean cni_result_write (const CniResult *result, CniVersion version, CniSandbox sandbox,
			   GString *out, GError **error);

/* The name of the interface that has the address: own, if the result does not say. NULL: it is
 * the host's. */
const char *cni_result_interface_of (const CniResult *result, const CniAddress *address,
				     const char *own);

/* An IPv4 or IPv6 address, with a prefix behind it or without one. */
gboolean cni_address_is_valid (const char *text, gboolean with_prefix, gboolean *ret_v6);

G_END_DECLS

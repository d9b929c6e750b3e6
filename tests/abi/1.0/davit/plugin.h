/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The descriptor that every plugin exports.
 *
 * A plugin is a shared object with exactly one exported symbol, the constant davit_plugin.
 * It is data and not a function, so that a plugin can be listed without running any of it.
 * The plugin includes only the headers of davit/ and links no davit library: all that it
 * needs from the engine is passed in (host.h).
 *
 * Promise: within one major version of the ABI a plugin that was built once goes on working.
 * Structs with a member size grow at their end, a slot is never removed or reused, and each side
 * copies min(its size, the other's size). What the other side did not know has no value then: look
 * at size before reading a descriptor that was appended, since 0 is a descriptor. Structs without a
 * size, and those that stand in tables or inside others, never grow.
 */

#pragma once

#include <glib.h>

#include <davit/error.h>

G_BEGIN_DECLS

#define DAVIT_ABI_MAJOR 1
#define DAVIT_ABI_MINOR 0

/* "davt", read as a little-endian word. */
#define DAVIT_PLUGIN_MAGIC 0x74766164u

/* The name of the one exported symbol. */
#define DAVIT_PLUGIN_SYMBOL "davit_plugin"

/**
 * DavitKind: what a plugin is. Since 1.0. Append only.
 */
typedef enum {
	DAVIT_KIND_STORAGE = 1,
	DAVIT_KIND_NETWORK = 2,
	DAVIT_KIND_RUNTIME = 3,
	DAVIT_KIND_CHECKPOINT = 4,
} DavitKind;

/**
 * DavitOptionType: how the engine parses an option's text. Since 1.0. Append only.
 */
typedef enum {
	DAVIT_OPTION_STRING = 1,   /* any text without control characters */
	DAVIT_OPTION_BOOLEAN = 2,  /* true or false */
	DAVIT_OPTION_INTEGER = 3,  /* decimal, 64 bits, signed */
	DAVIT_OPTION_SIZE = 4,	   /* bytes; k, m, g, t multiply by powers of 1024 */
	DAVIT_OPTION_DURATION = 5, /* milliseconds; the text has ms, s, m or h */
	DAVIT_OPTION_CHOICE = 6,   /* one of the words in choices */
	DAVIT_OPTION_PATH = 7,	   /* an absolute path */
	DAVIT_OPTION_LIST = 8,	   /* strings separated by ";" */
} DavitOptionType;

/**
 * DavitOption: one key of the plugin's own group in the key file, such as [storage.overlay].
 * The engine parses, checks and documents it. The table ends with a zeroed entry. All strings
 * are static. Since 1.0.
 */
typedef struct {
	const char *key;      /* lower case words joined by "-" */
	DavitOptionType type; /* how to read the text */
	const char *fallback; /* the value if the key is not set, or NULL: no value */
	const char *choices;  /* DAVIT_OPTION_CHOICE: the words, separated by "|" */
	const char *help;     /* one line, lower case, no full stop */
} DavitOption;

/*
 * Bits of flags. DAVIT_PLUGIN_VARIANTS: the plugin may be asked for as NAME:VARIANT, see host.h;
 * any other is known by its name alone. Since 1.0.
 */
#define DAVIT_PLUGIN_VARIANTS 1u

/**
 * DavitPlugin: the descriptor. Since 1.0. Fill it with DAVIT_PLUGIN_DEFINE.
 */
typedef struct {
	guint32 magic;
	guint16 abi_major;
	guint16 abi_minor;
	guint32 size;		    /* of this struct, as the plugin knew it */
	guint32 kind;		    /* DavitKind; a fixed width, since enums have none */
	const char *name;	    /* [a-z0-9-]+, and the file is NAME.so */
	const char *version;	    /* the plugin's own */
	const char *summary;	    /* one line */
	const char *license;	    /* an SPDX expression */
	const DavitOption *options; /* or NULL */
	guint32 ops_size;	    /* of the table of the kind, as the plugin knew it */
	guint32 flags;		    /* DAVIT_PLUGIN_VARIANTS, or 0 */
	const void *ops;	    /* DavitStorageOps, DavitNetworkOps, ... */
} DavitPlugin;

#ifdef __cplusplus
#define DAVIT_PLUGIN_EXPORT extern "C" __attribute__ ((visibility ("default")))
#else
#define DAVIT_PLUGIN_EXPORT __attribute__ ((visibility ("default")))
#endif

/**
 * DAVIT_PLUGIN_DEFINE: defines the exported descriptor. name_ and the rest are string literals,
 * options_ is an array of DavitOption or NULL, ops_ is the constant table of the kind.
 */
#define DAVIT_PLUGIN_DEFINE(kind_, name_, version_, summary_, license_, options_, ops_)            \
	DAVIT_PLUGIN_DEFINE_FLAGS (kind_, name_, version_, summary_, license_, options_, ops_, 0)

/**
 * DAVIT_PLUGIN_DEFINE_FLAGS: the same, with flags.
 */
#define DAVIT_PLUGIN_DEFINE_FLAGS(kind_, name_, version_, summary_, license_, options_, ops_,      \
				  flags_)                                                          \
	DAVIT_PLUGIN_EXPORT const DavitPlugin davit_plugin;                                        \
	const DavitPlugin davit_plugin = {                                                         \
		DAVIT_PLUGIN_MAGIC,                                                                \
		DAVIT_ABI_MAJOR,                                                                   \
		DAVIT_ABI_MINOR,                                                                   \
		sizeof (DavitPlugin),                                                              \
		(kind_),                                                                           \
		(name_),                                                                           \
		(version_),                                                                        \
		(summary_),                                                                        \
		(license_),                                                                        \
		(options_),                                                                        \
		sizeof (ops_),                                                                     \
		(flags_),                                                                          \
		&(ops_),                                                                           \
	}

G_END_DECLS

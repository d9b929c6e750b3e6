/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The network contract: connects a network namespace that the engine made.
 *
 *     (a namespace) ── attach ─→ check, refresh, port_add, port_remove ── detach ─→ (as before)
 *
 * The engine makes the namespace and pins it; a driver never makes or removes one. attach
 * connects it, detach undoes that from the ids alone, also when the namespace is gone already.
 *
 * For every operation: GError and FALSE go together, outputs stay untouched on failure, the
 * instance is what open gave. "Repeatable" means: calling it on nothing, on something half made
 * or for a second time succeeds. Common errors: UNAVAILABLE, HELPER, TIMEOUT.
 */

#pragma once

#include <davit/host.h>

G_BEGIN_DECLS

/**
 * DavitPort: a published port. Since 1.0. All zero ends a table. Never grows.
 */
typedef struct {
	const char *host_address; /* or NULL: all */
	const char *protocol;	  /* "tcp", "udp" or "sctp" */
	guint16 host_port;	  /* 0: the driver chooses and reports it */
	guint16 container_port;
	guint16 count; /* consecutive ports, at least 1 */
} DavitPort;

/**
 * DavitNetworkRequest: since 1.0. The same request is given to attach, check and detach, as far
 * as the engine still knows it: only size, id, network and interface are certain at detach. A
 * container that is to be in several networks is attached to one after the other, each with an
 * interface of its own and the ports with the first, and detached in reverse.
 */
typedef struct {
	gsize size;
	const char *id;		    /* of the container */
	const char *name;	    /* of the container */
	const char *network;	    /* which network of the driver; NULL: its default one */
	const char *interface;	    /* name inside the container, such as "eth0" */
	int netns_fd;		    /* the namespace; -1 at detach if it is gone */
	int userns_fd;		    /* that owns it; -1: the engine's own */
	int pidfd;		    /* a process in it, or -1 */
	const char *address;	    /* wanted IPv4 address, or NULL */
	const char *address6;	    /* wanted IPv6 address, or NULL */
	const char *mac_address;    /* wanted, or NULL */
	const char *const *aliases; /* NULL-terminated, or NULL */
	const char *const
		*options;	/* "key=value" from the command line, NULL-terminated, or NULL */
	const DavitPort *ports; /* or NULL */
	const char *status;	/* what attach reported as "status", at the others; or NULL */
	/*
	 * A socket of NETLINK_ROUTE that was opened in the namespace, new and without a message, so
	 * that it can be configured from outside; -1: none. Only at attach; the engine closes it.
	 */
	int netlink_fd;
} DavitNetworkRequest;

/**
 * DavitNetworkOps: since 1.0. Append only. Required: up to detach.
 */
typedef struct {
	/* As in storage.h. Runs in: engine. */
	gboolean (*open) (const DavitHost *host, gpointer *ret_instance, GError **error);
	void (*close) (gpointer instance);
	gboolean (*probe) (gpointer instance, DavitProbe *probe, GError **error);

	/*
	 * Connects the namespace. Runs in: engine, or a child of it beside storage; the instance is
	 * then that child's copy. Not repeatable without detach. A failed attach has undone itself.
	 * Result strings: "interface" (name), "address" (INTERFACE ADDRESS/PREFIX), "gateway",
	 * "mac-address" (INTERFACE MAC), "nameserver", "search", "dns-option", "port"
	 * (HOST-ADDRESS HOST-PORT PROTOCOL CONTAINER-PORT), "status" (any text without NUL, kept by
	 * the engine and given back at detach); "helper" (fd): a pidfd of a process that must live
	 * as long as the container, whose end before that is told to users; "hold" (fd): kept open
	 * until the container has ended, by which a helper can see that.
	 */
	gboolean (*attach) (gpointer instance, const DavitNetworkRequest *request,
			    DavitResult *result, GError **error);

	/* Undoes attach. Runs in: engine. Repeatable. */
	gboolean (*detach) (gpointer instance, const DavitNetworkRequest *request, GError **error);

	/*
	 * Optional. An error says what is no longer as attach left it. Runs in: engine.
	 * Repeatable.
	 */
	gboolean (*check) (gpointer instance, const DavitNetworkRequest *request, GError **error);

	/* Optional. Makes lost host-side rules again. Runs in: engine. Repeatable. */
	gboolean (*refresh) (gpointer instance, const DavitNetworkRequest *request, GError **error);

	/*
	 * Optional. Forgets leases and rules of all containers but those of ids (NULL-terminated).
	 * Result string "removed" for each. Runs in: engine. Repeatable.
	 */
	gboolean (*gc) (gpointer instance, const char *const *ids, DavitResult *result,
			GError **error);

	/*
	 * Optional. Publishes or withdraws one port of a running container. Runs in: engine. add:
	 * result string "port" as of attach; remove: repeatable.
	 */
	gboolean (*port_add) (gpointer instance, const DavitNetworkRequest *request,
			      const DavitPort *port, DavitResult *result, GError **error);
	gboolean (*port_remove) (gpointer instance, const DavitNetworkRequest *request,
				 const DavitPort *port, GError **error);

	/*
	 * Optional. Networks that a user makes. options are "key=value". create gives EXISTS, list
	 * result strings "network" (NAME), remove is repeatable and BUSY while containers use it.
	 * Run in: engine.
	 */
	gboolean (*network_create) (gpointer instance, const char *network,
				    const char *const *options, GError **error);
	gboolean (*network_list) (gpointer instance, DavitResult *result, GError **error);
	gboolean (*network_remove) (gpointer instance, const char *network, GError **error);
} DavitNetworkOps;

G_END_DECLS

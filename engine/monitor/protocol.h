/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a monitor and its clients say to each other over the socket "attach" in the container's run
 * directory. A stream of messages: a header, then as many bytes as it says; numbers as the machine
 * has them, since both ends are on one machine.
 *
 * The monitor speaks first (HELLO). A client that only waits says nothing and gets EXIT. Nothing is
 * acknowledged; a type that the monitor does not know is answered with UNSUPPORTED and left out, so
 * that an old monitor survives a newer davit. Types 16 to 31 are kept for restart policies, 32 to
 * 47 for health checks.
 *
 * Rules that a client can rely on:
 *
 *  - EXIT is the last output message, comes once, and when it comes log and exit file are complete.
 *  - EXIT does not wait for the kernel to take the container's mounts apart. They are gone when the
 *    lock (flock) of the exit file is free; a client that has kept up reads the end then, too.
 *  - The client that the monitor was started with counts as attached to all three streams, from the
 *    first byte on, until its ATTACH says something else.
 *  - A client that does not keep up stalls nobody: the monitor goes on, remembers where in the log
 *    the client was, and gives it the rest from there. What the log has not kept is lost to it,
 *    and LOST says so at the place. REPLAY is the same thing, from the start of this run on; there
 *    is none without a log.
 *  - One client may slow the container down, as a pipe would: the one that the monitor was started
 *    with, while it is the only one, and only where waiting is all that keeps its output whole (no
 *    log, or rotation would take away what it has not got yet). "run ... | gzip" must not lose
 *    data.
 *  - Standard input ends when the last client that was connected to it says so, or leaves without a
 *    word and the container was not made to keep it open.
 *
 * Included by the monitor, which has libc alone: no GLib here.
 */

#pragma once

#include <stdint.h>

#define DAVIT_PROTOCOL_VERSION 1
#define DAVIT_PROTOCOL_SOCKET "attach"
#define DAVIT_PROTOCOL_EXIT "exit"

/* Networks of one container, at most: descriptors that the monitor is given of each. */
#define DAVIT_PROTOCOL_NETWORK_LIMIT 16

/* A longer message is an error, and the end of the connection. */
#define DAVIT_PROTOCOL_PAYLOAD_LIMIT 8192

typedef struct {
	uint32_t length; /* of what follows */
	uint16_t type;	 /* DavitMessageType */
	uint16_t zero;
} DavitMessageHeader;

typedef enum {
	/* From a client. */
	DAVIT_MESSAGE_ATTACH = 1,   /* DavitMessageAttach */
	DAVIT_MESSAGE_INPUT = 2,    /* bytes for standard input; none: its end */
	DAVIT_MESSAGE_RESIZE = 3,   /* DavitMessageResize */
	DAVIT_MESSAGE_CLEANED = 4,  /* nothing: on_exit need not be run */
	DAVIT_MESSAGE_STOPPING = 5, /* nothing: a user asked for the end */

	/* From the monitor. */
	DAVIT_MESSAGE_HELLO = 128,	  /* DavitMessageHello */
	DAVIT_MESSAGE_OUTPUT = 129,	  /* bytes of standard output, or of the terminal */
	DAVIT_MESSAGE_ERROR_OUTPUT = 130, /* bytes of standard error */
	DAVIT_MESSAGE_LOST = 131,	  /* DavitMessageLost */
	DAVIT_MESSAGE_EXIT = 132,	  /* DavitMessageExit */
	DAVIT_MESSAGE_UNSUPPORTED = 133,  /* DavitMessageUnsupported */
	DAVIT_MESSAGE_REFUSED = 134,	  /* text: why the connection ends now */
	DAVIT_MESSAGE_NOTICE = 135,	  /* text: what has happened to the container */
} DavitMessageType;

#define DAVIT_ATTACH_INPUT 1u
#define DAVIT_ATTACH_OUTPUT 2u
#define DAVIT_ATTACH_ERROR_OUTPUT 4u
#define DAVIT_ATTACH_REPLAY 8u

typedef struct {
	uint32_t flags; /* DAVIT_ATTACH_* */
} DavitMessageAttach;

typedef struct {
	uint16_t rows;
	uint16_t columns;
} DavitMessageResize;

#define DAVIT_HELLO_TERMINAL 1u /* it has one: RESIZE works, and there is no error output */

typedef struct {
	uint32_t version;
	uint32_t flags; /* DAVIT_HELLO_* */
} DavitMessageHello;

typedef struct {
	uint64_t bytes; /* 0: nobody knows how many */
} DavitMessageLost;

#define DAVIT_EXIT_OOM_KILLED 1u
#define DAVIT_EXIT_TIMED_OUT 2u

typedef struct {
	int32_t status; /* or 128 + signal */
	int32_t signal;
	int64_t finished; /* nanoseconds since 1970 */
	uint32_t flags;	  /* DAVIT_EXIT_* */
	uint32_t zero;
} DavitMessageExit;

typedef struct {
	uint16_t type; /* of the message that was left out */
	uint16_t zero;
} DavitMessageUnsupported;

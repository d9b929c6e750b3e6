/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The program of the default image. It needs no C library where we know how to call the kernel, so
 * that the image is a few kilobytes: davit carries it along.
 */

static const char text[] =
	"Hello from a container made by davit.\n"
	"\n"
	"This is what happened:\n"
	"  1. davit loaded the image \"hello\", which comes with it, into its store.\n"
	"  2. Its storage plugin put a writable layer on top of the image.\n"
	"  3. Its runtime plugin made namespaces and a cgroup around one process,\n"
	"     took its privileges away, and let it execute /hello: that is me.\n"
	"  4. A small monitor passed on what I wrote. No daemon was involved.\n"
	"\n"
	"Where to go from here:\n"
	"  davit ps -a                                the container that I was\n"
	"  davit load -i FILE, davit import FILE NAME more images\n"
	"  davit run -it IMAGE sh                     a shell inside of one\n"
	"  davit --help, man davit                    everything else\n";

#if defined(__x86_64__)

static long
kernel_call (long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

#define CALL_WRITE 1
#define CALL_EXIT 60

#elif defined(__aarch64__)

static long
kernel_call (long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

#define CALL_WRITE 64
#define CALL_EXIT 93

#endif

#ifdef CALL_WRITE

void _start (void);

void
_start (void)
{
	long done = 0;
	int status = 0;

	while (done < (long) sizeof text - 1) {
		long written = kernel_call (CALL_WRITE, 1, (long) (text + done),
					    (long) sizeof text - 1 - done);

		if (written <= 0) {
			status = 1;
			break;
		}
		done += written;
	}
	for (;;)
		kernel_call (CALL_EXIT, status, 0, 0);
}

#else

#include <unistd.h>

int
main (void)
{
	return write (1, text, sizeof text - 1) == (long) sizeof text - 1 ? 0 : 1;
}

#endif

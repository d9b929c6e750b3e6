/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * DAVIT_SANITIZED: whether an address sanitizer is built in. It maps terabytes, looks at whose
 * stack it is that it finds, and reads /proc and forks at the end.
 */

#pragma once

#define DAVIT_SANITIZED 0
#if defined(__SANITIZE_ADDRESS__)
#undef DAVIT_SANITIZED
#define DAVIT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#undef DAVIT_SANITIZED
#define DAVIT_SANITIZED 1
#endif
#endif

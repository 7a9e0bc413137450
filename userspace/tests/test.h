/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every cmocka test includes; cmocka.h wants these before it. */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#endif /* TEST_H */

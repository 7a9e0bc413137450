/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every test of miked begins with.
 */
#ifndef MIKED_TESTS_TEST_H
#define MIKED_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#endif

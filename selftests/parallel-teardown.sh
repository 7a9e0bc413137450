#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# teardown.sh, with groups whose packets wait in lanes, and more of them.

PARALLEL=1 RATE=${RATE:-1500} ROUNDS=${ROUNDS:-3} exec "$(dirname "$0")/teardown.sh"

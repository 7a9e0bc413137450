#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# The first few of rollover-long.sh.

ROLLOVERS=${ROLLOVERS:-50}
. "$(dirname "$0")/rollover-long.sh"

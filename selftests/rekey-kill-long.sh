#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=14400
#
# rekey-kill.sh, 1,000 times or $REKEYS.

REKEYS=${REKEYS:-1000}
. "$(dirname "$0")/rekey-kill.sh"

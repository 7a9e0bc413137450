#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=14400
#
# rekey.sh, 1,000 times or $REKEYS, by multicast alone or $TRANSPORT.

REKEYS=${REKEYS:-1000}
TRANSPORT=${TRANSPORT:-multicast}
. "$(dirname "$0")/rekey.sh"

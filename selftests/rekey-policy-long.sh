#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=14400
#
# rekey-policy.sh, 1,000 times or $REKEYS, by multicast or $TRANSPORT.

REKEYS=${REKEYS:-1000}
TRANSPORT=${TRANSPORT:-multicast}
. "$(dirname "$0")/rekey-policy.sh"

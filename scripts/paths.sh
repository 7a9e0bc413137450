# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# To be sourced: where things are. tree is this tree, cache what outlives a
# clean (kernels), build what is built outside the tree, for this tree alone.
# A make that called us keeps its variables to itself.

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache=${GEMCAST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gemcast}
build=$cache/build/$(basename "$tree")-$(printf %s "$tree" | cksum | cut -d' ' -f1)
unset MAKEFLAGS MFLAGS MAKELEVEL

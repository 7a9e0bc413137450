#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel's own YNL client, which knows nothing of gemcast but its
# specification, makes, shows and deletes objects of every kind, hears of them,
# and is refused with reasons. Each step prints a line; all are as they should be.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/../scripts/paths.sh"

source=$("$tree/scripts/kernel.sh" source 6.12)
ns=$NS_PREFIX"a"

steps()
{
	ns_exec a python3 - "$source/tools/net/ynl" \
		"$tree/Documentation/netlink/specs/gemcast.yaml" <<-'END'
		import sys
		sys.path.append(sys.argv[1])
		from lib import YnlFamily, Netlink, NlError
		family = YnlFamily(sys.argv[2], '')
		ears = YnlFamily(sys.argv[2], '')
		ears.ntf_subscribe('sa')
		NEW = [Netlink.NLM_F_CREATE, Netlink.NLM_F_EXCL]
		GCM = 'rfc4106(gcm(aes))'
		KEY = '000102030405060708090a0b0c0d0e0fa0a1a2a3'
		DST = 'ef010101'

		def do(what, op, flags=[], **attrs):
		    kind = op.split('-')[0]
		    try:
		        family.do(op, {kind: attrs} if attrs else {}, flags)
		        print(what + ': done')
		    except NlError as e:
		        print(what + ': ' + e.nl_msg.extack['msg'])

		def show(what, kind, *names):
		    found = family.dump(kind + '-get', {})
		    print(what + ':', *[[o[kind].get(n) for n in names] for o in found])

		do('a group', 'group-new', NEW, id=7)
		do('again', 'group-new', NEW, id=7)
		do('a udp group', 'group-new', NEW, id=8, encap='udp', port=4500)
		show('groups', 'group', 'id', 'encap', 'port')
		do('IPv4', 'policy-new', NEW, group=7, dst=DST, **{'dst-len': 32,
		   'proto': 17, 'dport-min': 5000, 'dport-max': 5010, 'dev': 'eth0'})
		do('IPv6', 'policy-new', NEW, group=7, mode='transport', dir='send',
		   dst='ff15' + 28 * '0', prio=5, **{'dst-len': 16})
		do('unicast', 'policy-new', NEW, group=7, dst='0a000000', **{'dst-len': 24})
		show('policies', 'policy', 'dir', 'mode', 'prio', 'dst-len', 'dev')
		do('reserved', 'sa-new', NEW, group=7, spi=255, dst=DST, dir='in', aead=GCM,
		   key=KEY)
		do('an SA', 'sa-new', NEW, group=7, spi=4097, dst=DST, dir='both', aead=GCM,
		   key=KEY, sid=3, replay='sid', **{'sid-bits': 8})
		while not ears.async_msg_queue:
		    ears.check_ntf()
		event = ears.async_msg_queue[0]
		print('event:', event['name'], event['msg']['sa']['spi'])
		do('same IVs', 'sa-new', NEW, group=7, spi=4098, dst=DST, dir='out', aead=GCM,
		   key=KEY, sid=3, **{'sid-bits': 8})
		show('SAs', 'sa', 'spi', 'dir', 'sid', 'sid-bits', 'window', 'state',
		     'key-bits', 'key')
		do('a peer', 'peer-new', NEW, group=8, addr='c6336407', port=4501)
		do('misplaced', 'peer-new', NEW, group=7, addr='c6336407')
		show('peers', 'peer', 'group', 'port')
		print('stats:', family.do('stats-get', {})['stats']['out-no-sa'])
		do('in use', 'group-del', id=7)
		do('one SA', 'sa-del', spi=4097)
		do('policies', 'policy-flush')
		do('groups', 'group-flush')
		for kind in 'group', 'policy', 'sa', 'peer':
		    show('left', kind, 'group')
	END
}

wanted()
{
	cat <<-'END'
		a group: done
		again: the group exists
		a udp group: done
		groups: [7, 'none', None] [8, 'udp', 4500]
		IPv4: done
		IPv6: done
		unicast: dst is neither multicast (224.0.0.0/4, ff00::/8) nor one host (/32, /128)
		policies: ['send', 'transport', 5, 16, None] ['both', 'tunnel', 1000, 32, 'eth0']
		reserved: SPIs below 256 are reserved
		an SA: done
		event: sa-ntf 0x1001
		same IVs: this key was used for output with this or an overlapping SID before: IVs would repeat
		SAs: ['0x1001', 'both', 3, 8, 64, 'current', 128, None]
		a peer: done
		misplaced: only a udp group has peers
		peers: [8, 4501]
		stats: 0
		in use: the group is in use by a policy
		one SA: done
		policies: done
		groups: done
		left:
		left:
		left:
		left:
	END
}

load_module
ns_add a
ip -n "$ns" link add eth0 type dummy
ip -n "$ns" link set eth0 up
steps >"$TMP/found" 2>"$TMP/errors" || diag <"$TMP/errors"
while IFS= read -r line <&3; do
	found=
	IFS= read -r found <&4 || :
	expect_eq "${line%%:*}" "$line" "$found"
done 3< <(wanted) 4<"$TMP/found"

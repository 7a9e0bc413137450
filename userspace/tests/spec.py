#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# spec.py HEADER SPEC FIELDS [KERNEL]
#
# Hold together what describes the netlink family: every constant, enum entry,
# attribute, command and multicast group of the uapi HEADER is in the YNL SPEC
# with the same number and the other way round; and FIELDS, the library's own
# list of "nest attribute number type", says the same as SPEC. With the source
# of a KERNEL that has tools/net/ynl, SPEC is checked against the kernel's
# schema by the kernel's own parser, and the header that the kernel's generator
# makes of it must have HEADER's numbers. Prints TAP.

import os
import re
import subprocess
import sys
import tempfile

import yaml

NAME = 'gemcast'
results = []


def result(what, problems):
    results.append(not problems)
    print(f"{'not ' if problems else ''}ok {len(results)} - {what}")
    for problem in problems:
        print('#', problem)


def c_name(*parts):
    return '_'.join([NAME, *parts]).replace('-', '_').upper()


def strip_comments(text):
    return re.sub(r'/\*.*?\*/', '', text, flags=re.S)


def header_enums(text):
    """{name of enum: {entry: number}} without markers of the end"""
    enums = {}
    for name, body in re.findall(r'\benum\s+(\w+)\s*{(.*?)}', text, re.S):
        entries, number = {}, 0
        for entry in filter(None, map(str.strip, body.split(','))):
            entry, _, value = map(str.strip, entry.partition('='))
            if value and not value.isdigit():
                continue        # _MAX = (__MAX - 1)
            number = int(value) if value else number
            if not entry.startswith('__'):
                entries[entry] = number
            number += 1
        enums[name] = entries
    return enums


def header_defines(text):
    return dict(re.findall(r'^#define\s+(GEMCAST_\w+)[ \t]+(\S+)', text, re.M))


def spec_enums(spec):
    enums = {}
    for definition in spec['definitions']:
        if definition['type'] != 'enum':
            continue
        number, entries = definition.get('value-start', 0), {}
        for entry in definition['entries']:
            entry = {'name': entry} if isinstance(entry, str) else entry
            number = entry.get('value', number)
            entries[c_name(definition['name'], entry['name'])] = number
            number += 1
        enums[c_name(definition['name']).lower()] = entries
    for attrs in spec['attribute-sets']:
        prefix = attrs['name-prefix']
        entries = {prefix + 'unspec': 0}
        entries |= {prefix + name: number for name, number, _ in spec_attrs(attrs)}
        enums[attrs['enum-name']] = entries
    operations = spec['operations']
    prefix = operations['name-prefix']
    entries, number = {prefix + 'unspec': 0}, 1
    for operation in operations['list']:
        number = operation.get('value', number)
        entries[prefix + operation['name']] = number
        number += 1
    enums[operations['enum-name']] = entries
    return {name.replace('-', '_'): {entry.replace('-', '_').upper(): value
                                     for entry, value in entries.items()}
            for name, entries in enums.items()}


def spec_attrs(attrs):
    number = 1
    for attr in attrs['attributes']:
        number = attr.get('value', number)
        yield attr['name'], number, attr['type']
        number += 1


def spec_defines(spec):
    defines = {c_name('family-name'): f'"{spec["name"]}"', c_name('family-version'): '1'}
    for definition in spec['definitions']:
        if definition['type'] == 'const':
            defines[c_name(definition['name'])] = str(definition['value'])
    for group in spec['mcast-groups']['list']:
        defines[c_name('mcgrp', group['name'])] = f'"{group["name"]}"'
    return defines


def differences(a, b, name_a, name_b):
    problems = [f'{name}: only in {name_a}' for name in a if name not in b]
    problems += [f'{name}: only in {name_b}' for name in b if name not in a]
    problems += [f'{name}: {a[name]} in {name_a}, {b[name]} in {name_b}'
                 for name in a if name in b and a[name] != b[name]]
    return problems


def enum_differences(a, b, name_a, name_b):
    def whole(enums):
        return {name: 'an enum' for name in enums}

    problems = differences(whole(a), whole(b), name_a, name_b)
    for name in a:
        problems += differences(a[name], b.get(name, {}), name_a, name_b)
    return problems


def check_uses(spec):
    """Names that the specification uses are names that it defines."""
    enums = {d['name'] for d in spec['definitions'] if d['type'] == 'enum'}
    sets = {s['name']: {a['name'] for a in s['attributes']} for s in spec['attribute-sets']}
    groups = {g['name'] for g in spec['mcast-groups']['list']}
    operations = {o['name'] for o in spec['operations']['list']}
    problems = []
    for attrs in spec['attribute-sets']:
        for attr in attrs['attributes']:
            if attr.get('enum', 'encap') not in enums:
                problems.append(f'{attr["name"]}: no enum {attr["enum"]}')
            if attr.get('nested-attributes', 'sa') not in sets:
                problems.append(f'{attr["name"]}: no set {attr["nested-attributes"]}')
    for operation in spec['operations']['list']:
        if operation.get('mcgrp', 'sa') not in groups:
            problems.append(f'{operation["name"]}: no group {operation["mcgrp"]}')
        if operation.get('notify', 'sa-get') not in operations:
            problems.append(f'{operation["name"]}: no operation {operation["notify"]}')
        if 'do' in operation and operation.get('flags') != ['admin-perm']:
            problems.append(f'{operation["name"]}: open to everyone')
        for part in ('do', 'dump', 'event'):
            sides = operation.get(part, {})
            sides = [sides] if part == 'event' else [sides.get('request'), sides.get('reply')]
            for side in filter(None, sides):
                for name in set(side['attributes']) - sets[operation['attribute-set']]:
                    problems.append(f'{operation["name"]}: no attribute {name}')
    return problems


def spec_fields(spec):
    """What the library must know: all of every nest but the padding."""
    fields = {}
    for attrs in spec['attribute-sets']:
        if attrs['name'] == 'object':
            continue
        for name, number, kind in spec_attrs(attrs):
            if kind != 'pad':
                fields[f'{attrs["name"]}.{name}'] = f'{number} {kind}'
    return fields


def library_fields(path):
    fields = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            nest, name, number, kind = line.split()
            fields[f'{nest}.{name}'] = f'{number} {kind}'
    return fields


def check_schema(kernel, path):
    sys.path.insert(0, f'{kernel}/tools/net/ynl')
    from lib import SpecFamily      # pylint: disable=import-error,import-outside-toplevel
    try:
        SpecFamily(path, f'{kernel}/Documentation/netlink/genetlink.yaml')
    except Exception as error:      # pylint: disable=broad-except
        return str(error).splitlines()
    return []


def generated_header(kernel, path):
    """The generator finds its schema beside the specification, in a kernel's tree."""
    with tempfile.TemporaryDirectory() as tree:
        specs = f'{tree}/Documentation/netlink/specs'
        os.makedirs(specs)
        os.symlink(os.path.abspath(path), f'{specs}/gemcast.yaml')
        os.symlink(f'{kernel}/Documentation/netlink/genetlink.yaml',
                   f'{tree}/Documentation/netlink/genetlink.yaml')
        with open(f'{tree}/MAINTAINERS', 'w', encoding='utf-8'):
            pass
        run = subprocess.run([sys.executable, f'{kernel}/tools/net/ynl/ynl-gen-c.py',
                              '--mode', 'uapi', '--header',
                              '--spec', f'{specs}/gemcast.yaml'],
                             capture_output=True, text=True, timeout=60, check=False)
    return run.stdout, run.stderr.splitlines()[-3:] if run.returncode else []


def main():
    header_path, spec_path, fields_path, *kernel = sys.argv[1:]
    with open(header_path, encoding='utf-8') as file:
        header = strip_comments(file.read())
    with open(spec_path, encoding='utf-8') as file:
        spec = yaml.safe_load(file)

    result('the specification has the header\'s enums and the reverse',
           enum_differences(header_enums(header), spec_enums(spec), 'header', 'spec'))
    result('the specification has the header\'s constants and the reverse',
           differences(header_defines(header), spec_defines(spec), 'header', 'spec'))
    result('the specification uses what it defines', check_uses(spec))
    result('the library has the specification\'s attributes and the reverse',
           differences(library_fields(fields_path), spec_fields(spec), 'library', 'spec'))
    if kernel:
        result('the kernel\'s parser and schema take the specification',
               check_schema(kernel[0], spec_path))
        text, problems = generated_header(kernel[0], spec_path)
        text = strip_comments(text)
        # It begins with the first attribute or command, not with UNSPEC.
        enums = {name: {entry: number for entry, number in entries.items()
                        if not entry.endswith('_UNSPEC')}
                 for name, entries in header_enums(header).items()}
        result('the kernel\'s generator makes the header\'s enums of it', problems or
               enum_differences(enums, header_enums(text), 'header', 'generated'))
        result('and its constants', problems or
               differences(header_defines(header), header_defines(text), 'header', 'generated'))
    print(f'1..{len(results)}')
    sys.exit(0 if all(results) else 1)


main()

# SPDX-License-Identifier: GPL-2.0-or-later
#
# awk -v skips=FILE -f tally.awk: count the results of TAP 13, passed through.
# A test's subtests are lines behind "# "; a test with subtests counts as these,
# and once more only if it failed and none of them did. A result that was
# announced and did not come is a failure; so is a skip that FILE does not list.
# Ends with one line "N passed, N failed, N skipped"; the exit status is 1 if
# anything failed, or if there was no result at all.

function listed(test, desc,	i)
{
	for (i = 0; i < nskips; i++)
		if (test == skip_test[i] && (skip_desc[i] == "*" || desc == skip_desc[i]))
			return 1
	return 0
}

function result(line, test,	desc)
{
	desc = line
	sub(/^(not )?ok [0-9]+( - | )?/, "", desc)
	if (line ~ /# *SKIP/) {
		sub(/ *# *SKIP.*/, "", desc)
		if (listed(test, desc)) {
			skipped++
			return "skip"
		}
		failures[nfailures++] = test ": " desc ": skipped, and not listed in " skips
		failed++
		return "fail"
	}
	if (line ~ /^not ok/) {
		failures[nfailures++] = test ": " desc
		failed++
		return "fail"
	}
	passed++
	return "pass"
}

BEGIN {
	nskips = 0	# else the first index is ""
	while (skips != "" && (getline line < skips) > 0) {
		if (line ~ /^#/ || !match(line, / -- /))
			continue
		line = substr(line, 1, RSTART - 1)
		skip_test[nskips] = substr(line, 1, index(line, ":") - 1)
		desc = substr(line, index(line, ":") + 1)
		gsub(/^ +| +$/, "", desc)
		skip_desc[nskips++] = desc
	}
}

{ print; fflush() }

{ sub(/\r$/, "") }

/^[ \t]*1\.\.[0-9]+/ {
	sub(/^[ \t]*1\.\./, "")
	planned += $0 + 0
}

/^# selftests: [^:]*: [^ ]*$/ {
	test = $NF
	subtests = subfailed = 0
}

/^# (not )?ok [0-9]+/ {
	subtests++
	if (result(substr($0, 3), test) == "fail")
		subfailed++
}

/^(not )?ok [0-9]+/ {
	seen++
	if (!subtests || (/^not ok/ && !subfailed))
		result($0, test == "" ? "-" : test)
	test = ""
	subtests = subfailed = 0
}

END {
	if (seen < planned) {
		failures[nfailures++] = (planned - seen) " of " planned " tests did not report"
		failed += planned - seen
	}
	for (i = 0; i < nfailures; i++)
		print "failed: " failures[i]
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit (failed || !passed)
}

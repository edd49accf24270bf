// Package suite runs test programs on every machine that there is a build for: ATF's, TAP's, Go's and those that only
// have an exit status. Each case runs in a machine of its own (package machine), all of them in this one process, whose
// processors and translations stay warm.
//
// What is run comes from Load: a directory, a Kyuafile or a list. Runner runs it and hands out a Result for each case.
// Results can be written and read as lines of JSON (File), and become JUnit's XML, a results file of kyua's or a page of
// HTML; those of several shards are put together by Merge.
//
// Words, rules and messages for ATF, TAP and plain programs are those of kyua(1), so that a suite has the same results
// as it has under kyua on the machine itself.
package suite

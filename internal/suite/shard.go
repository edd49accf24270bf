package suite

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Shard is a part of a suite: the Index-th of Total, from 0.
type Shard struct{ Index, Total int }

// Whole is the shard that is all.
var Whole = Shard{0, 1}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index+1, s.Total) }

// Of returns the shard's cases. Each shard gets the same list, and takes every Total-th of it, so that long programs
// are spread over all.
func (s Shard) Of(cases []*Case) []*Case {
	var own []*Case
	for i, c := range cases {
		if i%s.Total == s.Index {
			own = append(own, c)
		}
	}
	return own
}

// ParseShard reads "i/n", i from 1 on; or "/n", where i is the number that Kubernetes gives a pod of an indexed job. With
// an empty text the environment alone decides: Bazel's TEST_SHARD_INDEX and TEST_TOTAL_SHARDS.
func ParseShard(text string, getenv func(string) string) (Shard, error) {
	index, total, ok := strings.Cut(text, "/")
	switch {
	case text == "" && getenv("TEST_TOTAL_SHARDS") != "":
		return fromZero(getenv("TEST_SHARD_INDEX"), getenv("TEST_TOTAL_SHARDS"), "TEST_SHARD_INDEX and TEST_TOTAL_SHARDS")
	case text == "":
		return Whole, nil
	case !ok:
		return Whole, errors.New("not of the form i/n or /n")
	case index == "":
		if getenv("JOB_COMPLETION_INDEX") == "" {
			return Whole, errors.New("JOB_COMPLETION_INDEX is not in the environment; i/n says which part this is")
		}
		return fromZero(getenv("JOB_COMPLETION_INDEX"), total, "JOB_COMPLETION_INDEX")
	}
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(total)
	if err != nil || err2 != nil || n < 1 || i < 1 || i > n {
		return Whole, errors.New("not of the form i/n with i from 1 to n")
	}
	return Shard{i - 1, n}, nil
}

func fromZero(index, total, names string) (Shard, error) {
	i, err := strconv.Atoi(index)
	n, err2 := strconv.Atoi(total)
	if err != nil || err2 != nil || n < 1 || i < 0 || i >= n {
		return Whole, fmt.Errorf("%s: %q of %q is no part of a whole", names, index, total)
	}
	return Shard{i, n}, nil
}

// TellBazel tells Bazel that the program knows about shards.
func TellBazel(getenv func(string) string) error {
	name := getenv("TEST_SHARD_STATUS_FILE")
	if name == "" {
		return nil
	}
	return os.WriteFile(name, nil, 0o666)
}

package scanners

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// startTime is how long a program may take to say its version: some are in Python, on
// machines that are busy.
const startTime = 20 * time.Second

var versioned = regexp.MustCompile(`(?i)version:?\s+v?([0-9][0-9A-Za-z.+-]*)`)

// Starts runs a program as a scan would, with arguments that have it say something and end, and
// returns its version, where it tells one. The error is why it cannot be run.
func Starts(ctx context.Context, path string, args ...string) (said string, err error) {
	room, err := NewRoom(OurNetwork)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, room.Close()) }()
	limited, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	p, err := room.Start(limited, Child{Path: path, Args: args, Memory: localMemory, Disk: localDisk})
	if err != nil {
		return "", fmt.Errorf("it cannot be run as %s: %w", room.account.name(), err)
	}
	<-p.Done
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case limited.Err() != nil:
		return "", fmt.Errorf("it has not ended after %.0f s", startTime.Seconds())
	case p.Err() != nil:
		return "", fmt.Errorf("it does not start as %s: %s", room.account.name(), Plain(p.Err().Error()))
	}
	if m := versioned.FindStringSubmatch(p.Said()); m != nil {
		return "version " + Plain(m[1]), nil
	}
	return "it starts", nil
}

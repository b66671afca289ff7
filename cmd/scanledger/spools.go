package main

import (
	"context"
	"errors"
	"time"

	"github.com/scanledger/scanledger/adapters/embedded"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
)

// spools are where events wait that bypass the log: in files, before anybody is answered.
type spools struct {
	requests, clicks *stream.Spool
	shares           []*embedded.Share
}

// Clicks are sent so many at one time, and visitors go before them: a machine that is
// busy with redirects has nineteen twentieths of its time for those.
const (
	clicksTogether = 2048
	clicksYield    = 19
)

// openSpools takes the folders that no other process has.
func (p *platform) openSpools(publisher *kafka.Publisher) (*spools, error) {
	s := &spools{}
	for name, spool := range map[string]**stream.Spool{"spool": &s.requests, "clicks": &s.clicks} {
		share, err := embedded.TakeShare(p.config.DataDir, name)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.shares = append(s.shares, share)
		o := stream.SpoolOptions{Dir: share.Dir, Publisher: publisher, Log: p.log}
		if name == "clicks" {
			o.Batch, o.Yield = clicksTogether, clicksYield
		}
		if *spool, err = stream.OpenSpool(o); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// stats are those of both; nothing where there are none.
func (s *spools) stats() (sum stream.SpoolStats) {
	if s == nil {
		return sum
	}
	for _, one := range []*stream.Spool{s.requests, s.clicks} {
		sum.Waiting, sum.Lost = sum.Waiting+one.Stats().Waiting, sum.Lost+one.Stats().Lost
	}
	return sum
}

// Close sends what is in memory, or leaves it on disk.
func (s *spools) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	var faults []error
	for _, one := range []*stream.Spool{s.requests, s.clicks} {
		if one != nil {
			faults = append(faults, one.Close(ctx))
		}
	}
	for _, share := range s.shares {
		faults = append(faults, share.Close())
	}
	return errors.Join(faults...)
}

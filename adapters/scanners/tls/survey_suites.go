package tls

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// versions looks at every version, all at the same time.
func (s *survey) versions(ctx context.Context) {
	var works sync.WaitGroup
	works.Go(func() { s.ssl2, s.noSSL2 = s.offersSSL2(ctx) })
	for _, v := range versions {
		works.Go(func() {
			o := s.version(ctx, v.wire)
			s.mu.Lock()
			s.found[v.wire] = o
			s.mu.Unlock()
			s.step()
		})
	}
	works.Wait()
}

// version finds all suites of a version: what the server chooses is left out
// the next time, until it chooses nothing. A shallow survey stops at the first.
// One hello has them all, so that they are found in the server's order; a
// server that cannot take so many at once is asked in batches.
func (s *survey) version(ctx context.Context, version uint16) *offer {
	batches := candidates(version)
	o := s.among(ctx, version, [][]uint16{slices.Concat(batches...)})
	if o.fault == nil && len(o.suites) == 0 && !o.refused && len(batches) > 1 {
		o = s.among(ctx, version, batches)
	}
	if o.fault == nil && len(o.suites) > 1 {
		o.ordered, o.fault = s.ordered(ctx, version, o.suites)
	}
	return o
}

// ordered says whether the server chooses by its own preference: it chooses
// the same when it is offered the suites the other way round. A server that
// prefers ChaCha20 for clients that name it first is not taken in.
func (s *survey) ordered(ctx context.Context, version uint16, found []uint16) (bool, error) {
	back := slices.Clone(found)
	slices.Reverse(back)
	if suiteOf(back[0]).has("CHACHA20") && len(back) > 2 {
		back[0], back[1] = back[1], back[0]
	}
	r, err := s.try(ctx, hello{version: version, suites: back, groups: groupsFor(version)})
	if unheard(err) {
		return false, err
	}
	return err == nil && r.suite == found[0], nil
}

// among finds the suites of several batches.
func (s *survey) among(ctx context.Context, version uint16, batches [][]uint16) *offer {
	o := &offer{}
	for i, left := range batches {
		for len(left) > 0 {
			r, err := s.try(ctx, hello{version: version, suites: left, groups: groupsFor(version)})
			if unheard(err) {
				o.fault = err
				return o
			}
			if errors.Is(err, protocolVersion) && i == 0 && len(o.suites) == 0 {
				o.refused = true
				return o
			}
			at := slices.Index(left, r.suite)
			if err != nil || r.version != version || at < 0 {
				break
			}
			s.remember(version, r)
			if o.suites = append(o.suites, r.suite); s.shallow {
				return o
			}
			left = slices.Delete(left, at, at+1)
		}
	}
	return o
}

func (s *survey) remember(version uint16, r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.first[version]; !known {
		s.first[version] = r
	}
}

// groupsFor leaves the groups of TLS 1.3 out where old servers would only be
// confused by them.
func groupsFor(version uint16) []uint16 {
	const firstHybrid = 0x0200
	return slices.DeleteFunc(allGroups(), func(g uint16) bool { return version < tls13 && g >= firstHybrid })
}

// groups finds the groups of the best version that has any.
func (s *survey) groups(ctx context.Context) error {
	h := hello{version: tls13, groups: groupsFor(tls13), noShare: true}
	h.suites = s.suites(tls13)
	if len(h.suites) == 0 && s.found[tls13].fault != nil {
		return scanners.Skip("whether TLS 1.3 is offered, which has groups of its own, is not known")
	}
	if len(h.suites) == 0 {
		h = hello{version: tls12, groups: groupsFor(tls12)}
		for ; h.version > ssl30 && len(h.suites) == 0; h.version-- {
			h.suites = slices.DeleteFunc(s.suites(h.version), func(n uint16) bool { return suiteOf(n).exchange() != exchangeECDHE })
			if len(h.suites) > 0 {
				break
			}
		}
	}
	for len(h.suites) > 0 && len(h.groups) > 0 {
		r, err := s.try(ctx, h)
		if unheard(err) {
			return err
		}
		at := slices.Index(h.groups, r.group)
		if err != nil || at < 0 {
			break
		}
		s.group = append(s.group, groupName(r.group))
		h.groups = slices.Delete(h.groups, at, at+1)
	}
	return nil
}

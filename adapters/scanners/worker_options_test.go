package scanners_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// TestWorkerHandsOnWhatWasAsked gives a scanner of every profile its options,
// and time to look.
func TestWorkerHandsOnWhatWasAsked(t *testing.T) {
	for _, s := range []domain.Scanner{domain.Builtin, domain.Nmap, domain.SSLyze, domain.Nuclei, domain.ZAP, domain.OpenVAS} {
		for _, profile := range domain.ProfilesOf(s) {
			options := domain.DefaultOptions(profile)
			playWith(t, profile, options, []domain.Tool{domain.Ports}, func(stage *stage) {
				stage.finish(stage.worker(fake{domain.Ports, func(ctx context.Context, job scanners.Job, _ func(domain.Observation)) error {
					if job.Profile != profile || !reflect.DeepEqual(job.Options, options) || job.Verified != profile.Active() {
						t.Errorf("%s: the job is of %s with %+v, want %+v; verified: %v", profile, job.Profile, job.Options, options, job.Verified)
					}
					if ends, ok := ctx.Deadline(); !ok || time.Until(ends) < time.Minute {
						t.Errorf("%s has no time to look", profile)
					}
					return nil
				}}))
			})
		}
	}
}

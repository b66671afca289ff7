package projections

import (
	"encoding/json"

	"github.com/scanledger/scanledger/domain"
)

// Proof verifies one stream from what is kept of it: the chain, and of a scan
// also findings, grade and report, folded again.
type Proof struct {
	Chain *domain.Chain
	Scan  *domain.ScanCheck // of a scan's stream; else nil
	// Whole says that all events could be folded: none is erased or unreadable.
	Whole bool

	stream  domain.Stream
	verdict *domain.Verdict
	report  ReportRow
}

// NewProof begins a stream. Head says whose it is.
func NewProof(head domain.Head, signed []domain.Head, v *domain.Verdict) *Proof {
	p := &Proof{Chain: domain.NewChain(head.Stream, head.Owner, signed, v), Whole: true, stream: head.Stream, verdict: v}
	if head.Stream.Family() == domain.ScanFamily {
		p.Scan = domain.NewScanCheck(head.Stream, v)
	}
	return p
}

// Next takes the next event.
func (p *Proof) Next(k domain.Kept) {
	sound := p.Chain.Next(k)
	if k.Payload == nil {
		p.Whole = false
		return
	}
	event, err := domain.Decode(k.Type, k.Schema, k.Payload)
	if err != nil {
		if p.Whole = false; sound {
			p.verdict.Fault(domain.Fault{Stream: p.stream, Version: k.Version, What: "payload that can be read", Found: err.Error()})
		}
		return
	}
	if p.Scan == nil || !p.Whole {
		return
	}
	k.Event = event
	if p.Whole = p.Scan.Next(k.Envelope); p.Whole {
		p.report = Reports.Next(p.report, k.Envelope)
	}
}

// Report is the report's row as the history so far tells it, as JSON: of the
// row all but the document, and the document.
func (p *Proof) Report() (row ReportRow, document []byte, err error) {
	document, err = json.Marshal(p.report.Document)
	return p.report, document, err
}

package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/render"
	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// formats are the forms of a report, each with what proves it.
func (p *platform) formats(k keys) []web.Format {
	var all []web.Format
	for _, f := range render.Formats {
		draw := func(ctx context.Context, r projections.ReportRow, beside *projections.Difference) ([]byte, error) {
			o, err := p.proofOf(ctx, k, r)
			if err != nil {
				return nil, err
			}
			if o.Rulings, err = p.rulings(ctx, r); err != nil {
				return nil, err
			}
			o.Beside = beside
			return f.Export(r, o)
		}
		form := web.Format{Name: f.Name, MediaType: f.MediaType, Ending: f.Ending, Export: func(ctx context.Context, r projections.ReportRow) ([]byte, error) {
			return draw(ctx, r, nil)
		}}
		if f.Compares {
			form.Beside = func(ctx context.Context, r projections.ReportRow, d projections.Difference) ([]byte, error) {
				return draw(ctx, r, &d)
			}
		}
		all = append(all, form)
	}
	return all
}

// rulings are what a scan's account says of its findings now.
func (p *platform) rulings(ctx context.Context, r projections.ReportRow) (map[domain.Fingerprint]render.Ruled, error) {
	said, open, err := p.desk.Judgements(ctx, r.Account)
	if domain.CodeOf(err) == domain.NotFound { // the account has gone, and what it said too
		err = nil
	}
	if err != nil {
		return nil, err
	}
	return render.RulingsOf(r.Document, said, now(), open)
}

func formatNamed(all []web.Format, name string) web.Format {
	return all[slices.IndexFunc(all, func(f web.Format) bool { return f.Name == name })]
}

// proofOf is what lets a reader check a report, and what others publish of its
// findings. Where it can be checked is known only with a public URL: the same
// events and feeds give the same bytes, whatever name the server was reached by.
func (p *platform) proofOf(ctx context.Context, k keys, r projections.ReportRow) (o render.Options, err error) {
	hash, err := postgres.NewProofs(p.pool).HashAt(ctx, domain.NewStream(domain.ScanFamily, r.Scan), r.Version)
	if err != nil {
		return o, err
	}
	o.Head, o.Feeds = fmt.Sprintf("%x", hash), p.feeds
	if p.config.PublicURL != "" {
		o.Verify = strings.TrimRight(p.config.PublicURL, "/") + "/report/" + r.Scan.String() + "/verify?key=" + k.reportKey(r.Scan)
	}
	return o, nil
}

// reportPage writes the report as a page of the server's.
func (p *platform) reportPage(k keys) func(context.Context, io.Writer, projections.ReportRow, server.Links) error {
	return func(ctx context.Context, w io.Writer, r projections.ReportRow, links server.Links) error {
		o, err := p.proofOf(ctx, k, r)
		if err != nil {
			return err
		}
		page := render.PageOptions{Options: o, Check: links.Verify, Events: links.Events}
		for _, x := range links.Exports {
			page.Exports = append(page.Exports, render.Export(x))
		}
		return render.Page(w, r, page)
	}
}

// verifyPage proves a scan anew for each reader.
func (p *platform) verifyPage(k keys) func(context.Context, io.Writer, projections.ReportRow) error {
	return func(ctx context.Context, w io.Writer, r projections.ReportRow) error {
		var v domain.Verdict
		if err := p.prove(ctx, r.Scan, &v); err != nil {
			return err
		}
		v.Close()
		o, err := p.proofOf(ctx, k, r)
		if err != nil {
			return err
		}
		return render.VerifyPage(w, r, v, o)
	}
}

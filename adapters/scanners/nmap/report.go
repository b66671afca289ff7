package nmap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// discovered is what nmap says of an open port, in the moment in which it finds it.
var discovered = regexp.MustCompile(`^Discovered open port ([0-9]{1,5})/tcp on `)

// line reads a line of nmap's output.
func (r *run) line(to *scanners.Sight, said string) error {
	if found := discovered.FindStringSubmatch(said); found != nil {
		return r.found(to, found[1])
	}
	return nil
}

// found takes an open port that was asked for.
func (r *run) found(to *scanners.Sight, digits string) error {
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || port == 0 {
		return nil
	}
	r.mu.Lock()
	known := r.open[uint16(port)]
	r.open[uint16(port)] = true
	r.mu.Unlock()
	if known {
		return nil
	}
	return to.See(domain.Port{Port: int(port), Protocol: "tcp"})
}

// report reads nmap's XML (its nmap.dtd) as it is written: the tasks while they run,
// the ports of the host when it is done with it.
func (r *run) report(to *scanners.Sight, from io.Reader) error {
	d := xml.NewDecoder(from)
	whole := false
	for {
		token, err := d.Token()
		switch {
		case err == io.EOF && whole:
			return nil
		case err == io.EOF || breaksOff(err):
			return io.ErrUnexpectedEOF
		case err != nil:
			return fmt.Errorf("its report cannot be read: %w", err)
		}
		element, begins := token.(xml.StartElement)
		if !begins {
			continue
		}
		if err := r.element(to, d, element); err != nil {
			if breaksOff(err) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		whole = whole || element.Name.Local == "finished"
	}
}

// breaksOff says whether XML ends within something.
func breaksOff(err error) bool {
	var syntax *xml.SyntaxError
	return errors.As(err, &syntax) && syntax.Msg == "unexpected EOF"
}

// element reads what there is to tell of an element.
func (r *run) element(to *scanners.Sight, d *xml.Decoder, e xml.StartElement) error {
	switch e.Name.Local {
	case "taskprogress":
		percent, err := strconv.ParseFloat(attribute(e, "percent"), 64)
		if err == nil {
			to.Advance(r.percent.of(attribute(e, "task"), percent))
		}
	case "taskend":
		to.Advance(r.percent.of(attribute(e, "task"), 100))
	case "extraports":
		var x extraports
		if err := d.DecodeElement(&x, &e); err != nil {
			return err
		}
		return r.extra(x)
	case "port":
		var p port
		if err := d.DecodeElement(&p, &e); err != nil {
			return err
		}
		return r.port(to, p)
	case "times":
		return r.host(to, attribute(e, "srtt"))
	case "finished":
		if why := attribute(e, "errormsg"); attribute(e, "exit") != "success" {
			return fmt.Errorf("nmap says: %s", strings.TrimSpace(why))
		}
	}
	return nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// port is a port as nmap's report has it.
type port struct {
	Protocol string `xml:"protocol,attr"`
	Number   string `xml:"portid,attr"`
	State    struct {
		State  string `xml:"state,attr"`
		Reason string `xml:"reason,attr"`
	} `xml:"state"`
	Service *service `xml:"service"`
	Raw     []byte   `xml:",innerxml"`
}

// service is what speaks on it.
type service struct {
	Name    string `xml:"name,attr"`
	Product string `xml:"product,attr"`
	Version string `xml:"version,attr"`
	Extra   string `xml:"extrainfo,attr"`
	Tunnel  string `xml:"tunnel,attr"`
	Method  string `xml:"method,attr"`
}

// port takes one port that the report has on its own.
func (r *run) port(to *scanners.Sight, p port) error {
	number, err := strconv.ParseUint(p.Number, 10, 16)
	if err != nil || number == 0 || p.Protocol != "tcp" {
		return nil
	}
	if p.State.State != "open" {
		r.shut[uint16(number)] = reasonOf(p.State.State, p.State.Reason)
		return nil
	}
	if err := r.found(to, p.Number); err != nil {
		return err
	}
	s := serviceOf(int(number), p.Service)
	if p.Service != nil && p.Service.Method == "probed" || bytes.Contains(p.Raw, []byte("<script ")) {
		s.Evidence = r.job.Keep("nmap-port", p.Raw)
	}
	if err := to.See(s); err != nil {
		return err
	}
	for _, w := range weaknesses(s, p.Service) {
		if err := to.See(w); err != nil {
			return err
		}
	}
	return nil
}

// extraports are the ports that a report has many of in the same state.
type extraports struct {
	State   string `xml:"state,attr"`
	Reasons []struct {
		Reason string `xml:"reason,attr"`
		Ports  string `xml:"ports,attr"`
	} `xml:"extrareasons"`
}

// extra takes them. Versions of nmap before 7.92 do not list them: then they are
// all that nothing else is said of.
func (r *run) extra(x extraports) error {
	many := 0
	for _, group := range x.Reasons {
		why := reasonOf(x.State, group.Reason)
		if group.Ports == "" {
			r.others = why
		}
		for part := range strings.SplitSeq(group.Ports, ",") {
			for _, port := range domain.PortRange(part).Ports() {
				r.shut[port] = why
				many++
			}
			if many > mostPorts {
				return scanners.ErrFlood
			}
		}
	}
	return nil
}

// mostPorts is how many TCP ports there are.
const mostPorts = 65535

// closed is the reason of a port that has answered that nothing listens there.
const closed = "closed"

// reasonOf is why a port is not open: closed, or nmap's word for why it cannot be told.
func reasonOf(state, reason string) string {
	if state == closed {
		return closed
	}
	return reason
}

// host takes the round trip to the host, in microseconds.
func (r *run) host(to *scanners.Sight, digits string) error {
	trip, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || trip < 0 {
		trip = 0
	}
	return to.See(domain.Host{Address: r.addr.String(), Latency: (time.Duration(trip) * time.Microsecond).Seconds()})
}

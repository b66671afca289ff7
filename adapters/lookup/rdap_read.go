package lookup

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/openrdap/rdap"

	"github.com/scanledger/scanledger/domain"
)

// How much of an answer is kept.
const (
	contactLimit = 16
	listLimit    = 64 // name servers, words of a status, events, keys
	noticeLimit  = 12
	entityDepth  = 4 // of contacts within contacts
)

// rdapAnswer is what an RDAP server says.
type rdapAnswer struct {
	registration *domain.Registration
	related      string // URL of the registrar's answer; "" where there is none
}

// readRDAP reads an answer. One that speaks of a quota and of nothing else is a
// limitedError.
func (c *Client) readRDAP(body []byte) (answer *rdapAnswer, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, fmt.Errorf("the answer cannot be read: %v", p)
		}
	}()
	var tree map[string]any
	if err := json.Unmarshal(body, &tree); err != nil {
		return nil, errors.New("the answer is no JSON object")
	}
	c.lenient(tree)
	clean, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	object, err := rdap.NewDecoder(clean).Decode()
	if err != nil {
		return nil, errors.New("the answer is none of RDAP's objects: " + clip(err.Error()))
	}
	answer = &rdapAnswer{registration: emptyRegistration("rdap")}
	if !answer.of(object, tree) {
		return nil, silence(string(clean), "the answer is about no domain, address or AS number")
	}
	r := answer.registration
	r.Notices = append(redactions(tree), r.Notices...)
	if r.Name+r.Handle == "" && r.Network == nil || r.Network != nil && r.Network.First == "" {
		return nil, silence(strings.Join(r.Notices, " "), "the answer names nothing that it is about")
	}
	return answer, nil
}

// silence is why an answer says nothing: it may be for a quota.
func silence(text, otherwise string) error {
	if saysQuota(text) {
		return limitedError("the server says that it was asked too often")
	}
	return errors.New(otherwise)
}

// of takes what an object says; false for one that is no registration.
func (a *rdapAnswer) of(object any, tree map[string]any) bool {
	r := a.registration
	switch o := object.(type) {
	case *rdap.Domain:
		a.ofDomain(o)
	case *rdap.IPNetwork:
		r.Handle, r.Status, r.Events = o.Handle, words(o.Status), events(o.Events)
		r.Network = &domain.Network{First: addressOf(o.StartAddress), Last: addressOf(o.EndAddress), CIDR: cidrs(tree), Name: o.Name, Type: o.Type, Country: strings.ToUpper(o.Country), Parent: o.ParentHandle}
		a.entities(o.Entities, 0)
		r.Notices = append(notices(o.Notices), remarks(o.Remarks)...)
	case *rdap.Autnum:
		r.Handle, r.Status, r.Events = o.Handle, words(o.Status), events(o.Events)
		r.Network = &domain.Network{First: number(o.StartAutnum), Last: number(o.EndAutnum), Name: o.Name, Type: o.Type, Country: strings.ToUpper(o.Country)}
		a.entities(o.Entities, 0)
		r.Notices = append(notices(o.Notices), remarks(o.Remarks)...)
	default:
		return false
	}
	return true
}

func emptyRegistration(protocol string) *domain.Registration {
	return &domain.Registration{
		Protocol: protocol, Status: []string{}, Nameservers: []domain.Nameserver{}, Events: []domain.RegistryEvent{},
		Contacts: []domain.Contact{}, Notices: []string{},
	}
}

func (a *rdapAnswer) ofDomain(o *rdap.Domain) {
	r := a.registration
	r.Handle, r.Name, r.UnicodeName = o.Handle, ascii(first(o.LDHName, o.UnicodeName)), o.UnicodeName
	r.Status, r.Events = words(o.Status), events(o.Events)
	for _, n := range o.Nameservers[:min(len(o.Nameservers), listLimit)] {
		server := domain.Nameserver{Name: ascii(first(n.LDHName, n.UnicodeName)), Addresses: []string{}}
		if n.IPAddresses != nil {
			server.Addresses = words(append(slices.Clone(n.IPAddresses.V4), n.IPAddresses.V6...))
		}
		r.Nameservers = append(r.Nameservers, server)
	}
	if s := o.SecureDNS; s != nil {
		said := s.DelegationSigned != nil && *s.DelegationSigned // some have keys alone
		r.Delegation = &domain.SignedBy{Signed: said || len(s.DS)+len(s.Keys) > 0, DS: []string{}}
		for _, d := range s.DS[:min(len(s.DS), listLimit)] {
			r.Delegation.DS = append(r.Delegation.DS, strings.Join([]string{number(d.KeyTag), number(d.Algorithm), number(d.DigestType), d.Digest}, " "))
		}
	}
	a.entities(o.Entities, 0)
	r.Notices = append(notices(o.Notices), remarks(o.Remarks)...)
	for _, l := range o.Links {
		if strings.EqualFold(l.Rel, "related") && (l.Type == "" || strings.Contains(l.Type, "rdap")) && strings.HasPrefix(l.Href, "http") {
			a.related = l.Href
			break
		}
	}
}

// ascii is a name as the DNS has it, where the answer has it in letters of any kind.
func ascii(name string) string {
	name = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
	if target, err := domain.ParseHost(name); err == nil {
		return target.Host
	}
	return name
}

// about says whether the answer is about what was asked for.
func (a *rdapAnswer) about(s domain.LookupSubject) error {
	r := a.registration
	switch {
	case s.Kind == domain.DomainSubject && r.Name == "":
		r.Name = s.Name // it has a handle alone
		return nil
	case s.Kind == domain.DomainSubject && r.Name != s.Name:
		return about(r.Name, s)
	case s.Kind == domain.AddressSubject && r.Network != nil && everything(r.Network.First, r.Network.Last):
		return errors.New("the answer is about all addresses there are")
	case s.Kind == domain.AddressSubject && (r.Network == nil || !covers(r.Network.First, r.Network.Last, s.Addr())):
		return about(r.Handle, s)
	case s.Kind == domain.ASSubject && (r.Network == nil || !between(r.Network.First, r.Network.Last, s.Name)):
		return about(r.Handle, s)
	default:
		return nil
	}
}

// addressOf is an address as RFC 5952 writes it; of what is none the text.
func addressOf(text string) string {
	if addr, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil {
		return addr.String()
	}
	return text
}

// everything says whether a range is that of all addresses, which a registry answers
// with that has none of them.
func everything(first, last string) bool {
	return first == "0.0.0.0" && last == "255.255.255.255" || first == "::" && strings.Count(last, "f") == 32
}

// between says whether an AS number lies in a range.
func between(first, last, name string) bool {
	a, errA := strconv.ParseUint(first, 10, 32)
	b, errB := strconv.ParseUint(last, 10, 32)
	n, err := strconv.ParseUint(strings.TrimPrefix(name, "AS"), 10, 32)
	return err == nil && errA == nil && errB == nil && a <= n && n <= b
}

func events(all []rdap.Event) []domain.RegistryEvent {
	out := []domain.RegistryEvent{}
	for _, e := range all[:min(len(all), listLimit)] {
		out = append(out, happened(strings.ToLower(strings.TrimSpace(e.Action)), e.Date))
	}
	return out
}

// cidrs are what the extension cidr0 says of a network.
func cidrs(tree map[string]any) string {
	var all []string
	list, _ := tree["cidr0_cidrs"].([]any)
	for _, one := range list[:min(len(list), listLimit)] {
		m, _ := one.(map[string]any)
		prefix, _ := m["v4prefix"].(string)
		if six, is := m["v6prefix"].(string); is {
			prefix = six
		}
		if length, is := m["length"].(float64); is && prefix != "" {
			all = append(all, fmt.Sprintf("%s/%d", prefix, int(length)))
		}
	}
	return strings.Join(all, ", ")
}

func notices(all []rdap.Notice) (out []string) {
	out = []string{}
	for _, n := range all[:min(len(all), noticeLimit)] {
		out = append(out, titled(n.Title, n.Description))
	}
	return out
}

func remarks(all []rdap.Remark) (out []string) {
	for _, n := range all[:min(len(all), noticeLimit)] {
		out = append(out, titled(n.Title, n.Description))
	}
	return out
}

func titled(title string, description []string) string {
	text := strings.Join(description, " ")
	if title != "" && text != "" {
		return title + ": " + text
	}
	return title + text
}

// words are texts of which none is empty.
func words(all []string) []string {
	out := []string{}
	for _, w := range all[:min(len(all), listLimit)] {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

func commas(parts ...string) string {
	return strings.Join(words(parts), ", ")
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// number is a number that may be absent.
func number[N uint8 | uint16 | uint32 | uint64](n *N) string {
	if n == nil {
		return ""
	}
	return strconv.FormatUint(uint64(*n), 10)
}

// quota are the words in which servers say that they were asked too often.
var quota = regexp.MustCompile(`(?i)quota|rate.?limit|limit exceeded|exceeded .{0,40}(limit|quer)|too many (quer|request|connection)|query rate|blacklisted|access (control )?limit`)

func saysQuota(text string) bool { return quota.MatchString(text) }

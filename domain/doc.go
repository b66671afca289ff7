// Package domain is what is true: events, the states that are folded from
// them, and the rules by which one follows from the other. It reads no clock,
// draws no random number, does no I/O and knows no context: times and ids are
// passed in, so that the same events give the same answer for ever.
package domain
